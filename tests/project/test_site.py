"""The documentation site: every page is reached, nothing is loaded from elsewhere, pictures stay small."""

from __future__ import annotations

import json
import re
from importlib.metadata import version

import pytest

LOADED = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=[\"'](?:https?:)?//", flags=re.IGNORECASE)
TOCTREE = re.compile(r"```\{toctree\}(.*?)```", flags=re.DOTALL)


@pytest.fixture
def docs(request):
    return request.config.rootpath / "docs"


def test_every_page_is_reached_from_the_first(docs):
    reached, waiting = set(), [docs / "index.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        for block in TOCTREE.findall(page.read_text(encoding="utf-8")):
            named = [page.parent / word.strip("<>") for word in block.split()]
            below = [each.with_name(each.name + suffix) for each in named for suffix in (".md", ".ipynb")]
            waiting += [each for each in below if each.exists() and each not in reached]
    assert {*docs.rglob("*.md"), *docs.rglob("*.ipynb")} == reached


def test_notebooks_are_short_and_hold_no_outputs(docs):
    for path in (docs / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert 8 <= len(code) <= 12, path.name
        assert not any(cell["outputs"] or cell["execution_count"] for cell in code), path.name
        assert path.stat().st_size < 20_000, path.name


def test_every_notebook_was_run_for_the_site(docs):
    site = docs.parent / "build" / "site"
    if not site.exists():
        pytest.skip("the site is built by scripts/test")
    for path in (docs / "notebooks").glob("*.ipynb"):
        page = (site / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
        assert page.count("cell_output") >= 8, path.name


def test_the_site_loads_nothing_from_elsewhere(docs):
    site = docs.parent / "build" / "site"
    if not site.exists():
        pytest.skip("the site is built by scripts/test")
    for page in site.rglob("*.html"):
        assert not LOADED.search(page.read_text(encoding="utf-8")), page.name


def test_pictures_stay_small(docs):
    sizes = [path.stat().st_size for path in docs.rglob("*.png")]
    assert max(sizes) < 250_000
    assert sum(sizes) < 1_000_000


def test_the_citation_is_of_this_version(docs):
    text = (docs.parent / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {version('geoplan')}\n" in text
