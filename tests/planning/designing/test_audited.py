"""Arrangements audited as any layer: laws that hold for every one of them, by hand or designed."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from geoplan.cli.main import cli
from geoplan.commuting.atlas import Atlas
from geoplan.planning.designing.asked import taken
from geoplan.planning.designing.audited import Arrangement, audited, beside, others_of
from geoplan.planning.designing.gathering import ground_of
from geoplan.planning.designing.measuring import measured
from geoplan.planning.scenarios.fates import FATES
from geoplan.schema import Source

ASKED = {
    "within": ["W"],
    "start": "connect_to_work",
    "objectives": {"cut_people": {"layers": ["lhb"], "weight": 1.0}},
}


@pytest.fixture(scope="module")
def atlas():
    return Atlas(geometry=True)


@pytest.fixture(scope="module")
def ground(atlas):
    return ground_of(taken(ASKED), atlas)


def arranged(ground, labels, title="By hand"):
    """Return an arrangement of labels, one a unit; -1 for none."""
    areas = {code: f"area-{n:02d}" for code, n in zip(ground.units.codes, labels, strict=True) if n >= 0}
    names = {code: f"Area {code[-2:]}" for code in areas.values()}
    return Arrangement(title, ground.units, pd.Series(areas), names, Source("by hand"))


@pytest.fixture(scope="module")
def today(ground, atlas):
    return audited(arranged(ground, ground.today.home, "Wales, today"), ("lhb",), atlas)


@pytest.fixture(scope="module", params=[1, 2])
def drawn_by_lot(request, ground):
    labels = np.random.default_rng(request.param).integers(0, 6, len(ground.units))
    return labels, arranged(ground, labels)


def test_what_is_set_against_itself_mends_and_makes_nothing(today):
    itself = beside(today, today)
    assert not any(itself.fates.findings(fate) for fate in FATES)
    assert itself.fates.versus.counts["unchanged"] == len(today.result.findings) > 0
    assert beside(today, None).fates is None


def test_areas_and_partners_are_what_counting_units_and_blocks_gives(drawn_by_lot, ground, atlas):
    labels, arrangement = drawn_by_lot
    told = audited(arrangement, ("lhb",), atlas)
    units = ground.units
    assert sum(row["people"] for row in told.areas.values()) == pytest.approx(units.people.sum())
    assert sum(row["units"] for row in told.areas.values()) == len(units)
    boards = atlas.layer("lhb").parts.groupby("code")["block"].agg(set)
    met = []
    for n in np.unique(labels):
        row = told.areas[f"area-{n:02d}"]
        held = set().union(*(units.blocks[at] for at in np.flatnonzero(labels == n)))
        met.append(sum(bool(held & blocks) for blocks in boards))
        assert row["people"] == pytest.approx(units.people[labels == n].sum())
        assert row["partners"] == {"lhb": met[-1]}
        assert row["out_of_work"] is None
    assert told.partners["lhb"] == pytest.approx(np.mean(met))
    cut = measured(labels, units, ground.layers, None).cut_people["lhb"]
    assert sum(row["cut_people"]["lhb"] for row in told.areas.values()) == pytest.approx(cut) != 0


def test_findings_are_those_of_an_audit_of_the_membership_table(drawn_by_lot, today, atlas, tmp_path):
    _, arrangement = drawn_by_lot
    told = beside(audited(arrangement, ("lhb",), atlas), today)
    arrangement.members.to_csv(tmp_path / "by-hand.csv", index=False)
    (tmp_path / "a.toml").write_text(
        'pairs = [["mine", "lhb"]]\n[layers]\nmine = "by-hand.csv"\nlhb = "lhb"\n[outputs]\nfiles = ["audit.json"]\n'
    )
    out = tmp_path / "out"
    run = CliRunner().invoke(cli, ["audit", str(tmp_path / "a.toml"), "--out", str(out)])
    assert run.exit_code == 0, run.output
    found = json.loads((out / "audit.json").read_text())["findings"]
    assert told.rules == dict(sorted(Counter(one["rule"] for one in found).items()))
    assert {name: count for name, count in told.counts.items() if count} == Counter(one["severity"] for one in found)
    called = {"clusters": "mine"}
    ours = {(one.rule, called.get(one.layer, one.layer), one.code, one.value) for one in told.result.findings}
    assert ours == {(one["rule"], one["layer"], one["code"], one["value"]) for one in found}


def test_every_finding_of_both_audits_has_one_fate(drawn_by_lot, today, atlas):
    told = beside(audited(drawn_by_lot[1], ("lhb",), atlas), today)
    before, after = ({one.id for one in each.result.findings} for each in (today, told))
    fated = {fate: {one.id for one in told.fates.findings(fate)} for fate in FATES}
    assert fated["mended"] == before - after != set()
    assert fated["made"] == after - before != set()
    assert fated["grown"] | fated["shrunk"] <= before & after
    assert all(one.severity != "info" for fate in FATES for one in told.fates.serious(fate))


def test_units_in_no_area_are_left_out(ground, atlas):
    labels = np.where(np.arange(len(ground.units)) % 2, 0, -1)
    told = audited(arranged(ground, labels), ("lhb",), atlas)
    assert list(told.areas) == ["area-00"]
    assert told.areas["area-00"]["people"] == pytest.approx(ground.units.people[1::2].sum())


@pytest.mark.parametrize(
    ("given", "others"),
    [
        (ASKED, ("lhb",)),
        ({**ASKED, "constraints": {"nest_in": ["police_force", "lhb"]}}, ("lhb", "police_force")),
        ({**ASKED, "objectives": {"balance": 1.0}}, ("lhb",)),
        ({"within": ["W"], "clusters": 3, "objectives": {"balance": 1.0}}, ("connect_to_work",)),
    ],
)
def test_arrangements_are_set_against_what_they_follow_or_what_today_is_set_against(given, others, ground, atlas):
    assert others_of(taken(given), ground.units, atlas) == others
