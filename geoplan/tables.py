"""Read tables of the user's own: memberships, lookups and flows, from CSV, Excel and Parquet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geoplan import cells
from geoplan.errors import InputError, refusal
from geoplan.numerals import day_of
from geoplan.progress import phase
from geoplan.schema import Note
from geoplan.sources import (
    CHUNK_BYTES,
    KINDS,
    LONGEST_SAID,
    MEMBERSHIP_COLUMNS,
    MOST_COLUMNS,
    columns_found,
    damaged,
    hash_of,
    is_cell,
    kind_of,
    parse_reference,
    reading,
    refuse_absent,
    refuse_bloated,
    refuse_many,
)
from geoplan.wording import at_rows, was

if TYPE_CHECKING:
    from pyarrow import csv as arrow

__all__ = [
    "RawTable",
    "holds_lookup",
    "is_square",
    "is_table",
    "read_flows",
    "read_lookup",
    "read_membership",
    "understood_notes",
]

MOST_FLOWS = 100_000_000
"""Rows of a table of flows."""

MOST_LOOKUP = 3_000_000
"""Rows of a lookup: a tenth more than postcodes were ever used. Two of so many are compared in under 2 GB."""

MOST_MEMBERS = 50_000
"""Rows of a membership table: some eight times those of every table that ships."""

HEADING_ROWS = 500
"""Rows of a workbook among which its headings are looked for when nothing else is asked of it."""

LARGE_BYTES = 32 * 1024**2
"""Text beyond which a table is read in columns, without looking for notes below it."""

TEXT = (".csv", ".tsv", ".txt")
WORKBOOKS = (".xlsx", ".xlsm")
OTHER_WORKBOOKS = (".xls", ".xlsb", ".ods", ".numbers")

PATTERNS = {
    "area_id": ("area_id", "area_code", "(cluster|partnership)_(id|code)"),
    "area_name": ("area_name", "(cluster|partnership)_name", "cluster|partnership", "area"),
    "lad_code": (
        "lad_code",
        "(authority|la|local_authority|council|utla)_code",
        r"(lad|utla|ltla|ctyua|la)\d\dcd",
        "code",
    ),
    "lad_name": (
        "lad_name",
        "(authority|la|local_authority|council|utla)_name",
        r"(lad|utla|ltla|ctyua|la)\d\dnm",
        "authority|local_authority|council",
    ),
}
AREA, AUTHORITY = ("area_id", "area_name"), ("lad_code", "lad_name", "block")
DAYS = ("valid_from", "valid_to")

CODE_HEADING = re.compile(r"code|[A-Z]{2,}\d\d(CD)?", re.IGNORECASE)
POSTCODE_HEADING = re.compile(r"pcds?|pcd[278]|post_?codes?")
SEVERAL = re.compile(r"\s*[;\n|\u2022]\s*")
CODES = re.compile(r"[EWSN]\d{8}(\s*[,\s]\s*[EWSN]\d{8})+")
TOTAL = re.compile(r"(grand |sub)?totals?|sum|all( areas| authorities| clusters)?", re.IGNORECASE)
SQUARE = 0.5


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
    return (Note("GP106", f"{file}: {' '.join(said)}", by_design=True),) if said else ()


def is_table(path: str | Path) -> bool:
    """Tell by its name whether a file holds a table of text or a workbook."""
    return Path(path).suffix.lower() in (*TEXT, *WORKBOOKS, *OTHER_WORKBOOKS)


def _read(reference: str, *, most: int) -> RawTable:
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


def is_square(side: Iterable[str], top: Sequence[str]) -> bool:
    """Tell whether most headings along the top also stand down the side, as in a table of flows from each to each."""
    there = set(top) & set(side)
    return len(there) > 1 and len(there) >= SQUARE * len(set(top))


def _blank_rows(frame: pd.DataFrame) -> np.ndarray:
    """Tell which rows hold nothing."""
    blank = np.ones(len(frame), dtype=bool)
    for column in frame.columns:
        empty = frame[column].isna()
        if not pd.api.types.is_numeric_dtype(frame[column]):
            empty |= frame[column] == ""
        blank &= empty.to_numpy()
    return blank


# Text


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


# Parquet


def _parquet_frame(path: Path, most: int) -> pd.DataFrame:
    """Read the columns of text and numbers of a Parquet file, text as categories."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kind_of(path)
    with damaged(path.name, "Parquet"):
        schema = pq.read_schema(path)
        refuse_many(path.name, "rows", pq.read_metadata(path).num_rows, most)
        refuse_many(path.name, "columns", len(schema), MOST_COLUMNS)
        read = [field for field in schema if is_cell(field.type)]
        refuse_bloated(path, [field.name for field in read], most=most)
        texts = [field.name for field in read if field.type in (pa.string(), pa.large_string())]
        table = pq.read_table(path, columns=[field.name for field in read], read_dictionary=texts)
        # What pandas notes of an index would hide a column.
        frame = table.to_pandas(ignore_metadata=True)
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row"))


# Flows and lookups


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
    return _read(str(reference), most=MOST_FLOWS)


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
    return _read(reference, most=MOST_LOOKUP)


def holds_lookup(reference: str) -> bool:
    """Tell whether a reference names a lookup: a table without geometry, from small areas to areas.

    Parameters
    ----------
    reference
        A table with ``#column``, or whose headings hold two columns of codes and are not those of a membership
        table; or a Parquet file without geometry.

    Returns
    -------
    bool
        False also where there is no such file, or another kind of one.

    Raises
    ------
    InputError
        For a remote path, or a damaged Parquet file.
    """
    path, column = parse_reference(reference)
    suffix = path.suffix.lower()
    if suffix in (*TEXT, *WORKBOOKS):
        return (column is not None and suffix in TEXT) or (path.is_file() and _heads_lookup(path, column))
    if KINDS.get(suffix) != "Parquet" or not path.is_file():
        return False
    import pyarrow.parquet as pq

    kind_of(path)
    with damaged(path.name, "Parquet"):
        return b"geo" not in (pq.read_schema(path).metadata or {})


def _heads_lookup(path: Path, column: str | None) -> bool:
    """Tell by the headings whether a table is a lookup, which a membership table never is."""
    try:
        headings, column = _headings(path, column)
    except InputError:
        # Whoever reads it says what is wrong.
        return False
    if column is not None:
        return True
    plain = [plain_heading(heading) for heading in headings]
    fits = {name: "|".join(forms) for name, forms in PATTERNS.items()}
    found = {name for name, form in fits.items() if any(re.fullmatch(form, text) for text in plain)}
    if found & set(AREA) and found & set(AUTHORITY):
        return False
    if any(POSTCODE_HEADING.fullmatch(heading) for heading in plain):
        return len(headings) > 1
    return sum(bool(CODE_HEADING.fullmatch(heading)) for heading in headings) > 1


def _headings(path: Path, column: str | None) -> tuple[list[str], str | None]:
    """Return the headings of a table of text or a workbook, and the column asked for where no sheet was."""
    if path.suffix.lower() in WORKBOOKS:
        sheet, column = cells.workbook_sheet(path, column, most=MOST_LOOKUP, first=HEADING_ROWS)
        return sheet.headings, column
    with reading(path.name), path.open("rb") as stream:
        start = stream.read(CHUNK_BYTES)
    whole = start if len(start) < CHUNK_BYTES else start[: start.rfind(b"\n") + 1]
    return cells.text_sheet(whole, path.name).headings, column


# Memberships


def read_membership(reference: str) -> RawTable:
    """Read a user's own membership table: which authorities make up which area.

    Columns are recognised whatever their case: the area as area_id, area_code, cluster_id, partnership_id,
    area_name, cluster, partnership; the authority as lad_code, authority_code, la_code, LAD25CD, UTLA25CD,
    code, or lad_name, authority, local_authority, LAD25NM. Where only one of id and name of the areas is
    given it serves as both.

    Parameters
    ----------
    reference
        Path of a table as for `read_flows`; of a workbook with several tables, with ``#sheet``.

    Returns
    -------
    RawTable
        At most `MOST_MEMBERS` rows of text with the columns `MEMBERSHIP_COLUMNS`, missing values empty; ``attrs``
        of the frame has the file's ``headings`` by column and the numbers of the ``rows``. Areas under a merged cell
        are filled in, several authorities in one cell become a row each with the same number, days are as in ISO
        8601.

    Raises
    ------
    InputError
        The file is missing, empty, not a table, or lacks the columns or values that are needed.
    """
    table = _read(reference, most=MOST_MEMBERS)
    headings = [str(column) for column in table.frame.columns]
    chosen = recognise(headings, table.file)
    text = table.frame.astype(object).where(table.frame.notna(), "").astype(str)
    columns = {name: text[chosen[name]].str.strip() if name in chosen else "" for name in MEMBERSHIP_COLUMNS}
    frame = pd.DataFrame(columns, index=table.frame.index, dtype=str)
    said = list(table.said)
    frame = _without_totals(frame, said)
    frame = _filled_down(frame, chosen, said)
    frame = _one_authority_a_row(frame, said)
    for name in DAYS:
        frame[name] = _days(frame[name], f"{table.file}: column {chosen.get(name, name)!r}")
    _refuse_blank(frame, table.file, chosen)
    frame["area_id"] = frame["area_id"].where(frame["area_id"] != "", frame["area_name"])
    frame["area_name"] = frame["area_name"].where(frame["area_name"] != "", frame["area_id"])
    frame.attrs.update(headings=chosen, rows=list(frame.index))
    return replace(table, frame=frame.reset_index(drop=True), said=tuple(said))


def plain_heading(heading: str) -> str:
    """Return a heading in lower case, words joined by underscores."""
    return re.sub(r"[\s-]+", "_", heading.strip().lower())


def recognise(headings: Sequence[str], file: str) -> dict[str, str]:
    """Find the columns of a membership table: the name in `MEMBERSHIP_COLUMNS` to the heading in the file."""
    chosen: dict[str, str] = {}
    for column in MEMBERSHIP_COLUMNS:
        for pattern in PATTERNS.get(column, (column,)):
            fits = [heading for heading in headings if re.fullmatch(pattern, plain_heading(heading))]
            if len(fits) > 1:
                raise InputError(refusal(f"{file}: several columns could be {column!r}: {', '.join(fits)}"))
            if fits:
                chosen[column] = fits[0]
                break
    found = columns_found(headings)
    if not set(AREA) & chosen.keys():
        raise InputError(refusal(f"{file}: no column names the area, such as 'area_id' or 'area_name'", hint=found))
    if not set(AUTHORITY) & chosen.keys():
        message = refusal(f"{file}: no column names the authority, such as 'lad_code' or 'lad_name'", hint=found)
        raise InputError(message)
    return chosen


def _blank(frame: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    blank: np.ndarray = (frame[list(columns)] == "").all(axis=1).to_numpy()
    return blank


def _without_totals(frame: pd.DataFrame, said: list[str]) -> pd.DataFrame:
    """Leave out rows that sum up others: no authority, and the area called so, or the other way round."""
    total = np.zeros(len(frame), dtype=bool)
    for ones, others in ((AREA, AUTHORITY), (AUTHORITY, AREA)):
        called = frame[list(ones)].apply(lambda column: column.str.fullmatch(TOTAL)).any(axis=1).to_numpy()
        total |= called & _blank(frame, others)
    if total.any() and not total.all():
        said.append(f"{at_rows(frame.index[total]).capitalize()} {was(int(total.sum()))} set aside as a total.")
        return frame[~total]
    return frame


def _filled_down(frame: pd.DataFrame, chosen: dict[str, str], said: list[str]) -> pd.DataFrame:
    """Give rows without an area that of the row above, as merged cells are written."""
    empty = _blank(frame, AREA) & ~_blank(frame, AUTHORITY)
    if not empty.any() or empty[0]:
        return frame
    filled = frame.copy()
    filled.loc[_blank(frame, AREA), list(AREA)] = pd.NA
    filled[list(AREA)] = filled[list(AREA)].ffill()
    heading = next(chosen[name] for name in AREA if name in chosen)
    where = at_rows(frame.index[empty]).capitalize()
    said.append(f"{where}: column {heading!r} is empty, as under a merged cell, and the area above is meant.")
    return filled


def _one_authority_a_row(frame: pd.DataFrame, said: list[str]) -> pd.DataFrame:
    """Make a row of each authority where a cell lists several."""
    listed = frame["lad_code"].map(lambda cell: bool(SEVERAL.search(cell) or CODES.fullmatch(cell)))
    listed |= frame["lad_name"].str.contains(SEVERAL)
    if not listed.any():
        return frame
    rows = []
    for number, row in zip(frame.index, frame.to_dict("records"), strict=True):
        codes = [part for part in re.split(r"[\s,;|\u2022]+", row["lad_code"]) if part]
        names = [part for part in SEVERAL.split(row["lad_name"]) if part]
        if max(len(codes), len(names)) < 2:
            rows.append((number, row))
            continue
        paired = len(codes) in (0, len(names))
        pairs = zip_longest(codes, names, fillvalue="") if paired else ((code, "") for code in codes)
        rows += [(number, {**row, "lad_code": code, "lad_name": name}) for code, name in pairs]
    said.append(
        f"{at_rows(frame.index[listed]).capitalize()}: several authorities in one cell were read as a row each."
    )
    index = pd.Index([number for number, _ in rows], name="row")
    return pd.DataFrame([row for _, row in rows], columns=frame.columns, index=index, dtype=str)


def _days(texts: pd.Series, where: str) -> pd.Series:
    """Bring days to ISO 8601, refusing what could be none or two."""
    known = {text: day_of(text) for text in texts.unique()}
    wrong = [f"row {row}: {text}" for row, text in texts.items() if known[text] is None]
    if wrong:
        hint = "Write days as 2026-04-01, or as 01/04/2026 with the day first."
        raise InputError(refusal(f"{where} holds what is no day", codes=wrong, hint=hint))
    return texts.map(known)


def _refuse_blank(frame: pd.DataFrame, file: str, chosen: dict[str, str]) -> None:
    """Refuse rows that name no area or no authority."""
    for columns, what in ((AREA, "area"), (AUTHORITY, "authority")):
        rows = [f"row {row}" for row in frame.index[_blank(frame, columns)]]
        if rows:
            heading = next(chosen[name] for name in columns if name in chosen)
            message = refusal(f"{file}: column {heading!r} is empty and nothing else names the {what}", codes=rows)
            raise InputError(message)
