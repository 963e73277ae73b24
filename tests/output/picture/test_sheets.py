"""Pictures as files: PNG, SVG and PDF of the size asked for, the same bytes each time, their words as text."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
import shapely
from pictured import written
from PIL import Image
from toy_audit import result_of

from geoplan.auditing import audit
from geoplan.auditing.results import Configuration
from geoplan.data.focus import Focus
from geoplan.data.shipped.land import LAND_CREDIT
from geoplan.errors import ConfigurationError
from geoplan.output.picture import plot
from geoplan.output.picture.base.land import bear
from geoplan.output.picture.picture_parts import Row
from geoplan.output.picture.sheet.size import size_of_sheet
from geoplan.output.picture.sheet.words import Column, flowed, shortened

NEAR = {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}, "w": {"W1": 1}}
FAR = {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}}
B = Focus("near", "b", "Area b", frozenset({"E2", "E3"}))
SVG = "{http://www.w3.org/2000/svg}"
NEVER = (b"creationdate", b"moddate", b"dc:date", b"matplotlib v", b"/home/", b"/root/")
HOSTILE = ["<script>alert(1)</script>", "$\\frac{1}{2}$ & \"'", "]]> -->", "Área 52 – Y Fro"]


@pytest.fixture
def near(block_layer):
    return block_layer("near", NEAR)


@pytest.fixture
def far(block_layer):
    return block_layer("far", FAR, extent="E")


@pytest.fixture
def result(near, far, blocks):
    return result_of(blocks, (near, far))


def parsed(made: bytes) -> ET.Element:
    return ET.fromstring(made)  # noqa: S314 - made by this test


def texts(made: bytes) -> list[str]:
    return [each.text or "" for each in parsed(made).iter(f"{SVG}text")]


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on this machine (Debian: apt install poppler-utils)")
    return found


def asked_of(name: str, made: bytes, tmp_path, *more: str) -> str:
    path = tmp_path / "made.pdf"
    path.write_bytes(made)
    done = subprocess.run([tool(name), str(path), *more], capture_output=True, check=True, encoding="utf-8")
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    ("asked", "inches", "pixels"),
    [
        ("A4", (210 / 25.4, 297 / 25.4), 1654), ("a4-landscape", (297 / 25.4, 210 / 25.4), 2339),
        ("A3-portrait", (297 / 25.4, 420 / 25.4), 2339), ("1600", (8.0, None), 1600), (1600, (8.0, None), 1600),
        ("800px", (8.0, None), 800), ("1600x1000", None, 1600), ("1920 × 1080 px", None, 1920),
    ],
)  # fmt: skip
def test_sizes_are_paper_or_pixels(asked, inches, pixels):
    size = size_of_sheet(asked)
    assert size.wide * size.dpi == pytest.approx(pixels, abs=1)
    if inches:
        assert (size.wide, size.high) == pytest.approx(inches) if inches[1] else (size.wide, size.high) == inches
    else:
        down = int(re.findall(r"\d+", asked)[1])
        assert size.high * size.dpi == pytest.approx(down)


@pytest.mark.parametrize("asked", ["", "A9", "A4landscape", "wide", "1600x", "x1000", "16.5", "-5", "A4 x 3", "1e3"])
def test_what_is_no_size_is_refused_with_what_is(asked):
    with pytest.raises(ConfigurationError, match=r"is no size of a picture.*A5 to A2.*1600x1000"):
        size_of_sheet(asked)


@pytest.mark.parametrize("asked", ["99", "10001", "1600x50", "50x1600"])
def test_sizes_have_bounds(asked):
    with pytest.raises(ConfigurationError, match=r"pixels (wide|high) cannot be drawn: give 100 to 10,000\."):
        size_of_sheet(asked)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_same_result_gives_the_same_bytes_without_a_day_of_today(kind, result):
    made = plot.made(result, kind)
    assert plot.made(result, kind) == made
    plain = made.lower()
    assert not any(word in plain for word in NEVER)


def test_two_programs_make_the_same_bytes():
    script = (
        "import geoplan, sys; made = geoplan.audit(layers=['lhb', 'country'])\n"
        "for kind in ('svg', 'pdf'): sys.stdout.buffer.write(made.picture(kind))"
    )
    run = [subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout for _ in range(2)]
    assert run[0] == run[1]
    assert len(run[0]) > 20_000


@pytest.mark.parametrize(
    ("size", "pixels"), [("A4", (1654, 2339)), ("A5-landscape", (1654, 1165)), ("1500x999", (1500, 999))]
)
def test_a_png_has_the_size_asked_for(size, pixels, result):
    found = Image.open(io.BytesIO(plot.made(result, size=size))).size
    assert found == pixels


@pytest.mark.parametrize(
    ("size", "written_as"),
    [("A4", ("210mm", "297mm")), ("1500x1000", ("1500px", "1000px")), ("1600", ("1600px", None))],
)
def test_an_svg_has_the_size_asked_for(size, written_as, result):
    root = parsed(plot.made(result, "svg", size=size))
    assert root.get("width") == written_as[0]
    assert written_as[1] is None or root.get("height") == written_as[1]
    wide, high = map(float, root.get("viewBox").split()[2:])
    assert wide / high == pytest.approx(float(root.get("width")[:-2]) / float(root.get("height")[:-2]), rel=2e-3)


@pytest.mark.parametrize("focus", [None, B])
def test_an_svg_holds_every_label_and_row_as_text(focus, near, far, blocks):
    case = result_of(blocks, (near, far), focus=focus)
    found = " ".join(texts(plot.made(case, "svg")))
    drawn = plot.drawing_of(case)
    labels = [line for label in written(drawn).labels for line in label.text.split("\n") if label.kind != "near"]
    assert labels
    for words in (*labels, drawn.title, *(row.text for row in drawn.rows)):
        assert re.sub(r"\s+", " ", words) in re.sub(r"\s+", " ", found)


def test_an_svg_says_in_words_what_it_shows(result):
    root = parsed(plot.made(result, "svg"))
    assert root.get("role") == "img"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en-GB"
    assert root.get("aria-labelledby") == "title description"
    assert root.find(f"{SVG}title").text == "Do areas of Layer near fit areas of Layer far?"
    assert root.find(f"{SVG}desc").text.startswith("Map of 4 areas: same boundary: 1, inside one: 1, cut: 1")
    held = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(held) == len(set(held))
    assert b"<!DOCTYPE" not in plot.made(result, "svg")


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_names_from_files_are_never_markup(kind, near, far, blocks, tmp_path):
    odd = replace(near, title=HOSTILE[0], areas=near.areas.assign(name=HOSTILE))
    case = result_of(blocks, (odd, far))
    made = plot.made(case, kind, size="A4", title=HOSTILE[1], subtitle=HOSTILE[2])
    found = texts(made) if kind == "svg" else asked_of("pdftotext", made, tmp_path, "-").split("\n")
    assert {HOSTILE[1], HOSTILE[2]} <= {each.strip("\f") for each in found}
    if kind == "svg":
        assert not list(parsed(made).iter(f"{SVG}script"))
        assert not any("alert" in (each.tag + str(each.attrib)) for each in parsed(made).iter())


@pytest.mark.parametrize(("size", "points"), [("", (595.28, 841.89)), ("A3-landscape", (1190.55, 841.89))])
def test_a_pdf_is_one_page_of_paper_with_title_language_and_fonts(size, points, result, tmp_path):
    made = plot.made(result, "pdf", size=size)
    told = dict(line.split(":", 1) for line in asked_of("pdfinfo", made, tmp_path).splitlines())
    assert told["Pages"].strip() == "1"
    assert tuple(map(float, re.findall(r"[\d.]+", told["Page size"])[:2])) == pytest.approx(points, abs=0.02)
    assert told["Title"].strip() == "Do areas of Layer near fit areas of Layer far?"
    assert "CreationDate" not in told
    assert b"/Lang (en-GB)" in made
    fonts = asked_of("pdffonts", made, tmp_path).splitlines()[2:]
    assert fonts
    assert all("TrueType" in line and " yes yes yes " in line for line in fonts)
    words = asked_of("pdftotext", made, tmp_path, "-")
    assert "Area b: 400" in words
    assert "same boundary: 1" in words


def test_title_and_subtitle_are_ones_own(result):
    found = texts(plot.made(result, "svg", title="Who fits whom?", subtitle="For the board, May"))
    assert {"Who fits whom?", "For the board, May"} <= set(found)
    assert "Do areas of Layer near fit areas of Layer far?" not in found
    assert any(each.startswith("As of 1 April 2026") for each in found), "how far it is to be trusted is always said"


def test_without_labels_the_map_has_none_and_the_list_no_numbers(result):
    with_labels, without = (texts(plot.made(result, "svg", labels=each)) for each in (True, False))
    assert "Area c" in with_labels
    assert "1" in with_labels
    assert not {"Area c", "1"} & set(without)
    assert "Area b: 400" in without


def test_a_sheet_too_small_is_refused_with_what_helps(result):
    with pytest.raises(ConfigurationError, match=r"do not fit on so small a sheet.*--size"):
        plot.made(result, size="2000x100")


def test_an_unknown_kind_is_refused(result):
    with pytest.raises(ConfigurationError, match=r"'gif' is no kind of picture.*png, svg, pdf"):
        plot.made(result, "gif")


def test_a_heading_is_never_left_alone_at_the_foot_of_a_column():
    rows = [Row("one"), Row("two"), Row("Heading", heading=True), Row("three")]
    placed = flowed(rows, [Column(0, 0, 2, 0.75), Column(3, 0, 2, 5)])
    assert [each.x for each in placed] == [0, 0, 3, 3]
    assert flowed(rows, [Column(0, 0, 2, 0.75)]) is None


def test_long_lists_are_cut_with_how_many_are_left_out():
    rows = [Row("Heading", heading=True), *(Row(f"area {n}", number=str(n)) for n in range(1, 9)), Row("end")]
    said = [row.text for row in shortened(rows, 3)]
    assert said == ["Heading", "area 1", "area 2", "area 3", "and 5 more: the map page lists all", "end"]
    assert shortened(rows, 8) == rows


def test_letters_of_enlarged_parts_stay_without_labels(block_layer, blocks):
    far_away = blocks.geometry.where(blocks.index != "E4", shapely.box(500_000, 300_000, 501_000, 302_000))
    left = block_layer("near", {"a": {"E1.a": 1, "E1.b": 1}, "c": {"E4": 1}})
    right = block_layer("far", {"x": {"E1.a": 1}, "y": {"E1.b": 1, "E4": 1}})
    found = texts(plot.made(result_of(blocks.set_geometry(far_away), (left, right)), "svg", labels=False))
    assert "A" in found
    assert any(each.startswith("A: enlarged ") for each in found)


def test_what_lies_under_a_map_is_drawn_and_credited():
    made = audit.run(Configuration.of_layers(("lhb", "country")), geometry=True)
    drawn = plot.drawing_of(made)
    bear(drawn)
    assert {"Cardiff", "Newport", "Swansea"} <= {town.name for town in drawn.towns}
    assert len(drawn.land.rivers.vertices)
    assert drawn.land.shade[..., 3].max() < 0.35, "quiet"
    svg = plot.made(made, "svg")
    assert LAND_CREDIT in " ".join(texts(svg))
    assert b"<image" in svg


def test_small_maps_have_no_coarse_water_or_relief(result):
    drawn = plot.drawing_of(result)
    bear(drawn)
    assert drawn.land.shade is None
    assert not len(drawn.land.rivers.vertices)
