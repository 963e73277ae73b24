"""The terms that are weighed: what each choice adds to every objective, in amounts of the order of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from geoplan.planning.designing.asked import Objective
from geoplan.planning.designing.choosing.partition import Limit
from geoplan.planning.designing.measuring import Measures
from geoplan.planning.designing.posing import Posed
from geoplan.planning.designing.units import Units

__all__ = ["LITTLE", "Terms", "bounds_of_terms", "terms_of_choices", "terms_of_measures", "weighed_first"]

LITTLE = 0.02
"""What the other objectives count while one comes first: enough to choose between equals."""


class Terms:
    """What each choice adds to every objective, counted once for all that is sought among the choices.

    Parameters
    ----------
    posed
        The choices.
    objectives
        Those asked for.
    """

    def __init__(self, posed: Posed, objectives: Sequence[Objective]) -> None:
        self._choices, self._constant = terms_of_choices(posed, objectives, 1)
        self._count = len(posed.kept)

    def weighed(self, weights: Mapping[str, float], clusters: int) -> tuple[np.ndarray, float]:
        """Return what each choice costs under some weights, and what is added once.

        Parameters
        ----------
        weights
            Objective -> how much it counts.
        clusters
            How many there are, which balance depends on.

        Returns
        -------
        cost : numpy.ndarray
            Of each choice.
        once : float
            Added once.
        """
        nothing = np.zeros(self._count)
        cost = sum((weight * self._amount(name, clusters) for name, weight in weights.items()), nothing)
        return cost, sum(weight * self._constant[name] for name, weight in weights.items())

    def limits(self, most: Mapping[str, float], clusters: int) -> list[Limit]:
        """Return bounds on terms as bounds on the sums over choices.

        Parameters
        ----------
        most
            Objective -> what its term may not rise above.
        clusters
            As of `weighed`.

        Returns
        -------
        list of Limit
            One an objective.
        """
        return [Limit(self._amount(name, clusters), value - self._constant[name]) for name, value in most.items()]

    def _amount(self, name: str, clusters: int) -> np.ndarray:
        return self._choices[name] * clusters if name == "balance" else self._choices[name]


def terms_of_choices(
    posed: Posed, objectives: Sequence[Objective], clusters: int
) -> tuple[Mapping[str, np.ndarray], Mapping[str, float]]:
    """Return what each choice adds to the term of each objective, and what the term is without any.

    Parameters
    ----------
    posed
        The choices.
    objectives
        Those asked for.
    clusters
        How many clusters there are, which balance depends on.

    Returns
    -------
    choices : Mapping of str to numpy.ndarray
        Objective -> amount of each choice.
    constant : Mapping of str to float
        Objective -> what is added once.
    """
    units, found, group = posed.ground.units, posed.tally, posed.columns.group
    people, km = units.people.sum(), max(units.borders.sum() / 2, 1e-12)
    choices: dict[str, np.ndarray] = {}
    constant: dict[str, float] = {}
    for one in objectives:
        if one.name == "cut_people":
            amount, once = found.cut.sum(axis=1) / units.total(one.name), 0.0
        elif one.name == "self_containment":
            amount, once = -found.live_and_work / units.residents.sum(), 1.0
        elif one.name == "balance":
            of = found.need if one.of == "need" else found.people
            whole = units.need.sum() if one.of == "need" else people
            amount, once = clusters * (of / whole) ** 2, -1.0
        elif one.name == "compactness":
            amount, once = -found.border_km / km, units.borders.sum() / 2 / km
        else:
            amount, once = posed.columns.groups @ units.amounts(one.name) / units.total(one.name), 0.0
        choices[one.name] = amount[group] - (posed.kept / units.total(one.name) if one.name == "change" else 0.0)
        constant[one.name] = once
    return choices, constant


def bounds_of_terms(objectives: Sequence[Objective], units: Units) -> dict[str, float]:
    """Return what the terms of objectives may not rise above, by the limits of their measures.

    Parameters
    ----------
    objectives
        Those that have a limit.
    units
        The building units.

    Returns
    -------
    dict
        Objective -> largest term.
    """
    km = max(units.borders.sum() / 2, 1e-12)
    found: dict[str, float] = {}
    for one in objectives:
        assert one.limit is not None  # noqa: S101 - a rule is made of limits only
        terms = {
            "cut_people": one.limit / units.total("cut_people"),
            "self_containment": 1 - one.limit,
            "balance": one.limit**2,
            "change": one.limit / units.total("change"),
            "compactness": one.limit / km,
        }
        found[one.name] = float(terms[one.name])
    return found


def terms_of_measures(found: Measures, objectives: Sequence[Objective], units: Units) -> dict[str, float]:
    """Return the terms of an arrangement that has been measured.

    Parameters
    ----------
    found
        Its measures.
    objectives
        Those asked for.
    units
        The building units.

    Returns
    -------
    dict
        Objective -> term.
    """
    km = max(units.borders.sum() / 2, 1e-12)
    balances = {one.of for one in objectives if one.name == "balance"}
    spread = found.need_balance if "need" in balances else found.balance
    terms = {
        "cut_people": sum(found.cut_people.values()) / units.total("cut_people"),
        "self_containment": 1 - found.self_containment,
        "balance": (spread or 0.0) ** 2,
        "change": (found.change or 0.0) / units.total("change"),
        "compactness": found.border_km / km,
    }
    return {one.name: float(terms[one.name]) for one in objectives}


def weighed_first(name: str, weights: Mapping[str, float]) -> dict[str, float]:
    """Return weights under which one objective comes first.

    Parameters
    ----------
    name
        The objective.
    weights
        Of all of them, as asked for.

    Returns
    -------
    dict
        1 for it, `LITTLE` of its weight for each other.
    """
    return {other: 1.0 if other == name else LITTLE * weight for other, weight in weights.items()}
