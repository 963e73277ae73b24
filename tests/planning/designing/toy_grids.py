"""Small grounds drawn as grids, and every arrangement of them, listed the slow way."""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx
import numpy as np
from scipy.sparse import csr_array

from geoplan.planning.designing.posing import Ground
from geoplan.planning.designing.units import Held, Units


def grid(rows: int, columns: int, seed: int, *, layers: int = 1) -> Ground:
    """Return a ground of rows x columns units with random people, commuting, borders, layers and today."""
    rng = np.random.default_rng(seed)
    count = rows * columns
    graph = nx.convert_node_labels_to_integers(nx.grid_2d_graph(rows, columns), ordering="sorted")
    nx.set_edge_attributes(graph, "", "crossing")
    nx.set_edge_attributes(graph, 1.0, "km")
    people = rng.integers(1, 50, count).astype(float)
    trips = rng.integers(0, 20, (count, count)).astype(float)
    borders = np.zeros((count, count))
    for one, two in graph.edges:
        borders[one, two] = borders[two, one] = rng.integers(1, 9)
    units = Units(
        codes=tuple(f"U{n:02d}" for n in range(count)),
        names=tuple(f"Unit {n}" for n in range(count)),
        blocks=tuple(frozenset([f"U{n:02d}"]) for n in range(count)),
        members=np.ones(count, dtype=int),
        people=people,
        need=rng.integers(0, 9, count) + people / 10,
        trips=csr_array(trips),
        residents=trips.sum(axis=1) + rng.integers(0, 9, count),
        jobs=trips.sum(axis=0) + rng.integers(0, 9, count),
        borders=csr_array(borders),
        graph=graph,
    )
    made = tuple(held(f"layer{n}", units, rng.integers(0, 3, count), rng.integers(0, 9, 3)) for n in range(layers))
    return Ground(units, made, held("today", units, labelled(graph, 3, rng), np.zeros(3)))


def held(key: str, units: Units, label: np.ndarray, outside: np.ndarray) -> Held:
    """Return a layer in which each unit lies whole in one area; some areas have people outside the ground."""
    people = np.zeros((len(units), 3))
    people[np.arange(len(units)), label] = units.people
    names = tuple(f"{key} {n}" for n in range(3))
    return Held(key, key, names, names, people, people.sum(axis=0) + outside)


def labelled(graph: nx.Graph, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return a connected arrangement: the tree of the grid without some of its edges."""
    tree = nx.bfs_tree(graph, 0).to_undirected()
    edges = sorted(tree.edges)
    for at in rng.choice(len(edges), count - 1, replace=False):
        tree.remove_edge(*edges[at])
    label = np.zeros(len(graph), dtype=int)
    for n, members in enumerate(nx.connected_components(tree)):
        label[list(members)] = n
    return label


def arrangements(graph: nx.Graph, least: int, most: int) -> Iterator[list[list[int]]]:
    """List every way to part a graph into connected groups, by trying each unit in each group."""

    def place(node: int, groups: list[list[int]]) -> Iterator[list[list[int]]]:
        if node == len(graph):
            if least <= len(groups) and all(nx.is_connected(graph.subgraph(group)) for group in groups):
                yield [list(group) for group in groups]
            return
        for group in groups:
            group.append(node)
            yield from place(node + 1, groups)
            group.pop()
        if len(groups) < most:
            yield from place(node + 1, [*groups, [node]])

    yield from place(0, [])
