"""Counts of the same pieces joined, part by part, with sums that stay exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa

from geoplan.auditing.assigning.packing import Tally, packed, part_table, part_tally

__all__ = ["TOTAL", "Counted", "folded", "joined_parts", "summary_table", "wider"]

TOTAL = "total"
"""Level of the row for all that is counted."""
MOST_EXACT = 2**62
"""Total of absolute values up to which whole numbers are summed in 64 bits."""
GATHERED_ROWS = 200_000
"""Rows of parts that are gathered before they are joined with what was."""
MOST_JOINED = 300_000
"""Rows of a few parts that are counted together, at some 450 bytes each; more stand after one another as they are."""
MISSING = pd.Categorical([None], categories=pd.Index([], dtype=object))


@dataclass(frozen=True, eq=False)
class Counted:
    """What was counted of pieces.

    Parameters
    ----------
    keys
        A row a piece, in the order of their texts, missing ones last: what it holds, as categories.
    amounts
        Column -> a number a piece: whole numbers in 64 bits, or objects that are exact.
    """

    keys: pd.DataFrame
    amounts: dict[str, np.ndarray]


def folded(tables: Iterable[pa.Table], keys: Sequence[str]) -> Counted:
    """Join what was counted of the parts of a file.

    Parameters
    ----------
    tables
        Of each part a row a piece: texts of the keys, and amounts as whole numbers or as exact fractions in words.
    keys
        Columns that tell pieces apart; all others are amounts.

    Returns
    -------
    Counted
        Every piece once. It does not depend on how the file was cut.
    """
    held: list[Counted] = []
    for table in tables:
        held.append(_counted(table, keys))
        if sum(len(one.keys) for one in held[1:]) >= max(GATHERED_ROWS, len(held[0].keys)):
            held = [_joined(held)]
    return _joined(held) if held else Counted(pd.DataFrame(dict.fromkeys(keys, MISSING[:0])), {})


def joined_parts(parts: Sequence[bytes], keys: Sequence[str]) -> bytes:
    """Join the counts of some parts of a file, as if they had been one.

    Parameters
    ----------
    parts
        Tables such as `folded` takes, packed with what was counted of their rows.
    keys
        As of `folded`.

    Returns
    -------
    bytes
        One such part; where they have too many rows for the memory of one, their rows after one another.
    """
    tally = Tally()
    for part in parts:
        tally.add(part_tally(part))
    tables = [part_table(part) for part in parts]
    if sum(map(len, tables)) > MOST_JOINED:
        return packed(pa.concat_tables(tables), tally)
    counted = folded(tables, keys)
    kinds = {name: tables[0].schema.field(name).type for name in counted.amounts}
    amounts = {
        name: pa.array(map(str, values) if pa.types.is_string(kinds[name]) else values, kinds[name])
        for name, values in counted.amounts.items()
    }
    return packed(pa.table({**_texts(counted), **amounts}), tally)


def wider(counted: Counted, kept: Sequence[str]) -> Counted:
    """Count pieces together that are alike in some keys.

    Parameters
    ----------
    counted
        From `folded`.
    kept
        The keys that still tell apart; the others are missing.

    Returns
    -------
    Counted
        With the same columns.
    """
    missing = MISSING.take(np.full(len(counted.keys), -1), allow_fill=True)
    keys = {name: counted.keys[name] if name in kept else missing for name in counted.keys.columns}
    return _joined([Counted(pd.DataFrame(keys, index=counted.keys.index), counted.amounts)])


def summary_table(counted: Counted, schema: pa.Schema) -> pa.Table:
    """Lay counts out as a table, each number rounded once.

    Parameters
    ----------
    counted
        From `folded` or `wider`.
    schema
        Of the table: the keys and the amounts.

    Returns
    -------
    pyarrow.Table
        A row a piece.
    """
    if not counted.amounts:
        return schema.empty_table()
    columns = _texts(counted)
    for name, values in counted.amounts.items():
        kind = schema.field(name).type
        rounded = int if pa.types.is_integer(kind) else float
        columns[name] = pa.array(map(rounded, values) if values.dtype == object else values.astype(rounded), kind)
    return pa.table(columns).select(schema.names).cast(schema)


def _texts(counted: Counted) -> dict[str, pa.Array]:
    """Return what pieces hold as texts."""
    return {name: pa.array(counted.keys[name].astype(object), pa.string(), from_pandas=True) for name in counted.keys}


def _counted(table: pa.Table, keys: Sequence[str]) -> Counted:
    frame = pd.DataFrame({name: _category(table[name]) for name in keys}, index=range(len(table)))
    return Counted(frame, {name: _exact(table[name]) for name in table.column_names if name not in keys})


def _category(column: pa.ChunkedArray) -> pd.Categorical:
    coded = pa.chunked_array([column.combine_chunks().dictionary_encode()]).chunk(0)
    texts = pd.Index(coded.dictionary.to_pylist(), dtype=object)
    return pd.Categorical.from_codes(coded.indices.fill_null(-1).to_numpy(), categories=texts)


def _exact(column: pa.ChunkedArray) -> np.ndarray:
    """Return whole numbers, or exact fractions as objects where any is none or beyond 64 bits."""
    try:
        whole: np.ndarray = column.cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        return np.array([Fraction(each) for each in column.to_pylist()], dtype=object)
    return whole


def _joined(several: Sequence[Counted]) -> Counted:
    """Return every piece once, in order."""
    names = list(several[0].keys.columns)
    keys = pd.DataFrame({name: _united([one.keys[name] for one in several]) for name in names})
    amounts = {name: _alike([one.amounts[name] for one in several]) for name in several[0].amounts}
    group = keys.groupby(names, observed=True, dropna=False, sort=True).ngroup().to_numpy()
    first = np.unique(group, return_index=True)[1]
    summed = {name: _sums(group, len(first), values) for name, values in amounts.items()}
    return Counted(keys.iloc[first].reset_index(drop=True), summed)


def _united(columns: Sequence[pd.Series]) -> pd.Categorical:
    """Return texts of several parts after one another, with sorted categories: the order of groups is theirs."""
    united = pd.api.types.union_categoricals(columns, sort_categories=True)
    # Texts of one kind whatever pandas makes of them, or the next union is refused.
    return pd.Categorical.from_codes(united.codes, categories=pd.Index(united.categories, dtype=object))


def _alike(values: Sequence[np.ndarray]) -> np.ndarray:
    """Return amounts of several parts after one another, as objects where whole numbers might not have room."""
    together = np.concatenate(values) if len({one.dtype for one in values}) == 1 else None
    if together is None or (together.dtype != object and np.abs(together.astype(float)).sum() >= MOST_EXACT):
        return np.concatenate([one.astype(object) for one in values])
    return together


def _sums(group: np.ndarray, count: int, values: np.ndarray) -> np.ndarray:
    summed = np.zeros(count, dtype=values.dtype)
    np.add.at(summed, group, values)
    return summed
