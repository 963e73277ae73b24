"""What an audit comes to in figures, so that two can be set side by side."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from geoplan.analysis.networks.graphs import pieces
from geoplan.auditing import comparing
from geoplan.auditing.results import AuditResult, Pair
from geoplan.commuting.self_containment import Contained
from geoplan.data.places import Authorities
from geoplan.schema import Basis, Layer, Severity, assessed

__all__ = ["AREA_MEASURES", "area_table", "measured", "partners", "pieces_of"]

AREA_MEASURES = ("people", "out_of_work", "pieces", "supply", "partners", "cut_people", "cut_out_of_work")
"""What is told of every area: people, people out of work, pieces, self-containment; by layer partners, people in cut
pieces, and people out of work in these."""


def measured(
    result: AuditResult, changed: Iterable[str], authorities: Authorities, told: Mapping[str, Contained]
) -> dict[str, Any]:
    """Return the figures of an audit.

    Parameters
    ----------
    result
        Of an audit, with all its pairs.
    changed
        Keys of the layers of whose areas size, pieces and self-containment are told.
    authorities
        The reference.
    told
        Key of a layer -> how self-contained its areas are.

    Returns
    -------
    dict
        In JSON types, None for what is not assessed. ``cut_people`` and ``cut_out_of_work`` (each pair once) and
        ``cut_areas`` (both directions) by pair; ``partners``: mean and most areas of the other layer that an area has
        to work with; ``size``: areas, and people in the least, the median and the most populous; ``out_of_work``: the
        same of people out of work, where they are counted; ``pieces``: areas in several pieces; ``self_containment``:
        share of the residents in work who work in their own area; ``contained``: areas that would pass as a labour
        market area; ``findings`` by severity; ``pairs`` as in audit.json.
    """
    layers = [result.layers[key] for key in changed]
    contained = {layer.key: told[layer.key] for layer in layers if layer.key in told}
    counts = Counter(str(finding.severity) for finding in result.everything)
    return {
        "cut_people": {_called(pair): pair.cuts.total for pair in result.asked},
        "cut_out_of_work": {_called(pair): _known_sum(_cut_out_of_work(pair)) for pair in result.asked},
        "cut_areas": {_called(pair): len(pair.cuts.by_area) for pair in result.pairs},
        "partners": {_called(pair): partners(pair) for pair in result.pairs},
        "size": {layer.key: {"areas": len(layer.areas), **_spread(layer.areas["people"])} for layer in layers},
        "out_of_work": {layer.key: _spread(_needing(layer)) for layer in layers},
        "pieces": {layer.key: sum(count > 1 for count in pieces_of(layer, authorities).values()) for layer in layers},
        "self_containment": {key: _self_contained(each) for key, each in contained.items()},
        "contained": {
            key: int(each.found.areas["passes"].fillna(value=False).sum()) for key, each in contained.items()
        },
        "findings": {str(each): counts[str(each)] for each in Severity},
        "pairs": [dict(pair.summary) for pair in result.pairs],
    }


def _called(pair: Pair) -> str:
    return " with ".join(pair.keys)


def partners(pair: Pair) -> dict[str, float | None]:
    """Return how many areas of the other layer an area has to work with: the mean, and the most."""
    counted = pair.relations["partners"][~pair.relations.index.isin(pair.outside)].map(len)
    return {"mean": assessed(counted.mean()), "most": int(counted.max()) if len(counted) else None}


def _needing(layer: Layer) -> pd.Series:
    """Return the people out of work in each area, missing where nobody counts them."""
    if "out_of_work" not in layer.areas:
        return pd.Series(np.nan, index=layer.areas.index)
    return layer.areas["out_of_work"]


def _spread(counts: pd.Series) -> dict[str, float | None]:
    found = {"least": counts.min(), "median": counts.median(), "most": counts.max()}
    return {name: assessed(value) for name, value in found.items()}


def _cut_out_of_work(pair: Pair) -> pd.Series | None:
    """Return the people out of work in each cut piece; None for drawings, within which nobody counts them."""
    rated = pair.overlay.rated
    if pair.overlay.basis is not Basis.CODES or rated is None:
        return None
    return rated["out_of_work"].reindex(pair.cuts.pieces.index)


def _known_sum(counts: pd.Series | None) -> float | None:
    """Sum what is known, as people in cut pieces are summed; None where something is cut and nothing known."""
    if counts is None or (len(counts) and counts.isna().all()):
        return None
    return math.fsum(counts.dropna())


def _by_area(counts: pd.Series | None, codes: Iterable[str]) -> dict[str, float | None]:
    """Return code of a left area -> the sum of its cut pieces, None where one of them is not known."""
    if counts is None:
        return dict.fromkeys(codes)
    sums = {code: assessed(held.sum(skipna=False)) for code, held in counts.groupby(level="left")}
    return {code: sums.get(code, 0.0) for code in codes}


def _self_contained(told: Contained) -> float | None:
    areas = told.found.areas.dropna(subset=["size", "live_and_work"])
    return math.fsum(areas["live_and_work"]) / math.fsum(areas["size"]) if len(areas) else None


def pieces_of(layer: Layer, authorities: Authorities) -> dict[str, int]:
    """Return code -> number of pieces that neither a border nor a crossing joins, for layers of authorities."""
    graph = comparing.contiguity_graph(tuple(authorities.table.index))
    members = layer.areas["members"].str.split(";") if "members" in layer.areas else pd.Series(dtype=object)
    return {str(code): len(pieces(graph, held)) for code, held in members.items()}


def area_table(
    result: AuditResult, key: str, authorities: Authorities, told: Contained | None
) -> dict[str, dict[str, Any]]:
    """Return the figures of the areas of a layer.

    Parameters
    ----------
    result
        Of an audit.
    key
        Of the layer.
    authorities
        The reference.
    told
        How self-contained its areas are; None where that is not known.

    Returns
    -------
    dict
        Code -> name and `AREA_MEASURES`, in JSON types; those by layer by the key of the other one.
    """
    layer = result.layers[key]
    supply: Mapping[str, Any] = {} if told is None else told.found.areas["supply"].to_dict()
    apart = pieces_of(layer, authorities)
    need = _needing(layer).to_dict()
    pairs = [pair for pair in result.pairs if pair.keys[0] == key]
    cut_need = {pair.keys[1]: _by_area(_cut_out_of_work(pair), map(str, layer.areas.index)) for pair in pairs}
    return {
        str(code): {
            "name": str(row["name"]),
            "people": assessed(row.get("people")),
            "out_of_work": assessed(need[code]),
            "pieces": apart.get(str(code)),
            "supply": assessed(supply.get(code)),
            "partners": {pair.keys[1]: len(pair.relations.at[code, "partners"]) for pair in pairs},
            "cut_people": {pair.keys[1]: pair.cuts.by_area.get(str(code), 0.0) for pair in pairs},
            "cut_out_of_work": {other: by_area[str(code)] for other, by_area in cut_need.items()},
        }
        for code, row in layer.areas.iterrows()
    }
