"""Numbers, days, lists and states in words."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.schema import Layer, Source, layer_wording, wording

AS_OF = "2026-04-01"


def layer(status="in force", since="", until=""):
    areas = pd.DataFrame({"name": ["Area a"]}, index=pd.Index(["a"], name="code"))
    return Layer("toy", "Toy", areas, Source("toy"), status=status, in_force_from=since, in_force_to=until)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (1_234_567.4, "people", "1,234,567"),
        (999.6, "people", "1,000"),
        (0, "postcodes", "0"),
        (1_234_567_890, "m2", "1,234.6 km²"),
        (1_500_000, "area", "1.5 km²"),
        (None, "people", "not assessed"),
        (float("nan"), "m2", "not assessed"),
        (pd.NA, "people", "not assessed"),
    ],
)
def test_an_amount_is_rounded_grouped_or_not_assessed(value, unit, expected):
    assert wording.amount(value, unit) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0, "0%"),
        (0.0001, "under 1%"),
        (0.01, "1%"),
        (0.126, "13%"),
        (0.99, "99%"),
        (0.994, "over 99%"),
        (0.9999, "over 99%"),
        (1, "100%"),
        (1 - 1e-12, "100%"),
        (None, "not assessed"),
        (float("nan"), "not assessed"),
    ],
)
def test_a_share_in_percent(share, expected):
    assert wording.percent(share) == expected


@given(st.floats(1e-12, 1 - 1e-8))
def test_what_is_only_near_none_or_all_is_never_called_so(share):
    assert wording.percent(share) not in {"0%", "100%"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-04-01", "1 April 2026"),
        ("2025-12-31", "31 December 2025"),
        ("2026-04", "April 2026"),
        ("2026", "2026"),
        ("2026-13-01", "2026-13-01"),
        ("spring 2027", "spring 2027"),
        ("", ""),
    ],
)
def test_a_day_in_words(text, expected):
    assert wording.day(text) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Integrated care boards", "integrated care boards"),
        ("Local health boards (Wales)", "local health boards (Wales)"),
        ("Connect to Work areas", "Connect to Work areas"),
        ("NHS regions", "NHS regions"),
        (
            "Combined authorities and the Greater London Authority",
            "Combined authorities and the Greater London Authority",
        ),
        ("wards.gpkg", "wards.gpkg"),
        ("", ""),
    ],
)
def test_a_title_loses_its_capital_only_where_it_is_no_name(title, expected):
    assert wording.inside_a_sentence(title) == expected


def test_lists_read_as_a_sentence_does():
    assert wording.listed([]) == ""
    assert wording.listed(["a"]) == "a"
    assert wording.listed(["a", "b"]) == "a and b"
    assert wording.listed(("a", "b", "c"), "or") == "a, b or c"


def test_counts_take_the_word_that_goes_with_them():
    assert wording.plural(0, "area") == "0 areas"
    assert wording.plural(1, "geography") == "1 geography"
    assert wording.plural(1200, "geography") == "1,200 geographies"
    assert wording.number_of(1, "is cut", "are cut") == "1 is cut"
    assert wording.number_of(2, "is cut", "are cut") == "2 are cut"


def test_countries_by_their_letters():
    assert wording.countries("EW") == ["England", "Wales"]
    assert wording.countries("NSWE") == ["the United Kingdom"]
    assert wording.countries("") == []


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, "in force"),
        ({"since": "2025-04-01"}, "in force since 1 April 2025"),
        ({"since": "2025-04", "until": "2030-03-31"}, "in force since April 2025 until 31 March 2030"),
        ({"until": AS_OF}, "in force until 1 April 2026"),
        ({"status": "reference"}, "reference"),
        ({"status": "file"}, "file"),
    ],
)
def test_what_applies_today_is_not_marked(facts, expected):
    assert layer_wording.status(layer(**facts), AS_OF) == expected
    assert layer_wording.not_in_force(layer(**facts), AS_OF) == ""


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"status": "ended"}, "ended"),
        ({"status": "ended", "until": "2024"}, "ended in 2024"),
        ({"until": "2026-03-31"}, "ended on 31 March 2026"),
        ({"until": "2026-03"}, "ended in March 2026"),
        ({"since": "2026-04-02"}, "not in force until 2 April 2026"),
        ({"since": "2026", "status": "not yet in force"}, "not in force until 2026"),
        ({"since": "2027", "status": "proposed"}, "not in force until 2027"),
        ({"status": "proposed"}, "proposed, not in force"),
    ],
)
def test_what_does_not_apply_today_says_so(facts, expected):
    assert layer_wording.status(layer(**facts), AS_OF) == expected
    assert layer_wording.not_in_force(layer(**facts), AS_OF) == expected


def test_a_start_of_the_same_month_or_year_is_not_ahead():
    assert layer_wording.not_in_force(layer(since="2026-04"), AS_OF) == ""
    assert layer_wording.not_in_force(layer(since="2026"), AS_OF) == ""


def test_what_has_an_address_was_fetched_and_a_file_without_one_is_the_users_own():
    own = layer("file")
    fetched = replace(own, source=Source("toy", url="https://example.org"))
    assert [layer_wording.kind(one) for one in (own, fetched, layer())] == ["file", "fetched", "in force"]
    assert [layer_wording.status(one, AS_OF) for one in (own, fetched)] == ["file", "fetched"]
