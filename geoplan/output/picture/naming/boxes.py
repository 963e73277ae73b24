"""The room that labels take on a map, so that none covers another or leaves the sheet."""

from __future__ import annotations

from typing import NamedTuple

from geoplan.output.picture.picture_parts import Label, size_of

__all__ = ["BADGE", "DOT", "KINDS", "Board", "Box", "Face", "box_of"]

BADGE, ROOM, DOT = 0.112, 0.02, 0.022
"""Inches: radius of a numbered badge, the room that is kept round every label, radius of the dot of a town."""

Box = tuple[float, float, float, float]


class Face(NamedTuple):
    """How a kind of label is written."""

    points: float
    weight: str
    color: str


INK, SOFT = "#16202b", "#47535f"
KINDS = {
    "name": Face(8.0, "normal", INK),
    "badge": Face(8.0, "bold", INK),
    "focus": Face(9.0, "bold", INK),
    "near": Face(7.0, "normal", "#5d6872"),
    "town": Face(6.5, "normal", "#4a4f55"),
    "frame": Face(8.0, "bold", SOFT),
}


def box_of(label: Label, per_inch: float, least: float = 0.0) -> Box:
    """Return the box around a label, in map units.

    Parameters
    ----------
    label
        With its point in map units.
    per_inch
        Map units an inch of the sheet.
    least
        Points that letters have at least.

    Returns
    -------
    tuple of float
        West, south, east, north; with the ring of a number and the dot of a town.
    """
    if label.badge:
        half = (BADGE + ROOM / 2) * per_inch
        return label.x - half, label.y - half, label.x + half, label.y + half
    face = KINDS[label.kind]
    wide, high = (side * per_inch for side in size_of(label.text, max(face.points, least), face.weight))
    away, dot = ROOM * per_inch, DOT * per_inch
    if label.side == "center":
        west, east = label.x - wide / 2, label.x + wide / 2
    elif label.side == "left":
        west, east = label.x, label.x + wide + 2.5 * dot
    else:
        west, east = label.x - wide - 2.5 * dot, label.x
    return west - away, label.y - high / 2, east + away, label.y + high / 2


class Board:
    """A map on which labels are put one after another, each where no earlier one is.

    Parameters
    ----------
    bounds
        Of the map, in its units.
    per_inch
        Those units an inch of the sheet.
    least
        Points that letters have at least.
    """

    def __init__(self, bounds: Box, per_inch: float, least: float = 0.0) -> None:
        self.bounds, self.per_inch, self.least = bounds, per_inch, least
        self.labels: list[Label] = []
        self.taken: list[Box] = []

    def fits(self, label: Label) -> bool:
        """Tell whether a label lies on the map and over no other."""
        return self.free(self.box(label))

    def box(self, label: Label) -> Box:
        """Return the box around a label."""
        return box_of(label, self.per_inch, self.least)

    def free(self, box: Box) -> bool:
        """Tell whether a box lies on the map and over no label."""
        west, south, east, north = box
        inside = (
            west >= self.bounds[0] and south >= self.bounds[1] and east <= self.bounds[2] and north <= self.bounds[3]
        )
        return inside and not any(w < east and e > west and s < north and n > south for w, s, e, n in self.taken)

    def cover(self, box: Box) -> None:
        """Keep a part of the map free of labels."""
        self.taken.append(box)

    def put(self, label: Label) -> Label:
        """Write a label."""
        self.labels.append(label)
        self.taken.append(self.box(label))
        return label
