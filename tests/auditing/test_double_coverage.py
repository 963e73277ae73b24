"""Who lies in two areas of one layer is told of every layer where it is so, by design or not."""

from __future__ import annotations

import pytest
from toy_audit import finding, result_of

from geoplan.auditing import comparing
from geoplan.auditing.judging import findings
from geoplan.output.summary.answers import answer_sentences
from geoplan.output.tables.comparison import compare_table
from geoplan.output.text.comparison_lines import compare_text
from geoplan.schema import Severity


@pytest.fixture(scope="module")
def pathfinders():
    return comparing.compare("city_strategy_pathfinder", "lep_2017")


def test_every_partner_of_an_area_inside_one_is_named_with_its_people(pathfinders):
    text = compare_text(pathfinders)
    assert "South Yorkshire (csp-08): inside one, and in part in others" in text
    rows = compare_table(pathfinders).set_index(["left_name", "right_name"])["people"]
    inside = {
        "South Yorkshire": ("Leeds City Region", 251_770),
        "Nottingham and Nottinghamshire (extended vintage)": ("Sheffield City Region", 124_937),
    }
    said = {(f.name, other["name"]): other for f in _found(pathfinders) for other in f.evidence["partners"].values()}
    for area, (other, people) in inside.items():
        assert rows[area, other] == people
        assert f"{people:,}" in text
        assert (said[area, other]["people"], said[area, other]["cut"]) == (people, True)


def _found(pair):
    return findings.from_pair(pair.overlay, pair.relations, tolerance=pair.tolerance, outside=pair.outside)


def test_barnsley_is_in_two_partnerships_by_design(pathfinders):
    told = {f.name: f for f in findings.from_notes(pathfinders.overlay.right, pathfinders.overlay.right.notes)}
    barnsley = told["Barnsley"]
    assert (barnsley.rule, barnsley.severity, barnsley.value) == ("GP402", Severity.INFO, 251_770)
    assert barnsley.lead.endswith("Leeds City Region and Sheffield City Region; 251,770 people.")
    # Beside Buckinghamshire's own partnership a part of it of unknown size is in another one.
    assert told["Buckinghamshire"].value is None


def test_nobody_is_counted_twice_only_where_nobody_is(block_layer, blocks):
    left = block_layer("left", {"a": {"E2": 1}})

    def last(*further, **facts):
        layer = block_layer("full", {"x": {"E2": 1}}, exhaustive=True, many="boards", **facts)
        return answer_sentences(result_of(blocks, (left, layer), further=further))[-1]

    assert last() == "Nobody is left out of, or counted twice by, layer full."
    twice = finding("GP402", "full", "E3", value=400.0, severity=Severity.INFO)
    assert (
        last(twice, overlap=True) == "Nobody is left out of layer full; 400 people are in two or more boards by design."
    )
    unsure = finding("GP402", "full", "E4", value=None, severity=Severity.INFO)
    assert last(twice, unsure, overlap=True).endswith("; at least 400 people are in two or more boards by design.")
    error = finding("GP402", "full", "E3", value=400.0)
    assert last(error) == "400 people are in two areas of layer full where one is meant."


def test_one_part_of_unknown_size_leaves_open_who_is_left_out(block_layer, blocks):
    left = block_layer("left", {"a": {"E2": 1}})
    full = block_layer("full", {"x": {"E2": 1, "E3": None}}, exhaustive=True)
    said = answer_sentences(result_of(blocks, (left, full)))[-1]
    assert said == "Whether anybody is left out of layer full could not be assessed."
