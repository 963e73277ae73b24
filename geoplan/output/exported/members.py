"""Members of a layer as a table that geoplan reads again as a membership table or a lookup."""

from __future__ import annotations

import pandas as pd

from geoplan.schema import Layer

__all__ = ["members_table"]


def members_table(layer: Layer, blocks: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return which authorities, or small areas, belong to each area.

    Parameters
    ----------
    layer
        Made of blocks: the shipped ones, or those of a lookup.
    blocks
        The shipped blocks with ``lad``, indexed by block.
    names
        Names of authorities by code.

    Returns
    -------
    pandas.DataFrame
        Of authorities ``area_id``, ``area_name``, ``lad_code``, ``lad_name``, ``block`` (one side of an authority that
        is split between health boards; empty for whole ones), ``part`` (yes where only a part belongs), ``share`` (0
        to 1, empty where not known) and ``confidence``. Of a lookup the small area and ``area_code``, ``area_name``.
    """
    assert layer.parts is not None  # noqa: S101 - whoever asks has looked
    parts = layer.parts.assign(block=layer.parts["block"].astype(str), code=layer.parts["code"].astype(str))
    called = parts["code"].map(layer.areas["name"]).astype(str)
    if layer.blocks is not None:
        small = f"{layer.unit.upper() or 'AREA00'}CD"
        return pd.DataFrame({small: parts["block"], "area_code": parts["code"], "area_name": called})
    homes = blocks["lad"].astype(str)
    lads = parts["block"].map(homes)
    whole = parts["share"].eq(1)
    held = whole.groupby([parts["code"], lads]).transform("sum")
    all_of_it = whole & held.eq(lads.map(homes.value_counts()))
    several = lads.map(homes.value_counts()).gt(1)
    shares = [f"{share!r}" if share < 1 else "" for share in parts["share"].astype(float)]
    table = pd.DataFrame(
        {
            "area_id": parts["code"], "area_name": called, "lad_code": lads, "lad_name": lads.map(names).astype(str),
            "block": parts["block"].where(several & ~all_of_it, ""), "part": ["" if each else "yes" for each in whole],
            "share": shares, "confidence": parts.get("confidence", ""),
        }
    )  # fmt: skip
    return table.drop_duplicates(ignore_index=True)
