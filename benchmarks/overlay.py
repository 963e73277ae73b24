"""Run geoplan beside its peers on real layers and write a table: seconds, ratios, peak memory, agreement, growth.

Usage: python benchmarks/overlay.py FOLDER [--repeats N] [--out FILE] [--limit SECONDS] [--only SECTION]

FOLDER holds the layers as Parquet files. Peers that are not installed are named as absent; the extra ``bench``
installs them. Every tool works in a process of its own, and starts from layers already read and repaired.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

import data
import numpy as np
import shapely
from data import Prepared
from measure import Outcome, differing_areas, differing_hits, run
from tools import TOOLS

PAIRS = [
    ("lsoa21", "lad_2024_bsc"),
    ("lsoa21", "icb_2023"),
    ("lsoa21", "icb_2024_from_lsoa21"),
    ("lad_2025", "icb_2023"),
]
POINT_LAYERS = ["lad_2024_bsc", "lad_2025"]
SHIPPED = [("lad", "icb")]
SMALL_AREAS = [5_000, 10_000, 20_000, 35_672, 40_000]
BIG_VERTICES = [100_000, 200_000, 400_000]
SAMPLE = 5_000
SECTIONS = ("areas", "points", "codes", "growth")
AREA_TOOLS = ("geoplan", "plain", "whole", "geopandas", "tree", "clip", "tobler", "maup", "duckdb", "sedona")
SKIPPED = {("lsoa21", "icb_2024_from_lsoa21"): ("tobler", "maup")}
"""They intersect as the tree does, pair by pair, and the whole should end within ten minutes."""

POINT_TOOLS = ("geoplan", "plain", "geopandas", "sorted", "tree", "duckdb", "sedona")
PACKAGES = (
    "geoplan numpy numba shapely pandas geopandas tobler maup duckdb duckdb-extension-spatial sedonadb".split()  # noqa: SIM905
)
NOT_KNOWN = "–"
HEADER = [
    "| tool | seconds | core s | runs | times geoplan | peak MB | MB before | {pairs} | differ | {most} |",
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
]


@dataclass(frozen=True)
class Bench:
    """The run: where data and prepared files are, how often and how long tools may work."""

    folder: Path
    into: Path
    repeats: int
    limit: float

    def run(self, task: str, tool: str, left: str | Path, right: str | Path) -> Outcome:
        """Run one tool on one pair."""
        print(f"{task}: {tool}, {Path(left).stem}, {Path(right).stem}", file=sys.stderr, flush=True)
        job = {"task": task, "tool": tool, "left": str(left), "right": str(right), "repeats": self.repeats}
        return replace(run(Path(__file__).with_name("tools.py"), job, self.limit), title=TOOLS[task][tool].title)

    def layer(self, name: str) -> Prepared:
        """Prepare a layer of the folder."""
        return data.prepare(self.folder, name, self.into)


# -------------------------------------------------------------------------------------------------- rows


def rows(outcomes: Sequence[Outcome], base: float) -> Iterator[str]:
    """Write the rows of a table; answers are held against geopandas', or where it gave none against GEOS by itself."""
    peers = [o for name in ("geopandas", "tree") for o in outcomes if o.name == name and not o.failure]
    wanted = next(iter(peers), None)
    for outcome in outcomes:
        if outcome.failure:
            yield f"| {outcome.title} | {outcome.failure} |" + f" {NOT_KNOWN} |" * 8
            continue
        last = f"{len(outcome.converting)} | {{ratio}} | {outcome.peak_mb:.0f} | {outcome.held_mb:.0f} | "
        last += f"{len(outcome.found[0]):,} | {agreement(outcome, wanted)} |"
        start = f"| {outcome.title} | {plain(outcome.seconds)} | {plain(outcome.cores)} | "
        yield start + last.format(ratio=plain(outcome.seconds / base))
        if outcome.at_hand:
            start = f"| {outcome.title}, {outcome.at_hand} | {plain(outcome.ready)} | | "
            yield start + last.format(ratio=plain(outcome.ready / base))


def plain(value: float) -> str:
    """Write three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def agreement(outcome: Outcome, wanted: Outcome | None) -> str:
    """Write how many pairs or points differ, and by how much."""
    if wanted is None:
        return f"{NOT_KNOWN} | {NOT_KNOWN}"
    if outcome is wanted:
        return "held against | "
    if len(outcome.found) == 2:
        points, hits = differing_hits(outcome.found, wanted.found)
        return f"{points} | {hits}"
    wrong, most = differing_areas(outcome.found, wanted.found)
    return f"{wrong} | {most:.1e}"


def header(pairs: str, most: str) -> list[str]:
    """Return the head of a table."""
    return [line.format(pairs=pairs, most=most) for line in HEADER]


# ---------------------------------------------------------------------------------------------- sections


def areas(bench: Bench) -> Iterator[str]:
    """Compare the areas in which layers meet."""
    yield "## Areas in which two layers meet"
    for pair in PAIRS:
        left, right = (bench.layer(name) for name in pair)
        yield f"\n### {left} × {right}\n"
        skipped = SKIPPED.get(pair, ())
        if skipped:
            yield f"Not run here, because they are slow in the same way as the tree: {', '.join(skipped)}.\n"
        outcomes = [bench.run("areas", tool, left.path, right.path) for tool in AREA_TOOLS if tool not in skipped]
        yield from header("pairs", "largest difference, m²")
        yield from rows(outcomes, outcomes[0].seconds)
    yield (
        f"\nNot counted: {plain(outcomes[0].first)} s in which geoplan's process imports numba and loads what it "
        "compiled before; the first use of all compiles, once on a machine."
    )


def points(bench: Bench) -> Iterator[str]:
    """Compare which points are in which areas."""
    spots = data.points(bench.folder, bench.into)
    yield "## Points in areas"
    for name in POINT_LAYERS:
        layer = bench.layer(name)
        yield f"\n### {spots.name} ({spots.rows:,} points) × {layer}\n"
        outcomes = [bench.run("points", tool, spots.path, layer.path) for tool in POINT_TOOLS]
        yield from header("hits", "hits of one only")
        yield from rows(outcomes, outcomes[0].seconds)


def codes(bench: Bench) -> Iterator[str]:
    """Compare codes with geometry where both layers are unions of the same blocks."""
    yield "## Codes before geometry: both layers are unions of the shipped blocks"
    for keys in SHIPPED:
        left, right = (data.shipped(key, bench.into) for key in keys)
        yield f"\n### {left} × {right}\n"
        outcomes = [bench.run("codes", "geoplan", *keys)]
        outcomes += [bench.run("areas", tool, left.path, right.path) for tool in ("geoplan", "geopandas")]
        yield from header("pairs", "largest difference, m²")
        yield from rows(outcomes, outcomes[0].ready)


def growth(bench: Bench) -> Iterator[str]:
    """Measure how seconds grow with either side."""
    small, big = bench.layer("lsoa21"), bench.layer("icb_2023")
    yield "## Growth with size"
    yield f"\n### Small areas, drawn from {small} and beyond that cut in half, × {big}\n"
    several = [(count, data.sample(small, count, bench.into), big) for count in SMALL_AREAS]
    yield from growing(bench, "small areas", several)
    one = data.sample(small, SAMPLE, bench.into)
    yield f"\n### {one} × {big.name} with its edges cut shorter\n"
    denser = [data.denser(big, vertices, bench.into) for vertices in BIG_VERTICES]
    yield from growing(bench, "vertices of the big side", [(layer.vertices, one, layer) for layer in denser])


def growing(bench: Bench, what: str, cases: Sequence[tuple[int, Prepared, Prepared]]) -> Iterator[str]:
    """Run geoplan and geopandas on layers of rising size."""
    yield f"| {what} | geoplan | geoplan, arrays at hand | geopandas.overlay | times geoplan | differ | largest, m² |"
    yield "|---:|---:|---:|---:|---:|---:|---:|"
    measured = []
    for size, left, right in cases:
        ours, peer = (bench.run("areas", tool, left.path, right.path) for tool in ("geoplan", "geopandas"))
        if ours.failure or peer.failure:
            yield f"| {size:,} | {ours.failure} | | {peer.failure} | | | |"
            continue
        measured.append((size, ours.seconds, ours.ready, peer.seconds))
        times = " | ".join(plain(value) for value in measured[-1][1:])
        yield f"| {size:,} | {times} | {plain(peer.seconds / ours.seconds)} | {agreement(ours, peer)} |"
    if len(measured) > 1:
        table = np.log(np.array(measured, dtype=float))
        slopes = [f"{np.polyfit(table[:, 0], table[:, n], 1)[0]:.2f}" for n in (1, 2, 3)]
        yield f"| exponent | {' | '.join(slopes)} | | | |"


# ------------------------------------------------------------------------------------------------ report


def facts(bench: Bench) -> Iterator[str]:
    """Say on what all this was measured."""
    yield "# geoplan beside its peers\n"
    yield (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}; "
        f"{', '.join(versions())}; GEOS {shapely.geos_version_string}. Median of up to {bench.repeats} runs, one where "
        "a run takes long; each tool in a process of its own, on layers read and repaired before. Seconds include "
        "converting from GeoDataFrames (points: from columns of x and y) unless the row says what is at hand. "
        "Core s is the processor time of such a run on all cores, moved less by other work of the machine. Peak MB "
        "is the most the whole process held from then on, MB before what it held with libraries and layers loaded. "
        "Pairs differ where areas are more than 1e-5 m² and more than 1e-12 of themselves apart from geopandas'. "
        "geoplan and all that rests on GEOS use one core, DuckDB and SedonaDB all of them."
    )


def versions() -> Iterator[str]:
    """Name the versions of what is installed, and what is not."""
    for package in PACKAGES:
        try:
            yield f"{package} {metadata.version(package)}"
        except metadata.PackageNotFoundError:
            yield f"{package} absent"


def main() -> None:
    """Run the sections, print and write them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder with the layers as Parquet files")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each tool")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("RESULTS.md"), help="file to write")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds a tool may take on one pair, all runs")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="run only this section")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as into:
        bench = Bench(given.folder, Path(into), given.repeats, given.limit)
        made = {"areas": areas, "points": points, "codes": codes, "growth": growth}
        lines = list(facts(bench))
        for name in given.only or SECTIONS:
            lines += ["", *made[name](bench)]
        text = "\n".join(lines) + "\n"
    print(text)
    given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
