"""Rows of a membership table by their days: in force, past, to come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from geoplan.data.catalogue import successor
from geoplan.data.catalogue_file import Entry
from geoplan.data.days import parse_day
from geoplan.data.membership.contradictions import Written
from geoplan.schema import Change, Note
from geoplan.schema.wording import at_rows, listed, when

__all__ = ["changes", "in_force", "members_of", "past_notes", "past_rows", "row_changes", "rows_in_force"]

AHEAD = timedelta(days=366)
"""How far ahead the end of a scheme is news: what lies further ahead is its plan."""


def members_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of members, without those that are only proposed."""
    return table[table["status"] != "proposed"]


def in_force(rows: pd.DataFrame, day: date) -> np.ndarray:
    """Tell which rows are in force on a day, by their first and last days."""
    starts, ends = _days(rows)
    return np.array([start <= day <= end for start, end in zip(starts, ends, strict=True)], dtype=bool)


def rows_in_force(rows: pd.DataFrame, day: date) -> np.ndarray:
    """Tell which rows of a user's table are in force: by their days, and without any by their status."""
    undated = (rows[["valid_from", "valid_to"]] == "").all(axis=1)
    idle = undated & rows["status"].isin(["ended", "proposed"])
    holds: np.ndarray = in_force(rows, day) & ~idle.to_numpy()
    return holds


def past_rows(filled: pd.DataFrame, written: Written, day: date, lost: Sequence[int]) -> list[int]:
    """Return the numbers of the rows that are understood and not in force on a day."""
    unknown = set(lost)
    within = zip(written.numbers, rows_in_force(filled, day), strict=True)
    return [number for number, inside in within if not inside and number not in unknown]


def past_notes(past: Sequence[int], written: Written, day: date) -> list[Note]:
    """Return a note of the rows that are not in force on a day, if there are any."""
    if not past:
        return []
    told = [written.headings[one] for one in ("valid_from", "valid_to", "status") if one in written.headings]
    where = f"{'column' if len(told) == 1 else 'columns'} {listed([repr(one) for one in told])}"
    lead = (
        f"{written.file}, {where}: {len(past):,} of {len(written.numbers):,} rows are not in force on "
        f"{day.isoformat()} ({at_rows(past)})."
    )
    rows, advice = {"rows": list(past)}, "--as-of shows another day."
    return [Note("GP106", lead, name=written.file, by_design=True, evidence=rows, advice=advice)]


def _days(rows: pd.DataFrame) -> tuple[list[date], list[date]]:
    """Return the first and the last day of each row.

    Of a month or year in which an authority passes from one area to another, the day is not known: it counts for
    the later area, so that it is never in both.
    """
    starts = [parse_day(text, end=False) or date.min for text in rows["valid_from"]]
    ends = [parse_day(text, end=True) or date.max for text in rows["valid_to"]]
    passing = set(zip(rows["lad_code"], rows["block"], rows["valid_from"], strict=True))
    for at, row in enumerate(zip(rows["lad_code"], rows["block"], rows["valid_to"], strict=True)):
        first = parse_day(row[2], end=False)
        if first and row in passing and starts[at] < first:
            ends[at] = first - timedelta(days=1)
    return starts, ends


def changes(table: pd.DataFrame, entry: Entry, day: date) -> tuple[Change, ...]:
    """Return what is known to change after a day in a layer that has not ended by then."""
    if entry.show != "members":
        return ()
    end = parse_day(entry.in_force_to, end=True)
    found = list(row_changes(members_of(table), day, end or date.max))
    next_one = successor(entry)
    if end and end > day and (next_one or end - day <= AHEAD):
        then = f", followed by {next_one.key}" if next_one else ""
        found.append(Change(entry.in_force_to, f"it ends {when(entry.in_force_to)}{then}"))
    return tuple(found)


def row_changes(rows: pd.DataFrame, day: date, until: date = date.max) -> tuple[Change, ...]:
    """Return which areas begin, end, gain or lose authorities between two days, from the first on."""
    starts, ends = _days(rows)
    dated = rows.assign(start=starts, end=ends)
    now, later = dated[(dated["start"] <= day) & (dated["end"] >= day)], dated[dated["start"] > day]
    found = [*_coming(now, later), *_going(now, later)]
    ranked = sorted(found, key=lambda each: (each[0], each[1].text))
    return tuple(change for on, change in ranked if on < until)


def _coming(now: pd.DataFrame, later: pd.DataFrame) -> Iterator[tuple[date, Change]]:
    for (area, start), rows in later.groupby(["area_id", "start"]):
        here = now["lad_code"][now["area_id"] == area]
        new = rows[~rows["lad_code"].isin(here)]
        first = here.empty and start == later["start"][later["area_id"] == area].min()
        if len(new):
            yield start, _change(new, "valid_from", "begins" if first else "", ("joins", "join"))


def _going(now: pd.DataFrame, later: pd.DataFrame) -> Iterator[tuple[date, Change]]:
    for (area, end), rows in now[now["end"] < date.max].groupby(["area_id", "end"]):
        then = pd.concat([now[now["end"] > end], later])
        then = then["lad_code"][then["area_id"] == area]
        gone = rows[~rows["lad_code"].isin(then)]
        if len(gone):
            yield end, _change(gone, "valid_to", "ends" if then.empty else "", ("leaves", "leave"))


def _change(rows: pd.DataFrame, column: str, whole: str, some: tuple[str, str]) -> Change:
    """Say what happens to an area as a whole, or to some of its authorities."""
    day, area = str(rows[column].iloc[0]), str(rows["area_name"].iloc[0])
    lads = dict(zip(rows["lad_code"], rows["lad_name"], strict=True))
    if whole:
        said = f"{area} {whole}"
    elif len(lads) == 1:
        said = f"{next(iter(lads.values())) or next(iter(lads))} {some[0]} {area}"
    else:
        said = f"{len(lads)} authorities {some[1]} {area}"
    return Change(day, f"{said} {when(day)}", frozenset(lads))
