"""Parts of a result as bytes, with what was counted; and parts joined so that nobody sees how they were cut."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["CATEGORY", "Tally", "packed", "part_table", "part_tally", "rechunked"]

TALLY = b"geoplan.tally"
CATEGORY = pa.dictionary(pa.int32(), pa.string())


@dataclass
class Tally:
    """What is counted of the rows of a file.

    Parameters
    ----------
    rows
        All of them.
    unplaced
        Those without a place: coordinates are missing or no numbers, or there is no outline.
    far
        Those that lie beyond the extent of the British grid.
    repaired
        Outlines that were not valid and had to be repaired.
    nowhere
        Column, or layer -> rows with a place that lie in no area of it.
    """

    rows: int = 0
    unplaced: int = 0
    far: int = 0
    repaired: int = 0
    nowhere: dict[str, int] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Count what was counted elsewhere."""
        for name in ("rows", "unplaced", "far", "repaired"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for column, count in other.nowhere.items():
            self.nowhere[column] = self.nowhere.get(column, 0) + count


def packed(table: pa.Table, tally: Tally) -> bytes:
    """Pack the rows of a part and what was counted."""
    said = {**(table.schema.metadata or {}), TALLY: json.dumps(vars(tally)).encode()}
    stream = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(stream, table.schema.with_metadata(said), options=options) as writer:
        writer.write_table(table)
    return stream.getvalue()


def part_tally(part: bytes | memoryview) -> Tally:
    """Return what was counted of a part."""
    with pa.ipc.open_stream(pa.py_buffer(part)) as reader:
        return Tally(**json.loads(reader.schema.metadata[TALLY]))


def part_table(part: bytes | memoryview) -> pa.Table:
    """Return the rows of a part."""
    with pa.ipc.open_stream(pa.py_buffer(part)) as reader:
        table = reader.read_all()
    plain = {name: value for name, value in (table.schema.metadata or {}).items() if name != TALLY}
    return table.replace_schema_metadata(plain or None)


def rechunked(tables: Iterable[pa.Table], rows: int, added: int) -> Iterator[pa.Table]:
    """Return the same rows in tables of so many, the last of fewer, each in one chunk a column.

    Categories of the last columns, those that were added, are such as the rows of a table use, sorted: they do not
    depend on how the rows were cut before.
    """
    held: list[pa.Table] = []
    count = 0
    for table in tables:
        held.append(table)
        count += len(table)
        while count >= rows:
            whole = pa.concat_tables(held)
            yield _tidied(whole.slice(0, rows), added)
            held, count = [whole.slice(rows)], count - rows
    if count:
        yield _tidied(pa.concat_tables(held), added)


def _tidied(table: pa.Table, added: int) -> pa.Table:
    own = table.num_columns - added
    columns = [_in_one(column) for column in table.columns]
    columns[own:] = [_sorted_categories(each) if each.type == CATEGORY else each for each in columns[own:]]
    return pa.Table.from_arrays(columns, schema=table.schema)


def _in_one(column: pa.ChunkedArray) -> pa.Array:
    """Return a column in one chunk, its categories in the order in which the file has them."""
    filled = [chunk for chunk in column.chunks if len(chunk)]
    if len(filled) > 1:
        filled = pa.chunked_array(filled, column.type).unify_dictionaries().chunks
    return pa.concat_arrays(filled)


def _sorted_categories(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """Return a column with those of its categories that it uses, sorted."""
    at = column.indices.fill_null(-1).to_numpy()
    used = np.flatnonzero(np.bincount(at[at >= 0], minlength=1))
    texts = column.dictionary.take(pa.array(used, pa.int64())) if len(column.dictionary) else column.dictionary
    order = pc.sort_indices(texts).to_numpy() if len(texts) else np.empty(0, np.int64)
    moved = np.full(max(len(column.dictionary), 1) + 1, -1, dtype=np.int32)
    moved[used[order] if len(texts) else used[:0]] = np.arange(len(order), dtype=np.int32)
    new = moved[at]
    return pa.DictionaryArray.from_arrays(pa.array(new, pa.int32(), mask=new < 0), texts.take(pa.array(order)))
