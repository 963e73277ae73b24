"""The overlay: hand-counted cases, a slow oracle, and laws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.analysis import agreement, cutting, ground, overlay, relations
from geoplan.auditing.judging import findings
from geoplan.errors import ConfigurationError
from geoplan.schema import REST, Basis, Relation, Tolerance, Weight

RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BLOCKS = ["E1.a", "E1.b", "E2", "E3", "E4", "W1"]
BOX = (400_000, 300_000)


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """Return a rectangle in kilometres from the toy country's south-west corner."""
    return shapely.box(BOX[0] + 1000 * west, BOX[1] + 1000 * south, BOX[0] + 1000 * east, BOX[1] + 1000 * north)


def test_codes_by_hand(block_layer, blocks):
    left = block_layer("left", {"n": {"E1.a": 1, "E1.b": 1, "E2": 1}, "s": {"E3": 1, "E4": 1}})
    right = block_layer("right", {"w": {"E1.a": 1, "E3": 1}, "m": {"E1.b": 1, "E4": 1}})
    over = overlay.overlay(left, right, blocks=blocks)
    assert over.basis is Basis.CODES
    assert over.table["people"].to_dict() == {
        ("n", REST): 300, ("n", "m"): 200, ("n", "w"): 100, ("s", "m"): 500, ("s", "w"): 400,
    }  # fmt: skip
    assert over.table.at[("n", "m"), "left_people_share"] == pytest.approx(200 / 600)
    assert over.table.at[("n", "m"), "right_people_share"] == pytest.approx(200 / 700)
    assert over.table.at[("n", "m"), "left_area_share"] == pytest.approx(1 / 3)
    assert np.isnan(over.table.at[("n", REST), "right_people_share"])
    assert over.totals["rest_share"].to_dict() == {"n": 0.5, "s": 0.0}
    assert over.totals["overlap_share"].eq(0).all()


def test_area_weight_leaves_people_empty(block_layer, blocks):
    left = block_layer("left", {"n": {"E1.a": 1, "E2": 1}})
    over = overlay.overlay(left, left, blocks=blocks, weight=Weight.AREA)
    assert over.table["people"].isna().all()
    assert over.table.at[("n", "n"), "left_area_share"] == 1


def test_rest_is_named_and_overlap_is_counted(block_layer, blocks):
    left = block_layer("left", {"all": dict.fromkeys(BLOCKS, 1)})
    right = block_layer("right", {"p": {"E2": 1, "E3": 1}, "q": {"E3": 1, "E4": 1}}, overlap=True)
    totals = overlay.overlay(left, right, blocks=blocks).totals.loc["all"]
    assert totals["rest_share"] == pytest.approx(900 / 2100)
    assert totals["overlap_share"] == pytest.approx(400 / 2100)


def test_unknown_part_is_not_assessed_but_related(block_layer, blocks):
    left = block_layer("left", {"part": {"E2": None, "E3": 1}})
    right = block_layer("right", {"east": {"E2": 1}, "west": {"E3": 1, "E4": 1}})
    over = overlay.overlay(left, right, blocks=blocks)
    assert np.isnan(over.table.at[("part", "east"), "people"])
    assert over.table.at[("part", "west"), "people"] == 400
    assert np.isnan(over.table.at[("part", "west"), "left_people_share"])
    assert relations.relate(over, tolerance=Tolerance())["relation"]["part"] == Relation.STRADDLES
    whole = block_layer("whole", {"one": {"E2": 1, "E3": 1}})
    nested = overlay.overlay(left, whole, blocks=blocks)
    assert relations.relate(nested, tolerance=Tolerance())["relation"]["part"] == Relation.NESTED


def test_two_parts_of_one_block_are_not_assessed(block_layer, blocks):
    left = block_layer("left", {"a": {"E2": 0.4}})
    right = block_layer("right", {"b": {"E2": 0.5}})
    over = overlay.overlay(left, right, blocks=blocks)
    assert np.isnan(over.table.at[("a", "b"), "people"])
    assert over.nominal.at[("a", "b"), "left_share"] == pytest.approx(0.5)


def test_parts_of_one_layer_lie_beside_each_other(block_layer, blocks):
    layer = block_layer("lep", {"a": {"E2": 0.4, "E3": 1}, "b": {"E2": 0.6, "E4": 1}, "c": {"W1": None}})
    over = overlay.overlay(layer, layer, blocks=blocks)
    assert sorted(over.table.index) == [("a", "a"), ("b", "b"), ("c", "c")]
    related = relations.relate(over, tolerance=Tolerance())
    assert (related["relation"] == Relation.COTERMINOUS).all()


def test_labels_weigh_an_outside_file_by_its_postcodes(drawn_layer, block_layer, blocks, points):
    # The western third of the country and the western half of E1.b and E4.
    file = drawn_layer("file", {"west": box(0, 0, 1.5, 2)})
    shipped = block_layer("shipped", {"n": {"E1.a": 1, "E1.b": 1, "E2": 1}, "s": {"E3": 1, "E4": 1}})
    over = overlay.overlay(file, shipped, blocks=blocks, points=points)
    assert over.basis is Basis.LABELS
    # 10 of 10 and 10 of 20 postcodes of 10 people; 40 of 40 and 25 of 50.
    assert over.table.at[("west", "n"), "people"] == pytest.approx(200)
    assert over.table.at[("west", "s"), "people"] == pytest.approx(650)
    assert over.table.at[("west", "n"), "area_m2"] == pytest.approx(1.5e6)
    assert over.table["width_m"].isna().all()


def test_labels_name_who_is_in_no_polygon(drawn_layer, block_layer, blocks, points):
    file = drawn_layer("file", {"west": box(0, 0, 1.5, 2)})
    shipped = block_layer("shipped", {"n": {"E1.a": 1, "E1.b": 1, "E2": 1}})
    over = overlay.overlay(shipped, file, blocks=blocks, points=points)
    assert over.table.at[("n", REST), "people"] == pytest.approx(400)
    assert over.totals.at["n", "rest_share"] == pytest.approx(400 / 600)


def test_labels_with_a_file_that_overlaps_itself(drawn_layer, block_layer, blocks, points):
    file = drawn_layer("file", {"a": box(0, 1, 2, 2), "b": box(1, 1, 3, 2)})
    shipped = block_layer("shipped", {"n": {"E1.a": 1, "E1.b": 1, "E2": 1}})
    totals = overlay.overlay(shipped, file, blocks=blocks, points=points).totals.loc["n"]
    assert totals["rest_share"] == pytest.approx(0)
    assert totals["overlap_share"] == pytest.approx(200 / 600)


def test_geometry_of_two_files(drawn_layer, blocks, points):
    left = drawn_layer("left", {"n": box(0, 1, 3, 2), "s": box(0, 0, 3, 1)})
    right = drawn_layer("right", {"w": box(0, 0, 2, 2)})
    over = overlay.overlay(left, right, blocks=blocks, points=points)
    assert over.basis is Basis.GEOMETRY
    assert over.table["area_m2"].to_dict() == pytest.approx(
        {("n", REST): 1e6, ("n", "w"): 2e6, ("s", REST): 1e6, ("s", "w"): 2e6}
    )
    assert over.table["people"].to_dict() == pytest.approx(
        {("n", REST): 300, ("n", "w"): 300, ("s", REST): 600, ("s", "w"): 900}
    )


def test_geometry_with_a_right_layer_that_overlaps_itself(drawn_layer, blocks):
    left = drawn_layer("left", {"all": box(0, 0, 3, 2)})
    right = drawn_layer("right", {"a": box(0, 0, 2, 1), "b": box(1, 0, 3, 1)})
    totals = overlay.overlay(left, right, blocks=blocks, weight=Weight.AREA).totals.loc["all"]
    assert totals["rest_share"] == pytest.approx(3 / 6)
    assert totals["overlap_share"] == pytest.approx(1 / 6)


def test_postcodes_are_asked_for(drawn_layer, block_layer, blocks):
    file = drawn_layer("file", {"a": box(0, 0, 1, 1)})
    with pytest.raises(ConfigurationError, match="needs the postcode points"):
        overlay.overlay(file, block_layer("shipped", {"n": {"E2": 1}}), blocks=blocks)


def test_a_point_on_a_border_is_in_one_area(drawn_layer):
    layer = drawn_layer("two", {"a": box(0, 0, 1, 1), "b": box(1, 0, 2, 1)})
    points = pd.DataFrame({"x": [BOX[0] + 1000.0, BOX[0] + 1500.0, 0.0], "y": [BOX[1] + 500.0] * 3})
    assert ground.located(layer, points).to_numpy().tolist() == [[0, "b"], [1, "b"]]


def test_a_point_in_two_areas_is_in_both(drawn_layer):
    layer = drawn_layer("two", {"a": box(0, 0, 2, 1), "b": box(1, 0, 2, 1)})
    points = pd.DataFrame({"x": [BOX[0] + 1500.0], "y": [BOX[1] + 500.0]})
    assert ground.located(layer, points)["code"].tolist() == ["a", "b"]


def test_points_equal_the_plain_join(drawn_layer):
    random = np.random.default_rng(7)
    shapes = {str(n): shapely.Point(*random.uniform(0, 100, 2)).buffer(random.uniform(5, 40)) for n in range(30)}
    layer = drawn_layer("blobs", shapes)
    points = pd.DataFrame(random.uniform(0, 100, (2000, 2)), columns=["x", "y"])
    slow = [
        (n, code)
        for n, (x, y) in enumerate(points.to_numpy())
        for code in sorted(shapes)
        if shapes[code].contains(shapely.Point(x, y))
    ]
    assert [tuple(row) for row in ground.located(layer, points).to_numpy().tolist()] == slow


def test_points_are_found_alike_with_and_without_the_kernel(drawn_layer, monkeypatch):
    from geoplan.engine import locating

    layer = drawn_layer("grid", {f"{x}{y}": box(x, y, x + 1, y + 1) for x in range(4) for y in range(4)})
    random = np.random.default_rng(3)
    # Every quarter of a kilometre: corners, borders, insides and outsides alike.
    spots = [(BOX[0] + 250.0 * i, BOX[1] + 250.0 * j) for i in range(-1, 18) for j in range(-1, 18)]
    points = pd.DataFrame(random.permutation(spots), columns=["x", "y"])
    fast = ground.located(layer, points)
    monkeypatch.setattr(locating, "COMPILED", False)
    plain = ground.located(layer, points.copy())
    pd.testing.assert_frame_equal(fast, plain, check_dtype=False)
    assert not fast["point"].duplicated().any()
    assert len(fast) == 16 * 16


def test_an_area_without_postcodes_meets_nobody(drawn_layer, block_layer, blocks, points):
    sea = drawn_layer("sea", {"s": box(90, 90, 95, 95)})
    land = block_layer("land", {"e": {"E2": 1}})
    over = overlay.overlay(sea, land, blocks=blocks, points=points)
    assert over.table["area_m2"].to_dict() == {("s", REST): 25e6}
    assert over.table["people"].isna().all()
    assert relations.relate(over, tolerance=Tolerance())["relation"].to_dict() == {"s": Relation.UNCOVERED}
    back = overlay.overlay(land, sea, blocks=blocks, points=points)
    assert back.table.index.tolist() == [("e", REST)]
    assert back.table["people"].to_list() == [300.0]


@pytest.mark.parametrize("drawn", [False, True])
def test_ground_without_people_keeps_its_rows_and_is_related_by_area(drawn_layer, block_layer, blocks, points, drawn):
    nobody = points[~points["block"].isin(["E1.b", "E2"])]
    files = drawn_layer("files", {"empty": box(1.7, 1, 2.2, 2), "peopled": box(0, 0, 1, 2)})
    squares = {"one": box(1, 1, 2, 2), "two": box(2, 1, 3, 2), "three": box(0, 0, 1, 2)}
    members = {"one": {"E1.b": 1}, "two": {"E2": 1}, "three": {"E1.a": 1, "E3": 1}}
    right = drawn_layer("right", squares) if drawn else block_layer("right", members, exhaustive=True)
    over = overlay.overlay(files, right, blocks=blocks, points=nobody)
    assert over.unpeopled == {"empty"}
    empty = over.table.loc["empty"]
    assert empty["left_area_share"].to_dict() == pytest.approx({"one": 0.6, "two": 0.4})
    assert empty[["people", "left_people_share", "right_people_share"]].isna().all(axis=None)
    assert over.totals.loc["empty"].to_dict() == {"weight": 0, "rest_share": 0, "overlap_share": 0}
    related = relations.relate(over, tolerance=Tolerance())
    assert related["relation"].to_dict() == {"empty": Relation.STRADDLES, "peopled": Relation.COTERMINOUS}
    assert related.at["empty", "partners"] == ("one", "two")
    assert cutting.cuts(over, tolerance=Tolerance()).pieces.empty
    assert agreement.agreement(over)["left_out_share"] == 0
    assert not [f for f in findings.from_pair(over, related, tolerance=Tolerance()) if f.code == "empty"]


def test_ground_without_people_outside_a_layer_is_no_error_of_coverage(drawn_layer, block_layer, blocks, points):
    files = drawn_layer("files", {"sea": box(-3, 0, -1, 1), "shore": box(-1, 0, 0, 1) | box(0, 1.6, 1, 2)})
    right = block_layer("right", {"w": {"E1.a": 1, "E3": 1}}, exhaustive=True)
    over = overlay.overlay(files, right, blocks=blocks, points=points)
    related = relations.relate(over, tolerance=Tolerance())
    assert related["relation"].to_dict() == {"sea": Relation.UNCOVERED, "shore": Relation.PARTLY_COVERED}
    assert related["rest_share"].to_dict() == pytest.approx({"sea": 1, "shore": 1 / 1.4})
    assert not [f for f in findings.from_pair(over, related, tolerance=Tolerance()) if f.code]


def test_ground_is_the_same_with_and_without_the_kernel(drawn_layer, blocks, monkeypatch):
    from geoplan.engine import intersections

    left = drawn_layer("left", {"n": box(0, 1, 3, 2), "s": box(0, 0, 3, 1)})
    right = drawn_layer("right", {"w": box(0, 0, 1.7, 2), "e": box(1.7, 0, 2.5, 2)})
    fast = overlay.overlay(left, right, blocks=blocks, weight=Weight.AREA).table
    monkeypatch.setattr(intersections, "COMPILED", False)
    plain = overlay.overlay(left, right, blocks=blocks, weight=Weight.AREA).table
    pd.testing.assert_frame_equal(fast, plain, rtol=1e-12)


# ------------------------------------------------------------------------------------------------ laws

partitions = st.lists(st.sampled_from(["p", "q", "r", None]), min_size=6, max_size=6).filter(any)
overlapping = st.dictionaries(
    st.sampled_from(["p", "q", "r"]), st.sets(st.sampled_from(BLOCKS), min_size=1), min_size=1
)


def members_of(assignment):
    found = {}
    for block, area in zip(BLOCKS, assignment, strict=True):
        if area:
            found.setdefault(area, {})[block] = 1
    return found


@RELAXED
@given(left=partitions, right=overlapping)
def test_every_share_is_accounted_for(block_layer, blocks, left, right):
    one = block_layer("one", members_of(left))
    two = block_layer("two", {area: dict.fromkeys(held, 1) for area, held in right.items()}, overlap=True)
    over = overlay.overlay(one, two, blocks=blocks)
    shares = over.table["left_people_share"]
    pairs = shares[shares.index.get_level_values("right") != REST].groupby("left").sum()
    total = pairs.reindex(one.areas.index).fillna(0) + over.totals["rest_share"] - over.totals["overlap_share"]
    assert total.to_numpy() == pytest.approx(np.ones(len(total)), abs=1e-9)


@RELAXED
@given(left=overlapping, right=overlapping)
def test_the_two_directions_are_transposes(block_layer, blocks, left, right):
    one = block_layer("one", {a: dict.fromkeys(h, 1) for a, h in left.items()}, overlap=True)
    two = block_layer("two", {a: dict.fromkeys(h, 1) for a, h in right.items()}, overlap=True)
    there = overlay.overlay(one, two, blocks=blocks).table
    back = overlay.overlay(two, one, blocks=blocks).table
    there = there[there.index.get_level_values("right") != REST]
    back = back[back.index.get_level_values("right") != REST].swaplevel().sort_index()
    assert there.index.tolist() == back.index.tolist()
    assert there["people"].to_numpy() == pytest.approx(back["people"].to_numpy())
    assert there["left_people_share"].to_numpy() == pytest.approx(back["right_people_share"].to_numpy())


@RELAXED
@given(left=partitions, right=partitions)
def test_codes_equal_a_plain_count(block_layer, blocks, left, right):
    one, two = block_layer("one", members_of(left)), block_layer("two", members_of(right))
    table = overlay.overlay(one, two, blocks=blocks).table["people"]
    slow: dict[tuple[str, str], float] = {}
    for block, a, b in zip(BLOCKS, left, right, strict=True):
        if a:
            slow[a, b or REST] = slow.get((a, b or REST), 0.0) + blocks["people"][block]
    assert table.to_dict() == pytest.approx(slow)


@RELAXED
@given(left=partitions, right=partitions)
def test_geometry_agrees_with_codes_on_ground(block_layer, drawn_layer, blocks, left, right):
    def drawn(key, assignment):
        held = members_of(assignment)
        return drawn_layer(key, {a: shapely.union_all([blocks["geometry"][b] for b in held[a]]) for a in sorted(held)})

    by_codes = overlay.overlay(
        block_layer("one", members_of(left)),
        block_layer("two", members_of(right)),
        blocks=blocks,
        weight=Weight.AREA,
    ).table["area_m2"]
    by_ground = overlay.overlay(drawn("one", left), drawn("two", right), blocks=blocks, weight=Weight.AREA).table
    assert by_ground["area_m2"].to_dict() == pytest.approx(by_codes.to_dict())


@RELAXED
@given(left=partitions, right=partitions, seed=st.integers(0, 99))
def test_row_order_changes_nothing(block_layer, blocks, left, right, seed):
    from dataclasses import replace

    one, two = block_layer("one", members_of(left)), block_layer("two", members_of(right))
    shuffled = replace(
        one,
        parts=one.parts.sample(frac=1, random_state=seed),
        areas=one.areas.sample(frac=1, random_state=seed),
    )
    first = overlay.overlay(one, two, blocks=blocks).table
    second = overlay.overlay(shuffled, two, blocks=blocks.sample(frac=1, random_state=seed)).table
    pd.testing.assert_frame_equal(first, second)


def test_a_whole_member_covers_a_block_whatever_the_part_beside_it(block_layer, blocks):
    left = block_layer("left", {"a": {"E2": 1}})
    right = block_layer("right", {"whole": {"E2": 1}, "part": {"E2": None, "E3": 1}}, overlap=True)
    over = overlay.overlay(left, right, blocks=blocks)
    assert REST not in over.table.index.get_level_values("right")
    assert relations.relate(over, tolerance=Tolerance())["relation"]["a"] == Relation.COTERMINOUS
