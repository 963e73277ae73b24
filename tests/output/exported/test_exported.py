"""Layers as files for others: read again they are what they were, and each says where it comes from."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import geoplan
from geoplan.auditing import comparing
from geoplan.cli.main import cli
from geoplan.commuting.atlas import Atlas
from geoplan.errors import ConfigurationError
from geoplan.output.exported import files
from geoplan.output.exported.members import members_table
from geoplan.schema import Layer, Source, Weight

LONG = "a name that is longer than ten letters"
OTHER = f"{LONG} too"
FORMS = files.SUFFIXES


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Write the health boards of Wales in every format."""
    folder = tmp_path_factory.mktemp("exported")
    for form in FORMS:
        geoplan.layer("lhb").export(folder / f"boards{form}")
    geoplan.layer("lhb").export(folder / "outlines.csv", wkt=True)
    return folder


@pytest.fixture
def towns(tmp_path):
    shapes = [shapely.box(400_000, 300_000, 410_000, 310_000), shapely.box(410_000, 300_000, 420_000, 310_000)]
    columns = {"code": ["A1", "B2"], "name": ["Aton", "Môn"], LONG: ["x", "ô" * 200], OTHER: [1, 2]}
    gpd.GeoDataFrame(columns, geometry=shapes, crs=27700).to_file(tmp_path / "towns.gpkg")
    return tmp_path / "towns.gpkg"


@pytest.fixture(scope="module")
def atlas():
    return Atlas()


@pytest.mark.parametrize("name", [*(f"boards{form}" for form in FORMS), "outlines.csv"])
def test_a_layer_that_is_read_again_is_coterminous_with_itself(exported, atlas, name):
    pair = comparing.compare(str(exported / name), "lhb", atlas=atlas, weight=Weight.AREA)
    assert set(pair.relations["relation"]) == {"coterminous"}
    assert len(pair.relations) == 7


def credits_in(path):
    """Return whom a file says to credit, as a reader of its format finds it."""
    name = path.name
    if name.endswith(".gpkg"):
        said = pyogrio.read_info(path)["layer_metadata"]
        return {key.lower(): text for key, text in said.items()}
    if name.endswith(".geojson"):
        return json.loads(path.read_text(encoding="utf-8"))["credits"]
    if name.endswith(".parquet"):
        return json.loads(pq.read_schema(path).metadata[b"credits"])
    if name.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            text = archive.read("boards.txt").decode()
    else:
        text = path.with_name(f"{name}.txt").read_text(encoding="utf-8")
    pairs = (line.split(": ", 1) for line in text.splitlines())
    return {key.lower().replace(" ", "_"): value for key, value in pairs}


@pytest.mark.parametrize("name", [*(f"boards{form}" for form in FORMS), "outlines.csv"])
def test_every_file_says_whom_to_credit(exported, name):
    said = credits_in(exported / name)
    assert said["layer"] == "lhb"
    assert said["licence"] == "OGL v3"
    assert said["boundaries"] == "indicative: from postcodes"
    assert "Contains OS data © Crown copyright" in said["attribution"]
    assert said["as_of"] == "2026-04-01"
    assert {"source", "edition", "membership", "title"} <= said.keys()


def test_the_same_layer_gives_the_same_bytes(exported, tmp_path):
    for form in FORMS:
        geoplan.layer("lhb").export(tmp_path / f"boards{form}")
        assert (tmp_path / f"boards{form}").read_bytes() == (exported / f"boards{form}").read_bytes(), form


def test_geojson_keeps_to_its_standard(exported):
    document = json.loads((exported / "boards.geojson").read_text(encoding="utf-8"))
    assert "crs" not in document
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in document["features"]]
    assert all(shapely.is_ccw(part.exterior) for shape in shapes for part in shapely.get_parts(shape))
    west, south, east, north = shapely.total_bounds(shapes)
    assert -6 < west < east < -2
    assert 51 < south < north < 54


def test_the_names_that_a_shapefile_cuts_are_told(towns, tmp_path):
    geoplan.layer(towns).export(tmp_path / "out.shp.zip")
    with zipfile.ZipFile(tmp_path / "out.shp.zip") as archive:
        assert sorted(archive.namelist()) == [f"out.{end}" for end in ("cpg", "dbf", "prj", "shp", "shx", "txt")]
        assert archive.read("out.cpg") == b"UTF-8"
        text = archive.read("out.txt").decode()
    assert f"Column a name tha: {LONG}" in text
    assert f"Column a name t_2: {OTHER}" in text
    assert "Column a name tha: texts longer than 254 bytes are cut off" in text
    assert "Licence: not known" in text
    again = geoplan.layer(tmp_path / "out.shp.zip").table
    assert again["name"].tolist() == ["Aton", "Môn"]
    assert again["a name t_2"].tolist() == [1, 2]


@given(st.lists(st.text("abAB_", max_size=14), unique=True, max_size=30))
def test_short_names_are_short_and_differ(names):
    short = files._short_names(names)
    assert list(short) == names
    assert all(len(each) <= 10 for each in short.values())
    assert len({each.lower() for each in short.values()}) == len(names)


def test_members_tell_sides_and_parts(atlas):
    blocks = atlas.blocks
    lad = blocks["lad"].value_counts().eq(2).idxmax()
    one, two = blocks.index[blocks["lad"] == lad]
    held = {"block": ["E06000022", one, two, "W06000001"], "code": list("XXYY"), "share": [1.0, 1.0, 1.0, float("nan")]}
    parts = pd.DataFrame(held)
    layer = _layer(parts)
    table = members_table(layer, blocks, atlas.authorities.table["name"])
    assert table["lad_code"].tolist() == ["E06000022", lad, lad, "W06000001"]
    assert table["block"].tolist() == ["", one, two, ""]
    assert table["part"].tolist() == ["", "", "", "yes"]
    whole = members_table(_layer(parts.assign(code="X")), blocks, atlas.authorities.table["name"])
    assert whole["block"].tolist() == ["", "", ""]


def _layer(parts):
    codes = sorted(set(parts["code"]))
    areas = pd.DataFrame({"name": codes}, index=pd.Index(codes, name="code"))
    return Layer("toy", "Toy", areas, Source("toy.csv"), parts=parts)


def test_lookups_are_exported_as_tables_only(tmp_path):
    path = tmp_path / "lookup.csv"
    path.write_text("LSOA21CD,ICB24CD\nE01000001,E54000030\nE01000002,E54000030\nE01000003,E54000029\n")
    layer = geoplan.layer(f"{path}#ICB24CD")
    layer.export(tmp_path / "out.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert [row["area_code"] for row in rows] == ["E54000030", "E54000030", "E54000029"]
    again = geoplan.layer(f"{tmp_path / 'out.csv'}#area_code")
    assert again.assignment.to_dict() == layer.assignment.to_dict()
    with pytest.raises(ConfigurationError, match=r"is a lookup of small areas and has no outlines. Write its members"):
        layer.export(tmp_path / "out.gpkg")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("towns.gpkg", "--out", "out.kml"), 2, "Layers are written as .gpkg, .geojson, .parquet, .shp.zip, .csv"),
        (("towns.gpkg", "--out", "out.shp"), 2, "Write out.shp.zip, which is read as it is"),
        (("towns.gpkg", "--out", "towns.gpkg"), 2, "towns.gpkg"),
        (("--out", "out.csv"), 2, "name its KEY"),
        (("towns.gpkg", "--wkt"), 2, "--wkt is about a CSV file"),
        (("towns.gpkg", "--out", "out.csv", "--format", "json"), 2, "leave out --format"),
        (("absent.gpkg", "--out", "out.csv"), 3, "absent.gpkg"),
    ],
)
def test_what_cannot_be_exported(towns, monkeypatch, words, code, said):
    monkeypatch.chdir(towns.parent)
    done = CliRunner().invoke(cli, ["layers", *words])
    assert done.exit_code == code, done.output
    assert said in " ".join(done.stderr.split())
    assert [path.name for path in towns.parent.iterdir()] == ["towns.gpkg"]


def test_the_command(towns, monkeypatch):
    monkeypatch.chdir(towns.parent)
    done = CliRunner().invoke(cli, ["layers", "towns.gpkg", "--out", "out.csv"])
    assert (done.exit_code, done.stdout) == (0, "Written: out.csv.\nWritten: out.csv.txt.\n")
    rows = list(csv.DictReader(io.StringIO((towns.parent / "out.csv").read_text(encoding="utf-8"))))
    assert [row["code"] for row in rows] == ["A1", "B2"]
    assert (rows[0]["epsg"], rows[0]["wkt"][:7]) == ("27700", "POLYGON")
    assert "EPSG:27700" in (towns.parent / "out.csv.txt").read_text(encoding="utf-8")
    assert geoplan.layer(towns.parent / "out.csv").table["name"].tolist() == ["Aton", "Môn"]


def test_credits_beside_a_csv_replace_earlier_ones_and_nothing_of_the_users(towns, monkeypatch):
    monkeypatch.chdir(towns.parent)
    export = ["layers", str(towns), "--out", "out.csv", "--wkt"]
    assert CliRunner().invoke(cli, export).exit_code == 0
    assert CliRunner().invoke(cli, export).exit_code == 0
    beside = towns.parent / "out.csv.txt"
    beside.write_text("My notes on out.csv", encoding="utf-8")
    refused = CliRunner().invoke(cli, export)
    assert refused.exit_code == 2
    assert "out.csv.txt is there, and was not written by geoplan" in refused.stderr
    with pytest.raises(ConfigurationError, match=r"out\.csv\.txt is there"):
        geoplan.layer(str(towns)).export(towns.parent / "out.csv", wkt=True)
    assert beside.read_text(encoding="utf-8") == "My notes on out.csv"
