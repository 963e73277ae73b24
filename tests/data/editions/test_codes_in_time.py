"""Codes of authorities in time: the table that ships, what became of each, and tables brought forward."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.data.editions.codes import CHANGE_KINDS, Former, check_changes, missing_for, shipped_changes
from geoplan.data.editions.figures import figures_forward
from geoplan.data.editions.forward import brought_forward
from geoplan.data.editions.together import mixed_editions
from geoplan.data.membership import membership
from geoplan.data.places import shipped_authorities
from geoplan.data.shipped.package_data import shipped_blocks
from geoplan.errors import InputError, TableError
from geoplan.schema.indicators import Kind

KNOWN = shipped_authorities(shipped_blocks())
TODAY = {*KNOWN.table.index, *KNOWN.table["utla_code"]} - {""}
CHANGES = shipped_changes()


def forward(*codes, wanted=TODAY):
    return brought_forward(codes, wanted, KNOWN.retired)


# The table


def test_every_change_names_authorities_that_are_known_by_that_name():
    first = dict(zip(CHANGES["code"], CHANGES["name"], strict=True))
    named = {code: KNOWN.official_name(code) for code in TODAY} | first | {"E07000112": "Folkestone and Hythe"}
    for row in CHANGES.itertuples():
        codes = [code for code in row.successor_codes.split(";") if code]
        assert [named[code] for code in codes] == [name for name in row.successor_names.split(";") if name], row.code
        assert re.fullmatch(r"\d{4}-0[24]-0[12]", row.date)
        assert not re.search(r"/(work|tmp|home)/", row.source + row.note)


@pytest.mark.parametrize("kind", CHANGE_KINDS)
def test_there_is_a_change_of_each_kind(kind):
    assert (CHANGES["kind"] == kind).any()


def test_every_council_that_a_change_made_is_a_row_of_its_day():
    created = {(row.code, row.date) for row in CHANGES[CHANGES["kind"] == "created"].itertuples()}
    ended = CHANGES[~CHANGES["kind"].isin(["created", "renamed"])]
    made = {(code, row.date) for row in ended.itertuples() for code in row.successor_codes.split(";")}
    assert created == made
    assert max(Counter(code for code, _ in created).values()) == 1


def test_retired_codes_lead_to_authorities_of_today():
    assert len(KNOWN.retired) == 133
    for code, old in KNOWN.retired.items():
        assert code not in TODAY
        assert set(old.successors) <= TODAY, code


def test_what_is_coming_has_not_ended():
    surrey = CHANGES[CHANGES["date"] == "2027-04-01"]
    assert set(surrey["order"]) == {"SI 2026/264"}
    assert surrey["kind"].value_counts().to_dict() == {"merged": 11, "created": 2, "split": 1}
    assert not set(surrey["code"]) & set(KNOWN.retired)


def test_former_codes_that_were_all_of_their_successor():
    whole = {code for code, old in KNOWN.retired.items() if old.whole}
    # A recode, a county that became one authority, one that became two, and two steps on one ground.
    assert {"E08000019", "E06000048", "E10000027", "E10000006", "E10000022"} <= whole
    # Merged into a larger one, a county of which one successor took in more, and one that gave a part away.
    assert not {"E07000004", "E06000028", "E07000246", "E10000009", "95SS", "E07000157"} & whole
    assert KNOWN.retired["E07000190"].successors == ("E06000066",)
    assert KNOWN.retired["E07000190"].then == ("E07000246",)


@pytest.mark.parametrize(("level", "ended_codes"), [("ltla", 46), ("utla", 12)])
def test_every_code_that_ended_since_2014_is_there_and_no_other(shared_data, level, ended_codes):
    columns = ["code", "name", "start_year", "end_year"]
    history = pd.read_parquet(shared_data / f"history_{level}_2014_2025_bsc.parquet", columns=columns)
    ended = history[history["end_year"].notna()]
    assert len(ended) == ended_codes
    for row in ended.itertuples():
        assert KNOWN.retired[row.code].name == row.name
        # The file names the last year in which the code was valid on its day, the end of the year.
        assert int(KNOWN.retired[row.code].ended[:4]) == row.end_year + 1, row.code
    since = {code for code, old in KNOWN.retired.items() if old.ended >= "2016" and not code.startswith("E10")}
    if level == "ltla":
        # The history has Glasgow and North Lanarkshire by their codes of 2019 all along.
        assert since - set(ended["code"]) == {"S12000044", "S12000046"}
    for row in history[history["start_year"].notna()].itertuples():
        assert int(KNOWN.first_days[row.code][:4]) == row.start_year, row.code


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("kind", "moved", "unknown kind"),
        ("date", "2009", "no day"),
        ("order", "about 2009", "no number of an order"),
        ("successor_codes", "", "is empty"),
        ("passed", "divided", "contradict"),
        ("source", "", "'source' is empty"),
    ],
)
def test_a_broken_table_is_refused_with_its_column(column, value, said):
    rows = CHANGES[CHANGES["kind"] == "merged"].head(2).copy()
    check_changes(rows)
    rows.loc[rows.index[0], column] = value
    with pytest.raises(TableError, match=said):
        check_changes(rows)
    with pytest.raises(TableError, match="missing"):
        check_changes(rows.drop(columns=column))


# Brought forward


def test_codes_are_brought_through_all_that_followed():
    assert forward("E07000190", "E07000191", "E07000187", "E07000188", "E07000189").lacking == {}
    assert forward("E07000190").now == {"E07000190": "E06000066"}
    assert set(forward("E07000190").lacking["E06000066"]) == {"E07000187", "E07000188", "E07000189", "E07000191"}
    assert forward("E07000190", wanted={"E07000246"}).now == {"E07000190": "E07000246"}
    assert forward("E08000016").nearly == ("E08000016",)
    assert forward("E10000006").divided == {"E10000006": ("E06000063", "E06000064")}
    assert forward("E10000006", wanted={"E06000063"}).divided == {}
    assert forward("E06000001", "X1") == brought_forward([], TODAY, KNOWN.retired)


@given(st.lists(st.sampled_from(sorted(KNOWN.retired)), unique=True))
@settings(max_examples=60, deadline=None)
def test_every_former_code_is_now_one_or_several_of_today_and_what_is_complete_lacks_nothing(codes):
    found = forward(*codes)
    assert {*found.now, *found.divided} == set(codes)
    for new in set(found.now.values()):
        assert (new in found.lacking) == bool(missing_for(new, codes, KNOWN.retired))


RETIRED = {
    "A": Former("Ash", "2019-03-31", ("N",), whole=False),
    "B": Former("Elm", "2019-03-31", ("N",), whole=False),
    "C": Former("Oak", "2020-03-31", ("M", "O"), whole=True, passed="divided"),
    "D": Former("Fir", "2020-03-31", ("M", "O"), whole=False, passed="divided"),
    "E": Former("Yew", "2021-03-31", ("P",), whole=True, passed="nearly whole"),
}


def figures(values, kind=Kind.COUNT):
    return figures_forward(pd.Series(values, dtype=float), kind, {"M", "N", "O", "P"}, "own.csv, column 'n'", RETIRED)


def test_counts_of_merged_authorities_are_summed_and_conserved():
    found, divided, said = figures({"A": 2, "B": 3, "C": 10, "E": 1})
    assert found.to_dict() == {"N": 5, "C": 10, "P": 1}
    assert divided == {"C": ("M", "O")}
    assert " ".join(said) == (
        "3 codes have ended and were brought to the authority that followed: A to N, B to N and E to P; "
        "of the ground of 1 of them a little passed elsewhere."
    )
    assert figures({"A": 2, "B": None})[0].isna().all()
    assert figures({"M": 4})[0].to_dict() == {"M": 4}
    assert figures({"E": 0.5}, Kind.RATE)[0].to_dict() == {"P": 0.5}


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        ({"A": 1}, Kind.COUNT, r"others are missing \(1 row: B\)"),
        ({"A": 1, "B": 2}, Kind.RATE, r"rates of former authorities that were merged.*A, B"),
        ({"A": 1, "B": 2, "N": 3}, Kind.COUNT, "beside those that followed"),
        ({"D": 1}, Kind.COUNT, r"divided, and nothing tells their shares \(1 row: D\).*M and O"),
    ],
)
def test_figures_that_have_no_exact_successor_are_refused(values, kind, said):
    with pytest.raises(InputError, match=said):
        figures(values, kind)


# Editions mixed


def test_codes_that_never_were_together_are_named_by_their_times():
    codes = ["E07000190", "E07000191", "E06000060", "E06000001", "E08000016"]
    (note,) = mixed_editions("my.csv", codes, KNOWN.retired, KNOWN.first_days)
    assert note.rule == "GP105"
    assert note.message == (
        "my.csv: codes that never were in force on one day stand together: 2 codes that ended on 31 March 2019 "
        "(E07000190 and E07000191), and 1 code that began on 1 April 2020 (E06000060). "
        "Its rows are of different editions: take all of one."
    )


@pytest.mark.parametrize("codes", [[], ["E07000190"], ["E07000190", "E06000001"], ["E08000016", "E06000066"]])
def test_codes_of_one_time_are_not_mixed(codes):
    assert mixed_editions("my.csv", codes, KNOWN.retired, KNOWN.first_days) == []


def test_a_membership_of_two_editions_is_told(authorities):
    known = replace(authorities, first_days={"E4": "2021-04-01"})
    rows = pd.DataFrame({"area_name": ["x", "x", "y"], "lad_code": ["E7", "E8", "E4"]})
    layer = membership.from_user_table(rows, "mine.csv", known, as_of=pd.Timestamp("2026-04-01").date())
    said = [note.message for note in layer.notes if note.rule == "GP105"]
    assert len(said) == 1
    assert "E7 and E8" in said[0]
    assert layer.areas.at["x", "members"] == "E3"
