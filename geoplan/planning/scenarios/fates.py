"""What becomes of the findings of one audit in another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geoplan.auditing.results import AuditResult
from geoplan.auditing.versus import Versus, compared
from geoplan.schema import Finding, Severity

__all__ = ["FATES", "Fates", "set_against"]

FATES: Mapping[str, str] = {"mended": "gone", "made": "new", "grown": "grown", "shrunk": "shrunk"}
"""What becomes of a finding -> the word of an audit set against an earlier one."""


@dataclass(frozen=True, eq=False)
class Fates:
    """Two audits of the same layers, and what becomes of every finding of the first in the second.

    Parameters
    ----------
    before, after
        The audits; both of everything, or both about one area.
    versus
        The findings of the later audit against those of the earlier one.
    """

    before: AuditResult
    after: AuditResult
    versus: Versus

    def findings(self, fate: str) -> tuple[Finding, ...]:
        """Return the findings that have met one of `FATES`, the most serious first: those mended as they were."""
        result = self.before if fate == "mended" else self.after
        ids = set(self.versus.table.loc[self.versus.table["change"] == FATES[fate], "id"])
        return tuple(finding for finding in result.findings if finding.id in ids)

    def serious(self, fate: str) -> list[Finding]:
        """Return the errors and warnings that have met one of `FATES`."""
        return [finding for finding in self.findings(fate) if finding.severity is not Severity.INFO]

    def findings_table(self, fate: str) -> pd.DataFrame:
        """Return the findings that have met one of `FATES`, with the columns of `geoplan.auditing.versus`.

        A finding that is made in the place of one that is mended, about the same area and the same other layer, names
        it in ``instead_of``.
        """
        table = self.versus.table
        chosen = table[table["change"] == FATES[fate]].reset_index(drop=True)
        about = ["rule", "layer", "code", "other_layer"]
        gone = table[table["change"] == "gone"].drop_duplicates(about).set_index(about)["id"]
        made = pd.MultiIndex.from_frame(chosen[about]) if fate == "made" else []
        old = gone.reindex(made).fillna("").to_list() if fate == "made" and len(chosen) else [""] * len(chosen)
        return chosen.assign(instead_of=old)


def set_against(before: AuditResult, after: AuditResult) -> Versus:
    """Set an audit against today's.

    Parameters
    ----------
    before, after
        Audits of layers of the same keys.

    Returns
    -------
    Versus
        As for audits of two days.
    """
    return compared(after.findings, _document(before), "today's audit", result=after)


def _document(result: AuditResult) -> dict[str, Any]:
    """Return an audit as one of an earlier day, to be set against a later one."""
    return {
        "as_of": result.as_of,
        "parameters": result.parameters,
        "layers": [{"key": key} for key in result.layers],
        "pairs": [{"left": pair.keys[0], "right": pair.keys[1]} for pair in result.pairs],
        "findings": [_row(each) for each in result.findings],
    }


def _row(finding: Finding) -> dict[str, Any]:
    return {**vars(finding), "severity": str(finding.severity), "message": finding.message}
