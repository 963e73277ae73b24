"""Take the light and shade of hills out of a painted map of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pyproj import Transformer
from scipy import ndimage

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["FLAT", "RELIEF_BOUNDS", "shaded_relief"]

FLAT = 200
"""The shade of level ground, of the sea and of ground not known."""
RELIEF_BOUNDS = (-10_000, 0, 670_000, 1_230_000)
"""West, south, east, north of the picture: the United Kingdom, metres, EPSG:27700."""
CELL_M = 2_000
WINDOW = (-10.5, 49.0, 3.5, 61.5)
"""West, south, east, north of the part of the world that is looked at, degrees."""
SEA_BLUE = 2
"""The sea is bluer than green by more than this, of 255; land is greener than blue."""
TINT_CELLS = 4.0
"""Tints of height change over more cells of the painting than this, light and shade over fewer."""
STRENGTH = 1.7
STEP = 5
"""Shades are whole multiples of this, which no eye tells apart and which halves the file."""


def shaded_relief(painting: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Draw a quiet shaded relief of the United Kingdom.

    Parameters
    ----------
    painting
        Shaded relief of the whole world in geographic coordinates (WGS 84), rows from north to south, red, green and
        blue; land tinted by height, sea blue.

    Returns
    -------
    numpy.ndarray
        Rows from north to south over `RELIEF_BOUNDS`, cells of 2 km: `FLAT` where it is level, lighter on slopes in
        the light, darker in the shade.

    Notes
    -----
    The tint is the Gaussian mean of the land nearby (a convolution normalised by the land in it, so that the sea does
    not bleed into it), and what is left of the brightness without it is light and shade.
    """
    per_degree = painting.shape[1] / 360
    west, south, east, north = WINDOW
    rows = slice(round((90 - north) * per_degree), round((90 - south) * per_degree))
    columns = slice(round((180 + west) * per_degree), round((180 + east) * per_degree))
    part = painting[rows, columns].astype(np.int16)
    # The outermost cells of land are mixed with the sea.
    land = ndimage.binary_erosion(part[..., 2] - part[..., 1] < SEA_BLUE)
    light = part.mean(axis=2)
    tint = land_mean(light, land, TINT_CELLS)
    hills = land_mean(np.where(land, light - tint, 0.0), land, 0.6)
    place_x, place_y = cell_middles()
    lon, lat = Transformer.from_crs(27700, 4326, always_xy=True).transform(place_x, place_y)
    at = [(north - lat) * per_degree - 0.5, (lon - west) * per_degree - 0.5]
    shade = FLAT + STRENGTH * ndimage.map_coordinates(hills, at, order=3, mode="nearest")
    return np.clip(np.round(shade / STEP) * STEP, 0, 255).astype(np.uint8)


def cell_middles() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give the middle of each cell, x and y in metres, rows from north to south."""
    west, south, east, north = RELIEF_BOUNDS
    x = np.arange(west, east, CELL_M) + CELL_M / 2
    y = np.arange(north, south, -CELL_M) - CELL_M / 2
    columns, rows = np.meshgrid(x, y)
    return columns, rows


def land_mean(values: npt.NDArray[np.float64], land: npt.NDArray[np.bool_], cells: float) -> npt.NDArray[np.float64]:
    """Smooth values over land alone; zero where no land is near."""
    weight = ndimage.gaussian_filter(land.astype(float), cells)
    total = ndimage.gaussian_filter(np.where(land, values, 0.0), cells)
    mean: npt.NDArray[np.float64] = np.divide(total, weight, out=np.zeros_like(total), where=weight > 0.05)
    return mean
