"""Severities and thresholds of one's own: the more specific setting wins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from geoplan.auditing.judging.baseline import KEPT_QUIET
from geoplan.schema import Finding, Severity

__all__ = ["Setting", "counts_against", "graded"]

OFF = "off"


@dataclass(frozen=True)
class Setting:
    """How findings of a rule are to be judged.

    Parameters
    ----------
    rule
        Code, or the beginning of several: ``GP3`` stands for GP301 to GP305.
    layer, other
        Only findings of this layer, and against that one; empty for all.
    severity
        ``error``, ``warning``, ``info``, ``off`` (left out), or empty for the rule's own.
    at_least
        Findings whose measure is smaller are left out; those without a measure stay.
    """

    rule: str
    layer: str = ""
    other: str = ""
    severity: str = ""
    at_least: float = 0.0

    def fits(self, finding: Finding) -> bool:
        """Tell whether the setting is about a finding."""
        if not finding.rule.startswith(self.rule):
            return False
        return self.layer in {"", finding.layer} and self.other in {"", finding.other_layer}

    @property
    def specific(self) -> tuple[bool, bool, int]:
        """Rank: a named other layer before a named layer before a longer code."""
        return bool(self.other), bool(self.layer), len(self.rule)


def graded(findings: Iterable[Finding], settings: Sequence[Setting]) -> tuple[Finding, ...]:
    """Judge findings by settings of one's own.

    Parameters
    ----------
    findings
        Of an audit.
    settings
        In the order given: among equally specific ones the last wins. Severity and threshold are looked for
        separately, so that a general threshold holds where a special setting names only a severity.

    Returns
    -------
    tuple of Finding
        Without those that are off or below their threshold, the most serious first.
    """
    inverse = sorted(enumerate(settings), key=lambda at: (at[1].specific, at[0]), reverse=True)
    ranked = [setting for _, setting in inverse]
    kept = []
    for finding in findings:
        fitting = [setting for setting in ranked if setting.fits(finding)]
        severity = next((setting.severity for setting in fitting if setting.severity), "")
        least = next((setting.at_least for setting in fitting if setting.at_least), 0.0)
        if severity == OFF or (finding.value is not None and finding.value < least):
            continue
        kept.append(replace(finding, severity=Severity(severity)) if severity else finding)
    return tuple(sorted(kept, key=lambda finding: finding.gravity))


def counts_against(finding: Finding, fail_on: str) -> bool:
    """Tell whether a finding is at or above a severity, so that an audit fails by it.

    Parameters
    ----------
    finding
        Any finding.
    fail_on
        ``error``, ``warning``, ``info``, or ``never``.

    Returns
    -------
    bool
        Never true of the note that findings are kept quiet: what was accepted is no reason to fail.
    """
    if fail_on == "never" or finding.rule == KEPT_QUIET:
        return False
    return finding.severity.rank <= Severity(fail_on).rank
