"""Text within a paragraph: its emphasis, links and fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from geoplan.output.document.inks import ink

__all__ = ["Words", "add_field", "add_words", "classes", "is_drawn", "said_in", "words_in"]

SOFT = {"minor", "aside", "also", "standfirst"}
BOLD = {"b", "strong"}
LINES = {"minor", "fact"}
"""What begins a line of its own."""


@dataclass(frozen=True)
class Words:
    """A piece of text of one look; with ``line`` it begins a line of its own."""

    text: str
    bold: bool = False
    colour: str = ""
    link: str = ""
    line: bool = False


def classes(element: Any) -> set[str]:
    """Return the classes of an element of the page."""
    return set(element.get("class", "").split())


def is_drawn(element: Any) -> bool:
    """Tell whether an element is drawn with lines and fills, or speaks of what the printed page leaves out."""
    return element.tag == "svg" or bool(classes(element) & {"drawn", "paper"})


def words_in(element: Any) -> list[Words]:
    """Return the text of an element of the page as pieces of one look, with its white space put in order."""
    kept = list[Words]()
    line = False
    for piece in _pieces(element, Words("")):
        # A line begins with its first word, however deep in its elements that stands.
        line = line or piece.line
        text = re.sub(r"\s+", " ", piece.text)
        begins = not kept or line or kept[-1].text.endswith(" ")
        text = text.lstrip(" ") if begins else text
        if line and kept:
            kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip(" "))
        if text:
            kept.append(replace(piece, text=text, line=line))
            line = False
    if kept:
        kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip(" "))
    return kept


def said_in(element: Any) -> str:
    """Return the text of an element of the page without its looks."""
    return "".join(f"{' ' * words.line}{words.text}" for words in words_in(element)).strip()


def _pieces(element: Any, look: Words) -> Iterator[Words]:
    own = _look_of(element, look)
    yield replace(own, text=element.text or "")
    for child in element:
        if not is_drawn(child):
            yield from _pieces(child, replace(own, line=False))
        yield replace(own, text=child.tail or "", line=False)


def _look_of(element: Any, look: Words) -> Words:
    named = classes(element)
    colour = ink("alarm") if "some" in named else ink("soft") if named & SOFT else look.colour
    bold = (look.bold or element.tag in BOLD or "some" in named) and not named & SOFT
    return replace(look, bold=bold, colour=colour, link=element.get("href", look.link), line=bool(named & LINES))


def add_words(paragraph: Paragraph, pieces: Iterable[Words], *, bold: bool = False, colour: str = "") -> None:
    """Write pieces of text into a paragraph.

    Parameters
    ----------
    paragraph
        Where to.
    pieces
        From `words_in`.
    bold, colour
        Of pieces that have no look of their own.
    """
    for number, words in enumerate(pieces):
        run = _linked(paragraph, words.link) if words.link else paragraph.add_run()
        if words.line and number:
            run.add_break()
        run.add_text(words.text)
        run.bold = True if words.bold or (bold and not words.colour) else None
        inked = words.colour or (ink("accent") if words.link else colour)
        if inked:
            run.font.color.rgb = RGBColor.from_string(inked)


def _linked(paragraph: Paragraph, address: str) -> Run:
    """Return an empty run that leads to an address outside."""
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run = OxmlElement("w:r")
    link.append(run)
    paragraph._p.append(link)  # noqa: SLF001 - python-docx writes no links itself
    made = Run(run, paragraph)
    made.underline = True
    return made


def add_field(paragraph: Paragraph, name: str, shown: str) -> None:
    """Write a field that a word processor works out itself.

    Parameters
    ----------
    paragraph
        Where to.
    name
        Of the field: ``PAGE``, ``SEQ Table``.
    shown
        What stands there until it is worked out.
    """
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    paragraph._p.append(field)  # noqa: SLF001 - python-docx writes no fields itself
    run = OxmlElement("w:r")
    field.append(run)
    Run(run, paragraph).add_text(shown)
