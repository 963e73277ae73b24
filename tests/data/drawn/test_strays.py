"""Small parts far from the rest of their area."""

from __future__ import annotations

import shapely

from geoplan.data.drawn import strays

MAIN = shapely.box(350_000, 160_000, 360_000, 170_000)


def test_a_small_part_far_off_is_found_and_one_near_by_or_large_is_not():
    far = shapely.box(340_000, 160_000, 340_500, 160_500)
    near, large = shapely.box(360_100, 160_000, 360_600, 160_500), shapely.box(380_000, 160_000, 382_000, 162_000)
    (found,) = strays.far_parts(shapely.union_all([MAIN, near, large, far]))
    assert found.equals(far)
    assert not len(strays.far_parts(MAIN))


def test_it_is_told_with_its_size_place_and_distance():
    far = shapely.box(340_000, 160_000, 340_500, 160_500)
    shape = shapely.union_all([MAIN, far])
    text = strays.stray_text("A Main", shape, strays.far_parts(shape))
    assert "0.25 km², at ST 402 602, 9.5 km off" in text
