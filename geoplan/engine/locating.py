"""Areas in which points lie, each border belonging to one of its two neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely

from geoplan.engine.edges import (
    COMPILED,
    PIECE,
    Edges,
    Grid,
    Rings,
    between,
    by_cell,
    compiled,
    grid_over,
    inner,
    line_of,
    window_of,
)
from geoplan.engine.sums import side_of

__all__ = [
    "CompiledFinder",
    "PlainFinder",
    "finder_of",
    "points_in_areas",
    "points_in_areas_compiled",
    "points_in_areas_plain",
]

ROOM = 16_384
"""Items for which there is room at first."""
FLAT = 1e-9
"""Share of a grid cell by which the look-up of points widens each edge, far above rounding."""
BORDER_STEP_M = 1e-6
"""Step of the plain look-up: far below any survey's precision, above the rounding of large coordinates."""


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
    Without numba the points are moved a micrometre to the right and a nanometre up and asked of shapely: the
    same rule, but for points nearer than that to a border they are not on.
    """
    found = points_in_areas_compiled if COMPILED else points_in_areas_plain
    return found(x, y, edges)


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


@inner
def _columns_met(edge: tuple[float, float, float, float], south: float, grid: Grid) -> tuple[int, int]:
    """Return first and last column an edge may meet in a row, rounding taken care of."""
    xa, ya, xb, yb = edge
    low, high = min(xa, xb), max(xa, xb)
    if ya < yb and xa != xb and (ya < south or yb > south + grid.size):
        slope = (xb - xa) / (yb - ya)
        one = between(xa + (south - ya) * slope, low, high) if ya < south else xa
        other = between(xa + (south + grid.size - ya) * slope, low, high) if yb > south + grid.size else xb
        low, high = min(one, other), max(one, other)
    margin = FLAT * grid.size
    return (
        max(line_of(low - margin, grid.west, grid.scale, grid.columns), 0),
        min(line_of(high + margin, grid.west, grid.scale, grid.columns), grid.columns - 1),
    )


@inner
def _upwards(coordinates: np.ndarray, k: int) -> tuple[float, float, float, float]:
    """Return an edge with its lower end first, so that neighbours see the same numbers."""
    xa, ya, xb, yb = coordinates[k, 0], coordinates[k, 1], coordinates[k + 1, 0], coordinates[k + 1, 1]
    if yb < ya or (yb == ya and xb < xa):
        return xb, yb, xa, ya
    return xa, ya, xb, yb


@compiled
def _list_edges(
    rings: Rings, grid: Grid, done: int, count: int, listed: np.ndarray, crossed: np.ndarray
) -> tuple[int, int]:
    """List cell, ends and area of each edge once a row, and mark the cells edges run through, while there is room.

    Returns how many rings are done then, and the new count of rows.
    """
    coordinates, area = rings.coordinates, 0
    for ring in range(done, len(rings.ring_sign)):
        before = count
        while rings.area_start[area + 1] <= ring:
            area += 1
        for k in range(rings.ring_start[ring], rings.ring_start[ring + 1] - 1):
            edge = _upwards(coordinates, k)
            row = line_of(edge[1], grid.south, grid.scale, grid.rows)
            last = line_of(edge[3], grid.south, grid.scale, grid.rows)
            if count + last - row + 1 > len(listed):
                return ring, before
            for line in range(row, last + 1):
                first, end = _columns_met(edge, grid.south + line * grid.size, grid)
                for cell in range(line * grid.columns + first, line * grid.columns + end + 1):
                    crossed[cell] = True
                listed[count, 0] = line * grid.columns + first
                listed[count, 1], listed[count, 2] = edge[0], edge[1]
                listed[count, 3], listed[count, 4] = edge[2], edge[3]
                listed[count, 5] = area
                # A level edge crosses no level line, but no cell it runs through is all one.
                if edge[1] < edge[3]:
                    count += 1
    return len(rings.ring_sign), count


class Members(NamedTuple):
    """The areas that hold somewhere: whether each does, and those that do, ascending; and room to sum exactly."""

    inside: np.ndarray
    listed: np.ndarray
    parts: np.ndarray


def _no_members(areas: int) -> Members:
    """Return room for so many areas, none of which holds."""
    return Members(np.zeros(areas, dtype=bool), np.empty(areas + 1, dtype=np.int64), np.empty((2, 12)))


@inner
def _toggle(members: Members, count: int, area: int) -> int:
    """Take an area into the members or out of them; return the new count."""
    inside, listed = members.inside, members.listed
    inside[area] = not inside[area]
    k = 0
    while k < count and listed[k] < area:
        k += 1
    if inside[area]:
        for n in range(count, k, -1):
            listed[n] = listed[n - 1]
        listed[k] = area
        return count + 1
    for n in range(k, count - 1):
        listed[n] = listed[n + 1]
    return count - 1


def _lookup(rings: Rings, grid: Grid) -> Lookup:
    """List the edges of a layer by cell and find which areas hold where no edge runs."""
    listed, done, count = np.empty((2 * len(rings.coordinates) + ROOM, PIECE)), 0, 0
    crossed = np.zeros(grid.columns * grid.rows, dtype=bool)
    while (step := _list_edges(rings, grid, done, count, listed, crossed))[0] < len(rings.ring_sign):
        done, count = step
        listed = _twice(listed)
    start, order = by_cell(listed[: step[1]], grid.columns * grid.rows)
    values = listed[order]
    sets = (np.zeros(ROOM, dtype=np.int64), np.zeros(ROOM, dtype=np.int64))
    look = Lookup(start, values, start[1:].copy(), np.zeros_like(start[1:]), *sets)
    members = _no_members(len(rings.bounds))
    done, last = 0, 0
    while (step := _known_cells(grid, crossed, members, look, done, last))[0] < grid.rows:
        done, last = step
        look = look._replace(set_start=_twice(look.set_start), set_areas=_twice(look.set_areas))
    return look


@inner
def _toggle_crossed(members: Members, count: int, values: np.ndarray, first: int, end: int, level: float) -> int:
    """Take into the members, or out of them, the areas of edges that cross a level; return the new count."""
    for k in range(first, end):
        if values[k, 2] <= level < values[k, 4]:
            count = _toggle(members, count, int(values[k, 5]))
    return count


@inner
def _write_set(look: Lookup, last: int, members: Members, count: int) -> bool:
    """Write down the members as the last set; return whether there was room."""
    start = look.set_start[last]
    if last + 1 >= len(look.set_start) or start + count > len(look.set_areas):
        return False
    for k in range(count):
        look.set_areas[start + k] = members.listed[k]
    look.set_start[last + 1] = start + count
    return True


@compiled
def _known_cells(
    grid: Grid,
    crossed: np.ndarray,
    members: Members,
    look: Lookup,
    done: int,
    sets: int,
) -> tuple[int, int]:
    """Sweep each row from the west: past a run of crossed cells, count its edges at the middle of the row.

    Goes on while there is room for the sets; returns how many rows are done then, and the last set.
    """
    start, first, known = look.start, look.first, look.known
    for row in range(done, grid.rows):
        before, fits = sets, True
        count, current, run = 0, 0, row * grid.columns
        middle = grid.south + (row + 0.5) * grid.size
        for cell in range(row * grid.columns, (row + 1) * grid.columns):
            known[cell] = current
            if crossed[cell]:
                first[cell] = start[run]
                continue
            count = _toggle_crossed(members, count, look.values, start[run], start[cell], middle)
            if run < cell and count:
                sets += 1
                fits = _write_set(look, sets, members, count)
                if not fits:
                    break
            if run < cell:
                current = sets if count else 0
            known[cell] = current
            run = cell + 1
        for k in range(count):
            members.inside[members.listed[k]] = False
        if not fits:
            return row, before
    return grid.rows, sets


def _twice(rows: np.ndarray) -> np.ndarray:
    """Return the same with twice the room."""
    return np.concatenate([rows, np.zeros_like(rows)])


@inner
def _is_right_of(values: np.ndarray, k: int, x: float, y: float, parts: np.ndarray) -> bool:
    """Return whether a point is on an edge that runs upwards or right of it."""
    xa, ya, xb, yb = values[k, 1], values[k, 2], values[k, 3], values[k, 4]
    if x < min(xa, xb):
        return False
    return x >= max(xa, xb) or side_of(xa, ya, xb, yb, x, y, parts) <= 0.0


@inner
def _place(x: float, y: float, grid: Grid) -> int:
    """Return the cell of a point, -1 outside the grid; comparisons are such that no missing number passes."""
    if not (x >= grid.west and y >= grid.south):
        return -1
    column = line_of(x, grid.west, grid.scale, grid.columns)
    row = line_of(y, grid.south, grid.scale, grid.rows)
    return -1 if column == grid.columns or row == grid.rows else row * grid.columns + column


@compiled
def _find_points(
    points: tuple[np.ndarray, np.ndarray], look: Lookup, grid: Grid, members: Members, done: int, hits: np.ndarray
) -> tuple[int, int]:
    """Write down point and area of hits, in order, while there is room.

    Returns how many of the points are done then, and how many hits there are.
    """
    start, values, first, known = look.start, look.values, look.first, look.known
    x, y = points
    total = 0
    for point in range(done, len(x)):
        if total + len(members.listed) > len(hits):
            return point, total
        cell = _place(x[point], y[point], grid)
        if cell < 0:
            continue
        count = 0
        for k in range(look.set_start[known[cell]], look.set_start[known[cell] + 1]):
            count = _toggle(members, count, look.set_areas[k])
        for k in range(first[cell], start[cell + 1]):
            if values[k, 2] <= y[point] < values[k, 4] and _is_right_of(values, k, x[point], y[point], members.parts):
                count = _toggle(members, count, int(values[k, 5]))
        for k in range(count):
            hits[total + k, 0], hits[total + k, 1] = point, members.listed[k]
            members.inside[members.listed[k]] = False
        total += count
    return len(x), total


def _all_hits(points: tuple[np.ndarray, np.ndarray], look: Lookup, grid: Grid, areas: int) -> np.ndarray:
    """Return rows of point and area, one for each hit, in order."""
    members, hits = _no_members(areas), np.empty((len(points[0]) + areas + 1, 2), dtype=np.int64)
    kept, done = [], 0
    while done < len(points[0]):
        done, total = _find_points(points, look, grid, members, done, hits)
        kept.append(hits[:total].copy() if done < len(points[0]) else hits[:total])
    return np.concatenate(kept)


def points_in_areas_compiled(x: np.ndarray, y: np.ndarray, edges: Edges) -> tuple[np.ndarray, np.ndarray]:
    """Return what `points_in_areas` does, by compiled code; interpreted without numba, and then slow.

    Parameters
    ----------
    x, y
        The points, in the coordinates of the layer.
    edges
        The layer; its areas may overlap each other.

    Returns
    -------
    tuple of numpy.ndarray
        Position of the point and position of the area, one item for each area a point is in, sorted.
    """
    return compiled_finder(edges).find(x, y) if len(x) else (np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True, eq=False)
class CompiledFinder:
    """The edges of a layer laid out by cell once, of which any number of points are asked by compiled code.

    Attributes
    ----------
    look, grid
        Edges by cell, and the cells; nothing where the layer has no ground.
    areas
        Number of areas.
    """

    look: Lookup | None
    grid: Grid | None
    areas: int

    def find(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return position of the point and of the area, one item for each area a point is in, sorted."""
        x, y = (np.ascontiguousarray(values, dtype=np.float64) for values in (x, y))
        if self.look is None or self.grid is None or len(x) == 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        hits = _all_hits((x, y), self.look, self.grid, self.areas)
        return hits[:, 0].copy(), hits[:, 1].copy()


def compiled_finder(edges: Edges) -> CompiledFinder:
    """Lay out the edges of a layer by cell, for `CompiledFinder.find`."""
    window = window_of(edges)
    if window is None:
        return CompiledFinder(None, None, len(edges))
    grid = grid_over(window, 2.0 * len(edges.rings.coordinates))
    return CompiledFinder(_lookup(edges.rings, grid), grid, len(edges))


@dataclass(frozen=True, eq=False)
class PlainFinder:
    """The outlines of a layer, of which any number of points are asked with shapely alone."""

    edges: Edges

    def find(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return position of the point and of the area, one item for each area a point is in, sorted."""
        return points_in_areas_plain(x, y, self.edges)


def finder_of(edges: Edges) -> CompiledFinder | PlainFinder:
    """Make ready to find points in a layer again and again.

    Parameters
    ----------
    edges
        The layer; its areas may overlap each other.

    Returns
    -------
    CompiledFinder or PlainFinder
        Its ``find(x, y)`` answers as `points_in_areas` does. It can be pickled.
    """
    return compiled_finder(edges) if COMPILED else PlainFinder(edges)


def points_in_areas_plain(x: np.ndarray, y: np.ndarray, edges: Edges) -> tuple[np.ndarray, np.ndarray]:
    """Return what `points_in_areas` does, with shapely alone.

    Parameters
    ----------
    x, y
        The points, in the coordinates of the layer.
    edges
        The layer; its areas may overlap each other.

    Returns
    -------
    tuple of numpy.ndarray
        Position of the point and position of the area, one item for each area a point is in, sorted.
    """
    x, y = (np.asarray(values, dtype=np.float64) for values in (x, y))
    # A step east and a smaller one north takes every point off every border, and to the side the rule says.
    x, y = x + BORDER_STEP_M, y + BORDER_STEP_M / 1000
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    starts = np.searchsorted(x, edges.bounds[:, 0], side="left")
    ends = np.searchsorted(x, edges.bounds[:, 2], side="right")
    points, areas = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for n, (start, end) in enumerate(zip(starts, ends, strict=True)):
        south, north = edges.bounds[n, 1], edges.bounds[n, 3]
        near = start + np.flatnonzero((y[start:end] >= south) & (y[start:end] <= north))
        if len(near):
            # A copy of its own, so that no other thread sees it prepared.
            shape = shapely.from_wkb(shapely.to_wkb(edges.geometry[n]))
            shapely.prepare(shape)
            points.append(order[near[shapely.contains_xy(shape, x[near], y[near])]])
            areas.append(np.full(len(points[-1]), n))
    point, area = np.concatenate(points), np.concatenate(areas)
    order = np.lexsort((area, point))
    return point[order], area[order]
