"""The sheets of who holds what on the ground of the focus, and of who must sit at its table."""

from __future__ import annotations

from geoplan.auditing.holders.gathering import holders_table
from geoplan.auditing.profiles.profile import focus_profile
from geoplan.auditing.results import AuditResult
from geoplan.output.summary.profiled.table_seats import seats_table
from geoplan.output.workbook.sheet_parts import Sheet

__all__ = ["holder_sheets"]

HOLDERS = {
    "title": "Stream",
    "status": "Status",
    "body": "Held by",
    "name": "On the ground of",
    "relation": "How the area stands to it",
    "share": "Share of people",
    "people": "People",
    "beyond": "People beyond the area",
    "valid_from": "From",
    "valid_to": "To",
    "confidence": "Confidence",
    "kind": "Kind",
    "layer": "Layer",
    "code": "Area code",
    "source": "Source",
    "url": "Address",
    "note": "Note",
}
SEATS = {
    "body": "Body",
    "part": "Part in the area",
    "holds": "Holds there",
    "share": "Share of people",
    "confidence": "Confidence",
}


def holder_sheets(result: AuditResult) -> list[Sheet]:
    """Return the sheets of holders and of the table, of an audit about an area; of any other none."""
    found = focus_profile(result)
    if found is None:
        return []
    held = holders_table(found.held)[list(HOLDERS)].rename(columns=HOLDERS)
    seats = seats_table(found).rename(columns=SEATS)
    name = found.focus.name
    kinds = {"Share of people": "share", "People": "count", "People beyond the area": "count"}
    long = dict.fromkeys(("Source", "Address", "Note"), "long")
    about = f"Who holds which money and duties in {name}; a row without a relation: people whom no holder covers"
    return [
        Sheet("Holders", about, held, {**kinds, **long}),
        Sheet("Table", f"Who must sit at the table of {name}", seats, {**kinds, "Holds there": "long"}),
    ]
