"""Lists looked up by postcode: every row kept, the answers of a single lookup, and what is not found said."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import geoplan
from geoplan.auditing import place_lookup
from geoplan.auditing.lookups.postcode_lists import list_looked_up
from geoplan.commuting.atlas import Atlas
from geoplan.data.membership.small_areas.postcode_column import postcode_column, postcodes_in
from geoplan.data.shipped import package_data
from geoplan.data.tables.tables import read_lookup
from geoplan.errors import ConfigurationError, InputError


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas()


def looked_up(folder, text, *layers, atlas, column="", name="list.csv"):
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list_looked_up(read_lookup(str(file)), layers, atlas=atlas, column=column)


# ---------------------------------------------------------------------------------------------- postcodes in cells


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("BA1 0AA", "BA1 0AA"),
        ("ba10aa", "BA1 0AA"),
        ("EC1A  1BB", "EC1A 1BB"),
        ("EC1A\u00a01BB", "EC1A 1BB"),
        ("NPT 0AA", "NPT 0AA"),
        ("12 Flat, 3B High St, Bath, BA1 0AA, UK", "BA1 0AA"),
        ("c/o LA1 1AA, now BA1 0AA", "BA1 0AA"),
        ("BA1", ""),
        ("XBA1 0AAX", ""),
        ("no fixed abode", ""),
        ("", ""),
    ],
)
def test_the_postcode_of_a_cell(written, read):
    assert postcodes_in(pd.Series([written])).tolist() == [read]


@given(st.from_regex(r"[A-Z]{1,2}[0-9][A-Z0-9]?", fullmatch=True), st.from_regex(r"[0-9][A-Z]{2}", fullmatch=True))
def test_a_postcode_is_read_alike_however_it_is_typed(outward, inward):
    forms = [f"{outward} {inward}", f"{outward}{inward}".lower(), f"{outward}  {inward}", f"x y, {outward} {inward}."]
    assert postcodes_in(pd.Series(forms)).tolist() == [f"{outward} {inward}"] * 4


def test_every_postcode_of_the_directory_is_read():
    every = package_data.postcode_points("WN", columns=("postcode",))["postcode"].astype(object)
    assert postcodes_in(every).eq(every).all()


# ---------------------------------------------------------------------------------------------- the column


def column_of(table, wanted=""):
    return postcode_column(pd.DataFrame(table), "list.csv", wanted)


def test_the_column_is_that_of_postcodes_then_of_addresses_then_by_its_heading():
    assert column_of({"id": ["1", "2"], "where": ["BA1 0AA", "x"], "note": ["from LA1 1AA", "in LA1 1AB"]}) == "where"
    assert column_of({"id": ["1", "2"], "address": ["1 The Street, BA1 0AA", "unknown"]}) == "address"
    assert column_of({"id": ["1", "2"], "Post code": ["?", ""]}) == "Post code"
    assert column_of({"pcds": ["BA1 0AA"], "pcd7": ["BA10AA"]}) == "pcds", "the same in two spellings"


def test_columns_that_differ_are_refused_and_one_can_be_chosen():
    table = {"home": ["BA1 0AA", ""], "work": ["LA1 1AA", ""]}
    with pytest.raises(InputError, match=r"they differ: home, work\. Choose one with --postcode"):
        column_of(table)
    assert column_of(table, "work") == "work"
    with pytest.raises(InputError, match=r"'wrok' is missing\. Did you mean --postcode work\?"):
        column_of(table, "wrok")
    with pytest.raises(InputError, match=r"no column holds postcodes.*Columns found: id, name"):
        column_of({"id": ["1"], "name": ["Ann"]})


# ---------------------------------------------------------------------------------------------- rows


def test_every_row_and_column_is_kept_in_order_with_what_is_known_of_it(tmp_path, atlas):
    rows = ["id;Address;Postcode;status", "9;=cmd;ba1 0aa;a", "8;x;ZZ9 9ZZ;b", ";;;", "7;y;hello;c", "6;z;;d"]
    text = "\ufeff" + "\n".join([*rows, rows[1], ""])
    found = looked_up(tmp_path, text, "lad", atlas=atlas)
    table = found.table
    assert table.index.tolist() == [2, 3, 4, 5, 6, 7]
    assert list(table.columns) == [
        "id", "Address", "Postcode", "status", "read_as", "status_2", "lad_code", "lad_name", "lad_share",
    ]  # fmt: skip
    assert table["id"].tolist() == ["9", "8", "", "7", "6", "9"]
    assert table["status"].tolist() == ["a", "b", "", "c", "d", "a"]
    assert table["status_2"].tolist() == ["found", "not known", "empty", "not a postcode", "empty", "found"]
    assert table["lad_code"].tolist() == ["E06000022", "", "", "", "", "E06000022"]
    assert table.loc[2, ["lad_name", "lad_share"]].tolist() == ["Bath and North East Somerset", 1]
    assert found.lost.to_dict() == {3: "ZZ9 9ZZ", 4: "", 5: "hello", 6: ""}
    assert found.said == ("Its cells are separated by semicolons.",)


def test_a_list_needs_no_heading_but_a_single_line(tmp_path, atlas):
    found = looked_up(tmp_path, "ba1 0aa\nla1 1aa\n", "lad", atlas=atlas, name="list.txt")
    assert found.columns == ("postcode",)
    assert found.table["lad_code"].tolist() == ["E06000022", "E07000121"]
    wide = looked_up(tmp_path, "Ann,ba1 0aa\nBen,la1 1aa\n", "lad", atlas=atlas)
    assert wide.columns == ("column_2",)
    assert wide.table["column_1"].tolist() == ["Ann", "Ben"]
    one = looked_up(tmp_path, "postcode\nba1 0aa\n", "lad", atlas=atlas, name="list.txt")
    assert one.table["lad_code"].tolist() == ["E06000022"]
    with pytest.raises(InputError, match="holds no rows"):
        looked_up(tmp_path, "ba1 0aa\n", "lad", atlas=atlas, name="list.txt")


def test_blank_lines_of_a_list_stay_where_they_are(tmp_path, atlas):
    found = looked_up(tmp_path, "BA1 0AA\n\nLA1 1AA\nSource: mine\n", "lad", atlas=atlas, name="list.txt")
    assert found.table.index.tolist() == [1, 2, 3, 4]
    assert found.status.tolist() == ["found", "empty", "found", "not a postcode"]


def test_no_rows_and_two_columns_of_one_name_are_refused(tmp_path, atlas):
    with pytest.raises(InputError, match=r"list\.csv holds no rows"):
        looked_up(tmp_path, "postcode\n", "lad", atlas=atlas)
    with pytest.raises(InputError, match="the heading 'a' stands twice"):
        looked_up(tmp_path, "a,a\nBA1 0AA,BA1 0AA\n", "lad", atlas=atlas)


def test_a_workbook_is_read_as_a_csv_file_is(tmp_path, atlas):
    table = pd.DataFrame({"id": [1, 2], "Postcode": ["BA1 0AA", "LA1 1AA"]})
    table.to_excel(tmp_path / "list.xlsx", index=False)
    table.to_csv(tmp_path / "list.csv", index=False)
    one, two = (
        list_looked_up(read_lookup(str(tmp_path / f"list.{kind}")), ["icb"], atlas=atlas).table
        for kind in ("xlsx", "csv")
    )
    pd.testing.assert_frame_equal(one, two)


# ---------------------------------------------------------------------------------------------- layers


def test_answers_are_those_of_a_single_lookup(atlas):
    """Every layer in force, for postcodes in whole and split districts, of all countries, and in part of a scheme."""
    places = ["BA1 0AA", "HP10 0AA", "ZE1 0AA", "BT1 1AA", "CF10 1AA", "SO14 0AA", "YO1 6GA", "GU10 2PJ", "BH1 1AA"]
    some = package_data.postcode_points("C", columns=("postcode",))["postcode"].sample(12, random_state=3)
    places += some.tolist()
    table = geoplan.lookup_postcodes(pd.DataFrame({"postcode": places}))
    keys = [name.removesuffix("_code") for name in table.columns if name.endswith("_code")]
    for row in table.itertuples(index=False):
        single = place_lookup.lookup(row.postcode, atlas=atlas).areas
        for key in keys:
            own = single[single["layer"] == key]
            told = [code for code in getattr(row, f"{key}_code").split(";") if code]
            assert sorted(told) == sorted(own["code"]), (row.postcode, key)
            shares = str(getattr(row, f"{key}_share")).split(";") if told else []
            sure = {code for code, share in zip(told, shares, strict=True) if share == "1"}
            assert sure == set(own.loc[own["share"] == 1, "code"]), (row.postcode, key)
    assert table["status"].eq("found").all()
    assert {"lad", "connect_to_work", "icb_2026", "utla"} <= set(keys)
    assert "icb" not in keys, "ended before the day of the data"
    assert (table.filter(like="_share") == "not known").to_numpy().any()


def test_points_decide_in_a_boundary_file(tmp_path):
    points = package_data.postcode_points("B", columns=("postcode", "x", "y"))
    points = points[points["postcode"].str.startswith("BA1 ")].reset_index(drop=True)
    middle = points["x"].median()
    west, south, east, north = (
        points["x"].min() - 1,
        points["y"].min() - 1,
        points["x"].max() + 1,
        points["y"].max() + 1,
    )

    halves = gpd.GeoDataFrame(
        {"code": ["W", "E", "E2"], "name": ["West", "East", "Far east"]},
        geometry=[
            shapely.box(west, south, middle, north), shapely.box(middle, south, east, north),
            shapely.box(middle + 500, south, east, north),
        ],
        crs="EPSG:27700",
    )  # fmt: skip
    halves.to_file(tmp_path / "halves.gpkg")
    found = geoplan.lookup_postcodes(points[["postcode"]], tmp_path / "halves.gpkg")
    codes = found["halves_code"].tolist()
    x = points["x"].to_numpy()
    wanted = np.where(x < middle, "W", np.where(x < middle + 500, "E", "E;E2"))
    assert codes == wanted.tolist()
    assert set(found["halves_name"]) == {"West", "East", "East; Far east"}


def test_a_lookup_from_other_small_areas_is_refused(tmp_path, atlas):
    (tmp_path / "lsoa.csv").write_text("LSOA21CD,ICB24CD\nE01000001,E54000030\nE01000002,E54000030\n")
    with pytest.raises(ConfigurationError, match="a place cannot be found in it"):
        looked_up(tmp_path, "postcode\nBA1 0AA\n", f"{tmp_path}/lsoa.csv#ICB24CD", atlas=atlas)


def test_frames_of_ones_own_and_a_membership_table():
    clients = pd.DataFrame({"age": [31, 44], "home": ["BA1 0AA", None]}, index=[7, 9])
    mine = pd.DataFrame({"area_name": ["Mine"], "lad_code": ["E06000022"]})
    found = geoplan.lookup_postcodes(clients, mine)
    assert found["age"].tolist() == [31, 44]
    assert found["status"].tolist() == ["found", "empty"]
    assert found["layer_1_name"].tolist() == ["Mine", ""]
    assert found.attrs["columns"] == ("home",)
    assert list(clients.columns) == ["age", "home"], "what was given is not changed"
    sparse = pd.DataFrame({"home": [None, "BA1 0AA", None, "x", None]})
    assert geoplan.lookup_postcodes(sparse, "lad", column="home")["status"].tolist() == [
        "empty", "found", "empty", "not a postcode", "empty",
    ]  # fmt: skip


def test_a_parquet_file_keeps_its_numbers(tmp_path):
    pd.DataFrame({"n": [1.5, 2.5], "pcds": ["BA1 0AA", "ZZ9 9ZZ"]}).to_parquet(tmp_path / "list.parquet")
    found = geoplan.lookup_postcodes(tmp_path / "list.parquet", "lad")
    assert found["n"].tolist() == [1.5, 2.5]
    assert found["status"].tolist() == ["found", "not known"]
