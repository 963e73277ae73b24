"""What an audit says: sentences, figures and rows, on squares that can be counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from toy_audit import finding, result_of

from geoplan.auditing.focus import members, partner_rows
from geoplan.data.focus import Focus
from geoplan.output.summary import answers, listings, ranking
from geoplan.output.summary.figures import key_figures
from geoplan.schema import Severity, Source, Weight
from geoplan.schema.standing import Standing

NEAR = {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}, "w": {"W1": 1}}
FAR = {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}}
B = Focus("near", "b", "Area b", frozenset({"E2", "E3"}))


@pytest.fixture
def near(block_layer):
    return block_layer("near", NEAR)


@pytest.fixture
def far(block_layer):
    """England only: Area x is Area a, Area z is part of Area b, Area y cuts Area b."""
    return block_layer("far", FAR, extent="E")


@pytest.fixture
def result(near, far, blocks):
    return result_of(blocks, (near, far))


# ---------------------------------------------------------------------------------------------- findings


def test_each_comparison_stands_once_in_the_direction_asked(near, far, blocks, result):
    assert [pair.keys for pair in result.pairs] == [("near", "far"), ("far", "near")]
    assert [pair.keys for pair in ranking.asked_pairs(result)] == [("near", "far")]
    assert [pair.keys for pair in ranking.asked_pairs(result_of(blocks, (far, near)))] == [("far", "near")]


def test_a_mirror_image_is_dropped_and_the_side_asked_first_kept(near, far, blocks, result):
    assert {(f.layer, f.code) for f in result.findings if f.rule == "GP301"} == {("near", "b"), ("far", "y")}
    assert [(f.layer, f.code) for f in ranking.top_findings(result)] == [("near", "b")]
    other_way = ranking.top_findings(result_of(blocks, (far, near)))
    assert [(f.layer, f.code) for f in other_way] == [("far", "y")]


def test_a_backward_finding_without_a_twin_stays(block_layer, blocks):
    # Areas a and b lie whole inside Area x; only from x is there something to say: part of it is in none.
    near = block_layer("near", {"a": {"E1.a": 1}, "b": {"E2": 1}})
    far = block_layer("far", {"x": {"E1.a": 1, "E1.b": 1, "E2": 1, "E3": 1}})
    found = ranking.top_findings(result_of(blocks, (near, far)))
    assert found == []
    (told,) = [f for f in result_of(blocks, (near, far)).findings if f.layer == "far"]
    assert (told.code, told.rule, told.severity) == ("x", "GP303", Severity.INFO)
    assert "700 people in none" in told.message or "600 people in none" in told.message


def test_errors_come_first_then_people_then_ground_then_what_is_not_assessed(near, blocks):
    mixed = [
        finding("GP301", "near", "unknown"),
        finding("GP301", "near", "ground", 9e9, unit="m2"),
        finding("GP301", "near", "few", 1.0),
        finding("GP303", "near", "note", 1e9),
        finding("GP301", "near", "many", 1e6),
        finding("GP402", "near", "worst", 2.0),
    ]
    result = result_of(blocks, alone=[near], further=mixed)
    assert [f.code for f in ranking.top_findings(result)] == ["worst", "many", "few", "ground", "unknown"]
    assert [f.code for f in ranking.top_findings(result, 2)] == ["worst", "many"]
    assert len(ranking.top_findings(result, None)) == 5


def test_a_short_message_leaves_out_what_the_table_says(result):
    (found,) = ranking.top_findings(result)
    assert found.message.startswith("Area b (Layer near), set against layer far: cut by Area y (400 people, 57% of it)")
    assert found.short == (
        "Cut by Area y (57% of it); holds Area z. Works with 2 areas of Layer far; the largest covers 57% "
        "of its residents."
    )
    (row,) = listings.exception_rows(result)
    assert row.text == found.short
    other = finding("GP402", "near", "b", lead="Area b is in 2 areas.", advice="Settle it.")
    assert other.short == other.message == "Area b is in 2 areas. Settle it."


# ---------------------------------------------------------------------------------------------- sentences


def test_the_answer_agrees_with_the_counts(result):
    counts = result.pairs[0].summary
    said = [counts[relation] for relation in ("coterminous", "nested", "contains", "straddles", "outside_extent")]
    assert said == [1, 1, 0, 1, 1]
    fit, cut, gap = answers.answer_sentences(result)
    assert fit == (
        "Of the 3 areas of Layer near in England, set against layer far, 1 has the same boundary as one, "
        "1 lies inside one and 1 is cut."
    )
    assert cut == (
        "400 people (27% of those compared) live where areas of Layer near and areas of Layer far overlap only in "
        "part: in Area b."
    )
    assert gap == "None of these geographies has to cover everyone, so no gaps were looked for."


def test_one_area_alone_is_no_plural(far, blocks, block_layer):
    alone = block_layer("alone", {"a": {"E1.a": 1, "E2": 1}}, extent="E")
    first = answers.answer_sentences(result_of(blocks, (alone, far)))[0]
    assert first == "The one area of Layer alone, set against layer far, is cut."


def test_ground_and_postcodes_lie_where_people_live(near, far, blocks):
    ground = answers.answer_sentences(result_of(blocks, (near, far), weight=Weight.AREA))[1]
    assert ground.startswith("1.0 km² (20% of those compared) lie where areas of")
    postcodes = answers.answer_sentences(result_of(blocks, (near, far), weight=Weight.POSTCODES))[1]
    assert postcodes.startswith("under 100 postcodes (27% of those compared) lie where")


def test_no_cut_says_so(near, blocks, block_layer):
    same = block_layer("same", NEAR, exhaustive=True)
    _, cut, gap = answers.answer_sentences(result_of(blocks, (near, same)))
    assert cut == "No border of the one cuts an area of the other."
    assert gap == "Nobody is left out of, or counted twice by, layer same."


def test_a_part_of_unknown_size_makes_the_total_a_least_or_leaves_it_open(block_layer, blocks):
    left = {"a": {"E1.b": 1, "E2": None}}
    right = block_layer("far", {"w": {"W1": 1}, "x": {"E1.b": 1}, "y": {"E2": 1, "E4": 1}, "z": {"E1.a": 1, "E3": 1}})
    open_one = answers.answer_sentences(result_of(blocks, (block_layer("near", left), right)))[1]
    assert open_one == (
        "How many people live where areas of Layer near and areas of Layer far overlap only in part is not assessed."
    )
    both = block_layer("near", {**left, "b": {"E3": 1, "W1": 1}})
    assert answers.answer_sentences(result_of(blocks, (both, right)))[1].startswith("At least 400 people")


def test_who_is_left_out_is_named_with_their_people(near, block_layer, blocks):
    short = block_layer("short", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}}, extent="E", exhaustive=True)
    result = result_of(blocks, (near, short))
    assert {f.code: f.value for f in result.findings if f.rule == "GP305"} == {"b": 300}
    assert answers.answer_sentences(result)[0].endswith("1 lies inside one, 0 are cut and 1 lies partly in none.")
    assert answers.answer_sentences(result)[2] == "300 people are in no area of layer short."


def test_the_same_gap_seen_from_two_layers_counts_once(near, block_layer, blocks):
    short = block_layer("short", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}}, extent="E", exhaustive=True)
    also = block_layer("also", {"q": {"E2": 1}})
    result = result_of(blocks, (near, short), (also, short))
    assert [f.value for f in result.findings if f.rule == "GP305"] == [300, 300]
    assert answers.answer_sentences(result)[2] == "300 people are in no area of layer short."
    by_table = result_of(blocks, (near, short), further=[finding("GP401", "short", "E2", 410.0)])
    assert answers.answer_sentences(by_table)[2] == "400 people are in no area of layer short."


def test_overlaps_and_failed_checks_are_named_too(near, far, blocks):
    further = [
        finding("GP402", "near", "E1", 100.0),
        finding("GP402", "near", "E2", 200.0),
        finding("GP202", "far", "z", 2.5e6, unit="m2"),
        finding("GP901", "near", ""),
    ]
    said = answers.answer_sentences(result_of(blocks, (near, far), further=further))[2]
    assert said == (
        "300 people are in two areas of layer near where one is meant; "
        "2.5 km² are in two areas of layer far where one is meant. 1 check could not run."
    )
    unknown = result_of(blocks, (near, far), further=[finding("GP401", "near", "E1")])
    assert answers.answer_sentences(unknown)[2] == "1 place (people not assessed) are in no area of layer near."


def test_layers_checked_alone(near, blocks):
    fit, pieces, _ = answers.answer_sentences(result_of(blocks, alone=[near]))
    assert fit == "Checked by itself, not against another geography: Layer near (4 areas)."
    assert pieces == "Every partnership hangs together: none is in pieces."
    apart = result_of(blocks, alone=[near], further=[finding("GP404", "near", "b", 300.0)])
    assert answers.answer_sentences(apart)[1] == "1 partnership is in pieces that share no border: Area b."


def test_key_figures_agree_with_the_counts(result, near, blocks):
    told = {figure.label: (figure.value, figure.note) for figure in key_figures(result)}
    assert told["Same boundary"] == ("1 of 3", "Layer far")
    assert told["Cut"] == ("1 of 3", "Layer far")
    assert told["Overlap only in part"] == ("400", "people where the two overlap only in part")
    assert told["Left out of a geography"][0] == "None"
    warnings = sum(f.severity is Severity.WARNING for f in result.findings)
    assert told["Findings to act on"][0] == str(warnings) == "2"
    alone = key_figures(result_of(blocks, alone=[near], further=[finding("GP401", "near", "E1", 5.0)]))
    assert [(figure.label, figure.value) for figure in alone] == [
        ("Areas checked", "4"), ("Left out of a geography", "1"), ("Findings to act on", "1"),
    ]  # fmt: skip


# ---------------------------------------------------------------------------------------------- rows


def test_the_matrix_stands_in_the_direction_asked(near, far, blocks):
    (row,) = listings.pair_rows(result_of(blocks, (near, far)))
    assert (row.left, row.right, row.areas) == ("Layer near", "Layer far", 3)
    assert list(row.counts) == list(Standing)
    assert list(row.counts.values()) == [1, 1, 0, 1, 0, 0, 0, 0, 1]
    assert row.areas == sum(row.counts.values()) - row.counts[Standing.OUTSIDE]
    assert (row.blocks, row.cut_people) == (2, 400)
    (row,) = listings.pair_rows(result_of(blocks, (far, near)))
    assert (row.left, row.right, row.areas, row.cut_people) == ("Layer far", "Layer near", 3, 400)
    past = replace(far, in_force_to="2026-03-31")
    assert [r.status for r in listings.pair_rows(result_of(blocks, (near, past)))] == ["ended on 31 March 2026"]
    assert [r.status for r in listings.pair_rows(result_of(blocks, (past, near)))] == [
        "Layer far: ended on 31 March 2026"
    ]


def test_first_geographies_are_numbered_in_the_order_asked(near, far, block_layer, blocks):
    third = block_layer("third", {"q": {"E2": 1}})
    rows = listings.pair_rows(result_of(blocks, (near, far), (far, third), (near, third)))
    assert [(row.order, row.left, row.right) for row in rows] == [
        (0, "Layer near", "Layer far"), (1, "Layer far", "Layer third"), (0, "Layer near", "Layer third"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("agreement", "text"), [(1.0, "1.00"), (0.99999, "0.99"), (0.996, "0.99"), (0.5, "0.50"), (None, "not defined")]
)
def test_agreement_is_never_rounded_up_to_one(result, agreement, text):
    (row,) = listings.pair_rows(result)
    assert replace(row, agreement=agreement).agreement_text == text


def test_areas_with_the_same_ground_are_one_exception(near, block_layer, blocks):
    far = block_layer("far", {"y": {"E1.a": 1, "E2": 1}, "z": {"E3": 1}})
    twin = block_layer("twin", {"bb": NEAR["b"]})
    old = block_layer("old", {"x": {"E2": 1, "E4": 1}, "y": {"E3": 1}}, in_force_to="2020")
    result = result_of(blocks, (near, far), (twin, far), (near, old))
    rows = listings.exception_rows(result)
    (row,) = [row for row in rows if ("near", "b") in row.areas]
    assert row.areas == {("near", "b"), ("twin", "bb")}
    assert set(row.layer.split("; ")) == {"Layer near", "Layer twin"}
    assert (row.severity, row.finding.rule, row.rule) == ("Warning", "GP301", "cut")
    assert row.text.startswith("Cut by Area y (43% of it); holds Area z.")
    assert row.amount == "300"
    # What has ended is never the first thing said of an area.
    assert row.also == "Also against layer old: 300."


def test_exceptions_are_limited_and_an_error_is_no_warning(near, far, blocks):
    result = result_of(blocks, (near, far), further=[finding("GP402", "near", "b", 1.0)])
    rows = listings.exception_rows(result, None)
    assert [(row.severity, row.finding.code) for row in rows] == [("Error", "b"), ("Warning", "b")]
    assert listings.exception_rows(result, 1) == rows[:1]


def test_layers_are_told_with_source_and_status(near, far, blocks):
    near = replace(
        near, source=Source("Office", "OGL", "javascript:alert(1)"), in_force_from="2025-04-01", status="in force"
    )
    far = replace(far, source=Source("Ministry", url="https://example.org/a"), edition="2026", confidence="mixed")
    one, two = listings.layer_rows(result_of(blocks, (near, far)))
    assert (one.title, one.areas, one.status) == ("Layer near", 4, "in force since 1 April 2025")
    assert (one.countries, one.edition, one.confidence) == ("", "not stated", "not stated")
    assert (one.source, one.url, one.licence) == ("Office", "", "OGL")
    assert (two.countries, two.edition, two.confidence) == ("England", "2026", "mixed")
    assert (two.url, two.licence) == ("https://example.org/a", "not stated")


def test_members_that_nobody_confirmed_are_named_by_area(near, blocks):
    near.areas["lead_body"] = ["Area a Council", "not confirmed", "not confirmed", ""]
    near.areas["not_confirmed"] = ["Ashby (inferred)", "Barton and Corby (inferred)", "", ""]
    result = result_of(blocks, alone=[near], further=[finding("GP405", "near", code) for code in "wcba"])
    named = "Area a: Ashby (inferred); Area b: Barton and Corby (inferred); Area c; Area w"
    assert listings.unconfirmed(result) == [("Layer near", 4, f"{named}. Area b and Area c: lead body not confirmed")]
    assert [row.names for row in listings.unconfirmed(result, 1)] == [
        "Area a: Ashby (inferred); 3 more. Area b and Area c: lead body not confirmed"
    ]
    assert listings.unconfirmed(result_of(blocks, alone=[near])) == []


# ---------------------------------------------------------------------------------------------- a focus


def test_partners_of_the_focus_hold_all_of_it(near, far, blocks):
    rows = partner_rows(result_of(blocks, (near, far), focus=B))
    assert [(row.layer, row.area, row.people) for row in rows] == [
        ("Layer far", "Area y", 400), ("Layer far", "Area z", 300),
    ]  # fmt: skip
    assert [row.relation for row in rows] == ["overlaps only in part", "lies whole inside Area b"]
    assert [row.loud for row in rows] == [True, False]
    assert sum(row.share for row in rows) == pytest.approx(1)
    assert [row.share_of_area for row in rows] == [pytest.approx(400 / 900), 1]


def test_what_is_in_no_area_is_a_row_and_the_shares_still_sum_to_one(near, block_layer, blocks):
    holes = block_layer("far", {"y": FAR["y"]})
    rows = partner_rows(result_of(blocks, (near, holes), focus=B))
    assert [(row.area, row.people, row.relation, row.loud) for row in rows][1:] == [
        ("in no area", 300, "in none", False)
    ]
    full = block_layer("far", {"y": FAR["y"]}, exhaustive=True)
    gap = partner_rows(result_of(blocks, (near, full), focus=B))[1]
    assert (gap.relation, gap.loud) == ("not covered", True)
    assert sum(row.share for row in rows) == pytest.approx(1)
    empty = block_layer("far", {"x": FAR["x"]}, status="in force")
    (row,) = partner_rows(result_of(blocks, (near, empty), focus=B))
    assert (row.area, row.people, row.share) == ("in no area", 700, 1)
    # Of a file of the user's own that does not reach the focus nothing is said.
    assert partner_rows(result_of(blocks, (near, replace(empty, status="file")), focus=B)) == []


def test_many_whole_ones_share_a_row(block_layer, blocks):
    held = {name: {name: 1} for name in ("E1.a", "E1.b", "E2", "E3", "E4")}
    east = block_layer("near", {"all": dict.fromkeys(held, 1)})
    focus = Focus("near", "all", "Area all", frozenset(held))
    (row,) = partner_rows(result_of(blocks, (east, block_layer("far", held)), focus=focus))
    assert row.area == "5 areas: Area E4, Area E3, Area E2, Area E1.b, Area E1.a"
    assert (row.relation, row.people, row.share) == ("each lies whole inside Area all", 1500, 1)
    three = {name: held[name] for name in ("E2", "E3", "E4")}
    rows = partner_rows(result_of(blocks, (east, block_layer("far", three)), focus=focus))
    assert [row.area for row in rows] == ["Area E4", "Area E3", "Area E2", "in no area"]


def test_a_focus_in_another_country_has_no_partners_there(near, far, blocks):
    wales = Focus("near", "w", "Area w", frozenset({"W1"}))
    result = result_of(blocks, (near, far), focus=wales)
    assert partner_rows(result) == []
    assert answers.answer_sentences(result)[0] == "Area w was compared with no other geography in force."


def test_without_a_focus_there_are_no_partners(result):
    assert partner_rows(result) == []


def test_the_answer_about_a_focus(near, far, block_layer, blocks):
    result = result_of(blocks, (near, far), (near, block_layer("same", {"q": NEAR["b"]}, extent="E")), focus=B)
    fit, cut, gap = answers.answer_sentences(result)
    assert fit == "Area b: areas of Layer far Area y and Area z; area of Layer same Area q (the same boundary)."
    assert cut == "It is cut by areas of Layer far: 400 people in Area y."
    assert gap == "None of these geographies has to cover everyone, so no gaps were looked for."
    past = result_of(blocks, (near, replace(far, in_force_to="2020")), focus=B)
    assert answers.answer_sentences(past)[:2] == (
        "Area b was compared with no other geography in force.",
        "No boundary in force cuts Area b. In the past it was cut by areas of Layer far: 400 people in Area y.",
    )
    figures = {figure.label: figure.value for figure in key_figures(result)}
    assert (figures["Area b"], figures["Same boundary"], figures["Cut by"]) == ("700", "1 of 2", "1 of 2")


def test_a_focus_that_nothing_cuts(near, block_layer, blocks):
    same = block_layer("same", {"q": NEAR["b"]})
    all_of = block_layer("all", NEAR, exhaustive=True)
    _, cut, gap = answers.answer_sentences(result_of(blocks, (near, same), (near, all_of), focus=B))
    assert cut == "No boundary in force cuts Area b."
    assert gap == "Nobody in it is left out of, or counted twice by, layer all."
    focus_of_other = replace(B, layer="elsewhere", code="q9")
    rows = partner_rows(result_of(blocks, (near, same), focus=focus_of_other))
    assert [(row.layer, row.relation) for row in rows] == [
        ("Layer near", "has the same boundary"), ("Layer same", "has the same boundary"),
    ]  # fmt: skip


def test_the_members_of_a_focus_name_parts_as_parts(near, blocks, far):
    half = Focus("far", "h", "Half", frozenset({"E1.a", "E2"}))
    assert members(result_of(blocks, (near, far)), half) == "E1 (part), E2"
