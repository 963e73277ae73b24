"""Boundary files in several parts: archives and Shapefiles."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from geoplan.data.readers.drivers import Described, RawLayer, choose, read_with_drivers
from geoplan.data.readers.guards import SHAPEFILE_READ, damaged, hash_of, reading, refuse_unsafe, unpack
from geoplan.errors import InputError, refusal

__all__ = ["read_zipped"]

# Indexes and descriptions are not read, but are a Shapefile's own; a journal holds what a GeoPackage does not yet.
SHAPEFILE_BESIDE = (*SHAPEFILE_READ, ".sbn", ".sbx", ".qix", ".shp.xml")
GEOPACKAGE_BESIDE = ("-wal", "-shm", "-journal")


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


def state_of(paths: Iterable[Path]) -> tuple[tuple[str, int, int], ...]:
    """Return name, size and time of change of files, those that are not there left out.

    Parameters
    ----------
    paths
        Any files.

    Returns
    -------
    tuple
        It differs when one of them has changed.
    """
    stats = [(path.name, path.stat()) for path in paths if path.is_file()]
    return tuple((name, each.st_size, each.st_mtime_ns) for name, each in stats)


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
