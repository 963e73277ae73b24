"""Figures of the user's own on the page: told to it, coloured, keyed, switched, and quiet where there are none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from browsing import show, violations
from selenium import webdriver
from toy_audit import result_of

from geoplan.auditing import results
from geoplan.output.page import webmap
from geoplan.output.picture.shaded.classes import SHADES
from geoplan.schema.indicators import Indicator, Kind

NEAR = {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}, "w": {"W1": 1}}
FAR = {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}}
UNITS = {"E1": ("E1.a", "E1.b"), "E2": ("E2",), "E3": ("E3",), "C4": ("E4",)}
CLAIMANTS = Indicator("claimants", Kind.COUNT, "people", "own.csv", "DWP", "2015", age=11, units=UNITS)
"""Of authorities, one of them in two blocks; W1 has none."""


@pytest.fixture
def plain(block_layer, blocks) -> results.AuditResult:
    return result_of(blocks, (block_layer("near", NEAR), block_layer("far", FAR, extent="E")))


@pytest.fixture
def figured(block_layer, blocks) -> results.AuditResult:
    """An audit with an indicator: 30 in E1 (10 and 20 in its blocks), 7 in E2, none in E3, 9 in E4."""
    counted = blocks.assign(indicator=[10.0, 20.0, 7.0, 0.0, 9.0, None], indicator_of=blocks["people"])
    layers = [block_layer("near", NEAR), block_layer("far", FAR, extent="E")]
    told = [
        replace(each, areas=each.areas.join(each.parts.join(counted[["indicator", "indicator_of"]], on="block")
                .groupby("code")[["indicator", "indicator_of"]].agg(lambda held: held.sum(skipna=False))))
        for each in layers
    ]  # fmt: skip
    return replace(result_of(counted, tuple(told)), indicator=CLAIMANTS)


def data_of(page: str) -> dict[str, Any]:
    return json.loads(re.findall(r'id="data">(.*?)</script>', page, flags=re.DOTALL)[0])


def test_the_page_is_told_values_by_the_places_they_came_by_with_their_classes(figured):
    told = data_of(webmap.page(figured))["figures"]
    assert told["title"] == "claimants (count; DWP, 2015, 11 years old)"
    assert [unit[:4] for unit in told["units"]] == [
        ["C4", "C4", "9", 2], ["E1", "E1", "30", 3], ["E2", "E2", "7", 1], ["E3", "E3", "0", 0],
    ]  # fmt: skip
    assert [text for _, text in told["classes"]] == ["0: 1", "7: 1", "9: 1", "30: 1"]
    assert [fill for fill, _ in told["classes"]] == list(SHADES[:4])
    assert told["areas"] == [["30", "7", "9", "not assessed"], ["30", "9", "7"]]
    assert told["authorities"] == {"E1": "30", "E2": "7", "E3": "0", "E4": "9"}
    assert not told["shown"]


def test_without_figures_nothing_of_them_is_in_the_page(plain):
    page = webmap.page(plain)
    assert "figures" not in data_of(page)
    assert "no-figure" not in page
    assert "figure pieces" not in page


@pytest.fixture
def opened(browser: webdriver.Chrome, figured, tmp_path) -> Iterator[webdriver.Chrome]:
    return show(browser, webmap.page(figured, outlined=True), tmp_path)


def key(browser: webdriver.Chrome) -> list[str]:
    return [row.text for row in browser.find_elements("css selector", "#legend li")]


def fills(browser: webdriver.Chrome) -> set[str]:
    found = browser.find_elements("css selector", ".leaflet-figures-pane path")
    return {path.get_attribute("fill") for path in found} - {"none"}


def test_ground_is_coloured_keyed_and_switched_off(opened):
    assert fills(opened) == {*SHADES[:4], "url(#fill-no-figure)"}
    assert key(opened)[2:] == [
        "claimants (count; DWP, 2015, 11 years old)",
        "0: 1",
        "7: 1",
        "9: 1",
        "30: 1",
        "no figure",
    ]
    assert violations(opened) == []
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    assert violations(opened) == []
    opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    opened.find_element("id", "figure-0").click()
    assert fills(opened) == set()
    assert "no figure" not in key(opened)
    assert any(row.startswith("cut") for row in key(opened))


def test_an_area_and_an_authority_tell_their_figure_and_whose_it_is(opened):
    opened.execute_script("geoplan.page.show(geoplan.page.data.layers[0].areas[0])")
    card = opened.find_element("id", "details").text
    assert "claimants\n30 (count; DWP, 2015, 11 years old)" in card
    opened.execute_script("geoplan.page.showAuthority('W1')")
    assert "claimants\nno figure (count; DWP, 2015" in opened.find_element("id", "details").text
    assert violations(opened) == []


def test_tables_and_links_have_them_too(opened):
    assert "figures=on" in opened.execute_script("return geoplan.page.link.address()")
    opened.execute_script("document.getElementById('open-tables').click()")
    caption = "claimants (count; DWP, 2015, 11 years old)"
    assert caption in [one.text for one in opened.find_elements("css selector", "#tables caption")]
    assert violations(opened) == []
    opened.execute_script("document.querySelector('dialog[open]').close()")
    opened.execute_script("location.hash = '#left=near&right=far'; geoplan.page.link.reopen()")
    assert fills(opened) == set()


def test_a_link_to_figures_that_a_page_has_not_is_told(browser, plain, tmp_path):
    page = show(browser, webmap.page(plain), tmp_path)
    page.execute_script("location.hash = '#left=near&right=far&figures=on'; geoplan.page.link.reopen()")
    assert "figures “on”" in page.find_element("id", "link-said").text
