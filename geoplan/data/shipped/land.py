"""Geography to draw by: towns, rivers and lakes, and the light and shade of hills. Nothing is measured on it.

Each is read once in a process, and nobody changes what was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from geoplan.data.shipped.package_data import shipped_path, shipped_table

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import numpy.typing as npt

__all__ = ["LAND_CREDIT", "Relief", "relief", "towns", "water"]

LAND_CREDIT = "Rivers and lakes: CIA World Data Bank II and GSHHG. Relief: Tom Patterson, shadedrelief.com."
"""Whom to name under a picture that draws `water` or `relief`; `towns` are placed by the postcodes named already."""


@dataclass(frozen=True)
class Relief:
    """A quiet shaded relief of the United Kingdom and what lies near.

    Attributes
    ----------
    shade
        Light on the ground, 0 to 255, rows from north to south, columns from west to east; read-only.
    bounds
        West, south, east, north of the whole picture, metres, EPSG:27700. Cells are square.
    flat
        The shade of level ground and of the sea: ``shade / flat`` lightens or darkens the colour of the land.
    """

    shade: npt.NDArray[np.uint8]
    bounds: tuple[float, float, float, float]
    flat: int


@cache
def towns() -> gpd.GeoDataFrame:
    """Read towns to name on a map.

    Returns
    -------
    geopandas.GeoDataFrame
        ``name``, ``rank`` (whole number from 1, whose towns are drawn first, to 5), ``country`` (England, Wales,
        Scotland, Northern Ireland) and a Point, EPSG:27700, by rank and within a rank by size. A name alone is not
        unique.

    Raises
    ------
    InputError
        When the file is missing.
    """
    import geopandas as gpd

    from geoplan.schema.wording import COUNTRIES

    table = shipped_table("towns.csv")
    middles = gpd.points_from_xy(table["x"].astype(float), table["y"].astype(float), crs=27700)
    columns = {"name": table["name"], "rank": table["rank"].astype(int), "country": table["country"].map(COUNTRIES)}
    return gpd.GeoDataFrame(columns, geometry=middles)


@cache
def water() -> gpd.GeoDataFrame:
    """Read the main rivers and lakes.

    Returns
    -------
    geopandas.GeoDataFrame
        ``name``, ``kind`` (river or lake) and geometry, EPSG:27700: a MultiLineString of a river, a Polygon of a lake,
        generalised to some 200 m.

    Raises
    ------
    InputError
        When the file is missing.
    """
    from geoplan.data.readers.parquet import read_frame

    return read_frame(shipped_path("water.parquet"))


@cache
def relief() -> Relief:
    """Read the shaded relief.

    Returns
    -------
    Relief
        615 rows by 340 columns, cells of 2 km.

    Raises
    ------
    InputError
        When the file is missing.
    """
    import numpy as np

    with np.load(shipped_path("relief.npz"), allow_pickle=False) as stored:
        shade, bounds, flat = stored["shade"], stored["bounds"], int(stored["flat"])
    shade.flags.writeable = False
    west, south, east, north = (float(edge) for edge in bounds)
    return Relief(shade, (west, south, east, north), flat)
