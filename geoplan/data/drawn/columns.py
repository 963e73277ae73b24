"""The columns of a boundary file that hold codes and names, and what is in them made clean."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from difflib import get_close_matches
from pathlib import PurePath

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.data.readers.drivers import RawLayer
from geoplan.errors import InputError, refusal

__all__ = ["GSS", "clean_codes", "clean_names", "codes_of_names", "default_key", "find_columns"]

ONS_CODE = re.compile(r"(?P<stem>[A-Z]{2,}\d\d)CD", re.IGNORECASE)
ONS_NAME = re.compile(r"(?P<stem>[A-Z]{2,}\d\d)NM", re.IGNORECASE)
PLAIN_CODE = re.compile(r"(?P<stem>[A-Z][A-Z_]*?)_?(?:CODE|_CD|_ID)|(?P<gss>GSS)", re.IGNORECASE)
PLAIN_NAME = re.compile(r"(?P<stem>[A-Z][A-Z_]*?)_?(?:NAME|_NM)", re.IGNORECASE)
NOT_AREA_CODES = re.compile(r".*(post_?code|zip_?code|global_id|object_id|feature_id)", re.IGNORECASE)
GSS = re.compile(r"[EWSN]\d{8}")


def default_key(raw: RawLayer) -> str:
    """Return the file's name, with the layer's where that is another."""
    return raw.file if raw.layer == PurePath(raw.file).stem else f"{raw.file}#{raw.layer}"


def find_columns(
    frame: pd.DataFrame, *, code: str | None = None, name: str | None = None, where: str = "the layer"
) -> tuple[str, str]:
    """Find the columns that hold the codes and names of areas.

    A column is a candidate for codes when it is called ``code`` or like ONS's own (two letters or more, two
    digits, ``CD``: LAD25CD, OA21CD), else when it ends in ``_code``, ``_cd`` or ``_id``. Of several the one
    that is unique per row is taken. The name is sought in the column of the same stem (LAD25NM), then in
    ``name``, then in the only one like a name that is unique; without one the codes serve as names. Where no
    column is a candidate for codes, one of names suffices.

    Parameters
    ----------
    frame
        Table of areas.
    code, name
        Columns to take, as said by the user, whatever their case.
    where
        File and layer, for the message.

    Returns
    -------
    tuple
        Column of codes, column of names; the former is empty where there are only names.

    Raises
    ------
    InputError
        A column asked for is missing, none fits, or several fit equally well.

    Examples
    --------
    >>> table = pd.DataFrame({"LAD25CD": ["E1", "E2"], "LAD25NM": ["a", "b"], "RGN25CD": ["E9", "E9"]})
    >>> find_columns(table)
    ('LAD25CD', 'LAD25NM')
    """
    columns = [str(column) for column in frame.columns if str(column) != geometry_name(frame)]
    name_column = asked(name, columns, where, "--name") if name else ""
    if code:
        code_column = asked(code, columns, where, "--code")
    else:
        named = name_column or find_name(frame, columns, "")
        code_column = find_code(frame, columns, where, needed=not named)
    return code_column, name_column or find_name(frame, columns, code_column)


def geometry_name(frame: pd.DataFrame) -> str:
    """Return the name of the geometry column, empty for a frame without one."""
    return str(frame.geometry.name) if isinstance(frame, gpd.GeoDataFrame) else ""


def asked(wanted: str, columns: list[str], where: str, option: str) -> str:
    """Return the column the user asked for, whatever its case."""
    for column in columns:
        if column == wanted:
            return column
    alike = [column for column in columns if column.lower() == wanted.lower()]
    if len(alike) == 1:
        return alike[0]
    near = get_close_matches(wanted, columns, n=1)
    space = "" if option.endswith("=") else " "
    hint = f"Did you mean {option}{space}{near[0]}?" if near else f"Columns found: {', '.join(columns)}."
    raise InputError(refusal(f"{where}: column {wanted!r} is missing", hint=hint))


def find_code(frame: pd.DataFrame, columns: list[str], where: str, *, needed: bool) -> str:
    """Return the column of codes: the only candidate, or the only one that is unique per row.

    Where there is no candidate and codes are not needed, it is empty.
    """
    candidates = [column for column in columns if column.lower() == "code" or ONS_CODE.fullmatch(column)]
    if not candidates:
        candidates = [
            column for column in columns if PLAIN_CODE.fullmatch(column) and not NOT_AREA_CODES.fullmatch(column)
        ]
    if not candidates and not needed:
        return ""
    if not candidates:
        message = refusal(
            f"{where}: no column holds codes, such as 'code' or 'LAD25CD'",
            hint=f"Columns found: {', '.join(columns) or 'none'}. Name one with --code, also one of names.",
        )
        raise InputError(message)
    if len(candidates) == 1:
        return candidates[0]
    unique = [column for column in candidates if frame[column].notna().all() and frame[column].is_unique]
    plain = [column for column in unique if column.lower() == "code"]
    if len(unique) == 1 or plain:
        return (plain or unique)[0]
    state = "are unique per row" if unique else "could hold the codes, none of them unique per row"
    message = refusal(f"{where}: columns {', '.join(unique or candidates)} {state}", hint="Choose one with --code.")
    raise InputError(message)


def find_name(frame: pd.DataFrame, columns: list[str], code: str) -> str:
    """Return the column of names: of the code's stem, ``name``, the only unique one, or that of codes."""
    names = {column: match for column in columns if (match := ONS_NAME.fullmatch(column))}
    names = names or {column: match for column in columns if (match := PLAIN_NAME.fullmatch(column))}
    match = ONS_CODE.fullmatch(code) or PLAIN_CODE.fullmatch(code)
    stem = (match["stem"] or "").lower() if match else ""
    same = [column for column, found in names.items() if found["stem"].lower() == stem]
    plain = [column for column in columns if column.lower() == "name"]
    unique = [column for column in names if frame[column].is_unique]
    for choice in (same, plain, unique):
        if len(choice) == 1:
            return choice[0]
    return code


def clean_codes(values: pd.Series, where: str, *, several: bool = False) -> pd.Series:
    """Return codes as text without blanks around them, refusing missing ones, and repeated ones but where asked."""
    codes = as_text(values)
    blank = np.flatnonzero((codes == "").to_numpy())
    if len(blank):
        rows = [f"row {row + 1}" for row in blank]
        raise InputError(refusal(f"{where}: codes are missing", codes=rows))
    repeated = codes[codes.duplicated()]
    if len(repeated) and not several:
        message = refusal(
            f"{where}: codes are repeated",
            codes=repeated,
            hint="If these rows are parts of one area each, join them with --dissolve; else choose another column "
            "with --code.",
        )
        raise InputError(message)
    return codes


def codes_of_names(names: pd.Series) -> pd.Series:
    """Make codes of names that differ: plain small letters, whatever the order of the rows.

    Parameters
    ----------
    names
        Names of areas, each once.

    Returns
    -------
    pandas.Series
        Names without accents and punctuation, joined by hyphens; where that leaves nothing or the same of several
        names, with a hash of the name.

    Examples
    --------
    >>> codes_of_names(pd.Series(["Bath & Wells", "Ynys Môn", "A 1", "A-1"])).tolist()
    ['bath-wells', 'ynys-mon', 'a-1-937bb4', 'a-1-bc4e7b']
    """
    plain = names.map(lambda name: unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower())
    slugs = plain.str.replace(r"[^a-z0-9]+", "-", regex=True).str.strip("-")
    unclear = slugs.duplicated(keep=False) | (slugs == "")
    hashed = names.map(lambda name: hashlib.sha256(name.encode()).hexdigest()[:6])
    return slugs.where(~unclear, (slugs + "-" + hashed).str.strip("-"))


def clean_names(values: pd.Series, codes: pd.Series) -> pd.Series:
    """Return names as text, the code where there is none."""
    names = as_text(values)
    return names.where(names != "", codes)


def as_text(values: pd.Series) -> pd.Series:
    """Turn a column into stripped text: whole numbers without ".0", missing values empty."""
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    known = values.notna().tolist()
    text = [str(value).strip() if there else "" for value, there in zip(values.astype(object), known, strict=True)]
    return pd.Series(text, name=values.name, dtype=str)
