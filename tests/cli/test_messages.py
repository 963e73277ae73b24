"""No message advises what does not exist."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import geoplan
from geoplan.auditing.judging import rules
from geoplan.cli.main import cli
from geoplan.commuting.flow_tables import columns
from geoplan.data.readers import locators

SOURCE = Path(geoplan.__file__).parent
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+[a-z]")
COMMAND = re.compile(r"\bgeoplan ([a-z][a-z-]+)\b")
PROSE = {"again", "are", "is", "of", "reads"}
"""Words that follow the name in sentences."""

EVERYWHERE = {"--help", "--version"}


def commands(group: click.Group) -> Iterator[click.Command]:
    for command in group.commands.values():
        yield command
        if isinstance(command, click.Group):
            yield from commands(command)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every text of a module that is no docstring; of formatted ones what is fixed."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def everything() -> Iterator[tuple[str, str]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield from ((f"{path.name}:{line}", text) for line, text in texts(path))
    for name, template in ((path.name, path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.html")):
        # Custom properties of style sheets begin with two dashes too.
        yield name, re.sub(r"<style.*?</style>|var\(--[\w-]+\)", "", template, flags=re.DOTALL)
    for rule in rules.RULES.values():
        yield rule.code, f"{rule.means} {rule.matters} {rule.action}"


KNOWN = {
    name for command in commands(cli) for option in command.params for name in (*option.opts, *option.secondary_opts)
}


def test_every_option_that_a_message_names_exists():
    named = {(where, option) for where, text in everything() for option in OPTION.findall(text)}
    assert len(named) > 30
    strange = sorted((where, option) for where, option in named if option not in KNOWN | EVERYWHERE)
    assert not strange


def test_options_that_messages_put_together_exist():
    """f"--{role}" is no text that a search finds."""
    made = {
        path.name
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr)
        for one, other in itertools.pairwise(node.values)
        if isinstance(one, ast.Constant) and str(one.value).endswith("--") and isinstance(other, ast.FormattedValue)
    }
    # Options that a configuration excludes, that exclude one another, or that name outputs; names of colours in styles.
    assert made == {"audits.py", "inks.py", "maps.py", "speaking.py"}
    assert set(columns.PATTERNS) <= set(locators.ASKED)


def test_every_command_that_a_message_names_exists():
    names = {command.name for command in commands(cli)}
    named = {(where, name) for where, text in everything() for name in COMMAND.findall(text)}
    assert len(named) > 5
    assert not sorted((where, name) for where, name in named if name not in names | PROSE)


@pytest.mark.parametrize(("text", "found"), [("Use --as-of today", ["--as-of"]), ("a--b", []), ("---", [])])
def test_the_search_finds_options(text, found):
    assert OPTION.findall(text) == found
