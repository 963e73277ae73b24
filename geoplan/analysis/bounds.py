"""Between which shares a pair of areas lies where parts of unknown size decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from geoplan.analysis.join import ROUNDING, Pieces, Rows, Side

__all__ = ["BOUND_COLUMNS", "share_bounds"]

BOUND_COLUMNS = ("left_least", "left_most", "right_least", "right_most")
OPEN = 1e-6
"""A share that is surely above nought, or surely below one, stands at least this far from it."""


class _Amount(NamedTuple):
    """Between what an amount lies, whether it is surely above nought, and whether surely below one."""

    least: float
    most: float
    some: bool
    below: bool

    @property
    def whole(self) -> bool:
        return self.least >= 1 - ROUNDING


_NOTHING = _Amount(0.0, 0.0, some=False, below=True)


def _known(share: float) -> _Amount:
    """Return a share as an amount: a part of unknown size is more than nothing and less than all."""
    if np.isnan(share):
        return _Amount(0.0, 1.0, some=True, below=True)
    return _Amount(share, share, some=share > ROUNDING, below=share < 1 - ROUNDING)


def _met(one: _Amount, two: _Amount) -> _Amount:
    """Return what two parts of one block have in common: how they lie to each other is not known."""
    if one.whole or two.whole:
        return two if one.whole else one
    least = one.least + two.least - 1
    return _Amount(max(0.0, least), min(one.most, two.most), some=least > ROUNDING, below=True)


def _without(one: _Amount, two: _Amount) -> _Amount:
    """Return what of a part lies outside another part of the same block."""
    if two.whole or two.most <= ROUNDING:
        return _NOTHING if two.whole else one
    if one.whole:
        return _Amount(1 - two.most, 1 - two.least, some=two.below, below=two.some)
    least = one.least - two.most
    return _Amount(max(0.0, least), min(one.most, 1 - two.least), some=least > ROUNDING, below=True)


def share_bounds(
    left: Side, right: Side, found: Pieces, rows: Rows, weights: np.ndarray, *, same: bool
) -> pd.DataFrame | None:
    """Bound the shares of the rows that parts of unknown size touch, whatever these sizes are and however they lie.

    Parameters
    ----------
    left, right
        The two layers on the same blocks.
    found, rows
        Their pieces, and the pairs these make up.
    weights
        Weight of each block.
    same
        Whether they are one layer.

    Returns
    -------
    pandas.DataFrame or None
        Indexed by position in ``rows``, with `BOUND_COLUMNS` (missing on the right of a rest); None where no size is
        unknown. A share that cannot be 0, or cannot be 1, keeps a millionth away from it.
    """
    open_left, open_right = (np.isin(np.arange(len(s.codes)), s.code[np.isnan(s.share)]) for s in (left, right))
    unknown = np.bincount(rows.of_piece[np.isnan(found.share)], minlength=len(rows.left)) > 0
    touched = np.flatnonzero(unknown | open_left[rows.left] | np.append(open_right, [False])[rows.right])
    if not len(touched):
        return None
    mine, theirs, cover = _by_area(left), _by_area(right), _cover(right)
    told = []
    for row in touched:
        a, b = int(rows.left[row]), int(rows.right[row])
        one = mine[a]
        if b < 0:
            told.append((*_rest(one, cover, weights), np.nan, np.nan))
        elif same and a == b:
            told.append((1.0, 1.0, 1.0, 1.0))
        else:
            told.append((*_held(one, theirs[b], weights), *_held(theirs[b], one, weights)))
    return pd.DataFrame(told, index=touched, columns=list(BOUND_COLUMNS))


def _by_area(side: Side) -> list[dict[int, _Amount]]:
    """Return the blocks of each area with their amounts."""
    areas: list[dict[int, _Amount]] = [{} for _ in side.codes]
    for code, block, share in zip(side.code.tolist(), side.block.tolist(), side.share.tolist(), strict=True):
        areas[code][block] = _known(share)
    return areas


def _cover(side: Side) -> dict[int, _Amount]:
    """Return the blocks of a layer with what of each lies in any of its areas."""
    count = len(side.cover)
    held = np.minimum(np.bincount(side.block, np.nan_to_num(side.share), count), 1.0)
    parts = np.bincount(side.block, minlength=count)
    return {
        # One part alone leaves something over; several may fill the block.
        block: _Amount(held[block], 1.0, some=True, below=parts[block] < 2)
        if np.isnan(side.cover[block])
        else _known(float(side.cover[block]))
        for block in np.unique(side.block).tolist()
    }


def _held(one: Mapping[int, _Amount], other: Mapping[int, _Amount], weights: np.ndarray) -> tuple[float, float]:
    """Bound the share of an area that lies in another one."""
    return _share(
        ((_met(part, other[b]), weights[b]) for b, part in one.items() if b in other),
        ((_without(part, other.get(b, _NOTHING)), weights[b]) for b, part in one.items()),
    )


def _rest(one: Mapping[int, _Amount], cover: Mapping[int, _Amount], weights: np.ndarray) -> tuple[float, float]:
    """Bound the share of an area that lies in no area of the other layer."""
    return _share(
        ((_without(part, cover.get(b, _NOTHING)), weights[b]) for b, part in one.items()),
        ((_met(part, cover[b]), weights[b]) for b, part in one.items() if b in cover),
    )


def _share(inside: Iterable[tuple[_Amount, float]], outside: Iterable[tuple[_Amount, float]]) -> tuple[float, float]:
    """Bound inside / (inside + outside) from the weighed amounts of both."""
    (x_least, x_most, x_some), (y_least, y_most, y_some) = _sum(inside), _sum(outside)
    if not x_most + y_most > 0:
        return np.nan, np.nan
    least = x_least / (x_least + y_most) if y_most > 0 else 1.0
    most = x_most / (x_most + y_least) if x_most > 0 else 0.0
    return max(least, OPEN) if x_some else least, min(most, 1 - OPEN) if y_some else most


def _sum(amounts: Iterable[tuple[_Amount, float]]) -> tuple[float, float, bool]:
    told = [(amount.least * weight, amount.most * weight, amount.some and weight > 0) for amount, weight in amounts]
    return sum(t[0] for t in told), sum(t[1] for t in told), any(t[2] for t in told)
