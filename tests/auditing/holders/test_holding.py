"""Who holds a stream on toy ground: set against a plain walk over the blocks, rule by rule."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.auditing.certainty import Lie
from geoplan.auditing.holders.gathering import bodies, elsewhere, holders_table, shared, unheld
from geoplan.auditing.holders.holding import held_there, weakest
from geoplan.data.shipped.streams import Rule
from geoplan.schema import BODY_COLUMNS

DAY = date(2026, 4, 1)
RULE = Rule(
    stream="skills", title="Skills money", kind="money", pays_for="courses", everywhere=True, countries="E", layer="",
    areas=(), body="named", named_body="Ministry", valid_from="2020", valid_to="", source="Toy",
    url="https://example.org", confidence="high", note="",
)  # fmt: skip
UNIONS = {"u": {"E1.a": 1, "E1.b": 1}, "v": {"E2": 1, "E3": 1}}
CITIES = {"x": {"E1.a": 1}, "y": {"E1.b": 1, "E2": 1}, "z": {"E3": 1, "E4": 1}}


def of_area(layer, body="area", *areas, **facts):
    return replace(RULE, layer=layer, areas=areas, body=body, named_body="", **facts)


@pytest.fixture
def layers(block_layer):
    return {"unions": block_layer("unions", UNIONS), "cities": block_layer("cities", CITIES)}


@pytest.fixture
def held(blocks, layers):
    def made(ground, *rules, day=DAY):
        shares = pd.Series(ground, dtype=float).sort_index()
        return held_there(shares, rules, day, blocks["people"], lambda key, _: layers.get(key))

    return made


def walked(ground, rules, people):
    """Ask of each block who holds it: the first rule that covers it."""
    found = {}
    for block, share in ground.items():
        for rule in rules:
            if block[0] not in rule.countries:
                continue
            members = {"unions": UNIONS, "cities": CITIES}.get(rule.layer, {"": dict.fromkeys(people.index, 1)})
            codes = [code for code in rule.areas or members if block in members[code]]
            if codes:
                found[rule.layer, codes[0]] = found.get((rule.layer, codes[0]), 0.0) + share * people[block]
                break
        else:
            found[None] = found.get(None, 0.0) + share * people[block]
    return found


RULES = (
    (of_area("unions"), of_area("cities"), RULE),
    (of_area("cities", "area", "y"), of_area("unions"), RULE),
    (of_area("unions", "area", "u"), of_area("cities", "area", "z")),
    (of_area("cities", "area", "x"),),
    (RULE,),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    ground=st.dictionaries(
        st.sampled_from(["E1.a", "E1.b", "E2", "E3", "E4", "W1"]), st.sampled_from([0.25, 0.5, 1.0]), min_size=1
    ),
    rules=st.sampled_from(RULES),
)
def test_holders_are_those_of_a_walk_over_the_blocks_and_nobody_is_lost(blocks, held, ground, rules):
    told = held(ground, *rules)
    wanted = walked(ground, rules, blocks["people"])
    whole = sum(share * blocks["people"][block] for block, share in ground.items())
    if not told.streams:
        assert not any(block[0] == "E" for block in ground)
        return
    (stream,) = told.streams
    found = {(each.layer, each.code): each.people for each in stream.holdings}
    assert found == pytest.approx({key: amount for key, amount in wanted.items() if key})
    assert stream.uncovered == pytest.approx(wanted.get(None, 0.0))
    assert sum(found.values()) + stream.uncovered == pytest.approx(whole)
    assert holders_table(told)["people"].sum() == pytest.approx(whole)


def test_an_earlier_rule_goes_before_a_later_one(held):
    (stream,) = held({"E1.a": 1, "E1.b": 1}, of_area("unions", "area", "u"), RULE).streams
    assert [(each.body, each.lie) for each in stream.holdings] == [("Area u", Lie.SAME)]
    (stream,) = held({"E2": 1, "E4": 1}, of_area("unions", "area", "u"), RULE).streams
    (rest,) = stream.holdings
    assert (rest.body, rest.layer, rest.rest, rest.lie) == ("Ministry", "", True, Lie.INSIDE)
    assert rest.ground == {"E2", "E3", "E4"}
    assert rest.beyond == 400


def test_ground_and_people_beyond_it(held):
    (stream,) = held({"E1.b": 1}, of_area("cities")).streams
    (one,) = stream.holdings
    assert (one.body, one.lie, one.share, one.people, one.beyond) == ("Area y", Lie.INSIDE, 1, 200, 300)
    (away,) = elsewhere(held({"E1.b": 1}, of_area("cities")))
    assert (away.title, away.national) == ("Skills money", False)


def test_named_bodies_hold_several_areas_together(held):
    joint = replace(of_area("cities", "named", "x", "y"), named_body="Lead council")
    (stream,) = held({"E1.a": 1, "E1.b": 1, "E2": 1}, joint).streams
    assert [(each.body, each.name, each.lie) for each in stream.holdings] == [
        ("Lead council", "Area x and Area y", Lie.SAME)
    ]
    each = replace(of_area("cities", "named", "x", "y"), named_body="Board of {area}")
    (stream,) = held({"E1.a": 1, "E1.b": 1, "E2": 1}, each).streams
    assert [one.body for one in stream.holdings] == ["Board of Area y", "Board of Area x"]


def test_leads_and_accountable_bodies_and_how_sure_they_are(blocks, block_layer):
    rows = [("x", "City", "", "", "lead", "", "medium"), ("y", "County", "", "", "lead", "", "high"),
            ("y", "Treasurer", "", "", "accountable", "", "high")]  # fmt: skip
    seats = pd.DataFrame(rows, columns=list(BODY_COLUMNS))
    layer = block_layer("cities", CITIES, bodies=seats)
    layer.areas["lead_body"] = ["City", "County", "not confirmed"]
    ground = pd.Series({"E1.a": 1.0, "E1.b": 1.0, "E3": 1.0})
    by = {}
    for kind in ("accountable", "lead"):
        (stream,) = held_there(ground, [of_area("cities", kind)], DAY, blocks["people"], lambda *_: layer).streams
        by[kind] = {each.code: (each.body, each.confidence) for each in stream.holdings}
    assert by["accountable"] == {"x": ("City", "medium"), "y": ("Treasurer", "high"), "z": ("", "none")}
    assert by["lead"]["y"] == ("County", "high")


def test_what_has_ended_is_told_as_on_its_last_day(held, layers, blocks):
    past = of_area("cities", valid_to="2026-03-31")
    days = []

    def opened(key, day):
        days.append(day)
        return layers[key]

    (stream,) = held_there(pd.Series({"E1.a": 1.0}), [past], DAY, blocks["people"], opened).streams
    assert (stream.status, stream.valid_to, set(days)) == ("ended", "2026-03-31", {date(2026, 3, 31)})
    told = held({"E1.a": 1}, past)
    assert bodies(told) == ()
    assert shared(told) == ()
    assert unheld(told) == ()


def test_what_follows_is_not_told_with_what_ended(held):
    now, was = replace(RULE, valid_from="2026-04-01"), of_area("cities", valid_to="2026-03-31")
    assert [each.body for each in held({"E1.a": 1}, was, now).streams[0].holdings] == ["Ministry"]
    before = held({"E1.a": 1}, was, now, day=date(2026, 3, 31))
    assert [each.body for each in before.streams[0].holdings] == ["Area x"]
    assert [(each.body, each.valid_from) for each in before.coming] == [("Ministry", "2026-04-01")]


def test_several_streams_over_the_same_ground_are_found_by_their_blocks(held, layers, block_layer):
    layers["boards"] = block_layer("boards", {"b": UNIONS["u"], "c": CITIES["z"]})
    layers["boards"].areas["name"] = ["Area u", "Area z"]
    second = of_area("boards", stream="health", title="Health money")
    third = of_area("cities", stream="plan", title="Plan", kind="duty")
    told = held({"E1.a": 1, "E3": 1}, of_area("unions"), second, third)
    assert [(each.body, each.streams) for each in shared(told)] == [("Area u", ("Skills money", "Health money")),
                                                                  ("Area z", ("Health money", "Plan"))]  # fmt: skip
    named = {each.name: each for each in bodies(told)}
    assert named["Area u"].streams == ("Skills money", "Health money")
    assert not named["Area u"].national


def test_who_is_not_known_is_said_and_never_guessed(held):
    open_ = replace(RULE, body="unknown", named_body="", confidence="low")
    told = held({"E1.a": 1, "E4": 1}, of_area("cities", "area", "x"), open_)
    assert [stream.key for stream in unheld(told)] == ["skills"]
    assert {each.body for each in told.streams[0].holdings} == {"Area x", ""}
    assert [each.name for each in bodies(told)] == ["Area x"]
    assert held({"E4": 1}, replace(of_area("cities", "area", "x"), everywhere=False)).streams == ()


def test_a_part_of_unknown_size_is_not_assessed(held):
    told = held({"E1.a": None, "E2": 1}, of_area("cities"))
    (stream,) = told.streams
    assert {each.code: each.share for each in stream.holdings} == {"x": None, "y": None}
    assert stream.uncovered_share == 0
    (inside,) = held({"E1.a": None}, of_area("unions")).streams[0].holdings
    assert (inside.share, inside.people, inside.lie) == (1.0, None, Lie.INSIDE)


def test_other_countries_are_outside(held):
    told = held({"W1": 1}, of_area("cities"), RULE)
    assert (told.streams, told.outside) == ((), ("Wales",))


def test_confidence_is_that_of_the_weakest():
    words = ["exact", "high", "medium", "mixed", "low", "none"]
    for one, two in itertools.pairwise(words):
        assert weakest([two, one]) == weakest([one, two]) == two
