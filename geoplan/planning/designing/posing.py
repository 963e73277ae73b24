"""Pose a plan: units joined where they stay together, every candidate listed, and what each adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import networkx as nx
import numpy as np
from scipy.sparse import csr_array, vstack

from geoplan.planning.designing.choosing.candidates import connected_groups, groups_matrix
from geoplan.planning.designing.choosing.partition import Columns
from geoplan.planning.designing.measuring import Fixed, Tally, matched, tally
from geoplan.planning.designing.rules import Rule, Ruled, ruled
from geoplan.planning.designing.units import Held, Units, joined

__all__ = ["MOST_GROUPS", "Ground", "Posed", "pose", "with_groups"]

MOST_GROUPS = 300_000
"""Connected groups that are listed: the size of cluster up to which all are is chosen by it."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What a plan is about, before any constraint.

    Parameters
    ----------
    units
        The building units.
    layers
        People of units by area of each layer that clusters are to follow.
    today
        The same of today's arrangement; None without.
    """

    units: Units
    layers: tuple[Held, ...]
    today: Held | None


@dataclass(frozen=True, eq=False)
class Posed:
    """A plan's choices under its rules.

    Parameters
    ----------
    ground
        Of the units joined where they stay together.
    place
        Position of each building unit among those units.
    columns
        The choices.
    tally
        What each group adds.
    kept
        People of each choice who keep their area, of those whom ``change`` counts.
    start
        Choices that are today's arrangement; empty where the rules forbid it.
    members
        Size up to which every connected group is a candidate; None where there is no limit.
    rules
        What the choices keep.
    floors
        Objective -> what its term cannot fall below, where a search found the larger candidates; None where the
        candidates are listed and the relaxation gives a better bound.
    known
        Arrangements that a search met, each as its choices.
    starts
        What a search began from, in words; empty without one.
    """

    ground: Ground
    place: np.ndarray
    columns: Columns
    tally: Tally
    kept: np.ndarray
    start: np.ndarray
    members: int | None
    rules: Ruled
    floors: Mapping[str, float] | None = None
    known: tuple[np.ndarray, ...] = ()
    starts: tuple[str, ...] = ()

    @property
    def fixed(self) -> Fixed:
        """Building units whose cluster succeeds a certain area of today, each with it."""
        areas = self.rules.fixed
        return tuple((unit, areas[at]) for unit, at in enumerate(self.place.tolist()) if at in areas)

    def labels(self, chosen: np.ndarray) -> np.ndarray:
        """Return the number of the cluster of each building unit for some choices."""
        groups = self.columns.groups[self.columns.group[chosen]]
        cluster = np.empty(groups.shape[1], dtype=int)
        cluster[groups.indices] = np.repeat(np.arange(groups.shape[0]), np.diff(groups.indptr))
        return cluster[self.place]


def pose(ground: Ground, rules: Sequence[Rule], *, named: bool, most_groups: int = MOST_GROUPS) -> Posed | None:
    """List the choices that rules leave.

    Parameters
    ----------
    ground
        Units and layers.
    rules
        Every one holds.
    named
        Whether it matters which of today's areas a cluster succeeds.
    most_groups
        Connected groups that may be listed.

    Returns
    -------
    Posed or None
        None where the rules contradict each other before anything is counted.
    """
    found = ruled(rules)
    units, place = joined(ground.units, found.together)
    limits = _placed(found, place)
    if limits is None:
        return None
    ground = _gathered(ground, units, place)
    groups, members = _candidates(ground, limits, most_groups)
    return _posed(ground, place, groups, limits, members, named=named)


def with_groups(
    posed: Posed,
    groups: csr_array,
    arrangements: Sequence[Sequence[Sequence[int]]],
    floors: Mapping[str, float] | None,
    starts: tuple[str, ...],
    *,
    members: int,
    named: bool,
) -> Posed:
    """Add candidates that a search met.

    Parameters
    ----------
    posed
        The choices that are listed.
    groups
        Groups x units, each of more than ``members``.
    arrangements
        Those that the search met, each as groups of units; they are candidates too.
    floors
        Objective -> what its term cannot fall below; None where bounds are those of the candidates.
    starts
        What the search began from, in words.
    members
        Size up to which the listed groups stay candidates.
    named
        As of `pose`.

    Returns
    -------
    Posed
        Of both.
    """
    own = posed.columns.groups
    listed = own[np.diff(own.indptr) <= members]
    both = csr_array(vstack([listed, groups]))
    made = _posed(posed.ground, posed.place, both, posed.rules, members, named=named)
    chosen = (_choices_of(made, groups_matrix(one, both.shape[1])) for one in arrangements)
    known = tuple(one for one in chosen if one is not None)
    return replace(made, floors=floors, known=known, starts=starts)


def _choices_of(posed: Posed, arrangement: csr_array) -> np.ndarray | None:
    """Return the choices that make up an arrangement (groups x units), as the successors of most of their people."""
    columns, today = posed.columns, posed.ground.today
    at = _positions(columns.groups, arrangement)
    if (at < 0).any():
        return None
    choices = [np.flatnonzero(columns.group == group) for group in at]
    place = np.full(len(at), -1)
    if today is not None:
        settled = [(n, columns.area[own[0]]) for n, own in enumerate(choices) if columns.area[own].min() >= 0]
        place = matched(arrangement @ today.matching, settled)
    found = [own[np.isin(columns.area[own], [area, -1])] for own, area in zip(choices, place, strict=True)]
    if not all(map(len, found)):
        return None
    return np.array([own[columns.area[own].argmax()] for own in found])


def _posed(
    ground: Ground, place: np.ndarray, groups: csr_array, rules: Ruled, members: int | None, *, named: bool
) -> Posed:
    start, groups = _with_today(ground, groups, rules)
    columns = _columns(ground, groups, rules, named=named)
    counted = tally(groups, ground.units, ground.layers)
    return Posed(ground, place, columns, counted, _kept(ground, columns), _start_of(columns, start), members, rules)


def _placed(rules: Ruled, place: np.ndarray) -> Ruled | None:
    """Bring rules to the joined units; None where they contradict each other."""
    apart = {tuple(sorted((int(place[one]), int(place[two])))) for one, two in rules.apart}
    fixed: dict[int, int] = {}
    for unit, area in rules.fixed.items():
        if fixed.setdefault(int(place[unit]), area) != area:
            return None
    apart |= {(a, b) for a in fixed for b in fixed if a < b and fixed[a] != fixed[b]}
    if rules.broken or any(one == two for one, two in apart):
        return None
    sets = [tuple(sorted({int(place[n]) for n in members})) for members in rules.together]
    pairs = tuple(sorted((one, two) for one, two in apart))
    return replace(rules, together=tuple(one for one in sets if len(one) > 1), apart=pairs, fixed=fixed)


def _gathered(ground: Ground, units: Units, place: np.ndarray) -> Ground:
    held = csr_array((np.ones(len(place)), (place, np.arange(len(place)))), shape=(len(units), len(place)))
    today = ground.today.gathered(held) if ground.today else None
    return Ground(units, tuple(layer.gathered(held) for layer in ground.layers), today)


def _candidates(ground: Ground, rules: Ruled, most_groups: int) -> tuple[csr_array, int | None]:
    """List the connected groups, up to the size at which they are too many; None where that size does not bind."""
    units, found = ground.units, groups_matrix([], len(ground.units))
    most = _most_units(units, rules)
    for size in range(1, most + 1):
        listed = connected_groups(
            units.graph,
            most_members=size,
            people=units.people,
            most_people=rules.most_people,
            apart=rules.apart,
            limit=most_groups,
        )
        if listed is None:
            return _allowed(found, rules, units), size - 1
        if listed.shape == found.shape:
            return _allowed(found, rules, units), None
        found = listed
    return _allowed(found, rules, units), None


def _most_units(units: Units, rules: Ruled) -> int:
    """Return how many of the joined units a cluster can have at most: of the smallest, as many as the limit holds."""
    if rules.most_members is None:
        return len(units)
    return int((np.cumsum(np.sort(units.members)) <= rules.most_members).sum())


def _allowed(groups: csr_array, rules: Ruled, units: Units) -> csr_array:
    return csr_array(groups[rules.keeps(groups, units)])


def _with_today(ground: Ground, groups: csr_array, rules: Ruled) -> tuple[list[tuple[int, int]], csr_array]:
    """Add today's connected clusters that the size kept out; return (group, area) of all that are candidates."""
    if ground.today is None:
        return [], groups
    people = ground.today.people
    whole = (people > 0).sum(axis=1) == 1
    home = np.where(whole, people.argmax(axis=1), -1)
    torn = {int(area) for unit in np.flatnonzero(~whole) for area in np.flatnonzero(people[unit])}
    members = {int(area): np.flatnonzero(home == area).tolist() for area in np.unique(home[home >= 0])}
    graph = ground.units.graph
    areas = [area for area, own in members.items() if area not in torn and nx.is_connected(graph.subgraph(own))]
    today = groups_matrix([members[area] for area in areas], len(home))
    good = rules.keeps(today, ground.units)
    at = _positions(groups, today)
    missing = np.flatnonzero(good & (at < 0))
    at[missing] = groups.shape[0] + np.arange(len(missing))
    told = [(int(at[n]), area) for n, area in enumerate(areas) if good[n]]
    return told, csr_array(vstack([groups, today[missing]])) if len(missing) else groups


def _positions(groups: csr_array, wanted: csr_array) -> np.ndarray:
    """Return the position of each wanted group among groups, -1 where it is not there."""
    sizes = np.diff(groups.indptr)
    place = np.full(wanted.shape[0], -1)
    common = csr_array(wanted @ groups.T)
    for n, size in enumerate(np.diff(wanted.indptr)):
        row = slice(common.indptr[n], common.indptr[n + 1])
        near, shared = common.indices[row], common.data[row]
        same = near[(shared == size) & (sizes[near] == size)]
        if len(same):
            place[n] = same[0]
    return place


def _columns(ground: Ground, groups: csr_array, rules: Ruled, *, named: bool) -> Columns:
    """Pair each group with the areas of today whose successor it may be."""
    every = np.arange(groups.shape[0])
    if ground.today is None:
        return Columns(groups, every, np.full(len(every), -1), 0)
    areas = len(ground.today.codes)
    bound = np.full(groups.shape[1], -1)
    bound[list(rules.fixed)] = list(rules.fixed.values())
    units, sure = np.flatnonzero(bound >= 0), np.full(len(every), -1)
    for unit in units:
        sure[groups[:, [unit]].nonzero()[0]] = bound[unit]
    free = every[sure < 0]
    group, area = [free, every[sure >= 0]], [np.full(len(free), -1), sure[sure >= 0]]
    if named:
        met = csr_array(groups[free] @ csr_array(ground.today.people)).tocoo()
        group.append(free[met.row])
        area.append(met.col)
    return Columns(groups, np.concatenate(group), np.concatenate(area), areas)


def _kept(ground: Ground, columns: Columns) -> np.ndarray:
    if ground.today is None:
        return np.zeros(len(columns.group))
    here = csr_array(columns.groups @ csr_array(ground.today.amounts))
    kept = np.zeros(len(columns.group))
    named = np.flatnonzero(columns.area >= 0)
    if len(named):
        kept[named] = here[columns.group[named], columns.area[named]]
    return kept


def _start_of(columns: Columns, today: Sequence[tuple[int, int]]) -> np.ndarray:
    """Return the choices that are today's clusters, under their own names where choices have names."""
    found = []
    for group, area in today:
        at = np.flatnonzero(columns.group == group)
        own = at[columns.area[at] == area]
        found.append(int(own[0] if len(own) else at[0]))
    return np.array(sorted(found), dtype=int)
