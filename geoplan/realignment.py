"""The fewest authorities that must change areas for one geography to agree with another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import networkx as nx
import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from geoplan.errors import ConfigurationError, UnknownKeyError
from geoplan.schema import Layer

__all__ = ["Goal", "Move", "Realignment", "moved", "realign"]

REACH = 3
"""Borders an authority may cross to a new area: a partnership takes in its surroundings, not places far away."""

SECONDS = 60.0
"""Time for each of the solver's stages; what is not proven by then is reported with its gap."""

WHOLE = 1 - 1e-9


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
    becomes the same as one right area. Fewest authorities first, then fewest people, then the longest borders with the new area.

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
    Ground the right layer leaves uncovered is free. No area may be emptied or fall into more pieces than it
    has today, and no authority moves to an area more than `REACH` borders away. Parts of unknown size stay
    where they are. An integer programme, solved by HiGHS (Huangfu & Hall 2018, doi
    10.1007/s12532-017-0130-5); contiguity is added as cuts where a solution breaks it.
    """
    _refuse(left, right, goal, pair)
    problem = _Problem.of(left, right, blocks, neighbours)
    model = _Model(problem, goal, pair)
    chosen, exempt, gap = model.solve(seconds)
    moves = problem.moves(chosen)
    unreached = {area: problem.why(area, goal, pair) for area in exempt}
    return Realignment(goal, moves, unreached, gap <= OPTIMAL, gap, left, moved(left, moves, blocks))


OPTIMAL = 1e-6


def moved(left: Layer, moves: Iterable[Move], blocks: pd.DataFrame) -> Layer:
    """Return a layer after some moves, with the weights of its areas summed anew.

    Parameters
    ----------
    left
        A layer of shipped blocks.
    moves
        Blocks and the areas they join.
    blocks
        Shipped blocks with people, working_age, postcodes and area_m2.

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
    sums = pd.DataFrame(amounts, columns=columns).groupby(parts["code"].to_numpy()).agg(lambda v: v.sum(skipna=False))
    return replace(left, areas=areas.assign(**{name: sums[name].reindex(areas.index) for name in columns}), parts=parts)


def _refuse(left: Layer, right: Layer, goal: Goal, pair: tuple[str, str] | None) -> None:
    for layer in (left, right):
        if layer.parts is None or layer.blocks is not None:
            message = f"{layer.key} is not made of authorities, so there is nothing that could move. Use catalogue keys or membership tables."
            raise ConfigurationError(message)
    assert left.parts is not None  # noqa: S101 - just refused
    twice = left.parts["block"][left.parts["block"].duplicated() & left.parts["share"].notna()]
    if left.overlap and len(twice):
        message = f"{left.key} overlaps itself ({twice.iloc[0]} is in several areas), so a move has no one origin."
        raise ConfigurationError(message)
    if (goal is Goal.PAIR) != (pair is not None):
        message = "The goal pair needs a left and a right area, and no other goal takes them."
        raise ConfigurationError(message)
    for layer, code in zip((left, right), pair or (), strict=False):
        if code not in layer.areas.index:
            message = f"There is no area {code!r} in {layer.key}. geoplan layers {layer.key} lists them."
            raise UnknownKeyError(message)


@dataclass(frozen=True, eq=False)
class _Problem:
    """Blocks as units that may move, areas as places for them, in the order of their codes."""

    left: Layer
    right: Layer
    areas: list[str]
    units: list[str]
    lads: list[str]
    people: np.ndarray
    home: np.ndarray
    fixed: dict[str, set[str]]
    partners: dict[str, frozenset[str]]
    right_units: dict[str, frozenset[str]]
    graph: nx.Graph
    candidates: list[list[int]] = field(default_factory=list)

    @classmethod
    def of(cls, left: Layer, right: Layer, blocks: pd.DataFrame, neighbours: nx.Graph) -> _Problem:
        assert left.parts is not None  # noqa: S101 - refused at the door
        assert right.parts is not None  # noqa: S101 - refused at the door
        areas = sorted(map(str, left.parts["code"].unique()))
        place = {code: n for n, code in enumerate(areas)}
        whole = (left.parts["share"] >= WHOLE).to_numpy()
        own = left.parts[whole].sort_values("block")
        units = own["block"].tolist()
        fixed: dict[str, set[str]] = {code: set() for code in areas}
        for block, code in left.parts.loc[~whole, ["block", "code"]].itertuples(index=False):
            fixed[code].add(block)
        partners = {str(b): frozenset(codes) for b, codes in right.parts.groupby("block")["code"]}
        right_units = {str(code): frozenset(found) for code, found in right.parts.groupby("code")["block"]}
        lads = blocks["lad"].reindex(units).tolist()
        found = cls(
            left, right, areas, units, lads,
            blocks["people"].reindex(units).to_numpy(dtype=float),
            np.array([place[code] for code in own["code"]], dtype=np.int64),
            fixed, partners, right_units, _unit_graph(left.parts["block"].unique(), blocks, neighbours),
        )  # fmt: skip
        return replace(found, candidates=found._candidates())

    def _candidates(self) -> list[list[int]]:
        """Return for each unit the areas it may be in: its own, and those within reach."""
        members = self.members(self.home)
        near: list[set[int]] = [{int(area)} for area in self.home]
        place = {unit: n for n, unit in enumerate(self.units)}
        for number, code in enumerate(self.areas):
            distance = nx.multi_source_dijkstra_path_length(self.graph, members[code], cutoff=REACH, weight=None)
            for unit in distance:
                if unit in place:
                    near[place[unit]].add(number)
        return [sorted(each) for each in near]

    def members(self, chosen: np.ndarray) -> dict[str, set[str]]:
        """Return the blocks of each area for an assignment of the units."""
        found = {code: set(held) for code, held in self.fixed.items()}
        for unit, area in zip(self.units, chosen, strict=True):
            found[self.areas[area]].add(unit)
        return found

    def pieces(self, members: Iterable[str]) -> list[set[str]]:
        """Return the connected groups of some blocks."""
        return sorted(map(set, nx.connected_components(self.graph.subgraph(members))), key=lambda c: (-len(c), min(c)))

    def moves(self, chosen: np.ndarray) -> tuple[Move, ...]:
        return tuple(
            Move(self.units[n], self.lads[n], self.areas[self.home[n]], self.areas[chosen[n]], float(self.people[n]))
            for n in np.flatnonzero(chosen != self.home)
        )

    def touched(self, members: Iterable[str]) -> set[str]:
        """Return the right areas that some blocks meet."""
        return set().union(*(self.partners.get(block, frozenset()) for block in members))

    def why(self, area: str, goal: Goal, pair: tuple[str, str] | None) -> str:
        """Say why the goal cannot be reached for an area."""
        today = self.members(self.home)
        met = sorted(self.touched(today[area]))
        others = sorted(code for code, held in today.items() if self.touched(held) & set(met))
        names = [self.right.name(code) for code in met]
        stuck = sorted(set(self.fixed[area]) | {b for b in today[area] if len(self.partners.get(b, ())) > 1})
        if goal is Goal.PAIR and pair is not None:
            outside = self.right_units[pair[1]] - set(self.units)
            if outside:
                return f"{len(outside)} of the blocks of {self.right.name(pair[1])} are in no area of {self.left.title}"
        if stuck:
            return f"parts of unknown size or of several areas cannot be moved: {', '.join(stuck[:3])}"
        return (
            f"{len(others)} {'area meets' if len(others) == 1 else 'areas meet'} the {len(met)} of {self.right.title} "
            f"here ({', '.join(names[:4])}{' and more' if len(names) > 4 else ''}), and no assignment keeps every area "
            "peopled and in no more pieces than today"
        )


def _unit_graph(units: Iterable[str], blocks: pd.DataFrame, neighbours: nx.Graph) -> nx.Graph:
    """Join blocks of one authority, and those of neighbouring ones, with the kilometres of border."""
    of_lad: dict[str, list[str]] = {}
    for unit in sorted(units):
        of_lad.setdefault(str(blocks["lad"].get(unit, unit)), []).append(unit)
    graph = nx.Graph()
    for here in of_lad.values():
        graph.add_nodes_from(here)
        graph.add_edges_from((a, b, {"km": 1.0}) for n, a in enumerate(here) for b in here[n + 1 :])
    for one, two, km in neighbours.edges(data="border_km", default=0.0):
        graph.add_edges_from((a, b, {"km": km}) for a in of_lad.get(one, ()) for b in of_lad.get(two, ()))
    return graph


# ------------------------------------------------------------------------------------- integer programme


class _Rows:
    """Linear constraints being collected: rows of (variable, factor) with bounds."""

    def __init__(self) -> None:
        self.row: list[int] = []
        self.column: list[int] = []
        self.factor: list[float] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, terms: Iterable[tuple[int, float]], low: float, high: float) -> None:
        number = len(self.low)
        for column, factor in terms:
            self.row.append(number)
            self.column.append(column)
            self.factor.append(factor)
        self.low.append(low)
        self.high.append(high)

    def constraint(self, variables: int) -> LinearConstraint:
        shape = (len(self.low), variables)
        matrix = coo_array((self.factor, (self.row, self.column)), shape=shape).tocsc()
        return LinearConstraint(matrix, self.low, self.high)


class _Model:
    """The integer programme: who is where, which areas meet, which lie inside which, which are exempt."""

    def __init__(self, problem: _Problem, goal: Goal, pair: tuple[str, str] | None) -> None:
        self.problem, self.goal, self.pair = problem, goal, pair
        self.count = 0
        self.rows = _Rows()
        self.place = {
            (n, area): self._variable() for n, near in enumerate(problem.candidates) for area in near
        }
        self.exempt = [self._variable() for _ in problem.areas]
        self.moves = {lad: self._variable() for lad in sorted(set(problem.lads))}
        self._assign()
        if goal is Goal.PAIR:
            self._make_coterminous()
        else:
            self._agree()

    def _variable(self) -> int:
        self.count += 1
        return self.count - 1

    def _assign(self) -> None:
        problem = self.problem
        for n, near in enumerate(problem.candidates):
            home = int(problem.home[n])
            self.rows.add([(self.place[n, area], 1.0) for area in near], 1.0, 1.0)
            self.rows.add([(self.place[n, home], 1.0), (self.moves[problem.lads[n]], 1.0)], 1.0, np.inf)
            # An exempt area keeps what it has and takes nothing.
            self.rows.add([(self.place[n, home], 1.0), (self.exempt[home], -1.0)], 0.0, np.inf)
            for area in near:
                if area != home:
                    self.rows.add([(self.place[n, area], 1.0), (self.exempt[area], 1.0)], -np.inf, 1.0)
        for area, code in enumerate(problem.areas):
            able = [(self.place[n, area], 1.0) for n, near in enumerate(problem.candidates) if area in near]
            if not problem.fixed[code]:
                self.rows.add(able, 1.0, np.inf)

    def _agree(self) -> None:
        problem = self.problem
        of_area: dict[int, dict[str, list[int]]] = {area: {} for area in range(len(problem.areas))}
        for n, near in enumerate(problem.candidates):
            for right in sorted(problem.partners.get(problem.units[n], ())):
                for area in near:
                    of_area[area].setdefault(right, []).append(n)
        place = {unit: n for n, unit in enumerate(problem.units)}
        for area, code in enumerate(problem.areas):
            held = problem.touched(problem.fixed[code])
            rights = sorted(set(of_area[area]) | held)
            inside = {right: self._variable() for right in rights}
            meets = {right: self._variable() for right in rights}
            self.rows.add([(inside[right], 1.0) for right in rights], 0.0, 1.0)
            for right in rights:
                units = of_area[area].get(right, [])
                for n in units:
                    self.rows.add([(meets[right], 1.0), (self.place[n, area], -1.0)], 0.0, np.inf)
                if right in held:
                    self.rows.add([(meets[right], 1.0)], 1.0, 1.0)
                # Inside another right area means not meeting this one.
                others = [(inside[other], 1.0) for other in rights if other != right]
                self.rows.add([(meets[right], 1.0), *others], -np.inf, 1.0)
                allowed = [(self.exempt[area], -1.0)]
                if self.goal in {Goal.CLEAN, Goal.NEST}:
                    allowed.append((inside[right], -1.0))
                whole = self._whole(area, right, place) if self.goal in {Goal.CLEAN, Goal.WHOLE} else None
                if whole is not None:
                    allowed.append((whole, -1.0))
                self.rows.add([(meets[right], 1.0), *allowed], -np.inf, 0.0)

    def _whole(self, area: int, right: str, place: Mapping[str, int]) -> int | None:
        """Return the variable that a right area lies inside a left one, None where it cannot."""
        blocks = sorted(self.problem.right_units[right])
        if not all((place.get(block, -1), area) in self.place for block in blocks):
            return None
        whole = self._variable()
        for block in blocks:
            self.rows.add([(self.place[place[block], area], 1.0), (whole, -1.0)], 0.0, np.inf)
        return whole

    def _make_coterminous(self) -> None:
        assert self.pair is not None  # noqa: S101 - refused at the door
        problem, (left, right) = self.problem, self.pair
        area = problem.areas.index(left)
        wanted = problem.right_units[right]
        place = {unit: n for n, unit in enumerate(problem.units)}
        for block in sorted(wanted):
            at = self.place.get((place.get(block, -1), area))
            terms = [] if at is None else [(at, 1.0)]
            self.rows.add([*terms, (self.exempt[area], 1.0)], 1.0, np.inf)
        for n, unit in enumerate(problem.units):
            if (n, area) in self.place and problem.partners.get(unit) and unit not in wanted:
                self.rows.add([(self.place[n, area], 1.0), (self.exempt[area], -1.0)], -np.inf, 0.0)
        if problem.touched(problem.fixed[left]) - {right}:
            self.rows.add([(self.exempt[area], 1.0)], 1.0, np.inf)

    # ---------------------------------------------------------------------------------------- solving

    def solve(self, seconds: float) -> tuple[np.ndarray, list[str], float]:
        """Minimise exemptions, then authorities, then people, then take the longest borders.

        Returns the area of each unit, the exempt areas, and the largest relative gap.
        """
        gaps = []
        for cost in (self._authorities(), self._people(), self._borders()):
            chosen, values, best, gap = self._contiguous(cost, seconds)
            gaps.append(gap)
            slack = 1e-6 * max(1.0, abs(best))
            self.rows.add([(n, factor) for n, factor in enumerate(cost) if factor], -np.inf, best + slack)
        exempt = [code for code, at in zip(self.problem.areas, self.exempt, strict=True) if values[at] > 0.5]
        return chosen, exempt, max(gaps[:2])

    def _authorities(self) -> np.ndarray:
        """Count authorities; one exemption costs more than moving them all."""
        cost = np.zeros(self.count)
        cost[list(self.moves.values())] = 1.0
        cost[self.exempt] = len(self.moves) + 1.0
        return cost

    def _people(self) -> np.ndarray:
        """Count thousands, which keeps the solver's tolerances away from single people."""
        cost = np.zeros(self.count)
        for (n, area), at in self.place.items():
            if area != self.problem.home[n]:
                cost[at] = self.problem.people[n] / 1000
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

    def _contiguous(self, cost: np.ndarray, seconds: float) -> tuple[np.ndarray, np.ndarray, float, float]:
        """Solve, and solve again with cuts as long as an area falls into more pieces than today."""
        while True:
            values, best, gap = self._optimum(cost, seconds)
            chosen = self.problem.home.copy()
            for (n, area), at in self.place.items():
                if values[at] > 0.5:
                    chosen[n] = area
            if not self._cut(chosen):
                return chosen, values, best, gap

    def _optimum(self, cost: np.ndarray, seconds: float) -> tuple[np.ndarray, float, float]:
        found = milp(
            cost,
            integrality=np.ones(self.count),
            bounds=Bounds(0, 1),
            constraints=self.rows.constraint(self.count),
            options={"time_limit": seconds, "mip_rel_gap": 0.0},
        )
        if found.x is None:
            message = f"The solver found no answer within {seconds:,.0f} s ({found.message}). Give it more time."
            raise ConfigurationError(message)
        gap = 0.0 if found.status == 0 else float(found.mip_gap or 0.0)
        return found.x, float(cost @ np.round(found.x)), gap

    def _cut(self, chosen: np.ndarray) -> bool:
        """Add a constraint for every area in more pieces than today; tell whether there was any."""
        today, after = self.problem.members(self.problem.home), self.problem.members(chosen)
        broken = False
        for area, code in enumerate(self.problem.areas):
            before, now = self.problem.pieces(today[code]), self.problem.pieces(after[code])
            if len(now) <= len(before):
                continue
            broken = True
            if len(before) == 1:
                for piece in now[1:]:
                    self._separate(area, piece, now[0])
            else:
                self._forbid(area, after[code])
        return broken

    def _separate(self, area: int, piece: set[str], main: set[str]) -> None:
        """Of a piece and the main part, one leaves, or something between them joins."""
        around = set().union(*(self.problem.graph.adj[unit] for unit in piece)) - piece
        joins = self._terms(area, around, -1.0)
        anchor = self._terms(area, {min(main)}, 1.0) or [(0, 0.0)]
        fixed = 0.0 if min(main) in self.problem.units else 1.0
        for unit in sorted(piece & set(self.problem.units)):
            self.rows.add([*self._terms(area, {unit}, 1.0), *anchor, *joins], -np.inf, 1.0 - fixed)

    def _forbid(self, area: int, members: set[str]) -> None:
        """Of exactly these members one leaves, or a neighbour joins."""
        around = set().union(*(self.problem.graph.adj[unit] for unit in members)) - members
        inside = self._terms(area, members, -1.0)
        self.rows.add([*inside, *self._terms(area, around, 1.0)], 1.0 - len(inside), np.inf)

    def _terms(self, area: int, units: Iterable[str], factor: float) -> list[tuple[int, float]]:
        wanted = set(units)
        found = [n for n, unit in enumerate(self.problem.units) if unit in wanted]
        return [(self.place[n, area], factor) for n in found if (n, area) in self.place]


def counts(relations: Sequence[str]) -> dict[str, int]:
    """Count relations."""
    return {str(key): int(value) for key, value in pd.Series(list(relations)).value_counts().items()}
