"""Bring a commuting table to zones: its columns, its codes, and all who do not travel between two zones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.commuting.flow_tables.columns import chosen, long, numbered, read_rows, used_codes
from geoplan.commuting.flow_tables.fates import fates, notes_on, set_aside, workers_of, zone_ends
from geoplan.commuting.flow_tables.words import (
    COMPOSITE,
    COUNTRY,
    DIVIDED,
    ELSEWHERE,
    NOT_STATED,
    NOWHERE,
    PSEUDO,
    PSEUDO_CODE,
    UNKNOWN,
    Rows,
    Settled,
    as_written,
)
from geoplan.commuting.ledger import MERGED, aside_text, first_of, refuse_option, sum_pairs
from geoplan.data.editions.forward import Forward, brought_forward
from geoplan.data.editions.together import mixed_editions
from geoplan.data.membership.claims import authority_meant, suggested
from geoplan.data.places import Authorities
from geoplan.data.tables.aggregates import is_total, mixed_levels, sums_of_others
from geoplan.data.tables.tables import RawTable, understood_notes
from geoplan.errors import InputError, refusal
from geoplan.schema import Flows, Note
from geoplan.schema.wording import number_of

__all__ = ["commuting"]


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
        The table as `geoplan.data.readers.vector.read_flows` reads it, or a frame; it is not changed.
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
    table = raw if isinstance(raw, RawTable) else RawTable(numbered(raw), source or "the table", None, "", ",")
    table = long(table)
    rows, said, understood = read_rows(table, dict(columns or {}))
    if zones is not None and authorities is not None:
        rows, recognised = _recognised_zones(rows, zones, authorities)
        understood += recognised
    rows, understood = _units(rows, zones, [*table.said, *understood])
    settled = _settle(rows, zones, authorities)
    if unknown == "refuse":
        _refuse_unknown(rows, settled, authorities)
    fate, at_home = fates(rows, settled)
    said += _refuse_repeated(rows, duplicates)
    moved = at_home if home == "own zone" else np.zeros(len(fate), dtype=bool)
    names = sorted(settled.zone.values() if zones is None else map(str, zones))
    index = pd.Index(list(dict.fromkeys(names)), dtype=str)
    ends = zone_ends(rows, settled, index, moved)
    kept = (fate == 0) | moved
    aside = set_aside(rows, settled, fate, ~kept)
    if not kept.any():
        raise InputError(refusal(f"{table.file} holds no flow between zones{aside_text(aside, ': ')}"))
    pairs = sum_pairs(ends[0][kept], ends[1][kept], rows.workers[kept], index)
    own = rows.workers[moved].sum() if moved.any() else 0.0
    notes = notes_on(table.file, pairs, settled, aside, said, own)
    if authorities is not None:
        codes = [code for end in (rows.origin, rows.destination) for code in used_codes(end)]
        notes = (*notes, *mixed_editions(table.file, codes, authorities.retired, authorities.first_days))
        notes = (*notes, *_incomplete(table.file, codes, settled, authorities))
    notes = (*understood_notes(table.file, understood), *notes)
    return Flows(pairs, index, aside, source or table.file, year, kind, notes)


def _units(rows: Rows, zones: pd.Index | None, understood: list[str]) -> tuple[Rows, list[str]]:
    """Set aside rows of totals, and refuse zones of several levels, which would count people twice."""
    totals = {code for end in (rows.origin, rows.destination) for code in used_codes(end) if is_total(code)}
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
        rows, understood = chosen(rows, ~summed), [*understood, told]
    if zones is None:
        _refuse_levels(rows)
    return rows, understood


def _refuse_levels(rows: Rows) -> None:
    levels = mixed_levels(used_codes(rows.origin))
    if levels:
        message = f"{rows.file}: the homes are of several levels, which counts people twice: {levels}"
        raise InputError(refusal(message, hint="Keep the rows of one level, or name the zones with --zones."))


def _recognised_zones(rows: Rows, zones: pd.Index, authorities: Authorities) -> tuple[Rows, list[str]]:
    """Put the codes of authorities, also former ones, where their names or other codes stand."""
    known = {str(zone) for zone in zones}
    used = {code for end in (rows.origin, rows.destination) for code in used_codes(end)}
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
    ends = [as_written(end, found) for end in (rows.origin, rows.destination)]
    listed = first_of(f"{written!r} as {authorities.official_name(code)} ({code})" for written, code in found.items())
    count = number_of(len(found), "zone is", "zones are")
    return replace(rows, origin=ends[0], destination=ends[1]), [f"{count} recognised: {listed}."]


def _refuse_repeated(rows: Rows, duplicates: str) -> list[str]:
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


def _settle(rows: Rows, zones: pd.Index | None, authorities: Authorities | None) -> Settled:
    """Tell for every code its zone, or why it has none."""
    known = None if zones is None else {str(zone) for zone in zones}
    retired = authorities.retired if authorities else {}
    forward = brought_forward(retired, known or (), retired)
    codes = {code for end in (rows.origin, rows.destination) for code in used_codes(end)}
    countries = {code for code in codes if COUNTRY.fullmatch(code)}
    if not {code for code in codes - countries if not _no_place(code)}:
        countries = set()
    settled = Settled({}, {}, {}, {})
    for code in sorted(codes):
        if known is not None and code in known:
            settled.zone[code] = code
        elif reason := _no_place(code) or (ELSEWHERE if code in countries else ""):
            settled.reason[code] = reason
        elif known is None:
            settled.zone[code] = code
        else:
            _bring(code, known, forward, settled)
    return settled


def _no_place(code: str) -> str:
    """Return why a code names no place at all, or nothing."""
    if code.upper() in PSEUDO:
        return PSEUDO[code.upper()]
    if PSEUDO_CODE.fullmatch(code):
        return "pseudo-destination"
    return NOT_STATED if NOWHERE.fullmatch(code) else ""


def _bring(code: str, known: set[str], forward: Forward, settled: Settled) -> None:
    """Bring a code that is no zone itself to a zone: by its members, or by what it became."""
    members = _members(code)
    if members:
        homes = {member: _today(member, known, forward) for member in members}
        if not all(homes.values()):
            settled.reason[code] = UNKNOWN
            return
        settled.zone[code] = homes[members[0]]
        if len(set(homes.values())) > 1:
            settled.composite[code] = tuple(dict.fromkeys(homes.values()))
        return
    became = _today(code, known, forward)
    if became:
        settled.zone[code] = settled.retired[code] = became
    else:
        settled.reason[code] = DIVIDED if code in forward.divided else UNKNOWN


def _incomplete(file: str, codes: Sequence[str], settled: Settled, authorities: Authorities) -> list[Note]:
    """Tell which zones were made of former ones that the table lacks, so that their flows are too small."""
    lacking = brought_forward(codes, set(settled.retired.values()), authorities.retired).lacking
    if not lacking:
        return []
    lost = sorted({old for missing in lacking.values() for old in missing})
    zones = number_of(len(lacking), "zone was", "zones were")
    text = f"{file}: {zones} also made of former ones without flows in the table: {first_of(lost)}."
    return [Note("GP104", text, other_codes=(*lacking, *lost))]


def _members(code: str) -> tuple[str, ...]:
    """Return the codes a composite one is made of, the one that stands for all first."""
    if code in MERGED:
        return MERGED[code]
    listed = tuple(filter(None, COMPOSITE.split(code)))
    if len(listed) < 2:
        return ()
    return next((merged for merged in MERGED.values() if set(merged) == set(listed)), listed)


def _today(code: str, known: set[str], forward: Forward) -> str:
    """Return the zone of a code that is one or became one; nothing where it became several or none."""
    return code if code in known else forward.now.get(code, "")


def _refuse_unknown(rows: Rows, settled: Settled, authorities: Authorities | None) -> None:
    strange = sorted(code for code, reason in settled.reason.items() if reason == UNKNOWN)
    if not strange:
        return
    amount = workers_of(rows, strange)
    codes = number_of(len(strange), "code is none", "codes are none")
    text = f"{rows.file}: {codes} of the zones asked for: {first_of(strange)}, with {amount:,.0f} workers"
    raise InputError(refusal(text, hint=_perhaps_meant(strange, authorities)))


def _perhaps_meant(strange: Sequence[str], authorities: Authorities | None) -> str:
    """Say what names that are no zone may have meant; of codes, which zones to give."""
    names = [written for written in strange if not any(letter.isdigit() for letter in written)]
    if authorities is None or not names:
        return "Give the zones the file is of, or set the unknown ones aside."
    return f"Of {names[0]!r}: {suggested(names[0], authorities)}"
