"""Open layers and say where they agree, whether they hang together, and what would align them."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import pandas as pd

from geoplan.analysis import cutting, overlay, relations
from geoplan.analysis.networks import correspondence, partnering, realignment, ties
from geoplan.analysis.networks.alignment_problem import Goal
from geoplan.analysis.networks.contiguity import Contiguity, contiguities, drawn_contiguity
from geoplan.analysis.networks.realignment import Realignment
from geoplan.auditing import comparing, results
from geoplan.commuting.atlas import Atlas
from geoplan.data.keys import plain_name
from geoplan.errors import AmbiguousError, ConfigurationError, UnknownKeyError, refusal
from geoplan.schema import Layer, Overlay, Relation, Tolerance, Weight

__all__ = ["Alignment", "Blocks", "Pieces", "blocks", "contiguity", "partnerships", "realign"]


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


@dataclass(frozen=True, eq=False)
class Pieces:
    """How the areas of one layer hang together.

    Parameters
    ----------
    layer
        The layer.
    areas
        In the order of their codes.
    graph
        Authorities, or polygons of a boundary file, joined by borders and crossings, with their ``area``.
    names
        Authority code -> name.
    """

    layer: Layer
    areas: tuple[Contiguity, ...]
    graph: nx.Graph
    names: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Alignment:
    """What would align two layers, and what it would change.

    Parameters
    ----------
    result
        From `geoplan.analysis.networks.realignment.realign`.
    right
        The layer to agree with.
    before, after
        Number of left areas by relation, ``cut_people`` (people in cut pieces, None where not assessed) and
        ``blocks`` (common blocks).
    names
        Authority code -> name.
    shapes
        Outlines of the shipped blocks that move (EPSG:27700), indicative.
    """

    result: Realignment
    right: Layer
    before: Mapping[str, float | None]
    after: Mapping[str, float | None]
    names: Mapping[str, str]
    shapes: pd.Series


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
        names=_names(atlas),
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


def _names(atlas: Atlas) -> dict[str, str]:
    return dict(atlas.authorities.table["name"])


def contiguity(reference: str, *, atlas: Atlas | None = None, code: str = "", name: str = "") -> Pieces:
    """Tell which areas of a layer are in pieces, what holds the others together, and what lies inside what.

    Parameters
    ----------
    reference
        Catalogue key, boundary file or membership table.
    atlas
        Where to open it; a new one by default.
    code, name
        Columns of a file, where they cannot be found by themselves.

    Returns
    -------
    Pieces
        For layers of authorities by the shipped list of neighbours and crossings, and by indicative outlines
        where enclaves are concerned; for boundary files by their polygons.

    Raises
    ------
    ConfigurationError
        If the layer is a lookup: its small areas have no outlines and no list of neighbours.
    GeoplanError
        If the layer cannot be opened.
    """
    atlas = atlas or Atlas()
    layer = atlas.layer(reference, code=code, name=name)
    if layer.blocks is not None:
        message = refusal(
            f"{layer.key} is a lookup from {layer.unit}, which has no outlines: its contiguity cannot be told",
            hint="Give a boundary file or a membership table.",
        )
        raise ConfigurationError(message)
    if layer.parts is None:
        areas, graph = drawn_contiguity(layer)
        return Pieces(layer, tuple(areas), graph, {})
    names = _names(atlas)
    whole = comparing.contiguity_graph(tuple(names))
    shapes = atlas.drawn.blocks["geometry"]
    areas = contiguities(layer, whole, shapes=dict(zip(shapes.index, shapes, strict=True)))
    graph = nx.Graph(whole.subgraph(sorted({code for area in areas for piece in area.pieces for code in piece})))
    held: dict[str, list[str]] = {}
    for area in areas:
        for unit in itertools.chain.from_iterable(area.pieces):
            held.setdefault(unit, []).append(area.code)
    for unit, codes in held.items():
        graph.add_node(unit, area=";".join(codes), name=names.get(unit, unit))
    return Pieces(layer, tuple(areas), graph, names)


def partnerships(*references: str, atlas: Atlas | None = None) -> nx.Graph:
    """Join authorities by the number of partnerships they share.

    Parameters
    ----------
    *references
        Catalogue keys or membership tables; by default the layers of the default audit that are in force.
    atlas
        Where to open them; a new one by default.

    Returns
    -------
    networkx.Graph
        See `geoplan.analysis.networks.partnering.partnerships`; nodes have ``name`` too.

    Raises
    ------
    GeoplanError
        If a layer cannot be opened.
    """
    atlas = atlas or Atlas()
    keys = references or tuple(dict.fromkeys(itertools.chain.from_iterable(results.DEFAULT_PAIRS)))
    layers = [atlas.layer(key) for key in keys]
    graph = partnering.partnerships(layer for layer in layers if references or layer.status == "in force")
    names = _names(atlas)
    nx.set_node_attributes(graph, {code: names.get(code, code) for code in graph}, "name")
    return graph


def realign(
    left: str,
    right: str,
    *,
    goal: Goal = Goal.CLEAN,
    pair: tuple[str, str] | None = None,
    atlas: Atlas | None = None,
    tolerance: Tolerance | None = None,
    seconds: float = realignment.SECONDS,
) -> Alignment:
    """Find the fewest authorities whose move would make one layer agree with another.

    Parameters
    ----------
    left, right
        Catalogue keys or membership tables.
    goal
        What to reach, see `geoplan.analysis.networks.realignment.realign`.
    pair
        Code or name of a left and of a right area, for `Goal.PAIR`.
    atlas
        Where to open them; a new one by default.
    tolerance
        Shares below which areas count as agreeing, for the counts before and after.
    seconds
        Time for each stage of the solver.

    Returns
    -------
    Alignment
        Moves, what cannot be reached, and the relations before and after.

    Raises
    ------
    ConfigurationError
        If a layer is not made of authorities, or the left one overlaps itself.
    UnknownKeyError
        If a layer, or an area of the pair, is not known; names the nearest.
    AmbiguousError
        If a name of the pair fits several areas.
    """
    atlas, tolerance = atlas or Atlas(), tolerance or Tolerance()
    one, two = atlas.layer(left), atlas.layer(right)
    chosen = (_area(one, pair[0]), _area(two, pair[1])) if pair and one.parts is not None else pair
    names = _names(atlas)
    result = realignment.realign(
        one, two, blocks=atlas.blocks, neighbours=comparing.contiguity_graph(tuple(names)), goal=goal, pair=chosen,
        seconds=seconds,
    )  # fmt: skip
    shapes = atlas.drawn.blocks["geometry"]
    return Alignment(
        result=result,
        right=two,
        before=_counts(one, two, atlas, tolerance),
        after=_counts(result.aligned, two, atlas, tolerance),
        names=names,
        shapes=shapes.loc[[move.block for move in result.moves]],
    )


def _counts(left: Layer, right: Layer, atlas: Atlas, tolerance: Tolerance) -> dict[str, float | None]:
    over = overlay.overlay(left, right, blocks=atlas.blocks)
    related = relations.relate(over, tolerance=tolerance)
    counted = related["relation"].value_counts()
    graph = correspondence.correspondence(over, tolerance=tolerance)
    return {
        **{str(relation): int(counted.get(relation, 0)) for relation in Relation},
        "cut_people": cutting.cuts(over, tolerance=tolerance).total,
        "blocks": len(correspondence.common_blocks(graph)),
    }


def _area(layer: Layer, wanted: str) -> str:
    """Return the code of an area given by code or name."""
    if wanted in layer.areas.index:
        return wanted
    plain = plain_name(wanted)
    found = [str(code) for code, name in layer.areas["name"].items() if plain_name(str(name)) == plain]
    if len(found) > 1:
        message = f"{wanted!r} fits several areas of {layer.key}: {', '.join(found)}. Give the code."
        raise AmbiguousError(message)
    if not found:
        near = difflib.get_close_matches(wanted, [str(name) for name in layer.areas["name"]], n=3, cutoff=0.6)
        hint = f"Nearest: {', '.join(near)}." if near else f"geoplan layers {layer.key} lists them."
        message = f"There is no area {wanted!r} in {layer.key}. {hint}"
        raise UnknownKeyError(message)
    return found[0]
