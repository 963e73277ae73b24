"""Time the area and point engines beside geopandas on real layers and check that they agree, pair by pair.

Usage: python benchmarks/kernels.py FOLDER_OF_PARQUET_FILES [repeats]
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.edges import edges_of
from geoplan.intersections import intersection_areas_compiled
from geoplan.intersections_plain import intersection_areas_plain
from geoplan.locating import points_in_areas_compiled

PAIRS = [
    ("lad_2025", "icb_2023"),
    ("lsoa21", "lad_2024_bsc"),
    ("lsoa21", "lad_2025"),
    ("lsoa21", "icb_2023"),
    ("lsoa21", "icb_2024_from_lsoa21"),
]


def read(folder: Path, name: str) -> gpd.GeoDataFrame:
    """Read a layer, repaired, with nothing but its position and geometry."""
    frame = gpd.read_parquet(folder / f"{name}.parquet")
    shapes = shapely.make_valid(frame.geometry.to_numpy())
    return gpd.GeoDataFrame({"n": np.arange(len(frame))}, geometry=shapes, crs=frame.crs)


def fastest(function: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Return the least time of some runs, and the answer."""
    times, answer = [], None
    for _ in range(repeats):
        start = time.perf_counter()
        answer = function()
        times.append(time.perf_counter() - start)
    return min(times), answer


def overlay(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the same matrix by geopandas."""
    made = gpd.overlay(left, right, how="intersection", keep_geom_type=True)
    return made["n_1"].to_numpy(), made["n_2"].to_numpy(), made.area.to_numpy()


def from_frames(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Convert and intersect."""
    one, two = (edges_of(frame.geometry.to_numpy()) for frame in (left, right))
    return intersection_areas_compiled(one, two)


def from_frames_plain(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Convert and intersect without compiled code."""
    with mock.patch("geoplan.edges.COMPILED", new=False):
        one, two = (edges_of(frame.geometry.to_numpy()) for frame in (left, right))
    return intersection_areas_plain(one, two)


def difference(found: tuple[np.ndarray, ...], wanted: tuple[np.ndarray, ...]) -> tuple[float, int]:
    """Return the largest difference of a pair and how many differ by more than 1e-5 m² and 1e-12 of it."""
    one, two = (
        pd.Series(areas, index=pd.MultiIndex.from_arrays([i, j])).groupby(level=[0, 1]).sum()
        for i, j, areas in (found, wanted)
    )
    both = one.index.union(two.index)
    a, b = (values.reindex(both).fillna(0.0).to_numpy() for values in (one, two))
    apart = np.abs(a - b)
    return float(apart.max()), int(((apart > 1e-5) & (apart > 1e-12 * np.maximum(a, b))).sum())


def bench_pair(names: tuple[str, str], frames: dict[str, gpd.GeoDataFrame], repeats: int) -> None:
    """Print one line of times and ratios."""
    left, right = (frames[name] for name in names)
    edges = [edges_of(frame.geometry.to_numpy()) for frame in (left, right)]
    runs: dict[str, Callable[[], Any]] = {
        "frames": lambda: from_frames(left, right),
        "arrays": lambda: intersection_areas_compiled(*edges),
        "plain": lambda: from_frames_plain(left, right),
    }
    first, _ = fastest(lambda: overlay(left, right), 1)
    times = {name: fastest(run, 1 if name == "plain" else repeats) for name, run in runs.items()}
    slow, wanted = fastest(lambda: overlay(left, right), 1)
    slow = min(slow, first)
    print(f"{names[0]} x {names[1]}: geopandas.overlay {slow:.2f} s, {len(wanted[0])} pieces")
    for name, (seconds, found) in times.items():
        most, wrong = difference(found, wanted)
        ratio = f"{seconds:.3f} s, {slow / seconds:.1f} times"
        print(f"  {name:7} {ratio:24} largest difference {most:.1e} m2, beyond tolerance {wrong}", flush=True)


def bench_points(folder: Path, name: str, frames: dict[str, gpd.GeoDataFrame], repeats: int) -> None:
    """Print the line of points in areas."""
    points = pd.read_parquet(folder / "codepoint.parquet", columns=["easting", "northing"])
    x, y = points["easting"].to_numpy(float), points["northing"].to_numpy(float)
    frame = frames[name]
    drawn = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y, crs=frame.crs))
    slow, joined = fastest(lambda: gpd.sjoin(drawn, frame, predicate="intersects"), 1)
    fast, found = fastest(lambda: points_in_areas_compiled(x, y, edges_of(frame.geometry.to_numpy())), repeats)
    ready = edges_of(frame.geometry.to_numpy())
    faster, _ = fastest(lambda: points_in_areas_compiled(x, y, ready), repeats)
    wanted = pd.MultiIndex.from_arrays([joined.index, joined["n"]])
    apart = len(wanted.symmetric_difference(pd.MultiIndex.from_arrays(found)))
    print(f"{len(x)} points in {name}: sjoin {slow:.2f} s, different hits {apart}")
    print(f"  frames  {fast:.3f} s, {slow / fast:.1f} times")
    print(f"  arrays  {faster:.3f} s, {slow / faster:.1f} times", flush=True)


def main() -> None:
    """Run all benchmarks on the layers of a folder."""
    folder = Path(sys.argv[1])
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    warnings.filterwarnings("ignore", message=".*geometry types.*")
    frames = {name: read(folder, name) for name in dict.fromkeys(name for pair in PAIRS for name in pair)}
    bench_points(folder, "lad_2024_bsc", frames, repeats)
    for pair in PAIRS:
        bench_pair(pair, frames, repeats)


if __name__ == "__main__":
    main()
