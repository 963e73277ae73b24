"""The brief: a sound page that asks nothing of the network, true to the audit, on two printed pages."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browsing import violations
from toy_audit import finding, result_of

import geoplan
from geoplan.auditing import audit, results
from geoplan.auditing.holders.gathering import holders_table
from geoplan.auditing.profiles.profile import focus_profile
from geoplan.data.focus import Focus
from geoplan.data.shipped.land import LAND_CREDIT
from geoplan.output.brief import brief
from geoplan.output.picture.inline.pair_map import pair_map
from geoplan.output.summary import answers, listings
from geoplan.output.summary.figures import key_figures
from geoplan.output.summary.profiled import headline
from geoplan.output.workbook.asked.holders import holder_sheets
from geoplan.schema import Severity, Source, Weight, wording

NEAR = {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}, "w": {"W1": 1}}
FAR = {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}}
B = Focus("near", "b", "Area b", frozenset({"E2", "E3"}))
VOID = {"meta", "col", "link", "br", "hr", "img", "input"}
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</title></style></svg><script>alert(1)</script>",
    "{{ 7*7 }}{% raw %}",
    "\"'><svg onload=alert(1)>&lt;b&gt;",
    "<!-- Area & Sons -->",
)


class Page(HTMLParser):
    """What a page says and what it is made of; an unbalanced tag is an error."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.texts = [], [], []
        self.feed(html)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), f"<{tag}> has an attribute twice"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another"

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append((self.open[-1] if self.open else "", data))

    @property
    def text(self):
        return " ".join(" ".join(data for _, data in self.texts).split())

    def named(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]

    def inside(self, tag):
        return [" ".join(data.split()) for name, data in self.texts if name == tag]


@pytest.fixture
def near(block_layer):
    return block_layer("near", NEAR)


@pytest.fixture
def far(block_layer):
    return block_layer("far", FAR, extent="E")


@pytest.fixture(params=["pair", "focus", "bare", "alone", "clean", "ground"])
def toy(request, near, far, blocks, block_layer):
    """One audit of every kind that a brief is written of."""
    return {
        "pair": lambda: result_of(blocks, (near, far)),
        "focus": lambda: result_of(blocks, (near, far), focus=B),
        "bare": lambda: result_of(blocks.drop(columns="geometry"), (near, far)),
        "alone": lambda: result_of(blocks, alone=[near], further=[finding("GP405", "near", "b")]),
        "clean": lambda: result_of(blocks, (near, block_layer("same", NEAR))),
        "ground": lambda: result_of(blocks, (near, far), weight=Weight.AREA),
    }[request.param]()


# ---------------------------------------------------------------------------------------------- the page


def test_the_page_is_sound_html(toy):
    page = Page(brief.page(toy))
    assert page.named("html") == [{"lang": "en-GB"}]
    assert page.tags[0][0] == "html"
    assert {"charset": "utf-8"} in page.named("meta")
    assert len(page.inside("title")) == 1 + len(page.named("svg")[:1])
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_headings_are_in_order_under_one_title(toy):
    page = Page(brief.page(toy))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(lower - upper <= 1 for upper, lower in itertools.pairwise(levels))
    assert page.inside("h1") == page.inside("title")[:1]


def test_tables_can_be_read_aloud(toy):
    page = Page(brief.page(toy))
    assert page.named("th")
    assert all(attrs.get("scope") in {"col", "row", "rowgroup"} for attrs in page.named("th"))
    assert len(page.named("caption")) == len(page.named("table"))
    for picture in page.named("svg"):
        assert picture.get("role") == "img" or picture.get("aria-hidden") == "true"
    for named in (attrs["aria-labelledby"] for attrs in page.named("svg") if "aria-labelledby" in attrs):
        assert set(named.split()) <= {attrs.get("id") for _, attrs in page.tags}


def test_nothing_is_asked_of_the_network_and_nothing_runs(toy):
    html = brief.page(toy)
    page = Page(html)
    assert not {"script", "link", "iframe", "object", "embed", "base", "form", "img"} & {tag for tag, _ in page.tags}
    for tag, attrs in page.tags:
        assert not any(name.startswith("on") or name in {"src", "srcset", "xlink:href"} for name in attrs)
        assert "href" not in attrs or tag == "a"
        assert all("url(" not in (value or "") or (value or "").startswith("url(#fill-") for value in attrs.values())
    assert "@import" not in html
    (policy,) = [attrs["content"] for attrs in page.named("meta") if "http-equiv" in attrs]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_only_sources_are_linked(near, far, blocks):
    near = replace(near, source=Source("Office", url="https://example.org/?a=1&b=2"))
    far = replace(far, source=Source("Ministry", url="javascript:alert(1)"))
    page = Page(brief.page(result_of(blocks, (near, far))))
    assert page.named("a") == [{"href": "https://example.org/?a=1&b=2", "rel": "noreferrer"}]
    assert page.inside("a") == ["Office"]
    assert "Ministry" in page.text


@pytest.mark.parametrize("focus", [False, True])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_stay_text(block_layer, blocks, hostile, focus):
    near = block_layer("near", NEAR, title=hostile, edition=hostile, source=Source(hostile))
    far = block_layer("far", FAR, title=f"{hostile} 2", confidence=hostile)
    near.areas["name"] = far.areas["name"] = hostile
    near.areas["lead_body"] = f"{hostile} lead"
    hurt = finding("GP405", "near", "b", name=hostile)
    tame = result_of(
        blocks, (block_layer("near", NEAR), block_layer("far", FAR)), further=[replace(hurt, name="")],
        focus=B if focus else None,
    )  # fmt: skip
    html = brief.page(result_of(blocks, (near, far), further=[hurt], focus=replace(B, name=hostile) if focus else None))
    page = Page(html)
    assert {tag for tag, _ in page.tags} == {tag for tag, _ in Page(brief.page(tame)).tags}
    assert len(page.named("svg")) == len(Page(brief.page(tame)).named("svg"))
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert page.text.count(" ".join(hostile.split())) > 5
    assert html.count("<!--") == 0


def test_the_same_result_gives_the_same_bytes(toy):
    assert brief.page(toy).encode() == brief.page(toy).encode()
    assert brief.page(toy).endswith("</html>\n")


def test_question_answer_figures_come_first_and_in_that_order(toy):
    text = Page(brief.page(toy)).text
    figures = [f"{figure.label} {figure.value} {figure.note}" for figure in key_figures(toy)]
    wanted = [brief._question(toy), *answers.answer_sentences(toy), *figures, "Method and limits"]
    places = [text.find(words, text.index("Boundary audit of") if n else 0) for n, words in enumerate(wanted)]
    assert -1 not in places
    assert places == sorted(places)


def test_every_row_is_on_the_page(toy):
    text = Page(brief.page(toy)).text
    for row in listings.layer_rows(toy):
        assert f"{row.title} {row.edition} {row.status}" in text
    for row in listings.exception_rows(toy):
        assert row.text in text
        assert row.amount in text
    if not toy.focus:
        for row in (rows := listings.pair_rows(toy)):
            counts = [row.counts[each] for each in listings.standings_shown(rows)]
            assert f"{row.right} {row.areas} {' '.join(map(str, counts))}" in text


def test_further_areas_are_those_no_row_stands_for(near, far, block_layer, blocks):
    twin = block_layer("twin", {"bb": NEAR["b"]})
    result = result_of(blocks, (near, far), (twin, far))
    rows = listings.exception_rows(result)
    assert {area for row in rows for area in row.areas} == {("near", "b"), ("twin", "bb")}
    assert "further area" not in brief._rest_sentence(result, rows)
    assert brief._rest_sentence(result, []).startswith("2 further areas have errors or warnings. In all: ")


def test_a_brief_without_outlines_says_so(near, far, blocks):
    page = Page(brief.page(result_of(blocks.drop(columns="geometry"), (near, far))))
    assert page.named("svg") == []
    assert "There is no map here" in page.text


def test_no_findings_and_other_units_are_named_rightly(near, far, blocks, block_layer):
    clean = Page(brief.page(result_of(blocks, (near, block_layer("same", NEAR))))).text
    assert "No errors and no warnings." in clean
    assert "In all: no errors, no warnings; 0 notes for information." in clean
    ground = Page(brief.page(result_of(blocks, (near, far), weight=Weight.AREA))).text
    assert "counted in square kilometres" in ground
    assert "The square kilometres where two geographies overlap only in part are" in ground


# ---------------------------------------------------------------------------------------------- what ships


@pytest.fixture(scope="module")
def shipped():
    return audit.run(geometry=True)


@pytest.fixture(scope="module")
def shipped_html(shipped):
    return brief.page(shipped)


def test_the_shipped_answer_is_that_of_the_audit(shipped, shipped_html):
    counts, page = shipped.pairs[0].summary, Page(shipped_html)
    assert (counts["left"], counts["right"]) == ("connect_to_work", "icb_2026")
    assert counts["coterminous"] in {10, 11}
    asked = answers.compared(shipped.pairs[0])
    assert f"Of the {asked} Connect to Work areas in England" in page.text
    assert f"{counts['coterminous']} have the same boundary as one" in page.text
    assert f"{counts['coterminous']} of {asked}" in page.inside("strong")
    assert f"{counts['straddles']} of {asked}" in page.inside("strong")
    assert "Nobody is left out" in page.text
    assert not [f for f in shipped.findings if f.severity is Severity.ERROR]


def test_the_shipped_brief_says_how_sure_it_is(shipped, shipped_html):
    text = Page(shipped_html).text
    assert re.search(r"\b[Ii]ndicative\b", text)
    assert f"members as of {wording.day(shipped.as_of)}" in text
    assert "1 April 2026" in text
    assert f"{wording.attribution()} {LAND_CREDIT} Made with geoplan." in text
    assert "Crown copyright" in text
    assert "Open Government Licence v3.0" in text
    unsure = sum(f.rule == "GP405" for f in shipped.findings)
    assert unsure
    assert f"Of {unsure} areas some members, or all, were read from a name or inferred and are not confirmed." in text
    assert "Swindon and Wiltshire: Swindon and Wiltshire (inferred)" in text
    assert re.search(r"\. [A-Z][A-Za-z, ]+: lead body not confirmed\.", text)
    assert "lead body not confirmed either" not in text
    assert "known to change after 1 April 2026: Hampshire and the Solent begins on 4 June 2026." in text
    assert "Members not confirmed" in Page(shipped_html).inside("h2")
    assert not re.search(r"\b(nan|None of type|NaN|undefined)\b", text)
    assert str(Path(geoplan.__file__).parent) not in shipped_html


def test_the_shipped_picture_numbers_every_cut_area(shipped, shipped_html):
    cut = shipped.pairs[0].summary["straddles"]
    badges = [text for text in Page(shipped_html).inside("text") if text.isdigit()]
    assert list(range(1, cut + 1)) == sorted(map(int, badges))[:cut]
    drawn = pair_map(shipped)
    # Who is numbered because the name has no room is named in the key, and London stands enlarged on the map.
    assert sorted(map(int, badges))[cut:] == [int(number) for number, _ in drawn.key]
    assert [view.over is not None for view in drawn.views] == [False, True]
    assert "Central London Forward" in drawn.numbered[0]
    assert "1" in {text.words for text in drawn.views[1].texts}


@pytest.fixture(scope="module")
def suffolk():
    return audit.run(results.Configuration(focus="connect_to_work:Suffolk"), geometry=True)


def test_the_brief_about_suffolk(suffolk):
    page = Page(brief.page(suffolk))
    assert page.inside("h1") == ["Suffolk: who works with whom, and where do the boundaries cut?"]
    assert "Members: Babergh, East Suffolk, Ipswich, Mid Suffolk, West Suffolk." in page.text
    assert "Suffolk lies inside it" in page.text
    # The old boards of Norfolk and Waveney and of North East Essex met in East Suffolk; the new one does not cut it.
    assert "Suffolk: integrated care board Norfolk and Suffolk (46% of it); no combined authority;" in page.text
    assert "No boundary in force cuts Suffolk." in page.text
    assert (
        "In the past it was cut by integrated care boards: 668,000 people in Suffolk and North East Essex" in page.text
    )
    assert "health board" not in page.text
    assert "Suffolk" in page.inside("tspan")
    assert "Norfolk" in page.inside("tspan")


def test_the_brief_about_an_area_opens_as_its_profile_does(suffolk):
    found, text = focus_profile(suffolk), Page(brief.page(suffolk)).text
    said = [*headline.verdict(found), *(f"{each.label} {each.value} {each.note}" for each in headline.figures(found))]
    places = [text.find(words) for words in (*said, "The geographies of this audit", "Who holds what in Suffolk")]
    assert -1 not in places
    assert places == sorted(places)
    assert "Lead and accountable body" not in text  # the list of who must sit at the table says it
    assert "Suffolk County Council : lead body and accountable body; Connect to Work grant" in text


def test_the_workbook_about_an_area_has_the_same_holders_and_seats(suffolk):
    holders, seats = holder_sheets(suffolk)
    assert (holders.name, seats.name) == ("Holders", "Table")
    assert list(holders.table["Held by"]) == list(holders_table(focus_profile(suffolk).held)["body"])
    assert seats.table["Body"].iloc[0] == "Suffolk County Council"
    assert holder_sheets(replace(suffolk, focus=None)) == []


# ---------------------------------------------------------------------------------------------- on paper


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Print a page with Debian's chromium; skipped without it, but never on the build server."""
    chromium = shutil.which("chromium")
    if not chromium:
        reason = "no chromium on this machine to print with (Debian: apt install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)

    def made(html):
        folder = tmp_path_factory.mktemp("print")
        page, pdf = folder / "brief.html", folder / "brief.pdf"
        page.write_text(html, encoding="utf-8")
        switches = (
            "headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
            "disable-background-networking", "disable-component-update", "disable-sync",
            f"user-data-dir={folder / 'profile'}", "no-pdf-header-footer", f"print-to-pdf={pdf}",
        )  # fmt: skip
        command = [chromium, *(f"--{switch}" for switch in switches), page.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return pdf

    return made


@pytest.fixture(scope="module")
def print_pages(printed):
    return lambda html: sheets(printed(html))


def told(pdf, *options):
    """Return what pdftotext reads, a form feed after each sheet; skipped without it."""
    if not shutil.which("pdftotext"):
        pytest.skip("no pdftotext on this machine (Debian: apt install poppler-utils)")
    asked = ["pdftotext", *options, str(pdf), "-"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout


def smallest_points(pdf):
    """Return the size of the smallest word; boxes are some 1.15 of the size high, whatever the font."""
    boxes = re.findall(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">[^<]*[A-Za-z0-9]', told(pdf, "-bbox"))
    assert len(boxes) > 100
    return min(float(bottom) - float(top) for top, bottom in boxes) / 1.149


def sheets(pdf):
    if shutil.which("pdfinfo"):
        told = subprocess.run(["pdfinfo", pdf], check=True, capture_output=True, text=True).stdout
        return int(re.search(r"^Pages:\s+(\d+)$", told, re.MULTILINE)[1])
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf.read_bytes()))


def test_the_default_audit_prints_on_two_pages_and_one_of_sources(shipped_html, print_pages):
    assert print_pages(shipped_html) <= 3
    # The count itself is no constant.
    assert print_pages(shipped_html.replace("<h2>", '<h2 style="break-before:page">')) > 3


def test_answer_and_exceptions_print_before_the_page_of_sources(shipped_html, printed):
    first, second, third = told(printed(shipped_html)).split("\f")[:3]
    assert "The answer" in first
    assert "Which geographies fit which" in first
    assert "Where the borders cut" in second
    assert "Exceptions, largest first" in second
    assert "Sources, editions and confidence" in third
    assert "Method and limits" in third


def test_nothing_prints_smaller_than_eight_points(shipped_html, suffolk, printed):
    for html in (shipped_html, brief.page(suffolk)):
        assert smallest_points(printed(html)) >= 8 - 0.2


def test_authorities_are_named_where_none_are_compared():
    wales = audit.run(results.Configuration(focus="connect_to_work:South East Wales"), geometry=True)
    text = Page(brief.page(wales)).text
    assert "Of the authorities of South East Wales, those with the most bodies to work with here: " in text
    assert not re.search(r"\bW0600\d{4}\b", text)
    assert "integrated care" not in text


def test_no_code_of_a_rule_and_no_move_stands_in_a_brief(shipped_html, suffolk):
    for html in (shipped_html, brief.page(suffolk)):
        text = Page(html).text
        assert not re.search(r"\bGP\d{3}\b|geoplan rule", text)
        assert "would have to change area" not in text.replace("not how many would have to change area", "")


def test_a_focus_is_told_on_two_pages_and_its_sources_follow(suffolk, printed):
    pages = told(printed(brief.page(suffolk))).split("\f")
    assert len(pages) - 1 <= 3
    assert "Suffolk in each geography" in pages[0]
    assert "Who must sit at the table" in pages[1]
    assert "What needs attention in Suffolk" in pages[1]


def test_on_a_phone_no_table_widens_the_page_and_each_is_reached_by_keys(browser, shipped_html, tmp_path):
    (tmp_path / "brief.html").write_text(shipped_html, encoding="utf-8")
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        browser.get((tmp_path / "brief.html").as_uri())
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        assert violations(browser) == []
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
