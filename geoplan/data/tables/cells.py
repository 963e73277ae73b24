"""Turn the files people keep tables in into rows of text: separators, title lines and footnotes are found."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan.data.readers.guards import MOST_COLUMNS, columns_found, damaged, reading, refuse_many, refuse_unsafe
from geoplan.errors import InputError, refusal
from geoplan.schema.wording import was

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["Sheet", "decoded", "headed", "separator_of", "text_sheet", "workbook_sheet"]

DELIMITERS = ",;\t|"
SEPARATORS = {";": "semicolons", "|": "bars"}
"""Separators that are said: they decide how numbers are read."""
GUESSED = "It is not UTF-8 and was read as Windows-1252."
HEAD_ROWS = 60
"""Rows in which the headings are looked for: above them stand titles."""
NOTE = re.compile(
    r"\s*(source|notes?|footnotes?|\*|©|copyright|crown|contains|downloaded|https?:|last updated)", re.IGNORECASE
)
LONGEST_SAID = 80
Row = tuple[int, list[str]]
"""A row's number, as a spreadsheet shows it, and its cells."""


@dataclass(frozen=True)
class Sheet:
    """The headings of a table and its rows below them, without blank ones.

    Parameters
    ----------
    headings
        As in the file, without space around them; empty where a column has none.
    rows
        As long as the headings.
    at, width
        Number of the row of the headings, and how many cells it has, empty ones at its end too.
    delimiter
        What separates the cells; a tab for a workbook.
    said
        What was passed over or had to be decided, as sentences.
    """

    headings: list[str]
    rows: list[Row]
    at: int
    width: int
    delimiter: str
    said: tuple[str, ...]


def decoded(content: bytes, file: str) -> tuple[str, tuple[str, ...]]:
    """Turn the bytes of a table into text, and say where the encoding had to be guessed."""
    wide = _refuse_binary(content, file)
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text, (GUESSED,) if encoding == "cp1252" else ()
    raise InputError(refusal(f"{file} is not text in a known encoding", hint="Save it as CSV (UTF-8)."))


def _refuse_binary(content: bytes, file: str) -> bool:
    """Refuse what is no text, and tell whether it is UTF-16."""
    if not content.strip():
        raise InputError(refusal(f"{file} is empty"))
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if content.startswith((b"PK\x03\x04", b"PAR1", b"%PDF")) or (b"\x00" in content and not wide):
        raise InputError(refusal(f"{file} is not a CSV table but a binary file", hint="Save it as CSV (UTF-8)."))
    return wide


def text_sheet(content: bytes, file: str) -> Sheet:
    """Read a table of text.

    Parameters
    ----------
    content, file
        The bytes of a CSV file, UTF-8, UTF-16 with a byte order mark, or else Windows-1252; and its name.

    Returns
    -------
    Sheet
        Comma, semicolon, tab or bar: whichever cuts most rows into equally many cells.

    Raises
    ------
    InputError
        It is empty, no text, no table, or a row has more cells than there are headings.
    """
    text, said = decoded(content, file)
    delimiter = separator_of(text)
    if delimiter in SEPARATORS:
        said = (*said, f"Its cells are separated by {SEPARATORS[delimiter]}.")
    try:
        rows = list(_records(text, delimiter, strict=True))
    except csv.Error as error:
        raise InputError(refusal(f"{file} is not a CSV table ({error})")) from error
    return headed(rows, file, delimiter, said)


def _records(text: str, delimiter: str, *, strict: bool) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    for number, row in enumerate(reader, start=1):
        yield number, [cell.strip() for cell in row]


def separator_of(text: str) -> str:
    """Return what separates the cells of a table of text: what cuts most of its first rows alike, into most cells."""
    start = "\n".join(re.split(r"\r\n|\r|\n", text.lstrip(), maxsplit=HEAD_ROWS)[:HEAD_ROWS])

    def fitness(delimiter: str) -> tuple[float, int]:
        try:
            counts = Counter(len(row) for _, row in _records(start, delimiter, strict=False) if any(row))
        except csv.Error:
            return 0.0, 0
        width, times = max(counts.items(), key=lambda item: (item[0] > 1, item[1], item[0]), default=(1, 0))
        return (times / counts.total(), width) if width > 1 else (0.0, 0)

    return max(DELIMITERS, key=fitness)


def headed(rows: Sequence[Row], file: str, delimiter: str, said: tuple[str, ...] = ()) -> Sheet:
    """Find the headings among rows, and set titles above and notes below apart.

    Parameters
    ----------
    rows
        All rows of a table, blank ones too.
    file
        Its name.
    delimiter, said
        Handed on.

    Returns
    -------
    Sheet
        With what was passed over among ``said``.

    Raises
    ------
    InputError
        There are no rows below the headings, more cells than headings in a row, or a heading stands twice.
    """
    filled = [(number, row) for number, row in rows if any(row)]
    if not filled:
        raise InputError(refusal(f"{file} is empty"))
    at = _heading_place([row for _, row in filled[:HEAD_ROWS]])
    if at:
        above = _rows_said([number for number, _ in filled[:at]])
        said = (*said, f"{above.capitalize()} above the headings {was(at)} passed over as title.")
    headings = filled[at][1]
    used = max(_filled_end(row) for _, row in filled[at + 1 :]) if filled[at + 1 :] else 0
    headings = headings[: max(_filled_end(headings), min(len(headings), used))]
    refuse_many(file, "columns", len(headings), MOST_COLUMNS)
    # In a list of one column every row is a single cell, as notes are.
    below, notes = _without_notes(filled[at + 1 :], filled[at][0]) if len(headings) > 1 else (filled[at + 1 :], [])
    if notes:
        said = (*said, f"{_rows_said(notes).capitalize()} below the table {was(len(notes))} passed over as note.")
    _refuse_unlike(headings, below, file)
    width, (place, whole) = len(headings), filled[at]
    even = [(number, (row + [""] * width)[:width]) for number, row in below]
    return Sheet(headings, even, place, len(whole), delimiter, said)


def _filled_end(row: list[str]) -> int:
    return next((place for place in range(len(row), 0, -1) if row[place - 1]), 0)


def _heading_place(rows: list[list[str]]) -> int:
    """Return which row holds the headings: the first as full as most rows are, but for an unnamed first column."""
    filled = [sum(map(bool, row)) for row in rows]
    usual = Counter(count for count in filled if count > 1)
    if not usual:
        return 0
    # Of two that are as usual, that of the first row: titles hold a single cell.
    width, _ = max(usual.items(), key=lambda item: (item[1], item[0] == filled[0], item[0]))
    return next(
        n
        for n, (row, count) in enumerate(zip(rows, filled, strict=True))
        if count >= width or (count == width - 1 and not row[0] and len(row) >= width)
    )


def _without_notes(rows: list[Row], headings: int) -> tuple[list[Row], list[int]]:
    """Return the rows without the single cells at the end that a blank row sets apart or that read as notes."""
    end = len(rows)
    while end and sum(map(bool, rows[end - 1][1])) == 1:
        end -= 1
    for n in range(end, len(rows)):
        before = rows[n - 1][0] if n else headings
        text = next(cell for cell in rows[n][1] if cell)
        if n and (rows[n][0] > before + 1 or NOTE.match(text)) and len(rows[n][1][0]):
            return rows[:n], [number for number, _ in rows[n:]]
    return rows, []


def _refuse_unlike(headings: list[str], rows: list[Row], file: str) -> None:
    if not rows:
        raise InputError(refusal(f"{file} holds no rows", hint=columns_found(headings)))
    long = [f"row {number}" for number, row in rows if any(row[len(headings) :])]
    if long:
        raise InputError(refusal(f"{file}: more cells than the {len(headings)} columns", codes=long))
    named = [heading for heading in headings if heading]
    twice = sorted({heading for heading in named if named.count(heading) > 1})
    if twice:
        raise InputError(refusal(f"{file}: the heading {twice[0]!r} stands twice", hint="Rename one of them."))


def _rows_said(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"row {numbers[0]}"
    return f"rows {numbers[0]} to {numbers[-1]}"


def workbook_sheet(path: Path, wanted: str | None, *, most: int, first: int | None = None) -> tuple[Sheet, str | None]:
    """Read one sheet of an Excel workbook: values only, no formula is worked out and no macro run.

    Parameters
    ----------
    path
        An .xlsx or .xlsm file.
    wanted
        Name of a sheet, or of a column of the only sheet that holds a table; None for that sheet.
    most
        Rows beyond which it is refused.
    first
        Rows of each sheet that are read, where its headings are enough; None for all.

    Returns
    -------
    Sheet, str or None
        And the column wanted, None where a sheet was.

    Raises
    ------
    InputError
        It is damaged or unsafe, holds no table or several and none was named, or too many rows.
    """
    import openpyxl

    with damaged(path.name, "workbook"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with reading(path.name), zipfile.ZipFile(path) as archive:
            refuse_unsafe(archive, path.name)
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        try:
            shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            chosen = [sheet for sheet in shown if sheet.title == wanted]
            column = None if chosen else wanted
            tables = {sheet.title: list(islice(_cells(sheet, path.name, most), first)) for sheet in chosen or shown}
        finally:
            book.close()
    tables = {title: rows for title, rows in tables.items() if _is_table(rows)}
    if not tables:
        raise InputError(refusal(f"{path.name} holds no table", hint="Put headings above its columns."))
    if len(tables) > 1:
        hint = f"Choose one: {path.name}#{next(iter(tables))}. Sheets: {', '.join(tables)}."
        raise InputError(refusal(f"{path.name} holds {len(tables)} sheets with tables", hint=hint))
    title, rows = next(iter(tables.items()))
    said = (f"Sheet {title!r} was read.",) if len(shown) > 1 else ()
    return headed(rows, path.name, "\t", said), column


def _cells(sheet: Worksheet, file: str, most: int) -> Iterator[Row]:
    for number, row in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), start=1):
        refuse_many(f"{file}, sheet {sheet.title!r}", "rows or more", number - 1, most)
        yield number, [_text(value) for value in row]


def _is_table(rows: list[Row]) -> bool:
    return sum(sum(map(bool, row)) > 1 for _, row in rows) > 1


def _text(value: Any) -> str:
    """Return what a cell holds as text: whole numbers without a point, days as in ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()
