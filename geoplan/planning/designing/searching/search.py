"""Search for good arrangements where groups are too many to list, for the solver to choose and finish from."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from geoplan.planning.designing.asked import Objective
from geoplan.planning.designing.choosing.candidates import groups_matrix
from geoplan.planning.designing.posing import Ground, Posed, with_groups
from geoplan.planning.designing.rules import Ruled
from geoplan.planning.designing.scoring import weighed_first
from geoplan.planning.designing.searching.costs import Costs, Group
from geoplan.planning.designing.searching.floors import floors
from geoplan.planning.designing.searching.improving import Improver
from geoplan.planning.designing.searching.starts import starts
from geoplan.planning.designing.searching.trees import in_one_piece
from geoplan.spreading.spread import spread

__all__ = ["Met", "groups_met", "is_needed", "may_help", "searched"]

MOST_LISTED = 30_000
"""Small groups that stay candidates beside those that the search meets."""
MOST_MET = 40_000
"""Groups that the search collects at most."""
ROUNDS = 60
"""Rounds of merging and splitting, for each unit and start, where the time allows it."""
ROUNDS_A_SECOND = 500
"""Rounds that a slow processor does; no more are asked for, so that the same seed meets the same on faster ones."""
ANNEALED = 0.8
"""Of the time of a start, what merging and splitting may take."""


@dataclass(frozen=True, eq=False)
class Met:
    """What a search met.

    Parameters
    ----------
    groups
        Groups x units, each connected and once; none breaks a rule.
    arrangements
        The best arrangement from each start, each as groups of units; none breaks a rule.
    starts
        What it began from, in words.
    """

    groups: csr_array
    arrangements: tuple[tuple[tuple[int, ...], ...], ...]
    starts: tuple[str, ...]


def searched(
    posed: Posed, objectives: Sequence[Objective], clusters: tuple[int, int], *, named: bool, seed: int, seconds: float
) -> Posed:
    """Add the groups that a search meets to the candidates.

    Parameters
    ----------
    posed
        The choices that are listed; of them the smaller ones stay.
    objectives, clusters, seed, seconds
        As of `groups_met`.
    named
        As of `geoplan.planning.designing.posing.pose`.

    Returns
    -------
    Posed
        Where clusters may have to be larger than what is listed, with bounds that hold for every arrangement, not
        only for those of the candidates, and only the smaller ones of the listed; else with all of these.
    """
    listed, lowest = posed.members or 0, None
    if is_needed(posed, clusters):
        lowest = floors(posed.ground, objectives, clusters)
        sizes = np.diff(posed.columns.groups.indptr)
        while listed > 1 and (sizes <= listed).sum() > MOST_LISTED:
            listed -= 1
    met = groups_met(posed.ground, posed.rules, objectives, clusters, seed=seed, seconds=seconds, larger_than=listed)
    return with_groups(posed, met.groups, met.arrangements, lowest, met.starts, members=listed, named=named)


def is_needed(posed: Posed, clusters: tuple[int, int]) -> bool:
    """Tell whether clusters may have to be larger than the groups that are listed.

    Parameters
    ----------
    posed
        The choices that are listed.
    clusters
        Least and most clusters.

    Returns
    -------
    bool
        Never where every connected group is a candidate.
    """
    if posed.members is None:
        return False
    mean = len(posed.ground.units) / clusters[1]
    return (posed.rules.most_members or 0) > posed.members or mean >= posed.members


def may_help(posed: Posed) -> bool:
    """Tell whether larger clusters than those listed are worth a search: where people, and not units, limit them.

    Parameters
    ----------
    posed
        The choices that are listed.

    Returns
    -------
    bool
        Without a limit on people the number of units that is listed is the only limit: what is cut, and who commutes
        out, would fall to nothing in a cluster of nearly all.
    """
    return posed.members is not None and bool(np.isfinite(posed.rules.most_people))


def groups_met(
    ground: Ground,
    rules: Ruled,
    objectives: Sequence[Objective],
    clusters: tuple[int, int],
    *,
    seed: int,
    seconds: float,
    larger_than: int,
    clock: Callable[[], float] = time.monotonic,
) -> Met:
    """Search for good arrangements.

    Parameters
    ----------
    ground
        Units joined where they stay together.
    rules
        What every arrangement keeps, of those units.
    objectives
        Those asked for.
    clusters
        Least and most clusters.
    seed
        Of what is drawn by lot; the same seed meets the same groups where the time is not up.
    seconds
        Time to spend, shared out evenly between weightings and starts.
    larger_than
        Units of the groups wanted; those that are smaller are listed already.
    clock
        Tells the time in seconds.

    Returns
    -------
    Met
        Groups in an order that the seed decides, and the best arrangements.

    Notes
    -----
    Begun from today's arrangement, from regions that spopt makes by Ward's method, and from spanning trees cut at
    random, two neighbouring clusters are merged and split again at the best edge of a random spanning tree of both
    (ReCom: DeFord, Duchin & Solomon 2021), with less and less that may become worse on the way; then single units
    move and neighbours swap until none is worth it.
    """
    weightings = _weightings(objectives)
    asked = _Asked(ground, rules, objectives, clusters, seed, seconds / len(weightings), clock)
    met: dict[Group, None] = {}
    found: dict[tuple[Group, ...], None] = {}
    begun: dict[str, None] = {}
    most = MOST_MET // len(weightings)
    for one in spread(_searched, [(n, weights, most) for n, weights in enumerate(weightings)], asked):
        met |= dict.fromkeys(one.met)
        found |= dict.fromkeys(one.arrangements)
        begun |= dict.fromkeys(one.starts)
    costs = Costs(ground, rules, objectives, round(sum(clusters) / 2))
    groups = [*met, *(part for parts in found for part in parts)]
    good = [one for one in dict.fromkeys(groups) if len(one) > larger_than and _is_good(one, ground, costs)]
    arrangements = tuple(tuple(tuple(sorted(part)) for part in parts) for parts in found)
    return Met(groups_matrix([sorted(group) for group in good], len(ground.units.graph)), arrangements, tuple(begun))


@dataclass(frozen=True, eq=False)
class _Asked:
    """What the searches under all weightings have in common; of the seconds each has the same."""

    ground: Ground
    rules: Ruled
    objectives: Sequence[Objective]
    clusters: tuple[int, int]
    seed: int
    seconds: float
    clock: Callable[[], float]


@dataclass(frozen=True, eq=False)
class _Found:
    """What was met under one weighting: groups, arrangements, and from what it began."""

    met: tuple[Group, ...]
    arrangements: tuple[tuple[Group, ...], ...]
    starts: tuple[str, ...]


def _searched(asked: _Asked, task: tuple[int, Mapping[str, float], int]) -> _Found:
    """Search under one weighting; what others met, or how fast they were, changes nothing."""
    number, weights, most_met = task
    clusters = asked.clusters
    costs = Costs(asked.ground, asked.rules, asked.objectives, round(sum(clusters) / 2))
    costs.weigh(weights)
    lot = random.Random(f"{asked.seed} {number}")  # noqa: S311 - no secret is drawn
    met: dict[Group, None] = {}
    found = []
    improver = Improver(asked.ground.units.graph, costs, clusters, lot, met, most_met)
    begins = list(starts(asked.ground, weights, clusters, costs, lot))
    for _, begin in begins:
        parts = _improved(begin, improver, asked.seconds / len(begins), asked.clock)
        if clusters[0] <= len(parts) <= clusters[1] and not any(map(costs.breaks, parts)):
            found.append(tuple(sorted(parts, key=min)))
    return _Found(tuple(met), tuple(found), tuple(name for name, _ in begins))


def _improved(parts: list[Group], improver: Improver, seconds: float, clock: Callable[[], float]) -> list[Group]:
    begun = clock()
    rounds = int(min(ROUNDS * len(improver.graph), ROUNDS_A_SECOND * max(seconds, 0.0)))
    parts = improver.annealed(parts, rounds, lambda: clock() >= begun + ANNEALED * seconds)
    return improver.descended(parts, lambda: clock() >= begun + seconds)


def _is_good(group: Group, ground: Ground, costs: Costs) -> bool:
    return not costs.breaks(group) and in_one_piece(group, ground.units.graph)


def _weightings(objectives: Sequence[Objective]) -> list[Mapping[str, float]]:
    asked = {one.name: one.weight for one in objectives}
    return [asked, *(weighed_first(own, asked) for own in asked if len(asked) > 1)]
