"""What the shipped tables answer, held against what is published or was worked out by hand."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date

import pytest

from geoplan.auditing import audit, comparing, results
from geoplan.auditing.place_lookup import lookup
from geoplan.commuting import delineated
from geoplan.commuting.atlas import Atlas
from geoplan.data.shipped.package_data import shipped_path
from geoplan.schema import Layer

APRIL, NOVEMBER, NEXT = date(2026, 4, 1), date(2026, 11, 27), date(2027, 4, 1)


@pytest.fixture(scope="module")
def atlases() -> dict[date, Atlas]:
    return {day: Atlas(as_of=day) for day in (APRIL, NOVEMBER, NEXT)}


def english(layer: Layer) -> list[str]:
    return [code for code, parts in layer.parts.groupby("code")["block"] if parts.str.startswith("E").all()]


@pytest.mark.parametrize(
    ("day", "right", "relations"),
    [
        (APRIL, "icb_2026", {"coterminous": 11, "nested": 22, "contains": 1, "straddles": 11}),
        (APRIL, "lsip_2025", {"coterminous": 35, "nested": 10}),
        (APRIL, "combined_authority", {"coterminous": 15, "nested": 6, "uncovered": 22, "partly_covered": 2}),
        (NOVEMBER, "combined_authority", {"coterminous": 15, "nested": 8, "uncovered": 20, "partly_covered": 2}),
    ],
)
def test_connect_to_work_areas_of_england(atlases, day, right, relations):
    pair = comparing.compare("connect_to_work", right, atlas=atlases[day])
    of_england = english(pair.overlay.left)
    assert len(of_england) == 45
    assert Counter(str(relation) for relation in pair.relations.loc[of_england, "relation"]) == relations


def test_buckinghamshire_and_oxfordshire_are_cut_by_the_boards_of_2026(atlases):
    relations = comparing.compare("connect_to_work", "icb_2026", atlas=atlases[APRIL]).relations["relation"]
    assert {"ctw-buckinghamshire", "ctw-oxfordshire"} <= set(relations.index[relations == "straddles"])


def test_people_in_cut_pieces_of_connect_to_work_areas(atlases):
    boards = comparing.compare("connect_to_work", "icb_2026", atlas=atlases[APRIL])
    assert boards.cuts.by_area["ctw-south-midlands"] == pytest.approx(1_055_827)
    london = "ctw-central-london"
    assert boards.cuts.by_area[london] == boards.overlay.left.areas.at[london, "people"]
    back = comparing.compare("icb_2026", "connect_to_work", atlas=atlases[APRIL])
    assert back.cuts.total == boards.cuts.total == sum(boards.cuts.by_area.values())
    wales = comparing.compare("connect_to_work", "lhb", atlas=atlases[APRIL])
    assert wales.cuts.by_area["ctw-south-west-wales"] == pytest.approx(316_561)


def test_boards_that_an_area_holds_whole_are_worded_as_held(atlases):
    found = audit.run(results.Configuration(pairs=(("connect_to_work", "icb_2026"),)), atlas=atlases[APRIL]).findings
    (told,) = [f.short for f in found if (f.rule, f.code) == ("GP301", "ctw-south-midlands")]
    assert told.startswith("Cut by Central East (")
    assert "; holds Northamptonshire." in told
    assert "Works with 2 integrated care boards; the largest covers" in told


@pytest.mark.parametrize(
    ("postcode", "board"),
    [
        ("LU7 0BB", "Central East"),
        ("SN6 8TB", "Bath and North East Somerset, Swindon and Wiltshire"),
        ("HP20 1UA", "Thames Valley"),
    ],
)
def test_postcodes_lie_with_their_board_of_2026(atlases, postcode, board):
    areas = lookup(postcode, atlas=atlases[APRIL]).areas
    assert areas.loc[areas["layer"] == "icb_2026", "name"].tolist() == [board]


def test_the_two_councils_of_surrey_begin_in_april_2027(atlases):
    now, then = (atlases[day].layer("utla").areas for day in (APRIL, NEXT))
    assert set(now.index) - set(then.index) == {"E10000030"}
    assert set(then.index) - set(now.index) == {"east-surrey", "west-surrey"}
    assert then.loc[["east-surrey", "west-surrey"], "people"].sum() == pytest.approx(now.loc["E10000030", "people"])
    assert len(atlases[NEXT].layer("lad").areas) == 361
    assert atlases[NEXT].layer("utla").notes == ()


def test_police_and_fire_hold_every_authority_of_england_and_wales_once(atlases):
    for key, areas in (("police_force", 43), ("fire_authority", 47)):
        layer = atlases[APRIL].layer(key)
        assert len(layer.areas) == areas
        assert layer.notes == ()
        assert not layer.parts["block"].duplicated().any()


def test_partnerships_of_former_districts_are_not_assessed(atlases):
    areas = atlases[APRIL].layer("community_safety_partnership").areas
    assert areas["people"].isna().sum() == 21
    assert areas.loc["E22000303", "not_assessed"] == "Buckinghamshire"
    # Its own authority belongs whole; of its neighbour an unknown part does.
    assert areas.loc["E22000367", "not_assessed"] == "Bournemouth, Christchurch and Poole"


def test_official_travel_to_work_areas_share_authorities_out_whole(atlases):
    layer = atlases[APRIL].layer("ttwa_2011")
    assert layer.title == "Travel-to-work areas (official, 2011)"
    assert layer.notes == ()
    with shipped_path("authorities.csv").open(encoding="utf-8", newline="") as file:
        people = sum(int(row["population_mid2024"]) for row in csv.DictReader(file) if row["country"] in "EW")
    assert layer.areas["people"].sum() == pytest.approx(people, rel=1e-9)


def test_modelled_areas_are_not_called_travel_to_work_areas(atlases):
    layer = atlases[APRIL].layer("labour_market")
    assert layer.title == "Labour market areas (modelled)"
    assert layer.areas.index.str.startswith("lma-").all()


def test_programmes_end_by_their_dates(atlases):
    statuses = {
        day: {key: atlases[day].layer(key).status for key in ("workwell", "restart", "lsip")} for day in atlases
    }
    assert statuses[APRIL] == {"workwell": "in force", "restart": "in force", "lsip": "ended"}
    assert statuses[NOVEMBER] == {"workwell": "in force", "restart": "ended", "lsip": "ended"}


def test_police_and_fire_are_not_held_against_commuting():
    keys = delineated.partnerships_in_force(APRIL)
    assert {"connect_to_work", "icb_2026", "combined_authority"} <= set(keys)
    assert not {"police_force", "fire_authority", "community_safety_partnership"} & set(keys)
