"""The way between zones by land, bridge and ferry, and the model that goes it."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.commuting import flows
from geoplan.commuting.atlas import Atlas
from geoplan.commuting.containment import contain, membership_of
from geoplan.commuting.flow_tables import odtable
from geoplan.commuting.model import certainty, gravity, travel
from geoplan.data.shipped import package_data
from geoplan.data.tables import tables
from geoplan.schema import Flows

ESTUARY = {"W": (0, 20), "N": (0, 40), "H": (20, 60), "P": (40, 40), "E": (40, 20), "I": (20, 0)}
"""Kilometres: an estuary open to the south, W and N on its left, H at its head, P and E on its right, an island I."""
LAND = [("W", "N", "land"), ("N", "H", "land"), ("H", "P", "land"), ("P", "E", "land")]
STEP = np.hypot(20, 20)


def centres_of(places: dict[str, tuple[float, float]]) -> pd.DataFrame:
    rows = [(zone, 1000 * x, 1000 * y) for zone, (x, y) in places.items()]
    return pd.DataFrame(rows, columns=["zone", "x", "y"])


def joins_of(*pairs: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(pairs), columns=["zone", "other", "kind"])


def ways(*more: tuple[str, str, str]) -> pd.DataFrame:
    km, _ = travel.distances(centres_of(ESTUARY), joins_of(*LAND, *more))
    return pd.DataFrame(km, index=list(ESTUARY), columns=list(ESTUARY))


def test_without_joins_the_crow_flies():
    km, straight = travel.distances(centres_of(ESTUARY))
    np.testing.assert_array_equal(km, straight)
    assert km[0, 4] == pytest.approx(40)


def test_the_way_goes_round_the_estuary():
    assert ways().loc["W", "E"] == pytest.approx(20 + 2 * STEP + 20)
    assert ways().loc["W", "N"] == pytest.approx(20)


def test_a_bridge_shortens_it_and_costs_a_toll():
    assert ways(("W", "E", "bridge")).loc["W", "E"] == pytest.approx(40 + travel.CROSSING_KM)
    assert ways(("E", "W", "tunnel")).loc["E", "W"] == pytest.approx(40 + travel.CROSSING_KM)
    assert ways(("W", "E", "bridge")).loc["N", "P"] == pytest.approx(2 * STEP)


def test_a_ferry_costs_more_and_what_nothing_joins_counts_as_the_reach():
    alone, sailed = ways(), ways(("W", "I", "ferry"))
    assert alone.loc["W", "I"] == travel.REACH_KM
    assert sailed.loc["W", "I"] == pytest.approx(STEP + travel.FERRY_KM)
    assert sailed.loc["N", "I"] == pytest.approx(20 + STEP + travel.FERRY_KM)


def test_beyond_the_reach_the_crow_flies():
    far = centres_of({"A": (0, 0), "B": (300, 0)})
    assert travel.distances(far, joins_of())[0][0, 1] == pytest.approx(300)


def test_near_centres_of_zones_that_share_a_neighbour_are_joined_straight():
    around = {"A": (0, 0), "B": (4, 9), "C": (8, 0), "D": (12, 0)}
    near = joins_of(("A", "B", "land"), ("B", "C", "land"), ("B", "D", "land"))
    km, _ = travel.distances(centres_of(around), near)
    assert km[0, 2] == pytest.approx(8)
    assert km[0, 3] == pytest.approx(12)
    parted, _ = travel.distances(centres_of(around), pd.concat([near, joins_of(("A", "C", "bridge"))]))
    assert parted[0, 2] == pytest.approx(8 + travel.CROSSING_KM)
    assert travel.NEAR_KM < 12


def test_the_order_of_centres_and_of_pairs_changes_nothing():
    middles = centres_of({"A": (0, 0), "B": (30, 40), "C": (60, 0)})
    middles = pd.concat([middles, centres_of({"A": (5, 0), "B": (30, 45)})], ignore_index=True)
    pairs = joins_of(("A", "B", "land"), ("B", "C", "land"))
    first, _ = travel.distances(middles, pairs)
    order = [4, 2, 0, 3, 1]
    again, _ = travel.distances(middles.iloc[order], pairs.iloc[::-1, [1, 0, 2]].set_axis(pairs.columns, axis=1))
    np.testing.assert_allclose(again, first[np.ix_(order, order)], rtol=1e-12)


def oracle(places: dict[str, tuple[float, float]], pairs: list[tuple[str, str, str]]) -> dict[tuple[str, str], float]:
    """Go every way, step by step (Floyd and Warshall)."""
    apart = {(a, b): float(np.hypot(*np.subtract(places[a], places[b]))) for a in places for b in places}
    found: dict[tuple[str, str], float] = defaultdict(lambda: np.inf, {(a, a): 0.0 for a in places})
    beside, joined = defaultdict(set), set()
    for one, other, kind in pairs:
        toll = {"bridge": travel.CROSSING_KM, "ferry": travel.FERRY_KM}.get(kind, 0.0)
        for a, b in ((one, other), (other, one)):
            joined.add((a, b))
            found[a, b] = min(found[a, b], apart[a, b] + toll)
            if not toll:
                beside[a].add(b)
    for a in places:
        for b in places:
            if a != b and beside[a] & beside[b] and (a, b) not in joined and apart[a, b] <= travel.NEAR_KM:
                found[a, b] = apart[a, b]
    for middle in places:
        for a in places:
            for b in places:
                found[a, b] = min(found[a, b], found[a, middle] + found[middle, b])
    return {ends: max(apart[ends], min(found[ends], travel.REACH_KM)) for ends in apart}


PLACES = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), min_size=2, max_size=7, unique=True)
KINDS = st.sampled_from(["land", "bridge", "ferry"])


@st.composite
def countries(draw: st.DrawFn) -> tuple[dict[str, tuple[int, int]], list[tuple[str, str, str]]]:
    places = dict(zip("ABCDEFG", draw(PLACES), strict=False))
    place = st.sampled_from(sorted(places))
    ends = st.tuples(place, place).filter(lambda two: two[0] < two[1])
    pairs = draw(st.lists(ends, max_size=9, unique=True))
    return places, [(*pair, draw(KINDS)) for pair in pairs]


@settings(max_examples=60, deadline=None)
@given(countries())
def test_distances_are_those_of_an_oracle_and_a_metric(country):
    places, pairs = country
    km, straight = travel.distances(centres_of(places), joins_of(*pairs))
    names = list(places)
    wanted = oracle(places, pairs)
    np.testing.assert_allclose(km, [[wanted[a, b] for b in names] for a in names], atol=1e-5)
    np.testing.assert_allclose(km, km.T, rtol=1e-12)
    assert (km >= straight).all()
    assert (km[:, None, :] <= km[:, :, None] + km.T[None, :, :] + 1e-5).all()


@settings(max_examples=60, deadline=None)
@given(countries(), st.data())
def test_one_more_crossing_lengthens_no_way(country, data):
    places, pairs = country
    land: dict[str, set[str]] = defaultdict(set)
    for one, other, kind in pairs:
        if kind == "land":
            land[one].add(other)
            land[other].add(one)
    free = [(a, b) for a in places for b in places if a < b and not land[a] & land[b]]
    free = [ends for ends in free if ends not in {pair[:2] for pair in pairs}]
    if not free:
        return
    more = (*data.draw(st.sampled_from(free)), data.draw(st.sampled_from(["bridge", "ferry"])))
    before, after = (travel.distances(centres_of(places), joins_of(*found))[0] for found in (pairs, [*pairs, more]))
    assert (after <= before + 1e-9).all()


# What is weak


def test_water_lies_round_the_estuary_and_under_a_bridge_but_not_between_neighbours():
    zones = pd.Index(sorted(ESTUARY))
    joins = joins_of(*LAND, ("W", "E", "bridge"), ("W", "I", "ferry"))
    km, straight = travel.distances(centres_of(ESTUARY).sort_values("zone"), joins)
    found = pd.DataFrame(travel.barred(zones, km, straight, joins), index=zones, columns=zones)
    assert found.loc["W", "E"]
    assert found.loc["W", "I"]
    assert found.loc["I", "N"]
    assert not found.loc["N", "H"]
    assert not found.loc["N", "P"], "they share a neighbour"
    assert (found == found.T).all(axis=None)
    assert not np.diag(found).any()


def test_a_national_border_is_told_by_the_codes():
    zones = pd.Index(["E06000001", "E06000002", "W06000001"])
    near = np.ones((3, 3))
    wanted = [[False, False, True], [False, False, True], [True, True, False]]
    assert travel.barred(zones, near, near).tolist() == wanted


def test_rivals_are_those_that_the_error_could_make_the_largest():
    off = dict(certainty.ERRORS)[10_000.0]
    edge = 20_000 * np.exp(-np.hypot(off, off))
    assert certainty.rivals(np.array([20_000, edge * 1.01, 500])).tolist() == [True, True, False]
    assert certainty.rivals(np.array([20_000, edge * 0.99, 500])).tolist() == [False, False, False]
    assert certainty.rivals(np.array([7.0])).tolist() == [False]
    assert certainty.rivals(np.array([])).tolist() == []


# The model goes round water


def test_fewer_go_round_the_estuary_and_all_totals_are_kept():
    zones = sorted(set(ESTUARY) - {"I"})
    totals = pd.DataFrame(dict(zip(gravity.TOTALS, (100.0, 100.0, 40.0), strict=True)), index=zones)
    middles = centres_of({zone: ESTUARY[zone] for zone in zones})
    crow, dry, bridged = (
        gravity.modelled(totals, middles, joins=joins)
        for joins in (None, joins_of(*LAND), joins_of(*LAND, ("W", "E", "bridge")))
    )
    sent = [found.table["workers"][("W", "E")] for found in (dry, bridged, crow)]
    assert sent == sorted(sent)
    assert sent[0] < sent[1] < sent[2]
    for found in (crow, dry, bridged):
        np.testing.assert_allclose(found.residents, 100, rtol=1e-9)
        np.testing.assert_allclose(found.jobs, 100, rtol=1e-9)
        assert (found.live_and_work == 40).all()
    assert bridged.table["weak"][("W", "E")]
    assert not bridged.table["weak"][("W", "N")]
    assert not crow.table["weak"].any()


# Real data


@pytest.fixture(scope="module")
def census(shared_data) -> Flows:
    raw = tables.read_flows(shared_data / "flows_lad25_2011_uk.parquet")
    zones = pd.Index(package_data.shipped_table("authorities.csv")["lad_code"])
    return odtable.commuting(raw, year="2011", kind="census", zones=zones)


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas()


def between(table: Flows, atlas: Atlas, layer: str = "connect_to_work") -> pd.Series:
    membership = membership_of(atlas.layer(layer), atlas.blocks, table.zones)
    return contain(table, membership).between["workers"]


def test_the_model_has_in_common_with_the_census_what_is_written(census, atlas):
    assert flows.common_part(census, atlas.flows) == pytest.approx(0.9322, abs=5e-5)
    assert flows.common_part(census, atlas.flows, off_diagonal=True) == pytest.approx(0.8509, abs=5e-5)


def test_the_severn_lies_between_south_wales_and_the_west_of_england(census, atlas):
    wales, england = "ctw-south-east-wales", "ctw-west-of-england"
    counted, modelled = between(census, atlas), between(atlas.flows, atlas)
    pairs = [(wales, england), (england, wales), (wales, "ctw-somerset"), (wales, "ctw-south-west-wales")]
    assert [round(counted[pair]) for pair in pairs] == [9_535, 2_553, 345, 11_705]
    assert [round(modelled[pair]) for pair in pairs] == [12_435, 2_087, 1_038, 9_816]


def test_flows_over_the_tyne_are_those_of_the_census(census, atlas):
    for pair in (("E08000037", "E08000021"), ("E08000021", "E08000037"), ("E08000015", "E08000012")):
        assert atlas.flows.table["workers"][pair] == pytest.approx(census.table["workers"][pair], rel=0.1)


def test_inland_hardly_anything_is_further():
    middles = package_data.shipped_table("centres.csv")
    km, straight = travel.distances(middles.astype({"x": float, "y": float}), package_data.shipped_joins())
    midlands = middles["lad_code"].isin(["E08000025", "E08000026", "E07000218", "E07000220", "E07000193"]).to_numpy()
    inside = np.ix_(midlands, midlands)
    apart = straight[inside] > 5
    assert np.median((km[inside] / np.maximum(straight[inside], 1e-9))[apart]) < 1.03


def test_the_errors_are_those_measured(census, atlas):
    wrong = []
    for layer in ("connect_to_work", "utla", "icb_2026", "police_force"):
        ours, theirs = between(atlas.flows, atlas, layer), between(census, atlas, layer)
        table = pd.DataFrame({"model": ours, "census": theirs.reindex(ours.index, fill_value=0.0)}).reset_index()
        placed = (table[["origin", "destination"]] != "").all(axis=1)
        table = table[placed & (table["origin"] != table["destination"])]
        largest = table.sort_values("model", ascending=False).groupby("origin").head(8)
        wrong.append(largest[largest["model"] >= 100])
    told = pd.concat(wrong)
    off = np.abs(np.log(told["model"] / told["census"].clip(lower=1)))
    for (least, error), (beyond, _) in zip(certainty.ERRORS, [*certainty.ERRORS[1:], (np.inf, 0)], strict=True):
        size = (told["model"] >= least) & (told["model"] < beyond)
        assert off[size].quantile(certainty.QUANTILE) == pytest.approx(error, abs=0.01)


def test_where_a_largest_leak_is_named_the_census_names_the_same(census, atlas):
    ours, theirs = between(atlas.flows, atlas), between(census, atlas)
    clear = 0
    for code, group in ours.drop("", level="origin").groupby("origin"):
        sent = group[[end for end in group.index if end[1] not in {code, ""}]].sort_values(ascending=False)
        if not certainty.rivals(sent.to_numpy()).any():
            clear += 1
            counted = theirs[theirs.index.isin(sent.index)]
            assert counted.idxmax() == sent.index[0], code
    assert clear == 33
