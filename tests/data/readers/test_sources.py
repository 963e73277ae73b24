"""Tests of reading local files and the shipped data."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from forgetting import forget_tables
from hypothesis import given
from hypothesis import strategies as st

from geoplan.data import cache
from geoplan.data.readers import drivers, locators, vector
from geoplan.data.shipped import package_data, postcodes
from geoplan.data.shipped.need import MEASURED
from geoplan.errors import ConfigurationError, InputError


@pytest.fixture
def towns() -> gpd.GeoDataFrame:
    """Two squares of 10 km side by side."""
    squares = [
        shapely.box(400_000, 300_000, 410_000, 310_000),
        shapely.box(410_000, 300_000, 420_000, 310_000),
    ]
    return gpd.GeoDataFrame({"code": ["A1", "B2"], "name": ["Aton", "Bury"]}, geometry=squares, crs=27700)


@pytest.fixture
def degrees(towns: gpd.GeoDataFrame) -> dict[str, object]:
    """Return the two squares as GeoJSON."""
    collection: dict[str, object] = json.loads(towns.to_crs(4326).to_json(drop_id=True))
    collection.pop("crs", None)
    return collection


@pytest.fixture
def shapefile(towns: gpd.GeoDataFrame, tmp_path: Path) -> Path:
    """Write the two squares as a Shapefile."""
    towns.to_file(tmp_path / "towns.shp")
    return tmp_path / "towns.shp"


def write_json(path: Path, content: object) -> str:
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def zip_parts(archive: Path, shapefile: Path, folder: str = "", *, suffixes: str = "shp shx dbf prj cpg") -> Path:
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as packed:
        for suffix in suffixes.split():
            packed.write(shapefile.with_suffix(f".{suffix}"), f"{folder}{shapefile.stem}.{suffix}")
    return archive


def sha256(*paths: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def refused(reference: str | Path) -> str:
    """Return the sentence of a refusal."""
    with pytest.raises(InputError) as caught:
        vector.read_boundaries(str(reference))
    assert caught.value.exit_code == 3
    return str(caught.value)


def same_squares(raw: drivers.RawLayer, towns: gpd.GeoDataFrame) -> bool:
    return bool(
        list(raw.frame["code"]) == ["A1", "B2"]
        and shapely.equals(raw.frame.geometry.to_numpy(), towns.geometry.to_numpy()).all()
    )


# Readers


def test_geopackage(towns: gpd.GeoDataFrame, tmp_path: Path) -> None:
    towns.to_file(tmp_path / "towns.gpkg")
    raw = vector.read_boundaries(str(tmp_path / "towns.gpkg"))
    assert (raw.file, raw.layer, raw.driver) == ("towns.gpkg", "towns", "GPKG")
    assert same_squares(raw, towns)
    assert raw.crs == towns.crs
    assert raw.sha256 == sha256(tmp_path / "towns.gpkg")


def test_geopackage_with_several_layers(towns: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = tmp_path / "towns.gpkg"
    towns.to_file(path, layer="now")
    towns.assign(code=["C3", "D4"]).to_file(path, layer="then")
    assert list(vector.read_boundaries(f"{path}#then").frame["code"]) == ["C3", "D4"]
    assert refused(path) == "towns.gpkg holds 2 layers: now, then. Name one: towns.gpkg#now"
    assert refused(f"{path}#soon") == "towns.gpkg holds no layer 'soon'. Found: now, then."


def test_geopackage_tables_without_geometry_do_not_count(towns: gpd.GeoDataFrame, tmp_path: Path) -> None:
    import pyogrio

    path = tmp_path / "towns.gpkg"
    towns.to_file(path, layer="towns")
    pyogrio.write_dataframe(pd.DataFrame({"style": ["red"]}), path, layer="layer_styles")
    assert vector.read_boundaries(str(path)).layer == "towns"
    pyogrio.write_dataframe(pd.DataFrame({"style": ["red"]}), tmp_path / "styles.gpkg")
    assert refused(tmp_path / "styles.gpkg") == "styles.gpkg: no layer of it holds geometry."


def test_shapefile(towns: gpd.GeoDataFrame, shapefile: Path) -> None:
    raw = vector.read_boundaries(str(shapefile))
    assert (raw.file, raw.layer, raw.driver) == ("towns.shp", "towns", "ESRI Shapefile")
    assert same_squares(raw, towns)
    assert raw.crs is not None
    assert raw.crs.to_epsg() == 27700
    assert raw.sha256 == sha256(*(shapefile.with_suffix(part) for part in (".cpg", ".dbf", ".prj", ".shp", ".shx")))


def test_shapefile_without_projection_has_no_crs(shapefile: Path) -> None:
    shapefile.with_suffix(".prj").unlink()
    assert vector.read_boundaries(str(shapefile)).crs is None


def test_zipped_shapefile(towns: gpd.GeoDataFrame, shapefile: Path, tmp_path: Path) -> None:
    archive = zip_parts(tmp_path / "ons.zip", shapefile, "Towns (December 2025)/")
    with zipfile.ZipFile(archive, "a") as packed:
        packed.writestr("__MACOSX/._towns.shp", "resource fork")
        packed.writestr("readme.txt", "licence")
    raw = vector.read_boundaries(str(archive))
    assert (raw.file, raw.layer, raw.driver) == ("ons.zip", "towns", "ESRI Shapefile")
    assert same_squares(raw, towns)
    assert raw.sha256 == sha256(archive)


def test_zip_of_several_shapefiles(towns: gpd.GeoDataFrame, shapefile: Path, tmp_path: Path) -> None:
    towns.iloc[:1].to_file(tmp_path / "one.shp")
    archive = zip_parts(zip_parts(tmp_path / "both.zip", shapefile), tmp_path / "one.shp")
    assert len(vector.read_boundaries(f"{archive}#one").frame) == 1
    assert refused(archive) == "both.zip holds 2 layers: towns, one. Name one: both.zip#towns"


def test_geojson_is_in_degrees(degrees: dict[str, object], tmp_path: Path) -> None:
    raw = vector.read_boundaries(write_json(tmp_path / "towns.geojson", degrees))
    assert (raw.file, raw.layer, raw.driver) == ("towns.geojson", "towns", "GeoJSON")
    assert raw.crs is not None
    assert raw.crs.to_epsg() == 4326
    assert list(raw.frame["name"]) == ["Aton", "Bury"]


def test_geojson_with_a_crs_that_says_nothing(degrees: dict[str, object], tmp_path: Path) -> None:
    raw = vector.read_boundaries(write_json(tmp_path / "towns.json", degrees | {"crs": None}))
    assert raw.crs is not None
    assert raw.crs.to_epsg() == 4326


def test_geojson_with_an_old_crs(towns: gpd.GeoDataFrame, tmp_path: Path) -> None:
    towns.to_file(tmp_path / "old.geojson", driver="GeoJSON")
    assert '"crs"' in (tmp_path / "old.geojson").read_text(encoding="utf-8")
    raw = vector.read_boundaries(str(tmp_path / "old.geojson"))
    assert raw.crs is not None
    assert raw.crs.to_epsg() == 27700
    assert same_squares(raw, towns)


def test_geojson_with_a_column_of_mixed_type_is_read(degrees: dict[str, object], tmp_path: Path) -> None:
    features = degrees["features"]
    assert isinstance(features, list)
    features[0]["properties"]["code"] = 5
    raw = vector.read_boundaries(write_json(tmp_path / "towns.geojson", degrees))
    assert [str(code) for code in raw.frame["code"]] == ["5", "B2"]


@pytest.mark.parametrize("suffix", ["parquet", "geoparquet"])
def test_geoparquet(towns: gpd.GeoDataFrame, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"towns.{suffix}"
    towns.to_parquet(path)
    raw = vector.read_boundaries(str(path))
    assert (raw.file, raw.layer, raw.driver) == (f"towns.{suffix}", "towns", "Parquet")
    assert same_squares(raw, towns)
    assert raw.crs == towns.crs
    assert raw.sha256 == sha256(path)


def test_the_only_layer_may_be_named(towns: gpd.GeoDataFrame, tmp_path: Path) -> None:
    towns.to_parquet(tmp_path / "towns.parquet")
    assert vector.read_boundaries(f"{tmp_path}/towns.parquet#towns").layer == "towns"
    assert "holds no layer 'b'" in refused(f"{tmp_path}/towns.parquet#b")


def test_awkward_folder_names(towns: gpd.GeoDataFrame, tmp_path: Path) -> None:
    folder = tmp_path / "draft #2, Ynys Môn?"
    folder.mkdir()
    towns.to_file(folder / "towns.gpkg")
    assert len(vector.read_boundaries(str(folder / "towns.gpkg")).frame) == 2
    loud = tmp_path / "final!"
    shutil.move(folder, loud)
    assert "'!' or ';'" in refused(loud / "towns.gpkg")


# References


def test_a_file_name_with_a_hash_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "draft#2.gpkg"
    path.touch()
    assert locators.parse_reference(str(path)) == (path, None)
    assert locators.parse_reference(f"{path}#a") == (path, "a")


@given(st.text(alphabet="abc.-_ /é", min_size=1), st.text(alphabet="abc.-_ é", min_size=1))
def test_references_are_split_at_the_last_hash(path: str, layer: str) -> None:
    assert locators.parse_reference(f"{path}.gpkg#{layer}") == (Path(f"{path}.gpkg"), layer)


@pytest.mark.parametrize(
    "reference",
    [
        "http://example.org/towns.gpkg",
        "https://example.org/towns.geojson",
        "s3://bucket/towns.parquet",
        "/vsicurl/http://example.org/towns.gpkg",
        "/vsizip/towns.zip/towns.shp",
        "vsizip/towns.zip/towns.shp",
        "zip://towns.zip!towns.shp",
        "file:///towns.gpkg",
        "GPKG:towns.gpkg",
        "PG:dbname=towns",
    ],
)
def test_remote_and_virtual_paths_are_refused(reference: str) -> None:
    assert "is a remote or virtual path, which is not opened" in refused(reference)


# Refusals of boundary files


def test_missing_file_names_the_nearest(shapefile: Path) -> None:
    message = refused(shapefile.with_name("town.shp"))
    assert message == "town.shp: there is no such file. Nearest in that folder: towns.shp."
    assert str(shapefile.parent) not in message


def test_missing_folder(tmp_path: Path) -> None:
    assert refused(tmp_path / "none" / "towns.gpkg") == "towns.gpkg: there is no such file."


def test_folder(tmp_path: Path) -> None:
    (tmp_path / "towns.gdb").mkdir()
    assert refused(tmp_path / "towns.gdb").startswith("towns.gdb is no file geodatabase: no table lies in it.")
    (tmp_path / "towns.gpkg").mkdir()
    assert refused(tmp_path / "towns.gpkg").startswith("towns.gpkg is a folder, not a file.")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "towns.csvx",
            b"<kml/>",
            "towns.csvx is not a spatial file that can be read. geoplan reads GeoPackage",
        ),
        ("towns.gpkg", b"hello", "towns.gpkg is not a GeoPackage"),
        ("towns.gpkg", b"<OGRVRTDataSource/>", "towns.gpkg is not a GeoPackage"),
        ("towns.shp", b"hello", "towns.shp is not a Shapefile"),
        ("towns.geojson", b"code,name", "towns.geojson is not GeoJSON"),
        ("towns.parquet", b"hello", "towns.parquet is not GeoParquet"),
        ("towns.zip", b"hello", "towns.zip is not a zip archive"),
        ("towns.gpkg", b"", "towns.gpkg is empty"),
        ("towns.zip", b"PK\x03\x04junk", "towns.zip cannot be read as a zip archive"),
        (
            "towns.json",
            b'{"type": "Topology", "objects": {}, "arcs": []}',
            "towns.json cannot be read as TopoJSON",
        ),
        ("towns.json", b"[1, 2]", "towns.json cannot be read as GeoJSON"),
    ],
)
def test_other_kinds_of_file(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert refused(tmp_path / name).startswith(expected)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("name", ["towns.gpkg", "towns.geojson", "towns.parquet", "towns.zip", "towns.shp"])
def test_files_cut_short(towns: gpd.GeoDataFrame, shapefile: Path, tmp_path: Path, name: str, share: float) -> None:
    path = tmp_path / name
    if name.endswith("geojson"):
        towns.to_file(path, driver="GeoJSON")
    elif name.endswith("gpkg"):
        towns.to_file(path)
    elif name.endswith("parquet"):
        towns.to_parquet(path)
    elif name.endswith("zip"):
        zip_parts(path, shapefile)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    message = refused(path)
    assert message.startswith(name)
    assert "cannot be read" in message or "cut short" in message


def test_scrambled_bytes(towns: gpd.GeoDataFrame, shapefile: Path, tmp_path: Path) -> None:
    towns.to_parquet(tmp_path / "towns.parquet")
    archive = zip_parts(tmp_path / "towns.zip", shapefile)
    for path in (tmp_path / "towns.parquet", archive):
        content = bytearray(path.read_bytes())
        content[60:400] = b"\xff" * 340
        path.write_bytes(content)
        assert "cannot be read" in refused(path)


def test_dbf_cut_short(shapefile: Path) -> None:
    table = shapefile.with_suffix(".dbf")
    table.write_bytes(table.read_bytes()[:-60])
    assert "cannot be read as a Shapefile" in refused(shapefile)


def test_features_that_go_missing(towns: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyogrio

    towns.to_file(tmp_path / "towns.gpkg")
    monkeypatch.setattr(pyogrio, "read_dataframe", lambda *_, **__: towns.iloc[:1])
    assert "layer 'towns': only 1 of 2 features can be read" in refused(tmp_path / "towns.gpkg")


def test_shapefile_in_part(shapefile: Path) -> None:
    shapefile.with_suffix(".dbf").unlink()
    assert refused(shapefile).startswith("towns.shp is incomplete: towns.dbf must lie beside it.")


def test_zip_with_a_shapefile_in_part(shapefile: Path, tmp_path: Path) -> None:
    archive = zip_parts(tmp_path / "towns.zip", shapefile, suffixes="shp shx")
    assert refused(archive).startswith("towns.zip: towns.shp is incomplete: towns.dbf must lie beside it.")


def test_zip_without_a_shapefile(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "towns.zip", "w") as packed:
        packed.writestr("towns.geojson", "{}")
    assert refused(tmp_path / "towns.zip").startswith("towns.zip holds no Shapefile and no geodatabase.")


def test_zip_with_two_shapefiles_of_one_name(shapefile: Path, tmp_path: Path) -> None:
    archive = zip_parts(zip_parts(tmp_path / "towns.zip", shapefile, "a/"), shapefile, "b/")
    assert "holds 2 Shapefiles called towns" in refused(f"{archive}#towns")


@pytest.mark.parametrize("name", ["../towns.shp", "/towns.shp", "a/../../towns.shp", "..\\towns.shp", "C:\\towns.shp"])
def test_zip_that_leaves_its_folder(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "towns.zip", "w") as packed:
        packed.writestr(name, "x")
    assert "point outside the archive (1 row: " in refused(tmp_path / "towns.zip")


def test_zip_bomb(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "towns.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("towns.shp", b"\x00" * (101 * 1024**2))
    assert refused(tmp_path / "towns.zip").startswith("towns.zip would unpack to 101 MB")


def test_locked_zip(shapefile: Path, tmp_path: Path) -> None:
    archive = zip_parts(tmp_path / "towns.zip", shapefile)
    content = bytearray(archive.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(signature)
        while place >= 0:
            content[place + flags] |= 1
            place = content.find(signature, place + 1)
    archive.write_bytes(content)
    assert "towns.zip is locked with a password" in refused(archive)


def test_plain_parquet(tmp_path: Path) -> None:
    pd.DataFrame({"code": ["A1"], "name": ["Aton"]}).to_parquet(tmp_path / "towns.parquet")
    expected = "towns.parquet is a plain Parquet table, not GeoParquet: its metadata 'geo' is missing."
    assert refused(tmp_path / "towns.parquet") == f"{expected} Columns found: code, name."


def test_empty_layers(towns: gpd.GeoDataFrame, tmp_path: Path) -> None:
    towns.iloc[:0].to_parquet(tmp_path / "towns.parquet")
    towns.iloc[:0].to_file(tmp_path / "towns.gpkg")
    write_json(tmp_path / "towns.geojson", {"type": "FeatureCollection", "features": []})
    for name in ("towns.parquet", "towns.gpkg", "towns.geojson"):
        assert refused(tmp_path / name) == f"{name}, layer 'towns': the layer is empty."


def test_layers_without_polygons(towns: gpd.GeoDataFrame, shapefile: Path, tmp_path: Path) -> None:
    points = towns.set_geometry(towns.centroid)
    points.to_parquet(tmp_path / "towns.parquet")
    points.to_file(tmp_path / "towns.gpkg")
    points.to_file(shapefile)
    points.to_crs(4326).to_file(tmp_path / "towns.geojson", driver="GeoJSON")
    for name in ("towns.parquet", "towns.gpkg", "towns.geojson", "towns.shp"):
        assert refused(tmp_path / name) == f"{name}, layer 'towns': holds no polygons, only Point."
    towns.set_geometry(shapely.force_3d(towns.boundary)).to_file(tmp_path / "lines.gpkg")
    assert "holds no polygons, only LineString" in refused(tmp_path / "lines.gpkg")


def test_unreadable_file(towns: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    towns.to_parquet(tmp_path / "towns.parquet")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert refused(tmp_path / "towns.parquet") == "towns.parquet cannot be read (Permission denied)."


# Shipped data


def test_shipped_path_knows_what_is_missing() -> None:
    assert package_data.shipped_path("blocks.csv").name == "blocks.csv"
    with pytest.raises(InputError, match=r"boundaries/none\.csv is missing, the installation is incomplete"):
        package_data.shipped_path("none.csv")


def test_shipped_path_prefers_the_installed_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "geoplan" / "boundaries").mkdir(parents=True)
    (tmp_path / "geoplan" / "boundaries" / "towns.csv").touch()
    monkeypatch.setattr(package_data, "PACKAGE", tmp_path.resolve() / "geoplan")
    assert package_data.shipped_path("towns.csv") == tmp_path.resolve() / "geoplan" / "boundaries" / "towns.csv"


def test_shipped_tables_are_text() -> None:
    table = package_data.shipped_membership("icb")
    assert list(table.columns) == list(package_data.MEMBERSHIP_COLUMNS)
    assert not table.isna().any(axis=None)
    assert table.map(lambda cell: isinstance(cell, str)).all(axis=None)


def test_shipped_blocks() -> None:
    blocks = package_data.shipped_blocks()
    measures = ["people", "working_age", "postcodes", "area_m2", *MEASURED]
    assert list(blocks.columns) == ["lad", "icb", *measures]
    assert blocks.index.name == "block"
    assert (blocks[measures].dtypes == "float64").all()
    assert blocks["lad"].nunique() == 361


def test_shipped_blocks_with_geometry() -> None:
    blocks = package_data.shipped_blocks(geometry=True)
    assert isinstance(blocks, gpd.GeoDataFrame)
    assert blocks.crs.to_epsg() == 27700
    assert not blocks.geometry.isna().any()
    assert list(blocks.index) == list(package_data.shipped_blocks().index)


def test_postcode_points_carry_blocks() -> None:
    points = package_data.postcode_points("D")
    assert list(points.columns) == ["postcode", "lad", "block", "x", "y"]
    assert set(points["block"]) <= set(package_data.shipped_blocks().index)
    assert (points["block"].astype(str).str.partition(".")[0] == points["lad"].astype(str)).all()


# Cached postcode points


class Toy:
    """Three postcodes in place of the package's, counting how often they are unpacked."""

    frame = pd.DataFrame(
        {
            "postcode": pd.array(["A1 1AA", "A2 2AA", "C1 1AA"], dtype="string[pyarrow]"),
            "lad": pd.Categorical(["E2", "E1", "E2"]),
            "block": pd.Categorical(["E2.I1", "E1", "E2.I2"], categories=["E1", "E2.I1", "E2.I2"]),
            "x": [1.0, 2.0, 3.0],
            "y": [4.0, 5.0, 1_213_615.0],
        }
    )

    def __init__(self) -> None:
        self.unpacked = 0

    def __call__(self, initials: set[str] | None) -> pd.DataFrame:
        self.unpacked += 1
        frame = self.frame
        wanted = frame["postcode"].str[0].isin(initials or ["A", "C"]).to_numpy()
        frame = frame[wanted].reset_index(drop=True)
        return frame.assign(**{name: frame[name].cat.remove_unused_categories() for name in ("lad", "block")})


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Toy]:
    """Put toy points in place of the real, and an empty cache in ``tmp_path / "cache"``."""
    made = Toy()
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(package_data, "labelled_points", made)
    # Headings too are compared, and those of the toy were written as pandas does of its own accord.
    forget_tables()
    with pd.option_context("mode.string_storage", "auto"):
        yield made
    forget_tables()


def cached_files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").glob("*"))


def test_points_are_unpacked_once(toy: Toy, tmp_path: Path) -> None:
    for _ in range(3):
        pd.testing.assert_frame_equal(package_data.postcode_points(), toy.frame)
    assert toy.unpacked == 1
    assert len(cached_files(tmp_path)) == 1


@pytest.mark.parametrize("letters", ["A", "c", ["A", "c"], "B", "", iter("C")])
def test_letters_come_from_the_cache_if_there_is_one(toy: Toy, tmp_path: Path, letters: str) -> None:
    letters = list(letters)
    unpacked = package_data.postcode_points(letters)
    assert cached_files(tmp_path) == []
    package_data.postcode_points()
    assert toy.unpacked == 2
    if letters and letters != ["B"]:
        pd.testing.assert_frame_equal(package_data.postcode_points(iter(letters)), unpacked)
    else:
        assert package_data.postcode_points(letters).empty
    assert toy.unpacked == 2


@pytest.mark.parametrize("columns", [["block", "x", "y"], ["y", "postcode"], ["lad"], list("xy")])
def test_columns_are_those_asked_for(toy: Toy, columns: list[str]) -> None:
    for _ in range(2):
        pd.testing.assert_frame_equal(package_data.postcode_points(columns=iter(columns)), toy.frame[columns])
    assert toy.unpacked == 1


def test_columns_that_are_not(toy: Toy) -> None:
    with pytest.raises(ConfigurationError, match=r"postcode points have no such column \(1 row: z\)"):
        package_data.postcode_points(columns=["x", "z"])
    assert toy.unpacked == 0


def test_another_release_of_the_postcodes_is_unpacked_anew(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package_data.postcode_points()
    before = cached_files(tmp_path)
    monkeypatch.setattr(package_data, "version", lambda _: "2099.1.1")
    package_data.postcode_points()
    package_data.postcode_points()
    assert toy.unpacked == 2
    assert len(before) == len(cached_files(tmp_path)) == 1
    assert before != cached_files(tmp_path)


def test_the_key_follows_format_and_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [package_data.points_key()]
    monkeypatch.setattr(postcodes, "FORMAT", postcodes.FORMAT + 1)
    keys.append(package_data.points_key())
    for changed in package_data.SPLIT_TABLES:
        place = tmp_path / changed
        place.write_bytes(package_data.shipped_path(changed).read_bytes() + b"\n")
        real = package_data.shipped_path
        with monkeypatch.context() as patch:
            patch.setattr(package_data, "shipped_path", lambda name, p=place, r=real: p if name == p.name else r(name))
            keys.append(package_data.points_key())
    assert len(set(keys)) == len(keys) == 4
    assert all(key.isalnum() for key in keys)


@pytest.mark.parametrize("end", [-1, 500, 0])
def test_a_damaged_cache_is_made_again(toy: Toy, tmp_path: Path, end: int, caplog: pytest.LogCaptureFixture) -> None:
    package_data.postcode_points()
    [file] = cached_files(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[:end])
    pd.testing.assert_frame_equal(package_data.postcode_points(), toy.frame)
    assert caplog.messages == [f"The cached file {file} is damaged and is not used."]
    assert toy.unpacked == 2
    assert file.read_bytes() == whole


@pytest.mark.parametrize("content", [b"", b"PAR1 not at all PAR1", None])
def test_a_cache_of_something_else_is_made_again(toy: Toy, tmp_path: Path, content: bytes | None) -> None:
    if content is None:
        toy.frame[["x", "y"]].to_parquet(tmp_path / "plain.parquet")
        content = (tmp_path / "plain.parquet").read_bytes()
    cache.store("postcodes", package_data.points_key(), content)
    for _ in range(2):
        pd.testing.assert_frame_equal(package_data.postcode_points(), toy.frame)
    assert toy.unpacked == 1


def test_without_a_cache_the_points_are_unpacked_each_time(
    toy: Toy, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").touch()
    for _ in range(2):
        pd.testing.assert_frame_equal(package_data.postcode_points(), toy.frame)
    assert toy.unpacked == 2
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2


def test_a_postcode_package_of_no_known_version_is_not_cached(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(package_data, "version", absent)
    pd.testing.assert_frame_equal(package_data.postcode_points(), toy.frame)
    assert toy.unpacked == 1
    assert cached_files(tmp_path) == []


def test_coordinates_that_are_not_whole_metres_are_not_packed() -> None:
    with pytest.raises(ValueError, match="truncated"):
        postcodes.pack(Toy.frame.assign(x=0.5))


def same_as_unpacked(letters: str) -> None:
    cached, unpacked = package_data.postcode_points(letters), package_data.labelled_points(set(letters))
    pd.testing.assert_frame_equal(cached, unpacked[list(package_data.POINT_COLUMNS)], check_exact=True)
    assert cached.attrs == unpacked.attrs == {}


@pytest.mark.parametrize("letters", ["D", "JZ", "Q"])
def test_cached_points_of_some_letters_are_those_of_the_package(letters: str) -> None:
    package_data.postcode_points(columns=["x"])
    same_as_unpacked(letters)


@pytest.mark.slow
@pytest.mark.parametrize("letter", postcodes.LETTERS)
def test_cached_points_of_each_letter_are_those_of_the_package(letter: str) -> None:
    package_data.postcode_points(columns=["x"])
    same_as_unpacked(letter)


def test_importing_sources_costs_little() -> None:
    heavy = "geopandas,pandas,pyogrio,fiona,shapely,pyproj,pyarrow"
    code = f"import sys, geoplan.data.readers.vector; print([m for m in {heavy.split(',')} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_columns_named_in_a_reference(tmp_path: Path) -> None:
    assert locators.columns_asked("a.gpkg#x?name=N%26M&code=C") == {"name": "N&M", "code": "C"}
    assert locators.without_columns("a.gpkg#x?name=N") == "a.gpkg#x"
    assert locators.parse_reference("a.gpkg#x?name=N") == (Path("a.gpkg"), "x")
    odd = tmp_path / "what?code=C"
    odd.touch()
    assert locators.columns_asked(str(odd)) == {}
    for query in ("kode=C", "code=", "code=A&code=B", "code=A&=B"):
        with pytest.raises(
            ConfigurationError, match=r"asks for no column\. Write FILE\?code=HEADING; known: code, name"
        ):
            locators.columns_asked(f"a.gpkg?{query}")
