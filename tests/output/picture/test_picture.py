"""The picture of the brief: what it shows of six squares, and that it is well formed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import shapely
from toy_audit import result_of

from geoplan.data.focus import Focus
from geoplan.output.picture import sketch as drawing
from geoplan.output.picture.sketch import picture
from geoplan.schema import Weight

NEAR = {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}, "w": {"W1": 1}}
FAR = {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}}
B = Focus("near", "b", "Area b", frozenset({"E2", "E3"}))
SQUARE = (1000 / 3) ** 2


@pytest.fixture
def near(block_layer):
    return block_layer("near", NEAR)


@pytest.fixture
def far(block_layer):
    return block_layer("far", FAR, extent="E")


@pytest.fixture
def result(near, far, blocks):
    return result_of(blocks, (near, far))


def rings(path):
    """Return the polygons of a path, holes not told from outlines."""
    return [
        shapely.Polygon([tuple(map(int, point.split())) for point in ring.split("L")])
        for ring in re.findall(r"M([^MZ]*)Z", path)
    ]


def ground(path):
    return shapely.union_all(rings(path))


def paths(drawn):
    return [*(shape.path for shape in drawn.shapes), drawn.lines]


def test_without_outlines_or_pairs_there_is_no_picture(near, far, blocks):
    bare = blocks.drop(columns="geometry")
    assert picture(result_of(bare, (near, far))) is None
    assert picture(result_of(bare, (near, far), focus=B)) is None
    assert picture(result_of(blocks, alone=[near])) is None


def test_every_area_is_drawn_where_it_lies(result):
    drawn = picture(result)
    assert drawn.height == 667
    assert [shape.kind for shape in drawn.shapes] == ["same", "cut", "inside", "outside", "overlap"]
    of_kind = {shape.kind: ground(shape.path) for shape in drawn.shapes}
    # Of Area b the lower square overlaps Area y only in part; the upper one is the whole of Area z.
    overlap = of_kind.pop("overlap")
    assert round(overlap.area / SQUARE, 1) == 1.0
    assert of_kind["cut"].buffer(1).contains(overlap)
    assert {kind: round(shape.area / SQUARE, 1) for kind, shape in of_kind.items()} == {
        "same": 2.0, "cut": 2.0, "inside": 1.0, "outside": 1.0,
    }  # fmt: skip
    assert shapely.union_all(list(of_kind.values())).area == pytest.approx(1000 * 667)
    # North is up and west is left: E1 is the first two squares of the upper row, E4 the middle of the lower.
    assert of_kind["same"].bounds == (0, 0, 667, 333)
    assert of_kind["inside"].bounds == (333, 333, 667, 667)


def test_cut_pieces_are_drawn_last_so_that_nothing_hides_them(result):
    assert picture(result).shapes[-1].kind == "overlap"


def test_what_no_area_of_the_left_layer_holds_is_in_none(far, block_layer, blocks):
    # Area x is all that the layer holds; it exists in the whole of E.
    alone = block_layer("alone", {"x": FAR["x"]}, extent="E")
    drawn = picture(result_of(blocks, (alone, far)))
    assert [shape.kind for shape in drawn.shapes] == ["none", "same"]
    assert round(ground(drawn.shapes[0].path).area / ground(drawn.shapes[1].path).area, 1) == 1.5
    assert drawn.legend == (("same", "same boundary: 1"), ("none", "in none"))
    everywhere = picture(result_of(blocks, (replace(alone, extent=""), far)))
    assert [shape.kind for shape in everywhere.shapes] == ["same"]


def test_cut_areas_are_numbered_most_people_first_and_listed(block_layer, blocks):
    held = {"a": {"E1.a": 1, "E2": 1}, "b": {"E3": 1, "W1": 1}}
    other = {"p": {"E1.a": 1, "E1.b": 1}, "q": {"E2": 1}, "r": {"E3": 1, "E4": 1}, "s": {"W1": 1}}
    drawn = picture(result_of(blocks, (block_layer("near", held), block_layer("far", other))))
    assert drawn.numbered == ("Area b: 400", "Area a: 100")
    assert [label.lines for label in drawn.labels] == [("1",), ("2",)]
    cut = [ground(shape.path) for shape in drawn.shapes if shape.kind == "cut"]
    for label in drawn.labels:
        assert any(shape.contains(shapely.Point(label.x, label.y)) for shape in cut)


def test_the_border_that_cuts_is_drawn_and_no_other(block_layer, blocks):
    # Area b is two squares side by side, and the border of y and z runs between them.
    near = block_layer("near", {"b": {"E1.a": 1, "E1.b": 1}, "c": {"E3": 1}})
    far = block_layer("far", {"y": {"E1.a": 1, "E3": 1}, "z": {"E1.b": 1, "E2": 1}})
    drawn = picture(result_of(blocks, (near, far)))
    (line,) = re.findall(r"M([^M]+)", drawn.lines)
    ends = {tuple(map(int, point.split())) for point in line.split("L")}
    assert {x for x, _ in ends} == {500}
    assert {min(y for _, y in ends), max(y for _, y in ends)} == {0, 500}
    assert drawn.border == "border of areas of Layer far through a cut area"


def test_where_nothing_is_cut_there_is_no_border(near, block_layer, blocks):
    drawn = picture(result_of(blocks, (near, block_layer("same", NEAR))))
    assert (drawn.lines, drawn.border, drawn.numbered, drawn.labels) == ("", "", (), ())
    assert {shape.kind for shape in drawn.shapes} == {"same"}


def test_an_area_in_none_is_dotted(near, block_layer, blocks):
    far = block_layer("far", {"x": FAR["x"]}, status="in force")
    drawn = picture(result_of(blocks, (near, far)))
    assert sorted(shape.kind for shape in drawn.shapes) == ["none", "none", "none", "same"]
    assert ("none", "in none: 3") in drawn.legend
    own = picture(result_of(blocks, (near, replace(far, status="file"))))
    assert sorted(shape.kind for shape in own.shapes) == ["outside", "outside", "outside", "same"]


def test_words_and_legend_agree_with_what_is_drawn(result):
    drawn = picture(result)
    assert drawn.title == "Layer near against layer far"
    assert [kind for kind, _ in drawn.legend] == ["same", "inside", "cut", "outside", "overlap"]
    for words in ("4 areas", "same boundary: 1", "cut: 1", "outside this comparison: 1"):
        assert words in drawn.description


@pytest.mark.parametrize("focus", [None, B])
def test_paths_hold_nothing_but_commands_and_whole_numbers(near, far, blocks, focus):
    drawn = picture(result_of(blocks, (near, far), focus=focus))
    assert any(paths(drawn))
    for path in filter(None, paths(drawn)):
        assert re.fullmatch(r"(M-?\d+ -?\d+(L-?\d+ -?\d+)*Z?)+", path)
    assert all(shape.path.endswith("Z") for shape in drawn.shapes)


@pytest.mark.parametrize("focus", [None, B])
def test_the_same_result_gives_the_same_picture(near, far, blocks, focus):
    first = picture(result_of(blocks, (near, far), focus=focus))
    assert first == picture(result_of(blocks.copy(), (near, far), focus=focus))


def test_badges_do_not_hide_each_other(block_layer, blocks):
    narrow = [shapely.box(0, 0, 20, 100), shapely.box(20, 0, 40, 100), shapely.box(40, 0, 5000, 100)]
    wide = [shapely.box(0, 100, 20, 200), shapely.box(20, 100, 40, 200), shapely.box(40, 100, 5000, 200)]
    blocks.geometry = [*narrow, *wide]
    near = block_layer("near", {"a": {"E1.a": 1, "E3": 1}, "b": {"E1.b": 1, "E4": 1}, "c": {"E2": 1, "W1": 1}})
    far = block_layer("far", {"p": {"E1.a": 1, "E1.b": 1, "E2": 1}, "q": {"E3": 1, "E4": 1, "W1": 1}})
    drawn = picture(result_of(blocks, (near, far)))
    assert len(drawn.labels) == 3
    spots = [(label.x, label.y) for label in drawn.labels]
    assert all(abs(x - u) >= 46 or abs(y - v) >= 46 for n, (x, y) in enumerate(spots) for u, v in spots[:n])


def test_a_focus_is_shown_among_its_named_neighbours(near, far, blocks):
    drawn = picture(result_of(blocks, (near, far), focus=B))
    assert drawn.title == "Area b and its neighbours"
    assert [shape.kind for shape in drawn.shapes[-2:]] == ["focus", "overlap"]
    assert round(ground(drawn.shapes[-2].path).area / ground(drawn.shapes[0].path).area, 1) == 1.0
    assert {shape.kind for shape in drawn.shapes[:-2]} == {"near"}
    # Its own partners are named on the ground they share.
    assert [" ".join(label.lines) for label in drawn.labels] == ["Area y", "Area z", "Area a", "Area c", "Area w"]
    assert drawn.border == "border of layer far"
    assert drawn.lines
    for label in drawn.labels:
        assert 0 <= label.x <= 1000
        assert 0 <= label.y <= drawn.height


@pytest.mark.parametrize("x", [0, 3, 500, 999])
@pytest.mark.parametrize("name", ["Bath", "Llanfairpwllgwyngyllgogerychwyrndrobwll", "South West of Everything Else"])
def test_a_long_name_stays_inside_the_frame(name, x):
    label = drawing._inside(drawing.Label(x, 10, drawing._two_lines(name)))
    half = 16 * max(map(len, label.lines)) / 2
    assert half <= label.x <= 1000 - half


def test_names_that_would_lie_over_others_are_left_out(near, far, blocks):
    near.areas["name"] = ["A" * 60, "Middle", "C" * 60, "W" * 60]
    drawn = picture(result_of(blocks, (near, far), focus=B))
    # Its own partners are named first; of three names as wide as the picture those beside them give way.
    assert [" ".join(label.lines) for label in drawn.labels][:2] == ["Area y", "Area z"]
    boxes = [(label.x, label.y, 19 * max(map(len, label.lines)), 36 * len(label.lines)) for label in drawn.labels]
    assert not any(
        abs(a[0] - b[0]) < (a[2] + b[2]) / 2 and abs(a[1] - b[1]) < (a[3] + b[3]) / 2
        for n, a in enumerate(boxes) for b in boxes[:n]
    )  # fmt: skip
    assert len(drawn.labels) < 5


def test_the_border_shown_with_a_focus_is_that_of_what_cuts_it_today(near, far, block_layer, blocks):
    same = block_layer("same", NEAR, extent="E")
    past = replace(block_layer("past", FAR, extent="E"), in_force_to="2020")
    drawn = picture(result_of(blocks, (near, same), (near, past), (near, far), focus=B))
    assert drawn.border == "border of layer far"


def test_two_drawn_layers_need_no_blocks(drawn_layer, blocks):
    left = drawn_layer("left", {"w": shapely.box(0, 0, 4000, 9000), "e": shapely.box(4000, 0, 9000, 9000)})
    right = drawn_layer("right", {"w": shapely.box(0, 0, 6000, 9000), "e": shapely.box(6000, 0, 9000, 9000)})
    drawn = picture(result_of(blocks, (left, right), weight=Weight.AREA))
    assert drawn.height == 1000
    assert [shape.kind for shape in drawn.shapes] == ["cut", "inside", "overlap"]
    assert shapely.union_all([ground(shape.path) for shape in drawn.shapes]).area == pytest.approx(1e6)
    assert ground(drawn.shapes[-1].path).area == pytest.approx(1e6 * 18 / 81, rel=0.01)
    assert drawn.numbered == ("Area e: 18.0 km²",)
