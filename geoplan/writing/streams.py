"""Large tables written a piece at a time: as Parquet or CSV, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from geoplan.errors import ConfigurationError, refusal
from geoplan.writing.places import writing
from geoplan.writing.staging import clear_abandoned, staging_in

__all__ = ["SUFFIXES", "refuse_suffix", "write_parquet", "write_stream"]

TEXTS = (pa.string(), pa.large_string())
SUFFIXES = (".parquet", ".geoparquet", ".csv")


def refuse_suffix(out: str) -> None:
    """Refuse a name whose form is not known."""
    if not out.lower().endswith(SUFFIXES):
        message = refusal(f"--out {out} is neither .parquet nor .csv", hint="Name a file that ends in one of them.")
        raise ConfigurationError(message)


def write_stream(
    out: str, schema: pa.Schema, tables: Iterable[pa.Table], *, geometry: str = "", raw: bool = False
) -> None:
    """Write tables after one another to a file that appears whole or not at all.

    Parameters
    ----------
    out
        Where to; its suffix says in which form.
    schema
        Of all of them.
    tables
        Each is written before the next is asked for.
    geometry
        Column of WKB, which CSV has as WKT.
    raw
        Whether CSV keeps text as it is that a spreadsheet would take for a formula.

    Raises
    ------
    OutputError
        If it cannot be written; what was there before is left as it was.
    """
    place = Path(os.path.realpath(out))
    with writing(out):
        if place.exists() and not (place.is_file() and os.access(place, os.W_OK)):
            raise PermissionError("it is no file that may be written")  # noqa: EM101, TRY003 - told by writing
        place.parent.mkdir(parents=True, exist_ok=True)
        clear_abandoned(place.parent)
        with staging_in(place.parent) as staging:
            new = staging / place.name
            if out.lower().endswith(".csv"):
                _write_csv(new, schema, tables, geometry=geometry, raw=raw)
            else:
                with new.open("wb") as file:
                    write_parquet(file, schema, tables)
            if place.exists():
                new.chmod(place.stat().st_mode & 0o7777)
            new.replace(place)


def write_parquet(file: Any, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Write each table as a row group."""
    # A dictionary of values that hardly ever come twice, numbers and points, takes half of the time for nothing.
    texts = [each.name for each in schema if each.type in TEXTS or pa.types.is_dictionary(each.type)]
    options = {"compression": "zstd", "compression_level": 1, "use_dictionary": texts}
    with pq.ParquetWriter(file, schema, **options) as writer:
        for table in tables:
            writer.write_table(table, row_group_size=max(len(table), 1))


def _write_csv(place: Path, schema: pa.Schema, tables: Iterable[pa.Table], **options: Any) -> None:
    from geoplan.output.assigned.rows import csv_rows

    with place.open("wb") as file:
        file.write(csv_rows(schema.empty_table(), heading=True, **options))
        for table in tables:
            file.write(csv_rows(table, **options))
