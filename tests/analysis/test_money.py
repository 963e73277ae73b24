"""Money per head and over overlaps: by hand, conserved, and not assessed where people are not known."""

import csv
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy_audit import compared

from geoplan.analysis.money import per_head, spread
from geoplan.auditing import comparing
from geoplan.commuting.atlas import Atlas
from geoplan.data.shipped.package_data import shipped_path
from geoplan.schema import REST, Weight
from geoplan.schema.money import MONEY_COLUMNS

RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BLOCKS = ["E1.a", "E1.b", "E2", "E3", "E4", "W1"]
SOUTH_MIDLANDS = ("E06000055", "E06000056", "E06000032", "E06000042", "E06000061", "E06000062")
"""Bedford, Central Bedfordshire, Luton, Milton Keynes, North and West Northamptonshire."""
groupings = st.lists(st.sampled_from(["p", "q", "r", ""]), min_size=6, max_size=6).filter(any)


OUT_OF_WORK = dict(zip(BLOCKS, [10.0, 10.0, 30.0, 10.0, 40.0, np.nan], strict=True))


def funded(layer, out_of_work=OUT_OF_WORK, **amounts):
    """Give areas of a layer money, code -> pounds in all, and the people out of work of their blocks."""
    layer.areas["out_of_work"] = 0.0
    for part in layer.parts.itertuples():
        layer.areas.loc[part.code, "out_of_work"] += part.share * out_of_work[part.block]
    areas = layer.areas.assign(**dict.fromkeys(MONEY_COLUMNS, ""))
    for name in ("amount_total", "amount_per_year", "places"):
        areas[name] = np.nan
    for code, pounds in amounts.items():
        areas.loc[code, "amount_total"] = pounds
    layer.areas[list(MONEY_COLUMNS)] = areas[list(MONEY_COLUMNS)]
    return layer


@pytest.fixture
def needy(blocks):
    """The toy blocks, with people out of work, of whom nobody knows in Wales."""
    return blocks.assign(out_of_work=blocks.index.map(OUT_OF_WORK))


def test_money_goes_with_people_of_working_age_and_by_need_with_people_out_of_work(block_layer, needy):
    left = funded(block_layer("left", {"a": {"E1.a": 1, "E1.b": 1, "E2": 1}, "b": {"E3": 1}}), a=600.0)
    right = block_layer("right", {"x": {"E1.a": 1, "E3": 1}, "y": {"E1.b": 1, "E4": 1}})
    pair = compared(left, right, needy)
    found = pair.money.loc["a"]
    # Of 600 people aged alike 100 are in x, 200 in y and 300 in none; of 50 out of work 10, 10 and 30.
    assert found["estimated_total"].to_dict() == pytest.approx({REST: 300, "x": 100, "y": 200})
    assert found["estimated_total_by_need"].to_dict() == pytest.approx({REST: 360, "x": 120, "y": 120})
    assert found["working_age"].to_dict() == pytest.approx({REST: 180, "x": 60, "y": 120})
    assert found["out_of_work"].to_dict() == pytest.approx({REST: 30, "x": 10, "y": 10})
    assert list(pair.money.index.unique("left")) == ["a"], "nothing is known of b"


def test_amounts_in_all_and_a_year_are_never_made_of_one_another(block_layer, needy):
    left = funded(block_layer("left", {"a": {"E1.a": 1, "E2": 1}, "b": {"E3": 1}}), a=600.0)
    left.areas.loc["b", ["amount_per_year", "places"]] = [40.0, 8.0]
    pair = compared(left, block_layer("right", {"x": {"E1.a": 1, "E3": 1}}), needy)
    assert pair.money["estimated_per_year"].loc["a"].isna().all()
    assert pair.money["estimated_total"].loc["b"].isna().all()
    assert pair.money.loc[("b", "x"), ["estimated_per_year", "estimated_places"]].tolist() == [40, 8]
    told = per_head(left)
    assert told.loc["b", ["total_per_working_age", "total_per_out_of_work"]].isna().all()
    assert told.at["b", "per_year_per_out_of_work"] == 4.0
    assert told.at["b", "places_per_1000_out_of_work"] == 800.0
    assert told.at["a", "total_per_working_age"] == pytest.approx(600 / (400 * 0.6))


def test_where_nobody_counts_people_out_of_work_need_is_not_assessed(block_layer, needy):
    left = funded(block_layer("left", {"a": {"E4": 1, "W1": 1}, "b": {"E2": 1}}), a=1100.0, b=30.0)
    pair = compared(left, block_layer("right", {"x": {"E4": 1, "E2": 1}}), needy)
    assert pair.money["estimated_total"].loc["a"].to_dict() == pytest.approx({REST: 600, "x": 500})
    assert pair.money["estimated_total_by_need"].loc["a"].isna().all()
    assert pair.money.at[("b", "x"), "estimated_total_by_need"] == 30
    assert math.isnan(per_head(left).at["a", "total_per_out_of_work"])


def test_parts_of_unknown_size_are_not_assessed(block_layer, needy):
    # Of x only an unknown part of E2 belongs: neither it nor what is left over can be told.
    left = funded(block_layer("left", {"a": {"E1.a": 1, "E2": 1}, "b": {"E3": None}}), a=400.0, b=50.0)
    pair = compared(left, block_layer("right", {"x": {"E2": None}, "y": {"E1.a": 1, "E3": 1}}), needy)
    assert pair.money.at[("a", "y"), "estimated_total"] == pytest.approx(100)
    assert pair.money["estimated_total"].loc[[("a", "x"), ("a", REST)]].isna().all()
    assert pair.money.loc["b"].isna().all(axis=None)
    assert math.isnan(per_head(left).at["b", "total_per_working_age"])


def test_a_drawn_layer_is_weighed_by_its_postcodes(block_layer, drawn_layer, blocks, points):
    left = funded(block_layer("left", {"a": {"E3": 1, "E4": 1}}), blocks["people"] / 10, a=900.0)
    west = blocks["geometry"].loc[["E1.a", "E3"]].union_all()
    right = drawn_layer("right", {"w": west})
    from geoplan.analysis import overlay

    needy = blocks.assign(out_of_work=blocks["people"] / 10)
    over = overlay.overlay(left, right, blocks=needy, points=points)
    found = spread(left, right, over, needy, points).loc["a"]
    assert found["estimated_total"].to_dict() == pytest.approx({REST: 500, "w": 400})
    assert found["estimated_total_by_need"].to_dict() == pytest.approx({REST: 500, "w": 400})


@given(mine=groupings, theirs=groupings, pounds=st.floats(1, 1e9))
@RELAXED
def test_pieces_and_rest_sum_to_the_amount(mine, theirs, pounds, block_layer, needy):
    known = needy.assign(out_of_work=needy["out_of_work"].fillna(5.0))
    layers = []
    for key, grouping in (("left", mine), ("right", theirs)):
        members = {}
        for block, area in zip(BLOCKS, grouping, strict=True):
            if area:
                members.setdefault(area, {})[block] = 1
        layers.append(block_layer(key, members))
    left = funded(layers[0], known["out_of_work"], **dict.fromkeys(layers[0].areas.index, pounds))
    pair = compared(left, layers[1], known)
    for name in ("estimated_total", "estimated_total_by_need"):
        assert pair.money[name].groupby(level="left").sum().to_numpy() == pytest.approx(pounds)
        assert (pair.money[name] >= 0).all()


def test_nothing_is_told_of_layers_without_money(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1}})
    assert compared(left, block_layer("right", {"x": {"E1.a": 1}}), blocks).money is None
    assert per_head(left).empty


def shipped(name, column):
    with shipped_path(name).open(encoding="utf-8", newline="") as stream:
        return {row["block"]: float(row[column] or "nan") for row in csv.DictReader(stream)}


@pytest.fixture(scope="module")
def connect_to_work():
    return Atlas()


def test_south_midlands_by_hand(connect_to_work):
    out_of_work, working_age = shipped("need_blocks.csv", "employment_deprived"), shipped("blocks.csv", "working_age")
    out, able = (sum(each[lad] for lad in SOUTH_MIDLANDS) for each in (out_of_work, working_age))
    assert (out, able) == (125_800, 1_179_631)
    told = per_head(connect_to_work.layer("connect_to_work")).loc["ctw-south-midlands"]
    assert told["amount_total"] == 32_000_000
    assert told["total_per_out_of_work"] == pytest.approx(32_000_000 / 125_800)
    assert told["total_per_working_age"] == pytest.approx(32_000_000 / 1_179_631)
    # Four of the six councils are in Central East, the two of Northamptonshire in the board of that name.
    pair = comparing.compare("connect_to_work", "icb_2026", atlas=connect_to_work)
    north = sum(working_age[lad] for lad in SOUTH_MIDLANDS[4:])
    pieces = pair.money.loc["ctw-south-midlands"].rename(index=pair.overlay.right.name)
    assert pieces.at["Northamptonshire", "estimated_total"] == pytest.approx(32e6 * north / able)
    needy = sum(out_of_work[lad] for lad in SOUTH_MIDLANDS[:4])
    assert pieces.at["Central East", "estimated_total_by_need"] == pytest.approx(32e6 * needy / out)


def test_twenty_eight_areas_have_a_grant_and_five_know_their_starts(connect_to_work):
    layer = connect_to_work.layer("connect_to_work")
    areas = layer.areas
    assert int(areas[["amount_total", "amount_per_year"]].notna().any(axis=1).sum()) == 28
    places = areas["places"].dropna().to_dict()
    assert places == {
        "ctw-marches": 2650, "ctw-mid-wales": 1000, "ctw-north-wales": 3550, "ctw-solent": 3600,
        "ctw-south-west-wales": 3850,
    }  # fmt: skip
    assert areas["amount_per_year"].dropna().to_dict() == {"ctw-liverpool-city-region": 14_000_000}
    assert areas.at["ctw-central-london", "amount_note"] == "up to"
    assert (areas["amount_source"][areas["amount_total"].notna()] != "").all()
    told = per_head(layer)
    assert told["total_per_out_of_work"].isna().sum() == 4, "three in Wales, and one that knows pounds a year only"


@pytest.mark.parametrize("weight", [Weight.PEOPLE, Weight.WORKING_AGE, Weight.AREA])
def test_what_is_counted_elsewhere_changes_no_money(connect_to_work, weight):
    pair = comparing.compare("connect_to_work", "icb_2026", atlas=connect_to_work, weight=weight)
    known = pair.overlay.left.areas["amount_total"].dropna()
    sums = pair.money["estimated_total"].groupby(level="left").sum(min_count=1).dropna()
    assert sums.to_numpy() == pytest.approx(known[sums.index].to_numpy())
    assert len(sums) == 27
    assert isinstance(pair.money.index, pd.MultiIndex)
