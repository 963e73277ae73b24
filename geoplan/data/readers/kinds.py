"""What kind of file something is, by its first bytes."""

from __future__ import annotations

import re
from pathlib import Path

from geoplan.data.readers.guards import KINDS, PROSE, first_bytes, refuse_absent, stands
from geoplan.errors import InputError, refusal

__all__ = ["FORMATS", "POINTS_AND_LINES", "how_to_convert", "kind_of"]

MARKUP = re.compile(rb"(\xef\xbb\xbf)?\s*<(?!OGRVRT)", re.IGNORECASE)
SIGNATURES = {
    "GPKG": re.compile(rb"SQLite format 3\x00"),
    "ESRI Shapefile": re.compile(rb"\x00\x00\x27\x0a"),
    "GeoJSON": re.compile(rb"(\xef\xbb\xbf)?\s*[{\[]"),
    "TopoJSON": re.compile(rb"(\xef\xbb\xbf)?\s*\{"),
    "Parquet": re.compile(rb"PAR1"),
    "zip": re.compile(rb"PK"),
    "KMZ": re.compile(rb"PK"),
    "KML": MARKUP,
    "GML": MARKUP,
    "FlatGeobuf": re.compile(rb"fgb.fgb", re.DOTALL),
    "MapInfo File": re.compile(rb"\s*(!table|version\s)", re.IGNORECASE),
}
FORMATS = (
    "geoplan reads GeoPackage, Shapefile and file geodatabase (both also zipped), GeoJSON, TopoJSON, GeoParquet, "
    "FlatGeobuf, KML, KMZ, GML and MapInfo TAB and MIF."
)
TOPOLOGY = re.compile(rb'"type"\s*:\s*"Topology"')
POINTS_AND_LINES = {"Point", "MultiPoint", "LineString", "MultiLineString", "LinearRing"}


def how_to_convert(path: Path) -> str:
    """Return the hint that makes a boundary file of another format one that is always read.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
        A sentence.

    Examples
    --------
    >>> how_to_convert(Path("wards.kml"))
    'In QGIS save the layer as GeoPackage, or run: ogr2ogr -f GPKG wards.gpkg wards.kml'
    """
    return f"In QGIS save the layer as GeoPackage, or run: ogr2ogr -f GPKG {path.stem}.gpkg {path.name}"


def kind_of(path: Path) -> str:
    """Name the format of a file by its suffix, and refuse it when its first bytes say otherwise."""
    kind = KINDS.get(path.suffix.lower())
    if kind == "OpenFileGDB" and stands(path) and path.is_dir():
        return kind
    refuse_absent(path)
    if kind == "OpenFileGDB":
        message = refusal(
            f"{path.name} is a file, and a file geodatabase is a folder", hint="Name the folder, or a zip of it."
        )
        raise InputError(message)
    if kind is None:
        raise InputError(refusal(f"{path.name} is not a spatial file that can be read", hint=FORMATS))
    start = first_bytes(path)
    if not start:
        raise InputError(refusal(f"{path.name} is empty: it holds no bytes"))
    if kind == "GeoJSON" and TOPOLOGY.search(start):
        kind = "TopoJSON"
    if not SIGNATURES[kind].match(start):
        message = refusal(f"{path.name} is not {PROSE[kind]}, whatever its name says", hint="Export it again.")
        raise InputError(message)
    return kind
