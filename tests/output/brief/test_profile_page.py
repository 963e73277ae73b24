"""An area's own page: sound, the same in every brief about the area, readable on any screen, two sheets on paper."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html import unescape

import pytest
from browsing import violations

from geoplan.auditing.profiles.profile import profile
from geoplan.commuting.atlas import Atlas
from geoplan.output.brief import profile as paper
from geoplan.output.picture.side_by_side import SAME, geography_maps
from geoplan.output.summary.profiled.headline import figures, verdict
from geoplan.output.summary.profiled.holder_words import held_sentences, holder_rows
from geoplan.output.summary.profiled.partner_rows import cut_rows, partner_rows
from geoplan.output.summary.profiled.table_seats import seat_lines
from geoplan.schema import wording

AREAS = {
    "suffolk": "utla:Suffolk",
    "manchester": "combined_authority:Greater Manchester",
    "wales": "connect_to_work:South East Wales",
    "london": "connect_to_work:Central London Forward",
    "part": "connecting_communities:Cannock North",
}
SHEETS = {"london": 3}
"""Sheets of paper where more than two are needed: eleven bodies share the ground of central London."""


@pytest.fixture(scope="module")
def atlas():
    return Atlas()


@pytest.fixture(scope="module")
def found(atlas):
    return {name: profile(area, atlas=atlas) for name, area in AREAS.items()}


@pytest.fixture(scope="module")
def blocks(atlas):
    return atlas.drawn.blocks


@pytest.fixture(scope="module")
def pages(found, blocks):
    return {name: paper.page(each, blocks) for name, each in found.items()}


def plain(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.partition("<body>")[2])).split())


def test_a_page_says_all_that_the_profile_tells(found, pages):
    for name, each in found.items():
        text = plain(pages[name])
        for sentence in (*verdict(each), *held_sentences(each.held, each.focus.name)):
            assert " ".join(sentence.split()) in text, (name, sentence)
        for figure in figures(each):
            assert f"{figure.label} {figure.value} {figure.note}" in text, (name, figure)
        for row in partner_rows(each):
            assert f"{row.area} {row.relation} {row.share} {row.people}" in text, (name, row)
        for row in holder_rows(each.held):
            assert f"{row.body} {row.ground or '–'} {row.share}" in text, (name, row)
        for who, why in seat_lines(each):
            assert f"{who} : {why}." in text, (name, who)


def test_nothing_is_asked_of_the_network_and_only_sources_are_linked(pages):
    for html in pages.values():
        assert "default-src 'none'" in html
        assert not re.search(r"<(script|link|iframe|object|img|form)\b", html)
        assert not re.search(r'\b(src|srcset|xlink:href|on\w+)="', html)
        links = re.findall(r'href="([^"]+)"', html)
        assert links
        assert all(link.startswith("https://") for link in links)
        assert not re.search(r"/(work|home|tmp|root)/", html)


def test_the_same_profile_gives_the_same_bytes(found, blocks, pages):
    assert paper.page(found["suffolk"], blocks) == pages["suffolk"]


def test_names_stay_text(found, blocks):
    hostile = "<script>alert(1)</script>{{ 7*7 }}"
    each = found["suffolk"]
    html = paper.page(replace(each, focus=replace(each.focus, name=hostile)), blocks)
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in html


def test_what_cuts_is_told_part_by_part(found):
    told = dict(cut_rows(found["london"]))
    assert set(told) == {each.title for each in found["london"].cuts}
    assert told["Police force areas"] == "2,928,000 people in Metropolitan Police"
    assert cut_rows(found["suffolk"]) == []


def test_every_geography_in_force_has_a_map_those_that_cut_first(found, blocks):
    for name, each in found.items():
        maps = geography_maps(each, blocks)
        said = " ".join(f"{one.title} {one.caption} {one.described}" for one in maps)
        working = each.partners[each.partners["status"] == "in force"]
        assert all(title in said for title in working["title"]), name
        for one in maps:
            assert one.own.startswith("M"), (name, one.title)
            assert one.partners, (name, one.title)
    london = geography_maps(found["london"], blocks)
    assert [one.title for one in london[:3]] == [cut.title for cut in found["london"].cuts]
    assert [label.lines for label in london[0].badges] == [("1",), ("2",), ("3",), ("4",)]
    manchester = geography_maps(found["manchester"], blocks)
    assert manchester[-1].title == f"9 geographies: {SAME}"
    assert manchester[-1].agrees
    assert geography_maps(found["part"], blocks)[0].part
    assert geography_maps(found["suffolk"], blocks.drop(columns="geometry")) == ()


def test_a_part_of_unknown_size_is_never_given_people(pages):
    text = plain(pages["part"])
    assert f"People {wording.NOT_ASSESSED}" in text
    assert "somewhere in" in text
    assert not re.search(r"\bnan\b|None", text)


# ------------------------------------------------------------------------------------------- in the browser


def opened(browser, html, folder):
    file = folder / "profile.html"
    file.write_text(html, encoding="utf-8")
    browser.get(file.as_uri())
    return browser


@pytest.mark.parametrize("name", ["suffolk", "london"])
def test_axe_finds_nothing_serious(browser, pages, tmp_path, name):
    assert violations(opened(browser, pages[name], tmp_path)) == []


@pytest.mark.parametrize("width", [390, 320, 1366])
def test_nothing_is_wider_than_the_screen(browser, pages, tmp_path, width):
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        for name, html in pages.items():
            shown = opened(browser, html, tmp_path)
            assert shown.execute_script("return document.documentElement.scrollWidth") <= width, name
            assert width != 390 or violations(shown) == [], name
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_first_screen_has_verdict_and_figures(browser, pages, tmp_path):
    size = {"width": 1366, "height": 768, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        for name, html in pages.items():
            shown = opened(browser, html, tmp_path)
            find = "return document.querySelector(arguments[0]).getBoundingClientRect()[arguments[1]]"
            assert shown.execute_script(find, ".figures", "bottom") < 768, name
            assert shown.execute_script(find, ".grounds", "top") < 768, name
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("name", AREAS)
def test_a_page_prints_on_two_sheets(browser, pages, tmp_path, name):
    made = opened(browser, pages[name], tmp_path).execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    sheets = len(re.findall(rb"/Type\s*/Page\b(?!s)", base64.b64decode(made["data"])))
    assert 0 < sheets <= SHEETS.get(name, 2)
