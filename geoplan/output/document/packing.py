"""Pack a document so that the same content gives the same bytes."""

from __future__ import annotations

import io
import zipfile

from docx.document import Document

__all__ = ["packed"]

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The earliest a ZIP file can state, which says nothing of the run."""


def packed(paper: Document) -> bytes:
    """Return the file of a document, without the times at which its parts were written.

    Parameters
    ----------
    paper
        Finished.

    Returns
    -------
    bytes
        DOCX.
    """
    made, written = io.BytesIO(), io.BytesIO()
    paper.save(made)
    with zipfile.ZipFile(made) as timed, zipfile.ZipFile(written, "w") as timeless:
        for part in timed.infolist():
            entry = zipfile.ZipInfo(part.filename, FIRST_DAY)
            # Otherwise the system that it is written on.
            entry.create_system = 0
            timeless.writestr(entry, timed.read(part), zipfile.ZIP_DEFLATED)
    return written.getvalue()
