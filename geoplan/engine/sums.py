"""Sums that are exact, and so do not depend on the order of what is summed; signs that rounding does not turn."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from geoplan.engine.edges import inner

__all__ = ["exact_sums", "side_of"]

DIGITS = 53
"""Binary digits of a float."""
LOW = 26
"""Of those, digits summed apart, so that sums of a billion fit into 64 bits."""
HALF = 32
ORIENTATION_ERROR = (3.0 + 16.0 * 2.0**-53) * 2.0**-53
"""Relative error of the plain orientation determinant (J. R. Shewchuk, 1997)."""


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


@inner
def _two_product(one: float, other: float) -> tuple[float, float]:
    """Return a product as the sum of two floats without error (T. J. Dekker, 1971)."""
    product = one * other
    split = 134217729.0 * one
    one_high = split - (split - one)
    split = 134217729.0 * other
    other_high = split - (split - other)
    one_low, other_low = one - one_high, other - other_high
    low = one_low * other_low - (product - one_high * other_high - one_low * other_high - one_high * other_low)
    return product, low


@inner
def _exact_sign(parts: np.ndarray) -> float:
    """Return the sign of an exact sum of floats, the first row (J. R. Shewchuk's grow-expansion, in the second)."""
    grown = parts[1]
    for count in range(len(grown)):
        carry = parts[0, count]
        for k in range(count):
            summed = grown[k] + carry
            virtual = summed - grown[k]
            grown[k] = (grown[k] - (summed - virtual)) + (carry - virtual)
            carry = summed
        grown[count] = carry
    for k in range(len(grown) - 1, -1, -1):
        if grown[k] != 0.0:
            return float(grown[k])
    return 0.0


@inner
def side_of(xa: float, ya: float, xb: float, yb: float, x: float, y: float, parts: np.ndarray) -> float:
    """Return a number with the exact sign of the side of a point: positive left of a to b, 0 on the line."""
    one, other = (xb - xa) * (y - ya), (yb - ya) * (x - xa)
    side = one - other
    if abs(side) > ORIENTATION_ERROR * (abs(one) + abs(other)):
        return side
    parts[0, 0], parts[0, 1] = _two_product(xa, yb)
    parts[0, 2], parts[0, 3] = _two_product(-ya, xb)
    parts[0, 4], parts[0, 5] = _two_product(xb, y)
    parts[0, 6], parts[0, 7] = _two_product(-yb, x)
    parts[0, 8], parts[0, 9] = _two_product(x, ya)
    parts[0, 10], parts[0, 11] = _two_product(-y, xa)
    return _exact_sign(parts)
