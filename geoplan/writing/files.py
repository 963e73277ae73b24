"""Write what a command makes: files appear whole, streams are told when they close."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TextIO

from geoplan.errors import escaped
from geoplan.writing.places import STREAMS, is_null, writing
from geoplan.writing.staging import clear_abandoned, fill_folder, staging_in

__all__ = ["as_bytes", "let_go", "say", "write"]


def say(text: str | bytes, *, err: bool = False) -> None:
    """Write to the screen; what a terminal would take for a command is shown escaped.

    Parameters
    ----------
    text
        With the line feed at its end.
    err
        Whether it goes to standard error, beside the result.
    """
    stream = sys.stderr if err else sys.stdout
    if isinstance(text, bytes):
        stream.flush()
        stream.buffer.write(text)
        return
    try:
        stream.write(escaped(text) if err or stream.isatty() else text)
        if err:
            stream.flush()
    except OSError:
        # What is said beside the result must not cost the result.
        if not err:
            raise
        let_go(stream)


def let_go(stream: TextIO) -> None:
    """Let what is still held for a stream go nowhere, instead of failing again when Python ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def write(content: str | bytes, given: str) -> None:
    """Write one output: to the screen, to nowhere, or a file that appears whole or not at all.

    Parameters
    ----------
    content
        Text (UTF-8) or bytes.
    given
        Where to, as the user said it; empty is the screen. Of a symbolic link the target is written; a file that is
        there keeps its mode.

    Raises
    ------
    OutputError
        If it cannot be written; what was there before is left as it was.
    """
    if not given or given in STREAMS:
        say(content)
    elif not is_null(Path(given)):
        with writing(given):
            _write_file(Path(os.path.realpath(given)), as_bytes(content))


def _write_file(place: Path, content: bytes) -> None:
    if place.exists() and not (place.is_file() and os.access(place, os.W_OK)):
        raise PermissionError("it is no file that may be written")  # noqa: EM101, TRY003 - told by _writing
    place.parent.mkdir(parents=True, exist_ok=True)
    clear_abandoned(place.parent)
    with staging_in(place.parent) as staging:
        fill_folder(staging / "new", {place.name: content}, place.parent)
        os.replace(staging / "new" / place.name, place)  # noqa: PTH105 - atomic also where the target exists


def as_bytes(content: str | bytes) -> bytes:
    """Return text as UTF-8; bytes stay as they are."""
    return content.encode("utf-8") if isinstance(content, str) else content
