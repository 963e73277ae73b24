"""The few figures that an audit opens with."""

from __future__ import annotations

from collections import Counter

from geoplan.auditing.focus import Figure, focus_figures
from geoplan.auditing.results import AuditResult
from geoplan.output.summary.answers import compared, standing_counts
from geoplan.output.summary.ranking import asked_pairs
from geoplan.schema import Severity, wording
from geoplan.schema.standing import Standing

__all__ = ["key_figures"]


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
