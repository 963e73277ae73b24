"""The documentation site: every page is reached, nothing is loaded from elsewhere, pictures stay small."""

from __future__ import annotations

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
            below = [page.parent / f"{word.strip('<>')}.md" for word in block.split()]
            waiting += [each for each in below if each.exists() and each not in reached]
    assert set(docs.rglob("*.md")) == reached


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
