"""What was fetched, what is held, and what could be, on the screen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from geoplan.data.kept.holdings import Holding
from geoplan.output.text.lines import WIDTH
from geoplan.schema import wording

if TYPE_CHECKING:
    from geoplan.data.portal.fetching import Outcome
    from geoplan.data.portal.services import Source

__all__ = ["held_text", "outcome_text", "services_text"]

HEADINGS = ("official, fetched", "fetched from services that you named", "brought by you")
MARKS = {"seen": "", "not published": " (not published)"}
"""What stands behind an edition by how sure its address is; a star behind all others."""


def outcome_text(outcome: Outcome) -> str:
    """Say what a fetch came to.

    Parameters
    ----------
    outcome
        From `geoplan.data.portal.fetching.fetch`.

    Returns
    -------
    str
        A sentence or two, with a line feed.
    """
    one = outcome.holding
    how = "fetched" if outcome.new else f"held since {wording.day(one.kept_on)}, not fetched again"
    said = f"{one.reference}: {one.title or one.key}, {wording.plural(one.rows, 'row')}, {how}."
    lines = textwrap.wrap(said, WIDTH)
    if outcome.new and outcome.gone:
        gone = wording.listed(outcome.gone)
        lines += textwrap.wrap(f"The server does not have it at {gone}: {one.resolution} was fetched instead.", WIDTH)
    if outcome.new and outcome.untried:
        lines += textwrap.wrap("The address was made by the portal's naming; it was there.", WIDTH)
    if outcome.new and one.licence:
        lines += textwrap.wrap(f"Licence: {one.licence}.", WIDTH)
    return "".join(f"{line}\n" for line in lines)


def held_text(held: Sequence[Holding], damaged: Sequence[str] = ()) -> str:
    """List what the user's data folder holds.

    Parameters
    ----------
    held
        From `geoplan.data.kept.holdings.holdings`.
    damaged
        Sentences on what cannot be read.

    Returns
    -------
    str
        For what is official, what comes from other services and what the user brought a heading, and a line a file;
        empty where there is none.
    """
    if not held and not damaged:
        return ""
    width = max((len(one.reference) for one in held), default=0)
    lines: list[str] = []
    for heading in HEADINGS:
        some = [one for one in held if _heading(one) == heading]
        lines += ["", f"In your data folder: {heading}", *_held_lines(some, width)] if some else []
    if damaged:
        lines += ["", "In your data folder: damaged"]
    for sentence in damaged:
        lines += textwrap.wrap(f"  {sentence}", WIDTH, subsequent_indent="    ", break_on_hyphens=False)
    return "".join(f"{line}\n" for line in lines)


def _heading(one: Holding) -> str:
    """Return under which heading a file stands: nobody but the user says who publishes a service of their own."""
    official, named, brought = HEADINGS
    if one.url:
        return official if one.source else named
    return brought


def _held_lines(held: Sequence[Holding], width: int) -> list[str]:
    lines: list[str] = []
    for one in held:
        facts = (one.title or one.key, wording.plural(one.rows, "row"), f"kept on {wording.day(one.kept_on)}")
        told = ", ".join(fact for fact in facts if fact)
        lines += textwrap.wrap(
            f"  {one.reference:<{width}}  {told}", WIDTH, subsequent_indent=" " * (width + 4), break_on_hyphens=False
        )
    return lines


def services_text(sources: Iterable[Source]) -> str:
    """List what can be fetched, a line a key, with its editions.

    Parameters
    ----------
    sources
        From `geoplan.data.portal.services.sources`.

    Returns
    -------
    str
        Editions from the newest on; those with no address that was seen in use are marked.
    """
    rows = list(sources)
    keys = list(dict.fromkeys(one.key for one in rows))
    width = max(map(len, keys))
    lines = ["What can be fetched, by key, with its editions (a star: nobody has seen the address in use):", ""]
    for key in keys:
        known: dict[str, str] = {}
        for one in (row for row in rows if row.key == key):
            known[one.edition] = min(known.get(one.edition, "*"), MARKS.get(one.confidence, "*"))
        told = ", ".join(f"{edition}{mark}" for edition, mark in known.items())
        lines += textwrap.wrap(
            f"{key:<{width}}  {told}", WIDTH, subsequent_indent=" " * (width + 2), break_on_hyphens=False
        )
    return "".join(f"{line}\n" for line in lines)
