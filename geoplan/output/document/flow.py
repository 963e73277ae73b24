"""The elements of the page, one after another, as paragraphs, lists, tables and pictures."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NamedTuple

from docx.document import Document
from docx.shape import InlineShape
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph

from geoplan.output.document import grid
from geoplan.output.document.inks import ink
from geoplan.output.document.inline import Words, add_field, add_words, classes, is_drawn, said_in, words_in
from geoplan.output.document.paper import ANSWER, CELL, SMALL, TABLE, TEXT_CM
from geoplan.output.document.small_maps import small_map

__all__ = ["Flow", "Plate"]

HEADINGS = {"h1": "Title", "h2": "Heading 1", "h3": "Heading 2"}
TALLEST_CM = 21.0
FIGURE_PT = 13
MAPS_ABREAST, MAP_CM, MAP_GAP_PT = 2, 5.0, 9


class Plate(NamedTuple):
    """The map as a picture: a PNG, its width by its height, its words."""

    content: bytes
    shape: float
    description: str
    standing: str
    """The day of the data, and how far its outlines may be trusted."""


class Flow:
    """Writes elements of the page into a document in their order.

    Parameters
    ----------
    paper
        Where to.
    plate
        What stands in the place of the map; None where the page has none.
    """

    def __init__(self, paper: Document, plate: Plate | None) -> None:
        self._paper, self._plate = paper, plate
        self._heading = ""
        self._captions = {"Table": 0, "Figure": 0}
        self._writers: dict[str, Callable[[Any], None]] = {
            **dict.fromkeys(HEADINGS, self._put_heading),
            "p": self._put_paragraph,
            "ul": self._put_list,
            "ol": self._put_list,
            "dl": self._put_figures,
            "table": self._put_table,
        }

    def put(self, parent: Any) -> None:
        """Write all that stands within an element."""
        for element in parent:
            if "picture" in classes(element):
                self._put_picture(element)
            elif "grounds" in classes(element):
                self._put_small_maps(element)
            elif not is_drawn(element):
                self._writers.get(element.tag, self.put)(element)

    def _put_heading(self, element: Any) -> None:
        self._heading = said_in(element)
        add_words(self._paper.add_paragraph(style=HEADINGS[element.tag]), words_in(element))

    def _put_paragraph(self, element: Any) -> None:
        if said_in(element):
            add_words(self._paper.add_paragraph(style=_style(element)), words_in(element))

    def _put_list(self, element: Any) -> None:
        ordered = element.tag == "ol"
        items = [self._paper.add_paragraph(style="List Number" if ordered else "List Bullet") for _ in element]
        for line, item in zip(items, element, strict=True):
            add_words(line, words_in(item))
        if ordered:
            self._count_anew(items)

    def _count_anew(self, items: list[Paragraph]) -> None:
        """Let a numbered list begin with 1, whatever list stands before it."""
        lists = self._paper.part.numbering_part.element
        style = self._paper.styles["List Number"].element
        kind = next(each for each in lists.num_lst if each.numId == style.pPr.numPr.numId.val).abstractNumId.val
        own = lists.add_num(kind)
        own.add_lvlOverride(ilvl=0).add_startOverride(1)
        for line in items:
            numbered = line._p.get_or_add_pPr().get_or_add_numPr()  # noqa: SLF001 - python-docx numbers nothing
            numbered.get_or_add_ilvl().val, numbered.get_or_add_numId().val = 0, own.numId

    def _put_figures(self, element: Any) -> None:
        """Write the few figures to keep side by side."""
        boxes = element.findall("div")
        table = self._paper.add_table(2, len(boxes), style=TABLE)
        for column, box in enumerate(boxes):
            label, value = box.find("dt"), box.find("dd")
            head, line = (table.cell(row, column).paragraphs[0] for row in (0, 1))
            head.style = line.style = CELL
            head.paragraph_format.keep_with_next = True
            add_words(head, words_in(label), bold=True)
            figure, note = said_in(value.find("strong")), (value.find("strong").tail or "").strip()
            add_words(line, [Words(figure, bold=True), Words(note, colour=ink("soft"), line=True)])
            line.runs[0].font.size = Pt(FIGURE_PT)
        table.autofit = False
        grid.set_margins(table, grid.MARGINS_CM)
        grid.set_heads(table, 1)
        grid.describe(table, self._heading, "")

    def _put_table(self, element: Any) -> None:
        caption = element.find("caption")
        self._put_caption("Table", words_in(caption))
        table = grid.add_table(self._paper, element)
        grid.describe(table, self._heading, said_in(caption))

    def _put_small_maps(self, element: Any) -> None:
        """Draw the small maps of the page side by side, each with its caption."""
        figures = element.findall("figure")
        table = grid.add_places(self._paper, len(figures), MAPS_ABREAST)
        grid.describe(table, self._heading, "")
        for place, figure in zip(grid.places_of(table), figures, strict=False):
            drawn, told = figure.find("svg"), figure.find("figcaption")
            title, said = said_in(told.find("b")), said_in(drawn.find("title"))
            line = place.paragraphs[0]
            line.paragraph_format.space_after = Pt(0)
            content = small_map(drawn, title, said)
            _describe(line.add_run().add_picture(io.BytesIO(content), width=Cm(MAP_CM)), title, said)
            caption = self._caption(place.add_paragraph(style="Caption"), "Figure", words_in(told))
            # A table that asked to stay with what follows would go to the next page as a whole.
            caption.paragraph_format.keep_with_next = False
            caption.paragraph_format.space_after = Pt(MAP_GAP_PT)

    def _put_caption(self, kind: str, words: list[Words]) -> Paragraph:
        return self._caption(self._paper.add_paragraph(style="Caption"), kind, words)

    def _caption(self, line: Paragraph, kind: str, words: list[Words]) -> Paragraph:
        """Write a numbered caption, which a word processor can list and refer to."""
        self._captions[kind] += 1
        line.add_run(f"{kind} ")
        add_field(line, f"SEQ {kind} \\* ARABIC", str(self._captions[kind]))
        line.add_run(". ")
        add_words(line, words)
        return line

    def _put_picture(self, element: Any) -> None:
        plate = self._plate
        assert plate is not None  # noqa: S101 - drawn where the page has a map
        line = self._paper.add_paragraph()
        line.paragraph_format.keep_with_next = True
        width = min(TEXT_CM, TALLEST_CM * plate.shape)
        drawn = line.add_run().add_picture(io.BytesIO(plate.content), width=Cm(width))
        title = said_in(element.find(".//h3"))
        named = [f"{number} {said_in(item)}" for number, item in enumerate(element.iterfind(".//ol/li"), 1)]
        _describe(drawn, title, " ".join([plate.description, *([f"{'; '.join(named)}."] if named else [])]))
        caption = self._put_caption("Figure", [Words(f"{title.rstrip('.')}. {plate.standing}.")])
        caption.paragraph_format.keep_with_next = False


def _describe(drawn: InlineShape, title: str, description: str) -> None:
    """Give a picture its alternative text."""
    told = drawn._inline.docPr  # noqa: SLF001 - python-docx writes no alternative texts
    told.set("title", title)
    told.set("descr", description)


def _style(element: Any) -> str:
    named = classes(element)
    if "standfirst" in named:
        return "Subtitle"
    if "answer" in classes(element.getparent()):
        return ANSWER
    return SMALL if named & {"small", "words"} or element.getparent().tag == "footer" else "Normal"
