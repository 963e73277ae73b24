"""Archives that are items of the portal: brought to the disk, and one table of each read in pieces."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from geoplan.data import cache
from geoplan.data.portal import arcgis
from geoplan.data.portal.client import Client
from geoplan.data.readers.guards import refuse_unsafe
from geoplan.errors import InputError, refusal
from geoplan.progress import phase

__all__ = ["Item", "Opener", "archive", "described", "is_item", "opened"]

ITEM = re.compile(r"/sharing/rest/content/items/[0-9a-fA-F]{32}/data")
PARTS = "archive"
MOST_LISTED = 10
Opener = Callable[[], IO[bytes]]


def is_item(url: str) -> bool:
    """Tell by an address whether it is the content of an item of an ArcGIS portal."""
    return ITEM.fullmatch(urlsplit(url).path) is not None


@dataclass(frozen=True)
class Item:
    """An item of a portal as it describes itself.

    Parameters
    ----------
    title
        What it is called.
    changed
        When it was last changed, ISO 8601; empty where the portal does not say.
    size
        How many bytes it has; 0 where the portal does not say.
    """

    title: str
    changed: str
    size: int

    @property
    def version(self) -> str:
        """What tells this state from others; empty where that cannot be told."""
        return f"{self.changed}, {self.size} bytes" if self.changed else ""


def described(client: Client, url: str) -> Item:
    """Ask what an item is.

    Parameters
    ----------
    client
        Asks.
    url
        Address of its content, ``…/items/ID/data``.

    Returns
    -------
    Item
        As it describes itself.

    Raises
    ------
    NetworkError
        If there is no such item, or no answer.
    """
    about = url.partition("#")[0].removesuffix("/data")
    told = client.json(about, {"f": "json"}, fault=arcgis.fault)
    size = told.get("size")
    return Item(str(told.get("title") or ""), arcgis.when(told.get("modified")), size if isinstance(size, int) else 0)


@contextmanager
def archive(client: Client, url: str, title: str, size: int = 0) -> Iterator[Path]:
    """Bring an archive to the disk; it is gone afterwards, unless it could not be brought whole.

    Parameters
    ----------
    client
        Asks.
    url
        Address; what stands behind ``#`` does not count.
    title
        What is fetched, for messages.
    size
        How many bytes it must have; 0 where that is not known.

    Yields
    ------
    pathlib.Path
        The archive, in the cache.

    Raises
    ------
    NetworkError
        If it cannot be fetched; what has come stays in the cache, and the next run goes on with it.
    InputError
        If it has another size.
    OutputError
        If it cannot be written.
    """
    address = url.partition("#")[0]
    part = cache.part(PARTS, hashlib.sha256(address.encode()).hexdigest()[:32])
    with phase(f"Fetching {title}"):
        client.download(address, part)
    try:
        came = part.path.stat().st_size
        if size and came != size:
            said = f"the portal tells of {size:,} bytes and gives {came:,}"
            raise InputError(refusal(f"{title}: {said}", hint="Fetch it again."))
        yield part.path
    finally:
        part.drop()


@contextmanager
def opened(held: Path, pattern: str, title: str) -> Iterator[Opener]:
    """Find one table in an archive by its name.

    Parameters
    ----------
    held
        The archive.
    pattern
        Name of the table, of which ``*`` stands for what differs from edition to edition.
    title
        What is read, for messages.

    Yields
    ------
    callable
        Opens the table anew each time, unpacked as it is read, and checked at its end.

    Raises
    ------
    InputError
        If it is no archive, would unpack to too much, is locked, or has not exactly one such table.
    """
    try:
        packed = zipfile.ZipFile(held)
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(refusal(f"{title}: the server gives no archive")) from error
    with packed:
        refuse_unsafe(packed, title)
        yield partial(packed.open, _only(packed.namelist(), pattern, title))


def _only(names: Sequence[str], pattern: str, title: str) -> str:
    fits = [name for name in names if fnmatch(name.rpartition("/")[2].lower(), pattern.lower())]
    if len(fits) != 1:
        more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
        said = f"{len(fits)} tables" if fits else "no table"
        hint = f"It holds {', '.join(names[:MOST_LISTED])}{more}."
        raise InputError(refusal(f"{title}: the archive has {said} {pattern}", hint=hint))
    return fits[0]
