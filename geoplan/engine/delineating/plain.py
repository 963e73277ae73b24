"""Zones gathered into labour market areas in plain numpy, step by step as published."""

from __future__ import annotations

import heapq
import math

import numpy as np

from geoplan.engine.delineating.compiled import positions_of, reserve
from geoplan.engine.delineating.compiled_state import Link
from geoplan.engine.delineating.network import (
    CLOSED,
    EXACT,
    MOVES_AT_MOST,
    NOWHERE,
    STEP_COLUMNS,
    Answer,
    Network,
    Rule,
    score,
)

__all__ = ["delineate_plain"]


class Plain:
    """Areas as they stand, in numpy and lists; the same steps as the compiled ones."""

    def __init__(self, flows: Network, rule: Rule) -> None:
        self.flows, self.rule = flows, rule
        active = flows.residents + flows.jobs > 0
        self.area = np.where(active, np.arange(len(active)), NOWHERE)
        self.members = {area: {area} for area in np.flatnonzero(active).tolist()}
        self.residents, self.jobs, self.own = flows.residents.copy(), flows.jobs.copy(), flows.own.copy()
        self.scores = dict.fromkeys(self.members, 0.0)
        self.closed: set[int] = set()
        self.heap: list[tuple[float, int]] = []
        self.steps: list[tuple[float, ...]] = []
        self.moves: dict[int, int] = {}
        for area in self.members:
            self.rate(area)

    def rate(self, area: int) -> None:
        """Score an area anew by its totals."""
        self.set_score(area, self.scored(self.residents[area], self.jobs[area], self.own[area]))

    def scored(self, residents: float, jobs: float, own: float) -> float:
        """Return the score of such totals."""
        return float(score(self.rule, float(residents), float(jobs), float(own)))

    def set_score(self, area: int, value: float) -> None:
        """Give an area a score and put it on the heap."""
        self.scores[area] = value
        heapq.heappush(self.heap, (value, area))

    def worst(self) -> int:
        """Return the area of the lowest score that is not closed, -1 where none is left or all are valid."""
        while self.heap:
            value, area = heapq.heappop(self.heap)
            if self.members.get(area) and area not in self.closed and value == self.scores[area]:
                return area if value < self.rule.enough else -1
        return -1

    def link(self, zone: int) -> Link:
        """Find the best link of a zone to an area that is not its own."""
        flows, count = self.flows, len(self.area) + 1
        to = slice(flows.out_start[zone], flows.out_start[zone + 1])
        into = slice(flows.in_start[zone], flows.in_start[zone + 1])
        outward = np.bincount(self.area[flows.out_zone[to]] + 1, flows.out_workers[to], count)[1:]
        inward = np.bincount(self.area[flows.in_zone[into]] + 1, flows.in_workers[into], count)[1:]
        met = np.flatnonzero((outward > 0) | (inward > 0))
        here = self.area[zone]
        lost = float(outward[here] + inward[here]) if here >= 0 else 0.0
        met = met[met != here]
        if len(met) == 0:
            return Link(-1, 0.0, 0.0, lost)
        out, back = outward[met], inward[met]
        strength = np.zeros(len(met))
        np.divide(out * out, flows.residents[zone] * self.jobs[met], out=strength, where=out > 0)
        part = np.zeros(len(met))
        np.divide(back * back, self.residents[met] * flows.jobs[zone], out=part, where=back > 0)
        strength += part
        best = int(strength.argmax())
        return Link(int(met[best]), float(strength[best]), float(out[best] + back[best]), lost)

    def join(self, zone: int, area: int, shared: float) -> None:
        """Put a zone into an area with which it shares so many workers."""
        self.members[area].add(zone)
        self.area[zone] = area
        self._count(zone, area, 1.0, shared)

    def leave(self, zone: int, shared: float) -> None:
        """Take a zone out of its area, with the rest of which it shares so many workers."""
        area = int(self.area[zone])
        self.members[area].remove(zone)
        self.area[zone] = NOWHERE
        self._count(zone, area, -1.0, shared)

    def _count(self, zone: int, area: int, sign: float, shared: float) -> None:
        self.residents[area] += sign * self.flows.residents[zone]
        self.jobs[area] += sign * self.flows.jobs[zone]
        self.own[area] += sign * (self.flows.own[zone] + shared)

    def place(self, zones: list[int], area: int, value: float) -> list[int]:
        """Put zones into the areas they are best linked to; return those without any link."""
        before = -1
        while len(zones) != before:
            before, waiting = len(zones), []
            for zone in zones:
                link = self.link(zone)
                if link.area < 0:
                    waiting.append(zone)
                    continue
                self.join(zone, link.area, link.gained)
                self.rate(link.area)
                self.steps.append((area, value, zone, link.area, link.strength))
            zones = waiting
        return zones

    def close(self, area: int) -> None:
        """Leave an area as it is for good."""
        self.closed.add(area)
        self.steps.append((area, self.scores[area], NOWHERE, CLOSED, 0.0))

    def gather_uk(self) -> None:
        """Dissolve the worst area again and again."""
        while (area := self.worst()) >= 0:
            zones = sorted(self.members[area])
            self.area[zones] = NOWHERE
            self.members[area] = set()
            if self.place(zones, area, self.scores[area]):
                self.members[area] = set(zones)
                self.area[zones] = area
                self.close(area)

    def leaver(self, area: int) -> tuple[int, Link]:
        """Return the first zone of an area, in the order of leaving, that has a link to another, and the link.

        The only zone of an area leaves without one too.
        """
        zones = np.asarray(sorted(self.members[area]))
        if len(zones) > 1:
            zones = self.ordered(zones, self.area == area)
        for zone in zones.tolist():
            link = self.link(zone)
            if link.area >= 0 or len(zones) == 1:
                return zone, link
        return -1, Link(-1, 0.0, 0.0, 0.0)

    def ordered(self, zones: np.ndarray, inside: np.ndarray) -> np.ndarray:
        """Sort zones by workers from outside + residents - own live-and-work, descending."""
        flows = self.flows
        columns = [slice(flows.in_start[zone], flows.in_start[zone + 1]) for zone in zones]
        among = [flows.in_workers[of][inside[flows.in_zone[of]]].sum() for of in columns]
        outside = flows.jobs[zones] - flows.own[zones] - np.asarray(among)
        ordered: np.ndarray = zones[np.lexsort((zones, -(outside + flows.residents[zones] - flows.own[zones])))]
        return ordered

    def apart(self, area: int) -> tuple[float, float]:
        """Return the lowest and the highest score of pairs of a flow and a zone, as `_apart` does."""
        flows, zones = self.flows, np.asarray(sorted(self.members[area]))
        at = positions_of(flows.out_start, zones)
        within = np.append(flows.own[zones], flows.out_workers[at[self.area[flows.out_zone[at]] == area]])
        ends = (within.min(where=within > 0, initial=within.max()), within.max())
        scores = [
            self.scored(flows.residents[zone], flows.jobs[zone], flow) for zone in zones.tolist() for flow in ends
        ]
        return min(scores), max(scores)

    def gather_istat(self) -> None:
        """Move one zone of the worst area after another, or reserve it."""
        loose, bar = -1, 0.0
        while (area := self.worst()) >= 0:
            value = self.scores[area]
            if loose not in (-1, area):
                self.rate(loose)
            zone, link = self.leaver(area)
            if zone < 0:
                self.close(area)
                loose = -1
                continue
            known = bar if link.area == loose else self.scores.get(link.area, 0.0)
            to = link.area if self.may_join(zone, link, known) else NOWHERE
            self.leave(zone, link.lost)
            loose = -1
            if self.rule.summed or len(self.members[area]) == 1:
                self.rate(area)
            elif self.members[area]:
                loose = area
                lowest, bar = self.apart(area)
                self.set_score(area, lowest)
            if to >= 0:
                self.moves[zone] = self.moves.get(zone, 0) + 1
                self.join(zone, to, link.gained)
                self.rate(to)
            self.steps.append((area, value, zone, to, link.strength))

    def may_join(self, zone: int, link: Link, known: float) -> bool:
        """Tell whether a zone may join its best link, whose score must not fall below the one known."""
        if link.area < 0 or self.moves.get(zone, 0) >= MOVES_AT_MOST:
            return False
        flows, to = self.flows, link.area
        residents, jobs = self.residents[to] + flows.residents[zone], self.jobs[to] + flows.jobs[zone]
        return self.scored(residents, jobs, self.own[to] + flows.own[zone] + link.gained) >= known - EXACT


def delineate_plain(flows: Network, rule: Rule, *, method: str) -> Answer:
    """Return what `delineate` does, by numpy and lists.

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
    areas = Plain(flows, rule)
    reserved = np.empty(0, dtype=np.int64)
    if method == "istat":
        areas.gather_istat()
        reserved = reserve(flows, areas.area)
        areas.place(reserved.tolist(), NOWHERE, math.nan)
    else:
        areas.gather_uk()
    steps = np.asarray(areas.steps, dtype=np.float64).reshape(-1, STEP_COLUMNS)
    return Answer(areas.area, steps, reserved)
