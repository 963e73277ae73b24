"""Distances between zones over land, bridges, tunnels and ferries, and which of them lie across water or a border."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial.distance import cdist

from geoplan.commuting.ledger import Flags, Floats

__all__ = ["CROSSING_KM", "FERRY_KM", "NEAR_KM", "REACH_KM", "ROUND", "barred", "distances"]

CROSSING_KM, FERRY_KM = 5.0, 30.0
"""What a bridge or tunnel, and a ferry, adds to the way; how they were calibrated stands in SOURCES.md."""
NEAR_KM = 10.0
"""Up to here centres are joined straight where their zones are no neighbours but share one."""
REACH_KM = 100.0
"""A longer way counts as this, or as the crow's flight where that is longer."""
ROUND = 1.2
"""Water lies between zones that share no neighbour and whose way is longer than so many times the crow's flight."""
TOUCHING = 1e-6
TOLLS = {"bridge": CROSSING_KM, "tunnel": CROSSING_KM, "ferry": FERRY_KM}
GSS = r"^([ENSW])\d{8}$"


def distances(middles: pd.DataFrame, joins: pd.DataFrame | None = None) -> tuple[Floats, Floats]:
    """Return how far it is between every two centres, on the way and by the crow's flight.

    Parameters
    ----------
    middles
        Centres of the zones: zone (first column), ``x``, ``y`` (metres, EPSG:27700).
    joins
        Pairs of zones one goes straight between: two columns of zones, and ``kind`` (bridge, tunnel, ferry; anything
        else is land). Without it the crow flies.

    Returns
    -------
    km, straight : numpy.ndarray
        Kilometres, in the order of the centres both ways. The first is the shortest way from centre to centre within
        zones and between joined ones, at most `REACH_KM` but never less than the crow's flight; `NEAR_KM` says what
        else is joined. Bridges, tunnels and ferries cost what `CROSSING_KM` and `FERRY_KM` add.

    Notes
    -----
    The larger of two metrics is one, and so is the smaller of a metric and a constant: the triangle inequality holds.
    A further crossing lengthens no way unless its zones share a neighbour by land, as these are then taken to be
    parted by water. Time grows with the number of centres that lie within `REACH_KM` of each other.
    """
    place = middles[["x", "y"]].to_numpy(dtype=float) / 1000
    straight = cdist(place, place)
    if joins is None:
        return straight.copy(), straight
    ways = dijkstra(_network(middles, joins, straight), limit=REACH_KM)
    np.minimum(ways, REACH_KM, out=ways)
    return np.maximum(straight, ways, out=ways), straight


def barred(zones: pd.Index, km: Floats, straight: Floats, joins: pd.DataFrame | None = None) -> Flags:
    """Tell between which zones water or a national border lies.

    Parameters
    ----------
    zones
        Codes; GSS codes tell their country.
    km, straight
        Distance between every two zones, as `distances` has it and by the crow's flight.
    joins
        As for `distances`; without it only borders are known.

    Returns
    -------
    numpy.ndarray
        Of bool, zones by zones. Water lies between zones that a bridge, tunnel or ferry joins, and between those that
        are no neighbours, share none, and are further apart than `ROUND` times the crow's flight.
    """
    country = pd.Index(zones).str.extract(GSS, expand=False).fillna("").to_numpy(dtype=str)
    found: Flags = country[:, None] != country[None, :]
    if joins is None:
        return found
    pairs = _pairs(zones, joins)
    wet = pairs["toll"] > 0
    land, over = (_matrix(pairs[kind], len(zones)) for kind in (~wet, wet))
    near = (land @ land + land).toarray() > 0
    found |= ~near & (km > ROUND * straight)
    found |= over.toarray() > 0
    np.fill_diagonal(found, val=False)
    return found


def _network(middles: pd.DataFrame, joins: pd.DataFrame, straight: Floats) -> csr_array:
    """Return the length of the way between every two centres that are joined, either way."""
    number, zones = pd.factorize(middles.iloc[:, 0].astype(str))
    order = np.argsort(number, kind="stable")
    count = np.bincount(number)
    pairs = _pairs(pd.Index(zones), joins)
    near = _sharing(pairs, len(zones))
    inside = pd.DataFrame({"low": np.arange(len(zones)), "high": np.arange(len(zones))})
    table = pd.concat([inside.assign(toll=0.0), pairs, near.assign(toll=0.0)], ignore_index=True)
    low, high = table["low"].to_numpy(), table["high"].to_numpy()
    each = count[low] * count[high]
    pair = np.repeat(np.arange(len(table)), each)
    place = np.arange(len(pair)) - np.repeat(np.cumsum(each) - each, each)
    first = np.cumsum(count) - count
    start = order[first[low[pair]] + place // count[high[pair]]]
    end = order[first[high[pair]] + place % count[high[pair]]]
    length = straight[start, end]
    kept = (start != end) & ((pair < len(table) - len(near)) | (length <= NEAR_KM))
    # The length of an edge must not be nought, which a sparse matrix takes for none.
    length = np.maximum(length + table["toll"].to_numpy()[pair], TOUCHING)[kept]
    start, end = start[kept], end[kept]
    within = low[pair[kept]] == high[pair[kept]]
    both = np.concatenate([start, end[~within]]), np.concatenate([end, start[~within]])
    values = np.concatenate([length, length[~within]])
    return csr_array(coo_array((values, both), shape=straight.shape))


def _sharing(pairs: pd.DataFrame, size: int) -> pd.DataFrame:
    """Return the zones that share a neighbour by land and are not joined themselves, lower one first."""
    land = _matrix(pairs[pairs["toll"] == 0], size)
    found = coo_array(land @ land - size * _matrix(pairs, size))
    kept = (found.data > 0) & (found.row < found.col)
    return pd.DataFrame({"low": found.row[kept], "high": found.col[kept]})


def _pairs(zones: pd.Index, joins: pd.DataFrame) -> pd.DataFrame:
    """Return the places of joined zones, ``low`` and ``high``, each pair once, and the least ``toll`` (km)."""
    ends = np.sort([zones.get_indexer(joins.iloc[:, side].astype(str)) for side in (0, 1)], axis=0)
    toll = joins["kind"].map(TOLLS).fillna(0.0).to_numpy(dtype=float)
    table = pd.DataFrame({"low": ends[0], "high": ends[1], "toll": toll})
    known = (table["low"] >= 0) & (table["low"] < table["high"])
    return table[known].groupby(["low", "high"], as_index=False)["toll"].min()


def _matrix(pairs: pd.DataFrame, size: int) -> csr_array:
    low, high = pairs["low"].to_numpy(), pairs["high"].to_numpy()
    ends = np.concatenate([low, high]), np.concatenate([high, low])
    return csr_array(coo_array((np.ones(len(ends[0]), dtype=np.int64), ends), shape=(size, size)))
