"""The cover of a workbook: what it is of, its contents, its sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from geoplan.auditing.results import AuditResult
from geoplan.output.summary import answers, flows, listings
from geoplan.output.workbook.cells import set_for_print
from geoplan.output.workbook.sheet_parts import (
    COVER,
    LIKE_A_FORMULA,
    LINE,
    NARROW,
    ROUNDED,
    ROWS,
    TALLEST,
    Sheet,
    Styles,
    fitted,
    line_count,
    plain_text,
    title_of,
)
from geoplan.schema import layer_wording, wording

__all__ = ["cover", "sources", "write_cover"]


def cover(
    result: AuditResult, sheets: Sequence[Sheet], cuts: int, *, title: str = "", said: Sequence[str] = ()
) -> Iterator[tuple[str, str, str]]:
    """Yield what the cover says, as kind, label and text; a kind of ``link`` leads to the sheet of that label.

    What is ``said`` of changes stands before the answer of the audit, which is that of areas as changed.
    """
    yield "title", title or title_of(result), ""
    for number, sentence in enumerate(said):
        yield "text", "" if number else "What would come of it", sentence
    focus = result.focus
    only = (
        f"Every sheet holds only what is about {focus.name} ({focus.code}), or shares ground with it. " if focus else ""
    )
    yield (
        "text",
        "What this is",
        (f"{only}An audit by geoplan of how these geographies fit one another: {wording.listed(_titles(result))}."),
    )
    yield "text", "As of", f"{wording.day(result.as_of)}. Memberships are those of this day; it is the only date here."
    for label, sentence in zip(("The answer", "", ""), answers.answer_sentences(result), strict=False):
        yield "text", label, sentence
    if result.quiet:
        yield "text", "Known findings", f"{result.quiet} The tables leave them out; audit.json holds them."
    yield from _statements(result)
    yield "text", "Attribution", f"{'. '.join(wording.ATTRIBUTION)}."
    yield "heading", "Sheets", ""
    for sheet in sheets:
        yield "link", sheet.name, f"{sheet.about}. {_held(sheet)}"
    if cuts:
        text = "too long for a spreadsheet and cut; each ends by saying so. findings.csv holds them whole."
        yield "text", "Cut cells", f"{wording.number_of(cuts, 'text was', 'texts were')} {text}"
    yield from sources(result)


def sources(result: AuditResult) -> Iterator[tuple[str, str, str]]:
    """Yield where each geography of an audit comes from and how sure it is, as lines of a cover."""
    yield "heading", "Sources", ""
    for row in listings.layer_rows(result):
        facts = (f"{row.edition}; {row.status}; confidence: {row.confidence}", row.source, f"Licence: {row.licence}")
        yield "text", row.title, ". ".join(fact.rstrip(".") for fact in facts) + "."
    for what, source in result.fetched:
        yield "text", what.capitalize(), f"{source.citation.rstrip('.')}. Licence: {source.licence.rstrip('.')}."


def _titles(result: AuditResult) -> list[str]:
    return [wording.inside_a_sentence(layer.title) for layer in result.layers.values()]


def _statements(result: AuditResult) -> Iterator[tuple[str, str, str]]:
    if drawn := layer_wording.outlines(result.layers.values(), "Boundaries that ship with geoplan"):
        heading = "Indicative" if result.indicative else "Boundaries"
        yield "text", heading, f"{drawn} Areas in km² are theirs. {wording.BY_MEMBERS}"
    for sentence in flows.about(result):
        yield "text", "Modelled" if "modelled" in sentence else "Commuting", sentence
    unsure = [
        f"{one.title}, {wording.plural(one.areas, 'area')}: {one.names}"
        for one in listings.unconfirmed(result, limit=6)
    ]
    if unsure:
        yield "text", "Not confirmed", f"Nobody confirmed these members: {'. '.join(unsure)}."
    yield "text", "Empty cells", "Not assessed, or not applicable. They never mean nought."
    yield (
        "text",
        "Numbers",
        (
            f"{result.estimates.sentence} {ROUNDED} findings.csv and audit.json are exact. Nearly "
            "all, or nearly none, can read 100.0% or 0.0%."
        ),
    )
    yield "text", "Ids", "The id of a finding is the same in findings.csv, audit.json, audit.gpkg and the map."


def _held(sheet: Sheet) -> str:
    count = len(sheet.table)
    if count > ROWS:
        return f"Only the first {ROWS:,} of its {count:,} rows: a sheet holds no more."
    return f"{wording.plural(count, 'row')}."


def write_cover(page: Any, lines: Iterable[tuple[str, str, str]], styles: Styles) -> None:
    """Write the lines of the cover, each a kind, a label and a text."""
    page.set_column(0, 0, COVER[0])
    page.set_column(1, 1, COVER[1])
    page.hide_gridlines(2)
    for row, (kind, label, text) in enumerate(lines):
        first = plain_text(label)
        if kind == "link":
            page.write_url(row, 0, f"internal:'{first}'!A1", styles.of("link"), first)
        elif first:
            style = kind if kind in {"title", "heading"} else "label"
            page.write_string(row, 0, first, styles.of(style, quoted=bool(LIKE_A_FORMULA.match(first))))
        said = fitted(plain_text(text))[0]
        page.set_row(row, _cover_height(kind, first, said))
        if said:
            page.write_string(row, 1, said, styles.of("long", quoted=bool(LIKE_A_FORMULA.match(said))))
    set_for_print(page, landscape=False)


def _cover_height(kind: str, label: str, text: str) -> float:
    if kind in {"title", "heading"}:
        return 2 * LINE
    return min(LINE * max(line_count(label, COVER[0] - 2), line_count(text, COVER[1] * NARROW)), TALLEST)
