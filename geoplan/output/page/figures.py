"""What the page is told of an indicator of the user's own: its classes and values by place, area and authority."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from geoplan.auditing.results import AuditResult
from geoplan.output.picture.shaded.classes import NO_FIGURE, SHADES, shaded
from geoplan.schema import Layer
from geoplan.schema.indicators import INDICATOR_COLUMNS, Indicator, value_text, values_of

__all__ = ["FIGURES", "NO_FIGURE_FILL", "figures_said"]

FIGURES = "figures"
"""Name of the script of the page that shows them, and of its pane."""
NO_FIGURE_FILL = "no-figure"
"""Name of the pattern of ground without a figure."""


def figures_said(result: AuditResult, position: Mapping[str, int], *, shown: bool) -> dict[str, Any]:
    """Return what the page says of the indicator.

    Parameters
    ----------
    result
        Of an audit.
    position
        Block -> its number on the page.
    shown
        Whether the page opens with its colours.

    Returns
    -------
    dict
        Empty without an indicator, so that other pages are the smaller; else ``figures``: ``name``, ``title``,
        ``cited``, ``kind`` and ``note`` in words, ``classes`` (fill and words), ``units`` (name, code, value in words,
        number of its class, blocks), ``areas`` (values in words, a row a layer) and ``authorities`` (by code).
    """
    told, indicator = shaded(result), result.indicator
    if told is None or indicator is None:
        return {}
    units = [
        [str(row.name), str(code), value_text(row.value, indicator.kind, indicator.unit), int(row.shade),
         [position[block] for block in indicator.units[str(code)]]]
        for code, row in zip(told.units.index, told.units.itertuples(index=False), strict=True)
    ]  # fmt: skip
    return {
        "figures": {
            "number": 0,
            "name": indicator.name,
            "title": indicator.described,
            "cited": indicator.cited,
            "kind": str(indicator.kind),
            "note": told.note,
            "classes": [list(each) for each in zip(SHADES[: len(told.classes)], told.classes, strict=True)],
            "none": [f"url(#fill-{NO_FIGURE_FILL})", NO_FIGURE.term],
            "units": units,
            "areas": [_of_areas(layer, indicator) for layer in _weighed(result)],
            "authorities": _of_authorities(result, units, indicator),
            "shown": shown,
        }
    }


def _weighed(result: AuditResult) -> list[Layer]:
    return [result.weighed[key] for key in result.layers]


def _of_areas(layer: Layer, indicator: Indicator) -> list[str]:
    areas = pd.DataFrame(layer.areas.drop(columns="geometry", errors="ignore"))
    return list(_said(areas, indicator).values())


def _of_authorities(result: AuditResult, units: Sequence[Sequence[Any]], indicator: Indicator) -> dict[str, str]:
    """Return the value of each authority that has one: its own, or that of what it was given with, which is said."""
    lads = result.blocks["lad"].astype(str)
    counted = result.blocks[list(INDICATOR_COLUMNS)].astype(float)
    there = counted["indicator"].notna().groupby(lads).all()
    told = _said(counted.groupby(lads).sum()[there], indicator)
    for name, code, value, _, _ in units:
        held = lads[list(indicator.units[code])].unique()
        told |= {lad: f"{value} in all of {name}" for lad in held if len(held) > 1}
    return told


def _said(counted: pd.DataFrame, indicator: Indicator) -> dict[str, str]:
    values = values_of(counted, indicator.kind)
    return {str(code): value_text(each, indicator.kind, indicator.unit) for code, each in values.items()}
