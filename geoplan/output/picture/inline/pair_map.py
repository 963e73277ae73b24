"""The map of a comparison inside a brief: the picture of every other paper, as large as the brief prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from geoplan.auditing.results import AuditResult
from geoplan.output.picture.base.land import bear
from geoplan.output.picture.drawing import pair_drawing
from geoplan.output.picture.ground import has_outlines
from geoplan.output.picture.inline.views import UNITS, View, line_looks, text_looks, views_of
from geoplan.output.picture.naming.boxes import BADGE, DOT
from geoplan.output.picture.naming.insets import free_corners
from geoplan.output.picture.naming.labelled import labelled
from geoplan.output.picture.picture_parts import LONGEST
from geoplan.output.picture.sheet.styles import LINES
from geoplan.output.summary.ranking import asked_pairs
from geoplan.schema import wording

__all__ = ["PairMap", "pair_map"]

PRINTED_MM, LEAST_PT = 88, 8.0
"""Across the map where a brief prints it, and the smallest words there."""
SHRUNK = 1.2
"""How many times larger the map is laid out than printed: numbers and lines are smaller there, and find room."""
MAP_IN, LEAST = SHRUNK * PRINTED_MM / 25.4, SHRUNK * LEAST_PT
ON_IT_IN, BESIDE_IN = 0.33 * MAP_IN, 0.44 * MAP_IN
"""Inches across an enlarged part that stands in a corner of the map, and across one beside the map."""


@dataclass(frozen=True)
class PairMap:
    """A map of how the areas of one geography stand to those of another.

    Parameters
    ----------
    title, description
        In words.
    views
        The map, then its enlarged parts.
    legend
        Kind and words of each sample.
    numbered
        The cut areas with their amounts, in the order of their numbers.
    key
        Number and name of the other areas whose names had no room, or one row without a number.
    lines, texts
        How each kind is drawn.
    ring, dot
        Radius of the ring of a number and of the dot of a town, in units.
    credited
        Whether there is water on it.
    """

    title: str
    description: str
    views: tuple[View, ...]
    legend: tuple[tuple[str, str], ...]
    numbered: tuple[str, ...]
    key: tuple[tuple[str, str], ...]
    lines: Mapping[str, Mapping[str, str]]
    texts: Mapping[str, Mapping[str, str]]
    ring: int
    dot: int
    credited: bool


def pair_map(result: AuditResult) -> PairMap | None:
    """Draw the first comparison asked for.

    Parameters
    ----------
    result
        Of an audit that loaded outlines.

    Returns
    -------
    PairMap or None
        None where nothing was compared or the result holds no outlines.
    """
    pairs = asked_pairs(result)
    if not pairs or not has_outlines(result, pairs[0].overlay.left):
        return None
    left, right = pairs[0].overlay.left, pairs[0].overlay.right
    drawing = pair_drawing(result, pairs[0])
    land = bear(drawing)
    corners = free_corners(drawing, (drawing.bounds[2] - drawing.bounds[0]) * ON_IT_IN / MAP_IN)
    enlarged = ON_IT_IN if corners else BESIDE_IN
    made = labelled(drawing, MAP_IN, longest=LONGEST, enlarged=enlarged, least=LEAST, corners=corners)
    legend = tuple((row.sample, row.text) for row in drawing.rows if row.sample)
    views = views_of(drawing, made, MAP_IN, LEAST)
    drawn = {kind for view in views for kind, _ in view.lines} | {kind for kind, _ in legend if kind in LINES}
    return PairMap(
        title=f"{left.title} against {wording.inside_a_sentence(right.title)}",
        description=drawing.description,
        views=views,
        legend=legend,
        numbered=tuple(row.text for row in drawing.rows if row.number),
        key=tuple((row.number, row.text) for row in made.rows if not row.heading),
        lines=line_looks(sorted(drawn), MAP_IN),
        texts=text_looks(MAP_IN, LEAST),
        ring=round(BADGE / MAP_IN * UNITS),
        dot=round(DOT / MAP_IN * UNITS),
        credited=land.drawn,
    )
