"""What a result asks to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import geopandas as gpd
import pandas as pd

from geoplan.commuting.atlas import Atlas
from geoplan.output.picture.part_shapes import grounds
from geoplan.output.summary.part_lists import listed_parts
from geoplan.schema import BRITISH_NATIONAL_GRID, Layer

__all__ = ["Sheet", "area_sheets"]


class Sheet(NamedTuple):
    """Areas to draw (EPSG:27700), each with its name in `geoplan.output.picture.patterns.DRAWN`, and their title.

    Where ``looks`` is None, areas that touch have different colours.
    """

    frame: gpd.GeoDataFrame
    looks: Sequence[str] | None = None
    title: str = "areas"


def area_sheets(
    areas: gpd.GeoDataFrame, layer: Layer, atlas: Atlas, looks: Sequence[str] | None = None, title: str = "areas"
) -> list[Sheet]:
    """Return areas as they are drawn: on their own ground, and beside it the authorities that belong only in part.

    Parameters
    ----------
    areas
        Indexed by code, with their whole outlines.
    layer
        The layer they are of.
    atlas
        Where its blocks are.
    looks, title
        As of `Sheet`.

    Returns
    -------
    list of Sheet
        One where no authority belongs only in part, or no area has ground of its own.
    """
    said = listed_parts(layer, atlas.blocks["lad"], atlas.authorities.table["name"].to_dict())
    if not said:
        return [Sheet(areas, looks, title)]
    held = grounds(layer, atlas.drawn.blocks["geometry"].to_dict())
    home = gpd.GeoSeries([held.home.get(str(code)) for code in areas.index], index=areas.index, crs=areas.crs)
    told = {"name": layer.areas["name"], "message": pd.Series({code: "; ".join(words) for code, words in said.items()})}
    frame = pd.DataFrame(told).reindex(list(held.parts))
    parts = gpd.GeoDataFrame(frame, geometry=list(held.parts.values()), crs=BRITISH_NATIONAL_GRID)
    own = [Sheet(areas.set_geometry(home), looks, title)] if held.home else []
    return [*own, Sheet(parts, ["part"] * len(parts), f"parts: {title}")]
