"""What no arrangement falls below, whatever groups it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree

from geoplan.planning.designing.asked import Objective
from geoplan.planning.designing.posing import Ground

__all__ = ["floors"]


def floors(ground: Ground, objectives: Sequence[Objective], clusters: tuple[int, int]) -> Mapping[str, float]:
    """Return what the term of each objective cannot fall below, whatever the arrangement.

    Parameters
    ----------
    ground
        Units and today's arrangement.
    objectives
        Those asked for.
    clusters
        Least and most clusters.

    Returns
    -------
    Mapping of str to float
        Objective -> lower bound.

    Notes
    -----
    An arrangement of k clusters cuts at least k - 1 edges of any spanning tree; so what it cuts of commuting and of
    border is no less than the k - 1 least edges of the tree that has most of them.
    """
    units, parted = ground.units, clusters[0]
    most = ground.today.amounts.sum(axis=0) if ground.today else np.zeros(0)
    kept = float(np.sort(most)[::-1][: clusters[1]].sum())
    workers = float(units.residents.sum())
    away = 1 - float(units.trips.sum()) / workers
    km = max(float(units.borders.sum()) / 2, 1e-12)
    known = {
        "cut_people": 0.0,
        "self_containment": away + _least_cut(csr_array(units.trips + units.trips.T), parted) / workers,
        "balance": 0.0,
        "change": max(1 - kept / units.total("change"), 0.0),
        "compactness": _least_cut(units.borders, parted) / km,
    }
    return {one.name: known[one.name] for one in objectives}


def _least_cut(weights: csr_array, clusters: int) -> float:
    """Return what parting units into so many clusters cuts at least of symmetric weights between them."""
    plain = csr_array(weights.copy())
    plain.setdiag(0.0)
    plain.eliminate_zeros()
    tree = np.sort(-minimum_spanning_tree(-plain).data)
    trees = plain.shape[0] - len(tree)
    return float(tree[: max(clusters - trees, 0)].sum())
