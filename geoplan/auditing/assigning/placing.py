"""Where the rows of a large file lie: by its column of geometry, or by two columns of coordinates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely
from pyproj.exceptions import CRSError

from geoplan.auditing.lookups.point_lists import coordinate_columns, crs_of, numbers_of, projected
from geoplan.data.drawn.projection import METRES
from geoplan.data.readers.guards import columns_found
from geoplan.errors import InputError, refusal
from geoplan.schema import BRITISH_NATIONAL_GRID

__all__ = ["Placing", "geometry_column", "numbers_in", "places_of", "placing_of"]

POINT_WKB = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])
"""A point as nearly all files hold it: little-endian, without Z."""
LITTLE, POINT = 1, 1
WKB, NATIVE = "WKB", "point"
KINDS = {0: "Point", 3: "Polygon", 6: "MultiPolygon"}
UNNAMED_CRS = "OGC:CRS84"
"""What GeoParquet means where a column names no CRS."""
LONGEST_CRS = 20


@dataclass(frozen=True)
class Placing:
    """How the place of a row is read.

    Parameters
    ----------
    columns
        The column of geometry, or those of x and y.
    crs
        The coordinate system, as pyproj takes it.
    told
        How that is known, as the end of a sentence.
    encoding
        Of a column of geometry, as GeoParquet names it; empty for two columns.
    """

    columns: tuple[str, ...]
    crs: str
    told: str
    encoding: str = ""

    @property
    def by(self) -> str:
        """What rows are placed by, as the end of a sentence."""
        named = " and ".join(repr(each) for each in self.columns)
        what = "the points" if self.encoding else "the coordinates"
        return f"{what} in {named} ({self.crs_name}, {self.told})"

    @property
    def crs_name(self) -> str:
        """The coordinate system in a few words."""
        return self.crs if len(self.crs) < LONGEST_CRS else str(pyproj.CRS(self.crs).name)


def geometry_column(schema: pa.Schema) -> tuple[str, Mapping[str, Any]] | None:
    """Return the primary column of geometry and what GeoParquet says of it; None where the file has none."""
    said = (schema.metadata or {}).get(b"geo")
    if not said:
        return None
    try:
        facts = json.loads(said)
        name = facts["primary_column"]
        column = facts["columns"][name]
    except (ValueError, KeyError, TypeError):
        return None
    return (name, column) if name in schema.names else None


def geometry_kinds(column: pa.ChunkedArray, facts: Mapping[str, Any]) -> frozenset[str]:
    """Return the kinds of geometry in a column, as GeoParquet names them: by what the file says, else by its rows."""
    said = facts.get("geometry_types")
    if said:
        return frozenset(str(each).removesuffix(" Z") for each in said)
    if facts.get("encoding", WKB) != WKB:
        return frozenset()
    try:
        kinds = shapely.get_type_id(shapely.from_wkb(column.drop_null().to_numpy()))
    except (shapely.errors.ShapelyError, TypeError):
        return frozenset()
    return frozenset(KINDS[kind] for kind in set(kinds.tolist()) if kind in KINDS)


def placing_of(head: pa.Table, file: str, *, coordinates: str = "", epsg: int | None = None) -> Placing:
    """Decide how the place of each row of a file is read.

    Parameters
    ----------
    head
        Its first rows.
    file
        What it is called.
    coordinates
        The columns of x and y, ``X,Y``, if they were asked for.
    epsg
        Number of the coordinate system, if it was asked for.

    Returns
    -------
    Placing
        By geometry where the file has a column of it and no others were asked for.

    Raises
    ------
    InputError
        If there are neither geometry nor two columns of coordinates, or their coordinate system cannot be told.
    ConfigurationError
        If there is no coordinate system of that number.
    """
    found = None if coordinates else geometry_column(head.schema)
    if found is not None:
        return _by_geometry(*found, head, file, epsg)
    pair = coordinate_columns(head.schema.names, file, coordinates)
    if pair is None:
        hint = f"Name them with --coordinates X,Y. {columns_found(head.schema.names)}"
        raise InputError(refusal(f"{file}: it has no geometry and no two columns of coordinates", hint=hint))
    across, up, headed = pair
    x, y = (_floats_in(head[each], each, file) for each in (across, up))
    known = ~(np.isnan(x) | np.isnan(y)) & ~((x == 0) & (y == 0))
    if not known.any() and epsg is None and not headed:
        return Placing((across, up), BRITISH_NATIONAL_GRID, "as none of the first rows has any")
    crs, told = crs_of(epsg, headed, x[known], y[known], f"{file}, columns {across!r} and {up!r}")
    return Placing((across, up), crs, told)


def _by_geometry(name: str, facts: Mapping[str, Any], head: pa.Table, file: str, epsg: int | None) -> Placing:
    encoding = str(facts.get("encoding", WKB))
    if encoding not in {WKB, NATIVE, "multipolygon", "polygon"}:
        message = f"{file}: geometry in {name!r} is of a kind that is not placed ({encoding})"
        raise InputError(refusal(message, hint="Give points, or polygons."))
    if epsg is not None:
        return Placing((name,), *crs_of(epsg, "", np.empty(0), np.empty(0), file), encoding)
    if "crs" in facts and facts["crs"] is None:
        x, y = _of_geometry(head[name], encoding, name, file)
        known = ~(np.isnan(x) | np.isnan(y))
        return Placing((name,), *crs_of(None, "", x[known], y[known], f"{file}, column {name!r}"), encoding)
    try:
        crs = pyproj.CRS.from_user_input(facts["crs"]) if "crs" in facts else pyproj.CRS(UNNAMED_CRS)
    except CRSError as problem:
        message = refusal(f"{file}: the coordinate system of {name!r} cannot be read", hint="Name it with --epsg.")
        raise InputError(message) from problem
    number = crs.to_epsg()
    return Placing((name,), f"EPSG:{number}" if number else crs.to_wkt(), "as the file says", encoding)


def places_of(table: pa.Table, placing: Placing, file: str, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Read where rows lie.

    Parameters
    ----------
    table
        Some rows of the file.
    placing
        From `placing_of`.
    file
        What the file is called.
    first
        Number of the first of the rows, for messages.

    Returns
    -------
    tuple of numpy.ndarray
        Easting and northing in metres (EPSG:27700); both missing where a row has no place, or its coordinates are no
        numbers or 0, 0; infinite where they cannot be transformed.

    Raises
    ------
    InputError
        If a geometry is no point.
    """
    if placing.encoding:
        x, y = _of_geometry(table[placing.columns[0]], placing.encoding, placing.columns[0], file, first)
    else:
        x, y = (_floats_in(table[each], each, file) for each in placing.columns)
        none = (x == 0) & (y == 0)
        x[none] = np.nan
    known = ~(np.isnan(x) | np.isnan(y))
    if not known.all():
        x, y = np.where(known, x, np.nan), np.where(known, y, np.nan)
    if placing.crs != BRITISH_NATIONAL_GRID and known.any():
        x[known], y[known] = projected(x[known], y[known], placing.crs, file)
    return x, y


def is_far(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Tell which places lie beyond the extent of the British grid."""
    return (x < METRES[0]) | (x > METRES[2]) | (y < METRES[1]) | (y > METRES[3])


def numbers_in(column: pa.ChunkedArray, name: str, file: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of a column, whole ones as such, and which rows have none: theirs is 0."""
    if pa.types.is_integer(column.type) and column.type != pa.uint64():
        return column.fill_null(0).to_numpy().astype(np.int64), column.is_null().to_numpy()
    values = _floats_in(column, name, file)
    missing = np.isnan(values)
    return np.where(missing, 0.0, values), missing


def _floats_in(column: pa.ChunkedArray, name: str, file: str) -> np.ndarray:
    """Return a column as floats, missing where a cell is empty or holds no number."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        trimmed = pc.utf8_trim_whitespace(column)
        try:
            column = pc.if_else(pc.equal(trimmed, ""), None, trimmed).cast(pa.float64())
        except pa.ArrowInvalid:
            read: np.ndarray = numbers_of(pd.Series(trimmed.to_pylist(), dtype=object).fillna("").astype("str"), "")
            return read
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        column = column.cast(pa.float64(), safe=False)
    else:
        raise InputError(refusal(f"{file}: column {name!r} holds no numbers but {kind}"))
    values = column.to_numpy().astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _of_geometry(
    column: pa.ChunkedArray, encoding: str, name: str, file: str, first: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    if len(column) == 0:
        return np.empty(0), np.empty(0)
    whole = pa.chunked_array([column.combine_chunks()]).chunk(0) if column.num_chunks != 1 else column.chunk(0)
    if encoding == NATIVE:
        return _of_native(whole)
    quick = _of_plain_wkb(whole)
    return _of_any_wkb(whole, name, file, first) if quick is None else quick


def _of_native(whole: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Read points that are kept as x and y; a missing row may hold anything beneath."""
    if pa.types.is_struct(whole.type):
        across, up = (pc.struct_field(whole, each) for each in ("x", "y"))
    else:
        width = whole.type.list_size
        flat = whole.flatten() if whole.null_count == 0 else pc.list_flatten(whole.fill_null([np.nan] * width))
        values = flat.to_numpy(zero_copy_only=False).reshape(-1, width)
        return values[:, 0].astype(float), values[:, 1].astype(float)
    return tuple(each.cast(pa.float64()).to_numpy(zero_copy_only=False).copy() for each in (across, up))


def _of_plain_wkb(whole: pa.Array) -> tuple[np.ndarray, np.ndarray] | None:
    """Read points straight from the bytes of the column, where all are of the plain form and none is missing."""
    large = pa.types.is_large_binary(whole.type)
    if whole.null_count or not (large or pa.types.is_binary(whole.type)):
        return None
    _, starts, content = whole.buffers()
    offsets = np.frombuffer(starts, np.int64 if large else np.int32)[whole.offset : whole.offset + len(whole) + 1]
    if offsets[-1] - offsets[0] != POINT_WKB.itemsize * len(whole) or (np.diff(offsets) != POINT_WKB.itemsize).any():
        return None
    points = np.frombuffer(content, POINT_WKB, len(whole), offset=int(offsets[0]))
    if (points["order"] != LITTLE).any() or (points["kind"] != POINT).any():
        return None
    return points["x"].astype(np.float64), points["y"].astype(np.float64)


def _of_any_wkb(whole: pa.Array, name: str, file: str, first: int) -> tuple[np.ndarray, np.ndarray]:
    try:
        shapes = shapely.from_wkb(whole.to_numpy(zero_copy_only=False))
    except (shapely.errors.ShapelyError, TypeError) as problem:
        said = f"{file}: column {name!r} holds what is no geometry"
        raise InputError(refusal(said, hint="Save the file again.")) from problem
    kinds = shapely.get_type_id(shapes)
    wrong = np.flatnonzero((kinds != 0) & (kinds != -1))
    if len(wrong):
        rows = [f"row {first + at + 1}: {shapes[at].geom_type}" for at in wrong[:4]]
        message = f"{file}: column {name!r} holds {len(wrong):,} geometries that are no points"
        raise InputError(refusal(f"{message} ({', '.join(rows[:3])})", hint="Give points, or polygons, alone."))
    held = np.where(shapely.is_empty(shapes), None, shapes)  # GEOS has no x of an empty point
    return shapely.get_x(held), shapely.get_y(held)
