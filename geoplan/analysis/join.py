"""Join two layers on the blocks they are made of: the amount of every pair, its shares, and what is left over."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from geoplan.schema import OVERLAY_COLUMNS, REST

__all__ = [
    "ROUNDING",
    "Pieces",
    "Rows",
    "Side",
    "conservation",
    "cover_of",
    "nominal_shares",
    "pieces",
    "shares_table",
    "side",
    "sums",
]

ROUNDING = 1e-9
"""Shares that differ by less are the same share."""


class Side(NamedTuple):
    """One layer as numbers.

    Attributes
    ----------
    codes
        The codes of its areas, sorted.
    block, code
        Position of each part's block in the blocks, and of its area in ``codes``.
    share
        Share of the block (0 to 1), NaN where unknown.
    cover
        Share of each block that lies in any area; NaN where a part of unknown size decides.
    """

    codes: np.ndarray
    block: np.ndarray
    code: np.ndarray
    share: np.ndarray
    cover: np.ndarray


class Pieces(NamedTuple):
    """What two layers have in common, block by block.

    Attributes
    ----------
    block
        Position of the block.
    left, right
        Position of the areas; right is -1 for what no right area covers.
    share
        Share of the block in both, NaN where unknown.
    nominal
        The same with parts of unknown size at their expected size.
    """

    block: np.ndarray
    left: np.ndarray
    right: np.ndarray
    share: np.ndarray
    nominal: np.ndarray


def side(
    areas: pd.Index, parts: pd.DataFrame, blocks: pd.Index, cover: np.ndarray | None = None, *, fills: bool = False
) -> Side:
    """Turn a layer's parts into numbers.

    Parameters
    ----------
    areas
        Codes of the layer's areas.
    parts
        ``block``, ``code`` and ``share``.
    blocks
        All blocks.
    cover
        Share of each block that lies in any area, where that is not the sum of the parts.
    fills
        Whether several parts of one block leave nothing of it over: those of a layer that covers everyone.

    Returns
    -------
    Side
        Parts in the order given.
    """
    codes = np.sort(areas.to_numpy(dtype=object))
    block, share = blocks.get_indexer(parts["block"]), parts["share"].to_numpy(dtype=float)
    held = cover_of(block, share, len(blocks), fills=fills) if cover is None else cover
    return Side(codes, block, pd.Index(codes).get_indexer(parts["code"]), share, held)


def cover_of(block: np.ndarray, share: np.ndarray, count: int, *, fills: bool = False) -> np.ndarray:
    """Return the share of each block that lies in any area: NaN where a part of unknown size decides.

    Parameters
    ----------
    block, share
        Of each part: position of its block, and share of it (NaN where unknown).
    count
        Number of blocks.
    fills
        As for `side`.

    Returns
    -------
    numpy.ndarray
        0 to 1; 1 where several parts, one of them of unknown size, fill their block.
    """
    total = np.minimum(np.bincount(block, np.nan_to_num(share), count), 1.0)
    unknown = np.bincount(block[np.isnan(share)], minlength=count) > 0
    filled = unknown & (np.bincount(block, minlength=count) > 1) & fills
    return np.where(filled, 1.0, np.where(unknown & (total < 1 - ROUNDING), np.nan, total))


def pieces(left: Side, right: Side, *, same: bool) -> Pieces:
    """Cut every part of the left layer by those of the right one.

    Whole in one layer: the piece is what the other holds. Parts of the same block in both: how they lie
    to each other is not known, so the share is missing and stands at its expected size nominally.

    Parameters
    ----------
    left, right
        The two layers on the same blocks.
    same
        Whether they are one layer, whose parts lie beside each other.

    Returns
    -------
    Pieces
        Those of pairs, then those of the rest.
    """
    i, j = _matches(left.block, right.block, len(left.cover))
    one, two = left.share[i], right.share[j]
    known = _met_share(one, two)
    expected = _guess(one) * _guess(two)
    if same:
        own = left.code[i] == right.code[j]
        doubled = (one >= 1 - ROUNDING) | (two >= 1 - ROUNDING) | (one + two > 1 + ROUNDING)
        known = np.where(own, one, np.where(doubled, known, 0.0))
        expected = np.where(own, _guess(one), expected)
    nominal = np.where(np.isnan(known), expected, known)
    pairs = Pieces(left.block[i], left.code[i], right.code[j], known, nominal)
    pairs = Pieces(*(column[known != 0] for column in pairs))
    if same:
        return pairs
    rest = _rest(left, right)
    return Pieces(*(np.concatenate(columns) for columns in zip(pairs, rest, strict=True)))


def _matches(left: np.ndarray, right: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of all pairs with the same block, in the order of the left ones."""
    order = np.argsort(right, kind="stable")
    each = np.bincount(right, minlength=count)
    start = np.cumsum(each) - each
    times = each[left]
    i = np.repeat(np.arange(len(left)), times)
    step = np.arange(len(i)) - np.repeat(np.cumsum(times) - times, times)
    return i, order[start[left[i]] + step]


def _met_share(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    whole_one, whole_two = one >= 1 - ROUNDING, two >= 1 - ROUNDING
    return np.where(whole_one, two, np.where(whole_two, one, np.nan))


def _guess(share: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(share), 0.5, share)


def _rest(left: Side, right: Side) -> Pieces:
    covered = right.cover[left.block]
    inside = np.where(covered == 0, 0.0, _met_share(left.share, covered))
    rest = left.share - inside
    nominal = np.where(np.isnan(rest), _guess(left.share) * (1 - _guess(covered)), rest)
    found = Pieces(left.block, left.code, np.full(len(rest), -1), rest, nominal)
    return Pieces(*(column[nominal > ROUNDING] for column in found))


class Rows(NamedTuple):
    """The pairs that pieces make up, sorted by left and right, the rest first; and the row of each piece."""

    left: np.ndarray
    right: np.ndarray
    of_piece: np.ndarray


def rows_of(found: Pieces, width: int) -> Rows:
    """Return the rows of a table of pairs; ``width`` is the number of right areas."""
    keys, of_piece = np.unique(found.left * (width + 1) + found.right + 1, return_inverse=True)
    left, right = np.divmod(keys, width + 1)
    return Rows(left, right - 1, of_piece)


def sums(share: np.ndarray, block: np.ndarray, weights: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """Sum block weight x share by group; one unknown piece makes a group's sum unknown.

    Parameters
    ----------
    share, block, group
        Of each piece: share of its block, position of the block, position of its group.
    weights
        Weight of each block.
    count
        Number of groups.

    Returns
    -------
    numpy.ndarray
        One sum a group.
    """
    amount = share * weights[block]
    # Without any piece numpy counts in whole numbers, which know no NaN.
    total = np.bincount(group, np.nan_to_num(amount), count).astype(float)
    total[group[np.isnan(amount)]] = np.nan
    return total


def index_of(left: Side, right: Side, rows: Rows) -> pd.MultiIndex:
    """Return the codes of rows."""
    names = np.concatenate([right.codes, [REST]])
    return pd.MultiIndex.from_arrays([left.codes[rows.left], names[rows.right]], names=["left", "right"])


def shares_table(
    index: pd.MultiIndex, ground: tuple[np.ndarray, ...], people: tuple[np.ndarray, ...] | None
) -> pd.DataFrame:
    """Make the table of an overlay.

    Parameters
    ----------
    index
        Codes of the pairs.
    ground, people
        Amount of each row, and of its left and its right area (NaN for a rest).

    Returns
    -------
    pandas.DataFrame
        With `OVERLAY_COLUMNS`; widths missing and nothing marked as artefact.
    """
    empty = np.full(len(index), np.nan)
    columns = dict.fromkeys(OVERLAY_COLUMNS, empty) | {"artefact": np.zeros(len(index), dtype=bool)}
    for name, amount, found in (("area", "area_m2", ground), ("people", "people", people)):
        if found is not None:
            columns[amount] = found[0]
            with np.errstate(divide="ignore", invalid="ignore"):
                columns[f"left_{name}_share"] = found[0] / found[1]
                columns[f"right_{name}_share"] = found[0] / found[2]
    return pd.DataFrame(columns, index=index)


def nominal_shares(left: Side, right: Side, found: Pieces, rows: Rows, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return the shares of every row with parts of unknown size taken as one half of their block."""
    amounts = sums(found.nominal, found.block, weights, rows.of_piece, len(rows.left))
    shares = {}
    for name, of_row, one in (("left_share", rows.left, left), ("right_share", rows.right, right)):
        total = sums(_guess(one.share), one.block, weights, one.code, len(one.codes))
        with np.errstate(divide="ignore", invalid="ignore"):
            shares[name] = amounts / np.append(total, np.nan)[of_row]
    return shares


def conservation(weights: pd.Series, shares: pd.Series) -> pd.DataFrame:
    """Account for every left area.

    Parameters
    ----------
    weights
        Left code -> weight.
    shares
        Left share of every row, indexed by left and right.

    Returns
    -------
    pandas.DataFrame
        ``weight``, ``rest_share`` and ``overlap_share``: pairs + rest - overlap = 1.
    """
    place = weights.index.get_indexer(shares.index.get_level_values("left"))
    rest = (shares.index.get_level_values("right") == REST).astype(bool)
    value, count = shares.to_numpy(dtype=float), len(weights)
    left_over, inside = np.zeros(count), np.zeros(count)
    left_over[place[rest]] = value[rest]
    np.add.at(inside, place[~rest], value[~rest])
    # Nothing was counted of an area without rows, so nothing of it is counted twice.
    told = np.bincount(place, minlength=count) > 0
    excess = np.where(told, inside + left_over - 1, 0.0)
    # Rounding of the sums must not look like ground held twice.
    overlap = np.where(np.abs(excess) < ROUNDING, 0.0, excess)
    return pd.DataFrame({"weight": weights, "rest_share": left_over, "overlap_share": overlap}, index=weights.index)
