"""Plans that count people in need, as users call them: every file tells today and the alternative in the same unit."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from geoplan.cli.main import cli

PLAN = """[plan]
within = ["region:East of England"]
start = "connect_to_work"
clusters = 5
alternatives = 1
[plan.objectives]
cut_people = {layers = ["icb"], people = "employment_deprived"}
change = {people = "employment_deprived", weight = 0.1}
"""


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("need")
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    done = CliRunner().invoke(cli, ["plan", str(folder / "plan.toml"), "--out", str(folder / "out")])
    assert done.exit_code == 0, done.output
    return done.stdout, folder / "out"


def test_the_measures_are_those_of_the_audit_that_follows(planned):
    told = json.loads((planned[1] / "plan.json").read_text(encoding="utf-8"))
    best = told["alternatives"][0]
    for measures, areas in ((told["today"], told["today_areas"]), (best["measures"], best["areas"])):
        assert measures["counted"] == {"cut_people": "employment_deprived", "change": "employment_deprived"}
        cut = sum(area["cut_people"]["icb"] for area in areas)
        assert measures["cut_people"]["icb"] == pytest.approx(cut)
        assert 0 < cut < sum(area["out_of_work"] for area in areas)
    moved = {move["unit"] for move in best["moves"]}
    assert best["measures"]["change"] > 0
    assert moved
    assert told["parameters"]["objectives"]["change"]["people"] == "employment_deprived"


def test_the_screen_the_brief_the_page_and_the_workbook_say_who_is_counted(planned):
    said = " ".join(planned[0].split())
    for words in ("people out of work in cut pieces (icb)", "people out of work whose area changes",
                  "people out of work change areas.", "English Indices of Deprivation 2025"):  # fmt: skip
        assert words in said
    assert " people in cut pieces" not in said
    for name in ("brief.html", "map.html"):
        page = (planned[1] / name).read_text(encoding="utf-8")
        assert "eople out of work in cut pieces" in page
        assert "eople in cut pieces" not in page
    assert "English Indices of Deprivation 2025" in (planned[1] / "brief.html").read_text(encoding="utf-8")
    book = openpyxl.load_workbook(planned[1] / "plan.xlsx")
    measures = [row[0] for row in book["Scoreboard"].values]
    assert "people out of work in cut pieces" in measures
    assert "people out of work whose area changes" in measures
    assert "People out of work in cut pieces (icb)" in next(book["Areas"].values)
    assert "Mends people out of work" in next(book["Who moves"].values)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("region:East of England", "W"), "people out of work are not counted in"),
        (('"employment_deprived"}', '"employment_deprivd"}'), "Did you mean 'employment_deprived'?"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "workshop"])
def test_what_nobody_counts_is_refused(tmp_path, monkeypatch, change, said, command):
    monkeypatch.chdir(tmp_path)
    Path("plan.toml").write_text(PLAN.replace(*change), encoding="utf-8")
    done = CliRunner().invoke(cli, [command, "plan.toml"])
    assert done.exit_code == 2
    assert said in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["plan.toml"]
