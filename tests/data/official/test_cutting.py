"""Districts cut among boards that are drawn otherwise: all ground is given out, once."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geoplan.data.official.cutting import as_coverage, cut

SQUARE = shapely.box(0, 0, 100, 100)


def test_each_side_gets_its_own_ground() -> None:
    held = cut(SQUARE, {"west": shapely.box(-50, -50, 30, 150), "east": shapely.box(30, -50, 150, 150)})
    assert held["west"].equals(shapely.box(0, 0, 30, 100))
    assert held["east"].equals(shapely.box(30, 0, 100, 100))


def test_ground_that_no_side_reaches_goes_to_the_longest_border() -> None:
    held = cut(SQUARE, {"west": shapely.box(0, 0, 30, 100), "east": shapely.box(30, 0, 80, 100)})
    assert held["west"].area == 3_000
    assert held["east"].area == 7_000


def test_an_island_apart_goes_to_the_nearest() -> None:
    island = shapely.box(0, 200, 10, 210)
    whole = shapely.union(SQUARE, island)
    held = cut(whole, {"north": shapely.box(0, 60, 100, 100), "south": shapely.box(0, 0, 100, 60)})
    assert held["north"].area == 4_000 + 100
    assert held["south"].area == 6_000


def test_a_side_elsewhere_is_left_out() -> None:
    held = cut(SQUARE, {"here": shapely.box(0, 0, 100, 100), "there": shapely.box(500, 500, 600, 600)})
    assert list(held) == ["here"]
    assert cut(SQUARE, {"there": shapely.box(500, 500, 600, 600)}) == {}


boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h),
    st.integers(-60, 90), st.integers(-60, 90), st.integers(1, 150), st.integers(1, 150),
)  # fmt: skip


@given(st.lists(boxes, min_size=1, max_size=4))
def test_all_ground_is_held_once_or_nobody_reaches_in(sides: list[shapely.Geometry]) -> None:
    held = cut(SQUARE, {str(number): side for number, side in enumerate(sides)})
    touched = any(shapely.intersection(SQUARE, side).area for side in sides)
    assert bool(held) == touched
    if held:
        assert sum(piece.area for piece in held.values()) == np.float64(SQUARE.area)
        assert shapely.union_all(list(held.values())).equals(SQUARE)


def test_a_cut_gives_the_neighbour_its_vertex() -> None:
    north, south = cut(SQUARE, {"n": shapely.box(0, 55, 100, 100), "s": shapely.box(0, 0, 100, 55)}).values()
    shapes = gpd.GeoSeries([north, south, shapely.box(100, 0, 200, 100)], index=["n", "s", "e"], crs="EPSG:27700")
    assert not shapely.coverage_is_valid(shapes.to_numpy())
    clean = as_coverage(shapes)
    assert shapely.coverage_is_valid(clean.to_numpy())
    assert clean.area.tolist() == shapes.area.tolist()
    assert as_coverage(clean) is clean
