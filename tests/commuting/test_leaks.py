"""Largest leaks: clear, weak where they cross water or a border, and not clear where the model cannot tell."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from geoplan.auditing import audit, results
from geoplan.auditing.judging import leakage
from geoplan.commuting import containment, leaks, self_containment
from geoplan.commuting.atlas import Atlas
from geoplan.output.summary import commuting
from geoplan.output.summary.flows import flow_sets
from geoplan.output.tables.commuting import containment_json, containment_table
from geoplan.output.text.commuting_lines import containment_text
from geoplan.output.workbook.areas import leaks_sheet
from geoplan.schema import REST, SET_ASIDE_COLUMNS, Flows

WALES, ENGLAND, WEST = "ctw-south-east-wales", "ctw-west-of-england", "ctw-south-west-wales"


def toy(kind: str, *, to_b: float, to_c: float, weak: tuple[str, ...] = ()) -> containment.Containment:
    """Return the leaks of A to B and C, each a zone."""
    workers = {("a", "a"): 90_000.0, ("a", "b"): to_b, ("a", "c"): to_c, ("b", "b"): 5.0, ("c", "c"): 5.0}
    index = pd.MultiIndex.from_tuples(workers, names=["origin", "destination"])
    shaky = [origin != other and other in weak for origin, other in index]
    frame = pd.DataFrame({"workers": list(workers.values()), "weak": shaky}, index=index)
    zones = pd.Index(["a", "b", "c"])
    flows = Flows(frame, zones, pd.DataFrame(columns=list(SET_ASIDE_COLUMNS)), "toy", "2011", kind)
    members = pd.DataFrame([("a", "A", 1.0), ("b", "B", 1.0), ("c", "C", 1.0)], columns=["zone", "area", "share"])
    return containment.contain(flows, members)


def test_a_much_larger_leak_is_clear():
    largest = leaks.largest_leaks(toy("modelled", to_b=9_000, to_c=2_000))["A"]
    assert (largest.others, largest.clear, largest.certainty) == (("B",), True, "clear")
    assert largest.share == pytest.approx(9_000 / 101_000)


def test_a_hardly_larger_leak_is_not_clear_and_names_both():
    largest = leaks.largest_leaks(toy("modelled", to_b=9_000, to_c=8_000))["A"]
    assert (largest.others, largest.workers, largest.certainty) == (("B", "C"), (9_000.0, 8_000.0), "not clear")


def test_a_leak_across_water_is_weak():
    assert leaks.largest_leaks(toy("modelled", to_b=9_000, to_c=2_000, weak=("b",)))["A"].certainty == "weak"
    assert leaks.largest_leaks(toy("modelled", to_b=9_000, to_c=2_000, weak=("c",)))["A"].certainty == "clear"


@pytest.mark.parametrize("kind", ["given", "census"])
def test_of_counted_flows_the_largest_is_the_largest(kind):
    found = toy(kind, to_b=8_001, to_c=8_000, weak=("b", "c"))
    assert leaks.largest_leaks(found)["A"].certainty == "clear"
    assert not found.leaks[["weak", "rival"]].any(axis=None)


def test_who_comes_in_is_told_as_well():
    found = toy("modelled", to_b=9_000, to_c=8_000, weak=("b",))
    assert leaks.largest_leaks(found, "in")["B"].certainty == "weak"
    assert leaks.largest_leaks(found, "in")["C"].others == ("A",)


def test_ground_in_no_area_is_no_rival_but_may_be_the_largest():
    flows = toy("modelled", to_b=9_000, to_c=8_000)
    members = pd.DataFrame([("a", "A", 1.0), ("c", "C", 1.0)], columns=["zone", "area", "share"])
    index = flows.between.rename(index={"A": "a", "B": "b", "C": "c"}).index
    table = flows.between.set_axis(index)
    again = Flows(
        table, pd.Index(["a", "b", "c"]), pd.DataFrame(columns=list(SET_ASIDE_COLUMNS)), "toy", "", "modelled"
    )
    found = containment.contain(again, members)
    assert leaks.largest_leaks(found, rest=True)["A"].others == (REST,)
    assert leaks.largest_leaks(found)["A"].others == ("C",)


def test_names_are_alternatives_and_many_are_counted():
    assert leaks.alternatives(["A", "B"]) == "A or B"
    assert leaks.alternatives("ABC") == "A, B or C"
    assert leaks.alternatives("ABCDE") == "A, B, C or 2 others"


def test_the_mark_is_explained_where_it_is_borne():
    assert leaks.weak_note(["12% to X", leaks.marked("Y", weak=True)]) == f"W{leaks.WEAK[1:]}."
    assert leaks.weak_note(["12% to X"]) == ""


# What ships


@pytest.fixture(scope="module")
def told() -> self_containment.Contained:
    return self_containment.containment("connect_to_work", atlas=Atlas())


def test_the_largest_leak_of_south_east_wales_is_not_clear(told):
    """The census has 11,705 to South West Wales and 9,535 to the West of England; the model has it the other way."""
    largest = leaks.largest_leaks(told.found)[WALES]
    assert set(largest.others) == {ENGLAND, WEST}
    words = leaks.leak_words(told, largest)
    assert words == "not clear: West of England incl. North Somerset or South West Wales (modelled)"
    row = containment_table(told).set_index("code").loc[WALES]
    assert (row["leak_out_code"], row["leak_out_certainty"]) == (f"{ENGLAND};{WEST}", "not clear")
    assert row[["leak_out_workers", "leak_out_share"]].isna().all()
    said = next(area for area in json.loads(containment_json(told))["areas"] if area["code"] == WALES)
    assert said["largest_leak"] == words
    assert [leak["rival"] for leak in said["leaks"][:3]] == [True, True, False]
    assert said["leaks"][0]["weak"]
    assert not said["leaks"][1]["weak"]
    text = " ".join(containment_text(told).split())
    assert f"South East Wales: {words}." in text


def test_leaks_across_the_border_are_weak_in_table_and_text(told):
    row = containment_table(told).set_index("code").loc["ctw-north-wales"]
    assert (row["leak_out_name"], row["leak_out_certainty"]) == ("Cheshire and Warrington", "weak")
    text = containment_text(told)
    line = next(line for line in text.splitlines() if "North Wales " in line)
    assert line.endswith(" (weak)")
    assert "Weak: modelled across water or a national border." in text
    assert max(map(len, text.splitlines())) <= 100


def test_findings_say_what_is_weak_and_what_is_not_clear():
    found = leakage.from_containment(self_containment.containment("utla", atlas=Atlas()))
    largest = {finding.code: finding for finding in found if finding.rule == "GP502"}
    wirral = largest["E08000015"]
    assert "Weak: modelled across water or a national border (Liverpool)." in wirral.message
    unclear = [finding for finding in largest.values() if "is not clear" in finding.lead]
    assert unclear
    assert all(len(finding.other_codes) > 1 and " or " in finding.lead for finding in unclear)
    assert all(len(finding.other_codes) == 1 for finding in largest.values() if finding not in unclear)
    telling = [finding for finding in found if finding.rule == "GP501" and "Weak: modelled" in finding.message]
    assert telling


@pytest.fixture(scope="module")
def wales():
    layers = {"pairs": (("connect_to_work", "country"),), "focus": "connect_to_work:South East Wales"}
    return audit.run(results.Configuration(**layers))


def test_brief_map_and_workbook_mark_what_is_weak(wales):
    rows = {row.name: row for row in commuting.leak_rows(wales)}
    assert rows["West of England incl. North Somerset (weak)"].out == "12,435"
    assert "South West Wales" in rows
    said = "not clear: West of England incl. North Somerset or South West Wales (modelled)"
    assert commuting.unclear_sentence(wales) == f"Largest leak {said}."
    sheet = leaks_sheet(wales).table
    sent = sheet[(sheet["Code"] == WALES) & (sheet["Direction"] == "out")].set_index("Other code")["Weak"]
    assert sent[[ENGLAND, WEST]].tolist() == [leaks.WEAK, ""]
    places = {str(code): i for i, code in enumerate(wales.layers["connect_to_work"].areas.index)}
    scores = next(each for each in flow_sets(wales) if each["scores"])["scores"]
    drawn = {leak[0]: leak[3:] for leak in scores[places[WALES]][-1]}
    assert drawn[places[ENGLAND]] == ["weak"]
    assert drawn[places[WEST]] == []
