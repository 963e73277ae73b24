"""Towns are placed where postcodes crowd and ranked so that each rank spreads."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.data.shipped.town_building import FIRST, SPACING, TOWN_COLUMNS, place_towns, ranked_towns
from geoplan.errors import InputError


def postcodes(rows):
    return pd.DataFrame(rows, columns=["postcode", "lad", "x", "y"])


def town(name, anchor):
    return pd.DataFrame([(name, anchor)], columns=["name", "anchor"])


VILLAGE = [(f"AB1 2{letter}A", "S1", 10_000 + step, 50_000) for step, letter in enumerate("ABCDEF")]
CENTRE = [(f"AB1 1{letter}A", "S2", 20_000 + 50 * step, 60_000) for step, letter in enumerate("ABCDEFGHJ")]
"""Ends 400 m from its first point, so that the circle about each end holds all of it."""


def test_a_town_stands_where_the_points_of_its_district_crowd_and_in_the_country_of_the_nearest():
    placed = place_towns(town("Town", "AB1"), postcodes(VILLAGE + CENTRE))
    assert placed[["x", "y", "country"]].to_numpy().tolist() == [[20_200, 60_000, "S"]]


def test_a_sector_narrows_a_district():
    placed = place_towns(town("Village", "AB1 2"), postcodes(VILLAGE + CENTRE))
    assert placed["x"].tolist() == [10_002]


def test_a_sorting_office_full_of_postcodes_counts_as_one_point():
    office = [(f"AB1 9{first}{second}", "S1", 90_000, 90_000) for first in "ABCDE" for second in "ABCDE"]
    assert place_towns(town("Town", "AB1"), postcodes(CENTRE + office))["x"].tolist() == [20_200]


def test_postcodes_count_for_the_nearest_town_within_ten_kilometres():
    far = [("ZZ1 1AA", "S1", 31_000, 60_000)]
    towns = pd.concat([town("Town", "AB1 1"), town("Village", "AB1 2")], ignore_index=True)
    assert place_towns(towns, postcodes(VILLAGE + CENTRE + far))["postcodes"].tolist() == [9, 6]


def test_an_anchor_without_postcodes_is_refused_by_name():
    with pytest.raises(InputError, match="ZZ9"):
        place_towns(town("Nowhere", "ZZ9"), postcodes(CENTRE))


def placed_towns(points):
    xy = np.array([(x, y) for x, y, _ in points])
    names = [f"Town {number:03}" for number in range(len(points))]
    return pd.DataFrame(
        {
            "name": names,
            "anchor": "AB1",
            "x": xy[:, 0] * 1_000,
            "y": xy[:, 1] * 1_000,
            "country": "E",
            "postcodes": [size for _, _, size in points],
        }
    )


@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.integers(0, 200), st.integers(0, 12_000)),
        min_size=1,
        max_size=40,
        unique_by=lambda point: point[:2],
    )
)
@settings(max_examples=50, deadline=None)
def test_towns_of_a_rank_have_room_and_no_town_is_lost(points):
    ranked = ranked_towns(placed_towns(points))
    assert list(ranked.columns) == list(TOWN_COLUMNS)
    assert sorted(ranked["name"]) == [f"Town {number:03}" for number in range(len(points))]
    for rank, ways in SPACING.items():
        near = ranked[ranked["rank"] <= rank]
        xy = near[["x", "y"]].to_numpy(dtype=float)
        gaps = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))[np.triu_indices(len(xy), 1)]
        # A town of a better rank may stand closer to another of a better rank, never closer than the least room.
        assert (gaps >= min(spacing for spacing, _ in ways)).all()


def test_capitals_come_first_whatever_their_size_and_the_larger_of_two_neighbours_ranks_before():
    towns = placed_towns([(0, 0, 100), (100, 100, 9_000), (105, 100, 8_500)])
    towns[["name", "country"]] = [FIRST[0], ("Large", "E"), ("Beside", "E")]
    assert list(ranked_towns(towns)[["name", "rank"]].itertuples(index=False, name=None)) == [
        ("London", 1),
        ("Large", 2),
        ("Beside", 5),
    ]
