"""The outline and the union of areas, from the edges that they do not share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from geoplan.engine.faces import faces_of
from geoplan.engine.matching import bounded, directed_edges, is_sound, match_edges, segments
from geoplan.engine.stretches import along_stretches

__all__ = ["Dissolved", "dissolve", "outline_edges"]


class Dissolved(NamedTuple):
    """Areas joined by group.

    Attributes
    ----------
    group
        The groups, sorted.
    geometry
        Polygon or MultiPolygon of each, in normal form; empty where the group has no ground.
    repaired
        Whether the areas of the group do not fit together, so that GEOS's safe union was taken.
    """

    group: np.ndarray
    geometry: np.ndarray
    repaired: np.ndarray


def dissolve(geometry: np.ndarray, group: np.ndarray) -> Dissolved:
    """Join the areas of each group.

    Parameters
    ----------
    geometry
        Array of valid polygons and multipolygons; missing and empty ones add nothing.
    group
        Group of each area: numbers or text.

    Returns
    -------
    Dissolved
        Valid polygons. Where the areas of a group fit together all vertices are kept and square metres are
        conserved; groups that overlap or whose borders have different vertices on their two sides are
        joined by `shapely.union_all` and marked.

    Raises
    ------
    ValueError
        If something else than polygons is among them, a coordinate is not finite, or a group is missing.

    Notes
    -----
    The edges that two areas of a group draw in opposite directions are struck out, the others linked to
    rings. If these bound a valid polygon it is the union (see `is_coverage`); if not, nothing of it is used.

    Examples
    --------
    >>> dissolve(shapely.box([0, 1, 5], [0, 0, 0], [1, 2, 6], [1, 1, 1]), ["a", "a", "b"]).geometry[0].area
    2.0
    """
    geometry, group = np.asarray(geometry, dtype=object), np.asarray(group)
    if len(geometry) != len(group):
        message = f"Every area needs a group: there are {len(geometry)} areas and {len(group)} groups."
        raise ValueError(message)
    names, label = np.unique(group, return_inverse=True)
    edges = directed_edges(geometry)
    joined, sound = bounded(edges, match_edges(edges, label), label, len(names))
    order = np.argsort(label, kind="stable")
    members = np.split(geometry[order], np.cumsum(np.bincount(label, minlength=len(names)))[:-1])
    for n in np.flatnonzero(~sound):
        joined[n] = shapely.normalize(shapely.union_all(members[n]))
    return Dissolved(names, joined, ~sound)


def outline_edges(geometry: np.ndarray) -> np.ndarray:
    """Return the outside of a layer: the edges with an area on one side and none on the other.

    Parameters
    ----------
    geometry
        Array of valid polygons and multipolygons in metres; missing and empty ones have no edges.

    Returns
    -------
    numpy.ndarray
        Segments, shape (n, 2, 2): x and y of either end, as `shapely.linestrings` takes them.

    Raises
    ------
    ValueError
        If something else than polygons is among them, or a coordinate is not finite.

    Notes
    -----
    Coast, rim, lakes and gaps. Where areas overlap, or the two sides of a border have different vertices, it
    is the boundary of the union; cracks narrower than a micrometre are closed.

    Examples
    --------
    >>> len(outline_edges(shapely.box([0, 1], [0, 0], [1, 2], [1, 1])))
    6
    """
    geometry = np.asarray(geometry, dtype=object)
    edges = directed_edges(geometry)
    match = match_edges(edges)
    alone = np.sort(np.concatenate([match.single, match.tangled]))
    if is_sound(edges, match) and not len(along_stretches(edges, alone)[0]):
        return segments(edges.tail[match.single], edges.head[match.single])
    faces = faces_of(geometry, edges, alone)
    whole = shapely.coverage_union_all(faces.geometry[(faces.times > 0) | faces.thin])
    points, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(whole)), return_index=True)
    inner = ring[1:] == ring[:-1]
    return np.stack([points[:-1][inner], points[1:][inner]], axis=1)
