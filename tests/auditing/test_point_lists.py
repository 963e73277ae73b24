"""Lists looked up by coordinates: each row where it lies, in the system that is told, and a reason where nowhere."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import geoplan
from geoplan.auditing.lookups.point_lists import coordinate_columns
from geoplan.auditing.lookups.postcode_lists import list_looked_up
from geoplan.cli.main import cli
from geoplan.commuting.atlas import Atlas
from geoplan.data.shipped import package_data
from geoplan.data.tables.tables import RawTable
from geoplan.errors import ConfigurationError, InputError

BATH, CARDIFF = (375_000.0, 165_000.0), (318_000.0, 176_000.0)


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas()


def listed(columns, *, delimiter=","):
    frame = pd.DataFrame(columns, dtype=str)
    return RawTable(frame.set_axis(pd.RangeIndex(2, len(frame) + 2, name="row")), "list.csv", None, "", delimiter)


def looked_up(columns, *layers, atlas, delimiter=",", **more):
    return list_looked_up(listed(columns, delimiter=delimiter), layers, atlas=atlas, **more)


@pytest.mark.parametrize(
    ("headings", "found"),
    [
        (["id", "Easting", "Northing"], ("Easting", "Northing", "EPSG:27700")),
        (["oseast1m", "osnrth1m", "lat", "long"], ("oseast1m", "osnrth1m", "EPSG:27700")),
        (["Latitude", "Longitude"], ("Longitude", "Latitude", "EPSG:4326")),
        (["X Coord", "Y Coord"], ("X Coord", "Y Coord", "")),
        (["x", "latitude"], None),
        (["id", "name"], None),
    ],
)
def test_columns_are_known_by_their_headings(headings, found):
    assert coordinate_columns(headings, "list.csv") == found


def test_columns_that_are_asked_for():
    assert coordinate_columns(["a", "b"], "t", "b,a") == ("b", "a", "")
    assert coordinate_columns(["east", "north"], "t", "east, north") == ("east", "north", "EPSG:27700")
    with pytest.raises(InputError, match="column 'c' is missing"):
        coordinate_columns(["a", "b"], "t", "a,c")
    with pytest.raises(ConfigurationError, match="are not two columns"):
        coordinate_columns(["a", "b"], "t", "a")
    with pytest.raises(InputError, match="several columns could hold coordinates: lon, lat, latitude"):
        coordinate_columns(["lon", "lat", "latitude"], "t")


def test_rows_are_where_they_lie_whatever_the_system(atlas):
    lon, lat = pyproj.Transformer.from_crs(27700, 4326, always_xy=True).transform(*zip(BATH, CARDIFF, strict=True))
    east, north = (np.array(each) for each in zip(BATH, CARDIFF, strict=True))
    for columns, more, told in (
        ({"easting": east, "northing": north}, {}, "(EPSG:27700, as the headings say)"),
        ({"x": east, "y": north}, {}, "(EPSG:27700, as their values show)"),
        ({"x": lon, "y": lat}, {}, "(EPSG:4326, as their values show)"),
        ({"lat": lat, "lon": lon}, {}, "(EPSG:4326, as the headings say)"),
        ({"a": lon, "b": lat}, {"coordinates": "a,b", "epsg": 4326}, "(EPSG:4326, as was asked for)"),
    ):
        found = looked_up(columns, "lad", atlas=atlas, **more)
        assert found.by.endswith(told)
        assert found.table["lad_name"].tolist() == ["Bath and North East Somerset", "Cardiff"]
        assert found.read_as.tolist() == ["375000 165000", "318000 176000"]


def test_rows_without_a_place_are_kept_with_the_reason(atlas):
    east = ["375,000", "", "x", "0", "2000000", "318000", "375000", "100000"]
    north = ["165,000", "", "1", "0", "1", "176000", "", "20000"]
    found = looked_up({"easting": east, "northing": north}, "lad", "icb", atlas=atlas)
    assert found.status.tolist() == [
        "found", "empty", "not a coordinate", "not a coordinate", "outside the United Kingdom", "found",
        "not a coordinate", "found",
    ]  # fmt: skip
    assert found.table["lad_code"].tolist() == ["E06000022", "", "", "", "", "W06000015", "", ""]
    assert found.lost.to_dict() == {3: "", 4: "x 1", 5: "0 0", 6: "2000000 1", 8: "375000"}
    assert sum(found.counts.values()) == len(east)


@pytest.mark.parametrize(
    ("columns", "more", "expected"),
    [
        (
            {"lat": ["-2.3"], "lon": ["51.4"]},
            {},
            r"most rows lie outside.*\(1 row: row 2\)\. Check that they",
        ),
        ({"x": ["50"], "y": ["50"]}, {}, r"their coordinate system cannot be told\. Name it with --epsg"),
        ({"x": [""], "y": ["a"]}, {}, "their coordinate system cannot be told"),
        ({"id": ["1"]}, {"epsg": 4326}, r"no two columns hold coordinates\. Name them with --coordinates X,Y"),
        ({"id": ["1"]}, {}, "no column holds postcodes"),
    ],
)
def test_lists_that_are_refused(atlas, columns, more, expected):
    with pytest.raises(InputError, match=expected):
        looked_up(columns, "lad", atlas=atlas, **more)


def test_what_is_asked_for_must_make_sense(atlas):
    with pytest.raises(ConfigurationError, match="--epsg 999999 is no coordinate system"):
        looked_up({"x": ["1"], "y": ["1"]}, "lad", atlas=atlas, epsg=999_999)
    with pytest.raises(ConfigurationError, match="leave out --coordinates and --epsg"):
        looked_up({"x": ["1"], "y": ["1"]}, "lad", atlas=atlas, column="x", epsg=27700)


def test_postcodes_come_before_coordinates_and_that_is_said(atlas):
    columns = {"postcode": ["BA1 0AA"], "x": [CARDIFF[0]], "y": [CARDIFF[1]]}
    found = looked_up(columns, "lad", atlas=atlas)
    assert found.table["lad_name"].tolist() == ["Bath and North East Somerset"]
    assert found.said == ("Its columns 'x' and 'y' were not used: --coordinates looks rows up by them.",)
    assert looked_up(columns, "lad", atlas=atlas, coordinates="x,y").table["lad_name"].tolist() == ["Cardiff"]


def test_semicolons_between_cells_make_commas_decimal(atlas):
    found = looked_up({"lon": ["-2,36"], "lat": ["51,38"]}, "lad", atlas=atlas, delimiter=";")
    assert found.table["lad_name"].tolist() == ["Bath and North East Somerset"]


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.floats(3e5, 5e5), st.floats(2e5, 4e5)), max_size=30))
def test_a_point_is_in_the_squares_that_hold_it(points):
    squares = [shapely.box(x, y, x + 5e4, y + 5e4) for x in (3e5, 3.5e5, 4e5) for y in (2e5, 2.5e5)]
    codes = [f"S{n}" for n in range(len(squares))]
    frame = gpd.GeoDataFrame({"code": codes}, geometry=squares, crs=27700)
    table = pd.DataFrame({"x": [375e3, *(x for x, _ in points)], "y": [165e3, *(y for _, y in points)]})
    found = geoplan.lookup_postcodes(table, frame, coordinates=("x", "y"), epsg=27700)
    assert found.attrs["columns"] == ("x", "y")
    for x, y, code in zip(table["x"], table["y"], found["layer_1_code"], strict=True):
        held = [each for each, square in zip(codes, squares, strict=True) if shapely.intersects_xy(square, x, y)]
        assert code in held or (code == "" and (not held or x in {3e5, 3.5e5, 4e5, 4.5e5} or y in {2e5, 2.5e5, 3e5}))


def test_postcodes_and_their_points_agree_but_for_simplified_borders(atlas):
    points = package_data.postcode_points("B", columns=("postcode", "block", "x", "y")).sample(400, random_state=1)
    by_point = looked_up({"x": points["x"], "y": points["y"]}, "lad", atlas=atlas, epsg=27700)
    by_postcode = looked_up({"postcode": points["postcode"].astype(str)}, "lad", atlas=atlas)
    same = by_point.table["lad_code"].to_numpy() == by_postcode.table["lad_code"].to_numpy()
    assert same.mean() > 0.98


def test_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sites.csv").write_text("site,longitude,latitude\nA,-2.36,51.38\nB,,\n")
    done = CliRunner().invoke(cli, ["lookup", "--file", "sites.csv", "lad", "--out", "out.csv"])
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    assert "by the coordinates in 'longitude' and 'latitude' (EPSG:4326, as the headings say)" in said
    assert "1 found, 1 not: 1 empty" in said
    assert "a place near a border may lie on the other side" in said
    assert "E06000022" in (tmp_path / "out.csv").read_text()
    done = CliRunner().invoke(cli, ["lookup", "BA1 0AA", "--epsg", "4326"])
    assert (done.exit_code, "are for lists" in done.stderr) == (2, True)
