"""The fewest authorities that must change areas for one geography to agree with another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import networkx as nx
import pandas as pd

from geoplan.analysis.networks.alignment_model import Model
from geoplan.analysis.networks.alignment_problem import Goal, Move, Problem
from geoplan.errors import ConfigurationError, UnknownKeyError, refusal
from geoplan.progress import phase
from geoplan.schema import BLOCK_MEASURES, NEED_COLUMNS, Layer

__all__ = ["Realignment", "moved", "realign"]

SECONDS = 60.0
"""Time for each of the solver's stages; what is not proven by then is reported with its gap."""
OPTIMAL = 1e-6
"""Relative gap below which an answer counts as proven."""


@dataclass(frozen=True, eq=False)
class Realignment:
    """What would align two layers.

    Parameters
    ----------
    goal
        What was asked.
    moves
        Sorted by code and block; empty where nothing has to move or nothing would help.
    unreached
        Left area -> why the goal cannot be reached for it; these areas are left as they are.
    optimal
        Whether the solver proved that fewer authorities, and among those fewer people, do not suffice.
    gap
        Relative distance between what was found and what was proven; 0 where optimal.
    left, aligned
        The left layer before and after the moves.
    """

    goal: Goal
    moves: tuple[Move, ...]
    unreached: Mapping[str, str]
    optimal: bool
    gap: float
    left: Layer
    aligned: Layer

    @property
    def authorities(self) -> int:
        """How many authorities move, each counted once."""
        return len({move.code for move in self.moves})


def realign(
    left: Layer,
    right: Layer,
    *,
    blocks: pd.DataFrame,
    neighbours: nx.Graph,
    goal: Goal = Goal.CLEAN,
    pair: tuple[str, str] | None = None,
    seconds: float = SECONDS,
) -> Realignment:
    """Find the fewest authorities whose move between areas of the left layer reaches a goal.

    ``clean``: of every pair of areas that meets one lies inside the other. ``nest``: every left area lies
    inside one right area. ``whole``: every left area is made of whole right areas. ``pair``: one left area
    becomes the same as one right area. Fewest authorities first, then fewest people, then the longest borders
    with the new area.

    Parameters
    ----------
    left, right
        Layers of shipped blocks, of which the left one does not overlap itself.
    blocks
        Shipped blocks indexed by ``block`` with ``lad`` and ``people``.
    neighbours
        From `geoplan.analysis.networks.graphs.contiguity`.
    goal
        What to reach.
    pair
        Codes of a left and a right area, for `Goal.PAIR`.
    seconds
        Time for each stage of the solver.

    Returns
    -------
    Realignment
        Moves and what cannot be reached. Where no assignment reaches the goal, the fewest left areas are
        exempted and stay exactly as they are.

    Raises
    ------
    ConfigurationError
        If a layer is not made of shipped blocks, or the left one overlaps itself.
    UnknownKeyError
        If the pair names an area that is not there.

    Notes
    -----
    Ground the right layer leaves uncovered is free. No area may be emptied, not even to be filled from
    elsewhere: each keeps one of its authorities. None may fall into more pieces than it has today, and no
    authority moves to an area more than `REACH` borders away, except to make a pair. Parts of unknown size
    stay where they are; a side of a split authority borders on whatever the authority borders on. An integer
    programme, solved by HiGHS (Huangfu & Hall 2018, doi 10.1007/s12532-017-0130-5); contiguity is added as
    cuts where a solution breaks it.
    """
    _refuse(left, right, goal, pair, seconds)
    problem = Problem.of(left, right, blocks, neighbours, pair)
    with phase("Searching the fewest moves"):
        answer = Model(problem, goal, pair).solve(seconds)
    moves = problem.moves(answer.chosen)
    unsolved = answer.gap > OPTIMAL
    unreached = {area: problem.why(area, goal, pair, unsolved=unsolved) for area in answer.exempt}
    return Realignment(goal, moves, unreached, not unsolved, answer.gap, left, moved(left, moves, blocks))


def moved(left: Layer, moves: Iterable[Move], blocks: pd.DataFrame) -> Layer:
    """Return a layer after some moves, with the members and weights of its areas worked out anew.

    Parameters
    ----------
    left
        A layer of shipped blocks.
    moves
        Blocks and the areas they join.
    blocks
        Shipped blocks with lad, people, working_age, postcodes and area_m2.

    Returns
    -------
    Layer
        Without outlines: they belong to the areas before the moves.
    """
    assert left.parts is not None  # noqa: S101 - refused at the door
    target = {(move.block, move.source): move.target for move in moves}
    parts = left.parts.copy()
    places = zip(parts["block"], parts["code"], strict=True)
    parts["code"] = [target.get((block, code), code) for block, code in places]
    areas = left.areas.drop(columns="geometry", errors="ignore")
    columns = [name for name in (*BLOCK_MEASURES, *NEED_COLUMNS) if {name} <= {*areas, *blocks}]
    amounts = blocks[columns].reindex(parts["block"]).to_numpy() * parts["share"].to_numpy()[:, None]
    codes = parts["code"].to_numpy()
    sums = pd.DataFrame(amounts, columns=columns).groupby(codes).agg(lambda each: each.sum(skipna=False))
    fresh = {name: sums[name].reindex(areas.index) for name in columns}
    lads = parts["block"].map(blocks["lad"]).fillna(parts["block"])
    fresh["members"] = lads.groupby(codes).agg(lambda each: ";".join(sorted(set(each)))).reindex(areas.index)
    return replace(left, areas=pd.DataFrame(areas.assign(**fresh)), parts=parts)


def _refuse(left: Layer, right: Layer, goal: Goal, pair: tuple[str, str] | None, seconds: float) -> None:
    for layer in (left, right):
        if layer.parts is None or layer.blocks is not None or layer.parts.empty:
            what = f"{layer.key} is not made of authorities, so there is nothing that could move"
            raise ConfigurationError(refusal(what, hint="Use catalogue keys or membership tables."))
    assert left.parts is not None  # noqa: S101 - just refused
    # A part of unknown size beside a whole block is a second home as well.
    held = left.parts["share"].fillna(0.01).groupby(left.parts["block"]).sum()
    twice = sorted(held.index[held > 1.001])
    if twice:
        what = f"{left.key} overlaps itself, so a move has no one origin"
        raise ConfigurationError(refusal(what, codes=twice, hint="Use it as the right layer instead."))
    if (goal is Goal.PAIR) != (pair is not None):
        message = "The goal pair needs a left and a right area, and no other goal takes them."
        raise ConfigurationError(message)
    for layer, code in zip((left, right), pair or (), strict=False):
        if layer.parts is None or code not in set(layer.parts["code"]):
            message = f"There is no area {code!r} in {layer.key}. geoplan layers {layer.key} lists them."
            raise UnknownKeyError(message)
    if not seconds > 0:
        message = f"The solver cannot work in {seconds} seconds: give it more than 0."
        raise ConfigurationError(message)
