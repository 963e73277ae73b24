"""Audits before and after changes: what ships, there and back, and what comes of every finding."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from geoplan.auditing import batch, comparing
from geoplan.auditing.config import Plan
from geoplan.auditing.results import DEFAULT_PAIRS, Configuration
from geoplan.commuting.atlas import Atlas
from geoplan.commuting.self_containment import containment
from geoplan.data.scenarios.reading import made, read_scenario
from geoplan.errors import ConfigurationError, UnknownAreaError, UnknownKeyError
from geoplan.output import media
from geoplan.output.summary.planned.outcome_figures import area_rows, figure_rows
from geoplan.output.summary.planned.outcomes import outcome_sentences
from geoplan.output.tables import outcomes
from geoplan.output.tables.comparison import compare_table
from geoplan.planning.scenarios.fates import FATES
from geoplan.planning.scenarios.whatif import configured, whatif


def moves(*rows, layer="connect_to_work"):
    cells = [{"action": "move", "layer": layer, "authority": who, "to": to} for who, to in rows]
    return made([(f"row {n}", each) for n, each in enumerate(cells, start=2)], "mine.csv", title="as told")


def tried(scenario, *layers, **options):
    asked = configured(scenario, Configuration.of_layers(layers, **options), chosen=bool(layers))
    return whatif(scenario, asked)


@pytest.fixture(scope="module")
def ceredigion():
    return tried(moves(("Ceredigion", "South West Wales")), "connect_to_work", "lhb")


def test_the_boards_of_2024_changed_are_those_of_2026():
    found = tried(read_scenario("icbs_2026"), "icb", "lad")
    pair = comparing.compare("icb", "icb_2026", atlas=Atlas(as_of=date(2026, 3, 31)))
    forth, back = found.differences["icb"]
    assert dict(forth.summary) | {"right": "icb_2026"} == dict(pair.summary)
    pd.testing.assert_frame_equal(compare_table(forth), compare_table(pair))
    assert dict(back.summary)["nested"] == 0
    new = Atlas().layer("icb_2026")
    told = ["name", "members", "people", "working_age", "postcodes", "area_m2"]
    pd.testing.assert_frame_equal(found.after.layers["icb"].areas[told], new.areas[told])
    against = comparing.compare("icb_2026", "lad", atlas=Atlas())
    mine = {pair.keys: pair for pair in found.after.pairs}["icb", "lad"]
    assert dict(mine.summary) | {"left": "icb_2026"} == dict(against.summary)


def test_surrey_changed_is_surrey_of_april_2027():
    changed = Atlas().layer("scenario:surrey_2027")
    later = Atlas(as_of=date(2027, 4, 1)).layer("utla")
    told = ["name", "members", "people", "working_age", "postcodes", "area_m2"]
    pd.testing.assert_frame_equal(changed.areas[told], later.areas[told])
    councils = Atlas().layer("scenario:surrey_2027#lad")
    assert len(councils.areas) == len(Atlas().layer("lad").areas) - 11 + 2
    pd.testing.assert_frame_equal(
        councils.areas.loc[["east-surrey", "west-surrey"], told], later.areas.loc[["east-surrey", "west-surrey"], told]
    )


def test_every_combined_authority_is_one_connect_to_work_area():
    pair = comparing.compare(
        "combined_authority", "scenario:connect_to_work_by_authority", atlas=Atlas(as_of=date(2026, 11, 1))
    )
    relations = pair.relations["relation"].astype(str)
    assert set(relations.drop("gla")) == {"coterminous"}
    assert relations["gla"] == "contains"
    today = comparing.compare("combined_authority", "connect_to_work", atlas=Atlas(as_of=date(2026, 11, 1)))
    other = today.relations["relation"].astype(str).drop("gla")
    assert list(other.index[other != "coterminous"]) == [
        "E47000009", "E47000015", "ca-hampshire-solent", "ca-sussex-brighton",
    ]  # fmt: skip


def test_there_and_back_gives_todays_files_byte_for_byte():
    scenario = moves(("Ceredigion", "South West Wales"), ("Ceredigion", "Mid Wales"))
    asked = configured(scenario, Configuration.of_layers(["connect_to_work", "lhb"]), chosen=True)
    found = whatif(scenario, asked, geometry=True)
    assert found.is_empty
    assert not any(found.findings(fate) for fate in FATES)
    assert found.figures[0] == found.figures[1]
    assert found.areas == {"connect_to_work": {}}
    plan = Plan(audit=Configuration.of_layers(["connect_to_work", "lhb"]))
    today = media.audit_files(media.run(plan), plan.files)
    files = media.whatif_files(found)
    assert {name: files[name] for name in today} == today


def test_a_move_and_its_reverse_as_two_scenarios_give_todays_members():
    atlas = Atlas()
    layer = atlas.layer("connect_to_work")
    there = atlas.applied(moves(("Ceredigion", "South West Wales")), "connect_to_work", layer).layer
    back = atlas.applied(moves(("Ceredigion", "Mid Wales")), "connect_to_work", there).layer
    pd.testing.assert_frame_equal(back.areas, layer.areas)
    pd.testing.assert_frame_equal(back.parts, layer.parts)
    assert [vars(note) for note in back.notes] == [vars(note) for note in layer.notes]


def test_a_move_mends_what_it_is_made_for(ceredigion):
    before, after = ceredigion.figures
    assert before["cut_people"] == {"connect_to_work with lhb": 389160.0}
    assert after["cut_people"] == {"connect_to_work with lhb": 0.0}
    assert after["cut_areas"] == {"connect_to_work with lhb": 0, "lhb with connect_to_work": 0}
    assert ceredigion.moved_people == 72599
    assert ceredigion.areas["connect_to_work"].keys() == {"ctw-mid-wales", "ctw-south-west-wales"}
    then, now = ceredigion.areas["connect_to_work"]["ctw-mid-wales"]
    assert (then["people"] - now["people"], now["cut_people"]) == (72599.0, {"lhb": 0.0})


def test_people_out_of_work_are_told_where_they_are_counted():
    found = tried(moves(("Hackney", "Local London")), "connect_to_work", "icb_2026")
    needs = Atlas().blocks.groupby("lad")["out_of_work"].sum(min_count=1)
    then, now = found.areas["connect_to_work"]["ctw-local-london"]
    assert now["out_of_work"] - then["out_of_work"] == needs["E09000012"]
    # All of the area lies in cut pieces, before and after.
    assert (then["cut_out_of_work"], now["cut_out_of_work"]) == (
        {"icb_2026": then["out_of_work"]}, {"icb_2026": now["out_of_work"]},
    )  # fmt: skip
    before, after = (figures["cut_out_of_work"]["connect_to_work with icb_2026"] for figures in found.figures)
    pair = found.after.asked[0]
    members = pair.overlay.left.parts.merge(pair.overlay.right.parts, on="block")
    cut = set(pair.cuts.pieces.index)
    needed = found.after.blocks["out_of_work"]
    assert after == sum(needed[row.block] for row in members.itertuples() if (row.code_x, row.code_y) in cut)
    assert before == after > 0, "Hackney is cut in either area"


def test_people_out_of_work_are_not_assessed_outside_england(ceredigion):
    then, now = ceredigion.areas["connect_to_work"]["ctw-mid-wales"]
    assert (then["out_of_work"], now["out_of_work"]) == (None, None)
    assert (then["cut_out_of_work"], now["cut_out_of_work"]) == ({"lhb": None}, {"lhb": 0.0})
    assert ceredigion.figures[0]["cut_out_of_work"] == {"connect_to_work with lhb": None}
    assert not any("out of work where" in row.what for row in figure_rows(ceredigion))


def test_changed_councils_are_told_with_their_commuting():
    found = tried(read_scenario("surrey_2027"), "utla", "lsip_2025")
    rows, left = area_rows(found, 8)
    assert ([row.name for row in rows], left) == (["West Surrey", "East Surrey", "Surrey"], 0)
    assert rows[-1].texts[0] == ("1,248,649", "none")
    supply = containment("scenario:surrey_2027#utla").found.areas["supply"]
    assert found.areas["utla"]["east-surrey"][1]["supply"] == supply["east-surrey"]


def test_findings_are_mended_and_made_by_their_ids(ceredigion):
    ids = [{finding.id for finding in result.findings} for result in (ceredigion.before, ceredigion.after)]
    assert {each.id for each in ceredigion.findings("mended")} == ids[0] - ids[1]
    assert {each.id for each in ceredigion.findings("made")} == ids[1] - ids[0]
    made_ones = ceredigion.findings_table("made").set_index("id")
    replaced = made_ones[made_ones["instead_of"] != ""]
    assert set(replaced["instead_of"]) <= ids[0] - ids[1]
    assert set(replaced["rule"]) == {"GP405"}
    assert made_ones["message"].ne("").all()


def test_what_grows_and_shrinks_keeps_its_id():
    # Both areas stay cut by the same boards: with Hackney one has more people in its cut pieces, the other fewer.
    found = tried(moves(("Hackney", "Local London")), "connect_to_work", "icb_2026")
    for fate in ("grown", "shrunk"):
        table = found.findings_table(fate)
        assert len(table), fate
        assert (table["value"] > table["before"]).eq(fate == "grown").all()
    ids = {finding.id: finding.value for finding in found.before.findings}
    assert all(ids[row.id] == row.before for row in found.findings_table("shrunk").itertuples())


def test_areas_that_would_fall_apart_are_told_with_the_way_back():
    apart = [("Isle of Anglesey", "South West Wales"), ("Isle of Wight", "Dorset and BCP")]
    joined = ("Plymouth", "Cornwall and Isles of Scilly")
    found = tried(moves(*apart, joined), "connect_to_work", "lhb")
    said = " ".join(found.warnings)
    assert "South West Wales (Connect to Work areas) would be in 2 pieces: Isle of Anglesey is apart" in said
    assert "over Menai and Britannia bridges" in said
    assert "Isle of Wight is apart; the shortest way to the rest leads through New Forest (Hampshire)" in said
    assert "over Lymington to Yarmouth" in said
    assert "Plymouth" not in said
    assert found.figures[1]["pieces"]["connect_to_work"] > found.figures[0]["pieces"]["connect_to_work"] == 0


def test_without_layers_each_changed_one_is_set_against_those_of_the_default_audit():
    default = Configuration(pairs=DEFAULT_PAIRS)
    known = configured(moves(("Suffolk", "Norfolk")), default, chosen=False)
    # The boards that ended in March 2026 are compared only where somebody asks for them.
    assert known.pairs == tuple(
        pair for pair in DEFAULT_PAIRS if "connect_to_work" in pair and pair != ("connect_to_work", "icb")
    )
    earlier = configured(moves(("Suffolk", "Norfolk")), replace(default, as_of=date(2026, 3, 31)), chosen=False)
    assert ("connect_to_work", "icb") in earlier.pairs
    surrey = configured(read_scenario("surrey_2027"), default, chosen=False)
    assert surrey.pairs == (("utla", "icb_2026"), ("lad", "icb_2026"))
    boards = configured(read_scenario("icbs_2026"), default, chosen=False)
    assert boards.pairs == tuple(pair for pair in DEFAULT_PAIRS if "icb" in pair)
    other = configured(moves(("Suffolk", "A"), layer="lsip"), default, chosen=False)
    assert other.pairs == (("lsip", "connect_to_work"), ("lsip", "icb_2026"), ("lsip", "combined_authority"))
    assert configured(read_scenario("icbs_2026"), default, chosen=False).as_of == date(2026, 3, 31)


def test_layers_that_the_changes_do_not_touch_are_no_comparison():
    with pytest.raises(ConfigurationError, match="changes connect_to_work, which is not among the layers asked for"):
        configured(moves(("Suffolk", "Norfolk")), Configuration.of_layers(["icb", "lad"]), chosen=True)
    with pytest.raises(UnknownKeyError, match=r"mine.csv, row 2: 'conect_to_work' .* Did you mean connect_to_work"):
        configured(moves(("Suffolk", "A"), layer="conect_to_work"), Configuration(), chosen=False)


def test_a_scenario_stands_in_the_place_of_a_layer(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("action,layer,area,authority,to\nmove,connect_to_work,,Ceredigion,South West Wales\n")
    atlas = Atlas(replacements={"connect_to_work": f"scenario:{file}"})
    layer = atlas.layer("connect_to_work")
    assert (layer.key, layer.areas.at["ctw-south-west-wales", "people"]) == ("connect_to_work", 783713)
    assert atlas.layer("lad") is not layer
    again = Atlas(replacements={"lad": "scenario:surrey_2027"}).layer("lad")
    assert "west-surrey" in again.areas.index
    with pytest.raises(ConfigurationError, match="changes utla, and cannot stand for icb"):
        Atlas(replacements={"icb": "scenario:surrey_2027"}).layer("icb")


def test_an_area_that_ends_cannot_be_the_focus():
    rows = [("row 2", {"action": "dissolve", "layer": "connect_to_work", "area": "Mid Wales"})]
    scenario = made(rows, "mine.csv", title="as told")
    with pytest.raises(UnknownAreaError, match="is no area any more after the changes"):
        tried(scenario, "connect_to_work", "lhb", focus="connect_to_work:Mid Wales")


def test_about_one_place_only_its_findings_are_told():
    found = tried(moves(("Ceredigion", "South West Wales")), "connect_to_work", "lhb", focus="Ceredigion")
    assert {finding.name for finding in found.findings("mended") if finding.rule == "GP301"} == {
        "Hywel Dda University Health Board", "Mid Wales",
    }  # fmt: skip


def test_json_holds_all_and_is_the_same_for_the_same(ceredigion):
    text = outcomes.whatif_json(ceredigion)
    assert text == outcomes.whatif_json(tried(moves(("Ceredigion", "South West Wales")), "connect_to_work", "lhb"))
    told = json.loads(text)
    assert {"layers", "changes", "before", "after", "findings", "moved", "areas", "warnings"} <= set(told)
    assert set(told["findings"]) == set(FATES)
    plan = Plan(audit=Configuration.of_layers(["connect_to_work", "lhb"]))
    today = json.loads(media.audit_files(media.run(plan), ["audit.json"])["audit.json"])
    assert told["before"]["pairs"] == today["pairs"]


def test_nothing_of_the_machine_stands_in_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "secret"
    folder.mkdir()
    changes = folder / "mine.csv"
    changes.write_text("action,layer,area,authority,to\nmove,connect_to_work,,Ceredigion,South West Wales\n")
    found = tried(read_scenario(str(changes)), "connect_to_work", "lhb")
    assert "secret" not in outcomes.whatif_json(found)
    result = batch.gathered(Plan(audit=Configuration.of_layers([f"scenario:{changes}", "lhb"])), media.TELLING).result
    text = media.audit_files(batch.Batch(result, None, ()), ["audit.json"])["audit.json"].decode()
    assert "secret" not in text
    assert json.loads(text)["layers"][0]["key"] == f"scenario:{Path(changes).name}"


def test_a_finding_in_the_place_of_another_is_counted_in_words():
    found = tried(read_scenario("icbs_2026"), "icb", "lad")
    table = found.findings_table("made")
    serious = table[(table["severity"] != "info") & (table["instead_of"] != "")]
    assert len(serious) > 0
    assert f"{len(serious)} of those made stand in the place of one mended" in outcome_sentences(found)[-1]
