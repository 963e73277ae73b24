"""Edges cut into the cells of a grid, compiled: the pieces over which areas are summed."""

from __future__ import annotations

import math

import numpy as np

from geoplan.engine.edges import PIECE, Grid, Rings, between, compiled, line_of, with_room

__all__ = ["cut_area", "cut_layer", "span_of"]


@compiled
def _put(
    pieces: np.ndarray,
    count: int,
    grid: Grid,
    place: tuple[int, int],
    ends: tuple[float, float, float, float],
    sign: float,
) -> int:
    """Add a piece in a column and row unless there is no ground under it; return the new count."""
    column, row = place
    xa, ya, xb, yb = ends
    if column < 0 or row < 0 or column >= grid.columns or row >= grid.rows or xb <= xa or (ya <= 0.0 and yb <= 0.0):
        return count
    pieces[count, 0] = row * grid.columns + column
    pieces[count, 1] = xa
    pieces[count, 2] = ya
    pieces[count, 3] = xb
    pieces[count, 4] = yb
    pieces[count, 5] = sign
    return count + 1


@compiled
def _cut_column(
    pieces: np.ndarray,
    count: int,
    crossings: np.ndarray,
    corner: tuple[int, int],
    grid: Grid,
    column: int,
    ends: tuple[float, float, float, float],
    rows: tuple[int, int, int],
    sign: float,
) -> int:
    """Cut the part of an edge within one column at the lines between rows.

    ``ends`` are relative to the column's west and to the south of row ``rows[0]``; it runs from ``rows[1]``
    to ``rows[2]``. Each crossing of a line is noted in ``crossings``, whose first item is ``corner``.
    """
    xa, ya, xb, yb = ends
    base, row, last = rows
    x, y = xa, ya
    step = 1 if last > row else -1
    while row != last:
        line = (row + (step + 1) // 2 - base) * grid.size
        at = between(xa + (line - ya) * ((xb - xa) / (yb - ya)), xa, xb)
        south = (row - base) * grid.size
        count = _put(pieces, count, grid, (column, row), (x, y - south, at, line - south), sign)
        below = row if step == 1 else row - 1
        if 0 <= below < grid.rows and column < grid.columns:
            crossings[below - corner[1], column - corner[0]] += int(step * sign)
            top = (at, grid.size, grid.size, grid.size)
            count = _put(pieces, count, grid, (column, below), top, step * sign)
        x, y = at, line
        row += step
    south = (row - base) * grid.size
    return _put(pieces, count, grid, (column, row), (x, y - south, xb, yb - south), sign)


@compiled
def _cut_edge(
    pieces: np.ndarray,
    count: int,
    crossings: np.ndarray,
    corner: tuple[int, int],
    grid: Grid,
    edge: tuple[float, float, float, float],
    cells: tuple[int, int, int, int],
    sign: float,
) -> int:
    """Cut an edge that runs eastwards at the lines of the grid; ``cells`` holds its columns and rows."""
    column, row, last_column, last_row = cells
    west, south = grid.west + column * grid.size, grid.south + row * grid.size
    xa, ya, xb, yb = edge[0] - west, edge[1] - south, edge[2] - west, edge[3] - south
    base = row
    x, y = xa, ya
    for step in range(last_column - column):
        line = (step + 1) * grid.size
        at = between(ya + (line - xa) * ((yb - ya) / (xb - xa)), ya, yb)
        there = min(max(base + math.floor(at * grid.scale), min(base, last_row)), max(base, last_row))
        left = step * grid.size
        ends = (x - left, y, line - left, at)
        count = _cut_column(pieces, count, crossings, corner, grid, column + step, ends, (base, row, there), sign)
        x, y, row = line, at, there
    if last_column == grid.columns:
        return count
    left = (last_column - column) * grid.size
    ends = (x - left, y, xb - left, yb)
    return _cut_column(pieces, count, crossings, corner, grid, last_column, ends, (base, row, last_row), sign)


@compiled
def _cut_ring(
    pieces: np.ndarray,
    count: int,
    crossings: np.ndarray,
    corner: tuple[int, int],
    grid: Grid,
    coordinates: np.ndarray,
    ring: tuple[int, int],
    factor: float,
) -> tuple[int, int]:
    """Cut the edges of a ring until the list is full; return its count and the first vertex not passed."""
    room = len(pieces) - 3
    xa, ya = coordinates[ring[0], 0], coordinates[ring[0], 1]
    ca, ra = line_of(xa, grid.west, grid.scale, grid.columns), line_of(ya, grid.south, grid.scale, grid.rows)
    for k in range(ring[0] + 1, ring[1]):
        xb, yb = coordinates[k, 0], coordinates[k, 1]
        cb, rb = line_of(xb, grid.west, grid.scale, grid.columns), line_of(yb, grid.south, grid.scale, grid.rows)
        if count + 3 * (abs(cb - ca) + abs(rb - ra)) > room:
            return count, k
        # Always eastwards, so that both neighbours cut a shared edge at the same points.
        forward = xb > xa or (xb == xa and yb > ya)
        if ca == cb and ra == rb:
            west, south = grid.west + ca * grid.size, grid.south + ra * grid.size
            ends = (xa - west, ya - south, xb - west, yb - south)
            if not forward:
                ends = (ends[2], ends[3], ends[0], ends[1])
            count = _put(pieces, count, grid, (ca, ra), ends, factor if forward else -factor)
        elif forward:
            cells = (ca, ra, cb, rb)
            count = _cut_edge(pieces, count, crossings, corner, grid, (xa, ya, xb, yb), cells, factor)
        else:
            cells = (cb, rb, ca, ra)
            count = _cut_edge(pieces, count, crossings, corner, grid, (xb, yb, xa, ya), cells, -factor)
        xa, ya, ca, ra = xb, yb, cb, rb
    return count, ring[1]


@compiled
def span_of(bounds: np.ndarray, area: int, grid: Grid) -> tuple[int, int, int, int]:
    """Return first column (-1: west of the grid), first row, last column and last row of an area's box."""
    return (
        line_of(bounds[area, 0], grid.west, grid.scale, grid.columns),
        max(line_of(bounds[area, 1], grid.south, grid.scale, grid.rows), 0),
        min(line_of(bounds[area, 2], grid.west, grid.scale, grid.columns), grid.columns - 1),
        min(line_of(bounds[area, 3], grid.south, grid.scale, grid.rows), grid.rows - 1),
    )


@compiled
def cut_area(
    pieces: np.ndarray, count: int, grid: Grid, rings: Rings, area: int, span: tuple[int, int, int, int]
) -> tuple[np.ndarray, int, int]:
    """Cut an area into cells; return the list, where its edges end and where its whole cells end in it.

    Whole cells are those whose top left corner lies in the area: the number of times it does is the sum of
    the crossings further left on the same line.
    """
    height, width = max(span[3] - span[1] + 1, 0), max(span[2] - span[0] + 1, 0)
    crossings, corner = np.zeros((height, width), dtype=np.int64), (span[0], span[1])
    for ring in range(rings.area_start[area], rings.area_start[area + 1]):
        ends = (rings.ring_start[ring], rings.ring_start[ring + 1])
        factor = rings.ring_sign[ring]
        while ends[0] < ends[1]:
            count, there = _cut_ring(pieces, count, crossings, corner, grid, rings.coordinates, ends, factor)
            if there < ends[1]:
                pieces = with_room(pieces, len(pieces) + 3 * (grid.columns + grid.rows + 4))
                there -= 1
            ends = (there, ends[1])
    whole, top = count, (0.0, grid.size, grid.size, grid.size)
    for row in range(height):
        pieces = with_room(pieces, whole + width)
        times = 0
        for column in range(width):
            if times != 0:
                whole = _put(pieces, whole, grid, (column + span[0], row + span[1]), top, float(times))
            times += crossings[row, column]
    return pieces, count, whole


@compiled
def cut_layer(rings: Rings, grid: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Cut all areas; return their edges' pieces and their whole cells, each with where every area's begin."""
    pieces, wholes = np.empty((1024, PIECE)), np.empty((1024, PIECE))
    areas = len(rings.area_start) - 1
    start, whole_start = np.zeros(areas + 1, dtype=np.int64), np.zeros(areas + 1, dtype=np.int64)
    for area in range(areas):
        start[area + 1], whole_start[area + 1] = start[area], whole_start[area]
        if rings.area_start[area] == rings.area_start[area + 1]:
            continue
        span = span_of(rings.bounds, area, grid)
        pieces, end, all_end = cut_area(pieces, start[area], grid, rings, area, span)
        start[area + 1] = end
        whole_start[area + 1] += all_end - end
        wholes = with_room(wholes, whole_start[area + 1])
        for k in range(all_end - end):
            for n in range(PIECE):
                wholes[whole_start[area] + k, n] = pieces[end + k, n]
    return pieces, start, wholes, whole_start
