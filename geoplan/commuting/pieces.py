"""Labour market areas in pieces, and the piece moved to where it commutes most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.errors import ConfigurationError

if TYPE_CHECKING:
    from geoplan.engine.delineating.network import Network

__all__ = ["adjacency", "joined_pieces"]


def adjacency(neighbours: pd.DataFrame, codes: pd.Index) -> sparse.csr_array:
    """Return which zones share a border."""
    if len(neighbours.columns) < 2:
        message = "neighbours must be a frame whose first two columns name zones that share a border"
        raise ConfigurationError(message)
    one, two = (codes.get_indexer(neighbours.iloc[:, column]) for column in (0, 1))
    known = (one >= 0) & (two >= 0)
    if not known.any():
        message = "neighbours name no two zones of the flows, so that no area would hold together"
        raise ConfigurationError(message)
    ends = (np.append(one[known], two[known]), np.append(two[known], one[known]))
    return sparse.coo_array((np.ones(len(ends[0])), ends), shape=(len(codes), len(codes))).tocsr()


def joined_pieces(flows: Network, area: np.ndarray, borders: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Move parts that are cut off from their area to the adjacent area with the strongest link.

    Every move joins the part to ground it touches, so there is one part less, and an end.
    """
    area, moved = area.copy(), []
    while True:
        for piece in _pieces(flows, area, borders):
            around = borders[piece].indices
            near = np.setdiff1d(area[around], [area[piece[0]], -1])
            to = _closest(flows, area, piece, near)
            if to >= 0:
                area[piece] = to
                moved.append(piece)
                break
        else:
            return area, np.unique(np.concatenate([*moved, np.empty(0, dtype=np.int64)]))


def _pieces(flows: Network, area: np.ndarray, borders: sparse.csr_array) -> list[np.ndarray]:
    """Return the parts of areas but for the one with most residents of each, by their first zones."""
    pairs = borders.tocoo()
    same = area[pairs.row] == area[pairs.col]
    graph = sparse.coo_array((pairs.data[same], (pairs.row[same], pairs.col[same])), shape=borders.shape)
    count, part = sparse.csgraph.connected_components(graph, directed=False)
    size = np.bincount(part, flows.residents, count)
    first = np.unique(part, return_index=True)[1]
    order = np.lexsort((first, -size, area[first]))
    main = np.unique(area[first][order], return_index=True)[1]
    rest = np.setdiff1d(np.delete(order, main), np.flatnonzero(area[first] < 0))
    return [np.flatnonzero(part == one) for one in rest[np.argsort(first[rest])]]


def _closest(flows: Network, area: np.ndarray, piece: np.ndarray, near: np.ndarray) -> int:
    """Return which of some areas a group of zones has the strongest link to, -1 for none."""
    if len(near) == 0:
        return -1
    count, inside = len(area), area >= 0
    residents, jobs = (np.bincount(area[inside], of[inside], count) for of in (flows.residents, flows.jobs))
    living, working = flows.residents[piece].sum(), flows.jobs[piece].sum()
    link = np.zeros(count)
    out, into = (flows.out_start, flows.out_zone, flows.out_workers), (flows.in_start, flows.in_zone, flows.in_workers)
    for (start, zone, workers), bound in ((out, living * jobs), (into, residents * working)):
        at = np.concatenate([np.arange(start[one], start[one + 1]) for one in piece])
        known = at[inside[zone[at]]]
        shared = np.bincount(area[zone[known]], workers[known], count)
        link += np.divide(shared * shared, bound, out=np.zeros(count), where=shared > 0)
    return int(near[link[near].argmax()]) if link[near].max() > 0 else -1
