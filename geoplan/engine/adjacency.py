"""Which areas of one layer border on each other and along how much; whether they overlap."""

from __future__ import annotations

import numpy as np
import shapely

from geoplan.engine.faces import faces_of, is_thin
from geoplan.engine.matching import POLYGON, DirectedEdges, Match, directed_edges, is_sound, match_edges
from geoplan.engine.stretches import Borders, along_stretches

__all__ = ["adjacency", "is_coverage"]


def adjacency(geometry: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the pairs of areas that share a border longer than a point, or ground.

    Parameters
    ----------
    geometry
        Array of valid polygons and multipolygons in metres; missing and empty ones have no neighbours.

    Returns
    -------
    i, j : numpy.ndarray
        Positions of the two areas, i < j, sorted by i, then j.
    border_m : numpy.ndarray
        Metres along which their borders run together. 0 where two areas overlap and their borders meet at
        points only. Areas that touch at corners are no pair.

    Raises
    ------
    ValueError
        If something else than polygons is among them, or a coordinate is not finite.

    Notes
    -----
    Edges of equal ends are one border: exact, and all there is to a coverage whose neighbours share their
    vertices. Of the edges drawn by one area only, two run together where they are nowhere further apart than
    a micrometre over the whole of their common stretch, whether vertices meet there or not. Areas overlap
    where they hold common ground wider than a micrometre, on average of each piece; then all edges of the
    areas around are compared, not only those drawn once.

    Examples
    --------
    >>> i, j, border_m = adjacency(shapely.box([0, 1, 0], [0, 0, 2], [1, 2, 1], [2, 1, 3]))
    >>> i.tolist(), j.tolist(), border_m.tolist()
    ([0, 0], [1, 2], [1.0, 1.0])
    """
    geometry = np.asarray(geometry, dtype=object)
    edges = directed_edges(geometry)
    match = match_edges(edges)
    alone = np.sort(np.concatenate([match.single, match.tangled]))
    pairs = [_along_matches(edges, match)]
    if not is_sound(edges, match):
        faces = faces_of(geometry, edges, alone)
        _, around = shapely.STRtree(geometry).query(faces.geometry[faces.times > 1], predicate="intersects")
        pairs.append(_overlapping(geometry, np.unique(around)))
        alone = np.union1d(alone, np.flatnonzero(np.isin(edges.owner, around)))
    pairs.append(along_stretches(edges, alone))
    i, j, border_m = (np.concatenate(column) for column in zip(*pairs, strict=True))
    return _summed(i, j, border_m, len(geometry))


def is_coverage(geometry: np.ndarray) -> bool:
    """Tell whether areas fit together: none overlaps another or runs along it without sharing its vertices.

    Gaps are allowed, hairlines among them, as in `shapely.coverage_is_valid`; areas may also touch at points
    where only one of them has a vertex.

    Parameters
    ----------
    geometry
        Array of valid polygons and multipolygons; missing and empty ones are left out.

    Returns
    -------
    bool
        True only if no two areas overlap; False may also come of rings narrower than a micrometre.

    Raises
    ------
    ValueError
        If something else than polygons is among them, or a coordinate is not finite.

    Notes
    -----
    The number of areas that hold a point is the winding number around it of all rings, each with its area
    on the right. Two edges of opposite direction add nothing to it, so it is the winding number of what
    remains when those are struck out: the outline. If the outline bounds a valid polygon, with that polygon
    on its right, no point is held twice, wherever inside the struck edges lie.

    Examples
    --------
    >>> is_coverage(shapely.box([0, 1], [0, 0], [1, 2], [1, 1]))
    True
    >>> is_coverage(shapely.box([0, 1], [0, 0], [4, 2], [4, 1]))
    False
    """
    edges = directed_edges(np.asarray(geometry, dtype=object))
    return is_sound(edges, match_edges(edges))


def _along_matches(edges: DirectedEdges, match: Match) -> Borders:
    """Return the borders of equal edges, several rows a pair."""
    other = np.full(len(edges.tail), -1, dtype=np.int64)
    other[match.left], other[match.right] = edges.owner[match.right], edges.owner[match.left]
    edge = np.flatnonzero(other > edges.owner)
    one, two = _together(match.bundle, match.tangled)
    apart = edges.owner[one] != edges.owner[two]
    i = np.concatenate([edges.owner[edge], edges.owner[one[apart]]])
    j = np.concatenate([other[edge], edges.owner[two[apart]]])
    edge = np.concatenate([edge, one[apart]])
    metres = np.abs(edges.head[edge] - edges.tail[edge])
    # Neighbours stand together along their border: adding up these runs first leaves few rows to sort.
    begin = np.flatnonzero((np.diff(i, prepend=-1) != 0) | (np.diff(j, prepend=-1) != 0))
    return i[begin], j[begin], np.add.reduceat(metres, begin) if len(begin) else metres


def _together(lot: np.ndarray, member: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs of members of one lot; lots stand together."""
    most = int(np.bincount(lot).max(initial=0)) if len(lot) else 0
    pairs = []
    for step in range(1, most):
        here = np.flatnonzero(lot[step:] == lot[:-step])
        pairs.append((member[here], member[here + step]))
    one, other = zip(*pairs, strict=True) if pairs else ([lot[:0]], [lot[:0]])
    return np.concatenate(one), np.concatenate(other)


def _overlapping(geometry: np.ndarray, some: np.ndarray) -> Borders:
    """Return the pairs of some areas that hold common ground, with no metres yet."""
    i, j = some[shapely.STRtree(geometry[some]).query(geometry[some], predicate="intersects")]
    i, j = i[i < j], j[i < j]
    parts, pair = shapely.get_parts(shapely.intersection(geometry[i], geometry[j]), return_index=True)
    ground = np.unique(pair[(shapely.get_type_id(parts) == POLYGON) & ~is_thin(parts)])
    return i[ground], j[ground], np.zeros(len(ground))


def _summed(i: np.ndarray, j: np.ndarray, border_m: np.ndarray, areas: int) -> Borders:
    """Add up the rows of each pair."""
    pair = np.minimum(i, j) * areas + np.maximum(i, j)
    found, row = np.unique(pair, return_inverse=True)
    sums = np.bincount(row, border_m, minlength=len(found)).astype(np.float64)
    return found // max(areas, 1), found % max(areas, 1), sums
