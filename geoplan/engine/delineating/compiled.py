"""Zones gathered into labour market areas by compiled code."""

from __future__ import annotations

import math

import numpy as np

from geoplan.engine.delineating.compiled_istat import gather_istat
from geoplan.engine.delineating.compiled_state import place, rate_all, start
from geoplan.engine.delineating.compiled_uk import gather_uk
from geoplan.engine.delineating.network import NOWHERE, Answer, Network, Rule, network

__all__ = ["DEAR", "delineate_compiled", "positions_of", "rehearse", "reserve"]

DEAR = (rate_all, gather_uk, place)
"""The kernels of the British procedure, which an audit takes: see `geoplan.engine.first_run`."""


def reserve(flows: Network, area: np.ndarray) -> np.ndarray:
    """Return the zones in the reserve in the order in which they leave it: the last code first."""
    return np.flatnonzero((area == NOWHERE) & (flows.residents + flows.jobs > 0))[::-1]


def positions_of(start: np.ndarray, zones: np.ndarray) -> np.ndarray:
    """Return where the flows of some zones stand."""
    counts = start[zones + 1] - start[zones]
    ends = np.cumsum(counts)
    positions: np.ndarray = np.repeat(start[zones] - ends + counts, counts) + np.arange(ends[-1])
    return positions


def delineate_compiled(flows: Network, rule: Rule, *, method: str) -> Answer:
    """Return what `delineate` does, by compiled code; interpreted without numba, and then slow.

    Parameters
    ----------
    flows
        The zones and who travels between them.
    rule
        What an area must reach.
    method
        ``uk`` or ``istat``.

    Returns
    -------
    Answer
        Area of each zone and the trail.
    """
    state = start(flows)
    rate_all(state, rule)
    gather = gather_istat if method == "istat" else gather_uk
    steps = gather(flows, state, rule)
    reserved = reserve(flows, state.area) if method == "istat" else np.empty(0, dtype=np.int64)
    _, steps = place(flows, state, rule, reserved.copy(), (NOWHERE, math.nan), steps)
    return Answer(state.area, steps[: state.counted[1]].copy(), reserved)


def rehearse() -> None:
    """Run the dear kernels on one zone, with the types of any flows, so that they are kept."""
    flows = network(1, np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64), np.ones(1))
    delineate_compiled(flows, Rule(1.0, 0.5, 2.0, 0.75, 1.0, 0.0, line=False, enough=1.0, summed=True), method="uk")
