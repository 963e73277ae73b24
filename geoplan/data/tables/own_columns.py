"""Columns of a user's own, which geoplan keeps: what they are called, and whether they are numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from geoplan.schema import NEED_COLUMNS
from geoplan.schema.money import MONEY_COLUMNS

__all__ = ["RESERVED", "named_apart", "plainly_typed"]

RESERVED = frozenset(
    {
        *MONEY_COLUMNS, *NEED_COLUMNS, "area_id", "area_name", "area_m2", "block", "boundary", "code", "confidence",
        "estimated",
        "fid", "geom", "geometry", "index", "km2", "layer", "layer_title", "lead_body", "lead_confidence",
        "lead_source", "members", "name", "not_assessed", "not_confirmed", "passes", "people",
        "postcodes", "row", "share", "unconfirmed", "working_age",
    }
)  # fmt: skip
"""Columns of areas that are geoplan's own, in any of its outputs."""
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_CODE = re.compile(r"0\d+")


def named_apart(headings: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Return under which name each column is kept.

    Parameters
    ----------
    headings
        Of columns that geoplan has no use for.
    taken
        Names of further columns of geoplan's own.

    Returns
    -------
    dict
        Heading -> name: the heading itself, with ``own_`` before it where a column of geoplan is called so.

    Examples
    --------
    >>> named_apart(["Ward lead", "People", "people"])
    {'Ward lead': 'Ward lead', 'People': 'own_People', 'people': 'own_people_2'}
    """
    used = {each.casefold() for each in (*RESERVED, *taken)}
    names: dict[str, str] = {}
    for heading in headings:
        clean = heading.strip() or "column"
        first = clean if clean.casefold() not in used else f"own_{clean}"
        choices = (first, *(f"{first}_{number}" for number in range(2, len(used) + 3)))
        name = next(each for each in choices if each.casefold() not in used)
        used.add(name.casefold())
        names[heading] = name
    return names


def plainly_typed(cells: pd.Series) -> pd.Series:
    """Return a column of text as numbers where every cell that is not empty is one.

    Parameters
    ----------
    cells
        Text; empty where nothing stands.

    Returns
    -------
    pandas.Series
        Numbers, missing for empty cells; or the text as it is. What begins with a nought is a code and stays text.

    Examples
    --------
    >>> plainly_typed(pd.Series(["1,200", "", "3.5"])).tolist(), plainly_typed(pd.Series(["0101", "12"])).tolist()
    ([1200.0, nan, 3.5], ['0101', '12'])
    """
    used = [cell for cell in cells.unique() if cell]
    if not used or not all(_NUMBER.fullmatch(cell) for cell in used) or any(_CODE.fullmatch(cell) for cell in used):
        return cells
    return cells.map({"": float("nan"), **{cell: float(cell.replace(",", "")) for cell in used}}).astype(float)
