"""Need as rows: who is out of work in each area, who lives in the most deprived small areas, which runs are cut."""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx
import pandas as pd

from geoplan.analysis.networks.deprivation import NEED_RATES, Parted, parted, rates
from geoplan.analysis.networks.graphs import authority_of
from geoplan.auditing.comparing import contiguity_graph
from geoplan.auditing.focus import authority_names
from geoplan.auditing.results import AuditResult
from geoplan.schema import NEED_COLUMNS, Layer
from geoplan.schema.indicators import INDICATOR_COLUMNS, values_of
from geoplan.schema.need import england

__all__ = ["NEED_TABLE", "need_table"]

NEED_TABLE = ("layer", "code", "name", *NEED_COLUMNS, *NEED_RATES, "parted")


def need_table(result: AuditResult) -> pd.DataFrame:
    """Return need by area of each layer audited, with that of England first.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    pandas.DataFrame
        ``layer``, ``code``, ``name``; `geoplan.schema.NEED_COLUMNS` (people; missing where nobody counts them, or a
        part of unknown size decides), `NEED_RATES` (0 to 1), and ``parted``: neighbouring authorities on both sides of
        the area's border in each of which a fifth of residents or more live in the most deprived tenth of small areas,
        joined by ";"; ``indicator`` too where the user gave one. Areas of boundary files have estimates from
        postcodes. Without rows where nothing is counted.
    """
    if not set(NEED_COLUMNS) <= set(result.blocks):
        return pd.DataFrame(columns=list(NEED_TABLE))
    nation = england(result.blocks)
    if result.indicator is not None:
        held = england(result.blocks, INDICATOR_COLUMNS)
        nation = nation.assign(indicator=values_of(held, result.indicator.kind))
    tables = [nation.join(rates(nation)).assign(layer="", name="England", parted="").reset_index()]
    graph = contiguity_graph(tuple(sorted(set(result.blocks["lad"]))))
    tables += [_of_layer(layer, result, graph) for layer in result.weighed.values() if layer.blocks is None]
    columns = [*NEED_TABLE, *(() if result.indicator is None else ["indicator"])]
    return pd.concat([table.reindex(columns=columns) for table in tables], ignore_index=True)


def _of_layer(layer: Layer, result: AuditResult, graph: nx.Graph) -> pd.DataFrame:
    areas = pd.DataFrame(layer.areas.drop(columns="geometry", errors="ignore"))
    areas = areas.reindex(columns=["name", *NEED_COLUMNS, *INDICATOR_COLUMNS])
    if result.indicator is not None:
        areas["indicator"] = values_of(areas, result.indicator.kind)
    found: dict[str, list[Parted]] = {}
    for each in parted(layer, result.blocks, graph):
        found.setdefault(each.area, []).append(each)
    said = [_parted_words(found.get(str(code), ()), layer) for code in areas.index]
    table = areas.join(rates(areas)).assign(layer=layer.key, parted=said)
    return table.rename_axis("code").reset_index()


def _parted_words(found: Iterable[Parted], layer: Layer) -> str:
    """Name neighbours that a border parts: ours, theirs and the area theirs lies in."""
    names = authority_names()
    told = dict.fromkeys(
        f"{names.get(authority_of(each.block), each.block)} / {names.get(authority_of(each.beside), each.beside)} "
        f"({layer.name(each.other) if each.other else 'in none'})"
        for each in found
    )
    return "; ".join(told)
