"""Known findings and earlier audits: what is kept quiet, what has grown, what is new or gone."""

from __future__ import annotations

import html
import io
import json
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.auditing import versus
from geoplan.auditing.judging import baseline
from geoplan.auditing.judging.findings import finding_id
from geoplan.auditing.judging.grading import Setting, counts_against, graded
from geoplan.errors import ConfigurationError, InputError
from geoplan.output.brief import brief
from geoplan.output.page import webmap
from geoplan.output.summary import answers
from geoplan.output.tables import audits
from geoplan.output.text import lines
from geoplan.output.workbook import book
from geoplan.schema import Finding, Severity

TODAY = date(2026, 11, 22)


def finding(code="a", other="X", value=100.0, rule="GP301", severity=Severity.WARNING):
    return Finding(
        id=finding_id(rule, "left", code, "right", (other,)), rule=rule, severity=severity, layer="left", code=code,
        name=f"Area {code}", other_layer="right", other_codes=(other,), measure="people", value=value, unit="people",
        lead=f"{code} is cut.",
    )  # fmt: skip


def test_a_known_finding_is_quiet_until_it_grows():
    entries = baseline.made([finding(value=100.0)], reason="agreed", owner="strategy")
    quiet = baseline.applied([finding(value=99.0)], entries, today=TODAY)
    assert (quiet.findings, len(quiet.suppressed)) == ((), 1)
    same = baseline.applied([finding(value=100.0 + 1e-5)], entries, today=TODAY)
    assert same.findings == ()
    grown = baseline.applied([finding(value=101.0)], entries, today=TODAY)
    assert grown.grown == (finding().id,)
    assert grown.findings[0].message == "a is cut. Grown since the baseline, from 100 to 101 people."
    assert grown.findings[0].lead == "a is cut."


def test_a_table_says_of_every_finding_that_it_has_grown():
    now = replace(finding(value=101.0), in_table="Cut.")
    (grown,) = baseline.applied([now], baseline.made([finding(value=100.0)]), today=TODAY).findings
    assert grown.short == "Cut. Grown since the baseline, from 100 to 101 people."


def test_one_overlap_never_hides_another():
    entries = baseline.made([finding("a", "X")])
    told = baseline.applied([finding("a", "Y"), finding("b", "X")], entries, today=TODAY)
    assert {(f.code, f.other_codes) for f in told.findings if f.rule == "GP301"} == {("a", ("Y",)), ("b", ("X",))}
    assert [f.rule for f in told.findings if f.code == "a" and f.rule == "GP902"] == ["GP902"]


def test_unused_and_expired_entries_are_named():
    entries = baseline.made([finding("a"), finding("b")], reason="until the merger", expires="2026-11-21")
    told = baseline.applied([finding("a")], entries, today=TODAY)
    assert [f.rule for f in told.findings] == ["GP301", "GP902", "GP902"]
    assert any("has no finding any more" in f.message and "until the merger" in f.message for f in told.findings)
    assert any("expired on 2026-11-21" in f.message for f in told.findings)
    assert (len(told.unused), len(told.expired)) == (1, 2)
    on_its_day = baseline.applied([finding("a"), finding("b")], entries, today=date(2026, 11, 21))
    assert on_its_day.findings == ()


def test_what_was_not_assessed_and_now_is_counts_as_grown():
    entries = baseline.made([finding(value=None)])
    assert baseline.applied([finding(value=None)], entries, today=TODAY).findings == ()
    assert baseline.applied([finding(value=5.0)], entries, today=TODAY).grown


def test_an_update_keeps_reasons_takes_todays_measures_and_drops_what_is_gone():
    entries = baseline.made(
        [finding("a", value=100.0), finding("b")], reason="agreed", owner="me", expires="2027-01-01"
    )
    after = baseline.updated(entries, [finding("a", value=40.0), finding("c")])
    assert [(e.code, e.value, e.reason, e.expires) for e in after] == [
        ("a", 40.0, "agreed", "2027-01-01"), ("c", 100.0, "not given", ""),
    ]  # fmt: skip


def test_the_file_reads_back_as_it_was_written():
    entries = baseline.made([finding("a"), finding("b", value=None)], reason='a "quote" and ünïcode')
    assert baseline.read(baseline.written(entries), "b.json") == entries


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _: "{", "no JSON"),
        (lambda _: "[]", "not a baseline"),
        (lambda d: json.dumps({**d, "schema": 2}), "not a baseline"),
        (lambda d: json.dumps({**d, "entries": [1]}), "entry 1"),
        (lambda d: json.dumps({**d, "entries": d["entries"] * 2}), "twice"),
        (lambda d: json.dumps({**d, "entries": [{**d["entries"][0], "valeu": 1}]}), "unknown fields"),
        (lambda d: json.dumps({**d, "entries": [{"rule": "GP301"}]}), "lacks fields"),
        (lambda d: json.dumps({**d, "entries": [{**d["entries"][0], "value": "many"}]}), "not a number"),
        (lambda d: json.dumps({**d, "entries": [{**d["entries"][0], "owner": 3}]}), "not text"),
        (lambda d: json.dumps({**d, "entries": [{**d["entries"][0], "expires": "soon"}]}), "expires"),
    ],
)
def test_a_bad_baseline_is_refused_by_name(change, said):
    good = json.loads(baseline.written(baseline.made([finding()])))
    with pytest.raises(InputError, match=said) as told:
        baseline.read(change(good), "mine.json")
    assert "mine.json" in str(told.value)


def test_every_finding_has_a_mark_and_a_sentence_says_how_many_are_quiet():
    entries = baseline.made([finding("a"), finding("b"), finding("gone")], reason="agreed")
    over = baseline.made([finding("c")], expires="2026-11-21")
    now = [finding("a"), finding("b", value=200.0), finding("c"), finding("d")]
    told = baseline.applied(now, [*entries, *over], today=TODAY, file="b.json")
    assert [told.mark(each) for each in now] == ["known", "grown", "expired", "new"]
    assert told.sentence == (
        "1 finding is known and kept quiet (baseline b.json). 1 recorded finding has grown, 1 entry is unused and "
        "1 entry has expired."
    )
    said = told.told[-1]
    assert (said.rule, said.value, said.message, told.mark(said)) == ("GP903", 1.0, told.sentence, "")
    assert {f.id for f in told.told} - {said.id} == {f.id for f in told.findings}


def test_nothing_quiet_adds_no_finding_and_says_so():
    told = baseline.applied([finding("a")], [], today=TODAY, file="b.json")
    assert told.told == (finding("a"),)
    assert told.sentence == "No finding is known and kept quiet (baseline b.json)."


def test_what_is_accepted_is_no_reason_to_fail():
    told = baseline.applied([finding("a")], baseline.made([finding("a")]), today=TODAY)
    assert [f.rule for f in told.told] == ["GP903"]
    assert not any(counts_against(f, "info") for f in told.told)
    assert [counts_against(finding(), level) for level in ("error", "warning", "info", "never")] == [
        False, True, True, False,
    ]  # fmt: skip


def test_entries_about_what_was_not_audited_are_not_called_unused():
    entries = baseline.made([finding("a"), finding("b")])
    told = baseline.applied([], entries, today=TODAY, looked_at=lambda entry: entry.code == "a")
    assert ([e.code for e in told.unused], [e.code for e in told.beyond]) == (["a"], ["b"])
    assert "1 entry is about what was not audited" in told.sentence


values = st.none() | st.floats(0, 1e9)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), values), unique_by=lambda at: at[0]), st.data())
def test_nothing_is_lost_and_nothing_new_is_hidden(rows, data):
    now = [finding(code, value=value) for code, value in rows]
    known = data.draw(st.lists(st.sampled_from(now), unique_by=lambda f: f.id)) if now else []
    told = baseline.applied(now, baseline.made(known), today=TODAY)
    shown = [f for f in told.findings if f.rule != "GP902"]
    assert sorted(f.id for f in [*shown, *told.suppressed]) == sorted(f.id for f in now)
    assert {f.id for f in told.suppressed} == {f.id for f in known}


# ---------------------------------------------------------------------------------------------- versus


def earlier(*findings, **facts):
    names = ("id", "rule", "layer", "name", "value", "other_layer")
    rows = [{name: getattr(f, name) for name in names} for f in findings]
    document = {
        "schema": 1, "as_of": "2026-01-01", "focus": None, "parameters": {"weight": "people"}, "findings": rows,
        "layers": [{"key": "left"}, {"key": "right"}], "pairs": [{"left": "left", "right": "right"}],
    }  # fmt: skip
    return {**document, **facts}


def test_changes_by_hand():
    before = earlier(finding("a", value=10), finding("b", value=10), finding("c", value=10), finding("d", value=10))
    now = [finding("a", value=10), finding("b", value=20), finding("c", value=5), finding("e")]
    told = versus.compared(now, before, "old.json")
    assert told.counts == {"new": 1, "gone": 1, "grown": 1, "shrunk": 1, "unchanged": 1}
    by_code = dict(zip(told.table["name"], told.table["change"], strict=True))
    assert by_code == {
        "Area e": "new", "Area d": "gone", "Area b": "grown", "Area c": "shrunk", "Area a": "unchanged",
    }  # fmt: skip
    assert finding("d").id not in told.by_id


def test_only_what_both_audits_looked_at_is_compared(near_far_result):
    near_far = near_far_result
    document = json.loads(audits.audit_json(near_far))
    more = {"id": "x", "rule": "GP301", "layer": "near", "other_layer": "third", "value": 5.0}
    alone = {"id": "y", "rule": "GP404", "layer": "third", "other_layer": "", "value": 5.0}
    own = {"id": "z", "rule": "GP902", "layer": "near", "other_layer": "", "value": None}
    document["findings"] += [more, alone, own]
    document["layers"].append({"key": "third"})
    document["pairs"] += [{"left": "near", "right": "third"}, {"left": "third", "right": "near"}]
    told = versus.compared(near_far.findings, document, "old.json", result=near_far)
    assert set(told.table["change"]) == {"unchanged"}
    assert told.notes == ("Compared is what both looked at: only the earlier one had third.",)


def test_a_pair_that_only_one_had_is_named_and_its_findings_left_out(near_far_result):
    document = json.loads(audits.audit_json(near_far_result))
    document["pairs"] = []
    document["findings"] = []
    told = versus.compared(near_far_result.findings, document, "old.json", result=near_far_result)
    assert not any(told.table["other_layer"] != "")
    assert told.notes == ("Compared is what both looked at: only this audit had far with near.",)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"parameters": {"weight": "area"}}, "old.json was made with weight area, and this audit with people"),
        ({"parameters": {"weight": "people", "tolerance": {"codes": 0.1}}}, "tolerance"),
        ({"focus": {"layer": "near", "code": "x", "name": "Area x"}}, "about Area x.*--focus near:x"),
    ],
)
def test_an_audit_that_is_not_like_this_one_is_refused(facts, said):
    with pytest.raises(ConfigurationError, match=said):
        versus.refuse_unlike({"weight": "people"}, None, earlier(**facts), "old.json")
    versus.refuse_unlike({"weight": "people"}, None, earlier(), "old.json")


def test_other_flows_or_severities_are_said(near_far_result):
    document = json.loads(audits.audit_json(near_far_result))
    document["parameters"]["flows"] = "commuting.csv"
    told = versus.compared(near_far_result.findings, document, "old.json", result=near_far_result)
    assert told.notes == ("The earlier audit had other commuting flows: findings may differ by that alone.",)


def test_an_audit_against_itself_has_no_changes():
    now = [finding("a"), finding("b", value=None)]
    told = versus.compared(now, earlier(*now), "old.json")
    assert set(told.table["change"]) == {"unchanged"}
    assert versus.compared([], earlier(), "old.json").table.empty


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"schema": 1}', '{"schema": 1, "findings": [{"id": "x"}]}'])
def test_a_file_that_is_no_audit_is_refused(text):
    with pytest.raises(InputError, match=r"old\.json"):
        versus.read_audit(text, "old.json")


def test_written_audits_can_be_read_again(near_far_result):
    document = versus.read_audit(audits.audit_json(near_far_result), "audit.json")
    told = versus.compared(near_far_result.findings, document, "audit.json")
    assert set(told.table["change"]) == {"unchanged"}


def test_facts_do_not_depend_on_what_is_known_and_the_file_holds_all(near_far_result):
    recorded = baseline.made([f for f in near_far_result.findings if f.severity is not Severity.INFO], reason="agreed")
    known = baseline.applied(near_far_result.findings, recorded, today=TODAY, file="b.json")
    quiet = replace(near_far_result, known=known, findings=known.told)
    assert answers.answer_sentences(quiet) == answers.answer_sentences(near_far_result)
    assert {f.id for f in quiet.everything} - {known.told[-1].id} == {f.id for f in near_far_result.findings}
    document = json.loads(audits.audit_json(quiet))
    marks = {each["id"]: each["baseline"] for each in document["findings"]}
    assert {key for key, mark in marks.items() if mark == "known"} == {entry.id for entry in recorded}
    assert document["baseline"]["suppressed"] == len(recorded) > 0
    listed = audits.findings_csv(quiet.findings)
    assert not any(entry.id in listed for entry in recorded)
    sentence = f"{len(recorded)} findings are known and kept quiet (baseline b.json)."
    cover = book.xlsx(quiet)
    with zipfile.ZipFile(io.BytesIO(cover)) as file:
        assert sentence in html.unescape(file.read("xl/sharedStrings.xml").decode())
    for text in (listed, brief.page(quiet), webmap.page(quiet), lines.quiet_text(known)):
        assert sentence in text
    before = json.loads(audits.audit_json(near_far_result))
    assert set(versus.compared(quiet.everything, before, "old.json", result=quiet).table["change"]) == {"unchanged"}


@pytest.fixture
def near_far_result(block_layer, blocks):
    from toy_audit import result_of

    near = block_layer("near", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E2": 1}})
    far = block_layer("far", {"p": {"E1.a": 1}, "q": {"E1.b": 1, "E2": 1}})
    return result_of(blocks, (near, far))


# --------------------------------------------------------------------------------------------- grading


def test_the_more_specific_setting_wins():
    settings = [
        Setting("GP301", "left", severity="error"), Setting("GP3", severity="off"), Setting("GP301", severity="info"),
        Setting("GP301", "left", "right", severity="warning"),
    ]  # fmt: skip
    told = graded([finding(), finding(rule="GP302"), replace(finding("z"), layer="other")], settings)
    assert [(f.rule, f.layer, f.severity) for f in told] == [
        ("GP301", "left", Severity.WARNING), ("GP301", "other", Severity.INFO),
    ]  # fmt: skip


def test_of_equals_the_last_wins_and_thresholds_are_looked_for_apart():
    settings = [Setting("GP301", severity="error"), Setting("GP301", severity="info"), Setting("GP3", at_least=50)]
    told = graded([finding("a", value=49), finding("b", value=50), finding("c", value=None)], settings)
    assert [(f.code, f.severity) for f in told] == [("b", Severity.INFO), ("c", Severity.INFO)]


def test_without_settings_findings_stay_as_they_are():
    given_ = [finding("b", value=1.0), finding("a", severity=Severity.ERROR)]
    assert {f.id for f in graded(given_, [])} == {f.id for f in given_}
    assert graded(given_, [])[0].severity is Severity.ERROR
