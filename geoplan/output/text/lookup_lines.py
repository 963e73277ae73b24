"""What covers a place, and what a rule means, on the screen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

import pandas as pd

from geoplan.auditing.judging.rules import Rule
from geoplan.auditing.lookups.postcode_lists import EMPTY, FOUND, LOST, PostcodeList
from geoplan.auditing.place_lookup import Place
from geoplan.data import catalogue
from geoplan.data.shipped.roles import NO_LEAD, NOBODY
from geoplan.output.summary.seats import seat_sentences
from geoplan.output.text.layer_lines import NEAREST, OTHER_DAY
from geoplan.output.text.lines import WIDTH
from geoplan.schema import wording
from geoplan.schema.standing import LOOKS, Standing

__all__ = ["led_words", "list_text", "lookup_text", "rule_text", "share_words"]

SCHEMES = {"Work and skills", "Pilots", "Past programmes"}
"""Groups of the catalogue whose areas have a lead; elsewhere the area is the body."""
MOST_LOST = 3
"""Rows that were not found, of which that many are named."""
MOST_CHARACTERS = 40
ENDED_TOO = "Postcodes are those of November 2025, ended ones among them: the directory does not say which."
NEAR_BORDERS = (
    "Outlines of layers that ship are drawn from postcodes: a place near a border may lie on the other side of it."
)
UNDER_NAME = 50
"""Column at which the names of areas begin."""


def lookup_text(place: Place) -> str:
    """Return every partnership that covers a place, for people.

    Parameters
    ----------
    place
        From `geoplan.auditing.place_lookup.lookup`.

    Returns
    -------
    str
        A line an area, then the authorities it shares most of them with.
    """
    areas = place.areas
    working = areas[(areas["status"] == "in force") & areas["certain"]]
    bodies = wording.number_of(len(working[["layer", "code"]].drop_duplicates()), "body", "bodies")
    geographies = wording.number_of(working["layer"].nunique(), "geography", "geographies")
    lines = [
        place.title,
        *textwrap.wrap(" ".join(place.remarks), WIDTH),
        f"In {bodies} of {geographies} in force.",
        "Shares are of its people; what is only proposed, or whose date is not known, is marked.",
        "",
    ]
    for row in areas.itertuples():
        doubt = f"  [{said}]" if (said := wording.doubt(row.confidence)) else ""
        status = "" if row.status in {"in force", "reference"} else f"  ({row.status})"
        reach = "" if row.certain else "  (may not reach it)"
        lines.append(f"  {row.layer:<34}{share_words(row):>12}  {row.name}{reach}{status}{doubt}")
        lines += [" " * UNDER_NAME + line for line in textwrap.wrap(led_words(row), WIDTH - UNDER_NAME)]
    if seated := seat_sentences(place.seats):
        lines += ["", *(line for sentence in seated for line in textwrap.wrap(sentence, WIDTH))]
    nearest = place.partners[place.partners["shared"] > 1].head(NEAREST)
    if not nearest.empty:
        named = [f"{name} ({shared})" for name, shared in zip(nearest["name"], nearest["shared"], strict=True)]
        lines += ["", *textwrap.wrap(f"Shares most bodies with {wording.listed(named)}.", WIDTH)]
    for sentence in place.days:
        lines += ["", *textwrap.wrap(sentence, WIDTH)]
    if place.changes:
        lines += ["", *place.changes, OTHER_DAY]
    return "\n".join(lines) + "\n"


def list_text(found: PostcodeList) -> str:
    """Return how a list of postcodes or coordinates fared, for people.

    Parameters
    ----------
    found
        From `geoplan.auditing.lookups.postcode_lists.list_looked_up`.

    Returns
    -------
    str
        How many rows were found, how many not and why, and the first of those.
    """
    counts, rows = found.counts, len(found.table)
    read = wording.number_of(rows, "row", "rows")
    lines = [f"{found.file}: {read}, looked up by {found.by}.", *found.said]
    reasons = [f"{counts[why]:,} {why}" for why in LOST if counts[why]]
    lost = found.lost.head(MOST_LOST)
    named = [f"row {row} ({text[:MOST_CHARACTERS] or EMPTY})" for row, text in lost.items()]
    more = f" and {len(found.lost) - len(lost):,} more" if len(found.lost) > len(lost) else ""
    said = f": {wording.listed(reasons)}. Not found: {', '.join(named)}{more}" if reasons else ""
    lines.append(f"{counts[FOUND]:,} found, {rows - counts[FOUND]:,} not{said}.")
    lines.append(NEAR_BORDERS if found.drawn else ENDED_TOO)
    return "\n".join(line for said in lines for line in textwrap.wrap(said, WIDTH)) + "\n"


def share_words(row: Any) -> str:
    """Say how much of a place lies in an area; of a part of unknown size only that it lies somewhere in it."""
    if pd.isna(row.share) and row.relation == LOOKS[Standing.INSIDE].term:
        return "somewhere in"
    return "<1%" if row.share < 0.01 else wording.percent(row.share)


def led_words(row: Any) -> str:
    """Say who leads an area and who answers for it, where that is more than the area's own name; else nothing.

    Parameters
    ----------
    row
        With ``layer``, ``lead_body``, ``lead_confidence`` and ``accountable_body``.

    Returns
    -------
    str
        Such as "lead and accountable: Suffolk County Council (confidence: high)".
    """
    entry = catalogue.catalogue().get(row.layer)
    if entry is None or entry.group not in SCHEMES:
        return ""
    sure = f" (confidence: {row.lead_confidence})" if row.lead_confidence else ""
    if row.lead_confidence == NOBODY:
        said = [f"lead: {NO_LEAD}"]
    elif row.lead_body and row.lead_body == row.accountable_body:
        return f"lead and accountable: {row.lead_body}{sure}"
    else:
        said = [f"lead: {row.lead_body}{sure}"] if row.lead_body else []
    if row.accountable_body:
        said.append(f"accountable: {row.accountable_body}")
    return "; ".join(said)


def rule_text(rules: Iterable[Rule], *, whole: bool) -> str:
    """Return rules for people.

    Parameters
    ----------
    rules
        One or more.
    whole
        Whether to explain, or give a line each.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    if not whole:
        return "".join(f"{r.code}  {r.severity:<8} {r.title}\n" for r in rules)
    paragraphs = []
    for r in rules:
        parts = (f"What it means: {r.means}", f"Why it matters: {r.matters}", f"What to do: {r.action}")
        body = "\n".join(textwrap.fill(part, WIDTH, subsequent_indent="    ") for part in parts)
        paragraphs.append(f"{r.code} {r.title} ({r.severity})\n{body}\n")
    return "\n".join(paragraphs)
