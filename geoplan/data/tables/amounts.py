"""Sums of money and places as people write them in tables."""

from __future__ import annotations

import re

import pandas as pd

from geoplan.errors import InputError, refusal
from geoplan.schema.money import MONEY_COLUMNS, MONEY_NUMBERS

__all__ = ["amount_of", "amounts_read", "is_funded", "money_of"]

_SPACES = re.compile(r"[\s\u00a0\u202f]")
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_AMOUNT = re.compile(rf"£?({_NUMBER})(k|thousand|m|mn|million|bn|billion)?", re.IGNORECASE)
_PLACES = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.0+)?()")
_TIMES = {"": 0, "k": 3, "t": 3, "m": 6, "b": 9}
HINTS = {
    "places": "Write how many people as digits, such as 2,650.",
    "": "Write pounds as 9500000, 9,500,000 or £9.5m; words such as 'up to' go into amount_note.",
}


def amount_of(text: str, *, money: bool = True) -> float | None:
    """Read a sum of money, or a count of places.

    Parameters
    ----------
    text
        A cell.
    money
        Whether a pound sign and m, k, bn or the words they stand for are read.

    Returns
    -------
    float or None
        Pounds or people; None for anything else.

    Examples
    --------
    >>> amount_of("£9.5m"), amount_of("9,500,000"), amount_of("£ 450k"), amount_of("9500000")
    (9500000.0, 9500000.0, 450000.0, 9500000.0)
    >>> amount_of("up to £14m"), amount_of("9.5"), amount_of("9,50"), amount_of("1,900", money=False)
    (None, 9.5, None, 1900.0)
    >>> amount_of("1900.0", money=False), amount_of("1.9k", money=False)
    (1900.0, None)
    """
    found = (_AMOUNT if money else _PLACES).fullmatch(_SPACES.sub("", text))
    if found is None:
        return None
    power = _TIMES[(found[2] or "")[:1].lower()]
    # By way of text, so that £71.9m is 71,900,000 to the penny.
    return float(f"{found[1].replace(',', '')}e{power}")


def amounts_read(cells: pd.Series, column: str, where: str) -> pd.Series:
    """Read a column of amounts, and refuse what is none.

    Parameters
    ----------
    cells
        As text, indexed by the rows of the file; empty where nothing is said.
    column
        One of `geoplan.schema.money.MONEY_NUMBERS`.
    where
        File and column, for the refusal.

    Returns
    -------
    pandas.Series
        Pounds or people as plain digits in text, empty where nothing is said.

    Raises
    ------
    InputError
        Names the rows with what is no amount.
    """
    known = {text: amount_of(text, money=column != "places") if text else None for text in cells.unique()}
    wrong = [f"row {row}: {text}" for row, text in cells.items() if text and known[text] is None]
    if wrong:
        what = "number of places" if column == "places" else "amount in pounds"
        raise InputError(refusal(f"{where} holds what is no {what}", codes=wrong, hint=HINTS.get(column, HINTS[""])))
    return cells.map({text: "" if value is None else f"{value:.2f}" for text, value in known.items()})


def money_of(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    """Read the columns of money among the attributes of drawn areas.

    Parameters
    ----------
    frame
        Attributes by area, as the file has them.
    where
        The file and its layer, for the refusal.

    Returns
    -------
    pandas.DataFrame
        `MONEY_COLUMNS` where the file has an amount or places, else no column.

    Raises
    ------
    InputError
        If an amount is none.
    """
    text = pd.DataFrame({name: _as_text(frame[name]) for name in MONEY_COLUMNS if name in frame}, index=frame.index)
    if not is_funded(text):
        return pd.DataFrame(index=frame.index)
    text = text.reindex(columns=list(MONEY_COLUMNS), fill_value="")
    numbered = {name: amounts_read(text[name], name, f"{where}, column {name!r}") for name in MONEY_NUMBERS}
    return text.assign(**{name: pd.to_numeric(cells, errors="coerce") for name, cells in numbered.items()})


def _as_text(cells: pd.Series) -> pd.Series:
    return cells.astype(object).where(cells.notna(), "").astype(str).str.strip()


def is_funded(rows: pd.DataFrame) -> bool:
    """Tell whether a table of text has an amount or places anywhere: others are spared seven empty columns."""
    return any(name in rows and (rows[name] != "").any() for name in MONEY_NUMBERS)
