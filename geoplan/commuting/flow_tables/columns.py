"""The columns and numbers of a commuting table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.commuting.flow_tables.words import ENDING, INDICATOR, PLACE, SMALL, End, Rows, as_written
from geoplan.commuting.ledger import Flags
from geoplan.data.drawn.columns import as_text, asked
from geoplan.data.keys import gathered, told
from geoplan.data.tables.headings import is_square
from geoplan.data.tables.numerals import from_nought, signs_said
from geoplan.data.tables.tables import RawTable
from geoplan.errors import ConfigurationError, InputError, refusal

__all__ = ["chosen", "long", "numbered", "read_rows", "used_codes"]

MOST_WORKERS = 1e15
# The first pattern of a list that fits a heading decides, so that plain names win over longer ones.
PATTERNS = {
    "origin": (
        r"origin(_(code|cd|zone|area|id))?|orig|from|o",
        rf"{PLACE}_of_(usual_)?residence{ENDING}|(usual_)?residence{ENDING}|currently_residing_in{ENDING}",
        rf"loc_?orig(in)?|({SMALL})_code|community_live|geo_code_?1|home{ENDING}|home_zone",
    ),
    "destination": (
        r"dest(ination)?(_(code|cd|zone|area|id))?|to|d",
        rf"{PLACE}_of_work(place)?{ENDING}|workplace{ENDING}",
        rf"loc_?dest(ination)?|community_work|geo_code_?2|work{ENDING}|work_zone",
    ),
    "workers": (
        r"workers|count|amount",
        r"commuters|flows?|people|(all_)?persons|obs(ervation|_value)?|value|total|n|all|all_(categories|usual).*",
    ),
}
INDICATOR_COLUMN = re.compile(r"place_of_work_indicator.*_code|place_of_work_indicator(_\d+_categories)?")
CODED = re.compile(r".*_(code|cd)")


def _heading(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _find_columns(raw: RawTable, wanted: dict[str, str]) -> dict[str, str]:
    """Return the headings of origin, destination, workers and, where there is one, of the place of work indicator."""
    strange = sorted(wanted.keys() - PATTERNS.keys())
    if strange:
        raise ConfigurationError(refusal("flows have no such column", codes=strange, hint=f"Known: {[*PATTERNS]}."))
    headings = [str(column) for column in raw.frame.columns]
    if raw.column and not wanted.get("workers"):
        wanted = {**wanted, "workers": raw.column}
    found = {
        role: asked(wanted[role], headings, raw.file, f"?{role}=") if wanted.get(role) else "" for role in PATTERNS
    }
    for role in (role for role, column in found.items() if not column):
        found[role] = _recognised(role, [item for item in headings if item not in found.values()], raw.file)
    if len(set(found.values())) < len(found):
        raise InputError(refusal(f"{raw.file}: origin, destination and workers must be three columns, not {found}"))
    kinds = [heading for heading in headings if INDICATOR_COLUMN.fullmatch(_heading(heading))]
    return found | ({"indicator": kinds[0]} if kinds else {})


def _recognised(role: str, headings: list[str], file: str) -> str:
    for pattern in PATTERNS[role]:
        fits = [heading for heading in headings if re.fullmatch(pattern, _heading(heading))]
        coded = [heading for heading in fits if CODED.fullmatch(_heading(heading))]
        for candidates in (coded, fits):
            if len(candidates) == 1:
                return candidates[0]
        if fits:
            hint = f"Choose one: {file}?{role}={fits[0]}."
            message = refusal(f"{file}: several columns could hold the {role}: {', '.join(fits)}", hint=hint)
            raise InputError(message)
    hint = f"Columns found: {', '.join(headings) or 'no others'}. Name it: {file}?{role}=HEADING."
    raise InputError(refusal(f"{file}: no column holds the {role}", hint=hint))


def _coded(values: pd.Series) -> End:
    """Turn a column into codes, each once, sorted, and the place of every row's code."""
    if not isinstance(values.dtype, pd.CategoricalDtype):
        places, distinct = pd.factorize(values)
        texts = as_text(pd.Series(distinct))
    else:
        places, texts = values.cat.codes.to_numpy(), as_text(values.cat.categories.to_series())
    # A missing value is at -1: the last of the texts.
    merged = np.append(texts.to_numpy(dtype=object), "")
    codes, at = np.unique(merged.astype(str), return_inverse=True)
    return End([str(code) for code in codes], at.astype(np.int64)[places])


def read_rows(raw: RawTable, wanted: dict[str, str]) -> tuple[Rows, list[str], list[str]]:
    """Return the rows that hold workers, and sentences on what was odd and on how codes were understood."""
    found = _find_columns(raw, wanted)
    if raw.frame.empty:
        raise InputError(refusal(f"{raw.file} holds no rows"))
    where = f"{raw.file}: column {found['workers']!r}"
    workers = from_nought(raw.frame[found["workers"]], where, delimiter=raw.delimiter, most=MOST_WORKERS)
    some = workers > 0
    if not some.any():
        raise InputError(refusal(f"{where} is 0 in every row"))
    frame = raw.frame if some.all() else raw.frame[some]
    ends = {role: _coded(frame[column]) for role, column in found.items() if role != "workers"}
    indicator = ends.get("indicator")
    if indicator:
        _refuse_indicator(indicator, f"{raw.file}: column {found['indicator']!r}")
    origin, destination, understood = _spelt_alike(ends["origin"], ends["destination"])
    if signs := _signs(raw, found["workers"]):
        understood.append(signs)
    rows = Rows(raw.file, origin, destination, indicator, workers[some])
    fractions = int((rows.workers % 1 != 0).sum())
    said = [f"{int((~some).sum()):,} rows without workers were left out."] if not some.all() else []
    if fractions:
        said.append(f"{fractions:,} of {len(rows.workers):,} rows hold fractions of workers, so these are no counts.")
    return rows, said, understood


def _signs(raw: RawTable, column: str) -> str:
    values = raw.frame[column]
    plain = pd.api.types.is_numeric_dtype(values) and not isinstance(values.dtype, pd.CategoricalDtype)
    said = "" if plain else signs_said(values, delimiter=raw.delimiter)
    return said and f"In column {column!r} {said}."


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame indexed by the numbers of its rows, from 1."""
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1))


def long(raw: RawTable) -> RawTable:
    """Turn a square table, homes down the side and workplaces along the top, into a row a pair."""
    homes, *places = (str(column) for column in raw.frame.columns)
    side = raw.frame.iloc[:, 0].astype(str)
    if len(places) < 2 or not is_square(side, places):
        return raw
    cells = raw.frame.iloc[:, 1:].astype(str).to_numpy(dtype=object)
    pairs = {
        "origin": np.repeat(side.to_numpy(dtype=object), len(places)),
        "destination": np.tile(np.array(places, dtype=object), len(side)),
        "workers": np.where(np.isin(cells, ["", "nan"]), "0", cells).ravel(),
    }
    frame = pd.DataFrame(pairs, index=np.repeat(raw.frame.index, len(places)))
    told = f"A square table was read: {homes or 'the first column'} down the side, workplaces along the top."
    return replace(raw, frame=frame, said=(*raw.said, told))


def chosen(rows: Rows, some: Flags) -> Rows:
    """Return some of the rows, with the codes of all."""
    ends = (rows.origin, rows.destination, rows.indicator)
    origin, destination, indicator = (end and End(end.codes, end.at[some]) for end in ends)
    assert origin is not None  # noqa: S101 - every row has ends
    assert destination is not None  # noqa: S101 - likewise
    return Rows(rows.file, origin, destination, indicator, rows.workers[some])


def _spelt_alike(origin: End, destination: End) -> tuple[End, End, list[str]]:
    """Make codes one that differ only in how they are written."""
    if not gathered([*used_codes(origin), *used_codes(destination)]).made_one:
        return origin, destination, []
    # What is kept, and what is said, goes by the rows.
    found = gathered([end.codes[place] for end in (origin, destination) for place in end.at])
    return as_written(origin, found.kept), as_written(destination, found.kept), [f"{told(found.made_one)}."]


def _refuse_indicator(end: End, where: str) -> None:
    strange = [code for place, code in enumerate(end.codes) if code not in INDICATOR and (end.at == place).any()]
    if strange:
        hint = f"Known: {', '.join(INDICATOR)}."
        raise InputError(refusal(f"{where} holds values that are not known", codes=strange, hint=hint))


def used_codes(end: End) -> Iterable[str]:
    """Return the codes that rows have, once each, in the order in which the codes are held."""
    return (end.codes[place] for place in np.flatnonzero(np.bincount(end.at, minlength=len(end.codes))))
