"""Sparse commuting flows as arrays, and the rule by which areas of them are scored."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import sparse

from geoplan.engine.edges import compiled

__all__ = [
    "CLOSED",
    "EXACT",
    "MOVES_AT_MOST",
    "NOWHERE",
    "STEP_COLUMNS",
    "SURELY",
    "Answer",
    "Network",
    "Rule",
    "isolated",
    "network",
    "reordered",
    "score",
    "without",
]

EXACT = 1e-12
"""By so much a share or a score may miss what it must reach: rounding of a division."""
NOWHERE = -1
"""Area of a zone that is between two areas or in the reserve; as target of a step: the reserve."""
CLOSED = -2
"""Target of a step in which no zone of an area had a link to another: it stays as it is."""
MOVES_AT_MOST = 50
"""A zone that has changed its area so often is reserved: "istat" might turn in a circle otherwise."""
STEP_COLUMNS = 5
"""Columns of the trail: area in question, its score, the zone, where it went, and the link that led it there."""
SURELY = 1.0 - 1e-9
"""A link below this much of another is weaker, however the two are rounded."""
DIGITS = 52


class Network(NamedTuple):
    """Flows between zones 0 to n-1, once by where people live and once by where they work.

    Amounts are whole multiples of one power of two so small that all sums are exact: whatever the order in
    which they are added, the same flows give the same totals to the last bit.

    Attributes
    ----------
    out_start, out_zone, out_workers
        For each zone where its residents work: the flows to others, from position out_start[zone] on.
    in_start, in_zone, in_workers
        For each zone where its workers live: the flows from others.
    residents, jobs, own
        Workers who live in each zone, who work in it, and who do both (R, W, S).
    """

    out_start: np.ndarray
    out_zone: np.ndarray
    out_workers: np.ndarray
    in_start: np.ndarray
    in_zone: np.ndarray
    in_workers: np.ndarray
    residents: np.ndarray
    jobs: np.ndarray
    own: np.ndarray


class Rule(NamedTuple):
    """What an area must reach, as numbers.

    Attributes
    ----------
    min_size, min_containment, target_size, target_containment
        The four parameters.
    width
        Difference of the sizes; where they are equal, the size.
    step
        1 where the sizes are equal, so that an area just below them is as far off as one of the smallest size.
    line
        Whether the line form decides, not validity.
    enough
        Score from which an area is valid.
    summed
        Whether "istat" scores what is left of an area by its totals, not by its rows (`_apart`).
    """

    min_size: float
    min_containment: float
    target_size: float
    target_containment: float
    width: float
    step: float
    line: bool
    enough: float
    summed: bool


class Answer(NamedTuple):
    """What a procedure found.

    Attributes
    ----------
    area
        The area of each zone, known by the zone that started it; `NOWHERE` for zones that could be put in none.
    steps
        The trail, `STEP_COLUMNS` wide.
    reserved
        Zones that were in the reserve, in the order in which they leave it.
    """

    area: np.ndarray
    steps: np.ndarray
    reserved: np.ndarray


def network(zones: int, origin: np.ndarray, destination: np.ndarray, workers: np.ndarray) -> Network:
    """Lay flows out by both ends.

    Parameters
    ----------
    zones
        How many there are.
    origin, destination
        Positions of the zones; each pair at most once, in any order.
    workers
        Above nought. Flows are rounded to a multiple of some 1e-15 of all workers unless they are whole
        numbers; what that rounds to nothing is no flow.

    Returns
    -------
    Network
        With exact sums.
    """
    workers = _exact(np.asarray(workers, dtype=np.float64))
    residents = np.bincount(origin, workers, zones).astype(np.float64)
    jobs = np.bincount(destination, workers, zones).astype(np.float64)
    within = origin == destination
    own = np.bincount(origin[within], workers[within], zones).astype(np.float64)
    kept = ~within & (workers > 0)
    ends = (origin[kept].astype(np.int32), destination[kept].astype(np.int32))
    out = sparse.coo_array((workers[kept], ends), shape=(zones, zones)).tocsr()
    return _laid_out(out, (residents, jobs, own))


def _exact(workers: np.ndarray) -> np.ndarray:
    """Round to multiples of a power of two of which all together number less than 2**53."""
    most = float(workers.max(initial=0.0)) * len(workers)
    if most < 2.0**DIGITS and (workers == np.rint(workers)).all():
        return workers
    # A first bound, then the total itself, which is exact and so the same in any order of the rows.
    coarse = math.ldexp(1.0, math.frexp(most)[1] - DIGITS)
    total = float(np.rint(workers / coarse).sum()) * coarse + coarse * len(workers)
    unit = math.ldexp(1.0, math.frexp(total)[1] - DIGITS)
    rounded: np.ndarray = np.rint(workers / unit) * unit
    return rounded


def isolated(flows: Network) -> np.ndarray:
    """Return for each zone whether nobody travels from it to another zone or back."""
    apart: np.ndarray = (np.diff(flows.out_start) == 0) & (np.diff(flows.in_start) == 0)
    return apart


def without(flows: Network, zones: np.ndarray) -> Network:
    """Leave zones out, which are given as a mask; they keep their positions and have no flows.

    Parameters
    ----------
    flows
        Stays as it is.
    zones
        True for those to leave out.

    Returns
    -------
    Network
        Of the others.
    """
    count = len(flows.own)
    origin = np.repeat(np.arange(count), np.diff(flows.out_start))
    kept = ~zones[origin] & ~zones[flows.out_zone]
    rest = np.flatnonzero(~zones & (flows.own > 0))
    origin, destination = np.append(origin[kept], rest), np.append(flows.out_zone[kept], rest)
    return network(count, origin, destination, np.append(flows.out_workers[kept], flows.own[rest]))


def reordered(flows: Network, order: np.ndarray) -> Network:
    """Take the zones in another order.

    Parameters
    ----------
    flows
        Stays as it is.
    order
        Positions of the zones, each once: the first becomes zone 0.

    Returns
    -------
    Network
        The same flows.
    """
    at = np.empty(len(order), dtype=np.int32)
    at[order] = np.arange(len(order))
    rows = sparse.csr_array((flows.out_workers, flows.out_zone, flows.out_start), shape=(len(order),) * 2)[order]
    out = sparse.csr_array((rows.data, at[rows.indices], rows.indptr), shape=rows.shape)
    return _laid_out(out, (flows.residents[order], flows.jobs[order], flows.own[order]))


def _laid_out(out: sparse.csr_array, totals: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Network:
    """Lay flows out by where people work too."""
    into = out.tocsc()
    sides = ((side.indptr.astype(np.int64), side.indices.astype(np.int32), side.data) for side in (out, into))
    return Network(*next(sides), *next(sides), *totals)


@compiled
def score(rule: Rule, residents: float, jobs: float, own: float) -> float:
    """Return validity, or X of the line form, of such totals or of a pair; see `geoplan.commuting.labour_markets`."""
    contained = min(own / residents, own / jobs) if residents > 0.0 and jobs > 0.0 else 0.0
    if rule.line:
        slope = (rule.min_containment - rule.target_containment) / rule.width
        if contained >= rule.target_containment:
            return 1.0 / 12.0 if residents >= rule.target_size else slope * (rule.min_size - residents)
        if residents >= rule.target_size:
            return contained - rule.min_containment
        return contained - slope * residents - (rule.target_containment - slope * rule.min_size)
    # A pair of a flow and a zone may hold more than all.
    if abs(contained - 1.0) <= EXACT:
        return 1.0
    missing = 0.0
    if residents < rule.target_size:
        missing = (rule.target_size - residents) / rule.width + rule.step
    ratio = rule.min_containment / rule.target_containment
    return min(contained / rule.target_containment, 1.0) * (1.0 - (1.0 - ratio) * missing) / ratio
