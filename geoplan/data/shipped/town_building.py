"""Place towns by the postcodes round them, and rank them as a map draws them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from geoplan.errors import InputError, refusal

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["place_towns", "ranked_towns"]

TOWN_COLUMNS = ("name", "rank", "country", "x", "y", "anchor", "postcodes")
CENTRE_M = 400.0
"""Shops and offices crowd within this distance of a town's middle, metres."""
REACH_M = 10_000.0
"""A postcode further from every town than this counts for none, metres."""
SPACING = {
    2: ((18_000.0, 8_000), (50_000.0, 300)),
    3: ((12_000.0, 3_000), (25_000.0, 300)),
    4: ((7_000.0, 0),),
}
"""By rank, either of: metres to the next town of this rank or a better one, and the least number of postcodes.
The second pair finds the place for which there is room in thinly peopled country."""
FIRST = (
    ("London", "E"),
    ("Edinburgh", "S"),
    ("Cardiff", "W"),
    ("Belfast", "N"),
    ("Birmingham", "E"),
    ("Bristol", "E"),
    ("Glasgow", "S"),
    ("Leeds", "E"),
    ("Liverpool", "E"),
    ("Manchester", "E"),
    ("Newcastle upon Tyne", "E"),
    ("Nottingham", "E"),
    ("Sheffield", "E"),
)
"""The capitals and the members of the group Core Cities UK, with their countries: rank 1."""


def place_towns(towns: pd.DataFrame, postcodes: pd.DataFrame) -> pd.DataFrame:
    """Place each town where the postcodes of its anchor crowd most.

    Parameters
    ----------
    towns
        ``name`` and ``anchor``, the postcode district (LA1) or sector (S40 1) that holds its middle.
    postcodes
        ``postcode``, ``lad``, ``x`` and ``y`` (metres, EPSG:27700).

    Returns
    -------
    pandas.DataFrame
        ``name``, ``anchor``, ``x`` and ``y`` (whole metres, EPSG:27700), ``country`` (first letter of an authority's
        code) and ``postcodes``, how many are nearer to this town than to any other and within 10 km. Points that
        postcodes share count once in the search for the middle, as a sorting office holds hundreds of them.

    Raises
    ------
    InputError
        An anchor has no postcodes.
    """
    codes = postcodes["postcode"].astype(str)
    points = postcodes[["x", "y"]].to_numpy(dtype=float)
    by_anchor = rows_by_anchor(codes, set(towns["anchor"]))
    missing = [anchor for anchor in towns["anchor"] if anchor not in by_anchor]
    if missing:
        message = refusal("anchors without postcodes in towns.csv", codes=missing, hint="Write LA1 or LA1 1.")
        raise InputError(message)
    middles = np.array([middle(points[by_anchor[anchor]]) for anchor in towns["anchor"]])
    near, nearest = cKDTree(middles).query(points, distance_upper_bound=REACH_M)
    counts = np.bincount(nearest[np.isfinite(near)], minlength=len(towns))
    lads = postcodes["lad"].astype(str).to_numpy()[cKDTree(points).query(middles)[1]]
    whole = np.round(middles).astype(np.int64)
    return towns[["name", "anchor"]].assign(
        x=whole[:, 0], y=whole[:, 1], country=[lad[0] for lad in lads], postcodes=counts
    )


def ranked_towns(placed: pd.DataFrame) -> pd.DataFrame:
    """Rank towns so that each rank spreads over the map, the largest first.

    Parameters
    ----------
    placed
        What `place_towns` returns.

    Returns
    -------
    pandas.DataFrame
        The columns of ``towns.csv``, in the order in which a map should try to name them. Rank 1 are the capitals
        and Core Cities; ranks 2 to 4 are taken, by size, by towns far enough from every town of this rank or a better
        one (`SPACING`); the rest is rank 5.
    """
    keys = pd.MultiIndex.from_frame(placed[["name", "country"]])
    first = keys.isin(FIRST)
    ordered = placed.assign(rank=np.where(first, 1, 5)).sort_values(
        ["rank", "postcodes", "name"], ascending=[True, False, True], ignore_index=True
    )
    xy, sizes = ordered[["x", "y"]].to_numpy(dtype=float), ordered["postcodes"].to_numpy()
    ranks = ordered["rank"].to_numpy().copy()
    for rank, ways in SPACING.items():
        for row in np.flatnonzero(ranks == 5):
            room = min(np.hypot(*(xy[ranks <= rank] - xy[row]).T), default=np.inf)
            if any(room >= spacing_m and sizes[row] >= least for spacing_m, least in ways):
                ranks[row] = rank
    ordered = ordered.assign(rank=ranks).sort_values("rank", kind="stable", ignore_index=True)
    return ordered[list(TOWN_COLUMNS)]


def rows_by_anchor(codes: pd.Series, anchors: Iterable[str]) -> dict[str, npt.NDArray[np.int64]]:
    """Find the rows of the postcodes of each district or sector asked for."""
    found: dict[str, npt.NDArray[np.int64]] = {}
    for keys in (codes.str.partition(" ")[0], codes.str[:-2]):
        wanted = np.flatnonzero(keys.isin(list(anchors)))
        groups = keys.iloc[wanted].groupby(keys.iloc[wanted].to_numpy()).indices
        found |= {str(key): wanted[rows] for key, rows in groups.items()}
    return found


def middle(points: npt.NDArray[np.float64]) -> Sequence[float]:
    """Give the mean of the points round the point with most others near it, x and y."""
    distinct = np.unique(points, axis=0)
    tree = cKDTree(distinct)
    crowded = distinct[tree.query_ball_point(distinct, CENTRE_M, return_length=True).argmax()]
    mean: Sequence[float] = distinct[tree.query_ball_point(crowded, CENTRE_M)].mean(axis=0)
    return mean
