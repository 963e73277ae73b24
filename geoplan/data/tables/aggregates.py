"""Rows that are no units: totals, and areas of another level than the rest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEVELS", "is_total", "level_of", "mixed_levels", "sums_of_others"]

TOTAL = re.compile(
    r"(grand |sub[ -]?|column |row )?totals?( .*)?|sum|overall"
    r"|all( (areas|authorities|clusters|zones|persons|usual residents))?"
    r"|united kingdom|uk|great britain|gb|england and wales|[eknsw]?9[23]\d{6}|k0[1-5]\d{6}",
    re.IGNORECASE,
)
"""What a total is called, and the codes of countries and of groups of them."""
LEVELS = {
    "output areas": ("E00", "W00", "S00", "N00", "N20"),
    "small areas (LSOA, data zone)": ("E01", "W01", "S01", "N21"),
    "middle-layer areas (MSOA)": ("E02", "W02", "S02"),
    "wards": ("E05", "W05", "S13", "N08"),
    "authorities": ("E06", "E07", "E08", "E09", "W06", "S12", "N09"),
    "counties": ("E10", "E11"),
    "regions": ("E12",),
}
"""Levels of statistical geography by the first letters of their codes."""
FEWEST = 4
"""Zones below which equal flows can be chance."""
ALIKE = 0.005


def is_total(text: str) -> bool:
    """Tell by its name or code whether a value stands for a total.

    Examples
    --------
    >>> is_total("Total"), is_total("K02000001"), is_total("Totnes"), is_total("E06000001")
    (True, True, False, False)
    """
    return bool(TOTAL.fullmatch(text.strip()))


def level_of(code: str) -> str:
    """Return the level of a GSS code, empty for any other text."""
    if not re.fullmatch(r"[ENSW]\d{8}", code):
        return ""
    return next((level for level, starts in LEVELS.items() if code.startswith(starts)), "")


def mixed_levels(codes: Iterable[str]) -> str:
    """Count the codes of each level in words where there is more than one; else nothing."""
    found = Counter(level for level in map(level_of, codes) if level)
    return ", ".join(f"{count:,} {level}" for level, count in found.most_common()) if len(found) > 1 else ""


def sums_of_others(
    codes: Sequence[str],
    partners: Sequence[str],
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    amount: NDArray[np.float64],
) -> list[str]:
    """Return the codes whose amounts are, for each code of the other side, the sum of all the rest.

    Parameters
    ----------
    codes, partners
        Codes of the side looked at, and of the other.
    one, other
        Place of each row's code on this side and on the other.
    amount
        What each row holds, above 0.

    Returns
    -------
    list of str
        None where it could be chance: with fewer than `FEWEST` codes or partners besides, or where most partners
        have but one code besides, whose amount is then the same.

    Examples
    --------
    >>> ends = np.divmod(np.arange(25), 5)
    >>> table = np.array([[1, 2, 3, 4, 5], [2, 9, 1, 3, 3], [5, 1, 7, 1, 2], [7, 2, 1, 2, 6], [15, 14, 12, 10, 16]])
    >>> names = ["a", "b", "c", "d", "t"]
    >>> sums_of_others(names, names, *ends, table.ravel().astype(float))
    ['t']
    """
    whole, rows = np.bincount(other, amount, len(partners)), np.bincount(other, minlength=len(partners))
    used = np.flatnonzero(np.bincount(one, minlength=len(codes)))
    if len(used) <= FEWEST:
        return []
    alike = np.abs(2 * amount - whole[other]) <= ALIKE * whole[other]
    often = np.flatnonzero(np.bincount(one[alike], minlength=len(codes)) >= FEWEST)
    met = {int(n): other[alike & (one == n)] for n in often}
    return [codes[n] for n, places in met.items() if _is_sum(codes[n], places, whole > 0, rows, partners)]


def _is_sum(
    code: str, places: NDArray[np.int64], there: NDArray[np.bool_], rows: NDArray[np.int64], partners: Sequence[str]
) -> bool:
    """Tell whether a code is the sum of others for every partner but itself, and that of several for most."""
    needed = {int(place) for place in np.flatnonzero(there) if partners[int(place)] != code}
    several = sum(rows[place] > 2 for place in needed)
    return len(needed) >= FEWEST and needed <= {int(place) for place in places} and 2 * several >= len(needed)
