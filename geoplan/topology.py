"""Borders that areas of one layer share, their outline and their union, from the edges they have in common."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely

__all__ = ["Dissolved", "adjacency", "dissolve", "is_coverage", "outline_edges"]

ROUNDING_M = 1e-6
"""A micrometre: coordinates of the national grid are held to a tenth of a nanometre, so what is nearer or
narrower than this is rounding, not ground."""

EDGES_IN_ROW = 8
"""Edges in a row that are first compared as one; measured on real coasts."""

ROWS_AT_ONCE = 20_000
"""Pairs of such rows compared at once, which bounds the memory."""

POLYGON, MULTIPOLYGON = 3, 6

STIRRING = tuple(np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
"""Odd factors that spread bits (Steele, Lea and Flood 2014, doi 10.1145/2660193.2660195)."""

UPPER_HALF = np.uint64(32)


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


class DirectedEdges(NamedTuple):
    """Directed edges of a layer, the area on their right, ring by ring.

    Attributes
    ----------
    tail, head
        First and last vertex of each edge as complex numbers, which compare exactly and as one.
    owner
        Position of the area in the layer.
    place
        Running number that skips one from ring to ring.
    key
        Number that depends on the two ends but not on the direction.
    """

    tail: np.ndarray
    head: np.ndarray
    owner: np.ndarray
    place: np.ndarray
    key: np.ndarray


class Match(NamedTuple):
    """Edges by the number of times they are drawn, as positions in `DirectedEdges`.

    Attributes
    ----------
    single
        Edges drawn once.
    left, right
        Edges drawn twice, by two areas on either side.
    tangled, bundle
        Edges drawn twice on one side, more than twice, or twice by one area; equal edges have equal ``bundle``.
    """

    single: np.ndarray
    left: np.ndarray
    right: np.ndarray
    tangled: np.ndarray
    bundle: np.ndarray


class Chain(NamedTuple):
    """Closed walks along edges: the edges in order, where each walk begins, and the label of each walk."""

    edges: np.ndarray
    start: np.ndarray
    label: np.ndarray


class Faces(NamedTuple):
    """Ground between unmatched edges: the polygons, how many areas hold each, and which are mere cracks."""

    geometry: np.ndarray
    times: np.ndarray
    thin: np.ndarray


# ------------------------------------------------------------------------------------------------ public


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
    edges = _edges(geometry)
    match = _match(edges)
    alone = np.sort(np.concatenate([match.single, match.tangled]))
    pairs = [_along_matches(edges, match)]
    if not _is_sound(edges, match):
        faces = _faces(geometry, edges, alone)
        _, around = shapely.STRtree(geometry).query(faces.geometry[faces.times > 1], predicate="intersects")
        pairs.append(_overlapping(geometry, np.unique(around)))
        alone = np.union1d(alone, np.flatnonzero(np.isin(edges.owner, around)))
    pairs.append(_along_stretches(edges, alone))
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
    edges = _edges(np.asarray(geometry, dtype=object))
    return _is_sound(edges, _match(edges))


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
    edges = _edges(geometry)
    joined, sound = _bounded(edges, _match(edges, label), label, len(names))
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
    edges = _edges(geometry)
    match = _match(edges)
    alone = np.sort(np.concatenate([match.single, match.tangled]))
    if _is_sound(edges, match) and not len(_along_stretches(edges, alone)[0]):
        return _segments(edges.tail[match.single], edges.head[match.single])
    faces = _faces(geometry, edges, alone)
    whole = shapely.coverage_union_all(faces.geometry[(faces.times > 0) | faces.thin])
    points, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(whole)), return_index=True)
    inner = ring[1:] == ring[:-1]
    return np.stack([points[:-1][inner], points[1:][inner]], axis=1)


# ------------------------------------------------------------------------------------------------- edges


def _edges(geometry: np.ndarray) -> DirectedEdges:
    """Take the edges of a layer; those without length are left out."""
    lengths, shells, owner = _rings(geometry)
    points = np.ascontiguousarray(shapely.get_coordinates(geometry)).view(np.complex128).ravel()
    if not np.isfinite(points).all():
        message = "Coordinates must be finite numbers."
        raise ValueError(message)
    start = _offsets(lengths)
    # Clockwise shells are what most files hold, so that few rings need turning.
    wrong = (_twice_areas(points, start) < 0) != shells
    if wrong.any():
        ring = np.repeat(np.arange(len(lengths)), lengths)
        here = np.arange(len(points))
        points = points[np.where(wrong[ring], start[ring] + start[ring + 1] - 1 - here, here)]
    drawn = np.ones(len(points), dtype=bool)
    drawn[start[1:] - 1] = False
    drawn[:-1] &= points[1:] != points[:-1]
    place = np.flatnonzero(drawn)
    spread = _spread(points)
    key = spread[place] + spread[place + 1]
    return DirectedEdges(points[place], points[place + 1], np.repeat(owner, lengths)[place], place, key)


def _rings(geometry: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return vertices of each ring, whether it is a shell, and its area.

    Taking rings apart makes an object of each, so only areas with several rings are taken apart.
    """
    kinds = shapely.get_type_id(geometry)
    wrong = np.flatnonzero(~(np.isin(kinds, (POLYGON, MULTIPOLYGON)) | shapely.is_empty(geometry) | (kinds == -1)))
    if len(wrong):
        message = f"Only polygons have borders: item {wrong[0]} is a {geometry[wrong[0]].geom_type}."
        raise ValueError(message)
    counts = shapely.get_num_coordinates(geometry)
    alone = (kinds == POLYGON) & (shapely.get_num_interior_rings(geometry) == 0) & (counts > 0)
    several = np.flatnonzero(~alone & (counts > 0))
    parts, of_part = shapely.get_parts(geometry[several], return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    lengths = np.concatenate([counts[alone], shapely.get_num_coordinates(rings)])
    shells = np.concatenate([np.ones(alone.sum(), dtype=bool), np.diff(part, prepend=-1) != 0])
    owner = np.concatenate([np.flatnonzero(alone), several[of_part[part]]])
    order = np.argsort(owner, kind="stable")
    order = order[lengths[order] > 0]
    return lengths[order], shells[order], owner[order]


def _offsets(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _twice_areas(points: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return twice the area of each closed ring, positive if it runs anticlockwise."""
    if not len(points):
        return np.zeros(0)
    # Measured from each ring's first vertex no digits are lost, and steps between rings count nothing.
    own = points - np.repeat(points[start[:-1]], np.diff(start))
    crossed = np.zeros(len(points))
    crossed[:-1] = own.real[:-1] * own.imag[1:] - own.real[1:] * own.imag[:-1]
    return np.add.reduceat(crossed, start[:-1])


def _perimeters(points: np.ndarray, start: np.ndarray) -> np.ndarray:
    steps = np.abs(np.diff(points, append=0))
    steps[start[1:] - 1] = 0
    return np.add.reduceat(steps, start[:-1]) if len(points) else np.zeros(0)


def _stir(bits: np.ndarray, factor: np.uint64) -> np.ndarray:
    bits *= factor
    bits ^= bits >> UPPER_HALF
    return bits


def _spread(points: np.ndarray) -> np.ndarray:
    """Return a number for each point that is equal for equal points and hardly ever for others."""
    bits = (points + 0.0).view(np.uint64)  # adding 0 makes -0 the same as 0
    mixed = _stir(bits[0::2].copy(), STIRRING[0])
    mixed += bits[1::2]
    return _stir(_stir(mixed, STIRRING[1]), STIRRING[2])


# ----------------------------------------------------------------------------------------------- matching


def _match(edges: DirectedEdges, label: np.ndarray | None = None) -> Match:
    """Find equal edges; with labels of the areas, only edges of areas of one label are compared."""
    of_edge = None if label is None else label[edges.owner]
    order, again, turned = _alike(edges, of_edge)
    first = np.flatnonzero(~again)
    size = np.diff(first, append=len(order))
    twice = first[size == 2]
    left, right = order[twice], order[twice + 1]
    fit = turned[twice + 1] & (edges.owner[left] != edges.owner[right])
    lots = np.concatenate([np.flatnonzero(size > 2), np.flatnonzero(size == 2)[~fit]])
    tangled = order[_spans(first[lots], size[lots])]
    return Match(order[first[size == 1]], left[fit], right[fit], tangled, np.repeat(lots, size[lots]))


def _spans(begin: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Return the numbers of all spans after one another."""
    return np.repeat(begin - _offsets(length)[:-1], length) + np.arange(length.sum())


def _alike(edges: DirectedEdges, label: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return an order in which equal edges stand together.

    With it, for each place in that order, whether the edge is equal to the one before, and whether it is
    so in the opposite direction.
    """
    key = edges.key.copy()
    if label is not None:
        key += label.astype(np.uint64) * STIRRING[2]
    order, key = _order(_stir(key, STIRRING[1]))
    near = np.flatnonzero(key[1:] == key[:-1])
    same, opposite = _equal(edges, label, order[near], order[near + 1])
    if not same.all():
        lot = np.concatenate([[0], np.cumsum(key[1:] != key[:-1])])
        mixed = np.flatnonzero(np.isin(lot, lot[near[~same]]))
        order[mixed] = order[mixed][_exact_order(edges, label, order[mixed], lot[mixed])]
        same, opposite = _equal(edges, label, order[near], order[near + 1])
    again, turned = np.zeros((2, len(order)), dtype=bool)
    again[near + 1], turned[near + 1] = same, opposite
    return order, again, turned


def _order(key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sort by the leading bits of keys; return the order and those bits.

    Sorting numbers that carry their own position in their last bits is several times faster than sorting
    positions by them.
    """
    width = np.uint64(len(key).bit_length())
    last = (np.uint64(1) << width) - np.uint64(1)
    carried = (key & ~last) | np.arange(len(key), dtype=np.uint64)
    carried.sort()
    return (carried & last).astype(np.int64), carried >> width


def _equal(
    edges: DirectedEdges, label: np.ndarray | None, one: np.ndarray, other: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Tell which pairs of edges have the same ends and label, and which of these run in opposite directions."""
    turned = (edges.tail[one] == edges.head[other]) & (edges.head[one] == edges.tail[other])
    if label is not None:
        turned &= label[one] == label[other]
    same = turned.copy()
    rest = np.flatnonzero(~turned)
    one, other = one[rest], other[rest]
    same[rest] = (edges.tail[one] == edges.tail[other]) & (edges.head[one] == edges.head[other])
    if label is not None:
        same[rest] &= label[one] == label[other]
    return same, turned


def _exact_order(edges: DirectedEdges, label: np.ndarray | None, some: np.ndarray, lot: np.ndarray) -> np.ndarray:
    """Order edges by lot, label and coordinates, for the few whose keys agree by chance."""
    ends = np.sort(np.stack([edges.tail[some], edges.head[some]]) + 0.0, axis=0)
    labels = np.zeros(len(some), dtype=np.int64) if label is None else label[some]
    return np.lexsort((ends[1].imag, ends[1].real, ends[0].imag, ends[0].real, labels, lot))


# --------------------------------------------------------------------------------------- what edges bound


def _is_sound(edges: DirectedEdges, match: Match) -> bool:
    """Tell whether the edges that are no border between two areas bound a valid polygon on their right."""
    label = np.zeros(int(edges.owner.max(initial=0)) + 1, dtype=np.int64)
    return bool(_bounded(edges, match, label, 1)[1].all())


def _bounded(edges: DirectedEdges, match: Match, label: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the polygon, of each label, that the single edges bound on their right, and whether it is sound."""
    sound = np.ones(count, dtype=bool)
    sound[label[edges.owner[match.tangled]]] = False
    single = np.sort(match.single)
    single = single[sound[label[edges.owner[single]]]]
    chain = _without_repeats(edges, _walks(edges, single, label[edges.owner[single]]))
    joined, whole = _polygons(edges, chain, count)
    sound &= whole
    sound[sound] = shapely.is_valid(joined[sound])
    return joined, sound


def _runs(edges: DirectedEdges, some: np.ndarray) -> np.ndarray:
    """Return where, among edges in their order, one does not begin at the end of the one before."""
    return np.flatnonzero(np.diff(edges.place[some], prepend=-2) != 1)


def _walks(edges: DirectedEdges, single: np.ndarray, label: np.ndarray) -> Chain:
    """Link edges, in the order of their rings, to closed walks."""
    first = _runs(edges, single)
    length = np.diff(first, append=len(single))
    following = _following(edges, single[first], single[first + length - 1], label[first])
    runs, start = _cycles(following)
    return Chain(
        single[_spans(first[runs], length[runs])], _offsets(length[runs])[start], label[first[runs[start[:-1]]]]
    )


def _following(edges: DirectedEdges, first: np.ndarray, last: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return, for each run of edges, the run that goes on where it ends, around the same ground.

    Around a point the edges that leave it and those that reach it take turns, clockwise, with ground
    between one that leaves and the next that reaches: these two belong together.
    """
    nodes = np.concatenate([edges.tail[first], edges.head[last]])
    order = np.lexsort((nodes.imag, nodes.real, np.tile(label, 2)))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(nodes[order]) != 0) | (np.diff(np.tile(label, 2)[order]) != 0)
    node = np.empty(len(order), dtype=np.int64)
    node[order] = np.cumsum(new)
    leaving = -np.angle(edges.head[first] - edges.tail[first])
    reaching = -np.angle(edges.tail[last] - edges.head[last])
    outs = np.lexsort((leaving, node[: len(first)]))
    ins = np.lexsort((reaching, node[len(first) :]))
    begin = np.flatnonzero(np.diff(node[len(first) :][ins], prepend=-1))
    size = np.diff(begin, append=len(ins))
    # The first to reach a point belongs to the last that leaves it where it comes before all that leave.
    early = reaching[ins[begin]] < leaving[outs[begin]]
    at = np.arange(len(ins)) - np.repeat(begin, size) - np.repeat(early, size)
    following = np.empty(len(first), dtype=np.int64)
    following[ins] = outs[np.repeat(begin, size) + at % np.repeat(size, size)]
    return following


def _cycles(following: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the members of all cycles after one another, and where each cycle begins, with the end."""
    ahead = following.tolist()
    runs: list[int] = []
    start = [0]
    for n in range(len(ahead)):
        while ahead[n] >= 0:
            runs.append(n)
            ahead[n], n = -1, ahead[n]  # noqa: PLW2901 - the walk goes on from here
        if len(runs) > start[-1]:
            start.append(len(runs))
    return np.array(runs, dtype=np.int64), np.array(start, dtype=np.int64)


def _without_repeats(edges: DirectedEdges, chain: Chain) -> Chain:
    """Cut walks where they come through a point again, so that every walk is a ring."""
    walk = np.repeat(np.arange(len(chain.label)), np.diff(chain.start))
    points = edges.tail[chain.edges]
    order, key = _order(_stir(_spread(points) + walk.astype(np.uint64) * STIRRING[2], STIRRING[1]))
    one, other = order[:-1], order[1:]
    again = (key[1:] == key[:-1]) & (points[one] == points[other]) & (walk[one] == walk[other])
    if not again.any():
        return chain
    places = np.union1d(one[again], other[again])
    cuts = np.searchsorted(places, chain.start)
    pieces, labels = [], []
    for n, (begin, end) in enumerate(pairwise(chain.start.tolist())):
        inside = places[cuts[n] : cuts[n + 1]] - begin
        found = _cut(chain.edges[begin:end], inside, points[begin:end]) if len(inside) else [chain.edges[begin:end]]
        pieces += found
        labels += [chain.label[n]] * len(found)
    return Chain(np.concatenate(pieces), _offsets(np.array([len(piece) for piece in pieces])), np.array(labels))


def _cut(steps: np.ndarray, repeats: np.ndarray, points: np.ndarray) -> list[np.ndarray]:
    """Cut one walk at the points it comes through repeatedly, innermost loops first."""
    rings = []
    way: list[tuple[complex, np.ndarray]] = []
    depth: dict[complex, int] = {}
    pieces = np.split(np.roll(steps, -repeats[0]), repeats[1:] - repeats[0])
    for point, piece in zip(points[repeats].tolist(), pieces, strict=True):
        if point in depth:
            loop = way[depth[point] :]
            del way[depth[point] :]
            rings.append(np.concatenate([part for _, part in loop]))
            for passed, _ in loop:
                del depth[passed]
        depth[point] = len(way)
        way.append((point, piece))
    return [*rings, np.concatenate([part for _, part in way])]


def _polygons(edges: DirectedEdges, chain: Chain, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Make rings the polygon of each label, and tell where every ring found its place.

    Rings that run clockwise are shells, the others holes of the smallest shell around them. Rings narrower
    than rounding find none: which way they run is not certain.
    """
    ring, points = _closed(edges.tail[chain.edges], chain.start)
    size = -_twice_areas(points, ring)
    whole = np.ones(count, dtype=bool)
    whole[chain.label[np.abs(size) <= ROUNDING_M * _perimeters(points, ring)]] = False
    good = whole[chain.label]
    shells, holes = np.flatnonzero(good & (size > 0)), np.flatnonzero(good & (size < 0))
    home = _homes(points, ring, chain.label, size, shells, holes)
    whole[chain.label[holes[home < 0]]] = False
    shells = shells[whole[chain.label[shells]]]
    kept = whole[chain.label[holes]]
    made = _with_holes(points, ring, shells, holes[kept], home[kept])
    joined = np.full(count, shapely.Polygon(), dtype=object)
    label = chain.label[shells]
    order = np.argsort(label, kind="stable")
    parts = np.bincount(label, minlength=count)
    joined[np.flatnonzero(parts == 1)] = made[order][parts[label[order]] == 1]
    many = order[parts[label[order]] > 1]
    if len(many):
        joined[np.flatnonzero(parts > 1)] = shapely.multipolygons(
            made[many], indices=np.unique(label[many], return_inverse=True)[1]
        )
    return shapely.normalize(joined), whole


def _closed(points: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Close rings by their first point; return where each begins, with the end, and all points."""
    begin = start[:-1]
    return start + np.arange(len(start)), np.insert(points, start[1:], points[begin])


def _homes(
    points: np.ndarray, ring: np.ndarray, label: np.ndarray, size: np.ndarray, shells: np.ndarray, holes: np.ndarray
) -> np.ndarray:
    """Return, for each hole, the smallest shell of its label that holds it; -1 where there is none."""
    none = np.empty(0, dtype=np.int64)
    grounds = _with_holes(points, ring, shells, none, none)
    spots = shapely.point_on_surface(_with_holes(points, ring, holes, none, none))
    shell, hole = shapely.STRtree(spots).query(grounds, predicate="contains")
    # The spot may lie on an island in the hole, which is smaller than the hole.
    fits = (label[shells[shell]] == label[holes[hole]]) & (size[shells[shell]] > -size[holes[hole]])
    shell, hole = shell[fits], hole[fits]
    home = np.full(len(holes), -1, dtype=np.int64)
    largest_first = np.argsort(-size[shells[shell]], kind="stable")
    home[hole[largest_first]] = shells[shell[largest_first]]
    return home


def _with_holes(
    points: np.ndarray, ring: np.ndarray, shells: np.ndarray, holes: np.ndarray, home: np.ndarray
) -> np.ndarray:
    """Make one polygon of each shell (ring numbers), with the holes whose home it is."""
    outer = np.concatenate([shells, home])
    order = np.lexsort((np.arange(len(outer)) >= len(shells), outer))
    rings = np.concatenate([shells, holes])[order]
    length = np.diff(ring)[rings]
    chosen = _spans(ring[rings], length)
    number = np.flatnonzero(order < len(shells))
    made = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON,
        np.column_stack([points.real[chosen], points.imag[chosen]]),
        (_offsets(length), np.append(number, len(rings))),
    )
    back = np.empty(len(shells), dtype=object)
    back[order[number]] = made
    return back


def _faces(geometry: np.ndarray, edges: DirectedEdges, alone: np.ndarray) -> Faces:
    """Return the ground between edges, noded, and the areas that hold it.

    Only at edges that are no border between two areas does the number of areas that hold a point change.
    """
    first = _runs(edges, alone)
    last = np.append(first[1:], len(alone)) - 1
    points = np.insert(edges.tail[alone], last + 1, edges.head[alone[last]])
    line = np.repeat(np.arange(len(first)), last - first + 2)
    lines = shapely.linestrings(points.view(np.float64).reshape(-1, 2), indices=line)
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(lines))))
    face, _ = shapely.STRtree(geometry).query(shapely.point_on_surface(found), predicate="intersects")
    return Faces(found, np.bincount(face, minlength=len(found)), _is_thin(found))


def _is_thin(shapes: np.ndarray) -> np.ndarray:
    """Tell which polygons are, on average, no wider than rounding."""
    return 2 * shapely.area(shapes) <= ROUNDING_M * shapely.length(shapes)


def _segments(tail: np.ndarray, head: np.ndarray) -> np.ndarray:
    ends = np.stack([tail, head], axis=1)
    return np.stack([ends.real, ends.imag], axis=2)


# ----------------------------------------------------------------------------------------------- borders

Borders = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Positions of two areas and metres."""


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
    ground = np.unique(pair[(shapely.get_type_id(parts) == POLYGON) & ~_is_thin(parts)])
    return i[ground], j[ground], np.zeros(len(ground))


def _along_stretches(edges: DirectedEdges, some: np.ndarray) -> Borders:
    """Return where edges of two areas that are not equal run together, several rows a pair."""
    one, other = _near(edges, some)
    tail, head = edges.tail, edges.head
    equal = (tail[one] == head[other]) & (head[one] == tail[other])
    equal |= (tail[one] == tail[other]) & (head[one] == head[other])
    one, other = one[~equal], other[~equal]
    metres = _common_stretch(tail[one], head[one], tail[other], head[other])
    long = metres > ROUNDING_M
    return edges.owner[one[long]], edges.owner[other[long]], metres[long]


def _near(edges: DirectedEdges, some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of edges of different areas whose boxes meet; the edges are given in their order.

    Boxes of a few edges that follow one another are compared first: a tree of all edges costs more.
    """
    tail, head, owner = edges.tail[some], edges.head[some], edges.owner[some]
    low = np.stack([np.minimum(tail.real, head.real), np.minimum(tail.imag, head.imag)]) - ROUNDING_M
    high = np.stack([np.maximum(tail.real, head.real), np.maximum(tail.imag, head.imag)]) + ROUNDING_M
    run = _runs(edges, some)
    inside = np.arange(len(some)) - np.repeat(run, np.diff(run, append=len(some)))
    begin = np.flatnonzero(inside % EDGES_IN_ROW == 0)
    size = np.diff(begin, append=len(some))
    corners = np.stack([np.minimum.reduceat(low, begin, axis=1), np.maximum.reduceat(high, begin, axis=1)])
    boxes = shapely.linestrings(corners.transpose(2, 0, 1))
    left, right = shapely.STRtree(boxes).query(boxes)
    apart = owner[begin[left]] < owner[begin[right]]
    left, right = left[apart], right[apart]
    found = [np.empty((2, 0), dtype=np.int64)]
    for few in range(0, len(left), ROWS_AT_ONCE):
        these, those = left[few : few + ROWS_AT_ONCE], right[few : few + ROWS_AT_ONCE]
        one, other = _products(begin[these], size[these], begin[those], size[those])
        meet = (low[:, one] <= high[:, other]).all(axis=0) & (low[:, other] <= high[:, one]).all(axis=0)
        found.append(np.stack([some[one[meet]], some[other[meet]]]))
    one, other = np.concatenate(found, axis=1)
    return one, other


def _products(
    begin: np.ndarray, size: np.ndarray, other_begin: np.ndarray, other_size: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs of a member of a span and a member of the span beside it."""
    products = size * other_size
    step = _spans(np.zeros(len(size), dtype=np.int64), products)
    across = np.repeat(other_size, products)
    return np.repeat(begin, products) + step // across, np.repeat(other_begin, products) + step % across


def _common_stretch(tail: np.ndarray, head: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the metres over which edges run beside others, 0 where they part by more than rounding.

    The second edge is seen from the first, which lies on the real axis from 0 to its length.
    """
    length = np.abs(head - tail)
    turn = np.conj(head - tail) / length
    begin, end = (begin - tail) * turn, (end - tail) * turn
    run = end.real - begin.real
    rise = np.divide(end.imag - begin.imag, run, out=np.zeros_like(run), where=run != 0)
    low = np.maximum(np.minimum(begin.real, end.real), 0.0)
    high = np.minimum(np.maximum(begin.real, end.real), length)
    apart = np.maximum(np.abs(begin.imag + rise * (low - begin.real)), np.abs(begin.imag + rise * (high - begin.real)))
    return np.where(apart <= ROUNDING_M, np.maximum(high - low, 0.0), 0.0)


def _summed(i: np.ndarray, j: np.ndarray, border_m: np.ndarray, areas: int) -> Borders:
    """Add up the rows of each pair."""
    pair = np.minimum(i, j) * areas + np.maximum(i, j)
    found, row = np.unique(pair, return_inverse=True)
    sums = np.bincount(row, border_m, minlength=len(found)).astype(np.float64)
    return found // max(areas, 1), found % max(areas, 1), sums
