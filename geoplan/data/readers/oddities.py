"""What a boundary file does not say outright: text without a code page, a download that a server cut."""

from __future__ import annotations

import mmap
import re
from pathlib import Path

__all__ = ["Said", "cut_download", "shapefile_encoding"]

Said = tuple[str, str, str]
"""The code of a rule, and what it says of a file."""
EXCEEDED = re.compile(rb'"exceededTransferLimit"\s*:\s*true')
"""What ArcGIS servers write beside the features, when there were more than they give at a time."""
HEADER_BYTES = 32
CODE_PAGE_AT = 29
TEXT_BYTES = 1 << 26
"""Bytes of a table of attributes that tell its encoding."""


def cut_download(path: Path) -> list[Said]:
    """Note that a server gave only the first features of a GeoJSON file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    list of tuple
        Rule, sentence and advice: GP108, or none.
    """
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if not EXCEEDED.search(content):
            return []
    lead = f"{path.name}: the server cut this download short (it says exceededTransferLimit), so areas are missing."
    advice = (
        "Download the whole layer as a file from the publisher's page, or ask the service again with resultOffset "
        "set to the number of areas had so far, until none is left, and join the answers."
    )
    return [("GP108", lead, advice)]


def shapefile_encoding(parts: list[Path]) -> tuple[str | None, list[Said]]:
    """Decide how the text of a Shapefile is encoded where nothing says so.

    Parameters
    ----------
    parts
        The files of the Shapefile.

    Returns
    -------
    encoding : str or None
        UTF-8 or Windows-1252; None where a code page is stated, or all text is ASCII.
    notes : list of tuple
        Rule, sentence and no advice: GP106 where it was decided here.
    """
    beside = {path.suffix.lower(): path for path in parts}
    with beside[".dbf"].open("rb") as stream:
        header = stream.read(HEADER_BYTES)
        if ".cpg" in beside or len(header) < HEADER_BYTES or header[CODE_PAGE_AT]:
            return None, []
        stream.seek(int.from_bytes(header[8:10], "little"))
        content = stream.read(TEXT_BYTES)
    if content.isascii():
        return None, []
    # A field may cut a letter in two, so that not every byte need fit.
    text = content.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = sum(letter > "\x7f" for letter in text) - wrong
    encoding, called = ("UTF-8", "UTF-8") if right > wrong else ("CP1252", "Windows-1252")
    said = f"{beside['.dbf'].name}: no code page is stated (.cpg); its text was read as {called}, as its bytes suggest."
    return encoding, [("GP106", said, "")]
