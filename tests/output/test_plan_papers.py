"""The brief and the page of a plan: true to its JSON, sound in a browser, the same twice, with nothing from outside."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import networkx as nx
import pytest
from browsing import show, violations
from hypothesis import given
from hypothesis import strategies as st
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from geoplan.output import media
from geoplan.output.brief import plans
from geoplan.output.picture.multiples import colours_kept
from geoplan.output.picture.patterns import HUES
from geoplan.output.summary.planned.designs import shown
from geoplan.output.tables.designs import designs_json
from geoplan.planning.designing.asked import taken
from geoplan.planning.designing.designs import Designs, plan

LIVERPOOL = {
    "within": ["combined_authority:Liverpool City Region"],
    "clusters": [2, 3],
    "start": "connect_to_work",
    "objectives": {"cut_people": {"layers": ["icb_2026"], "weight": 0.1}, "balance": 1.0},
    "constraints": {"together": [["Wirral", "Liverpool"]]},
    "alternatives": 2,
}
WALES = {
    "within": ["W"],
    "clusters": 4,
    "start": "connect_to_work",
    "objectives": {"cut_people": {"layers": ["lhb"], "weight": 1.0}, "change": 0.1},
    "alternatives": 1,
}
LARGEST_PICTURE, LARGEST_PAGE = 150_000, 1_500_000
MOST_SHEETS = 4
VOID = {"meta", "col", "link", "br", "hr", "img", "input"}


@pytest.fixture(scope="module", params=[LIVERPOOL, WALES], ids=["Liverpool", "Wales"])
def made(request) -> Designs:
    return plan(taken(request.param))


@pytest.fixture(scope="module")
def told(made) -> dict:
    return json.loads(designs_json(made))


@pytest.fixture(scope="module")
def brief(made) -> str:
    return plans.page(made)


@pytest.fixture(scope="module")
def page(made) -> str:
    return media.plan_map(made)


@pytest.fixture
def opened(browser, page, tmp_path):
    return show(browser, page, tmp_path)


class Read(HTMLParser):
    """The rows of a page's tables as text, and its tags; an unbalanced tag is an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open, self.tags, self.rows, self.words = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        # Smaller words below a figure are no part of it.
        if {"td", "th"} & set(self.open) and "span" not in self.open:
            self.rows[-1][-1] += data


def pictures(html: str) -> list[str]:
    return re.findall(r"<figure>.*?</figure>", html, flags=re.DOTALL)


def figures(told: dict, measure: str, key: str = "") -> list[str]:
    every = [told["today"], *(each["measures"] for each in told["alternatives"])]
    return [shown(measure, each[measure][key] if key else each[measure]) for each in every]


def test_the_scoreboard_of_the_brief_is_that_of_the_json(brief, told):
    rows = {row[0].strip(): [cell.strip() for cell in row[1:]] for row in Read(brief).rows}
    (key,) = told["layers"]
    assert rows["People in cut pieces"] == figures(told, "cut_people", key)
    assert rows["Live and work in one area"] == figures(told, "self_containment")
    assert rows["People whose area changes"] == figures(told, "change")
    assert rows["Errors and warnings mended"][1:] == [
        str(sum(each["severity"] != "info" for each in one["findings"]["mended"])) for one in told["alternatives"]
    ]


def test_it_has_no_script_and_asks_nothing_of_the_network(brief, made):
    read = Read(brief)
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in read.tags}
    assert all(not name.startswith("on") for _, attrs in read.tags for name in attrs)
    assert set(re.findall(r"url\(([^)]*)\)", brief)) == {
        "#fill-" + name for name in re.findall(r"#fill-([\w-]+)\)", brief)
    }
    assert plans.page(made) == brief


def test_each_arrangement_has_a_picture_in_one_frame_and_only_what_moves_is_marked(brief, made):
    drawn = pictures(brief)
    assert len(drawn) == 1 + len(made.designs)
    assert max(len(each.encode()) for each in drawn) < LARGEST_PICTURE
    assert len({re.search(r'viewBox="([^"]*)"', each)[1] for each in drawn}) == 1
    assert ['class="moved"' in each for each in drawn] == [False, *(bool(one.moves) for one in made.designs)]
    badges = [sorted(re.findall(r">(\d+)</text>", each)) for each in drawn]
    assert badges == [[], *([str(n) for n in range(1, 1 + min(6, len(one.moves)))] for one in made.designs)]


def test_an_area_keeps_its_colour_between_the_pictures(made):
    codes = made.units.codes
    today = [made.audited.arrangement.assignment.get(code, "") for code in codes]
    every = [today, *([one.assignment[code] for code in codes] for one in made.designs)]
    hues = colours_kept(every, made.units.graph)
    assert set(hues) == {code for each in every for code in each if code}
    for areas in every:
        met = [(areas[one], areas[two]) for one, two in made.units.graph.edges if areas[one] != areas[two]]
        assert all(hues.get(one) != hues.get(two) for one, two in met)


@given(st.lists(st.lists(st.sampled_from(["", *"abcde"]), min_size=12, max_size=12), min_size=1, max_size=4))
def test_neighbours_differ_wherever_there_are_colours_enough(arrangements):
    grid = nx.convert_node_labels_to_integers(nx.grid_2d_graph(3, 4), ordering="sorted")
    hues = colours_kept(arrangements, grid)
    assert set(hues.values()) <= set(HUES)
    for areas in arrangements:
        met = {(areas[one], areas[two]) for one, two in grid.edges if areas[one] and areas[two]}
        assert all(hues[one] != hues[two] for one, two in met if one != two)


def test_constraints_reasons_and_the_answer_stand_in_it(brief, made):
    words = "".join(Read(brief).words)
    assert "Every cluster is connected." in words
    for rule in made.rules:
        assert f"{rule[0].upper()}{rule[1:]}." in words
    for number, one in enumerate(made.designs, start=1):
        assert f"Alternative {number}: {one.name}" in words
        for move in one.moves[:6]:
            assert f"{made.units.names[move.unit]} leaves {move.source} for {move.target}" in words
    assert "alternative 1 (as weighted) has" in words
    assert "modelled" in words


def test_what_is_hostile_stays_text(made):
    first = replace(made.designs[0], name="<script>alert(1)</script>")
    html = plans.page(replace(made, designs=(first, *made.designs[1:]), rules=("<b>no</b>",)))
    assert "script" not in {tag for tag, _ in Read(html).tags}
    assert "&lt;script&gt;alert(1)" in html
    assert "&lt;b&gt;no" in html


def test_the_page_is_light_and_the_same_twice(made, page):
    assert len(page.encode()) < LARGEST_PAGE
    assert media.plan_map(made) == page


def board(browser) -> dict[str, list[str]]:
    rows = browser.find_elements(By.CSS_SELECTOR, "#views-said tbody tr")
    told = ([cell.get_attribute("textContent") for cell in row.find_elements(By.TAG_NAME, "td")] for row in rows)
    return {first: rest for first, *rest in told}


def test_the_page_opens_with_the_first_alternative_and_switches_by_keys(opened, made, told):
    (key,) = told["layers"]
    boxes = opened.find_elements(By.CSS_SELECTOR, "#views input")
    assert [box.is_selected() for box in boxes] == [False, True, *([False] * (len(boxes) - 2))]
    opened.find_element(By.ID, "views-summary").click()
    title = next(held.title for held in made.layers)
    cut = figures(told, "cut_people", key)
    assert board(opened)[f"People in cut pieces: {title}"][:2] == [cut[0], cut[1]]
    moved = "Moved in alternative 1" in opened.find_element(By.ID, "legend").text
    assert moved == bool(made.designs[0].moves)
    reasons = [each.text for each in opened.find_elements(By.CSS_SELECTOR, "#views-said li")]
    assert len(reasons) == len(made.designs[0].moves[:12]) + (len(made.designs[0].moves) > 12)
    boxes[1].send_keys(Keys.ARROW_LEFT)
    assert boxes[0].is_selected()
    assert "today, against" in opened.find_element(By.ID, "pair-title").text
    assert "Moved in" not in opened.find_element(By.ID, "legend").text
    for n, one in enumerate(made.designs, start=1):
        boxes[n - 1].send_keys(Keys.ARROW_RIGHT)
        assert f"alternative {n}, against" in opened.find_element(By.ID, "pair-title").text
        assert board(opened)[f"People in cut pieces: {title}"][1] == cut[n]
        assert ("Moved in" in opened.find_element(By.ID, "legend").text) == bool(one.moves)
    assert opened.get_log("browser") == []


def test_axe_finds_nothing_in_any_view_and_the_tables_hold_the_scoreboard(opened, told):
    opened.find_element(By.ID, "views-summary").click()
    for box in opened.find_elements(By.CSS_SELECTOR, "#views input"):
        box.click()
        assert violations(opened) == []
    opened.find_element(By.ID, "open-tables").click()
    first = opened.find_element(By.CSS_SELECTOR, "#tables table")
    assert first.find_element(By.TAG_NAME, "caption").text == "Scoreboard"
    rows = [
        [cell.text for cell in row.find_elements(By.TAG_NAME, "td")]
        for row in first.find_elements(By.CSS_SELECTOR, "tbody tr")
    ]
    assert ["Live and work in one area", *figures(told, "self_containment")] in rows
    assert violations(opened) == []


def test_axe_finds_nothing_in_the_brief_and_it_prints_on_few_pages(browser, brief, tmp_path):
    file, paper = tmp_path / "brief.html", tmp_path / "brief.pdf"
    file.write_text(brief, encoding="utf-8")
    browser.get(file.as_uri())
    assert violations(browser) == []
    told = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
    paper.write_bytes(base64.b64decode(told["data"]))
    facts = subprocess.run(["pdfinfo", paper], check=True, capture_output=True, text=True).stdout
    assert 1 <= int(re.search(r"Pages: +(\d+)", facts)[1]) <= MOST_SHEETS
    assert "A4" in facts
