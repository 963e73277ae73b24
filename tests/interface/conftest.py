"""Frames as an analyst has them: squares in degrees, members, flows."""

from __future__ import annotations

import geopandas as gpd
import matplotlib as mpl
import pandas as pd
import pytest
import shapely
from browsing import browser

__all__ = ["browser"]

mpl.use("agg")


@pytest.fixture(scope="session")
def squares() -> gpd.GeoDataFrame:
    """Four squares of 10 km in Yorkshire, with the columns of the Office for National Statistics."""
    shapes = [shapely.box(x, y, x + 1e4, y + 1e4) for y in (4e5, 4.1e5) for x in (4e5, 4.1e5)]
    names = {"LAD25CD": [f"E0000000{n}" for n in range(1, 5)], "LAD25NM": ["Ash", "Birch", "Cedar", "Dale"]}
    return gpd.GeoDataFrame(names, geometry=shapes, crs="EPSG:27700").to_crs("EPSG:4326")


@pytest.fixture(scope="session")
def halves() -> gpd.GeoDataFrame:
    """Two areas over the same ground: the west, which cuts nothing, and the east but for its upper half."""
    shapes = [shapely.box(4e5, 4e5, 4.1e5, 4.2e5), shapely.box(4.1e5, 4e5, 4.2e5, 4.15e5)]
    return gpd.GeoDataFrame({"code": ["W", "E"], "name": ["<b>West</b>", "East"]}, geometry=shapes, crs="EPSG:27700")


@pytest.fixture(scope="session")
def members() -> pd.DataFrame:
    """Two areas made of Welsh authorities, by their names."""
    rows = [("North", "Gwynedd"), ("North", "Conwy"), ("South", "Cardiff"), ("South", "Newport")]
    return pd.DataFrame(rows, columns=["area_name", "authority"])


@pytest.fixture(scope="session")
def trips() -> pd.DataFrame:
    """Commuting between four zones: two pairs that keep to themselves."""
    rows = [("A", "A", 900), ("A", "B", 90), ("B", "B", 300), ("B", "A", 200), ("C", "C", 700), ("C", "D", 80),
            ("D", "D", 200), ("D", "C", 300), ("B", "C", 5)]  # fmt: skip
    return pd.DataFrame(rows, columns=["origin", "destination", "workers"])
