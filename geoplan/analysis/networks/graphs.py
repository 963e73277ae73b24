"""Authorities joined by borders and crossings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from geoplan.schema import Layer

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["authority_of", "contiguity", "members_of", "pieces"]


def members_of(layer: Layer) -> dict[str, frozenset[str]]:
    """Return area -> shipped blocks; nothing for layers made otherwise."""
    if layer.parts is None or layer.blocks is not None:
        return {}
    return {str(code): frozenset(held) for code, held in layer.parts.groupby("code")["block"]}


def authority_of(block: str) -> str:
    """Return the code of the authority that a block is, or is a side of."""
    return block.partition(".")[0]


def contiguity(neighbours: pd.DataFrame, links: pd.DataFrame, codes: Iterable[str]) -> nx.Graph:
    """Join authorities that share a border, or that a bridge, tunnel or ferry joins.

    Parameters
    ----------
    neighbours
        ``lad_code``, ``neighbour_code``, ``border_km``: pairs with a border longer than a point.
    links
        ``lad_code``, ``neighbour_code``, ``kind``, ``crossing``: pairs that water parts.
    codes
        All authorities, so that islands are nodes too.

    Returns
    -------
    networkx.Graph
        Nodes are codes; edges have ``border_km`` or, for a link, ``kind`` and ``crossing``.
    """
    import networkx as nx  # a tenth of a second, and what only names authorities needs no graph

    graph = nx.Graph()
    graph.add_nodes_from(codes)
    for row in links.itertuples():
        graph.add_edge(row.lad_code, row.neighbour_code, kind=row.kind, crossing=row.crossing)
    for row in neighbours.itertuples():
        graph.add_edge(row.lad_code, row.neighbour_code, border_km=float(row.border_km), kind="border")
    return graph


def pieces(graph: nx.Graph, members: Iterable[str], *, links: bool = True) -> list[list[str]]:
    """Return the connected groups of some authorities, largest first.

    Parameters
    ----------
    graph
        From `contiguity`.
    members
        Codes of the authorities; those the graph does not know count as pieces of their own.
    links
        Whether bridges, tunnels and ferries join.

    Returns
    -------
    list of list of str
        Sorted codes of each group.
    """
    import networkx as nx

    inside = nx.Graph(graph.subgraph(members))
    inside.add_nodes_from(members)
    if not links:
        inside.remove_edges_from([(a, b) for a, b, kind in inside.edges(data="kind") if kind != "border"])
    groups = [sorted(component) for component in nx.connected_components(inside)]
    return sorted(groups, key=lambda group: (-len(group), group))
