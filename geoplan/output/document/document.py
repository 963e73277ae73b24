"""Write a brief as a Word document that a committee's secretary can edit."""

from __future__ import annotations

import io
from dataclasses import replace

from lxml import html
from PIL import Image

from geoplan.auditing.results import AuditResult
from geoplan.output.document.flow import Flow, Plate
from geoplan.output.document.packing import packed
from geoplan.output.document.paper import blank
from geoplan.output.picture import plot
from geoplan.output.workbook.sheet_parts import plain_text
from geoplan.schema import layer_wording, wording

__all__ = ["docx"]

PICTURE_PX = 1_600


def docx(result: AuditResult, page: str) -> bytes:
    """Write the brief of an audit as a Word document (DOCX).

    Parameters
    ----------
    result
        Of an audit, with outlines if there is to be a map.
    page
        Its brief, from `geoplan.output.brief.brief.page`: the document is made of the elements of that page, so that
        the two can never say different things. What is drawn on it is a picture here.

    Returns
    -------
    bytes
        The file: A4, with headings, captions, tables whose first rows are repeated, and alternative texts. Whatever a
        name holds is text, never a field. The same audit gives the same bytes with the same versions of python-docx,
        matplotlib and Pillow; its only date is the day that the memberships are of.

    Raises
    ------
    ConfigurationError
        If the page has a map that cannot be drawn as a picture.
    """
    # Control characters of names would make a file that no program opens.
    tree = html.document_fromstring(plain_text(page))
    title = " ".join(tree.findtext(".//h1").split())
    standing = wording.standing(result.as_of, layer_wording.outlines_in_short(result.layers.values()))
    paper = blank(title, subject="Audit of partnership boundaries", day=result.as_of, foot=standing)
    plate = _plate(result, standing) if tree.find_class("picture") else None
    Flow(paper, plate).put(tree.find("body"))
    return packed(paper)


def _plate(result: AuditResult, standing: str) -> Plate:
    """Return the map of the page as a picture with what its own words say of it."""
    # The page draws the first comparison, however many layers were asked for by name.
    if result.parameters.get("layers"):
        result = replace(result, parameters={**result.parameters, "layers": []})
    content = plot.made(result, size=PICTURE_PX)
    with Image.open(io.BytesIO(content)) as image:
        return Plate(content, image.width / image.height, str(image.info["Description"]), standing)
