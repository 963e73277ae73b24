"""Lookups from small areas: reading, joining, refusing; a plain loop as oracle, and the official lookup."""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.analysis import extent, overlay, relations
from geoplan.auditing import audit, comparing, results
from geoplan.cli.main import cli
from geoplan.commuting.atlas import Atlas
from geoplan.data.focus import blocks_of
from geoplan.data.membership.small_areas import lookup_columns, lookups
from geoplan.data.readers import guards
from geoplan.data.tables import tables
from geoplan.errors import ConfigurationError, InputError, TableError
from geoplan.output.brief import brief
from geoplan.output.page import webmap
from geoplan.output.text import comparison_lines
from geoplan.schema import BLOCK_MEASURES, REST, Basis, Layer, Source, Tolerance, Weight

HEADER = "LSOA21CD,LSOA21NM,LAD25CD,ICB24CD,ICB24NM,pop_all,pop_16_64,area_km2"
ATLAS = Atlas()
TOWNS = f"""{HEADER}
E01000001,Ay 1,E06000001,E54000001,North Board,100,60,1.5
E01000002,Ay 2,E06000001,E54000002,South Board,200,120,2
E01000003,Bee 1,E06000002,E54000002,South Board,300,180,0.5
W01000001,Cee 1,W06000001,,,400,240,4
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def opened(text: str, column: str, name: str = "towns.csv") -> Layer:
    return Atlas().layer(f"{write(name, text)}#{column}")


def call(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


# Reading


def test_small_areas_areas_names_and_weights_are_found():
    layer = opened(TOWNS, "ICB24CD")
    assert (layer.key, layer.unit, layer.extent, layer.status) == ("towns.csv#ICB24CD", "lsoa21", "E", "file")
    assert layer.areas["name"].to_dict() == {"E54000001": "North Board", "E54000002": "South Board"}
    assert layer.areas["people"].to_dict() == {"E54000001": 100, "E54000002": 500}
    assert layer.areas["working_age"].to_dict() == {"E54000001": 60, "E54000002": 300}
    assert layer.areas["area_m2"].to_dict() == {"E54000001": 1.5e6, "E54000002": 2.5e6}
    assert layer.areas["postcodes"].isna().all()
    assert layer.parts.to_dict("list") == {
        "block": ["E01000001", "E01000002", "E01000003"],
        "code": ["E54000001", "E54000002", "E54000002"],
        "share": [1.0, 1.0, 1.0],
    }
    assert layer.blocks["people"].to_dict() == {
        "E01000001": 100, "E01000002": 200, "E01000003": 300, "W01000001": 400,
    }  # fmt: skip
    (note,) = layer.notes
    assert note.rule == "GP204"
    assert note.message == (
        "towns.csv#ICB24CD: 1 of 4 lsoa21, with 400 people, have no ICB24CD and belong to no area (1 row: W01000001)."
    )


@pytest.mark.parametrize("column", ["ICB24CD", "icb24cd", "icb24", "ICB24", "icb24_code"])
def test_the_column_may_be_a_stem_in_any_case(column):
    assert opened(TOWNS, column).key == "towns.csv#ICB24CD"


def test_plain_headings_are_found_too_and_parquet_is_read_like_csv():
    plain = TOWNS.replace("LSOA21CD", "lsoa21").replace("ICB24CD", "icb24").replace("ICB24NM", "icb24_name")
    layer = opened(plain, "ICB24CD")
    assert (layer.key, layer.unit) == ("towns.csv#icb24", "lsoa21")
    assert layer.name("E54000001") == "North Board"
    frame = pd.read_csv(io.StringIO(plain))
    blank = pd.DataFrame([[None] * len(frame.columns)], columns=frame.columns)
    pd.concat([frame, blank], ignore_index=True).to_parquet("towns.parquet")
    other = Atlas().layer("towns.parquet#icb24")
    pd.testing.assert_frame_equal(layer.areas, other.areas, check_index_type=False)
    pd.testing.assert_frame_equal(layer.blocks, other.blocks)
    assert other.source.sha256 == guards.hash_of([Path("towns.parquet")])


def test_without_a_column_the_only_other_one_of_codes_is_taken():
    layer = Atlas().layer(write("two.csv", "LSOA21CD;ICB24CD\nE01000001;E54000001\nE01000002;E54000001\n"))
    assert (layer.key, layer.unit) == ("two.csv#ICB24CD", "lsoa21")
    with pytest.raises(
        InputError, match=r"takes 'LSOA21CD' to 2 geographies: LAD25CD, ICB24CD. Name one: towns.csv#LAD"
    ):
        Atlas().layer(write("towns.csv", TOWNS))


def test_a_membership_table_keeps_its_meaning():
    layer = Atlas().layer(write("mine.csv", "area_name,LAD25CD,LSOA21CD\nNorth,E06000001,E01000001\n"))
    assert layer.blocks is None
    assert layer.areas["members"].to_dict() == {"North": "E06000001"}
    with pytest.raises(InputError, match="no column names the area"):
        Atlas().layer(write("bad.csv", "LAD25CD,note\nE06000001,x\n"))


def test_areas_that_are_small_areas_themselves():
    layer = opened(TOWNS, "LSOA21CD")
    assert layer.areas["people"].to_dict() == layer.blocks["people"].to_dict()
    assert layer.name("E01000003") == "Bee 1"


def test_authorities_are_named_where_the_file_has_codes_only():
    text = TOWNS.replace("E06000001", "E07000202")
    assert opened(text, "LAD25CD").name("E07000202") == "Ipswich"


def test_a_name_in_one_row_names_the_area():
    text = TOWNS.replace("E54000002,South Board,200", "E54000002,,200")
    assert opened(text, "icb24").name("E54000002") == "South Board"


def test_figures_in_thousands_and_missing_ones():
    layer = opened('oa21,ward25,people,area_ha\nA1,W1,"1,200",5\nA2,W1,300,\nA3,W2,7.5,2\n', "ward25")
    assert layer.areas["people"].to_dict() == {"W1": 1500, "W2": 7.5}
    assert math.isnan(layer.areas["area_m2"]["W1"])
    assert layer.areas["area_m2"]["W2"] == 2e4
    assert layer.extent == ""
    assert extent.countries_of(layer).eq("").all()


def test_the_order_of_rows_changes_nothing():
    lines = TOWNS.splitlines()
    turned = "\n".join([lines[0], *reversed(lines[1:])]) + "\n"
    one, two = opened(TOWNS, "icb24"), opened(turned, "icb24")
    pd.testing.assert_frame_equal(one.areas, two.areas)
    pd.testing.assert_frame_equal(one.parts, two.parts)


# Bad input


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        (TOWNS, "icb25", r"towns.csv: column 'icb25' is missing. Did you mean towns.csv#ICB24CD\?"),
        (TOWNS, "nosuch", "column 'nosuch' is missing. Columns of codes found: LSOA21CD, LAD25CD, ICB24CD"),
        (TOWNS + "E01000001,Ay 1,E06000002,E54000001,North Board,1,1,1\n", "icb24",
         r"column 'LSOA21CD': small areas are repeated \(1 row: E01000001\)"),
        (TOWNS + ",,E06000002,E54000001,North Board,1,1,1\n", "icb24",
         r"column 'LSOA21CD': codes are missing \(1 row: row 6\)"),
        ("place,size\nx,1\ny,2\n", "", "no column names the area"),
        ("place,size\nx,1\ny,2\n", "place", "table without geometry, and no column of it holds codes.*place, size"),
        ("LSOA21CD,size\nE01000001,1\nE01000002,2\n", "LSOA25CD", "Did you mean bad.csv#LSOA21CD"),
        ("", "icb24", "bad.csv is empty"),
        (HEADER + "\n", "icb24", "bad.csv holds no rows"),
        ("LSOA21CD,ICB24CD\nE01000001,\n", "icb24", "column 'ICB24CD' is empty"),
        ("LSOA21CD,OA21CD,ICB24CD\nE01000001,E00000001,X\nE01000002,E00000002,X\n", "icb24",
         "columns LSOA21CD, OA21CD are all unique per row.*--code"),
        ("LSOA21CD,ICB24CD,people\nE01000001,X,many\n", "icb24",
         r"column 'people' holds what is no number from 0 \(1 row: row 2: many\)"),
        ("LSOA21CD,ICB24CD,people\nE01000001,X,-1\n", "icb24", "no number from 0"),
        ("LSOA21CD,ICB24CD,pop_2021,pop_2022\nE01000001,X,1,2\n", "icb24",
         "several columns could be 'people': pop_2021"),
        ("LSOA21CD,ICB24CD,icb24\nE01000001,X,Y\n", "icb24_code", "fits the columns ICB24CD, icb24"),
        ("LSOA21CD,LSOA21CD\nE01000001,X\n", "LSOA21CD", "the heading 'LSOA21CD' stands twice"),
    ],
)  # fmt: skip
def test_bad_tables_are_refused(text, column, message):
    name = write("towns.csv" if text.startswith(HEADER + "\nE") else "bad.csv", text)
    with pytest.raises(InputError, match=message):
        Atlas().layer(f"{name}#{column}" if column else name)


def test_several_unique_columns_are_told_apart_by_code():
    write("two.csv", "LSOA21CD,OA21CD,ICB24CD\nE01000001,E00000001,X\nE01000002,E00000002,X\n")
    layer = Atlas().layer("two.csv#icb24", code="oa21cd")
    assert layer.unit == "oa21"


def test_other_encodings_are_read_with_a_warning(tmp_path):
    (tmp_path / "old.csv").write_bytes("LSOA21CD,X21CD,ICB24CD,ICB24NM\nE01,a,b,Ynys Môn\n".encode("cp1252"))
    layer = Atlas().layer("old.csv#icb24", code="LSOA21CD")
    assert [note.message for note in layer.notes if note.rule == "GP106"] == [
        "old.csv: It is not UTF-8 and was read as Windows-1252."
    ]
    assert layer.name("b") == "Ynys Môn"
    (tmp_path / "wide.csv").write_bytes("LSOA21CD,ICB24CD\nE01000001,Môn\nE01000002,Môn\n".encode("utf-16"))
    assert Atlas().layer("wide.csv").areas.index.tolist() == ["Môn"]


def test_absent_damaged_and_empty_files(tmp_path):
    with pytest.raises(InputError, match=r"nosuch.csv: there is no such file"):
        Atlas().layer("nosuch.csv#icb24")
    pd.DataFrame({"LSOA21CD": [], "ICB24CD": []}).to_parquet("none.parquet")
    with pytest.raises(InputError, match=r"none.parquet holds no rows"):
        Atlas().layer("none.parquet#icb24")
    pd.DataFrame({"LSOA21CD": ["a"], "ICB24CD": ["b"]}).to_parquet("cut.parquet")
    content = (tmp_path / "cut.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"cut.parquet cannot be read"):
        Atlas().layer("cut.parquet#icb24")
    (tmp_path / "text.parquet").write_text("LSOA21CD,ICB24CD\n")
    with pytest.raises(InputError, match=r"text.parquet is not GeoParquet"):
        Atlas().layer("text.parquet#icb24")


def test_a_layer_of_own_blocks_keeps_its_contract():
    areas = pd.DataFrame({"name": ["A", "B"]}, index=pd.Index(["a", "b"], name="code"))
    blocks = pd.DataFrame(1.0, columns=list(BLOCK_MEASURES), index=pd.Index(["x", "y"], name="block"))
    parts = pd.DataFrame({"block": ["x", "x"], "code": ["a", "b"], "share": [1.0, 1.0]})
    with pytest.raises(TableError, match=r"not whole in one area \(1 row: x\)"):
        Layer("k", "K", areas, Source("s"), parts, blocks=blocks, unit="oa")
    with pytest.raises(TableError, match=r"'block' names no block \(1 row: z\)"):
        Layer("k", "K", areas, Source("s"), parts.assign(block=["x", "z"]), blocks=blocks)
    with pytest.raises(TableError, match="no parts"):
        Layer("k", "K", areas, Source("s"), blocks=blocks)
    with pytest.raises(TableError, match="column 'people' is missing"):
        Layer("k", "K", areas, Source("s"), parts, blocks=blocks.drop(columns="people"))


# Joining


def test_a_join_by_hand():
    one, two = opened(TOWNS, "lad25"), opened(TOWNS, "icb24")
    over = overlay.overlay(one, two, blocks=pd.DataFrame())
    assert over.basis is Basis.CODES
    assert over.notes == ()
    assert over.table["people"].to_dict() == {
        ("E06000001", "E54000001"): 100, ("E06000001", "E54000002"): 200, ("E06000002", "E54000002"): 300,
        ("W06000001", REST): 400,
    }  # fmt: skip
    assert over.table.at[("E06000001", "E54000001"), "left_people_share"] == pytest.approx(1 / 3)
    assert over.table.at[("E06000001", "E54000002"), "right_people_share"] == pytest.approx(2 / 5)
    assert over.table.at[("E06000001", "E54000001"), "area_m2"] == 1.5e6
    assert over.totals["rest_share"].to_dict() == {"E06000001": 0, "E06000002": 0, "W06000001": 1}
    related = relations.relate(over, tolerance=Tolerance())["relation"].to_dict()
    assert related == {"E06000001": "straddles", "E06000002": "nested", "W06000001": "uncovered"}
    assert not overlay.needs_geometry(one, two)
    assert not overlay.needs_points(one, two, Weight.PEOPLE)


def test_a_layer_with_itself_is_coterminous_everywhere():
    layer = opened(TOWNS, "lad25")
    over = overlay.overlay(layer, layer, blocks=pd.DataFrame())
    assert set(relations.relate(over, tolerance=Tolerance())["relation"]) == {"coterminous"}
    assert over.table["people"].sum() == 1000


def test_without_people_relations_are_told_by_counting():
    bare = "\n".join(",".join(line.split(",")[:5]) for line in TOWNS.splitlines())
    one, two = opened(bare, "lad25"), opened(bare, "icb24")
    assert "relations are told by counting lsoa21" in one.notes[0].message
    over = overlay.overlay(one, two, blocks=pd.DataFrame())
    assert over.table["people"].isna().all()
    assert over.table["left_people_share"].isna().all()
    assert over.nominal.at[("E06000001", "E54000001"), "left_share"] == 0.5
    assert over.nominal.at[("E06000001", "E54000002"), "right_share"] == 0.5
    pair = comparing.compare("towns.csv#lad25", "towns.csv#icb24")
    assert pair.relations["relation"].to_dict()["E06000001"] == "straddles"
    assert pair.summary["v_measure"] is None
    text = comparison_lines.compare_text(pair)
    assert "people not assessed, shares by counting lsoa21" in text
    assert "not assessed   50.0%  South Board" in text


def test_a_weight_without_a_column_is_not_assessed():
    pair = comparing.compare(f"{write('towns.csv', TOWNS)}#lad25", "towns.csv#icb24", weight=Weight.POSTCODES)
    assert pair.overlay.table["people"].isna().all()
    assert pair.relations["relation"].to_dict()["E06000002"] == "nested"
    ground = comparing.compare("towns.csv#lad25", "towns.csv#icb24", weight=Weight.AREA)
    assert ground.overlay.table.at[("E06000001", "E54000002"), "left_area_share"] == pytest.approx(2 / 3.5)
    assert ground.summary["v_measure"] is not None


def test_one_small_area_without_people_stands_in_at_the_mean():
    text = TOWNS.replace(",200,120,", ",,120,")
    over = overlay.overlay(opened(text, "lad25"), opened(text, "icb24"), blocks=pd.DataFrame())
    assert np.isnan(over.table.at[("E06000001", "E54000002"), "people"])
    assert over.table.at[("E06000001", "E54000001"), "people"] == 100
    mean = (100 + 300 + 400) / 3
    assert over.nominal.at[("E06000001", "E54000001"), "left_share"] == pytest.approx(100 / (100 + mean))


def test_an_area_where_nobody_lives_is_still_related():
    text = TOWNS.replace(",300,180,", ",0,0,")
    over = overlay.overlay(opened(text, "lad25"), opened(text, "icb24"), blocks=pd.DataFrame())
    assert relations.relate(over, tolerance=Tolerance())["relation"]["E06000002"] == "nested"
    assert over.table.at[("E06000002", "E54000002"), "people"] == 0


OTHER = """LSOA21CD,CAL24CD,CAL24NM,people
E01000001,X,Ex,111
E01000002,Y,Why,200
E01000009,Y,Why,900
"""


def test_two_files_that_know_different_small_areas_and_figures():
    one, two = opened(TOWNS, "lad25"), opened(OTHER, "cal24", "other.csv")
    over = overlay.overlay(one, two, blocks=pd.DataFrame())
    assert over.table["people"].to_dict() == {
        ("E06000001", "X"): 100, ("E06000001", "Y"): 200, ("E06000002", REST): 300, ("W06000001", REST): 400,
    }  # fmt: skip
    assert over.right.areas["people"].to_dict() == {"X": 100, "Y": 1100}
    (note,) = over.notes
    assert note.rule == "GP105"
    assert note.message == (
        "2 lsoa21 of towns.csv#LAD25CD are not known to other.csv#CAL24CD (2 rows: E01000003, W01000001). "
        "1 lsoa21 of other.csv#CAL24CD are not known to towns.csv#LAD25CD (1 row: E01000009). "
        "towns.csv#LAD25CD and other.csv#CAL24CD give different people, and those of towns.csv#LAD25CD count for both "
        "(1 row: E01000001)."
    )
    back = overlay.overlay(two, one, blocks=pd.DataFrame())
    assert back.table.at[("X", "E06000001"), "people"] == 100
    assert back.table.at[("Y", REST), "people"] == 900
    assert relations.relate(over, tolerance=Tolerance())["relation"].to_dict() == {
        "E06000001": "straddles", "E06000002": "uncovered", "W06000001": "uncovered",
    }  # fmt: skip


def test_figures_that_only_one_file_has_count_for_both():
    bare = "LSOA21CD,CAL24CD\nE01000001,X\nE01000002,Y\nE01000003,Y\nW01000001,Y\n"
    over = overlay.overlay(opened(bare, "cal24", "bare.csv"), opened(TOWNS, "icb24"), blocks=pd.DataFrame())
    assert over.left.areas["people"].to_dict() == {"X": 100, "Y": 900}
    assert over.totals["rest_share"]["Y"] == pytest.approx(400 / 900)
    assert over.notes == ()


def test_no_small_area_in_common_is_refused():
    two = opened("LSOA11CD,TTWA11CD\nE01900001,T\nE01900002,T\n", "ttwa11", "old.csv")
    with pytest.raises(ConfigurationError, match=r"of lsoa21 \(such as E01000001\) and old.csv#TTWA11CD of lsoa11"):
        overlay.overlay(opened(TOWNS, "lad25"), two, blocks=pd.DataFrame())


MESSAGE = "only towns.csv#ICB24CD is made of lsoa21; {other}, so no table joins the two. Give a boundary file"


def test_only_one_side_made_of_small_areas_is_refused(drawn_layer):
    layer = opened(TOWNS, "icb24")
    with pytest.raises(ConfigurationError, match=MESSAGE.format(other="icb_2026 is made of authorities")):
        comparing.compare("towns.csv#icb24", "icb_2026")
    with pytest.raises(ConfigurationError, match=r"only towns.csv#ICB24CD is made of lsoa21"):
        audit.run(results.Configuration.of_layers(["icb_2026", "towns.csv#icb24"]))
    drawn = drawn_layer("towns.gpkg", {"a": shapely.box(400_000, 300_000, 410_000, 310_000)})
    for pair in ((layer, drawn), (drawn, layer)):
        with pytest.raises(ConfigurationError, match=MESSAGE.format(other="towns.gpkg is drawn")):
            overlay.needs_geometry(*pair)
        with pytest.raises(ConfigurationError, match=r"or a lookup from lsoa21 to the areas of towns.gpkg"):
            overlay.overlay(*pair, blocks=pd.DataFrame(), weight=Weight.AREA)


# Authorities as small areas


def test_a_lookup_from_authorities_compares_with_what_ships():
    text = "LAD25CD,CAL25CD,CAL25NM,people\nE07000202,S1,Town,1\nE07000203,S2,Mid,1\nE07000200,,,1\n"
    layer = opened(text, "cal25", "lads.csv")
    assert (layer.key, layer.blocks, layer.unit) == ("lads.csv#CAL25CD", None, "")
    assert blocks_of(layer, "S1") == {"E07000202"}
    pair = comparing.compare("lads.csv#cal25", "lad")
    assert pair.overlay.basis is Basis.CODES
    assert pair.relations["relation"].to_dict() == {"S1": "coterminous", "S2": "coterminous"}
    assert pair.overlay.left.areas["people"]["S1"] > 100_000
    said = [note.message for note in layer.notes if note.rule in {"GP105", "GP204"}]
    assert said == [
        "lads.csv#CAL25CD: 1 of 3 authorities have no CAL25CD and belong to no area (1 row: E07000200).",
        "lads.csv#CAL25CD: people not used, because the figures of today's authorities ship with geoplan.",
    ]


def test_a_renumbered_authority_is_read_as_todays():
    layer = opened("LAD24CD,CAL24CD\nE08000016,S1\nE08000017,S1\n", "cal24", "lads.csv")
    assert blocks_of(layer, "S1") == {"E08000038", "E08000017"}
    assert [note.rule for note in layer.notes if note.rule == "GP104"] == ["GP104"]


def test_abolished_authorities_stay_small_areas_of_their_own():
    layer = opened("LAD19CD,CAL19CD\nE07000026,S1\nE07000027,S2\n", "cal19", "lads.csv")
    assert layer.unit == "lad19"
    with pytest.raises(ConfigurationError, match=r"only lads.csv#CAL19CD is made of lad19"):
        comparing.compare("lads.csv#cal19", "icb")


def test_abolished_authorities_that_make_up_one_of_today_are_read_as_it():
    rows = "".join(f"{code},S1\n" for code in ("E07000026", "E07000028", "E07000029"))
    layer = opened(f"LAD19CD,CAL19CD\n{rows}", "cal19", "lads.csv")
    assert {block.partition(".")[0] for block in blocks_of(layer, "S1")} == {"E06000063"}
    divided = opened(f"LAD19CD,CAL19CD\n{rows.replace('29,S1', '29,S2')}", "cal19", "lads.csv")
    assert divided.unit == "lad19"


# What takes layers


def test_focus_and_places_do_not_take_small_areas_for_shipped_blocks():
    layer = opened(TOWNS, "icb24")
    assert blocks_of(layer, "E54000001") == frozenset()
    atlas = Atlas()
    found = atlas.find("E06000001", [atlas.layer("towns.csv#lad25")])
    assert found.layer == "lad"
    assert found.blocks == {"E06000001"}
    assert extent.countries_of(opened(TOWNS, "lad25")).to_dict() == {
        "E06000001": "E", "E06000002": "E", "W06000001": "W",
    }  # fmt: skip
    with pytest.raises(ConfigurationError, match="Audit without --focus"):
        audit.run(results.Configuration.of_layers(["towns.csv#lad25", "towns.csv#icb24"], focus="Suffolk"))


def test_an_audit_of_lookups_has_findings_and_nothing_to_draw(elsewhere):
    write("towns.csv", TOWNS)
    write("other.csv", OTHER)
    keys = ["towns.csv#lad25", "towns.csv#icb24", "other.csv#cal24"]
    result = audit.run(results.Configuration.of_layers(keys), geometry=True)
    told = {(f.rule, f.layer, f.other_layer) for f in result.findings}
    assert ("GP301", "towns.csv#LAD25CD", "towns.csv#ICB24CD") in told
    assert ("GP105", "towns.csv#LAD25CD", "other.csv#CAL24CD") in told
    assert ("GP105", "other.csv#CAL24CD", "towns.csv#LAD25CD") in told
    assert len({finding.id for finding in result.findings}) == len(result.findings)
    for page in (webmap.page, brief.page):
        with pytest.raises(ConfigurationError, match=r"towns.csv#LAD25CD is a table of small areas"):
            page(result)
    done = call("audit", "--layers", ",".join(keys), "--out", "out")
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (elsewhere / "out").iterdir()) == [
        ".geoplan-audit.json", "audit.json", "audit.xlsx", "findings.csv",
    ]  # fmt: skip
    assert "No map and no brief" in done.stdout
    assert "indicative" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    document = json.loads((elsewhere / "out" / "audit.json").read_text(encoding="utf-8"))
    assert [pair["basis"] for pair in document["pairs"]] == ["codes"] * 6
    assert str(elsewhere) not in (elsewhere / "out" / "audit.json").read_text(encoding="utf-8")


def test_compare_and_check_on_the_command_line():
    write("towns.csv", TOWNS)
    done = call("compare", "towns.csv#lad25", "towns.csv#icb24", "--format", "csv")
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["left_code"], row["right_code"], row["right_name"]) for row in rows] == [
        ("E06000001", "E54000001", "North Board"),
        ("E06000001", "E54000002", "South Board"),
        ("E06000002", "E54000002", "South Board"),
        ("W06000001", "", ""),
    ]
    assert [row["width_m"] for row in rows] == [""] * 4
    assert "GP204: towns.csv#ICB24CD: 1 of 4 lsoa21" in done.stderr
    write("other.csv", OTHER)
    assert "GP105: 2 lsoa21 of towns.csv" in call("compare", "towns.csv#lad25", "other.csv#cal24").stderr
    checked = call("check", "towns.csv#icb24")
    assert checked.stdout.startswith("towns.csv#ICB24CD: sound.\n2 areas, a table of 4 lsoa21, nothing drawn.")
    assert call("compare", "towns.csv#icb24", "icb_2026").exit_code == 2
    assert call("check", "towns.csv#nosuch").exit_code == 3


def test_a_join_touches_no_geometry():
    write("towns.csv", TOWNS)
    script = (
        "import sys\nfrom geoplan.auditing import comparing\nfrom geoplan.commuting.atlas import Atlas\n"
        "atlas = Atlas()\ncomparing.compare('towns.csv#lad25', 'towns.csv#icb24', atlas=atlas)\n"
        "print('numba' in sys.modules, 'points' in vars(atlas), 'drawn' in vars(atlas))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"] * 3


# Laws, with a plain loop as oracle


@st.composite
def drawn_tables(draw) -> list[tuple[str, str, str, int, int]]:
    size = draw(st.integers(1, 12))
    code = st.sampled_from(["a", "b", "c", ""])
    other = st.sampled_from(["p", "q", "r", ""])
    rows = [(f"S{n}", draw(code), draw(other), draw(st.integers(0, 50)), draw(st.integers(1, 9))) for n in range(size)]
    rows[0] = (rows[0][0], rows[0][1] or "a", rows[0][2] or "p", *rows[0][3:])
    return draw(st.permutations(rows))


def plain_overlay(rows, place):
    """Sum by plain loops: pairs, rests and totals of the left areas."""
    pairs: dict[tuple[str, str], float] = defaultdict(float)
    for row in rows:
        if row[1]:
            pairs[(row[1], row[2])] += row[place]
    return dict(pairs)


@settings(max_examples=30, deadline=None)
@given(drawn_tables())
def test_joins_conserve_transpose_and_agree_with_a_plain_loop(rows):
    frame = pd.DataFrame(rows, columns=["OA21CD", "AA21CD", "BB21CD", "people", "area_m2"])
    one, two = (
        lookups.from_raw(
            tables.RawTable(frame, "t.csv", column, ""), ATLAS.authorities, as_of=ATLAS.as_of, code="OA21CD"
        )
        for column in ("AA21CD", "BB21CD")
    )
    over = overlay.overlay(one, two, blocks=pd.DataFrame())
    back = overlay.overlay(two, one, blocks=pd.DataFrame())
    assert over.table["people"].to_dict() == plain_overlay(rows, 3)
    assert over.table["area_m2"].to_dict() == plain_overlay(rows, 4)
    pairs = over.table[over.table.index.get_level_values("right") != REST]
    turned = back.table[back.table.index.get_level_values("right") != REST].swaplevel().sort_index()
    for forward, backward in (("people", "people"), ("left_area_share", "right_area_share")):
        assert pairs[forward].to_numpy() == pytest.approx(turned[backward].to_numpy(), abs=1e-12)
    whole = over.table["left_area_share"].groupby(level="left").sum()
    assert whole.to_numpy() == pytest.approx(np.ones(len(whole)), abs=1e-9)
    assert (over.totals["overlap_share"].fillna(0) == 0).all()
    assert over.table["people"].sum() == sum(row[3] for row in rows if row[1])
    for code, relation in relations.relate(over, tolerance=Tolerance())["relation"].items():
        homes = {row[2] for row in rows if row[1] == code and (row[3] or not one.areas["people"][code])}
        assert (relation == "uncovered") == (homes == {""})
        assert (relation == "partly_covered") == ("" in homes and len(homes) > 1)


# The official lookup


@pytest.fixture
def official(shared_data) -> str:
    return str(shared_data / "lookup_lsoa21_icb24.parquet")


def test_the_official_lookup_gives_309_pairs_and_twelve_split_districts(official):
    pair = comparing.compare(f"{official}#lad", f"{official}#icb24")
    table = pair.overlay.table
    pairs = table[table.index.get_level_values("right") != REST]
    assert len(pairs) == 309
    frame = pd.read_parquet(official)
    expected = frame.groupby(["lad", "icb24"])["pop_all"].sum()
    assert pairs["people"].to_dict() == expected.to_dict()
    ground = frame.groupby(["lad", "icb24"])["area_km2"].sum() * 1e6
    assert pairs["area_m2"].to_numpy() == pytest.approx(ground.sort_index().to_numpy())
    split = pair.relations.index[pair.relations["relation"] == "straddles"]
    assert len(split) == 12
    english = pair.relations[pair.relations.index.str.startswith("E")]["relation"]
    assert not english.isin(["partly_covered", "uncovered"]).any()
    assert pair.summary["outside_extent"] == 22
    shares = table["left_people_share"].groupby(level="left").sum()
    assert shares.to_numpy() == pytest.approx(np.ones(len(shares)), abs=1e-9)
    assert pair.overlay.left.name("E07000244") == "East Suffolk"


def test_official_lookups_in_two_files_join_alike(official, tmp_path):
    frame = pd.read_parquet(official)
    frame[["lsoa21", "icb24", "icb24_name"]].to_csv(tmp_path / "icb.csv", index=False)
    one = comparing.compare(f"{official}#lad", f"{official}#icb24").overlay
    two = comparing.compare(f"{official}#lad", "icb.csv").overlay
    pd.testing.assert_frame_equal(one.table, two.table)


def test_the_official_authority_lookup_is_one_of_shipped_blocks(shared_data):
    pair = comparing.compare(f"{shared_data / 'lad_2025_lookup.csv'}#utla", "utla")
    english = pair.relations[pair.relations.index.str.startswith(("E", "W"))]
    assert len(english) > 170
    assert set(english["relation"]) == {"coterminous"}


def test_every_documented_heading_is_read():
    for measure, headings in lookup_columns.WEIGHTS.items():
        for heading, worth in headings.items():
            layer = opened(f"OA21CD,AA21CD,{heading}_2021\nx,a,2\n", "AA21CD", f"{heading}.csv")
            assert layer.blocks[measure].to_list() == [2 * worth], heading
