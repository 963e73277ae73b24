"""The timeline of a brief: bars by year, and what is left out on paper is counted."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from geoplan.data.focus import Focus
from geoplan.output.summary import timelines


@dataclass(frozen=True)
class Asked:
    """What a timeline takes of an audit."""

    focus: Focus | None
    as_of: str = "2026-04-01"


def about(lad, **facts):
    return timelines.timeline(Asked(Focus("lad", lad, lad, frozenset([lad])), **facts))


def test_without_a_place_or_a_scheme_there_is_none():
    assert timelines.timeline(Asked(None)) is None
    assert about("E99999999") is None


def test_bars_stand_by_their_years():
    told = about("E06000018")
    first, last = told.years
    assert first == 2007
    unit = timelines.WIDTH / (last + 1 - first)
    by_name = {(row.name, row.since): row for row in told.rows}
    old = by_name[("Nottingham", "April 2007")]
    new = by_name[("Nottingham and Nottinghamshire (extended vintage)", "2009")]
    assert old.x == pytest.approx(unit / 4, abs=0.2)
    assert new.x == pytest.approx(2 * unit, abs=0.2)
    assert new.width == pytest.approx(2.25 * unit, abs=0.3)
    assert old.follow == "then Nottingham and Nottinghamshire (extended vintage)"
    assert (old.kind, new.until) == ("past", "March 2011")
    assert told.day == pytest.approx(unit * (2026.25 - first), abs=0.3)
    assert all(row.x + row.width <= timelines.WIDTH + 1 for row in told.rows)


def test_what_is_open_reaches_the_edge_and_says_since():
    (board,) = [row for row in about("E06000018").rows if row.layer == "Integrated care boards"]
    assert (board.since, board.until, board.kind) == ("since July 2022", "", "now")
    assert board.x + board.width == pytest.approx(timelines.WIDTH)


def test_what_has_no_dates_has_words_and_no_bar():
    rows = {row.name: row for row in about("E08000012").rows}
    charter = rows["Liverpool City Region Fair Employment Charter"]
    assert (charter.since, charter.width) == ("date not known", 0)
    assert {row.since for row in about("E07000202").rows if row.kind == "ahead"} == {"proposed"}


def test_on_paper_what_ended_first_is_left_out():
    told = about("E06000018")
    out = [row for row in told.rows if row.early]
    assert len(out) == told.early == len(told.rows) - timelines.ON_PAPER
    assert {row.kind for row in out} == {"past"}
