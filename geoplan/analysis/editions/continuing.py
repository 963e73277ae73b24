"""Which area of a new edition is the same body as one of the old."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from geoplan.data.keys import plain_name

__all__ = ["body_name", "continuing"]

KIND_OF_BODY = re.compile(
    r"^NHS |( (Integrated Care Board|(University |Teaching )?(Local )?Health Board|ICB))$", re.IGNORECASE
)
"""What some sources write around a name to say what kind of body bears it."""

MOST = 0.5
"""Share of its ground that two areas of one name must hold of each other to be one body under another code."""


def body_name(name: str) -> str:
    """Reduce the name of a body to what all sources write of it.

    Parameters
    ----------
    name
        As an edition has it.

    Returns
    -------
    str
        As `geoplan.data.keys.plain_name` reduces it, without the kind of the body.

    Examples
    --------
    >>> body_name("NHS Devon Integrated Care Board"), body_name("Brighton & Hove")
    ('devon', 'brighton and hove')
    """
    return plain_name(KIND_OF_BODY.sub("", KIND_OF_BODY.sub("", name)))


def continuing(met: pd.DataFrame, rests: Mapping[str, bool], old: pd.Series, new: pd.Series) -> dict[str, str]:
    """Tell which new area each old one goes on as.

    Parameters
    ----------
    met
        From `geoplan.analysis.editions.changes.pieces_met`: a row for each two areas that share ground, with ``old``,
        ``new``, and ``old_share`` and ``new_share`` (0 to 1) of each.
    rests
        Code of an area of either edition, behind ``old:`` or ``new:`` -> whether some of its ground is in none of the
        other edition.
    old, new
        Name of each area, by code.

    Returns
    -------
    dict of str to str
        Old code -> new code: the same code; else the same name, where each holds most of the other; else the same
        ground. Each code is there once.
    """
    same = {code: code for code in old.index if code in new.index}
    free = met[~met["old"].isin(same) & ~met["new"].isin(same)]
    names = old.map(body_name).reindex(free["old"]).to_numpy() == new.map(body_name).reindex(free["new"]).to_numpy()
    mostly = (free["old_share"] > MOST) & (free["new_share"] > MOST)
    named = free[names & mostly]
    same |= dict(zip(named["old"], named["new"], strict=True))
    alone = met[~met["old"].duplicated(keep=False) & ~met["new"].duplicated(keep=False)]
    for one, other in zip(alone["old"], alone["new"], strict=True):
        whole = not (rests[f"old:{one}"] or rests[f"new:{other}"])
        if whole and one not in same and other not in same.values():
            same[one] = other
    return same
