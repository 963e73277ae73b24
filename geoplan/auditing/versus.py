"""Two audits compared: which findings are new, gone, grown, shrunk or unchanged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geoplan.auditing.judging.baseline import KEPT_QUIET
from geoplan.auditing.judging.leakage import MARKETS
from geoplan.auditing.results import AuditResult
from geoplan.data.focus import Focus
from geoplan.data.readers.documents import is_measure, parse_json
from geoplan.errors import ConfigurationError, InputError, refusal
from geoplan.schema import Finding, wording
from geoplan.schema.people import AS_SHIPPED

__all__ = ["CHANGES", "Scope", "Versus", "compared", "read_audit", "refuse_unlike"]

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
NOT_COMPARED = frozenset({"GP902", KEPT_QUIET})
"""What an audit says of its own baseline."""
MEASURED = ("weight", "tolerance", "keep_artefacts")
"""Parameters without which measures cannot be compared."""
SAID = {
    "flows": "commuting flows",
    "wards": "wards",
    "rules": "severities and thresholds",
    "replacements": "replaced tables",
}
"""Parameters that change findings by themselves."""
MOST_NAMED = 6


@dataclass(frozen=True)
class Scope:
    """What an audit looked at.

    Parameters
    ----------
    layers
        Keys of the layers.
    pairs
        Left and right key of each comparison, in both directions.
    """

    layers: frozenset[str]
    pairs: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, result: AuditResult) -> Scope:
        """Return what an audit looked at."""
        return cls(frozenset(result.layers), frozenset(pair.keys for pair in result.pairs))

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Scope:
        """Return what the audit of an audit.json looked at."""
        pairs = frozenset((pair["left"], pair["right"]) for pair in document["pairs"])
        return cls(frozenset(layer["key"] for layer in document["layers"]), pairs)

    def covers(self, rule: str, layer: str, other_layer: str) -> bool:
        """Tell whether a finding could have been found."""
        if rule == "GP901":
            # What could not be opened is no layer of the audit, and yet that was looked at.
            return True
        if not other_layer or MARKETS in {layer, other_layer}:
            return {layer, other_layer or layer} <= self.layers
        return (layer, other_layer) in self.pairs

    def beyond(self, other: Scope) -> list[str]:
        """Name what this looked at and the other did not: layers, and pairs of layers that both know."""
        layers = sorted(self.layers - other.layers)
        pairs = sorted({tuple(sorted(pair)) for pair in self.pairs - other.pairs if set(pair) <= other.layers})
        return [*layers, *(f"{one} with {two}" for one, two in pairs)]


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
    notes
        Sentences about what one of the two audits did not look at, and what differs in how they were asked.
    """

    table: pd.DataFrame
    as_of: str
    file: str
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Return how many findings changed in which way."""
        found = Counter(self.table["change"])
        return {change: found[change] for change in CHANGES}

    @property
    def sentence(self) -> str:
        """Say how many findings changed in which way."""
        counts = ", ".join(f"{count} {change}" for change, count in self.counts.items())
        return f"Since {self.file} (as of {self.as_of}): {counts}."

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
    if not _is_scoped(document):
        hint = "Give the audit.json that geoplan audit wrote."
        raise InputError(refusal(f"{file} does not say what it audited: layers, pairs and parameters", hint=hint))
    odd = [str(each["id"])[:60] for each in found if not is_measure(each.get("value"))]
    if odd:
        raise InputError(refusal(f"{file}: findings hold a value that is no number", codes=odd))
    odd = [str(each["id"])[:60] for each in found if not all(isinstance(each.get(name, ""), str) for name in TEXTS)]
    if odd:
        raise InputError(refusal(f"{file}: findings hold a text that is none", codes=odd))
    checked: Mapping[str, Any] = document
    return checked


def _is_scoped(document: Mapping[str, Any]) -> bool:
    """Tell whether a document says what it audited, in the types that `compared` takes."""
    parts = [(document.get("layers"), ("key",)), (document.get("pairs"), ("left", "right"))]
    texts = all(
        isinstance(rows, list) and all(isinstance(row, dict) and isinstance(row.get(name), str) for row in rows)
        for rows, names in parts
        for name in names
    )
    focus = document.get("focus")
    return texts and isinstance(document.get("parameters"), dict) and (focus is None or isinstance(focus, dict))


def refuse_unlike(parameters: Mapping[str, Any], focus: Focus | None, before: Mapping[str, Any], file: str) -> None:
    """Refuse an earlier audit whose findings cannot be set against those of this one.

    Parameters
    ----------
    parameters, focus
        Of the audit now.
    before, file
        From `read_audit`, and its name.

    Raises
    ------
    ConfigurationError
        If the two are about different areas, or differ in what is counted or ignored.
    """
    asked = before.get("focus") or {}
    then = (asked.get("layer", ""), asked.get("code", ""))
    now = (focus.layer, focus.code) if focus else ("", "")
    if then != now:
        about = f"about {str(asked.get('name', then[1]))[:60]}" if any(then) else "of all areas"
        mine = f"about {focus.name}" if focus else "of all areas"
        wanted = f"with --focus {then[0]}:{then[1]}"[:80] if any(then) else "without --focus"
        hint = f"Audit {wanted}, or give an audit.json {mine}."
        raise ConfigurationError(refusal(f"{file} is an audit {about}, and this one is {mine}", hint=hint))
    for name in MEASURED:
        past, present = before["parameters"].get(name), parameters.get(name)
        if past != present:
            what = (
                f"{file} was made with {name} {str(past)[:60]}, and this audit with {present}: its measures are others"
            )
            hint = "Give both the same, or an audit.json made like this one."
            raise ConfigurationError(refusal(what, hint=hint))


def compared(
    findings: Iterable[Finding], before: Mapping[str, Any], file: str, *, result: AuditResult | None = None
) -> Versus:
    """Compare findings with those of an earlier audit, by their ids.

    Parameters
    ----------
    findings
        Of the audit now, also those that a baseline keeps quiet.
    before
        From `read_audit`.
    file
        Name of the earlier audit.
    result
        The audit now, for what it looked at; without, the same as the earlier one.

    Returns
    -------
    Versus
        Every finding of either about what both looked at, once. A finding has grown when its measure has, or when
        it is measured for the first time.
    """
    then = Scope.of_document(before)
    now = Scope.of(result) if result else then
    told = [finding for finding in findings if _in_both(vars(finding), now, then)]
    earlier = {str(each["id"]): each for each in before["findings"] if _in_both(each, now, then)}
    table = pd.DataFrame(_changes(told, earlier), columns=list(COLUMNS)).astype({"value": float, "before": float})
    order = {change: number for number, change in enumerate(("new", "grown", "shrunk", "gone", "unchanged"))}
    table = table.assign(rank=table["change"].map(order), size=-table[["value", "before"]].max(axis=1).fillna(0.0))
    table = table.sort_values(["rank", "rule", "size", "id"], kind="stable").drop(columns=["rank", "size"])
    notes = _scope_notes(now, then)
    if result:
        notes += [*_parameter_notes(result.parameters, before), *_estimate_notes(result, before)]
    return Versus(table.reset_index(drop=True), str(before.get("as_of", "")), file, tuple(notes))


def _in_both(finding: Mapping[str, Any], now: Scope, then: Scope) -> bool:
    if finding["rule"] in NOT_COMPARED:
        return False
    about = (str(finding["rule"]), finding.get("layer", ""), finding.get("other_layer", ""))
    return now.covers(*about) and then.covers(*about)


def _scope_notes(now: Scope, then: Scope) -> list[str]:
    sides = (("only this audit had", now.beyond(then)), ("only the earlier one had", then.beyond(now)))
    said = [f"{who} {wording.listed(_few(names))}" for who, names in sides if names]
    return [f"Compared is what both looked at: {'; '.join(said)}."] if said else []


def _few(names: list[str]) -> list[str]:
    return names if len(names) <= MOST_NAMED else [*names[: MOST_NAMED - 1], f"{len(names) - MOST_NAMED + 1} more"]


def _parameter_notes(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    then = before["parameters"]
    other = [said for name, said in SAID.items() if (then.get(name) or None) != (now.get(name) or None)]
    return [f"The earlier audit had other {wording.listed(other)}: findings may differ by that alone."] if other else []


def _estimate_notes(result: AuditResult, before: Mapping[str, Any]) -> list[str]:
    now = result.estimates
    if before.get("people", AS_SHIPPED.sentence) == now.sentence:
        return []
    return [f"The earlier audit counted people by other estimates than {now.in_short}: figures differ by that alone."]


def _changes(findings: Iterable[Finding], earlier: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for finding in findings:
        old = earlier.pop(finding.id, None)
        past = None if old is None else old.get("value")
        change = "new" if old is None else _change(finding.value, past)
        told = {**vars(finding), "severity": str(finding.severity), "message": finding.message}
        rows.append({**_row(told), "change": change, "before": past})
    gone = [{**_row(old), "change": "gone", "value": None, "before": old.get("value")} for old in earlier.values()]
    return [*rows, *gone]


def _row(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {name: finding.get(name, "") for name in COLUMNS if name not in {"change", "before"}}


def _change(now: float | None, past: float | None) -> str:
    if now is None or past is None:
        return "grown" if past is None and now is not None else "unchanged" if now is past else "shrunk"
    if abs(now - past) <= SAME * max(abs(past), 1.0):
        return "unchanged"
    return "grown" if now > past else "shrunk"
