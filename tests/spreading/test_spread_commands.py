"""Commands whose work is spread write the same bytes, whoever did it and whoever was lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import chores
import geopandas as gpd
import numpy as np
import pytest
import shapely
from click.testing import CliRunner, Result

from geoplan.auditing.assigning import work
from geoplan.cli.main import cli
from geoplan.interface.given import workers
from geoplan.spreading.cluster import Cluster
from geoplan.spreading.spread import done_by

pytest.importorskip("distributed", reason="geoplan[cluster] is not installed")

PLAN = """[plan]
within = ["lhb:W11000023", "lhb:W11000025", "lhb:W11000031"]
units = "lad"
clusters = [3, 5]
alternatives = 3
time_limit = 60
[plan.objectives]
self_containment = 1.0
balance = 0.2
compactness = 0.5
[plan.constraints]
most_people = 600000
"""
AUDIT = """pairs = [["one", "two"], ["one", "region"]]
[layers]
one = "one.parquet"
two = "two.parquet"
[outputs]
files = ["findings.csv", "audit.json"]
"""


@pytest.fixture(scope="module")
def two() -> Iterator[Cluster]:
    """Two processes on this machine."""
    with workers.local(2) as made:
        yield made


def call(*arguments: str | Path) -> Result:
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture
def points(tmp_path: Path) -> Path:
    """Points round Sheffield in eight row groups, with their boxes."""
    x, y = np.random.default_rng(1).normal(0, 20_000, (2, 4000))
    frame = gpd.GeoDataFrame({"uprn": range(4000)}, geometry=gpd.points_from_xy(435_400 + x, 387_200 + y), crs=27700)
    path = tmp_path / "points.parquet"
    frame.to_parquet(path, row_group_size=500, write_covering_bbox=True, schema_version="1.1.0")
    return path


def test_a_plan_is_the_same(two: Cluster, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    here = call("plan", tmp_path / "plan.toml", "--format", "json").stdout
    with done_by(two):
        there = call("plan", tmp_path / "plan.toml", "--format", "json").stdout
    assert there == here
    assert len(json.loads(here)["alternatives"]) > 1


def test_an_audit_of_outlines_is_the_same(two: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, middle in (("one", 440_000), ("two", 460_000)):
        shapes = [shapely.box(400_000, 350_000, middle, 400_000), shapely.box(middle, 350_000, 480_000, 400_000)]
        areas = gpd.GeoDataFrame({"code": ["W", "E"], "name": ["West", "East"]}, geometry=shapes, crs=27700)
        areas.to_parquet(f"{name}.parquet")
    Path("geoplan.toml").write_text(AUDIT, encoding="utf-8")
    here = call("audit", "geoplan.toml", "--format", "json", "--out", "here").stdout
    with done_by(two):
        there = call("audit", "geoplan.toml", "--format", "json", "--out", "there").stdout
    assert there == here
    assert len(json.loads(here)["pairs"]) == 4
    for name in ("findings.csv", "audit.json"):
        assert Path("there", name).read_bytes() == Path("here", name).read_bytes()


def test_points_are_assigned_the_same_with_a_worker_killed(
    two: Cluster, points: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path))
    monkeypatch.setattr(work, "MOST_ROWS", 500)
    call("assign", points, "lad", "combined_authority", "--out", tmp_path / "here.parquet")
    monkeypatch.setattr(work, "assigned_part", chores.assigned_but_killed_once)
    with done_by(two):
        call("assign", points, "lad", "combined_authority", "--out", tmp_path / "there.parquet")
    assert (tmp_path / "killed").exists()
    assert (tmp_path / "there.parquet").read_bytes() == (tmp_path / "here.parquet").read_bytes()


def test_small_areas_are_counted_the_same(two: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "AREA_ROWS", 30)
    corners = [(x, y) for x in range(420_000, 450_000, 3000) for y in range(370_000, 400_000, 3000)]
    shapes = [shapely.box(x, y, x + 3000, y + 3000) for x, y in corners]
    frame = gpd.GeoDataFrame(
        {"code": [f"C{n:03}" for n in range(100)], "people": range(100)}, geometry=shapes, crs=27700
    )
    frame.to_parquet(tmp_path / "small.parquet", row_group_size=40)
    asked = ("assign", tmp_path / "small.parquet", "lad", "lep_2017", "--summarise", "--sum", "people", "--out")
    call(*asked, tmp_path / "here.parquet")
    with done_by(two):
        call(*asked, tmp_path / "there.parquet")
    assert (tmp_path / "there.parquet").read_bytes() == (tmp_path / "here.parquet").read_bytes()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--workers", "0"), 2, "--workers 0 is no number of processes."),
        (("--workers", "2", "--scheduler", "tcp://127.0.0.1:9"), 2, "--workers and --scheduler exclude each other."),
        (("--scheduler", "nowhere"), 2, "'nowhere' is no address of a Dask scheduler."),
    ],
    ids=["none", "both", "no address"],
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(
    points: Path, tmp_path: Path, options: tuple[str, ...], code: int, said: str
) -> None:
    done = CliRunner().invoke(cli, ["assign", str(points), "lad", "--out", str(tmp_path / "out.parquet"), *options])
    assert done.exit_code == code
    assert done.stderr.startswith(f"Error: {said}")
    assert not (tmp_path / "out.parquet").exists()
