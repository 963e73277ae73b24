"""Relations and agreement: each class by hand, an oracle, and laws."""

from __future__ import annotations

from fractions import Fraction
from math import log2

import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.analysis import agreement, artefacts, overlay, relations
from geoplan.schema import Relation, Tolerance, Weight

RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BLOCKS = ["E1.a", "E1.b", "E2", "E3", "E4", "W1"]
partitions = st.lists(st.sampled_from(["p", "q", "r", None]), min_size=6, max_size=6).filter(any)


def members_of(assignment):
    found = {}
    for block, area in zip(BLOCKS, assignment, strict=True):
        if area:
            found.setdefault(area, {})[block] = 1
    return found


def relate(left, right, blocks, **options):
    return relations.relate(overlay.overlay(left, right, blocks=blocks, **options), tolerance=Tolerance())


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ({"b": {"W1": 1}}, Relation.UNCOVERED),
        ({"b": {"E1.a": 1}}, Relation.PARTLY_COVERED),
        ({"b": {"E1.a": 1, "E1.b": 1, "E2": 1}}, Relation.COTERMINOUS),
        ({"b": {"E1.a": 1, "E1.b": 1, "E2": 1, "E3": 1}}, Relation.NESTED),
        ({"b": {"E1.a": 1, "E1.b": 1}, "c": {"E2": 1}}, Relation.CONTAINS),
        ({"b": {"E1.a": 1, "E1.b": 1}, "c": {"E2": 1, "E3": 1}}, Relation.STRADDLES),
    ],
)
def test_each_relation_by_hand(block_layer, blocks, held, expected):
    left = block_layer("left", {"a": {"E1.a": 1, "E1.b": 1, "E2": 1}})
    assert relate(left, block_layer("right", held), blocks)["relation"]["a"] == expected


def test_the_best_of_overlapping_areas_counts(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1, "E1.b": 1}})
    right = block_layer("right", {"big": {"E1.a": 1, "E1.b": 1, "E2": 1}, "same": {"E1.a": 1, "E1.b": 1}}, overlap=True)
    row = relate(left, right, blocks).loc["a"]
    assert row["relation"] == Relation.COTERMINOUS
    assert row["best"] == "same"
    assert row["partners"] == ("same", "big")


def test_an_island_is_not_swallowed_where_codes_decide(block_layer, blocks):
    blocks["people"] = [1.0, 996.0, 300.0, 400.0, 500.0, 600.0]
    left = block_layer("left", {"a": {"E1.b": 1, "E1.a": 1}})
    right = block_layer("right", {"b": {"E1.b": 1}, "c": {"E1.a": 1, "E2": 1}})
    assert relate(left, right, blocks)["relation"]["a"] == Relation.STRADDLES
    over = overlay.overlay(left, right, blocks=blocks)
    loose = relations.relate(over, tolerance=Tolerance(codes=0.005))
    assert loose["relation"]["a"] == Relation.COTERMINOUS


@RELAXED
@given(left=partitions)
def test_a_layer_with_itself_is_coterminous(block_layer, blocks, left):
    layer = block_layer("one", members_of(left))
    assert (relate(layer, layer, blocks)["relation"] == Relation.COTERMINOUS).all()
    assert agreement.agreement(overlay.overlay(layer, layer, blocks=blocks))["v_measure"] == pytest.approx(1)


def plain_relation(area, others):
    """Return the relation of a set of blocks to other, disjoint sets."""
    touched = [other for other in others if other & area]
    if not touched:
        return Relation.UNCOVERED
    if area - set.union(*touched):
        return Relation.PARTLY_COVERED
    if any(other == area for other in touched):
        return Relation.COTERMINOUS
    if any(area <= other for other in touched):
        return Relation.NESTED
    return Relation.CONTAINS if all(other <= area for other in touched) else Relation.STRADDLES


@RELAXED
@given(left=partitions, right=partitions)
def test_relations_equal_those_of_sets(block_layer, blocks, left, right):
    one, two = members_of(left), members_of(right)
    found = relate(block_layer("one", one), block_layer("two", two), blocks)["relation"]
    others = [set(held) for held in two.values()]
    assert found.to_dict() == {a: str(plain_relation(set(held), others)) for a, held in one.items()}


@RELAXED
@given(left=partitions, right=partitions)
def test_renaming_areas_changes_no_relation(block_layer, blocks, left, right):
    renamed = [f"z{area}" if area else None for area in right]
    one = block_layer("one", members_of(left))
    first = relate(one, block_layer("two", members_of(right)), blocks)
    second = relate(one, block_layer("two", members_of(renamed)), blocks)
    assert first["relation"].tolist() == second["relation"].tolist()


def test_information_of_two_labellings_by_hand():
    x = [1, 1, 1, 2, 2, 3, 3, 3, 1, 1, 2, 2, 2, 3, 3]
    y = [1] * 5 + [2] * 5 + [3] * 5
    counts = pd.Series(1.0, index=pd.MultiIndex.from_arrays([x, y], names=["left", "right"]))
    mutual, h_x, h_y = agreement._information(counts.groupby(level=[0, 1]).sum())
    # Pairs: (1,1) 3, (2,1) 2, (3,2) 3, (1,2) 2, (2,3) 3, (3,3) 2, all margins 5.
    expected = sum(Fraction(n, 15) * log2(n * 15 / 25) for n in (3, 2, 3, 2, 3, 2))
    assert mutual == pytest.approx(float(expected))
    assert (h_x, h_y) == pytest.approx((log2(3), log2(3)))


def test_agreement_by_hand(block_layer, blocks):
    blocks["people"] = 100.0
    left = block_layer("left", {"n": {"E1.a": 1, "E1.b": 1}, "s": {"E3": 1, "E4": 1}})
    right = block_layer("right", {"all": {"E1.a": 1, "E1.b": 1, "E3": 1, "E4": 1}})
    alike = agreement.agreement(overlay.overlay(left, right, blocks=blocks))
    assert alike["homogeneity"] == 0
    assert alike["completeness"] == 1
    assert alike["v_measure"] == 0
    assert alike["variation_of_information"] == pytest.approx(1)
    assert alike["left_out_share"] == 0


def test_agreement_is_not_defined_for_layers_that_overlap(block_layer, blocks):
    right = block_layer("right", {"a": {"E2": 1}, "b": {"E2": 1}}, overlap=True)
    over = overlay.overlay(block_layer("left", {"n": {"E2": 1}}), right, blocks=blocks)
    assert set(agreement.agreement(over).values()) == {None}


def test_a_sliver_is_an_artefact_and_a_wide_piece_is_not(drawn_layer, blocks):
    left = drawn_layer("left", {"w": shapely.box(0, 0, 10_000, 9000), "e": shapely.box(10_000, 0, 20_000, 9000)},
                       resolution_m=20.0)  # fmt: skip
    right = drawn_layer("right", {"w": shapely.box(0, 0, 10_150, 9000), "e": shapely.box(10_150, 0, 20_000, 9000)},
                        resolution_m=200.0)  # fmt: skip
    over = artefacts.mark(overlay.overlay(left, right, blocks=blocks, weight=Weight.AREA), tolerance=Tolerance())
    assert over.table.at[("e", "w"), "artefact"]
    assert over.table.at[("e", "w"), "width_m"] == pytest.approx(150, rel=0.03)
    assert not over.table["artefact"][[("w", "w"), ("e", "e")]].any()
    found = relations.relate(over, tolerance=Tolerance())["relation"]
    assert found.to_dict() == {"e": Relation.COTERMINOUS, "w": Relation.COTERMINOUS}
    kept = artefacts.mark(over, tolerance=Tolerance(keep_artefacts=True))
    assert not kept.table["artefact"].any()
    strict = relations.relate(kept, tolerance=Tolerance())["relation"]
    assert strict.to_dict() == {"e": Relation.STRADDLES, "w": Relation.NESTED}
