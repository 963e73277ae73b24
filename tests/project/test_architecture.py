"""The shape of the house: what is imported when, what each module says of itself."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import sys

import pytest
from roots import ROOT

PACKAGE = ROOT / "geoplan"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = ("geopandas", "folium", "matplotlib", "pandas", "shapely", "networkx", "jinja2", "pyogrio", "fiona")


@pytest.mark.parametrize("arguments", [["--help"], ["audit", "--help"], ["frobnicate"], ["compare", "only-one"]])
def test_help_and_usage_errors_import_nothing_heavy(arguments):
    script = (
        "import sys\nfrom geoplan.cli.main import cli\n"
        f"try:\n    cli({arguments!r})\nexcept SystemExit:\n    pass\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("HEAVY []")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_every_module_says_its_job_in_one_sentence(path):
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    first = docstring.split("\n\n")[0]
    assert first.endswith(".")
    assert len(" ".join(first.split())) <= 160


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_function_is_longer_than_sixty_lines(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert lines <= 60, f"{path.name}: {node.name} has {lines} lines"


def test_no_output_cuts_a_message():
    cuts = re.compile(r"\.(message|lead|detail|advice|short)(\[|\.\w+\()|re\.\w+\([^)]*\.message")
    shown = [path for path in (PACKAGE / "output").rglob("*") if path.suffix in {".py", ".js", ".jinja", ".html"}]
    texts = {path.name: path.read_text(encoding="utf-8") for path in shown if path.name != "leaflet.js"}
    assert len(texts) > 40
    assert {name: found[0] for name, text in texts.items() if (found := cuts.search(text))} == {}


WRITERS = {"write_text", "write_bytes", "mkdir", "unlink", "touch", "rmdir"}
OWN_FOLDERS = ("writing", "data/cache.py", "data/kept", "data/readers/archives.py")
"""Where files are made: outputs, the user's cache and data, and what is unpacked to be read."""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_only_one_folder_writes_files(path):
    if path.relative_to(PACKAGE).as_posix().startswith(OWN_FOLDERS):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    called = {each.attr for each in calls if isinstance(each, ast.Attribute)}
    assert not called & WRITERS


NETWORK = {"aiohttp", "ftplib", "http", "httpx", "requests", "smtplib", "socket", "telnetlib", "urllib3", "xmlrpc"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_only_one_folder_uses_the_network(path):
    if path.is_relative_to(PACKAGE / "data" / "portal"):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    named += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    assert not {name.partition(".")[0] for name in named} & NETWORK
    assert "urllib.request" not in named


FOLDERS = sorted({path.parent for path in MODULES})
CONTRACT = configparser.ConfigParser()
CONTRACT.read(ROOT / "setup.cfg", encoding="utf-8")
FLOORS = CONTRACT["importlinter:contract:floors"]["layers"].split()


def sentence_of(folder):
    return ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))).splitlines()[0]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.relative_to(PACKAGE.parent).as_posix())
def test_a_folder_is_small_and_says_what_it_is_for(folder):
    assert sentence_of(folder).endswith(".")
    assert len(list(folder.glob("*.py"))) <= (8 if folder == PACKAGE else 13)
    assert max(len(path.read_text(encoding="utf-8").splitlines()) for path in folder.glob("*.py")) <= 450


def test_every_folder_is_installed():
    packages = CONTRACT["options"]["packages"].split()
    wanted = [".".join(folder.relative_to(PACKAGE.parent).parts) for folder in FOLDERS]
    assert packages == [*wanted, "geoplan.boundaries", "geoplan.boundaries.membership", "geoplan.boundaries.scenarios"]


def test_folders_contract_and_guide_say_the_same():
    """What a folder may import stands in the contract, in its own sentence and in CONTRIBUTING."""
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in guide.splitlines() if re.match(r"\| `\w+` \|", line)]
    assert [name.strip("`") for name, _, _ in rows] == FLOORS[: len(rows)]
    for number, (name, what, imports) in enumerate(rows):
        assert sentence_of(PACKAGE / name.strip("`")) == f"{what}; imports {imports}."
        below = FLOORS[number + 1]
        assert imports in {"all", "errors", f"{below} and below"}


def test_tests_stand_as_the_modules_do():
    places = {path.parent.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").rglob("test_*.py")}
    assert places - {"project"} <= {folder.relative_to(PACKAGE).as_posix() for folder in FOLDERS}
