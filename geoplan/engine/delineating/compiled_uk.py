"""The British procedure, compiled: the worst area is dissolved again and again."""

from __future__ import annotations

import numpy as np

from geoplan.engine.delineating.compiled_state import State, close, members, place, worst
from geoplan.engine.delineating.network import NOWHERE, STEP_COLUMNS, Network, Rule
from geoplan.engine.edges import compiled

__all__ = ["gather_uk"]


@compiled
def gather_uk(flows: Network, state: State, rule: Rule) -> np.ndarray:
    """Dissolve the worst area again and again; return the trail."""
    steps = np.empty((1024, STEP_COLUMNS))
    while True:
        area = worst(state)
        if area < 0 or state.scores[area] >= rule.enough:
            return steps
        about = (area, state.scores[area])
        zones = members(state, area)
        for zone in zones:
            state.area[zone] = NOWHERE
        first, state.head[area] = state.head[area], -1
        waiting, steps = place(flows, state, rule, zones, about, steps)
        # An area grew along links: either all its zones have one to the outside, in their turn, or none.
        if waiting > 0:
            state.head[area] = first
            for zone in zones:
                state.area[zone] = area
            steps = close(state, about, steps)
