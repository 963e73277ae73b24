"""The map of a comparison in a brief: what it shows of six squares, what stands enlarged, and that it is sound."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import shapely
from toy_audit import result_of

from geoplan.output.picture.inline.pair_map import pair_map
from geoplan.output.picture.naming.insets import free_corners
from geoplan.output.picture.picture_parts import Drawing, Place
from geoplan.schema import Weight

NEAR = {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}, "w": {"W1": 1}}
FAR = {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}}
SQUARE = (1000 / 3.6) ** 2
"""Units of the map: three squares go across it, and areas of a file have a tenth of that beside them."""


@pytest.fixture
def near(block_layer):
    return block_layer("near", NEAR)


@pytest.fixture
def far(block_layer):
    return block_layer("far", FAR, extent="E")


def ground(path):
    """Return the ground of a path, holes not told from outlines."""
    rings = re.findall(r"M([^MZ]*)Z", path)
    return shapely.union_all([shapely.Polygon([tuple(map(int, p.split())) for p in r.split("L")]) for r in rings])


def kinds(drawn):
    return [kind for kind, _ in drawn.views[0].areas if kind not in {"land", "lake"}]


def numbers(drawn):
    return [text.words for view in drawn.views for text in view.texts if text.kind == "badge"]


def test_without_outlines_or_pairs_there_is_no_map(near, far, blocks):
    assert pair_map(result_of(blocks.drop(columns="geometry"), (near, far))) is None
    assert pair_map(result_of(blocks, alone=[near])) is None


def test_every_area_is_drawn_where_it_lies(near, far, blocks):
    drawn = pair_map(result_of(blocks, (near, far)))
    assert sorted(kinds(drawn)) == ["cut", "inside", "outside", "overlap", "same"]
    assert kinds(drawn)[-1] == "overlap"
    of_kind = {kind: ground(path) for kind, path in drawn.views[0].areas}
    assert {kind: round(of_kind[kind].area / SQUARE, 1) for kind in kinds(drawn)} == {
        "same": 2.0, "cut": 2.0, "inside": 1.0, "outside": 1.0, "overlap": 1.0,
    }  # fmt: skip
    assert of_kind["cut"].buffer(3).contains(of_kind["overlap"])
    # North is up and west is left.
    assert of_kind["same"].centroid.x < of_kind["cut"].bounds[2]
    assert of_kind["same"].bounds[1] < of_kind["inside"].bounds[1]


def test_what_no_area_of_the_left_layer_holds_is_in_none(far, block_layer, blocks):
    # Area x is all that the layer holds; it exists in the whole of E.
    alone = block_layer("alone", {"x": FAR["x"]}, extent="E")
    drawn = pair_map(result_of(blocks, (alone, far)))
    assert set(kinds(drawn)) == {"none", "same"}
    assert drawn.legend[:2] == (("same", "same boundary: 1"), ("none", "in none"))
    assert kinds(pair_map(result_of(blocks, (replace(alone, extent=""), far)))) == ["same"]


def test_cut_areas_are_numbered_most_people_first_and_listed(block_layer, blocks):
    held = {"a": {"E1.a": 1, "E2": 1}, "b": {"E3": 1, "W1": 1}}
    other = {"p": {"E1.a": 1, "E1.b": 1}, "q": {"E2": 1}, "r": {"E3": 1, "E4": 1}, "s": {"W1": 1}}
    drawn = pair_map(result_of(blocks, (block_layer("near", held), block_layer("far", other))))
    assert drawn.numbered == ("Area b: 400", "Area a: 100")
    assert sorted(numbers(drawn)) == ["1", "2"]
    assert "Each cut area is numbered and named in the list." in drawn.description


def test_where_nothing_is_cut_nobody_is_told_of_numbers(near, block_layer, blocks):
    drawn = pair_map(result_of(blocks, (near, block_layer("same", NEAR))))
    assert (drawn.numbered, set(kinds(drawn))) == ((), {"same"})
    assert "number" not in drawn.description


def test_the_key_tells_kinds_with_their_counts_and_both_borders(near, far, blocks):
    drawn = pair_map(result_of(blocks, (near, far)))
    assert drawn.title == "Layer near against layer far"
    assert [kind for kind, _ in drawn.legend] == ["same", "inside", "cut", "outside", "overlap", "outline", "other"]
    for words in ("4 areas", "same boundary: 1", "cut: 1", "outside this comparison: 1"):
        assert words in drawn.description
    assert {kind for kind, _ in drawn.legend} & {"outline", "other"} <= set(drawn.lines)


def test_every_area_is_named_or_numbered(near, far, blocks):
    near.areas["name"] = ["Long" * 12, "Middle", "Wide" * 12, "West" * 12]
    drawn = pair_map(result_of(blocks, (near, far)))
    named = {name for _, name in drawn.key}
    assert named == {"Long" * 12, "Wide" * 12}
    assert [number for number, _ in drawn.key] == ["2", "3"]
    assert sorted(numbers(drawn)) == ["1", "2", "3"]


def test_paths_hold_nothing_but_commands_and_whole_numbers(near, far, blocks):
    drawn = pair_map(result_of(blocks, (near, far)))
    for view in drawn.views:
        for _, path in (*view.areas, *view.lines):
            assert re.fullmatch(r"(M-?\d+ -?\d+(L-?\d+ -?\d+)+Z?)+", path)
        assert all(path.endswith("Z") for _, path in view.areas)


def test_the_same_result_gives_the_same_map(near, far, blocks):
    assert pair_map(result_of(blocks, (near, far))) == pair_map(result_of(blocks.copy(), (near, far)))


def test_two_drawn_layers_need_no_blocks(drawn_layer, blocks):
    left = drawn_layer("left", {"w": shapely.box(0, 0, 4000, 9000), "e": shapely.box(4000, 0, 9000, 9000)})
    right = drawn_layer("right", {"w": shapely.box(0, 0, 6000, 9000), "e": shapely.box(6000, 0, 9000, 9000)})
    drawn = pair_map(result_of(blocks, (left, right), weight=Weight.AREA))
    assert sorted(kinds(drawn)) == ["cut", "inside", "overlap"]
    assert drawn.numbered == ("Area e: 18.0 km²",)


def test_an_enlarged_part_hides_nothing_the_map_is_about():
    about, beside = shapely.box(40, 0, 100, 100), shapely.box(0, 80, 40, 100)
    drawing = Drawing((0, 0, 100, 100), "", "", places=[Place("a", about), Place("b", beside, "near")])
    # Of the corners in the west the one without a neighbour comes first; those in the east are taken.
    assert free_corners(drawing, 30) == [(0, 0, 30, 30), (0, 70, 30, 100)]
    assert free_corners(drawing, 50) == []


def test_a_knot_of_small_areas_is_enlarged_in_a_free_corner(block_layer, blocks):
    # Two slips of ground in the south-east of a large area, and nothing in the north-west.
    small = [shapely.box(9000, 0, 9060, 60), shapely.box(9060, 0, 9120, 60)]
    blocks.geometry = [*small, shapely.box(0, 0, 9000, 4000), shapely.box(9120, 0, 9900, 60),
                       shapely.box(5000, 4000, 9000, 9900), shapely.box(9000, 60, 9900, 9900)]  # fmt: skip
    near = block_layer("near", {"a": {"E1.a": 1, "E2": 1}, "b": {"E1.b": 1, "E3": 1}, "c": {"E4": 1, "W1": 1}})
    far = block_layer("far", {"p": {"E1.a": 1, "E1.b": 1, "E2": 1}, "q": {"E3": 1, "E4": 1, "W1": 1}})
    drawn = pair_map(result_of(blocks, (near, far)))
    main, *parts = drawn.views
    for part in parts:
        box = shapely.box(*part.over, part.over[0] + part.width, part.over[1] + part.height)
        for kind, path in main.areas:
            assert kind == "land" or shapely.intersection(ground(path), box).area == 0
        assert not any(box.contains(shapely.Point(text.x, text.y)) for text in main.texts)
    assert len(parts) == len(main.frames)
