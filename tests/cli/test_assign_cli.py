"""`geoplan assign` as users call it: files in, one file out, whole or not at all."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from click.testing import CliRunner

from geoplan.auditing.assigning import work
from geoplan.cli.main import cli
from geoplan.writing.staging import STAGE

ROWS = 3000


def run(*arguments):
    return CliRunner().invoke(cli, ["assign", *map(str, arguments)])


@pytest.fixture
def places(tmp_path):
    """Points round Sheffield and Bath, in row groups of 250 rows."""
    random = np.random.default_rng(1)
    middles = np.array([[435_400, 387_200], [375_000, 164_900]])[random.integers(0, 2, ROWS)]
    x, y = (middles + random.normal(0, 3000, (ROWS, 2))).T
    frame = gpd.GeoDataFrame({"uprn": range(ROWS)}, geometry=gpd.points_from_xy(x, y), crs=27700)
    frame.to_parquet(tmp_path / "places.parquet", row_group_size=250)
    return tmp_path / "places.parquet"


def test_points_in_and_the_same_rows_with_codes_out(places, tmp_path):
    out = tmp_path / "out.parquet"
    done = run(places, "lad", "combined_authority", "--names", "--out", out)
    assert done.exit_code == 0, done.output
    table = gpd.read_parquet(out)
    assert table["uprn"].tolist() == list(range(ROWS))
    assert table.crs.to_epsg() == 27700
    assert list(table.columns[2:]) == ["lad_code", "lad_name", "combined_authority_code", "combined_authority_name"]
    assert {"Sheffield", "Bath and North East Somerset"} <= set(table["lad_name"])
    assert f"places.parquet: {ROWS:,} rows." in done.stderr
    assert "combined_authority_code: " in done.stderr
    assert done.stdout == f"Written: {out}.\n"
    assert {path.name for path in tmp_path.iterdir()} == {"places.parquet", "out.parquet"}


def test_ordnance_survey_columns_in_csv_and_out(tmp_path):
    head = "UPRN,X_COORDINATE,Y_COORDINATE,LATITUDE,LONGITUDE,NOTE\n"
    rows = '0100,435400.00,387200.00,53.38,-1.47,"=1, 2"\n0200,375000.00,164900.00,51.38,-2.36,\n0300,,,,,-\n'
    (tmp_path / "uprn.csv").write_text("\ufeff" + head + rows, encoding="utf-8")
    done = run(tmp_path / "uprn.csv", "lad", "--out", tmp_path / "out.csv")
    assert done.exit_code == 0, done.output
    assert "'X_COORDINATE' and 'Y_COORDINATE'" in done.stderr
    assert "3 rows (1 without a place)" in done.stderr
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.reader(file))
    assert found[0] == [*head.strip().split(","), "lad_code"]
    assert [row[0] for row in found[1:]] == ["0100", "0200", "0300"]
    assert [row[5] for row in found[1:]] == ["'=1, 2", "", "'-"]
    assert [row[6] for row in found[1:]] == ["E08000039", "E06000022", ""]
    run(tmp_path / "uprn.csv", "lad", "--raw-csv", "--out", tmp_path / "raw.csv")
    assert '"=1, 2"' in (tmp_path / "raw.csv").read_text(encoding="utf-8")


def test_points_as_csv_are_text(places, tmp_path):
    assert run(places, "lad", "--out", tmp_path / "out.csv").exit_code == 0
    table = pd.read_csv(tmp_path / "out.csv")
    drawn = gpd.read_parquet(places)
    assert shapely.from_wkt(table["geometry"]).tolist() == drawn.geometry.tolist()


def test_a_run_that_is_killed_goes_on_with_the_same_bytes(places, tmp_path, monkeypatch):
    """What a killed run has kept is not made again, and the file does not show it."""
    script = (
        "import sys, time\nfrom geoplan.auditing.assigning import work\n"
        "from geoplan.cli.main import cli\nwork.MOST_ROWS = 500\nmade = work.assigned_part\n"
        "def slow(shared, span):\n    time.sleep(0 if span.number < 2 else 600)\n    return made(shared, span)\n"
        "work.assigned_part = slow\n"
        f"cli(['assign', {str(places)!r}, 'lad', '--out', {str(tmp_path / 'out.parquet')!r}])\n"
    )
    run_to_kill = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    parts = tmp_path / ".out.parquet.parts"
    until = time.monotonic() + 120
    while len(list(parts.glob("*.part"))) < 2 and time.monotonic() < until and run_to_kill.poll() is None:
        time.sleep(0.05)
    os.kill(run_to_kill.pid, signal.SIGKILL)
    run_to_kill.wait()
    left = {path.name for path in tmp_path.iterdir() if not path.name.startswith(STAGE)}
    assert left == {"places.parquet", parts.name}
    monkeypatch.setattr(work, "MOST_ROWS", 500)
    done = run(places, "lad", "--out", tmp_path / "out.parquet")
    assert "gone on with: 2 parts stood already" in " ".join(done.stderr.split())
    assert run(places, "lad", "--out", tmp_path / "new.parquet").exit_code == 0
    monkeypatch.undo()
    assert run(places, "lad", "--out", tmp_path / "whole.parquet").exit_code == 0
    once = (tmp_path / "new.parquet").read_bytes()
    assert (tmp_path / "out.parquet").read_bytes() == once == (tmp_path / "whole.parquet").read_bytes()
    # What the killed run was writing is gone too.
    names = ("places", "out", "new", "whole")
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.parquet" for name in names}


def test_row_groups_are_those_of_the_rule(places, tmp_path, monkeypatch):
    monkeypatch.setattr(work, "GROUP_ROWS", 700)
    monkeypatch.setattr(work, "LEAST_ROWS", 10)
    run(places, "lad", "--out", tmp_path / "out.parquet")
    facts = pq.read_metadata(tmp_path / "out.parquet")
    assert [facts.row_group(n).num_rows for n in range(facts.num_row_groups)] == [700, 700, 700, 700, 200]


def test_rows_counted_by_piece(places, tmp_path):
    out = tmp_path / "pieces.csv"
    done = run(places, "lad", "combined_authority", "--summarise", "--sum", "uprn", "--out", out)
    assert done.exit_code == 0, done.output
    table = pd.read_csv(out)
    assert table.groupby("level")["rows"].sum().to_dict() == dict.fromkeys(
        ["combined_authority", "lad", "piece", "total"], ROWS
    )
    assert (table.groupby("level")["uprn"].sum() == sum(range(ROWS))).all()


def test_small_areas_in_and_their_shares_out(tmp_path):
    squares = shapely.box(*np.array([[x, 380_000, x + 2000, 382_000] for x in range(430_000, 440_000, 2000)]).T)
    frame = gpd.GeoDataFrame({"ref": list("abcde"), "LSOA21CD": list("fghij")}, geometry=squares, crs=27700)
    frame.to_parquet(tmp_path / "small.parquet")
    done = run(f"{tmp_path / 'small.parquet'}?code=ref", "lad", "region", "--out", tmp_path / "out.csv")
    assert done.exit_code == 0, done.output
    assert "small areas by 'ref'" in done.stderr
    table = pd.read_csv(tmp_path / "out.csv")
    assert table.columns.tolist() == ["small_area", "layer", "code", "name", "area_m2", "share"]
    assert table.groupby("layer")["area_m2"].sum().to_dict() == pytest.approx({"lad": 2e7, "region": 2e7})
    assert set(table["small_area"]) == set("abcde")


@pytest.fixture
def squares(tmp_path):
    """Five squares of 2 km beside each other round Sheffield."""
    shapes = shapely.box(*np.array([[x, 380_000, x + 2000, 382_000] for x in range(430_000, 440_000, 2000)]).T)
    frame = gpd.GeoDataFrame({"ref": list("abcde"), "people": [100, 200, 300, 400, 501]}, geometry=shapes, crs=27700)
    frame["kind"] = ["=urban", "rural", "rural", "rural", "rural"]
    frame.to_parquet(tmp_path / "squares.parquet", row_group_size=2)
    return f"{tmp_path / 'squares.parquet'}?code=ref"


def test_small_areas_counted_by_area(squares, tmp_path):
    out = tmp_path / "sums.csv"
    done = run(squares, "lad", "region", "--summarise", "--sum", "people", "--names", "--by", "kind", "--out", out)
    assert done.exit_code == 0, done.output
    assert "people: shared out by ground, as if spread evenly over each small area." in done.stderr
    table = pd.read_csv(out)
    counts = ["rows", "wholly", "partly", "area_m2", "people", "people_missing"]
    assert table.columns.tolist() == ["level", "kind_2", "code", "name", "kind", *counts]
    assert table["level"].drop_duplicates().tolist() == ["lad", "region", "total"]
    for column, whole in (("area_m2", 2e7), ("people", 1501)):
        assert table.groupby("level")[column].sum().to_dict() == pytest.approx(
            {"lad": whole, "region": whole, "total": whole}
        )
    assert set(table["kind"].dropna()) == {"'=urban", "rural"}
    assert {"Sheffield", "Derbyshire Dales"} & set(table["name"]) <= set(table.loc[table["level"] == "lad", "name"])
    region = table[table["level"] == "region"]
    assert region.groupby("kind")["wholly"].sum().le([1, 4]).all()
    assert table.loc[table["level"] == "total", ["rows", "wholly", "partly"]].to_numpy().tolist() == [[5, 5, 0]]


def test_counting_small_areas_goes_on_where_it_was_broken_off(squares, tmp_path, monkeypatch):
    monkeypatch.setattr(work, "AREA_ROWS", 1)
    monkeypatch.setattr(work, "PARTS_JOINED", 2)
    asked = (squares, "lad", "--summarise", "--sum", "people")
    assert run(*asked, "--out", tmp_path / "whole.parquet").exit_code == 0
    made = work.summed_part

    def from_part(first, last):
        def only(shared, span):
            if not first <= span.number <= last:
                raise KeyboardInterrupt
            return made(shared, span)

        monkeypatch.setattr(work, "summed_part", only)
        return run(*asked, "--out", tmp_path / "out.parquet")

    assert from_part(0, 3).exit_code != 0
    assert not (tmp_path / "out.parquet").exists()
    done = from_part(4, 4)
    assert done.exit_code == 0, done.output
    assert "gone on with: 4 parts stood already" in " ".join(done.stderr.split())
    assert (tmp_path / "out.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_all_layers_in_force_and_every_edition(tmp_path):
    (tmp_path / "p.csv").write_text("easting,northing\n435400,387200\n", encoding="utf-8")
    assert run(tmp_path / "p.csv", "all", "--out", tmp_path / "now.csv").exit_code == 0
    assert run(tmp_path / "p.csv", "all-editions", "--out", tmp_path / "ever.csv").exit_code == 0
    now, ever = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("now", "ever"))
    assert set(now.columns) < set(ever.columns)
    assert "icb_2026_code" in now
    assert "lep_2017_code" not in now
    assert ever.loc[0, ["lep_2017_code", "icb_code"]].notna().all()


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["lad", "--out", "places.parquet"], 2, "write over places.parquet"),
        (["lad", "--out", "out.txt"], 2, "neither .parquet nor .csv"),
        (["lad", "--out", "-"], 2, "neither .parquet nor .csv"),
        (["lda", "--out", "out.parquet"], 2, "'lda' is not a layer"),
        (["lad", "--memory", "0.1", "--out", "out.parquet"], 2, "too little"),
        (["lad", "--coordinates", "a,b", "--out", "out.parquet"], 3, "'a'"),
        (["lad"], 2, "--out"),
        (["--out", "out.parquet"], 2, "LAYER"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_written(places, monkeypatch, arguments, code, why):
    monkeypatch.chdir(places.parent)
    before = places.read_bytes()
    done = run("places.parquet", *arguments)
    assert (done.exit_code, why in done.stderr) == (code, True), done.output
    assert [path.name for path in places.parent.iterdir()] == ["places.parquet"]
    assert places.read_bytes() == before


def test_points_that_are_not_there_and_afar_under_offline(tmp_path):
    done = run(tmp_path / "none.parquet", "lad", "--out", tmp_path / "out.parquet")
    assert (done.exit_code, "no such file" in done.stderr) == (3, True)
    far = ["assign", "https://example.org/p.parquet", "lad", "--out", str(tmp_path / "out.parquet")]
    done = CliRunner().invoke(cli, ["--offline", *far])
    assert (done.exit_code, "network" in done.stderr) == (4, True)
