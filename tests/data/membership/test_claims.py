"""What a membership table claims: authorities in any form, and where its rows contradict."""

from __future__ import annotations

import time
from datetime import date

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.cli.main import cli
from geoplan.commuting.atlas import Atlas
from geoplan.data.membership import membership
from geoplan.data.places import Authorities, Group
from geoplan.errors import AmbiguousError
from geoplan.schema import RowsRead

DAY = date(2026, 4, 1)


@pytest.fixture
def known(authorities) -> Authorities:
    """The toy country, with a county of former days and two groups of one name."""
    groups = (
        Group("E99", "Midshire", "county", ("E1", "E2")),
        Group("", "Northland", "county", ("E1", "E3")),
        Group("E98", "Northland", "region", ("E1", "E2", "E3")),
    )
    return Authorities(authorities.table, authorities.blocks, authorities.retired, (("Ash Town", "E1"),), groups)


def read(authorities, *rows, **more):
    frame = pd.DataFrame([{"area_name": area, "lad_name": lad, **rest} for area, lad, rest in rows]).fillna("")
    return membership.from_user_table(frame.assign(**more), "mine.csv", authorities, as_of=DAY)


def said(layer, rule):
    return [note.message for note in layer.notes if note.rule == rule]


def test_one_area_however_it_is_typed(known):
    layer = read(known, ("Avon", "E1", {}), ("avon", "E2", {}), ("Avon ", "E3", {}), ("AVON", "E4", {}))
    assert dict(layer.areas["members"]) == {"Avon": "E1;E2;E3;E4"}
    assert said(layer, "GP106") == [
        "mine.csv, column 'area_name': 'AVON' and 'avon' are read as 'Avon' (2 rows). Write each in one way."
    ]


def test_cells_hold_codes_or_names(known):
    rows = [("x", "e1 ", {}), ("x", "Barton", {}), ("x", "", {"lad_code": "Eastshire"}), ("y", "Ash Town", {})]
    assert dict(read(known, *rows).areas["members"]) == {"x": "E1;E2;E3;E4", "y": "E1"}


def test_a_group_gives_all_its_authorities_and_says_so(known):
    for written in ("Midshire", "midshire county council", "E99"):
        layer = read(known, ("x", written, {}), ("y", "E3", {}))
        assert layer.areas.at["x", "members"] == "E1;E2"
        (note,) = [note for note in layer.notes if note.rule == "GP106"]
        assert "row 1" in note.message
        assert f"{written!r} is a county; it is read as all its 2 authorities: Ashby and Barton." in note.message
        assert note.by_design


def test_a_name_of_two_groups_is_refused_with_both(known):
    with pytest.raises(AmbiguousError, match=r"row 2: 'Northland' fits several.*county; Northland, region E98"):
        read(known, ("x", "E1", {}), ("x", "Northland", {}))


def test_code_and_name_that_contradict_are_an_error_with_rows(known):
    rows = [("x", "Ashby", {"lad_code": "E1"}), ("x", "Barton", {"lad_code": "E3"}), ("y", "Corby", {"lad_code": "E9"})]
    layer = read(known, *rows)
    (message,) = said(layer, "GP107")
    assert message == (
        "mine.csv, column 'lad_code', row 2: E3 is Corby, City of, but column 'lad_name' says 'Barton'. "
        "The code was used: correct one."
    )
    assert layer.areas.at["x", "members"] == "E1;E3"


def test_an_id_with_two_names_and_a_name_with_two_ids(known):
    rows = [("Alpha", "E1", {"area_id": "1"}), ("Beta", "E2", {"area_id": "1"}), ("Beta", "E3", {"area_id": "2"})]
    layer = read(known, *rows)
    assert "'1' has 2 names: 'Alpha' (row 1); 'Beta' (row 2)" in said(layer, "GP107")[0]
    assert "'Beta' has 2 ids: '1' (row 2); '2' (row 3)" in said(layer, "GP106")[0]


def test_a_status_outside_the_words_is_told(known):
    rows = [("x", "E1", {"status": "In force"}), ("y", "E2", {"status": "banana"}), ("z", "E3", {"status": "ENDED"})]
    message, past = said(read(known, *rows), "GP106")
    assert message.startswith("mine.csv, column 'status', row 2: 'banana' is no status, so it was left out.")
    assert "1 of 3 rows are not in force" in past


def test_rows_are_counted_by_how_they_were_used(known):
    rows = [
        ("x", "E1", {"valid_to": "2020-03-31"}), ("x", "E2", {"valid_to": "2030"}), ("x", "E3", {}),
        ("x", "Nowhere at all", {"valid_to": "2020-03-31"}),
    ]  # fmt: skip
    layer = read(known, *rows)
    assert layer.rows == RowsRead(4, 1, 1)
    assert "1 of 4 rows are not in force on 2026-04-01 (row 1)" in said(layer, "GP106")[0]
    assert read(known, ("x", "E1", {})).rows == RowsRead(1)


def test_every_row_that_matches_nothing_is_named_once(known):
    layer = read(known, ("x", "Bartom", {}), ("x", "E1", {}), ("y", "Bartom", {}))
    (message,) = said(layer, "GP403")
    assert message == (
        "mine.csv, column 'lad_name', rows 1, 3: 'Bartom' matches no authority, so its people are in no figure. "
        "Nearest: Barton."
    )


AREAS = st.sampled_from(["Avon", "avon", "AVON", "Severn"])
LADS = st.sampled_from(["E1", "e1", "Ashby", "Barton", "Midshire", "E0", "Nowhere at all", "Eastshire"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(rows=st.lists(st.tuples(AREAS, LADS), min_size=1, max_size=6).map(lambda rows: [*rows, ("Severn", "E2")]),
       seed=st.randoms(use_true_random=False))  # fmt: skip
def test_the_order_of_rows_never_matters(known, rows, seed):
    mixed = list(rows)
    seed.shuffle(mixed)
    one, other = (read(known, *((area, lad, {}) for area, lad in each)) for each in (rows, mixed))
    pd.testing.assert_frame_equal(one.areas, other.areas)
    assert sorted((n.rule, n.code, n.other_codes) for n in one.notes) == sorted(
        (n.rule, n.code, n.other_codes) for n in other.notes
    )
    assert one.rows == other.rows


def test_fifty_thousand_rows_take_seconds(known):
    names = ["Ashby", "Barton", "E0", "Midshire", "Corby"]
    frame = pd.DataFrame({"area_name": [f"a{n % 400}" for n in range(50_000)], "lad_name": names * 10_000})
    start = time.perf_counter()
    membership.from_user_table(frame, "mine.csv", known, as_of=DAY)
    assert time.perf_counter() - start < 30  # without a cache for each way of writing: two minutes


def test_commands_say_how_many_rows_were_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "area_name,authority,valid_to\nA,Camden,\nA,Westminister,\nB,Islington,2020\n"
    (tmp_path / "mine.csv").write_text(text, encoding="utf-8")
    for command in (["check", "mine.csv"], ["compare", "mine.csv", "lad"], ["contiguity", "mine.csv"]):
        result = CliRunner().invoke(cli, command)
        assert "mine.csv: 3 rows read, 1 not in force, 1 not understood.\n" in result.stderr, command
    assert "rows read" not in CliRunner().invoke(cli, ["compare", "icb", "lad"]).stderr


@pytest.mark.usefixtures("tables_only")
def test_rows_that_match_nothing_fail_an_audit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text("area_name,authority\nA,Westminister\nA,Camden\nB,Brekland\nB,Breckland\n")
    asked = ["audit", "--layers", "mine.csv,icb_2026", "--fail-on", "error", "--out", "done"]
    result = CliRunner().invoke(cli, asked)
    assert result.exit_code == 1
    assert "mine.csv: 2 rows match no authority: Brekland (Breckland" in " ".join(result.stdout.split())
    assert result.stderr == "mine.csv: 4 rows read, 2 not understood.\n"


def test_a_status_without_days_tells_what_is_in_force(tmp_path):
    (tmp_path / "m.csv").write_text(
        "area_name,lad_code,status,valid_to\nA,E06000022,In force,\nB,E06000023,Ended,\nC,E06000024,proposed,\n"
        "D,E06000025,ended,2030-03-31\n",
        encoding="utf-8",
    )
    layer = Atlas().layer(str(tmp_path / "m.csv"))
    assert layer.areas["name"].tolist() == ["A", "D"]
    (note,) = (note.message for note in layer.notes if "not in force" in note.message)
    assert note.startswith("m.csv, columns 'valid_to' and 'status': 2 of 4 rows are not in force on")
    assert "(rows 3, 4)" in note
