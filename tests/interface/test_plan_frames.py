"""geoplan.plan as analysts call it: a mapping or a file in, a scoreboard, memberships and layers out."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import openpyxl
import pytest

import geoplan
from geoplan.errors import ConfigurationError
from geoplan.output.summary.planned.designs import MEASURES, proof
from geoplan.output.text.design_lines import designs_text
from geoplan.planning.designing.asked import parameters, taken

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


def test_findings_and_areas_tell_of_every_arrangement(wales):
    findings, board = wales.findings, wales.table.set_index("measure")
    act = findings[findings["severity"] != "info"]
    assert set(findings.loc[findings["design"] == "today", "fate"]) == {"stays"}
    for design in ("today", "1"):
        mine = act[act["design"] == design]
        assert (mine["fate"] == "mended").sum() == board.loc["mended", design]
        assert (mine["fate"] == "made").sum() == board.loc["made", design]
        assert (mine["severity"] == "warning").sum() - board.loc["mended", design] == board.loc["warnings", design]
    assert board.loc["mended", "today"] == board.loc["made", "today"] == 0 < board.loc["mended", "1"]
    assert findings.loc[findings["fate"] == "mended", "value"].isna().all()
    areas = wales.areas.groupby("design")
    assert areas["people"].sum().to_dict() == pytest.approx(dict.fromkeys(("1", "today"), 3186581.0))
    assert areas["units"].sum().to_dict() == {"1": 22, "today": 22}
    assert areas["cut_people lhb"].sum()["today"] == pytest.approx(board.loc["cut_people", "today"])
    assert areas["partners lhb"].mean()["1"] == pytest.approx(board.loc["partners", "1"])


def test_the_json_holds_findings_and_areas_and_the_plan_as_asked(wales):
    told = json.loads(wales.to_json())
    first = told["alternatives"][0]
    assert first["title"] == "Connect to Work areas, alternative 1"
    assert {fate: len(first["findings"][fate]) for fate in ("mended", "made", "grown", "shrunk")} == (
        wales.findings[wales.findings["design"] == "1"]["fate"].value_counts().drop("stays").to_dict()
        | {"grown": 0, "shrunk": 0}
    )
    assert first["findings"]["counts"] == {"error": 0, "warning": 0, "info": 10}
    assert [row["code"] for row in first["areas"]] == sorted(set(first["assignment"].values()))
    assert told["today_findings"]["counts"]["warning"] == 3
    assert len(told["today_areas"]) == told["today"]["areas"] == 4
    assert told["parameters"]["objectives"]["cut_people"] == {"weight": 1.0, "layers": ["lhb"]}
    assert told["parameters"]["clusters"] == [4, 4]


@pytest.mark.parametrize("count", [1, 5, 20])
def test_the_screen_shows_every_measure_in_full_however_many_alternatives(wales, count):
    made = wales._designs
    lines = designs_text(replace(made, designs=made.designs * count)).splitlines()
    assert max(map(len, lines)) <= 100
    names = " ".join(" ".join(line[: 60 if count == 1 else 34] for line in lines).split())
    assert all(MEASURES[measure] in names for measure in wales.table["measure"])
    headings = [line.split() for line in lines if line.strip().startswith("today")]
    assert [number for heading in headings for number in heading[1:]] == [str(n) for n in range(1, count + 1)]


def test_assignment_and_moves_say_who_goes_where(wales):
    assert len(wales.assignment) == 22
    changed = wales.assignment[wales.assignment["today"] != wales.assignment["1"]]
    assert set(changed["unit"]) == set(wales.moves["unit"])
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
    sheets = ["Scoreboard", "Areas", "Findings", "Who is where", "Who moves", "Layers", "Parameters"]
    assert book.sheetnames == ["Contents", *sheets]
    links = [cell.hyperlink.location for row in book["Contents"] for cell in row if cell.hyperlink]
    assert links == [f"'{sheet}'!A1" for sheet in sheets]
    for sheet in sheets:
        headings = [cell.value for cell in book[sheet][1]]
        assert len(set(headings)) == len(headings)
    assert book["Areas"].max_row == 9
    assert book["Findings"].max_row == len(wales.findings) + 1
    asked = {row[1]: row[2] for row in book["Parameters"].iter_rows(values_only=True)}
    assert asked["objectives cut people layers"] == "lhb"
    assert asked["commuting (modelled)"] == "modelled from totals of the Census 2011"
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


def test_a_plan_that_follows_no_layer_is_written_whole(tmp_path):
    asked = {**ASKED, "objectives": {"self_containment": 1.0}}
    made = geoplan.plan(asked)
    made.write(tmp_path / "plan")
    told = json.loads((tmp_path / "plan" / "plan.json").read_text())
    assert all(move["mends_people"] is None for one in told["alternatives"] for move in one["moves"])
    assert told["today"]["change"] == 0


def test_what_was_asked_can_be_asked_again_with_limits_and_crossings():
    limits = {"self_containment": {"weight": 0.2, "least": 0.5}, "compactness": {"weight": 0.0, "most": 9000}}
    asked = {**ASKED, "objectives": {**ASKED["objectives"], **limits}, "crossings": ["bridge"]}
    told = parameters(taken(asked))
    assert told["objectives"]["self_containment"]["least"] == 0.5
    assert told["objectives"]["compactness"]["most"] == 9000
    assert told["crossings"] == ["bridge"]


def test_a_limit_that_an_alternative_was_held_to_stands_in_its_proof(wales):
    made = wales._designs
    held = replace(made.designs[0], most={"cut_people": 0.1, "self_containment": 0.3})
    people = made.units.people.sum()
    assert f"people in cut pieces of at most {people / 10:,.0f} and self-containment" in proof(held, made)
    assert "of at least 70.0%" in proof(held, made)
    unproved = replace(made.designs[0], optimal=False, gap=0.02345, score=1.0, bound=0.97655)
    assert "at most 2.4% lower" in proof(unproved, made)
