"""`geoplan.assign` on frames and files."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

import geoplan
from geoplan.errors import ConfigurationError


@pytest.fixture
def halls():
    frame = pd.DataFrame({"hall": ["Sheffield", "Bath"], "easting": [435_400, 375_000], "northing": [387_200, 164_900]})
    return frame.set_index("hall")


def test_a_frame_comes_back_with_its_index(halls):
    found = geoplan.assign(halls, "lad", "combined_authority")
    assert found.index.equals(halls.index)
    assert found["lad_code"].tolist() == ["E08000039", "E06000022"]
    assert found["easting"].tolist() == halls["easting"].tolist()


def test_points_come_back_as_points(halls):
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(halls["easting"], halls["northing"]), crs=27700).to_crs(4326)
    found = geoplan.assign(points, "lad")
    assert found.crs == points.crs
    assert found.geometry.equals(points.geometry)
    assert found["lad_code"].tolist() == ["E08000039", "E06000022"]


def test_a_frame_of_areas_is_a_layer(halls):
    points = gpd.points_from_xy(halls["easting"], halls["northing"])
    areas = gpd.GeoDataFrame({"code": ["A", "B"], "name": ["a", "b"]}, geometry=points.buffer(100), crs=27700)
    found = geoplan.assign(halls, areas, names=True)
    assert found["layer_1_code"].tolist() == ["A", "B"]
    assert found["layer_1_name"].tolist() == ["a", "b"]


def test_a_file_is_written_where_one_is_named(halls, tmp_path):
    halls.to_parquet(tmp_path / "halls.parquet")
    assert geoplan.assign(tmp_path / "halls.parquet", "lad", out=tmp_path / "out.parquet") is None
    assert pd.read_parquet(tmp_path / "out.parquet")["lad_code"].tolist() == ["E08000039", "E06000022"]
    with pytest.raises(ConfigurationError, match="write over"):
        geoplan.assign(tmp_path / "halls.parquet", "lad", out=tmp_path / "halls.parquet")


def test_layers_are_needed(halls):
    with pytest.raises(ConfigurationError, match="no layer"):
        geoplan.assign(halls)


def test_a_frame_of_small_areas_is_counted_by_area(halls):
    points = gpd.points_from_xy(halls["easting"], halls["northing"])
    squares = points.buffer(500, cap_style="square")
    small = gpd.GeoDataFrame({"code": ["A", "B"], "people": [10, 20]}, geometry=squares, crs=27700)
    areas = gpd.GeoDataFrame({"code": ["W"], "name": ["West"]}, geometry=points[:1].translate(-500), crs=27700)
    areas["geometry"] = areas.buffer(500, cap_style="square")
    found = geoplan.assign(small, areas, summarise=True, sums=["people"], names=True)
    assert found["kind"].tolist() == ["area", "none", "total"]
    assert found["name"].tolist()[:1] == ["West"]
    assert found[["rows", "wholly", "partly"]].to_numpy().tolist() == [[1, 0, 1], [2, 1, 1], [2, 2, 0]]
    assert found["people"].tolist() == pytest.approx([5, 25, 30])
    assert found["area_m2"].tolist() == pytest.approx([5e5, 15e5, 2e6])
