"""Put toy layers together to an audit result, with the audit's own pieces and no shipped data."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from geoplan.analysis import artefacts, money, overlay, relations
from geoplan.auditing import results
from geoplan.auditing.judging import findings, rules
from geoplan.auditing.judging.funding import funded
from geoplan.data.focus import Focus
from geoplan.schema import Finding, Layer, Note, Tolerance, Weight

TOLERANCE = Tolerance()


def compared(left: Layer, right: Layer, blocks: pd.DataFrame, *, weight: Weight = Weight.PEOPLE) -> results.Pair:
    """Compare two layers as an audit does."""
    over = artefacts.mark(overlay.overlay(left, right, blocks=blocks, weight=weight), tolerance=TOLERANCE)
    related = relations.relate(over, tolerance=TOLERANCE)
    return results.Pair(over, related, TOLERANCE, money.spread(left, right, over, blocks, None))


def found_in(pair: results.Pair) -> list[Finding]:
    """Return the findings of one direction of a comparison."""
    found = findings.from_pair(pair.overlay, pair.relations, tolerance=TOLERANCE, outside=pair.outside)
    return [funded(finding, pair.overlay, pair.cuts, pair.money) for finding in found]


def result_of(
    blocks: pd.DataFrame,
    *asked: tuple[Layer, Layer],
    alone: Sequence[Layer] = (),
    further: Sequence[Finding] = (),
    focus: Focus | None = None,
    weight: Weight = Weight.PEOPLE,
    as_of: str = "2026-04-01",
) -> results.AuditResult:
    """Audit pairs of layers in both directions; ``further`` findings are added to theirs."""
    pairs = tuple(
        compared(one, two, blocks, weight=weight)
        for left, right in asked
        for one, two in ((left, right), (right, left))
    )
    found = [*further, *(finding for pair in pairs for finding in found_in(pair))]
    return results.AuditResult(
        layers={layer.key: layer for layer in (*(layer for pair in asked for layer in pair), *alone)},
        pairs=pairs,
        findings=tuple(sorted(found, key=lambda each: each.gravity)),
        focus=focus,
        as_of=as_of,
        parameters={"weight": str(weight)},
        blocks=blocks,
    )


def finding(
    rule: str,
    layer: str,
    code: str,
    value: float | None = None,
    *,
    name: str = "",
    unit: str = "people",
    **facts: object,
) -> Finding:
    """Make a finding by hand, of its rule's severity."""
    made = {
        "id": findings.finding_id(rule, layer, code, "", ()), "rule": rule, "severity": rules.RULES[rule].severity,
        "layer": layer, "code": code, "name": name or f"Area {code}", "other_layer": "", "other_codes": (),
        "measure": "people", "value": value, "unit": unit, "lead": f"Area {code} is wrong.",
    }  # fmt: skip
    return Finding(**{**made, **facts})


ENDED_WITHIN = re.compile(r"(?!ncl)[\w)%'\"]{3}[.!?] [A-Z0-9]")
"""A sentence that ends before the text does; "St." is too short to be one, and "incl." stands in names."""


def leads_alone(told: Finding | Note) -> bool:
    """Tell whether what leads a message is one whole sentence with the name of the area, if it is about one."""
    named = not told.code or told.name in told.lead
    whole = told.lead.endswith(".") and not ENDED_WITHIN.search(told.lead)
    return whole and named and told.message.startswith(told.lead)
