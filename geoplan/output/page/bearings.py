"""What readers find their way by on the page, without a network: towns, main water, a quiet relief of the land."""

from __future__ import annotations

import base64
import io
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image
from pyproj import Transformer
from scipy import ndimage

from geoplan.data.shipped import land
from geoplan.output.page.backgrounds import Tiles, attribution_text
from geoplan.schema import BRITISH_NATIONAL_GRID

__all__ = ["bearings", "credits_of"]

DECIMALS = 3
"""Places of longitude and latitude: some 100 m."""
SIMPLIFY_M = 300.0
CELL_M = 4_800.0
"""Side of a cell of the relief in metres of Web Mercator: some 3 km on the ground."""
LEVELS = 16
"""Greys of the relief; the middle one is level ground."""
STRONGEST = 0.3
"""Lightening or darkening that the outermost greys stand for; what goes further is drawn as these."""
WEB_MERCATOR = "EPSG:3857"
WGS84 = "EPSG:4326"


@cache
def bearings() -> dict[str, Any]:
    """Return towns, water and relief as the page takes them.

    Returns
    -------
    dict
        ``towns``: name, latitude, longitude (degrees, WGS84), rank; ``water``: "river" or "lake", then its parts, each
        a flat list of latitude and longitude in steps of 0.001 degree, the first point whole and the others as
        differences; ``relief``: ``picture`` (PNG in base64, grey, on a grid of Web Mercator), ``bounds`` (south,
        west, north, east, degrees) and ``flat`` (the grey of level ground).
    """
    return {"towns": _towns(), "water": _water(), "relief": _relief()}


def credits_of(background: Tiles | None) -> list[str]:
    """Return whom the page credits: for boundaries, and for the background or for water and relief of its own."""
    return [attribution_text(background), *([] if background else [land.LAND_CREDIT])]


def _towns() -> list[list[Any]]:
    towns = land.towns().to_crs(WGS84)
    return [
        [str(name), round(point.y, DECIMALS), round(point.x, DECIMALS), int(rank)]
        for name, point, rank in zip(towns["name"], towns.geometry, towns["rank"], strict=True)
    ]


def _water() -> list[list[Any]]:
    water = land.water()
    simple = shapely.simplify(water.geometry.to_numpy(), SIMPLIFY_M)
    moved = water.set_geometry(simple, crs=BRITISH_NATIONAL_GRID).to_crs(WGS84)
    return [[kind, *map(_packed, _lines(shape))] for kind, shape in zip(moved["kind"], moved.geometry, strict=True)]


def _lines(shape: shapely.Geometry) -> list[shapely.Geometry]:
    """Return the lines of a river, or the outlines of a lake; islands in lakes are too small to see."""
    parts = shapely.get_parts(shape)
    return [part.exterior if part.geom_type == "Polygon" else part for part in parts]


def _packed(line: shapely.Geometry) -> list[int]:
    steps = np.rint(shapely.get_coordinates(line)[:, ::-1] * 10**DECIMALS).astype(int)
    moved = np.any(np.diff(steps, axis=0), axis=1)
    kept = steps[np.concatenate([[True], moved])]
    packed: list[int] = np.concatenate([kept[:1], np.diff(kept, axis=0)]).ravel().tolist()
    return packed


def _relief() -> dict[str, Any]:
    relief = land.relief()
    west, south, east, north = relief.bounds
    to_web = Transformer.from_crs(BRITISH_NATIONAL_GRID, WEB_MERCATOR, always_xy=True)
    left, bottom, right, top = to_web.transform_bounds(west, south, east, north)
    across, down = int((right - left) / CELL_M), int((top - bottom) / CELL_M)
    xs, ys = left + (np.arange(across) + 0.5) * CELL_M, top - (np.arange(down) + 0.5) * CELL_M
    x, y = np.meshgrid(xs, ys)
    shade = _sampled(relief, x, y, to_web)
    middle = LEVELS // 2
    greys = np.clip(np.rint((shade / relief.flat - 1.0) / STRONGEST * middle) + middle, 0, LEVELS - 1)
    to_degrees = Transformer.from_crs(WEB_MERCATOR, WGS84, always_xy=True)
    corners = [(left, top - down * CELL_M), (left + across * CELL_M, top)]
    (w, s), (e, n) = (to_degrees.transform(*corner) for corner in corners)
    bounds = [round(each, 5) for each in (s, w, n, e)]
    return {"picture": _png(greys.astype(np.uint8) * LEVELS), "bounds": bounds, "flat": middle * LEVELS}


def _sampled(relief: land.Relief, x: npt.NDArray[Any], y: npt.NDArray[Any], to_web: Transformer) -> npt.NDArray[Any]:
    """Return the shade at points of Web Mercator; what lies outside the relief is level."""
    west, south, east, north = relief.bounds
    rows, columns = relief.shade.shape
    easting, northing = to_web.transform(x, y, direction="INVERSE")
    at = [(north - northing) / (north - south) * rows - 0.5, (easting - west) / (east - west) * columns - 0.5]
    return ndimage.map_coordinates(relief.shade.astype(float), at, order=1, mode="constant", cval=float(relief.flat))


def _png(grey: npt.NDArray[np.uint8]) -> str:
    held = io.BytesIO()
    # As a palette of few greys, four bits a cell.
    picture = Image.fromarray(grey // LEVELS)
    picture.putpalette([level * LEVELS for level in range(LEVELS) for _ in range(3)])
    picture.save(held, format="PNG", optimize=True, bits=4)
    return base64.b64encode(held.getvalue()).decode()
