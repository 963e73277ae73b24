"""Known findings: recorded once with a reason, quiet while they do not grow, named when unused or expired."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date

from geoplan.auditing.judging.findings import finding_id
from geoplan.auditing.judging.rules import RULES
from geoplan.data.readers.documents import is_measure, parse_json
from geoplan.errors import InputError, refusal
from geoplan.schema import Finding, in_parts, paragraph, wording

__all__ = ["KEPT_QUIET", "Applied", "Entry", "applied", "made", "read", "updated", "written"]

SCHEMA = 1
KEPT_QUIET = "GP903"
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
    beyond
        Entries about layers or pairs that the audit did not look at: whether they are unused cannot be told.
    file
        Name of the baseline.
    reasons
        Finding id -> why it is kept quiet.
    """

    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    grown: tuple[str, ...]
    unused: tuple[Entry, ...]
    expired: tuple[Entry, ...]
    beyond: tuple[Entry, ...] = ()
    file: str = "baseline"
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """Say how many findings are kept quiet, and what else became of the entries."""
        return paragraph(*self._sentences)

    @property
    def _sentences(self) -> list[str]:
        count = len(self.suppressed)
        quiet = wording.number_of(count, "finding is", "findings are") if count else "No finding is"
        said = [f"{quiet} known and kept quiet (baseline {self.file})."]
        counted = (
            (len(self.grown), "recorded finding has grown", "recorded findings have grown"),
            (len(self.unused), "entry is unused", "entries are unused"),
            (len(self.expired), "entry has expired", "entries have expired"),
            (len(self.beyond), "entry is about what was not audited", "entries are about what was not audited"),
        )
        further = [wording.number_of(count, one, many) for count, one, many in counted if count]
        return [*said, *([f"{wording.listed(further)}."] if further else [])]

    @property
    def told(self) -> tuple[Finding, ...]:
        """The findings, and one (GP903) that says how many others are kept quiet, for lists that hold nothing else."""
        return (*self.findings, *([self._kept_quiet()] if self.suppressed else []))

    def _kept_quiet(self) -> Finding:
        lead, detail = in_parts(self._sentences)
        return Finding(
            id=finding_id(KEPT_QUIET, self.file, "", "", ()), rule=KEPT_QUIET, severity=RULES[KEPT_QUIET].severity,
            layer="", code="", name=self.file, other_layer="", other_codes=(), measure="findings",
            value=float(len(self.suppressed)), unit="findings", lead=lead, detail=detail,
        )  # fmt: skip

    def mark(self, finding: Finding) -> str:
        """Tell how the baseline has a finding: ``known``, ``grown``, ``expired`` or ``new``; "" of its own notes."""
        if finding.rule in {"GP902", KEPT_QUIET}:
            return ""
        if finding.id in self.reasons:
            return "known"
        if finding.id in self.grown:
            return "grown"
        return "expired" if finding.id in {entry.id for entry in self.expired} else "new"

    def about(self, concerns: Callable[[Finding], bool]) -> Applied:
        """Narrow to the findings about one area; its entries cannot be judged by them."""
        kept = tuple(filter(concerns, self.findings))
        ids = {finding.id for finding in kept}
        return replace(
            self,
            findings=kept,
            suppressed=tuple(filter(concerns, self.suppressed)),
            grown=tuple(each for each in self.grown if each in ids),
            unused=(),
            expired=tuple(entry for entry in self.expired if entry.id in ids),
            beyond=(),
        )


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


def applied(
    findings: Iterable[Finding],
    entries: Sequence[Entry],
    *,
    today: date,
    file: str = "baseline",
    looked_at: Callable[[Entry], bool] = lambda _: True,
) -> Applied:
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
    looked_at
        Whether the audit could have found what an entry records; those it could not are not unused.

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
    missed = [entry for entry in entries if entry.id not in met]
    unused = tuple(filter(looked_at, missed))
    beyond = tuple(entry for entry in missed if not looked_at(entry))
    notes = [_note(entry, file, "has no finding any more: take it out") for entry in unused]
    notes += [_note(entry, file, f"expired on {entry.expires}") for entry in expired if entry.id in met]
    reasons = {finding.id: known[finding.id].reason for finding in quiet}
    found = tuple(sorted((*kept, *notes), key=lambda finding: finding.gravity))
    return Applied(found, tuple(quiet), tuple(grown), unused, expired, beyond, file, reasons)


def _has_grown(entry: Entry, finding: Finding) -> bool:
    if finding.value is None:
        return False
    # A measure that was not assessed when it was recorded may be of any size now.
    return entry.value is None or finding.value > entry.value + GROWTH * max(abs(entry.value), 1.0)


def _grown(finding: Finding, entry: Entry) -> Finding:
    before = "not assessed" if entry.value is None else f"{entry.value:,.0f}"
    text = f"Grown since the baseline, from {before} to {finding.value:,.0f} {finding.unit}."
    return replace(finding, growth=text, evidence={**finding.evidence, "baseline": entry.value})


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
        lead=f"The baseline entry {entry.id} ({about}) {what}.",
        detail=f"Its reason: {entry.reason}.",
    )


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
