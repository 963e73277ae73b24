"""Labour market areas and self-containment as tables and JSON."""

from __future__ import annotations

from math import nan
from typing import Any

import pandas as pd

from geoplan.commuting.delineated import Markets
from geoplan.commuting.leaks import Largest, alternatives, largest_leaks, leak_words
from geoplan.commuting.self_containment import Contained
from geoplan.output.tables.cells import as_json
from geoplan.schema import REST, Flows, paragraph

__all__ = [
    "LEAKS",
    "containment_json",
    "containment_table",
    "flows_sentence",
    "markets_json",
    "markets_table",
    "matrix_table",
    "steadiness",
]

LEAKS = 5
NONE = Largest((), (), nan, weak=False)


def flows_sentence(flows: Flows) -> str:
    """Say where flows come from, how many workers they hold, and who is set aside.

    Parameters
    ----------
    flows
        Any flows.

    Returns
    -------
    str
        A sentence or two; modelled flows are called so.
    """
    kind = "Modelled, not counted" if flows.kind == "modelled" else "Commuting"
    aside = flows.set_aside.groupby("reason")["workers"].sum().sort_values(ascending=False)
    left = ", ".join(f"{amount:,.0f} {reason}" for reason, amount in aside.items())
    between = f"{kind}: {flows.dated}; {flows.workers:,.0f} workers between {len(flows.zones):,} zones."
    return paragraph(between, f"Set aside: {left}." if left else "", flows.silence)


def _number(value: Any) -> Any:
    """Return a value as JSON has it; null where it is missing."""
    if value is None or pd.isna(value):
        return None
    return bool(value) if isinstance(value, bool) else value.item() if hasattr(value, "item") else value


def _flows_record(flows: Flows) -> dict[str, Any]:
    aside = flows.set_aside.groupby("reason")["workers"].sum()
    return {
        "source": flows.source,
        "year": flows.year,
        "kind": flows.kind,
        "workers": flows.workers,
        "set_aside": {str(reason): float(amount) for reason, amount in aside.items()},
        "notes": [*(note.message for note in flows.notes), *filter(None, [flows.silence])],
    }


def markets_table(told: Markets) -> pd.DataFrame:
    """Return labour market areas as rows, one a zone.

    Parameters
    ----------
    told
        From `geoplan.commuting.delineated.delineated`.

    Returns
    -------
    pandas.DataFrame
        ``zone``, ``area`` (empty for zones that are in none) and ``stability`` (0 to 1; missing without runs).
    """
    assignment = told.found.assignment
    zones = told.flows.zones.union(assignment.index)
    steady = pd.Series(dtype=float) if told.stability is None else told.stability.zones["stability"]
    area = assignment.reindex(zones).fillna("").to_numpy()
    return pd.DataFrame({"zone": zones, "area": area, "stability": steady.reindex(zones).to_numpy()})


def steadiness(told: Markets) -> pd.Series:
    """Return area -> share of runs in which its working residents stay with its core, on average."""
    if told.stability is None:
        return pd.Series(dtype=float)
    zones = told.stability.zones
    weight = told.flows.residents.reindex(zones.index).fillna(0.0)
    total = weight.groupby(zones["area"]).sum()
    return (weight * zones["stability"]).groupby(zones["area"]).sum() / total.where(total > 0)


def markets_json(told: Markets) -> str:
    """Return labour market areas as JSON.

    Parameters
    ----------
    told
        From `geoplan.commuting.delineated.delineated`.

    Returns
    -------
    str
        ``areas`` (their number), ``method``, ``test``, ``rest`` (null under uk), ``criteria``, ``flows``,
        ``table`` (one object an area), ``dropped`` and ``reserved`` zones, ``likeness`` to partnerships,
        ``not_compared`` ones, ``runs``, and the trail where it was asked for.
    """
    found, steady = told.found, steadiness(told)
    zones = found.assignment.groupby(found.assignment).apply(lambda own: sorted(map(str, own.index)))
    table = [
        {
            "area": str(area),
            "name": str(told.names.get(area, area)),
            "zones": zones[area],
            **{name: _number(row[name]) for name in ("size", "jobs", "live_and_work", "supply", "demand", "validity")},
            "valid": bool(row["valid"]),
            "stability": _number(steady.get(area)),
        }
        for area, row in found.areas.iterrows()
    ]
    document = {
        "areas": len(table),
        "method": found.method,
        "test": found.test,
        "rest": found.rest or None,
        "criteria": dict(vars(found.criteria)),
        "flows": _flows_record(told.flows),
        "table": table,
        "dropped": [{"zone": str(zone), "reason": str(row["reason"])} for zone, row in found.dropped.iterrows()],
        "reserved": list(found.reserved),
        "moved": list(found.moved),
        "likeness": [{k: _number(v) for k, v in row.items()} for row in told.likeness.reset_index().to_dict("records")],
        "not_compared": list(told.not_compared),
        "runs": [] if told.stability is None else [int(count) for count in told.stability.runs["areas"]],
    }
    if found.steps is not None:
        document["steps"] = [{k: _number(v) for k, v in row.items()} for row in found.steps.to_dict("records")]
    return as_json(document)


def containment_table(told: Contained) -> pd.DataFrame:
    """Return how self-contained the areas of a layer are, as rows, one an area.

    Parameters
    ----------
    told
        From `geoplan.commuting.self_containment.containment`.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``name``, size, jobs and live_and_work (workers), supply, demand (0 to 1), validity, passes,
        and the largest leak out and in, with its code, name, workers, share and certainty; where it is not clear
        which is the largest, the codes are joined by ";" and workers and share are missing.
    """
    table = told.found.areas.reset_index()
    table.insert(1, "name", [told.layer.name(code) for code in table["code"]])
    for direction in ("out", "in"):
        largest = largest_leaks(told.found, direction)
        leaks = [largest.get(str(code), NONE) for code in table["code"]]
        table[f"leak_{direction}_code"] = [";".join(leak.others) for leak in leaks]
        table[f"leak_{direction}_name"] = [alternatives(map(told.layer.name, leak.others)) for leak in leaks]
        table[f"leak_{direction}_workers"] = [leak.workers[0] if leak.clear else nan for leak in leaks]
        table[f"leak_{direction}_share"] = [leak.share if leak.clear else nan for leak in leaks]
        table[f"leak_{direction}_certainty"] = [leak.certainty if leak.others else "" for leak in leaks]
    return table


def matrix_table(told: Contained) -> pd.DataFrame:
    """Return the workers between the areas of a layer.

    Parameters
    ----------
    told
        From `geoplan.commuting.self_containment.containment`.

    Returns
    -------
    pandas.DataFrame
        ``origin``, ``destination`` (codes; empty for ground in no area) and ``workers``.
    """
    return told.found.between.reset_index()


def containment_json(told: Contained) -> str:
    """Return how self-contained the areas of a layer are, as JSON.

    Parameters
    ----------
    told
        From `geoplan.commuting.self_containment.containment`.

    Returns
    -------
    str
        ``layer``, ``flows``, ``areas`` (each with its leaks, most first), ``cut``: labour market areas on
        both sides of a boundary, and ``apportioned`` zones.
    """
    leaks, largest = dict(iter(told.found.leaks.groupby("code"))), largest_leaks(told.found)
    areas = [
        {
            "code": str(code),
            "name": told.layer.name(str(code)),
            **{name: _number(value) for name, value in row.items()},
            "largest_leak": leak_words(told, largest.get(str(code))),
            "leaks": _leak_records(told, leaks[code]) if code in leaks else [],
        }
        for code, row in told.found.areas.astype(object).iterrows()
    ]
    cut = [
        {
            "market": str(market),
            "name": str(told.market_names.get(market, market)),
            "residents": row["residents"],
            "crossing": row["crossing"],
            "weak": row["weak"],
            "parts": [{"code": code, "workers": amount} for code, amount in row["parts"]],
        }
        for market, row in told.cut.iterrows()
    ]
    said = {"layer": told.layer.key, "flows": _flows_record(told.flows), "criteria": dict(vars(told.found.criteria))}
    return as_json({**said, "areas": areas, "cut": cut, "apportioned": list(told.found.apportioned)})


def _leak_records(told: Contained, leaks: pd.DataFrame) -> list[dict[str, Any]]:
    first = leaks.groupby("direction", sort=False).head(LEAKS)
    return [
        {
            "direction": row.direction,
            "code": row.other,
            "name": told.layer.name(str(row.other)) if row.other != REST else "",
            "workers": float(row.workers),
            "share": _number(row.share),
            "weak": bool(row.weak),
            "rival": bool(row.rival),
        }
        for row in first.itertuples()
    ]
