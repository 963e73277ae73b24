"""Changes as files hold them: tables and TOML, whole and at fault."""

from __future__ import annotations

import pytest

from geoplan.data.scenarios.reading import read_scenario, shipped_scenarios
from geoplan.data.scenarios.scenario import ACTIONS, Step, asked_of, named_as
from geoplan.errors import ConfigurationError, InputError, UnknownKeyError

HEADS = "action,layer,area,authority,to"


def read(folder, text, name="mine.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    return read_scenario(str(folder / name))


def test_a_table_is_read_as_it_is_written(tmp_path):
    found = read(
        tmp_path,
        f"{HEADS},note\nmove,connect_to_work,,Suffolk; Norfolk,Greater Essex,why\nrename,lsip,A,,B,\n",
    )
    assert found.name == "mine.csv"
    assert found.layers == ("connect_to_work", "lsip")
    first, second = found.steps
    assert first == Step(
        "row 2", "move", "connect_to_work", authority="Suffolk; Norfolk", to="Greater Essex", note="why"
    )
    assert first.authorities == ("Suffolk", "Norfolk")
    assert second.at == "row 3"
    assert len(found.sha256) == 64


def test_headings_and_actions_are_read_whatever_their_case(tmp_path):
    found = read(tmp_path, "Action,LAYER,Area,Authority,To\nMOVE,icb,,Suffolk,Essex\n")
    assert found.steps[0].action == "move"


def test_toml_says_the_same_with_where_it_comes_from(tmp_path):
    text = """
title = "as proposed"
date = 2027-04-01
as_of = 2026-03-31
source = "Order"
[[changes]]
action = "move"
layer = "icb"
authority = ["Suffolk", "Norfolk"]
to = "Essex"
date = 2027-04-01
"""
    found = read(tmp_path, text, "mine.toml")
    assert (found.title, found.in_force_from, str(found.as_of), found.source) == (
        "as proposed", "2027-04-01", "2026-03-31", "Order",
    )  # fmt: skip
    table = read(tmp_path, f"{HEADS},date\nmove,icb,,Suffolk;Norfolk,Essex,2027-04-01\n")
    assert [vars(step) | {"at": ""} for step in found.steps] == [vars(step) | {"at": ""} for step in table.steps]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("mov,icb,,Suffolk,Essex", "row 2: 'mov' is no action. Did you mean move?"),
        ("move,,,Suffolk,Essex", "row 2: column 'layer' is empty"),
        ("move,icb,,,Essex", "row 2: column 'authority' is empty"),
        ("move,icb,,Suffolk,", "row 2: column 'to' is empty"),
        ("merge,icb,A,Suffolk,B", "row 2: merge takes no 'authority'"),
        ("rename,icb,A,,", "row 2: column 'to' is empty"),
        ("move,icb,,Suffolk,Essex;Kent", "row 2: move takes one 'to', and there is 'Essex;Kent'"),
        ("split,icb,Essex;Kent,Suffolk,B", "row 2: split takes one 'area'"),
    ],
)
def test_rows_that_lack_something_are_refused_by_their_number(tmp_path, row, said):
    with pytest.raises(ConfigurationError) as problem:
        read(tmp_path, f"{HEADS}\n{row}\n")
    assert said in str(problem.value)
    assert problem.value.exit_code == 2


def test_a_day_that_is_none_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="date is 'soon'"):
        read(tmp_path, f"{HEADS},date\nmove,icb,,Suffolk,Essex,soon\n")


def test_a_confidence_that_is_none_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"row 2: confidence is 'sure'\. Known: high"):
        read(tmp_path, f"{HEADS},confidence\nmove,icb,,Suffolk,Essex,sure\n")


def test_columns_that_changes_do_not_have_are_named(tmp_path):
    assert read(tmp_path, f"{HEADS},from\nmove,icb,,Suffolk,Essex,Norfolk\n").said == (
        "Not read, as changes have no such column: from.",
    )  # fmt: skip
    with pytest.raises(ConfigurationError, match="has column 'to' twice"):
        read(tmp_path, f"{HEADS},To\nmove,icb,,Suffolk,Essex,Kent\n")


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff{HEADS}\nmove,icb,,Suffolk;Ynys Môn,Essex\n",
        'action;layer;area;authority;to\nmove;icb;;"Suffolk;Ynys Môn";Essex\n',
        f"{HEADS}\r\n,,,,\r\nmove, icb ,,Suffolk ; Ynys Môn, Essex\r\n,,,,\r\n",
    ],
)
def test_tables_are_read_as_excel_saves_them(tmp_path, text):
    (step,) = read(tmp_path, text).steps
    assert (step.layer, step.authorities, step.to) == ("icb", ("Suffolk", "Ynys Môn"), "Essex")


@pytest.mark.parametrize(("text", "said"), [("", "is empty"), (f"{HEADS}\n", "holds no rows")])
def test_a_table_without_rows_cannot_be_read(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        read(tmp_path, text)


def test_a_table_without_actions_is_refused_with_what_is_needed(tmp_path):
    with pytest.raises(ConfigurationError, match=r"has no column 'action'.*action, layer, area, authority, to"):
        read(tmp_path, "layer,to\nicb,Essex\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = [", "is no TOML"),
        ('title = "x"\n', "has no [[changes]]"),
        ("changes = []\n", "holds no changes"),
        ('titel = "x"\n[[changes]]\naction = "new"\n', "Did you mean 'title'?"),
        ('[[changes]]\naction = "new"\nlayer = "icb"\narae = "x"\n', "Did you mean 'area'?"),
        ('[[changes]]\naction = "new"\nlayer = "icb"\narea = 3\n', "which is no text"),
        ('date = "soon"\n[[changes]]\naction = "new"\nlayer = "icb"\narea = "x"\n', "mine.toml: date is 'soon'"),
        ('as_of = "soon"\n[[changes]]\naction = "new"\nlayer = "icb"\narea = "x"\n', "mine.toml: as_of: 'soon'"),
    ],
)
def test_toml_at_fault_is_refused(tmp_path, text, said):
    with pytest.raises(ConfigurationError) as problem:
        read(tmp_path, text, "mine.toml")
    assert said in str(problem.value)


def test_what_is_no_file_and_ships_under_no_such_name_is_refused_with_the_nearest():
    with pytest.raises(UnknownKeyError, match="Did you mean surrey_2027"):
        read_scenario("surrey_2072")
    with pytest.raises(InputError) as problem:
        read_scenario("nowhere/changes.csv")
    assert problem.value.exit_code == 3


def test_references_to_scenarios_are_put_together_and_taken_apart():
    for name, layer in (("surrey_2027", ""), ("plans/mine.csv", "icb")):
        assert asked_of(named_as(name, layer)) == (name, layer)


def test_every_scenario_that_ships_says_where_it_comes_from():
    assert list(shipped_scenarios()) == ["connect_to_work_by_authority", "icbs_2026", "surrey_2027"]
    for name, scenario in shipped_scenarios().items():
        assert scenario.name == name
        assert scenario.source
        assert scenario.confidence in {"high", "medium", "low"}
        assert {step.action for step in scenario.steps} <= set(ACTIONS)
