"""Days of layers and areas in words: editions, what is not dated, what was never in force together."""

from __future__ import annotations

import pandas as pd
import pytest

from geoplan.schema import Layer, Source, layer_wording


def layer(*spans, status="in force", **facts):
    codes = pd.Index([f"a{number}" for number in range(len(spans))], name="code")
    areas = pd.DataFrame({"name": codes, "valid_from": [a for a, _ in spans], "valid_to": [b for _, b in spans]}, codes)
    return Layer("toy", "Toy", areas, Source("toy"), status=status, **facts)


def test_a_geography_of_a_later_edition_says_which():
    lads = layer(("", ""), status="reference", edition_of="2025-04", in_force_from="2025-04-01")
    assert layer_wording.status(lads, "2008-06-01") == "edition of April 2025"
    assert layer_wording.status(lads, "2025-04-01") == layer_wording.status(lads, "2026-04-01") == "reference"
    assert layer_wording.not_in_force(lads, "2008-06-01") == ""
    assert not layer_wording.undated(lads).any()


def test_a_scheme_without_dates_is_not_in_force():
    charters = layer(("2019-07", ""), ("", ""))
    assert layer_wording.status(charters, "2026-04-01") == "in force, date not known of 1 of 2 areas"
    assert layer_wording.undated(charters).to_list() == [False, True]
    pledge = layer(("", ""), status="date not known", as_of="2027-04-02")
    assert layer_wording.status(pledge, "2040-01-01") == layer_wording.not_in_force(pledge, "2040-01-01")
    assert layer_wording.shown_on(pledge) == "toy: date not known; shown as it was found."


def test_a_layer_shown_on_another_day_says_which():
    early = layer(("2018-02-01", ""), status="not yet in force", as_of="2018-02-01", in_force_from="2018-02-01")
    assert layer_wording.shown_on(early) == "toy: not in force until 1 February 2018; shown as on 1 February 2018."
    late = layer(("2018", "2021"), status="ended", as_of="2021-12-31", in_force_to="2021")
    assert layer_wording.shown_on(late) == "toy: ended in 2021; shown as on 31 December 2021."
    assert layer_wording.shown_on(layer(("2018", ""), as_of="2026-04-01")) == ""


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ([("2023-08-01", "2025-09-30")], [("2025-04-01", "2030-03-31")], ""),
        ([("2023-08-01", "2025-09-30")], [("2025-10-01", "")], ": they were never in force together"),
        ([("2010", "2011")], [("2011-12-31", "")], ""),
        ([("2010", "2011-03")], [("2011-04", "")], ": they were never in force together"),
        ([("", "")], [("2025-10-01", "")], ""),
    ],
)
def test_never_together_is_told_by_the_days_of_areas(left, right, said):
    assert layer_wording.together(layer(*left), layer(*right), [("a0", "a0"), ("a0", "")]) == said


def test_some_areas_that_were_never_together_are_counted():
    left, right = layer(("2010", "2015"), ("2010", "")), layer(("2016", ""), ("2012", ""))
    pairs = [("a0", "a0"), ("a0", "a1"), ("a1", "a0")]
    assert layer_wording.together(left, right, pairs) == (
        ": 1 of 3 pairs of areas that meet were never in force together"
    )
