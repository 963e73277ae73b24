"""Areas with parts of unknown size: nothing is told of them that no size of the parts bears out."""

from __future__ import annotations

import itertools
import json
import re
from datetime import date

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from toy_audit import result_of

from geoplan.auditing import audit, comparing, focus, place_lookup
from geoplan.auditing.certainty import Lie, amount_inside, lie, share_inside
from geoplan.auditing.focused import focused
from geoplan.auditing.results import Configuration
from geoplan.cli.main import cli
from geoplan.commuting.atlas import Atlas
from geoplan.data import catalogue
from geoplan.data.focus import Focus
from geoplan.output.brief import brief
from geoplan.output.summary import answers
from geoplan.output.tables import cells, comparison
from geoplan.output.text import audit_lines, comparison_lines, lookup_lines
from geoplan.schema import wording

NAN = float("nan")
NO_NUMBER = re.compile(r"\bnan\b|nan%|NaN")
CELLS = 3
"""Pieces of a block of the slow oracle: a part of it is any of them, but neither none nor all."""


def held(**shares):
    return pd.Series(shares, dtype=float).rename_axis("block")


# ------------------------------------------------------------------------------- how two areas lie, by trial


def grounds(shares):
    """Return every ground that an area may have, as sets of pieces of blocks."""
    parts = [set(each) for size in range(1, CELLS) for each in itertools.combinations(range(CELLS), size)]
    choices = [
        [{(block, piece) for piece in range(CELLS)}] if share == 1
        else [{(block, piece) for piece in part} for part in parts if np.isnan(share) or len(part) == share * CELLS]
        for block, share in shares.items()
    ]  # fmt: skip
    return [set().union(*chosen) for chosen in itertools.product(*choices)]


def seen(one, other):
    if not one & other:
        return Lie.APART
    if one == other:
        return Lie.SAME
    return Lie.INSIDE if one < other else Lie.HOLDS if other < one else Lie.PART


def worlds(one, other, *, beside):
    pairs = itertools.product(grounds(one), grounds(other))
    return {seen(mine, theirs) for mine, theirs in pairs if not (beside and mine & theirs)}


AREAS = [
    held(**dict(zip("abc", shares, strict=False))) for shares in itertools.product((1.0, 1 / 3, 2 / 3, NAN), repeat=2)
] + [held(a=1.0), held(a=NAN), held(a=1 / 3), held(b=1.0), held(b=NAN), held(b=1.0, c=1.0), held(c=NAN)]


def test_what_is_told_of_two_areas_holds_for_every_size_of_their_parts():
    for one, other in itertools.product(AREAS, repeat=2):
        possible, told = worlds(one, other, beside=False), lie(one, other)
        assert told is Lie.UNKNOWN or possible == {told}, (one, other, possible, told)
        # What is so in every world is told, but for parts of known size that may be the same ground or not.
        if (one.isna() | (one == 1)).all() and (other.isna() | (other == 1)).all() and len(possible) == 1:
            assert told in possible


def test_areas_of_one_geography_lie_side_by_side():
    for one, other in itertools.product(AREAS, repeat=2):
        if (possible := worlds(one, other, beside=True)) and lie(one, other, beside=True) is Lie.APART:
            assert possible == {Lie.APART}
    assert lie(held(a=NAN), held(a=NAN), beside=True) is Lie.APART
    assert lie(held(a=0.4), held(a=0.6), beside=True) is Lie.APART
    assert lie(held(a=NAN), held(a=NAN)) is Lie.UNKNOWN


def test_shares_are_told_where_they_are_known():
    weights = pd.Series({"a": 100, "b": 300})
    assert share_inside(held(a=NAN), held(a=1.0), weights) == 1
    assert np.isnan(share_inside(held(a=NAN, b=1.0), held(b=1.0), weights))
    assert share_inside(held(a=0.5, b=1.0), held(b=1.0), weights) == pytest.approx(300 / 350)
    assert np.isnan(share_inside(held(a=1.0), held(a=NAN), weights))
    assert amount_inside(held(a=NAN, b=1.0), held(a=1.0, b=1.0), weights) == 300
    assert amount_inside(held(a=NAN), held(a=NAN), weights) == 0


# ---------------------------------------------------------------------------------------- toy: a focus by hand


@pytest.fixture
def toy(block_layer, blocks):
    """Area p is part of E2; area q all of E3 and part of E4; Layer far cuts q and holds p; side has a part of E2."""
    near = block_layer("near", {"p": {"E2": NAN}, "q": {"E3": 1, "E4": NAN}, "r": {"E4": NAN}})
    far = block_layer("far", {"x": {"E2": 1, "E3": 1}, "y": {"E4": 1}}, exhaustive=True)
    side = block_layer("side", {"s": {"E2": NAN}})

    def of(code, shares):
        chosen = Focus("near", code, f"Area {code}", frozenset(shares), in_part=tuple(
            (block, None) for block, share in shares.items() if share is None
        ))  # fmt: skip
        return result_of(blocks, (near, far), (near, side), focus=chosen)

    return of


def test_a_part_alone_has_no_size_and_lies_somewhere_inside(toy):
    result = toy("p", {"E2": None})
    fit, cut, _ = answers.answer_sentences(result)
    assert fit == (
        "Area p is a part of unknown size of E2: its people are not assessed. It lies somewhere inside area of Layer "
        "far Area x; area of Layer side: whether it reaches Area s is not assessed."
    )
    assert cut == "Whether areas of Layer side cut Area p is not assessed."
    rows = {row.area: row for row in focus.partner_rows(result)}
    assert (rows["Area x"].relation, rows["Area x"].share) == ("Area p lies somewhere inside it", None)
    assert rows["Area x"].people is rows["Area x"].share_of_area is None
    assert (rows["Area s"].relation, rows["Area s"].share, rows["Area s"].loud) == ("not assessed", None, False)
    figures = {figure.label: figure.value for figure in focus.focus_figures(result, result.focus)}
    assert (figures["Area p"], figures["Same boundary"], figures["Cut by"]) == ("not assessed", "0 of 2", "0 of 2")
    assert focus.members(result, result.focus) == "E2 (part, size not assessed)"


def test_whole_members_make_the_least_that_is_known(toy):
    result = toy("q", {"E3": 1, "E4": None})
    fit, cut, _ = answers.answer_sentences(result)
    assert fit.startswith("Area q has at least 400 people: what belongs to it of E4 is not assessed. Its partners:")
    assert cut == "It is cut by areas of Layer far: 400 people in Area x and a part of unknown size in Area y."
    assert focus.focus_figures(result, result.focus)[0] == (
        "Area q", "at least 400", "people; parts of E4 are not assessed",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------ the data that ships


@pytest.fixture(scope="module")
def opened():
    return Atlas()


@pytest.fixture(scope="module")
def audited(opened):
    pairs = (("connect_to_work", "icb_2026"), ("connect_to_work", "lhb"), ("lad", "icb_2026"))
    return audit.run(Configuration(pairs=pairs), atlas=opened)


def vague(layer):
    return set(layer.parts.loc[layer.parts["share"].isna(), "code"])


def with_parts(opened):
    layers = [opened.layer(key) for key in catalogue.catalogue()]
    return [layer for layer in layers if vague(layer)]


def told(audited, opened, place):
    result = focused(audited, place, opened)
    text = " ".join(audit_lines.summary_text(result, [], "").split())
    return result, text, {figure.label: figure for figure in focus.focus_figures(result, result.focus)}


@pytest.mark.parametrize(
    ("place", "of"),
    [
        ("connecting_communities:Cannock North", "Cannock Chase"),
        ("connecting_communities:Washwood Heath", "Birmingham"),
        ("city_strategy_pathfinder:csp-15", "Denbighshire"),
    ],
)
def test_a_ward_is_not_its_district(audited, opened, place, of):
    result, text, figures = told(audited, opened, place)
    name = result.focus.name
    assert f"{name} is a part of unknown size of {of}: its people are not assessed." in text
    assert "It lies somewhere inside Connect to Work area" in text
    assert "same boundary" not in text
    assert figures[name].value == "not assessed"
    rows = {row.layer: row for row in focus.partner_rows(result)}
    own = rows["Local authority districts"]
    assert (own.area, own.relation, own.people, own.share_of_area) == (
        of, f"{wording.bare(name)} lies somewhere inside it", None, None,
    )  # fmt: skip
    assert f"The commuting of {name} is not assessed" in text
    assert focus.members(result, result.focus) == f"{of} (part, size not assessed)"


def test_the_heads_of_the_valleys_are_at_least_their_whole_members(audited, opened):
    _, text, figures = told(audited, opened, "Heads of the Valleys")
    # Blaenau Gwent 67,873 and Merthyr Tydfil 58,972 belong whole.
    assert figures["Heads of the Valleys"].value == "at least 126,845"
    assert "640,673" not in text
    assert "at least 67,873 people in Aneurin Bevan" in text


def test_south_hampshire_is_at_least_its_whole_members(audited, opened):
    result, text, figures = told(audited, opened, "push:push-12")
    assert figures[result.focus.name].value == "at least 1,083,672"
    assert "1,660,596" not in text
    # 468,267 people live in Eastleigh, Fareham, Gosport and Havant.
    assert "at least 468,267 people in Hampshire" in text


def test_a_travel_to_work_area_has_the_shares_that_are_known(audited, opened):
    result, text, figures = told(audited, opened, "ttwa_2011:Rhyl")
    assert figures["Rhyl"].value == "145,709"
    assert "Connect to Work area North Wales (21% of it)" in text
    assert focus.members(result, result.focus) == "Conwy (part), Denbighshire (part), Flintshire (part)"


def rows_of(place, opened):
    return place_lookup.lookup(place, atlas=opened).areas


def test_lookup_of_parts_gives_shares_only_where_they_are_known(opened):
    heads = rows_of("Heads of the Valleys", opened).set_index(["layer", "name"])["share"]
    assert heads.drop("city_strategy_pathfinder", level="layer").isna().all()
    areas = rows_of("ttwa_2011:Rhyl", opened)
    assert areas.loc[areas["layer"] == "ttwa_2011", "name"].tolist() == ["Rhyl"]
    assert areas.loc[areas["layer"] == "lad", "share"].round(3).tolist() == [0.646, 0.199, 0.156]


def test_one_ward_is_not_another_of_its_district():
    opened = Atlas(as_of=date(2019, 6, 1))
    areas = rows_of("connecting_communities:Washwood Heath", opened)
    assert areas.loc[areas["layer"] == "connecting_communities", "name"].tolist() == ["Washwood Heath"]
    assert rows_of("connecting_communities:Shard End", opened)["name"].tolist().count("Washwood Heath") == 0
    # Of a postcode in the district either may be true; of the district both are parts.
    near = rows_of("B8 2AA", opened).set_index("name").loc[["Shard End", "Washwood Heath"]]
    assert near["share"].isna().all()
    assert not near["certain"].any()
    whole = rows_of("lad:Birmingham", opened).set_index("name").loc[["Shard End", "Washwood Heath"]]
    assert whole["share"].isna().all()
    assert whole["certain"].all()


def test_lookup_says_what_is_not_assessed():
    run = CliRunner().invoke(cli, ["lookup", "Heads of the Valleys"])
    assert "Caerphilly, Rhondda Cynon Taf and Torfaen is a part of unknown size" in " ".join(run.stdout.split())
    assert re.search(r"lad +not assessed  Rhondda Cynon Taf\n", run.stdout)
    found = json.loads(CliRunner().invoke(cli, ["lookup", "Heads of the Valleys", "--format", "json"]).stdout)
    assert [area["share"] for area in found["areas"] if area["layer"] == "lad"] == [None] * 5


def test_a_comparison_with_parts_of_unknown_size_has_no_share_of_nothing(opened):
    text = comparison_lines.compare_text(comparing.compare("push", "connect_to_work", atlas=opened))
    assert "615,405  not assessed  Solent" in text
    assert "not assessed  not assessed  Hampshire" in text


def test_no_output_of_a_layer_with_parts_holds_a_number_that_is_none(opened):
    layers = with_parts(opened)
    assert {"push", "connecting_communities", "city_strategy_pathfinder"} <= {layer.key for layer in layers}
    for layer, other in itertools.product(layers, ("connect_to_work", "icb", "lad")):
        pair = comparing.compare(layer.key, other, atlas=opened)
        table = comparison.compare_table(pair)
        for text in (comparison_lines.compare_text(pair), cells.table_json(table), cells.table_csv(table)):
            assert not NO_NUMBER.search(text), (layer.key, other)


def test_no_lookup_of_an_area_with_parts_holds_a_number_that_is_none(opened):
    for layer in with_parts(opened):
        for code in sorted(vague(layer))[:2]:
            place = place_lookup.lookup(f"{layer.key}:{code}", atlas=opened)
            assert not NO_NUMBER.search(lookup_lines.lookup_text(place))
            assert not NO_NUMBER.search(cells.table_json(place.areas))


def test_no_focus_with_parts_of_unknown_size_has_the_same_boundary_as_anything(audited, opened):
    for layer in with_parts(opened):
        for code in sorted(vague(layer))[:1]:
            result, text, figures = told(audited, opened, f"{layer.key}:{code}")
            assert not NO_NUMBER.search(text)
            assert "the same boundary" not in text
            assert figures["Same boundary"].value.startswith("0 of ")
            assert not any(row.relation == "has the same boundary" for row in focus.partner_rows(result))
            assert "not assessed" in text
            assert not NO_NUMBER.search(brief.page(result))
