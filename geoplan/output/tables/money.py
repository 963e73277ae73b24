"""Money as tables: what areas have per head, and what of it would lie in the pieces of a comparison."""

from __future__ import annotations

import pandas as pd

from geoplan.analysis import money
from geoplan.auditing.results import Pair
from geoplan.output.tables.cells import table_json
from geoplan.schema import Layer
from geoplan.schema.money import PER_HEAD

__all__ = ["AREA_COLUMNS", "MONEY_TABLE", "areas_with_rates", "money_json", "money_table"]

AREA_COLUMNS = ("amount_total", "amount_per_year", "amount_period", "amount_note", "amount_source", "places")
"""What is known of a left area, repeated on its rows."""
MONEY_TABLE = ("left_code", "left_name", *AREA_COLUMNS, "right_code", "right_name", "cut", *money.SPREAD_COLUMNS)


def money_table(pair: Pair) -> pd.DataFrame:
    """Return what of each left area's money would lie in each right area, if it followed people: an estimate.

    Parameters
    ----------
    pair
        From `geoplan.auditing.comparing.compare`.

    Returns
    -------
    pandas.DataFrame
        The columns `MONEY_TABLE`, a row for every piece of a left area whose amount or places are known, and one for
        what lies in no right area, with an empty right code. Pounds, people, shares 0 to 1; missing is not assessed.
        Columns that begin with ``estimated`` are shares of the amounts before them, by people of working age, those
        that end in ``_by_need`` by people out of work.
    """
    if pair.money is None:
        return pd.DataFrame(columns=list(MONEY_TABLE))
    left, right = pair.overlay.left, pair.overlay.right
    rows = pair.money.reset_index().rename(columns={"left": "left_code", "right": "right_code"})
    rows["left_name"] = left.areas["name"].reindex(rows["left_code"]).to_numpy()
    rows["right_name"] = right.areas["name"].reindex(rows["right_code"]).fillna("").to_numpy()
    rows["cut"] = pair.money.index.isin(pair.cuts.pieces.index)
    for name in AREA_COLUMNS:
        rows[name] = left.areas[name].reindex(rows["left_code"]).to_numpy()
    return rows[list(MONEY_TABLE)]


def money_json(pair: Pair) -> str:
    """Return the rows of `money_table` as JSON: a list of objects, null for what is not assessed."""
    return table_json(money_table(pair))


def areas_with_rates(layer: Layer) -> pd.DataFrame:
    """Return a layer's areas for a table, with what they have per head where money or places are known.

    Parameters
    ----------
    layer
        Any layer.

    Returns
    -------
    pandas.DataFrame
        ``code``, the columns of its areas without outlines, and where amounts or places are known the rates of
        `geoplan.schema.money.PER_HEAD`.
    """
    areas = pd.DataFrame(layer.areas.drop(columns="geometry", errors="ignore"))
    if money.is_funded(layer):
        rates = money.per_head(layer)[list(PER_HEAD)]
        areas = areas.join(rates.astype(float))
    return areas.rename_axis("code").reset_index()
