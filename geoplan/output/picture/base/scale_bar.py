"""The bar that tells a map's scale, in kilometres and miles, with round numbers."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["HIGH", "MILE", "Bar", "bars"]

MILE = 1609.344
HIGH = 0.42
"""Inches: what the bar takes below a map."""
LONGEST = 1.6
"""Inches: the longest that a bar may be."""


class Bar(NamedTuple):
    """A bar of a length in inches of the sheet, and what it stands for."""

    inches: float
    words: str


def bars(metres_an_inch: float) -> tuple[Bar, Bar]:
    """Return the bar in kilometres and the one in miles.

    Parameters
    ----------
    metres_an_inch
        Scale of the map on the sheet.

    Returns
    -------
    tuple of Bar
        Each of the largest length of 1, 2 or 5 times a power of ten that fits into 1.6 inches; metres and yards are
        never needed, for no picture is of less than a part of a district.
    """
    return _bar(metres_an_inch / 1000, "km"), _bar(metres_an_inch / MILE, "miles")


def _bar(units_an_inch: float, name: str) -> Bar:
    room = units_an_inch * LONGEST
    power = 1.0
    while power > room:
        power /= 10
    while power * 10 <= room:
        power *= 10
    count = max(step * power for step in (1, 2, 5) if step * power <= room)
    word = "mile" if name == "miles" and count == 1 else name
    return Bar(count / units_an_inch, f"{count:g} {word}")
