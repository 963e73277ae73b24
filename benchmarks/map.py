"""Weigh and time the map page beside folium.GeoJson with the same areas, simplified in the same way.

Usage: python benchmarks/map.py [--repeats 9] [--keep FOLDER]

Needs Debian's chromium and chromedriver and the packages of geoplan[test]. Folium's page loads ten files from four
hosts: for the drawing it gets Leaflet's from geoplan's own copy and none of the others, which only makes it faster.
"""

from __future__ import annotations

import argparse
import platform
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata, resources
from pathlib import Path

import folium
import geopandas as gpd
import pandas as pd
import shapely
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from geoplan.auditing import audit, results
from geoplan.auditing.results import AuditResult, Pair
from geoplan.output.page import topology, webmap
from geoplan.schema import Layer

CASES = {
    "authorities, Connect to Work areas against ICBs, mismatches": results.Configuration(
        pairs=(("connect_to_work", "icb_2026"),), layers=("lad",)
    ),
    "default audit": results.Configuration(),
}
DECIMALS = 5
DRAWN = (
    "const then = (go) => requestAnimationFrame(() => requestAnimationFrame(go));"
    "const told = () => { window.drawnAfter = performance.now(); };"
    "const late = () => document.querySelector('.leaflet-relief-pane:empty');"
    "const look = () => (late() ? requestAnimationFrame(look) : then(told));"
    "window.addEventListener('load', look);"
)
"""Two frames after everything has run, what it drew is on the screen; geoplan's relief is a picture that comes late."""


# ------------------------------------------------------------------------------------------ Folium's page


def simplified(result: AuditResult) -> gpd.GeoSeries:
    """Return the blocks as geoplan's page simplifies them, in longitude and latitude."""
    shapes = result.blocks["geometry"]
    simple = shapely.coverage_simplify(shapes.to_numpy(), topology.SIMPLIFY_M)
    return gpd.GeoSeries(simple, index=shapes.index, crs=shapes.crs).to_crs("EPSG:4326")


def areas_of(layer: Layer, blocks: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Return the areas of a layer as unions of simplified blocks, with what a tooltip says."""
    parts = layer.parts.assign(geometry=blocks.reindex(layer.parts["block"]).to_numpy())
    shapes = parts.groupby("code")["geometry"].agg(lambda own: shapely.coverage_union_all(own.to_numpy()))
    told = pd.DataFrame(layer.areas)[["name", "people"]]
    return gpd.GeoDataFrame(told.reset_index(), geometry=shapes.reindex(told.index).to_numpy(), crs=blocks.crs)


def pieces_of(pair: Pair, blocks: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Return the pieces of areas that the other layer cuts, with the people in each."""
    left, right = pair.overlay.left, pair.overlay.right
    cut = pair.relations.index[pair.relations["relation"].isin(["straddles", "partly_covered"])]
    both = left.parts[left.parts["code"].isin(cut)].merge(right.parts, on="block", suffixes=("", "_right"))
    both = both.assign(geometry=blocks.reindex(both["block"]).to_numpy())
    shapes = both.groupby(["code", "code_right"])["geometry"].agg(
        lambda own: shapely.coverage_union_all(own.to_numpy())
    )
    people = pair.overlay.table["people"].reindex(shapes.index)
    frame = pd.DataFrame({"people": people.to_numpy()}, index=shapes.index).reset_index()
    named = frame.assign(
        name=left.areas["name"].reindex(frame["code"]).to_numpy(),
        other=right.areas["name"].reindex(frame["code_right"]).to_numpy(),
    )
    return gpd.GeoDataFrame(named.drop(columns=["code", "code_right"]), geometry=shapes.to_numpy(), crs=blocks.crs)


def rounded(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame with coordinates of few decimals, as a careful user would write them."""
    return frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), lambda xy: xy.round(DECIMALS)))


def folium_page(frames: dict[str, gpd.GeoDataFrame], shown: set[str]) -> str:
    """Return Folium's map of the frames, with tooltips and a switch for each."""
    board = folium.Map(location=(54.5, -3.0), zoom_start=6, tiles=None)
    for title, frame in frames.items():
        fields = [name for name in frame.columns if name != "geometry"]
        tooltip = folium.GeoJsonTooltip(fields=fields)
        folium.GeoJson(frame, name=title, tooltip=tooltip, show=title in shown).add_to(board)
    folium.LayerControl().add_to(board)
    return board.get_root().render()


def made_local(page: str) -> str:
    """Return Folium's page with Leaflet inside it and without the files of other hosts."""
    assets = resources.files("geoplan.output.page") / "templates"
    leaflet = f"<script>{(assets / 'leaflet.js').read_text(encoding='utf-8')}</script>"
    style = f"<style>{(assets / 'leaflet.css').read_text(encoding='utf-8')}</style>"
    page = re.sub(r'<script src="https?://[^"]*"></script>|<link[^>]*href="https?://[^"]*"[^>]*/?>', "", page)
    return page.replace("<head>", f"<head>{style}{leaflet}", 1)


def frames_of(result: AuditResult) -> tuple[dict[str, gpd.GeoDataFrame], set[str]]:
    """Return every layer and the mismatches of every pair, and the titles that the opening view shows."""
    blocks = simplified(result)
    frames = {"authorities": areas_of(result.layers["lad"], blocks)} if "lad" in result.layers else {}
    frames |= {layer.title: areas_of(layer, blocks) for key, layer in result.layers.items() if key != "lad"}
    shown = {"authorities", *(layer.title for layer in (result.pairs[0].overlay.left, result.pairs[0].overlay.right))}
    for pair in result.pairs:
        title = f"{pair.overlay.left.title} / {pair.overlay.right.title}"
        pieces = pieces_of(pair, blocks)
        if len(pieces):
            frames[title] = pieces
            shown |= {title} if pair is result.pairs[0] else set()
    return frames, shown


# ------------------------------------------------------------------------------------------ measuring


@contextmanager
def browser() -> Iterator[webdriver.Chrome]:
    """Open Debian's chromium without a screen."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    with tempfile.TemporaryDirectory() as profile:
        for switch in ("headless=new", "no-sandbox", "disable-gpu", "no-first-run", "window-size=1366,768"):
            options.add_argument(f"--{switch}")
        options.add_argument(f"--user-data-dir={profile}")
        session = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        session.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": DRAWN})
        try:
            yield session
        finally:
            session.quit()


def drawing_seconds(files: dict[str, Path], repeats: int) -> dict[str, tuple[float, int]]:
    """Return for each page the median seconds until all is drawn, and the shapes there are then; turn by turn."""
    taken: dict[str, list[float]] = {name: [] for name in files}
    shapes: dict[str, int] = {}
    with browser() as session:
        for _ in range(repeats):
            for name, file in files.items():
                session.get(file.as_uri())
                WebDriverWait(session, 120).until(lambda b: b.execute_script("return window.drawnAfter"))
                taken[name].append(session.execute_script("return window.drawnAfter") / 1000)
                shapes[name] = session.execute_script("return document.querySelectorAll('path').length")
    return {name: (statistics.median(each), shapes[name]) for name, each in taken.items()}


def pages_of(result: AuditResult) -> tuple[dict[str, str], str]:
    """Return the pages to compare, and in words what is on them."""
    frames, shown = frames_of(result)
    mismatches = sum("other" in frame for frame in frames.values())
    pieces = sum(len(frame) for frame in frames.values() if "other" in frame)
    areas = sum(len(frame) for frame in frames.values() if "other" not in frame)
    words = (
        f"{areas} areas of {len(frames) - mismatches} layers, {pieces} cut pieces of {mismatches} comparisons "
        f"({len(result.blocks)} blocks)"
    )
    pages = {
        "geoplan map.html (with its libraries)": webmap.page(result),
        "folium.GeoJson (its file alone)": folium_page(frames, shown),
        f"folium.GeoJson, {DECIMALS} decimals (its file alone)": folium_page(
            {title: rounded(frame) for title, frame in frames.items()}, shown
        ),
    }
    return pages, words


def rows_of(title: str, result: AuditResult, folder: Path, repeats: int) -> list[str]:
    """Return the rows of one case."""
    started = time.perf_counter()
    pages, words = pages_of(result)
    print(f"{title}: {words}; pages written in {time.perf_counter() - started:.1f} s", flush=True)
    files = {name: folder / f"{number}.html" for number, name in enumerate(pages)}
    for name, page in pages.items():
        files[name].write_text(page if name.startswith("geoplan") else made_local(page), encoding="utf-8")
    drawn = drawing_seconds(files, repeats)
    sizes = {name: len(page.encode()) for name, page in pages.items()}
    ours, own = next(iter(sizes.values())), next(iter(drawn.values()))[0]
    return [
        f"| {title} | {name} | {sizes[name] / 1e6:.2f} | {sizes[name] / ours:.1f} | {seconds:.2f} | "
        f"{seconds / own:.2f} | {shapes} |"
        for name, (seconds, shapes) in drawn.items()
    ]


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description="Weigh and time the map beside folium.GeoJson.")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--keep", type=Path, help="folder for the pages")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        rows = []
        for number, (title, wanted) in enumerate(CASES.items()):
            folder = (asked.keep or Path(scratch)).resolve() / str(number)
            folder.mkdir(parents=True, exist_ok=True)
            rows += rows_of(title, audit.run(wanted, geometry=True), folder, asked.repeats)
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("folium", "geopandas", "shapely", "selenium"))
    print(f"\n{platform.machine()}, Python {platform.python_version()}; {versions}; median of {asked.repeats}\n")
    print("| content | page | MB | times geoplan's | drawn after, s | times geoplan's | paths drawn |")
    print("|---|---|--:|--:|--:|--:|--:|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
