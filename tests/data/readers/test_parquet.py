"""GeoParquet read once, beside what GeoPandas reads of it."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from pandas.testing import assert_frame_equal

from geoplan.data.readers import parquet, vector
from geoplan.data.tables import tables
from geoplan.errors import InputError


@pytest.fixture
def towns() -> gpd.GeoDataFrame:
    """Three towns: one of two parts, one without a name, and columns of every kind that is read."""
    squares = [shapely.box(x, 300_000, x + 9_000, 310_000) for x in (400_000, 410_000, 420_000)]
    squares[2] = shapely.union_all([squares[2], shapely.box(440_000, 300_000, 441_000, 301_000)])
    columns = {
        "code": ["A1", "B2", "C3"],
        "name": ["Aton", None, "Aton"],
        "people": [3, 1, 2],
        "share": [0.5, float("nan"), 1e-9],
        "open": [True, False, True],
        "since": [date(2026, 1, day) for day in (1, 2, 3)],
        "cost": [Decimal("1.50"), None, Decimal("2.25")],
        "kind": pd.Categorical(["city", "port", "city"]),
    }
    return gpd.GeoDataFrame(columns, geometry=squares, crs=27700)


def same_as_geopandas(path: Path) -> None:
    expected = gpd.read_parquet(path)
    read = vector.read_boundaries(str(path)).frame
    if isinstance(expected.index, pd.RangeIndex):
        assert read.columns.tolist() == expected.columns.tolist()
    else:
        expected = expected.reset_index()[read.columns]
    assert_frame_equal(pd.DataFrame(read.drop(columns="geometry")), pd.DataFrame(expected.drop(columns="geometry")))
    assert shapely.equals_identical(read.geometry.to_numpy(), expected.geometry.to_numpy()).all()
    assert read.crs == expected.crs


def rewritten(path: Path, **changes: object) -> Path:
    """Write a file again with other words on its geometry; None leaves a word out."""
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    told = {**geo["columns"]["geometry"], **changes}
    geo["columns"]["geometry"] = {word: value for word, value in told.items() if word not in changes or value != ()}
    pq.write_table(table.replace_schema_metadata({**table.schema.metadata, b"geo": json.dumps(geo).encode()}), path)
    return path


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize("index", [None, "code", "kind"])
def test_a_file_is_read_as_geopandas_reads_it(
    towns: gpd.GeoDataFrame, tmp_path: Path, encoding: str, rows: int, index: str | None
) -> None:
    some = towns.iloc[:rows] if index is None else towns.iloc[:rows].set_index(index)
    some.to_parquet(tmp_path / "towns.parquet", geometry_encoding=encoding, row_group_size=2)
    same_as_geopandas(tmp_path / "towns.parquet")


@pytest.mark.parametrize("held", [0, 100, 1000])
def test_what_is_not_held_while_it_is_looked_through_is_read_again(
    towns: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr(parquet, "MOST_HELD", held)
    monkeypatch.setattr(parquet, "ROWS_AT_ONCE", 1)
    towns.to_parquet(tmp_path / "towns.parquet")
    same_as_geopandas(tmp_path / "towns.parquet")


def test_a_crs_that_is_left_out_is_that_of_the_format_and_null_is_none(towns: gpd.GeoDataFrame, tmp_path: Path) -> None:
    towns.to_crs("OGC:CRS84").to_parquet(tmp_path / "towns.parquet")
    same_as_geopandas(rewritten(tmp_path / "towns.parquet", crs=()))
    assert vector.read_boundaries(str(tmp_path / "towns.parquet")).crs == "OGC:CRS84"
    same_as_geopandas(rewritten(tmp_path / "towns.parquet", crs=None))
    assert vector.read_boundaries(str(tmp_path / "towns.parquet")).crs is None


def test_a_datum_may_have_members_that_this_proj_does_not_know(towns: gpd.GeoDataFrame, tmp_path: Path) -> None:
    towns.to_crs(4326).to_parquet(tmp_path / "towns.parquet")
    crs = gpd.read_parquet(tmp_path / "towns.parquet").crs.to_json_dict()
    for member in crs["datum_ensemble"]["members"]:
        member["id"] = {"authority": "EPSG", "code": 999_999}
    same_as_geopandas(rewritten(tmp_path / "towns.parquet", crs=crs))


@pytest.mark.parametrize("encoding", ["WKT", "point", "polygon", ()])
def test_an_encoding_that_is_not_the_file_s_is_refused(
    towns: gpd.GeoDataFrame, tmp_path: Path, encoding: object
) -> None:
    towns.to_parquet(tmp_path / "towns.parquet")
    with pytest.raises(InputError, match=r"^towns\.parquet cannot be read as GeoParquet"):
        vector.read_boundaries(str(rewritten(tmp_path / "towns.parquet", encoding=encoding)))


def test_a_heading_that_stands_twice_is_refused(towns: gpd.GeoDataFrame, tmp_path: Path) -> None:
    towns[["code", "name", "geometry"]].to_parquet(tmp_path / "towns.parquet")
    table = pq.read_table(tmp_path / "towns.parquet")
    twice = pa.table([*table.columns, table.column(0)], names=[*table.column_names, "code"])
    pq.write_table(twice.replace_schema_metadata(table.schema.metadata), tmp_path / "towns.parquet")
    with pytest.raises(InputError, match=r"^towns\.parquet"):
        vector.read_boundaries(str(tmp_path / "towns.parquet"))


def test_own_files_come_back_as_they_were_written(towns: gpd.GeoDataFrame) -> None:
    stream = io.BytesIO()
    towns.set_index("code").to_parquet(stream)
    read = parquet.read_frame(io.BytesIO(stream.getvalue()))
    expected = gpd.read_parquet(io.BytesIO(stream.getvalue()))
    assert_frame_equal(pd.DataFrame(read.drop(columns="geometry")), pd.DataFrame(expected.drop(columns="geometry")))
    assert shapely.equals_identical(read.geometry.to_numpy(), expected.geometry.to_numpy()).all()
    assert read.crs == expected.crs


@pytest.mark.parametrize(
    "order", [["code", "geometry", "name"], ["geometry", "code", "name"], ["code", "name", "geometry"]]
)
def test_an_index_is_a_column_wherever_it_stands(towns: gpd.GeoDataFrame, tmp_path: Path, order: list[str]) -> None:
    towns[["code", "name", "geometry"]].set_index("code").to_parquet(tmp_path / "towns.parquet")
    pq.write_table(pq.read_table(tmp_path / "towns.parquet").select(order), tmp_path / "towns.parquet")
    frame = vector.read_boundaries(str(tmp_path / "towns.parquet")).frame
    assert frame.columns.tolist() == order
    assert frame["code"].tolist() == ["A1", "B2", "C3"]
    assert shapely.equals(frame.geometry.to_numpy(), towns.geometry.to_numpy()).all()


def test_the_numbers_of_rows_are_no_column(towns: gpd.GeoDataFrame, tmp_path: Path) -> None:
    towns[["code", "geometry"]].iloc[[2, 0]].to_parquet(tmp_path / "towns.parquet")
    assert vector.read_boundaries(str(tmp_path / "towns.parquet")).frame.columns.tolist() == ["code", "geometry"]


def test_a_heading_with_a_dot_is_not_a_field_of_a_structure(towns: gpd.GeoDataFrame, tmp_path: Path) -> None:
    towns[["code", "name", "geometry"]].rename_geometry("g.shape").to_parquet(tmp_path / "towns.parquet")
    table = pq.read_table(tmp_path / "towns.parquet")
    told = {b"geo": table.schema.metadata[b"geo"]}
    table = table.rename_columns({"code": "a.b"})
    for name in ("a", "g"):
        beside = pa.array([{"b": 1, "shape": 2}] * len(table))
        table = table.add_column(0, name, beside)
    pq.write_table(table.replace_schema_metadata(told), tmp_path / "towns.parquet")
    frame = vector.read_boundaries(str(tmp_path / "towns.parquet")).frame
    assert frame["a.b"].tolist() == ["A1", "B2", "C3"]
    assert shapely.equals(frame.geometry.to_numpy(), towns.geometry.to_numpy()).all()
    read = tables.read_lookup(str(tmp_path / "towns.parquet")).frame
    assert read["a.b"].tolist() == ["A1", "B2", "C3"]


def test_types_that_another_library_has_made_known_change_nothing(towns: gpd.GeoDataFrame, tmp_path: Path) -> None:
    class Known(pa.ExtensionType):
        def __init__(self) -> None:
            super().__init__(pa.binary(), "geoarrow.wkb")

        def __arrow_ext_serialize__(self) -> bytes:
            return b""

        @classmethod
        def __arrow_ext_deserialize__(cls, storage_type: pa.DataType, serialized: bytes) -> Known:
            return cls()

    towns.to_parquet(tmp_path / "towns.parquet")
    table = pq.read_table(tmp_path / "towns.parquet")
    place = table.schema.get_field_index("geometry")
    marked = pa.field("geometry", pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})
    pq.write_table(table.set_column(place, marked, table.column(place)), tmp_path / "towns.parquet")
    pa.register_extension_type(Known())
    try:
        read = vector.read_boundaries(str(tmp_path / "towns.parquet")).frame
    finally:
        pa.unregister_extension_type("geoarrow.wkb")
    assert shapely.equals(read.geometry.to_numpy(), towns.geometry.to_numpy()).all()
