"""What ran in the place of an audit, as rows with bars by year."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from geoplan.auditing.profiles.timeline import END_NOT_KNOWN, Spell, spells
from geoplan.auditing.results import AuditResult
from geoplan.data.days import parse_day
from geoplan.schema import wording

__all__ = ["WIDTH", "SpellRow", "Timeline", "timeline", "timeline_of"]

WIDTH = 240.0
"""Units from the first year of the scale to its last."""
ON_PAPER = 3
"""Rows that are printed: what holds or comes first of all, then what ended last."""
MONTH = len("2026-04")


class SpellRow(NamedTuple):
    """One vintage of one area: its words, and its bar from ``x`` on; no width where its dates are not known.

    ``early`` marks what is left out on paper.
    """

    layer: str
    name: str
    since: str
    until: str
    follow: str
    kind: str
    x: float
    width: float
    early: bool


class Timeline(NamedTuple):
    """The rows, the earliest first; first and last year of the scale; where the day stands; rows left out on paper."""

    rows: list[SpellRow]
    years: tuple[int, int]
    day: float
    early: int


def timeline(result: AuditResult) -> Timeline | None:
    """Return what ran, runs and is to come in the place of an audit.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    Timeline or None
        None without a focus, or where no scheme that ships has covered it.
    """
    day = date.fromisoformat(result.as_of)
    return timeline_of(spells(result.focus.blocks, day), day) if result.focus else None


def timeline_of(found: Sequence[Spell], day: date) -> Timeline | None:
    """Return the same of what is known of an area; None where that is nothing.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.timeline.spells`.
    day
        The day.

    Returns
    -------
    Timeline or None
        See `timeline`.
    """
    if not found:
        return None
    printed = sorted(found, key=_rank)[:ON_PAPER]
    edges = [edge for spell in found for edge in _edges(spell) if edge]
    first, last = min([day, *edges]).year, max([day, *edges]).year
    start = date(first, 1, 1)
    scale = WIDTH / (date(last + 1, 1, 1) - start).days

    def place(edge: date) -> float:
        return round((edge - start).days * scale, 1)

    rows = [_row(spell, place, early=spell not in printed) for spell in found]
    return Timeline(rows, (first, last), place(day), len(found) - len(printed))


def _rank(spell: Spell) -> tuple[bool, int]:
    """Put what holds or comes before what has ended, and of that what ended last first."""
    end = parse_day(spell.valid_to, end=True)
    past = spell.status == "ended"
    return past, -end.toordinal() if past and end else 0


def _edges(spell: Spell) -> tuple[date | None, date | None]:
    return parse_day(spell.valid_from, end=False), parse_day(spell.valid_to, end=True)


_KINDS = {"ended": "past", "not yet in force": "ahead", "proposed": "ahead", END_NOT_KNOWN: "open"}


def _row(spell: Spell, place: Callable[[date], float], *, early: bool) -> SpellRow:
    start, end = _edges(spell)
    x = place(start) if start else 0.0
    width = (min(place(end), WIDTH) if end else WIDTH) - x if start or end else 0.0
    unknown = "" if start or end else spell.status if spell.status == "proposed" else wording.DATE_NOT_KNOWN
    follow = wording.listed(spell.followed_by)
    # To the month is enough here, and leaves room for the bars.
    until = wording.day(spell.valid_to[:MONTH]) or (END_NOT_KNOWN if spell.status == END_NOT_KNOWN else "")
    return SpellRow(
        layer=spell.title.partition(" (")[0],
        name=f"{spell.name}{' (part)' if spell.part else ''}",
        since=unknown or f"{'' if until else 'since '}{wording.day(spell.valid_from[:MONTH])}",
        until=until,
        follow=f"then {follow}" if follow and follow != spell.name else "",
        kind=_KINDS.get(spell.status, "now"),
        x=x,
        width=max(width, 1.0) if start or end else 0.0,
        early=early,
    )
