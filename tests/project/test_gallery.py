"""The gallery: every page is there, small enough and asks nobody for anything; it says when it is out of date."""

from __future__ import annotations

import html
import importlib.machinery
import importlib.util
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest
from roots import ROOT
from toy_audit import result_of

from geoplan.schema import wording

MAPS = ROOT / "maps"
MEGABYTE = 1_000_000


def load() -> ModuleType:
    """Import the script, which has no ending."""
    loader = importlib.machinery.SourceFileLoader("gallery", str(ROOT / "scripts" / "gallery"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("gallery", loader))
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = kept
    return module


@pytest.fixture(scope="module")
def gallery() -> ModuleType:
    return load()


class Reader(HTMLParser):
    """Collects what a page loads, what it links to, and its pictures."""

    LOADED = frozenset({"src", "srcset", "data", "poster", "background"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.loaded += [value for name, value in attrs if name in self.LOADED and value]
        if tag == "link":
            self.loaded.append(held.get("href") or "")
        elif tag == "a":
            self.links.append(held.get("href") or "")
        elif tag == "img":
            self.images.append(held)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def pages() -> list[Path]:
    return sorted(path for path in MAPS.glob("*.html") if path.name != "index.html")


def test_the_index_lists_every_page_and_every_link_resolves(gallery):
    index = Reader(text_of(MAPS / "index.html"))
    assert index.links == [f"{name}.html" for name in gallery.PAGES]
    assert {path.stem for path in pages()} == set(gallery.PAGES)
    assert all((MAPS / target).is_file() for target in (*index.links, *index.loaded))
    assert [image["src"] for image in index.images] == [f"{name}.png" for name in gallery.PAGES]
    assert all(image["alt"] for image in index.images)


def test_the_index_says_of_each_page_its_answer_its_day_and_how_far_to_trust_it(gallery):
    text = text_of(MAPS / "index.html")
    assert '<html lang="en-GB">' in text
    assert len(re.findall(f"As of 1 April 2026. {wording.INDICATIVE}", text)) == len(gallery.PAGES)
    assert "Of the 45 Connect to Work areas in England" in text
    assert "would pass as labour market areas by modelled commuting" in text
    assert "Commuting is modelled." in text


def test_the_gallery_stays_small():
    sizes = {path.name: path.stat().st_size for path in MAPS.iterdir()}
    assert sum(sizes.values()) < 6 * MEGABYTE
    assert all(size < 3 * MEGABYTE for size in sizes.values())
    assert all(size < 0.1 * MEGABYTE for name, size in sizes.items() if name.endswith(".png"))
    assert (ROOT / "docs" / "map.png").stat().st_size < 0.25 * MEGABYTE


@pytest.mark.parametrize(
    "name", ["index", "national", "greater-manchester", "suffolk", "labour-markets", "icbs-2024-2026"]
)
def test_no_page_loads_anything_from_outside(name):
    source = text_of(MAPS / f"{name}.html")
    text = html.unescape(source)
    assert [address for address in Reader(source).loaded if re.match(r"(https?:)?//", address)] == []
    assert not re.search(r"url\(\s*[\"']?\s*(https?:)?//|@import", text)
    assert name == "index" or "default-src 'none'" in text


@pytest.fixture
def result(block_layer, blocks):
    left = block_layer("near", {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}})
    right = block_layer("far", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}}, extent="E")
    return result_of(blocks, (left, right))


def test_a_page_is_made_of_a_map_and_a_picture_and_is_the_same_every_time(gallery, result):
    files, section = gallery.page_files("national", result)
    assert list(files) == ["maps/national.html", "maps/national.png"]
    assert files["maps/national.html"].startswith(b"<!DOCTYPE html>")
    assert files["maps/national.png"].startswith(b"\x89PNG")
    assert gallery.page_files("national", result) == (files, section)
    assert "1 is cut" in section


def test_names_are_text_in_the_index(gallery, result):
    layer = replace(result.pairs[0].overlay.left, title='"><script>x</script>')
    pair = replace(result.pairs[0], overlay=replace(result.pairs[0].overlay, left=layer))
    hostile = replace(result, pairs=(pair, *result.pairs[1:]), layers={**result.layers, "near": layer})
    _, section = gallery.page_files("national", hostile)
    assert "<script" not in section
    assert "&lt;script&gt;" in section


def test_it_names_what_would_change_and_writes_nothing_else(gallery, tmp_path):
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "README.md").write_text("kept")
    files = {"maps/one.html": b"1", "maps/two.png": b"2"}
    assert gallery.changed(files, tmp_path) == ["maps/one.html", "maps/two.png"]
    assert gallery.write(files, tmp_path) == ["maps/one.html", "maps/two.png"]
    assert gallery.changed(files, tmp_path) == []
    before = (tmp_path / "maps" / "one.html").stat().st_mtime_ns
    (tmp_path / "maps" / "old.html").write_bytes(b"left over")
    assert gallery.write({**files, "maps/two.png": b"3"}, tmp_path) == ["maps/two.png", "maps/old.html"]
    assert (tmp_path / "maps" / "one.html").stat().st_mtime_ns == before
    assert {path.name for path in (tmp_path / "maps").iterdir()} == {"README.md", "one.html", "two.png"}


def test_check_ends_with_1_and_names_the_pages(gallery, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(gallery, "ROOT", tmp_path)
    monkeypatch.setattr(gallery, "build", lambda: {"maps/one.html": b"1"})
    monkeypatch.setattr(sys, "argv", ["gallery", "--check"])
    with pytest.raises(SystemExit) as ended:
        gallery.main()
    assert ended.value.code == 1
    assert capsys.readouterr().out == "maps/one.html\n"
    assert not (tmp_path / "maps").exists()


@pytest.mark.slow
def test_the_committed_gallery_is_what_the_script_makes():
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "gallery"), "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "The gallery is as it should be.\n")
