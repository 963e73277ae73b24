"""What a border costs in money: how much of an area's grant would go with its cut pieces."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from geoplan.analysis.cutting import Cuts
from geoplan.analysis.money import ESTIMATES
from geoplan.schema import Finding, Layer, Overlay, assessed, paragraph, wording
from geoplan.schema.money import AMOUNTS, BY_WORKING_AGE, pounds

__all__ = ["funded"]

OFTEN = {"amount_total": "", "amount_per_year": " a year"}
ALMOST_ALL = 1 - 1e-9
NAMED = 3
"""Partners that a sentence names."""


def funded(finding: Finding, overlay: Overlay, cuts: Cuts, money: pd.DataFrame | None) -> Finding:
    """Add to a finding of cut pieces what of the area's money would go with them.

    Parameters
    ----------
    finding
        Of one direction of a comparison.
    overlay, cuts, money
        Of that direction: from `geoplan.analysis.overlay.overlay`, `geoplan.analysis.cutting.cuts` and
        `geoplan.analysis.money.spread`.

    Returns
    -------
    Finding
        With a sentence and ``money`` in its evidence, for GP301 about an area whose amount is known; else as it is.
        Amounts in all and a year stay apart, and are never made of one another.
    """
    code = finding.code
    if finding.rule != "GP301" or money is None or code not in money.index.get_level_values("left"):
        return finding
    cut = pd.MultiIndex.from_product([[code], cuts.partners.get(code, ())], names=["left", "right"])
    pieces = money.reindex(cut)
    told = _told(overlay.left.areas.loc[code], pieces)
    if not told:
        return finding
    sentence = paragraph(*(_sentence(each, overlay.right) for each in told))
    facts = {"by": "working_age", "estimate": True, **{each["amount"]: each for each in told}}
    detail = paragraph(finding.detail, sentence)
    return replace(finding, detail=detail, evidence={**finding.evidence, "money": facts})


def _told(area: pd.Series, pieces: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each amount of an area with what of it is in pieces, None where one of them is not assessed."""
    return [
        {
            "amount": name,
            "pounds": float(area[name]),
            "note": str(area["amount_note"]),
            "in_cut_pieces": assessed(pieces[ESTIMATES[name]].sum(skipna=False)),
            "by_partner": {str(right): assessed(each) for (_, right), each in pieces[ESTIMATES[name]].items()},
        }
        for name in AMOUNTS
        if assessed(area[name]) is not None
    ]


def _sentence(told: dict[str, Any], right: Layer) -> str:
    often, reserved = OFTEN[told["amount"]], f" ({told['note']})" if told["note"] else ""
    whole = f"{pounds(told['pounds'])}{often}{reserved}"
    if told["in_cut_pieces"] is None:
        return f"How much of its {whole} goes with the cut pieces is {wording.NOT_ASSESSED}."
    pieces = [f"{right.name(code)} {pounds(each)}" for code, each in told["by_partner"].items()]
    more = [f"{len(pieces) - NAMED} more"] if len(pieces) > NAMED else []
    where = f" ({', '.join([*pieces[:NAMED], *more])})" if len(pieces) > 1 else ""
    if told["in_cut_pieces"] > ALMOST_ALL * told["pounds"]:
        return f"All of its {whole} goes with the cut pieces{where}, {BY_WORKING_AGE}."
    return f"About {pounds(told['in_cut_pieces'])} of its {whole} go with the cut pieces{where}, {BY_WORKING_AGE}."
