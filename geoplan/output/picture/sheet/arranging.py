"""What goes where on a sheet: the map as large as the words leave room for, the rest beside or below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from geoplan.errors import ConfigurationError, refusal
from geoplan.output.picture.base.scale_bar import HIGH
from geoplan.output.picture.naming.insets import INSET
from geoplan.output.picture.naming.labelled import Labelled, labelled
from geoplan.output.picture.picture_parts import LONGEST, Drawing, Row
from geoplan.output.picture.sheet.words import COLUMN, GAP, Column, Placed, flowed, shortened

__all__ = ["MARGIN", "Arranged", "Body", "arranged"]

MARGIN = 0.2
MAP, TALLEST = 5.0, 7.6
"""Inches: the map on a sheet that is as high as need be, at most."""
WIDEST_COLUMN = 3.2
SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3)
"""Sizes of the map that are tried, as shares of the largest."""
LISTS = ((150, 0.65), (LONGEST, 0.5), (30, 0.4), (14, 0.3), (6, 0.3))
"""How long lists may be, and down to which share the map may shrink for them: a longer list is worth less of it."""
HEADING = 0.22
"""Inches above an enlarged part, for its title."""
STEP, HIGHEST = 0.1, 40.0
LEAST = 1.2
"""Inches: the narrowest map worth drawing."""


@dataclass(frozen=True)
class Body:
    """The space between head and foot, in inches from the upper left corner; ``high`` is None where it may grow."""

    top: float
    wide: float
    high: float | None


@dataclass(frozen=True)
class Arranged:
    """A body with everything in it.

    Parameters
    ----------
    map_at
        Left and upper edge, width and height of the map, in inches.
    named
        What is written on the map and on its enlarged parts.
    insets
        Left and upper edge of the title of each enlarged part.
    rows
        The words.
    high
        How high the body is.
    """

    map_at: tuple[float, float, float, float]
    named: Labelled
    insets: tuple[tuple[float, float], ...]
    rows: tuple[Placed, ...]
    high: float


def arranged(drawing: Drawing, body: Body, *, written: bool) -> Arranged:
    """Arrange a map, its enlarged parts and its words.

    Parameters
    ----------
    drawing
        What is drawn.
    body
        The space for it.
    written
        Whether there are labels on the map.

    Returns
    -------
    Arranged
        With the largest map at which the words fit beside or below it; lists are cut short only where the smallest
        map is not small enough. Where the body may grow, it is as low as possible.

    Raises
    ------
    ConfigurationError
        If the sheet is too small.
    """
    if body.high is None:
        wide = min(MAP, TALLEST / drawing.shape, body.wide)
        return min(_trials(drawing, body, wide, LONGEST, written=written), key=lambda each: each.high)
    largest = min(body.wide, (body.high - HIGH) / drawing.shape)
    for longest, least in LISTS:
        for wide in (share * largest for share in SHARES if share >= least):
            found = next(_trials(drawing, body, wide, longest, written=written), None) if wide >= LEAST else None
            if found is not None:
                return found
    hint = "Ask for a larger --size, or leave out --size."
    raise ConfigurationError(refusal("the map and its words do not fit on so small a sheet", hint=hint))


def _trials(drawing: Drawing, body: Body, wide: float, longest: int, *, written: bool) -> Iterator[Arranged]:
    """Try a map of one width with no column of words beside it, one, two ...; where the body may grow, each fits."""
    named = labelled(drawing, wide, longest=longest, written=written)
    rows = shortened([*drawing.rows, *named.rows, *drawing.last], longest)
    if not written:
        rows = [row._replace(number="") for row in rows]
    least = wide * drawing.shape + HIGH
    heights = [body.high] if body.high is not None else _heights(least)
    for count in range(int((body.wide - wide + 1e-6) // (COLUMN + GAP)) + 1):
        for high in heights:
            columns = _columns(body, wide, least, high, count)
            insets = _inset_places(columns, count, len(named.insets))
            placed = None if insets is None else _spread(rows, columns) if count == 0 else flowed(rows, columns)
            if placed is not None and insets is not None:
                region = columns[0].x - GAP - MARGIN if count else body.wide
                at = (MARGIN + max(region - wide, 0.0) / 2, body.top, wide, wide * drawing.shape)
                yield Arranged(at, named, tuple(insets), tuple(placed), high)
                break


def _spread(rows: Sequence[Row], columns: Sequence[Column]) -> list[Placed] | None:
    """Put rows into the columns below a map, as low as they can be."""
    for step in range(1, int(max(column.high for column in columns) / STEP) + 1):
        low = [replace(column, high=min(column.high, step * STEP)) for column in columns]
        placed = flowed(rows, low)
        if placed is not None:
            return placed
    return flowed(rows, columns)


def _heights(least: float) -> list[float]:
    return [least + STEP * n for n in range(int(HIGHEST / STEP))]


def _columns(body: Body, wide: float, least: float, high: float, count: int) -> list[Column]:
    """Return the columns beside the map, of its full height, then those below it."""
    across = min((body.wide - wide) / count - GAP, WIDEST_COLUMN) if count else 0.0
    region = body.wide - count * (across + GAP)
    beside = [Column(MARGIN + region + GAP + n * (across + GAP), body.top, across, high) for n in range(count)]
    many = max(int((region + GAP + 1e-6) // (INSET + GAP)), 1)
    each = (region - (many - 1) * GAP) / many
    below = [Column(MARGIN + n * (each + GAP), body.top + least, each, max(high - least, 0.0)) for n in range(many)]
    return [*beside, *below]


def _inset_places(columns: list[Column], beside: int, count: int) -> list[tuple[float, float]] | None:
    """Take room for enlarged parts: below the map, else at the foot of a column beside it; None where there is none."""
    need = HEADING + INSET + 0.1
    places: list[tuple[float, float]] = []
    for _ in range(count):
        n = _with_room(columns, [*range(beside, len(columns)), *range(beside - 1, -1, -1)], need)
        if n is None:
            return None
        column = columns[n]
        if n >= beside:
            places.append((column.x, column.y))
            columns[n] = replace(column, y=column.y + need, high=column.high - need)
        else:
            places.append((column.x, column.y + column.high - need))
            columns[n] = replace(column, high=column.high - need)
    return sorted(places, key=lambda place: (round(place[1], 3), place[0]))


def _with_room(columns: Sequence[Column], order: Sequence[int], need: float) -> int | None:
    return next((n for n in order if columns[n].high >= need and columns[n].wide >= INSET - 1e-6), None)
