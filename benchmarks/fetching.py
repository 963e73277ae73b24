"""Time each kind of fetch from the stand-in of the tests on loopback, and a second one of the same.

Usage: python benchmarks/fetching.py [--data FOLDER] [--repeats 3]

What is timed is geoplan's own work (asking, checking, keeping) with that of a server that has no network between: a
floor under what the portal of ONS takes. The second fetch finds everything held and asks nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME / "tests"))

from stand_in import serving  # noqa: E402 - the tests' own

from geoplan.data.kept import holdings  # noqa: E402
from geoplan.data.portal import fetching, services  # noqa: E402
from geoplan.data.portal.client import Client, Patience  # noqa: E402

PATIENT = Patience(
    connect_s=20, read_s=60, whole_s=600, tries=3, backoff_s=0.5, longest_backoff_s=5, between_s=0, most_bytes=10**9
)
"""As against the real services, but without the pause between two questions that is owed to them."""
PAGE = 2000
"""Rows that the portal gives at once."""
FILES = {
    "districts, 20 m": ("lad_2024_bsc.parquet", "code", "name"),
    "districts, detailed": ("lad_2025.parquet", "code", "name"),
    "boards": ("icb_2023.parquet", "code", "name"),
    "small areas": ("lsoa21.parquet", "code", "name"),
    "small areas to boards": ("lookup_lsoa21_icb24.parquet", "lsoa21", "icb24"),
}
"""What is fetched, its file, and its columns of codes and names, or of a lookup what leads where."""


def main() -> None:
    """Fetch everything into an empty folder and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HOME.parent / "shared" / "data")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1"
    print("| fetched | rows | questions | kept, MB | seconds | again: questions | seconds |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    with serving() as server:
        for title, (file, code, name) in FILES.items():
            drawn = "lookup" not in file
            frame = (gpd.read_parquet if drawn else pd.read_parquet)(asked.data / file)
            frame = frame.rename(columns={column: column.upper() for column in frame if column != "geometry"})
            url = server.add(Path(file).stem, frame, page=PAGE)
            kind = "boundaries" if drawn else "lookup"
            row = services.Source(
                "timed", "2024-05", "BGC" if drawn else "", kind, "arcgis", url, code.upper(), name.upper(),
                str(len(frame)), title, "ONS", "Open Government Licence v3.0", services.SEEN,
            )  # fmt: skip
            services.sources = lambda row=row: (row,)
            timed(title, asked.repeats)


def timed(title: str, repeats: int) -> None:
    """Fetch the one file of the table again and again, each time into an empty folder and then once more."""
    first, second = [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["GEOPLAN_DATA"] = folder
            outcome, seconds = _seconds(lambda: fetching.fetch("timed", client=Client(PATIENT)))
            again, more = _seconds(lambda: fetching.fetch("timed", client=Client(PATIENT)))
            size = holdings.sound(outcome.holding).stat().st_size / 1e6
        first.append(seconds)
        second.append(more)
    told = f"{outcome.holding.rows:,} | {outcome.questions} | {size:.1f} | {statistics.median(first):.1f}"
    print(f"| {title} | {told} | {again.questions} | {statistics.median(second):.2f} |", flush=True)


def _seconds(work: Callable[[], fetching.Outcome]) -> tuple[fetching.Outcome, float]:
    begun = time.perf_counter()
    done = work()
    return done, time.perf_counter() - begun


if __name__ == "__main__":
    main()
