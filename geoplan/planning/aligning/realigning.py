"""Open two layers and say which moves would align them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from geoplan.analysis import cutting, overlay, relations
from geoplan.analysis.networks import correspondence, realignment
from geoplan.analysis.networks.alignment_problem import Goal, Move
from geoplan.analysis.networks.realignment import Realignment
from geoplan.auditing import comparing
from geoplan.commuting.atlas import Atlas
from geoplan.data.keys import plain_name
from geoplan.errors import AmbiguousError, ConfigurationError, UnknownKeyError, refusal
from geoplan.schema import Layer, Relation, Tolerance, Weight, assessed, wording

__all__ = ["Alignment", "realign"]


@dataclass(frozen=True, eq=False)
class Alignment:
    """What would align two layers, and what it would change.

    Parameters
    ----------
    result
        From `geoplan.analysis.networks.realignment.realign`.
    right
        The layer to agree with.
    before, after
        Number of left areas by relation, ``cut_people`` (people in cut pieces, None where not assessed) and
        ``blocks`` (common blocks).
    names
        Authority code -> name.
    shapes
        Outlines of the shipped blocks that move (EPSG:27700), indicative.
    weight
        What ``counted`` and ``cut_people`` count; which moves are fewest rests on people.
    counted
        Shipped block that moves -> how many are in it; None where nobody counts them.
    """

    result: Realignment
    right: Layer
    before: Mapping[str, float | None]
    after: Mapping[str, float | None]
    names: Mapping[str, str]
    shapes: pd.Series
    weight: Weight
    counted: Mapping[str, float | None]

    def total(self, moves: Iterable[Move]) -> float | None:
        """Sum what is counted of some moves; None where it is not counted for one of them."""
        found = [self.counted[move.block] for move in moves]
        return None if None in found else float(sum(filter(None, found)))


def realign(
    left: str,
    right: str,
    *,
    goal: Goal = Goal.CLEAN,
    pair: tuple[str, str] | None = None,
    atlas: Atlas | None = None,
    weight: Weight = Weight.PEOPLE,
    tolerance: Tolerance | None = None,
    seconds: float = realignment.SECONDS,
) -> Alignment:
    """Find the fewest authorities whose move would make one layer agree with another.

    Parameters
    ----------
    left, right
        Catalogue keys or membership tables.
    goal
        What to reach, see `geoplan.analysis.networks.realignment.realign`.
    pair
        Code or name of a left and of a right area, for `Goal.PAIR`.
    atlas
        Where to open them; a new one by default.
    weight
        What is counted of what moves and of what is cut: people, those of working age, or people in need. Which moves
        are fewest rests on people whatever is counted.
    tolerance
        Shares below which areas count as agreeing, for the counts before and after.
    seconds
        Time for each stage of the solver.

    Returns
    -------
    Alignment
        Moves, what cannot be reached, and the relations before and after.

    Raises
    ------
    ConfigurationError
        If a layer is not made of authorities, the left one overlaps itself, or the weight counts no people.
    UnknownKeyError
        If a layer, or an area of the pair, is not known; names the nearest.
    AmbiguousError
        If a name of the pair fits several areas.
    """
    if not (weight.is_need or weight in wording.PERSONS):
        raise ConfigurationError(refusal(f"moves are counted by people, and {weight} counts none"))
    atlas, tolerance = atlas or Atlas(), tolerance or Tolerance()
    one, two = atlas.layer(left), atlas.layer(right)
    chosen = (_area(one, pair[0]), _area(two, pair[1])) if pair and one.parts is not None else pair
    names = dict(atlas.authorities.table["name"])
    result = realignment.realign(
        one, two, blocks=atlas.blocks, neighbours=comparing.contiguity_graph(tuple(names)), goal=goal, pair=chosen,
        seconds=seconds,
    )  # fmt: skip
    shapes, held = atlas.drawn.blocks["geometry"], atlas.blocks[weight.column]
    moving = [move.block for move in result.moves]
    return Alignment(
        result=result,
        right=two,
        before=_counts(one, two, atlas, tolerance, weight),
        after=_counts(result.aligned, two, atlas, tolerance, weight),
        names=names,
        shapes=shapes.loc[moving],
        weight=weight,
        counted={block: assessed(held[block]) for block in moving},
    )


def _counts(left: Layer, right: Layer, atlas: Atlas, tolerance: Tolerance, weight: Weight) -> dict[str, float | None]:
    over = overlay.overlay(left, right, blocks=atlas.blocks, weight=weight)
    related = relations.relate(over, tolerance=tolerance)
    counted = related["relation"].value_counts()
    graph = correspondence.correspondence(over, tolerance=tolerance)
    return {
        **{str(relation): int(counted.get(relation, 0)) for relation in Relation},
        "cut_people": cutting.cuts(over, tolerance=tolerance).total,
        "blocks": len(correspondence.common_blocks(graph)),
    }


def _area(layer: Layer, wanted: str) -> str:
    """Return the code of an area given by code or name."""
    if wanted in layer.areas.index:
        return wanted
    plain = plain_name(wanted)
    found = [str(code) for code, name in layer.areas["name"].items() if plain_name(str(name)) == plain]
    if len(found) > 1:
        message = f"{wanted!r} fits several areas of {layer.key}: {', '.join(found)}. Give the code."
        raise AmbiguousError(message)
    if not found:
        near = difflib.get_close_matches(wanted, [str(name) for name in layer.areas["name"]], n=3, cutoff=0.6)
        hint = f"Nearest: {', '.join(near)}." if near else f"geoplan layers {layer.key} lists them."
        message = f"There is no area {wanted!r} in {layer.key}. {hint}"
        raise UnknownKeyError(message)
    return found[0]
