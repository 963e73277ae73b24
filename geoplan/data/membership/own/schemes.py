"""Which schemes can be corrected, and what a user answers where a name is not exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from geoplan.data import catalogue
from geoplan.data.catalogue_file import COMPUTED, Entry
from geoplan.data.membership.own.names import Proposal
from geoplan.data.tables.tables import read_rows
from geoplan.errors import ConfigurationError, InputError, refusal

__all__ = ["answers_given", "answers_of", "proposal_table", "scheme_of"]

MOST_ANSWERS = 10_000
COLUMNS = ("what", "written", "meant", "nearest", "rows")


def scheme_of(key: str) -> Entry:
    """Return the catalogue's entry of a scheme that has one membership table.

    Parameters
    ----------
    key
        Of the catalogue.

    Returns
    -------
    Entry
        The scheme's.

    Raises
    ------
    UnknownKeyError
        If there is no such key.
    ConfigurationError
        If no table, or two tables, say who belongs.
    """
    entry = catalogue.entry(key)
    if entry.table == COMPUTED:
        raise ConfigurationError(refusal(f"{key} is worked out from commuting: no table says who belongs"))
    if entry.further:
        said = f"{key} is made of two tables, {entry.table} and {entry.further}"
        raise ConfigurationError(refusal(said, hint="Correct one of them."))
    return entry


def answers_of(pairs: Iterable[str]) -> dict[str, str]:
    """Return what names mean, from pairs written OLD=NEW.

    Parameters
    ----------
    pairs
        As on the command line.

    Returns
    -------
    dict
        Name as it is written -> what is meant.

    Raises
    ------
    ConfigurationError
        If one is no pair.
    """
    found = {}
    for pair in pairs:
        written, equals, meant = (part.strip() for part in pair.partition("="))
        if not (equals and written and meant):
            raise ConfigurationError(refusal(f"--accept {pair!r} is not OLD=NEW, such as 'Swindn=Swindon'"))
        found[written] = meant
    return found


def answers_given(reference: str) -> dict[str, str]:
    """Read a file of answers.

    Parameters
    ----------
    reference
        CSV or Excel with the columns ``written`` and ``meant``; rows without the latter are still open. ``what`` may
        say of which kind each is, ``area`` or ``authority``.

    Returns
    -------
    dict
        Name as it is written -> what is meant.

    Raises
    ------
    InputError
        If it cannot be read, or lacks a column.
    """
    table = read_rows(reference, most=MOST_ANSWERS)
    if missing := [name for name in ("written", "meant") if name not in table.frame]:
        hint = "--propose FILE writes such a table, to be filled in."
        raise InputError(refusal(f"{table.file}: column {missing[0]!r} is missing", hint=hint))
    given = table.frame[(table.frame["written"] != "") & (table.frame["meant"] != "")]
    written = given["written"] if "what" not in given else (given["what"] + " " + given["written"]).str.strip()
    return dict(zip(written, given["meant"], strict=True))


def proposal_table(proposals: Sequence[Proposal]) -> pd.DataFrame:
    """Return proposals as a table to be filled in.

    Parameters
    ----------
    proposals
        Names that are not exact.

    Returns
    -------
    pandas.DataFrame
        ``what``, ``written``, ``meant`` (empty), ``nearest`` and ``rows``, several joined by ";".
    """
    rows: list[Mapping[str, str]] = [
        {
            "what": one.what,
            "written": one.written,
            "meant": "",
            "nearest": ";".join(one.nearest),
            "rows": ";".join(map(str, one.rows)),
        }
        for one in proposals
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
