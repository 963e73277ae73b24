"""People in cut pieces: by hand, against a slow oracle, the same from both sides, and what findings say."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy_audit import compared, found_in

from geoplan.schema import Relation, Tolerance, Weight
from geoplan.schema.standing import LOOKS, STANDING_OF, Standing

RELAXED = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BLOCKS = ["E1.a", "E1.b", "E2", "E3", "E4", "W1"]
PEOPLE = dict(zip(BLOCKS, [100, 200, 300, 400, 500, 600], strict=True))
groupings = st.lists(st.sampled_from(["p", "q", "r", ""]), min_size=6, max_size=6).filter(any)
overlapping = st.lists(st.sets(st.sampled_from(["p", "q", "r"])), min_size=6, max_size=6).filter(any)


def members_of(grouping):
    found = {}
    for block, areas in zip(BLOCKS, grouping, strict=True):
        for area in [areas] if isinstance(areas, str) else areas:
            if area:
                found.setdefault(area, {})[block] = 1
    return found


def cuts_of(left, right, blocks, **options):
    return compared(left, right, blocks, **options).cuts


def test_a_piece_is_cut_where_neither_side_holds_the_other(block_layer, blocks):
    # b holds z (300) whole; of y (900) it has 400.
    left = block_layer("left", {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}})
    right = block_layer("right", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}})
    found = cuts_of(left, right, blocks)
    assert list(found.pieces.index) == [("b", "y")]
    assert found.pieces.loc[("b", "y"), ["left_share", "right_share"]].tolist() == pytest.approx([400 / 700, 400 / 900])
    assert (found.by_area, found.total, found.complete) == ({"b": 400}, 400, True)


def test_everyone_counts_where_an_area_shares_all_of_its_ground(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}})
    right = block_layer("right", {"x": {"E1.a": 1, "E2": 1}, "y": {"E1.b": 1, "E3": 1}})
    assert cuts_of(left, right, blocks).by_area == {"a": 300, "b": 700}


def test_what_is_in_no_area_is_not_cut(block_layer, blocks):
    # 200 of b are in none; the other 300 are 300 of y's 400.
    left = block_layer("left", {"b": {"E1.b": 1, "E2": 1}})
    pair = compared(left, block_layer("right", {"y": {"E1.a": 1, "E2": 1}}), blocks)
    assert pair.relations.at["b", "relation"] == Relation.PARTLY_COVERED
    assert pair.cuts.by_area == {"b": 300}
    # y lies whole inside b: one body answers for all of y, so nothing is cut.
    assert compared(left, block_layer("right", {"y": {"E2": 1}}), blocks).cuts.by_area == {}


def test_no_cut_is_nobody(block_layer, blocks):
    layer = block_layer("left", {"a": {"E2": 1}})
    found = cuts_of(layer, block_layer("right", {"x": {"E2": 1, "E3": 1}}), blocks)
    assert (found.total, found.complete, found.by_area) == (0, True, {})


def test_a_part_of_unknown_size_is_not_assessed_and_the_total_is_a_least(block_layer, blocks):
    left = {"a": {"E1.b": 1, "E2": None}}
    right = block_layer("right", {"w": {"W1": 1}, "x": {"E1.b": 1}, "y": {"E2": 1, "E4": 1}, "z": {"E1.a": 1, "E3": 1}})
    alone = cuts_of(block_layer("left", left), right, blocks)
    assert alone.by_area == {"a": None}
    assert (alone.total, alone.complete) == (None, False)
    both = cuts_of(block_layer("left", {**left, "b": {"E3": 1, "W1": 1}}), right, blocks)
    assert both.by_area == {"a": None, "b": 400}
    assert (both.total, both.complete) == (400, False)


def test_ground_is_counted_where_ground_is_asked_for(block_layer, blocks):
    left = block_layer("left", {"b": {"E2": 1, "E3": 1, "W1": 1}})
    right = block_layer("right", {"x": {"E2": 1, "W1": 1}, "y": {"E3": 1, "E4": 1}})
    assert cuts_of(left, right, blocks, weight=Weight.AREA).by_area == {"b": 1e6}
    assert cuts_of(left, right, blocks, weight=Weight.WORKING_AGE).by_area == {"b": pytest.approx(240)}


def test_what_is_below_the_tolerance_is_not_touched(block_layer, blocks):
    from geoplan.analysis import cutting, overlay

    blocks["people"] = [1.0, 996.0, 999.0, 400.0, 500.0, 600.0]
    left = block_layer("left", {"a": {"E1.b": 1, "E1.a": 1}})
    right = block_layer("right", {"b": {"E1.b": 1}, "c": {"E1.a": 1, "E2": 1}})
    over = overlay.overlay(left, right, blocks=blocks)
    assert cutting.cuts(over, tolerance=Tolerance()).by_area == {"a": 1}
    assert cutting.cuts(over, tolerance=Tolerance(codes=0.005)).by_area == {}


def oracle(left, right):
    """Return the cut pieces with their people, from sets of blocks alone."""
    found = {}
    for one, mine in left.items():
        for two, theirs in right.items():
            shared = mine.keys() & theirs.keys()
            if shared and shared != mine.keys() and shared != theirs.keys():
                found[one, two] = sum(PEOPLE[block] for block in shared)
    return found


@RELAXED
@given(overlapping, overlapping)
def test_sets_of_blocks_give_the_same(block_layer, blocks, one, two):
    left, right = members_of(one), members_of(two)
    found = cuts_of(block_layer("left", left, overlap=True), block_layer("right", right, overlap=True), blocks)
    expected = oracle(left, right)
    assert found.pieces["amount"].to_dict() == expected
    assert found.total == sum(expected.values()) == math.fsum(found.by_area.values())


@RELAXED
@given(overlapping, overlapping)
def test_the_number_is_the_same_from_both_sides(block_layer, blocks, one, two):
    left, right = (block_layer(key, members_of(each), overlap=True) for key, each in (("l", one), ("r", two)))
    there, back = cuts_of(left, right, blocks), cuts_of(right, left, blocks)
    assert there.total == back.total
    assert there.pieces["amount"].to_dict() == {(a, b): v for (b, a), v in back.pieces["amount"].to_dict().items()}


@RELAXED
@given(groupings, groupings)
def test_an_area_is_cut_where_its_relation_says_so(block_layer, blocks, one, two):
    pair = compared(block_layer("left", members_of(one)), block_layer("right", members_of(two)), blocks)
    cut = set(pair.cuts.by_area)
    told = pair.relations["relation"]
    assert set(told.index[told == Relation.STRADDLES]) <= cut
    assert cut <= set(told.index[told.isin([Relation.STRADDLES, Relation.PARTLY_COVERED])])


@RELAXED
@given(overlapping, overlapping)
def test_findings_have_the_value_of_their_area(block_layer, blocks, one, two):
    left, right = (block_layer(key, members_of(each), overlap=True) for key, each in (("l", one), ("r", two)))
    pair = compared(left, right, blocks)
    said = {f.code: f.value for f in found_in(pair) if f.rule == "GP301"}
    assert said == pair.cuts.by_area


def test_every_relation_has_a_standing_and_every_standing_its_words():
    assert set(STANDING_OF) == set(Relation)
    assert set(STANDING_OF.values()) | {Standing.OUTSIDE} == set(Standing) == set(LOOKS)
    assert len({look.term for look in LOOKS.values()}) == len({look.fill for look in LOOKS.values()}) == len(LOOKS)
