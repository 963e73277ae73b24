"""Need by the command line: weights, order, and figures of one's own from the table to every output."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from geoplan.cli.main import cli

OWN = """LAD25CD,claimants
E06000055,5000
E06000056,4000
E06000032,9000
E06000042,6000
E06000061,5000
E06000062,7000
"""
"""The six authorities of South Midlands, the first four in Central East."""
ASKED = "own.csv?kind=count&source=DWP&year=2026"
PAIR = ("connect_to_work", "icb_2026")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Every command runs in a directory with one table of the user's own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.csv").write_text(OWN, encoding="utf-8")
    return tmp_path


def call(*arguments):
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_comparison_counts_people_out_of_work_and_says_whose_count_it_is():
    said = " ".join(call("compare", *PAIR, "--weight", "employment_deprived").split())
    assert "weighed by people out of work" in said
    assert "72,035 57.3% Central East" in said
    assert "English Indices of Deprivation 2025" in said


def test_where_nobody_is_counted_nothing_is_called_of_unknown_size():
    said = " ".join(call("compare", "connect_to_work", "lhb", "--weight", "income_deprived").split())
    assert "not assessed not assessed Hywel Dda" in said
    assert "unknown size" not in said


def test_need_by_small_areas_of_a_lookup_is_refused_with_what_would_work():
    rows = [f"E0100000{n},E0500000{n // 2},E2300000{n // 3}" for n in range(6)]
    with Path("lookup.csv").open("w", encoding="utf-8") as file:
        file.write("\n".join(["LSOA21CD,WD25CD,PFA25CD", *rows]))
    asked = ["compare", "lookup.csv#WD25CD", "lookup.csv#PFA25CD", "--weight", "employment_deprived"]
    done = CliRunner().invoke(cli, asked)
    assert done.exit_code == 2
    assert "people out of work are not known by lsoa21, of which lookup.csv#WD25CD is made" in done.output
    assert "Count people" in done.output


def test_an_indicator_by_small_area_is_summed_and_its_source_printed():
    lookup = {"LSOA21CD": [f"E0100000{n}" for n in (1, 2, 3)], "LAD25CD": ["E06000056", "E06000056", "E06000032"]}
    pd.DataFrame({**lookup, "people": [1, 2, 3]}).to_csv("lookup.csv", index=False)
    Path("small.csv").write_text("LSOA21CD,claimants\nE01000001,5\nE01000002,7\nE01000003,30\n", encoding="utf-8")
    asked = "small.csv?kind=count&source=DWP&year=2026&small_areas=lookup.csv"
    said = " ".join(call("profile", "Luton", "--indicator", asked).split())
    assert "claimants (count; DWP, 2026)" in said
    rows = list(
        csv.DictReader(io.StringIO(call("compare", "lad", "icb_2026", "--indicator", asked, "--format", "csv")))
    )
    assert {row["left_name"]: row["indicator"] for row in rows if row["indicator"]} == {
        "Central Bedfordshire": "12", "Luton": "30",
    }  # fmt: skip


def test_blocks_are_counted_by_need_too():
    said = call("blocks", *PAIR, "--weight", "disabled")
    assert "disabled people" in said
    assert "Census 2021" in said


def test_moves_are_counted_by_need_while_people_decide_which_are_fewest():
    plain, need = (
        json.loads(call("realign", *PAIR, "--weight", weight, "--format", "json"))
        for weight in ("people", "employment_deprived")
    )
    assert [move["block"] for move in plain["moves"]] == [move["block"] for move in need["moves"]]
    assert all(0 < few["people"] < many["people"] for few, many in zip(need["moves"], plain["moves"], strict=True))
    assert 0 < need["before"]["cut_people"] < plain["before"]["cut_people"]
    said = " ".join(call("realign", *PAIR, "--weight", "employment_deprived").split())
    assert f"{sum(move['people'] for move in need['moves']):,.0f} people out of work" in said
    assert "English Indices of Deprivation 2025" in said


def test_moves_of_whom_nobody_is_counted_are_not_assessed():
    found = json.loads(call("realign", "lhb", "connect_to_work", "--weight", "most_deprived", "--format", "json"))
    assert [move["people"] for move in found["moves"]] == [None]
    said = " ".join(call("realign", "lhb", "connect_to_work", "--weight", "most_deprived").split())
    assert "with people in the most deprived tenth of small areas (not assessed)" in said


def test_an_indicator_stands_in_the_table_with_its_source():
    rows = list(csv.DictReader(io.StringIO(call("compare", *PAIR, "--indicator", ASKED, "--format", "csv"))))
    held = {row["right_name"]: row for row in rows if row["left_code"] == "ctw-south-midlands"}
    assert {name: float(row["indicator"]) for name, row in held.items()} == {
        "Central East": 24e3,
        "Northamptonshire": 12e3,
    }
    assert {row["indicator_source"] for row in rows} == {"DWP, 2026"}
    assert next(row for row in rows if row["left_code"] == "ctw-cumbria")["indicator"] == ""
    plain = list(csv.DictReader(io.StringIO(call("compare", *PAIR, "--format", "csv"))))
    assert "indicator" not in plain[0]


def test_a_profile_tells_need_and_the_indicator():
    said = " ".join(call("profile", "South Midlands", "--indicator", ASKED).split())
    assert "claimants (count; DWP, 2026): 36,000." in said
    assert "11.2% of those aged 16 to 64 (England 13.4%)" in said
    told = json.loads(call("profile", "South Midlands", "--indicator", ASKED, "--format", "json"))
    assert told["indicator"]["value"] == 36_000
    assert told["need"]["out_of_work"] == 125_800
    wales = " ".join(call("profile", "connect_to_work:Mid Wales").split())
    assert "Who is out of work there is not assessed" in wales


def test_a_profile_counts_partners_and_cuts_in_people_out_of_work():
    asked = ("profile", "South Midlands", "--weight", "employment_deprived")
    said = " ".join(call(*asked).split())
    assert "integrated care boards (from April 2026) (72,000 people out of work)" in said
    assert "with the share of its people out of work and how they fit" in said
    told = json.loads(call(*asked, "--format", "json"))
    assert told["weight"] == "employment_deprived"
    boards = {row["name"]: row for row in told["partners"] if row["layer"] == "icb_2026"}
    # The piece in Central East is the one whose people out of work the audit's finding counts.
    assert boards["Central East"]["people"] == pytest.approx(72_035)
    assert sum(row["share"] for row in boards.values()) == pytest.approx(1)
    assert {name: row["relation"] for name, row in boards.items()} == {
        "Central East": "cut", "Northamptonshire": "whole inside it",
    }  # fmt: skip
    wales = " ".join(call("profile", "connect_to_work:Mid Wales", "--weight", "employment_deprived").split())
    assert "local health boards (Wales) (not assessed)" in wales


def test_a_map_of_figures_is_made_by_the_command(elsewhere):
    asked = f"{ASKED.replace('year=2026', 'year=2011')}&modelled=yes"
    call("map", *PAIR, "--indicator", asked, "--svg", "--focus", "South Midlands", "--out", "map.svg")
    drawn = (elsewhere / "map.svg").read_text(encoding="utf-8")
    assert "DWP, 2011, 15 years" in drawn
    assert "no figure" in drawn


def test_an_audit_carries_need_and_the_indicator_to_its_files(tmp_path):
    said = call("audit", "--layers", ",".join(PAIR), "--rank", "need", "--indicator", ASKED, "--out", "out")
    assert "Most people out of work:" in said
    assert said.index("290,110  Central London Forward") < said.index("225,080  Local London")
    document = json.loads((tmp_path / "out/audit.json").read_text(encoding="utf-8"))
    assert (document["parameters"]["rank"], document["parameters"]["indicator"]["source"]) == ("need", "DWP")
    south = next(row for row in document["need"] if row["code"] == "ctw-south-midlands")
    assert (south["indicator"], south["out_of_work"]) == (36_000, 125_800)
    finding = next(f for f in document["findings"] if f["code"] == "ctw-south-midlands" and f["rule"] == "GP301")
    assert finding["out_of_work"] == 72_035
    assert "claimants (count; DWP, 2026) there: 24,000." in finding["message"]
    rows = list(openpyxl.load_workbook(tmp_path / "out/audit.xlsx")["Need"].values)
    assert rows[0][-1] == "claimants (count; DWP, 2026)"
    assert rows[1][2:4] == ("England", 4_787_240)
    brief = (tmp_path / "out/brief.html").read_text(encoding="utf-8")
    assert "claimants (count; DWP, 2026)." in brief
    assert '<td class="n">24,000</td>' in brief
    assert '"title":"claimants (count; DWP, 2026)"' in (tmp_path / "out/map.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("tables_only")
def test_a_configuration_ranks_and_takes_an_indicator(tmp_path):
    text = f'layers = {{connect_to_work = "connect_to_work", icb_2026 = "icb_2026"}}\nindicator = "{ASKED}"\n'
    (tmp_path / "geoplan.toml").write_text(f'rank = "need"\nweight = "most_deprived"\n{text}', encoding="utf-8")
    told = json.loads(call("audit", "geoplan.toml", "--format", "json"))
    assert told["parameters"]["weight"] == "most_deprived"
    assert told["parameters"]["indicator"]["file"] == "own.csv"
    assert told["parameters"]["rank"] == "need"
