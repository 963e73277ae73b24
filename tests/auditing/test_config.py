"""The configuration of batch audits: what it accepts, and how it refuses."""

from __future__ import annotations

import json
from datetime import date

import pytest
from jsonschema import Draft202012Validator

from geoplan.auditing import config
from geoplan.auditing.judging.grading import Setting
from geoplan.auditing.judging.rules import RULES
from geoplan.auditing.results import DEFAULT_PAIRS
from geoplan.data.kept import holdings
from geoplan.errors import ConfigurationError, UnknownKeyError
from geoplan.schema import Severity, Tolerance, Weight

WHOLE = """
as_of = 2025-06-01
weight = "working_age"
pairs = [["mine", "icb_2026"]]
focus = ["Suffolk", "mine:*"]
flows = "flows.csv"
baseline = "known.json"
against = "old/audit.json"
fail_on = "warning"
[tolerance]
drawn = 0.01
[layers]
icb_2026 = "icb_2026"
[layers.mine]
source = "areas.gpkg#layer"
code = "CD"
name = "NM"
kind = "boundaries"
title = "Mine"
resolution_m = 20
overlap = false
[[rules]]
rule = "GP3"
severity = "info"
[[rules]]
rule = "GP301"
layer = "mine"
other = "icb_2026"
severity = "error"
at_least = 1000
[outputs]
dir = "out"
files = ["audit.json", "audit.sarif"]
"""


def test_everything_that_can_be_said_is_understood(tmp_path):
    plan = config.parse(WHOLE, "geoplan.toml", tmp_path)
    asked = plan.audit
    assert (asked.as_of, asked.weight, asked.pairs) == (date(2025, 6, 1), Weight.WORKING_AGE, (("mine", "icb_2026"),))
    assert asked.tolerance == Tolerance(drawn=0.01)
    mine = asked.named["mine"]
    assert (mine.source, mine.code, mine.resolution_m) == (str(tmp_path / "areas.gpkg#layer"), "CD", 20)
    assert plan.settings[1] == Setting("GP301", "mine", "icb_2026", "error", 1000)
    assert (plan.focus, plan.fail_on, plan.files) == (("Suffolk", "mine:*"), "warning", ("audit.json", "audit.sarif"))
    assert (plan.baseline, plan.folder) == (str(tmp_path / "known.json"), str(tmp_path / "out"))


def test_rows_of_one_area_can_be_joined(tmp_path):
    assert config.parse(f"dissolve = true\n{WHOLE}", "geoplan.toml", tmp_path).audit.dissolve
    assert not config.parse(WHOLE, "geoplan.toml", tmp_path).audit.dissolve


def test_an_empty_file_is_the_default_audit(tmp_path):
    plan = config.parse("", "geoplan.toml", tmp_path)
    assert plan.audit.pairs == DEFAULT_PAIRS
    assert plan.files == config.FILES


def test_what_init_writes_is_accepted_and_so_is_every_line_it_shows(tmp_path):
    assert config.parse(config.TEMPLATE, "geoplan.toml", tmp_path).fail_on == "error"
    shown = "\n".join(
        line.removeprefix("# ") if "=" in line or "[" in line else line for line in config.TEMPLATE.splitlines()[3:]
    )
    plan = config.parse(shown, "geoplan.toml", tmp_path)
    assert plan.settings[0].at_least == 10000
    assert plan.audit.named["proposal"].resolution_m == 20


def test_all_pairs_of_the_layers_named(tmp_path):
    plan = config.parse('pairs = "all"\n[layers]\nicb = "icb"\nlad = "lad"\nlhb = "lhb"\n', "geoplan.toml", tmp_path)
    assert plan.audit.pairs == (("icb", "lad"), ("icb", "lhb"), ("lad", "lhb"))


def test_today_can_be_asked_for(tmp_path):
    before = date.today()  # noqa: DTZ011 - the user's own day is meant
    asked = config.parse('as_of = "today"', "geoplan.toml", tmp_path).audit.as_of
    assert before <= asked <= date.today()  # noqa: DTZ011


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("fail_on =", "fail_onn ="), "line 9: unknown key 'fail_onn'. Did you mean 'fail_on'?"),
        (('"working_age"', '"workingage"'), "line 3: weight.*Did you mean 'working_age'"),
        (('severity = "error"', 'severity = "eror"'), "line 29: rules.1.severity.*Did you mean 'error'"),
        (("code =", "cod ="), "line 16: unknown key 'cod' in layers.mine. Did you mean 'code'"),
        (('"icb_2026"]]', '"icb_206"]]'), "line 4: no layer is called 'icb_206'. Did you mean icb_2026"),
        (('rule = "GP3"', 'rule = "301"'), "line 23: rules.0.rule"),
        (('"audit.sarif"]', '"audit.serif"]'), "line 33: outputs.files.1.*Did you mean 'audit.sarif'"),
        (("drawn = 0.01", "drawn = 0.9"), "line 11: tolerance.drawn"),
        (("2025-06-01", '"June"'), "line 2: as_of"),
        (('source = "areas.gpkg#layer"\n', ""), "line 14.*source"),
        (("[outputs]", "[outputs"), "is no TOML"),
        (('pairs = [["mine", "icb_2026"]]', 'pairs = "every"'), "line 4: pairs"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_the_nearest_key(tmp_path, change, said):
    text = WHOLE.replace(*change)
    assert text != WHOLE
    with pytest.raises(ConfigurationError, match=said) as told:
        config.parse(text, "geoplan.toml", tmp_path)
    assert str(told.value).startswith("geoplan.toml")


def test_all_without_layers_and_a_missing_file_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="needs layers"):
        config.parse('pairs = "all"', "geoplan.toml", tmp_path)
    with pytest.raises(ConfigurationError, match="geoplan init"):
        config.load(tmp_path / "nosuch.toml")
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match=r"odd\.toml"):
        config.load(tmp_path / "odd.toml")


def test_the_published_schema_is_one_and_knows_the_words_of_the_code():
    schema = json.loads(json.dumps(config.schema()))
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["weight"]["enum"] == [str(weight) for weight in Weight]
    severities = schema["$defs"]["rule"]["properties"]["severity"]["enum"]
    assert severities == [*(str(each) for each in (Severity.ERROR, Severity.WARNING, Severity.INFO)), "off"]
    assert set(config.FILES) <= set(schema["properties"]["outputs"]["properties"]["files"]["items"]["enum"])
    assert all(code.startswith("GP") for code in RULES)


def test_what_is_held_stands_wherever_a_layer_or_flows_do(tmp_path, monkeypatch):
    monkeypatch.setenv("GEOPLAN_DATA", str(tmp_path / "own"))
    text = 'flows = "commuting@2021"\npairs = [["lad@2025-05", "utla"], ["mine", "lad@2025-05"]]\n'
    text += '[layers]\nmine = "ward"\n'
    wanted = (("boundaries", "lad", "2025-05"), ("boundaries", "ward", "2025"), ("flows", "commuting", "2021"))
    for kind, key, edition in wanted:
        with pytest.raises(UnknownKeyError, match="is not in your data folder"):
            config.parse(text, "c.toml", tmp_path)
        holdings.keep_text(holdings.Holding(kind, key, edition), "x")
    plan = config.parse(text, "c.toml", tmp_path)
    assert plan.audit.flows == "commuting@2021"
    assert plan.audit.named["mine"].source == "ward"
    (tmp_path / "ward").write_text("a file of that name comes first")
    assert config.parse(text, "c.toml", tmp_path).audit.named["mine"].source == str(tmp_path / "ward")
