"""Parquet read once, and refused where it would fill the memory; GeoParquet as a frame."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from geoplan.data.readers.drivers import Described, RawLayer, choose, refuse_hollow, refuse_vertices
from geoplan.data.readers.guards import (
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_ROWS,
    columns_found,
    damaged,
    hash_of,
    refuse_many,
)
from geoplan.errors import InputError, refusal

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

__all__ = ["guarded_table", "is_cell", "read_frame", "read_geoparquet"]

ROWS_AT_ONCE = 256
"""Of geometry, of which each row may be a copy of the one before."""
MOST_HELD = 1024**3 // 2
"""Bytes that are held while it is not known how many there are; where there are more, they are read again."""
MOST_NESTED = 1000
"""Collections in one geometry: GEOS follows each by calling itself, until the stack overflows."""
COLLECTION = re.compile(
    rb"\x01(?:\x07\x00|\xef\x03|\xd7\x07|\xbf\x0b)\x00[\x00\x20\x40\x60\x80\xa0\xc0\xe0]"
    rb"|\x00[\x00\x20\x40\x60\x80\xa0\xc0\xe0]\x00(?:\x00\x07|\x03\xef|\x07\xd7|\x0b\xbf)"
)
"""Where a geometry collection begins in WKB: either byte order, with and without Z, M and SRID."""
UNNAMED = re.compile(r"__index_level_\d+__")
"""How pandas calls a column that held the numbers of its rows."""
UNSTATED = "OGC:CRS84"
"""What coordinates are in where the metadata do not say, as GeoParquet has it."""


def read_geoparquet(path: Path, layer: str | None) -> RawLayer:
    """Read a GeoParquet file."""
    import pyarrow.parquet as pq

    with damaged(path.name, "Parquet"):
        schema = pq.read_schema(path)
    if b"geo" not in (schema.metadata or {}):
        message = refusal(
            f"{path.name} is a plain Parquet table, not GeoParquet: its metadata 'geo' is missing",
            hint=columns_found(schema.names),
        )
        raise InputError(message)
    with damaged(path.name, "Parquet"):
        shapes = set(_described(schema)) & set(schema.names)
        names = [field.name for field in schema if field.name in shapes or is_cell(field.type)]
        table = guarded_table(path, names, shapes, most=MOST_ROWS)
        with warnings.catch_warnings():
            # Of metadata that make little sense; what follows from that is checked and worded later.
            warnings.simplefilter("ignore")
            # What pandas notes of an index would hide a column.
            frame = _frame(_plain(table, schema), ignore_metadata=True)
    frame = frame.drop(columns=[name for name in frame if UNNAMED.fullmatch(str(name))])
    found = choose([Described(path.stem, "", len(frame))], layer, path.name)
    refuse_hollow(path.name, found.name, found.count, _kinds(frame.geometry.dropna().to_numpy()))
    refuse_vertices(frame, path.name)
    return RawLayer(frame, path.name, found.name, "Parquet", frame.crs, hash_of([path]))


def read_frame(source: Path | IO[bytes]) -> gpd.GeoDataFrame:
    """Read GeoParquet that geoplan itself has written.

    Parameters
    ----------
    source
        A file, or its bytes.

    Returns
    -------
    geopandas.GeoDataFrame
        As written. `geopandas.read_parquet` gives the same, and takes a fifth of a second more for loading what reads
        many files as one.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(source) as file:
        return _frame(file.read(), ignore_metadata=False)


def guarded_table(path: Path, names: Sequence[str], shapes: AbstractSet[str] = frozenset(), *, most: int) -> pa.Table:
    """Read columns of a Parquet file, or refuse one that would fill the memory once it is unpacked.

    A text that a million rows share is held once in the file, and a million times by whoever reads it.

    Parameters
    ----------
    path
        The file.
    names
        Columns.
    shapes
        Those of geometry, which is refused where it nests collections without end.
    most
        Rows that are read at most.

    Returns
    -------
    pyarrow.Table
        The columns in this order, texts as dictionaries, with the metadata of the file.

    Raises
    ------
    InputError
        If it is too large.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_schema(path)
    with pq.ParquetFile(path, read_dictionary=[name for name in names if name not in shapes]) as file:
        _refuse_stated(file.metadata, path.name, most)
        unpacked = _Unpacked(path.name)
        columns = [_column(file, schema.field(name), unpacked, is_shape=name in shapes) for name in names]
    return pa.table(columns, names=list(names)).replace_schema_metadata(schema.metadata)


def _refuse_stated(facts: pq.FileMetaData, file: str, most: int) -> None:
    """Refuse a file that says itself that it is too large."""
    refuse_many(file, "rows", facts.num_rows, most)
    refuse_many(file, "columns", facts.num_columns, MOST_COLUMNS)
    stated = sum(facts.row_group(group).total_byte_size for group in range(facts.num_row_groups))
    refuse_many(file, "bytes once it is unpacked", stated, MOST_BYTES)


class _Unpacked:
    """What has been unpacked of a file; it is refused where that is too much."""

    def __init__(self, file: str) -> None:
        self.file, self.size = file, 0

    def add(self, chunk: pa.Array) -> None:
        """Take some rows of a column."""
        self.size += unpacked_bytes(chunk)
        refuse_many(self.file, "bytes once it is unpacked", self.size, MOST_BYTES)


def _column(file: pq.ParquetFile, field: pa.Field, unpacked: _Unpacked, *, is_shape: bool) -> pa.ChunkedArray:
    """Read a column, which is held as long as little has been unpacked, and else read again when all is seen."""
    import pyarrow as pa

    held = []
    for chunk in _few_rows(file, field.name) if is_shape else _whole(file, field.name).chunks:
        unpacked.add(chunk)
        if is_shape:
            refuse_nested(chunk, unpacked.file)
        held += [chunk] if unpacked.size <= MOST_HELD else []
    is_all = held and sum(map(len, held)) == file.metadata.num_rows
    column = pa.chunked_array(held) if is_all else _whole(file, field.name)
    return column if is_text(field.type) or pa.types.is_dictionary(field.type) else column.cast(field.type)


def is_text(kind: pa.DataType) -> bool:
    """Tell whether values of an Arrow type are text."""
    import pyarrow as pa

    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def is_plain(kind: pa.DataType) -> bool:
    """Tell whether values of an Arrow type are numbers, or text held as categories."""
    import pyarrow as pa

    numeric = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_dictionary)
    return any(fits(kind) for fits in numeric)


def is_cell(kind: pa.DataType) -> bool:
    """Tell whether values of an Arrow type are such as a table of areas holds: text, numbers, dates."""
    import pyarrow as pa

    other = (pa.types.is_boolean, pa.types.is_temporal)
    return is_text(kind) or is_plain(kind) or any(fits(kind) for fits in other)


def _whole(file: pq.ParquetFile, name: str) -> pa.ChunkedArray:
    """Read a column at once, with each of its texts held once; a heading that stands twice is none."""
    return file.read([name]).column(name)


def _few_rows(file: pq.ParquetFile, name: str) -> Iterator[pa.Array]:
    """Read a column a few rows at a time: looking for shapes that are alike costs more than reading them."""
    return (batch.column(name) for batch in file.iter_batches(ROWS_AT_ONCE, columns=[name]))


def unpacked_bytes(values: pa.Array) -> int:
    """Return how many bytes an Arrow array has where each row holds its own text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(values.type):
        return int(values.nbytes)
    if pa.types.is_primitive(values.dictionary.type):
        return len(values) * 8
    return int(pc.sum(pc.binary_length(values.dictionary).take(values.indices)).as_py() or 0)


def refuse_nested(values: pa.Array, file: str) -> None:
    """Refuse geometry in which collections hold collections that hold collections, and so on."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = values.dictionary if pa.types.is_dictionary(values.type) else values
    values = getattr(values, "storage", values)
    if pa.types.is_nested(values.type):
        return
    # Polygons hold no collections: only what begins with another head is searched.
    heads = pc.binary_slice(values, 0, 5)
    odd = [head for head in heads.unique().to_pylist() if head and COLLECTION.match(head)]
    if not odd:
        return
    for shape in values.filter(pc.is_in(heads, pa.array(odd, heads.type))):
        if sum(1 for _ in COLLECTION.finditer(shape.as_py())) > MOST_NESTED:
            message = refusal(f"{file}: a geometry holds more than {MOST_NESTED:,} collections in one another")
            raise InputError(message)


def _frame(table: pa.Table, *, ignore_metadata: bool) -> gpd.GeoDataFrame:
    """Make a frame of a table as GeoParquet describes it, by telling GeoPandas the same as GeoArrow does."""
    import geopandas as gpd

    described = _described(table.schema)
    for place, name in enumerate(table.column_names):
        if name in described:
            column, field = _storage(table.column(name)), table.schema.field(name)
            told = field.with_type(column.type).with_metadata(_as_geoarrow(described[name]))
            table = table.set_column(place, told, column)
    primary = json.loads(table.schema.metadata[b"geo"])["primary_column"]
    known = primary if primary in table.column_names else None
    return gpd.GeoDataFrame.from_arrow(table, geometry=known, to_pandas_kwargs={"ignore_metadata": ignore_metadata})


def _described(schema: pa.Schema) -> dict[str, Any]:
    """Return what the metadata of a GeoParquet file say of its columns of geometry."""
    described: dict[str, Any] = json.loads(schema.metadata[b"geo"])["columns"]
    return described


def _storage(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    if not isinstance(column.type, pa.ExtensionType):
        return column
    return pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)


def _as_geoarrow(described: dict[str, Any]) -> dict[str, str]:
    """Say of a column of geometry what GeoParquet says of it, in the words of GeoArrow."""
    crs = described.get("crs", UNSTATED)
    return {
        "ARROW:extension:name": f"geoarrow.{described['encoding'].lower()}",
        "ARROW:extension:metadata": json.dumps({"crs": _without_members(crs)} if crs else {}),
    }


def _without_members(crs: Any) -> Any:
    """Leave out the identifiers of a datum's members: a database of PROJ that is older does not know all of them."""
    if isinstance(crs, list):
        return [_without_members(each) for each in crs]
    if not isinstance(crs, dict):
        return crs
    plain = {key: _without_members(value) for key, value in crs.items()}
    if isinstance(members := plain.get("members"), list):
        plain["members"] = [{key: value for key, value in each.items() if key != "id"} for each in members]
    return plain


def _plain(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with what is text in the file as such, not as dictionaries."""
    import pyarrow as pa

    for place, name in enumerate(table.column_names):
        if is_text(schema.field(name).type):
            # One of 32 bits has no room for more than 2 GB of text.
            table = table.set_column(place, name, table.column(place).cast(pa.large_string()))
    return table


def _kinds(shapes: np.ndarray) -> set[str]:
    """Name the types among shapes, of which one for each is asked."""
    import numpy as np
    import shapely

    _, first = np.unique(shapely.get_type_id(shapes), return_index=True)
    return {shape.geom_type for shape in shapes[first]}
