"""The profile of an area on the screen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import pandas as pd

from geoplan.auditing.profiles.profile import Commuting, Profile
from geoplan.auditing.profiles.timeline import Spell
from geoplan.commuting.leaks import weak_note
from geoplan.output.summary.need import area_need
from geoplan.output.summary.seats import seat_sentences
from geoplan.output.text.layer_lines import OTHER_DAY
from geoplan.output.text.lines import WIDTH
from geoplan.output.text.lookup_lines import led_words, share_words
from geoplan.schema import paragraph, wording
from geoplan.schema.indicators import value_text
from geoplan.schema.standing import LOOKS, Standing

__all__ = ["profile_text"]

INDENT = " " * 4


def profile_text(found: Profile) -> str:
    """Return the profile of an area for people.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.

    Returns
    -------
    str
        Lines of at most 100 characters: figures, partners, what cuts it, what comes, and the timeline.
    """
    size = (
        f"{wording.amount(found.people)} people, {wording.amount(found.working_age)} of them of working age."
        if found.people is not None
        else f"Its people are {wording.NOT_ASSESSED}: a part of unknown size belongs to it."
    )
    lines = [
        f"{found.title}, as of {wording.day(found.as_of)}",
        *textwrap.wrap(" ".join(found.focus.remarks), WIDTH),
        size,
        *textwrap.wrap(area_need(found.need, found.england), WIDTH),
        *textwrap.wrap(_indicated(found), WIDTH),
        *textwrap.wrap(_commuting_words(found.commuting), WIDTH),
        *textwrap.wrap(_cut_words(found), WIDTH),
        "",
        "Partners in each geography, with the share of its people and how they fit",
        *_partner_lines(found.partners),
    ]
    for sentence in (*seat_sentences(found.seats), *found.days):
        lines += ["", *textwrap.wrap(sentence, WIDTH)]
    if found.changes:
        lines += ["", "What is coming"]
        lines += [line for change in found.changes for line in textwrap.wrap(change, WIDTH, subsequent_indent=INDENT)]
        lines.append(OTHER_DAY)
    lines += ["", "What ran there, and what followed", *_timeline_lines(found.timeline)]
    return "\n".join(lines) + "\n"


def _indicated(found: Profile) -> str:
    """Say what the user's own indicator comes to; nothing without one."""
    if found.indicator is None:
        return ""
    indicator, value = found.indicator
    return paragraph(f"{indicator.described}: {value_text(value, indicator.kind)}.", indicator.said)


def _commuting_words(told: Commuting | None) -> str:
    if told is None or told.residents is None:
        return f"Its commuting is {wording.NOT_ASSESSED}."
    said = (
        f"{wording.percent(told.supply)} of its working residents work in it, and they fill "
        f"{wording.percent(told.demand)} of its jobs"
    )
    note = f" {said_weak}" if (said_weak := weak_note([told.leak])) else ""
    return f"{said}; largest leak {told.leak} ({told.source[:1].lower()}{told.source[1:]}).{note}"


def _cut_words(found: Profile) -> str:
    if not found.cuts:
        return "No geography in force cuts it."
    told = [f"{cut.layer} ({wording.counted(cut.people)})" for cut in found.cuts]
    return f"It {LOOKS[Standing.CUT].one} by {wording.listed(told)}: people in pieces that neither side holds whole."


def _partner_lines(partners: pd.DataFrame) -> Iterator[str]:
    for row in partners.itertuples():
        marks = [f"({row.status})"] if row.status not in {"in force", "reference"} else []
        marks += [f"[{said}]" if (said := wording.doubt(str(row.confidence))) else ""]
        led = f"; {said_led}" if (said_led := led_words(row)) else ""
        share, relation = share_words(row), "" if pd.isna(row.share) else f", {row.relation}"
        said = " ".join(filter(None, [f"  {row.layer:<28} {row.name}: {share}{relation}{led}", *marks]))
        yield from textwrap.wrap(said, WIDTH, subsequent_indent=" " * 33)


def _timeline_lines(timeline: tuple[Spell, ...]) -> Iterator[str]:
    if not timeline:
        yield "  No scheme that ships has covered it."
    for spell in timeline:
        dated = spell.valid_from or spell.valid_to
        until = spell.valid_to or ("" if spell.status in {"in force", "not yet in force"} else "?")
        span = f"{spell.valid_from or '?':>10} to {until:<10}" if dated else f"{wording.DATE_NOT_KNOWN:>14}{'':<10}"
        status = spell.status if dated else "proposed" if spell.status == "proposed" else ""
        what = f"{spell.layer}: {spell.name}{' (part)' if spell.part else ''}"
        follow = f"; followed by {wording.listed(spell.followed_by)}" if spell.followed_by else ""
        said = f"  {span}  {what}{f' ({status})' if status not in {'', 'in force'} else ''}{follow}"
        yield from textwrap.wrap(said, WIDTH, subsequent_indent=" " * 28, drop_whitespace=True)
