"""The GeoPackage: sound by its own rules, opened by others, styled for QGIS, true to the audit."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from xml.etree import ElementTree as ET

import fiona
import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from toy_audit import finding, result_of

from geoplan.analysis import overlay, relations
from geoplan.auditing import audit, results
from geoplan.errors import ConfigurationError, OutputError
from geoplan.output.geopackage import writing
from geoplan.output.tables import audits
from geoplan.output.workbook import book
from geoplan.schema import Layer, Source, Tolerance, Weight, wording
from geoplan.schema.standing import GROUND

NEAR = {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}, "w": {"W1": 1}}
FAR = {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}}
STYLE_COLUMNS = [
    "id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "styleName", "styleQML", "styleSLD",
    "useAsDefault", "description", "owner", "ui", "update_time",
]  # fmt: skip
HOSTILE = (
    "O'Brien & Söhne",
    "<script>alert(1)</script>",
    '"; DROP TABLE areas; --',
    "]]>",
    "back\\slash",
    "%{}[%name%]",
)


@pytest.fixture
def near(block_layer):
    return block_layer("near", NEAR)


@pytest.fixture
def far(block_layer):
    return block_layer("far", FAR, extent="E")


@pytest.fixture
def saved(tmp_path):
    """Write an audit's GeoPackage and return its path."""

    def save(result):
        file = tmp_path / "audit.gpkg"
        file.write_bytes(writing.geopackage(result))
        return file

    return save


def queried(file, query, *values):
    with closing(sqlite3.connect(file)) as base:
        return base.execute(query, values).fetchall()


def lookup_layer(key, members):
    """Make a lookup from small areas, which has no outlines."""
    rows = [(block, code) for code, blocks in members.items() for block in blocks]
    parts = pd.DataFrame(rows, columns=["block", "code"]).assign(share=1.0)
    small = pd.DataFrame({"block": sorted(parts["block"]), "people": 10.0}).set_index("block")
    small = small.assign(working_age=6.0, postcodes=1.0, area_m2=np.nan)
    areas = pd.DataFrame({"name": [f"Area {code}" for code in members]}, index=pd.Index(list(members), name="code"))
    counts = parts.groupby("code").size().reindex(areas.index) * 10.0
    areas = areas.assign(people=counts, working_age=counts * 0.6, postcodes=counts / 10, area_m2=np.nan)
    return Layer(key, f"Layer {key}", areas, Source(f"{key}.csv"), parts, blocks=small, unit="oa")


# ----------------------------------------------------------------------------------------------- soundness


def test_the_file_is_a_sound_geopackage(saved, near, far, blocks):
    file = saved(result_of(blocks, (near, far)))
    assert queried(file, "PRAGMA application_id") == [(int.from_bytes(b"GPKG"),)]
    assert queried(file, "PRAGMA user_version") == [(10200,)]
    assert queried(file, "PRAGMA integrity_check") == [("ok",)]
    assert queried(file, "PRAGMA foreign_key_check") == []
    contents = queried(file, "SELECT table_name, data_type, srs_id, last_change FROM gpkg_contents ORDER BY rowid")
    day = "2026-04-01T00:00:00.000Z"
    layers = ["areas", "pieces", "findings", "blocks"]
    assert contents == [*((name, "features", 27700, day) for name in layers), ("layer_styles", "attributes", 0, day)]
    shapes = queried(
        file, "SELECT table_name, column_name, geometry_type_name, srs_id, z, m FROM gpkg_geometry_columns"
    )
    assert sorted(shapes) == sorted((name, "geom", "MULTIPOLYGON", 27700, 0, 0) for name in layers)
    systems = dict(queried(file, "SELECT srs_id, organization_coordsys_id FROM gpkg_spatial_ref_sys"))
    assert {-1: -1, 0: 0, 4326: 4326, 27700: 27700}.items() <= systems.items()
    assert queried(file, "SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name") == [
        (name,) for name in sorted(layers)
    ]
    # Counts that GDAL keeps are of tables that it would show.
    assert {row[0] for row in queried(file, "SELECT table_name FROM gpkg_ogr_contents")} <= {"layer_styles"}
    for (about,) in queried(file, "SELECT description FROM gpkg_contents WHERE data_type = 'features'"):
        assert all(sentence in about for sentence in wording.ATTRIBUTION)


def test_fiona_and_geopandas_open_every_layer(saved, near, far, blocks):
    result = result_of(blocks, (near, far))
    file = saved(result)
    counts = {"areas": 7, "pieces": 1, "findings": len(result.findings), "blocks": 6}
    assert set(fiona.listlayers(file)) == {*counts, "layer_styles"}
    for name, count in counts.items():
        with fiona.open(file, layer=name) as source:
            assert len(list(source)) == len(source) == count
            assert source.crs.to_epsg() == 27700
        frame = gpd.read_file(file, layer=name)
        assert frame.crs.to_epsg() == 27700
        assert frame.geometry.dropna().is_valid.all()


def test_an_outline_is_stored_once_and_drawn_by_every_layer_that_has_it(saved, near, far, blocks):
    result = result_of(blocks, (near, far), further=[finding("GP401", "near", "a")])
    file = saved(result)
    shapes = [row[0] for row in queried(file, "SELECT geom FROM outlines")]
    assert len(set(shapes)) == len(shapes)
    # E3 alone is a block and the piece that y and b share.
    drawn = {
        name: gpd.read_file(file, layer=name).geometry.dropna() for name in ("areas", "pieces", "findings", "blocks")
    }
    assert len(shapes) < sum(map(len, drawn.values()))
    assert drawn["pieces"].iloc[0].equals(drawn["blocks"].iloc[list(blocks.index).index("E3")])


def test_layers_know_their_extent_and_answer_for_a_window(saved, near, far, blocks):
    file = saved(result_of(blocks, (near, far)))
    west, south, east, north = blocks.total_bounds
    edges = queried(file, "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = 'blocks'")
    assert edges == [(west, south, east, north)]
    window = tuple(blocks.geometry["E3"].buffer(-10).bounds)
    assert list(pyogrio.read_dataframe(file, layer="blocks", bbox=window)["block"]) == ["E3"]
    with fiona.open(file, layer="blocks") as source:
        assert [each["properties"]["block"] for each in source.filter(bbox=window)] == ["E3"]
        assert source.bounds == (west, south, east, north)


def test_rows_have_their_numbers(saved, near, far, blocks):
    file = saved(result_of(blocks, (near, far)))
    frame = pyogrio.read_dataframe(file, layer="areas", fid_as_index=True)
    assert list(frame.index) == list(range(1, 8))
    assert "OGC_FID" not in frame.columns


def test_the_same_audit_gives_the_same_bytes_and_gdal_keeps_its_settings(near, far, blocks):
    result = result_of(blocks, (near, far))
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2001-01-01T00:00:00.000Z"})
    try:
        assert writing.geopackage(result) == writing.geopackage(result)
        assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == "2001-01-01T00:00:00.000Z"
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    writing.geopackage(result)
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_an_audit_without_outlines_is_refused(near, far, blocks):
    bare = result_of(blocks.drop(columns="geometry"), (near, far))
    with pytest.raises(ConfigurationError, match=r"needs outlines.*geometry=True"):
        writing.geopackage(bare)


def test_what_gdal_cannot_write_is_one_sentence(near, far, blocks, monkeypatch):
    def full(*_, **__):
        message = "disk full"
        raise pyogrio.errors.DataSourceError(message)

    monkeypatch.setattr(pyogrio, "write_dataframe", full)
    with pytest.raises(OutputError, match=r"^The GeoPackage cannot be written: disk full\.$"):
        writing.geopackage(result_of(blocks, (near, far)))


# ---------------------------------------------------------------------------------------------- the layers


def test_every_file_has_the_same_ids(saved, near, far, blocks):
    result = result_of(blocks, (near, far), further=[finding("GP105", "near", "")])
    listed = [row["id"] for row in csv.DictReader(io.StringIO(audits.findings_csv(result.findings)))]
    in_json = [each["id"] for each in json.loads(audits.audit_json(result))["findings"]]
    sheet = openpyxl.load_workbook(io.BytesIO(book.xlsx(result)))["Findings"]
    column = next(cell.column for cell in sheet[1] if cell.value == "Id")
    in_sheet = [row[column - 1].value for row in sheet.iter_rows(min_row=2)]
    on_map = list(gpd.read_file(saved(result), layer="findings")["id"])
    assert listed == in_json == in_sheet == on_map
    assert len(set(listed)) == len(listed) > 2


def test_findings_lie_on_the_area_they_are_about(saved, near, far, blocks):
    whole_layer, lone = finding("GP105", "near", ""), finding("GP401", "near", "E1")
    result = result_of(blocks, (near, far), further=[whole_layer, lone, finding("GP901", "elsewhere", "E1")])
    frame = gpd.read_file(saved(result), layer="findings").set_index("id")
    cut = frame[(frame["rule"] == "GP301") & (frame["code"] == "b")].iloc[0]
    assert cut["geometry"].equals(near.areas.geometry["b"])
    assert cut["value"] == 400
    assert frame.geometry[whole_layer.id] is None
    # An authority that is in no area of the layer is drawn by its blocks.
    assert frame.geometry[lone.id].equals(shapely.union_all(blocks.geometry[["E1.a", "E1.b"]].to_numpy()))
    assert frame.geometry[frame["layer"] == "elsewhere"].isna().all()
    assert frame.loc[lone.id, "rule_title"] == "authority in none"


def test_a_finding_with_ground_of_its_own_lies_there(saved, near, far, blocks):
    gap = shapely.box(400_100, 300_100, 400_200, 300_200)
    result = result_of(blocks, (near, far), further=[replace(finding("GP201", "near", "b"), shape=gap, id="gap")])
    frame = gpd.read_file(saved(result), layer="findings").set_index("id")
    assert frame.geometry["gap"].equals(gap)


def test_areas_hold_their_measures_and_outlines(saved, near, far, blocks):
    frame = gpd.read_file(saved(result_of(blocks, (near, far))), layer="areas").set_index(["layer", "code"])
    assert frame.loc["near", "people"].to_dict() == {"a": 300, "b": 700, "c": 500, "w": 600}
    for layer in (near, far):
        for code, shape in layer.areas.geometry.items():
            assert frame.geometry[layer.key, code].equals(shape)
    assert frame.geometry.area.to_numpy() == pytest.approx(frame["area_m2"].to_numpy())


def test_blocks_name_their_area_in_every_layer(saved, near, block_layer, blocks):
    both = block_layer("Near!", {"p": {"E1.a": 1, "E2": None}, "q": {"E2": None}})
    frame = gpd.read_file(saved(result_of(blocks, alone=[near, both, replace(both, key="near_")])), layer="blocks")
    frame = frame.set_index("block")
    assert frame["in_near"].to_dict() == {"E1.a": "a", "E1.b": "a", "E2": "b", "E3": "b", "E4": "c", "W1": "w"}
    # Names that differ only by case or signs stay apart.
    assert frame["in_near_2"].dropna().to_dict() == frame["in_near_3"].dropna().to_dict() == {"E1.a": "p", "E2": "p;q"}
    assert frame["people"].sum() == 2100


def test_pieces_are_where_areas_are_cut_on_both_sides(saved, near, far, blocks):
    # b = E2 + E3 against z = E2 and y = E3 + E4: only E3 is part of an area on both sides.
    frame = gpd.read_file(saved(result_of(blocks, (near, far))), layer="pieces")
    assert frame[["left_code", "right_code", "people", "kind", "drawn_whole"]].to_numpy().tolist() == [
        ["b", "y", 400, "cut", "no"]
    ]
    row = frame.iloc[0]
    assert row["geometry"].equals(blocks.geometry["E3"])
    assert (row["left_people_share"], row["right_people_share"]) == pytest.approx((4 / 7, 4 / 9))
    assert (row["left_relation"], row["right_relation"]) == ("straddles", "straddles")


def test_what_the_other_layer_leaves_is_a_piece(saved, block_layer, blocks):
    left = block_layer("left", {"p": {"E1.a": 1, "E2": 1}, "q": {"E3": 1}})
    right = block_layer("right", {"x": {"E1.a": 1}})
    frame = gpd.read_file(saved(result_of(blocks, (left, right))), layer="pieces")
    # x lies whole in p, and q lies whole in none: both stand in areas.
    assert frame[["left_code", "right_code", "kind", "people"]].to_numpy().tolist() == [["p", None, "rest", 300]]
    assert frame.geometry[0].equals(blocks.geometry["E2"])


def test_a_block_that_belongs_in_part_is_drawn_whole_and_said(saved, block_layer, blocks):
    left = block_layer("left", {"p": {"E1.a": 1, "E2": None}, "q": {"E2": None, "E3": 1}})
    right = block_layer("right", {"x": {"E2": 1, "E4": 1}, "y": {"E1.a": 1, "E3": 1}})
    frame = gpd.read_file(saved(result_of(blocks, (left, right))), layer="pieces").set_index(
        ["left_code", "right_code"]
    )
    assert frame["drawn_whole"].to_dict() == {("p", "x"): "yes", ("q", "x"): "yes", ("p", "y"): "no", ("q", "y"): "no"}
    assert frame.geometry["p", "x"].equals(blocks.geometry["E2"])
    assert pd.isna(frame["people"]["p", "x"])


def test_areas_say_that_their_outline_is_of_whole_authorities(saved, block_layer, near, blocks):
    partly = block_layer("partly", {"p": {"E1.a": 1, "E2": None}, "q": {"E2": 0.25}, "r": {"E3": 1}})
    file = saved(result_of(blocks, (partly, near)))
    areas = gpd.read_file(file, layer="areas").set_index(["layer", "code"])
    assert areas.loc["partly", "part"].to_dict() == {"p": "mixed", "q": "part", "r": "whole"}
    assert set(areas.loc["near", "part"]) == {"whole"}
    told = areas.loc["partly", "part_of"].fillna("").to_dict()
    assert told == {"p": "somewhere in E2; size not assessed", "q": "25% of E2", "r": ""}
    rules = {rule.get("label"): rule for rule in styles_of(file)["areas"].iter("rule")}
    assert rules[GROUND["part"].term].get("filter") == "\"part\" <> 'whole'"
    assert [rule.get("symbol") is None for rule in (rules["Layer partly"], rules["Layer near"])] == [True, False]


def test_pieces_of_drawings_conserve_ground(saved, drawn_layer, blocks):
    left = drawn_layer(
        "left.gpkg", {"p": shapely.box(0, 0, 10_000, 10_000), "q": shapely.box(10_000, 0, 20_000, 10_000)}
    )
    right = drawn_layer("right.gpkg", {"x": shapely.box(5_000, 0, 15_000, 10_000)}, extent="")
    frame = gpd.read_file(saved(result_of(blocks, (left, right), weight=Weight.AREA)), layer="pieces")
    rows = {(row["left_code"], row["right_code"]): row for _, row in frame.fillna({"right_code": ""}).iterrows()}
    assert {key: row["kind"] for key, row in rows.items()} == {
        ("p", "x"): "cut", ("p", ""): "rest", ("q", "x"): "cut", ("q", ""): "rest",
    }  # fmt: skip
    assert frame.geometry.area.to_numpy() == pytest.approx(frame["area_m2"].to_numpy())
    assert frame.geometry.area.sum() == pytest.approx(2e8)
    assert rows["p", ""]["geometry"].equals(shapely.box(0, 0, 5_000, 10_000))
    assert set(fiona.listlayers(saved(result_of(blocks, alone=[left])))) == {"areas", "findings", "layer_styles"}


def test_slivers_of_two_drawings_are_artefacts(saved, drawn_layer, blocks):
    left = drawn_layer("left", {"p": shapely.box(0, 0, 10_000, 10_000), "q": shapely.box(10_000, 0, 20_000, 10_000)},
                       resolution_m=50.0)  # fmt: skip
    right = drawn_layer("right", {"x": shapely.box(0, 0, 10_080, 10_000), "y": shapely.box(10_080, 0, 20_000, 10_000)},
                        resolution_m=50.0)  # fmt: skip
    frame = gpd.read_file(saved(result_of(blocks, (left, right), weight=Weight.AREA)), layer="pieces")
    slivers = frame[frame["kind"] == "artefact"]
    assert slivers[["left_code", "right_code"]].to_numpy().tolist() == [["q", "x"]]
    assert slivers.geometry.area.iloc[0] == pytest.approx(80 * 10_000)


def test_labels_draw_pieces_by_geometry(saved, near, drawn_layer, blocks, points):
    shape = shapely.box(400_000, 300_000, 401_500, 301_000)  # E3 and the western half of E4
    over = overlay.overlay(drawn_layer("d.gpkg", {"d": shape}), near, blocks=blocks, points=points)
    related = relations.relate(over, tolerance=Tolerance())
    result = replace(result_of(blocks, alone=[over.left, near]), pairs=(results.Pair(over, related),))
    frame = gpd.read_file(saved(result), layer="pieces").set_index("right_code")
    assert frame.geometry["b"].equals(blocks.geometry["E3"])
    assert frame.geometry["c"].equals(shapely.box(401_000, 300_000, 401_500, 301_000))
    assert frame["right_relation"].isna().all()


def test_lookups_become_tables_without_geometry(saved, blocks):
    left = lookup_layer("left", {"p": ("1", "2"), "q": ("3",)})
    right = lookup_layer("right", {"x": ("1",), "y": ("2", "3")})
    result = result_of(blocks.drop(columns="geometry"), (left, right))
    assert result.undrawn == ("left", "right")
    file = saved(result)
    kinds = dict(queried(file, "SELECT table_name, data_type FROM gpkg_contents"))
    assert kinds == {"areas": "attributes", "pieces": "attributes", "findings": "attributes"}
    assert queried(file, "PRAGMA integrity_check") == [("ok",)]
    assert list(pyogrio.read_dataframe(file, layer="findings")["id"]) == [each.id for each in result.findings]
    pieces = pyogrio.read_dataframe(file, layer="pieces")
    assert pieces[["left_code", "right_code", "people"]].to_numpy().tolist() == [["p", "y", 10]]


# ---------------------------------------------------------------------------------------------- the styles


def styles_of(file):
    rows = queried(file, "SELECT f_table_name, styleQML FROM layer_styles")
    return {name: ET.fromstring(text.partition("\n")[2]) for name, text in rows}  # noqa: S314 - written just now


def test_the_style_table_is_what_qgis_looks_for(saved, near, far, blocks):
    file = saved(result_of(blocks, (near, far)))
    assert [row[1] for row in queried(file, "PRAGMA table_info(layer_styles)")] == STYLE_COLUMNS
    # The question QGIS asks (QgsOgrProviderMetadata::loadStyle).
    for name in ("areas", "pieces", "findings", "blocks"):
        found = queried(
            file,
            "SELECT styleName, useAsDefault, update_time FROM layer_styles WHERE f_table_schema='' AND f_table_name=? "
            "AND f_geometry_column='geom' AND styleQML LIKE '<!DOCTYPE qgis%'",
            name,
        )
        assert found == [(name, 1, "2026-04-01T00:00:00.000Z")]


def test_styles_name_columns_and_values_that_are_there(saved, near, far, blocks):
    file = saved(result_of(blocks, (near, far)))
    for name, style in styles_of(file).items():
        columns = set(gpd.read_file(file, layer=name).columns)
        rules = list(style.iter("rule"))
        assert rules
        symbols = {symbol.get("name") for symbol in style.iter("symbol")}
        assert {rule.get("symbol") for rule in rules if rule.get("symbol")} == symbols
        keys = [rule.get("key") for rule in rules]
        assert len(keys) == len(set(keys))
        for rule in rules:
            assert set(re.findall(r'"(\w+)"', rule.get("filter", ""))) <= columns
    areas = styles_of(file)["areas"]
    assert [(rule.get("label"), rule.get("checkstate")) for rule in areas.iter("rule")] == [
        ("Layer near", None), ("Layer far", "0"),
    ]  # fmt: skip


def test_findings_differ_by_more_than_colour(saved, near, far, blocks):
    style = styles_of(saved(result_of(blocks, (near, far))))["findings"]
    looks = [
        {option.get("name"): option.get("value") for option in symbol.iter("Option") if option.get("name")}
        for symbol in style.iter("symbol")
    ]
    assert len({look["style"] for look in looks}) == len({look["outline_style"] for look in looks}) == 3


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name, saved, near, far, blocks):
    odd = replace(near, key=name, title=name, areas=near.areas.assign(name=name))
    file = saved(result_of(blocks, (odd, far)))
    areas = gpd.read_file(file, layer="areas")
    assert list(areas.loc[areas["layer"] == name, "name"]) == [name] * 4
    first = next(styles_of(file)["areas"].iter("rule"))
    assert first.get("label") == name
    # SQLite's strings are QGIS's but for the backslash.
    condition = first.get("filter").replace("\\\\", "\\")
    assert queried(file, f"SELECT count(*) FROM areas WHERE {condition}") == [(4,)]  # noqa: S608


# --------------------------------------------------------------------------------------- the default audit


@pytest.fixture(scope="module")
def shipped():
    return audit.run(geometry=True)


@pytest.fixture(scope="module")
def shipped_file(shipped, tmp_path_factory):
    content = writing.geopackage(shipped)
    assert len(content) < 8_000_000
    file = tmp_path_factory.mktemp("gpkg") / "audit.gpkg"
    file.write_bytes(content)
    return file


def test_the_default_audit_is_all_there(shipped, shipped_file):
    areas = gpd.read_file(shipped_file, layer="areas")
    assert len(areas) == sum(len(layer.areas) for layer in shipped.layers.values())
    assert areas.geometry.notna().all()
    blocks = gpd.read_file(shipped_file, layer="blocks")
    assert {f"in_{key}" for key in shipped.layers} <= set(blocks.columns)
    assert blocks["people"].sum() == shipped.blocks["people"].sum()
    findings = gpd.read_file(shipped_file, layer="findings")
    assert list(findings["id"]) == [each.id for each in shipped.findings]
    # Only what is about a whole layer has no place on the map.
    assert (findings.geometry.isna() == findings["code"].isna()).all()


def test_every_cut_area_has_its_pieces(shipped, shipped_file):
    pieces = gpd.read_file(shipped_file, layer="pieces")
    held = set(zip(pieces["left_layer"], pieces["left_code"], pieces["right_layer"], strict=True))
    for pair in shipped.pairs[::2]:
        cut = pair.relations.index[pair.relations["relation"].isin(["straddles", "partly_covered"])]
        rows = pair.overlay.nominal
        for code in cut:
            parts = rows.loc[code]
            split = (parts[["left_share", "right_share"]].fillna(0.0).max(axis=1) < 1 - 1e-9).any()
            assert ((pair.keys[0], code, pair.keys[1]) in held) == split
    whole = pieces[pieces["drawn_whole"] == "no"]
    assert whole.geometry.area.to_numpy() == pytest.approx(whole["area_m2"].to_numpy(), rel=1e-3)


def test_flows_are_lines_between_areas_with_their_workers(shipped, shipped_file):
    flows = gpd.read_file(shipped_file, layer="flows")
    assert set(flows["layer"]) == set(shipped.contained)
    for key, told in shipped.contained.items():
        rows = flows[flows["layer"] == key]
        between = told.found.between["workers"]
        expected = [between[ends] for ends in zip(rows["origin"], rows["destination"], strict=True)]
        assert rows["workers"].tolist() == pytest.approx(expected)
        assert rows["rank"].tolist() == list(range(1, len(rows) + 1))
        assert rows["workers"].is_monotonic_decreasing
        shapes = shipped.layers[key].areas.geometry
        starts, ends = (shapely.get_point(rows.geometry.to_numpy(), at) for at in (0, 1))
        assert shapely.covers(shapes[rows["origin"]].to_numpy(), starts).all()
        assert shapely.covers(shapes[rows["destination"]].to_numpy(), ends).all()
    (about,) = queried(shipped_file, "SELECT description FROM gpkg_contents WHERE table_name = 'flows'")[0]
    assert "modelled, not counted" in about
