"""What groups of units add to a weighted score, many at a time, and the price of the rules they break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from geoplan.planning.designing.asked import Objective
from geoplan.planning.designing.measuring import WHOLE
from geoplan.planning.designing.posing import Ground
from geoplan.planning.designing.rules import Ruled

__all__ = ["BROKEN", "Costs", "Group"]

BROKEN = 10.0
"""Price of breaking a rule, above what any arrangement costs."""
Group = frozenset[int]


class Costs:
    """What groups cost under the weights that are chosen.

    Parameters
    ----------
    ground
        Units joined where they stay together.
    rules
        What every arrangement keeps, of those units.
    objectives
        Those asked for.
    clusters
        How many there are about, which balance depends on.
    """

    def __init__(self, ground: Ground, rules: Ruled, objectives: Sequence[Objective], clusters: int) -> None:
        self.units, self.rules, self.clusters = ground.units, rules, clusters
        self.today = ground.today.amounts if ground.today else np.zeros((len(ground.units), 1))
        self.layers = [(held.people, WHOLE * held.whole, held.counted) for held in ground.layers]
        self.trips, self.borders = ground.units.trips.toarray(), ground.units.borders.toarray()
        of_need = any(one.name == "balance" and one.of == "need" for one in objectives)
        self.shared = ground.units.need if of_need else ground.units.people
        self.apart = np.zeros(self.trips.shape)
        for one, two in rules.apart:
            self.apart[one, two] = 1.0
        self._weights: Mapping[str, float] = {}
        self._known: dict[Group, float] = {}

    def weigh(self, weights: Mapping[str, float]) -> None:
        """Choose what counts how much.

        Parameters
        ----------
        weights
            Objective -> weight.
        """
        self._weights = {name: weight for name, weight in weights.items() if weight}
        self._known = {}

    def of(self, group: Group) -> float:
        """Return what a group costs.

        Parameters
        ----------
        group
            Positions of units.

        Returns
        -------
        float
            Its part of the weighted score, and the price of the rules it breaks.
        """
        if group not in self._known:
            members = sorted(group)
            self._known[group] = float(self.of_sides(members, np.ones((1, len(members))))[0])
        return self._known[group]

    def of_sides(self, members: Sequence[int], sides: np.ndarray) -> np.ndarray:
        """Return what several groups of the same units cost.

        Parameters
        ----------
        members
            Positions of units.
        sides
            Groups x members: one where the group has the unit, else nought.

        Returns
        -------
        numpy.ndarray
            One cost a group.
        """
        at = np.asarray(members)
        people = sides @ self.units.people[at]
        priced: np.ndarray = BROKEN * self._broken(at, sides, people)
        for name, weight in self._weights.items():
            priced += weight * getattr(self, f"_{name}")(at, sides, people)
        return priced

    def breaks(self, group: Group) -> bool:
        """Tell whether a group breaks a rule.

        Parameters
        ----------
        group
            Positions of units.

        Returns
        -------
        bool
            Whatever the weights.
        """
        at = np.array(sorted(group))
        return bool(self._broken(at, np.ones((1, len(at))), self.units.people[at].sum(keepdims=True))[0])

    def _cut_people(self, at: np.ndarray, sides: np.ndarray, people: np.ndarray) -> np.ndarray:
        found = np.zeros(len(sides))
        for held, whole, counted in self.layers:
            here = held[at]
            met = here.any(axis=0)
            pieces = sides @ here[:, met]
            amounts = pieces if counted is None else sides @ counted[at][:, met]
            found += np.where((pieces < WHOLE * people[:, None]) & (pieces < whole[met]), amounts, 0.0).sum(axis=1)
        return found / self.units.total("cut_people")

    def _self_containment(self, at: np.ndarray, sides: np.ndarray, _: np.ndarray) -> np.ndarray:
        return -_inside(self.trips, at, sides) / float(self.units.residents.sum())

    def _compactness(self, at: np.ndarray, sides: np.ndarray, _: np.ndarray) -> np.ndarray:
        return -_inside(self.borders, at, sides) / max(float(self.borders.sum()), 1e-12)

    def _balance(self, at: np.ndarray, sides: np.ndarray, _: np.ndarray) -> np.ndarray:
        return self.clusters * (sides @ self.shared[at] / float(self.shared.sum())) ** 2

    def _change(self, at: np.ndarray, sides: np.ndarray, _: np.ndarray) -> np.ndarray:
        # Today's largest area stands for the one the group succeeds; the partition settles it.
        return -(sides @ self.today[at]).max(axis=1) / self.units.total("change")

    def _broken(self, at: np.ndarray, sides: np.ndarray, people: np.ndarray) -> np.ndarray:
        rules, mean = self.rules, float(self.units.people.sum()) / self.clusters
        found: np.ndarray = np.maximum(rules.least_people - people, 0.0) / mean
        if np.isfinite(rules.most_people):
            found += np.maximum(people - rules.most_people, 0.0) / mean
        if rules.most_members is not None:
            found += np.maximum(sides @ self.units.members[at] - rules.most_members, 0)
        if rules.apart:
            found += _inside(self.apart, at, sides)
        for together in rules.together:
            held = sides @ np.isin(at, together)
            found += (held > 0) & (held < len(together))
        return found


def _inside(matrix: np.ndarray, at: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """Return the sum of a matrix over each group's own rows and columns."""
    found: np.ndarray = ((sides @ matrix[np.ix_(at, at)]) * sides).sum(axis=1)
    return found
