"""Choose the best groups that make up all units: set partitioning by column generation, with proof or bound."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

__all__ = ["Answer", "Columns", "Limit", "solve"]

ELASTIC = 1e4
"""Price of leaving a row unmet by one, far above what any arrangement costs."""
MET = 1e-6
NO_SOLUTION = 2
"""How scipy says that a programme has no solution."""
LEAST_SECONDS = 0.1
SCALE = 1e3
"""HiGHS stops at a distance of a millionth; costs are given to it so many times as large."""
TAKEN = 2000
"""Columns taken into the linear programme at a time."""
FIRST_COLUMNS = 3000
"""Columns that the integer programme is given at first; four times as many each time after."""
MOST_COLUMNS = 50_000
"""Columns that it is given at most."""
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


def _no_choices() -> np.ndarray:
    return np.zeros(0, dtype=int)


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
    pool
        Positions of the choices that the relaxation needed: a good start for another cost.
    """

    chosen: np.ndarray
    value: float
    bound: float
    feasible: bool | None
    pool: np.ndarray = field(default_factory=_no_choices)


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

    def keeps(self, chosen: np.ndarray) -> bool:
        """Tell whether choices are an arrangement that keeps every row."""
        equal, most = self.rows(chosen)
        held = np.asarray(equal.sum(axis=1)).ravel()
        return bool((held == 1).all() and (np.asarray(most.sum(axis=1)).ravel() <= self.most + NEARLY).all())

    def reduced(self, cost: np.ndarray, equal: np.ndarray, most: np.ndarray) -> np.ndarray:
        """Return the reduced costs of all choices at some prices of the rows."""
        columns = self.columns
        found = cost - (columns.groups @ equal)[columns.group]
        found -= most[columns.areas] - most[columns.areas + 1]
        found -= np.append(most[: columns.areas], 0.0)[columns.area]
        for price, limit in zip(most[columns.areas + 2 :], self.limits, strict=True):
            found -= price * limit.amounts
        return found

    def relaxed(self, cost: np.ndarray, chosen: np.ndarray, seconds: float) -> _Relaxed | None:
        """Solve the linear programme; None where the time was up first."""
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
            options={"time_limit": max(seconds, LEAST_SECONDS)},
        )
        if found.status != 0:
            return None
        unmet = float(found.x[len(chosen) :].sum())
        return _Relaxed(float(found.fun), unmet, self.reduced(cost, found.eqlin.marginals, found.ineqlin.marginals))

    def whole(self, cost: np.ndarray, chosen: np.ndarray, seconds: float) -> _Whole:
        """Solve the integer programme over some choices."""
        equal, most = self.rows(chosen)
        low = np.r_[np.ones(self.units), np.full(most.shape[0], -np.inf)]
        found = milp(
            SCALE * cost[chosen],
            constraints=LinearConstraint(vstack([equal, most]), low, np.r_[np.ones(self.units), self.most]),
            integrality=np.ones(len(chosen)),
            bounds=Bounds(0, 1),
            options={"time_limit": max(seconds, LEAST_SECONDS), "mip_rel_gap": 0.0},
        )
        if found.status == NO_SOLUTION:
            return _Whole(None, np.inf)
        bound = -np.inf if found.mip_dual_bound is None else float(found.mip_dual_bound) / SCALE
        return _Whole(None if found.x is None else chosen[found.x > 0.5], bound)


@dataclass(frozen=True, eq=False)
class _Relaxed:
    """The linear programme's value, how much of the rows is unmet, and the reduced costs of all choices."""

    value: float
    unmet: float
    reduced: np.ndarray


@dataclass(frozen=True, eq=False)
class _Whole:
    """The integer programme's choices, None without, and what no others of those it had can cost less than."""

    taken: np.ndarray | None
    bound: float


def solve(
    columns: Columns,
    cost: np.ndarray,
    clusters: tuple[int, int],
    *,
    limits: Sequence[Limit] = (),
    starts: Iterable[np.ndarray] = (),
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
    starts
        Choices to begin with. Those that make up an arrangement, such as today's, are an answer before the solver
        has one.
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
        return Answer(_no_choices(), np.inf, np.inf, feasible=False)
    master, until, begun = _Master(columns, clusters, limits), clock() + seconds, list(starts)
    known = min((one for one in begun if master.keeps(one)), key=lambda one: float(cost[one].sum()), default=None)
    pool = np.unique(np.concatenate([_singles(columns), *begun])).astype(int)
    relaxed, pool, solved = _generated(master, cost, pool, until, clock)
    # No arrangement has more groups than the most, so none can gain more on the relaxation than that many times.
    least = relaxed.value + clusters[1] * min(float(relaxed.reduced.min()), 0.0)
    if known is None and relaxed.unmet > MET:
        return Answer(_no_choices(), np.inf, np.inf if solved else least, feasible=False if solved else None, pool=pool)
    if least >= ceiling:
        return Answer(_no_choices(), np.inf, least, feasible=False, pool=pool)
    return replace(_settled(master, cost, pool, relaxed.reduced, least, known, until, clock), pool=pool)


def _singles(columns: Columns) -> np.ndarray:
    alone = np.diff(columns.groups.indptr) == 1
    return np.flatnonzero(alone[columns.group])


def _generated(
    master: _Master, cost: np.ndarray, pool: np.ndarray, until: float, clock: Callable[[], float]
) -> tuple[_Relaxed, np.ndarray, bool]:
    """Solve the relaxation by column generation; return it, its choices, and whether the time sufficed."""
    found = master.relaxed(cost, pool, np.inf)
    assert found is not None  # noqa: S101 - without a limit of time
    while True:
        better = np.flatnonzero(found.reduced < -NEARLY)
        better = better[~np.isin(better, pool)]
        if not len(better):
            return found, pool, True
        wider = np.union1d(pool, better[np.argsort(found.reduced[better], kind="stable")[:TAKEN]])
        again = master.relaxed(cost, wider, until - clock()) if clock() < until else None
        if again is None:
            return found, pool, False
        found, pool = again, wider


def _settled(
    master: _Master,
    cost: np.ndarray,
    pool: np.ndarray,
    reduced: np.ndarray,
    relaxed: float,
    known: np.ndarray | None,
    until: float,
    clock: Callable[[], float],
) -> Answer:
    """Close the distance between the relaxation and whole choices, among more and more of those nearest to it."""
    ranked = np.argsort(reduced, kind="stable")
    best, bound, count = known, relaxed, FIRST_COLUMNS
    while True:
        value = np.inf if best is None else float(cost[best].sum())
        if best is not None and value <= bound + NEARLY:
            return Answer(best, value, min(bound, value), feasible=True)
        near = int(np.searchsorted(reduced[ranked], value - relaxed + NEARLY, side="right"))
        among = np.union1d(ranked[: min(near, count)], pool if best is None else best)
        left = until - clock()
        found = master.whole(cost, among, left if near <= count else left / 2)
        if found.taken is not None and float(cost[found.taken].sum()) < value:
            best, value = found.taken, float(cost[found.taken].sum())
        # A choice left out costs at least its reduced cost above the relaxation.
        others = relaxed + float(reduced[ranked[count]]) if count < near else np.inf
        bound = max(bound, min(found.bound, others, value))
        if count >= min(near, MOST_COLUMNS) or clock() >= until:
            break
        count *= 4
    if best is None:
        return Answer(_no_choices(), np.inf, bound, feasible=False if bound == np.inf else None)
    return Answer(best, value, min(bound, value), feasible=True)
