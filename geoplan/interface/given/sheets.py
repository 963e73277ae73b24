"""What a result asks to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import geopandas as gpd

__all__ = ["Sheet"]


class Sheet(NamedTuple):
    """Areas to draw (EPSG:27700), each with its name in `geoplan.output.picture.patterns.DRAWN`, and their title.

    Where ``looks`` is None, areas that touch have different colours.
    """

    frame: gpd.GeoDataFrame
    looks: Sequence[str] | None = None
    title: str = "areas"
