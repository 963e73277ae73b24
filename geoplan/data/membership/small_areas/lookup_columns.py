"""The columns of a lookup: small areas, areas, names, weights."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from geoplan.data.drawn.columns import GSS, NOT_AREA_CODES, ONS_CODE, PLAIN_CODE, as_text, asked
from geoplan.data.tables.headings import plain_heading
from geoplan.data.tables.tables import RawTable
from geoplan.errors import InputError, refusal

__all__ = ["EXAMPLES", "WEIGHTS", "Columns", "find_columns", "name_column", "wanted_column", "weight_columns"]

# The first heading of a list that is there is taken; years such as _2021 may follow.
WEIGHTS: dict[str, dict[str, float]] = {
    "people": dict.fromkeys(
        ("people", "population", "pop_all", "pop_total", "total_population", "pop", "residents", "usual_residents",
         "persons", "all_ages"), 1.0,
    ),
    "working_age": dict.fromkeys(
        ("working_age", "pop_16_64", "people_16_64", "population_16_64", "age_16_64", "aged_16_64"), 1.0
    ),
    "postcodes": dict.fromkeys(("postcodes", "postcode_count"), 1.0),
    "area_m2": {"area_m2": 1.0, "area_sqm": 1.0, "shape_area": 1.0, "shape__area": 1.0, "area_ha": 1e4,
                "area_km2": 1e6, "area_sqkm": 1e6},
}  # fmt: skip
"""Headings recognised as weights, with what one unit of them is worth."""
YEAR = re.compile(r"_?(19|20)\d\d")
YEARED = re.compile(r"[A-Z]{2,}\d\d(_cd|_?code)?", re.IGNORECASE)
CODE_ENDING = re.compile(r"(_?cd|_?code|_id)$")
NAME_ENDING = re.compile(r".*(nm|name)", re.IGNORECASE)
NAME_ENDINGS = ("nm", "_nm", "_name", "name")
ENOUGH_ROWS = 100
EXAMPLES = 3
ANY_SMALL_AREA = "small areas"


@dataclass(frozen=True)
class Columns:
    """The columns of a lookup: of small areas, of areas, of the areas' names (or of their codes again)."""

    small: str
    area: str
    name: str

    @property
    def unit(self) -> str:
        """What the small areas are called: lsoa21 for LSOA21CD."""
        stem = _stem(self.small)
        return ANY_SMALL_AREA if stem in {"", "code"} else stem


def find_columns(raw: RawTable, code: str, name: str) -> Columns:
    """Find the columns of a lookup: those asked for, else those that hold codes."""
    headings = [str(column) for column in raw.frame.columns]
    weights = {column for column, _ in weight_columns(headings, raw.file).values()}
    free = [column for column in headings if column not in weights]
    codes = [column for column in free if _holds_codes(raw.frame[column], column)]
    area = wanted_column(raw.column, codes, free, raw.file) if raw.column else ""
    small = asked(code, headings, raw.file, "--code") if code else _small_column(raw, codes, area)
    area = area or _only_other(codes, small, raw.file)
    return Columns(small, area, asked(name, headings, raw.file, "--name") if name else name_column(headings, area))


def _stem(column: str) -> str:
    """Reduce a heading to the geography: lsoa21 for LSOA21CD, lsoa21 and lsoa21_code."""
    return CODE_ENDING.sub("", plain_heading(column))


def wanted_column(wanted: str, codes: list[str], columns: list[str], file: str) -> str:
    """Return the column asked for by its heading or its stem, with or without the year, whatever its case."""
    for fits in (
        [column for column in columns if column == wanted],
        [column for column in columns if column.lower() == wanted.lower()],
        [column for column in codes if _stem(column) == _stem(wanted)],
        [column for column in codes if _stem(column).rstrip("0123456789") == wanted.lower()],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise InputError(refusal(f"{file}: {wanted!r} fits the columns {', '.join(fits)}", hint="Name one whole."))
    near = get_close_matches(wanted.lower(), [column.lower() for column in codes], n=1)
    meant = [column for column in codes if column.lower() in near]
    hint = f"Did you mean {file}#{meant[0]}?" if meant else f"Columns of codes found: {', '.join(codes) or 'none'}."
    raise InputError(refusal(f"{file}: column {wanted!r} is missing", hint=hint))


def _holds_codes(values: pd.Series, column: str) -> bool:
    """Tell whether a column holds codes of areas, by its heading or, for one such as ``lad``, by its values."""
    plain = plain_heading(column)
    if ONS_CODE.fullmatch(plain) or plain == "code":
        return True
    if NAME_ENDING.fullmatch(plain) or NOT_AREA_CODES.fullmatch(plain):
        return False
    if PLAIN_CODE.fullmatch(plain):
        return True
    first = as_text(_filled(values).head(ENOUGH_ROWS))
    if YEARED.fullmatch(plain):
        # A count of a year, such as jobs21, is no code.
        return bool(pd.to_numeric(first, errors="coerce").isna().any())
    return bool(len(first)) and bool(first.str.fullmatch(GSS).all())


def _filled(values: pd.Series) -> pd.Series:
    return values[(values.notna() & (values != "")).to_numpy()]


def _is_unique(values: pd.Series) -> bool:
    filled = _filled(values)
    return len(filled) == len(values) and bool(filled.is_unique)


def _small_column(raw: RawTable, codes: list[str], area: str) -> str:
    """Return the column of the small areas: the one of codes, other than the areas', that is unique per row."""
    others = [column for column in codes if column != area] or [column for column in codes if column == area]
    if not others:
        message = refusal(
            f"{raw.file} is a table without geometry, and no column of it holds codes such as 'LSOA21CD'",
            hint=f"Columns found: {', '.join(map(str, raw.frame.columns))}.",
        )
        raise InputError(message)
    unique = [column for column in others if _is_unique(raw.frame[column])]
    # A year in the heading says more than a code by its looks.
    dated = [column for column in unique if ONS_CODE.fullmatch(column) or YEARED.fullmatch(column)]
    found = dated or unique
    if len(found) > 1:
        message = refusal(
            f"{raw.file}: columns {', '.join(found)} are all unique per row, so each could hold the small areas",
            hint="Choose one with --code.",
        )
        raise InputError(message)
    if found:
        return found[0]
    if area in codes and _is_unique(raw.frame[area]):
        return area
    # None is unique: the one that nearly is goes on, to be refused with its repeated codes.
    return max(others, key=lambda column: _filled(raw.frame[column]).nunique())


def _only_other(codes: list[str], small: str, file: str) -> str:
    others = [column for column in codes if column != small]
    if len(others) == 1:
        return others[0]
    if not others:
        raise InputError(refusal(f"{file}: beside {small!r} no column holds codes of areas", hint="Add one."))
    message = refusal(
        f"{file} takes {small!r} to {len(others)} geographies: {', '.join(others)}",
        hint=f"Name one: {file}#{others[0]}",
    )
    raise InputError(message)


def name_column(headings: Iterable[str], area: str) -> str:
    """Return the column of names of the areas' stem, the codes where there is none."""
    plain = {plain_heading(heading): heading for heading in headings}
    stem = _stem(area)
    return next((plain[stem + ending] for ending in NAME_ENDINGS if stem + ending in plain), area)


def weight_columns(headings: Iterable[str], file: str) -> dict[str, tuple[str, float]]:
    """Return the columns of weights: measure -> heading and what one unit is worth."""
    plain: dict[str, list[str]] = {}
    for heading in headings:
        plain.setdefault(YEAR.sub("", plain_heading(heading)), []).append(heading)
    found = {}
    for measure, known in WEIGHTS.items():
        first = next((name for name in known if name in plain), None)
        if first is None:
            continue
        if len(plain[first]) > 1:
            listed = ", ".join(plain[first])
            raise InputError(refusal(f"{file}: several columns could be {measure!r}: {listed}", hint="Keep one."))
        found[measure] = (plain[first][0], known[first])
    return found
