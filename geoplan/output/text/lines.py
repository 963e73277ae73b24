"""Lines of the screen: findings, and text cut to its width."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from geoplan.auditing.judging.baseline import Applied
from geoplan.auditing.judging.rules import rule
from geoplan.schema import Finding, wording

__all__ = ["LARGEST", "WIDTH", "cut_to_width", "findings_text", "one_line", "quiet_text"]

WIDTH = 100
LARGEST = 3
"""Findings that the summary of an audit names."""


def cut_to_width(text: str, width: int) -> str:
    """Return a text of at most ``width`` characters, an ellipsis where it was cut."""
    return text if len(text) <= width else text[: width - 1] + "…"


def one_line(finding: Finding) -> str:
    """Return a finding on one line: its size, whom it is of, what it is."""
    unit = "people" if finding.by_need else finding.unit
    size = wording.amount(finding.size, unit) if finding.measure else ""
    against = f", against {finding.other_layer}" if finding.other_layer else ""
    return cut_to_width(f"{size:>14}  {finding.name} ({finding.layer}): {rule(finding.rule).title}{against}", WIDTH)


def findings_text(findings: Sequence[Finding]) -> str:
    """Return findings for people, one paragraph each.

    Parameters
    ----------
    findings
        In the order wanted.

    Returns
    -------
    str
        Lines of at most 100 characters; "No findings." where there are none.
    """
    if not findings:
        return "No findings.\n"
    paragraphs = [
        textwrap.fill(f"{finding.severity}: {finding.rule} {finding.message}", WIDTH, subsequent_indent="    ")
        for finding in findings
    ]
    return "\n".join(paragraphs) + "\n"


def quiet_text(known: Applied) -> str:
    """Return what a baseline keeps quiet, for people: the sentence, then a line a finding with its reason.

    Parameters
    ----------
    known
        From `geoplan.auditing.judging.baseline.applied`.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    lines = textwrap.wrap(known.sentence, WIDTH)
    for finding in known.suppressed:
        against = f" against {finding.other_layer}" if finding.other_layer else ""
        said = f"{finding.rule} {finding.name} ({finding.layer}){against}: {known.reasons[finding.id]}"
        lines.append(cut_to_width(f"  {said}", WIDTH))
    return "\n".join(lines) + "\n"
