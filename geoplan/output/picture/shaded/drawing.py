"""A picture of an indicator: ground in the colours of its classes, with the borders of layers over it."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from matplotlib.path import Path

from geoplan.auditing.results import AuditResult
from geoplan.errors import ConfigurationError
from geoplan.output.picture.drawing import add_borders
from geoplan.output.picture.ground import Ground
from geoplan.output.picture.picture_parts import Drawing, Place, Row, phrase
from geoplan.output.picture.shaded.classes import NO_FIGURE, Shaded, shaded
from geoplan.schema import Layer, wording
from geoplan.schema.indicators import source_sentence

__all__ = ["figures_drawing"]

OVER = ("other", "third")
"""Lines of the layers after the first."""


def figures_drawing(result: AuditResult, layers: Sequence[Layer]) -> Drawing:
    """Draw the indicator of an audit.

    Parameters
    ----------
    result
        The audit, with outlines and with an indicator.
    layers
        One to three, whose borders are drawn; the areas of the first are named, and the frame is that of the focus or
        of the first.

    Returns
    -------
    Drawing
        In metres of EPSG:27700.

    Raises
    ------
    ConfigurationError
        If there is no indicator.
    """
    told = shaded(result)
    if told is None:
        message = "There are no figures to draw: the audit was run without an indicator."
        raise ConfigurationError(message)
    main, *more = layers
    ground = Ground(result, layers, focus=result.focus)
    seen = ground.seen(main)
    called = wording.listed([phrase(layer) for layer in layers])
    about = f"{result.focus.name}: " if result.focus else ""
    title = f"{about}{told.indicator.name}, with borders of {called}"
    drawing = Drawing(ground.bounds, title, f"Map of {source_sentence(told.indicator)}", frame=result.focus is not None)
    drawing.areas = [("land", ground.path(ground.land)), *_ground(told, ground)]
    drawing.lines = [("outline", ground.lines(ground.of[main.key].values()))]
    drawing.rows = _key(told, {style for style, _ in drawing.areas})
    drawing.rows.append(Row(f"border of {phrase(main)}", "outline"))
    add_borders(drawing, ground, more, OVER)
    drawing.description += f" {wording.listed([row.text for row in drawing.rows if row.sample])}."
    if result.focus is not None:
        drawing.lines.append(("focus line", ground.lines([ground.union(result.focus.blocks)])))
        drawing.rows.append(Row(result.focus.name, "focus line"))
        drawing.places = [Place(result.focus.name, ground.union(result.focus.blocks), "focus")]
    crowded, named = ground.crowded(main), {place.name for place in drawing.places}
    kind = "near" if result.focus is not None else "area"
    drawing.places += [
        Place(main.name(code), shape, kind, shared=code in crowded)
        for code, shape in sorted(seen.items())
        if main.name(code) not in named
    ]
    drawing.last = [Row(text) for text in (told.note, told.indicator.said) if text]
    return drawing


def _ground(told: Shaded, ground: Ground) -> list[tuple[str, Path]]:
    """Return the ground of each class, the lightest first, and that without a figure."""
    shade = told.shade_of
    held: dict[int, list[shapely.Geometry]] = {}
    for block, shape in ground.blocks.items():
        held.setdefault(shade.get(block, -1), []).append(shape)
    return [(_style(number), ground.path(shapely.union_all(held[number]))) for number in sorted(held)]


def _style(number: int) -> str:
    return f"figure {number}" if number >= 0 else "no figure"


def _key(told: Shaded, drawn: set[str]) -> list[Row]:
    rows = [Row(told.indicator.described, heading=True)]
    rows += [Row(words, _style(number)) for number, words in enumerate(told.classes)]
    return [*rows, *([Row(NO_FIGURE.term, "no figure")] if "no figure" in drawn else [])]
