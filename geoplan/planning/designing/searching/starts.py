"""What the search begins from: today's arrangement, regions that spopt makes, and spanning trees cut at random."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from importlib import import_module

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd

from geoplan.planning.designing.posing import Ground
from geoplan.planning.designing.searching.costs import Costs, Group
from geoplan.planning.designing.searching.trees import cut_tree

__all__ = ["starts"]

LEAST_WEIGHT = 1e-3


def starts(
    ground: Ground, weights: Mapping[str, float], clusters: tuple[int, int], costs: Costs, lot: random.Random
) -> Iterator[tuple[str, list[Group]]]:
    """Give arrangements to begin from.

    Parameters
    ----------
    ground
        Units joined where they stay together.
    weights
        Objective -> how much it counts.
    clusters
        Least and most clusters.
    costs
        What groups cost.
    lot
        Draws by lot.

    Yields
    ------
    tuple of str and list of frozenset
        What it is, in words, and its clusters, each connected; as many as are wanted where the ground allows it.
    """
    graph = ground.units.graph
    begins = {}
    if ground.today is not None:
        begins["today's arrangement"] = ground.today.home
    if nx.is_connected(graph) and clusters[0] < len(graph):
        begins["regions by Ward's method (spopt)"] = _regions(ground, weights, clusters)
    begins["random spanning trees"] = np.zeros(len(graph), dtype=int)
    for name, labels in begins.items():
        yield name, _counted(_pieces(labels, graph), clusters, graph, costs, lot)


def _pieces(labels: np.ndarray, graph: nx.Graph) -> list[Group]:
    """Return the connected pieces of the units of each label."""
    areas = [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
    return [frozenset(piece) for area in areas for piece in nx.connected_components(graph.subgraph(area))]


def _regions(ground: Ground, weights: Mapping[str, float], clusters: tuple[int, int]) -> np.ndarray:
    """Return the label of each unit's region: neighbours merged by Ward's method while most alike (spopt).

    Chosen by one trial on 296 districts and 47 regions: connected, as many as asked for, at once; k-means of regions
    cut more people and kept less commuting there, and SKATER had not ended when the trial was stopped.
    """
    # Slow to import, and needed only here.
    weights_of, region = import_module("libpysal.weights"), import_module("spopt.region")
    units, graph = ground.units, ground.units.graph
    told = pd.DataFrame(_profiles(ground, weights)).rename(columns=str)
    near = weights_of.W({unit: sorted(graph[unit]) for unit in sorted(graph)}, silence_warnings=True)
    nowhere = gpd.GeoDataFrame(told, geometry=gpd.points_from_xy(np.arange(len(units)), np.zeros(len(units))))
    model = region.WardSpatial(nowhere, near, list(told.columns), n_clusters=round(sum(clusters) / 2))
    model.solve()
    return np.asarray(model.labels_)


def _profiles(ground: Ground, weights: Mapping[str, float]) -> np.ndarray:
    """Tell of each unit which areas, workplaces and borders it has, as shares, each kind as heavy as its objective."""
    units = ground.units
    both = (units.trips + units.trips.T).toarray()
    np.fill_diagonal(both, 0.0)
    kinds = [("cut_people", held.people) for held in ground.layers]
    kinds += [("self_containment", both), ("compactness", units.borders.toarray())]
    kinds += [("change", ground.today.people)] if ground.today else []
    told = [max(weights.get(name, 0.0), LEAST_WEIGHT) * _shares(amounts) for name, amounts in kinds]
    return np.concatenate(told, axis=1)


def _shares(amounts: np.ndarray) -> np.ndarray:
    return amounts / np.maximum(amounts.sum(axis=1, keepdims=True), 1e-12)


def _counted(
    parts: list[Group], clusters: tuple[int, int], graph: nx.Graph, costs: Costs, lot: random.Random
) -> list[Group]:
    """Split the largest, or merge neighbours, until there are as many as are wanted."""
    people = costs.units.people
    while len(parts) < clusters[0]:
        largest = max((part for part in parts if len(part) > 1), key=lambda part: people[list(part)].sum())
        members, sides = cut_tree(largest, graph, lot)
        even = sides @ people[members]
        side = sides[int(np.abs(even - people[members].sum() / 2).argmin())]
        low = frozenset(np.asarray(members)[side > 0].tolist())
        parts = [part for part in parts if part != largest] + [low, largest - low]
    while len(parts) > clusters[1]:
        pairs = _pairs(parts, graph)
        if not pairs:
            break
        one, two = min(pairs, key=lambda pair: costs.of(pair[0] | pair[1]) - costs.of(pair[0]) - costs.of(pair[1]))
        parts = [part for part in parts if part not in (one, two)] + [one | two]
    return parts


def _pairs(parts: list[Group], graph: nx.Graph) -> list[tuple[Group, Group]]:
    """Return the pairs of clusters that border each other."""
    at = {unit: n for n, part in enumerate(parts) for unit in part}
    found = {(min(at[one], at[two]), max(at[one], at[two])) for one, two in graph.edges if at[one] != at[two]}
    return [(parts[one], parts[two]) for one, two in sorted(found)]
