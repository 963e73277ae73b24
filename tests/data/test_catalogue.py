"""The catalogue: what it says of each layer, and how it refuses a bad file, date or key."""

from __future__ import annotations

import calendar
import dataclasses
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.data.catalogue import catalogue, day_asked, day_shown, default_as_of, entry, status_on, successor
from geoplan.data.catalogue_file import GROUPS, Entry, read_catalogue
from geoplan.data.days import parse_day
from geoplan.errors import ConfigurationError, UnknownKeyError

KEYS = [
    "lad",
    "utla",
    "region",
    "country",
    "labour_market",
    "ttwa_2011",
    "icb",
    "icb_2026",
    "lhb",
    "health",
    "police_force",
    "fire_authority",
    "community_safety_partnership",
    "combined_authority",
    "combined_authority_ended",
    "combined_authority_proposed",
    "connect_to_work",
    "lsip",
    "lsip_2025",
    "lep_2017",
    "lep_2021",
    "get_britain_working_plan",
    "employment_charter",
    "workwell",
    "youth_guarantee_trailblazer",
    "economic_inactivity_trailblazer",
    "households_into_work",
    "cambridgeshire_peterborough_pilot",
    "gm_working_well",
    "connecting_communities",
    "restart",
    "work_and_health_programme",
    "city_strategy_pathfinder",
    "push",
]

TOY = {
    "title": '"Toy"',
    "table": '"toy"',
    "one": '"toy"',
    "many": '"toys"',
    "extent": '"E"',
    "exhaustive": "true",
    "overlap": "false",
    "edition": '"2025"',
    "scheme": '""',
    "in_force_from": '"2025-04-01"',
    "in_force_to": '""',
    "status": '"in force"',
    "show": '"members"',
    "resolution": '"drawn by hand"',
    "resolution_m": "1",
    "confidence": '"exact"',
    "source": '"This test"',
    "url": '""',
    "licence": '"none"',
    "note": '""',
    "group": '"Pilots"',
}


def write_toy(folder: Path, *, head: str = "as_of = 2026-04-01", **changes: str | None) -> Path:
    fields = {**TOY, **changes}
    lines = [f"{name} = {value}" for name, value in fields.items() if value is not None]
    path = folder / "toy.toml"
    path.write_text("\n".join([head, "[layers.toy]", *lines]), encoding="utf-8")
    return path


def test_all_layers_in_order():
    assert list(catalogue()) == KEYS


def test_entries_know_their_key():
    assert all(found.key == key for key, found in catalogue().items())


def test_exhaustive_layers_are_only_those_the_facts_support():
    named = {key for key, found in catalogue().items() if found.exhaustive}
    assert named == {
        *("lad", "utla", "region", "country", "icb", "icb_2026", "lhb", "health", "connect_to_work"),
        *("lsip", "lsip_2025", "lep_2017", "lep_2021", "restart", "ttwa_2011"),
        *("police_force", "fire_authority", "community_safety_partnership"),
    }


def test_overlap_by_design_only_where_published():
    named = {key for key, found in catalogue().items() if found.overlap}
    assert named == {"lep_2017", "lep_2021", "youth_guarantee_trailblazer"}


def test_health_boards_change_without_a_gap():
    ended = parse_day(entry("icb").in_force_to, end=True)
    begun = parse_day(entry("icb_2026").in_force_from, end=False)
    assert (begun - ended).days == 1
    assert default_as_of() == begun


GRID = [date(year, month, day) for year in range(2010, 2028) for month in range(1, 13) for day in (1, 15, 28)]


@pytest.mark.parametrize("scheme", sorted({found.scheme for found in catalogue().values()} - {""}))
def test_no_two_editions_of_a_scheme_are_in_force_on_one_day(scheme):
    editions = [found for found in catalogue().values() if found.scheme == scheme]
    assert len(editions) > 1
    for day in GRID:
        assert [status_on(each, day) for each in editions].count("in force") <= 1, day


@pytest.mark.parametrize(
    ("key", "day", "status", "shown"),
    [
        ("icb", "2026-03-31", "in force", "2026-03-31"),
        ("icb", "2026-04-01", "ended", "2026-03-31"),
        ("icb_2026", "2026-03-31", "not yet in force", "2026-04-01"),
        ("lsip", "2025-09-30", "in force", "2025-09-30"),
        ("lsip", "2025-10-01", "ended", "2025-09-30"),
        ("lsip_2025", "2025-10-01", "in force", "2025-10-01"),
        ("lep_2017", "2020-06-30", "ended", "2020-03-31"),
        ("combined_authority", "2020-01-01", "in force", "2020-01-01"),
        ("combined_authority_ended", "2020-01-01", "ended", "2024-05-06"),
        ("combined_authority_proposed", "2026-04-01", "proposed", "2026-04-01"),
        ("push", "2026-04-01", "reference", "2026-04-01"),
    ],
)
def test_status_is_told_by_dates(key, day, status, shown):
    day = date.fromisoformat(day)
    assert (status_on(entry(key), day), day_shown(entry(key), day).isoformat()) == (status, shown)


def test_an_edition_ends_before_the_next_begins(tmp_path):
    path = write_toy(tmp_path, scheme='"s"', in_force_to='"2030"')
    later = {**TOY, "scheme": '"s"', "in_force_from": '"2026-05"'}
    lines = [f"{name} = {value}" for name, value in later.items()]
    path.write_text(path.read_text(encoding="utf-8") + "\n" + "\n".join(["[layers.toy_2]", *lines]), encoding="utf-8")
    _, layers = read_catalogue(path)
    assert [layers[key].in_force_to for key in ("toy", "toy_2")] == ["2026-04-30", ""]


@pytest.mark.parametrize(("start", "says"), [('""', "must be known"), ('"2025-04-01"', "must be later than")])
def test_an_edition_that_begins_with_the_one_before_is_refused(tmp_path, start, says):
    path = write_toy(tmp_path, scheme='"s"')
    later = {**TOY, "scheme": '"s"', "in_force_from": start}
    lines = [f"{name} = {value}" for name, value in later.items()]
    path.write_text(path.read_text(encoding="utf-8") + "\n" + "\n".join(["[layers.toy_2]", *lines]), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=rf"layer 'toy_2': field 'in_force_from' {says}.*'toy'"):
        read_catalogue(path)


def test_the_edition_that_follows_is_known():
    followed = {key: successor(found).key for key, found in catalogue().items() if successor(found)}
    assert followed == {"icb": "icb_2026", "lsip": "lsip_2025", "lep_2017": "lep_2021"}


def test_today_is_a_day_that_can_be_asked_for():
    before = date.today()  # noqa: DTZ011 - the user's own day is meant
    assert before <= day_asked("today") <= date.today()  # noqa: DTZ011
    with pytest.raises(ConfigurationError, match=r"'Today' is not a date\. Write it like 2026-04-01, or today"):
        day_asked("Today")


def test_no_scheme_claims_scotland_or_northern_ireland_but_the_pathfinders():
    wide = {key for key, found in catalogue().items() if set(found.extent) & set("SN")}
    assert wide == {"lad", "country", "labour_market", "city_strategy_pathfinder"}


def test_every_group_is_used():
    assert {found.group for found in catalogue().values()} == set(GROUPS)


def test_every_layer_is_labelled_indicative():
    assert {found.resolution for found in catalogue().values()} == {"indicative: from postcodes"}
    assert {found.resolution_m for found in catalogue().values()} == {500.0}


def test_read_once_and_not_to_be_changed():
    assert catalogue() is catalogue()
    with pytest.raises(TypeError):
        catalogue()["lad"] = entry("icb")
    with pytest.raises(dataclasses.FrozenInstanceError):
        entry("lad").title = "Other"


def test_toy_catalogue_is_read(tmp_path):
    day, layers = read_catalogue(write_toy(tmp_path))
    assert day == date(2026, 4, 1)
    assert layers["toy"].resolution_m == 1.0
    assert dataclasses.asdict(layers["toy"]).keys() == {field.name for field in dataclasses.fields(Entry)}


def test_defaults_fill_and_a_layer_overrules_them(tmp_path):
    head = 'as_of = 2026-04-01\n[defaults]\nlicence = "OGL v3"\ngroup = "Health"'
    _, layers = read_catalogue(write_toy(tmp_path, head=head, licence=None))
    assert (layers["toy"].licence, layers["toy"].group) == ("OGL v3", "Pilots")


@pytest.mark.parametrize("name", TOY)
def test_missing_field_is_named(tmp_path, name):
    with pytest.raises(ConfigurationError, match=rf"toy\.toml: layer 'toy' lacks field '{name}'"):
        read_catalogue(write_toy(tmp_path, **{name: None}))


def test_unknown_field_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"layer 'toy' has unknown field 'colour'"):
        read_catalogue(write_toy(tmp_path, colour='"red"'))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("extent", '"EX"', "letters of E, W, S, N"),
        ("extent", '"EE"', "letters of E, W, S, N"),
        ("extent", '""', "must not be empty"),
        ("exhaustive", '"yes"', "true or false"),
        ("overlap", "1", "true or false"),
        ("status", '"over"', "one of in force, ended, proposed, reference"),
        ("show", '"all"', "one of members, proposed, ended"),
        ("confidence", '"sure"', "one of exact, high, medium, low, modelled, mixed"),
        ("group", '"Misc"', "one of Reference"),
        ("table", '"../toy.csv"', "file name without folder"),
        ("in_force_from", '"last year"', "YYYY-MM-DD"),
        ("in_force_to", '"2025-02-30"', "YYYY-MM-DD"),
        ("in_force_to", '"2024"', "before 'in_force_from'"),
        ("resolution_m", "0", "metres above 0"),
        ("resolution_m", "true", "metres above 0"),
        ("title", "3", "must be text"),
        ("source", '" "', "must not be empty"),
    ],
)
def test_bad_value_is_named(tmp_path, name, value, says):
    with pytest.raises(ConfigurationError, match=rf"layer 'toy'.*{name}.*{says}"):
        read_catalogue(write_toy(tmp_path, **{name: value}))


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ("", "'as_of' must be a date"),
        ('as_of = "2026-04-01"', "'as_of' must be a date"),
        ("as_of = 2026-04-01T00:00:00", "'as_of' must be a date"),
        ("as_of = 2026-04-01\nowner = 'me'", "unknown tables or fields .*owner"),
        ("as_of =", "cannot be read as TOML"),
    ],
)
def test_bad_head_is_refused(tmp_path, head, says):
    with pytest.raises(ConfigurationError, match=says):
        read_catalogue(write_toy(tmp_path, head=head))


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("conect_to_work", "connect_to_work"),
        ("ICB", "icb"),
        ("icb26", "icb_2026"),
        ("Connect to Work", "connect_to_work"),
        ("combined", "combined_authority"),
    ],
)
def test_unknown_key_names_the_nearest(asked, near):
    with pytest.raises(UnknownKeyError, match=rf"{asked}.*Did you mean.*\b{near}\b.*`geoplan layers`") as caught:
        entry(asked)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("asked", ["", "zzzz"])
def test_key_like_no_other_gets_no_suggestion(asked):
    with pytest.raises(UnknownKeyError, match="`geoplan layers` lists them all") as caught:
        entry(asked)
    assert "Did you mean" not in str(caught.value)


@given(st.dates())
def test_full_date_is_itself_at_either_end(day):
    assert parse_day(day.isoformat(), end=False) == parse_day(day.isoformat(), end=True) == day


@given(st.integers(1, 9999), st.integers(1, 12))
def test_month_runs_from_its_first_to_its_last_day(year, month):
    text = f"{year:04d}-{month:02d}"
    last = calendar.monthrange(year, month)[1]
    assert parse_day(text, end=False) == date(year, month, 1)
    assert parse_day(text, end=True) == date(year, month, last)


@pytest.mark.parametrize(
    "text", ["26", "2026-4", "2026-13", "2026-02-29", "20260401", "2026-W14", "0000", "2026-04-01 ", "spring"]
)
def test_what_is_no_day_is_refused(text):
    with pytest.raises(ConfigurationError, match="is not a date"):
        parse_day(text, end=False)


def test_reading_needs_no_pandas():
    code = "import sys, geoplan.data.catalogue as c; c.catalogue(); sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
