"""Small parts far from the rest of their area."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.affinity import translate

from geoplan.data.drawn import strays

MAIN = shapely.box(350_000, 160_000, 360_000, 170_000)


def test_a_small_part_far_off_is_found_and_one_near_by_or_large_is_not():
    far = shapely.box(340_000, 160_000, 340_500, 160_500)
    near, large = shapely.box(360_100, 160_000, 360_600, 160_500), shapely.box(380_000, 160_000, 382_000, 162_000)
    shape = shapely.union_all([MAIN, near, large, far])
    found = strays.far_parts(np.array([MAIN, shape, MAIN, shapely.union_all([MAIN, near])], dtype=object))
    assert list(found) == [1]
    assert shapely.equals(found[1], far).tolist() == [True]
    assert strays.far_parts(np.array([], dtype=object)) == {}


def test_it_is_told_with_its_size_place_and_distance():
    far = shapely.box(340_000, 160_000, 340_500, 160_500)
    shape = shapely.union_all([MAIN, far])
    text = strays.stray_text("A Main", shape, strays.far_parts(np.array([shape], dtype=object))[0])
    assert "0.25 km², at ST 402 602, 9.5 km off" in text


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 9)), min_size=1, max_size=25))
def test_squares_find_the_same_as_measuring_every_part(placed):
    boxes = [shapely.box(x * 1000, y * 1000, x * 1000 + side * 90, y * 1000 + side * 90) for x, y, side in placed]
    shape = shapely.union_all([MAIN, *(translate(box, 320_000, 140_000) for box in boxes)])
    parts = shapely.get_parts(shape)
    small = shapely.area(parts) < strays.SMALL_SHARE * shape.area
    plain = [part for part in parts[small] if shapely.distance(shapely.union_all(parts[~small]), part) > strays.FAR_M]
    found = strays.far_parts(np.array([MAIN, shape], dtype=object)).get(1, np.array([], dtype=object))
    assert sorted(part.wkt for part in found) == sorted(part.wkt for part in plain)
    assert (np.diff(shapely.area(found)) <= 0).all()
