"""Hostile and damaged input refused before it is loaded: sizes, archives, paths, commands."""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from geoplan.errors import InputError, RunError, is_memory, refusal

if TYPE_CHECKING:
    pass

__all__ = [
    "KINDS",
    "MOST_COLUMNS",
    "MOST_ROWS",
    "MOST_VERTICES",
    "PROSE",
    "REMOTE",
    "SHAPEFILE_READ",
    "columns_found",
    "damaged",
    "first_bytes",
    "hash_of",
    "opened_database",
    "reading",
    "refuse_absent",
    "refuse_large",
    "refuse_many",
    "refuse_odd_path",
    "refuse_unsafe",
    "shapefile_parts",
    "stands",
    "stored",
    "unpack",
]

UNPREPARED = (ArithmeticError, AttributeError, LookupError, NameError, SystemError, TypeError)
"""What the libraries raise of files that say what their authors did not think of."""
KINDS = {
    ".gpkg": "GPKG",
    ".shp": "ESRI Shapefile",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".parquet": "Parquet",
    ".geoparquet": "Parquet",
    ".zip": "zip",
    ".kml": "KML",
    ".kmz": "KMZ",
    ".gml": "GML",
    ".fgb": "FlatGeobuf",
    ".tab": "MapInfo File",
    ".mif": "MapInfo File",
    ".topojson": "TopoJSON",
    ".gdb": "OpenFileGDB",
}
PROSE = {
    "GPKG": "a GeoPackage",
    "ESRI Shapefile": "a Shapefile",
    "GeoJSON": "GeoJSON",
    "Parquet": "GeoParquet",
    "zip": "a zip archive",
    "workbook": "an Excel workbook",
    "CSV": "a CSV table",
    "KML": "KML",
    "KMZ": "KMZ",
    "GML": "GML",
    "FlatGeobuf": "FlatGeobuf",
    "MapInfo File": "a MapInfo table",
    "TopoJSON": "TopoJSON",
    "OpenFileGDB": "a file geodatabase",
}
REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|[/\\]*vsi\w+[/\\]", re.ASCII)
VIRTUAL = re.compile(r"\s*CREATE\s+VIRTUAL", re.IGNORECASE)
SHAPEFILE_PARTS = (".dbf", ".prj", ".shp", ".shx")
SHAPEFILE_READ = (*SHAPEFILE_PARTS, ".cpg")
SHAPEFILE_NEEDS = (".dbf", ".shp", ".shx")
HARMLESS_BYTES = 100 * 1024**2
MOST_EXPANSION = 200
MOST_BYTES = 4 * 1024**3
"""Bytes of a file, of what an archive unpacks to, and of the text of a Parquet file once it is unpacked."""
MOST_VERTICES = 100_000_000
"""Vertices of a layer: some three times those of the output areas at full resolution."""
MOST_ROWS = 10_000_000
"""Rows of a boundary file: some fifty times the output areas."""
MOST_COLUMNS = 2000
"""Columns of a table, as many as SQLite takes."""
CHUNK_BYTES = 1 << 20
LONGEST_SAID = 80
MOST_SAID = 30


def stands(path: Path) -> bool:
    """Tell whether there is a file or folder, refusing a name that the system cannot look up."""
    with reading(path.name[:LONGEST_SAID]):
        try:
            str(path).encode()
            return path.exists()
        except ValueError as problem:
            message = refusal("the name of a file holds characters that are no text", hint="Rename the file.")
            raise InputError(message) from problem


def refuse_absent(path: Path) -> None:
    """Refuse a path where there is no file, naming the nearest files."""
    there = stands(path)
    if path.is_file():
        refuse_large(path)
        return
    if path.is_dir():
        raise InputError(refusal(f"{path.name or path} is a folder, not a file", hint="Name a file inside it."))
    if there or path.is_symlink():
        raise InputError(refusal(f"{path.name} is no regular file, nor a link to one that exists"))
    folder = path.parent.iterdir() if path.parent.is_dir() else ()
    beside = sorted(item.name for item in folder if item.suffix.lower() in (*KINDS, ".csv", ".xlsx"))
    nearest = get_close_matches(path.name, beside, n=3)
    hint = f"Nearest in that folder: {', '.join(nearest)}." if nearest else ""
    raise InputError(refusal(f"{path.name}: there is no such file", hint=hint))


def refuse_large(path: Path) -> None:
    """Refuse a file of more bytes than can be held in memory."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        said = f"{path.name} has {size / 1024**3:.1f} GB; at most {MOST_BYTES / 1024**3:.0f} are read"
        raise InputError(refusal(said, hint="Cut it to the part that matters."))


def refuse_many(file: str, what: str, count: int, most: int) -> None:
    """Refuse more of something than can be held in memory, counted or only claimed."""
    if count > most:
        raise InputError(refusal(f"{file} has {count:,} {what}; at most {most:,} are read"))


def columns_found(names: Sequence[str]) -> str:
    """Say which columns there are, of many only the first."""
    more = f" and {len(names) - MOST_SAID:,} more" if len(names) > MOST_SAID else ""
    return f"Columns found: {', '.join(name[:LONGEST_SAID] for name in names[:MOST_SAID])}{more}."


def first_bytes(path: Path) -> bytes:
    """Return up to 512 bytes of a file."""
    with reading(path.name), path.open("rb") as stream:
        return stream.read(512)


@contextmanager
def reading(what: str, *, only_system: bool = False) -> Iterator[None]:
    """Turn what the operating system says about a file into a refusal, not what libraries say if so asked."""
    try:
        yield
    except OSError as error:
        if only_system and not error.strerror:
            raise
        raise InputError(refusal(f"{what} cannot be read ({error.strerror or 'damaged'})")) from error


def hash_of(paths: Iterable[Path]) -> str:
    """Hash the bytes of files, one after another.

    Parameters
    ----------
    paths
        The files, in the order to hash them.

    Returns
    -------
    str
        SHA-256 in hexadecimal digits.

    Raises
    ------
    InputError
        When a file cannot be read.
    """
    digest = hashlib.sha256()
    for path in paths:
        with reading(path.name), path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def refuse_odd_path(path: Path) -> None:
    """Refuse characters in a path that pyogrio takes for an archive or a parameter."""
    if set("!;") & set(str(path)):
        message = refusal(f"{path.name} lies where a name holds '!' or ';'", hint="Rename the file or its folder.")
        raise InputError(message)


@contextmanager
def damaged(file: str, kind: str) -> Iterator[None]:
    """Turn what the readers of a format raise into a refusal that names the file."""
    from shapely.errors import ShapelyError

    corrupt = (*_driver_errors(kind), ShapelyError, zipfile.BadZipFile, zlib.error, sqlite3.Error, EOFError)
    try:
        with reading(file, only_system=True), _handlers_quiet():
            yield
    except (*corrupt, *UNPREPARED, MemoryError, OSError, ValueError, RuntimeError) as error:
        if is_memory(error):
            what = f"Reading {file}"
            raise RunError(what, error) from error
        message = refusal(
            f"{file} cannot be read as {PROSE[kind]}: it is damaged, cut short or of another kind",
            hint="Export or download it again.",
        )
        raise InputError(message) from error


def _driver_errors(kind: str) -> tuple[type[Exception], ...]:
    """Return what fiona raises of files that GDAL's drivers read; Parquet is read without them."""
    if kind == "Parquet":
        return ()
    from fiona._err import CPLE_BaseError
    from fiona.errors import FionaError

    return FionaError, CPLE_BaseError


@contextmanager
def _handlers_quiet() -> Iterator[None]:
    """Show nothing of errors within a library's own error handler: fiona's fails on what is no UTF-8."""
    hooks = sys.unraisablehook, sys.excepthook
    sys.unraisablehook, sys.excepthook = lambda _: None, lambda *_: None
    try:
        yield
    finally:
        sys.unraisablehook, sys.excepthook = hooks


def stored(path: Path) -> list[tuple[str, str]]:
    """List what a GeoPackage holds: type (table, view, virtual, index, trigger) and name."""
    with damaged(path.name, "GPKG"), opened_database(path) as database:
        rows = database.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        return [("virtual" if VIRTUAL.match(sql or "") else kind, str(name)) for kind, name, sql in rows]


@contextmanager
def opened_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a GeoPackage as the database it is, to read only."""
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        yield database
    finally:
        database.close()


def shapefile_parts(path: Path) -> list[Path]:
    """Return the files of a Shapefile in name order, refusing one that lacks what it needs."""
    beside = {item.suffix.lower(): item for item in path.parent.iterdir() if item.stem == path.stem}
    missing = [path.stem + suffix for suffix in SHAPEFILE_NEEDS if suffix not in beside]
    if missing:
        message = refusal(
            f"{path.name} is incomplete: {' and '.join(missing)} must lie beside it",
            hint="A Shapefile is several files; copy them all, or the zip they came in.",
        )
        raise InputError(message)
    odd = [item.name for suffix, item in beside.items() if suffix in SHAPEFILE_READ and not item.is_file()]
    if odd:
        raise InputError(refusal(f"{path.name}: {odd[0]} beside it is no regular file"))
    for item in beside.values():
        refuse_large(item)
    refuse_cut_short(beside[".shp"])
    return [beside[suffix] for suffix in sorted(SHAPEFILE_READ) if suffix in beside]


def refuse_cut_short(path: Path) -> None:
    """Refuse a .shp shorter than its header says, which GDAL would read with geometries missing."""
    words = int.from_bytes(first_bytes(path)[24:28], "big")
    if path.stat().st_size < 2 * words:
        message = refusal(f"{path.name} is cut short: {path.stat().st_size} of {2 * words} bytes are there")
        raise InputError(message)


def refuse_unsafe(archive: zipfile.ZipFile, file: str) -> None:
    """Refuse members that would leave the folder they are unpacked in, locked ones, and absurd expansion."""
    members = archive.infolist()
    outside = [
        item.filename
        for item in members
        if item.filename.startswith(("/", "\\")) or ":" in item.filename or ".." in re.split(r"[/\\]", item.filename)
    ]
    if outside:
        raise InputError(refusal(f"{file} holds members that point outside the archive", codes=outside))
    if any(item.flag_bits & 1 for item in members):
        raise InputError(refusal(f"{file} is locked with a password", hint="Unpack it and name the file inside."))
    size = sum(item.file_size for item in members)
    packed = sum(item.compress_size for item in members)
    if size > MOST_BYTES or (size > HARMLESS_BYTES and size > MOST_EXPANSION * packed):
        raise InputError(refusal(f"{file} would unpack to {size / 1024**2:.0f} MB, which no boundary file needs"))


def unpack(archive: zipfile.ZipFile, stem: PurePosixPath, folder: Path) -> Path:
    """Copy the files of one Shapefile out of an archive, and return its .shp."""
    for item in archive.infolist():
        member = PurePosixPath(item.filename)
        suffix = member.suffix.lower()
        if member.with_suffix("") == stem and suffix in SHAPEFILE_READ:
            with archive.open(item) as packed, (folder / (stem.name + suffix)).open("wb") as copy:
                shutil.copyfileobj(packed, copy)
    return folder / (stem.name + ".shp")
