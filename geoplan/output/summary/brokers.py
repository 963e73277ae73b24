"""The authorities that sit at the most tables."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from geoplan.analysis.networks import graphs, partnering
from geoplan.auditing.focus import authority_names
from geoplan.auditing.results import AuditResult
from geoplan.schema import wording

__all__ = ["broker_sentence", "busiest_brokers"]


@lru_cache(maxsize=1)
def busiest_brokers(result: AuditResult) -> pd.DataFrame:
    """Rank the authorities that work with more than one body of the geographies compared.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``name``, ``bodies`` and ``betweenness`` from `geoplan.analysis.networks.partnering.brokers`, most
        bodies first; of a focus its own authorities; empty where authorities were not compared.
    """
    if "lad" not in result.layers:
        return pd.DataFrame(columns=["code", "name", "bodies", "betweenness"])
    ranked = partnering.brokers(result.pairs, names=authority_names())
    if result.focus is not None:
        ranked = ranked[ranked["code"].isin({graphs.authority_of(block) for block in result.focus.blocks})]
    return ranked[ranked["bodies"] > 1].sort_values(["bodies", "betweenness"], ascending=False, kind="stable")


def broker_sentence(result: AuditResult, *, count: int = 5) -> str:
    """Name the authorities that have to work with the most bodies in the geographies compared.

    Parameters
    ----------
    result
        Of an audit.
    count
        How many to name.

    Returns
    -------
    str
        Empty where authorities were not compared, or none works with more than one body.
    """
    busiest = busiest_brokers(result)
    if busiest.empty:
        return ""
    most = zip(busiest["name"].head(count), busiest["bodies"].head(count), strict=True)
    named = [f"{name} ({bodies})" for name, bodies in most]
    whose = "Authorities" if result.focus is None else f"Of the authorities of {result.focus.name}, those"
    return f"{whose} with the most bodies to work with here: {wording.listed(named)}."
