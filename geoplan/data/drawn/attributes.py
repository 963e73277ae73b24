"""What a boundary file says of its areas besides codes, names and outlines: kept, and money read as in tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import geopandas as gpd
import pandas as pd

from geoplan.data.tables.amounts import money_of
from geoplan.data.tables.own_columns import named_apart
from geoplan.schema import Note
from geoplan.schema.money import MONEY_COLUMNS
from geoplan.schema.wording import listed, plural, was

__all__ = ["attributes_of"]


def attributes_of(
    frame: gpd.GeoDataFrame, codes: pd.Series, used: Iterable[str], where: str
) -> tuple[pd.DataFrame, tuple[str, ...], list[Note]]:
    """Gather the attributes of drawn areas.

    Parameters
    ----------
    frame
        As read from the file.
    codes
        Code of each row; repeated where rows are parts of one area.
    used
        Columns that are codes and names.
    where
        The file and its layer, for messages.

    Returns
    -------
    attributes : pandas.DataFrame
        One row a code, in the order met: the columns of money where the file has any, and all others as they are,
        days as ISO 8601. A column is left out where it varies among the rows of a code.
    own : tuple of str
        Which of them are the user's own.
    notes : list of Note
        Columns kept under another name, and those left out (GP106).

    Raises
    ------
    InputError
        If an amount is none.
    """
    plain = pd.DataFrame(frame).drop(columns=[name for name in frame if str(frame[name].dtype) == "geometry"])
    plain = plain.drop(columns=[*used]).set_axis(pd.Index(codes.to_numpy(), name="code"))
    plain = plain.rename(columns=str).dropna(axis=1, how="all")
    plain = plain.apply(_plain)
    once = plain[~plain.index.duplicated()]
    varying = [] if len(once) == len(plain) else _varying(plain, once)
    once = once.drop(columns=varying)
    money = money_of(once.set_axis(range(1, len(once) + 1)), where).set_axis(once.index)
    names = named_apart([name for name in once if name not in MONEY_COLUMNS])
    own = once[list(names)].rename(columns=names)
    notes = [_renamed(names, where)] if any(heading != name for heading, name in names.items()) else []
    if varying:
        what = f"{'column' if len(varying) == 1 else 'columns'} {listed([repr(name) for name in varying])}"
        verb = "varies" if len(varying) == 1 else "vary"
        left = "is" if len(varying) == 1 else "are"
        lead = f"{where}, {what}: {verb} among the rows of one area, and {left} not shown."
        notes.append(Note("GP106", lead, by_design=True))
    return money.join(own), tuple(own.columns), notes


def _varying(plain: pd.DataFrame, once: pd.DataFrame) -> list[str]:
    """Name the columns that differ among the rows of a code."""
    same = plain.eq(once.reindex(plain.index)) | plain.isna()
    return list(plain.columns[~same.all()])


def _renamed(names: Mapping[str, str], where: str) -> Note:
    """Say once of all columns that are called like geoplan's own under which names they are kept."""
    other = [f"{heading!r} as {name!r}" for heading, name in names.items() if heading != name]
    lead = f"{where}: {plural(len(other), 'column')} {was(len(other))} kept under another name: {listed(other)}."
    return Note("GP106", lead, by_design=True, detail="Columns of those names are geoplan's own.")


def _plain(column: pd.Series) -> pd.Series:
    """Return numbers as they are, days as ISO 8601, all else as text."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.dt.strftime("%Y-%m-%d").where(column.notna(), "")
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column
    return column.astype(object).where(column.notna(), "").astype(str)
