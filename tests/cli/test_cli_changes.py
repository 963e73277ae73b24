"""`geoplan changes` as users call it."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner

import geoplan
from geoplan.analysis.editions.changes import EditionChange
from geoplan.cli.main import cli
from geoplan.output.picture.patterns import MARKS
from geoplan.schema.standing import CHANGES

OLD = "area_name,lad_code\nNorth,E06000001\nNorth,E06000002\nSouth,E06000003\nWest,E06000004\n"
NEW = "area_name,lad_code\nNorth,E06000001\nSouth,E06000002\nSouth,E06000003\nFar West,E06000004\n"


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """Every command runs in a directory with two editions of a membership table."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.csv").write_text(OLD, encoding="utf-8")
    (tmp_path / "new.csv").write_text(NEW, encoding="utf-8")
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_text_counts_and_tells_each_change():
    done = call("changes", "old.csv", "new.csv")
    assert done.exit_code == 0, done.stderr
    assert "Decided by codes, weighed by people: 2 redrawn, 1 recoded. Of those that go on 1 has" in done.stdout
    said = " ".join(done.stdout.split())
    assert "North was redrawn: it lost 1" in said
    assert "with South on the other side." in said
    assert "West has another code on the same ground: Far West" in said
    assert "Nothing changed." in call("changes", "old.csv", "old.csv").stdout


def test_two_layers_that_are_no_editions_of_one_are_told_so():
    def told(name, first):
        rows = [f"{name} {number},E{6000000 + number:08}" for number in range(first, first + 10)]
        Path(f"{name}.csv").write_text("\n".join(["area_name,lad_code", *rows]), encoding="utf-8")
        return call("changes", "one.csv", f"{name}.csv").stderr

    asked = "are they editions of one layer? geoplan compare"
    assert asked not in told("one", 1)
    assert asked in told("other", 30)
    assert asked not in told("half", 6)


def test_csv_has_a_row_an_area_and_json_counts_too():
    rows = list(csv.DictReader(io.StringIO(call("changes", "old.csv", "new.csv", "--format", "csv").stdout)))
    assert {(row["old_code"], row["new_code"], row["change"]) for row in rows} == {
        ("North", "North", "redrawn"), ("South", "South", "redrawn"), ("West", "Far West", "recoded"),
    }  # fmt: skip
    document = json.loads(call("changes", "old.csv", "new.csv", "--format", "json").stdout)
    assert (document["ended"], document["began"], document["counts"]["redrawn"]) == (0, 0, 2)
    assert document["changes"][0]["other_codes"]
    assert [each["rule"] for each in document["findings"]] == ["GP601"] * 3


def test_findings_in_every_form_and_a_build_that_fails():
    found = list(csv.DictReader(io.StringIO(call("changes", "old.csv", "new.csv", "--format", "findings").stdout)))
    assert [row["severity"] for row in found] == ["warning", "warning", "info"]
    sarif = json.loads(call("changes", "old.csv", "new.csv", "--format", "sarif").stdout)
    assert [result["ruleId"] for result in sarif["runs"][0]["results"]] == ["GP601"] * 3
    assert "<testsuite" in call("changes", "old.csv", "new.csv", "--format", "junit").stdout
    assert call("changes", "old.csv", "new.csv", "--fail-on", "warning").exit_code == 1
    assert call("changes", "old.csv", "new.csv", "--fail-on", "error").exit_code == 0
    assert call("changes", "old.csv", "old.csv", "--fail-on", "info").exit_code == 0


def test_a_page_of_what_changed(files):
    done = call("changes", "old.csv", "new.csv", "--out", "told.txt", "--map", "map.html")
    assert done.exit_code == 0, done.stderr
    page = (files / "map.html").read_text(encoding="utf-8")
    assert "GP601" in page
    told = json.loads(re.findall(r'id="data">(.*?)</script>', page, flags=re.DOTALL)[0])
    figures = told["figures"]
    assert told["heading"] == "What changed from old.csv to new.csv"
    assert figures["classes"] == [
        ["url(#fill-change-redrawn)", "redrawn: 2"], ["url(#fill-change-recoded)", "recoded: 1"],
    ]  # fmt: skip
    names = [told["layers"][layer]["areas"][area]["name"] for layer, area, _ in figures["shaded"]]
    kinds = [figures["classes"][kind][1] for _, _, kind in figures["shaded"]]
    assert dict(zip(names, kinds, strict=True)) == {
        "North": "redrawn: 2", "South": "redrawn: 2", "Far West": "recoded: 1",
    }  # fmt: skip
    assert sorted(unit[0] for unit in figures["units"]) == ["Far West", "North", "South"]
    assert 'id="fill-change-redrawn"' in page
    assert (files / "told.txt").read_text(encoding="utf-8").startswith("From ")


def test_a_picture_of_what_changed_has_a_key_of_each_kind(files):
    (files / "new.csv").write_text(NEW.replace("Far West,E06000004\n", "East,E06000006\n"), encoding="utf-8")
    done = call("changes", "old.csv", "new.csv", "--out", "told.txt", "--map", "map.svg")
    assert done.exit_code == 0, done.stderr
    drawn = " ".join((files / "map.svg").read_text(encoding="utf-8").split())
    for words in ("What became of areas, and how many", "new: 1", "gone: 1", "redrawn: 2"):
        assert words in drawn
    # A colour and a pattern of each, the same on the page.
    for kind in ("new", "gone", "redrawn"):
        assert CHANGES[kind].fill in drawn
        assert CHANGES[kind].pattern in MARKS


def test_every_kind_of_change_has_its_own_colour_and_is_told_apart_without_it():
    assert list(CHANGES) == [str(kind) for kind in EditionChange]
    assert len({look.fill for look in CHANGES.values()}) == len(CHANGES)
    assert len({look.pattern for look in CHANGES.values()}) == len(CHANGES)


def test_analysts_find_the_findings_beside_the_table(files):
    found = geoplan.changes(files / "old.csv", files / "new.csv")
    told = found.attrs["findings"]
    assert told["rule"].tolist() == ["GP601"] * 3
    assert sorted(told["name"]) == ["Far West", "North", "South"]
    assert geoplan.changes("icb", "icb").attrs["findings"].empty


def test_outputs_are_refused_before_any_work(files):
    done = call("changes", "old.csv", "new.csv", "--map", "map.txt")
    assert done.exit_code == 2
    assert "map.txt ends in none of .html, .png, .svg and .pdf" in done.stderr
    assert call("changes", "old.csv", "new.csv", "--out", "old.csv").exit_code != 0
    assert (files / "old.csv").read_text(encoding="utf-8") == OLD
    assert call("changes", "old.csv", "none.csv").exit_code in {2, 3}


def test_outlines_of_ones_own_are_compared_by_their_ground(files):
    west, east = shapely.box(400_000, 300_000, 410_000, 310_000), shapely.box(410_000, 300_000, 420_000, 310_000)
    both = gpd.GeoDataFrame({"code": ["A", "B"], "name": ["Ash", "Elm"]}, geometry=[west, east], crs="EPSG:27700")
    one = gpd.GeoDataFrame({"code": ["C"], "name": ["Oak"]}, geometry=[west.union(east)], crs="EPSG:27700")
    both.to_file(files / "two.gpkg")
    one.to_file(files / "one.gpkg")
    done = call("changes", "two.gpkg", "one.gpkg", "--weight", "area")
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "2 ended, 1 began." in said
    assert "Oak (C) began: it was made of Ash (A) and Elm (B), 200.0 km²." in said
