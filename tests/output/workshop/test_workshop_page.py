"""The workshop's page in a real browser: scores as the program has them, states and moves out and in."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
from dataclasses import replace
from io import StringIO

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from browsing import show
from selenium import webdriver
from selenium.webdriver.common.by import By
from shopping import EDITS, STATE, run, state

import geoplan
from geoplan.output.workshop.webpage import page
from geoplan.planning.designing.audited import Arrangement
from geoplan.planning.designing.measuring import measured
from geoplan.planning.workshop import Workshop
from geoplan.schema import Source

HOSTILE = (
    "<img src=x onerror=window.hacked=1>",
    "</script><script>window.hacked=1</script>",
    "=1+1",
    "{{ 7*7 }}\u2028",
)
MEASURED = (
    "const found = geoplan.scores.measured(geoplan.shop.data, geoplan.shop.present.label); return JSON.stringify(found)"
)


def label_of(browser: webdriver.Chrome) -> np.ndarray:
    return np.array(state(browser)["label"])


def assert_as_measured(browser: webdriver.Chrome, shop: Workshop) -> None:
    told = json.loads(browser.execute_script(MEASURED))
    expected = measured(label_of(browser), shop.ground.units, shop.ground.layers, shop.ground.today)
    for name in vars(expected):
        value = getattr(expected, name)
        assert told[name] == (None if value is None else pytest.approx(value, rel=1e-6)), name


def assert_as_counted(browser: webdriver.Chrome, shop: Workshop) -> None:
    """Compare what is told of each cluster with a count over its members, and its pieces with NetworkX's."""
    told = json.loads(browser.execute_script(MEASURED))
    label, units = label_of(browser), shop.ground.units
    members = [np.flatnonzero(label == cluster) for cluster in np.unique(label[label >= 0])]
    people = [units.people[group].sum() for group in members]
    assert [one["people"] for one in told["clusters"]] == pytest.approx(people)
    assert (told["least"], told["most"], told["areas"]) == (min(people), max(people), len(members))
    assert (told["loose"], told["no_cluster"]) == ((label < 0).sum(), units.people[label < 0].sum())
    by_water = [(a, b) for a, b, crossing in units.graph.edges(data="crossing") if crossing]
    dry = nx.restricted_view(units.graph, [], by_water)
    for one, group in zip(told["clusters"], members, strict=True):
        assert one["need"] == (None if np.isnan(need := units.need[group].sum()) else pytest.approx(need))
        pieces = {frozenset(piece) for piece in nx.connected_components(units.graph.subgraph(group))}
        assert {frozenset(part) for part in one["parts"]} == pieces
        on_land = {unit: n for n, piece in enumerate(nx.connected_components(dry.subgraph(group))) for unit in piece}
        edges = units.graph.subgraph(group).edges(data="crossing")
        assert set(one["crossings"]) == {by for a, b, by in edges if by and on_land[a] != on_land[b]}
        for n, held in enumerate(shop.ground.layers):
            assert one["layers"][n]["partners"] == (held.people[group].sum(axis=0) > 0).sum()


def random_edits(shop: Workshop, seed: int, count: int) -> str:
    """Return moves of one to four authorities, now and then into no cluster or a new one."""
    rng = np.random.default_rng(seed)
    rows = []
    for n in range(count):
        units = rng.choice(len(shop.ground.units), rng.integers(1, 5), replace=False).tolist()
        to = int(rng.integers(0, len(shop.ground.today.codes)))
        rows.append(["begin", units, f"Begun {n}"] if n % 7 == 3 else ["move", units, -1 if n % 6 == 5 else to])
    return json.dumps(rows)


# ---------------------------------------------------------------------------------------------- as text


def test_page_asks_for_nothing_from_elsewhere(text, opened):
    markup = re.sub(r"<script.*?</script>|<style.*?</style>", "", text, flags=re.DOTALL)
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", markup)
    assert len(text) < 3_000_000
    run(opened, EDITS)
    opened.find_element(By.ID, "split").click()
    seen = [json.loads(each["message"])["message"] for each in opened.get_log("performance")]
    asked = {each["params"]["request"]["url"] for each in seen if each["method"] == "Network.requestWillBeSent"}
    assert [url for url in asked if url.startswith(("http", "ws", "ftp", "//"))] == []
    assert any(url.startswith("file:") for url in asked)
    assert opened.get_log("browser") == []


def test_policy_admits_exactly_the_scripts_and_styles_of_the_page(text):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1).replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        for each in re.findall(rf"<{tag}>(.*?)</{tag}>", text, flags=re.DOTALL):
            assert f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" in policy
    own = text[text.index("Put") if "Put" in text else 0 :]
    assert not re.search(r"\beval\(|new Function\(|innerHTML", own[own.index("window.geoplan") :])


def test_same_workshop_gives_same_bytes(shop, text):
    assert page(shop) == text


# ---------------------------------------------------------------------------------------------- scores


def test_scores_of_today_and_after_twenty_random_moves_are_the_programs(opened, shop):
    assert label_of(opened).tolist() == shop.ground.today.home.tolist()
    assert_as_measured(opened, shop)
    for row in json.loads(random_edits(shop, 16, 20)):
        opened.execute_script("geoplan.shop.edit('', ...arguments[0])", row)
        assert_as_measured(opened, shop)
    assert_as_counted(opened, shop)


def test_need_and_people_in_none_are_told_where_they_are_known(opened, shop):
    run(
        opened,
        """shop.edit("", "move", shop.data.units.codes.flatMap((code, n) => (code[0] === "W" ? [n] : [])), -1)""",
    )
    told = json.loads(opened.execute_script(MEASURED))
    units = shop.ground.units
    welsh = np.array([code.startswith("W") for code in units.codes])
    assert told["no_cluster"] == units.people[welsh].sum()
    assert told["need_balance"] == pytest.approx(
        measured(label_of(opened), units, shop.ground.layers, shop.ground.today).need_balance, rel=1e-6
    )
    assert "every authority is in a cluster" in opened.find_element(By.ID, "broken").text


def test_scoreboard_says_how_much_better_or_worse(opened):
    run(opened, """move("Ceredigion", "South West Wales")""")
    rows = [each.text for each in opened.find_elements(By.CSS_SELECTOR, "#scores tbody tr")]
    (cut,) = [row for row in rows if row.startswith("health boards 10")]
    assert cut.split()[-2:] == ["\u2212389,160", "better"]
    assert "389,160 fewer" in opened.find_element(By.ID, "status").get_attribute("textContent")


# ---------------------------------------------------------------------------------------------- undo and redo


def test_undo_and_redo_take_back_and_give_again(opened, shop):
    before = opened.execute_script(STATE)
    run(opened, f"""{random_edits(shop, 3, 12)}.forEach((row) => shop.edit("", ...row)); {EDITS}""")
    after = opened.execute_script(STATE)
    count = opened.execute_script("return geoplan.shop.history.done.length")
    assert count >= 15
    states = [
        opened.execute_script("geoplan.shop.undo(); return JSON.stringify(geoplan.shop.present)") for _ in range(count)
    ]
    assert states[-1] == before
    assert len(set(states)) == count
    assert opened.find_element(By.ID, "undo").get_attribute("disabled") == "true"
    again = [
        opened.execute_script("geoplan.shop.redo(); return JSON.stringify(geoplan.shop.present)") for _ in range(count)
    ]
    assert again == [*states[-2::-1], after]
    opened.execute_script("geoplan.shop.undo()")
    run(opened, """shop.edit("", "move", [0], (shop.present.label[0] + 1) % 9)""")
    assert opened.execute_script("return geoplan.shop.history.undone.length") == 0


def test_a_thousand_moves_leave_the_page_no_larger(opened, shop):
    again = "arguments[0].forEach((row) => geoplan.shop.edit('', ...row))"

    def size() -> tuple[float, int]:
        opened.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
        told = {each["name"]: each["value"] for each in opened.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]}
        return told["JSHeapUsedSize"], opened.execute_script("return document.querySelectorAll('*').length")

    opened.execute_cdp_cmd("Performance.enable", {})
    opened.set_script_timeout(240)
    moves = [row for row in json.loads(random_edits(shop, 5, 1900)) if row[0] == "move"]
    batches = [moves[at : at + 100] for at in range(0, 1500, 100)]
    for batch in batches[:5]:
        opened.execute_script(again, batch)
    heap, nodes = size()
    for batch in batches[5:]:
        opened.execute_script(again, batch)
    heap_after, nodes_after = size()
    assert len(moves) >= 1500
    assert heap_after < heap * 1.15
    # Clusters that happen to be empty or in pieces have a row more or less.
    assert nodes_after < nodes * 1.1


# ---------------------------------------------------------------------------------------------- out and in


def test_a_state_goes_out_by_the_address_and_comes_in_again(opened, browser, text, tmp_path):
    run(opened, EDITS + "shop.keep('Ours'); " + """move("Cornwall", "Dorset")""")
    told = state(opened)
    link = opened.execute_script(
        "return geoplan.sharing.fragment(geoplan.shop.data, geoplan.shop.present, geoplan.shop.kept)"
    )
    file = opened.execute_script(
        "return geoplan.sharing.written(geoplan.shop.data, geoplan.shop.present, geoplan.shop.kept)"
    )
    browser.get("about:blank")
    show(browser, text, tmp_path)
    address = browser.current_url
    browser.get("about:blank")
    browser.get(address + link)
    assert state(opened) == told
    assert opened.execute_script("return geoplan.shop.kept.map((one) => one.name)") == ["Ours"]
    opened.execute_script("geoplan.shop.whole(geoplan.shop.today, '')")
    opened.execute_script("geoplan.shop.takeState(arguments[0])", file)
    assert state(opened) == told


@pytest.mark.parametrize(
    "damage",
    ["told.of = 'other'", "told.present.moved = [0, 4000]", "told.present.moved = [9999, 1]", "told.present.new = 3",
     "told.present.new = [['new-1', '=1+1', 0]]", "told.present.renamed = [[0, 'Norfolk']]", "told.workshop = 2",
     "told.present.ended = [0]", "told.present = {}"],
)  # fmt: skip
def test_a_damaged_state_changes_nothing(opened, damage):
    before = opened.execute_script(STATE)
    script = (
        f"const told = JSON.parse(geoplan.sharing.written(geoplan.shop.data, geoplan.shop.present, [])); {damage};"
        "try { geoplan.shop.takeState(JSON.stringify(told)); return 'taken'; }"
        "catch (problem) { return problem instanceof geoplan.Refusal ? 'refused' : String(problem); }"
    )
    assert opened.execute_script(script) == "refused"
    assert opened.execute_script(STATE) == before


def test_moves_go_out_as_whatif_reads_them_and_come_in_again(opened, shop):
    run(opened, EDITS)
    told = json.loads(opened.execute_script(MEASURED))
    table = opened.execute_script("return geoplan.moves.csvOf(geoplan.shop.data, geoplan.shop.present)")
    rows = list(csv.DictReader(StringIO(table)))
    assert {row["action"] for row in rows} == {"new", "move", "dissolve", "rename"}
    found = geoplan.whatif(rows, layers=["connect_to_work", *(held.key for held in shop.ground.layers)])
    after = json.loads(found.to_json())["after"]
    for held in shop.ground.layers:
        pair = f"connect_to_work with {held.key}"
        assert told["cut_people"][held.key] == pytest.approx(after["cut_people"][pair], rel=1e-9)
        assert told["partners"][held.key] == pytest.approx(after["partners"][pair]["mean"], rel=1e-9)
    size = after["size"]["connect_to_work"]
    assert (told["areas"], told["least"], told["most"]) == (size["areas"], size["least"], size["most"])
    assert told["in_pieces"] == after["pieces"]["connect_to_work"] > 0
    # Whoever is in no cluster does not live and work in one; an audit leaves them out.
    lived = told["self_containment"] * shop.ground.units.residents.sum()
    residents = shop.ground.units.residents[label_of(opened) >= 0].sum()
    assert lived / residents == pytest.approx(after["self_containment"]["connect_to_work"], rel=1e-6)
    label = label_of(opened)
    opened.execute_script("geoplan.shop.whole(geoplan.shop.today, '')")
    opened.find_element(By.ID, "open-moves").click()
    opened.execute_script("document.getElementById('paste').value = arguments[0]", table)
    opened.find_element(By.ID, "take-csv").click()
    assert np.array_equal(grouped(label_of(opened)), grouped(label))
    assert json.loads(opened.execute_script(MEASURED))["cut_people"] == told["cut_people"]


def grouped(label: np.ndarray) -> np.ndarray:
    """Return which pairs of units share a cluster."""
    return (label[:, None] == label[None, :]) & (label[:, None] >= 0)


def test_shuffled_arrangements_go_out_and_in(opened, shop):
    for seed in range(3):
        opened.execute_script("geoplan.shop.whole(geoplan.shop.today, '')")
        run(opened, f"""{random_edits(shop, seed, 30)}.forEach((row) => shop.edit("", ...row))""")
        label = label_of(opened)
        table = opened.execute_script("return geoplan.moves.csvOf(geoplan.shop.data, geoplan.shop.present)")
        opened.execute_script("geoplan.shop.takeCsv(arguments[0])", table)
        assert np.array_equal(grouped(label_of(opened)), grouped(label))


def members_of(shop: Workshop, label: np.ndarray, names: dict[int, str]) -> pd.DataFrame:
    """Return an arrangement as `geoplan plan` writes its alternatives."""
    units, codes = shop.ground.units, shop.ground.today.codes
    area = {n: codes[n] if n < len(codes) else f"design-{n}" for n in names}
    assignment = {code: area[n] for code, n in zip(units.codes, label.tolist(), strict=True) if n >= 0}
    called = {area[n]: name for n, name in names.items()}
    return Arrangement("Designed", units, pd.Series(assignment), called, Source("a test")).members


@pytest.mark.parametrize("ground", ["shop", "wales"])
def test_an_alternative_of_a_plan_comes_in(browser, tmp_path, request, ground):
    asked = request.getfixturevalue(ground)
    opened = show(browser, page(asked), tmp_path)
    today, label = asked.ground.today, asked.ground.today.home
    names = dict(enumerate(today.names))
    label[label == 1] = 0
    label[:2] = len(names)
    del names[1]
    table = members_of(asked, label, {**names, len(today.names): "Designed"}).to_csv(index=False)
    opened.execute_script("geoplan.shop.takeCsv(arguments[0])", table)
    told = state(opened)
    assert np.array_equal(grouped(np.array(told["label"])), grouped(label))
    called = [told["clusters"][n]["name"] for n in told["label"]]
    assert called == [names.get(n, "Designed") for n in label.tolist()]
    assert [one["ended"] for one in told["clusters"]][:3] == [False, True, False]
    assert_as_measured(opened, asked)
    opened.execute_script("geoplan.shop.undo()")
    assert label_of(opened).tolist() == today.home.tolist()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("Ours,W06000008\nTheirs,W06000008", "Row 3: Ours has this authority already."),
        ("Ours,W06000099", "Row 2: no authority of this page is called W06000099."),
        ("Ours,E07000105", "Kent is not in one area as a whole; this page moves whole authorities."),
        (",W06000008", "Row 2 names no area."),
        ("=1+1,W06000008", "=1+1: A name begins with a letter or a figure."),
    ],
)
def test_members_that_cannot_be_say_why_and_change_nothing(opened, rows, said):
    before = opened.execute_script(STATE)
    opened.find_element(By.ID, "open-moves").click()
    opened.execute_script("document.getElementById('paste').value = arguments[0]", f"area_name,lad_code\n{rows}\n")
    opened.find_element(By.ID, "take-csv").click()
    assert opened.find_element(By.ID, "moves-problem").text == said
    assert opened.execute_script(STATE) == before


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("move,connect_to_work,,Nowhere,Mid Wales", "Row 2: no authority of this page is called Nowhere."),
        ("move,connect_to_work,Norfolk,Kent,Mid Wales", "Row 2: Kent is not in Norfolk."),
        ("move,connect_to_work,,Kent,Atlantis", "Row 2: no area is called Atlantis."),
        ("move,icb_2026,,Kent,Mid Wales", "Row 2 changes icb_2026; this page redraws connect_to_work."),
        ("drop,connect_to_work,,Kent,Mid Wales", "Row 2: drop is no action;"),
        ("rename,connect_to_work,Norfolk,,Suffolk", "Row 2: There is an area called Suffolk already."),
        ("new,connect_to_work,,,", "Row 2: new needs column area."),
    ],
)
def test_a_table_that_cannot_be_applied_says_why_and_changes_nothing(opened, row, said):
    before = opened.execute_script(STATE)
    opened.find_element(By.ID, "open-moves").click()
    opened.execute_script(
        "document.getElementById('paste').value = arguments[0]", f"action,layer,area,authority,to\n{row}\n"
    )
    opened.find_element(By.ID, "take-csv").click()
    assert said in opened.find_element(By.ID, "moves-problem").text
    assert opened.execute_script(STATE) == before


def test_merge_and_split_and_tables_copied_from_a_sheet_are_read(opened):
    rows = [
        "action layer area authority to",
        "merge connect_to_work Norfolk;Suffolk  Kent#",
        "split connect_to_work Berkshire Slough;Reading Thames",
    ]
    table = "\r\n".join(row.replace(" ", "\t").replace("Kent#", "Cumbria") for row in rows)
    opened.execute_script("geoplan.shop.takeCsv(arguments[0])", table)
    names = run(
        opened,
        """return ["Norfolk", "Suffolk", "Slough", "Reading", "Wokingham"]
        .map((name) => shop.present.clusters[shop.present.label[unit(name)]].name)""",
    )
    assert names == ["Cumbria", "Cumbria", "Thames", "Thames", "Berkshire"]
    assert run(opened, """return cluster("Norfolk")""") == -1


# ---------------------------------------------------------------------------------------------- constraints


def test_broken_constraints_are_named_in_words(browser, wales, tmp_path):
    opened = show(browser, page(wales), tmp_path)
    run(
        opened,
        """move("Cardiff", "Mid Wales"); move("Swansea", "Mid Wales"); move("Gwynedd", "Mid Wales");
    begin(["Newport"], "Port"); begin(["Torfaen"], "Valley");""",
    )
    told = " ".join(opened.find_element(By.ID, "broken").text.split())
    for words in (
        "keep together Cardiff and Vale of Glamorgan. Cardiff is in Mid Wales, Vale of Glamorgan is in South East",
        "keep apart Ceredigion, Powys and Swansea. Ceredigion and Swansea are both in Mid Wales, ",
        "Gwynedd is in North Wales. Gwynedd is in Mid Wales.",
        "at least 150,000 people in a cluster. Valley has 9",
        "4 to 5 clusters. There are 6.",
        "each cluster lies in one area of Local health boards (Wales). ",
        "each cluster is in one piece. Mid Wales is in ",
    ):
        assert words in told, words
    assert_as_measured(opened, wales)


def test_a_plan_whose_constraints_hold_says_so(browser, wales, tmp_path):
    told = replace(wales, rules=(), asked=replace(wales.asked, clusters=(4, 4)))
    opened = show(browser, page(told), tmp_path)
    assert opened.find_element(By.ID, "broken-count").text == "(0)"


# ---------------------------------------------------------------------------------------------- names


def test_hostile_names_stay_text(browser, wales, tmp_path):
    units, today = wales.ground.units, wales.ground.today
    odd = replace(units, names=(*HOSTILE, *units.names[4:]))
    layers = tuple(replace(held, names=(HOSTILE[0], *held.names[1:]), title=HOSTILE[1]) for held in wales.ground.layers)
    ground = replace(
        wales.ground, units=odd, layers=layers, today=replace(today, names=(HOSTILE[0], HOSTILE[1], *today.names[2:]))
    )
    made = page(replace(wales, ground=ground))
    assert made.count("<script") == page(wales).count("<script")
    opened = show(browser, made, tmp_path)
    run(
        opened,
        "shop.openCard(0); shop.pick(0); shop.pick(1); shop.split(); shop.keep('<img src=x onerror=window.hacked=1>')",
    )
    opened.find_element(By.ID, "open-keep").click()
    assert opened.execute_script("return window.hacked") is None
    assert opened.find_element(By.ID, "unit-0").get_attribute("textContent").startswith(HOSTILE[0])
    assert opened.get_log("browser") == []
