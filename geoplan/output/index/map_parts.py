"""The map of a batch's areas, as SVG paths."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import shapely

from geoplan.auditing.batch import Area
from geoplan.auditing.results import AuditResult
from geoplan.output.picture.frame import Frame
from geoplan.output.picture.picture_parts import middle_of

__all__ = ["AreaMap", "MapArea", "area_map"]

WIDTH = 700
MARGIN = 0.06
"""Share of the ground's longer side that is left round it."""
BADGE = 26
"""Units that the number of an area takes."""
TURNS = tuple(math.pi * sixth / 6 for sixth in range(12))


class MapArea(NamedTuple):
    """One area on the map: its number in the table, its path, where its number stands."""

    number: int
    path: str
    x: int
    y: int


@dataclass(frozen=True)
class AreaMap:
    """The areas of a batch inside one frame.

    Parameters
    ----------
    width, height
        Of the view box.
    land
        Path of the ground round about.
    areas
        The largest first, so that one inside another can be reached.
    """

    width: int
    height: int
    land: str
    areas: tuple[MapArea, ...]


def area_map(result: AuditResult, areas: Sequence[Area]) -> AreaMap | None:
    """Draw the areas of a batch.

    Parameters
    ----------
    result
        The whole audit.
    areas
        Of the batch; their numbers count from 1.

    Returns
    -------
    AreaMap or None
        Outlines simplified to a unit of the view box; None where no area has one.
    """
    shapes = {number: shape for number, area in enumerate(areas, 1) if (shape := _shape(result, area)) is not None}
    if not shapes:
        return None
    frame = Frame(_bounds(shapes), WIDTH)
    plain = {number: shapely.simplify(shape, frame.metres) for number, shape in shapes.items()}
    order = sorted(plain, key=lambda number: (-shapes[number].area, number))
    badges = _badges(frame, {number: shapes[number] for number in order})
    drawn = (MapArea(number, frame.path(plain[number]), *badges[number]) for number in order)
    return AreaMap(frame.width, frame.height, _land(result, frame), tuple(drawn))


def _shape(result: AuditResult, area: Area) -> shapely.Geometry | None:
    """Return the outline of an area: its own, or that of its blocks."""
    if area.failure:
        return None
    key, _, code = area.ground.partition(":")
    layer = result.layers.get(key)
    if layer is not None and "geometry" in layer.areas.columns and code in layer.areas.index:
        shape: shapely.Geometry | None = layer.areas["geometry"][code]
        return shape
    if not area.blocks or "geometry" not in result.blocks.columns:
        return None
    return shapely.union_all(result.blocks["geometry"].reindex(list(area.blocks)).dropna().to_numpy())


def _bounds(shapes: Mapping[int, shapely.Geometry]) -> tuple[float, float, float, float]:
    west, south, east, north = shapely.total_bounds(list(shapes.values())).tolist()
    margin = MARGIN * max(east - west, north - south)
    return west - margin, south - margin, east + margin, north + margin


def _land(result: AuditResult, frame: Frame) -> str:
    if "geometry" not in result.blocks.columns:
        return ""
    near = shapely.clip_by_rect(result.blocks["geometry"].to_numpy(), *frame.wide)
    return frame.path(shapely.simplify(shapely.union_all(near), frame.metres))


def _badges(frame: Frame, shapes: Mapping[int, shapely.Geometry]) -> dict[int, tuple[int, int]]:
    """Return where the numbers of areas stand: at the middle of each, or at the nearest place where none is hidden."""
    placed: dict[int, tuple[int, int]] = {}
    for number, shape in shapes.items():
        x, y = frame.point(*middle_of(shape))
        free = (
            (round(x + reach * math.cos(turn)), round(y + reach * math.sin(turn)))
            for reach in range(0, frame.width, 6)
            for turn in TURNS
        )
        taken = tuple(placed.values())
        placed[number] = next((at for at in free if all(math.dist(at, other) >= BADGE for other in taken)), (x, y))
    return placed
