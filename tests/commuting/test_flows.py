"""Flows: tables brought to zones, all who are set aside, areas, and the model."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.commuting import atlas, flows
from geoplan.commuting.atlas import Atlas
from geoplan.commuting.flow_tables import odtable
from geoplan.commuting.model import gravity
from geoplan.data.editions.codes import Former
from geoplan.data.places import Authorities
from geoplan.data.shipped import package_data
from geoplan.data.tables import tables
from geoplan.errors import ConfigurationError, InputError, TableError
from geoplan.schema import Flows

ROOT_ZONES = pd.Index(["E1", "E2", "E3"])
FOLLOWED = {"E0": ("E1",), "E9": ("E2", "E3"), "E8": ("W7",)}
RETIRED = Authorities(
    pd.DataFrame({"name": [], "utla_code": [], "utla_name": []}, dtype=str),
    pd.DataFrame(),
    {old: Former("", "2020-01-01", new, whole=True) for old, new in FOLLOWED.items()},
)


def frame(*rows, columns=("origin", "destination", "workers")):
    return pd.DataFrame(list(rows), columns=list(columns))


def pairs(found: Flows):
    return {f"{o} {d}": workers for (o, d), workers in found.table["workers"].items()}


def aside(found: Flows):
    return {(row.reason, row.code, row.side): row.workers for row in found.set_aside.itertuples()}


def total(found: Flows):
    return found.workers + found.set_aside["workers"].sum()


# Reading files


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return str(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_is_read_whatever_its_separator_and_encoding(tmp_path, encoding, separator):
    text = "\norigin , dest,count,\n01,Ynys Môn,3,\n\n,,,\n02,01,4,\n".replace(",", separator)
    raw = tables.read_flows(write(tmp_path / "flows.csv", text, encoding))
    assert list(raw.frame.columns) == ["origin", "dest", "count"]
    assert raw.frame.astype(str).to_numpy().tolist() == [["01", "Ynys Môn", "3"], ["02", "01", "4"]]
    assert raw.file == "flows.csv"
    assert len(raw.sha256) == 64


def test_windows_text_is_read_with_a_warning(tmp_path):
    path = write(tmp_path / "flows.txt", "origin,dest,count\nMôn,B,3\n", "cp1252")
    raw = tables.read_flows(path)
    assert raw.said == ("It is not UTF-8 and was read as Windows-1252.",)
    assert raw.frame["origin"].tolist() == ["Môn"]


def test_parquet_keeps_text_and_numbers(tmp_path):
    table = pa.table(
        {"origin": ["01", "02", None], "dest": pa.array([7, 8, None]), "n": [1.5, 2, None], "raw": [b"x", b"y", None]}
    )
    pq.write_table(table, tmp_path / "flows.parquet")
    raw = tables.read_flows(tmp_path / "flows.parquet")
    assert list(raw.frame.columns) == ["origin", "dest", "n"]
    assert raw.frame["origin"].astype(str).tolist() == ["01", "02"]
    assert pairs(odtable.commuting(raw)) == {"01 7": 1.5, "02 8": 2}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("absent.csv", None, "there is no such file"),
        ("flows.csv", b"", "is empty"),
        ("flows.csv", b" \n\n", "is empty"),
        ("flows.csv", b"origin,dest,count\n", "holds no rows. Columns found: origin, dest, count"),
        ("flows.csv", b"origin,dest,count\n,,\n", "holds no rows"),
        ("flows.csv", b"origin,dest,count\nA,B,3,4\n", "more cells than the 3 columns (1 row: row 2)"),
        ("flows.csv", b"origin,dest,dest\nA,B,3\n", "the heading 'dest' stands twice"),
        ("flows.csv", b"PK\x03\x04rest", "is not a CSV table but a binary file"),
        ("flows.csv", b"\x81\x8d,\x90\nA,B", "is not text in a known encoding"),
        ("flows.parquet", b"PAR1 cut short", "damaged"),
        ("flows.parquet", b"origin,dest,count\n", "is not GeoParquet"),
        ("flows.xlsx", b"PK\x03\x04", "flows.xlsx cannot be read as an Excel workbook"),
        ("flows.xls", b"\xd0\xcf", "Save it as an Excel workbook (.xlsx)"),
        ("flows.pdf", b"%PDF", "is not a table that can be read"),
    ],
)
def test_unreadable_files_are_refused_in_a_sentence(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        tables.read_flows(tmp_path / name)
    assert said in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_folders_and_remote_paths_are_refused(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        tables.read_flows(tmp_path)
    with pytest.raises(InputError, match="remote"):
        tables.read_flows("https://example.org/flows.csv")


def test_the_column_of_workers_can_be_named_with_the_file(tmp_path):
    path = write(tmp_path / "flows.csv", "origin,dest,count,bike\nA,B,3,1\n")
    assert pairs(odtable.commuting(tables.read_flows(f"{path}#bike"))) == {"A B": 1}


# Columns


@pytest.mark.parametrize(
    "columns",
    [
        ("origin", "destination", "workers"),
        ("Origin", " DEST ", "Count"),
        ("community_live", "community_work", "amount"),
        ("Area of residence", "Area of workplace", "All categories: Method of travel to work"),
        ("Area of usual residence", "Area of Workplace", "All persons"),
        ("usual residence", "place of work", "OBS_VALUE"),
        ("Lower tier local authorities code", "LTLA of workplace code", "Count"),
        ("Middle layer Super Output Areas code", "MSOA of workplace code", "Count"),
        ("geo_code1", "geo_code2", "all"),
        ("o", "d", "n"),
    ],
)
def test_columns_are_recognised(columns):
    assert pairs(odtable.commuting(frame(("A", "B", 3), columns=columns))) == {"A B": 3}


def test_labels_beside_codes_are_no_columns_of_codes():
    table = frame(("A", "Ashby", "B", "Barton", 3), columns=[
        "Lower tier local authorities code", "Lower tier local authorities label", "LTLA of workplace code",
        "LTLA of workplace label", "Count",
    ])  # fmt: skip
    assert pairs(odtable.commuting(table)) == {"A B": 3}


def test_several_columns_that_fit_are_refused_by_name():
    table = frame(("A", "B", 3, 4), columns=["origin", "dest", "count", "workers"])
    with pytest.raises(InputError, match=r"could hold the workers: count, workers\. Choose one: .*workers=count"):
        odtable.commuting(table)
    assert pairs(odtable.commuting(table, columns={"workers": "count"})) == {"A B": 3}


def test_a_missing_column_is_refused_with_those_found():
    with pytest.raises(InputError, match=r"no column holds the destination\. Columns found: weight"):
        odtable.commuting(frame(("A", 3, 1), columns=["origin", "weight", "count"]), columns={"workers": "count"})
    with pytest.raises(InputError, match="column 'wokers' is missing"):
        odtable.commuting(frame(("A", "B", 1)), columns={"workers": "wokers"})
    with pytest.raises(InputError, match="must be three columns"):
        odtable.commuting(frame(("A", "B", 1)), columns={"origin": "origin", "destination": "origin"})
    with pytest.raises(ConfigurationError, match="no such column"):
        odtable.commuting(frame(("A", "B", 1)), columns={"start": "origin"})


# Numbers


@pytest.mark.parametrize("bad", [-1, float("nan"), float("inf"), "-3", "", "c", "1e999", 1e308, "1e16"])
def test_workers_that_are_no_numbers_from_0_are_refused(bad):
    said = r"column 'workers' holds what is no number from 0 to 1,000,000,000,000,000 \(1 row: row 2: "
    with pytest.raises(InputError, match=said):
        odtable.commuting(frame(("A", "B", 1), ("B", "A", bad)))


def test_thousands_are_read_and_fractions_noted():
    found = odtable.commuting(frame(("A", "B", "1,234"), ("B", "B", "2.5")))
    assert pairs(found) == {"A B": 1234, "B B": 2.5}
    assert "commas are read as signs between thousands" in notes_of(found)[0]
    assert "1 of 2 rows hold fractions of workers" in notes_of(found, "GP105")[0]


def test_rows_without_workers_are_left_out_and_counted():
    found = odtable.commuting(frame(("A", "A", 1), ("B", "A", 0), ("A", "B", 0)))
    assert list(found.zones) == ["A"]
    assert "2 rows without workers were left out" in found.notes[0].message
    with pytest.raises(InputError, match="column 'workers' is 0 in every row"):
        odtable.commuting(frame(("A", "B", 0)))


def test_an_empty_table_is_refused():
    with pytest.raises(InputError, match="the table holds no rows"):
        odtable.commuting(frame())


def test_a_pair_that_stands_twice_is_refused_or_summed():
    table = frame(("A", "B", 1), ("A", "A", 5), ("A", "B", 2))
    with pytest.raises(InputError, match=r"pairs of zones stand twice \(1 row: A to B\)"):
        odtable.commuting(table)
    found = odtable.commuting(table, duplicates="sum")
    assert pairs(found) == {"A A": 5, "A B": 3}
    assert "1 rows repeat a pair" in found.notes[0].message


def test_home_workers_that_stand_twice_are_refused_too():
    with pytest.raises(InputError, match="A to OD0000001"):
        odtable.commuting(frame(("A", "A", 1), ("A", "OD0000001", 1), ("A", "OD0000001", 1)), home="own zone")


def test_a_table_without_self_flows_is_noted():
    found = odtable.commuting(frame(("A", "B", 1), ("B", "A", 1)))
    assert [note.rule for note in found.notes] == ["GP901"]
    assert "nobody lives and works in the same zone" in found.notes[0].message


@pytest.mark.parametrize("option", ["home", "duplicates", "unknown"])
def test_an_option_that_is_not_known_is_refused(option):
    with pytest.raises(ConfigurationError, match=f"{option} is 'maybe'"):
        odtable.commuting(frame(("A", "B", 1)), **{option: "maybe"})


# Who is set aside


CENSUS_2011 = frame(
    ("E1", "E1", 50), ("E1", "E2", 7), ("E1", "OD0000001", 10), ("E1", "OD0000002", 1), ("E2", "OD0000003", 5),
    ("E2", "OD0000004", 2), ("E2", "E2", 20), ("E2", "S92000003", 3), ("E2", "-8", 4),
)  # fmt: skip


def test_destinations_that_are_no_places_are_set_aside_by_reason():
    found = odtable.commuting(CENSUS_2011, source="WU01UK", year="2011", kind="census")
    assert pairs(found) == {"E1 E1": 50, "E1 E2": 7, "E2 E2": 20}
    assert aside(found) == {
        ("home", "OD0000001", "destination"): 10,
        ("offshore", "OD0000002", "destination"): 1,
        ("no fixed place", "OD0000003", "destination"): 5,
        ("abroad", "OD0000004", "destination"): 2,
        ("another country of the United Kingdom", "S92000003", "destination"): 3,
        ("not stated", "-8", "destination"): 4,
    }
    assert (found.source, found.year, found.kind) == ("WU01UK", "2011", "census")
    meant, lost = found.notes
    assert (meant.rule, meant.by_design, meant.value) == ("GP305", True, 21)
    assert "10 home, 5 no fixed place, 3 another country of the United Kingdom, 2 abroad, 1 offshore" in meant.message
    assert (lost.rule, lost.by_design, lost.value, lost.other_codes) == ("GP305", False, 4, ("-8",))


def test_those_at_home_can_count_in_their_own_zone():
    found = odtable.commuting(CENSUS_2011, home="own zone")
    assert pairs(found) == {"E1 E1": 60, "E1 E2": 7, "E2 E2": 20}
    assert "home" not in set(found.set_aside["reason"])
    assert "10 who work at home are counted as working where they live" in found.notes[0].message


CENSUS_2021 = frame(
    ("E1", "E1", 3, 40), ("E1", "E1", 1, 30), ("E1", "E2", 3, 6), ("E2", "E2", 1, 8), ("E2", "999999999", 2, 2),
    ("E2", "999999999", -8, 90), ("E2", "E1", 3, 1),
    columns=["Lower tier local authorities code", "LTLA of workplace code",
             "Place of work indicator (4 categories) code", "Count"],
)  # fmt: skip


def test_the_indicator_of_2021_tells_who_travels():
    found = odtable.commuting(CENSUS_2021)
    assert pairs(found) == {"E1 E1": 40, "E1 E2": 6, "E2 E1": 1}
    assert aside(found) == {
        ("home or no fixed place", "1", "destination"): 38,
        ("offshore or abroad", "2", "destination"): 2,
        ("not in work", "-8", "destination"): 90,
    }
    assert pairs(odtable.commuting(CENSUS_2021, home="own zone")) == {"E1 E1": 70, "E1 E2": 6, "E2 E1": 1, "E2 E2": 8}


def test_an_unknown_indicator_is_refused():
    table = CENSUS_2021.replace({"Place of work indicator (4 categories) code": {2: 5}})
    with pytest.raises(InputError, match=r"holds values that are not known \(1 row: 5\)"):
        odtable.commuting(table)


def test_countries_alone_are_zones():
    found = odtable.commuting(frame(("E92000001", "E92000001", 9), ("W92000004", "E92000001", 1)))
    assert list(found.zones) == ["E92000001", "W92000004"]
    assert found.set_aside.empty


def test_nothing_between_zones_is_refused():
    with pytest.raises(InputError, match="no flow between zones: 3 home"):
        odtable.commuting(frame(("A", "OD0000001", 3)))


# Codes brought to zones


def test_zones_without_flows_stay():
    found = odtable.commuting(frame(("E2", "E1", 3), ("E1", "E1", 1)), zones=ROOT_ZONES)
    assert list(found.zones) == ["E1", "E2", "E3"]
    assert found.residents.to_dict() == {"E1": 1, "E2": 3, "E3": 0}


def test_retired_codes_go_to_their_successor_and_are_named():
    table = frame(("E0", "E0", 5), ("E0", "E1", 2), ("E1", "E1", 10), ("E2", "E0", 1))
    found = odtable.commuting(table, zones=ROOT_ZONES, authorities=RETIRED)
    assert pairs(found) == {"E1 E1": 17, "E2 E1": 1}
    assert [(note.rule, note.other_codes) for note in found.notes] == [("GP104", ("E0",))]
    assert "1 code is retired and was brought to the zone that has followed: E0 to E1." in found.notes[0].message


def test_a_merged_zone_of_which_a_part_has_no_flows_is_named():
    merged = {old: Former("", "2020-01-01", ("E1",), whole=False) for old in ("E5", "E6")}
    known = replace(RETIRED, retired=merged)
    both = odtable.commuting(frame(("E5", "E2", 4), ("E6", "E1", 1)), zones=ROOT_ZONES, authorities=known)
    assert both.workers == 5
    assert not [note for note in both.notes if "also made of" in note.message]
    one = odtable.commuting(frame(("E5", "E2", 4)), zones=ROOT_ZONES, authorities=known)
    said = "1 zone was also made of former ones without flows in the table: E6."
    assert any(said in each for each in notes_of(one, "GP104"))


def test_a_retired_code_with_several_successors_is_set_aside():
    found = odtable.commuting(frame(("E9", "E1", 4), ("E1", "E1", 1)), zones=ROOT_ZONES, authorities=RETIRED)
    assert aside(found) == {("retired code with several successors", "E9", "origin"): 4}
    assert found.notes[0].by_design is False


def test_codes_stay_where_no_zones_are_given():
    found = odtable.commuting(frame(("E0", "E1,E2", 4), ("E1,E2", "E0", 1)), authorities=RETIRED)
    assert list(found.zones) == ["E0", "E1,E2"]


def test_a_composite_of_one_zone_goes_there():
    found = odtable.commuting(frame(("E0,E1", "E2", 4), ("E1", "E1", 1)), zones=ROOT_ZONES, authorities=RETIRED)
    assert pairs(found) == {"E1 E1": 1, "E1 E2": 4}
    assert found.notes == ()


@pytest.mark.parametrize("code", ["E09000001,E09000033", "E09000033; E09000001", "E41000324"])
def test_the_composites_of_2011_go_to_their_larger_member_and_say_so(code):
    zones = pd.Index(["E09000001", "E09000033"])
    found = odtable.commuting(frame((code, code, 4)), zones=zones)
    assert pairs(found) == {"E09000033 E09000033": 4}
    assert found.notes[0].other_codes == ("E09000001", "E09000033")
    assert "all of it is counted with E09000033, none with E09000001" in found.notes[0].message


def test_unknown_codes_are_refused_or_set_aside():
    table = frame(("E1", "X1", 4), ("X1", "X2", 2), ("E1", "E1", 1), ("E8", "E1", 3))
    with pytest.raises(InputError, match=r"3 codes are none of the zones asked for: E8, X1, X2, with 9 workers"):
        odtable.commuting(table, zones=ROOT_ZONES, authorities=RETIRED)
    found = odtable.commuting(table, zones=ROOT_ZONES, authorities=RETIRED, unknown="set aside")
    assert aside(found) == {
        ("unknown zone", "E8", "origin"): 3,
        ("unknown zone", "X1", "origin"): 2,
        ("unknown zone", "X1", "destination"): 4,
    }
    assert found.notes[0].other_codes == ("E8", "X1")


def test_the_callers_table_is_not_changed():
    table = CENSUS_2021.copy()
    odtable.commuting(table, home="own zone")
    pd.testing.assert_frame_equal(table, CENSUS_2021)


CODES = st.sampled_from(
    ["E1", "E2", "E3", "E0", "E9", "E8", "E1,E2", "E0;E1", "OD0000001", "OD0000003", "-8", "X1", ""]
)
ROWS = st.lists(
    st.tuples(CODES, CODES, st.sampled_from(["1", "3", "2", "-8"]), st.sampled_from([0, 1, 7, 0.25, 1e6])), min_size=1
)


def _made(rows, **options):
    columns = ["origin", "destination", "place of work indicator", "workers"]
    try:
        return odtable.commuting(pd.DataFrame(rows, columns=columns), authorities=RETIRED, duplicates="sum", **options)
    except InputError as error:
        assert "no flow between zones" in str(error) or "0 in every row" in str(error)  # noqa: PT017
        return None


@given(ROWS, st.sampled_from(["set aside", "own zone"]), st.sampled_from([None, ROOT_ZONES]))
@settings(deadline=None, max_examples=60)
def test_workers_are_never_lost(rows, home, zones):
    found = _made(rows, home=home, zones=zones, unknown="set aside")
    if found is not None:
        assert total(found) == sum(row[3] for row in rows)


@given(ROWS, st.randoms())
@settings(deadline=None, max_examples=60)
def test_the_order_of_rows_changes_nothing(rows, random):
    found = _made(rows, zones=ROOT_ZONES, unknown="set aside")
    random.shuffle(rows)
    again = _made(rows, zones=ROOT_ZONES, unknown="set aside")
    assert (found is None) == (again is None)
    if found is not None:
        pd.testing.assert_frame_equal(found.table, again.table, check_exact=True)
        pd.testing.assert_frame_equal(found.set_aside, again.set_aside, check_exact=True)


@given(ROWS, st.sampled_from(["set aside", "own zone"]))
@settings(deadline=None, max_examples=60)
def test_rows_are_summed_as_a_loop_would(rows, home):
    found = _made(rows, home=home)
    wanted = Counter()
    for origin, destination, kind, workers in rows:
        placed = {"E1", "E2", "E3", "E0", "E9", "E8", "E1,E2", "E0;E1", "X1"}
        at_home = kind == "1" or (kind == "3" and destination == "OD0000001")
        goal = origin if at_home and home == "own zone" else destination if kind == "3" else ""
        if workers and origin in placed and goal in placed:
            wanted[f"{origin} {goal}"] += workers
    assert pairs(found) == wanted if found is not None else not wanted


# Flows between areas


@pytest.fixture
def toy() -> Flows:
    """Four zones; A and B are close, D stays by itself."""
    return odtable.commuting(
        frame(("A", "A", 10), ("A", "B", 4), ("B", "A", 2), ("B", "B", 6), ("B", "C", 8), ("C", "C", 3), ("D", "A", 1)),
        source="toy",
    )


def test_zones_are_gathered_into_areas(toy):
    found = flows.between(toy, pd.Series({"A": "X", "B": "X", "C": "Y", "D": "Y"}))
    assert pairs(found) == {"X X": 22, "X Y": 8, "Y X": 1, "Y Y": 3}
    assert found.notes == toy.notes
    assert found.source == "toy"


def test_zones_in_no_area_are_set_aside_or_outside(toy):
    some = pd.Series({"A": "X", "B": "X", "C": "Y", "D": ""})
    found = flows.between(toy, some)
    assert aside(found) == {("in no area", "D", "origin"): 1}
    assert pairs(flows.between(toy, some.drop("C"), outside="elsewhere")) == {
        "X X": 22, "X elsewhere": 8, "elsewhere X": 1, "elsewhere elsewhere": 3,
    }  # fmt: skip


def test_a_split_zone_is_apportioned_by_people(toy):
    parts = pd.DataFrame({"zone": ["A", "A", "B", "C", "D"], "area": [*"XYXYY"], "share": [0.25, 0.75, 1, 1, 1]})
    found = flows.between(toy, parts)
    assert pairs(found) == {
        "X X": 10 / 4 + 4 / 4 + 2 / 4 + 6, "X Y": 2 * 3 / 4 + 8, "Y X": 4 * 3 / 4 + 1 / 4, "Y Y": 10 * 3 / 4 + 3 + 3 / 4
    }  # fmt: skip
    assert found.source == "toy, apportioned"
    assert found.notes[-1].other_codes == ("A",)
    assert "The 10 who live and work in one such zone are counted on the same side" in found.notes[-1].message
    chance = flows.between(toy, parts, within="independent")
    assert pairs(chance)["X X"] == 10 / 16 + 4 / 4 + 2 / 4 + 6
    pd.testing.assert_series_equal(chance.residents, found.residents)
    pd.testing.assert_series_equal(chance.jobs, found.jobs)


def test_areas_that_overlap_share_a_zone(toy):
    parts = pd.DataFrame({"zone": [*"AABCD"], "area": [*"XYXYY"], "share": 1.0})
    found = flows.between(toy, parts)
    assert pairs(found)["X X"] == 10 / 2 + 4 / 2 + 2 / 2 + 6
    assert total(found) == total(toy)
    assert "Areas overlap in A: shares are scaled to sum to 1" in found.notes[-1].message


def test_a_part_of_unknown_size_is_set_aside(toy):
    parts = pd.DataFrame({"zone": [*"AABCD"], "area": [*"XYXYY"], "share": [0.5, np.nan, 1, 1, 1]})
    found = flows.between(toy, parts, outside="elsewhere")
    assert aside(found) == {("share not known", "A", "origin"): 14 / 2, ("share not known", "A", "destination"): 3 / 2}
    assert total(found) == total(toy)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"zone": ["A"], "area": ["X"], "share": [1.5]}, "not within 0 to 1"),
        ({"zone": ["A", "A"], "area": ["X", "X"], "share": [0.5, 0.5]}, "listed twice for one area"),
    ],
)
def test_odd_shares_are_refused(toy, parts, said):
    with pytest.raises(TableError, match=said):
        flows.between(toy, pd.DataFrame(parts))


def test_areas_of_other_zones_are_refused(toy):
    with pytest.raises(ConfigurationError, match="no zone of toy, such as A, lies in any of the areas"):
        flows.between(toy, pd.Series({"Q": "X"}))


SHARES = st.dictionaries(
    st.tuples(st.sampled_from("ABCD"), st.sampled_from("XYZ")), st.sampled_from([0, 0.25, 0.5, 1, None]), min_size=1
)


@given(SHARES, st.sampled_from(["same side", "independent"]), st.sampled_from(["", "elsewhere"]))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_flows_between_areas_are_those_of_a_loop_and_lose_nobody(toy, shares, within, outside):
    rows = [(zone, area, np.nan if share is None else float(share)) for (zone, area), share in shares.items()]
    found = flows.between(toy, pd.DataFrame(rows, columns=["zone", "area", "share"]), within=within, outside=outside)
    assert total(found) == pytest.approx(total(toy), rel=1e-12)
    held = {}
    for zone in "ABCD":
        mine = {area: share for (at, area), share in shares.items() if at == zone}
        known = {area: share for area, share in mine.items() if share is not None}
        excess = max(sum(known.values()), 1)
        held[zone] = {area: share / excess for area, share in known.items()}
        if outside and None not in mine.values():
            held[zone][outside] = 1 - sum(held[zone].values())
    wanted = Counter()
    for (origin, destination), workers in toy.table["workers"].items():
        for (one, share), (two, other) in itertools.product(held[origin].items(), held[destination].items()):
            if origin == destination and within == "same side":
                wanted[f"{one} {two}"] += workers * share * (one == two)
            else:
                wanted[f"{one} {two}"] += workers * share * other
    wanted = {pair: workers for pair, workers in wanted.items() if workers > 1e-9}
    assert pairs(found) == pytest.approx(wanted)


def test_shares_of_a_layer_are_of_the_authoritys_people(blocks, block_layer):
    layer = block_layer("toy", {"X": {"E1.a": 1, "E2": 0.5}, "Y": {"E1.b": 1, "E3": 1}, "Z": {"E4": None}})
    found = flows.shares_by_people(layer, blocks).set_index(["zone", "area"])["share"]
    assert found.drop(("E4", "Z")).to_dict() == {
        ("E1", "X"): 1 / 3, ("E1", "Y"): 2 / 3, ("E2", "X"): 0.5, ("E3", "Y"): 1,
    }  # fmt: skip
    assert np.isnan(found["E4", "Z"])


def test_blocks_of_a_layers_own_are_the_zones(blocks, block_layer):
    layer = block_layer("toy", {"X": {"E1.a": 1, "E2": 0.5}})
    found = flows.shares_by_people(layer, blocks.drop(columns="lad"))
    assert found.to_numpy().tolist() == [["E1.a", "X", 1], ["E2", "X", 0.5]]


def test_blocks_without_people_count_alike(blocks, block_layer):
    layer = block_layer("toy", {"X": {"E1.a": 1}, "Y": {"E1.b": 1}})
    found = flows.shares_by_people(layer, blocks.assign(people=0.0))
    assert found["share"].tolist() == [0.5, 0.5]


def test_a_drawn_layer_has_no_shares(blocks, block_layer):
    layer = replace(block_layer("toy", {"X": {"E1.a": 1}}), parts=None)
    with pytest.raises(ConfigurationError, match="toy is drawn"):
        flows.shares_by_people(layer, blocks)


# The model


def totals(residents, jobs, own):
    columns = dict(zip(gravity.TOTALS, (residents, jobs, own), strict=True))
    return pd.DataFrame(columns, index=[*"ABCDEFGH"[: len(residents)]])


def in_a_row(count, km=10.0):
    return pd.DataFrame({"zone": [*"ABCDEFGH"[:count]], "x": 1000 * km * np.arange(count), "y": 0.0})


def test_the_model_balances_as_plain_sweeps_do():
    residents, jobs, own = np.array([90, 60, 75, 40.0]), np.array([120, 50, 60, 35.0]), np.array([70, 20, 40, 30.0])
    found = gravity.modelled(totals(residents, jobs, own), in_a_row(4))
    assert found.kind == "modelled"
    apart = 10 * np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    wanted = np.where(apart > 0, np.maximum(apart, 1) ** -gravity.POWER * np.exp(-gravity.DECAY_PER_KM * apart), 0)
    for _ in range(2000):
        wanted *= ((residents - own) / wanted.sum(axis=1))[:, None]
        wanted *= (jobs - own) / wanted.sum(axis=0)
    matrix = found.table["workers"].to_numpy().reshape(4, 4)
    np.testing.assert_allclose(matrix, wanted + np.diag(own), rtol=1e-8)


def test_several_centres_of_a_zone_count_together():
    middles = pd.DataFrame({"zone": [*"BAACD"], "x": [20e3, 0, 10e3, 40e3, 70e3], "y": 0.0})
    found = gravity.modelled(totals([30] * 4, [30] * 4, [10] * 4), middles, power=1, decay_per_km=0)
    reach = {"AB": (1 / 20 + 1 / 10) / 2, "AC": (1 / 40 + 1 / 30) / 2, "AD": (1 / 70 + 1 / 60) / 2}
    reach |= {"BC": 1 / 20, "BD": 1 / 50, "CD": 1 / 30}
    # Balancing leaves ratios across two pairs as they are.
    there, wanted = pairs(found), reach["AB"] * reach["CD"] / (reach["AC"] * reach["BD"])
    assert there["A B"] * there["C D"] / (there["A C"] * there["B D"]) == pytest.approx(wanted)


def test_residents_without_a_job_are_named():
    found = gravity.modelled(totals([10, 12, 9], [10, 9, 9], [5, 5, 5]), in_a_row(3))
    left = found.set_aside.set_index("code")["workers"]
    assert set(found.set_aside["reason"]) == {"not allocated"}
    assert set(found.set_aside["side"]) == {"origin"}
    assert left.to_dict() == pytest.approx({"A": 5 * 3 / 16, "B": 7 * 3 / 16, "C": 4 * 3 / 16})
    assert "leave 3 residents without a job and 0 jobs without a resident" in found.notes[-1].message


def test_what_no_other_zone_can_take_is_named():
    found = gravity.modelled(totals([10, 10], [12, 8], [5, 5]), in_a_row(2))
    assert pairs(found) == pytest.approx({"A A": 5, "A B": 3, "B A": 5, "B B": 5})
    assert aside(found) == pytest.approx(
        {("not allocated", "A", "origin"): 2, ("not allocated", "A", "destination"): 2}
    )


@given(
    st.lists(st.tuples(*[st.integers(0, 50)] * 3, *[st.integers(0, 900_000)] * 2), min_size=1, max_size=6).filter(
        lambda rows: any(row[0] + row[2] for row in rows)
    )
)
@settings(deadline=None, max_examples=60)
def test_the_model_keeps_every_total(rows):
    leaving, arriving, own, x, y = np.array(rows, dtype=float).T
    table = totals(own + leaving, own + arriving, own)
    found = gravity.modelled(table, in_a_row(len(rows)).assign(x=x, y=y))
    lost = found.set_aside.pivot_table(index="code", columns="side", values="workers", observed=True)
    lost = lost.reindex(index=table.index, columns=["origin", "destination"]).fillna(0.0)
    np.testing.assert_allclose(found.residents + lost["origin"], own + leaving, atol=1e-6)
    np.testing.assert_allclose(found.jobs + lost["destination"], own + arriving, atol=1e-6)
    np.testing.assert_allclose(found.live_and_work, own)


def test_zones_far_across_a_sea_still_balance():
    table = totals([20, 20, 20, 20], [25, 17, 21, 17], [10, 10, 10, 10])
    middles = in_a_row(4).assign(x=[0, 5e3, 9e6, 9.005e6])
    found = gravity.modelled(table, middles)
    assert found.set_aside.empty
    np.testing.assert_allclose(found.jobs, table[gravity.TOTALS[1]], rtol=1e-9)


def test_zones_without_figures_stay_and_are_named():
    table = totals([10, "", 10], [10, None, 10], [5, 3, 5])
    found = gravity.modelled(table, in_a_row(3).drop(index=1))
    assert list(found.zones) == ["A", "B", "C"]
    assert found.residents["B"] == 0
    assert "No figures: B, left without flows" in found.notes[0].message


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (totals([10, 10], [10, -1], [5, 0]), r"no numbers from 0 \(1 row: B\)"),
        (totals([10, 10], [10, "many"], [5, 0]), r"no numbers from 0 \(1 row: B\)"),
        (totals([10, 10], [10, 4], [5, 5]), r"more live and work in a zone than live or work there \(1 row: B\)"),
        (totals([None, None], [1, 1], [0, 0]), "no zone has residents in work"),
        (totals([5, 5, 5], [5, 5, 5], [1, 1, 1]), r"a zone has none \(1 row: C\)"),
        (totals([5], [5], [5]).drop(columns="jobs_2011"), "column 'jobs_2011' is missing"),
    ],
)
def test_odd_totals_are_refused(table, said):
    with pytest.raises(TableError, match=said):
        gravity.modelled(table, in_a_row(2))


def test_a_decay_that_grows_is_refused():
    with pytest.raises(ConfigurationError, match="must be numbers from 0"):
        gravity.modelled(totals([5], [5], [5]), in_a_row(1), power=-1)


def test_centres_are_means_of_quarters():
    corners = list(itertools.product([0, 100], [0, 10]))
    rows = [("A", x + dx, y) for x, y in corners for dx in (0, 2)]
    points = pd.DataFrame([*rows, ("B", 5, 6)], columns=["lad", "x", "y"])
    wanted = [["A", 1, 0], ["A", 1, 10], ["A", 101, 0], ["A", 101, 10], ["B", 5, 6]]
    assert gravity.centres(points).to_numpy().tolist() == wanted
    assert gravity.centres(points.iloc[::-1]).to_numpy().tolist() == wanted
    assert gravity.centres(points, parts=1).to_numpy().tolist() == [["A", 51, 5], ["B", 5, 6]]


# Comparing


def test_the_common_part_is_twice_the_smaller_over_both():
    left = odtable.commuting(frame(("A", "A", 10), ("A", "B", 4), ("B", "A", 6)))
    right = odtable.commuting(frame(("A", "A", 8), ("A", "B", 5), ("B", "B", 7)))
    assert flows.common_part(left, right) == 2 * (8 + 4) / (20 + 20)
    assert flows.common_part(left, right, off_diagonal=True) == 2 * 4 / (10 + 5)
    assert flows.common_part(left, left) == 1


def test_tables_of_other_zones_cannot_be_compared():
    left, right = (odtable.commuting(frame((zone, zone, 1))) for zone in "AB")
    with pytest.raises(ConfigurationError, match="no zone or no workers in common"):
        flows.common_part(left, right)
    with pytest.raises(ConfigurationError, match="no zone or no workers in common"):
        flows.common_part(left, left, off_diagonal=True)


# Real data


@pytest.fixture(scope="module")
def real(shared_data) -> Flows:
    raw = tables.read_flows(shared_data / "flows_lad25_2011_uk.parquet")
    zones = pd.Index(package_data.shipped_table("authorities.csv")["lad_code"])
    return odtable.commuting(raw, year="2011", kind="census", zones=zones)


@pytest.fixture(scope="module")
def model() -> Flows:
    table = package_data.shipped_table("authorities.csv").set_index("lad_code")
    return gravity.modelled(table, package_data.shipped_table("centres.csv"), joins=package_data.shipped_joins())


def test_the_census_of_2011_is_whole(real):
    assert real.workers == 24_240_505
    assert total(real) == 30_008_634
    assert real.set_aside.set_index("reason")["workers"].to_dict() == {
        "abroad": 52_954, "home": 3_138_022, "no fixed place": 2_513_680, "offshore": 63_473,
    }  # fmt: skip
    assert set(real.zones[real.residents == 0]) == {"E06000053", "E09000001"}


def test_shipped_totals_are_those_of_the_census(real):
    table = package_data.shipped_table("authorities.csv").set_index("lad_code")
    for column, found in zip(gravity.TOTALS, (real.residents, real.jobs, real.live_and_work), strict=True):
        known = pd.to_numeric(table[column]).dropna()
        assert (known == found[known.index]).all()


def test_the_model_has_the_shipped_totals(model):
    table = package_data.shipped_table("authorities.csv").set_index("lad_code")
    assert model.set_aside.empty
    for column, found in zip(gravity.TOTALS, (model.residents, model.jobs, model.live_and_work), strict=True):
        known = pd.to_numeric(table[column]).dropna()
        np.testing.assert_allclose(found[known.index], known, rtol=1e-9)


def test_shipped_centres_are_of_the_postcodes():
    shipped = package_data.shipped_table("centres.csv")
    found = gravity.centres(package_data.postcode_points(columns=["lad", "x", "y"]))
    assert shipped["lad_code"].tolist() == found["lad"].tolist()
    apart = shipped[["x", "y"]].astype(float).to_numpy() - found[["x", "y"]].to_numpy()
    assert np.abs(apart).max() <= 0.51


def test_flows_between_boards_lose_nobody(real):
    layer = Atlas().layer("icb")
    parts = flows.shares_by_people(layer, package_data.shipped_blocks())
    found = flows.between(real, parts)
    assert total(found) == pytest.approx(total(real), rel=1e-12)
    assert len(found.zones) == 42
    assert len(found.notes[-2].other_codes) == 12
    whole = flows.between(real, parts, outside="elsewhere")
    assert whole.workers == pytest.approx(real.workers, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "zones", "workers"),
    [("oracle/brindisi.csv", 20, 89_192), ("flows_msoa11_london_2011.parquet", 983, 1_626_275)],
)
def test_other_tables_are_read(shared_data, name, zones, workers):
    found = odtable.commuting(tables.read_flows(shared_data / name))
    assert (len(found.zones), total(found)) == (zones, workers)


# Tables as people keep them


AMOUNTS = {"AA": 200, "AB": 60, "BA": 70, "BB": 90, "CC": 220, "CD": 50, "DC": 80, "DD": 70}
FOUR = [(*pair, amount) for pair, amount in AMOUNTS.items()]


def long_text(rows, headings="origin,dest,workers"):
    return "\n".join([headings, *(",".join(map(str, row)) for row in rows)]) + "\n"


def read(tmp_path, text, reference=""):
    path = write(tmp_path / "flows.csv", text)
    return atlas.read_flows(f"{path}{reference}")


def notes_of(found, rule="GP106"):
    return [note.message for note in found.notes if note.rule == rule]


def test_totals_by_name_and_by_sum_are_set_aside(tmp_path):
    """Margins under any name are found by their sums, and by a name without them."""
    table = {(home, work): n for home, work, n in FOUR}
    plain = pairs(read(tmp_path, long_text(FOUR)))
    for name in ("Total", "K04000001", "everywhere"):
        margins = [(home, name, sum(n for (one, _), n in table.items() if one == home)) for home in "ABCD"]
        margins += [(name, work, sum(n for (_, one), n in table.items() if one == work)) for work in "ABCD"]
        found = read(tmp_path, long_text([*FOUR, *margins, (name, name, sum(table.values()))]))
        assert pairs(found) == plain
        assert found.workers == sum(table.values())
        assert notes_of(found) == [f"flows.csv: 9 rows were set aside: {name} is a sum of others."]


def test_zones_that_are_no_sums_stay(tmp_path):
    twins = [("A", "A", 5), ("A", "B", 5), ("B", "A", 5), ("B", "B", 5)]
    assert read(tmp_path, long_text(twins)).workers == 20
    same = [(home, work, 5) for home in "ABCDE" for work in "ABCDE"]
    assert read(tmp_path, long_text(same)).workers == 125


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.integers(0, 400), min_size=25, max_size=25))
def test_a_total_added_to_any_table_changes_nothing(tmp_path, cells):
    square = np.array(cells).reshape(5, 5) + np.eye(5, dtype=int)
    rows = [(f"z{i}", f"z{j}", square[i, j]) for i in range(5) for j in range(5)]
    margins = [(f"z{i}", "all", square[i].sum()) for i in range(5)]
    margins += [("all", f"z{j}", square[:, j].sum()) for j in range(5)]
    assert pairs(read(tmp_path, long_text([*rows, *margins]))) == pairs(read(tmp_path, long_text(rows)))


def test_levels_are_not_mixed(tmp_path):
    rows = [("E02000001", "E02000002", 5), ("E02000002", "E02000001", 4), ("E06000001", "E02000001", 9)]
    with pytest.raises(InputError, match=r"levels, .*: 2 middle-layer areas \(MSOA\), 1 authorities\. Keep"):
        read(tmp_path, long_text(rows))


def test_spellings_of_a_code_are_one(tmp_path):
    rows = [("E02000001", "e02000002", 5), ("E02000002", " E02000001", 4)]
    found = read(tmp_path, long_text(rows))
    assert pairs(found) == {"E02000001 E02000002": 5, "E02000002 E02000001": 4}
    assert "'e02000002' is read as 'E02000002'" in notes_of(found)[0]


@pytest.mark.parametrize("corner", ["residence : workplace", ""])
@pytest.mark.parametrize("title", ["", '"Flows, census"\n"Crown copyright"\n\n'])
def test_a_square_table_is_the_same_as_a_long_one(tmp_path, corner, title):
    table = {(home, work): n for home, work, n in FOUR}
    lines = [",".join([corner, *"ABCD", "Total"])]
    lines += [",".join([home, *(str(table.get((home, work), "")) for work in "ABCD"), "0"]) for home in "ABCD"]
    found = read(tmp_path, title + "\n".join(lines) + "\n")
    assert pairs(found) == pairs(read(tmp_path, long_text(FOUR)))


def test_columns_named_in_the_reference(tmp_path):
    text = long_text([(1, "A", "B", 5, 7), (2, "B", "A", 4, 8)], "n,home_area,work_area,old,new")
    found = read(tmp_path, text, "?origin=home_area&destination=WORK_AREA&workers=new")
    assert pairs(found) == {"A B": 7, "B A": 8}
    with pytest.raises(InputError, match=r"column 'workarea' is missing\. Did you mean \?destination=work_area\?"):
        read(tmp_path, text, "?origin=home_area&destination=workarea&workers=new")
    with pytest.raises(ConfigurationError, match=r"'start=home_area' asks for no column\. Write FILE\?code="):
        read(tmp_path, text, "?start=home_area")


def test_two_readings_of_workers_are_refused(tmp_path):
    path = write(tmp_path / "f.csv", "origin;dest;workers\nA;A;20.000\nA;B;500\n")
    with pytest.raises(InputError, match=r"in two ways: is 20\.000 .* \(1 row: row 2: 20\.000\)"):
        atlas.read_flows(str(path))
