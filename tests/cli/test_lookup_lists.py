"""`geoplan lookup --file`: lists in, lists out, and a summary."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import pytest
from click.testing import CliRunner

from geoplan.cli.main import cli

LIST = 'name,address\n=1+1,"1 The Street, BA1 0AA"\n-5,ZZ9 9ZZ\n@x,here\nAnn,\nBen,LA1 1AA\n'


def run(*words: str):
    return CliRunner().invoke(cli, ["lookup", *words])


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clients.csv").write_text(LIST, encoding="utf-8-sig")
    return tmp_path


@pytest.mark.usefixtures("here")
def test_the_list_goes_to_the_screen_and_the_summary_beside_it():
    done = run("--file", "clients.csv", "icb_2026")
    assert done.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["name"] for row in rows] == ["'=1+1", "-5", "'@x", "Ann", "Ben"]
    assert [row["status"] for row in rows] == ["found", "not known", "not a postcode", "empty", "found"]
    assert rows[0]["icb_2026_name"] == "Bath and North East Somerset, Swindon and Wiltshire"
    said = " ".join(done.stderr.split())
    assert "clients.csv: 5 rows, looked up by the postcodes in 'address'." in said
    assert "2 found, 3 not: 1 not known, 1 not a postcode and 1 empty. Not found: row 3 (ZZ9 9ZZ), row 4" in said
    assert "row 4 (here), row 5 (empty)." in said
    assert "ended ones among them" in said
    raw = run("--file", "clients.csv", "icb_2026", "--raw-csv").stdout
    assert "\n=1+1," in raw


def test_files_are_written_by_their_suffix_and_hold_no_formula(here):
    for out in ("out.csv", "out.xlsx"):
        done = run("--file", "clients.csv", "icb_2026", "lad", "--out", out)
        assert done.exit_code == 0, done.output
        assert f"Written: {out}." in done.stdout
        assert "2 found, 3 not" in done.stdout
    sheet = openpyxl.load_workbook(here / "out.xlsx").active
    rows = list(sheet.iter_rows())
    assert [cell.value for cell in rows[0]][:4] == ["name", "address", "read_as", "status"]
    assert [row[0].value for row in rows[1:]] == ["=1+1", "-5", "@x", "Ann", "Ben"]
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n"}, "nothing is a formula"
    assert rows[1][0].data_type == "s"
    table = list(csv.reader(io.StringIO((here / "out.csv").read_text(encoding="utf-8"))))
    assert len(table) == len(rows) == 6
    again = run("--file", "clients.csv", "icb_2026", "lad", "--out", "again.xlsx")
    assert again.exit_code == 0
    assert (here / "again.xlsx").read_bytes() == (here / "out.xlsx").read_bytes()


@pytest.mark.usefixtures("here")
def test_json_and_the_summary_alone():
    rows = json.loads(run("--file", "clients.csv", "lad", "--format", "json").stdout)
    assert [row["lad_code"] for row in rows] == ["E06000022", "", "", "", "E07000121"]
    told = run("--file", "clients.csv", "lad", "--format", "text").stdout
    assert "BA1 0AA" not in told
    assert "2 found, 3 not" in told


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "No place was named: give a postcode, a code or a name, or a list with --file."),
        (("Bath", "--out", "x.csv"), 2, "--epsg and --out are for lists"),
        (("--file", "clients.csv", "lad", "--out", "x.pdf"), 2, "x.pdf ends in neither .csv nor .xlsx"),
        (("--file", "clients.csv", "lad", "--out", "x.csv", "--format", "json"), 2, "leave out --format"),
        (("--file", "clients.csv", "lad", "--out", "clients.csv"), 2, "would write over clients.csv"),
        (("--file", "absent.csv", "lad"), 3, "absent.csv"),
        (("--file", "clients.csv", "nonsense"), 2, "nonsense"),
        (("--file", "clients.csv", "lad", "--postcode", "adress"), 3, "Did you mean --postcode address?"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_is_asked_for_in_vain_is_refused(words, code, said):
    done = run(*words)
    assert said in " ".join(done.output.split())
    assert done.exit_code == code
