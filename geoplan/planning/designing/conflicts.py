"""Which constraints contradict each other: what shows at once is tested first, the solver decides the rest."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np

from geoplan.planning.designing import front
from geoplan.planning.designing.posing import Ground, Posed, pose
from geoplan.planning.designing.rules import Rule, Ruled, ruled, smallest_conflict
from geoplan.planning.designing.searching import search

__all__ = ["Conflict", "conflict_of", "shows_at_once"]

FEW_GROUPS = 20_000
"""Candidates that are listed to see whether there is any arrangement at all."""
ALMOST = 1e-9
"""What rounding may add to a count."""
TRIAL_SECONDS = 5.0
"""What one trial may take of the time."""
ANYTHING = front.Wish("whatever keeps the rules", {})
MOST_SETS = 300
"""Smaller sets that are tried, so that the conflict is the smallest and not only one that cannot be made smaller."""


@dataclass(frozen=True)
class Conflict:
    """Constraints that cannot all be kept; without any one of them the others can, as far as the time told.

    Parameters
    ----------
    rules
        In words; empty where there is no arrangement whatever the constraints.
    proved
        False where no arrangement was found in the time that keeps all of them, though there may be one.
    """

    rules: tuple[str, ...]
    proved: bool = True

    @property
    def message(self) -> str:
        """All of it in a sentence."""
        if not self.rules:
            return "There is no arrangement of so many clusters, whatever the constraints."
        listed = "; ".join(self.rules)
        if self.proved:
            return f"No arrangement keeps all of: {listed}."
        return f"No arrangement was found that keeps all of these, which may contradict each other: {listed}."


def conflict_of(
    ground: Ground,
    rules: Sequence[Rule],
    clusters: tuple[int, int],
    *,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> Conflict | None:
    """Name constraints that cannot all be kept.

    Parameters
    ----------
    ground
        The building units.
    rules
        Every constraint.
    clusters
        Least and most clusters.
    seconds
        Time to spend.
    clock
        Tells the time in seconds.

    Returns
    -------
    Conflict or None
        None where an arrangement keeps all, or where the time told nothing of any constraint. The rules are a set of
        which none is known to be needless; where counting proves it, smaller sets are looked for, but not all.
    """
    trials = _Trials(ground, clusters, clock() + seconds, clock)
    if shows_at_once(ground, rules, clusters):
        core = smallest_conflict(rules, lambda some: not shows_at_once(ground, some, clusters))
        few = _fewest(ground, rules, clusters, core)
        # Only what is proved may leave a rule out: a trial that told nothing does not.
        return _told(smallest_conflict(few, lambda some: trials.outcome(some) is not False), proved=True)
    if trials.may_be(rules):
        return None
    core = smallest_conflict(rules, trials.may_be)
    proved = trials.outcome(core) is False
    return _told(core, proved=proved) if core or proved else None


def _told(core: Sequence[Rule], *, proved: bool) -> Conflict:
    return Conflict(tuple(rule.words for rule in core), proved)


def _fewest(ground: Ground, rules: Sequence[Rule], clusters: tuple[int, int], core: Sequence[Rule]) -> Sequence[Rule]:
    """Return a smaller set that shows at once to be impossible, where one is found by trying the smaller sets."""
    smaller = (some for size in range(1, len(core)) for some in itertools.combinations(rules, size))
    for some in itertools.islice(smaller, MOST_SETS):
        if shows_at_once(ground, some, clusters):
            return some
    return core


class _Trials:
    """Tells of sets of rules whether an arrangement keeps them; what is known of one set settles others."""

    def __init__(self, ground: Ground, clusters: tuple[int, int], until: float, clock: Callable[[], float]) -> None:
        self.ground, self.clusters, self.until, self.clock = ground, clusters, until, clock
        self.known: list[tuple[frozenset[int], bool | None]] = []

    def may_be(self, some: Sequence[Rule]) -> bool:
        """Tell whether an arrangement is known that keeps some rules."""
        return self.outcome(some) is True

    def outcome(self, some: Sequence[Rule]) -> bool | None:
        """Tell whether an arrangement keeps some rules; None where the time did not tell."""
        asked = frozenset(map(id, some))
        for others, outcome in self.known:
            if (outcome is True and asked <= others) or (outcome is False and asked >= others) or asked == others:
                return outcome
        found = False if shows_at_once(self.ground, some, self.clusters) else self._tried(some)
        self.known.append((asked, found))
        return found

    def _tried(self, some: Sequence[Rule]) -> bool | None:
        seconds = min(TRIAL_SECONDS, self.until - self.clock())
        if seconds <= 0:
            return None
        bounds = ruled(list(some)).bounds
        named = any(one.name == "change" for one in bounds)
        posed = pose(self.ground, some, named=named, most_groups=FEW_GROUPS)
        if posed is None:
            return False
        found = self._solved(posed, seconds)
        if found or posed.members is None:
            return found
        # The listed candidates prove nothing of larger clusters; an arrangement that the search meets does.
        seconds = max(min(TRIAL_SECONDS, self.until - self.clock()), 0.0)
        met = search.searched(posed, bounds, self.clusters, named=named, seed=1, seconds=seconds)
        return self._solved(met, max(min(TRIAL_SECONDS, self.until - self.clock()), 0.1)) or None

    def _solved(self, posed: Posed, seconds: float) -> bool | None:
        """Tell whether some of the candidates make an arrangement that keeps the rules, limits among them."""
        found = front.best(posed, self.ground, posed.rules.bounds, ANYTHING, self.clusters, seconds=seconds)
        return True if isinstance(found, front.Alternative) else None if found is None else False


def shows_at_once(ground: Ground, rules: Iterable[Rule], clusters: tuple[int, int]) -> bool:
    """Tell whether counting alone shows that no arrangement keeps some rules.

    Parameters
    ----------
    ground
        The building units.
    rules
        Some constraints.
    clusters
        Least and most clusters.

    Returns
    -------
    bool
        True only where it is certain; False says nothing.

    Notes
    -----
    A cluster is connected by borders between units that need not be apart. So it lies within one piece of what these
    borders join; every piece has clusters of its own, as many as its people and members need and allow.
    """
    said = ruled(list(rules))
    if said.broken:
        return True
    count = len(ground.units)
    bound = nx.Graph()
    bound.add_nodes_from(range(count))
    for members in (*said.together, *_of_one_area(said)):
        nx.add_path(bound, members)
    sets = [sorted(members) for members in nx.connected_components(bound)]
    of = np.empty(count, dtype=int)
    for n, members in enumerate(sets):
        of[members] = n
    areas = {(int(of[unit]), area) for unit, area in said.fixed.items()}
    if len(areas) > len({one for one, _ in areas}) or any(of[one] == of[two] for one, two in said.apart):
        return True
    return _miscounted(ground, said, sets, clusters)


def _of_one_area(said: Ruled) -> list[list[int]]:
    """Return units that are fixed to one area, and so in one cluster."""
    return [[unit for unit, area in said.fixed.items() if area == one] for one in sorted(set(said.fixed.values()))]


def _miscounted(ground: Ground, said: Ruled, sets: Sequence[Sequence[int]], clusters: tuple[int, int]) -> bool:
    """Tell whether sets that stay together fit no cluster, or the pieces of the ground need too many or too few."""
    people, most_members = ground.units.people, said.most_members or len(ground.units)
    if any(people[members].sum() > said.most_people or len(members) > most_members for members in sets):
        return True
    apart = {frozenset(pair) for pair in said.apart}
    borders = nx.Graph()
    borders.add_nodes_from(range(len(ground.units)))
    borders.add_edges_from(pair for pair in ground.units.graph.edges if frozenset(pair) not in apart)
    pieces = [sorted(piece) for piece in nx.connected_components(borders)]
    piece_of = {unit: n for n, piece in enumerate(pieces) for unit in piece}
    if any(len({piece_of[unit] for unit in members}) > 1 for members in sets):
        return True
    starts = [piece_of[members[0]] for members in sets]
    needed = allowed = 0
    for n, piece in enumerate(pieces):
        here = float(people[piece].sum())
        if here < said.least_people:
            return True
        by_people = math.ceil(here / said.most_people - ALMOST) if np.isfinite(said.most_people) else 1
        needed += max(by_people, math.ceil(len(piece) / most_members), 1)
        most = math.floor(here / said.least_people + ALMOST) if said.least_people > 0 else len(piece)
        allowed += min(most, starts.count(n))
    return needed > clusters[1] or allowed < clusters[0]
