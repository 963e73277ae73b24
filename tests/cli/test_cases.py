"""Inputs like those people have, at ../shared/cases: each is read right, or refused in a sentence."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from roots import SHARED

from geoplan.cli.main import cli

CASES = SHARED / "cases"

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside the project (../shared/cases)")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def call(*arguments):
    asked = [str(argument).replace("CASES", str(CASES)) for argument in arguments]
    done = CliRunner().invoke(cli, asked)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done


def rows(*arguments):
    done = call(*arguments, "--format", "csv")
    assert done.exit_code == 0, done.output
    return list(csv.DictReader(io.StringIO(done.stdout.removeprefix("\ufeff"))))


def findings(*arguments):
    return [(row["rule"], row["message"]) for row in rows("check", *arguments)]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("margins.csv", "9 rows were set aside: Total is a sum of others."),
        ("somelower.csv", "'e02000001' is read as 'E02000001'"),
        ("lma_mixpad.csv", "'101' is read as '0101'"),
        ("matrix.csv", "A square table was read"),
        ("nomis_matrix.csv", "Rows 1 to 5 above the headings were passed over as title."),
        ("ttwa_r.csv", ""),
    ],
)
def test_flows_are_read(name, said):
    done = call("labour-markets", f"CASES/{name}", "--runs", 0, "--format", "json")
    found = json.loads(done.stdout)
    assert found["flows"]["workers"] == pytest.approx(85_800)
    assert sorted(len(area["zones"]) for area in found["table"]) == [2, 2]
    assert said in done.stderr


def test_numbers_with_two_readings_are_asked_about():
    done = call("labour-markets", "CASES/dot_thousands.csv", "--runs", 0)
    assert done.exit_code == 3
    assert "column 'workers' can be read in two ways: is 20.000" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "relations"),
    [
        (("CASES/bristol.gpkg", "lad"), {"coterminous"}),
        (("CASES/authcodes.csv", "lhb"), {"uncovered"}),
        (("CASES/dates.csv", "lad"), {"coterminous"}),
        (("CASES/dates2.csv", "lad"), {"coterminous"}),
        (("CASES/past.csv", "lad"), {"coterminous"}),
        (("CASES/merged.csv", "lad"), {"contains"}),
        (("CASES/manycell.csv", "lad"), {"contains"}),
        (("CASES/hul.csv", "lad"), {"contains"}),
        (("CASES/pc.csv#cluster", "lad"), {"nested"}),
        (("CASES/nspl.csv#icb", "icb"), {"nested"}),
        (("CASES/singlepart.gpkg", "lad", "--dissolve"), {"coterminous"}),
    ],
)
def test_layers_are_compared(arguments, relations):
    assert {row["relation"] for row in rows("compare", *arguments)} == relations


def test_clipped_areas_measure_what_the_library_says():
    import geopandas as gpd

    left, right = (gpd.read_parquet(CASES / f"clip_{side}.parquet") for side in ("left", "right"))
    whole = {
        (one.code, two.code): one.geometry.intersection(two.geometry).area
        for one in left.itertuples()
        for two in right.itertuples()
    }
    found = rows("compare", "CASES/clip_left.parquet", "CASES/clip_right.parquet", "--weight", "area")
    measured = {(row["left_code"], row["right_code"]): float(row["area_m2"]) for row in found if row["right_code"]}
    assert measured == pytest.approx({pair: area for pair, area in whole.items() if area > 1e-6}, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "rule", "said"),
    [
        ("areacase.csv", "GP106", "'AVON' and 'avon' are read as 'Avon' (2 rows)"),
        ("mixcase.csv#icb", "GP106", "'e54000025' is read as 'E54000025'"),
        ("conflict.csv", "GP107", "row 2: E06000022 is Bath and North East Somerset, but"),
        ("idname.csv", "GP107", "'1' has 2 names: 'Alpha' (row 2); 'Beta' (row 3)"),
        ("status.csv", "GP106", "column 'status', row 3: 'banana' is no status"),
        ("past.csv", "GP106", "1 of 2 rows are not in force on 2026-04-01 (row 2)"),
        ("merged.csv", "GP106", "Rows 3, 4, 6: column 'area_name' is empty"),
        ("manycell.csv", "GP106", "Row 2: several authorities in one cell"),
        ("typo_own.csv", "GP403", "row 2: 'Westminister' matches no authority"),
        ("exceeded.geojson", "GP108", "the server cut this download short"),
        ("speck500.gpkg", "GP203", "a small part lies far away from the rest"),
        ("selftouch.gpkg", "GP201", "lies inside ring"),
    ],
)
def test_checks_tell(name, rule, said):
    found = findings(f"CASES/{name}")
    assert any(code == rule and said in message for code, message in found), found


def test_two_gaps_between_the_same_areas_are_two():
    found = [row for row in rows("check", "CASES/gap2.gpkg") if row["rule"] == "GP201"]
    assert len({row["id"] for row in found}) == len(found) == 2


def test_ground_without_people_has_its_rows():
    every = rows("compare", "CASES/mersey2.gpkg", "lad")
    found = {row["right_name"]: row for row in every if row["left_name"] == "Mersey"}
    shares = {name: float(row["left_area_share"]) for name, row in found.items() if name}
    assert shares == pytest.approx({"Halton": 0.31, "Cheshire West and Chester": 0.69}, abs=0.01)
    assert {row["people"] for row in found.values()} == {""}


@pytest.mark.usefixtures("tables_only")
def test_places_outside_an_own_table_are_no_findings():
    done = call("audit", "--layers", "CASES/mine_own.csv,icb_2026", "--out", "out")
    assert done.exit_code == 0
    told = (Path("out") / "findings.csv").read_text(encoding="utf-8-sig")
    assert "GP401" not in told


def test_a_shift_is_said_in_one_sentence():
    done = call("compare", "CASES/shift100.gpkg", "lad")
    assert "Everything in shift100.gpkg#x lies about 110 m off lad the same way" in done.stderr


def test_a_shapefile_without_a_code_page():
    assert "Ynys Môn" in {row["left_name"] for row in rows("compare", "CASES/wal_nocpg_utf8.shp", "lad")}


def test_rows_of_one_area_are_joined_only_on_request():
    done = call("compare", "CASES/singlepart.gpkg", "lad")
    assert (done.exit_code, "join them with --dissolve" in done.stderr) == (3, True)


@pytest.mark.parametrize("name", ["a.kml", "a.fgb", "a.tab", "a.topojson"])
def test_other_formats_are_read(name):
    done = call("check", f"CASES/{name}")
    assert done.exit_code == 0
    assert "sound.\n4 areas" in done.stdout
