"""References of the user's own: FILE#layer?code=X&name=Y taken apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from geoplan.data.readers.guards import REMOTE, stands
from geoplan.errors import ConfigurationError, InputError, refusal

__all__ = ["OPENED", "columns_asked", "looks_like_file", "parse_reference", "without_columns"]

OPENED = {
    "GPKG": {"IMMUTABLE": "YES"},
    "GML": {"DOWNLOAD_SCHEMA": "NO", "WRITE_GFS": "NO", "EXPOSE_GML_ID": "NO", "EXPOSE_FID": "NO"},
}
"""How GDAL opens a format: without writing files beside it, and without fetching what it names."""
ASKED = ("code", "name", "origin", "destination", "workers")
"""Columns that a reference can name: of layers the first two, of tables of flows the others."""


def parse_reference(reference: str) -> tuple[Path, str | None]:
    """Split ``path#layer?column=heading`` into the path and the layer.

    Parameters
    ----------
    reference
        Path of a local file, with ``#layer`` for one layer inside it; columns (`columns_asked`) are left out. A file
        whose own name holds ``#`` or ``?`` is taken as it is.

    Returns
    -------
    tuple
        Path, and the name of the layer or None.

    Raises
    ------
    InputError
        For a remote or virtual path: only local files are read; and for a name that no file can have.

    Examples
    --------
    >>> path, layer = parse_reference("plans/clusters.gpkg#proposed")
    >>> path.name, layer
    ('clusters.gpkg', 'proposed')
    """
    reference, _ = _split(reference)
    whole = stands(Path(reference))
    if REMOTE.match(reference) and not whole:
        scheme = re.split(r"[^A-Za-z0-9+.-]", reference.lstrip("/\\"), maxsplit=1)[0]
        message = refusal(
            f"a reference that begins with {scheme!r} is a remote or virtual path, which is not opened",
            hint="Download or unpack the file and name the local copy.",
        )
        raise InputError(message)
    if "#" not in reference or whole:
        return Path(reference), None
    path, _, layer = reference.rpartition("#")
    return Path(path), layer or None


def looks_like_file(reference: str) -> bool:
    """Tell whether a reference is the name of a file, not of something that ships."""
    path = reference.partition("#")[0].partition("?")[0]
    return "/" in path or "\\" in path or "." in path or stands(Path(path))


def columns_asked(reference: str, known: Sequence[str] = ASKED) -> dict[str, str]:
    """Return the columns that a reference names for its file.

    Parameters
    ----------
    reference
        ``path?code=LAD25CD&name=LAD25NM``, or of a table of flows ``path?origin=...&destination=...&workers=...``;
        ``%26`` stands for an ampersand in a heading.
    known
        What can be asked for.

    Returns
    -------
    dict
        Column -> heading; empty where none is named.

    Raises
    ------
    ConfigurationError
        If a column of another name is asked for, or one twice.

    Examples
    --------
    >>> columns_asked("plans/clusters.gpkg#proposed?code=ref&name=Full title")
    {'code': 'ref', 'name': 'Full title'}
    """
    found: dict[str, str] = {}
    for each in filter(None, _split(reference)[1].split("&")):
        column, _, heading = each.partition("=")
        if column not in known or column in found or not heading:
            message = refusal(
                f"{Path(_split(reference)[0]).name}: {each!r} asks for no column",
                hint=f"Write FILE?{known[0]}=HEADING; known: {', '.join(known)}, each once, joined by '&'.",
            )
            raise ConfigurationError(message)
        found[column] = unquote(heading)
    return found


def without_columns(reference: str) -> str:
    """Return a reference without the columns it names."""
    return _split(reference)[0]


def _split(reference: str) -> tuple[str, str]:
    """Split a reference at the question mark before its columns."""
    head, mark, tail = reference.rpartition("?")
    if not mark or "=" not in tail or stands(Path(reference)):
        return reference, ""
    return head, tail
