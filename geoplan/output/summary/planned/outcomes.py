"""What would come of changes: the changes in words, and answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from geoplan.data.scenarios.scenario import Step
from geoplan.output.summary.planned.outcome_figures import cut_words, figure_rows
from geoplan.planning.scenarios.fates import FATES, Fates
from geoplan.planning.scenarios.whatif import Outcome
from geoplan.schema import Severity, wording

__all__ = [
    "NOTHING",
    "fate_counts",
    "fate_sentence",
    "first_steps",
    "outcome_sentences",
    "step_text",
    "title_of",
]

NOTHING = "The changes come to nothing: every area is made of the same authorities as today."
UNCUT = "As many people as today would live where geographies overlap only in part."
MOST_STEPS = 3
FATE_WORDS = {"mended": "mended", "made": "made", "grown": "grown", "shrunk": "shrunk"}


def title_of(outcome: Outcome) -> str:
    """Return the question as a heading."""
    titles = [outcome.before.layers[key].title for key in outcome.applied if key in outcome.before.layers]
    told = [titles[0], *map(wording.inside_a_sentence, titles[1:])]
    return f"What if: {wording.listed(told)}, {outcome.scenario.title}"


def outcome_sentences(outcome: Outcome) -> tuple[str, ...]:
    """Say in plain sentences what would come of changes.

    Parameters
    ----------
    outcome
        From `geoplan.planning.scenarios.whatif.whatif`.

    Returns
    -------
    tuple of str
        Who would be in another area; how many live where boundaries cut, before and after; what comes of findings.
    """
    if outcome.is_empty:
        return (NOTHING,)
    people = wording.counted(outcome.moved_people) if outcome.moved_people else "Nobody"
    return (f"{people} would be in another area than today.", *_cut_sentences(outcome), fate_sentence(outcome))


def _cut_sentences(outcome: Outcome) -> list[str]:
    unit = str(outcome.after.weight)
    layers = outcome.after.layers
    rows = [row for row in figure_rows(outcome) if row.what == cut_words(wording.UNITS[unit])]
    different = [row for row in rows if row.differs]
    said = [UNCUT] if rows and not different else []
    for row in different[:MOST_STEPS]:
        if row.before is None or row.after is None:
            continue
        left, right = (wording.inside_a_sentence(layers[key].title) for key in row.keys)
        fewer = "fewer" if row.after < row.before else "more"
        counted = [wording.rounded(value, unit) for value in (abs(row.after - row.before), row.before, row.after)]
        said.append(
            f"{counted[0]} {fewer} {wording.UNITS[unit]} would live where {left} and {right} overlap only in part: "
            f"{counted[2]} instead of {counted[1]}."
        )
    return said


def fate_sentence(fates: Fates) -> str:
    """Say how many errors and warnings of today are mended and made, and how many of these only change partners."""
    counts = fate_counts(fates)
    told = [f"{counts[fate]} {words}" for fate, words in FATE_WORDS.items()]
    table = fates.findings_table("made")
    replaced = int(((table["instead_of"] != "") & (table["severity"] != Severity.INFO)).sum())
    stands = wording.number_of(replaced, "of those made stands", "of those made stand")
    other = f" {stands} in the place of one mended: the area is the same, its partners are others." if replaced else ""
    return f"Of errors and warnings {wording.listed(told)}.{other}"


def fate_counts(fates: Fates) -> Counter[str]:
    """Count the errors and warnings by what becomes of them."""
    return Counter({fate: len(fates.serious(fate)) for fate in FATES})


def step_text(step: Step, *, called: str = "") -> str:
    """Say one change in words, with the title of its layer where readers know no keys.

    Examples
    --------
    >>> step_text(Step("row 2", "move", "connect_to_work", authority="Ceredigion", to="South West Wales"))
    'connect_to_work: move Ceredigion to South West Wales'
    """
    areas, authorities = wording.listed(step.areas), wording.listed(step.authorities)
    told = {
        "move": f"move {authorities}{f' from {areas}' if areas else ''} to {step.to}",
        "merge": f"merge {areas} into {step.to}",
        "split": f"split {authorities} off {areas} as {step.to}",
        "new": f"begin {areas}",
        "dissolve": f"dissolve {areas}",
        "rename": f"rename {areas} to {step.to}",
    }
    return f"{called or step.layer}: {told[step.action]}"


def first_steps(steps: Sequence[Step], most: int, titles: Mapping[str, str] | None = None) -> list[str]:
    """Say the first changes in words, with the titles of layers where they are given, and how many more there are."""
    more = [f"and {wording.plural(len(steps) - most, 'further change')}"] if len(steps) > most else []
    return [*(step_text(step, called=(titles or {}).get(step.layer, "")) for step in steps[:most]), *more]
