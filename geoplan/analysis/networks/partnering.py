"""Authorities joined by the partnerships that they share, and areas that broker between others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import networkx as nx
import pandas as pd

from geoplan.analysis.networks.graphs import authority_of, members_of
from geoplan.schema import Layer, Overlay

__all__ = ["affiliations", "brokers", "partners", "partnerships"]


class Compared(Protocol):
    """What holds an overlay, such as `geoplan.auditing.results.Pair`."""

    @property
    def overlay(self) -> Overlay:
        """The overlay."""


def affiliations(layers: Iterable[Layer]) -> nx.Graph:
    """Join authorities with the partnerships they belong to.

    Parameters
    ----------
    layers
        Layers of shipped blocks; others are left out.

    Returns
    -------
    networkx.Graph
        Bipartite: authority codes (``bipartite`` 0) and ``(layer key, code)`` of bodies (1) with ``name``.
    """
    graph = nx.Graph()
    for layer in layers:
        for code, held in sorted(members_of(layer).items()):
            graph.add_node((layer.key, code), bipartite=1, name=layer.name(code))
            for authority in sorted({authority_of(block) for block in held}):
                graph.add_node(authority, bipartite=0)
                graph.add_edge(authority, (layer.key, code))
    return graph


def partnerships(layers: Iterable[Layer]) -> nx.Graph:
    """Join authorities by the number of partnerships they share.

    Parameters
    ----------
    layers
        Layers of shipped blocks; others are left out.

    Returns
    -------
    networkx.Graph
        Nodes are authority codes with ``bodies``, the number of partnerships each belongs to; edges have
        ``weight``, the number of those that two share.
    """
    joined = affiliations(layers)
    authorities = sorted(node for node, side in joined.nodes(data="bipartite") if side == 0)
    graph = nx.bipartite.weighted_projected_graph(joined, authorities)
    nx.set_node_attributes(graph, {code: joined.degree[code] for code in authorities}, "bodies")
    for code in authorities:
        graph.nodes[code].pop("bipartite")
    return graph


def partners(graph: nx.Graph, code: str) -> list[tuple[str, int]]:
    """Return the authorities that one shares partnerships with.

    Parameters
    ----------
    graph
        From `partnerships`.
    code
        An authority.

    Returns
    -------
    list of tuple
        Code and number of partnerships shared, most first; empty where it is in none.
    """
    around = graph.adj[code] if code in graph else {}
    return sorted(((other, int(data["weight"])) for other, data in around.items()), key=lambda at: (-at[1], at[0]))


def brokers(pairs: Iterable[Compared], *, names: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Rank the authorities by how much they stand between partnerships.

    Parameters
    ----------
    pairs
        Comparisons, such as those of an audit; of their layers, those of shipped blocks that are in force
        or the user's own count, each once.
    names
        Authority code -> name; by default those of a layer with the key ``lad``, if one is among them.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``name``, ``bodies`` (how many partnerships it works with) and ``betweenness`` (0 to 1: the
        share of the shortest ways between other areas and authorities that lead through it), most first.

    References
    ----------
    Freeman 1977, doi 10.2307/3033543, by the algorithm of Brandes 2001, doi 10.1080/0022250X.2001.9990249.
    """
    layers = {layer.key: layer for pair in pairs for layer in (pair.overlay.left, pair.overlay.right)}
    if names is None:
        names = layers["lad"].areas["name"].to_dict() if "lad" in layers else {}
    counted = {"in force", "file", "scenario"}
    graph = affiliations(layer for key, layer in sorted(layers.items()) if layer.status in counted)
    between: dict[Any, float] = nx.betweenness_centrality(graph) if graph else {}
    rows = [
        (code, str(names.get(code, code)), graph.degree[code], between[code])
        for code, side in graph.nodes(data="bipartite")
        if side == 0
    ]
    rows.sort(key=lambda row: (-round(row[3], 12), -row[2], row[0]))
    return pd.DataFrame(rows, columns=["code", "name", "bodies", "betweenness"])
