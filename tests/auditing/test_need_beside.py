"""Need beside boundaries: counted by plain sums over what ships, conserved, ranked, and not assessed elsewhere."""

import csv

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from geoplan.analysis import overlay, relations
from geoplan.analysis.networks.deprivation import Parted, parted, rates
from geoplan.auditing import audit, comparing
from geoplan.auditing.judging.needy import told_need, with_need
from geoplan.auditing.need import need_table
from geoplan.auditing.results import Configuration
from geoplan.commuting.atlas import Atlas
from geoplan.data.shipped.package_data import shipped_path
from geoplan.output.summary.need import area_need
from geoplan.schema import REST, Rank, Tolerance, Weight
from geoplan.schema.need import Need, england, need_words

FILED = {
    Weight.EMPLOYMENT_DEPRIVED: "employment_deprived",
    Weight.INCOME_DEPRIVED: "income_deprived",
    Weight.DISABLED: "disabled_2021",
    Weight.MOST_DEPRIVED: "people_worst_10_imd",
}
CENTRAL_EAST = ("E06000055", "E06000056", "E06000032", "E06000042")
"""Bedford, Central Bedfordshire, Luton and Milton Keynes, of South Midlands."""


@pytest.fixture(scope="module")
def atlas():
    return Atlas()


def shipped(column):
    with shipped_path("need_blocks.csv").open(encoding="utf-8", newline="") as stream:
        return {row["block"]: float(row[column] or "nan") for row in csv.DictReader(stream)}


@pytest.fixture(scope="module")
def told():
    asked = Configuration(pairs=(("connect_to_work", "icb_2026"), ("connect_to_work", "lhb")), rank=Rank.NEED)
    return audit.run(asked)


@pytest.mark.parametrize("weight", FILED)
def test_pieces_sum_to_the_blocks_they_are_made_of_and_relations_stay(weight, atlas):
    by_people = comparing.compare("connect_to_work", "icb_2026", atlas=atlas)
    pair = comparing.compare("connect_to_work", "icb_2026", atlas=atlas, weight=weight)
    english = sum(value for block, value in shipped(FILED[weight]).items() if block.startswith("E"))
    pieces = pair.overlay.table["people"]
    assert pieces[pieces.index.get_level_values("right") != REST].sum() == english
    assert pair.relations["relation"].equals(by_people.relations["relation"])
    assert pair.cuts.pieces.index.equals(by_people.cuts.pieces.index)
    whole = pair.overlay.totals["weight"].dropna()
    assert pieces.groupby(level="left").sum()[whole.index].to_numpy() == pytest.approx(whole.to_numpy())


def test_out_of_work_in_the_piece_of_south_midlands_by_hand(atlas):
    counts = shipped("employment_deprived")
    pair = comparing.compare("connect_to_work", "icb_2026", atlas=atlas, weight=Weight.EMPLOYMENT_DEPRIVED)
    assert sum(counts[lad] for lad in CENTRAL_EAST) == 72_035
    assert pair.cuts.by_area["ctw-south-midlands"] == 72_035


@pytest.mark.parametrize("weight", [Weight.EMPLOYMENT_DEPRIVED, Weight.INCOME_DEPRIVED, Weight.MOST_DEPRIVED])
def test_in_wales_nobody_is_counted_and_that_is_not_nought(weight, atlas):
    pair = comparing.compare("connect_to_work", "lhb", atlas=atlas, weight=weight)
    welsh = pair.overlay.table["people"].loc[["ctw-mid-wales", "ctw-south-west-wales"]]
    assert welsh.isna().all()
    assert pair.cuts.total is None
    assert pair.relations.at["ctw-mid-wales", "relation"] == "straddles"
    assert pair.summary["homogeneity"] is None


def test_people_in_need_are_counted_by_the_postcodes_of_a_drawing(block_layer, drawn_layer, blocks, points):
    needy = blocks.assign(out_of_work=[10.0, 20.0, 30.0, 40.0, 50.0, np.nan], residents_16_64_2021=blocks["people"])
    right = drawn_layer("right", {"w": blocks["geometry"].loc[["E1.a", "E3"]].union_all()})
    left = block_layer("left", {"a": {"E3": 1, "E4": 1}, "b": {"W1": 1}})
    left.areas["out_of_work"] = [90.0, np.nan]
    over = overlay.overlay(left, right, blocks=needy, points=points, weight=Weight.EMPLOYMENT_DEPRIVED)
    assert over.table["people"].loc["a"].to_dict() == pytest.approx({REST: 50, "w": 40})
    assert over.table["people"].loc["b"].isna().all()
    related = relations.relate(over, tolerance=Tolerance())["relation"]
    assert related.to_dict() == {"a": "partly_covered", "b": "uncovered"}
    both = overlay.overlay(right, right, blocks=needy, points=points, weight=Weight.EMPLOYMENT_DEPRIVED)
    assert both.table.at[("w", "w"), "people"] == pytest.approx(50)
    assert both.rated.at[("w", "w"), "out_of_work"] == pytest.approx(50)


def test_findings_say_who_is_out_of_work_with_the_rate_of_england(told):
    out, able = shipped("employment_deprived"), shipped("residents_16_64_2021")
    own, all_of = (sum(each[lad] for lad in CENTRAL_EAST) for each in (out, able))
    nation = sum(out[b] for b in out if b[0] == "E") / sum(able[b] for b in able if b[0] == "E")
    found = next(f for f in told.findings if f.rule == "GP301" and f.code == "ctw-south-midlands")
    assert (found.out_of_work, found.out_of_work_rate) == (own, pytest.approx(own / all_of))
    assert (
        f"Of the people concerned 72,000 are out of work: 11.4% of those aged 16 to 64, in England {nation:.1%}."
        in (found.message)
    )


def test_what_counts_no_people_or_lies_in_wales_says_nothing_of_them(told):
    welsh = [f for f in told.findings if f.code in {"ctw-mid-wales", "ctw-south-west-wales"} and f.rule == "GP301"]
    assert len(welsh) == 2
    others = [f for f in told.findings if f.unit not in {"people", ""}]
    assert others
    for each in (*welsh, *others):
        assert each.out_of_work is None
        assert "are out of work" not in each.message


def test_by_need_those_with_most_people_out_of_work_come_first(told):
    order = [f.out_of_work or 0.0 for f in told.findings if (f.rule, str(f.severity)) == ("GP301", "warning")]
    assert len(order) > 20
    assert order == sorted(order, reverse=True)
    values = [f.value for f in told.findings if (f.rule, str(f.severity)) == ("GP301", "warning")]
    assert values != sorted(values, reverse=True), "by people the order is another"


def test_ranking_changes_no_id(told):
    plain = audit.run(Configuration(pairs=(("connect_to_work", "icb_2026"), ("connect_to_work", "lhb"))))
    assert {f.id for f in plain.findings} == {f.id for f in told.findings}
    assert [f.message for f in sorted(plain.findings, key=lambda f: f.id)] == [
        f.message for f in sorted(told.findings, key=lambda f: f.id)
    ]


def test_need_by_area_sums_what_ships_and_england_comes_first(told):
    table = need_table(told)
    first = table.iloc[0]
    assert (first["name"], first["out_of_work"]) == ("England", 4_787_240)
    assert first["out_of_work_rate"] == pytest.approx(4_787_240 / 35_605_236)
    tees = table[table["code"] == "ctw-tees-valley"].iloc[0]
    layer = told.layers["connect_to_work"]
    held = layer.parts.loc[layer.parts["code"] == "ctw-tees-valley", "block"]
    worst, people = (sum(shipped(name)[b] for b in held) for name in ("people_worst_10_imd", "residents_2021"))
    assert (tees["most_deprived"], tees["most_deprived_share"]) == (worst, pytest.approx(worst / people))
    assert table[table["layer"] == "lhb"]["out_of_work"].isna().all()
    birmingham = table[table["name"] == "Birmingham and Solihull"].iloc[0]
    assert birmingham["parted"] == "Birmingham / Walsall (Black Country)"


def deprived_toy(blocks, *shares):
    worst = blocks["people"].to_numpy() * np.array(shares, dtype=float)
    return blocks.assign(most_deprived=worst, residents_2021=blocks["people"])


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([], []),
        ([("E3", "E4", "border")], [Parted("a", "E3", "b", "E4"), Parted("b", "E4", "a", "E3")]),
        ([("E3", "E4", "ferry")], []),
        ([("E3", "E2", "border")], []),
    ],
)
def test_deprived_ground_is_parted_by_a_border_on_land_between_areas(edges, expected, block_layer, blocks):
    needy = deprived_toy(blocks, 0, 0, 0.1, 0.2, 0.5, np.nan)
    graph = nx.Graph()
    graph.add_edges_from((one, two, {"kind": kind}) for one, two, kind in edges)
    layer = block_layer("left", {"a": {"E3": 1, "E2": 1}, "b": {"E4": 1}})
    assert parted(layer, needy, graph) == expected
    together = block_layer("left", {"a": {"E3": 1, "E4": 1}})
    assert parted(together, needy, graph) == []


def test_rates_are_missing_where_nobody_counts_or_lives():
    found = rates(pd.DataFrame({"most_deprived": [5.0, np.nan, 0.0], "residents_2021": [50.0, 9.0, 0.0]}))
    assert found["most_deprived_share"].to_numpy() == pytest.approx([0.1, np.nan, np.nan], nan_ok=True)
    assert found["out_of_work_rate"].isna().all()


@pytest.mark.parametrize(("count", "said"), [(0, "0 are"), (1, "under 100 are"), (250, "200 are")])
def test_words_for_none_one_and_many(count, said):
    assert f"concerned {said} out of work" in need_words(Need(count, 1000), Need(1, 10))


def test_nothing_is_said_where_nobody_counts(blocks):
    assert need_words(Need(None, 100.0), Need(1, 10)) == ""
    assert need_words(Need(1, 0), Need(1, 10)) == ""
    assert Need.of(blocks) == Need()
    assert "not assessed" in area_need(pd.Series({"out_of_work": np.nan}), england(blocks))


def test_of_two_areas_that_differ_those_beyond_are_counted(block_layer, blocks):
    needy = blocks.assign(out_of_work=[10.0, 20.0, 30.0, 40.0, 50.0, 60.0], residents_16_64_2021=blocks["people"])
    left = block_layer("left", {"a": {"E3": 1, "E4": 1}})
    right = block_layer("right", {"x": {"E3": 1, "E4": 1, "E2": 1}})
    for layer, counts in ((left, (90.0, 900.0)), (right, (120.0, 1200.0))):
        layer.areas["out_of_work"], layer.areas["residents_16_64_2021"] = counts
    from toy_audit import compared, found_in

    pair = compared(right, left, needy)
    made = [with_need(each, pair.overlay, pair.cuts) for each in found_in(pair)]
    needs = {each.rule: each.need for each in told_need(made, needy)}
    assert needs["GP302"] == Need(30.0, 300.0)
