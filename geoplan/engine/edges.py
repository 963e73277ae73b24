"""Edges of polygon layers, taken once as arrays, and the grid of square cells that they are laid out on."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
import shapely

__all__ = [
    "COMPILED",
    "PIECE",
    "TOUCH_M2",
    "Edges",
    "Grid",
    "Rings",
    "between",
    "by_cell",
    "common_grid",
    "compiled",
    "edges_of",
    "grid_over",
    "inner",
    "line_of",
    "some_of",
    "window_of",
]

Function = TypeVar("Function", bound=Callable[..., Any])
LOG = logging.getLogger(__name__)
try:
    import numba
    from numba.core.caching import FunctionCache
    from numba.core.runtime.nrt import rtsys
    from numba.extending import register_jitable
except ImportError:
    COMPILED = False
    """Whether numba is there; without it areas and points are found by plain numpy and shapely."""

    def compiled(function: Function) -> Function:
        """Leave the function to the interpreter: the same answers, some hundred times slower."""
        return function

    inner = compiled
else:
    COMPILED = True
    POLL_SECONDS = 0.02

    def compiled(function: Function) -> Function:
        """Compile to machine code, kept on disk; no fast-math, so that sums keep their order.

        Each such function costs a good part of a second the first time: few and coarse ones, and no arrays made in
        them, keep the first run on a machine short. The interpreter is free meanwhile, for a thread that writes.
        """
        # What is kept is dropped when the function's own file changes, not when one it calls in another does:
        # after a change to this file touch the files that import from it.
        made: Any = numba.njit(error_model="numpy", nogil=True)(function)
        with suppress(RuntimeError):  # neither the installation nor the user's cache can be written
            made._cache = Kept(function)  # type: ignore[no-untyped-call]  # noqa: SLF001 - as enable_caching does
        return cast("Function", made)

    def inner(function: Function) -> Function:
        """Compile into its callers what compiled code calls, without the door for the interpreter, as dear again."""
        return register_jitable(error_model="numpy")(function)

    class Kept(FunctionCache):
        """Machine code on disk: what is damaged is compiled anew, what cannot be written is not kept.

        Attributes
        ----------
        is_awaited
            Tells whether another process is about to keep the function: see `geoplan.engine.first_run`.
        """

        is_awaited: Callable[[], bool] = staticmethod(lambda: False)

        def is_empty(self) -> bool:
            """Tell whether nothing is kept of the function as it stands."""
            return not self._cache_file._load_index()  # type: ignore[no-untyped-call]  # noqa: SLF001

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            awaited = self.is_awaited()
            found = self._loaded(sig, target_context)
            while found is None and awaited:
                time.sleep(POLL_SECONDS)
                awaited = self.is_awaited()
                found = self._loaded(sig, target_context)
            return found

        def _loaded(self, sig: Any, target_context: Any) -> Any:
            try:
                # numba would load all that it compiles with, which takes longer than the kernels take to run; what
                # they call when they run are libraries of C and its memory of arrays, and that is what must be there.
                rtsys.initialize(target_context)
                with self._guard_against_spurious_io_errors():
                    return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]
            except Exception:  # noqa: BLE001 - unpickling what is damaged may raise anything
                LOG.warning("Compiled code kept in %s is damaged and is made anew.", self.cache_path)
                with suppress(OSError):
                    self.flush()  # type: ignore[no-untyped-call]
                return None

        def save_overload(self, sig: Any, data: Any) -> None:
            try:
                super().save_overload(sig, data)  # type: ignore[no-untyped-call]
            except OSError as error:
                LOG.info("No compiled code is kept in %s (%s).", self.cache_path, error)


TOUCH_M2 = 1e-6
"""Intersections below this are rounding of shared borders, not ground."""
CELLS_PER_EDGE = 0.2
"""Measured on real layers: fewer make edges meet more others, more cost more to lay out."""
CELLS_AT_MOST = 4_000_000
LINES_AT_MOST = 8192
POLYGON, MULTIPOLYGON = 3, 6
PIECE = 6
"""Columns of a row that holds a part of an edge: its cell, its ends xa, ya, xb, yb, and a sign or an area."""


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
    geometry
        The polygons themselves, as they were given.
    """

    rings: Rings
    areas: np.ndarray
    geometry: np.ndarray

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
    bounds = np.tile([np.inf, np.inf, -np.inf, -np.inf], (len(geometry), 1))
    rings, areas = Rings(coordinates, ring_start, ring_sign, area_start, bounds), np.zeros(len(geometry))
    measure = _measure if COMPILED else _measure_plain
    measure(rings, areas)
    if not (np.isfinite(areas).all() and (np.isfinite(bounds).all(axis=1) | (per_area == 0)).all()):
        message = "Coordinates must be finite numbers."
        raise ValueError(message)
    return Edges(rings, areas, geometry)


def some_of(edges: Edges, which: np.ndarray) -> Edges:
    """Return some areas of a layer, without taking their coordinates again.

    Parameters
    ----------
    edges
        The layer.
    which
        Positions of the areas wanted.

    Returns
    -------
    Edges
        In the order of ``which``.
    """
    rings = edges.rings
    ring, area_start = _ranges(rings.area_start, which)
    vertex, ring_start = _ranges(rings.ring_start, ring)
    taken = Rings(rings.coordinates[vertex], ring_start, rings.ring_sign[ring], area_start, rings.bounds[which])
    return Edges(taken, edges.areas[which], edges.geometry[which])


def _ranges(start: np.ndarray, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions in some of the ranges that begin at starts, and where each range begins among them."""
    lengths = start[which + 1] - start[which]
    offsets = _offsets(lengths)
    return np.arange(offsets[-1]) + np.repeat(start[which] - offsets[:-1], lengths), offsets


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
def _measure(rings: Rings, areas: np.ndarray) -> None:
    """Fill in areas and bounds, and turn ring signs from shell or hole into factors of orientation.

    A ring is measured relative to its first vertex, so that no digits are lost.
    """
    coordinates, bounds = rings.coordinates, rings.bounds
    for i in range(len(areas)):
        for ring in range(rings.area_start[i], rings.area_start[i + 1]):
            first = rings.ring_start[ring]
            x0, y0 = coordinates[first, 0], coordinates[first, 1]
            before_x, before_y, double = 0.0, 0.0, 0.0
            for k in range(first, rings.ring_start[ring + 1]):
                x, y = coordinates[k, 0], coordinates[k, 1]
                bounds[i, 0] = min(bounds[i, 0], x)
                bounds[i, 1] = min(bounds[i, 1], y)
                bounds[i, 2] = max(bounds[i, 2], x)
                bounds[i, 3] = max(bounds[i, 3], y)
                x, y = x - x0, y - y0
                double += (x - before_x) * (y + before_y)
                before_x, before_y = x, y
            areas[i] += rings.ring_sign[ring] * abs(double / 2.0)
            if double < 0.0:
                rings.ring_sign[ring] = -rings.ring_sign[ring]


def _measure_plain(rings: Rings, areas: np.ndarray) -> None:
    """Do what `_measure` does, in numpy."""
    coordinates, ring_start, ring_sign, area_start, bounds = rings
    if len(coordinates) == 0:
        return
    filled = np.diff(area_start) > 0
    first = ring_start[area_start[:-1][filled]]
    bounds[filled, :2] = np.minimum.reduceat(coordinates, first)
    bounds[filled, 2:] = np.maximum.reduceat(coordinates, first)
    with np.errstate(invalid="ignore"):  # numbers that are not finite are refused by the caller
        x, y = (coordinates - np.repeat(coordinates[ring_start[:-1]], np.diff(ring_start), axis=0)).T
        strips = (x - np.roll(x, 1)) * (y + np.roll(y, 1))
    strips[ring_start[:-1]] = 0.0
    clockwise = np.add.reduceat(strips, ring_start[:-1]) / 2.0
    areas[filled] = np.add.reduceat(ring_sign * np.abs(clockwise), area_start[:-1][filled])
    ring_sign[clockwise < 0.0] *= -1.0


def grid_over(window: np.ndarray, cells: float) -> Grid:
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


def window_of(*sides: Edges) -> np.ndarray | None:
    """Return the box in which the layers meet, or nothing where they do not."""
    held = [side.bounds[np.isfinite(side.bounds[:, 0])] for side in sides]
    if any(len(bounds) == 0 for bounds in held):
        return None
    low = np.max([bounds[:, :2].min(axis=0) for bounds in held], axis=0)
    high = np.min([bounds[:, 2:].max(axis=0) for bounds in held], axis=0)
    return np.concatenate([low, high]) if (low < high).all() else None


def common_grid(left: Edges, right: Edges) -> Grid | None:
    """Lay cells over the box in which two layers meet, as many as suit their edges; nothing where they do not."""
    window = window_of(left, right)
    if window is None:
        return None
    return grid_over(window, CELLS_PER_EDGE * (_edges_within(left, window) + _edges_within(right, window)))


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


@inner
def line_of(value: float, low: float, scale: float, count: int) -> int:
    """Return column or row of a coordinate; -1 before the grid, count behind it."""
    position = (value - low) * scale
    if position < 0.0:
        return -1
    if position >= count:
        return count
    return int(position)


@inner
def between(value: float, one: float, other: float) -> float:
    """Return the value held between two others."""
    low, high = (one, other) if one < other else (other, one)
    return low if value < low else (min(value, high))


def by_cell(rows: np.ndarray, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Sort rows by the cell in their first column, keeping the order within each; return starts and order."""
    start, order = np.zeros(cells + 1, dtype=np.int64), np.empty(len(rows), dtype=np.int64)
    _sort_by_cell(rows, start, order)
    return start, order


@compiled
def _sort_by_cell(rows: np.ndarray, start: np.ndarray, order: np.ndarray) -> None:
    """Fill in where each cell's rows begin and the order of the rows."""
    for k in range(len(rows)):
        start[int(rows[k, 0]) + 1] += 1
    for cell in range(1, len(start)):
        start[cell] += start[cell - 1]
    for k in range(len(rows)):
        cell = int(rows[k, 0])
        order[start[cell]] = k
        start[cell] += 1
    for cell in range(len(start) - 1, 0, -1):
        start[cell] = start[cell - 1]
    start[0] = 0
