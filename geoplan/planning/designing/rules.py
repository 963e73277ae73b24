"""Constraints as rules in words: what they make of the units, and the smallest set that contradict each other."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array

from geoplan.planning.designing.asked import Objective
from geoplan.planning.designing.measuring import WHOLE, inside
from geoplan.planning.designing.units import Held, Units

__all__ = [
    "Rule",
    "Ruled",
    "apart",
    "at_least",
    "at_most",
    "bounded",
    "fixed",
    "leads",
    "members_at_most",
    "nested",
    "ruled",
    "smallest_conflict",
    "together",
]


@dataclass(frozen=True, eq=False)
class Ruled:
    """What some rules leave of the choices.

    Parameters
    ----------
    together, apart
        Positions of units that share a cluster, and pairs that do not.
    fixed
        Unit -> area of today.
    least_people, most_people, most_members
        Of a cluster; members are building units, be they joined or not, None where they have no limit.
    bounds
        Objectives whose limits hold for the whole arrangement.
    broken
        Whether a rule cannot be kept by itself.
    """

    together: tuple[tuple[int, ...], ...] = ()
    apart: tuple[tuple[int, int], ...] = ()
    fixed: Mapping[int, int] = field(default_factory=dict)
    least_people: float = 0.0
    most_people: float = np.inf
    most_members: int | None = None
    bounds: tuple[Objective, ...] = ()
    broken: bool = False

    def keeps(self, groups: csr_array, units: Units) -> np.ndarray:
        """Tell which groups (groups x units) the rules allow, whatever they were listed by."""
        people = groups @ units.people
        good: np.ndarray = (people >= self.least_people) & (people <= self.most_people)
        if self.most_members is not None:
            good &= groups @ units.members <= self.most_members
        count = groups.shape[1]
        for members in self.together:
            held = groups @ np.isin(np.arange(count), members).astype(float)
            good &= (held == 0) | (held == len(members))
        if self.apart:
            one, two = np.array(self.apart).T
            barred = csr_array((np.ones(len(one)), (one, two)), shape=(count, count))
            good &= inside(groups, barred) == 0
        return good


@dataclass(frozen=True, eq=False)
class Rule:
    """One constraint.

    Parameters
    ----------
    words
        The constraint as a user would say it.
    apply
        Returns what the rules say with this one added.
    """

    words: str
    apply: Callable[[Ruled], Ruled]


def ruled(rules: Sequence[Rule]) -> Ruled:
    """Gather what rules say."""
    return functools.reduce(lambda said, rule: rule.apply(said), rules, Ruled())


def together(members: tuple[int, ...], names: Sequence[str]) -> Rule:
    """Keep units in one cluster."""
    return Rule(
        f"keep together {_names(members, names)}", lambda said: replace(said, together=(*said.together, members))
    )


def leads(members: tuple[int, ...], names: Sequence[str]) -> Rule:
    """Let each of some units lead a cluster of its own, so that no two of them are in one."""
    return replace(apart(members, names), words=f"{_names(members, names)} each lead a cluster")


def apart(members: tuple[int, ...], names: Sequence[str]) -> Rule:
    """Keep units in clusters of their own, no two of them in one."""
    pairs = list(itertools.combinations(members, 2))
    return Rule(f"keep apart {_names(members, names)}", lambda said: replace(said, apart=(*said.apart, *pairs)))


def fixed(unit: int, area: int, names: Sequence[str], areas: Sequence[str]) -> Rule:
    """Let the cluster of a unit succeed an area of today."""

    def apply(said: Ruled) -> Ruled:
        broken = said.broken or said.fixed.get(unit, area) != area
        return replace(said, fixed={unit: area, **said.fixed}, broken=broken)

    return Rule(f"{names[unit]} is in {areas[area]}", apply)


def at_least(people: float) -> Rule:
    """Let no cluster have fewer people."""
    return Rule(f"at least {people:,.0f} people in a cluster", lambda said: replace(said, least_people=people))


def at_most(people: float) -> Rule:
    """Let no cluster have more people."""
    return Rule(f"at most {people:,.0f} people in a cluster", lambda said: replace(said, most_people=people))


def members_at_most(count: int) -> Rule:
    """Let no cluster have more units."""
    return Rule(f"at most {count} units in a cluster", lambda said: replace(said, most_members=count))


def bounded(objective: Objective) -> Rule:
    """Let no arrangement pass the limit of an objective."""
    side = "at least" if objective.name == "self_containment" else "at most"
    unit = " km" if objective.name == "compactness" else ""
    words = f"{objective.called} {side} {objective.limit:,.10g}{unit}"
    return Rule(words, lambda said: replace(said, bounds=(*said.bounds, objective)))


def nested(held: Held, units: Units) -> Rule:
    """Let every cluster lie in one area of a layer; no cluster is partly outside it either."""
    share = held.people / units.people[:, None]
    area = np.where(share.max(axis=1) >= WHOLE, share.argmax(axis=1), -1)
    outside = share.sum(axis=1) < 1 - WHOLE
    area[outside] = len(held.codes)
    torn = [units.names[n] for n in np.flatnonzero(area < 0)]
    one, two = np.nonzero(np.triu(area[:, None] != area[None, :]))
    pairs = list(zip(one.tolist(), two.tolist(), strict=True))

    def apply(said: Ruled) -> Ruled:
        return replace(said, apart=(*said.apart, *pairs), broken=said.broken or bool(torn))

    why = f", though {', '.join(torn[:3])} {'lies' if len(torn) == 1 else 'lie'} in several of them" if torn else ""
    return Rule(f"each cluster lies in one area of {held.title}{why}", apply)


def _names(members: Sequence[int], names: Sequence[str]) -> str:
    return ", ".join(names[n] for n in members[:-1]) + f" and {names[members[-1]]}"


def smallest_conflict(rules: Sequence[Rule], feasible: Callable[[Sequence[Rule]], bool]) -> list[Rule]:
    """Find rules that cannot all be kept, none of which can be left out of the contradiction.

    Parameters
    ----------
    rules
        All together they cannot be kept.
    feasible
        Tells whether some rules can be kept; a set within one that can be kept can be kept too.

    Returns
    -------
    list of Rule
        In the order given. Empty where even no rule at all cannot be kept.

    Notes
    -----
    QuickXplain (Junker 2004): halves the rules again and again, so that few trials are needed for a small conflict
    among many rules.
    """
    if not feasible([]):
        return []
    found = _explain([], list(rules), feasible, tested=False)
    return [rule for rule in rules if rule in found]


def _explain(
    kept: list[Rule], rules: list[Rule], feasible: Callable[[Sequence[Rule]], bool], *, tested: bool
) -> list[Rule]:
    if tested and not feasible(kept):
        return []
    if len(rules) == 1:
        return rules
    half = len(rules) // 2
    one, two = rules[:half], rules[half:]
    later = _explain(kept + one, two, feasible, tested=True)
    earlier = _explain(kept + later, one, feasible, tested=bool(later))
    return earlier + later
