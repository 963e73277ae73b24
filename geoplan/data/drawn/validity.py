"""Which polygons of a layer are not valid, judged once a file: it is the dearest of what reading one takes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from geoplan.data import cache

__all__ = ["invalid_rows"]

KIND = "validity"
LARGE_VERTICES = 100_000
"""Vertices from which an answer is worth keeping; fewer are judged in a few hundredths of a second."""


def invalid_rows(geometry: npt.NDArray[np.object_], origin: Iterable[str] = ()) -> npt.NDArray[np.int64]:
    """Find the polygons that are not valid.

    Parameters
    ----------
    geometry
        Array of polygons and multipolygons.
    origin
        Words that tell, up to the versions of libraries, of what the polygons were made, such as the hash of a file;
        then the answer is kept in the user's cache for later runs. Nothing is kept without.

    Returns
    -------
    numpy.ndarray
        Positions, in order.
    """
    words, vertices = [*origin], int(shapely.get_num_coordinates(geometry).sum())
    if not words or vertices < LARGE_VERTICES:
        return _judged(geometry)
    # An archive may hold two layers of one name: what they look like tells them apart.
    words += [str(len(geometry)), str(vertices), str(shapely.total_bounds(geometry).tolist())]
    words += [shapely.geos_version_string, pyproj.proj_version_str]
    key = hashlib.sha256("\0".join(words).encode()).hexdigest()
    kept = cache.load(KIND, key)
    if kept is not None:
        return np.frombuffer(kept, dtype="<i8")
    found = _judged(geometry)
    cache.store(KIND, key, found.astype("<i8").tobytes(), keep_others=True)
    return found


def _judged(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """Judge both halves at once: GEOS lets go of the interpreter meanwhile."""
    with ThreadPoolExecutor(max_workers=2) as judges:
        valid = np.concatenate([*judges.map(shapely.is_valid, np.array_split(geometry, 2))])
    return np.flatnonzero(~valid)
