"""Membership tables become layers, and their faults become notes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from geoplan.commuting.atlas import Atlas
from geoplan.data import catalogue, catalogue_file
from geoplan.data.catalogue_file import Entry
from geoplan.data.membership import membership
from geoplan.data.shipped import package_data
from geoplan.data.tables import membership_rows
from geoplan.errors import AmbiguousError, InputError
from geoplan.schema import layer_wording

COLUMNS = ("area_id", "area_name", "lead_body", "lad_code", "lad_name", "block", "part", "share", "role", "status",
           "valid_from", "valid_to", "source", "confidence", "note")  # fmt: skip


def table(*rows, **common):
    filled = [dict.fromkeys(COLUMNS, "") | {"confidence": "high"} | common | row for row in rows]
    for row in filled:
        row["area_name"] = row["area_name"] or f"Area {row['area_id']}"
    return pd.DataFrame(filled, columns=list(COLUMNS))


def row(area, lad, **more):
    return {"area_id": area, "lad_code": lad, **more}


def entry(**changed):
    facts = {
        "key": "toy", "title": "Toy scheme", "one": "toy area", "many": "toy areas", "table": "toy", "extent": "E",
        "exhaustive": True, "overlap": False,
        "edition": "2026", "scheme": "", "in_force_from": "2020-01-01", "in_force_to": "", "status": "in force",
        "show": "members",
        "resolution": "indicative: from postcodes", "resolution_m": 500.0, "confidence": "high", "source": "a book",
        "url": "", "licence": "OGL v3.0", "note": "", "group": "Pilots",
    }  # fmt: skip
    return Entry(**(facts | changed))


def build(rows, authorities, as_of=date(2026, 4, 1), **changed):
    return membership.from_catalogue(entry(**changed), rows, authorities, as_of=as_of)


WHOLE = (row("x", "E1"), row("x", "E2"), row("y", "E3"), row("y", "E4"))


def rules(layer):
    return [note.rule for note in layer.notes]


def test_weights_are_the_sums_of_the_blocks(authorities):
    layer = build(table(*WHOLE), authorities)
    assert layer.areas["people"].to_dict() == {"x": 600, "y": 900}
    assert layer.areas["postcodes"].to_dict() == {"x": 60, "y": 90}
    assert layer.areas["members"].to_dict() == {"x": "E1;E2", "y": "E3;E4"}
    assert layer.areas.geometry.area.tolist() == [3e6, 2e6]
    assert layer.notes == ()


def test_one_side_of_a_split_district(authorities):
    layer = build(table(row("x", "E1", block="E1.a"), row("y", "E1", block="E1.b")), authorities, exhaustive=False)
    assert layer.areas["people"].to_dict() == {"x": 100, "y": 200}


def test_a_part_of_unknown_size_is_not_assessed(authorities):
    layer = build(table(row("x", "E1", part="yes"), row("x", "E2")), authorities, exhaustive=False)
    assert np.isnan(layer.areas.at["x", "people"])
    assert layer.areas.at["x", "not_assessed"] == "Ashby"


def test_a_part_of_known_share_is_counted(authorities):
    layer = build(table(row("x", "E2", part="yes", share="0.25")), authorities, exhaustive=False)
    assert layer.areas.at["x", "people"] == 75


def test_an_authority_in_none_is_an_error_inside_an_exhaustive_extent_only(authorities):
    rows = table(*WHOLE[:3])
    assert rules(build(rows, authorities)) == ["GP401", "GP204"]
    assert rules(build(rows, authorities, exhaustive=False)) == []
    none, total = build(rows, authorities).notes
    assert (none.code, none.value) == ("E4", 500)
    assert "Derby and Dale" in none.message
    assert total.other_codes == ("E4",)
    assert rules(build(rows, authorities, extent="EW")) == ["GP401", "GP401", "GP204"]


def test_an_authority_in_several(authorities):
    (note,) = build(table(*WHOLE, row("y", "E2")), authorities).notes
    assert (note.rule, note.code, note.other_codes, note.by_design) == ("GP402", "E2", ("x", "y"), False)
    (meant,) = build(table(*WHOLE, row("y", "E2")), authorities, overlap=True).notes
    assert meant.by_design
    assert "by design" in meant.message


def test_parts_that_fit_together_are_not_several(authorities):
    rows = table(*WHOLE[1:], row("x", "E1", part="yes", share="0.4"), row("y", "E1", part="yes", share="0.6"))
    assert build(rows, authorities).notes == ()
    unknown = table(*WHOLE[1:], row("x", "E1", part="yes"), row("y", "E1", part="yes"))
    assert build(unknown, authorities).notes == ()


def test_unconfirmed_membership_is_named_once_an_area(authorities):
    layer = build(table(*WHOLE[:3], row("y", "E4", confidence="low")), authorities)
    (note,) = layer.notes
    assert (note.rule, note.code, note.other_codes, note.value) == ("GP405", "y", ("E4",), 500)
    assert "1 of the 2 members of Area y (Toy scheme) is not confirmed: Derby and Dale (inferred)." in note.message
    assert layer.areas["confidence"].to_dict() == {"x": "high", "y": "mixed"}
    assert layer.areas["unconfirmed"].to_dict() == {"x": 0, "y": 1}
    assert layer.areas["not_confirmed"].to_dict() == {"x": "", "y": "Derby and Dale (inferred)"}
    sure = layer.parts.set_index(["code", "block"])["confidence"]
    assert sure[sure != "high"].to_dict() == {("y", "E4"): "low"}
    assert layer_wording.confidence(layer) == "of 4 members 3 confirmed, 1 inferred"


def test_members_not_confirmed_are_named_by_how_they_were_come_by(authorities):
    rows = table(row("x", "E1", confidence="low"), row("x", "E2", confidence="medium"), row("x", "E3"))
    layer = build(rows, authorities, exhaustive=False)
    (note,) = layer.notes
    assert (note.other_codes, note.value) == (("E1", "E2"), 600)
    assert "2 of the 3 members" in note.message
    assert "Barton (read from the area's name or a residual); Ashby (inferred)" in note.message


def test_people_of_a_part_of_unknown_size_that_nobody_confirmed_are_not_assessed(authorities):
    rows = table(row("x", "E1", part="yes", confidence="low"), row("x", "E2"))
    (note,) = build(rows, authorities, exhaustive=False).notes
    assert (note.other_codes, note.value) == (("E1",), None)


def test_one_side_of_an_authority_that_nobody_confirmed_is_counted_alone(authorities):
    rows = table(row("x", "E1", block="E1.a", confidence="low"), row("x", "E1", block="E1.b"))
    layer = build(rows, authorities, exhaustive=False)
    assert layer.notes[0].value == 100
    assert layer.areas.at["x", "unconfirmed"] == 1


def test_dates_decide_who_belongs(authorities):
    rows = table(
        row("x", "E1", valid_to="2021"), row("z", "E1", valid_from="2022"), row("p", "E2", status="proposed"),
    )  # fmt: skip
    then = build(rows, authorities, as_of=date(2021, 12, 31), exhaustive=False)
    now = build(rows, authorities, exhaustive=False)
    planned = build(rows, authorities, exhaustive=False, show="proposed", status="proposed")
    assert [list(layer.areas.index) for layer in (then, now, planned)] == [["x"], ["z"], ["p"]]


def test_what_changes_after_the_day_shown_is_known(authorities):
    rows = table(
        row("x", "E1", valid_to="2027-03-31"), row("x", "E2"), row("y", "E3", valid_to="2026-12"),
        row("y", "E4", valid_to="2026-12"), row("z", "E1", valid_from="2027-04-01"),
        row("z", "E3", valid_from="2027-04-01"), row("p", "E4", status="proposed", valid_from="2028"),
        row("x", "E4", valid_from="2027", lad_name="Derby and Dale"), row("x", "E3", valid_from="2027"),
        row("late", "E2", valid_from="2030"),
    )  # fmt: skip
    layer = build(rows, authorities, exhaustive=False, in_force_to="2029")
    assert [(change.day, change.text, sorted(change.authorities)) for change in layer.changes] == [
        ("2026-12", "Area y ends in December 2026", ["E3", "E4"]),
        ("2027", "2 authorities join Area x in 2027", ["E3", "E4"]),
        ("2027-03-31", "E1 leaves Area x on 31 March 2027", ["E1"]),
        ("2027-04-01", "Area z begins on 1 April 2027", ["E1", "E3"]),
    ]
    # The planned end of a scheme is news only when it is near.
    near = build(rows, authorities, exhaustive=False, in_force_to="2027-03")
    assert [change.text for change in near.changes][-1] == "it ends in March 2027"
    assert layer_wording.known_changes(layer) == (
        "toy is known to change after 1 April 2026: Area y ends in December 2026; 2 authorities join Area x in 2027; "
        "E1 leaves Area x on 31 March 2027; and 1 more."
    )
    assert layer_wording.known_changes(layer, called="Toy areas", authorities={"E1"}) == (
        "Toy areas, known to change after 1 April 2026: E1 leaves Area x on 31 March 2027; Area z begins on 1 April "
        "2027."
    )


def test_nothing_is_known_to_change_in_what_has_ended_or_is_proposed(authorities):
    rows = table(*WHOLE, row("z", "E1", status="proposed", valid_from="2027"), valid_to="2022")
    assert build(rows, authorities, in_force_to="2022").changes == ()
    assert build(rows, authorities, show="proposed", status="proposed").changes == ()
    assert build(table(*WHOLE), authorities).changes == ()


@pytest.mark.parametrize("when", ["2010", "2010-06", "2010-06-15"])
def test_an_authority_that_passes_between_areas_is_never_in_both(authorities, when):
    rows = table(row("old", "E1", valid_to=when), row("new", "E1", valid_from=when), row("old", "E2", valid_to=when))
    days = [date(2010, month, 15) for month in range(1, 13)]
    held = [build(rows, authorities, as_of=day, exhaustive=False, in_force_from="") for day in days]
    for layer in held:
        inside = layer.parts[layer.parts["block"].str.startswith("E1")]
        assert len(set(inside["code"])) == 1
    assert [layer.areas.index[0] for layer in held[6:]] == ["new"] * 6


def test_an_ended_layer_is_shown_as_on_its_last_day(authorities):
    layer = build(table(*WHOLE), authorities, in_force_to="2022-03-31")
    assert (layer.status, layer.as_of) == ("ended", "2022-03-31")
    early = build(table(*WHOLE), authorities, as_of=date(2010, 1, 1))
    assert (early.status, early.as_of) == ("not yet in force", "2020-01-01")


def test_an_area_that_begins_later_leaves_nobody_in_a_gap(authorities):
    rows = table(*WHOLE[:2], *(one | {"valid_from": "2026-06"} for one in WHOLE[2:]))
    layer = build(rows, authorities, as_of=date(2026, 4, 1))
    assert list(layer.areas.index) == ["x"]
    assert {note.rule for note in layer.notes} == {"GP401"}
    assert all(note.by_design for note in layer.notes)
    assert layer.notes[0].lead.endswith("is in no area of Toy scheme yet: Area y begins in June 2026.")
    assert build(rows, authorities, as_of=date(2026, 6, 1)).notes == ()


def test_a_layer_of_which_nothing_is_in_force_is_shown_as_on_the_nearest_day(authorities):
    past = build(table(*WHOLE, valid_to="2021"), authorities)
    assert (past.status, past.as_of) == ("ended", "2021-12-31")
    ahead = build(table(*WHOLE, valid_from="2028-02"), authorities)
    assert (ahead.status, ahead.as_of) == ("not yet in force", "2028-02-01")
    with pytest.raises(InputError, match="toy: the table has no members"):
        build(table(row("a", "E1", status="proposed")), authorities)


def user(rows, authorities, **options):
    return membership.from_user_table(pd.DataFrame(rows), "mine.csv", authorities, as_of=date(2026, 4, 1), **options)


@pytest.mark.parametrize("share", ["0.25", "25%", "25 %"])
def test_a_users_share_makes_a_part(authorities, share):
    layer = user([{"area_id": "a", "lad_code": "E2", "share": share}], authorities)
    assert layer.areas.at["a", "people"] == 75


@pytest.mark.parametrize("share", ["a quarter", "25", "-0.1"])
def test_a_share_that_is_none_is_refused(authorities, share):
    with pytest.raises(InputError, match=rf"mine\.csv: column 'share' .*\(1 row: {share}\)"):
        user([{"area_id": "a", "lad_code": "E2", "share": share}], authorities)


def test_a_users_dates_decide_who_belongs(authorities):
    rows = [
        {"area_id": "a", "lad_code": "E2", "valid_to": "2025"},
        {"area_id": "a", "lad_code": "E3", "valid_from": "2026-04"},
    ]
    assert user(rows, authorities).areas.at["a", "members"] == "E3"
    with pytest.raises(InputError, match=r"none on 2026-04-01 \(1 row: E2\)"):
        user(rows[:1], authorities)


def test_a_users_table_by_names_of_either_tier(authorities):
    rows = [
        {"area_name": "East", "lad_name": "Eastshire County Council"},
        {"area_name": "West", "lad_name": "ashby"},
    ]
    layer = user(rows, authorities)
    assert layer.areas["people"].to_dict() == {"East": 900, "West": 300}
    assert layer.areas.loc["East", "members"] == "E3;E4"


def test_each_unknown_authority_is_an_error_of_its_own_and_the_rest_is_kept(authorities):
    rows = [("a", "Barton"), ("a", "Ashbee"), ("b", "Nowhere"), ("b", "Corby"), ("c", "Ashbee")]
    layer = user([{"area_id": area, "lad_name": name} for area, name in rows], authorities)
    ashbee, nowhere = layer.notes
    assert (ashbee.rule, ashbee.code, nowhere.code) == ("GP403", "Ashbee", "Nowhere")
    assert (ashbee.measure, ashbee.value, ashbee.unit, ashbee.by_design) == ("", None, "", False)
    assert ashbee.message == (
        "mine.csv, column 'lad_name', rows 2, 5: 'Ashbee' matches no authority, so its people are in no figure. "
        "Nearest: Ashby."
    )
    assert "row 3: 'Nowhere'" in nowhere.message
    assert "geoplan layers lad" in nowhere.message
    assert ashbee.evidence == {"rows": [2, 5], "nearest": ["Ashby"]}
    assert layer.areas["people"].to_dict() == {"a": 300, "b": 400}


def test_an_unknown_code_is_told_by_the_column_and_row_of_the_file(tmp_path, authorities):
    file = tmp_path / "codes.csv"
    file.write_text("Cluster,LAD25CD\na,E2\na,E99\n")
    raw = membership_rows.read_membership(str(file))
    rows, name = raw.frame, raw.file
    (note,) = membership.from_user_table(rows, name, authorities, as_of=date(2026, 4, 1)).notes
    assert note.code == "E99"
    assert note.message.startswith("codes.csv, column 'LAD25CD', row 3: 'E99' matches no authority")


@pytest.fixture
def places(authorities):
    """The toy country under names that people write in several ways."""
    names = ["St Albans", "King's Lynn and West Norfolk", "Newcastle upon Tyne", "Great Yarmouth", "Ynys Môn"]
    authorities.table["name"] = authorities.table["utla_name"] = names
    authorities.table["utla_code"] = authorities.table.index
    return authorities


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("St. Albans", "E1"),
        ("Saint Albans", "E1"),
        ("ST ALBANS", "E1"),
        ("Kings Lynn & West Norfolk", "E2"),
        ("King\u2019s Lynn and West Norfolk", "E2"),
        ("Newcastle-upon-Tyne", "E3"),
        ("ynys mon", "W1"),
    ],
)
def test_names_match_without_punctuation_and_accents(places, written, code):
    layer = user([{"area_id": "a", "lad_name": written}], places)
    assert layer.areas.at["a", "members"] == code
    assert layer.notes == ()


@pytest.mark.parametrize(("written", "code"), [("Kings Lynn", "E2"), ("Newcastle", "E3")])
def test_the_beginning_of_one_name_only_is_taken_for_it_and_said(places, written, code):
    layer = user([{"area_id": "a", "lad_name": written}], places)
    assert layer.areas.at["a", "members"] == code
    (note,) = layer.notes
    assert (note.rule, note.by_design, note.other_codes) == ("GP403", True, (code,))
    assert f"row 1: {written!r} is read as" in note.message


def test_a_beginning_that_is_no_place_or_of_several_is_unknown(places):
    rows = [{"area_id": "a", "lad_name": name} for name in ("St Albans", "Great", "Newcastle")]
    places.table.loc["E5"] = ["Newcastle under Lyme", "E", "E5", "Newcastle under Lyme"]
    assert [note.code for note in user(rows, places).notes if not note.by_design] == ["Great", "Newcastle"]


def test_a_users_table_without_any_known_authority_is_refused(authorities):
    with pytest.raises(InputError, match=r"mine\.csv: column 'lad_code' or 'lad_name'.*2 rows: E98, E99"):
        user([{"area_id": "a", "lad_code": "E98"}, {"area_id": "a", "lad_code": "E99"}], authorities)


def test_an_ambiguous_name_is_refused_with_its_candidates(authorities):
    authorities.table.loc["E5"] = ["Barton", "E", "E5", "Barton"]
    with pytest.raises(AmbiguousError, match="E2 Barton; E5 Barton"):
        user([{"area_id": "a", "lad_name": "Barton"}], authorities)


def test_a_recoded_authority_is_read_as_its_successor(authorities):
    layer = user([{"area_id": "a", "lad_code": "E0"}], authorities)
    assert layer.areas["people"].to_dict() == {"a": 300}
    assert rules(layer) == ["GP104"]


def test_a_merged_authority_is_a_part_of_unknown_size(authorities):
    layer = user([{"area_id": "a", "lad_code": "E7"}], authorities)
    assert np.isnan(layer.areas.at["a", "people"])
    assert "part of unknown size" in layer.notes[0].message


def test_a_users_table_stands_in_for_a_shipped_one(authorities):
    layer = user([{"area_id": "a", "lad_code": "E2"}], authorities, stands_for=entry())
    assert layer.key == "toy"
    assert layer.exhaustive
    assert rules(layer).count("GP401") == 3
    assert (layer.title, layer.status, layer.as_of) == ("Toy scheme (mine.csv)", "in force", "2026-04-01")


def test_a_table_in_place_of_one_that_has_ended_has_ended_too(authorities):
    rows = [
        {"area_id": "a", "lad_code": "E2", "valid_to": "2024"},
        {"area_id": "b", "lad_code": "E3", "status": "proposed"},
    ]
    layer = user(rows, authorities, stands_for=entry(in_force_to="2024-12-31"))
    assert (layer.status, layer.as_of, list(layer.areas.index)) == ("ended", "2024-12-31", ["a"])
    proposed = entry(show="proposed", status="proposed")
    for given, shown in ((rows, "b"), (rows[:1], "a")):
        planned = user(given, authorities, stands_for=proposed)
        assert (planned.status, list(planned.areas.index)) == ("proposed", [shown])


SHIPPED = [key for key, found in catalogue.own().items() if found.table != catalogue_file.COMPUTED]


@pytest.fixture(scope="module")
def shipped():
    return Atlas()


@pytest.mark.parametrize("key", SHIPPED)
def test_a_copy_of_a_shipped_table_gives_the_same_layer(key, shipped, tmp_path):
    copy = tmp_path / "copy.csv"
    copy.write_bytes(package_data.shipped_path(f"membership/{catalogue.entry(key).table}.csv").read_bytes())
    layer, same = shipped.layer(key), Atlas(replacements={key: str(copy)}).layer(key)
    pd.testing.assert_frame_equal(same.areas, layer.areas)
    pd.testing.assert_frame_equal(same.parts, layer.parts)
    described = ("key", "extent", "exhaustive", "overlap", "in_force_from", "in_force_to", "as_of", "status",
                 "resolution", "resolution_m", "changes")  # fmt: skip
    assert {name: getattr(same, name) for name in described} == {name: getattr(layer, name) for name in described}
    assert [(n.rule, n.code, n.other_codes, n.value) for n in same.notes] == [
        (n.rule, n.code, n.other_codes, n.value) for n in layer.notes
    ]


def test_an_authority_partly_in_none_is_counted_by_what_is_missing(authorities):
    rows = table(*WHOLE[:3], row("y", "E4", part="yes", share="0.5"))
    none, total = build(rows, authorities).notes
    assert (none.rule, none.code, none.value) == ("GP401", "E4", 250)
    assert "partly in no area" in none.message
    assert (total.rule, total.value) == ("GP204", 250)
    unknown = table(*WHOLE[:3], row("y", "E4", part="yes"))
    assert build(unknown, authorities).notes == ()


def test_the_order_of_rows_for_one_authority_changes_nothing(authorities):
    whole, part = row("x", "E2"), row("x", "E2", part="yes", share="0.3")
    for rows in ((whole, part), (part, whole)):
        assert build(table(*rows), authorities, exhaustive=False).areas.at["x", "people"] == 300
    two = table(part, row("x", "E2", part="yes", share="0.4"))
    assert build(two, authorities, exhaustive=False).areas.at["x", "people"] == pytest.approx(210)


def test_former_authorities_that_together_became_one_make_it_whole(authorities):
    layer = user([{"area_id": "a", "lad_code": "E7"}, {"area_id": "a", "lad_code": "E8"}], authorities)
    assert layer.areas.at["a", "people"] == 400
    apart = user([{"area_id": "a", "lad_code": "E7"}, {"area_id": "b", "lad_code": "E8"}], authorities)
    assert apart.areas["people"].isna().all()


def test_codes_in_small_letters_and_names_of_former_authorities_are_known(authorities):
    assert user([{"area_id": "a", "lad_code": "e2"}], authorities).areas.at["a", "people"] == 300
    layer = user([{"area_id": "a", "lad_name": "Old Ashby"}], authorities)
    assert layer.areas.at["a", "members"] == "E1"
    assert rules(layer) == ["GP104"]


def test_a_refusal_names_the_authorities_as_they_were_written(authorities):
    with pytest.raises(InputError, match=r"1 row: Nowhere Council"):
        user([{"area_id": "a", "lad_name": "Nowhere Council"}], authorities)
