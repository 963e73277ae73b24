"""Need beside every finding: who is out of work among the people it counts, with the rate of England beside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from geoplan.analysis.cutting import Cuts
from geoplan.schema import REST, Finding, Overlay, Rank, assessed, paragraph, wording
from geoplan.schema.indicators import INDICATOR_COLUMNS, Indicator, Kind, value_text, values_of
from geoplan.schema.need import Need, england, need_words

__all__ = ["told_need", "with_need"]


def with_need(finding: Finding, overlay: Overlay, cuts: Cuts, kind: Kind | None = None) -> Finding:
    """Add to a finding of a comparison who is out of work among the people it counts, and the indicator there.

    Parameters
    ----------
    finding
        Of one direction of a comparison.
    overlay, cuts
        Of that direction: from `geoplan.analysis.overlay.overlay` and `geoplan.analysis.cutting.cuts`.
    kind
        Of the user's own indicator; None without one.

    Returns
    -------
    Finding
        As it is where it counts no people, or where no people were counted.
    """
    if finding.value is None or overlay.rated is None or finding.unit in {"m2", "postcodes"}:
        return finding
    rows, less = _counted(finding, overlay, cuts)
    if rows is None:
        return finding
    need = Need.of(rows)
    figure = None if kind is None else _figure(rows, less, kind)
    return replace(finding, need=need if less is None else need.less(Need.of(less)), figure=figure)


def _counted(finding: Finding, overlay: Overlay, cuts: Cuts) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Return the areas or pieces whose people a finding counts, and those that are to be taken from these."""
    code, partners = finding.code, finding.other_codes
    if finding.rule == "GP301":
        return _pieces(overlay, code, cuts.partners.get(code, ())), None
    if finding.rule == "GP302":
        return _larger(overlay, code, partners[0]), _pieces(overlay, code, partners[:1])
    if finding.rule == "GP303":
        return overlay.left.areas.loc[[code]], None
    if finding.rule == "GP304":
        assert overlay.rated is not None  # noqa: S101 - asked for at the door
        return overlay.rated[overlay.table["artefact"].astype(bool)], None
    return (_pieces(overlay, code, [REST]), None) if finding.rule == "GP305" else (None, None)


def _pieces(overlay: Overlay, code: str, others: Iterable[str]) -> pd.DataFrame:
    assert overlay.rated is not None  # noqa: S101 - asked for at the door
    return overlay.rated.reindex(pd.MultiIndex.from_product([[code], list(others)]))


def _larger(overlay: Overlay, code: str, other: str) -> pd.DataFrame:
    """Return the larger of two areas, of which what lies outside the other one counts."""
    sides = [(overlay.left.areas, code), (overlay.right.areas, other)]
    column = overlay.weight.column
    areas, larger = max(sides, key=lambda side: assessed(side[0].at[side[1], column]) or 0.0)
    return areas.loc[[larger]]


def _figure(rows: pd.DataFrame, less: pd.DataFrame | None, kind: Kind) -> float | None:
    held = rows.reindex(columns=list(INDICATOR_COLUMNS)).sum(skipna=False)
    if less is not None:
        held -= less.reindex(columns=list(INDICATOR_COLUMNS)).sum(skipna=False)
    return assessed(values_of(pd.DataFrame([held]), kind).iloc[0])


def told_need(
    findings: Iterable[Finding], blocks: pd.DataFrame, rank: Rank = Rank.PEOPLE, indicator: Indicator | None = None
) -> list[Finding]:
    """Add to findings who is out of work and the indicator there, where they are known and people are what is counted.

    Parameters
    ----------
    findings
        With what is known of need.
    blocks
        Shipped blocks, of which those of England tell the rate of the nation.
    rank
        Whether findings are to rank by what they measure, or by the people out of work.
    indicator
        The user's own; None without one.

    Returns
    -------
    list of Finding
        In the order given; the sentences stand in their detail.
    """
    nation = Need.of(england(blocks))

    def told(finding: Finding) -> Finding:
        said = need_words(finding.need, nation) if finding.value and finding.unit in wording.PERSONS else ""
        own = _indicator_words(finding, indicator)
        return replace(finding, detail=paragraph(finding.detail, said, own), by_need=rank is Rank.NEED)

    return [told(finding) for finding in findings]


def _indicator_words(finding: Finding, indicator: Indicator | None) -> str:
    if indicator is None or finding.figure is None:
        return ""
    return f"{indicator.described} there: {value_text(finding.figure, indicator.kind, indicator.unit)}."
