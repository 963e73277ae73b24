"""What a picture consists of: labels, insets, rows, and their measures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np
import shapely
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.path import Path

__all__ = [
    "BADGE",
    "CLOSE",
    "DETAIL",
    "INSET",
    "LINE",
    "LONGEST",
    "MAP",
    "MARGIN",
    "NAME_PT",
    "NAME_ROOM",
    "ROW_BADGE",
    "ROW_PT",
    "WIDTH",
    "Drawing",
    "Inset",
    "Label",
    "Row",
    "middle_of",
    "one_line",
    "path_of",
    "size_of",
]

WIDTH, MAP, MARGIN, _TALLEST = 8.0, 5.0, 0.2, 7.6
"""Inches: the sheet, the map on it, the space around both, and the map's greatest height."""
DETAIL = 1500
"""Steps across the map to which outlines are simplified."""
BADGE, ROW_BADGE = 0.112, 0.1
"""Inches: radius of a numbered badge on the map, and of one beside it."""
INSET, CLOSE = 2.0, 7.0
"""Inches: side of the enlarged part; and how often the map is wider than what it shows."""
NAME_ROOM = 0.6
"""Inches around the middle of a name that no other name may cover."""
LONGEST = 44
"""Most rows of a list beside the map."""
NAME_PT, ROW_PT, LINE = 8.0, 8.0, 1.28


class Label(NamedTuple):
    """Text on the map; a number stands in a badge."""

    x: float
    y: float
    text: str
    badge: bool


class Inset(NamedTuple):
    """A square of the map that is shown enlarged, and the labels there."""

    bounds: tuple[float, float, float, float]
    labels: tuple[Label, ...]


class Row(NamedTuple):
    """A row beside the map: its words behind a sample, a number, or nothing."""

    text: str
    sample: str = ""
    number: str = ""
    heading: bool = False


@dataclass
class Drawing:
    """What stands where: areas and lines by style in map units, words beside them."""

    bounds: tuple[float, float, float, float]
    title: str
    description: str
    areas: list[tuple[str, Path]] = field(default_factory=list)
    lines: list[tuple[str, Path]] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    frame: bool = False
    inset: Inset | None = None

    @property
    def inches(self) -> tuple[float, float]:
        """Width and height of the map on the sheet."""
        wide, high = abs(self.bounds[2] - self.bounds[0]), abs(self.bounds[3] - self.bounds[1])
        scale = min(MAP / wide, _TALLEST / high)
        return wide * scale, high * scale

    @property
    def per_inch(self) -> float:
        """Map units an inch of the sheet."""
        return abs(self.bounds[2] - self.bounds[0]) / self.inches[0]


def path_of(runs: Iterable[np.ndarray]) -> Path:
    """Return one path of several lines or rings of points."""
    kept = [run for run in runs if len(run) > 1]
    if not kept:
        return Path(np.empty((0, 2)))
    codes = [np.r_[Path.MOVETO, np.full(len(run) - 1, Path.LINETO)] for run in kept]
    return Path(np.concatenate(kept), np.concatenate(codes))


def middle_of(shape: shapely.Geometry) -> tuple[float, float]:
    """Return the point deepest inside the largest part of a shape, in its coordinates."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    x, y = shapely.get_point(shapely.maximum_inscribed_circle(largest), 0).coords[0]
    return x, y


@cache
def _letters() -> frozenset[int]:
    """Return the signs that the font has, plain and bold."""
    fonts = (get_font(findfont(FontProperties(family="DejaVu Sans", weight=weight))) for weight in ("normal", "bold"))
    plain, bold = (frozenset(font.get_charmap()) for font in fonts)
    return plain & bold


def one_line(text: str) -> str:
    """Return text as one line of signs that the font can draw."""
    joined = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return "".join(sign if ord(sign) in _letters() else "\N{REPLACEMENT CHARACTER}" for sign in joined)


@cache
def _ruler() -> RendererAgg:
    return RendererAgg(1, 1, 200)  # type: ignore[no-untyped-call]


def size_of(text: str, points: float, weight: str = "normal") -> tuple[float, float]:
    """Return width and height of lines of text in inches."""
    font = FontProperties(family="DejaVu Sans", weight=weight, size=points)
    lines = text.split("\n")
    measure = _ruler().get_text_width_height_descent
    widths = [measure(line, font, ismath=False)[0] / 200 for line in lines if line]  # type: ignore[no-untyped-call]
    return max(widths, default=0.0), len(lines) * points * LINE / 72
