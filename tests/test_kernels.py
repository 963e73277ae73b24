"""The edge-integral kernel and the point engine against GEOS, and what must hold of any answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan import kernels

NATIONAL = (400_000.0, 1_000_000.0)
"""Corner of the drawings: coordinates as large as the national grid's."""

FACTS = settings(max_examples=60, deadline=None, derandomize=True)


def table(result) -> pd.Series:
    left, right, areas = result
    return pd.Series(areas, index=pd.MultiIndex.from_arrays([left, right]))


def by_geos(left, right) -> pd.Series:
    pairs = pd.MultiIndex.from_product([range(len(left)), range(len(right))])
    i, j = pairs.get_level_values(0), pairs.get_level_values(1)
    areas = shapely.area(shapely.intersection(left[i], right[j]))
    return pd.Series(areas, index=pairs)


def assert_same(found: pd.Series, wanted: pd.Series, least: float = kernels.TOUCH_M2) -> None:
    both = found.index.union(wanted.index)
    one, two = (values.reindex(both).fillna(0.0).to_numpy() for values in (found, wanted))
    near = np.maximum(1e-5, 1e-12 * np.maximum(one, two))
    assert (np.abs(one - two) <= near).all(), np.abs(one - two).max()
    assert (found > least).all()


def kernel(left, right, **options) -> pd.Series:
    return table(kernels.intersection_areas(kernels.edges_of(left), kernels.edges_of(right), **options))


def plain(left, right, **options) -> pd.Series:
    return table(kernels.intersection_areas_plain(left, right, **options))


ENGINES = pytest.mark.parametrize("engine", [kernel, plain])


def shifted(shapes, by=NATIONAL) -> np.ndarray:
    return shapely.transform(np.asarray(shapes, dtype=object), lambda xy: xy + np.asarray(by))


def star(generator, *, corners: int, radius: float, centre) -> shapely.Polygon:
    # No gap reaches half a turn, so no two sides cross.
    angles = (np.arange(corners) + generator.uniform(0, 1, corners)) * (2 * np.pi / corners)
    reach = radius * generator.uniform(0.2, 1, corners)
    return shapely.Polygon(np.column_stack([np.cos(angles) * reach, np.sin(angles) * reach]) + centre)


def drawing(seed: int, *, count: int = 12, extent: float = 5000.0) -> np.ndarray:
    """Overlapping stars, some with holes, some in several parts, rings running either way."""
    generator = np.random.default_rng(seed)
    shapes = []
    for n in range(count):
        corners = int(generator.integers(5, 60))
        centre = generator.uniform(0, extent, 2)
        shape = star(generator, corners=corners, radius=extent * generator.uniform(0.02, 0.6), centre=centre)
        hole = star(generator, corners=8, radius=extent * 0.1, centre=centre)
        other = star(generator, corners=9, radius=extent * 0.2, centre=generator.uniform(0, extent, 2))
        made = [shape, shape.difference(hole), shape.union(other)][n % 3]
        shapes.append(shapely.reverse(made) if n % 2 else made)
    shapes = shifted(shapes)
    kept = shapely.is_valid(shapes) & ~shapely.is_empty(shapes) & np.isin(shapely.get_type_id(shapes), (3, 6))
    return shapes[kept]


def squares(side: float = 100.0, count: int = 8) -> np.ndarray:
    """A chessboard of squares that share their sides."""
    west, south = np.meshgrid(np.arange(count) * side, np.arange(count) * side)
    west, south = west.ravel(), south.ravel()
    return shifted(shapely.box(west, south, west + side, south + side))


# ------------------------------------------------------------------------------------------ against GEOS


@ENGINES
@pytest.mark.parametrize("seed", range(12))
def test_random_polygons_with_holes_and_parts(engine, seed):
    left, right = drawing(seed), drawing(seed + 100, count=7)
    assert_same(engine(left, right), by_geos(left, right))


@pytest.mark.parametrize("cells", [1e-9, 0.01, 1.0, 100.0])
def test_the_grid_does_not_decide(monkeypatch, cells):
    left, right = drawing(3), drawing(103)
    monkeypatch.setattr(kernels, "CELLS_PER_EDGE", cells)
    assert_same(kernel(left, right), by_geos(left, right))


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


def test_missing_areas_keep_their_places():
    shapes = np.array([None, squares()[0], shapely.Polygon(), squares()[1]], dtype=object)
    assert list(kernel(shapes, squares()).index) == [(1, 0), (3, 1)]


def test_only_polygons():
    with pytest.raises(ValueError, match="item 1 is a LineString"):
        kernels.edges_of(np.array([squares()[0], shapely.LineString([(0, 0), (1, 1)])]))
    with pytest.raises(ValueError, match="finite"):
        kernels.edges_of(np.array([shapely.Polygon([(0, 0), (1, np.inf), (1, 0)])]))


def test_areas_and_orientation_come_from_the_rings():
    shapes = drawing(1)
    edges = kernels.edges_of(shapes)
    np.testing.assert_allclose(edges.areas, shapely.area(shapes), rtol=1e-12)
    np.testing.assert_array_equal(edges.bounds, shapely.bounds(shapes))
    turned = kernels.edges_of(shapely.reverse(shapes))
    np.testing.assert_allclose(turned.areas, edges.areas, rtol=1e-12)


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
    assert_same(whole, added[added > kernels.TOUCH_M2])


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


def test_same_bytes_twice():
    left, right = kernels.edges_of(drawing(8)), kernels.edges_of(drawing(9))
    first, second = (kernels.intersection_areas(left, right) for _ in range(2))
    assert [part.tobytes() for part in first] == [part.tobytes() for part in second]


def test_the_layers_are_left_as_they_were():
    edges = kernels.edges_of(drawing(8))
    before = [part.copy() for part in edges.rings]
    kernels.intersection_areas(edges, edges)
    kernels.points_in_areas(np.zeros(3), np.zeros(3), edges)
    assert all((one == two).all() for one, two in zip(before, edges.rings, strict=True))


def test_without_numba():
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "import numpy as np, shapely; from geoplan import kernels\n"
        "one, two = np.array([shapely.box(0, 0, 2, 2)]), np.array([shapely.box(1, 1, 3, 3)])\n"
        "assert not kernels.COMPILED\n"
        "assert kernels.intersection_areas_plain(one, two)[2] == [1.0]\n"
        "assert kernels.intersection_areas(kernels.edges_of(one), kernels.edges_of(two))[2] == [1.0]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(kernels.__file__).parents[1])


# ----------------------------------------------------------------------------------------------- points


def hits(x, y, shapes) -> set[tuple[int, int]]:
    point, area = kernels.points_in_areas(x, y, kernels.edges_of(shapes))
    assert (np.lexsort((area, point)) == np.arange(len(point))).all()
    return set(zip(point.tolist(), area.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_random_points(seed):
    shapes = drawing(seed)
    generator = np.random.default_rng(seed)
    west, south, east, north = shapely.total_bounds(shapes)
    x, y = generator.uniform(west - 50, east + 50, 3000), generator.uniform(south - 50, north + 50, 3000)
    wanted = {(n, j) for j, shape in enumerate(shapes) for n in np.flatnonzero(shapely.contains_xy(shape, x, y))}
    assert hits(x, y, shapes) == wanted


def test_points_level_with_vertices():
    shapes = drawing(2)
    xy = shapely.get_coordinates(shapes)
    west, east = xy[:, 0].min(), xy[:, 0].max()
    x, y = np.linspace(west, east, len(xy)) + 0.123, xy[:, 1]
    wanted = {(n, j) for j, shape in enumerate(shapes) for n in np.flatnonzero(shapely.contains_xy(shape, x, y))}
    assert hits(x, y, shapes) == wanted


def test_a_point_on_a_border_is_in_exactly_one_neighbour():
    shapes = squares()
    steps = np.arange(0.0, 800.0, 12.5)
    x, y = (axis.ravel() for axis in np.meshgrid(steps + NATIONAL[0], steps + NATIONAL[1]))
    point, area = kernels.points_in_areas(x, y, kernels.edges_of(shapes))
    assert (point == np.arange(len(x))).all()
    assert (area == (y - NATIONAL[1]) // 100 * 8 + (x - NATIONAL[0]) // 100).all()


def test_a_point_on_a_slanting_border_is_in_exactly_one_neighbour():
    generator = np.random.default_rng(4)
    corners = generator.uniform(0, 1e4, (60, 2)) + NATIONAL
    parts = shapely.get_parts(shapely.delaunay_triangles(shapely.MultiPoint(corners)))
    ends = shapely.get_coordinates(parts).reshape(-1, 4, 2)
    middles = ((ends[:, :3] + ends[:, 1:]) / 2).reshape(-1, 2)
    outer = shapely.boundary(shapely.union_all(parts))
    middles = middles[shapely.distance(shapely.points(middles), outer) > 1e-3]
    near = np.vstack([middles, np.nextafter(middles, np.inf), np.nextafter(middles, 0), corners[3:20]])
    near = near[shapely.distance(shapely.points(near), outer) > 1e-3]
    point, _ = kernels.points_in_areas(near[:, 0], near[:, 1], kernels.edges_of(parts))
    assert (point == np.arange(len(near))).all()


def test_points_nowhere():
    edges = kernels.edges_of(squares())
    x = np.array([np.nan, NATIONAL[0] + 50, np.inf, -np.inf, 0.0, 2e6])
    y = np.array([NATIONAL[1] + 50, np.nan, NATIONAL[1], 0.0, 0.0, NATIONAL[1]])
    assert len(kernels.points_in_areas(x, y, edges)[0]) == 0
    assert len(kernels.points_in_areas(np.empty(0), np.empty(0), edges)[0]) == 0
    assert len(kernels.points_in_areas(x, y, kernels.edges_of(np.array([], dtype=object)))[0]) == 0


# -------------------------------------------------------------------------------------------- real layers


def read(folder, name) -> np.ndarray:
    shapes = shapely.make_valid(gpd.read_parquet(folder / f"{name}.parquet").geometry.to_numpy())
    assert np.isin(shapely.get_type_id(shapes), (3, 6)).all()
    return shapes


def by_tree(left, right) -> pd.Series:
    i, j = shapely.STRtree(right).query(left)
    areas = shapely.area(shapely.intersection(left[i], right[j]))
    return table((i[areas > kernels.TOUCH_M2], j[areas > kernels.TOUCH_M2], areas[areas > kernels.TOUCH_M2]))


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


def test_real_postcodes(shared_data):
    points = pd.read_parquet(shared_data / "codepoint.parquet").iloc[::7]
    x, y = points["easting"].to_numpy(float), points["northing"].to_numpy(float)
    shapes = read(shared_data, "lad_2025")
    found, wanted = shapely.STRtree(shapely.points(x, y)).query(shapes, predicate="contains")[::-1], hits(x, y, shapes)
    assert set(zip(found[0].tolist(), found[1].tolist(), strict=True)) == wanted
