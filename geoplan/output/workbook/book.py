"""The audit as a workbook: a cover with contents and sources, then one table a sheet."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import xlsxwriter

from geoplan.auditing.results import AuditResult
from geoplan.errors import OutputError
from geoplan.output.summary.planned import outcomes
from geoplan.output.workbook.asked.charts import chart_of, draw
from geoplan.output.workbook.cells import write_sheet
from geoplan.output.workbook.cover import cover, write_cover
from geoplan.output.workbook.outcome_sheets import outcome_sheets
from geoplan.output.workbook.sheet_parts import Styles, title_of
from geoplan.output.workbook.sheets import sheets_of
from geoplan.planning.scenarios.whatif import Outcome
from geoplan.schema import wording

__all__ = ["xlsx"]


def xlsx(result: AuditResult, *, outcome: Outcome | None = None) -> bytes:
    """Write an audit as an Excel workbook (XLSX).

    Parameters
    ----------
    result
        From `geoplan.auditing.audit.run`, with or without outlines.
    outcome
        Of the changes after which it is the audit: the first sheets then tell of them.

    Returns
    -------
    bytes
        The file: a cover, then one table a sheet with its headings in row 1. The same audit gives the same bytes;
        its only date is the day the memberships are of.

    Raises
    ------
    OutputError
        If the workbook cannot be made.

    Notes
    -----
    Whatever a name holds is written as text: nothing from the audit becomes a formula or a link. Areas are in
    square kilometres, shares are numbers from 0 to 1 shown as per cent, and an empty cell means not assessed or
    not applicable. What a sheet cannot hold is cut, and the cover says so.
    """
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    try:
        with xlsxwriter.Workbook(buffer, options) as book:
            _fill(book, result, outcome)
    except xlsxwriter.exceptions.XlsxWriterException as problem:
        message = f"The workbook cannot be written: {problem}."
        raise OutputError(message) from problem
    return buffer.getvalue()


def _fill(book: Any, result: AuditResult, outcome: Outcome | None) -> None:
    title = outcomes.title_of(outcome) if outcome else title_of(result)
    created = datetime.fromisoformat(result.as_of)
    book.set_properties(
        {
            "title": f"{title} ({wording.day(result.as_of)})",
            "subject": "Audit of partnership boundaries",
            "author": "geoplan",
            "comments": f"{'. '.join(wording.ATTRIBUTION)}.",
            "created": created,
        }
    )
    chart = chart_of(result)
    first, *rest = sheets_of(result)
    drawn = [] if chart is None else [chart.sheet]
    sheets = [*(outcome_sheets(outcome) if outcome else ()), first, *drawn, *rest]
    pages = [book.add_worksheet(name) for name in ("Contents", *(sheet.name for sheet in sheets))]
    styles = Styles(book)
    cuts = sum(write_sheet(page, sheet, styles) for page, sheet in zip(pages[1:], sheets, strict=True))
    if chart is not None:
        draw(book, pages[1 + sheets.index(chart.sheet)], chart)
    write_cover(pages[0], cover(result, sheets, cuts, title=title, said=_said(outcome)), styles)
    pages[0].activate()


def _said(outcome: Outcome | None) -> tuple[str, ...]:
    """Return what would come of changes, in sentences for the cover."""
    return () if outcome is None else (*outcomes.outcome_sentences(outcome), *outcome.warnings)
