"""Write the brief: an audit on two printed pages, for a reader with two minutes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

import jinja2
import numpy as np
import pandas as pd
import shapely

from geoplan import audit, overlay, relations, sources
from geoplan.audit import AuditResult, Focus, Pair
from geoplan.findings import RULES
from geoplan.schema import REST, Basis, Finding, Layer, Overlay, Relation, Severity, Tolerance, Weight

__all__ = [
    "CutPeople",
    "ExceptionRow",
    "Figure",
    "LayerRow",
    "PairRow",
    "Partner",
    "Picture",
    "answer_sentences",
    "asked_pairs",
    "exception_rows",
    "key_figures",
    "layer_rows",
    "page",
    "pair_rows",
    "partner_rows",
    "people_cut",
    "picture",
    "short_message",
    "top_findings",
]

NOT_ASSESSED = "not assessed"
SEVERITY_WORDS = {Severity.ERROR: "Error", Severity.WARNING: "Warning", Severity.INFO: "Note"}

_COUNTRY = {"E": "England", "W": "Wales", "S": "Scotland", "N": "Northern Ireland"}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_UNITS = {
    "people": "people",
    "working_age": "people aged 16 to 64",
    "postcodes": "postcodes",
    "area": "square kilometres",
}
_MIRRORED = frozenset({"GP301", "GP302"})
_ROUNDING = 1e-9


# ------------------------------------------------------------------------------------------ words


def _amount(value: float | None, unit: str = "people") -> str:
    """Write a measure with thousands separators; the only place where people are rounded."""
    if value is None or pd.isna(value):
        return NOT_ASSESSED
    return f"{value / 1e6:,.1f} km²" if unit in {"m2", "area"} else f"{value:,.0f}"


def _percent(share: float | None) -> str:
    """Write a share so that neither 0 % nor 100 % stands for what is only near it."""
    if share is None or pd.isna(share):
        return NOT_ASSESSED
    near_none, near_all = 0 < share < 0.01, 0.99 < share < 1 - _ROUNDING
    return "under 1%" if near_none else "over 99%" if near_all else f"{share:.0%}"


def _day(text: str) -> str:
    """Write an ISO day, month or year in words; any other text stays as it is.

    Examples
    --------
    >>> _day("2026-04-01"), _day("2026-04"), _day("2026"), _day("soon")
    ('1 April 2026', 'April 2026', '2026', 'soon')
    """
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])(?:-(\d{2}))?", text)
    if match is None:
        return text
    month = f"{_MONTHS[int(match[2]) - 1]} {match[1]}"
    return f"{int(match[3])} {month}" if match[3] else month


def _inside_a_sentence(title: str) -> str:
    """Write a layer's title in lower case where its first word is no name.

    Examples
    --------
    >>> _inside_a_sentence("Integrated care boards (from April 2026)")
    'integrated care boards (from April 2026)'
    >>> _inside_a_sentence("Connect to Work areas")
    'Connect to Work areas'
    """
    plain = title.partition(" (")[0]
    return title[0].lower() + title[1:] if re.fullmatch(r"[A-Z][a-z]+( [a-z]+)+", plain) else title


def _listed(items: Sequence[str], last: str = "and") -> str:
    """Join words as a sentence does."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""


def _verb(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _plural(count: int, noun: str) -> str:
    return _verb(count, noun, f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s")


def _countries(extent: str) -> list[str]:
    if set(extent) == set(_COUNTRY):
        return ["the United Kingdom"]
    return [_COUNTRY[letter] for letter in extent if letter in _COUNTRY]


def _ended(layer: Layer, as_of: str) -> bool:
    until = layer.in_force_to
    return layer.status == "ended" or (bool(until) and until < as_of[: len(until)])


def _status(layer: Layer, as_of: str) -> str:
    """Tell in words whether a layer is in force on the day asked for."""
    if _ended(layer, as_of):
        return f"ended on {_day(layer.in_force_to)}" if layer.in_force_to else "ended"
    start = layer.in_force_from
    if start and start > as_of[: len(start)]:
        return f"not in force until {_day(start)}"
    until = f" until {_day(layer.in_force_to)}" if layer.in_force_to else ""
    since = f" since {_day(start)}" if start else ""
    return {"in force": f"in force{since}{until}", "proposed": "proposed, not in force"}.get(layer.status, layer.status)


def _not_in_force(layer: Layer, as_of: str) -> str:
    """Return the status where a reader must know that the layer does not apply today; else nothing."""
    status = _status(layer, as_of)
    return status if status.startswith(("ended", "not in force", "proposed")) else ""


def _unit(result: AuditResult) -> str:
    return str(result.parameters.get("weight", Weight.PEOPLE))


def _tolerance(result: AuditResult) -> Tolerance:
    shares = result.parameters.get("tolerance", {})
    return Tolerance(**shares, keep_artefacts=bool(result.parameters.get("keep_artefacts", False)))


# ------------------------------------------------------------------------------------------ measures


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


@dataclass(frozen=True)
class CutPeople:
    """How many people live on the wrong side of a border.

    Parameters
    ----------
    total
        People of all cut areas, each counted once; None where nothing is known.
    complete
        Whether every cut area could be assessed.
    by_area
        Code of a cut area -> its people, None where not assessed.
    """

    total: float | None
    complete: bool
    by_area: Mapping[str, float | None]


def people_cut(pair: Pair, *, tolerance: Tolerance) -> CutPeople:
    """Count the people on the wrong side of a border, each of them once.

    For an area that straddles, these are the people away from its largest partner, or those on the
    smaller side of every border that cuts it, whichever are fewer: the measure of its GP301 finding. Two
    areas that cut the same partner can mean the same people, so the total is that of the union.

    Parameters
    ----------
    pair
        One direction of a comparison.
    tolerance
        The one it was made with.

    Returns
    -------
    CutPeople
        In the unit of the pair's weight; areas in square metres.
    """
    ground = _Ground(pair, 1 - tolerance.of(pair.overlay.basis) - _ROUNDING)
    cut = pair.relations.index[pair.relations["relation"] == Relation.STRADDLES]
    cells = {str(code): ground.wrong_side(str(code)) for code in cut}
    by_area = {code: None if found is None else ground.sum(found) for code, found in cells.items()}
    known = [found for found in cells.values() if found is not None]
    union = frozenset().union(*known)
    return CutPeople(ground.sum(union) if known or not cells else None, len(known) == len(cells), by_area)


_Cells = frozenset[tuple[str, str]]


class _Ground:
    """The cells (left, right) of an overlay with their amounts; left "" is what no left area holds."""

    def __init__(self, pair: Pair, limit: float) -> None:
        over = pair.overlay
        area = over.weight is Weight.AREA
        self.pair, self.limit = pair, limit
        known = over.table["area_m2" if area else "people"].astype(float)
        self.amounts = {(str(left), str(right)): float(value) for (left, right), value in known.items()}
        right_totals = over.right.areas["area_m2" if area else str(over.weight)].astype(float)
        met = known.groupby(level="right").agg(lambda each: each.sum(skipna=False))
        for code, total in right_totals.items():
            self.amounts[("", str(code))] = max(float(total) - float(met.get(code, 0.0)), 0.0)

    def sum(self, cells: Iterable[tuple[str, str]]) -> float:
        return float(sum(self.amounts[cell] for cell in sorted(cells)))

    def wrong_side(self, code: str) -> _Cells | None:
        """Return the cells of the people who are on the wrong side of this area's borders."""
        partners = self.pair.relations.at[code, "partners"]
        of_area = frozenset(cell for cell in self.amounts if cell[0] == code)
        away = self._known(of_area - {(code, partners[0])})
        shares = self.pair.overlay.nominal["right_share"]
        sides = [self._smaller_side(code, other) for other in partners if shares[(code, other)] < self.limit]
        if any(side is None for side in sides) or away is None:
            return away
        rest = of_area & {(code, REST)}
        small = frozenset().union(rest, *(side for side in sides if side is not None))
        return min(away, small, key=self.sum)

    def _smaller_side(self, code: str, other: str) -> _Cells | None:
        inside = frozenset({(code, other)})
        beyond = frozenset(cell for cell in self.amounts if cell[1] == other and cell[0] != code)
        known = [self._known(inside), self._known(beyond)]
        return None if None in known else min((inside, beyond), key=self.sum)

    def _known(self, cells: _Cells) -> _Cells | None:
        return None if any(np.isnan(self.amounts[cell]) for cell in cells) else cells


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
        Without the area's layer title in brackets and, for a cut, without the sentence that all cuts end
        with.
    """
    text = finding.message
    layer = layers.get(finding.layer)
    if layer is not None:
        text = text.replace(f"{finding.name} ({layer.title})", finding.name, 1)
    if finding.rule == "GP301":
        sentences = re.split(r"(?<=[^.\s])(?<!\bSt)\. (?=[A-Z])", text)
        text = f"{'. '.join(sentences[:-1])}." if len(sentences) > 1 else text
    return text


# ------------------------------------------------------------------------------------------ the answer


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
        return _focus_fit(result, result.focus, rows), _focus_cut(result, result.focus, rows), _gap_sentence(result)
    pairs = asked_pairs(result)
    if not pairs:
        return _alone_sentence(result), _pieces_sentence(result), _gap_sentence(result)
    return _fit_sentence(pairs[0]), _cut_sentence(result, pairs[0]), _gap_sentence(result)


def _compared(pair: Pair) -> int:
    return int(pair.summary["areas"]) - int(pair.summary["outside_extent"])


def _fit_sentence(pair: Pair) -> str:
    counts = pair.summary
    left, right = pair.overlay.left.title, _inside_a_sentence(pair.overlay.right.title)
    said = [
        _verb(counts["coterminous"], "has exactly the boundary of one", "have exactly the boundary of one"),
        _verb(counts["nested"], "lies inside one", "lie inside one"),
        _verb(counts["contains"], "is made of whole ones", "are made of whole ones"),
        _verb(counts["straddles"], "is cut", "are cut"),
    ]
    if counts["partly_covered"]:
        said.append(_verb(counts["partly_covered"], "lies partly in none", "lie partly in none"))
    if counts["uncovered"]:
        said.append(_verb(counts["uncovered"], "lies in none", "lie in none"))
    where = f" in {_listed(_countries(pair.overlay.right.extent))}" if counts["outside_extent"] else ""
    return f"Of the {_compared(pair):,} {left}{where}, set against {right}, {_listed(said)}."


def _cut_sentence(result: AuditResult, pair: Pair) -> str:
    if not pair.summary["straddles"]:
        return "No border of the one cuts an area of the other, so nobody lives on the wrong side of one."
    cut, unit = people_cut(pair, tolerance=_tolerance(result)), _unit(result)
    if cut.total is None:
        return f"How many {_UNITS[unit]} are on the wrong side of a border could not be assessed."
    known = {code: value for code, value in cut.by_area.items() if value is not None}
    worst = max(known, key=lambda code: (known[code], code))
    least = "" if cut.complete else "At least "
    share = cut.total / _compared_total(pair)
    amount = _amount(cut.total, unit) if unit == "area" else f"{_amount(cut.total)} {_UNITS[unit]}"
    where = f"{pair.overlay.left.name(worst)} ({_amount(known[worst], unit)})"
    verb = "lie" if unit in {"area", "postcodes"} else "live"
    return (
        f"{least}{amount} ({_percent(share)} of those compared) {verb} on the wrong side of a border, the most in {where}."
    )


def _compared_total(pair: Pair) -> float:
    inside = ~pair.relations.index.isin(_outside(pair.overlay))
    return float(pair.overlay.totals["weight"][inside].sum()) or float("nan")


def _outside(over: Overlay) -> list[str]:
    """Return the left areas in countries where the right layer does not exist."""
    here = audit.countries_of(over.left)
    return [
        str(c)
        for c, letters in here.items()
        if over.right.extent and letters and not set(letters) & set(over.right.extent)
    ]


def _alone_sentence(result: AuditResult) -> str:
    titles = [f"{layer.title} ({_plural(len(layer.areas), 'area')})" for layer in result.layers.values()]
    return f"Checked by {'itself' if len(titles) == 1 else 'themselves'}, not against another geography: {_listed(titles)}."


def _pieces_sentence(result: AuditResult) -> str:
    apart = [f.name for f in top_findings(result, None) if f.rule == "GP404"]
    if not apart:
        return "Every partnership hangs together: none is in pieces."
    return f"{_verb(len(apart), 'partnership is', 'partnerships are')} in pieces that share no border: {_listed(apart[:5])}."


def _gap_sentence(result: AuditResult) -> str:
    errors = [f for f in result.findings if f.severity is Severity.ERROR]
    said = [*_gap_words(result, errors), *_overlap_words(result, errors)]
    failed = sum(f.rule == "GP901" for f in errors)
    rest = f" {_verb(failed, 'check', 'checks')} could not run." if failed else ""
    if said:
        return f"{said[0][0].upper()}{'; '.join(said)[1:]}.{rest}"
    whom = "No place in it" if result.focus is not None else "No place"
    if not any(layer.exhaustive for layer in result.layers.values()):
        return f"None of these geographies has to cover everyone, so no gaps were looked for.{rest}"
    return (
        f"{whom} is left out: each geography that should cover everyone in its countries does, "
        f"and holds none twice that it should hold once.{rest}"
    )


def _gap_words(result: AuditResult, errors: Sequence[Finding]) -> list[str]:
    said: list[str] = []
    for layer in result.layers.values():
        by_layer = [f for f in errors if (f.rule in {"GP401", "GP201"} and f.layer == layer.key)]
        # Without a reference of authorities, only comparison shows who is missed; once a comparing layer.
        by_pair = [f for f in errors if f.rule == "GP305" and f.other_layer == layer.key]
        found = by_layer or [f for f in by_pair if f.layer == by_pair[0].layer]
        if found:
            said.append(f"{_people_of(found)} in no area of {_inside_a_sentence(layer.title)}")
    return said


def _overlap_words(result: AuditResult, errors: Sequence[Finding]) -> list[str]:
    said: list[str] = []
    for layer in result.layers.values():
        found = [f for f in errors if f.rule in {"GP402", "GP202"} and f.layer == layer.key]
        if found:
            said.append(f"{_people_of(found)} in two areas of {_inside_a_sentence(layer.title)} where one is meant")
    return said


def _people_of(found: Sequence[Finding]) -> str:
    unit, values = found[0].unit, [f.value for f in found if f.value is not None and f.unit == found[0].unit]
    if not values:
        return f"{_plural(len(found), 'place')} (people not assessed) are"
    amount = _amount(sum(values), unit)
    return f"{amount} are" if unit == "m2" else f"{amount} {_UNITS.get(unit, 'people')} are"


# ------------------------------------------------------------------------------------------ figures and rows


class Figure(NamedTuple):
    """A key figure: what is counted, how many, and of what."""

    label: str
    value: str
    note: str


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
        return [*_focus_figures(result, result.focus), *tail]
    pairs = asked_pairs(result)
    if not pairs:
        areas = sum(len(layer.areas) for layer in result.layers.values())
        return [Figure("Areas checked", f"{areas:,}", _plural(len(result.layers), "geography")), *tail]
    pair, unit = pairs[0], _unit(result)
    cut = people_cut(pair, tolerance=_tolerance(result))
    against = pair.overlay.right.title
    least = "" if cut.complete else "at least; "
    return [
        Figure("Same boundary", f"{pair.summary['coterminous']:,} of {_compared(pair):,}", against),
        Figure("Cut by a border", f"{pair.summary['straddles']:,} of {_compared(pair):,}", against),
        Figure("On the wrong side of a border", _amount(cut.total, unit), f"{least}{_UNITS[unit]}"),
        *tail,
    ]


def _gap_figure(result: AuditResult) -> Figure:
    gaps = [f for f in result.findings if f.severity is Severity.ERROR and f.rule in {"GP401", "GP201", "GP305"}]
    places = {(f.code, f.other_layer or f.layer) for f in gaps}
    return Figure("Left out of a geography", f"{len(places):,}" if places else "None", "places with nobody to go to")


def _findings_figure(result: AuditResult) -> Figure:
    counts = Counter(f.severity for f in result.findings)
    serious = counts[Severity.ERROR] + counts[Severity.WARNING]
    note = f"{_plural(counts[Severity.ERROR], 'error')}, {_plural(counts[Severity.WARNING], 'warning')}; "
    return Figure("Findings to act on", f"{serious:,}", f"{note}{_plural(counts[Severity.INFO], 'note')} besides")


@dataclass(frozen=True)
class PairRow:
    """One line of the matrix: how the areas of one geography fit another."""

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
        return f"{self.agreement:.2f}" if self.agreement > 1 - _ROUNDING else f"{min(self.agreement, 0.99):.2f}"


def pair_rows(result: AuditResult) -> list[PairRow]:
    """Return the matrix of which geographies fit which.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    list of PairRow
        One a comparison, in the direction asked. ``areas`` leaves out those in countries where the other
        geography does not exist (``outside``); ``uncovered`` adds those partly and wholly in none;
        ``agreement`` is the V-measure, None where it is not defined; ``status`` names what is not in force.
    """
    return [_pair_row(pair, result.as_of) for pair in asked_pairs(result)]


def _pair_row(pair: Pair, as_of: str) -> PairRow:
    left, right, counts = pair.overlay.left, pair.overlay.right, pair.summary
    apart = [(layer.title, _not_in_force(layer, as_of)) for layer in (left, right)]
    said = [status if title == right.title else f"{title}: {status}" for title, status in apart if status]
    return PairRow(
        left=left.title,
        right=right.title,
        status="; ".join(said),
        areas=_compared(pair),
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
    """An area that needs somebody's attention, with its gravest finding; ``also`` names its others."""

    finding: Finding
    layer: str
    severity: str
    rule: str
    text: str
    amount: str
    also: str


def exception_rows(result: AuditResult, limit: int = 12) -> list[ExceptionRow]:
    """Return the areas with errors or warnings, those with most people first, each once.

    Parameters
    ----------
    result
        Of an audit.
    limit
        The most to return.

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
        return other is not None and bool(_not_in_force(other, result.as_of))

    first, *others = sorted(group, key=past)
    also = dict.fromkeys(
        f"{_inside_a_sentence(result.layers[f.other_layer].title)} ({_amount(f.value, f.unit)})"
        for f in others
        if f.other_layer in result.layers and f.other_layer != first.other_layer
    )
    titles = dict.fromkeys(result.layers[f.layer].title if f.layer in result.layers else f.layer for f in (first, *others))
    return ExceptionRow(
        finding=first,
        layer="; ".join(titles),
        severity=SEVERITY_WORDS[first.severity],
        rule=RULES[first.rule].title,
        text=_without_subject(short_message(first, result.layers), first.name),
        amount=_amount(first.value, first.unit),
        also=f"Also against {_listed(list(also))}." if also else "",
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
    for verb, alone in (("is cut by", "Cut by"), ("holds", "Holds")):
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
        In the order audited; ``url`` is empty unless it is a web address.
    """
    return [
        LayerRow(
            title=layer.title,
            edition=layer.edition or "not stated",
            status=_status(layer, result.as_of),
            countries=_listed(_countries(layer.extent)) or "not stated",
            areas=len(layer.areas),
            confidence=layer.confidence or "not stated",
            source=layer.source.citation,
            url=layer.source.url if re.match(r"https?://", layer.source.url) else "",
            licence=layer.source.licence or "not stated",
        )
        for layer in result.layers.values()
    ]


class _Unconfirmed(NamedTuple):
    title: str
    areas: int
    names: str


def _unconfirmed(result: AuditResult, limit: int = 14) -> list[_Unconfirmed]:
    """Return for each layer the areas whose members nobody confirmed, with who leads them."""
    rows = []
    for layer in result.layers.values():
        codes = [f.code for f in result.findings if f.rule == "GP405" and f.layer == layer.key]
        named = [_with_lead(layer, code) for code in codes[:limit]]
        if len(codes) > limit:
            named.append(f"{len(codes) - limit} more")
        if codes:
            rows.append(_Unconfirmed(layer.title, len(codes), "; ".join(named)))
    return rows


def _with_lead(layer: Layer, code: str) -> str:
    lead = str(layer.areas["lead_body"].get(code, "")) if "lead_body" in layer.areas else ""
    named = lead.strip() not in {"", "nan", layer.name(code)}
    return f"{layer.name(code)} ({'lead ' if lead == 'not confirmed' else ''}{lead})" if named else layer.name(code)


# ------------------------------------------------------------------------------------------ the focus


@dataclass(frozen=True)
class Partner:
    """What the focus shares with one area (or several whole ones) of a geography."""

    layer: str
    status: str
    area: str
    relation: str
    people: float | None
    share: float | None
    share_of_area: float | None


def partner_rows(result: AuditResult) -> list[Partner]:
    """Return whom the focus shares ground with, in every other geography audited.

    Parameters
    ----------
    result
        Of an audit with a focus; without one there are no rows.

    Returns
    -------
    list of Partner
        Geography by geography, largest share first; more than three areas that lie whole inside the focus
        share a row; the part of the focus in no area is a row too.
    """
    if result.focus is None:
        return []
    found = _focus_pairs(result, result.focus)
    return [row for one in found.values() for row in _partners_of(one, result)]


def _focus_pairs(result: AuditResult, focus: Focus) -> dict[str, Pair]:
    """Set the focus against every other layer, as a layer of one area."""
    tolerance, weight = _tolerance(result), Weight(_unit(result))
    alone = _focus_layer(result, focus)
    made: dict[str, Pair] = {}
    for key, layer in result.layers.items():
        drawn = [pair for pair in result.pairs if pair.keys == (focus.layer, key) and layer.parts is None]
        if key == focus.layer or (layer.parts is None and not drawn):
            continue
        if drawn:
            made[key] = replace(drawn[0], relations=drawn[0].relations.loc[[focus.code]])
            continue
        over = overlay.overlay(alone, layer, blocks=result.blocks, weight=weight)
        if not set(audit.countries_of(alone).iat[0]) & set(layer.extent or "EWSN"):
            continue
        made[key] = Pair(over, relations.relate(over, tolerance=tolerance), {})
    return made


def _focus_layer(result: AuditResult, focus: Focus) -> Layer:
    known = result.layers.get(focus.layer)
    if known is not None and known.parts is not None:
        parts = known.parts[known.parts["code"] == focus.code].reset_index(drop=True)
        return replace(known, key=f"focus:{known.key}", areas=known.areas.loc[[focus.code]], parts=parts, notes=())
    blocks = sorted(focus.blocks & set(result.blocks.index))
    sums = result.blocks.loc[blocks, ["people", "working_age", "postcodes", "area_m2"]].sum()
    areas = pd.DataFrame({"name": [focus.name], **sums.to_dict()}, index=pd.Index([focus.code], name="code"))
    parts = pd.DataFrame({"block": blocks, "code": focus.code, "share": 1.0})
    return Layer(f"focus:{focus.layer}", focus.name, areas, next(iter(result.layers.values())).source, parts)


def _partners_of(pair: Pair, result: AuditResult) -> list[Partner]:
    over, row = pair.overlay, pair.relations.iloc[0]
    code, limit = str(pair.relations.index[0]), 1 - _tolerance(result).of(over.basis) - _ROUNDING
    name, status = over.left.name(code), _not_in_force(over.right, result.as_of)
    cells = [_partner(over, code, str(other), limit, status) for other in row["partners"]]
    whole = [cell for cell in cells if cell.relation == f"lies whole inside {name}"]
    if len(whole) > 3:
        cells = [*(cell for cell in cells if cell not in whole), _together(whole)]
    if row["relation"] in {Relation.UNCOVERED, Relation.PARTLY_COVERED} or (code, REST) in over.table.index:
        cells.append(replace(_partner(over, code, REST, limit, status), area="in no area", relation="not covered"))
    return cells


def _partner(over: Overlay, code: str, other: str, limit: float, status: str) -> Partner:
    nominal = over.nominal.loc[(code, other)]
    inside, swallowed = nominal["left_share"] >= limit, nominal["right_share"] >= limit
    name = over.left.name(code)
    relation = (
        "has the same boundary" if inside and swallowed
        else f"{name} lies inside it" if inside
        else f"lies whole inside {name}" if swallowed
        else "the border between them is crossed"
    )  # fmt: skip
    kind = "area" if over.weight is Weight.AREA else "people"
    cell = over.table.loc[(code, other)]
    return Partner(
        over.right.title, status, over.right.name(other), relation, _plain(cell["area_m2" if kind == "area" else "people"]),
        _plain(cell[f"left_{kind}_share"]), _plain(cell[f"right_{kind}_share"]),
    )  # fmt: skip


def _together(whole: Sequence[Partner]) -> Partner:
    names = ", ".join(cell.area for cell in whole[:8])
    more = f" and {len(whole) - 8} more" if len(whole) > 8 else ""
    people, shares = [cell.people for cell in whole], [cell.share for cell in whole]
    return replace(
        whole[0],
        area=f"{len(whole)} areas: {names}{more}",
        relation=whole[0].relation.replace("lies", "each lies"),
        people=None if None in people else float(sum(p for p in people if p is not None)),
        share=None if None in shares else float(sum(s for s in shares if s is not None)),
    )


def _plain(value: object) -> float | None:
    return None if value is None or pd.isna(value) else float(value)  # type: ignore[arg-type]


def _focus_relations(result: AuditResult, focus: Focus) -> dict[str, list[str]]:
    """Return relation -> titles of the layers to which the focus stands so."""
    found: dict[str, list[str]] = {}
    for pair in _focus_pairs(result, focus).values():
        found.setdefault(str(pair.relations["relation"].iloc[0]), []).append(pair.overlay.right.title)
    return found


def _focus_fit(result: AuditResult, focus: Focus, rows: Sequence[Partner]) -> str:
    by_relation = _focus_relations(result, focus)
    words = (
        (Relation.COTERMINOUS, "has exactly the boundary of an area in"),
        (Relation.NESTED, "lies inside one in"),
        (Relation.CONTAINS, "is made of whole ones in"),
        (Relation.STRADDLES, "is cut in"),
        (Relation.PARTLY_COVERED, "is partly in none in"),
        (Relation.UNCOVERED, "is in none in"),
    )
    said = [f"{verb} {len(by_relation[relation])}" for relation, verb in words if relation in by_relation]
    if not rows:
        return f"{focus.name} was compared with no other geography."
    total = sum(len(titles) for titles in by_relation.values())
    return f"Of {_plural(total, 'other geography')}, {focus.name} {_listed(said)}."


def _focus_cut(result: AuditResult, focus: Focus, rows: Sequence[Partner]) -> str:
    cut = _focus_relations(result, focus).get(Relation.STRADDLES, [])
    if not cut:
        return f"No boundary of the others runs through {focus.name} without following its own."
    unit = _unit(result)
    told = []
    for title in cut[:2]:
        mine = [row for row in rows if row.layer == title]
        away = ", ".join(f"{_amount(row.people, unit)} in {row.area}" for row in mine[:3])
        told.append(f"{_inside_a_sentence(title)} ({away})")
    more = f" and {len(cut) - 2} more" if len(cut) > 2 else ""
    return f"It is cut by {_listed(told)}{more}."


def _focus_figures(result: AuditResult, focus: Focus) -> list[Figure]:
    by_relation, unit = _focus_relations(result, focus), _unit(result)
    total = sum(len(titles) for titles in by_relation.values())
    whole = _focus_layer(result, focus).areas["area_m2" if unit == "area" else unit].iat[0]
    cut = by_relation.get(Relation.STRADDLES, [])
    return [
        Figure(focus.name, _amount(whole, unit), _UNITS[unit]),
        Figure("Same boundary", f"{len(by_relation.get(Relation.COTERMINOUS, []))} of {total}", "other geographies"),
        Figure("Cut by", f"{len(cut)} of {total}", "other geographies"),
    ]


def _members(result: AuditResult, focus: Focus) -> str:
    """Name the authorities the focus is made of; a part is called so."""
    known = result.blocks.index.intersection(sorted(focus.blocks))
    names = _authority_names()
    said = []
    for lad in dict.fromkeys(result.blocks.loc[known, "lad"]):
        all_of = set(result.blocks.index[result.blocks["lad"] == lad])
        part = "" if all_of <= focus.blocks else " (part)"
        said.append(f"{names.get(lad, lad)}{part}")
    return ", ".join(sorted(said))


@cache
def _authority_names() -> dict[str, str]:
    table = sources.shipped_table("authorities.csv")
    return dict(zip(table["lad_code"], table["name"], strict=True))


# ------------------------------------------------------------------------------------------ the picture


class Shape(NamedTuple):
    """An outline of the picture: its class, and its SVG path."""

    kind: str
    path: str


class Label(NamedTuple):
    """Text on the picture at a point of the view box, in one or two lines."""

    x: int
    y: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """A map as SVG parts, in a view box 1000 wide; ``numbered`` says who the numbers are."""

    height: int
    title: str
    description: str
    shapes: tuple[Shape, ...]
    lines: str
    labels: tuple[Label, ...]
    legend: tuple[tuple[str, str], ...]
    numbered: tuple[str, ...] = ()
    border: str = ""


_WIDTH = 1000
_BADGE = 36
_ROOM = 0.02
"""Share of the frame below which an area is not named on it."""
_DRAWN_LAST = {"away": 0, "fits": 1, "same": 2, "gap": 3, "cut": 4}
_KIND_WORDS = {
    "same": "same boundary",
    "fits": "inside one, or made of whole ones",
    "cut": "cut by a border (hatched)",
    "gap": "partly or wholly in none (dotted)",
    "away": "no such bodies in this country",
    "focus": "the area this brief is about",
    "near": "its neighbours",
}
_KINDS = {
    Relation.COTERMINOUS: "same", Relation.NESTED: "fits", Relation.CONTAINS: "fits", Relation.STRADDLES: "cut",
    Relation.PARTLY_COVERED: "gap", Relation.UNCOVERED: "gap",
}  # fmt: skip


def picture(result: AuditResult) -> Picture | None:
    """Draw the first comparison asked for, or the focus with its neighbours.

    Parameters
    ----------
    result
        Of an audit that loaded outlines.

    Returns
    -------
    Picture or None
        Simplified as a coverage to one thousandth of its width, so that neighbours still fit; None where
        the result holds no outlines.
    """
    pairs = asked_pairs(result)
    if not pairs:
        return None
    if result.focus is not None:
        return _focus_picture(result, result.focus)
    return _pair_picture(result, pairs[0])


@dataclass(frozen=True)
class _Frame:
    """From metres to the view box."""

    bounds: tuple[float, float, float, float]

    @property
    def metres(self) -> float:
        """Metres of ground a unit of the view box."""
        return max(self.bounds[2] - self.bounds[0], 1.0) / _WIDTH

    @property
    def wide(self) -> tuple[float, float, float, float]:
        """The frame with a margin, so that what is cut off at its edge shows no line there."""
        margin = 10 * self.metres
        return self.bounds[0] - margin, self.bounds[1] - margin, self.bounds[2] + margin, self.bounds[3] + margin

    @property
    def height(self) -> int:
        return max(round((self.bounds[3] - self.bounds[1]) / self.metres), 1)

    def point(self, x: float, y: float) -> tuple[int, int]:
        return round((x - self.bounds[0]) / self.metres), round((self.bounds[3] - y) / self.metres)

    def path(self, shape: shapely.Geometry) -> str:
        """Return the SVG path of polygons or lines, whole units; islets under nine square units are left out."""
        parts = shapely.get_parts(shape)
        rings = [r for p in parts if p.geom_type == "Polygon" for r in (p.exterior, *p.interiors)]
        large = [r for r in rings if shapely.area(shapely.polygons(r)) > 9 * self.metres**2] or rings[:1]
        lines = [p for p in parts if p.geom_type == "LineString"]
        return "".join([*(self._ring(r, "Z") for r in large), *(self._ring(line, "") for line in lines)])

    def _ring(self, line: shapely.Geometry, end: str) -> str:
        points = [self.point(x, y) for x, y in shapely.get_coordinates(line)]
        kept = [p for n, p in enumerate(points) if n == 0 or p != points[n - 1]]
        return "M" + "L".join(f"{x} {y}" for x, y in (kept[:-1] if end and len(kept) > 1 else kept)) + end


class _Sheet:
    """The outlines of a result inside a frame, simplified to its unit."""

    def __init__(self, result: AuditResult, frame: _Frame) -> None:
        self.frame = frame
        self.blocks = _simplified(_drawn_blocks(result), frame)

    def outlines(self, layer: Layer) -> dict[str, shapely.Geometry]:
        """Return code -> outline for the areas that reach into the frame."""
        if layer.parts is None:
            return _simplified(_drawn_areas(layer), self.frame)
        pieces = layer.parts[layer.parts["block"].isin(self.blocks)]
        shapes = pieces["block"].map(self.blocks)
        return {str(code): shapely.union_all(rows.to_numpy()) for code, rows in shapes.groupby(pieces["code"])}

    def union(self, blocks: Iterable[str]) -> shapely.Geometry:
        """Return the outline of some blocks together."""
        return shapely.union_all([self.blocks[block] for block in sorted(blocks) if block in self.blocks])

    def path(self, shape: shapely.Geometry) -> str:
        """Return the SVG path of what lies in the frame."""
        return self.frame.path(shapely.clip_by_rect(shape, *self.frame.wide))


def _drawn_blocks(result: AuditResult) -> pd.Series:
    return _drawn_areas_of(result.blocks)


def _drawn_areas(layer: Layer) -> pd.Series:
    return _drawn_areas_of(layer.areas)


def _drawn_areas_of(frame: pd.DataFrame) -> pd.Series:
    """Return the outlines a frame holds, if any, as an index of plain objects."""
    if "geometry" not in frame:
        return pd.Series(dtype=object)
    shapes = pd.Series(frame["geometry"].to_numpy(), index=frame.index.astype(str), dtype=object)
    return shapes[[shape is not None and not shape.is_empty for shape in shapes]]


def _simplified(shapes: pd.Series, frame: _Frame) -> dict[str, shapely.Geometry]:
    near = shapes[shapely.intersects(shapes.to_numpy(), shapely.box(*frame.bounds))]
    return dict(zip(near.index, shapely.coverage_simplify(near.to_numpy(), frame.metres), strict=True))


def _inner_lines(shapes: Iterable[shapely.Geometry]) -> shapely.Geometry:
    """Return the borders between shapes that fit together, without their outer outline."""
    kept = [shape for shape in shapes if not shape.is_empty]
    outer = shapely.union_all(kept).boundary
    inner = shapely.difference(shapely.union_all([shape.boundary for shape in kept]), outer)
    return shapely.line_merge(inner) if inner.geom_type == "MultiLineString" else inner


def _pair_picture(result: AuditResult, pair: Pair) -> Picture | None:
    left, right = pair.overlay.left, pair.overlay.right
    drawn = _drawn_areas(left) if left.parts is None else _drawn_blocks(result)
    held = drawn if left.parts is None else drawn[drawn.index.isin(left.parts["block"])]
    if held.empty:
        return None
    sheet = _Sheet(result, _Frame(tuple(shapely.total_bounds(held.to_numpy()))))
    shapes, away = sheet.outlines(left), set(_outside(pair.overlay))
    kinds = {code: "away" if code in away else _KINDS[Relation(pair.relations.at[code, "relation"])] for code in shapes}
    people, unit = people_cut(pair, tolerance=_tolerance(result)).by_area, _unit(result)
    cut = sorted((c for c in shapes if kinds[c] == "cut"), key=lambda c: (-(people.get(c) or 0.0), c))
    counts = Counter(kinds.values())
    said = _listed([f"{counts[kind]} {_KIND_WORDS[kind]}" for kind in _KIND_WORDS if counts[kind]])
    lines = "".join(sheet.path(_cut_lines(sheet, pair, code)) for code in cut)
    return Picture(
        height=sheet.frame.height,
        title=f"{left.title} against {_inside_a_sentence(right.title)}",
        description=f"Map of {_plural(len(shapes), 'area')}: {said}. Each cut area is numbered and named in the list.",
        shapes=tuple(Shape(kinds[c], sheet.path(shapes[c])) for c in sorted(shapes, key=lambda c: _DRAWN_LAST[kinds[c]])),
        lines=lines,
        labels=_apart([Label(*sheet.frame.point(*_middle(shapes[c])), (str(n),)) for n, c in enumerate(cut, 1)]),
        legend=tuple((kind, _KIND_WORDS[kind]) for kind in _KIND_WORDS if counts[kind]),
        numbered=tuple(f"{left.name(code)}: {_amount(people.get(code), unit)}" for code in cut),
        border=f"border of {_inside_a_sentence(right.title)} through a cut area" if lines else "",
    )


def _apart(labels: Sequence[Label]) -> tuple[Label, ...]:
    """Move a numbered badge aside where it would hide an earlier one."""
    placed: list[Label] = []
    for label in labels:
        near = [one for one in placed if abs(one.x - label.x) < _BADGE and abs(one.y - label.y) < _BADGE]
        side = 1 if all(label.x >= one.x for one in near) else -1
        placed.append(label._replace(x=near[0].x + side * _BADGE) if near else label)
    return tuple(placed)


def _cut_lines(sheet: _Sheet, pair: Pair, code: str) -> shapely.Geometry:
    """Return the other layer's borders inside one area."""
    left, right = pair.overlay.left, pair.overlay.right
    if left.parts is None or right.parts is None:
        return shapely.MultiLineString()
    mine = left.parts.loc[left.parts["code"] == code, "block"]
    home = right.parts.sort_values(["share", "code"], ascending=[False, True]).drop_duplicates("block")
    of_block = home.set_index("block")["code"].reindex(mine).fillna("")
    return _inner_lines(sheet.union(group) for group in of_block.groupby(of_block).groups.values())


def _middle(shape: shapely.Geometry) -> tuple[float, float]:
    """Return the point of a shape that is farthest from its border, in its largest part."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    return shapely.get_point(shapely.maximum_inscribed_circle(largest), 0).coords[0]


def _focus_picture(result: AuditResult, focus: Focus) -> Picture | None:
    drawn = _drawn_blocks(result)
    own = drawn[drawn.index.isin(focus.blocks)]
    if own.empty:
        return None
    sheet = _Sheet(result, _Frame(_view(shapely.total_bounds(own.to_numpy()))))
    context, other = _focus_layers(result, focus)
    here = sheet.union(focus.blocks)
    near = {c: s for c, s in sheet.outlines(context).items() if (context.key, c) != (focus.layer, focus.code)}
    lines = sheet.path(_inner_lines(sheet.outlines(other).values()))
    return Picture(
        height=sheet.frame.height,
        title=f"{focus.name} and its neighbours",
        description=(
            f"Map of {focus.name} (shaded) among {_plural(len(near), 'area')} of {context.title}; heavy dashed lines are "
            f"borders of {other.title}. The table of partners says the same in numbers."
        ),
        shapes=(*(Shape("near", sheet.path(near[c])) for c in sorted(near)), Shape("focus", sheet.path(here))),
        lines=lines,
        labels=tuple(_place_names(sheet, focus, here, {context.name(c): s for c, s in near.items()})),
        legend=tuple((kind, _KIND_WORDS[kind]) for kind in ("focus", "near")),
        border=f"border of {_inside_a_sentence(other.title)}" if lines else "",
    )


def _place_names(
    sheet: _Sheet, focus: Focus, here: shapely.Geometry, near: Mapping[str, shapely.Geometry]
) -> Iterable[Label]:
    """Name the focus, and each neighbour with room for its name."""
    bounds = sheet.frame.bounds
    room = _ROOM * (bounds[2] - bounds[0]) * (bounds[3] - bounds[1])
    yield Label(*sheet.frame.point(*_middle(here)), _two_lines(focus.name))
    for name, shape in sorted(near.items()):
        seen = shapely.difference(shapely.clip_by_rect(shape, *bounds), here)
        if seen.area > room:
            yield Label(*sheet.frame.point(*_middle(seen)), _two_lines(name))


def _view(bounds: Sequence[float]) -> tuple[float, float, float, float]:
    """Return a frame one and a half as wide as high around these bounds, with room for neighbours."""
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    half = max((bounds[2] - bounds[0]) / 1.5, bounds[3] - bounds[1]) * 0.8
    return x - 1.5 * half, y - half, x + 1.5 * half, y + half


def _focus_layers(result: AuditResult, focus: Focus) -> tuple[Layer, Layer]:
    """Return the layer whose areas are the focus's neighbours, and the one whose borders matter most."""
    first = asked_pairs(result)[0].overlay
    context = result.layers.get(focus.layer, first.left)
    found = _focus_pairs(result, focus)
    cut = [key for key, pair in found.items() if pair.relations["relation"].iloc[0] == Relation.STRADDLES]
    in_force = [key for key in cut if not _not_in_force(result.layers[key], result.as_of)]
    default = [layer.key for layer in (first.right, first.left) if layer.key in found]
    chosen = next(iter([*in_force, *cut, *default, *found]), first.right.key)
    return context, result.layers[chosen]


def _two_lines(name: str) -> tuple[str, ...]:
    words = name.split()
    if len(name) < 14 or len(words) == 1:
        return (name,)
    cut = min(range(1, len(words)), key=lambda n: abs(len(" ".join(words[:n])) - len(name) / 2))
    return " ".join(words[:cut]), " ".join(words[cut:])


# ------------------------------------------------------------------------------------------ the page


def page(result: AuditResult) -> str:
    """Write the brief as one HTML page that asks nothing of the network.

    Parameters
    ----------
    result
        Of an audit, with outlines if there is to be a map.

    Returns
    -------
    str
        HTML; the same for the same result, without a script, a time or a path. Two A4 pages for the
        default audit.
    """
    template = _environment().get_template("brief.html")
    rows = exception_rows(result)
    return (
        template.render(
            title=_question(result),
            standfirst=_standfirst(result),
            sentences=answer_sentences(result),
            figures=key_figures(result),
            focus=result.focus,
            members=_members(result, result.focus) if result.focus else "",
            partners=partner_rows(result),
            pairs=pair_rows(result),
            picture=picture(result),
            exceptions=rows,
            rest=_rest_sentence(result, rows),
            unconfirmed=_unconfirmed(result),
            layers=layer_rows(result),
            method=_method(result),
            limits=_limits(result),
            attribution=_attribution(result),
            unit=_unit(result),
            unit_words=_UNITS[_unit(result)],
        )
        + "\n"
    )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("geoplan"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["amount"] = _amount
    environment.filters["percent"] = _percent
    return environment


def _question(result: AuditResult) -> str:
    if result.focus is not None:
        return f"{result.focus.name}: who works with whom, and where do the boundaries cut?"
    pairs = asked_pairs(result)
    if not pairs:
        return f"Are {_listed([layer.title for layer in result.layers.values()])} complete and in one piece?"
    left, right = pairs[0].overlay.left, pairs[0].overlay.right
    of = [f"{name}’s" for name in _countries(left.extent)]
    whose = f"{_listed(of)} " if of else ""
    others = _inside_a_sentence(right.title) if len(pairs) == 1 else "the other partnerships"
    return f"How well do {whose}{_inside_a_sentence(left.title)} fit {others}?"


def _standfirst(result: AuditResult) -> str:
    pairs, unit = asked_pairs(result), _UNITS[_unit(result)]
    what = (
        f"{len(result.layers)} geographies in {len(pairs)} comparisons"
        if pairs
        else _plural(len(result.layers), "geography")
    )
    return f"Boundary audit of {what}, members as of {_day(result.as_of)}, counted in {unit}."


def _rest_sentence(result: AuditResult, shown: Sequence[ExceptionRow]) -> str:
    counts = Counter(f.rule for f in result.findings)
    rules = _listed([f"{number:,} {RULES[code].title} ({code})" for code, number in sorted(counts.items())])
    areas = {(f.layer, f.code) for f in top_findings(result, None)}
    more = len(areas) - len({(row.finding.layer, row.finding.code) for row in shown})
    left = f"{_verb(more, 'further area has', 'further areas have')} errors or warnings. " if more > 0 else ""
    return f"{left}In all there are {_plural(len(result.findings), 'finding')}: {rules or 'none'}."


def _method(result: AuditResult) -> list[str]:
    split = int(result.blocks["lad"].duplicated(keep=False).sum()) if "lad" in result.blocks else 0
    districts = result.blocks["lad"].nunique() if "lad" in result.blocks else len(result.blocks)
    cut = f", some of them cut where a partnership divides them ({split} pieces)" if split else ""
    said = [
        f"Each partnership that ships with geoplan is a list of the same {districts:,} authorities{cut}, so codes decide "
        "whether two areas agree, not drawn lines.",
        "An area has the same boundary as another if each holds the whole of the other, lies inside it if only the "
        "other holds it whole, is made of whole ones if it holds each it meets whole, and is otherwise cut.",
        "On the wrong side of a border are, for each cut area, the people away from its largest partner or on the "
        "smaller side of the borders that cut it, whichever are fewer; in the total nobody counts twice.",
        "Agreement is the V-measure by people: 1 if the two geographies divide everyone alike, 0 if the one says "
        "nothing about the other; common blocks are the smallest groupings on which both agree.",
        "A gap counts only where a geography should cover everyone in its countries.",
    ]
    if any(pair.overlay.basis is not Basis.CODES for pair in result.pairs):
        drawn = _tolerance(result).drawn
        said[0] += (
            f" Where a boundary file takes part, the postcodes inside its polygons decide; shares up to {drawn:.1%} and "
            "slivers no wider than the drawings are exact do not count."
        )
    return said


def _limits(result: AuditResult) -> list[str]:
    unsure = sum(f.rule == "GP405" for f in result.findings)
    past = [layer for layer in result.layers.values() if _not_in_force(layer, result.as_of)]
    said = ["People are the mid-2024 estimates of the Office for National Statistics."]
    if any(layer.parts is not None for layer in result.layers.values()):
        said.append("Maps are indicative: boundaries are drawn from postcodes, and decide nothing.")
    if any(pair.overlay.basis is not Basis.CODES for pair in result.pairs):
        said.append("People counted by the postcodes inside a drawn boundary are estimates.")
    if unsure:
        said.append(
            f"The membership of {_plural(unsure, 'area')} was read from a name or inferred and is not confirmed."
        )
    if any("not_assessed" in one.areas and (one.areas["not_assessed"] != "").any() for one in result.layers.values()):
        said.append("Where only an unknown part of an authority belongs, its people are not assessed, never guessed.")
    said += [f"{one.title}: {_not_in_force(one, result.as_of)}; shown for comparison." for one in past]
    return said


def _attribution(result: AuditResult) -> list[str]:
    if all(layer.parts is None for layer in result.layers.values()):
        return []
    return [
        "Contains OS data © Crown copyright and database right.",
        "Contains Royal Mail data © Royal Mail copyright and database right.",
        "Source: Office for National Statistics licensed under the Open Government Licence v3.0.",
        "Coast: Natural Earth.",
    ]
