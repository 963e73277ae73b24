"""`geoplan profile`, as users call it."""

from __future__ import annotations

import csv
import io
import json

import pytest
from click.testing import CliRunner

from geoplan.cli.main import cli


def call(*arguments):
    return CliRunner().invoke(cli, ["profile", *arguments])


@pytest.fixture(scope="module")
def suffolk():
    done = call("Suffolk", "--format", "json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_help_names_the_public_function():
    assert "geoplan.profile" in " ".join(call("--help").stdout.split())


def test_json_tells_the_area_and_its_people(suffolk):
    assert suffolk["area"] == {"layer": "utla", "code": "E10000029", "name": "Suffolk"}
    assert suffolk["people"] == 786_231
    assert 0 < suffolk["working_age"] < suffolk["people"]
    assert suffolk["commuting"]["source"].startswith("Modelled commuting")
    assert 0 < suffolk["commuting"]["supply"] < 1


def test_partners_have_fit_share_and_lead_body(suffolk):
    (own,) = [row for row in suffolk["partners"] if row["layer"] == "connect_to_work"]
    assert (own["name"], own["relation"], own["share"]) == ("Suffolk", "same boundary", 1)
    assert own["lead_body"] == "Suffolk County Council"
    (board,) = [row for row in suffolk["partners"] if row["layer"] == "icb_2026"]
    assert (board["relation"], board["people"]) == ("inside one", 786_231)
    lads = [row for row in suffolk["partners"] if row["layer"] == "lad"]
    assert {row["relation"] for row in lads} == {"whole inside it"}
    assert sum(row["people"] for row in lads) == pytest.approx(786_231)
    assert not any(row["layer"] == "icb" for row in suffolk["partners"])


def test_json_tells_who_holds_what_and_who_sits_at_the_table(suffolk):
    (board,) = [row for row in suffolk["holders"] if row["stream"] == "nhs_planning"]
    assert (board["relation"], board["people"], board["beyond"]) == ("inside one", 786_231, 940_359)
    assert suffolk["table"][0] == {
        "body": "Suffolk County Council", "part": "", "holds": "Connect to Work grant;Get Britain Working plan",
        "share": 1, "confidence": "high",
    }  # fmt: skip
    assert "No geography in force cuts it." in suffolk["verdict"]


def test_text_tells_who_holds_what_and_a_page_is_written_by_its_suffix(tmp_path):
    done = call("utla:Suffolk")
    assert "Who holds what there" in done.stdout
    assert "Who must sit at the table" in done.stdout
    assert "UK Shared Prosperity Fund: communities and place" in done.stdout
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    place = tmp_path / "suffolk.html"
    made = call("utla:Suffolk", "--out", str(place))
    assert (made.exit_code, made.stdout) == (0, "")
    assert place.read_text(encoding="utf-8") == call("utla:Suffolk", "--format", "html").stdout
    assert place.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_timeline_has_what_ended_and_what_followed(suffolk):
    past = {spell["layer"]: spell for spell in suffolk["timeline"] if spell["code"] == "E54000023"}
    assert past["icb"]["followed_by"] == ["Norfolk and Suffolk"]
    assert suffolk["cuts"] == []


def test_a_cut_area_names_what_cuts_it():
    told = json.loads(call("lsip_2025:Hampshire and Solent", "--format", "json").stdout)
    cut = {row["layer"] for row in told["partners"] if row["relation"] == "cut" and row["status"] == "in force"}
    assert {each["layer"] for each in told["cuts"]} == cut
    assert cut
    amounts = [each["people"] for each in told["cuts"] if each["people"] is not None]
    assert amounts == sorted(amounts, reverse=True)


def test_a_part_of_unknown_size_is_not_assessed():
    done = call("connecting_communities:Cannock North", "--as-of", "2019-01-01")
    assert done.exit_code == 0, done.output
    assert "Its people are not assessed" in done.stdout
    assert "100%" not in done.stdout
    assert "nan" not in done.stdout.casefold()


def test_text_of_another_day_fits_the_screen():
    done = call("Nottingham", "--as-of", "2009-06-01")
    assert done.exit_code == 0, done.output
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    assert "Not in force on that day: " in done.stdout
    assert "2007-04-01 to 2009        city_strategy_pathfinder: Nottingham (ended); followed by" in done.stdout


def test_csv_is_one_table_of_then_and_now(tmp_path):
    place = tmp_path / "suffolk.csv"
    done = call("Suffolk", "--format", "csv", "--out", str(place))
    assert (done.exit_code, done.stdout) == (0, "")
    every = list(csv.DictReader(io.StringIO(place.read_text())))
    assert {row["section"] for row in every} == {"area", "holder", "seat"}
    rows = [row for row in every if row["section"] == "area"]
    assert len({(row["layer"], row["code"]) for row in rows}) == len(rows)
    (plan,) = [row for row in every if row["stream"] == "get_britain_working_plan"]
    assert (plan["body"], plan["relation"], plan["people"]) == ("Suffolk County Council", "same boundary", "786231")
    by_layer = {row["layer"]: row for row in rows if row["code"] in {"E54000023", "ctw-suffolk"}}
    assert by_layer["icb"]["followed_by"] == "Norfolk and Suffolk"
    assert (by_layer["icb"]["status"], by_layer["icb"]["share"]) == ("ended", "")
    assert by_layer["connect_to_work"]["status"] == "in force"


def test_an_unknown_area_is_refused_with_the_nearest():
    done = call("Sufolk")
    assert done.exit_code == 3
    assert "Suffolk" in done.output
