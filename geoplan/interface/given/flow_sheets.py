"""Commuting as lines to draw."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

from geoplan.interface.given.sheets import Sheet
from geoplan.output.summary.flows import largest

__all__ = ["flow_sheets"]

WIDTHS = ((10, 5.0), (30, 3.0), (60, 1.5))
"""Up to which rank a line is how wide (pixels)."""


def flow_sheets(between: pd.DataFrame, shapes: gpd.GeoSeries, names: pd.Series, title: str) -> list[Sheet]:
    """Return the largest flows between areas as lines between their middles.

    Parameters
    ----------
    between
        ``workers``, indexed by ``origin`` and ``destination``.
    shapes
        Outlines by code (EPSG:27700).
    names
        Names by code.
    title
        Between what, and where the flows come from.

    Returns
    -------
    list of Sheet
        One, with ``name``, ``workers`` and ``back`` (workers the other way); none where nobody goes from one area to
        another.
    """
    codes = list(map(str, shapes.index))
    rows = largest(between, {code: number for number, code in enumerate(codes)})
    if not rows:
        return []
    middles = shapely.get_coordinates(shapely.point_on_surface(shapes.to_numpy()))
    told = pd.DataFrame(rows, columns=["from", "to", "workers", "back"])
    named = [str(names.get(code, code)) for code in codes]
    told["name"] = [f"{named[i]} to {named[j]}" for i, j in zip(told["from"], told["to"], strict=True)]
    lines = [shapely.LineString(middles[[i, j]]) for i, j in zip(told["from"], told["to"], strict=True)]
    frame = gpd.GeoDataFrame(told[["name", "workers", "back"]], geometry=lines, crs=shapes.crs)
    widths = [next(width for most, width in WIDTHS if rank < most) for rank in range(len(rows))]
    return [Sheet(frame, None, f"Largest flows: {title}", widths=widths)]
