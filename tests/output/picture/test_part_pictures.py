"""Parts on pictures: hatched with a broken border, said in words, never filled as whole authorities."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from pictured import all_rows, written
from toy_audit import result_of

from geoplan.data.focus import Focus
from geoplan.output.picture import drawing, plot
from geoplan.output.picture.inline.pair_map import pair_map
from geoplan.output.picture.part_shapes import grounds
from geoplan.output.picture.patterns import DRAWN, MARKS, svg_patterns
from geoplan.output.picture.sheet import styles
from geoplan.output.picture.sketch import focus_picture
from geoplan.schema.part_ground import ground_of, part_kinds
from geoplan.schema.standing import GROUND

PARTLY = {"a": {"E1.a": 1, "E1.b": 1, "E2": None}, "b": {"E3": None}, "c": {"E4": 0.8}, "d": {"E4": 0.2}}
FAR = {"x": {"E1.a": 1, "E1.b": 1, "E2": 1}, "y": {"E3": 1, "E4": 1}}
B = Focus("near", "b", "Area b", frozenset({"E3"}), in_part=(("E3", None),))
A = Focus("near", "a", "Area a", frozenset({"E1.a", "E1.b", "E2"}), in_part=(("E2", None),))


@pytest.fixture
def near(block_layer):
    return block_layer("near", PARTLY)


@pytest.fixture
def far(block_layer):
    return block_layer("far", FAR, extent="E")


def shape_of(path):
    """Return the ground inside a path of one ring after another."""
    rings = np.split(path.vertices, np.flatnonzero(path.codes == path.MOVETO)[1:])
    return shapely.union_all([shapely.Polygon(ring) for ring in rings])


def square(block, blocks):
    return blocks.geometry[block]


def test_ground_is_home_where_more_than_half_is_known_to_belong(near, blocks):
    found = grounds(near, blocks.geometry.to_dict())
    assert set(found.home) == {"a", "c"}
    assert set(found.parts) == {"a", "b", "c", "d"}
    assert found.home["a"].equals(shapely.union(square("E1.a", blocks), square("E1.b", blocks)))
    assert found.parts["a"].equals(square("E2", blocks))


def test_a_trace_shows_nothing_and_all_but_a_trace_is_whole(block_layer):
    drawn = ground_of(block_layer("near", {"a": {"E1.a": 0.996, "E2": 0.004, "E3": 0.5}}).parts)
    assert dict(zip(drawn["block"], drawn["home"], strict=True)) == {"E1.a": True, "E3": False}
    assert dict(zip(drawn["block"], drawn["in_part"], strict=True)) == {"E1.a": False, "E3": True}


def test_kinds_of_areas(near, drawn_layer):
    assert part_kinds(near).to_dict() == {"a": "mixed", "b": "part", "c": "part", "d": "part"}
    assert part_kinds(drawn_layer("file", {"f": shapely.box(0, 0, 1, 1)})).to_dict() == {"f": "whole"}


def test_a_layer_with_parts_hatches_them_and_fills_what_is_home(near, blocks):
    drawn = plot.drawing_of(result_of(blocks, alone=[near]))
    (hatched,) = (shape_of(path) for style, path in drawn.areas if style == "part")
    expected = shapely.union_all([square(block, blocks) for block in ("E2", "E3", "E4")])
    assert hatched.symmetric_difference(expected).area < 60_000
    filled = shapely.union_all([shape_of(path) for style, path in drawn.areas if style.startswith("hue")])
    for block, share in {"E1.a": 1, "E4": 1, "E2": 0, "E3": 0}.items():
        assert filled.intersection(square(block, blocks)).area == pytest.approx(share * 1e6, abs=30_000), block
    assert "part" in {style for style, _ in drawn.lines}
    rows = [row.text for row in all_rows(drawn)]
    assert rows[rows.index("Parts of authorities") + 1 :] == [
        "Area a: somewhere in E2; size not assessed", "Area b: somewhere in E3; size not assessed",
        "Area c: 80% of E4", "Area d: 20% of E4",
    ]  # fmt: skip
    assert (GROUND["part"].term, "part") in {(row.text, row.sample) for row in drawn.rows}
    assert drawn.description.endswith(f"Hatched: {GROUND['part'].term}.")


def test_areas_with_parts_of_known_share_are_counted_where_they_are_many(near, blocks, monkeypatch):
    monkeypatch.setattr(drawing, "_MOST_PARTS", 3)
    drawn = plot.drawing_of(result_of(blocks, alone=[near]))
    assert drawn.last[-1].text.startswith("4 areas hold parts of authorities; the map page says")


def test_areas_that_lie_somewhere_in_one_authority_are_numbered_side_by_side(block_layer, blocks):
    both = block_layer("near", {"p": {"E3": None}, "q": {"E3": None}, "r": {"E4": None}})
    drawn = plot.drawing_of(result_of(blocks, alone=[both]))
    numbers = {label.text: (label.x, label.y) for label in written(drawn).labels if label.badge}
    assert set(numbers) == {"1", "2"}
    assert np.hypot(*np.subtract(numbers["1"], numbers["2"])) > 0.2 * (drawn.bounds[2] - drawn.bounds[0]) / 5
    assert [label.text for label in written(drawn).labels if label.kind == "name"] == ["Area r"]
    assert not any(row.sample == "outline" for row in drawn.rows)


def test_hatching_lies_over_colours_and_has_none_of_its_own(near, blocks):
    (patch,) = styles.patches("part", plot.drawing_of(result_of(blocks, alone=[near])).areas[-1][1])
    assert patch.get_hatch() == MARKS["bars"]
    assert patch.get_facecolor()[3] == 0
    used = [look.pattern for look in DRAWN.values() if look.pattern]
    assert len(used) == len(set(used))
    assert "<rect" not in next(line for line in svg_patterns().split("\n") if 'id="fill-part"' in line)
    made = plot.made(result_of(blocks, alone=[near]))
    assert made[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_pair_is_not_shaded_where_only_a_part_belongs(near, far, blocks):
    drawn = plot.drawing_of(result_of(blocks, (near, far)))
    filled = [
        shape_of(path) for style, path in drawn.areas if style in {str(each) for each in DRAWN} - {"none", "part"}
    ]
    shaded = shapely.union_all(filled)
    for block in ("E2", "E3"):
        assert shaded.intersection(square(block, blocks)).area < 30_000, block
    assert any(row.sample == "part" for row in drawn.rows)


def test_only_parts_that_the_map_is_about_are_told_of_the_other_side(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E3": 1}})
    right = block_layer("right", {"x": {"E1.a": 1, "E1.b": 1, "E3": None}, "y": {"E2": None}})
    drawn = plot.drawing_of(result_of(blocks, (left, right)))
    (hatched,) = (shape_of(path) for style, path in drawn.areas if style == "part")
    assert hatched.symmetric_difference(square("E3", blocks)).area < 60_000
    told = [row.text for row in all_rows(drawn)]
    assert "Area x: somewhere in E3; size not assessed" in told
    assert not any(text.startswith("Area y: somewhere") for text in told)


def test_the_focus_that_is_a_part_has_a_broken_line_and_no_other(near, far, blocks):
    drawn = plot.drawing_of(result_of(blocks, (near, far), focus=B))
    drawn_lines = {style for style, _ in drawn.lines}
    assert "focus part" in drawn_lines
    assert "focus line" not in drawn_lines
    assert styles.LINES["focus part"]["linestyle"] != "-"
    rows = {row.sample: row.text for row in drawn.rows}
    assert rows["focus part"] == "Area b: somewhere in E3; size not assessed"
    assert rows["part"] == GROUND["part"].term


def test_the_focus_that_is_mixed_has_both_lines(near, far, blocks):
    drawn = plot.drawing_of(result_of(blocks, (near, far), focus=A))
    lines = dict(drawn.lines)
    whole = shapely.bounds(shapely.LineString(lines["focus line"].vertices))
    part = shapely.bounds(shapely.LineString(lines["focus part"].vertices))
    assert whole == pytest.approx((400_000, 301_000, 402_000, 302_000), abs=30)
    assert part == pytest.approx((402_000, 301_000, 403_000, 302_000), abs=30)
    assert {row.sample: row.text for row in drawn.rows}["focus part"] == "its parts: somewhere in E2; size not assessed"


def test_the_brief_draws_a_focus_that_is_a_part_as_a_part(near, far, blocks):
    made = focus_picture(result_of(blocks, (near, far), focus=B), B)
    assert [shape.kind for shape in made.shapes if shape.kind != "near"] == ["focus-part"]
    assert made.legend[0] == ("focus-part", f"{GROUND['part'].term} (somewhere in E3; size not assessed)")
    assert "(hatched: somewhere in E3; size not assessed)" in made.description
    mixed = focus_picture(result_of(blocks, (near, far), focus=A), A)
    assert [shape.kind for shape in mixed.shapes if shape.kind.startswith("focus")] == ["focus", "focus-part"]


def test_the_brief_hatches_parts_of_a_pair(near, far, blocks):
    made = pair_map(result_of(blocks, (near, far)))
    assert made.views[0].areas[-1][0] == "part"
    assert ("part", GROUND["part"].term) in made.legend
    assert GROUND["part"].term in made.description
