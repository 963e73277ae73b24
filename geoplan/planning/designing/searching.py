"""Where groups are too many to list: a search that collects those it meets, and what no arrangement falls below."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import networkx as nx
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree

from geoplan.planning.designing.asked import Objective
from geoplan.planning.designing.choosing.candidates import groups_matrix
from geoplan.planning.designing.measuring import WHOLE
from geoplan.planning.designing.posing import Ground, Posed, with_groups
from geoplan.planning.designing.rules import Ruled

__all__ = ["floors", "groups_met", "is_needed", "searched"]

MOST_MET = 150_000
"""Groups that are collected at most."""
ROUNDS = 60
"""Merges that are split again, for each unit and start."""
STARTS = 3
BROKEN = 10.0
"""Price of breaking a rule, above what any arrangement costs."""
WARMTH = 0.002
"""How much worse, at the beginning, an arrangement may become on the way to a better one."""
Group = frozenset[int]


def searched(
    posed: Posed, objectives: Sequence[Objective], clusters: tuple[int, int], *, named: bool, seed: int, seconds: float
) -> Posed:
    """Add the groups that a search meets to the candidates.

    Parameters
    ----------
    posed
        The choices that are listed.
    objectives, clusters, seed, seconds
        As of `groups_met`.
    named
        As of `geoplan.planning.designing.posing.pose`.

    Returns
    -------
    Posed
        With bounds that hold for every arrangement, not only for those of the candidates.
    """
    least = posed.members or 0
    met = groups_met(posed.ground, posed.rules, objectives, clusters, seed=seed, seconds=seconds, larger_than=least)
    return with_groups(posed, met, floors(posed.ground, objectives, clusters), named=named)


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


def floors(ground: Ground, objectives: Sequence[Objective], clusters: tuple[int, int]) -> Mapping[str, float]:
    """Return what the term of each objective cannot fall below, whatever the arrangement.

    Parameters
    ----------
    ground
        Units and today's arrangement.
    objectives
        Those asked for.
    clusters
        Least and most clusters.

    Returns
    -------
    Mapping of str to float
        Objective -> lower bound.

    Notes
    -----
    An arrangement of k clusters cuts at least k - 1 edges of any spanning tree; so what it cuts of commuting and of
    border is no less than the k - 1 least edges of the tree that has most of them.
    """
    units, parted = ground.units, clusters[0]
    most = ground.today.people.sum(axis=0) if ground.today else np.zeros(0)
    kept = float(np.sort(most)[::-1][: clusters[1]].sum())
    workers = float(units.residents.sum())
    away = 1 - float(units.trips.sum()) / workers
    km = max(float(units.borders.sum()) / 2, 1e-12)
    known = {
        "cut_people": 0.0,
        "self_containment": away + _least_cut(csr_array(units.trips + units.trips.T), parted) / workers,
        "balance": 0.0,
        "change": max(1 - kept / float(units.people.sum()), 0.0),
        "compactness": _least_cut(units.borders, parted) / km,
    }
    return {one.name: known[one.name] for one in objectives}


def _least_cut(weights: csr_array, clusters: int) -> float:
    """Return what parting units into so many clusters cuts at least of symmetric weights between them."""
    plain = csr_array(weights.copy())
    plain.setdiag(0.0)
    plain.eliminate_zeros()
    tree = np.sort(-minimum_spanning_tree(-plain).data)
    trees = plain.shape[0] - len(tree)
    return float(tree[: max(clusters - trees, 0)].sum())


class _Costs:
    """What groups cost, each worked out once; all that were met are kept."""

    def __init__(self, ground: Ground, rules: Ruled, objectives: Sequence[Objective], clusters: int) -> None:
        self.ground, self.units, self.rules, self.clusters = ground, ground.units, rules, clusters
        self.need = any(one.name == "balance" and one.of == "need" for one in objectives)
        self.trips, self.borders = ground.units.trips.toarray(), ground.units.borders.toarray()
        self.people = ground.units.people
        self.apart = [frozenset(pair) for pair in rules.apart]
        self.known: dict[Group, tuple[np.ndarray, float]] = {}
        self._weight = np.zeros(5)

    def of(self, group: Group) -> float:
        """Return what a group adds to the weighted score, and the price of the rules it breaks."""
        if group not in self.known:
            self.known[group] = self._counted(group)
        terms, broken = self.known[group]
        return float(terms @ self._weight) + BROKEN * broken

    def people_of(self, group: Group) -> float:
        """Return the people of a group."""
        return float(self.people[sorted(group)].sum())

    def weigh(self, weights: Mapping[str, float]) -> None:
        """Choose what counts how much."""
        names = ("cut_people", "self_containment", "balance", "change", "compactness")
        self._weight = np.array([weights.get(name, 0.0) for name in names])

    def _counted(self, group: Group) -> tuple[np.ndarray, float]:
        units, members = self.units, sorted(group)
        people = float(self.people[members].sum())
        total = float(self.people.sum())
        cut = sum(self._cut(held.people[members].sum(axis=0), held.whole, people) for held in self.ground.layers)
        square = np.ix_(members, members)
        share = units.need[members].sum() / units.need.sum() if self.need else people / total
        today = self.ground.today
        # Today's largest area stands for the one the group succeeds; the partition settles it.
        kept = float(today.people[members].sum(axis=0).max()) if today else 0.0
        terms = np.array(
            [
                cut / total,
                -self.trips[square].sum() / units.residents.sum(),
                self.clusters * share**2,
                -kept / total,
                -self.borders[square].sum() / max(self.borders.sum(), 1e-12),
            ]
        )
        return terms, self._broken(group, people, total / self.clusters)

    @staticmethod
    def _cut(pieces: np.ndarray, whole: np.ndarray, people: float) -> float:
        return float(pieces[(pieces < WHOLE * people) & (pieces < WHOLE * whole)].sum())

    def _broken(self, group: Group, people: float, mean: float) -> float:
        rules = self.rules
        found = max(rules.least_people - people, 0.0) / mean
        if np.isfinite(rules.most_people):
            found += max(people - rules.most_people, 0.0) / mean
        found += max(len(group) - (rules.most_members or len(group)), 0)
        found += sum(pair <= group for pair in self.apart)
        return found + sum(0 < len(group & set(members)) < len(members) for members in rules.together)

    def good(self) -> list[Group]:
        """Return the groups met that hang together and break no rule."""
        graph = self.units.graph
        kept = (group for group, (_, broken) in self.known.items() if broken == 0)
        return [group for group in kept if _in_one_piece(group, graph)]


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
) -> csr_array:
    """Search for good arrangements and return the groups met on the way.

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
        Time to spend.
    larger_than
        Units of the groups wanted; those that are smaller are listed already.
    clock
        Tells the time in seconds.

    Returns
    -------
    scipy.sparse.csr_array
        Groups x units, each connected and once, in an order that the seed decides.

    Notes
    -----
    Begun from today's arrangement and from spanning trees cut at random, two neighbouring clusters are merged and
    split again at the best edge of a random spanning tree of both (ReCom: DeFord, Duchin & Solomon 2021), with less
    and less that may become worse on the way; then single units move and neighbours swap until none is worth it.
    """
    until = clock() + seconds
    costs = _Costs(ground, rules, objectives, round(sum(clusters) / 2))
    rng = np.random.default_rng(seed)
    for weights in _weightings(objectives):
        costs.weigh(weights)
        for start in range(STARTS):
            parts = _start(ground, start)
            parts = _counted(parts, clusters, ground.units.graph, costs, rng)
            parts = _annealed(parts, clusters, ground.units.graph, costs, rng, lambda: clock() >= until)
            _descended(parts, ground.units.graph, costs, lambda: clock() >= until)
            if clock() >= until or len(costs.known) > MOST_MET:
                break
    good = [sorted(group) for group in costs.good() if len(group) > larger_than]
    return groups_matrix(good, len(ground.units))


def _weightings(objectives: Sequence[Objective]) -> list[dict[str, float]]:
    asked = {one.name: one.weight for one in objectives}
    first = [{name: 1.0 if name == own else 0.02 * weight for name, weight in asked.items()} for own in asked]
    return [asked, *(first if len(asked) > 1 else [])]


def _start(ground: Ground, number: int) -> list[Group]:
    """Return today's areas in their connected pieces, or each part of the ground that hangs together."""
    graph = ground.units.graph
    if number == 0 and ground.today is not None:
        home = np.where(ground.today.people.sum(axis=1) > 0, ground.today.people.argmax(axis=1), -1)
        areas = [np.flatnonzero(home == area).tolist() for area in np.unique(home)]
        return [frozenset(piece) for area in areas for piece in nx.connected_components(graph.subgraph(area))]
    return [frozenset(piece) for piece in nx.connected_components(graph)]


def _counted(
    parts: list[Group], clusters: tuple[int, int], graph: nx.Graph, costs: _Costs, rng: np.random.Generator
) -> list[Group]:
    """Split the largest, or merge neighbours, until there are as many as are wanted."""
    while len(parts) < clusters[0]:
        largest = max((part for part in parts if len(part) > 1), key=costs.people_of)
        halves = min(_cuts(largest, graph, rng), key=lambda two: abs(costs.people_of(two[0]) - costs.people_of(two[1])))
        parts = [part for part in parts if part != largest] + list(halves)
    while len(parts) > clusters[1]:
        pairs = _pairs(parts, graph)
        if not pairs:
            break
        one, two = min(pairs, key=lambda pair: costs.of(pair[0] | pair[1]) - costs.of(pair[0]) - costs.of(pair[1]))
        parts = [part for part in parts if part not in (one, two)] + [one | two]
    return parts


def _pairs(parts: Sequence[Group], graph: nx.Graph) -> list[tuple[Group, Group]]:
    """Return the pairs of clusters that border each other."""
    at = {unit: n for n, part in enumerate(parts) for unit in part}
    found = {tuple(sorted((at[one], at[two]))) for one, two in graph.edges if at[one] != at[two]}
    return [(parts[one], parts[two]) for one, two in sorted(found)]


def _cuts(whole: Group, graph: nx.Graph, rng: np.random.Generator) -> list[tuple[Group, Group]]:
    """Return the two sides of each edge of a random spanning tree of a connected group."""
    members = sorted(whole)
    parent: dict[int, int] = {members[int(rng.integers(len(members)))]: -1}
    border, order = list(parent), list[int]()
    while border:
        unit = border.pop(int(rng.integers(len(border))))
        order.append(unit)
        for near in graph[unit]:
            if near in whole and near not in parent:
                parent[near] = unit
                border.append(near)
    below: dict[int, set[int]] = {unit: {unit} for unit in order}
    for unit in reversed(order[1:]):
        below[parent[unit]] |= below[unit]
    return [(frozenset(below[unit]), whole - below[unit]) for unit in order[1:]]


def _annealed(
    parts: list[Group],
    clusters: tuple[int, int],
    graph: nx.Graph,
    costs: _Costs,
    rng: np.random.Generator,
    is_late: Callable[[], bool],
) -> list[Group]:
    """Merge two neighbours and split them again, many times; return the best arrangement met."""
    best, lowest = parts, sum(map(costs.of, parts))
    value, rounds = lowest, ROUNDS * len(graph)
    pairs = _pairs(parts, graph)
    for n in range(rounds):
        if not pairs or is_late() or len(costs.known) > MOST_MET:
            break
        one, two = pairs[int(rng.integers(len(pairs)))]
        options = _other_counts(_cuts(one | two, graph, rng), one, two, len(parts), clusters)
        priced = [sum(map(costs.of, option)) for option in options]
        at = int(np.argmin(priced))
        gain = priced[at] - costs.of(one) - costs.of(two)
        if gain > 0 and rng.random() >= np.exp(-gain / (WARMTH * (1 - n / rounds) + 1e-12)):
            continue
        parts = [part for part in parts if part not in (one, two)] + list(options[at])
        pairs, value = _pairs(parts, graph), value + gain
        if value < lowest - 1e-12:
            best, lowest = parts, value
    return best


def _other_counts(
    options: Sequence[tuple[Group, ...]], one: Group, two: Group, count: int, clusters: tuple[int, int]
) -> list[tuple[Group, ...]]:
    """Add the merged cluster as a whole, and three clusters, where their number may be another."""
    found: list[tuple[Group, ...]] = list(options)
    if count > clusters[0]:
        found.append((one | two,))
    if count < clusters[1]:
        for low, high in options:
            found += [(low, two, high - two)] if two < high and high - two == one - low else []
            found += [(low, one, high - one)] if one < high and high - one == two - low else []
    return found


def _descended(parts: list[Group], graph: nx.Graph, costs: _Costs, is_late: Callable[[], bool]) -> list[Group]:
    """Move single units over borders, and swap neighbours, while that is worth it."""
    better = True
    while better and not is_late() and len(costs.known) <= MOST_MET:
        better = False
        at = {unit: part for part in parts for unit in part}
        for unit, near in [pair for edge in sorted(graph.edges) for pair in (edge, edge[::-1])]:
            one, two = at[unit], at[near]
            if one == two or len(one) < 2:
                continue
            for left, joined in ((one - {unit}, two | {unit}), (one - {unit} | {near}, two - {near} | {unit})):
                if costs.of(left) + costs.of(joined) >= costs.of(one) + costs.of(two) - 1e-12:
                    continue
                if _in_one_piece(left, graph) and _in_one_piece(joined, graph):
                    parts = [part for part in parts if part not in (one, two)] + [left, joined]
                    at |= dict.fromkeys(left, left) | dict.fromkeys(joined, joined)
                    better = True
                    break
    return parts


def _in_one_piece(group: Group, graph: nx.Graph) -> bool:
    first = next(iter(group))
    met, border = {first}, [first]
    while border:
        for near in graph.adj[border.pop()]:
            if near in group and near not in met:
                met.add(near)
                border.append(near)
    return len(met) == len(group)
