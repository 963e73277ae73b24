"""A folder beside an output in which the parts of long work are kept until all are there, so that it can go on."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from geoplan.errors import OutputError, refusal
from geoplan.writing.places import writing

__all__ = ["Parts", "parts_of"]

try:
    import fcntl
except ImportError:
    LOCKED = False
else:
    LOCKED = True
PART = re.compile(r"\d{6,}\.part")
UNFINISHED = re.compile(r"\d{6,}\.part\.new")
WORK = "work.json"


class Parts:
    """The parts of one piece of work.

    Parameters
    ----------
    folder
        Where they lie.
    begun
        Numbers of those that an earlier run kept.
    """

    def __init__(self, folder: Path, begun: frozenset[int]) -> None:
        self.folder, self.begun = folder, begun

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.part"

    def keep(self, number: int, content: bytes) -> None:
        """Keep a part: it is there whole or not at all."""
        path = self._path(number)
        with writing(str(path)):
            beside = path.with_name(f"{path.name}.new")
            beside.write_bytes(content)
            beside.replace(path)

    def read(self, number: int) -> bytes:
        """Return a part that was kept."""
        with writing(str(self._path(number))):
            return self._path(number).read_bytes()

    def drop(self, number: int) -> None:
        """Remove a part."""
        with contextlib.suppress(OSError):
            self._path(number).unlink()


@contextlib.contextmanager
def parts_of(out: str, fingerprint: str) -> Iterator[Parts]:
    """Open the parts of an output; they stay where the work ends early, and vanish where it does not.

    Parameters
    ----------
    out
        The output they are made for.
    fingerprint
        Hash of all that the work depends on: parts of other work are removed.

    Yields
    ------
    Parts
        With those that an earlier run of the same work kept.

    Raises
    ------
    OutputError
        If they cannot be kept, another run is at the same work, or a folder of that name is not of this kind.
    """
    place = Path(os.path.realpath(out))
    folder = place.with_name(f".{place.name}.parts")
    with writing(str(folder)):
        _refuse_foreign(folder)
        folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        with writing(str(folder)):
            found = _begun(folder, fingerprint)
        yield Parts(folder, found)
        with writing(str(folder)):
            shutil.rmtree(folder)


def _begun(folder: Path, fingerprint: str) -> frozenset[int]:
    """Return the numbers of the parts of this very work; others are removed."""
    if _fingerprint_of(folder) != fingerprint:
        for path in folder.iterdir():
            path.unlink()
        (folder / WORK).write_text(json.dumps({"fingerprint": fingerprint}), encoding="utf-8")
    return frozenset(int(path.stem) for path in folder.iterdir() if PART.fullmatch(path.name))


def _fingerprint_of(folder: Path) -> str:
    try:
        found = json.loads((folder / WORK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(found.get("fingerprint", "")) if isinstance(found, dict) else ""


def _refuse_foreign(folder: Path) -> None:
    """Refuse a folder that holds anything but parts: nothing of the user's own is removed."""
    if not os.path.lexists(folder):
        return
    ours = not folder.is_symlink() and folder.is_dir()
    names = [path.name for path in folder.iterdir()] if ours else [folder.name]
    others = [name for name in names if name != WORK and not PART.fullmatch(name) and not UNFINISHED.fullmatch(name)]
    if others:
        message = refusal(f"{folder.name} holds {others[0]}, which is no part of this work", hint="Move it away.")
        raise OutputError(message)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder while work is done in it; nothing is held where the system cannot."""
    if not LOCKED:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            hint = "Wait for it, or choose another place with --out."
            raise OutputError(refusal(f"another run is writing {folder.name}", hint=hint)) from problem
        yield
    finally:
        os.close(handle)
