"""Gaps, overlaps and pieces of drawn layers."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from click.testing import CliRunner
from shapely import box

from geoplan.analysis.faults import coverage
from geoplan.auditing.judging import findings
from geoplan.cli.main import cli


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
    assert note.message.startswith("A gap of 1.00 km² lies between Avon (a) and Avon (b), at SV 015 015;")
    (overlap,) = coverage.overlap_notes(
        drawn_layer("two", {"a": shapely.box(0, 0, 10, 10), "b": shapely.box(5, 0, 20, 10)})
    )
    assert overlap.message.startswith("Area a and Area b both hold 50 m², at SV 000 000;")


def test_a_hole_lies_inside_its_area_though_others_touch_a_corner_of_it(drawn_layer):
    hole = shapely.Polygon([(1000, 1500), (1500, 1000), (1500, 2000)])
    layer = drawn_layer("two", {
        "ring": shapely.Polygon([(1000, 0), (3000, 0), (3000, 3000), (1000, 3000), (1000, 1500), (1500, 2000),
                                 (1500, 1000), (1000, 1500)]).buffer(0),
        "west": shapely.box(0, 0, 1000, 3000),
    })  # fmt: skip
    (note,) = coverage.gap_notes(layer)
    assert (note.code, note.other_codes, note.value) == ("ring", (), hole.area)
    assert note.message.startswith("A gap of 0.25 km² lies inside Area ring, at SV 013 017;")


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


def two_with_gaps(*souths, west=450_000, side=200):
    """Two areas side by side, with square gaps in the border between them."""
    north = 300_000
    gaps = shapely.union_all([shapely.box(west - side / 2, north + s, west + side / 2, north + s + side)
                              for s in souths])  # fmt: skip
    halves = [shapely.box(west - 5000, north, west, north + 9000), shapely.box(west, north, west + 5000, north + 9000)]
    return {"a": halves[0] - gaps, "b": halves[1] - gaps}


def ids_of(layer):
    return {f.evidence["place"]: f.id for f in findings.from_notes(layer, coverage.gap_notes(layer))}


def test_two_gaps_between_the_same_areas_are_two_findings_with_their_own_outlines(drawn_layer):
    layer = drawn_layer("two", two_with_gaps(1400, 5400))
    first, second = findings.from_notes(layer, coverage.gap_notes(layer))
    assert first.id != second.id
    assert {first.shape.bounds, second.shape.bounds} == {
        (449_900, 301_400, 450_100, 301_600), (449_900, 305_400, 450_100, 305_600)
    }  # fmt: skip


def test_a_second_gap_leaves_the_first_ones_id_alone_and_so_does_a_redraw_by_metres(drawn_layer):
    before = ids_of(drawn_layer("two", two_with_gaps(1400)))
    after = ids_of(drawn_layer("two", two_with_gaps(1400, 5400)))
    redrawn = ids_of(drawn_layer("two", two_with_gaps(1407, side=206)))
    assert set(before.values()) == set(redrawn.values())
    assert set(before.values()) < set(after.values())


def test_two_gaps_in_one_square_kilometre_have_two_ids(drawn_layer):
    assert len(set(ids_of(drawn_layer("two", two_with_gaps(1100, 1600))).values())) == 2


def test_many_gaps_are_told_in_one_note_with_the_largest_named(drawn_layer):
    shapes = two_with_gaps(*range(100, 7500, 300))
    shapes["b"] -= shapely.box(453_000, 302_000, 454_000, 303_000)
    (note,) = coverage.gap_notes(drawn_layer("two", shapes))
    assert note.message.startswith("26 gaps hold 2.00 km² in all; the largest: 1.00 km² at SK 535 025; ")
    assert (note.code, note.evidence) == ("", {"count": 26})
    assert np.isclose(note.value, note.shape.area)


def test_two_patches_that_the_same_areas_hold_are_two_overlaps(drawn_layer):
    shapes = {"a": shapely.box(0, 0, 9000, 1000) | shapely.box(0, 0, 1000, 5000) | shapely.box(8000, 0, 9000, 5000),
              "b": shapely.box(0, 4000, 9000, 9000)}  # fmt: skip
    notes = coverage.overlap_notes(drawn_layer("two", shapes))
    assert [(note.value, note.shape.bounds) for note in notes] == [
        (1e6, (0, 4000, 1000, 5000)), (1e6, (8000, 4000, 9000, 5000))
    ]  # fmt: skip
    assert notes[0].spot != notes[1].spot


def test_findings_as_a_map_layer(tmp_path):
    """A gap has its own outline, what is about an area has the area's."""
    hole = box(400_800, 300_200, 401_200, 300_700)
    halves = [box(400_000, 300_000, 401_000, 301_000) - hole, box(401_000, 300_000, 402_000, 301_000) - hole]
    frame = gpd.GeoDataFrame({"code": ["W", "E"], "name": ["West", "East"]}, geometry=halves, crs=27700)
    frame.to_file(tmp_path / "x.gpkg")
    done = CliRunner().invoke(cli, ["check", str(tmp_path / "x.gpkg"), "--format", "geojson"])
    assert done.exit_code == 0, done.output
    (tmp_path / "found.geojson").write_text(done.stdout, encoding="utf-8")
    found = gpd.read_file(tmp_path / "found.geojson").to_crs(27700)
    (gap,) = found[found["rule"] == "GP201"].itertuples()
    assert gap.geometry.symmetric_difference(hole).area < 0.005 * hole.area
    assert "lies between West and East" in gap.message
