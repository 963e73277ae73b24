"""Figures of small areas summed, or averaged, by the blocks or authorities that they lie in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from geoplan.errors import InputError, refusal
from geoplan.schema.indicators import Kind
from geoplan.schema.wording import NOT_ASSESSED, listed, number_of

__all__ = ["summed"]

NAMED = 3


def summed(
    values: pd.Series, homes: pd.DataFrame, kind: Kind, of: str, where: str, file: str
) -> tuple[pd.Series, list[str]]:
    """Bring figures of small areas to where these lie.

    Parameters
    ----------
    values
        Indexed by small area; missing where the table leaves a cell empty.
    homes
        From `geoplan.data.membership.small_areas.placing.homes_of`.
    kind, of
        Counts are summed; rates averaged by the people they are of, where the lookup has them, else with each small
        area counting the same.
    where, file
        Of the figures, and of what places small areas, for refusals and remarks.

    Returns
    -------
    values : pandas.Series
        By home; missing where a small area that lies there has no figure.
    said : list of str
        By what small areas are placed, which lie nowhere, and what could not be told.

    Raises
    ------
    InputError
        If a code is of no small area that is known.
    """
    unknown = [str(code) for code in values.index if code not in homes.index]
    if unknown:
        hint = f"{Path(file).name} has codes such as {homes.index[0]}: give the same edition of the same small areas."
        raise InputError(refusal(f"{where} holds codes that {Path(file).name} does not have", codes=unknown, hint=hint))
    nowhere = values[(homes.loc[values.index, "home"] == "").to_numpy()]
    placed = homes[homes["home"] != ""]
    held = placed.assign(value=values.reindex(placed.index))
    known = held["value"].notna()
    complete = known.groupby(held["home"]).all()
    some = known.groupby(held["home"]).any()
    found = _joined(held, kind, of).where(complete)
    said = [
        f"{number_of(len(values) - len(nowhere), 'small area is', 'small areas are')} placed by {homes.attrs['by']}."
    ]
    if kind is Kind.RATE and held[of].isna().any():
        said.append(f"Each small area counts the same in averages: {Path(file).name} does not say how many live there.")
    said += _left_out(nowhere, kind)
    gaps = [str(code) for code in found.index[some & ~complete]]
    if gaps:
        verb = number_of(len(gaps), "area is", "areas are")
        said.append(f"{verb} {NOT_ASSESSED}, since some of their small areas have no figure: {_some(gaps)}.")
    return found[some], said


def _joined(held: pd.DataFrame, kind: Kind, of: str) -> pd.Series:
    if kind is Kind.COUNT:
        return held["value"].groupby(held["home"]).sum()
    weight = held[of] if held[of].notna().all() else pd.Series(1.0, index=held.index)
    sums = pd.DataFrame({"value": held["value"] * weight, "weight": weight}).groupby(held["home"]).sum()
    return sums["value"] / sums["weight"].where(sums["weight"] > 0, np.nan)


def _left_out(nowhere: pd.Series, kind: Kind) -> list[str]:
    if nowhere.empty:
        return []
    total = f", {nowhere.sum():,.0f} in all," if kind is Kind.COUNT else ""
    lie = number_of(len(nowhere), "small area lies", "small areas lie")
    return [f"{lie} in no block that is known{total} and left out: {_some([str(code) for code in nowhere.index])}."]


def _some(codes: list[str]) -> str:
    return listed([*codes[:NAMED], *([f"{len(codes) - NAMED} more"] if len(codes) > NAMED else [])])
