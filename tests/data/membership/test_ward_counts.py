"""Parts of authorities counted by their wards: by postcodes, by outlines, by people of small areas."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from geoplan.auditing import config, place_lookup
from geoplan.auditing.comparing import compare
from geoplan.cli.main import cli
from geoplan.commuting.atlas import Atlas
from geoplan.data.shipped import package_data
from geoplan.errors import InputError

CANNOCK, NORTH, OTHER = "E07000192", "E05006904", "E05009999"


@pytest.fixture(scope="module")
def postcodes():
    points = package_data.postcode_points(["W"], columns=("postcode", "lad", "block", "x", "y"))
    return points[(points["lad"] == CANNOCK).to_numpy()].reset_index(drop=True)


@pytest.fixture
def northern(postcodes):
    """Tell which postcodes of Cannock Chase lie in the north of it: a ward drawn for this test."""
    return (postcodes["y"] > 315_000).to_numpy()


@pytest.fixture
def listed(tmp_path, postcodes, northern):
    ward = np.where(northern, NORTH, OTHER)
    file = tmp_path / "wards.csv"
    pd.DataFrame({"pcds": postcodes["postcode"].astype(str), "WD18CD": ward}).to_csv(file, index=False)
    return str(file)


@pytest.fixture
def drawn(tmp_path):
    south, north = shapely.box(390_000, 300_000, 410_000, 315_000), shapely.box(390_000, 315_000, 410_000, 325_000)
    frame = gpd.GeoDataFrame({"WD18CD": [OTHER, NORTH], "WD18NM": ["Other", "North"]}, geometry=[south, north])
    file = tmp_path / "wards.gpkg"
    frame.set_crs("EPSG:27700").to_file(file)
    return str(file)


def size(atlas, code="cc-cannock-north"):
    return atlas.layer("connecting_communities").areas.loc[code]


def test_a_ward_is_counted_by_its_postcodes(listed, northern):
    area, district = size(Atlas(wards=listed)), Atlas().blocks.loc[CANNOCK]
    share = northern.mean()
    assert 0.05 < share < 0.5
    assert area["people"] == pytest.approx(district["people"] * share)
    assert area["postcodes"] == pytest.approx(northern.sum())
    assert area["by_wards"] == "Cannock Chase"
    assert area["not_assessed"] == ""


def test_outlines_and_a_list_of_postcodes_count_the_same(listed, drawn):
    one, two = size(Atlas(wards=listed)), size(Atlas(wards=drawn))
    assert one["people"] == pytest.approx(two["people"])


def test_a_list_without_terminated_postcodes_counts_the_same_share(tmp_path, postcodes, northern):
    live = np.arange(len(postcodes)) % 3 > 0
    file = tmp_path / "live.csv"
    table = pd.DataFrame({"pcds": postcodes["postcode"].astype(str), "WD18CD": np.where(northern, NORTH, OTHER)})
    table[live].to_csv(file, index=False)
    district = Atlas().blocks.loc[CANNOCK]
    assert size(Atlas(wards=str(file)))["people"] == pytest.approx(district["people"] * northern[live].mean())


def test_people_of_small_areas_count_a_ward(tmp_path):
    file = tmp_path / "small.csv"
    rows = [f"E0102000{n},{NORTH if n < 3 else OTHER},{1000 + n}" for n in range(9)]
    file.write_text("\n".join(["LSOA21CD,WD18CD,people", *rows]), encoding="utf-8")
    atlas = Atlas(wards=f"{file}#WD18CD")
    assert size(atlas)["people"] == pytest.approx(1000 + 1001 + 1002)
    bare = tmp_path / "bare.csv"
    bare.write_text("\n".join(["LSOA21CD,WD18CD", *(row.rpartition(",")[0] for row in rows)]), encoding="utf-8")
    with pytest.raises(InputError, match="Add a column of people"):
        size(Atlas(wards=f"{bare}#WD18CD"))


def test_wards_that_are_not_in_the_file_stay_not_assessed_and_are_named(listed):
    atlas = Atlas(wards=listed)
    assert np.isnan(size(atlas, "cc-washwood-heath")["people"])
    said = [note.message for note in atlas.layer("connecting_communities").notes if note.rule == "GP105"]
    assert any("in 1 area are counted by the wards of wards.csv: an estimate by postcodes" in text for text in said)
    (missing,) = [text for text in said if "so that parts stay not assessed" in text]
    assert NORTH not in missing
    assert "E05001216" in missing
    # Without a file nothing is counted, and nothing is said of wards.
    plain = Atlas().layer("connecting_communities")
    assert "by_wards" not in plain.areas
    assert not [note for note in plain.notes if note.rule == "GP105"]


def test_relations_of_a_counted_ward_are_assessed(listed):
    row = compare("connecting_communities", "lad", atlas=Atlas(wards=listed)).overlay.table.loc[
        ("cc-cannock-north", CANNOCK)
    ]
    assert row["left_people_share"] == 1
    assert 0.05 < row["right_people_share"] < 0.5


def test_two_wards_of_one_district_lie_side_by_side(tmp_path):
    points = package_data.postcode_points(["B"], columns=("postcode", "lad"))
    held = points[(points["lad"] == "E08000025").to_numpy()]["postcode"].astype(str).to_numpy()
    ward = np.where(np.arange(len(held)) % 10 == 0, "E05001216", "E05000000")
    ward[5::10] = "E05011165"
    file = tmp_path / "wards.csv"
    pd.DataFrame({"pcds": held, "ward": ward}).to_csv(file, index=False)
    areas = place_lookup.lookup("connecting_communities:Washwood Heath", atlas=Atlas(wards=str(file))).areas
    assert areas.loc[areas["layer"] == "connecting_communities", "name"].tolist() == ["Washwood Heath"]


def test_the_commands_and_the_configuration_take_wards(listed, tmp_path):
    done = CliRunner().invoke(cli, ["lookup", "connecting_communities:Cannock North", "--wards", listed])
    assert "is counted by the wards of wards.csv: an estimate." in " ".join(done.stdout.split())
    done = CliRunner().invoke(cli, ["compare", "connecting_communities", "lad", "--wards", listed, "--format", "csv"])
    row = next(line for line in done.stdout.splitlines() if line.startswith("cc-cannock-north"))
    assert ",nested" in row
    assert ",,," not in row
    plan = config.parse('wards = "wards.csv"', "geoplan.toml", tmp_path)
    assert plan.audit.wards == listed
    assert listed in plan.reads


def test_the_wards_of_2025_count_what_they_know(shared_data, tmp_path):
    table = pd.read_parquet(shared_data / "codepoint.parquet", columns=["postcode", "lad", "ward25"])
    file = tmp_path / "coventry.csv"
    table[table["lad"] == "E08000026"][["postcode", "ward25"]].to_csv(file, index=False)
    area = size(Atlas(wards=str(file)), "cc-binley-and-willenhall")
    # One of 18 wards of much the same size in a city of 369,026; a postcode is not always as many people.
    assert area["people"] == pytest.approx(369_026 / 18, rel=0.35)
