"""Edges that areas of one layer share, found by their ends."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely

__all__ = [
    "POLYGON",
    "ROUNDING_M",
    "DirectedEdges",
    "Match",
    "bounded",
    "breaks_in",
    "directed_edges",
    "is_sound",
    "match_edges",
    "segments",
    "spans",
]

ROUNDING_M = 1e-6
"""A micrometre: coordinates of the national grid are held to a tenth of a nanometre, so what is nearer or
narrower than this is rounding, not ground."""
POLYGON, MULTIPOLYGON = 3, 6
STIRRING = tuple(np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
"""Odd factors that spread bits (Steele, Lea and Flood 2014, doi 10.1145/2660193.2660195)."""
UPPER_HALF = np.uint64(32)


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


def directed_edges(geometry: np.ndarray) -> DirectedEdges:
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


def match_edges(edges: DirectedEdges, label: np.ndarray | None = None) -> Match:
    """Find equal edges; with labels of the areas, only edges of areas of one label are compared."""
    of_edge = None if label is None else label[edges.owner]
    order, again, turned = _alike(edges, of_edge)
    first = np.flatnonzero(~again)
    size = np.diff(first, append=len(order))
    twice = first[size == 2]
    left, right = order[twice], order[twice + 1]
    fit = turned[twice + 1] & (edges.owner[left] != edges.owner[right])
    lots = np.concatenate([np.flatnonzero(size > 2), np.flatnonzero(size == 2)[~fit]])
    tangled = order[spans(first[lots], size[lots])]
    return Match(order[first[size == 1]], left[fit], right[fit], tangled, np.repeat(lots, size[lots]))


def spans(begin: np.ndarray, length: np.ndarray) -> np.ndarray:
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


def is_sound(edges: DirectedEdges, match: Match) -> bool:
    """Tell whether the edges that are no border between two areas bound a valid polygon on their right."""
    label = np.zeros(int(edges.owner.max(initial=0)) + 1, dtype=np.int64)
    return bool(bounded(edges, match, label, 1)[1].all())


def bounded(edges: DirectedEdges, match: Match, label: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
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


def breaks_in(edges: DirectedEdges, some: np.ndarray) -> np.ndarray:
    """Return where, among edges in their order, one does not begin at the end of the one before."""
    return np.flatnonzero(np.diff(edges.place[some], prepend=-2) != 1)


def _walks(edges: DirectedEdges, single: np.ndarray, label: np.ndarray) -> Chain:
    """Link edges, in the order of their rings, to closed walks."""
    first = breaks_in(edges, single)
    length = np.diff(first, append=len(single))
    following = _following(edges, single[first], single[first + length - 1], label[first])
    runs, start = _cycles(following)
    return Chain(
        single[spans(first[runs], length[runs])], _offsets(length[runs])[start], label[first[runs[start[:-1]]]]
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
    chosen = spans(ring[rings], length)
    number = np.flatnonzero(order < len(shells))
    made = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON,
        np.column_stack([points.real[chosen], points.imag[chosen]]),
        (_offsets(length), np.append(number, len(rings))),
    )
    back = np.empty(len(shells), dtype=object)
    back[order[number]] = made
    return back


def segments(tail: np.ndarray, head: np.ndarray) -> np.ndarray:
    """Return edges as an array of (edge, end, coordinate) from their ends as complex numbers."""
    ends = np.stack([tail, head], axis=1)
    return np.stack([ends.real, ends.imag], axis=2)
