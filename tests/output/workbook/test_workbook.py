"""The workbook: one table a sheet, numbers as numbers, and whatever a name holds as text."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import datetime

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from office import converted
from toy_audit import finding, result_of

from geoplan.auditing import audit
from geoplan.data.focus import Focus
from geoplan.output.summary import ranking
from geoplan.output.tables import audits
from geoplan.output.workbook import cells, cover, sheet_parts
from geoplan.output.workbook.areas import LEAKS
from geoplan.output.workbook.book import xlsx
from geoplan.schema import FINDING_COLUMNS, REST, Weight, wording

NEAR = {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}, "w": {"W1": 1}}
FAR = {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}}
B = Focus("near", "b", "Area b", frozenset({"E2", "E3"}))
SHEETS = [
    "Contents", "Our partners", "Chart", "Summary", "Findings", "Pairs", "Areas", "Memberships", "Bodies", "Crosswalk",
    "Labour markets", "Leaks", "Layers", "Parameters", "Rules", "Words",
]  # fmt: skip
HOSTILE = (
    "=cmd()|' /C calc'!A0",
    "+1",
    "-2",
    "@x",
    "\t=1+1",
    "\r=1+1",
    " =1",
    "＝1+1",  # noqa: RUF001 - spreadsheets take wide signs for narrow ones
    '=HYPERLINK("http://example.org")',
    "http://example.org",
    "mailto:x@example.org",
    "internal:'Findings'!A1",
    "{=SUM(A1:A9)}",
    "<r><t>bold</t></r>",
    "_x0041_",
    "<b>&amp;</b>",
    "007",
    "1e5",
    "TRUE",
    "#REF!",
)


@pytest.fixture
def near(block_layer):
    return block_layer("near", NEAR)


@pytest.fixture
def far(block_layer):
    return block_layer("far", FAR, extent="E")


@pytest.fixture(params=["pair", "focus", "bare", "alone", "clean", "ground", "nothing"])
def toy(request, near, far, blocks, block_layer):
    """One audit of every kind that a workbook is written of."""
    return {
        "pair": lambda: result_of(blocks, (near, far)),
        "focus": lambda: result_of(blocks, (near, far), focus=B),
        "bare": lambda: result_of(blocks.drop(columns="geometry"), (near, far)),
        "alone": lambda: result_of(blocks, alone=[near], further=[finding("GP405", "near", "b")]),
        "clean": lambda: result_of(blocks, (near, block_layer("same", NEAR))),
        "ground": lambda: result_of(blocks, (near, far), weight=Weight.AREA),
        "nothing": lambda: result_of(blocks, alone=[near]),
    }[request.param]()


def opened(content):
    return openpyxl.load_workbook(io.BytesIO(content))


def rows_of(sheet):
    """Return the rows of a sheet as dictionaries by their headings."""
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def sheets(result):
    """Return the sheets that a workbook of an audit has."""
    without = {"Summary"} if result.focus else set() if result.pairs else {"Our partners", "Chart"}
    return [name for name in SHEETS if name not in without]


def said(book):
    """Return what the cover says, by label."""
    return {row[0]: row[1] for row in book["Contents"].iter_rows(values_only=True) if row[0]}


# ---------------------------------------------------------------------------------------------- the form


def test_every_sheet_is_one_table_headed_in_row_1(toy):
    book = opened(xlsx(toy))
    assert book.sheetnames == sheets(toy)
    assert all(len(name) < 31 for name in book.sheetnames)
    for sheet in book.worksheets[1:]:
        head = [cell.value for cell in sheet[1]]
        assert all(head)
        assert len(head) == len(set(head))
        assert all(cell.font.b for cell in sheet[1])
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert sheet.print_title_rows == "$1:$1"
        widths = [sheet.column_dimensions[cell.column_letter].width for cell in sheet[1]]
        assert all(8 <= width <= sheet_parts.LONG + 1 for width in widths)
    for sheet in book:
        assert not sheet.merged_cells.ranges
        assert sheet.sheet_view.selection[0].activeCell in {None, "A1"}


def test_the_cover_says_what_it_is_and_leads_to_every_sheet(toy):
    book = opened(xlsx(toy))
    cover, told = book["Contents"], said(book)
    assert book.active is cover
    assert cover["A1"].value == ("Area b: where boundaries do not fit" if toy.focus else "Where boundaries do not fit")
    assert told["As of"].startswith("1 April 2026.")
    assert told["Empty cells"].startswith("Not assessed")
    assert all(sentence in told["Attribution"] for sentence in wording.ATTRIBUTION)
    assert {layer.title for layer in toy.layers.values()} <= set(told)
    assert {cell.hyperlink.location for cell in cover["A"] if cell.hyperlink} == {
        f"'{name}'!A1" for name in sheets(toy)[1:]
    }
    for name in sheets(toy)[1:]:
        count = book[name].max_row - 1
        assert told[name].endswith(f" {count:,} row{'' if count == 1 else 's'}.")


def test_what_the_licences_ask_for_is_what_sources_lists(request):
    listed = (request.config.rootpath / "SOURCES.md").read_text(encoding="utf-8")
    assert [text for text in wording.ATTRIBUTION if text not in listed] == []


def test_the_properties_name_the_day_of_the_data_and_no_other(toy):
    content = xlsx(toy)
    properties = opened(content).properties
    assert properties.title.endswith("(1 April 2026)")
    assert properties.creator == "geoplan"
    assert properties.created == properties.modified == datetime(2026, 4, 1)  # noqa: DTZ001 - a day has no zone
    assert {info.date_time[0] for info in zipfile.ZipFile(io.BytesIO(content)).infolist()} == {1980}


def test_the_same_audit_gives_the_same_bytes(toy):
    assert xlsx(toy) == xlsx(toy)


# --------------------------------------------------------------------------------------------- the tables


def test_findings_are_those_of_the_csv_with_the_same_ids(near, far, blocks):
    result = result_of(blocks, (near, far))
    rows = rows_of(opened(xlsx(result))["Findings"])
    listed = list(csv.DictReader(io.StringIO(audits.findings_csv(result.findings))))
    assert len(listed) == len(result.findings) > 0
    for name in FINDING_COLUMNS:
        heading = name.capitalize().replace("_", " ")
        if name == "value":
            assert [row[heading] for row in rows] == [float(row[name]) for row in listed]
        else:
            assert [row[heading] or "" for row in rows] == [row[name] for row in listed]
    assert [row["Id"] for row in rows] == [each["id"] for each in json.loads(audits.audit_json(result))["findings"]]


def test_pairs_by_hand(near, far, blocks):
    # a = E1 = x; b = E2 + E3 (300 + 400) against z = E2 and y = E3 + E4; c = E4 inside y; w in no English area.
    sheet = opened(xlsx(result_of(blocks, (near, far))))["Pairs"]
    rows = rows_of(sheet)
    found = {(row["Left code"], row["Right code"]): row for row in rows}
    assert set(found) == {("a", "x"), ("b", "y"), ("b", "z"), ("c", "y"), ("w", None)}
    cut = found["b", "y"]
    assert (cut["People"], cut["Area (km²)"]) == (400, 1)
    assert cut["Share of left (people)"] == round(4 / 7, 3)
    assert cut["Share of right (people)"] == round(4 / 9, 3)
    assert (cut["How the left area stands"], cut["Left name"], cut["Right name"]) == ("cut", "Area b", "Area y")
    assert {at for at, row in found.items() if row["Cut piece"] == "yes"} == {("b", "y")}
    assert found["w", None]["How the left area stands"] == "outside this comparison"
    assert cut["Artefact"] == "no"
    assert found["w", None]["Right name"] is None
    assert sum(row["People"] for row in rows) == 2100


def test_totals_are_those_of_the_frames(near, far, blocks):
    result = result_of(blocks, (near, far))
    book = opened(xlsx(result))
    summed = {(row["Left key"], row["Right key"]): row for row in rows_of(book["Summary"])}
    for pair in result.pairs:
        row = summed[pair.keys]
        assert row["Cut"] == pair.summary["straddles"]
        assert row["V-measure"] == round(pair.summary["v_measure"], 3)
        assert row["Direction"] == ("as asked" if pair.keys == ("near", "far") else "other way round")
    assert summed["near", "far"]["People where they overlap only in part"] == 400
    members = rows_of(book["Memberships"])
    areas = rows_of(book["Areas"])
    assert len(areas) == len(NEAR) + len(FAR)
    for key, total in (("near", 2100), ("far", 1500)):
        assert sum(row["People"] for row in members if row["Layer"] == key) == total
        assert sum(row["People"] for row in areas if row["Layer"] == key) == total


def test_ground_is_counted_in_square_kilometres(near, far, blocks):
    rows = rows_of(opened(xlsx(result_of(blocks, (near, far), weight=Weight.AREA)))["Summary"])
    assert [row["km² where they overlap only in part"] for row in rows] == [1, 1]


def test_what_is_not_assessed_is_empty_and_never_nought(block_layer, blocks, far):
    vague = block_layer("vague", {"p": {"E1.a": 1, "E2": None}, "q": {"E3": 1}})
    book = opened(xlsx(result_of(blocks, (vague, far))))
    areas = {row["Code"]: row["People"] for row in rows_of(book["Areas"]) if row["Layer"] == "vague"}
    assert areas == {"p": None, "q": 400}
    part = next(row for row in rows_of(book["Memberships"]) if (row["Area code"], row["Block"]) == ("p", "E2"))
    assert (part["Part"], part["Share"], part["People"]) == ("yes", None, None)


def test_numbers_are_numbers_in_their_formats(near, far, blocks):
    book = opened(xlsx(result_of(blocks, (near, far))))
    formats = {
        ("Pairs", "People"): "#,##0",
        ("Pairs", "Share of left (people)"): "0.0%",
        ("Areas", "People"): "#,##0",
        ("Areas", "Area (km²)"): "#,##0.0",
        ("Memberships", "Share"): "0.0%",
        ("Summary", "Homogeneity"): "0.000",
        ("Summary", "Cut"): "#,##0",
        ("Findings", "Value"): "#,##0",
    }
    for (name, heading), wanted in formats.items():
        column = next(cell.column for cell in book[name][1] if cell.value == heading)
        cells = [row[column - 1] for row in book[name].iter_rows(min_row=2) if row[column - 1].value is not None]
        assert cells
        assert {cell.data_type for cell in cells} == {"n"}
        assert {cell.number_format for cell in cells} == {wanted}


def test_drawn_areas_take_the_people_that_comparing_them_estimated(near, drawn_layer, blocks):
    shapes = blocks.geometry.to_dict()
    drawn = drawn_layer("drawn.gpkg", {"d": shapes["E1.a"]}, resolution_m=20.0)
    result = result_of(blocks, (drawn, near), weight=Weight.AREA)
    weighed = replace(drawn, areas=drawn.areas.assign(people=123.0))
    pairs = tuple(
        replace(pair, overlay=replace(pair.overlay, left=weighed)) if pair.keys[0] == drawn.key else pair
        for pair in result.pairs
    )
    book = opened(xlsx(replace(result, pairs=pairs)))
    row = next(row for row in rows_of(book["Areas"]) if row["Layer"] == drawn.key)
    assert (row["People"], row["Estimated from postcodes"], row["Area (km²)"]) == (123, "yes", 1)
    assert "not of drawn.gpkg" in said(book)["Memberships"]


# ------------------------------------------------------------------------------------------ hostile names


@pytest.fixture
def crowded(block_layer, blocks):
    """A layer of an area for every hostile name and four more: four that share each block."""
    return block_layer("near", {f"n{at:02}": {blocks.index[at // 4]: 0.25} for at in range(4 * len(blocks))})


def test_hostile_names_stay_text_wherever_they_stand(crowded, near, far, blocks):
    names = [*HOSTILE, *HOSTILE[:4]]
    assert len(names) == len(crowded.areas)
    named = replace(crowded, areas=crowded.areas.assign(name=names, lead_body=names), title=names[0])
    titled = [replace(near, key=f"t{at}", title=name) for at, name in enumerate(HOSTILE)]
    result = result_of(
        blocks, (named, far), alone=titled,
        further=[finding("GP405", "near", code, name=name) for code, name in named.areas["name"].items()],
    )  # fmt: skip
    result = replace(result, parameters={"weight": "people", **{f"flows{at}": name for at, name in enumerate(HOSTILE)}})
    content = xlsx(result)
    book = opened(content)
    for sheet, heading in (
        ("Areas", "Name"), ("Areas", "Lead body"), ("Pairs", "Left name"), ("Memberships", "Area name"),
        ("Layers", "Title"), ("Findings", "Name"),
    ):  # fmt: skip
        assert {kept(each) for each in HOSTILE} <= {row[heading] for row in rows_of(book[sheet])}
    assert {kept(each) for each in HOSTILE} <= {cell for row in book["Parameters"].values for cell in row}
    assert_all_text(content, book)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.lstrip()[:1] in set("=+-@"):
                    assert cell.quotePrefix, f"{sheet.title} {cell.coordinate} would be run when edited"


def kept(name):
    """Return how a name should come back: as it is, but that what looks like markup to the writer ends in a space."""
    plain = sheet_parts.plain_text(name)
    return f"{plain} " if plain.startswith("<r>") and plain.endswith("</r>") else plain


def assert_all_text(content, book):
    """Assert that no cell is a formula, and that the only links are those of the cover to the sheets."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        names = parts.namelist()
        assert not [name for name in names if "external" in name]
        # A sheet leads to nothing but the chart drawn on it.
        related = "".join(parts.read(name).decode() for name in names if "_rels/sheet" in name)
        assert set(re.findall(r'Target="([^"]*)"', related)) <= {"../drawings/drawing1.xml"}
        for name in names:
            if name.startswith("xl/worksheets/"):
                text = parts.read(name).decode()
                assert "<f" not in text.replace("<filter", "")
                assert ("<hyperlink " in text) == (name == "xl/worksheets/sheet1.xml")
    for sheet in book:
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.text(max_size=12) | st.sampled_from(HOSTILE), min_size=24, max_size=24))
def test_any_name_comes_back_as_the_text_it_is(names, crowded, blocks):
    named = replace(crowded, areas=crowded.areas.assign(name=[name or "?" for name in names]))
    content = xlsx(result_of(blocks, alone=[named]))
    book = opened(content)
    assert_all_text(content, book)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert parts.testzip() is None
    found = [row["Name"] or "" for row in rows_of(book["Areas"])]
    assert found == [kept(name or "?") for name in names]


@pytest.mark.parametrize("value", [None, float("nan")])
def test_missing_is_no_text(value):
    assert sheet_parts.plain_text(value) == ""


def test_what_no_file_can_hold_is_replaced():
    assert sheet_parts.plain_text("a\x00b\x1fc\ud800d\uffffe") == "a\ufffdb\ufffdc\ufffdd\ufffde"


# ------------------------------------------------------------------------------------- what Excel can hold


@pytest.mark.parametrize("letter", ["a", "😀"])
def test_a_text_too_long_for_a_cell_is_cut_and_said(letter, near, far, blocks):
    long = finding("GP405", "near", "b", lead=letter * 40_000)
    book = opened(xlsx(result_of(blocks, (near, far), further=[long])))
    cell = next(row["Message"] for row in rows_of(book["Findings"]) if row["Rule"] == "GP405")
    assert cell.startswith(letter * 16_000)
    assert cell.endswith("a cell holds no more)")
    assert sheet_parts.CHARACTERS - 1 <= len(cell.encode("utf-16-le")) / 2 <= sheet_parts.CHARACTERS
    assert said(book)["Cut cells"].startswith("1 text was")
    assert "Cut cells" not in said(opened(xlsx(result_of(blocks, (near, far)))))


def test_a_text_that_just_fits_is_whole(near, far, blocks):
    long = finding("GP405", "near", "b", lead="a" * sheet_parts.CHARACTERS)
    book = opened(xlsx(result_of(blocks, (near, far), further=[long])))
    assert "a" * sheet_parts.CHARACTERS in {row["Message"] for row in rows_of(book["Findings"])}


def test_rows_beyond_what_a_sheet_holds_are_left_out_and_said(near, far, blocks, monkeypatch):
    assert sheet_parts.ROWS == 2**20 - 1
    for module in (cells, cover):
        monkeypatch.setattr(module, "ROWS", 3)
    book = opened(xlsx(result_of(blocks, (near, far))))
    assert book["Pairs"].max_row == 4
    assert book["Pairs"].auto_filter.ref == book["Pairs"].dimensions
    assert said(book)["Pairs"].endswith("Only the first 3 of its 5 rows: a sheet holds no more.")


# -------------------------------------------------------------------------------------------- LibreOffice


def test_libreoffice_opens_every_sheet_and_runs_nothing(near, far, blocks, tmp_path):
    names = list(HOSTILE[:4])
    named = replace(near, areas=near.areas.assign(name=names))
    result = result_of(blocks, (named, far))
    # Comma, quotes, UTF-8, all cells as they are, every sheet to a file of its own.
    form = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
    folder = converted(tmp_path, "audit.xlsx", xlsx(result), form)
    tables = {
        name: list(csv.DictReader((folder / f"audit-{name}.csv").read_text(encoding="utf-8").splitlines()))
        for name in SHEETS[1:]
    }
    assert [row["Id"] for row in tables["Findings"]] == [each.id for each in result.findings]
    assert [row["Name"] for row in tables["Areas"] if row["Layer"] == "near"] == names
    assert sum(float(row["People"]) for row in tables["Pairs"]) == 2100


# --------------------------------------------------------------------------------------- the default audit


@pytest.fixture(scope="module")
def shipped():
    return audit.run(geometry=True)


@pytest.fixture(scope="module")
def shipped_book(shipped):
    content = xlsx(shipped)
    # A committee's mail gateway, and a reader's patience.
    assert len(content) < 1_000_000
    return openpyxl.load_workbook(io.BytesIO(content), read_only=True)


def test_the_default_audit_is_all_there(shipped, shipped_book):
    tables = {name: rows_of(shipped_book[name]) for name in SHEETS[1:]}
    asked = ranking.asked_pairs(shipped)
    assert len(tables["Summary"]) == len(shipped.pairs)
    assert [row["Id"] for row in tables["Findings"]] == [each.id for each in shipped.findings]
    assert len(tables["Pairs"]) == sum(len(pair.overlay.table) for pair in asked)
    assert sum(row["People"] or 0 for row in tables["Pairs"]) == pytest.approx(
        sum(pair.overlay.table["people"].sum() for pair in asked)
    )
    assert len(tables["Areas"]) == sum(len(layer.areas) for layer in shipped.layers.values())
    assert len(tables["Memberships"]) == sum(len(layer.parts) for layer in shipped.layers.values())
    assert {row["Rule"] for row in tables["Rules"]} == {each.rule for each in shipped.findings}
    hashes = {row["SHA-256"] for row in tables["Parameters"]} - {None}
    assert hashes == {layer.source.sha256 for layer in shipped.layers.values() if layer.source.sha256}


def test_labour_markets_and_leaks_are_those_found(shipped, shipped_book):
    markets = rows_of(shipped_book["Labour markets"])
    assert len(markets) == sum(len(told.found.areas) for told in shipped.contained.values())
    for row in markets:
        found = shipped.contained[row["Layer"]].found.areas.loc[row["Code"]]
        assert row["Supply-side self-containment"] == round(found["supply"], 3)
        assert row["Would pass"] == ("yes" if found["passes"] else "no")
        assert row["Commuting is"] == "modelled"
    keys = ["Layer", "Code", "Direction", "Other code"]
    leaks = {tuple(row[key] or REST for key in keys): row["Workers"] for row in rows_of(shipped_book["Leaks"])}
    largest = {
        (layer, row.code, row.direction, row.other): row.workers
        for layer, told in shipped.contained.items()
        for row in told.found.leaks.groupby(["code", "direction"]).head(LEAKS).itertuples()
    }
    assert leaks == pytest.approx(largest, abs=0.5)
    assert all(workers == round(workers) for workers in leaks.values())


def test_the_cover_says_what_is_indicative_modelled_and_not_confirmed(shipped, shipped_book):
    told = said(shipped_book)
    assert "drawn from postcodes" in told["Indicative"]
    assert "modelled, not counted" in told["Modelled"]
    unsure = sum(1 for each in shipped.findings if (each.rule, each.layer) == ("GP405", "connect_to_work"))
    assert f"Connect to Work areas, {unsure} areas: Berkshire: Bracknell Forest, " in told["Not confirmed"]
    members = shipped.layers["connect_to_work"].parts["confidence"]
    assert set(members) == {"high", "medium", "low"}
    assert re.search(r"confidence: of 318 members \d+ confirmed, .* inferred\.", told["Connect to Work areas"])
    words = {row["Confidence"] for row in rows_of(shipped_book["Memberships"]) if row["Layer"] == "connect_to_work"}
    assert words == {"confirmed", "read from the area's name or a residual", "inferred"}
    told = {row["Layer"]: row["Known to change"] for row in rows_of(shipped_book["Layers"])}
    assert told["combined_authority"] == "Hampshire and the Solent begins on 4 June 2026"
    assert told["connect_to_work"] is None
