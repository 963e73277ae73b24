"""By which way a drawing must have been shifted, told by the postcodes that lie on the wrong side of its borders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoplan.analysis import ground
from geoplan.schema import Layer

__all__ = ["shift_by_postcodes"]

SAMPLE = 100_000
REACH_M = 300.0
"""Metres from a border within which postcodes can tell a shift."""
FURTHEST_M, COARSE_M, FINE_M = 200.0, 50.0, 12.5
FEWEST_WRONG = 20
LEAST_WRONG = 0.02
"""Share of the postcodes near borders that a shift of thirty metres misplaces."""
MENDED = 0.5
"""Share of the misplaced postcodes that a shift has to bring to their places."""
Integers = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]


def shift_by_postcodes(drawn: Layer, other: Layer, same: Mapping[str, str], points: pd.DataFrame) -> Floats | None:
    """Find the shift of a drawing that explains which postcodes it misplaces.

    Parameters
    ----------
    drawn
        A boundary file.
    other
        A layer of blocks, which knows the true place of every postcode.
    same
        Areas of the other layer -> those of the drawn one that are the same.
    points
        Postcodes with ``x`` and ``y`` (EPSG:27700) and ``block``.

    Returns
    -------
    numpy.ndarray or None
        Metres east and north by which the drawing lies off, or None where no shift mends half of what is
        misplaced.
    """
    wanted = _wanted(drawn, other, same, points)
    hits = ground.located(drawn, points)
    actual = np.full(len(points), -1)
    actual[hits["point"].to_numpy()] = drawn.areas.index.get_indexer(hits["code"])
    told = drawn.areas.index.isin(list(same.values()))
    near = _near_borders(drawn, points, (wanted >= 0) | np.isin(actual, np.flatnonzero(told)))
    places, wanted = points[["x", "y"]].to_numpy()[near], wanted[near]

    def wrong(way: Floats) -> int:
        point, area = ground.inside(drawn, places + way)
        found = np.full(len(places), -1)
        found[point] = np.where(told[area], area, -1)
        return int((found != wanted).sum())

    before = wrong(np.zeros(2))
    if before < max(FEWEST_WRONG, LEAST_WRONG * len(places)):
        return None
    way, after = _best(wrong)
    return way if after <= (1 - MENDED) * before else None


def _wanted(drawn: Layer, other: Layer, same: Mapping[str, str], points: pd.DataFrame) -> Integers:
    """Return the position of the drawn area each postcode belongs in, -1 where that is none or not known."""
    assert other.parts is not None  # noqa: S101 - made of blocks
    whole = other.parts[other.parts["share"] == 1].drop_duplicates("block").set_index("block")["code"]
    blocks = points["block"].astype("category").cat
    of_block = drawn.areas.index.get_indexer(whole.reindex(blocks.categories).map(same))
    found: Integers = of_block[blocks.codes.to_numpy()]
    return found


def _near_borders(drawn: Layer, points: pd.DataFrame, chosen: npt.NDArray[np.bool_]) -> Integers:
    """Return some of the chosen points that lie near a border."""
    at = np.flatnonzero(chosen)
    at = at[:: 1 + len(at) // SAMPLE]
    rings = shapely.get_rings(shapely.get_parts(drawn.areas["geometry"].to_numpy()))
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    first = np.flatnonzero(ring[1:] == ring[:-1])
    sides = shapely.linestrings(np.stack([corners[first], corners[first + 1]], axis=1))
    places = shapely.points(points["x"].to_numpy()[at], points["y"].to_numpy()[at])
    return at[np.unique(shapely.STRtree(sides).query(places, predicate="dwithin", distance=REACH_M)[0])]


def _best(wrong: Callable[[Floats], int]) -> tuple[Floats, int]:
    """Return the shift that misplaces fewest: of a coarse grid, then of ever finer ones around the best."""
    steps = np.arange(-FURTHEST_M, FURTHEST_M + 1, COARSE_M)
    best = min((wrong(way), float(np.hypot(*way)), tuple(way)) for way in _grid(np.zeros(2), steps))
    step = COARSE_M / 2
    while step >= FINE_M:
        around = _grid(np.array(best[2]), np.array([-step, 0.0, step]))
        best = min(best, *((wrong(way), float(np.hypot(*way)), tuple(way)) for way in around))
        step /= 2
    return np.array(best[2]), best[0]


def _grid(centre: Floats, steps: Floats) -> Iterator[Floats]:
    yield from (centre + np.array([east, north]) for east in steps for north in steps)
