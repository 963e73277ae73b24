"""Rows of large tables as CSV, a piece at a time, by the same rules as every other table."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.csv

from geoplan.errors import ConfigurationError, refusal
from geoplan.output.tables import cells
from geoplan.schema.wording import listed

__all__ = ["csv_rows", "refuse_no_cells"]

TEXTS = (pa.types.is_string, pa.types.is_large_string)


def refuse_no_cells(schema: pa.Schema, geometry: str = "") -> None:
    """Refuse columns that no cell of a CSV file can hold.

    Parameters
    ----------
    schema
        Of the table.
    geometry
        A column of WKB, which is written as WKT.

    Raises
    ------
    ConfigurationError
        If a column holds lists, structures or bytes.
    """
    kinds = (pa.types.is_nested, pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    odd = [each.name for each in schema if each.name != geometry and any(is_kind(each.type) for is_kind in kinds)]
    if odd:
        message = refusal(f"CSV cannot hold what is in {listed(odd[:3])}", hint="Write --out FILE.parquet.")
        raise ConfigurationError(message)


def csv_rows(table: pa.Table, *, geometry: str = "", raw: bool = False, heading: bool = False) -> bytes:
    """Write rows as CSV: booleans true or false, numbers unrounded, missing empty.

    Parameters
    ----------
    table
        Some rows.
    geometry
        A column of WKB, which is written as WKT.
    raw
        Whether text that a spreadsheet would take for a formula stays as it is; otherwise an apostrophe is put
        before it.
    heading
        Whether the row of headings stands before them.

    Returns
    -------
    bytes
        UTF-8, with line feeds.
    """
    columns, names = [], []
    for name, column in zip(table.schema.names, table.columns, strict=True):
        plain = _as_wkt(column) if name == geometry else column
        if pa.types.is_dictionary(plain.type):
            plain = plain.cast(plain.type.value_type)
        is_text = any(is_kind(plain.type) for is_kind in TEXTS)
        columns.append(cells.defused(plain) if is_text and not raw else plain)
        names.append(name if raw else cells.defused(pa.array([name]))[0].as_py())
    stream = io.BytesIO()
    options = pa.csv.WriteOptions(include_header=heading, quoting_style="needed", quoting_header="needed")
    pa.csv.write_csv(pa.table(columns, names=names), stream, options)
    return stream.getvalue()


def _as_wkt(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import shapely

    shapes = shapely.from_wkb(column.to_numpy())
    return pa.chunked_array([pa.array(shapely.to_wkt(shapes, rounding_precision=-1), pa.string())])
