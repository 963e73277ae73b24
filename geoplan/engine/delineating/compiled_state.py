"""Areas as they stand while zones are gathered: a heap of scores, sums kept as areas change, links, the trail."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoplan.engine.delineating.network import CLOSED, NOWHERE, STEP_COLUMNS, SURELY, Network, Rule, score
from geoplan.engine.edges import compiled, inner

__all__ = [
    "Link",
    "State",
    "best_link",
    "close",
    "members",
    "note",
    "place",
    "put_in",
    "rate",
    "rate_all",
    "set_score",
    "start",
    "take_out",
    "worst",
]


class State(NamedTuple):
    """Areas as they stand; each is known by the position of the zone that started it.

    Attributes
    ----------
    area
        Of each zone, or `NOWHERE`.
    head, after, before
        Zones of each area as a chain: the first, and next and previous ones; -1 at the ends.
    residents, jobs, own, scores
        Totals and score of each area.
    closed
        Whether the area has no links left.
    heap_scores, heap_areas, counted
        Heap of areas by score and position; ``counted`` holds its size, then the number of steps.
    between, touched
        Room for the flows from and to one zone by area, and for the areas met.
    moves, inner
        For each zone how often it changed its area, and who works there and lives elsewhere in its area.
    """

    area: np.ndarray
    head: np.ndarray
    after: np.ndarray
    before: np.ndarray
    residents: np.ndarray
    jobs: np.ndarray
    own: np.ndarray
    scores: np.ndarray
    closed: np.ndarray
    heap_scores: np.ndarray
    heap_areas: np.ndarray
    counted: np.ndarray
    between: np.ndarray
    touched: np.ndarray
    moves: np.ndarray
    inner: np.ndarray


class Link(NamedTuple):
    """The best link of a zone: the area (-1 for none), its strength, flows between the two, flows with its own."""

    area: int
    strength: float
    gained: float
    lost: float


def start(flows: Network) -> State:
    """Let every zone with workers be an area."""
    count = len(flows.own)
    area = np.where(flows.residents + flows.jobs > 0, np.arange(count), NOWHERE)
    totals = (flows.residents.copy(), flows.jobs.copy(), flows.own.copy())
    ends = (np.full(count, -1), np.full(count, -1))
    heap = (np.empty(4 * count + 64), np.empty(4 * count + 64, dtype=np.int64), np.zeros(2, dtype=np.int64))
    sums = (np.zeros((count, 2)), np.empty(count + 1, dtype=np.int64))
    return State(
        *(area, area.copy(), *ends, *totals, np.zeros(count), np.zeros(count, dtype=np.bool_)),
        *(*heap, *sums, np.zeros(count, dtype=np.int64), np.zeros(count)),
    )


@inner
def _push(state: State, area: int) -> None:
    """Put an area on the heap."""
    place = state.counted[0]
    state.counted[0] += 1
    value = state.scores[area]
    while place > 0:
        above = (place - 1) // 2
        known, other = state.heap_scores[above], state.heap_areas[above]
        if known < value or (known == value and other <= area):
            break
        state.heap_scores[place], state.heap_areas[place] = known, other
        place = above
    state.heap_scores[place], state.heap_areas[place] = value, area


@inner
def _pop(state: State) -> tuple[float, int]:
    """Take the lowest entry off the heap, which must have one."""
    lowest, first = state.heap_scores[0], state.heap_areas[0]
    state.counted[0] -= 1
    size = state.counted[0]
    value, area = state.heap_scores[size], state.heap_areas[size]
    place, below = 0, 1
    while below < size:
        scores, areas = state.heap_scores, state.heap_areas
        other = below + 1
        if other < size and (
            scores[other] < scores[below] or (scores[other] == scores[below] and areas[other] < areas[below])
        ):
            below = other
        if value < scores[below] or (value == scores[below] and area <= areas[below]):
            break
        scores[place], areas[place] = scores[below], areas[below]
        place, below = below, 2 * below + 1
    state.heap_scores[place], state.heap_areas[place] = value, area
    return lowest, first


@inner
def rate(state: State, rule: Rule, area: int) -> None:
    """Score an area anew by its totals."""
    set_score(state, area, score(rule, state.residents[area], state.jobs[area], state.own[area]))


@inner
def set_score(state: State, area: int, value: float) -> None:
    """Give an area a score and put it on the heap, which is first swept when it is full."""
    state.scores[area] = value
    if state.counted[0] == len(state.heap_scores):
        state.counted[0] = 0
        for other in range(len(state.head)):
            if other != area and state.head[other] >= 0 and not state.closed[other]:
                _push(state, other)
    _push(state, area)


@compiled
def rate_all(state: State, rule: Rule) -> None:
    """Score all areas."""
    for area in range(len(state.head)):
        if state.head[area] >= 0:
            rate(state, rule, area)


@inner
def worst(state: State) -> int:
    """Return the area of the lowest score that is not closed, -1 where there is none."""
    while state.counted[0] > 0:
        value, area = _pop(state)
        if state.head[area] >= 0 and not state.closed[area] and value == state.scores[area]:
            return area
    return -1


@inner
def _sum_up(state: State, start: int, end: int, zones: np.ndarray, workers: np.ndarray, side: int, count: int) -> int:
    """Add some flows of a zone up by area, leaving or coming; return how many areas have been met so far."""
    area, between, touched = state.area, state.between, state.touched
    for k in range(start, end):
        to = area[zones[k]]
        if to >= 0:
            # Written whether new or not: a branch that nobody can foretell costs more.
            touched[count] = to
            count += int(between[to, 0] + between[to, 1] == 0.0)
            between[to, side] += workers[k]
    return count


@inner
def best_link(flows: Network, state: State, zone: int) -> Link:
    """Find the best link of a zone to an area that is not its own."""
    start, end = flows.out_start[zone], flows.out_start[zone + 1]
    count = _sum_up(state, start, end, flows.out_zone, flows.out_workers, 0, 0)
    start, end = flows.in_start[zone], flows.in_start[zone + 1]
    count = _sum_up(state, start, end, flows.in_zone, flows.in_workers, 1, count)
    between, here, living, working = state.between, state.area[zone], flows.residents[zone], flows.jobs[zone]
    best, most, gained, lost = -1, 0.0, 0.0, 0.0
    for k in range(count):
        area = state.touched[k]
        out, into = between[area, 0], between[area, 1]
        between[area, 0], between[area, 1] = 0.0, 0.0
        if area == here:
            lost = out + into
            continue
        one, two = living * state.jobs[area], state.residents[area] * working
        # Divisions are dear: most areas are far below the best so far, and products tell.
        if out * out * two + into * into * one < SURELY * most * one * two:
            continue
        strength = 0.0
        if out > 0.0:
            strength += out * out / one
        if into > 0.0:
            strength += into * into / two
        if strength > most or (strength == most and area < best):
            best, most, gained = area, strength, out + into
    return Link(best, most, gained, lost)


@inner
def put_in(flows: Network, state: State, zone: int, area: int, shared: float) -> None:
    """Put a zone into an area with which it shares so many workers."""
    first = state.head[area]
    state.before[zone], state.after[zone] = -1, first
    if first >= 0:
        state.before[first] = zone
    state.head[area], state.area[zone] = zone, area
    state.residents[area] += flows.residents[zone]
    state.jobs[area] += flows.jobs[zone]
    state.own[area] += flows.own[zone] + shared


@inner
def take_out(flows: Network, state: State, zone: int, shared: float) -> None:
    """Take a zone out of its area, with the rest of which it shares so many workers."""
    area, before, after = state.area[zone], state.before[zone], state.after[zone]
    if before >= 0:
        state.after[before] = after
    else:
        state.head[area] = after
    if after >= 0:
        state.before[after] = before
    state.area[zone] = NOWHERE
    state.residents[area] -= flows.residents[zone]
    state.jobs[area] -= flows.jobs[zone]
    state.own[area] -= flows.own[zone] + shared


@inner
def _sort(zones: np.ndarray) -> None:
    """Sort in place, by Shell's method: numpy's takes seconds to compile."""
    gap = len(zones) // 2
    while gap > 0:
        for k in range(gap, len(zones)):
            zone, place = zones[k], k
            while place >= gap and zones[place - gap] > zone:
                zones[place] = zones[place - gap]
                place -= gap
            zones[place] = zone
        gap //= 2


@inner
def members(state: State, area: int) -> np.ndarray:
    """Return the zones of an area in order."""
    count, zone = 0, state.head[area]
    while zone >= 0:
        count, zone = count + 1, state.after[zone]
    zones = np.empty(count, dtype=np.int64)
    count, zone = 0, state.head[area]
    while zone >= 0:
        zones[count] = zone
        count, zone = count + 1, state.after[zone]
    _sort(zones)
    return zones


@inner
def note(
    steps: np.ndarray, state: State, about: tuple[int, float], zone: int, target: int, strength: float
) -> np.ndarray:
    """Write a step down; return the trail, moved where it had no room."""
    count = state.counted[1]
    if count == len(steps):
        wider = np.empty((2 * count + 64, STEP_COLUMNS))
        for k in range(count):
            for column in range(STEP_COLUMNS):
                wider[k, column] = steps[k, column]
        steps = wider
    steps[count, 0], steps[count, 1], steps[count, 2] = about[0], about[1], zone
    steps[count, 3], steps[count, 4] = target, strength
    state.counted[1] += 1
    return steps


@compiled
def place(
    flows: Network, state: State, rule: Rule, zones: np.ndarray, about: tuple[int, float], steps: np.ndarray
) -> tuple[int, np.ndarray]:
    """Put zones into the areas they are best linked to, one by one, and again those that had no link yet.

    Those without any end up in front of ``zones``; returns how many, and the trail.
    """
    waiting, left = len(zones), -1
    while waiting != left:
        left, waiting = waiting, 0
        for k in range(left):
            zone = zones[k]
            link = best_link(flows, state, zone)
            if link.area < 0:
                zones[waiting] = zone
                waiting += 1
                continue
            put_in(flows, state, zone, link.area, link.gained)
            rate(state, rule, link.area)
            steps = note(steps, state, about, zone, link.area, link.strength)
    return waiting, steps


@inner
def close(state: State, about: tuple[int, float], steps: np.ndarray) -> np.ndarray:
    """Leave an area as it is for good."""
    area = about[0]
    state.closed[area] = True
    return note(steps, state, about, NOWHERE, CLOSED, 0.0)
