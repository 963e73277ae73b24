"""Ground of which only a part belongs to an area: how it is drawn, and how it is said."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from geoplan.schema.frames import Layer
from geoplan.schema.wording import NOT_ASSESSED, listed, percent

__all__ = ["MOSTLY", "NEARLY", "PART_KINDS", "ground_of", "part_kinds", "part_words", "parts_said"]

MOSTLY = 0.5
"""Share of a block above which it is drawn as ground of an area that holds only a part of it."""
NEARLY = 0.995
"""Share from which a block is drawn as whole, and its rest not at all: the difference is finer than the drawing."""
PART_KINDS = ("whole", "part", "mixed")
"""How the outline of an area is made: of whole blocks, of blocks that belong in part, of both."""


def ground_of(parts: pd.DataFrame) -> pd.DataFrame:
    """Tell of each block of each area how it is drawn.

    Parameters
    ----------
    parts
        ``block``, ``code`` and ``share`` of a layer (missing where unknown).

    Returns
    -------
    DataFrame
        The rows of more than a trace, with ``home`` (drawn as ground of the area) and ``in_part`` (drawn as ground of
        which only a part belongs; both where the larger part does).

    Examples
    --------
    >>> shares = [1.0, 0.6, 0.2, None, 0.001]
    >>> ground_of(pd.DataFrame({"block": list("vwxyz"), "code": "a", "share": shares}))[["block", "home", "in_part"]]
      block   home  in_part
    0     v   True    False
    1     w   True     True
    2     x  False     True
    3     y  False     True
    """
    share = parts["share"]
    drawn = parts[share.isna() | (share > 1 - NEARLY)]
    share = drawn["share"]
    return drawn.assign(home=(share > MOSTLY).to_numpy(), in_part=~(share >= NEARLY).to_numpy())


def part_kinds(layer: Layer) -> pd.Series:
    """Return for each area of a layer which of `PART_KINDS` it is; drawn areas are whole.

    Parameters
    ----------
    layer
        Any layer.

    Returns
    -------
    Series
        Indexed by code.
    """
    kinds = pd.Series("whole", index=layer.areas.index, dtype=object)
    if layer.parts is None:
        return kinds
    some = (~(layer.parts["share"] >= 1)).groupby(layer.parts["code"]).agg(["any", "all"]).reindex(kinds.index)
    kinds[some["any"].fillna(value=False).astype(bool)] = "mixed"
    kinds[some["all"].fillna(value=False).astype(bool)] = "part"
    return kinds


def part_words(authorities: Iterable[str], share: float | None) -> str:
    """Say how much of an authority belongs.

    Parameters
    ----------
    authorities
        Names of those that belong in the same part.
    share
        Of each (0 to 1); None or missing where it is not known.

    Returns
    -------
    str
        Words for a list or a table.

    Examples
    --------
    >>> part_words(["Cannock Chase"], None)
    'somewhere in Cannock Chase; size not assessed'
    >>> part_words(["Rotherham"], 0.084)
    '8% of Rotherham'
    """
    where = listed(list(authorities))
    if share is None or pd.isna(share):
        return f"somewhere in {where}; size {NOT_ASSESSED}"
    return f"{percent(share)} of {where}"


def parts_said(held: Iterable[tuple[str, float | None]]) -> list[str]:
    """Say of an area which authorities belong to it in part: each of known share, then the others together.

    Parameters
    ----------
    held
        Name of an authority and the share of it that belongs; an authority may come twice, by its blocks.

    Returns
    -------
    list of str
        Largest share first.

    Examples
    --------
    >>> parts_said([("Swansea", None), ("Bude", 0.1), ("Bude", 0.1), ("Neath", None), ("York", 0.7)])
    ['70% of York', '10% of Bude', 'somewhere in Swansea and Neath; size not assessed']
    """
    rows = dict.fromkeys((name, None if share is None or pd.isna(share) else share) for name, share in held)
    known = sorted(((name, share) for name, share in rows if share is not None), key=lambda row: (-row[1], row[0]))
    unknown = list(dict.fromkeys(name for name, share in rows if share is None))
    said = [part_words([name], share) for name, share in known]
    return [*said, part_words(unknown, None)] if unknown else said
