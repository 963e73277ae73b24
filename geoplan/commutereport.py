"""Labour market areas and self-containment as text, CSV and JSON."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import pandas as pd

from geoplan import wording
from geoplan.commuting import LOUVAIN, Contained, Markets
from geoplan.schema import REST, Flows

__all__ = [
    "containment_json",
    "containment_table",
    "containment_text",
    "markets_json",
    "markets_table",
    "markets_text",
    "matrix_table",
]

WIDTH = 100
LINES = 14
LEAKS = 5


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
    return f"{between} Set aside: {left}." if left else between


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


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
        "notes": [note.message for note in flows.notes],
    }


# ------------------------------------------------------------------------------------- labour market areas


def markets_table(told: Markets) -> pd.DataFrame:
    """Return labour market areas as rows, one a zone.

    Parameters
    ----------
    told
        From `geoplan.commuting.delineated`.

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


def _steadiness(told: Markets) -> pd.Series:
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
        From `geoplan.commuting.delineated`.

    Returns
    -------
    str
        ``areas`` (their number), ``method``, ``test``, ``rest`` (null under uk), ``criteria``, ``flows``,
        ``table`` (one object an area), ``dropped`` and ``reserved`` zones, ``likeness`` to partnerships,
        ``not_compared`` ones, ``runs``, and the trail where it was asked for.
    """
    found, steady = told.found, _steadiness(told)
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
    return _json(document)


def markets_text(told: Markets) -> str:
    """Return labour market areas for people.

    Parameters
    ----------
    told
        From `geoplan.commuting.delineated`.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    found = told.found
    least = found.criteria
    procedure = f"{found.method}, rest {found.rest}" if found.rest else found.method
    lines = [
        f"{wording.plural(len(found.areas), 'labour market area')} of {wording.plural(len(found.assignment), 'zone')}",
        *textwrap.wrap(flows_sentence(told.flows), WIDTH),
        *textwrap.wrap(
            f"Procedure {procedure}: at least {least.min_size:,.0f} working residents and "
            f"{least.target_containment:.1%} self-contained, down to {least.min_containment:.1%} from "
            f"{least.target_size:,.0f} on. Lowest score {found.areas['validity'].min():.3f} (1 passes).",
            WIDTH,
        ),
        *_doubts(told),
        "",
        *_market_lines(told),
        "",
        *_likeness_lines(told),
    ]
    return "\n".join(lines) + "\n"


def _doubts(told: Markets) -> list[str]:
    found, said = told.found, []
    if len(found.dropped):
        reasons = ", ".join(sorted(set(found.dropped["reason"])))
        said.append(f"In no area: {_some(list(found.dropped.index))} ({reasons}).")
    if len(found.invalid):
        said.append(f"Below the criteria all the same: {_some([told.names.get(a, a) for a in found.invalid.index])}.")
    if found.reserved:
        said.append(f"Given to their best link at the end: {_some(list(found.reserved))}.")
    if told.stability is not None:
        runs = told.stability.runs["areas"]
        loose = int((told.stability.zones["stability"] < 0.5).sum())
        said.append(
            f"Stability: {wording.plural(len(runs), 'run')} with shuffled order and flows drawn anew gave "
            f"{runs.min()} to {runs.max()} areas; {wording.number_of(loose, 'zone leaves', 'zones leave')} the core "
            "of the area in most of them."
        )
    return [line for text in said for line in textwrap.wrap(text, WIDTH)]


def _some(items: list[Any]) -> str:
    more = f" and {len(items) - LEAKS} more" if len(items) > LEAKS else ""
    return ", ".join(map(str, items[:LEAKS])) + more


def _market_lines(told: Markets) -> list[str]:
    steady = _steadiness(told)
    ranked = told.found.areas.sort_values("size", ascending=False, kind="stable")
    lines = [f"{'':<38}{'zones':>7}{'residents':>12}{'stay':>8}{'jobs own':>10}{'score':>8}{'stable':>8}"]
    for area, row in ranked.head(LINES).iterrows():
        name = str(told.names.get(area, area))
        stable = f"{steady[area]:>8.0%}" if area in steady.index else f"{'':>8}"
        lines.append(
            f"{name[:37]:<38}{row['zones']:>7}{row['size']:>12,.0f}{row['supply']:>8.0%}{row['demand']:>10.0%}"
            f"{row['validity']:>8.3f}{stable}"
        )
    if len(ranked) > LINES:
        lines.append(f"and {len(ranked) - LINES} smaller ones; --format csv lists every zone, --format json every area")
    lines.append("stay: of its working residents, those who work in it; jobs own: of its jobs, those they fill.")
    return lines


def _likeness_lines(told: Markets) -> list[str]:
    lines = [f"{'How like them are':<62}{'areas':>7}{'V-measure':>11}"]
    for title, row in told.likeness.iterrows():
        note = " (no promise of self-containment)" if title == LOUVAIN else ""
        lines.append(f"{(str(title) + note)[:61]:<62}{int(row['areas']):>7}{row['v_measure']:>11.3f}")
    if told.not_compared:
        lines += textwrap.wrap(
            f"Not compared, for they hold none of these zones: {', '.join(told.not_compared)}.", WIDTH
        )
    return lines


# ----------------------------------------------------------------------------------------- self-containment


def containment_table(told: Contained) -> pd.DataFrame:
    """Return how self-contained the areas of a layer are, as rows, one an area.

    Parameters
    ----------
    told
        From `geoplan.commuting.containment`.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``name``, size, jobs and live_and_work (workers), supply, demand (0 to 1), validity, passes,
        and the largest leak out and in, with its code, name, workers and share.
    """
    table = told.found.areas.reset_index()
    table.insert(1, "name", [told.layer.name(code) for code in table["code"]])
    for direction in ("out", "in"):
        leaks = told.found.leaks[told.found.leaks["direction"] == direction]
        first = leaks[leaks["other"] != REST].groupby("code").head(1).set_index("code")
        other = first["other"].reindex(table["code"])
        table[f"leak_{direction}_code"] = other.fillna("").to_numpy()
        table[f"leak_{direction}_name"] = ["" if pd.isna(code) else told.layer.name(code) for code in other]
        for name in ("workers", "share"):
            table[f"leak_{direction}_{name}"] = first[name].reindex(table["code"]).to_numpy()
    return table


def matrix_table(told: Contained) -> pd.DataFrame:
    """Return the workers between the areas of a layer.

    Parameters
    ----------
    told
        From `geoplan.commuting.containment`.

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
        From `geoplan.commuting.containment`.

    Returns
    -------
    str
        ``layer``, ``flows``, ``areas`` (each with its leaks, most first), ``cut``: labour market areas on
        both sides of a boundary, and ``apportioned`` zones.
    """
    leaks = dict(iter(told.found.leaks.groupby("code")))
    areas = [
        {
            "code": str(code),
            "name": told.layer.name(str(code)),
            **{name: _number(value) for name, value in row.items()},
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
            "parts": [{"code": code, "workers": amount} for code, amount in row["parts"]],
        }
        for market, row in told.cut.iterrows()
    ]
    said = {"layer": told.layer.key, "flows": _flows_record(told.flows), "criteria": dict(vars(told.found.criteria))}
    return _json({**said, "areas": areas, "cut": cut, "apportioned": list(told.found.apportioned)})


def _leak_records(told: Contained, leaks: pd.DataFrame) -> list[dict[str, Any]]:
    first = leaks.groupby("direction", sort=False).head(LEAKS)
    return [
        {
            "direction": row.direction,
            "code": row.other,
            "name": told.layer.name(str(row.other)) if row.other != REST else "",
            "workers": float(row.workers),
            "share": _number(row.share),
        }
        for row in first.itertuples()
    ]


def containment_text(told: Contained) -> str:
    """Return how self-contained the areas of a layer are, for people.

    Parameters
    ----------
    told
        From `geoplan.commuting.containment`.

    Returns
    -------
    str
        Lines of at most 100 characters, the least self-contained areas first.
    """
    table = containment_table(told).sort_values("validity", kind="stable")
    known = table[table["size"].notna()]
    passing = int(known["passes"].fillna(value=False).sum())
    lines = [
        *textwrap.wrap(
            f"{told.layer.title}: {passing} of {len(known)} areas would pass as labour market areas.", WIDTH
        ),
        *textwrap.wrap(flows_sentence(told.flows), WIDTH),
    ]
    if told.found.apportioned:
        count = wording.plural(len(told.found.apportioned), "zone")
        how = "by the people at their postcodes (estimate)" if told.estimated else "by people"
        lines += textwrap.wrap(f"{count} in several areas, or partly in none, shared {how}.", WIDTH)
    lines += ["", f"{'':<38}{'residents':>11}{'stay':>7}{'jobs own':>10}{'score':>8}  largest leak"]
    for _, row in known.iterrows():
        leak = f"{row['leak_out_share']:.0%} to {row['leak_out_name']}" if row["leak_out_code"] else "none"
        mark = " " if row["passes"] is True or bool(row["passes"]) else "!"
        line = (
            f"{mark} {str(row['name'])[:35]:<36}{row['size']:>11,.0f}{_percent(row['supply']):>7}"
            f"{_percent(row['demand']):>10}{row['validity']:>8.3f}  {leak}"
        )
        lines.append(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…")
    vague = table[table["size"].isna()]
    if len(vague):
        lines += textwrap.wrap(f"Not assessed, for parts of unknown size: {_some(list(vague['name']))}.", WIDTH)
    lines.append("! would not pass. stay: of its working residents, those who work in it;")
    lines.append("jobs own: of its jobs, those that its residents fill.")
    lines += _cut_lines(told)
    return "\n".join(lines) + "\n"


def _percent(share: Any) -> str:
    return "–" if pd.isna(share) else f"{share:.0%}"


def _cut_lines(told: Contained) -> list[str]:
    if told.cut.empty:
        return []
    count = wording.number_of(len(told.cut), "labour market area is", "labour market areas are")
    lines = ["", f"{count} cut; most commuters across the boundary:"]
    for market, row in told.cut.head(LEAKS).iterrows():
        parts = [told.layer.name(code) if code != REST else "none" for code, _ in row["parts"]]
        line = f"{row['crossing']:>12,.0f}  {told.market_names.get(market, market)}: {', '.join(parts)}"
        lines.append(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…")
    return lines
