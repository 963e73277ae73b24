"""Areas in which points are sought, laid out where they are sought: all of them, or those near some points alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from geoplan.auditing.assigning.boxes import meeting
from geoplan.engine.edges import COMPILED, Edges, some_of
from geoplan.engine.locating import finder_of

__all__ = ["Nearby"]

POINTS_A_VERTEX = 1
"""Points for each vertex near them from which what is near is laid out alone.

Measured: to lay out a vertex takes 0.17 microseconds and 130 bytes, and among few areas a point is found 0.1
microseconds sooner. So little time is lost at worst, and much room saved where rows stand in the order of place.
"""


class Nearby:
    """Finds areas of a layer that hold points. It can be pickled; whoever gets it lays out areas anew.

    Parameters
    ----------
    edges
        The layer; its areas may overlap each other.
    """

    def __init__(self, edges: Edges) -> None:
        # Compiled code needs coordinates alone; objects of shapely would be sent to workers one by one.
        self._edges = replace(edges, geometry=np.full(len(edges), None)) if COMPILED else edges
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
        near = None if box is None else self._laid_out_near(box, len(x))
        if near is None:
            if self._whole is None:
                self._near = None
                self._whole = finder_of(self._edges)
            found: tuple[np.ndarray, np.ndarray] = self._whole.find(x, y)
            return found
        which, finder = near
        points, areas = finder.find(x, y)
        return points, which[areas]

    def _laid_out_near(self, box: np.ndarray, points: int) -> tuple[np.ndarray, Any] | None:
        """Lay out the areas that meet a box, where that is worth it."""
        if self._near is not None and (self._near[0] == box).all():
            return self._near[1:]
        which = np.flatnonzero(meeting(self._edges.bounds, box[None]))
        vertices = np.diff(self._edges.rings.ring_start[self._edges.rings.area_start])
        if POINTS_A_VERTEX * int(vertices[which].sum()) > points:
            return None
        self._near = (box, which, finder_of(some_of(self._edges, which)))
        return self._near[1:]
