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
from geoplan.errors import InputError


@pytest.fixture
def towns() -> gpd.GeoDataFrame:
    """Three towns: one of two parts, one without a name, and columns of every kind that is read."""
    squares = [shapely.box(x, 300_000, x + 9_000, 310_000) for x in (400_000, 410_000, 420_000)]
    squares[2] = shapely.union_all([squares[2], shapely.box(440_000, 300_000, 441_000, 301_000)])
    columns = {
        "code": ["A1", "B2", "C3"],
        "name": ["Aton", None, "Aton"],
        "people": [1, 2, 3],
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
    assert read.columns.tolist() == expected.columns.tolist()
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
@pytest.mark.parametrize("index", [None, "code", "people"])
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
