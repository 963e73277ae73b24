"""Tables that are boundary files: a column of them holds outlines as text (WKT)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geoplan.data.readers.drivers import RawLayer, refuse_vertices
from geoplan.data.readers.guards import (
    CHUNK_BYTES,
    MOST_COLUMNS,
    MOST_ROWS,
    columns_found,
    damaged,
    first_bytes,
    hash_of,
    reading,
    refuse_absent,
    refuse_many,
)
from geoplan.data.readers.locators import parse_reference
from geoplan.data.tables import cells
from geoplan.data.tables.headings import HEADING_ROWS, TEXT, WORKBOOKS
from geoplan.errors import InputError, refusal
from geoplan.progress import phase

if TYPE_CHECKING:
    import pyproj

__all__ = ["holds_outlines", "read_outlines"]

HEAD = r"\s*(?:SRID\s*=\s*(?P<srid>\d{1,6})\s*;\s*)?(?:MULTI)?POLYGON\s*(?:ZM|Z|M)?\s*(?:\(|EMPTY)"
OUTLINE = re.compile(HEAD, re.IGNORECASE)
WITHIN = re.compile(rb"(?:^|[,;|\t\"\r\n])" + HEAD.replace("?P<srid>", "?:").encode(), re.IGNORECASE)
SRID = re.compile(r"\s*SRID\s*=\s*\d+\s*;", re.IGNORECASE)
NUMBER = ("epsg", "srid", "crs")
"""Headings of a column that holds the EPSG code of the outlines."""
EPSG = r"^\s*(?:EPSG\s*:\s*)?(\d{1,6})(?:\.0+)?\s*$"
MOSTLY = 0.5
CELL = 32_767
"""Characters that a cell of a workbook holds; what is longer is cut off."""


@dataclass(frozen=True, eq=False)
class _Table:
    frame: pd.DataFrame
    layer: str
    column: str | None
    said: tuple[str, ...]


def holds_outlines(reference: str) -> bool:
    """Tell whether a reference names a table with a column of outlines.

    Parameters
    ----------
    reference
        Path of a table of text or a workbook, with ``#column`` or ``#sheet``.

    Returns
    -------
    bool
        True where a cell among the first begins as a polygon in WKT does; False also where there is no such file.
    """
    path, wanted = parse_reference(reference)
    suffix = path.suffix.lower()
    if suffix not in (*TEXT, *WORKBOOKS) or not path.is_file():
        return False
    if suffix in TEXT:
        with reading(path.name), path.open("rb") as stream:
            start = stream.read(CHUNK_BYTES)
        wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
        return bool(WITHIN.search(start.decode("utf-16", "ignore").encode() if wide else start))
    try:
        sheet, _ = cells.workbook_sheet(path, wanted, most=MOST_ROWS, first=HEADING_ROWS)
    except InputError:
        # Whoever reads it says what is wrong.
        return False
    return any(OUTLINE.match(cell) for _, row in sheet.rows for cell in row)


def read_outlines(reference: str) -> RawLayer:
    """Read a table with a column of outlines, as it is.

    Parameters
    ----------
    reference
        Path of a table of text, with ``#column`` where several columns hold outlines, or of a workbook, with
        ``#sheet``.

    Returns
    -------
    RawLayer
        All other columns as text. The CRS is what a column ``epsg`` or ``srid`` says, or the outlines before them
        (``SRID=27700;``); else None.

    Raises
    ------
    InputError
        The file is no table, no column or several hold outlines, a cell holds something else or no sound WKT, or
        rows name different coordinate systems.
    """
    import geopandas as gpd

    path, wanted = parse_reference(reference)
    refuse_absent(path)
    with phase(f"Reading {path.name}"):
        table = _of_workbook(path, wanted) if path.suffix.lower() in WORKBOOKS else _of_text(path, wanted)
        refuse_many(path.name, "rows", len(table.frame), MOST_ROWS)
        column = _outline_column(table, path.name)
        texts = table.frame[column]
        number = next((each for each in table.frame.columns if str(each).lower() in NUMBER), None)
        crs = _said_crs(texts, table.frame.get(number), f"{path.name}, column {column!r}")
        shapes = _shapes(texts, path, column)
        used = [column, *([number] if crs and number else [])]
        plain = table.frame.drop(columns=used).reset_index(drop=True)
        frame = gpd.GeoDataFrame(plain, geometry=shapes, crs=crs)
        refuse_vertices(frame, path.name)
    notes = tuple(("GP106", f"{path.name}: {sentence}", "") for sentence in table.said)
    kind = "workbook" if path.suffix.lower() in WORKBOOKS else "CSV"
    return RawLayer(frame, path.name, table.layer, kind, frame.crs, hash_of([path]), notes)


def _of_workbook(path: Path, wanted: str | None) -> _Table:
    sheet, column = cells.workbook_sheet(path, wanted, most=MOST_ROWS)
    named = [place for place, heading in enumerate(sheet.headings) if heading]
    frame = pd.DataFrame(
        {sheet.headings[place]: [row[place] for _, row in sheet.rows] for place in named},
        index=pd.Index([number for number, _ in sheet.rows], name="row"),
        dtype=str,
    )
    return _Table(frame, path.stem, column, sheet.said)


def _of_text(path: Path, wanted: str | None) -> _Table:
    """Read text whose cells may be longer than those of other tables."""
    wide = first_bytes(path).startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding, said in (("utf-16", ()),) if wide else (("utf-8-sig", ()), ("cp1252", (cells.GUESSED,))):
        rows = _rows(path, encoding)
        if rows is None:
            continue
        headings = [str(heading).strip() for heading in rows.iloc[0]]
        if twice := sorted({each for each in headings if each and headings.count(each) > 1}):
            raise InputError(refusal(f"{path.name}: the heading {twice[0]!r} stands twice", hint="Rename one of them."))
        below = rows.iloc[1:].set_axis(headings, axis="columns")
        below = below.loc[(below != "").any(axis=1), [bool(each) for each in headings]]
        return _Table(below, path.stem, wanted, said)
    raise InputError(refusal(f"{path.name} is not text in a known encoding", hint="Save it as CSV (UTF-8)."))


def _rows(path: Path, encoding: str) -> pd.DataFrame | None:
    """Return all rows as text, headings among them, under the numbers of their lines; None in another encoding."""
    with damaged(path.name, "CSV"):
        try:
            rows = pd.read_csv(
                path, encoding=encoding, sep=_mark(path), header=None, dtype=str, keep_default_na=False,
                skip_blank_lines=False, skipinitialspace=True,
            )  # fmt: skip
        except UnicodeDecodeError:
            return None
    refuse_many(path.name, "columns", len(rows.columns), MOST_COLUMNS)
    return rows.fillna("").set_axis(pd.RangeIndex(1, len(rows) + 1, name="row"))


def _mark(path: Path) -> str:
    """Return what separates the cells: what cuts the headings into most."""
    with reading(path.name), path.open("rb") as stream:
        start = stream.read(CHUNK_BYTES)
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    headings = start.decode("utf-16" if wide else "utf-8", "replace").strip().splitlines()[0]
    return max(cells.DELIMITERS, key=headings.count)


def _outline_column(table: _Table, file: str) -> str:
    """Find the column of which most filled cells are outlines."""
    columns = [str(column) for column in table.frame.columns]
    if table.column in columns:
        return str(table.column)
    if table.column:
        raise InputError(refusal(f"{file}: column {table.column!r} is missing", hint=columns_found(columns)))
    found = []
    for column in columns:
        filled = table.frame[column][table.frame[column].str.strip() != ""]
        if len(filled) and filled.str.match(OUTLINE).mean() > MOSTLY:
            found.append(column)
    if len(found) != 1:
        what = f"several columns hold outlines: {', '.join(found)}" if found else "no column holds outlines (WKT)"
        hint = f"Choose one: {file}#{found[0]}" if found else columns_found(columns)
        raise InputError(refusal(f"{file}: {what}", hint=hint))
    return found[0]


def _said_crs(texts: pd.Series, numbers: pd.Series | None, where: str) -> pyproj.CRS | None:
    import pyproj
    from pyproj.exceptions import CRSError

    filled = texts[texts.str.strip() != ""]
    said = filled.str.extract(OUTLINE.pattern, flags=re.IGNORECASE)["srid"]
    if numbers is not None:
        beside = numbers.reindex(filled.index).str.extract(EPSG, flags=re.IGNORECASE)[0]
        said = said.where(said.notna() & beside.isna() | (said == beside), beside.where(said.isna(), "unlike"))
    named = said.dropna().unique()
    if not len(named):
        return None
    if len(named) > 1 or said.isna().any():
        rows = [f"row {row}" for row in said.index[(said != said.iloc[0]).to_numpy()]]
        hint = "Give all rows the same, or none."
        raise InputError(refusal(f"{where}: outlines are in different coordinate systems", codes=rows, hint=hint))
    try:
        return pyproj.CRS(f"EPSG:{named[0]}")
    except CRSError as problem:
        message = refusal(f"{where}: {named[0]} is no EPSG code of a coordinate system that is known")
        raise InputError(message) from problem


def _shapes(texts: pd.Series, path: Path, column: str) -> Any:
    """Make outlines of text; cells that are empty have none."""
    import shapely

    blank = (texts.str.strip() == "").to_numpy()
    # Only polygons come so far: collections in collections would overflow the stack.
    fits = texts.str.match(OUTLINE).to_numpy() | blank
    plain = texts.str.replace(SRID, "", n=1, regex=True).where(fits & ~blank, None)
    shapes = shapely.from_wkt(plain.to_numpy(dtype=object, na_value=None), on_invalid="ignore")
    wrong = ~blank & shapely.is_missing(shapes)
    if wrong.any():
        rows = [f"row {row}" for row in texts.index[wrong]]
        cut = path.suffix.lower() in WORKBOOKS and (texts[wrong].str.len() >= CELL - 1).any()
        more = f"A cell of a workbook holds {CELL:,} characters, and longer outlines are cut off: save it as CSV."
        hint = more if cut else "Outlines are written as POLYGON ((...)) or MULTIPOLYGON (((...)))."
        raise InputError(refusal(f"{path.name}, column {column!r}: holds what is no outline", codes=rows, hint=hint))
    return shapes
