"""What sheets of a workbook consist of: columns, widths, styles, plain text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from geoplan.auditing.results import AuditResult
from geoplan.schema import Weight, wording

__all__ = [
    "AMOUNTS",
    "COVER",
    "LIKE_A_FORMULA",
    "LINE",
    "LONG",
    "NARROW",
    "NUMBERS",
    "ROUNDED",
    "ROWS",
    "TALLEST",
    "WIDEST",
    "WORDS",
    "Sheet",
    "Styles",
    "fitted",
    "line_count",
    "plain_text",
    "rounded",
    "stacked",
    "sureness",
    "title_of",
    "words_of",
]

ROWS = 1_048_575
"""Rows a sheet can hold below its headings."""
CHARACTERS = 32_767
"""Characters (UTF-16 units) a cell can hold."""
WIDEST = 48
LONG = 80
NARROW = 1.1
"""Letters of running text to a digit's width, by which columns are measured."""
RAGGED = 3
"""Letters that a line loses at its end, where the next word does not fit."""
COVER = (30, 110)
"""Widths of the two columns of the cover."""
LINE = 15.0
"""Height of a line in points, and of a row at most."""
TALLEST = 400.0
_CUT = " … (cut here: a cell holds no more)"
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LIKE_A_FORMULA = re.compile(r"\s*[=+\-@\t＝＋－＠]")  # noqa: RUF001 - a spreadsheet reads wide signs too
NUMBERS = {
    "count": "#,##0",
    "share": "0.0%",
    "pounds": "£#,##0",
    "pounds a head": "£#,##0.00",
    "km2": "#,##0.0",
    "metres": "#,##0",
    "index": "0.000",
    "value": "#,##0",
    "small": "0.000",
}
DIGITS = {
    "count": 0, "share": 3, "pounds": 0, "pounds a head": 2, "km2": 1, "metres": 0, "index": 3, "value": 0, "small": 3,
}  # fmt: skip
"""Decimals to which numbers of a kind are rounded; others stay as they are."""
ROUNDED = "Numbers are rounded for reading: people to whole ones, shares to 0.1%, ground to 0.1 km²;"
AMOUNTS = {each: wording.UNITS[each.value].capitalize() for each in Weight} | {Weight.AREA: "People"}
WORDS = {
    "artefact": "The piece is no wider than the two drawings may differ by: it does not count for the relation.",
    "share of left, share of right": "The piece as a share of the left and of the right area; 100% is all of it.",
    "homogeneity": "How far each left area lies in one right area only, from 0 to 1 (1: all of them do).",
    "completeness": "How far each right area lies in one left area only, from 0 to 1 (1: all of them do).",
    "V-measure": "Harmonic mean of homogeneity and completeness: 1 where the two geographies are the same.",
    "common blocks": "Smallest groups of areas on whose outer boundary the two geographies agree.",
    "where they overlap only in part": "People in pieces that neither the left nor the right area holds whole; "
    "the same number from either side.",
    "confidence": "How sure it is who belongs: confirmed, or how the member was come by: read from a name, inferred.",
    "part": "Only a part of the block belongs to the area. Where its share is empty, its size is not known.",
    **{wording.UNITS[name]: said for name, said in wording.NEED.items()},
    "estimate (of money, of places)": "The share of an amount that people of working age, or people out of work, have "
    "in a piece: where in an area money is spent is not known.",
    "block": "A local authority, or one side of an authority that is split between integrated care boards.",
    "residents in work": "Workers who live in the area, wherever they work.",
    "jobs": "Workers who work in the area, wherever they live.",
    "supply-side self-containment": "Of the residents in work, the share who work in the area.",
    "demand-side self-containment": "Of the jobs, the share done by residents of the area.",
    "labour market score": "Above 1 the area would pass as a labour market area.",
}


def plain_text(value: object) -> str:
    r"""Return text that every file format can hold.

    Parameters
    ----------
    value
        Any value; missing is empty.

    Returns
    -------
    str
        Lines end in a line feed; control characters and halves of characters are replaced by U+FFFD.

    Examples
    --------
    >>> plain_text("one\r\ntwo"), plain_text(None)
    ('one\ntwo', '')
    """
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    return _NOT_XML.sub("\ufffd", str(value).replace("\r\n", "\n").replace("\r", "\n"))


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table of the workbook; ``kinds`` says how columns are shown that are no plain text."""

    name: str
    about: str
    table: pd.DataFrame
    kinds: Mapping[str, str] = field(default_factory=dict)


def sureness(parts: pd.DataFrame) -> pd.Series | str:
    """Return the confidence of each membership in words."""
    return parts["confidence"].map(wording.CONFIDENCE).fillna("not stated") if "confidence" in parts else "not stated"


def words_of(name: str) -> str:
    """Write a column name in words."""
    return name[:1].upper() + name[1:].replace("_", " ")


def stacked(tables: Sequence[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Put tables under each other, every cell with its own type."""
    kept = [table.reindex(columns=columns).astype(object) for table in tables if len(table)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=columns, dtype=object)


def title_of(result: AuditResult) -> str:
    """Return the title of the workbook."""
    return f"{result.focus.name}: where boundaries do not fit" if result.focus else "Where boundaries do not fit"


def rounded(value: float, kind: str) -> float:
    """Round a number as its kind is read.

    Examples
    --------
    >>> rounded(0.45678, "share"), rounded(1234.5678, "count"), rounded(1e-9, "any")
    (0.457, 1235.0, 1e-09)
    """
    return round(value, DIGITS[kind]) if kind in DIGITS else value


class Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[str, bool], Any] = {}

    def of(self, kind: str, *, quoted: bool = False) -> Any:
        """Return the format of a kind of cell; ``quoted`` keeps its text text when a reader edits it."""
        if (kind, quoted) not in self._made:
            self._made[kind, quoted] = self._book.add_format(self._facts(kind) | {"quote_prefix": quoted})
        return self._made[kind, quoted]

    @staticmethod
    def _facts(kind: str) -> dict[str, Any]:
        dark = {"font_color": "#17457F"}
        head = {"bold": True, "text_wrap": True, "bg_color": "#DCE6F1", "bottom": 1}
        special: dict[str, dict[str, Any]] = {
            "heading row": head,
            "number heading": {**head, "align": "right"},
            "title": {"bold": True, "font_size": 18, **dark},
            "heading": {"bold": True, "font_size": 13, "valign": "bottom", **dark},
            "label": {"bold": True, "text_wrap": True},
            "link": {"underline": 1, **dark},
            "long": {"text_wrap": True},
            "beside": {"indent": 1},
        }
        number = {"num_format": NUMBERS[kind]} if kind in NUMBERS else {}
        return {"valign": "top", **number, **special.get(kind, {})}


def fitted(text: str) -> tuple[str, bool]:
    """Cut what is longer than a cell can be."""
    # Text in the tags of rich strings would be taken for markup by the writer.
    text = f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text
    if len(text) <= CHARACTERS // 2:
        return text, False
    units = text.encode("utf-16-le")
    if len(units) <= 2 * CHARACTERS:
        return text, False
    return units[: 2 * (CHARACTERS - len(_CUT))].decode("utf-16-le", errors="ignore") + _CUT, True


def line_count(text: str, width: float) -> int:
    """Return over how many lines a text runs, or a little more."""
    return sum(max(math.ceil(len(line) / max(width - RAGGED, 1)), 1) for line in text.split("\n"))
