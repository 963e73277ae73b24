"""How two areas that hold parts of blocks lie to each other, as far as that is certain."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import pandas as pd

__all__ = ["Lie", "lie", "share_inside"]

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
    if inside or holds:
        return Lie.SAME if inside and holds else Lie.INSIDE if inside else Lie.HOLDS
    if both.empty or (beside and not meet):
        return Lie.APART
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
    theirs, own = other.reindex(one.index, fill_value=0.0), one.to_numpy(dtype=float)
    held = np.where(_all(own), theirs, np.where(_all(theirs.to_numpy()), own, np.where(theirs == 0, 0.0, np.nan)))
    amount = weights.reindex(one.index).to_numpy(dtype=float)
    total = (own * amount).sum()
    return float((held * amount).sum() / total) if total else np.nan


def _all(shares: np.ndarray) -> np.ndarray:
    return shares >= 1 - ROUNDING


def _whole(area: pd.Series, blocks: pd.Index) -> bool:
    """Tell whether an area holds all of each block."""
    return bool(_all(area.reindex(blocks).to_numpy(dtype=float)).all())


def _beyond(one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether one has ground beside the other in some block: all against a part, or more against less."""
    return bool(((_all(one) & ~_all(other)) | (one > other + ROUNDING)).any())
