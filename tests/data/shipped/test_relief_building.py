"""Light and shade are taken out of a painting without its tints and without its sea."""

import numpy as np
import pytest

from geoplan.data.shipped.relief_building import CELL_M, FLAT, RELIEF_BOUNDS, shaded_relief

LAND, SEA = (130, 165, 158), (209, 227, 241)


@pytest.fixture
def world():
    """A level green world, ten cells a degree."""
    return np.tile(np.array(LAND, dtype=np.uint8), (1_800, 3_600, 1))


def at(shade, x, y):
    west, _, _, north = RELIEF_BOUNDS
    return int(shade[int((north - y) // CELL_M), int((x - west) // CELL_M)])


def test_level_land_and_sea_are_flat(world):
    assert (shaded_relief(world) == FLAT).all()
    world[:] = SEA
    assert (shaded_relief(world) == FLAT).all()


def test_a_coast_casts_no_shade(world):
    world[:, 1_780:] = SEA
    assert (shaded_relief(world) == FLAT).all()


def test_a_wide_tint_goes_and_a_lit_ridge_stays(world):
    # 2 degrees west is x 400,000 on the grid, at any latitude.
    world[:, 1_700:1_780] += 40
    world[:, 1_780] += 60
    shade = shaded_relief(world)
    assert at(shade, 400_000, 400_000) > FLAT + 20
    assert abs(at(shade, 250_000, 400_000) - FLAT) <= 5


def test_north_is_up(world):
    # A dark band between 57 and 57.2 degrees north: y 797,000 to 819,000 at 2 degrees west.
    world[328:330] -= 60
    shade = shaded_relief(world)
    assert at(shade, 400_000, 808_000) < FLAT - 20
    assert at(shade, 400_000, 300_000) == FLAT
