"""Cells, widths and styles of a workbook."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from geoplan.output.workbook.areas import LOOKED_AT
from geoplan.output.workbook.sheet_parts import (
    LIKE_A_FORMULA,
    LINE,
    LONG,
    NARROW,
    NUMBERS,
    ROWS,
    TALLEST,
    WIDEST,
    Sheet,
    Styles,
    fitted,
    line_count,
    plain_text,
    rounded,
)

__all__ = ["set_for_print", "write_sheet"]


def write_sheet(page: Any, sheet: Sheet, styles: Styles) -> int:
    """Write a table with its headings in row 1; return how many texts had to be cut."""
    table = sheet.table.head(ROWS)
    cuts, widths = 0, list[float]()
    for number, heading in enumerate(table.columns):
        kind = sheet.kinds.get(heading, "text")
        text, _, quoted = _cell_text(heading)
        looks = styles.of("number heading" if kind in NUMBERS else "heading row", quoted=quoted)
        page.write_string(0, number, text, looks)
        values = _values(table.iloc[:, number])
        widths.append(_width(heading, kind, values))
        page.set_column(number, number, widths[-1])
        cuts += sum(_write_cell(page, row, number, value, kind, styles) for row, value in enumerate(values, 1))
    _set_heights(page, table, sheet.kinds, widths)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, len(table), len(table.columns) - 1)
    page.ignore_errors({"number_stored_as_text": f"A1:XFD{ROWS + 1}"})
    set_for_print(page, landscape=True)
    page.repeat_rows(0)
    return cuts


def _values(column: pd.Series) -> list[Any]:
    """Return the cells of a column as Python's own types, missing as None."""
    plain = column.astype(object)
    return plain.where(plain.notna(), None).tolist()


def _write_cell(page: Any, row: int, column: int, value: Any, kind: str, styles: Styles) -> bool:
    """Write one cell by the type of its value, never by its looks; tell whether a text had to be cut."""
    if value is None:
        return False
    if not isinstance(value, str) and (isinstance(value, (bool, int, float)) or hasattr(value, "dtype")):
        _write_value(page, row, column, value, kind, styles)
        return False
    text, is_cut, quoted = _cell_text(str(value))
    if text:
        page.write_string(row, column, text, styles.of(kind, quoted=quoted))
    return is_cut


@lru_cache(maxsize=4_096)
def _cell_text(value: str) -> tuple[str, bool, bool]:
    """Return a text as a cell holds it, whether it had to be cut, and whether it looks like a formula."""
    text, is_cut = fitted(plain_text(value))
    return text, is_cut, bool(LIKE_A_FORMULA.match(text))


def _write_value(page: Any, row: int, column: int, value: Any, kind: str, styles: Styles) -> None:
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bool):
        # In words: programs that do not know a cell's type show truth values as 1 and 0.
        page.write_string(row, column, "yes" if plain else "no", styles.of("text"))
    elif math.isfinite(plain):
        small = kind == "value" and abs(plain) < 10 and plain != round(plain)
        shown = "small" if small else kind
        page.write_number(row, column, rounded(plain, shown), styles.of(shown))


def _width(heading: str, kind: str, values: Sequence[Any]) -> float:
    """Return a width in characters that shows the cells, and the heading in two lines or three."""
    if kind == "long":
        return LONG
    longest = max(map(len, heading.split()), default=0)
    shown = max((_shown(value, kind) for value in values[:LOOKED_AT]), default=0)
    # The button of the filter covers some three characters.
    return float(min(max(shown + 1, longest + 3, len(heading) / 2 + 3, 8), WIDEST))


def _shown(value: Any, kind: str) -> int:
    if value is None:
        return 0
    if isinstance(value, str) or kind not in NUMBERS:
        return max(map(len, str(value).split("\n")))
    return len(f"{float(value) * (100 if kind == 'share' else 1):,.1f}")


def _set_heights(page: Any, table: pd.DataFrame, kinds: Mapping[str, str], widths: Sequence[float]) -> None:
    """Make rows as high as their wrapped texts: not every program does so by itself."""
    page.set_row(0, LINE * max(line_count(name, width - 3) for name, width in zip(table.columns, widths, strict=True)))
    wrapped = [name for name in table.columns if kinds.get(name) == "long"]
    for row, texts in enumerate(table[wrapped].itertuples(index=False), 1):
        lines = max((line_count(plain_text(text), LONG * NARROW) for text in texts), default=1)
        if lines > 1:
            page.set_row(row, min(LINE * lines, TALLEST))


def set_for_print(page: Any, *, landscape: bool) -> None:
    """Set a sheet to print on A4, one page wide."""
    page.set_paper(9)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    if landscape:
        page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_footer("&L&A&RPage &P of &N")
