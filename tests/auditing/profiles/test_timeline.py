"""What ran in a place is told vintage by vintage, with what followed."""

from __future__ import annotations

from datetime import date

import pytest

from geoplan.auditing.profiles.timeline import END_NOT_KNOWN, SPELL_COLUMNS, spells, spells_table
from geoplan.data.catalogue import catalogue
from geoplan.data.days import parse_day

APRIL = date(2026, 4, 1)


def told(*lads, day=APRIL):
    return spells(frozenset(lads), day)


def of(found, code):
    return next(spell for spell in found if spell.code == code)


def test_vintages_follow_each_other():
    found = told("E06000018")
    first, second = of(found, "csp-07a"), of(found, "csp-07b")
    assert first.followed_by == (second.name,)
    assert (first.status, second.status, second.followed_by) == ("ended", "ended", ())
    assert found.index(first) < found.index(second)


def test_editions_follow_each_other_and_what_goes_on_is_told_once():
    suffolk = told("E07000202")
    assert of(suffolk, "E54000023").followed_by == ("Norfolk and Suffolk",)
    assert of(suffolk, "E54000023").valid_to == "2026-03-31"
    nottingham = [spell for spell in told("E06000018") if spell.layer in {"icb", "icb_2026"}]
    assert [(spell.layer, spell.valid_from, spell.valid_to) for spell in nottingham] == [("icb_2026", "2022-07-01", "")]


def test_authorities_that_were_joined_are_followed_by_one():
    assert of(told("E08000021"), "E47000011").followed_by == ("North East",)


def test_what_is_not_known_is_said():
    found = told("E08000012")
    charter = of(found, "chart-liverpool-city-region")
    assert (charter.status, charter.valid_from, charter.valid_to) == ("date not known", "", "")
    assert found[-1] == charter
    assert of(told("E06000045"), "push-12").status in {END_NOT_KNOWN, "ended", "in force"}
    assert of(told("E07000202"), "dpp-norfolk-suffolk").status == "proposed"


def test_a_part_of_unknown_size_is_called_so():
    assert of(told("W06000004"), "csp-15").part
    assert not of(told("W06000019"), "csp-14").part


@pytest.mark.parametrize("day", [date(2008, 6, 1), APRIL, date(2040, 1, 1)])
def test_the_status_is_that_of_the_day(day):
    for spell in told("E08000012", "E06000045", "E09000025", day=day):
        start, end = parse_day(spell.valid_from, end=False), parse_day(spell.valid_to, end=True)
        if spell.status == "ended":
            assert end, spell
            assert end < day or spell.followed_by, spell
        elif spell.status == "not yet in force":
            assert start, spell
            assert start > day, spell
        elif spell.status == "in force":
            assert start is None or start <= day, spell


def test_standing_geographies_are_left_out():
    layers = {spell.layer for spell in told("E06000018", "W06000015")}
    assert "lhb" in layers
    assert not layers & {key for key, entry in catalogue().items() if entry.standing}


def test_a_timeline_is_a_table():
    table = spells_table(told("E06000018"))
    assert tuple(table.columns) == SPELL_COLUMNS
    assert table.loc[table["code"] == "csp-07a", "followed_by"].item() == of(told("E06000018"), "csp-07b").name
    assert spells_table(told()).empty
