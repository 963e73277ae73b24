"""One map of three views: a layer as it is today, as changes make it, and the difference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from geoplan.auditing.judging import findings
from geoplan.auditing.results import AuditResult, Pair
from geoplan.output.summary.planned.outcomes import NOTHING, outcome_sentences, title_of
from geoplan.planning.scenarios.whatif import Outcome
from geoplan.schema import Finding, Layer, wording

__all__ = ["NAMES", "Switch", "shown_keys", "switched"]

NAMES = ("Today", "As changed", "Difference")
TODAY = "@today"
"""What the key of a layer ends with as it is today."""
MOST_NAMED = 6
ABOUT = ("layer", "other_layer")


@dataclass(frozen=True, eq=False)
class Switch:
    """What a page needs to switch between views.

    Parameters
    ----------
    sets
        Positions of pairs that show the same comparison in the views of `NAMES`.
    differences
        Positions of the pairs of a layer of today and what becomes of it.
    touched
        Blocks of the areas that are changed, before or after.
    moved
        Blocks that are in other areas than today.
    note
        Who moves, in words.
    said
        What would come of the changes, in sentences.
    heading
        Of the page.
    """

    sets: tuple[tuple[int, int, int], ...]
    differences: frozenset[int]
    touched: frozenset[str]
    moved: tuple[str, ...]
    note: str
    said: tuple[str, ...]
    heading: str

    def told(self, position: Mapping[str, int]) -> dict[str, Any]:
        """Return it for JSON, blocks by their positions."""
        return {
            "names": list(NAMES),
            "sets": [list(each) for each in self.sets],
            "ground": sorted(position[block] for block in self.touched),
            "said": list(self.said),
        }

    def answered(self, pairs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return what a page says of pairs, with what a difference comes to in words of its own."""
        return [{**pair, "answer": self.said[0]} if n in self.differences else pair for n, pair in enumerate(pairs)]

    def place(self, position: Mapping[str, int]) -> list[dict[str, Any]]:
        """Return the ground that moves as a place of the page."""
        blocks = [position[block] for block in self.moved]
        return [{"kind": "moved", "title": "Moved by the changes", "note": self.note, "blocks": blocks}]


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
    later = [_with_layers(pair, after) for pair in outcome.after.pairs]
    now = {pair.keys: _with_layers(pair, before) for pair in outcome.before.pairs if set(pair.keys) & set(keys)}
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
    return result, _switch(outcome, tuple(sets), frozenset(at[id(pair)] for pair in between.values()))


def _switch(outcome: Outcome, sets: tuple[tuple[int, int, int], ...], differences: frozenset[int]) -> Switch:
    moved = sorted({block for each in outcome.applied.values() for block in each.moved})
    touched = set(moved)
    for key, each in outcome.applied.items():
        codes = {code for sides in each.moved.values() for side in sides for code in side}
        for layer in (outcome.before.layers.get(key), each.layer):
            if layer is not None and layer.parts is not None:
                touched |= set(layer.parts.loc[layer.parts["code"].isin(codes), "block"])
    names = list(dict.fromkeys(outcome.authority(block) for block in moved))
    more = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    said = (NOTHING,) if outcome.is_empty else (*outcome_sentences(outcome), *outcome.warnings)
    note = wording.listed([*names[:MOST_NAMED], *more])
    return Switch(sets, differences, frozenset(touched), tuple(moved), note, said, title_of(outcome))


def _titled(layer: Layer, when: str, key: str = "") -> Layer:
    return replace(layer, key=key or layer.key, title=f"{layer.title} ({when})")


def _with_layers(pair: Pair, layers: Mapping[str, Layer]) -> Pair:
    left, right = (layers.get(side.key, side) for side in (pair.overlay.left, pair.overlay.right))
    return _of(pair, left, right)


def _of(pair: Pair, left: Layer, right: Layer) -> Pair:
    return Pair(replace(pair.overlay, left=left, right=right), pair.relations, pair.tolerance)


def _findings_of(outcome: Outcome, keys: tuple[str, ...], between: Iterable[Pair]) -> list[Finding]:
    """Return the findings of today about the changed layers, under their keys of today, and those of the difference."""
    renamed = {key: key + TODAY for key in keys}
    today = [
        replace(
            each, layer=renamed.get(each.layer, each.layer), other_layer=renamed.get(each.other_layer, each.other_layer)
        )
        for each in outcome.before.findings
        if {each.layer, each.other_layer} & set(keys)
    ]
    differing = [
        finding for pair in between
        for finding in findings.from_pair(pair.overlay, pair.relations, tolerance=pair.tolerance, outside=pair.outside)
        if finding.code
    ]  # fmt: skip
    return [*today, *differing]
