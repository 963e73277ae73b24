"""Sheets of areas drawn with folium and matplotlib, in the colours that every map of geoplan has."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from geoplan.errors import ConfigurationError, refusal
from geoplan.interface.given.sheets import Sheet
from geoplan.output.page.backgrounds import attribution_text, background_of
from geoplan.output.picture.drawing import colours_apart
from geoplan.output.picture.patterns import DRAWN, HUES, MARKS
from geoplan.schema import wording

__all__ = ["interactive", "still"]

DETAIL = 3000
"""Steps across the map to which outlines are simplified."""
BORDER = "#47535f"
TOLD = ("code", "name", "left_name", "right_name", "standing", "partners", "kind", "people", "message", "block", "area")
"""Columns that a map tells of an area, where it has them."""
MOST_SHOWN = 200


def interactive(asked: Iterable[Sheet], *, tiles: str = "") -> folium.Map:
    """Draw sheets as a map of folium's; see `geoplan.to_folium`."""
    background = background_of(tiles)
    sheets = [sheet for sheet in asked if len(sheet.frame)]
    _refuse_nothing(sheets)
    board = folium.Map(location=(54.5, -3.0), zoom_start=6, tiles=None)
    if background:
        folium.TileLayer(background.address, attr=background.attribution, max_zoom=background.deepest).add_to(board)
    for sheet in sheets:
        _leaflet_layer(sheet).add_to(board)
    if len(sheets) > 1:
        folium.LayerControl().add_to(board)
    west, south, east, north = sheets[0].frame.to_crs("EPSG:4326").total_bounds
    board.fit_bounds([(south, west), (north, east)])
    figure: Any = board.get_root()
    figure.html.add_child(folium.Element(_key_html(sheets)))
    return board


def _refuse_nothing(sheets: Iterable[Sheet]) -> None:
    if not any(sheet.frame.geometry.notna().any() for sheet in sheets):
        raise ConfigurationError(refusal("there is nothing to draw: no row has an outline"))


def _leaflet_layer(sheet: Sheet) -> folium.GeoJson:
    frame = _simplified(sheet.frame)
    told = [name for name in TOLD if name in frame.columns]
    shown = gpd.GeoDataFrame(frame[told], geometry=frame.geometry.to_numpy(), crs=frame.crs)
    for name in told:
        # Leaflet takes what it is told for HTML.
        shown[name] = [html.escape(_said(value)) for value in shown[name]]
    shown["fill"] = _fills(sheet, frame)
    data = json.loads(shown.to_crs("EPSG:4326").to_json(drop_id=True))
    tooltip = folium.GeoJsonTooltip(told) if told else None
    return folium.GeoJson(
        data, name=html.escape(sheet.title), style_function=_style, tooltip=tooltip, attribution=attribution_text(None)
    )


def _style(feature: Mapping[str, Any]) -> dict[str, Any]:
    fill = feature["properties"]["fill"]
    if not fill:
        # Without a colour of its own it lies over others; folium has no patterns, so its border is broken.
        return {"fillColor": BORDER, "color": BORDER, "weight": 2, "fillOpacity": 0.1, "dashArray": "4 4"}
    return {"fillColor": fill, "color": BORDER, "weight": 1, "fillOpacity": 0.75}


def _said(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return wording.listed([str(each) for each in value]) if len(value) else ""
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:,.0f}"
    text = "" if pd.isna(value) else str(value)
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"


def _simplified(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a copy with its index as columns, and outlines as fine as a screen shows them."""
    shown = frame[frame.geometry.notna()]
    shown = shown.reset_index() if shown.index.name else shown.reset_index(drop=True)
    west, south, east, north = shown.total_bounds
    shapes = shapely.coverage_simplify(shown.geometry.to_numpy(), max(east - west, north - south) / DETAIL)
    return shown.set_geometry(gpd.GeoSeries(shapes, index=shown.index, crs=shown.crs))


def _fills(sheet: Sheet, shown: gpd.GeoDataFrame) -> list[str]:
    """Return the colour of each area that has an outline."""
    if sheet.looks is not None:
        drawn = sheet.frame.geometry.notna().to_numpy()
        return [DRAWN[look].fill for look, there in zip(sheet.looks, drawn, strict=True) if there]
    numbers = colours_apart(dict(zip(map(str, range(len(shown))), shown.geometry, strict=True)))
    return [HUES[numbers[str(n)] % len(HUES)] for n in range(len(shown))]


def _looks(sheets: Iterable[Sheet]) -> list[str]:
    used = {look for sheet in sheets for look in sheet.looks or ()}
    return [name for name in DRAWN if name in used]


def _key_html(sheets: Iterable[Sheet]) -> str:
    """Return the key of a map: the words for its colours, as on every map of geoplan."""
    rows = "".join(
        f'<span style="{_sample(name)}">&emsp;</span> {html.escape(DRAWN[name].term)}<br>' for name in _looks(sheets)
    )
    style = "position:fixed;bottom:2em;left:1em;z-index:9999;background:#fff;padding:.5em;font:12px sans-serif"
    return f'<div style="{style}">{rows}</div>' if rows else ""


def _sample(name: str) -> str:
    fill = DRAWN[name].fill
    return f"background:{fill};border:1px solid {BORDER}" if fill else f"border:2px dashed {BORDER}"


def still(asked: Iterable[Sheet], ax: Axes | None = None) -> Axes:
    """Draw a result with matplotlib; see `geoplan.interface.results.Result.plot`."""
    sheets = [sheet for sheet in asked if len(sheet.frame)]
    _refuse_nothing(sheets)
    axes = plt.subplots(figsize=(8, 8), layout="constrained")[1] if ax is None else ax
    for sheet in sheets:
        _draw(sheet, axes)
    axes.set_aspect("equal")
    axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
    handles = [_patch(name) for name in _looks(sheets)]
    if handles:
        axes.legend(handles=handles, loc="upper right", fontsize="small")
    axes.annotate(
        wording.attribution(), (0, 0), (0, -4), xycoords="axes fraction", textcoords="offset points", va="top",
        fontsize=6, parse_math=False, wrap=True,
    )  # fmt: skip
    return axes


def _draw(sheet: Sheet, axes: Axes) -> None:
    frame = _simplified(sheet.frame)
    fills = pd.Series(_fills(sheet, frame))
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
