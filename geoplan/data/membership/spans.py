"""From when to when each row of a membership table is in force, and the day on which a layer is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd

from geoplan.data.catalogue import day_shown, known_around, status_on
from geoplan.data.catalogue_file import Entry
from geoplan.data.days import parse_day
from geoplan.schema import Change
from geoplan.schema.wording import DATE_NOT_KNOWN

__all__ = ["Shown", "area_days", "followers", "members_of", "on_day", "row_days", "shown", "undated"]

DAY = timedelta(days=1)
EXACT = len("2026-04-01")


@dataclass(frozen=True, eq=False)
class Shown:
    """The rows of a table that make up a layer on a day.

    Parameters
    ----------
    rows
        Those in force, each with the days of its layer where it has none of its own.
    day
        The day shown: the one asked for, or the nearest on which any row was in force.
    status
        As from `geoplan.data.catalogue.status_on`, by the rows.
    not_dated
        Areas left out because nobody knows when they were there and the day is far from their edition.
    """

    rows: pd.DataFrame
    day: date
    status: str
    not_dated: tuple[Change, ...] = ()


def members_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of members, without those that are only proposed."""
    return table[table["status"] != "proposed"]


def undated(rows: pd.DataFrame) -> np.ndarray:
    """Tell which rows have neither a first nor a last day."""
    bare: np.ndarray = ((rows["valid_from"] == "") & (rows["valid_to"] == "")).to_numpy(dtype=bool)
    return bare


def on_day(starts: Sequence[date], ends: Sequence[date], day: date) -> np.ndarray:
    """Tell which of some spans hold a day."""
    return np.array([start <= day <= end for start, end in zip(starts, ends, strict=True)], dtype=bool)


def shown(table: pd.DataFrame, entry: Entry, as_of: date) -> Shown:
    """Choose the rows of a layer on the day asked for, or on the nearest on which there are any.

    Parameters
    ----------
    table
        Membership rows, all strings.
    entry
        What the catalogue says of the layer, whose rows without days are there as long as the layer.
    as_of
        The day asked for.

    Returns
    -------
    Shown
        Without rows where the table has none of the kind.
    """
    day, status = day_shown(entry, as_of), status_on(entry, as_of)
    if entry.show != "members":
        said = table[table["status"] == entry.show]
        # A table of the user's own for such a layer need not repeat what the layer is.
        return Shown(table[table["status"] == ""] if said.empty else said, day, status)
    if status == DATE_NOT_KNOWN:
        day, status = as_of, entry.status  # some of its rows may have dates
    rows, bare = members_of(table), undated(members_of(table))
    first, last = known_around(entry)
    starts, ends = row_days(rows)
    starts = [first if alone else start for start, alone in zip(starts, bare, strict=True)]
    ends = [last if alone else end for end, alone in zip(ends, bare, strict=True)]
    if len(rows) and not on_day(starts, ends, day).any():
        day = _nearest(starts, ends, day)
        status = "ended" if day < as_of else "not yet in force"
    held = on_day(starts, ends, day)
    if entry.standing or entry.in_force_from:
        return Shown(_dated_as(rows[held], entry), day, status)
    if held.any() and bare[held].all():
        status = DATE_NOT_KNOWN
    return Shown(rows[held], day, status, tuple(_left_out(rows[~held & bare])))


def _nearest(starts: Sequence[date], ends: Sequence[date], day: date) -> date:
    held = [min(max(day, start), end) for start, end in zip(starts, ends, strict=True) if start <= end]
    return min(held, key=lambda near: abs(near - day), default=day)


def _dated_as(rows: pd.DataFrame, entry: Entry) -> pd.DataFrame:
    """Give rows without days those of their layer, unless its edition dates it."""
    if entry.standing:
        return rows
    bare = undated(rows)
    given = {"valid_from": entry.in_force_from, "valid_to": entry.in_force_to}
    return rows.assign(**{name: rows[name].where(~bare, text) for name, text in given.items()})


def _left_out(rows: pd.DataFrame) -> Iterator[Change]:
    for name, area in rows.groupby("area_name", sort=False):
        yield Change("", str(name), frozenset(area["lad_code"]))


def area_days(rows: pd.DataFrame) -> pd.DataFrame:
    """Return from when to when areas are there.

    Parameters
    ----------
    rows
        Membership rows, all strings.

    Returns
    -------
    pandas.DataFrame
        Indexed by area: ``valid_from`` and ``valid_to`` as text, of its first member and of its last; empty where
        that of a member is open or not known.
    """
    said: dict[str, tuple[list[str], list[str]]] = {}
    columns = (rows[name].tolist() for name in ("area_id", "valid_from", "valid_to"))
    for area, first, last in zip(*columns, strict=True):
        firsts, lasts = said.setdefault(area, ([], []))
        firsts.append(first)
        lasts.append(last)
    areas = pd.Index(sorted(said), name="area_id")
    days = [(_outermost(said[area][0], end=False), _outermost(said[area][1], end=True)) for area in areas]
    return pd.DataFrame(days, columns=["valid_from", "valid_to"], index=areas, dtype=str)


def _outermost(texts: Iterable[str], *, end: bool) -> str:
    days = {text: parse_day(text, end=end) for text in texts}
    known = {text: day for text, day in days.items() if day}
    if len(known) < len(days):
        return ""
    return max(known, key=known.__getitem__) if end else min(known, key=known.__getitem__)


def row_days(rows: pd.DataFrame) -> tuple[list[date], list[date]]:
    """Return the first and the last day of each row, the first or last there is where it is open or not known.

    Of a month or year in which an authority passes from one area to another, the day is not known: it counts for
    the later area, so that it is never in both. The two areas are vintages of one: with it pass all members who
    leave the earlier one, or join the later one, at that time.
    """
    areas, since, until = (rows[name].tolist() for name in ("area_id", "valid_from", "valid_to"))
    starts = [parse_day(text, end=False) or date.min for text in since]
    ends = [parse_day(text, end=True) or date.max for text in until]
    leaving, joining = (_at(zip(areas, texts, strict=True)) for texts in (until, since))
    ground = list(zip(rows["lad_code"].tolist(), rows["block"].tolist(), strict=True))
    turns = [
        (turn, old, new)
        for (one, last_day), old in leaving.items()
        for (other, first_day), new in joining.items()
        if one != other and (turn := _turn(last_day, first_day)) and _meet(old, new, ground)
    ]
    first, last = list(starts), list(ends)
    for turn, old, new in turns:
        for at in (at for at in old if starts[at] < turn):
            ends[at] = min(ends[at], turn - DAY)
        for at in (at for at in new if turn <= last[at] and first[at] < turn):
            starts[at] = max(starts[at], turn)
    return starts, ends


def followers(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Tell which areas take the place of others: vintages of one, or those that were joined or split.

    Parameters
    ----------
    rows
        Membership rows, all strings.

    Returns
    -------
    dict
        Area -> those that begin on the day after it ends and hold an authority of it.
    """
    held: dict[str, tuple[set[date], set[date], set[str]]] = {}
    for area, lad, start, end in zip(rows["area_id"].tolist(), rows["lad_code"].tolist(), *row_days(rows), strict=True):
        starts, ends, lads = held.setdefault(area, (set(), set(), set()))
        starts.add(start)
        ends.add(end)
        lads.add(lad)
    spans = {area: (min(starts), max(ends), lads) for area, (starts, ends, lads) in sorted(held.items())}
    begun: dict[date, list[str]] = {}
    for area, (start, _, _) in spans.items():
        begun.setdefault(start, []).append(area)
    found = {
        area: [new for new in begun.get(end + DAY, []) if lads & spans[new][2]]
        for area, (_, end, lads) in spans.items()
        if end < date.max
    }
    return {area: after for area, after in found.items() if after}


def _at(keys: Iterator[tuple[str, str]]) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    for at, (area, text) in enumerate(keys):
        if text:
            found.setdefault((area, text), []).append(at)
    return found


@cache
def _turn(until: str, since: str) -> date | None:
    """Return the day from which the later area counts, where an end and a start may lie on either side of a day."""
    begun, by = parse_day(since, end=False), parse_day(since, end=True)
    left, gone = parse_day(until, end=False), parse_day(until, end=True)
    assert begun and by and left and gone  # noqa: S101, PT018 - neither text is empty
    if gone < begun or by < left or (len(until) == len(since) == EXACT and until != since):
        return None
    if len(until) < EXACT or until == since:
        return max(begun, left)
    return gone + DAY if gone < by else None


def _meet(old: Sequence[int], new: Sequence[int], ground: Sequence[tuple[str, str]]) -> bool:
    """Tell whether an authority, or the same side of a split one, is in both."""
    held = {ground[at] for at in old}
    lads = {lad for lad, _ in held}
    return any(ground[at] in held or (ground[at][0] in lads and not ground[at][1]) for at in new) or any(
        not block and lad in {ground[at][0] for at in new} for lad, block in held
    )
