"""What the workbook tells whoever asked: their partners, a chart, sheets narrowed to them, rounded numbers."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from office import converted
from toy_audit import result_of

from geoplan.auditing import audit, results
from geoplan.auditing.focus import partner_rows
from geoplan.data.focus import Focus
from geoplan.output.tables import cells, comparison
from geoplan.output.workbook import sheet_parts
from geoplan.output.workbook.asked.charts import chart_of
from geoplan.output.workbook.book import xlsx
from geoplan.schema import Weight

NEAR = {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}, "w": {"W1": 1}}
FAR = {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}}
B = Focus("near", "b", "Area b", frozenset({"E2", "E3"}))
CHART = {"c": "http://schemas.openxmlformats.org/drawingml/2006/chart"}
LISTED = {"Layer": ("Code", "Area code"), "Left layer": ("Left code",), "Right layer": ("Right code",)}


@pytest.fixture
def near(block_layer):
    return block_layer("near", NEAR)


@pytest.fixture
def far(block_layer):
    return block_layer("far", FAR, extent="E")


def opened(content):
    return openpyxl.load_workbook(io.BytesIO(content))


def rows_of(sheet):
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def drawing(content, name):
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        (found,) = [each for each in parts.namelist() if each.startswith(f"xl/{name}") and each.endswith(".xml")]
        return etree.fromstring(parts.read(found))


# ------------------------------------------------------------------------------------------------ partners


def test_partners_by_hand(near, far, blocks):
    # b = E2 + E3 (300 + 400) against z = E2 and y = E3 + E4 (400 + 500).
    far = replace(far, areas=far.areas.assign(lead_body=["", "Body of y", "Body of z"]))
    rows = rows_of(opened(xlsx(result_of(blocks, (near, far), focus=B)))["Our partners"])
    assert [(row["Partner code"], row["People shared"]) for row in rows] == [("y", 400), ("z", 300)]
    first, second = rows
    assert (first["Area"], first["Geography"], first["How they fit"]) == (
        "Area b",
        "Layer far",
        "overlaps only in part",
    )
    assert (first["Share of the area"], first["Share of the partner"]) == (0.571, 0.444)
    assert (first["People of the partner"], first["Lead body"], second["Lead body"]) == (900, "Body of y", "Body of z")
    assert second["How they fit"] == "lies whole inside Area b"
    assert {row["Confidence of the members"] for row in rows} == {"confirmed"}


def test_without_a_focus_every_area_of_the_first_geography_has_its_partners(near, far, blocks):
    rows = rows_of(opened(xlsx(result_of(blocks, (near, far))))["Our partners"])
    assert [(row["Area code"], row["Partner code"]) for row in rows] == [
        ("a", "x"), ("b", "y"), ("b", "z"), ("c", "y"),
    ]  # fmt: skip
    assert sum(row["People shared"] for row in rows) == 1500


def test_ground_is_told_in_square_kilometres(near, far, blocks):
    rows = rows_of(opened(xlsx(result_of(blocks, (near, far), focus=B, weight=Weight.AREA)))["Our partners"])
    assert {(row["Partner code"], row["km² shared"], row["km² of the partner"]) for row in rows} == {
        ("y", 1, 2), ("z", 1, 1),
    }  # fmt: skip


# --------------------------------------------------------------------------------------------------- chart


@pytest.mark.parametrize("focus", [None, B])
def test_the_chart_is_excel_s_own_with_titles_and_an_alternative_text(near, far, blocks, focus):
    result = result_of(blocks, (near, far), focus=focus)
    content, asked = xlsx(result), chart_of(result)
    bars = drawing(content, "charts/chart")
    assert [each.get("val") for each in bars.iterfind(".//c:barDir", CHART)] == ["bar"]
    titles = ["".join(title.itertext()) for title in bars.iterfind(".//c:title", CHART)]
    assert titles == [asked.title, *asked.sheet.table.columns]
    (told,) = [each for each in drawing(content, "drawings/drawing").iter() if each.get("descr")]
    assert told.get("descr") == asked.description
    assert "Area b" in asked.description or focus is None
    rows = rows_of(opened(content)["Chart"])
    count = len(rows)
    assert [each.text for each in bars.iterfind(".//c:f", CHART)][-2:] == [
        f"Chart!$A$2{f':$A${count + 1}' * (count > 1)}", f"Chart!$B$2{f':$B${count + 1}' * (count > 1)}",
    ]  # fmt: skip


def test_the_bars_are_the_shares_of_the_partners_or_the_people_cut_off(near, far, blocks):
    shares = rows_of(opened(xlsx(result_of(blocks, (near, far), focus=B)))["Chart"])
    assert [tuple(row.values()) for row in shares] == [("Layer far: Area y", 0.571), ("Layer far: Area z", 0.429)]
    (cut,) = rows_of(opened(xlsx(result_of(blocks, (near, far))))["Chart"])
    assert tuple(cut.values()) == ("Layer near against layer far", 400)


def test_nothing_compared_has_neither_partners_nor_chart(near, blocks):
    result = result_of(blocks, alone=[near])
    assert chart_of(result) is None
    assert not {"Our partners", "Chart"} & set(opened(xlsx(result)).sheetnames)


# -------------------------------------------------------------------------------------------------- numbers


@given(st.floats(-1e9, 1e9), st.sampled_from(sorted(sheet_parts.DIGITS)))
def test_rounding_stays_within_half_a_step_and_rounds_no_further(value, kind):
    step = 10.0 ** -sheet_parts.DIGITS[kind]
    once = sheet_parts.rounded(value, kind)
    assert abs(once - value) <= step / 2 * (1 + 1e-6)
    assert sheet_parts.rounded(once, kind) == once


def test_cells_are_rounded_and_the_csv_is_exact(near, block_layer, blocks):
    thirds = block_layer("thirds", {"t": {"E2": 1 / 3}, "u": {"E2": 2 / 3, "E3": 1}})
    result = result_of(blocks, (near, thirds))
    rows = {(row["Left code"], row["Right code"]): row for row in rows_of(opened(xlsx(result))["Pairs"])}
    assert rows["b", "t"]["Share of left (people)"] == 0.143
    exact = list(csv.DictReader(io.StringIO(cells.table_csv(comparison.compare_table(result.pairs[0])))))
    (one,) = [row for row in exact if (row["left_code"], row["right_code"]) == ("b", "t")]
    assert float(one["left_people_share"]) == pytest.approx(1 / 7, abs=1e-15)


# ------------------------------------------------------------------------------------------- what ships


@pytest.fixture(scope="module")
def suffolk():
    return audit.run(results.Configuration(focus="connect_to_work:Suffolk"), geometry=False)


@pytest.fixture(scope="module")
def suffolk_xlsx(suffolk):
    return xlsx(suffolk)


def test_every_sheet_of_suffolk_is_about_suffolk(suffolk, suffolk_xlsx):
    book = opened(suffolk_xlsx)
    partners = rows_of(book["Our partners"])
    near = {(row["Geography"], row["Partner code"]) for row in partners}
    titles = {key: layer.title for key, layer in suffolk.layers.items()}
    near |= {(titles["connect_to_work"], "ctw-suffolk")}
    seen = 0
    for sheet in book.worksheets[1:]:
        for row in [] if sheet.title == "Findings" else rows_of(sheet):
            for layer, codes in LISTED.items():
                for code in codes:
                    if row.get(layer) in titles and row.get(code):
                        assert (titles[row[layer]], row[code]) in near, (sheet.title, row)
                        seen += 1
    assert seen > 100
    cover = {row[0]: row[1] for row in book["Contents"].iter_rows(values_only=True) if row[0]}
    assert cover["What this is"].startswith("Every sheet holds only what is about Suffolk (ctw-suffolk)")
    assert "Summary" not in book.sheetnames


def test_partners_are_those_of_the_brief(suffolk, suffolk_xlsx):
    rows = rows_of(opened(suffolk_xlsx)["Our partners"])
    told = {(each.layer, each.area): each for each in partner_rows(suffolk) if not each.area.startswith("5 areas: ")}
    held = {(row["Geography"], row["Partner"]): row for row in rows}
    assert told.keys() <= held.keys()
    for key, each in told.items():
        assert held[key]["People shared"] == round(each.people)
        assert held[key]["How they fit"] == each.relation
    board = held["Integrated care boards (from April 2026)", "Norfolk and Suffolk"]
    assert board["Lead body"] == "NHS Norfolk and Suffolk Integrated Care Board"


def test_libreoffice_reads_the_partners(suffolk_xlsx, tmp_path):
    form = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
    folder = converted(tmp_path, "audit.xlsx", suffolk_xlsx, form)
    lines = (folder / "audit-Our partners.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines))
    assert rows[0]["Partner"] == "Norfolk and Suffolk"
    assert rows[0]["Share of the partner"] == "45.5%"
