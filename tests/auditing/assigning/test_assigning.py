"""Rows assigned to areas: as by a plain look at every outline, however a file is cut."""

from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.auditing.assigning import nearby, packing, work
from geoplan.auditing.assigning.placing import placing_of
from geoplan.commuting.atlas import Atlas
from geoplan.errors import ConfigurationError, InputError
from geoplan.writing.assigned import assigned_bytes

EAST, NORTH = 400_000.0, 300_000.0


def spots(count, seed=1):
    random = np.random.default_rng(seed)
    x, y = EAST + random.uniform(-500, 3500, count), NORTH + random.uniform(-500, 2500, count)
    return pd.DataFrame({"n": range(count), "easting": x, "northing": y})


def packed(frame, **options):
    stream = io.BytesIO()
    frame.to_parquet(stream, **options)
    return stream.getvalue()


def assigned(points, layers, atlas, **options):
    prepared = work.work_of(points if isinstance(points, bytes) else packed(points), layers, atlas=atlas, **options)
    content, tally = assigned_bytes(prepared)
    return pq.read_table(io.BytesIO(content)), tally


def plainly(frame, shapes):
    """Ask every outline of every point."""
    said = [[code for code in sorted(shapes) if shapes[code].contains(shapely.Point(x, y))] for x, y in frame]
    return [";".join(each) or None for each in said]


def test_as_a_plain_look_at_every_outline(toy_atlas):
    frame = spots(400)
    table, tally = assigned(frame, ["half", "discs"], toy_atlas)
    for key in ("half", "discs"):
        wanted = plainly(frame[["easting", "northing"]].to_numpy(), dict(toy_atlas.toys[key].areas["geometry"]))
        assert table[f"{key}_code"].to_pylist() == wanted
        assert tally.nowhere[f"{key}_code"] == wanted.count(None)
    assert {"d1", "d2", "d1;d2"} < set(table["discs_code"].to_pylist())
    assert (tally.rows, tally.unplaced, tally.far) == (400, 0, 0)


def test_parts_of_unknown_size_are_told_and_not_guessed(toy_atlas):
    middles = pd.DataFrame({"easting": EAST + np.array([500, 1500, 2500]), "northing": NORTH + 500})
    table, _ = assigned(middles, ["pilot"], toy_atlas, names=True)
    assert table.column_names[2:] == ["pilot_code", "pilot_name", "pilot_share"]
    assert table["pilot_code"].to_pylist() == ["p", "p;q", None]
    assert table["pilot_name"].to_pylist() == ["Area p", "Area p; Area q", None]
    assert table["pilot_share"].to_pylist() == ["1", "not known;not known", None]


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(0, 50), group=st.integers(1, 30), most=st.integers(1, 30), rows=st.integers(1, 40))
def test_a_file_is_assigned_alike_however_it_is_cut(toy_atlas, count, group, most, rows):
    frame = spots(count)
    whole, tally = assigned(frame, ["half", "discs"], toy_atlas)
    prepared = work.work_of(packed(frame, row_group_size=group), ["half", "discs"], atlas=toy_atlas)
    parts = [prepared.function(prepared.shared, span) for span in prepared.shared.rows.spans(most, 0)]
    counted = packing.Tally()
    for part in parts:
        counted.add(packing.part_tally(part))
    assert counted == (tally if count else packing.Tally())
    joined = list(packing.rechunked(map(packing.part_table, parts), rows, 2))
    assert [len(table) for table in joined[:-1]] == [rows] * (len(joined) - 1)
    assert pa.concat_tables([whole.slice(0, 0), *joined], promote_options="default").to_pylist() == whole.to_pylist()
    again = list(packing.rechunked((table.slice(at, 1) for table in joined for at in range(len(table))), rows, 2))
    assert [each.to_pydict() for each in again] == [each.to_pydict() for each in joined]
    assert [[c.chunk(0).dictionary for c in each.columns[-2:]] for each in again] == [
        [c.chunk(0).dictionary for c in each.columns[-2:]] for each in joined
    ]


def test_every_column_stays_as_it_is(toy_atlas):
    when = dt.datetime(2026, 4, 1, 12, tzinfo=dt.UTC)
    table = pa.table(
        {
            "half_code": pa.array(["mine", None], pa.string()),
            "when": pa.array([when, None], pa.timestamp("ms", "UTC")),
            "nested": pa.array([[{"a": 1}], None], pa.list_(pa.struct([("a", pa.int8())]))),
            "x": pa.array([EAST + 5, EAST + 6], pa.float32()),
            "price": pa.array(["1.50", None]).cast(pa.decimal128(5, 2)),
            "y": pa.array([int(NORTH) + 5, 0], pa.int64()),
            "kind": pa.array(["b", "a"]).dictionary_encode(),
        },
        metadata={"owner": "us"},
    )
    stream = io.BytesIO()
    pq.write_table(table, stream)
    done, _ = assigned(stream.getvalue(), ["half"], toy_atlas)
    assert done.select(table.column_names).equals(pq.read_table(io.BytesIO(stream.getvalue())))
    assert done.schema.metadata[b"owner"] == b"us"
    assert done.column_names[-1] == "half_code_2"
    assert done["half_code_2"].to_pylist() == ["s", None]


def test_places_in_degrees_in_any_encoding_or_missing(toy_atlas):
    frame = spots(60)
    wanted, _ = assigned(frame, ["half"], toy_atlas)
    drawn = gpd.GeoDataFrame(frame[["n"]], geometry=gpd.points_from_xy(frame["easting"], frame["northing"]), crs=27700)
    lonlat = drawn.to_crs(4326)
    texts = pd.DataFrame({"Longitude": lonlat.geometry.x.map(str), "Latitude": lonlat.geometry.y.map(str)})
    high = gpd.GeoDataFrame(geometry=shapely.points(frame["easting"], frame["northing"], 1.0), crs=27700)
    for points in (drawn, lonlat, texts, high, drawn.to_crs(3857)):
        done, _ = assigned(points, ["half"], toy_atlas)
        assert done["half_code"].to_pylist() == wanted["half_code"].to_pylist()
    for encoding in ("WKB", "geoarrow"):
        done, _ = assigned(packed(drawn, geometry_encoding=encoding), ["half"], toy_atlas)
        assert done["half_code"].to_pylist() == wanted["half_code"].to_pylist()
        holed = drawn.copy()
        holed.loc[[0, 59], "geometry"] = None
        holed.loc[5, "geometry"] = shapely.Point()
        done, tally = assigned(packed(holed, geometry_encoding=encoding), ["half"], toy_atlas)
        assert tally.unplaced == 3
        assert done["half_code"][6].as_py() == wanted["half_code"][6].as_py()
        assert [done["half_code"][row].as_py() for row in (0, 5, 59)] == [None] * 3


def test_coordinates_that_are_none_or_far_are_counted_and_their_rows_kept(toy_atlas):
    frame = pd.DataFrame(
        {
            "x": [str(EAST + 500), "", "n/a", "0", "1e7", " 401500 "],
            "y": [str(NORTH + 500), "1", "1", "0", "5", "300,500"],
        }
    )
    table, tally = assigned(frame, ["half"], toy_atlas, epsg=27700)
    assert table["half_code"].to_pylist() == ["s", None, None, None, None, "s"]
    assert (tally.rows, tally.unplaced, tally.far, tally.nowhere) == (6, 3, 1, {"half_code": 1})


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_rows(toy_atlas, count):
    table, tally = assigned(spots(count), ["half", "discs"], toy_atlas)
    assert len(table) == tally.rows == count
    assert table.column_names == ["n", "easting", "northing", "half_code", "discs_code"]


@pytest.mark.parametrize(
    ("frame", "options", "why"),
    [
        (pd.DataFrame({"a": [1]}), {}, "no geometry and no two columns"),
        (pd.DataFrame({"x": [1.0], "y": [2.0]}), {"coordinates": "x,z"}, "'z'"),
        (pd.DataFrame({"x": [-300.0], "y": [2000.0]}), {}, "cannot be told"),
        (pd.DataFrame({"easting": [b"1"], "northing": [b"2"]}), {}, "holds no numbers"),
        (
            gpd.GeoDataFrame(geometry=[shapely.Point(1, 2), shapely.LineString([(0, 0), (1, 1)])], crs=27700),
            {},
            "row 2",
        ),
    ],
)
def test_places_that_are_not_known_are_refused(toy_atlas, frame, options, why):
    with pytest.raises(InputError, match=why):
        assigned(frame, ["half"], toy_atlas, **options)


def test_a_lookup_and_too_little_memory_are_refused(toy_atlas):
    toy_atlas.toys["lookup"] = replace(toy_atlas.toys["half"], key="lookup", blocks=toy_atlas.toy_blocks)
    with pytest.raises(ConfigurationError, match="no outlines"):
        assigned(spots(1), ["lookup"], toy_atlas)
    for memory in (0.5, float("nan"), -1):
        with pytest.raises(ConfigurationError, match="too little"):
            assigned(spots(1), ["half"], toy_atlas, memory_gb=memory)


def test_outlines_count_in_the_memory_that_is_kept_to(toy_atlas, monkeypatch):
    # Six squares of five vertices are a gigabyte.
    monkeypatch.setattr(work, "VERTEX_BYTES", 1e9 / 30)
    with pytest.raises(ConfigurationError, match=r"--memory 1 is too little .* Give at least 1\.4\."):
        assigned(spots(5), ["half"], toy_atlas, memory_gb=1)
    assert len(assigned(spots(5), ["half"], toy_atlas, memory_gb=1.4)[0]) == 5
    prepared = work.work_of(packed(spots(5)), ["half"], atlas=toy_atlas)
    assert "Up to 1.7 GB of memory are taken, for the outlines are detailed." in prepared.said
    monkeypatch.undo()
    assert len(work.work_of(packed(spots(5)), ["half"], atlas=toy_atlas).said) == 1


def test_parts_are_as_small_as_memory_asks(toy_atlas, monkeypatch):
    monkeypatch.setattr(work, "LIBRARY_BYTES", 400_000_000)
    wide = pd.DataFrame({"easting": np.full(9000, EAST), "northing": NORTH, "text": ["x" * 6000] * 9000})
    prepared = work.work_of(packed(wide, row_group_size=9000), ["half"], atlas=toy_atlas, memory_gb=work.LEAST_GB)
    spans = list(prepared.spans())
    counts = [span.stop - span.start for span in spans]
    room = work.LEAST_GB * 1e9 - work.LIBRARY_BYTES
    assert sum(counts) == 9000
    assert max(counts) <= max(room / (work.COPIES * 6000), work.LEAST_ROWS)
    assert len(counts) > 1
    assert prepared.fingerprint != work.work_of(packed(wide), ["half"], atlas=toy_atlas).fingerprint


def test_what_the_result_depends_on_is_in_the_fingerprint(toy_atlas):
    def print_of(frame, layers, **options):
        return work.work_of(packed(frame), layers, atlas=toy_atlas, **options).fingerprint

    first = print_of(spots(9), ["half"])
    assert print_of(spots(9), ["half"]) == first
    toy_atlas.toys["moved"] = replace(toy_atlas.toys["half"], parts=toy_atlas.toys["half"].parts.drop(1))
    others = [print_of(spots(9, seed=2), ["half"]), print_of(spots(9), ["half"], names=True)]
    others += [print_of(spots(9), ["half", "discs"]), print_of(spots(9), ["moved"]), print_of(spots(9), ["discs"])]
    assert len({first, *others}) == 6


def test_a_geometry_without_a_system_is_told_by_its_values():
    frame = spots(5)
    bare = gpd.GeoDataFrame(geometry=gpd.points_from_xy(frame["easting"], frame["northing"]))
    head = pq.read_table(io.BytesIO(packed(bare)))
    assert placing_of(head, "bare").told == "as their values show"
    facts = json.loads(head.schema.metadata[b"geo"])
    del facts["columns"]["geometry"]["crs"]
    unsaid = head.replace_schema_metadata({b"geo": json.dumps(facts).encode()})
    assert "CRS84" in placing_of(unsaid, "bare").by or "CRS84" in placing_of(unsaid, "bare").crs


def test_blocks_are_looked_in_once_for_all_layers_made_of_them(toy_atlas, monkeypatch):
    asked = []
    whole = nearby.finder_of
    monkeypatch.setattr(nearby, "finder_of", lambda edges: asked.append(len(edges)) or whole(edges))
    table, _ = assigned(spots(20), ["half", "pilot", "discs", "half"], toy_atlas)
    assert asked == [6, 2]
    assert table.column_names[3:] == ["half_code", "pilot_code", "pilot_share", "discs_code"]


@pytest.mark.parametrize("count", [200_000])
def test_real_points_as_by_a_spatial_join(count, shared_data):
    codes = pd.read_parquet(shared_data / "codepoint.parquet", columns=["easting", "northing"])
    frame = codes.sample(count, random_state=1, replace=True, ignore_index=True).astype(float)
    frame += np.random.default_rng(1).normal(0, 60, frame.shape)
    file = shared_data / "lad_2024_bsc.parquet"
    table, _ = assigned(frame, [str(file)], Atlas())
    shapes = gpd.read_parquet(file)[["code", "geometry"]]
    joined = gpd.GeoDataFrame(geometry=gpd.points_from_xy(frame["easting"], frame["northing"]), crs=27700)
    joined = joined.sjoin(shapes, how="left")
    assert joined.index.is_unique
    assert table["lad_2024_bsc_code"].fill_null("").to_pylist() == joined["code"].fillna("").tolist()
