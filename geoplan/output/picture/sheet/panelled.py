"""A sheet of several maps side by side, all at one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from geoplan.errors import ConfigurationError, refusal
from geoplan.output.picture.base.scale_bar import HIGH
from geoplan.output.picture.naming.labelled import Labelled, labelled
from geoplan.output.picture.picture_parts import LONGEST, Panels, Row, size_of
from geoplan.output.picture.sheet.arranging import MARGIN, SHARES, Body
from geoplan.output.picture.sheet.mapping import draw_label, map_axes
from geoplan.output.picture.sheet.page import Sheet, Words
from geoplan.output.picture.sheet.size import Size
from geoplan.output.picture.sheet.words import GAP, Column, flowed, height_of, wrapped

__all__ = ["panelled"]

TITLE_PT = 9.5
NARROWEST = 1.6
"""Inches: the narrowest map of a panel."""
UNBOUND = 1e6


@dataclass(frozen=True)
class _Grid:
    """Maps of one width in rows of so many columns."""

    across: int
    column: float
    wide: float
    named: tuple[Labelled, ...]
    titles: tuple[str, ...]
    rows: tuple[Sequence[Row], ...]
    high: tuple[float, ...]
    foot: float

    @property
    def total(self) -> float:
        return sum(self.high) + self.foot + HIGH


def panelled(panels: Panels, words: Words, size: Size, *, written: bool = True, kind: str = "png") -> Figure:
    """Draw a sheet of several maps.

    Parameters
    ----------
    panels
        The maps, of the same ground, and the rows below all.
    words, size, written, kind
        As of `geoplan.output.picture.sheet.page.page`.

    Returns
    -------
    matplotlib.figure.Figure
        Of the size asked for, with the largest maps that fit.

    Raises
    ------
    ConfigurationError
        If the sheet is too small.
    """
    sheet = Sheet(words, size)
    grid = _best(panels, sheet.body, written=written)
    sheet.open(grid.total)
    y = sheet.body.top
    for numbers, high in zip(_lines(len(panels.panels), grid.across), grid.high, strict=True):
        lowest = max(size_of(grid.titles[n], TITLE_PT, "bold")[1] for n in numbers)
        for place, n in enumerate(numbers):
            x = MARGIN + place * (grid.column + GAP)
            _draw_panel(sheet, panels, grid, n, (x, y, lowest), kind)
        y += high
    metres = (panels.panels[0].bounds[2] - panels.panels[0].bounds[0]) / grid.wide
    sheet.scale(MARGIN, y, metres)
    placed = flowed([*panels.rows, *panels.last], [Column(MARGIN, y + HIGH, sheet.body.wide, UNBOUND)])
    sheet.rows(placed or [])
    return sheet.figure


def _draw_panel(
    sheet: Sheet, panels: Panels, grid: _Grid, number: int, at: tuple[float, float, float], kind: str
) -> None:
    """Draw one map with its title above and its rows below it."""
    drawing, named, (x, y, title) = panels.panels[number], grid.named[number], at
    sheet.text(x, y, grid.titles[number], TITLE_PT, weight="bold")
    top, high = y + title + 0.05, grid.wide * drawing.shape
    place = (x, top, grid.wide, high)
    axes = map_axes(sheet.figure, drawing, drawing.bounds, place, framed=True, leaders=named.leaders)
    per_inch = (drawing.bounds[2] - drawing.bounds[0]) / grid.wide
    for label in named.labels:
        draw_label(axes, label, per_inch, kind=kind)
    column = Column(x, top + high + 0.08, grid.column, UNBOUND)
    sheet.rows(flowed(grid.rows[number], [column]) or [])


def _best(panels: Panels, body: Body, *, written: bool) -> _Grid:
    """Return the grid with the largest maps that fits; where the sheet may grow, one of two columns."""
    count = len(panels.panels)
    if body.high is None:
        return _grid(panels, body, min(count, 2), 1.0, written=written)
    for share in SHARES:
        fitting = []
        for across in range(1, count + 1):
            wide = share * (body.wide - (across - 1) * GAP) / across
            if wide < NARROWEST:
                break
            high = -(-count // across) * wide * panels.panels[0].shape
            if high > body.high:
                continue
            grid = _grid(panels, body, across, share, written=written)
            if grid.total <= body.high:
                fitting.append(grid)
        if fitting:
            return max(fitting, key=lambda each: each.wide)
    hint = "Ask for a larger --size, or leave out --size."
    raise ConfigurationError(refusal(f"{count} maps and their words do not fit on so small a sheet", hint=hint))


def _grid(panels: Panels, body: Body, across: int, share: float, *, written: bool) -> _Grid:
    column = (body.wide - (across - 1) * GAP) / across
    wide = share * column
    named = tuple(labelled(each, wide, longest=LONGEST, written=written, enlarged=0) for each in panels.panels)
    titles = tuple(wrapped(each.title, column, TITLE_PT, "bold") for each in panels.panels)
    rows = tuple([*each.rows, *own.rows] for each, own in zip(panels.panels, named, strict=True))
    highs = []
    for numbers in _lines(len(titles), across):
        title = max(size_of(titles[n], TITLE_PT, "bold")[1] for n in numbers)
        words = max(height_of(rows[n], column) for n in numbers)
        highs.append(title + 0.05 + wide * panels.panels[0].shape + 0.08 + words + 0.15)
    foot = height_of([*panels.rows, *panels.last], body.wide)
    return _Grid(across, column, wide, named, titles, rows, tuple(highs), foot)


def _lines(count: int, across: int) -> list[range]:
    """Return the numbers of the maps of each line."""
    return [range(first, min(first + across, count)) for first in range(0, count, across)]
