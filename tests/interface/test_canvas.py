"""Maps of folium's own elements: what they hold, what can be added, and how they look in a browser."""

from __future__ import annotations

import json
import re

import folium
import geopandas as gpd
import pytest
import shapely
import xyzservices
from folium.plugins import HeatMap, MarkerCluster
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

import geoplan
from geoplan.errors import ConfigurationError, UnknownKeyError
from geoplan.output.page.sealed import asset
from geoplan.schema.standing import GROUND, LOOKS, Standing

SCRIPT = "</script><script>window.broken = 1</script>"


@pytest.fixture(scope="module")
def compared(squares, halves):
    return geoplan.compare(squares, halves, weight="area")


def groups(board: folium.Map) -> dict[str, list[dict]]:
    """Return the features of each group."""
    found = {}
    for each in board._children.values():
        if isinstance(each, folium.FeatureGroup):
            (drawn,) = each._children.values()
            assert isinstance(drawn, folium.GeoJson)
            found[each.layer_name] = drawn.data["features"]
    return found


def test_a_comparison_has_its_areas_its_cuts_and_what_is_in_none(compared):
    board = geoplan.to_folium(compared)
    assert type(board) is folium.Map
    made = groups(board)
    assert list(made) == ["left", "left / right: cut", "left / right: in none"]
    areas = {each["properties"]["name"]: each["properties"] for each in made["left"]}
    assert areas["Ash"]["tip"] == f"Ash<br>{LOOKS[Standing.INSIDE].term}"
    assert areas["Ash"]["partners"] == "&lt;b&gt;West&lt;/b&gt;"
    assert areas["Dale"]["fill"] == LOOKS[Standing.PARTLY].fill
    (cut,) = made["left / right: cut"]
    assert cut["properties"]["fill"] == GROUND["overlap"].fill
    assert cut["properties"]["tip"].endswith(GROUND["overlap"].term)
    (rest,) = made["left / right: in none"]
    assert rest["properties"]["tip"].endswith(GROUND["none"].term)
    page = board.get_root().render()
    assert LOOKS[Standing.PARTLY].term in page
    assert "Crown copyright" in page


def test_people_in_a_piece_are_called_what_was_counted():
    board = geoplan.to_folium(geoplan.compare("connect_to_work", "icb_2026", weight="employment_deprived"))
    page = board.get_root().render()
    assert '"People out of work"' in page
    assert '"People"' not in page


def test_an_audit_shows_its_first_pair_and_offers_the_others():
    board = geoplan.to_folium(geoplan.audit(layers=["lhb", "connect_to_work", "police_force"]))
    shown = {each.layer_name: each.show for each in board._children.values() if isinstance(each, folium.FeatureGroup)}
    assert shown["Local health boards (Wales) / Connect to Work areas: cut"]
    assert False in shown.values()
    pieces = groups(board)["Local health boards (Wales) / Connect to Work areas: cut"]
    assert {"Hywel Dda"} == {each["properties"]["message"][:9] for each in pieces}


def test_gaps_and_overlaps_are_groups_of_their_own(squares):
    grown = squares.to_crs("EPSG:27700")
    grown.geometry = [grown.geometry[0].buffer(2000), *grown.geometry[1:]]
    made = groups(geoplan.to_folium(geoplan.check(grown)))
    assert {each["properties"]["fill"] for each in made["Overlaps"]} == {GROUND["overlap"].fill}
    assert "both hold" in made["Overlaps"][0]["properties"]["message"]


def test_flows_are_lines_that_are_wider_where_more_travel():
    made = groups(geoplan.to_folium(geoplan.containment("lhb")))
    (name,) = (name for name in made if name.startswith("Largest flows"))
    assert "modelled" in name
    lines = made[name]
    assert {each["geometry"]["type"] for each in lines} == {"LineString"}
    widths = [each["properties"]["width"] for each in lines]
    assert widths == sorted(widths, reverse=True)
    assert (
        lines[0]["properties"]["tip"]
        == f"{lines[0]['properties']['name']}<br>{lines[0]['properties']['workers']} workers"
    )
    axes = geoplan.containment("lhb").plot()
    assert any(len(each.get_segments()) == len(lines) for each in axes.collections if hasattr(each, "get_segments"))


def test_keys_frames_lists_and_names_of_ones_own_are_layers(squares, halves):
    board = geoplan.to_folium("lhb", [squares, geoplan.layer(halves, key="halves")], {"Our patches": halves})
    assert list(groups(board)) == ["Local health boards (Wales)", "layer", "halves", "Our patches"]
    page = board.get_root().render()
    # What lies above is an outline, so that the first is seen; colour is not alone in telling outlines apart.
    assert page.count('"fill": false') == 3
    assert len(set(re.findall(r'"dashArray": "([\d ]*)"', page))) == 3
    with pytest.raises(UnknownKeyError, match="lhb"):
        geoplan.to_folium("lhbb")
    with pytest.raises(ConfigurationError, match="a int is no layer"):
        geoplan.to_folium(3)
    with pytest.raises(ConfigurationError, match="no background 'moon'"):
        geoplan.to_folium("lhb", tiles="moon")
    with pytest.raises(ConfigurationError, match="nothing to draw"):
        geoplan.to_folium()


def test_a_map_of_ones_own_keeps_its_place_and_has_one_switch_behind_all(squares):
    own = folium.Map(location=(51.5, -0.1), zoom_start=11, tiles=None)
    folium.LayerControl(position="topleft").add_to(own)
    assert geoplan.to_folium(squares, m=own) is own
    assert geoplan.to_folium(squares, m=own, tiles=xyzservices.providers.OpenStreetMap.Mapnik) is own
    assert list(groups(own)) == ["layer", "layer (2)"]
    assert own.location == [51.5, -0.1]
    page = own.get_root().render()
    assert "fitBounds" not in page
    assert page.count("L.control.layers(") == 1
    assert page.index("L.control.layers(") > page.rindex("L.geoJson(")
    assert "tile.openstreetmap.org" in page
    with pytest.raises(ConfigurationError, match="m="):
        geoplan.to_folium(squares, own)


def test_elements_of_folium_are_added_and_switched(squares):
    board = geoplan.to_folium(squares)
    cluster = MarkerCluster(name="offices").add_to(board)
    folium.Marker((53.5, -1.9), tooltip="An office").add_to(cluster)
    HeatMap([(53.5, -1.9, 1.0)], name="claims").add_to(board)
    page = board.get_root().render()
    switch = page[page.index("setTimeout") :]
    assert f'"offices": {cluster.get_name()}' in switch
    assert '"claims": heat_map' in switch


def test_names_are_never_markup(halves):
    evil = halves.assign(name=[SCRIPT, "<img src=x onerror=alert(1)>"])
    board = geoplan.to_folium({SCRIPT: evil}, geoplan.compare(evil, halves, weight="area"))
    page = board.get_root().render()
    assert "window.broken = 1</script>" not in page
    assert "<img src=x" not in page


def offline(page: str) -> str:
    """Put Leaflet out of this package in the place of what folium asks the network for."""
    script, style = f"<script>{asset('leaflet.js')}</script>", f"<style>{asset('leaflet.css')}</style>"
    page = re.sub(r'<script src="https://[^"]*/leaflet\.js"></script>', lambda _: script, page)
    page = re.sub(r'<link rel="stylesheet" href="https://[^"]*/leaflet\.css"\s*/>', lambda _: style, page)
    return re.sub(r'<script src="https://[^"]*"></script>|<link rel="stylesheet" href="https://[^"]*"\s*/>', "", page)


@pytest.fixture(scope="module")
def opened(browser, compared, halves, tmp_path_factory):
    """A canvas in the browser."""
    evil = halves.assign(name=[SCRIPT, "East"])
    board = geoplan.to_folium(compared, {SCRIPT: evil})
    later = folium.FeatureGroup(name="added later").add_to(board)
    folium.CircleMarker((53.6, -1.9), radius=9, tooltip="An office").add_to(later)
    page = board.get_root().render()
    page = re.sub(
        r'<script src="https://[^"]*/leaflet\.js"></script>', lambda _: f"<script>{asset('leaflet.js')}</script>", page
    )
    page = re.sub(
        r'<link rel="stylesheet" href="https://[^"]*/leaflet\.css"\s*/>',
        lambda _: f"<style>{asset('leaflet.css')}</style>",
        page,
    )
    page = offline(page)
    file = tmp_path_factory.mktemp("canvas") / "map.html"
    file.write_text(page, encoding="utf-8")
    browser.get(file.as_uri())
    WebDriverWait(browser, 20).until(lambda b: b.find_elements(By.CSS_SELECTOR, ".leaflet-control-layers"))
    return browser


def test_a_browser_draws_switches_and_tells(opened):
    drawn, rows = "path.leaflet-interactive", ".leaflet-control-layers-overlays label"
    # Four areas, a cut piece, one in none, two outlines and the circle.
    assert len(opened.find_elements(By.CSS_SELECTOR, drawn)) == 9
    labels = [each.get_attribute("textContent").strip() for each in opened.find_elements(By.CSS_SELECTOR, rows)]
    assert labels == ["left", "left / right: cut", "left / right: in none", SCRIPT, "added later"]
    opened.execute_script("document.querySelectorAll('.leaflet-control-layers-overlays input')[3].click()")
    WebDriverWait(opened, 10).until(lambda _: len(opened.find_elements(By.CSS_SELECTOR, drawn)) == 7)
    ActionChains(opened).move_to_element(opened.find_elements(By.CSS_SELECTOR, drawn)[0]).click().perform()
    popups = ".leaflet-popup-content"
    WebDriverWait(opened, 10).until(lambda _: "How it stands" in opened.find_element(By.CSS_SELECTOR, popups).text)
    key = opened.find_element(By.CSS_SELECTOR, ".leaflet-top.leaflet-left").text
    assert LOOKS[Standing.INSIDE].term in key
    assert opened.execute_script("return window.broken") is None


def test_the_same_result_holds_the_same_features(compared):
    one, two = (json.dumps(groups(geoplan.to_folium(compared))) for _ in range(2))
    assert one == two


def test_a_layer_without_ground_is_left_out(squares):
    empty = gpd.GeoDataFrame({"code": ["A", "B"]}, geometry=[shapely.box(4e5, 4e5, 4.1e5, 4.1e5), None], crs=27700)
    with pytest.raises(geoplan.errors.InputError):
        geoplan.to_folium(squares, empty)
