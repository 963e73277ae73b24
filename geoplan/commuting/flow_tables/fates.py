"""What becomes of every row of a commuting table: a flow, or set aside with its reason."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geoplan.commuting.flow_tables.words import BY_DESIGN, HOME, HOME_OR_NO_FIXED, INDICATOR, Rows, Settled
from geoplan.commuting.ledger import Flags, Ints, aside_frame, aside_note, aside_text, first_of
from geoplan.schema import Note, in_parts
from geoplan.schema.wording import number_of

__all__ = ["fates", "notes_on", "set_aside", "workers_of", "zone_ends"]


def workers_of(rows: Rows, codes: Sequence[str]) -> float:
    """Return the workers of rows that name one of these codes on either side."""
    named = np.zeros(len(rows.workers), dtype=bool)
    for end in (rows.origin, rows.destination):
        named |= np.isin(np.array(end.codes, dtype=object), codes)[end.at]
    return float(rows.workers[named].sum())


def fates(rows: Rows, settled: Settled) -> tuple[Ints, Flags]:
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


def zone_ends(rows: Rows, settled: Settled, zones: pd.Index, moved: Flags) -> tuple[Ints, Ints]:
    """Return the place of each row's two zones, -1 for none; of those moved, both are where they live."""
    origin, destination = (
        zones.get_indexer([settled.zone.get(code, "") for code in end.codes])[end.at]
        for end in (rows.origin, rows.destination)
    )
    return origin, np.where(moved, origin, destination)


def set_aside(rows: Rows, settled: Settled, fate: Ints, stopped: Flags) -> pd.DataFrame:
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


def notes_on(
    file: str, pairs: pd.DataFrame, settled: Settled, aside: pd.DataFrame, said: list[str], own: float
) -> tuple[Note, ...]:
    """Return what is noted of the table: codes brought to zones, workers left out, and what else is said."""
    notes = [*_recoded(file, settled), *_left_out(file, aside, own)]
    said = [*said, *(_composite_text(code, zones) for code, zones in settled.composite.items())]
    if said:
        members = {zone for zones in settled.composite.values() for zone in zones}
        lead, detail = in_parts(said)
        codes = tuple(sorted(members))
        notes.append(Note("GP105", f"{file}: {lead}", other_codes=codes, by_design=True, detail=detail))
    if not (pairs.index.codes[0] == pairs.index.codes[1]).any():
        text = f"{file}: nobody lives and works in the same zone, so self-containment would be nought everywhere."
        notes.append(Note("GP901", text))
    return tuple(notes)


def _recoded(file: str, settled: Settled) -> list[Note]:
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
    homely = f"{own:,.0f} who work at home are counted as working where they live." if own else ""
    if meant.any() or homely:
        text = f"{file}: workers who do not travel between two zones are set aside{aside_text(aside[meant], ': ')}."
        lead, detail = (text, homely) if meant.any() else (f"{file}: {homely}", "")
        notes.append(aside_note(lead, aside[meant], by_design=True, detail=detail))
    lost = aside[~meant]
    if len(lost):
        codes = sorted(set(lost["code"]))
        text = f"{file}: workers could not be placed{aside_text(lost, ': ')} ({first_of(codes)})."
        notes.append(aside_note(text, lost, by_design=False, codes=codes))
    return notes
