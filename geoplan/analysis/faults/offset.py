"""Whether one drawing lies off another by the same way everywhere, as after a wrong datum."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from geoplan.analysis.faults.registration import shift_by_postcodes
from geoplan.schema import REST, Basis, Layer, Note, Overlay

__all__ = ["offset_notes"]

SAME_SHARE = 0.5
"""Share of both areas from which two of them are drawings of one."""
FEWEST = 3
"""Pairs from which the same way everywhere is no chance."""
LEAST_M = 20.0
STEADY = 0.25
"""Share of the way by which half of the pairs may lie off it."""
WINDS = ("east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east")


def offset_notes(over: Overlay, points: pd.DataFrame | None = None) -> list[Note]:
    """Note that all areas lie about as far off, the same way.

    Parameters
    ----------
    over
        Of two layers with outlines; of others nothing is said.
    points
        The postcodes that decided, where labels did.

    Returns
    -------
    list of Note
        GP105 with the metres, or none.

    Notes
    -----
    Of two drawings the centres of areas that are the same are compared: their median way is told where half of
    the ways lie within a quarter of it. Areas drawn anew differ too, but each its own way. A file against
    a shipped layer, whose outlines are indicative, is told by its postcodes: see
    `geoplan.analysis.faults.registration`.
    """
    off, base = (over.left, over.right) if over.left.parts is None else (over.right, over.left)
    labels = over.basis is Basis.LABELS and points is not None
    way = _by_labels(over, off, base, points) if labels else _by_centres(over)
    if way is None or np.hypot(*way) < LEAST_M:
        return []
    metres = float(np.hypot(*way))
    wind = WINDS[round(np.degrees(np.arctan2(way[1], way[0])) / 45) % len(WINDS)]
    text = (
        f"Everything in {off.key} lies about {round(metres, -1):,.0f} m off {base.key} the same way, to the {wind}, "
        "as after a wrong datum: check the coordinate system it was saved with; what is cut may only be shifted."
    )
    return [Note("GP105", text, measure="offset", value=metres, unit="m")]


def _by_labels(over: Overlay, drawn: Layer, base: Layer, points: pd.DataFrame) -> np.ndarray | None:
    """Return the way that the postcodes on the wrong side of borders tell."""
    rows = over.nominal[(over.nominal[["left_share", "right_share"]].min(axis=1, skipna=False) > SAME_SHARE)]
    sides = ("right", "left") if drawn is over.left else ("left", "right")
    of_base, of_drawn = (rows.index.get_level_values(side) for side in sides)
    same = {one: two for one, two in zip(of_base, of_drawn, strict=True) if REST not in {one, two}}
    return shift_by_postcodes(drawn, base, same, points) if len(same) >= FEWEST else None


def _by_centres(over: Overlay) -> np.ndarray | None:
    """Return the median way between the centres of areas that are the same, where it is steady."""
    ways = _ways(over)
    if len(ways) < FEWEST:
        return None
    way: np.ndarray = np.median(ways, axis=0)
    spread = float(np.median(np.hypot(*(ways - way).T)))
    return way if spread <= STEADY * np.hypot(*way) else None


def _ways(over: Overlay) -> np.ndarray:
    """Return how far, in metres east and north, each left area's centre lies off that of its counterpart."""
    rows = over.table[["left_area_share", "right_area_share"]]
    rows = rows[(rows.min(axis=1, skipna=False) > SAME_SHARE) & (rows.index.get_level_values("right") != REST)]
    if not all("geometry" in layer.areas for layer in (over.left, over.right)):
        return np.empty((0, 2))
    centres = [
        shapely.get_coordinates(shapely.centroid(layer.areas["geometry"].loc[rows.index.get_level_values(side)]))
        for layer, side in ((over.left, "left"), (over.right, "right"))
    ]
    return centres[0] - centres[1]
