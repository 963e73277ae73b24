"""A realignment posed: units, where each may go, and which moves a solution means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import networkx as nx
import numpy as np
import pandas as pd

from geoplan.schema import Layer

__all__ = ["AUTHORITY", "Goal", "Move", "Problem"]

REACH = 3
"""Borders an authority may cross to a new area: a partnership takes in its surroundings, not places far away."""
WHOLE = 1 - 1e-9
AUTHORITY = 1000.0
"""Cost of moving an authority; moving all people costs a little less, so that one person is still above the
solver's tolerances."""


class Goal(StrEnum):
    """What a realignment has to reach (docs/method/networks.md)."""

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


def _mapping(parts: pd.DataFrame, key: str, value: str) -> dict[str, frozenset[str]]:
    return {str(name): frozenset(map(str, found)) for name, found in parts.groupby(key)[value]}


@dataclass(frozen=True, eq=False)
class Problem:
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
    ) -> Problem:
        """Pose the problem for one layer to follow another, between two of its areas if a pair is named."""
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
        """Return the moves that places chosen for all units mean, by authority and block."""
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
