"""Areas in which two polygon layers meet, and points in areas, by sums over edges on a grid of square cells."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
import shapely

__all__ = [
    "COMPILED",
    "Edges",
    "Rings",
    "edges_of",
    "intersection_areas",
    "intersection_areas_plain",
    "points_in_areas",
]

Function = TypeVar("Function", bound=Callable[..., Any])

try:
    import numba
except ImportError:
    COMPILED = False
    """Whether numba is there; without it only `intersection_areas_plain` is fast enough to use."""

    def compiled(function: Function) -> Function:
        """Leave the function to the interpreter: the same answers, some hundred times slower."""
        return function
else:
    COMPILED = True

    def compiled(function: Function) -> Function:
        """Compile to machine code, kept on disk; no fast-math, so that sums keep their order."""
        return cast("Function", numba.njit(cache=True)(function))


TOUCH_M2 = 1e-6
"""Intersections below this are rounding of shared borders, not ground."""

CELLS_PER_EDGE = 0.2
"""Measured on real layers: fewer make edges meet more others, more cost more to lay out."""

CELLS_AT_MOST = 4_000_000
LINES_AT_MOST = 8192

MIXED = -2
"""State of a cell that is neither empty (-1) nor wholly in exactly one area (its position)."""

PRODUCT_AT_MOST = 6000
"""Pairs of edges up to which numpy is faster than GEOS."""

PRODUCTS_AT_ONCE = 1_000_000

POLYGON, MULTIPOLYGON = 3, 6

FLAT = 1e-9
"""Share of a grid cell by which the look-up of points widens each edge, far above rounding."""

ORIENTATION_ERROR = (3.0 + 16.0 * 2.0**-53) * 2.0**-53
"""Relative error of the plain orientation determinant (J. R. Shewchuk, 1997)."""


class Rings(NamedTuple):
    """Rings of a layer as compiled code takes them.

    Attributes
    ----------
    coordinates
        Vertices (x, y) of all rings after one another, each ring closed by its first vertex.
    ring_start
        Position of each ring's first vertex, and the number of vertices at the end.
    ring_sign
        Factor that makes shells run clockwise and holes the other way round: 1 or -1.
    area_start
        Position of each area's first ring, and the number of rings at the end.
    bounds
        Least x, least y, greatest x and greatest y of each area; infinities the wrong way round where empty.
    """

    coordinates: np.ndarray
    ring_start: np.ndarray
    ring_sign: np.ndarray
    area_start: np.ndarray
    bounds: np.ndarray


@dataclass(frozen=True, eq=False)
class Edges:
    """The edges of a polygon layer, taken once and used for any number of pairs of layers.

    Attributes
    ----------
    rings
        The coordinates, float64 and unrounded, in the order of the areas.
    areas
        Area of each, holes taken off, in the square of the coordinates' unit.
    """

    rings: Rings
    areas: np.ndarray

    def __len__(self) -> int:
        """Return the number of areas."""
        return len(self.areas)

    @property
    def bounds(self) -> np.ndarray:
        """Least x, least y, greatest x and greatest y of each area."""
        return self.rings.bounds


class Grid(NamedTuple):
    """Square cells over a window; columns and rows count from its south-west corner.

    ``scale`` is one divided by ``size``: exact, because sizes are powers of two.
    """

    west: float
    south: float
    size: float
    scale: float
    columns: int
    rows: int


# ------------------------------------------------------------------------------------------- coordinates


def edges_of(geometry: np.ndarray) -> Edges:
    """Take the coordinates of a polygon layer once.

    Parameters
    ----------
    geometry
        Array of valid shapely polygons and multipolygons; missing and empty ones are areas without edges.

    Returns
    -------
    Edges
        One range of edges for each item of ``geometry``.

    Raises
    ------
    ValueError
        If something else than polygons is among them, or a coordinate is not finite.
    """
    geometry = np.asarray(geometry, dtype=object)
    kinds = shapely.get_type_id(geometry)
    wrong = np.flatnonzero(~(np.isin(kinds, (POLYGON, MULTIPOLYGON)) | shapely.is_empty(geometry) | (kinds == -1)))
    if len(wrong):
        message = f"Only polygons have areas: item {wrong[0]} is a {geometry[wrong[0]].geom_type}."
        raise ValueError(message)
    lengths, shells, per_area = _ring_lengths(geometry, kinds)
    coordinates = np.ascontiguousarray(shapely.get_coordinates(geometry), dtype=np.float64)
    ring_start, area_start = _offsets(lengths), _offsets(per_area)
    ring_sign = np.where(shells, 1.0, -1.0)
    bounds = np.empty((len(geometry), 4))
    areas = _measure(coordinates, ring_start, ring_sign, area_start, bounds)
    if not (np.isfinite(areas).all() and (np.isfinite(bounds).all(axis=1) | (per_area == 0)).all()):
        message = "Coordinates must be finite numbers."
        raise ValueError(message)
    return Edges(Rings(coordinates, ring_start, ring_sign, area_start, bounds), areas)


def _ring_lengths(geometry: np.ndarray, kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return vertices of each ring, whether it is a shell, and rings of each area.

    Taking rings apart makes an object of each, so only areas with several rings are taken apart.
    """
    counts = shapely.get_num_coordinates(geometry)
    single = (kinds == POLYGON) & (shapely.get_num_interior_rings(geometry) == 0) & (counts > 0)
    parts, owner = shapely.get_parts(geometry[~single], return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    filled = shapely.get_num_coordinates(rings) > 0
    rings, part = rings[filled], part[filled]
    per_area = np.ones(len(geometry), dtype=np.int64)
    per_area[~single] = np.bincount(owner[part], minlength=int((~single).sum()))
    alone = np.repeat(single, per_area)
    lengths = np.empty(len(alone), dtype=np.int64)
    lengths[alone] = counts[single]
    lengths[~alone] = shapely.get_num_coordinates(rings)
    shells = np.ones(len(alone), dtype=bool)
    shells[~alone] = np.diff(part, prepend=-1) != 0
    return lengths, shells, per_area


def _offsets(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


@compiled
def _measure(
    coordinates: np.ndarray, ring_start: np.ndarray, ring_sign: np.ndarray, area_start: np.ndarray, bounds: np.ndarray
) -> np.ndarray:
    """Return areas; fill bounds and turn ring signs from shell or hole into factors of orientation."""
    areas = np.zeros(len(area_start) - 1)
    for i in range(len(areas)):
        bounds[i, 0], bounds[i, 1], bounds[i, 2], bounds[i, 3] = np.inf, np.inf, -np.inf, -np.inf
        for ring in range(area_start[i], area_start[i + 1]):
            clockwise = _measure_ring(coordinates, ring_start[ring], ring_start[ring + 1], bounds[i])
            areas[i] += ring_sign[ring] * abs(clockwise)
            if clockwise < 0.0:
                ring_sign[ring] = -ring_sign[ring]
    return areas


@compiled
def _measure_ring(coordinates: np.ndarray, first: int, end: int, bounds: np.ndarray) -> float:
    """Return the ring's area, positive if clockwise, relative to its first vertex so that no digits are lost."""
    x0, y0 = coordinates[first, 0], coordinates[first, 1]
    before_x, before_y = 0.0, 0.0
    double = 0.0
    for k in range(first, end):
        bounds[0], bounds[2] = min(bounds[0], coordinates[k, 0]), max(bounds[2], coordinates[k, 0])
        bounds[1], bounds[3] = min(bounds[1], coordinates[k, 1]), max(bounds[3], coordinates[k, 1])
        x, y = coordinates[k, 0] - x0, coordinates[k, 1] - y0
        double += (x - before_x) * (y + before_y)
        before_x, before_y = x, y
    return double / 2.0


# -------------------------------------------------------------------------------------------------- grid


def _grid(window: np.ndarray, cells: float) -> Grid:
    """Lay about so many cells over a window.

    Sizes are powers of two and corners their multiples, so that coordinates relative to a cell are exact.
    """
    west, south, east, north = (float(value) for value in window)
    width, height = east - west, north - south
    wanted = max(
        math.sqrt(width * height / min(max(cells, 64.0), CELLS_AT_MOST)),
        max(width, height) / LINES_AT_MOST,
        max(abs(value) for value in (west, south, east, north, 1e-300)) * 2.0**-40,
    )
    size = 2.0 ** math.ceil(math.log2(wanted) - 0.5)
    west, south = math.floor(west / size) * size, math.floor(south / size) * size
    return Grid(west, south, size, 1.0 / size, int((east - west) / size) + 1, int((north - south) / size) + 1)


def _window(*sides: Edges) -> np.ndarray | None:
    """Return the box in which the layers meet, or nothing where they do not."""
    held = [side.bounds[np.isfinite(side.bounds[:, 0])] for side in sides]
    if any(len(bounds) == 0 for bounds in held):
        return None
    low = np.max([bounds[:, :2].min(axis=0) for bounds in held], axis=0)
    high = np.min([bounds[:, 2:].max(axis=0) for bounds in held], axis=0)
    return np.concatenate([low, high]) if (low < high).all() else None


def _edges_within(side: Edges, window: np.ndarray) -> float:
    """Estimate how many edges the window holds, taking them as evenly spread over each area's box."""
    bounds = side.bounds
    counts = side.rings.ring_start[side.rings.area_start]
    near = (
        (bounds[:, 0] <= window[2])
        & (bounds[:, 2] >= window[0])
        & (bounds[:, 1] <= window[3])
        & (bounds[:, 3] >= window[1])
    )
    return float(np.diff(counts)[near].sum())


@compiled
def _line(value: float, low: float, scale: float, count: int) -> int:
    """Return column or row of a coordinate; -1 before the grid, count behind it."""
    position = (value - low) * scale
    if position < 0.0:
        return -1
    if position >= count:
        return count
    return int(position)


@compiled
def _nearer(value: float, one: float, other: float) -> float:
    """Return the value held between two others."""
    return min(max(value, min(one, other)), max(one, other))


# --------------------------------------------------------------------------------- cutting areas into cells

# An area is the sum, over its pieces, of sign times the ground between a piece and the bottom of its cell.
# Pieces are cut edges, and stretches of the cell's top from where an edge crosses it to the right. They are
# kept as rows of one array: cell, ends xa, ya, xb, yb relative to the cell's south-west corner (xa < xb), sign.
PIECE = 6


@compiled
def _room(rows: np.ndarray, needed: int) -> np.ndarray:
    """Return the array with room for so many rows."""
    if needed <= len(rows):
        return rows
    wider = np.empty((2 * needed, rows.shape[1]))
    for k in range(rows.shape[0]):
        for n in range(rows.shape[1]):
            wider[k, n] = rows[k, n]
    return wider


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
        at = _nearer(xa + (line - ya) * ((xb - xa) / (yb - ya)), xa, xb)
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
        at = _nearer(ya + (line - xa) * ((yb - ya) / (xb - xa)), ya, yb)
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
    ca, ra = _line(xa, grid.west, grid.scale, grid.columns), _line(ya, grid.south, grid.scale, grid.rows)
    for k in range(ring[0] + 1, ring[1]):
        xb, yb = coordinates[k, 0], coordinates[k, 1]
        cb, rb = _line(xb, grid.west, grid.scale, grid.columns), _line(yb, grid.south, grid.scale, grid.rows)
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
def _span(bounds: np.ndarray, area: int, grid: Grid) -> tuple[int, int, int, int]:
    """Return first column (-1: west of the grid), first row, last column and last row of an area's box."""
    return (
        _line(bounds[area, 0], grid.west, grid.scale, grid.columns),
        max(_line(bounds[area, 1], grid.south, grid.scale, grid.rows), 0),
        min(_line(bounds[area, 2], grid.west, grid.scale, grid.columns), grid.columns - 1),
        min(_line(bounds[area, 3], grid.south, grid.scale, grid.rows), grid.rows - 1),
    )


@compiled
def _cut_area(
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
                pieces = _room(pieces, len(pieces) + 3 * (grid.columns + grid.rows + 4))
                there -= 1
            ends = (there, ends[1])
    whole, top = count, (0.0, grid.size, grid.size, grid.size)
    for row in range(height):
        pieces = _room(pieces, whole + width)
        times = 0
        for column in range(width):
            if times != 0:
                whole = _put(pieces, whole, grid, (column + span[0], row + span[1]), top, float(times))
            times += crossings[row, column]
    return pieces, count, whole


# ------------------------------------------------------------------------------------------------- index


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


@compiled
def _by_cell(rows: np.ndarray, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Sort rows by the cell in their first column, keeping the order within each; return starts and order."""
    start = np.zeros(cells + 1, dtype=np.int64)
    for k in range(rows.shape[0]):
        start[int(rows[k, 0]) + 1] += 1
    for cell in range(cells):
        start[cell + 1] += start[cell]
    order = np.empty(rows.shape[0], dtype=np.int64)
    for k in range(rows.shape[0]):
        cell = int(rows[k, 0])
        order[start[cell]] = k
        start[cell] += 1
    for cell in range(cells, 0, -1):
        start[cell] = start[cell - 1]
    start[0] = 0
    return start, order


@compiled
def _cut_layer(rings: Rings, grid: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Cut all areas; return their edges' pieces and their whole cells, each with where every area's begin."""
    pieces, wholes = np.empty((1024, PIECE)), np.empty((1024, PIECE))
    areas = len(rings.area_start) - 1
    start, whole_start = np.zeros(areas + 1, dtype=np.int64), np.zeros(areas + 1, dtype=np.int64)
    for area in range(areas):
        start[area + 1], whole_start[area + 1] = start[area], whole_start[area]
        if rings.area_start[area] == rings.area_start[area + 1]:
            continue
        span = _span(rings.bounds, area, grid)
        pieces, end, all_end = _cut_area(pieces, start[area], grid, rings, area, span)
        start[area + 1] = end
        whole_start[area + 1] += all_end - end
        wholes = _room(wholes, whole_start[area + 1])
        for k in range(all_end - end):
            for n in range(PIECE):
                wholes[whole_start[area] + k, n] = pieces[end + k, n]
    return pieces, start, wholes, whole_start


def _index(rings: Rings, grid: Grid) -> Index:
    """Cut a layer into the cells of a grid."""
    pieces, ends, wholes, whole_ends = _cut_layer(rings, grid)
    cells = grid.columns * grid.rows
    pieces, wholes = pieces[: ends[-1]], wholes[: whole_ends[-1]]
    start, order = _by_cell(pieces, cells)
    whole_start, whole_order = _by_cell(wholes, cells)
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


# ----------------------------------------------------------------------------------------- sums over edges


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
    found = _room(found, count + 1)
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
        span = _span(rings.bounds, area, grid)
        state = _alone(span, index.state, grid)
        if state >= 0 and not _reaches_beyond(rings.bounds, area, grid):
            if areas[area] > least:
                found = _keep(found, count, area, state, areas[area])
                count += 1
            continue
        if state == -1:
            continue
        pieces, _, end = _cut_area(pieces, 0, grid, rings, area, span)
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
    large coordinates. Areas whose box lies in cells no border runs through are not cut at all.

    References
    ----------
    W. R. Franklin, "Area of overlay of two polygons", and "Calculating map overlay polygon' areas without
    explicitly calculating the polygons", 4th International Symposium on Spatial Data Handling, 1990.
    """
    window = _window(left, right)
    if window is None:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, np.empty(0)
    cells = CELLS_PER_EDGE * (_edges_within(left, window) + _edges_within(right, window))
    grid = _grid(window, cells)
    swapped = len(left.rings.coordinates) < len(right.rings.coordinates)
    one, other = (right, left) if swapped else (left, right)
    found = _stream(one.rings, one.areas, _index(other.rings, grid), len(other), grid, least)
    pairs, areas = found[:, :2].astype(np.int64), found[:, 2].copy()
    if not swapped:
        return pairs[:, 0], pairs[:, 1], areas
    order = np.argsort(pairs[:, 1], kind="stable")
    return pairs[order, 1], pairs[order, 0], areas[order]


# ----------------------------------------------------------------------------------------- without numba


def intersection_areas_plain(
    left: np.ndarray, right: np.ndarray, *, least: float = TOUCH_M2
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what `intersection_areas` does, from polygons and without compiled code.

    Parameters
    ----------
    left, right
        Arrays of valid shapely polygons and multipolygons in the same projected coordinates.
    least
        Pairs that share no more than this are left out.

    Returns
    -------
    tuple of numpy.ndarray
        Position in ``left``, position in ``right`` and area, sorted by the positions.

    Notes
    -----
    Areas that lie wholly in another are found by a prepared test; for the rest the larger is cut to the
    smaller one's box first, because GEOS reads the whole of both. Where few edges are left, they are summed
    in numpy as `intersection_areas` sums them.
    """
    if shapely.get_num_coordinates(left).sum() < shapely.get_num_coordinates(right).sum():
        j, i, areas = intersection_areas_plain(right, left, least=least)
        order = np.lexsort((j, i))
        return i[order], j[order], areas[order]
    i, j = shapely.STRtree(left).query(right)[::-1]
    order = np.argsort(j, kind="stable")
    i, j = i[order], j[order]
    areas = np.empty(len(i))
    starts = np.searchsorted(j, np.arange(len(right) + 1))
    for area, (first, end) in enumerate(pairwise(starts)):
        if first < end:
            areas[first:end] = _shared_with(right[area], left[i[first:end]])
    kept = areas > least
    order = np.lexsort((j[kept], i[kept]))
    return i[kept][order].astype(np.int64), j[kept][order].astype(np.int64), areas[kept][order]


def _shared_with(shape: shapely.Geometry, others: np.ndarray) -> np.ndarray:
    """Return the area one polygon shares with each of many."""
    # A copy of its own, so that no other thread sees it prepared.
    shape = shapely.from_wkb(shapely.to_wkb(shape))
    shapely.prepare(shape)
    areas: np.ndarray = shapely.area(others)
    inside = shapely.contains_properly(shape, others)
    meeting = ~inside & shapely.intersects(shape, others)
    shapely.destroy_prepared(shape)
    areas[~inside & ~meeting] = 0.0
    rest = np.flatnonzero(meeting)
    if len(rest):
        cut = np.array([_cut_to(shape, box) for box in shapely.bounds(others[rest])])
        areas[rest] = _shared_one_by_one(cut, others[rest])
    return areas


def _shared_one_by_one(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the area each polygon shares with the one at the same place.

    Few edges are summed pairwise in numpy, where GEOS pays more for each call than for the edges.
    """
    # The counts are 32-bit, their product is not.
    sizes = shapely.get_num_coordinates(left).astype(np.int64) * shapely.get_num_coordinates(right)
    few = sizes <= PRODUCT_AT_MOST
    areas = np.empty(len(left))
    areas[~few] = shapely.area(shapely.intersection(left[~few], right[~few]))
    few = np.flatnonzero(few)
    for batch in np.split(few, np.flatnonzero(np.diff(np.cumsum(sizes[few]) // PRODUCTS_AT_ONCE)) + 1):
        if len(batch):
            areas[batch] = _edge_sums(left[batch], right[batch])
    return areas


def _edge_sums(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Sum the ground below the lower of two edges over all pairs of edges, as `intersection_areas` does."""
    origin = shapely.bounds(right)[:, :2]
    one, of_one = _eastward_edges(left, origin)
    two, of_two = _eastward_edges(right, origin)
    counts = np.bincount(of_two, minlength=len(right))
    times = counts[of_one]
    a = np.repeat(np.arange(len(one)), times)
    first = (np.cumsum(counts) - counts)[of_one] - (np.cumsum(times) - times)
    b = np.arange(len(a)) + np.repeat(first, times)
    low, high = np.maximum(one[a, 0], two[b, 0]), np.minimum(one[a, 2], two[b, 2])
    meet = low < high
    a, b, low, high = a[meet], b[meet], low[meet], high[meet]
    (one_low, one_high), (two_low, two_high) = _heights(one[a], low, high), _heights(two[b], low, high)
    before, after = one_low - two_low, one_high - two_high
    over, under = np.maximum(before, after), np.minimum(before, after)
    crossing = (over > 0) & (under < 0)
    excess = np.where(crossing, over * over / np.where(crossing, over - under, 1.0), np.maximum(before + after, 0.0))
    ground = (high - low) * 0.5 * (one_low + one_high - excess) * one[a, 4] * two[b, 4]
    return np.bincount(of_one[a], weights=ground, minlength=len(left))


def _heights(edges: np.ndarray, low: np.ndarray, high: np.ndarray) -> Iterator[np.ndarray]:
    """Return the heights of edges at two places."""
    xa, ya, xb, yb = edges.T[:4]
    slope = (yb - ya) / (xb - xa)
    return (np.where(x == xb, yb, ya + (x - xa) * slope) for x in (low, high))


def _eastward_edges(shapes: np.ndarray, origin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ends and sign of all edges that are not upright, from their polygon's origin, and their polygon."""
    parts, owner = shapely.get_parts(shapely.orient_polygons(shapes, exterior_cw=True), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    of = owner[part[ring]]
    points = points - origin[of]
    edges = np.column_stack([points[:-1], points[1:], np.ones(len(points) - 1)])
    kept = (ring[1:] == ring[:-1]) & (edges[:, 0] != edges[:, 2])
    edges, of = edges[kept], of[:-1][kept]
    west = edges[:, 2] < edges[:, 0]
    edges[west] = edges[west][:, [2, 3, 0, 1, 4]] * (1.0, 1.0, 1.0, 1.0, -1.0)
    return edges, of


def _cut_to(shape: shapely.Geometry, box: np.ndarray) -> shapely.Geometry:
    """Cut a polygon to a box with a margin, so that no side of the box runs along an edge."""
    margin = 1.0 / 1024 + max(box[2] - box[0], box[3] - box[1]) / 64
    cut = shapely.clip_by_rect(shape, box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin)
    kept: shapely.Geometry = cut if shapely.is_valid(cut) else shape
    return kept


# ------------------------------------------------------------------------------------------------ points


@compiled
def _two_product(one: float, other: float, parts: np.ndarray, at: int) -> None:
    """Write a product as the sum of two floats without error (T. J. Dekker, 1971)."""
    product = one * other
    split = 134217729.0 * one
    one_high = split - (split - one)
    split = 134217729.0 * other
    other_high = split - (split - other)
    one_low, other_low = one - one_high, other - other_high
    low = one_low * other_low - (product - one_high * other_high - one_low * other_high - one_high * other_low)
    parts[at], parts[at + 1] = product, low


@compiled
def _exact_sign(parts: np.ndarray) -> float:
    """Return the sign of an exact sum of floats (J. R. Shewchuk's grow-expansion)."""
    grown = np.zeros(len(parts))
    for count in range(len(parts)):
        carry = parts[count]
        for k in range(count):
            summed = grown[k] + carry
            virtual = summed - grown[k]
            grown[k] = (grown[k] - (summed - virtual)) + (carry - virtual)
            carry = summed
        grown[count] = carry
    for k in range(len(parts) - 1, -1, -1):
        if grown[k] != 0.0:
            return float(grown[k])
    return 0.0


@compiled
def _side(xa: float, ya: float, xb: float, yb: float, x: float, y: float) -> float:
    """Return a number with the exact sign of the side of a point: positive left of a to b, 0 on the line."""
    one, other = (xb - xa) * (y - ya), (yb - ya) * (x - xa)
    side = one - other
    if abs(side) > ORIENTATION_ERROR * (abs(one) + abs(other)):
        return side
    parts = np.empty(12)
    _two_product(xa, yb, parts, 0)
    _two_product(-ya, xb, parts, 2)
    _two_product(xb, y, parts, 4)
    _two_product(-yb, x, parts, 6)
    _two_product(x, ya, parts, 8)
    _two_product(-y, xa, parts, 10)
    return _exact_sign(parts)


class Lookup(NamedTuple):
    """A layer's edges by cell, for points.

    In each row the areas are known at every cell no edge runs through; a point in another cell counts the
    edges between itself and the nearest such cell to its left.

    Attributes
    ----------
    start
        Position of each cell's first edge; an edge is listed in the first cell it meets in each row.
    values
        Cell, ends xa, ya, xb, yb (the lower first) and area of each edge.
    first
        Position of the first edge to count for a point in the cell.
    known
        Which set of areas holds in the cell, or in the nearest one to its left that no edge runs through.
    set_start, set_areas
        The sets, ascending; the first is empty.
    """

    start: np.ndarray
    values: np.ndarray
    first: np.ndarray
    known: np.ndarray
    set_start: np.ndarray
    set_areas: np.ndarray


@compiled
def _columns_met(edge: tuple[float, float, float, float], south: float, grid: Grid) -> tuple[int, int]:
    """Return first and last column an edge may meet in a row, rounding taken care of."""
    xa, ya, xb, yb = edge
    low, high = min(xa, xb), max(xa, xb)
    if ya < yb and xa != xb and (ya < south or yb > south + grid.size):
        slope = (xb - xa) / (yb - ya)
        one = _nearer(xa + (south - ya) * slope, low, high) if ya < south else xa
        other = _nearer(xa + (south + grid.size - ya) * slope, low, high) if yb > south + grid.size else xb
        low, high = min(one, other), max(one, other)
    margin = FLAT * grid.size
    return (
        max(_line(low - margin, grid.west, grid.scale, grid.columns), 0),
        min(_line(high + margin, grid.west, grid.scale, grid.columns), grid.columns - 1),
    )


@compiled
def _upwards(coordinates: np.ndarray, k: int) -> tuple[float, float, float, float]:
    """Return an edge with its lower end first, so that neighbours see the same numbers."""
    xa, ya, xb, yb = coordinates[k, 0], coordinates[k, 1], coordinates[k + 1, 0], coordinates[k + 1, 1]
    if yb < ya or (yb == ya and xb < xa):
        return xb, yb, xa, ya
    return xa, ya, xb, yb


@compiled
def _list_edges(rings: Rings, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """List cell, ends and area of each edge once a row, and mark the cells edges run through."""
    coordinates = rings.coordinates
    listed, count = np.empty((1024, PIECE)), 0
    crossed = np.zeros(grid.columns * grid.rows, dtype=np.bool_)
    for area in range(len(rings.area_start) - 1):
        for ring in range(rings.area_start[area], rings.area_start[area + 1]):
            for k in range(rings.ring_start[ring], rings.ring_start[ring + 1] - 1):
                edge = _upwards(coordinates, k)
                row = _line(edge[1], grid.south, grid.scale, grid.rows)
                last = _line(edge[3], grid.south, grid.scale, grid.rows)
                if count + last - row + 1 > len(listed):
                    listed = _room(listed, count + last - row + 1)
                for line in range(row, last + 1):
                    first, end = _columns_met(edge, grid.south + line * grid.size, grid)
                    for column in range(first, end + 1):
                        crossed[line * grid.columns + column] = True
                    listed[count, 0] = line * grid.columns + first
                    listed[count, 1], listed[count, 2] = edge[0], edge[1]
                    listed[count, 3], listed[count, 4] = edge[2], edge[3]
                    listed[count, 5] = area
                    # A level edge crosses no level line, but no cell it runs through is all one.
                    count += 1 if edge[1] < edge[3] else 0
    return listed[:count], crossed


@compiled
def _toggle(inside: np.ndarray, members: np.ndarray, count: int, area: int) -> int:
    """Take an area into a list or out of it, keeping it ascending; return the new count."""
    inside[area] = not inside[area]
    k = 0
    while k < count and members[k] < area:
        k += 1
    if inside[area]:
        for n in range(count, k, -1):
            members[n] = members[n - 1]
        members[k] = area
        return count + 1
    for n in range(k, count - 1):
        members[n] = members[n + 1]
    return count - 1


def _lookup(rings: Rings, grid: Grid) -> Lookup:
    """List the edges of a layer by cell and find which areas hold where no edge runs."""
    listed, crossed = _list_edges(rings, grid)
    start, order = _by_cell(listed, grid.columns * grid.rows)
    values = listed[order]
    first, known, set_start, set_areas = _known_cells(start, values, len(rings.area_start) - 1, grid, crossed)
    return Lookup(start, values, first, known, set_start, set_areas)


@compiled
def _known_cells(
    start: np.ndarray, values: np.ndarray, areas: int, grid: Grid, crossed: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Sweep each row from the west: past a run of crossed cells, count its edges at the middle of the row."""
    first, known = start[1:].copy(), np.zeros(len(crossed), dtype=np.int64)
    set_start, sets = np.zeros(1024, dtype=np.int64), 0
    set_areas = np.empty(1024, dtype=np.int64)
    inside, members = np.zeros(areas, dtype=np.bool_), np.empty(areas + 1, dtype=np.int64)
    for row in range(grid.rows):
        count, current, run = 0, 0, row * grid.columns
        middle = grid.south + (row + 0.5) * grid.size
        for cell in range(row * grid.columns, (row + 1) * grid.columns):
            known[cell] = current
            if crossed[cell]:
                first[cell] = start[run]
                continue
            for k in range(start[run], start[cell]):
                if values[k, 2] <= middle < values[k, 4]:
                    count = _toggle(inside, members, count, int(values[k, 5]))
            if run < cell and count:
                sets += 1
                set_start, set_areas = _wider(set_start, sets + 2), _wider(set_areas, set_start[sets] + count)
                for k in range(count):
                    set_areas[set_start[sets] + k] = members[k]
                set_start[sets + 1] = set_start[sets] + count
            if run < cell:
                current = sets if count else 0
            known[cell] = current
            run = cell + 1
        for k in range(count):
            inside[members[k]] = False
    return first, known, set_start, set_areas


@compiled
def _wider(values: np.ndarray, needed: int) -> np.ndarray:
    """Return the list with room for so many items."""
    if needed <= len(values):
        return values
    wider = np.zeros(2 * needed, dtype=np.int64)
    for k in range(len(values)):
        wider[k] = values[k]
    return wider


@compiled
def _is_right_of(values: np.ndarray, k: int, x: float, y: float) -> bool:
    """Return whether a point is on an edge that runs upwards or right of it."""
    xa, ya, xb, yb = values[k, 1], values[k, 2], values[k, 3], values[k, 4]
    if x < min(xa, xb):
        return False
    return x >= max(xa, xb) or _side(xa, ya, xb, yb, x, y) <= 0.0


@compiled
def _place(x: float, y: float, grid: Grid) -> int:
    """Return the cell of a point, -1 outside the grid; comparisons are such that no missing number passes."""
    if not (x >= grid.west and y >= grid.south):
        return -1
    column = _line(x, grid.west, grid.scale, grid.columns)
    row = _line(y, grid.south, grid.scale, grid.rows)
    return -1 if column == grid.columns or row == grid.rows else row * grid.columns + column


@compiled
def _find_points(x: np.ndarray, y: np.ndarray, look: Lookup, areas: int, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return point and area of every hit, in order."""
    start, values, first, known = look.start, look.values, look.first, look.known
    set_start, set_areas = look.set_start, look.set_areas
    inside, members = np.zeros(areas, dtype=np.bool_), np.empty(areas + 1, dtype=np.int64)
    points, hits = np.empty(len(x) + 1, dtype=np.int64), np.empty(len(x) + 1, dtype=np.int64)
    total = 0
    for point in range(len(x)):
        cell = _place(x[point], y[point], grid)
        if cell < 0:
            continue
        count = 0
        for k in range(set_start[known[cell]], set_start[known[cell] + 1]):
            count = _toggle(inside, members, count, set_areas[k])
        for k in range(first[cell], start[cell + 1]):
            if values[k, 2] <= y[point] < values[k, 4] and _is_right_of(values, k, x[point], y[point]):
                count = _toggle(inside, members, count, int(values[k, 5]))
        if total + count > len(points):
            points, hits = _wider(points, total + count), _wider(hits, total + count)
        for k in range(count):
            points[total + k], hits[total + k] = point, members[k]
            inside[members[k]] = False
        total += count
    return points[:total], hits[:total]


def points_in_areas(x: np.ndarray, y: np.ndarray, edges: Edges) -> tuple[np.ndarray, np.ndarray]:
    """Find which points lie in which areas.

    Parameters
    ----------
    x, y
        The points, in the coordinates of the layer. Points with missing coordinates are in no area.
    edges
        The layer; its areas may overlap each other.

    Returns
    -------
    tuple of numpy.ndarray
        Position of the point and position of the area, one item for each area a point is in, sorted. A point
        on the border of two areas that share their vertices is in exactly one of them: the one to its right,
        or above it where the border is level.

    Notes
    -----
    Even-odd rule on half-open edges, with the exact sign of the side a point is on (J. R. Shewchuk, "Adaptive
    precision floating-point arithmetic and fast robust geometric predicates", 1997), over rows of cells.
    """
    x, y = (np.ascontiguousarray(values, dtype=np.float64) for values in (x, y))
    window = _window(edges)
    if window is None or len(x) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    grid = _grid(window, 2.0 * len(edges.rings.coordinates))
    points, areas = _find_points(x, y, _lookup(edges.rings, grid), len(edges), grid)
    return points.copy(), areas.copy()
