"""Outputs destroy nothing: inputs, devices, links, folders, other outputs; kills and full disks at every step."""

from __future__ import annotations

import errno
import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from geoplan.cli.main import cli
from geoplan.errors import OutputError
from geoplan.writing import folders, places, staging
from geoplan.writing.files import write
from geoplan.writing.folders import write_folder
from geoplan.writing.manifest import MANIFEST, hash_of

TEAMS = "area_name,authority\nNorth,Gwynedd\nNorth,Conwy\nSouth,Cardiff\n"
SQUARE = [[-1.2, 52.6], [-1.1, 52.6], [-1.1, 52.7], [-1.2, 52.7], [-1.2, 52.6]]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text(TEAMS, encoding="utf-8")
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def run(*arguments, **options):
    command = [sys.executable, "-m", "geoplan", *map(str, arguments)]
    return subprocess.run(command, stderr=subprocess.PIPE, check=False, **options)


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def without_manifest(folder):
    return {name: text for name, text in contents(folder).items() if name != MANIFEST}


# ------------------------------------------------------------------------------------------- clashes


@pytest.fixture
def never(monkeypatch):
    """No layer may be opened: what clashes is refused before any work."""

    def worked(*_args, **_options):
        pytest.fail("work was done before the outputs were looked at")

    monkeypatch.setattr("geoplan.commuting.atlas.Atlas.layer", worked)
    monkeypatch.setattr("geoplan.output.media.run", worked)
    monkeypatch.setattr("geoplan.commuting.delineated.delineated", worked)


CONFIG = 'pairs = [["mine", "lhb"]]\n[layers.mine]\nsource = "mine.csv"\n'


@pytest.mark.usefixtures("never")
@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", "mine.csv", "lhb", "--out", "mine.csv"],
        ["compare", "lhb", "mine.csv#area_name", "--out", "./mine.csv"],
        ["compare", "lhb", "mine.csv", "--out", "link.csv"],
        ["compare", "link.csv", "lhb", "--out", "mine.csv"],
        ["compare", "lhb", "utla", "--replace", "lhb=mine.csv", "--out", "mine.csv"],
        ["blocks", "lhb", "utla", "mine.csv", "--out", "mine.csv"],
        ["blocks", "lhb", "utla", "--out", "g.json", "--graph", "g.json"],
        ["contiguity", "lhb", "--out", "new/../g.json", "--graph", "g.json"],
        ["realign", "lhb", "utla", "--out", "m.geojson", "--layer", "m.geojson"],
        ["realign", "mine.csv", "lhb", "--out", "mine.csv"],
        ["containment", "lhb", "--matrix", "m.csv", "--out", "m.csv"],
        ["containment", "lhb", "--matrix", "-"],
        ["containment", "lhb", "--flows", "mine.csv", "--matrix", "mine.csv"],
        ["labour-markets", "mine.csv", "--out", "mine.csv"],
        ["labour-markets", "--zones", "mine.csv", "--out", "mine.csv"],
        ["map", "shape.shp", "--out", "shape.shp"],
        ["compare", "shape.shp", "lhb", "--out", "shape.dbf"],
        ["compare", "shape.shp", "lhb", "--out", "shape.cpg"],
        ["baseline", "write", "geoplan.toml", "--file", "geoplan.toml"],
        ["baseline", "update", "geoplan.toml", "--file", "mine.csv"],
        ["audit", "geoplan.toml", "--against", "out/audit.json", "--out", "out"],
        ["audit", "--against", "out/audit.json", "--out", "out"],
        ["audit", "--baseline", "out/findings.csv", "--out", "out"],
        ["audit", "areas.toml", "--out", "out"],
        ["audit", "--out", "mine.csv"],
        ["audit", "--out", "linked"],
        ["audit", "--out", "-"],
        ["compare", "lhb", "utla", "--out", "pipe"],
        ["compare", "lhb", "utla", "--out", "socket"],
        ["compare", "lhb", "utla", "--out", "out"],
        ["compare", "lhb", "utla", "--out", "nodir/"],
        ["compare", "lhb", "utla", "--out", "/dev/full"],
        ["compare", "lhb", "utla", "--out", "/dev/stderr"],
        ["containment", "lhb", "--matrix", "pipe"],
    ],
    ids=" ".join,
)
def test_what_would_destroy_something_is_refused_before_any_work(elsewhere, arguments):
    (elsewhere / "link.csv").symlink_to("mine.csv")
    (elsewhere / "out" / "areas" / "x").mkdir(parents=True)
    for name in ("out/audit.json", "out/findings.csv", "out/areas/x/findings.csv", "shape.shp", "shape.dbf"):
        (elsewhere / name).write_text("kept", encoding="utf-8")
    (elsewhere / "shape.CPG").write_text("kept", encoding="utf-8")
    (elsewhere / "shape.cpg").write_text("kept", encoding="utf-8")
    (elsewhere / "geoplan.toml").write_text(CONFIG, encoding="utf-8")
    text = 'focus = ["lhb:W11000023"]\n' + CONFIG.replace("mine.csv", "out/areas/x/findings.csv")
    (elsewhere / "areas.toml").write_text(text, encoding="utf-8")
    # A folder of which one file is a link out of it.
    (elsewhere / "linked").mkdir()
    (elsewhere / "linked" / "map.html").symlink_to("../mine.csv")
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        before = contents(elsewhere)
        done = call(*arguments)
    assert done.exit_code == 2, (done.output, done.exception)
    assert done.stderr.startswith(("Error: ", "Usage: "))
    assert contents(elsewhere) == before
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)
    assert stat.S_ISSOCK(Path("socket").stat().st_mode)


def test_inputs_have_their_sidecars():
    for name in ("a.shp", "a.shx", "a.DBF", "a.cpg", "a.shp.xml", "a.csv", "ab.dbf", "b.gpkg", "b.gpkg-wal"):
        Path(name).touch()
    found = [path.name for path in places.inputs_of(["lad", "", "a.shp", "b.gpkg#towns", "a.csv#ICB24CD"])]
    assert found == ["a.shp", "a.DBF", "a.cpg", "a.shp.xml", "a.shx", "b.gpkg", "b.gpkg-wal", "a.csv"]


def test_a_hard_link_to_an_input_is_the_input(elsewhere):
    (elsewhere / "twin.csv").hardlink_to("mine.csv")
    done = call("compare", "mine.csv", "lhb", "--out", "twin.csv")
    assert done.exit_code == 2
    assert "--out twin.csv would write over mine.csv, which this run reads. Choose another place." in done.stderr


# ------------------------------------------------------------------------------------------- one output


@pytest.mark.parametrize("place", ["-", "/dev/stdout"])
def test_the_screen_is_an_output(place, elsewhere):
    whole = call("compare", "lhb", "utla", "--format", "csv").stdout_bytes
    assert call("compare", "lhb", "utla", "--format", "csv", "--out", place).stdout_bytes == whole
    assert call("map", "lhb", "--png", "--out", place).stdout_bytes.startswith(b"\x89PNG")
    assert call("init", "--out", place).stdout.startswith("# geoplan.toml")
    assert [path.name for path in elsewhere.iterdir()] == ["mine.csv"]


def test_the_device_that_keeps_nothing_stays_one(elsewhere):
    done = call("compare", "lhb", "utla", "--out", "/dev/null")
    assert (done.exit_code, done.stdout) == (0, "")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    (elsewhere / "null").symlink_to("/dev/null")
    assert call("compare", "lhb", "utla", "--out", "null").exit_code == 0
    assert (elsewhere / "null").is_symlink()
    if os.geteuid() == 0:
        os.mknod("device", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        assert call("compare", "lhb", "utla", "--out", "device").exit_code == 0
        assert stat.S_ISCHR(Path("device").stat().st_mode)


def test_of_a_link_the_target_is_written_and_modes_are_kept(elsewhere):
    real = elsewhere / "below" / "real.csv"
    real.parent.mkdir()
    real.write_text("old")
    real.chmod(0o600)
    (elsewhere / "link.csv").symlink_to("below/real.csv")
    (elsewhere / "dangling.csv").symlink_to("below/new.csv")
    for name in ("link.csv", "dangling.csv"):
        assert call("compare", "lhb", "utla", "--out", name).exit_code == 0
        assert (elsewhere / name).is_symlink()
    assert real.read_text().startswith("left_code,")
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert (elsewhere / "below" / "new.csv").read_text() == real.read_text()
    assert sorted(path.name for path in real.parent.iterdir()) == ["new.csv", "real.csv"]


def test_a_full_disk_leaves_the_file_that_was_there(elsewhere, monkeypatch):
    (elsewhere / "c.csv").write_text("old")

    def full(*_args, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    for owner, name in ((staging.tempfile, "mkdtemp"), (Path, "write_bytes"), (os, "replace")):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, full)
            done = call("compare", "lhb", "utla", "--out", "c.csv")
        assert done.exit_code == 4
        assert "c.csv: cannot write there (No space left on device). Choose another with --out." in done.stderr
        assert contents(elsewhere) == {"c.csv": b"old", "mine.csv": TEAMS.encode()}


def test_what_a_killed_writer_left_is_removed(elsewhere):
    left = elsewhere / ".geoplan-writing-abc"
    left.mkdir()
    (left / "new").write_text("half")
    (elsewhere / ".geoplan-notes").mkdir()
    write("text", "c.txt")
    assert {path.name for path in elsewhere.iterdir()} == {"c.txt", "mine.csv", ".geoplan-notes"}
    with staging.staging_in(elsewhere) as alive:
        write("text", "c.txt")
        assert alive.is_dir(), "its writer lives"


# ------------------------------------------------------------------------------------------- folders


OLD = {"findings.csv": "old", "changes.csv": "old", "areas/one/map.html": "old", "areas/two/map.html": "old"}
NEW = {"findings.csv": "new", "map.html": "new", "areas/two/map.html": "new", "areas/three/map.html": "new"}


def written(files):
    return {name: text.encode() for name, text in files.items()}


@pytest.mark.parametrize("own", [False, True], ids=["swapped", "in place"])
def test_a_folder_of_an_earlier_audit_is_replaced_as_a_set(elsewhere, own):
    folder = elsewhere / "out"
    write_folder(folder, OLD)
    assert without_manifest(folder) == written(OLD)
    notes = {"notes.txt": "mine", "areas/one/letter.txt": "mine"} if own else {}
    for name, text in notes.items():
        (folder / name).write_text(text)
    (folder / "findings.csv").chmod(0o640)
    folder.chmod(0o750)
    write_folder(folder, NEW)
    assert without_manifest(folder) == written({**NEW, **notes})
    assert (folder / "areas" / "one").exists() == own
    assert stat.S_IMODE((folder / "findings.csv").stat().st_mode) == 0o640
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    manifest = json.loads((folder / MANIFEST).read_text())
    assert (manifest["whole"], sorted(manifest["files"])) == (True, sorted(NEW))
    assert sorted(path.name for path in elsewhere.iterdir()) == ["mine.csv", "out"]


def test_a_file_changed_since_is_the_users_own(elsewhere):
    folder = elsewhere / "out"
    write_folder(folder, OLD)
    (folder / "changes.csv").write_text("with a remark")
    write_folder(folder, NEW)
    assert without_manifest(folder) == written({**NEW, "changes.csv": "with a remark"})


def test_an_audit_that_was_cut_off_is_not_compared_with(elsewhere):
    folder = elsewhere / "out"
    write_folder(folder, {**OLD, "audit.json": "{}"})
    (folder / "mine.json").write_text("{}")
    folders.refuse_unfinished(folder / "audit.json")
    said = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**said, "whole": False}))
    folders.refuse_unfinished(folder / "mine.json")
    command = ["audit", "--layers", "lhb,utla", "--out", "new", "--against", str(folder / "audit.json")]
    told = CliRunner().invoke(cli, command)
    assert told.exit_code == 3
    assert "audit.json is of an audit that was cut off while its files were written" in told.stderr
    assert not (elsewhere / "new").exists()


def test_a_hostile_manifest_takes_nothing_away(elsewhere):
    folder = elsewhere / "out"
    write_folder(folder, OLD)
    said = json.loads((folder / MANIFEST).read_text())
    digest = hash_of(TEAMS.encode())
    (folder / "link").symlink_to(elsewhere)
    said["files"] |= {"../mine.csv": [digest], str(elsewhere / "mine.csv"): [digest], "link/mine.csv": [digest]}
    (folder / MANIFEST).write_text(json.dumps(said))
    write_folder(folder, NEW)
    assert (elsewhere / "mine.csv").read_text() == TEAMS
    (folder / "link").unlink()
    assert without_manifest(folder) == written(NEW)
    for text in ("[]", '{"files": 3}', "[" * 100_000, "\xff"):
        (folder / MANIFEST).write_text(text)
        write_folder(folder, NEW)
        assert without_manifest(folder) == written(NEW)


def test_no_link_is_followed_out_of_the_folder(elsewhere):
    (elsewhere / "victim").mkdir()
    folder = elsewhere / "out"
    for name, target in (("areas", "../victim"), ("findings.csv", "../mine.csv")):
        write_folder(folder, {"other.csv": "old"})
        (folder / name).symlink_to(target)
        with pytest.raises(OutputError, match=f"{name} is a link, and none is followed"):
            write_folder(folder, NEW)
        assert contents(elsewhere / "victim") == {}
        assert (elsewhere / "mine.csv").read_text() == TEAMS
        (folder / name).unlink()


@pytest.mark.parametrize("name", ["../out.csv", "/elsewhere/out.csv", "areas/../../out.csv", "a\\b.csv", "", "a\0b"])
def test_no_name_leads_out_of_the_folder(elsewhere, name):
    with pytest.raises(OutputError, match="would lie outside the folder"):
        write_folder(elsewhere / "out", {name: "text"})
    assert [path.name for path in elsewhere.iterdir()] == ["mine.csv"]


def test_a_folder_behind_a_link_and_the_folder_one_stands_in(elsewhere, monkeypatch):
    (elsewhere / "real").mkdir()
    (elsewhere / "last").symlink_to("real")
    for files in (OLD, NEW):
        write_folder(elsewhere / "last", files)
    assert (elsewhere / "last").is_symlink()
    assert without_manifest(elsewhere / "real") == written(NEW)
    monkeypatch.chdir(elsewhere / "real")
    write_folder(Path(), OLD)
    assert without_manifest(Path()) == written(OLD)


def test_where_folders_cannot_be_exchanged_files_are(elsewhere, monkeypatch):
    monkeypatch.setattr(folders, "_exchange", lambda *_: False)
    for files in (OLD, NEW):
        write_folder(elsewhere / "out", files)
        assert without_manifest(elsewhere / "out") == written(files)


def test_what_is_put_into_a_folder_while_it_is_swapped_is_brought_over(elsewhere, monkeypatch):
    folder, exchange = elsewhere / "out", folders._exchange
    write_folder(folder, OLD)

    def slow(fresh, place):
        (place / "areas" / "one" / "late.txt").write_text("mine")
        return exchange(fresh, place)

    monkeypatch.setattr(folders, "_exchange", slow)
    write_folder(folder, NEW)
    assert without_manifest(folder) == written({**NEW, "areas/one/late.txt": "mine"})


KILLED = """
import itertools, os, sys
from pathlib import Path
from geoplan.writing import folders, manifest
old, new, own = {old}, {new}, {own}
root = Path.cwd() / "here"
folder = root / "out"

def state():
    files = {{p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}}
    return {{name: text for name, text in files.items() if ".geoplan-" not in name}}

def hook(event, values):
    if str(root) in repr(values) and next(steps) == fatal:
        os._exit(9)

exchange = folders._exchange
def exchanged(*places):
    if next(steps) == fatal:
        os._exit(9)
    done = exchange(*places)
    if next(steps) == fatal:
        os._exit(9)
    return done

folders._exchange = exchanged
seen = set()
for fatal in itertools.count():
    steps = itertools.count(10**9)
    folders.write_folder(folder, old)
    for name, text in own.items():
        (folder / name).write_text(text)
    child = os.fork()
    if child == 0:
        steps = itertools.count()
        sys.addaudithook(hook)
        folders.write_folder(folder, new)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    found, known = state(), manifest.known_files(folder)
    if found == {{**old, **own}} and known.whole:
        seen.add("old")
    elif found == {{**new, **own}} and known.whole:
        seen.add("new")
    else:
        assert own and not known.whole, (fatal, found)
        assert {{n: t for n, t in found.items() if n in own}} == own, (fatal, found)
        seen.add("told")
    folders.write_folder(folder, new)
    assert state() == {{**new, **own}}, (fatal, state())
    assert [p.name for p in root.iterdir()] == ["out"], (fatal, list(root.iterdir()))
    assert not list(folder.glob(".geoplan-writing-*")), fatal
    if os.waitstatus_to_exitcode(status) == 0:
        break
print(fatal, sorted(seen))
"""


@pytest.mark.parametrize(
    ("own", "states"),
    [({}, ["new", "old"]), ({"notes.txt": "mine"}, ["new", "old", "told"])],
    ids=["swapped", "in place"],
)
def test_a_kill_at_any_step_leaves_the_old_set_or_the_new_one(own, states):
    """Whole; or, where the user's own files forbid the swap, a manifest that says it is not."""
    script = KILLED.format(old=OLD, new=NEW, own=own)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    steps, _, seen = done.stdout.strip().partition(" ")
    assert int(steps) > 20
    assert seen == str(states)


def test_an_audit_takes_away_what_an_earlier_one_with_areas_wrote(elsewhere):
    text = CONFIG + '[outputs]\nfiles = ["findings.csv", "audit.json"]\n'
    (elsewhere / "geoplan.toml").write_text(text, encoding="utf-8")
    (elsewhere / "areas.toml").write_text('focus = ["lhb:W11000023"]\n' + text, encoding="utf-8")
    assert call("audit", "areas.toml", "--out", "out").exit_code == 0
    assert (elsewhere / "out" / "index.html").is_file()
    (elsewhere / "before.json").write_bytes((elsewhere / "out" / "audit.json").read_bytes())
    assert call("audit", "geoplan.toml", "--out", "out").exit_code == 0
    assert {path.name for path in (elsewhere / "out").iterdir()} == {"findings.csv", "audit.json", MANIFEST}


# ------------------------------------------------------------------------------------------- the screen


def test_a_screen_that_takes_nothing_is_an_error_of_its_own():
    with Path("/dev/full").open("wb") as full:
        for command in (["layers"], ["--help"], ["rule", "GP301"], ["--version"]):
            done = run(*command, stdout=full)
            assert done.returncode == 4, command
            assert done.stderr.decode().startswith("Error: the output cannot be written (No space left on device)")
            assert len(done.stderr.splitlines()) == 1


def test_a_closed_screen_is_an_error_unless_nothing_is_written_there(elsewhere):
    def closed(command):
        return subprocess.run(
            ["sh", "-c", f"{sys.executable} -m geoplan {command} >&-"], capture_output=True, check=False
        )

    done = closed("layers")
    assert (done.returncode, done.stderr.count(b"\n")) == (4, 1)
    assert done.stderr.startswith(b"Error: the output cannot be written (")
    assert closed("compare lhb utla --out c.csv").returncode == 0
    assert (elsewhere / "c.csv").read_text().startswith("left_code,")


def test_a_reader_that_has_gone_is_no_noise():
    reading, writing = os.pipe()
    os.close(reading)
    done = run("layers", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (4, b"")
