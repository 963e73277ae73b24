"""What a cut costs in money: the sentence of GP301 and its evidence."""

import json

import numpy as np
import pytest
from toy_audit import compared, found_in

from geoplan.auditing import comparing
from geoplan.auditing.judging import findings
from geoplan.auditing.judging.funding import funded
from geoplan.commuting.atlas import Atlas
from geoplan.schema.money import MONEY_COLUMNS

LEFT = {"b": {"E2": 1, "E3": 1}, "c": {"E4": 1}}
RIGHT = {"y": {"E3": 1, "E4": 1}, "z": {"E2": 1}}


def grant(layer, code, **facts):
    layer.areas[list(MONEY_COLUMNS)] = ""
    for name in ("amount_total", "amount_per_year", "places"):
        layer.areas[name] = np.nan
    for name, value in facts.items():
        layer.areas.loc[code, name] = value
    return layer


def cut_of(block_layer, blocks, **facts):
    layer = grant(block_layer("left", LEFT), "b", **facts)
    return next(each for each in found_in(compared(layer, block_layer("right", RIGHT), blocks)) if each.rule == "GP301")


def test_a_cut_says_how_much_goes_with_its_pieces(block_layer, blocks):
    # Of b's 700 people 400 are in the piece that it shares with y; z lies whole inside b.
    found = cut_of(block_layer, blocks, amount_total=7e6, amount_note="up to")
    said = "About £4m of its £7m (up to) go with the cut pieces, if money followed people of working age: an estimate."
    assert said in found.detail
    assert found.evidence["money"]["amount_total"]["in_cut_pieces"] == pytest.approx(4e6)
    assert found.evidence["money"]["estimate"] is True
    assert json.dumps(found.evidence)


def test_amounts_a_year_say_so(block_layer, blocks):
    found = cut_of(block_layer, blocks, amount_per_year=1.4e6)
    assert "About £800,000 of its £1.4m a year go with" in found.detail
    assert "amount_total" not in found.evidence["money"]


def test_what_is_not_known_is_not_assessed(block_layer, blocks):
    layer = grant(block_layer("left", {"b": {"E2": 1, "E3": None}, "c": {"E4": 1}}), "b", amount_total=7e6)
    right = block_layer("right", {"y": {"E3": 1, "E4": 1}, "z": {"E2": 1}})
    (found,) = (each for each in found_in(compared(layer, right, blocks)) if each.rule == "GP301" and each.code == "b")
    assert "How much of its £7m goes with the cut pieces is not assessed." in found.detail
    assert found.evidence["money"]["amount_total"]["in_cut_pieces"] is None


def test_areas_without_an_amount_are_told_as_before(block_layer, blocks):
    plain, right = block_layer("left", LEFT), block_layer("right", RIGHT)
    bare = next(each for each in found_in(compared(plain, right, blocks)) if each.rule == "GP301")
    other = grant(block_layer("left", LEFT), "c", amount_total=7e6)
    same = next(each for each in found_in(compared(other, right, blocks)) if each.rule == "GP301")
    assert (same.detail, same.evidence) == (bare.detail, bare.evidence)


def test_shipped_areas_name_their_pieces():
    pair = comparing.compare("connect_to_work", "icb_2026", atlas=Atlas())
    found = findings.from_pair(pair.overlay, pair.relations, tolerance=pair.tolerance, outside=pair.outside)
    told = {each.code: funded(each, pair.overlay, pair.cuts, pair.money).detail for each in found}
    assert (
        "About £18.2m of its £32m (announced) go with the cut pieces, if money followed people of working age: an "
        "estimate." in told["ctw-south-midlands"]
    )
    assert "All of its £8.3m (announced) goes with the cut pieces (Thames Valley £8.2m, " in told["ctw-oxfordshire"]
    amounts = pair.overlay.left.areas[["amount_total", "amount_per_year"]]
    unknown = set(amounts.index[amounts.isna().all(axis=1)]) & set(told)
    assert unknown
    assert not any("£" in told[code] for code in unknown)
