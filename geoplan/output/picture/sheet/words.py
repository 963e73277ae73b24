"""Rows of words in columns: how high they are, and where they go."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from geoplan.output.picture.picture_parts import ROW_PT, Row, height_of_lines, one_line, size_of

__all__ = ["COLUMN", "GAP", "INDENT", "Column", "Placed", "flowed", "height_of", "shortened", "wrapped"]

COLUMN, GAP, INDENT = 2.4, 0.15, 0.32
"""Inches: the least width of a column, the room between columns, and that before words with a sample."""


@dataclass(frozen=True)
class Column:
    """A space for words, in inches from the upper left corner of the sheet."""

    x: float
    y: float
    wide: float
    high: float


@dataclass(frozen=True)
class Placed:
    """A row with its upper left corner, its words broken into lines."""

    row: Row
    text: str
    x: float
    y: float


@lru_cache(maxsize=4_096)
def wrapped(text: str, width: float, points: float, weight: str = "normal") -> str:
    """Break text into lines of a width in inches."""
    line = one_line(text)
    natural = size_of(line, points, weight)[0]
    if natural <= width:
        return line
    room = max(int(0.93 * len(line) * width / natural), 1)
    while room > 1:
        lines = textwrap.wrap(line, room)
        if max(size_of(each, points, weight)[0] for each in lines) <= width:
            return "\n".join(lines)
        room = int(room * 0.9)
    return "\n".join(textwrap.wrap(line, 1))


def shortened(rows: Sequence[Row], longest: int) -> list[Row]:
    """Leave out the end of long lists of numbers, saying how many there are."""
    made: list[Row] = []
    for numbered, group in groupby(rows, key=lambda row: bool(row.number)):
        held = list(group)
        left = len(held) - longest if numbered else 0
        made += held[:longest] if left > 0 else held
        made += [Row(f"and {left} more: the map page lists all")] if left > 0 else []
    return made


def flowed(rows: Sequence[Row], columns: Sequence[Column]) -> list[Placed] | None:
    """Put rows one below another, column by column.

    Parameters
    ----------
    rows
        In their order; a heading stays with the row below it.
    columns
        In the order in which they are filled.

    Returns
    -------
    list of Placed or None
        None where they do not fit.
    """
    made: list[Placed] = []
    left = list(_kept_together(rows))
    for column in columns:
        y = column.y
        while left:
            texts = [_text(row, column.wide) for row in left[0]]
            heights = list(map(_height, left[0], texts))
            if y + sum(heights) > column.y + column.high + 1e-6:
                break
            for row, text, high in zip(left.pop(0), texts, heights, strict=True):
                made.append(Placed(row, text, column.x, y))
                y += high
    return None if left else made


def height_of(rows: Sequence[Row], wide: float) -> float:
    """Return how high rows are in a column of a width, in inches."""
    return sum(_height(row, _text(row, wide)) for row in rows)


def _kept_together(rows: Sequence[Row]) -> Iterator[list[Row]]:
    held: list[Row] = []
    for row in rows:
        held.append(row)
        if not row.heading:
            yield held
            held = []
    if held:
        yield held


def _text(row: Row, wide: float) -> str:
    indent = INDENT if row.sample or row.number else 0.0
    return wrapped(row.text, wide - indent, ROW_PT, "bold" if row.heading else "normal")


def _height(row: Row, text: str) -> float:
    return height_of_lines(text, ROW_PT) + (0.035 if row.number else 0.06 if row.sample else 0.1)
