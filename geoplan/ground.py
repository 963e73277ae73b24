"""The ground that a drawn layer covers, and what of other shapes lies outside it."""

from __future__ import annotations

import weakref
from dataclasses import dataclass

import numpy as np
import shapely

from geoplan import topology
from geoplan.schema import Layer

__all__ = ["outside"]

VERTICES_AT_MOST = 400
"""Size of the tiles the ground is cut into: a mainland has more vertices than one district needs to see."""


@dataclass(frozen=True, eq=False)
class _Ground:
    tiles: np.ndarray
    tree: shapely.STRtree


_KNOWN: weakref.WeakKeyDictionary[Layer, _Ground] = weakref.WeakKeyDictionary()


def outside(shapes: np.ndarray, layer: Layer) -> np.ndarray:
    """Return what of each shape lies in no area of a layer.

    Parameters
    ----------
    shapes
        Array of valid polygons in EPSG:27700.
    layer
        A drawn layer; its ground is worked out once.

    Returns
    -------
    numpy.ndarray
        Polygons, multipolygons or empty, one for each shape.
    """
    ground = _ground(layer)
    return np.array([_without(shape, ground.tiles[ground.tree.query(shape)]) for shape in shapes], dtype=object)


def _without(shape: shapely.Geometry, tiles: np.ndarray) -> shapely.Geometry:
    near = shapely.clip_by_rect(tiles, *shapely.bounds(shape))
    return shapely.difference(shape, shapely.union_all(near))


def _ground(layer: Layer) -> _Ground:
    if layer not in _KNOWN:
        shapes = layer.areas["geometry"].to_numpy()
        whole = topology.dissolve(shapes, np.zeros(len(shapes), dtype=int)).geometry
        tiles = _tiles(shapely.get_parts(whole))
        _KNOWN[layer] = _Ground(tiles, shapely.STRtree(tiles))
    return _KNOWN[layer]


def _tiles(polygons: np.ndarray) -> np.ndarray:
    """Halve polygons along their longer side until none has too many vertices."""
    done = []
    while len(polygons):
        large = shapely.get_num_coordinates(polygons) > VERTICES_AT_MOST
        done.append(polygons[~large])
        polygons = np.concatenate([_halves(polygon) for polygon in polygons[large]] or [polygons[:0]])
    return np.concatenate([np.array([], dtype=object), *done])


def _halves(polygon: shapely.Geometry) -> np.ndarray:
    west, south, east, north = shapely.bounds(polygon)
    if east - west > north - south:
        middle = (west + east) / 2
        boxes = [(west, south, middle, north), (middle, south, east, north)]
    else:
        middle = (south + north) / 2
        boxes = [(west, south, east, middle), (west, middle, east, north)]
    parts = shapely.get_parts([shapely.clip_by_rect(polygon, *box) for box in boxes])
    kept: np.ndarray = parts[shapely.area(parts) > 0]
    return kept
