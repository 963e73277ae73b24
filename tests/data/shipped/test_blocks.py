"""Blocks: labels of postcodes, the Voronoi method on toys, and the geometry that ships."""

from __future__ import annotations

import json
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from roots import ROOT

from geoplan.data.shipped import building as build
from geoplan.data.shipped import package_data
from geoplan.data.shipped import postcodes as points_of
from geoplan.errors import InputError

SHIPPED = ROOT / "boundaries"
SPLIT = {
    "E06000060", "E06000063", "E06000064", "E06000065", "E07000089", "E07000099",
    "E07000180", "E07000209", "E07000212", "E07000214", "E07000216", "E07000244",
}  # fmt: skip


@pytest.fixture
def toy_points() -> pd.DataFrame:
    """Two blocks; the border must run at x = 3 where the middle points face each other.

    y=4   a . . . . . b        x = 0 and 6
    y=2   a . a . b . b        x = 0, 2, 4, 6
    y=0   a . . . . . b        x = 0 and 6
    """
    west, east = [(0, 0), (0, 2), (0, 4), (2, 2)], [(6, 0), (6, 2), (6, 4), (4, 2)]
    frame = pd.DataFrame([*west, *east], columns=["x", "y"], dtype=float)
    return frame.assign(block=["a"] * 4 + ["b"] * 4)


@pytest.fixture
def toy_land() -> shapely.Polygon:
    return shapely.box(-1, -1, 7, 5)


@pytest.fixture
def districts() -> pd.DataFrame:
    """Four postcodes in a split district, the last of an unlisted sector, and one in a whole district."""
    rows = [
        ("HP10 0AA", "S1", 0.0, 0.0),
        ("HP10 8AA", "S1", 100.0, 0.0),
        ("HP10 0AB", "S1", 90.0, 0.0),
        ("HP11 1AA", "S1", 20.0, 0.0),
        ("B1 1AA", "W1", 500.0, 0.0),
    ]
    frame = pd.DataFrame(rows, columns=["postcode", "lad", "x", "y"])
    return frame.astype({"lad": "category"})


@pytest.fixture
def sectors() -> pd.DataFrame:
    rows = [("S1", "HP10 0", "I1"), ("S1", "HP10 8", "I2")]
    return pd.DataFrame(rows, columns=["lad_code", "sector", "icb_code"])


@pytest.fixture
def singles() -> pd.DataFrame:
    return pd.DataFrame([("S1", "HP100AB", "I2")], columns=["lad_code", "postcode", "icb_code"])


@pytest.fixture(scope="module")
def shipped() -> gpd.GeoSeries:
    return gpd.read_parquet(SHIPPED / "blocks.parquet").set_index("block").geometry


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(SHIPPED / "blocks.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def postcodes() -> pd.DataFrame:
    frame = points_of.read_postcodes()
    listed = (pd.read_csv(SHIPPED / f"icb_split_{kind}.csv") for kind in ("sectors", "postcodes"))
    return frame.assign(block=points_of.label_blocks(frame, *listed))


# Labels


def test_single_postcodes_win_over_sectors_and_the_unlisted_take_the_nearest(districts, sectors, singles):
    labels = points_of.label_blocks(districts, sectors, singles)
    assert labels.astype(str).tolist() == ["S1.I1", "S1.I2", "S1.I2", "S1.I1", "W1"]
    assert labels.attrs["nearest"] == 1


def test_spaces_in_postcodes_and_sectors_do_not_count(districts, sectors, singles):
    expected = points_of.label_blocks(districts, sectors, singles).astype(str)
    tight = districts.assign(postcode=districts["postcode"].str.replace(" ", ""))
    wide = singles.assign(postcode="HP10 0AB")
    close = sectors.assign(sector=sectors["sector"].str.replace(" ", ""))
    assert points_of.label_blocks(tight, close, wide).astype(str).tolist() == expected.tolist()


def test_a_single_of_a_board_without_sector_in_the_district_is_passed_over(districts, sectors, singles):
    labels = points_of.label_blocks(districts, sectors, singles.assign(icb_code="I9"))
    assert labels.astype(str)[2] == "S1.I1"


def test_a_split_district_without_any_listed_postcode_is_refused(districts, sectors, singles):
    unlisted = districts.assign(postcode="ZZ1 1ZZ")
    with pytest.raises(InputError, match="no postcode with a listed board"):
        points_of.label_blocks(unlisted, sectors, singles)


def test_whole_districts_need_no_lists(districts, sectors, singles):
    whole = districts[districts["lad"] == "W1"]
    assert points_of.label_blocks(whole, sectors, singles).astype(str).tolist() == ["W1"]


# Postcode package


def test_cached_points_are_those_of_the_package(postcodes):
    for _ in range(2):  # the second reading is from the cache, whoever filled it
        cached = package_data.postcode_points()
    # pandas takes 80 s to assert that all of these are equal, and a moment to find it so.
    assert cached.equals(postcodes[cached.columns])
    pd.testing.assert_frame_equal(cached.head(), postcodes[cached.columns].head())


def test_postcodes_of_one_letter():
    frame = points_of.read_postcodes("z")
    assert frame.columns.tolist() == ["postcode", "lad", "x", "y"]
    assert set(frame["lad"].astype(str)) == {"S12000027"}
    assert frame["postcode"].str.match(r"^ZE\d \d[A-Z]{2}$").all()
    assert frame.attrs["left_out"] == 0


def test_letters_that_begin_no_postcode_give_an_empty_table():
    frame = points_of.read_postcodes(["Q", "x"])
    assert frame.columns.tolist() == ["postcode", "lad", "x", "y"]
    assert frame.empty


def test_crown_dependencies_are_left_out_and_counted():
    frame = points_of.read_postcodes("J")
    assert frame.empty
    assert frame.attrs["left_out"] > 3000


def test_northern_ireland_stands_on_the_british_grid():
    belfast = points_of.read_postcodes("B").set_index("postcode").loc["BT1 1AA"]
    assert belfast["lad"] == "N09000003"
    # Belfast's cathedral quarter: 54.60 N 5.93 W.
    assert (belfast["x"], belfast["y"]) == pytest.approx((146_778, 530_104), abs=5)


def test_a_missing_package_is_refused(monkeypatch):
    monkeypatch.setattr(points_of, "PACKAGE", "no_such_package_of_postcodes")
    with pytest.raises(InputError, match="not installed"):
        points_of.read_postcodes("Z")


def test_a_corrupt_file_is_refused(monkeypatch, tmp_path):
    bad = tmp_path / "postcodes_Z.msgpack.br"
    bad.write_bytes(b"not brotli")
    monkeypatch.setattr(points_of, "postcode_files", lambda: {"Z": bad})
    with pytest.raises(InputError, match="cannot be read"):
        points_of.read_postcodes("Z")


# The method on toys


def test_voronoi_blocks_of_a_toy_are_exact(toy_points, toy_land):
    found = build.block_polygons(toy_points, toy_land)
    assert found.index.tolist() == ["a", "b"]
    assert found["a"].symmetric_difference(shapely.box(-1, -1, 3, 5)).area == 0
    assert found["b"].symmetric_difference(shapely.box(3, -1, 7, 5)).area == 0
    assert shapely.coverage_is_valid(found.to_numpy())


def test_land_that_no_postcode_holds_goes_along_the_longest_border(toy_points):
    # A river at x = 2.5-2.6 leaves a strip of a's cell on b's bank.
    land = shapely.union_all([shapely.box(-1, -1, 2.5, 5), shapely.box(2.6, -1, 7, 5)])
    found = build.block_polygons(toy_points, land)
    assert found["a"].area == pytest.approx(3.5 * 6)
    assert found["b"].area == pytest.approx(4.4 * 6)


def test_islands_without_postcodes_go_to_the_nearest(toy_points, toy_land):
    island = shapely.box(9, 0, 10, 1)
    found = build.block_polygons(toy_points, toy_land.union(island))
    assert found["b"].contains(island.centroid)


def test_toy_build_is_the_same_twice(toy_points, toy_land, tmp_path):
    written = []
    for name, rows in (("one", toy_points), ("two", toy_points[::-1])):
        found = build.simplified(build.block_polygons(build.distinct_points(rows), toy_land), tolerance_m=0.1)
        path = tmp_path / f"{name}.parquet"
        found.rename("geometry").reset_index().to_parquet(path)
        written.append(path.read_bytes())
    assert written[0] == written[1]


def test_coincident_points_are_listed_and_go_to_the_majority_then_to_code_order():
    rows = [("P1", 0, 0, "b"), ("P2", 0, 0, "b"), ("P3", 0, 0, "a"), ("P4", 5, 0, "c"), ("P5", 5, 0, "b")]
    frame = pd.DataFrame([*rows, ("P6", 9, 0, "a"), ("P7", 9, 0, "a")], columns=["postcode", "x", "y", "block"])
    assert build.coincident_postcodes(frame)["postcode"].tolist() == ["P1", "P2", "P3", "P4", "P5"]
    assert build.distinct_points(frame)["block"].astype(str).tolist() == ["b", "b", "a"]


def test_land_gains_discs_round_postcodes_and_loses_empty_shore():
    country = shapely.box(0, 0, 20_000, 20_000)
    land = build.land_of(country, np.array([[20_300.0, 10_000.0], [10_000.0, 10_000.0]]))
    reached = shapely.points([(20_300, 10_000), (10_000, 10_000), (19_000, 15_000)])
    assert shapely.contains(land, reached).all()
    assert not shapely.contains(land, shapely.points([(19_900, 15_000), (20_300, 15_000)])).any()


def test_country_is_read_from_topojson(tmp_path):
    topology = {
        "transform": {"scale": [0.1, 0.1], "translate": [-2, 52]},
        "objects": {
            "countries": {
                "geometries": [
                    {"type": "Polygon", "arcs": [[0, 1]], "properties": {"name": "Here"}},
                    {"type": "Polygon", "arcs": [[-2, 2]], "properties": {"name": "There"}},
                ]
            }
        },
        "arcs": [[[0, 0], [0, 1], [1, 0]], [[1, 1], [0, -1], [-1, 0]], [[0, 0], [0, 2], [2, 0], [-1, -1]]],
    }
    path = tmp_path / "countries.json"
    path.write_text(json.dumps(topology))
    here = build.read_country(path, "Here")
    # A tenth of a degree each way at 52 N, just east of the central meridian, where easting is 400 km.
    assert here.area == pytest.approx(6_870 * 11_125, rel=0.01)
    assert here.bounds[0] == pytest.approx(400_000, abs=200)
    with pytest.raises(InputError, match="Nowhere"):
        build.read_country(path, "Nowhere")


def test_people_of_split_blocks_sum_to_their_district():
    shapes = gpd.GeoSeries([shapely.box(0, 0, 1, 1)] * 3, index=["S1.I1", "S1.I2", "W1"], crs=27700)
    rows = [("S1", "I1", 0.333333, 0.25), ("S1", "I2", 0.666666, 0.75)]
    shares = pd.DataFrame(rows, columns=["lad_code", "icb_code", "share_people", "share_people_16_64"])
    people = [("S1", 900, 400), ("W1", 10, 5)]
    authorities = pd.DataFrame(people, columns=["lad_code", "population_mid2024", "population_16_64_mid2024"])
    found = build.block_table(shapes, pd.DataFrame({"block": ["W1", "W1", "S1.I2"]}), authorities, shares)
    assert found["icb"].tolist() == ["I1", "I2", ""]
    assert found["people"].tolist() == pytest.approx([300, 600, 10], rel=1e-12)
    assert found["working_age"].tolist() == [100, 300, 5]
    assert found["postcodes"].tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="W1"):
        build.block_table(shapes, found, authorities[:1], shares)


# What ships


def test_shipped_blocks_are_a_small_valid_coverage(shipped):
    assert (SHIPPED / "blocks.parquet").stat().st_size < 1_000_000
    assert shipped.crs.to_epsg() == 27700
    assert shipped.index.is_monotonic_increasing
    assert shipped.is_valid.all()
    assert shapely.coverage_is_valid(shipped.to_numpy())
    xy = shapely.get_coordinates(shipped.to_numpy())
    assert (xy == np.round(xy)).all()


def test_shipped_blocks_are_the_districts_and_their_parts(shipped, table):
    assert len(table) == 374
    assert table["lad"].nunique() == 361
    assert table["block"].tolist() == shipped.index.tolist()
    assert set(table.loc[table["icb"] != "", "lad"]) == SPLIT
    assert (table["icb"] != "").sum() == 25
    names = table["lad"] + np.where(table["icb"] == "", "", "." + table["icb"])
    assert names.tolist() == table["block"].tolist()


def test_shipped_sums_are_conserved(shipped, table, postcodes):
    totals = pd.read_csv(SHIPPED / "authorities.csv").set_index("lad_code").sort_index()
    sums = table.groupby("lad")[["people", "working_age"]].sum()
    for column, source in (("people", "population_mid2024"), ("working_age", "population_16_64_mid2024")):
        np.testing.assert_allclose(sums[column], totals[source], rtol=1e-9)
    assert table["postcodes"].sum() == len(postcodes)
    np.testing.assert_allclose(table["area_m2"], shipped.area, rtol=1e-12)


def test_every_district_holds_nearly_all_its_postcodes(shipped, postcodes):
    held = build.share_inside(postcodes, shipped)
    by_district = held.groupby(held.index.str[:9]).sum()
    assert len(by_district) == 361
    assert (by_district["inside"] / by_district["postcodes"]).min() >= 0.99
    # Measured: 3 of 2,696,397 lie outside.
    assert (held["postcodes"] - held["inside"]).sum() <= 10


def test_blocks_stay_out_of_ireland_and_the_crown_dependencies(shipped):
    # Dublin, Monaghan, Douglas, Saint Helier: metres on the British grid.
    places = shapely.points([(116_600, 392_100), (76_400, 495_200), (238_100, 475_500), (392_300, -79_300)])
    assert not any(shipped.intersects(place).any() for place in places)


def test_districts_agree_with_the_official_ones_of_england(shipped, shared_data):
    official = gpd.read_parquet(shared_data / "lad_2025.parquet").set_index("code").geometry
    official = official[official.index.str.startswith("E")].sort_index()
    ours = shipped.groupby(shipped.index.str[:9]).agg(shapely.coverage_union_all)
    left, right = ours.reindex(official.index).to_numpy(), shapely.make_valid(official.to_numpy())
    shared = shapely.area(shapely.intersection(left, right))
    unions = shapely.area(left) + shapely.area(right) - shared
    assert len(official) == 296
    assert shared.sum() / unions.sum() >= 0.937


@pytest.mark.slow
def test_the_build_gives_the_shipped_bytes(tmp_path):
    script = ROOT / "scripts" / "build_boundaries"
    subprocess.run([sys.executable, script, "--out", tmp_path], check=True)
    for name in ("blocks.parquet", "blocks.csv", "coincident_postcodes.csv", "centres.csv", "postcode_districts.csv"):
        assert (tmp_path / name).read_bytes() == (SHIPPED / name).read_bytes()
