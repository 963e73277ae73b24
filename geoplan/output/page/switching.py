"""One map of several views of the same ground: today and what changes make of it, or today and every alternative."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from geoplan.auditing.judging import findings
from geoplan.auditing.results import AuditResult, Pair
from geoplan.output.summary.planned.outcomes import NOTHING, outcome_sentences, title_of
from geoplan.planning.scenarios.whatif import Outcome
from geoplan.schema import Finding, Layer, wording

__all__ = ["NAMES", "Switch", "View", "named_few", "recalled", "shown_keys", "switched", "with_layers"]

NAMES = ("Today", "As changed", "Difference")
TODAY = "@today"
"""What the key of a layer ends with as it is today."""
MOST_NAMED = 6


@dataclass(frozen=True)
class View:
    """One of the views.

    Parameters
    ----------
    name
        On its switch.
    said
        Sentences that stand in the panel while it is shown.
    reasons
        Sentences below them, as a list.
    board
        Headings of a table of figures and its rows; none without.
    marked
        Title, note and blocks of the ground that is marked while it is shown; None for none.
    """

    name: str
    said: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    board: tuple[tuple[str, ...], ...] = ()
    marked: tuple[str, str, tuple[str, ...]] | None = None


@dataclass(frozen=True, eq=False)
class Switch:
    """What a page needs to switch between views.

    Parameters
    ----------
    heading
        Of the page.
    summary
        What the words on the views stand under.
    views
        In the order of their switches.
    sets
        Positions of pairs that show the same comparison in each of the views.
    answers
        Position of a pair -> what is said of it in the place of its own answer.
    touched
        Blocks that the page opens at; all ground without.
    board
        Headings of a table of the figures of all views and its rows; none without.
    """

    heading: str
    summary: str
    views: tuple[View, ...]
    sets: tuple[tuple[int, ...], ...]
    answers: Mapping[int, str]
    touched: frozenset[str] = frozenset()
    board: tuple[tuple[str, ...], ...] = ()

    def told(self, position: Mapping[str, int]) -> dict[str, Any]:
        """Return it for JSON, blocks by their positions, marked ground by its place among `places`."""
        marked = [view for view in self.views if view.marked]
        return {
            "summary": self.summary,
            "sets": [list(each) for each in self.sets],
            "ground": sorted(position[block] for block in self.touched),
            "board": [list(row) for row in self.board],
            "views": [
                {
                    "name": view.name,
                    "said": list(view.said),
                    "reasons": list(view.reasons),
                    "board": [list(row) for row in view.board],
                    "marked": marked.index(view) if view.marked else None,
                }
                for view in self.views
            ],
        }

    def answered(self, pairs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return what a page says of pairs, in words of the views where there are any."""
        return [{**pair, "answer": self.answers[n]} if n in self.answers else pair for n, pair in enumerate(pairs)]

    def places(self, position: Mapping[str, int]) -> list[dict[str, Any]]:
        """Return the ground that views mark as places of the page."""
        marked = [view.marked for view in self.views if view.marked]
        return [
            {"kind": "moved", "title": title, "note": note, "blocks": [position[block] for block in blocks]}
            for title, note, blocks in marked
        ]


def shown_keys(outcome: Outcome) -> tuple[str, ...]:
    """Return the keys of the changed layers that both audits show: about an area far from a layer none does."""
    return tuple(key for key in outcome.differences if key in outcome.before.layers and key in outcome.after.layers)


def switched(outcome: Outcome) -> tuple[AuditResult, Switch]:
    """Put both audits of an outcome, and what differs, into one that a page can show.

    Parameters
    ----------
    outcome
        From `geoplan.planning.scenarios.whatif.whatif`, with outlines.

    Returns
    -------
    result : AuditResult
        The audit after the changes, with the changed layers as they are today beside it, their comparisons and
        findings.
    switch : Switch
        Which comparisons belong together.
    """
    keys = shown_keys(outcome)
    after = {key: _titled(outcome.after.layers[key], "as changed") for key in keys}
    before = {key: _titled(outcome.before.layers[key], "today", key + TODAY) for key in keys}
    later = [with_layers(pair, after) for pair in outcome.after.pairs]
    now = {pair.keys: with_layers(pair, before) for pair in outcome.before.pairs if set(pair.keys) & set(keys)}
    between = {}
    for key in keys:
        forth, back = outcome.differences[key]
        between[key] = _of(forth, before[key], after[key])
        between[f"-{key}"] = _of(back, after[key], before[key])
    pairs = (*later, *between.values(), *now.values())
    at = {id(pair): number for number, pair in enumerate(pairs)}
    sets = []
    for pair in later:
        changed = next((key for key in keys if key in pair.keys), "")
        if changed and pair.keys in now:
            differing = between[changed if pair.keys[0] == changed else f"-{changed}"]
            sets.append((at[id(now[pair.keys])], at[id(pair)], at[id(differing)]))
    if not sets:
        sets = [(at[id(between[key])], at[id(between[f"-{key}"])], at[id(between[key])]) for key in keys]
    told = [*outcome.after.findings, *_findings_of(outcome, keys, between.values())]
    layers = {**outcome.after.layers, **after, **{layer.key: layer for layer in before.values()}}
    result = replace(
        outcome.after, layers=layers, pairs=pairs, changes=outcome.versus.by_id,
        findings=tuple(sorted(told, key=lambda finding: finding.gravity)),
    )  # fmt: skip
    answers = dict.fromkeys((at[id(pair)] for pair in between.values()), _said(outcome)[0])
    return result, _switch(outcome, tuple(sets), answers)


def _said(outcome: Outcome) -> tuple[str, ...]:
    return (NOTHING,) if outcome.is_empty else (*outcome_sentences(outcome), *outcome.warnings)


def _switch(outcome: Outcome, sets: tuple[tuple[int, ...], ...], answers: Mapping[int, str]) -> Switch:
    moved = sorted({block for each in outcome.applied.values() for block in each.moved})
    touched = set(moved)
    for key, each in outcome.applied.items():
        codes = {code for sides in each.moved.values() for side in sides for code in side}
        for layer in (outcome.before.layers.get(key), each.layer):
            if layer is not None and layer.parts is not None:
                touched |= set(layer.parts.loc[layer.parts["code"].isin(codes), "block"])
    note = named_few(dict.fromkeys(outcome.authority(block) for block in moved))
    marks = (None, None, ("Moved by the changes", note, tuple(moved)))
    views = tuple(View(name, _said(outcome), marked=marked) for name, marked in zip(NAMES, marks, strict=True))
    return Switch(title_of(outcome), "What would come of it", views, sets, answers, frozenset(touched))


def named_few(names: Iterable[str]) -> str:
    """Name the first of some places, and count the others."""
    every = list(names)
    more = [f"{len(every) - MOST_NAMED} more"] if len(every) > MOST_NAMED else []
    return wording.listed([*every[:MOST_NAMED], *more])


def _titled(layer: Layer, when: str, key: str = "") -> Layer:
    return replace(layer, key=key or layer.key, title=f"{layer.title} ({when})")


def with_layers(pair: Pair, layers: Mapping[str, Layer]) -> Pair:
    """Return a comparison with other layers in the place of those of the same keys."""
    left, right = (layers.get(side.key, side) for side in (pair.overlay.left, pair.overlay.right))
    return _of(pair, left, right)


def _of(pair: Pair, left: Layer, right: Layer) -> Pair:
    return Pair(replace(pair.overlay, left=left, right=right), pair.relations, pair.tolerance)


def _findings_of(outcome: Outcome, keys: tuple[str, ...], between: Iterable[Pair]) -> list[Finding]:
    """Return the findings of today about the changed layers, under their keys of today, and those of the difference."""
    about = [each for each in outcome.before.findings if {each.layer, each.other_layer} & set(keys)]
    today = recalled(about, {key: key + TODAY for key in keys})
    differing = [
        finding for pair in between
        for finding in findings.from_pair(pair.overlay, pair.relations, tolerance=pair.tolerance, outside=pair.outside)
        if finding.code
    ]  # fmt: skip
    return [*today, *differing]


def recalled(found: Iterable[Finding], keys: Mapping[str, str]) -> list[Finding]:
    """Return findings with other keys for the layers they are about."""
    return [
        replace(each, layer=keys.get(each.layer, each.layer), other_layer=keys.get(each.other_layer, each.other_layer))
        for each in found
    ]
