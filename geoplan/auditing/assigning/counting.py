"""Counts of parts added up exactly, and laid out as the rows of a summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import pyarrow as pa

__all__ = ["TOTAL", "Counted", "Key", "add", "by_text", "counted_in", "summary_table"]

Key = tuple[str | None, ...]
Counted = dict[Key, list[Fraction]]
"""What is counted by what it is counted of, without rounding."""
TOTAL = "total"
"""Level of the row for all that is counted."""


def counted_in(table: pa.Table, keys: int) -> Iterator[tuple[Key, list[Fraction]]]:
    """Return the counts of one part.

    Parameters
    ----------
    table
        Columns of text, then whole numbers, and fractions as text.
    keys
        How many of the columns tell what the others are counted of.

    Yields
    ------
    tuple
        What a row holds in the first columns, and its counts.
    """
    columns = [column.to_pylist() for column in table.columns]
    for row in zip(*columns, strict=True):
        yield row[:keys], [Fraction(value) for value in row[keys:]]


def add(counted: Counted, key: Key, values: Sequence[Fraction]) -> None:
    """Add counts to those that stand under a key."""
    held = counted.get(key)
    counted[key] = list(values) if held is None else [one + other for one, other in zip(held, values, strict=True)]


def by_text(key: Sequence[str | None]) -> list[tuple[bool, str]]:
    """Return what puts keys in the order of their texts, those that are missing last."""
    return [(text is None, text or "") for text in key]


def summary_table(rows: Iterable[tuple[Key, Sequence[Fraction]]], schema: pa.Schema) -> pa.Table:
    """Lay counts out as a table, each sum rounded once.

    Parameters
    ----------
    rows
        Of each its key and its counts.
    schema
        Of the table: the columns of a key, then those of its counts.

    Returns
    -------
    pyarrow.Table
        In the order of the rows.
    """
    lines = [(*key, *values) for key, values in rows]
    columns = list(zip(*lines, strict=True)) or [()] * len(schema)
    arrays = [pa.array(map(_plain(each.type), column), each.type) for each, column in zip(schema, columns, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _plain(kind: pa.DataType) -> Any:
    return int if pa.types.is_integer(kind) else float if pa.types.is_floating(kind) else lambda text: text
