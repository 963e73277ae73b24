"""Small areas shared out by ground: as shapely cuts them, and with what lies in none all of their ground."""

from __future__ import annotations

import io

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely

from geoplan.auditing.assigning import work
from geoplan.commuting.atlas import Atlas
from geoplan.errors import ConfigurationError, InputError
from geoplan.writing.assigned import assigned_bytes

EAST, NORTH = 400_000.0, 300_000.0


def packed(frame, **options):
    stream = io.BytesIO()
    frame.to_parquet(stream, **options)
    return stream.getvalue()


@pytest.fixture
def cells():
    """Squares of 430 m over the toy country and beyond its borders."""
    corners = [(x, y) for x in range(-2, 9) for y in range(-2, 7)]
    squares = [
        shapely.box(EAST + 430 * x, NORTH + 430 * y, EAST + 430 * (x + 1), NORTH + 430 * (y + 1)) for x, y in corners
    ]
    codes = [f"C{n:02}" for n in range(len(squares))]
    return gpd.GeoDataFrame({"OA21CD": codes}, geometry=squares, crs=27700)


def shared_out(content, layers, atlas, **options):
    prepared = work.work_of(content, layers, atlas=atlas, **options)
    made, tally = assigned_bytes(prepared)
    return pq.read_table(io.BytesIO(made)).to_pandas().astype({"layer": str}), tally


def plainly(cells, shapes):
    """Cut every cell by every outline, and take off it what they cover together."""
    rows = []
    for code, cell in zip(cells["OA21CD"], cells.geometry, strict=True):
        held = {name: cell.intersection(shape).area for name, shape in sorted(shapes.items())}
        rows += [(code, name, m2) for name, m2 in held.items() if m2 > 1e-6]
        left = cell.difference(shapely.union_all(list(shapes.values()))).area
        rows += [(code, None, left)] if left > 1e-6 else []
    return rows


@pytest.mark.parametrize("key", ["half", "discs"])
def test_as_shapely_cuts_them(toy_atlas, cells, key):
    table, tally = shared_out(packed(cells), ["half", "discs"], toy_atlas)
    found = table[table["layer"] == key]
    wanted = plainly(cells, dict(toy_atlas.toys[key].areas["geometry"]))
    told = found["code"].astype(object).where(found["code"].notna(), None)
    assert [*zip(found["small_area"], told, strict=True)] == [(code, name) for code, name, _ in wanted]
    assert found["area_m2"].to_numpy() == pytest.approx([m2 for *_, m2 in wanted], abs=1e-5)
    assert found["share"].to_numpy() == pytest.approx([m2 / 430**2 for *_, m2 in wanted], abs=1e-10)
    assert tally.rows == len(cells)
    assert tally.nowhere[key] == len(cells) - found[found["code"].notna()]["small_area"].nunique()


def test_ground_is_conserved(toy_atlas, cells):
    table, _ = shared_out(packed(cells), ["half"], toy_atlas)
    assert table.groupby("small_area")["share"].sum().to_numpy() == pytest.approx(1.0)
    assert table["small_area"].drop_duplicates().tolist() == cells["OA21CD"].tolist()


def test_parts_of_unknown_size_are_not_assessed(toy_atlas, cells):
    table, _ = shared_out(packed(cells), ["pilot"], toy_atlas)
    inside = cells.geometry.within(shapely.box(EAST + 1000, NORTH, EAST + 2000, NORTH + 1000))
    rows = table[table["small_area"].isin(cells.loc[inside, "OA21CD"])]
    assert inside.sum() > 0
    assert set(rows["code"]) == {"p", "q"}
    assert rows["area_m2"].isna().all()
    sure = cells.geometry.within(shapely.box(EAST, NORTH, EAST + 1000, NORTH + 1000))
    assert (table.loc[table["small_area"].isin(cells.loc[sure, "OA21CD"]), "share"] == 1.0).all()


@pytest.mark.parametrize("crs", [4326, 3857])
def test_other_systems_are_brought_to_the_national_grid(toy_atlas, cells, crs):
    plain, _ = shared_out(packed(cells), ["half"], toy_atlas)
    moved, _ = shared_out(packed(cells.to_crs(crs)), ["half"], toy_atlas)
    joined = plain.merge(moved, on=["small_area", "layer", "code"], how="outer", suffixes=("", "_moved"))
    assert joined[["share", "share_moved"]].fillna(0).diff(axis=1)["share_moved"].abs().max() < 0.01


def test_damaged_and_missing_outlines(toy_atlas, cells):
    bow = shapely.Polygon([(0, 0), (400, 400), (400, 0), (0, 400)])
    cells.loc[40, "geometry"] = shapely.transform(bow, lambda xy: xy + np.array([EAST + 100, NORTH + 100]))
    cells.loc[41, "geometry"] = None
    table, tally = shared_out(packed(cells), ["half"], toy_atlas)
    assert (tally.repaired, tally.unplaced) == (1, 1)
    assert table.loc[table["small_area"] == "C40", "area_m2"].sum() == pytest.approx(80_000)
    lost = table[table["small_area"] == "C41"]
    assert (len(lost), lost["code"].isna().all(), lost["area_m2"].isna().all()) == (1, True, True)


def test_alike_by_row_groups_of_any_size(toy_atlas, cells, monkeypatch):
    monkeypatch.setattr(work, "AREA_ROWS", 30)
    whole, _ = shared_out(packed(cells), ["half", "discs"], toy_atlas)
    for memory in (0.9, 4):
        again, _ = shared_out(packed(cells), ["half", "discs"], toy_atlas, memory_gb=memory)
        pd.testing.assert_frame_equal(again, whole, check_exact=True)
    grouped, _ = shared_out(packed(cells, row_group_size=7), ["half", "discs"], toy_atlas)
    pd.testing.assert_frame_equal(grouped, whole, atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_small_areas(toy_atlas, cells, count):
    frame = cells.iloc[40 : 40 + count]
    content = packed(frame)
    if count == 0:
        content = _told_as(content, cells)
    table, tally = shared_out(content, ["half", "discs"], toy_atlas)
    assert table["small_area"].nunique() == tally.rows == count
    assert table.columns.tolist() == ["small_area", "layer", "code", "name", "area_m2", "share"]


def _told_as(content, cells):
    """Return a file without rows that says it would hold polygons."""
    stream, whole = io.BytesIO(), io.BytesIO()
    cells.to_parquet(whole)
    table = pq.read_table(io.BytesIO(content)).replace_schema_metadata(pq.read_schema(whole).metadata)
    pq.write_table(table, stream)
    return stream.getvalue()


def test_names_stand_there_whether_asked_for_or_not(toy_atlas, cells):
    plain, _ = shared_out(packed(cells), ["half"], toy_atlas)
    named, _ = shared_out(packed(cells), ["half"], toy_atlas, names=True)
    pd.testing.assert_frame_equal(named, plain, check_exact=True)
    assert set(named["name"].dropna()) == {"Area n", "Area s"}


def test_what_cannot_be_shared_out_is_refused(toy_atlas, cells):
    with pytest.raises(InputError, match="no column holds codes"):
        shared_out(packed(cells.rename(columns={"OA21CD": "label"})), ["half"], toy_atlas)
    mixed = cells.copy()
    mixed.loc[3, "geometry"] = shapely.Point(EAST, NORTH)
    with pytest.raises(InputError, match="C03"):
        shared_out(packed(mixed), ["half"], toy_atlas)
    cells["geometry"] = shapely.segmentize(cells.geometry.to_numpy(), 0.2)
    with pytest.raises(ConfigurationError, match="as detailed as these"):
        shared_out(packed(cells.head(2)), ["half"], toy_atlas, memory_gb=work.LEAST_GB)


def test_real_small_areas_as_their_own_lookup(shared_data):
    """Super output areas lie in the districts they were made of, but for how coasts and rivers are drawn."""
    frame = gpd.read_parquet(shared_data / "lsoa21.parquet", columns=["code", "lad", "geometry"]).iloc[:1500]
    stream = io.BytesIO()
    frame.to_parquet(stream)
    table, tally = shared_out(stream.getvalue(), [str(shared_data / "lad_2024_bsc.parquet"), "lad"], Atlas())
    assert tally.rows == len(frame)
    sums = table.groupby(["layer", "small_area"])["share"].sum()
    assert np.abs(sums - 1).max() < 1e-3
    largest = table.sort_values("share").groupby(["layer", "small_area"])["code"].last()
    assert (largest["lad_2024_bsc"].reindex(frame["code"]).to_numpy() == frame["lad"].to_numpy()).mean() > 0.98
