"""Sheets of an audit of one area, narrowed to it and the areas that share ground with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.auditing.focus import focus_pairs
from geoplan.auditing.results import AuditResult
from geoplan.data.focus import Focus
from geoplan.output.workbook.sheet_parts import Sheet

__all__ = ["narrowed"]

KEYS = (("Layer", "Code"), ("Layer", "Area code"), ("Left layer", "Left code"), ("Right layer", "Right code"))
"""Columns that name areas, by layer and code."""


def narrowed(sheets: Iterable[Sheet], result: AuditResult) -> list[Sheet]:
    """Keep of each sheet the rows about the focus and the areas that share ground with it.

    Parameters
    ----------
    sheets
        With columns of layer and code.
    result
        Of the audit; without a focus the sheets stay as they are.

    Returns
    -------
    list of Sheet
        Rows that name no area of the audit, such as those of a country to compare with, are kept.
    """
    if result.focus is None:
        return list(sheets)
    near = _near(result, result.focus)
    here = f"; here only of {result.focus.name} and the areas that share ground with it"
    return [replace(sheet, about=f"{sheet.about}{here}", table=_kept(sheet.table, near)) for sheet in sheets]


def _kept(table: pd.DataFrame, near: Mapping[str, frozenset[str]]) -> pd.DataFrame:
    keep = np.ones(len(table), dtype=bool)
    for layer, code in KEYS:
        if {layer, code} <= set(table.columns):
            places = zip(table[layer], table[code].fillna(""), strict=True)
            keep &= np.array([key not in near or not area or area in near[key] for key, area in places], dtype=bool)
    return table[keep].reset_index(drop=True)


def _near(result: AuditResult, focus: Focus) -> dict[str, frozenset[str]]:
    """Return for each layer the areas that share ground with the focus."""
    near = {key: frozenset[str]() for key in (*result.layers, *result.contained)}
    for key, pair in focus_pairs(result, focus).items():
        near[key] = frozenset(map(str, pair.relations["partners"].iloc[0]))
    own = result.layers.get(focus.layer)
    beside = set[str]()
    if own is not None and own.parts is not None:
        beside = set(own.parts.loc[own.parts["block"].isin(focus.blocks), "code"])
    near[focus.layer] = frozenset({focus.code, *beside})
    return near
