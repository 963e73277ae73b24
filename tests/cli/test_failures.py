"""Whatever fails has a sentence and a code, never that of findings; what can be mended is."""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numba
import numpy as np
import pytest
import shapely
from click.testing import CliRunner
from roots import SHARED

import geoplan
from geoplan import schema
from geoplan.analysis import ground, overlay
from geoplan.auditing import audit, comparing, results
from geoplan.cli.main import cli
from geoplan.engine import edges
from geoplan.errors import InputError, RunError, carefully

CASES = SHARED / "cases"
PACKAGE = Path(geoplan.__file__).parent


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def cases():
    if not CASES.is_dir():
        pytest.skip("the shared cases are not beside the project (../shared/cases)")
    return CASES


def call(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


RAISED = [
    (shapely.errors.GEOSException("TopologyException: side location conflict"), "GEOSException (TopologyException: "),
    (KeyError("left"), "KeyError ('left')"),
    (MemoryError(), "there is not enough memory. Cut the files"),
    (shapely.errors.GEOSException("std::bad_alloc"), "there is not enough memory. Cut the files"),
    (RecursionError(), "RecursionError. This was not foreseen: please report it"),
    (PermissionError(13, "Permission denied", "/secret/place"), "PermissionError (Permission denied). This"),
]


@pytest.mark.parametrize(
    "problem", [MemoryError(), shapely.errors.GEOSException("std::bad_alloc"), RuntimeError("std::bad_alloc")]
)
def test_a_file_read_without_enough_memory_is_not_called_damaged(monkeypatch, tmp_path, problem):
    path = tmp_path / "towns.gpkg"
    square = gpd.GeoDataFrame({"code": ["A"], "name": ["A"]}, geometry=[shapely.box(4e5, 3e5, 4.1e5, 3.1e5)], crs=27700)
    square.to_file(path)

    def failing(*_args, **_options):
        raise problem

    monkeypatch.setattr("pyogrio.read_dataframe", failing)
    told = call("compare", path, "lad")
    assert told.exit_code == 4
    assert "Reading towns.gpkg could not run: there is not enough memory" in told.stderr


@pytest.mark.parametrize(("problem", "said"), RAISED, ids=[repr(problem) for problem, _ in RAISED])
def test_whatever_a_pair_raises_names_it_and_ends_with_four(monkeypatch, problem, said):
    def failing(*_args, **_options):
        raise problem

    monkeypatch.setattr("geoplan.analysis.overlay.overlay", failing)
    done = call("compare", "lhb", "utla")
    assert done.exit_code == 4
    assert done.stderr.startswith("Error: Comparing lhb with utla could not run: " + said)
    assert "/secret" not in done.stderr
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)


def test_of_an_audit_the_pair_is_a_finding_and_the_rest_is_done(monkeypatch):
    real = overlay.overlay

    def failing(left, right, **options):
        if {left.key, right.key} == {"lhb", "utla"}:
            message = "unhashable type: 'Series'"
            raise TypeError(message)
        return real(left, right, **options)

    monkeypatch.setattr("geoplan.analysis.overlay.overlay", failing)
    done = call("audit", "--layers", "lhb,utla,icb", "--format", "json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    lost = [finding["message"] for finding in told["findings"] if finding["rule"] == "GP901"]
    assert len(lost) == 2
    assert min(lost).startswith(
        "Comparison with lhb could not run: TypeError (unhashable type: 'Series'). This was not"
    )
    assert {(pair["left"], pair["right"]) for pair in told["pairs"]} == {
        ("lhb", "icb"), ("icb", "lhb"), ("utla", "icb"), ("icb", "utla"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("analysis.faults.coverage.drawn_notes", "The check of one.parquet by itself"),
        ("auditing.judging.findings.from_pair", "What follows from"),
    ],
)
def test_a_check_that_fails_in_an_audit_is_a_finding(monkeypatch, elsewhere, name, lost):
    def failing(*_args, **_options):
        raise ZeroDivisionError

    square = gpd.GeoDataFrame({"code": ["a"], "name": ["A"]}, geometry=[shapely.box(4e5, 3e5, 4.1e5, 3.1e5)], crs=27700)
    square.to_parquet(elsewhere / "one.parquet")
    monkeypatch.setattr(f"geoplan.{name}", failing)
    asked = results.Configuration.of_layers(["one.parquet", "lhb"], weight=schema.Weight.AREA)
    told = [finding.message for finding in audit.run(asked).findings if finding.rule == "GP901"]
    assert any(message.startswith(lost) and "could not run: ZeroDivisionError" in message for message in told), told


@pytest.mark.parametrize("command", [["layers"], ["check", "lhb"], ["blocks", "lhb", "utla"], ["lookup", "Powys"]])
def test_what_nobody_foresaw_in_a_command_ends_with_four(monkeypatch, command):
    def failing(*_args, **_options):
        message = "cannot\nreshape \x1b[31m array"
        raise ValueError(message)

    for name in (
        "geoplan.data.catalogue.catalogue",
        "geoplan.commuting.atlas.Atlas.layer",
        "geoplan.planning.aligning.common_blocks.blocks",
    ):
        monkeypatch.setattr(name, failing)
    done = call(*command)
    assert done.exit_code == 4
    assert "could not run: ValueError (cannot reshape \\x1b[31m array)" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_interrupt_ends_quietly(monkeypatch):
    def interrupted(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("geoplan.data.catalogue.catalogue", interrupted)
    done = call("layers")
    assert (done.exit_code, done.output) == (130, "")


def test_refusals_pass_and_the_rest_is_named():
    with pytest.raises(InputError, match="as it was"), carefully("Work"):
        raise InputError("as it was")  # noqa: EM101, TRY003
    with (
        pytest.raises(RunError, match=r"^Work could not run: ZeroDivisionError \(division by zero\)\."),
        carefully("Work"),
    ):
        1 / 0  # noqa: B018


def test_a_limit_of_memory_is_told():
    code = (
        "import resource, sys; from geoplan.auditing import audit; from geoplan.cli.main import main;"
        "held = int(open('/proc/self/statm').read().split()[0]) * 4096;"
        "resource.setrlimit(resource.RLIMIT_AS, (held + 1_000_000,) * 2);"
        "sys.argv = ['geoplan', 'compare', 'lad', 'icb', '--weight', 'postcodes']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    assert "could not run" in done.stderr
    assert "Traceback" not in done.stderr


# ------------------------------------------------------------------------------------------- roots


def test_two_postcodes_that_disagree_are_two_rows(cases):
    """Pandas takes two arrays without types of numpy for two labels where there are two rows."""
    done = call("compare", cases / "bristol.gpkg", "lad", "--format", "json")
    assert done.exit_code == 0, done.stderr
    assert {(row["left_name"], row["relation"]) for row in json.loads(done.stdout)} == {
        ("Bristol, City of", "coterminous")
    }


def test_two_ordinary_authorities_against_boards(shared_data, elsewhere):
    authorities = gpd.read_parquet(shared_data / "utla_2025.parquet")
    authorities[authorities["code"].isin(["E06000012", "E06000022"])].to_parquet(elsewhere / "two.parquet")
    done = call("compare", "two.parquet", "icb_2026", "--format", "csv")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.count("E06000012") >= 1


def test_clipping_leaves_polygons():
    """Where an edge runs along the box, clipping alone leaves lines doubled back: invalid, and GEOS refuses them."""
    comb = shapely.Polygon([(0, 0), (4, 0), (4, 3), (3, 1), (2, 3), (1, 1), (0, 3)])
    inside = ground.clipped(np.array([comb, shapely.box(5, 5, 6, 6)]), 0, 1, 4, 4)
    assert shapely.is_valid(inside).all()
    assert inside[0].area == pytest.approx(shapely.intersection(comb, shapely.box(0, 1, 4, 4)).area)
    assert inside[1].is_empty


def test_polygons_that_clipping_breaks_are_compared_as_shapely_does(cases):
    left, right = (gpd.read_parquet(cases / f"clip_{side}.parquet") for side in ("left", "right"))
    found = comparing.compare(
        str(cases / "clip_left.parquet"), str(cases / "clip_right.parquet"), weight=schema.Weight.AREA
    )
    table = found.overlay.table["area_m2"]
    one, two = (frame.to_crs(27700).set_index("code")["geometry"] for frame in (left, right))
    pairs = table[[("" not in pair) for pair in table.index]]
    assert len(pairs) > 0
    for (a, b), area in pairs.items():
        assert area == pytest.approx(shapely.intersection(one[a], two[b]).area, rel=1e-6)
    assert pairs.sum() == pytest.approx(shapely.intersection(one.union_all(), two.union_all()).area, rel=1e-6)


# ------------------------------------------------------------------------------------------- compiled code


def add(one, other):
    return one + other


def test_where_nothing_can_be_written_code_is_compiled_each_time(monkeypatch):
    def nowhere(*_args):
        message = "cannot cache function 'add': no locator available for file"
        raise RuntimeError(message)

    monkeypatch.setattr(edges.Kept, "__init__", nowhere)
    assert edges.compiled(add)(2, 3) == 5


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("content", [b"", b"\x80\x04no pickle", None])
def test_damaged_compiled_code_is_made_anew(tmp_path, monkeypatch, caplog, suffix, content):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "kept"))
    assert edges.compiled(add)(2, 3) == 5
    [file] = (tmp_path / "kept").rglob(f"*{suffix}")
    file.write_bytes(file.read_bytes()[:-9] if content is None else content)
    with caplog.at_level(logging.WARNING):
        assert edges.compiled(add)(2, 3) == 5
    assert caplog.messages == [f"Compiled code kept in {file.parent} is damaged and is made anew."]
    caplog.clear()
    again = edges.compiled(add)
    assert again(2, 3) == 5
    assert (caplog.messages, sum(again.stats.cache_hits.values())) == ([], 1)


def test_compiled_code_that_cannot_be_kept_is_used(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "kept"))

    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile.save", full)
    assert edges.compiled(add)(2, 3) == 5


def test_an_installation_and_a_home_that_cannot_be_written(elsewhere):
    """A user without rights, where the test may become one; otherwise a home that is none."""
    shutil.copytree(PACKAGE, elsewhere / "site" / "geoplan", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PACKAGE.parent / "boundaries", elsewhere / "site" / "geoplan" / "boundaries")
    environment = {**os.environ, "PYTHONPATH": str(elsewhere / "site"), "HOME": "/nonexistent", "GEOPLAN_CACHE": ""}
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "import numba.core.caching as caching\n"
        "def refused(*_): raise OSError(30, 'Read-only file system')\n"
        "caching._CacheLocator.ensure_cache_path = refused\n"
        "caching.os.makedirs = refused\n"
        "Path.mkdir = refused\n"
        "import numpy as np, shapely\n"
        "from geoplan.cli.main import main\n"
        "from geoplan.engine import clipping, edges, intersections, locating\n"
        "print(edges.__file__, *edges.edges_of(np.array([shapely.box(0, 0, 10, 10)])).areas)\n"
        "print(edges._measure.signatures != [], flush=True)\n"
        "sys.argv = ['geoplan', 'compare', 'lhb', 'country', '--format', 'csv']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    measured, compiled, _heading, first, *_rest = done.stdout.splitlines()
    assert measured == f"{elsewhere / 'site' / 'geoplan' / 'engine' / 'edges.py'} 100.0"
    assert compiled == "True"
    assert first.startswith("W11000023,Betsi Cadwaladr University Health Board,W92000004,Wales,")
    assert "Traceback" not in done.stderr


def test_a_full_standard_error_does_not_cost_the_result():
    if not Path("/dev/full").exists():
        pytest.skip("the system has no /dev/full")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "geoplan", "compare", "lhb", "utla"]
        # What is held back for a stream fails once more when Python ends.
        buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, text=True, check=False, env=buffered)
    assert done.returncode == 0
    assert "7 areas" in done.stdout
