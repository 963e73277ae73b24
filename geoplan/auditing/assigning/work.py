"""The work of assigning a file, cut into parts that anybody can do and that are the same whoever does them."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

import pyarrow as pa
import shapely

from geoplan.auditing.assigning.area_sums import area_sums, area_sums_schema, joined_sums, summed_part
from geoplan.auditing.assigning.boxes import Boxes, boxes_of
from geoplan.auditing.assigning.grounds import Ground, grounds_of
from geoplan.auditing.assigning.packing import CATEGORY, rechunked
from geoplan.auditing.assigning.placing import Placing, geometry_column, geometry_kinds, places_of, placing_of
from geoplan.auditing.assigning.points import (
    CODE,
    Heading,
    PointsShared,
    assigned_part,
    counted_pieces,
    joined_counts,
    pieces_schema,
    summarised_part,
)
from geoplan.auditing.assigning.small_areas import SHARED_SCHEMA, AreasShared, shared_part
from geoplan.auditing.lookups.postcode_lists import free_words, layers_by_word, layers_in_force
from geoplan.commuting.atlas import Atlas
from geoplan.data import catalogue
from geoplan.data.drawn.columns import find_columns
from geoplan.data.kept.folder import is_set_aside
from geoplan.data.kept.holdings import holdings
from geoplan.data.readers.locators import columns_asked, without_columns
from geoplan.data.streams.csv_rows import CsvRows
from geoplan.data.streams.origins import Origin, is_remote, origin_of
from geoplan.data.streams.parquet_rows import ParquetRows
from geoplan.errors import ConfigurationError, InputError, refusal
from geoplan.schema import Layer
from geoplan.schema.wording import listed

__all__ = ["ALL", "ALL_EDITIONS", "LEAST_GB", "Work", "work_of"]

ALL, ALL_EDITIONS = "all", "all-editions"
"""In the place of layers: those in force; and every edition of every one, shipped or fetched."""
FORMAT = "2"
HEAD_ROWS = 4096
LIBRARY_BYTES = 340_000_000
"""Memory for libraries and tables, before any outline and any row."""
VERTEX_BYTES = 350
"""For each vertex of an outline: read, repaired, and laid out by cell; measured from 0.02 to 2.2 million."""
COPIES = 8
"""How often a row is held at once: as read, with its columns, packed, and between."""
PLACE_BYTES = 100
"""For each row its coordinates, what was found and what that takes meanwhile."""
LAYER_BYTES = 24
MOST_ROWS, LEAST_ROWS = 262_144, 1024
AREA_ROWS, AREA_COPIES = 4096, 12
"""Small areas of a part, which memory does not change: how edges are laid out decides the last digits."""
USUAL_GB, LEAST_GB = 1.0, 0.8
ROWS_BYTES = 300_000_000
"""Memory for rows, where nobody said how much there is: with less, parts are many and small."""
POLYGONS = frozenset({"Polygon", "MultiPolygon"})
GROUP_ROWS, GROUP_BYTES, GROUP_COPIES = 131_072, 32_000_000, 8
"""A row group of the result: as many rows, or as much of them, and how often it is held while it is written."""
PARTS_JOINED = 8
"""Parts of a summary that are joined before they are kept: what falls into the same pieces is held once."""
NOT_TOLD_APART = (pa.types.is_nested, pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)


@dataclass(frozen=True, eq=False)
class Work:
    """All that is to be done for one file.

    Parameters
    ----------
    file
        What it is called.
    layers
        Those that its rows are assigned to, by the word that their columns begin with.
    said
        How the file had to be understood, as sentences.
    function, shared
        Called with ``shared`` and one of `spans` it returns a part, as `geoplan.auditing.assigning.packing` packs it.
    join
        Called with ``shared`` and some parts of a summary it returns one for all; None where parts hold rows.
    schema
        Of the result.
    tables
        Makes tables of the result out of those of the parts.
    geometry
        Column of the result that holds WKB; empty where none does.
    part_rows, part_bytes
        The most rows of a part, or bytes of a CSV file.
    fingerprint
        Hash of all that the result depends on, and of how it is cut.
    """

    file: str
    layers: Mapping[str, Layer]
    said: tuple[str, ...]
    function: Callable[[Any, Any], bytes]
    shared: PointsShared | AreasShared
    join: Callable[[Any, Sequence[bytes]], bytes] | None
    schema: pa.Schema
    tables: Callable[[Iterable[pa.Table]], Iterator[pa.Table]]
    geometry: str
    part_rows: int
    part_bytes: int
    fingerprint: str

    @property
    def pieces(self) -> int:
        """About how many parts there are."""
        return self.shared.rows.pieces(self.part_rows, self.part_bytes)

    def spans(self) -> Iterator[Any]:
        """Return the parts in order; each has a ``number``."""
        yield from self.shared.rows.spans(self.part_rows, self.part_bytes)

    def groups(self) -> Iterator[list[Any]]:
        """Return the same, as many together as are joined before they are kept."""
        spans = self.spans()
        while group := list(itertools.islice(spans, PARTS_JOINED if self.join else 1)):
            yield group


def work_of(
    points: str | bytes,
    layers: Sequence[str],
    *,
    atlas: Atlas,
    coordinates: str = "",
    epsg: int | None = None,
    names: bool = False,
    summarise: bool = False,
    sums: Sequence[str] = (),
    by: Sequence[str] = (),
    memory_gb: float | None = None,
) -> Work:
    """Prepare to assign every row of a file to the areas of layers.

    Parameters
    ----------
    points
        Path or URL of a GeoParquet, Parquet or CSV file, ``?code=COLUMN`` behind it for the codes of small areas; or
        the bytes of a Parquet file.
    layers
        References to layers, drawn or made of authorities; `ALL` and `ALL_EDITIONS` stand for many.
    atlas
        Where layers are opened.
    coordinates
        The columns of x and y, ``X,Y``; found by their headings where there is no geometry.
    epsg
        Number of the coordinate system, where it cannot be told.
    names
        Whether the names of areas stand beside their codes; where small areas are shared out they always do.
    summarise
        Whether rows are counted by piece and by area, and not told one by one; small areas by area alone.
    sums, by
        Columns summed in a summary, of small areas by ground, and columns whose values are told apart within one.
    memory_gb
        The most memory that the work is to take; by default `USUAL_GB`, or what detailed outlines need.

    Returns
    -------
    Work
        Nothing but the first rows of the file has been read.

    Raises
    ------
    InputError
        If the file or a layer cannot be read, a column is missing, or the places of its rows are not known.
    ConfigurationError
        If a layer has no outlines, or there is too little memory.

    Notes
    -----
    A part has at most as many rows as fit `COPIES` times into the memory that is left beside `LIBRARY_BYTES` and
    `VERTEX_BYTES` for each vertex of the layers, with `PLACE_BYTES` and, for each column that is added, `LAYER_BYTES`
    a row; never more than `MOST_ROWS`, so that little is lost where work is broken off: a part,
    or of a summary `PARTS_JOINED`. The size of a row is that of
    the first `HEAD_ROWS`. Of small areas a part has `AREA_ROWS`, and they must fit `AREA_COPIES` times.
    """
    if memory_gb is not None and not memory_gb >= LEAST_GB:
        hint = f"Give at least {LEAST_GB}: libraries and outlines take more than half of that."
        raise ConfigurationError(refusal(f"--memory {memory_gb:g} is too little", hint=hint))
    if (sums or by) and not summarise:
        raise ConfigurationError(refusal("--sum and --by are of a summary", hint="Add --summarise."))
    sums, by = (tuple(dict.fromkeys(each)) for each in (sums, by))
    origin, asked = _origin_of(points)
    rows = _rows_of(origin)
    _refuse_columns(rows, sums, by)
    head = rows.head(HEAD_ROWS)
    named = layers_by_word(_opened(layers, atlas))
    room = Room(memory_gb, LIBRARY_BYTES + VERTEX_BYTES * _vertices(named.values(), atlas))
    facts = (FORMAT, version("geoplan"), origin.name, origin.state())
    found = None if coordinates else geometry_column(head.schema)
    if isinstance(rows, ParquetRows) and found and geometry_kinds(head[found[0]], found[1]) & POLYGONS:
        placing = placing_of(head, origin.name, epsg=epsg)
        code = _code_column(head, placing, origin.name, asked)
        _refuse_own(by, code)
        areas = AreasShared(rows, placing, code, grounds_of(named, atlas, of_areas=True), tuple(named), sums, by)
        return _areas_work(areas, head, named, facts, room, summarise=summarise)
    placing = placing_of(head, origin.name, coordinates=coordinates, epsg=epsg)
    places_of(head, placing, origin.name)
    boxes = boxes_of(rows, placing) if isinstance(rows, ParquetRows) else None
    grounds = grounds_of(named, atlas, boxes=boxes)
    shared = _points_shared(rows, placing, grounds, named, boxes, names=names, sums=sums, by=by)
    return _points_work(shared, head, named, facts, room, summarise=summarise)


@dataclass(frozen=True)
class Room:
    """The memory that there is.

    Parameters
    ----------
    asked_gb
        The most to take; None for `USUAL_GB`, or as much more as is needed.
    taken
        Bytes that libraries and outlines take of it.
    """

    asked_gb: float | None
    taken: float

    def for_rows(self, least: float) -> float:
        """Return the bytes left for rows, which need no less than ``least``."""
        needed = self._gb(least)
        if self.asked_gb is not None and self.asked_gb < needed:
            message = f"--memory {self.asked_gb:g} is too little for outlines as detailed as these"
            raise ConfigurationError(refusal(message, hint=f"Give at least {needed:g}."))
        return (self.asked_gb or self._usual_gb(least)) * 1e9 - self.taken

    def said(self, least: float) -> tuple[str, ...]:
        """Say where more than usual is taken without having been asked for."""
        usual = self._usual_gb(least)
        much = self.asked_gb is None and usual > USUAL_GB
        return (f"Up to {usual:g} GB of memory are taken, for the outlines are detailed.",) if much else ()

    def _usual_gb(self, least: float) -> float:
        return max(USUAL_GB, self._gb(max(least, ROWS_BYTES)))

    def _gb(self, rows: float) -> float:
        return math.ceil((self.taken + rows) / 1e8) / 10


def _vertices(layers: Iterable[Layer], atlas: Atlas) -> int:
    """Count the vertices of outlines: those of files, and once the blocks that all others are made of."""
    layers = list(layers)
    frames = [layer.areas for layer in layers if layer.parts is None]
    if len(frames) < len(layers):
        frames.append(atlas.drawn.blocks)
    return sum(int(shapely.get_num_coordinates(each["geometry"].to_numpy()).sum()) for each in frames)


def _origin_of(points: str | bytes) -> tuple[Origin, Mapping[str, str]]:
    """Return where the bytes of a file lie, and which columns its reference names."""
    if isinstance(points, bytes):
        return Origin("", "the table", points), {}
    if is_remote(points):
        return origin_of(points), {}
    return origin_of(without_columns(points)), columns_asked(points, ("code",))


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
        if reference == ALL:
            opened |= {layer.key: layer for layer in layers_in_force(atlas)}
        elif reference == ALL_EDITIONS:
            opened |= {key: atlas.layer(key) for key in catalogue.own()}
        else:
            opened.setdefault(reference, atlas.layer(reference))
        if reference in {ALL, ALL_EDITIONS}:
            opened |= {each: atlas.layer(each) for each in _fetched(every=reference == ALL_EDITIONS)}
    return list(opened.values())


def _fetched(*, every: bool) -> list[str]:
    """Return the outlines in the user's folder: of every edition, or the newest of what does not ship."""
    held = [] if is_set_aside() else holdings(kind="boundaries")
    if every:
        return [one.reference for one in held]
    return sorted({one.key for one in held} - set(catalogue.catalogue()))


def _refuse_columns(rows: ParquetRows | CsvRows, sums: Sequence[str], by: Sequence[str]) -> None:
    """Refuse columns of a summary that are not there, or that hold what cannot be told apart."""
    file = rows.origin.name
    for option, column in [*(("--sum", each) for each in sums), *(("--by", each) for each in by)]:
        if column not in rows.schema.names:
            hint = f"Columns found: {listed(rows.schema.names[:30])}."
            raise InputError(refusal(f"{file}: {option} column {column!r} is missing", hint=hint))
    for column in by:
        kind = rows.schema.field(column).type
        if any(is_kind(kind) for is_kind in NOT_TOLD_APART):
            hint = "Name a column of texts or numbers."
            raise InputError(
                refusal(f"{file}: --by column {column!r} holds {kind}, which is not counted apart", hint=hint)
            )


def _refuse_own(by: Sequence[str], code: str) -> None:
    if code in by:
        hint = "Leave out --summarise: then each share of a small area is a row."
        raise ConfigurationError(refusal(f"--by {code} would count every small area apart", hint=hint))


def _points_shared(
    rows: ParquetRows | CsvRows,
    placing: Placing,
    grounds: tuple[Ground, ...],
    layers: Mapping[str, Layer],
    boxes: Boxes | None,
    *,
    names: bool,
    sums: tuple[str, ...],
    by: tuple[str, ...],
) -> PointsShared:
    shared = {member.word: member.shared for ground in grounds for member in ground.members}
    wanted = []
    for word in layers:
        wanted.append((f"{word}_code", word, CODE))
        if names:
            wanted.append((f"{word}_name", word, 1))
        if shared[word]:
            wanted.append((f"{word}_share", word, 2))
    free = free_words([heading for heading, *_ in wanted], rows.schema.names)
    headings = tuple(Heading(free[heading], word, which) for heading, word, which in wanted)
    return PointsShared(rows, placing, grounds, headings, sums, by, boxes)


def _points_work(
    shared: PointsShared,
    head: pa.Table,
    layers: Mapping[str, Layer],
    facts: tuple[Any, ...],
    room: Room,
    *,
    summarise: bool,
) -> Work:
    row_bytes = max(head.nbytes / len(head), 1.0) if len(head) else 1.0
    each = COPIES * row_bytes + PLACE_BYTES + LAYER_BYTES * len(shared.headings)
    group = int(min(max(GROUP_BYTES / row_bytes, LEAST_ROWS), GROUP_ROWS))
    written = GROUP_COPIES * group * row_bytes
    least = written + LEAST_ROWS * each
    most = int(min((room.for_rows(least) - written) / each, MOST_ROWS))
    size = max(int(most * row_bytes), 1 << 16)
    told = (shared.placing, shared.headings, shared.sums, shared.by, summarise, most, size)
    given: dict[str, Any] = {
        "file": shared.rows.origin.name, "layers": layers, "shared": shared, "part_rows": most, "part_bytes": size,
        "said": (f"{shared.rows.origin.name}: placed by {shared.placing.by}.", *room.said(least)),
        "fingerprint": _fingerprint((*facts, *told), shared.grounds),
    }  # fmt: skip
    if summarise:
        return Work(
            function=summarised_part, join=joined_counts, schema=_refuse_twice(pieces_schema(shared)), geometry="",
            tables=lambda tables: iter([counted_pieces(shared, tables)]), **given,
        )  # fmt: skip
    added = [pa.field(heading.column, CATEGORY) for heading in shared.headings]
    own = shared.rows.schema
    return Work(
        function=assigned_part,
        join=None,
        schema=pa.schema([*own, *added], metadata=own.metadata),
        tables=partial(rechunked, rows=group, added=len(added)),
        geometry=shared.placing.columns[0] if shared.placing.encoding == "WKB" else "",
        **given,
    )


def _code_column(head: pa.Table, placing: Placing, file: str, asked: Mapping[str, str]) -> str:
    """Return the column of small areas' codes."""
    code, _ = find_columns(head.drop_columns(placing.columns[0]).to_pandas(), code=asked.get("code"), where=file)
    if not code:
        raise InputError(refusal(f"{file}: no column holds codes", hint=f"Name it: {file}?code=COLUMN."))
    return code


def _areas_work(
    shared: AreasShared,
    head: pa.Table,
    layers: Mapping[str, Layer],
    facts: tuple[Any, ...],
    room: Room,
    *,
    summarise: bool,
) -> Work:
    file, placing = shared.rows.origin.name, shared.placing
    needed = AREA_COPIES * AREA_ROWS * head.nbytes / max(len(head), 1)
    room.for_rows(needed)
    said = [f"{file}: small areas by {shared.code!r}, shared out by ground ({placing.crs_name}, {placing.told})."]
    if shared.sums:
        said.append(f"{listed(shared.sums)}: shared out by ground, as if spread evenly over each small area.")
    said += room.said(needed)
    told = (placing, shared.code, AREA_ROWS, summarise, shared.sums, shared.by)
    given: dict[str, Any] = {
        "file": file, "layers": layers, "said": tuple(said), "shared": shared, "geometry": "",
        "part_rows": AREA_ROWS, "part_bytes": 0, "fingerprint": _fingerprint((*facts, *told), shared.grounds),
    }  # fmt: skip
    if summarise:
        schema = _refuse_twice(area_sums_schema(shared))
        return Work(
            function=summed_part, join=joined_sums, schema=schema,
            tables=lambda tables: iter([area_sums(shared, tables)]), **given,
        )  # fmt: skip
    return Work(
        function=shared_part,
        join=None,
        schema=SHARED_SCHEMA,
        tables=partial(rechunked, rows=GROUP_ROWS, added=5),
        **given,
    )


def _refuse_twice(schema: pa.Schema) -> pa.Schema:
    """Return the columns of a summary, unless two have the same name."""
    twice = [name for name in schema.names if schema.names.count(name) > 1]
    if twice:
        message = f"the summary would have two columns {twice[0]!r}"
        hint = "Name a column in --sum or in --by, not in both, or rename it in the file."
        raise ConfigurationError(refusal(message, hint=hint))
    return schema


def _fingerprint(facts: Iterable[Any], grounds: Iterable[Ground]) -> str:
    return hashlib.sha256(repr((*facts, *(each.digest for each in grounds))).encode()).hexdigest()
