"""Results are short to look at, cannot be changed, and can be drawn."""

from __future__ import annotations

import re

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib import colors
from matplotlib import pyplot as plt

import geoplan
from geoplan.errors import ConfigurationError
from geoplan.output.picture.patterns import MARKS
from geoplan.schema.standing import GROUND, LOOKS, Standing


@pytest.fixture(scope="module")
def compared(squares, halves):
    return geoplan.compare(squares, halves, weight="area")


@pytest.fixture(scope="module")
def results(squares, compared, trips):
    audit = geoplan.audit(layers={"ours": squares}, weight="area")
    markets = geoplan.labour_markets(trips, min_size=100, target_size=1000, runs=0)
    made = [geoplan.layer(squares), compared, geoplan.check(squares), audit, markets,
            geoplan.containment(markets.assignment, flows=trips), geoplan.contiguity(squares),
            geoplan.blocks("lhb", "connect_to_work"), geoplan.realign("lhb", "connect_to_work"),
            geoplan.whatif([MOVE], layers=["lhb", "connect_to_work"])]  # fmt: skip
    return {type(each).__name__: each for each in made}


KINDS = (
    "Layer", "Comparison", "Check", "Audit", "LabourMarkets", "Containment", "Contiguity", "Blocks", "Realignment",
    "WhatIf",
)  # fmt: skip
MOVE = {"action": "move", "layer": "connect_to_work", "authority": "Ceredigion", "to": "South West Wales"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_result_is_short_escaped_and_fixed(results, kind):
    result = results[kind]
    assert repr(result).startswith(f"<{kind} ")
    assert len(repr(result)) < 300
    page = result._repr_html_()
    assert len(page) < 20_000
    assert "<script" not in page
    assert "<b>West" not in page
    with pytest.raises(AttributeError, match="cannot be changed"):
        result.table = 1
    table = result.table
    table["new"] = 1
    assert "new" not in result.table.columns
    assert isinstance(result.findings, pd.DataFrame)


def test_ten_thousand_rows_stay_short():
    side = 100
    west, south = (each.ravel() * 500.0 + 4e5 for each in np.meshgrid(np.arange(side), np.arange(side)))
    codes = [f"E{n:08d}" for n in range(side * side)]
    frame = gpd.GeoDataFrame({"code": codes}, geometry=shapely.box(west, south, west + 500, south + 500), crs=27700)
    opened = geoplan.layer(frame)
    assert len(opened.table) == 10_000
    assert len(repr(opened)) < 300
    assert len(opened._repr_html_()) < 5_000
    assert "10,000 rows" in opened._repr_html_()


def test_pieces_are_where_the_two_cut_each_other(compared):
    pieces = compared.pieces
    assert pieces.crs == "EPSG:27700"
    assert pieces.area.round(-6).tolist() == [5e7, 5e7]
    assert pieces["left_name"].tolist() == ["Dale", "Dale"]
    assert sorted(pieces["kind"]) == ["cut", "rest"]


def test_areas_and_pieces_come_with_their_standing(compared):
    areas = compared.to_geodataframe()
    assert areas["standing"].tolist() == [LOOKS[each].term for each in ("inside", "inside", "inside", "partly")]
    assert areas["partners"].tolist() == [("W",), ("E",), ("W",), ("E",)]
    assert not areas.geometry.isna().any()


def test_a_map_has_one_colour_for_one_thing_and_takes_no_name_for_markup(squares, halves, compared):
    board = compared.explore()
    assert isinstance(board, folium.Map)
    page = board.get_root().render()
    assert LOOKS[Standing.INSIDE].fill in page
    assert GROUND["none"].fill in page
    assert "tile.openstreetmap.org" not in page
    assert "Contains OS data" in page
    turned = geoplan.compare(halves, squares, weight="area").explore(tiles="osm").get_root().render()
    assert "tile.openstreetmap.org" in turned
    assert "<b>West" not in turned
    with pytest.raises(ConfigurationError, match="no background 'moon'"):
        compared.explore(tiles="moon")


def test_a_plot_has_the_same_colours_a_key_and_an_attribution(compared):
    axes = compared.plot()
    drawn = {colors.to_hex(colour) for each in axes.collections for colour in each.get_facecolor()}
    assert {LOOKS[Standing.INSIDE].fill, LOOKS[Standing.PARTLY].fill} <= drawn
    assert axes.get_legend().get_texts()[0].get_text() == LOOKS[Standing.INSIDE].term
    assert any("Crown copyright" in text.get_text() for text in axes.texts)
    own = plt.subplots()[1]
    assert compared.plot(ax=own) is own
    plt.close("all")


def test_what_belongs_only_in_part_is_hatched_and_not_filled():
    push = geoplan.layer("push")
    axes = push.plot()
    hatched = [each for each in axes.collections if each.get_hatch()]
    assert [each.get_hatch() for each in hatched] == [MARKS["bars"]]
    assert all(each.get_facecolor().size == 0 or not each.get_facecolor()[:, 3].any() for each in hatched)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [GROUND["part"].term]
    plt.close("all")
    page = push.explore().get_root().render()
    assert "somewhere in East Hampshire, New Forest, Test Valley and Winchester; size not assessed" in page
    assert '"dashArray": "4 4"' in page
    assert geoplan.layer("push").to_geodataframe().geometry.notna().all()


@pytest.mark.parametrize("kind", ["Layer", "Check", "Contiguity", "Blocks", "Realignment"])
def test_others_are_drawn_too(results, kind):
    assert isinstance(geoplan.to_folium(results[kind]), folium.Map)
    results[kind].plot()
    plt.close("all")
    assert results[kind].to_geodataframe().crs == "EPSG:27700"


def test_areas_that_touch_differ_in_colour(squares):
    page = geoplan.layer(squares).explore().get_root().render()
    assert len(set(re.findall(r'"fill": "(#\w{6})"', page))) == 4


def test_files_are_written_as_a_set_and_nothing_is_written_over_what_was_read(squares, halves, tmp_path):
    file = tmp_path / "halves.geojson"
    halves.to_crs("EPSG:4326").to_file(file, driver="GeoJSON")
    found = geoplan.audit(layers=[squares, file], weight="area")
    written = found.write(tmp_path / "out", ["findings.csv", "audit.json", "map.html"])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {path.name for path in written} | {
        ".geoplan-audit.json"
    }
    with pytest.raises(ConfigurationError, match="Did you mean findings"):
        found.write(tmp_path / "out", ["finding.csv"])
    with pytest.raises(ConfigurationError, match="is not a folder"):
        found.write(file, ["findings.csv"])
    later = geoplan.audit(layers=[squares, file], weight="area", against=tmp_path / "out" / "audit.json")
    assert isinstance(later.changes, pd.DataFrame)
    assert "Written" not in found.summary
