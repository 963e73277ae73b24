"""What an audit says in sentences, figures and rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from geoplan import network, wording
from geoplan.audit import AuditResult, Pair
from geoplan.findings import RULES
from geoplan.focus import Figure, authority_names, focus_cut, focus_figures, focus_fit
from geoplan.leakage import MARKETS
from geoplan.schema import Finding, Layer, Severity
from geoplan.standing import LOOKS, Standing

__all__ = [
    "ExceptionRow",
    "LayerRow",
    "PairRow",
    "Unconfirmed",
    "answer_sentences",
    "asked_layers",
    "asked_pairs",
    "broker_sentence",
    "busiest_brokers",
    "compared",
    "exception_rows",
    "fit_rows",
    "key_figures",
    "layer_rows",
    "lie_or_live",
    "overlap_words",
    "pair_rows",
    "short_message",
    "standing_counts",
    "standing_words",
    "top_findings",
    "unconfirmed",
]

ROUNDING = 1e-9
_NO_LEAD = "not confirmed"
_MIRRORED = frozenset({"GP301", "GP302"})


def asked_pairs(result: AuditResult) -> list[Pair]:
    """Return each comparison once, in the direction that was asked for first.

    Parameters
    ----------
    result
        Of an audit, with its pairs in both directions.

    Returns
    -------
    list of Pair
        In the order asked.
    """
    kept: dict[frozenset[str], Pair] = {}
    for pair in result.pairs:
        kept.setdefault(frozenset(pair.keys), pair)
    return list(kept.values())


def top_findings(result: AuditResult, limit: int | None = 12) -> list[Finding]:
    """Return the errors and warnings that matter most, without mirror images.

    Where two areas cut each other, the comparison says so from both sides; only the side asked for first
    is kept.

    Parameters
    ----------
    result
        Of an audit.
    limit
        The most to return; None for all.

    Returns
    -------
    list of Finding
        Errors before warnings, then by people; what was not assessed comes last.
    """
    direction = {pair.keys for pair in asked_pairs(result)}
    forward = {
        (f.layer, f.code, f.other_layer, other)
        for f in result.findings
        for other in f.other_codes
        if (f.layer, f.other_layer) in direction and f.severity is not Severity.INFO
    }
    kept = [
        f
        for f in result.findings
        if f.severity is not Severity.INFO and not (_is_backward(f, direction) and _has_twin(f, forward))
    ]
    return sorted(kept, key=_importance)[:limit]


def _importance(finding: Finding) -> tuple[int, float, str, str]:
    amount = -1.0 if finding.value is None else finding.value
    # Square metres are no people: such findings follow those about people of the same severity.
    return finding.severity.rank, -amount if finding.unit != "m2" else 0.0, finding.rule, finding.id


def _is_backward(finding: Finding, direction: set[tuple[str, str]]) -> bool:
    return finding.rule in _MIRRORED and (finding.layer, finding.other_layer) not in direction


def _has_twin(finding: Finding, forward: set[tuple[str, str, str, str]]) -> bool:
    return any((finding.other_layer, other, finding.layer, finding.code) in forward for other in finding.other_codes)


def short_message(finding: Finding, layers: Mapping[str, Layer]) -> str:
    """Return a finding's message without what a table says beside it.

    Parameters
    ----------
    finding
        Any finding.
    layers
        Those of the audit, by key.

    Returns
    -------
    str
        Without the area and its layer's title where the finding has such words, else without that title.
    """
    layer = layers.get(finding.layer)
    named = finding.name if layer is None else f"{finding.name} ({layer.title})"
    return finding.short or finding.message.replace(named, finding.name, 1)


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
    left, right = wording.many(pair.overlay.left), wording.inside_a_sentence(pair.overlay.right.title)
    countries = wording.listed(wording.countries(pair.overlay.right.extent))
    where = "" if not _apart(pair) else f" in {countries}" if countries else " on its ground"
    return f"Of the {compared(pair):,} {left}{where}, set against {right}, {wording.listed(standing_words(pair))}."


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
    if not pair.cuts.by_area:
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
    left, right = (wording.many(layer) for layer in (pair.overlay.left, pair.overlay.right))
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
    apart = [f.name for f in sorted(found, key=_importance)]
    if not apart:
        return "Every partnership hangs together: none is in pieces."
    counted = wording.number_of(len(apart), "partnership is", "partnerships are")
    return f"{counted} in pieces that share no border: {wording.listed(apart[:5])}."


def _gap_sentence(result: AuditResult) -> str:
    errors = [f for f in result.everything if f.severity is Severity.ERROR]
    said = [*_gap_words(result, errors), *_overlap_words(result, errors)]
    failed = sum(f.rule == "GP901" for f in errors)
    rest = f" {wording.number_of(failed, 'check', 'checks')} could not run." if failed else ""
    if said:
        return f"{said[0][0].upper()}{'; '.join(said)[1:]}.{rest}"
    whom = "Nobody in it" if result.focus is not None else "Nobody"
    full = [layer for layer in result.layers.values() if layer.exhaustive]
    if not full:
        return f"None of these geographies has to cover everyone, so no gaps were looked for.{rest}"
    many = f"the {len(full)} geographies meant to cover everyone"
    named = wording.inside_a_sentence(full[0].title) if len(full) == 1 else many
    return f"{whom} is left out of, or counted twice by, {named}.{rest}"


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


def key_figures(result: AuditResult) -> list[Figure]:
    """Return the four or five numbers a reader should keep.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    list of Figure
        About the first comparison asked for, or about the focus.
    """
    tail = [_gap_figure(result), _findings_figure(result)]
    if result.focus is not None:
        return [*focus_figures(result, result.focus), *tail]
    pairs = asked_pairs(result)
    if not pairs:
        areas = sum(len(layer.areas) for layer in result.layers.values())
        return [Figure("Areas checked", f"{areas:,}", wording.plural(len(result.layers), "geography")), *tail]
    pair, unit = pairs[0], str(result.weight)
    counts, against = standing_counts(pair), pair.overlay.right.title
    least = "" if pair.cuts.complete else "at least; "
    part = f"{least}{wording.UNITS[unit]} where the two overlap only in part"
    return [
        Figure("Same boundary", f"{counts[Standing.SAME]:,} of {compared(pair):,}", against),
        Figure("Cut", f"{counts[Standing.CUT]:,} of {compared(pair):,}", against),
        Figure("Overlap only in part", wording.rounded(pair.cuts.total, unit), part),
        *tail,
    ]


def _gap_figure(result: AuditResult) -> Figure:
    gaps = [f for f in result.everything if f.severity is Severity.ERROR and f.rule in {"GP401", "GP201", "GP305"}]
    places = {(f.code, f.other_layer or f.layer) for f in gaps}
    return Figure(
        "Left out of a geography",
        f"{len(places):,}" if places else "None",
        "places in no area of one that should cover them",
    )


def _findings_figure(result: AuditResult) -> Figure:
    counts = Counter(f.severity for f in result.findings)
    serious = counts[Severity.ERROR] + counts[Severity.WARNING]
    note = f"{wording.plural(counts[Severity.ERROR], 'error')}, {wording.plural(counts[Severity.WARNING], 'warning')}; "
    return Figure(
        "Findings to act on", f"{serious:,}", f"{note}{wording.plural(counts[Severity.INFO], 'note')} besides"
    )


@dataclass(frozen=True)
class PairRow:
    """One line of the matrix: how the areas of one geography fit another."""

    order: int
    left: str
    right: str
    status: str
    areas: int
    counts: Mapping[Standing, int]
    cut_people: float | None
    agreement: float | None
    blocks: int

    @property
    def agreement_text(self) -> str:
        """Agreement with two decimals, never rounded up to 1."""
        if self.agreement is None:
            return "not defined"
        return f"{self.agreement:.2f}" if self.agreement > 1 - ROUNDING else f"{min(self.agreement, 0.99):.2f}"


def pair_rows(result: AuditResult) -> list[PairRow]:
    """Return the matrix of which geographies fit which.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    list of PairRow
        One a comparison, in the direction asked; ``order`` numbers the first geographies. ``areas`` leaves
        out those outside the comparison; ``counts`` are areas by standing; ``cut_people`` live where the two
        overlap only in part; ``agreement`` is the V-measure, None where it is not defined; ``status`` names what is
        not in force.
    """
    pairs = asked_pairs(result)
    lefts = list(dict.fromkeys(pair.keys[0] for pair in pairs))
    return [_pair_row(pair, lefts.index(pair.keys[0]), result.as_of) for pair in pairs]


def _pair_row(pair: Pair, order: int, as_of: str) -> PairRow:
    left, right = pair.overlay.left, pair.overlay.right
    apart = [(layer.title, wording.not_in_force(layer, as_of)) for layer in (left, right)]
    said = [status if title == right.title else f"{title}: {status}" for title, status in apart if status]
    return PairRow(
        order=order,
        left=left.title,
        right=right.title,
        status="; ".join(said),
        areas=compared(pair),
        counts=standing_counts(pair),
        cut_people=pair.cuts.total,
        agreement=pair.summary["v_measure"],
        blocks=int(pair.summary["blocks"]),
    )


@dataclass(frozen=True)
class ExceptionRow:
    """An area that needs somebody's attention, with its gravest finding; ``also`` names its others.

    ``areas`` are the layer and code of each area the row stands for.
    """

    finding: Finding
    layer: str
    severity: str
    rule: str
    text: str
    amount: str
    also: str
    areas: frozenset[tuple[str, str]]


def exception_rows(result: AuditResult, limit: int | None = 10) -> list[ExceptionRow]:
    """Return the areas with errors or warnings, those with most people first, each once.

    Parameters
    ----------
    result
        Of an audit.
    limit
        The most to return; None for all.

    Returns
    -------
    list of ExceptionRow
        An area's row tells of the geography in force that it fits worst, before any that has ended. Areas
        of two geographies that hold the same ground are one.
    """
    groups: dict[tuple[object, str], list[Finding]] = {}
    for finding in top_findings(result, None):
        groups.setdefault((_ground(result, finding), finding.severity), []).append(finding)
    rows = [_exception_row(result, group) for group in groups.values()]
    return sorted(rows, key=lambda row: _importance(row.finding))[:limit]


def _exception_row(result: AuditResult, group: Sequence[Finding]) -> ExceptionRow:
    def past(finding: Finding) -> bool:
        other = result.layers.get(finding.other_layer)
        return other is not None and bool(wording.not_in_force(other, result.as_of))

    first, *others = sorted(group, key=past)
    also = dict.fromkeys(
        f"{wording.inside_a_sentence(result.layers[f.other_layer].title)}: {wording.rounded(f.value, f.unit)}"
        for f in others
        if f.other_layer in result.layers and f.other_layer != first.other_layer
    )
    titles = dict.fromkeys(
        result.layers[f.layer].title if f.layer in result.layers else f.layer for f in (first, *others)
    )
    return ExceptionRow(
        finding=first,
        layer="; ".join(titles),
        severity=wording.SEVERITY_WORDS[first.severity],
        rule=RULES[first.rule].title,
        text=short_message(first, result.layers),
        amount=wording.amount(first.value, first.unit),
        also=f"Also against {'; '.join(also)}." if also else "",
        areas=frozenset((f.layer, f.code) for f in group),
    )


def _ground(result: AuditResult, finding: Finding) -> object:
    """Return what tells the ground of a finding's area: its blocks and their shares, else layer and code."""
    layer = result.layers.get(finding.layer)
    if layer is None or layer.parts is None or finding.code not in layer.areas.index:
        return finding.layer, finding.code
    rows = layer.parts[layer.parts["code"] == finding.code]
    return frozenset(zip(rows["block"], rows["share"].fillna(-1.0), strict=True))


@dataclass(frozen=True)
class LayerRow:
    """A geography used: edition, status, confidence and source."""

    title: str
    edition: str
    status: str
    countries: str
    areas: int
    confidence: str
    source: str
    url: str
    licence: str


def layer_rows(result: AuditResult) -> list[LayerRow]:
    """Return where each geography comes from and how sure it is.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    list of LayerRow
        In the order audited; ``countries`` is empty where they are not known, ``url`` unless it is a web address.
    """
    return [
        LayerRow(
            title=layer.title,
            edition=layer.edition or "not stated",
            status=wording.status(layer, result.as_of),
            countries=wording.listed(wording.countries(layer.extent)),
            areas=len(layer.areas),
            confidence=wording.confidence(layer),
            source=layer.source.citation,
            url=layer.source.url if re.match(r"https?://", layer.source.url) else "",
            licence=layer.source.licence or "not stated",
        )
        for layer in result.layers.values()
    ]


class Unconfirmed(NamedTuple):
    """The areas of a layer with members that nobody confirmed."""

    title: str
    areas: int
    names: str


def unconfirmed(result: AuditResult, limit: int = 14) -> list[Unconfirmed]:
    """Return for each layer the areas with members that nobody confirmed, and where not even the lead body is."""
    rows = []
    for layer in result.layers.values():
        codes = [f.code for f in result.everything if f.rule == "GP405" and f.layer == layer.key]
        if codes:
            rows.append(Unconfirmed(layer.title, len(codes), _named(layer, sorted(codes, key=layer.name), limit)))
    return rows


def _named(layer: Layer, codes: Sequence[str], limit: int) -> str:
    """Name areas with their members that nobody confirmed, last those of which not even the lead body is known."""
    doubts = layer.areas["not_confirmed"] if "not_confirmed" in layer.areas else pd.Series(dtype=str)
    named = [": ".join(filter(None, (layer.name(code), doubts.get(code, "")))) for code in codes[:limit]]
    more = [f"{len(codes) - limit} more"] if len(codes) > limit else []
    leads = layer.areas["lead_body"] if "lead_body" in layer.areas else pd.Series(dtype=str)
    without = [layer.name(code) for code in codes if leads.get(code) == _NO_LEAD]
    led = [f"{wording.listed(without)}: lead body {_NO_LEAD}"] if without else []
    return ". ".join(["; ".join([*named, *more]), *led])


class FitRow(NamedTuple):
    """One geography in the matrix of all that ship, with a cell for each of them."""

    title: str
    cells: tuple[tuple[str, int], ...]


def fit_rows(result: AuditResult) -> list[FitRow]:
    """Return the matrix of which shipped geography fits into which.

    Parameters
    ----------
    result
        Of the default audit.

    Returns
    -------
    list of FitRow
        Each cell as its per cent in words and its shade from 0 to 5; empty where the matrix was not made.
    """
    if result.fit is None:
        return []
    return [
        FitRow(str(title), tuple(_fit_cell(share, same=title == other) for other, share in row.items()))
        for title, row in result.fit.iterrows()
    ]


def _fit_cell(share: float, *, same: bool) -> tuple[str, int]:
    if same or pd.isna(share):
        return ("" if same else "–"), 0
    # Nothing short of all of it may read as 100.
    percent = 100 if share >= 1 - 1e-9 else min(round(share * 100), 99)
    return str(percent), 5 if percent == 100 else percent // 25 + 1


def busiest_brokers(result: AuditResult) -> pd.DataFrame:
    """Rank the authorities that work with more than one body of the geographies compared.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``name``, ``bodies`` and ``betweenness`` from `geoplan.network.brokers`, most bodies first; of a
        focus its own authorities; empty where authorities were not compared.
    """
    if "lad" not in result.layers:
        return pd.DataFrame(columns=["code", "name", "bodies", "betweenness"])
    ranked = network.brokers(result.pairs, names=authority_names())
    if result.focus is not None:
        ranked = ranked[ranked["code"].isin({network.authority_of(block) for block in result.focus.blocks})]
    return ranked[ranked["bodies"] > 1].sort_values(["bodies", "betweenness"], ascending=False, kind="stable")


def broker_sentence(result: AuditResult, *, count: int = 5) -> str:
    """Name the authorities that have to work with the most bodies in the geographies compared.

    Parameters
    ----------
    result
        Of an audit.
    count
        How many to name.

    Returns
    -------
    str
        Empty where authorities were not compared, or none works with more than one body.
    """
    busiest = busiest_brokers(result)
    if busiest.empty:
        return ""
    most = zip(busiest["name"].head(count), busiest["bodies"].head(count), strict=True)
    named = [f"{name} ({bodies})" for name, bodies in most]
    whose = "Authorities" if result.focus is None else f"Of the authorities of {result.focus.name}, those"
    return f"{whose} with the most bodies to work with here: {wording.listed(named)}."


def asked_layers(result: AuditResult) -> list[Layer]:
    """Return the layers that were asked for one by one.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    list of Layer
        In the order asked, without the labour market areas that come with commuting; empty where the default was
        audited.
    """
    asked = result.parameters.get("layers", ())
    return [layer for key, layer in result.layers.items() if key != MARKETS or key in asked] if asked else []
