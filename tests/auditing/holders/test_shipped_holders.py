"""Who holds what in real areas, by the table that ships."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from geoplan.auditing.certainty import Lie
from geoplan.auditing.holders.areas import held_in
from geoplan.auditing.holders.gathering import bodies, elsewhere, holders_table, shared, unheld
from geoplan.auditing.holders.holding import held_there
from geoplan.auditing.profiles.profile import profile
from geoplan.commuting.atlas import Atlas
from geoplan.data.shipped.streams import shipped_streams
from geoplan.output.summary.profiled.headline import verdict
from geoplan.output.summary.profiled.holder_words import held_sentences, holder_rows
from geoplan.output.summary.profiled.table_seats import seat_lines, seat_notes, seat_rows

GMCA = "Greater Manchester Combined Authority"


@pytest.fixture(scope="module")
def atlas():
    return Atlas()


@pytest.fixture(scope="module")
def told(atlas):
    return {name: profile(name, atlas=atlas) for name in (
        "utla:Suffolk", "combined_authority:Greater Manchester", "connect_to_work:South East Wales", "lad:Glasgow City",
        "connecting_communities:Cannock North", "connect_to_work:Central London Forward",
    )}  # fmt: skip


def by_stream(held):
    return {stream.key: stream for stream in held.streams}


def test_greater_manchester_holds_several_streams_over_one_ground(told):
    held = told["combined_authority:Greater Manchester"].held
    first = shared(held)[0]
    assert first.body == GMCA
    assert first.lie is Lie.SAME
    assert {"Adult Skills Fund", "Integrated settlement", "Get Britain Working plan", "Connect to Work grant"} <= set(
        first.streams
    )
    assert bodies(held)[0].name == GMCA
    assert elsewhere(held) == ()
    assert unheld(held) == ()


def test_suffolk_has_a_department_and_a_wider_board(told):
    held = told["utla:Suffolk"].held
    assert [each.body for each in by_stream(held)["adult_skills_fund"].holdings] == ["Department for Work and Pensions"]
    assert {(each.title, each.holding.body) for each in elsewhere(held) if not each.national} >= {
        ("NHS planning and money", "NHS Norfolk and Suffolk Integrated Care Board")
    }
    past = by_stream(held)["uk_shared_prosperity_fund"]
    assert (past.status, past.valid_to, len(past.holdings)) == ("ended", "2026-03-31", 5)
    assert all(each.lie is Lie.HOLDS for each in past.holdings)
    assert "integrated_settlement" not in by_stream(held)
    words = " ".join(held_sentences(held, "Suffolk"))
    assert "Suffolk County Council holds 2 over the same ground" in words
    assert "The Adult Skills Fund is held by Department for Work and Pensions in England, where no other" in words
    (past_row,) = [row for row in holder_rows(held) if row.past]
    assert past_row.body == "5 bodies: East Suffolk, West Suffolk, Ipswich and 2 more"


def test_the_cardiff_region_had_one_lead_and_its_grant_has_none_known(told):
    held = told["connect_to_work:South East Wales"].held
    (lead,) = by_stream(held)["uk_shared_prosperity_fund"].holdings
    assert (lead.body, lead.lie) == ("Rhondda Cynon Taf County Borough Council", Lie.SAME)
    assert [stream.key for stream in unheld(held)] == ["connect_to_work"]
    assert "Who holds the Connect to Work grant for 1,571,000 people is not known." in held_sentences(held, "it")
    assert len(by_stream(held)["nhs_planning"].holdings) == 3
    assert not any("England" in each.holding.name for each in elsewhere(held))


def test_a_part_of_unknown_size_lies_inside_and_its_people_are_not_assessed(told):
    found = told["connecting_communities:Cannock North"]
    assert all(each.people is None for stream in found.held.streams for each in stream.holdings)
    assert any("Staffordshire County Council" in body for body, _ in seat_lines(found))
    assert "nan" not in " ".join([*verdict(found), *held_sentences(found.held, "it")]).casefold()


def test_scotland_is_outside_and_said_to_be(told):
    found = told["lad:Glasgow City"]
    assert held_sentences(found.held, "Glasgow City") == ["Of Scotland the table of streams says nothing."]
    assert found.held.streams == ()
    assert all("streams of money" not in sentence for sentence in verdict(found))


def test_who_sits_at_the_table_is_one_list(told):
    found = told["combined_authority:Greater Manchester"]
    rows = seat_rows(found)
    assert len({row.body for row in rows}) == len(rows)
    assert (rows[0].body, rows[0].parts) == (GMCA, ("lead body",))
    assert seat_notes(found) == []  # its councils are constituent members, and stand in the list
    lines = dict(seat_lines(found))
    assert [who for who, why in lines.items() if why == "constituent member"][0].startswith("Bolton, Bury,")  # noqa: RUF015
    london = told["connect_to_work:Central London Forward"]
    assert any(note.startswith("Councils on its ground: Wandsworth, ") for note in seat_notes(london))
    assert [body.name for body in bodies(london.held)][0] == "Greater London Authority"  # noqa: RUF015


@pytest.mark.parametrize("day", [date(2026, 4, 1), date(2026, 11, 29)])
def test_nobody_is_lost_in_any_cluster(day):
    atlas = Atlas(as_of=day)
    layer = atlas.layer("connect_to_work")
    for code in ("ctw-suffolk", "ctw-south-midlands", "ctw-local-london", "ctw-north-wales", "ctw-surrey"):
        table = holders_table(held_in(atlas.find(f"connect_to_work:{code}"), atlas))
        for stream, rows in table.groupby("stream"):
            if stream == "youth_guarantee_trailblazer":  # overlaps by design in London
                continue
            assert rows["people"].sum() == pytest.approx(layer.areas.at[code, "people"]), (code, stream)


def test_skills_money_moves_on_the_day_that_the_table_says():
    def holder(day):
        atlas = Atlas(as_of=date.fromisoformat(day))
        shares, rules = atlas.find("utla:Warwickshire").shares, [r for r in shipped_streams() if "skills_f" in r.stream]
        held = held_there(shares, rules, atlas.as_of, atlas.blocks["people"], lambda key, at: atlas.on(at).layer(key))
        return [each.body for each in held.streams[0].holdings]

    assert holder("2025-09-15") == ["Department for Education"]
    assert holder("2026-07-31") == ["Department for Work and Pensions"]
    assert holder("2026-08-01") == ["Warwickshire County Council"]


def test_the_table_of_holders_has_no_cell_that_says_nothing(told):
    for found in told.values():
        table = holders_table(found.held)
        assert not table.isin(["nan", "None"]).any(axis=None)
        assert table["share"].dropna().between(0, 1).all()
        assert isinstance(table, pd.DataFrame)
