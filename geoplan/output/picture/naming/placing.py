"""Where a name or number goes: inside its area, or beside it with a line to it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import shapely

from geoplan.output.picture.naming.boxes import BADGE, Board
from geoplan.output.picture.picture_parts import Label, Town, middle_of, one_line

__all__ = ["beside", "dotted", "forms_of", "inside", "on_it", "radius_of", "visible"]

MOST_LINES = 3
INSIDE = 0.985
"""Share of a name's box that must lie on its area."""
STEPS = 9
"""Places tried across an area, and down it."""
RINGS = (1.0, 1.7, 2.4, 3.2, 4.2, 5.4, 7.0, 9.0, 12.0, 16.0)
"""Distances at which a label is tried beside its area, in widths of a badge."""


@lru_cache(maxsize=4096)
def _circle(shape: shapely.Geometry) -> tuple[float, float, float]:
    """Return the middle of a shape and how far it is from its border."""
    x, y = middle_of(shape)
    return x, y, float(shapely.distance(shape.boundary, shapely.Point(x, y)))


def radius_of(shape: shapely.Geometry) -> float:
    """Return the radius of the largest circle inside a shape, in map units."""
    return _circle(shape)[2]


@lru_cache(maxsize=4096)
def visible(shape: shapely.Geometry, bounds: tuple[float, float, float, float]) -> shapely.Geometry:
    """Return the largest piece of a shape that a map shows, or empty."""
    parts = [part for part in shapely.get_parts(shapely.clip_by_rect(shape, *bounds)) if part.area > 0]
    return max(parts, key=lambda part: part.area, default=shapely.Polygon())


@lru_cache(maxsize=4096)
def _spots(shape: shapely.Geometry) -> list[tuple[float, float]]:
    """Return points of a shape where its name may stand, the middle first, then those next to it."""
    x, y, _ = _circle(shape)
    west, south, east, north = shape.bounds
    across, down = (np.linspace(low, high, STEPS + 2)[1:-1] for low, high in ((west, east), (south, north)))
    grid = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    held = grid[shapely.contains_xy(shape, grid)]
    order = np.lexsort((held[:, 1], held[:, 0], np.round(np.hypot(held[:, 0] - x, held[:, 1] - y), 3)))
    return [(x, y), *((float(a), float(b)) for a, b in held[order])]


def inside(board: Board, name: str, shape: shapely.Geometry, kind: str = "name") -> Label | None:
    """Return a name where it stands inside its area in up to three lines, or None.

    Parameters
    ----------
    board
        The map with the labels it has.
    name, kind
        Whose, and how it is written.
    shape
        The ground that the map shows of the area.

    Returns
    -------
    Label or None
        Not yet written.
    """
    if shape.is_empty:
        return None
    for text in forms_of(name):
        for x, y in _spots(shape):
            label = Label(x, y, text, kind)
            box = board.box(label)
            room = (box[2] - box[0]) * (box[3] - box[1])
            if room > shape.area:
                break
            if board.free(box) and shapely.clip_by_rect(shape, *box).area > INSIDE * room:
                return label
    return None


def forms_of(name: str) -> list[str]:
    """Return a name in one line, and broken into two and three, as far as its words allow."""
    return list(dict.fromkeys(_in_lines(name, lines) for lines in range(1, MOST_LINES + 1)))


def _in_lines(name: str, count: int) -> str:
    text = one_line(name)
    return (
        text if count == 1 else "\n".join(textwrap.wrap(text, max(len(text) // count + 3, 6), break_long_words=False))
    )


def _around(x: float, y: float, step: float) -> Iterator[tuple[float, float]]:
    yield x, y
    for ring in RINGS:
        for angle in np.arange(16) * np.pi / 8:
            yield x + float(np.cos(angle)) * ring * step, y + float(np.sin(angle)) * ring * step


def beside(board: Board, label: Label) -> Label | None:
    """Return a label moved to the nearest free place on the map, or None where there is none."""
    step = 2.1 * BADGE * board.per_inch
    return next((at for x, y in _around(label.x, label.y, step) if board.fits(at := label._replace(x=x, y=y))), None)


def on_it(board: Board, number: str, shape: shapely.Geometry) -> Label | None:
    """Return a number at a free point of its area, the middle before others, or None where none is free."""
    spots = (Label(x, y, number, "badge") for x, y in _spots(shape))
    return next((label for label in spots if board.fits(label)), None)


def dotted(board: Board, town: Town) -> Label | None:
    """Return the name of a town to the right or the left of its dot, or None where neither is free."""
    sides = (Label(town.x, town.y, one_line(town.name), "town", side) for side in ("left", "right"))
    return next((label for label in sides if board.fits(label)), None)
