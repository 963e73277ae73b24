"""Blocks take the outlines of fetched districts, and say so; without them they stay as they ship."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geoplan.data.atlas import LayerAtlas
from geoplan.data.kept import folder, holdings
from geoplan.data.kept.holdings import Holding
from geoplan.data.official import outlines
from geoplan.data.shipped import package_data
from geoplan.errors import InputError

MOVED_M = 10.0
"""The official file of these tests is what ships, moved to the east."""


@pytest.fixture(scope="module")
def districts() -> gpd.GeoDataFrame:
    known = package_data.shipped_blocks(geometry=True)
    shapes = known.geometry.translate(xoff=MOVED_M).groupby(known["lad"].to_numpy())
    joined = shapes.agg(lambda own: shapely.coverage_union_all(own.to_numpy()))
    return gpd.GeoDataFrame({"code": joined.index, "name": joined.index}, geometry=joined.to_numpy(), crs=27700)


@pytest.fixture(scope="module")
def boards() -> gpd.GeoDataFrame:
    known = package_data.shipped_blocks(geometry=True)
    known = known[known["lad"].duplicated(keep=False)]
    shapes = known.geometry.translate(xoff=MOVED_M).groupby(known["icb"].to_numpy())
    joined = shapes.agg(lambda own: shapely.union_all(own.to_numpy()))
    return gpd.GeoDataFrame({"code": joined.index, "name": joined.index}, geometry=joined.to_numpy(), crs=27700)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path))
    return tmp_path


def keep(frame: gpd.GeoDataFrame, key: str = "lad", edition: str = "2025-05", resolution: str = "BGC") -> Holding:
    return holdings.keep(Holding("boundaries", key, edition, resolution), frame.to_parquet)


def test_without_fetched_districts_blocks_are_as_they_ship(place: Path) -> None:
    found = outlines.read_blocks()
    assert found.outlines is None
    pd.testing.assert_frame_equal(found.blocks, package_data.shipped_blocks())
    assert LayerAtlas().layer("lad").indicative
    assert not list(place.iterdir())


def test_blocks_take_the_fetched_outlines(districts: gpd.GeoDataFrame) -> None:
    keep(districts)
    found = outlines.read_blocks(geometry=True)
    shapes = found.blocks.geometry
    whole = districts.set_index("code").area
    assert shapely.coverage_is_valid(shapes.to_numpy())
    assert shapes.area.groupby(found.blocks["lad"]).sum().reindex(whole.index).to_numpy() == pytest.approx(whole)
    assert found.blocks["area_m2"].to_numpy() == pytest.approx(shapes.area.to_numpy())
    # Inside a district the line between boards is still that of the blocks.
    split = package_data.shipped_blocks(geometry=True).geometry["E06000060.E54000024"]
    assert 0 < shapes["E06000060.E54000024"].symmetric_difference(split).area < 0.1 * split.area


def test_areas_are_the_same_drawn_or_not(districts: gpd.GeoDataFrame) -> None:
    keep(districts)
    plain, drawn = (outlines.read_blocks(geometry=each).blocks for each in (False, True))
    pd.testing.assert_frame_equal(plain, pd.DataFrame(drawn.drop(columns="geometry")))


def test_boards_cut_where_they_were_fetched(districts: gpd.GeoDataFrame, boards: gpd.GeoDataFrame) -> None:
    keep(districts)
    keep(boards, "icb", "2024-04")
    found = outlines.read_blocks(geometry=True).blocks.geometry
    moved = package_data.shipped_blocks(geometry=True).geometry.translate(xoff=MOVED_M)["E06000060.E54000024"]
    assert found["E06000060.E54000024"].symmetric_difference(moved).area == pytest.approx(0, abs=1)


def test_layers_say_where_their_outlines_come_from(districts: gpd.GeoDataFrame, boards: gpd.GeoDataFrame) -> None:
    keep(districts)
    layer = LayerAtlas().layer("connect_to_work")
    assert not layer.indicative
    assert layer.resolution_m == 20
    assert layer.resolution == (
        "official: lad@2025-05, generalised 20 m (BGC); lines between health boards inside a district from postcodes"
    )
    keep(boards, "icb", "2024-04")
    assert LayerAtlas().layer("connect_to_work").resolution == (
        "official: lad@2025-05, generalised 20 m (BGC); lines between health boards inside a district from icb@2024-04"
    )


def test_shipped_layers_are_not_mixed_up_with_official_ones(districts: gpd.GeoDataFrame) -> None:
    before = LayerAtlas().layer("lad")
    exchanged = {"E06000001": "E06000002", "E06000002": "E06000001"}
    keep(districts.replace({"code": exchanged}))
    after = LayerAtlas().layer("lad")
    expected = before.areas["area_m2"].rename(index=exchanged).reindex(after.areas.index)
    assert after.areas["area_m2"].to_numpy() == pytest.approx(expected.to_numpy())
    assert (after.areas["people"] == before.areas["people"]).all()


def test_the_newest_edition_that_holds_every_authority_is_taken(districts: gpd.GeoDataFrame) -> None:
    keep(districts, edition="2024-12")
    keep(districts, edition="2025-05", resolution="BUC")
    keep(districts, edition="2025-05", resolution="BFC")
    keep(districts.iloc[1:], edition="2026-12")
    found = outlines.official()
    assert found is not None
    assert (found.districts.edition, found.districts.resolution) == ("2025-05", "BFC")


def test_recoded_authorities_are_known_under_their_new_codes(districts: gpd.GeoDataFrame) -> None:
    keep(districts.replace({"code": {"E08000038": "E08000016", "E08000039": "E08000019"}}), edition="2024-12")
    found = outlines.read_blocks(geometry=True)
    assert found.outlines is not None
    assert not found.blocks.geometry["E08000038"].is_empty


def test_a_damaged_file_is_refused_with_the_way_back(districts: gpd.GeoDataFrame) -> None:
    holdings.path_of(keep(districts)).write_bytes(b"PAR1")
    with pytest.raises(InputError, match="not as it was kept"):
        LayerAtlas().layer("lad")


def test_the_real_districts_and_boards_make_a_coverage(shared_data: Path) -> None:
    # Nine of these districts are drawn invalid, and two bear codes of before April 2025.
    for key, file, edition in (("lad", "lad_2024_bsc", "2024-05"), ("icb", "icb_2023", "2023-04")):
        keep(gpd.read_parquet(shared_data / f"{file}.parquet"), key, edition, "BSC")
    found = outlines.read_blocks(geometry=True).blocks
    assert shapely.coverage_is_valid(found.geometry.to_numpy())
    assert found.geometry.notna().all()
    # Hart lies for a quarter of its people, but for more than half of its ground, with Hampshire.
    hart = found[found["lad"] == "E07000089"]["area_m2"]
    assert hart["E07000089.E54000042"] / hart.sum() == pytest.approx(0.62, abs=0.01)


def test_outlines_and_flows_that_are_held_can_be_set_aside(
    districts: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(districts)
    trips = pd.DataFrame({"origin": ["E06000001"], "destination": ["E06000001"], "workers": [5]})
    holdings.keep(Holding("flows", "commuting", "2021"), trips.to_parquet)
    atlas = LayerAtlas()
    assert atlas.flows_file == "commuting@2021"
    assert [source.sha256 for source in atlas.reference.outlines.sources] == [
        one.sha256 for one in holdings.holdings(kind="boundaries")
    ]
    monkeypatch.setenv(folder.SHIPPED_VARIABLE, "1")
    assert LayerAtlas().flows_file == ""
    assert LayerAtlas().reference.outlines is None


def test_small_areas_cut_where_boards_of_that_edition_are_not_held(
    districts: gpd.GeoDataFrame, boards: gpd.GeoDataFrame
) -> None:
    known = package_data.shipped_blocks(geometry=True)
    split = known[known["lad"].duplicated(keep=False)]
    codes = [f"E01{number:06}" for number in range(len(split))]
    shapes = split.geometry.translate(xoff=-MOVED_M).to_numpy()
    keep(districts)
    keep(gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=shapes, crs=27700), "lsoa", "2021-12")
    assert outlines.official().small_areas is None
    lookup = pd.DataFrame({"LSOA21CD": codes, "ICB24CD": split["icb"].to_list(), "LAD24CD": split["lad"].to_list()})
    holdings.keep(Holding("lookup", "lsoa_to_icb", "2024-04"), lookup.to_parquet)
    found = outlines.read_blocks(geometry=True)
    own = found.blocks.geometry["E06000060.E54000024"]
    # The line between the sides is that of the small areas, the outer border that of the district.
    ground = found.blocks.geometry[found.blocks["lad"] == "E06000060"].union_all()
    assert own.symmetric_difference(shapely.intersection(shapes[0], ground)).area < 0.01 * own.area
    assert found.outlines.resolution[1].endswith("inside a district from lsoa@2021-12 by lsoa_to_icb@2024-04")
    assert len(found.outlines.sources) == 3
    keep(boards, "icb", "2024-04")
    assert outlines.official().resolution[1].endswith("inside a district from icb@2024-04")
