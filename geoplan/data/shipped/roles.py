"""What the roles of a membership table say: who holds ground, and who only sits at the table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["APART", "LEAD", "MEMBER", "NOBODY", "NO_LEAD", "holds_ground", "plain_roles"]

MEMBER, LEAD = "member", "lead"
NO_LEAD, NOBODY = "not confirmed", "none"
"""What stands for a lead body that nobody confirmed, and for its confidence."""
APART = ("non-constituent", "partner")
"""Roles of those who sit at the table and are not in the area."""


def plain_roles(roles: pd.Series) -> pd.Series:
    """Bring roles to the words of the tables, as far as they are these in another spelling.

    Parameters
    ----------
    roles
        As written.

    Returns
    -------
    pandas.Series
        The same rows.

    Examples
    --------
    >>> import pandas as pd
    >>> plain_roles(pd.Series(["Non constituent member", "LEAD", "Partner organisation"])).tolist()
    ['non-constituent', 'lead', 'partner organisation']
    """
    known = {role: _plain(role) for role in roles.unique()}
    return roles.map(known).astype(roles.dtype)


def _plain(role: str) -> str:
    plain = re.sub(r"^non[\s-]*constituent", "non-constituent", role.strip().casefold())
    return re.sub(r"^(non-constituent|constituent|lead|accountable) (member|body)$", r"\1", plain)


def holds_ground(rows: pd.DataFrame) -> pd.Series:
    """Tell which rows of a membership table say what ground an area holds.

    Parameters
    ----------
    rows
        All columns of a membership table, as text.

    Returns
    -------
    pandas.Series
        False for non-constituent members and partners, and for bodies that are no authorities.
    """
    authority = (rows["lad_code"] != "") | (rows["lad_name"] != "") | (rows["block"] != "")
    return (authority | (rows["body"] == "")) & ~plain_roles(rows["role"]).isin(APART)
