"""The how-to of a committee paper: five commands, of which those of geoplan run and leave a document."""

from __future__ import annotations

import re
import shlex

import docx
from click.testing import CliRunner
from roots import ROOT

from geoplan.cli.main import cli

PAGE = (ROOT / "docs" / "howto" / "committee-paper.md").read_text(encoding="utf-8")


def test_five_commands_lead_from_a_clone_to_a_document(tmp_path, monkeypatch):
    block = re.search(r"five commands:\n\n((?:    .+\n)+)", PAGE)[1]
    commands = [shlex.split(line) for line in block.splitlines()]
    assert len(commands) == 5
    assert (ROOT / "scripts" / "run").exists()
    monkeypatch.chdir(tmp_path)
    ran = [command[1:] for command in commands if command[0] == "scripts/run"]
    said = [CliRunner().invoke(cli, command) for command in ran]
    assert [each.exit_code for each in said] == [0, 0]
    assert "Suffolk" in said[0].output
    paper = docx.Document(str(tmp_path / commands[-1][-1]))
    cells = [cell for table in paper.tables for cell in table.rows[0].cells]
    used = {line.style.name for line in (*paper.paragraphs, *(cell.paragraphs[0] for cell in cells))}
    used |= {table.style.name for table in paper.tables}
    named = re.search(r"styles \((.+?)\)", PAGE)[1].split(", ")
    assert {*named, *re.findall(r"style \*([^*]+)\*", PAGE)} <= used
    written = {each.name for each in (tmp_path / "paper").iterdir()}
    assert set(re.findall(r"`paper/([\w.]+)`", PAGE)) <= written
