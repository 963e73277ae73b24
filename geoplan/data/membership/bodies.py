"""Who sits at the table of an area: leads, constituent members, and bodies that hold no ground."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from geoplan.data.days import parse_day
from geoplan.data.shipped.roles import LEAD, MEMBER, NO_LEAD, holds_ground, plain_roles
from geoplan.schema import BODY_COLUMNS

if TYPE_CHECKING:
    from geoplan.data.places import Authorities

__all__ = ["bodies_of"]

ROLES = (LEAD, "accountable", "constituent", MEMBER, "non-constituent", "partner")
ORDER = {role: at for at, role in enumerate(ROLES)}


def bodies_of(rows: pd.DataFrame, authorities: Authorities, day: date) -> pd.DataFrame:
    """List who sits at the table of each area on a day, plain members apart.

    Parameters
    ----------
    rows
        All columns of a membership table, as text.
    authorities
        The reference.
    day
        The day; who joined or left on days that are not known is listed.

    Returns
    -------
    pandas.DataFrame
        `BODY_COLUMNS`: ``lad`` is the code of an authority, empty for other bodies.
    """
    roles = plain_roles(rows["role"])
    sitting = ~roles.isin([MEMBER, ""]) | ~holds_ground(rows)
    seats = [
        _seat(row, role, authorities)
        for row, role in zip(rows[sitting].to_dict("records"), roles[sitting], strict=True)
        if _sits(row["valid_from"], row["valid_to"], day)
    ]
    # Lead bodies that stand beside the areas only.
    named = rows[~rows["lead_body"].isin(["", NO_LEAD]) & ~rows["area_id"].isin(rows["area_id"][roles == LEAD])]
    seats += [_lead(row, authorities) for row in named.drop_duplicates("area_id").to_dict("records")]
    once: dict[tuple[str, str, str], _Seat] = {}
    for seat in seats:
        once.setdefault((seat.area, seat.body, seat.role), seat)
    ranked = sorted(once.values(), key=lambda seat: (seat.area, ORDER.get(seat.role, len(ORDER))))
    return pd.DataFrame(ranked, columns=list(BODY_COLUMNS), dtype=str)


class _Seat(NamedTuple):
    """A body at the table of an area: `BODY_COLUMNS`."""

    area: str
    body: str
    lad: str
    tier: str
    role: str
    source: str
    confidence: str


def _seat(row: Mapping[Any, str], role: str, authorities: Authorities) -> _Seat:
    """Return who a row says has a seat; who leads is surer or less sure than that it is a member."""
    leads = role == LEAD and row["lead_body"] != ""
    written = row["lead_body"] if leads else row["lad_name"] or row["lad_code"]
    source, confidence = ((leads and row[f"lead_{name}"]) or row[name] for name in ("source", "confidence"))
    lad = _authority(row["lad_code"], row["lad_name"], row["body"], authorities)
    return _Seat(row["area_id"], row["body"] or written, lad, row["tier"], role, source, confidence)


def _lead(row: Mapping[Any, str], authorities: Authorities) -> _Seat:
    """Return the lead body that a row names."""
    body, source = row["lead_body"], row["lead_source"] or row["source"]
    return _Seat(row["area_id"], body, _authority("", "", body, authorities), "", LEAD, source, row["lead_confidence"])


def _authority(code: str, name: str, body: str, authorities: Authorities) -> str:
    """Return the code of the one authority that sits at the table, of either tier; empty for others."""
    if known := authorities.code(code) or authorities.code(name):
        return known
    named = authorities.named(name or body)
    return named[0] if len(named) == 1 else ""


def _sits(first: str, last: str, day: date) -> bool:
    start, end = parse_day(first, end=False) or date.min, parse_day(last, end=True) or date.max
    return start <= day <= end
