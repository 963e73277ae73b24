"""What a picture consists of: ground, lines, places to be named, rows, and their measures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np
import shapely
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.path import Path
from matplotlib.textpath import TextToPath

from geoplan.schema import Layer, wording

__all__ = [
    "DETAIL",
    "FONT",
    "LINE",
    "LONGEST",
    "ROW_PT",
    "Drawing",
    "Label",
    "Land",
    "Panels",
    "Place",
    "Row",
    "Town",
    "height_of_lines",
    "middle_of",
    "one_line",
    "path_of",
    "phrase",
    "size_of",
]

DETAIL = 1500
"""Steps across the map to which outlines are simplified."""
LONGEST = 60
"""Most rows of a list beside the map."""
ROW_PT, LINE = 8.0, 1.28
FONT = "DejaVu Sans"


class Label(NamedTuple):
    """Text at a point of the map, in map units; its kind is one of `geoplan.output.picture.naming.boxes.KINDS`.

    ``side`` says where the text stands from the point: on it, or to the left or right of it.
    """

    x: float
    y: float
    text: str
    kind: str = "name"
    side: str = "center"

    @property
    def badge(self) -> bool:
        """Whether it is a number in a ring."""
        return self.kind == "badge"


class Place(NamedTuple):
    """An area to be told of: by a number that it has already, by its name, or by its name where there is room.

    ``kind`` is ``number``, ``focus`` (always named), ``area`` (named or numbered) or ``near`` (named where there is
    room). ``shared`` ground is that of several, where none may put its name; ``rather`` are pieces of the shape where
    the name is tried first.
    """

    name: str
    shape: shapely.Geometry
    kind: str = "area"
    number: str = ""
    shared: bool = False
    rather: tuple[shapely.Geometry, ...] = ()


class Town(NamedTuple):
    """A town: its name and where it lies (EPSG:27700)."""

    name: str
    x: float
    y: float


class Land(NamedTuple):
    """What lies under a map: lakes and rivers, the shade of slopes (red, green, blue, opacity) or None, its bounds."""

    lakes: Path
    rivers: Path
    shade: np.ndarray | None
    bounds: tuple[float, float, float, float]

    @property
    def drawn(self) -> bool:
        """Whether any of it is on the map."""
        return self.shade is not None or any(len(np.asarray(each.vertices)) for each in (self.lakes, self.rivers))


class Row(NamedTuple):
    """A row beside the map: its words behind a sample, a number, or nothing."""

    text: str
    sample: str = ""
    number: str = ""
    heading: bool = False


@dataclass
class Drawing:
    """What is drawn: areas and lines by style in map units, places to be named, words beside the map.

    ``rows`` stand before the names of what is numbered, ``last`` behind them.
    """

    bounds: tuple[float, float, float, float]
    title: str
    description: str
    areas: list[tuple[str, Path]] = field(default_factory=list)
    lines: list[tuple[str, Path]] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    towns: list[Town] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    last: list[Row] = field(default_factory=list)
    frame: bool = False
    land: Land | None = None

    @property
    def shape(self) -> float:
        """Height of the map as a share of its width."""
        return abs(self.bounds[3] - self.bounds[1]) / abs(self.bounds[2] - self.bounds[0])


@dataclass
class Panels:
    """Several maps of one ground on one sheet, each with its title and its rows; ``rows`` are those of all."""

    title: str
    description: str
    panels: tuple[Drawing, ...]
    rows: list[Row] = field(default_factory=list)
    last: list[Row] = field(default_factory=list)


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


def phrase(layer: Layer) -> str:
    """Return how a sentence calls a layer: a file is no name for its areas."""
    return f"areas of {layer.title}" if layer.status == "file" else wording.inside_a_sentence(layer.title)


@cache
def _letters() -> frozenset[int]:
    """Return the signs that the font has, plain and bold."""
    fonts = (get_font(findfont(FontProperties(family=FONT, weight=weight))) for weight in ("normal", "bold"))
    plain, bold = (frozenset(font.get_charmap()) for font in fonts)
    return plain & bold


def one_line(text: str) -> str:
    """Return text as one line of signs that the font can draw."""
    joined = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    letters = _letters()
    return "".join(sign if ord(sign) in letters else "\N{REPLACEMENT CHARACTER}" for sign in joined)


@cache
def _ruler() -> TextToPath:
    return TextToPath()


@cache
def _width_of(line: str, points: float, weight: str) -> float:
    font = FontProperties(family=FONT, weight=weight, size=points)
    return float(_ruler().get_text_width_height_descent(line, font, ismath=False)[0]) / 72


def size_of(text: str, points: float, weight: str = "normal") -> tuple[float, float]:
    """Return width and height of lines of text in inches."""
    wide = max((_width_of(line, points, weight) for line in text.split("\n") if line), default=0.0)
    return wide, height_of_lines(text, points)


def height_of_lines(text: str, points: float) -> float:
    """Return the height of lines of text in inches."""
    return (text.count("\n") + 1) * points * LINE / 72
