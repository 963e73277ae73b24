"""The fewest authorities that must change areas for one geography to agree with another."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations

import networkx as nx
import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog, milp
from scipy.sparse import coo_array, csr_array

from geoplan.errors import ConfigurationError, UnknownKeyError, refusal
from geoplan.progress import phase
from geoplan.schema import Layer

__all__ = ["Goal", "Move", "Realignment", "moved", "realign"]

REACH = 3
"""Borders an authority may cross to a new area: a partnership takes in its surroundings, not places far away."""

SECONDS = 60.0
"""Time for each of the solver's stages; what is not proven by then is reported with its gap."""

WHOLE = 1 - 1e-9

MOMENT = 0.01
"""The least time in seconds a solver is started for."""

AUTHORITY = 1000.0
"""Cost of moving an authority; moving all people costs a little less, so that one person is still above the
solver's tolerances."""

SLACK = 2e-6
"""What the choice among equally good answers may cost."""

OPTIMAL = 1e-6
"""Relative gap below which an answer counts as proven."""


class Goal(StrEnum):
    """What a realignment has to reach (docs/method.md, section 4)."""

    CLEAN = "clean"
    NEST = "nest"
    WHOLE = "whole"
    PAIR = "pair"


@dataclass(frozen=True)
class Move:
    """One authority, or one side of a split authority, that changes areas.

    Parameters
    ----------
    block, code
        The shipped block, and the authority it belongs to.
    source, target
        Codes of the areas it leaves and joins.
    people
        Who live there.
    """

    block: str
    code: str
    source: str
    target: str
    people: float


@dataclass(frozen=True, eq=False)
class Realignment:
    """What would align two layers.

    Parameters
    ----------
    goal
        What was asked.
    moves
        Sorted by code and block; empty where nothing has to move or nothing would help.
    unreached
        Left area -> why the goal cannot be reached for it; these areas are left as they are.
    optimal
        Whether the solver proved that fewer authorities, and among those fewer people, do not suffice.
    gap
        Relative distance between what was found and what was proven; 0 where optimal.
    left, aligned
        The left layer before and after the moves.
    """

    goal: Goal
    moves: tuple[Move, ...]
    unreached: Mapping[str, str]
    optimal: bool
    gap: float
    left: Layer
    aligned: Layer

    @property
    def authorities(self) -> int:
        """How many authorities move, each counted once."""
        return len({move.code for move in self.moves})


def realign(
    left: Layer,
    right: Layer,
    *,
    blocks: pd.DataFrame,
    neighbours: nx.Graph,
    goal: Goal = Goal.CLEAN,
    pair: tuple[str, str] | None = None,
    seconds: float = SECONDS,
) -> Realignment:
    """Find the fewest authorities whose move between areas of the left layer reaches a goal.

    ``clean``: of every pair of areas that meets one lies inside the other. ``nest``: every left area lies
    inside one right area. ``whole``: every left area is made of whole right areas. ``pair``: one left area
    becomes the same as one right area. Fewest authorities first, then fewest people, then the longest borders
    with the new area.

    Parameters
    ----------
    left, right
        Layers of shipped blocks, of which the left one does not overlap itself.
    blocks
        Shipped blocks indexed by ``block`` with ``lad`` and ``people``.
    neighbours
        From `geoplan.network.contiguity`.
    goal
        What to reach.
    pair
        Codes of a left and a right area, for `Goal.PAIR`.
    seconds
        Time for each stage of the solver.

    Returns
    -------
    Realignment
        Moves and what cannot be reached. Where no assignment reaches the goal, the fewest left areas are
        exempted and stay exactly as they are.

    Raises
    ------
    ConfigurationError
        If a layer is not made of shipped blocks, or the left one overlaps itself.
    UnknownKeyError
        If the pair names an area that is not there.

    Notes
    -----
    Ground the right layer leaves uncovered is free. No area may be emptied, not even to be filled from
    elsewhere: each keeps one of its authorities. None may fall into more pieces than it has today, and no
    authority moves to an area more than `REACH` borders away, except to make a pair. Parts of unknown size
    stay where they are; a side of a split authority borders on whatever the authority borders on. An integer
    programme, solved by HiGHS (Huangfu & Hall 2018, doi 10.1007/s12532-017-0130-5); contiguity is added as
    cuts where a solution breaks it.
    """
    _refuse(left, right, goal, pair, seconds)
    problem = _Problem.of(left, right, blocks, neighbours, pair)
    with phase("Searching the fewest moves"):
        answer = _Model(problem, goal, pair).solve(seconds)
    moves = problem.moves(answer.chosen)
    unsolved = answer.gap > OPTIMAL
    unreached = {area: problem.why(area, goal, pair, unsolved=unsolved) for area in answer.exempt}
    return Realignment(goal, moves, unreached, not unsolved, answer.gap, left, moved(left, moves, blocks))


def moved(left: Layer, moves: Iterable[Move], blocks: pd.DataFrame) -> Layer:
    """Return a layer after some moves, with the members and weights of its areas worked out anew.

    Parameters
    ----------
    left
        A layer of shipped blocks.
    moves
        Blocks and the areas they join.
    blocks
        Shipped blocks with lad, people, working_age, postcodes and area_m2.

    Returns
    -------
    Layer
        Without outlines: they belong to the areas before the moves.
    """
    assert left.parts is not None  # noqa: S101 - refused at the door
    target = {(move.block, move.source): move.target for move in moves}
    parts = left.parts.copy()
    places = zip(parts["block"], parts["code"], strict=True)
    parts["code"] = [target.get((block, code), code) for block, code in places]
    areas = left.areas.drop(columns="geometry", errors="ignore")
    columns = [name for name in ("people", "working_age", "postcodes", "area_m2") if name in areas]
    amounts = blocks[columns].reindex(parts["block"]).to_numpy() * parts["share"].to_numpy()[:, None]
    codes = parts["code"].to_numpy()
    sums = pd.DataFrame(amounts, columns=columns).groupby(codes).agg(lambda each: each.sum(skipna=False))
    fresh = {name: sums[name].reindex(areas.index) for name in columns}
    lads = parts["block"].map(blocks["lad"]).fillna(parts["block"])
    fresh["members"] = lads.groupby(codes).agg(lambda each: ";".join(sorted(set(each)))).reindex(areas.index)
    return replace(left, areas=pd.DataFrame(areas.assign(**fresh)), parts=parts)


def _refuse(left: Layer, right: Layer, goal: Goal, pair: tuple[str, str] | None, seconds: float) -> None:
    for layer in (left, right):
        if layer.parts is None or layer.blocks is not None or layer.parts.empty:
            what = f"{layer.key} is not made of authorities, so there is nothing that could move"
            raise ConfigurationError(refusal(what, hint="Use catalogue keys or membership tables."))
    assert left.parts is not None  # noqa: S101 - just refused
    # A part of unknown size beside a whole block is a second home as well.
    held = left.parts["share"].fillna(0.01).groupby(left.parts["block"]).sum()
    twice = sorted(held.index[held > 1.001])
    if twice:
        what = f"{left.key} overlaps itself, so a move has no one origin"
        raise ConfigurationError(refusal(what, codes=twice, hint="Use it as the right layer instead."))
    if (goal is Goal.PAIR) != (pair is not None):
        message = "The goal pair needs a left and a right area, and no other goal takes them."
        raise ConfigurationError(message)
    for layer, code in zip((left, right), pair or (), strict=False):
        if layer.parts is None or code not in set(layer.parts["code"]):
            message = f"There is no area {code!r} in {layer.key}. geoplan layers {layer.key} lists them."
            raise UnknownKeyError(message)
    if not seconds > 0:
        message = f"The solver cannot work in {seconds} seconds: give it more than 0."
        raise ConfigurationError(message)


def _mapping(parts: pd.DataFrame, key: str, value: str) -> dict[str, frozenset[str]]:
    return {str(name): frozenset(map(str, found)) for name, found in parts.groupby(key)[value]}


@dataclass(frozen=True, eq=False)
class _Problem:
    """Blocks as units that may move, areas as places for them, both in the order of their codes.

    ``home`` is the place of each unit today, ``candidates`` the places it may be in; ``fixed`` holds the
    parts that cannot move. ``partners`` are the right areas a block meets, ``within`` those it lies inside.
    """

    left: Layer
    right: Layer
    areas: list[str]
    units: list[str]
    lads: list[str]
    people: np.ndarray
    home: np.ndarray
    fixed: dict[str, frozenset[str]]
    partners: dict[str, frozenset[str]]
    within: dict[str, frozenset[str]]
    right_units: dict[str, frozenset[str]]
    graph: nx.Graph
    candidates: list[list[int]]

    @classmethod
    def of(
        cls,
        left: Layer,
        right: Layer,
        blocks: pd.DataFrame,
        neighbours: nx.Graph,
        pair: tuple[str, str] | None,
    ) -> _Problem:
        assert left.parts is not None  # noqa: S101 - refused at the door
        assert right.parts is not None  # noqa: S101 - refused at the door
        areas = sorted(set(map(str, left.parts["code"])))
        whole = left.parts["share"] >= WHOLE
        own = left.parts[whole].sort_values("block")
        units = own["block"].tolist()
        partners = _mapping(right.parts, "block", "code")
        right_units = _mapping(right.parts, "code", "block")
        graph = _unit_graph(left.parts["block"].unique(), blocks, neighbours)
        held = {code: set(found) for code, found in _mapping(left.parts, "code", "block").items()}
        wanted = (areas.index(pair[0]), right_units.get(pair[1], frozenset())) if pair else (0, frozenset())
        return cls(
            left=left,
            right=right,
            areas=areas,
            units=units,
            lads=[str(lad) for lad in blocks["lad"].reindex(units).fillna(pd.Series(units, index=units))],
            people=blocks["people"].reindex(units).fillna(0.0).to_numpy(dtype=float),
            home=np.array([areas.index(code) for code in own["code"]], dtype=np.int64),
            fixed=_mapping(left.parts[~whole], "code", "block"),
            partners=partners,
            within=_mapping(right.parts[right.parts["share"] >= WHOLE], "block", "code")
            | {block: codes for block, codes in partners.items() if len(codes) == 1},
            right_units=right_units,
            graph=graph,
            candidates=_candidates([held[code] for code in areas], units, graph, wanted),
        )

    def members(self, chosen: np.ndarray) -> dict[str, set[str]]:
        """Return the blocks of each area for an assignment of the units."""
        found = {code: set(self.fixed.get(code, ())) for code in self.areas}
        for unit, area in zip(self.units, chosen, strict=True):
            found[self.areas[area]].add(unit)
        return found

    def pieces(self, members: Iterable[str]) -> list[set[str]]:
        """Return the connected groups of some blocks, largest first."""
        return sorted(map(set, nx.connected_components(self.graph.subgraph(members))), key=lambda c: (-len(c), min(c)))

    def moves(self, chosen: np.ndarray) -> tuple[Move, ...]:
        found = (
            Move(self.units[n], self.lads[n], self.areas[self.home[n]], self.areas[chosen[n]], float(self.people[n]))
            for n in np.flatnonzero(chosen != self.home)
        )
        return tuple(sorted(found, key=lambda move: (move.code, move.block)))

    def touched(self, members: Iterable[str]) -> set[str]:
        """Return the right areas that some blocks meet."""
        return set().union(*(self.partners.get(block, frozenset()) for block in members))

    def around(self, members: Iterable[str]) -> set[str]:
        """Return the blocks that border on some blocks and are none of them."""
        held = set(members)
        return set().union(*(self.graph.adj[block] for block in held)) - held

    def why(self, area: str, goal: Goal, pair: tuple[str, str] | None, *, unsolved: bool) -> str:
        """Say why the goal cannot be reached for an area."""
        if unsolved:
            return "no assignment was found in the time given; one may exist"
        today = self.members(self.home)
        if goal is Goal.PAIR and pair is not None:
            missing = self.right_units.get(pair[1], frozenset()) - set().union(*today.values())
            if missing:
                return (
                    f"{len(missing)} of the {len(self.right_units[pair[1]])} blocks of {self.right.name(pair[1])} "
                    f"are in no area of {self.left.title}"
                )
        met = self.touched(today[area])
        torn = sorted(block for block in today[area] if self.partners.get(block) and not self.within.get(block))
        stuck = sorted(self.fixed.get(area, ())) or torn
        if stuck:
            return f"parts of unknown size or of several areas cannot be moved: {', '.join(stuck[:3])}"
        others = [code for code, held in today.items() if self.touched(held) & met]
        names = sorted(self.right.name(code) for code in met)
        return (
            f"{len(others)} {'area meets' if len(others) == 1 else 'areas meet'} the {len(met)} of {self.right.title} "
            f"here ({', '.join(names[:4])}{' and more' if len(names) > 4 else ''}), and no assignment leaves every "
            "area one of its authorities and in no more pieces than today"
        )


def _candidates(
    members: Sequence[set[str]], units: Sequence[str], graph: nx.Graph, wanted: tuple[int, Iterable[str]]
) -> list[list[int]]:
    """Return for each unit the areas it may be in: its own, those within reach, and the one that is wanted."""
    near: dict[str, set[int]] = {unit: set() for unit in units}
    for area, held in enumerate(members):
        reached = nx.multi_source_dijkstra_path_length(graph, held, cutoff=REACH, weight=None)
        for unit in near.keys() & reached.keys():
            near[unit].add(area)
    for unit in near.keys() & set(wanted[1]):
        near[unit].add(wanted[0])
    return [sorted(near[unit]) for unit in units]


def _unit_graph(units: Iterable[str], blocks: pd.DataFrame, neighbours: nx.Graph) -> nx.Graph:
    """Join blocks of one authority, and those of neighbouring ones, with the kilometres of border."""
    of_lad: dict[str, list[str]] = {}
    for unit in sorted(units):
        of_lad.setdefault(str(blocks["lad"].get(unit, unit)), []).append(unit)
    graph = nx.Graph()
    for here in of_lad.values():
        graph.add_nodes_from(here)
        graph.add_edges_from(combinations(here, 2), km=1.0)
    for one, two, km in neighbours.edges(data="border_km", default=0.0):
        graph.add_edges_from(((a, b) for a in of_lad.get(one, ()) for b in of_lad.get(two, ())), km=km)
    return graph


# ------------------------------------------------------------------------------------- integer programme


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


class _Model:
    """The integer programme: who is where, which areas lie inside which, which are exempt."""

    def __init__(self, problem: _Problem, goal: Goal, pair: tuple[str, str] | None) -> None:
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
