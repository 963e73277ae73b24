"""Authorities of an official file cut where a block ends inside them."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import shapely

from geoplan.data.drawn.geometry import polygonal

__all__ = ["as_coverage", "cut"]

SHARED_EDGES = 0.0
"""Gaps are left as they are: what no authority holds is water or abroad."""


def cut(whole: shapely.Geometry, sides: Mapping[str, shapely.Geometry]) -> dict[str, shapely.Geometry]:
    """Divide an area among sides that are drawn otherwise than the area itself.

    Each side gets its own ground inside the area; ground that no side reaches, which two drawings of one coast leave,
    goes to the side with the longest border to it, else to the nearest.

    Parameters
    ----------
    whole
        Polygon or MultiPolygon (EPSG:27700).
    sides
        Name -> polygons in the same coordinate system; where two overlap the first has it.

    Returns
    -------
    dict
        Name -> polygons whose union is the area; a side that does not reach into it is left out.
    """
    held: dict[str, shapely.Geometry] = {}
    left = whole
    for name, side in sides.items():
        piece = _polygons(shapely.intersection(left, side))
        if not shapely.is_empty(piece):
            held[name] = piece
            left = _polygons(shapely.difference(left, piece))
    if not held:
        return held
    rests = shapely.get_parts(left)
    rests = rests[~shapely.is_empty(rests)]
    beside = _beside(rests, np.array(list(held.values())))
    for number, (name, piece) in enumerate(held.items()):
        held[name] = _polygons(shapely.union_all([piece, *rests[beside == number]]))
    return held


def _beside(rests: np.ndarray, pieces: np.ndarray) -> np.ndarray:
    """Return for each piece of ground which side has the longest border with it, or lies nearest."""
    outlines = shapely.boundary(pieces)
    found = np.zeros(len(rests), dtype=int)
    for number, rest in enumerate(rests):
        near = shapely.clip_by_rect(outlines, *shapely.bounds(shapely.buffer(rest, 1)))
        borders = shapely.length(shapely.intersection(shapely.boundary(rest), near))
        found[number] = borders.argmax() if borders.any() else shapely.distance(rest, pieces).argmin()
    return found


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    return polygonal(np.array([shape], dtype=object))[0]


def as_coverage(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Make neighbours share every vertex of their borders, which cuts do not leave so.

    Parameters
    ----------
    shapes
        Valid polygons that hardly overlap (EPSG:27700).

    Returns
    -------
    geopandas.GeoSeries
        The same, as a coverage; those that were one stay as they are.
    """
    if shapely.coverage_is_valid(shapes.to_numpy()):
        return shapes
    clean = shapely.coverage_clean(shapes.to_numpy(), gap_width=SHARED_EDGES)
    return gpd.GeoSeries(clean, index=shapes.index, crs=shapes.crs)
