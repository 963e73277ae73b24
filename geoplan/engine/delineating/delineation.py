"""Zones gathered into labour market areas on sparse commuting flows, compiled or in plain numpy."""

from __future__ import annotations

from geoplan.engine.delineating.compiled import delineate_compiled
from geoplan.engine.delineating.network import Answer, Network, Rule
from geoplan.engine.delineating.plain import delineate_plain
from geoplan.engine.edges import COMPILED

__all__ = ["delineate"]


def delineate(flows: Network, rule: Rule, *, method: str) -> Answer:
    """Gather zones into areas that contain enough of their commuting.

    Parameters
    ----------
    flows
        The zones and who travels between them. Ties go to the zone or area of the lower position.
    rule
        What an area must reach.
    method
        ``uk`` or ``istat``, as `geoplan.commuting.labour_markets.delineate` tells them.

    Returns
    -------
    Answer
        Area of each zone and the trail.

    Notes
    -----
    Flows are never merged: a zone's flows to and from areas are summed along its own row and column whenever
    it moves, which costs as much as the zone has flows, and the totals of the two areas concerned are brought
    up to date. The area of the lowest score comes from a heap whose outdated entries are passed over. Without
    numba the same is done in numpy; totals are exact in both, and the answers the same to the last step.
    """
    return delineate_compiled(flows, rule, method=method) if COMPILED else delineate_plain(flows, rule, method=method)
