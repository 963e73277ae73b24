"""A workshop that counts people in need: the page re-counts as the program does, and says whom."""

from __future__ import annotations

import json

import numpy as np
import pytest
from browsing import show
from shopping import run, state

from geoplan.output.workshop.webpage import page
from geoplan.planning.designing.asked import taken
from geoplan.planning.designing.measuring import measured
from geoplan.planning.workshop import gathered

MOVES = """move("Essex", "Suffolk"); move("Luton", "Hertfordshire");"""
MEASURED = "return JSON.stringify(geoplan.scores.measured(geoplan.shop.data, geoplan.shop.present.label))"
PLAN = {
    "within": ["region:East of England"],
    "start": "connect_to_work",
    "objectives": {
        "cut_people": {"layers": ["icb"], "people": "employment_deprived", "most": 1000},
        "change": {"people": "most_deprived"},
    },
}


@pytest.fixture(scope="module")
def shop():
    return gathered(taken(PLAN))


def test_the_page_counts_those_the_plan_counts_before_and_after_moves(browser, tmp_path, shop):
    opened, ground = show(browser, page(shop), tmp_path), shop.ground
    for edits in ("", MOVES):
        run(opened, edits)
        label = state(opened)["label"]
        expected = measured(np.array(label), ground.units, ground.layers, ground.today)
        told = json.loads(opened.execute_script(MEASURED))
        assert told["cut_people"] == pytest.approx(expected.cut_people)
        assert told["change"] == pytest.approx(expected.change, abs=1e-6)
        assert 0 < told["cut_people"]["icb"] < ground.units.need.sum()
    assert 0 < told["change"] < ground.units.people.sum() / 10
    opened.execute_script("geoplan.shop.draw()")
    said = opened.find_element("id", "scores").get_attribute("textContent")
    assert "People out of work in cut pieces with" in said
    assert "People in the most deprived tenth of small areas whose area changes" in said
    clusters = opened.find_element("id", "clusters").get_attribute("textContent")
    assert "People out of work cut with" in clusters
    broken = opened.find_element("id", "broken").get_attribute("textContent")
    assert "people out of work in cut pieces at most 1,000" in broken
    assert opened.get_log("browser") == []


def test_the_page_says_whom_it_counts(shop):
    text = page(shop)
    assert "people out of work are counted" in text
    assert "English Indices of Deprivation 2025" in text
    assert "most people in the most deprived tenth of small areas keep theirs" in text
