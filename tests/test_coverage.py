"""Gaps, overlaps and pieces of drawn layers."""

from __future__ import annotations

import shapely

from geoplan import coverage


def ring_of_four(gap):
    """Four rectangles around a square hole of the given width in metres."""
    return {
        "s": shapely.box(0, 0, 3000, 1000),
        "n": shapely.box(0, 1000 + gap, 3000, 2000 + gap),
        "w": shapely.box(0, 1000, 1000, 1000 + gap),
        "e": shapely.box(1000 + gap, 1000, 3000, 1000 + gap),
    }


def test_a_gap_is_found_with_its_neighbours(drawn_layer):
    (note,) = coverage.gap_notes(drawn_layer("four", ring_of_four(500), resolution_m=20.0))
    assert (note.rule, note.value, note.by_design) == ("GP201", 250_000, False)
    assert {note.code, *note.other_codes} == {"s", "n", "w", "e"}
    assert "0.25 km²" in note.message


def test_a_gap_narrower_than_the_drawing_is_noise(drawn_layer):
    (note,) = coverage.gap_notes(drawn_layer("four", ring_of_four(30), resolution_m=20.0))
    assert note.by_design
    assert "artefact" in note.message


def test_an_overlap_is_found(drawn_layer):
    layer = drawn_layer("two", {"a": shapely.box(0, 0, 1000, 1000), "b": shapely.box(800, 0, 2000, 1000)})
    (note,) = coverage.overlap_notes(layer)
    assert (note.rule, note.code, note.other_codes, note.value) == ("GP202", "a", ("b",), 200_000)


def test_a_gap_names_both_sides_as_two_different_areas(drawn_layer):
    layer = drawn_layer("three", {
        "a": shapely.box(0, 0, 3000, 3000) - shapely.box(1000, 1000, 3000, 2000),
        "b": shapely.box(2000, 1000, 3000, 2000),
    })  # fmt: skip
    layer.areas["name"] = "Avon"
    (note,) = coverage.gap_notes(layer)
    assert (note.code, note.other_codes, note.value) == ("a", ("b",), 1e6)
    assert note.message.startswith("A gap of 1.00 km² lies between Avon (a) and Avon (b);")
    (overlap,) = coverage.overlap_notes(
        drawn_layer("two", {"a": shapely.box(0, 0, 10, 10), "b": shapely.box(5, 0, 20, 10)})
    )
    assert overlap.message.startswith("Area a and Area b both hold 50 m²;")


def test_a_hole_lies_inside_its_area_though_others_touch_a_corner_of_it(drawn_layer):
    hole = shapely.Polygon([(1000, 1500), (1500, 1000), (1500, 2000)])
    layer = drawn_layer("two", {
        "ring": shapely.Polygon([(1000, 0), (3000, 0), (3000, 3000), (1000, 3000), (1000, 1500), (1500, 2000),
                                 (1500, 1000), (1000, 1500)]).buffer(0),
        "west": shapely.box(0, 0, 1000, 3000),
    })  # fmt: skip
    (note,) = coverage.gap_notes(layer)
    assert (note.code, note.other_codes, note.value) == ("ring", (), hole.area)
    assert note.message.startswith("A gap of 0.25 km² lies inside Area ring;")


def test_neighbours_do_not_overlap(drawn_layer):
    layer = drawn_layer("two", {"a": shapely.box(0, 0, 1000, 1000), "b": shapely.box(1000, 0, 2000, 1000)})
    assert coverage.drawn_notes(layer) == []


def test_large_pieces_are_noted_and_islets_are_not(drawn_layer):
    main = shapely.box(0, 0, 1000, 1000)
    layer = drawn_layer("two", {
        "exclave": shapely.union_all([main, shapely.box(5000, 0, 5500, 500)]),
        "islet": shapely.union_all([shapely.box(0, 2000, 1000, 3000), shapely.box(5000, 2000, 5010, 2010)]),
    })  # fmt: skip
    (note,) = coverage.piece_notes(layer)
    assert (note.rule, note.code, note.value) == ("GP203", "exclave", 250_000)
