"""Small areas counted by area: as geopandas lays them over each other, and nothing of the file lost."""

from __future__ import annotations

import io
import math
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.auditing.assigning import packing, work
from geoplan.auditing.assigning.area_sums import area_sums
from geoplan.errors import ConfigurationError, InputError
from geoplan.writing.assigned import assigned_bytes

EAST, NORTH = 400_000.0, 300_000.0
SIDE = 430.0
LAYERS = ["half", "discs", "pilot"]
SLIVER = 0.005


def packed(frame, **options):
    stream = io.BytesIO()
    frame.to_parquet(stream, **options)
    return stream.getvalue()


def square(x, y, side=SIDE):
    return shapely.box(EAST + side * x, NORTH + side * y, EAST + side * (x + 1), NORTH + side * (y + 1))


@pytest.fixture
def cells():
    """Squares of 430 m over the toy country and beyond its borders; a few have no number."""
    corners = [(x, y) for x in range(-2, 9) for y in range(-2, 7)]
    random = np.random.default_rng(4)
    frame = gpd.GeoDataFrame({"OA21CD": [f"C{n:02}" for n in range(len(corners))]}, crs=27700,
                             geometry=[square(*corner) for corner in corners])  # fmt: skip
    frame["people"] = pd.array(random.integers(100, 900, len(frame)), dtype="Int64")
    frame.loc[::20, "people"] = pd.NA
    frame["rent"] = random.uniform(0, 1e9, len(frame)) * 10.0 ** random.integers(-9, 9, len(frame))
    frame["kind"] = random.choice(["rural", "urban", None], len(frame))
    return frame


def prepared(content, atlas, layers=LAYERS, **options):
    return work.work_of(content, layers, atlas=atlas, summarise=True, **options)


def summary(frame, atlas, layers=LAYERS, **options):
    content = frame if isinstance(frame, bytes) else packed(frame)
    made, tally = assigned_bytes(prepared(content, atlas, layers, **options))
    return pq.read_table(io.BytesIO(made)).to_pandas(), tally


def plainly(cells, shapes):
    """Lay cells over outlines with geopandas: a line for each row of one layer, without names."""
    areas = gpd.GeoDataFrame({"code": list(shapes)}, geometry=list(shapes.values()), crs=27700)
    met = gpd.overlay(cells, areas, keep_geom_type=True)
    met["m2"] = met.area
    covered = areas.dissolve()
    inside = gpd.overlay(cells, covered[["geometry"]], keep_geom_type=True)
    held = inside.set_index("OA21CD").area.reindex(cells["OA21CD"]).fillna(0)
    taken = met.groupby("OA21CD")["m2"].sum().reindex(cells["OA21CD"]).fillna(0)
    rest = gpd.overlay(cells, covered, how="difference").set_index("OA21CD").area
    lines = [(("area", code), one.set_index("OA21CD")["m2"]) for code, one in met.groupby("code")]
    lines += [(("none", None), rest), (("overlap", None), held - taken)]
    return {key: line for key, m2 in lines if (line := told(cells, m2[m2.abs() > 1e-6]))}


def told(cells, m2):
    """Count and sum the small areas of a row plainly."""
    if not len(m2):
        return None
    some = cells.set_index("OA21CD").loc[m2.index]
    share = m2 / some.area
    return {
        "rows": len(m2), "wholly": int((share.abs() >= 1 - SLIVER).sum()),
        "partly": int(((share.abs() > SLIVER) & (share.abs() < 1 - SLIVER)).sum()), "area_m2": m2.sum(),
        "people": (some["people"].astype(float).fillna(0) * share).sum(),
        "people_missing": int(some["people"].isna().sum()), "rent": (some["rent"] * share).sum(),
    }  # fmt: skip


def lines_of(table, level):
    rows = table[table["level"] == level]
    codes = [None if pd.isna(code) else code for code in rows["code"]]
    return dict(zip(zip(rows["kind"], codes, strict=True), rows.to_dict("records"), strict=True))


def assert_told(found, wanted):
    assert list(found) == list(wanted)
    for key, line in wanted.items():
        assert {name: found[key][name] for name in line} == pytest.approx(line, rel=1e-9, abs=1e-5), key


@pytest.mark.parametrize("key", ["half", "discs"])
def test_as_geopandas_lays_them_over_each_other(toy_atlas, cells, key):
    table, tally = summary(cells, toy_atlas, sums=["people", "rent"])
    wanted = plainly(cells, dict(toy_atlas.toys[key].areas["geometry"].sort_index()))
    assert_told(lines_of(table, key), wanted)
    assert (("overlap", None) in wanted) == (key == "discs")
    assert tally.rows == len(cells)
    columns = ["level", "kind", "code", "name", "rows", "wholly", "partly", "not_known", "area_m2"]
    assert table.columns.tolist() == [*columns, "people", "people_missing", "rent", "rent_missing"]


def test_ground_of_which_it_is_not_known_stands_on_its_own(toy_atlas, cells):
    """E3 is in the pilot p; of E4 a part is in p and another in q, of unknown sizes."""
    table, _ = summary(cells, toy_atlas, sums=["people", "rent"])
    shapes = toy_atlas.toy_blocks["geometry"]
    sure, doubtful = plainly(cells, {"p": shapes["E3"]}), plainly(cells, {"x": shapes["E4"]})
    either = plainly(cells, {"p": shapes["E3"], "x": shapes["E4"]})
    found = lines_of(table, "pilot")
    assert list(found) == [("area", "p"), ("area", "q"), ("none", None), ("not_assessed", None)]
    for name in ("wholly", "partly", "area_m2", "people", "rent"):
        assert found["area", "p"][name] == pytest.approx(sure["area", "p"][name])
        assert found["area", "q"][name] == 0
        assert found["not_assessed", None][name] == pytest.approx(doubtful["area", "x"][name])
        assert found["none", None][name] == pytest.approx(either["none", None][name])
    possible = doubtful["area", "x"]["rows"]
    assert [line["not_known"] for line in found.values()] == [possible, possible, 0, 0]


def test_as_the_shares_add_up_one_by_one(toy_atlas, cells):
    table, _ = summary(cells, toy_atlas, layers=["half", "discs"])
    content, _ = assigned_bytes(work.work_of(packed(cells), ["half", "discs"], atlas=toy_atlas))
    shares = pd.read_parquet(io.BytesIO(content)).astype({"layer": str, "code": object, "name": object})
    wanted = shares.groupby(["layer", "code", "name"]).agg(rows=("share", "size"), area_m2=("area_m2", "sum"))
    found = table[table["kind"] == "area"].set_index(["level", "code", "name"]).sort_index()
    assert found.index.tolist() == wanted.index.tolist()
    assert found["rows"].tolist() == wanted["rows"].tolist()
    assert found["area_m2"].to_numpy() == pytest.approx(wanted["area_m2"].to_numpy())


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.tuples(st.floats(-1e15, 1e15) | st.none(), st.integers(-(2**62), 2**62) | st.none(),
                                 st.floats(-2, 8), st.floats(-2, 6), st.floats(0.01, 3)), max_size=25),
       most=st.integers(1, 30), order=st.randoms())  # fmt: skip
def test_nothing_is_lost_or_made(toy_atlas, values, most, order):
    """On each level the rows add up to the file exactly, before they are rounded; after that to the last digits."""
    rents, people, x, y, size = zip(*values, strict=True) if values else [()] * 5
    shapes = [square(at, up, SIDE * times) for at, up, times in zip(x, y, size, strict=True)]
    frame = gpd.GeoDataFrame({"code": [f"C{n}" for n in range(len(shapes))]}, geometry=shapes, crs=27700)
    frame["rent"], frame["people"] = pd.array(rents, dtype="Float64"), pd.array(people, dtype="Int64")
    stated = gpd.GeoDataFrame({"code": ["C"], "rent": 0.5, "people": 1}, geometry=[square(0, 0)], crs=27700)
    whole = prepared(packed(frame) if len(frame) else empty(stated), toy_atlas, sums=["rent", "people"])
    parts = [packing.part_table(whole.function(whole.shared, span)) for span in whole.shared.rows.spans(most, 0)]
    totals = {
        name: sum((Fraction(each) for each in frame[name].dropna().tolist()), start=Fraction(0))
        for name in ("rent", "people")
    }
    for name, total in totals.items():
        for level in [*LAYERS, "total"]:
            held = [
                Fraction(text)
                for part in parts
                for text, at in zip(part[name].to_pylist(), part["level"].to_pylist(), strict=True)
                if at == level
            ]
            assert sum(held, start=Fraction(0)) == total
    joined = area_sums(whole.shared, parts)
    order.shuffle(parts)
    assert area_sums(whole.shared, parts).equals(joined)
    table = joined.to_pandas()
    for name, total in totals.items():
        assert table.loc[table["kind"] == "total", name].tolist() == ([float(total)] if len(frame) else [])
        for _, rows in table.groupby("level"):
            room = 2.0**-52 * rows[name].abs().sum()
            assert math.fsum(rows[name]) == pytest.approx(float(total), rel=0, abs=room)


def empty(frame):
    """Return a file without rows that says it would hold polygons."""
    whole, stream = pq.read_table(io.BytesIO(packed(frame))), io.BytesIO()
    pq.write_table(whole.slice(0, 0), stream)
    return stream.getvalue()


def test_what_lies_in_one_area_alone_is_counted_as_it_stands(toy_atlas):
    frame = gpd.GeoDataFrame({"code": ["a", "b", "c"], "people": [2**53 + 1, 2, 4]}, crs=27700,
                             geometry=[square(1, y, 200) for y in (1, 2, 3)])  # fmt: skip
    whole = prepared(packed(frame), toy_atlas, ["half"], sums=["people"])
    (span,) = whole.spans()
    part = packing.part_table(whole.function(whole.shared, span)).to_pandas()
    assert part["people"].tolist() == [str(2**53 + 7)] * 2
    assert part[["wholly", "partly"]].to_numpy().tolist() == [[3, 0], [3, 0]]


def test_slivers_make_no_small_area_cross_a_border(toy_atlas):
    """North ends at 1,000 m: of squares of 400 m there, half a metre is a sliver, and four metres are none."""
    for over, wanted in [(0.5, [("s", 1, 0), ("n", 0, 0)]), (4.0, [("s", 0, 1), ("n", 0, 1)])]:
        box = shapely.box(EAST + 100, NORTH + 600 + over, EAST + 500, NORTH + 1000 + over)
        frame = gpd.GeoDataFrame({"code": ["a"]}, geometry=[box], crs=27700)
        table, _ = summary(frame, toy_atlas, ["half"])
        rows = table[table["kind"] == "area"].set_index("code")
        assert {code: (whole, part) for code, whole, part in wanted} == {
            code: (row["wholly"], row["partly"]) for code, row in rows.iterrows()
        }
        assert rows["rows"].tolist() == [1, 1]
        assert rows["area_m2"].sum() == pytest.approx(160_000)


def test_without_an_outline_nothing_is_assessed(toy_atlas, cells):
    cells.loc[[40, 41], "geometry"] = None
    cells.loc[[40, 41], "people"] = [10, 20]
    table, tally = summary(cells, toy_atlas, sums=["people"])
    assert tally.unplaced == 2
    half, total = lines_of(table, "half"), lines_of(table, "total")["total", None]
    lost = half["not_assessed", None]
    assert (lost["rows"], lost["wholly"], lost["area_m2"], lost["people"]) == (2, 2, 0.0, 30.0)
    assert total["rows"] == len(cells)
    assert total["people"] == cells["people"].sum()
    assert sum(line["people"] for line in half.values()) == pytest.approx(total["people"])


def test_values_are_told_apart(toy_atlas, cells):
    table, _ = summary(cells, toy_atlas, layers=["half"], sums=["rent"], by=["kind"], names=True)
    north = table[table["code"] == "n"]
    assert north["kind_2"].tolist() == ["area"] * len(north)
    assert north["kind"].fillna("-").tolist() == ["rural", "urban", "-"]
    assert set(north["name"]) == {"Area n"}
    whole, _ = summary(cells, toy_atlas, layers=["half"], sums=["rent"])
    line = whole[whole["code"] == "n"].squeeze()
    for name in ("rows", "wholly", "partly"):
        assert north[name].sum() == line[name]
    assert math.fsum(north["rent"]) == pytest.approx(line["rent"])
    total = table[table["level"] == "total"]
    assert (len(total), total["kind"].isna().all(), total["rows"].item()) == (1, True, len(cells))


def test_alike_however_much_memory_and_however_parts_are_joined(toy_atlas, cells, monkeypatch):
    monkeypatch.setattr(work, "AREA_ROWS", 30)
    options = {"sums": ["people", "rent"], "by": ["kind"]}
    whole = assigned_bytes(prepared(packed(cells), toy_atlas, **options))[0]
    for memory in (0.9, 4):
        assert assigned_bytes(prepared(packed(cells), toy_atlas, memory_gb=memory, **options))[0] == whole
    for together in (1, 3):
        monkeypatch.setattr(work, "PARTS_JOINED", together)
        assert assigned_bytes(prepared(packed(cells), toy_atlas, **options))[0] == whole
    cut = prepared(packed(cells), toy_atlas, **options)
    assert [len(group) for group in cut.groups()] == [3, 1]
    parts = [packing.part_table(cut.function(cut.shared, span)) for span in cut.spans()]
    assert len(parts) == 4
    assert area_sums(cut.shared, parts[::-1]).equals(pq.read_table(io.BytesIO(whole)))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_small_areas_have_few_rows(toy_atlas, cells, count):
    content = packed(cells.iloc[40 : 40 + count]) if count else empty(cells)
    table, tally = summary(content, toy_atlas, sums=["people"])
    assert table.columns.tolist()[-3:] == ["area_m2", "people", "people_missing"]
    assert table.loc[table["level"] == "total", "rows"].sum() == tally.rows == count
    assert (table["level"].nunique() == len(LAYERS) + 1) == (count > 0)


def test_own_columns_give_way_to_those_of_the_file(toy_atlas, cells):
    table, _ = summary(cells.assign(area_m2=1.0, rows="all"), toy_atlas, ["half"], sums=["area_m2"], by=["rows"])
    counts = ["rows", "rows_2", "wholly", "partly", "area_m2_2", "area_m2", "area_m2_missing"]
    assert table.columns.tolist() == ["level", "kind", "code", "name", *counts]
    total = table[table["level"] == "total"].squeeze()
    assert (total["rows_2"], total["area_m2"]) == (len(cells), len(cells))
    assert total["area_m2_2"] == pytest.approx(len(cells) * SIDE**2)


def test_what_cannot_be_counted_of_small_areas_is_refused(toy_atlas, cells):
    content = packed(cells)
    with pytest.raises(InputError, match=r"--sum column 'persons' is missing\. Columns found: OA21CD"):
        summary(content, toy_atlas, sums=["persons"])
    with pytest.raises(InputError, match="'kind' holds no numbers"):
        summary(packed(cells.assign(kind=pd.Timestamp("2026-04-01"))), toy_atlas, sums=["kind"])
    with pytest.raises(ConfigurationError, match=r"every small area apart\. Leave out --summarise"):
        summary(content, toy_atlas, by=["OA21CD"])
    with pytest.raises(InputError, match="--by column 'geometry' holds binary"):
        summary(content, toy_atlas, by=["geometry"])
    with pytest.raises(ConfigurationError, match="two columns 'people'"):
        summary(content, toy_atlas, sums=["people"], by=["people"])
    with pytest.raises(ConfigurationError, match="Add --summarise"):
        work.work_of(content, LAYERS, atlas=toy_atlas, sums=["people"])
