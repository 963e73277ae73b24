"""What an audit lists: pairs, exceptions, layers, how areas fit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from geoplan.auditing.judging.rules import RULES
from geoplan.auditing.results import AuditResult, Pair
from geoplan.data.focus import shares_of
from geoplan.data.shipped.roles import NO_LEAD
from geoplan.output.summary.answers import compared, standing_counts
from geoplan.output.summary.ranking import ROUNDING, asked_pairs, importance, top_findings
from geoplan.schema import Finding, Layer, layer_wording, wording
from geoplan.schema.indicators import Indicator, value_text
from geoplan.schema.standing import SELDOM, Standing

__all__ = [
    "ExceptionRow",
    "LayerRow",
    "PairRow",
    "Unconfirmed",
    "exception_rows",
    "fit_rows",
    "layer_rows",
    "pair_rows",
    "rows_of",
    "standings_shown",
    "unconfirmed",
]


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


def standings_shown(rows: Sequence[PairRow]) -> list[Standing]:
    """Return the standings that have a column in the matrix: all but the seldom ones, unless an area stands so."""
    usual = [each for each in Standing if each is not Standing.OUTSIDE]
    return [each for each in usual if each not in SELDOM or any(row.counts[each] for row in rows)]


def _pair_row(pair: Pair, order: int, as_of: str) -> PairRow:
    left, right = pair.overlay.left, pair.overlay.right
    apart = [(layer.title, layer_wording.not_in_force(layer, as_of)) for layer in (left, right)]
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

    ``out_of_work`` are those of the people concerned, with their rate beside, ``figure`` the user's own indicator of
    them (empty without one); ``areas`` are the layer and code of each area the row stands for.
    """

    finding: Finding
    layer: str
    severity: str
    rule: str
    text: str
    amount: str
    out_of_work: str
    out_of_work_rate: str
    figure: str
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
    return sorted(rows, key=lambda row: importance(row.finding))[:limit]


def _exception_row(result: AuditResult, group: Sequence[Finding]) -> ExceptionRow:
    def past(finding: Finding) -> bool:
        other = result.layers.get(finding.other_layer)
        return other is not None and bool(layer_wording.not_in_force(other, result.as_of))

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
        text=first.short,
        amount=wording.amount(first.value, first.unit),
        out_of_work=_out_of_work(first),
        out_of_work_rate="" if first.out_of_work_rate is None else f"{first.out_of_work_rate:.1%}",
        figure=_figure(first, result.indicator),
        also=f"Also against {'; '.join(also)}." if also else "",
        areas=frozenset((f.layer, f.code) for f in group),
    )


def _out_of_work(finding: Finding) -> str:
    """Say how many of the people concerned are out of work; nothing where a finding counts something else."""
    counts = finding.unit in wording.PERSONS or finding.out_of_work is not None
    return wording.amount(finding.out_of_work) if counts else ""


def _figure(finding: Finding, indicator: Indicator | None) -> str:
    """Say the indicator of the people concerned; nothing where a finding counts something else."""
    if indicator is None or (finding.figure is None and finding.unit not in wording.PERSONS):
        return ""
    return value_text(math.nan if finding.figure is None else finding.figure, indicator.kind, indicator.unit)


def _ground(result: AuditResult, finding: Finding) -> object:
    """Return what tells the ground of a finding's area: its blocks and their shares, else layer and code."""
    layer = result.layers.get(finding.layer)
    if layer is None or layer.parts is None or finding.code not in layer.areas.index:
        return finding.layer, finding.code
    return frozenset(shares_of(layer, finding.code).fillna(-1.0).items())


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
    return rows_of(result.layers.values(), result.as_of)


def rows_of(layers: Iterable[Layer], as_of: str) -> list[LayerRow]:
    """Return the same of layers on a day (ISO); see `layer_rows`."""
    return [
        LayerRow(
            title=layer.title,
            edition=layer.edition or "not stated",
            status=layer_wording.status(layer, as_of),
            countries=wording.listed(wording.countries(layer.extent)),
            areas=len(layer.areas),
            confidence=layer_wording.confidence(layer),
            source=layer.source.citation,
            url=layer.source.url if re.match(r"https?://", layer.source.url) else "",
            licence=layer.source.licence or "not stated",
        )
        for layer in layers
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
    without = [layer.name(code) for code in codes if leads.get(code) == NO_LEAD]
    led = [f"{wording.listed(without)}: lead body {NO_LEAD}"] if without else []
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
