"""How wide polygons are: known shapes, a plain oracle, and what measuring slivers costs."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate, translate

from geoplan.analysis import artefacts, overlay, widths
from geoplan.analysis.relations import relate
from geoplan.schema import REST, Relation, Tolerance, Weight

RELAXED = settings(max_examples=60, deadline=None)


def test_width_of_several_parts_is_that_of_the_widest():
    parts = shapely.union_all([shapely.box(0, 0, 50, 4), shapely.box(100, 0, 150, 9)])
    assert widths.width_m(parts) == pytest.approx(9, rel=0.03)
    assert widths.width_m(shapely.LineString([(0, 0), (1, 1)])) == 0


def test_width_of_a_star_is_not_underestimated():
    star = shapely.union_all([shapely.box(-50, -1, 50, 1), shapely.box(-1, -50, 1, 50), shapely.Point(0, 0).buffer(6)])
    assert widths.width_m(star) == pytest.approx(12, rel=0.03)


corners = st.tuples(st.integers(0, 900), st.integers(0, 900))


@settings(max_examples=60, deadline=None)
@given(triangles=st.lists(st.lists(corners, min_size=3, max_size=3), min_size=1, max_size=3))
def test_widths_of_triangles_are_what_geometry_says(triangles):
    """The circle in a triangle has the diameter 4 x area / perimeter."""
    shapes = [translate(shapely.Polygon(t), 2000 * n) for n, t in enumerate(triangles)]
    shapes = [shape for shape in shapes if shape.area > 1]
    wanted = max((4 * shape.area / shape.length for shape in shapes), default=0.0)
    assert widths.width_m(shapely.MultiPolygon(shapes)) == pytest.approx(wanted, rel=0.03, abs=0.01)


# -------------------------------------------------------------------------------------------- slivers


def zigzag(steps: int, length: float, sway: float) -> np.ndarray:
    """Return a line from west to east that sways to and fro, as an array of points."""
    x = np.linspace(0, length, steps + 1)
    return np.stack([x, sway * (np.arange(steps + 1) % 2)], axis=1)


def between(line: np.ndarray, width: float) -> shapely.Polygon:
    """Return the ground between a line and the same line moved to the north."""
    return shapely.Polygon(np.concatenate([line, line[::-1] + np.array([0, width])]))


@pytest.mark.parametrize("width", [0.01, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("length", [500.0, 20_000.0])
def test_a_strip_is_as_wide_as_it_was_drawn(width, length):
    strip = rotate(shapely.segmentize(shapely.box(0, 0, length, width), length / 200), 33)
    assert widths.width_m(strip) == pytest.approx(width, rel=0.03, abs=0.002)


def test_a_ring_and_a_wedge_are_as_wide_as_they_were_drawn():
    disc = shapely.Point(0, 0).buffer(1000, quad_segs=200)
    ring = disc.difference(shapely.Point(0, 0).buffer(998, quad_segs=200))
    assert widths.width_m(ring) == pytest.approx(2, rel=0.03)
    wedge = shapely.Polygon([(0, 0), (10_000, 0), (10_000, 50)])
    assert widths.width_m(wedge) == pytest.approx(4 * wedge.area / wedge.length, rel=0.03)


def test_a_sliver_with_a_room_in_it_is_as_wide_as_the_room():
    sliver = shapely.union_all([shapely.box(0, 0, 5000, 0.02), shapely.box(3000, 0, 3004, 4)])
    assert widths.width_m(sliver) == pytest.approx(4, rel=0.03)


@RELAXED
@given(
    corners=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 40)), min_size=2, max_size=12),
    stretch=st.sampled_from([1, 20, 300]),
)
@example(corners=[(0, 1), (60, 1)], stretch=300)
def test_widths_are_those_of_the_largest_circle(corners, stretch):
    """A profile of random heights along a line, stretched: compact, long, and very long."""
    tops = sorted({x: (x * stretch, y) for x, y in corners}.values())
    if len(tops) < 2:
        return
    shape = shapely.Polygon([*tops, (tops[-1][0], 0), (tops[0][0], 0)])
    circle = 2 * shapely.length(shapely.maximum_inscribed_circle(shape, tolerance=0.01))
    assert widths.width_m(shape) == pytest.approx(circle, rel=0.03, abs=0.02)


@RELAXED
@given(sizes=st.lists(st.tuples(st.floats(0.01, 5), st.floats(1, 2000)), min_size=1, max_size=6))
def test_many_shapes_at_once_are_measured_like_each_alone(sizes):
    parts = [translate(shapely.box(0, 0, length, width), 0, 100 * n) for n, (width, length) in enumerate(sizes)]
    shapes = np.array([*parts, shapely.MultiPolygon(parts)], dtype=object)
    each = [widths.width_m(shape) for shape in shapes]
    assert widths.widths_m(shapes) == pytest.approx(each, rel=0.03, abs=0.002)
    assert each[-1] == pytest.approx(max(min(size) for size in sizes), rel=0.03, abs=0.002)


class Counted:
    """Counts the calls of a shapely function and the geometries it was given."""

    def __init__(self, monkeypatch, name):
        self.calls, self.shapes, function = 0, 0, getattr(shapely, name)

        def counting(first, *args, **kwargs):
            self.calls += 1
            self.shapes += np.size(first)
            return function(first, *args, **kwargs)

        monkeypatch.setattr(shapely, name, counting)


def test_slivers_are_shrunk_together_and_never_searched(monkeypatch):
    """The search in a sliver takes as long as it is long: a thousand of them took a minute."""
    line = zigzag(200, 20_000, 40)
    slivers = np.array([between(line + np.array([0, 100 * n]), 0.002 + 0.0001 * n) for n in range(100)], dtype=object)
    searched, shrunk = Counted(monkeypatch, "maximum_inscribed_circle"), Counted(monkeypatch, "buffer")
    found = widths.widths_m(slivers)
    assert searched.calls == 0
    assert 0 < shrunk.calls < 20
    assert found == pytest.approx(0.002 + 0.0001 * np.arange(100), rel=0.25, abs=0.0015)


# ----------------------------------------------------------------------------- copies drawn a hair apart


def two_sides(drawn_layer, key, shift=0.0, digits=None):
    """Return a layer of a north and a south, with a zigzag of 500 corners between them."""
    line = zigzag(500, 30_000, 60) + np.array([400_000, 300_000])
    north = np.concatenate([line, [[430_000, 320_000], [400_000, 320_000]]])
    south = np.concatenate([line, [[430_000, 280_000], [400_000, 280_000]]])
    rings = [ring + shift if digits is None else np.round(ring, digits) for ring in (north, south)]
    shapes = {code: shapely.Polygon(ring) for code, ring in zip("ns", rings, strict=True)}
    return drawn_layer(key, shapes, resolution_m=20.0)


@pytest.mark.parametrize("other", [{"shift": 0.001}, {"shift": -0.05}, {"digits": 1}])
def test_a_copy_drawn_a_hair_differently_is_the_same_and_cheap(drawn_layer, blocks, monkeypatch, other):
    left, right = two_sides(drawn_layer, "left"), two_sides(drawn_layer, "right", **other)
    searched, cut = Counted(monkeypatch, "maximum_inscribed_circle"), Counted(monkeypatch, "intersection")
    over = overlay.overlay(left, right, blocks=blocks, weight=Weight.AREA)
    marked = artefacts.mark(over, tolerance=Tolerance())
    assert searched.calls == 0
    assert cut.shapes <= 2  # the slivers only, not the areas themselves
    assert set(relate(marked, tolerance=Tolerance())["relation"]) == {Relation.COTERMINOUS}
    sums = over.table["area_m2"].groupby("left").sum()
    assert sums.to_numpy() == pytest.approx(left.areas["area_m2"].to_numpy(), rel=1e-12)


def test_a_piece_is_drawn_as_the_area_where_a_seam_is_missing_and_cut_where_a_strip_is(drawn_layer, blocks):
    left = drawn_layer("left", {"a": shapely.box(400_000, 300_000, 401_000, 301_000)})
    for missing, whole in ((0.2, True), (0.9, False), (5.0, False)):
        right = drawn_layer("right", {"b": shapely.box(399_000, 299_000, 401_000 - missing, 302_000)})
        over = overlay.overlay(left, right, blocks=blocks, weight=Weight.AREA)
        assert over.table.at[("a", "b"), "area_m2"] == pytest.approx(1000 * (1000 - missing), rel=1e-12)
        assert over.table.at[("a", REST), "area_m2"] == pytest.approx(1000 * missing, rel=1e-9)
        assert shapely.equals(over.pieces.loc[("a", "b")], left.areas.at["a", "geometry"]) == whole


def test_only_areas_that_share_ground_are_joined_to_find_a_rest(drawn_layer, blocks, monkeypatch):
    """One overlap somewhere must not make every rest an overlay of its own."""
    tiles = {f"t{n}": shapely.box(400_000 + 1000 * n, 300_000, 401_000 + 1000 * n, 301_000) for n in range(20)}
    double = {**tiles, "over": shapely.box(400_000, 300_000, 400_500, 301_000)}
    left, right = drawn_layer("left", tiles), drawn_layer("right", double)
    joined = Counted(monkeypatch, "union_all")
    over = overlay.overlay(left, right, blocks=blocks, weight=Weight.AREA)
    assert joined.calls == 1
    assert REST not in over.table.index.get_level_values("right")
    assert over.totals["overlap_share"].to_numpy() == pytest.approx([0.5] + [0.0] * 19)
