"""The integer programme of a realignment."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog, milp
from scipy.sparse import coo_array, csr_array

from geoplan.analysis.networks.alignment_problem import AUTHORITY, Goal, Problem

__all__ = ["Model"]

MOMENT = 0.01
"""The least time in seconds a solver is started for."""
SLACK = 2e-6
"""What the choice among equally good answers may cost."""
Terms = list[tuple[int, float]]
"""Variables and their factors."""


class _Rows:
    """Linear constraints being collected: rows of (variable, factor) with bounds."""

    def __init__(self) -> None:
        self.row: list[int] = []
        self.column: list[int] = []
        self.factor: list[float] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, terms: Terms, *, low: float = -np.inf, high: float = np.inf) -> None:
        """Add a row with an upper bound, a lower one, or both the same."""
        sign = 1.0 if high < np.inf else -1.0
        for column, factor in terms:
            self.row.append(len(self.high))
            self.column.append(column)
            self.factor.append(sign * factor)
        self.low.append(low if low == high else -np.inf)
        self.high.append(high if high < np.inf else -low)

    def constraint(self, variables: int) -> LinearConstraint:
        shape = (len(self.high), variables)
        matrix = csr_array(coo_array((self.factor, (self.row, self.column)), shape=shape))
        return LinearConstraint(matrix, self.low, self.high)


@dataclass(frozen=True, eq=False)
class _Answer:
    """An assignment of the units, the areas exempted, and the relative gap."""

    chosen: np.ndarray
    exempt: list[str]
    variables: np.ndarray
    gap: float = 0.0


class Model:
    """The integer programme: who is where, which areas lie inside which, which are exempt."""

    def __init__(self, problem: Problem, goal: Goal, pair: tuple[str, str] | None) -> None:
        self.problem, self.goal, self.pair = problem, goal, pair
        self.count = 0
        self.rows = _Rows()
        self.index = {unit: n for n, unit in enumerate(problem.units)}
        self.place = {(n, area): self._variable() for n, near in enumerate(problem.candidates) for area in near}
        self.exempt = [self._variable() for _ in problem.areas]
        self.moves = {lad: self._variable() for lad in sorted(set(problem.lads))}
        self.inside: dict[tuple[int, str], int] = {}
        self.whole: dict[tuple[int, str], int] = {}
        today = problem.members(problem.home)
        self.before = [len(problem.pieces(today[code])) for code in problem.areas]
        self._assign()
        if goal is Goal.PAIR:
            self._make_coterminous()
        else:
            self._agree()

    def _variable(self) -> int:
        self.count += 1
        return self.count - 1

    def _sum(self, area: int, blocks: Iterable[str], factor: float = 1.0) -> Terms:
        """Return the variables that some blocks are in an area."""
        found = [(self.index[block], area) for block in sorted(blocks) if block in self.index]
        return [(self.place[at], factor) for at in found if at in self.place]

    def _assign(self) -> None:
        """Put every unit in one place; an exempt area keeps what it has and takes nothing; all keep something."""
        problem = self.problem
        for n, near in enumerate(problem.candidates):
            home = int(problem.home[n])
            at_home = (self.place[n, home], 1.0)
            self.rows.add([(self.place[n, area], 1.0) for area in near], low=1, high=1)
            self.rows.add([at_home, (self.moves[problem.lads[n]], 1.0)], low=1)
            self.rows.add([at_home, (self.exempt[home], -1.0)], low=0)
            for area in near:
                if area != home:
                    self.rows.add([(self.place[n, area], 1.0), (self.exempt[area], 1.0)], high=1)
        for area, code in enumerate(problem.areas):
            if code not in problem.fixed:
                own = np.flatnonzero(problem.home == area).tolist()
                self.rows.add([(self.place[n, area], 1.0) for n in own], low=1)

    def _agree(self) -> None:
        """Let an area that is not exempt meet a right area only where one lies inside the other."""
        problem = self.problem
        near = [set(problem.fixed.get(code, ())) for code in problem.areas]
        for n, area in self.place:
            near[area].add(problem.units[n])
        for area, blocks in enumerate(near):
            for right in sorted(problem.touched(blocks)):
                self._relations(area, right)
            for block in sorted(blocks):
                self._meet(area, block)
        self._one_container(near)

    def _relations(self, area: int, right: str) -> None:
        """Make the variables that an area lies inside a right one, and that a right one lies inside an area."""
        if self.goal is not Goal.WHOLE:
            self.inside[area, right] = self._variable()
        held = self._sum(area, self.problem.right_units[right])
        if self.goal is not Goal.NEST and len(held) == len(self.problem.right_units[right]):
            whole = self.whole[area, right] = self._variable()
            for at in held:
                self.rows.add([at, (whole, -1.0)], low=0)

    def _meet(self, area: int, block: str) -> None:
        """Let a block be in an area only if each right area it meets stands to that area as the goal wants."""
        within = self.problem.within.get(block, frozenset())
        # A part that cannot move is there in any case.
        here, fixed = (self._sum(area, [block]), 0.0) if block in self.index else ([], 1.0)
        for right in sorted(self.problem.partners.get(block, ())):
            allowed = [(self.exempt[area], -1.0)]
            if (area, right) in self.inside and right in within:
                allowed.append((self.inside[area, right], -1.0))
            if (area, right) in self.whole:
                allowed.append((self.whole[area, right], -1.0))
            self.rows.add([*here, *allowed], high=-fixed)

    def _one_container(self, near: list[set[str]]) -> None:
        """Keep a block out of an area that lies inside a right area the block is not within."""
        for area, blocks in enumerate(near):
            containers = {right: at for (own, right), at in self.inside.items() if own == area}
            for block in sorted(blocks):
                if block not in self.problem.partners or not containers:
                    continue
                within = self.problem.within.get(block, frozenset())
                here, fixed = (self._sum(area, [block]), 0.0) if block in self.index else ([], 1.0)
                others = [(at, 1.0) for right, at in containers.items() if right not in within]
                for terms in [others] if self.apart else [[each] for each in others]:
                    self.rows.add([*here, *terms], high=1 - fixed)

    @property
    def apart(self) -> bool:
        """Whether no block lies inside several right areas, so that no area can either."""
        return all(len(codes) < 2 for codes in self.problem.within.values())

    def _make_coterminous(self) -> None:
        """Let the left area of the pair, unless exempt, hold all of the right one and of no other."""
        assert self.pair is not None  # noqa: S101 - refused at the door
        problem, (left, right) = self.problem, self.pair
        area, wanted = problem.areas.index(left), problem.right_units.get(right, frozenset())
        exempt = self.exempt[area]
        for block in sorted(wanted):
            self.rows.add([*self._sum(area, [block]), (exempt, 1.0)], low=1)
        strange = [block for block in problem.partners if not problem.partners[block] <= {right}]
        for at in self._sum(area, strange):
            self.rows.add([at, (exempt, -1.0)], high=0)
        if not wanted or problem.touched(problem.fixed.get(left, ())) - {right}:
            self.rows.add([(exempt, 1.0)], low=1)

    # ---------------------------------------------------------------------------------------- solving

    def solve(self, seconds: float) -> _Answer:
        """Minimise exemptions, authorities and people, then take the longest borders."""
        cost = self._moved()
        # Most cuts are found, in little time, among what the relaxed programme leaves in play.
        bounds, floor = self._likely(cost)
        likely = self._contiguous(cost, bounds, seconds, self._today(cost))
        everything = Bounds(0.0, 1.0)
        answer = self._contiguous(cost, everything, seconds, likely, floor=floor)
        best = float(cost @ answer.variables)
        self.rows.add([(n, factor) for n, factor in enumerate(cost) if factor], high=best + SLACK)
        return replace(self._contiguous(self._borders(), everything, seconds, answer), gap=answer.gap)

    def _moved(self) -> np.ndarray:
        """Weigh an exemption above all authorities, and an authority above all people."""
        cost = np.zeros(self.count)
        cost[list(self.moves.values())] = AUTHORITY
        cost[self.exempt] = AUTHORITY * (len(self.moves) + 1)
        person = 0.999 * AUTHORITY / max(self.problem.people.sum(), 1.0)
        for (n, area), at in self.place.items():
            if area != self.problem.home[n]:
                cost[at] = self.problem.people[n] * person
        return cost

    def _borders(self) -> np.ndarray:
        """Reward long borders with the area joined, as it is today; a small bias keeps the answer unique."""
        today = self.problem.members(self.problem.home)
        cost = np.zeros(self.count)
        for (n, area), at in self.place.items():
            if area == self.problem.home[n]:
                continue
            around = self.problem.graph.adj[self.problem.units[n]]
            shared = sum(data["km"] for unit, data in around.items() if unit in today[self.problem.areas[area]])
            total = sum(data["km"] for data in around.values())
            cost[at] = 1 - shared / total + 1e-4 * area if total else 1.0
        return cost

    def _today(self, cost: np.ndarray) -> _Answer:
        """Return the answer in which nothing moves and every area that misses the goal is exempt."""
        low = np.zeros(self.count)
        low[[self.place[n, int(home)] for n, home in enumerate(self.problem.home)]] = 1.0
        return self._answer(self._optimum(cost, Bounds(low, 1.0), np.inf).x)

    def _likely(self, cost: np.ndarray) -> tuple[Bounds, float]:
        """Hold on to what would cost half an authority or more to change in the relaxed programme.

        Returns the bounds, and the cost of the relaxed programme, below which no answer can be.
        """
        constraint = self.rows.constraint(self.count)
        equal = constraint.lb == constraint.ub
        found = linprog(
            cost, constraint.A[~equal], constraint.ub[~equal], constraint.A[equal], constraint.ub[equal], bounds=(0, 1)
        )
        return Bounds(found.upper.marginals < -AUTHORITY / 2, found.lower.marginals <= AUTHORITY / 2), found.fun

    def _contiguous(
        self, cost: np.ndarray, bounds: Bounds, seconds: float, last: _Answer, *, floor: float = -np.inf
    ) -> _Answer:
        """Solve, and solve again with cuts as long as an area falls into more pieces than today."""
        deadline = time.monotonic() + seconds
        while True:
            found = self._optimum(cost, bounds, max(deadline - time.monotonic(), MOMENT))
            if self._gap(cost, last, found, floor) <= 0:
                return replace(last, gap=0.0)
            if found.x is None:
                return replace(last, gap=self._gap(cost, last, found, floor))
            answer = self._answer(found.x)
            if not self._cut(answer.chosen):
                return replace(answer, gap=self._gap(cost, answer, found, floor))
            if time.monotonic() > deadline:
                return replace(last, gap=self._gap(cost, last, found, floor))

    def _optimum(self, cost: np.ndarray, bounds: Bounds, seconds: float) -> OptimizeResult:
        return milp(
            cost,
            integrality=np.ones(self.count),
            bounds=bounds,
            constraints=self.rows.constraint(self.count),
            options={"time_limit": seconds, "mip_rel_gap": 0.0},
        )

    def _answer(self, found: np.ndarray) -> _Answer:
        values = np.round(found)
        chosen = self.problem.home.copy()
        for (n, area), at in self.place.items():
            if values[at]:
                chosen[n] = area
        exempt = [code for code, at in zip(self.problem.areas, self.exempt, strict=True) if values[at]]
        return _Answer(chosen, exempt, values)

    def _gap(self, cost: np.ndarray, answer: _Answer, found: OptimizeResult, floor: float) -> float:
        """Return the distance from the bound, relative to the authorities and people moved; at most 1."""
        bound = floor if found.mip_dual_bound is None else max(found.mip_dual_bound, floor)
        distance = float(cost @ answer.variables) - bound
        spent = float(np.delete(cost, self.exempt) @ np.delete(answer.variables, self.exempt))
        return 0.0 if distance <= SLACK else min(distance / max(spent, AUTHORITY), 1.0)

    def _cut(self, chosen: np.ndarray) -> bool:
        """Add constraints for every area in more pieces than today; tell whether there were any."""
        after = self.problem.members(chosen)
        broken = False
        for area, code in enumerate(self.problem.areas):
            now = self.problem.pieces(after[code])
            for piece in now[self.before[area] :]:
                self._separate(area, piece, now[: self.before[area]])
                broken = True
        return broken

    def _separate(self, area: int, piece: set[str], main: list[set[str]]) -> None:
        """Of a piece and as many others as there may be, one leaves, or something between them joins.

        With one member of each still there, two of these groups have to be joined, so at least one of any
        but the first has to grow.
        """
        joins = self.problem.around(piece).union(*(self.problem.around(each) for each in main[1:]))
        between = self._sum(area, joins, -1.0)
        anchors = [min(each & self.index.keys(), default="") for each in main]
        for unit in sorted(piece & self.index.keys()) or [""]:
            terms = self._sum(area, [*anchors, unit])
            self.rows.add([*terms, *between], high=len(terms) - 1)
