"""Columns of tables recognised by their headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from geoplan.data.readers.guards import CHUNK_BYTES, KINDS, columns_found, damaged, reading
from geoplan.data.readers.kinds import kind_of
from geoplan.data.readers.locators import parse_reference
from geoplan.data.shipped.package_data import MEMBERSHIP_COLUMNS
from geoplan.data.tables import cells
from geoplan.errors import InputError, refusal

__all__ = [
    "AREA",
    "AUTHORITY",
    "MOST_LOOKUP",
    "OTHER_WORKBOOKS",
    "TEXT",
    "TOTAL",
    "WORKBOOKS",
    "are_of_lookup",
    "holds_lookup",
    "is_square",
    "recognise",
]

MOST_LOOKUP = 3_000_000
"""Rows of a lookup: a tenth more than postcodes were ever used. Two of so many are compared in under 2 GB."""
HEADING_ROWS = 500
"""Rows of a workbook among which its headings are looked for when nothing else is asked of it."""
TEXT = (".csv", ".tsv", ".txt")
WORKBOOKS = (".xlsx", ".xlsm")
OTHER_WORKBOOKS = (".xls", ".xlsb", ".ods", ".numbers")
PATTERNS = {
    "area_id": ("area_id", "area_code", "(cluster|partnership)_(id|code)"),
    "area_name": (
        "area_name",
        "(cluster|partnership)_name",
        "cluster|partnership",
        "area",
        "((delivery|grant|cluster|partnership|geographical|lsip|connect_to_work)_)+areas?(_name)?|areas",
    ),
    "valid_from": ("valid_from", "(in_force_)?from|start_date"),
    "valid_to": ("valid_to", "(in_force_)?(to|until)|end_date"),
    "lead_body": ("lead_body", "(accountable|lead|responsible)_(body|(local_)?authority|organisation|council)"),
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
        "((local|constituent|member|participating|partner)_)*(authorit(y|ies)|councils?)(_(in|within|covered)(_.*)?)?",
    ),
}
AREA, AUTHORITY = ("area_id", "area_name"), ("lad_code", "lad_name", "block")
SMALL_HEADING = re.compile(r"(oa|lsoa|msoa|soa|dz|data_?zone|iz|sdz|ward|wd)(\d\d)?(_?(cd|code))?")
GEOGRAPHY_HEADING = re.compile(r"(lad|ltla|utla|ctyua|la|icb|lhb|region|rgn|country|ctry)(\d\d)?(_?(cd|code))?")
CODE_HEADING = re.compile(r"code|[A-Z]{2,}\d\d(CD)?", re.IGNORECASE)
POSTCODE_HEADING = re.compile(r"pcds?|pcd[278]|post_?codes?")
TOTAL = re.compile(r"(grand |sub)?totals?|sum|all( areas| authorities| clusters)?", re.IGNORECASE)
SQUARE = 0.5


def is_square(side: Iterable[str], top: Sequence[str]) -> bool:
    """Tell whether most headings along the top also stand down the side, as in a table of flows from each to each."""
    there = set(top) & set(side)
    return len(there) > 1 and len(there) >= SQUARE * len(set(top))


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
    return column is not None or are_of_lookup(headings)


def are_of_lookup(headings: Sequence[str]) -> bool:
    """Tell whether headings are those of a lookup: two columns of codes, or one of postcodes and another.

    Parameters
    ----------
    headings
        As they stand in the table.

    Returns
    -------
    bool
        False for the headings of a membership table: those of areas and of authorities.

    Examples
    --------
    >>> are_of_lookup(["LSOA21CD", "ICB24CD"]), are_of_lookup(["area_name", "LAD25CD"])
    (True, False)
    >>> are_of_lookup(["lsoa21", "lad", "people"]), are_of_lookup(["lsoa21", "people"])
    (True, False)
    """
    plain = [plain_heading(heading) for heading in headings]
    fits = {name: "|".join(forms) for name, forms in PATTERNS.items()}
    found = {name for name, form in fits.items() if any(re.fullmatch(form, text) for text in plain)}
    if found & set(AREA) and found & set(AUTHORITY):
        return False
    if any(POSTCODE_HEADING.fullmatch(heading) for heading in plain):
        return len(headings) > 1
    # Headings such as lsoa21, lad say of what they hold codes without saying so.
    if any(map(SMALL_HEADING.fullmatch, plain)) and any(map(GEOGRAPHY_HEADING.fullmatch, plain)):
        return True
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
    small = [heading for heading in headings if SMALL_HEADING.fullmatch(plain_heading(heading))]
    if small and not set(AREA) & chosen.keys():
        found = f"If {small[0]!r} are small areas, name the column of the areas that they go to: {file}#COLUMN. {found}"
    if not set(AREA) & chosen.keys():
        raise InputError(refusal(f"{file}: no column names the area, such as 'area_id' or 'area_name'", hint=found))
    if not set(AUTHORITY) & chosen.keys():
        message = refusal(f"{file}: no column names the authority, such as 'lad_code' or 'lad_name'", hint=found)
        raise InputError(message)
    return chosen
