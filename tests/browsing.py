"""Pages opened in a real browser, and what axe-core says of them."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def show(browser: webdriver.Chrome, page: str, folder: Path) -> webdriver.Chrome:
    file = folder / "map.html"
    file.write_text(page, encoding="utf-8")
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    browser.get(file.as_uri())
    WebDriverWait(browser, 20).until(lambda b: b.execute_script("return document.body.dataset.ready") == "yes")
    return browser


def violations(browser: webdriver.Chrome) -> list[str]:
    """Return what axe-core calls serious or critical, with the elements."""
    source = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    browser.execute_script(source)
    found = browser.execute_async_script(
        "const done = arguments[1];"
        "axe.run(document, { runOnly: { type: 'tag', values: arguments[0] }, resultTypes: ['violations'] })"
        ".then((result) => done(result.violations))",
        AXE_TAGS,
    )
    return [
        f"{each['id']} ({each['impact']}): {[node['html'][:160] for node in each['nodes'][:3]]}"
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]
