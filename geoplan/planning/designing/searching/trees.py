"""Random spanning trees of groups of units, and whether groups hang together."""

from __future__ import annotations

import random

import networkx as nx
import numpy as np

__all__ = ["cut_tree", "in_one_piece"]


def cut_tree(whole: frozenset[int], graph: nx.Graph, lot: random.Random) -> tuple[list[int], np.ndarray]:
    """Cut a random spanning tree of a connected group at each of its edges.

    Parameters
    ----------
    whole
        Two units or more.
    graph
        Who borders whom.
    lot
        Draws the tree.

    Returns
    -------
    members : list of int
        The group.
    sides : numpy.ndarray
        Edges x members: one where the unit is on the side away from the root, else nought. Both sides are connected.
    """
    members = sorted(whole)
    place = {unit: n for n, unit in enumerate(members)}
    root = members[int(lot.random() * len(members))]
    parent, border, order = {root: root}, [root], list[int]()
    while border:
        at = int(lot.random() * len(border))
        border[at], border[-1] = border[-1], border[at]
        unit = border.pop()
        order.append(unit)
        for near in graph.neighbors(unit):
            if near in place and near not in parent:
                parent[near] = unit
                border.append(near)
    below = np.eye(len(members))
    for unit in reversed(order[1:]):
        below[place[parent[unit]]] += below[place[unit]]
    return members, below[[place[unit] for unit in order[1:]]]


def in_one_piece(group: frozenset[int], graph: nx.Graph) -> bool:
    """Tell whether a group is connected.

    Parameters
    ----------
    group
        Units; at least one.
    graph
        Who borders whom.

    Returns
    -------
    bool
        As networkx would tell, faster for small groups.
    """
    first = next(iter(group))
    met, border = {first}, [first]
    while border:
        # `adj` would make a view of each unit's neighbours, which takes longer than to look at them.
        for near in graph.neighbors(border.pop()):
            if near in group and near not in met:
                met.add(near)
                border.append(near)
    return len(met) == len(group)
