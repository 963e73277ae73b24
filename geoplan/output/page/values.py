"""Values as the page takes them: whole numbers, shares, plain text."""

from __future__ import annotations

from typing import Any

import pandas as pd

from geoplan.schema import Layer

__all__ = [
    "BROKERS",
    "CUT_RULE",
    "FETCHED",
    "OWN",
    "TINY_SHARE",
    "km2",
    "records",
    "share",
    "text_or_nothing",
    "whole",
]

OWN = "Own files"
FETCHED = "Official, fetched"
"""Headings of layers that are none of the catalogue's."""
TINY_SHARE = 1e-4
CUT_RULE = "GP301"
"""The findings that stand in the list of a pair, numbered on the map."""
BROKERS = 20
"""Busiest authorities that the map lists."""


def records(layer: Layer) -> list[dict[str, Any]]:
    """Return the areas of a layer as one mapping each, with their codes and without geometry."""
    table = pd.DataFrame(layer.areas.drop(columns="geometry", errors="ignore")).rename_axis("code").reset_index()
    return table.to_dict("records")


def text_or_nothing(value: Any) -> str:
    """Return a value as text, empty where it is missing."""
    return "" if value is None or pd.isna(value) else str(value)


def whole(value: Any) -> int | None:
    """Return a value rounded to a whole number, none where it is missing."""
    return None if value is None or pd.isna(value) else round(float(value))


def km2(value: Any) -> float | None:
    """Return square metres as square kilometres to one decimal place, none where missing."""
    return None if value is None or pd.isna(value) else round(float(value) / 1e6, 1)


def share(value: Any) -> float | None:
    """Return a share to five decimal places, none where it is missing."""
    return None if value is None or pd.isna(value) else round(float(value), 5)
