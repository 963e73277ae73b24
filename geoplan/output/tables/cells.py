"""Any table as CSV or JSON, with cells that no spreadsheet takes for formulas."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["as_json", "defused", "records", "table_csv", "table_json"]

FORMULA = "^[-=+@\t\r]"
NEGATIVE = r"^-\d+(\.\d+)?([eE][-+]?\d+)?$"
SPECIAL = '[,"\r\n]'


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
        With line feeds and a heading row, and in quotes only what needs them.
    """
    columns = [_texts(column, raw=raw) for _, column in table.items()]
    if not columns:
        return "\n"
    heading = [_texts(pd.Series([name], dtype=object), raw=raw) for name in table.columns]
    return "".join(map(_lines, (heading, columns)))


def defused(texts: pa.Array) -> pa.Array:
    """Put an apostrophe before texts that a spreadsheet would take for formulas; a negative number is none."""
    formula = pc.match_substring_regex(texts, FORMULA)
    if not pc.any(formula, min_count=0).as_py():
        return texts
    formula = pc.and_not(formula, pc.match_substring_regex(texts, NEGATIVE))
    return pc.if_else(formula, pc.binary_join_element_wise("'", texts, ""), texts)


def _texts(column: pd.Series, *, raw: bool) -> pa.Array:
    """Return the cells of a column as they stand in CSV."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return pa.array(column, from_pandas=True).cast(pa.string())
    if pd.api.types.infer_dtype(column) == "string":
        texts = pa.array(column, pa.string(), from_pandas=True)
    else:
        missing = column.isna().tolist()
        plain = [None if no else _plain(value) for value, no in zip(column.tolist(), missing, strict=True)]
        texts = pa.array(plain, pa.string())
    texts = texts if raw else defused(texts)
    special = pc.match_substring_regex(texts, SPECIAL)
    if not pc.any(special, min_count=0).as_py():
        return texts
    quoted = pc.binary_join_element_wise('"', pc.replace_substring(texts, '"', '""'), '"', "")
    return pc.if_else(special, quoted, texts)


def _plain(value: Any) -> str:
    """Return a value among others of other kinds as it would stand among its like."""
    if isinstance(value, (bool, float, np.bool_, np.floating)):
        return str(pa.scalar(value).cast(pa.string()))
    return str(value)


def _lines(cells: list[pa.Array]) -> str:
    """Join cells to lines; no reader would see an empty line, where a single cell is empty."""
    joined = pc.binary_join_element_wise(*cells, ",", null_handling="replace", null_replacement="")
    return "".join(pc.binary_join_element_wise(pc.if_else(pc.equal(joined, ""), '""', joined), "\n", "").to_pylist())


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
