"""Numbers and days as people and their spreadsheets write them."""

from __future__ import annotations

import re
import sys
from datetime import date, timedelta

import numpy as np
import pandas as pd

from geoplan.errors import InputError, refusal
from geoplan.schema.wording import MONTHS

__all__ = ["day_of", "from_nought", "numbers", "signs_said"]

SPACES = re.compile(r"[\s\u00a0\u202f']")
GROUPED = {mark: re.compile(rf"[+-]?\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+") for mark in ",."}
DECIMAL_COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+")
ISO = re.compile(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)(?:[T ]00:00(?::00(?:\.0+)?)?)?Z?")
DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?: 00:00(?::00)?)?")
WORDED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4}|\d{2})", re.IGNORECASE)
"""A day whose month is a word, so that the order tells the year also where it has two digits."""
CENTURY, SHORT_YEAR = 2000, 2
"""What a year of two digits is in: memberships are of this century."""
SERIAL = re.compile(r"[2-7]\d{4}(?:\.0+)?")
SERIAL_START = date(1899, 12, 30)
"""The day that spreadsheets count from, as if 1900 had been a leap year."""


def numbers(texts: pd.Series, where: str, *, delimiter: str = ",") -> np.ndarray:
    """Read numbers in text: signs between thousands and before decimals are found in the column as a whole.

    Parameters
    ----------
    texts
        Cells as text, indexed by the rows of the file; they may be categories.
    where
        File and column, for the refusal.
    delimiter
        What separates the cells: where it is a semicolon, commas and points have two readings.

    Returns
    -------
    numpy.ndarray
        Missing for what is no number, also for empty cells.

    Raises
    ------
    InputError
        If 1.884 or 1,884 can be one and a bit, or nearly two thousand.

    Examples
    --------
    >>> numbers(pd.Series(["1,884", "20", ""]), "t.csv").tolist()
    [1884.0, 20.0, nan]
    >>> numbers(pd.Series(["1.884,5", "20,25"]), "t.csv", delimiter=";").tolist()
    [1884.5, 20.25]
    """
    column = texts.astype("category")
    cells = pd.Series(column.cat.categories.astype(str), dtype=str).str.replace(SPACES, "", regex=True)
    used = cells[cells != ""]
    mark = _thousands_mark(used, delimiter)
    if mark is None:
        _refuse_two_readings(texts, where)
    if mark:
        cells = cells.str.replace(mark, "", regex=False)
    if mark == "." or (not mark and used.map(lambda text: bool(DECIMAL_COMMA.fullmatch(text))).any()):
        cells = cells.str.replace(",", ".", regex=False)
    found = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    read: np.ndarray = np.append(found, np.nan)[column.cat.codes.to_numpy()]
    return read


def from_nought(
    values: pd.Series, where: str, *, delimiter: str = ",", most: float = sys.float_info.max, empty: bool = False
) -> np.ndarray:
    """Read a column of numbers from 0, whether its cells are text or numbers, and refuse all else.

    Parameters
    ----------
    values
        Cells indexed by the rows of the file; they may be categories.
    where, delimiter
        As for `numbers`.
    most
        The largest number that is taken.
    empty
        Whether empty cells are missing numbers; otherwise they are refused.

    Returns
    -------
    numpy.ndarray
        Missing only for empty cells.

    Raises
    ------
    InputError
        Names the rows with what is no such number.

    Examples
    --------
    >>> from_nought(pd.Series(["1,884", "", 3]), "t.csv", empty=True).tolist()
    [1884.0, nan, 3.0]
    """
    if pd.api.types.is_numeric_dtype(values) and not isinstance(values.dtype, pd.CategoricalDtype):
        found = values.to_numpy(dtype=float, na_value=np.nan)
    else:
        found = numbers(values, where, delimiter=delimiter)
    wrong = values[~((found >= 0) & (found <= most))]
    if empty:
        wrong = wrong[wrong.notna() & (wrong.astype(str).str.strip() != "")]
    if len(wrong):
        limit = f" to {most:,.0f}" if most < sys.float_info.max else ""
        rows = [f"row {row}: {value}" for row, value in wrong.items()]
        raise InputError(refusal(f"{where} holds what is no number from 0{limit}", codes=rows))
    return found


def signs_said(texts: pd.Series, *, delimiter: str = ",") -> str:
    """Say how `numbers` reads the signs in a column, where it has any but a decimal point.

    Examples
    --------
    >>> signs_said(pd.Series(["1,884", "20"])), signs_said(pd.Series(["1.5"]))
    ('commas are read as signs between thousands', '')
    """
    used = pd.Series(texts.astype(str).unique(), dtype=str).str.replace(SPACES, "", regex=True)
    mark = _thousands_mark(used[used != ""], delimiter)
    if mark:
        return f"{'commas' if mark == ',' else 'points'} are read as signs between thousands"
    return "commas are read as decimal signs" if used.str.fullmatch(DECIMAL_COMMA).any() else ""


def _thousands_mark(used: pd.Series, delimiter: str) -> str | None:
    """Return the sign between thousands, "" for none, and None where a column could be read in two ways."""
    grouped = {mark: used.map(lambda text, form=form: bool(form.fullmatch(text))) for mark, form in GROUPED.items()}
    if used.str.contains(r"\d\.\d{3},\d|\.\d{3}\.\d{3}", regex=True).any():
        return "."
    if used.str.contains(r"\d,\d{3}\.\d|,\d{3},\d{3}", regex=True).any():
        return ","
    pointed, with_comma = used.str.contains(".", regex=False), used.str.contains(",", regex=False)
    if delimiter != ";":
        # Where cells are not cut at semicolons the point is the decimal sign, as in Britain.
        return "," if with_comma.any() and grouped[","][with_comma].all() else ""
    for mark, there in ((".", pointed), (",", with_comma)):
        if there.any() and grouped[mark][there].all():
            return None
    return ""


def _refuse_two_readings(texts: pd.Series, where: str) -> None:
    plain = texts.astype(str).str.replace(SPACES, "", regex=True)
    open_ = {text for text in plain.unique() if any(form.fullmatch(text) for form in GROUPED.values())}
    rows = [f"row {row}: {text}" for row, text in plain[plain.isin(open_)].items()]
    example = rows[0].partition(": ")[2]
    question = f"is {example} a number of thousands, or one with decimals?"
    hint = "Write whole numbers without a sign between thousands, or decimals with a point and commas between cells."
    raise InputError(refusal(f"{where} can be read in two ways: {question}", codes=rows, hint=hint))


def day_of(text: str) -> str | None:
    """Read a day as tables and spreadsheets write it.

    Parameters
    ----------
    text
        ``2025-04-01`` (also with midnight, or only a year or month), ``01/04/2025`` with the day first, ``1 April
        2025`` or ``1-Apr-25``, or the number of a day in Excel. Numbers with a year of two digits are none: any of
        them may be the year.

    Returns
    -------
    str or None
        As in ISO 8601, empty for empty text; None for anything else.

    Examples
    --------
    >>> day_of("01/04/2025"), day_of("45748"), day_of("2026-04-01 00:00:00"), day_of("04/13/2025")
    ('2025-04-01', '2025-04-01', '2026-04-01', None)
    >>> day_of("1-Apr-26"), day_of("1st April 2026"), day_of("01/04/26"), day_of("1 Spring 2026")
    ('2026-04-01', '2026-04-01', None, None)
    """
    plain = text.strip()
    if not plain:
        return ""
    if same := ISO.fullmatch(plain):
        return same[1]
    if SERIAL.fullmatch(plain):
        return (SERIAL_START + timedelta(days=int(float(plain)))).isoformat()
    day, month, year = _parts_of(plain)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _parts_of(text: str) -> tuple[int, int, int]:
    """Return day, month and year, noughts where the text has none."""
    if parts := DAY_FIRST.fullmatch(text):
        return int(parts[1]), int(parts[2]), int(parts[3])
    if parts := WORDED.fullmatch(text):
        named = [number for number, month in enumerate(MONTHS, 1) if month.lower().startswith(parts[2].lower())]
        if named:
            century = CENTURY if len(parts[3]) == SHORT_YEAR else 0
            return int(parts[1]), named[0], century + int(parts[3])
    return 0, 0, 0
