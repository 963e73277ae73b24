"""The work of assigning a file, cut into parts that anybody can do and that are the same whoever does them."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geoplan.auditing.assigning.grounds import Ground, grounds_of
from geoplan.auditing.assigning.placing import Placing, is_far, places_of, placing_of
from geoplan.auditing.lookups.postcode_lists import free_words, layers_by_word, layers_in_force
from geoplan.commuting.atlas import Atlas
from geoplan.data.streams.csv_rows import CsvRows
from geoplan.data.streams.origins import Origin, origin_of
from geoplan.data.streams.parquet_rows import ParquetRows
from geoplan.errors import ConfigurationError, InputError, refusal
from geoplan.schema import Layer

__all__ = ["ALL", "LEAST_GB", "Tally", "Work", "assigned_part", "part_table", "part_tally", "rechunked", "work_of"]

ALL = "all"
"""In the place of layers: all that are in force."""
FORMAT = "1"
HEAD_ROWS = 4096
OWN_BYTES = 500_000_000
"""Memory for libraries, layers and their edges by cell, before any row."""
COPIES = 5
"""How often a row is held at once: as read, with its columns, packed, and between."""
PLACE_BYTES = 100
"""For each row its coordinates, what was found and what that takes meanwhile."""
LAYER_BYTES = 24
MOST_ROWS, LEAST_ROWS = 262_144, 4096
LEAST_GB = 0.6
GROUP_ROWS, GROUP_BYTES = 131_072, 64_000_000
TALLY = b"geoplan.tally"
CATEGORY = pa.dictionary(pa.int32(), pa.string())


@dataclass
class Tally:
    """What is counted of the rows of a file.

    Parameters
    ----------
    rows
        All of them.
    unplaced
        Those whose coordinates are missing or no numbers.
    far
        Those that lie beyond the extent of the British grid.
    nowhere
        Column -> rows with a place that lie in no area of its layer.
    """

    rows: int = 0
    unplaced: int = 0
    far: int = 0
    nowhere: dict[str, int] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Count what was counted elsewhere."""
        self.rows, self.unplaced, self.far = (
            self.rows + other.rows, self.unplaced + other.unplaced, self.far + other.far,
        )  # fmt: skip
        for column, count in other.nowhere.items():
            self.nowhere[column] = self.nowhere.get(column, 0) + count


@dataclass(frozen=True, eq=False)
class Shared:
    """What every part needs."""

    rows: ParquetRows | CsvRows
    placing: Placing
    grounds: tuple[Ground, ...]
    headings: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, eq=False)
class Work:
    """All that is to be done for one file.

    Parameters
    ----------
    file
        What it is called.
    layers
        Those that its rows are assigned to, by the word that their columns begin with.
    shared
        For `assigned_part`, with one of `spans`.
    schema
        Of the result: the columns of the file, then those of the layers.
    row_bytes
        About how many bytes a row of the file takes in memory.
    part_rows, part_bytes
        The most rows of a part, or bytes of a CSV file.
    fingerprint
        Hash of all that the result depends on, and of how it is cut.
    """

    file: str
    layers: Mapping[str, Layer]
    shared: Shared
    schema: pa.Schema
    row_bytes: float
    part_rows: int
    part_bytes: int
    fingerprint: str

    @property
    def said(self) -> tuple[str, ...]:
        """How the file had to be understood, as sentences."""
        return (f"{self.file}: placed by {self.shared.placing.by}.",)

    @property
    def geometry(self) -> str:
        """The column of geometry, if the file has one as WKB."""
        placing = self.shared.placing
        return placing.columns[0] if placing.encoding == "WKB" else ""

    @property
    def group_rows(self) -> int:
        """Rows of a row group of the result, whatever the parts were."""
        return int(min(max(GROUP_BYTES / self.row_bytes, LEAST_ROWS), GROUP_ROWS))

    @property
    def pieces(self) -> int:
        """About how many parts there are."""
        return self.shared.rows.pieces(self.part_rows, self.part_bytes)

    def spans(self) -> Iterator[Any]:
        """Return the parts in order; each has a ``number``."""
        yield from self.shared.rows.spans(self.part_rows, self.part_bytes)


def work_of(
    points: str | bytes,
    layers: Sequence[str],
    *,
    atlas: Atlas,
    coordinates: str = "",
    epsg: int | None = None,
    names: bool = False,
    memory_gb: float = 1.0,
) -> Work:
    """Prepare to assign every row of a file to the areas of layers.

    Parameters
    ----------
    points
        Path or URL of a GeoParquet, Parquet or CSV file; or the bytes of a Parquet file.
    layers
        References to layers, drawn or made of authorities; `ALL` for every one in force.
    atlas
        Where layers are opened.
    coordinates
        The columns of x and y, ``X,Y``; found by their headings where there is no geometry.
    epsg
        Number of the coordinate system of the coordinates, where it cannot be told.
    names
        Whether the names of areas stand beside their codes.
    memory_gb
        The most memory that the work is to take.

    Returns
    -------
    Work
        Nothing but the first rows of the file has been read.

    Raises
    ------
    InputError
        If the file or a layer cannot be read, or the places of its rows are not known.
    ConfigurationError
        If a layer has no outlines, or there is too little memory.

    Notes
    -----
    A part has at most as many rows as fit `COPIES` times into the memory that `OWN_BYTES` leave, with `PLACE_BYTES`
    and, for each layer, `LAYER_BYTES` a row; never more than `MOST_ROWS`, so that little is lost where work is broken
    off. The size of a row is that of the first `HEAD_ROWS`.
    """
    if not memory_gb >= LEAST_GB:
        hint = f"Give at least {LEAST_GB}: libraries and outlines take about half a gigabyte."
        raise ConfigurationError(refusal(f"--memory {memory_gb:g} is too little", hint=hint))
    origin = Origin("", "the table", points) if isinstance(points, bytes) else origin_of(points)
    rows = _rows_of(origin)
    head = rows.head(HEAD_ROWS)
    placing = placing_of(head, origin.name, coordinates=coordinates, epsg=epsg)
    places_of(head, placing, origin.name)
    named = layers_by_word(_opened(layers, atlas))
    grounds = grounds_of(named, atlas)
    headings = _headings(grounds, named, rows.schema, names=names)
    row_bytes = max(head.nbytes / len(head), 1.0) if len(head) else 1.0
    most = _most_rows(row_bytes, len(headings), memory_gb)
    size = max(int(most * row_bytes), 1 << 16)
    added = [(heading, CATEGORY) for heading, *_ in headings]
    schema = pa.schema([*rows.schema, *(pa.field(*each) for each in added)], metadata=rows.schema.metadata)
    facts = (FORMAT, version("geoplan"), origin.name, origin.state(), placing, headings, most, size)
    digest = hashlib.sha256(repr((*facts, *(each.digest for each in grounds))).encode()).hexdigest()
    shared = Shared(rows, placing, grounds, headings)
    return Work(origin.name, named, shared, schema, row_bytes, most, size, digest)


def _rows_of(origin: Origin) -> ParquetRows | CsvRows:
    with origin.opened() as file:
        start = file.read(4)
    if start == b"PAR1":
        return ParquetRows(origin)
    if origin.name.lower().endswith((".parquet", ".geoparquet", ".pq")):
        raise InputError(refusal(f"{origin.name} is no Parquet file", hint="Export or download it again."))
    if not origin.name.lower().endswith((".csv", ".tsv", ".txt")):
        hint = "Save it as GeoParquet, as Parquet or as CSV."
        raise InputError(refusal(f"{origin.name} cannot be read a range of rows at a time", hint=hint))
    return CsvRows(origin)


def _opened(layers: Sequence[str], atlas: Atlas) -> list[Layer]:
    opened: dict[str, Layer] = {}
    for reference in layers:
        for layer in layers_in_force(atlas) if reference == ALL else [atlas.layer(reference)]:
            opened.setdefault(layer.key if reference == ALL else reference, layer)
    return list(opened.values())


def _headings(
    grounds: Iterable[Ground], layers: Mapping[str, Layer], schema: pa.Schema, *, names: bool
) -> tuple[tuple[str, str, int], ...]:
    """Return each column that is added, of which layer, and which of its code, name and share; in order of layers."""
    shared = {member.word: member.shared for ground in grounds for member in ground.members}
    wanted = []
    for word in layers:
        wanted.append((f"{word}_code", word, 0))
        if names:
            wanted.append((f"{word}_name", word, 1))
        if shared[word]:
            wanted.append((f"{word}_share", word, 2))
    free = free_words([heading for heading, *_ in wanted], schema.names)
    return tuple((free[heading], word, which) for heading, word, which in wanted)


def _most_rows(row_bytes: float, columns: int, memory_gb: float) -> int:
    each = COPIES * row_bytes + PLACE_BYTES + LAYER_BYTES * columns
    return int(min(max((memory_gb * 1e9 - OWN_BYTES) / each, LEAST_ROWS), MOST_ROWS))


def assigned_part(shared: Shared, span: Any) -> bytes:
    """Assign the rows of one part.

    Parameters
    ----------
    shared
        From `work_of`.
    span
        Which rows.

    Returns
    -------
    bytes
        The rows with their new columns as an Arrow stream, and what was counted; for `part_table` and `part_tally`.
    """
    table = shared.rows.read(span)
    x, y = places_of(table, shared.placing, shared.rows.origin.name, getattr(span, "first", 0))
    placed, far = ~np.isnan(x), is_far(x, y)
    found: dict[str, list[pa.Array]] = {}
    for ground in shared.grounds:
        found |= ground.columns(x, y)
    tally = Tally(len(x), int((~placed).sum()), int(far.sum()))
    for heading, word, which in shared.headings:
        column = found[word][which]
        table = table.append_column(pa.field(heading, CATEGORY), column)
        if which == 0:
            tally.nowhere[heading] = column.null_count - tally.unplaced
    return packed(table, tally)


def packed(table: pa.Table, tally: Tally) -> bytes:
    """Pack the rows of a part and what was counted."""
    said = {**(table.schema.metadata or {}), TALLY: json.dumps(vars(tally)).encode()}
    stream = io.BytesIO()
    with pa.ipc.new_stream(
        stream, table.schema.with_metadata(said), options=pa.ipc.IpcWriteOptions(compression="lz4")
    ) as writer:
        writer.write_table(table)
    return stream.getvalue()


def part_tally(part: bytes | memoryview) -> Tally:
    """Return what was counted of a part."""
    with pa.ipc.open_stream(pa.py_buffer(part)) as reader:
        return Tally(**json.loads(reader.schema.metadata[TALLY]))


def part_table(part: bytes | memoryview) -> pa.Table:
    """Return the rows of a part."""
    with pa.ipc.open_stream(pa.py_buffer(part)) as reader:
        table = reader.read_all()
    plain = {name: value for name, value in (table.schema.metadata or {}).items() if name != TALLY}
    return table.replace_schema_metadata(plain or None)


def rechunked(tables: Iterable[pa.Table], rows: int, added: int) -> Iterator[pa.Table]:
    """Return the same rows in tables of so many, the last of fewer, each in one chunk a column.

    Categories of the last columns, those that were added, are such as the rows of a table use, sorted: they do not
    depend on how the rows were cut before.
    """
    held: list[pa.Table] = []
    count = 0
    for table in tables:
        held.append(table)
        count += len(table)
        while count >= rows:
            whole = pa.concat_tables(held)
            yield _tidied(whole.slice(0, rows), added)
            held, count = [whole.slice(rows)], count - rows
    if count:
        yield _tidied(pa.concat_tables(held), added)


def _tidied(table: pa.Table, added: int) -> pa.Table:
    own = table.num_columns - added
    columns = [_in_one(column) for column in table.columns]
    columns[own:] = map(_sorted_categories, columns[own:])
    return pa.Table.from_arrays(columns, schema=table.schema)


def _in_one(column: pa.ChunkedArray) -> pa.Array:
    """Return a column in one chunk, its categories in the order in which the file has them."""
    filled = [chunk for chunk in column.chunks if len(chunk)]
    if len(filled) > 1:
        filled = pa.chunked_array(filled, column.type).unify_dictionaries().chunks
    return pa.concat_arrays(filled)


def _sorted_categories(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """Return a column with those of its categories that it uses, sorted."""
    at = column.indices.fill_null(-1).to_numpy()
    used = np.flatnonzero(np.bincount(at[at >= 0], minlength=1))
    texts = column.dictionary.take(pa.array(used, pa.int64())) if len(column.dictionary) else column.dictionary
    order = pc.sort_indices(texts).to_numpy() if len(texts) else np.empty(0, np.int64)
    moved = np.full(max(len(column.dictionary), 1) + 1, -1, dtype=np.int32)
    moved[used[order] if len(texts) else used[:0]] = np.arange(len(order), dtype=np.int32)
    new = moved[at]
    return pa.DictionaryArray.from_arrays(pa.array(new, pa.int32(), mask=new < 0), texts.take(pa.array(order)))
