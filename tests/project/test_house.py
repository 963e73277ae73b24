"""The script that counts what packages are made of, on a package small enough to count by hand."""

from __future__ import annotations

import subprocess
import sys

import pytest
from roots import ROOT

TOY = {
    "__init__.py": '"""A toy."""\n\nfrom toy.top import build\n',
    "top.py": '''"""The top.

Of two paragraphs.
"""

from toy import middle
from toy.low import base, ring

SIZE = 1
"""Of what is built."""


def build(size: int, *parts: str, **options: str) -> str:
    """Build it.

    In two sentences.
    """
    # A comment.

    text = """
# no comment
    """

    return middle.put(text)


class Crane:
    def lift(self, load) -> None:
        def hook():
            return load

        hook()
''',
    "middle.py": """from .low import base


def put(text: str) -> str:
    from .low.ring import turn

    return base.carry(text) + turn()
""",
    "low/__init__.py": "",
    "low/base.py": 'def carry(text): "Carry it."; return text\n',
    "low/ring.py": """from __future__ import annotations

from typing import TYPE_CHECKING, overload

from . import link

if TYPE_CHECKING:
    from ..top import build


@overload
def turn(): ...


def turn() -> str:
    return link.NAME
""",
    "low/link.py": "import toy.low.ring\n\nNAME = 'link'\n",
    "tests/test_toy.py": "def test_nothing(): pass\n",
}
"""Package -> top -> middle -> base; ring and link import one another, and ring for its types top: a second circle."""

COUNTS = {
    "modules": "5",
    "folders": "2",
    "modules in the fullest folder": "3",
    # __init__ 1; top 3 + 5 + 5 (def, text of 3 lines, return; class); middle 4; base 1; ring 9; link 2.
    "lines of code": "30",
    "lines in all": "62",
    "lines in all of the largest file": "32",
    "functions": "6",
    # hook 1, carry 1, turn 1, put 2, lift 3, build 4.
    "length of a function: median": "1.5",
    "… that nine in ten do not exceed": "4",
    "… longest": "4",
    # 0, 0, 1, 1, 1, 3.
    "parameters of a function: median": "1",
    "… most": "3",
    "functions with annotations": "50%",
    "functions with a docstring": "33%",
    "… of those whose names begin without _": "33%",
    "import cycles": "1 (4 files)",
    "… of what runs on loading": "1 (2 files)",
    # The package, the circle of top, middle, ring and link, base.
    "floors": "3",
}


@pytest.fixture
def toy(tmp_path):
    for name, text in TOY.items():
        path = tmp_path / "toy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "toy"


def table(*arguments: str) -> list[list[str]]:
    command = [sys.executable, str(ROOT / "benchmarks" / "house.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in done.stdout.splitlines()]


def test_a_toy_has_the_counts_made_by_hand(toy, tmp_path):
    out = tmp_path / "HOUSE.md"
    heads, _, *rows = table("--package", f"mine={toy}", "--package", f"inner={toy / 'low'}", "--out", str(out))
    assert heads == ["", "mine", "inner"]
    assert {what: count for what, count, _ in rows} == COUNTS
    inner = {what: count for what, _, count in rows}
    assert (inner["modules"], inner["import cycles"], inner["floors"]) == ("3", "1 (2 files)", "1")
    assert "| floors | 3 | 1 |" in out.read_text(encoding="utf-8").splitlines()


def test_an_installed_package_is_found_by_its_name_and_has_its_version():
    (_, head), *_ = table("--package", "click")
    assert head.startswith("click 8.")
