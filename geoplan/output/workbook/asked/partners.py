"""The sheet of partners: with whom an area shares ground, in every geography, and who leads there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from geoplan.auditing.focus import Partner, focus_pairs, partners_of
from geoplan.auditing.results import AuditResult, Pair
from geoplan.output.summary.ranking import asked_pairs
from geoplan.output.workbook.sheet_parts import AMOUNTS, Sheet
from geoplan.schema import Layer, Weight, assessed, layer_wording, wording

__all__ = ["PARTNERS", "SHARE", "partners_sheet"]

PARTNERS = "Our partners"
SHARE, SHARE_OF_PARTNER = "Share of the area", "Share of the partner"
COLUMNS = ("Area", "Area code", "Geography", "Status", "Partner", "Partner code", "How they fit")


def partners_sheet(result: AuditResult) -> list[Sheet]:
    """Return the sheet of partners.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    list of Sheet
        A row for each partner of the focus in each other geography, those in force first; without a focus, of each
        area of the first geography asked for, in the geographies that it was compared with. None where nothing was
        compared.
    """
    found = list(_compared(result))
    if not found:
        return []
    ground = result.weight is Weight.AREA
    unit = "km²" if ground else AMOUNTS[result.weight]
    shared, whole = f"{unit} shared", f"{unit} of the partner"
    columns = [*COLUMNS, shared, SHARE, SHARE_OF_PARTNER, whole, "Lead body", "Confidence of the members"]
    others = {key: result.weighed[key] for key in dict.fromkeys(pair.keys[1] for pair, _ in found)}
    told = {
        key: (layer_wording.status(layer, result.as_of), layer.areas.to_dict("index")) for key, layer in others.items()
    }
    rows = [
        _row(partner, pair, code, *told[pair.keys[1]], result.weight)
        for pair, code in found
        for partner in partners_of(pair, code, result, apart=True)
    ]
    kinds = dict.fromkeys((shared, whole), "km2" if ground else "count")
    kinds |= dict.fromkeys((SHARE, SHARE_OF_PARTNER), "share") | {"Lead body": "beside"}
    return [Sheet(PARTNERS, _about(result, found[0][0].overlay.left), pd.DataFrame(rows, columns=columns), kinds)]


def _compared(result: AuditResult) -> Iterator[tuple[Pair, str]]:
    """Yield the comparisons to tell of, each with the area whose partners these are, those in force first."""
    if result.focus is not None:
        pairs = [(pair, str(pair.relations.index[0])) for pair in focus_pairs(result, result.focus).values()]
        yield from sorted(pairs, key=lambda each: _is_past(each[0], result))
        return
    asked = asked_pairs(result)
    own = [pair for pair in asked if pair.keys[0] == asked[0].keys[0]]
    ordered = sorted(own, key=lambda pair: _is_past(pair, result))
    for code in ordered[0].overlay.left.areas.index if ordered else ():
        yield from ((pair, str(code)) for pair in ordered if code not in pair.outside)


def _is_past(pair: Pair, result: AuditResult) -> bool:
    return bool(layer_wording.not_in_force(pair.overlay.right, result.as_of))


def _about(result: AuditResult, left: Layer) -> str:
    if result.focus is not None:
        return f"Whom {result.focus.name} shares ground with, geography by geography, and who leads there"
    return f"Whom the {layer_wording.many(left)} share ground with, geography by geography, and who leads there"


def _row(
    partner: Partner, pair: Pair, code: str, status: str, areas: Mapping[Any, Mapping[Any, Any]], weight: Weight
) -> tuple[Any, ...]:
    """Return what the sheet says of one partner of an area."""
    known, scale = areas.get(partner.code, {}), 1e6 if weight is Weight.AREA else 1.0
    shared, whole = (
        None if (amount := assessed(each)) is None else amount / scale
        for each in (partner.people, known.get(weight.column))
    )
    return (
        pair.overlay.left.name(code), code, partner.layer, status, partner.area, partner.code, partner.relation, shared,
        partner.share, partner.share_of_area, whole, known.get("lead_body") or "",
        wording.membership(known) if known else "",
    )  # fmt: skip
