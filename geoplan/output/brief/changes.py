"""The part of a brief that tells of changes: what they are, before and after, what they mend and make."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geoplan.auditing.judging.rules import RULES
from geoplan.output.summary.planned.outcome_figures import AREA_FIGURES, area_rows, figure_rows
from geoplan.output.summary.planned.outcomes import first_steps, outcome_sentences, title_of
from geoplan.planning.scenarios.fates import FATES
from geoplan.planning.scenarios.whatif import Outcome
from geoplan.schema import Layer, wording

__all__ = ["told"]

MOST_STEPS = 8
MOST_FINDINGS = 6
"""Of each fate."""
MOST_FIGURES = 16
MOST_AREAS = 6
"""Of each changed layer."""


@dataclass(frozen=True)
class Fated:
    """A finding and what becomes of it."""

    fate: str
    name: str
    layer: str
    title: str
    against: str
    amount: str


def told(outcome: Outcome) -> dict[str, Any]:
    """Return what the brief says of changes, for its template.

    Parameters
    ----------
    outcome
        From `geoplan.planning.scenarios.whatif.whatif`.

    Returns
    -------
    dict
        ``title``, ``standfirst``, ``sentences``, ``steps``, ``further`` (on more of them), ``warnings``, ``areas`` (a
        layer and its rows of name and figures before and after), ``heads`` of these, ``others`` (on more of them),
        ``figures`` (layers with rows of what, before, after, difference; of those that differ), ``same`` (on the rest),
        ``findings`` and ``rest``.
    """
    scenario, rows = outcome.scenario, figure_rows(outcome)
    layers = {**outcome.before.layers, **outcome.after.layers}
    different = [row for row in rows if row.differs]
    figures = [
        (_titles(keys, layers), [(row.what, *row.texts) for row in group])
        for keys, group in itertools.groupby(different[:MOST_FIGURES], key=lambda row: row.keys)
    ]
    left = len(different) - MOST_FIGURES
    further = len(scenario.steps) - MOST_STEPS
    areas, others = area_rows(outcome, MOST_AREAS)
    more = f"{wording.number_of(left, 'more differs', 'more differ')}, in audit.xlsx; " if left > 0 else ""
    unchanged = len(rows) - len(different)
    facts = (
        f"Changes of {scenario.name}",
        f"to hold from {wording.day(scenario.in_force_from)}" if scenario.in_force_from else "",
        f"source: {scenario.source}" if scenario.source else "",
        f"confidence: {scenario.confidence}" if scenario.confidence else "",
    )
    return {
        "title": title_of(outcome),
        "standfirst": f"{'; '.join(filter(None, facts))}. Below, the audit is that of the areas as changed.",
        "sentences": outcome_sentences(outcome),
        "steps": first_steps(
            scenario.steps[:MOST_STEPS], MOST_STEPS, {key: each.title for key, each in layers.items()}
        ),
        "further": f"And {wording.plural(further, 'further change')}, in audit.xlsx." if further > 0 else "",
        "areas": [
            (_titles((key,), layers), list(group)) for key, group in itertools.groupby(areas, lambda row: row.key)
        ],
        "heads": [words for words, _ in AREA_FIGURES.values()],
        "others": f"{wording.number_of(others, 'more changes', 'more change')}, in audit.xlsx." if others else "",
        "warnings": outcome.warnings,
        "figures": figures,
        "same": f"{more}{wording.number_of(unchanged, 'other figure stays', 'other figures stay')} the same.",
        "findings": [_fated(fate, each, outcome) for fate in FATES for each in outcome.serious(fate)[:MOST_FINDINGS]],
        "rest": _rest(outcome),
        "note": scenario.note,
    }


def _titles(keys: tuple[str, ...], layers: Mapping[str, Layer]) -> str:
    titles = [layers[key].title if key in layers else key for key in keys]
    return ", against ".join([*titles[:1], *map(wording.inside_a_sentence, titles[1:])]) or "Findings"


def _fated(fate: str, finding: Any, outcome: Outcome) -> Fated:
    layers = {**outcome.before.layers, **outcome.after.layers}
    other = layers[finding.other_layer].title if finding.other_layer in layers else finding.other_layer
    layer = layers[finding.layer].title if finding.layer in layers else finding.layer
    return Fated(
        fate, finding.name, layer, RULES[finding.rule].title, other, wording.amount(finding.value, finding.unit)
    )


def _rest(outcome: Outcome) -> str:
    counts = {fate: len(outcome.serious(fate)) - MOST_FINDINGS for fate in FATES}
    more = [f"{count} more {fate}" for fate, count in counts.items() if count > 0]
    return f"And {wording.listed(more)}: changes.csv lists all." if more else "changes.csv lists all, with notes."
