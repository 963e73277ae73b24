"""Where a point lies, in words: its grid reference and the nearest postcode."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.data.gridref import grid_reference

__all__ = ["NEAREST_KM", "whereabouts"]

NEAREST_KM = 20.0
"""Kilometres beyond which a postcode tells nobody where something is."""


def whereabouts(places: np.ndarray, postcodes: pd.DataFrame, names: pd.Series) -> list[str]:
    """Say where points lie.

    Parameters
    ----------
    places
        Array of x and y, metres (EPSG:27700).
    postcodes
        Frame with ``postcode``, ``lad``, ``x`` and ``y`` (EPSG:27700).
    names
        Authority -> name.

    Returns
    -------
    list of str
        Such as "at SK 512 387, near DE7 4AB (Erewash)".
    """
    x, y = postcodes["x"].to_numpy(), postcodes["y"].to_numpy()
    return [_said(place, postcodes, names, np.hypot(x - place[0], y - place[1])) for place in places]


def _said(place: np.ndarray, postcodes: pd.DataFrame, names: pd.Series, metres: np.ndarray) -> str:
    reference = grid_reference(*place)
    at = f"at {reference}" if reference else f"at x {place[0]:,.0f}, y {place[1]:,.0f}"
    nearest = int(metres.argmin()) if len(metres) else -1
    if nearest < 0 or metres[nearest] > 1000 * NEAREST_KM:
        return at
    postcode, lad = postcodes["postcode"].iloc[nearest], postcodes["lad"].iloc[nearest]
    return f"{at}, near {postcode} ({names.get(lad, lad)})"
