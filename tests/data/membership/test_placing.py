"""Figures of small areas: placed by a lookup, by postcodes or by outlines, conserved, and refused where not known."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoplan.auditing import config
from geoplan.commuting.atlas import Atlas
from geoplan.data.shipped import package_data
from geoplan.data.tables import indicators
from geoplan.data.tables.small_figures import summed
from geoplan.errors import InputError
from geoplan.schema.indicators import Kind

SCILLY = "E06000053"
HOMES = pd.DataFrame(
    {"home": ["A", "A", "B", ""], "people": [100.0, 300.0, 50.0, 10.0], "working_age": np.nan},
    index=pd.Index(["E01000001", "E01000002", "E01000003", "E01000004"], name="small"),
)
HOMES.attrs["by"] = "the lookup l.csv"


def figures(**values):
    return pd.Series({f"E0100000{number[1:]}": value for number, value in values.items()}, dtype=float)


def told(values, kind=Kind.COUNT, of="people"):
    return summed(values, HOMES, kind, of, "own.csv, column 'code'", "l.csv")


def test_counts_are_summed_and_what_lies_nowhere_is_named_with_its_sum():
    found, said = told(figures(s1=1, s2=2, s3=4, s4=8))
    assert found.to_dict() == {"A": 3, "B": 4}
    assert said == ["3 small areas are placed by the lookup l.csv.",
                    "1 small area lies in no block that is known, 8 in all, and left out: E01000004."]  # fmt: skip
    assert found.sum() + 8 == 15


def test_rates_are_averaged_by_people_or_alike_where_the_lookup_has_none():
    found, said = told(figures(s1=4, s2=8, s3=5), Kind.RATE)
    assert found.to_dict() == {"A": (4 * 100 + 8 * 300) / 400, "B": 5}
    assert len(said) == 1
    found, said = told(figures(s1=4, s2=8, s3=5), Kind.RATE, "working_age")
    assert found.to_dict() == {"A": 6, "B": 5}
    assert "Each small area counts the same in averages: l.csv does not say how many live there." in said


@pytest.mark.parametrize("values", [figures(s1=1, s3=4), figures(s1=1, s2=np.nan, s3=4)])
def test_an_area_of_which_a_small_area_has_no_figure_is_not_assessed(values):
    found, said = told(values)
    assert np.isnan(found["A"])
    assert found["B"] == 4
    assert said[-1] == "1 area is not assessed, since some of their small areas have no figure: A."


def test_codes_that_the_lookup_does_not_have_are_refused():
    with pytest.raises(InputError, match=r"E01000009.*same edition"):
        told(figures(s1=1, s9=1))


@pytest.fixture
def scilly(tmp_path, monkeypatch):
    """Stand in a folder with figures of the two halves of the Isles of Scilly."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.csv").write_text("LSOA21CD,claimants\nE01000001,30\nE01000002,12\n", encoding="utf-8")
    points = package_data.postcode_points({"T"}, columns=("postcode", "lad", "block", "x", "y"))
    return points[points["lad"] == SCILLY]


def of_scilly(lookup):
    atlas = Atlas(indicator=f"own.csv?kind=count&source=DWP&small_areas={lookup}")
    return atlas.blocks["indicator"].dropna().to_dict(), atlas.indicator.said


def test_a_lookup_from_postcodes_places_small_areas(scilly):
    west = scilly["x"] < scilly["x"].median()
    small = np.where(west, "E01000001", "E01000002")
    pd.DataFrame({"pcd": scilly["postcode"], "lsoa21cd": small}).to_csv("lookup.csv", index=False)
    found, said = of_scilly("lookup.csv")
    assert found == {SCILLY: 42}
    assert said == "2 small areas are placed by the block that holds most of their postcodes."


def test_outlines_place_small_areas(scilly):
    middle, west, east = (getattr(scilly["x"], name)() for name in ("median", "min", "max"))
    south, north = scilly["y"].min() - 1, scilly["y"].max() + 1
    shapes = [shapely.box(west - 1, south, middle, north), shapely.box(middle, south, east + 1, north)]
    frame = gpd.GeoDataFrame({"LSOA21CD": ["E01000001", "E01000002"]}, geometry=shapes, crs=27700)
    frame.to_file("small.gpkg")
    assert of_scilly("small.gpkg")[0] == {SCILLY: 42}


def test_outlines_of_little_of_a_block_are_not_taken_for_all_of_it(scilly):
    first, second = scilly.iloc[0], scilly.iloc[-1]
    shapes = [shapely.Point(at["x"], at["y"]).buffer(1) for at in (first, second)]
    gpd.GeoDataFrame({"LSOA21CD": ["E01000001", "E01000002"]}, geometry=shapes, crs=27700).to_file("small.gpkg")
    found, said = of_scilly("small.gpkg")
    assert found == {}
    assert "2 small areas lie in no block that is known, 42 in all, and left out" in said


@pytest.mark.usefixtures("scilly")
def test_authorities_that_were_renumbered_are_brought_to_those_of_today(tmp_path):
    # Corby and Kettering are in North Northamptonshire since 2021.
    lookup = "LSOA21CD,LAD20CD,people\nE01000001,E07000150,10\nE01000002,E07000153,30\nE01000003,E07000153,5\n"
    (tmp_path / "lookup.csv").write_text(lookup, encoding="utf-8")
    with Path("own.csv").open("a", encoding="utf-8") as own:
        own.write("E01000003,8\n")
    assert of_scilly("lookup.csv")[0] == {"E06000061": 50}
    (tmp_path / "lookup.csv").write_text(lookup.replace("E07000150", "E54000024"), encoding="utf-8")
    with pytest.raises(InputError, match=r"neither an authority nor a block.*E54000024"):
        of_scilly("lookup.csv")


@pytest.mark.usefixtures("scilly")
def test_small_areas_without_a_lookup_are_refused_with_what_to_add():
    with pytest.raises(InputError, match="small_areas=FILE"):
        _ = Atlas(indicator="own.csv?kind=count").blocks


def test_both_files_are_inputs_and_are_found_beside_a_configuration(tmp_path):
    assert indicators.files_of("a.csv?kind=count&small_areas=b.csv#LAD25CD") == ("a.csv", "b.csv#LAD25CD")
    assert indicators.files_of("") == ()
    below = tmp_path / "below"
    below.mkdir()
    asked = 'pairs = [["lhb", "country"]]\nindicator = "own.csv?kind=count&source=A %26 B&small_areas=l.csv"\n'
    (below / "geoplan.toml").write_text(asked, encoding="utf-8")
    plan = config.load(below / "geoplan.toml")
    assert {str(below / "own.csv"), str(below / "l.csv")} <= set(plan.reads)
    assert plan.audit.indicator.endswith(f"kind=count&source=A %26 B&small_areas={below / 'l.csv'}")
