"""Slivers, coasts and postcodes near drawn borders: what is an artefact and what is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.analysis import artefacts, overlay, relations, verdicts
from geoplan.auditing import comparing
from geoplan.auditing.judging import findings
from geoplan.commuting.atlas import Atlas
from geoplan.schema import REST, Relation, Tolerance, Weight

EAST, NORTH = 400_000, 300_000


def box(west, south, east, north):
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def postcodes(*spots, block="E3"):
    """Postcodes at some metres east and north of the corner."""
    x, y = np.array(spots, dtype=float).reshape(-1, 2).T
    return pd.DataFrame({"block": [block] * len(x), "x": EAST + x, "y": NORTH + y})


def row_of(west, east, north, count, **options):
    return postcodes(*((x, north) for x in np.linspace(west, east, count)), **options)


def marked(left, right, blocks, points=None, weight=Weight.PEOPLE, **options):
    if points is not None:
        counted = points["block"].value_counts().reindex(blocks.index).fillna(1)
        blocks = blocks.assign(postcodes=counted)
    over = overlay.overlay(left, right, blocks=blocks, points=points, weight=weight)
    return artefacts.mark(over, tolerance=Tolerance(**options))


def relation(over):
    return relations.relate(over, tolerance=Tolerance())["relation"].to_dict()


# --------------------------------------------------------------------------------------- files on files


@pytest.fixture
def shores(drawn_layer):
    """A district, and a board whose coast is drawn 150 m further inland and cuts off a spit of 800 m."""
    district = drawn_layer("district", {"d": box(0, 0, 9000, 9000)}, resolution_m=20.0)
    board = drawn_layer("board", {"b": box(0, 0, 8850, 9000)}, resolution_m=200.0)
    return district, board


def test_people_outside_a_generalised_coast_are_a_coastal_artefact(shores, blocks):
    points = pd.concat([row_of(100, 8000, 4500, 90), row_of(8900, 8950, 4500, 10)])
    over = marked(*shores, blocks, points)
    assert over.table.loc[("d", REST), "left_people_share"] == pytest.approx(0.1)
    assert over.table.loc[("d", REST), "artefact"]
    assert over.table.loc[("d", REST), "width_m"] == pytest.approx(150, rel=0.03)
    assert relation(over) == {"d": Relation.COTERMINOUS}
    (found,) = findings.from_pair(over, relations.relate(over, tolerance=Tolerance()), tolerance=Tolerance())[:1]
    assert found.rule == "GP304"
    assert found.message.startswith(
        "Coastal artefact: under 100 people (estimate from postcodes) of one area lie outside"
    )


def test_a_wide_gap_at_the_coast_is_real(drawn_layer, blocks):
    district = drawn_layer("district", {"d": box(0, 0, 9000, 9000)}, resolution_m=20.0)
    board = drawn_layer("board", {"b": box(0, 0, 8000, 9000)}, resolution_m=200.0)
    points = pd.concat([row_of(100, 7900, 4500, 90), row_of(8300, 8700, 4500, 10)])
    over = marked(district, board, blocks, points)
    assert not over.table.loc[("d", REST), "artefact"]
    assert relation(over) == {"d": Relation.PARTLY_COVERED}
    assert "beyond the 220 m" in verdicts.reasons(over)[("d", REST)]


def test_a_coast_with_one_wide_unpeopled_place_stays_an_artefact(drawn_layer, blocks):
    """A sliver along the whole coast joins a mud flat 1 km wide: one polygon, but its people live in the sliver."""
    district = drawn_layer("district", {"d": box(0, 0, 9000, 9000)}, resolution_m=20.0)
    inland = shapely.difference(box(0, 0, 8900, 9000), box(7900, 0, 9000, 1000))
    board = drawn_layer("board", {"b": inland}, resolution_m=200.0)
    points = pd.concat([row_of(100, 7900, 4500, 95), postcodes((8950, 3000), (8950, 4000), (8950, 5000))])
    over = marked(district, board, blocks, points)
    assert over.table.loc[("d", REST), "width_m"] > 220
    assert over.table.loc[("d", REST), "artefact"]
    moved = pd.concat([row_of(100, 7900, 4500, 95), postcodes((8400, 500), (8450, 500), (8500, 500))])
    assert not marked(district, board, blocks, moved).table.loc[("d", REST), "artefact"]


def test_the_same_rule_holds_for_the_rests_of_the_right_layer(shores, blocks):
    district, board = shores
    points = pd.concat([row_of(100, 8000, 4500, 90), row_of(8900, 8950, 4500, 10)])
    over = marked(board, district, blocks, points)
    assert over.edge == {"d": pytest.approx(0.1)}
    assert relation(over) == {"b": Relation.COTERMINOUS}
    strict = marked(board, district, blocks, points, keep_artefacts=True)
    assert relation(strict) == {"b": Relation.NESTED}


def test_by_area_the_ground_of_the_wide_part_decides(shores, drawn_layer, blocks):
    assert relation(marked(*shores, blocks, weight=Weight.AREA)) == {"d": Relation.COTERMINOUS}
    far = drawn_layer("far", {"b": box(0, 0, 8000, 9000)}, resolution_m=200.0)
    assert relation(marked(shores[0], far, blocks, weight=Weight.AREA)) == {"d": Relation.PARTLY_COVERED}


def test_a_narrow_area_is_no_sliver_of_itself(drawn_layer, blocks):
    lanes = {str(n): box(100 * n, 0, 100 * n + 100, 5000) for n in range(6)}
    over = marked(
        drawn_layer("lanes", lanes, resolution_m=20.0),
        drawn_layer("town", {"t": box(0, 0, 600, 5000)}, resolution_m=200.0),
        blocks, weight=Weight.AREA,
    )  # fmt: skip
    assert not over.table["artefact"].any()
    assert set(relation(over).values()) == {Relation.NESTED}


def test_nothing_is_marked_where_the_resolution_is_not_known(drawn_layer, blocks):
    left = drawn_layer("left", {"w": box(0, 0, 5000, 5000), "e": box(5000, 0, 9000, 5000)}, resolution_m=None)
    right = drawn_layer("right", {"w": box(0, 0, 5050, 5000), "e": box(5050, 0, 9000, 5000)}, resolution_m=None)
    over = marked(left, right, blocks, weight=Weight.AREA)
    assert not over.table["artefact"].any()
    assert set(verdicts.reasons(over)) == {"resolution not known: taken as real"}


shifts = st.floats(-900, 900).filter(lambda metres: abs(metres) > 1)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shift=shifts, coast=st.floats(-300, 300))
def test_every_share_of_drawn_layers_is_accounted_for(drawn_layer, blocks, shift, coast):
    """Shares + rest - overlap = 1 on both sides, and a border moved by more than the drawings may differ is found."""
    left = drawn_layer("left", {"w": box(0, 0, 5000, 4000), "e": box(5000, 0, 9000, 4000)}, resolution_m=20.0)
    middle, edge = 5000 + shift, 9000 + coast
    right = drawn_layer("right", {"w": box(0, 0, middle, 4000), "e": box(middle, 0, edge, 4000)}, resolution_m=200.0)
    points = row_of(10, 8990, 2000, 400)
    for weight in (Weight.PEOPLE, Weight.AREA):
        over = marked(left, right, blocks, points, weight=weight)
        column = "left_area_share" if weight is Weight.AREA else "left_people_share"
        pairs = over.table[column][over.table.index.get_level_values("right") != REST].groupby("left").sum()
        whole = pairs + over.totals["rest_share"] - over.totals["overlap_share"]
        assert whole.to_numpy() == pytest.approx(np.ones(2), abs=1e-9)
        sliver = ("e", "w") if shift > 0 else ("w", "e")
        assert bool(over.table.at[sliver, "artefact"]) == (abs(shift) <= 220)
        assert not over.table["artefact"][[("w", "w"), ("e", "e")]].any()


def test_the_reverse_comparison_takes_over_what_was_cut(drawn_layer, blocks):
    left = drawn_layer("left", {"w": box(0, 0, 5000, 4000), "e": box(5000, 0, 9000, 4000)}, resolution_m=20.0)
    right = drawn_layer("right", {"a": box(100, 100, 5150, 4000), "b": box(5150, 0, 9100, 4000)}, resolution_m=20.0)
    points = row_of(10, 9090, 2000, 300)
    first = overlay.overlay(left, right, blocks=blocks, points=points)
    taken = overlay.overlay(right, left, blocks=blocks, points=points, reverse=first)
    fresh = overlay.overlay(right, left, blocks=blocks, points=points)
    pd.testing.assert_frame_equal(taken.table, fresh.table, rtol=1e-12)
    assert shapely.equals(taken.pieces.to_numpy(), fresh.pieces.to_numpy()).all()


# -------------------------------------------------------------------------------- files on shipped layers


@pytest.fixture
def districts(block_layer):
    """The toy's lower row as areas of blocks: E3 from 0 to 1 km, E4 from 1 to 2 km."""
    return block_layer("districts", {"E3": {"E3": 1}, "E4": {"E4": 1}})


def two_rows(border):
    """Postcodes of E3 west and of E4 east of 1 km, and what falls between there and a drawn border."""
    west, east = row_of(5, 995, 500, 100, block="E3"), row_of(1005, 1995, 500, 100, block="E4")
    assert ((east["x"] < EAST + border).sum() > 0) == (border > 1005)
    return pd.concat([west, east], ignore_index=True)


def test_postcodes_between_two_drawings_of_a_border_are_an_artefact(districts, drawn_layer, blocks):
    drawn = drawn_layer("drawn", {"w": box(0, 0, 1150, 1000), "e": box(1150, 0, 2000, 1000)}, resolution_m=200.0)
    for left, right, sliver in ((districts, drawn, ("E4", "w")), (drawn, districts, ("w", "E4"))):
        over = marked(left, right, blocks, two_rows(1150))
        assert over.table.at[sliver, "artefact"]
        assert over.table["artefact"].sum() == 1
        assert set(relation(over).values()) == {Relation.COTERMINOUS}
        assert verdicts.reasons(over)[sliver].startswith("its postcodes lie within the 200 m")


def test_postcodes_deep_beyond_a_drawn_border_are_real(districts, drawn_layer, blocks):
    drawn = drawn_layer("drawn", {"w": box(0, 0, 1600, 1000), "e": box(1600, 0, 2000, 1000)}, resolution_m=200.0)
    over = marked(districts, drawn, blocks, two_rows(1600))
    assert not over.table["artefact"].any()
    assert relation(over)["E4"] == Relation.STRADDLES


def test_postcodes_just_outside_a_drawn_coast_are_an_artefact(districts, drawn_layer, blocks):
    drawn = drawn_layer("drawn", {"w": box(0, 0, 1000, 1000), "e": box(1000, 0, 1850, 1000)}, resolution_m=200.0)
    over = marked(districts, drawn, blocks, two_rows(1000))
    assert over.table.at[("E4", REST), "artefact"]
    assert set(relation(over).values()) == {Relation.COTERMINOUS}
    short = drawn_layer("drawn", {"w": box(0, 0, 1000, 1000), "e": box(1000, 0, 1500, 1000)}, resolution_m=200.0)
    over = marked(districts, short, blocks, two_rows(1000))
    assert relation(over)["E4"] == Relation.PARTLY_COVERED


def test_one_postcode_with_a_wrong_label_does_not_make_a_sliver_real(districts, drawn_layer, blocks):
    drawn = drawn_layer("drawn", {"w": box(0, 0, 1150, 1000), "e": box(1150, 0, 2000, 1000)}, resolution_m=200.0)
    points = pd.concat([two_rows(1150), postcodes((500, 500), block="E4")], ignore_index=True)
    assert marked(districts, drawn, blocks, points).table.at[("E4", "w"), "artefact"]


def test_a_wedge_is_judged_by_all_of_its_postcodes(districts, drawn_layer, blocks):
    """The first postcodes of a row stand side by side in the file, and here near the border."""
    drawn = drawn_layer("drawn", {"w": box(0, 0, 1900, 1000), "e": box(1900, 0, 2000, 1000)}, resolution_m=200.0)
    west, east = row_of(5, 995, 500, 100, block="E3"), row_of(1995, 1005, 500, 400, block="E4")
    over = marked(districts, drawn, blocks, pd.concat([west, east], ignore_index=True))
    assert not over.table.at[("E4", "w"), "artefact"]


def test_the_outer_edge_of_a_drawing_is_an_edge_of_its_own(districts, drawn_layer, blocks):
    """Drawn 150 m over its own district into the next, which is no part of the file at all."""
    drawn = drawn_layer("drawn", {"w": box(0, 0, 1150, 1000)}, resolution_m=200.0)
    points = two_rows(1150)
    over = marked(districts, drawn, blocks, points)
    assert over.table.at[("E4", "w"), "artefact"]
    assert relation(over) == {"E3": Relation.COTERMINOUS, "E4": Relation.UNCOVERED}
    alone = replace(
        districts, parts=districts.parts[districts.parts["code"] == "E3"], areas=districts.areas.loc[["E3"]]
    )
    for left, right, row in ((drawn, alone, ("w", REST)), (alone, drawn, None)):
        over = marked(left, right, blocks, points)
        assert set(relation(over).values()) == {Relation.COTERMINOUS}
        assert row is None or over.table.at[row, "artefact"]


def test_a_drawn_area_without_postcodes_is_held_by_nobody_twice(districts, drawn_layer, blocks):
    drawn = drawn_layer("drawn", {"w": box(0, 0, 1000, 1000), "o": box(1200, 600, 1400, 800)}, resolution_m=20.0)
    over = marked(drawn, districts, blocks, two_rows(1000))
    assert over.totals["overlap_share"].to_dict() == {"o": 0.0, "w": 0.0}


# ------------------------------------------------------------------------------------------- real data


@pytest.fixture(scope="module")
def atlas():
    return Atlas(geometry=True)


def test_published_boards_against_districts(shared_data, atlas):
    truth = pd.read_parquet(shared_data / "lookup_lsoa21_icb24.parquet", columns=["lad", "icb24"]).dropna()
    wanted = {(lad, icb) for lad, icb in zip(truth["lad"], truth["icb24"], strict=True) if lad.startswith("E")}
    for left in (str(shared_data / "lad_2025.parquet"), "lad"):
        pair = comparing.compare(left, str(shared_data / "icb_2023.parquet"), atlas=atlas)
        real = pair.overlay.table.index[~pair.overlay.table["artefact"].to_numpy(dtype=bool)]
        assert {(one, two) for one, two in real if two != REST and one.startswith("E")} == wanted
        english = pair.relations["relation"][pair.relations.index.str.startswith("E")]
        counted = english.value_counts().to_dict()
        assert counted == {Relation.NESTED: 282, Relation.STRADDLES: 12, Relation.COTERMINOUS: 2}
        rests = pair.overlay.table.xs(REST, level="right")
        named = rests[rests["artefact"].to_numpy(dtype=bool) & (rests["left_people_share"] > 0.005)]
        assert len(named) >= 24
        assert named["people"].sum() > 50_000


def test_two_editions_of_the_districts(shared_data, atlas):
    old, new = str(shared_data / "lad_2024_bsc.parquet"), str(shared_data / "lad_2025.parquet")
    pair = comparing.compare(old, new, atlas=atlas)
    assert set(pair.relations["relation"]) == {Relation.COTERMINOUS}
    recoded = {"E08000016": "E08000038", "E08000019": "E08000039"}
    assert all(recoded.get(code, code) == best for code, best in pair.relations["best"].items())
    table = pair.overlay.table[~pair.overlay.table["artefact"].to_numpy(dtype=bool)]
    real = [(one, two) for one, two in table.index if two not in {REST, recoded.get(one, one)}]
    # In the sands: wider than the drawings may differ, and a hundredth of a per cent of either district.
    assert real == [("E07000121", "E06000064")]
    assert table.at[real[0], "width_m"] == pytest.approx(320, abs=10)
    assert table.loc[real[0], ["left_people_share", "right_people_share"]].max() < 0.0005
