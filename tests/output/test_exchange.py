"""SARIF and JUnit as other tools read them."""

from __future__ import annotations

import io
import json
import string
from dataclasses import replace
from datetime import date

import pysarif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml

from geoplan.auditing.judging import baseline
from geoplan.auditing.judging.findings import finding_id
from geoplan.auditing.judging.rules import RULES
from geoplan.output.exchange import junit, sarif
from geoplan.schema import Finding, Severity


def finding(code="a", rule="GP301", severity=Severity.WARNING, message="a is cut.", name="Area a"):
    return Finding(
        id=finding_id(rule, "left", code, "right", ("X",)),
        rule=rule,
        severity=severity,
        layer="left",
        code=code,
        name=name,
        other_layer="right",
        other_codes=("X",),
        measure="people",
        value=12.5,
        unit="people",
        lead=message,
    )


TOLD = [finding("a", "GP201", Severity.ERROR), finding("b"), finding("c", "GP303", Severity.INFO)]
RECORDED = baseline.made([finding("d")], reason="agreed")
KNOWN = baseline.applied([finding("d")], RECORDED, today=date(2026, 11, 22), file="b.json")


def test_sarif_is_read_by_a_library_of_the_standard(tmp_path):
    (tmp_path / "a.sarif").write_text(sarif(TOLD, known=KNOWN), encoding="utf-8")
    run = pysarif.load_from_file(str(tmp_path / "a.sarif")).runs[0]
    assert run.tool.driver.name == "geoplan"
    assert [result.level for result in run.results] == ["error", "warning", "note", "warning"]
    assert [len(result.suppressions or []) for result in run.results] == [0, 0, 0, 1]
    quiet = json.loads((tmp_path / "a.sarif").read_text(encoding="utf-8"))["runs"][0]["results"][3]["suppressions"]
    assert quiet == [{"kind": "external", "status": "accepted", "justification": "agreed"}]


def test_sarif_holds_what_the_standard_asks_for():
    document = json.loads(sarif(TOLD, changes={TOLD[0].id: "new", TOLD[1].id: "grown"}, artifact="mine.toml"))
    assert document["version"] == "2.1.0"
    run = document["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        place = result["locations"][0]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == "mine.toml"
        assert place["physicalLocation"]["region"]["startLine"] == 1
        assert place["logicalLocations"][0]["fullyQualifiedName"].startswith("left/")
        assert len(result["partialFingerprints"]["geoplanFindingId/v1"]) == 12
    assert [result.get("baselineState") for result in run["results"]] == ["new", "updated", None]
    assert all({"id", "shortDescription", "fullDescription", "help"} <= set(rule) for rule in rules)
    assert json.loads(sarif([]))["runs"][0]["results"] == []


def test_junit_is_read_by_a_library_and_counts_right():
    text = junit(TOLD, known=KNOWN)
    assert 'skipped message="known and kept quiet (baseline b.json): agreed"' in text
    suites = JUnitXml.fromstring(text.encode())
    assert (suites.failures, suites.skipped, suites.errors) == (2, 1, 0)
    assert suites.tests == sum(suite.tests for suite in suites) == len(RULES) + 1
    cut = next(suite for suite in suites if suite.name.startswith("GP301"))
    assert [case.is_passed for case in cut] == [False, False]
    assert next(iter(cut)).result[0].message == "a is cut."


@pytest.mark.parametrize(("fail_on", "failures"), [("error", 1), ("warning", 2), ("info", 3), ("never", 0)])
def test_what_fails_is_chosen(fail_on, failures):
    assert JUnitXml.fromstring(junit(TOLD, fail_on=fail_on).encode()).failures == failures


odd = st.text(st.characters(codec="utf-8"), min_size=1) | st.sampled_from(["]]>", "<a>&", "\x00\x0b", "\ufffe", '"'])


@given(odd, odd)
def test_whatever_names_and_messages_hold_both_stay_readable(name, message):
    told = [replace(finding(), name=name, lead=message)]
    assert json.loads(sarif(told))["runs"][0]["results"][0]["message"]["text"] == message
    case = next(iter(next(suite for suite in JUnitXml.fromstring(junit(told).encode()) if suite.failures)))
    printable = set(string.printable) - set("\r\x0b\x0c")
    if set(message) <= printable and message.strip() == message:
        assert case.result[0].text == message


def test_the_same_findings_give_the_same_text():
    assert sarif(TOLD) == sarif(list(TOLD))
    assert junit(TOLD) == junit(list(TOLD))
    assert io.StringIO(junit(TOLD)).readline() == '<?xml version="1.0" encoding="UTF-8"?>\n'
