"""Small parts of areas that lie far from the rest of them."""

from __future__ import annotations

import numpy as np
import shapely

from geoplan.data.gridref import grid_reference

__all__ = ["FAR_M", "ISLANDS", "SMALL_SHARE", "far_parts", "stray_text"]

SMALL_SHARE = 0.01
"""Share of its area that a small part holds less than."""
FAR_M = 5000.0
"""Metres from which a small part is far from the rest."""


def far_parts(shape: shapely.Geometry) -> np.ndarray:
    """Find the small parts of an area that lie far from its large ones.

    Parameters
    ----------
    shape
        Polygon or MultiPolygon, in metres.

    Returns
    -------
    numpy.ndarray
        Polygons, largest first.
    """
    parts = shapely.get_parts(shape)
    small = shapely.area(parts) < SMALL_SHARE * shape.area
    if not small.any() or small.all():
        return parts[:0]
    rest = shapely.multipolygons(parts[~small])
    shapely.prepare(rest)
    far = parts[small][~shapely.dwithin(rest, parts[small], FAR_M)]
    return far[np.argsort(-shapely.area(far), kind="stable")]


ISLANDS = "An island is no fault; a stray polygon is."


def stray_text(name: str, shape: shapely.Geometry, far: np.ndarray) -> str:
    """Say which small parts of an area lie far from the rest.

    Parameters
    ----------
    name
        Of the area.
    shape, far
        The area, and its `far_parts`.

    Returns
    -------
    str
        A sentence with the largest part's size and place.
    """
    parts = shapely.get_parts(shape)
    rest = shapely.multipolygons(parts[shapely.area(parts) >= SMALL_SHARE * shape.area])
    x, y = shapely.get_coordinates(shapely.point_on_surface(far[0]))[0]
    count = "a small part lies" if len(far) == 1 else f"{len(far):,} small parts lie"
    size = f"{'' if len(far) == 1 else 'the largest of them '}{far[0].area / 1e6:,.2f} km²"
    return (
        f"{name}: {count} far away from the rest, {size}, at {grid_reference(x, y)}, "
        f"{shapely.distance(far[0], rest) / 1000:,.1f} km off."
    )
