"""The faces that edges enclose: ground of an area, or the thin ground between two."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from geoplan.engine.matching import ROUNDING_M, DirectedEdges, breaks_in

__all__ = ["faces_of", "is_thin"]


class Faces(NamedTuple):
    """Ground between unmatched edges: the polygons, how many areas hold each, and which are mere cracks."""

    geometry: np.ndarray
    times: np.ndarray
    thin: np.ndarray


def faces_of(geometry: np.ndarray, edges: DirectedEdges, alone: np.ndarray) -> Faces:
    """Return the ground between edges, noded, and the areas that hold it.

    Only at edges that are no border between two areas does the number of areas that hold a point change.
    """
    first = breaks_in(edges, alone)
    last = np.append(first[1:], len(alone)) - 1
    points = np.insert(edges.tail[alone], last + 1, edges.head[alone[last]])
    line = np.repeat(np.arange(len(first)), last - first + 2)
    lines = shapely.linestrings(points.view(np.float64).reshape(-1, 2), indices=line)
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(lines))))
    face, _ = shapely.STRtree(geometry).query(shapely.point_on_surface(found), predicate="intersects")
    return Faces(found, np.bincount(face, minlength=len(found)), is_thin(found))


def is_thin(shapes: np.ndarray) -> np.ndarray:
    """Tell which polygons are, on average, no wider than rounding."""
    return 2 * shapely.area(shapes) <= ROUNDING_M * shapely.length(shapes)
