"""Whole commands, their kernels compiled before: a comparison beside geopandas, the default audit beside its writing.

    python benchmarks/warm.py LEFT RIGHT [--repeats N]

LEFT and RIGHT are GeoParquet files with a column ``code``. Every run is a process of its own, from start to end;
the two sides of a ratio take turns, and medians are told. An audit's least is importing all that it loads, and writing
its files.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PEER = """
import sys
import geopandas as gpd
left, right = (gpd.read_parquet(file)[["code", "geometry"]] for file in sys.argv[1:])
for layer in (left, right):
    if not layer.is_valid.all():
        layer["geometry"] = layer.make_valid().buffer(0)
left, right = left.rename(columns={"code": "l"}), right.rename(columns={"code": "r"})
found = gpd.overlay(left, right, how="intersection", keep_geom_type=True)
found.assign(area=found.area).groupby(["l", "r"])["area"].sum().to_csv("peer.csv")
"""
LOADED = """
import json, sys
from geoplan.cli.main import cli
cli(["audit", "--out", "whole"], standalone_mode=False)
print(json.dumps([name for name in sys.modules if name.split(".")[0] == "geoplan"]), file=sys.stderr)
"""
IMPORTED = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
WRITTEN = """
import importlib, json, sys, time
[importlib.import_module(name) for name in sys.argv[1:]]
from geoplan.cli.main import cli
from geoplan.output import media
from geoplan.writing import folders
spent = []
def timed(home, name):
    work = getattr(home, name)
    def working(*given, **options):
        begun = time.perf_counter()
        made = work(*given, **options)
        spent.append(time.perf_counter() - begun)
        return made
    setattr(home, name, working)
timed(media, "audit_files")
timed(folders, "write_folder")
cli(["audit", "--out", "again"], standalone_mode=False)
print(json.dumps(sum(spent)), file=sys.stderr)
"""


def told(folder: str, *command: str) -> tuple[float, Any]:
    """Run Python in a process of its own; return its seconds, and what its last line on the side says."""
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, *command], cwd=folder, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - begun
    last = done.stderr.splitlines()[-1:]
    return seconds, json.loads(last[0]) if last and last[0][:1] in "[0123456789" else None


def compared(folder: str, files: list[str], repeats: int) -> tuple[float, float]:
    """Return the median seconds of the comparison and of geopandas."""
    command = ("-m", "geoplan", "compare", *files, "--weight", "area", "--format", "csv", "--out", "own.csv")
    told(folder, *command)
    turns = [(told(folder, *command)[0], told(folder, "-W", "ignore", "-c", PEER, *files)[0]) for _ in range(repeats)]
    own, peer = zip(*turns, strict=True)
    return statistics.median(own), statistics.median(peer)


def audited(folder: str, repeats: int) -> tuple[float, float, float]:
    """Return the median seconds of the default audit, of importing what it loads, and of writing its files."""
    _, names = told(folder, "-c", LOADED)
    turns = [
        (
            told(folder, "-m", "geoplan", "audit", "--out", "whole")[0],
            told(folder, "-c", IMPORTED, *names)[0],
            told(folder, "-c", WRITTEN, *names)[1],
        )
        for _ in range(repeats)
    ]
    whole, importing, writing = zip(*turns, strict=True)
    return statistics.median(whole), statistics.median(importing), statistics.median(writing)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("left", type=Path)
    parser.add_argument("right", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    files = [str(path.resolve(strict=True)) for path in (asked.left, asked.right)]
    with tempfile.TemporaryDirectory() as folder:
        own, peer = compared(folder, files, asked.repeats)
        whole, importing, writing = audited(folder, asked.repeats)
    print("| whole process | seconds | ratio |")
    print("|---|---:|---:|")
    print(f"| geoplan compare, {asked.left.stem} × {asked.right.stem} | {own:.2f} | 1 |")
    print(f"| geopandas.overlay, the same areas | {peer:.2f} | {peer / own:.1f} times the comparison |")
    print(f"| importing what the default audit loads | {importing:.2f} | |")
    print(f"| writing its files | {writing:.2f} | |")
    print(f"| geoplan audit, default | {whole:.2f} | {whole / (importing + writing):.1f} times both |")


if __name__ == "__main__":
    main()
