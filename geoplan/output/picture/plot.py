"""A map of an audit as a picture for papers and slides: PNG, SVG or PDF, without a browser."""

from __future__ import annotations

from dataclasses import replace

from geoplan.auditing.editions.versions import Editions
from geoplan.auditing.results import AuditResult
from geoplan.data.shipped.land import LAND_CREDIT
from geoplan.errors import ConfigurationError, refusal
from geoplan.output.picture.base.land import bear
from geoplan.output.picture.drawing import layers_drawing, pair_drawing
from geoplan.output.picture.ground import has_outlines
from geoplan.output.picture.panels import panels_of
from geoplan.output.picture.partners import others_of, partners_drawing
from geoplan.output.picture.picture_parts import Drawing, Panels, Row
from geoplan.output.picture.shaded.changed import changes_drawing
from geoplan.output.picture.shaded.drawing import figures_drawing
from geoplan.output.picture.sheet.encoding import KINDS, encoded, own_settings
from geoplan.output.picture.sheet.page import Words, page
from geoplan.output.picture.sheet.panelled import panelled
from geoplan.output.picture.sheet.size import size_of_sheet
from geoplan.output.summary.ranking import asked_layers, asked_pairs
from geoplan.schema import layer_wording, wording

__all__ = ["SIZES", "drawing_of", "made"]

SIZES = {"png": "1600", "svg": "1600", "pdf": "A4"}
"""Size of a picture of each kind where none is asked for."""
MOST_LAYERS = 3
"""Layers whose borders can be told apart on one map."""


def made(
    result: AuditResult,
    kind: str = "png",
    *,
    size: str | int = "",
    title: str = "",
    subtitle: str = "",
    labels: bool = True,
    figures: bool = False,
    editions: Editions | None = None,
) -> bytes:
    """Draw the first comparison of an audit, its focus, the areas of its layers, its indicator, or what changed.

    Parameters
    ----------
    result
        From `geoplan.auditing.audit.run` with ``geometry=True``; geometry in EPSG:27700.
    kind
        png, svg or pdf.
    size
        As of `geoplan.output.picture.sheet.size.size_of_sheet`; by default 1600 pixels across, a PDF A4.
    title, subtitle
        Words in place of the picture's own title, and below the title.
    labels
        Whether there are names and numbers on the map.
    figures
        Whether the audit's indicator is drawn, in colours of its own, under the borders of up to three layers.
    editions
        Two layers of the audit compared as editions, which are drawn in the colours of what became of their areas.

    Returns
    -------
    bytes
        The same result gives the same bytes with the same versions of matplotlib and Pillow, and no day but that of
        the data stands in it. A PNG has at most 256 colours; the words of an SVG and a PDF are text.

    Raises
    ------
    ConfigurationError
        If the audit was run without outlines, a layer is a lookup from small areas, there is nothing to draw, no such
        kind or size, the size is too small, or figures are asked for of an audit without an indicator.

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
    if kind not in KINDS:
        raise ConfigurationError(refusal(f"{kind!r} is no kind of picture", hint=f"Known: {', '.join(KINDS)}."))
    sheet = size_of_sheet(size or SIZES[kind])
    _refuse_undrawn(result)
    drawing = _drawing(result, figures=figures, editions=editions)
    drawing = replace(drawing, last=[*drawing.last, *[Row(result.quiet)] * bool(result.quiet)])
    maps = drawing.panels if isinstance(drawing, Panels) else (drawing,)
    beneath = [bear(each) for each in maps]
    credit = [wording.attribution(), *[LAND_CREDIT] * any(land.drawn for land in beneath)]
    standing = wording.standing(result.as_of, layer_wording.outlines_in_short(result.layers.values()))
    words = Words(title or drawing.title, subtitle, standing, " ".join(credit))
    with own_settings():
        if isinstance(drawing, Panels):
            figure = panelled(drawing, words, sheet, written=labels, kind=kind)
        else:
            figure = page(drawing, words, sheet, written=labels, kind=kind)
        return encoded(figure, kind, sheet, words.title, drawing.description)


def _refuse_undrawn(result: AuditResult) -> None:
    if "geometry" not in result.blocks.columns:
        message = "The picture needs outlines, and this audit was run without: run it with geometry=True."
        raise ConfigurationError(message)
    if result.undrawn:
        message = f"The picture needs outlines, and {result.undrawn[0]} is a table of small areas: use geoplan compare."
        raise ConfigurationError(message)


def _drawing(result: AuditResult, *, figures: bool, editions: Editions | None) -> Drawing | Panels:
    if editions is not None:
        return changes_drawing(result, editions)
    return _of_figures(result) if figures else drawing_of(result)


def _of_figures(result: AuditResult) -> Drawing:
    """Lay out the picture of an indicator under the borders of what was asked for, or of the first comparison."""
    asked = asked_layers(result)
    if len(asked) > MOST_LAYERS:
        hint = f"Name at most {MOST_LAYERS}, or draw a page: it switches layers on and off."
        raise ConfigurationError(refusal(f"the borders of {len(asked)} layers over figures cannot be read", hint=hint))
    pairs = asked_pairs(result)
    first = pairs[0].overlay if pairs else None
    compared = [first.left, first.right] if first else list(result.layers.values())[:MOST_LAYERS]
    return figures_drawing(result, asked or compared)


def drawing_of(result: AuditResult) -> Drawing | Panels:
    """Lay out the picture of an audit: its focus, its one pair, its layers, or a map for each of many."""
    asked = asked_layers(result)
    pairs = asked_pairs(result)
    if len(asked) > MOST_LAYERS:
        return panels_of(result, asked)
    if result.focus is not None:
        first = pairs[0].overlay if pairs else None
        against = asked or ([first.left, first.right] if first else [])
        return partners_drawing(result, result.focus, others_of(result.focus, against))
    if not pairs or not has_outlines(result, pairs[0].overlay.left):
        return layers_drawing(result, asked or list(result.layers.values())[:MOST_LAYERS])
    return pair_drawing(result, pairs[0])
