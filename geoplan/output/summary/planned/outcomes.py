"""What would come of changes: the changes in words, figures before and after, answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geoplan.data.scenarios.scenario import Step
from geoplan.planning.scenarios.fates import FATES, Fates
from geoplan.planning.scenarios.whatif import Outcome
from geoplan.schema import Severity, wording

__all__ = [
    "NOTHING",
    "FigureRow",
    "fate_counts",
    "fate_sentence",
    "figure_rows",
    "first_steps",
    "outcome_sentences",
    "step_text",
    "title_of",
]

NOTHING = "The changes come to nothing: every area is made of the same authorities as today."
MOST_STEPS = 3
FATE_WORDS = {"mended": "mended", "made": "made", "grown": "grown", "shrunk": "shrunk"}


@dataclass(frozen=True)
class FigureRow:
    """One figure before and after.

    Parameters
    ----------
    what
        In words.
    keys
        Of the layers it is about, none where it is about the whole audit.
    before, after
        None where it is not assessed.
    kind
        ``count``, ``share`` (0 to 1) or ``mean``.
    """

    what: str
    keys: tuple[str, ...]
    before: float | None
    after: float | None
    kind: str = "count"

    @property
    def differs(self) -> bool:
        """Whether it is another figure after than before, as tables have it."""
        return self._said(self.before) != self._said(self.after)

    @property
    def texts(self) -> tuple[str, str, str]:
        """Before, after and the difference, as tables have them."""
        told = self.before is not None and self.after is not None
        difference = (self.after or 0.0) - (self.before or 0.0)
        sign = "+" if difference > 0 else ""
        # Of shares the difference is told in points: it is no share of anything.
        said = f"{difference * 100:.2f} points" if self.kind == "share" else self._said(difference)
        changed = f"{sign}{said}" if told and self.differs else "" if not told else "same"
        return self._said(self.before), self._said(self.after), changed

    def _said(self, value: float | None) -> str:
        if value is None:
            return wording.NOT_ASSESSED
        return {"share": f"{value:.2%}", "mean": f"{value:.2f}"}.get(self.kind, f"{value:,.0f}")


def figure_rows(outcome: Outcome) -> list[FigureRow]:
    """Return the figures before and after, in the order of interest.

    Parameters
    ----------
    outcome
        From `geoplan.planning.scenarios.whatif.whatif`.

    Returns
    -------
    list of FigureRow
        Of pairs: those in cut pieces, areas cut, areas to work with; of changed layers: areas, people, pieces,
        self-containment; findings by severity.
    """
    unit = wording.UNITS[str(outcome.after.weight)]
    return [*_pair_rows(outcome, unit), *_layer_rows(outcome), *_finding_rows(outcome)]


def _pair_rows(outcome: Outcome, unit: str) -> list[FigureRow]:
    before, after = outcome.figures
    rows = []
    for pair in outcome.after.asked:
        keys = pair.keys
        name, back = " with ".join(keys), " with ".join(keys[::-1])
        cut = f"{unit} where they overlap only in part"
        rows.append(FigureRow(cut, keys, before["cut_people"].get(name), after["cut_people"].get(name)))
        rows.append(FigureRow("areas cut", keys, before["cut_areas"].get(name), after["cut_areas"].get(name)))
        then, now = before["partners"].get(name, {}), after["partners"].get(name, {})
        rows.append(FigureRow("areas to work with, on average", keys, then.get("mean"), now.get("mean"), "mean"))
        rows.append(FigureRow("areas to work with, at most", keys, then.get("most"), now.get("most")))
        rows.append(FigureRow("areas cut", keys[::-1], before["cut_areas"].get(back), after["cut_areas"].get(back)))
    return rows


def _layer_rows(outcome: Outcome) -> list[FigureRow]:
    before, after = outcome.figures
    rows = []
    for key in after["size"]:
        sizes = (("areas", "areas"), ("least", "people in the smallest area"), ("median", "people in the middle area"),
                 ("most", "people in the largest area"))  # fmt: skip
        rows += [FigureRow(what, (key,), before["size"][key][name], after["size"][key][name]) for name, what in sizes]
        rows.append(FigureRow("areas in pieces", (key,), before["pieces"][key], after["pieces"][key]))
        told = [each["self_containment"].get(key) for each in (before, after)]
        rows.append(FigureRow("working residents who work in their own area", (key,), told[0], told[1], "share"))
        passed = [each["contained"].get(key) for each in (before, after)]
        rows.append(FigureRow("areas that would pass as a labour market", (key,), passed[0], passed[1]))
    return [row for row in rows if row.before is not None or row.after is not None]


def _finding_rows(outcome: Outcome) -> list[FigureRow]:
    before, after = outcome.figures
    words = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.INFO: "notes"}
    return [FigureRow(words[each], (), before["findings"][str(each)], after["findings"][str(each)]) for each in words]


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
    rows = [row for row in figure_rows(outcome) if row.what.endswith("where they overlap only in part") and row.differs]
    said = []
    for row in rows[:MOST_STEPS]:
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
