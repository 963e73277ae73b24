"""Labour market areas and self-containment as users call them."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd
import pytest
from click.testing import CliRunner

from geoplan.cli.main import cli

FLOWS = """origin,destination,workers
A1,A1,4000
A1,A2,300
A2,A1,2500
A2,A2,1500
B1,B1,6000
B1,A1,100
A1,OD0000001,700
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Every command runs in an empty directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_areas_of_a_file_as_csv_json_and_text(elsewhere):
    (elsewhere / "flows.csv").write_text(FLOWS)
    done = call("labour-markets", "flows.csv", "--format", "csv", "--runs", "5")
    assert done.exit_code == 0, done.output
    assert [(row["zone"], row["area"], row["stability"]) for row in rows(done.stdout)] == [
        ("A1", "A1", "1"), ("A2", "A1", "1"), ("B1", "B1", "1"),
    ]  # fmt: skip
    found = json.loads(call("labour-markets", "flows.csv", "--format", "json", "--runs", "0", "--trail").stdout)
    assert (found["areas"], found["method"], found["dropped"], found["reserved"]) == (2, "uk", [], [])
    assert found["flows"]["workers"] == 14400
    assert found["flows"]["set_aside"] == {"home": 700}
    first = found["table"][0]
    assert (first["area"], first["zones"], first["size"], first["jobs"]) == ("A1", ["A1", "A2"], 8300, 8400)
    assert first["supply"] == 1.0
    assert found["steps"]
    text = call("labour-markets", "flows.csv").stdout
    assert text.startswith("2 labour market areas of 3 zones")
    assert "700 home" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("origin,destination,workers\nA,A,-4\n", "workers"),
        ("origin,destination,workers\nA,A,four\n", "workers"),
        ("origin,destination,workers\nA,A,4\nA,A,5\n", "twice"),
        ("origin,destination,workers\n", "flows.csv"),
        ("origin,destination,workers\nA,B,4\nB,A,4\n", "live"),
        ("origin,destination,workers\nA,A,4\n", "only the zone A"),
        ("from_here,to_there,x\nA,A,4\n", "flows.csv"),
        ("", "flows.csv"),
    ],
)
def test_bad_flows_are_refused_in_a_sentence_and_nothing_is_written(elsewhere, content, said):
    (elsewhere / "flows.csv").write_text(content)
    done = call("labour-markets", "flows.csv", "--format", "csv", "--out", "areas.csv")
    assert done.exit_code == 3, done.output
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert [path.name for path in elsewhere.iterdir()] == ["flows.csv"]


def test_unknown_zones_are_refused_and_retired_ones_brought(elsewhere):
    (elsewhere / "flows.csv").write_text(
        "origin,destination,workers\nE07000200,E07000200,30000\nE07000203,E07000203,40000\nX1,E07000203,5\n"
    )
    done = call("labour-markets", "flows.csv", "--zones", "lad")
    assert done.exit_code == 3
    assert "X1" in done.stderr
    (elsewhere / "flows.csv").write_text(
        "origin,destination,workers\nE07000201,E07000201,30000\nE07000203,E07000203,40000\n"
    )
    done = call("labour-markets", "flows.csv", "--zones", "lad", "--format", "json", "--runs", "0")
    assert done.exit_code == 0, done.output
    assert {area["area"] for area in json.loads(done.stdout)["table"]} == {"E07000245", "E07000203"}


def test_zones_are_authorities_however_they_are_written(elsewhere):
    (elsewhere / "flows.csv").write_text(
        "origin,destination,workers\nTaunton Deane,Taunton Deane,30000\nE07000188,Taunton Deane,4000\n"
        "Caerdydd,Caerdydd,60000\ne06000022,Bath & N E Somerset,50000\n"
    )
    done = call("labour-markets", "flows.csv", "--zones", "utla", "--format", "json", "--runs", "0")
    assert done.exit_code == 0, done.output
    sizes = {area["area"]: area["size"] for area in json.loads(done.stdout)["table"]}
    assert sizes == {"E06000066": 34000, "W06000015": 60000, "E06000022": 50000}
    assert "4 zones are recognised: 'Bath & N E Somerset' as Bath and North East Somerset (E06000022)" in done.stderr
    assert "2 codes are retired and were brought to the zone that has followed" in done.stderr


def test_two_ways_of_writing_one_authority_make_a_pair_that_stands_twice(elsewhere):
    (elsewhere / "flows.csv").write_text("origin,destination,workers\nHull,Hull,9\nE06000010,Hull,9\n")
    done = call("labour-markets", "flows.csv", "--zones", "lad")
    assert done.exit_code == 3
    assert "pairs of zones stand twice (1 row: E06000010 to E06000010)" in done.stderr


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Bristle", "Nearest: Bristol, City of"),
        ("Newcastle", "Names that begin so: E07000195 Newcastle-under-Lyme; E08000021 Newcastle upon Tyne"),
        ("Suffolk", "Of 'Suffolk': "),
    ],
)
def test_zones_that_mean_no_authority_are_refused_with_what_may_have_been_meant(elsewhere, written, said):
    (elsewhere / "flows.csv").write_text(f"origin,destination,workers\nHull,Hull,9\n{written},Hull,4\n")
    done = call("labour-markets", "flows.csv", "--zones", "lad")
    assert done.exit_code == 3
    assert f"1 code is none of the zones asked for: {written}, with 4 workers" in done.stderr
    assert said in " ".join(done.stderr.split())


@pytest.mark.parametrize("method", ["uk", "istat"])
@pytest.mark.parametrize(
    ("workers", "said"),
    [("1e308", "no number from 0 to 1,000,000,000,000,000"), ("1e-300", "workers in all, which is nobody")],
)
def test_flows_beyond_reckoning_are_refused_in_a_sentence(elsewhere, workers, said, method):
    rows = [f"{one},{two},{workers}" for one in ("A1", "A2") for two in ("A1", "A2")]
    (elsewhere / "flows.csv").write_text("\n".join(["origin,destination,workers", *rows]))
    done = call("labour-markets", "flows.csv", "--method", method)
    assert done.exit_code == 3
    assert said in done.stderr
    assert isinstance(done.exception, SystemExit)


def test_partnerships_elsewhere_are_passed_over_with_a_word(elsewhere):
    tees = ["E06000001", "E06000002", "E06000003"]
    rows = [f"{one},{two},{9000 if one == two else 400}" for one in tees for two in tees]
    (elsewhere / "flows.csv").write_text("\n".join(["origin,destination,workers", *rows]))
    done = call("labour-markets", "flows.csv", "--runs", "0", "--format", "json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert any("health boards" in title.lower() for title in found["not_compared"])
    compared = {row["layer"] for row in found["likeness"]}
    assert len(compared) > 1
    assert not compared & set(found["not_compared"])
    text = call("labour-markets", "flows.csv", "--runs", "0").stdout
    assert "Not compared, for they hold none of these zones:" in text


@pytest.mark.parametrize(
    ("asked", "rest"),
    [
        ([], None),
        (["--method", "istat"], "package"),
        (["--method", "istat", "--rest", "summed"], "summed"),
        (["--method", "istat", "--test", "line"], "summed"),
    ],
)
def test_how_a_rest_is_scored_is_said(elsewhere, asked, rest):
    (elsewhere / "flows.csv").write_text(FLOWS)
    found = json.loads(call("labour-markets", "flows.csv", "--runs", "0", *asked, "--format", "json").stdout)
    assert found["rest"] == rest
    text = call("labour-markets", "flows.csv", "--runs", "0", *asked).stdout
    assert (f"Procedure istat, rest {rest}:" if rest else "Procedure uk:") in text


def test_a_rest_under_uk_is_refused_in_a_sentence(elsewhere):
    (elsewhere / "flows.csv").write_text(FLOWS)
    done = call("labour-markets", "flows.csv", "--method", "uk", "--rest", "package")
    assert done.exit_code == 2
    assert "rest 'package' belongs to the method istat" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["labour-markets", "--min-size", "-1"],
        ["labour-markets", "--min-containment", "0.9"],
        ["labour-markets", "--method", "french"],
        ["labour-markets", "--zones", "icb"],
        ["labour-markets", "--rest", "summed"],
        ["labour-markets", "--runs", "99999999999999999999"],
        ["labour-markets", "--seed", "99999999999999999999"],
        ["labour-markets", "--method", "istat", "--test", "line", "--rest", "package"],
        ["containment", "nosuchlayer"],
        ["containment"],
    ],
)
def test_wrong_usage_ends_with_two(elsewhere, arguments):
    done = call(*arguments)
    assert done.exit_code == 2, done.output
    assert done.stderr.strip()
    assert list(elsewhere.iterdir()) == []


def test_without_a_file_the_flows_are_modelled_and_say_so():
    found = json.loads(call("labour-markets", "--format", "json", "--runs", "2").stdout)
    assert found["flows"]["kind"] == "modelled"
    assert 80 < found["areas"] < 130
    named = {row["layer"]: row for row in found["likeness"]}
    assert 0.7 < named["Connect to Work areas"]["v_measure"] < 1
    text = call("labour-markets", "--runs", "2").stdout
    assert "Modelled, not counted" in text
    assert "London" in text


def test_contiguous_moves_what_is_cut_off(elsewhere):
    """Most of Cornwall's workers go to Cumberland, which is no neighbour, the others to Plymouth."""
    (elsewhere / "flows.csv").write_text(
        "origin,destination,workers\nE06000052,E06000052,20000\nE06000052,E06000063,18000\nE06000052,E06000026,9000\n"
        "E06000063,E06000063,60000\nE06000026,E06000026,70000\nE06000026,E06000052,3000\n"
    )
    asked = ("labour-markets", "flows.csv", "--format", "json", "--runs", "0")
    loose, joined = (json.loads(call(*asked, *more).stdout) for more in ((), ("--contiguous",)))
    assert loose["moved"] == []
    assert joined["moved"] == ["E06000052"]
    assert sum(len(area["zones"]) for area in joined["table"]) == sum(len(area["zones"]) for area in loose["table"])


def test_containment_ranks_names_leaks_and_writes_the_matrix():
    done = call("containment", "connect_to_work", "--format", "csv", "--matrix", "matrix.csv")
    assert done.exit_code == 0, done.output
    table = rows(done.stdout)
    assert len(table) == 49
    london = next(row for row in table if row["name"] == "South London Partnership")
    assert (london["passes"], london["leak_out_name"]) == ("false", "Central London Forward")
    matrix = pd.read_csv("matrix.csv", keep_default_na=False)
    whole = json.loads(call("containment", "connect_to_work", "--format", "json").stdout)
    assert matrix["workers"].sum() == pytest.approx(whole["flows"]["workers"])
    area = next(each for each in whole["areas"] if each["code"] == london["code"])
    assert area["supply"] == pytest.approx(float(london["supply"]))
    assert area["leaks"][0]["direction"] == "out"
    assert whole["cut"][0]["crossing"] >= whole["cut"][1]["crossing"]
    text = call("containment", "connect_to_work").stdout
    assert "would pass as labour market areas" in text
    assert "Modelled, not counted" in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_membership_table_of_the_users_own_can_be_scored(elsewhere):
    (elsewhere / "mine.csv").write_text("area_name,authority\nEast,Suffolk\nEast,Norfolk\nWest,Cornwall\n")
    found = json.loads(call("containment", "mine.csv", "--format", "json").stdout)
    scored = {area["name"]: area for area in found["areas"]}
    assert scored["East"]["passes"]
    assert scored["East"]["leaks"][0]["code"] == ""


def test_flows_of_small_areas_score_a_lookup(elsewhere):
    (elsewhere / "flows.csv").write_text(
        "origin,destination,workers\nE01000001,E01000001,50\nE01000001,E01000002,20\nE01000002,E01000002,90\n"
    )
    (elsewhere / "lookup.csv").write_text(
        "LSOA21CD,TEAM24CD,TEAM24NM\nE01000001,E99000001,One\nE01000002,E99000002,Two\n"
    )
    done = call("containment", "lookup.csv#TEAM24CD", "--flows", "flows.csv", "--format", "json")
    assert done.exit_code == 0, done.output
    found = {area["code"]: area for area in json.loads(done.stdout)["areas"]}
    assert (found["E99000001"]["size"], found["E99000001"]["live_and_work"]) == (70, 50)
    refused = call("containment", "lookup.csv#TEAM24CD")
    assert refused.exit_code == 3
    assert "--flows" in refused.stderr


@pytest.mark.usefixtures("tables_only")
def test_an_audit_tells_of_commuting_and_takes_flows_of_ones_own(shared_data):
    flows = shared_data / "flows_lad25_2011_uk.parquet"
    done = call("audit", "--layers", "connect_to_work,icb_2026", "--flows", flows, "--format", "json")
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["parameters"]["flows"] == "flows_lad25_2011_uk.parquet"
    assert str(shared_data) not in done.stdout
    found = [finding for finding in document["findings"] if finding["rule"].startswith("GP5")]
    assert {finding["rule"] for finding in found} == {"GP501", "GP502", "GP503"}
    assert all("flows_lad25_2011_uk.parquet" in finding["message"] for finding in found)
    assert {finding["layer"] for finding in found if finding["rule"] == "GP503"} == {"labour_market"}


@pytest.mark.usefixtures("tables_only")
def test_a_check_that_cannot_run_with_given_flows_is_a_finding(elsewhere, shared_data):
    (elsewhere / "lookup.csv").write_text("LSOA21CD,TEAM24CD\nE01000001,E99000001\nE01000002,E99000002\n")
    flows = shared_data / "flows_lad25_2011_uk.parquet"
    done = call("audit", "--layers", "lookup.csv#TEAM24CD", "--flows", flows, "--format", "json")
    failed = [finding for finding in json.loads(done.stdout)["findings"] if "with commuting" in finding["message"]]
    assert len(failed) == 1
    assert failed[0]["rule"] == "GP901"
