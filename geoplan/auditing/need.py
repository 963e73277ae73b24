"""Need as rows: who is out of work in each area, who lives in the most deprived small areas, which runs are cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from geoplan.analysis.networks.deprivation import NEED_RATES, Parted, deprived_runs, parted, rates
from geoplan.analysis.networks.graphs import authority_of
from geoplan.analysis.networks.runs import Run
from geoplan.auditing.comparing import contiguity_graph
from geoplan.auditing.focus import authority_names
from geoplan.auditing.results import AuditResult
from geoplan.schema import NEED_COLUMNS, REST, Layer, layer_wording
from geoplan.schema.indicators import INDICATOR_COLUMNS, values_of
from geoplan.schema.need import england

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["NEED_TABLE", "RUN_TABLE", "need_table", "run_table", "runs_frame"]

NEED_TABLE = ("layer", "code", "name", *NEED_COLUMNS, *NEED_RATES, "parted")

RUN_TABLE = ("layer", "run", "units", "members", "people", "areas", "area_names", "cut")


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


def run_table(result: AuditResult) -> pd.DataFrame:
    """Return the runs of deprived neighbours, and which of them borders of each layer audited cut.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    pandas.DataFrame
        ``layer``; ``run`` (from 1), ``units`` (how many), ``members`` (names of the authorities, or sides of one, in
        each of which a fifth of residents or more live in the most deprived tenth of small areas, joined by ";"),
        ``people`` (who live in that tenth there), ``areas`` (codes, ";"), ``area_names``, and ``cut`` (whether no area
        holds all of the run). Without rows where nothing is counted.
    """
    rows: list[pd.DataFrame] = []
    if set(NEED_COLUMNS) <= set(result.blocks):
        graph, names = contiguity_graph(tuple(sorted(set(result.blocks["lad"])))), authority_names()
        for layer in result.weighed.values():
            found = deprived_runs(layer, result.blocks, graph)
            called = {block: names.get(authority_of(block), block) for run in found for block in run.members}
            rows.append(runs_frame(found, called, layer).assign(layer=layer.key))
    return pd.concat([pd.DataFrame(columns=list(RUN_TABLE)), *rows], ignore_index=True)[list(RUN_TABLE)]


def runs_frame(found: Iterable[Run], called: Mapping[str, str], layer: Layer) -> pd.DataFrame:
    """Return runs as rows, without ``layer``; see `run_table`."""
    rows = [
        (number, len(run.members), "; ".join(dict.fromkeys(called.get(unit, unit) for unit in run.members)), run.people,
         ";".join(run.areas), "; ".join(_area_name(layer, area) for area in run.areas), run.cut)
        for number, run in enumerate(found, start=1)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(RUN_TABLE[1:])).astype({"cut": bool, "people": float})


def _area_name(layer: Layer, area: str) -> str:
    return layer_wording.not_found(layer) if area == REST else layer.name(area)


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
