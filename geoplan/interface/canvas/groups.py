"""A sheet as a group of folium's: its areas or lines, a line of text where one points, a table where one clicks."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.interface.drawing import BORDER, LINE, fills_of, simplified
from geoplan.interface.given.sheets import Sheet
from geoplan.output.geopackage.styles import outline
from geoplan.output.picture.patterns import DRAWN
from geoplan.schema import wording

__all__ = ["group_of"]

TOLD = {
    "name": "Name", "code": "Code", "left_name": "Part of", "right_name": "Lies in", "standing": "How it stands",
    "partners": "With", "area": "Labour market area", "block": "Common block", "pieces": "Pieces",
    "to_name": "Moves to", "people": "People", "supply": "Residents in work who work there",
    "demand": "Jobs held by residents", "workers": "Workers", "back": "Workers the other way", "message": "Finding",
}  # fmt: skip
"""Column of a frame -> what it is called in the table of an area."""
SHARES = frozenset({"supply", "demand"})
DASHES = {"solid": "", "dash": "9 6", "dot": "2 6", "dash dot": "9 5 2 5"}
"""Dashes of an outline -> the same of SVG."""
MOST_SHOWN = 400
WIDEST = 420


def group_of(sheet: Sheet, name: str) -> folium.FeatureGroup:
    """Make a group of a sheet.

    Parameters
    ----------
    sheet
        With outlines or lines; any CRS.
    name
        What the group is called in the switch.

    Returns
    -------
    folium.FeatureGroup
        With one ``GeoJson``, whose features have the columns of `TOLD` that they know and ``tip``, all of them text
        that is escaped, as Leaflet takes text for HTML; and ``fill`` (areas) or ``width`` (lines, in pixels).
    """
    shown, headings = _told(sheet)
    group = folium.FeatureGroup(name=html.escape(name), show=sheet.shown)
    data = json.loads(shown.to_crs("EPSG:4326").to_json(drop_id=True))
    tooltip = folium.GeoJsonTooltip(["tip"], labels=False, sticky=True)
    popup = folium.GeoJsonPopup(list(headings), list(headings.values()), max_width=WIDEST) if headings else None
    folium.GeoJson(data, style_function=_style_of(sheet), tooltip=tooltip, popup=popup).add_to(group)
    return group


def _told(sheet: Sheet) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """Return what is drawn with its texts, and the columns that hold any, with their headings."""
    frame = simplified(sheet.frame)
    here = [name for name in TOLD if name in frame.columns]
    texts = {name: [_said(value, share=name in SHARES) for value in frame[name]] for name in here}
    known = {name: told for name, told in texts.items() if any(told)}
    columns: dict[str, Any] = {**known, "tip": _tips(sheet, known, len(frame))}
    if sheet.widths is None:
        columns["fill"] = fills_of(sheet, frame)
    else:
        columns["width"] = _of_drawn(sheet, sheet.widths)
    headings = TOLD if sheet.counted is None else {**TOLD, "people": wording.capital(sheet.counted)}
    shown = gpd.GeoDataFrame(columns, geometry=frame.geometry.to_numpy(), crs=frame.crs)
    return shown, {name: headings[name] for name in known}


def _tips(sheet: Sheet, known: Mapping[str, list[str]], count: int) -> list[str]:
    """Return for each feature what it is called, and below the words for its colour, or those of its sheet."""
    sides = [known[name] for name in ("left_name", "right_name") if name in known]
    both = [" / ".join(filter(None, pair)) for pair in zip(*sides, strict=True)] if sides else [""] * count
    if "workers" in known:
        terms = [f"{workers} workers" for workers in known["workers"]]
    elif sheet.looks is None:
        terms = [html.escape(sheet.title)] * count
    else:
        terms = [html.escape(DRAWN[look].term) for look in _of_drawn(sheet, sheet.looks)]
    return ["<br>".join(filter(None, pair)) for pair in zip(known.get("name", both), terms, strict=True)]


def _of_drawn(sheet: Sheet, values: Any) -> list[Any]:
    """Return the values of the rows that are drawn."""
    drawn = sheet.frame.geometry.notna().to_numpy()
    return [value for value, there in zip(values, drawn, strict=True) if there]


def _style_of(sheet: Sheet) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    if sheet.widths is not None:
        return _line_style
    if sheet.outline is None:
        return _style
    drawn = outline(sheet.outline)
    dashes = DASHES[drawn["outline_style"]]
    # Without a fill the areas below still answer to the pointer.
    look = {"color": drawn["outline_color"], "dashArray": dashes, "weight": 2.5, "fill": False}
    return lambda _feature: look


def _style(feature: Mapping[str, Any]) -> dict[str, Any]:
    fill = feature["properties"]["fill"]
    if not fill:
        # Without a colour of its own it lies over others; folium has no patterns, so its border is broken.
        return {"fillColor": BORDER, "color": BORDER, "weight": 2, "fillOpacity": 0.1, "dashArray": "4 4"}
    return {"fillColor": fill, "color": BORDER, "weight": 1, "fillOpacity": 0.75}


def _line_style(feature: Mapping[str, Any]) -> dict[str, Any]:
    return {"color": LINE, "weight": feature["properties"]["width"], "opacity": 0.8}


def _said(value: Any, *, share: bool) -> str:
    """Write a value as escaped text, of a length that a table holds."""
    if isinstance(value, (tuple, list)):
        text = wording.listed([str(each) for each in value]) if len(value) else ""
    elif isinstance(value, (int, float, np.number)):
        text = "" if np.isnan(value) else wording.percent(float(value)) if share else f"{value:,.0f}"
    else:
        text = "" if pd.isna(value) else str(value)
    return html.escape(text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…")
