"""`geoplan.whatif` as analysts call it: rows, frames, two audits, files."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import geoplan
from geoplan.errors import ConfigurationError, UnknownKeyError

ROWS = [{"action": "move", "layer": "connect_to_work", "authority": "Ceredigion", "to": "South West Wales"}]
LAYERS = ["connect_to_work", "lhb"]


@pytest.fixture(scope="module")
def found():
    return geoplan.whatif(ROWS, layers=LAYERS)


def test_rows_a_frame_and_a_file_say_the_same(found, tmp_path):
    file = tmp_path / "mine.csv"
    pd.DataFrame(ROWS).to_csv(file, index=False)
    for changes in (pd.DataFrame(ROWS), file, str(file)):
        other = geoplan.whatif(changes, layers=LAYERS)
        pd.testing.assert_frame_equal(other.table, found.table)
        pd.testing.assert_frame_equal(other.moved, found.moved)


def test_frames_tell_of_both_audits(found):
    first = found.table.set_index("measure").loc["people where they overlap only in part"]
    assert (first["before"], first["after"], first["difference"]) == (389160, 0, -389160)
    pairs = [audit.table.loc[0, "cut_people"] for audit in (found.before, found.after)]
    assert pairs == [389160, 0]
    assert found.moved[["block", "left", "joined", "people"]].to_numpy().tolist() == [
        ["W06000008", "ctw-mid-wales", "ctw-south-west-wales", 72599.0]
    ]
    assert set(found.mended["id"]) == set(found.before.findings["id"]) - set(found.after.findings["id"])
    assert set(found.made["id"]) == set(found.after.findings["id"]) - set(found.before.findings["id"])
    assert found.grown.empty
    assert found.shrunk.empty
    people = found.areas[found.areas["measure"] == "people"].set_index("code")
    assert people.loc["ctw-mid-wales", ["before", "after"]].tolist() == [207658.0, 135059.0]
    assert json.loads(found.to_json())["layers"][:2] == LAYERS
    assert found.summary.startswith("geoplan whatif changes")


def test_it_is_drawn_as_it_would_be(found):
    drawn = found.to_geodataframe()
    assert set(drawn.index[drawn["moved"]]) == {"ctw-mid-wales", "ctw-south-west-wales"}
    before = geoplan.layer("connect_to_work").to_geodataframe()
    gained = drawn.geometry.area - before.geometry.area
    assert gained["ctw-south-west-wales"] == pytest.approx(-gained["ctw-mid-wales"], rel=1e-6)
    assert gained["ctw-mid-wales"] < -1.5e9


def test_a_layer_of_the_caller_s_own_may_be_compared(found):
    members = geoplan.layer("lhb").table[["members"]].reset_index()
    rows = members.assign(lad_code=members["members"].str.split(";")).explode("lad_code")
    boards = rows.rename(columns={"code": "area_id"})[["area_id", "lad_code"]]
    mine = geoplan.whatif(ROWS, layers={"connect_to_work": "connect_to_work", "boards": boards})
    told = mine.table.set_index("measure").loc["people where they overlap only in part"]
    assert (told["before"], told["after"]) == (389160, 0)
    assert found.warnings == mine.warnings == []


@pytest.mark.parametrize("changes", [3, ["move"], None, {"action": "move"}])
def test_what_is_no_changes_is_refused(changes):
    with pytest.raises(ConfigurationError, match="is no changes"):
        geoplan.whatif(changes)


def test_unknown_authorities_are_refused_with_the_nearest():
    with pytest.raises(UnknownKeyError, match="Nearest: Ceredigion"):
        geoplan.whatif([{**ROWS[0], "authority": "Ceredigon"}], layers=LAYERS)


def test_files_are_those_of_the_command(found, tmp_path):
    written = {path.name for path in found.write(tmp_path / "out")}
    assert {"whatif.json", "map.html", "brief.html", "audit.xlsx", "changes.csv"} <= written
    assert json.loads((tmp_path / "out" / "whatif.json").read_text()) == json.loads(found.to_json())
