"""A folder of outputs changes as one set, or not at all."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from geoplan.errors import InputError, refusal
from geoplan.writing.files import as_bytes
from geoplan.writing.manifest import (
    MANIFEST,
    Manifest,
    all_ours,
    hash_of,
    is_ours,
    known_files,
    link_on_the_way,
    stays_inside,
)
from geoplan.writing.places import writing
from geoplan.writing.staging import clear_abandoned, fill_folder, staging_in

__all__ = ["write_folder"]

MOST_NAMES = 8
"""Files that a refusal to write names one by one."""
AT_CWD, EXCHANGE = -100, 2
"""Of renameat2 in Linux."""


def write_folder(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write the files of an audit in the place of those of an earlier one, as a set.

    Files of the user's own in the folder stay. A folder that holds nothing else is swapped for the new one in one
    step; any other gets its files one after another, between two manifests: until the second is written, `MANIFEST`
    says that the set is not whole.

    Parameters
    ----------
    folder
        Made if need be; where it is a symbolic link, its target is written.
    files
        Name, or path below the folder -> text (UTF-8) or bytes.

    Raises
    ------
    OutputError
        If the folder cannot be made or written; what was there before is left as it was.
    """
    listed = ", ".join(files) if len(files) <= MOST_NAMES else f"{len(files)} files"
    with writing(str(folder / listed)):
        if wrong := [name for name in files if not stays_inside(name)]:
            raise PermissionError(f"{wrong[0]!r} would lie outside the folder")  # noqa: EM102, TRY003
        new = {name: as_bytes(content) for name, content in files.items()}
        new[MANIFEST] = Manifest({name: (hash_of(content),) for name, content in new.items()}).text()
        place = Path(os.path.realpath(folder))
        place.parent.mkdir(parents=True, exist_ok=True)
        for each in (place.parent, place):
            if each.is_dir():
                clear_abandoned(each)
        if not _swapped(place, new):
            place.mkdir(exist_ok=True)
            _placed(place, new)


def refuse_unfinished(file: Path) -> None:
    """Refuse a file of an audit that was cut off while it replaced another: it may be of either.

    Parameters
    ----------
    file
        What is to be read.

    Raises
    ------
    InputError
        If the folder's `MANIFEST` names the file and says that the set is not whole.
    """
    known = known_files(file.parent)
    if not known.whole and file.name in known.files:
        message = f"{file.name} is of an audit that was cut off while its files were written: it may be of two audits"
        raise InputError(refusal(message, hint="Run that audit again."))


def _swapped(place: Path, files: Mapping[str, bytes]) -> bool:
    """Put a new folder in the place of the old one in one step; do nothing where that cannot be."""
    there = place.is_dir()
    here = Path.cwd().resolve()
    if not os.access(place.parent, os.W_OK | os.X_OK) or place in (here, *here.parents) or place.is_mount():
        return False
    if there and not all_ours(place, known_files(place)):
        return False
    with staging_in(place.parent) as staging:
        fresh = staging / "set"
        fill_folder(fresh, files, place)
        if not there or not any(place.iterdir()):
            os.rename(fresh, place)  # noqa: PTH104 - of folders onto nothing, or an empty one
            return True
        if not _exchange(fresh, place):
            return False
        _rescue(fresh, place)
    return True


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, if the system can."""
    try:
        swap = ctypes.CDLL(None).renameat2
    except (OSError, AttributeError, TypeError):
        return False
    return bool(swap(AT_CWD, os.fsencode(one), AT_CWD, os.fsencode(other), EXCHANGE) == 0)


def _rescue(old: Path, new: Path) -> None:
    """Bring what somebody put into the old folder while it was swapped over to the new one."""
    known = known_files(old)
    for path in sorted(old.rglob("*")):
        name = path.relative_to(old).as_posix()
        own = name == MANIFEST or name in known.files or (path.is_dir() and not path.is_symlink())
        if not own and not os.path.lexists(new / name):
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            os.rename(path, new / name)  # noqa: PTH104 - as above


def _placed(place: Path, files: Mapping[str, bytes]) -> None:
    """Put new files in their places, take stale ones away, and if that fails put back what was there."""
    for name in files:
        if link := link_on_the_way(place, name):
            raise PermissionError(f"{link} is a link, and none is followed")  # noqa: EM102, TRY003
    known = known_files(place)
    stale = [name for name in known.files if name not in files and is_ours(place, name, known)]
    both = {name: (*known.files.get(name, ()), hash_of(content)) for name, content in files.items() if name != MANIFEST}
    unfinished = Manifest({**known.files, **both}, whole=False).text()
    with staging_in(place) as staging:
        fill_folder(staging / "set", files, place)
        fill_folder(staging / "begun", {MANIFEST: unfinished}, place)
        old = staging / "old"
        done: list[str] = []
        try:
            for name in (MANIFEST, *(name for name in files if name != MANIFEST), *stale):
                done.append(name)
                _keep(place, name, old)
                if name in stale:
                    (place / name).unlink()
                else:
                    _move(staging / ("begun" if name == MANIFEST else "set"), place, name)
            _move(staging / "set", place, MANIFEST)
        except OSError:
            _put_back(old, place, done)
            raise
        for name in stale:
            _remove_empty(place, name)


def _keep(place: Path, name: str, old: Path) -> None:
    (old / name).parent.mkdir(parents=True, exist_ok=True)
    if (place / name).exists():
        shutil.copy2(place / name, old / name)


def _move(start: Path, end: Path, name: str) -> None:
    (end / name).parent.mkdir(parents=True, exist_ok=True)
    os.replace(start / name, end / name)  # noqa: PTH105 - atomic also where the target exists


def _put_back(old: Path, place: Path, names: Iterable[str]) -> None:
    for name in reversed(list(names)):
        with contextlib.suppress(OSError):
            if (old / name).exists():
                os.replace(old / name, place / name)  # noqa: PTH105 - as above
            else:
                (place / name).unlink(missing_ok=True)
                _remove_empty(place, name)


def _remove_empty(place: Path, name: str) -> None:
    """Remove the folders on the way to a file that is gone, as far as they are empty."""
    for parent in list(PurePosixPath(name).parents)[:-1]:
        with contextlib.suppress(OSError):
            (place / parent).rmdir()
