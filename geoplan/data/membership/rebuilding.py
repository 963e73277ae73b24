"""Make a layer of members anew from other parts: what its table left open is told again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.data.membership.checks import common, confidence_notes, coverage_notes
from geoplan.data.membership.membership import dissolve, measured
from geoplan.data.places import Authorities
from geoplan.schema import Layer

__all__ = ["rebuilt"]

TOLD_ANEW = frozenset({"GP204", "GP401", "GP402", "GP405"})
"""Rules of the notes that follow from the members."""
NAMED = ("name", "lead_body", "confidence", "members")


def rebuilt(layer: Layer, parts: pd.DataFrame, names: Mapping[str, str], authorities: Authorities) -> Layer:
    """Return a layer with other members.

    Parameters
    ----------
    layer
        Of shipped blocks.
    parts
        Frame with ``block``, ``code``, ``share`` and ``confidence``, sorted by block and code.
    names
        Code -> name of its areas, those without a change among them.
    authorities
        The reference; with outlines where the layer has them.

    Returns
    -------
    Layer
        Areas whose parts are the same keep their rows. Notes on gaps, overlaps and members not confirmed are those
        of the new members; what reading the table noted stays.
    """
    assert layer.parts is not None  # noqa: S101 - only layers of blocks are changed
    codes = pd.Index(sorted(names), dtype=layer.areas.index.dtype, name="code")
    told = layer.parts if "confidence" in layer.parts else layer.parts.assign(confidence="")
    same = _same(told, parts) & set(layer.areas.index)
    kept = layer.areas.loc[[code for code in codes if code in same]]
    other = [code for code in codes if code not in same]
    areas = pd.concat([kept, _areas(layer, parts, other, authorities)]) if other else kept
    areas = areas.loc[codes].assign(name=[names[code] for code in codes])
    made = replace(layer, areas=_typed(areas, layer.areas), parts=parts)
    noted = [note for note in layer.notes if note.rule not in TOLD_ANEW]
    doubts = confidence_notes(made.areas, parts, authorities, layer.title)
    return replace(made, notes=(*noted, *doubts, *coverage_notes(made, authorities)))


def _same(before: pd.DataFrame, after: pd.DataFrame) -> set[str]:
    """Return the codes of the areas that are made of the same parts."""
    then, now = _by_area(before), _by_area(after)
    return {code for code, held in then.items() if now.get(code) == held}


def _by_area(parts: pd.DataFrame) -> dict[str, list[tuple[str, str, str]]]:
    rows = zip(parts["block"], parts["share"].astype(str), parts["confidence"], strict=True)
    found: dict[str, list[tuple[str, str, str]]] = {}
    for code, row in zip(parts["code"], rows, strict=True):
        found.setdefault(str(code), []).append(row)
    return found


def _areas(layer: Layer, parts: pd.DataFrame, codes: list[str], authorities: Authorities) -> pd.DataFrame:
    """Return the rows of areas whose parts are others."""
    held = parts[parts["code"].isin(codes)].reset_index(drop=True)
    lads = held["block"].map(authorities.blocks["lad"])
    index = pd.Index(codes, dtype=layer.areas.index.dtype, name="code")
    told = held.assign(lad=lads).groupby("code")
    rows = pd.DataFrame(
        {
            "name": "",
            "lead_body": layer.areas["lead_body"].reindex(index).fillna("") if "lead_body" in layer.areas else "",
            "confidence": told["confidence"].agg(common).reindex(index),
            "members": told["lad"].agg(lambda each: ";".join(sorted(set(each)))).reindex(index),
        },
        index=index,
    )
    made = measured(rows, held, authorities)
    # What is known of an area besides its members stays its own: who answers for it, its days, its money.
    for name in layer.areas.columns.difference([*made.columns, "geometry"], sort=False):
        own = layer.areas[name].reindex(index)
        made[name] = own if _of_numbers(layer.areas[name]) else own.fillna("")
    if "geometry" not in layer.areas:
        return made
    return made.assign(geometry=dissolve(held, authorities.blocks["geometry"], index))


def _typed(areas: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Give areas the columns, in their order and types, of those that they stand for."""
    own = [column for column in like.columns if column in areas.columns]
    plain = areas[own].astype({c: like[c].dtype for c in own if c != "geometry" and not _of_numbers(like[c])})
    if "geometry" not in own:
        return plain
    import geopandas as gpd  # costs a second, and codes need no geometry

    return gpd.GeoDataFrame(plain, geometry="geometry", crs=like.crs)


def _of_numbers(column: pd.Series) -> bool:
    return bool(np.issubdtype(column.dtype, np.number)) if isinstance(column.dtype, np.dtype) else False
