"""Where small areas lie among the shipped blocks: by a lookup, by their postcodes, or by their outlines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.data.editions.forward import brought_forward
from geoplan.data.places import Authorities
from geoplan.errors import InputError, refusal
from geoplan.schema import Layer

__all__ = ["homes_of"]

MOSTLY = 0.5
"""Share of a block's postcodes from which the small areas listed are taken to be all of its: some hold live ones."""


def homes_of(layer: Layer, points: pd.DataFrame | None, authorities: Authorities, blocks: pd.DataFrame) -> pd.DataFrame:
    """Tell in which authority or block each small area lies.

    Parameters
    ----------
    layer
        A lookup from small areas to authorities or blocks, a lookup from postcodes to small areas, or a boundary file
        of small areas.
    points
        The postcode points (``block``, ``x``, ``y``) where it is a boundary file.
    authorities
        The reference, by which codes of authorities that were renumbered are brought to those of today.
    blocks
        Shipped blocks, with ``lad`` and ``postcodes``.

    Returns
    -------
    pandas.DataFrame
        Indexed by small area: ``home``, a code of a block or of an authority of either tier, empty where the small area
        lies in none or less than half of the postcodes of the block are in small areas that are listed; ``people`` and
        ``working_age`` where the lookup has them, missing elsewhere. ``attrs["by"]`` says by what they are placed.

    Raises
    ------
    InputError
        If a lookup takes small areas to what is neither an authority nor a block.

    Notes
    -----
    Districts and health boards are made of whole small areas of the census, so a small area lies in the one block that
    holds most of its postcodes; what drawings put elsewhere is noise.
    """
    if layer.blocks is not None:
        return _listed(layer, authorities, blocks)
    counts = _counted(layer, blocks) if layer.parts is not None else _located(layer, points)
    every = blocks["postcodes"].astype(float)
    covered = counts.groupby(level="block").sum() / every
    home = counts.groupby(level="small").idxmax().map(lambda at: at[1])
    home = home.where(home.map(covered) >= MOSTLY, "")
    missing = pd.DataFrame(np.nan, index=layer.areas.index.rename("small"), columns=["people", "working_age"])
    found = missing.assign(home=home.reindex(missing.index).fillna(""))
    found.attrs["by"] = "the block that holds most of their postcodes"
    return found


def _listed(layer: Layer, authorities: Authorities, blocks: pd.DataFrame) -> pd.DataFrame:
    assert layer.parts is not None  # noqa: S101 - a lookup
    assert layer.blocks is not None  # noqa: S101
    area = layer.parts.set_index("block")["code"].astype(str)
    table = authorities.table
    known = {*blocks.index, *table.index, *table["utla_code"]} - {""}
    now = brought_forward(area, known, authorities.retired).now
    today = area.map(lambda code: now.get(code, code))
    wrong = sorted(set(today) - known)
    if wrong:
        hint = "Give a lookup to authorities of today: geoplan layers lad lists them."
        message = f"{layer.key} takes {layer.unit} to what is neither an authority nor a block"
        raise InputError(refusal(message, codes=wrong, hint=hint))
    found = layer.blocks[["people", "working_age"]].astype(float).rename_axis("small")
    found = found.assign(home=today.reindex(found.index).fillna(""))
    found.attrs["by"] = f"the lookup {layer.key}"
    return found


def _counted(layer: Layer, blocks: pd.DataFrame) -> pd.Series:
    """Return how many postcodes of each block a lookup from postcodes puts into each small area."""
    assert layer.parts is not None  # noqa: S101
    parts = layer.parts.rename(columns={"code": "small"})
    counts = parts["share"].astype(float) * parts["block"].map(blocks["postcodes"]).astype(float)
    index = pd.MultiIndex.from_frame(parts[["small", "block"]].astype(str))
    return pd.Series(counts.to_numpy(), index=index).sort_index()


def _located(layer: Layer, points: pd.DataFrame | None) -> pd.Series:
    """Return how many postcodes of each block lie in each drawn small area."""
    assert points is not None  # noqa: S101 - a boundary file is weighed by its postcodes
    x, y = (points[name].to_numpy(dtype=float) for name in ("x", "y"))
    # Compiled code is not loaded for lookups, which need none.
    from geoplan.engine.edges import edges_of
    from geoplan.engine.locating import points_in_areas

    point, area = points_in_areas(x, y, edges_of(layer.areas["geometry"].to_numpy()))
    small = layer.areas.index.to_numpy().astype(str)[area]
    block = points["block"].to_numpy().astype(str)[point]
    return pd.DataFrame({"small": small, "block": block}).groupby(["small", "block"]).size().astype(float)
