"""Frames and Series of the caller's own made layers, by the same rules and with the same refusals as files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geoplan.commuting.atlas import Atlas, Opener
from geoplan.data.readers.drivers import RawLayer, refuse_hollow, refuse_vertices
from geoplan.data.tables import headings, membership_rows
from geoplan.data.tables.tables import RawTable
from geoplan.errors import InputError, refusal
from geoplan.schema import Layer

__all__ = ["opener_of", "raw_table"]

MOST_EXACT = 2.0**53
"""Below it a float is the whole number that it looks like."""
AREA = "area"
"""Column of the areas that a Series takes codes to."""


def opener_of(given: pd.DataFrame | pd.Series, key: str, *, code: str = "", name: str = "") -> Opener:
    """Return how an atlas makes a layer of a frame; what is given is copied, and never changed.

    Parameters
    ----------
    given
        GeoDataFrame of areas, GeoSeries indexed by code, DataFrame of members or of a lookup, or Series of areas
        indexed by code.
    key
        What the layer is called, also in refusals, as a file is by its name.
    code, name
        Columns of codes and names, where they cannot be found.

    Returns
    -------
    callable
        For `geoplan.commuting.atlas.Atlas.hold`.

    Raises
    ------
    InputError
        If it has no rows, or no geometry that can be used.
    """
    if isinstance(given, gpd.GeoSeries):
        given = gpd.GeoDataFrame({"code": given.index}, geometry=given.to_numpy(), crs=given.crs)
    if isinstance(given, gpd.GeoDataFrame):
        raw = _raw_layer(given, key)
        return lambda atlas, c, n: atlas.of_boundaries(raw, code or c, name or n)
    if isinstance(given, pd.Series):
        return _of_series(given.copy(), key)
    return _of_table(raw_table(given, key), code, name)


def _with_index(frame: Any, key: str) -> Any:
    """Return a copy in which an index that has a name is a column, as frames of geoplan have their codes."""
    repeated = sorted(set(map(str, frame.columns[frame.columns.map(str).duplicated()])))
    if repeated or frame.columns.nlevels > 1:
        said = f"several columns are called {repeated[0]!r}" if repeated else "the columns have several levels"
        raise InputError(refusal(f"{key}: {said}", hint="Give every column one name of its own."))
    names = [each for each in frame.index.names if each is not None]
    return frame.reset_index() if names and not set(names) & set(frame.columns) else frame.reset_index(drop=True)


def _raw_layer(frame: gpd.GeoDataFrame, key: str) -> RawLayer:
    if frame.active_geometry_name is None:
        message = refusal(f"{key}: the GeoDataFrame has no active geometry", hint="Choose one with set_geometry.")
        raise InputError(message)
    plain = _with_index(frame, key)
    refuse_hollow(key, key, len(plain), set(plain.geom_type.dropna()))
    refuse_vertices(plain, key)
    return RawLayer(plain, key, key, "GeoDataFrame", plain.crs, "")


def raw_table(frame: pd.DataFrame, file: str) -> RawTable:
    """Return a frame as a table is read from a file: rows numbered from 1, days as text, no blank rows.

    Parameters
    ----------
    frame
        The caller's own; it is not changed.
    file
        What it is called in refusals.

    Returns
    -------
    RawTable
        A copy.

    Raises
    ------
    InputError
        If it has no rows, or a column of geometry.
    """
    plain = _with_index(frame, file)
    plain = plain.set_axis(pd.RangeIndex(1, len(plain) + 1, name="row")).rename(columns=str)
    _refuse_geometry(plain, file)
    plain = plain.dropna(how="all")
    if plain.empty:
        raise InputError(refusal(f"{file} holds no rows", hint=f"Columns found: {', '.join(plain.columns) or 'none'}."))
    return RawTable(plain.assign(**_as_text(plain)), file, None, "")


def _refuse_geometry(frame: pd.DataFrame, file: str) -> None:
    for column in frame.columns:
        if len(frame) and isinstance(frame[column].iloc[0], shapely.Geometry):
            message = refusal(
                f"{file}: column {column!r} holds geometry, and a DataFrame does not say in which CRS",
                hint="Make it a GeoDataFrame with its CRS.",
            )
            raise InputError(message)


def _as_text(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Return days as ISO 8601, categories as their words, and whole numbers among missing ones without decimals."""
    days = frame.select_dtypes(["datetime", "datetimetz"])
    worded = frame.select_dtypes("category")
    dated = {name: days[name].dt.strftime("%Y-%m-%d").where(days[name].notna(), "") for name in days}
    numbers = frame.select_dtypes("float")
    whole = {name: numbers[name].astype("Int64") for name in numbers if _is_whole(numbers[name].dropna())}
    return {**dated, **whole, **{name: worded[name].astype(object) for name in worded}}


def _is_whole(numbers: pd.Series) -> bool:
    return bool(((numbers % 1 == 0) & (numbers.abs() < MOST_EXACT)).all())


def _of_table(raw: RawTable, code: str, name: str) -> Opener:
    if headings.are_of_lookup(list(raw.frame.columns)):
        return lambda atlas, c, n: atlas.of_lookup(raw, code or c, name or n)
    _refuse_no_area(raw)
    understood = membership_rows.understood(raw)
    return lambda atlas, _code, _name: atlas.of_membership(understood)


def _refuse_no_area(raw: RawTable) -> None:
    """Refuse members of no area: what is missing in a frame is missing, and stands under no merged cell."""
    chosen = headings.recognise(list(raw.frame.columns), raw.file)
    columns = [chosen[name] for name in headings.AREA if name in chosen]
    members = [chosen[name] for name in headings.AUTHORITY if name in chosen]
    missing = raw.frame[columns].isna().all(axis=1) & raw.frame[members].notna().any(axis=1)
    if missing.any():
        rows = [f"row {row}" for row in raw.frame.index[missing]]
        hint = "Leave such rows out (dropna), or fill them in (ffill)."
        message = f"{raw.file}: column {columns[0]!r} is empty, so members are in no area"
        raise InputError(refusal(message, codes=rows, hint=hint))


def _of_series(areas: pd.Series, key: str) -> Opener:
    """Take a Series of codes or names of authorities, codes of blocks, postcodes, or other small areas, to areas."""
    heading = str(areas.index.name)
    are_postcodes = bool(headings.POSTCODE_HEADING.fullmatch(headings.plain_heading(heading)))
    if areas.index.nlevels > 1:
        message = refusal(f"{key}: the index of the Series has several levels", hint="Leave the level of the codes.")
        raise InputError(message)
    codes = pd.Series(areas.index, dtype=object).map(str).str.strip()
    table = pd.DataFrame({"code": codes.to_numpy(), AREA: areas.reset_index(drop=True)}).dropna(subset=AREA)

    def opened(atlas: Atlas, _code: str, _name: str) -> Layer:
        column = _column_of(table["code"], atlas)
        if column:
            members = table.rename(columns={"code": column, AREA: "area_name"})
            return atlas.of_membership(membership_rows.understood(raw_table(members, key)))
        raw = raw_table(table.rename(columns={"code": heading}) if are_postcodes else table, key)
        return atlas.of_lookup(RawTable(raw.frame, key, AREA, ""), code="" if are_postcodes else "code")

    return opened


def _column_of(codes: Iterable[str], atlas: Atlas) -> str:
    """Return the column of a membership table that codes belong in; none for small areas that are not known."""
    wanted = set(codes)
    blocks = set(atlas.blocks.index)
    if wanted <= blocks and any("." in code for code in wanted):
        return "lad_code"
    known = atlas.authorities
    return "lad_name" if wanted and all(not _is_code(each) and known.named(each) for each in wanted) else ""


def _is_code(text: str) -> bool:
    return any(sign.isdigit() for sign in text)
