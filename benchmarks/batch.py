"""An audit of every pair of shipped layers with one command, beside geopandas.overlay on the same pairs.

    python benchmarks/batch.py [--pairs N]

Both run in processes of their own. geopandas overlays the drawn layers once for each pair (an audit tells both
directions, and findings, agreement and commuting besides); with ``--pairs`` only the first so many.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from geoplan.data.catalogue import catalogue

PEER = """
import sys, time, itertools, resource
import geopandas as gpd
from geoplan.commuting.atlas import Atlas
atlas = Atlas(geometry=True)
layers = {key: atlas.layer(key).areas[["geometry"]].rename_axis("code").reset_index() for key in sys.argv[2:]}
start = time.perf_counter()
for one, two in itertools.islice(itertools.combinations(sys.argv[2:], 2), int(sys.argv[1])):
    gpd.overlay(layers[one], layers[two], how="intersection", keep_geom_type=True).area
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def configuration(keys: list[str], count: int) -> str:
    """Return a configuration of the first so many pairs."""
    pairs = list(itertools.islice(itertools.combinations(keys, 2), count))
    return f"pairs = {[list(pair) for pair in pairs]!r}\n[outputs]\nfiles = ['findings.csv', 'audit.json']\n".replace(
        "'", '"'
    )


def audited(text: str, folder: Path) -> tuple[float, float]:
    """Run the audit and return its seconds and its peak memory in megabytes."""
    (folder / "geoplan.toml").write_text(text, encoding="utf-8")
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "geoplan", "audit", "geoplan.toml"], cwd=folder, check=True, capture_output=True
    )
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    asked = parser.parse_args()
    keys = list(catalogue())
    count = min(asked.pairs, len(keys) * (len(keys) - 1) // 2)
    with tempfile.TemporaryDirectory() as folder:
        seconds, memory = audited(configuration(keys, count), Path(folder))
    command = [sys.executable, "-W", "ignore", "-c", PEER, str(count), *keys]
    peer = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    print(f"| {count} pairs of {len(keys)} layers | seconds | peak MB |")
    print("|---|---:|---:|")
    print(f"| geoplan audit, whole process, both directions, findings | {seconds:.1f} | {memory:.0f} |")
    print(f"| geopandas.overlay, one direction, layers open | {float(peer[0]):.1f} | {float(peer[1]):.0f} |")


if __name__ == "__main__":
    main()
