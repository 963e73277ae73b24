"""Tables with outlines in a column: boundary files like others."""

from __future__ import annotations

import csv

import openpyxl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.commuting.atlas import Atlas
from geoplan.data.tables import outlines
from geoplan.errors import InputError

SHAPES = [
    shapely.box(400_000, 300_000, 410_000, 310_000),
    shapely.union(shapely.box(410_000, 300_000, 420_000, 310_000), shapely.box(430_000, 300_000, 431_000, 301_000)),
]
ROWS = [("wkt", "LAD25CD", "LAD25NM"), (SHAPES[0].wkt, "A1", "Aton"), (SHAPES[1].wkt, "B2", "Môn")]


def table(path, rows=ROWS, *, delimiter=",", encoding="utf-8", above=""):
    with path.open("w", encoding=encoding, newline="") as stream:
        stream.write(above)
        csv.writer(stream, delimiter=delimiter).writerows(rows)
    return path


def refused(path):
    with pytest.raises(InputError) as caught:
        Atlas().layer(str(path))
    return str(caught.value)


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8-sig"), (";", "cp1252"), ("\t", "utf-16")])
def test_tables_of_text(tmp_path, delimiter, encoding):
    layer = Atlas().layer(str(table(tmp_path / "towns.csv", delimiter=delimiter, encoding=encoding)))
    assert layer.areas["name"].to_dict() == {"A1": "Aton", "B2": "Môn"}
    assert shapely.equals(layer.areas.geometry.to_numpy(), SHAPES).all()
    said = " ".join(note.message for note in layer.notes)
    assert "no CRS is declared; the coordinates can only be EPSG:27700" in said
    assert ("Windows-1252" in said) == (encoding == "cp1252")


def test_workbooks(tmp_path):
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.save(tmp_path / "towns.xlsx")
    assert Atlas().layer(str(tmp_path / "towns.xlsx")).areas["name"].tolist() == ["Aton", "Môn"]
    book.active["A2"] = ("POLYGON ((" + "400000 300000, " * 9000)[:32_767]
    book.save(tmp_path / "cut.xlsx")
    assert "row 2). A cell of a workbook holds 32,767 characters" in refused(tmp_path / "cut.xlsx")


def test_outlines_longer_than_cells_of_other_tables(tmp_path):
    circle = shapely.Point(405_000, 305_000).buffer(5_000, 5_000)
    path = table(tmp_path / "towns.csv", [ROWS[0], (circle.wkt, "A1", "Aton")])
    assert len(circle.wkt) > 500_000
    assert Atlas().layer(str(path)).areas["area_m2"].iloc[0] == pytest.approx(circle.area)


def test_the_coordinate_system_that_outlines_name(tmp_path):
    degrees = "SRID=4326;POLYGON ((-2 52, -1.9 52, -1.9 52.1, -2 52))"
    path = table(tmp_path / "towns.csv", [("geom", "name"), (degrees, "Aton")])
    layer = Atlas().layer(str(path))
    assert any("from EPSG:4326 to EPSG:27700" in note.message for note in layer.notes)
    for other, expected in (
        (SHAPES[0].wkt, "different coordinate systems (1 row: row 3)"),
        ("SRID=27700;" + SHAPES[0].wkt, "different coordinate systems (1 row: row 3)"),
        (degrees.replace("4326", "999999"), "different coordinate systems"),
    ):
        assert expected in refused(table(path, [("geom", "name"), (degrees, "Aton"), (other, "Bury")]))
    assert "999999 is no EPSG code" in refused(
        table(path, [("geom", "name"), (degrees.replace("4326", "999999"), "Aton")])
    )


def test_a_column_may_say_the_coordinate_system(tmp_path):
    outline = "POLYGON ((1 1, 2 1, 2 2, 1 1))"
    path = tmp_path / "towns.csv"
    read = outlines.read_outlines(str(table(path, [("wkt", "name", "EPSG"), (outline, "Aton", "EPSG:29902")])))
    assert read.crs.to_epsg() == 29902
    assert list(read.frame.columns) == ["name", "geometry"]
    odd = [("SRID=27700;" + outline, "Aton", "4326")], [(outline, "Aton", "27700"), (outline, "Bury", "")]
    for rows in odd:
        with pytest.raises(InputError, match=r"is no EPSG code|different coordinate systems"):
            outlines.read_outlines(str(table(path, [("wkt", "name", "epsg"), *rows])))
    kept = outlines.read_outlines(str(table(path, [("wkt", "name", "crs"), (outline, "Aton", "local")])))
    assert kept.crs is None
    assert "crs" in kept.frame


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([*ROWS, ("POINT (1 2)", "C3", "Cam")], "column 'wkt': holds what is no outline (1 row: row 4)"),
        ([*ROWS, ("POLYGON ((1 2, 3", "C3", "Cam")], "column 'wkt': holds what is no outline (1 row: row 4)"),
        ([*ROWS, ("GEOMETRYCOLLECTION (" * 9000, "C3", "Cam")], "holds what is no outline (1 row: row 4)"),
        ([*ROWS, ("", "C3", "Cam")], "C3"),
        ([*ROWS, ("a", "b", "c", "d")], "cannot be read as a CSV table"),
        ([(*ROWS[0][:2], "wkt"), *ROWS[1:]], "the heading 'wkt' stands twice"),
        ([("a", "b"), (SHAPES[0].wkt, SHAPES[1].wkt)], "several columns hold outlines: a, b. Choose one: towns.csv#a"),
        ([ROWS[0], ("POLYGON ((1 1, 2 1, 2 2, 1 1))", "A1", "a")], "Add a column epsg with the number"),
    ],
)
def test_tables_that_are_not_read(tmp_path, rows, expected):
    assert expected in refused(table(tmp_path / "towns.csv", rows))


def test_the_column_may_be_named(tmp_path):
    path = table(tmp_path / "towns.csv", [("a", "b", "name"), (SHAPES[0].wkt, SHAPES[1].wkt, "Aton")])
    assert Atlas().layer(f"{path}#b").areas.geometry.iloc[0].equals(SHAPES[1])
    with pytest.raises(InputError, match="column 'c' is missing"):
        Atlas().layer(f"{path}#c")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "t.csv"
    path.write_text(f"wkt,code\n{SHAPES[0].wkt.replace(',', ' ')[:20]}{text},x\nPOLYGON ((1,", encoding="utf-8")
    if outlines.holds_outlines(str(path)):
        with pytest.raises(InputError):
            outlines.read_outlines(str(path))
