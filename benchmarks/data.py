"""Layers and points as every tool gets them: repaired, numbered, saved once; smaller and denser ones made from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.commuting.atlas import Atlas

CRS = "EPSG:27700"
POLYGON, COLLECTION = 3, 7


@dataclass(frozen=True)
class Prepared:
    """A file that tools read, and what is in it."""

    name: str
    path: Path
    rows: int
    vertices: int = 0
    repaired: int = 0

    def __str__(self) -> str:
        """Say what it is."""
        return f"{self.name} ({self.rows:,} areas, {self.vertices:,} vertices)"


def prepare(folder: Path, name: str, into: Path) -> Prepared:
    """Read a layer of the folder and repair what is invalid, so that no tool has to."""
    shapes = gpd.read_parquet(folder / f"{name}.parquet").geometry.to_numpy()
    broken = ~shapely.is_valid(shapes)
    return save(np.where(broken, shapely.make_valid(shapes), shapes), name, into, repaired=int(broken.sum()))


def shipped(key: str, into: Path) -> Prepared:
    """Save the outlines of a layer of the shipped catalogue, in the order of its codes."""
    return save(Atlas(geometry=True).layer(key).areas["geometry"].to_numpy(), f"shipped {key}", into)


def save(shapes: np.ndarray, name: str, into: Path, *, repaired: int = 0) -> Prepared:
    """Write the areas under their numbers."""
    shapes = polygonal(shapes)
    path = into / f"{name.replace(' ', '_')}.parquet"
    gpd.GeoDataFrame({"n": np.arange(len(shapes))}, geometry=shapes, crs=CRS).to_parquet(path)
    return Prepared(name, path, len(shapes), int(shapely.get_num_coordinates(shapes).sum()), repaired)


def polygonal(shapes: np.ndarray) -> np.ndarray:
    """Keep only the polygons of collections."""
    shapes = shapes.copy()
    for n in np.flatnonzero(shapely.get_type_id(shapes) == COLLECTION):
        parts = shapely.get_parts(shapely.get_parts(shapes[n]))
        shapes[n] = shapely.multipolygons(parts[shapely.get_type_id(parts) == POLYGON])
    return shapes


def points(folder: Path, into: Path) -> Prepared:
    """Save the coordinates of the postcode points."""
    table = pd.read_parquet(folder / "codepoint.parquet", columns=["easting", "northing"])
    path = into / "points.npy"
    np.save(path, table.to_numpy(dtype=float).T)
    return Prepared("codepoint", path, len(table))


def sample(layer: Prepared, count: int, into: Path) -> Prepared:
    """Take so many areas anywhere, the same ones each time; where there are too few, cut some in half."""
    shapes = gpd.read_parquet(layer.path).geometry.to_numpy()
    shapes = shapes[np.random.default_rng(0).permutation(len(shapes))[:count]]
    cut = count - len(shapes)
    if cut > 0:
        shapes = np.concatenate([*halves(shapes[:cut]), shapes[cut:]])
    return save(shapes, f"{count} of {layer.name}", into)


def halves(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut each area at the middle of its box, from south to north."""
    west, south, east, north = shapely.bounds(shapes).T
    middle = (west + east) / 2
    return (
        shapely.intersection(shapes, shapely.box(west, south, middle, north)),
        shapely.intersection(shapes, shapely.box(middle, south, east, north)),
    )


def denser(layer: Prepared, vertices: int, into: Path) -> Prepared:
    """Cut the edges of a layer shorter until it has about so many vertices."""
    shapes = gpd.read_parquet(layer.path).geometry.to_numpy()
    short, long = 1.0, 100_000.0
    while long / short > 1.001:
        middle = (short * long) ** 0.5
        if shapely.get_num_coordinates(shapely.segmentize(shapes, middle)).sum() > vertices:
            short = middle
        else:
            long = middle
    return save(shapely.segmentize(shapes, long), f"{layer.name} cut to {vertices}", into)
