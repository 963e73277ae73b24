"""The building units of designed clusters: people, commuting, borders, and the layers they meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import networkx as nx
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geoplan.schema import Flows, Layer, Weight

__all__ = ["Held", "Units", "counted_by", "held_by", "joined", "units_of"]

TIE = 1e-3
"""What all people of a layer come to, in one of those counted, where as many of these are here as there."""


@dataclass(frozen=True, eq=False)
class Held:
    """The people that each unit has in each area of a layer.

    Parameters
    ----------
    key, title
        Of the layer.
    codes, names
        Of its areas.
    people
        Units x areas.
    whole
        People of each area, those outside the units too.
    counted
        Units x areas: those of the people who are counted; None for all of them.
    """

    key: str
    title: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    people: np.ndarray
    whole: np.ndarray
    counted: np.ndarray | None = None

    @property
    def amounts(self) -> np.ndarray:
        """Units x areas: whoever is counted."""
        return self.people if self.counted is None else self.counted

    @property
    def matching(self) -> np.ndarray:
        """Units x areas: by whom areas are matched: whoever is counted, and people where these do not decide."""
        if self.counted is None:
            return self.people
        return self.counted + TIE * self.people / self.people.sum()

    @property
    def home(self) -> np.ndarray:
        """Position of the area that most people of each unit are in, -1 for units in none."""
        return np.where(self.people.sum(axis=1) > 0, self.people.argmax(axis=1), -1)

    def gathered(self, groups: csr_array) -> Held:
        """Return the same for groups of units (groups x units)."""
        counted = None if self.counted is None else groups @ self.counted
        return replace(self, people=groups @ self.people, counted=counted)


@dataclass(frozen=True, eq=False)
class Units:
    """What clusters are built of, in the order of their codes.

    Parameters
    ----------
    codes, names
        One a unit; several joined by ";" where units are kept together.
    blocks
        The shipped blocks of each unit.
    members
        Building units that each is joined of; 1 where it is one itself.
    people
        Of each unit.
    need
        People out of work in each unit; NaN where not known.
    trips
        Units x units: workers by where they live and work.
    residents, jobs
        Workers living, and working, in each unit, wherever else they work or live.
    borders
        Units x units: kilometres of common border; twice the border inside a unit that is joined of several.
    graph
        Positions of units, joined where they border (``crossing`` is empty) or a listed crossing joins them.
    counted
        Objective -> whom it counts, of each unit; objectives that are not here count people.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    blocks: tuple[frozenset[str], ...]
    members: np.ndarray
    people: np.ndarray
    need: np.ndarray
    trips: csr_array
    residents: np.ndarray
    jobs: np.ndarray
    borders: csr_array
    graph: nx.Graph
    counted: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.codes)

    def amounts(self, objective: str) -> np.ndarray:
        """Return how many each unit has of those whom an objective counts."""
        return self.counted.get(objective, self.people)

    def total(self, objective: str) -> float:
        """Return how many all units have of those whom an objective counts."""
        return float(self.amounts(objective).sum())

    def found(self, written: str) -> int | None:
        """Return the position of a unit by code or name; None where there is none."""
        wanted = written.strip().casefold()
        for names in (self.codes, self.names):
            for at, name in enumerate(names):
                if name.casefold() == wanted:
                    return at
        return None


def units_of(layer: Layer, blocks: pd.DataFrame, flows: Flows, neighbours: nx.Graph, need: pd.Series) -> Units:
    """Make units of the areas of a layer.

    Parameters
    ----------
    layer
        Of whole shipped blocks; its areas are the units.
    blocks
        The shipped blocks, with ``lad`` and ``people``.
    flows
        Commuting between authorities; an authority that is split has it shared out by people.
    neighbours
        Authorities joined by borders and crossings.
    need
        Block -> people out of work; NaN where not known.

    Returns
    -------
    Units
        Blocks of one authority count as neighbours, with no border to measure.
    """
    assert layer.parts is not None  # noqa: S101 - refused at the door
    codes = tuple(sorted(map(str, layer.areas.index)))
    at = {code: n for n, code in enumerate(codes)}
    parts = layer.parts[["block", "code"]].sort_values("block")
    unit = parts["code"].map(at).to_numpy()
    here = blocks.loc[parts["block"]]
    lads = sorted(set(here["lad"]))
    share = _shares(here, unit, lads, blocks, len(codes))
    zone = pd.Index(flows.zones).get_indexer(lads)
    trips, residents, jobs = _commuting(flows, zone, share)
    people = np.bincount(unit, here["people"], len(codes))
    out_of_work = np.bincount(unit, need.reindex(parts["block"]).to_numpy(dtype=float), len(codes))
    of_unit = parts.groupby(unit)["block"].agg(frozenset)
    graph, borders = _neighbourhood(share, lads, neighbours)
    names = tuple(layer.name(code) for code in codes)
    members = np.ones(len(codes), dtype=int)
    return Units(codes, names, tuple(of_unit), members, people, out_of_work, trips, residents, jobs, borders, graph)


def _shares(here: pd.DataFrame, unit: np.ndarray, lads: Sequence[str], blocks: pd.DataFrame, count: int) -> csr_array:
    """Return units x authorities: the share of each authority's people that lives in each unit."""
    whole = blocks.groupby("lad")["people"].sum()
    lad = pd.Index(lads).get_indexer(here["lad"])
    share = (here["people"] / here["lad"].map(whole)).fillna(1.0).to_numpy()
    return csr_array((share, (unit, lad)), shape=(count, len(lads)))


def _commuting(flows: Flows, zone: np.ndarray, share: csr_array) -> tuple[csr_array, np.ndarray, np.ndarray]:
    origin, destination = flows.ends
    size = len(flows.zones)
    matrix = csr_array((flows.table["workers"].to_numpy(dtype=float), (origin, destination)), shape=(size, size))
    known = zone >= 0
    held = share[:, np.flatnonzero(known)]
    among = matrix[zone[known]][:, zone[known]]
    residents = held @ flows.residents.to_numpy(dtype=float)[zone[known]]
    jobs = held @ flows.jobs.to_numpy(dtype=float)[zone[known]]
    return csr_array(held @ among @ held.T), residents, jobs


def _neighbourhood(share: csr_array, lads: Sequence[str], neighbours: nx.Graph) -> tuple[nx.Graph, csr_array]:
    """Join units whose authorities border or are linked, and those that share an authority."""
    of_lad = {lad: share[:, [n]].nonzero()[0].tolist() for n, lad in enumerate(lads)}
    graph = nx.Graph()
    graph.add_nodes_from(range(share.shape[0]))
    for held in of_lad.values():
        graph.add_edges_from(combinations(held, 2), km=0.0, crossing="")
    for one, two, told in neighbours.edges(data=True):
        for a in of_lad.get(one, ()):
            for b in of_lad.get(two, ()):
                if a != b:
                    _join(graph, a, b, told)
    one, two, km = zip(*graph.edges(data="km"), strict=True) if graph.size() else ((), (), ())
    ends = (np.r_[one, two].astype(int), np.r_[two, one].astype(int))
    return graph, csr_array((np.r_[km, km].astype(float), ends), shape=share.shape[:1] * 2)


def _join(graph: nx.Graph, one: int, two: int, told: dict[str, object]) -> None:
    km, crossing = float(str(told.get("border_km", 0.0))), str(told.get("crossing", ""))
    known = graph.get_edge_data(one, two)
    if known is None:
        graph.add_edge(one, two, km=km, crossing=crossing)
    else:
        known["km"] += km
        known["crossing"] = known["crossing"] if crossing else ""


def counted_by(units: Units, amounts: pd.Series) -> np.ndarray:
    """Return the sum of each unit's blocks.

    Parameters
    ----------
    units
        The units.
    amounts
        Block -> how many; NaN where nobody counts them.

    Returns
    -------
    numpy.ndarray
        One sum a unit; NaN where one of its blocks is not counted.
    """
    return np.array([amounts.reindex(sorted(held)).sum(skipna=False) for held in units.blocks], dtype=float)


def held_by(layer: Layer, units: Units, blocks: pd.DataFrame, weight: Weight = Weight.PEOPLE) -> Held:
    """Tell how many people of each unit live in each area of a layer.

    Parameters
    ----------
    layer
        Of shipped blocks.
    units
        The units.
    blocks
        The shipped blocks, with ``people`` and who else is counted.
    weight
        Who of the people are counted.

    Returns
    -------
    Held
        NaN where a part of unknown size belongs to an area. Those counted are spread over an area as people are.
    """
    assert layer.parts is not None  # noqa: S101 - refused at the door
    codes = tuple(sorted(map(str, layer.areas.index)))
    at = {code: n for n, code in enumerate(codes)}
    of_block = {block: n for n, held in enumerate(units.blocks) for block in held}
    area = layer.parts["code"].map(at).to_numpy()
    unit = layer.parts["block"].map(of_block)
    inside = unit.notna().to_numpy()
    at_unit = (unit[inside].astype(int), area[inside])

    def amount(column: str) -> np.ndarray:
        return (layer.parts["share"] * layer.parts["block"].map(blocks[column])).to_numpy(dtype=float)  # type: ignore[index]

    def summed(column: str) -> np.ndarray:
        found = np.zeros((len(units), len(codes)))
        np.add.at(found, at_unit, amount(column)[inside])
        return found

    whole = np.zeros(len(codes))
    np.add.at(whole, area, amount("people"))
    counted = None if weight is Weight.PEOPLE else summed(weight.column)
    names = tuple(layer.name(code) for code in codes)
    return Held(layer.key, layer.title, codes, names, summed("people"), whole, counted)


def joined(units: Units, sets: Iterable[Iterable[int]]) -> tuple[Units, np.ndarray]:
    """Make one unit of each set of units that is kept together and connected.

    Parameters
    ----------
    units
        The units.
    sets
        Positions of those kept together; sets that overlap are one.

    Returns
    -------
    units : Units
        In the order of the first of their members.
    place : numpy.ndarray
        Position of each former unit among them.
    """
    bound = nx.Graph()
    bound.add_nodes_from(range(len(units)))
    for members in map(list, sets):
        nx.add_path(bound, members)
    groups = []
    for component in nx.connected_components(bound):
        whole = nx.is_connected(units.graph.subgraph(component))
        groups += [sorted(component)] if whole else [[n] for n in component]
    groups.sort()
    place = np.empty(len(units), dtype=int)
    for n, members in enumerate(groups):
        place[members] = n
    return _gathered(units, groups, place), place


def _gathered(units: Units, groups: Sequence[Sequence[int]], place: np.ndarray) -> Units:
    held = csr_array((np.ones(len(units)), (place, np.arange(len(units)))), shape=(len(groups), len(units)))
    graph = nx.Graph()
    graph.add_nodes_from(range(len(groups)))
    for one, two, told in units.graph.edges(data=True):
        if place[one] != place[two]:
            _join(graph, int(place[one]), int(place[two]), {"border_km": told["km"], "crossing": told["crossing"]})
    return Units(
        codes=tuple(";".join(units.codes[n] for n in members) for members in groups),
        names=tuple(" and ".join(units.names[n] for n in members) for members in groups),
        blocks=tuple(frozenset().union(*(units.blocks[n] for n in members)) for members in groups),
        members=np.bincount(place, units.members, len(groups)).astype(int),
        people=held @ units.people,
        need=held @ units.need,
        trips=csr_array(held @ units.trips @ held.T),
        residents=held @ units.residents,
        jobs=held @ units.jobs,
        borders=csr_array(held @ units.borders @ held.T),
        graph=graph,
        counted={name: held @ amounts for name, amounts in units.counted.items()},
    )
