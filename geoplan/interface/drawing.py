"""Sheets of areas in the colours that every map of geoplan has, and drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from geoplan.errors import ConfigurationError, refusal
from geoplan.interface.given.sheets import Sheet
from geoplan.output.picture.drawing import colours_apart
from geoplan.output.picture.patterns import DRAWN, HUES, MARKS
from geoplan.schema import wording

__all__ = ["BORDER", "LINE", "drawable", "fills_of", "looks_used", "simplified", "still"]

DETAIL = 3000
"""Steps across the map to which outlines are simplified."""
BORDER = "#47535f"
LINE = "#00504a"
"""Colour of lines of commuting, as on the page (flows.js)."""


def drawable(asked: Iterable[Sheet]) -> list[Sheet]:
    """Return the sheets that have outlines; a `ConfigurationError` says that nothing has an outline."""
    sheets = [sheet for sheet in asked if sheet.frame.geometry.notna().any()]
    if not sheets:
        raise ConfigurationError(refusal("there is nothing to draw: no row has an outline"))
    return sheets


def simplified(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a copy with its index as columns, and outlines as fine as a screen shows them."""
    shown = frame[frame.geometry.notna()]
    shown = shown.reset_index() if shown.index.name else shown.reset_index(drop=True)
    west, south, east, north = shown.total_bounds
    if not (shapely.get_dimensions(shown.geometry.to_numpy()) == 2).all():
        return shown
    shapes = shapely.coverage_simplify(shown.geometry.to_numpy(), max(east - west, north - south) / DETAIL)
    return shown.set_geometry(gpd.GeoSeries(shapes, index=shown.index, crs=shown.crs))


def fills_of(sheet: Sheet, shown: gpd.GeoDataFrame) -> list[str]:
    """Return the colour of each area that has an outline."""
    if sheet.looks is not None:
        drawn = sheet.frame.geometry.notna().to_numpy()
        return [DRAWN[look].fill for look, there in zip(sheet.looks, drawn, strict=True) if there]
    numbers = colours_apart(dict(zip(map(str, range(len(shown))), shown.geometry, strict=True)))
    return [HUES[numbers[str(n)] % len(HUES)] for n in range(len(shown))]


def looks_used(sheets: Iterable[Sheet]) -> list[str]:
    """Return the names in `DRAWN` of all that sheets are filled with, in the order of keys."""
    used = {look for sheet in sheets for look in sheet.looks or ()}
    return [name for name in DRAWN if name in used]


def still(asked: Iterable[Sheet], ax: Axes | None = None) -> Axes:
    """Draw a result with matplotlib; see `geoplan.interface.results.Result.plot`."""
    sheets = drawable(asked)
    axes = plt.subplots(figsize=(8, 8), layout="constrained")[1] if ax is None else ax
    for sheet in sheets:
        _draw(sheet, axes)
    axes.set_aspect("equal")
    axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
    handles = [_patch(name) for name in looks_used(sheets)]
    if handles:
        axes.legend(handles=handles, loc="upper right", fontsize="small")
    axes.annotate(
        wording.attribution(), (0, 0), (0, -4), xycoords="axes fraction", textcoords="offset points", va="top",
        fontsize=6, parse_math=False, wrap=True,
    )  # fmt: skip
    return axes


def _draw(sheet: Sheet, axes: Axes) -> None:
    frame = simplified(sheet.frame)
    if sheet.widths is not None:
        frame.plot(ax=axes, color=LINE, linewidth=np.asarray(sheet.widths) / 3, alpha=0.8, aspect=None)
        return
    fills = pd.Series(fills_of(sheet, frame))
    if sheet.looks is None:
        frame.plot(ax=axes, color=fills.tolist(), edgecolor=BORDER, linewidth=0.4, aspect=None)
        return
    drawn = sheet.frame.geometry.notna().to_numpy()
    looks = np.array(sheet.looks, dtype=object)[drawn]
    for name in dict.fromkeys(looks):
        draw = partial(frame[looks == name].plot, ax=axes, aspect=None)
        fill, line = DRAWN[name].fill or "none", "solid" if DRAWN[name].fill else "dashed"
        draw(facecolor=fill, edgecolor=BORDER, linewidth=0.4, linestyle=line)
        if DRAWN[name].pattern:
            draw(facecolor="none", edgecolor=DRAWN[name].ink, hatch=MARKS[DRAWN[name].pattern], linewidth=0)


def _patch(name: str) -> Patch:
    look = DRAWN[name]
    hatch = MARKS.get(look.pattern) if look.pattern else None
    return Patch(facecolor=look.fill or "none", edgecolor=look.ink or BORDER, hatch=hatch, label=look.term)
