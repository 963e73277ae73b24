"""Who leads an area and who sits at its table, in what is looked up."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import geoplan
from geoplan.auditing.place_lookup import lookup
from geoplan.cli.main import cli
from geoplan.commuting.atlas import Atlas


@pytest.fixture(scope="module")
def atlas():
    return Atlas()


def led(place, layer):
    row = place.areas[place.areas["layer"] == layer].iloc[0]
    return row["lead_body"], row["lead_confidence"], row["accountable_body"]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("Suffolk", ("Suffolk County Council", "high", "Suffolk County Council")),
        ("Hackney", ("City of London Corporation", "medium", "")),
        ("Hull", ("Hull and East Yorkshire Combined Authority", "medium", "Kingston upon Hull, City of")),
        ("Swindon", ("", "none", "")),
    ],
)
def test_lead_and_accountable_body_of_connect_to_work(atlas, place, told):
    assert led(lookup(place, atlas=atlas), "connect_to_work") == told


def test_an_authority_at_the_table_is_not_in_the_area(atlas):
    found = lookup("Redditch", atlas=atlas)
    assert found.seats[["layer", "name", "role"]].to_numpy().tolist() == [
        ["combined_authority", "West Midlands", "non-constituent"]
    ]
    assert "combined_authority" not in set(found.areas["layer"])
    assert lookup("Birmingham", atlas=atlas).seats.empty


def test_a_county_has_its_own_seat_and_those_of_its_districts(atlas):
    seats = lookup("E10000031", atlas=atlas).seats
    assert "Warwickshire County Council" in set(seats["body"])
    assert len(seats) == 5


def test_seats_of_a_postcode_are_those_of_its_authority(atlas):
    assert lookup("B97 4AB", atlas=atlas).seats["body"].tolist() == ["Redditch"]


def test_text_json_and_csv_tell_leads_and_seats():
    text, table = (CliRunner().invoke(cli, ["lookup", "Redditch", *form]) for form in ([], ["--format", "csv"]))
    told = json.loads(CliRunner().invoke(cli, ["lookup", "Redditch", "--format", "json"]).stdout)
    sentence = (
        "At the table, not in the area: Redditch is a non-constituent member of West Midlands (combined_authority)."
    )
    assert sentence in " ".join(text.stdout.split())
    assert "lead: Worcestershire County Council (confidence: high)" in text.stdout
    assert sentence in table.stderr
    assert table.stdout.splitlines()[0].endswith("status,lead_body,lead_confidence,accountable_body")
    assert told["seats"][0]["role"] == "non-constituent"
    assert {row["lead_body"] for row in told["areas"] if row["layer"] == "restart"} == {"Serco Limited"}
    suffolk = CliRunner().invoke(cli, ["lookup", "Suffolk"]).stdout
    assert "lead and accountable: Suffolk County Council (confidence: high)" in " ".join(suffolk.split())
    assert "lead: not confirmed" in CliRunner().invoke(cli, ["lookup", "Swindon"]).stdout


def test_many_places_at_once_have_their_seats_beside_the_table():
    found = geoplan.lookup(["Redditch", "Powys"])
    assert list(found.attrs["seats"]) == ["Redditch"]
    here = found[(found["place"] == "Redditch") & (found["layer"] == "connect_to_work")]
    assert here["lead_body"].tolist() == ["Worcestershire County Council"]


def test_analysts_get_the_bodies_as_a_frame():
    bodies = geoplan.layer("combined_authority").bodies
    redditch = bodies[bodies["lad"] == "E07000236"]
    assert redditch[["layer", "name", "tier", "role"]].to_numpy().tolist() == [
        ["combined_authority", "West Midlands", "district", "non-constituent"]
    ]
    assert geoplan.layer("labour_market").bodies.empty
