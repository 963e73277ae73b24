"""What an audit answers in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from geoplan.analysis import extent
from geoplan.auditing.focus import focus_cut, focus_fit
from geoplan.auditing.results import AuditResult, Pair
from geoplan.output.summary.ranking import asked_pairs, importance
from geoplan.schema import Finding, Severity, layer_wording, wording
from geoplan.schema.standing import LOOKS, Standing

__all__ = ["answer_sentences", "compared", "lie_or_live", "overlap_words", "standing_counts", "standing_words"]


def answer_sentences(result: AuditResult) -> tuple[str, ...]:
    """Answer the question of the audit in three plain sentences.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    tuple of str
        How well the areas fit, how many people live where they overlap only in part, and who is left out. The
        first two speak of the first comparison asked for, or of the focus against every geography.
    """
    if result.focus is not None:
        return focus_fit(result, result.focus), focus_cut(result, result.focus), _gap_sentence(result)
    pairs = asked_pairs(result)
    if not pairs:
        return _alone_sentence(result), _pieces_sentence(result), _gap_sentence(result)
    return _fit_sentence(pairs[0]), _cut_sentence(result, pairs[0]), _gap_sentence(result)


def compared(pair: Pair) -> int:
    """Return how many left areas lie where the right layer exists."""
    return len(pair.standing) - _apart(pair)


def _fit_sentence(pair: Pair) -> str:
    left, right = layer_wording.many(pair.overlay.left), wording.inside_a_sentence(pair.overlay.right.title)
    countries = wording.listed(wording.countries(pair.overlay.right.extent))
    where = "" if not _apart(pair) else f" in {countries}" if countries else " on its ground"
    counts = standing_counts(pair)
    some_in_none = counts[Standing.NONE] + counts[Standing.PARTLY] > 0 and pair.overlay.right.status != "file"
    limited = ", which are not meant for everyone," if some_in_none and not pair.overlay.right.exhaustive else ","
    if compared(pair) == 1:
        stands = next(LOOKS[each].one for each in Standing if counts[each] and each is not Standing.OUTSIDE)
        return f"The one area of {pair.overlay.left.title}{where}, set against {right}{limited} {stands}."
    said = wording.listed(standing_words(pair))
    return f"Of the {compared(pair):,} {left}{where}, set against {right}{limited} {said}."


def _apart(pair: Pair) -> int:
    return standing_counts(pair)[Standing.OUTSIDE]


def standing_counts(pair: Pair) -> dict[Standing, int]:
    """Count the left areas by how they stand to the right layer.

    Parameters
    ----------
    pair
        One direction of a comparison.

    Returns
    -------
    dict
        Every standing in its order -> number of areas.
    """
    counts = Counter(pair.standing.values())
    return {each: counts[each] for each in Standing}


def standing_words(pair: Pair) -> list[str]:
    """Return the counts of `standing_counts` as verbs of a sentence, without what stands for nobody."""
    counts = standing_counts(pair)
    return [
        wording.number_of(counts[each], LOOKS[each].one, LOOKS[each].many)
        for each in Standing
        if each is not Standing.OUTSIDE and (counts[each] or each in {Standing.SAME, Standing.CUT})
    ]


def _cut_sentence(result: AuditResult, pair: Pair) -> str:
    if not pair.cuts.by_area and pair.cuts.complete:
        return "No border of the one cuts an area of the other."
    unit = str(result.weight)
    whom = overlap_words(pair, unit)
    known = {code: value for code, value in pair.cuts.by_area.items() if value is not None}
    if not known:
        return f"{whom}."
    worst = max(known, key=lambda code: (known[code], code))
    most = f"the most in {pair.overlay.left.name(worst)} ({wording.rounded(known[worst], unit)})"
    return f"{whom}; {most}." if len(known) > 1 else f"{whom}: in {pair.overlay.left.name(worst)}."


def overlap_words(pair: Pair, unit: str = "people") -> str:
    """Say how many people live where two layers overlap only in part.

    Parameters
    ----------
    pair
        One direction of a comparison; the other gives the same number.
    unit
        What was counted.

    Returns
    -------
    str
        The beginning of a sentence.
    """
    left, right = (layer_wording.many(layer) for layer in (pair.overlay.left, pair.overlay.right))
    place = f"where {left} and {right} overlap only in part"
    if pair.cuts.total is None:
        return f"How many {wording.UNITS[unit]} {lie_or_live(unit)} {place} is not assessed"
    least = "" if pair.cuts.complete else "At least "
    # Areas that overlap by design can count a person twice, and a share of all would then mislead.
    doubled = pair.overlay.left.overlap or pair.overlay.right.overlap
    share = "" if doubled else f" ({wording.percent(pair.cuts.total / _compared_total(pair))} of those compared)"
    return f"{least}{wording.counted(pair.cuts.total, unit)}{share} {lie_or_live(unit)} {place}"


def lie_or_live(unit: str) -> str:
    """Return the verb for what was counted: people live somewhere, postcodes and ground lie there."""
    return "lie" if unit in {"area", "postcodes"} else "live"


def _compared_total(pair: Pair) -> float:
    inside = [code for code, each in pair.standing.items() if each is not Standing.OUTSIDE]
    return float(pair.overlay.totals["weight"].reindex(inside).sum()) or float("nan")


def _alone_sentence(result: AuditResult) -> str:
    titles = [f"{layer.title} ({wording.plural(len(layer.areas), 'area')})" for layer in result.layers.values()]
    whom = "itself" if len(titles) == 1 else "themselves"
    return f"Checked by {whom}, not against another geography: {wording.listed(titles)}."


def _pieces_sentence(result: AuditResult) -> str:
    found = [f for f in result.everything if f.rule == "GP404" and f.severity is not Severity.INFO]
    apart = [f.name for f in sorted(found, key=importance)]
    if not apart:
        return "Every partnership hangs together: none is in pieces."
    counted = wording.number_of(len(apart), "partnership is", "partnerships are")
    return f"{counted} in pieces that share no border: {wording.listed(apart[:5])}."


def _gap_sentence(result: AuditResult) -> str:
    errors = [f for f in result.everything if f.severity is Severity.ERROR]
    faults = [*_gap_words(result, errors), *_overlap_words(result, errors)]
    said = [*(faults or [_nobody_words(result)]), *_design_words(result)]
    failed = sum(f.rule == "GP901" for f in errors)
    rest = f" {wording.number_of(failed, 'check', 'checks')} could not run." if failed else ""
    return f"{said[0][0].upper()}{'; '.join(said)[1:]}.{rest}"


def _nobody_words(result: AuditResult) -> str:
    """Say that nobody is left out, and that nobody is counted twice where that is so as well."""
    whom = "nobody in it" if result.focus is not None else "nobody"
    full = [layer for layer in result.layers.values() if layer.exhaustive]
    if not full:
        return "none of these geographies has to cover everyone, so no gaps were looked for"
    many = f"the {len(full)} geographies meant to cover everyone"
    named = wording.inside_a_sentence(full[0].title) if len(full) == 1 else many
    open_ = [layer.title for layer in full if extent.may_leave_out(layer)]
    if open_:
        titles = wording.listed([wording.inside_a_sentence(title) for title in open_])
        return f"whether anybody is left out of {titles} could not be assessed"
    twice = {f.layer for f in result.everything if f.rule in DOUBLED}
    doubled = any(layer.key in twice for layer in full)
    return f"{whom} is left out of {named}" if doubled else f"{whom} is left out of, or counted twice by, {named}"


def _design_words(result: AuditResult) -> list[str]:
    """Say who lies in two areas of geographies that overlap by design."""
    said: list[str] = []
    for layer in result.layers.values():
        found = [f for f in result.everything if (f.rule, f.layer, f.severity) == ("GP402", layer.key, Severity.INFO)]
        if found:
            least = "" if all(f.value is not None for f in found) else "at least "
            said.append(f"{least}{_people_of(found)} in two or more {layer_wording.many(layer)} by design")
    return said


def _gap_words(result: AuditResult, errors: Sequence[Finding]) -> list[str]:
    said: list[str] = []
    for layer in result.layers.values():
        by_layer = [f for f in errors if (f.rule in {"GP401", "GP201"} and f.layer == layer.key)]
        # Without a reference of authorities, only comparison shows who is missed; once a comparing layer.
        by_pair = [f for f in errors if f.rule == "GP305" and f.other_layer == layer.key]
        found = by_layer or [f for f in by_pair if f.layer == by_pair[0].layer]
        if found:
            said.append(f"{_people_of(found)} in no area of {wording.inside_a_sentence(layer.title)}")
    return said


DOUBLED = frozenset({"GP402", "GP202"})
"""Rules that tell of ground in two areas of one layer."""


def _overlap_words(result: AuditResult, errors: Sequence[Finding]) -> list[str]:
    said: list[str] = []
    for layer in result.layers.values():
        found = [f for f in errors if f.rule in {"GP402", "GP202"} and f.layer == layer.key]
        if found:
            said.append(
                f"{_people_of(found)} in two areas of {wording.inside_a_sentence(layer.title)} where one is meant"
            )
    return said


def _people_of(found: Sequence[Finding]) -> str:
    unit, values = found[0].unit, [f.value for f in found if f.value is not None and f.unit == found[0].unit]
    if not values:
        return f"{wording.plural(len(found), 'place')} (people not assessed) are"
    return f"{wording.counted(sum(values), unit)} are"
