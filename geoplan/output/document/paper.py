"""A sheet of A4 to write on: its styles, language, footer and properties."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.opc.constants import RELATIONSHIP_TYPE as RELATED
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

from geoplan.output.document.inks import ink
from geoplan.output.document.inline import add_field

__all__ = ["ANSWER", "CELL", "DENSE_CELL", "LOOKS", "SMALL", "TABLE", "TEXT_CM", "blank"]

FONT = "Arial"
LANGUAGE = "en-GB"
TEXT_CM = 17.0
MARGIN_CM = 2.0
LINES = 1.08
INK, SOFT, ACCENT = (ink(name) for name in ("ink", "soft", "accent"))
ANSWER, SMALL, CELL, DENSE_CELL = "Answer", "Small print", "Table text", "Table text, small"
"""Styles of paragraphs that python-docx' own template has not."""
TABLE = "Table of the brief"
_UNUSED = (RELATED.THUMBNAIL, RELATED.EXTENDED_PROPERTIES, RELATED.CUSTOM_XML,
           "http://schemas.microsoft.com/office/2007/relationships/stylesWithEffects")  # fmt: skip
"""Parts of python-docx' own template that tell of the machine it was made on, or of nothing here."""


class Look(NamedTuple):
    """How paragraphs of a style look: sizes and distances in points."""

    size: float
    colour: str = INK
    bold: bool = False
    before: float = 0
    after: float = 4
    with_next: bool = False


LOOKS = {
    "Normal": Look(10.5),
    "Title": Look(20, bold=True, after=4, with_next=True),
    "Subtitle": Look(10.5, SOFT, after=6),
    "Heading 1": Look(14, ACCENT, bold=True, before=14, after=4, with_next=True),
    "Heading 2": Look(11.5, ACCENT, bold=True, before=8, after=3, with_next=True),
    "Caption": Look(9, SOFT, before=4, after=3, with_next=True),
    "List Bullet": Look(9.5, after=2),
    "List Number": Look(9.5, after=2),
    "Footer": Look(8.5, SOFT, after=0),
    ANSWER: Look(12, after=5),
    SMALL: Look(9, SOFT, before=4),
    CELL: Look(9, before=1, after=1),
    DENSE_CELL: Look(8, before=0.5, after=0.5),
}


def blank(title: str, *, subject: str, day: str, foot: str) -> Document:
    """Return an empty document, set up for a brief.

    Parameters
    ----------
    title, subject
        As properties of the file.
    day
        ISO; the only date the properties hold.
    foot
        What stands at the foot of every page beside its number.

    Returns
    -------
    Document
        A4 with margins of 2 cm, in British English.
    """
    paper = docx.Document()
    _drop_unused(paper)
    _set_page(paper)
    _set_styles(paper)
    _set_properties(paper, title, subject, day)
    _set_footer(paper, foot)
    return paper


def _drop_unused(paper: Document) -> None:
    for related in (paper.part.package.rels, paper.part.rels):
        for key in [key for key, each in related.items() if each.reltype in _UNUSED]:
            del related[key]


def _set_page(paper: Document) -> None:
    section = paper.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(MARGIN_CM)
    section.footer_distance = Cm(1)


def _set_styles(paper: Document) -> None:
    defaults = paper.styles.element.find(qn("w:docDefaults"))
    fonts, language = defaults.find(f".//{qn('w:rFonts')}"), defaults.find(f".//{qn('w:lang')}")
    # A theme's font would go before any that is named.
    fonts.attrib.clear()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), FONT)
    language.set(qn("w:val"), LANGUAGE)
    settings = paper.settings.element
    settings.find(qn("w:themeFontLang")).set(qn("w:val"), LANGUAGE)
    for mode in settings.iter(qn("w:compatSetting")):
        if mode.get(qn("w:name")) == "compatibilityMode":
            mode.set(qn("w:val"), "15")
    for name in (ANSWER, SMALL, CELL, DENSE_CELL):
        paper.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = paper.styles["Normal"]
    for name, look in LOOKS.items():
        _set_look(paper.styles[name], look)
    paper.styles.element.append(parse_xml(_TABLE_STYLE))


def _set_look(style: Any, look: Look) -> None:
    """Put a look in the place of what the template has, but for numbers of lists and levels of headings."""
    for stale in style.element.findall(qn("w:rPr")):
        style.element.remove(stale)
    for stale in style.element.xpath("./w:pPr/w:pBdr | ./w:pPr/w:contextualSpacing"):
        stale.getparent().remove(stale)
    style.font.size, style.font.color.rgb = Pt(look.size), RGBColor.from_string(look.colour)
    # Said only where it is so: "not bold" would go before the bold of a table's head.
    style.font.bold = look.bold or None
    shape = style.paragraph_format
    shape.space_before, shape.space_after, shape.line_spacing = Pt(look.before), Pt(look.after), LINES
    shape.keep_with_next, shape.widow_control = look.with_next, True


def _set_properties(paper: Document, title: str, subject: str, day: str) -> None:
    told = paper.core_properties
    told.title, told.subject, told.language = title[:255], subject, LANGUAGE
    told.author = told.last_modified_by = told.comments = told.keywords = ""
    told.created = told.modified = datetime.fromisoformat(day)
    told.revision = 1


def _set_footer(paper: Document, foot: str) -> None:
    line = paper.sections[0].footer.paragraphs[0]
    stops = line.paragraph_format.tab_stops
    # The style's own, for the middle and the right of another page.
    for stale in line.style.element.xpath("./w:pPr/w:tabs"):
        stale.getparent().remove(stale)
    stops.add_tab_stop(Cm(TEXT_CM), WD_TAB_ALIGNMENT.RIGHT)
    line.add_run(f"{foot}\tPage ")
    add_field(line, "PAGE", "1")
    line.add_run(" of ")
    add_field(line, "NUMPAGES", "1")


def _borders(*edges: str) -> str:
    return "".join(f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="B9C2CB"/>' for edge in edges)


_TABLE_STYLE = f"""
<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="{TABLE.replace(" ", "")}">
  <w:name w:val="{TABLE}"/><w:basedOn w:val="TableNormal"/><w:uiPriority w:val="59"/><w:qFormat/>
  <w:tblPr><w:tblBorders>{_borders("top", "bottom", "insideH")}</w:tblBorders></w:tblPr>
  <w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr>
    <w:tcBorders><w:bottom w:val="single" w:sz="8" w:space="0" w:color="{INK}"/></w:tcBorders>
    <w:shd w:val="clear" w:color="auto" w:fill="DCE6F1"/><w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr>
</w:style>"""
