"""KML and GML walked through before they are opened: nothing that points elsewhere, nothing that grows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from geoplan.data.readers.guards import PROSE, reading
from geoplan.errors import InputError, refusal

__all__ = ["MARKUP", "TECHNICAL", "places_in"]

MARKUP = ("KML", "GML")
"""Drivers of formats that are written as XML."""
TECHNICAL = {
    "KML": ("timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon",
            "snippet"),
    "GML": ("lowerCorner", "upperCorner"),
}  # fmt: skip
"""Columns that tell how a feature is shown, or where it lies; they say nothing of an area."""
MOST_DEEP = 100
"""Elements in one another; libraries follow each by calling themselves."""
LONGEST_TEXT = 1 << 27
GML = re.compile(r"https?://www\.opengis\.net/gml")
KML = re.compile(r"https?://(www\.opengis\.net/kml|earth\.google\.com/kml)|")
SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"
HREF = "http://www.w3.org/1999/xlink href"
GEOMETRY = re.compile(r".*(Member|Members|exterior|interior|patches|Geometry|geometry|extentOf|polygon\w*|surface\w*)")
"""Elements of GML in which outlines stand."""
KNOWN_CRS = re.compile(
    r"(urn:(x-)?ogc:def:crs:(EPSG|OGC):[\w.]*:\w+|(EPSG|CRS):\w+"
    r"|https?://www\.opengis\.net/(gml/srs/epsg\.xml#\d+|def/crs/(EPSG|OGC)/[\w.]+/\w+))",
    re.IGNORECASE,
)
HARMLESS_SCHEMA = re.compile(r"(https?|urn):.*|[\w.-]+", re.IGNORECASE)


def places_in(path: Path, kind: str) -> int:
    """Walk through a document, and count what stands for features in it.

    Parameters
    ----------
    path
        The file.
    kind
        KML or GML.

    Returns
    -------
    int
        The placemarks of KML; 0 of GML, which calls features by any name.

    Raises
    ------
    InputError
        If it is no such document or not well-formed, declares a document type or entities, nests without end, or
        points to something outside: network links, outlines or coordinate systems to be fetched, schemas by path.
    """
    walk = _Walk(path.name, kind)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = walk.begins
    parser.EndElementHandler = walk.ends
    parser.StartDoctypeDeclHandler = walk.declares
    try:
        with reading(path.name), path.open("rb") as stream:
            parser.ParseFile(stream)
    except expat.ExpatError as problem:
        message = refusal(
            f"{path.name} cannot be read as {PROSE[kind]}: it is damaged, cut short or of another kind"
            f" (line {problem.lineno})",
            hint="Export or download it again.",
        )
        raise InputError(message) from problem
    if kind == "GML" and not walk.speaks_gml:
        walk.refuse(f"is not {PROSE[kind]}, whatever its name says", "Export it again.")
    return walk.places


class _Walk:
    """What is met on the way through a document."""

    def __init__(self, file: str, kind: str) -> None:
        self.file, self.kind = file, kind
        self.deep = self.places = 0
        self.speaks_gml = False

    def refuse(self, what: str, hint: str = "") -> NoReturn:
        raise InputError(refusal(f"{self.file} {what}", hint=hint))

    def declares(self, *_: object) -> None:
        self.refuse("declares a document type, which may hold entities; these are not read", "Export it again.")

    def ends(self, _: str) -> None:
        self.deep -= 1

    def begins(self, element: str, attributes: dict[str, str]) -> None:
        space, _, name = element.rpartition(" ")
        self.deep += 1
        if self.deep > MOST_DEEP:
            self.refuse(f"holds more than {MOST_DEEP} elements in one another")
        if self.kind == "KML":
            self._kml(space, name)
        else:
            self._gml(space, name, attributes)

    def _kml(self, space: str, name: str) -> None:
        if self.deep == 1 and (name != "kml" or not KML.match(space)):
            self.refuse(f"is not {PROSE['KML']}, whatever its name says", "Export it again.")
        if name in {"NetworkLink", "NetworkLinkControl"}:
            hint = "Open it in the program it came from, and save the places themselves as KML."
            self.refuse("links to places kept elsewhere (NetworkLink), which are not fetched", hint)
        self.places += name == "Placemark"

    def _gml(self, space: str, name: str, attributes: dict[str, str]) -> None:
        if GML.match(space):
            self.speaks_gml = True
        if not attributes:
            return
        if HREF in attributes and not name.startswith("metaData") and GEOMETRY.fullmatch(name):
            self.refuse(f"links to outlines kept elsewhere ({name}), which are not fetched", "Export it with them.")
        crs = attributes.get("srsName", "")
        if crs and not KNOWN_CRS.fullmatch(crs):
            said = f"names its coordinate system by what is no EPSG code ({crs[:80]}); links are not followed"
            self.refuse(said, "Export it in EPSG:27700.")
        told = attributes.get(f"{SCHEMA} schemaLocation", "").split()[1::2]
        told += attributes.get(f"{SCHEMA} noNamespaceSchemaLocation", "").split()
        if any(not HARMLESS_SCHEMA.fullmatch(each) for each in told):
            self.refuse("names a schema by a path, which is not opened", "Remove schemaLocation from its first lines.")
