"""Rows are in force on the days their texts can mean, and an authority is in one vintage of an area on each."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.data.catalogue import catalogue, entry, known_around, status_on
from geoplan.data.days import parse_day
from geoplan.data.membership.spans import area_days, followers, members_of, row_days, shown
from geoplan.data.shipped.package_data import MEMBERSHIP_COLUMNS, shipped_table

DAY = timedelta(days=1)
KEYS = [key for key, each in catalogue().items() if each.table != "computed"]
DAYS = [date(1990, 1, 1), date(2004, 1, 1), date(2008, 6, 1), date(2009, 7, 1), date(2010, 12, 31), date(2014, 1, 1),
        date(2018, 2, 1), date(2021, 12, 31), date(2026, 4, 1), date(2027, 4, 1), date(2040, 12, 31)]  # fmt: skip


def rows_of(*rows):
    named = [dict(zip(("area_id", "lad_code", "valid_from", "valid_to"), row, strict=True)) for row in rows]
    filled = [dict.fromkeys(MEMBERSHIP_COLUMNS, "") | row | {"area_name": row["area_id"].upper()} for row in named]
    return pd.DataFrame(filled, columns=list(MEMBERSHIP_COLUMNS))


def table_of(key):
    return shipped_table(f"membership/{entry(key).table}.csv")


def held_on(rows, day):
    starts, ends = row_days(rows)
    return rows[[start <= day <= end for start, end in zip(starts, ends, strict=True)]]


def boundaries(rows):
    """Return every day on which a row may begin or end by its text, with the days before and after."""
    texts = {*rows["valid_from"], *rows["valid_to"]} - {""}
    edges = {parse_day(text, end=end) for text in texts for end in (False, True)}
    return sorted({edge + step for edge in edges for step in (-DAY, timedelta(0), DAY)})


@pytest.mark.parametrize("key", KEYS)
def test_every_layer_has_rows_to_show_on_every_day(key):
    table, known = table_of(key), entry(key)
    for day in {*DAYS, *boundaries(table)}:
        found = shown(table, known, day)
        assert len(found.rows), day
        if known.show == "members":
            assert {
                "in force": found.day == day,
                "reference": found.day == day,
                "ended": found.day < day,
                "not yet in force": found.day > day,
                "date not known": found.day != day,
            }[found.status], day


@pytest.mark.parametrize("key", [key for key in KEYS if not entry(key).overlap and entry(key).show == "members"])
def test_on_no_day_is_a_whole_authority_in_two_areas_of_a_layer(key):
    rows = members_of(table_of(key))
    whole = rows[(rows["part"] == "") & (rows["lad_code"] != "")]
    for day in boundaries(rows):
        held = held_on(whole, day).drop_duplicates(["lad_code", "block", "area_id"])
        twice = held[held.duplicated(["lad_code", "block"])]
        assert twice.empty, (day, list(twice["lad_code"]))


@pytest.mark.parametrize(("key", "area", "after"), [("city_strategy_pathfinder", "csp-07a", "csp-07b"),
                                                    ("city_strategy_pathfinder", "csp-02a", "csp-02b"),
                                                    ("push", "push-2004", "push-12")])  # fmt: skip
def test_the_vintages_that_ship_follow_each_other_day_by_day(key, area, after):
    rows = members_of(table_of(key))
    assert followers(rows)[area] == [after]
    day = parse_day(rows["valid_from"][rows["area_id"] == after].iloc[0], end=False)
    there = [set(held_on(rows, each)["area_id"]) & {area, after} for each in (day - DAY, day, day + 364 * DAY)]
    assert there == [{area}, {after}, {after}]


texts = st.sampled_from(["2009", "2009-04", "2009-04-15", "2009-05", "2009-11-30"])


@settings(deadline=None, max_examples=60)
@given(
    until=texts,
    since=texts,
    stay=st.sets(st.sampled_from("ABC"), min_size=1),
    leave=st.sets(st.sampled_from("DE")),
    join=st.sets(st.sampled_from("FG")),
)
def test_vintages_whose_days_may_meet_are_never_there_together(until, since, stay, leave, join):
    old = [("old", lad, "2007", until) for lad in sorted(stay | leave)]
    new = [("new", lad, since, "2011") for lad in sorted(stay | join)]
    rows = rows_of(*old, *new)
    doubled = parse_day(since, end=True) < parse_day(until, end=False)
    spans = list(zip(rows["area_id"], rows["lad_code"], *row_days(rows), strict=True))
    for day in (date(2008, 12, 30) + step * DAY for step in range(370)):
        held = [(area, lad) for area, lad, start, end in spans if start <= day <= end]
        areas, lads = {area for area, _ in held}, {lad for _, lad in held}
        if not doubled:
            assert len(areas) <= 1, day
        if day < date(2009, 1, 1) or day > date(2009, 12, 31):
            assert areas == {"old" if day.year < 2009 else "new"}
        # With those who stay pass those who leave and those who join.
        assert lads in (set(), stay | leave, stay | join, stay | leave | join)


def test_exact_days_that_overlap_are_a_true_overlap():
    rows = rows_of(("old", "A", "2007", "2009-04-15"), ("new", "A", "2009-04-01", ""))
    assert set(held_on(rows, date(2009, 4, 10))["area_id"]) == {"old", "new"}


def test_areas_that_share_nobody_are_no_vintages():
    rows = rows_of(("old", "A", "2007", "2009"), ("new", "B", "2009", ""))
    assert set(held_on(rows, date(2009, 6, 1))["area_id"]) == {"old", "new"}
    assert followers(rows) == {}


def test_areas_are_there_from_their_first_member_to_their_last():
    days = area_days(rows_of(("a", "A", "2007", "2009"), ("a", "B", "2008", "2009-06"), ("b", "C", "2008", "")))
    assert days.to_dict("index") == {
        "a": {"valid_from": "2007", "valid_to": "2009"},
        "b": {"valid_from": "2008", "valid_to": ""},
    }


def test_what_has_no_dates_is_not_in_force_for_ever():
    charters = entry("employment_charter")
    first, last = known_around(charters)
    table = rows_of(("gm", "A", "2019-07", ""), ("lcr", "B", "", ""))
    told = {day: shown(table, charters, day) for day in (first, last, last + DAY, date(2022, 1, 1), date(2008, 1, 1))}
    areas = {day: set(each.rows["area_id"]) for day, each in told.items()}
    assert areas[first] == areas[last] == {"gm", "lcr"}
    assert areas[last + DAY] == areas[date(2022, 1, 1)] == {"gm"}
    assert [change.text for change in told[date(2022, 1, 1)].not_dated] == ["LCR"]
    assert told[date(2008, 1, 1)].status == "not yet in force"
    alone = shown(rows_of(("lcr", "B", "", "")), charters, date(2008, 1, 1))
    assert (alone.status, alone.day) == ("date not known", first)


def test_rows_without_dates_are_there_as_long_as_their_layer():
    table = rows_of(("a", "A", "", ""))
    found = shown(table, entry("connect_to_work"), date(2026, 1, 1))
    assert found.rows[["valid_from", "valid_to"]].to_numpy().tolist() == [["2025-04-01", "2030-03-31"]]
    assert shown(table, entry("connect_to_work"), date(2031, 1, 1)).status == "ended"


@pytest.mark.parametrize(
    ("key", "day", "status"),
    [
        ("lad", "2008-06-01", "reference"),
        ("police_force", "2008-06-01", "reference"),
        ("police_force", "2026-04-01", "in force"),
        ("households_into_work", "2018-01-31", "not yet in force"),
        ("households_into_work", "2018-02-01", "reference"),
    ],
)
def test_geographies_are_dated_by_their_edition_and_schemes_by_their_start(key, day, status):
    assert status_on(entry(key), date.fromisoformat(day)) == status


def test_editions_are_read_from_words():
    named = {key: entry(key).edition_of for key in ("lad", "police_force", "ttwa_2011", "icb_2026")}
    assert named == {"lad": "2025-04", "police_force": "2024", "ttwa_2011": "2011", "icb_2026": "2026-04"}
