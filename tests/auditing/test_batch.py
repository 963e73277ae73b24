"""Batch audits end to end: many areas, several processes, interruption, known findings, broken inputs."""

from __future__ import annotations

import html
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from geoplan.auditing import batch
from geoplan.cli.main import cli

CONFIG = """
pairs = [["lhb", "utla"], ["mine", "lhb"]]
focus = ["lhb:W11000023", "lhb:W11000025"]
[layers.mine]
source = "mine.csv"
title = "Welsh teams"
[outputs]
files = ["findings.csv", "audit.json", "audit.sarif", "audit.junit.xml"]
"""
TEAMS = "area_name,authority\nNorth,Gwynedd\nNorth,Conwy\nNorth,Powys\nSouth,Cardiff\nSouth,Swansea\n"


def furnish(folder: Path) -> Path:
    (folder / "geoplan.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "mine.csv").write_text(TEAMS, encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a configuration and the table it names."""
    monkeypatch.chdir(furnish(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """What one process writes of the configuration without a cache: what it says, and its folder."""
    folder = furnish(tmp_path_factory.mktemp("fresh"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = call("audit", "geoplan.toml", "--out", "geoplan-audit", "--fresh")
    assert done.exit_code == 0, done.output
    return done.stdout, folder / "geoplan-audit"


@pytest.fixture
def whole_only(project):
    """The folder of `project` whose configuration names no areas, for tests that do not look at their files."""
    text = "".join(line for line in CONFIG.splitlines(keepends=True) if not line.startswith("focus"))
    (project / "geoplan.toml").write_text(text, encoding="utf-8")
    return project


def call(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_configuration_gives_the_whole_audit_and_every_area(fresh):
    said, folder = fresh
    files = contents(folder)
    assert {"findings.csv", "audit.json", "audit.sarif", "audit.junit.xml", "index.html"} <= set(files)
    areas = {Path(name).parts[1] for name in files if name.startswith("areas/")}
    assert len(areas) == 2
    for area in areas:
        assert {f"areas/{area}/{name}" for name in batch.AREA_FILES} <= set(files)
    index = files["index.html"].decode()
    assert all(f'href="areas/{area}/brief.html"' in index for area in areas)
    titles = [layer["title"] for layer in json.loads(files["audit.json"])["layers"]]
    assert "Welsh teams" in titles
    assert str(folder.parent) not in "".join(content.decode("utf-8", "ignore") for content in files.values())
    assert "Areas: 2 told, 0 failed" in said


def test_two_processes_and_a_warm_cache_give_the_same_bytes(project, fresh, monkeypatch):
    monkeypatch.setenv("GEOPLAN_CACHE", str(project / "kept"))
    assert call("audit", "geoplan.toml", "--out", "two", "--workers", "2").exit_code == 0
    assert len(list((project / "kept").glob("area-*.cache"))) == 2
    assert call("audit", "geoplan.toml", "--out", "three").exit_code == 0
    assert contents(fresh[1]) == contents(project / "two") == contents(project / "three")


def start(project: Path, out: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "geoplan", "audit", "geoplan.toml", "--out", out]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=project, env={**os.environ, "GEOPLAN_CACHE": str(project / "kept")}, **quiet)


def test_a_killed_run_leaves_no_part_and_the_next_takes_up_what_was_finished(project, fresh, monkeypatch):
    running = start(project, "out")
    kept = project / "kept"
    end = time.monotonic() + 120
    while not list(kept.glob("area-*.cache")) and time.monotonic() < end and running.poll() is None:
        time.sleep(0.05)
    assert list(kept.glob("area-*.cache")), "no area was finished before the run ended"
    running.send_signal(signal.SIGKILL)
    running.wait()
    # What stands at the place of the output is nothing, or all of it, if the run was quicker than the kill.
    assert not any((project / "out").rglob("*.json")) or (project / "out" / "index.html").is_file()
    made = []
    monkeypatch.setenv("GEOPLAN_CACHE", str(kept))
    whole = batch._made
    monkeypatch.setattr(batch, "_made", lambda place, told: made.append(place) or whole(place, told))
    assert call("audit", "geoplan.toml", "--out", "out").exit_code == 0
    assert len(made) < 2
    assert contents(project / "out") == contents(fresh[1])


def test_two_runs_at_once_on_one_cache_give_the_same(project):
    (project / "geoplan.toml").write_text(CONFIG.replace(', "lhb:W11000025"', ""), encoding="utf-8")
    runs = [start(project, name) for name in ("one", "two")]
    assert [run.wait(timeout=300) for run in runs] == [0, 0]
    assert contents(project / "one") == contents(project / "two")


def test_an_unreadable_layer_is_a_finding_and_the_rest_is_done(whole_only):
    (whole_only / "mine.csv").write_bytes(b"PK\x03\x04 not a table")
    done = call("audit", "geoplan.toml", "--fail-on", "error", "--format", "json")
    assert done.exit_code == 1, done.output
    document = json.loads(done.stdout)
    lost = [finding for finding in document["findings"] if finding["rule"] == "GP901"]
    assert "mine.csv" in lost[0]["message"]
    assert [(pair["left"], pair["right"]) for pair in document["pairs"]] == [("lhb", "utla"), ("utla", "lhb")]


def test_an_area_that_is_not_known_is_a_finding_and_the_others_are_told(project):
    text = CONFIG.replace("lhb:W11000025", "Atlantis")
    (project / "geoplan.toml").write_text(text, encoding="utf-8")
    done = call("audit", "geoplan.toml", "--fail-on", "never")
    assert done.exit_code == 3
    assert "1 told, 1 failed" in done.stdout
    reason = "There is no area called 'Atlantis'."
    assert f"Atlantis could not be told: {reason}" in done.stderr
    index = html.unescape((project / "geoplan-audit" / "index.html").read_text(encoding="utf-8"))
    assert f"Could not be told: {reason}" in index
    lost = [
        f
        for f in json.loads((project / "geoplan-audit" / "audit.json").read_text())["findings"]
        if f["rule"] == "GP901"
    ]
    assert [reason in finding["message"] for finding in lost] == [True]


def test_every_area_of_a_layer_that_is_not_audited_is_named_and_the_others_are_told(project):
    text = CONFIG.replace("lhb:W11000025", "icb:*")
    (project / "geoplan.toml").write_text(text, encoding="utf-8")
    done = call("audit", "geoplan.toml", "--format", "json")
    assert done.exit_code == 3
    assert "icb:* could not be told: icb is not audited. Audited: mine, lhb, utla" in done.stderr
    assert len(list((project / "geoplan-audit" / "areas").iterdir())) == 1


def test_only_what_is_new_or_worse_is_told(project):
    text = CONFIG.replace('focus = ["lhb:W11000023", "lhb:W11000025"]', 'baseline = "known.json"\nfail_on = "warning"')
    (project / "geoplan.toml").write_text(text, encoding="utf-8")
    assert call("audit", "geoplan.toml").exit_code == 3
    assert call("baseline", "write", "geoplan.toml", "--reason", "known in 2026").exit_code == 0
    assert call("baseline", "write", "geoplan.toml").exit_code == 2
    first = call("audit", "geoplan.toml", "--out", "first")
    assert first.exit_code == 0, first.output
    recorded = json.loads((project / "known.json").read_text(encoding="utf-8"))["entries"]
    sentence = f"{len(recorded)} findings are known and kept quiet (baseline known.json)."
    assert sentence in first.stdout
    marks = [f["baseline"] for f in json.loads((project / "first" / "audit.json").read_text())["findings"]]
    assert marks.count("known") == len(recorded) > 0
    assert call("baseline", "check", "geoplan.toml").exit_code == 0
    # Powys leaves for the South: the North no longer reaches into its board, the South does.
    (project / "mine.csv").write_text(TEAMS.replace("North,Powys", "South,Powys"), encoding="utf-8")
    second = call("audit", "geoplan.toml", "--against", "first/audit.json", "--out", "second")
    assert second.exit_code in {0, 1}
    assert "Since audit.json" in second.stdout
    # The same audit without the baseline: what was kept quiet is no news.
    bare = text.replace('baseline = "known.json"\n', "")
    (project / "bare.toml").write_text(bare, encoding="utf-8")
    (project / "mine.csv").write_text(TEAMS, encoding="utf-8")
    same = call("audit", "bare.toml", "--against", "first/audit.json", "--out", "same", "--fail-on", "never")
    assert "Since audit.json (as of 2026-04-01): 0 new, 0 gone, 0 grown, 0 shrunk" in same.stdout
    (project / "mine.csv").write_text(TEAMS.replace("North,Powys", "South,Powys"), encoding="utf-8")
    assert (project / "second" / "changes.csv").is_file()
    assert call("baseline", "check", "geoplan.toml").exit_code == 1
    assert call("baseline", "update", "geoplan.toml").exit_code == 0
    assert call("baseline", "check", "geoplan.toml").exit_code == 0
    entries = json.loads((project / "known.json").read_text(encoding="utf-8"))["entries"]
    assert {entry["reason"] for entry in entries} <= {"known in 2026", "not given"}


@pytest.mark.usefixtures("whole_only")
def test_formats_for_other_tools_are_printed_alone():
    assert json.loads(call("audit", "geoplan.toml", "--format", "sarif").stdout)["version"] == "2.1.0"
    assert call("audit", "geoplan.toml", "--format", "junit").stdout.startswith("<?xml")


@pytest.mark.usefixtures("tables_only")
def test_formats_whose_files_nobody_asked_for_are_made_to_be_printed(tmp_path):
    asked = ("audit", "--layers", "lhb,connect_to_work", "--out", str(tmp_path / "out"), "--format")
    assert json.loads(call(*asked, "sarif").stdout)["runs"][0]["results"]
    assert "<testsuite" in call(*asked, "junit").stdout
    assert not list((tmp_path / "out").glob("*.sarif"))


def test_init_writes_once_and_the_audit_takes_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("init").exit_code == 0
    again = call("init")
    assert again.exit_code == 2
    assert "is there already" in again.stderr


@pytest.mark.usefixtures("project")
def test_options_that_the_configuration_decides_are_refused():
    done = call("audit", "geoplan.toml", "--layers", "icb,lad")
    assert done.exit_code == 2
    assert "--layers" in done.stderr


def test_a_map_is_a_page_or_a_picture(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = call("map", "lhb", "lsip_2025")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "geoplan-map.html").read_text(encoding="utf-8")
    assert "openstreetmap.org/{z}" not in page
    assert call("map", "lhb", "--png", "--out", "boards.png").exit_code == 0
    assert (tmp_path / "boards.png").read_bytes().startswith(b"\x89PNG")
    assert call("map", "lhb", "--out", "other.PNG").exit_code == 0
    assert (tmp_path / "other.PNG").read_bytes().startswith(b"\x89PNG")
    assert call("map", "nosuch").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lhb", "--png", "--out", "x.html"], "x.html is the name of a page, and --png asks for another"),
        (["lhb", "--svg", "--out", "x.pdf"], "x.pdf is the name of a picture of kind pdf, and --svg asks for another"),
        (["lhb", "--out", "x.gif"], "x.gif ends in none of .html"),
        (["lhb", "--png", "--size", "B4"], "'B4' is no size of a picture"),
        (["lhb", "--png", "--size", "50"], "50 pixels wide cannot be drawn: give 100 to 10,000"),
        (["lhb", "--png", "--pdf"], "--png and --pdf are two pictures: ask for one at a time."),
        (["lhb", "--size", "A4"], "--size is for a picture, and a page has none: add --png, --svg or --pdf"),
        (["lhb", "--no-labels"], "--no-labels is for a picture"),
        (["lhb", "--out", "x"], "x ends in none of .html, .png, .svg and .pdf"),
        (["lhb", "--png", "--tiles", "osm"], "leave out --tiles"),
        (["areas.csv#ICB24CD", "--png"], "needs outlines"),
        (["areas.csv#ICB24CD"], "needs outlines"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "areas.csv").write_text(
        "LSOA21CD,ICB24CD\nE01000001,E54000027\nE01000002,E54000027\n", encoding="utf-8"
    )
    done = call("map", *arguments)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["areas.csv"]


def test_the_order_of_sets_changes_nothing(tmp_path):
    """Python orders texts in sets anew in every process; sums of people must not follow."""
    command = (
        "from geoplan.auditing import audit; from geoplan.auditing.results import Configuration;"
        "from geoplan.output.tables import audits; print(audits.audit_json(audit.run(Configuration.of_layers({}))))"
    )
    layers = ["utla", "icb_2026", "connect_to_work"]
    told = [
        subprocess.run(
            [sys.executable, "-c", command.format(layers)], cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, check=True,
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert told[0] == told[1]
