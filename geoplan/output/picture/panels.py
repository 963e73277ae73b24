"""Several maps on one sheet, one a layer: an area and its partners in each, or where the areas of each lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import shapely

from geoplan.auditing.focus import partner_rows
from geoplan.auditing.results import AuditResult
from geoplan.data.focus import Focus
from geoplan.errors import ConfigurationError, refusal
from geoplan.output.picture.drawing import colours_apart
from geoplan.output.picture.ground import Ground
from geoplan.output.picture.partners import others_of, partners_drawing
from geoplan.output.picture.picture_parts import Drawing, Panels, Place, Row, phrase
from geoplan.schema import Layer, wording
from geoplan.schema.standing import GROUND, LOOKS, Standing

__all__ = ["panels_of"]

MOST = 9
"""Maps that can be read side by side on one sheet."""


def panels_of(result: AuditResult, asked: Sequence[Layer]) -> Panels:
    """Lay out a map for each of some layers, all of the same ground at the same scale.

    Parameters
    ----------
    result
        The audit, with outlines.
    asked
        The layers. With a focus there is a map for each but its own.

    Returns
    -------
    Panels
        With the partners of a focus named, and which share of it each has.

    Raises
    ------
    ConfigurationError
        If there are more than nine.
    """
    shown = list(asked) if result.focus is None else others_of(result.focus, asked)
    if len(shown) > MOST:
        hint = f"Name at most {MOST}, or draw a page: it switches layers on and off."
        raise ConfigurationError(refusal(f"{len(shown)} maps cannot be read on one picture", hint=hint))
    if result.focus is not None:
        return _focus_panels(result, result.focus, shown)
    ground = Ground(result, sorted(shown, key=_extent, reverse=True))
    titles = [layer.title for layer in shown]
    return Panels(
        f"{wording.plural(len(shown), 'map')}: {wording.listed(titles)}",
        f"A map of each: {wording.listed([f'{layer.title} ({len(layer.areas)})' for layer in shown])}.",
        tuple(_layer_panel(ground, layer) for layer in shown),
        [Row("Areas that touch have different colours. Those that have no room for a name are named on the map page.")],
    )


def _extent(layer: Layer) -> float:
    """Return how much ground the box around a layer's areas takes; none where they have no outlines."""
    if "geometry" not in layer.areas:
        return 0.0
    west, south, east, north = shapely.total_bounds(layer.areas["geometry"].to_numpy())
    return float((east - west) * (north - south))


def _layer_panel(ground: Ground, layer: Layer) -> Drawing:
    shapes, seen = ground.of[layer.key], ground.seen(layer)
    made = Drawing(ground.bounds, layer.title, f"Map of {phrase(layer)}.", frame=True)
    colours = colours_apart(shapes)
    made.areas = [("land", ground.path(ground.land))]
    made.areas += [(f"hue{colours[code]}", ground.path(shape)) for code, shape in shapes.items()]
    made.lines = [("outline", ground.lines(shapes.values()))]
    crowded = ground.crowded(layer)
    made.places = [
        Place(layer.name(code), shape, "near", shared=code in crowded) for code, shape in sorted(seen.items())
    ]
    made.rows = [Row(f"{wording.plural(len(layer.areas), 'area')}.")]
    parts = list(ground.parts[layer.key].values())
    if parts:
        made.areas.append(("part", ground.path(shapely.union_all(parts))))
        made.rows.append(Row(GROUND["part"].term, "part"))
    return made


def _focus_panels(result: AuditResult, focus: Focus, shown: Sequence[Layer]) -> Panels:
    title = f"{focus.name} and its partners in {wording.number_of(len(shown), 'geography', 'geographies')}"
    made = tuple(_focus_panel(result, focus, layer) for layer in shown)
    said = " ".join(f"{each.title}: {'; '.join(row.text for row in each.rows)}." for each in made)
    unit = wording.UNITS[str(result.weight)]
    rows = [
        Row(focus.name, "focus part" if focus.in_part else "focus line"),
        Row(f"Shares are of the {unit} of {focus.name}. Areas that touch have different colours."),
    ]
    return Panels(title, f"Maps of {focus.name}, one a geography. {said}", made, rows)


def _focus_panel(result: AuditResult, focus: Focus, layer: Layer) -> Drawing:
    drawn = partners_drawing(result, focus, [layer])
    samples = {row.text: row.sample for row in drawn.rows if row.sample.startswith("hue") or row.sample == "part"}
    whose = wording.bare(focus.name)
    rows = [
        Row(f"{wording.capital(each.area)}: {wording.percent(each.share)} of {whose}", samples.get(each.area, ""))
        for each in partner_rows(result)
        if each.layer == layer.title
    ]
    return replace(drawn, title=layer.title, rows=rows or [Row(LOOKS[Standing.OUTSIDE].term)], last=[])
