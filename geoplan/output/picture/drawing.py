"""What a picture shows, laid out: ground, borders, pieces, rows of the legend."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import networkx as nx
import numpy as np
import pandas as pd
import shapely
from matplotlib.path import Path

from geoplan.auditing.results import AuditResult, Pair
from geoplan.data.focus import Focus
from geoplan.errors import ConfigurationError, refusal
from geoplan.output.picture.labels import label_at, listed, name_areas, phrase, put_badges
from geoplan.output.picture.part_shapes import Grounds, grounds
from geoplan.output.picture.picture_parts import (
    BADGE,
    CLOSE,
    DETAIL,
    LONGEST,
    NAME_ROOM,
    Drawing,
    Inset,
    Label,
    Row,
    middle_of,
    path_of,
)
from geoplan.output.picture.sketch import Picture, ground_pieces, left_out, picture, ranked_cuts
from geoplan.output.summary.answers import answer_sentences
from geoplan.output.summary.part_lists import focus_parts, parts_of_areas
from geoplan.output.summary.ranking import asked_layers, asked_pairs
from geoplan.schema import Layer, wording
from geoplan.schema.standing import GROUND, Standing

__all__ = ["colours_apart", "drawing_of"]

_AROUND = 0.3
"""Room around an area that the picture is about, as a share of its longer side."""
_MOST_LAYERS = 3
"""Layers whose borders can be told apart on one picture."""
_MOST_PARTS = 12
"""Areas with parts of authorities that are listed beside a map."""


def drawing_of(result: AuditResult) -> Drawing:
    """Lay out the picture of an audit: its focus, its one pair, or the borders of its layers."""
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
        self.unit = (self.bounds[2] - self.bounds[0]) / DETAIL
        self.blocks = self._simplified(blocks)
        made = {layer.key: self._areas(layer) for layer in layers}
        self.of = {key: ground.home for key, ground in made.items()}
        self.parts = {key: dict(ground.parts) for key, ground in made.items()}

    def _simplified(self, shapes: pd.Series) -> dict[str, shapely.Geometry]:
        near = shapes[shapely.intersects(shapes.to_numpy(), shapely.box(*self.bounds))]
        return dict(zip(near.index, shapely.coverage_simplify(near.to_numpy(), self.unit), strict=True))

    def _areas(self, layer: Layer) -> Grounds:
        return Grounds(self._simplified(_outlines(layer.areas))) if layer.parts is None else grounds(layer, self.blocks)

    def seen(self, layer: Layer) -> dict[str, shapely.Geometry]:
        """Return where each area is to be named: on its ground, or where it lies somewhere in."""
        own = self.of[layer.key]
        return own | {code: shape for code, shape in self.parts[layer.key].items() if code not in own}

    def held(self, *layers: Layer) -> shapely.Geometry:
        """Return the ground of which only a part belongs to an area of some layers."""
        return shapely.union_all([shape for layer in layers for shape in self.parts[layer.key].values()])

    def crowded(self, layer: Layer) -> set[str]:
        """Return the areas that have no ground of their own and lie somewhere in the same authority as others."""
        homeless = [code for code in self.parts[layer.key] if code not in self.of[layer.key]]
        held = pd.Series(homeless, dtype=object).map(lambda code: _held(layer, [code]))
        count = held.explode().value_counts()
        return {code for code, blocks in zip(homeless, held, strict=True) if any(count[each] > 1 for each in blocks)}

    def homeless(self, layer: Layer) -> list[shapely.Geometry]:
        """Return for each area the ground of which it holds a part and that no area has for its own."""
        home = shapely.union_all(list(self.of[layer.key].values()))
        left = [self.broad(shapely.difference(shape, home)) for shape in self.parts[layer.key].values()]
        return [shape for shape in left if not shape.is_empty]

    @cached_property
    def land(self) -> shapely.Geometry:
        """All the ground there is in the frame."""
        return shapely.union_all(list(self.blocks.values()))

    def path(self, shape: shapely.Geometry) -> Path:
        """Return polygons as a path; islets that no pixel shows are left out."""
        parts = shapely.get_parts(shapely.orient_polygons(shape))
        rings = [r for p in parts if p.geom_type == "Polygon" for r in (p.exterior, *p.interiors)]
        large = [r for r in rings if shapely.area(shapely.polygons(r)) > 2 * self.unit**2] or rings[:1]
        return path_of(shapely.get_coordinates(ring) for ring in large)

    def lines(self, shapes: Iterable[shapely.Geometry], *, coast: bool = True) -> Path:
        """Return the borders of areas, each once however many share it."""
        noded = shapely.union_all([shape.boundary for shape in shapes])
        drawn = noded if coast else shapely.difference(noded, self.land.boundary)
        merged = shapely.line_merge(drawn) if drawn.geom_type == "MultiLineString" else drawn
        return path_of(shapely.get_coordinates(line) for line in shapely.get_parts(merged))

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


def _pair_drawing(result: AuditResult, pair: Pair, shown: Picture) -> Drawing:
    left, right = pair.overlay.left, pair.overlay.right
    further = [layer for layer in asked_layers(result) if layer.key not in pair.keys]
    ground = _Ground(
        result,
        (left, right, *further),
        [code for code, each in pair.standing.items() if each is Standing.OUTSIDE],
        also=left_out(pair, result.blocks.index),
    )
    shapes, others, seen = ground.of[left.key], ground.of[right.key], ground.seen(left)
    people, cut = pair.cuts.by_area, ranked_cuts(pair, seen)
    pieces = [
        (name, ground.broad(piece))
        for code in shapes
        for name, piece in ground_pieces(pair, code, shapes[code], others, ground.parts[right.key])
    ]
    apart = [ground.blocks[block] for block in sorted(left_out(pair, ground.blocks))]
    drawing = Drawing(ground.bounds, f"Do {phrase(left)} fit {phrase(right)}?", shown.description)
    drawing.areas = [("land", ground.path(ground.land)), *(("none", ground.path(block)) for block in apart)]
    drawing.areas += [(str(pair.standing[code]), ground.path(shapes[code])) for code in shapes]
    drawing.areas += [(name, ground.path(piece)) for name, piece in pieces if not piece.is_empty]
    drawing.lines = [("other", ground.lines(others.values(), coast=False)), ("outline", ground.lines(shapes.values()))]
    ground.parts[right.key] = _within(
        ground.parts[right.key], [*shapes.values(), *ground.parts[left.key].values()], ground
    )
    _add_parts(drawing, ground, (left, right))
    badges = [Label(*middle_of(seen[code]), str(n), badge=True) for n, code in enumerate(cut, 1)]
    put_badges(drawing, badges)
    drawing.inset = _inset([seen[code] for code in cut], badges, drawing)
    drawing.rows = [Row(answer_sentences(result)[0]), *_legend(shown, (left, right))]
    _add_borders(drawing, ground, further, ["third"])
    if cut:
        unit = str(result.weight)
        heading = f"Cut areas, with {wording.UNITS[unit]} {GROUND['overlap'].term}"
        said = [f"{left.name(code)}: {wording.amount(people.get(code), unit)}" for code in cut]
        drawing.rows += [Row(heading, heading=True), *listed(said)]
    drawing.rows += _parts_listed(result, ground, (left, right))
    return drawing


def _within(
    parts: Mapping[str, shapely.Geometry], shapes: Sequence[shapely.Geometry], ground: _Ground
) -> dict[str, shapely.Geometry]:
    """Return of the right side's parts what lies on ground that the map is about."""
    about = shapely.union_all(shapes)
    met = {code: ground.broad(shapely.intersection(shape, about)) for code, shape in parts.items()}
    return {code: shape for code, shape in met.items() if not shape.is_empty}


def _add_parts(drawing: Drawing, ground: _Ground, layers: Sequence[Layer]) -> bool:
    """Hatch the ground of which only a part belongs; where no area has it for its own, its border is broken."""
    if not any(ground.parts[layer.key] for layer in layers):
        return False
    drawing.areas.append(("part", ground.path(ground.held(*layers))))
    drawing.lines.append(("part", ground.lines(shape for layer in layers for shape in ground.homeless(layer))))
    return True


def _parts_listed(result: AuditResult, ground: _Ground, layers: Sequence[Layer]) -> list[Row]:
    """Say of each area which authorities belong to it in part, or only how many areas there are of that kind."""
    said = [
        f"{layer.name(code)}: {'; '.join(words)}"
        for layer in layers
        for code, words in parts_of_areas(result, layer).items()
        if code in ground.parts[layer.key]
    ]
    if len(said) > _MOST_PARTS:
        return [Row(f"{len(said)} areas hold parts of authorities; the map page says of which, and how much.")]
    return [Row("Parts of authorities", heading=True), *map(Row, said)] if said else []


def _legend(shown: Picture, sides: tuple[Layer, Layer]) -> Iterator[Row]:
    for kind, words in shown.legend:
        yield Row(words, kind)
    for side, style in zip(sides, ("outline", "other"), strict=True):
        yield Row(f"border of {phrase(side)}", style)


def _inset(shapes: Sequence[shapely.Geometry], badges: Sequence[Label], drawing: Drawing) -> Inset | None:
    """Frame the first area that its badge all but hides, with others near it, to be shown enlarged."""
    hidden = 1.5 * BADGE * drawing.per_inch
    small = [s for s in shapes if shapely.maximum_inscribed_circle(s).length < hidden]
    if not small:
        return None
    widest = (drawing.bounds[2] - drawing.bounds[0]) / CLOSE
    held = small[0]
    for shape in small[1:]:
        both = shapely.union(held, shape)
        if max(_sides(both)) < widest:
            held = both
    west, south, east, north = shapely.bounds(held)
    half, x, y = max(_sides(held)) * 0.58, (west + east) / 2, (south + north) / 2
    inside = [label for label in badges if abs(label.x - x) < half and abs(label.y - y) < half]
    return Inset((x - half, y - half, x + half, y + half), tuple(inside))


def _sides(shape: shapely.Geometry) -> tuple[float, float]:
    west, south, east, north = shapely.bounds(shape)
    return east - west, north - south


def _add_borders(
    drawing: Drawing, ground: _Ground, layers: Iterable[Layer], styles: Iterable[str] = ("second", "third")
) -> None:
    """Draw the borders of further layers, each in a line of its own."""
    for style, layer in zip(styles, layers, strict=False):
        drawing.lines.append((style, ground.lines(ground.of[layer.key].values(), coast=False)))
        drawing.rows.append(Row(f"border of {phrase(layer)}", style))


def _partners_drawing(result: AuditResult, focus: Focus, asked: Sequence[Layer]) -> Drawing:
    """Draw an area over those it shares ground with in another layer, each in a colour of its own and named."""
    others = [layer for layer in asked if layer.key != focus.layer]
    if not others:
        hint = "Name a layer to draw it against."
        raise ConfigurationError(refusal(f"there is no other layer to draw {focus.name} against", hint=hint))
    *further, main = others
    ground = _Ground(result, others, focus=focus)
    here = shapely.union_all([ground.blocks[block] for block in sorted(focus.blocks) if block in ground.blocks])
    only = shapely.union_all([ground.blocks[block] for block, _ in focus.in_part if block in ground.blocks])
    frame = shapely.box(*ground.bounds)
    met = {code: shape for code, shape in ground.seen(main).items() if _shares_ground(ground, focus, main, code, here)}
    seen = {code: shapely.intersection(shape, frame) for code, shape in met.items()}
    counted = f"{wording.plural(len(met), 'area')} of {phrase(main)}"
    said = f"Map of {focus.name} over {counted}: {wording.listed(list(map(main.name, met)))}."
    drawing = Drawing(ground.bounds, f"{focus.name} and its partners in {phrase(main)}", said, frame=True)
    colours = colours_apart(met)
    own = ground.of[main.key]
    drawing.areas = [("land", ground.path(ground.land))]
    drawing.areas += [(f"hue{colours[code]}", ground.path(own[code])) for code in met if code in own]
    drawing.lines = [("outline", ground.lines(own.values()))]
    hatched = _add_parts(drawing, ground, [main])
    drawing.rows = [Row(sentence) for sentence in answer_sentences(result)[:2]]
    drawing.rows += [Row(f"{focus.name} shares ground with {counted}; areas that touch have different colours.")]
    drawing.rows += [
        Row(main.name(code), f"hue{colours[code]}" if code in own else "part")
        for code in sorted(met, key=main.name)[:LONGEST]
    ]
    drawing.rows.append(Row(f"border of {phrase(main)}", "outline"))
    _add_borders(drawing, ground, further[-2:])
    _add_focus(drawing, ground, focus, (shapely.difference(here, only), only), focus_parts(result))
    name_areas(drawing, main, seen, ground.crowded(main))
    # The area itself is named where that hides nobody.
    taken = [shapely.Point(label.x, label.y).buffer(NAME_ROOM * drawing.per_inch) for label in drawing.labels]
    named = label_at(focus.name, shapely.difference(here, shapely.union_all(taken)), drawing)
    drawing.labels += [named] if named else []
    if hatched or focus.in_part:
        drawing.rows.append(Row(GROUND["part"].term, "part"))
    drawing.rows += _parts_listed(result, ground, [main]) if hatched else []
    return drawing


def _add_focus(
    drawing: Drawing,
    ground: _Ground,
    focus: Focus,
    shapes: tuple[shapely.Geometry, shapely.Geometry],
    told: Sequence[str],
) -> None:
    """Outline a focus: with a line round what belongs whole, hatched and with a broken line where only a part does."""
    whole, only = shapes
    called = focus.name
    if told:
        whole = ground.broad(whole)
        drawing.areas.append(("part", ground.path(only)))
        drawing.lines.append(("focus part", ground.lines([only])))
    if not whole.is_empty:
        drawing.lines.append(("focus line", ground.lines([whole])))
        drawing.rows.append(Row(called, "focus line"))
        called = "its parts"
    drawing.rows += [Row(f"{called}: {'; '.join(told)}", "focus part")] if told else []


def _shares_ground(ground: _Ground, focus: Focus, layer: Layer, code: str, here: shapely.Geometry) -> bool:
    """Tell whether an area holds some of a focus: by its blocks, or where it is drawn by more than a sliver."""
    if layer.parts is not None:
        return bool(_held(layer, [code]) & focus.blocks)
    return not ground.broad(shapely.intersection(ground.of[layer.key][code], here)).is_empty


def _layers_drawing(result: AuditResult) -> Drawing:
    asked = asked_layers(result) or list(result.layers.values())[:_MOST_LAYERS]
    main, *more = asked
    ground = _Ground(result, asked)
    shapes, seen = ground.of[main.key], ground.seen(main)
    title = f"{wording.listed([layer.title for layer in asked])}: where they lie"
    counted = wording.plural(len(main.areas), "area") + ("; areas that touch have different colours" if shapes else "")
    drawing = Drawing(ground.bounds, title, f"Map of {phrase(main)}: {counted}.")
    colours = colours_apart(shapes)
    drawing.areas = [("land", ground.path(ground.land))]
    drawing.areas += [(f"hue{colours[code]}", ground.path(shapes[code])) for code in shapes]
    drawing.lines = [("outline", ground.lines(shapes.values()))]
    drawing.rows = [Row(f"{counted}."), *([Row(f"border of {phrase(main)}", "outline")] if shapes else [])]
    if _add_parts(drawing, ground, asked):
        drawing.rows.append(Row(GROUND["part"].term, "part"))
        drawing.description += f" Hatched: {GROUND['part'].term}."
    _add_borders(drawing, ground, more)
    name_areas(drawing, main, seen, ground.crowded(main))
    drawing.rows += _parts_listed(result, ground, asked)
    return drawing


def colours_apart(shapes: Mapping[str, shapely.Geometry]) -> dict[str, int]:
    """Return for each area the number of a colour that no area touching it has."""
    codes, held = list(shapes), np.array(list(shapes.values()), dtype=object)
    touching = nx.Graph()
    touching.add_nodes_from(codes)
    met = shapely.STRtree(held).query(held, predicate="intersects").T
    touching.add_edges_from((codes[i], codes[j]) for i, j in met if i < j)
    return dict(nx.greedy_color(touching, strategy="DSATUR"))
