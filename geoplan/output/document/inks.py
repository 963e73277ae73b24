"""The colours of the page, for the document too."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

__all__ = ["ink", "look", "shade"]


@cache
def _sheet() -> str:
    folder = files("geoplan.output.brief") / "templates"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in ("brief.css", "profile.css"))


@cache
def ink(name: str) -> str:
    """Return a colour that the page names, as six digits.

    Examples
    --------
    >>> len(ink("accent"))
    6
    """
    return re.findall(rf"--{name}: #(\w{{6}});", _sheet())[0].upper()


@cache
def shade(name: str) -> tuple[str, str]:
    """Return the ground and the ink of a class of cells, empty where the page has none for it."""
    found = re.search(rf"\.{re.escape(name)} {{ background: #(\w{{6}});(?: color: #(\w{{3}});)?", _sheet())
    if found is None:
        return "", ""
    ground, short = found.groups(default="")
    return ground.upper(), "".join(2 * digit for digit in short).upper()


def look(selector: str) -> dict[str, str]:
    """Return what the page's sheet says on screen of what a class of drawings consists of, empty where nothing.

    Examples
    --------
    >>> look("g .own")["fill"]
    'none'
    """
    found = re.search(rf"^\.{re.escape(selector)} {{ (.*?) }}", _sheet(), re.MULTILINE)
    rules = found[1].split(";") if found else []
    return {name.strip(): value.strip() for name, _, value in (rule.partition(":") for rule in rules) if value}
