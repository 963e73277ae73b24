"""Set the modelled commuting flows against those of the census, by the crow's flight and round water.

Usage: python benchmarks/flow_model.py FOLDER [--grid]

FOLDER holds the census tables flows_lad25_2011_uk.parquet and flows_lad25_2021_ew_ge100.parquet. Prints the common part
of commuters (Sørensen), with and without those who live and work in the same district; the same among pairs across
water outside London, which chose what a crossing costs, for the districts at even and at odd places of the list of
codes; among the flows of 2021 in England and Wales (pairs of 100 or more; its own totals); the leaks across the Severn;
the seconds; the largest error of a district's total; how far off flows between areas are, by their size, from which
`certainty.ERRORS` is; and how often the largest leak would be named wrongly, where it is named and where it is not.
The census of 2011 counts the City of London with Westminster and the Isles of Scilly with Cornwall: both tables do.
With --grid other constants follow.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

from geoplan.commuting import flows
from geoplan.commuting.atlas import Atlas
from geoplan.commuting.containment import contain, membership_of
from geoplan.commuting.flow_tables import odtable
from geoplan.commuting.model import certainty, gravity, travel
from geoplan.data.shipped import package_data
from geoplan.data.tables import tables
from geoplan.schema import REST, Flows

GRID = ((1.25, 0.05), (1.5, 0.03), (1.5, 0.04), (1.5, 0.05), (1.75, 0.03), (2.0, 0.02))
TOLLS = ((0.0, 30.0), (3.0, 30.0), (4.0, 30.0), (5.0, 30.0), (6.0, 30.0), (8.0, 30.0), (10.0, 30.0), (5.0, 10.0),
         (5.0, 20.0), (5.0, 40.0))  # fmt: skip
REPEATS = 5
SEVERN = (
    ("ctw-south-east-wales", "ctw-west-of-england"),
    ("ctw-west-of-england", "ctw-south-east-wales"),
    ("ctw-south-east-wales", "ctw-somerset"),
    ("ctw-south-east-wales", "ctw-south-west-wales"),
)
LAYERS = ("connect_to_work", "utla", "icb_2026", "police_force")
LEAKS = 8
"""So many of the largest leaks of every area tell how far off the model is."""
LEAST = 100.0


@dataclass(frozen=True)
class Case:
    """What the model is made of, and what it is set against."""

    real: Flows
    later: Flows
    totals: pd.DataFrame
    middles: pd.DataFrame
    joins: pd.DataFrame

    @property
    def later_totals(self) -> pd.DataFrame:
        """Totals of the later census as its table has them."""
        columns = (self.later.residents, self.later.jobs, self.later.live_and_work)
        table = pd.DataFrame(dict(zip(gravity.TOTALS, columns, strict=True)))
        return table[table.sum(axis=1) > 0]

    def model(self, *, water: bool = True, later: bool = False, **constants: float) -> Flows:
        """Model the flows."""
        joins = self.joins if water else None
        totals = self.later_totals if later else self.totals
        return gravity.modelled(totals, self.middles, joins=joins, **constants)  # type: ignore[arg-type]


def read(folder: Path, name: str, year: str) -> Flows:
    """Read a census table for the districts that ship."""
    raw = tables.read_flows(folder / name)
    zones = pd.Index(package_data.shipped_table("authorities.csv")["lad_code"])
    return odtable.commuting(raw, source=f"Census {year}", year=year, kind="census", zones=zones)


def opened(folder: Path) -> Case:
    """Read what ships, and the census."""
    return Case(
        read(folder, "flows_lad25_2011_uk.parquet", "2011"),
        read(folder, "flows_lad25_2021_ew_ge100.parquet", "2021"),
        package_data.shipped_table("authorities.csv").set_index("lad_code"),
        package_data.shipped_table("centres.csv").astype({"x": float, "y": float}),
        package_data.shipped_joins(),
    )


def only(table: Flows, pairs: pd.Index) -> Flows:
    """Keep the flows of some pairs of districts."""
    return replace(table, table=table.table[table.table.index.isin(pairs)])


def across_water(case: Case) -> pd.Index:
    """Return the pairs of districts that lie across water from each other, but for those inside London."""
    model = case.model()
    weak = model.table[model.table["weak"]].index
    ends = [weak.get_level_values(end).str for end in ("origin", "destination")]
    bordered = ends[0][:1] != ends[1][:1]
    return weak[~bordered & ~(ends[0].startswith("E09") & ends[1].startswith("E09"))]


def halves(case: Case, pairs: pd.Index) -> Iterator[pd.Index]:
    """Return the pairs out of every second district."""
    places = case.real.zones.get_indexer(pairs.get_level_values("origin"))
    yield from (pairs[places % 2 == odd] for odd in (0, 1))


def measures(case: Case, wet: pd.Index, *, water: bool, **constants: float) -> dict[str, str]:
    """Return what a choice of constants comes to."""
    model, later = (case.model(water=water, later=way, **constants) for way in (False, True))
    shares = {
        "common part": flows.common_part(case.real, model),
        "off the diagonal": flows.common_part(case.real, model, off_diagonal=True),
        "2021 off the diagonal": flows.common_part(case.later, later, off_diagonal=True),
        "across water": flows.common_part(only(case.real, wet), only(model, wet)),
    }
    for name, pairs in zip(("even half", "odd half"), halves(case, wet), strict=True):
        shares[name] = flows.common_part(only(case.real, pairs), only(model, pairs))
    sent = leaks(model, "connect_to_work")["workers"]
    found = {name: f"{share:.4f}" for name, share in shares.items()}
    return found | {" to ".join(pair).replace("ctw-", ""): f"{sent[pair]:,.0f}" for pair in SEVERN}


def leaks(table: Flows, layer: str) -> pd.DataFrame:
    """Return the workers between the areas of a layer."""
    atlas = Atlas()
    membership = membership_of(atlas.layer(layer), atlas.blocks, table.zones)
    between = contain(table, membership).between
    origin, destination = (between.index.get_level_values(end) for end in ("origin", "destination"))
    return between[(origin != destination) & (origin != REST) & (destination != REST)]


def together(case: Case) -> pd.DataFrame:
    """Return the largest modelled leaks of every area of some layers beside those counted."""
    model = case.model()
    found = []
    for layer in LAYERS:
        ours, theirs = leaks(model, layer)["workers"], leaks(case.real, layer)["workers"]
        table = pd.DataFrame({"model": ours, "census": theirs.reindex(ours.index, fill_value=0.0)})
        table = table.sort_values("model", ascending=False).reset_index()
        found.append(table.groupby("origin").head(LEAKS).assign(layer=layer))
    return pd.concat(found, ignore_index=True)


def off(table: pd.DataFrame) -> list[tuple[float, int, float]]:
    """Return from how many workers, how many flows, and how far off the model is."""
    told = table[table["model"] >= LEAST]
    wrong = np.abs(np.log(told["model"] / told["census"].clip(lower=1.0)))
    least = [start for start, _ in certainty.ERRORS]
    groups = np.searchsorted(least, told["model"], side="right") - 1
    return [
        (start, int((groups == n).sum()), float(wrong[groups == n].quantile(certainty.QUANTILE)))
        for n, start in enumerate(least)
    ]


def named(table: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Return how many largest leaks are clear and how many are not, and how many of each the census names otherwise."""
    found = {"clear": (0, 0), "not clear": (0, 0)}
    for _, group in table.groupby(["layer", "origin"]):
        unclear = certainty.rivals(group["model"].to_numpy()).any()
        wrong = group["census"].iloc[0] < group["census"].max()
        key = "not clear" if unclear else "clear"
        found[key] = found[key][0] + 1, found[key][1] + int(wrong)
    return found


def seconds(case: Case, *, water: bool) -> float:
    """Return the least of several times of the processor."""
    times = []
    for _ in range(REPEATS):
        begun = time.process_time()
        case.model(water=water)
        times.append(time.process_time() - begun)
    return min(times)


def off_by(model: Flows, totals: pd.DataFrame) -> float:
    """Return the largest relative error of a district's residents, jobs, or those who are both."""
    worst = 0.0
    for column, found in zip(gravity.TOTALS, (model.residents, model.jobs, model.live_and_work), strict=True):
        known = pd.to_numeric(totals[column]).dropna()
        worst = max(worst, float(np.abs(found[known.index] / known - 1).max()))
    return worst


def show(rows: dict[str, dict[str, str]]) -> None:
    """Print columns side by side."""
    columns = list(rows)
    print(f"| | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    for name in dict.fromkeys(name for column in rows.values() for name in column):
        print(f"| {name} | {' | '.join(rows[column].get(name, '') for column in columns)} |")


def show_grid(case: Case, wet: pd.Index) -> None:
    """Print other constants."""
    found = {f"d^-{power:g} exp(-{decay:g} d)": measures(case, wet, water=True, power=power, decay_per_km=decay)
             for power, decay in GRID}  # fmt: skip
    for bridge, ferry in TOLLS:
        with mock.patch.dict(travel.TOLLS, {"bridge": bridge, "tunnel": bridge, "ferry": ferry}):
            found[f"crossing {bridge:g} km, ferry {ferry:g} km"] = measures(case, wet, water=True)
    print()
    show(found)


def main() -> None:
    """Print the measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--grid", action="store_true", help="measure other constants too")
    chosen = parser.parse_args()
    case = opened(chosen.folder)
    wet = across_water(case)
    counted = leaks(case.real, "connect_to_work")["workers"]
    census = {" to ".join(pair).replace("ctw-", ""): f"{counted[pair]:,.0f}" for pair in SEVERN}
    before, after = (
        measures(case, wet, water=way) | {"seconds": f"{seconds(case, water=way):.2f}"} for way in (False, True)
    )
    show({"census of 2011": census, "crow's flight": before, "round water": after})
    print(f"\nlargest relative error of a total: {off_by(case.model(), case.totals):.0e}\n")
    table = together(case)
    print("| workers from | flows | off by, three of four |\n|---:|---:|---:|")
    for least, count, wrong in off(table):
        print(f"| {max(least, LEAST):,.0f} | {count} | {wrong:.2f} |")
    print("\n| largest leak | areas | the census names another |\n|---|---:|---:|")
    for name, (areas, wrong_ones) in named(table).items():
        print(f"| {name} | {areas} | {wrong_ones} |")
    if chosen.grid:
        show_grid(case, wet)


if __name__ == "__main__":
    main()
