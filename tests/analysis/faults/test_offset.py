"""Whether everything lies off the same way."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from roots import SHARED

from geoplan.analysis import overlay
from geoplan.analysis.faults.offset import offset_notes
from geoplan.auditing import comparing
from geoplan.schema import Weight

CASES = SHARED / "cases"
SQUARES = {f"a{n}": shapely.box(400_000 + 3000 * n, 300_000, 403_000 + 3000 * n, 303_000) for n in range(6)}


def over(drawn_layer, ways):
    moved = {code: shapely.transform(shape, lambda xy, by=way: xy + by) for (code, shape), way in
             zip(SQUARES.items(), np.asarray(ways, dtype=float), strict=True)}  # fmt: skip
    left, right = drawn_layer("file", moved), drawn_layer("other", SQUARES)
    return overlay.overlay(left, right, blocks=None, weight=Weight.AREA)


def test_a_shift_of_everything_is_told_with_its_length_and_way(drawn_layer):
    (note,) = offset_notes(over(drawn_layer, [(100, -50)] * 6))
    assert note.value == pytest.approx(np.hypot(100, 50))
    assert "Everything in file lies about 110 m off other the same way, to the south-east, as after" in note.message


def test_areas_that_differ_each_their_own_way_are_not(drawn_layer):
    turns = np.arange(6) * np.pi / 3
    assert not offset_notes(over(drawn_layer, 110 * np.column_stack([np.cos(turns), np.sin(turns)])))


def test_neither_is_one_area_that_moved_nor_the_drawing_s_own_noise(drawn_layer):
    assert not offset_notes(over(drawn_layer, [(100, -50), *[(0, 0)] * 5]))
    assert not offset_notes(over(drawn_layer, [(10, -5)] * 6))


def test_a_file_saved_with_a_wrong_datum():
    file = CASES / "shift100.gpkg"
    if not file.exists():
        pytest.skip("the cases are not beside the project (../shared/cases)")
    pair = comparing.compare(str(file), "lad")
    (note,) = pair.overlay.notes
    assert note.value == pytest.approx(np.hypot(100, 50), abs=25)
    assert " m off lad the same way, to the south-east" in note.message
    assert "straddles" in set(pair.relations["relation"])


def test_official_districts_do_not_lie_off_the_shipped_ones(shared_data):
    pair = comparing.compare(str(shared_data / "lad_2025.parquet"), "lad")
    assert not pair.overlay.notes
