"""Common blocks, contiguity and partnerships of authorities as NetworkX graphs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import networkx as nx
import numpy as np
import pandas as pd

from geoplan.analysis.verdicts import real_shares
from geoplan.schema import REST, Layer, Overlay, Tolerance, Weight, assessed

__all__ = ["Block", "Node", "common_blocks", "correspondence"]

Node = tuple[str, int, str]
"""An area in a correspondence graph: layer key, position of the layer, code."""
ROUNDING = 1e-9


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
    Its connected components are the smallest groupings on which the geographies agree (docs/method/networks.md).
    The position stands in the node so that a layer can be set against itself; among more than
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
    column = overlay.weight.column
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
