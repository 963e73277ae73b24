"""Open a layer and say whether its areas hang together."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import networkx as nx

from geoplan.analysis.networks.contiguity import Contiguity, contiguities, drawn_contiguity
from geoplan.auditing import comparing
from geoplan.commuting.atlas import Atlas
from geoplan.errors import ConfigurationError, refusal
from geoplan.schema import Layer

__all__ = ["Pieces", "contiguity"]


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
    names = dict(atlas.authorities.table["name"])
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
