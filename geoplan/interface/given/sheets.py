"""What a result asks to be drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import geopandas as gpd
import pandas as pd

from geoplan.commuting.atlas import Atlas
from geoplan.output.picture.part_shapes import grounds
from geoplan.output.summary.part_lists import listed_parts
from geoplan.output.tables.audits import findings_table
from geoplan.schema import BRITISH_NATIONAL_GRID, Finding, Layer

__all__ = ["Sheet", "area_sheets", "ground_sheets"]

GROUNDS = {"GP201": ("none", "Gaps"), "GP202": ("overlap", "Overlaps"), "GP203": ("", "Areas in pieces")}
"""Rule whose findings have ground of their own -> how that is drawn, and what it is called."""


class Sheet(NamedTuple):
    """Areas or lines to draw (EPSG:27700), and what they are called together.

    Parameters
    ----------
    frame
        What is drawn; columns that maps tell of are named in `geoplan.interface.canvas.groups.TOLD`.
    looks
        The name of each in `geoplan.output.picture.patterns.DRAWN`; where None, areas that touch differ in colour.
    title
        What they are called together.
    shown
        Whether an interactive map shows them before anybody asks.
    counted
        What the column ``people`` counts, where it is not people.
    widths
        Widths of lines (pixels); None where areas are drawn.
    outline
        Which of the outlines that differ an interactive map draws in the place of colours, so that what lies below is
        seen; None for colours.
    """

    frame: gpd.GeoDataFrame
    looks: Sequence[str] | None = None
    title: str = "Areas"
    shown: bool = True
    counted: str | None = None
    widths: Sequence[float] | None = None
    outline: int | None = None


def area_sheets(
    areas: gpd.GeoDataFrame, layer: Layer, atlas: Atlas, looks: Sequence[str] | None = None, title: str = "Areas"
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
    return [*own, Sheet(parts, ["part"] * len(parts), f"{title}: of which only parts belong")]


def ground_sheets(found: Iterable[Finding]) -> list[Sheet]:
    """Return findings that have ground of their own: gaps, overlaps, areas in pieces; a sheet each that there is."""
    own = [finding for finding in found if finding.shape is not None and finding.rule in GROUNDS]
    made = []
    for rule, (look, title) in GROUNDS.items():
        here = [finding for finding in own if finding.rule == rule]
        if here:
            shapes = [finding.shape for finding in here]
            frame = gpd.GeoDataFrame(findings_table(here), geometry=shapes, crs=BRITISH_NATIONAL_GRID)
            made.append(Sheet(frame, [look] * len(here) if look else None, title))
    return made
