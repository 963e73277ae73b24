"""Areas in which two polygon layers meet, by the same sums over edges in numpy, where there is no compiler."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from geoplan.engine.edges import TOUCH_M2, Edges, Grid, Rings, common_grid

__all__ = ["intersection_areas_plain"]

VERTICES_AT_ONCE = 200_000
PAIRS_AT_ONCE = 400_000
MIXED = -2
"""State of a cell that is neither empty (-1) nor wholly in exactly one area (its position)."""


class Pieces(NamedTuple):
    """Parts of edges that lie in one cell each, and stretches of its top, all running eastwards.

    An area is the sum, over its pieces, of sign times the ground between a piece and the bottom of its cell,
    and of its whole cells.

    Attributes
    ----------
    owner
        Position of the area.
    cell
        Number of the cell.
    xa, ya, xb, yb
        Ends, relative to the cell's south-west corner.
    sign
        1 where the area is below the piece, -1 where it is above.
    """

    owner: np.ndarray
    cell: np.ndarray
    xa: np.ndarray
    ya: np.ndarray
    xb: np.ndarray
    yb: np.ndarray
    sign: np.ndarray


class Runs(NamedTuple):
    """Edges turned eastwards, with the columns and rows of both ends.

    One before the first column or row stands for all before it, their number for all behind.
    """

    owner: np.ndarray
    xa: np.ndarray
    ya: np.ndarray
    xb: np.ndarray
    yb: np.ndarray
    sign: np.ndarray
    column: np.ndarray
    row: np.ndarray
    last_column: np.ndarray
    last_row: np.ndarray


class Cut(NamedTuple):
    """Areas cut into cells.

    Attributes
    ----------
    pieces
        In the order of their cells.
    under
        Ground under the pieces, a row an area and a column a cell.
    whole
        How many times the top left corner of a cell lies in an area: its whole cells.
    """

    pieces: Pieces
    under: sparse.csr_array | sparse.csc_array
    whole: sparse.csr_array | sparse.csc_array


def intersection_areas_plain(
    left: Edges, right: Edges, *, least: float = TOUCH_M2
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what `geoplan.engine.intersections.intersection_areas` does, without compiled code.

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

    Notes
    -----
    The ground under both of two pieces in a cell is summed over all pairs of pieces; a whole cell of one
    layer holds all ground of the other in it, so those sums are products of sparse matrices, areas by cells.
    """
    if len(left.rings.coordinates) < len(right.rings.coordinates):
        j, i, areas = intersection_areas_plain(right, left, least=least)
    else:
        i, j, areas = _all_pairs(left, right)
    kept = areas > least
    order = np.lexsort((j[kept], i[kept]))
    return i[kept][order].astype(np.int64), j[kept][order].astype(np.int64), areas[kept][order]


def _all_pairs(left: Edges, right: Edges) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return positions and area of pairs that meet or may touch, in no order."""
    grid = common_grid(left, right)
    if grid is None:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
    other = _cut(right.rings, np.arange(len(right)), grid)
    other = other._replace(under=other.under.tocsc(), whole=other.whole.tocsc())
    holder = _holders(left.bounds, _states(other, grid), grid)
    within = np.flatnonzero(holder >= 0)
    found = [(within, holder[within], left.areas[within])]
    rest = np.flatnonzero(holder == MIXED)
    sizes = np.diff(left.rings.ring_start[left.rings.area_start])[rest]
    for areas in _batches(rest, sizes, VERTICES_AT_ONCE):
        shared = _shared(_cut(left.rings, areas, grid), other, grid).tocoo()
        found.append((areas[shared.row], shared.col, shared.data))
    i, j, areas = (np.concatenate(part) for part in zip(*found, strict=True))
    return i, j, areas


def _batches(items: np.ndarray, sizes: np.ndarray, most: int) -> list[np.ndarray]:
    """Split items into runs whose sizes add up to about so much."""
    return np.split(items, np.flatnonzero(np.diff(np.cumsum(sizes) // most)) + 1) if len(items) else []


def _spread(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, for every item of groups of so many, its group and its place in it."""
    group = np.repeat(np.arange(len(counts)), counts)
    return group, np.arange(len(group)) - (np.cumsum(counts) - counts)[group]


def _lines(values: np.ndarray, low: float, scale: float, count: int) -> np.ndarray:
    """Return columns or rows of coordinates; -1 before the grid, count behind it."""
    return np.clip(np.floor((values - low) * scale), -1, count).astype(np.int64)


def _cut(rings: Rings, areas: np.ndarray, grid: Grid) -> Cut:
    """Cut areas into cells; they are numbered in the order they are named here."""
    runs = _runs(rings, areas, grid)
    inside = (runs.column == runs.last_column) & (runs.row == runs.last_row)
    short, long = (Runs(*(part[of] for part in runs)) for of in (inside, ~inside))
    west, south = grid.west + short.column * grid.size, grid.south + short.row * grid.size
    ends = (short.xa - west, short.ya - south, short.xb - west, short.yb - south)
    alone = Pieces(short.owner, short.row * grid.columns + short.column, *ends, short.sign)
    across, whole = _cut_long(long, grid, len(areas))
    pieces = Pieces(*(np.concatenate(parts) for parts in zip(alone, across, strict=True)))
    kept = np.flatnonzero((pieces.xa < pieces.xb) & ((pieces.ya > 0.0) | (pieces.yb > 0.0)))
    order = kept[np.argsort(pieces.cell[kept], kind="stable")]
    pieces = Pieces(*(part[order] for part in pieces))
    ground = pieces.sign * (pieces.xb - pieces.xa) * (pieces.ya + pieces.yb) * 0.5
    under = sparse.csr_array((ground, (pieces.owner, pieces.cell)), shape=whole.shape)
    return Cut(pieces, under, whole)


def _runs(rings: Rings, areas: np.ndarray, grid: Grid) -> Runs:
    """Return the edges of some areas but those that stay in one cell, row or column outside the grid."""
    of_area, nth = _spread(np.diff(rings.area_start)[areas])
    ring = rings.area_start[areas][of_area] + nth
    of_ring, nth = _spread(np.diff(rings.ring_start)[ring])
    x, y = rings.coordinates[rings.ring_start[ring][of_ring] + nth].T
    columns = _lines(x, grid.west, grid.scale, grid.columns)
    rows = _lines(y, grid.south, grid.scale, grid.rows)
    same_row, same_column = rows[1:] == rows[:-1], columns[1:] == columns[:-1]
    beyond_row = (rows[1:] < 0) | (rows[1:] == grid.rows)
    beyond_column = (columns[1:] < 0) | (columns[1:] == grid.columns)
    idle = same_row & (beyond_row | (same_column & beyond_column))
    a = np.flatnonzero((of_ring[1:] == of_ring[:-1]) & ~idle)
    b = a + 1
    owner, sign = of_area[of_ring[a]], rings.ring_sign[ring][of_ring[a]]
    # Always eastwards, so that both neighbours cut a shared edge at the same points.
    back = (x[b] < x[a]) | ((x[b] == x[a]) & (y[b] < y[a]))
    a, b, sign = np.where(back, b, a), np.where(back, a, b), np.where(back, -sign, sign)
    return Runs(owner, x[a], y[a], x[b], y[b], sign, columns[a], rows[a], columns[b], rows[b])


class Points(NamedTuple):
    """Ends and crossings of edges that leave their cell, along each edge.

    Coordinates, columns and rows are relative to the cell of the edge's first end; columns and rows are
    those behind the point.
    """

    edge: np.ndarray
    x: np.ndarray
    y: np.ndarray
    column: np.ndarray
    row: np.ndarray
    step: np.ndarray
    last: np.ndarray


def _points(runs: Runs, grid: Grid) -> Points:
    """Cut edges at the lines of the grid; ``step`` is 1 or -1 where a line between rows is crossed."""
    west, south = grid.west + runs.column * grid.size, grid.south + runs.row * grid.size
    xa, ya, xb, yb = runs.xa - west, runs.ya - south, runs.xb - west, runs.yb - south
    edge = np.arange(len(xa))
    one, nth = _spread(runs.last_column - runs.column)
    one_x = (nth + 1) * grid.size
    one_y = ya[one] + (one_x - xa[one]) * ((yb - ya)[one] / (xb - xa)[one])
    one_y = np.clip(one_y, np.minimum(ya, yb)[one], np.maximum(ya, yb)[one])
    two, nth = _spread(np.abs(runs.last_row - runs.row))
    up = np.where(runs.last_row < runs.row, -1, 1)
    step = up[two]
    two_y = (nth * step + (step + 1) // 2) * grid.size
    two_x = np.clip(xa[two] + (two_y - ya[two]) * ((xb - xa)[two] / (yb - ya)[two]), xa[two], xb[two])
    of, x, y = (np.concatenate(p) for p in ((edge, one, two, edge), (xa, one_x, two_x, xb), (ya, one_y, two_y, yb)))
    counts = (len(edge), len(one), len(two), len(edge))
    kind = np.repeat([0, 1, 2, 3], counts)
    # Whatever rounding says, the ends come first and last.
    order = np.lexsort((y * up[of], np.select([kind == 0, kind == 3], [-np.inf, np.inf], x), of))
    return _passed(of[order], x[order], y[order], kind[order], up)


def _passed(of: np.ndarray, x: np.ndarray, y: np.ndarray, kind: np.ndarray, up: np.ndarray) -> Points:
    """Count the lines passed along each edge."""
    step = np.where(kind == 2, up[of], 0)
    columns, rows = np.cumsum(kind == 1), np.cumsum(step)
    first = np.flatnonzero(kind == 0)
    return Points(of, x, y, columns - columns[first][of], rows - rows[first][of], step, kind == 3)


def _cut_long(runs: Runs, grid: Grid, areas: int) -> tuple[Pieces, sparse.csr_array]:
    """Cut edges that leave their cell; return the pieces on the grid and the whole cells of the areas."""
    points = _points(runs, grid)
    column, row = runs.column[points.edge] + points.column, runs.row[points.edge] + points.row
    on = (column >= 0) & (column < grid.columns)
    a = np.flatnonzero(~points.last & on & (row >= 0) & (row < grid.rows))
    west, south = points.column[a] * grid.size, points.row[a] * grid.size
    ends = (points.x[a] - west, points.y[a] - south, points.x[a + 1] - west, points.y[a + 1] - south)
    edge = points.edge[a]
    sides = Pieces(runs.owner[edge], row[a] * grid.columns + column[a], *ends, runs.sign[edge])
    # Where an edge crosses the line above a cell, the ground right of it begins or ends.
    below = np.minimum(row, row - points.step)
    at = np.flatnonzero((points.step != 0) & (below >= 0) & (below < grid.rows))
    owner, times = runs.owner[points.edge[at]], points.step[at] * runs.sign[points.edge[at]]
    whole = _whole(owner, below[at], column[at], times, grid, areas)
    on = on[at]
    at, owner, times = at[on], owner[on], times[on]
    size = np.full(len(at), grid.size)
    cell = below[at] * grid.columns + column[at]
    tops = Pieces(owner, cell, points.x[at] - points.column[at] * grid.size, size, size, size, times)
    return Pieces(*(np.concatenate(parts) for parts in zip(sides, tops, strict=True))), whole


def _whole(
    owner: np.ndarray, row: np.ndarray, column: np.ndarray, times: np.ndarray, grid: Grid, areas: int
) -> sparse.csr_array:
    """Return how often the top left corner of each cell lies in each area, from the crossings left of it."""
    order = np.lexsort((column, row, owner))
    owner, row, column = owner[order], row[order], column[order]
    # Rings are closed: over all crossings of a line the sum is zero.
    inside = np.cumsum(times[order])
    end = np.minimum(np.append(column[1:], 0), grid.columns - 1)
    crossing, nth = _spread(np.where(inside != 0.0, np.maximum(end - column, 0), 0))
    cell = row[crossing] * grid.columns + column[crossing] + 1 + nth
    return sparse.csr_array((inside[crossing], (owner[crossing], cell)), shape=(areas, grid.columns * grid.rows))


def _states(cut: Cut, grid: Grid) -> np.ndarray:
    """Return the position of the area that fills each cell alone, -1 where it is empty, else `MIXED`."""
    cells = grid.columns * grid.rows
    bare = np.bincount(cut.pieces.cell, minlength=cells) == 0
    corners = cut.whole.tocsc()
    held = np.diff(corners.indptr)
    state = np.where(bare & (held == 0), -1, MIXED)
    alone = np.flatnonzero(bare & (held == 1))
    first = corners.indptr[alone]
    state[alone] = np.where(corners.data[first] == 1.0, corners.indices[first], MIXED)
    return state.reshape(grid.rows, grid.columns)


def _holders(bounds: np.ndarray, states: np.ndarray, grid: Grid) -> np.ndarray:
    """Return for each box the area that fills all of its cells, -1 where nothing meets it, else `MIXED`."""
    holder = np.full(len(bounds), -1)
    filled = np.flatnonzero(np.isfinite(bounds[:, 0]))
    columns = _lines(bounds[filled][:, [0, 2]], grid.west, grid.scale, grid.columns)
    rows = _lines(bounds[filled][:, [1, 3]], grid.south, grid.scale, grid.rows)
    near = (columns[:, 1] >= 0) & (columns[:, 0] < grid.columns) & (rows[:, 1] >= 0) & (rows[:, 0] < grid.rows)
    filled, columns, rows = filled[near], columns[near], rows[near]
    (west, east), (south, north) = np.clip(columns, 0, grid.columns - 1).T, np.clip(rows, 0, grid.rows - 1).T
    # A cell differs if its neighbour to the east or north does: none in the box do if all are the same.
    differs = states == MIXED
    differs[:, :-1] |= states[:, :-1] != states[:, 1:]
    differs[:-1] |= states[:-1] != states[1:]
    sums = np.pad(differs.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    some = sums[north + 1, east + 1] - sums[south, east + 1] - sums[north + 1, west] + sums[south, west]
    beyond = (columns[:, 0] < 0) | (columns[:, 1] == grid.columns) | (rows[:, 0] < 0) | (rows[:, 1] == grid.rows)
    state = states[south, west]
    holder[filled] = np.where((some > 0) | (beyond & (state >= 0)), MIXED, state)
    return holder


def _shared(one: Cut, other: Cut, grid: Grid) -> sparse.csr_array:
    """Return the ground each area of one layer shares with each of the other."""
    ground = one.under + one.whole * (grid.size * grid.size)
    return ground @ other.whole.T + one.whole @ other.under.T + _under_both(one, other, grid)


def _under_both(one: Cut, other: Cut, grid: Grid) -> sparse.csr_array:
    """Sum the ground below the lower of two pieces over all pairs of pieces in a cell."""
    counts = np.bincount(other.pieces.cell, minlength=grid.columns * grid.rows)
    times, first = counts[one.pieces.cell], (np.cumsum(counts) - counts)[one.pieces.cell]
    shared = sparse.csr_array((one.whole.shape[0], other.whole.shape[0]))
    for batch in _batches(np.arange(len(times)), times, PAIRS_AT_ONCE):
        a, nth = _spread(times[batch])
        a = batch[a]
        b = first[a] + nth
        low = np.maximum(one.pieces.xa[a], other.pieces.xa[b])
        high = np.minimum(one.pieces.xb[a], other.pieces.xb[b])
        meet = low < high
        a, b, low, high = a[meet], b[meet], low[meet], high[meet]
        ground = one.pieces.sign[a] * other.pieces.sign[b] * _below(one.pieces, a, other.pieces, b, low, high)
        shared = shared + sparse.csr_array((ground, (one.pieces.owner[a], other.pieces.owner[b])), shape=shared.shape)
    return shared


def _below(one: Pieces, a: np.ndarray, other: Pieces, b: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Integrate the lower of two pieces between two places."""
    (one_low, one_high), (other_low, other_high) = _heights(one, a, low, high), _heights(other, b, low, high)
    before, after = one_low - other_low, one_high - other_high
    over, under = np.maximum(before, after), np.minimum(before, after)
    crossing = (over > 0.0) & (under < 0.0)
    excess = np.where(crossing, over * over / np.where(crossing, over - under, 1.0), np.maximum(before + after, 0.0))
    below: np.ndarray = (high - low) * 0.5 * (one_low + one_high - excess)
    return below


def _heights(pieces: Pieces, k: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the heights of pieces at two places."""
    xa, ya, xb, yb = pieces.xa[k], pieces.ya[k], pieces.xb[k], pieces.yb[k]
    slope = (yb - ya) / (xb - xa)
    return np.where(low == xa, ya, ya + (low - xa) * slope), np.where(high == xb, yb, ya + (high - xa) * slope)
