"""The page's map in a real browser: names, letters and numbers, the closer look, the frame, flows with their ways."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browsing import show, violations
from selenium import webdriver

from geoplan.auditing import audit
from geoplan.data import atlas
from geoplan.output.page import webmap

BOXES = """
const stage = document.getElementById('stage').getBoundingClientRect();
const texts = '#stage :is(.name, .letter) > div, #stage .badge:not(.current), .leaflet-control';
const above = ['inset', 'letters', 'details', 'fold'].map((id) => document.getElementById(id));
return [...document.querySelectorAll(texts), ...above].filter((one) => one.offsetWidth).map((one) => {
  const box = one.getBoundingClientRect();
  return { text: one.textContent, left: box.left - stage.left, top: box.top - stage.top, right: box.right - stage.left,
    bottom: box.bottom - stage.top, wide: stage.width, high: stage.height, badge: one.classList.contains('badge') };
});
"""
HAIR = 2.5
"""Pixels by which the line a text stands in may overlap another: fonts differ a little from what is reckoned."""


@pytest.fixture(scope="module")
def national() -> Any:
    return audit.run(geometry=True)


def sized(browser: webdriver.Chrome, wide: int, high: int) -> None:
    metrics = {"width": wide, "height": high, "deviceScaleFactor": 1, "mobile": wide < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


@pytest.fixture(scope="module")
def opened(
    browser: webdriver.Chrome, national: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[webdriver.Chrome]:
    sized(browser, 1366, 768)
    yield show(browser, webmap.page(national), tmp_path_factory.mktemp("national"))
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def meet(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if one["badge"] and other["badge"]:
        return math.dist((one["left"], one["top"]), (other["left"], other["top"])) < one["right"] - one["left"]
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return across > HAIR and down > HAIR


def inside(box: dict[str, Any]) -> bool:
    return box["left"] >= 0 and box["top"] >= 0 and box["right"] <= box["wide"] and box["bottom"] <= box["high"]


def collisions(browser: webdriver.Chrome) -> list[tuple[str, str]]:
    """Return the texts on the map that hide one another, or that the edge of the map cuts off."""
    boxes = browser.execute_script(BOXES)
    pairs = [(a["text"], b["text"]) for i, a in enumerate(boxes) for b in boxes[i + 1 :] if meet(a, b)]
    on_stage = [box for box in boxes if not box["badge"] and box["top"] < box["high"]]
    edges = [(box["text"], "edge") for box in on_stage if not inside(box)]
    return [*pairs, *edges]


def names(browser: webdriver.Chrome, kind: str) -> list[str]:
    return browser.execute_script(
        "return [...document.querySelectorAll('#stage ' + arguments[0])].map((one) => one.textContent)", kind
    )


@pytest.mark.parametrize("zoom", [5.5, 7, 10])
def test_no_text_hides_another_or_is_cut_off(opened, zoom):
    opened.execute_script("geoplan.page.reset(); geoplan.page.map.setZoom(arguments[0], {animate: false})", zoom)
    assert collisions(opened) == []


def test_every_area_of_the_first_view_is_named_numbered_or_has_a_letter_with_a_key(opened):
    opened.execute_script("geoplan.page.reset()")
    state = opened.execute_script(
        "const { drawing, pair } = geoplan.page;"
        "return [pair.left.areas.filter((a) => pair.kinds[a.i] !== 'outside').map((a) => a.name),"
        "  [...drawing.names.numbered].map((a) => a.name), [...drawing.inset.told].map((a) => a.name),"
        "  [...document.querySelectorAll('#letters li')].map((li) => li.lastChild.textContent)]"
    )
    areas, numbered, closer, lettered = map(set, state)
    named = {" ".join(name.split()) for name in names(opened, ".name")}
    assert areas - numbered - closer - lettered - named == set()
    assert names(opened, ".letter") == sorted(names(opened, ".letter"))
    assert len(names(opened, ".letter")) == len(lettered)


def test_neighbours_outside_the_comparison_stand_in_grey(opened):
    opened.execute_script("geoplan.page.reset()")
    grey = {name.strip() for name in names(opened, ".name.grey")}
    assert {"Scotland", "Northern Ireland"} <= grey


def test_london_is_drawn_closer_in_a_corner_until_one_zooms_in(opened):
    opened.execute_script("geoplan.page.reset()")
    box = opened.find_element("id", "inset")
    assert box.is_displayed()
    assert "London" in box.text
    told = opened.execute_script("return [...geoplan.page.drawing.inset.told].map((a) => a.name)")
    assert {"Central London Forward", "Local London"} <= set(told)
    fills = opened.execute_script(
        "return [...document.querySelectorAll('#inset path')].map((p) => p.getAttribute('fill'))"
    )
    assert "url(#fill-overlap)" in fills
    box.click()
    assert not box.is_displayed()
    assert "London" in " ".join(names(opened, ".name"))


def test_the_way_back_leads_to_the_first_view(opened):
    opened.execute_script("geoplan.page.reset()")
    view = "const m = geoplan.page.map; return [m.getZoom(), m.getCenter().lat, m.getCenter().lng]"
    first = opened.execute_script(view)
    opened.execute_script("geoplan.page.step(1)")
    assert opened.execute_script(view) != first
    opened.find_element("id", "reset").click()
    assert opened.execute_script(view) == pytest.approx(first, abs=0.01)
    assert not opened.find_element("id", "details").is_displayed()


def test_the_first_view_is_filled_by_what_the_pair_concerns(opened):
    opened.execute_script("geoplan.page.reset()")
    spare = opened.execute_script(
        "const { map, pair, drawing } = geoplan.page;"
        "const areas = pair.left.areas.filter((a) => pair.kinds[a.i] !== 'outside');"
        "const all = geoplan.shapes.bounds(...areas.map((a) => drawing.areaShape(a)));"
        "return [map.getBounds().contains(all), map.getBoundsZoom(all) - map.getZoom()]"
    )
    assert spare[0]
    assert spare[1] <= 0.5


def test_areas_drawn_from_shared_arcs_are_those_of_topojson(opened):
    """Sizes on the map, box and the point for a label, beside what is taken away as GeoJSON."""
    told = opened.execute_script(
        "const { data, drawing } = geoplan.page;"
        "const turn = (ring) => ring.reduce((sum, a, i) => { const b = ring[(i + 1) % ring.length];"
        " return sum + a.x * b.y - b.x * a.y; }, 0);"
        "const flat = ([lng, lat]) => L.CRS.EPSG3857.latLngToPoint(L.latLng(lat, lng), 0);"
        "return data.layers.flatMap((layer) => layer.areas).filter((area) => drawing.areaShape(area)).map((area) => {"
        " const shape = drawing.areaShape(area); const polygons = geoplan.shapes.polygons(data.topology, area);"
        " const rings = polygons.flat(); const { turns } = data.topology;"
        " const sizes = shape.chains.map((chain) => Math.abs(chain.reduce("
        "  (sum, arc) => sum + (arc < 0 ? -turns[~arc] : turns[arc]), 0)));"
        " const sum = (list) => list.reduce((a, b) => a + b, 0);"
        " const box = L.latLngBounds(rings.flat().map(([lng, lat]) => [lat, lng]));"
        " const label = L.CRS.EPSG3857.latLngToPoint(geoplan.shapes.labelPoint(shape), 0);"
        " return [sum(sizes), sum(rings.map((ring) => Math.abs(turn(ring.map(flat))))),"
        "  geoplan.shapes.bounds(shape).equals(box, 1e-9), shape.holds(label)]; })"
    )
    assert len(told) > 800
    assert all(drawn == pytest.approx(taken, rel=1e-6) for drawn, taken, _, _ in told)
    assert all(box and label for _, _, box, label in told)


def test_the_map_draws_no_more_than_it_shows_and_all_of_that(opened):
    """Close up, what lies out of sight is left out of lines and straight in ground; a move brings it back."""
    drawn = (
        "return [...document.querySelectorAll('.leaflet-lines-pane path, .leaflet-land-pane path')]"
        ".reduce((sum, path) => sum + path.getAttribute('d').length, 0)"
    )
    opened.execute_script("geoplan.page.map.setView([51.5, -0.1], 11, {animate: false})")
    close = opened.execute_script(drawn)
    opened.execute_script("geoplan.page.map.setView([54.5, -3], 11, {animate: false})")
    moved = opened.execute_script(drawn)
    under = opened.execute_script(
        "const { left, top, width, height } = document.getElementById('stage').getBoundingClientRect();"
        "return document.elementsFromPoint(left + width / 2, top + height / 2).some((one) => one.tagName === 'path')"
    )
    opened.execute_script("geoplan.page.reset()")
    whole = opened.execute_script(
        "const shape = geoplan.page.drawing.made.get('land');"
        "return shape.arcs.at(11).path(shape, L.point(0, 0), L.bounds([0, 0], [1e9, 1e9])).length"
    )
    assert under, "there is ground in the middle of the map"
    assert 0 < 2 * close < whole
    assert moved != close


def test_zoom_is_bounded_and_a_scale_stands_on_the_map(opened):
    opened.execute_script("geoplan.page.map.setZoom(19, {animate: false})")
    assert opened.execute_script("return geoplan.page.map.getZoom()") == 12
    opened.execute_script("geoplan.page.map.setZoom(0, {animate: false})")
    assert opened.execute_script("return geoplan.page.map.getZoom()") > 3
    opened.execute_script("geoplan.page.reset()")
    units = [line.text.split()[-1] for line in opened.find_elements("css selector", ".leaflet-control-scale-line")]
    assert units == ["km", "mi"]


def test_patterns_stay_calm_when_zoomed(opened):
    gap = (
        "const p = document.getElementById('fill-overlap'); const ink = p.querySelector('[stroke-width]');"
        "const wider = Number(p.getAttribute('patternTransform').match(/scale[(]([0-9.]+)[)]$/)[1]);"
        "return [wider, wider * ink.getAttribute('stroke-width')]"
    )
    opened.execute_script("geoplan.page.reset()")
    [far, thick] = opened.execute_script(gap)
    opened.execute_script("geoplan.page.map.setZoom(11, {animate: false})")
    [near, then] = opened.execute_script(gap)
    assert (far, near) == (1, pytest.approx(2.2))
    assert then == pytest.approx(thick, abs=0.05)


def test_a_clicked_area_has_no_rectangle_around_it(opened):
    outline = opened.execute_script(
        "const path = document.querySelector('.leaflet-shade-pane path'); path.focus();"
        "return getComputedStyle(path).outlineStyle"
    )
    assert outline == "none"


def test_the_land_under_the_pointer_is_told(opened):
    opened.execute_script("geoplan.page.reset()")
    point = opened.execute_script(
        "const m = geoplan.page.map; const b = m.getContainer().getBoundingClientRect();"
        "const p = m.latLngToContainerPoint([54.62, -7.1]); return [b.left + p.x, b.top + p.y]"
    )
    action = webdriver.ActionChains(opened)
    action.w3c_actions.pointer_action.move_to_location(int(point[0]), int(point[1]))
    action.w3c_actions.pointer_action.click()
    action.perform()
    assert opened.find_element("css selector", "#details h2").text in {"Mid Ulster", "Fermanagh and Omagh"}


def test_towns_water_and_relief_are_there_without_a_request(opened):
    opened.execute_script("geoplan.page.reset()")
    assert names(opened, ".name.town")
    assert opened.find_elements("css selector", ".leaflet-water-pane path")
    assert opened.execute_script("return document.querySelector('.leaflet-relief-pane canvas').width") > 200
    assert "shadedrelief.com" in opened.find_element("tag name", "footer").text


def test_names_stand_clear_of_lines_and_two_letters_on_one_line_of_the_key(opened):
    opened.execute_script("geoplan.page.reset()")
    halo = opened.execute_script("return getComputedStyle(document.querySelector('#stage .name.grey')).textShadow")
    assert sum(f"{x}px {y}px 0px" in halo for x in (-1, 1) for y in (-1, 1)) == 4, "white on every side of a letter"
    boxes = opened.execute_script(
        "const box = document.querySelector('#letters .letter > div'); const before = box.offsetHeight;"
        "const letter = box.textContent; box.textContent = 'aa'; const after = box.getBoundingClientRect();"
        "const fits = box.scrollWidth <= box.clientWidth && box.scrollHeight <= after.height;"
        "box.textContent = letter; return [before, after.height, fits]"
    )
    assert boxes[0] == boxes[1]
    assert boxes[2]


def test_flows_have_arrows_and_numbers_where_there_is_room(opened):
    opened.execute_script("geoplan.page.reset(); geoplan.page.showFlow(geoplan.page.data.flows[0].flows[0])")
    flow = opened.execute_script(
        "const f = geoplan.page.data.flows[0].flows[0];"
        "return [geoplan.number(f.there), geoplan.number(f.back), f.there > f.back]"
    )
    assert flow[0 if flow[2] else 1] in names(opened, ".name.flow")
    assert opened.find_elements("css selector", ".leaflet-flows-pane .arrow polygon")
    assert "the way of the arrow" in opened.find_element("id", "legend").text
    assert collisions(opened) == []
    opened.execute_script(
        "[...geoplan.page.on.flow].forEach((set) => geoplan.page.toggle('flow', set, false)); geoplan.page.reset()"
    )


def test_an_asked_area_and_its_partners_are_always_named(browser: webdriver.Chrome, national: Any, tmp_path: Path):
    layer = national.layers["connect_to_work"]
    blocks = frozenset(layer.parts.loc[layer.parts["code"] == "ctw-central-london", "block"])
    focus = atlas.Focus("connect_to_work", "ctw-central-london", "Central London Forward", blocks)
    shown = show(browser, webmap.page(replace(national, focus=focus)), tmp_path)
    told = {" ".join(name.split()) for name in names(shown, ".name")}
    partners = {"West and North London", "North East London", "South East London", "South West London"}
    assert {"Central London Forward", *partners} <= told
    assert collisions(shown) == []
    assert violations(shown) == []


STATES = {
    "another pair": "geoplan.page.choosePair(geoplan.page.data.pairs[1])",
    "an area's card": "geoplan.page.choosePair(geoplan.page.data.pairs[0]); geoplan.page.step(1)",
    "flows beside the closer look": (
        "geoplan.page.reset(); geoplan.page.data.flows.forEach((set) => geoplan.page.toggle('flow', set, true))"
    ),
    "flows without it": "geoplan.page.map.setZoom(9, { animate: false })",
    "take away": "geoplan.page.reset(); document.getElementById('open-away').click()",
}


@pytest.mark.parametrize("size", [(390, 844), (1920, 1080)])
def test_nothing_overlaps_on_a_phone_or_a_large_screen(browser: webdriver.Chrome, national: Any, tmp_path: Path, size):
    sized(browser, *size)
    try:
        shown = show(browser, webmap.page(national), tmp_path)
        assert collisions(shown) == []
        assert shown.find_element("id", "inset").is_displayed() == (size[0] > 500)
        assert violations(shown) == []
        # What only a phone moves is seen on the phone; flows meet the closer look only on a large screen.
        for state in STATES if size[0] < 500 else ["flows beside the closer look", "take away"]:
            shown.execute_script(STATES[state])
            assert violations(shown) == [], state
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
