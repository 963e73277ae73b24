"""What a comparison says nothing about."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import shapely
from toy_audit import finding, result_of

from geoplan import schema
from geoplan.analysis import extent
from geoplan.auditing import audit, focused
from geoplan.auditing.focus import focus_figures, focus_pairs, members, partner_rows
from geoplan.commuting.atlas import Atlas
from geoplan.data.focus import Focus
from geoplan.output.page import payload
from geoplan.output.picture.sketch import focus_picture
from geoplan.output.summary import answers
from geoplan.output.text import audit_lines

SIDES = {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "w": {"W1": 1}}


@pytest.fixture
def layers(block_layer):
    """A shipped layer, and a file that holds a part of it."""
    shipped = block_layer("shipped", SIDES, status="in force")
    return shipped, block_layer("mine.csv", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E2": 1}}, status="file")


def test_areas_that_a_file_does_not_reach_are_outside(blocks, layers):
    shipped, mine = layers
    result = result_of(blocks, (shipped, mine))
    pair, back = result.pairs
    assert pair.outside == {"w"}
    assert back.outside == frozenset()
    counts = pair.summary
    assert [counts[key] for key in ("areas", "outside_extent", "uncovered", "coterminous")] == [3, 1, 0, 1]
    assert answers.answer_sentences(result)[0].startswith("Of the 2 areas of Layer shipped on its ground, set against")
    assert list(pair.standing.values()) == ["same", "partly", "outside"]


def test_a_shipped_layer_and_one_that_should_cover_everyone_speak_of_all(blocks, layers, block_layer):
    shipped, _ = layers
    held = {"x": {"E1.a": 1, "E1.b": 1}}
    for other in (block_layer("r", held, status="in force"), block_layer("r", held, status="file", exhaustive=True)):
        (pair, _) = result_of(blocks, (shipped, other)).pairs
        assert pair.outside == frozenset()
        assert pair.summary["uncovered"] == 2


def test_drawn_areas_of_a_country_without_the_layer_are_outside_by_their_codes(blocks, layers, drawn_layer):
    west, south, *_ = blocks.geometry["E1.a"].bounds
    away = shapely.box(west - 9000, south, west - 8000, south + 1000)
    here = shapely.box(west, south, west + 1000, south + 1000)
    shapes = {"S12000001": away, "E06000001": away, "mine": away, "S12000002": here}
    drawn = drawn_layer("drawn.gpkg", shapes)
    shipped = replace(layers[0], extent="EW", exhaustive=True)
    back = result_of(blocks, (drawn, shipped), weight=schema.Weight.AREA).pairs[0]
    assert back.outside == {"S12000001"}
    assert extent.countries_of(drawn).to_dict() == {"S12000001": "S", "E06000001": "E", "mine": "", "S12000002": "S"}


def test_a_boundary_file_of_part_of_the_country_leaves_the_rest_outside(blocks, layers, drawn_layer):
    shipped, _ = layers
    west, south, *_ = blocks.geometry["E1.a"].bounds
    drawn = drawn_layer("drawn.gpkg", {"d": shapely.box(west, south, west + 1000, south + 1000)})
    pair = result_of(blocks, (shipped, drawn), weight=schema.Weight.AREA).pairs[0]
    assert extent.off_the_ground(drawn, pair.relations) == pair.outside == {"b", "w"}


def test_findings_off_the_ground_are_left_out_unless_another_comparison_reaches_there(blocks, layers, block_layer):
    shipped, mine = layers
    found = [
        finding("GP405", "shipped", "w"),
        finding("GP405", "shipped", "a"),
        finding("GP503", "ttwa", "t", other_layer="shipped", other_codes=("w",)),
        finding("GP503", "ttwa", "u", other_layer="shipped", other_codes=("w", "b")),
        finding("GP403", "mine.csv", "Nowhere"),
        finding("GP204", "shipped", ""),
    ]
    alone = result_of(blocks, (shipped, mine)).pairs
    assert [f.code for f in audit._on_the_ground(found, alone)] == ["a", "u", "Nowhere", ""]
    whole = block_layer("whole", {"all": dict.fromkeys(blocks.index, 1)}, status="in force")
    beside = result_of(blocks, (shipped, mine), (shipped, whole)).pairs
    assert audit._on_the_ground(found, beside) == found


def test_the_focus_on_a_drawn_area_is_told_by_its_lines(blocks, layers, drawn_layer):
    shipped = layers[0]
    west, south, *_ = blocks.geometry["E1.a"].bounds
    drawn = drawn_layer("drawn.gpkg", {
        "d": shapely.box(west, south, west + 1500, south + 1000),
        "e": shapely.box(west + 2000, south, west + 3000, south + 1000),
    })  # fmt: skip
    focus = Focus("drawn.gpkg", "d", "Area d", frozenset({"E1.a"}), drawn=True)
    result = result_of(blocks, (drawn, shipped), weight=schema.Weight.AREA, focus=focus)
    found = focus_pairs(result, focus)
    assert list(found) == ["shipped"]
    assert found["shipped"].relations["relation"].to_dict() == {"d": "nested"}
    (row,) = partner_rows(result)
    assert (row.area, row.people, row.share) == ("Area a", 1.5e6, 1.0)
    assert focus_figures(result, focus)[0].value == "1.5 km²"
    assert members(result, focus).endswith("with half or more of their postcodes inside")
    mine = [f for f in result.findings if focused._about(f, focus, result.layers)]
    assert {(f.layer, f.code) for f in mine if f.code} == {("drawn.gpkg", "d"), ("shipped", "a")}
    (shape,) = focus_picture(result, result.focus).shapes
    places = [tuple(map(int, place.split())) for place in re.findall(r"\d+ \d+", shape.path)]
    width, height = (max(each) - min(each) for each in zip(*places, strict=True))
    assert (shape.kind, width / height) == ("focus", pytest.approx(1.5, rel=0.01))


def test_the_ground_of_a_drawn_area_are_blocks_with_half_their_postcodes_inside(
    blocks, points, drawn_layer, monkeypatch
):
    west, south, *_ = blocks.geometry["E1.a"].bounds
    drawn = drawn_layer("drawn.gpkg", {
        "d": shapely.box(west, south, west + 1600, south + 1000),
        "e": shapely.box(west + 1600, south, west + 2300, south + 1000),
    })  # fmt: skip
    atlas = Atlas()
    monkeypatch.setitem(atlas.__dict__, "points", points[["block", "x", "y"]])
    found = atlas.find("drawn.gpkg:Area d", [drawn])
    assert (found.layer, found.code, found.drawn) == ("drawn.gpkg", "d", True)
    assert found.blocks == {"E1.a", "E1.b"}
    assert atlas.find("area e", [drawn]).blocks == frozenset()


def test_indicative_is_said_only_of_shipped_outlines(blocks, drawn_layer, layers):
    drawn = [drawn_layer(key, {"d": blocks.geometry["E2"]}) for key in ("one.gpkg", "two.gpkg")]
    own = result_of(blocks, tuple(drawn), weight=schema.Weight.AREA)
    mixed = result_of(blocks, (drawn[0], layers[0]), weight=schema.Weight.AREA)
    for result, said in ((own, False), (mixed, True)):
        assert result.indicative is said
        assert ("ndicative" in "\n".join(payload._about(result, None))) is said
        text = audit_lines.summary_text(result_with_pairs(result), ["audit.json"], "out")
        assert ("indicative" in text) is said


def result_with_pairs(result):
    """Add the parameter that the summary's table of pairs is made by."""
    result.parameters["pairs"] = [list(result.pairs[0].keys)]
    return result
