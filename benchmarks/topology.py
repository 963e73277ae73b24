"""Time shared borders, guard and union beside geopandas and shapely on a real layer and check that they agree.

Usage: python benchmarks/topology.py FOLDER_OF_PARQUET_FILES [repeats] [layer] [column of groups]

The layer is lsoa21 and the column lad unless others are named. Peers run once after each other with ours in
between, because shared machines drift; the least time of each counts.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geoplan.data.drawn import geometry
from geoplan.engine import adjacency, dissolving

Run = Callable[[], Any]


def read(folder: Path, name: str, group: str) -> gpd.GeoDataFrame:
    """Read a layer, repaired, with nothing but its groups and geometry."""
    frame = gpd.read_parquet(folder / f"{name}.parquet")
    shapes = geometry.polygonal(shapely.make_valid(frame.geometry.to_numpy()))
    return gpd.GeoDataFrame({"group": frame[group].astype(str)}, geometry=shapes, crs=frame.crs)


def timed(runs: dict[str, tuple[Run, int]]) -> dict[str, tuple[float, Any]]:
    """Return the least seconds and the answer of each; those that are to run more often come round again.

    A tool that refuses has no seconds, and its reason for an answer.
    """
    best: dict[str, tuple[float, Any]] = {}
    for turn in range(max(times for _, times in runs.values())):
        for name, (run, times) in runs.items():
            if turn < times:
                start = time.perf_counter()
                try:
                    answer = run()
                except shapely.errors.GEOSException as error:
                    best[name] = np.nan, str(error)
                    continue
                best[name] = min(time.perf_counter() - start, best.get(name, (np.inf,))[0]), answer
    return best


def show(title: str, best: dict[str, tuple[float, Any]]) -> None:
    """Print seconds, and how many times those of geoplan they are."""
    ours = best["geoplan"][0]
    print(title)
    for name, (seconds, answer) in best.items():
        told = f"refused: {answer}" if np.isnan(seconds) else f"{seconds:8.3f} s  {seconds / ours:6.1f} times"
        print(f"  {name:34} {told}", flush=True)


def bench_borders(frame: gpd.GeoDataFrame, repeats: int) -> None:
    """Find neighbours, and compare them with the pairs that touch along a line."""
    shapes = frame.geometry.to_numpy()
    plain = frame[["geometry"]]
    runs: dict[str, tuple[Run, int]] = {
        "geoplan": (lambda: adjacency.adjacency(shapes), repeats),
        "shapely STRtree, touches": (lambda: shapely.STRtree(shapes).query(shapes, predicate="touches"), 1),
        "geopandas.sjoin, touches": (lambda: gpd.sjoin(plain, plain, predicate="touches"), 1),
    }
    best = timed(runs)
    show("neighbours", best)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    along = shapely.relate_pattern(shapes[one], shapes[other], "****1****")
    over = shapely.relate_pattern(shapes[one], shapes[other], "2********")
    wanted = set(zip(one[along | over].tolist(), other[along | over].tolist(), strict=True))
    i, j, metres = best["geoplan"][1]
    found = dict(zip(zip(i.tolist(), j.tolist(), strict=True), metres, strict=True))
    print(f"  pairs {len(found)}; of GEOS, along a line or overlapping {len(wanted)}, ", end="")
    print(f"{over.sum()} of them overlapping; different {len(wanted ^ found.keys())}")
    some = sorted(wanted & found.keys())[::97]
    left, right = (shapely.boundary(shapes[[pair[n] for pair in some]]) for n in range(2))
    apart = np.abs(shapely.length(shapely.intersection(left, right)) - [found[pair] for pair in some])
    print(f"  largest difference in length of {len(some)} of them {apart.max():.1e} m", flush=True)


def bench_guard(frame: gpd.GeoDataFrame, repeats: int) -> None:
    """Tell whether the layer is a coverage, and take its outline."""
    shapes = frame.geometry.to_numpy()
    runs: dict[str, tuple[Run, int]] = {
        "geoplan": (lambda: adjacency.is_coverage(shapes), repeats),
        "shapely.coverage_is_valid": (lambda: bool(shapely.coverage_is_valid(shapes)), 1),
    }
    best = timed(runs)
    show("guard", best)
    print(f"  answers {', '.join(str(answer) for _, answer in best.values())}")
    join = shapely.coverage_union_all if best["geoplan"][1] else shapely.union_all
    edges: dict[str, tuple[Run, int]] = {
        "geoplan": (lambda: dissolving.outline_edges(shapes), repeats),
        f"shapely.{join.__name__}, boundary": (lambda: shapely.boundary(join(shapes)), 1),
    }
    best = timed(edges)
    show("outline", best)
    metres = [shapely.length(shapely.linestrings(best["geoplan"][1])).sum(), best[list(edges)[1]][1].length]
    print(f"  metres apart {abs(metres[0] - metres[1]):.1e} of {metres[1]:.0f}", flush=True)


def bench_union(frame: gpd.GeoDataFrame, repeats: int) -> None:
    """Join by group, and compare with the safe union."""
    shapes, group = frame.geometry.to_numpy(), frame["group"].to_numpy()
    runs: dict[str, tuple[Run, int]] = {
        "geoplan": (lambda: dissolving.dissolve(shapes, group), repeats),
        "geopandas.dissolve": (lambda: frame.dissolve("group"), 2),
        "geopandas.dissolve, coverage": (lambda: frame.dissolve("group", method="coverage"), repeats),
    }
    best = timed(runs)
    show("dissolve, with its guard", best)
    found = best["geoplan"][1]
    safe = best["geopandas.dissolve"][1].geometry[found.group].to_numpy()
    apart = np.abs(shapely.area(found.geometry) / shapely.area(safe) - 1)
    conserved = abs(shapely.area(found.geometry).sum() / shapely.area(shapes).sum() - 1)
    print(f"  groups {len(safe)}; same ground {shapely.equals(found.geometry, safe).sum()}; ", end="")
    print(f"areas apart by at most {apart.max():.1e}; total by {conserved:.1e}; ", end="")
    print(f"valid {shapely.is_valid(found.geometry).sum()}; joined by the safe union {found.repaired.sum()}")


def main() -> None:
    """Run all benchmarks on one layer."""
    folder = Path(sys.argv[1])
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    name, group = sys.argv[3:5] if len(sys.argv) > 4 else ("lsoa21", "lad")
    frame = read(folder, name, group)
    versions = [f"{package} {metadata.version(package)}" for package in ("numpy", "shapely", "geopandas")]
    print(f"Python {platform.python_version()}, {', '.join(versions)}, GEOS {shapely.geos_version_string}")
    print(f"{name}: {len(frame)} areas, {shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()} vertices")
    for bench in (bench_borders, bench_guard, bench_union):
        bench(frame, repeats)


if __name__ == "__main__":
    main()
