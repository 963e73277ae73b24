"""Where a layer speaks: which areas a comparison with it says nothing about."""

from __future__ import annotations

import pandas as pd

from geoplan.data.drawn.columns import GSS
from geoplan.data.membership.small_areas import lookups
from geoplan.schema import Layer, Relation

__all__ = ["abroad", "countries_of", "may_leave_out", "off_the_ground", "outside"]

ROUNDING = 1e-9


def countries_of(layer: Layer) -> pd.Series:
    """Return for each area the letters of the countries its authorities lie in.

    Parameters
    ----------
    layer
        Any layer.

    Returns
    -------
    pandas.Series
        Code -> letters in alphabetical order, for drawn layers that of the area's own code; "" where countries are not
        known: where codes of drawn areas, or of a lookup's small areas, are no GSS codes.
    """
    if layer.parts is None:
        codes = layer.areas.index.to_series().astype(str)
        return codes.str[:1].where(codes.str.fullmatch(GSS), "")
    if layer.blocks is not None and not lookups.country_letters(layer.parts["block"]):
        return pd.Series("", index=layer.areas.index)
    letters: dict[str, set[str]] = {}
    for block, code in zip(layer.parts["block"].tolist(), layer.parts["code"].tolist(), strict=True):
        letters.setdefault(code, set()).add(block[0])
    told = ["".join(sorted(letters.get(code, ()))) for code in layer.areas.index]
    return pd.Series(told, index=layer.areas.index, dtype=str)


def outside(left: Layer, right: Layer, related: pd.DataFrame) -> frozenset[str]:
    """Return the left areas that a comparison says nothing about.

    They lie in countries where the right layer does not exist, or off the ground of a layer of the user's own.

    Parameters
    ----------
    left, right
        The layers compared.
    related
        From `geoplan.analysis.relations.relate`.

    Returns
    -------
    frozenset of str
        Left codes.
    """
    apart = {
        str(code)
        for code, letters in countries_of(left).items()
        if right.extent and letters and not set(letters) & set(right.extent)
    }
    if left.parts is None:
        # Codes say where a drawn area should lie; that it reaches into the layer all the same is worth telling.
        apart &= _uncovered(related)
    return off_the_ground(right, related) | apart


def abroad(left: Layer, right: Layer) -> dict[str, str]:
    """Return the left areas that reach into countries where the right layer does not exist, and are covered elsewhere.

    Parameters
    ----------
    left, right
        The layers compared.

    Returns
    -------
    dict
        Left code -> letters of those countries. None where the countries of the left areas are not known.
    """
    if left.parts is None or left.blocks is not None or right.parts is None or not right.extent:
        return {}
    cover = right.parts["share"].fillna(1.0).groupby(right.parts["block"]).sum()
    held = set(cover.index[cover >= 1 - ROUNDING])
    there = ~left.parts["block"].str[0].isin(set(right.extent))
    missed = set(left.parts.loc[~there & ~left.parts["block"].isin(held), "code"])
    away = left.parts[there & ~left.parts["code"].isin(missed)]
    letters = away["block"].str[0].groupby(away["code"]).agg(lambda each: "".join(sorted(set(each))))
    return {str(code): each for code, each in letters.items()}


def may_leave_out(layer: Layer) -> bool:
    """Tell whether a layer holds a block only as one part of unknown size, so that nobody knows what it leaves over.

    Parameters
    ----------
    layer
        Any layer.

    Returns
    -------
    bool
        False for drawn layers, whose parts are all known.
    """
    if layer.parts is None:
        return False
    shares = layer.parts.groupby("block")["share"]
    return bool(((shares.size() == 1) & (shares.count() == 0)).any())


def off_the_ground(right: Layer, related: pd.DataFrame) -> frozenset[str]:
    """Return the left areas that a file of the user's own, which may cover part of the country, does not reach.

    Parameters
    ----------
    right
        The layer on the other side.
    related
        From `geoplan.analysis.relations.relate`.

    Returns
    -------
    frozenset of str
        Left codes; none where the right layer is a shipped one or should cover everyone.
    """
    if right.status != "file" or right.exhaustive:
        return frozenset()
    return _uncovered(related)


def _uncovered(related: pd.DataFrame) -> frozenset[str]:
    return frozenset(str(code) for code in related.index[related["relation"] == Relation.UNCOVERED])
