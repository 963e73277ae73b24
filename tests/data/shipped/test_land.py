"""Geography to draw by as it ships: towns where they are, rivers by their towns, a relief that is quiet."""

import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geoplan.data.shipped import land
from geoplan.data.shipped.package_data import shipped_blocks, shipped_path, shipped_table
from geoplan.data.shipped.town_building import FIRST
from geoplan.schema.wording import COUNTRIES


@pytest.fixture(scope="module")
def towns():
    return land.towns()


@pytest.fixture(scope="module")
def authorities(towns):
    """Authority, county and region of the block that holds each town, in the order of the towns."""
    joined = towns.sjoin(shipped_blocks(geometry=True)[["lad", "geometry"]], predicate="within")
    assert len(joined) == len(towns)
    names = shipped_table("authorities.csv").set_index("lad_code")
    return names.reindex(joined["lad"].loc[towns.index]).reset_index()


def where(towns, authorities, name, country="England"):
    row = towns.index[(towns["name"] == name) & (towns["country"] == country)]
    assert len(row) == 1, name
    return authorities.loc[row[0]]


def test_towns_have_the_form_that_drawings_rely_on(towns):
    assert list(towns.columns) == ["name", "rank", "country", "geometry"]
    assert towns.crs.to_epsg() == 27700
    assert 150 <= len(towns) <= 450
    assert set(towns["rank"]) == {1, 2, 3, 4, 5}
    assert towns["rank"].is_monotonic_increasing
    assert not towns.duplicated(["name", "country"]).any()
    assert {"London", "Birmingham"} <= set(towns.loc[towns["rank"] == 1, "name"])
    assert {(name, COUNTRIES[country]) for name, country in FIRST} == set(
        map(tuple, towns.loc[towns["rank"] == 1, ["name", "country"]].to_numpy())
    )


def test_every_town_lies_in_its_country(towns, authorities):
    assert (authorities["country"].map(COUNTRIES) == towns["country"]).all()


def test_a_town_that_gives_an_authority_its_name_lies_in_it(towns, authorities):
    whole = authorities["name"].str.partition(",")[0].str.replace("City of ", "")
    named = set(shipped_table("authorities.csv")["name"].str.partition(",")[0])
    # Towns whose name a district elsewhere bears.
    namesakes = {("Newport", "England"), ("Richmond", "England")}
    found = 0
    for row, town in towns.iterrows():
        if town["name"] in named and (town["name"], town["country"]) not in namesakes:
            assert whole[row] == town["name"], town["name"]
            found += 1
    assert found > 100


@pytest.mark.parametrize(
    ("name", "country", "authority"),
    [
        ("London", "England", "Westminster"),
        ("Truro", "England", "Cornwall"),
        ("Carlisle", "England", "Cumberland"),
        ("Kendal", "England", "Westmorland and Furness"),
        ("Hugh Town", "England", "Isles of Scilly"),
        ("Newport", "England", "Isle of Wight"),
        ("Berwick-upon-Tweed", "England", "Northumberland"),
        ("Aberystwyth", "Wales", "Ceredigion"),
        ("Newport", "Wales", "Newport"),
        ("Bangor", "Wales", "Gwynedd"),
        ("Bangor", "Northern Ireland", "Ards and North Down"),
        ("Inverness", "Scotland", "Highland"),
        ("Lerwick", "Scotland", "Shetland Islands"),
        ("Derry/Londonderry", "Northern Ireland", "Derry City and Strabane"),
    ],
)
def test_known_towns_lie_in_their_authority(towns, authorities, name, country, authority):
    assert where(towns, authorities, name, country)["name"] == authority


def test_every_county_region_and_part_of_the_country_has_names(towns, authorities):
    listed = shipped_table("authorities.csv")
    counties = set(listed.loc[listed["utla_code"].str.startswith("E10"), "utla_name"])
    assert counties <= set(authorities["utla_name"])
    assert set(listed["region_name"]) <= set(authorities["region_name"])
    beyond = listed[listed["country"].isin(["W", "N"])]
    assert set(beyond["name"]) <= set(authorities["name"])
    assert towns["country"].value_counts().min() >= 20


def test_rivers_and_lakes_have_the_form_that_drawings_rely_on():
    water = land.water()
    assert list(water.columns) == ["name", "kind", "geometry"]
    assert water.crs.to_epsg() == 27700
    assert set(water.loc[water["kind"] == "river"].geom_type) == {"MultiLineString"}
    assert set(water.loc[water["kind"] == "lake"].geom_type) == {"Polygon"}
    assert water.geometry.is_valid.all()
    assert {"Severn", "Thames", "Trent", "Tyne", "Tay", "Windermere", "Lough Neagh", "Loch Ness"} <= set(water["name"])
    assert shipped_path("water.parquet").stat().st_size < 60_000


@pytest.mark.parametrize(
    ("river", "town", "within_m"),
    [
        ("Thames", "London", 2_000),
        ("Thames", "Oxford", 2_500),
        ("Severn", "Shrewsbury", 2_000),
        ("Severn", "Worcester", 2_000),
        ("Trent", "Nottingham", 4_000),
        ("Tyne", "Newcastle upon Tyne", 2_500),
        ("Tees", "Stockton-on-Tees", 2_500),
        ("Clyde", "Glasgow", 2_500),
        ("Tweed", "Berwick-upon-Tweed", 3_000),
        ("Tay", "Perth", 2_500),
        ("Ness", "Inverness", 2_500),
        ("Bann", "Coleraine", 2_500),
        ("Usk", "Abergavenny", 2_500),
        ("Great Ouse", "Ely", 2_500),
    ],
)
def test_a_river_flows_by_its_towns(towns, river, town, within_m):
    water = land.water()
    course = water.loc[water["name"] == river, "geometry"].union_all()
    assert course.distance(towns.loc[towns["name"] == town, "geometry"].iloc[0]) < within_m


def test_lakes_have_about_their_size():
    lakes = land.water().set_index("name").area / 1e6
    assert lakes["Lough Neagh"] == pytest.approx(383, rel=0.05)
    assert lakes["Loch Lomond"] == pytest.approx(71, rel=0.05)
    assert lakes["Windermere"] == pytest.approx(14.7, rel=0.2)


def test_water_lies_on_the_land_that_is_drawn():
    shore = gpd.GeoSeries(shipped_blocks(geometry=True).geometry).union_all().buffer(1_100)
    water = land.water()
    rivers = water.loc[water["kind"] == "river", "geometry"]
    assert rivers.within(shore).all()
    assert water.geometry.intersects(shore).all()


def test_the_relief_covers_the_country_in_square_cells_and_is_quiet():
    relief = land.relief()
    rows, columns = relief.shade.shape
    west, south, east, north = relief.bounds
    assert relief.shade.dtype == np.uint8
    assert (north - south) / rows == (east - west) / columns == 2_000
    assert shapely.box(*relief.bounds).contains(shapely.box(*shipped_blocks(geometry=True).total_bounds))
    assert shipped_path("relief.npz").stat().st_size < 60_000
    # Quiet: the middle nine tenths of all shades differ from level ground by less than an eighth of the scale.
    low, high = np.percentile(relief.shade, [5, 95])
    assert relief.flat - low < 32
    assert high - relief.flat < 32
    with pytest.raises(ValueError, match="read-only"):
        relief.shade[0, 0] = 0


def roughness(relief, x, y):
    """Spread of the shades within 20 km of a place."""
    west, _, _, north = relief.bounds
    row, column = int((north - y) // 2_000), int((x - west) // 2_000)
    return float(relief.shade[row - 10 : row + 11, column - 10 : column + 11].std())


def test_hills_are_where_hills_are():
    relief = land.relief()
    highlands, snowdonia = roughness(relief, 230_000, 800_000), roughness(relief, 265_000, 345_000)
    fens, north_sea = roughness(relief, 535_000, 300_000), roughness(relief, 640_000, 500_000)
    assert highlands > 3 * fens
    assert snowdonia > 3 * fens
    assert north_sea == 0


def test_who_is_to_be_named_under_a_picture_is_named_in_the_sources():
    sources = (shipped_path("towns.csv").parents[1] / "SOURCES.md").read_text(encoding="utf-8")
    for name in ("World Data Bank II", "GSHHG", "Tom Patterson"):
        assert name in land.LAND_CREDIT
        assert name in sources


@pytest.mark.slow
def test_the_build_gives_the_shipped_bytes(tmp_path):
    root = shipped_path("towns.csv").parents[1]
    subprocess.run([sys.executable, root / "scripts" / "build_land", "--out", tmp_path], check=True)
    for name in ("towns.csv", "water.parquet", "relief.npz"):
        assert (tmp_path / name).read_bytes() == shipped_path(name).read_bytes()
