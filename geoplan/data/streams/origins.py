"""Where the bytes of a large file lie: on this machine, in memory, or wherever fsspec reaches."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from geoplan.data.portal.client import is_offline
from geoplan.data.readers import guards
from geoplan.errors import ConfigurationError, GeoplanError, InputError, NetworkError, refusal

__all__ = ["Origin", "is_remote", "origin_of", "refuse_columns"]

NEAR = ("file", "local", "memory")
"""Protocols of fsspec that use no network."""
MARKS = ("ETag", "etag", "LastModified", "last_modified", "mtime", "updated", "created", "md5", "generation")
"""What servers say of the state of a file."""


@dataclass(frozen=True)
class Origin:
    """The bytes of a file.

    Parameters
    ----------
    place
        Path or URL; empty for what is in memory.
    name
        What it is called in messages: never a path of the machine.
    content
        The bytes, if they are in memory.
    """

    place: str
    name: str
    content: bytes | None = None

    def opened(self) -> Any:
        """Open the bytes for reading at any place; to be closed by the caller.

        Raises
        ------
        InputError
            If there is no such file.
        NetworkError
            If a server does not give it.
        """
        if self.content is not None:
            return io.BytesIO(self.content)
        if is_remote(self.place):
            return self._asked(lambda system, path: system.open(path, "rb"))
        with guards.reading(self.name):
            return Path(self.place).open("rb")

    def state(self) -> tuple[str, ...]:
        """Return what differs when the file has changed: size, and the time of its last change or a server's mark."""
        if self.content is not None:
            return (hashlib.sha256(self.content).hexdigest(),)
        if is_remote(self.place):
            facts = self._asked(lambda system, path: system.info(path))
            return (str(facts.get("size")), *(f"{mark} {facts[mark]}" for mark in MARKS if mark in facts))
        with guards.reading(self.name):
            found = Path(self.place).stat()
        return (str(found.st_size), str(found.st_mtime_ns))

    def size(self) -> int:
        """Return the number of bytes."""
        if self.content is not None:
            return len(self.content)
        if is_remote(self.place):
            return int(self._asked(lambda system, path: system.info(path)).get("size") or 0)
        with guards.reading(self.name):
            return Path(self.place).stat().st_size

    def _asked(self, question: Any) -> Any:
        """Ask the file system of a URL, and turn whatever it raises into a refusal."""
        scheme, where = urlsplit(self.place).scheme, urlsplit(self.place).netloc or self.name
        if is_offline() and scheme not in NEAR:
            hint = "Leave out --offline and GEOPLAN_OFFLINE, or download the file and name the local copy."
            raise NetworkError(refusal(f"{self.name} lies beyond the network, which is not to be used", hint=hint))
        try:
            from fsspec.core import url_to_fs

            return question(*url_to_fs(self.place))
        except GeoplanError:
            raise
        except FileNotFoundError as problem:
            raise InputError(refusal(f"{self.name}: there is no such file at {where}")) from problem
        except (ImportError, ValueError) as problem:
            message = refusal(f"{scheme}:// cannot be read here ({problem})", hint=f"pip install 'fsspec[{scheme}]'.")
            raise ConfigurationError(message) from problem
        except Exception as problem:
            told = " ".join(str(problem).split())[:120] or type(problem).__name__
            raise NetworkError(refusal(f"{self.name} cannot be read from {where} ({told})")) from problem


def is_remote(place: str) -> bool:
    """Tell whether a place is a URL."""
    return "://" in place


def origin_of(place: str) -> Origin:
    """Find the bytes of a file.

    Parameters
    ----------
    place
        Path, or URL such as ``s3://bucket/points.parquet``.

    Returns
    -------
    Origin
        Of a file that is there, where it is on this machine.

    Raises
    ------
    InputError
        If there is no such file; the nearest are named.
    """
    if is_remote(place):
        return Origin(place, urlsplit(place).path.rpartition("/")[2] or place)
    path = Path(place)
    if not (guards.stands(path) and path.is_file()):
        guards.refuse_absent(path)
    # Workers may have started in another folder.
    return Origin(str(path.absolute()), path.name)


def refuse_columns(names: Sequence[str], file: str) -> None:
    """Refuse more columns than can be held, and two that are called the same."""
    guards.refuse_many(file, "columns", len(names), guards.MOST_COLUMNS)
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(refusal(f"{file}: column {twice[0]!r} stands twice"))
