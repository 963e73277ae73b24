"""Polygons for the tests of areas and points: overlapping stars and a chessboard, far from the origin."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

NATIONAL = (400_000.0, 1_000_000.0)
"""Corner of the drawings: coordinates as large as the national grid's."""


def shifted(shapes, by=NATIONAL) -> np.ndarray:
    return shapely.transform(np.asarray(shapes, dtype=object), lambda xy: xy + np.asarray(by))


def star(generator, *, corners: int, radius: float, centre) -> shapely.Polygon:
    # No gap reaches half a turn, so no two sides cross.
    angles = (np.arange(corners) + generator.uniform(0, 1, corners)) * (2 * np.pi / corners)
    reach = radius * generator.uniform(0.2, 1, corners)
    return shapely.Polygon(np.column_stack([np.cos(angles) * reach, np.sin(angles) * reach]) + centre)


def drawing(seed: int, *, count: int = 12, extent: float = 5000.0) -> np.ndarray:
    """Overlapping stars, some with holes, some in several parts, rings running either way."""
    generator = np.random.default_rng(seed)
    shapes = []
    for n in range(count):
        corners = int(generator.integers(5, 60))
        centre = generator.uniform(0, extent, 2)
        shape = star(generator, corners=corners, radius=extent * generator.uniform(0.02, 0.6), centre=centre)
        hole = star(generator, corners=8, radius=extent * 0.1, centre=centre)
        other = star(generator, corners=9, radius=extent * 0.2, centre=generator.uniform(0, extent, 2))
        made = [shape, shape.difference(hole), shape.union(other)][n % 3]
        shapes.append(shapely.reverse(made) if n % 2 else made)
    shapes = shifted(shapes)
    kept = shapely.is_valid(shapes) & ~shapely.is_empty(shapes) & np.isin(shapely.get_type_id(shapes), (3, 6))
    return shapes[kept]


def squares(side: float = 100.0, count: int = 8) -> np.ndarray:
    """A chessboard of squares that share their sides."""
    west, south = np.meshgrid(np.arange(count) * side, np.arange(count) * side)
    west, south = west.ravel(), south.ravel()
    return shifted(shapely.box(west, south, west + side, south + side))


def read(folder, name) -> np.ndarray:
    """Return the polygons of a real layer, repaired."""
    shapes = shapely.make_valid(gpd.read_parquet(folder / f"{name}.parquet").geometry.to_numpy())
    assert np.isin(shapely.get_type_id(shapes), (3, 6)).all()
    return shapes
