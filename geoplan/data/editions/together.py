"""Codes of a file that never were in force on one day, so that its rows are of different editions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from geoplan.data.editions.codes import Former
from geoplan.schema import Note
from geoplan.schema.wording import day, listed, plural

__all__ = ["mixed_editions"]

MOST_NAMED = 3


def mixed_editions(
    where: str, codes: Iterable[str], retired: Mapping[str, Former], first_days: Mapping[str, str]
) -> list[Note]:
    """Note that codes of a file never were in force on one day, so that its rows are of different editions.

    Parameters
    ----------
    where
        File, and column where there is one, for the message.
    codes
        Codes of authorities, others being left alone.
    retired
        What became of former authorities.
    first_days
        Code of an authority -> its first day, where that is since 2009.

    Returns
    -------
    list of Note
        GP105 with the codes of each time, or none.
    """
    known = sorted(set(codes))
    ends = {code: retired[code].ended for code in known if code in retired}
    starts = {code: first_days[code] for code in known if code in first_days}
    if not ends or not starts or min(ends.values()) >= max(starts.values()):
        return []
    first_end, last_start = min(ends.values()), max(starts.values())
    older = [code for code, day in ends.items() if day < last_start]
    newer = [code for code, day in starts.items() if day > first_end]
    lead = (
        f"{where}: codes that never were in force on one day stand together: "
        f"{_of_a_time(older, [ends[code] for code in older], 'ended')}, and "
        f"{_of_a_time(newer, [starts[code] for code in newer], 'began')}."
    )
    advice = "Its rows are of different editions: take all of one."
    return [Note("GP105", lead, other_codes=(*older, *newer), advice=advice)]


def _of_a_time(codes: Sequence[str], days: Sequence[str], verb: str) -> str:
    """Name codes with the days, from the first to the last, on which they began or ended."""
    named = listed([*codes[:MOST_NAMED], *([f"{len(codes) - MOST_NAMED} more"] if len(codes) > MOST_NAMED else [])])
    first, last = min(days), max(days)
    on = f"on {day(first)}" if first == last else f"from {day(first)} to {day(last)}"
    return f"{plural(len(codes), 'code')} that {verb} {on} ({named})"
