"""Large files read a range at a time: every row once, whatever the ranges."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.data.portal import client
from geoplan.data.streams.csv_rows import CsvRows
from geoplan.data.streams.origins import Origin, origin_of
from geoplan.data.streams.parquet_rows import ParquetRows
from geoplan.errors import ConfigurationError, InputError, NetworkError


def parquet(table, **options):
    stream = io.BytesIO()
    pq.write_table(table, stream, **options)
    return Origin("", "the table", stream.getvalue())


@settings(deadline=None, max_examples=30)
@given(count=st.integers(0, 60), group=st.integers(1, 25), most=st.integers(1, 40))
def test_ranges_of_parquet_hold_every_row_once(count, group, most):
    table = pa.table({"n": pa.array(range(count), pa.int64()), "many": [[n] * (n % 3) for n in range(count)]})
    rows = ParquetRows(parquet(table.cast(pa.schema([("n", pa.int64()), ("many", pa.list_(pa.int64()))])),
                               row_group_size=group))  # fmt: skip
    spans = list(rows.spans(most, 0))
    parts = [rows.read(span) for span in spans]
    assert [span.number for span in spans] == list(range(len(spans))) == list(range(rows.pieces(most, 0)))
    assert [n for part in parts for n in part["n"].to_pylist()] == list(range(count))
    assert all(0 < len(part) <= most for part in parts)
    assert [span.first for span in spans] == [part["n"][0].as_py() for part in parts]


def test_statistics_tell_least_and_greatest_numbers_of_each_row_group():
    box = [{"xmin": 1.5, "xmax": 3.5}, {"xmin": -1.5, "xmax": 0.5}, {"xmin": None, "xmax": None}]
    table = pa.table(
        {
            "n": [3, 1, 2],
            "text": ["9", "10", "8"],
            "price": pa.array(["1.50", "0.50", None]).cast(pa.decimal128(5, 2)),
            "bbox": box,
            "odd": pa.array([float("inf"), 1.0, float("nan")]),
        }
    )
    rows = ParquetRows(parquet(table, row_group_size=2))
    paths = ["n", "text", "price", "bbox.xmin", "bbox.xmax", "bbox", "odd", "nowhere"]
    assert rows.group_rows() == [2, 1]
    assert rows.ranges(paths) == [
        [(1.0, 3.0), None, (0.5, 1.5), (-1.5, 1.5), (0.5, 3.5), None, None, None],
        [(2.0, 2.0), None, None, None, None, None, None, None],
    ]
    assert ParquetRows(parquet(table, write_statistics=False)).ranges(["n"]) == [[None]]
    assert ParquetRows(parquet(table.slice(0, 0))).ranges(["n"]) in ([], [[None]])


def test_a_name_that_two_columns_may_have_tells_nothing():
    table = pa.table({"bbox.xmin": [100.0], "bbox": [{"xmin": 1.0, "xmax": 2.0}]})
    assert ParquetRows(parquet(table)).ranges(["bbox.xmin", "bbox.xmax"]) == [[None, (2.0, 2.0)]]


def test_ranges_of_one_row_group_are_read_in_any_order(monkeypatch):
    monkeypatch.setattr("geoplan.data.streams.parquet_rows.BATCH_ROWS", 7)
    rows = ParquetRows(parquet(pa.table({"n": range(100)}), row_group_size=100))
    spans = list(rows.spans(13, 0))
    backwards = [rows.read(span)["n"].to_pylist() for span in reversed(spans)]
    assert [n for part in reversed(backwards) for n in part] == list(range(100))


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00", exclude_categories=["Cs"]), max_size=8)


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=20), size=st.integers(1, 200), end=st.booleans())
def test_ranges_of_csv_are_cut_between_rows(rows, size, end):
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("one", "two"), *rows])
    text = stream.getvalue() if end or not rows else stream.getvalue()[:-1]
    read = CsvRows(Origin("", "list.csv", text.encode()))
    found = [pair for span in read.spans(0, size) for pair in zip(*read.read(span).to_pydict().values(), strict=True)]
    assert found == rows
    head = [*zip(*read.head(2).to_pydict().values(), strict=True)]
    assert head == rows[: len(head)]
    assert bool(head) == bool(rows)


@pytest.mark.parametrize("content", [b"", b"\n", b"a,a\n1,2\n", b"a,b\n1,2\n3\n", b'a,b\n"1,2\n3,4\n'])
def test_what_is_no_table_is_refused(content, monkeypatch):
    monkeypatch.setattr("geoplan.data.streams.csv_rows.LONGEST_ROW", 4)
    with pytest.raises(InputError, match=r"list\.csv"):  # noqa: PT012 - whichever step finds it
        rows = CsvRows(Origin("", "list.csv", content))
        for span in rows.spans(0, 4):
            rows.read(span)


def test_other_separators_marks_and_code_pages():
    marked = CsvRows(Origin("", "a.csv", "\ufeffplace;x\nNîmes;1,5\n".encode()))
    assert marked.head(5).to_pydict() == {"place": ["Nîmes"], "x": ["1,5"]}
    old = CsvRows(Origin("", "a.csv", "place,x\nNîmes,1\n".encode("cp1252")))
    assert old.head(5).to_pydict() == {"place": ["Nîmes"], "x": ["1"]}


def test_what_is_no_parquet_file_is_refused(tmp_path):
    path = tmp_path / "cut.parquet"
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match=r"cut\.parquet cannot be read"):
        ParquetRows(origin_of(str(path)))
    with pytest.raises(InputError, match="no such file"):
        origin_of(str(tmp_path / "none.parquet"))


def test_a_url_is_read_where_fsspec_reaches_it_and_refused_offline():
    import fsspec

    with fsspec.open("memory://bucket/list.csv", "wb") as file:
        file.write(b"a,b\n1,2\n")
    with client.offline():
        near = origin_of("memory://bucket/list.csv")
        assert (near.name, near.size(), CsvRows(near).head(1).to_pydict()) == ("list.csv", 8, {"a": ["1"], "b": ["2"]})
        with pytest.raises(NetworkError, match="beyond the network"):
            origin_of("https://example.org/list.csv").opened()
    before = near.state()
    with fsspec.open("memory://bucket/list.csv", "wb") as file:
        file.write(b"a,b\n1,2\n3,4\n")
    assert near.state() != before
    with pytest.raises(InputError, match="no such file"):
        origin_of("memory://bucket/none.csv").opened()
    with pytest.raises(ConfigurationError, match="nosuch://"):
        origin_of("nosuch://bucket/list.csv").opened()
