"""Draw the map of an audit as a PNG picture for papers, without a browser."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, NamedTuple

import matplotlib as mpl
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from PIL import Image, PngImagePlugin

from geoplan import wording
from geoplan.atlas import Focus
from geoplan.audit import AuditResult, Pair
from geoplan.errors import ConfigurationError, refusal
from geoplan.patterns import DRAWN
from geoplan.picture import Picture, ground_pieces, left_out, picture, ranked_cuts
from geoplan.schema import Layer
from geoplan.standing import GROUND, Standing
from geoplan.summary import answer_sentences, asked_layers, asked_pairs

__all__ = ["png"]

NARROWEST_PX, WIDEST_PX = 100, 10_000

_WIDTH, _MAP, _MARGIN, _TALLEST = 8.0, 5.0, 0.2, 7.6
"""Inches: the sheet, the map on it, the space around both, and the map's greatest height."""
_DETAIL = 1500
"""Steps across the map to which outlines are simplified."""
_BADGE, _ROW_BADGE = 0.112, 0.1
"""Inches: radius of a numbered badge on the map, and of one beside it."""
_INSET, _CLOSE = 2.0, 7.0
"""Inches: side of the enlarged part; and how often the map is wider than what it shows."""
_AROUND = 0.3
"""Room around an area that the picture is about, as a share of its longer side."""
_NAME_ROOM = 0.6
"""Inches around the middle of a name that no other name may cover."""
_MOST_LAYERS = 3
"""Layers whose borders can be told apart on one picture."""
_LONGEST = 44
"""Most rows of a list beside the map."""
_NAME_PT, _ROW_PT, _LINE = 8.0, 8.0, 1.28

INK, SOFT, HALO = "#16202b", "#47535f", "#ffffff"
_FILLS = {name: look.fill for name, look in DRAWN.items()} | {"land": "#f2f2ee"}
_MARKS = {"dashes": "--", "plus": "++", "thin": "//", "stripes": "//////", "rings": "oo", "dots": "...."}
_HATCHES = {name: (_MARKS[look.pattern], look.ink) for name, look in DRAWN.items() if look.pattern}
_HUES = ("#f4e7a6", "#8fbbe2", "#eda284", "#dad8e2", "#4fae95")
"""Light enough for dark names, and told apart with every kind of colour vision; a sixth colour would be hatched."""
_LINES: Mapping[str, Mapping[str, Any]] = {
    "outline": {"color": INK, "linewidth": 0.55},
    "other": {"color": "#2166ac", "linewidth": 2.0},
    "border": {"color": "#111111", "linewidth": 1.4, "linestyle": (0, (4, 2))},
    "second": {"color": "#111111", "linewidth": 1.2, "linestyle": (0, (4, 2))},
    "leader": {"color": INK, "linewidth": 0.9},
    "third": {"color": "#7a2604", "linewidth": 1.4, "linestyle": (0, (1, 1.5))},
    "focus line": {"color": "#111111", "linewidth": 2.6},
}


class _Label(NamedTuple):
    """Text on the map; a number stands in a badge."""

    x: float
    y: float
    text: str
    badge: bool


class _Inset(NamedTuple):
    """A square of the map that is shown enlarged, and the labels there."""

    bounds: tuple[float, float, float, float]
    labels: tuple[_Label, ...]


class _Row(NamedTuple):
    """A row beside the map: its words behind a sample, a number, or nothing."""

    text: str
    sample: str = ""
    number: str = ""
    heading: bool = False


@dataclass
class _Drawing:
    """What stands where: areas and lines by style in map units, words beside them."""

    bounds: tuple[float, float, float, float]
    title: str
    description: str
    areas: list[tuple[str, Path]] = field(default_factory=list)
    lines: list[tuple[str, Path]] = field(default_factory=list)
    labels: list[_Label] = field(default_factory=list)
    rows: list[_Row] = field(default_factory=list)
    frame: bool = False
    inset: _Inset | None = None

    @property
    def inches(self) -> tuple[float, float]:
        """Width and height of the map on the sheet."""
        wide, high = abs(self.bounds[2] - self.bounds[0]), abs(self.bounds[3] - self.bounds[1])
        scale = min(_MAP / wide, _TALLEST / high)
        return wide * scale, high * scale

    @property
    def per_inch(self) -> float:
        """Map units an inch of the sheet."""
        return abs(self.bounds[2] - self.bounds[0]) / self.inches[0]


def png(result: AuditResult, *, width_px: int = 1600) -> bytes:
    """Draw the first comparison of an audit, its focus, or the areas of its layers.

    Parameters
    ----------
    result
        From `geoplan.audit.run` with ``geometry=True``; geometry in EPSG:27700.
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
    drawing = _drawing(result)
    drawing.rows += [_Row(result.quiet)] * bool(result.quiet)
    with mpl.rc_context():
        # Nobody's own settings may change the picture, least of all names read as formulas.
        mpl.rcdefaults()
        mpl.rcParams.update({"font.family": "DejaVu Sans", "text.parse_math": False, "hatch.linewidth": 0.7})
        pixels = _pixels(_figure(drawing, result), width_px)
    return _encoded(pixels, drawing, width_px)


def _drawing(result: AuditResult) -> _Drawing:
    asked = asked_layers(result)
    if len(asked) > _MOST_LAYERS:
        hint = f"Name at most {_MOST_LAYERS}, or draw a page: it switches layers on and off."
        message = refusal(f"the borders of {len(asked)} layers cannot be told apart on one picture", hint=hint)
        raise ConfigurationError(message)
    pairs = asked_pairs(result)
    if result.focus is not None:
        first = pairs[0].overlay if pairs else None
        return _partners_drawing(result, result.focus, asked or ([first.left, first.right] if first else []))
    shown = picture(result) if pairs else None
    return _layers_drawing(result) if shown is None else _pair_drawing(result, pairs[0], shown)


def _encoded(pixels: np.ndarray, drawing: _Drawing, width_px: int) -> bytes:
    """Return a PNG of few colours: a third of the bytes, and no eye tells the difference."""
    image = Image.fromarray(pixels).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    words = PngImagePlugin.PngInfo()
    words.add_itxt("Title", _line(drawing.title))
    words.add_itxt("Description", _line(drawing.description))
    held = io.BytesIO()
    image.save(held, "png", optimize=True, dpi=(width_px / _WIDTH,) * 2, pnginfo=words)
    return held.getvalue()


# ------------------------------------------------------------------------------------------ outlines


class _Ground:
    """The outlines of a result, simplified together so that neighbours and layers still fit."""

    def __init__(
        self,
        result: AuditResult,
        layers: Sequence[Layer],
        away: Collection[str] = (),
        focus: Focus | None = None,
        also: Collection[str] = (),
    ) -> None:
        main, blocks = layers[0], _outlines(result.blocks)
        near = [str(code) for code in main.areas.index.difference(list(away))] or list(main.areas.index)
        own = _outlines(main.areas.loc[near]) if main.parts is None else blocks[blocks.index.isin(_held(main, near))]
        if focus is not None:
            own = blocks[blocks.index.isin(focus.blocks)]
        if own.empty:
            whose = f"no area of {main.title}" if focus is None else f"nothing of {focus.name}"
            message = f"There is nothing to draw: {whose} has an outline."
            raise ConfigurationError(message)
        shown = pd.concat([own, blocks[blocks.index.isin(also)]])
        west, south, east, north = shapely.total_bounds(shown.to_numpy())
        edge = (0.01 if focus is None else _AROUND) * max(east - west, north - south, 1.0)
        self.bounds = (west - edge, south - edge, east + edge, north + edge)
        self.unit = (self.bounds[2] - self.bounds[0]) / _DETAIL
        self.blocks = self._simplified(blocks)
        self.of = {layer.key: self._areas(layer) for layer in layers}

    def _simplified(self, shapes: pd.Series) -> dict[str, shapely.Geometry]:
        near = shapes[shapely.intersects(shapes.to_numpy(), shapely.box(*self.bounds))]
        return dict(zip(near.index, shapely.coverage_simplify(near.to_numpy(), self.unit), strict=True))

    def _areas(self, layer: Layer) -> dict[str, shapely.Geometry]:
        if layer.parts is None:
            return self._simplified(_outlines(layer.areas))
        pieces = layer.parts[layer.parts["block"].isin(self.blocks)]
        shapes = pieces["block"].map(self.blocks)
        return {str(code): shapely.union_all(rows.to_numpy()) for code, rows in shapes.groupby(pieces["code"])}

    @cached_property
    def land(self) -> shapely.Geometry:
        """All the ground there is in the frame."""
        return shapely.union_all(list(self.blocks.values()))

    def path(self, shape: shapely.Geometry) -> Path:
        """Return polygons as a path; islets that no pixel shows are left out."""
        parts = shapely.get_parts(shapely.orient_polygons(shape))
        rings = [r for p in parts if p.geom_type == "Polygon" for r in (p.exterior, *p.interiors)]
        large = [r for r in rings if shapely.area(shapely.polygons(r)) > 2 * self.unit**2] or rings[:1]
        return _path(shapely.get_coordinates(ring) for ring in large)

    def lines(self, shapes: Iterable[shapely.Geometry], *, coast: bool = True) -> Path:
        """Return the borders of areas, each once however many share it."""
        noded = shapely.union_all([shape.boundary for shape in shapes])
        drawn = noded if coast else shapely.difference(noded, self.land.boundary)
        merged = shapely.line_merge(drawn) if drawn.geom_type == "MultiLineString" else drawn
        return _path(shapely.get_coordinates(line) for line in shapely.get_parts(merged))

    def broad(self, shape: shapely.Geometry) -> shapely.Geometry:
        """Return a shape without slivers, or empty."""
        return shape.buffer(-self.unit).buffer(self.unit)


def _held(layer: Layer, codes: Sequence[str]) -> set[str]:
    return set() if layer.parts is None else set(layer.parts.loc[layer.parts["code"].isin(codes), "block"])


def _outlines(frame: pd.DataFrame) -> pd.Series:
    if "geometry" not in frame:
        return pd.Series(dtype=object)
    shapes = pd.Series(frame["geometry"].to_numpy(), index=frame.index.astype(str), dtype=object)
    return shapes[[shape is not None and not shape.is_empty for shape in shapes]]


def _path(runs: Iterable[np.ndarray]) -> Path:
    """Return one path of several lines or rings of points."""
    kept = [run for run in runs if len(run) > 1]
    if not kept:
        return Path(np.empty((0, 2)))
    codes = [np.r_[Path.MOVETO, np.full(len(run) - 1, Path.LINETO)] for run in kept]
    return Path(np.concatenate(kept), np.concatenate(codes))


def _middle(shape: shapely.Geometry) -> tuple[float, float]:
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    x, y = shapely.get_point(shapely.maximum_inscribed_circle(largest), 0).coords[0]
    return x, y


# ------------------------------------------------------------------------------------------ what is drawn


def _pair_drawing(result: AuditResult, pair: Pair, shown: Picture) -> _Drawing:
    left, right = pair.overlay.left, pair.overlay.right
    further = [layer for layer in asked_layers(result) if layer.key not in pair.keys]
    ground = _Ground(
        result,
        (left, right, *further),
        [code for code, each in pair.standing.items() if each is Standing.OUTSIDE],
        also=left_out(pair, result.blocks.index),
    )
    shapes, others = ground.of[left.key], ground.of[right.key]
    people, cut = pair.cuts.by_area, ranked_cuts(pair, shapes)
    pieces = [
        (name, ground.broad(piece))
        for code in shapes
        for name, piece in ground_pieces(pair, code, shapes[code], others)
    ]
    apart = [ground.blocks[block] for block in sorted(left_out(pair, ground.blocks))]
    drawing = _Drawing(ground.bounds, f"Do {_phrase(left)} fit {_phrase(right)}?", shown.description)
    drawing.areas = [("land", ground.path(ground.land)), *(("none", ground.path(block)) for block in apart)]
    drawing.areas += [(str(pair.standing[code]), ground.path(shapes[code])) for code in shapes]
    drawing.areas += [(name, ground.path(piece)) for name, piece in pieces if not piece.is_empty]
    drawing.lines = [("other", ground.lines(others.values(), coast=False)), ("outline", ground.lines(shapes.values()))]
    badges = [_Label(*_middle(shapes[code]), str(n), badge=True) for n, code in enumerate(cut, 1)]
    _put_badges(drawing, badges)
    drawing.inset = _inset([shapes[code] for code in cut], badges, drawing)
    drawing.rows = [_Row(answer_sentences(result)[0]), *_legend(shown, (left, right))]
    _add_borders(drawing, ground, further, ["third"])
    if cut:
        unit = str(result.weight)
        heading = f"Cut areas, with {wording.UNITS[unit]} {GROUND['overlap'].term}"
        said = [f"{left.name(code)}: {wording.amount(people.get(code), unit)}" for code in cut]
        drawing.rows += [_Row(heading, heading=True), *_listed(said)]
    return drawing


def _legend(shown: Picture, sides: tuple[Layer, Layer]) -> Iterator[_Row]:
    for kind, words in shown.legend:
        yield _Row(words, kind)
    for side, style in zip(sides, ("outline", "other"), strict=True):
        yield _Row(f"border of {_phrase(side)}", style)


def _inset(shapes: Sequence[shapely.Geometry], badges: Sequence[_Label], drawing: _Drawing) -> _Inset | None:
    """Frame the first area that its badge all but hides, with others near it, to be shown enlarged."""
    hidden = 1.5 * _BADGE * drawing.per_inch
    small = [s for s in shapes if shapely.maximum_inscribed_circle(s).length < hidden]
    if not small:
        return None
    widest = (drawing.bounds[2] - drawing.bounds[0]) / _CLOSE
    held = small[0]
    for shape in small[1:]:
        both = shapely.union(held, shape)
        if max(_sides(both)) < widest:
            held = both
    west, south, east, north = shapely.bounds(held)
    half, x, y = max(_sides(held)) * 0.58, (west + east) / 2, (south + north) / 2
    inside = [label for label in badges if abs(label.x - x) < half and abs(label.y - y) < half]
    return _Inset((x - half, y - half, x + half, y + half), tuple(inside))


def _sides(shape: shapely.Geometry) -> tuple[float, float]:
    west, south, east, north = shapely.bounds(shape)
    return east - west, north - south


def _add_borders(
    drawing: _Drawing, ground: _Ground, layers: Iterable[Layer], styles: Iterable[str] = ("second", "third")
) -> None:
    """Draw the borders of further layers, each in a line of its own."""
    for style, layer in zip(styles, layers, strict=False):
        drawing.lines.append((style, ground.lines(ground.of[layer.key].values(), coast=False)))
        drawing.rows.append(_Row(f"border of {_phrase(layer)}", style))


def _partners_drawing(result: AuditResult, focus: Focus, asked: Sequence[Layer]) -> _Drawing:
    """Draw an area over those it shares ground with in another layer, each in a colour of its own and named."""
    others = [layer for layer in asked if layer.key != focus.layer]
    if not others:
        hint = "Name a layer to draw it against."
        raise ConfigurationError(refusal(f"there is no other layer to draw {focus.name} against", hint=hint))
    *further, main = others
    ground = _Ground(result, others, focus=focus)
    here = shapely.union_all([ground.blocks[block] for block in sorted(focus.blocks) if block in ground.blocks])
    frame = shapely.box(*ground.bounds)
    met = {
        code: shape for code, shape in ground.of[main.key].items() if _shares_ground(ground, focus, main, code, here)
    }
    seen = {code: shapely.intersection(shape, frame) for code, shape in met.items()}
    counted = f"{wording.plural(len(met), 'area')} of {_phrase(main)}"
    said = f"Map of {focus.name} over {counted}: {wording.listed(list(map(main.name, met)))}."
    drawing = _Drawing(ground.bounds, f"{focus.name} and its partners in {_phrase(main)}", said, frame=True)
    colours = _colours(met)
    drawing.areas = [("land", ground.path(ground.land)), *((f"hue{colours[c]}", ground.path(met[c])) for c in met)]
    drawing.lines = [("outline", ground.lines(ground.of[main.key].values()))]
    drawing.rows = [_Row(sentence) for sentence in answer_sentences(result)[:2]]
    drawing.rows += [_Row(f"{focus.name} shares ground with {counted}; areas that touch have different colours.")]
    drawing.rows += [_Row(main.name(code), f"hue{colours[code]}") for code in sorted(met, key=main.name)[:_LONGEST]]
    drawing.rows.append(_Row(f"border of {_phrase(main)}", "outline"))
    _add_borders(drawing, ground, further[-2:])
    drawing.lines.append(("focus line", ground.lines([here])))
    drawing.rows.append(_Row(focus.name, "focus line"))
    _name_areas(drawing, main, seen)
    # The area itself is named where that hides nobody.
    taken = [shapely.Point(label.x, label.y).buffer(_NAME_ROOM * drawing.per_inch) for label in drawing.labels]
    own = _label(focus.name, shapely.difference(here, shapely.union_all(taken)), drawing)
    drawing.labels += [own] if own else []
    return drawing


def _shares_ground(ground: _Ground, focus: Focus, layer: Layer, code: str, here: shapely.Geometry) -> bool:
    """Tell whether an area holds some of a focus: by its blocks, or where it is drawn by more than a sliver."""
    if layer.parts is not None:
        return bool(_held(layer, [code]) & focus.blocks)
    return not ground.broad(shapely.intersection(ground.of[layer.key][code], here)).is_empty


def _layers_drawing(result: AuditResult) -> _Drawing:
    asked = asked_layers(result) or list(result.layers.values())[:_MOST_LAYERS]
    main, *more = asked
    ground = _Ground(result, asked)
    shapes = ground.of[main.key]
    title = f"{wording.listed([layer.title for layer in asked])}: where they lie"
    counted = f"{wording.plural(len(main.areas), 'area')}; areas that touch have different colours"
    drawing = _Drawing(ground.bounds, title, f"Map of {_phrase(main)}: {counted}.")
    colours = _colours(shapes)
    drawing.areas = [("land", ground.path(ground.land))]
    drawing.areas += [(f"hue{colours[code]}", ground.path(shapes[code])) for code in shapes]
    drawing.lines = [("outline", ground.lines(shapes.values()))]
    drawing.rows = [_Row(f"{counted}."), _Row(f"border of {_phrase(main)}", "outline")]
    _add_borders(drawing, ground, more)
    _name_areas(drawing, main, shapes)
    return drawing


def _name_areas(drawing: _Drawing, layer: Layer, shapes: Mapping[str, shapely.Geometry]) -> None:
    """Put names where they have room; the other areas get numbers, unless they are too many to be listed."""
    named = {code: _label(layer.name(code), shape, drawing) for code, shape in shapes.items()}
    drawing.labels = [label for label in named.values() if label is not None]
    small = sorted((code for code, label in named.items() if label is None), key=lambda code: (layer.name(code), code))
    if len(small) > _LONGEST:
        drawing.rows.append(_Row(f"{len(small)} areas are too small here for names; the map page names them."))
    elif small:
        badges = [_Label(*_middle(shapes[code]), str(n), badge=True) for n, code in enumerate(small, 1)]
        _put_badges(drawing, badges)
        drawing.rows += [_Row("Too small here for their names", heading=True), *_listed(list(map(layer.name, small)))]


def _colours(shapes: Mapping[str, shapely.Geometry]) -> dict[str, int]:
    """Return for each area the number of a colour that no area touching it has."""
    codes, held = list(shapes), np.array(list(shapes.values()))
    touching = nx.Graph()
    touching.add_nodes_from(codes)
    met = shapely.STRtree(held).query(held, predicate="intersects").T
    touching.add_edges_from((codes[i], codes[j]) for i, j in met if i < j)
    return dict(nx.greedy_color(touching, strategy="DSATUR"))


def _label(name: str, shape: shapely.Geometry, drawing: _Drawing) -> _Label | None:
    """Return the name at the middle of its area, if it has room there in up to three lines."""
    x, y = _middle(shape)
    for lines in range(1, 4):
        text = _in_lines(name, lines)
        wide, high = (side * drawing.per_inch / 2 for side in _size(text, _NAME_PT))
        room = shapely.box(x - wide, y - high, x + wide, y + high)
        if shapely.intersection(shape, room).area > 0.97 * room.area:
            return _Label(x, y, text, badge=False)
    return None


def _in_lines(name: str, count: int) -> str:
    text = _line(name)
    return (
        text if count == 1 else "\n".join(textwrap.wrap(text, max(len(text) // count + 3, 6), break_long_words=False))
    )


def _put_badges(drawing: _Drawing, badges: Sequence[_Label]) -> None:
    """Put numbers in their areas; where one would hide another it stands aside, with a line to its area."""
    moved = _apart(badges, 2.1 * _BADGE * drawing.per_inch)
    drawing.labels += moved
    ways = (np.array([[was.x, was.y], [now.x, now.y]]) for was, now in zip(badges, moved, strict=True) if was != now)
    drawing.lines.append(("leader", _path(ways)))


def _apart(labels: Sequence[_Label], step: float) -> list[_Label]:
    """Move a badge to the nearest free place where it would hide an earlier one."""
    placed: list[_Label] = []
    for label in labels:
        ways = [(0.0, 0.0), *((np.cos(a) * r, np.sin(a) * r) for r in (1, 1.7) for a in np.arange(8) * np.pi / 4)]
        spots = [label._replace(x=label.x + dx * step, y=label.y + dy * step) for dx, dy in ways]
        free = (s for s in spots if all(np.hypot(s.x - p.x, s.y - p.y) > 0.95 * step for p in placed))
        placed.append(next(free, label))
    return placed


def _listed(names: Sequence[str]) -> list[_Row]:
    """Return names with numbers, and how many more there are where the list would be too long."""
    rows = [_Row(name, number=str(n)) for n, name in enumerate(names[:_LONGEST], 1)]
    more = len(names) - len(rows)
    return [*rows, _Row(f"and {more} more: the map page lists all")] if more else rows


def _phrase(layer: Layer) -> str:
    """Return how a sentence calls a layer: a file is no name for its areas."""
    return f"areas of {layer.title}" if layer.status == "file" else wording.inside_a_sentence(layer.title)


# ------------------------------------------------------------------------------------------ words on paper


@cache
def _letters() -> frozenset[int]:
    """Return the signs that the font has, plain and bold."""
    fonts = (get_font(findfont(FontProperties(family="DejaVu Sans", weight=weight))) for weight in ("normal", "bold"))
    plain, bold = (frozenset(font.get_charmap()) for font in fonts)
    return plain & bold


def _line(text: str) -> str:
    """Return text as one line of signs that the font can draw."""
    joined = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return "".join(sign if ord(sign) in _letters() else "\N{REPLACEMENT CHARACTER}" for sign in joined)


@cache
def _ruler() -> RendererAgg:
    return RendererAgg(1, 1, 200)  # type: ignore[no-untyped-call]


def _size(text: str, points: float, weight: str = "normal") -> tuple[float, float]:
    """Return width and height of lines of text in inches."""
    font = FontProperties(family="DejaVu Sans", weight=weight, size=points)
    lines = text.split("\n")
    measure = _ruler().get_text_width_height_descent
    widths = [measure(line, font, ismath=False)[0] / 200 for line in lines if line]  # type: ignore[no-untyped-call]
    return max(widths, default=0.0), len(lines) * points * _LINE / 72


def _wrapped(text: str, width: float, points: float, weight: str = "normal") -> str:
    """Break text into lines of a width in inches."""
    line = _line(text)
    natural = _size(line, points, weight)[0]
    if natural <= width:
        return line
    return "\n".join(textwrap.wrap(line, max(int(0.93 * len(line) * width / natural), 1)))


# ------------------------------------------------------------------------------------------ sheet


class _Sheet:
    """A page measured in inches from its upper left corner, on which things are put one below another."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.axes = figure.add_axes((0, 0, 1, 1), frameon=False)
        self.axes.set(xlim=(0, figure.get_figwidth()), ylim=(figure.get_figheight(), 0), xticks=[], yticks=[])

    def text(self, x: float, y: float, text: str, points: float, *, color: str = INK, weight: str = "normal") -> None:
        """Put lines of text with their upper left corner at a point."""
        for number, line in enumerate(text.split("\n")):
            base = y + (number + 0.8) * points * _LINE / 72
            self.axes.text(x, base, line, size=points, color=color, weight=weight, va="baseline", parse_math=False)


def _figure(drawing: _Drawing, result: AuditResult) -> Figure:
    wide = _WIDTH - 2 * _MARGIN
    title, day = _wrapped(drawing.title, wide, 13, "bold"), _wrapped(_standing(result), wide, 8)
    made = _wrapped(wording.attribution(), wide, _ROW_PT)
    top = _MARGIN + _size(title, 13)[1] + _size(day, 8)[1] + 0.12
    rows = [(row, _row_text(row)) for row in drawing.rows]
    beside = sum(_row_height(*row) for row in rows)
    inset_at, body = _places(drawing, beside)
    height = top + body + 0.12 + _size(made, _ROW_PT)[1] + _MARGIN / 2
    figure = Figure(figsize=(_WIDTH, height), facecolor="white")
    sheet = _Sheet(figure)
    sheet.text(_MARGIN, _MARGIN, title, 13, weight="bold")
    sheet.text(_MARGIN, _MARGIN + _size(title, 13)[1], day, 8, color=SOFT)
    _draw_map(figure, drawing, top, height)
    y = top
    for row, text in rows:
        _draw_row(sheet, row, text, y)
        y += _row_height(row, text)
    if drawing.inset:
        _draw_inset(sheet, drawing, drawing.inset, inset_at[0], top + inset_at[1])
    sheet.text(_MARGIN, top + body + 0.12, made, _ROW_PT, color=SOFT)
    return figure


def _places(drawing: _Drawing, beside: float) -> tuple[tuple[float, float], float]:
    """Return where the enlarged part goes, beside the map or below it, and how high map and words are with it."""
    high = drawing.inches[1]
    if drawing.inset is None:
        return (0.0, 0.0), max(high, beside)
    needed = _INSET + 0.4
    right, below = max(high, beside + needed), max(high + needed, beside)
    return ((_PANEL, beside), right) if right <= below else ((_MARGIN, high), below)


def _standing(result: AuditResult) -> str:
    """Return the day of the data, and how far its outlines may be trusted."""
    said = [f"As of {wording.day(result.as_of)}"]
    if result.indicative:
        said.append("Boundaries are indicative: drawn from postcodes")
    return " · ".join(said)


_PANEL = _MARGIN + _MAP + 0.15
_INDENT = 0.32


def _row_text(row: _Row) -> str:
    indent = _INDENT if row.sample or row.number else 0.0
    return _wrapped(row.text, _WIDTH - _MARGIN - _PANEL - indent, _ROW_PT, "bold" if row.heading else "normal")


def _row_height(row: _Row, text: str) -> float:
    return _size(text, _ROW_PT)[1] + (0.035 if row.number else 0.06 if row.sample else 0.1)


def _draw_row(sheet: _Sheet, row: _Row, text: str, y: float) -> None:
    indented = bool(row.sample or row.number)
    weight = "bold" if row.heading else "normal"
    sheet.text(_PANEL + _INDENT * indented, y + 0.04 * row.heading, text, _ROW_PT, weight=weight)
    if row.sample:
        _draw_sample(sheet.axes, row.sample, y)
    elif row.number:
        _draw_label(sheet.axes, _Label(_PANEL + 0.12, y + 0.062, row.number, badge=True), radius=_ROW_BADGE)


def _draw_sample(axes: Axes, style: str, y: float) -> None:
    if style in _LINES:
        axes.plot([_PANEL, _PANEL + 0.24], [y + 0.065] * 2, solid_capstyle="butt", **_LINES[style])
        return
    box = Rectangle((_PANEL, y), 0.24, 0.13).get_path().transformed(Rectangle((_PANEL, y), 0.24, 0.13).get_transform())
    for patch in _patches(style, box):
        axes.add_artist(patch)
    axes.add_artist(PathPatch(box, facecolor="none", edgecolor=INK, linewidth=0.5))


def _patches(style: str, path: Path) -> Iterator[PathPatch]:
    """Return what fills an area: a colour, and what is drawn over it so that colour is not alone."""
    hue = int(style.removeprefix("hue")) if style.startswith("hue") else None
    fill = _FILLS[style] if hue is None else _HUES[hue % len(_HUES)]
    yield PathPatch(path, facecolor=fill, edgecolor="none", linewidth=0)
    over = _HATCHES.get(style) if hue is None else ("xxx", SOFT) if hue >= len(_HUES) else None
    if over is not None:
        yield PathPatch(path, facecolor="none", edgecolor=over[1], hatch=over[0], linewidth=0)


def _draw_map(figure: Figure, drawing: _Drawing, top: float, height: float) -> None:
    wide, high = drawing.inches
    place = (_MARGIN + (_MAP - wide) / 2, height - top - high, wide, high)
    axes = _map_axes(figure, drawing, drawing.bounds, place, framed=drawing.frame)
    for label in drawing.labels:
        _draw_label(axes, label)
    if drawing.inset:
        west, south, east, north = drawing.inset.bounds
        axes.add_artist(Rectangle((west, south), east - west, north - south, fill=False, edgecolor=SOFT, linewidth=0.8))


def _draw_inset(sheet: _Sheet, drawing: _Drawing, inset: _Inset, x: float, y: float) -> None:
    """Draw a part of the map again, larger."""
    sheet.text(x, y + 0.1, "The framed part of the map, enlarged", _ROW_PT, weight="bold")
    place = (x, sheet.figure.get_figheight() - y - _INSET - 0.3, _INSET, _INSET)
    axes = _map_axes(sheet.figure, drawing, inset.bounds, place, framed=True)
    for label in inset.labels:
        _draw_label(axes, label)


def _map_axes(
    figure: Figure, drawing: _Drawing, bounds: Sequence[float], inches: Sequence[float], *, framed: bool
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


def _draw_label(axes: Axes, label: _Label, *, radius: float = _BADGE) -> None:
    if label.badge:
        axes.plot([label.x], [label.y], "o", markersize=radius * 144, color="#ffffff", markeredgecolor=INK, mew=0.8)
        axes.text(
            label.x, label.y, label.text, size=_NAME_PT, color=INK, weight="bold", ha="center", va="center_baseline",
            clip_on=True, parse_math=False,
        )  # fmt: skip
        return
    halo = [withStroke(linewidth=1.6, foreground=HALO)]
    text = "\n".join(map(_line, label.text.split("\n")))
    axes.text(
        label.x, label.y, text, size=_NAME_PT, color=INK, ha="center", va="center", linespacing=1.1, path_effects=halo,
        clip_on=True, parse_math=False,
    )  # fmt: skip


def _pixels(figure: Figure, width_px: int) -> np.ndarray:
    figure.set_dpi(width_px / _WIDTH)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    return np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
