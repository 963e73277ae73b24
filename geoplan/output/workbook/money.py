"""The sheets of money: what areas have per head, and what of it would lie in the pieces of each comparison."""

from __future__ import annotations

from geoplan.analysis.money import is_funded, per_head
from geoplan.auditing.results import AuditResult
from geoplan.output.summary import ranking
from geoplan.output.tables.money import money_table
from geoplan.output.workbook.sheet_parts import Sheet, stacked
from geoplan.schema import wording

__all__ = ["money_sheets"]

AREAS = {
    "layer": "Layer",
    "code": "Code",
    "name": "Name",
    "amount_total": "Amount in all (£)",
    "amount_per_year": "Amount a year (£)",
    "amount_period": "Period",
    "amount_note": "Said of the amount",
    "working_age": "People aged 16 to 64",
    "total_per_working_age": "In all, per resident of working age (£)",
    "per_year_per_working_age": "A year, per resident of working age (£)",
    "out_of_work": "People out of work",
    "total_per_out_of_work": "In all, per person out of work (£)",
    "per_year_per_out_of_work": "A year, per person out of work (£)",
    "places": "Places",
    "places_per_1000_out_of_work": "Places per 1,000 people out of work",
    "amount_source": "Source of the amount",
    "places_source": "Source of the places",
    "confidence": "Confidence of the members",
}
PIECES = {
    "left_layer": "Left layer",
    "left_code": "Left code",
    "left_name": "Left name",
    "amount_total": "Amount in all (£)",
    "amount_per_year": "Amount a year (£)",
    "right_layer": "Right layer",
    "right_code": "Right code",
    "right_name": "Right name",
    "cut": "Cut piece",
    "working_age": "People aged 16 to 64",
    "working_age_share": "Share of left (people aged 16 to 64)",
    "estimated_total": "Estimate in all, by working age (£)",
    "estimated_per_year": "Estimate a year, by working age (£)",
    "estimated_places": "Estimate of places, by working age",
    "out_of_work": "People out of work",
    "out_of_work_share": "Share of left (people out of work)",
    "estimated_total_by_need": "Estimate in all, by people out of work (£)",
    "estimated_per_year_by_need": "Estimate a year, by people out of work (£)",
    "estimated_places_by_need": "Estimate of places, by people out of work",
}

BESIDE = {AREAS["amount_period"], AREAS["amount_source"], PIECES["right_layer"]}
"""Texts that stand to the right of numbers."""


def money_sheets(result: AuditResult) -> list[Sheet]:
    """Return the sheets of money, none where no amount and no place is known of any area audited."""
    if not any(is_funded(layer) for layer in result.layers.values()):
        return []
    return [_areas_sheet(result), _pieces_sheet(result)]


def _areas_sheet(result: AuditResult) -> Sheet:
    tables = []
    for key, layer in result.weighed.items():
        told = per_head(layer).rename_axis("code").reset_index()
        told["confidence"] = [wording.plain_confidence(each) for each in told["confidence"]]
        tables.append(told.assign(layer=key))
    kinds = {heading: _kind(heading) for heading in AREAS.values() if _kind(heading)}
    about = (
        "What areas are given and how many places, per resident of working age and per person out of work; amounts in "
        "all and amounts a year are never made of one another; people out of work are counted in England only"
    )
    return Sheet("Money", about, stacked(tables, list(AREAS)).rename(columns=AREAS), kinds)


def _pieces_sheet(result: AuditResult) -> Sheet:
    tables = []
    asked = [pair.keys for pair in ranking.asked_pairs(result)]
    for pair in sorted(result.pairs, key=lambda pair: pair.keys not in asked):
        rows = money_table(pair)
        rows["right_name"] = rows["right_name"].where(rows["right_code"] != "", "in none")
        tables.append(rows.assign(left_layer=pair.keys[0], right_layer=pair.keys[1]))
    about = (
        "What of each area's money would lie in each area of another geography, if money followed people: an estimate; "
        "the pieces of an area sum to its amount"
    )
    kinds = {heading: _kind(heading) for heading in PIECES.values() if _kind(heading)}
    return Sheet("Money by overlap", about, stacked(tables, list(PIECES)).rename(columns=PIECES), kinds)


def _kind(heading: str) -> str:
    """Return how a column is shown: sums in pounds, rates to the penny, people whole, shares as per cent."""
    if heading.startswith(("In all, per", "A year, per")):
        return "pounds a head"
    if heading.endswith("(£)"):
        return "pounds"
    if heading.startswith("Share of"):
        return "share"
    if heading in BESIDE:
        return "beside"
    counted = heading.startswith(("People", "Places", "Estimate of places"))
    return "count" if counted else ""
