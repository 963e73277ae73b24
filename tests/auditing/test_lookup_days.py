"""A place can be looked up on any day: what was not in force is absent, with a word."""

from __future__ import annotations

import json
from datetime import date

import pytest
from click.testing import CliRunner

from geoplan.auditing.place_lookup import lookup
from geoplan.cli.main import cli
from geoplan.commuting.atlas import Atlas


@pytest.fixture(scope="module")
def in_2008():
    return Atlas(as_of=date(2008, 6, 1))


def test_newham_in_2008(in_2008):
    found = lookup("Newham", atlas=in_2008)
    layers = set(found.areas["layer"])
    assert {"lad", "city_strategy_pathfinder", "combined_authority"} <= layers
    assert not layers & {"icb", "connect_to_work", "employment_charter", "households_into_work", "lep_2017"}
    assert "connect_to_work" in found.absent["not yet in force"]
    assert found.absent["date not known"] == ("employment_charter",)
    assert found.editions["lad"] == "edition of April 2025"
    past, later = found.days
    assert past.startswith("Not in force on that day: ")
    assert later.startswith("Of a later day: lad, utla, region, country (edition of April 2025)")
    assert not any("connect_to_work" in change for change in found.changes)


def test_the_layer_of_the_place_itself_is_always_told(in_2008):
    found = lookup("connecting_communities:Cannock North", atlas=in_2008)
    own = found.areas[found.areas["layer"] == "connecting_communities"]
    assert list(own["status"].unique()) == ["not yet in force"]


@pytest.mark.parametrize(("day", "vintage"), [("2009-01-01", "csp-07b"), ("2009-12-31", "csp-07b"),
                                              ("2008-12-31", "csp-07a"), ("2011-03-31", "csp-07b")])  # fmt: skip
def test_nottingham_is_in_one_vintage(day, vintage):
    layer = Atlas(as_of=date.fromisoformat(day)).layer("city_strategy_pathfinder")
    assert list(layer.parts["code"][layer.parts["block"] == "E06000018"]) == [vintage]
    assert "GP402" not in {note.rule for note in layer.notes}


def test_an_undated_charter_is_marked_and_far_from_its_edition_not_claimed():
    said = {}
    for day in ("2026-04-01", "2040-12-31", "1990-01-01"):
        done = CliRunner().invoke(cli, ["lookup", "Leeds", "--as-of", day, "--format", "json"])
        assert done.exit_code == 0, done.output
        said[day] = json.loads(done.stdout)
    status = {area["layer"]: area["status"] for area in said["2026-04-01"]["areas"]}
    assert status["employment_charter"] == "date not known"
    assert "employment_charter" not in {area["layer"] for area in said["2040-12-31"]["areas"]}
    assert said["2040-12-31"]["not_in_force"]["date not known"] == ["employment_charter"]
    early = {area["layer"]: area["status"] for area in said["1990-01-01"]["areas"]}
    assert set(early.values()) == {"reference"}
    assert "lad" in said["1990-01-01"]["later_editions"]
