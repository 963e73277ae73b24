"""Who sits at the table of an area: leads, constituent members, and bodies that hold no ground."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geoplan.data.days import parse_day
from geoplan.data.shipped.roles import LEAD, MEMBER, NO_LEAD, holds_ground, plain_roles
from geoplan.schema import BODY_COLUMNS

if TYPE_CHECKING:
    from geoplan.data.places import Authorities

__all__ = ["bodies_of"]

ORDER = (LEAD, "accountable", "constituent", MEMBER, "non-constituent", "partner")


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
    seated = rows.assign(role=roles)[~roles.isin([MEMBER, ""]) | ~holds_ground(rows)]
    sits = [_sits(first, last, day) for first, last in zip(seated["valid_from"], seated["valid_to"], strict=True)]
    seated = seated[np.array(sits, dtype=bool)]
    written_as = zip(seated["lad_code"], seated["lad_name"], seated["body"], strict=True)
    lads = [_authority(code, name, body, authorities) for code, name, body in written_as]
    written = seated["lad_name"].where(seated["lad_name"] != "", seated["lad_code"])
    # Who leads is surer or less sure than that it is a member.
    leading = (seated["role"] == LEAD) & (seated["lead_body"] != "")
    written = written.mask(leading, seated["lead_body"])
    for column in ("source", "confidence"):
        seated[column] = seated[column].mask(leading & (seated[f"lead_{column}"] != ""), seated[f"lead_{column}"])
    table = pd.DataFrame(
        {
            "area": seated["area_id"].to_numpy(),
            "body": seated["body"].where(seated["body"] != "", written).to_numpy(),
            "lad": lads,
            "tier": seated["tier"].to_numpy(),
            "role": seated["role"].to_numpy(),
            "source": seated["source"].to_numpy(),
            "confidence": seated["confidence"].to_numpy(),
        },
        columns=list(BODY_COLUMNS),
    )
    leads = _leads(rows[~rows["area_id"].isin(rows["area_id"][roles == LEAD])], authorities)
    both = pd.concat([table, leads]).drop_duplicates(["area", "body", "role"])
    rank = both["role"].map({role: at for at, role in enumerate(ORDER)}).fillna(len(ORDER))
    ranked = both.assign(rank=rank).sort_values(["area", "rank"], kind="stable").drop(columns="rank")
    return ranked.reset_index(drop=True)


def _leads(rows: pd.DataFrame, authorities: Authorities) -> pd.DataFrame:
    """Return the lead bodies that stand beside the areas only."""
    named = rows[~rows["lead_body"].isin(["", NO_LEAD])].drop_duplicates("area_id")
    return pd.DataFrame(
        {
            "area": named["area_id"].to_numpy(),
            "body": named["lead_body"].to_numpy(),
            "lad": [_authority("", "", body, authorities) for body in named["lead_body"]],
            "tier": "",
            "role": LEAD,
            "source": named["lead_source"].where(named["lead_source"] != "", named["source"]).to_numpy(),
            "confidence": named["lead_confidence"].to_numpy(),
        },
        columns=list(BODY_COLUMNS),
    )


def _authority(code: str, name: str, body: str, authorities: Authorities) -> str:
    """Return the code of the one authority that sits at the table, of either tier; empty for others."""
    if known := authorities.code(code) or authorities.code(name):
        return known
    named = authorities.named(name or body)
    return named[0] if len(named) == 1 else ""


def _sits(first: str, last: str, day: date) -> bool:
    start, end = parse_day(first, end=False) or date.min, parse_day(last, end=True) or date.max
    return start <= day <= end
