"""Common blocks, contiguity and partnerships of authorities as NetworkX graphs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import networkx as nx
import numpy as np
import pandas as pd

from geoplan.artefacts import real_shares
from geoplan.schema import REST, Layer, Overlay, Tolerance, Weight, assessed

__all__ = [
    "Block",
    "Cut",
    "Shared",
    "affiliations",
    "bridges",
    "brokers",
    "common_blocks",
    "contiguity",
    "correspondence",
    "partners",
    "partnerships",
    "pieces",
    "weakest_cut",
]

Node = tuple[str, int, str]
"""An area in a correspondence graph: layer key, position of the layer, code."""

CUT_AREAS = 2000
"""Areas in a block up to which its cheapest cut is looked for: the search grows with their cube."""

ROUNDING = 1e-9


# ------------------------------------------------------------------------------------------ common blocks


@dataclass(frozen=True)
class Block:
    """One of the smallest groupings on which all layers agree.

    Parameters
    ----------
    id
        Smallest code of the first layer that takes part, after its key where that is not the left one.
    layers
        Keys of the layers, in the order given.
    members
        For each layer the sorted codes of its areas in the block.
    people
        Who live in any of the areas (square metres with weight area); None where that is not assessed.
    region
        Name of the region that the block is, area for area; else "".
    """

    id: str
    layers: tuple[str, ...]
    members: tuple[tuple[str, ...], ...]
    people: float | None
    region: str = ""

    @property
    def left(self) -> tuple[str, ...]:
        """Codes of the first layer."""
        return self.members[0]

    @property
    def right(self) -> tuple[str, ...]:
        """Codes of the second layer."""
        return self.members[1]

    @property
    def nodes(self) -> list[Node]:
        """Its areas as nodes of the correspondence graph."""
        pairs = enumerate(zip(self.layers, self.members, strict=True))
        return [(key, position, code) for position, (key, codes) in pairs for code in codes]


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


def correspondence(*overlays: Overlay, tolerance: Tolerance) -> nx.Graph:
    """Join the areas of two or more layers that share ground.

    Parameters
    ----------
    *overlays
        One for each pair of layers, with artefacts marked if they are to be left out.
    tolerance
        Overlaps of no larger share of either side are left out.

    Returns
    -------
    networkx.Graph
        Nodes ``(layer key, position of the layer, code)`` with ``name``, ``layer``, ``code``, ``bipartite``
        (the position), and ``people``; edges with ``left_share``, ``right_share``, ``area_m2`` (EPSG:27700)
        and ``people`` (None when not assessed). ``graph["measure"]`` names the attribute that was weighed by
        and ``graph["weight"]`` what it counts.

    Notes
    -----
    Its connected components are the smallest groupings on which the geographies agree (docs/method.md,
    section 4). The position stands in the node so that a layer can be set against itself; among more than
    two layers they are told apart by their keys.
    """
    graph = nx.Graph()
    measure = "area_m2" if overlays and overlays[0].weight is Weight.AREA else "people"
    graph.graph.update(measure=measure, weight=str(overlays[0].weight) if overlays else str(Weight.PEOPLE))
    position: dict[str, int] = {}
    for overlay in overlays:
        for layer in (overlay.left, overlay.right):
            position.setdefault(layer.key, len(position))
    for overlay in overlays:
        places = [position[layer.key] for layer in (overlay.left, overlay.right)]
        sides = (0, 1) if len(overlays) == 1 else (places[0], places[1])
        _add_areas(graph, overlay, sides, measure)
    for overlay in overlays:
        places = [position[layer.key] for layer in (overlay.left, overlay.right)]
        _add_overlaps(graph, overlay, (0, 1) if len(overlays) == 1 else (places[0], places[1]), tolerance)
    return graph


def _add_areas(graph: nx.Graph, overlay: Overlay, sides: tuple[int, int], measure: str) -> None:
    weights = (overlay.totals["weight"], _right_weights(overlay, measure))
    for side, layer, weight in zip(sides, (overlay.left, overlay.right), weights, strict=True):
        # Looked up one by one, thirty thousand names and weights cost seconds.
        names, amounts = layer.areas["name"].to_dict(), weight.to_dict()
        for code in sorted(names):
            node = (layer.key, side, code)
            amount = assessed(amounts.get(code))
            facts = {"name": str(names[code]), "layer": layer.key, "code": code, "bipartite": side, measure: amount}
            known = graph.nodes[node][measure] if node in graph else None
            graph.add_node(node, **(facts if known is None else {**facts, measure: known}))


def _right_weights(overlay: Overlay, measure: str) -> pd.Series:
    """Return the weight of the right areas: that of any of their rows, divided by its share."""
    share = overlay.table["right_area_share" if measure == "area_m2" else "right_people_share"]
    rows = (share > 0).to_numpy() & overlay.table[measure].notna().to_numpy()
    derived = (overlay.table[measure][rows] / share[rows]).groupby(level="right").first()
    column = "area_m2" if overlay.weight is Weight.AREA else str(overlay.weight)
    return derived.combine_first(overlay.right.areas[column]) if column in overlay.right.areas else derived


def _add_overlaps(graph: nx.Graph, overlay: Overlay, sides: tuple[int, int], tolerance: Tolerance) -> None:
    rows = real_shares(overlay)
    met = (rows.max(axis=1) > tolerance.of(overlay.basis) + ROUNDING) & (rows.index.get_level_values("right") != REST)
    rows = rows[met.to_numpy()].sort_index()
    amounts = overlay.table[["people", "area_m2"]].astype(float).reindex(rows.index)
    columns = (rows["left_share"], rows["right_share"], amounts["people"], amounts["area_m2"])
    for (left, right), *values in zip(rows.index.tolist(), *(column.tolist() for column in columns), strict=True):
        left_share, right_share, people, area = values
        graph.add_edge(
            (overlay.left.key, sides[0], left),
            (overlay.right.key, sides[1], right),
            left_share=left_share,
            right_share=right_share,
            people=assessed(people),
            area_m2=assessed(area),
        )


def common_blocks(
    graph: nx.Graph,
    *,
    layers: Sequence[Layer] = (),
    ground: pd.Series | None = None,
    regions: Mapping[str, frozenset[str]] | None = None,
) -> list[Block]:
    """Return the connected components of a correspondence graph as common blocks.

    Parameters
    ----------
    graph
        From `correspondence`.
    layers
        The layers in the order of their positions, where people are to be counted by building blocks.
    ground
        Building block -> weight, for layers made of the same ones.
    regions
        Name of a region -> its shipped blocks.

    Returns
    -------
    list of Block
        Largest first, by people, then by number of areas, then by id; areas without a partner are left out.

    Notes
    -----
    With ``ground`` a block's people are those of its building blocks, each counted once and no more of it
    than the layer that holds most of it. Without, they are those of both sides less those of the overlaps,
    which needs layers that do not overlap themselves; of more than two layers the one that holds most.
    """
    keys = _keys(graph)
    components = [
        tuple(tuple(sorted(c for _, at, c in component if at == n)) for n in range(len(keys)))
        for component in nx.connected_components(graph)
    ]
    components = sorted(members for members in components if sum(map(bool, members)) > 1)
    by_blocks = bool(layers) and ground is not None
    held = _held(components, layers) if by_blocks else None
    weights = None if held is None or ground is None else _weights(held, ground, len(components))
    whole = _regions(held, regions or {}) if held is not None else {}
    found = []
    for number, members in enumerate(components):
        first = next(n for n, codes in enumerate(members) if codes)
        name = members[first][0] if first == 0 else f"{keys[first]}:{members[first][0]}"
        block = Block(name, keys, members, None, whole.get(number, ""))
        people = _weight_of_areas(graph.subgraph(block.nodes)) if weights is None else weights[number]
        found.append(replace(block, people=people))
    return sorted(found, key=lambda b: (-(b.people or 0.0), -sum(map(len, b.members)), b.id))


def _keys(graph: nx.Graph) -> tuple[str, ...]:
    by_position = {position: key for key, position, _ in graph}
    return tuple(by_position[n] for n in sorted(by_position))


def _held(components: Sequence[Sequence[Sequence[str]]], layers: Sequence[Layer]) -> pd.Series:
    """Return (component, building block) -> how much of it its areas hold: most of what any layer holds.

    Missing where a part is of unknown size and no layer holds the block whole.
    """
    held = []
    for position, layer in enumerate(layers):
        assert layer.parts is not None  # noqa: S101 - only layers of building blocks come with their ground
        home = {code: number for number, members in enumerate(components) for code in members[position]}
        number = layer.parts["code"].map(home)
        parts = layer.parts.assign(component=number)[number.notna().to_numpy()].astype({"component": np.int64})
        grouped = parts.assign(unknown=parts["share"].isna()).groupby(["component", "block"])
        held.append(grouped.agg({"share": "sum", "unknown": "any"}))
    table = pd.concat(held).groupby(level=["component", "block"]).agg({"share": "max", "unknown": "any"})
    share = table["share"].clip(upper=1.0)
    return share.mask(table["unknown"] & ~(share >= 1 - ROUNDING))


def _weights(held: pd.Series, ground: pd.Series, count: int) -> list[float | None]:
    amounts = held * ground.reindex(held.index.get_level_values("block")).to_numpy()
    sums = amounts.groupby(level="component").agg(lambda each: each.sum(skipna=False))
    return [assessed(amount) for amount in sums.reindex(range(count))]


def _regions(held: pd.Series, regions: Mapping[str, frozenset[str]]) -> dict[int, str]:
    """Return component -> the region that it is, where it is one."""
    names = {whole: name for name, whole in regions.items()}
    if not names:
        return {}
    found = {}
    for number, share in held.groupby(level="component"):
        name = names.get(frozenset(share.index.get_level_values("block")))
        if name and (share >= 1 - ROUNDING).all():
            found[int(number)] = name
    return found


def _weight_of_areas(part: nx.Graph) -> float | None:
    measure = part.graph["measure"]
    held: dict[int, list[float]] = {}
    for (_, position, _), amount in part.nodes(data=measure):
        held.setdefault(position, []).append(math.nan if amount is None else amount)
    # Exact sums: the order of a component's areas is that of a set, and differs from run to run.
    sums = sorted(math.fsum(amounts) for amounts in held.values())
    if len(sums) > 2:
        return assessed(max(sums))
    shared = math.fsum(math.nan if amount is None else amount for _, _, amount in part.edges(data=measure))
    return assessed(math.fsum([*sums, -shared]))


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


def members_of(layer: Layer) -> dict[str, frozenset[str]]:
    """Return area -> shipped blocks; nothing for layers made otherwise."""
    if layer.parts is None or layer.blocks is not None:
        return {}
    return {str(code): frozenset(held) for code, held in layer.parts.groupby("code")["block"]}


def authority_of(block: str) -> str:
    return block.partition(".")[0]


# --------------------------------------------------------------------------------------------- contiguity


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
    inside = nx.Graph(graph.subgraph(members))
    inside.add_nodes_from(members)
    if not links:
        inside.remove_edges_from([(a, b) for a, b, kind in inside.edges(data="kind") if kind != "border"])
    groups = [sorted(component) for component in nx.connected_components(inside)]
    return sorted(groups, key=lambda group: (-len(group), group))


# ------------------------------------------------------------------------------------------- partnerships


class Compared(Protocol):
    """What holds an overlay, such as `geoplan.audit.Pair`."""

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
    graph = affiliations(layer for key, layer in sorted(layers.items()) if layer.status in {"in force", "file"})
    between: dict[Any, float] = nx.betweenness_centrality(graph) if graph else {}
    rows = [
        (code, str(names.get(code, code)), graph.degree[code], between[code])
        for code, side in graph.nodes(data="bipartite")
        if side == 0
    ]
    rows.sort(key=lambda row: (-round(row[3], 12), -row[2], row[0]))
    return pd.DataFrame(rows, columns=["code", "name", "bodies", "betweenness"])
