"""The profile of an area on the screen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import pandas as pd

from geoplan.auditing.profiles.profile import Profile
from geoplan.auditing.profiles.timeline import Spell
from geoplan.output.summary.need import area_need
from geoplan.output.summary.profiled.headline import commuting_words, size_words, verdict
from geoplan.output.summary.profiled.holder_words import held_sentences, holder_rows
from geoplan.output.summary.profiled.partner_rows import coming_words
from geoplan.output.summary.profiled.table_seats import SURE, seat_lines, seat_notes
from geoplan.output.text.layer_lines import OTHER_DAY
from geoplan.output.text.lines import WIDTH
from geoplan.output.text.lookup_lines import led_words, share_words
from geoplan.schema import paragraph, wording
from geoplan.schema.indicators import value_text

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
    lines = [
        f"{found.title}, as of {wording.day(found.as_of)}",
        *textwrap.wrap(" ".join(found.focus.remarks), WIDTH),
        size_words(found),
        *textwrap.wrap("" if found.estimates.shipped else found.estimates.sentence, WIDTH),
        *textwrap.wrap(area_need(found.need, found.england), WIDTH),
        *textwrap.wrap(wording.NEED[str(found.weight)] if found.weight.is_need else "", WIDTH),
        *(line for one in found.fetched for line in textwrap.wrap(one.sentence, WIDTH)),
        *textwrap.wrap(_indicated(found), WIDTH),
        *textwrap.wrap(commuting_words(found.commuting), WIDTH),
        *(line for sentence in verdict(found) for line in textwrap.wrap(sentence, WIDTH)),
        "",
        f"Partners in each geography, with the share of its {wording.UNITS[str(found.weight)]} and how they fit",
        *_partner_lines(found.partners),
        *_holder_lines(found),
        *_seat_lines(found),
    ]
    for sentence in found.days:
        lines += ["", *textwrap.wrap(sentence, WIDTH)]
    if coming := coming_words(found, titled=False):
        lines += ["", "What is coming"]
        lines += [line for change in coming for line in textwrap.wrap(change, WIDTH, subsequent_indent=INDENT)]
        lines.append(OTHER_DAY)
    lines += ["", "What ran there, and what followed", *_timeline_lines(found.timeline)]
    return "\n".join(lines) + "\n"


def _indicated(found: Profile) -> str:
    """Say what the user's own indicator comes to; nothing without one."""
    if found.indicator is None:
        return ""
    indicator, value = found.indicator
    return paragraph(f"{indicator.described}: {value_text(value, indicator.kind, indicator.unit)}.", indicator.said)


def _partner_lines(partners: pd.DataFrame) -> Iterator[str]:
    for row in partners.itertuples():
        marks = [f"({row.status})"] if row.status not in {"in force", "reference"} else []
        marks += [f"[{said}]" if (said := wording.doubt(str(row.confidence))) else ""]
        led = f"; {said_led}" if (said_led := led_words(row)) else ""
        share, relation = share_words(row), "" if pd.isna(row.share) else f", {row.relation}"
        said = " ".join(filter(None, [f"  {row.layer:<28} {row.name}: {share}{relation}{led}", *marks]))
        yield from textwrap.wrap(said, WIDTH, subsequent_indent=" " * 33)


def _holder_lines(found: Profile) -> Iterator[str]:
    """Yield who holds each stream of money and each duty there, then what follows from that."""
    yield from ("", "Who holds what there, with the share of its people under each")
    for row in holder_rows(found.held):
        if row.first:
            yield from textwrap.wrap(f"  {row.title}: {row.pays_for} ({row.days})", WIDTH, subsequent_indent=INDENT)
        sure = "" if row.confidence in SURE else f" (confidence: {row.confidence})"
        said = f"{INDENT}{row.share} {row.body}{f' [{row.ground}]' if row.ground else ''}{sure}"
        yield from textwrap.wrap(said, WIDTH, subsequent_indent=INDENT * 2)
    for sentence in held_sentences(found.held, found.focus.name):
        yield from textwrap.wrap(sentence, WIDTH, initial_indent="  ", subsequent_indent=INDENT)


def _seat_lines(found: Profile) -> Iterator[str]:
    lines, notes = seat_lines(found), seat_notes(found)
    if lines or notes:
        yield from ("", "Who must sit at the table")
    for who, why in lines:
        yield from textwrap.wrap(f"  {who}: {why}", WIDTH, subsequent_indent=INDENT)
    for note in notes:
        yield from textwrap.wrap(note, WIDTH, initial_indent="  ", subsequent_indent=INDENT)


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
