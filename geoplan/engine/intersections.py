"""Areas in which two polygon layers meet, by sums over edges on a grid of square cells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoplan.engine.clipping import ROOM, Cut, Task, cut_layer, cut_some, empty_cut, room_for, spans_of, wider
from geoplan.engine.edges import (
    COMPILED,
    TOUCH_M2,
    Edges,
    Grid,
    Rings,
    by_cell,
    common_grid,
    compiled,
    inner,
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


class Sums(NamedTuple):
    """Totals of the indexed layer's areas, those that one area met, and room for rows of pair and area."""

    totals: np.ndarray
    touched: np.ndarray
    found: np.ndarray


@inner
def _under_both(one: tuple[float, float, float, float, float], values: np.ndarray, k: int) -> float:
    """Integrate the lower of a piece (slope and ends) and piece k of the index over the x they share."""
    slope, xa, ya, xb, yb = one
    other_xa, other_xb, other_slope = values[k, 1], values[k, 3], values[k, 0]
    low, high = max(xa, other_xa), min(xb, other_xb)
    one_low = ya if low == xa else ya + (low - xa) * slope
    one_high = yb if high == xb else ya + (high - xa) * slope
    other_low = values[k, 2] if low == other_xa else values[k, 2] + (low - other_xa) * other_slope
    other_high = values[k, 4] if high == other_xb else values[k, 2] + (high - other_xa) * other_slope
    width = (high - low) * 0.5
    before, after = one_low - other_low, one_high - other_high
    if before <= 0.0 and after <= 0.0:
        return width * (one_low + one_high)
    if before >= 0.0 and after >= 0.0:
        return width * (other_low + other_high)
    over = max(before, after)
    return width * (one_low + one_high - over * over / abs(before - after))


@inner
def _note(totals: np.ndarray, touched: np.ndarray, count: int, area: int, value: float) -> int:
    """Add to a total, keep what rounding takes from it (A. Neumaier's summation) and list areas met first."""
    total = totals[area, 0]
    summed = total + value
    if abs(total) >= abs(value):
        totals[area, 1] += (total - summed) + value
    else:
        totals[area, 1] += (value - summed) + total
    totals[area, 0] = summed
    touched[count] = area
    if totals[area, 2] == 0.0:
        totals[area, 2] = 1.0
        count += 1
    return count


@inner
def _sum_area(cut: Cut, n: int, index: Index, totals: np.ndarray, touched: np.ndarray) -> int:
    """Add what the ground under each piece shares with the indexed layer's areas; return how many were met."""
    count, whole = 0, cut.whole_start[n]
    values, owners = index.values, index.owner
    for p in range(cut.start[n], cut.start[n + 1] + cut.whole_start[n + 1] - whole):
        rows, at = (cut.pieces, p) if p < cut.start[n + 1] else (cut.wholes, whole + p - cut.start[n + 1])
        cell = int(rows[at, 0])
        xa, ya, xb, yb, sign = rows[at, 1], rows[at, 2], rows[at, 3], rows[at, 4], rows[at, 5]
        under = sign * (xb - xa) * (ya + yb) * 0.5
        for k in range(index.whole_start[cell], index.whole_start[cell + 1]):
            count = _note(totals, touched, count, index.whole_owner[k], under * index.whole_times[k])
        one = ((yb - ya) / (xb - xa), xa, ya, xb, yb)
        k, last = index.start[cell], index.start[cell + 1]
        while k < last:
            owner, shared = owners[k], 0.0
            while k < last and owners[k] == owner:
                if values[k, 1] < xb and values[k, 3] > xa:
                    shared += values[k, 5] * _under_both(one, values, k)
                k += 1
            count = _note(totals, touched, count, owner, sign * shared)
    return count


@compiled
def _fill(spans: np.ndarray, state: np.ndarray, grid: Grid, filled: np.ndarray) -> None:
    """Fill in the one area that fills all cells of each box on the grid, -1 where nothing is, or `MIXED`."""
    for area in range(len(filled)):
        west, south = max(spans[area, 0], 0), spans[area, 1]
        if spans[area, 2] < west or spans[area, 3] < south:
            continue
        first = state[south * grid.columns + west]
        filled[area] = first
        for row in range(south, spans[area, 3] + 1):
            for k in range(row * grid.columns + west, row * grid.columns + spans[area, 2] + 1):
                if state[k] != first:
                    filled[area] = MIXED
                    break
            if filled[area] == MIXED:
                break


@compiled
def _sum_areas(
    cut: Cut, task: Task, done: int, end: int, index: Index, sums: Sums, count: int, least: float
) -> tuple[int, int]:
    """Write down what areas that were cut share with the indexed layer's, while there is room.

    Returns how many of the areas are done then, and the new count of pairs.
    """
    totals, touched, found = sums.totals, sums.touched, sums.found
    for n in range(done, end):
        if count + len(totals) > len(found):
            return n, count
        for k in range(_sum_area(cut, n, index, totals, touched)):
            other = touched[k]
            total = totals[other, 0] + totals[other, 1]
            if total > least:
                found[count, 0], found[count, 1], found[count, 2] = task.which[n], other, total
                count += 1
            totals[other, 0], totals[other, 1], totals[other, 2] = 0.0, 0.0, 0.0
    return end, count


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
    index, spans = _index(other.rings, grid), spans_of(one.bounds, grid)
    filled = np.full(len(one), -1)
    _fill(spans, index.state, grid, filled)
    alone = (filled >= 0) & ~_reach_beyond(one.bounds, grid)
    which = np.flatnonzero((np.diff(one.rings.area_start) > 0) & (filled != -1) & ~alone)
    found = _stream(one.rings, grid, room_for(which, spans), index, len(other), least)
    held = np.flatnonzero(alone & (one.areas > least))
    pairs = np.concatenate([found[:, :2].astype(np.int64), np.stack([held, filled[held]], axis=1)])
    areas = np.concatenate([found[:, 2], one.areas[held]])
    of_left, of_right = pairs[:, ::-1].T if swapped else pairs.T
    order = np.argsort(of_left * len(right) + of_right)
    return of_left[order], of_right[order], areas[order]


def _reach_beyond(bounds: np.ndarray, grid: Grid) -> np.ndarray:
    """Return whether an area's box is not all on the grid."""
    corner = np.array([grid.west, grid.south])
    size = np.array([grid.columns, grid.rows]) * grid.size
    beyond = np.hstack([bounds[:, :2] < corner, bounds[:, 2:] >= corner + size])
    return np.asarray(beyond.any(axis=1))


def _stream(rings: Rings, grid: Grid, task: Task, index: Index, others: int, least: float) -> np.ndarray:
    """Run areas past a layer's index, some at a time; return rows of pair and area."""
    cut, done, count = empty_cut(len(task.which), ROOM), 0, 0
    sums = Sums(np.zeros((others, 3)), np.empty(others + 1, dtype=np.int64), np.empty((2 * others + ROOM, 3)))
    while done < len(task.which):
        cut.start[done], cut.whole_start[done] = 0, 0
        end = cut_some(rings, grid, task, done, cut)
        if end == done:
            cut = wider(cut)
        while done < end:
            done, count = _sum_areas(cut, task, done, end, index, sums, count, least)
            if done < end:
                sums = sums._replace(found=np.concatenate([sums.found, np.empty_like(sums.found)]))
    return sums.found[:count]
