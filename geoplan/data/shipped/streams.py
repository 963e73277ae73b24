"""Streams of money and duties, and the rules by which a body holds each on some ground: read and checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from geoplan.data.days import parse_day
from geoplan.data.shipped.package_data import shipped_table
from geoplan.errors import ConfigurationError, InputError, refusal
from geoplan.schema.wording import CONFIDENCE, COUNTRIES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AREA", "BODIES", "KINDS", "STREAMS_FILE", "Rule", "checked_streams", "shipped_streams"]

STREAMS_FILE = "funding_streams.csv"
KINDS = ("money", "duty")
BODIES = ("accountable", "lead", "area", "named", "unknown")
"""Whose it is: an area's accountable body (else its lead), its lead, the area itself, a named one, or not known."""
AREA = "{area}"
"""Stands in the name of a body for the name of the area."""
_ALIKE = ("title", "kind", "pays_for", "everywhere")
_FILLED = ("stream", "title", "pays_for", "valid_from", "source")


@dataclass(frozen=True)
class Rule:
    """Who holds a stream of money or a duty, on which ground and in which time.

    Rules of a stream go by their order: what one covers, later ones do not.

    Parameters
    ----------
    stream, title, kind, pays_for
        Key and title of the stream, ``money`` or ``duty``, and what it is for.
    everywhere
        Whether somebody holds it wherever it exists, so that ground without a holder is not known and not without.
    countries
        Letters of the countries where the rule holds.
    layer, areas
        Key of the layer whose areas hold it, and codes of these; no codes for all of them, no layer for a body that
        holds it in the whole of the countries.
    body, named_body
        One of `BODIES`, and the name of a named one.
    valid_from, valid_to
        Year, month or day as text; ``valid_to`` empty where no end is known.
    source, url, confidence, note
        What it rests on, how sure that is, and what else is to be said.
    """

    stream: str
    title: str
    kind: str
    pays_for: str
    everywhere: bool
    countries: str
    layer: str
    areas: tuple[str, ...]
    body: str
    named_body: str
    valid_from: str
    valid_to: str
    source: str
    url: str
    confidence: str
    note: str

    @property
    def first_day(self) -> date:
        """The day from which it holds."""
        return parse_day(self.valid_from, end=False) or date.min

    @property
    def last_day(self) -> date:
        """The day to which it holds."""
        return parse_day(self.valid_to, end=True) or date.max


COLUMNS = tuple(field.name for field in fields(Rule))


@cache
def shipped_streams() -> tuple[Rule, ...]:
    """Return the rules that ship, in the order of their file.

    Returns
    -------
    tuple of Rule
        Those of a stream together.

    Raises
    ------
    InputError
        If the file is missing, or a row of it makes no sense.
    """
    return checked_streams(shipped_table(STREAMS_FILE))


def checked_streams(table: pd.DataFrame, file: str = STREAMS_FILE) -> tuple[Rule, ...]:
    """Read the rules of a table, and refuse a row that makes no sense.

    Parameters
    ----------
    table
        As `geoplan.data.shipped.package_data.shipped_table` reads it: all text, missing values empty.
    file
        Its name, for the refusal.

    Returns
    -------
    tuple of Rule
        In the order of the rows.

    Raises
    ------
    InputError
        A column is missing, or a cell is empty or holds what it cannot; names the rows.
    """
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise InputError(refusal(f"{file}: column {missing[0]!r} is missing", hint=f"Found: {', '.join(table)}."))
    for name in _FILLED:
        _refuse(table, name, "is empty", table[name].eq(""), file)
    for name, wrong, hint in _CHECKS:
        _refuse(table, name, "holds what it cannot", table[name].map(wrong), file, hint)
    for column in _ALIKE:
        unlike = table.groupby("stream")[column].transform("nunique") > 1
        _refuse(table, column, "differs between rows of one stream", unlike, file)
    named = table["body"].eq("named")
    _refuse(table, "named_body", "names a body only where body is 'named'", named.eq(table["named_body"].eq("")), file)
    elsewhere = table["layer"].eq("") & (table["areas"].ne("") | ~table["body"].isin(["named", "unknown"]))
    _refuse(table, "layer", "is empty, and areas or a body of an area are asked for", elsewhere, file)
    begun, ended = table["valid_from"].map(lambda cell: _day(cell, end=False)), table["valid_to"].map(_last_day)
    _refuse(table, "valid_to", "ends before it begins", ended < begun, file)
    return tuple(_rule(row) for row in table[list(COLUMNS)].to_dict("records"))


def _rule(row: dict[str, str]) -> Rule:
    areas = tuple(filter(None, row["areas"].split(";")))
    return Rule(**{**row, "everywhere": row["everywhere"] == "yes", "areas": areas})  # type: ignore[arg-type]


def _day(text: str, *, end: bool) -> date:
    return parse_day(text, end=end) or date.max


def _last_day(text: str) -> date:
    return _day(text, end=True)


def _is_no_day(text: str) -> bool:
    try:
        parse_day(text, end=False)
    except ConfigurationError:
        return True
    return False


_CHECKS: tuple[tuple[str, Callable[[str], bool], str], ...] = (
    ("kind", lambda cell: cell not in KINDS, f"Known: {', '.join(KINDS)}."),
    ("everywhere", lambda cell: cell not in {"yes", "no"}, "Write yes or no."),
    ("countries", lambda cell: not cell or not set(cell) <= set(COUNTRIES), f"Letters of {', '.join(COUNTRIES)}."),
    ("body", lambda cell: cell not in BODIES, f"Known: {', '.join(BODIES)}."),
    ("confidence", lambda cell: cell not in CONFIDENCE, f"Known: {', '.join(CONFIDENCE)}."),
    ("url", lambda cell: not cell.startswith("https://"), "Write an address that begins with https://."),
    ("valid_from", _is_no_day, "Write YYYY-MM-DD, YYYY-MM or YYYY."),
    ("valid_to", _is_no_day, "Write YYYY-MM-DD, YYYY-MM or YYYY, or nothing."),
)
"""Column, what is wrong in a cell of it, and a hint."""


def _refuse(table: pd.DataFrame, name: str, what: str, wrong: pd.Series, file: str, hint: str = "") -> None:
    """Refuse the rows at fault, naming them as a reader counts them: row 1 holds the headings."""
    if wrong.any():
        rows = [f"row {at + 2}: {cell or 'empty'}" for at, cell in enumerate(table[name]) if wrong.iloc[at]]
        raise InputError(refusal(f"{file}: column {name!r} {what}", codes=rows, hint=hint))
