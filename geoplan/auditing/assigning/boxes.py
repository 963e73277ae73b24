"""Where the rows of a Parquet file are said to lie: by the boxes that cover them, or by their coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geoplan.auditing.assigning.placing import NATIVE, Placing, geometry_column
from geoplan.auditing.lookups.point_lists import projected
from geoplan.data.streams.parquet_rows import ParquetRows, RowSpan
from geoplan.errors import InputError, refusal
from geoplan.schema import BRITISH_NATIONAL_GRID

__all__ = ["Boxes", "boxes_of", "meeting"]

UNSAID = (np.nan, np.nan)
SIDES = ("xmin", "ymin", "xmax", "ymax")
MOST_BOXES = 512
"""Row groups next to each other share a box where there are more."""
ROUNDING_M = 1.0
"""By how much a box is widened: above the rounding of boxes that are kept in 32 bits."""
STEPS = 32
"""Into how many pieces a side is cut that is brought to another coordinate system."""
FARTHEST_STEP_M = 50_000.0
"""Length of such a piece from which a box says too little of where its rows lie."""


@dataclass(frozen=True, eq=False)
class Boxes:
    """Where rows are said to lie, which must be tested before it is relied on.

    Parameters
    ----------
    sides
        Least x, least y, greatest x, greatest y of each row group in metres (EPSG:27700), a little widened; missing
        where nothing is said.
    rows
        How many rows each has.
    """

    sides: np.ndarray
    rows: np.ndarray

    @property
    def all(self) -> np.ndarray | None:
        """The boxes of all rows, each once; None where of some nothing is said."""
        held = self.sides[self.rows > 0]
        return None if np.isnan(held).any() else np.unique(held, axis=0)

    def of(self, span: RowSpan) -> np.ndarray | None:
        """Return the box of a range of rows; None where of some nothing is said."""
        held = self.sides[list(span.groups)]
        if np.isnan(held).any():
            return None
        return np.concatenate([held[:, :2].min(axis=0), held[:, 2:].max(axis=0)])

    def tested(self, span: RowSpan, x: np.ndarray, y: np.ndarray, file: str) -> np.ndarray | None:
        """Return the box of a range of rows that lie where they are said to.

        Parameters
        ----------
        span
            Which rows.
        x, y
            Where they lie: metres (EPSG:27700), missing or infinite for what has no place there.
        file
            What the file is called.

        Returns
        -------
        numpy.ndarray or None
            As of `of`.

        Raises
        ------
        InputError
            If a row lies elsewhere.
        """
        groups = list(span.groups)
        starts = np.cumsum([0, *self.rows[groups][:-1]]) if len(groups) > 1 else np.zeros(1, np.int64)
        if len(x):
            across, up = (np.where(np.isfinite(each), each, np.nan) for each in (x, y))
            west, south, east, north = self.sides[groups].T
            beyond = (np.fmin.reduceat(across, starts) < west) | (np.fmax.reduceat(across, starts) > east)
            beyond |= (np.fmin.reduceat(up, starts) < south) | (np.fmax.reduceat(up, starts) > north)
            if beyond.any():
                at = int(np.flatnonzero(beyond)[0])
                first = span.first + int(starts[at])
                last = span.first + int(starts[at + 1] if at + 1 < len(starts) else len(x))
                message = f"{file}: among rows {first + 1:,} to {last:,} some lie outside the box that the file states"
                hint = "Its boxes are not those of its geometry: write the file anew, with boxes made anew or without."
                raise InputError(refusal(message, hint=hint))
        return self.of(span)


def boxes_of(rows: ParquetRows, placing: Placing) -> Boxes | None:
    """Learn from the statistics of a file where its rows are said to lie, without reading any.

    Parameters
    ----------
    rows
        The file.
    placing
        How the place of a row is read.

    Returns
    -------
    Boxes or None
        None where the file says nothing of any.

    Notes
    -----
    Columns of coordinates say it themselves. Geometry as WKB says nothing, but GeoParquet names four columns that hold
    the box of each row (``covering``). A box in other coordinates is brought to EPSG:27700 by points along its sides,
    and widened by the longest step between two of them: what bends between two points bends by less.
    """
    paths = _paths(rows, placing)
    if paths is None:
        return None
    told = [[UNSAID if each is None else each for each in group] for group in rows.ranges(paths)]
    counts = np.array(rows.group_rows(), dtype=np.int64)
    if not told:
        return None
    stated = np.array(told, dtype=float)
    sides = np.column_stack([stated[:, 0, 0], stated[:, 1, 0], stated[:, 2, 1], stated[:, 3, 1]])
    sides[(sides[:, 0] > sides[:, 2]) | (sides[:, 1] > sides[:, 3])] = np.nan
    sides[np.isnan(sides).any(axis=1)] = np.nan
    sides = _metres(_fewer(sides, counts), placing.crs, rows.origin.name)
    return None if np.isnan(sides[counts > 0]).all() else Boxes(sides, counts)


def _paths(rows: ParquetRows, placing: Placing) -> Sequence[str] | None:
    """Return the columns whose statistics tell least x, least y, greatest x and greatest y."""
    if not placing.encoding:
        return (*placing.columns, *placing.columns)
    name = placing.columns[0]
    if placing.encoding == NATIVE:
        return (f"{name}.x", f"{name}.y", f"{name}.x", f"{name}.y")
    found = geometry_column(rows.schema)
    covering = found[1].get("covering") if found else None
    named = covering.get("bbox") if isinstance(covering, Mapping) else None
    paths = [named.get(side) if isinstance(named, Mapping) else None for side in SIDES]
    if not all(isinstance(path, list) and path and all(isinstance(part, str) for part in path) for path in paths):
        return None
    return [".".join(path) for path in paths if path]


def _fewer(sides: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Let row groups next to each other share a box, so that there are few different ones."""
    run = np.arange(len(sides)) // -(-len(sides) // MOST_BOXES)
    starts = np.flatnonzero(np.diff(run, prepend=-1))
    # Of a row group without rows nothing is said, and nothing need be.
    low = np.where((rows > 0)[:, None], sides[:, :2], np.inf)
    high = np.where((rows > 0)[:, None], sides[:, 2:], -np.inf)
    shared = np.hstack([np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)])
    shared[~np.isfinite(shared).all(axis=1)] = np.nan
    return np.asarray(shared[run])


def _metres(sides: np.ndarray, crs: str, file: str) -> np.ndarray:
    """Bring boxes to EPSG:27700, so that they still hold all that lay in them."""
    out = np.array([-1.0, -1.0, 1.0, 1.0])
    if crs == BRITISH_NATIONAL_GRID:
        return sides + ROUNDING_M * out
    boxes, of = np.unique(sides, axis=0, return_inverse=True)
    along = np.arange(STEPS) / STEPS
    nought, one = np.zeros(STEPS), np.ones(STEPS)
    across, up = np.r_[along, one, 1 - along, nought], np.r_[nought, along, one, 1 - along]
    x = boxes[:, [0]] + (boxes[:, [2]] - boxes[:, [0]]) * across
    y = boxes[:, [1]] + (boxes[:, [3]] - boxes[:, [1]]) * up
    known = np.isfinite(boxes).all(axis=1)
    x[known], y[known] = (
        each.reshape(-1, 4 * STEPS) for each in projected(x[known].ravel(), y[known].ravel(), crs, file)
    )
    x, y = (np.where(np.isfinite(each), each, np.nan) for each in (x, y))
    step = np.hypot(np.roll(x, -1, axis=1) - x, np.roll(y, -1, axis=1) - y).max(axis=1)
    moved = np.column_stack([x.min(axis=1), y.min(axis=1), x.max(axis=1), y.max(axis=1)])
    moved += (ROUNDING_M + step)[:, None] * out
    moved[~(step <= FARTHEST_STEP_M)] = np.nan
    return np.asarray(moved[of.ravel()])


def meeting(bounds: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Tell which bounds meet any of some boxes; missing and infinite ones, of what is empty, meet none.

    Parameters
    ----------
    bounds, boxes
        Rows of least x, least y, greatest x, greatest y.

    Returns
    -------
    numpy.ndarray
        A truth value for each of the bounds.
    """
    met = np.zeros(len(bounds), dtype=bool)
    left = np.arange(len(bounds))
    for west, south, east, north in boxes:
        near = (bounds[left, 0] <= east) & (bounds[left, 2] >= west)
        near &= (bounds[left, 1] <= north) & (bounds[left, 3] >= south)
        met[left[near]] = True
        left = left[~near]
    return met
