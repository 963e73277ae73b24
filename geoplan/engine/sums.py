"""Sums that are exact, and so do not depend on the order of what is summed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

__all__ = ["exact_sums"]

DIGITS = 53
"""Binary digits of a float."""
LOW = 26
"""Of those, digits summed apart, so that sums of a billion fit into 64 bits."""
HALF = 32


def exact_sums(groups: np.ndarray, count: int, values: np.ndarray) -> list[Fraction]:
    """Sum numbers by group, without rounding.

    Parameters
    ----------
    groups
        Group of each number, from 0.
    count
        Number of groups.
    values
        Whole numbers (int64) or floats; those that are not finite are left out.

    Returns
    -------
    list of fractions.Fraction
        One for each group. Added to others of their kind they stay exact; ``float`` rounds them once.

    Notes
    -----
    A float is a whole number times a power of two. The whole numbers are summed for each power, in two halves that
    cannot overflow.

    Examples
    --------
    >>> [float(each) for each in exact_sums(np.array([0, 0, 0, 1]), 2, np.array([1e16, 1.0, -1e16, 0.5]))]
    [1.0, 0.5]
    """
    if np.issubdtype(values.dtype, np.integer):
        whole = values.astype(np.int64)
        return [Fraction(each) for each in _summed(groups, count, whole >> HALF, whole & ((1 << HALF) - 1), HALF)]
    finite = np.isfinite(values)
    fraction, power = np.frexp(values[finite])
    whole = np.ldexp(fraction, DIGITS).astype(np.int64)
    groups = groups[finite]
    totals = [Fraction(0)] * count
    for one in np.unique(power).tolist():
        held = power == one
        parts = _summed(groups[held], count, whole[held] >> LOW, whole[held] & ((1 << LOW) - 1), LOW)
        scale = Fraction(2) ** (one - DIGITS)
        totals = [total + part * scale if part else total for total, part in zip(totals, parts, strict=True)]
    return totals


def _summed(groups: np.ndarray, count: int, high: np.ndarray, low: np.ndarray, shift: int) -> list[int]:
    """Sum the halves of whole numbers by group."""
    highs, lows = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    np.add.at(highs, groups, high)
    np.add.at(lows, groups, low)
    return [(one << shift) + other for one, other in zip(highs.tolist(), lows.tolist(), strict=True)]
