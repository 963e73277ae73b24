"""Text that others wrote: no commands to a terminal, no formulas in tables."""

from __future__ import annotations

import csv
import io
import os
import pty
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from geoplan.cli.main import cli
from geoplan.errors import escaped
from geoplan.output.tables.cells import table_csv

FORMULAS = ("=", "+", "@", "-3-")
HOSTILE = "area_name,area_id,authority\n=1+1,A 1,Gwynedd\n+2,@SUM(A1),Conwy\n-3-cmd,c,Powys\n"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def cells(text):
    return [cell for row in csv.reader(io.StringIO(text)) for cell in row]


def test_text_that_reads_as_a_formula_is_defused_and_numbers_stay():
    table = pd.DataFrame(
        {
            "=name": ["=1+1", "+2", "@x", "-x", "\tx", "-5", "-5.5e-3", "plain", "", None],
            "value": [-5.25, -1e-9, 0.1, 1, 2, 3, 4, 5, 6, float("nan")],
            "mixed": [-5, "-a", True, None, "=b", 1, 2, 3, 4, 5],
            "kind": pd.Categorical(["=k"] * 10),
        }
    )
    rows = list(csv.DictReader(io.StringIO(table_csv(table))))
    names = [row["'=name"] for row in rows]
    assert names == ["'=1+1", "'+2", "'@x", "'-x", "'\tx", "-5", "-5.5e-3", "plain", "", ""]
    assert [row["value"] for row in rows][:3] == ["-5.25", "-1e-9", "0.1"]
    assert [row["mixed"] for row in rows][:5] == ["-5", "'-a", "true", "", "'=b"]
    assert {row["kind"] for row in rows} == {"'=k"}
    raw = list(csv.DictReader(io.StringIO(table_csv(table, raw=True))))
    assert [row["=name"] for row in raw][:3] == ["=1+1", "+2", "@x"]


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6)


@given(
    st.lists(
        st.tuples(
            st.none() | TEXTS, st.none() | st.floats(allow_nan=False), st.none() | st.booleans(), st.integers(-9, 9)
        ),
        max_size=4,
    ),
    st.lists(TEXTS, min_size=4, max_size=4),
)
def test_a_table_written_as_csv_is_read_with_the_same_cells(rows, names):
    table = pd.DataFrame(rows, columns=pd.Index(names, dtype=object))
    heading, *lines = csv.reader(io.StringIO(table_csv(table, raw=True), newline=""))
    assert heading == names
    assert len(lines) == len(rows)
    for (text, number, flag, whole), line in zip(rows, lines, strict=True):
        assert line[0] == (text or "")
        assert line[1] == "" if number is None else float(line[1]) == number
        assert line[2] == {None: "", True: "true", False: "false"}[flag]
        assert int(float(line[3])) == whole


def test_values_among_others_stand_as_among_their_like():
    mixed = pd.DataFrame({"a": pd.Series([1.0, 1e-9, True, np.array([0], dtype=bool)[0], 7, "x"], dtype=object)})
    assert table_csv(mixed) == "a\n1\n1e-9\ntrue\nfalse\n7\nx\n"
    assert table_csv(pd.DataFrame({"a": [1], "day": pd.to_datetime([None])})) == "a,day\n1,\n"


@pytest.mark.parametrize("values", [[], [None], ["", None, "a"], [1.0, float("nan")]])
def test_one_column_has_a_line_a_row(values):
    table = pd.DataFrame({"only": pd.Series(values, dtype=object)})
    lines = list(csv.reader(io.StringIO(table_csv(table))))
    assert len(lines) == 1 + len(values)
    assert len(pd.read_csv(io.StringIO(table_csv(table)))) == len(values)


@pytest.mark.usefixtures("tables_only")
def test_every_csv_is_defused_unless_it_is_wanted_raw(elsewhere):
    (elsewhere / "mine.csv").write_text(HOSTILE, encoding="utf-8")
    commands = (
        ["compare", "mine.csv", "lhb", "--format", "csv"],
        ["blocks", "mine.csv", "lhb", "--format", "csv"],
        ["contiguity", "mine.csv", "--format", "csv"],
        ["audit", "--layers", "mine.csv,lhb", "--format", "csv"],
    )
    for command in commands:
        done = call(*command)
        assert done.exit_code == 0, done.output
        assert not [cell for cell in cells(done.stdout) if cell[:1] in {"=", "+", "@"}], command
        assert any(cell[:2] in {"'=", "'+", "'@", "'-"} for cell in cells(done.stdout)), command
        raw = call(*command, "--raw-csv")
        assert not any(cell.startswith("'") for cell in cells(raw.stdout)), command
    written = cells((elsewhere / "geoplan-audit" / "findings.csv").read_text(encoding="utf-8"))
    assert any(cell.startswith(FORMULAS) for cell in written), "the last was raw"
    (elsewhere / "geoplan.toml").write_text(
        'pairs = [["mine", "lhb"]]\nfocus = ["mine:c"]\n[layers.mine]\nsource = "mine.csv"\n'
        '[outputs]\nfiles = ["findings.csv"]\n'
    )
    for options, formula in (((), False), (("--raw-csv",), True), ((), False)):
        assert call("audit", "geoplan.toml", "--out", "out", *options).exit_code == 0
        paths = list((elsewhere / "out").rglob("findings.csv"))
        assert len(paths) == 2
        found = [cell for path in paths for cell in cells(path.read_text(encoding="utf-8"))]
        assert any(cell.startswith(FORMULAS) for cell in found) == formula


def test_what_a_terminal_would_obey_is_shown():
    assert escaped("a\x1b[2Jb\x07\x9b\u202e\u2066\r\n\tc") == "a\\x1b[2Jb\\x07\\x9b\\u202e\\u2066\\r\n\tc"
    assert escaped("Ynys Môn, Côte d'Azur – 日本") == "Ynys Môn, Côte d'Azur – 日本"


def test_error_messages_are_escaped():
    done = call("compare", "no\x1b[31msuch.csv", "lhb")
    assert done.exit_code == 3
    assert "no\\x1b[31msuch.csv" in done.stderr
    assert "\x1b" not in done.stderr


def test_a_terminal_is_shown_escapes_and_a_file_the_text(elsewhere):
    (elsewhere / "mine.csv").write_text("area_name,authority\nNo\x1b]0;rth,Gwynedd\n", encoding="utf-8")
    command = [sys.executable, "-m", "geoplan", "compare", "mine.csv", "lhb", "--format", "csv"]
    held, shown = pty.openpty()
    done = subprocess.run(command, stdout=shown, stderr=subprocess.PIPE, check=False)
    os.close(shown)
    text = b""
    while chunk := _read(held):
        text += chunk
    os.close(held)
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in text
    assert b"No\\x1b]0;rth" in text


def _read(handle):
    try:
        return os.read(handle, 65536)
    except OSError:
        return b""
