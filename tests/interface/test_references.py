"""Whatever stands for a layer is taken, and never changed."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal, assert_series_equal

import geoplan
from geoplan.errors import ConfigurationError, InputError, UnknownKeyError


def test_a_key_a_text_and_a_path_are_one_layer(halves, tmp_path):
    assert geoplan.layer("lhb").key == "lhb"
    file = tmp_path / "halves.geojson"
    halves.to_crs("EPSG:4326").to_file(file, driver="GeoJSON")
    by_path, by_text = geoplan.layer(file), geoplan.layer(f"{file}?code=code&name=name")
    assert by_path.key == by_text.key == "halves.geojson"
    assert_frame_equal(by_path.table, by_text.table)
    assert geoplan.layer(file, key="mine").key == "mine"


def test_a_geodataframe_is_brought_to_the_national_grid_and_left_as_it_was(squares):
    before = squares.copy()
    opened = geoplan.layer(squares, key="mine")
    assert opened.key == "mine"
    assert opened.table["name"].tolist() == ["Ash", "Birch", "Cedar", "Dale"]
    drawn = opened.to_geodataframe()
    assert drawn.crs == "EPSG:27700"
    assert drawn.area.round(-6).eq(1e8).all()
    assert_geodataframe_equal(squares, before)


def test_what_comes_out_goes_in_again(squares):
    drawn = geoplan.layer(squares).to_geodataframe()
    again = geoplan.layer(drawn)
    assert again.table.index.tolist() == squares["LAD25CD"].tolist()


def test_of_a_drawing_the_assignment_is_told_by_postcodes():
    boards = geoplan.layer("lhb")
    drawn = geoplan.layer(boards.to_geodataframe())
    assert drawn.assignment.reindex(boards.assignment.index).tolist() == boards.assignment.tolist()


def test_a_geoseries_has_its_codes_in_its_index(squares):
    opened = geoplan.layer(squares.set_index("LAD25CD").geometry)
    assert opened.table.index.tolist() == squares["LAD25CD"].tolist()


def test_members_by_name(members):
    before = members.copy()
    opened = geoplan.layer(members, key="mine")
    assert opened.table["name"].tolist() == ["North", "South"]
    assert sorted(opened.assignment.index[opened.assignment == "North"]) == ["W06000002", "W06000003"]
    assert_frame_equal(members, before)


def test_members_with_days_and_categories(members):
    dated = members.assign(valid_from=pd.Timestamp("2020-01-01"), area_name=members["area_name"].astype("category"))
    assert len(geoplan.layer(dated).table) == 2
    assert len(geoplan.layer(dated, as_of=date(2021, 1, 1)).table) == 2
    late = dated.assign(valid_from=pd.to_datetime(["2030-01-01", None, None, None]))
    assert geoplan.layer(late).assignment.tolist().count("North") == 1


def test_a_series_of_codes_names_or_blocks(members):
    boards = geoplan.layer("lhb").assignment
    before = boards.copy()
    assert geoplan.compare(boards, "lhb").relations["relation"].eq("coterminous").all()
    assert_series_equal(boards, before)
    named = members.set_index("authority")["area_name"]
    assert geoplan.layer(named).table["people"].tolist() == geoplan.layer(members).table["people"].tolist()
    boards = geoplan.layer("icb").assignment
    assert geoplan.layer(boards, key="mine").assignment.to_dict() == boards.to_dict()


def test_a_lookup_from_small_areas():
    table = pd.DataFrame({"LSOA21CD": ["a", "b", "c"], "ICB24CD": ["X", "X", "Y"], "population": [1, 2, 3]})
    opened = geoplan.layer(table)
    assert opened.table["people"].to_dict() == {"X": 3.0, "Y": 3.0}
    assert opened.assignment.to_dict() == {"a": "X", "b": "X", "c": "Y"}
    with pytest.raises(ConfigurationError, match="has no outlines"):
        opened.plot()


def test_two_frames_are_left_and_right_and_views_keep_their_names(squares, halves):
    fit = geoplan.compare(squares, halves, weight="area")
    assert fit.summary[["left", "right"]].tolist() == ["left", "right"]
    one, two = geoplan.layer(squares, key="ours"), geoplan.layer(halves, key="theirs")
    assert geoplan.compare(one, two, weight="area").summary[["left", "right"]].tolist() == ["ours", "theirs"]
    with pytest.raises(ConfigurationError, match="both called 'layer'"):
        geoplan.compare(geoplan.layer(squares), geoplan.layer(halves), weight="area")


def test_one_layer_on_two_days():
    fit = geoplan.compare(geoplan.layer("lad", as_of="2026-01-01"), "lad")
    assert fit.summary["left"] == "lad@2026-01-01"
    assert fit.summary["coterminous"] == fit.summary["areas"]


def test_frames_in_an_audit_have_names_of_the_callers_own(squares, halves):
    before = squares.copy()
    found = geoplan.audit(layers={"ours": squares, "theirs": halves}, weight="area")
    assert set(found.pairs) == {("ours", "theirs"), ("theirs", "ours")}
    assert {"ours", "theirs"} <= set(found.findings["layer"])
    pairs = geoplan.audit(layers={"ours": squares}, pairs=[("ours", halves)], weight="area")
    assert set(pairs.pairs) == {("ours", "right_1"), ("right_1", "ours")}
    assert_geodataframe_equal(squares, before)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda frame: frame.geometry.set_crs(None, allow_override=True).translate(50), "the CRS is missing"),
        (lambda frame: frame.assign(LAD25CD="E1"), "codes are repeated"),
        (lambda frame: frame.iloc[:0], "the layer is empty"),
        (lambda frame: frame.set_geometry(frame.representative_point()), "holds no polygons"),
        (
            lambda frame: frame.set_crs("EPSG:27700", allow_override=True),
            "is in metres, but the coordinates are degrees",
        ),
        (lambda frame: frame.drop(columns=["LAD25CD", "LAD25NM"]), "no column holds codes"),
        (lambda frame: gpd.GeoDataFrame(frame.drop(columns="geometry")), "no active geometry"),
        (pd.DataFrame, "does not say in which CRS"),
        (lambda frame: pd.DataFrame(frame.drop(columns="geometry")).iloc[:0], "holds no rows"),
    ],
)
def test_frames_that_cannot_be_used_are_refused_as_files_are(squares, spoil, said):
    with pytest.raises(InputError, match=said):
        geoplan.layer(spoil(squares), key="mine")


def test_names_of_the_catalogue_are_not_given_to_others(squares):
    with pytest.raises(ConfigurationError, match="'lad' is a layer of the catalogue"):
        geoplan.layer(squares, key="lad")
    with pytest.raises(UnknownKeyError, match="lhb"):
        geoplan.layer("lbh")
    with pytest.raises(ConfigurationError, match="int is no layer"):
        geoplan.layer(3)


def test_options_that_make_no_sense_are_refused():
    with pytest.raises(ConfigurationError, match="no weight"):
        geoplan.compare("lhb", "lad", weight="sheep")
    with pytest.raises(ConfigurationError, match="no goal"):
        geoplan.realign("lhb", "lad", goal="best")
    with pytest.raises(ConfigurationError, match="is not a date"):
        geoplan.layer("lhb", as_of="soon")
    with pytest.raises(ConfigurationError, match="exclude each other"):
        geoplan.audit("geoplan.toml", layers=["lhb"])
    with pytest.raises(ConfigurationError, match="is one layer"):
        geoplan.audit(layers="lhb")
    with pytest.raises(ConfigurationError, match="errors is"):
        geoplan.lookup("Powys", errors="hide")
