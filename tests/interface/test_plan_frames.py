"""geoplan.plan as analysts call it: a mapping or a file in, a scoreboard, memberships and layers out."""

from __future__ import annotations

import json

import numpy as np
import openpyxl
import pytest

import geoplan
from geoplan.errors import ConfigurationError

ASKED = {
    "within": ("W",),
    "clusters": 4,
    "start": "connect_to_work",
    "objectives": {"cut_people": {"layers": ["lhb"], "weight": 1.0}, "change": 0.1},
    "alternatives": 1,
}
FILE = """
[plan]
within = ["W"]
clusters = 4
start = "connect_to_work"
alternatives = 1
[plan.objectives]
cut_people = {layers = ["lhb"], weight = 1.0}
change = 0.1
"""


@pytest.fixture(scope="module")
def wales():
    return geoplan.plan(ASKED)


def test_the_scoreboard_sets_alternatives_beside_today(wales):
    board = wales.table.set_index("measure")
    assert board.loc["areas", "1"] == 4
    assert board.loc["cut_people", "against"] == "lhb"
    assert board.loc["cut_people", "1"] < board.loc["cut_people", "today"]
    assert wales.alternatives.loc[1, "optimal"]
    assert wales.alternatives.loc[1, "gap"] == 0.0
    assert "1 proved best" in repr(wales)
    assert wales.summary.startswith("geoplan plan, 22 units")


def test_an_alternative_is_a_layer_that_compare_takes_and_agrees_with_the_scoreboard(wales):
    layer = wales.layer(1)
    assert layer.key == "alternative_1"
    assert len(layer.table) == 4
    pair = geoplan.compare(layer, "lhb").table
    shares = pair[["left_area_share", "right_area_share"]]
    people = pair[["left_people_share", "right_people_share"]]
    cut = pair[(people < 1 - 1e-9).all(axis=1) & shares.notna().all(axis=1) & (pair["right_code"] != "")]
    assert cut["people"].sum() == pytest.approx(wales.table.set_index("measure").loc["cut_people", "1"])
    drawn = wales.to_geodataframe(1)
    assert drawn.crs.to_epsg() == 27700
    assert drawn["people"].sum() == pytest.approx(wales.assignment["people"].sum())


def test_assignment_and_moves_say_who_goes_where(wales):
    assert len(wales.assignment) == 22
    assert wales.assignment["1"].nunique() == 4
    moves = wales.moves
    first = moves[moves["design"] == 1].drop_duplicates("unit")
    assert first["people"].sum() == pytest.approx(wales.table.set_index("measure").loc["change", "1"])


def test_a_file_and_a_mapping_ask_the_same(wales, tmp_path):
    (tmp_path / "p.toml").write_text(FILE)
    again = geoplan.plan(tmp_path / "p.toml")
    assert again.to_json() == wales.to_json()
    written = {path.name: path for path in again.write(tmp_path / "out")}
    assert set(written) == {"plan.json", "plan.xlsx", "brief.html", "map.html", "alternative-1.csv"}
    assert written["brief.html"].read_text(encoding="utf-8") == wales.brief()
    assert written["map.html"].read_text(encoding="utf-8") == wales.map()
    book = openpyxl.load_workbook(tmp_path / "out" / "plan.xlsx")
    assert book.sheetnames == ["Contents", "Scoreboard", "Who is where", "Who moves"]
    assert [cell.value for cell in book["Scoreboard"][1]] == ["Measure", "Against", "Today", "Alternative 1"]
    assert book["Who is where"].max_row == 23
    assert json.loads((tmp_path / "out" / "plan.json").read_text())["alternatives"][0]["optimal"] is True


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"objectivs": {}}, "the plan: unknown key 'objectivs' in plan. Did you mean 'objectives'?"),
        ({**ASKED, "clusters": [5, 4]}, "the least comes first"),
        ({**ASKED, "objectives": {"balance": {"of": "need"}}}, "counted in England only, and not in Isle of Anglesey"),
        (
            {**ASKED, "constraints": {"together": [["Cardiff", "Swansee"]]}},
            "'Swansee' is no unit of this plan. Nearest",
        ),
        (
            {
                **ASKED,
                "constraints": {
                    "together": [["Cardiff", "Newport"]],
                    "apart": [["Newport", "Cardiff"], ["Conwy", "Powys"]],
                    "most_members": 8,
                },
            },
            "No arrangement keeps all of: keep together Cardiff and Newport; keep apart Newport and Cardiff",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(given, said):
    with pytest.raises(ConfigurationError, match=said.replace("?", r"\?")):
        geoplan.plan(given)


@pytest.mark.parametrize("number", [0, 2, "1"])
def test_there_is_no_other_alternative(wales, number):
    with pytest.raises(ConfigurationError, match="there is no alternative"):
        wales.layer(number)


def test_need_is_told_where_it_is_counted():
    asked = {
        "within": ["combined_authority:Greater Manchester"],
        "clusters": 2,
        "objectives": {"balance": {"of": "need"}},
        "alternatives": 1,
    }
    found = geoplan.plan(asked).table.set_index("measure")
    assert np.isfinite(found.loc["need_balance", "1"])
    assert found.loc["need_balance", "1"] < found.loc["balance", "1"]
