"""Changes applied to layers of a toy country, against a plain application by dictionary."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.data.scenarios.applying import apply
from geoplan.data.scenarios.reading import made
from geoplan.errors import AmbiguousError, ConfigurationError, UnknownKeyError

MEMBERS = {"A": {"E1.a": 1, "E1.b": 1}, "B": {"E2": 1, "E4": 1}, "C": {"E3": 1, "W1": 1}}


def scenario(*rows):
    columns = ("action", "area", "authority", "to")
    cells = [{"layer": "toy", **dict(zip(columns, row, strict=False))} for row in rows]
    return made([(f"row {n}", each) for n, each in enumerate(cells, start=2)], "mine.csv", title="as told")


@pytest.fixture
def changed(block_layer, authorities):
    def change(*rows, members=MEMBERS, **facts):
        return apply(scenario(*rows), "toy", block_layer("toy", members, **facts), authorities)

    return change


def homes(layer):
    return {
        block: sorted(zip(rows["code"], rows["share"], strict=True)) for block, rows in layer.parts.groupby("block")
    }


def test_a_move_takes_an_authority_with_its_people(changed):
    found = changed(("move", "", "Derby and Dale", "Area C"))
    assert homes(found.layer)["E4"] == [("C", 1.0)]
    assert found.layer.areas["people"].to_dict() == {"A": 300.0, "B": 300.0, "C": 1500.0}
    assert found.layer.areas.at["C", "members"] == "E3;E4;W1"
    assert found.layer.areas.at["C", "geometry"].area == pytest.approx(3e6)
    assert found.moved == {"E4": (("B",), ("C",))}
    assert found.changed
    assert not found.remarks


def test_untouched_areas_keep_their_rows(changed, block_layer):
    before = block_layer("toy", MEMBERS)
    after = changed(("move", "", "E4", "C")).layer
    pd.testing.assert_series_equal(after.areas.loc["A"], before.areas.loc["A"])
    assert list(after.areas.columns) == list(before.areas.columns)
    assert after.areas.dtypes.to_dict() == before.areas.dtypes.to_dict()


def test_a_county_stands_for_its_districts(changed):
    found = changed(("move", "", "Eastshire", "A"))
    assert [homes(found.layer)[block] for block in ("E3", "E4")] == [[("A", 1.0)]] * 2


def test_a_part_of_a_split_authority_is_told_by_its_block_its_area_or_the_column(changed):
    members = {"A": {"E1.a": 1, "E3": 1}, "B": {"E1.b": 1, "E2": 1}, "C": {"E4": 1, "W1": 1}}
    told = [
        ("move", "", "E1.a", "C"),
        ("move", "", "Ashby in Area A", "C"),
        ("move", "Area A", "Ashby", "C"),
    ]
    for row in told:
        found = changed(row, members=members)
        assert homes(found.layer)["E1.a"] == [("C", 1.0)], row
        assert homes(found.layer)["E1.b"] == [("B", 1.0)], row


def test_of_a_split_authority_all_moves_where_no_part_is_named(changed):
    members = {"A": {"E1.a": 1, "E3": 1}, "B": {"E1.b": 1, "E2": 1}, "C": {"E4": 1, "W1": 1}}
    found = changed(("move", "", "Ashby", "C"), members=members)
    assert {block: homes(found.layer)[block] for block in ("E1.a", "E1.b")} == {
        "E1.a": [("C", 1.0)], "E1.b": [("C", 1.0)],
    }  # fmt: skip


def test_parts_add_up_and_what_is_not_known_stays_so(changed):
    members = {"A": {"E2": 0.4, "E1.a": 1}, "B": {"E2": 0.6, "E3": 1}, "C": {"E4": None, "W1": 1}, "D": {"E1.b": 1}}
    found = changed(("move", "A", "E2", "B"), ("move", "", "E4", "D"), members=members)
    assert homes(found.layer)["E2"] == [("B", 1.0)]
    assert found.layer.parts["share"].isna().sum() == 1
    people = found.layer.areas["people"]
    assert people["B"] == 700
    assert pd.isna(people["D"])
    assert people["C"] == 600


def test_who_is_in_none_joins(changed):
    members = {"A": {"E1.a": 1, "E1.b": 1}, "B": {"E2": 1}}
    found = changed(("move", "", "E3", "B"), members=members)
    assert found.moved == {"E3": ((), ("B",))}
    assert found.layer.areas.at["B", "people"] == 700


def test_areas_begin_merge_split_end_and_are_renamed(changed):
    found = changed(
        ("new", "Fourth"), ("merge", "Area A; Area B", "", "Fourth"), ("rename", "Area C", "", "Third")
    ).layer
    assert found.areas["name"].to_dict() == {"C": "Third", "fourth": "Fourth"}
    assert found.areas.at["fourth", "people"] == 1100
    parted = changed(("split", "Area C", "Welshpool", "West")).layer
    assert parted.areas["people"].to_dict() == {"A": 300.0, "B": 800.0, "C": 400.0, "west": 600.0}
    gone = changed(("dissolve", "Area C")).layer
    assert list(gone.areas.index) == ["A", "B"]
    assert not set(gone.parts["block"]) & {"E3", "W1"}


def test_an_area_split_to_the_last_ends(changed):
    found = changed(("split", "Area B", "E2", "North"), ("split", "Area B", "E4", "South")).layer
    assert list(found.areas["name"]) == ["Area A", "Area C", "North", "South"]


def test_what_is_left_out_of_an_exhaustive_layer_is_noted_anew(changed):
    found = changed(("dissolve", "Area C"), exhaustive=True, extent="E").layer
    assert [(note.rule, note.code, note.value) for note in found.notes] == [
        ("GP401", "E3", 400.0),
        ("GP204", "", 400.0),
    ]


def test_there_and_back_is_the_layer_itself(block_layer, authorities):
    layer = block_layer("toy", MEMBERS)
    found = apply(scenario(("move", "", "E4", "C"), ("move", "", "E4", "B")), "toy", layer, authorities)
    assert found.layer is layer
    assert not found.changed
    assert found.remarks == ("Derby and Dale is moved twice: row 3 moves it on to Area B, after row 2.",)


def test_who_is_there_already_is_remarked_on(changed):
    found = changed(("move", "", "E4", "Area B"))
    assert not found.changed
    assert found.remarks == ("row 2: Derby and Dale is in Area B already.",)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("move", "", "Derbie and Dale", "A")], "there is no authority 'Derbie and Dale'. Nearest: Derby and Dale."),
        ([("move", "", "E4", "Area D")], "there is no area 'Area D' in toy. Nearest: Area"),
        ([("merge", "Nothing", "", "A")], "there is no area 'Nothing' in toy."),
        ([("move", "", "Ashby in Nowhere", "B")], "Ashby has no part in 'Nowhere'."),
        ([("move", "A", "E4", "C")], "Derby and Dale is not in Area A of toy, it is in Area B."),
        (
            [("move", "B", "E4", "C"), ("move", "B", "E4", "A")],
            "row 3: Derby and Dale is not in Area B of toy, it is in Area C, where row 2 moved it.",
        ),
        ([("move", "", "E1", "B")], "row 2: Area A (toy) is left without members. Merge or dissolve it"),
        ([("new", "Empty")], "row 2: Empty (toy) begins, and nobody is moved into it."),
        ([("new", "Area A")], "there is an area 'Area A' or 'area-a' in toy already"),
        ([("split", "A", "E1.a", "Area B")], "there is an area 'Area B' in toy already"),
        ([("rename", "A", "", "Area B")], "there is an area 'Area B' in toy already"),
        (
            [("merge", "A", "", "B"), ("merge", "Area A", "", "B")],
            "row 3: there is no area 'Area A' in toy any more, row 2 merged it into Area B.",
        ),
        ([("dissolve", "A"), ("move", "", "E2", "A")], "there is no area 'A' in toy any more, row 2 dissolved it."),
        ([("rename", "A", "", "New"), ("move", "", "E2", "Area A")], "any more, row 2 renamed it to New."),
        ([("split", "A", "E2", "N")], "it is in Area B. Say where it is, or move it there first."),
        ([("move", "", "E1.c", "B")], "there is no authority 'E1.c'. Its parts are E1.a and E1.b."),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(changed, rows, said):
    with pytest.raises(ConfigurationError) as problem:
        changed(*rows)
    assert said in str(problem.value)
    assert problem.value.exit_code == 2


def test_a_line_that_stands_twice_is_remarked_on_once(changed):
    found = changed(("move", "", "E4", "C"), ("move", "", "E4", "C"))
    assert found.remarks == ("row 3: Derby and Dale is in Area C already.",)


def test_a_name_given_back_means_its_area_again(changed):
    found = changed(("rename", "A", "", "New"), ("rename", "New", "", "Area A"), ("move", "", "E2", "Area A"))
    assert homes(found.layer)["E2"] == [("A", 1.0)]


def test_unknown_names_are_unknown_keys(changed):
    with pytest.raises(UnknownKeyError):
        changed(("move", "", "Nowhere", "A"))


def test_an_area_is_not_guessed_among_several(block_layer, authorities):
    layer = block_layer("toy", MEMBERS)
    layer.areas["name"] = ["Same", "Same", "Other"]
    with pytest.raises(AmbiguousError, match=r"A Same; B Same\. Give the code"):
        apply(scenario(("dissolve", "Same")), "toy", layer, authorities)


def test_of_areas_that_overlap_by_design_the_one_left_must_be_named(changed):
    members = {"A": {"E2": 1, "E1.a": 1, "E1.b": 1}, "B": {"E2": 1, "E4": 1}, "C": {"E3": 1}}
    with pytest.raises(ConfigurationError, match="is in 2 areas of toy: Area A and Area B"):
        changed(("move", "", "E2", "C"), members=members, overlap=True)
    found = changed(("move", "A", "E2", "C"), members=members, overlap=True)
    assert homes(found.layer)["E2"] == [("B", 1.0), ("C", 1.0)]


def test_drawings_are_not_changed(drawn_layer, authorities, blocks):
    layer = drawn_layer("toy", {"A": blocks.geometry.iloc[0]})
    with pytest.raises(ConfigurationError, match="toy is a drawing, not of authorities"):
        apply(scenario(("dissolve", "A")), "toy", layer, authorities)


DISTRICTS = ["E1.a", "E1.b", "E2", "E3", "E4", "W1"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.sampled_from(DISTRICTS), st.sampled_from("ABC")), min_size=1, max_size=8))
def test_moves_are_those_of_a_plain_dictionary_and_can_be_taken_back(block_layer, authorities, moves):
    layer = block_layer("toy", MEMBERS)
    plain = {block: code for code, held in MEMBERS.items() for block in held}
    back = []
    for block, code in moves:
        back.insert(0, ("move", "", block, plain[block]))
        plain[block] = code
    forth = [("move", "", block, code) for block, code in moves]
    assert apply(scenario(*forth, *back), "toy", layer, authorities).layer is layer
    if set(plain.values()) < set("ABC"):
        with pytest.raises(ConfigurationError, match="is left without members"):
            apply(scenario(*forth), "toy", layer, authorities)
        return
    found = apply(scenario(*forth), "toy", layer, authorities)
    assert {block: held[0][0] for block, held in homes(found.layer).items()} == plain
    again = apply(scenario(*back), "toy", found.layer, authorities).layer
    told = ["name", "members", "people", "working_age", "postcodes", "area_m2", "not_assessed"]
    pd.testing.assert_frame_equal(pd.DataFrame(again.areas[told]), pd.DataFrame(layer.areas[told]))
    pd.testing.assert_frame_equal(again.parts[["block", "code", "share"]], layer.parts)
