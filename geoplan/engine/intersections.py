"""Areas in which two polygon layers meet, by sums over edges on a grid of square cells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoplan.engine.clipping import cut_area, cut_layer, span_of
from geoplan.engine.edges import (
    COMPILED,
    PIECE,
    TOUCH_M2,
    Edges,
    Grid,
    Rings,
    by_cell,
    common_grid,
    compiled,
    with_room,
)

__all__ = ["intersection_areas", "intersection_areas_compiled"]

MIXED = -2
"""State of a cell that is neither empty (-1) nor wholly in exactly one area (its position)."""


def intersection_areas(
    left: Edges, right: Edges, *, least: float = TOUCH_M2
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the area in which each pair of areas of two layers meets.

    Parameters
    ----------
    left, right
        The layers, in the same projected coordinates; areas of a layer may overlap each other.
    least
        Pairs that share no more than this are left out: rounding of borders that touch.

    Returns
    -------
    tuple of numpy.ndarray
        Position in ``left``, position in ``right`` and area, sorted by the positions. The same input gives
        the same bytes.

    Notes
    -----
    The ground of an area is the sum over its edges of the ground below each, with the sign of the direction
    it runs in; so the ground two areas share is the sum, over all pairs of their edges, of the integral of
    the lower edge over the x both span. No crossing points need to be found, and no case is degenerate.
    Here both layers are cut into the cells of one grid and summed cell by cell, relative to the cell's
    corner: short edges meet few others, large areas cost what their borders cost, and no digits are lost to
    large coordinates. Areas whose box lies in cells no border runs through are not cut at all. Without numba
    the same is done in numpy: equal to rounding, slower by a small factor.

    References
    ----------
    W. R. Franklin, "Area of overlay of two polygons", and "Calculating map overlay polygon' areas without
    explicitly calculating the polygons", 4th International Symposium on Spatial Data Handling, 1990.
    """
    if COMPILED:
        return intersection_areas_compiled(left, right, least=least)
    from geoplan.engine.intersections_plain import intersection_areas_plain

    return intersection_areas_plain(left, right, least=least)


class Index(NamedTuple):
    """A layer cut into cells.

    Attributes
    ----------
    start
        Position of each cell's first piece, and the number of pieces at the end.
    values
        Slope of each piece, its ends xa, ya, xb, yb and its sign.
    owner
        Area of each piece, ascending within a cell.
    whole_start, whole_owner, whole_times
        The same for cells whose top left corner lies in an area, with how many times it does.
    state
        Position of the area that fills the cell alone, -1 where the cell is empty, `MIXED` otherwise.
    """

    start: np.ndarray
    values: np.ndarray
    owner: np.ndarray
    whole_start: np.ndarray
    whole_owner: np.ndarray
    whole_times: np.ndarray
    state: np.ndarray


def _index(rings: Rings, grid: Grid) -> Index:
    """Cut a layer into the cells of a grid."""
    pieces, ends, wholes, whole_ends = cut_layer(rings, grid)
    cells = grid.columns * grid.rows
    pieces, wholes = pieces[: ends[-1]], wholes[: whole_ends[-1]]
    start, order = by_cell(pieces, cells)
    whole_start, whole_order = by_cell(wholes, cells)
    areas = np.arange(len(ends) - 1, dtype=np.int32)
    owner, whole_owner = np.repeat(areas, np.diff(ends))[order], np.repeat(areas, np.diff(whole_ends))[whole_order]
    values, whole_times = pieces[order], wholes[whole_order, 5]
    values[:, 0] = (values[:, 4] - values[:, 2]) / (values[:, 3] - values[:, 1])
    state = np.full(cells, MIXED, dtype=np.int32)
    bare, corners = start[1:] == start[:-1], np.diff(whole_start)
    state[bare & (corners == 0)] = -1
    alone = np.flatnonzero(bare & (corners == 1))
    alone = alone[whole_times[whole_start[alone]] == 1.0]
    state[alone] = whole_owner[whole_start[alone]]
    return Index(start, values, owner, whole_start, whole_owner, whole_times, state)


@compiled
def _under_both(one: tuple[float, float, float, float, float], values: np.ndarray, k: int) -> float:
    """Integrate the lower of a piece (slope and ends) and piece k of the index over the x they share."""
    slope, xa, ya, xb, yb = one
    low, high = max(xa, values[k, 1]), min(xb, values[k, 3])
    if high <= low:
        return 0.0
    one_low = ya if low == xa else ya + (low - xa) * slope
    one_high = yb if high == xb else ya + (high - xa) * slope
    other_low = values[k, 2] if low == values[k, 1] else values[k, 2] + (low - values[k, 1]) * values[k, 0]
    other_high = values[k, 4] if high == values[k, 3] else values[k, 2] + (high - values[k, 1]) * values[k, 0]
    width = (high - low) * 0.5
    before, after = one_low - other_low, one_high - other_high
    if before <= 0.0 and after <= 0.0:
        return float(width * (one_low + one_high))
    if before >= 0.0 and after >= 0.0:
        return float(width * (other_low + other_high))
    over = max(before, after)
    return float(width * (one_low + one_high - over * over / abs(before - after)))


@compiled
def _note(totals: np.ndarray, touched: np.ndarray, count: int, area: int, value: float) -> int:
    """Add to a total, keep what rounding takes from it (A. Neumaier's summation) and list areas met first."""
    total = totals[area, 0]
    summed = total + value
    if abs(total) >= abs(value):
        totals[area, 1] += (total - summed) + value
    else:
        totals[area, 1] += (value - summed) + total
    totals[area, 0] = summed
    if totals[area, 2] == 0.0:
        totals[area, 2] = 1.0
        touched[count] = area
        count += 1
    return count


@compiled
def _sum_area(pieces: np.ndarray, end: int, index: Index, totals: np.ndarray, touched: np.ndarray) -> int:
    """Add what the ground under each piece shares with the indexed layer's areas; return how many were met."""
    start, values, owners = index.start, index.values, index.owner
    whole_start, whole_owner, whole_times = index.whole_start, index.whole_owner, index.whole_times
    count = 0
    for p in range(end):
        cell = int(pieces[p, 0])
        xa, ya, xb, yb, sign = pieces[p, 1], pieces[p, 2], pieces[p, 3], pieces[p, 4], pieces[p, 5]
        under = sign * (xb - xa) * (ya + yb) * 0.5
        for k in range(whole_start[cell], whole_start[cell + 1]):
            count = _note(totals, touched, count, whole_owner[k], under * whole_times[k])
        first, last = start[cell], start[cell + 1]
        if first == last:
            continue
        one = ((yb - ya) / (xb - xa), xa, ya, xb, yb)
        owner = owners[first]
        shared = 0.0
        for k in range(first, last):
            if owners[k] != owner:
                count = _note(totals, touched, count, owner, sign * shared)
                owner, shared = owners[k], 0.0
            if values[k, 1] < xb and values[k, 3] > xa:
                shared += values[k, 5] * _under_both(one, values, k)
        count = _note(totals, touched, count, owner, sign * shared)
    return count


@compiled
def _alone(span: tuple[int, int, int, int], state: np.ndarray, grid: Grid) -> int:
    """Return the one area that fills all cells of a box on the grid, -1 where nothing is, or `MIXED`."""
    west = max(span[0], 0)
    if span[2] < west or span[3] < span[1]:
        return -1
    first = state[span[1] * grid.columns + west]
    for row in range(span[1], span[3] + 1):
        for column in range(west, span[2] + 1):
            if state[row * grid.columns + column] != first:
                return MIXED
    return int(first)


@compiled
def _reaches_beyond(bounds: np.ndarray, area: int, grid: Grid) -> bool:
    """Return whether an area's box is not all on the grid."""
    return bool(
        bounds[area, 0] < grid.west
        or bounds[area, 1] < grid.south
        or bounds[area, 2] >= grid.west + grid.columns * grid.size
        or bounds[area, 3] >= grid.south + grid.rows * grid.size
    )


@compiled
def _sort(values: np.ndarray, count: int) -> None:
    """Sort the first few items of a list in place."""
    for k in range(1, count):
        value, n = values[k], k
        while n > 0 and values[n - 1] > value:
            values[n] = values[n - 1]
            n -= 1
        values[n] = value


@compiled
def _keep(found: np.ndarray, count: int, one: int, other: int, area: float) -> np.ndarray:
    """Write a pair and its area at a position, making room for it."""
    found = with_room(found, count + 1)
    found[count, 0], found[count, 1], found[count, 2] = one, other, area
    return found


@compiled
def _stream(rings: Rings, areas: np.ndarray, index: Index, others: int, grid: Grid, least: float) -> np.ndarray:
    """Run one layer's areas past the other's index; return rows of pair and area in order."""
    totals, touched = np.zeros((others, 3)), np.empty(others, dtype=np.int64)
    found, count = np.empty((1024, 3)), 0
    pieces = np.empty((1024, PIECE))
    for area in range(len(areas)):
        if rings.area_start[area] == rings.area_start[area + 1]:
            continue
        span = span_of(rings.bounds, area, grid)
        state = _alone(span, index.state, grid)
        if state >= 0 and not _reaches_beyond(rings.bounds, area, grid):
            if areas[area] > least:
                found = _keep(found, count, area, state, areas[area])
                count += 1
            continue
        if state == -1:
            continue
        pieces, _, end = cut_area(pieces, 0, grid, rings, area, span)
        met = _sum_area(pieces, end, index, totals, touched)
        _sort(touched, met)
        for k in range(met):
            other = touched[k]
            total = totals[other, 0] + totals[other, 1]
            if total > least:
                found = _keep(found, count, area, other, total)
                count += 1
            totals[other, 0], totals[other, 1], totals[other, 2] = 0.0, 0.0, 0.0
    return found[:count]


def intersection_areas_compiled(
    left: Edges, right: Edges, *, least: float = TOUCH_M2
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what `intersection_areas` does, by compiled code; interpreted without numba, and then slow.

    Parameters
    ----------
    left, right
        The layers, in the same projected coordinates; areas of a layer may overlap each other.
    least
        Pairs that share no more than this are left out.

    Returns
    -------
    tuple of numpy.ndarray
        Position in ``left``, position in ``right`` and area, sorted by the positions.
    """
    grid = common_grid(left, right)
    if grid is None:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, np.empty(0)
    swapped = len(left.rings.coordinates) < len(right.rings.coordinates)
    one, other = (right, left) if swapped else (left, right)
    found = _stream(one.rings, one.areas, _index(other.rings, grid), len(other), grid, least)
    pairs, areas = found[:, :2].astype(np.int64), found[:, 2].copy()
    if not swapped:
        return pairs[:, 0], pairs[:, 1], areas
    order = np.argsort(pairs[:, 1], kind="stable")
    return pairs[order, 1], pairs[order, 0], areas[order]
