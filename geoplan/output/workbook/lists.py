"""A list of the user's own with what was looked up, as a workbook of one sheet."""

from __future__ import annotations

import io
import math
from datetime import datetime
from functools import lru_cache
from numbers import Real

import pandas as pd
import xlsxwriter

from geoplan.errors import OutputError, refusal
from geoplan.output.workbook.sheet_parts import LIKE_A_FORMULA, ROWS, fitted, plain_text

__all__ = ["list_xlsx"]

WIDTH = 18
"""Of a column, in characters."""


def list_xlsx(table: pd.DataFrame, *, as_of: str, title: str = "Lookup") -> bytes:
    """Write a table as an Excel workbook (XLSX): headings in row 1, numbers as numbers, all else as text.

    Parameters
    ----------
    table
        Any frame; its index is left out.
    as_of
        Day whose members it tells (ISO 8601), which stands as the day it was made.
    title
        Of the sheet.

    Returns
    -------
    bytes
        The file; the same table gives the same bytes. No cell is a formula or a link, whatever it holds.

    Raises
    ------
    OutputError
        If it has more rows than a sheet can hold.
    """
    if len(table) > ROWS:
        hint = "Write it as CSV."
        raise OutputError(refusal(f"the list has {len(table):,} rows, and a sheet holds {ROWS:,}", hint=hint))
    buffer = io.BytesIO()
    # Row by row: a list may be long, and nothing in it needs a second look.
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "constant_memory": True}) as book:
        book.set_properties({"author": "geoplan", "created": datetime.fromisoformat(as_of)})
        page = book.add_worksheet(title)
        heading, text, like_a_formula = map(book.add_format, ({"bold": True, "bottom": 1}, {}, {"quote_prefix": True}))
        page.set_column(0, max(len(table.columns) - 1, 0), WIDTH)
        page.freeze_panes(1, 0)
        page.ignore_errors({"number_stored_as_text": f"A1:XFD{ROWS + 1}"})
        for at, name in enumerate(table.columns):
            page.write_string(0, at, _text(str(name))[0], heading)
        for row, values in enumerate(table.itertuples(index=False, name=None), start=1):
            for at, value in enumerate(values):
                if isinstance(value, str):
                    shown, is_like_a_formula = _text(value)
                    page.write_string(row, at, shown, like_a_formula if is_like_a_formula else text)
                elif isinstance(value, Real) and math.isfinite(value):
                    page.write_number(row, at, value)
                elif not pd.isna(value):
                    page.write_string(row, at, _text(str(value))[0])
        page.autofilter(0, 0, len(table), max(len(table.columns) - 1, 0))
    return buffer.getvalue()


@lru_cache(maxsize=65_536)
def _text(value: str) -> tuple[str, bool]:
    """Return a text as a cell holds it, and whether a program could take it for a formula when it is edited."""
    text = fitted(plain_text(value))[0]
    return text, bool(LIKE_A_FORMULA.match(text))
