"""Authorities by geography, and who goes where in a cut area."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd
import pytest
from click.testing import CliRunner

import geoplan
from geoplan.analysis.networks import crosswalk
from geoplan.auditing import comparing
from geoplan.auditing.judging import findings
from geoplan.cli.main import cli
from geoplan.commuting.atlas import Atlas
from geoplan.errors import ConfigurationError
from geoplan.output.text.comparison_lines import compare_text

SOUTH_MIDLANDS = (
    "Bedford, Central Bedfordshire, Luton, Milton Keynes: Central East; "
    "North and West Northamptonshire: Northamptonshire"
)


@pytest.fixture(scope="module")
def pair():
    return comparing.compare("connect_to_work", "icb_2026", atlas=Atlas())


def test_the_odd_ones_out_are_named_in_finding_and_text(pair):
    found = findings.from_pair(pair.overlay, pair.relations, tolerance=pair.tolerance, outside=pair.outside)
    (cut,) = [each for each in found if (each.rule, each.code) == ("GP301", "ctw-south-midlands")]
    assert f"By authority: {SOUTH_MIDLANDS}." in cut.detail
    assert "By authority" not in cut.in_table
    assert f"By authority: {SOUTH_MIDLANDS}." in " ".join(compare_text(pair).split())


def test_every_authority_of_a_cut_area_is_named_once(pair):
    goes = crosswalk.sides(pair.overlay.left, pair.overlay.right, list(pair.cuts.by_area))
    members = pair.overlay.left.areas["members"]
    assert set(goes) == set(pair.cuts.by_area)
    for code, rows in goes.items():
        assert sorted(rows["lad"]) == members[code].split(";")
        totals = rows.groupby("partner", sort=False)["people"].sum()
        assert totals.is_monotonic_decreasing


def test_an_authority_between_two_areas_stands_with_both(pair):
    goes = crosswalk.sides(pair.overlay.left, pair.overlay.right, ["ctw-oxfordshire"])["ctw-oxfordshire"]
    vale = goes["partner"][goes["authority"] == "Vale of White Horse"].tolist()
    assert vale == ["Bath and North East Somerset, Swindon and Wiltshire / Thames Valley"]


def test_one_partner_is_nothing_to_tell():
    alone = pd.DataFrame({"partner": ["X", "X"], "authority": ["A", "B"]})
    assert crosswalk.in_words(alone) == ""


def test_many_authorities_are_cut_short_but_for_one():
    def told(count):
        many = pd.DataFrame({"partner": ["X"] * count, "authority": [f"A{n:02}" for n in range(count)]})
        return crosswalk.in_words(pd.concat([many, pd.DataFrame({"partner": ["Y"], "authority": ["B"]})]))

    assert told(9) == "A00, A01, A02, A03, A04, A05, A06, A07, A08: X; B: Y"
    assert told(11) == "A00, A01, A02, A03, A04, A05, A06, A07 and 3 more: X; B: Y"


@pytest.mark.parametrize(
    ("names", "joined"),
    [
        (["West Suffolk", "Ipswich", "Mid Suffolk", "East Suffolk"], ["East, Mid and West Suffolk", "Ipswich"]),
        (["North Lincolnshire", "North East Lincolnshire"], ["North East and North Lincolnshire"]),
        (["North Yorkshire", "East Riding of Yorkshire"], ["East Riding of Yorkshire", "North Yorkshire"]),
        (["Bedford", "Central Bedfordshire"], ["Bedford", "Central Bedfordshire"]),
    ],
)
def test_common_endings_are_said_once(names, joined):
    assert crosswalk.joined_names(names) == joined


def test_the_table_has_a_row_an_authority_and_a_column_a_geography():
    table = geoplan.crosswalk("connect_to_work", "icb_2026", "combined_authority")
    assert list(table.columns) == ["code", "name", "connect_to_work", "icb_2026", "combined_authority"]
    assert len(table) == 318
    row = table.set_index("code").loc["E07000236"]
    assert row.tolist() == ["Redditch", "Worcestershire", "Herefordshire and Worcestershire", ""]
    vale = table.set_index("name").at["Vale of White Horse", "icb_2026"]
    assert vale == "Bath and North East Somerset, Swindon and Wiltshire (part); Thames Valley (part)"


def test_parts_of_unknown_size_are_called_parts():
    table = geoplan.crosswalk("connecting_communities")
    assert (
        table.set_index("name").at["Birmingham", "connecting_communities"] == "Shard End (part); Washwood Heath (part)"
    )


def test_the_command_prints_text_csv_and_json(tmp_path):
    asked = ["crosswalk", "connect_to_work", "icb_2026", "--focus", "South Midlands"]
    text, table, rows = (CliRunner().invoke(cli, [*asked, "--format", form]) for form in ("text", "csv", "json"))
    assert "Bedford, Central Bedfordshire, Luton, Milton Keynes\n" in text.stdout
    assert "North and West Northamptonshire\n" in text.stdout
    told = list(csv.DictReader(io.StringIO(table.stdout)))
    assert [row["name"] for row in told if row["icb_2026"] == "Northamptonshire"] == [
        "North Northamptonshire",
        "West Northamptonshire",
    ]
    assert json.loads(rows.stdout) == told
    CliRunner().invoke(cli, [*asked, "--format", "csv", "--out", str(tmp_path / "who.csv")])
    assert (tmp_path / "who.csv").read_text(encoding="utf-8").replace("\r", "") == table.stdout.replace("\r", "")


def test_layers_without_authorities_are_refused(tmp_path):
    (tmp_path / "small.csv").write_text("LSOA21CD,AREA21CD\nE01000001,A\nE01000002,B\nE01000003,B\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="list no authorities"):
        geoplan.crosswalk("icb", str(tmp_path / "small.csv"))
    with pytest.raises(ConfigurationError, match="no layer was given"):
        geoplan.crosswalk()
