"""Who leads an area, who answers for it, and who sits at its table without being in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pandas as pd

from geoplan.data.shipped.roles import APART, LEAD, NO_LEAD, NOBODY
from geoplan.schema import Layer

__all__ = ["SEAT_COLUMNS", "at_the_table", "leads", "seats"]

SEAT_COLUMNS = ("layer", "code", "name", "body", "role", "confidence")
ACCOUNTABLE = "accountable"


def leads(layer: Layer, code: str) -> tuple[str, str, str]:
    """Return who leads an area, how sure that is, and who else is accountable for it.

    Parameters
    ----------
    layer
        With or without bodies.
    code
        An area of it.

    Returns
    -------
    tuple
        Lead body, its confidence (``none`` where nobody confirmed one) and the accountable body (the lead itself where
        it is said to be), each empty where it is not known.
    """
    if layer.bodies is None:
        return "", "", ""
    here = layer.bodies[layer.bodies["area"] == code]
    led, answers = here[here["role"] == LEAD], here[here["role"] == ACCOUNTABLE]
    answering = "; ".join(answers["body"])
    if len(led):
        return str(led["body"].iloc[0]), str(led["confidence"].iloc[0]), answering
    return "", NOBODY if layer.areas["lead_body"].get(code) == NO_LEAD else "", answering


def seats(layers: Iterable[Layer], authorities: Collection[str]) -> pd.DataFrame:
    """List where authorities sit at the table of an area they are not in.

    Parameters
    ----------
    layers
        Those to look through.
    authorities
        Codes of authorities of either tier.

    Returns
    -------
    pandas.DataFrame
        `SEAT_COLUMNS`, in the order of the layers.
    """
    found = [pd.DataFrame(columns=list(SEAT_COLUMNS))]
    for layer in layers:
        if layer.bodies is None:
            continue
        rows = layer.bodies[layer.bodies["lad"].isin(authorities) & layer.bodies["role"].isin(APART)]
        if len(rows):
            told = rows.rename(columns={"area": "code"}).assign(layer=layer.key, name=rows["area"].map(layer.name))
            found.append(told[list(SEAT_COLUMNS)])
    return pd.concat(found, ignore_index=True)


def at_the_table(layer: Layer) -> pd.DataFrame:
    """List the bodies of a layer's areas, with the names of the areas.

    Parameters
    ----------
    layer
        With or without bodies.

    Returns
    -------
    pandas.DataFrame
        ``layer``, ``code``, ``name``, ``body``, ``lad``, ``tier``, ``role``, ``source`` and ``confidence``.
    """
    columns = ["layer", "code", "name", "body", "lad", "tier", "role", "source", "confidence"]
    if layer.bodies is None:
        return pd.DataFrame(columns=columns)
    names = layer.bodies["area"].map(layer.name)
    told = layer.bodies.rename(columns={"area": "code"}).assign(layer=layer.key, name=names)
    return told[columns].reset_index(drop=True)
