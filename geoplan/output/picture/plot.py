"""A map of an audit as a PNG picture for papers, without a browser."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from PIL import Image, PngImagePlugin

from geoplan.auditing.results import AuditResult
from geoplan.errors import ConfigurationError
from geoplan.output.picture.drawing import drawing_of
from geoplan.output.picture.patterns import DRAWN, HUES, MARKS
from geoplan.output.picture.picture_parts import (
    BADGE,
    INSET,
    LINE,
    MAP,
    MARGIN,
    NAME_PT,
    ROW_BADGE,
    ROW_PT,
    WIDTH,
    Drawing,
    Inset,
    Label,
    Row,
    one_line,
    size_of,
)
from geoplan.schema import wording
from geoplan.schema.standing import GROUND

__all__ = ["png"]

NARROWEST_PX, WIDEST_PX = 100, 10_000
INK, SOFT, HALO = "#16202b", "#47535f", "#ffffff"
_FILLS = {name: look.fill for name, look in DRAWN.items()} | {"land": "#f2f2ee"}
_HATCHES = {name: (MARKS[look.pattern], look.ink) for name, look in DRAWN.items() if look.pattern}
_LINES: Mapping[str, Mapping[str, Any]] = {
    "outline": {"color": INK, "linewidth": 0.55},
    "other": {"color": "#2166ac", "linewidth": 2.0},
    "border": {"color": "#111111", "linewidth": 1.4, "linestyle": (0, (4, 2))},
    "second": {"color": "#111111", "linewidth": 1.2, "linestyle": (0, (4, 2))},
    "leader": {"color": INK, "linewidth": 0.9},
    "third": {"color": "#7a2604", "linewidth": 1.4, "linestyle": (0, (1, 1.5))},
    "focus line": {"color": "#111111", "linewidth": 2.6},
    "focus part": {"color": "#111111", "linewidth": 2.0, "linestyle": (0, (3, 1.5))},
    "part": {"color": GROUND["part"].ink, "linewidth": 1.0, "linestyle": (0, (3, 2))},
}


def png(result: AuditResult, *, width_px: int = 1600) -> bytes:
    """Draw the first comparison of an audit, its focus, or the areas of its layers.

    Parameters
    ----------
    result
        From `geoplan.auditing.audit.run` with ``geometry=True``; geometry in EPSG:27700.
    width_px
        Width of the picture, 100 to 10,000 pixels; all on it, letters too, grows and shrinks with it.

    Returns
    -------
    bytes
        A PNG of at most 256 colours, 8 inches wide by its own word: the same result gives the same bytes with the same
        versions of matplotlib and Pillow, and no day but that of the data stands in it.

    Raises
    ------
    ConfigurationError
        If the audit was run without outlines, a layer is a lookup from small areas, there is nothing to draw, or the
        width is out of bounds.

    Notes
    -----
    Colour is never alone: pieces that neither area holds whole are hatched, what lies in no area is dotted, the same
    boundary is lined, cut areas are numbered. Without a comparison, areas that touch have different colours, by
    greedy colouring of the graph of neighbours in the order DSATUR [1]_.

    References
    ----------
    .. [1] D. Brélaz (1979), New methods to color the vertices of a graph, Communications of the ACM 22 (4),
       251-256, https://doi.org/10.1145/359094.359101.
    """
    if not NARROWEST_PX <= width_px <= WIDEST_PX:
        message = f"A picture {width_px:,} pixels wide cannot be drawn: give {NARROWEST_PX} to {WIDEST_PX:,}."
        raise ConfigurationError(message)
    if "geometry" not in result.blocks.columns:
        message = "The picture needs outlines, and this audit was run without: run it with geometry=True."
        raise ConfigurationError(message)
    if result.undrawn:
        message = f"The picture needs outlines, and {result.undrawn[0]} is a table of small areas: use geoplan compare."
        raise ConfigurationError(message)
    drawing = drawing_of(result)
    drawing.rows += [Row(result.quiet)] * bool(result.quiet)
    with mpl.rc_context():
        # Nobody's own settings may change the picture, least of all names read as formulas.
        mpl.rcdefaults()
        mpl.rcParams.update({"font.family": "DejaVu Sans", "text.parse_math": False, "hatch.linewidth": 0.7})
        pixels = _pixels(_figure(drawing, result), width_px)
    return _encoded(pixels, drawing, width_px)


def _encoded(pixels: np.ndarray, drawing: Drawing, width_px: int) -> bytes:
    """Return a PNG of few colours: a third of the bytes, and no eye tells the difference."""
    image = Image.fromarray(pixels).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    words = PngImagePlugin.PngInfo()
    words.add_itxt("Title", one_line(drawing.title))
    words.add_itxt("Description", one_line(drawing.description))
    held = io.BytesIO()
    image.save(held, "png", optimize=True, dpi=(width_px / WIDTH,) * 2, pnginfo=words)
    return held.getvalue()


def _wrapped(text: str, width: float, points: float, weight: str = "normal") -> str:
    """Break text into lines of a width in inches."""
    line = one_line(text)
    natural = size_of(line, points, weight)[0]
    if natural <= width:
        return line
    return "\n".join(textwrap.wrap(line, max(int(0.93 * len(line) * width / natural), 1)))


class _Sheet:
    """A page measured in inches from its upper left corner, on which things are put one below another."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.axes = figure.add_axes((0, 0, 1, 1), frameon=False)
        self.axes.set(xlim=(0, figure.get_figwidth()), ylim=(figure.get_figheight(), 0), xticks=[], yticks=[])

    def text(self, x: float, y: float, text: str, points: float, *, color: str = INK, weight: str = "normal") -> None:
        """Put lines of text with their upper left corner at a point."""
        for number, line in enumerate(text.split("\n")):
            base = y + (number + 0.8) * points * LINE / 72
            self.axes.text(x, base, line, size=points, color=color, weight=weight, va="baseline", parse_math=False)


def _figure(drawing: Drawing, result: AuditResult) -> Figure:
    wide = WIDTH - 2 * MARGIN
    title, day = _wrapped(drawing.title, wide, 13, "bold"), _wrapped(_standing(result), wide, 8)
    made = _wrapped(wording.attribution(), wide, ROW_PT)
    top = MARGIN + size_of(title, 13)[1] + size_of(day, 8)[1] + 0.12
    rows = [(row, _row_text(row)) for row in drawing.rows]
    beside = sum(_row_height(*row) for row in rows)
    inset_at, body = _places(drawing, beside)
    height = top + body + 0.12 + size_of(made, ROW_PT)[1] + MARGIN / 2
    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    sheet = _Sheet(figure)
    sheet.text(MARGIN, MARGIN, title, 13, weight="bold")
    sheet.text(MARGIN, MARGIN + size_of(title, 13)[1], day, 8, color=SOFT)
    _draw_map(figure, drawing, top, height)
    y = top
    for row, text in rows:
        _draw_row(sheet, row, text, y)
        y += _row_height(row, text)
    if drawing.inset:
        _draw_inset(sheet, drawing, drawing.inset, inset_at[0], top + inset_at[1])
    sheet.text(MARGIN, top + body + 0.12, made, ROW_PT, color=SOFT)
    return figure


def _places(drawing: Drawing, beside: float) -> tuple[tuple[float, float], float]:
    """Return where the enlarged part goes, beside the map or below it, and how high map and words are with it."""
    high = drawing.inches[1]
    if drawing.inset is None:
        return (0.0, 0.0), max(high, beside)
    needed = INSET + 0.4
    right, below = max(high, beside + needed), max(high + needed, beside)
    return ((_PANEL, beside), right) if right <= below else ((MARGIN, high), below)


def _standing(result: AuditResult) -> str:
    """Return the day of the data, and how far its outlines may be trusted."""
    said = [f"As of {wording.day(result.as_of)}"]
    if result.indicative:
        said.append("Boundaries are indicative: drawn from postcodes")
    return " · ".join(said)


_PANEL = MARGIN + MAP + 0.15
_INDENT = 0.32


def _row_text(row: Row) -> str:
    indent = _INDENT if row.sample or row.number else 0.0
    return _wrapped(row.text, WIDTH - MARGIN - _PANEL - indent, ROW_PT, "bold" if row.heading else "normal")


def _row_height(row: Row, text: str) -> float:
    return size_of(text, ROW_PT)[1] + (0.035 if row.number else 0.06 if row.sample else 0.1)


def _draw_row(sheet: _Sheet, row: Row, text: str, y: float) -> None:
    indented = bool(row.sample or row.number)
    weight = "bold" if row.heading else "normal"
    sheet.text(_PANEL + _INDENT * indented, y + 0.04 * row.heading, text, ROW_PT, weight=weight)
    if row.sample:
        _draw_sample(sheet.axes, row.sample, y)
    elif row.number:
        _draw_label(sheet.axes, Label(_PANEL + 0.12, y + 0.062, row.number, badge=True), radius=ROW_BADGE)


def _draw_sample(axes: Axes, style: str, y: float) -> None:
    if style in _LINES and style not in _FILLS:
        axes.plot([_PANEL, _PANEL + 0.24], [y + 0.065] * 2, solid_capstyle="butt", **_LINES[style])
        return
    box = Rectangle((_PANEL, y), 0.24, 0.13).get_path().transformed(Rectangle((_PANEL, y), 0.24, 0.13).get_transform())
    for patch in _patches(style, box):
        axes.add_artist(patch)
    axes.add_artist(PathPatch(box, facecolor="none", edgecolor=INK, linewidth=0.5))


def _patches(style: str, path: Path) -> Iterator[PathPatch]:
    """Return what fills an area: a colour, and what is drawn over it so that colour is not alone."""
    hue = int(style.removeprefix("hue")) if style.startswith("hue") else None
    fill = _FILLS[style] if hue is None else HUES[hue % len(HUES)]
    if fill:
        yield PathPatch(path, facecolor=fill, edgecolor="none", linewidth=0)
    over = _HATCHES.get(style) if hue is None else ("xxx", SOFT) if hue >= len(HUES) else None
    if over is not None:
        yield PathPatch(path, facecolor="none", edgecolor=over[1], hatch=over[0], linewidth=0)


def _draw_map(figure: Figure, drawing: Drawing, top: float, height: float) -> None:
    wide, high = drawing.inches
    place = (MARGIN + (MAP - wide) / 2, height - top - high, wide, high)
    axes = _map_axes(figure, drawing, drawing.bounds, place, framed=drawing.frame)
    for label in drawing.labels:
        _draw_label(axes, label)
    if drawing.inset:
        west, south, east, north = drawing.inset.bounds
        axes.add_artist(Rectangle((west, south), east - west, north - south, fill=False, edgecolor=SOFT, linewidth=0.8))


def _draw_inset(sheet: _Sheet, drawing: Drawing, inset: Inset, x: float, y: float) -> None:
    """Draw a part of the map again, larger."""
    sheet.text(x, y + 0.1, "The framed part of the map, enlarged", ROW_PT, weight="bold")
    place = (x, sheet.figure.get_figheight() - y - INSET - 0.3, INSET, INSET)
    axes = _map_axes(sheet.figure, drawing, inset.bounds, place, framed=True)
    for label in inset.labels:
        _draw_label(axes, label)


def _map_axes(
    figure: Figure, drawing: Drawing, bounds: Sequence[float], inches: Sequence[float], *, framed: bool
) -> Axes:
    """Put areas and lines on a part of the sheet, measured from its lower left corner."""
    size = np.tile((figure.get_figwidth(), figure.get_figheight()), 2)
    west, south, wide, high = (float(each) for each in np.array(inches) / size)
    axes = figure.add_axes((west, south, wide, high), frameon=framed)
    axes.set(xlim=bounds[::2], ylim=bounds[1::2], xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(edgecolor=SOFT, linewidth=0.8)
    for patch in (patch for style, path in drawing.areas for patch in _patches(style, path)):
        axes.add_artist(patch)
    for style, path in drawing.lines:
        axes.add_artist(PathPatch(path, facecolor="none", joinstyle="round", capstyle="butt", **_edge(style)))
    return axes


def _edge(style: str) -> dict[str, Any]:
    line = dict(_LINES[style])
    return {"edgecolor": line.pop("color"), **line}


def _draw_label(axes: Axes, label: Label, *, radius: float = BADGE) -> None:
    if label.badge:
        axes.plot([label.x], [label.y], "o", markersize=radius * 144, color="#ffffff", markeredgecolor=INK, mew=0.8)
        axes.text(
            label.x, label.y, label.text, size=NAME_PT, color=INK, weight="bold", ha="center", va="center_baseline",
            clip_on=True, parse_math=False,
        )  # fmt: skip
        return
    halo = [withStroke(linewidth=1.6, foreground=HALO)]
    text = "\n".join(map(one_line, label.text.split("\n")))
    axes.text(
        label.x, label.y, text, size=NAME_PT, color=INK, ha="center", va="center", linespacing=1.1, path_effects=halo,
        clip_on=True, parse_math=False,
    )  # fmt: skip


def _pixels(figure: Figure, width_px: int) -> np.ndarray:
    figure.set_dpi(width_px / WIDTH)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    return np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
