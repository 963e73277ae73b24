"""Small areas counted by the areas that hold their ground, with what is counted of them shared out by ground."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from geoplan.auditing.assigning.entries import KINDS, Entries, Key, apportioned, entries_of
from geoplan.auditing.assigning.folding import TOTAL, Counted, folded, joined_parts, summary_table
from geoplan.auditing.assigning.packing import packed
from geoplan.auditing.assigning.placing import numbers_in
from geoplan.auditing.assigning.small_areas import AreasShared, laid_over
from geoplan.auditing.lookups.postcode_lists import free_words
from geoplan.schema import Tolerance

__all__ = ["area_sums", "area_sums_schema", "joined_sums", "summed_part"]

TOLD = ("level", "kind", "code", "name")
"""Columns that say what a row tells of."""
SLIVER = Tolerance().drawn
"""Share of a small area that lies elsewhere, or here alone, by how boundaries are drawn."""


def summed_part(shared: AreasShared, span: Any) -> bytes:
    """Count the small areas of one part by area.

    Parameters
    ----------
    shared
        What every part needs.
    span
        Which rows.

    Returns
    -------
    bytes
        A row for each row of the summary that they give anything to, its sums as exact fractions; and what was
        counted.

    Notes
    -----
    What is summed is shared out by ground, and the largest share of each small area is what the others leave: nothing
    is lost to rounding, and what lies in one area alone is counted there as it stands.
    """
    table = shared.rows.read(span)
    laid = laid_over(shared, table)
    entries = entries_of([laid.shares[word] for word in shared.words], laid.areas)
    keys, group = _grouped(entries, *_told_apart(table, shared.by))
    count = len(keys)
    columns: list[Any] = list(zip(*keys, strict=True)) or [()] * (len(TOLD) + len(shared.by))
    columns += _counted(entries, group, count, unknown=_any_unknown(shared))
    columns.append(map(str, apportioned(entries, group, count, laid.areas, entries.m2)))
    for name in shared.sums:
        values, missing = numbers_in(table[name], name, shared.rows.origin.name)
        parts = values[entries.row] * entries.share
        columns.append(map(str, apportioned(entries, group, count, values, parts)))
        columns.append(np.bincount(group[missing[entries.row]], minlength=count))
    schema = area_sums_schema(shared)
    kinds = [pa.string() if each.type == pa.float64() else each.type for each in schema]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return packed(pa.Table.from_arrays(arrays, names=schema.names), laid.tally)


def _told_apart(table: pa.Table, by: Sequence[str]) -> tuple[np.ndarray, list[Key]]:
    """Return for each row the position of what its columns hold among all that they hold, and these."""
    texts = [table[name].cast(pa.string()).to_pylist() for name in by]
    rows: list[Key] = list(zip(*texts, strict=True)) if by else [()] * len(table)
    at = {key: number for number, key in enumerate(dict.fromkeys(rows))}
    return np.array([at[key] for key in rows], dtype=np.int64), list(at)


def _grouped(entries: Entries, apart: np.ndarray, values: Sequence[Key]) -> tuple[list[Key], np.ndarray]:
    """Return what the rows of a part tell of, and which of them each entry belongs to; all are not told apart."""
    each = len(values) + 1
    value = np.where(entries.in_all, len(values), apart[entries.row])
    found, group = np.unique(entries.target * each + value, return_inverse=True)
    nothing: Key = (None,) * len(values[0] if values else ())
    said = [*values, nothing]
    return [entries.targets[one // each] + said[one % each] for one in found.tolist()], group


def _counted(entries: Entries, group: np.ndarray, count: int, *, unknown: bool) -> list[np.ndarray]:
    share = np.abs(entries.share)
    whole = share >= 1 - SLIVER
    told = [np.ones(len(group), dtype=bool), whole, ~whole & (share > SLIVER), *([entries.unknown] if unknown else [])]
    return [np.bincount(group[each], minlength=count) for each in told]


def _any_unknown(shared: AreasShared) -> bool:
    return any(member.shared for ground in shared.grounds for member in ground.members)


def area_sums_schema(shared: AreasShared) -> pa.Schema:
    """Return the columns of a summary of small areas.

    Parameters
    ----------
    shared
        What every part needs.

    Returns
    -------
    pyarrow.Schema
        ``level``, ``kind``, ``code``, ``name``, the columns told apart, ``rows``, ``wholly``, ``partly``,
        ``not_known`` where a layer has parts of unknown size, ``area_m2``, and for each column summed its sum and
        ``COLUMN_missing``. A number stands behind those of these names that a column of the file has here.
    """
    counts = ["rows", "wholly", "partly", *(["not_known"] if _any_unknown(shared) else [])]
    summed = [(name, f"{name}_missing") for name in shared.sums]
    taken = [*shared.by, *(name for pair in summed for name in pair)]
    free = free_words([*TOLD, *counts, "area_m2"], taken)
    texts = [*(free[name] for name in TOLD), *shared.by]
    fields = [pa.field(name, pa.string()) for name in texts] + [pa.field(free[name], pa.int64()) for name in counts]
    fields.append(pa.field(free["area_m2"], pa.float64()))
    for name, missing in summed:
        fields += [pa.field(name, pa.float64()), pa.field(missing, pa.int64())]
    return pa.schema(fields)


def joined_sums(shared: AreasShared, parts: Sequence[bytes]) -> bytes:
    """Join what `summed_part` counted of some parts: such a part again."""
    return joined_parts(parts, _keys(shared))


def _keys(shared: AreasShared) -> list[str]:
    return area_sums_schema(shared).names[: len(TOLD) + len(shared.by)]


def area_sums(shared: AreasShared, tables: Iterable[pa.Table]) -> pa.Table:
    """Join the counts of all parts.

    Parameters
    ----------
    shared
        What every part needs.
    tables
        From `summed_part`.

    Returns
    -------
    pyarrow.Table
        For each layer (``level`` is its word) a row an area, then what lies in none, what several areas have once too
        often, and what is not assessed; and one row for all (``level`` total). Sums are exact until they are rounded
        once.
    """
    schema = area_sums_schema(shared)
    counted = folded(tables, _keys(shared))
    level, kind = (counted.keys[name].astype(object) for name in schema.names[:2])
    ranks = {word: rank for rank, word in enumerate(shared.words)}
    # Rows alike in these stay in the order of their texts.
    order = np.lexsort((kind.map(KINDS.index), level.map(ranks).fillna(-1), kind == TOTAL))
    amounts = {name: values[order] for name, values in counted.amounts.items()}
    return summary_table(Counted(counted.keys.iloc[order], amounts), schema)
