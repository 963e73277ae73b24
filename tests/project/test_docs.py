"""Documents say what the program does."""

from __future__ import annotations

import pkgutil
import re
import runpy

import pytest
from roots import ROOT

from geoplan.auditing.judging import rules
from geoplan.cli.main import cli
from geoplan.data import catalogue
from geoplan.schema import wording


def test_the_command_reference_is_what_help_says():
    made = runpy.run_path(str(ROOT / "scripts" / "cli_reference"))["reference"]()
    assert (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8") == made, "run scripts/cli_reference"


def test_every_command_names_its_python_twin():
    for name, command in cli.commands.items():
        assert "Python: geoplan." in command.help, name


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_the_python_twin_of_a_command_exists(name):
    text = " ".join((cli.commands[name].help or "").split())
    named = re.search(r"Python: (geoplan[\w.]+)((?:, [\w.]+)*)", text)
    for twin in [named[1], *(each for each in named[2].strip(".").split(", ") if each.startswith("geoplan."))]:
        pkgutil.resolve_name(twin.strip("."))


def test_commands_in_the_readme_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    used = set(re.findall(r"^ {4}geoplan (\S+)", text, flags=re.MULTILINE))
    assert used <= set(cli.commands)
    assert {"audit", "compare", "lookup"} <= used


def test_links_between_documents_lead_somewhere():
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_changelog_counts_what_there_is():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"{len(catalogue.catalogue())} layers" in text
    tables = len(list((ROOT / "boundaries" / "membership").glob("*.csv")))
    assert f"{tables} membership tables" in text
    assert all(code[:5] in text or code[:3] == "GP9" for code in rules.RULES if code.endswith("01"))


def test_one_figure_says_how_good_the_drawn_boundaries_are():
    for document in ("README.md", "SOURCES.md"):
        assert wording.DRAWN in " ".join((ROOT / document).read_text(encoding="utf-8").split()), document


def test_scripts_stay_short():
    for script in (ROOT / "scripts").iterdir():
        if script.is_file():
            assert len(script.read_text(encoding="utf-8").splitlines()) <= 120, script.name
