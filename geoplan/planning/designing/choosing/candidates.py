"""Every connected group of units that may be a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import networkx as nx
import numpy as np
from scipy.sparse import csr_array

__all__ = ["connected_groups", "groups_matrix"]


def connected_groups(
    graph: nx.Graph,
    *,
    most_members: int,
    people: np.ndarray,
    most_people: float = np.inf,
    apart: Iterable[tuple[int, int]] = (),
    limit: int = 1_000_000,
) -> csr_array | None:
    """List the connected groups of nodes, each once.

    Parameters
    ----------
    graph
        Nodes 0 to n-1.
    most_members, most_people
        What a group may have at most.
    people
        Of each node.
    apart
        Pairs that may not be in one group.
    limit
        Groups above which the listing is given up.

    Returns
    -------
    scipy.sparse.csr_array or None
        Groups x nodes, of ones, in an order that only the numbering of the nodes decides; None above the limit.

    Notes
    -----
    The enumeration by extension sets of Wernicke 2006 (doi 10.1109/TCBB.2006.51) meets every connected group once:
    a group grows from its lowest node, and a node is tried only where none of the earlier ones led to it.
    """
    count = len(people)
    near, barred = _masks(graph.edges, count), _masks(apart, count)
    members: list[int] = []
    ends = [0]
    weight = people.tolist()

    def grow(path: list[int], total: float, frontier: int, seen: int, kept_out: int) -> bool:
        members.extend(path)
        ends.append(len(members))
        if len(ends) > limit:
            return False
        if len(path) == most_members:
            return True
        while frontier:
            lowest = frontier & -frontier
            frontier ^= lowest
            node = lowest.bit_length() - 1
            if kept_out & lowest or total + weight[node] > most_people:
                continue
            path.append(node)
            further = frontier | (near[node] & ~seen & ~lowest)
            going = grow(path, total + weight[node], further, seen | near[node] | lowest, kept_out | barred[node])
            path.pop()
            if not going:
                return False
        return True

    for first in range(count):
        if weight[first] > most_people:
            continue
        below = (1 << (first + 1)) - 1
        if not grow([first], weight[first], near[first] & ~below, below | near[first], barred[first]):
            return None
    return _matrix(members, ends, count)


def _masks(pairs: Iterable[tuple[int, int]], count: int) -> list[int]:
    """Return for each node, as bits, those it makes a pair with."""
    masks = [0] * count
    for one, two in pairs:
        masks[one] |= 1 << two
        masks[two] |= 1 << one
    return masks


def groups_matrix(groups: Sequence[Sequence[int]], count: int) -> csr_array:
    """Return groups x units, of ones."""
    ends = np.cumsum([0, *map(len, groups)])
    return _matrix([n for group in groups for n in sorted(group)], ends, count)


def _matrix(members: Sequence[int], ends: Sequence[int] | np.ndarray, count: int) -> csr_array:
    made = csr_array(
        (np.ones(len(members)), np.asarray(members, dtype=np.int32), np.asarray(ends)), shape=(len(ends) - 1, count)
    )
    made.sort_indices()
    return made
