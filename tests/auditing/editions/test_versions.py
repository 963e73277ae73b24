"""Editions opened and compared: the boards of 2026, and every reorganisation since 2014, each and nothing else."""

from __future__ import annotations

from collections import Counter

import geopandas as gpd
import pytest

import geoplan
from geoplan.auditing.editions.versions import changed_editions
from geoplan.data.editions.codes import shipped_changes
from geoplan.schema import Severity

NHS_ENDED = {22, 23, 24, 25, 26, 27, 28, 34, 44, 56, 63, 64}
NHS_BEGAN = {65, 66, 68, 69, 70, 71}
YEARS = (2017, 2018, 2019, 2020, 2022, 2024)


@pytest.fixture(scope="module")
def boards():
    return changed_editions("icb", "icb_2026")


def test_twelve_boards_ended_and_six_began_and_hampshire_goes_on_enlarged(boards):
    table = boards.table
    assert set(table.loc[table["new_code"] == "", "old_code"]) == {f"E540000{n}" for n in NHS_ENDED}
    assert set(table.loc[table["old_code"] == "", "new_code"]) == {f"E540000{n}" for n in NHS_BEGAN}
    (row,) = table[table["change"] == "redrawn"].itertuples()
    # One body (QRL) under another code of ONS, so that by code thirteen ended and seven began.
    assert (row.old_code, row.new_code, row.other_codes) == ("E54000042", "E54000067", ("E54000034",))
    assert row.people_lost == 0
    assert row.people_gained > 100_000
    assert (table["change"] == "unchanged").sum() == 29


def test_two_blocks_stayed_elsewhere_than_was_thought(boards):
    by_old = boards.table.set_index("old_code")
    # The part of Buckinghamshire that was with Bedfordshire went with it to Central East.
    assert by_old.loc["E54000024", "other_codes"] == ("E54000065",)
    assert by_old.loc["E54000024", "change"] == "merged"
    # The part of the Vale of White Horse that was with Bath stayed there.
    assert by_old.loc["E54000040", "change"] == "unchanged"


def test_findings_say_who_went_where(boards):
    assert {finding.rule for finding in boards.findings} == {"GP601"}
    assert {finding.severity for finding in boards.findings} == {Severity.WARNING}
    assert len({finding.id for finding in boards.findings}) == len(boards.findings) == 19
    by_code = {(finding.layer, finding.code): finding for finding in boards.findings}
    essex = by_code["icb_2026", "E54000066"]
    assert essex.message.startswith(
        "Essex (E54000066) began: it was made of a part of Suffolk and North East Essex (E54000023), a part of "
        "Hertfordshire and West Essex (E54000025) and Mid and South Essex (E54000026), 1,930,000 people on"
    )
    assert by_code["icb", "E54000034"].message.startswith("Frimley (E54000034) ended: it was split between Hampshire")
    assert essex.value == pytest.approx(boards.table.set_index("new_code").loc["E54000066", "people_new"])


def test_the_official_outlines_of_the_boards_say_the_same(shared_data, boards):
    drawn = changed_editions("icb", str(shared_data / "icb_2026_bsc.parquet"))
    assert (drawn.ended, drawn.began) == (boards.ended, boards.began) == (12, 6)
    assert drawn.table["change"].value_counts().to_dict() == boards.table["change"].value_counts().to_dict()
    # The official names say what kind of body it is, which is no renaming.
    assert drawn.artefacts > 100


@pytest.fixture(scope="module")
def history(request):
    """Cut the history of a tier at a year; with ``about``, to what changed after that year and all that touches it."""
    shared = request.getfixturevalue("shared_data")
    every = {level: gpd.read_parquet(shared / f"history_{level}_2014_2025_bsc.parquet") for level in ("ltla", "utla")}

    def cut(level, year, about=None):
        rows = every[level]
        if about is not None:
            changed = rows[(rows["end_year"] == about) | (rows["start_year"] == about + 1)]
            rows = rows[rows.intersects(changed.make_valid().union_all())]
        there = (rows["start_year"].fillna(0) <= year) & (rows["end_year"].fillna(9999) >= year)
        return rows.loc[there, ["code", "name", "geometry"]]

    return cut


def districts_ended(first, last):
    """Return the codes of districts and unitary councils that ended after one year and by another, and those made."""
    rows = shipped_changes()
    years = rows["date"].str[:4].astype(int)
    # The history has Glasgow and North Lanarkshire by their codes of 2019 all along.
    rows = rows[(years > first) & (years <= last) & (rows["order"] != "SSI 2018/308") & (rows["kind"] != "renamed")]
    rows = rows[~rows["code"].str.startswith("E10")]
    made = set(rows.loc[rows["kind"] == "created", "code"])
    ended = set(rows["code"]) - made
    return ended, made


@pytest.mark.parametrize("year", YEARS)
def test_every_reorganisation_of_districts_in_its_year(history, year):
    old, new = (history("ltla", each, year) for each in (year, year + 1))
    table = geoplan.changes(old, new, weight="area")
    changed = table[table["change"] != "unchanged"]
    ended = set(shipped_changes().query("successor_codes != ''")["code"])
    assert len(table) > len(changed)
    assert set(changed["old_code"]) - {""} == set(old["code"]) - set(new["code"]) <= ended
    assert set(changed["new_code"]) - {""} == set(new["code"]) - set(old["code"])
    assert set(changed["took_effect"].str[:4]) == {str(year + 1)}


def test_every_reorganisation_of_districts_since_2014_and_nothing_else(history):
    table = geoplan.changes(history("ltla", 2015), history("ltla", 2025), weight="area")
    changed = table[table["change"] != "unchanged"]
    ended, made = districts_ended(2015, 2025)
    # Somerset West and Taunton began and ended between the two.
    assert set(changed["old_code"]) - {""} == ended - {"E07000246"}
    assert set(changed["new_code"]) - {""} == made - {"E07000246"}
    assert Counter(changed["change"]) == {"merged": 41 + 11, "recoded": 4}
    somerset = table.set_index("new_code").loc["E06000066"]
    assert set(somerset["other_codes"]) == {"E07000187", "E07000188", "E07000189", "E07000190", "E07000191"}


def test_counties_are_split_merged_redrawn_or_only_recoded(history):
    table = geoplan.changes(history("utla", 2014), history("utla", 2025), weight="area")
    kinds = {row.old_code or row.new_code: row.change for row in table.itertuples() if row.change != "unchanged"}
    assert kinds == {
        **dict.fromkeys(["E10000006", "E10000021", "E06000061", "E06000062", "E06000063", "E06000064"], "split"),
        **dict.fromkeys(["E06000028", "E06000029", "E06000058"], "merged"),
        "E10000009": "redrawn",
        **dict.fromkeys(["E10000002", "E10000023", "E10000027"], "recoded"),
        **dict.fromkeys(["S12000015", "S12000024", "E08000016", "E08000019"], "recoded"),
    }
    assert table.set_index("old_code").loc["E08000016", "passed"] == "nearly whole"
    buckinghamshire = table.set_index("old_code").loc["E10000002"]
    assert (buckinghamshire["order"], buckinghamshire["took_effect"]) == ("SI 2019/957", "2020-04-01")
