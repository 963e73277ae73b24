"""Set the modelled commuting flows against those of the census of 2011, for the shipped constants and for others.

Usage: python benchmarks/flow_model.py FOLDER [--grid]

FOLDER holds the census table as flows_lad25_2011_uk.parquet. Prints the common part of commuters (Sørensen), with and
without those who live and work in the same district, the seconds, and the largest error of a district's total. The
census counts the City of London with Westminster and the Isles of Scilly with Cornwall: both tables do, so the two
smaller districts hold no flows in either. With --grid other constants and numbers of centres follow, each also for the
districts at even and at odd places of the list of codes, to see whether one half would choose what the other does.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from geoplan.commuting import flows
from geoplan.commuting.flow_tables import odtable
from geoplan.commuting.model import gravity
from geoplan.data.shipped import package_data
from geoplan.data.tables import tables
from geoplan.schema import Flows

HEADER = """\
| centres of a district | power | decay per km | common part | off the diagonal | even half | odd half |
|---:|---:|---:|---:|---:|---:|---:|"""
GRID = ((1.0, 0.06), (1.25, 0.05), (1.5, 0.03), (1.5, 0.04), (1.5, 0.05), (1.75, 0.03), (2.0, 0.02), (2.0, 0.03))
CENTRES = (1, 2, 4, 8)
REPEATS = 5


def census(folder: Path) -> Flows:
    """Read the census table for the districts that ship."""
    raw = tables.read_flows(folder / "flows_lad25_2011_uk.parquet")
    zones = pd.Index(package_data.shipped_table("authorities.csv")["lad_code"])
    return odtable.commuting(raw, source="Census 2011", year="2011", kind="census", zones=zones)


def half(table: Flows, odd: int) -> Flows:
    """Keep the flows out of every second district."""
    places = table.zones.get_indexer(table.table.index.get_level_values("origin"))
    return replace(table, table=table.table[places % 2 == odd])


def shipped_model(totals: pd.DataFrame) -> tuple[Flows, float]:
    """Model with what ships, and tell the best seconds of several."""
    middles = package_data.shipped_table("centres.csv")
    seconds = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        model = gravity.modelled(totals, middles)
        seconds.append(time.perf_counter() - begun)
    return model, min(seconds)


def off_by(model: Flows, totals: pd.DataFrame) -> float:
    """Return the largest relative error of a district's residents, jobs, or those who are both."""
    worst = 0.0
    for column, found in zip(gravity.TOTALS, (model.residents, model.jobs, model.live_and_work), strict=True):
        known = pd.to_numeric(totals[column]).dropna()
        worst = max(worst, float(np.abs(found[known.index] / known - 1).max()))
    return worst


def compare(real: Flows, totals: pd.DataFrame) -> None:
    """Print a row for every choice of constants and centres."""
    points = package_data.postcode_points(columns=["lad", "x", "y"])
    print(HEADER)
    for parts in CENTRES:
        middles = gravity.centres(points, parts=parts)
        for power, decay in GRID:
            model = gravity.modelled(totals, middles, power=power, decay_per_km=decay)
            halves = [flows.common_part(half(real, k), half(model, k), off_diagonal=True) for k in (0, 1)]
            both = [flows.common_part(real, model, off_diagonal=off) for off in (False, True)]
            print(f"| {parts} | {power:g} | {decay:g} |", " | ".join(f"{part:.4f}" for part in both + halves), "|")


def main() -> None:
    """Print the measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--grid", action="store_true", help="measure other constants and numbers of centres too")
    chosen = parser.parse_args()
    real = census(chosen.folder)
    totals = package_data.shipped_table("authorities.csv").set_index("lad_code")
    model, seconds = shipped_model(totals)
    print(f"census: {real.workers:,.0f} workers between {len(real.table):,} pairs of districts")
    print(f"model: d^-{gravity.POWER:g} exp(-{gravity.DECAY_PER_KM:g} d), {len(model.table):,} pairs, {seconds:.2f} s")
    print(f"largest relative error of a total: {off_by(model, totals):.0e}")
    print(f"common part of commuters: {flows.common_part(real, model):.4f}")
    print(f"off the diagonal: {flows.common_part(real, model, off_diagonal=True):.4f}")
    if chosen.grid:
        compare(real, totals)


if __name__ == "__main__":
    main()
