"""Designed clusters as a workbook: a cover, the scoreboard, areas, findings, who is where, who moves and why."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pandas as pd
import xlsxwriter

from geoplan.auditing.judging.rules import RULES
from geoplan.auditing.results import AuditResult
from geoplan.output.summary.planned.designs import found_by, measure_words, move_sentence, proof, whose_counts
from geoplan.output.tables.design_audits import areas_table, fated_findings
from geoplan.output.tables.designs import assignment_table, moves_table, scoreboard
from geoplan.output.workbook.cells import write_sheet
from geoplan.output.workbook.cover import sources, write_cover
from geoplan.output.workbook.sheet_parts import ROUNDED, Sheet, Styles, words_of
from geoplan.output.workbook.sheets import layers_sheet, parameters_sheet
from geoplan.planning.designing.asked import parameters
from geoplan.planning.designing.designs import Designs
from geoplan.schema import FINDING_COLUMNS, wording

__all__ = ["plan_xlsx"]

_CONTAINED = "Self-containment (supply side)"


def plan_xlsx(made: Designs) -> bytes:
    """Write designed clusters as an Excel workbook (XLSX).

    Parameters
    ----------
    made
        From `geoplan.planning.designing.designs.plan`.

    Returns
    -------
    bytes
        A cover, then one table a sheet with its headings in row 1. Text is written as text, never as a formula.
    """
    buffer = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "nan_inf_to_errors": False, **plain}) as book:
        sheets = [*_sheets(made), layers_sheet(_audit(made)), parameters_sheet(parameters(made.asked), _audit(made))]
        pages = [book.add_worksheet(name) for name in ("Contents", *(sheet.name for sheet in sheets))]
        styles = Styles(book)
        for page, sheet in zip(pages[1:], sheets, strict=True):
            write_sheet(page, sheet, styles)
        write_cover(pages[0], _cover(made, sheets), styles)
        pages[0].activate()
    return buffer.getvalue()


def _sheets(made: Designs) -> list[Sheet]:
    return [_scores(made), _areas(made), _findings(made), _members(made), _moves(made)]


def _audit(made: Designs) -> AuditResult:
    """Return the audit of today's arrangement, or of the first alternative, which has read the same."""
    return (made.audited or made.designs[0].audited).result


def _cover(made: Designs, sheets: list[Sheet]) -> Iterator[tuple[str, str, str]]:
    yield "title", "Clusters designed to fit", ""
    yield "text", "How they were found", found_by(made)
    for number, one in enumerate(made.designs, start=1):
        yield "text", f"Alternative {number}", f"{one.name}: {proof(one, made)}"
    for said in whose_counts(made.asked):
        yield "text", "Who is counted", said
    yield "text", "Numbers", f"{ROUNDED} plan.json is exact."
    yield "text", "Empty cells", "Not assessed, or not applicable. They never mean nought."
    yield "text", "Attribution", f"{'. '.join(wording.ATTRIBUTION)}."
    yield "heading", "Sheets", ""
    for sheet in sheets:
        yield "link", sheet.name, f"{sheet.about}. {wording.plural(len(sheet.table), 'row')}."
    yield from sources(_audit(made))


def _numbered(column: str) -> str:
    return f"Alternative {column}" if column.isdigit() else words_of(column)


def _scores(made: Designs) -> Sheet:
    table = scoreboard(made)
    table = table.assign(measure=table["measure"].map(measure_words(made.asked))).rename(columns=_numbered)
    kinds = dict.fromkeys(table.columns[2:], "value")
    return Sheet("Scoreboard", "The measures of today and of every alternative; shares are from 0 to 1", table, kinds)


def _areas(made: Designs) -> Sheet:
    cut = wording.capital(measure_words(made.asked)["cut_people"])
    table = areas_table(made).rename(columns=lambda column: _headed(column, cut))
    table["Design"] = table["Design"].map(_numbered)
    counted = {name: "count" for name in table.columns if name.startswith((cut, "People", "Units", "Pieces", "Areas"))}
    about = "The areas of today and of every alternative; empty where not counted"
    return Sheet("Areas", about, table.rename(columns={"Design": "Arrangement"}), {**counted, _CONTAINED: "share"})


def _headed(column: str, cut: str) -> str:
    """Write a column of `areas_table` in words, those that are about a layer with its key; ``cut`` are who is cut."""
    name, _, key = column.partition(" ")
    words = {"partners": "Areas to work with", "cut_people": cut, "self_containment": _CONTAINED,
             "out_of_work": "People out of work"}  # fmt: skip
    return words.get(name, words_of(name)) + (f" ({key})" if key else "")


def _findings(made: Designs) -> Sheet:
    table = fated_findings(made)
    table.insert(2, "rule_title", [RULES[code].title if code in RULES else "" for code in table["rule"]])
    first = ["design", "fate", "severity", "rule_title", "name", "message", "before", "value", "unit", "rule", "layer"]
    rest = [name for name in FINDING_COLUMNS if name not in {*first, "evidence", "id"}]
    named = {"design": "Arrangement", "before": "Value today"}
    ordered = table[[*first, *rest, "id"]].assign(design=table["design"].map(_numbered))
    ordered = ordered.rename(columns=named).rename(columns=words_of)
    about = "What the audits of today and of every alternative find, and what becomes of today's findings"
    kinds = {"Message": "long", "Value today": "value", "Value": "value", "Unit": "beside"}
    return Sheet("Findings", about, ordered, kinds)


def _members(made: Designs) -> Sheet:
    table = assignment_table(made).rename(columns=_numbered)
    return Sheet("Who is where", "The area of every unit, today and in every alternative", table, {"People": "count"})


def _moves(made: Designs) -> Sheet:
    tables = [moves_table(made, number) for number in range(1, len(made.designs) + 1)]
    why = {
        (number, made.units.codes[move.unit]): move_sentence(move, made)
        for number, one in enumerate(made.designs, start=1)
        for move in one.moves
    }
    table = pd.concat([each.astype(object) for each in tables], ignore_index=True)
    table["in words"] = [why[key] for key in zip(table["design"], table["unit"], strict=True)]
    mends = f"Mends {wording.UNITS[made.asked.counted('cut_people')]}"
    named = table.rename(columns={"design": "alternative"}).rename(columns=words_of)
    named = named.rename(columns={"Mends people": mends})
    kinds = {"People": "count", mends: "count", "Keeps workers": "count", "In words": "long"}
    return Sheet("Who moves", "Units whose area changes, with what it mends and keeps", named, kinds)
