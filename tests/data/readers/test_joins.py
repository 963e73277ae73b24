"""Layers of geoplan's own GeoPackages are read back; queries that look like them are not run."""

import sqlite3
from contextlib import closing

import geopandas as gpd
import pytest
import shapely

from geoplan.data.readers import joins, vector
from geoplan.data.readers.guards import MOST_BYTES
from geoplan.errors import InputError
from geoplan.output.geopackage.layer_parts import Table
from geoplan.output.geopackage.outlines import draw_by_outlines, share_outlines
from geoplan.output.geopackage.writing import _write

GOOD = 'CREATE VIEW "other" AS SELECT r.fid AS OGC_FID, o.geom AS geom, r."code" FROM "areas_rows" AS r LEFT JOIN outlines AS o ON o.fid = r.outline'  # noqa: E501


@pytest.fixture
def file(tmp_path):
    """A GeoPackage as the audit writes it: three rows, of which two share an outline and one has none."""
    square, other = shapely.box(0, 0, 1_000, 1_000), shapely.box(1_000, 0, 2_000, 1_000)
    frame = gpd.GeoDataFrame(
        {"code": ["a", "b", "c"], 'odd "name"': ["x", "y", "z"]}, geometry=[square, other, square], crs=27700
    )
    shared = share_outlines([Table("areas", "Areas", frame)])
    path = tmp_path / "audit.gpkg"
    for table in shared.tables():
        _write(path, table)
    draw_by_outlines(path, shared)
    return path


def change(path, *statements):
    with closing(sqlite3.connect(path)) as base, base:
        for statement in statements:
            base.execute(statement)


def test_layers_of_an_audit_are_read_back(file):
    raw = vector.read_boundaries(f"{file}#areas")
    assert raw.frame["code"].tolist() == ["a", "b", "c"]
    assert raw.frame['odd "name"'].tolist() == ["x", "y", "z"]
    assert raw.frame.area.tolist() == [1e6] * 3
    assert raw.crs.to_epsg() == 27700


@pytest.mark.parametrize(
    "query",
    [
        GOOD.replace('r."code"', "hex(zeroblob(400000000)) AS code"),
        GOOD.replace("LEFT JOIN", "CROSS JOIN"),
        GOOD + ", outlines AS p",
        GOOD.replace("o.fid = r.outline", "1"),
        GOOD.replace('"areas_rows"', '"areas"'),
        "CREATE VIEW other AS SELECT 1 AS OGC_FID",
    ],
)
def test_any_other_query_is_not_run(file, query):
    change(file, query)
    assert set(joins.outline_views(file)) == {"areas"}
    with pytest.raises(InputError, match="'other' is a query, which is not run"):
        vector.read_boundaries(f"{file}#other")


def test_a_plain_join_written_by_another_is_one_too(file):
    change(file, GOOD)
    assert joins.outline_views(file) == {"areas": "areas_rows", "other": "areas_rows"}


@pytest.mark.parametrize(
    "statements",
    [
        ["ALTER TABLE areas_rows ADD COLUMN x TEXT GENERATED ALWAYS AS (hex(zeroblob(400000000))) VIRTUAL"],
        [
            "ALTER TABLE outlines RENAME TO aside",
            "CREATE TABLE outlines (fid INTEGER, geom BLOB)",
            "INSERT INTO outlines SELECT fid, geom FROM aside",
        ],
        ["ALTER TABLE outlines RENAME TO aside", "CREATE VIEW outlines AS SELECT * FROM aside"],
    ],
    ids=["computed", "numbers twice", "outlines a query"],
)
def test_tables_that_are_not_plain_make_no_plain_join(file, statements):
    with closing(sqlite3.connect(file)) as base:
        query = base.execute("SELECT sql FROM sqlite_master WHERE name = 'areas'").fetchone()[0]
    change(file, "DROP VIEW areas", *statements, query)
    assert joins.outline_views(file) == {}


def test_outlines_drawn_over_and_over_are_refused(file, monkeypatch):
    joins.refuse_heavy(file, "areas_rows")
    monkeypatch.setattr(joins, "MOST_BYTES", 300)
    with pytest.raises(InputError, match="bytes of outlines"):
        vector.read_boundaries(f"{file}#areas")
    assert MOST_BYTES > 1e9
