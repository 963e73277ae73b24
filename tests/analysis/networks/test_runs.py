"""Runs of units that touch: against networkx, by hand, and on small areas drawn by hand."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import geoplan
from geoplan.analysis.networks.runs import Run, connected, runs_of
from geoplan.cli.main import cli
from geoplan.errors import ConfigurationError
from geoplan.schema import REST

UNITS = [f"u{n:02d}" for n in range(12)]
PAIRS = st.lists(st.tuples(st.sampled_from([*UNITS, "elsewhere"]), st.sampled_from(UNITS)), max_size=20)


@settings(deadline=None)  # the first example imports scipy
@given(pairs=PAIRS)
def test_runs_are_the_connected_components_that_networkx_finds(pairs):
    graph = nx.Graph()
    graph.add_nodes_from(UNITS)
    graph.add_edges_from(pair for pair in pairs if set(pair) <= set(UNITS))
    found = connected(UNITS, pairs)
    assert {frozenset(each) for each in found} == set(map(frozenset, nx.connected_components(graph)))
    assert [len(each) for each in found] == sorted(map(len, found), reverse=True)


@settings(deadline=None)  # the first example imports scipy
@given(pairs=PAIRS, homes=st.lists(st.sampled_from(["A", "B", ""]), min_size=12, max_size=12))
def test_a_run_is_cut_where_its_units_lie_in_several_areas(pairs, homes):
    held = {unit: {home: True} for unit, home in zip(UNITS, homes, strict=True) if home}
    people = pd.Series(1.0, index=UNITS)
    for run in runs_of(people, pairs, held):
        lying = {homes[UNITS.index(unit)] for unit in run.members}
        assert set(run.areas) == {home or REST for home in lying}
        assert run.cut == (len(lying) > 1)
        assert run.people == len(run.members)
    told = [unit for run in runs_of(people, pairs, held) for unit in run.members]
    assert len(told) == len(set(told))


def test_areas_that_overlap_do_not_cut_what_one_of_them_holds_and_parts_do():
    people, pairs = pd.Series([1.0, np.nan], index=["u", "v"]), [("u", "v")]
    whole = {"u": {"A": True, "B": True}, "v": {"A": True}}
    assert runs_of(people, pairs, whole) == [Run(("u", "v"), ("A", "B"), None, cut=False)]
    part = {"u": {"A": False}, "v": {"A": True}}
    assert runs_of(people, pairs, part) == [Run(("u", "v"), ("A",), None, cut=True)]
    assert runs_of(people, pairs, {}) == []


def test_no_units_make_no_runs():
    assert connected([], []) == []


@pytest.fixture
def ground():
    """Three squares in a row and one apart, and two areas with the border through the middle of the row.

    | s1 s2 | s3      s4 |
    |   W   |     E      |
    """
    boxes = [shapely.box(x, 4e5, x + 1e3, 4.01e5) for x in (4.30e5, 4.31e5, 4.32e5, 4.35e5)]
    small = gpd.GeoDataFrame({"code": ["s1", "s2", "s3", "s4"]}, geometry=boxes, crs=27700)
    sides = [shapely.box(4.29e5, 3.9e5, 4.32e5, 4.1e5), shapely.box(4.32e5, 3.9e5, 4.4e5, 4.1e5)]
    return small, gpd.GeoDataFrame({"code": ["W", "E"], "name": ["West", "East"]}, geometry=sides, crs=27700)


def test_a_border_that_cuts_a_run_of_small_areas_is_told(ground):
    small, areas = ground
    found = geoplan.need_runs(areas, small_areas=small, worst=["s2", "s3", "s4"])
    assert found[["units", "members", "area_names", "cut"]].to_numpy().tolist() == [
        [2, "s2; s3", "East; West", True], [1, "s4", "East", False],
    ]  # fmt: skip
    assert found.attrs["unit"] == "small areas"
    within = geoplan.need_runs(areas, small_areas=small, worst=["s1", "s2", "s4"])
    assert not within["cut"].any()


def test_small_areas_that_are_not_there_or_not_named_are_refused(ground):
    small, areas = ground
    with pytest.raises(ConfigurationError, match=r"no such small areas.*s9"):
        geoplan.need_runs(areas, small_areas=small, worst=["s1", "s9"])
    with pytest.raises(ConfigurationError, match="go together"):
        geoplan.need_runs(areas, small_areas=small)
    with pytest.raises(ConfigurationError, match="go together"):
        geoplan.need_runs(areas, worst=["s1"])


@pytest.fixture
def lookup():
    """Ten small areas in Birmingham, Walsall and Solihull, of 100 people each; `WORST` are the worst."""
    homes = ["E08000025"] * 4 + ["E08000030"] * 3 + ["E08000029"] * 3
    return pd.DataFrame({"lsoa21": [f"E010000{n:02d}" for n in range(10)], "lad": homes, "people": 100})


WORST = ["E01000000", "E01000004", "E01000005"]
"""A quarter of Birmingham and two thirds of Walsall, which touch; none of Solihull."""


def test_a_lookup_of_small_areas_tells_runs_of_authorities(lookup):
    found = geoplan.need_runs("icb_2026", small_areas=lookup, worst=WORST)
    assert found[["members", "people", "area_names", "cut"]].to_numpy().tolist() == [
        ["Birmingham; Walsall", 300.0, "Birmingham and Solihull; Black Country", True]
    ]
    assert "20% or more of the people of small areas" in found.attrs["unit"]
    # Without people each small area counts the same, and nobody is counted.
    bare = geoplan.need_runs("icb_2026", small_areas=lookup.drop(columns="people"), worst=WORST)
    assert bare["members"].tolist() == ["Birmingham; Walsall"]
    assert bare["people"].isna().all()


def test_a_lookup_is_refused_against_outlines_and_unknown_codes_are_named(lookup, ground):
    with pytest.raises(ConfigurationError, match=r"no outlines.*Give a boundary file"):
        geoplan.need_runs(ground[1], small_areas=lookup, worst=WORST)
    with pytest.raises(ConfigurationError, match=r"no such small areas.*E01999999"):
        geoplan.need_runs("icb_2026", small_areas=lookup, worst=["E01999999"])


def test_the_command_reads_a_lookup_with_plain_headings_and_a_list_of_the_worst(lookup, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lookup.to_csv("lsoa.csv", index=False)
    pd.DataFrame({"code": WORST, "rank": [1, 2, 3]}).to_csv("worst.csv", index=False)
    asked = ["need-runs", "icb_2026", "--small-areas", "lsoa.csv", "--worst"]
    done = CliRunner().invoke(cli, [*asked, "worst.csv?code=code"])
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    assert "1 run of deprived neighbours; integrated care boards cut 1" in said
    assert "300 people: Birmingham; Walsall. Cut, between Birmingham and Solihull; Black Country." in said
    several = CliRunner().invoke(cli, [*asked, "worst.csv"])
    assert several.exit_code == 3
    assert "Name it: worst.csv?code=code" in several.output
    alone = CliRunner().invoke(cli, ["need-runs", "icb_2026", "--small-areas", "lsoa.csv"])
    assert alone.exit_code == 2
    assert "go together" in alone.output


def test_of_what_ships_the_run_through_birmingham_is_cut_by_boards_and_not_by_connect_to_work():
    boards = geoplan.need_runs("icb_2026")
    cut = boards[boards["cut"]].set_index("members")["area_names"]
    assert cut["Birmingham; Walsall; Wolverhampton"] == "Black Country; Birmingham and Solihull"
    schemes = geoplan.need_runs("connect_to_work").set_index("members")
    assert not schemes.at["Birmingham; Walsall; Wolverhampton", "cut"]
    # The same people live in runs however they are parted.
    assert boards["people"].sum() == schemes["people"].sum()


def test_an_audit_has_them_in_its_files_too(tmp_path):
    found = geoplan.audit(layers=["lhb", "icb_2026"])
    own = found.need_runs[found.need_runs["layer"] == "icb_2026"].drop(columns="layer").reset_index(drop=True)
    pd.testing.assert_frame_equal(own, geoplan.need_runs("icb_2026"), check_dtype=False)
    found.write(tmp_path, ["audit.xlsx", "audit.json"])
    sheet = pd.read_excel(tmp_path / "audit.xlsx", sheet_name="Need runs", header=None)
    assert (sheet == "Birmingham; Walsall; Wolverhampton").to_numpy().any()
    told = pd.read_json(tmp_path / "audit.json", typ="series")["need_runs"]
    assert len(told) == len(found.need_runs)
