"""Money by `import geoplan`: frames of layers and comparisons, and attributes of one's own."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import geoplan
from geoplan.output.tables.money import MONEY_TABLE
from geoplan.schema.money import MONEY_COLUMNS

SQUARES = [shapely.box(400_000 + 9_000 * n, 300_000, 408_000 + 9_000 * n, 308_000) for n in range(2)]


def test_frames_of_a_shipped_layer_hold_money():
    layer = geoplan.layer("connect_to_work")
    assert set(MONEY_COLUMNS) <= set(layer.table.columns)
    assert len(layer.money) == 28
    assert layer.money.at["ctw-south-midlands", "total_per_out_of_work"] == pytest.approx(32e6 / 125_800)
    assert geoplan.layer("lhb").money.empty


def test_a_comparison_shares_money_out():
    compared = geoplan.compare("connect_to_work", "icb_2026")
    assert tuple(compared.money.columns) == MONEY_TABLE
    assert compared.money["left_code"].nunique() == 28
    assert geoplan.compare("lhb", "connect_to_work").money.empty


def test_a_frame_of_members_with_grants():
    members = pd.DataFrame(
        {"area_name": ["North", "North", "South"], "authority": ["Leeds", "Bradford", "Bristol"],
         "amount_total": [9.5e6, None, "£8m"], "Board": ["Yes", "Yes", "No"]}
    )  # fmt: skip
    layer = geoplan.layer(members)
    assert layer.table["amount_total"].to_dict() == {"North": 9.5e6, "South": 8e6}
    assert layer.table["Board"].to_dict() == {"North": "Yes", "South": "No"}
    assert members.columns.tolist() == ["area_name", "authority", "amount_total", "Board"]


def test_attributes_of_outlines_are_kept_and_money_is_read():
    frame = gpd.GeoDataFrame(
        {"code": ["a", "b"], "name": ["A", "B"], "amount_total": ["£2m", None], "People": [5, 6],
         "opened": pd.to_datetime(["2025-04-01", None]), "lead": ["x", None]},
        geometry=SQUARES, crs="EPSG:27700",
    )  # fmt: skip
    layer = geoplan.layer(frame, key="mine")
    table = layer.table
    assert table["amount_total"].fillna(-1).tolist() == [2e6, -1]
    assert table["own_People"].tolist() == [5, 6]
    assert table["opened"].tolist() == ["2025-04-01", ""]
    assert table["lead"].tolist() == ["x", ""]
    assert any("'People' as 'own_People'" in message for message in layer.findings["message"])
    assert layer.to_geodataframe()["own_People"].tolist() == [5, 6]


def test_attributes_that_vary_among_rows_joined_to_one_area_are_named():
    frame = gpd.GeoDataFrame({"code": ["a", "a"], "name": ["A", "A"], "side": ["w", "e"], "board": ["Yes", "Yes"]},
                             geometry=SQUARES, crs="EPSG:27700")  # fmt: skip
    layer = geoplan.layer(frame, dissolve=True)
    assert layer.table["board"].tolist() == ["Yes"]
    assert "side" not in layer.table
    said = "; ".join(layer.findings["message"])
    assert "column 'side': varies among the rows of one area, and is not shown" in said
