"""Rules, ids and wording of findings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from toy_audit import leads_alone

from geoplan.analysis import extent, overlay, relations
from geoplan.auditing.judging import findings, rules
from geoplan.errors import RunError, UnknownKeyError, refusal
from geoplan.schema import Note, Severity, Tolerance


def of_pair(left, right, blocks):
    over = overlay.overlay(left, right, blocks=blocks)
    tolerance = Tolerance()
    related = relations.relate(over, tolerance=tolerance)
    outside = extent.outside(left, right, related)
    return findings.from_pair(over, related, tolerance=tolerance, outside=outside)


def test_every_rule_explains_itself():
    for code, rule in rules.RULES.items():
        assert rule.code == code
        assert all((rule.title, rule.means, rule.matters, rule.action))
    assert rules.rule("301") is rules.rule("gp301") is rules.RULES["GP301"]
    with pytest.raises(UnknownKeyError, match=r"GP999.*Known: GP101"):
        rules.rule("GP999")


def test_ids_depend_on_what_is_named_and_on_nothing_else():
    same = findings.finding_id("GP301", "icb", "E1", "lad", ["A", "B"])
    assert same == findings.finding_id("GP301", "icb", "E1", "lad", ["B", "A"])
    others = {
        findings.finding_id("GP302", "icb", "E1", "lad", ["A", "B"]),
        findings.finding_id("GP301", "lad", "E1", "icb", ["A", "B"]),
        findings.finding_id("GP301", "icb", "E2", "lad", ["A", "B"]),
        findings.finding_id("GP301", "icb", "E1", "lad", ["A"]),
    }
    assert len(others | {same}) == 5


def test_a_split_area_names_its_partners_and_people(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1, "E2": 1}})
    right = block_layer("right", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E2": 1, "E4": 1}})
    (found,) = of_pair(left, right, blocks)
    assert (found.rule, found.severity, found.code) == ("GP301", Severity.WARNING, "a")
    assert found.other_codes == ("y", "x")
    assert found.value == 400
    assert found.message == (
        "Area a (Layer left), set against layer right: cut by Area y (300 people, 75% of it) and Area x (100 people, "
        "25% of it). Works with 2 areas of Layer right; the largest covers 75% of its residents. "
        "No single body answers for all of it."
    )
    assert found.evidence["partners"]["x"] == {"name": "Area x", "people": 100.0, "share": 0.25, "cut": True}


def test_an_area_of_wholes_and_one_cut_says_which(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1, "E1.b": 1, "E3": 1}})
    right = block_layer("right", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}})
    (found,) = of_pair(left, right, blocks)
    assert found.short == (
        "Cut by Area y (57% of it); holds Area x. Works with 2 areas of Layer right; the largest covers "
        "57% of its residents."
    )
    assert found.value == 400
    assert {code: each["cut"] for code, each in found.evidence["partners"].items()} == {"x": False, "y": True}


def test_an_area_inside_one_of_two_that_overlap_is_still_cut_by_the_other(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1}})
    right = block_layer("right", {"x": {"E1.a": 1, "E1.b": 1, "E3": 1}, "y": {"E1.b": 1, "E2": 1}}, overlap=True)
    (found,) = of_pair(left, right, blocks)
    assert (found.rule, found.code, found.value) == ("GP301", "a", 200)
    assert found.short.startswith("Cut by Area y (67% of it); lies whole inside Area x.")


def test_an_area_made_of_whole_ones_is_information(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1, "E1.b": 1, "E3": 1}})
    right = block_layer("right", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1}})
    (found,) = of_pair(left, right, blocks)
    assert (found.rule, found.severity) == ("GP303", Severity.INFO)


def test_gaps_count_only_where_the_other_layer_should_cover_everyone(block_layer, blocks):
    left = block_layer("left", {"a": {"E2": 1, "E3": 1}, "b": {"E4": 1}, "w": {"W1": 1}})
    held = {"x": {"E3": 1, "E4": 1}}
    (cut,) = of_pair(left, block_layer("right", held), blocks)
    assert (cut.rule, cut.severity, cut.value) == ("GP301", Severity.INFO, 400)
    assert "cut by Area x (400 people, 57% of it); 300 people in none." in cut.message
    two = of_pair(left, block_layer("right", held | {"y": {"E2": 1, "W1": 1}}), blocks)
    assert [(f.code, str(f.severity)) for f in two if f.rule == "GP301"] == [("a", "warning")]
    errors = of_pair(left, block_layer("right", held, exhaustive=True), blocks)
    # Whom the border cuts is told as well as who is left out.
    assert [(f.rule, f.code, f.severity, f.value) for f in errors] == [
        ("GP305", "a", Severity.ERROR, 300),
        ("GP301", "a", Severity.WARNING, 400),
        ("GP305", "w", Severity.ERROR, 600),
    ]


def test_a_cut_by_a_layer_that_has_ended_is_of_the_past(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1, "E2": 1}}, status="in force")
    held = {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E2": 1, "E4": 1}}
    (past,) = of_pair(left, block_layer("right", held, status="ended"), blocks)
    assert past.severity is Severity.INFO
    assert "was cut by" in past.message
    assert "Worked with 2" in past.message
    both = of_pair(block_layer("left", {"a": {"E1.a": 1, "E2": 1}}, status="ended"),
                   block_layer("right", held, status="ended"), blocks)  # fmt: skip
    assert both[0].severity is Severity.WARNING


def test_nothing_is_said_outside_the_other_layers_countries(block_layer, blocks):
    left = block_layer("left", {"w": {"W1": 1}})
    right = block_layer("right", {"x": {"E3": 1}}, exhaustive=True, extent="E")
    assert of_pair(left, right, blocks) == []
    both = replace(right, extent="EW")
    assert [f.rule for f in of_pair(left, both, blocks)] == ["GP305"]


def test_two_that_meet_only_each_other_but_differ(block_layer, blocks):
    left = block_layer("left", {"a": {"E3": 1}})
    right = block_layer("right", {"x": {"E2": 1, "E3": 1}})
    (found,) = of_pair(left, right, blocks)
    assert found.rule == "GP302"
    assert "100.0% of the first lies in the second, 57.1% of the second in the first" in found.message
    assert found.value == 300


def test_a_small_area_inside_a_large_one_is_no_pair_of_twins(block_layer, blocks):
    left = block_layer("left", {"a": {"E2": 1}})
    assert of_pair(left, block_layer("right", {"x": {"E2": 1, "E3": 1}}), blocks) == []


def test_a_nested_area_among_others_says_nothing(block_layer, blocks):
    left = block_layer("left", {"a": {"E2": 1}, "b": {"E3": 1}})
    right = block_layer("right", {"x": {"E2": 1, "E3": 1}})
    assert of_pair(left, right, blocks) == []


def test_notes_keep_their_rules_severity_unless_by_design(block_layer):
    layer = block_layer("left", {"a": {"E2": 1}})
    hard, soft = findings.from_notes(
        layer, [Note("GP402", "x", code="E2"), Note("GP402", "x", code="E3", by_design=True)]
    )
    assert (hard.severity, soft.severity) == (Severity.ERROR, Severity.INFO)
    assert hard.id != soft.id


def test_a_check_that_could_not_run_is_an_error():
    found = findings.not_run("icb", "Comparison with lad", "the disk is full")
    assert (found.rule, found.severity) == ("GP901", Severity.ERROR)
    assert found.message == "Comparison with lad could not run: the disk is full"


def test_a_check_that_could_not_run_keeps_the_hint_apart():
    found = findings.not_run("icb", "Comparison with lad", refusal("the disk is full", hint="Make room."))
    assert (found.lead, found.advice) == ("Comparison with lad could not run: the disk is full.", "Make room.")
    why = RunError("Comparison with lad", ValueError("A. B. C.")).why
    assert findings.not_run("icb", "Comparison with lad", why).lead.endswith("(A. B. C).")


# ---------------------------------------------------------------------------------------------- parts of a message

LEFT = {"a": {"E1.a": 1, "E2": 1}, "b": {"E1.b": 1, "E3": 1}, "c": {"W1": 1}}
RIGHTS = (
    {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E2": 1, "E4": 1}},
    {"x": {"E1.a": 1}, "y": {"E2": 1}, "z": {"E4": 1, "W1": 1}},
)


def test_the_lead_of_a_comparisons_finding_stands_alone(block_layer, blocks):
    left = block_layer("left", LEFT, as_of="2026-04-01", status="in force")
    found = [
        finding
        for members in RIGHTS
        for right in [block_layer("right", members, exhaustive=True, as_of="2020-01-01", status="file")]
        for finding in of_pair(left, right, blocks)
    ]
    assert {finding.rule for finding in found} == {"GP105", "GP301", "GP302", "GP303", "GP305"}
    assert [finding for finding in found if not leads_alone(finding)] == []


def test_a_table_that_names_the_layer_beside_it_has_no_need_of_its_title(block_layer, blocks):
    left = block_layer("left", LEFT)
    for members in RIGHTS:
        for found in of_pair(left, block_layer("right", members, exhaustive=True), blocks):
            if found.rule in {"GP302", "GP305"}:
                assert found.short == found.message.replace(" (Layer left)", "")
            assert found.rule == "GP303" or "(Layer left)" not in found.short


def test_the_parts_of_a_note_become_those_of_its_finding(block_layer):
    layer = block_layer("left", {"a": {"E2": 1}})
    note = Note("GP402", "Area a is odd.", "a", "Area a", detail="It is.", advice="Even it.", in_table="Odd.")
    (found,) = findings.from_notes(layer, [note])
    assert (found.lead, found.detail, found.advice, found.short) == ("Area a is odd.", "It is.", "Even it.", "Odd.")
    assert found.message == note.message == "Area a is odd. It is. Even it."


def test_parts_of_one_authority_fill_it_in_a_layer_that_covers_everyone(block_layer, blocks):
    left = block_layer("left", {"a": {"E2": 1}, "b": {"E3": 1}})
    held = {"x": {"E2": None, "E3": 1}, "y": {"E2": None, "E4": 1}}
    found = of_pair(left, block_layer("right", held, exhaustive=True), blocks)
    assert [(f.rule, f.code, str(f.severity)) for f in found] == [("GP301", "a", "warning")]
    assert "none" not in found[0].message


def test_a_rest_that_nobody_knows_is_no_error(block_layer, blocks):
    left = block_layer("left", {"a": {"E2": None, "E3": 1}, "b": {"E4": 1}})
    held = {"x": {"E2": 0.4, "E3": 1}, "y": {"E4": None}}
    found = {f.code: f for f in of_pair(left, block_layer("right", held, exhaustive=True), blocks) if f.rule == "GP305"}
    assert {code: (str(f.severity), f.value) for code, f in found.items()} == {"a": ("info", None), "b": ("info", None)}
    assert found["a"].lead == (
        "Whether anybody of Area a (Layer left) lives outside every area of Layer right could not be assessed: parts "
        "of unknown size decide."
    )


def test_who_lives_where_the_other_layer_does_not_exist_is_not_left_out(block_layer, blocks):
    left = block_layer("left", {"a": {"E2": 1, "W1": 1}})
    right = block_layer("right", {"x": {"E2": 1}}, exhaustive=True, extent="E", many="boards")
    (found,) = of_pair(left, right, blocks)
    assert (found.rule, str(found.severity), found.value) == ("GP305", "info", 600)
    assert found.lead == "600 people of Area a (Layer left) live in Wales, where there are no boards."
    gap = block_layer("right", {"x": {"E3": 1}}, exhaustive=True, extent="E", many="boards")
    near = block_layer("left", {"a": {"E2": 1, "E3": 1, "W1": 1}})
    error = next(f for f in of_pair(near, gap, blocks) if f.rule == "GP305")
    assert (str(error.severity), error.value) == ("error", 900)
