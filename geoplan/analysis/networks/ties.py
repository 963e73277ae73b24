"""The overlaps that hold a common block together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import networkx as nx

from geoplan.analysis.networks.correspondence import Block, Node
from geoplan.analysis.networks.graphs import authority_of, members_of
from geoplan.schema import Layer

__all__ = ["Cut", "Shared", "bridges", "weakest_cut"]

CUT_AREAS = 2000
"""Areas in a block up to which its cheapest cut is looked for: the search grows with their cube."""


@dataclass(frozen=True)
class Shared:
    """Ground that two areas have in common.

    Parameters
    ----------
    left, right
        The areas.
    people
        Who live there (square metres with weight area); None where that is not assessed.
    authorities
        Codes of the authorities there; empty for layers that are not made of any.
    """

    left: Node
    right: Node
    people: float | None
    authorities: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cut:
    """Overlaps without which a block falls in two.

    Parameters
    ----------
    overlaps
        Sorted by their areas.
    people
        Of all of them; where the layers are more than two, in the two of them that share most.
    halves
        People of the overlaps that stay whole on either side, the larger first.
    sides
        The areas of either side, in the same order.
    """

    overlaps: tuple[Shared, ...]
    people: float | None
    halves: tuple[float, float]
    sides: tuple[tuple[Node, ...], tuple[Node, ...]]


def bridges(graph: nx.Graph, block: Block, *, layers: Sequence[Layer] = ()) -> list[Cut]:
    """Return the single overlaps without which a block falls into two groupings.

    Parameters
    ----------
    graph
        From `correspondence`.
    block
        From `common_blocks`.
    layers
        The layers in the order of their positions, to name the authorities in the overlaps.

    Returns
    -------
    list of Cut
        Fewest people first. An overlap that only parts one area from all of its partners is no bridge:
        on either side areas of two layers must remain together.
    """
    part = graph.subgraph(block.nodes)
    found = []
    for one, two in nx.bridges(part):
        if min(part.degree[one], part.degree[two]) > 1:
            rest = nx.Graph(part)
            rest.remove_edge(one, two)
            found.append(_cut(part, nx.node_connected_component(rest, one), layers))
    return sorted(found, key=lambda cut: (math.inf if cut.people is None else cut.people, cut.overlaps[0].left))


def weakest_cut(graph: nx.Graph, block: Block, *, layers: Sequence[Layer] = ()) -> Cut | None:
    """Return the overlaps with the fewest people whose removal breaks a block in two.

    Parameters
    ----------
    graph
        From `correspondence`.
    block
        From `common_blocks`.
    layers
        The layers in the order of their positions, to name the authorities in the overlaps.

    Returns
    -------
    Cut or None
        None where the block cannot be broken without parting an area from the one it shares most with, or
        has more than `CUT_AREAS` areas.

    Notes
    -----
    A minimum cut (Stoer & Wagner 1997, doi 10.1145/263867.263872) after every area has been joined with the
    one it shares most people with, because a cut that leaves an area without its main partner mends nothing.
    Overlaps that are not assessed are not cut.
    """
    nodes = sorted(block.nodes, key=_order)
    if len(nodes) > CUT_AREAS:
        return None
    part, measure = graph.subgraph(nodes), graph.graph["measure"]
    firm = nx.Graph()
    firm.add_nodes_from(nodes)
    for node in nodes:
        amounts = {other: data[measure] for other, data in sorted(part.adj[node].items(), key=lambda at: _order(at[0]))}
        firm.add_edges_from((node, other) for other, amount in amounts.items() if amount is None)
        if known := {other: amount for other, amount in amounts.items() if amount is not None}:
            firm.add_edge(node, max(known, key=known.__getitem__))
    groups = sorted((sorted(group, key=_order) for group in nx.connected_components(firm)), key=lambda g: _order(g[0]))
    if len(groups) < 2:
        return None
    home = {node: n for n, group in enumerate(groups) for node in group}
    small = nx.Graph()
    small.add_nodes_from(range(len(groups)))
    for one, two, amount in sorted(part.edges(data=measure), key=lambda edge: sorted((home[edge[0]], home[edge[1]]))):
        at = home[one], home[two]
        if at[0] != at[1]:
            small.add_edge(*at, weight=small.edges[at]["weight"] + amount if small.has_edge(*at) else amount)
    _, (side, _) = nx.stoer_wagner(small)
    return _cut(part, {node for n in side for node in groups[n]}, layers)


def _order(node: Node) -> tuple[int, str]:
    return node[1], node[2]


def _cut(part: nx.Graph, side: Iterable[Node], layers: Sequence[Layer]) -> Cut:
    """Return what joins some areas of a block with the others."""
    here = set(side)
    sides = [tuple(sorted(group, key=_order)) for group in (here, set(part) - here)]
    measure = part.graph["measure"]
    overlaps = []
    for one, two, amount in part.edges(data=measure):
        if (one in here) != (two in here):
            left, right = sorted((one, two), key=_order)
            overlaps.append(Shared(left, right, amount, _authorities_in(left, right, layers)))
    people = None if any(overlap.people is None for overlap in overlaps) else _most(overlaps)
    halves = [(_inside(part.subgraph(nodes)), nodes) for nodes in sides]
    halves.sort(key=lambda half: (-half[0], half[1]))
    (most, one), (least, two) = halves
    overlaps.sort(key=lambda overlap: (_order(overlap.left), _order(overlap.right)))
    return Cut(tuple(overlaps), people, (most, least), (one, two))


def _inside(part: nx.Graph) -> float:
    """Return the people of the overlaps in a part of a graph, of those two layers that share most."""
    return _most([Shared(one, two, amount) for one, two, amount in part.edges(data=part.graph["measure"])])


def _most(overlaps: Iterable[Shared]) -> float:
    """Return the people of some overlaps: of those two layers that share most, so that nobody counts twice."""
    held: dict[tuple[int, ...], list[float]] = {(): []}
    for overlap in overlaps:
        held.setdefault(tuple(sorted((overlap.left[1], overlap.right[1]))), []).append(overlap.people or 0.0)
    return max(math.fsum(amounts) for amounts in held.values())


def _authorities_in(left: Node, right: Node, layers: Sequence[Layer]) -> tuple[str, ...]:
    if not layers:
        return ()
    held = [members_of(layers[node[1]]).get(node[2], frozenset()) for node in (left, right)]
    return tuple(sorted({authority_of(block) for block in held[0] & held[1]}))
