"""What an audit says in sentences, figures and rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from geoplan import network, relations, wording
from geoplan.audit import AuditResult, Pair, countries_of
from geoplan.findings import RULES
from geoplan.focus import Figure, focus_cut, focus_figures, focus_fit, partner_rows
from geoplan.schema import Finding, Layer, Overlay, Severity

__all__ = [
    "ExceptionRow",
    "LayerRow",
    "PairRow",
    "Unconfirmed",
    "answer_sentences",
    "asked_pairs",
    "broker_sentence",
    "busiest_brokers",
    "compared",
    "exception_rows",
    "fit_rows",
    "key_figures",
    "layer_rows",
    "outside",
    "pair_rows",
    "short_message",
    "top_findings",
    "unconfirmed",
]

ROUNDING = 1e-9
_NO_LEAD = "not confirmed"
_CUT_ENDINGS = ("No single body answers", "It can plan for part", "The smaller side holds", "The smallest grouping")
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
        Without the area's layer title in brackets and, for a cut, without the unit and the sentences that
        all cuts end with.
    """
    text = finding.message
    layer = layers.get(finding.layer)
    if layer is not None:
        text = text.replace(f"{finding.name} ({layer.title})", finding.name, 1)
    if finding.rule == "GP301":
        for ending in _CUT_ENDINGS:
            text = text.partition(f" {ending}")[0]
        unit = wording.UNITS.get(finding.unit, "people")
        text = re.sub(rf"(?<=\d) {unit}(?= (\(|in |of ))", "", text)
    return text


def answer_sentences(result: AuditResult) -> tuple[str, ...]:
    """Answer the question of the audit in three plain sentences.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    tuple of str
        How well the areas fit, how many people are on the wrong side of a border, and who is left out. The
        first two speak of the first comparison asked for, or of the focus against every geography.
    """
    if result.focus is not None:
        rows = partner_rows(result)
        return focus_fit(result, result.focus, rows), focus_cut(result, result.focus, rows), _gap_sentence(result)
    pairs = asked_pairs(result)
    if not pairs:
        return _alone_sentence(result), _pieces_sentence(result), _gap_sentence(result)
    return _fit_sentence(pairs[0]), _cut_sentence(result, pairs[0]), _gap_sentence(result)


def compared(pair: Pair) -> int:
    """Return how many left areas lie in countries where the right layer exists."""
    return int(pair.summary["areas"]) - int(pair.summary["outside_extent"])


def _fit_sentence(pair: Pair) -> str:
    counts = pair.summary
    left, right = pair.overlay.left.title, wording.inside_a_sentence(pair.overlay.right.title)
    said = [
        wording.number_of(counts["coterminous"], "has exactly the boundary of one", "have exactly the boundary of one"),
        wording.number_of(counts["nested"], "lies inside one", "lie inside one"),
        wording.number_of(counts["contains"], "is made of whole ones", "are made of whole ones"),
        wording.number_of(counts["straddles"], "is cut", "are cut"),
    ]
    if counts["partly_covered"]:
        said.append(wording.number_of(counts["partly_covered"], "lies partly in none", "lie partly in none"))
    if counts["uncovered"]:
        said.append(wording.number_of(counts["uncovered"], "lies in none", "lie in none"))
    where = f" in {wording.listed(wording.countries(pair.overlay.right.extent))}" if counts["outside_extent"] else ""
    return f"Of the {compared(pair):,} {left}{where}, set against {right}, {wording.listed(said)}."


def _cut_sentence(result: AuditResult, pair: Pair) -> str:
    if not pair.summary["straddles"]:
        return "No border of the one cuts an area of the other, so nobody lives on the wrong side of one."
    cut, unit = relations.people_cut(pair.overlay, pair.relations, tolerance=result.tolerance), str(result.weight)
    if cut.total is None:
        return f"How many {wording.UNITS[unit]} are on the wrong side of a border could not be assessed."
    known = {code: value for code, value in cut.by_area.items() if value is not None}
    worst = max(known, key=lambda code: (known[code], code))
    least = "" if cut.complete else "At least "
    share = cut.total / _compared_total(pair)
    amount = wording.amount(cut.total, unit) if unit == "area" else f"{wording.amount(cut.total)} {wording.UNITS[unit]}"
    where = f"{pair.overlay.left.name(worst)} ({wording.amount(known[worst], unit)})"
    verb = "lie" if unit in {"area", "postcodes"} else "live"
    whom = f"{least}{amount} ({wording.percent(share)} of those compared)"
    return f"{whom} {verb} on the wrong side of a border, counted on the smaller side; the most in {where}."


def _compared_total(pair: Pair) -> float:
    inside = ~pair.relations.index.isin(outside(pair.overlay))
    return float(pair.overlay.totals["weight"][inside].sum()) or float("nan")


def outside(over: Overlay) -> list[str]:
    """Return the left areas in countries where the right layer does not exist."""
    here = countries_of(over.left)
    return [
        str(c)
        for c, letters in here.items()
        if over.right.extent and letters and not set(letters) & set(over.right.extent)
    ]


def _alone_sentence(result: AuditResult) -> str:
    titles = [f"{layer.title} ({wording.plural(len(layer.areas), 'area')})" for layer in result.layers.values()]
    whom = "itself" if len(titles) == 1 else "themselves"
    return f"Checked by {whom}, not against another geography: {wording.listed(titles)}."


def _pieces_sentence(result: AuditResult) -> str:
    apart = [f.name for f in top_findings(result, None) if f.rule == "GP404"]
    if not apart:
        return "Every partnership hangs together: none is in pieces."
    counted = wording.number_of(len(apart), "partnership is", "partnerships are")
    return f"{counted} in pieces that share no border: {wording.listed(apart[:5])}."


def _gap_sentence(result: AuditResult) -> str:
    errors = [f for f in result.findings if f.severity is Severity.ERROR]
    said = [*_gap_words(result, errors), *_overlap_words(result, errors)]
    failed = sum(f.rule == "GP901" for f in errors)
    rest = f" {wording.number_of(failed, 'check', 'checks')} could not run." if failed else ""
    if said:
        return f"{said[0][0].upper()}{'; '.join(said)[1:]}.{rest}"
    whom = "Nobody in it" if result.focus is not None else "Nobody"
    full = [wording.inside_a_sentence(layer.title) for layer in result.layers.values() if layer.exhaustive]
    if not full:
        return f"None of these geographies has to cover everyone, so no gaps were looked for.{rest}"
    named = wording.listed(full if len(full) <= 3 else [*full[:2], f"{len(full) - 2} others"])
    return f"{whom} is left out of, or counted twice by, those meant to cover everyone: {named}.{rest}"


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
    amount = wording.amount(sum(values), unit)
    return f"{amount} are" if unit == "m2" else f"{amount} {wording.UNITS.get(unit, 'people')} are"


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
    cut = relations.people_cut(pair.overlay, pair.relations, tolerance=result.tolerance)
    against = pair.overlay.right.title
    least = "" if cut.complete else "at least; "
    return [
        Figure("Same boundary", f"{pair.summary['coterminous']:,} of {compared(pair):,}", against),
        Figure("Cut by a border", f"{pair.summary['straddles']:,} of {compared(pair):,}", against),
        Figure("On the wrong side of a border", wording.amount(cut.total, unit), f"{least}{wording.UNITS[unit]}"),
        *tail,
    ]


def _gap_figure(result: AuditResult) -> Figure:
    gaps = [f for f in result.findings if f.severity is Severity.ERROR and f.rule in {"GP401", "GP201", "GP305"}]
    places = {(f.code, f.other_layer or f.layer) for f in gaps}
    return Figure("Left out of a geography", f"{len(places):,}" if places else "None", "places with nobody to go to")


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
    outside: int
    coterminous: int
    nested: int
    contains: int
    straddles: int
    uncovered: int
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
        out those in countries where the other geography does not exist (``outside``); ``uncovered`` adds those
        partly and wholly in none; ``agreement`` is the V-measure, None where it is not defined; ``status``
        names what is not in force.
    """
    pairs = asked_pairs(result)
    lefts = list(dict.fromkeys(pair.keys[0] for pair in pairs))
    return [_pair_row(pair, lefts.index(pair.keys[0]), result.as_of) for pair in pairs]


def _pair_row(pair: Pair, order: int, as_of: str) -> PairRow:
    left, right, counts = pair.overlay.left, pair.overlay.right, pair.summary
    apart = [(layer.title, wording.not_in_force(layer, as_of)) for layer in (left, right)]
    said = [status if title == right.title else f"{title}: {status}" for title, status in apart if status]
    return PairRow(
        order=order,
        left=left.title,
        right=right.title,
        status="; ".join(said),
        areas=compared(pair),
        outside=int(counts["outside_extent"]),
        coterminous=int(counts["coterminous"]),
        nested=int(counts["nested"]),
        contains=int(counts["contains"]),
        straddles=int(counts["straddles"]),
        uncovered=int(counts["partly_covered"]) + int(counts["uncovered"]),
        agreement=counts["v_measure"],
        blocks=int(counts["blocks"]),
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
        f"{wording.inside_a_sentence(result.layers[f.other_layer].title)}: {wording.amount(f.value, f.unit)}"
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
        text=_without_subject(short_message(first, result.layers), first.name),
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


def _without_subject(text: str, name: str) -> str:
    """Drop the name a message begins with, where the verb can stand alone."""
    for verb, alone in (("is cut by", "Cut by"), ("was cut by", "Was cut by"), ("holds", "Holds"), ("held", "Held")):
        if text.startswith(f"{name} {verb} "):
            return alone + text[len(name) + 1 + len(verb) :]
    return text


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
            confidence=layer.confidence or "not stated",
            source=layer.source.citation,
            url=layer.source.url if re.match(r"https?://", layer.source.url) else "",
            licence=layer.source.licence or "not stated",
        )
        for layer in result.layers.values()
    ]


class Unconfirmed(NamedTuple):
    """The areas of a layer whose members nobody confirmed."""

    title: str
    areas: int
    names: str


def unconfirmed(result: AuditResult, limit: int = 14) -> list[Unconfirmed]:
    """Return for each layer the areas whose members nobody confirmed, and where not even the lead body is."""
    rows = []
    for layer in result.layers.values():
        codes = [f.code for f in result.findings if f.rule == "GP405" and f.layer == layer.key]
        if codes:
            rows.append(Unconfirmed(layer.title, len(codes), _named(layer, sorted(codes, key=layer.name), limit)))
    return rows


def _named(layer: Layer, codes: Sequence[str], limit: int) -> str:
    """Name areas with the bodies that lead them, last those without a lead that is known."""
    leads = {code: _lead(layer, code) for code in codes[:limit]}
    known = [f"{layer.name(code)}{lead and f' ({lead})'}" for code, lead in leads.items() if lead != _NO_LEAD]
    without = [layer.name(code) for code, lead in leads.items() if lead == _NO_LEAD]
    more = [f"{len(codes) - limit} more"] if len(codes) > limit else []
    said = [f"lead body {_NO_LEAD} either: {'; '.join([*without, *more])}"] if without else more
    return "; ".join([*known, *said])


def _lead(layer: Layer, code: str) -> str:
    """Return who leads an area, or nothing where its name says so."""
    lead = str(layer.areas["lead_body"].get(code, "")).strip() if "lead_body" in layer.areas else ""
    return "" if lead == "nan" or layer.name(code) in lead else lead


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
        ``code``, ``name``, ``bodies`` and ``betweenness`` from `geoplan.network.brokers`, most bodies first;
        empty where authorities were not compared.
    """
    if "lad" not in result.layers:
        return pd.DataFrame(columns=["code", "name", "bodies", "betweenness"])
    ranked = network.brokers(result.pairs)
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
    return f"Authorities with the most bodies to work with here: {wording.listed(named)}."
