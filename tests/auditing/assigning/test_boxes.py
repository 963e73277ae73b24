"""Boxes that a file states of its rows: never more than a help, and never believed against the rows."""

from __future__ import annotations

import io
import pickle

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.auditing.assigning import nearby, packing, work
from geoplan.auditing.assigning.boxes import boxes_of, meeting
from geoplan.auditing.assigning.nearby import Nearby
from geoplan.auditing.assigning.placing import placing_of
from geoplan.data.streams.origins import Origin
from geoplan.data.streams.parquet_rows import ParquetRows
from geoplan.engine.edges import edges_of, some_of
from geoplan.engine.locating import points_in_areas
from geoplan.errors import InputError
from geoplan.writing.assigned import assigned_bytes

EAST, NORTH = 400_000.0, 300_000.0
LAYERS = ["half", "discs", "pilot"]
SIDES = ("xmin", "ymin", "xmax", "ymax")


def spots(count, crs=27700, seed=1):
    """Points over the toy country and beyond its borders, from west to east."""
    random = np.random.default_rng(seed)
    x, y = np.sort(EAST + random.uniform(-500, 3500, count)), NORTH + random.uniform(-500, 2500, count)
    frame = gpd.GeoDataFrame({"n": range(count)}, geometry=gpd.points_from_xy(x, y), crs=27700)
    return frame.to_crs(crs)


def covered(frame, **options):
    stream = io.BytesIO()
    frame.to_parquet(stream, write_covering_bbox=True, schema_version="1.1.0", **options)
    return stream.getvalue()


def again(content, change=lambda table: table, **options):
    """Write the same file again, changed or with other statistics."""
    stream = io.BytesIO()
    pq.write_table(change(pq.read_table(io.BytesIO(content))), stream, **options)
    return stream.getvalue()


def boxed(change):
    """Change the boxes of rows, given as four arrays."""

    def changed(table):
        at = table.schema.get_field_index("bbox")
        sides = {
            side: table["bbox"].combine_chunks().field(side).to_numpy() for side in ("xmin", "ymin", "xmax", "ymax")
        }
        made = {side: pa.array(values, from_pandas=True) for side, values in change(sides).items()}
        return table.set_column(at, "bbox", pa.StructArray.from_arrays(list(made.values()), names=list(made)))

    return changed


def assigned(content, atlas, **options):
    prepared = work.work_of(content, LAYERS, atlas=atlas, **options)
    made, tally = assigned_bytes(prepared)
    return pq.read_table(io.BytesIO(made)), tally


def stated(content):
    rows = ParquetRows(Origin("", "the table", content))
    return boxes_of(rows, placing_of(rows.head(100), "the table"))


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.integers(0, 60), group=st.integers(1, 30), most=st.integers(4, 30), seed=st.integers(0, 9),
    worth=st.sampled_from([0, 1]), crs=st.sampled_from([27700, 4326]),
)  # fmt: skip
def test_the_same_bytes_with_boxes_and_without(toy_atlas, monkeypatch, count, group, most, seed, worth, crs):
    monkeypatch.setattr(nearby, "POINTS_A_VERTEX", worth)
    monkeypatch.setattr(work, "MOST_ROWS", most)
    content = covered(spots(count, crs, seed))
    with_boxes = work.work_of(again(content, row_group_size=group), LAYERS, atlas=toy_atlas)
    without = work.work_of(again(content, row_group_size=group, write_statistics=False), LAYERS, atlas=toy_atlas)
    assert without.shared.boxes is None
    assert (with_boxes.shared.boxes is None) == (count == 0)
    parts = [[one.function(one.shared, span) for span in one.spans()] for one in (with_boxes, without)]
    assert parts[0] == parts[1]
    assert sum(packing.part_tally(part).rows for part in parts[0]) == count


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_rows(toy_atlas, count):
    content = covered(spots(count))
    table, tally = assigned(content, toy_atlas)
    plain, _ = assigned(again(content, write_statistics=False), toy_atlas)
    assert table.equals(plain)
    assert tally.rows == count


def test_a_summary_is_the_same(toy_atlas):
    content = again(covered(spots(300)), row_group_size=40)
    options = {"summarise": True, "sums": ["n"]}
    table, _ = assigned(content, toy_atlas, **options)
    plain, _ = assigned(again(content, row_group_size=40, write_statistics=False), toy_atlas, **options)
    assert table.equals(plain)


def test_only_what_meets_the_boxes_is_looked_at(toy_atlas, monkeypatch):
    """The blocks are six squares of a kilometre, in three columns; the western points need two of them."""
    laid_out = []
    whole = nearby.finder_of

    def counted(edges):
        laid_out.append(int(np.isfinite(edges.bounds[:, 0]).sum()))
        return whole(edges)

    monkeypatch.setattr(nearby, "finder_of", counted)
    frame = spots(300)
    western = frame[(frame.geometry.x < EAST + 900) & (frame.geometry.y > NORTH)]
    assigned(covered(western), toy_atlas)
    assert laid_out[0] == 2
    laid_out.clear()
    assigned(again(covered(western), write_statistics=False), toy_atlas)
    assert laid_out[0] == 6


def test_a_part_that_meets_nothing_is_in_nothing(toy_atlas, monkeypatch):
    monkeypatch.setattr(nearby, "POINTS_A_VERTEX", 0)
    frame = spots(40)
    away = np.where(frame["n"] < 20, 50_000, 0)
    frame.geometry = gpd.points_from_xy(frame.geometry.x, frame.geometry.y + away, crs=27700)
    monkeypatch.setattr(work, "MOST_ROWS", 20)
    table, tally = assigned(again(covered(frame), row_group_size=20), toy_atlas)
    assert table["half_code"].to_pylist()[:20] == [None] * 20
    assert any(table["half_code"].to_pylist()[20:])
    assert tally.nowhere["half_code"] == table["half_code"].null_count


@pytest.mark.parametrize("side", SIDES)
def test_rows_outside_the_box_that_is_stated_are_refused(toy_atlas, side):
    """The box of the second row group ends five metres too soon on one side."""

    def cut(sides):
        short = np.where(np.arange(30) // 10 == 1, 5.0, 0.0)
        return sides | {side: sides[side] + (short if side.endswith("min") else -short)}

    content = again(covered(spots(30)), boxed(cut), row_group_size=10)
    with pytest.raises(InputError, match="among rows 11 to 20 some lie outside the box that the file states"):
        assigned(content, toy_atlas)


def test_a_box_that_ends_before_it_begins_says_nothing(toy_atlas):
    content = again(covered(spots(30)), boxed(lambda sides: sides | {"xmax": sides["xmin"] - 5_000}))
    assert stated(content) is None
    wanted, _ = assigned(covered(spots(30)), toy_atlas)
    assert assigned(content, toy_atlas)[0]["half_code"].to_pylist() == wanted["half_code"].to_pylist()


def test_boxes_elsewhere_are_refused(toy_atlas):
    for by in (5_000, -5_000):
        content = again(covered(spots(30)), boxed(lambda sides, by=by: {side: at + by for side, at in sides.items()}))
        with pytest.raises(InputError, match="rows 1 to 30"):
            assigned(content, toy_atlas)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moved=st.lists(st.sampled_from([0, 0, -2500, 2500, -40, 40]), min_size=6, max_size=6))
def test_whatever_boxes_say_the_answer_is_right_or_refused(toy_atlas, monkeypatch, moved):
    """Three row groups, each box moved east and north by some metres or not."""
    monkeypatch.setattr(nearby, "POINTS_A_VERTEX", 0)
    by = np.tile(np.repeat(np.array(moved).reshape(2, 3), 20, axis=1), (2, 1))
    content = covered(spots(60))
    wrong = boxed(lambda sides: {side: at + by[n] for n, (side, at) in enumerate(sides.items())})
    wanted, _ = assigned(again(content, row_group_size=20, write_statistics=False), toy_atlas)
    try:
        found, _ = assigned(again(content, wrong, row_group_size=20), toy_atlas)
    except InputError as problem:
        assert any(moved), problem  # noqa: PT017 - what is said in its place
    else:
        assert found.drop_columns("bbox").equals(wanted.drop_columns("bbox"))


def test_boxes_may_be_wider_and_of_32_bits(toy_atlas):
    wanted, _ = assigned(covered(spots(60)), toy_atlas)
    for change in (
        lambda sides: {side: at.astype(np.float32) for side, at in sides.items()},
        lambda sides: {side: at + (-900 if side.endswith("min") else 900) for side, at in sides.items()},
    ):
        content = again(covered(spots(60)), boxed(change), row_group_size=20)
        assert stated(content) is not None
        table, _ = assigned(content, toy_atlas)
        assert table.drop_columns("bbox").equals(wanted.drop_columns("bbox"))


def test_where_boxes_are_missing_nothing_is_left_out(toy_atlas):
    def gone(sides):
        return {side: np.where(np.arange(len(at)) < 20, np.nan, at) for side, at in sides.items()}

    content = again(covered(spots(60)), boxed(gone), row_group_size=20)
    assert stated(content).all is None
    wanted, _ = assigned(covered(spots(60)), toy_atlas)
    table, _ = assigned(content, toy_atlas)
    assert table["half_code"].to_pylist() == wanted["half_code"].to_pylist()


@pytest.mark.parametrize("text", [False, True])
def test_columns_of_coordinates_say_where_rows_lie(toy_atlas, text):
    frame = spots(60)
    table = pa.table({"easting": frame.geometry.x.to_numpy(), "northing": frame.geometry.y.to_numpy()})
    if text:
        table = pa.table({name: table[name].cast(pa.string()) for name in table.column_names})
    stream = io.BytesIO()
    pq.write_table(table, stream, row_group_size=20)
    boxes = stated(stream.getvalue())
    if text:
        assert boxes is None
    else:
        x = frame.geometry.x.to_numpy().reshape(3, 20)
        assert boxes.sides[:, 0].tolist() == (x.min(axis=1) - 1).tolist()
        assert boxes.sides[:, 2].tolist() == (x.max(axis=1) + 1).tolist()
    found, _ = assigned(stream.getvalue(), toy_atlas)
    wanted, _ = assigned(covered(frame), toy_atlas)
    assert found["half_code"].to_pylist() == wanted["half_code"].to_pylist()


@pytest.mark.parametrize("crs", [4326, 3857, 32630, 29903])
def test_boxes_in_other_coordinates_hold_their_rows(crs):
    random = np.random.default_rng(3)
    x, y = random.uniform(100_000, 650_000, 2000), random.uniform(20_000, 1_200_000, 2000)
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=27700).to_crs(crs)
    boxes = stated(again(covered(frame), row_group_size=400))
    held = boxes.sides[np.repeat(np.arange(5), 400)]
    assert (held[:, 0] <= x).all()
    assert (held[:, 1] <= y).all()
    assert (held[:, 2] >= x).all()
    assert (held[:, 3] >= y).all()


def test_a_box_of_half_the_world_says_nothing():
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([-100.0, 100.0], [-60.0, 60.0]), crs=4326)
    assert stated(covered(frame)) is None


def test_many_row_groups_share_boxes():
    boxes = stated(again(covered(spots(2000)), row_group_size=1))
    assert len(boxes.sides) == 2000
    assert len(boxes.all) <= 512


CORNERS = st.tuples(*[st.integers(-8, 40)] * 4)


@settings(deadline=None, max_examples=40)
@given(corners=CORNERS, squares=st.lists(CORNERS, min_size=1, max_size=8), points=st.integers(0, 20))
def test_found_near_as_in_the_whole(corners, squares, points):
    west, south, east, north = np.array(corners, dtype=float)
    box = np.array([min(west, east), min(south, north), max(west, east), max(south, north)])
    shapes = np.array([shapely.box(min(a, c), min(b, d), max(a, c) + 1, max(b, d) + 1) for a, b, c, d in squares])
    random = np.random.default_rng(points)
    # On whole numbers, so that many lie on borders.
    x, y = (np.floor(random.uniform(box[n], box[n + 2] + 1, points)).clip(box[n], box[n + 2]) for n in (0, 1))
    edges = edges_of(shapes)
    wanted = points_in_areas(x, y, edges)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(nearby, "POINTS_A_VERTEX", 0)
        finder = Nearby(edges, box[None], points)
        for found in (finder.find(x, y, box), pickle.loads(pickle.dumps(finder)).find(x, y), finder.find(x, y)):  # noqa: S301
            assert [each.tolist() for each in found] == [each.tolist() for each in wanted]


def test_what_is_laid_out_is_not_sent():
    edges = edges_of(np.array([shapely.Point(0, 0).buffer(10, quad_segs=500)]))
    finder = Nearby(edges)
    before = len(pickle.dumps(finder))
    finder.find(np.zeros(1), np.zeros(1))
    assert len(pickle.dumps(finder)) == before


@settings(deadline=None, max_examples=20)
@given(which=st.lists(st.integers(0, 4), max_size=5, unique=True))
def test_some_areas_as_if_they_were_taken_alone(which):
    holed = shapely.box(0, 0, 9, 9).difference(shapely.box(2, 2, 3, 3))
    several = shapely.MultiPolygon([shapely.box(20, 0, 21, 1), shapely.box(22, 0, 23, 1)])
    shapes = np.array([holed, None, several, shapely.box(5, 5, 6, 6), shapely.Polygon()], dtype=object)
    some, alone = some_of(edges_of(shapes), np.array(which, dtype=int)), edges_of(shapes[np.array(which, dtype=int)])
    assert [each.tolist() for each in some.rings] == [each.tolist() for each in alone.rings]
    assert some.areas.tolist() == alone.areas.tolist()
    assert some.geometry.tolist() == alone.geometry.tolist()


def test_empty_bounds_meet_nothing():
    bounds = np.array([[0.0, 0, 1, 1], [np.nan] * 4, [np.inf, np.inf, -np.inf, -np.inf], [1, 1, 2, 2], [3, 3, 4, 4]])
    assert meeting(bounds, np.array([[1.0, 1, 2, 2]])).tolist() == [True, False, False, True, False]
    assert not meeting(bounds, np.empty((0, 4))).any()
