"""What came from a server, before it is kept: columns, types and outlines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from geoplan.errors import InputError, refusal

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Fetched", "frame_of"]

WHOLE = ("esriFieldTypeInteger", "esriFieldTypeSmallInteger", "esriFieldTypeBigInteger", "esriFieldTypeOID")
NUMBERS = ("esriFieldTypeDouble", "esriFieldTypeSingle")
DAYS = ("esriFieldTypeDate",)


@dataclass(frozen=True, eq=False)
class Fetched:
    """Rows of a service.

    Parameters
    ----------
    frame
        Columns as published, one row a row of the service.
    geometry
        Array of outlines (shapely, EPSG:27700), one a row; None for a table.
    pages
        Keys of what the cache holds of it.
    """

    frame: pd.DataFrame
    geometry: np.ndarray | None = None
    pages: tuple[str, ...] = ()


def frame_of(where: str, rows: Sequence[Mapping[str, Any]], fields: Mapping[str, str]) -> pd.DataFrame:
    """Make a frame of rows, each column of the type that was declared for it.

    Parameters
    ----------
    where
        What is read, for messages.
    rows
        Cells by column.
    fields
        Column -> type, as ArcGIS names types; columns that are not named are left out.

    Returns
    -------
    pandas.DataFrame
        Text, numbers, and times in UTC.

    Raises
    ------
    InputError
        If a column of numbers holds something else.
    """
    return pd.DataFrame(
        {name: _column(where, name, [row.get(name) for row in rows], kind) for name, kind in fields.items()}
    )


def _column(where: str, name: str, cells: list[Any], kind: str) -> pd.Series:
    try:
        if kind in WHOLE:
            return pd.Series(cells, dtype="Int64")
        if kind in NUMBERS:
            return pd.Series(cells, dtype="Float64").astype(float)
        if kind in DAYS:
            return pd.to_datetime(pd.Series(cells, dtype="Int64"), unit="ms", utc=True)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(refusal(f"{where}: column {name!r} holds what is no number, as it was declared")) from error
    return pd.Series([None if cell is None else str(cell) for cell in cells], dtype=object)
