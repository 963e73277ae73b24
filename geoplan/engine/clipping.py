"""Edges cut into the cells of a grid, compiled: the pieces over which areas are summed."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from geoplan.engine.edges import PIECE, Grid, Rings, between, compiled, inner, line_of

__all__ = ["ROOM", "Cut", "Task", "cut_layer", "cut_some", "empty_cut", "room_for", "spans_of", "wider"]

ROOM = 16_384
"""Pieces cut at a time: few enough to stay near the processor, many enough for a call to cost nothing."""


class Cut(NamedTuple):
    """Areas cut into cells, one after another: their edges' pieces, their whole cells, and where each area's begin."""

    pieces: np.ndarray
    start: np.ndarray
    wholes: np.ndarray
    whole_start: np.ndarray


class Task(NamedTuple):
    """What is to be cut.

    Attributes
    ----------
    which
        The areas, in the order in which they are cut.
    spans
        First column (-1: west of the grid), first row, last column and last row of the box of every area.
    crossings
        Noughts, as many as the largest of these boxes has cells.
    """

    which: np.ndarray
    spans: np.ndarray
    crossings: np.ndarray


def spans_of(bounds: np.ndarray, grid: Grid) -> np.ndarray:
    """Return first column (-1: west of the grid), first row, last column and last row of the box of each area."""
    size = np.array([grid.columns, grid.rows])
    corner = np.array([grid.west, grid.south])
    low, high = (np.clip(np.floor((ends - corner) * grid.scale), -1, size) for ends in (bounds[:, :2], bounds[:, 2:]))
    low[:, 1] = np.maximum(low[:, 1], 0)
    return np.hstack([low, np.minimum(high, size - 1)]).astype(np.int64)


def room_for(which: np.ndarray, spans: np.ndarray) -> Task:
    """Make ready to cut some areas."""
    sides = np.maximum(spans[which, 2:] - spans[which, :2] + 1, 0)
    return Task(which, spans, np.zeros(int(sides.prod(axis=1).max(initial=0)), dtype=np.int64))


def cut_layer(rings: Rings, grid: Grid) -> Cut:
    """Cut all areas of a layer."""
    areas = len(rings.bounds)
    task = room_for(np.flatnonzero(np.diff(rings.area_start)), spans_of(rings.bounds, grid))
    cut, done = empty_cut(len(task.which), len(rings.coordinates) + ROOM), 0
    while (done := cut_some(rings, grid, task, done, cut)) < len(task.which):
        cut = wider(cut)
    start, whole_start = (_for_all(starts, task.which, areas) for starts in (cut.start, cut.whole_start))
    return Cut(cut.pieces[: start[-1]], start, cut.wholes[: whole_start[-1]], whole_start)


def _for_all(start: np.ndarray, which: np.ndarray, areas: int) -> np.ndarray:
    """Return where the pieces of every area begin, from where those of the areas that were cut do."""
    counts = np.zeros(areas, dtype=np.int64)
    counts[which] = np.diff(start)
    return np.concatenate([[0], np.cumsum(counts)])


def empty_cut(areas: int, room: int) -> Cut:
    """Return room for the pieces and the whole cells of some areas."""
    starts = np.zeros((2, areas + 1), dtype=np.int64)
    return Cut(np.empty((room, PIECE)), starts[0], np.empty((room, PIECE)), starts[1])


def wider(cut: Cut) -> Cut:
    """Return the same with twice the room."""
    pieces, wholes = (np.concatenate([rows, np.empty_like(rows)]) for rows in (cut.pieces, cut.wholes))
    return Cut(pieces, cut.start, wholes, cut.whole_start)


@inner
def _cut_column(
    pieces: np.ndarray,
    count: int,
    crossings: np.ndarray,
    span: tuple[int, int, int],
    grid: Grid,
    column: int,
    ends: tuple[float, float, float, float],
    rows: tuple[int, int, int],
    sign: float,
) -> int:
    """Cut the part of an edge within one column at the lines between rows; return the new count of pieces.

    ``ends`` are relative to the column's west and to the south of row ``rows[0]``; it runs from ``rows[1]``
    to ``rows[2]``. Each crossing of a line is noted in ``crossings``, rows of ``span[2]`` cells from a corner.
    What has no ground under it is left out.
    """
    xa, ya, xb, yb = ends
    base, row, last = rows
    x, y = xa, ya
    step = 1 if last > row else -1
    while column < grid.columns:
        south = (row - base) * grid.size
        line, at = yb, xb
        if row != last:
            line = (row + (step + 1) // 2 - base) * grid.size
            at = between(xa + (line - ya) * ((xb - xa) / (yb - ya)), xa, xb)
        if 0 <= row < grid.rows and column >= 0 and at > x and (y > south or line > south):
            pieces[count, 0] = row * grid.columns + column
            pieces[count, 1], pieces[count, 2] = x, y - south
            pieces[count, 3], pieces[count, 4] = at, line - south
            pieces[count, 5] = sign
            count += 1
        if row == last:
            break
        below = row if step == 1 else row - 1
        if 0 <= below < grid.rows:
            crossings[(below - span[1]) * span[2] + column - span[0]] += int(step * sign)
            if column >= 0 and at < grid.size:
                pieces[count, 0] = below * grid.columns + column
                pieces[count, 1], pieces[count, 2] = at, grid.size
                pieces[count, 3], pieces[count, 4] = grid.size, grid.size
                pieces[count, 5] = step * sign
                count += 1
        x, y = at, line
        row += step
    return count


@inner
def _cut_edge(
    pieces: np.ndarray,
    count: int,
    crossings: np.ndarray,
    span: tuple[int, int, int],
    grid: Grid,
    edge: tuple[float, float, float, float],
    cells: tuple[int, int, int, int],
    sign: float,
) -> int:
    """Cut an edge that runs eastwards at the lines of the grid; ``cells`` holds its columns and rows."""
    column, row, last_column, last_row = cells
    west, south = grid.west + column * grid.size, grid.south + row * grid.size
    xa, ya, xb, yb = edge[0] - west, edge[1] - south, edge[2] - west, edge[3] - south
    base, x, y = row, xa, ya
    for here in range(column, last_column + 1):
        left = (here - column) * grid.size
        line, at, there = xb, yb, last_row
        if here != last_column:
            line = (here - column + 1) * grid.size
            at = between(ya + (line - xa) * ((yb - ya) / (xb - xa)), ya, yb)
            there = base + math.floor(at * grid.scale)
            low, high = (base, last_row) if base < last_row else (last_row, base)
            there = low if there < low else (min(there, high))
        ends = (x - left, y, line - left, at)
        count = _cut_column(pieces, count, crossings, span, grid, here, ends, (base, row, there), sign)
        x, y, row = line, at, there
    return count


@inner
def _cut_area(
    pieces: np.ndarray,
    count: int,
    crossings: np.ndarray,
    span: tuple[int, int, int],
    grid: Grid,
    rings: Rings,
    area: int,
) -> int:
    """Cut the edges of an area; return the new count of pieces, -1 where there is no room for them."""
    room, coordinates = len(pieces) - 3, rings.coordinates
    for ring in range(rings.area_start[area], rings.area_start[area + 1]):
        factor, first = rings.ring_sign[ring], rings.ring_start[ring]
        xa, ya, ca, ra = 0.0, 0.0, 0, 0
        for k in range(first, rings.ring_start[ring + 1]):
            xb, yb = coordinates[k, 0], coordinates[k, 1]
            cb, rb = (
                line_of(xb, grid.west, grid.scale, grid.columns),
                line_of(yb, grid.south, grid.scale, grid.rows),
            )
            if k > first:
                if count + 3 * (abs(cb - ca) + abs(rb - ra)) > room:
                    return -1
                # Always eastwards, so that both neighbours cut a shared edge at the same points.
                forward = xb > xa or (xb == xa and yb > ya)
                edge = (xa, ya, xb, yb) if forward else (xb, yb, xa, ya)
                cells = (ca, ra, cb, rb) if forward else (cb, rb, ca, ra)
                sign = factor if forward else -factor
                count = _cut_edge(pieces, count, crossings, span, grid, edge, cells, sign)
            xa, ya, ca, ra = xb, yb, cb, rb
    return count


@compiled
def cut_some(rings: Rings, grid: Grid, task: Task, done: int, cut: Cut) -> int:
    """Cut one area after another while there is room; return how many of the task are done then.

    Whole cells are those whose top left corner lies in the area: the number of times it does is the sum of
    the crossings further left on the same line.
    """
    wholes, crossings = cut.wholes, task.crossings
    for n in range(done, len(task.which)):
        area = task.which[n]
        column, row = task.spans[area, 0], task.spans[area, 1]
        last_column, last_row = task.spans[area, 2], task.spans[area, 3]
        width = max(last_column - column + 1, 0)
        span = (column, row, width)
        count, whole = cut.start[n], cut.whole_start[n]
        count = _cut_area(cut.pieces, count, crossings, span, grid, rings, area)
        fits = count >= 0
        for line in range(row, last_row + 1):
            fits = fits and whole + width <= len(wholes)
            times, k = 0, (line - row) * width
            for here in range(column, last_column + 1):
                if times != 0 and fits:
                    wholes[whole, 0] = line * grid.columns + here
                    wholes[whole, 1], wholes[whole, 2] = 0.0, grid.size
                    wholes[whole, 3], wholes[whole, 4] = grid.size, grid.size
                    wholes[whole, 5] = times
                    whole += 1
                times += crossings[k]
                crossings[k] = 0
                k += 1
        if not fits:
            return n
        cut.start[n + 1], cut.whole_start[n + 1] = count, whole
    return len(task.which)
