"""Temporary folders beside their target, in which outputs are made whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from geoplan.writing.manifest import MANIFEST, all_ours, known_files

__all__ = ["clear_abandoned", "fill_folder", "staging_in"]

try:
    import fcntl
except ImportError:
    LOCKED = False
else:
    LOCKED = True
STAGE = ".geoplan-writing-"
# Where folders cannot be locked: no writer takes this long.
ABANDONED_S = 3600


@contextlib.contextmanager
def staging_in(beside: Path) -> Iterator[Path]:
    """Make a temporary folder, locked while its writer lives, and remove it afterwards."""
    staging = Path(tempfile.mkdtemp(prefix=STAGE, dir=beside))
    lock = _lock(staging)
    try:
        yield staging
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(staging)
        if lock is not None:
            os.close(lock)


def _lock(staging: Path) -> int | None:
    """Lock a temporary folder; None where its writer lives, or the system cannot lock it."""
    if not LOCKED:
        return None
    handle = os.open(staging, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def clear_abandoned(folder: Path) -> None:
    """Remove the temporary folders of writers that were killed."""
    for path in folder.glob(f"{STAGE}*"):
        if path.is_symlink() or not path.is_dir():
            continue
        with contextlib.suppress(OSError):
            lock = _lock(path)
            abandoned = lock is not None if LOCKED else time.time() - path.stat().st_mtime > ABANDONED_S
            held = path / "set"
            if abandoned and (not (held / MANIFEST).exists() or all_ours(held, known_files(held))):
                shutil.rmtree(path)
            if lock is not None:
                os.close(lock)


def fill_folder(folder: Path, files: Mapping[str, bytes], like: Path) -> None:
    """Write files into a temporary folder, with the modes of those whose place they will take."""
    folder.mkdir()
    _match(folder, like)
    for name, content in files.items():
        path = folder / name
        for parent in reversed([path.parent, *path.parent.parents]):
            if folder in parent.parents and not parent.exists():
                parent.mkdir()
                _match(parent, like / parent.relative_to(folder))
        path.write_bytes(content)
        _match(path, like / name)


def _match(new: Path, old: Path) -> None:
    if old.exists():
        before = old.stat()
        with contextlib.suppress(OSError, AttributeError):
            os.chown(new, before.st_uid, before.st_gid)
        new.chmod(stat.S_IMODE(before.st_mode))
