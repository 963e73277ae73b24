"""A sheet with its title, its map, its enlarged parts, its words and its sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle

from geoplan.output.picture.base.scale_bar import bars
from geoplan.output.picture.naming.insets import INSET
from geoplan.output.picture.picture_parts import LINE, ROW_PT, Drawing, Label, size_of
from geoplan.output.picture.sheet.arranging import HEADING, MARGIN, Arranged, Body, arranged
from geoplan.output.picture.sheet.mapping import draw_frames, draw_label, map_axes
from geoplan.output.picture.sheet.size import Size
from geoplan.output.picture.sheet.styles import FILLS, INK, LINES, SOFT, patches
from geoplan.output.picture.sheet.words import INDENT, Placed, wrapped

__all__ = ["Sheet", "Words", "page"]

ROW_BADGE = 0.082
"""Inches: radius of a numbered badge beside the map."""
SMALL_PT, SUB_PT, TITLE_PT, LARGE_PT = 8.0, 10.0, 13.0, 16.0
WIDE = 9.0
"""Inches across from which the title is large."""


@dataclass(frozen=True)
class Words:
    """What stands above and below a picture: title, subtitle or none, how far it is to be trusted, sources."""

    title: str
    subtitle: str
    standing: str
    sources: str


class Sheet:
    """A page measured in inches from its upper left corner, with its head and foot written.

    Parameters
    ----------
    words
        Of head and foot.
    size
        Of the sheet.
    """

    def __init__(self, words: Words, size: Size) -> None:
        self.size = size
        wide, title = size.wide - 2 * MARGIN, LARGE_PT if size.wide > WIDE else TITLE_PT
        self._head = [
            (wrapped(text, wide, points, weight), points, weight, color)
            for text, points, weight, color in (
                (words.title, title, "bold", INK),
                (words.subtitle, SUB_PT, "normal", INK),
                (words.standing, SMALL_PT, "normal", SOFT),
            )
            if text
        ]
        self._foot = wrapped(words.sources, wide, ROW_PT)
        self._below = 0.12 + size_of(self._foot, ROW_PT)[1] + MARGIN / 2
        top = MARGIN + sum(size_of(text, points)[1] for text, points, _, _ in self._head) + 0.12
        high = None if size.high is None else size.high - top - self._below
        self.body = Body(top, wide, high)

    def open(self, high: float) -> Figure:
        """Start the figure of a body of a height, and write head and foot on it."""
        total = self.body.top + high + self._below if self.size.high is None else self.size.high
        self.figure = Figure(figsize=(self.size.wide, total), facecolor="white")
        self.axes = self.figure.add_axes((0, 0, 1, 1), frameon=False)
        self.axes.set(xlim=(0, self.size.wide), ylim=(total, 0), xticks=[], yticks=[])
        y = MARGIN
        for text, points, weight, color in self._head:
            self.text(MARGIN, y, text, points, color=color, weight=weight)
            y += size_of(text, points)[1]
        self.text(MARGIN, total - self._below + 0.12, self._foot, ROW_PT, color=SOFT)
        return self.figure

    def text(self, x: float, y: float, text: str, points: float, *, color: str = INK, weight: str = "normal") -> None:
        """Put lines of text with their upper left corner at a point."""
        for number, line in enumerate(text.split("\n")):
            base = y + (number + 0.8) * points * LINE / 72
            self.axes.text(x, base, line, size=points, color=color, weight=weight, va="baseline", parse_math=False)

    def rows(self, placed: Sequence[Placed]) -> None:
        """Write rows with their samples and numbers."""
        for each in placed:
            row, indented = each.row, bool(each.row.sample or each.row.number)
            weight = "bold" if row.heading else "normal"
            self.text(each.x + INDENT * indented, each.y + 0.04 * row.heading, each.text, ROW_PT, weight=weight)
            if row.sample:
                _draw_sample(self.axes, row.sample, each.x, each.y)
            elif row.number:
                at = Label(each.x + 0.12, each.y + 0.062, row.number, "badge")
                draw_label(self.axes, at, 1.0, radius=ROW_BADGE)

    def scale(self, x: float, y: float, metres_an_inch: float) -> None:
        """Draw the bar of a map's scale: kilometres above the line, miles below it."""
        line = y + 0.2
        for side, bar in zip((-1, 1), bars(metres_an_inch), strict=True):
            self.axes.plot([x, x + bar.inches], [line, line], color=INK, linewidth=1.0, solid_capstyle="butt")
            for end in (x, x + bar.inches):
                self.axes.plot([end, end], [line, line + side * 0.06], color=INK, linewidth=1.0, solid_capstyle="butt")
            self.text(x + 0.05, line + (0.02 if side > 0 else -0.15), bar.words, 6.5, color=SOFT)


def page(drawing: Drawing, words: Words, size: Size, *, written: bool = True, kind: str = "png") -> Figure:
    """Draw a sheet.

    Parameters
    ----------
    drawing
        The map, in metres of EPSG:27700.
    words
        Of its head and foot.
    size
        Of the sheet.
    written
        Whether there are names and numbers on the map.
    kind
        png, svg or pdf.

    Returns
    -------
    matplotlib.figure.Figure
        Of the size asked for.

    Raises
    ------
    ConfigurationError
        If the sheet is too small for the map and its words.
    """
    sheet = Sheet(words, size)
    made = arranged(drawing, sheet.body, written=written)
    sheet.open(made.high)
    _draw_map(sheet, drawing, made, kind=kind)
    _draw_insets(sheet, drawing, made, kind=kind)
    sheet.rows(made.rows)
    return sheet.figure


def _draw_map(sheet: Sheet, drawing: Drawing, made: Arranged, *, kind: str) -> None:
    x, y, wide, high = made.map_at
    per_inch = (drawing.bounds[2] - drawing.bounds[0]) / wide
    axes = map_axes(
        sheet.figure, drawing, drawing.bounds, made.map_at, framed=drawing.frame, leaders=made.named.leaders
    )
    draw_frames(axes, [inset.bounds for inset in made.named.insets])
    for label in made.named.labels:
        draw_label(axes, label, per_inch, kind=kind)
    sheet.scale(x, y + high, per_inch)


def _draw_insets(sheet: Sheet, drawing: Drawing, made: Arranged, *, kind: str) -> None:
    """Draw parts of the map again, larger."""
    main = (drawing.bounds[2] - drawing.bounds[0]) / made.map_at[2]
    for inset, (x, y) in zip(made.named.insets, made.insets, strict=True):
        times = main / inset.per_inch
        sheet.text(x, y + 0.02, f"{inset.letter}: enlarged {times:.1f} times", ROW_PT, weight="bold")
        place = (x, y + HEADING, INSET, INSET)
        axes = map_axes(sheet.figure, drawing, inset.bounds, place, framed=True, leaders=inset.leaders)
        for label in inset.labels:
            draw_label(axes, label, inset.per_inch, kind=kind)


def _draw_sample(axes: Axes, style: str, x: float, y: float) -> None:
    if style in LINES and style not in FILLS:
        axes.plot([x, x + 0.24], [y + 0.065] * 2, solid_capstyle="butt", **LINES[style])
        return
    shown = Rectangle((x, y), 0.24, 0.13)
    box = shown.get_path().transformed(shown.get_transform())
    for patch in patches(style, box):
        axes.add_artist(patch)
    axes.add_artist(PathPatch(box, facecolor="none", edgecolor=INK, linewidth=0.5))
