"""Need by block: what ships sums to the published totals, and says where nobody counts."""

import csv

import pandas as pd
import pytest

from geoplan.data.shipped import package_data
from geoplan.data.shipped.need import NEED_COUNTS, NEED_FILE, checked_need
from geoplan.errors import InputError

ENGLAND = 4_787_240
"""People out of work by the English Indices of Deprivation 2025, without the small areas that are suppressed."""
KEEP = {"block": "E1", **dict.fromkeys(NEED_COUNTS, "0"), "lsoas": "3", "residents_2021": "900"}


def shipped():
    with package_data.shipped_path(NEED_FILE).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_people_out_of_work_in_england_are_those_published_less_what_is_suppressed():
    rows = shipped()
    assert sum(int(row["employment_deprived"] or 0) for row in rows) == ENGLAND
    blocks = package_data.shipped_blocks()
    assert blocks["out_of_work"].sum() == ENGLAND
    assert sum(int(row["lsoas_suppressed"]) for row in rows) == 21
    assert sum(row["lsoas_suppressed"] != "0" for row in rows) == 18


def test_nobody_is_counted_outside_england_and_everybody_inside():
    blocks = package_data.shipped_blocks()
    english = blocks.index.str.startswith("E")
    assert blocks["out_of_work"][english].notna().all()
    assert blocks["out_of_work"][~english].isna().all()
    assert {row["block"][0] for row in shipped()} == {"E", "W"}
    assert sum(int(row["lsoas"]) for row in shipped() if row["block"][0] == "W") == 1_917
    assert sum(int(row["lsoas_not_scored"]) for row in shipped()) == 80


def test_the_sides_of_a_split_district_have_rows_of_their_own():
    named = {row["block"]: int(row["employment_deprived"] or 0) for row in shipped()}
    assert set(named) == {block for block in package_data.shipped_blocks().index if block[0] in "EW"}
    assert named["E06000060.E54000024"] == 275  # the four small areas of Buckinghamshire beside Leighton Buzzard


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"block": "E9"}, r"need_blocks\.csv: column 'block' names no block.*row 2: E9"),
        ({"employment_deprived": "many"}, r"column 'employment_deprived' holds what is no count.*row 2: many"),
        ({"employment_deprived": "-1"}, "no count"),
        ({"disabled_2021": ""}, "column 'disabled_2021' holds what is no count"),
        ({"lsoas_suppressed": "4"}, "suppressed"),
        ({"employment_deprived": "901"}, "more are out of work than live there"),
    ],
)
def test_what_is_no_count_is_refused(changed, said):
    table = pd.DataFrame([{**KEEP, **changed}])
    with pytest.raises(InputError, match=said):
        checked_need(table, ["E1"])


def test_rows_that_stand_twice_and_columns_that_are_missing_are_refused():
    with pytest.raises(InputError, match=r"column 'block' is repeated.*row 3: E1"):
        checked_need(pd.DataFrame([KEEP, KEEP]), ["E1"])
    with pytest.raises(InputError, match="column 'income_deprived' is missing"):
        checked_need(pd.DataFrame([KEEP]).drop(columns="income_deprived"), ["E1"])
    empty = checked_need(pd.DataFrame([{**KEEP, "employment_deprived": ""}]), ["E1"])
    assert empty["employment_deprived"].isna().all()
