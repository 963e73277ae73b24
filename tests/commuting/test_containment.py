"""Self-containment of given areas, their leaks, and the labour markets they cut."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from toy_audit import leads_alone

from geoplan.auditing.judging import leakage
from geoplan.commuting import containment, self_containment
from geoplan.commuting.atlas import Atlas
from geoplan.commuting.criteria import Criteria
from geoplan.errors import InputError
from geoplan.schema import REST, SET_ASIDE_COLUMNS, Flows, Severity

ZONES = pd.Index(["a", "b", "c", "d"])
SMALL = Criteria(min_size=10, min_containment=0.6, target_size=50, target_containment=0.75)


def flows_of(table: dict[tuple[str, str], float], zones: pd.Index = ZONES) -> Flows:
    index = pd.MultiIndex.from_tuples(sorted(table), names=["origin", "destination"])
    frame = pd.DataFrame({"workers": [float(table[pair]) for pair in index]}, index=index)
    return Flows(frame, zones, pd.DataFrame(columns=list(SET_ASIDE_COLUMNS)), "toy", "2021")


def members(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["zone", "area", "share"])


@pytest.fixture
def toy() -> Flows:
    """Two towns with a suburb each: a and b look to one another, c to d, and some of b's to d."""
    return flows_of({("a", "a"): 60, ("b", "a"): 30, ("b", "b"): 10, ("b", "d"): 10, ("c", "d"): 20, ("d", "d"): 50})


def test_scores_by_hand(toy):
    told = containment.contain(toy, members(("a", "X", 1), ("b", "X", 1), ("d", "Y", 1)), criteria=SMALL)
    x, y = told.areas.loc["X"], told.areas.loc["Y"]
    assert (x["size"], x["jobs"], x["live_and_work"]) == (110, 100, 100)
    assert (x["supply"], x["demand"], x["passes"]) == (pytest.approx(100 / 110), 1.0, True)
    assert (y["size"], y["jobs"], y["live_and_work"], y["supply"]) == (50, 80, 50, 1.0)
    assert y["demand"] == pytest.approx(50 / 80)
    leaks = told.leaks.set_index(["code", "direction", "other"])["workers"]
    assert leaks.to_dict() == {("X", "out", "Y"): 10, ("Y", "in", REST): 20, ("Y", "in", "X"): 10}
    assert told.apportioned == ()


def test_the_workers_of_a_split_zone_are_shared_and_named(toy):
    told = containment.contain(toy, members(("a", "X", 1), ("b", "X", 0.5), ("b", "Y", 0.5), ("d", "Y", 1)))
    assert told.apportioned == ("b",)
    between = told.between["workers"]
    # Of b's 30 to a half live in X; its own 10 stay on their side.
    assert between["X", "X"] == 60 + 15 + 5
    assert between["Y", "X"] == 15
    assert between["Y", "Y"] == 50 + 5 + 5


def test_an_area_with_a_part_of_unknown_size_is_not_assessed(toy):
    told = containment.contain(toy, members(("a", "X", 1), ("b", "X", np.nan), ("d", "Y", 1)))
    assert told.areas.loc["X"].isna().all()
    assert "X" not in set(told.leaks["code"])
    assert told.areas.loc["Y", "size"] == 50


def test_an_area_without_workers_has_no_shares():
    told = containment.contain(flows_of({("a", "b"): 5}), members(("a", "X", 1), ("b", "Y", 1), ("c", "Z", 1)))
    assert told.areas.loc["Y", ["size", "jobs"]].tolist() == [0, 5]
    assert told.areas["supply"].isna().tolist() == [False, True, True]
    assert told.areas["demand"].isna().tolist() == [True, False, True]


def test_an_area_of_which_flows_know_nobody_is_not_assessed():
    told = containment.contain(flows_of({("a", "a"): 5}), members(("a", "X", 1), ("b", "Y", 1)))
    assert told.areas.loc["Y"].isna().all()
    assert told.areas.loc["X"].notna().all()


def test_markets_are_cut_with_their_commuters(toy):
    markets = {"a": "M", "b": "M", "c": "N", "d": "N"}
    cut = containment.cut_markets(toy, markets, members(("a", "X", 1), ("b", "Y", 1), ("c", "Y", 1), ("d", "Y", 1)))
    assert list(cut.index) == ["M"]
    assert cut.at["M", "crossing"] == 30
    assert cut.at["M", "parts"] == (("X", 60.0), ("Y", 50.0))
    outside = containment.cut_markets(toy, markets, members(("a", "X", 1)))
    assert dict(outside.at["M", "parts"]) == {"X": 60.0, REST: 50.0}
    assert "N" not in outside.index


@st.composite
def problems(draw):
    zones = pd.Index([f"z{n}" for n in range(draw(st.integers(2, 6)))])
    pairs = list(itertools.product(zones, zones))
    amounts = draw(st.lists(st.integers(0, 20), min_size=len(pairs), max_size=len(pairs)))
    table = {pair: amount for pair, amount in zip(pairs, amounts, strict=True) if amount}
    table[(zones[0], zones[0])] = 1 + table.get((zones[0], zones[0]), 0)
    homes = draw(st.lists(st.sampled_from(["", "X", "Y", "half"]), min_size=len(zones), max_size=len(zones)))
    rows = []
    for zone, home in zip(zones, homes, strict=True):
        if home == "half":
            rows += [(zone, "X", 0.25), (zone, "Y", 0.75)]
        elif home:
            rows.append((zone, home, 1.0))
    markets = draw(st.lists(st.sampled_from(["M", "N"]), min_size=len(zones), max_size=len(zones)))
    return flows_of(table, zones), members(*rows, (zones[0], "Z", 0.0)), dict(zip(zones, markets, strict=True))


@settings(deadline=None, max_examples=150)
@given(problems(), st.randoms(use_true_random=False))
def test_the_matrix_is_that_of_a_plain_loop_and_loses_nobody(problem, lot):
    flows, parts, markets = problem
    share = {(row.zone, row.area): row.share for row in parts.itertuples()}
    areas = sorted(set(parts["area"]))
    rest = {zone: 1 - sum(share.get((zone, area), 0.0) for area in areas) for zone in flows.zones}
    held = {**share, **{(zone, REST): rest[zone] for zone in flows.zones}}
    expected = {}
    for (origin, destination), workers in flows.table["workers"].items():
        for one, two in itertools.product([*areas, REST], repeat=2):
            part = held.get((origin, one), 0.0) * held.get((destination, two), 0.0)
            if origin == destination:
                part = held.get((origin, one), 0.0) if one == two else 0.0
            expected[one, two] = expected.get((one, two), 0.0) + part * workers
    told = containment.contain(flows, parts.sample(frac=1, random_state=lot.randrange(1000)))
    found = told.between["workers"]
    assert {k: pytest.approx(v) for k, v in expected.items() if v > 1e-9} == found.to_dict()
    assert found.sum() == pytest.approx(flows.workers)
    out = told.leaks[told.leaks["direction"] == "out"].groupby("code")["workers"].sum()
    assert (told.areas["size"] - told.areas["live_and_work"]).sum() == pytest.approx(out.sum(), abs=1e-6)

    crossing = {}
    for (origin, destination), workers in flows.table["workers"].items():
        if markets[origin] == markets[destination] and origin != destination:
            same = sum(held.get((origin, a), 0.0) * held.get((destination, a), 0.0) for a in [*areas, REST])
            crossing[markets[origin]] = crossing.get(markets[origin], 0.0) + workers * (1 - same)
    cut = containment.cut_markets(flows, markets, parts)
    for market, row in cut.iterrows():
        assert row["crossing"] == pytest.approx(crossing.get(market, 0.0), abs=1e-9)
        assert sum(amount for _, amount in row["parts"]) == pytest.approx(row["residents"], rel=0.02)


@settings(deadline=None, max_examples=60)
@given(problems())
def test_merging_areas_never_loosens_them(problem):
    flows, parts, _ = problem
    whole = parts[parts["share"] == 1.0]
    apart = containment.contain(flows, whole, codes=pd.Index(["X", "Y"])).areas
    merged = containment.contain(flows, whole.assign(area="X"), codes=pd.Index(["X"])).areas
    assume(merged["size"].notna().all())
    assert merged.at["X", "live_and_work"] >= apart["live_and_work"].sum() - 1e-9
    for side in ("supply", "demand"):
        assert not merged.at["X", side] < apart[side].min() - 1e-12


# ------------------------------------------------------------------------------------------ what ships


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas()


def test_every_worker_of_the_shipped_layers_is_somewhere(atlas):
    told = self_containment.containment("connect_to_work", atlas=atlas)
    assert told.found.between["workers"].sum() == pytest.approx(atlas.flows.workers)
    assert told.found.areas["passes"].sum() > 20
    assert not told.found.areas.at["ctw-central-london", "passes"]


def test_findings_say_that_flows_are_modelled_and_only_inform(atlas):
    found = leakage.from_containment(self_containment.containment("connect_to_work", atlas=atlas))
    assert {finding.rule for finding in found} == {"GP501", "GP502", "GP503"}
    assert all("Modelled commuting" in finding.message for finding in found)
    assert {finding.severity for finding in found} == {Severity.INFO}
    assert all(map(leads_alone, found))
    assert len({finding.id for finding in found}) == len(found)
    central = next(f for f in found if f.rule == "GP501" and f.name == "Central London Forward")
    assert central.unit == "workers"
    assert central.value > 1_000_000


def test_a_drawing_takes_its_authorities_by_postcode(atlas, shared_data):
    told = self_containment.containment(str(shared_data / "cauth_2025.parquet"), atlas=atlas)
    shipped = self_containment.containment("combined_authority", atlas=atlas)
    assert told.estimated
    for code in ("E47000001", "E47000003", "E47000002"):
        for measure in ("size", "jobs", "supply"):
            assert told.found.areas.at[code, measure] == pytest.approx(shipped.found.areas.at[code, measure], rel=0.01)


def test_counted_flows_warn_and_are_named(shared_data):
    atlas = Atlas(flows=str(shared_data / "flows_lad25_2011_uk.parquet"))
    told = self_containment.containment("icb_2026", atlas=atlas)
    found = leakage.from_containment(told)
    failing = [finding for finding in found if finding.rule == "GP501"]
    assert failing
    assert {finding.severity for finding in failing} == {Severity.WARNING}
    assert all("flows_lad25_2011_uk.parquet" in finding.message for finding in found)
    assert atlas.layer("labour_market").title == "Labour market areas (flows_lad25_2011_uk.parquet)"
    assert {"E09000001", "E06000053"} <= set(atlas.layer("labour_market").parts["block"].str[:9])


def test_zones_that_do_not_meet_the_layer_are_refused(toy, atlas):
    with pytest.raises(InputError, match="holds none of the zones"):
        containment.membership_of(atlas.layer("lhb"), atlas.blocks, toy.zones)


def test_an_area_whose_zones_flows_count_elsewhere_is_not_assessed():
    """The City of London stands with Westminster in the census: its police area has no workers of its own."""
    told = self_containment.containment("police_force")
    assert told.found.areas.loc["E23000034"].isna().all()
    assert not [finding for finding in leakage.from_containment(told) if finding.code == "E23000034"]


def test_countries_that_flows_know_nothing_of_are_named_and_their_areas_not_assessed():
    zones = pd.Index(["E06000001", "E06000002", "N09000001", "S12000033", "W06000001"])
    flows = flows_of({("E06000001", "E06000001"): 60, ("W06000001", "E06000001"): 10}, zones)
    said = "There are no flows of Scotland, Northern Ireland and 1 zone (E06000002) in toy 2021: "
    assert flows.silence == f"{said}commuting there is not assessed."
    heard = flows_of({("a", "b"): 1, ("c", "d"): 2})
    assert not heard.silence
    found = containment.contain(flows, members(("E06000001", "X", 1), ("S12000033", "Y", 1)))
    assert found.areas["size"].isna().to_dict() == {"X": False, "Y": True}


def test_an_audit_says_once_of_each_layer_which_countries_flows_know_nothing_of():
    atlas = Atlas()
    zones = atlas.authorities.table.index
    english = {(code, code): 10.0 for code in zones if code.startswith("E")}
    told = replace(self_containment.contained(atlas.layer("country"), atlas), flows=flows_of(english, zones))
    scores = containment.contain(
        told.flows, containment.membership_of(told.layer, atlas.blocks, zones), codes=told.layer.areas.index
    )
    found = leakage.from_containment(replace(told, found=scores, cut=pd.DataFrame()))
    silent = [one for one in found if one.rule == "GP901"]
    assert [(one.severity, one.layer) for one in silent] == [(Severity.INFO, "country")]
    assert silent[0].message.startswith("There are no flows of Wales, Scotland and Northern Ireland in toy 2021")
    assert silent[0].other_codes == ("N92000002", "S92000003", "W92000004")
