"""What is worked out once of a drawn layer and used for every layer it is set against; what its postcodes count."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geoplan.engine import adjacency, dissolving
from geoplan.schema import REST, Layer

if TYPE_CHECKING:
    from geoplan.engine.edges import Edges

__all__ = [
    "count_pairs", "held_in", "inside", "located", "meeting", "outside", "overlapping", "overlapping_beside",
    "point_weights",
]  # fmt: skip

VERTICES_AT_MOST = 400
"""Size of the tiles the ground is cut into: a mainland has more vertices than one district needs to see."""
LEVELS = 4
"""How often all vertices may be clipped before tiles are less work: they go through more levels than that."""


@dataclass(frozen=True, eq=False)
class _Ground:
    tiles: np.ndarray
    tree: shapely.STRtree


_EDGES: weakref.WeakKeyDictionary[Layer, Edges] = weakref.WeakKeyDictionary()
_LOCATED: weakref.WeakKeyDictionary[Layer, tuple[weakref.ref[pd.DataFrame], pd.DataFrame]] = weakref.WeakKeyDictionary()
_OVERLAPS: weakref.WeakKeyDictionary[Layer, pd.Index] = weakref.WeakKeyDictionary()
_GROUND: weakref.WeakKeyDictionary[Layer, _Ground] = weakref.WeakKeyDictionary()


def meeting(left: Layer, right: Layer, *, least: float) -> pd.Series:
    """Measure every pair of areas that meets.

    Parameters
    ----------
    left, right
        Drawn layers in EPSG:27700.
    least
        Square metres at or below which a pair does not count.

    Returns
    -------
    pandas.Series
        Square metres, indexed by the codes ``(left, right)``.
    """
    from geoplan.engine.intersections import intersection_areas  # numba costs half a second, and codes need no ground

    i, j, area = intersection_areas(_edges(left), _edges(right), least=least)
    codes = [left.areas.index.to_numpy()[i], right.areas.index.to_numpy()[j]]
    return pd.Series(area, index=pd.MultiIndex.from_arrays(codes, names=["left", "right"])).sort_index()


def located(layer: Layer, points: pd.DataFrame) -> pd.DataFrame:
    """Find which points lie in which areas.

    Parameters
    ----------
    layer
        A drawn layer in EPSG:27700.
    points
        Frame with ``x`` and ``y`` in metres (EPSG:27700).

    Returns
    -------
    pandas.DataFrame
        ``point`` (position in ``points``) and ``code`` (categorical), one row for each area a point is in,
        in this order. A point on a border is in the area to the east of it, or to the north of a level one,
        and in no other.
    """
    seen = _LOCATED.get(layer)
    if seen is None or seen[0]() is not points:
        seen = (weakref.ref(points), _locate(layer, points))
        _LOCATED[layer] = seen
    return seen[1]


def inside(layer: Layer, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return positions of places (x and y) and of the areas of a drawn layer that they lie in, pair by pair."""
    from geoplan.engine.locating import points_in_areas

    return points_in_areas(places[:, 0], places[:, 1], _edges(layer))


def overlapping(layer: Layer, *, least: float) -> pd.Index:
    """Return the codes of the areas of a drawn layer that share more than ``least`` square metres with another."""
    if layer not in _OVERLAPS:
        _OVERLAPS[layer] = layer.areas.index[_overlapping(layer.areas["geometry"].to_numpy(), least)]
    return _OVERLAPS[layer]


@contextmanager
def overlapping_beside(layer: Layer, *, least: float) -> Iterator[Callable[[], pd.Index]]:
    """Find what `overlapping` does beside other work; it is there at the end of the block, when it is asked for."""
    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(overlapping, layer, least=least).result


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
    if not len(shapes):
        return np.array([], dtype=object)  # the ground of a whole layer is dear, and nobody asks about it
    ground = _areas_near(shapes, layer) or _ground(layer)
    return np.array([_without(shape, ground.tiles[ground.tree.query(shape)]) for shape in shapes], dtype=object)


def _areas_near(shapes: np.ndarray, layer: Layer) -> _Ground | None:
    """Return the areas themselves where few of them are near: clipping them is less than cutting all into tiles."""
    areas = layer.areas["geometry"].to_numpy()
    ground, vertices = _Ground(areas, shapely.STRtree(areas)), shapely.get_num_coordinates(areas)
    near = ground.tree.query(shapes)[1]
    return ground if vertices[near].sum() <= LEVELS * vertices.sum() else None


def _without(shape: shapely.Geometry, tiles: np.ndarray) -> shapely.Geometry:
    near = clipped(tiles, *shapely.bounds(shape))
    return shapely.difference(shape, shapely.union_all(near))


def clipped(shapes: np.ndarray, west: float, south: float, east: float, north: float) -> np.ndarray:
    """Return the parts of valid polygons inside a box.

    Parameters
    ----------
    shapes
        Array of polygons.
    west, south, east, north
        The box.

    Returns
    -------
    numpy.ndarray
        One valid geometry for each.
    """
    inside: np.ndarray = shapely.clip_by_rect(shapes, west, south, east, north)
    # Clipping is quick, and where an edge runs along the box it may leave what is no polygon.
    wrong = ~shapely.is_valid(inside)
    inside[wrong] = shapely.intersection(shapes[wrong], shapely.box(west, south, east, north))
    return inside


def _ground(layer: Layer) -> _Ground:
    if layer not in _GROUND:
        shapes = layer.areas["geometry"].to_numpy()
        whole = dissolving.dissolve(shapes, np.zeros(len(shapes), dtype=int)).geometry
        tiles = _tiles(shapely.get_parts(whole))
        _GROUND[layer] = _Ground(tiles, shapely.STRtree(tiles))
    return _GROUND[layer]


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
    parts = shapely.get_parts([clipped(np.array([polygon]), *box)[0] for box in boxes])
    kept: np.ndarray = parts[shapely.area(parts) > 0]
    return kept


def _edges(layer: Layer) -> Edges:
    from geoplan.engine.edges import edges_of

    if layer not in _EDGES:
        _EDGES[layer] = edges_of(layer.areas["geometry"].to_numpy())
    return _EDGES[layer]


def _locate(layer: Layer, points: pd.DataFrame) -> pd.DataFrame:
    from geoplan.engine.locating import points_in_areas

    names = np.array(sorted(layer.areas.index), dtype=object)
    point, area = points_in_areas(points["x"].to_numpy(float), points["y"].to_numpy(float), _edges(layer))
    # One number for point and area sorts millions of rows in a tenth of the time of two columns.
    place = pd.Index(names).get_indexer(layer.areas.index)[area]
    point, place = np.divmod(np.sort(point * len(names) + place), max(len(names), 1))
    return pd.DataFrame({"point": point, "code": pd.Categorical.from_codes(place, names)})


def _overlapping(shapes: np.ndarray, least: float) -> np.ndarray:
    """Return the positions of the areas that share ground."""
    if adjacency.is_coverage(shapes):
        return np.array([], dtype=np.intp)
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    i, j = i[i < j], j[i < j]
    share = shapely.area(shapely.intersection(shapes[i], shapes[j])) > least
    return np.union1d(i[share], j[share])


def held_in(frame: pd.DataFrame, measure: str) -> pd.Series:
    """Return a measure of blocks or areas, missing where nobody counts it."""
    return frame[measure].astype(float) if measure in frame else pd.Series(np.nan, index=frame.index, name=measure)


def point_weights(points: pd.DataFrame, blocks: pd.DataFrame, measure: str) -> np.ndarray:
    """Spread a measure of blocks over their postcodes.

    Parameters
    ----------
    points
        Postcode points with ``block``.
    blocks
        With ``postcodes`` and the measure.
    measure
        Column of blocks.

    Returns
    -------
    numpy.ndarray
        What each postcode counts for; missing where nobody counts.
    """
    each = held_in(blocks, measure) / blocks["postcodes"]
    of_point = points["block"].astype("category").cat
    return each.reindex(of_point.categories).to_numpy()[of_point.codes]


def count_pairs(left: pd.DataFrame, right: pd.DataFrame, weights: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Sum what the postcodes in each pair of areas count for.

    Parameters
    ----------
    left, right
        From `located`.
    weights
        Name -> weight of every postcode.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``(left, right)``, a rest with right ``""``; missing where one of the weights is.
    """
    joined = left.merge(right, on="point", how="left", suffixes=("_left", "_right"))
    ones, others = joined["code_left"].cat, joined["code_right"].cat
    point = joined["point"].to_numpy()
    amounts = {name: values[point] for name, values in weights.items()}
    frame = pd.DataFrame({"left": ones.codes, "right": others.codes, **amounts})
    sums = frame.groupby(["left", "right"]).sum(skipna=False)
    names = [ones.categories, pd.Index([*others.categories, REST])]
    # Code -1 stands for a point in no right area, and picks the last name.
    levels = [names[n].take(sums.index.get_level_values(n).to_numpy()) for n in range(2)]
    return sums.set_axis(pd.MultiIndex.from_arrays(levels, names=["left", "right"])).sort_index()
