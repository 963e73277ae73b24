"""Boundary files of several files: which belong together, and what of them may be read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from geoplan.data.readers.guards import (
    MOST_BYTES,
    SHAPEFILE_READ,
    first_bytes,
    reading,
    refuse_large,
    refuse_many,
    shapefile_parts,
)
from geoplan.errors import InputError, refusal

__all__ = ["files_of", "state_of", "with_sidecars"]

# Indexes and descriptions are not read, but are a Shapefile's own; a journal holds what a GeoPackage does not yet.
SHAPEFILE_BESIDE = (*SHAPEFILE_READ, ".sbn", ".sbx", ".qix", ".shp.xml")
GEOPACKAGE_BESIDE = ("-wal", "-shm", "-journal")
MAPINFO_NEEDS = {".tab": (".dat", ".id", ".map"), ".mif": (".mid",)}
MAPINFO_BESIDE = {".tab": (*MAPINFO_NEEDS[".tab"], ".ind"), ".mif": MAPINFO_NEEDS[".mif"]}
OF_ITS_OWN = re.compile(rb"^\s*type\s+native\b", re.IGNORECASE | re.MULTILINE)
OF_OTHERS = re.compile(rb'^\s*definition\s+view|isseamless"\s*=\s*"true"', re.IGNORECASE | re.MULTILINE)
TABLE_BYTES = 1 << 20
"""Bytes of a .tab, which only lists columns."""
MOST_FILES = 10_000
"""Files of a geodatabase."""
LOCKS = ".lock"


def with_sidecars(path: Path) -> list[Path]:
    """Return a file with those that belong to it: the parts of a Shapefile, the journals of a GeoPackage.

    Parameters
    ----------
    path
        Any file, or the folder of a geodatabase, whether or not it is there.

    Returns
    -------
    list of Path
        The file first, then what there is of the others in name order.
    """
    suffix = path.suffix.lower()
    if suffix == ".gdb" and path.is_dir():
        return [path, *sorted(path.iterdir())]
    if suffix == ".gpkg":
        found = [path.with_name(path.name + end) for end in GEOPACKAGE_BESIDE]
        return [path, *(each for each in sorted(found) if each.is_file())]
    beside = SHAPEFILE_BESIDE if suffix == ".shp" else MAPINFO_BESIDE.get(suffix, ())
    if not beside or not path.parent.is_dir():
        return [path]
    ends = {path.stem.lower() + end for end in beside if end != suffix}
    return [path, *sorted(each for each in path.parent.iterdir() if each.name.lower() in ends)]


def files_of(path: Path, driver: str) -> list[Path]:
    """Return the files that a driver reads of a boundary file, in name order.

    Parameters
    ----------
    path
        The file, or the folder of a geodatabase.
    driver
        What it is to be read with.

    Returns
    -------
    list of Path
        The file alone where it is one.

    Raises
    ------
    InputError
        If a part is missing, too large or no regular file, or if it is a table that is made of others.
    """
    if driver == "ESRI Shapefile":
        return shapefile_parts(path)
    if driver == "MapInfo File":
        return _mapinfo_parts(path)
    if driver == "OpenFileGDB":
        return _geodatabase_parts(path)
    return [path]


def _mapinfo_parts(path: Path) -> list[Path]:
    suffix = path.suffix.lower()
    found = with_sidecars(path)
    there = {each.suffix.lower() for each in found}
    missing = [path.stem + end for end in MAPINFO_NEEDS[suffix] if end not in there]
    if suffix == ".tab":
        _refuse_linked(path)
    if missing:
        message = refusal(
            f"{path.name} is incomplete: {' and '.join(missing)} must lie beside it",
            hint="A MapInfo table is several files; copy them all.",
        )
        raise InputError(message)
    _refuse_irregular(found, path.name)
    return sorted(found)


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


def _refuse_linked(path: Path) -> None:
    """Refuse a MapInfo table whose rows are those of a database or of other tables."""
    with reading(path.name), path.open("rb") as stream:
        said = stream.read(TABLE_BYTES)
    if OF_OTHERS.search(said) or not OF_ITS_OWN.search(said):
        message = refusal(
            f"{path.name} is a MapInfo table made of other tables or of a database, which are not opened",
            hint="In MapInfo save a copy of it as a native table.",
        )
        raise InputError(message)


def _geodatabase_parts(path: Path) -> list[Path]:
    with reading(path.name):
        entries = sorted(path.iterdir())
    found = [each for each in entries if each.suffix.lower() != LOCKS]
    refuse_many(path.name, "files", len(found), MOST_FILES)
    _refuse_irregular(found, path.name)
    refuse_many(path.name, "bytes", sum(each.stat().st_size for each in found), MOST_BYTES)
    if not any(each.suffix.lower() == ".gdbtable" and first_bytes(each) for each in found):
        message = refusal(
            f"{path.name} is no file geodatabase: no table lies in it", hint="Copy the whole folder, or its zip."
        )
        raise InputError(message)
    return found


def _refuse_irregular(files: list[Path], name: str) -> None:
    for each in files:
        if each.is_symlink() or not each.is_file():
            raise InputError(refusal(f"{name}: {each.name} that belongs to it is no regular file"))
        refuse_large(each)
