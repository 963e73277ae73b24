"""Which authorities belong to an area only in part, in words."""

from __future__ import annotations

import pandas as pd

from geoplan.auditing.focus import authority_names
from geoplan.auditing.results import AuditResult
from geoplan.schema import Layer
from geoplan.schema.part_ground import parts_said

__all__ = ["focus_parts", "parts_of_areas"]


def parts_of_areas(result: AuditResult, layer: Layer) -> dict[str, list[str]]:
    """Say of each area of a layer of shipped blocks which authorities belong to it in part.

    Parameters
    ----------
    result
        The audit.
    layer
        One of its layers.

    Returns
    -------
    dict
        Code -> words, largest share first; only areas that hold parts.
    """
    if layer.parts is None or layer.blocks is not None:
        return {}
    held = layer.parts[~(layer.parts["share"] >= 1)]
    names = _names(result, held["block"])
    rows = pd.DataFrame({"code": held["code"].to_numpy(), "name": names, "share": held["share"].to_numpy()})
    return {
        str(code): parts_said(zip(own["name"], own["share"], strict=True))
        for code, own in rows.groupby("code", sort=False)
    }


def focus_parts(result: AuditResult) -> list[str]:
    """Say which authorities belong to the focus in part; nothing where all of it is whole, or without one."""
    parts = () if result.focus is None else result.focus.parts
    names = _names(result, pd.Series([block for block, _ in parts], dtype=object))
    return parts_said(zip(names, (share for _, share in parts), strict=True))


def _names(result: AuditResult, blocks: pd.Series) -> list[str]:
    """Return the authority's name of each block, its code where it has none."""
    known = authority_names()
    if "lad" in result.layers:
        known = known | {str(code): str(name) for code, name in result.layers["lad"].areas["name"].items()}
    lads = blocks.map(result.blocks["lad"]).fillna(blocks)
    return [known.get(str(lad), str(lad)) for lad in lads]
