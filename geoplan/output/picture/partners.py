"""The picture of one area over those it shares ground with in another layer."""

from __future__ import annotations

from collections.abc import Sequence

import shapely

from geoplan.auditing.results import AuditResult
from geoplan.data.focus import Focus
from geoplan.errors import ConfigurationError, refusal
from geoplan.output.picture.drawing import add_borders, add_parts, colours_apart, parts_listed
from geoplan.output.picture.ground import Ground, held_blocks
from geoplan.output.picture.picture_parts import Drawing, Place, Row, phrase
from geoplan.output.summary.answers import answer_sentences
from geoplan.output.summary.part_lists import focus_parts
from geoplan.schema import Layer, wording
from geoplan.schema.standing import GROUND

__all__ = ["others_of", "partners_drawing"]


def others_of(focus: Focus, asked: Sequence[Layer]) -> list[Layer]:
    """Return the layers that an area is drawn against: all but its own."""
    others = [layer for layer in asked if layer.key != focus.layer]
    if not others:
        hint = "Name a layer to draw it against."
        raise ConfigurationError(refusal(f"there is no other layer to draw {focus.name} against", hint=hint))
    return others


def partners_drawing(result: AuditResult, focus: Focus, others: Sequence[Layer]) -> Drawing:
    """Draw an area over those it shares ground with in the last of some layers, each in a colour of its own and named.

    Parameters
    ----------
    result
        The audit, with outlines.
    focus
        The area.
    others
        Layers other than its own; all but the last are drawn by their borders.

    Returns
    -------
    Drawing
        In metres of EPSG:27700.
    """
    *further, main = others
    ground = Ground(result, others, focus=focus)
    here = ground.union(focus.blocks)
    only = ground.union(block for block, _ in focus.in_part)
    seen = ground.seen(main)
    met = {code: shape for code, shape in seen.items() if _shares_ground(ground, focus, main, code, here)}
    counted = f"{wording.plural(len(met), 'area')} of {phrase(main)}"
    said = f"Map of {focus.name} over {counted}: {wording.listed(list(map(main.name, met)))}."
    drawing = Drawing(ground.bounds, f"{focus.name} and its partners in {phrase(main)}", said, frame=True)
    colours = colours_apart(met)
    own = ground.of[main.key]
    drawing.areas = [("land", ground.path(ground.land))]
    drawing.areas += [(f"hue{colours[code]}", ground.path(own[code])) for code in met if code in own]
    drawing.lines = [("outline", ground.lines(own.values()))]
    hatched = add_parts(drawing, ground, [main])
    drawing.rows = [Row(sentence) for sentence in answer_sentences(result)[:2]]
    drawing.rows += [Row(f"{focus.name} shares ground with {counted}; areas that touch have different colours.")]
    drawing.rows += [
        Row(main.name(code), f"hue{colours[code]}" if code in own else "part") for code in sorted(met, key=main.name)
    ]
    drawing.rows.append(Row(f"border of {phrase(main)}", "outline"))
    add_borders(drawing, ground, further[-2:])
    _add_focus(drawing, ground, focus, (shapely.difference(here, only), only), focus_parts(result))
    crowded = ground.crowded(main)
    inner = {code: ground.broad(shapely.intersection(shape, here)) for code, shape in met.items()}
    outer = {code: ground.broad(shapely.difference(shape, here)) for code, shape in met.items()}
    pieces = sorted(inner.values(), key=lambda piece: -piece.area)
    drawing.places = [Place(focus.name, here, "focus", rather=tuple(pieces))]
    drawing.places += [
        Place(main.name(code), shape, shared=code in crowded, rather=(inner[code], outer[code]))
        for code, shape in sorted(met.items())
        if main.name(code) != focus.name
    ]
    drawing.places += [Place(main.name(code), shape, "near") for code, shape in sorted(own.items()) if code not in met]
    if hatched or focus.in_part:
        drawing.rows.append(Row(GROUND["part"].term, "part"))
    drawing.last = parts_listed(result, ground, [main]) if hatched else []
    return drawing


def _add_focus(
    drawing: Drawing,
    ground: Ground,
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


def _shares_ground(ground: Ground, focus: Focus, layer: Layer, code: str, here: shapely.Geometry) -> bool:
    """Tell whether an area holds some of a focus: by its blocks, or where it is drawn by more than a sliver."""
    if layer.parts is not None:
        return bool(held_blocks(layer, [code]) & focus.blocks)
    return not ground.broad(shapely.intersection(ground.of[layer.key][code], here)).is_empty
