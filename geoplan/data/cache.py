"""Keep what is dear to make in the user's cache directory; without one, work goes on and costs more."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

__all__ = ["VARIABLE", "Part", "drop", "folder", "load", "part", "store"]

VARIABLE = "GEOPLAN_CACHE"
SUFFIX = ".cache"
UNFINISHED = ".tmp"
DIGEST_BYTES = hashlib.sha256().digest_size
# No writer takes this long: what is older was left by one that was killed.
ABANDONED_S = 3600
KEPT_S = 7 * 24 * 3600
LOG = logging.getLogger(__name__)


def folder() -> Path:
    """Return where cached files lie.

    Returns
    -------
    Path
        The folder that the environment variable GEOPLAN_CACHE names, else the one that the system keeps for
        caches of the user (on Linux ``~/.cache/geoplan``), whether or not it exists.

    Raises
    ------
    OSError
        The user has no home directory.
    """
    chosen = os.environ.get(VARIABLE) or platformdirs.user_cache_dir("geoplan", appauthor=False)
    try:
        return Path(chosen).expanduser()
    except RuntimeError as error:
        raise OSError(str(error)) from error


def load(kind: str, key: str) -> memoryview | None:
    """Read a cached file.

    Parameters
    ----------
    kind
        What the file holds, such as "postcodes".
    key
        All that its content depends on, in characters fit for a file name.

    Returns
    -------
    memoryview or None
        The content; None where there is none, or it cannot be read, or it is damaged, which is logged.
    """
    try:
        path = path_of(kind, key)
        content = memoryview(path.read_bytes())
    except OSError:
        return None
    if hashlib.sha256(content[DIGEST_BYTES:]).digest() == content[:DIGEST_BYTES]:
        return content[DIGEST_BYTES:]
    LOG.warning("The cached file %s is damaged and is not used.", path)
    return None


def store(kind: str, key: str, content: bytes, *, keep_others: bool = False) -> None:
    """Write a cached file in one step, and remove those of the same kind with other keys.

    Other processes find what was there before or the whole file, never a part. Where it cannot be written
    a warning is logged and nothing else happens.

    Parameters
    ----------
    kind
        What the file holds, such as "postcodes".
    key
        All that its content depends on, in characters fit for a file name.
    content
        What to keep; its SHA-256 is kept with it.
    keep_others
        Whether files of the same kind with other keys stay, until they are `KEPT_S` old.
    """
    try:
        path = path_of(kind, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, content)
    except OSError as error:
        LOG.warning("No cache of %s is kept (%s); %s may name another folder.", kind, error, VARIABLE)
    else:
        remove_others(kind, path, older_than_s=KEPT_S if keep_others else 0.0)


def drop(kind: str, key: str) -> None:
    """Remove a cached file; nothing happens where there is none.

    Parameters
    ----------
    kind, key
        As it was stored.
    """
    with suppress(OSError):
        path_of(kind, key).unlink()


@dataclass(frozen=True)
class Part:
    """A large file that is put together piece by piece, if need be over several runs.

    Parameters
    ----------
    path
        Where it lies.
    """

    path: Path

    @property
    def state(self) -> Path:
        """Where it is kept how its source calls the state of which the pieces are."""
        return self.path.with_name(f"{self.path.name}.state")

    def begun(self) -> tuple[int, str]:
        """Return how many bytes are there and of which state; none where that is not known."""
        try:
            return self.path.stat().st_size, self.state.read_text(encoding="utf-8")
        except OSError:
            return 0, ""

    def begin(self, state: str) -> None:
        """Start anew, of a state; empty where its source names none, and no later run can go on."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.drop()
        if state:
            self.state.write_text(state, encoding="utf-8")

    def add(self, piece: bytes) -> None:
        """Add bytes at the end."""
        with self.path.open("ab") as file:
            file.write(piece)

    def drop(self) -> None:
        """Remove what is there."""
        for path in (self.path, self.state):
            path.unlink(missing_ok=True)


def part(kind: str, key: str) -> Part:
    """Return a file to be put together; those of its kind that nobody went on with are removed.

    Parameters
    ----------
    kind
        What the file holds.
    key
        All that its content depends on but its state, in characters fit for a file name.
    """
    path = folder() / f"{kind}-{key}.part"
    for other in path.parent.glob(f"{kind}-*.part*"):
        with suppress(OSError):
            if time.time() - other.stat().st_mtime > KEPT_S:
                other.unlink()
    return Part(path)


def path_of(kind: str, key: str) -> Path:
    """Return where a cached file lies."""
    return folder() / f"{kind}-{key}{SUFFIX}"


def replace(path: Path, content: bytes) -> None:
    """Write digest and content beside the file and put them in its place."""
    # Not by tempfile, whose files only their owner may read: a cache may be shared.
    beside = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}{UNFINISHED}")
    try:
        with beside.open("xb") as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def remove_others(kind: str, path: Path, *, older_than_s: float = 0.0) -> None:
    """Remove older cached files of one kind but one, and what writers left unfinished."""
    for other in path.parent.glob(f"{kind}-*"):
        with suppress(OSError):
            age = time.time() - other.stat().st_mtime
            abandoned = other.suffix == UNFINISHED and age > ABANDONED_S
            if abandoned or (other.suffix == SUFFIX and other != path and age >= older_than_s):
                other.unlink()
