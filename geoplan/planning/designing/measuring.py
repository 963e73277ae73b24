"""What groups of units add to each measure, and the measures of a whole arrangement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array

from geoplan.planning.designing.choosing.candidates import groups_matrix
from geoplan.planning.designing.units import Held, Units

__all__ = [
    "Fixed",
    "Measures",
    "Tally",
    "coefficient_of_variation",
    "cut_people",
    "inside",
    "matched",
    "measured",
    "successors",
    "tally",
]

CHUNK = 50_000
Fixed = Sequence[tuple[int, int]]
"""Positions of units, or of groups of them, that succeed a certain area of today, each with that area's."""
WHOLE = 1 - 1e-9
"""Share from which a piece is the whole of an area."""


@dataclass(frozen=True, eq=False)
class Tally:
    """What each group of units adds, one row a group.

    Parameters
    ----------
    people, need
        Of the group; need is NaN where not known.
    cut
        Groups x layers: those counted of its people in cut pieces against each layer.
    live_and_work
        Workers who live and work in it.
    border_km
        Border between its units.
    """

    people: np.ndarray
    need: np.ndarray
    cut: np.ndarray
    live_and_work: np.ndarray
    border_km: np.ndarray


@dataclass(frozen=True)
class Measures:
    """The measures of an arrangement (docs/method/planning.md).

    Parameters
    ----------
    areas
        How many areas it has.
    cut_people
        Layer -> people in cut pieces, of those whom the objective counts.
    self_containment
        Share of workers, 0 to 1, who live and work in one area.
    weakest_containment
        The lower of an area's supply-side and demand-side self-containment, mean weighted by people.
    balance
        Coefficient of variation of the areas' people.
    need_balance
        The same of people out of work; None where not known.
    change
        People whose area is another than today's, of those whom the objective counts; None without an arrangement of
        today.
    border_km
        Border between areas.
    in_pieces
        Areas that are not connected.
    """

    areas: int
    cut_people: dict[str, float]
    self_containment: float
    weakest_containment: float
    balance: float
    need_balance: float | None
    change: float | None
    border_km: float
    in_pieces: int


def cut_people(groups: csr_array, held: Held, people: np.ndarray) -> np.ndarray:
    """Return the people of each group in cut pieces against a layer, of those who are counted.

    Parameters
    ----------
    groups
        Groups x units, of ones.
    held
        People of units by area of the layer.
    people
        Of each group.

    Returns
    -------
    numpy.ndarray
        One sum a group. A piece is cut when neither the group nor the area holds the other (method, section 1), by
        people whoever is counted.
    """
    pieces = csr_array(groups @ csr_array(held.people))
    pieces.sum_duplicates()
    own = np.repeat(people, np.diff(pieces.indptr))
    other = held.whole[pieces.indices]
    cut = (pieces.data < WHOLE * own) & (pieces.data < WHOLE * other)
    if held.counted is None:
        pieces.data = np.where(cut, pieces.data, 0.0)
        return np.asarray(pieces.sum(axis=1)).ravel()
    pieces.data = np.where(cut, 1.0, 0.0)
    return np.asarray(pieces.multiply(groups @ csr_array(held.counted)).sum(axis=1)).ravel()


def inside(groups: csr_array, matrix: csr_array) -> np.ndarray:
    """Return the sum of a matrix (units x units) over each group's own rows and columns."""
    starts = range(0, groups.shape[0], CHUNK)
    rows = (groups[at : at + CHUNK] for at in starts)
    return np.concatenate([np.zeros(0), *(np.asarray(one.multiply(one @ matrix).sum(axis=1)).ravel() for one in rows)])


def tally(groups: csr_array, units: Units, layers: Sequence[Held]) -> Tally:
    """Count what each group adds.

    Parameters
    ----------
    groups
        Groups x units, of ones.
    units
        The units.
    layers
        Those that clusters are to follow.

    Returns
    -------
    Tally
        One row a group.
    """
    people = groups @ units.people
    cuts = [cut_people(groups, held, people) for held in layers]
    return Tally(
        people=people,
        need=groups @ units.need,
        cut=np.stack(cuts, axis=1) if cuts else np.zeros((groups.shape[0], 0)),
        live_and_work=inside(groups, units.trips),
        border_km=inside(groups, units.borders) / 2,
    )


def matched(people: np.ndarray, fixed: Fixed = ()) -> np.ndarray:
    """Match groups with today's areas so that most people keep theirs.

    Parameters
    ----------
    people
        Groups x areas, whoever is counted.
    fixed
        Groups whose area is settled, whoever lives there, each with it.

    Returns
    -------
    numpy.ndarray
        Position of the area of each group, -1 where none is left or none of its people are in it.
    """
    found, free = np.full(people.shape[0], -1), people.copy()
    settled = dict(fixed)
    groups, areas = list(settled), list(settled.values())
    free[groups] = free[:, areas] = 0
    rows, columns = linear_sum_assignment(free, maximize=True)
    kept = free[rows, columns] > 0
    found[rows[kept]] = columns[kept]
    found[groups] = areas
    return found


def successors(labels: np.ndarray, groups: csr_array, today: Held, fixed: Fixed = ()) -> np.ndarray:
    """Tell which of today's areas each group of an arrangement succeeds.

    Parameters
    ----------
    labels
        Number of the group of each unit; -1 for units in none.
    groups
        Groups x units, of ones, in the order of their numbers.
    today
        People of units by area of today.
    fixed
        Units whose group succeeds a certain area, each with it.

    Returns
    -------
    numpy.ndarray
        As of `matched`.
    """
    numbers = np.unique(labels[labels >= 0])
    settled = [(int(np.searchsorted(numbers, labels[unit])), area) for unit, area in fixed]
    return matched(groups @ today.matching, settled)


def coefficient_of_variation(amounts: np.ndarray) -> float:
    """Return the standard deviation (of all, not of a sample) over the mean."""
    return float(amounts.std() / amounts.mean())


def measured(
    labels: np.ndarray,
    units: Units,
    layers: Sequence[Held],
    today: Held | None,
    fixed: Fixed = (),
) -> Measures:
    """Measure an arrangement.

    Parameters
    ----------
    labels
        Number of the area of each unit; -1 for units in no area.
    units
        The units.
    layers
        Those that clusters are to follow.
    today
        People of units by area of today; None without.
    fixed
        Units whose area succeeds a certain one of today, each with it.

    Returns
    -------
    Measures
        Of the whole arrangement.
    """
    members = [np.flatnonzero(labels == label).tolist() for label in np.unique(labels[labels >= 0])]
    groups = groups_matrix(members, len(units))
    found = tally(groups, units, layers)
    residents, jobs = groups @ units.residents, groups @ units.jobs
    weakest = found.live_and_work / np.maximum(np.maximum(residents, jobs), 1e-12)
    return Measures(
        areas=len(members),
        cut_people={held.key: float(found.cut[:, n].sum()) for n, held in enumerate(layers)},
        self_containment=float(found.live_and_work.sum() / units.residents.sum()),
        weakest_containment=float((weakest * found.people).sum() / found.people.sum()),
        balance=coefficient_of_variation(found.people),
        need_balance=None if np.isnan(found.need).any() else coefficient_of_variation(found.need),
        change=_changed(labels, groups, units, today, fixed) if today else None,
        border_km=float(units.borders.sum() / 2 - found.border_km.sum()),
        in_pieces=sum(not nx.is_connected(units.graph.subgraph(group)) for group in members),
    )


def _changed(labels: np.ndarray, groups: csr_array, units: Units, today: Held, fixed: Fixed) -> float:
    here, place = groups @ today.amounts, successors(labels, groups, today, fixed)
    return float(units.amounts("change").sum() - here[place >= 0, place[place >= 0]].sum())
