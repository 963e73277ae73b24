"""Correspondence blocks and contiguity as NetworkX graphs."""

from __future__ import annotations

import math
from collections.abc import Iterable

import networkx as nx
import pandas as pd

from geoplan.artefacts import real_shares
from geoplan.schema import REST, Layer, Note, Overlay, Tolerance

__all__ = ["common_blocks", "contiguity", "contiguity_notes", "correspondence", "pieces"]


def correspondence(overlay: Overlay, *, tolerance: Tolerance) -> nx.Graph:
    """Join the areas of two layers that share ground.

    Parameters
    ----------
    overlay
        With artefacts marked, if they are to be left out.
    tolerance
        Overlaps of no larger share of either side are left out.

    Returns
    -------
    networkx.Graph
        Bipartite: nodes ``(layer key, side, code)`` with ``name`` and ``bipartite`` 0 or 1, edges with
        ``left_share``, ``right_share`` and ``people`` (None when not assessed).

    Notes
    -----
    Its connected components are the smallest groupings on which both geographies agree (docs/method.md,
    section 3); the side stands in the node so that a layer can be set against itself.
    """
    graph = nx.Graph()
    for side, layer in enumerate((overlay.left, overlay.right)):
        nodes = zip(layer.areas.index.tolist(), layer.areas["name"].tolist(), strict=True)
        graph.add_nodes_from(((layer.key, side, code), {"name": name, "bipartite": side}) for code, name in nodes)
    rows = real_shares(overlay)
    met = (rows.max(axis=1) > tolerance.of(overlay.basis) + 1e-9) & (rows.index.get_level_values("right") != REST)
    rows = rows[met.to_numpy()]
    people = overlay.table["people"].astype(float).reindex(rows.index).tolist()
    columns = (rows.index.tolist(), rows["left_share"].tolist(), rows["right_share"].tolist(), people)
    for (left, right), left_share, right_share, count in zip(*columns, strict=True):
        graph.add_edge(
            (overlay.left.key, 0, left),
            (overlay.right.key, 1, right),
            left_share=left_share,
            right_share=right_share,
            people=None if math.isnan(count) else count,
        )
    return graph


def common_blocks(graph: nx.Graph) -> list[tuple[list[str], list[str]]]:
    """Return the connected components of a correspondence graph, each as its left and right codes.

    Parameters
    ----------
    graph
        From `correspondence`.

    Returns
    -------
    list of tuple
        Sorted codes of either side, largest groups first, then by code; areas without a partner are left
        out.
    """
    found = []
    for component in nx.connected_components(graph):
        left = sorted(code for _, side, code in component if side == 0)
        right = sorted(code for _, side, code in component if side == 1)
        if left and right:
            found.append((left, right))
    return sorted(found, key=lambda group: (-len(group[0]) - len(group[1]), group))


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


def contiguity_notes(layer: Layer, graph: nx.Graph, names: pd.Series, people: pd.Series) -> list[Note]:
    """Note the partnerships whose authorities are not connected (GP404).

    Parameters
    ----------
    layer
        With ``members`` (authority codes joined by ";") for each area.
    graph
        From `contiguity`.
    names, people
        Authority code -> name, and people.

    Returns
    -------
    list of Note
        One for each partnership in pieces: a warning where nothing joins them, information where a listed
        bridge, tunnel or ferry does.
    """
    notes = []
    for code, row in layer.areas.iterrows():
        members = row["members"].split(";")
        by_land = pieces(graph, members, links=False)
        if len(by_land) == 1:
            continue
        apart = pieces(graph, members)
        notes.append(_apart(layer, str(code), apart, names, people) if len(apart) > 1
                     else _linked(layer, str(code), graph, by_land, people))  # fmt: skip
    return notes


def _apart(layer: Layer, code: str, groups: list[list[str]], names: pd.Series, people: pd.Series) -> Note:
    main, *others = groups
    listed = "; ".join(" with ".join(str(names.get(c, c)) for c in group) for group in others)
    count = "one authority" if len(main) == 1 else f"{len(main)} authorities"
    cut_off = float(people.reindex([c for group in others for c in group]).sum())
    return Note(
        rule="GP404",
        code=code,
        name=layer.name(code),
        message=(
            f"{layer.name(code)} ({layer.title}) is in {len(groups)} pieces that share no border. Apart from the "
            f"largest, of {count}: {listed}; {cut_off:,.0f} people there. "
            "Travel and shared services cross somebody else's area."
        ),
        other_codes=tuple(c for group in others for c in group),
        measure="people",
        value=cut_off,
        unit="people",
    )


def _linked(layer: Layer, code: str, graph: nx.Graph, groups: list[list[str]], people: pd.Series) -> Note:
    apart = [c for group in groups[1:] for c in group]
    joined = graph.subgraph(c for group in groups for c in group)
    home = {c: n for n, group in enumerate(groups) for c in group}
    crossings = sorted({d["crossing"] for a, b, d in joined.edges(data=True) if home[a] != home[b]})
    return Note(
        rule="GP404",
        code=code,
        name=layer.name(code),
        message=(f"{layer.name(code)} ({layer.title}) is one area only by water crossings: {'; '.join(crossings)}."),
        other_codes=tuple(apart),
        measure="people",
        value=float(people.reindex(apart).sum()),
        unit="people",
        by_design=True,
    )
