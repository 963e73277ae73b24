"""The partners of an area in rows, and what cuts it and what comes in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from geoplan.auditing.certainty import Lie
from geoplan.auditing.place_lookup import RELATIONS
from geoplan.auditing.profiles.profile import Profile
from geoplan.data.named_areas import AUTHORITIES
from geoplan.data.shipped.roles import NO_LEAD, NOBODY
from geoplan.schema import wording

__all__ = ["SCALE", "PartnerRow", "coming_words", "cut_rows", "partner_rows"]

TOGETHER = 3
"""Whole areas of one geography that have a row each; more share one."""
SCALE = frozenset({"region", "country"})
"""Geographies that say how large a place is, and not with whom it works."""
CUT, WHOLE = RELATIONS[Lie.PART], RELATIONS[Lie.HOLDS]


class PartnerRow(NamedTuple):
    """An area that shares ground with another, or several together; ``loud`` where it cuts it.

    ``scale`` marks statistics and authorities, with which nobody works as a partnership.

    The ``first`` row of ``rows`` of a geography names it.
    """

    title: str
    status: str
    area: str
    relation: str
    share: str
    people: str
    lead: str
    sure: str
    loud: bool
    scale: bool
    first: bool = True
    rows: int = 1


def partner_rows(found: Profile) -> list[PartnerRow]:
    """Return whom an area shares ground with, geography by geography, those in force before all others.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.

    Returns
    -------
    list of PartnerRow
        More than three areas of one geography that lie whole inside share a row, and so do statistical areas.
    """
    kept = found.partners[~found.partners["layer"].isin(SCALE)]
    ordered = kept.sort_values("status", key=lambda each: each.ne("in force"), kind="stable")
    return [row for _, group in ordered.groupby("layer", sort=False) for row in _of_layer(group)]


def _of_layer(group: pd.DataFrame) -> Iterator[PartnerRow]:
    lines = list(_lines(group))
    for n, line in enumerate(lines):
        yield line._replace(first=n == 0, rows=len(lines))


def _lines(group: pd.DataFrame) -> Iterator[PartnerRow]:
    whole = group[group["relation"] == WHOLE]
    statistical = group["status"].iloc[0] == "reference" and group["layer"].iloc[0] not in AUTHORITIES
    if statistical and len(group) > 1:
        cut = int((group["relation"] == CUT).sum())
        whole_words = f"each {WHOLE}" if len(whole) == len(group) else wording.NOT_ASSESSED
        yield _together(group, f"{CUT}: {cut} of {len(group)} reach beyond it" if cut else whole_words)
        return
    apart = group if len(whole) <= TOGETHER else group[group["relation"] != WHOLE]
    yield from (_row(row) for row in apart.itertuples())
    if len(whole) > TOGETHER:
        yield _together(whole, f"each {WHOLE}")


def _together(rows: pd.DataFrame, relation: str) -> PartnerRow:
    """Return several areas as one row, the first by name with their shares."""
    named = [
        str(row.name_of) if pd.isna(row.share) else f"{row.name_of} {wording.percent(row.share)}"
        for row in rows.rename(columns={"name": "name_of"}).head(TOGETHER).itertuples()
    ]
    more = [f"{len(rows) - TOGETHER} more"] if len(rows) > TOGETHER else []
    return _row(next(rows.itertuples()))._replace(
        area=f"{len(rows)} areas: {wording.listed([*named, *more])}",
        relation=relation,
        share=wording.percent(rows["share"].sum(skipna=False)),
        people=wording.amount(rows["people"].sum(skipna=False)),
        lead="",
    )


def _row(row: Any) -> PartnerRow:
    status = "" if row.status in {"in force", "reference"} else row.status
    inside = row.relation == RELATIONS[Lie.INSIDE] and pd.isna(row.share)
    return PartnerRow(
        title=row.title,
        status=status,
        area=row.name,
        relation=row.relation,
        share="somewhere in" if inside else wording.percent(row.share),
        people=wording.amount(row.people),
        lead=_lead(row),
        sure=wording.plain_confidence(row.confidence),
        loud=row.relation == CUT and row.status == "in force",
        scale=row.status == "reference",
    )


def _lead(row: Any) -> str:
    """Name who leads an area, or answers for it, and say so where nobody confirmed a lead."""
    if row.lead_confidence == NOBODY:
        return f"{NO_LEAD}{f'; accountable: {row.accountable_body}' if row.accountable_body else ''}"
    if row.accountable_body and row.accountable_body != row.lead_body:
        return f"{row.lead_body}; accountable: {row.accountable_body}".lstrip("; ")
    return row.lead_body


def cut_rows(found: Profile) -> list[tuple[str, str]]:
    """Return which geographies in force cut an area, and how many of its people are in which part.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.

    Returns
    -------
    list of tuple
        Title and words, most people first.
    """
    told = []
    for cut in found.cuts:
        rows = found.partners[(found.partners["layer"] == cut.layer) & (found.partners["relation"] == CUT)]
        parts = [f"{wording.counted(row.people, str(found.weight))} in {row.name}" for row in rows.itertuples()]
        told.append((cut.title, wording.listed(parts)))
    return told


def coming_words(found: Profile, *, titled: bool = True) -> list[str]:
    """Say what is known to change for an area, in its geographies and in who holds what there.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.
    titled
        Whether layers are called by their titles, or by their keys.

    Returns
    -------
    list of str
        Sentences; none where nothing is known.
    """
    held = [
        f"From {wording.day(each.valid_from)} {each.body} holds the {wording.inside_a_sentence(each.title)} there "
        f"(confidence: {each.confidence})."
        for each in found.held.coming
    ]
    return [*(found.titled_changes if titled else found.changes), *held]
