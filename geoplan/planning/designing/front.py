"""Several clearly different arrangements, none of them worse than another in everything that is weighed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array

from geoplan.planning.designing.asked import Objective
from geoplan.planning.designing.choosing.candidates import groups_matrix
from geoplan.planning.designing.choosing.partition import Limit, solve
from geoplan.planning.designing.measuring import Measures, matched, measured
from geoplan.planning.designing.posing import Ground, Posed
from geoplan.planning.designing.scoring import LITTLE, Terms, bounds_of_terms, terms_of_measures, weighed_first
from geoplan.spreading.spread import spread

__all__ = ["DIFFERENT", "Alternative", "Wish", "alternatives", "best", "placed_otherwise"]

DIFFERENT = 0.1
"""Share of people placed otherwise from which two arrangements are clearly different."""
ROUNDING = 1e-9
SHARE_OF_TIME = 0.3
"""Of the time left, what one arrangement may take."""
TENTHS = (0.5, 0.25, 0.75)
"""How far between the best and today's value an objective is held, to find what lies between."""
NO_WORSE = "no worse than today in what is weighed, change aside"


@dataclass(frozen=True)
class Wish:
    """What one arrangement is sought for.

    Parameters
    ----------
    name
        For readers.
    weights
        Objective -> how much it counts.
    most
        Objective -> what its term may not rise above.
    """

    name: str
    weights: Mapping[str, float]
    most: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Alternative:
    """An arrangement that was found.

    Parameters
    ----------
    wish
        What it was sought for.
    labels
        Number of the cluster of each building unit.
    measures
        Of the arrangement.
    score, bound
        The weighted sum of its terms, and what no arrangement of the candidates can fall below; where a search found
        them, what no arrangement whatever can.
    """

    wish: Wish
    labels: np.ndarray
    measures: Measures
    score: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the score may be above the best, as a share of it; 0 where it is the best."""
        above = self.score - self.bound
        return 0.0 if above <= ROUNDING else float(above / max(abs(self.score), ROUNDING))

    @property
    def optimal(self) -> bool:
        """Whether it is proved that no arrangement of the candidates scores better."""
        return self.gap == 0.0


def best(
    posed: Posed,
    ground: Ground,
    objectives: Sequence[Objective],
    wish: Wish,
    clusters: tuple[int, int],
    *,
    unlike: Sequence[np.ndarray] = (),
    seconds: float = 60.0,
) -> Alternative | bool | None:
    """Find the best arrangement for one wish.

    Parameters
    ----------
    posed
        The choices.
    ground
        The building units.
    objectives
        Those asked for.
    wish
        Weights and bounds.
    clusters
        Least and most clusters.
    unlike
        Arrangements (cluster of each unit) from which a tenth of the people are to be placed otherwise.
    seconds
        Time to spend.

    Returns
    -------
    Alternative, bool or None
        False where it is proved that there is none, None where none was found in the time. The bound is that of all
        arrangements, be they like others or not.
    """
    return _Seeker(posed, ground, objectives, clusters).best(wish, unlike, seconds)


class _Seeker:
    """Grants wishes; what was learned by one is kept for the next."""

    def __init__(
        self, posed: Posed, ground: Ground, objectives: Sequence[Objective], clusters: tuple[int, int]
    ) -> None:
        self.posed, self.ground, self.clusters = posed, ground, clusters
        self.terms = Terms(posed, objectives)
        self.limits = bounds_of_terms(posed.rules.bounds, ground.units)
        self.pool = posed.start
        self.known = [posed.start, *posed.known]
        self.granted: dict[tuple[object, ...], Alternative | bool | None] = {}

    def grant(self, wishes: Sequence[Wish], seconds: float) -> None:
        """Find the best arrangements for some wishes, each by itself from what is known so far, and in its own time."""
        new = list({_key(wish): wish for wish in wishes if _key(wish) not in self.granted}.values())
        for wish, (made, pool, chosen) in zip(
            new, spread(_alone, [(wish, seconds) for wish in new], self), strict=True
        ):
            self.granted[_key(wish)], self.pool = made, pool
            self.known += chosen

    def best(self, wish: Wish, unlike: Sequence[np.ndarray], seconds: float) -> Alternative | bool | None:
        """Find the best arrangement for a wish; where it is like others, the best that is told from them."""
        if _key(wish) not in self.granted:
            self.grant([wish], seconds / 2 if unlike else seconds)
        alone = self.granted[_key(wish)]
        if not isinstance(alone, Alternative) or _differs(alone.labels, unlike, self.ground):
            return replace(alone, wish=wish) if isinstance(alone, Alternative) else alone
        made = self.solved(wish, [_unlike(self.posed, other) for other in unlike], seconds / 2)
        return replace(made, bound=alone.bound) if isinstance(made, Alternative) else None

    def solved(self, wish: Wish, unlike: Sequence[Limit], seconds: float) -> Alternative | bool | None:
        """Find the best arrangement for a wish, unlike others by so many limits, and keep what was learned by it."""
        posed = self.posed
        most = self.limits | {name: min(most, self.limits.get(name, np.inf)) for name, most in wish.most.items()}
        balanced = wish.weights.get("balance") or "balance" in most
        counts = range(self.clusters[0], self.clusters[1] + 1) if balanced else [0]
        found: tuple[float, np.ndarray] | None = None
        bounds, is_open = [], posed.floors is not None
        for count in counts:
            cost, once = self.terms.weighed(wish.weights, count)
            limits = [*self.terms.limits(most, count), *unlike]
            answer = solve(
                posed.columns,
                cost,
                (count, count) if count else self.clusters,
                limits=limits,
                starts=[self.pool, *self.known],
                seconds=seconds / len(counts),
                ceiling=np.inf if found is None else found[0] - once,
            )
            self.pool = answer.pool if len(answer.pool) else self.pool
            is_open |= answer.feasible is None
            bounds.append(answer.bound + once)
            if answer.feasible and (found is None or answer.value + once < found[0] - ROUNDING):
                found = answer.value + once, answer.chosen
        if found is None:
            return None if is_open else False
        self.known.append(found[1])
        if posed.floors is not None:
            bounds = [sum(weight * posed.floors[name] for name, weight in wish.weights.items())]
        labels = posed.labels(found[1])
        measures = measured(labels, self.ground.units, self.ground.layers, self.ground.today, posed.fixed)
        return Alternative(wish, labels, measures, found[0], min(found[0], *bounds, np.inf))


Learned = tuple[Alternative | bool | None, np.ndarray, list[np.ndarray]]


def _key(wish: Wish) -> tuple[object, ...]:
    return (*sorted(wish.weights.items()), None, *sorted(wish.most.items()))


def _alone(seeker: _Seeker, task: tuple[Wish, float]) -> Learned:
    """Grant one wish from what a seeker knows; return what was learned by it."""
    own = copy(seeker)
    own.known = list(seeker.known)
    made = own.solved(task[0], (), task[1])
    return made, own.pool, own.known[len(seeker.known) :]


def _differs(labels: np.ndarray, others: Sequence[np.ndarray], ground: Ground) -> bool:
    people = ground.units.people
    return all(placed_otherwise(labels, other, people) >= DIFFERENT - ROUNDING for other in others)


def _unlike(posed: Posed, labels: np.ndarray) -> Limit:
    """Bound the people who could be said to stay with their cluster of another arrangement."""
    units = posed.ground.units
    joined = np.full(len(units), -1)
    joined[posed.place] = labels
    others = csr_array((units.people, (np.arange(len(units)), joined)), shape=(len(units), int(labels.max()) + 1))
    shared = csr_array(posed.columns.groups @ others).max(axis=1)
    kept = np.asarray(shared.todense()).ravel() / units.people.sum()
    return Limit(kept[posed.columns.group], 1 - DIFFERENT)


def placed_otherwise(one: np.ndarray, two: np.ndarray, people: np.ndarray) -> float:
    """Return the share of people who are in another cluster, clusters matched so that it is least."""
    rows = [np.flatnonzero(one == label).tolist() for label in np.unique(one)]
    shared = groups_matrix(rows, len(one)) @ (np.eye(int(two.max()) + 1)[two] * people[:, None])
    place = matched(shared)
    return float(1 - shared[place >= 0, place[place >= 0]].sum() / people.sum())


def alternatives(
    posed: Posed,
    ground: Ground,
    objectives: Sequence[Objective],
    clusters: tuple[int, int],
    *,
    wanted: int,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    told: Callable[[str], None] = lambda _: None,
) -> list[Alternative]:
    """Find several clearly different arrangements.

    Parameters
    ----------
    posed
        The choices.
    ground
        The building units.
    objectives
        Those asked for, with their weights.
    clusters
        Least and most clusters.
    wanted
        How many arrangements.
    seconds
        Time for all of them.
    clock
        Tells the time in seconds.
    told
        Called with what is sought next.

    Returns
    -------
    list of Alternative
        The first is the best as weighted. Between any two at least a tenth of the people are placed otherwise, and
        none is at least as good as another in every objective and better in one.
    """
    until = clock() + seconds
    found: list[Alternative] = []
    seeker = _Seeker(posed, ground, objectives, clusters)
    for round_ in (_first_wishes, _further_wishes):
        wishes = list(round_(ground, objectives, found))
        while wishes:
            # As many as are sought in any case; the first alone, because all others begin from what it needed.
            count = wanted - len(found) if seeker.granted else 1
            together, wishes = wishes[:count], wishes[count:]
            if seeker.granted and (count <= 0 or clock() >= until):
                return found
            seeker.grant([wish for wish, _ in together], max(until - clock(), 0.0) * _part_each(len(together)))
            for wish, apart in together:
                told(wish.name)
                unlike = [one.labels for one in found] if apart else []
                made = seeker.best(wish, unlike, max(until - clock(), 0.0) * SHARE_OF_TIME)
                if isinstance(made, Alternative):
                    found = _with(made, found, objectives, ground)
    return found


def _part_each(count: int) -> float:
    """Return which part of the time left each of some arrangements may take, where one after another has its share."""
    return (1 - (1 - SHARE_OF_TIME) ** count) / count


def _first_wishes(
    ground: Ground, objectives: Sequence[Objective], _: Sequence[Alternative]
) -> Iterator[tuple[Wish, bool]]:
    """Seek what was asked for, what is no worse than today in anything, and the best of each objective."""
    asked = {one.name: one.weight for one in objectives}
    yield Wish("as weighted", asked), False
    today = _today_terms(ground, objectives)
    if today and len(today) > 1:
        yield Wish(NO_WORSE, asked, {n: t for n, t in today.items() if n != "change"}), True
    for one in objectives:
        if len(objectives) > 1 and one.name != "change":
            yield Wish(f"{one.called} first", weighed_first(one.name, asked)), False


def _further_wishes(
    ground: Ground, objectives: Sequence[Objective], found: Sequence[Alternative]
) -> Iterator[tuple[Wish, bool]]:
    """Seek what lies between the best of an objective and today, and what is unlike all that is known."""
    asked = {one.name: one.weight for one in objectives}
    today = _today_terms(ground, objectives)
    best_terms = [_terms(each, objectives, ground) for each in found]
    for tenth in TENTHS:
        for one in objectives:
            if one.name == "change" or not today or not best_terms:
                continue
            low = min(terms[one.name] for terms in best_terms)
            if low < today[one.name]:
                held = {one.name: low + tenth * (today[one.name] - low)}
                name = f"{one.called}, {1 - tenth:.0%} of the way from today to the best found"
                yield Wish(name, _without(one.name, asked), held), False
    yield Wish("as weighted, arranged otherwise", asked), True
    for one in objectives:
        if len(objectives) > 1:
            yield Wish(f"{one.called} first, arranged otherwise", weighed_first(one.name, asked)), True


def _without(name: str, asked: Mapping[str, float]) -> dict[str, float]:
    return {other: LITTLE * weight if other == name else weight for other, weight in asked.items()}


def _today_terms(ground: Ground, objectives: Sequence[Objective]) -> dict[str, float]:
    if ground.today is None:
        return {}
    today = measured(ground.today.home, ground.units, ground.layers, ground.today)
    return terms_of_measures(today, objectives, ground.units)


def _with(
    made: Alternative, found: list[Alternative], objectives: Sequence[Objective], ground: Ground
) -> list[Alternative]:
    """Add an arrangement that differs from all that are known and that none beats; leave out what it beats.

    The first stays first: what beats it is what was asked for.
    """
    here = _terms(made, objectives, ground)
    beaten = [one for one in found if _beats(here, _terms(one, objectives, ground))]
    others = [one for one in found if one not in beaten]
    if found and found[0] in beaten:
        asked = found[0].wish
        score = sum(weight * here[name] for name, weight in asked.weights.items())
        made = replace(made, wish=asked, score=score, bound=min(found[0].bound, score))
        others = [one for one in others if _differs(made.labels, [one.labels], ground)]
        return [made, *others]
    if any(_beats(_terms(other, objectives, ground), here) for other in others):
        return found
    return [*others, made] if _differs(made.labels, [one.labels for one in others], ground) else found


def _terms(made: Alternative, objectives: Sequence[Objective], ground: Ground) -> dict[str, float]:
    return terms_of_measures(made.measures, objectives, ground.units)


def _beats(one: Mapping[str, float], two: Mapping[str, float]) -> bool:
    """Tell whether terms are nowhere worse than others, and better somewhere."""
    nowhere_worse = all(one[name] <= two[name] + ROUNDING for name in one)
    return nowhere_worse and any(one[name] < two[name] - ROUNDING for name in one)
