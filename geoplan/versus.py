"""Two audits compared: which findings are new, gone, grown, shrunk or unchanged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geoplan.errors import InputError, refusal
from geoplan.schema import Finding
from geoplan.sources import is_measure, parse_json

__all__ = ["CHANGES", "Versus", "compared", "read_audit"]

CHANGES = ("new", "gone", "grown", "shrunk", "unchanged")
SAME = 1e-6
"""Measures closer than this share are the same: sums may differ in the last digit between machines."""

COLUMNS = (
    "change",
    "id",
    "rule",
    "severity",
    "layer",
    "code",
    "name",
    "other_layer",
    "value",
    "before",
    "unit",
    "message",
)


TEXTS = tuple(name for name in COLUMNS if name not in {"change", "value", "before"})


@dataclass(frozen=True, eq=False)
class Versus:
    """What became of the findings of an earlier audit.

    Parameters
    ----------
    table
        One row a finding of either audit: ``change`` (one of `CHANGES`), the columns of a finding, ``value`` now
        and ``before`` (missing where there is none); new first, then grown, shrunk, gone, unchanged.
    as_of
        The day of the earlier audit.
    file
        Its name.
    """

    table: pd.DataFrame
    as_of: str
    file: str

    @property
    def counts(self) -> dict[str, int]:
        """Return how many findings changed in which way."""
        found = Counter(self.table["change"])
        return {change: found[change] for change in CHANGES}

    @property
    def by_id(self) -> dict[str, str]:
        """Return finding id -> change, of findings there are now."""
        now = self.table[self.table["change"] != "gone"]
        return dict(zip(now["id"], now["change"], strict=True))


def read_audit(text: str, file: str) -> Mapping[str, Any]:
    """Read an audit.json as an earlier audit wrote it.

    Parameters
    ----------
    text, file
        Its content, and its name for messages.

    Returns
    -------
    Mapping
        The document.

    Raises
    ------
    InputError
        It is no JSON, or not an audit of the schema this version knows.
    """
    document = parse_json(text, file)
    found = document.get("findings") if isinstance(document, dict) and document.get("schema") == 1 else None
    if not isinstance(found, list) or not all(isinstance(each, dict) and {"id", "rule"} <= set(each) for each in found):
        hint = "Give the audit.json that geoplan audit wrote."
        raise InputError(refusal(f"{file} is not an audit of geoplan (schema 1)", hint=hint))
    odd = [str(each["id"])[:60] for each in found if not is_measure(each.get("value"))]
    if odd:
        raise InputError(refusal(f"{file}: findings hold a value that is no number", codes=odd))
    odd = [str(each["id"])[:60] for each in found if not all(isinstance(each.get(name, ""), str) for name in TEXTS)]
    if odd:
        raise InputError(refusal(f"{file}: findings hold a text that is none", codes=odd))
    checked: Mapping[str, Any] = document
    return checked


def compared(findings: Iterable[Finding], before: Mapping[str, Any], file: str) -> Versus:
    """Compare findings with those of an earlier audit, by their ids.

    Parameters
    ----------
    findings
        Of the audit now.
    before
        From `read_audit`.
    file
        Name of the earlier audit.

    Returns
    -------
    Versus
        Every finding of either, once. A finding has grown when its measure has, or when it is measured for the
        first time.
    """
    earlier = {str(each["id"]): each for each in before["findings"]}
    rows = []
    for finding in findings:
        old = earlier.pop(finding.id, None)
        past = None if old is None else old.get("value")
        change = "new" if old is None else _change(finding.value, past)
        rows.append({**_row(finding.__dict__), "severity": str(finding.severity), "change": change, "before": past})
    rows += [{**_row(old), "change": "gone", "value": None, "before": old.get("value")} for old in earlier.values()]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"value": float, "before": float})
    order = {change: number for number, change in enumerate(("new", "grown", "shrunk", "gone", "unchanged"))}
    table = table.assign(rank=table["change"].map(order), size=-table[["value", "before"]].max(axis=1).fillna(0.0))
    table = table.sort_values(["rank", "rule", "size", "id"], kind="stable").drop(columns=["rank", "size"])
    return Versus(table.reset_index(drop=True), str(before.get("as_of", "")), file)


def _row(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {name: finding.get(name, "") for name in COLUMNS if name not in {"change", "before"}}


def _change(now: float | None, past: float | None) -> str:
    if now is None or past is None:
        return "grown" if past is None and now is not None else "unchanged" if now is past else "shrunk"
    if abs(now - past) <= SAME * max(abs(past), 1.0):
        return "unchanged"
    return "grown" if now > past else "shrunk"
