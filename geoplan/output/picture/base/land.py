"""Towns, water and relief that lie under a picture, so that a reader finds his bearings."""

from __future__ import annotations

import numpy as np
import shapely
from matplotlib.path import Path

from geoplan.data.shipped import land as shipped
from geoplan.output.picture.picture_parts import Drawing, Land, Town, path_of

__all__ = ["bear"]

CLOSEST_WATER = 40_000.0
"""Metres across a map, below which rivers drawn to some 200 m would stray from their banks."""
FEWEST_CELLS = 25
"""Cells of the relief across a map, below which they are too coarse for it."""
DARK, LIGHT = 0.45, 0.35
"""How much of black or white the steepest slopes get: quiet, so that colours stay what the key says."""
RANKS = ((300_000, 2), (120_000, 3), (0, 4))
"""How wide a map is at least, in metres, and the lowest rank of the towns that it names."""


def bear(drawing: Drawing) -> Land:
    """Put towns, water and relief under a drawing.

    Parameters
    ----------
    drawing
        In metres of EPSG:27700; its towns are those on ground that it is about.

    Returns
    -------
    Land
        Water and relief, which the drawing holds now.
    """
    drawing.towns = _towns(drawing)
    drawing.land = Land(*_water(drawing), *_relief(drawing))
    return drawing.land


def _towns(drawing: Drawing) -> list[Town]:
    """Return the towns on the map, the largest first; where a place bears the same name, it is told already."""
    told = {place.name for place in drawing.places}
    about = [place.shape for place in drawing.places if drawing.frame or place.kind != "near"]
    towns = shipped.towns()
    lowest = next(rank for wide, rank in RANKS if drawing.bounds[2] - drawing.bounds[0] >= wide)
    found = towns[(towns["rank"] <= lowest) & ~towns["name"].isin(told)]
    west, south, east, north = drawing.bounds
    points = shapely.get_coordinates(found.geometry.to_numpy())
    seen = (points > (west, south)).all(axis=1) & (points < (east, north)).all(axis=1)
    seen[seen] = shapely.contains_xy(shapely.union_all(about), points[seen])
    return [Town(str(name), float(x), float(y)) for name, (x, y) in zip(found["name"][seen], points[seen], strict=True)]


def _water(drawing: Drawing) -> tuple[Path, Path]:
    """Return the lakes and the rivers that reach into the map."""
    water = shipped.water()
    if drawing.bounds[2] - drawing.bounds[0] < CLOSEST_WATER:
        water = water.iloc[:0]
    near = water[water.intersects(shapely.box(*drawing.bounds))]
    lakes, rivers = (near.geometry[near["kind"] == kind].explode() for kind in ("lake", "river"))
    return (
        path_of(shapely.get_coordinates(lake.exterior) for lake in lakes),
        path_of(shapely.get_coordinates(river) for river in rivers),
    )


def _relief(drawing: Drawing) -> tuple[np.ndarray | None, tuple[float, float, float, float]]:
    """Return the shade of slopes as red, green, blue and opacity (0 to 1), and its bounds; none where it is coarse."""
    relief = shipped.relief()
    west, _, _, north = relief.bounds
    cell = (relief.bounds[2] - west) / relief.shade.shape[1]
    columns = np.clip((np.array(drawing.bounds[::2]) - west) / cell + (-1, 2), 0, relief.shade.shape[1]).astype(int)
    rows = np.clip((north - np.array(drawing.bounds[3:0:-2])) / cell + (-1, 2), 0, relief.shade.shape[0]).astype(int)
    if drawing.bounds[2] - drawing.bounds[0] < FEWEST_CELLS * cell or rows[0] >= rows[1] or columns[0] >= columns[1]:
        return None, drawing.bounds
    light = relief.shade[rows[0] : rows[1], columns[0] : columns[1]] / relief.flat
    shade = np.zeros((*light.shape, 4))
    shade[..., :3] = (light > 1)[..., None]
    shade[..., 3] = np.where(light > 1, (light - 1) * LIGHT, (1 - light) * DARK)
    low, high = (west + columns[0] * cell, north - rows[1] * cell), (west + columns[1] * cell, north - rows[0] * cell)
    bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return shade, bounds
