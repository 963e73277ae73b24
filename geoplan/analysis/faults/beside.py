"""Which areas border a patch of ground along a line: many patches at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["areas_beside"]

REACH = 1e-4
"""Metres within which the middle of an edge lies on the border it was cut from: rounding, no distance of the ground."""
SIDES_AT_ONCE = 1_000_000
Integers = npt.NDArray[np.intp]


def areas_beside(patches: np.ndarray, shapes: np.ndarray) -> list[Integers]:
    """Find the areas that share a line with the outline of each patch.

    Parameters
    ----------
    patches
        Polygons cut out of the areas' borders.
    shapes
        The areas.

    Returns
    -------
    list of numpy.ndarray
        Positions of areas, in their order, one array a patch; what meets a patch in a corner only is not in it.

    Notes
    -----
    Sides are compared, not polygons: an area with a hundred thousand holes is not intersected a hundred
    thousand times.
    """
    if not len(patches):
        return []
    edges, patch = _sides(shapely.get_exterior_ring(patches))
    sides, area = _near(shapely.STRtree(patches), shapes)
    middle = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    edge, side = shapely.STRtree(sides).query(middle, predicate="dwithin", distance=REACH)
    pairs = np.unique(np.column_stack([patch[edge], area[side]]), axis=0)
    return np.split(pairs[:, 1], np.searchsorted(pairs[:, 0], np.arange(1, len(patches))))


def _sides(lines: np.ndarray) -> tuple[np.ndarray, Integers]:
    """Split lines into their sides, each with the position of its line."""
    points, line = shapely.get_coordinates(lines, return_index=True)
    at = np.flatnonzero(line[1:] == line[:-1])
    return shapely.linestrings(np.stack([points[at], points[at + 1]], axis=1)), line[at]


def _near(patches: shapely.STRtree, shapes: np.ndarray) -> tuple[np.ndarray, Integers]:
    """Return the sides of areas whose boxes meet that of a patch, each with the position of its area."""
    found = [(np.array([], dtype=object), np.array([], dtype=np.intp))]
    for rings, area in _portions(shapes, patches):
        sides, ring = _sides(rings)
        met = np.unique(patches.query(sides)[0])
        found.append((sides[met], area[ring[met]]))
    return np.concatenate([sides for sides, _ in found]), np.concatenate([area for _, area in found])


def _portions(shapes: np.ndarray, patches: shapely.STRtree) -> Iterator[tuple[np.ndarray, Integers]]:
    """Yield the rings of areas that come near a patch, with their areas, about a million vertices at a time."""
    parts, area = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    met = np.unique(patches.query(rings)[0])
    portion = np.cumsum(shapely.get_num_coordinates(rings[met])) // SIDES_AT_ONCE
    for number in np.unique(portion):
        chosen = met[portion == number]
        yield rings[chosen], area[part[chosen]]
