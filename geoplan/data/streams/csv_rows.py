"""A CSV file, a range of rows at a time, cut at line feeds that stand in no quoted cell; every cell stays text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.csv

from geoplan.data.streams.origins import Origin, refuse_columns
from geoplan.errors import InputError, refusal

__all__ = ["ByteSpan", "CsvRows"]

HEAD_BYTES = 1 << 20
MARK = b"\xef\xbb\xbf"
SEPARATORS = (",", ";", "\t", "|")
LONGEST_ROW = 64 * 1024**2
"""Bytes without the end of a row beyond which a file is taken to be no CSV, or to have a quote too many."""


@dataclass(frozen=True)
class ByteSpan:
    """A range of bytes that holds whole rows.

    Parameters
    ----------
    number
        Its place among the ranges of the file.
    start, stop
        Bytes of the file.
    """

    number: int
    start: int
    stop: int


class CsvRows:
    """The rows of a CSV file with one row of headings (RFC 4180; UTF-8 or Windows-1252).

    Parameters
    ----------
    origin
        Where its bytes lie.

    Raises
    ------
    InputError
        If it has no headings, or two that are the same.
    """

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        with origin.opened() as file:
            head = file.read(HEAD_BYTES)
        self._marked = len(MARK) if head.startswith(MARK) else 0
        self._encoding = _encoding_of(head, whole=len(head) < HEAD_BYTES)
        first = _row_end(head, at=0)
        end = len(head) if first < 0 else first
        line = head[self._marked : end].decode(self._encoding)
        self._separator = max(SEPARATORS, key=line.count)
        names = next(csv.reader(io.StringIO(line), delimiter=self._separator), [])
        self._begin = end
        if not any(names):
            raise InputError(refusal(f"{origin.name} has no headings", hint="Its first row must name the columns."))
        refuse_columns(names, origin.name)
        self.schema = pa.schema([(name, pa.string()) for name in names])

    def head(self, rows: int) -> pa.Table:
        """Return the first rows, fewer where there are not so many; the very last one may be missing."""
        span = next(self.spans(rows, HEAD_BYTES), None)
        return self.schema.empty_table() if span is None else self.read(span).slice(0, rows)

    def pieces(self, _: int, size: int) -> int:
        """Return about how many ranges of so many bytes there are."""
        return -(-max(self.origin.size() - self._begin, 0) // size)

    def spans(self, _: int, size: int) -> Iterator[ByteSpan]:
        """Cut the file into ranges of whole rows.

        Parameters
        ----------
        size
            The most bytes of a range, unless one row has more.

        Yields
        ------
        ByteSpan
            In the order of the file.
        """
        number, start = 0, self._begin
        with self.origin.opened() as file:
            file.seek(start)
            kept = b""
            while True:
                read = file.read(size - len(kept) if len(kept) < size else size)
                kept += read
                cut = len(kept) if not read else _last_end(kept)
                if cut > 0:
                    yield ByteSpan(number, start, start + cut)
                    number, start, kept = number + 1, start + cut, kept[cut:]
                if not read:
                    return
                if len(kept) > max(LONGEST_ROW, size):
                    message = f"{self.origin.name}: no row ends within {len(kept) >> 20} MB after byte {start:,}"
                    raise InputError(refusal(message, hint="Look for a quotation mark that is never closed."))

    def read(self, span: ByteSpan) -> pa.Table:
        """Return the rows of a range; what is no row of the table is refused by its byte."""
        with self.origin.opened() as file:
            file.seek(span.start)
            content = file.read(span.stop - span.start)
        if not content.strip():
            return self.schema.empty_table()
        names = self.schema.names
        try:
            return pa.csv.read_csv(
                io.BytesIO(content),
                read_options=pa.csv.ReadOptions(
                    column_names=names, block_size=len(content) + 1, encoding=self._encoding, use_threads=False
                ),
                parse_options=pa.csv.ParseOptions(delimiter=self._separator, newlines_in_values=True),
                convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
            )
        except (pa.ArrowInvalid, UnicodeDecodeError) as problem:
            told = str(problem).partition("\n")[0][:160]
            message = refusal(f"{self.origin.name}: from byte {span.start:,} on a row cannot be read ({told})")
            raise InputError(message) from problem


def _encoding_of(head: bytes, *, whole: bool) -> str:
    """Return UTF-8 where the first bytes are that, a character cut off at their end apart, else Windows-1252."""
    try:
        (head if whole else head[: head.rfind(b"\n") + 1]).decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _row_end(content: bytes, at: int) -> int:
    """Return the position behind the next line feed that stands in no quoted cell; -1 where there is none."""
    quotes, start = 0, at
    while (end := content.find(b"\n", at)) >= 0:
        quotes += content.count(b'"', start, end)
        if quotes % 2 == 0:
            return end + 1
        at = start = end + 1
    return -1


def _last_end(content: bytes) -> int:
    """Return the position behind the last line feed that stands in no quoted cell; 0 where there is none."""
    quotes = content.count(b'"')
    end = len(content)
    while (at := content.rfind(b"\n", 0, end)) >= 0:
        quotes -= content.count(b'"', at, end)
        if quotes % 2 == 0:
            return at + 1
        end = at
    return 0
