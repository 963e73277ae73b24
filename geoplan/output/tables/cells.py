"""Any table as CSV or JSON, with cells that no spreadsheet takes for formulas."""

from __future__ import annotations

import json
import re
from typing import Any

import pandas as pd

__all__ = ["as_json", "records", "table_csv", "table_json"]

FORMULA = ("=", "+", "-", "@", "\t", "\r")
NEGATIVE = re.compile(r"-\d+(\.\d+)?(e[-+]?\d+)?", re.IGNORECASE)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table for JSON, which knows no missing numbers: None where one is not assessed."""
    plain = table.astype(object)
    rows: list[dict[str, Any]] = plain.where(plain.notna(), None).to_dict("records")
    return rows


def table_csv(table: pd.DataFrame, *, raw: bool = False) -> str:
    """Write a table as CSV: booleans true or false, numbers unrounded, missing empty.

    Parameters
    ----------
    table
        Any frame; its index is left out.
    raw
        Whether text that a spreadsheet would take for a formula stays as it is; otherwise an apostrophe is put
        before it.

    Returns
    -------
    str
        With line feeds and a heading row.
    """
    plain = table.copy()
    for column in plain.select_dtypes("bool").columns:
        plain[column] = plain[column].map({True: "true", False: "false"})
    if not raw:
        for column in plain.select_dtypes(exclude=["number", "bool"]).columns:
            plain[column] = _all_defused(plain[column].astype(object))
        plain = plain.rename(columns=_defused)
    return plain.to_csv(index=False, lineterminator="\n")


def _all_defused(column: pd.Series) -> pd.Series:
    """Return a column with its formulas defused; most columns have none, and are not gone through one by one."""
    beginnings = {value[:1] for value in column.tolist() if isinstance(value, str)}
    return column.map(_defused) if beginnings & set(FORMULA) else column


def _defused(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would take for a formula; a negative number is none."""
    formula = isinstance(value, str) and value.startswith(FORMULA) and not NEGATIVE.fullmatch(value)
    return f"'{value}" if formula else value


def table_json(table: pd.DataFrame) -> str:
    """Write a table as a JSON list of objects; missing is null.

    Parameters
    ----------
    table
        Any frame; its index is left out.

    Returns
    -------
    str
        Indented, in UTF-8 characters.
    """
    return as_json([{key: _value(value) for key, value in row.items()} for row in table.to_dict("records")])


def as_json(document: object) -> str:
    """Return a document as JSON, indented by one; missing values are null."""
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False, default=_value) + "\n"


def _value(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_value(each) for each in value]
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
