"""Borders that two areas share without sharing their ends."""

from __future__ import annotations

import numpy as np
import shapely

from geoplan.engine.matching import ROUNDING_M, DirectedEdges, breaks_in, spans

__all__ = ["Borders", "along_stretches"]

EDGES_IN_ROW = 8
"""Edges in a row that are first compared as one; measured on real coasts."""
ROWS_AT_ONCE = 20_000
"""Pairs of such rows compared at once, which bounds the memory."""
Borders = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Positions of two areas and metres."""


def along_stretches(edges: DirectedEdges, some: np.ndarray) -> Borders:
    """Return where edges of two areas that are not equal run together, several rows a pair."""
    one, other = _near(edges, some)
    tail, head = edges.tail, edges.head
    equal = (tail[one] == head[other]) & (head[one] == tail[other])
    equal |= (tail[one] == tail[other]) & (head[one] == head[other])
    one, other = one[~equal], other[~equal]
    metres = _common_stretch(tail[one], head[one], tail[other], head[other])
    long = metres > ROUNDING_M
    return edges.owner[one[long]], edges.owner[other[long]], metres[long]


def _near(edges: DirectedEdges, some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of edges of different areas whose boxes meet; the edges are given in their order.

    Boxes of a few edges that follow one another are compared first: a tree of all edges costs more.
    """
    tail, head, owner = edges.tail[some], edges.head[some], edges.owner[some]
    low = np.stack([np.minimum(tail.real, head.real), np.minimum(tail.imag, head.imag)]) - ROUNDING_M
    high = np.stack([np.maximum(tail.real, head.real), np.maximum(tail.imag, head.imag)]) + ROUNDING_M
    run = breaks_in(edges, some)
    inside = np.arange(len(some)) - np.repeat(run, np.diff(run, append=len(some)))
    begin = np.flatnonzero(inside % EDGES_IN_ROW == 0)
    size = np.diff(begin, append=len(some))
    corners = np.stack([np.minimum.reduceat(low, begin, axis=1), np.maximum.reduceat(high, begin, axis=1)])
    boxes = shapely.linestrings(corners.transpose(2, 0, 1))
    left, right = shapely.STRtree(boxes).query(boxes)
    apart = owner[begin[left]] < owner[begin[right]]
    left, right = left[apart], right[apart]
    found = [np.empty((2, 0), dtype=np.int64)]
    for few in range(0, len(left), ROWS_AT_ONCE):
        these, those = left[few : few + ROWS_AT_ONCE], right[few : few + ROWS_AT_ONCE]
        one, other = _products(begin[these], size[these], begin[those], size[those])
        meet = (low[:, one] <= high[:, other]).all(axis=0) & (low[:, other] <= high[:, one]).all(axis=0)
        found.append(np.stack([some[one[meet]], some[other[meet]]]))
    one, other = np.concatenate(found, axis=1)
    return one, other


def _products(
    begin: np.ndarray, size: np.ndarray, other_begin: np.ndarray, other_size: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs of a member of a span and a member of the span beside it."""
    products = size * other_size
    step = spans(np.zeros(len(size), dtype=np.int64), products)
    across = np.repeat(other_size, products)
    return np.repeat(begin, products) + step // across, np.repeat(other_begin, products) + step % across


def _common_stretch(tail: np.ndarray, head: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the metres over which edges run beside others, 0 where they part by more than rounding.

    The second edge is seen from the first, which lies on the real axis from 0 to its length.
    """
    length = np.abs(head - tail)
    turn = np.conj(head - tail) / length
    begin, end = (begin - tail) * turn, (end - tail) * turn
    run = end.real - begin.real
    rise = np.divide(end.imag - begin.imag, run, out=np.zeros_like(run), where=run != 0)
    low = np.maximum(np.minimum(begin.real, end.real), 0.0)
    high = np.minimum(np.maximum(begin.real, end.real), length)
    apart = np.maximum(np.abs(begin.imag + rise * (low - begin.real)), np.abs(begin.imag + rise * (high - begin.real)))
    return np.where(apart <= ROUNDING_M, np.maximum(high - low, 0.0), 0.0)
