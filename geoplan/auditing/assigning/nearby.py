"""Areas in which points are sought, laid out where they are sought: all of them, or those near some points alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from geoplan.auditing.assigning.boxes import meeting
from geoplan.engine.edges import COMPILED, Edges, some_of
from geoplan.engine.locating import finder_of

__all__ = ["Nearby"]

POINTS_A_VERTEX = 0.5
"""Points for each vertex laid out from which what is near each part is laid out alone.

Measured: to lay out a vertex takes 0.17 microseconds and 130 bytes, and among few areas a point is found 0.1
microseconds sooner. So little time is lost at worst, and much room saved where rows stand in the order of place.
"""


class Nearby:
    """Finds areas of a layer that hold points. It can be pickled; whoever gets it lays out areas anew.

    Parameters
    ----------
    edges
        The layer; its areas may overlap each other.
    boxes
        Those that points will be sought in, each once; None where they are not known.
    points
        How many points will be sought.
    """

    def __init__(self, edges: Edges, boxes: np.ndarray | None = None, points: int = 0) -> None:
        # Compiled code needs coordinates alone; objects of shapely would be sent to workers one by one.
        self._edges = replace(edges, geometry=np.full(len(edges), None)) if COMPILED else edges
        self._is_apart = boxes is not None and _vertices_near(edges, boxes) * POINTS_A_VERTEX <= points
        self._whole: Any = None
        self._near: tuple[np.ndarray, np.ndarray, Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave behind what is laid out: that takes eight times the room of the coordinates."""
        return {**self.__dict__, "_whole": None, "_near": None}

    def find(self, x: np.ndarray, y: np.ndarray, box: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Find which points lie in which areas.

        Parameters
        ----------
        x, y
            The points; missing for what has no place.
        box
            In which all of them lie: least x, least y, greatest x, greatest y. None where that is not known.

        Returns
        -------
        tuple of numpy.ndarray
            As of `geoplan.engine.locating.points_in_areas`, with a box or without.
        """
        if box is not None and self._is_apart:
            which, finder = self._laid_out_near(box)
            points, areas = finder.find(x, y)
            return points, which[areas]
        if self._whole is None:
            self._whole = finder_of(self._edges)
        found: tuple[np.ndarray, np.ndarray] = self._whole.find(x, y)
        return found

    def _laid_out_near(self, box: np.ndarray) -> tuple[np.ndarray, Any]:
        if self._near is None or (self._near[0] != box).any():
            which = np.flatnonzero(meeting(self._edges.bounds, box[None]))
            self._near = (box, which, finder_of(some_of(self._edges, which)))
        return self._near[1:]


def _vertices_near(edges: Edges, boxes: np.ndarray) -> int:
    """Count vertices of areas that meet boxes, those of an area once for each."""
    vertices = np.diff(edges.rings.ring_start[edges.rings.area_start])
    return sum(int(vertices[meeting(edges.bounds, box[None])].sum()) for box in boxes)
