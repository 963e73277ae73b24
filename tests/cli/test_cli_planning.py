"""What-if as users call it."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import openpyxl
import pytest
from click.testing import CliRunner

from geoplan.cli.main import cli
from geoplan.output.media import WHATIF_FILES

HEADS = "action,layer,area,authority,to\n"
THERE = "move,connect_to_work,,Ceredigion,South West Wales\n"
BACK = "move,connect_to_work,,Ceredigion,Mid Wales\n"
WALES = ("--layers", "connect_to_work,lhb")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Every command runs in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.csv").write_text(HEADS + THERE)
    (tmp_path / "back.csv").write_text(HEADS + THERE + BACK)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_a_move_is_told_on_a_screen():
    done = call("whatif", "there.csv", *WALES)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "geoplan whatif there.csv, all areas, as of 2026-04-01."
    assert lines[1] == "  connect_to_work: move Ceredigion to South West Wales"
    assert all(len(line) <= 100 for line in lines)
    assert any(line.split() == ["areas", "cut", "2", "0", "-2"] for line in lines)
    assert "Mended: 3 errors and warnings." in lines
    assert "Made:" not in done.stdout


def test_json_alone_goes_to_the_screen_and_files_to_the_folder(elsewhere):
    done = call("whatif", "there.csv", *WALES, "--format", "json", "--out", "out")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["before"]["cut_people"] == {"connect_to_work with lhb": 389160.0}
    assert told["after"]["cut_people"] == {"connect_to_work with lhb": 0.0}
    written = {path.name for path in (elsewhere / "out").iterdir() if not path.name.startswith(".")}
    assert written == set(WHATIF_FILES)
    assert json.loads((elsewhere / "out" / "whatif.json").read_text()) == told
    changes = list(csv.DictReader(io.StringIO((elsewhere / "out" / "changes.csv").read_text())))
    assert {row["id"] for row in changes if row["change"] == "gone"} == {
        row["id"] for row in told["findings"]["mended"]
    }
    assert all(row["message"] for row in changes)
    brief = (elsewhere / "out" / "brief.html").read_text()
    assert "What if: Connect to Work areas, as there.csv changes them" in brief
    assert '<th scope="row">Areas cut</th>' in brief
    book = openpyxl.load_workbook(elsewhere / "out" / "audit.xlsx")
    assert book.sheetnames[:6] == ["Contents", "What if", "Mended and made", "Areas that change", "Moved", "Changes"]
    moved = [cell.value for cell in book["Moved"][2]]
    assert moved[:3] == ["connect_to_work", "W06000008", "Ceredigion"]


def test_there_and_back_changes_nothing_and_says_so():
    done = call("whatif", "back.csv", *WALES, "--format", "json")
    told = json.loads(done.stdout)
    assert told["before"] == told["after"]
    assert not any(told["findings"].values())
    assert told["moved"] == []
    assert told["remarks"] == ["Ceredigion is moved twice: row 3 moves it on to Mid Wales, after row 2."]
    assert "come to nothing" in call("whatif", "back.csv", *WALES).stdout


@pytest.mark.parametrize(
    ("row", "code", "said"),
    [
        ("move,connect_to_work,,Nowhere,Mid Wales", 2, "there is no authority 'Nowhere'. Nearest:"),
        (
            "move,connect_to_work,,Suffolk,Mid Wale",
            2,
            "there is no area 'Mid Wale' in connect_to_work. Nearest: Mid Wales",
        ),
        ("move,connect_to_work,,Suffolk,Norfolk", 2, "Suffolk (connect_to_work) is left without members"),
        ("move,conect_to_work,,Suffolk,Norfolk", 2, "Did you mean connect_to_work?"),
        ("move,labour_market#x,,Suffolk,Norfolk", 2, "is not a layer of the catalogue"),
    ],
)
def test_what_cannot_be_applied_is_refused(elsewhere, row, code, said):
    (elsewhere / "wrong.csv").write_text(f"{HEADS}{row}\n")
    done = call("whatif", "wrong.csv")
    assert done.exit_code == code
    assert said in done.stderr
    assert not done.stdout


def test_a_file_that_is_not_there_cannot_be_read():
    assert call("whatif", "nothing.csv").exit_code == 3


def test_the_changes_are_never_written_over(elsewhere):
    (elsewhere / "out").mkdir()
    (elsewhere / "out" / "changes.csv").write_text(HEADS + THERE)
    done = call("whatif", "out/changes.csv", *WALES, "--out", "out")
    assert done.exit_code == 2
    assert (elsewhere / "out" / "changes.csv").read_text() == HEADS + THERE


def test_a_scenario_is_a_layer_wherever_one_is_asked_for(elsewhere):
    compared = call("compare", "scenario:there.csv", "lhb", "--format", "csv")
    assert compared.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(compared.stdout)))
    assert {row["relation"] for row in rows if row["left_code"].startswith("ctw-mid")} == {"coterminous"}
    assert call("layers", "scenario:there.csv").exit_code == 0
    assert "49 of 49 areas are in one piece" in call("contiguity", "scenario:there.csv").stdout
    told = json.loads(call("containment", "scenario:there.csv", "--format", "json").stdout)
    assert len(told["areas"]) == 49
    assert json.loads(call("blocks", "scenario:there.csv", "lhb", "--format", "json").stdout)["blocks"]
    audited = call("audit", "--layers", "scenario:there.csv,lhb", "--format", "json", "--out", "out")
    assert audited.exit_code == 0
    assert json.loads(audited.stdout)["pairs"][0]["cut_people"] == 0
    assert zipfile.is_zipfile(elsewhere / "out" / "audit.xlsx")


def test_of_several_layers_one_is_asked_for_by_its_key():
    listed = call("layers").stdout
    assert "scenario:surrey_2027#lad" in listed
    assert "352" in call("compare", "scenario:surrey_2027#lad", "icb_2026").stdout
    done = call("layers", "scenario:surrey_2027#icb")
    assert done.exit_code == 2
    assert "It changes utla and lad." in done.stderr


def test_a_configuration_may_name_scenarios(elsewhere):
    (elsewhere / "geoplan.toml").write_text(
        'pairs = [["scenario:surrey_2027", "icb_2026"], ["mine", "lhb"]]\n'
        '[layers]\nmine = "scenario:there.csv"\n[outputs]\nfiles = ["audit.json"]\n'
    )
    done = call("audit", "geoplan.toml", "--format", "json")
    assert done.exit_code == 0, done.stderr
    pairs = {(pair["left"], pair["right"]): pair for pair in json.loads(done.stdout)["pairs"]}
    assert pairs["mine", "lhb"]["cut_people"] == 0
    assert pairs["scenario:surrey_2027", "icb_2026"]["areas"] == 176
