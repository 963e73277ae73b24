"""The index of a batch: the figures of every area, a map that opens them, a table put in order by any column."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from browsing import show, violations
from selenium.webdriver.common.keys import Keys
from toy_audit import result_of

from geoplan.auditing.batch import AREA_FILES, Area, Batch
from geoplan.auditing.profiles.area_figures import area_figures
from geoplan.data.focus import Focus
from geoplan.output.index import map_parts, webpage

NEAR = {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}, "w": {"W1": 1}}
FAR = {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}}
WHOLE = ["audit.json", "findings.csv"]


@pytest.fixture
def result(block_layer, blocks):
    return result_of(blocks, (block_layer("near", NEAR), block_layer("far", FAR, extent="E")))


def told(result, code, **changed):
    """Tell an area of the toy layer as a batch does."""
    held = frozenset(NEAR[code])
    focus = Focus("near", code, f"Area {code}", held)
    figures = area_figures(replace(result, focus=focus), focus) | changed
    counts = {"error": 0, "warning": int(code == "b"), "info": 2}
    files = dict.fromkeys(AREA_FILES, b"")
    return Area(f"near:{code}", f"near-{code}", focus.name, "Layer near", counts, files, ground=f"near:{code}",
                figures=figures, blocks=tuple(sorted(held)))  # fmt: skip


@pytest.fixture
def batch(result):
    needs = {"a": (10.0, 0.09), "b": (90.0, 0.2), "c": (None, None)}
    areas = [told(result, code, out_of_work=count, out_of_work_rate=rate) for code, (count, rate) in needs.items()]
    lost = Area("Atlantis", "", "Atlantis", "", {}, {}, "There is no area called 'Atlantis'.")
    return Batch(result, None, (*areas[:1], lost, *areas[1:]))


@pytest.fixture
def page(batch):
    return webpage.index_page(batch, WHOLE)


@pytest.fixture
def shown(browser, page, tmp_path):
    return show(browser, page, tmp_path)


def test_figures_are_those_of_the_overlay(result):
    # b is E2 and E3: z is E2, whole inside it, and y holds only E3 of it: 400 people of 700.
    figures = told(result, "b").figures
    assert {name: figures[name] for name in ("size", "cut_by", "compared", "cut", "cut_most")} == {
        "size": 700, "cut_by": 1, "compared": 1, "cut": 400, "cut_most": "Layer far",
    }  # fmt: skip
    assert told(result, "a").figures["cut"] == 0
    assert told(result, "w").figures["compared"] == 0


def test_need_is_a_sum_of_blocks_and_nothing_where_one_is_not_counted(result, blocks):
    counted = blocks.assign(out_of_work=[10.0, 20, 30, 40, None, None], residents_16_64_2021=[100.0] * 6)
    result = replace(result, blocks=counted)
    focus = Focus("elsewhere", "e", "E", frozenset({"E1.a", "E2"}), in_part=(("E2", 0.5),))
    figures = area_figures(replace(result, focus=focus), focus)
    assert figures["out_of_work"] == counted.at["E1.a", "out_of_work"] + counted.at["E2", "out_of_work"] / 2
    assert figures["out_of_work_rate"] == pytest.approx(figures["out_of_work"] / 150)
    assert figures["size"] == blocks.at["E1.a", "people"] + blocks.at["E2", "people"] / 2
    focus = Focus("elsewhere", "e", "E", frozenset({"E1.a", "W1"}))
    assert area_figures(replace(result, focus=focus), focus)["out_of_work"] is None


def test_the_same_batch_gives_the_same_page_and_it_asks_nobody(batch, page):
    assert webpage.index_page(batch, WHOLE) == page
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)
    assert "default-src 'none'; script-src 'sha256-" in html.unescape(page)


def test_names_are_text(batch):
    hostile = replace(batch.areas[0], name="<script>alert(1)</script>", layer='"><b>')
    page = webpage.index_page(replace(batch, areas=(hostile,)), WHOLE)
    assert "<script>alert" not in page
    assert "<b>" not in page


def test_the_map_draws_what_has_an_outline_and_the_largest_first(result, batch):
    drawn = map_parts.area_map(result, batch.areas)
    assert [one.number for one in drawn.areas] == [1, 3, 4]
    assert all(one.path.startswith("M") for one in drawn.areas)
    places = [(one.x, one.y) for one in drawn.areas]
    assert len(set(places)) == 3
    bare = replace(result, blocks=result.blocks.drop(columns="geometry"), layers={})
    assert map_parts.area_map(bare, batch.areas) is None


def test_an_area_of_a_layer_that_is_not_audited_is_drawn_by_its_blocks(result):
    area = replace(told(result, "b"), ground="lad:E9")
    assert map_parts.area_map(result, [area]).areas[0].path


def test_without_outlines_there_is_a_table_and_no_map(result, batch):
    bare = replace(result, blocks=result.blocks.drop(columns="geometry"), layers={})
    page = webpage.index_page(replace(batch, result=bare), WHOLE)
    assert "<svg" not in page
    assert "Area b" in page


def column(shown, at):
    return [cell.text for cell in shown.find_elements("css selector", f"#areas tbody tr > :nth-child({at})")]


def press(shown, heading):
    found = shown.find_elements("xpath", f"//thead//button[contains(., '{heading}')]")
    assert len(found) == 1, heading
    found[0].send_keys(Keys.ENTER)
    return found[0].find_element("xpath", "..")


def test_every_column_puts_the_table_in_order_by_key(shown):
    head = press(shown, "People out of work")
    assert head.get_attribute("aria-sort") == "descending"
    # Not assessed stands last, and what could not be told after it.
    assert column(shown, 1) == ["3", "1", "2", "4"] or column(shown, 1) == ["3", "1", "4", "2"]
    assert "People out of work, largest first" in shown.find_element("id", "sorted").text
    press(shown, "People out of work")
    assert head.get_attribute("aria-sort") == "ascending"
    assert column(shown, 1)[:2] == ["1", "3"]
    other = press(shown, "Area")
    assert [head.get_attribute("aria-sort"), other.get_attribute("aria-sort")] == [None, "ascending"]
    assert column(shown, 1)[:3] == ["1", "3", "4"]
    press(shown, "Area")
    assert column(shown, 1)[:3] == ["4", "3", "1"]
    for heading in ("No.", "Geography", "Share of those", "Cut by", "Overlap only", "Errors", "Warnings", "Notes"):
        assert press(shown, heading).get_attribute("aria-sort")


def test_the_map_opens_an_area_by_key_and_marks_its_row(shown, tmp_path):
    for area in ("near-a", "near-b", "near-c"):
        (tmp_path / "areas" / area).mkdir(parents=True)
        (tmp_path / "areas" / area / "brief.html").write_text(f"<title>{area}</title>", encoding="utf-8")
    link = shown.find_element("css selector", '.map a[data-area="3"]')
    assert link.get_attribute("aria-label") == "3 Area b"
    shown.execute_script("arguments[0].focus()", link)
    assert "near" in shown.find_element("css selector", 'tr[data-area="3"]').get_attribute("class")
    link.send_keys(Keys.ENTER)
    assert shown.title == "near-b"


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_axe_finds_nothing_and_no_page_is_wider_than_the_screen(browser, page, tmp_path, width, height):
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        shown = show(browser, page, tmp_path)
        press(shown, "Area")
        assert violations(shown) == []
        assert shown.execute_script("return document.documentElement.scrollWidth") <= width
        assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
