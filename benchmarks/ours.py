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
    from geoplan.edges import edges_of

    return edges_of(left.geometry.to_numpy()), edges_of(right.geometry.to_numpy())


def areas(_: Any, state: tuple[Any, Any]) -> Answer:
    """Sum over edges."""
    from geoplan.intersections import intersection_areas

    return intersection_areas(*state)


def index(_: Any, points: Points, layer: gpd.GeoDataFrame) -> tuple[Points, Any]:
    """Take the edges of the areas."""
    from geoplan.edges import edges_of

    return points, edges_of(layer.geometry.to_numpy())


def hits(_: Any, state: tuple[Points, Any]) -> Answer:
    """Find points by strips and cells."""
    from geoplan.locating import points_in_areas

    return points_in_areas(*state[0], state[1])


def located(_: Any, state: tuple[Points, gpd.GeoDataFrame]) -> Answer:
    """Find them by the function that audits call: named by code and sorted."""
    from geoplan.overlay import locate

    (x, y), layer = state
    found = locate(pd.DataFrame({"x": x, "y": y}), layer)
    return found["point"].to_numpy(), layer.index.get_indexer(found["code"])


def opened(_: Any, left: str, right: str) -> Any:
    """Open two layers of the shipped catalogue, without outlines."""
    from geoplan.atlas import Atlas

    atlas = Atlas()
    return atlas.layer(left), atlas.layer(right), atlas.blocks


def joined(_: Any, state: Any) -> Answer:
    """Overlay by codes: areas, people, shares and rests of every pair."""
    from geoplan.overlay import overlay
    from geoplan.schema import REST

    left, right, blocks = state
    made = overlay(left, right, blocks=blocks).table["area_m2"]
    made = made[made.index.get_level_values("right") != REST]
    return (
        left.areas.index.get_indexer(made.index.get_level_values("left")),
        right.areas.index.get_indexer(made.index.get_level_values("right")),
        made.to_numpy(),
    )
