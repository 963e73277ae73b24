"""Time labour market areas beside a plain numpy loop and a pandas loop: seconds, ratios, peak memory, same areas.

Usage: python benchmarks/labour_markets.py DATA_DIR [--markdown] [--large] [--repeats N]

DATA_DIR holds ``flows_lad25_2011_uk.parquet`` (origin, dest, count). The other tables are drawn here, seeded, by a
gravity model. Every tool works in a process of its own and starts from the same table; of the tools that are too slow
to end, some steps are timed and the rest is reckoned from the number of steps. Seconds of tools that cannot be
installed here are quoted from their own measurement on two cores, not measured in this run.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measure import Outcome, Tool, run, work
from scipy import sparse
from scipy.spatial import cKDTree

from geoplan.commuting import criteria, labour_markets
from geoplan.engine.delineating.compiled import delineate_compiled
from geoplan.engine.delineating.network import NOWHERE, Network, network
from geoplan.engine.delineating.plain import delineate_plain
from geoplan.schema import SET_ASIDE_COLUMNS, Flows

LIMIT_S = 120
PANDAS_STEPS = 3
QUOTED = {"uk": ("Rust ttwa-detection", 43.9), "istat": ("Istat's R, LabourMarketAreas 3.4", 57.0)}
"""Seconds at 7,264 zones with 2.9 M flows, and the better of 57 to 103 at 377 zones."""

RULE = labour_markets.rule_of(criteria.Criteria(), "validity", "package")


# --------------------------------------------------------------------------------------------------- data


def synthetic(zones: int, reach: int, *, power: float = 1.5, decay: float = 0.015, seed: int = 1) -> pd.DataFrame:
    """Draw commuting between zones that lie around towns, each with flows to some of the nearest ``reach`` ones."""
    generator = np.random.default_rng(seed)
    towns = max(zones // 40, 2)
    centres, share = generator.uniform(0, 600, (towns, 2)), generator.pareto(1.2, towns) + 1
    town = generator.choice(towns, zones, p=share / share.sum())
    spread = 2 + 12 * np.sqrt(share[town] / share.sum())
    place = centres[town] + generator.normal(0, 1, (zones, 2)) * spread[:, None]
    people = generator.uniform(1750, 5250, zones)
    jobs = people * generator.lognormal(0, 0.9, zones)
    apart, near = cKDTree(place).query(place, k=min(reach, zones))
    pull = jobs[near] * np.maximum(apart, 1.0) ** -power * np.exp(-decay * apart)
    drawn = generator.poisson(people[:, None] * pull / pull.sum(axis=1, keepdims=True))
    row, column = np.nonzero(drawn)
    table = pd.DataFrame({"origin": row, "destination": near[row, column], "workers": drawn[row, column]})
    return table.sort_values(["origin", "destination"], ignore_index=True)


def districts(folder: Path) -> pd.DataFrame:
    """Read the flows between districts in 2011, without pseudo-destinations, with numbers for codes."""
    table = pd.read_parquet(folder / "flows_lad25_2011_uk.parquet", columns=["origin", "dest", "count"])
    table = table[~table["origin"].str.startswith("OD") & ~table["dest"].str.startswith("OD")]
    codes = np.unique(table[["origin", "dest"]])
    ends = {"origin": np.searchsorted(codes, table["origin"]), "destination": np.searchsorted(codes, table["dest"])}
    return pd.DataFrame({**ends, "workers": table["count"].to_numpy()}).sort_values(["origin", "destination"])


def flows_of(table: pd.DataFrame) -> Flows:
    """Make flows of numbered zones."""
    codes = [f"Z{zone:06}" for zone in range(int(table[["origin", "destination"]].to_numpy().max()) + 1)]
    ends = [table["origin"].to_numpy(), table["destination"].to_numpy()]
    index = pd.MultiIndex([codes, codes], ends, names=["origin", "destination"], verify_integrity=False)
    workers = pd.DataFrame({"workers": table["workers"].to_numpy(dtype=float)}, index=index)
    return Flows(workers, pd.Index(codes), pd.DataFrame(columns=list(SET_ASIDE_COLUMNS)), "synthetic")


# -------------------------------------------------------------------------------------------------- tools


def layout(_: Any, table: pd.DataFrame, __: Any) -> Network:
    """Lay the flows out, as geoplan takes them."""
    ends = (table["origin"].to_numpy(), table["destination"].to_numpy())
    return network(int(max(end.max() for end in ends)) + 1, *ends, table["workers"].to_numpy(dtype=float))


def by_engine(engine: Any, flows: Network) -> tuple[np.ndarray, np.ndarray]:
    """Run one of geoplan's engines; return the areas and the number of steps."""
    run_engine, method = engine
    found = run_engine(flows, RULE, method=method)
    return found.area, np.array([len(found.steps)])


def whole(_: Any, flows: Flows) -> tuple[np.ndarray, np.ndarray]:
    """Run geoplan's public function, tables and all."""
    result = labour_markets.delineate(flows, trail=True)
    return result.assignment.to_numpy(dtype="U8"), np.array([len(result.steps)])


def matrices(_: Any, table: pd.DataFrame, __: Any) -> tuple[sparse.csr_array, sparse.csc_array]:
    """Make sparse matrices of the flows by both ends."""
    ends = (table["origin"].to_numpy(), table["destination"].to_numpy())
    rows = sparse.coo_array((table["workers"].to_numpy(dtype=float), ends)).tocsr()
    return rows, rows.tocsc()


def numpy_loop(_: Any, both: tuple[sparse.csr_array, sparse.csc_array]) -> tuple[np.ndarray, np.ndarray]:
    """Follow the method in plain numpy: totals kept, links summed over all areas, the worst one looked for."""
    rows, columns = both
    own = rows.diagonal()
    living, working = rows.sum(axis=1), rows.sum(axis=0)
    count, steps = len(own), 0
    area = np.arange(count)
    residents, jobs, within = living.copy(), working.copy(), own.copy()
    gone = np.zeros(count, dtype=bool)
    while True:
        scores = np.where(gone, np.inf, criteria.validity(within, residents, jobs))
        worst = int(scores.argmin())
        if scores[worst] >= 1 - 1e-12:
            return area, np.array([steps])
        zones = np.flatnonzero(area == worst)
        area[zones], gone[worst] = count, True
        for zone in zones:
            to, back = slice(*rows.indptr[zone : zone + 2]), slice(*columns.indptr[zone : zone + 2])
            out = np.bincount(area[rows.indices[to]], rows.data[to], count + 1)[:count]
            into = np.bincount(area[columns.indices[back]], columns.data[back], count + 1)[:count]
            with np.errstate(invalid="ignore", divide="ignore"):
                link = np.nan_to_num(out**2 / (living[zone] * jobs)) + np.nan_to_num(
                    into**2 / (residents * working[zone])
                )
            best = int(np.where(gone, 0.0, link).argmax())
            area[zone] = best
            residents[best] += living[zone]
            jobs[best] += working[zone]
            within[best] += own[zone] + out[best] + into[best]
            steps += 1


def pandas_loop(_: Any, table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Take the first steps with data frames, everything grouped anew; return the seconds of one step."""
    area = pd.Series(np.arange(int(table[["origin", "destination"]].to_numpy().max()) + 1))
    begun = time.perf_counter()
    for _step in range(PANDAS_STEPS):
        here, there = table["origin"].map(area), table["destination"].map(area)
        residents, jobs = table["workers"].groupby(here).sum(), table["workers"].groupby(there).sum()
        own = table["workers"][here == there].groupby(here).sum().reindex(residents.index, fill_value=0)
        scores = criteria.validity(own, residents, jobs.reindex(residents.index, fill_value=0))
        worst = residents.index[scores.argmin()]
        leaving, coming = table[(here == worst) & (there != worst)], table[(there == worst) & (here != worst)]
        out = leaving["workers"].groupby(there).sum() ** 2 / (residents[worst] * jobs)
        into = coming["workers"].groupby(here).sum() ** 2 / (residents * jobs[worst])
        area[area == worst] = out.add(into, fill_value=0).idxmax()
    return area.to_numpy(), np.array([(time.perf_counter() - begun) / PANDAS_STEPS])


def same(_: Any, table: pd.DataFrame, __: Any) -> pd.DataFrame:
    """Leave the table as it is."""
    return table


TOOLS = {
    "uk numba": Tool("geoplan", lambda: (delineate_compiled, "uk"), layout, by_engine),
    "uk plain": Tool("geoplan without numba", lambda: (delineate_plain, "uk"), layout, by_engine),
    "uk loop": Tool("plain numpy loop", lambda: None, matrices, numpy_loop),
    "uk pandas": Tool("pandas loop", lambda: None, same, pandas_loop),
    "uk whole": Tool(
        "geoplan.commuting.labour_markets.delineate", lambda: None, lambda _, table, __: flows_of(table), whole
    ),
    "istat numba": Tool("geoplan", lambda: (delineate_compiled, "istat"), layout, by_engine),
    "istat plain": Tool("geoplan without numba", lambda: (delineate_plain, "istat"), layout, by_engine),
}


# ------------------------------------------------------------------------------------------------ the table


@dataclass(frozen=True)
class Case:
    """A table of flows and the tools to be tried on it."""

    title: str
    path: Path
    tools: Sequence[str]

    def rows(self, repeats: int) -> list[list[str]]:
        """Run the tools and write a row for each."""
        print(self.title, file=sys.stderr, flush=True)
        found = [self._run(tool, repeats) for tool in self.tools]
        rows: list[list[str]] = []
        for method in labour_markets.METHODS:
            mine = [one for one in found if one.name.startswith(method)]
            if mine and not mine[0].failure:
                rows += [_row(self.title, method, one, mine[0]) for one in mine]
                rows += self._quoted(method, mine[0])
        return rows

    def _run(self, tool: str, repeats: int) -> Outcome:
        return run(Path(__file__), {"tool": tool, "path": str(self.path), "repeats": repeats}, LIMIT_S)

    def _quoted(self, method: str, ours: Outcome) -> list[list[str]]:
        right_size = {"uk": "7,264 zones", "istat": "377 zones"}[method]
        if not self.title.startswith(right_size):
            return []
        name, seconds = QUOTED[method]
        times = f"{seconds / ours.seconds:,.0f}"
        return [[self.title, method, f"{name} (quoted)", f"{seconds:.1f}", times, "", "", ""]]


def _row(title: str, method: str, one: Outcome, ours: Outcome) -> list[str]:
    if one.failure:
        return [title, method, one.title or one.name, one.failure, "", "", "", ""]
    if one.name == "uk pandas":
        steps = int(ours.found[1][0])
        seconds = float(one.found[1][0]) * steps
        name = f"{one.title} ({PANDAS_STEPS} of {steps:,} steps timed, the rest reckoned)"
        return [title, method, name, f"{seconds:,.0f}", f"{seconds / ours.seconds:,.0f}", f"{one.peak_mb:.0f}", "", ""]
    areas = len(np.unique(one.found[0][one.found[0] != NOWHERE] if one.name != "uk whole" else one.found[0]))
    agree = "" if one is ours else "yes" if _partition(one.found[0]) == _partition(ours.found[0]) else "NO"
    times = f"{one.seconds / ours.seconds:.1f}"
    numbers = [f"{one.seconds:.3f}", times, f"{one.peak_mb:.0f}", f"{areas}", agree]
    return [title, method, one.title, *numbers]


def _partition(area: np.ndarray) -> bytes:
    """Return the same bytes for the same groups, whatever they are called."""
    _, first, of = np.unique(area, return_index=True, return_inverse=True)
    return first[of].tobytes()


HEADER = ["flows", "method", "tool", "seconds", "times geoplan", "peak MB", "areas", "same areas"]


def show(rows: Sequence[Sequence[str]], *, markdown: bool) -> None:
    """Print the table."""
    table = [HEADER, *rows]
    if markdown:
        table.insert(1, ["---", "---", "---", *["---:"] * 4, "---"])
        print("\n".join(f"| {' | '.join(row)} |" for row in table))
        return
    widths = [max(len(row[column]) for row in table) for column in range(len(HEADER))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


ENGINES = ("uk numba", "uk plain", "istat numba", "istat plain")


def cases(folder: Path, into: Path, *, large: bool) -> list[Case]:
    """Draw the tables and keep them where the processes of the tools find them."""
    found = []
    plan = [("districts", 0, 0, (*ENGINES[:2], "uk loop", "uk pandas", *ENGINES[2:]))]
    plan += [("Sardinia-size", 377, 377, ENGINES), ("synthetic", 7264, 1500, ("uk numba", *list(TOOLS)[1:]))]
    plan += [("synthetic", 35672, 560, ("uk numba", "uk whole", "istat numba"))] if large else []
    for name, zones, reach, tools in plan:
        table = synthetic(zones, reach) if zones else districts(folder)
        path = into / f"{name}{zones}.npz"
        columns = {column: table[column].to_numpy() for column in ("origin", "destination")}
        np.savez(path, **columns, workers=table["workers"].to_numpy())
        count = int(table[["origin", "destination"]].to_numpy().max()) + 1
        found.append(Case(f"{count:,} zones, {len(table):,} flows ({name})", path, tools))
    return found


def main() -> None:
    """Run the benchmark, or one tool for it."""
    if sys.argv[1:] and sys.argv[1].startswith("{"):
        job = json.loads(sys.argv[1])
        tiny = synthetic(40, 40)
        work(TOOLS[job["tool"]], job, (pd.DataFrame(dict(np.load(job["path"]))), None), (tiny, None))
        return
    parser = argparse.ArgumentParser(description="Time labour market areas beside their peers.")
    parser.add_argument("folder", type=Path, metavar="DATA_DIR")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--large", action="store_true", help="with 35,672 zones as well")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as into:
        rows = [row for case in cases(asked.folder, Path(into), large=asked.large) for row in case.rows(asked.repeats)]
    show(rows, markdown=asked.markdown)


if __name__ == "__main__":
    main()
