"""Choose the best groups that make up all units: set partitioning by column generation, with proof or bound."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

__all__ = ["Answer", "Columns", "Limit", "solve"]

ELASTIC = 1e4
"""Price of leaving a row unmet by one, far above what any arrangement costs."""
MET = 1e-6
TAKEN = 2000
"""Columns taken into the linear programme at a time."""
MOST_COLUMNS = 150_000
"""Columns that the integer programme is given at most."""
NEARLY = 1e-9


@dataclass(frozen=True, eq=False)
class Columns:
    """The choices: a group of units, as the successor of one of today's areas or of none.

    Parameters
    ----------
    groups
        Groups x units, of ones.
    group
        Position of the group of each choice.
    area
        Position of today's area that the group takes the place of; -1 for none.
    areas
        How many areas today has.
    """

    groups: csr_array
    group: np.ndarray
    area: np.ndarray
    areas: int


@dataclass(frozen=True, eq=False)
class Limit:
    """A sum over the choices that may not rise above a bound; amounts of the order of one."""

    amounts: np.ndarray
    most: float


@dataclass(frozen=True, eq=False)
class Answer:
    """The best arrangement found.

    Parameters
    ----------
    chosen
        Positions of the choices; empty where there is no arrangement.
    value
        What it costs.
    bound
        What no arrangement of these choices can fall below.
    feasible
        False where it is proved that there is none; None where the time was up before one was found.
    """

    chosen: np.ndarray
    value: float
    bound: float
    feasible: bool | None


class _Master:
    """The rows that an arrangement keeps: every unit once, every area of today at most once, so many clusters."""

    def __init__(self, columns: Columns, clusters: tuple[int, int], limits: Sequence[Limit]) -> None:
        self.columns, self.limits = columns, limits
        self.units = columns.groups.shape[1]
        self.most = np.r_[np.ones(columns.areas), clusters[1], -clusters[0], [limit.most for limit in limits]]

    def rows(self, chosen: np.ndarray) -> tuple[csr_array, csr_array]:
        """Return the equalities and the inequalities for some choices."""
        columns = self.columns
        area = columns.area[chosen]
        named = np.flatnonzero(area >= 0)
        once = csr_array((np.ones(len(named)), (area[named], named)), shape=(columns.areas, len(chosen)))
        one = csr_array(np.ones((1, len(chosen))))
        sums = [csr_array(limit.amounts[chosen][None, :]) for limit in self.limits]
        return csr_array(columns.groups[columns.group[chosen]].T), csr_array(vstack([once, one, -one, *sums]))

    def reduced(self, cost: np.ndarray, equal: np.ndarray, most: np.ndarray) -> np.ndarray:
        """Return the reduced costs of all choices at some prices of the rows."""
        columns = self.columns
        found = cost - (columns.groups @ equal)[columns.group]
        found -= most[columns.areas] - most[columns.areas + 1]
        found -= np.append(most[: columns.areas], 0.0)[columns.area]
        for price, limit in zip(most[columns.areas + 2 :], self.limits, strict=True):
            found -= price * limit.amounts
        return found

    def relaxed(self, cost: np.ndarray, chosen: np.ndarray) -> tuple[float, float, np.ndarray, np.ndarray]:
        """Solve the linear programme; return its value, what is unmet, and the prices of the rows."""
        equal, most = self.rows(chosen)
        count = self.units + most.shape[0]
        spare = eye_array(self.units, format="csr"), -eye_array(most.shape[0], format="csr")
        none = csr_array((self.units, most.shape[0])), csr_array((most.shape[0], self.units))
        found = linprog(
            np.r_[cost[chosen], np.full(count, ELASTIC)],
            A_eq=hstack([equal, spare[0], none[0]]),
            b_eq=np.ones(self.units),
            A_ub=hstack([most, none[1], spare[1]]),
            b_ub=self.most,
            method="highs",
        )
        unmet = float(found.x[len(chosen) :].sum())
        return float(found.fun), unmet, found.eqlin.marginals, found.ineqlin.marginals

    def whole(self, cost: np.ndarray, chosen: np.ndarray, seconds: float) -> tuple[np.ndarray | None, float, bool]:
        """Solve the integer programme; return the choices, the bound, and whether the time was up."""
        equal, most = self.rows(chosen)
        low = np.r_[np.ones(self.units), np.full(most.shape[0], -np.inf)]
        found = milp(
            cost[chosen],
            constraints=LinearConstraint(vstack([equal, most]), low, np.r_[np.ones(self.units), self.most]),
            integrality=np.ones(len(chosen)),
            bounds=Bounds(0, 1),
            options={"time_limit": max(seconds, 0.1), "mip_rel_gap": 0.0},
        )
        bound = -np.inf if found.mip_dual_bound is None else float(found.mip_dual_bound)
        taken = None if found.x is None else chosen[found.x > 0.5]
        return taken, bound, found.status == 1


def solve(
    columns: Columns,
    cost: np.ndarray,
    clusters: tuple[int, int],
    *,
    limits: Sequence[Limit] = (),
    start: np.ndarray | None = None,
    seconds: float = 60.0,
    ceiling: float = np.inf,
    clock: Callable[[], float] = time.monotonic,
) -> Answer:
    """Find the cheapest choices that hold every unit once.

    Parameters
    ----------
    columns
        The choices.
    cost
        Of each choice.
    clusters
        Least and most groups.
    limits
        Sums that stay below bounds.
    start
        Choices to begin with, such as today's.
    seconds
        Time to spend; where it is up before the relaxation is solved, the bound is a weaker one.
    ceiling
        What is not of interest: where the bound reaches it, nothing is sought.
    clock
        Tells the time in seconds.

    Returns
    -------
    Answer
        Exact over the choices given where value and bound agree.

    Notes
    -----
    The linear relaxation is solved by column generation: choices of negative reduced cost come in until none is left.
    Then no choice whose reduced cost is above the distance between the best arrangement known and the relaxation
    can stand in a better one, so that a small integer programme settles it (Dantzig & Wolfe 1960; reduced cost
    fixing, Nemhauser & Wolsey 1988).
    """
    if not len(cost):
        return Answer(np.zeros(0, dtype=int), np.inf, np.inf, feasible=False)
    master, until = _Master(columns, clusters, limits), clock() + seconds
    pool = np.unique(np.r_[_singles(columns), start if start is not None else np.zeros(0, dtype=int)]).astype(int)
    while True:
        value, unmet, equal, most = master.relaxed(cost, pool)
        reduced = master.reduced(cost, equal, most)
        better = np.flatnonzero(reduced < -NEARLY)
        better = better[~np.isin(better, pool)]
        if not len(better) or clock() >= until:
            break
        pool = np.union1d(pool, better[np.argsort(reduced[better], kind="stable")[:TAKEN]])
    # No arrangement has more groups than the most, so none can gain more on the relaxation than that many times.
    value += clusters[1] * min(float(reduced.min()), 0.0)
    if unmet > MET:
        return Answer(np.zeros(0, dtype=int), np.inf, np.inf, feasible=None if len(better) else False)
    if value >= ceiling:
        return Answer(np.zeros(0, dtype=int), np.inf, value, feasible=False)
    return _settled(master, cost, pool, reduced, value, until, clock)


def _singles(columns: Columns) -> np.ndarray:
    alone = np.diff(columns.groups.indptr) == 1
    return np.flatnonzero(alone[columns.group])


def _settled(
    master: _Master,
    cost: np.ndarray,
    pool: np.ndarray,
    reduced: np.ndarray,
    relaxed: float,
    until: float,
    clock: Callable[[], float],
) -> Answer:
    """Close the distance between the relaxation and whole choices."""
    ranked = np.argsort(reduced, kind="stable")
    taken, _, late = master.whole(cost, pool, (until - clock()) / 2)
    while taken is None and len(pool) < min(len(cost), MOST_COLUMNS) and clock() < until:
        pool = np.union1d(pool, ranked[: min(4 * len(pool), MOST_COLUMNS)])
        taken, _, late = master.whole(cost, pool, until - clock())
    if taken is None:
        proved = not late and len(pool) == len(cost)
        return Answer(np.zeros(0, dtype=int), np.inf, relaxed, feasible=False if proved else None)
    value = float(cost[taken].sum())
    if value <= relaxed + NEARLY:
        return Answer(taken, value, min(relaxed, value), feasible=True)
    near = np.flatnonzero(reduced <= value - relaxed + NEARLY)
    if len(near) > MOST_COLUMNS:
        better, _, _ = master.whole(cost, np.union1d(ranked[:MOST_COLUMNS], taken), until - clock())
        return _answer(cost, taken, better, relaxed)
    better, bound, _ = master.whole(cost, np.union1d(near, taken), until - clock())
    return _answer(cost, taken, better, max(relaxed, min(bound, value)))


def _answer(cost: np.ndarray, taken: np.ndarray, better: np.ndarray | None, bound: float) -> Answer:
    best = taken if better is None or cost[better].sum() > cost[taken].sum() else better
    value = float(cost[best].sum())
    return Answer(best, value, min(bound, value), feasible=True)
