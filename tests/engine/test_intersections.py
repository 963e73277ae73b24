"""Areas of overlay, compiled and plain, against GEOS, and what must hold of any answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from drawings import drawing, read, shifted, squares
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.engine import edges, intersections, intersections_plain
from geoplan.engine.edges import TOUCH_M2, edges_of
from geoplan.engine.intersections import intersection_areas_compiled
from geoplan.engine.intersections_plain import intersection_areas_plain

FACTS = settings(max_examples=60, deadline=None, derandomize=True)


def table(result) -> pd.Series:
    left, right, areas = result
    return pd.Series(areas, index=pd.MultiIndex.from_arrays([left, right]))


def by_geos(left, right) -> pd.Series:
    pairs = pd.MultiIndex.from_product([range(len(left)), range(len(right))])
    i, j = pairs.get_level_values(0), pairs.get_level_values(1)
    areas = shapely.area(shapely.intersection(left[i], right[j]))
    return pd.Series(areas, index=pairs)


def assert_same(found: pd.Series, wanted: pd.Series, least: float = TOUCH_M2) -> None:
    both = found.index.union(wanted.index)
    one, two = (values.reindex(both).fillna(0.0).to_numpy() for values in (found, wanted))
    near = np.maximum(1e-5, 1e-12 * np.maximum(one, two))
    assert (np.abs(one - two) <= near).all(), np.abs(one - two).max()
    assert (found > least).all()


def kernel(left, right, **options) -> pd.Series:
    return table(intersection_areas_compiled(edges_of(left), edges_of(right), **options))


def plain(left, right, **options) -> pd.Series:
    return table(intersection_areas_plain(edges_of(left), edges_of(right), **options))


ENGINES = pytest.mark.parametrize("engine", [kernel, plain])


# ------------------------------------------------------------------------------------------ against GEOS


@ENGINES
@pytest.mark.parametrize("seed", range(12))
def test_random_polygons_with_holes_and_parts(engine, seed):
    left, right = drawing(seed), drawing(seed + 100, count=7)
    assert_same(engine(left, right), by_geos(left, right))


@ENGINES
@pytest.mark.parametrize("cells", [1e-9, 0.01, 1.0, 100.0])
def test_the_grid_does_not_decide(engine, monkeypatch, cells):
    left, right = drawing(3), drawing(103)
    monkeypatch.setattr(edges, "CELLS_PER_EDGE", cells)
    assert_same(engine(left, right), by_geos(left, right))


@ENGINES
def test_layers_that_share_all_their_edges(engine):
    shapes = squares()
    found = engine(shapes, shapes)
    assert list(found.index) == [(n, n) for n in range(len(shapes))]
    np.testing.assert_allclose(found, 100.0**2, rtol=1e-12)


@ENGINES
def test_collinear_edges_cut_at_other_places(engine):
    fine, coarse = squares(100.0, 8), squares(200.0, 4)
    found = engine(fine, coarse)
    assert len(found) == len(fine)
    np.testing.assert_allclose(found, 100.0**2, rtol=1e-12)


@ENGINES
@pytest.mark.parametrize("turn", [0.0, 0.3, 45.0])
def test_touching_at_sides_and_corners_shares_nothing(engine, turn):
    square = shapely.box(0, 0, 1000, 1000)
    beside = shapely.box(1000, 0, 2000, 1000)
    corner = shapely.box(1000, 1000, 2000, 2000)
    inside = shapely.Polygon([(0, 0), (1000, 0), (500, 300)])
    shapes = np.array(
        [shapely.affinity.rotate(shape, turn, origin=(0, 0)) for shape in (square, beside, corner, inside)]
    )
    found = engine(shifted(shapes[:1]), shifted(shapes[1:]))
    assert list(found.index) == [(0, 2)]
    assert found.iloc[0] == pytest.approx(150_000, rel=1e-9)


@ENGINES
@pytest.mark.parametrize("width", [1e-9, 1e-6, 1e-3, 0.01, 1.0])
def test_slivers(engine, width):
    left = shifted([shapely.box(0, 0, 1000, 1000)])
    generator = np.random.default_rng(5)
    steps = np.linspace(0, 1000, 41)
    wavy = np.column_stack([1000 - width * generator.uniform(0, 1, 41), steps])
    right = shifted([shapely.Polygon([(2000, 0), *wavy, (2000, 1000)])])
    assert_same(engine(left, right), by_geos(left, right))


@ENGINES
def test_a_hole_filled_by_another_area(engine):
    ring = shapely.box(0, 0, 900, 900).difference(shapely.box(300, 300, 600, 600))
    filling, within = shapely.box(300, 300, 600, 600), shapely.box(350, 350, 400, 400)
    found = engine(shifted([ring]), shifted([filling, within]))
    assert found.empty


@ENGINES
def test_many_cells_inside_one_large_area(engine):
    island = shapely.box(-50_000, -50_000, 50_000, 50_000)
    small = squares()
    assert_same(engine(small, shifted([island])), by_geos(small, shifted([island])))
    assert_same(engine(shifted([island]), small), by_geos(shifted([island]), small))


@ENGINES
def test_a_window_narrower_than_either_layer(engine):
    west = shapely.box(-5000, 0, 10.5, 4000).difference(shapely.box(-100, 5, 5, 3000))
    east = shapely.box(-0.25, -3000, 8000, 3500).difference(shapely.box(1, 100, 4, 200))
    left, right = shifted([west]), shifted([east])
    assert_same(engine(left, right), by_geos(left, right))


@ENGINES
def test_small_pairs_are_left_out_by_the_threshold(engine):
    left, right = shifted([shapely.box(0, 0, 10, 10)]), shifted([shapely.box(9, 9, 20, 20)])
    assert len(engine(left, right)) == 1
    assert engine(left, right, least=1.5).empty


@ENGINES
def test_nothing_to_meet(engine):
    none, some = np.array([], dtype=object), squares()
    away = shifted(some, (1e6, 1e6))
    blank = np.array([None, shapely.Polygon(), shapely.MultiPolygon()], dtype=object)
    for left, right in [(none, some), (some, none), (some, away), (blank, some), (some, blank), (none, none)]:
        assert engine(left, right).empty


@ENGINES
def test_missing_areas_keep_their_places(engine):
    shapes = np.array([None, squares()[0], shapely.Polygon(), squares()[1]], dtype=object)
    assert list(engine(shapes, squares()).index) == [(1, 0), (3, 1)]


# ------------------------------------------------------------------------------------------- properties


@FACTS
@given(seed=st.integers(0, 10_000), other=st.integers(0, 10_000))
def test_transposed(seed, other):
    left, right = drawing(seed, count=5), drawing(other, count=4)
    found = kernel(right, left).swaplevel().sort_index()
    assert_same(kernel(left, right), found)


@FACTS
@given(seed=st.integers(0, 10_000))
def test_with_itself_an_area_shares_all(seed):
    shapes = drawing(seed, count=5)
    found = kernel(shapes, shapes)
    own = found[[(n, n) for n in range(len(shapes))]]
    np.testing.assert_allclose(own, shapely.area(shapes), rtol=1e-12)


@FACTS
@given(seed=st.integers(0, 10_000), at=st.floats(0.1, 0.9))
def test_parts_add_up(seed, at):
    left, right = drawing(seed, count=4), drawing(seed + 1, count=3)
    west, south, east, north = shapely.total_bounds(left)
    line = west + (east - west) * at
    halves = [shapely.box(west, south, line, north), shapely.box(line, south, east, north)]
    whole = kernel(left, right)
    parts = [kernel(shapely.intersection(left, half), right, least=0.0) for half in halves]
    added = parts[0].add(parts[1], fill_value=0.0)
    assert_same(whole, added[added > TOUCH_M2])


@FACTS
@given(seed=st.integers(0, 10_000), east=st.integers(-(10**6), 10**6), north=st.integers(-(10**6), 10**6))
def test_moved(seed, east, north):
    # Multiples of 2^-20 move by whole metres without rounding.
    left, right = (
        shapely.transform(drawing(n, count=4), lambda xy: np.round(xy * 2**20) / 2**20) for n in (seed, seed + 7)
    )
    assert_same(kernel(left, right), kernel(shifted(left, (east, north)), shifted(right, (east, north))))


@FACTS
@given(seed=st.integers(0, 10_000))
def test_plain_equals_compiled(seed):
    left, right = drawing(seed, count=5), drawing(seed + 3, count=5)
    assert_same(kernel(left, right), plain(left, right))


@pytest.mark.parametrize("areas", [intersection_areas_compiled, intersection_areas_plain])
def test_same_bytes_twice(areas):
    left, right = edges_of(drawing(8)), edges_of(drawing(9))
    first, second = (areas(left, right) for _ in range(2))
    assert [part.tobytes() for part in first] == [part.tobytes() for part in second]


@ENGINES
@pytest.mark.parametrize("cells", [0.2, 4.0, 64.0])
def test_edges_and_corners_on_the_lines_of_the_grid(engine, monkeypatch, cells):
    monkeypatch.setattr(edges, "CELLS_PER_EDGE", cells)
    fine, coarse = squares(64.0, 8), shapely.Polygon([(0, 0), (512, 512), (512, 0)])
    hollow = shapely.box(0, 0, 512, 512).difference(shapely.box(128, 64, 320, 384))
    other = shifted([coarse, shapely.affinity.rotate(coarse, 90), hollow])
    assert_same(engine(fine, other), by_geos(fine, other))
    assert_same(engine(other, fine), by_geos(other, fine))
    assert_same(engine(other, other), by_geos(other, other))


def test_the_plain_engine_in_small_batches(monkeypatch):
    left, right = drawing(6), drawing(106)
    wanted = plain(left, right)
    monkeypatch.setattr(intersections_plain, "VERTICES_AT_ONCE", 50)
    monkeypatch.setattr(intersections_plain, "PAIRS_AT_ONCE", 7)
    assert_same(plain(left, right), wanted)


@pytest.mark.parametrize(
    ("compiled", "place", "engine"),
    [
        (True, intersections, "intersection_areas_compiled"),
        (False, intersections_plain, "intersection_areas_plain"),
    ],
)
def test_the_entry_chooses_the_engine(monkeypatch, compiled, place, engine):
    left, right = edges_of(drawing(4)), edges_of(drawing(5))
    monkeypatch.setattr(intersections, "COMPILED", compiled)
    monkeypatch.setattr(place, engine, lambda *_, least: (engine, least))
    assert intersections.intersection_areas(left, right, least=2.0) == (engine, 2.0)


def test_the_layers_are_left_as_they_were():
    layer = edges_of(drawing(8))
    before = [part.copy() for part in layer.rings]
    intersection_areas_compiled(layer, layer)
    intersection_areas_plain(layer, layer)
    assert all((one == two).all() for one, two in zip(before, layer.rings, strict=True))


# ------------------------------------------------------------------------------------------- real layers


def by_tree(left, right) -> pd.Series:
    i, j = shapely.STRtree(right).query(left)
    areas = shapely.area(shapely.intersection(left[i], right[j]))
    return table((i[areas > TOUCH_M2], j[areas > TOUCH_M2], areas[areas > TOUCH_M2]))


@pytest.mark.parametrize("right", ["icb_2023", "lad_2024_bsc"])
def test_real_districts(shared_data, right):
    left, right = read(shared_data, "lad_2025"), read(shared_data, right)
    wanted = by_tree(left, right)
    assert_same(kernel(left, right), wanted)
    assert_same(kernel(right, left).swaplevel().sort_index(), wanted)
    assert_same(plain(left, right), wanted)


def test_real_small_areas(shared_data):
    left, right = read(shared_data, "lsoa21"), read(shared_data, "icb_2023")
    assert_same(kernel(left, right), plain(left, right))
