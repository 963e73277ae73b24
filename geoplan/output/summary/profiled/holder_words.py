"""Who holds what on the ground of an area, in rows and sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from geoplan.auditing.certainty import Lie
from geoplan.auditing.holders.gathering import Elsewhere, elsewhere, not_named, shared, unheld
from geoplan.auditing.holders.holding import ENDED, Held, Holding, StreamHeld, weakest
from geoplan.auditing.place_lookup import RELATIONS
from geoplan.data import catalogue
from geoplan.schema import wording

__all__ = ["NOT_HELD", "HolderRow", "beyond_words", "held_sentences", "holder_rows", "holder_sources", "titles"]

FEW = 3
"""Holders of one stream that are told one by one; more of one kind share a row."""
NOT_HELD, NOBODY_THERE = "not known", "nobody: it does not exist everywhere"


class HolderRow(NamedTuple):
    """A holder of a stream: its ``first`` row of ``rows`` names the stream, what it is for and its days.

    ``past`` says that the stream has ended, ``open`` that who holds it is not known.
    """

    first: bool
    rows: int
    open: bool
    title: str
    pays_for: str
    days: str
    past: bool
    body: str
    ground: str
    share: str
    confidence: str
    source: str
    url: str
    note: str


def titles(names: Sequence[str]) -> str:
    """List titles of streams inside a sentence, each as it begins there."""
    return wording.listed([wording.inside_a_sentence(name) for name in names])


def holder_rows(held: Held) -> list[HolderRow]:
    """Return who holds each stream, those in force first.

    Parameters
    ----------
    held
        From `geoplan.auditing.holders.holding.held_there`.

    Returns
    -------
    list of HolderRow
        More than three holders of whole parts of the area share a row; people whom nobody covers have one.
    """
    ordered = sorted(held.streams, key=lambda stream: stream.status == ENDED)
    return [row for stream in ordered for row in _rows(stream)]


def holder_sources(held: Held) -> list[tuple[str, str]]:
    """Return the sources that the holders rest on, with their addresses, each once in the order of the streams."""
    rules = [holding.rule for stream in held.streams for holding in stream.holdings]
    return list(dict.fromkeys((rule.source, rule.url) for rule in rules))


def _rows(stream: StreamHeld) -> Iterator[HolderRow]:
    lines = list(_lines(stream))
    for n, (body, ground, share, sure, holding) in enumerate(lines):
        rule = None if holding is None else holding.rule
        yield HolderRow(
            first=n == 0,
            rows=len(lines),
            open=body == NOT_HELD,
            title=stream.title,
            pays_for=stream.pays_for,
            days=_days(stream),
            past=stream.status == ENDED,
            body=body,
            ground=ground,
            share=share,
            confidence="" if body == NOT_HELD else sure,
            source=rule.source if rule else "",
            url=rule.url if rule else "",
            note=rule.note if rule else "",
        )


_Line = tuple[str, str, str, str, Holding | None]


def _lines(stream: StreamHeld) -> Iterator[_Line]:
    for (_, found), group in groupby(stream.holdings, key=lambda each: (each.rule, each.lie)):
        alike = list(group)
        if found is Lie.HOLDS and len(alike) > FEW:
            yield _together(alike)
        else:
            yield from (_line(each) for each in alike)
    if stream.uncovered_share is None or stream.uncovered_share > 0:
        share = wording.percent(stream.uncovered_share)
        yield NOT_HELD if stream.everywhere else NOBODY_THERE, "the rest of it", share, "", None


def _together(alike: Sequence[Holding]) -> _Line:
    names = [holding.body or NOT_HELD for holding in alike]
    listed = wording.listed([*names[:FEW], f"{len(names) - FEW} more"])
    shares = [holding.share for holding in alike]
    share = None if None in shares else sum(each for each in shares if each is not None)
    many = catalogue.entry(alike[0].layer).many
    sure = weakest(holding.confidence for holding in alike)
    return (
        f"{len(alike)} bodies: {listed}",
        f"{many}, each {RELATIONS[Lie.HOLDS]}",
        wording.percent(share),
        sure,
        alike[0],
    )


def _line(holding: Holding) -> _Line:
    share = wording.percent(holding.share)
    return holding.body or NOT_HELD, _ground(holding) if holding.body else "", share, holding.confidence, holding


def _ground(holding: Holding) -> str:
    """Say on which ground a body holds a stream, and how the area lies to it."""
    if not holding.layer:
        return f"{holding.name}, where no other body holds it" if holding.rest else f"all of {holding.name}"
    # A body that is called after its ground needs not have that named again.
    named = "" if holding.name in holding.body else f"{holding.name}: "
    fit = f"{named}{RELATIONS[holding.lie]}"
    if holding.beyond is None or holding.lie in {Lie.SAME, Lie.HOLDS}:
        return fit
    return f"{fit}; {beyond_words(holding)}"


def beyond_words(holding: Holding) -> str:
    """Say how many people a holder's ground has outside the area; nothing where that is not assessed."""
    return "" if holding.beyond is None else f"{wording.counted(holding.beyond)} beyond it"


def _days(stream: StreamHeld) -> str:
    if stream.status == ENDED:
        return f"ended {wording.when(stream.valid_to)}"
    until = f" to {wording.day(stream.valid_to)}" if stream.valid_to else ""
    return f"from {wording.day(stream.valid_from)}{until}"


def held_sentences(held: Held, name: str) -> list[str]:
    """Say which bodies hold several streams over one ground, whose ground is another than the area's, and what is open.

    Parameters
    ----------
    held
        From `geoplan.auditing.holders.holding.held_there`.
    name
        Of the area.

    Returns
    -------
    list of str
        Sentences; one alone where the table says nothing of the countries of the area.
    """
    said = [
        f"{each.body} holds {len(each.streams)} over the same ground ({each.name}: {RELATIONS[each.lie]}), which can "
        f"be aligned without moving a boundary: {titles(each.streams)}."
        for each in shared(held)
    ]
    away = elsewhere(held)
    local = [each for each in away if not each.national]
    if local:
        said.append(f"These hold on other ground than {name}: {'; '.join(_beyond_words(local))}.")
    said += [
        f"The {wording.inside_a_sentence(each.title)} is held by {each.holding.body} in {_ground(each.holding)}."
        for each in away
        if each.national
    ]
    said += [_open_words(stream) for stream in unheld(held)]
    if held.outside:
        said.append(f"Of {wording.listed(held.outside)} the table of streams says nothing.")
    return said


def _beyond_words(found: Sequence[Elsewhere]) -> Iterator[str]:
    """Name each body once with what it holds on one ground; of a stream that several hold, only how many."""
    holders = Counter(each.title for each in found)
    grounds: dict[tuple[str, frozenset[str]], list[Elsewhere]] = {}
    for each in found:
        if holders[each.title] == 1:
            grounds.setdefault((each.holding.body, each.holding.ground), []).append(each)
    for (body, _), held in grounds.items():
        beyond = beyond_words(held[0].holding)
        yield f"{body}{f' ({beyond})' if beyond else ''}: {titles([each.title for each in held])}"
    for title, count in holders.items():
        if count > 1:
            yield f"{count} bodies: {titles([title])}"


def _open_words(stream: StreamHeld) -> str:
    what = wording.inside_a_sentence(stream.title)
    if not_named(stream):
        people = [holding.people for holding in stream.holdings if not holding.body]
        known = None if None in people else sum(each for each in people if each is not None)
        whom = "" if known is None else f" for {wording.counted(known)}"
        return f"Who holds the {what}{whom} is not known."
    if stream.uncovered is None:
        return f"Whether the {what} has a holder everywhere there is {wording.NOT_ASSESSED}."
    return f"{wording.counted(stream.uncovered).capitalize()} are under no known holder of the {what}."
