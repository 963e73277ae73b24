"""Parts of a map that are shown again, larger: where areas are too small for a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely

from geoplan.output.picture.naming.boxes import BADGE, Box
from geoplan.output.picture.naming.placing import radius_of
from geoplan.output.picture.picture_parts import Drawing, Label, Place, middle_of

__all__ = ["INSET", "Inset", "frames_of", "free_corners", "is_small"]

INSET = 2.3
"""Inches: side of an enlarged part on the sheet."""
MOST = 2
WIDEST, NARROWEST = 5.0, 40.0
"""How many times wider the map is than what is enlarged: at least, and at most."""
TIMES = 2.2
"""Less is no enlargement."""
CLOSER = (1.0, 1.5, 2.2)
"""How much closer together than the largest square allows the areas of a knot may lie."""
LEAST = 2
"""So many small areas near one another are shown enlarged."""


class Inset(NamedTuple):
    """A square of the map that is shown enlarged: its letter, its bounds in map units, and the labels on it.

    ``inches`` is its side on the sheet; ``over`` is the part of the map that it stands on, None if beside the map.
    """

    letter: str
    bounds: Box
    labels: tuple[Label, ...] = ()
    leaders: tuple[np.ndarray, ...] = ()
    inches: float = INSET
    over: Box | None = None

    @property
    def per_inch(self) -> float:
        """Map units an inch."""
        return (self.bounds[2] - self.bounds[0]) / self.inches


def free_corners(drawing: Drawing, side: float) -> list[Box]:
    """Return the corners of a map where an enlarged part hides nothing that the map is about, the emptiest first.

    Parameters
    ----------
    drawing
        With its places; those that are only near may be hidden.
    side
        Of an enlarged part, in map units.

    Returns
    -------
    list of tuple
        West, south, east, north of each.
    """
    west, south, east, north = drawing.bounds
    about = shapely.union_all([each.shape for each in drawing.places if each.kind != "near"])
    every = shapely.union_all([each.shape for each in drawing.places])
    lefts, tops = (east - side, west), (north, south + side)
    boxes = [(left, top - side, left + side, top) for top in tops for left in lefts]
    free = [box for box in boxes if shapely.clip_by_rect(about, *box).area == 0]
    return sorted(free, key=lambda box: shapely.clip_by_rect(every, *box).area)


def is_small(shape: shapely.Geometry, per_inch: float) -> bool:
    """Tell whether the number of an area would all but hide it."""
    return radius_of(shape) < 0.8 * BADGE * per_inch


def frames_of(
    places: Sequence[Place], bounds: Box, per_inch: float, inches: float = INSET
) -> list[tuple[Box, frozenset[int]]]:
    """Return squares around knots of areas that are too small to be told on the map.

    Parameters
    ----------
    places
        What is to be told.
    bounds
        Of the map (EPSG:27700).
    per_inch
        Map units an inch of the sheet.
    inches
        Side of an enlarged part on the sheet.

    Returns
    -------
    list of tuple
        At most two squares, and the positions of the small places in each; the one with most of them first.
    """
    wide = bounds[2] - bounds[0]
    small = [n for n, each in enumerate(places) if each.kind != "near" and is_small(each.shape, per_inch)]
    found: list[tuple[Box, frozenset[int]]] = []
    while small and len(found) < MOST:
        box, held = _densest(places, small, (wide / NARROWEST, min(wide / WIDEST, inches * per_inch / TIMES)))
        if len(held) < LEAST and not any(places[n].kind == "number" for n in held):
            break
        if not any(_meet(box, other) for other, _ in found):
            found.append((box, held))
        small = [n for n in small if n not in held]
    return found


def _densest(places: Sequence[Place], small: Sequence[int], sides: tuple[float, float]) -> tuple[Box, frozenset[int]]:
    """Return the square, of a side between two, that holds the most small places; of equals, the first."""
    least, most = sides
    bounds = np.array([shapely.bounds(places[n].shape) for n in small])
    middles = np.array([middle_of(places[n].shape) for n in small])
    apart = np.abs(middles[:, None] - middles[None]).max(axis=2)
    near = np.concatenate([apart < most * 0.4 / closer for closer in CLOSER])
    # The knot itself is worth more than what lies loosely around it.
    worth = near.sum(axis=1) * np.repeat(np.sqrt(CLOSER), len(small))
    row = near[int(worth.argmax())]
    west, south = bounds[row, :2].min(axis=0)
    east, north = bounds[row, 2:].max(axis=0)
    side = min(max((east - west) * 1.12, (north - south) * 1.12, least), most) / 2
    x, y = float(west + east) / 2, float(south + north) / 2
    box = (x - side, y - side, x + side, y + side)
    held = (np.abs(middles - (x, y)) < side).all(axis=1)
    kept = held if held.any() else row
    return box, frozenset(n for n, inside in zip(small, kept, strict=True) if inside)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
