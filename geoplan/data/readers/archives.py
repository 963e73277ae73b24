"""Boundary files read out of archives."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

from geoplan.data.readers.drivers import Described, RawLayer, choose, read_with_drivers
from geoplan.data.readers.guards import damaged, hash_of, reading, refuse_unsafe, unpack
from geoplan.errors import InputError, refusal

__all__ = ["read_zipped"]

PLACEMARK = b"<Placemark"
GEODATABASE = re.compile(r"(?P<folder>(?:(?!__MACOSX)[^/]+/)*[^/]+\.gdb)/(?P<file>[^/]+(?<!\.lock))", re.IGNORECASE)


def read_zipped(path: Path, layer: str | None, kind: str) -> RawLayer:
    """Read a Shapefile or geodatabase out of a zip archive, or KML out of its own; file and hash are the archive's."""
    with reading(f"{path.name}, to be unpacked,"), tempfile.TemporaryDirectory() as folder:
        with damaged(path.name, kind), zipfile.ZipFile(path) as archive:
            refuse_unsafe(archive, path.name)
            found = unpacked_kml if kind == "KMZ" else unpacked_layer
            unpacked, inner, driver = found(archive, layer, path, Path(folder))
        try:
            raw = read_with_drivers(unpacked, inner, driver)
        except InputError as error:
            message = f"{path.name}: {error}"
            raise InputError(message) from error
    return replace(raw, file=path.name, sha256=hash_of([path]))


def unpacked_kml(archive: zipfile.ZipFile, layer: str | None, path: Path, folder: Path) -> tuple[Path, str | None, str]:
    """Unpack the document of a KMZ."""
    found = [item for item in archive.infolist() if item.filename.lower().endswith(".kml")]
    if len(found) > 1:
        # What only links to the others adds nothing to them.
        found = [item for item in found if item.filename.lower() != "doc.kml" or PLACEMARK in archive.read(item)]
    if not found:
        raise InputError(refusal(f"{path.name} holds no KML document"))
    if len(found) > 1:
        stems = [PurePosixPath(item.filename).stem for item in found]
        wanted = choose([Described(stem, "", 1) for stem in stems], layer, path.name)
        found, layer = [found[stems.index(wanted.name)]], None
    with archive.open(found[0]) as packed, (folder / f"{path.stem}.kml").open("wb") as copy:
        shutil.copyfileobj(packed, copy)
    return folder / f"{path.stem}.kml", layer, "KML"


def unpacked_layer(
    archive: zipfile.ZipFile, layer: str | None, path: Path, folder: Path
) -> tuple[Path, str | None, str]:
    """Unpack the Shapefile wanted, or the geodatabase where there is no Shapefile; see which layer of it is meant."""
    inside: dict[str, list[tuple[str, zipfile.ZipInfo]]] = {}
    for item in archive.infolist():
        if match := GEODATABASE.fullmatch(item.filename):
            inside.setdefault(match["folder"], []).append((match["file"], item))
    if not inside or shapefiles_in(archive):
        return unpack(archive, choose_shapefile(archive, layer, path.name), folder), None, "ESRI Shapefile"
    if len(inside) > 1:
        raise InputError(refusal(f"{path.name} holds {len(inside)} geodatabases", hint="Unpack it and name one."))
    base = folder / PurePosixPath(next(iter(inside))).name
    base.mkdir()
    for name, item in next(iter(inside.values())):
        with archive.open(item) as packed, (base / name).open("wb") as copy:
            shutil.copyfileobj(packed, copy)
    return base, layer, "OpenFileGDB"


def shapefiles_in(archive: zipfile.ZipFile) -> list[PurePosixPath]:
    """List the .shp files of an archive, without what a Mac puts beside them."""
    members = [PurePosixPath(name) for name in archive.namelist()]
    return [
        member
        for member in members
        if member.suffix.lower() == ".shp" and "__MACOSX" not in member.parts and not member.name.startswith("._")
    ]


def choose_shapefile(archive: zipfile.ZipFile, layer: str | None, file: str) -> PurePosixPath:
    """Return the path without suffix of the Shapefile wanted in an archive, or of the only one."""
    found = shapefiles_in(archive)
    if not found:
        hint = "Unpack it and name the file inside."
        raise InputError(refusal(f"{file} holds no Shapefile and no geodatabase", hint=hint))
    chosen = choose([Described(member.stem, "", 1) for member in found], layer, file)
    same = [member for member in found if member.stem == chosen.name]
    if len(same) > 1:
        raise InputError(refusal(f"{file} holds {len(same)} Shapefiles called {chosen.name}", hint="Unpack it."))
    return same[0].with_suffix("")
