"""References of the National Grid, as on paper maps."""

from __future__ import annotations

__all__ = ["grid_reference", "grid_square"]

LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
"""Squares in rows of five from the north-west; there is no I."""
LETTERED = 2_500_000
"""Metres that 25 squares of 500 km span either way."""
WEST, SOUTH = -1_000_000, -500_000
"""Where the lettered squares begin, in the coordinates of EPSG:27700."""


def grid_reference(x: float, y: float) -> str:
    """Return the grid reference of a point to 100 m.

    Parameters
    ----------
    x, y
        Metres, EPSG:27700.

    Returns
    -------
    str
        Two letters and six figures; empty outside the lettered squares.

    Examples
    --------
    >>> grid_reference(451_280, 338_790)
    'SK 512 387'
    """
    return " ".join(_parts(x, y, 3))


def grid_square(x: float, y: float) -> str:
    """Return the square kilometre that a point lies in.

    Parameters
    ----------
    x, y
        Metres, EPSG:27700.

    Returns
    -------
    str
        Two letters and four figures; empty outside the lettered squares.

    Examples
    --------
    >>> grid_square(451_280, 338_790)
    'SK5138'
    """
    return "".join(_parts(x, y, 2))


def _parts(x: float, y: float, digits: int) -> tuple[str, ...]:
    """Return letters, easting and northing; figures are cut off, never rounded up into the next square."""
    east, north = int(x // 1 - WEST), int(y // 1 - SOUTH)
    if not (0 <= east < LETTERED and 0 <= north < LETTERED):
        return ()
    large = LETTERS[(4 - north // 500_000) * 5 + east // 500_000]
    small = LETTERS[(4 - north // 100_000 % 5) * 5 + east // 100_000 % 5]
    step = 10 ** (5 - digits)
    return large + small, *(f"{metres % 100_000 // step:0{digits}d}" for metres in (east, north))
