"""A map and its enlarged parts as paths and texts of SVG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from matplotlib.path import Path

from geoplan.output.picture.base.scale_bar import bars
from geoplan.output.picture.naming.boxes import DOT, KINDS, Box
from geoplan.output.picture.naming.labelled import Labelled
from geoplan.output.picture.picture_parts import LINE, Drawing, Label, one_line, path_of
from geoplan.output.picture.sheet.mapping import filled, lined
from geoplan.output.picture.sheet.styles import edge

__all__ = ["UNITS", "Text", "View", "line_looks", "text_looks", "views_of"]

UNITS = 1000
"""Across the map."""
LEADER = "leader"


class Text(NamedTuple):
    """A line of text at its baseline: its class, and the side of it that stands at the point."""

    x: int
    y: int
    words: str
    kind: str
    anchor: str = "middle"


@dataclass(frozen=True)
class View:
    """The map, or an enlarged part of it, in units of which a thousand go across the map.

    Parameters
    ----------
    width, height
        Of the view box.
    areas, lines
        Class and path, in the order in which they are drawn.
    dots, rings
        Places of towns, and of numbers.
    texts
        What is written.
    """

    width: int
    height: int
    areas: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, str], ...]
    dots: tuple[tuple[int, int], ...]
    rings: tuple[tuple[int, int], ...]
    texts: tuple[Text, ...]
    heading: str = ""
    """Of an enlarged part."""
    frames: tuple[tuple[int, int, int], ...] = ()
    """Left and upper edge and side of what is shown enlarged."""
    over: tuple[int, int] | None = None
    """Left and upper edge of an enlarged part that stands on the map."""
    scale: tuple[tuple[int, str], ...] = ()
    """Length and words of the bars in kilometres and in miles, which stand below the map."""


class _Sheet(NamedTuple):
    """From map units to those of a view."""

    bounds: Box
    per_inch: float
    units: float
    """Units of the view an inch."""
    least: float
    """Points that letters have at least."""

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Return a point of the map as one of the view."""
        return self._steps(np.array([[x, y]]))[0]

    def _steps(self, points: np.ndarray) -> list[tuple[int, int]]:
        """Return points of the map as points of the view."""
        times = self.units / self.per_inch
        moved = (points - (self.bounds[0], self.bounds[3])) * (times, -times)
        return [(x, y) for x, y in np.rint(moved).astype(int).tolist()]

    def path(self, path: Path, end: str = "") -> str:
        """Return a path as SVG, in whole units, or empty."""
        points, told = np.asarray(path.vertices), []
        if not len(points):
            return ""
        for run in np.split(points, np.flatnonzero(np.asarray(path.codes) == Path.MOVETO)[1:]):
            steps = self._steps(run)
            steps = list(dict.fromkeys(steps)) if end else steps
            kept = [step for n, step in enumerate(steps) if n == 0 or step != steps[n - 1]]
            if len(kept) > (2 if end else 1):
                told.append("M" + "L".join(f"{x} {y}" for x, y in kept) + end)
        return "".join(told)


def views_of(drawing: Drawing, made: Labelled, wide: float, least: float) -> tuple[View, ...]:
    """Return the map and its enlarged parts.

    Parameters
    ----------
    drawing
        In metres of EPSG:27700.
    made
        What is written on it.
    wide
        Inches across the map.
    least
        Points that letters have at least.

    Returns
    -------
    tuple of View
        The map first. What no unit shows is left out.
    """
    units, per_inch = UNITS / wide, (drawing.bounds[2] - drawing.bounds[0]) / wide
    sheet = _Sheet(drawing.bounds, per_inch, units, least)
    scale = tuple((round(bar.inches * units), bar.words) for bar in bars(per_inch))
    main = _view(drawing, sheet, made.labels, made.leaders)
    frames = [(*sheet.at(each.bounds[0], each.bounds[3]), each) for each in made.insets]
    squares = tuple((x, y, round((each.bounds[2] - each.bounds[0]) / per_inch * units)) for x, y, each in frames)
    parts = (
        replace(
            _view(drawing, _Sheet(each.bounds, each.per_inch, units, least), each.labels, each.leaders),
            heading=f"{each.letter}: enlarged {per_inch / each.per_inch:.1f} times",
            over=None if each.over is None else sheet.at(each.over[0], each.over[3]),
        )
        for each in made.insets
    )
    return replace(main, frames=squares, scale=scale), *parts


def _view(drawing: Drawing, sheet: _Sheet, labels: Sequence[Label], leaders: Iterable[np.ndarray]) -> View:
    bounds, land = sheet.bounds, drawing.land
    water = [] if land is None else [("lake", land.lakes)]
    areas = ((kind, sheet.path(filled(path, bounds), "Z")) for kind, path in [*drawing.areas, *water])
    ways = [*([] if land is None else [("river", land.rivers)]), *drawing.lines]
    lines = [(kind, sheet.path(lined(path, bounds))) for kind, path in ways]
    lines.append((LEADER, sheet.path(path_of(leaders))))
    width, height = sheet.at(bounds[2], bounds[1])
    return View(
        width,
        height,
        tuple(each for each in areas if each[1]),
        tuple(each for each in lines if each[1]),
        tuple(sheet.at(each.x, each.y) for each in labels if each.kind == "town"),
        tuple(sheet.at(each.x, each.y) for each in labels if each.badge),
        tuple(text for each in labels for text in _texts(sheet, each)),
    )


def _texts(sheet: _Sheet, label: Label) -> Iterator[Text]:
    """Write each line of a label at its baseline."""
    point = sheet.units / 72
    x, y = sheet.at(label.x, label.y)
    size = max(KINDS[label.kind].points, sheet.least) * point
    lines = label.text.split("\n")
    aside = {"left": 2.5, "center": 0.0, "right": -2.5}[label.side] * DOT * sheet.units
    anchor = {"left": "start", "center": "middle", "right": "end"}[label.side]
    for number, line in enumerate(lines):
        down = y - ((len(lines) - 1) / 2 - number) * size * LINE + 0.36 * size
        yield Text(round(x + aside), round(down), one_line(line), label.kind, anchor)


def line_looks(kinds: Iterable[str], wide: float) -> dict[str, dict[str, str]]:
    """Return how each kind of line is drawn, as attributes of SVG, on a map so many inches wide."""
    point = UNITS / wide / 72
    return {kind: _stroke(edge(kind), point) for kind in kinds}


def _stroke(look: dict[str, Any], point: float) -> dict[str, str]:
    width = look["linewidth"] * point
    told = {"stroke": str(look["edgecolor"]), "stroke-width": f"{width:.1f}"}
    dashes: Sequence[float] = look["linestyle"][1] if "linestyle" in look else ()
    return told | ({"stroke-dasharray": " ".join(f"{each * width:.1f}" for each in dashes)} if dashes else {})


def text_looks(wide: float, least: float) -> dict[str, dict[str, str]]:
    """Return how each kind of label is written, as attributes of SVG, on a map so many inches wide."""
    point = UNITS / wide / 72
    return {
        kind: {"font-size": f"{max(face.points, least) * point:.1f}", "font-weight": face.weight, "fill": face.color}
        for kind, face in KINDS.items()
    }
