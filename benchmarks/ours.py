"""How geoplan computes areas of overlay, joins codes and finds points in areas.

Each function imports what it needs, so that a tool can first take numba away.
"""

from __future__ import annotations

import sys
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from measure import Answer

Points = tuple[np.ndarray, np.ndarray]


def without_numba() -> None:
    """Make this process one in which numba cannot be imported."""
    sys.modules["numba"] = None  # type: ignore[assignment]


def edges(_: Any, left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> tuple[Any, Any]:
    """Take the edges of both layers."""
    from geoplan.engine.edges import edges_of

    return edges_of(left.geometry.to_numpy()), edges_of(right.geometry.to_numpy())


def areas(_: Any, state: tuple[Any, Any]) -> Answer:
    """Sum over edges."""
    from geoplan.engine.intersections import intersection_areas

    return intersection_areas(*state)


def layers(_: Any, left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> tuple[Any, Any]:
    """Make layers as audits have them."""
    from geoplan.schema import Layer, Source

    made = []
    for key, frame in (("left", left), ("right", right)):
        codes = frame["n"].astype(str).rename("code")
        table = {"name": codes, "area_m2": frame.area, "people": np.nan, "geometry": frame.geometry}
        made.append(Layer(key, key, gpd.GeoDataFrame(table, crs=frame.crs).set_index(codes), Source("benchmark")))
    return made[0], made[1]


def overlaid(_: Any, state: tuple[Any, Any]) -> Answer:
    """Overlay as audits do: the areas, their shares, what is left over, and the pieces."""
    from geoplan.analysis.overlay import overlay
    from geoplan.schema import Weight

    return met(*state, overlay(*state, blocks=pd.DataFrame(), weight=Weight.AREA))


def met(left: Any, right: Any, over: Any) -> Answer:
    """Return the pairs of an overlay, by position, and their square metres."""
    from geoplan.schema import REST

    pairs = over.table["area_m2"][over.table.index.get_level_values("right") != REST]
    i, j = (pairs.index.get_level_values(side) for side in ("left", "right"))
    return left.areas.index.get_indexer(i), right.areas.index.get_indexer(j), pairs.to_numpy()


def index(_: Any, points: Points, layer: gpd.GeoDataFrame) -> tuple[Points, Any]:
    """Take the edges of the areas."""
    from geoplan.engine.edges import edges_of

    return points, edges_of(layer.geometry.to_numpy())


def hits(_: Any, state: tuple[Points, Any]) -> Answer:
    """Find points by strips and cells."""
    from geoplan.engine.locating import points_in_areas

    return points_in_areas(*state[0], state[1])


def opened(_: Any, left: str, right: str) -> Any:
    """Open two layers of the shipped catalogue, without outlines."""
    from geoplan.commuting.atlas import Atlas

    atlas = Atlas()
    return atlas.layer(left), atlas.layer(right), atlas.blocks


def joined(_: Any, state: Any) -> Answer:
    """Overlay by codes: areas, people, shares and rests of every pair."""
    from geoplan.analysis.overlay import overlay

    left, right, blocks = state
    return met(left, right, overlay(left, right, blocks=blocks))
