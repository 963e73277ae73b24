"""Tables of the page as tables of the document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm
from docx.table import Table

from geoplan.output.document import widths
from geoplan.output.document.inks import shade
from geoplan.output.document.inline import add_words, classes, is_drawn, words_in
from geoplan.output.document.paper import CELL, DENSE_CELL, LOOKS, TABLE, TEXT_CM

__all__ = ["MARGINS_CM", "add_places", "add_table", "describe", "places_of", "set_heads", "set_margins"]

MARGINS_CM, DENSE_MARGINS_CM = 0.2, 0.08
DENSE = {"heat", "matrix"}
"""Tables of many columns."""
PLAIN_HEADS = {"heat", "matrix", "beforeafter"}
"""Tables whose rows are told apart by groups or lines, not by bold names."""
INDENT_CM = 0.3
TWIPS_A_CM = 567
SHORT = 6
"""Rows of a table that is kept on one page."""


@dataclass(frozen=True)
class Cell:
    """A cell of the page and the place it takes in the grid."""

    element: Any
    row: int
    column: int
    rows: int
    columns: int
    is_head: bool
    """Whether it stands in the rows that are repeated on every page."""

    @property
    def is_group(self) -> bool:
        """Whether it is the heading of the rows below it."""
        return bool(self.element.get("scope") == "rowgroup")


def add_table(paper: Document, element: Any) -> Table:
    """Write a table of the page.

    Parameters
    ----------
    paper
        Where to.
    element
        The table; its caption is left to others.

    Returns
    -------
    Table
        As wide as the text; its head is repeated on every page, and no row is broken between two.
    """
    cells, kind = list(_cells(element)), classes(element)
    height, width = (max(end) for end in zip(*((c.row + c.rows, c.column + c.columns) for c in cells), strict=True))
    table = paper.add_table(height, width, style=TABLE)
    _set_widths(table, cells, kind)
    places = [row.cells for row in table.rows]
    style = paper.styles[_style(kind)].style_id
    for cell in cells:
        place = places[cell.row][cell.column]
        if (cell.rows, cell.columns) != (1, 1):
            place = place.merge(places[cell.row + cell.rows - 1][cell.column + cell.columns - 1])
        # By its name python-docx would look it up in each cell, which takes longer than all else.
        place.paragraphs[0]._p.style = style  # noqa: SLF001
        _fill(place, cell, kind)
    heads = 1 + max((cell.row for cell in cells if cell.is_head), default=-1)
    set_heads(table, heads)
    bound = range(height - 1) if height - heads <= SHORT else {c.row for c in cells if c.is_head or c.is_group}
    for number in bound:
        for place in places[number]:
            place.paragraphs[0].paragraph_format.keep_with_next = True
    return table


def add_places(paper: Document, count: int, abreast: int) -> Table:
    """Add a table without lines, of places for pictures with their captions.

    Parameters
    ----------
    paper
        Where to.
    count
        Of the places.
    abreast
        Places a row.

    Returns
    -------
    Table
        As wide as the text; no row is broken between two pages.
    """
    table = paper.add_table(-(-count // abreast), abreast)
    table.autofit = False
    for place in places_of(table):
        place.width = Cm(TEXT_CM / abreast)
    set_margins(table, MARGINS_CM)
    set_heads(table, 0)
    return table


def places_of(table: Table) -> list[Any]:
    """Return the cells of a table, row by row."""
    return [place for row in table.rows for place in row.cells]


def _cells(element: Any) -> Iterator[Cell]:
    """Yield the cells of a table in their places, those that are drawn left out."""
    taken: set[tuple[int, int]] = set()
    rows = [row for row in element.iter("tr") if not is_drawn(row)]
    wide = max(sum(_span(cell, "colspan") for cell in row if not is_drawn(cell)) for row in element.find("thead"))
    for number, row in enumerate(rows):
        at = 0
        for cell in (cell for cell in row if not is_drawn(cell)):
            while (number, at) in taken:
                at += 1
            # A heading across the table may ask for more columns than are shown.
            columns, high = min(_span(cell, "colspan"), wide - at), _span(cell, "rowspan")
            taken |= {(number + down, at + right) for down in range(high) for right in range(columns)}
            yield Cell(cell, number, at, high, columns, row.getparent().tag == "thead")


def _span(cell: Any, name: str) -> int:
    return int(cell.get(name, 1))


def _set_widths(table: Table, cells: list[Cell], kind: set[str]) -> None:
    margins, points = DENSE_MARGINS_CM if "heat" in kind else MARGINS_CM, LOOKS[_style(kind)].size
    asked = []
    for number in range(len(table.columns)):
        own = [cell for cell in cells if cell.column == number and cell.columns == 1]
        heads, body = ([_longest(cell) for cell in own if cell.is_head is head] for head in (True, False))
        weight = "bold" if any(_is_bold(cell, kind) for cell in own if not cell.is_head) else "normal"
        asked.append(widths.column(heads, body, weight=weight, points=points, margins=margins))
    found = [Cm(each) for each in widths.fitted(asked, TEXT_CM)]
    table.autofit = False
    for column, wide in zip(table.columns, found, strict=True):
        column.width = wide
    for row in table.rows:
        for cell, wide in zip(row.cells, found, strict=True):
            cell.width = wide
    set_margins(table, margins)


def _longest(cell: Cell) -> str:
    """Return the longest line of a cell."""
    lines = [""]
    for words in words_in(cell.element):
        if words.line:
            lines.append("")
        lines[-1] += words.text
    return max(lines, key=len)


def set_margins(table: Table, both_cm: float) -> None:
    """Set how far the cells' texts stand from their edges, left and right together."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), str(round(both_cm / 2 * TWIPS_A_CM)))
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    table._tblPr.find(qn("w:tblLook")).addprevious(margins)  # noqa: SLF001 - python-docx sets no margins


def _style(kind: set[str]) -> str:
    return DENSE_CELL if kind & DENSE else CELL


def _is_bold(cell: Cell, kind: set[str]) -> bool:
    """Tell whether a cell of a kind of table has bold letters."""
    plain = kind & PLAIN_HEADS
    return cell.is_group or (cell.is_head and "heat" not in kind) or (cell.element.tag == "th" and not plain)


def _fill(place: Any, cell: Cell, kind: set[str]) -> None:
    named, line, shaded = classes(cell.element), place.paragraphs[0], "heat" in kind
    grounds = [shade(each) for each in named if shaded]
    ground, colour = next((each for each in grounds if each[0]), ("", ""))
    is_name = cell.element.tag == "th" and not cell.is_head
    add_words(line, words_in(cell.element), bold=_is_bold(cell, kind), colour=colour)
    if "n" in named:
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if shaded and not is_name:
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if is_name and kind & PLAIN_HEADS and not cell.is_group and not shaded:
        line.paragraph_format.left_indent = Cm(INDENT_CM)
    if ground:
        _shade(place, ground)


def _shade(place: Any, ground: str) -> None:
    shading = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", ground)):
        shading.set(qn(f"w:{name}"), value)
    place._tc.get_or_add_tcPr().append(shading)  # noqa: SLF001 - python-docx sets no ground


def set_heads(table: Table, count: int) -> None:
    """Repeat the first rows of a table on every page, and break no row between two."""
    for number, row in enumerate(table.rows):
        facts = row._tr.get_or_add_trPr()  # noqa: SLF001 - python-docx knows no heads
        facts.append(OxmlElement("w:cantSplit"))
        if number < count:
            facts.append(OxmlElement("w:tblHeader"))


def describe(table: Table, title: str, description: str) -> None:
    """Give a table its alternative text."""
    for name, text in (("tblCaption", title), ("tblDescription", description)):
        if text:
            told = OxmlElement(f"w:{name}")
            told.set(qn("w:val"), text)
            table._tblPr.append(told)  # noqa: SLF001 - python-docx writes none
