"""What ships for build servers, cron and batch jobs works as it stands."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from roots import ROOT
from ruamel.yaml import YAML

from geoplan.auditing import results
from geoplan.auditing.results import Configuration

EXAMPLES = ROOT / "scripts" / "examples"
CONFIG = """
pairs = [["lhb", "country"]]
[outputs]
files = ["audit.json", "audit.sarif", "audit.junit.xml", "findings.csv"]
"""


@pytest.mark.parametrize(
    ("file", "schema"), [("github-actions.yml", "vendor.github-workflows"), ("gitlab-ci.yml", "vendor.gitlab-ci")]
)
def test_examples_for_build_servers_are_valid(file, schema):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(EXAMPLES / file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def commands(file: str) -> list[str]:
    """Return the calls of geoplan in an example."""
    return re.findall(r"geoplan audit geoplan\.toml[^\n]*", (EXAMPLES / file).read_text(encoding="utf-8"))


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "geoplan.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("file", ["github-actions.yml", "gitlab-ci.yml"])
def test_the_calls_in_the_examples_run(project, file):
    (command,) = commands(file)
    assert call("geoplan baseline write geoplan.toml", project).returncode == 0
    done = call(command, project)
    assert done.returncode == 0, done.stderr
    assert (project / "geoplan-audit" / "audit.sarif").is_file()
    assert (project / "geoplan-audit" / "audit.junit.xml").is_file()


def test_the_nightly_job_compares_with_the_night_before(project):
    line = next(
        line for line in (EXAMPLES / "nightly.cron").read_text(encoding="utf-8").splitlines() if line[:1].isdigit()
    )
    command = line.split(maxsplit=5)[5].replace("\\%", "%")
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "geoplan").symlink_to(Path(sys.executable).parent / "geoplan")
    for night in ("first", "second"):
        done = call(f"export AUDIT='{project}'; {command}", project)
        assert done.returncode == 0, done.stderr
        assert ("Since audit.json" in done.stdout) is (night == "second")
    assert (project / "last" / "changes.csv").is_file()


def test_the_hook_for_other_repositories_names_a_command_that_exists():
    (hook,) = YAML(typ="safe").load(ROOT / ".pre-commit-hooks.yaml")
    assert hook["entry"].split()[:2] == ["geoplan", "audit"]
    assert re.search(hook["files"], "boundaries/mine.csv")
    assert not re.search(hook["files"], "README.md")


def test_batch_audit_tells_every_area_and_ends_with_the_worst(tmp_path, monkeypatch, capsys):
    script = str(ROOT / "scripts" / "batch_audit")
    # Instead of the default audit, which takes longer and ends alike.
    monkeypatch.setattr(results, "Configuration", lambda: Configuration.of_layers(["lhb", "region"]))
    main = runpy.run_path(script)["main"]
    asked = [script, "lhb", "--out", str(tmp_path / "boards"), "--fail-on"]
    monkeypatch.chdir(tmp_path)
    for graver, more, code in (("error", ("--workers", "2"), 0), ("info", (), 1)):
        monkeypatch.setattr(sys, "argv", [*asked, graver, *more])
        assert main() == code
        assert "7 areas, 0 of them could not be told" in capsys.readouterr().out
        pages = list((tmp_path / "boards" / "areas").glob("*/brief.html"))
        assert len(pages) == 7
        written = {path.name for path in (tmp_path / "boards").iterdir()}
        assert {"index.html", "findings.csv", "audit.json", "brief.html", "map.html"} <= written
        shutil.rmtree(tmp_path / "boards")
    monkeypatch.setattr(sys, "argv", [script, "nosuch"])
    assert main() in {2, 3}
    assert "nosuch" in capsys.readouterr().err
    done = subprocess.run([sys.executable, script, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "layer whose areas are told one by one" in done.stdout


@pytest.mark.parametrize("program", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda path: path.stem)
def test_what_benchmarks_take_from_the_package_is_there(program):
    # Some hold the program of another process as text, which no linter reads.
    taken = re.findall(r"^\s*from (geoplan[\w.]*) import ([\w, ]+)", program.read_text(encoding="utf-8"), re.MULTILINE)
    for module, names in taken:
        for name in (each.split(" as ")[0].strip() for each in names.split(",")):
            # A module of a folder is no attribute of it until somebody has imported it.
            assert hasattr(import_module(module), name) or find_spec(f"{module}.{name}"), f"{module}.{name}"


def test_made_up_addresses_are_the_same_for_a_seed_and_lie_round_postcodes(tmp_path, monkeypatch):
    script = str(ROOT / "scripts" / "make_addresses")
    main = runpy.run_path(script)["main"]
    postcodes = pd.DataFrame({"easting": [435_400.0, 375_000.0], "northing": [387_200.0, 164_900.0]})
    postcodes.to_parquet(tmp_path / "postcodes.parquet")
    monkeypatch.chdir(tmp_path)
    for name, options in (("one", []), ("two", []), ("xy", ["--xy"]), ("other", ["--seed", "2"])):
        asked = ["--rows", "1000", "--postcodes", "postcodes.parquet", "--out", f"{name}.parquet"]
        monkeypatch.setattr(sys, "argv", [script, *asked, *options])
        assert main() == 0
    one, two, other = (gpd.read_parquet(f"{name}.parquet") for name in ("one", "two", "other"))
    assert (one.crs.to_epsg(), one.equals(two), one.geometry.equals(other.geometry)) == (27700, True, False)
    assert one["uprn"].tolist() == list(range(1, 1001))
    assert one.geometry.iloc[:500].distance(shapely.Point(435_400, 387_200)).median() < 200
    assert one.geometry.iloc[500:].distance(shapely.Point(375_000, 164_900)).median() < 200
    assert (one["people"] >= one["households"]).all()
    plain = pd.read_parquet("xy.parquet")
    assert (plain["x_coordinate"] - one.geometry.x).abs().max() < 0.0051
