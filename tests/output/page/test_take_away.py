"""What readers take away from the map page: pictures, the list, outlines and a link, each read back."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from browsing import show, violations
from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait
from toy_audit import result_of

from geoplan.auditing import audit
from geoplan.auditing.results import AuditResult, Configuration
from geoplan.data.scenarios.reading import made
from geoplan.output import media
from geoplan.output.page import webmap
from geoplan.output.page.sealed import asset, lean
from geoplan.output.tables import cells
from geoplan.planning.scenarios.whatif import configured, whatif
from geoplan.schema import wording
from geoplan.schema.wording import INDICATIVE

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = ("=HYPERLINK(1)", '<img src=x onerror="window.hacked=1">, "quoted"', "+44\u0007 & co")


@pytest.fixture(scope="module")
def result() -> AuditResult:
    return audit.run(Configuration.of_layers(["connect_to_work", "icb_2026", "combined_authority"]), geometry=True)


@pytest.fixture(scope="module")
def page(result: AuditResult) -> str:
    return webmap.page(result)


@pytest.fixture
def opened(browser: webdriver.Chrome, page: str, tmp_path: Path) -> webdriver.Chrome:
    return show(browser, page, tmp_path)


Taken = Callable[[str], Path]


@pytest.fixture
def taken(browser: webdriver.Chrome, tmp_path: Path) -> Taken:
    """Press a button of the dialog and return the file that it saves."""
    folders = (tmp_path / f"taken{n}" for n in count())

    def take(label: str) -> Path:
        folder = next(folders)
        browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})
        open_dialog(browser)
        browser.find_element(By.XPATH, f"//dialog[@id='away']//button[.='{label}']").click()

        def saved() -> list[Path]:
            return [file for file in folder.glob("*") if file.suffix != ".crdownload"]

        WebDriverWait(browser, 20).until(lambda _: saved())
        (file,) = saved()
        assert browser.find_element(By.CSS_SELECTOR, "#away [role]").text == f"{file.name} is with your downloads."
        return file

    return take


@pytest.fixture
def wide(browser: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """Give the page an officer's screen, on which letters and a closer look have room."""
    asked = {"width": 1366, "height": 768, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", asked)
    yield browser
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def open_dialog(browser: webdriver.Chrome) -> None:
    if not browser.execute_script("return document.getElementById('away').open"):
        browser.find_element(By.ID, "open-away").send_keys(Keys.ENTER)


def parsed(file: Path) -> ET.Element:
    return ET.parse(file).getroot()  # noqa: S314 - the page made it just now


def written(file: Path) -> str:
    """Return all words of a drawing, in order."""
    return " ".join(node.text for node in parsed(file).iter(f"{SVG}text") if node.text)


# ---------------------------------------------------------------------------------------------- pictures


def test_the_drawing_stands_alone_with_title_day_key_and_sources(opened, taken):
    opened.execute_script("geoplan.page.step(1)")
    words = written(taken("Drawing (SVG)"))
    answer = opened.find_element(By.ID, "answer").text
    card = opened.find_element(By.ID, "details-title").text
    for said in ("Where boundaries do not fit", answer, f"{card}: Cut:", "As of 1 April 2026", INDICATIVE):
        assert said in words
    for row in opened.find_elements(By.CSS_SELECTOR, "#legend-rows li"):
        assert row.text in words
    assert wording.attribution() in words


def test_the_drawing_holds_the_shapes_the_map_shows_and_their_patterns(opened, taken):
    file = taken("Drawing (SVG)")
    root = parsed(file)
    ids = {node.get("id") for node in root.iter(f"{SVG}pattern")}
    used = {node.get("fill")[5:-1] for node in root.iter() if (node.get("fill") or "").startswith("url(")}
    assert used == ids
    assert "fill-overlap" in ids
    shown = opened.execute_script(
        "return [...document.querySelectorAll('.leaflet-map-pane svg path')].map((p) => p.getAttribute('d'))"
        ".filter((d) => d !== 'M0 0').length"
    )
    assert sum(1 for _ in root.iter(f"{SVG}path")) >= shown > 50
    # Nothing is fetched, styled or run by it, and it names no place of this machine.
    text = file.read_text(encoding="utf-8")
    assert not any(word in text for word in ("href", "<style", "class=", "<script", "file:", "NaN", "undefined"))


def test_the_drawing_says_what_its_numbers_and_letters_stand_for(wide, page, tmp_path, taken):
    opened = show(wide, page, tmp_path)
    texts = [node.text or "" for node in parsed(taken("Drawing (SVG)")).iter(f"{SVG}text")]
    rows = opened.execute_script(
        "return [...document.querySelectorAll('#mismatches li')].map((row) => ["
        " row.querySelector('.number').textContent,"
        " row.querySelector('.what').firstChild.textContent + ': ' + row.querySelector('.size').textContent])"
    )
    assert rows
    for number, said in rows:
        assert said in texts
        assert texts.count(number) >= 2, "on the map and in its key"
    letters = opened.find_elements(By.CSS_SELECTOR, "#letters li")
    assert letters
    for row in letters:
        letter, name = row.text.split("\n") if "\n" in row.text else row.text.split(maxsplit=1)
        assert texts.count(letter) >= 2
        assert any(text in name for text in texts if text != letter)
    assert {"100 km", "London, closer"} <= set(texts)


def test_a_page_of_one_layer_has_its_findings_for_a_list(browser, tmp_path, taken):
    alone = audit.run(Configuration.of_layers(["connect_to_work"]), geometry=True)
    shown = show(browser, webmap.page(alone), tmp_path)
    file = taken("List (CSV)")
    assert file.name == "map-findings.csv"
    listed = [row.text.split("\n")[0] for row in shown.find_elements(By.CSS_SELECTOR, "#others-list button")]
    assert sorted(pd.read_csv(file)["name"]) == sorted(listed)
    assert "Connect to Work areas" in written(taken("Drawing (SVG)"))
    assert shown.get_log("browser") == []


def test_commuting_that_is_shown_says_whether_it_was_counted(opened, taken):
    opened.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    opened.find_element(By.ID, "flow-0").send_keys(Keys.SPACE)
    said = opened.execute_script("return geoplan.page.data.flows[0].said")
    assert "odelled" in said
    assert said in written(taken("Drawing (SVG)"))


def test_a_picture_that_a_browser_cannot_make_is_told(opened):
    for broken in ("toBlob = function (done) { done(null); }", "getContext = () => null"):
        opened.execute_script(f"HTMLCanvasElement.prototype.{broken}")
        open_dialog(opened)
        opened.find_element(By.XPATH, "//dialog[@id='away']//button[.='Picture (PNG)']").click()
        status = opened.find_element(By.CSS_SELECTOR, "#away [role]")
        told = "The picture could not be made"
        WebDriverWait(opened, 10).until(lambda _, status=status, told=told: status.text.startswith(told))
        opened.refresh()
        WebDriverWait(opened, 20).until(lambda b: b.execute_script("return document.body.dataset.ready") == "yes")
    assert opened.get_log("browser") == []


@pytest.mark.usefixtures("opened")
def test_the_same_view_gives_the_same_drawing(taken):
    assert taken("Drawing (SVG)").read_bytes() == taken("Drawing (SVG)").read_bytes()


def test_the_picture_is_the_drawing_twice_as_fine(opened, taken):
    root = parsed(taken("Drawing (SVG)"))
    width, height = (float(root.get(name)) for name in ("width", "height"))
    map_width, map_height = opened.execute_script("const s = geoplan.page.map.getSize(); return [s.x, s.y]")
    assert width == map_width
    assert height > map_height + 100, "title, key and sources stand around the map"
    with Image.open(taken("Picture (PNG)")) as image:
        assert image.size == (2 * width, 2 * height)
        pixels = np.asarray(image.convert("RGB"))
    assert (pixels[0, 0] == 255).all()
    # The map's middle has the colours of the page, its foot dark letters on white.
    assert len(np.unique(pixels[400:-300].reshape(-1, 3), axis=0)) > 50
    foot = pixels[-60:]
    assert foot.min() < 120
    assert (foot.max(axis=2) > 250).mean() > 0.6


def test_names_of_users_files_are_text_in_the_drawing(browser, blocks, block_layer, tmp_path, taken):
    left = block_layer(
        "left", {"a": {"E1.a": 1.0, "E1.b": 1.0}, "b": {"E2": 1.0, "W1": 1.0}, "c": {"E3": 1.0, "E4": 1.0}}
    )
    left = replace(left, title=HOSTILE[1], areas=left.areas.assign(name=list(HOSTILE)))
    right = block_layer("right", {"x": {"E1.a": 1.0, "E3": 1.0}, "y": {"E1.b": 1.0, "E2": 1.0, "E4": 1.0, "W1": 1.0}})
    shown = show(browser, webmap.page(result_of(blocks, (left, right))), tmp_path)
    words = written(taken("Drawing (SVG)"))
    assert HOSTILE[1] in words
    rows = list(csv.DictReader(io.StringIO(taken("List (CSV)").read_text(encoding="utf-8-sig"))))
    assert {row["name"] for row in rows} == {"'=HYPERLINK(1)", "'+44\u0007 & co"}
    drawn = gpd.read_file(taken("Outlines (GeoJSON)")).set_index("code")
    assert drawn["name"].to_dict() == dict(zip("abc", HOSTILE, strict=True)), "a name in JSON is no formula"
    assert shown.execute_script("return window.hacked === undefined")
    assert shown.get_log("browser") == []


# ---------------------------------------------------------------------------------------------- list and outlines


def test_the_list_is_that_of_the_panel_and_of_the_findings(opened, result, taken):
    file = taken("List (CSV)")
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(file, keep_default_na=False, dtype={"number": str})
    rows = opened.find_elements(By.CSS_SELECTOR, "#mismatches button")
    panel = [row.text.split("\n") for row in rows]
    assert table["number"].tolist() == [number for number, *_ in panel]
    assert table["name"].tolist() == [name for _, name, *_ in panel]
    assert [f"{value:,}" for value in table["value"]] == [value for *_, value in panel]
    assert table["partners"].tolist() == [row.find_element(By.CSS_SELECTOR, ".quiet").text for row in rows]
    told = {finding.id: finding for finding in result.findings}
    assert all(told[each].message == said for each, said in zip(table["id"], table["message"], strict=True))
    assert all(
        ";".join(told[each].other_codes) == codes for each, codes in zip(table["id"], table["other_codes"], strict=True)
    )


def test_cells_are_guarded_as_those_of_the_command_line(opened):
    cases = ["=1+1", "+44", "-5", "-5.25e3", "-a", "@x", "\tx", "plain", 'a "b", c', "two\nlines", "'=1"]
    lines = opened.execute_script("return arguments[0].map((each) => geoplan.away.cell(each))", cases)
    here = [next(csv.reader(io.StringIO(line, newline="")))[0] for line in lines]
    there = [row[0] for row in csv.reader(io.StringIO(cells.table_csv(pd.DataFrame({"x": cases})), newline=""))][1:]
    assert here == there
    assert opened.execute_script("return geoplan.away.cell('\\r=1')") == '"\'\r=1"'


def test_outlines_are_those_of_the_layer_with_where_they_come_from(opened, result, taken):
    for key in ("connect_to_work", "icb_2026"):
        layer = result.layers[key]
        open_dialog(opened)
        Select(opened.find_element(By.CSS_SELECTOR, "#away select")).select_by_visible_text(layer.title)
        file = taken("Outlines (GeoJSON)")
        assert file.name.startswith(key)
        drawn = gpd.read_file(file).set_index("code")
        assert drawn.crs.to_epsg() == 4326
        assert drawn.index.tolist() == layer.areas.index.tolist()
        assert drawn["name"].tolist() == layer.areas["name"].tolist()
        assert np.allclose(drawn["people"], layer.areas["people"], atol=0.5, equal_nan=True)
        told = drawn.drop(columns="geometry").iloc[0]
        assert (told["edition"], told["licence"]) == (layer.edition, layer.source.licence)
        assert layer.source.citation in told["source"]
        assert told["boundaries"] == layer.resolution
        assert drawn["confidence"].ne("").all()
        assert drawn.geometry.is_valid.all()
        ours, theirs = drawn.to_crs("EPSG:27700").geometry, layer.areas.geometry
        assert shapely.is_ccw(shapely.get_exterior_ring(shapely.get_parts(drawn.geometry.to_numpy()))).all()
        both = ours.intersection(theirs).area.sum() / ours.union(theirs).area.sum()
        assert both > 0.98, "as simplified for the page"


# ---------------------------------------------------------------------------------------------- the link

STATE = "return [geoplan.page.link.state().toString(), document.getElementById('pair-title').textContent]"


def same(state: list[str], other: list[str]) -> bool:
    """Tell whether two states are one: the middle of the map is kept to a fraction of a pixel."""
    (ours, title), (theirs, their_title) = state, other
    (what, _, at), (their_what, _, their_at) = ours.partition("&at="), theirs.partition("&at=")
    places = [[float(each) for each in one.split("%2C")] for one in (at, their_at)]
    pixel = 360 / 256 / 2 ** places[0][2]
    return (what, title) == (their_what, their_title) and places[0] == pytest.approx(places[1], abs=pixel)


def settled(browser: webdriver.Chrome) -> str:
    time.sleep(0.25)
    return browser.execute_script("return location.hash")


def reopened(browser: webdriver.Chrome, address: str) -> webdriver.Chrome:
    browser.get("about:blank")
    browser.get(address)
    WebDriverWait(browser, 20).until(lambda b: b.execute_script("return document.body.dataset.ready") == "yes")
    return browser


def said(browser: webdriver.Chrome) -> str:
    return browser.find_element(By.ID, "link-said").text


def test_a_copied_link_opens_the_same_comparison_area_and_stretch_of_map(opened):
    assert settled(opened) == "", "a page that nobody touched keeps its address"
    opened.find_element(By.ID, "swap").click()
    opened.execute_script("geoplan.page.step(1); geoplan.page.map.setZoom(8.5, { animate: false })")
    opened.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    opened.find_element(By.CSS_SELECTOR, "#layer-groups input:not(:checked)").send_keys(Keys.SPACE)
    before, card = opened.execute_script(STATE), opened.find_element(By.ID, "details-title").text
    open_dialog(opened)
    opened.find_element(By.XPATH, "//button[.='Copy link']").click()
    WebDriverWait(opened, 5).until(
        lambda b: b.find_element(By.CSS_SELECTOR, "#away [role]").text == "The link is copied."
    )
    link = opened.find_element(By.CSS_SELECTOR, "#away input").get_attribute("value")
    assert "#left=" in link
    assert "&area=" in link
    fresh = reopened(opened, link)
    assert same(fresh.execute_script(STATE), before)
    assert fresh.find_element(By.ID, "details-title").text == card
    assert said(fresh) == ""
    assert fresh.get_log("browser") == []


def test_authorities_and_postcodes_have_links_of_their_own(opened):
    for script, part in (
        ("geoplan.page.showAuthority('E08000003')", "authority=E08000003"),
        ("geoplan.page.showPostcodes(geoplan.page.search.postcodes.get('LA1'))", "postcode=LA1"),
    ):
        opened.execute_script(script)
        assert part in settled(opened)
        card = opened.find_element(By.ID, "details").text
        fresh = reopened(opened, opened.current_url)
        assert fresh.find_element(By.ID, "details").text == card


def test_back_and_forward_go_through_comparisons_and_areas_but_not_through_moves(opened):
    def title() -> str:
        return opened.find_element(By.ID, "pair-title").text

    first = title()
    opened.find_element(By.ID, "next").click()
    one = settled(opened)
    card = opened.find_element(By.ID, "details-title").text
    opened.execute_script("geoplan.page.map.panBy([40, 40], { animate: false })")
    moved = settled(opened)
    assert moved != one
    opened.find_element(By.ID, "swap").click()
    assert "area=" not in settled(opened)
    assert title() != first
    opened.back()
    assert settled(opened) == moved
    assert (title(), opened.find_element(By.ID, "details-title").text) == (first, card)
    opened.back()
    assert settled(opened) == ""
    assert opened.find_element(By.ID, "details").get_attribute("hidden")
    opened.forward()
    assert settled(opened) == moved
    assert opened.find_element(By.ID, "details-title").text == card
    assert opened.get_log("browser") == []


VAIN = {
    "left=nowhere&right=icb_2026": "layer “nowhere”.",
    "left=icb_2026&right=icb_2026": "comparison “icb_2026, icb_2026”.",
    "area=icb_2026:E99": "area “icb_2026:E99”.",
    "authority=constructor&layer=mars": "layer “mars”; authority “constructor”.",
    "postcode=ZZ9": "postcode “ZZ9”.",
    "view=Difference": "view “Difference”.",
    "at=91,400,7": "place on the map “91,400,7”.",
    "at=NaN,1e9,": "place on the map “NaN,1e9,”.",
    "area=<img src=x onerror=window.hacked=1>": "area “<img src=x onerror=window.hacked=1>”.",
    "%E0%A4%A": "“%E0%A4%A”.",
    "nothing&of=ours": "“nothing&of=ours”.",
    f"area={'x' * 400}": f"area “{'x' * 60}…”.",
}


def test_what_a_link_asks_for_in_vain_is_named_and_passed_over(opened):
    lead = "The link asks for what this page does not have, and that was passed over: "
    start = opened.execute_script(STATE)
    for address, named in VAIN.items():
        opened.execute_script("location.hash = arguments[0]", address)
        settled(opened)
        assert said(opened) == lead + named
        assert opened.execute_script(STATE) == start, address
    fresh = reopened(
        opened, opened.current_url.split("#")[0] + "#area=icb_2026:E99&left=connect_to_work&right=icb_2026"
    )
    assert said(fresh) == f"{lead}area “icb_2026:E99”."
    assert fresh.execute_script(STATE) == start
    assert fresh.execute_script("return window.hacked === undefined")
    fresh.find_element(By.ID, "next").click()
    settled(fresh)
    assert said(fresh) == "", "what is done next takes the sentence away"
    assert fresh.get_log("browser") == []


def test_a_place_within_the_page_is_no_link_to_a_view(opened):
    opened.execute_script("document.querySelector('a.skip').click()")
    assert settled(opened) == "#list"
    assert said(opened) == ""


def test_a_page_of_several_views_opens_the_view_of_the_link(browser, tmp_path):
    row = {"action": "move", "layer": "connect_to_work", "authority": "Ceredigion", "to": "South West Wales"}
    scenario = made([("row 2", row)], "mine.csv", title="as told")
    asked = configured(scenario, Configuration.of_layers(["connect_to_work", "lhb"]), chosen=True)
    shown = show(browser, media.whatif_files(whatif(scenario, asked, geometry=True))["map.html"].decode(), tmp_path)
    shown.find_element(By.ID, "view-2").click()
    assert "&view=Difference" in settled(shown)
    before = shown.execute_script(STATE)
    fresh = reopened(browser, shown.current_url)
    assert same(fresh.execute_script(STATE), before)
    assert fresh.find_element(By.ID, "view-2").is_selected()
    by_name = reopened(browser, shown.current_url.split("#")[0] + "#view=Today")
    assert by_name.find_element(By.ID, "view-0").is_selected()
    assert said(by_name) == ""
    heading = by_name.execute_script("return geoplan.picture.svg(geoplan.page.map)")
    assert ">Today: Connect to Work areas (today)" in heading


# ---------------------------------------------------------------------------------------------- for everybody


@pytest.mark.parametrize("size", [(1366, 768), (390, 800)])
def test_the_dialog_is_reached_by_keys_fits_the_screen_and_passes_axe(browser, page, tmp_path, size):
    asked = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", asked)
    try:
        shown = show(browser, page, tmp_path)
        open_dialog(shown)
        assert violations(shown) == []
        reached = []
        for _ in range(9):
            reached.append(
                shown.execute_script("return document.activeElement.textContent || document.activeElement.type")
            )
            shown.switch_to.active_element.send_keys(Keys.TAB)
        for label in ("Picture (PNG)", "Drawing (SVG)", "List (CSV)", "Outlines (GeoJSON)", "Copy link"):
            assert label in reached
        assert shown.execute_script("return document.documentElement.scrollWidth") <= size[0]
        box = shown.find_element(By.ID, "away")
        assert shown.execute_script("return arguments[0].scrollWidth <= arguments[0].clientWidth", box)
        shown.switch_to.active_element.send_keys(Keys.ESCAPE)
        assert shown.execute_script("return document.activeElement.id") == "open-away"
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_scripts_lose_indents_and_comments_and_nothing_else():
    script = '/* Says\n   much. */\n  const a = "/* kept */"; // kept\n    // gone\n  /* gone */\n\tb(a);\n'
    assert lean(script) == 'const a = "/* kept */"; // kept\nb(a);\n'
    for name in webmap._SCRIPTS:
        # A text over several lines would lose its indents too.
        assert all(line.count("`") % 2 == 0 for line in asset(f"{name}.js").split("\n")), name


def test_what_can_be_taken_away_takes_little_room(page):
    added = sum(len(lean(asset(f"{name}.js")).encode()) for name in ("link", "picture", "away"))
    saved = sum(len(asset(f"{name}.js").encode()) - len(lean(asset(f"{name}.js")).encode()) for name in webmap._SCRIPTS)
    assert added < saved + 14_000
    assert json.dumps(page).count("geoplan.away") > 0
