"""An indicator of the user's own: counts and rates by hand, conserved, and refused with file, column, row and hint."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from geoplan.commuting.atlas import Atlas
from geoplan.data.tables.indicators import read_indicator
from geoplan.errors import GeoplanError
from geoplan.schema.indicators import Indicator, Kind, value_text, values_of

COUNTIES = pd.Series({"E1": "C1", "E2": "C2", "E3": "C2", "E4": "C4", "W1": "W9"})


@pytest.fixture
def counties(authorities):
    return replace(authorities, table=authorities.table.assign(utla_code=COUNTIES))


@pytest.fixture
def given(tmp_path, blocks, counties):
    """Write a table and read it: the indicator and its columns of blocks."""

    def read(text, asked="?kind=count"):
        path = tmp_path / "own.csv"
        path.write_text(text, encoding="utf-8")
        return read_indicator(f"{path}{asked}", blocks, counties)

    return read


def test_counts_of_whole_authorities_stay_and_those_of_split_ones_are_shared_out_by_people(given):
    known, table = given("code,claimants\nE1,30\nE3,7\nC4,9\n")
    # E1.a has 100 people and E1.b 200; of E2 and W1 nothing is given.
    expected = {"E1.a": 10, "E1.b": 20, "E2": np.nan, "E3": 7, "E4": 9, "W1": np.nan}
    assert table["indicator"].to_dict() == pytest.approx(expected, nan_ok=True)
    assert "1 area given lies in several blocks" in known.said
    assert "E1" in known.said
    assert known.described == "claimants (count; source not given)"


def test_old_and_modelled_figures_say_so_and_units_are_kept(tmp_path, blocks, counties):
    path = tmp_path / "own.csv"
    path.write_text("code,rate\nC2,5\nE4,7\n", encoding="utf-8")
    said = {}
    for year in ("2021", "2022", "2015-16", ""):
        asked = f"{path}?kind=rate&unit=%&source=ONS&modelled=yes" + (f"&year={year}" if year else "")
        known, _ = read_indicator(asked, blocks, counties, as_of=date(2026, 4, 1))
        said[year] = known.cited
    assert said == {"2021": "ONS, 2021, 5 years old, modelled", "2022": "ONS, 2022, modelled",
                    "2015-16": "ONS, 2015-16, 11 years old, modelled", "": "ONS, modelled"}  # fmt: skip
    assert known.described == "rate (rate in %, weighted by people; ONS, modelled)"
    assert known.units == {"C2": ("E2", "E3"), "E4": ("E4",)}
    with pytest.raises(GeoplanError, match="modelled is yes or no, not 'perhaps'"):
        read_indicator(f"{path}?kind=rate&modelled=perhaps", blocks, counties)


def test_what_is_shared_out_sums_to_what_was_given(given):
    _, table = given("code,claimants\nC2,100\nE1,30\n")
    assert table["indicator"].loc[["E2", "E3"]].sum() == pytest.approx(100)
    assert table["indicator"].sum() == pytest.approx(130)


def test_sides_of_a_split_authority_need_no_sharing_out(given):
    known, table = given("block,n\nE1.a,1\nE1.b,2\nE2,0\n")
    assert table["indicator"].loc[["E1.a", "E1.b", "E2"]].tolist() == [1, 2, 0]
    assert known.said == ""


def test_rates_are_weighted_by_whom_they_are_of(given):
    known, table = given("LAD25CD,rate\nE2,5\nE3,10\n", "?of=working_age&source=Nomis&year=2026")
    assert (known.kind, known.of) == (Kind.RATE, "working_age")
    both = pd.DataFrame([table.loc[["E2", "E3"]].sum(skipna=False)])
    # 180 and 240 people of working age.
    assert values_of(both, Kind.RATE).iloc[0] == pytest.approx((5 * 180 + 10 * 240) / 420)
    assert known.described == "rate (rate, weighted by people aged 16 to 64; Nomis, 2026)"


@pytest.mark.parametrize(
    ("text", "asked", "said"),
    [
        ("code,n\nE1,1\n", "", r"own\.csv: nothing says whether 'n' counts or is a rate.*kind=count"),
        ("code,n\nE1,1\n", "?kind=mean", "'mean' is no kind"),
        ("code,n\nE1,1\n", "?kind=rate&of=jobs", "rates cannot be of 'jobs'"),
        ("code,n\nE1,1\n", "?kind=count&value=m", "there is no column 'm'.*Found: code, n"),
        ("code,n\nE1,1\n", "?kind=count&sort=up", "'sort=up' asks for no column.*value, kind"),
        ("code,n,m\nE1,1,2\n", "?kind=count", "several columns could hold the values.*n.*m"),
        ("code,n\nE1,many\n", "?kind=count&value=n", r"own\.csv, column 'n'.*row 2: many"),
        ("code,n\nE1,1\nE1,2\n", "?kind=count", r"column 'code': a row has a code again.*row 3: E1"),
        ("code,n\nE1,1\n,2\n", "?kind=count", "a row has no code.*row 3"),
        ("code,n\nE1,1\nE9,2\n", "?kind=count", "codes of no authority and no block.*row 3: E9.*geoplan layers lad"),
        ("code,n\nE01000001,1\n", "?kind=count", "row 2: E01000001.*small_areas=FILE"),
        ("code,n\nE1,1\nE1.a,2\n", "?kind=count", "holds areas and parts of them.*E1.*not both"),
    ],
)
def test_bad_tables_are_refused_with_a_hint(text, asked, said, given):
    with pytest.raises(GeoplanError, match=said):
        given(text, asked)


def test_values_read_as_people_write_them():
    assert [value_text(each, Kind.COUNT) for each in (0, 1, 1234.4)] == ["0", "1", "1,234"]
    assert value_text(7.126, Kind.RATE) == "7.13"
    assert Indicator("a", Kind.COUNT, "people", "f.csv", "DWP", "2026").cited == "DWP, 2026"


def test_areas_of_what_ships_sum_their_blocks(tmp_path):
    blocks = Atlas().blocks
    lads = sorted(set(blocks["lad"]))
    path = tmp_path / "own.csv"
    path.write_text("code,n\n" + "".join(f"{lad},{at}\n" for at, lad in enumerate(lads)), encoding="utf-8")
    atlas = Atlas(indicator=f"{path}?kind=count")
    english = sum(at for at, lad in enumerate(lads) if lad.startswith("E"))
    assert atlas.layer("country").areas.at["E92000001", "indicator"] == pytest.approx(english)


def test_counts_of_former_authorities_are_brought_to_those_of_today(given):
    known, table = given("code,n\nE0,30\nE7,3\nE8,4\n")
    assert table["indicator"].loc[["E1.a", "E1.b", "E3"]].tolist() == pytest.approx([10, 20, 7])
    assert "3 codes have ended and were brought to the authority that followed: E0 to E1, E7 to E3" in known.said


def test_a_former_authority_without_its_fellows_is_refused(given):
    with pytest.raises(GeoplanError, match=r"own.csv, column 'code': .* others are missing \(1 row: E8\)"):
        given("code,n\nE7,3\n")
