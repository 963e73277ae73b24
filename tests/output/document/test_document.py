"""The brief as a document: what the page says, as headings, tables and pictures that can be edited."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import docx
import numpy as np
import pytest
import shapely
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from lxml import html
from office import converted
from PIL import Image
from toy_audit import finding, result_of

from geoplan.auditing import audit, results
from geoplan.auditing.results import AuditResult
from geoplan.data.focus import Focus
from geoplan.data.scenarios import reading as scenarios
from geoplan.output.brief import brief, changes
from geoplan.output.document.document import docx as written
from geoplan.output.document.inks import look
from geoplan.output.document.paper import TEXT_CM
from geoplan.output.document.small_maps import small_map
from geoplan.output.summary.answers import answer_sentences
from geoplan.planning.scenarios.whatif import configured, whatif
from geoplan.schema import Source, Weight

NEAR = {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}, "w": {"W1": 1}}
FAR = {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}}
B = Focus("near", "b", "Area b", frozenset({"E2", "E3"}))
HOSTILE = (
    "<b>&amp;</b></w:t></w:r>",
    '{ MERGEFIELD x } {INCLUDETEXT "/etc/passwd"}',
    "=HYPERLINK(A1)",
    "\x0b\x00\x1f]]>",
    "DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe",
    "{{ 7*7 }}",
)
OUR_FIELDS = {"PAGE", "NUMPAGES", "SEQ Table \\* ARABIC", "SEQ Figure \\* ARABIC"}
BLOCKS = ("h1", "h2", "h3", "p", "li", "dt", "dd", "caption", "th", "td")
HEADINGS = {"h1": "Title", "h2": "Heading 1", "h3": "Heading 2"}


@pytest.fixture
def near(block_layer):
    return block_layer("near", NEAR)


@pytest.fixture
def far(block_layer):
    return block_layer("far", FAR, extent="E")


KEPT: dict[str, AuditResult] = {}
"""Audits of one kind each: what is made of them is made once."""


@pytest.fixture(params=["pair", "focus", "bare", "alone", "clean", "ground"])
def toy(request, near, far, blocks, block_layer):
    """One audit of every kind that a brief is written of."""
    if request.param in KEPT:
        return KEPT[request.param]
    KEPT[request.param] = {
        "pair": lambda: result_of(blocks, (near, far)),
        "focus": lambda: result_of(blocks, (near, far), focus=B),
        "bare": lambda: result_of(blocks.drop(columns="geometry"), (near, far)),
        "alone": lambda: result_of(blocks, alone=[near], further=[finding("GP405", "near", "b")]),
        "clean": lambda: result_of(blocks, (near, block_layer("same", NEAR))),
        "ground": lambda: result_of(blocks, (near, far), weight=Weight.AREA),
    }[request.param]()
    return KEPT[request.param]


@cache
def paged(result):
    return brief.page(result)


@cache
def made(result):
    return written(result, paged(result))


def opened(content):
    return docx.Document(io.BytesIO(content))


def part(content, name):
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return parts.read(name).decode()


def page_of(text):
    """Return the page as a tree, without what is only drawn, or speaks of what paper leaves out."""
    tree = html.document_fromstring(text)
    for path in ("//style", "//title", "//svg", "//*[@class='drawn']", "//*[@class='paper']"):
        for element in tree.xpath(path):
            element.drop_tree()
    return tree


def said_by_page(text):
    """Return the words of the page, those of its map's legend apart: they are drawn on the picture."""
    tree = page_of(text)
    for legend in tree.find_class("legend"):
        legend.drop_tree()
    for heading in tree.xpath("//*[contains(concat(' ', @class, ' '), ' picture ')]//h3[position() > 1]"):
        heading.drop_tree()
    return " ".join(block.text_content() for block in tree.iter(*BLOCKS)).split()


def said_by_document(paper):
    """Return the words of a document with the alternative texts of its pictures, in no order."""
    body = paper.element.body
    lines = ["".join(_text(run) for run in line.iter(qn("w:t"), qn("w:br"))) for line in body.iter(qn("w:p"))]
    return " ".join([*lines, *(told.get("descr") for told in body.iter(qn("wp:docPr")))]).split()


def _text(run):
    return run.text or "" if run.tag == qn("w:t") else " "


def numbers(words):
    return Counter(re.findall(r"\d[\d,.]*\d|\d", " ".join(words)))


# -------------------------------------------------------------------------------------------- what it says


def test_every_word_of_the_page_is_in_the_document(toy):
    page = paged(toy)
    on_page, in_document = (
        Counter(word.rstrip(".;") for word in words)
        for words in (said_by_page(page), said_by_document(opened(made(toy))))
    )
    assert on_page - in_document == Counter()
    assert on_page.total() > 100


def test_headings_are_those_of_the_page(toy):
    page = page_of(paged(toy))
    for picture in page.find_class("picture"):
        picture.drop_tree()
    on_page = [(HEADINGS[each.tag], " ".join(each.text_content().split())) for each in page.iter("h1", "h2", "h3")]
    paper = opened(made(toy))
    assert [(p.style.name, p.text) for p in paper.paragraphs if p.style.name in HEADINGS.values()] == on_page
    assert on_page[0][0] == "Title"
    assert all(p.paragraph_format.keep_with_next or p.style.paragraph_format.keep_with_next
               for p in paper.paragraphs if p.style.name in HEADINGS.values())  # fmt: skip


def test_cells_are_those_of_the_page(toy):
    page, paper = page_of(paged(toy)), opened(made(toy))
    on_page = [
        [" ".join(cell.text_content().split()) for cell in table.iter("th", "td")] for table in page.iter("table")
    ]
    in_document = [
        [" ".join(_words_of(cell).split()) for cell in table._tbl.iter(qn("w:tc"))] for table in told_tables(paper)
    ]
    figures, *tables = in_document
    assert [" ".join(box.text_content().split()) for box in page.iter("dt", "dd")] == [
        each for pair in zip(figures[: len(figures) // 2], figures[len(figures) // 2 :], strict=True) for each in pair
    ]
    assert tables == on_page


def told_tables(paper):
    """Return the tables of words: those of pictures only put them side by side."""
    return [table for table in paper.tables if not has_pictures(table)]


def has_pictures(table):
    return any(True for _ in table._tbl.iter(qn("wp:docPr")))


def _words_of(cell):
    return "".join(_text(run) for run in cell.iter(qn("w:t"), qn("w:br")))


def test_tables_and_pictures_can_be_read_aloud(toy):
    paper = opened(made(toy))
    tables = told_tables(paper)
    assert tables
    for table in tables:
        heads = [row for row in table.rows if row._tr.find(f".//{qn('w:tblHeader')}") is not None]
        assert heads
        assert heads[0]._tr is table.rows[0]._tr
        assert all(row._tr.find(f".//{qn('w:cantSplit')}") is not None for row in table.rows)
        told = table._tbl.tblPr
        assert told.find(qn("w:tblCaption")).get(qn("w:val"))
    said = {line.text.split(". ", 1)[1] for line in captions(paper)}
    assert {table._tbl.tblPr.find(qn("w:tblDescription")).get(qn("w:val")) for table in tables[1:]} <= said
    pictures = list(paper.element.body.iter(qn("wp:docPr")))
    assert len(pictures) == len(page_of(paged(toy)).find_class("picture"))
    for picture in pictures:
        assert picture.get("title")
        assert picture.get("descr").startswith("Map of ")


def captions(paper):
    lines = (Paragraph(each, paper) for each in paper.element.body.iter(qn("w:p")))
    return [line for line in lines if line.style.name == "Caption"]


def test_tables_and_figures_are_numbered_in_their_order(toy):
    words = [re.match(r"(Table|Figure) ", p.text)[1] for p in captions(opened(made(toy)))]
    shown = re.findall(
        r'w:instr="SEQ (Table|Figure) [^"]*"><w:r><w:t>(\d+)</w:t>', part(made(toy), "word/document.xml")
    )
    assert [kind for kind, _ in shown] == words
    for kind in ("Table", "Figure"):
        assert [int(n) for each, n in shown if each == kind] == list(range(1, words.count(kind) + 1))


def test_cut_areas_are_named_to_who_cannot_see_the_map(near, far, blocks):
    (picture,) = opened(made(result_of(blocks, (near, far)))).element.body.iter(qn("wp:docPr"))
    assert picture.get("descr").endswith(" Each cut area is numbered and named in the list. 1 Area b: 400.")


def test_the_map_is_that_of_the_first_comparison_however_many_layers_are_asked_for(block_layer, blocks, near, far):
    more = [block_layer(f"more{number}", NEAR) for number in range(3)]
    result = result_of(blocks, (near, far), alone=more)
    named = replace(result, parameters={**result.parameters, "layers": ["near", "far", *(one.key for one in more)]})
    (drawn,), asked = (pictures(made(each)) for each in (result, named))
    assert asked == [drawn]


def pictures(content):
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return [parts.read(name) for name in parts.namelist() if name.startswith("word/media/")]


# ----------------------------------------------------------------------------------------------- the file


def test_the_page_is_a4_in_british_english_with_numbers_at_its_foot(toy):
    content = made(toy)
    paper = opened(content)
    (section,) = paper.sections
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    assert set(re.findall(r'<w:lang w:val="([^"]*)"', part(content, "word/styles.xml"))) == {"en-GB"}
    footer = section.footer.paragraphs[0]
    assert "As of 1 April 2026" in footer.text
    assert ("indicative" in footer.text) == toy.indicative
    assert [field.get(qn("w:instr")) for field in footer._p.iter(qn("w:fldSimple"))] == ["PAGE", "NUMPAGES"]


def test_columns_fill_the_width_of_the_text(toy):
    for table in opened(made(toy)).tables:
        assert sum(column.width.cm for column in table.columns) == pytest.approx(TEXT_CM, abs=0.1)
        assert table.autofit is False


def test_properties_name_the_day_of_the_data_and_nobody(toy):
    content = made(toy)
    told = opened(content).core_properties
    assert told.title == brief._question(toy)
    assert told.subject == "Audit of partnership boundaries"
    assert told.created == told.modified == datetime(2026, 4, 1, tzinfo=UTC)
    assert {told.author, told.last_modified_by, told.comments, told.keywords} == {""}
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert {entry.date_time for entry in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        names = {entry.filename for entry in parts.infolist()}
        assert not any(b"Macintosh" in parts.read(name) for name in names)
    assert not {name for name in names if "thumbnail" in name or "app.xml" in name or "Effects" in name}


def test_the_same_audit_gives_the_same_bytes(toy):
    assert written(toy, brief.page(toy)) == made(toy)


@pytest.mark.parametrize("focus", [False, True])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_stay_text(block_layer, blocks, hostile, focus):
    near = block_layer("near", NEAR, title=hostile, edition=hostile, source=Source(hostile, url="javascript:alert(1)"))
    far = block_layer("far", FAR, title=f"{hostile} 2", source=Source("Ministry", url="https://example.org/?a=1&b=2"))
    near.areas["name"] = far.areas["name"] = hostile
    result = result_of(blocks, (near, far), focus=replace(B, name=hostile) if focus else None)
    content = made(result)
    paper = opened(content)
    everything = "".join(part(content, name) for name in ("word/document.xml", "word/footer1.xml"))
    assert set(re.findall(r'w:instr="([^"]*)"', everything)) <= OUR_FIELDS
    assert "w:instrText" not in everything
    outside = [each.target_ref for each in paper.part.rels.values() if each.is_external]
    assert set(outside) == {"https://example.org/?a=1&b=2"}
    clean = " ".join(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "\ufffd", hostile).split())
    assert " ".join(said_by_document(paper)).count(clean) > 5


# ------------------------------------------------------------------------------------------- what ships


@pytest.fixture(scope="module")
def suffolk():
    return audit.run(results.Configuration(focus="connect_to_work:Suffolk"), geometry=True)


@pytest.fixture(scope="module")
def shipped():
    return audit.run(geometry=True)


@pytest.fixture(params=["suffolk", "shipped"])
def real(request):
    return request.getfixturevalue(request.param)


def test_every_number_of_the_shipped_briefs_is_in_the_document(real):
    page, content = paged(real), made(real)
    paper = opened(content)
    assert numbers(said_by_page(page)) - numbers(said_by_document(paper)) == Counter()
    assert sum(numbers(said_by_page(page)).values()) > 100
    lines = [p.text for p in paper.paragraphs]
    assert set(answer_sentences(real)) <= set(lines)
    assert any("Crown copyright" in line for line in lines)
    assert len(content) < 600_000


def test_small_maps_are_drawn_two_a_row_with_the_words_of_the_page(suffolk):
    figures = page_of_maps(paged(suffolk))
    paper = opened(made(suffolk))
    (table,) = filter(has_pictures, paper.tables)
    assert len(figures) > 2
    assert [len(row.cells) for row in table.rows] == [2] * ((len(figures) + 1) // 2)
    told = [(each.get("title"), each.get("descr")) for each in table._tbl.iter(qn("wp:docPr"))]
    assert told == [(title, said) for title, said, _ in figures]
    said = [line.text.split(". ", 1)[1] for line in captions(paper) if line._p in set(table._tbl.iter(qn("w:p")))]
    assert [" ".join(each.split()) for each in said] == [caption for _, _, caption in figures]


def page_of_maps(text):
    figures = html.document_fromstring(text).xpath("//*[@class='grounds']/figure")
    words = [(each.find(".//b"), each.find(".//title"), each.find("figcaption")) for each in figures]
    return [tuple(" ".join(each.text_content().split()) for each in told) for told in words]


def test_a_small_map_has_the_colours_of_the_page_where_the_page_has_them(suffolk):
    drawn = html.document_fromstring(paged(suffolk)).xpath("//*[@class='grounds']/figure/svg")[0]
    with Image.open(io.BytesIO(small_map(drawn, "Title", "Map of it."))) as image:
        assert image.info["Description"] == "Map of it."
        assert image.size == (640, 640)
        shown = np.asarray(image.convert("RGB"))
    side = float(drawn.get("width"))
    (partner, *_) = drawn.xpath("path[@class='partner']")
    ground = shapely.Polygon(np.array([p.split() for p in partner.get("d").split("Z")[0][1:].split("L")], dtype=float))
    inside = shapely.maximum_inscribed_circle(ground).coords[0]
    column, row = (round(at / side * 640) for at in inside)
    assert bytes(shown[row, column]).hex() == partner.get("fill").removeprefix("#")
    inks = {bytes(each).hex() for each in np.unique(shown.reshape(-1, 3), axis=0)}
    assert look("g .own")["stroke"].removeprefix("#") in inks


def test_libreoffice_prints_the_shipped_briefs_on_a4(real, tmp_path):
    folder = converted(tmp_path, "brief.docx", made(real), "pdf")
    pdf = folder / "brief.pdf"
    assert pdf.exists()
    if not shutil.which("pdfinfo"):
        pytest.skip("no pdfinfo on this machine (Debian: apt install poppler-utils)")
    told = subprocess.run(["pdfinfo", pdf], check=True, capture_output=True, text=True).stdout
    assert "(A4)" in told
    assert int(re.search(r"^Pages:\s+(\d+)$", told, re.MULTILINE)[1]) <= (6 if real.focus else 8)
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True).stdout
    sheets = text.split("\f")[:-1]
    headings = [p.text for p in opened(made(real)).paragraphs if p.style.name == "Heading 1"]
    for number, sheet in enumerate(sheets, 1):
        lines = [" ".join(line.split()) for line in sheet.splitlines() if line.strip()]
        assert lines[-1].endswith(f"Page {number} of {len(sheets)}")
        # No heading is the last thing on its page.
        assert lines[-2] not in headings


def test_a_brief_of_changes_counts_its_steps_from_one_and_says_the_same():
    step = {"action": "move", "layer": "connect_to_work", "authority": "Ceredigion", "to": "South West Wales"}
    scenario = scenarios.made([("row 1", step)], "mine.csv", title="as told")
    asked = configured(scenario, results.Configuration.of_layers(["connect_to_work", "lhb"]), chosen=True)
    outcome = whatif(scenario, asked, geometry=True)
    page = brief.page(outcome.after, changes=changes.told(outcome))
    content = written(outcome.after, page)
    paper = opened(content)
    assert numbers(said_by_page(page)) - numbers(said_by_document(paper)) == Counter()
    (line,) = [p for p in paper.paragraphs if p.style.name == "List Number"]
    assert line.text == "Connect to Work areas: move Ceredigion to South West Wales"
    number = line._p.pPr.numPr.numId.val
    (own,) = [each for each in paper.part.numbering_part.element.num_lst if each.numId == number]
    assert own.find(f".//{qn('w:startOverride')}").get(qn("w:val")) == "1"
    areas = next(table for table in paper.tables if table.cell(0, 0).text == "Area")
    assert [row._tr.find(f".//{qn('w:tblHeader')}") is not None for row in areas.rows][:3] == [True, True, False]
    assert areas.cell(0, 0)._tc is areas.cell(1, 0)._tc
