"""Who holds each stream of money, and each duty, on the ground of an area: by the rules that ship, on a day."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import NamedTuple

import numpy as np
import pandas as pd

from geoplan.analysis.networks import seating
from geoplan.auditing.certainty import Lie, lie, share_inside
from geoplan.data.focus import shares_of
from geoplan.data.membership.checks import common
from geoplan.data.shipped.roles import NOBODY
from geoplan.data.shipped.streams import AREA, Rule
from geoplan.schema import Layer, assessed, wording

__all__ = ["ENDED", "IN_FORCE", "Coming", "Held", "Holding", "Opener", "StreamHeld", "held_there", "weakest"]

ENDED, IN_FORCE = "ended", "in force"
ORDER = ("exact", "high", wording.YOURS, "medium", "mixed", "low", "modelled", NOBODY)
"""From the surest to the least sure."""
WHOLE = 1 - 1e-9
Opener = Callable[[str, date], Layer | None]
"""Opens a layer for a day; None where it is not in force then."""


@dataclass(frozen=True, eq=False)
class Holding:
    """One body that holds a stream on ground of an area.

    Parameters
    ----------
    body
        Empty where it is not known.
    layer, code, name
        The area whose ground it holds it on; no layer where that is the whole of countries.
    lie
        How the asked area lies to that ground.
    people, share
        People of the asked area on that ground, and which share of it they are; None where not assessed.
    beyond
        People on that ground outside the asked area; None where not assessed.
    ground
        Blocks of it.
    rest
        Whether it is what earlier rules leave of a whole country.
    rule
        The rule by which it holds it.
    confidence
        The weakest of those of the rule, of the area's members and of its lead.
    """

    body: str
    layer: str
    code: str
    name: str
    lie: Lie
    people: float | None
    share: float | None
    beyond: float | None
    ground: frozenset[str]
    rest: bool
    rule: Rule
    confidence: str


@dataclass(frozen=True, eq=False)
class StreamHeld:
    """A stream of money, or a duty, on the ground of an area.

    Parameters
    ----------
    key, title, kind, pays_for
        As in `geoplan.data.shipped.streams.Rule`.
    status
        ``in force`` on the day, or ``ended``: then it is told as on its last day.
    valid_from, valid_to
        Of the rules that hold there.
    holdings
        Who holds it, most people first.
    uncovered, uncovered_share
        People of the area whom no holder covers, and their share; None where not assessed.
    everywhere
        Whether somebody holds it wherever it exists.
    """

    key: str
    title: str
    kind: str
    pays_for: str
    status: str
    valid_from: str
    valid_to: str
    holdings: tuple[Holding, ...]
    uncovered: float | None
    uncovered_share: float | None
    everywhere: bool


class Coming(NamedTuple):
    """A rule that begins after the day on ground of the area, by whom."""

    body: str
    title: str
    valid_from: str
    confidence: str


@dataclass(frozen=True)
class Held:
    """All that bodies hold on the ground of an area.

    Parameters
    ----------
    streams
        In the order of the table; those that exist where the area lies.
    coming
        Who holds what from a later day on.
    outside
        Names of the countries of the area of which the table says nothing.
    """

    streams: tuple[StreamHeld, ...] = ()
    coming: tuple[Coming, ...] = ()
    outside: tuple[str, ...] = ()

    @property
    def now(self) -> tuple[StreamHeld, ...]:
        """Those in force on the day."""
        return tuple(stream for stream in self.streams if stream.status == IN_FORCE)


class _Ground(NamedTuple):
    """Ground of one holder: its area, with the share of each block that it holds."""

    code: str
    name: str
    shares: pd.Series


def held_there(shares: pd.Series, rules: Sequence[Rule], day: date, people: pd.Series, opened: Opener) -> Held:
    """Tell who holds each stream of money and each duty on the ground of an area.

    Parameters
    ----------
    shares
        Block -> share of it (0 to 1) that belongs to the area, missing where that is not known.
    rules
        Those of a stream together, in the order in which they go before one another.
    day
        The day.
    people
        Block -> residents, of all blocks.
    opened
        Opens a layer for a day.

    Returns
    -------
    Held
        Streams that exist in the countries of the area; one that has ended is told as on its last day.
    """
    here = {str(block)[0] for block in shares.index}
    streams: list[StreamHeld] = []
    coming: list[Coming] = []
    for _, group in groupby(rules, key=lambda rule: rule.stream):
        own = [rule for rule in group if here & set(rule.countries)]
        now, at = _on(own, day)
        if now:
            streams.append(_stream(shares, now, day, at, people, opened))
        coming += _coming(shares, [rule for rule in own if rule.first_day > day], people, opened)
    told = set().union(*(rule.countries for rule in rules))
    outside = tuple(wording.COUNTRIES[letter] for letter in wording.COUNTRIES if letter in here - told)
    return Held(tuple(stream for stream in streams if stream.everywhere or stream.holdings), tuple(coming), outside)


def _on(rules: Sequence[Rule], day: date) -> tuple[list[Rule], date]:
    """Return the rules of a stream on a day, or those of its last day where it has ended."""
    begun = [rule for rule in rules if rule.first_day <= day]
    last = max((rule.last_day for rule in begun), default=day)
    at = min(day, last)
    return [rule for rule in begun if rule.last_day >= at], at


def _stream(
    shares: pd.Series, rules: Sequence[Rule], day: date, at: date, people: pd.Series, opened: Opener
) -> StreamHeld:
    weights = people.reindex(shares.index)
    found: list[Holding] = []
    taken = pd.Series(0.0, index=people.index)
    for rule in rules:
        layer = opened(rule.layer, at) if rule.layer else None
        if rule.layer and layer is None:
            continue
        grounds = list(_grounds(rule, layer, people.index, taken))
        found += filter(None, (_holding(shares, ground, rule, layer, people) for ground in grounds))
        for ground in grounds:
            # Two parts of unknown size may be all of a block; they are not taken for it.
            taken = taken.add(ground.shares.fillna(0.0), fill_value=0.0).clip(upper=1.0)
    first = rules[0]
    share = _share_uncovered(shares, found, taken, weights)
    whole = assessed((shares * weights).sum(skipna=False))
    used = {holding.rule for holding in found} or set(rules)
    return StreamHeld(
        key=first.stream,
        title=first.title,
        kind=first.kind,
        pays_for=first.pays_for,
        status=IN_FORCE if at == day else ENDED,
        valid_from=min(rule.valid_from for rule in used),
        valid_to="" if any(not rule.valid_to for rule in used) else max(rule.valid_to for rule in used),
        holdings=tuple(sorted(found, key=lambda each: (each.share is None, -(each.share or 0.0), each.name))),
        uncovered=None if share is None or whole is None else share * whole,
        uncovered_share=share,
        everywhere=first.everywhere,
    )


def _grounds(rule: Rule, layer: Layer | None, blocks: pd.Index, taken: pd.Series) -> Iterator[_Ground]:
    """Yield the ground of each holder by a rule: what earlier rules have not taken whole, in the rule's countries."""
    free = {block for block in blocks if block[0] in rule.countries and taken.get(block, 0.0) < WHOLE}
    if layer is None:
        names = wording.listed(wording.countries(rule.countries))
        yield _Ground("", names, pd.Series(1.0, index=pd.Index(sorted(free), name="block")))
        return
    codes = [code for code in rule.areas or layer.areas.index if code in layer.areas.index]
    held = {code: shares_of(layer, code) for code in codes}
    if rule.body == "named" and AREA not in rule.named_body and len(codes) > 1:
        together = pd.concat(held.values()).groupby(level=0).sum(min_count=1)
        held = {";".join(codes): together}
    for code, own in held.items():
        kept = own[own.index.isin(free)]
        if not kept.empty:
            yield _Ground(code, _several(layer, codes) if ";" in code else layer.name(code), kept)


def _several(layer: Layer, codes: Sequence[str]) -> str:
    names = [layer.name(code) for code in codes]
    more = len(names) - wording.NAMED_ROWS
    return wording.listed([*names[: wording.NAMED_ROWS], f"{more} more"] if more > 0 else names)


def _holding(shares: pd.Series, ground: _Ground, rule: Rule, layer: Layer | None, people: pd.Series) -> Holding | None:
    found = lie(shares, ground.shares)
    if found is Lie.APART:
        return None
    weights = people.reindex(shares.index)
    share = assessed(share_inside(shares, ground.shares, weights))
    whole = assessed((shares * weights).sum(skipna=False))
    amount = None if share is None or whole is None else share * whole
    total = assessed((ground.shares * people.reindex(ground.shares.index)).sum(skipna=False))
    body, sure = _body(rule, layer, ground)
    return Holding(
        body=body,
        layer=rule.layer,
        code=ground.code,
        name=ground.name,
        lie=found,
        people=amount,
        share=share,
        beyond=None if amount is None or total is None else max(total - amount, 0.0),
        ground=frozenset(map(str, ground.shares.index)),
        rest=layer is None and len(ground.shares) < sum(block[0] in rule.countries for block in people.index),
        rule=rule,
        confidence=sure,
    )


def _body(rule: Rule, layer: Layer | None, ground: _Ground) -> tuple[str, str]:
    """Return who holds a ground by a rule, and the weakest confidence of what that rests on."""
    if rule.body == "unknown":
        return "", rule.confidence
    if layer is None or ";" in ground.code:
        return rule.named_body, rule.confidence
    known = [rule.confidence, *_members_confidence(layer, ground.code)]
    if rule.body in {"named", "area"}:
        body = ground.name if rule.body == "area" else rule.named_body.replace(AREA, ground.name)
        return body, weakest(known)
    lead, sure, answering = seating.leads(layer, ground.code)
    body = answering or lead if rule.body == "accountable" else lead
    return body, weakest([*known, *([sure] if body == lead and sure else [])])


def _members_confidence(layer: Layer, code: str) -> list[str]:
    """Return how sure the members of an area are; nothing where its layer does not say."""
    if layer.parts is None or "confidence" not in layer.parts:
        return []
    return [common(layer.parts.loc[layer.parts["code"] == code, "confidence"])]


def weakest(words: Iterable[str]) -> str:
    """Return the least sure of some words for confidence.

    Examples
    --------
    >>> weakest(["high", "mixed", "medium"])
    'mixed'
    """
    return max(words, key=lambda word: ORDER.index(word) if word in ORDER else len(ORDER))


def _share_uncovered(shares: pd.Series, found: Sequence[Holding], taken: pd.Series, weights: pd.Series) -> float | None:
    """Return which share of an area no holder covers; None where a part of unknown size decides."""
    if not found:
        return 1.0
    covered = taken.reindex(shares.index, fill_value=0.0)
    if (covered >= WHOLE).all():
        return 0.0
    open_ = any(holding.share is None for holding in found)
    total = (shares * weights).sum(skipna=False)
    if open_ or math.isnan(total) or total == 0:
        return None
    return float(np.clip(((1 - covered) * shares * weights).sum() / total, 0.0, 1.0))


def _coming(shares: pd.Series, rules: Sequence[Rule], people: pd.Series, opened: Opener) -> Iterator[Coming]:
    """Yield what begins after the day on ground of the area; what only goes on under another edition is no news."""
    for rule in rules:
        if rule.body == "unknown":
            continue
        layer = opened(rule.layer, rule.first_day) if rule.layer else None
        if rule.layer and layer is None:
            continue
        nothing = pd.Series(0.0, index=people.index)
        for ground in _grounds(rule, layer, people.index, nothing):
            if lie(shares, ground.shares) is not Lie.APART:
                body, sure = _body(rule, layer, ground)
                yield Coming(body, rule.title, rule.valid_from, sure)
