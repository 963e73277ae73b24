"""Who must sit at the table of an area: one list of bodies, each with its part and with what it holds."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from geoplan.analysis.networks import seating
from geoplan.auditing.holders.gathering import bodies
from geoplan.auditing.holders.holding import weakest
from geoplan.auditing.profiles.profile import Profile
from geoplan.data.shipped.roles import LEAD, NO_LEAD
from geoplan.output.summary.profiled.holder_words import titles
from geoplan.output.summary.seats import SITTING, seat_sentences
from geoplan.schema import wording

__all__ = ["SEAT_TABLE", "SURE", "SeatRow", "seat_lines", "seat_notes", "seat_rows", "seats_table"]

SEAT_TABLE = ("body", "part", "holds", "share", "confidence")
SURE = frozenset({"exact", "high", wording.YOURS, ""})
"""Confidence that goes without saying."""
ROLES = {LEAD: "lead body", "accountable": "accountable body", **{role: one for role, (one, _) in SITTING.items()}}


class SeatRow(NamedTuple):
    """A body: its parts in the area, titles of what it holds there, the share of the area under it, how sure."""

    body: str
    parts: tuple[str, ...]
    holds: tuple[str, ...]
    share: float | None
    confidence: str


def seat_rows(found: Profile) -> list[SeatRow]:
    """Return who must sit at the table: who holds something there, who leads it, and who is said to sit there.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.

    Returns
    -------
    list of SeatRow
        Each body once, who leads or answers first, then who holds most.
    """
    here = seating.at_the_table(found.layer)
    here = here[(here["code"] == found.focus.code) & (here["body"] != NO_LEAD)]
    parts: dict[str, list[str]] = {}
    sure: dict[str, list[str]] = {}
    for row in here.itertuples():
        parts.setdefault(str(row.body), []).append(ROLES.get(str(row.role), str(row.role)))
        sure.setdefault(str(row.body), []).append(str(row.confidence))
    rows = []
    for body in bodies(found.held):
        words = [body.confidence, *filter(None, sure.get(body.name, []))]
        rows.append(SeatRow(body.name, tuple(parts.get(body.name, ())), body.streams, body.share, weakest(words)))
    held = {row.body for row in rows}
    rows += [
        SeatRow(name, tuple(roles), (), None, weakest(filter(None, sure[name])) if any(sure[name]) else "")
        for name, roles in parts.items()
        if name not in held
    ]
    return sorted(rows, key=_rank)


def _rank(row: SeatRow) -> tuple[bool, int]:
    leads = {ROLES[LEAD], ROLES["accountable"]} & set(row.parts)
    return not leads, -len(row.holds)


def seat_lines(found: Profile) -> list[tuple[str, str]]:
    """Return who must sit at the table in words: bodies and what they are there for.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.

    Returns
    -------
    list of tuple
        Who, and why; what nobody confirmed says how sure it is.
    """
    together: dict[str, list[str]] = {}
    for row in seat_rows(found):
        together.setdefault(_why(row), []).append(row.body)
    return [(wording.listed(names), why) for why, names in together.items()]


def _why(row: SeatRow) -> str:
    part = wording.listed(row.parts)
    if not row.holds:
        return part
    sure = "" if row.confidence in SURE else f" (confidence: {row.confidence})"
    return f"{f'{part}; ' if part else ''}{titles(row.holds)}{sure}"


def _council_sentence(found: Profile) -> str:
    """Name the counties and unitary authorities on the ground of an area that its other seats do not; or nothing."""
    own = found.partners[found.partners["layer"] == "utla"]
    own = own[[not any(str(name) in body for body in _seated(found)) for name in own["name"]]]
    if own.empty or found.focus.layer in {"utla", "lad"}:
        return ""
    one = "Council on its ground" if len(own) == 1 else "Councils on its ground"
    return f"{one}: {wording.listed(list(own['name']))}."


def _seated(found: Profile) -> set[str]:
    return {row.body for row in seat_rows(found)}


def seat_notes(found: Profile) -> list[str]:
    """Say whose councils are on the ground of an area, and where its own sit at the table of areas they are not in."""
    return [*filter(None, (_council_sentence(found),)), *seat_sentences(found.seats)]


def seats_table(found: Profile) -> pd.DataFrame:
    """Return who must sit at the table as a table.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.

    Returns
    -------
    pandas.DataFrame
        `SEAT_TABLE`: several parts and titles are joined by ";"; ``share`` (0 to 1) is missing where not assessed.
    """
    rows = [{**row._asdict(), "part": ";".join(row.parts), "holds": ";".join(row.holds)} for row in seat_rows(found)]
    return pd.DataFrame(rows, columns=list(SEAT_TABLE))
