"""How wide the columns of a table are, by what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from geoplan.output.picture.picture_parts import size_of

__all__ = ["Column", "column", "fitted"]

CM = 2.54
ROOM = 1.05
"""By which word processors may set the same letters wider."""
HEAD_LINES = 3
"""Lines that a heading may run over, or little more."""


class Column(NamedTuple):
    """What a column asks for: room for its longest word, and for its longest text, in centimetres."""

    least: float
    natural: float


def column(heads: Sequence[str], cells: Sequence[str], *, weight: str, points: float, margins: float) -> Column:
    """Return what a column asks for.

    Parameters
    ----------
    heads, cells
        Its texts; heads are bold.
    weight
        Of the cells' letters.
    points
        Size of the letters.
    margins
        Of a cell, left and right together, in centimetres.

    Returns
    -------
    Column
        By the widths of a font that is wider than most, so that another one fits too.
    """

    def wide(text: str, weight: str) -> float:
        return size_of(text, points, weight)[0] * CM * ROOM

    texts = [*((text, "bold", HEAD_LINES) for text in heads), *((text, weight, 1) for text in cells)]
    words = max((wide(word, bold) for text, bold, _ in texts for word in text.split()), default=0.0)
    least = max([words, *(wide(text, "bold") / HEAD_LINES for text in heads)])
    natural = max((wide(text, bold) / lines for text, bold, lines in texts), default=0.0)
    return Column(least + margins, max(least, natural) + margins)


def fitted(columns: Sequence[Column], whole: float) -> list[float]:
    """Share the width of a table between its columns.

    Parameters
    ----------
    columns
        What each asks for.
    whole
        Centimetres to share.

    Returns
    -------
    list of float
        Centimetres, which sum to the whole: no word is broken as long as all words fit.

    Examples
    --------
    >>> fitted([Column(1, 2), Column(2, 8)], 10), fitted([Column(1, 2), Column(2, 8)], 6.5)
    ([2.0, 8.0], [1.5, 5.0])
    """
    least, natural = sum(each.least for each in columns), sum(each.natural for each in columns)
    if natural <= whole:
        return [each.natural * whole / natural for each in columns]
    if least >= whole:
        return [each.least * whole / least for each in columns]
    share = (whole - least) / (natural - least)
    return [each.least + share * (each.natural - each.least) for each in columns]
