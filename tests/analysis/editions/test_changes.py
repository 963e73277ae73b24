"""Two editions compared: each kind of change by hand, and laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.analysis import artefacts, overlay
from geoplan.analysis.editions.changes import COLUMNS, MIRRORED, EditionChange, changes
from geoplan.schema import Tolerance, Weight

RELAXED = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BLOCKS = ["E1.a", "E1.b", "E2", "E3", "E4", "W1"]
WHOLE = dict.fromkeys(BLOCKS, 1.0)


def editions(labels):
    """Return a strategy of memberships: each block in one area or in none."""
    return st.lists(st.sampled_from([*labels, None]), min_size=6, max_size=6).filter(any).map(members_of)


def members_of(assignment):
    found = {}
    for block, area in zip(BLOCKS, assignment, strict=True):
        if area:
            found.setdefault(area, {})[block] = 1.0
    return found


def compared(old, new, blocks, **options):
    forth, back = (
        artefacts.mark(overlay.overlay(one, two, blocks=blocks, **options), tolerance=Tolerance())
        for one, two in ((old, new), (new, old))
    )
    return changes(forth, back)


def named(layer, **names):
    return replace(layer, areas=layer.areas.assign(name=layer.areas["name"].to_dict() | names))


def told(table):
    return {(row.old_code, row.new_code): str(row.change) for row in table.itertuples()}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": ["E2"]}, {"a": ["E2"]}, {("a", "a"): "unchanged"}),
        ({"a": ["E2"]}, {"b": ["E2"]}, {("a", "b"): "recoded"}),
        ({"a": ["E2"]}, {"b": ["E3"]}, {("a", ""): "gone", ("", "b"): "new"}),
        ({"a": ["E2"], "b": ["E3"]}, {"c": ["E2", "E3"]},
         {("a", ""): "merged", ("b", ""): "merged", ("", "c"): "merged"}),
        ({"a": ["E2"], "b": ["E3"]}, {"b": ["E2", "E3"]}, {("a", ""): "merged", ("b", "b"): "redrawn"}),
        ({"a": ["E2", "E3"]}, {"b": ["E2"], "c": ["E3"]},
         {("a", ""): "split", ("", "b"): "split", ("", "c"): "split"}),
        ({"a": ["E2", "E3"]}, {"a": ["E2"], "c": ["E3"]}, {("a", "a"): "redrawn", ("", "c"): "split"}),
        ({"a": ["E2", "E3"]}, {"a": ["E2"]}, {("a", "a"): "redrawn"}),
        ({"a": ["E2"], "b": ["E3"]}, {"a": ["E3"], "b": ["E2"]}, {("a", "a"): "redrawn", ("b", "b"): "redrawn"}),
    ],
)  # fmt: skip
def test_each_kind_by_hand(block_layer, blocks, old, new, expected):
    one, two = (
        block_layer(key, {area: dict.fromkeys(held, 1.0) for area, held in held_by.items()})
        for key, held_by in (("old", old), ("new", new))
    )
    assert told(compared(one, two, blocks)) == expected


def test_ground_that_two_areas_share_is_no_change_while_both_keep_it(block_layer, blocks):
    before = {"a": {"E1.a": 1, "E1.b": 1, "E2": 1}, "b": {"E2": 1, "E3": 1}}
    old = block_layer("old", before)
    assert set(told(compared(old, old, blocks)).values()) == {"unchanged"}
    new = block_layer("new", {"a": {"E1.a": 1, "E2": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E1.b": 1}})
    table = compared(old, new, blocks).set_index("new_code")
    assert told(table.reset_index()) == {("a", "a"): "redrawn", ("b", "b"): "unchanged", ("", "c"): "split"}
    moved = blocks.loc["E1.b"]
    assert table.at["a", "people_lost"] == pytest.approx(moved["people"])
    assert table.at["a", "area_lost_m2"] == pytest.approx(moved.geometry.area)
    assert table.at["a", "people_gained"] == 0


def test_what_moved_is_counted_in_people_and_ground(block_layer, blocks):
    old = block_layer("old", {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1}, "c": {"E4": 1}})
    new = block_layer("new", {"a": {"E1.a": 1, "E2": 1}, "b": {"E1.b": 1, "E3": 1}, "c": {"E4": 1}})
    table = compared(old, new, blocks).set_index("new_code")
    assert list(compared(old, new, blocks).columns) == list(COLUMNS)
    row = table.loc["a"]
    assert row[["people_old", "people_new", "people_lost", "people_gained"]].tolist() == [300, 400, 200, 300]
    assert row[["area_old_m2", "area_new_m2", "area_lost_m2", "area_gained_m2"]].tolist() == [2e6, 2e6, 1e6, 1e6]
    assert row["other_codes"] == ("b",)
    # E3 was in none, and is among what b gained.
    assert table.loc["b", ["people_lost", "people_gained"]].tolist() == [300, 600]
    assert table.loc["c", "change"] == EditionChange.UNCHANGED


def test_a_name_alone_that_differs_is_a_renaming(block_layer, blocks):
    old = block_layer("old", {"a": {"E2": 1}})
    assert told(compared(old, named(old, a="Other"), blocks)) == {("a", "a"): "renamed"}


def test_a_body_goes_on_under_its_name_where_each_holds_most_of_the_other(block_layer, blocks):
    old = named(block_layer("old", {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}}), a="Fenland", b="Moor")
    new = named(block_layer("new", {"x": {"E1.b": 1}, "y": {"E1.a": 1, "E2": 1, "E3": 1}}), x="FENLAND", y="Moor")
    assert told(compared(old, new, blocks)) == {("a", "x"): "redrawn", ("b", "y"): "redrawn"}
    # Of the same name, and hardly any of the same ground.
    far = named(block_layer("new", {"x": {"E1.a": 1, "E3": 1}}), x="Fenland")
    assert told(compared(old, far, blocks))["a", ""] == "merged"


def test_parts_of_unknown_size_are_ground_and_not_assessed(block_layer, blocks):
    old = block_layer("old", {"a": {"E2": 1}, "b": {"E3": 1}})
    new = block_layer("new", {"a": {"E2": 1, "E3": None}, "b": {"E3": None}})
    table = compared(old, new, blocks).set_index("old_code")
    assert table["change"].tolist() == [EditionChange.REDRAWN, EditionChange.REDRAWN]
    assert np.isnan(table.loc["a", "people_gained"])


def test_ground_of_a_part_of_unknown_size_is_no_change_where_both_draw_it_alike(drawn_layer, block_layer, blocks):
    held = block_layer("old", {"a": {"E2": 1, "E3": None}, "b": {"E3": None}})
    square, east = shapely.box(400_000, 300_000, 408_000, 304_000), shapely.box(404_000, 300_000, 408_000, 304_000)
    areas = drawn_layer("old", {"a": square, "b": east}).areas.assign(area_m2=np.nan, people=np.nan)
    old = replace(held, areas=areas, parts=None)
    new = drawn_layer("new", {"a": square, "b": east})
    assert set(told(compared(old, new, blocks, weight=Weight.AREA)).values()) == {"unchanged"}
    assert set(told(compared(new, old, blocks, weight=Weight.AREA)).values()) == {"unchanged"}
    smaller = drawn_layer("new", {"a": square.difference(east), "b": east})
    assert told(compared(old, smaller, blocks, weight=Weight.AREA))["a", "a"] == "redrawn"


def test_slivers_of_two_drawings_are_set_aside(drawn_layer, blocks):
    square = shapely.box(400_000, 300_000, 404_000, 304_000)
    east = shapely.box(404_000, 300_000, 408_000, 304_000)
    shift = [(404_000, 300_000), (404_120, 302_000), (404_000, 304_000)]
    bulged = shapely.Polygon([(400_000, 300_000), *shift, (400_000, 304_000)])
    facts = {"resolution_m": 200.0}
    old = drawn_layer("old", {"a": square, "b": east}, **facts)
    new = drawn_layer("new", {"a": bulged, "b": east.difference(bulged)}, **facts)
    assert set(told(compared(old, new, blocks, weight=Weight.AREA)).values()) == {"unchanged"}
    sharp = [replace(layer, resolution_m=10.0) for layer in (old, new)]
    table = compared(*sharp, blocks, weight=Weight.AREA)
    assert set(told(table).values()) == {"redrawn"}
    assert table["area_gained_m2"].max() == pytest.approx(120 * 4000 / 2)
    assert table["people_gained"].isna().all()


def test_a_coast_drawn_otherwise_is_no_change_where_nobody_lives_beyond_it(drawn_layer, blocks, points):
    land = shapely.box(400_000, 300_000, 403_000, 302_000)
    facts = {"resolution_m": 10.0}
    old = drawn_layer("old", {"a": land.union(shapely.box(403_000, 300_000, 405_000, 302_000))}, **facts)
    new = drawn_layer("new", {"a": land}, **facts)
    assert told(compared(old, new, blocks, points=points)) == {("a", "a"): "unchanged"}
    # By ground alone nobody can tell.
    assert told(compared(old, new, blocks, weight=Weight.AREA)) == {("a", "a"): "redrawn"}
    # Where people live beyond it, it is one.
    less = drawn_layer("new", {"a": shapely.box(400_000, 300_000, 402_000, 302_000)}, **facts)
    table = compared(old, less, blocks, points=points)
    assert told(table) == {("a", "a"): "redrawn"}
    assert table["people_lost"].sum() == pytest.approx(300 + 600)


@given(editions("pqr"))
@RELAXED
def test_an_edition_has_not_changed_since_itself(block_layer, blocks, held):
    layer = block_layer("old", held)
    table = compared(layer, layer, blocks)
    assert set(table["change"]) == {EditionChange.UNCHANGED}
    assert len(table) == len(held)
    assert table[["people_lost", "people_gained", "area_lost_m2", "area_gained_m2"]].to_numpy().sum() == 0


@given(editions("pqrs"), editions("pqxy"))
@RELAXED
def test_seen_from_the_other_edition_everything_is_mirrored(block_layer, blocks, old, new):
    one, two = block_layer("old", old), block_layer("new", new)
    forth, back = compared(one, two, blocks), compared(two, one, blocks)
    mirrored = {
        (code, other): str(MIRRORED.get(EditionChange(kind), kind)) for (other, code), kind in told(back).items()
    }
    assert told(forth) == mirrored
    for how, other in (("lost", "gained"), ("old", "new")):
        assert forth[f"people_{how}"].sum() == pytest.approx(back[f"people_{other}"].sum())


@given(editions("pqrs"), editions("pqxy"))
@RELAXED
def test_every_area_is_told_once_and_people_are_conserved(block_layer, blocks, old, new):
    table = compared(block_layer("old", old), block_layer("new", new), blocks)
    assert sorted(filter(None, table["old_code"])) == sorted(old)
    assert sorted(filter(None, table["new_code"])) == sorted(new)
    kept = table["people_old"] - table["people_lost"]
    assert kept.tolist() == pytest.approx((table["people_new"] - table["people_gained"]).tolist())
    same = table[table["change"].isin(["unchanged", "recoded", "renamed"])]
    assert same["people_old"].tolist() == same["people_new"].tolist()


@given(editions("pqr"))
@RELAXED
def test_people_of_both_are_the_same_where_both_cover_the_same_ground(block_layer, blocks, new):
    taken = [block for held in new.values() for block in held]
    table = compared(block_layer("old", {"z": dict.fromkeys(taken, 1.0)}), block_layer("new", new), blocks)
    assert table["people_old"].sum() == pytest.approx(table["people_new"].sum())
    assert table["people_lost"].sum() == pytest.approx(table["people_gained"].sum())
