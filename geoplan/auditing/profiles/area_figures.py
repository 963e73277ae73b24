"""The figures of one area of a batch that can be set beside those of the others."""

from __future__ import annotations

from typing import Any

import pandas as pd

from geoplan.auditing.focus import bodies_of, cut_pieces
from geoplan.auditing.results import AuditResult
from geoplan.data.focus import Focus
from geoplan.schema import assessed
from geoplan.schema.need import Need

__all__ = ["area_figures"]


def area_figures(result: AuditResult, focus: Focus) -> dict[str, Any]:
    """Measure an area: its size, its need, and how much of it the geographies in force cut.

    Parameters
    ----------
    result
        Of the audit narrowed to the area.
    focus
        The area.

    Returns
    -------
    dict
        ``size`` in the audit's weight (areas in square metres); ``out_of_work`` (people) and ``out_of_work_rate`` (0 to
        1), None where that is not assessed; ``cut_by`` of ``compared``, the geographies in force that cut it and all of
        them; ``cut``, what lies in cut pieces of the geography with most of it, None where that is not assessed, 0
        where nothing is cut; ``cut_most``, the title of that geography.
    """
    pairs = bodies_of(result, focus, past=False)
    cut = [(pair.overlay.right.title, own) for pair in pairs if (own := cut_pieces(pair)) is not None]
    amounts = {title: assessed(own["amount"].sum(skipna=False)) for title, own in cut}
    known = {title: amount for title, amount in amounts.items() if amount is not None}
    most = max(known, key=known.__getitem__, default="")
    need = _need(result, focus)
    return {
        "size": _size(result, focus),
        "out_of_work": need.out_of_work,
        "out_of_work_rate": need.rate,
        "cut_by": len(cut),
        "compared": len(pairs),
        "cut": known[most] if most else None if cut else 0.0,
        "cut_most": most,
    }


def _size(result: AuditResult, focus: Focus) -> float | None:
    layer, column = result.weighed.get(focus.layer), result.weight.column
    if layer is not None and focus.code in layer.areas.index and column in layer.areas:
        return assessed(layer.areas[column][focus.code])
    held = _held(result, focus)
    return assessed((result.blocks[column].reindex(held.index) * held).sum(skipna=False))


def _need(result: AuditResult, focus: Focus) -> Need:
    layer = result.weighed.get(focus.layer)
    if layer is not None and focus.code in layer.areas.index:
        return Need.of(pd.DataFrame(layer.areas.loc[[focus.code]]))
    held = _held(result, focus)
    return Need.of(pd.DataFrame(result.blocks.loc[held.index]), held)


def _held(result: AuditResult, focus: Focus) -> pd.Series:
    """Return the share of each block of the audit that belongs to an area."""
    return focus.shares[focus.shares.index.isin(result.blocks.index)]
