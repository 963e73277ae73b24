"""Postcode directories: of a published table of more than a gigabyte, the columns that are needed, piece by piece."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geoplan.data.portal.archives import Opener
from geoplan.data.readers.guards import MOST_ROWS, refuse_many
from geoplan.errors import InputError, refusal
from geoplan.progress import phase

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["COLUMNS", "USUAL", "write_directory"]

COLUMNS: Mapping[str, str] = {
    "postcode": r"pcds",
    "introduced": r"dointr",
    "terminated": r"doterm",
    "easting": r"oseast1m|east1m",
    "northing": r"osnrth1m|north1m",
    "lad": r"lad\d\dcd|oslaua|laua",
    "lsoa": r"lsoa21cd|lsoa21",
    "icb": r"icb\d\dcd|icb",
}
"""What is kept -> how the published column may be called: names changed in 2025, and editions stand in some."""
POSTCODE = r"^([A-Z]{1,2}[0-9][0-9A-Z]?|NPT|GIR) [0-9][A-Z]{2}$"
MONTH = r"^(\d{4}(0[1-9]|1[0-2]))?$"
METRES = r"^\d*$"
CODE = r"^([A-Z]\d{8})?$"
SMALL_AREA = r"^[A-Z0-9]{0,9}$"
"""Of Northern Ireland they are of another form."""
FORMS = {
    "postcode": POSTCODE, "introduced": MONTH, "terminated": MONTH, "easting": METRES, "northing": METRES,
    "lsoa": SMALL_AREA,
}  # fmt: skip
USUAL = "*_UK.csv"
"""How the table is called in archives of which nothing else is known."""
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError, NotImplementedError)
"""What is raised of archives whose bytes are not those that were packed, or are packed in an unknown way."""
LONGEST = 8
"""Letters of the longest postcodes, with their space."""
PIECE = 1 << 22
"""Bytes that are unpacked at once."""


def _columns_of(header: list[str], title: str) -> dict[str, str]:
    """Return what is kept -> published heading, refusing where one is missing or several may be meant."""
    found = {}
    for name, pattern in COLUMNS.items():
        fits = [heading for heading in header if re.fullmatch(pattern, heading.strip().lower())]
        if len(fits) != 1:
            said = "is missing" if not fits else f"may be {' or '.join(fits)}"
            hint = f"Columns found: {', '.join(header)}."
            raise InputError(refusal(f"{title}: its column of {name} {said}", hint=hint))
        found[name] = fits[0]
    return found


def write_directory(opened: Opener, path: Path, title: str) -> int:
    """Write a postcode directory as Parquet; never more than a piece of it is in memory.

    Parameters
    ----------
    opened
        Opens the published table.
    path
        Where it is written.
    title
        What is read, for messages.

    Returns
    -------
    int
        How many rows it has: the columns of `COLUMNS`; easting and northing whole metres, of Northern Ireland on the
        Irish grid; months as published, ``201906``.

    Raises
    ------
    InputError
        If a column is missing, a cell is none of its form, a postcode comes twice, or the archive is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = _columns_of(_header(opened, title), title)
    schema = pa.schema([(name, pa.int32() if name in {"easting", "northing"} else pa.string()) for name in columns])
    rows, keys = 0, []
    try:
        with pq.ParquetWriter(path, schema, compression="zstd") as writer, phase(f"Reading {title}") as step:
            for piece in _pieces(opened, columns):
                _refuse_odd(piece, title)
                writer.write_table(_typed(piece, schema))
                rows += len(piece)
                keys.append(_keys(piece))
                refuse_many(title, "rows", rows, MOST_ROWS)
                step()
    except (pa.ArrowInvalid, *DAMAGED) as error:
        raise InputError(refusal(f"{title}: the table in the archive is damaged or no table")) from error
    if not rows:
        raise InputError(refusal(f"{title}: the table in the archive has no rows"))
    _refuse_twice(keys, title)
    return rows


def _header(opened: Opener, title: str) -> list[str]:
    try:
        with opened() as stream:
            text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
            return next(csv.reader([text.readline(PIECE)]), [])
    except (csv.Error, *DAMAGED) as error:
        raise InputError(refusal(f"{title}: the table in the archive is damaged or no table")) from error


def _pieces(opened: Opener, columns: Mapping[str, str]) -> Iterator[pa.Table]:
    """Give the columns that are kept, all as text, piece by piece."""
    import pyarrow as pa
    import pyarrow.csv as pacsv

    options = pacsv.ConvertOptions(
        include_columns=list(columns.values()),
        column_types=dict.fromkeys(columns.values(), pa.string()),
        strings_can_be_null=False,
    )
    with opened() as stream, pacsv.open_csv(stream, pacsv.ReadOptions(block_size=PIECE), None, options) as reader:
        for batch in reader:
            yield pa.Table.from_batches([batch]).rename_columns(list(columns))


def _refuse_odd(piece: pa.Table, title: str) -> None:
    import pyarrow.compute as pc

    for name in piece.column_names:
        fits = pc.match_substring_regex(piece[name], FORMS.get(name, CODE))
        if not pc.all(fits).as_py():
            odd = piece[name].filter(pc.invert(fits)).unique().to_pylist()
            raise InputError(refusal(f"{title}: its column of {name} holds what is none", codes=odd))


def _typed(piece: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return numbers as numbers, and nothing where a cell is blank."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def filled(name: str) -> pa.ChunkedArray:
        column = piece[name]
        return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column).cast(schema.field(name).type)

    return pa.table([filled(name) for name in schema.names], schema=schema)


def _keys(piece: pa.Table) -> np.ndarray:
    """Return the postcodes as bytes of one width: of millions texts of their own would fill the memory."""
    return np.array(piece["postcode"].to_pylist(), dtype=f"S{LONGEST}")


def _refuse_twice(pieces: Sequence[np.ndarray], title: str) -> None:
    ranked = np.sort(np.concatenate(pieces))
    twice = np.unique(ranked[1:][ranked[1:] == ranked[:-1]])
    if len(twice):
        raise InputError(refusal(f"{title}: postcodes stand twice", codes=[one.decode() for one in twice]))
