"""Improve an arrangement: merge two clusters and split them again, then move single units."""

from __future__ import annotations

import random
from collections.abc import Callable

import networkx as nx
import numpy as np

from geoplan.planning.designing.searching.costs import Costs, Group
from geoplan.planning.designing.searching.trees import cut_tree, in_one_piece

__all__ = ["Improver"]

WARMTH = 0.002
"""How much worse, at the beginning, an arrangement may become on the way to a better one."""
NEAR = 0.004
"""How much worse than what it would replace a group may be that is kept as a candidate."""
FEW = 2000
"""Groups up to which every one that was priced is kept."""
RESIZED = 0.2
"""Share of the rounds in which a cluster is split, or two are merged, where their number may be another."""
TRIES = 50
WORTH = 1e-12


class Improver:
    """Improves arrangements under one weighting, and collects the groups met on the way.

    Parameters
    ----------
    graph
        Who borders whom.
    costs
        What groups cost.
    clusters
        Least and most clusters.
    lot
        Draws by lot.
    met
        The groups met, in the order met; filled here.
    most_met
        Groups that are collected at most.
    """

    def __init__(
        self,
        graph: nx.Graph,
        costs: Costs,
        clusters: tuple[int, int],
        lot: random.Random,
        met: dict[Group, None],
        most_met: int,
    ) -> None:
        self.graph, self.costs, self.clusters, self.lot = graph, costs, clusters, lot
        self.met, self.most_met = met, most_met
        self.edges = sorted(tuple(sorted(edge)) for edge in graph.edges)

    def annealed(self, parts: list[Group], rounds: int, is_late: Callable[[], bool]) -> list[Group]:
        """Merge and split clusters many times, with less and less that may become worse on the way.

        Parameters
        ----------
        parts
            An arrangement.
        rounds
            How many times.
        is_late
            Tells whether the time is up.

        Returns
        -------
        list of frozenset
            The best arrangement met.
        """
        best, value = parts, sum(map(self.costs.of, parts))
        lowest = value
        at = {unit: part for part in parts for unit in part}
        for n in range(rounds):
            if is_late():
                break
            old = self._drawn(parts, at)
            if old is None:
                continue
            new, gain = self._recombined(old, len(parts))
            if not new or (gain > 0 and self.lot.random() >= np.exp(-gain / (WARMTH * (1 - n / rounds) + 1e-12))):
                continue
            parts = [part for part in parts if part not in old] + new
            at |= {unit: part for part in new for unit in part}
            value += gain
            if value < lowest - WORTH:
                best, lowest = parts, value
        return best

    def _drawn(self, parts: list[Group], at: dict[int, Group]) -> tuple[Group, ...] | None:
        """Draw one cluster to be split, where there may be more of them, or two neighbours."""
        if len(parts) < self.clusters[1] and self.lot.random() < RESIZED:
            part = parts[int(self.lot.random() * len(parts))]
            return (part,) if len(part) > 1 else None
        for _ in range(TRIES):
            one, two = self.edges[int(self.lot.random() * len(self.edges))] if self.edges else (0, 0)
            if at[one] is not at[two]:
                return at[one], at[two]
        return None

    def _recombined(self, old: tuple[Group, ...], count: int) -> tuple[list[Group], float]:
        """Return the best other way to arrange the units of some clusters, and what it adds to the score."""
        whole = frozenset().union(*old)
        before = sum(map(self.costs.of, old))
        if len(old) == 2 and count > self.clusters[0] and self.lot.random() < RESIZED:
            self._collect([whole])
            return [whole], self.costs.of(whole) - before
        members, sides = cut_tree(whole, self.graph, self.lot)
        priced = self.costs.of_sides(members, np.concatenate([sides, 1 - sides]))
        gain = priced[: len(sides)] + priced[len(sides) :] - before
        held = np.asarray(members)
        most = np.inf if len(self.met) < FEW else NEAR if len(self.met) < self.most_met else -np.inf
        near = [int(n) for n in np.flatnonzero(gain < most)]
        self._collect([frozenset(held[row > 0].tolist()) for n in near for row in (sides[n], 1 - sides[n])])
        at = int(gain.argmin())
        low = frozenset(held[sides[at] > 0].tolist())
        self._collect([low, whole - low])
        return [low, whole - low], float(gain[at])

    def descended(self, parts: list[Group], is_late: Callable[[], bool]) -> list[Group]:
        """Move single units over borders, and swap neighbours, while that is worth it.

        Parameters
        ----------
        parts
            An arrangement.
        is_late
            Tells whether the time is up.

        Returns
        -------
        list of frozenset
            One that is no worse.
        """
        at = {unit: part for part in parts for unit in part}
        both_ways = [pair for edge in self.edges for pair in (edge, edge[::-1])]
        better = True
        while better and not is_late():
            better = sum(self._stepped(unit, near, at) for unit, near in both_ways if not is_late()) > 0
        return list(dict.fromkeys(at.values()))

    def _stepped(self, unit: int, near: int, at: dict[int, Group]) -> bool:
        """Move a unit to its neighbour's cluster, or swap the two, where that is worth it; tell whether it was."""
        one, two = at[unit], at[near]
        if one is two or len(one) < 2:
            return False
        before = self.costs.of(one) + self.costs.of(two) - WORTH
        for left, joined in ((one - {unit}, two | {unit}), (one - {unit} | {near}, two - {near} | {unit})):
            worth = self.costs.of(left) + self.costs.of(joined) < before
            if worth and in_one_piece(left, self.graph) and in_one_piece(joined, self.graph):
                self._collect([left, joined])
                at |= dict.fromkeys(left, left) | dict.fromkeys(joined, joined)
                return True
        return False

    def _collect(self, groups: list[Group]) -> None:
        self.met |= dict.fromkeys(groups)
