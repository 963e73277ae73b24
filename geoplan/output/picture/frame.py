"""The view box of an SVG picture: from metres to its units, paths, labels that do not hide one another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import shapely

__all__ = ["WIDTH", "Frame", "Label", "moved_apart"]

WIDTH = 1000
"""Units across a picture, unless it is a small one."""
ISLET = 9
"""Square units below which an island is left out."""


class Label(NamedTuple):
    """Text on the picture at a point of the view box, in one or two lines."""

    x: int
    y: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Frame:
    """From metres to the view box.

    Parameters
    ----------
    bounds
        West, south, east and north in metres (EPSG:27700).
    width
        Units of the view box across it.
    """

    bounds: tuple[float, float, float, float]
    width: int = WIDTH

    @property
    def metres(self) -> float:
        """Metres of ground a unit of the view box."""
        return max(self.bounds[2] - self.bounds[0], 1.0) / self.width

    @property
    def wide(self) -> tuple[float, float, float, float]:
        """The frame with a margin, so that what is cut off at its edge shows no line there."""
        margin = 10 * self.metres
        return self.bounds[0] - margin, self.bounds[1] - margin, self.bounds[2] + margin, self.bounds[3] + margin

    @property
    def height(self) -> int:
        """Units of the view box from top to bottom."""
        return max(round((self.bounds[3] - self.bounds[1]) / self.metres), 1)

    def point(self, x: float, y: float) -> tuple[int, int]:
        """Return a point of the ground as one of the view box."""
        return round((x - self.bounds[0]) / self.metres), round((self.bounds[3] - y) / self.metres)

    def path(self, shape: shapely.Geometry) -> str:
        """Return the SVG path of polygons or lines, whole units; islets under nine square units are left out."""
        parts = shapely.get_parts(shape)
        rings = [r for p in parts if p.geom_type == "Polygon" for r in (p.exterior, *p.interiors)]
        large = [r for r in rings if shapely.area(shapely.polygons(r)) > ISLET * self.metres**2] or rings[:1]
        lines = [p for p in parts if p.geom_type == "LineString"]
        return "".join([*(self._ring(r, "Z") for r in large), *(self._ring(line, "") for line in lines)])

    def clipped(self, shape: shapely.Geometry) -> str:
        """Return the SVG path of what lies in the frame."""
        return self.path(shapely.clip_by_rect(shape, *self.wide))

    def _ring(self, line: shapely.Geometry, end: str) -> str:
        points = [self.point(x, y) for x, y in shapely.get_coordinates(line)]
        kept = [p for n, p in enumerate(points) if n == 0 or p != points[n - 1]]
        return "M" + "L".join(f"{x} {y}" for x, y in (kept[:-1] if end and len(kept) > 1 else kept)) + end


def moved_apart(labels: Sequence[Label], room: int) -> tuple[Label, ...]:
    """Move a numbered badge aside, as little as may be, where it would hide an earlier one.

    Parameters
    ----------
    labels
        In the order of their importance.
    room
        Units a badge takes.

    Returns
    -------
    tuple of Label
        In their order.
    """
    placed: list[Label] = []
    for label in labels:
        beside = [(one.x + way * room, label.y) for one in placed for way in (1, -1)]
        above = [(label.x, one.y + way * room) for one in placed for way in (1, -1)]
        free = [at for at in ((label.x, label.y), *beside, *above) if not _hides(at, placed, room)]
        x, y = min(free, key=lambda at: math.dist(at, (label.x, label.y)))
        placed.append(label._replace(x=x, y=y))
    return tuple(placed)


def _hides(at: tuple[int, int], labels: Iterable[Label], room: int) -> bool:
    return any(abs(one.x - at[0]) < room and abs(one.y - at[1]) < room for one in labels)
