"""What an audit comes to in figures, so that two can be set side by side."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from geoplan.analysis.networks.graphs import pieces
from geoplan.auditing import comparing
from geoplan.auditing.results import AuditResult, Pair
from geoplan.commuting.self_containment import Contained
from geoplan.data.places import Authorities
from geoplan.schema import Layer, Severity, assessed

__all__ = ["AREA_MEASURES", "area_table", "measured", "partners", "pieces_of"]

AREA_MEASURES = ("people", "pieces", "supply", "partners", "cut_people")
"""What is told of every area: people, pieces, self-containment, partners and people in cut pieces by layer."""


def measured(result: AuditResult, changed: Iterable[str], authorities: Authorities) -> dict[str, Any]:
    """Return the figures of an audit.

    Parameters
    ----------
    result
        Of an audit, with all its pairs.
    changed
        Keys of the layers of whose areas size, pieces and self-containment are told.
    authorities
        The reference.

    Returns
    -------
    dict
        In JSON types, None for what is not assessed. ``cut_people`` (each pair once) and ``cut_areas`` (both
        directions) by pair; ``partners``: mean and most areas of the other layer that an area has to work with;
        ``size``: areas, and people in the least, the median and the most populous; ``pieces``: areas in several
        pieces; ``self_containment``: share of the residents in work who work in their own area; ``contained``: areas
        that would pass as a labour market area; ``findings`` by severity; ``pairs`` as in audit.json.
    """
    layers = [result.layers[key] for key in changed]
    told = {layer.key: result.contained[layer.key] for layer in layers if layer.key in result.contained}
    counts = Counter(str(finding.severity) for finding in result.everything)
    return {
        "cut_people": {_called(pair): pair.cuts.total for pair in result.asked},
        "cut_areas": {_called(pair): len(pair.cuts.by_area) for pair in result.pairs},
        "partners": {_called(pair): partners(pair) for pair in result.pairs},
        "size": {layer.key: _sizes(layer) for layer in layers},
        "pieces": {layer.key: sum(count > 1 for count in pieces_of(layer, authorities).values()) for layer in layers},
        "self_containment": {key: _self_contained(each) for key, each in told.items()},
        "contained": {key: int(each.found.areas["passes"].fillna(value=False).sum()) for key, each in told.items()},
        "findings": {str(each): counts[str(each)] for each in Severity},
        "pairs": [dict(pair.summary) for pair in result.pairs],
    }


def _called(pair: Pair) -> str:
    return " with ".join(pair.keys)


def partners(pair: Pair) -> dict[str, float | None]:
    """Return how many areas of the other layer an area has to work with: the mean, and the most."""
    counted = pair.relations["partners"][~pair.relations.index.isin(pair.outside)].map(len)
    return {"mean": assessed(counted.mean()), "most": int(counted.max()) if len(counted) else None}


def _sizes(layer: Layer) -> dict[str, float | None]:
    people = layer.areas["people"]
    told = {name: assessed(value) for name, value in (("least", people.min()), ("median", people.median()),
                                                      ("most", people.max()))}  # fmt: skip
    return {"areas": len(people), **told}


def _self_contained(told: Contained) -> float | None:
    areas = told.found.areas.dropna(subset=["size", "live_and_work"])
    return math.fsum(areas["live_and_work"]) / math.fsum(areas["size"]) if len(areas) else None


def pieces_of(layer: Layer, authorities: Authorities) -> dict[str, int]:
    """Return code -> number of pieces that neither a border nor a crossing joins, for layers of authorities."""
    graph = comparing.contiguity_graph(tuple(authorities.table.index))
    members = layer.areas["members"].str.split(";") if "members" in layer.areas else pd.Series(dtype=object)
    return {str(code): len(pieces(graph, held)) for code, held in members.items()}


def area_table(result: AuditResult, key: str, authorities: Authorities) -> dict[str, dict[str, Any]]:
    """Return the figures of the areas of a layer.

    Parameters
    ----------
    result
        Of an audit.
    key
        Of the layer.
    authorities
        The reference.

    Returns
    -------
    dict
        Code -> name and `AREA_MEASURES`, in JSON types; ``partners`` and ``cut_people`` by the key of the other layer.
    """
    layer, told = result.layers[key], result.contained.get(key)
    supply: Mapping[str, Any] = {} if told is None else told.found.areas["supply"].to_dict()
    apart = pieces_of(layer, authorities)
    pairs = [pair for pair in result.pairs if pair.keys[0] == key]
    return {
        str(code): {
            "name": str(row["name"]),
            "people": assessed(row.get("people")),
            "pieces": apart.get(str(code)),
            "supply": assessed(supply.get(code)),
            "partners": {pair.keys[1]: len(pair.relations.at[code, "partners"]) for pair in pairs},
            "cut_people": {pair.keys[1]: pair.cuts.by_area.get(str(code), 0.0) for pair in pairs},
        }
        for code, row in layer.areas.iterrows()
    }
