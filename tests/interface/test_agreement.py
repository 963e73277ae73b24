"""Python and the command line answer one question with the same numbers and the same sentences."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest
from click.testing import CliRunner
from pandas.testing import assert_frame_equal

import geoplan
from geoplan.cli.main import cli

PAIR = ("lhb", "connect_to_work")


def told(*arguments: str) -> str:
    done = CliRunner().invoke(cli, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def as_csv(table: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(table.to_csv(index=False)), na_values=[""], keep_default_na=False)


@pytest.mark.parametrize(
    ("arguments", "made"),
    [
        (("compare", *PAIR), lambda: geoplan.compare(*PAIR)),
        (("compare", *PAIR, "--weight", "area"), lambda: geoplan.compare(*PAIR, weight="area")),
        (("check", "lhb"), lambda: geoplan.check("lhb")),
        (("blocks", *PAIR), lambda: geoplan.blocks(*PAIR)),
        (("contiguity", "lhb"), lambda: geoplan.contiguity("lhb")),
        (("realign", *PAIR), lambda: geoplan.realign(*PAIR)),
        (("containment", "lhb"), lambda: geoplan.containment("lhb")),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_tables_are_those_of_the_command(arguments, made):
    printed = pd.read_csv(io.StringIO(told(*arguments, "--format", "csv")), na_values=[""], keep_default_na=False)
    table = made().table
    for column in table.select_dtypes("bool"):
        printed[column] = printed[column].astype(str).str.lower() == "true"
    assert_frame_equal(as_csv(table), printed, check_dtype=False)


def test_lookup_is_that_of_the_command():
    printed = json.loads(told("lookup", "Powys", "--format", "json"))["areas"]
    table = geoplan.lookup("Powys").drop(columns="place")
    assert json.loads(table.to_json(orient="records", double_precision=15)) == printed


def test_an_audit_by_a_configuration_is_that_by_options(tmp_path):
    text = 'pairs = "all"\n[layers]\nlhb = "lhb"\nconnect_to_work = "connect_to_work"\n'
    text += '[outputs]\nfiles = ["findings.csv"]\n'
    (tmp_path / "geoplan.toml").write_text(text, encoding="utf-8")
    found = geoplan.audit(tmp_path / "geoplan.toml")
    assert_frame_equal(found.table, geoplan.audit(layers=PAIR).table)
    assert [path.name for path in found.write(tmp_path / "out")] == ["findings.csv"]


def test_an_audit_is_that_of_the_command(tmp_path):
    layers = ",".join(PAIR)
    command = json.loads(told("audit", "--layers", layers, "--format", "json", "--out", str(tmp_path / "out")))
    found = geoplan.audit(layers=PAIR)
    found.write(tmp_path / "own", ["audit.json", "findings.csv"])
    assert json.loads((tmp_path / "own" / "audit.json").read_text(encoding="utf-8")) == command
    own, theirs = ((tmp_path / folder / "findings.csv").read_bytes() for folder in ("own", "out"))
    assert own == theirs
    assert found.table["areas"].tolist() == [pair["areas"] for pair in command["pairs"]]
    assert found.findings["id"].tolist() == [finding["id"] for finding in command["findings"]]
    assert len(found.pieces) > 0


@pytest.mark.parametrize(
    ("arguments", "call"),
    [
        (("compare", "lbh", "lad"), lambda: geoplan.compare("lbh", "lad")),
        (("lookup", "Barnslleyyy"), lambda: geoplan.lookup("Barnslleyyy")),
        (("check", "nowhere.gpkg"), lambda: geoplan.check("nowhere.gpkg")),
        (("compare", "lhb", "lad", "--tolerance", "0.7"), lambda: geoplan.compare("lhb", "lad", tolerance=0.7)),
    ],
)
def test_refusals_are_the_same_sentences(arguments, call):
    done = CliRunner().invoke(cli, list(arguments))
    with pytest.raises(geoplan.errors.GeoplanError) as refused:
        call()
    assert f"Error: {refused.value}\n" == done.stderr
    assert refused.value.exit_code == done.exit_code


def test_a_real_boundary_file_is_the_same_as_a_frame(shared_data):
    import geopandas as gpd

    file = shared_data / "icb_2023.parquet"
    frame = gpd.read_parquet(file)
    by_file, by_frame = (geoplan.compare(each, "lad", weight="area").table for each in (file, frame))
    assert_frame_equal(by_file, by_frame)


def test_rules_are_those_of_the_command_line():
    table = geoplan.rules()
    printed = CliRunner().invoke(cli, ["rule", "301"]).stdout
    assert table.index.is_unique
    assert table.loc["GP301", "title"] in printed
    assert set(geoplan.compare("lhb", "connect_to_work").findings["rule"]) <= set(table.index)
