"""Which authorities belong to an area only in part, in words."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from geoplan.auditing.focus import authority_names
from geoplan.auditing.results import AuditResult
from geoplan.schema import Layer
from geoplan.schema.part_ground import parts_said

__all__ = ["focus_parts", "listed_parts", "parts_of_areas"]


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
    return listed_parts(layer, result.blocks["lad"], _known(result))


def listed_parts(layer: Layer, lads: pd.Series, names: Mapping[str, str]) -> dict[str, list[str]]:
    """Say the same of a layer outside an audit.

    Parameters
    ----------
    layer
        Any layer.
    lads
        Shipped block -> code of its authority.
    names
        Code of an authority -> its name; those without one are called by their code.

    Returns
    -------
    dict
        As of `parts_of_areas`.
    """
    if layer.parts is None or layer.blocks is not None:
        return {}
    held = layer.parts[~(layer.parts["share"] >= 1)]
    called = _names(held["block"], lads, names)
    rows = pd.DataFrame({"code": held["code"].to_numpy(), "name": called, "share": held["share"].to_numpy()})
    return {
        str(code): parts_said(zip(own["name"], own["share"], strict=True))
        for code, own in rows.groupby("code", sort=False)
    }


def focus_parts(result: AuditResult) -> list[str]:
    """Say which authorities belong to the focus in part; nothing where all of it is whole, or without one."""
    parts = () if result.focus is None else result.focus.in_part
    names = _names(pd.Series([block for block, _ in parts], dtype=object), result.blocks["lad"], _known(result))
    return parts_said(zip(names, (share for _, share in parts), strict=True))


def _known(result: AuditResult) -> dict[str, str]:
    own = result.layers["lad"].areas["name"].items() if "lad" in result.layers else ()
    return authority_names() | {str(code): str(name) for code, name in own}


def _names(blocks: pd.Series, lads: pd.Series, known: Mapping[str, str]) -> list[str]:
    """Return the authority's name of each block, its code where it has none."""
    return [known.get(str(lad), str(lad)) for lad in blocks.map(lads).fillna(blocks)]
