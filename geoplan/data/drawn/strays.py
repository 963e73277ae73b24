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
SQUARES = 1 << 16
"""More than lie beside one another over the country, or any place that is measured from it."""


def far_parts(geometry: np.ndarray) -> dict[int, np.ndarray]:
    """Find the small parts of areas that lie far from the large ones of the same area.

    Parameters
    ----------
    geometry
        Array of Polygon and MultiPolygon, in metres.

    Returns
    -------
    dict
        By position, for each area that has any: polygons, largest first.
    """
    wide = np.flatnonzero((shapely.get_num_geometries(geometry) > 1) & (_across_m(geometry) > FAR_M))
    parts, of_wide = shapely.get_parts(geometry[wide], return_index=True)
    owner = wide[of_wide]
    small = shapely.area(parts) < SMALL_SHARE * shapely.area(geometry)[owner]
    beside = owner[~small]
    doubtful = np.flatnonzero(small & np.isin(owner, beside))
    doubtful = doubtful[~_share_cell(parts[doubtful], owner[doubtful], parts[~small], beside)]
    found = {}
    for area in np.unique(owner[doubtful]):
        some = parts[doubtful[owner[doubtful] == area]]
        far = some[~shapely.dwithin(shapely.multipolygons(parts[~small][beside == area]), some, FAR_M)]
        if len(far):
            found[int(area)] = far[np.argsort(-shapely.area(far), kind="stable")]
    return found


def _across_m(geometry: np.ndarray) -> np.ndarray:
    """Return the metres beyond which no two parts of each shape can be from one another."""
    west, south, east, north = shapely.bounds(geometry).T
    across: np.ndarray = np.hypot(east - west, north - south)
    return across


def _share_cell(some: np.ndarray, owner: np.ndarray, others: np.ndarray, of_others: np.ndarray) -> np.ndarray:
    """Tell which polygons have a vertex near one of the others of their owner: in a square that is not far across."""
    cells, of_cell = _cells(some, owner)
    near = np.isin(cells, _cells(others, of_others)[0])
    return np.bincount(of_cell, near, minlength=len(some)) > 0


def _cells(polygons: np.ndarray, owner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return owner and square of every vertex as one number, and whose polygon's it is."""
    vertices, of_polygon = shapely.get_coordinates(polygons, return_index=True)
    columns, rows = np.floor(vertices / (FAR_M / np.sqrt(2))).astype(np.int64).T
    return (owner[of_polygon] * SQUARES + columns) * SQUARES + rows, of_polygon


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
