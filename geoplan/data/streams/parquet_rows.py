"""A Parquet file, a range of rows at a time: several small row groups at once, large ones batch by batch."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from geoplan.data.readers.guards import damaged
from geoplan.data.streams.origins import Origin, refuse_columns

__all__ = ["ParquetRows", "RowSpan"]

BATCH_ROWS = 65_536
"""The most rows decoded at once of a row group that is read in parts."""
BUFFER_BYTES = 1 << 20


@dataclass(frozen=True)
class RowSpan:
    """A range of rows.

    Parameters
    ----------
    number
        Its place among the ranges of the file.
    groups
        The row groups it lies in: several, or one of which it may be a part.
    start, stop
        Rows within its row groups.
    first
        Row of the file it begins with.
    """

    number: int
    groups: tuple[int, ...]
    start: int
    stop: int
    first: int


class ParquetRows:
    """The rows of a Parquet file.

    Parameters
    ----------
    origin
        Where its bytes lie.

    Raises
    ------
    InputError
        If it is no sound Parquet file.
    """

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        with damaged(origin.name, "Parquet"), self._file() as file:
            self._facts = file.metadata
            self.schema: pa.Schema = file.schema_arrow
        refuse_columns(self.schema.names, origin.name)
        self._going: tuple[tuple[int, int], Iterator[pa.RecordBatch], list[pa.RecordBatch]] | None = None

    @property
    def count(self) -> int:
        """Number of rows."""
        return int(self._facts.num_rows)

    def __getstate__(self) -> dict[str, Any]:
        """Leave behind where reading stands: whoever gets this begins anew."""
        return {**self.__dict__, "_going": None}

    @contextmanager
    def _file(self, facts: Any = None) -> Iterator[pq.ParquetFile]:
        with self.origin.opened() as stream:
            # Without a buffer whole columns of a row group are held, however few rows are wanted of them.
            yield pq.ParquetFile(stream, metadata=facts, pre_buffer=False, buffer_size=BUFFER_BYTES)

    def head(self, rows: int) -> pa.Table:
        """Return the first rows, fewer where there are not so many."""
        with damaged(self.origin.name, "Parquet"), self._file(self._facts) as file:
            for batch in file.iter_batches(batch_size=rows):
                return pa.Table.from_batches([batch])
        return self.schema.empty_table()

    def group_rows(self) -> list[int]:
        """Return how many rows each row group has."""
        return [self._facts.row_group(group).num_rows for group in range(self._facts.num_row_groups)]

    def ranges(self, paths: Sequence[str]) -> list[list[tuple[float, float] | None]]:
        """Return the least and the greatest number that the file states of some columns, without reading a row.

        Parameters
        ----------
        paths
            The columns; ``bbox.xmin`` for what lies within one.

        Returns
        -------
        list of list of tuple or None
            For each row group and column. None where there is no such column, or nothing or no number is stated.
        """
        every = [self._facts.schema.column(at).path for at in range(len(self._facts.schema))]
        # A name with a dot may be that of two columns: then nobody knows which is meant.
        at = {path: every.index(path) for path, times in Counter(every).items() if times == 1}
        groups = [self._facts.row_group(group) for group in range(self._facts.num_row_groups)]
        return [[_range(group.column(at[path])) if path in at else None for path in paths] for group in groups]

    def pieces(self, rows: int, _: int) -> int:
        """Return how many ranges of at most so many rows there are."""
        return sum(1 for _ in self.spans(rows, 0))

    def spans(self, rows: int, _: int) -> Iterator[RowSpan]:
        """Cut the file into ranges of at most so many rows; small row groups stay together.

        Parameters
        ----------
        rows
            The most rows of a range.

        Yields
        ------
        RowSpan
            In the order of the file.
        """
        number, first, size = 0, 0, 0
        held: list[int] = []
        for group in range(self._facts.num_row_groups):
            count = self._facts.row_group(group).num_rows
            if held and size + count > rows:
                yield RowSpan(number, tuple(held), 0, size, first)
                number, first, held, size = number + 1, first + size, [], 0
            if count <= rows:
                if count == 0:
                    continue
                held, size = [*held, group], size + count
                continue
            for start in range(0, count, rows):
                stop = min(start + rows, count)
                yield RowSpan(number, (group,), start, stop, first + start)
                number += 1
            first += count
        if held:
            yield RowSpan(number, tuple(held), 0, size, first)

    def read(self, span: RowSpan) -> pa.Table:
        """Return the rows of a range, with all columns."""
        with damaged(self.origin.name, "Parquet"):
            if span.start == 0 and span.stop == sum(self._facts.row_group(each).num_rows for each in span.groups):
                with self._file(self._facts) as file:
                    return file.read_row_groups(list(span.groups))
            return self._part(span.groups[0], span.start, span.stop)

    def _part(self, group: int, start: int, stop: int) -> pa.Table:
        """Read a part of a row group, going on where the last one ended: what stands before must be decoded too."""
        if self._going is None or self._going[0] != (group, start):
            self._going = None
            batches = self._batches(group, min(stop - start, BATCH_ROWS))
            kept = _skipped(batches, start)
        else:
            _, batches, kept = self._going
        while sum(map(len, kept)) < stop - start:
            kept.append(next(batches))
        table = pa.Table.from_batches(kept)
        rest = table.slice(stop - start)
        self._going = ((group, stop), batches, rest.to_batches())
        return table.slice(0, stop - start)

    def _batches(self, group: int, rows: int) -> Iterator[pa.RecordBatch]:
        with self._file(self._facts) as file:
            yield from file.iter_batches(batch_size=rows, row_groups=[group])


def _range(column: Any) -> tuple[float, float] | None:
    """Return what the statistics of a column of one row group state."""
    told = column.statistics
    if told is None or not told.has_min_max:
        return None
    if not all(isinstance(each, int | float | Decimal) for each in (told.min, told.max)):
        # The least of texts is the first by its letters, not the least number.
        return None
    least, greatest = float(told.min), float(told.max)
    return (least, greatest) if math.isfinite(least) and math.isfinite(greatest) and least <= greatest else None


def _skipped(batches: Iterator[pa.RecordBatch], rows: int) -> list[pa.RecordBatch]:
    """Pass over so many rows, and return what was read beyond them."""
    while rows > 0:
        batch = next(batches)
        if len(batch) > rows:
            return [batch.slice(rows)]
        rows -= len(batch)
    return []
