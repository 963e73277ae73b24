"""How each other tool computes areas of overlay and finds points in areas."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from measure import Answer

CRS = "EPSG:27700"


def nothing() -> None:
    """Start a tool that needs no start."""


def same(_: Any, left: Any, right: Any) -> tuple[Any, Any]:
    """Convert nothing."""
    return left, right


def shapes(_: Any, left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Take the arrays of shapely geometry."""
    return left.geometry.to_numpy(), right.geometry.to_numpy()


# ------------------------------------------------------------------------------------------------- areas


def geopandas_areas(_: Any, state: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> Answer:
    """Overlay and measure."""
    made = gpd.overlay(*state, how="intersection", keep_geom_type=True)
    return made["n_1"].to_numpy(), made["n_2"].to_numpy(), made.area.to_numpy()


def tree_areas(_: Any, state: tuple[np.ndarray, np.ndarray]) -> Answer:
    """Query a tree of the small areas by the big ones and intersect all pairs at once."""
    left, right = state
    j, i = shapely.STRtree(left).query(right, predicate="intersects")
    return i, j, shapely.area(shapely.intersection(left[i], right[j]))


def clip_areas(_: Any, state: tuple[np.ndarray, np.ndarray]) -> Answer:
    """Intersect only what is not inside, with the big area cut to the small one's box."""
    left, right = state
    j, i = shapely.STRtree(left).query(right, predicate="intersects")
    shapely.prepare(right)
    cut = ~shapely.contains_properly(right[j], left[i])
    area = shapely.area(left)[i]
    small, big = left[i[cut]], right[j[cut]]
    # A metre more, so that no edge of the box runs along a border both sides share.
    boxes = shapely.bounds(small) + np.array([-1.0, -1.0, 1.0, 1.0])
    near = np.array([shapely.clip_by_rect(g, *box) for g, box in zip(big, boxes, strict=True)])
    broken = ~shapely.is_valid(near)
    near[broken] = big[broken]
    area[cut] = shapely.area(shapely.intersection(small, near))
    return i, j, area


def tobler_areas(_: Any, state: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> Answer:
    """Take the table from which area_interpolate works, the only form in which tobler shows pairs."""
    from tobler.area_weighted.area_interpolate import _area_tables_binning

    table = _area_tables_binning(*state, "auto").tocoo()
    return table.row, table.col, table.data


def maup_areas(_: Any, state: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> Answer:
    """Intersect and measure."""
    import maup

    pieces = maup.intersections(*state, area_cutoff=0)
    return pieces.index.get_level_values(0), pieces.index.get_level_values(1), pieces.area.to_numpy()


def start_tobler() -> None:
    """Import it."""
    import tobler  # noqa: F401


def start_maup() -> None:
    """Import it."""
    import maup  # noqa: F401


def start_duckdb() -> Any:
    """Connect and load the spatial extension, from its Python package where there is one."""
    import duckdb

    connection = duckdb.connect()
    package = importlib.util.find_spec("duckdb_extension_spatial")
    if package is None or package.origin is None:
        connection.execute("INSTALL spatial; LOAD spatial")
    else:
        file = next(Path(package.origin).parent.rglob("spatial.duckdb_extension"))
        connection.execute(f"LOAD '{file}'")
    return connection


def duckdb_table(connection: Any, name: str, frame: gpd.GeoDataFrame) -> None:
    """Hand a layer over as well-known binary."""
    rows = pd.DataFrame({"n": frame["n"], "wkb": frame.geometry.to_wkb()})
    connection.register("given", rows)
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT n, ST_GeomFromWKB(wkb) AS geom FROM given")  # noqa: S608


def duckdb_layers(connection: Any, left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> None:
    """Make both tables."""
    duckdb_table(connection, "a", left)
    duckdb_table(connection, "b", right)


def duckdb_areas(connection: Any, _: None) -> Answer:
    """Join where they intersect."""
    query = (
        "SELECT a.n AS i, b.n AS j, ST_Area(ST_Intersection(a.geom, b.geom)) AS area "
        "FROM a JOIN b ON ST_Intersects(a.geom, b.geom)"
    )
    return tuple(connection.execute(query).fetchnumpy().values())


def start_sedona() -> Any:
    """Connect."""
    import sedonadb

    return sedonadb.connect()


def sedona_layers(session: Any, left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> None:
    """Make both views, held in memory."""
    for name, frame in (("a", left), ("b", right)):
        session.create_data_frame(frame).to_memtable().to_view(name, overwrite=True)


def sedona_areas(session: Any, _: None) -> Answer:
    """Join where they intersect."""
    query = (
        "SELECT a.n AS i, b.n AS j, ST_Area(ST_Intersection(a.geometry, b.geometry)) AS area "
        "FROM a JOIN b ON ST_Intersects(a.geometry, b.geometry)"
    )
    frame = session.sql(query).to_pandas()
    return tuple(frame[name].to_numpy() for name in ("i", "j", "area"))


# ------------------------------------------------------------------------------------------------ points

Points = tuple[np.ndarray, np.ndarray]


def sorted_points(_: Any, state: tuple[Points, gpd.GeoDataFrame]) -> Answer:
    """Ask each area for the points whose x is within its box."""
    (x, y), areas = state
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    point, area = [], []
    for n, shape in enumerate(areas.geometry):
        west, south, east, north = shape.bounds
        start, end = np.searchsorted(x, west, side="left"), np.searchsorted(x, east, side="right")
        near = start + np.flatnonzero((y[start:end] >= south) & (y[start:end] <= north))
        shapely.prepare(shape)
        hits = near[shapely.intersects_xy(shape, x[near], y[near])]
        point.append(order[hits])
        area.append(np.full(len(hits), n))
    return np.concatenate(point), np.concatenate(area)


def made_points(_: Any, points: Points, areas: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Make shapely points."""
    return shapely.points(*points), areas.geometry.to_numpy()


def tree_points(_: Any, state: tuple[np.ndarray, np.ndarray]) -> Answer:
    """Query a tree of points by the areas."""
    area, point = shapely.STRtree(state[0]).query(state[1], predicate="intersects")
    return point, area


def frame_points(_: Any, points: Points, areas: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Make a GeoDataFrame of points."""
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*points, crs=CRS)), areas


def joined_points(_: Any, state: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> Answer:
    """Join by intersection."""
    made = gpd.sjoin(*state, predicate="intersects")
    return made.index.to_numpy(), made["n"].to_numpy()


def point_rows(points: Points) -> pd.DataFrame:
    """Give each point its number."""
    return pd.DataFrame({"n": np.arange(len(points[0])), "x": points[0], "y": points[1]})


def duckdb_points(connection: Any, points: Points, areas: gpd.GeoDataFrame) -> None:
    """Make both tables."""
    connection.register("given", point_rows(points))
    connection.execute("CREATE OR REPLACE TABLE a AS SELECT n, ST_Point(x, y) AS geom FROM given")
    duckdb_table(connection, "b", areas)


def duckdb_hits(connection: Any, _: None) -> Answer:
    """Join by intersection."""
    query = "SELECT a.n AS i, b.n AS j FROM a JOIN b ON ST_Intersects(a.geom, b.geom)"
    return tuple(connection.execute(query).fetchnumpy().values())


def sedona_points(session: Any, points: Points, areas: gpd.GeoDataFrame) -> None:
    """Make both views, held in memory."""
    session.create_data_frame(point_rows(points)).to_view("given", overwrite=True)
    made = session.sql("SELECT n, ST_SetSRID(ST_Point(x, y), 27700) AS geometry FROM given")
    made.to_memtable().to_view("a", overwrite=True)
    session.create_data_frame(areas).to_memtable().to_view("b", overwrite=True)


def sedona_hits(session: Any, _: None) -> Answer:
    """Join by intersection."""
    frame = session.sql("SELECT a.n AS i, b.n AS j FROM a JOIN b ON ST_Intersects(a.geometry, b.geometry)").to_pandas()
    return frame["i"].to_numpy(), frame["j"].to_numpy()
