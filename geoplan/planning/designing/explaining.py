"""Why an arrangement moves what it moves: the cuts it mends, the commuting it keeps, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from scipy.sparse import csr_array, vstack

from geoplan.planning.designing.choosing.candidates import groups_matrix
from geoplan.planning.designing.measuring import Fixed, Tally, successors, tally
from geoplan.planning.designing.posing import Ground
from geoplan.planning.designing.units import Held, Units

__all__ = ["Moved", "cluster_names", "moved"]


@dataclass(frozen=True)
class Moved:
    """One unit whose area changes, and what would be otherwise if it alone stayed.

    Parameters
    ----------
    unit
        Position of the unit.
    source, target
        Names of today's area and of the cluster; the source is empty where it is in none today.
    people
        Who live there.
    changes
        Those of them whom ``change`` counts.
    mends
        Layer -> people fewer in cut pieces than if it stayed, of those who are counted; below nought where more.
    keeps
        Workers more who live and work in one area than if it stayed.
    beside
        Names of the other units that go the same way.
    holds
        Whether its cluster, or its area of today, would fall apart if it stayed.
    """

    unit: int
    source: str
    target: str
    people: float
    changes: float
    mends: dict[str, float]
    keeps: float
    beside: tuple[str, ...]
    holds: bool


def cluster_names(labels: np.ndarray, units: Units, today: Held | None, fixed: Fixed) -> tuple[list[str], list[str]]:
    """Name the clusters of an arrangement: as today's area whose people they keep, else by their largest units.

    Parameters
    ----------
    labels
        Number of the cluster of each unit, from 0.
    units
        The building units.
    today
        People of units by area of today.
    fixed
        Units whose cluster succeeds a certain area of today, each with it.

    Returns
    -------
    codes, names : list of str
        One a cluster, each once.
    """
    members = [np.flatnonzero(labels == n).tolist() for n in range(int(labels.max()) + 1)]
    groups = groups_matrix(members, len(units))
    place = successors(labels, groups, today, fixed) if today else np.full(len(members), -1)
    codes, names = [], []
    for n, (held, at) in enumerate(zip(members, place.tolist(), strict=True)):
        largest = sorted(held, key=lambda unit: -units.people[unit])[:2]
        called = " and ".join(units.names[unit] for unit in largest) + (" and others" if len(held) > 2 else "")
        codes.append(today.codes[at] if today and at >= 0 else f"new-{n + 1:02d}")
        names.append(today.names[at] if today and at >= 0 else called)
    return codes, names


def moved(labels: np.ndarray, ground: Ground, fixed: Fixed) -> list[Moved]:
    """Explain every unit whose area is another than today's.

    Parameters
    ----------
    labels
        Number of the cluster of each unit, from 0.
    ground
        The building units, the layers to follow and today's arrangement.
    fixed
        Units whose cluster succeeds a certain area of today, each with it.

    Returns
    -------
    list of Moved
        Most people first; empty without an arrangement of today.
    """
    today, units = ground.today, ground.units
    if today is None:
        return []
    _, names = cluster_names(labels, units, today, fixed)
    members = [np.flatnonzero(labels == n).tolist() for n in range(len(names))]
    place = successors(labels, groups_matrix(members, len(units)), today, fixed)
    successor = {int(area): n for n, area in enumerate(place) if area >= 0}
    home = today.home
    gone = [n for n in range(len(units)) if successor.get(int(home[n]), -2) != labels[n]]
    ways = {n: (int(home[n]), int(labels[n])) for n in gone}
    if not gone:
        return []
    back = [successor.get(int(home[n]), len(names)) for n in gone]
    differences = _differences(gone, back, labels, ground)
    told = [
        Moved(
            unit=n,
            source=today.names[home[n]] if home[n] >= 0 else "",
            target=names[int(labels[n])],
            people=float(units.people[n]),
            changes=float(units.amounts("change")[n]),
            mends={held.key: float(cut) for held, cut in zip(ground.layers, differences.cut[at], strict=True)},
            keeps=-float(differences.live_and_work[at]),
            beside=tuple(units.names[other] for other in gone if ways[other] == ways[n] and other != n),
            holds=_splits(n, labels, units) or _parts_more(n, back[at], labels, units),
        )
        for at, n in enumerate(gone)
    ]
    return sorted(told, key=lambda one: (-one.people, one.unit))


def _differences(gone: Sequence[int], back: Sequence[int], labels: np.ndarray, ground: Ground) -> Tally:
    """Count what each unit would add, to the two clusters it is between, if it alone stayed where it is today."""
    count = len(labels)
    clusters = csr_array((np.ones(count), (labels, np.arange(count))), shape=(max(*back, *labels) + 1, count))
    alone = csr_array((np.ones(len(gone)), (np.arange(len(gone)), gone)), shape=(len(gone), count))
    now = [clusters[labels[list(gone)]], clusters[list(back)]]
    stayed = [csr_array(now[0] - alone), csr_array(now[1] + alone)]
    for groups in stayed:
        groups.eliminate_zeros()
    here, there = (tally(csr_array(vstack(two)), ground.units, ground.layers) for two in (now, stayed))
    size = len(gone)
    pairs = {name: getattr(there, name) - getattr(here, name) for name in Tally.__dataclass_fields__}
    return Tally(**{name: amounts[:size] + amounts[size:] for name, amounts in pairs.items()})


def _parts_more(unit: int, back: int, labels: np.ndarray, units: Units) -> bool:
    """Tell whether the cluster that succeeds a unit's area of today would not reach it."""
    there = np.flatnonzero(labels == back).tolist()
    return bool(there) and not any(other in units.graph.adj[unit] for other in there)


def _splits(unit: int, labels: np.ndarray, units: Units) -> bool:
    """Tell whether a cluster falls apart without one of its units."""
    rest = [int(n) for n in np.flatnonzero(labels == labels[unit]) if n != unit]
    return len(rest) > 1 and not nx.is_connected(units.graph.subgraph(rest))
