"""What kind of file something is, by its first bytes."""

from __future__ import annotations

import re
from pathlib import Path

from geoplan.data.readers.guards import KINDS, PROSE, first_bytes, refuse_absent
from geoplan.data.readers.oddities import CONVERTIBLE, how_to_convert
from geoplan.errors import InputError, refusal

__all__ = ["POINTS_AND_LINES", "kind_of"]

SIGNATURES = {
    "GPKG": re.compile(rb"SQLite format 3\x00"),
    "ESRI Shapefile": re.compile(rb"\x00\x00\x27\x0a"),
    "GeoJSON": re.compile(rb"(\xef\xbb\xbf)?\s*[{\[]"),
    "Parquet": re.compile(rb"PAR1"),
    "zip": re.compile(rb"PK"),
}
FORMATS = "geoplan reads GeoPackage, Shapefile (also zipped), GeoJSON and GeoParquet."
TOPOLOGY = re.compile(rb'"type"\s*:\s*"Topology"')
POINTS_AND_LINES = {"Point", "MultiPoint", "LineString", "MultiLineString", "LinearRing"}


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
