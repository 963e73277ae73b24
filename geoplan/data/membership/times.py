"""Rows of a membership table by their days: in force, past, to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from geoplan.data.catalogue import successor
from geoplan.data.catalogue_file import Entry
from geoplan.data.days import parse_day
from geoplan.data.membership.contradictions import Written
from geoplan.data.membership.spans import followers, members_of, on_day, row_days, undated
from geoplan.schema import Change, Note
from geoplan.schema.wording import at_rows, listed, when

__all__ = ["changes", "in_force", "past_notes", "past_rows", "row_changes", "rows_in_force"]

AHEAD = timedelta(days=366)
"""How far ahead the end of a scheme is news: what lies further ahead is its plan."""


def in_force(rows: pd.DataFrame, day: date) -> np.ndarray:
    """Tell which rows are in force on a day, by their first and last days."""
    return on_day(*row_days(rows), day)


def rows_in_force(rows: pd.DataFrame, day: date) -> np.ndarray:
    """Tell which rows of a user's table are in force: by their days, and without any by their status."""
    idle = undated(rows) & rows["status"].isin(["ended", "proposed"]).to_numpy()
    holds: np.ndarray = in_force(rows, day) & ~idle
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
    starts, ends = row_days(rows)
    dated = rows.assign(start=starts, end=ends)
    now, later = dated[(dated["start"] <= day) & (dated["end"] >= day)], dated[dated["start"] > day]
    passing = {
        old: news
        for old, news in followers(rows).items()
        if old in set(now["area_id"]) and not later["area_id"].eq(old).any()
    }
    begun = {new for news in passing.values() for new in news}
    found = [
        *_passing(passing, now, later),
        *_coming(now, later[~later["area_id"].isin(begun)]),
        *_going(now[~now["area_id"].isin(passing)], later),
    ]
    ranked = sorted(found, key=lambda each: (each[0], each[1].text))
    return tuple(change for on, change in ranked if on < until)


def _passing(passing: Mapping[str, list[str]], now: pd.DataFrame, later: pd.DataFrame) -> Iterator[tuple[date, Change]]:
    """Tell which areas take the place of which: vintages of one, or areas that are joined or split."""
    olds: dict[str, list[str]] = {}
    for old, news in passing.items():
        for new in news:
            olds.setdefault(new, []).append(old)
    for new, before in olds.items():
        rows, past = later[later["area_id"] == new], now[now["area_id"].isin(before)]
        name, day = str(rows["area_name"].iloc[0]), str(rows["valid_from"].iloc[0])
        said = f"{name} takes the place of {listed(list(past['area_name'].unique()))} {when(day)}"
        yield rows["start"].min(), Change(day, said, frozenset([*rows["lad_code"], *past["lad_code"]]))


def _coming(now: pd.DataFrame, later: pd.DataFrame) -> Iterator[tuple[date, Change]]:
    for (area, start), rows in later.groupby(["area_id", "start"]):
        here = now["lad_code"][now["area_id"] == area]
        new = rows[~rows["lad_code"].isin(here)]
        first = here.empty and start == later["start"][later["area_id"] == area].min()
        if len(new):
            yield start, _change(new, "valid_from", "begins" if first else "", ("joins", "join"))


def _going(now: pd.DataFrame, later: pd.DataFrame) -> Iterator[tuple[date, Change]]:
    until: dict[str, dict[str, date]] = {}
    for area, lad, end in zip(now["area_id"], now["lad_code"], now["end"], strict=True):
        lads = until.setdefault(area, {})
        lads[lad] = max(end, lads.get(lad, end))
    after: dict[str, set[str]] = {}
    for area, lad in zip(later["area_id"], later["lad_code"], strict=True):
        after.setdefault(area, set()).add(lad)
    for (area, end), rows in now[now["end"] < date.max].groupby(["area_id", "end"]):
        then = {lad for lad, last in until[area].items() if last > end} | after.get(area, set())
        gone = rows[~rows["lad_code"].isin(then)]
        if len(gone):
            yield end, _change(gone, "valid_to", "" if then else "ends", ("leaves", "leave"))


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
