"""The audit of the data that ships, against facts known from elsewhere."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
import shapely
from toy_audit import leads_alone

from geoplan.analysis import overlay
from geoplan.auditing import audit, comparing, focused, opening, results
from geoplan.auditing.place_lookup import lookup
from geoplan.commuting.atlas import Atlas
from geoplan.data import catalogue
from geoplan.data.shipped import package_data
from geoplan.errors import AmbiguousError, ConfigurationError, UnknownKeyError
from geoplan.output.brief import brief
from geoplan.output.page import webmap
from geoplan.output.tables import audits
from geoplan.schema import REST, Relation, Weight

SPLIT_DISTRICTS = {
    "Buckinghamshire", "Cumberland", "Westmorland and Furness", "North Yorkshire", "Hart", "North Hertfordshire",
    "Vale of White Horse", "Guildford", "Runnymede", "Surrey Heath", "Waverley", "East Suffolk",
}  # fmt: skip


@pytest.fixture(scope="module")
def atlas():
    return Atlas()


@pytest.fixture(scope="module")
def result():
    return audit.run()


def test_the_lead_of_every_finding_is_one_sentence_that_names_its_area(result):
    assert len({found.rule for found in result.everything}) >= 8
    assert [found.lead for found in result.everything if not leads_alone(found)] == []


def related(pair, *relations):
    frame = pair.relations
    chosen = frame.index[frame["relation"].isin(relations)]
    return {pair.overlay.left.name(code) for code in chosen}


def test_exactly_twelve_districts_are_split_between_boards(atlas):
    pair = comparing.compare("lad", "icb", atlas=atlas)
    english = pair.relations[pair.relations.index.str.startswith("E")]
    assert {pair.overlay.left.name(c) for c in english.index[english["partners"].str.len() > 1]} == SPLIT_DISTRICTS
    assert len(english) == 296
    assert not english["relation"].isin([Relation.UNCOVERED, Relation.PARTLY_COVERED]).any()


def test_ten_connect_to_work_areas_are_coterminous_with_a_board(atlas):
    pair = comparing.compare("connect_to_work", "icb", atlas=atlas)
    same = related(pair, Relation.COTERMINOUS)
    assert len(same) == 10
    assert {"Greater Manchester", "South Yorkshire"} <= same
    cornwall = next(code for code, name in pair.overlay.left.areas["name"].items() if "Cornwall" in name)
    assert pair.relations["relation"][cornwall] == Relation.COTERMINOUS
    alone = comparing.compare("connect_to_work", "lad", atlas=atlas).relations["relation"][cornwall]
    assert alone == Relation.CONTAINS


def test_all_welsh_authorities_nest_in_seven_health_boards(atlas):
    pair = comparing.compare("lad", "lhb", atlas=atlas)
    welsh = pair.relations[pair.relations.index.str.startswith("W")]
    assert len(welsh) == 22
    assert welsh["relation"].isin([Relation.NESTED, Relation.COTERMINOUS]).all()
    assert len(pair.overlay.right.areas) == 7


def test_overlapping_partnerships_of_2017_are_by_design(atlas):
    _, found = comparing.check("lep_2017", atlas=atlas)
    several = [f for f in found if f.rule == "GP402"]
    assert len(several) > 20
    assert {str(f.severity) for f in several} == {"info"}


def test_scotland_is_no_gap_of_an_english_scheme(result):
    assert not [f for f in result.findings if f.rule in {"GP305", "GP401", "GP204"}]
    pair = next(p for p in result.pairs if p.keys == ("lad", "icb"))
    assert pair.summary["uncovered"] == 0
    assert pair.summary["outside_extent"] == 22 + 32 + 11


def test_every_layer_of_the_catalogue_loads_with_its_weights(atlas):
    for key in catalogue.catalogue():
        areas = atlas.layer(key).areas
        unknown = areas["not_assessed"] != ""
        for column in ("people", "working_age", "postcodes", "area_m2"):
            assert (areas.loc[~unknown, column] > 0).all(), key
            assert areas.loc[unknown, column].isna().all(), key


def test_the_whole_country_is_counted_once(atlas):
    total = atlas.blocks["people"].sum()
    assert total == pytest.approx(69_281_437)
    assert atlas.layer("lad").areas["people"].sum() == pytest.approx(total)
    assert atlas.layer("country").areas["people"].sum() == pytest.approx(total)


@pytest.mark.parametrize(
    "keys", [("connect_to_work", "icb_2026"), ("lep_2017", "icb"), ("icb_2026", "combined_authority")]
)
def test_shares_and_rest_sum_to_one_on_shipped_layers(atlas, keys):
    over = comparing.compare(*keys, atlas=atlas).overlay
    shares = over.table["left_people_share"]
    pairs = shares[shares.index.get_level_values("right") != REST].groupby("left").sum()
    known = over.totals.dropna()
    total = pairs.reindex(known.index).fillna(0) + known["rest_share"] - known["overlap_share"]
    assert (total - 1).abs().max() < 1e-9


def test_pairs_stand_in_both_directions_with_mirrored_agreement(result):
    by_keys = {pair.keys: pair.summary for pair in result.pairs}
    for (left, right), summary in by_keys.items():
        mirrored = by_keys[right, left]
        assert summary["homogeneity"] == pytest.approx(mirrored["completeness"])
        assert summary["blocks"] == mirrored["blocks"]
        classes = sum(summary[str(relation)] for relation in Relation)
        assert classes + summary["outside_extent"] == summary["areas"]


def test_findings_have_unique_stable_ids_and_order(result):
    ids = [finding.id for finding in result.findings]
    assert len(set(ids)) == len(ids)
    again = audit.run()
    assert audits.audit_json(again) == audits.audit_json(result)
    ranks = [finding.severity.rank for finding in result.findings]
    assert ranks == sorted(ranks)


def test_audit_json_keeps_its_contract(result):
    document = json.loads(audits.audit_json(result))
    assert document["schema"] == 1
    assert {"inputs", "parameters", "layers", "pairs", "findings"} <= set(document)
    assert all(len(entry["sha256"]) == 64 for entry in document["inputs"])
    assert {
        "left", "right", "areas", "coterminous", "nested", "contains", "straddles", "partly_covered", "uncovered",
        "homogeneity", "completeness", "v_measure", "blocks",
    } <= set(document["pairs"][0])  # fmt: skip


def test_focus_keeps_only_what_is_about_it(result):
    focused = audit.run(results.Configuration(focus="connect_to_work:Suffolk"))
    assert focused.focus.code == "ctw-suffolk"
    assert 0 < len(focused.findings) < len(result.findings)
    assert {f.id for f in focused.findings} < {f.id for f in result.findings}
    for finding in focused.findings:
        assert "Suffolk" in finding.message or "Norfolk" in finding.message, finding.message
    # Wales is another country: its boards are no part of an audit about Suffolk.
    assert "lhb" in result.layers
    assert "lhb" not in {*focused.layers, *itertools.chain.from_iterable(pair.keys for pair in focused.pairs)}
    assert "lhb" not in {key for finding in focused.findings for key in (finding.layer, finding.other_layer)}


@pytest.mark.parametrize(
    ("place", "layer", "code"),
    [("E07000244", "lad", "E07000244"), ("ctw-suffolk", "connect_to_work", "ctw-suffolk"),
     ("greater manchester", "connect_to_work", "ctw-greater-manchester"), ("icb:Frimley", "icb", "E54000034")],
)  # fmt: skip
def test_places_are_found_by_code_name_and_scheme_id(atlas, place, layer, code):
    found = atlas.find(place, [atlas.layer("connect_to_work")])
    assert (found.layer, found.code) == (layer, code)


def test_an_unknown_place_is_refused_with_the_nearest(atlas):
    with pytest.raises(UnknownKeyError, match=r"no area called 'Sufolk'.*Suffolk"):
        atlas.find("Sufolk")


def test_as_of_chooses_what_is_in_force():
    then = Atlas(as_of=date(2020, 1, 1)).layer("combined_authority")
    now = Atlas().layer("combined_authority")
    assert "North of Tyne" in set(then.areas["name"])
    assert "North of Tyne" not in set(now.areas["name"])
    assert len(now.areas) == 19
    assert len(Atlas(as_of=date(2026, 11, 27)).layer("combined_authority").areas) == 20


def test_a_layer_that_has_ended_says_so(atlas):
    layer = atlas.layer("icb")
    assert (layer.status, layer.as_of) == ("ended", "2026-03-31")


@pytest.mark.parametrize(("key", "other"), [("combined_authority", "connect_to_work"), ("icb", "lad")])
def test_a_copy_of_a_shipped_table_gives_the_same_audit(tmp_path, key, other):
    copy = tmp_path / "copy.csv"
    copy.write_bytes(package_data.shipped_path(f"membership/{key}.csv").read_bytes())
    told = []
    for replacements in ({}, {key: str(copy)}):
        done = audit.run(results.Configuration.of_layers([other, key], replacements=replacements))
        found = [
            (f.rule, f.severity, f.layer, f.code, f.other_layer, f.other_codes, f.measure, f.value, f.unit)
            for f in done.findings
        ]
        told.append((json.loads(audits.audit_json(done))["pairs"], found))
    assert told[0] == told[1]


def test_a_users_table_stands_in_for_a_shipped_one(tmp_path, atlas):
    shipped = atlas.layer("connect_to_work")
    members = pd.DataFrame(
        [(row["name"], lad) for _, row in shipped.areas.iterrows() for lad in row["members"].split(";")],
        columns=["area_name", "lad_code"],
    )
    moved = members.assign(area_name=members["area_name"].where(members["lad_code"] != "E07000244", "Norfolk"))
    moved.to_csv(tmp_path / "annex.csv", index=False)
    changed = Atlas(replacements={"connect_to_work": str(tmp_path / "annex.csv")})
    suffolk = comparing.compare("connect_to_work", "utla", atlas=changed).relations
    assert suffolk["relation"]["Norfolk"] == Relation.STRADDLES
    moved[moved["lad_code"] != "E07000245"].to_csv(tmp_path / "annex.csv", index=False)
    short = Atlas(replacements={"connect_to_work": str(tmp_path / "annex.csv")})
    _, found = comparing.check("connect_to_work", atlas=short)
    assert [(f.rule, f.code) for f in found if str(f.severity) == "error"] == [("GP204", ""), ("GP401", "E07000245")]


def test_a_replacement_must_name_a_known_layer():
    with pytest.raises(UnknownKeyError, match="conect"):
        Atlas(replacements={"conect_to_work": "x.csv"})


def test_nothing_to_audit_is_refused():
    with pytest.raises(ConfigurationError, match="nothing to audit"):
        audit.run(results.Configuration(pairs=()))


def test_a_name_twice_in_one_layer_is_refused(tmp_path):
    (tmp_path / "mine.csv").write_text("area_id,area_name,lad_code\na,Twin,E07000244\nb,Twin,E07000245\n")
    atlas = Atlas(replacements={"workwell": str(tmp_path / "mine.csv")})
    with pytest.raises(AmbiguousError, match="a Twin; b Twin"):
        atlas.find("workwell:Twin")


@pytest.mark.parametrize("weight", list(Weight))
def test_every_weight_runs_by_codes(atlas, weight):
    over = comparing.compare("connect_to_work", "icb", atlas=atlas, weight=weight).overlay
    assert over.table["people"].isna().all() == (weight is Weight.AREA)


def test_look_up_of_a_postcode_and_an_area(atlas):
    place = lookup("GU15 3HL", atlas=atlas)
    held = place.areas.set_index("layer")["name"]
    assert held["lad"] == "Surrey Heath"
    assert "icb" not in held
    assert "icb" in place.absent["ended"]
    assert place.areas["share"].eq(1).all()
    in_march = Atlas(as_of=date(2026, 3, 31))
    assert lookup("GU15 3HL", atlas=in_march).areas.set_index("layer").at["icb", "name"] == "Frimley"
    suffolk = lookup("utla:Suffolk", atlas=in_march).areas
    boards = suffolk[suffolk["layer"] == "icb"].set_index("name")["share"]
    assert boards.sum() == pytest.approx(1)
    assert boards.index[0] == "Suffolk and North East Essex"
    with pytest.raises(UnknownKeyError, match="ZZ9 9ZZ is not in the directory"):
        lookup("ZZ9 9ZZ", atlas=atlas)


def test_a_comparison_that_fails_is_a_finding_and_the_rest_is_done(monkeypatch):
    real = overlay.overlay

    def sometimes(left, right, **options):
        if left.key == "lhb":
            message = "TopologyException: side location conflict"
            raise shapely.errors.GEOSException(message)
        return real(left, right, **options)

    monkeypatch.setattr(overlay, "overlay", sometimes)
    found = audit.run(results.Configuration.of_layers(["lhb", "lad"]))
    (failed,) = [finding for finding in found.findings if finding.rule == "GP901"]
    assert (
        "Comparison with lad could not run: GEOSException (TopologyException: side location conflict)" in failed.message
    )
    assert [pair.keys for pair in found.pairs] == [("lad", "lhb")]


@pytest.fixture(scope="module")
def drawn():
    """The default audit with outlines, of which every focus is a part, and where its layers come from."""
    asked = results.Configuration()
    atlas = opening.atlas_for(asked, geometry=True)
    return replace(audit.run(asked, geometry=True, atlas=atlas), fit=None), atlas


@pytest.mark.parametrize("place", ["Glasgow City", "Belfast", "lad:Isles of Scilly", "Powys"])
def test_every_corner_of_the_country_can_be_a_focus(place, drawn):
    whole, atlas = drawn
    told = focused.focused(whole, place, atlas)
    assert f"<title>{told.focus.name}" in brief.page(told)
    assert told.focus.name in webmap.page(told)


def test_two_files_of_one_name_are_refused(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "t.csv").write_text("area_name,lad_code\nx,E07000244\n")
    asked = results.Configuration.of_layers([str(tmp_path / "a" / "t.csv"), str(tmp_path / "b" / "t.csv")])
    with pytest.raises(ConfigurationError, match=r"t\.csv and t\.csv are both called t\.csv"):
        audit.run(asked)


def test_a_focus_keeps_what_is_wrong_with_a_whole_table(tmp_path):
    shipped = package_data.shipped_table("membership/connect_to_work.csv")
    (tmp_path / "annex.csv").write_text(shipped[shipped["lad_code"] != "E07000245"].to_csv(index=False))
    asked = results.Configuration(
        focus="connect_to_work:Norfolk", replacements={"connect_to_work": str(tmp_path / "annex.csv")}
    )
    assert "GP204" in {finding.rule for finding in audit.run(asked).findings}


@pytest.mark.slow
def test_every_pair_of_layers_conserves_and_mirrors(atlas):
    keys = list(catalogue.catalogue())
    for left in keys:
        for right in keys:
            there = comparing.compare(left, right, atlas=atlas)
            back = comparing.compare(right, left, atlas=atlas)
            same = there.relations[there.relations["relation"] == Relation.COTERMINOUS]
            for code, best in same["best"].items():
                assert code in back.relations.at[best, "partners"], (left, right, code)
                assert back.relations.at[best, "relation"] == Relation.COTERMINOUS, (left, right, code)


# ------------------------------------------------------------------------------- the official files


def test_official_districts_against_the_shipped_ones(shared_data, atlas):
    pair = comparing.compare(str(shared_data / "lad_2025.parquet"), "lad", atlas=atlas)
    english = pair.relations[pair.relations.index.str.startswith("E")]
    best = english["best"]
    assert (best == english.index).all()
    others = english[english["relation"] != Relation.COTERMINOUS]
    # What is not coterminous is nested: postcodes on quays and islets lie outside the generalised coast.
    assert set(others["relation"]) <= {Relation.NESTED}
    table = pair.overlay.table
    for code in others.index:
        assert 0.9 < table.at[(code, code), "right_people_share"] < 0.995, code
    assert len(others) <= 30


def test_official_boards_against_official_districts_run_from_the_files(shared_data, atlas):
    pair = comparing.compare(str(shared_data / "icb_2023.parquet"), str(shared_data / "lad_2025.parquet"), atlas=atlas)
    assert len(pair.overlay.left.areas) == 42
    assert pair.overlay.table["artefact"].sum() > 300


def test_a_mismatch_names_the_block_that_has_to_settle_it():
    result = audit.run(results.Configuration(pairs=(("connect_to_work", "icb"),)))
    pair = result.pairs[0]
    block_of = {code: block for block in pair.blocks for code in block.left}
    cut = [f for f in result.findings if f.rule == "GP301" and f.layer == "connect_to_work"]
    assert cut
    for finding in cut:
        named = finding.evidence["common_block"]
        assert named["left"] == list(block_of[finding.code].left)
        assert set(finding.other_codes) <= set(named["right"])
        assert "The smallest grouping on which both agree" in finding.message
    by_name = {finding.name: finding.message for finding in cut}
    assert "takes " in by_name["Central London Forward"]


def test_a_small_block_is_named_in_full():
    result = audit.run(results.Configuration(pairs=(("connect_to_work", "icb_2026"),)))
    cut = next(f for f in result.findings if f.rule == "GP301" and f.code == "ctw-west-midlands")
    assert (
        "The smallest grouping on which both agree: Warwickshire and West Midlands, which together make up Coventry "
        "and Warwickshire, Birmingham and Solihull and Black Country."
    ) in cut.message


def test_what_is_not_contiguous_lists_its_pieces():
    result = audit.run(results.Configuration.of_layers(["connect_to_work"]))
    linked = [f for f in result.findings if f.rule == "GP404"]
    assert all(len(f.evidence["pieces"]) > 1 for f in linked)
    assert "Mersey tunnels" in {link for f in linked for link in f.evidence.get("links", ())}
