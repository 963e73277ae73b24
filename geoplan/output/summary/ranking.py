"""Which findings come first, and what is asked of an audit."""

from __future__ import annotations

from geoplan.auditing.judging.leakage import MARKETS
from geoplan.auditing.results import AuditResult, Pair
from geoplan.schema import Finding, Layer, Severity

__all__ = ["ROUNDING", "asked_layers", "asked_pairs", "importance", "top_findings"]

ROUNDING = 1e-9
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
    return list(result.asked)


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
        Errors before warnings, then by people, or by those out of work where the audit ranks by need; what was not
        assessed comes last.
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
    return sorted(kept, key=importance)[:limit]


def importance(finding: Finding) -> tuple[int, float, str, str]:
    """Return the key that sorts findings: by severity, then the largest, then by rule."""
    amount = -1.0 if finding.size is None else finding.size
    # Square metres are no people: such findings follow those about people of the same severity.
    ground = finding.unit == "m2" and not finding.by_need
    return finding.severity.rank, 0.0 if ground else -amount, finding.rule, finding.id


def _is_backward(finding: Finding, direction: set[tuple[str, str]]) -> bool:
    return finding.rule in _MIRRORED and (finding.layer, finding.other_layer) not in direction


def _has_twin(finding: Finding, forward: set[tuple[str, str, str, str]]) -> bool:
    return any((finding.other_layer, other, finding.layer, finding.code) in forward for other in finding.other_codes)


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
