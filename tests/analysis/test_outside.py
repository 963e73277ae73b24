"""What of a shape lies in no area of a layer, whichever way the ground is looked at."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geoplan.analysis import ground
from geoplan.schema import Layer, Source

WEST, SOUTH, STEP = 400_000, 300_000, 500
MIDDLE = shapely.Point(WEST + 15_000, SOUTH + 15_000)
RING = MIDDLE.buffer(9000, quad_segs=300).difference(MIDDLE.buffer(3000, quad_segs=150))


@pytest.fixture(scope="module")
def quarters() -> Layer:
    """A ring of more vertices than a tile may have, in four areas."""
    boxes = [shapely.box(x, y, x + 10_000, y + 10_000) for x in (405_000, 415_000) for y in (305_000, 315_000)]
    areas = gpd.GeoDataFrame({"name": list("ABCD")}, geometry=shapely.intersection(RING, boxes), crs="EPSG:27700")
    return Layer(key="quarters", title="Quarters", areas=areas.assign(area_m2=areas.area), source=Source("toy"))


@pytest.mark.parametrize("levels", [0, 1e9], ids=["tiles", "areas"])
@given(asked=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(1, 30)), max_size=4))
def test_what_lies_outside_is_the_difference_from_all_ground(quarters: Layer, levels: float, asked: list) -> None:
    corners = [(WEST + STEP * x, SOUTH + STEP * y, STEP * size) for x, y, size in asked]
    shapes = np.array([shapely.box(x, y, x + size, y + size) for x, y, size in corners], dtype=object)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ground, "LEVELS", levels)
        found = ground.outside(shapes, quarters)
    assert len(found) == len(shapes)
    assert (shapely.area(shapely.symmetric_difference(found, shapely.difference(shapes, RING))) < 1e-3).all()
