"""Outlines of areas made of blocks, apart from the blocks that belong to them only in part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
import shapely

from geoplan.schema import Layer
from geoplan.schema.part_ground import ground_of

__all__ = ["Grounds", "grounds"]


class Grounds(NamedTuple):
    """Code -> the ground that is drawn as an area's own, and the ground of which it holds only a part."""

    home: dict[str, shapely.Geometry]
    parts: Mapping[str, shapely.Geometry] = {}


def grounds(layer: Layer, blocks: Mapping[str, shapely.Geometry]) -> Grounds:
    """Return the ground of the areas of a layer of blocks.

    Parameters
    ----------
    layer
        A layer with parts.
    blocks
        The outlines there are, simplified together.

    Returns
    -------
    Grounds
        Only areas with outlines; a block whose larger part belongs is in both.
    """
    assert layer.parts is not None  # noqa: S101 - made of blocks
    held = ground_of(layer.parts[layer.parts["block"].isin(blocks)])
    return Grounds(_unions(held[held["home"]], blocks), _unions(held[held["in_part"]], blocks))


def _unions(held: pd.DataFrame, blocks: Mapping[str, shapely.Geometry]) -> dict[str, shapely.Geometry]:
    shapes = held["block"].map(blocks)
    return {str(code): shapely.union_all(rows.to_numpy()) for code, rows in shapes.groupby(held["code"])}
