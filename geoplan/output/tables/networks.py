"""Common blocks, contiguity and realignment as tables, JSON and GeoJSON."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geoplan.analysis.networks.correspondence import Node
from geoplan.analysis.networks.ties import Cut
from geoplan.output.tables.cells import as_json
from geoplan.planning.aligning.common_blocks import Blocks
from geoplan.planning.aligning.pieces import Pieces
from geoplan.planning.aligning.realigning import Alignment
from geoplan.schema import BRITISH_NATIONAL_GRID

__all__ = [
    "blocks_json",
    "blocks_table",
    "by_area",
    "contiguity_json",
    "contiguity_table",
    "moves_geojson",
    "moves_table",
    "name_of",
    "realign_json",
]

INDICATIVE = "indicative: from postcodes"


def blocks_table(found: Blocks) -> pd.DataFrame:
    """Return common blocks as rows, one an area.

    Parameters
    ----------
    found
        From `geoplan.planning.aligning.common_blocks.blocks`.

    Returns
    -------
    pandas.DataFrame
        ``block``, ``layer``, ``code``, ``name``, ``people`` (of the block; the chosen weight), ``region``;
        areas that share ground with none have no block.
    """
    rows = [
        (block.id, node[0], node[2], name_of(found, node), block.people, block.region)
        for block in found.blocks
        for node in block.nodes
    ]
    rows += [("", node[0], node[2], name_of(found, node), None, "") for node in found.unmatched]
    measure = "area_m2" if by_area(found) else "people"
    return pd.DataFrame(rows, columns=["block", "layer", "code", "name", measure, "region"])


def blocks_json(found: Blocks) -> str:
    """Return common blocks as JSON.

    Parameters
    ----------
    found
        From `geoplan.planning.aligning.common_blocks.blocks`.

    Returns
    -------
    str
        ``{"blocks": [{id, left, right, people, region, bridges, cut}], "unmatched": [{layer, code, name}]}``;
        of more than two layers each block has ``layers`` too. With weight area there is ``area_m2`` and
        ``people`` is null.
    """
    blocks = []
    for block in found.blocks:
        row: dict[str, Any] = {"id": block.id, "left": list(block.left), "right": list(block.right)}
        if len(block.layers) > 2:
            row["layers"] = {key: list(codes) for key, codes in zip(block.layers, block.members, strict=True)}
        row["people"] = None if by_area(found) else block.people
        if by_area(found):
            row["area_m2"] = block.people
        row["region"] = block.region
        row["bridges"] = [_cut_of(found, cut) for cut in found.bridges.get(block.id, ())]
        row["cut"] = _cut_of(found, found.cuts[block.id]) if block.id in found.cuts else None
        blocks.append(row)
    unmatched = [{"layer": node[0], "code": node[2], "name": name_of(found, node)} for node in found.unmatched]
    return as_json({"blocks": blocks, "unmatched": unmatched})


def _cut_of(found: Blocks, cut: Cut) -> dict[str, Any]:
    measure = "area_m2" if by_area(found) else "people"
    overlaps = [
        {
            "left": overlap.left[2],
            "right": overlap.right[2],
            "layers": [overlap.left[0], overlap.right[0]],
            measure: overlap.people,
            "authorities": list(overlap.authorities),
        }
        for overlap in cut.overlaps
    ]
    return {"overlaps": overlaps, measure: cut.people, "halves": list(cut.halves)}


def by_area(found: Blocks) -> bool:
    """Tell whether common blocks were measured by area, not by people."""
    return bool(found.graph.graph["measure"] == "area_m2")


def name_of(found: Blocks, node: Node) -> str:
    """Return the name of an area in common blocks."""
    return str(found.graph.nodes[node]["name"])


def contiguity_table(found: Pieces) -> pd.DataFrame:
    """Return contiguity as rows, one a piece.

    Parameters
    ----------
    found
        From `geoplan.planning.aligning.pieces.contiguity`.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``name``, ``piece`` (1 the largest), ``members``, ``links``, ``articulation`` and ``within``,
        the area wholly around the piece; several codes joined by ";".
    """
    around = {(e.code, e.piece): e.within for area in found.areas for e in area.enclaves}
    rows = [
        (area.code, area.name, n, ";".join(piece), ";".join(area.links),
         ";".join(code for code in area.articulation if code in piece), around.get((area.code, piece), ""))
        for area in found.areas
        for n, piece in enumerate(area.pieces, start=1)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["code", "name", "piece", "members", "links", "articulation", "within"])


def contiguity_json(found: Pieces) -> str:
    """Return contiguity as JSON.

    Parameters
    ----------
    found
        From `geoplan.planning.aligning.pieces.contiguity`.

    Returns
    -------
    str
        ``{"areas": [{code, name, pieces, links, articulation, enclaves, exclaves}]}``.
    """
    areas = [
        {
            "code": area.code,
            "name": area.name,
            "pieces": [list(piece) for piece in area.pieces],
            "links": list(area.links),
            "articulation": list(area.articulation),
            "enclaves": [{"code": e.code, "piece": list(e.piece)} for e in area.enclaves],
            "exclaves": [{"piece": list(e.piece), "within": e.within} for e in area.exclaves],
        }
        for area in found.areas
    ]
    return as_json({"areas": areas})


def moves_table(found: Alignment) -> pd.DataFrame:
    """Return the moves of a realignment, one row for each authority, or side of a split one, that moves.

    Parameters
    ----------
    found
        From `geoplan.planning.aligning.realigning.realign`.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``name``, ``block``, ``from``, ``from_name``, ``to``, ``to_name``, ``people`` (the chosen weight;
        missing where nobody counts them).
    """
    layer = found.result.left
    rows = [
        (move.code, found.names.get(move.code, move.code), move.block, move.source, layer.name(move.source),
         move.target, layer.name(move.target), found.counted[move.block])
        for move in found.result.moves
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["code", "name", "block", "from", "from_name", "to", "to_name", "people"])


def realign_json(found: Alignment) -> str:
    """Return a realignment as JSON.

    Parameters
    ----------
    found
        From `geoplan.planning.aligning.realigning.realign`.

    Returns
    -------
    str
        ``{"goal", "moves": [{code, name, block, from, to, people}], "before", "after", "optimal", "gap",
        "unreached": {area: reason}}``.
    """
    result = found.result
    moves = [
        {"code": move.code, "name": found.names.get(move.code, move.code), "block": move.block, "from": move.source,
         "to": move.target, "people": found.counted[move.block]}
        for move in result.moves
    ]  # fmt: skip
    return as_json(
        {
            "goal": str(result.goal),
            "moves": moves,
            "before": dict(found.before),
            "after": dict(found.after),
            "optimal": result.optimal,
            "gap": result.gap,
            "unreached": dict(result.unreached),
        }
    )


def moves_geojson(found: Alignment) -> str:
    """Return what moves as a map layer.

    Parameters
    ----------
    found
        From `geoplan.planning.aligning.realigning.realign`.

    Returns
    -------
    str
        GeoJSON (EPSG:4326): the columns of `moves_table` and ``drawing``, which says how good the outlines are:
        indicative, or official.
    """
    table = moves_table(found).assign(drawing=found.right.resolution or INDICATIVE)
    shapes = gpd.GeoSeries(list(found.shapes), crs=BRITISH_NATIONAL_GRID).to_crs("EPSG:4326")
    # A millionth of a degree is 0.1 m, far below what the outlines are worth.
    drawn = shapely.orient_polygons(shapely.set_precision(shapes.to_numpy(), 1e-6))
    layer = gpd.GeoDataFrame(table, geometry=drawn, crs="EPSG:4326")
    return str(layer.to_json(drop_id=True, ensure_ascii=False)) + "\n"
