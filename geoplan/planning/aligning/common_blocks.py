"""Open layers and find the smallest groupings on which they agree."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import pandas as pd

from geoplan.analysis.networks import correspondence, ties
from geoplan.auditing import comparing
from geoplan.commuting.atlas import Atlas
from geoplan.errors import ConfigurationError
from geoplan.schema import Layer, Overlay, Tolerance, Weight

__all__ = ["Blocks", "blocks"]


@dataclass(frozen=True, eq=False)
class Blocks:
    """The smallest groupings on which some layers agree.

    Parameters
    ----------
    layers
        In the order given.
    blocks
        Largest first.
    unmatched
        Areas that share ground with none of another layer.
    bridges
        Id of a block -> the single overlaps that hold it together, fewest people first.
    cuts
        Id of the largest block -> the overlaps with the fewest people that break it in two; empty where
        none do.
    graph
        From `geoplan.analysis.networks.correspondence.correspondence`.
    names
        Authority code -> name.
    """

    layers: tuple[Layer, ...]
    blocks: tuple[correspondence.Block, ...]
    unmatched: tuple[correspondence.Node, ...]
    bridges: Mapping[str, Sequence[ties.Cut]]
    cuts: Mapping[str, ties.Cut]
    graph: nx.Graph
    names: Mapping[str, str]


def blocks(
    *references: str,
    atlas: Atlas | None = None,
    weight: Weight = Weight.PEOPLE,
    tolerance: Tolerance | None = None,
    code: str = "",
    name: str = "",
) -> Blocks:
    """Find the smallest groupings on which two or more layers agree.

    Parameters
    ----------
    *references
        Catalogue keys, boundary files, membership tables or lookups.
    atlas
        Where to open them; a new one by default.
    weight
        What is counted.
    tolerance
        Shares below which areas do not count as meeting.
    code, name
        Columns of files, where they cannot be found by themselves.

    Returns
    -------
    Blocks
        Common blocks, what holds them together, and the graph.

    Raises
    ------
    ConfigurationError
        If there are fewer than two layers, or one of more than two stands twice.
    GeoplanError
        If a layer cannot be opened.
    """
    atlas, tolerance = atlas or Atlas(), tolerance or Tolerance()
    if len(references) < 2:
        message = "Common blocks need at least two layers."
        raise ConfigurationError(message)
    if len(references) > 2:
        _refuse_twins([atlas.layer(reference, code=code, name=name).key for reference in references])
    options = {"atlas": atlas, "weight": weight, "tolerance": tolerance, "code": code, "name": name}
    pairs = [comparing.compare(one, two, **options) for one, two in itertools.combinations(references, 2)]  # type: ignore[arg-type]
    # The first pairs are those of the first layer with each other one.
    layers = (pairs[0].overlay.left, *(pair.overlay.right for pair in pairs[: len(references) - 1]))
    return _blocks_of([pair.overlay for pair in pairs], layers, atlas, tolerance)


def _refuse_twins(keys: Sequence[str]) -> None:
    twice = [key for key in keys if keys.count(key) > 1]
    if twice:
        message = f"{twice[0]} stands twice among the layers; name each once."
        raise ConfigurationError(message)


def _blocks_of(overlays: Sequence[Overlay], layers: tuple[Layer, ...], atlas: Atlas,
               tolerance: Tolerance) -> Blocks:  # fmt: skip
    graph = correspondence.correspondence(*overlays, tolerance=tolerance)
    ground = _ground(layers, atlas, overlays[0].weight)
    shipped = all(layer.parts is not None and layer.blocks is None for layer in layers)
    regions = _regions(atlas) if shipped else {}
    known = layers if ground is not None else ()
    found = correspondence.common_blocks(graph, layers=known, ground=ground, regions=regions)
    held = {node for block in found for node in block.nodes}
    bridges = {block.id: ties.bridges(graph, block, layers=layers) for block in found}
    cut = ties.weakest_cut(graph, found[0], layers=layers) if found else None
    return Blocks(
        layers=layers,
        blocks=tuple(found),
        unmatched=tuple(sorted((node for node in graph if node not in held), key=lambda node: (node[1], node[2]))),
        bridges={key: cuts for key, cuts in bridges.items() if cuts},
        cuts={found[0].id: cut} if cut else {},
        graph=graph,
        names=dict(atlas.authorities.table["name"]),
    )


def _ground(layers: Sequence[Layer], atlas: Atlas, weight: Weight) -> pd.Series | None:
    """Return the weights of the building blocks that all layers are made of, None where they are not."""
    column = weight.column
    if any(layer.parts is None for layer in layers):
        return None
    own = [layer.blocks for layer in layers if layer.blocks is not None]
    if not own:
        return atlas.blocks[column]
    if len(own) < len(layers):
        return None
    ground = own[0][column]
    for other in own[1:]:
        ground = ground.combine_first(other[column])
    return ground


def _regions(atlas: Atlas) -> dict[str, frozenset[str]]:
    layer = atlas.layer("region")
    assert layer.parts is not None  # noqa: S101 - a shipped layer
    return {layer.name(str(code)): frozenset(held) for code, held in layer.parts.groupby("code")["block"]}
