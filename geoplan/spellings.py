"""Codes that are one though they are written in several ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

__all__ = ["gathered"]


def gathered(codes: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Make codes of one column, or of several that hold the same codes, one where only their spelling differs.

    Parameters
    ----------
    codes
        As the rows have them: those that stand in more rows win.

    Returns
    -------
    canonical, told : dict
        Code -> the spelling to use, for every code; and of those only the ones that another spelling replaces.

    Notes
    -----
    Case, spaces of any kind and apostrophes do not tell codes apart. Where every code is of digits alone, and they
    are of different lengths, neither do zeros in front: spreadsheets lose them.

    Examples
    --------
    >>> gathered(["E54000042", "e54000042", "E54000042"])[1]
    {'e54000042': 'E54000042'}
    >>> gathered(["0101", "101", "0201"])[1]
    {'101': '0101'}
    >>> gathered(["A", "B"])[1]
    {}
    """
    counts = Counter(codes)
    digits = all(code.isdigit() for code in counts if code)
    groups: dict[str, list[str]] = {}
    for code in counts:
        groups.setdefault(_key(code, digits=digits), []).append(code)
    canonical: dict[str, str] = {}
    for spellings in groups.values():
        # Longer ones have kept their zeros; capitals are how codes are published.
        best = max(spellings, key=lambda code: (len(code) if digits else 0, counts[code], code.isupper(), code))
        canonical |= dict.fromkeys(spellings, best)
    return canonical, {code: best for code, best in canonical.items() if code != best}


def _key(code: str, *, digits: bool) -> str:
    plain = "".join(code.casefold().split()).strip("'\u2019")
    return plain.lstrip("0") or "0" if digits and plain else plain
