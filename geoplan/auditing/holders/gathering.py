"""What follows from who holds what: bodies with several streams over one ground, ground unlike the area's, gaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from geoplan.auditing.certainty import Lie
from geoplan.auditing.holders.holding import Held, Holding, StreamHeld, weakest
from geoplan.auditing.place_lookup import RELATIONS
from geoplan.schema import assessed

__all__ = ["HOLDER_COLUMNS", "Body", "Elsewhere", "Shared", "bodies", "elsewhere", "holders_table", "shared", "unheld"]

HOLDER_COLUMNS = (
    "stream",
    "title",
    "kind",
    "status",
    "body",
    "layer",
    "code",
    "name",
    "relation",
    "share",
    "people",
    "beyond",
    "valid_from",
    "valid_to",
    "confidence",
    "source",
    "url",
    "note",
)
UNLIKE = (Lie.INSIDE, Lie.PART)
"""How an area lies to ground that reaches beyond it."""


class Body(NamedTuple):
    """A body that holds something in force on the ground of an area.

    ``streams`` are titles in the order of the table; ``share`` is the largest of the area under it by one of them, None
    where not assessed; ``national`` says whether it holds all of them in the whole of a country.
    """

    name: str
    streams: tuple[str, ...]
    share: float | None
    confidence: str
    national: bool


class Shared(NamedTuple):
    """A body that holds several streams over the same ground, which is ``name``."""

    body: str
    streams: tuple[str, ...]
    name: str
    lie: Lie


class Elsewhere(NamedTuple):
    """A stream whose holder covers ground that the area does not; ``national`` in the whole of a country."""

    title: str
    holding: Holding

    @property
    def national(self) -> bool:
        """Whether its holder is that of a whole country."""
        return not self.holding.layer


def bodies(held: Held) -> tuple[Body, ...]:
    """Return who holds something in force, who holds most first.

    Parameters
    ----------
    held
        From `geoplan.auditing.holders.holding.held_there`.

    Returns
    -------
    tuple of Body
        Each once; bodies that hold as many stand by the share of the area under them, largest first.
    """
    found: dict[str, dict[str, list[Holding]]] = defaultdict(lambda: defaultdict(list))
    for stream, holding in _named(held):
        found[holding.body][stream.title].append(holding)
    told = [_body(name, by_stream) for name, by_stream in found.items()]
    return tuple(sorted(told, key=lambda each: (-len(each.streams), each.share is None, -(each.share or 0.0))))


def _body(name: str, by_stream: dict[str, list[Holding]]) -> Body:
    every = [holding for holdings in by_stream.values() for holding in holdings]
    sums = [_share(holdings) for holdings in by_stream.values()]
    known = [each for each in sums if each is not None]
    return Body(
        name=name,
        streams=tuple(by_stream),
        share=max(known) if known else None,
        confidence=weakest(holding.confidence for holding in every),
        national=not any(holding.layer for holding in every),
    )


def _share(holdings: Iterable[Holding]) -> float | None:
    shares = [holding.share for holding in holdings]
    return None if None in shares else min(sum(each for each in shares if each is not None), 1.0)


def shared(held: Held) -> tuple[Shared, ...]:
    """Return the bodies that hold several streams in force over the same ground, most streams first.

    Parameters
    ----------
    held
        From `geoplan.auditing.holders.holding.held_there`.

    Returns
    -------
    tuple of Shared
        The same ground is the same blocks, whatever geography they are an area of.
    """
    found: dict[tuple[str, frozenset[str]], dict[str, Holding]] = defaultdict(dict)
    for stream, holding in _named(held):
        found[holding.body, holding.ground][stream.title] = holding
    told = [
        Shared(body, tuple(by_title), first.name, first.lie)
        for (body, _), by_title in found.items()
        for first in list(by_title.values())[:1]
        if len(by_title) > 1
    ]
    return tuple(sorted(told, key=lambda each: -len(each.streams)))


def elsewhere(held: Held) -> tuple[Elsewhere, ...]:
    """Return the streams in force whose holder covers ground that the area does not.

    Parameters
    ----------
    held
        From `geoplan.auditing.holders.holding.held_there`.

    Returns
    -------
    tuple of Elsewhere
        In the order of the streams.
    """
    return tuple(Elsewhere(stream.title, holding) for stream, holding in _named(held) if holding.lie in UNLIKE)


def _named(held: Held) -> list[tuple[StreamHeld, Holding]]:
    return [(stream, holding) for stream in held.now for holding in stream.holdings if holding.body]


def unheld(held: Held) -> tuple[StreamHeld, ...]:
    """Return the streams in force that somebody holds everywhere, and of which not all of the area has a known holder.

    Parameters
    ----------
    held
        From `geoplan.auditing.holders.holding.held_there`.

    Returns
    -------
    tuple of StreamHeld
        In the order of the streams.
    """
    return tuple(stream for stream in held.now if stream.everywhere and (_open(stream) or not_named(stream)))


def _open(stream: StreamHeld) -> bool:
    return stream.uncovered_share is None or stream.uncovered_share > 0


def not_named(stream: StreamHeld) -> bool:
    """Tell whether the holder of some of the ground is not known."""
    return any(not holding.body for holding in stream.holdings)


def holders_table(held: Held) -> pd.DataFrame:
    """Return who holds what, a row a holder, and a row for the people whom none covers.

    Parameters
    ----------
    held
        From `geoplan.auditing.holders.holding.held_there`.

    Returns
    -------
    pandas.DataFrame
        `HOLDER_COLUMNS`: ``body`` empty where it is not known, and with no ``relation`` where no holder covers the
        people; ``relation`` says how the area lies to the holder's ground, ``share`` (0 to 1) and ``people`` are those
        of the area on it, ``beyond`` the people on it outside the area; missing where not assessed.
    """
    rows = [row for stream in held.streams for row in _rows(stream)]
    return pd.DataFrame(rows, columns=list(HOLDER_COLUMNS))


def _rows(stream: StreamHeld) -> list[dict[str, object]]:
    told = {"stream": stream.key, "title": stream.title, "kind": stream.kind, "status": stream.status}
    rows: list[dict[str, object]] = [
        {
            **told,
            "body": holding.body,
            "layer": holding.layer,
            "code": holding.code,
            "name": holding.name,
            "relation": RELATIONS[holding.lie],
            "share": holding.share,
            "people": holding.people,
            "beyond": holding.beyond,
            **{name: getattr(holding.rule, name) for name in ("valid_from", "valid_to", "source", "url", "note")},
            "confidence": holding.confidence,
        }
        for holding in stream.holdings
    ]
    if _open(stream):
        empty = dict.fromkeys(HOLDER_COLUMNS, "")
        amounts = {"share": assessed(stream.uncovered_share), "people": assessed(stream.uncovered), "beyond": None}
        rows.append({**empty, **told, **amounts})
    return rows
