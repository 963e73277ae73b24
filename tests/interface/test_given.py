"""What analysts give by mistake is refused in a sentence, and what pandas makes of days and numbers is understood."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import geoplan
from geoplan.errors import ConfigurationError, InputError


@pytest.mark.parametrize(
    "day",
    [
        pd.Timestamp("2027-04-01 12:00"),
        np.datetime64("2027-04-01"),
        dt.datetime(2027, 4, 1, 9),  # noqa: DTZ001 - as people write it
        dt.date(2027, 4, 1),
    ],
)
def test_a_time_is_its_day(day):
    assert geoplan.layer("utla", as_of=day).as_of == "2027-04-01"


@pytest.mark.parametrize("day", [pd.NaT, 2027, ["2027-04-01"]])
def test_what_is_no_day_is_refused(day):
    with pytest.raises(ConfigurationError, match="is not a date"):
        geoplan.layer("lhb", as_of=day)


def test_a_member_without_an_area_is_not_given_that_of_the_row_above(members):
    torn = members.assign(area_name=["North", np.nan, "South", None])
    with pytest.raises(InputError, match=r"'area_name' is empty, so members are in no area \(2 rows: row 2, row 4\)"):
        geoplan.layer(torn)


def test_whole_numbers_among_missing_ones_stay_codes(members):
    numbered = members.assign(area_id=[1.0, 1.0, np.nan, np.nan])
    assert geoplan.layer(numbered.iloc[:2].drop(columns="area_name")).table.index.tolist() == ["1"]
    assert geoplan.layer(numbered).table.index.tolist() == ["1", "South"]
    areas = pd.Series({"Gwynedd": 1, "Conwy": np.nan, "Cardiff": 2})
    assert geoplan.layer(areas).table.index.tolist() == ["1", "2"]
    small = pd.DataFrame({"LSOA21CD": ["E01000001", "E01000002", "E01000003"], "ICB26CD": [1, np.nan, 2]})
    assert geoplan.layer(small).table.index.tolist() == ["1", "2"]
    assert geoplan.layer(small.set_index("LSOA21CD")["ICB26CD"]).table.index.tolist() == ["1", "2"]


def test_numbers_of_workers_may_be_floats(trips):
    zones = {"min_size": 100, "target_size": 500, "runs": 0}
    whole = geoplan.labour_markets(trips, **zones).table
    floats = geoplan.labour_markets(trips.astype({"workers": float}), **zones).table
    parts = geoplan.labour_markets(trips.assign(workers=trips["workers"] + 0.25), **zones).table
    pd.testing.assert_frame_equal(whole, floats)
    assert parts["size"].sum() == pytest.approx(whole["size"].sum() + 0.25 * len(trips))


def test_columns_that_are_not_told_apart_are_refused(squares, members):
    with pytest.raises(InputError, match="mine: several columns are called 'LAD25NM'"):
        geoplan.layer(pd.concat([squares, squares["LAD25NM"]], axis=1), key="mine")
    levels = members.set_axis(pd.MultiIndex.from_product([["x"], members.columns]), axis=1)
    with pytest.raises(InputError, match="several levels"):
        geoplan.layer(levels)
    index = pd.MultiIndex.from_tuples([("Conwy", 1), ("Cardiff", 1)])
    with pytest.raises(InputError, match="several levels"):
        geoplan.layer(pd.Series(["A", "B"], index=index))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: geoplan.layer(geoplan.Layer), "is no layer"),
        (lambda: geoplan.layer("lhb", key=5), "no text"),
        (lambda: geoplan.compare("lhb", "lad", weight=["people"]), "no weight"),
        (lambda: geoplan.compare("lhb", "lad", tolerance="5%"), "tolerance is '5%'"),
        (lambda: geoplan.containment("lhb", flows={"a": 1}), "dict is no table of flows"),
        (lambda: geoplan.audit(["lhb", "lad"]), r"list is no configuration\. Write layers="),
        (lambda: geoplan.audit(layers=None), "no list of layers"),
        (lambda: geoplan.audit(layers=pd.DataFrame({"a": [1]})), "no list of layers"),
        (lambda: geoplan.audit(pairs=("lhb", "lad")), "no pair of layers"),
        (lambda: geoplan.audit(pairs=[("lhb", "lad", "utla")]), "no pair of layers"),
        (lambda: geoplan.realign("lhb", "connect_to_work", pair="Powys"), "no pair of areas"),
        (lambda: geoplan.labour_markets(runs=1.5), "runs is 1.5, which is no whole number"),
        (lambda: geoplan.labour_markets(runs=1, seed=None), "seed is None"),
        (lambda: geoplan.labour_markets(min_size="a"), "min_size is 'a', which is no number"),
        (lambda: geoplan.containment("lhb", target_size="a"), "target_size is 'a'"),
        (lambda: geoplan.lookup(None), "NoneType is no place"),
        (lambda: geoplan.lookup(["Powys", np.nan]), "nan among the places"),
        (lambda: geoplan.lookup(pd.DataFrame({"place": ["Powys"]})), "DataFrame is no place"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(asked, said):
    with pytest.raises(ConfigurationError, match=said):
        asked()


@pytest.mark.parametrize("option", [{"weight": "area"}, {"tolerance": 0.01}])
def test_a_configuration_does_not_silence_an_option(option):
    with pytest.raises(ConfigurationError, match=f"{next(iter(option))} and a configuration exclude each other"):
        geoplan.audit("geoplan.toml", **option)


def test_an_option_of_the_command_line_is_told_as_a_keyword(squares):
    plain = squares.rename(columns={"LAD25CD": "ref", "LAD25NM": "called"})
    with pytest.raises(InputError, match="Name one with --code") as refused:
        geoplan.layer(plain)
    assert refused.value.__notes__ == ["In Python: code=..."]
    assert "In Python" not in str(refused.value)
    with pytest.raises(InputError) as repeated:
        geoplan.layer(squares.assign(LAD25CD="E06000001"))
    assert "geoplan.layer(..., dissolve=True)" in repeated.value.__notes__[0]


def test_postcodes_in_an_index_are_weighed_as_those_in_a_column():
    table = pd.DataFrame({"postcode": ["BA1 0AA", "BA1 0AD", "BS1 5TR"], "cluster": ["South", "North", "North"]})
    by_column = geoplan.layer(table).table
    pd.testing.assert_frame_equal(geoplan.layer(table.set_index("postcode")["cluster"]).table, by_column)


def test_what_a_file_says_in_its_reference_a_frame_says_otherwise(trips):
    table = pd.DataFrame({"LSOA21CD": ["E01000001", "E01000002"], "LAD25CD": ["a", "a"], "ICB24CD": ["c", "c"]})
    with pytest.raises(InputError, match="Name one") as refused:
        geoplan.layer(table)
    assert refused.value.__notes__ == ["In Python: of a frame keep two columns, frame[[small_areas, areas]]"]
    with pytest.raises(InputError, match="Name it") as unnamed:
        geoplan.labour_markets(trips.rename(columns={"origin": "x1"}))
    assert "rename" in unnamed.value.__notes__[0]
