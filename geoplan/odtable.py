"""Bring a commuting table to zones: its columns, its codes, and all who do not travel between two zones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from geoplan.aggregates import is_total, mixed_levels, sums_of_others
from geoplan.claims import authority_meant, suggested
from geoplan.errors import ConfigurationError, InputError, refusal
from geoplan.keys import gathered, told
from geoplan.layers import as_text, asked
from geoplan.ledger import (
    MERGED,
    Flags,
    Floats,
    Ints,
    aside_frame,
    aside_note,
    aside_text,
    first_of,
    refuse_option,
    sum_pairs,
)
from geoplan.numerals import from_nought, signs_said
from geoplan.places import Authorities
from geoplan.schema import Flows, Note
from geoplan.tables import RawTable, is_square, understood_notes
from geoplan.wording import number_of

__all__ = ["commuting"]

HOME, HOME_OR_NO_FIXED = "home", "home or no fixed place"
NOT_IN_WORK = "not in work"
NOT_STATED = "not stated"
ELSEWHERE = "another country of the United Kingdom"
UNKNOWN = "unknown zone"
DIVIDED = "retired code with several successors"
MOST_WORKERS = 1e15

PSEUDO = {"OD0000001": HOME, "OD0000002": "offshore", "OD0000003": "no fixed place", "OD0000004": "abroad"}
"""Census 2011: destinations that are no places."""

INDICATOR = {"1": HOME_OR_NO_FIXED, "2": "offshore or abroad", "3": "", "-8": NOT_IN_WORK}
"""Census 2021: place of work indicator, empty for a workplace that the table names."""

NOWHERE = re.compile(r"|-\d+|9{6,}|X{3,}", re.IGNORECASE)
PSEUDO_CODE = re.compile(r"OD\d+", re.IGNORECASE)
COUNTRY = re.compile(r"[ENSW]92\d{6}")
COMPOSITE = re.compile(r"\s*[,;+]\s*")
BY_DESIGN = {*PSEUDO.values(), *INDICATOR.values(), ELSEWHERE, "pseudo-destination"}

SMALL = (
    r"(lower|upper)_tier_local_authorit(y|ies)|(middle|lower)_layer_super_output_areas?|output_areas?|regions?|"
    r"countr(y|ies)|(merged_)?local_authorit(y|ies)"
)
PLACE = r"(area|place|zone|location|local_authority|[lu]tla|lad|msoa|lsoa|oa|region|country)"
ENDING = r"(_(code|cd))?"
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


# Reading


@dataclass(frozen=True, eq=False)
class _End:
    """One side of every row: its codes, and the place of each row's code among them."""

    codes: list[str]
    at: Ints


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of a file that hold workers.

    ``indicator`` is None where the file has no column that says what kind of workplace it is.
    """

    file: str
    origin: _End
    destination: _End
    indicator: _End | None
    workers: Floats


@dataclass(frozen=True, eq=False)
class _Settled:
    """What becomes of each code: its zone, or why it has none.

    ``composite`` has the zones of a composite code that lies in several; all of it goes to the first.
    """

    zone: dict[str, str]
    reason: dict[str, str]
    retired: dict[str, str]
    composite: dict[str, tuple[str, ...]]


def commuting(
    raw: RawTable | pd.DataFrame,
    *,
    source: str = "",
    year: str = "",
    kind: str = "given",
    columns: Mapping[str, str] | None = None,
    zones: pd.Index | None = None,
    authorities: Authorities | None = None,
    home: str = "set aside",
    duplicates: str = "refuse",
    unknown: str = "refuse",
) -> Flows:
    """Make sound flows of a table with origin, destination and workers.

    Columns are recognised whatever their case: origin, destination (dest) and workers (count); those of the
    censuses of 2011 (Area of residence, Area of workplace, All categories: ...) and 2021 (Lower tier local
    authorities code, LTLA of workplace code, Count); Istat's community_live, community_work and amount.

    Parameters
    ----------
    raw
        The table as `geoplan.sources.read_flows` reads it, or a frame; it is not changed.
    source, year
        Who counted, and when; by default the name of the file, and unknown.
    kind
        ``census`` or ``given``.
    columns
        The heading of any of ``origin``, ``destination``, ``workers`` that is not found by its name.
    zones
        Codes of the zones the flows are brought to; without them every code of the table is a zone.
    authorities
        The reference: codes no longer in use are brought to their successors, and where authorities are the zones
        they are recognised by their other names and codes.
    home
        ``set aside``, or ``own zone``: those who work at home live and work in their zone.
    duplicates
        ``refuse`` a table that holds a pair twice, because its sum may count people twice, or ``sum``.
    unknown
        ``refuse`` codes that are none of the zones, or ``set aside``.

    Returns
    -------
    Flows
        Workers between zones; those without a workplace in a zone are set aside by reason. The two make up
        the total of the file.

    Raises
    ------
    InputError
        A column is missing or fits several headings, workers are no numbers from 0, a pair stands twice, a code
        is no zone, or nothing is left.
    ConfigurationError
        An option has a value that it does not know.

    Notes
    -----
    A composite code ("E09000001,E09000033") is one zone when no zones are given. Brought to zones, it goes to the
    zone all its members lie in; where they lie in several it goes whole to one of them, which a note names: the
    larger one for the two composites of the census of 2011, else the first listed. It is never split. A retired
    code goes to its successor; with several it is set aside, for nothing tells their shares.

    Examples
    --------
    >>> table = pd.DataFrame({"origin": ["A", "A", "B"], "dest": ["A", "B", "OD0000001"], "count": [5, 2, 1]})
    >>> found = commuting(table, source="toy")
    >>> found.workers, found.set_aside["workers"].to_list(), found.set_aside["reason"].to_list()
    (7.0, [1.0], ['home'])
    """
    refuse_option("home", home, ("set aside", "own zone"))
    refuse_option("duplicates", duplicates, ("refuse", "sum"))
    refuse_option("unknown", unknown, ("refuse", "set aside"))
    table = raw if isinstance(raw, RawTable) else RawTable(_numbered(raw), source or "the table", None, "", ",")
    table = _long(table)
    rows, said, understood = _read_rows(table, dict(columns or {}))
    if zones is not None and authorities is not None:
        rows, recognised = _recognised_zones(rows, zones, authorities)
        understood += recognised
    rows, understood = _units(rows, zones, [*table.said, *understood])
    settled = _settle(rows, zones, authorities)
    if unknown == "refuse":
        _refuse_unknown(rows, settled, authorities)
    fate, at_home = _fates(rows, settled)
    said += _refuse_repeated(rows, duplicates)
    moved = at_home if home == "own zone" else np.zeros(len(fate), dtype=bool)
    names = sorted(settled.zone.values() if zones is None else map(str, zones))
    index = pd.Index(list(dict.fromkeys(names)), dtype=str)
    ends = _zone_ends(rows, settled, index, moved)
    kept = (fate == 0) | moved
    aside = _set_aside(rows, settled, fate, ~kept)
    if not kept.any():
        raise InputError(refusal(f"{table.file} holds no flow between zones{aside_text(aside, ': ')}"))
    pairs = sum_pairs(ends[0][kept], ends[1][kept], rows.workers[kept], index)
    own = rows.workers[moved].sum() if moved.any() else 0.0
    notes = _notes(table.file, pairs, settled, aside, said, own)
    notes = (*understood_notes(table.file, understood), *notes)
    return Flows(pairs, index, aside, source or table.file, year, kind, notes)


# Columns and numbers


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


def _coded(values: pd.Series) -> _End:
    """Turn a column into codes, each once, sorted, and the place of every row's code."""
    if not isinstance(values.dtype, pd.CategoricalDtype):
        places, distinct = pd.factorize(values)
        texts = as_text(pd.Series(distinct))
    else:
        places, texts = values.cat.codes.to_numpy(), as_text(values.cat.categories.to_series())
    # A missing value is at -1: the last of the texts.
    merged = np.append(texts.to_numpy(dtype=object), "")
    codes, at = np.unique(merged.astype(str), return_inverse=True)
    return _End([str(code) for code in codes], at.astype(np.int64)[places])


def _read_rows(raw: RawTable, wanted: dict[str, str]) -> tuple[_Rows, list[str], list[str]]:
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
    rows = _Rows(raw.file, origin, destination, indicator, workers[some])
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


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1))


def _long(raw: RawTable) -> RawTable:
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


def _units(rows: _Rows, zones: pd.Index | None, understood: list[str]) -> tuple[_Rows, list[str]]:
    """Set aside rows of totals, and refuse zones of several levels, which would count people twice."""
    totals = {code for end in (rows.origin, rows.destination) for code in _used(end) if is_total(code)}
    for end, beyond in ((rows.origin, rows.destination), (rows.destination, rows.origin)):
        totals |= {*sums_of_others(end.codes, beyond.codes, end.at, beyond.at, rows.workers)}
    totals -= set() if zones is None else {str(zone) for zone in zones}
    totals -= {code for code in totals if _no_place(code) or COUNTRY.fullmatch(code)}
    summed = np.zeros(len(rows.workers), dtype=bool)
    for end in (rows.origin, rows.destination):
        summed |= np.isin(np.array(end.codes, dtype=object), [*totals])[end.at]
    if summed.all():
        return rows, understood
    if summed.any():
        count = number_of(int(summed.sum()), "row was", "rows were")
        sums = "is a sum" if len(totals) == 1 else "are sums"
        told = f"{count} set aside: {first_of(sorted(totals))} {sums} of others."
        rows, understood = _chosen(rows, ~summed), [*understood, told]
    if zones is None:
        _refuse_levels(rows)
    return rows, understood


def _chosen(rows: _Rows, some: Flags) -> _Rows:
    ends = (rows.origin, rows.destination, rows.indicator)
    origin, destination, indicator = (end and _End(end.codes, end.at[some]) for end in ends)
    assert origin is not None  # noqa: S101 - every row has ends
    assert destination is not None  # noqa: S101 - likewise
    return _Rows(rows.file, origin, destination, indicator, rows.workers[some])


def _refuse_levels(rows: _Rows) -> None:
    levels = mixed_levels(_used(rows.origin))
    if levels:
        message = f"{rows.file}: the homes are of several levels, which counts people twice: {levels}"
        raise InputError(refusal(message, hint="Keep the rows of one level, or name the zones with --zones."))


def _spelt_alike(origin: _End, destination: _End) -> tuple[_End, _End, list[str]]:
    """Make codes one that differ only in how they are written."""
    if not gathered([*_used(origin), *_used(destination)]).made_one:
        return origin, destination, []
    # What is kept, and what is said, goes by the rows.
    found = gathered([end.codes[place] for end in (origin, destination) for place in end.at])
    return _written(origin, found.kept), _written(destination, found.kept), [f"{told(found.made_one)}."]


def _written(end: _End, kept: Mapping[str, str]) -> _End:
    """Return the side with other codes in place of some."""
    codes = sorted({kept.get(code, code) for code in end.codes})
    place = {code: n for n, code in enumerate(codes)}
    return _End(codes, np.array([place[kept.get(code, code)] for code in end.codes], dtype=np.int64)[end.at])


def _recognised_zones(rows: _Rows, zones: pd.Index, authorities: Authorities) -> tuple[_Rows, list[str]]:
    """Put the codes of authorities, also former ones, where their names or other codes stand."""
    known = {str(zone) for zone in zones}
    used = {code for end in (rows.origin, rows.destination) for code in _used(end)}
    meant = {
        written: authority_meant(written, authorities)
        for written in sorted(used - known)
        if not (_no_place(written) or is_total(written) or COUNTRY.fullmatch(written))
    }
    found = {
        written: code
        for written, code in meant.items()
        if code and code != written and known & {code, *authorities.successors(code)}
    }
    if not found:
        return rows, []
    ends = [_written(end, found) for end in (rows.origin, rows.destination)]
    listed = first_of(f"{written!r} as {authorities.official_name(code)} ({code})" for written, code in found.items())
    count = number_of(len(found), "zone is", "zones are")
    return replace(rows, origin=ends[0], destination=ends[1]), [f"{count} recognised: {listed}."]


def _refuse_indicator(end: _End, where: str) -> None:
    strange = [code for place, code in enumerate(end.codes) if code not in INDICATOR and (end.at == place).any()]
    if strange:
        hint = f"Known: {', '.join(INDICATOR)}."
        raise InputError(refusal(f"{where} holds values that are not known", codes=strange, hint=hint))


def _refuse_repeated(rows: _Rows, duplicates: str) -> list[str]:
    """Refuse rows with the same codes as another, or tell how many were summed."""
    key = rows.origin.at * len(rows.destination.codes) + rows.destination.at
    if rows.indicator is not None:
        key = key * len(rows.indicator.codes) + rows.indicator.at
    repeated = pd.Series(key).duplicated().to_numpy()
    if not repeated.any():
        return []
    if duplicates == "sum":
        return [f"{int(repeated.sum()):,} rows repeat a pair of zones and were added to the first."]
    _, first = np.unique(key[repeated], return_index=True)
    again = np.flatnonzero(repeated)[first]
    pairs = [
        f"{rows.origin.codes[rows.origin.at[k]]} to {rows.destination.codes[rows.destination.at[k]]}" for k in again
    ]
    hint = "If the rows are parts, such as ways of travel, and none is a total, have them summed."
    raise InputError(refusal(f"{rows.file}: pairs of zones stand twice", codes=pairs, hint=hint))


# Codes


def _settle(rows: _Rows, zones: pd.Index | None, authorities: Authorities | None) -> _Settled:
    """Tell for every code its zone, or why it has none."""
    known = None if zones is None else {str(zone) for zone in zones}
    successors = _successors(authorities)
    codes = {code for end in (rows.origin, rows.destination) for code in _used(end)}
    countries = {code for code in codes if COUNTRY.fullmatch(code)}
    if not {code for code in codes - countries if not _no_place(code)}:
        countries = set()
    settled = _Settled({}, {}, {}, {})
    for code in sorted(codes):
        if known is not None and code in known:
            settled.zone[code] = code
        elif reason := _no_place(code) or (ELSEWHERE if code in countries else ""):
            settled.reason[code] = reason
        elif known is None:
            settled.zone[code] = code
        else:
            _bring(code, known, successors, settled)
    return settled


def _used(end: _End) -> Iterable[str]:
    return (end.codes[place] for place in np.flatnonzero(np.bincount(end.at, minlength=len(end.codes))))


def _no_place(code: str) -> str:
    """Return why a code names no place at all, or nothing."""
    if code.upper() in PSEUDO:
        return PSEUDO[code.upper()]
    if PSEUDO_CODE.fullmatch(code):
        return "pseudo-destination"
    return NOT_STATED if NOWHERE.fullmatch(code) else ""


def _successors(authorities: Authorities | None) -> dict[str, list[str]]:
    if authorities is None:
        return {}
    return {old: [new for new in authorities.successors(old) if new] for old in authorities.retired}


def _bring(code: str, known: set[str], successors: dict[str, list[str]], settled: _Settled) -> None:
    """Bring a code that is no zone itself to a zone: by its members, or by what it became."""
    members = _members(code)
    if members:
        homes = {member: _today(member, known, successors) for member in members}
        if not all(homes.values()):
            settled.reason[code] = UNKNOWN
            return
        settled.zone[code] = homes[members[0]]
        if len(set(homes.values())) > 1:
            settled.composite[code] = tuple(dict.fromkeys(homes.values()))
        return
    became = _today(code, known, successors)
    if became:
        settled.zone[code] = settled.retired[code] = became
    else:
        settled.reason[code] = DIVIDED if len(successors.get(code, ())) > 1 else UNKNOWN


def _members(code: str) -> tuple[str, ...]:
    """Return the codes a composite one is made of, the one that stands for all first."""
    if code in MERGED:
        return MERGED[code]
    listed = tuple(filter(None, COMPOSITE.split(code)))
    if len(listed) < 2:
        return ()
    return next((merged for merged in MERGED.values() if set(merged) == set(listed)), listed)


def _today(code: str, known: set[str], successors: dict[str, list[str]]) -> str:
    """Return the zone of a code that is one or became one; nothing where it became several or none."""
    if code in known:
        return code
    became = successors.get(code, [])
    return became[0] if len(became) == 1 and became[0] in known else ""


def _refuse_unknown(rows: _Rows, settled: _Settled, authorities: Authorities | None) -> None:
    strange = sorted(code for code, reason in settled.reason.items() if reason == UNKNOWN)
    if not strange:
        return
    amount = _workers_of(rows, strange)
    codes = number_of(len(strange), "code is none", "codes are none")
    text = f"{rows.file}: {codes} of the zones asked for: {first_of(strange)}, with {amount:,.0f} workers"
    raise InputError(refusal(text, hint=_perhaps_meant(strange, authorities)))


def _perhaps_meant(strange: Sequence[str], authorities: Authorities | None) -> str:
    """Say what names that are no zone may have meant; of codes, which zones to give."""
    names = [written for written in strange if not any(letter.isdigit() for letter in written)]
    if authorities is None or not names:
        return "Give the zones the file is of, or set the unknown ones aside."
    return f"Of {names[0]!r}: {suggested(names[0], authorities)}"


def _workers_of(rows: _Rows, codes: Sequence[str]) -> float:
    """Return the workers of rows that name one of these codes on either side."""
    named = np.zeros(len(rows.workers), dtype=bool)
    for end in (rows.origin, rows.destination):
        named |= np.isin(np.array(end.codes, dtype=object), codes)[end.at]
    return float(rows.workers[named].sum())


# Rows to flows


def _fates(rows: _Rows, settled: _Settled) -> tuple[Ints, Flags]:
    """Tell where each row is stopped: 0 nowhere, 1 at its origin, 2 by the indicator, 3 at its destination.

    Returns
    -------
    fate, at_home : array
        And which rows hold those who work at home, of known zones.
    """
    away = np.array([code not in settled.zone for code in rows.origin.codes])[rows.origin.at]
    gone = np.array([code not in settled.zone for code in rows.destination.codes])[rows.destination.at]
    home = np.array([settled.reason.get(code) == HOME for code in rows.destination.codes])[rows.destination.at]
    fate = np.where(gone, 3, 0)
    if rows.indicator is not None:
        reasons = np.array([INDICATOR.get(code, "") for code in rows.indicator.codes])
        fate = np.where((reasons != "")[rows.indicator.at], 2, fate)
        home = np.where(fate == 2, (reasons == HOME_OR_NO_FIXED)[rows.indicator.at], home)
    return np.where(away, 1, fate).astype(np.int64), home & ~away


def _zone_ends(rows: _Rows, settled: _Settled, zones: pd.Index, moved: Flags) -> tuple[Ints, Ints]:
    """Return the place of each row's two zones, -1 for none; of those moved, both are where they live."""
    origin, destination = (
        zones.get_indexer([settled.zone.get(code, "") for code in end.codes])[end.at]
        for end in (rows.origin, rows.destination)
    )
    return origin, np.where(moved, origin, destination)


def _set_aside(rows: _Rows, settled: _Settled, fate: Ints, stopped: Flags) -> pd.DataFrame:
    """Sum those set aside by reason, code and side."""
    found = []
    for stage, end, side in (
        (1, rows.origin, "origin"),
        (2, rows.indicator, "destination"),
        (3, rows.destination, "destination"),
    ):
        here = stopped & (fate == stage)
        if end is None or not here.any():
            continue
        sums = np.bincount(end.at[here], weights=rows.workers[here], minlength=len(end.codes))
        reasons = INDICATOR if stage == 2 else settled.reason
        found += [(reasons[end.codes[k]], end.codes[k], side, float(sums[k])) for k in np.flatnonzero(sums)]
    return aside_frame(found)


# Notes


def _notes(
    file: str, pairs: pd.DataFrame, settled: _Settled, aside: pd.DataFrame, said: list[str], own: float
) -> tuple[Note, ...]:
    notes = [*_recoded(file, settled), *_left_out(file, aside, own)]
    said = [*said, *(_composite_text(code, zones) for code, zones in settled.composite.items())]
    if said:
        members = {zone for zones in settled.composite.values() for zone in zones}
        notes.append(Note("GP105", f"{file}: {' '.join(said)}", other_codes=tuple(sorted(members)), by_design=True))
    if not (pairs.index.codes[0] == pairs.index.codes[1]).any():
        text = f"{file}: nobody lives and works in the same zone, so self-containment would be nought everywhere."
        notes.append(Note("GP901", text))
    return tuple(notes)


def _recoded(file: str, settled: _Settled) -> list[Note]:
    if not settled.retired:
        return []
    listed = first_of(f"{old} to {new}" for old, new in settled.retired.items())
    codes = number_of(len(settled.retired), "code is retired and was", "codes are retired and were")
    text = f"{file}: {codes} brought to the zone that has followed: {listed}."
    return [Note("GP104", text, other_codes=tuple(settled.retired))]


def _composite_text(code: str, zones: tuple[str, ...]) -> str:
    first, *others = zones
    return f"{code} lies in {' and '.join(zones)}: all of it is counted with {first}, none with {', '.join(others)}."


def _left_out(file: str, aside: pd.DataFrame, own: float) -> list[Note]:
    """Return a note on those whose place of work is no zone by its nature, and one on those who are lost."""
    meant = aside["reason"].isin(BY_DESIGN)
    notes = []
    homely = f" {own:,.0f} who work at home are counted as working where they live." if own else ""
    if meant.any() or homely:
        text = f"{file}: workers who do not travel between two zones are set aside{aside_text(aside[meant], ': ')}."
        text = text if meant.any() else f"{file}:"
        notes.append(aside_note(text + homely, aside[meant], by_design=True))
    lost = aside[~meant]
    if len(lost):
        codes = sorted(set(lost["code"]))
        text = f"{file}: workers could not be placed{aside_text(lost, ': ')} ({first_of(codes)})."
        notes.append(aside_note(text, lost, by_design=False, codes=codes))
    return notes
