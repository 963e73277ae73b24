"""Money set against people: what an area has per head, and what of it would lie in each piece of an overlap."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.analysis import overlay
from geoplan.schema import Basis, Layer, Overlay, Weight
from geoplan.schema.money import MONEY_COLUMNS, MONEY_NUMBERS, PER_HEAD

__all__ = ["SPREAD_COLUMNS", "is_funded", "per_head", "spread"]

ESTIMATES = {"amount_total": "estimated_total", "amount_per_year": "estimated_per_year", "places": "estimated_places"}
"""What is known of an area -> its column in the pieces, which says that it is an estimate there."""
SPREAD_COLUMNS = (
    "working_age",
    "working_age_share",
    *ESTIMATES.values(),
    "out_of_work",
    "out_of_work_share",
    *(f"{name}_by_need" for name in ESTIMATES.values()),
)


def is_funded(layer: Layer) -> bool:
    """Tell whether an amount or places are known of any area of a layer."""
    return "amount_total" in layer.areas


def per_head(layer: Layer) -> pd.DataFrame:
    """Set the money and the places of each area against its people.

    Parameters
    ----------
    layer
        With `MONEY_COLUMNS`.

    Returns
    -------
    pandas.DataFrame
        Indexed by code, the areas of which an amount or places are known: ``name``, `MONEY_COLUMNS`, ``working_age``,
        ``out_of_work``, the rates of `geoplan.schema.money.PER_HEAD` (pounds a head, places a thousand) and
        ``confidence`` of the members. What cannot be told is missing: not assessed.

    Notes
    -----
    Amounts in all and amounts a year are never made of one another: a period may begin or end within a year.
    """
    if not is_funded(layer):
        return pd.DataFrame(columns=["name", *MONEY_COLUMNS, "working_age", "out_of_work", *PER_HEAD, "confidence"])
    areas = pd.DataFrame(layer.areas.drop(columns="geometry", errors="ignore"))
    known = areas[areas[list(MONEY_NUMBERS)].notna().any(axis=1)]
    known = known.reindex(columns=["name", *MONEY_COLUMNS, "working_age", "out_of_work", "confidence"])
    with np.errstate(divide="ignore"):
        rates = {name: times * known[of] / known[by] for name, (of, by, times) in PER_HEAD.items()}
    told = known.assign(**rates).replace([np.inf, -np.inf], np.nan)
    return told[["name", *MONEY_COLUMNS, "working_age", "out_of_work", *PER_HEAD, "confidence"]]


def spread(
    left: Layer, right: Layer, over: Overlay, blocks: pd.DataFrame, points: pd.DataFrame | None
) -> pd.DataFrame | None:
    """Share out the money of each left area over the right areas it meets, by the people in the pieces.

    Parameters
    ----------
    left, right
        The layers as they were opened.
    over
        Their overlay, by whatever weight.
    blocks
        Shipped blocks.
    points
        Postcode points, where they are needed to weigh the two.

    Returns
    -------
    pandas.DataFrame or None
        Indexed by ``(left, right)``, the rows of the overlay of every left area with an amount or places; the row with
        right ``""`` is what lies in no right area. `SPREAD_COLUMNS`: people of working age and their share of the left
        area, with the pounds, pounds a year and places that go with them; the same by people out of work. For each
        left area the pieces and the rest sum to its amount, but where right areas overlap. None where nothing is
        known of any left area.

    Notes
    -----
    An estimate: where in an area money is spent is not known. By need it is told where everybody out of work of the
    left area is counted, which is in England; else it is not assessed.
    """
    if not is_funded(left) or (over.basis is not Basis.CODES and points is None):
        return None
    known = left.areas.index[left.areas[list(MONEY_NUMBERS)].notna().any(axis=1)]
    rows = over.table.index[over.table.index.get_level_values("left").isin(known)]
    by_age = over if over.weight is Weight.WORKING_AGE else _weighed(left, right, blocks, points)
    told = pd.DataFrame(index=rows)
    columns = [*MONEY_NUMBERS, "working_age", "out_of_work"]
    areas = left.areas.reindex(columns=columns).reindex(rows.get_level_values("left")).astype(float)
    amounts = areas[list(MONEY_NUMBERS)].to_numpy()
    assert by_age.rated is not None  # noqa: S101 - people were counted
    for name, suffix, counted in (
        ("working_age", "", by_age.table["people"]),
        ("out_of_work", "_by_need", by_age.rated["out_of_work"]),
    ):
        told[name] = counted.reindex(rows)
        told[f"{name}_share"] = told[name] / areas[name].to_numpy()
        estimates = amounts * told[f"{name}_share"].to_numpy()[:, None]
        told = told.assign(**{f"{each}{suffix}": estimates[:, at] for at, each in enumerate(ESTIMATES.values())})
    return told[list(SPREAD_COLUMNS)]


def _weighed(left: Layer, right: Layer, blocks: pd.DataFrame, points: pd.DataFrame | None) -> Overlay:
    return overlay.overlay(left, right, blocks=blocks, weight=Weight.WORKING_AGE, points=points)
