"""Rows counted by piece: as a plain groupby has them, however a file is cut."""

from __future__ import annotations

import io
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geoplan.auditing.assigning import packing, work
from geoplan.errors import ConfigurationError, InputError
from geoplan.writing.assigned import assigned_bytes

EAST, NORTH = 400_000.0, 300_000.0
LAYERS = ["half", "discs"]


def packed(frame, **options):
    stream = io.BytesIO()
    frame.to_parquet(stream, **options)
    return stream.getvalue()


@pytest.fixture
def homes():
    random = np.random.default_rng(2)
    frame = pd.DataFrame({"easting": EAST + random.uniform(-500, 3500, 300)})
    frame["northing"] = NORTH + random.uniform(-500, 2500, 300)
    frame["people"] = pd.array(random.integers(0, 5, 300), dtype="Int64")
    frame.loc[::50, "people"] = pd.NA
    frame["rent"] = random.uniform(0, 1e9, 300) * 10.0 ** random.integers(-9, 9, 300)
    frame["kind"] = random.choice(["house", "flat", "'=barn"], 300)
    return frame


def summary(points, atlas, **options):
    prepared = work.work_of(points, LAYERS, atlas=atlas, summarise=True, **options)
    content, tally = assigned_bytes(prepared)
    return pq.read_table(io.BytesIO(content)), tally


def test_as_a_plain_groupby_has_it(toy_atlas, homes):
    counted, tally = summary(packed(homes), toy_atlas, sums=["people", "rent"])
    content, _ = assigned_bytes(work.work_of(packed(homes), LAYERS, atlas=toy_atlas))
    codes = pd.read_parquet(io.BytesIO(content))
    for name in ("half_code", "discs_code"):
        codes[name] = codes[name].astype(object).fillna("-")
    wanted = codes.groupby(["half_code", "discs_code"]).agg(
        rows=("rent", "size"), people=("people", "sum"), none=("people", lambda each: each.isna().sum()),
        rent=("rent", math.fsum),
    )  # fmt: skip
    table = counted.to_pandas().fillna({"half_code": "-", "discs_code": "-"})
    pieces = table[table["level"] == "piece"].set_index(["half_code", "discs_code"]).sort_index()
    assert pieces.index.tolist() == wanted.index.tolist()
    assert pieces["rows"].tolist() == wanted["rows"].tolist()
    assert pieces["people"].tolist() == wanted["people"].tolist()
    assert pieces["people_missing"].tolist() == wanted["none"].tolist()
    assert pieces["rent"].tolist() == wanted["rent"].tolist()
    assert counted.schema.field("people").type == pa.int64()
    assert tally.rows == 300


def test_totals_are_conserved_on_every_level(toy_atlas, homes):
    counted, _ = summary(packed(homes), toy_atlas, sums=["people", "rent"])
    table = counted.to_pandas()
    sums = table.groupby("level")[["rows", "people", "people_missing"]].sum()
    assert sums.index.tolist() == ["discs", "half", "piece", "total"]
    assert (sums == sums.loc["total"]).all(axis=None)
    total = table[table["level"] == "total"].squeeze()
    assert total["rent"] == math.fsum(homes["rent"])
    half = table[table["level"] == "half"]
    assert half["half_code"].fillna("-").tolist() == ["n", "s", "-"]
    assert half["discs_code"].isna().all()


def test_values_are_told_apart_and_names_stand_beside(toy_atlas, homes):
    counted, _ = summary(packed(homes), toy_atlas, by=["kind"], names=True)
    table = counted.to_pandas()
    half = table[(table["level"] == "half") & (table["half_code"] == "n")]
    assert half["kind"].tolist() == ["'=barn", "flat", "house"]
    assert set(half["half_name"]) == {"Area n"}
    assert len(table[table["level"] == "total"]) == 1


@pytest.mark.parametrize(("group", "most"), [(7, 10), (300, 41), (50, 300)])
def test_alike_however_a_file_is_cut(toy_atlas, homes, group, most):
    whole, _ = summary(packed(homes), toy_atlas, sums=["people", "rent"], by=["kind"])
    options = {"summarise": True, "sums": ["people", "rent"], "by": ["kind"]}
    prepared = work.work_of(packed(homes, row_group_size=group), LAYERS, atlas=toy_atlas, **options)
    parts = [prepared.function(prepared.shared, span) for span in prepared.shared.rows.spans(most, 0)]
    (again,) = prepared.tables(packing.part_table(part) for part in parts)
    assert len(parts) > 1 or most >= 300
    assert again.equals(whole)


def test_no_rows_have_a_total_of_none(toy_atlas, homes):
    for count in (0, 1, 2):
        counted, _ = summary(packed(homes.head(count)), toy_atlas, sums=["people"])
        assert counted.column_names == ["level", "half_code", "discs_code", "rows", "people", "people_missing"]
        assert sum(counted.filter(pa.compute.equal(counted["level"], "total"))["rows"].to_pylist()) == count


def test_what_cannot_be_summed_is_refused(toy_atlas, homes):
    with pytest.raises(InputError, match=r"--sum column 'persons' is missing\. Columns found: easting"):
        summary(packed(homes), toy_atlas, sums=["persons"])
    with pytest.raises(ConfigurationError, match="Add --summarise"):
        work.work_of(packed(homes), LAYERS, atlas=toy_atlas, sums=["people"])
    with pytest.raises(InputError, match="holds no numbers"):
        summary(packed(homes.assign(people=pd.Timestamp("2026-04-01"))), toy_atlas, sums=["people"])
