"""The picture of an area with its neighbours in a brief: what it shows of six squares, and that it is well formed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import shapely
from toy_audit import result_of

from geoplan.data.focus import Focus
from geoplan.output.picture import sketch as drawing
from geoplan.output.picture.sketch import focus_picture

NEAR = {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}, "w": {"W1": 1}}
FAR = {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}}
B = Focus("near", "b", "Area b", frozenset({"E2", "E3"}))


@pytest.fixture
def near(block_layer):
    return block_layer("near", NEAR)


@pytest.fixture
def far(block_layer):
    return block_layer("far", FAR, extent="E")


def rings(path):
    """Return the polygons of a path, holes not told from outlines."""
    return [
        shapely.Polygon([tuple(map(int, point.split())) for point in ring.split("L")])
        for ring in re.findall(r"M([^MZ]*)Z", path)
    ]


def ground(path):
    return shapely.union_all(rings(path))


def picture(result):
    return focus_picture(result, B)


def test_without_outlines_there_is_no_picture(near, far, blocks):
    assert picture(result_of(blocks.drop(columns="geometry"), (near, far), focus=B)) is None


def test_paths_hold_nothing_but_commands_and_whole_numbers(near, far, blocks):
    drawn = picture(result_of(blocks, (near, far), focus=B))
    for path in (*(shape.path for shape in drawn.shapes), drawn.lines):
        assert re.fullmatch(r"(M-?\d+ -?\d+(L-?\d+ -?\d+)*Z?)+", path)
    assert all(shape.path.endswith("Z") for shape in drawn.shapes)


def test_the_same_result_gives_the_same_picture(near, far, blocks):
    first = picture(result_of(blocks, (near, far), focus=B))
    assert first == picture(result_of(blocks.copy(), (near, far), focus=B))


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
