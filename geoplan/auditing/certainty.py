"""How two areas that hold parts of blocks lie to each other, as far as that is certain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import pandas as pd

from geoplan.auditing.results import Pair
from geoplan.data.focus import shares_of
from geoplan.schema import Layer

__all__ = ["Lie", "amount_inside", "lie", "lie_of", "rest_is_sure", "share_inside"]

ROUNDING = 1e-9


class Lie(StrEnum):
    """How one area lies to another, whatever the size of their unknown parts."""

    SAME = "same"
    INSIDE = "inside"
    HOLDS = "holds"
    PART = "part"
    APART = "apart"
    UNKNOWN = "unknown"


def lie(one: pd.Series, other: pd.Series, *, beside: bool = False) -> Lie:
    """Tell how one area lies to another, where no size and place of unknown parts could make it otherwise.

    Parameters
    ----------
    one, other
        Block -> share of it (0 to 1) that the area holds; missing for a part of unknown size, which is never all.
    beside
        Whether both are areas of one geography in which no place is in two.

    Returns
    -------
    Lie
        ``unknown`` where two parts of one block decide: how they lie to each other is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> ward, town, county = pd.Series({"b": None}), pd.Series({"b": 1.0}), pd.Series({"a": 1.0, "b": 1.0})
    >>> [str(lie(ward, other)) for other in (county, town, ward)]
    ['inside', 'inside', 'unknown']
    """
    both = one.index.intersection(other.index)
    mine, theirs = one[both].to_numpy(dtype=float), other[both].to_numpy(dtype=float)
    inside, holds = _whole(other, one.index), _whole(one, other.index)
    meet = bool((_all(mine) | _all(theirs) | (mine + theirs > 1 + ROUNDING)).any())
    if both.empty or (beside and not meet):
        return Lie.APART
    if inside or holds:
        return Lie.SAME if inside and holds else Lie.INSIDE if inside else Lie.HOLDS
    left_over = len(one) > len(both) or _beyond(mine, theirs)
    return Lie.PART if meet and left_over and (len(other) > len(both) or _beyond(theirs, mine)) else Lie.UNKNOWN


def share_inside(one: pd.Series, other: pd.Series, weights: pd.Series) -> float:
    """Return the share of one area that lies in another; missing where that is not known.

    Parameters
    ----------
    one, other
        As for `lie`.
    weights
        Block -> what is counted.

    Returns
    -------
    float
        0 to 1. All of an area of unknown size is all of it.
    """
    if _whole(other, one.index):
        return 1.0
    amount = weights.reindex(one.index).to_numpy(dtype=float)
    total = (one.to_numpy(dtype=float) * amount).sum()
    return float((_met(one, other) * amount).sum() / total) if total else np.nan


def amount_inside(one: pd.Series, other: pd.Series, weights: pd.Series) -> float:
    """Return the least of one area that lies in another, whatever the size of their unknown parts.

    Parameters
    ----------
    one, other
        As for `lie`.
    weights
        Block -> what is counted.

    Returns
    -------
    float
        In the unit of the weights.
    """
    return float(np.nansum(_met(one, other) * weights.reindex(one.index).to_numpy(dtype=float)))


def _met(one: pd.Series, other: pd.Series) -> np.ndarray:
    """Return the share of each block of one area in which the other is too; missing where that is not known."""
    own, theirs = one.to_numpy(dtype=float), other.reindex(one.index, fill_value=0.0).to_numpy(dtype=float)
    return np.where(_all(own), theirs, np.where(_all(theirs), own, np.where(theirs == 0, 0.0, np.nan)))


def _all(shares: np.ndarray) -> np.ndarray:
    return shares >= 1 - ROUNDING


def _whole(area: pd.Series, blocks: pd.Index) -> bool:
    """Tell whether an area holds all of each block."""
    return bool(_all(area.reindex(blocks).to_numpy(dtype=float)).all())


def _beyond(one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether one has ground beside the other in some block: all against a part, or more against less."""
    return bool(((_all(one) & ~_all(other)) | (one > other + ROUNDING)).any())


def lie_of(pair: Pair, code: str, other: str) -> Lie:
    """Tell how a left area of a comparison lies to a right one, as far as no size of unknown parts could change it.

    Parameters
    ----------
    pair
        A direction of a comparison.
    code, other
        The areas; they meet.

    Returns
    -------
    Lie
        Shares within the tolerance are all, as they are for relations.
    """
    over, limit = pair.overlay, 1 - pair.tolerance.of(pair.overlay.basis) - ROUNDING
    shares, end = over.nominal, "share"
    if over.bounds is not None and (code, other) in over.bounds.index:
        shares, end = over.bounds, "least"
    inside, swallowed = (shares.at[(code, other), f"{side}_{end}"] >= limit for side in ("left", "right"))
    if inside or swallowed:
        return Lie.SAME if inside and swallowed else Lie.INSIDE if inside else Lie.HOLDS
    if not _has_vague(over.left, code) and not _has_vague(over.right, other):
        return Lie.PART
    if over.left.parts is None or over.right.parts is None:
        # The postcodes of a drawing tell of a part of unknown size only where they are all inside or all outside.
        return Lie.UNKNOWN
    return lie(shares_of(over.left, code), shares_of(over.right, other))


def _has_vague(layer: Layer, code: str) -> bool:
    return layer.parts is not None and bool(shares_of(layer, code).isna().any())


def rest_is_sure(pair: Pair, code: str) -> bool:
    """Tell whether some of a left area surely lies in no right one: by a known size, or in a block that none reaches.

    Parameters
    ----------
    pair
        A direction of a comparison.
    code
        The left area.

    Returns
    -------
    bool
        False where parts of unknown size decide.
    """
    over = pair.overlay
    if over.left.parts is None or over.right.parts is None:
        return not _has_vague(over.left, code)
    own, beside = shares_of(over.left, code), over.right.parts
    met: dict[str, list[float]] = {block: [] for block in own.index}
    near = beside[beside["block"].isin(own.index)]
    for block, share in zip(near["block"].tolist(), near["share"].tolist(), strict=True):
        met[block].append(share)
    return any(_surely_left(share, met[block]) for block, share in own.items())


def _surely_left(share: float, others: Sequence[float]) -> bool:
    """Tell whether a share of a block is surely more than others hold of it, of which some may not be known."""
    known = [other for other in others if not math.isnan(other)]
    unknown, covered = len(others) - len(known), math.fsum(known)
    # One part of unknown size is never all of its block; two may be.
    alone = share >= 1 and unknown == 1 and covered == 0
    return not others or alone or (unknown == 0 and share > covered + ROUNDING)
