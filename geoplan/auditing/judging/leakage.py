"""Self-containment, leaks and labour markets cut by a boundary, as findings (GP501 to GP503)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from geoplan.auditing.judging.findings import finding_id, from_notes
from geoplan.auditing.judging.rules import RULES
from geoplan.commuting.leaks import Largest, alternatives, largest_leaks, weakness
from geoplan.schema import REST, Finding, Note, Severity, paragraph, wording

if TYPE_CHECKING:
    from geoplan.commuting.self_containment import Contained

__all__ = ["LOOSE", "MARKETS", "from_containment", "source_words"]

MARKETS = "labour_market"
"""Key of the layer of labour market areas."""
LARGE_LEAK = 0.1
LOOSE = 0.5
"""Below this share of runs an authority counts as loosely tied to its labour market area."""
NAMED = 4


def from_containment(told: Contained) -> list[Finding]:
    """Turn the scores, leaks and cut labour markets of a layer into findings.

    Parameters
    ----------
    told
        From `geoplan.commuting.self_containment.contained`.

    Returns
    -------
    list of Finding
        GP501 for areas that would not pass as a labour market area, GP502 for leaks of a tenth of the working
        residents or more, GP503 for labour market areas in several areas of the layer. Each says of what
        source and year the flows are, and whether they are modelled.
    """
    scores = told.found.areas
    failing = scores[~scores["passes"].fillna(value=True).astype(bool)]
    found = [_not_contained(told, str(code), row) for code, row in failing.iterrows()]
    large = {
        code: leak
        for code, leak in largest_leaks(told.found, rest=True).items()
        if leak.share >= LARGE_LEAK and leak.others[0] != REST
    }
    found += [_largest_leak(told, code, leak) for code, leak in large.items()]
    found += [_cut(told, str(market), row) for market, row in told.cut.iterrows()]
    return [*found, *_not_told(told)]


def _not_told(told: Contained) -> list[Finding]:
    """Say of which countries the flows know nobody, where areas of the layer lie there."""
    blank = tuple(str(code) for code in told.found.areas.index[told.found.areas["size"].isna()])
    if not blank or not told.flows.silence:
        return []
    return from_notes(told.layer, [Note("GP901", told.flows.silence, other_codes=blank, by_design=True)])


def _not_contained(told: Contained, code: str, row: pd.Series) -> Finding:
    leaks = told.found.leaks[(told.found.leaks["code"] == code) & (told.found.leaks["direction"] == "out")]
    others = [other for other in leaks["other"] if other != REST][:NAMED]
    least = told.found.criteria
    need = f"{least.min_containment:.1%} of both, more where fewer than {least.target_size:,.0f} work"
    said = (
        f"does not contain its labour market: {row['supply']:.0%} of its working residents work in it, and "
        f"{row['demand']:.0%} of its jobs are done by them; a labour market area needs {need}."
    )
    detail = paragraph(_where(told, others, leaks), f"{source_words(told)}.")
    beyond = max(float(row["size"]), float(row["jobs"])) - float(row["live_and_work"])
    mild = told.flows.kind == "modelled" or told.layer.status == "ended"
    measures = {name: float(row[name]) for name in ("size", "jobs", "live_and_work", "supply", "demand", "validity")}
    made = _made(
        told, "GP501", code, others, (f"{_name(told, code)} {said}", detail), beyond,
        severity=Severity.INFO if mild else None, evidence=measures,
    )  # fmt: skip
    return replace(made, in_table=paragraph(f"{told.layer.name(code)} {said}", detail))


def _where(told: Contained, others: Sequence[str], leaks: pd.DataFrame) -> str:
    if not others:
        return ""
    rows = leaks.set_index("other")
    named = [f"{told.layer.name(other)} ({rows.at[other, 'workers']:,.0f})" for other in others]
    shaky = [told.layer.name(other) for other in others if rows.at[other, "weak"]]
    weak = weakness(shaky) if shaky else ""
    return paragraph(f"Most of the others work in {wording.listed(named)}.", weak)


def _largest_leak(told: Contained, code: str, leak: Largest) -> Finding:
    names = [told.layer.name(other) for other in leak.others]
    if leak.clear:
        lead = (
            f"{leak.share:.0%} of the working residents of {_name(told, code)} work in {names[0]} "
            f"({leak.workers[0]:,.0f} workers)."
        )
    else:
        could = alternatives(f"{name} ({workers:,.0f})" for name, workers in zip(names, leak.workers, strict=True))
        lead = f"The largest leak of {_name(told, code)} is not clear: {could} (modelled workers)."
    shaky = [name for name, other in zip(names, leak.others, strict=True) if other in _shaky(told, code)]
    detail = paragraph(weakness(shaky) if shaky else "", f"{source_words(told)}.")
    evidence = {"share": leak.share}
    return _made(told, "GP502", code, leak.others, (lead, detail), leak.workers[0], evidence=evidence)


def _shaky(told: Contained, code: str) -> set[str]:
    """Return the areas to which workers of this one go by flows that are weak."""
    leaks = told.found.leaks
    return set(leaks.loc[(leaks["code"] == code) & (leaks["direction"] == "out") & leaks["weak"], "other"])


def _cut(told: Contained, market: str, row: pd.Series) -> Finding:
    name = told.market_names.get(market, market)
    parts = [(other, amount) for other, amount in row["parts"] if other != REST]
    sides = [f"{told.layer.name(other)} ({amount:,.0f})" for other, amount in parts[:NAMED]]
    if len(parts) > NAMED:
        sides.append(f"{len(parts) - NAMED} more")
    outside = sum(amount for other, amount in row["parts"] if other == REST)
    rest = f", {outside:,.0f} in none" if outside else ""
    lead = (
        f"The labour market area of {name} is cut by {wording.inside_a_sentence(told.layer.title)}: its working "
        f"residents live in {wording.listed(sides)}{rest}; {row['crossing']:,.0f} commuters in it cross that "
        f"boundary."
    )
    codes = [other for other, _ in parts]
    code, other_layer = f"lma-{market}", told.layer.key
    measures = {"residents": float(row["residents"])}
    weak = weakness() if row["weak"] else ""
    said = lead, paragraph(weak, f"{source_words(told)}.")
    made = _made(told, "GP503", market, codes, said, float(row["crossing"]), evidence=measures)
    identity = finding_id("GP503", MARKETS, code, other_layer, codes)
    return replace(made, id=identity, layer=MARKETS, code=code, name=str(name), other_layer=other_layer)


def _made(
    told: Contained, rule: str, code: str, others: Sequence[str], said: tuple[str, str], workers: float, *,
    severity: Severity | None = None, evidence: dict[str, float] | None = None,
) -> Finding:  # fmt: skip
    flows, (lead, detail) = told.flows, said
    return Finding(
        id=finding_id(rule, told.layer.key, code, "", others),
        rule=rule,
        severity=severity or RULES[rule].severity,
        layer=told.layer.key,
        code=code,
        name=told.layer.name(code),
        other_layer="",
        other_codes=tuple(others),
        measure="workers",
        value=workers,
        unit="workers",
        lead=lead,
        detail=detail,
        evidence={**(evidence or {}), "flows": {"source": flows.source, "year": flows.year, "kind": flows.kind}},
    )


def _name(told: Contained, code: str) -> str:
    return f"{told.layer.name(code)} ({told.layer.title})"


def source_words(told: Contained) -> str:
    """Say where the flows come from, and what is estimated in them.

    Parameters
    ----------
    told
        From `geoplan.commuting.self_containment.contained`.

    Returns
    -------
    str
        Words without a full stop; modelled flows are called so.
    """
    flows = told.flows
    if flows.kind == "modelled":
        said = f"Modelled commuting, {flows.year} totals" if flows.year else "Modelled commuting"
    else:
        said = f"Commuting by {flows.dated}"
    apportioned = "; authorities that lie in several areas shared by people" if told.found.apportioned else ""
    estimated = "; members told by postcodes" if told.estimated else ""
    return f"{said}{apportioned}{estimated}"
