"""Three ways to be in none: by the scheme's design, though one is meant, and where nobody knows all of the list."""

from __future__ import annotations

import pytest
from toy_audit import compared, found_in, result_of

from geoplan.auditing import comparing
from geoplan.data import catalogue
from geoplan.output.summary.answers import answer_sentences, standing_counts
from geoplan.output.text.audit_lines import summary_text
from geoplan.output.text.comparison_lines import compare_text
from geoplan.schema import Severity
from geoplan.schema.standing import Standing

HELD = {"x": {"E2": 1}, "y": {"E3": 1}}
KINDS = {
    "by design": {"status": "in force"},
    "gap": {"exhaustive": True, "status": "in force"},
    "not known": {"complete": False, "status": "in force"},
}


@pytest.fixture
def left(block_layer):
    return block_layer("left", {"a": {"E2": 1}, "b": {"E3": 1, "E4": 1}, "c": {"W1": 1}})


@pytest.mark.parametrize(
    ("kind", "standings", "errors"),
    [
        ("by design", {Standing.SAME: 1, Standing.PARTLY: 1, Standing.NONE: 1}, 0),
        ("gap", {Standing.SAME: 1, Standing.PARTLY: 1, Standing.NONE: 1}, 2),
        ("not known", {Standing.SAME: 1, Standing.NOT_KNOWN: 2}, 0),
    ],
)
def test_each_has_its_class_its_words_and_its_gravity(left, block_layer, blocks, kind, standings, errors):
    pair = compared(left, block_layer("right", HELD, **KINDS[kind]), blocks)
    assert {each: count for each, count in standing_counts(pair).items() if count} == standings
    assert sum(f.severity is Severity.ERROR for f in found_in(pair)) == errors
    headline = answer_sentences(result_of(blocks, (left, pair.overlay.right)))[0]
    assert ("which are not meant for everyone" in headline) == (kind == "by design")
    assert ("not all are known" in headline) == (kind == "not known")
    assert ("in none" in headline) == (kind != "not known")


def test_the_plans_that_nobody_found_are_no_gap():
    pair = comparing.compare("connect_to_work", "get_britain_working_plan")
    counts = standing_counts(pair)
    assert (counts[Standing.NOT_KNOWN], counts[Standing.NONE], counts[Standing.OUTSIDE]) == (32, 0, 4)
    assert (pair.summary["not_known"], pair.summary["uncovered"]) == (32, 0)
    assert "32 none found (not all\n    are known)" in compare_text(pair)
    assert "in none" not in compare_text(pair)


def test_the_matrix_has_a_column_of_its_own_where_it_is_needed(left, block_layer, blocks):
    def matrix(**facts):
        result = result_of(blocks, (left, block_layer("right", HELD, **facts)))
        return summary_text(result, "out", ["audit.json"])

    assert "unknown: none found (not all are known)" in matrix(complete=False)
    assert "unknown" not in matrix()


def test_one_layer_holds_the_health_boards_of_both_countries():
    pair = comparing.compare("connect_to_work", "health")
    whole = pair.overlay.right
    found = set()
    for key in ("icb_2026", "lhb"):
        alone = comparing.compare("lad", key).overlay.right
        found |= set(zip(alone.parts["block"], alone.parts["code"], strict=True))
        assert set(alone.areas.index) <= set(whole.areas.index)
        assert (whole.areas["people"].reindex(alone.areas.index) == alone.areas["people"]).all()
        assert (whole.areas["name"].reindex(alone.areas.index) == alone.areas["name"]).all()
    assert found == set(zip(whole.parts["block"], whole.parts["code"], strict=True))
    assert (len(pair.standing), standing_counts(pair)[Standing.OUTSIDE], len(whole.areas)) == (49, 0, 43)
    assert "health" not in catalogue.own()
