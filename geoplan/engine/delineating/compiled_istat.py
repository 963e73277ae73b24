"""The Italian procedure, compiled: one zone of the worst area moves after another, or is reserved."""

from __future__ import annotations

import numpy as np

from geoplan.engine.delineating.compiled_state import (
    Link,
    State,
    best_link,
    close,
    note,
    put_in,
    rate,
    set_score,
    take_out,
    worst,
)
from geoplan.engine.delineating.network import EXACT, MOVES_AT_MOST, NOWHERE, STEP_COLUMNS, Network, Rule, score
from geoplan.engine.edges import compiled, inner

__all__ = ["gather_istat"]


@inner
def _leaver(flows: Network, state: State, area: int) -> tuple[int, Link]:
    """Return the first zone of an area, in the order of leaving, that has a link to another, and the link.

    The only zone of an area leaves without one too.
    """
    last, last_zone = np.inf, -1
    while True:
        best, most, zone = -1, -np.inf, state.head[area]
        while zone >= 0:
            outside = flows.jobs[zone] - flows.own[zone] - state.inner[zone]
            value = outside + flows.residents[zone] - flows.own[zone]
            if (value < last or (value == last and zone > last_zone)) and (
                value > most or (value == most and zone < best)
            ):
                best, most = zone, value
            zone = state.after[zone]
        if best < 0:
            return -1, Link(-1, 0.0, 0.0, 0.0)
        link = best_link(flows, state, best)
        if link.area >= 0 or state.after[state.head[area]] < 0:
            return best, link
        last, last_zone = most, best


@inner
def _count_inner(flows: Network, state: State, zone: int, area: int, sign: float) -> None:
    """Bring ``inner`` up to date for a zone that joins an area (1) or leaves it (-1)."""
    for k in range(flows.out_start[zone], flows.out_start[zone + 1]):
        if state.area[flows.out_zone[k]] == area:
            state.inner[flows.out_zone[k]] += sign * flows.out_workers[k]
    for k in range(flows.in_start[zone], flows.in_start[zone + 1]):
        if state.area[flows.in_zone[k]] == area:
            state.inner[zone] += sign * flows.in_workers[k]


@inner
def _ends_within(flows: Network, state: State, area: int) -> tuple[float, float]:
    """Return the smallest and the largest flow between and within the zones of an area; noughts for none."""
    low, high, zone = np.inf, 0.0, state.head[area]
    while zone >= 0:
        if flows.own[zone] > 0.0:
            low, high = min(low, flows.own[zone]), max(high, flows.own[zone])
        for k in range(flows.out_start[zone], flows.out_start[zone + 1]):
            if state.area[flows.out_zone[k]] == area:
                low, high = min(low, flows.out_workers[k]), max(high, flows.out_workers[k])
        zone = state.after[zone]
    return min(low, high), high


@inner
def _apart(flows: Network, state: State, rule: Rule, area: int) -> tuple[float, float]:
    """Return the lowest and the highest score of pairs of a flow within an area and one of its zones.

    LabourMarketAreas leaves the rows of what is left of an area unsummed until the next step, and so scores each
    of these flows against the residents and jobs of each zone. For any zone the smallest and the largest flow
    tell, for in between the score only rises, or only falls.
    """
    low, high = _ends_within(flows, state, area)
    lowest, highest, zone = np.inf, -np.inf, state.head[area]
    while zone >= 0:
        for flow in (low, high):
            value = score(rule, flows.residents[zone], flows.jobs[zone], flow)
            lowest, highest = min(lowest, value), max(highest, value)
        zone = state.after[zone]
    return lowest, highest


@inner
def _rate_rest(flows: Network, state: State, rule: Rule, area: int) -> tuple[int, float]:
    """Score what is left of an area; return the area, -1 if by its totals, and the highest score of its pairs."""
    if rule.summed or state.after[state.head[area]] < 0:
        rate(state, rule, area)
        return -1, 0.0
    lowest, highest = _apart(flows, state, rule, area)
    set_score(state, area, lowest)
    return area, highest


@inner
def _joined(flows: Network, state: State, rule: Rule, zone: int, link: Link) -> float:
    """Return the score that an area would have with a zone linked to it."""
    to = link.area
    residents, jobs = state.residents[to] + flows.residents[zone], state.jobs[to] + flows.jobs[zone]
    return score(rule, residents, jobs, state.own[to] + flows.own[zone] + link.gained)


@compiled
def gather_istat(flows: Network, state: State, rule: Rule) -> np.ndarray:
    """Move one zone of the worst area after another, or reserve it; return the trail."""
    steps, loose, bar = np.empty((1024, STEP_COLUMNS)), -1, 0.0
    while True:
        area = worst(state)
        if area < 0 or state.scores[area] >= rule.enough:
            return steps
        about = (area, state.scores[area])
        if loose >= 0 and loose != area:
            rate(state, rule, loose)
        zone, link = _leaver(flows, state, area)
        if zone < 0:
            steps, loose = close(state, about, steps), -1
            continue
        to = link.area
        known = bar if to == loose else state.scores[to]
        if to < 0 or state.moves[zone] >= MOVES_AT_MOST or _joined(flows, state, rule, zone, link) < known - EXACT:
            to = NOWHERE
        take_out(flows, state, zone, link.lost)
        loose = -1
        if state.head[area] >= 0:
            _count_inner(flows, state, zone, area, -1.0)
            loose, bar = _rate_rest(flows, state, rule, area)
        if to >= 0:
            state.moves[zone] += 1
            _count_inner(flows, state, zone, to, 1.0)
            put_in(flows, state, zone, to, link.gained)
            rate(state, rule, to)
        steps = note(steps, state, about, zone, to, link.strength)
