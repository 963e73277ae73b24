"""Towns, water and relief as the page takes them: where they lie, and that a reader of the page gets them back."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
import shapely
from PIL import Image

from geoplan.data.shipped import land
from geoplan.output.page.backgrounds import Tiles
from geoplan.output.page.bearings import bearings, credits_of, own_credits

STEP = 0.001
"""Degrees."""


@pytest.fixture(scope="module")
def found():
    return bearings()


def unpacked(line):
    """Return latitude and longitude as the page works them out of a line's first point and its differences."""
    return np.cumsum(np.array(line).reshape(-1, 2), axis=0) * STEP


def test_every_town_that_ships_lies_where_it_is(found):
    shipped = land.towns().to_crs("EPSG:4326")
    assert [town[0] for town in found["towns"]] == list(shipped["name"])
    for (_, latitude, longitude, rank), point, own in zip(
        found["towns"], shipped.geometry, shipped["rank"], strict=True
    ):
        assert (latitude, longitude) == (pytest.approx(point.y, abs=STEP), pytest.approx(point.x, abs=STEP))
        assert rank == own
    (london,) = (town for town in found["towns"] if town[0] == "London")
    assert london[1:] == [pytest.approx(51.51, abs=0.02), pytest.approx(-0.125, abs=0.02), 1]


def test_rivers_and_lakes_come_back_within_the_fineness_of_the_page(found):
    shipped = land.water().to_crs("EPSG:4326")
    assert [kind for kind, *_ in found["water"]] == list(shipped["kind"])
    for (kind, *lines), shape in zip(found["water"], shipped.geometry, strict=True):
        drawn = shape.boundary if kind == "lake" else shape
        for line in lines:
            points = unpacked(line)
            assert len(points) > 1
            # No step stands still, and 300 m at most were made simpler.
            assert np.any(np.diff(points, axis=0), axis=1).all()
            assert shapely.distance(shapely.points(points[:, ::-1]), drawn).max() < 2 * STEP


def test_the_relief_is_a_small_grey_picture_around_the_kingdom(found):
    relief = found["relief"]
    content = base64.b64decode(relief["picture"])
    south, west, north, east = relief["bounds"]
    # The Lizard and Unst, Fermanagh and Lowestoft.
    kingdom = shapely.box(-8.0, 50.0, 1.7, 60.8)
    assert shapely.box(west, south, east, north).contains(kingdom)
    assert len(content) < 60_000
    with Image.open(io.BytesIO(content)) as picture:
        greys = np.asarray(picture.convert("RGB"))
    assert (greys == greys[..., :1]).all()
    # The sea is level ground, and so is most of the picture.
    values, counts = np.unique(greys, return_counts=True)
    assert values[counts.argmax()] == relief["flat"]
    assert relief["flat"] in values[1:-1]


def test_who_drew_water_and_relief_is_credited_where_they_are_shown():
    tiles = Tiles("streets", "https://tiles.example/{z}/{x}/{y}.png", "https://tiles.example", "Its makers", 18)
    assert own_credits(None)[-1] == land.LAND_CREDIT
    assert credits_of(None) == own_credits(None)
    assert land.LAND_CREDIT not in credits_of(tiles)
    assert credits_of(tiles)[-1] == "Its makers"
