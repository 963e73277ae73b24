"""Known findings: recorded once with a reason, quiet while they do not grow, named when unused or expired."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date

from geoplan.errors import InputError, refusal
from geoplan.findings import RULES, finding_id
from geoplan.schema import Finding
from geoplan.sources import is_measure, parse_json

__all__ = ["Applied", "Entry", "applied", "made", "read", "updated", "written"]

SCHEMA = 1
NO_REASON = "not given"
GROWTH = 1e-6
"""A measure counts as grown from this share on: sums of people may differ in the last digit between machines."""


@dataclass(frozen=True)
class Entry:
    """A finding that is known and accepted for now.

    Parameters
    ----------
    id
        Of the finding: a hash of its rule and codes, so that it stands for that one alone.
    rule, layer, code, name, other_layer
        What the finding is about, for the reader; ``id`` decides.
    value, unit
        Its measure when it was recorded; None where it has none.
    reason, owner
        Why it is accepted, and who answers for that.
    expires
        ISO day after which it counts again; empty for never.
    """

    id: str
    rule: str
    layer: str
    code: str
    name: str
    other_layer: str
    value: float | None
    unit: str
    reason: str = NO_REASON
    owner: str = ""
    expires: str = ""


@dataclass(frozen=True)
class Applied:
    """Findings with a baseline applied.

    Parameters
    ----------
    findings
        What is new, grown or expired, and a note (GP902) for each entry that is unused or expired.
    suppressed
        What the baseline keeps quiet.
    grown
        Ids of findings that are recorded but have grown.
    unused, expired
        Entries without a finding, and those past their day.
    """

    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    grown: tuple[str, ...]
    unused: tuple[Entry, ...]
    expired: tuple[Entry, ...]


def made(findings: Iterable[Finding], *, reason: str = NO_REASON, owner: str = "", expires: str = "") -> list[Entry]:
    """Record findings as known.

    Parameters
    ----------
    findings
        Of an audit.
    reason, owner, expires
        The same for all; to be told apart in the file.

    Returns
    -------
    list of Entry
        Sorted by rule, layer, code and id.
    """
    entries = [
        Entry(f.id, f.rule, f.layer, f.code, f.name, f.other_layer, f.value, f.unit, reason, owner, expires)
        for f in findings
    ]
    return sorted(entries, key=_order)


def _order(entry: Entry) -> tuple[str, str, str, str]:
    return entry.rule, entry.layer, entry.code, entry.id


def updated(entries: Sequence[Entry], findings: Iterable[Finding]) -> list[Entry]:
    """Bring a baseline up to date: unused entries go, new findings come, measures are those of today.

    Parameters
    ----------
    entries
        The baseline so far.
    findings
        Of an audit made without it.

    Returns
    -------
    list of Entry
        Reason, owner and expiry of entries that stay are kept.
    """
    known = {entry.id: entry for entry in entries}
    return [
        replace(entry, reason=known[entry.id].reason, owner=known[entry.id].owner, expires=known[entry.id].expires)
        if entry.id in known
        else entry
        for entry in made(findings)
    ]


def applied(findings: Iterable[Finding], entries: Sequence[Entry], *, today: date, file: str = "baseline") -> Applied:
    """Leave out the findings that a baseline records and that have not grown since.

    Parameters
    ----------
    findings
        Of an audit.
    entries
        The baseline.
    today
        The day that decides what has expired.
    file
        Name of the baseline, for notes about its entries.

    Returns
    -------
    Applied
        What remains, and what became of the entries.
    """
    known = {entry.id: entry for entry in entries}
    expired = tuple(entry for entry in entries if entry.expires and date.fromisoformat(entry.expires) < today)
    over = {entry.id for entry in expired}
    kept, quiet, grown, met = [], [], [], set()
    for finding in findings:
        entry = known.get(finding.id)
        if entry is None:
            kept.append(finding)
            continue
        met.add(entry.id)
        if _has_grown(entry, finding):
            grown.append(finding.id)
            kept.append(_grown(finding, entry))
        elif entry.id in over:
            kept.append(finding)
        else:
            quiet.append(finding)
    unused = tuple(entry for entry in entries if entry.id not in met)
    notes = [_note(entry, file, "has no finding any more: take it out") for entry in unused]
    notes += [_note(entry, file, f"expired on {entry.expires}") for entry in expired if entry.id in met]
    return Applied((*kept, *notes), tuple(quiet), tuple(grown), unused, expired)


def _has_grown(entry: Entry, finding: Finding) -> bool:
    if finding.value is None:
        return False
    # A measure that was not assessed when it was recorded may be of any size now.
    return entry.value is None or finding.value > entry.value + GROWTH * max(abs(entry.value), 1.0)


def _grown(finding: Finding, entry: Entry) -> Finding:
    before = "not assessed" if entry.value is None else f"{entry.value:,.0f}"
    text = f"{finding.message} Grown since the baseline, from {before} to {finding.value:,.0f} {finding.unit}."
    return replace(finding, message=text, evidence={**finding.evidence, "baseline": entry.value})


def _note(entry: Entry, file: str, what: str) -> Finding:
    about = f"{entry.rule} {entry.name or entry.layer}"
    return Finding(
        id=finding_id("GP902", file, entry.id, "", ()),
        rule="GP902",
        severity=RULES["GP902"].severity,
        layer=entry.layer,
        code=entry.code,
        name=entry.name,
        other_layer=entry.other_layer,
        other_codes=(),
        measure="",
        value=None,
        unit="",
        message=f"The baseline entry {entry.id} ({about}) {what}. Its reason: {entry.reason}.",
    )


# ------------------------------------------------------------------------------------------------- the file


def written(entries: Iterable[Entry]) -> str:
    """Write a baseline as JSON, one entry a paragraph, for people to add reasons to.

    Parameters
    ----------
    entries
        From `made` or `updated`.

    Returns
    -------
    str
        The same entries give the same text.
    """
    document = {"schema": SCHEMA, "entries": [asdict(entry) for entry in entries]}
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def read(text: str, file: str) -> list[Entry]:
    """Read a baseline.

    Parameters
    ----------
    text
        As `written` gives it, edited or not.
    file
        Its name, for messages.

    Returns
    -------
    list of Entry
        In the order of the file.

    Raises
    ------
    InputError
        It is no JSON, of another schema, or an entry lacks a field, has an unknown one, repeats an id, or holds
        a value that makes no sense.
    """
    document = parse_json(text, file)
    if (
        not isinstance(document, dict)
        or document.get("schema") != SCHEMA
        or not isinstance(document.get("entries"), list)
    ):
        hint = "Write a new one with geoplan baseline write."
        raise InputError(refusal(f"{file} is not a baseline of geoplan (schema {SCHEMA})", hint=hint))
    entries = [_entry(item, number, file) for number, item in enumerate(document["entries"], start=1)]
    twice = sorted(each for each, count in Counter(entry.id for entry in entries).items() if count > 1)
    if twice:
        raise InputError(refusal(f"{file}: an id stands twice", codes=twice))
    return entries


def _entry(item: object, number: int, file: str) -> Entry:
    where = f"{file}: entry {number}"
    names = [field.name for field in fields(Entry)]
    if not isinstance(item, dict):
        raise InputError(refusal(f"{where} is not an object"))
    unknown = sorted(set(item) - set(names))
    if unknown:
        raise InputError(refusal(f"{where} has unknown fields", codes=unknown, hint=f"Known: {', '.join(names)}."))
    missing = sorted({"id", "rule"} - set(item))
    if missing:
        raise InputError(refusal(f"{where} lacks fields", codes=missing))
    value = item.get("value")
    if not is_measure(value):
        raise InputError(refusal(f"{where}: value is {str(value)[:60]}, not a number or null"))
    texts = {name: item.get(name, NO_REASON if name == "reason" else "") for name in names if name != "value"}
    odd = sorted(name for name, text in texts.items() if not isinstance(text, str))
    if odd:
        raise InputError(refusal(f"{where}: fields are not text", codes=odd))
    if texts["expires"]:
        try:
            date.fromisoformat(texts["expires"])
        except ValueError as problem:
            message = refusal(f"{where}: expires is {texts['expires']!r}", hint="Write a day like 2027-03-31.")
            raise InputError(message) from problem
    return Entry(value=None if value is None else float(value), **texts)
