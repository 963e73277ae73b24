"""Postcodes in tables of any kind: which column holds them, alone or within an address, and how they are written."""

from __future__ import annotations

import re

import pandas as pd

from geoplan.data.drawn.columns import as_text, asked
from geoplan.data.readers.guards import columns_found
from geoplan.data.tables.headings import POSTCODE_HEADING, plain_heading
from geoplan.errors import InputError, refusal

__all__ = ["INWARD", "OUTWARD", "postcode_column", "postcode_columns", "postcodes_in", "without_headings"]

OUTWARD, INWARD = r"([A-Z]{1,2}\d[A-Z\d]?|NPT)", r"(\d[A-Z]{2})"
"""Both halves of a postcode; Newport's of old days are the only ones of another form in the directory."""
POSTCODE = re.compile(rf"{OUTWARD}\s*{INWARD}", re.IGNORECASE)
WITHIN = re.compile(rf"(?<![A-Z\d]){POSTCODE.pattern}(?![A-Z\d])", re.IGNORECASE)
ENOUGH_ROWS = 1000
"""Filled cells by which a column is judged."""
MOSTLY = 0.5


def postcodes_in(values: pd.Series) -> pd.Series:
    """Return the postcode of each cell, such as "BA1 0AA"; empty where there is none.

    Parameters
    ----------
    values
        Text: postcodes however they are spaced, or addresses, of which the last postcode counts.

    Returns
    -------
    pandas.Series
        With the same index.

    Examples
    --------
    >>> postcodes_in(pd.Series(["ba10aa", "1 High Street, Bath BA1  0AA, UK", "Bath"])).tolist()
    ['BA1 0AA', 'BA1 0AA', '']
    """
    # Long lists name the same places again and again.
    read = {text: _postcode(text) for text in pd.unique(values)}
    return values.map(read).astype(object)


def _postcode(text: str) -> str:
    match = POSTCODE.fullmatch(text) or next(reversed(list(WITHIN.finditer(text))), None)
    return f"{match[1]} {match[2]}".upper() if match else ""


def without_headings(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose first row was taken for headings with that row put back; others as they are.

    Parameters
    ----------
    frame
        As read, indexed by the numbers of its rows.

    Returns
    -------
    pandas.DataFrame
        A list that begins with a postcode has none: its columns are then ``postcode``, or ``column_1`` and so on.
    """
    headings = [str(heading) for heading in frame.columns]
    if not any(POSTCODE.fullmatch(heading) for heading in headings):
        return frame
    names = ["postcode"] if len(headings) == 1 else [f"column_{n}" for n in range(1, len(headings) + 1)]
    first = pd.DataFrame([headings], columns=names, index=pd.Index([1], name=frame.index.name))
    return pd.concat([first, frame.set_axis(names, axis="columns").astype(object)])


def postcode_column(frame: pd.DataFrame, file: str, wanted: str = "") -> str:
    """Find the column of postcodes of a table.

    Parameters
    ----------
    frame
        Its rows.
    file
        What it is called in refusals.
    wanted
        The column that was asked for, if any.

    Returns
    -------
    str
        The one in which most filled cells are postcodes; else the one in which most hold one, as addresses do; else
        the one whose heading says so.

    Raises
    ------
    InputError
        If the one asked for is missing, several fit and differ, or none does.
    """
    columns = [str(column) for column in frame.columns]
    if wanted:
        return asked(wanted, columns, file, "--postcode")
    fits = postcode_columns(frame)
    if not fits:
        hint = f"Choose one with --postcode. {columns_found(columns)}"
        raise InputError(refusal(f"{file}: no column holds postcodes, alone or in addresses", hint=hint))
    read = [postcodes_in(as_text(frame[column])) for column in fits] if len(fits) > 1 else []
    if any(not each.equals(read[0]) for each in read[1:]):
        message = f"{file}: several columns hold postcodes, and they differ: {', '.join(fits)}"
        raise InputError(refusal(message, hint="Choose one with --postcode."))
    return fits[0]


def postcode_columns(frame: pd.DataFrame) -> list[str]:
    """List the columns that hold postcodes, as `postcode_column` chooses among them.

    Parameters
    ----------
    frame
        Rows of a table.

    Returns
    -------
    list of str
        Those of postcodes alone, else those of addresses, else those whose heading says so.
    """
    columns = [str(column) for column in frame.columns]
    filled = {column: _filled(frame[column]) for column in columns}
    whole = [column for column, cells in filled.items() if _share(cells, POSTCODE.fullmatch) >= MOSTLY]
    within = whole or [column for column, cells in filled.items() if _share(cells, WITHIN.search) >= MOSTLY]
    return within or [column for column in columns if POSTCODE_HEADING.fullmatch(plain_heading(column))]


def _filled(values: pd.Series) -> list[str]:
    some = as_text(values.dropna().head(10 * ENOUGH_ROWS))
    return [text for text in some if text][:ENOUGH_ROWS]


def _share(cells: list[str], fits: object) -> float:
    assert callable(fits)  # noqa: S101 - a method of a pattern
    return sum(bool(fits(text)) for text in cells) / len(cells) if cells else 0.0
