"""The tools of each task; run as a script by the benchmark, one tool at work on one pair of layers."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import ours
import peers
import shapely
from measure import Tool, work

CRS = "EPSG:27700"

AREAS = {
    "geoplan": Tool("geoplan", peers.nothing, ours.edges, ours.areas, "arrays at hand"),
    "plain": Tool("geoplan without numba", ours.without_numba, ours.edges, ours.areas, "arrays at hand"),
    "whole": Tool("geoplan.analysis.overlay.overlay", peers.nothing, ours.layers, ours.overlaid, "layers at hand"),
    "geopandas": Tool("geopandas.overlay", peers.nothing, peers.same, peers.geopandas_areas),
    "tree": Tool("shapely STRtree, intersection", peers.nothing, peers.shapes, peers.tree_areas),
    "clip": Tool("STRtree, contains_properly, clip_by_rect", peers.nothing, peers.shapes, peers.clip_areas),
    "tobler": Tool("tobler", peers.start_tobler, peers.same, peers.tobler_areas),
    "maup": Tool("maup.intersections", peers.start_maup, peers.same, peers.maup_areas),
    "duckdb": Tool("DuckDB spatial", peers.start_duckdb, peers.duckdb_layers, peers.duckdb_areas, "tables at hand"),
    "sedona": Tool("SedonaDB", peers.start_sedona, peers.sedona_layers, peers.sedona_areas, "tables at hand"),
}

POINTS = {
    "geoplan": Tool("geoplan", peers.nothing, ours.index, ours.hits, "arrays at hand"),
    "plain": Tool("geoplan without numba", ours.without_numba, ours.index, ours.hits, "arrays at hand"),
    "geopandas": Tool("geopandas.sjoin", peers.nothing, peers.frame_points, peers.joined_points, "points made"),
    "sorted": Tool("shapely.intersects_xy by sorted x", peers.nothing, peers.same, peers.sorted_points),
    "tree": Tool("STRtree of points", peers.nothing, peers.made_points, peers.tree_points, "points made"),
    "duckdb": Tool("DuckDB spatial", peers.start_duckdb, peers.duckdb_points, peers.duckdb_hits, "tables at hand"),
    "sedona": Tool("SedonaDB", peers.start_sedona, peers.sedona_points, peers.sedona_hits, "tables at hand"),
}

CODES = {"geoplan": Tool("geoplan by codes", peers.nothing, ours.opened, ours.joined, "layers open")}

TOOLS = {"areas": AREAS, "points": POINTS, "codes": CODES}


def read_areas(left: str, right: str) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Read two prepared layers."""
    return gpd.read_parquet(left), gpd.read_parquet(right)


def read_points(left: str, right: str) -> tuple[tuple[np.ndarray, np.ndarray], gpd.GeoDataFrame]:
    """Read prepared points and areas."""
    x, y = np.load(left)
    return (x, y), gpd.read_parquet(right)


def squares(corner: int) -> gpd.GeoDataFrame:
    """Return a layer of one square, to compile and connect on before anything is timed."""
    return gpd.GeoDataFrame({"n": [0]}, geometry=[shapely.box(corner, corner, corner + 2, corner + 2)], crs=CRS)


READ: dict[str, Callable[[str, str], tuple[Any, Any]]] = {
    "areas": read_areas,
    "points": read_points,
    "codes": lambda left, right: (left, right),
}
TINY = {
    "areas": lambda: (squares(0), squares(1)),
    "points": lambda: ((np.array([1.5]), np.array([1.5])), squares(1)),
    "codes": lambda: ("lad", "icb"),
}


def main() -> None:
    """Do the job given as JSON: task, tool, left, right, repeats, folder."""
    warnings.simplefilter("ignore")
    job = json.loads(sys.argv[1])
    task = job["task"]
    work(TOOLS[task][job["tool"]], job, READ[task](job["left"], job["right"]), TINY[task]())


if __name__ == "__main__":
    main()
