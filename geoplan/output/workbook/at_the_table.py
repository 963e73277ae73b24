"""The sheets of who sits at the table, and of authorities by geography."""

from __future__ import annotations

from collections import Counter

from geoplan.analysis.networks import crosswalk, seating
from geoplan.analysis.networks.graphs import authority_of
from geoplan.auditing.results import AuditResult
from geoplan.output.workbook.sheet_parts import Sheet, stacked

__all__ = ["bodies_sheet", "crosswalk_sheet"]


def bodies_sheet(result: AuditResult) -> Sheet:
    """Return the sheet of bodies: a row for each that leads an area or sits at its table, plain members apart."""
    names = {
        "layer": "Layer",
        "code": "Area code",
        "name": "Area name",
        "body": "Body",
        "role": "Role",
        "tier": "Tier",
        "lad": "Authority code",
        "confidence": "Confidence",
        "source": "Source",
    }
    tables = [seating.at_the_table(layer) for layer in result.layers.values()]
    about = "Who leads each area or sits at its table; non-constituent members and partners are not in the area"
    return Sheet("Bodies", about, stacked(tables, list(names)).rename(columns=names), {"Source": "long"})


def crosswalk_sheet(result: AuditResult) -> Sheet:
    """Return the sheet of authorities by geography: a row an authority, a column a geography, cells name the areas."""
    here = None if result.focus is None else sorted({authority_of(block) for block in result.focus.blocks})
    table = crosswalk.crosswalk(result.layers.values(), authorities=here)
    shared = Counter(layer.title for layer in result.layers.values())
    called = [(key, layer.title) for key, layer in result.layers.items()]
    titles = {key: title if shared[title] == 1 else f"{title} ({key})" for key, title in called}
    titled = table.rename(columns={"code": "Authority code", "name": "Authority name", **titles})
    whose = "" if result.focus is None else f" of {result.focus.name}"
    about = f"Which areas of each geography every authority{whose} is in; (part): they hold only a part of it"
    return Sheet("Crosswalk", about, titled, {})
