"""Boundary files read through GDAL's drivers, looked at before they are loaded."""

from __future__ import annotations

import json
import mmap
import re
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geoplan.data.readers.formats.markup import MARKUP, TECHNICAL, places_in
from geoplan.data.readers.formats.parts import files_of
from geoplan.data.readers.formats.topologies import rings_of
from geoplan.data.readers.guards import (
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_VERTICES,
    PROSE,
    damaged,
    hash_of,
    opened_database,
    reading,
    refuse_many,
    refuse_odd_path,
    stored,
)
from geoplan.data.readers.joins import outline_views, refuse_heavy
from geoplan.data.readers.kinds import POINTS_AND_LINES, how_to_convert
from geoplan.data.readers.locators import OPENED
from geoplan.data.readers.oddities import Said, cut_download, shapefile_encoding
from geoplan.errors import InputError, refusal

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj

__all__ = ["Described", "RawLayer", "choose", "read_with_drivers", "refuse_hollow", "refuse_vertices"]

CRS_NAME = re.compile(rb"""["'](?:c|\\u0063)(?:r|\\u0072)(?:s|\\u0073)["']""", re.IGNORECASE)
"""The member that tells a CRS, also as lax readers of JSON know it."""
LONGEST_CRS = 1 << 16
OTHER_JSON = b"gdal_streamed_alg"
"""What GDAL takes for commands to carry out, whatever else the file says."""
NAMED = {"KML": ("LIBKML", "KML")}
"""Drivers of a format that has several."""
DECLARES_BOUNDS = ("FlatGeobuf", "MapInfo File")
"""Formats without checksums that say between which coordinates their outlines lie."""
ROUNDING = 1e-6
"""Share of its extent by which an outline may pass the bounds of its file, which round coordinates."""
ONLY_SEEN = ("FlatGeobuf", "MapInfo File", "GML", "TopoJSON", "OpenFileGDB")
"""Formats that fiona opens by name, but of which pyogrio must say by which driver it reads, and how many features."""


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
        Format: GPKG, ESRI Shapefile, GeoJSON, Parquet, or another of `geoplan.data.readers.guards.KINDS`.
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


@dataclass(frozen=True)
class Described:
    """What fiona says about a layer before it is read."""

    name: str
    geometry: str
    count: int


def read_with_drivers(path: Path, layer: str | None, driver: str) -> RawLayer:
    """Read a boundary file with the driver of its format."""
    refuse_odd_path(path)
    refuse_lacking(path, driver)
    if driver not in MARKUP:
        return read_in_place(path, layer, driver)
    places = places_in(path, driver)
    # Schemas that lie beside a document are found by name and followed: a copy has nothing beside it.
    with reading(f"{path.name}, to be copied,"), tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        if driver == "KML":
            refuse_lost_places(copy, places)
        return read_in_place(copy, layer, driver)


def read_in_place(path: Path, layer: str | None, driver: str) -> RawLayer:
    """Read a layer of a file whose format may be opened where it lies."""
    files = files_of(path, driver)
    encoding, notes = shapefile_encoding(files) if driver == "ESRI Shapefile" else (None, [])
    rings: dict[str, int] = {}
    if driver in {"GeoJSON", "TopoJSON"}:
        refuse_commands(path)
    if driver == "GeoJSON":
        notes = cut_download(path)
    if driver == "TopoJSON":
        with damaged(path.name, driver):
            rings = rings_of(path)
    if driver == "GPKG":
        refuse_queries(path, layer)
    found = choose(describe(path, driver), layer, path.name)
    refuse_hollow(path.name, found.name, found.count, {found.geometry})
    refuse_many(path.name, "features", found.count, MOST_ROWS)
    if driver == "GPKG":
        refuse_computed(path, found.name)
        if rows := outline_views(path).get(found.name.lower()):
            refuse_heavy(path, rows)
    frame = read_features(path, found, driver, encoding)
    if found.name in rings:
        refuse_lost_rings(frame, path.name, rings[found.name])
    if driver == "GeoJSON" and frame.crs is None:
        frame = frame.set_crs("EPSG:4326")
    return RawLayer(frame, path.name, found.name, driver, frame.crs, hash_of(files), tuple(notes))


def refuse_lacking(path: Path, driver: str) -> None:
    """Refuse a format for which the libraries installed have no driver."""
    import pyogrio
    from fiona.drvsupport import supported_drivers

    seen = pyogrio.list_drivers()
    if not any(name in seen for name in NAMED.get(driver, (driver,))) or (
        driver != "KML" and driver not in supported_drivers
    ):
        message = refusal(f"{path.name}: {PROSE[driver]} is not read by this installation", hint=how_to_convert(path))
        raise InputError(message)


def describe(path: Path, driver: str) -> list[Described]:
    """List the layers of a file that hold geometry, opened with this driver only."""
    with damaged(path.name, driver), warnings.catch_warnings():
        # What is odd about columns is met again, and worded, when they are looked for.
        warnings.simplefilter("ignore")
        if driver == "KML":
            described = [look_at(path, name, driver) for name in layer_names(path)]
            # Each folder is a layer, also one that only holds others.
            described = [layer for layer in described if layer.count] or described
        else:
            described = [describe_layer(path, name, driver) for name in inspected_names(path, driver)]
    found = [layer for layer in described if layer.geometry != "None"]
    if not found:
        raise InputError(refusal(f"{path.name}: no layer of it holds geometry"))
    return found


def layer_names(path: Path) -> list[str]:
    """List the layers of a file as pyogrio knows them."""
    import pyogrio

    return [str(name) for name, _ in pyogrio.list_layers(path)]


def inspected_names(path: Path, driver: str) -> list[str]:
    """List the layers of a file as fiona knows them."""
    import fiona

    if driver == "ESRI Shapefile":
        return [path.stem]
    names: list[str] = fiona.listlayers(path, **OPENED.get(driver, {}))
    if driver == "GPKG":
        tables = {name.lower() for kind, name in stored(path) if kind == "table"} | outline_views(path).keys()
        names = [name for name in names if name.lower() in tables]
    return names


def look_at(path: Path, name: str, driver: str) -> Described:
    """Describe one layer of a file of which fiona cannot tell all, and refuse one that another driver answers for."""
    import pyogrio

    told = pyogrio.read_info(path, layer=name, force_feature_count=True, **OPENED.get(driver, {}))
    if told["driver"] not in NAMED.get(driver, (driver,)):
        raise InputError(refusal(f"{path.name} is not {PROSE[driver]}, whatever its name says"))
    refuse_many(path.name, "columns", len(told["fields"]), MOST_COLUMNS)
    return Described(name, str(told["geometry_type"]), int(told["features"]))


def refuse_lost_places(path: Path, places: int) -> None:
    """Refuse KML of whose placemarks some stand in no layer."""
    found = sum(layer.count for layer in describe(path, "KML"))
    if found != places:
        said = f"{path.name}: only {found} of {places} placemarks can be read"
        raise InputError(refusal(said, hint=how_to_convert(path)))


def refuse_lost_rings(frame: gpd.GeoDataFrame, file: str, rings: int) -> None:
    """Refuse TopoJSON of whose outlines a part could not be put together."""
    import shapely

    polygons = shapely.get_parts(frame.geometry.to_numpy())
    found = len(polygons) + int(shapely.get_num_interior_rings(polygons).sum())
    if found < rings:
        said = f"{file}: only {found} of the {rings} rings of its outlines can be put together from its arcs"
        raise InputError(refusal(said, hint="Export or download it again."))


def describe_layer(path: Path, name: str, driver: str) -> Described:
    """Describe one layer of a file."""
    import fiona

    with fiona.open(path, layer=name, enabled_drivers=[driver], **OPENED.get(driver, {})) as collection:
        refuse_many(path.name, "columns", len(collection.schema["properties"]), MOST_COLUMNS)
        geometry = collection.schema["geometry"]
        if driver not in ONLY_SEEN:
            return Described(name, geometry, len(collection))
    return look_at(path, name, driver)


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
    if driver in DECLARES_BOUNDS:
        _refuse_out_of_bounds(frame, path, layer)
    return frame.drop(columns=[*TECHNICAL.get(driver, ())], errors="ignore")


def _refuse_out_of_bounds(frame: gpd.GeoDataFrame, path: Path, layer: Described) -> None:
    """Refuse outlines that reach beyond what the file itself says: it has no checksum, and a byte was changed."""
    import pyogrio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        said = pyogrio.read_info(path, layer=layer.name)["total_bounds"]
    drawn = frame.total_bounds
    if said is None or not np.isfinite([*said, *drawn]).all():
        return
    spare = ROUNDING * max(said[2] - said[0], said[3] - said[1])
    beyond = [said[0] - drawn[0], said[1] - drawn[1], drawn[2] - said[2], drawn[3] - said[3]]
    if max(beyond) > spare:
        what = f"{path.name}, layer {layer.name!r}: outlines reach beyond the bounds that the file says it has"
        raise InputError(refusal(what, hint="The file is damaged: export or download it again."))


def refuse_vertices(frame: gpd.GeoDataFrame, file: str) -> None:
    """Refuse a layer that is drawn in more detail than can be worked with."""
    import shapely

    refuse_many(file, "vertices", int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()), MOST_VERTICES)


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


def refuse_queries(path: Path, layer: str | None) -> None:
    """Refuse a GeoPackage that is being written, and one whose layer or contents are queries."""
    for beside in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-journal")):
        if beside.exists() and beside.stat().st_size:
            message = refusal(f"{path.name} is being written: {beside.name} lies beside it", hint="Close it first.")
            raise InputError(message)
    queries = {name.lower() for kind, name in stored(path) if kind in {"view", "virtual"}} - outline_views(path).keys()
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
