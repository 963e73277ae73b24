"""Read tables of the user's own: memberships, lookups and flows, from CSV, Excel and Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geoplan.data.readers.guards import (
    CHUNK_BYTES,
    KINDS,
    LONGEST_SAID,
    columns_found,
    damaged,
    hash_of,
    reading,
    refuse_absent,
    refuse_many,
)
from geoplan.data.readers.kinds import kind_of
from geoplan.data.readers.locators import parse_reference
from geoplan.data.readers.parquet import guarded_table, is_cell
from geoplan.data.tables import cells
from geoplan.data.tables.headings import MOST_LOOKUP, OTHER_WORKBOOKS, TEXT, WORKBOOKS, is_square
from geoplan.errors import InputError, refusal
from geoplan.progress import phase
from geoplan.schema import Note, in_parts

if TYPE_CHECKING:
    from pyarrow import csv as arrow

__all__ = ["RawTable", "is_table", "read_flows", "read_lookup", "read_rows", "understood_notes"]

MOST_FLOWS = 100_000_000
"""Rows of a table of flows."""
LARGE_BYTES = 32 * 1024**2
"""Text beyond which a table is read in columns, without looking for notes below it."""


@dataclass(frozen=True, eq=False)
class RawTable:
    """A table without geometry as its file holds it.

    Parameters
    ----------
    frame
        One row a row of the file, nothing repaired or renamed, indexed by the rows' numbers as a spreadsheet shows
        them; from a CSV file or a workbook all text.
    file
        Name of the file, without its folder.
    column
        The column asked for by ``file#column``, None when none was.
    sha256
        Hash of the bytes of the file.
    delimiter
        What separates the cells in the file; a tab where nothing does.
    said
        How it had to be understood: what was passed over, and what was guessed.
    """

    frame: pd.DataFrame
    file: str
    column: str | None
    sha256: str
    delimiter: str = "\t"
    said: tuple[str, ...] = ()


def understood_notes(file: str, said: Sequence[str]) -> tuple[Note, ...]:
    """Return how a table had to be understood, as one note (GP106); none where nothing is to be said."""
    if not said:
        return ()
    lead, detail = in_parts(said)
    return (Note("GP106", f"{file}: {lead}", by_design=True, detail=detail),)


def is_table(path: str | Path) -> bool:
    """Tell by its name whether a file holds a table of text or a workbook."""
    return Path(path).suffix.lower() in (*TEXT, *WORKBOOKS, *OTHER_WORKBOOKS)


def read_rows(reference: str, *, most: int) -> RawTable:
    """Read a table of any kind, without its blank rows."""
    path, column = parse_reference(reference)
    refuse_absent(path)
    suffix = path.suffix.lower()
    with phase(f"Reading {path.name}"):
        if KINDS.get(suffix) == "Parquet":
            table = RawTable(_parquet_frame(path, most), path.name, column, "")
        elif suffix in WORKBOOKS:
            sheet, column = cells.workbook_sheet(path, column, most=most)
            table = _of_sheet(sheet, path.name, column)
        elif suffix in TEXT:
            table = _text_table(path, column, most)
        else:
            raise InputError(_not_read(path.name, suffix))
    frame = table.frame[~_blank_rows(table.frame)]
    if frame.empty:
        raise InputError(refusal(f"{path.name} holds no rows", hint=columns_found([*map(str, frame.columns)])))
    return replace(table, frame=frame, sha256=hash_of([path]))


def _not_read(file: str, suffix: str) -> str:
    if suffix in OTHER_WORKBOOKS:
        return refusal(f"{file} is a workbook of a kind that is not read", hint="Save it as an Excel workbook (.xlsx).")
    hint = "Tables are read from CSV, TSV, Excel (.xlsx) and Parquet; unpack or export the file."
    return refusal(f"{file} is not a table that can be read", hint=hint)


def _of_sheet(sheet: cells.Sheet, file: str, column: str | None) -> RawTable:
    named = [place for place, heading in enumerate(sheet.headings) if heading]
    if sheet.headings and not sheet.headings[0] and is_square([row[0] for _, row in sheet.rows], sheet.headings[1:]):
        named = [0, *named]
    index = pd.Index([number for number, _ in sheet.rows], name="row")
    columns = {sheet.headings[place]: [row[place] for _, row in sheet.rows] for place in named}
    return RawTable(pd.DataFrame(columns, index=index, dtype=str), file, column, "", sheet.delimiter, sheet.said)


def _blank_rows(frame: pd.DataFrame) -> np.ndarray:
    """Tell which rows hold nothing."""
    blank = np.ones(len(frame), dtype=bool)
    for column in frame.columns:
        empty = frame[column].isna()
        if not pd.api.types.is_numeric_dtype(frame[column]):
            empty |= frame[column] == ""
        blank &= empty.to_numpy()
    return blank


def _text_table(path: Path, column: str | None, most: int) -> RawTable:
    _refuse_lines(path, most)
    if path.stat().st_size > LARGE_BYTES:
        return _large_table(path, column)
    with reading(path.name):
        content = path.read_bytes()
    return _of_sheet(cells.text_sheet(content, path.name), path.name, column)


def _refuse_lines(path: Path, most: int) -> None:
    """Refuse a table of text of too many rows before any of it is held."""
    count = 0
    with reading(path.name), path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            count += chunk.count(b"\n")
            # Headings and a last line take two.
            refuse_many(path.name, "rows or more", count - 1, most)


def _large_table(path: Path, column: str | None) -> RawTable:
    """Read text in columns, each cell as a category; titles above the headings are passed over."""
    with reading(path.name), path.open("rb") as stream:
        start = stream.read(CHUNK_BYTES)
    # The last line of the start may be cut, also within a letter.
    head = cells.text_sheet(start[: start.rfind(b"\n") + 1], path.name)
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8", "cp1252"):
        try:
            frame = _columns_of(path, head, encoding)
        except UnicodeDecodeError:
            continue
        said = (cells.GUESSED,) if encoding == "cp1252" and cells.GUESSED not in head.said else ()
        return RawTable(frame, path.name, column, "", head.delimiter, (*said, *head.said))
    raise InputError(refusal(f"{path.name} is not text in a known encoding", hint="Save it as CSV (UTF-8)."))


def _columns_of(path: Path, head: cells.Sheet, encoding: str) -> pd.DataFrame:
    import pyarrow as pa
    from pyarrow import csv as arrow

    uneven: list[str] = []

    def set_apart(row: arrow.InvalidRow) -> str:
        uneven.append(" ".join(row.text[:LONGEST_SAID].split()))
        return "skip"

    headings = [*head.headings, *[""] * (head.width - len(head.headings))]
    # A column without a heading gets one that no file has, and is left out.
    names = [heading or f"\x00{place}" for place, heading in enumerate(headings)]
    text = dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string()))
    options = arrow.ReadOptions(encoding=encoding, skip_rows=head.at, column_names=names)
    parsing = arrow.ParseOptions(delimiter=head.delimiter, invalid_row_handler=set_apart)
    converting = arrow.ConvertOptions(column_types=text, strings_can_be_null=False)
    try:
        with reading(path.name):
            table = arrow.read_csv(path, options, parsing, converting)
    except pa.ArrowInvalid as error:
        if "invalid UTF8" in str(error):
            raise UnicodeDecodeError(encoding, b"", 0, 1, str(error)) from error
        told = str(error).partition("\n")[0][:LONGEST_SAID]
        raise InputError(refusal(f"{path.name} is not a CSV table ({told})")) from error
    if uneven:
        raise InputError(refusal(f"{path.name}: not as many cells as the {len(names)} headings", codes=uneven))
    named = [name for name in names if not name.startswith("\x00")]
    frame = table.to_pandas()[named].set_axis(pd.RangeIndex(head.at + 1, head.at + 1 + table.num_rows, name="row"))
    if any((frame[name].cat.categories.str.find("\x00") >= 0).any() for name in frame.columns):
        message = refusal(f"{path.name} is not a CSV table but a binary file", hint="Save it as CSV (UTF-8).")
        raise InputError(message)
    return frame.assign(**{name: _stripped(frame[name]) for name in frame.columns})


def _stripped(values: pd.Series) -> pd.Series:
    plain = values.cat.categories.str.strip()
    if plain.equals(values.cat.categories):
        return values
    return values.astype(str).str.strip().astype("category")


def _parquet_frame(path: Path, most: int) -> pd.DataFrame:
    """Read the columns of text and numbers of a Parquet file, text as categories."""
    import pyarrow.parquet as pq

    kind_of(path)
    with damaged(path.name, "Parquet"):
        names = [field.name for field in pq.read_schema(path) if is_cell(field.type)]
        table = guarded_table(path, names, most=most)
        # What pandas notes of an index would hide a column.
        frame = table.to_pandas(ignore_metadata=True)
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row"))


def read_flows(reference: str | Path) -> RawTable:
    """Read a table of flows, as it is, in a form that millions of rows fit in.

    Parameters
    ----------
    reference
        Path of a table of text (.csv, .tsv or .txt; UTF-8, UTF-16 with a byte order mark, or else Windows-1252), an
        Excel workbook (.xlsx) or a Parquet file, with ``#column`` for the column of workers.

    Returns
    -------
    RawTable
        At most `MOST_FLOWS` rows, without blank ones. All cells but the numbers of a Parquet file are text, with the
        leading zeros of codes; columns without a heading are left out.

    Raises
    ------
    InputError
        The file is missing, remote, a folder, empty, no table, damaged, or has a heading twice.
    """
    return read_rows(str(reference), most=MOST_FLOWS)


def read_lookup(reference: str) -> RawTable:
    """Read a table from small areas to areas, as it is.

    Parameters
    ----------
    reference
        Path of a table as for `read_flows`, with ``#column`` for the areas wanted.

    Returns
    -------
    RawTable
        At most `MOST_LOOKUP` rows, without blank ones.

    Raises
    ------
    InputError
        As `read_flows`.
    """
    return read_rows(reference, most=MOST_LOOKUP)
