"""The sheets of areas, their members and their commuting."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from geoplan.analysis.networks.graphs import authority_of
from geoplan.auditing.results import AuditResult
from geoplan.commuting.leaks import WEAK
from geoplan.data.official.figures import Measure, by_area, held_measures
from geoplan.data.shipped import package_data
from geoplan.data.tables.own_columns import named_apart
from geoplan.output.tables import commuting
from geoplan.output.workbook.sheet_parts import Sheet, stacked, sureness
from geoplan.schema import REST, Layer, wording

__all__ = [
    "LOOKED_AT",
    "areas_sheet",
    "labour_sheet",
    "leaks_sheet",
    "members_sheet",
    "own_columns",
]

LEAKS = 10
LOOKED_AT = 2_000
"""Rows by which a column's width is chosen."""


def areas_sheet(result: AuditResult) -> Sheet:
    """Return the sheet of areas: a row for each area of each layer."""
    names = {
        "layer": "Layer",
        "code": "Code",
        "name": "Name",
        "people": "People",
        "working_age": "People aged 16 to 64",
        "postcodes": "Postcodes",
        "km2": "Area (km²)",
        "confidence": "Confidence",
        "lead_body": "Lead body",
        "not_assessed": "Not assessed",
        "estimated": "Estimated from postcodes",
    }
    measures = held_measures() if result.atlas else ()
    fetched = [heading for measure in measures for heading in _headings(measure)]
    tables, own = [], own_columns(result.layers.values(), [*names.values(), *fetched])
    for key, layer in result.weighed.items():
        rows = pd.DataFrame(layer.areas.drop(columns="geometry", errors="ignore")).rename_axis("code").reset_index()
        rows["confidence"] = [wording.membership(row) for row in rows.to_dict("records")]
        rows["km2"] = rows["area_m2"] / 1e6 if "area_m2" in rows else math.nan
        mine = {heading: rows[name] for name, heading in own.items() if name in layer.own}
        beside = [_fetched(measure, layer, result.blocks).reindex(rows["code"]) for measure in measures]
        told = {heading: table[heading].to_numpy() for table in beside for heading in table}
        tables.append(rows.assign(layer=key, estimated=layer.parts is None, **told, **mine))
    kinds = dict.fromkeys(("People", "People aged 16 to 64", "Postcodes"), "count") | {"Area (km²)": "km2"}
    kinds |= {heading: kind for measure in measures for heading, kind in _headings(measure).items()}
    about = "Every area of every geography" + ("; last, columns of your own files" if own else "")
    table = stacked(tables, [*names, *fetched, *own.values()]).rename(columns=names)
    return Sheet("Areas", about, table, kinds | dict.fromkeys(own.values(), "value"))


def _headings(measure: Measure) -> dict[str, str]:
    """Return the headings of what was fetched of each area, with their kinds; the last says what to know of it."""
    title = f"{wording.capital(measure.title)} ({measure.one.name})"
    if not measure.is_rate:
        return {title: "count", f"{title}: note": "long"}
    return {title: "share", f"{title}: from": "share", f"{title}: to": "share", f"{title}: note": "long"}


def _fetched(measure: Measure, layer: Layer, blocks: pd.DataFrame) -> pd.DataFrame:
    """Return what was fetched of each area of a layer of blocks, by code."""
    headings = list(_headings(measure))
    if layer.parts is None or layer.blocks is not None:
        return pd.DataFrame(columns=headings)
    found = by_area(measure, layer.parts, blocks)
    columns = ["value", "low", "high", "note"] if measure.is_rate else ["value", "note"]
    return found[columns].set_axis(headings, axis=1)


def own_columns(layers: Iterable[Layer], taken: Iterable[str]) -> dict[str, str]:
    """Return the columns of the user's own in any of some layers, each with a name that no other has."""
    return named_apart(dict.fromkeys(name for layer in layers for name in layer.own), taken)


def members_sheet(result: AuditResult) -> Sheet:
    """Return the sheet of members: a row for each block, or part of one, of each area."""
    columns = ["Layer", "Area code", "Area name", "Block", "Authority code", "Authority name", "Part", "Share",
               "People", "Confidence"]  # fmt: skip
    authorities = package_data.shipped_table("authorities.csv").set_index("lad_code")["name"]
    tables = [pd.DataFrame(columns=columns)]
    for key, layer in result.layers.items():
        if layer.parts is None or layer.blocks is not None:
            continue
        parts = layer.parts.sort_values(["code", "block"], kind="stable")
        lads = parts["block"].map(authority_of)
        people = result.blocks["people"].reindex(parts["block"]).to_numpy() * parts["share"].to_numpy()
        cells = (key, parts["code"], parts["code"].map(layer.areas["name"]), parts["block"], lads,
                 lads.map(authorities), ~(parts["share"] == 1), parts["share"], people, sureness(parts))  # fmt: skip
        tables.append(pd.DataFrame(dict(zip(columns, cells, strict=True))))
    about = "Which authorities, or sides of split ones, each area is made of"
    left_out = [key for key, layer in result.layers.items() if layer.parts is None or layer.blocks is not None]
    if left_out:
        about += f" (not of {wording.listed(left_out)}: drawings, and lookups, which are tables of members themselves)"
    return Sheet("Memberships", about, stacked(tables, columns), {"Share": "share", "People": "count"})


def labour_sheet(result: AuditResult) -> Sheet:
    """Return the sheet of commuting: a row for each area whose commuting is known."""
    names = {
        "layer": "Layer",
        "code": "Code",
        "name": "Name",
        "size": "Residents in work",
        "jobs": "Jobs",
        "live_and_work": "Live and work in the area",
        "supply": "Supply-side self-containment",
        "demand": "Demand-side self-containment",
        "validity": "Labour market score",
        "passes": "Would pass",
        "leak_out_code": "Most leave for: code",
        "leak_out_name": "Most leave for: name",
        "leak_out_workers": "Workers leaving",
        "leak_out_share": "Share of residents in work",
        "leak_out_certainty": "Most leave for: how sure",
        "leak_in_code": "Most come from: code",
        "leak_in_name": "Most come from: name",
        "leak_in_workers": "Workers coming",
        "leak_in_share": "Share of jobs",
        "leak_in_certainty": "Most come from: how sure",
        "flows": "Commuting is",
    }
    tables = [
        commuting.containment_table(told).assign(layer=key, flows=told.flows.kind)
        for key, told in result.contained.items()
    ]
    counts = ("size", "jobs", "live_and_work", "leak_out_workers", "leak_in_workers")
    shares = ("supply", "demand", "leak_out_share", "leak_in_share")
    kinds = {names[each]: "count" for each in counts} | {names[each]: "share" for each in shares}
    kinds["Labour market score"] = "index"
    about = "How self-contained each area is as a labour market"
    return Sheet("Labour markets", about + _no_commuting(result), stacked(tables, list(names)).rename(columns=names),
                  kinds)  # fmt: skip


def leaks_sheet(result: AuditResult) -> Sheet:
    """Return the sheet of leaks: the largest of each area, out and in."""
    columns = ["Layer", "Code", "Name", "Direction", "Other code", "Other name", "Workers", "Share", "Weak"]
    tables = [pd.DataFrame(columns=columns)]
    for key, told in result.contained.items():
        leaks = told.found.leaks.groupby(["code", "direction"], sort=False).head(LEAKS)
        names = told.layer.areas["name"].to_dict() | {REST: "in no area"}
        cells = (key, leaks["code"], leaks["code"].map(names), leaks["direction"], leaks["other"],
                 leaks["other"].map(names), leaks["workers"], leaks["share"],
                 leaks["weak"].map({True: WEAK, False: ""}))  # fmt: skip
        tables.append(pd.DataFrame(dict(zip(columns, cells, strict=True))))
    about = (
        f"Where most workers of each area go (out; share of its residents in work) and come from (in; share of its "
        f"jobs), at most {LEAKS} places each{_no_commuting(result)}"
    )
    return Sheet("Leaks", about, stacked(tables, columns), {"Workers": "count", "Share": "share"})


def _no_commuting(result: AuditResult) -> str:
    return "" if result.contained else " (no commuting was looked at)"
