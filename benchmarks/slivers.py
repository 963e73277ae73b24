"""What a copy of a layer costs that is drawn a hair differently, against the layer itself.

    python benchmarks/slivers.py DATA [--layers utla_2025,lad_2025] [--runs 3]

DATA is a folder with the named layers as Parquet. Each is compared with itself, with a copy written as GeoJSON to six
decimals of a degree, and with a copy moved by a millimetre, by area and by people: whole commands, in turn, with the
least seconds of each and the times of the layer against itself. Both copies leave thousands of slivers, a millimetre
to a decimetre wide, along every border. The last column counts pairs that are not the same boundary: none.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd

LAYERS = ("utla_2025", "lad_2025", "icb_2024_from_lsoa21")

DECIMALS = 6
MOVED_M = 0.001


def copies(layer: Path, into: Path) -> dict[str, Path]:
    """Write the copies of a layer, and return each by what was done to it, the layer itself first."""
    shapes = gpd.read_parquet(layer)
    shapes = shapes.set_crs(27700, allow_override=True)
    rounded, moved = into / f"{layer.stem}.geojson", into / f"{layer.stem}_moved.parquet"
    shapes.to_crs(4326).to_file(rounded, driver="GeoJSON", COORDINATE_PRECISION=DECIMALS)
    shapes.set_geometry(shapes.translate(MOVED_M, MOVED_M)).to_parquet(moved)
    return {"itself": layer, f"rounded to {DECIMALS} decimals": rounded, "moved by 1 mm": moved}


def compared(left: Path, right: Path, out: Path, weight: str) -> float:
    """Run one comparison and return its seconds."""
    command = [sys.executable, "-m", "geoplan", "compare", str(left), str(right), "--weight", weight]
    start = time.perf_counter()
    subprocess.run([*command, "--out", str(out)], check=True, capture_output=True)
    return time.perf_counter() - start


def unlike(table: Path) -> int:
    """Count the rows of a comparison that are neither the same boundary nor an artefact."""
    rows = pd.read_csv(table)
    return int((~rows["artefact"] & (rows["relation"] != "coterminous")).sum())


def measured(layer: Path, weight: str, runs: int, into: Path) -> list[str]:
    """Return the rows of the table for one layer."""
    rights, out = copies(layer, into), into / "out.csv"
    seconds: dict[str, list[float]] = {name: [] for name in rights}
    different = {}
    for _ in range(runs):
        for name, right in rights.items():
            seconds[name].append(compared(layer, right, out, weight))
            different[name] = unlike(out)
    base = min(seconds["itself"])
    return [
        f"| {layer.stem} | {weight} | {name} | {min(taken):.1f} | {min(taken) / base:.1f} | {different[name]} |"
        for name, taken in seconds.items()
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--layers", default=",".join(LAYERS), help="names of layers, with commas")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    print("| layer | weight | against | seconds | times itself | pairs not the same |\n|---|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.layers.split(","):
            for weight in ("area", "people"):
                layer = asked.data / f"{name}.parquet"
                print("\n".join(measured(layer, weight, asked.runs, Path(folder))), flush=True)


if __name__ == "__main__":
    main()
