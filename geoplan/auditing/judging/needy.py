"""Need beside every finding: who is out of work among the people it counts, with the rate of England beside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from geoplan.analysis.cutting import Cuts
from geoplan.schema import REST, Finding, Overlay, Rank, assessed, paragraph, wording
from geoplan.schema.need import Need, england, need_words

__all__ = ["told_need", "with_need"]


def with_need(finding: Finding, overlay: Overlay, cuts: Cuts) -> Finding:
    """Add to a finding of a comparison who is out of work among the people it counts.

    Parameters
    ----------
    finding
        Of one direction of a comparison.
    overlay, cuts
        Of that direction: from `geoplan.analysis.overlay.overlay` and `geoplan.analysis.cutting.cuts`.

    Returns
    -------
    Finding
        As it is where it counts no people, or where no people were counted.
    """
    if finding.value is None or overlay.rated is None or finding.unit in {"m2", "postcodes"}:
        return finding
    code, partners = finding.code, finding.other_codes
    if finding.rule == "GP301":
        return replace(finding, need=_pieces(overlay, code, cuts.partners.get(code, ())))
    if finding.rule == "GP302":
        return replace(finding, need=_beyond(overlay, code, partners[0]))
    if finding.rule == "GP303":
        return replace(finding, need=Need.of(overlay.left.areas.loc[[code]]))
    if finding.rule == "GP304":
        return replace(finding, need=Need.of(overlay.rated[overlay.table["artefact"].astype(bool)]))
    return replace(finding, need=_pieces(overlay, code, [REST])) if finding.rule == "GP305" else finding


def _pieces(overlay: Overlay, code: str, others: Iterable[str]) -> Need:
    assert overlay.rated is not None  # noqa: S101 - asked for at the door
    rows = pd.MultiIndex.from_product([[code], list(others)])
    return Need.of(overlay.rated.reindex(rows))


def _beyond(overlay: Overlay, code: str, other: str) -> Need:
    """Return what of the larger of two areas lies outside the other one."""
    sides = [(overlay.left.areas, code), (overlay.right.areas, other)]
    column = overlay.weight.column
    areas, larger = max(sides, key=lambda side: assessed(side[0].at[side[1], column]) or 0.0)
    return Need.of(areas.loc[[larger]]).less(_pieces(overlay, code, [other]))


def told_need(findings: Iterable[Finding], blocks: pd.DataFrame, rank: Rank = Rank.PEOPLE) -> list[Finding]:
    """Add to findings a sentence on who is out of work, where that is known and people are what they count.

    Parameters
    ----------
    findings
        With what is known of need.
    blocks
        Shipped blocks, of which those of England tell the rate of the nation.
    rank
        Whether findings are to rank by what they measure, or by the people out of work.

    Returns
    -------
    list of Finding
        In the order given; the sentence stands in their detail.
    """
    nation = Need.of(england(blocks))

    def told(finding: Finding) -> Finding:
        said = need_words(finding.need, nation) if finding.value and finding.unit in wording.PERSONS else ""
        return replace(finding, detail=paragraph(finding.detail, said), by_need=rank is Rank.NEED)

    return [told(finding) for finding in findings]
