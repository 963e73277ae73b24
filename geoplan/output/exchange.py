"""Findings for other tools: SARIF 2.1.0 for code hosts, JUnit XML for build servers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any
from xml.etree import ElementTree as ET

from geoplan.auditing.judging.baseline import Applied
from geoplan.auditing.judging.grading import counts_against
from geoplan.auditing.judging.rules import RULES
from geoplan.output.tables.cells import as_json
from geoplan.schema import Finding, Severity

__all__ = ["junit", "sarif"]

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
STATES = {"new": "new", "grown": "updated", "shrunk": "updated", "unchanged": "unchanged"}
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may hold, whatever they are escaped as."""


def sarif(
    findings: Iterable[Finding],
    *,
    known: Applied | None = None,
    changes: Mapping[str, str] | None = None,
    artifact: str = "geoplan.toml",
) -> str:
    """Write findings as SARIF 2.1.0.

    Parameters
    ----------
    findings
        Of an audit.
    known
        What a baseline did: what it keeps quiet are results with a suppression, its reason beside.
    changes
        Finding id -> change since an earlier audit, for ``baselineState``.
    artifact
        File that results point to; what they are about stands in their logical locations.

    Returns
    -------
    str
        JSON; the same findings give the same text.
    """
    told = [*findings, *(known.suppressed if known else ())]
    codes = sorted({finding.rule for finding in told})
    reasons = known.reasons if known else {}
    results = [_result(finding, codes, changes or {}, artifact, reasons.get(finding.id)) for finding in told]
    driver = {
        "name": "geoplan",
        "version": version("geoplan"),
        "rules": [_rule(code) for code in codes],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    document = {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return as_json(document)


def _rule(code: str) -> dict[str, Any]:
    rule = RULES[code]
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in re.findall(r"[A-Za-z]+", rule.title)),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": f"{rule.means} {rule.matters}"},
        "help": {"text": rule.action},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
    }


def _result(
    finding: Finding, codes: Sequence[str], changes: Mapping[str, str], artifact: str, reason: str | None
) -> dict[str, Any]:
    about = "/".join(filter(None, (finding.layer, finding.code)))
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": codes.index(finding.rule),
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message},
        "partialFingerprints": {"geoplanFindingId/v1": finding.id},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": artifact}, "region": {"startLine": 1}},
                "logicalLocations": [{"fullyQualifiedName": about, "name": finding.name, "kind": "member"}],
            }
        ],
        "properties": {
            "measure": finding.measure,
            "value": finding.value,
            "unit": finding.unit,
            "otherLayer": finding.other_layer,
            "otherCodes": list(finding.other_codes),
        },
    }
    if finding.id in changes:
        result["baselineState"] = STATES[changes[finding.id]]
    if reason is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return result


def junit(findings: Iterable[Finding], *, known: Applied | None = None, fail_on: str = "warning") -> str:
    """Write findings as JUnit XML: a suite for every rule, a case for every finding.

    Parameters
    ----------
    findings
        Of an audit.
    known
        What a baseline did: what it keeps quiet are skipped cases, with the reason.
    fail_on
        Findings at or above this severity are failures, the others pass with their message as output;
        ``never`` makes none a failure.

    Returns
    -------
    str
        XML; a rule without findings is a suite with one case that passed. The same findings give the same text.
    """
    told = [*findings, *(known.suppressed if known else ())]
    root = ET.Element("testsuites", name="geoplan")
    totals = [0, 0, 0]
    for code, rule in RULES.items():
        cases = [_case(finding, fail_on, known) for finding in told if finding.rule == code]
        cases = cases or [ET.Element("testcase", classname=f"geoplan.{code}", name=rule.title)]
        counts = [len(cases), *(sum(case.find(tag) is not None for case in cases) for tag in ("failure", "skipped"))]
        suite = ET.SubElement(root, "testsuite", {"name": f"{code} {rule.title}", **_counts(counts)})
        suite.extend(cases)
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
    root.attrib.update(_counts(totals))
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode", xml_declaration=False).join(
        ['<?xml version="1.0" encoding="UTF-8"?>\n', "\n"]
    )


def _counts(counts: Sequence[int]) -> dict[str, str]:
    tests, failures, skipped = map(str, counts)
    return {"tests": tests, "failures": failures, "errors": "0", "skipped": skipped}


def _case(finding: Finding, fail_on: str, known: Applied | None) -> ET.Element:
    against = f" against {finding.other_layer}" if finding.other_layer else ""
    name = _plain(f"{finding.name} ({finding.layer}){against} [{finding.id}]")
    case = ET.Element("testcase", classname=f"geoplan.{finding.rule}", name=name)
    text = _plain(finding.message)
    if known and finding.id in known.reasons:
        said = f"known and kept quiet (baseline {known.file}): {known.reasons[finding.id]}"
        ET.SubElement(case, "skipped", message=_plain(said))
    elif counts_against(finding, fail_on):
        ET.SubElement(case, "failure", message=text, type=str(finding.severity)).text = text
    else:
        ET.SubElement(case, "system-out").text = text
    return case


def _plain(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)
