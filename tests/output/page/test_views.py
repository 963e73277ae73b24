"""The map of changes: it switches between today, the areas as changed and the difference."""

from __future__ import annotations

import json
import re

import pytest
from browsing import show, violations
from selenium.webdriver.common.by import By

from geoplan.auditing.results import Configuration
from geoplan.data.scenarios.reading import made
from geoplan.output import media
from geoplan.output.page.switching import NAMES
from geoplan.planning.scenarios.whatif import Outcome, configured, whatif


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    row = {"action": "move", "layer": "connect_to_work", "authority": "Ceredigion", "to": "South West Wales"}
    scenario = made([("row 2", row)], "<b>mine</b>.csv", title="as <b>told</b>")
    asked = configured(scenario, Configuration.of_layers(["connect_to_work", "lhb"]), chosen=True)
    return whatif(scenario, asked, geometry=True)


@pytest.fixture(scope="module")
def page(outcome: Outcome) -> str:
    return media.whatif_files(outcome)["map.html"].decode()


@pytest.fixture
def opened(browser, page, tmp_path):
    return show(browser, page, tmp_path)


def title(browser):
    return browser.find_element(By.ID, "pair-title").text


def choose(browser, view):
    browser.find_element(By.ID, f"view-{NAMES.index(view)}").click()


def checked(browser):
    return [browser.find_element(By.ID, f"view-{n}").is_selected() for n in range(len(NAMES))]


def cut(browser):
    return [each.text for each in browser.find_elements(By.CSS_SELECTOR, "#mismatches .what")]


def test_each_view_is_a_comparison_of_its_own(page):
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, flags=re.DOTALL)
    told = json.loads(data)
    keys = [(told["layers"][pair["left"]]["key"], told["layers"][pair["right"]]["key"]) for pair in told["pairs"]]
    for today, changed, difference in told["views"]["sets"]:
        assert {key.removesuffix("@today") for key in keys[today]} == set(keys[changed])
        assert {key.removesuffix("@today") for key in keys[difference]} == {"connect_to_work"}
    (moved,) = [place for place in told["places"] if place["kind"] == "moved"]
    assert [told["blocks"][block]["lad"] for block in moved["blocks"]] == ["W06000008"]
    assert moved["note"] == "Ceredigion"


def test_it_opens_with_the_areas_as_changed_and_switches(opened):
    assert title(opened) == "Connect to Work areas (as changed), against Local health boards (Wales)"
    assert checked(opened) == [False, True, False]
    assert cut(opened) == []
    view = opened.execute_script("return geoplan.page.map.getBounds().toBBoxString()")
    choose(opened, "Today")
    assert title(opened) == "Connect to Work areas (today), against Local health boards (Wales)"
    assert len(cut(opened)) == 2
    choose(opened, "Difference")
    assert title(opened) == "Connect to Work areas (today), against Connect to Work areas (as changed)"
    assert "72,600 people would be in another area" in opened.find_element(By.ID, "answer").text
    assert "Moved by the changes" in opened.find_element(By.ID, "legend").text
    choose(opened, "As changed")
    assert "Moved by the changes" not in opened.find_element(By.ID, "legend").text
    assert opened.execute_script("return geoplan.page.map.getBounds().toBBoxString()") == view


def test_the_other_side_of_a_comparison_keeps_its_views(opened):
    opened.find_element(By.ID, "swap").click()
    assert checked(opened) == [False, True, False]
    choose(opened, "Today")
    assert title(opened) == "Local health boards (Wales), against Connect to Work areas (today)"


def test_views_are_reached_by_keys_and_axe_finds_nothing(opened):
    for view in NAMES:
        choose(opened, view)
        assert violations(opened) == [], view
    opened.execute_script("document.getElementById('view-2').focus()")
    assert opened.execute_script("return document.activeElement.name") == "view"
    assert opened.find_element(By.CSS_SELECTOR, "h1").text == "What if: Connect to Work areas, as <b>told</b>"
    assert opened.get_log("browser") == []


def test_changes_that_come_to_nothing_have_no_views(outcome):
    row = {"action": "move", "layer": "connect_to_work", "authority": "Ceredigion", "to": "Mid Wales"}
    scenario = made([("row 2", row)], "mine.csv", title="as told")
    asked = configured(scenario, Configuration.of_layers(["connect_to_work", "lhb"]), chosen=True)
    files = media.whatif_files(whatif(scenario, asked, geometry=True))
    assert '"views":' not in files["map.html"].decode()
    assert b"What if" not in files["brief.html"]
    assert outcome.scenario.name not in files["brief.html"].decode()
