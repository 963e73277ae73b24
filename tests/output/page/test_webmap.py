"""The map page: a toy audit of six squares, read as text and opened in a real browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from io import StringIO
from itertools import combinations
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from browsing import show, violations
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.print_page_options import PrintOptions
from selenium.webdriver.support.ui import Select

import geoplan
from geoplan.analysis import artefacts, overlay, relations
from geoplan.auditing import audit, batch, results
from geoplan.auditing.judging import baseline, findings
from geoplan.commuting import containment
from geoplan.commuting.self_containment import Contained
from geoplan.data import atlas
from geoplan.data.shipped import package_data
from geoplan.errors import ConfigurationError
from geoplan.output.brief import brief
from geoplan.output.index import webpage
from geoplan.output.page import webmap
from geoplan.output.page.pairs import _listed, pairs_said
from geoplan.output.page.topology import _letters
from geoplan.schema import SET_ASIDE_COLUMNS, Flows, Layer, Source, Tolerance, Weight, wording
from geoplan.schema.standing import GROUND
from geoplan.schema.wording import INDICATIVE

SIDE = 30_000.0
HOSTILE = (
    "<img src=x onerror=window.hacked=1>",
    "</script><script>window.hacked=1</script>",
    "<!--<script>",
    "`${window.hacked=1}`",
    "{{{ 7*7 }}} {% raw %} {{ data }}",
    "\"'><svg onload=window.hacked=1>&lt;b&gt;\u2028\u2029",
)
LEFT = {"L1": ("B1", "B2"), "L2": ("B3", "B4", "B5"), "L3": ("B6",)}
RIGHT = {"R1": ("B1", "B2", "B3"), "R2": ("B4", "B5"), "R3": ("B6",)}


@pytest.fixture(scope="module")
def blocks() -> gpd.GeoDataFrame:
    """Six squares of 30 km, people 100 to 600 thousand.

    +----+----+----+
    | B4 | B5 | B6 |
    +----+----+----+
    | B1 | B2 | B3 |
    +----+----+----+
    """
    names = [f"B{i}" for i in range(1, 7)]
    corners = [(400_000 + SIDE * (i % 3), 300_000 + SIDE * (i // 3)) for i in range(6)]
    squares = [shapely.box(x, y, x + SIDE, y + SIDE) for x, y in corners]
    people = [100_000.0 * i for i in range(1, 7)]
    return gpd.GeoDataFrame(
        {"lad": names, "people": people, "working_age": people, "postcodes": 10.0, "area_m2": SIDE**2},
        geometry=squares,
        index=pd.Index(names, name="block"),
        crs="EPSG:27700",
    )


def made_of(key: str, blocks: gpd.GeoDataFrame, members: dict[str, tuple[str, ...]], names: tuple[str, ...]) -> Layer:
    """Return a layer that is a union of blocks."""
    parts = pd.DataFrame(
        [(b, code, 1.0) for code, own in members.items() for b in own], columns=["block", "code", "share"]
    )
    weights = ["people", "working_age", "postcodes", "area_m2"]
    totals = parts.join(blocks[weights], on="block").groupby("code")[weights].sum()
    shapes = [shapely.union_all(blocks.loc[list(own), "geometry"].to_numpy()) for own in members.values()]
    areas = gpd.GeoDataFrame(totals, geometry=shapes, crs=blocks.crs)
    areas = areas.assign(name=list(names), confidence="medium", members=[";".join(own) for own in members.values()])
    return Layer(
        key, f"Layer {key}", areas, Source("toy"), parts=parts, exhaustive=True, edition="2026", status="proposed",
        confidence="medium", resolution="indicative: from postcodes",
    )  # fmt: skip


def pair_of(left: Layer, right: Layer, blocks: gpd.GeoDataFrame) -> tuple[results.Pair, list[Any]]:
    tolerance = Tolerance()
    over = artefacts.mark(overlay.overlay(left, right, blocks=blocks), tolerance=tolerance)
    related = relations.relate(over, tolerance=tolerance)
    return results.Pair(over, related, tolerance), findings.from_pair(over, related, tolerance=tolerance)


def toy_audit(blocks: gpd.GeoDataFrame, names: tuple[str, ...] = ("North", "South", "East")) -> results.AuditResult:
    """Return an audit of two layers: L2 is cut, L3 is the same as R3, L1 lies inside R1."""
    left, right = made_of("left", blocks, LEFT, names), made_of("right", blocks, RIGHT, ("One", "Two", "Three"))
    made = [pair_of(left, right, blocks), pair_of(right, left, blocks)]
    return results.AuditResult(
        layers={"left": left, "right": right},
        pairs=tuple(pair for pair, _ in made),
        findings=tuple(finding for _, found in made for finding in found),
        focus=None,
        as_of="2026-04-01",
        parameters={"pairs": [["left", "right"]], "tolerance": {"codes": 0.0, "drawn": 0.005}, "keep_artefacts": False},
        blocks=blocks,
    )


@pytest.fixture(scope="module")
def result(blocks: gpd.GeoDataFrame) -> results.AuditResult:
    return toy_audit(blocks)


@pytest.fixture(scope="module")
def page(result: results.AuditResult) -> str:
    return webmap.page(result)


def payload_of(page: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, flags=re.DOTALL)
    assert len(found) == 1
    return json.loads(found[0])


# ---------------------------------------------------------------------------------------------- as text


def test_page_names_no_outside_address_to_load(page):
    markup = re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.DOTALL)
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", markup)
    assert not re.findall(r"url\((?!#)|@import", "".join(re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)))
    assert "sourceMappingURL" not in page


def test_policy_admits_exactly_the_scripts_and_styles_of_the_page(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1).replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        for text in re.findall(rf"<{tag}>(.*?)</{tag}>", page, flags=re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy
    assert not re.search(r"<[^>]+\sstyle=", re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))


def test_page_says_what_it_is(page):
    assert '<html lang="en-GB">' in page
    assert "<title>Where boundaries do not fit (1 April 2026)</title>" in page
    assert INDICATIVE in page
    assert wording.attribution() in page
    for part in ("Volodymyr Agafonkin", "Michael Bostock", "THIS SOFTWARE IS PROVIDED"):
        assert part in page, "the licences of what is shipped inside the page go with it"


@pytest.fixture(scope="module")
def with_a_gap(blocks: gpd.GeoDataFrame) -> str:
    """The page of an audit with a gap of 100 m in its second finding."""
    made = toy_audit(blocks)
    west, south, _, _ = blocks.total_bounds
    gap = shapely.box(west + 500, south + 500, west + 600, south + 600)
    found = [made.findings[0], replace(made.findings[0], rule="GP201", id="gap", shape=gap), *made.findings[1:]]
    return webmap.page(replace(made, findings=tuple(found)))


def test_ground_of_a_finding_s_own_is_in_the_page_however_small(with_a_gap):
    payload = payload_of(with_a_gap)
    assert [finding.get("ground") for finding in payload["findings"]][:3] == [None, 0, None]
    (geometry,) = payload["topology"]["objects"]["ground"]["geometries"]
    assert geometry["type"] == "Polygon"


def test_same_result_gives_same_bytes(blocks, page):
    assert webmap.page(toy_audit(blocks)) == page


def test_page_holds_no_path_of_the_machine(page):
    assert str(Path(geoplan.__file__).parent) not in page
    assert str(Path.home()) not in page


def test_hostile_names_cannot_end_the_data(blocks):
    page = webmap.page(toy_audit(blocks, names=(HOSTILE[1], HOSTILE[2], HOSTILE[5])))
    assert page.count("<script") == webmap.page(toy_audit(blocks)).count("<script")
    assert [area["name"] for area in payload_of(page)["layers"][0]["areas"]] == [HOSTILE[1], HOSTILE[2], HOSTILE[5]]
    assert "\u2028" not in page


def test_hostile_focus_is_escaped_in_title_and_heading(blocks):
    focus = atlas.Focus("left", "L1", HOSTILE[1], frozenset({"B1"}))
    page = webmap.page(replace(toy_audit(blocks), focus=focus))
    assert "&lt;/script&gt;&lt;script&gt;window.hacked=1" in page
    assert HOSTILE[1] not in page
    assert payload_of(page)["focus"] == {"name": HOSTILE[1], "blocks": [0]}


def test_kinds_rows_and_answer_of_the_pair(page):
    pair = payload_of(page)["pairs"][0]
    assert pair["kinds"] == ["inside", "cut", "same"]
    assert pair["rows"] == [
        [0, 0, 300_000, 1.0, 0.5, 0],
        [1, 1, 900_000, 0.75, 1.0, 0],
        [1, 0, 300_000, 0.25, 0.5, 1],
        [2, 2, 600_000, 1.0, 1.0, 0],
    ]
    assert pair["answer"] == (
        "300,000 people (14% of those compared) live where areas of Layer left and areas of Layer right overlap only "
        "in part."
    )
    assert pair["key"] == [
        ["same", "same boundary: 1"],
        ["inside", "inside one: 1"],
        ["cut", "cut: 1"],
        ["overlap", "where they overlap only in part"],
        ["outside", "outside this comparison"],
    ]
    assert pair["left_out"] == []


def test_ground_in_no_area_is_left_out_where_both_layers_exist(blocks):
    left = replace(made_of("left", blocks, {"L1": ("B1", "B2")}, ("North",)), extent="B")
    for extent, expected in (("", [2, 3, 4, 5]), ("B", [2, 3, 4, 5]), ("E", [])):
        right = replace(made_of("right", blocks, {"R1": tuple(blocks.index)}, ("One",)), extent=extent)
        pair, _ = pair_of(left, right, blocks)
        both = {"left": left, "right": right}
        shown = pairs_said(replace(toy_audit(blocks), layers=both, pairs=(pair,), findings=()))[0]
        assert shown["left_out"] == expected
        assert (("none", "in none") in shown["key"]) is bool(expected)


def test_neighbours_share_their_arcs(page):
    topology = payload_of(page)["topology"]
    used = [abs(a + 0.5) for g in topology["objects"]["blocks"]["geometries"] for ring in g["arcs"] for a in ring]
    # The seven inner borders of six squares belong to two of them each.
    assert sum(used.count(arc) == 2 for arc in set(used)) >= 7


def test_missing_people_are_null_and_artefacts_left_out(blocks):
    result = toy_audit(blocks)
    layer = result.layers["left"]
    areas = layer.areas.assign(people=[float("nan"), 1.5, 2.5])
    page = webmap.page(replace(result, layers={**result.layers, "left": replace(layer, areas=areas)}))
    assert [area["people"] for area in payload_of(page)["layers"][0]["areas"]] == [None, 2, 2]


def test_places_in_no_area_and_in_several(blocks):
    result = toy_audit(blocks)
    layer = result.layers["left"]
    parts = pd.DataFrame({"block": ["B1", "B1", "B2"], "code": ["L1", "L2", "L2"], "share": 1.0})
    page = webmap.page(replace(result, pairs=(), layers={"left": replace(layer, parts=parts)}))
    places = {place["kind"]: place["blocks"] for place in payload_of(page)["places"]}
    assert places == {"none": [2, 3, 4, 5], "twice": [0]}


def busy_audit(blocks: gpd.GeoDataFrame) -> results.AuditResult:
    """Return an audit of authorities against two layers: each is in one area of either, B5 also in a third."""
    own = {name: (name,) for name in blocks.index}
    lad = replace(made_of("lad", blocks, own, tuple(f"Town {name}" for name in own)), status="reference")
    left, right = (
        replace(made_of(key, blocks, members, ("North", "South", "East")), status="in force")
        for key, members in (("left", LEFT), ("right", {"R1": ("B1",), "R2": ("B5", "B6"), "R3": ("B5", "B4")}))
    )
    made = [pair_of(lad, left, blocks), pair_of(lad, right, blocks)]
    layers = {"lad": lad, "left": left, "right": right}
    return replace(toy_audit(blocks), layers=layers, pairs=tuple(pair for pair, _ in made), findings=())


def test_the_busiest_authorities_are_ranked_and_drawn(blocks):
    payload = payload_of(webmap.page(busy_audit(blocks)))
    assert payload["brokers"][0] == ["B5", 3]
    assert {tuple(each) for each in payload["brokers"][1:]} == {("B1", 2), ("B4", 2), ("B6", 2)}
    place = next(place for place in payload["places"] if place["kind"] == "broker")
    assert sorted(place["blocks"]) == [0, 3, 4, 5]
    assert "2 to 3 bodies" in place["note"]


COMMUTERS = {
    ("B1", "B1"): 50_000, ("B1", "B3"): 8_120, ("B1", "Z"): 400, ("B3", "B1"): 12_340, ("B3", "B3"): 30_000,
    ("B3", "B6"): 600.4, ("B5", "B6"): 300, ("B6", "B6"): 20_000,
}  # fmt: skip


def commuting_audit(
    blocks: gpd.GeoDataFrame, names: tuple[str, ...] = ("North", "South", "East"), *, kind: str = "modelled", **toy: Any
) -> results.AuditResult:
    """Return the toy audit with commuting: North and South exchange thousands, East gets 900 from South."""
    result = toy_audit(blocks, names)
    layer = result.layers["left"]
    index = pd.MultiIndex.from_tuples(sorted(COMMUTERS), names=["origin", "destination"])
    table = pd.DataFrame({"workers": [float(COMMUTERS[pair]) for pair in index]}, index=index)
    zones = pd.Index(["B1", "B2", "B3", "B4", "B5", "B6", "Z"])
    flows = Flows(table, zones, pd.DataFrame(columns=list(SET_ASIDE_COLUMNS)), toy.get("source", "toy"), "2011", kind)
    rows = [(block, code, 1.0) for code, own in LEFT.items() for block in own]
    members = pd.DataFrame(rows, columns=["zone", "area", "share"])
    members.loc[members["area"] == toy.get("vague"), "share"] = float("nan")
    found = containment.contain(flows, members, codes=layer.areas.index)
    told = Contained(layer, flows, found, pd.DataFrame(), pd.Series(dtype=str), estimated=False)
    markets = replace(
        made_of("labour_market", blocks, RIGHT, ("One", "Two", "Three")), edition="computed from modelled toys"
    )
    stability = pd.Series({"B1": 0.85, "B2": 1 / 3, "Z": 0.1})
    return replace(
        result, layers={**result.layers, "labour_market": markets}, contained={"left": told}, stability=stability
    )


def test_flows_add_both_ways_and_scores_tell_leaks(blocks):
    payload = payload_of(webmap.page(commuting_audit(blocks)))
    (told,) = payload["flows"]
    assert (told["layer"], told["title"]) == (0, "Commuting between layer left")
    assert told["flows"] == [[1, 0, 12_340, 8_120], [1, 2, 900, 0]]
    assert told["said"] == "Modelled commuting, 2011 totals"
    north, south, east = told["scores"]
    assert north[:4] == [58_520, 62_340, round(50_000 / 58_520, 4), round(50_000 / 62_340, 4)]
    assert north[6] == [[1, 8_120, round(8_120 / 58_520, 4)], [-1, 400, round(400 / 58_520, 4)]]
    assert [row[0] for row in south[6]] == [0, 2]
    assert east[6] == []
    assert "modelled, not counted" in " ".join(payload["about"])


def test_given_flows_name_their_file_and_vague_areas_have_no_scores(blocks):
    payload = payload_of(webmap.page(commuting_audit(blocks, kind="given", source="trips.csv", vague="L3")))
    (told,) = payload["flows"]
    assert told["said"] == "Commuting by trips.csv 2011"
    assert told["scores"][2] is None
    assert told["scores"][0] is not None
    assert "Commuting: trips.csv 2011, as given in that file." in payload["about"]


def test_a_focus_keeps_the_flows_of_its_own_ground(blocks):
    focus = atlas.Focus("right", "R3", "East End", frozenset({"B6"}))
    (told,) = payload_of(webmap.page(replace(commuting_audit(blocks), focus=focus)))["flows"]
    assert told["flows"] == [[1, 2, 900, 0]]
    assert told["note"] == "the largest flow to and from East End"
    elsewhere = replace(focus, blocks=frozenset())
    (told,) = payload_of(webmap.page(replace(commuting_audit(blocks), focus=elsewhere)))["flows"]
    assert told["flows"] == []
    assert told["scores"][0][:2] == [58_520, 62_340]


def test_loosely_tied_authorities_are_places_and_all_have_their_share(blocks):
    payload = payload_of(webmap.page(commuting_audit(blocks)))
    assert payload["stability"] == {"B1": 0.85, "B2": 0.3333}
    place = next(place for place in payload["places"] if place["kind"] == "loose")
    assert place["blocks"] == [1]
    assert "1 authority is" in place["note"]
    assert "computed from modelled toys" in place["note"]


def test_without_commuting_nothing_of_it_is_in_the_page(page):
    payload = payload_of(page)
    assert (payload["flows"], payload["stability"]) == ([], {})
    assert not any("ommuting" in line for line in payload["about"])
    assert not any(place["kind"] == "loose" for place in payload["places"])


def test_without_outlines_it_is_refused(result):
    bare = pd.DataFrame(result.blocks.drop(columns="geometry"))
    with pytest.raises(ConfigurationError, match="geometry=True"):
        webmap.page(replace(result, blocks=bare))


def drawn_audit(blocks: gpd.GeoDataFrame) -> results.AuditResult:
    """Return an audit in which the left layer is a drawing: one area over B1, B2 and the half of B3."""
    x, y = 400_000, 300_000
    shape = shapely.box(x, y, x + 2.5 * SIDE, y + SIDE)
    areas = gpd.GeoDataFrame({"name": ["Drawn"]}, geometry=[shape], index=pd.Index(["D1"], name="code"), crs=blocks.crs)
    areas["area_m2"] = areas.area
    left = Layer("drawn.gpkg", "drawn.gpkg", areas, Source("drawn.gpkg"), resolution_m=20.0)
    right = made_of("right", blocks, {"R1": ("B1",), "R2": ("B2", "B3", "B4", "B5", "B6")}, ("One", "Two"))
    tolerance = Tolerance()
    over = artefacts.mark(overlay.overlay(left, right, blocks=blocks, weight=Weight.AREA), tolerance=tolerance)
    related = relations.relate(over, tolerance=tolerance)
    pair = results.Pair(over, related, tolerance)
    found = findings.from_pair(over, related, tolerance=tolerance)
    return replace(toy_audit(blocks), layers={"drawn.gpkg": left, "right": right}, pairs=(pair,), findings=tuple(found))


def test_drawn_layer_brings_its_own_shape_and_pieces(blocks):
    payload = payload_of(webmap.page(drawn_audit(blocks)))
    objects = payload["topology"]["objects"]
    assert set(objects) == {"blocks", "drawn0", "pieces0"}
    assert payload["pairs"][0]["pieces"] == [[0, 1]]
    assert payload["pairs"][0]["unit"] == "km²"
    assert [row[2] for row in payload["pairs"][0]["rows"]] == [1350.0, 900.0]


@pytest.fixture(scope="module")
def real_result() -> results.AuditResult:
    return audit.run(geometry=True)


@pytest.fixture(scope="module")
def real_page(real_result: results.AuditResult) -> str:
    return webmap.page(real_result)


def test_default_audit_is_small(real_result, real_page):
    result, page = real_result, real_page
    assert len(page.encode()) < 1.5e6
    payload = payload_of(page)
    assert {payload["layers"][told["layer"]]["key"] for told in payload["flows"]} == set(result.contained)
    assert all(0 < len(told["flows"]) <= 60 for told in payload["flows"])
    assert len(payload["blocks"]) == len(payload["topology"]["objects"]["blocks"]["geometries"]) == len(result.blocks)
    assert all(geometry["type"] for geometry in payload["topology"]["objects"]["blocks"]["geometries"])


DISTRICTS = "district,block,postcodes\nLA1,B1,90\nLA1,B2,10\nLA2,B3,7\nLA2,Z,99\nEC1A,B27,5\nLA10,B4,41\nLA10,B5,59\n"


@pytest.fixture
def districts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Postcode districts of the toy country instead of the shipped ones."""
    shipped = package_data.shipped_table
    table = pd.read_csv(StringIO(DISTRICTS), dtype=str)
    monkeypatch.setattr(
        package_data, "shipped_table", lambda name: table if name == "postcode_districts.csv" else shipped(name)
    )


@pytest.mark.usefixtures("districts")
def test_postcode_districts_are_packed_by_area(blocks):
    assert payload_of(webmap.page(toy_audit(blocks)))["postcodes"] == {"LA": "1:A90B10;2:C7;10:D41E59"}
    assert [_letters(number) for number in (0, 25, 26, 700)] == ["A", "Z", "BA", "BAY"]


def test_shipped_postcode_districts_are_compact_and_those_of_the_postcodes(real_page):
    packed = payload_of(real_page)["postcodes"]
    assert len(json.dumps(packed)) < 40_000
    points = package_data.postcode_points("L", columns=("postcode", "block"))
    here = points["postcode"].str.startswith("LA1 ")
    assert packed["LA"].split(";")[0].endswith(str(int(here.sum()))), "all of LA1 is in one block"
    counted = sum(int(count) for count in re.findall(r"[A-Z](\d+)", packed["LA"]))
    assert counted == points["postcode"].str.match(r"LA\d").sum()


def test_no_background_unless_asked_for(blocks, page):
    assert payload_of(page)["tiles"] is False
    assert "openstreetmap" not in page.lower()
    assert "img-src data:;" in page, "pictures that hold all they show, which ask nobody"
    behind = webmap.page(toy_audit(blocks), tiles="osm")
    assert "img-src data: https://tile.openstreetmap.org;" in behind
    assert behind == webmap.page(toy_audit(blocks), tiles="osm")
    assert re.search(r"<footer><p>.*© OpenStreetMap contributors", behind)
    assert "asks https://tile.openstreetmap.org for pictures" in " ".join(payload_of(behind)["about"])
    with pytest.raises(ConfigurationError, match=r"no background 'mars'\. There are osm"):
        webmap.page(toy_audit(blocks), tiles="mars")


# ---------------------------------------------------------------------------------------------- in a browser


@pytest.fixture
def opened(browser: webdriver.Chrome, page: str, tmp_path: Path) -> webdriver.Chrome:
    return show(browser, page, tmp_path)


def text(browser: webdriver.Chrome, selector: str) -> str:
    return browser.find_element(By.CSS_SELECTOR, selector).text


def press(browser: webdriver.Chrome, selector: str, key: str = Keys.ENTER) -> None:
    browser.find_element(By.CSS_SELECTOR, selector).send_keys(key)


def lines(browser: webdriver.Chrome) -> int:
    return len(browser.find_elements(By.CSS_SELECTOR, ".leaflet-lines-pane path"))


def zoom(browser: webdriver.Chrome) -> float:
    return browser.execute_script("return geoplan.page.map.getZoom()")


def zoomed_out(browser: webdriver.Chrome) -> float:
    browser.execute_script("geoplan.page.map.setZoom(6, {animate: false})")
    return zoom(browser)


def test_opens_without_errors_and_asks_nobody(opened):
    assert opened.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
    # The browser's own start page may still be loading in the same log.
    asked = [each["request"]["url"] for each in sent if each["documentURL"].startswith("file:")]
    assert asked
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_the_answer_is_on_the_opening_page(opened):
    assert text(opened, "#answer").startswith("300,000 people (14% of those compared) live where")
    key = text(opened, "#legend").split("\n")
    assert key[-5:] == [
        "same boundary: 1", "inside one: 1", "cut: 1", "where they overlap only in part", "outside this comparison",
    ]  # fmt: skip
    assert [row.text.split("\n")[1] for row in opened.find_elements(By.CSS_SELECTOR, "#mismatches button")] == ["South"]
    fills = {path.get_attribute("fill") for path in opened.find_elements(By.CSS_SELECTOR, ".leaflet-shade-pane path")}
    assert {"url(#fill-overlap)", "url(#fill-cut)"} <= fills


def test_stepping_by_keyboard_zooms_and_tells_shares_and_people(opened):
    before = zoomed_out(opened)
    press(opened, "#next")
    assert opened.switch_to.active_element.get_attribute("id") == "next"
    assert text(opened, "#position") == "1 of 1"
    details = text(opened, "#details")
    for part in ("South", "Two", "900,000", "75%", "One", "300,000", "25%", "read from the area", "What to do"):
        assert part in details
    assert zoom(opened) > before
    assert "Cut area 1 of 1" in opened.find_element(By.ID, "status").get_attribute("textContent")
    press(opened, "body", Keys.ESCAPE)
    assert not opened.find_element(By.ID, "details").is_displayed()


def test_stepping_backwards_starts_at_the_last(opened):
    press(opened, "#swap")
    rows = opened.find_elements(By.CSS_SELECTOR, "#mismatches button")
    press(opened, "#previous")
    assert text(opened, "#position") == f"{len(rows)} of {len(rows)}"


def test_search_finds_by_name_and_code_and_opens_details(opened):
    box = opened.find_element(By.ID, "search")
    box.send_keys("ea")
    assert box.get_attribute("aria-expanded") == "true"
    assert "East" in text(opened, "#hits")
    before = zoomed_out(opened)
    box.send_keys(Keys.ENTER)
    assert text(opened, "#details h2") == "East"
    assert zoom(opened) > before
    box.clear()
    box.send_keys("r2", Keys.ARROW_DOWN, Keys.ENTER)
    assert text(opened, "#details h2") == "Two"
    box.clear()
    box.send_keys("nowhere at all")
    assert text(opened, "#hits") == "Nothing found"


def test_every_layer_and_mismatch_can_be_switched(opened):
    opened.execute_script("document.getElementById('layers').open = true")
    boxes = opened.find_elements(By.CSS_SELECTOR, "#layer-groups input")
    assert [box.get_attribute("id") for box in boxes] == ["layer-0", "layer-1", "pair-0"]
    assert all(box.is_selected() for box in boxes)
    drawn = lines(opened)
    boxes[0].send_keys(Keys.SPACE)
    boxes[1].send_keys(Keys.SPACE)
    assert lines(opened) == drawn - 2
    boxes[2].send_keys(Keys.SPACE)
    assert opened.find_elements(By.CSS_SELECTOR, ".leaflet-shade-pane path") == []
    for box in boxes:
        box.send_keys(Keys.SPACE)
    assert lines(opened) == drawn
    assert opened.find_elements(By.CSS_SELECTOR, ".leaflet-shade-pane path")


def test_what_is_new_since_an_earlier_audit_is_said(browser, result, tmp_path):
    told = replace(result, changes={finding.id: "new" for finding in result.findings})
    shown = show(browser, webmap.page(told), tmp_path)
    assert "new · 2 partners, the largest Two (75%)" in text(shown, "#mismatches")
    press(shown, "#next")
    assert "new since the earlier audit" in text(shown, "#details")


def test_tables_tell_what_the_map_shows(opened):
    press(opened, "#open-tables")
    table = text(opened, "#tables")
    for part in ("South", "cut", "1,200,000", "GP301", "75%", "read from the area"):
        assert part in table
    opened.find_element(By.XPATH, "//dialog//button[.='Show South']").click()
    assert text(opened, "#details h2") == "South"
    assert opened.switch_to.active_element.get_attribute("id") == "details"


def test_busiest_authorities_can_be_listed_switched_and_opened(browser, blocks, tmp_path):
    shown = show(browser, webmap.page(busy_audit(blocks)), tmp_path)
    shown.execute_script("for (const id of ['brokers', 'layers']) document.getElementById(id).open = true")
    boxes = shown.find_elements(By.CSS_SELECTOR, "#layer-groups input[id^=place-]")
    assert len({box.get_attribute("id") for box in boxes}) == len(boxes) >= 3
    drawn = {}
    for box in boxes:
        box.send_keys(Keys.SPACE)
        paths = shown.find_elements(By.CSS_SELECTOR, ".leaflet-places-pane path")
        drawn[box.get_attribute("id")] = [(path.get_attribute("fill"), path.get_attribute("d")) for path in paths]
        box.send_keys(Keys.SPACE)
    # Each switch draws its own ground, in its own pattern.
    assert all(len(paths) == 1 for paths in drawn.values())
    assert len({tuple(paths) for paths in drawn.values()}) == len(boxes)
    first = shown.find_element(By.CSS_SELECTOR, "#brokers-list button")
    assert first.text.split("\n") == ["Town B5", "3 bodies"]
    first.send_keys(Keys.ENTER)
    assert "3 bodies" in text(shown, "#details")
    assert shown.switch_to.active_element.get_attribute("id") == "details"
    press(shown, "#open-tables")
    assert "Town B5" in text(shown, "#tables")


def flow_lines(browser: webdriver.Chrome) -> list[Any]:
    """Return the lines of flows; each also has a white casing and an unseen line that listens."""
    return browser.find_elements(By.CSS_SELECTOR, '.leaflet-flows-pane path[stroke="#00504a"]')


@pytest.fixture
def commuting(browser: webdriver.Chrome, blocks: gpd.GeoDataFrame, tmp_path: Path) -> webdriver.Chrome:
    shown = show(browser, webmap.page(commuting_audit(blocks)), tmp_path)
    shown.execute_script("document.getElementById('layers').open = true")
    return shown


def test_flows_are_off_until_asked_for_and_thinned_by_the_threshold(commuting):
    assert flow_lines(commuting) == []
    assert not commuting.find_element(By.ID, "layer-2").is_selected()
    press(commuting, "#flow-0", Keys.SPACE)
    # By default no flow under 1,000 workers: the 900 from South to East.
    assert len(flow_lines(commuting)) == 1
    assert "Commuting between layer left" in text(commuting, "#legend")
    assert "10,000 workers" in text(commuting, "#legend")
    select = Select(commuting.find_element(By.ID, "flow-least"))
    assert [option.get_attribute("value") for option in select.options] == ["0", "1000", "5000", "10000"]
    select.select_by_value("0")
    widths = [float(line.get_attribute("stroke-width")) for line in flow_lines(commuting)]
    assert widths[0] > 3 * widths[1]
    select.select_by_value("10000")
    assert len(flow_lines(commuting)) == 1
    press(commuting, "#flow-0", Keys.SPACE)
    assert flow_lines(commuting) == []
    assert "Commuting" not in text(commuting, "#legend")
    assert commuting.get_log("browser") == []


def test_a_flow_tells_both_ways_on_hover_and_click(commuting):
    press(commuting, "#flow-0", Keys.SPACE)
    target = commuting.find_element(By.CSS_SELECTOR, ".leaflet-flows-pane path.leaflet-interactive")
    point = commuting.execute_script(
        "const path = arguments[0]; const p = path.getPointAtLength(path.getTotalLength() / 2);"
        "const at = new DOMPoint(p.x, p.y).matrixTransform(path.getScreenCTM()); return [at.x, at.y];",
        target,
    )
    action = webdriver.ActionChains(commuting)
    action.w3c_actions.pointer_action.move_to_location(round(point[0]), round(point[1]))
    action.perform()
    tip = text(commuting, ".leaflet-tooltip")
    for part in ("12,340 workers from South to North", "8,120 workers from North to South", "Modelled commuting"):
        assert part in tip
    action.w3c_actions.pointer_action.click()
    action.perform()
    assert text(commuting, "#details h2") == "South and North"
    assert "Modelled commuting, 2011 totals" in text(commuting, "#details")
    commuting.find_element(By.XPATH, "//section[@id='details']//button[.='Show North']").click()
    assert text(commuting, "#details h2") == "North"


def test_the_card_of_an_area_tells_how_it_holds_and_where_it_leaks(commuting):
    box = commuting.find_element(By.ID, "search")
    box.send_keys("l1", Keys.ENTER)
    details = text(commuting, "#details")
    for part in ("85%", "80%", "yes (score 1", "Where its workers go", "South", "8,120", "14%", "Modelled commuting"):
        assert part in details
    assert "in no area of Layer left" in details


def test_an_area_of_unknown_size_is_not_assessed(browser, blocks, tmp_path):
    shown = show(browser, webmap.page(commuting_audit(blocks, vague="L3")), tmp_path)
    shown.find_element(By.ID, "search").send_keys("l3", Keys.ENTER)
    assert "Commuting\nNot assessed" in text(shown, "#details")
    press(shown, "#open-tables")
    row = shown.find_element(By.XPATH, "//caption[starts-with(., 'How self-contained')]/..//tr[td[1]='East']")
    assert row.text.count("not assessed") == 5


def test_tables_list_scores_and_flows_and_lead_to_both_ends(commuting):
    before = zoomed_out(commuting)
    press(commuting, "#open-tables")
    tables = text(commuting, "#tables")
    for part in ("How self-contained each area of Layer left is (Modelled commuting", "58,520", "12,340", "33%"):
        assert part in tables
    assert "900" not in commuting.find_element(By.XPATH, "//caption[starts-with(., 'Commuting between')]/..").text
    show_both = commuting.find_element(By.XPATH, "//dialog//button[.='Show South and North']")
    show_both.send_keys(Keys.ENTER)
    assert commuting.find_element(By.ID, "flow-0").is_selected()
    assert len(flow_lines(commuting)) == 1
    assert zoom(commuting) > before
    assert commuting.switch_to.active_element.get_attribute("id") == "details"
    assert "12,340 workers from South to North" in commuting.find_element(By.ID, "status").get_attribute("textContent")


def test_an_authority_tells_how_often_it_stays(commuting):
    commuting.execute_script("geoplan.page.showAuthority('B1')")
    assert "Stays with its labour market area in 85% of runs" in text(commuting, "#details")
    commuting.execute_script("geoplan.page.showAuthority('B6')")
    assert "labour market area in" not in text(commuting, "#details")
    box = commuting.find_element(By.CSS_SELECTOR, "#layer-groups input[id^=place-]")
    assert not box.is_selected()
    box.send_keys(Keys.SPACE)
    path = commuting.find_element(By.CSS_SELECTOR, ".leaflet-places-pane path")
    assert path.get_attribute("fill") == "url(#fill-loose)"
    assert "loosely tied" in text(commuting, "#legend")


def test_a_single_layer_opens_without_the_labour_market_areas(browser, blocks, tmp_path):
    result = commuting_audit(blocks)
    layers = {key: result.layers[key] for key in ("left", "labour_market")}
    shown = show(browser, webmap.page(replace(result, pairs=(), findings=(), layers=layers)), tmp_path)
    boxes = shown.find_elements(By.CSS_SELECTOR, "#layer-groups input")
    assert {box.get_attribute("id"): box.is_selected() for box in boxes} == {
        "layer-0": True, "layer-1": False, "flow-0": False, "place-0": False,
    }  # fmt: skip
    assert shown.get_log("browser") == []


def test_sources_name_edition_status_and_licence(opened):
    press(opened, "#open-about")
    about = text(opened, "#about")
    for part in ("2026", "proposed", "toy", "Crown copyright", "indicative: from postcodes"):
        assert part in about


def test_a_click_on_the_ground_opens_its_area(opened):
    opened.execute_script(
        "geoplan.page.data.layers[0].areas.forEach((a) => { if (a.code === 'L3') window.wanted = a; })"
    )
    point = opened.execute_script(
        "const m = geoplan.page.map; const p = m.latLngToContainerPoint("
        "geoplan.shapes.labelPoint(geoplan.page.drawing.areaShape(window.wanted)));"
        "const b = m.getContainer().getBoundingClientRect(); return [b.left + p.x + 25, b.top + p.y + 25];"
    )
    action = webdriver.ActionChains(opened)
    action.w3c_actions.pointer_action.move_to_location(int(point[0]), int(point[1]))
    action.perform()
    assert "600,000 people" in text(opened, ".leaflet-tooltip")
    action.w3c_actions.pointer_action.click()
    action.perform()
    assert text(opened, "#details h2") == "East"


def test_panel_folds_away(opened):
    press(opened, "#fold")
    assert not opened.find_element(By.ID, "panel").is_displayed()
    assert opened.find_element(By.ID, "fold").get_attribute("aria-expanded") == "false"


@pytest.mark.parametrize("first", [0, 3])
def test_hostile_names_stay_text_everywhere(browser, blocks, tmp_path, first):
    names = HOSTILE[first : first + 3]
    opened = show(browser, webmap.page(toy_audit(blocks, names=names)), tmp_path)
    press(opened, "#next")
    assert text(opened, "#details h2").split() == names[1].split()
    box = opened.find_element(By.ID, "search")
    box.send_keys("l1")
    assert text(opened, "#hits span").split() == names[0].split()
    box.send_keys(Keys.ENTER)
    press(opened, "#open-tables")
    tooltip = opened.execute_script(
        "const p = geoplan.page; const a = p.data.layers[0].areas[0];"
        "return geoplan.tip.piece(p.pair, p.drawing.pieces(p.pair, a)[0]).querySelectorAll('img, script, svg').length"
    )
    assert tooltip == 0
    assert opened.execute_script("return window.hacked === undefined")
    assert opened.find_elements(By.CSS_SELECTOR, "#page img, dialog img, dialog script, dialog svg") == []
    assert opened.get_log("browser") == []


@pytest.mark.parametrize("first", [0, 3])
def test_hostile_names_stay_text_in_flows_and_leaks(browser, blocks, tmp_path, first):
    names = HOSTILE[first : first + 3]
    shown = show(browser, webmap.page(commuting_audit(blocks, names, kind="given", source=HOSTILE[first])), tmp_path)
    shown.execute_script("document.getElementById('layers').open = true")
    press(shown, "#flow-0", Keys.SPACE)
    tip = shown.execute_script(
        "const line = geoplan.page.drawing.made.get('flow 0 0').getLayers()[2]; line.openTooltip();"
        "return document.querySelector('.leaflet-tooltip').textContent"
    )
    assert names[1] in tip
    shown.find_element(By.ID, "search").send_keys("l1", Keys.ENTER)
    cells = [cell.text.split() for cell in shown.find_elements(By.CSS_SELECTOR, "#details td")]
    assert names[1].split() in cells
    press(shown, "#open-tables")
    shown.find_element(By.XPATH, "//caption[starts-with(., 'Commuting between')]/..//button").send_keys(Keys.ENTER)
    assert f"{names[1]} and {names[0]}".split() == text(shown, "#details h2").split()
    press(shown, "#open-about")
    assert shown.execute_script("return window.hacked === undefined")
    made = "#page img, #page script, dialog img, dialog script, dialog svg, .leaflet-tooltip svg, #details svg"
    assert shown.find_elements(By.CSS_SELECTOR, made) == []
    assert shown.get_log("browser") == []


def test_it_opens_with_the_borders_of_every_layer_asked_for(browser, result, blocks, tmp_path):
    third = made_of("third", blocks, {"T": ("B1", "B2")}, ("Third",))
    asked = {**result.parameters, "layers": ["left", "right", "third"]}
    three = replace(result, layers={**result.layers, "third": third}, parameters=asked)
    shown = "return [...geoplan.page.on.layer].map((layer) => layer.key).sort()"
    opened = show(browser, webmap.page(three, outlined=True), tmp_path)
    assert opened.execute_script(shown) == ["left", "right", "third"]
    assert opened.execute_script("return geoplan.page.pair.number") == 0
    assert show(browser, webmap.page(three), tmp_path).execute_script(shown) == ["left", "right"]


def named(browser: webdriver.Chrome) -> list[str]:
    """Return the texts on the map."""
    return browser.execute_script(
        "return geoplan.page.drawing.names.labels.getLayers()"
        ".map((each) => each.options.icon.options.html.textContent).filter(Boolean)"
    )


def test_the_partners_of_an_asked_area_are_shaded_and_named(browser, result, tmp_path):
    cut = set(LEFT["L2"])
    focus = atlas.Focus("left", "L2", "South", frozenset(cut))
    partners = sorted(code for code, members in RIGHT.items() if cut & set(members))
    assert len(partners) > 1
    names = [result.layers["right"].name(code) for code in partners]
    asked = {**result.parameters, "layers": ["left", "right"]}
    page = webmap.page(replace(result, focus=focus, parameters=asked), outlined=True)
    (place,) = [each for each in payload_of(page)["places"] if each["kind"] == "partner"]
    assert (place["layer"], place["note"]) == (1, " and ".join(sorted(names)))
    assert len(place["blocks"]) == len(set().union(*(RIGHT[code] for code in partners)))
    opened = show(browser, page, tmp_path)
    assert opened.execute_script("return [...geoplan.page.on.place].map((each) => each.kind)") == ["partner"]
    labels = (
        "return geoplan.page.drawing.names.labels.getLayers().map((each) => each.options.icon.options.html.textContent)"
    )
    assert set(names) <= set(opened.execute_script(labels))


def test_what_is_kept_quiet_is_said_and_changes_no_fact(browser, result, tmp_path):
    known = baseline.applied(result.findings, baseline.made(result.findings), today=date(2026, 11, 22), file="b.json")
    page = webmap.page(replace(result, known=known, findings=known.told))
    bare, quiet = payload_of(webmap.page(result)), payload_of(page)
    assert [pair["answer"] for pair in quiet["pairs"]] == [pair["answer"] for pair in bare["pairs"]]
    assert [pair["kinds"] for pair in quiet["pairs"]] == [pair["kinds"] for pair in bare["pairs"]]
    listed = len(_listed(result.pairs[0], result.findings))
    opened = show(browser, page, tmp_path)
    more = wording.number_of(listed, "more is", "more are")
    said = f"None to list in this comparison. {more} known and kept quiet (baseline b.json)."
    assert text(opened, "#list-note") == said
    assert known.sentence in text(opened, "#top")


def test_focus_opens_on_its_ground(browser, result, tmp_path):
    focus = atlas.Focus("left", "L3", "East", frozenset({"B6"}))
    about_it = tuple(finding for finding in result.findings if finding.code == "L3")
    opened = show(browser, webmap.page(replace(result, focus=focus, findings=about_it)), tmp_path)
    assert text(opened, "h1") == "East: where boundaries do not fit"
    assert text(opened, "#answer") == "East is not cut by areas of Layer right."
    inside = opened.execute_script(
        "const p = geoplan.page; const b = geoplan.shapes.bounds(geoplan.shapes.merged(p.data.topology, [5]));"
        "return p.map.getBounds().contains(b) && p.map.getBoundsZoom(b) - p.map.getZoom() < 1.5"
    )
    assert inside
    assert opened.find_elements(By.CSS_SELECTOR, ".leaflet-chosen-pane path")


def test_drawn_layer_and_layers_alone_open_without_errors(browser, blocks, tmp_path):
    drawn = drawn_audit(blocks)
    opened = show(browser, webmap.page(drawn), tmp_path)
    press(opened, "#next")
    assert "1,350" in text(opened, "#details table")
    alone = replace(drawn, pairs=(), findings=())
    assert text(show(browser, webmap.page(alone), tmp_path), "#legend-rows").split("\n")[0] == "drawn.gpkg"
    assert opened.get_log("browser") == []


def test_real_audit_opens_quickly_and_steps_through_all(browser, real_page, tmp_path):
    opened = show(browser, real_page, tmp_path)
    assert opened.execute_script("return performance.now()") < 20_000
    count = len(opened.find_elements(By.CSS_SELECTOR, "#mismatches button"))
    assert count >= 5
    names = []
    for _ in range(count):
        press(opened, "#next")
        names.append(text(opened, "#details h2"))
        seen = opened.execute_script(
            "const p = geoplan.page; const s = p.drawing.areaShape(p.drawing.chosenArea);"
            "return p.map.getBounds().contains(geoplan.shapes.bounds(s))"
        )
        assert seen, f"{names[-1]} is not in view"
    assert len(set(names)) == count
    assert opened.get_log("browser") == []


@pytest.mark.usefixtures("districts")
def test_search_finds_postcodes(browser, blocks, tmp_path):
    opened = show(browser, webmap.page(toy_audit(blocks)), tmp_path)
    box = opened.find_element(By.ID, "search")

    def found(typed: str) -> list[str]:
        box.clear()
        box.send_keys(typed)
        return [hit.text.replace("\n", ": ") for hit in opened.find_elements(By.CSS_SELECTOR, "#hits li")]

    assert found("LA")[0] == "LA: Postcode area · divided; largest part in B1"
    assert found("la1")[:2] == [
        "LA1: Postcode district · most of it in B1", "LA10: Postcode district · most of it in B5",
    ]  # fmt: skip
    assert found("LA10 4ZZ") == found("la104zz") == ["LA10: LA10 4ZZ · Postcode district · most of it in B5"]
    assert found("la10 4z") == ["LA10: Postcode district · most of it in B5"]
    assert [hit.split(":")[0] for hit in found("la14zz")] == ["LA1"]
    assert found("ZE1") == found("EC1A") == ["Nothing found"]
    assert found("ZZ99ZZ") == [
        "ZZ9 is no postcode district of this page; geoplan lookup ZZ9 9ZZ knows single postcodes"
    ]
    for typed, said in {
        "la104zz": "cannot say in which authority LA10 4ZZ is: it knows that LA10 is divided, not single postcodes. ",
        "LA2 1AA": "So is LA2 1AA, if there is such a postcode: this page knows districts, not single postcodes. ",
    }.items():
        found(typed)
        box.send_keys(Keys.ENTER)
        assert said in text(opened, "#details")
    assert "geoplan lookup LA2 1AA knows them." in text(opened, "#details")
    found("LA10")
    box.send_keys(Keys.ENTER)
    card = text(opened, "#details")
    for part in ("LA10\n", "Most of LA10 is in B5.", "B5 59 59%", "B4 41 41%", "not single postcodes", "South"):
        assert part in card
    found("LA2")
    box.send_keys(Keys.ENTER)
    assert "All of LA2 is in B3." in text(opened, "#details")
    opened.find_element(By.XPATH, "//section[@id='details']//button[.='Show B3']").click()
    assert text(opened, "#details h2") == "B3"
    assert opened.get_log("browser") == []


# ---------------------------------------------------------------------------------------------- safety


def test_policy_stops_scripts_styles_and_requests_that_are_not_of_the_page(opened):
    done = opened.execute_async_script(
        "const done = arguments[0]; const seen = [];"
        "document.addEventListener('securitypolicyviolation', (e) => seen.push(e.effectiveDirective));"
        "const script = document.createElement('script'); script.textContent = 'window.hacked = 1';"
        "document.body.append(script);"
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"x.png\" onerror=\"window.hacked = 1\">');"
        "document.body.insertAdjacentHTML('beforeend', '<b style=\"color: red\" onclick=\"window.hacked = 1\">x</b>');"
        "document.body.lastChild.click();"
        "try { window.setTimeout('window.hacked = 1', 0); } catch (error) { seen.push(error.name); }"
        "fetch('http://127.0.0.1:9/').catch(() => setTimeout(() => done([window.hacked || 0, seen]), 200));"
    )
    assert done[0] == 0
    assert {"script-src-elem", "script-src-attr", "style-src-attr", "img-src", "connect-src"} <= set(done[1])


def test_a_background_asks_its_one_host_only(browser, blocks, tmp_path):
    opened = show(browser, webmap.page(toy_audit(blocks), tiles="osm"), tmp_path)
    events = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
    asked = {each["request"]["url"] for each in sent if each["documentURL"].startswith("file:")}
    outside = {url for url in asked if not url.startswith(("file:", "data:"))}
    assert outside
    assert all(url.startswith("https://tile.openstreetmap.org/") for url in outside)
    assert opened.find_element(By.CSS_SELECTOR, ".leaflet-land-pane path").get_attribute("fill-opacity") == "1"


def hostile_audit(blocks: gpd.GeoDataFrame) -> results.AuditResult:
    """Return an audit with commuting in which every text that can come from a file or a table is hostile."""
    evil = " ".join(HOSTILE)
    result = commuting_audit(blocks, HOSTILE[:3], kind="given", source=evil)
    layers = {key: hostile_layer(layer, evil) for key, layer in result.layers.items()}
    found = tuple(replace(f, name=evil, lead=evil) for f in result.findings)
    lone = replace(found[0], id="F-lone", code="none", other_layer="", other_codes=())
    told = {key: replace(each, layer=layers[key]) for key, each in result.contained.items()}
    pairs = tuple(
        replace(pair, overlay=replace(
            pair.overlay, left=layers[pair.overlay.left.key], right=layers[pair.overlay.right.key]
        )) for pair in result.pairs
    )  # fmt: skip
    uncovered = replace(layers["labour_market"], parts=layers["labour_market"].parts[:-1])
    return replace(
        result, layers={**layers, "labour_market": uncovered}, pairs=pairs, findings=(*found, lone), contained=told
    )


def hostile_layer(layer: Layer, evil: str) -> Layer:
    areas = layer.areas.assign(
        name=[HOSTILE[i % len(HOSTILE)] for i in range(3, 3 + len(layer.areas))], confidence=evil, lead_body=evil,
        not_assessed=evil,
    )  # fmt: skip
    return replace(
        layer, title=evil, areas=areas, edition=evil, status=evil, confidence=evil, resolution=evil,
        in_force_from=evil, in_force_to=evil, source=Source(evil, url=evil, licence=evil),
    )  # fmt: skip


def test_hostile_texts_travel_whole(blocks):
    payload = payload_of(webmap.page(hostile_audit(blocks)))
    evil = " ".join(HOSTILE)
    assert {layer["title"] for layer in payload["layers"]} == {evil}
    assert payload["layers"][0]["areas"][0]["lead_body"] == evil
    assert payload["flows"][0]["said"].startswith("Commuting by <img")
    assert any(evil in place["title"] for place in payload["places"])


@pytest.mark.usefixtures("districts")
def test_whatever_is_hostile_stays_text_wherever_it_is_shown(browser, blocks, tmp_path):
    shown = show(browser, webmap.page(hostile_audit(blocks)), tmp_path)
    shown.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    for box in shown.find_elements(By.CSS_SELECTOR, "#layer-groups input:not(:checked)"):
        box.send_keys(Keys.SPACE)
    everything = (
        "const p = geoplan.page; const d = p.data;"
        "const opened = []; const say = () => opened.push(document.getElementById('details').innerHTML);"
        "d.layers.forEach((l) => l.areas.forEach((a) => { p.show(a); say(); }));"
        "Object.keys(d.authorities).forEach((lad) => { p.showAuthority(lad); say(); });"
        "d.flows.forEach((s) => s.flows.forEach((f) => { p.showFlow(f); say(); }));"
        "d.findings.forEach((f) => { p.showFinding(f); say(); });"
        "p.search.postcodes.forEach((w) => { p.showPostcodes(w); say(); });"
        "d.pairs.forEach((pair) => { p.choosePair(pair); p.step(1); say(); });"
        "p.search.box.value = 'a'; p.search.open();"
        "window.dispatchEvent(new Event('beforeprint')); window.dispatchEvent(new Event('afterprint'));"
        "p.map.eachLayer((l) => { if (l.getTooltip && l.getTooltip()) l.openTooltip(); });"
        "return opened.length"
    )
    assert shown.execute_script(everything) > 25
    strange = "#page img, #page script, #page b, #page svg[onload], dialog :is(img, script, svg, b)"
    assert shown.find_elements(By.CSS_SELECTOR, strange) == []
    for dialog in ("tables", "about", "away"):
        shown.execute_script(f"document.getElementById('open-{dialog}').click()")
        assert HOSTILE[0] in text(shown, f"#{dialog}")
        assert "{{{ 7*7 }}} {% raw %}" in text(shown, f"#{dialog}")
        assert shown.find_elements(By.CSS_SELECTOR, strange) == []
        press(shown, f"#{dialog} .close")
    assert shown.execute_script("return window.hacked === undefined")
    assert shown.get_log("browser") == []


# ---------------------------------------------------------------------------------------------- for everybody

STATES = {
    "opening": "",
    "details": "geoplan.page.step(1)",
    "everything open": "document.querySelectorAll('details').forEach((each) => { each.open = true; })",
    "search": "geoplan.page.search.box.value = 'l'; geoplan.page.search.open()",
    "postcode": "geoplan.page.showPostcodes(geoplan.page.search.postcodes.get('LA10'))",
    "tables": "document.getElementById('open-tables').click()",
    "about": "document.getElementById('open-about').click()",
    "away": "document.getElementById('open-away').click()",
    "folded": "document.getElementById('fold').click()",
}


@pytest.mark.usefixtures("districts")
@pytest.mark.parametrize("size", [(1366, 768), (320, 640)])
def test_axe_finds_nothing_serious_in_any_state(browser, blocks, tmp_path, size):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics(*size))
    try:
        page = webmap.page(commuting_audit(blocks))
        for state, script in STATES.items():
            shown = show(browser, page, tmp_path)
            shown.execute_script(script)
            assert violations(shown) == [], state
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_axe_finds_nothing_serious_in_the_real_audit(browser, real_page, tmp_path):
    shown = show(browser, real_page, tmp_path)
    assert violations(shown) == []
    press(shown, "#next")
    assert violations(shown) == []


def metrics(width: int, height: int) -> dict[str, Any]:
    return {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}


def test_a_very_long_name_widens_no_page(browser, blocks, tmp_path):
    long = "Llanfair" * 40
    result = toy_audit(blocks, (f"{long}North", f"{long}South", f"{long}East"))
    none = {
        "size": None,
        "out_of_work": None,
        "out_of_work_rate": None,
        "cut_by": 0,
        "compared": 1,
        "cut": 0.0,
        "cut_most": "",
    }
    counts = {"error": 0, "warning": 0, "info": 0}
    area = batch.Area("a", "a", long, long, counts, {"map.html": b""}, ground="a:a", figures=none)
    index = webpage.index_page(batch.Batch(result, None, (area,)), ["map.html"])
    pages = {"index": index, "brief": brief.page(result), "map": webmap.page(result)}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics(1000, 700))
    try:
        for name, text in pages.items():
            assert long in text, name
            (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
            browser.get((tmp_path / f"{name}.html").as_uri())
            assert browser.execute_script("return document.documentElement.scrollWidth") <= 1000, name
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_nothing_is_wider_than_a_narrow_screen(browser, real_page, tmp_path):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics(320, 640))
    try:
        shown = show(browser, real_page, tmp_path)
        for script in STATES.values():
            shown.execute_script(script.replace("LA10", "LA1"))
            assert shown.execute_script("return document.documentElement.scrollWidth") <= 320
            shown.execute_script("document.querySelectorAll('dialog[open]').forEach((each) => each.close())")
        shown.execute_script("geoplan.page.step(1)")
        top, bottom = shown.execute_script(
            "const box = document.getElementById('stage').getBoundingClientRect(); return [box.top, box.bottom]"
        )
        assert -1 < top < bottom < 640, "stepping shows the map"
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_focus_goes_in_reading_order_and_is_seen(opened):
    opened.execute_script("document.activeElement.blur(); window.scrollTo(0, 0)")
    order = []
    for _ in range(14):
        webdriver.ActionChains(opened).send_keys(Keys.TAB).perform()
        order.append(
            opened.execute_script(
                "const e = document.activeElement; const s = getComputedStyle(e);"
                "return [e.id || e.className || e.tagName, s.outlineStyle, parseFloat(s.outlineWidth)]"
            )
        )
    names = [name for name, _, _ in order]
    wanted = ["skip", "pair", "swap", "fold", "search", "previous", "next"]
    assert [name for name in names if name in wanted] == wanted
    assert names[0] == "skip"
    assert not any("badge" in name for name in names), "the list stands for the numbers on the map"
    assert all(style != "none" and width >= 2 for _, style, width in order if style != "auto")


def test_targets_are_large_enough(browser, blocks, tmp_path):
    shown = show(browser, webmap.page(commuting_audit(blocks)), tmp_path)
    shown.execute_script(
        "document.querySelectorAll('details').forEach((each) => { each.open = true; }); geoplan.page.step(1);"
    )
    # A checkbox is pressed by its whole label.
    small = shown.execute_script(
        "const targets = 'button, select, input:not([type=checkbox]), label.toggle, summary, .badge';"
        "return [...document.querySelectorAll(targets)]"
        ".map((e) => [e.id || e.className || e.textContent, e.getBoundingClientRect()])"
        ".filter(([, box]) => box.width && (box.width < 24 || box.height < 24))"
        ".map(([name, box]) => [name, box.width, box.height])"
    )
    assert small == []


def test_less_motion_for_those_who_ask_for_it(browser, page, tmp_path):
    wanted = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", wanted)
    try:
        shown = show(browser, page, tmp_path)
        moved = shown.execute_script(
            "const m = geoplan.page.map; m.setZoom(9, { animate: false }); const before = m.getCenter().lng;"
            "m.panBy([200, 0]); return [m.options.inertia, m.getCenter().lng - before]"
        )
        assert moved[0] is False
        assert moved[1] > 0.1, "at once"
        zoomed = ".leaflet-zoom-animated"
        assert {
            e.value_of_css_property("transition-duration") for e in shown.find_elements(By.CSS_SELECTOR, zoomed)
        } <= {"0s"}
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_prints_on_one_sheet_with_map_key_and_list(browser, real_page, tmp_path):
    shown = show(browser, real_page, tmp_path)
    view = "const m = geoplan.page.map; return [m.getZoom(), m.getCenter().lat, m.getCenter().lng]"
    before = shown.execute_script(view)
    shown.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    boxes = shown.execute_script(
        "return ['page', 'stage', 'legend', 'mismatches', 'answer'].map((id) => {"
        "const b = document.getElementById(id).getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"
    )
    sheet = boxes[0]
    assert sheet[2] - sheet[0] == pytest.approx(277 / 25.4 * 96, abs=1)
    for box in boxes[1:]:
        assert box[2] - box[0] > 200
        assert box[0] >= sheet[0]
        assert box[1] >= sheet[1]
        assert box[2] <= sheet[2] + 1
        assert box[3] <= sheet[3] + 1
    assert not shown.find_element(By.ID, "search").is_displayed()
    shown.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert shown.execute_script(view) == pytest.approx(before, abs=0.01)
    pdf = base64.b64decode(shown.print_page(PrintOptions()))
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type/Page/") == 1


def test_a_long_list_is_cut_on_paper_and_says_so(browser, real_page, tmp_path):
    shown = show(browser, real_page, tmp_path)
    rows = shown.execute_script(
        "const list = document.getElementById('mismatches');"
        "for (let i = 0; i < 60; i += 1) list.append(list.firstChild.cloneNode(true));"
        "window.dispatchEvent(new Event('beforeprint'));"
        "return [list.children.length, [...list.children].filter((row) => !row.hidden).length]"
    )
    assert 5 < rows[1] < rows[0]
    note = shown.find_element(By.ID, "not-printed")
    assert note.get_attribute("hidden") is None
    assert note.get_attribute("textContent") == f"and {rows[0] - rows[1]} more in findings.csv"
    shown.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert shown.execute_script("return document.querySelectorAll('#mismatches > [hidden]').length") == 0


# ---------------------------------------------------------------------------------------------- colours


@pytest.fixture
def palette(opened: webdriver.Chrome) -> dict[str, dict[str, str]]:
    """Every fill with its ground and the ink of its pattern ("" where plain), and every line, as the page has them."""
    return opened.execute_script(
        "const fills = {};"
        "const of = (e, names) => names.map((n) => e && e.getAttribute(n)).find((v) => v && v !== 'none');"
        "Object.entries(geoplan.FILL).forEach(([kind, fill]) => {"
        "  const id = (/#([^)]+)\\)/.exec(fill) || [])[1]; const p = id && document.getElementById(id);"
        "  const [rect, ink] = p ? [p.querySelector('rect'), p.querySelector(':not(rect)')] : [null, null];"
        "  fills[kind] = { ground: p ? (rect ? of(rect, ['fill']) : '') : fill, ink: of(ink, ['stroke', 'fill']) || '',"
        "    pattern: p ? id : '' };"
        "});"
        "const probe = document.querySelector('.folium-map');"
        "const lines = Object.assign({}, geoplan.LINES);"
        "for (let i = 0; i < 6; i += 1) lines['flow ' + i] = geoplan.flows.look({ number: i }).color;"
        "return { fills, lines, sea: getComputedStyle(probe).backgroundColor };"
    )


def rgb(colour: str) -> np.ndarray:
    """Return red, green and blue of #rrggbb or rgb(), linear, 0 to 1."""
    if colour.startswith("rgb"):
        values = [int(each) for each in re.findall(r"\d+", colour)[:3]]
    else:
        values = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    share = np.array(values) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    low, high = sorted(float(rgb(each) @ [0.2126, 0.7152, 0.0722]) for each in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_lines_and_patterns_stand_out_three_to_one(palette):
    grounds = {kind: fill["ground"] for kind, fill in palette["fills"].items() if fill["ground"]}
    lines = palette["lines"]
    assert {"left", "right", "coast", "loud"} <= set(lines)
    # Every area is bounded by a line that stands out from the grounds on both of its sides.
    weak = {
        (name, kind): round(contrast(line, ground), 2)
        for name, line in lines.items()
        for kind, ground in {**grounds, "sea": palette["sea"]}.items()
        if contrast(line, ground) < 3
    }
    assert weak == {}
    assert contrast(lines["left"], lines["right"]) >= 3, "where both borders run together"
    faint = {
        kind: round(contrast(fill["ink"], fill["ground"]), 2)
        for kind, fill in palette["fills"].items()
        if fill["ink"] and fill["ground"] and contrast(fill["ink"], fill["ground"]) < 3
    }
    assert faint == {}
    overlaid = [fill["ink"] for fill in palette["fills"].values() if not fill["ground"]]
    calm = [grounds[kind] for kind in ("inside", "same", "whole", "outside", "cut")]
    assert all(contrast(ink, ground) >= 3 for ink in overlaid for ground in calm)


# Machado, Oliveira and Fernandes (2009), severity 1; on linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": np.array([
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
    ]),
    "deuteranopia": np.array([
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
    ]),
    "tritanopia": np.array([
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900],
    ]),
    "grey print": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
}  # fmt: skip
JUST_NOTICEABLE = 2.3
"""Difference in CIE L*a*b* (1976) that a viewer just sees; plain fills are asked for twice as much."""


def lab(linear: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )  # fmt: skip
    xyz = to_xyz @ np.clip(linear, 0, 1) / to_xyz.sum(axis=1)
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_fills_differ_by_pattern_or_for_every_eye(palette, blindness):
    fills = palette["fills"]
    alike: Sequence[Any] = [
        (one, other)
        for one, other in combinations(fills, 2)
        if fills[one]["pattern"] == fills[other]["pattern"]
        and (fills[one]["pattern"] or not seen_apart(fills, one, other, blindness))
    ]
    assert alike == []


def seen_apart(fills: dict[str, dict[str, str]], one: str, other: str, blindness: str) -> bool:
    seen = [lab(BLINDNESS[blindness] @ rgb(fills[kind]["ground"])) for kind in (one, other)]
    return float(np.linalg.norm(seen[0] - seen[1])) >= 2 * JUST_NOTICEABLE


def test_lines_of_layers_differ_by_more_than_colour(opened):
    looks = opened.execute_script(
        "const { drawing, data } = geoplan.page; const pair = data.pairs[0];"
        "return [drawing.style(pair.left, pair), drawing.style(pair.right, pair), ...geoplan.OTHER]"
        ".map((look) => [look.dashArray || 'unbroken', look.weight].join(' '))"
    )
    assert len(set(looks)) == len(looks)


def test_a_gap_is_outlined_and_told_when_it_is_asked_for(browser, with_a_gap, tmp_path):
    opened = show(browser, with_a_gap, tmp_path)
    size = opened.execute_script(
        "const p = geoplan.page; p.showFinding(p.data.findings.find((f) => f.id === 'gap'));"
        "const b = p.asked; return b.getNorthWest().distanceTo(b.getSouthEast())"
    )
    assert 100 < size < 200
    assert "GP201" in text(opened, "#details")


# ---------------------------------------------------------------------------------------------- parts of authorities


@pytest.fixture(scope="module")
def partly(blocks: gpd.GeoDataFrame) -> results.AuditResult:
    """An audit in which L1 holds B1 and a part of B2, L2 lies somewhere in B3 and in a fifth of B4, the focus is L2."""
    left = made_of("left", blocks, LEFT, ("North", "South", "East"))
    shares = [("B1", "L1", 1.0), ("B2", "L1", 0.7), ("B3", "L2", None), ("B4", "L2", 0.2), ("B6", "L3", 1.0)]
    parts = pd.DataFrame(shares, columns=["block", "code", "share"]).astype({"share": float})
    unknown = left.areas.assign(people=[1.0, np.nan, 1.0])
    left, right = replace(left, parts=parts, areas=unknown), made_of("right", blocks, RIGHT, ("One", "Two", "Three"))
    made = [pair_of(left, right, blocks), pair_of(right, left, blocks)]
    focus = atlas.Focus("left", "L2", "South", frozenset({"B3", "B4"}), in_part=(("B3", None), ("B4", 0.2)))
    return replace(
        toy_audit(blocks), layers={"left": left, "right": right}, pairs=tuple(pair for pair, _ in made), focus=focus
    )


def test_the_page_is_told_of_parts_only_where_there_are_any(partly, page):
    left, right = payload_of(webmap.page(partly))["layers"]
    assert [area.get("parts") for area in left["areas"]] == [
        [[1, 0.7, 1, 1]], [[2, None, 0, 1], [3, 0.2, 0, 1]], None,
    ]  # fmt: skip
    assert left["areas"][1]["somewhere"] == ["20% of B4", "somewhere in B3; size not assessed"]
    assert not any("parts" in area or "somewhere" in area for area in right["areas"])
    assert not any("parts" in area for layer in payload_of(page)["layers"] for area in layer["areas"])
    assert payload_of(webmap.page(partly))["focus"]["parts"] == [2, 3]


def test_parts_are_hatched_and_said_and_the_focus_has_a_broken_line(browser, partly, tmp_path):
    shown = show(browser, webmap.page(partly), tmp_path)
    hatched = shown.find_elements(By.CSS_SELECTOR, ".leaflet-parts-pane path")
    assert {path.get_attribute("fill") for path in hatched} == {"url(#fill-part)"}
    # B2 is ground of L1 for the larger part, so that it keeps its fill and needs no border of its own.
    assert [bool(path.get_attribute("stroke-dasharray")) for path in hatched] == [False, True, True]
    key = text(shown, "#legend").split("\n")
    assert "South: 20% of B4; somewhere in B3; size not assessed" in key
    assert "South" not in key, "no line is drawn round whole authorities"
    assert GROUND["part"].term in key
    chosen = shown.find_elements(By.CSS_SELECTOR, ".leaflet-chosen-pane path")
    assert [(path.get_attribute("fill"), path.get_attribute("stroke-dasharray")) for path in chosen] == [
        ("url(#fill-part)", "6 4"),
    ]  # fmt: skip
    told = shown.execute_script(
        "const shapes = geoplan.page.drawing.made.get('parts 0').getLayers();"
        "const told = (shape) => [...shape.getTooltip()._content().children].map((row) => row.textContent).join(' ');"
        "return shapes.map(told);"
    )
    assert told == [
        "B2 Only a part of it belongs: North: 70% of B2",
        "B3 Only a part of it belongs: South: somewhere in B3; size not assessed",
        "B4 Only a part of it belongs: South: 20% of B4",
    ]  # fmt: skip
    assert shown.get_log("browser") == []


def test_what_only_lies_somewhere_in_an_authority_is_not_shaded(browser, partly, tmp_path):
    shown = show(browser, webmap.page(partly), tmp_path)
    shapes = shown.execute_script(
        "const {data, drawing} = geoplan.page; const pair = data.pairs[0];"
        "return pair.left.areas.map((area) => drawing.pieces(pair, area).length)"
    )
    assert shapes == [1, 0, 1]


def test_cards_and_tables_name_the_authorities_that_belong_in_part(browser, partly, tmp_path):
    shown = show(browser, webmap.page(partly), tmp_path)
    shown.find_element(By.ID, "search").send_keys("l2", Keys.ENTER)
    card = text(shown, "#details")
    assert "In part\n20% of B4; somewhere in B3; size not assessed" in card
    assert "B3 (part), B4 (part)" in card
    shown.execute_script("geoplan.page.showAuthority('B3')")
    assert "South (a part of it; size not assessed)" in text(shown, "#details")
    press(shown, "#open-tables")
    row = shown.find_element(By.XPATH, "//caption[starts-with(., 'Layer left: every area')]/..//tr[td[1]='South']")
    assert "20% of B4; somewhere in B3; size not assessed" in row.text
