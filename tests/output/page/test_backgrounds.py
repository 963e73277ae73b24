"""Backgrounds of tiles: which there are; the page asks their one host, shows them grey and asks nobody else."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import xyzservices
from browsing import show
from click.testing import CliRunner
from PIL import Image, ImageDraw
from selenium.webdriver.support.ui import WebDriverWait
from toy_audit import result_of

from geoplan.cli.main import cli
from geoplan.errors import ConfigurationError
from geoplan.output.page import webmap
from geoplan.output.page.backgrounds import Tiles, background_of
from geoplan.schema import wording

# ---------------------------------------------------------------------------------------------- by name


def test_osm_is_openstreetmap_in_any_spelling():
    told = background_of("osm")
    assert told == background_of("OpenStreetMap.Mapnik") == background_of("openstreetmap mapnik")
    assert told.address == "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
    assert told.attribution == "Background: © OpenStreetMap contributors (openstreetmap.org/copyright)."
    assert background_of("") is None


def test_a_provider_is_taken_as_well_as_its_name():
    provider = xyzservices.providers.Esri.WorldGrayCanvas
    assert background_of(provider) == background_of("Esri.WorldGrayCanvas")
    own = xyzservices.TileProvider(name="Ours", url="https://tiles.example.org/{z}/{x}/{y}.png", attribution="© Us")
    assert background_of(own).host == "https://tiles.example.org"
    with pytest.raises(ConfigurationError, match="7 is no background"):
        background_of(7)


def test_every_background_that_fits_has_one_host_and_no_gap_in_its_address():
    fit = 0
    for name in xyzservices.providers.flatten():
        try:
            told = background_of(name)
        except ConfigurationError:
            continue
        fit += 1
        assert told.address.startswith(f"{told.host}/"), name
        assert told.host.startswith("https://")
        assert told.address.format(z=7, x=62, y=41).count("{") == 0, name
        assert not any(sign in told.host for sign in " ;'*{")
        assert len(told.attribution) > len("Background: ."), name
        assert "<" not in told.attribution
    assert fit > 40


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("OpenStreetMap.Mapnk", r"no background 'OpenStreetMap\.Mapnk'\. Nearest: OpenStreetMap\.Mapnik"),
        ("mars", r"no background 'mars'\. There are osm, "),
        ("OrdnanceSurvey.Light", "it needs a key of your own.*Without a key there are osm"),
        ("Thunderforest.Landscape", "it needs a key of your own"),
        ("nlmaps.grijs", "it shows no part of the United Kingdom"),
        ("Esri.AntarcticBasemap", "its tiles are in another projection"),
        ("Gaode.Normal", "its host is asked without encryption"),
        ("Stadia.AlidadeSatellite", "its host no longer answers"),
    ],
)
def test_what_cannot_stand_behind_the_map_is_refused_with_the_reason(name, said):
    with pytest.raises(ConfigurationError, match=said):
        background_of(name)


def test_the_command_refuses_an_unknown_background_before_any_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, ["map", "connect_to_work", "--tiles", "Esri.WorldGreyCanvas"])
    assert done.exit_code == 2
    assert "Nearest: Esri.WorldGrayCanvas" in done.output
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------------------------------- in a browser


def tile() -> bytes:
    """A gaudy tile: orange land, a blue road, green woods."""
    image = Image.new("RGB", (256, 256), "#ff9a3c")
    pen = ImageDraw.Draw(image)
    pen.line((0, 128, 256, 90), fill="#0000ff", width=8)
    pen.rectangle((150, 150, 250, 250), fill="#00a000")
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


@pytest.fixture
def host() -> Iterator[tuple[str, list[str]]]:
    """A host of tiles on this machine, and the paths that it was asked for."""
    asked: list[str] = []
    picture = tile()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(picture)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def result(blocks, block_layer):
    left = block_layer("left", {"a": {"E1.a": 1.0, "E1.b": 1.0}, "b": {"E2": 1.0}, "c": {"E3": 1.0, "E4": 1.0}})
    right = block_layer("right", {"x": {"E1.a": 1.0, "E3": 1.0}, "y": {"E1.b": 1.0, "E2": 1.0, "E4": 1.0}})
    return result_of(blocks, (left, right))


def pixels(browser) -> np.ndarray:
    """Return what stands on the map, in red, green and blue from 0 to 1, without its edges."""
    with Image.open(io.BytesIO(browser.find_element("id", "stage").screenshot_as_png)) as image:
        return np.asarray(image.convert("RGB"), dtype=float)[60:-60, 60:-60] / 255


def test_tiles_are_shown_under_the_policy_of_the_page_and_nobody_else_is_asked(
    browser, result, tmp_path, monkeypatch, host
):
    address, asked = host
    behind = Tiles("stand-in", address + "/{z}/{x}/{y}.png", address, "Background: © nobody.", 19)
    monkeypatch.setattr(webmap, "background_of", lambda _: behind)
    shown = show(browser, webmap.page(result, tiles="stand-in"), tmp_path)
    drawn = "return [...document.querySelectorAll('.leaflet-tile')].every((t) => t.complete && t.naturalWidth === 256)"
    WebDriverWait(browser, 10).until(lambda b: asked and b.execute_script(drawn))
    assert shown.get_log("browser") == []
    assert all(path.endswith(".png") for path in asked)
    sources = shown.execute_script("return [...document.querySelectorAll('.leaflet-tile')].map((t) => t.src)")
    assert sources
    assert all(source.startswith(f"{address}/") for source in sources)
    elsewhere = address.replace("127.0.0.1", "localhost")
    blocked = shown.execute_async_script(
        "const done = arguments[1]; const seen = [];"
        "document.addEventListener('securitypolicyviolation', (e) => seen.push(e.effectiveDirective));"
        "const image = new Image(); image.src = arguments[0] + '/1/1/1.png';"
        "fetch(arguments[0]).catch(() => {}); fetch(arguments[0].replace('localhost', '127.0.0.1')).catch(() => {});"
        "setTimeout(() => done(seen), 400)",
        elsewhere,
    )
    assert sorted(blocked) == ["connect-src", "connect-src", "img-src"]
    shown.get_log("browser")
    # A picture to take away has none of the host's, and does without its credit.
    taken = shown.execute_async_script("geoplan.picture.png(geoplan.page.map).then((blob) => arguments[0](blob.size))")
    assert taken > 10_000
    assert "nobody" not in shown.execute_script("return geoplan.picture.svg(geoplan.page.map)")
    assert wording.attribution() in shown.find_element("tag name", "footer").text


def test_grey_stays_grey_and_ground_keeps_its_colours(browser, result, tmp_path, monkeypatch, host):
    address, _ = host
    behind = Tiles("stand-in", address + "/{z}/{x}/{y}.png", address, "Background: © nobody.", 19)
    monkeypatch.setattr(webmap, "background_of", lambda _: behind)
    shown = show(browser, webmap.page(result, tiles="stand-in"), tmp_path)
    drawn = "return [...document.querySelectorAll('.leaflet-tile')].every((t) => t.complete && t.style.opacity === '1')"
    WebDriverWait(browser, 10).until(lambda b: b.execute_script(drawn))
    # Names, numbers and borders stand above the tiles.
    above = "document.querySelectorAll('.leaflet-marker-pane, .leaflet-lines-pane, .leaflet-control-container')"
    shown.execute_script(f"{above}.forEach((each) => {{ each.style.display = 'none'; }})")
    after = pixels(shown)
    # The same on white paper.
    shown.execute_script("document.querySelector('.leaflet-tile-pane').style.display = 'none'")
    shown.execute_script("document.querySelector('.folium-map').style.background = '#fff'")
    before = pixels(shown)
    sea = (before == 1).all(axis=2)
    assert sea.mean() > 0.1
    assert (np.ptp(after[sea], axis=1) < 0.02).mean() > 0.999, "tiles themselves are grey"
    assert np.ptp(after[sea].mean(axis=1)) > 0.1, "and there is something on them"
    # Every pixel of ground is its colour on paper times one shade of grey.
    bright = ~sea & (before > 0.3).all(axis=2)
    shade = after[bright] / before[bright]
    assert bright.mean() > 0.3
    assert (np.ptp(shade, axis=1) < 0.05).mean() > 0.97
    assert json.dumps(shown.get_log("browser")) == "[]"
