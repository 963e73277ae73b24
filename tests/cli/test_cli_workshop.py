"""The workshop as users call it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import geoplan
from geoplan.cli.main import cli

PLAN = """[plan]
within = ["W"]
start = "connect_to_work"
[plan.objectives]
cut_people = {layers = ["lhb"]}
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Every command runs in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(cli, ["workshop", *arguments])


def test_a_plan_becomes_a_page(elsewhere):
    done = call("plan.toml", "--out", "page.html")
    assert (done.exit_code, done.stdout) == (0, "Written: page.html.\n")
    assert (elsewhere / "page.html").read_text(encoding="utf-8") == geoplan.workshop("plan.toml")


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (PLAN.replace('start = "connect_to_work"', ""), 'Name its layer: start = "connect_to_work".'),
        (PLAN.replace('"lhb"', '"lbh"'), "lbh"),
        (PLAN.replace("within", "with_in"), "within"),
        (PLAN + '[plan.constraints]\napart = [["Cardif", "Powys"]]\n', "Nearest: Cardiff"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(elsewhere, plan, said):
    (elsewhere / "plan.toml").write_text(plan)
    done = call("plan.toml")
    assert done.exit_code in {2, 3}
    assert said in done.stderr
    assert not (elsewhere / "geoplan-workshop.html").exists()


def test_the_plan_is_never_overwritten(elsewhere):
    assert call("plan.toml", "--out", "plan.toml").exit_code == 2
    assert (elsewhere / "plan.toml").read_text() == PLAN
