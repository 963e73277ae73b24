"""How wide polygons are: slivers as well as areas, many at once."""

from __future__ import annotations

import numpy as np
import shapely

__all__ = ["width_m", "widths_m"]

POLYGON = 3
FINEST = 1e-3
"""Metres to which widths are told apart: the millimetre of the coordinates."""
FINE = 50
"""Widths are exact to a fiftieth of themselves."""
SLENDER = 8
"""A part whose most possible width is more than so many times its least is measured by shrinking it."""


def width_m(shape: shapely.Geometry, *, enough: float = np.inf) -> float:
    """Return the width of the widest part of a polygon: twice the radius of its largest inscribed circle.

    Parameters
    ----------
    shape
        Polygon, MultiPolygon or GeometryCollection, in metres; what is not a polygon has no width.
    enough
        Width beyond which a lower bound is answer enough; the bound is twice area by perimeter.

    Returns
    -------
    float
        Metres; where more than ``enough``, possibly less than the true width.

    Examples
    --------
    >>> round(width_m(shapely.box(0, 0, 10, 3)), 2)
    3.0
    >>> width_m(shapely.box(0, 0, 10, 4), enough=1) > 1
    True
    """
    return float(widths_m(np.array([shape], dtype=object), enough=enough)[0])


def widths_m(shapes: np.ndarray, *, enough: float | np.ndarray = np.inf) -> np.ndarray:
    """Return the widths of many polygons, as `width_m` does for one.

    Parameters
    ----------
    shapes
        Array of shapely geometries in metres.
    enough
        Width beyond which a lower bound is answer enough: one for all, or one for each shape.

    Returns
    -------
    numpy.ndarray
        Metres, one for each shape; 0 where it has no polygon.

    Notes
    -----
    The search for the largest circle halves the squares of a grid over the part until none can hold a better
    one: quick in a compact part, and as long as the part over its width in a sliver. Two copies of one border
    that differ by a millimetre leave thousands of those, kilometres long; they are shrunk instead, all at
    once, until nothing of them is left.
    """
    parts, owner = _parts(np.asarray(shapes, dtype=object))
    area = shapely.area(parts)
    parts, owner, area = parts[area > 0], owner[area > 0], area[area > 0]
    least, most = 2 * area / shapely.length(parts), _of_circle(area)
    widths = np.zeros(len(shapes))
    np.maximum.at(widths, owner, least)
    open_ = (widths <= enough)[owner] & (most > widths[owner])
    slender = most > SLENDER * least
    _by_circle(widths, parts, owner, most, np.flatnonzero(open_ & ~slender))
    chosen = np.flatnonzero(open_ & slender)
    _by_shrinking(widths, parts[chosen], owner[chosen], least[chosen], most[chosen])
    return widths


def _parts(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the parts of shapes and whose they are; a polygon stands for itself, and is not copied."""
    several = np.flatnonzero(shapely.get_type_id(shapes) != POLYGON)
    parts, of_several = shapely.get_parts(shapes[several], return_index=True)
    alone = np.setdiff1d(np.arange(len(shapes)), several, assume_unique=True)
    owner = np.concatenate([alone, several[of_several]])
    order = np.argsort(owner, kind="stable")
    return np.concatenate([shapes[alone], parts])[order], owner[order]


def _of_circle(area: np.ndarray) -> np.ndarray:
    """Return the diameters of circles of these areas: nothing of an area is wider."""
    diameter: np.ndarray = 2 * np.sqrt(area / np.pi)
    return diameter


def _by_circle(
    widths: np.ndarray, parts: np.ndarray, owner: np.ndarray, most: np.ndarray, possible: np.ndarray
) -> None:
    # The most promising part first: what it holds usually rules the others out.
    for n in possible[np.argsort(-most[possible], kind="stable")]:
        if most[n] > widths[owner[n]]:
            finest = max(widths[owner[n]] / FINE, FINEST)
            # Parts of rounding are too thin for the search's own arithmetic.
            with np.errstate(divide="ignore", invalid="ignore"):
                circle = shapely.maximum_inscribed_circle(parts[n], tolerance=finest)
            widths[owner[n]] = max(widths[owner[n]], 2 * shapely.length(circle))


def _by_shrinking(
    widths: np.ndarray, parts: np.ndarray, owner: np.ndarray, least: np.ndarray, most: np.ndarray
) -> None:
    """Halve the range in which each part's width lies, as long as it could be the widest of its shape.

    A part shrunk from all sides by half of a trial width is empty where the part is nowhere as wide. What is
    left is shrunk on: every trial works on less.
    """
    cores, taken = parts.copy(), np.zeros(len(parts))
    while True:
        best = widths[owner]
        going = np.flatnonzero((most > best) & (most - least > np.maximum(least / FINE, FINEST)))
        if not len(going):
            return
        low, high = least[going], most[going]
        # Twice the least known, not half of the most possible, which in a sliver is far too much.
        trial = np.minimum(2 * np.maximum(low, FINEST), (low + high) / 2)
        left = shapely.buffer(cores[going], (taken[going] - trial) / 2)
        holds = ~shapely.is_empty(left)
        most[going[~holds]] = trial[~holds]
        held = going[holds]
        cores[held], taken[held], least[held] = left[holds], trial[holds], trial[holds]
        # Shrinking cuts corners with chords: the width is what a circle inside shows.
        np.maximum.at(widths, owner[held], np.minimum(trial[holds], _through(cores[held], parts[held])))


def _through(cores: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Return the diameters of the circles round a point of each core that lie inside its part."""
    diameter: np.ndarray = 2 * shapely.distance(shapely.point_on_surface(cores), shapely.boundary(parts))
    return diameter
