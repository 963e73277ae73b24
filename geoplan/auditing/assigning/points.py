"""Points assigned to the areas that hold them, and counted by the pieces that the layers cut the ground into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from geoplan.auditing.assigning.boxes import Boxes
from geoplan.auditing.assigning.folding import TOTAL, Counted, folded, joined_parts, summary_table, wider
from geoplan.auditing.assigning.grounds import Found, Ground
from geoplan.auditing.assigning.packing import CATEGORY, Tally, packed
from geoplan.auditing.assigning.placing import Placing, is_far, numbers_in, places_of
from geoplan.data.streams.csv_rows import CsvRows
from geoplan.data.streams.parquet_rows import ParquetRows
from geoplan.engine.sums import exact_sums

__all__ = [
    "CODE", "Heading", "PointsShared", "assigned_part", "counted_pieces", "joined_counts", "pieces_schema",
    "summarised_part",
]  # fmt: skip

PIECE = "piece"
"""Level of the rows that tell of one piece."""
CODE = 0


@dataclass(frozen=True)
class Heading:
    """A column that is added.

    Parameters
    ----------
    column
        Its name.
    word
        What the columns of its layer begin with.
    which
        Whether it holds codes (0), names (1) or shares (2).
    """

    column: str
    word: str
    which: int


@dataclass(frozen=True, eq=False)
class PointsShared:
    """What every part of the work needs.

    Parameters
    ----------
    rows
        The file.
    placing
        How the place of a row is read.
    grounds
        Outlines that places are found in.
    headings
        Columns to be added.
    sums
        Columns summed by piece.
    by
        Columns whose values are told apart within a piece.
    boxes
        Where the file says that its rows lie; None where it says nothing.
    """

    rows: ParquetRows | CsvRows
    placing: Placing
    grounds: tuple[Ground, ...]
    headings: tuple[Heading, ...]
    sums: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    boxes: Boxes | None = None


def _placed(shared: PointsShared, table: pa.Table, span: Any) -> tuple[dict[str, Found], Tally]:
    file = shared.rows.origin.name
    x, y = places_of(table, shared.placing, file, getattr(span, "first", 0))
    box = None if shared.boxes is None else shared.boxes.tested(span, x, y, file)
    found: dict[str, Found] = {}
    for ground in shared.grounds:
        found |= ground.found(x, y, box)
    unplaced = int(np.isnan(x).sum())
    nowhere = {
        each.column: int((found[each.word].place < 0).sum()) - unplaced
        for each in shared.headings
        if each.which == CODE
    }
    return found, Tally(len(x), unplaced, int(is_far(x, y).sum()), nowhere=nowhere)


def assigned_part(shared: PointsShared, span: Any) -> bytes:
    """Assign the rows of one part.

    Parameters
    ----------
    shared
        What every part needs.
    span
        Which rows.

    Returns
    -------
    bytes
        The rows with their new columns, and what was counted; see `geoplan.auditing.assigning.packing`.
    """
    table = shared.rows.read(span)
    found, tally = _placed(shared, table, span)
    for each in shared.headings:
        table = table.append_column(pa.field(each.column, CATEGORY), found[each.word].column(each.which))
    return packed(table, tally)


def summarised_part(shared: PointsShared, span: Any) -> bytes:
    """Count the rows of one part by piece.

    Parameters
    ----------
    shared
        What every part needs.
    span
        Which rows.

    Returns
    -------
    bytes
        A row a piece: what its columns hold, the rows, and for each column summed its sum as an exact fraction and how
        many rows have no number; and what was counted.
    """
    table = shared.rows.read(span)
    found, tally = _placed(shared, table, span)
    keys: dict[str, Any] = {}
    for each in shared.headings:
        one = found[each.word]
        keys[each.column] = pd.Categorical.from_codes(*_distinct(one.place, one.texts[each.which]))
    for name in shared.by:
        keys[name] = table[name].cast(pa.string()).to_pandas().astype("category")
    frame = pd.DataFrame(keys, index=range(len(table)))
    group = frame.groupby(list(keys), observed=True, dropna=False, sort=True).ngroup().to_numpy()
    count = int(group.max()) + 1 if len(group) else 0
    first = np.unique(group, return_index=True)[1]
    columns = {name: pa.array(frame[name].iloc[first].astype(object), pa.string(), from_pandas=True) for name in keys}
    columns["rows"] = pa.array(np.bincount(group, minlength=count), pa.int64())
    for name in shared.sums:
        values, missing = numbers_in(table[name], name, shared.rows.origin.name)
        columns[name] = pa.array([str(each) for each in exact_sums(group, count, values)], pa.string())
        columns[f"{name}_missing"] = pa.array(np.bincount(group[missing], minlength=count), pa.int64())
    return packed(pa.table(columns), tally)


def _distinct(place: np.ndarray, texts: Sequence[str]) -> tuple[np.ndarray, pd.Index]:
    """Return places among the distinct texts: several areas may have one name."""
    codes, distinct = pd.factorize(pd.Index(texts, dtype=object))
    return np.append(codes, -1)[place], distinct


def joined_counts(shared: PointsShared, parts: Sequence[bytes]) -> bytes:
    """Join what `summarised_part` counted of some parts: such a part again."""
    return joined_parts(parts, _keys(shared))


def _keys(shared: PointsShared) -> list[str]:
    return [*(each.column for each in shared.headings), *shared.by]


def pieces_schema(shared: PointsShared) -> pa.Schema:
    """Return the columns of a summary.

    Parameters
    ----------
    shared
        What every part needs.

    Returns
    -------
    pyarrow.Schema
        ``level``, the columns of the layers, those told apart, ``rows``, and for each column summed its sum and
        ``COLUMN_missing``.
    """
    texts = ["level", *(each.column for each in shared.headings), *shared.by]
    fields = [pa.field(name, pa.string()) for name in texts] + [pa.field("rows", pa.int64())]
    for name in shared.sums:
        whole = pa.types.is_integer(shared.rows.schema.field(name).type)
        fields += [pa.field(name, pa.int64() if whole else pa.float64()), pa.field(f"{name}_missing", pa.int64())]
    return pa.schema(fields)


def counted_pieces(shared: PointsShared, tables: Iterable[pa.Table]) -> pa.Table:
    """Join the counts of all parts.

    Parameters
    ----------
    shared
        What every part needs.
    tables
        From `summarised_part`.

    Returns
    -------
    pyarrow.Table
        A row a piece (``level`` piece), then a row for each area of each layer (``level`` is its word) and for what
        lies in none, and one for all (``level`` total). Sums are exact until they are rounded once.
    """
    pieces = folded(tables, _keys(shared))
    levels = [(PIECE, pieces)]
    for word in dict.fromkeys(each.word for each in shared.headings):
        own = [each.column for each in shared.headings if each.word == word]
        levels.append((word, wider(pieces, [*own, *shared.by])))
    levels.append((TOTAL, wider(pieces, [])))
    schema = pieces_schema(shared)
    return pa.concat_tables([summary_table(_at_level(level, counted), schema) for level, counted in levels])


def _at_level(level: str, counted: Counted) -> Counted:
    return Counted(counted.keys.assign(level=level), counted.amounts)
