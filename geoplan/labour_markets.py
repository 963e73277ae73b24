"""Labour market areas from commuting flows: how far areas contain their commuting, and how stable they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.errors import ConfigurationError, TableError, refusal
from geoplan.progress import each, phase
from geoplan.schema import Flows

if TYPE_CHECKING:
    from geoplan.delineation import Answer, Network, Rule

__all__ = [
    "AREA_COLUMNS",
    "METHODS",
    "RESTS",
    "TESTS",
    "Criteria",
    "LabourMarkets",
    "Stability",
    "communities",
    "delineate",
    "line_form",
    "stability",
    "validity",
]

METHODS = ("uk", "istat")
TESTS = ("validity", "line")
RESTS = ("package", "summed")

AREA_COLUMNS = ("zones", "size", "jobs", "live_and_work", "supply", "demand", "validity", "line", "valid")

EXCEPTION_COLUMNS = ("reason", "outcome")
MOST_RUNS = 10_000
MOST_SEED = 2**32 - 1
"""The largest seed that every generator takes."""

LEAST_WORKERS = 1e-6
"""So many there must be in all: links are quotients of squares, and below lie numbers that a square makes nought."""

LEFT_OUT, JOINED, ALONE = "left out", "joined its best link", "an area of its own"

EXACT = 1e-12
"""By so much a share or a score may miss what it must reach: rounding of a division."""


@dataclass(frozen=True)
class Criteria:
    """What an area must reach to be a labour market area; the defaults are those of the United Kingdom.

    Parameters
    ----------
    min_size
        Residents in work below which no area is valid, however self-contained (but see `validity`).
    min_containment
        Self-containment, 0 to 1, that suffices for areas of the target size and above.
    target_size
        Residents in work from which the smallest self-containment suffices.
    target_containment
        Self-containment that an area of the smallest size needs. In between the one is traded for the other.

    Notes
    -----
    The sizes may be equal: below, no area is valid, above, the smallest self-containment suffices. With equal
    self-containments the published formulas give size no part at all, and neither is it given one here.
    """

    min_size: float = 3500.0
    min_containment: float = 0.667
    target_size: float = 25000.0
    target_containment: float = 0.75

    def __post_init__(self) -> None:
        for name in ("min_size", "target_size"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                message = f"{_option(name)} is {value}, it must be a number of residents in work above 0"
                raise ConfigurationError(message)
        for name in ("min_containment", "target_containment"):
            value = getattr(self, name)
            if not 0 < value <= 1:
                message = f"{_option(name)} is {value}, it must be a share above 0 and up to 1"
                raise ConfigurationError(message)
        for measure in ("size", "containment"):
            least, target = getattr(self, f"min_{measure}"), getattr(self, f"target_{measure}")
            if least > target:
                message = f"min {measure} is {least}, it must not exceed target {measure}, which is {target}"
                raise ConfigurationError(message)

    @property
    def width(self) -> float:
        """Difference of the sizes over which containment is traded for size; where they are equal, the size."""
        return self.target_size - self.min_size or self.target_size


def _option(name: str) -> str:
    return name.replace("_", " ")


# ------------------------------------------------------------------------------------------------- scores


def _contained(live_and_work: Any, residents: Any, jobs: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the smaller self-containment, 0 where nobody lives or nobody works, and the residents."""
    own, living, working = np.broadcast_arrays(
        *(np.asarray(values, dtype=np.float64) for values in (live_and_work, residents, jobs))
    )
    some = (living > 0) & (working > 0)
    supply = np.divide(own, living, out=np.zeros(own.shape), where=some)
    demand = np.divide(own, working, out=np.zeros(own.shape), where=some)
    return np.minimum(supply, demand), living


def validity(live_and_work: Any, residents: Any, jobs: Any, criteria: Criteria | None = None) -> np.ndarray:
    """Score areas by the form of the criterion that Istat and the European Union use.

    With SC the smaller of S/R and S/W, minSZ, minSC, tarSZ and tarSC the parameters: Y = min(SC/tarSC, 1);
    m = max((tarSZ - R)/(tarSZ - minSZ), 0), which is not capped at 1; Z = 1 - (1 - minSC/tarSC) m; the score is
    Y Z tarSC/minSC, and 1 where SC is 1. An area is valid from 1 on.

    Parameters
    ----------
    live_and_work, residents, jobs
        Workers who live and work in the area (S), live in it (R), work in it (W): numbers, arrays or series.
    criteria
        Those of the United Kingdom unless given.

    Returns
    -------
    numpy.ndarray
        The score, without a unit; 0 where nobody lives or nobody works.

    Notes
    -----
    It misleads in three places: an area closed in itself is valid at any size; between the two sizes it lets
    pass what the line form refuses; and where both self-containments are the same, size plays no part.

    References
    ----------
    Franconi, Ichim, D'Aló & Cruciani, "Guidelines for labour market area delineation process: from definition
    to dissemination", Istat 2017; R package LabourMarketAreas 3.4. Values: docs/method.md.

    Examples
    --------
    >>> validity([2625, 10074.75], [3500, 14250], [3500, 14250]).round(6).tolist()
    [1.0, 1.001318]
    """
    rule = criteria or Criteria()
    contained, size = _contained(live_and_work, residents, jobs)
    missing = np.where(size < rule.target_size, (rule.target_size - size) / rule.width + _step(rule), 0.0)
    ratio = rule.min_containment / rule.target_containment
    scores = np.minimum(contained / rule.target_containment, 1.0) * (1.0 - (1.0 - ratio) * missing) / ratio
    result: np.ndarray = np.where(np.abs(contained - 1.0) <= EXACT, 1.0, scores)
    return result


def line_form(live_and_work: Any, residents: Any, jobs: Any, criteria: Criteria | None = None) -> np.ndarray:
    """Score areas by the line form of the criterion, X, that the 2011 travel-to-work areas used.

    With t = (minSC - tarSC)/(tarSZ - minSZ): X = 1/12 where SC >= tarSC and R >= tarSZ; t (minSZ - R) where
    only SC >= tarSC; SC - minSC where only R >= tarSZ; else SC - t R - (tarSC - t minSZ). Valid from 0 on.

    Parameters
    ----------
    live_and_work, residents, jobs
        Workers who live and work in the area (S), live in it (R), work in it (W): numbers, arrays or series.
    criteria
        Those of the United Kingdom unless given.

    Returns
    -------
    numpy.ndarray
        X, in units of self-containment.

    References
    ----------
    Coombes & Bond, "Travel-to-Work Areas: the 2007 review", Office for National Statistics 2008. Values:
    docs/method.md.

    Examples
    --------
    >>> line_form(13800, 20000, 19000).round(6).item()
    0.003698
    """
    rule = criteria or Criteria()
    contained, size = _contained(live_and_work, residents, jobs)
    slope = (rule.min_containment - rule.target_containment) / rule.width
    enough, large = contained >= rule.target_containment, size >= rule.target_size
    between = contained - slope * size - (rule.target_containment - slope * rule.min_size)
    smaller = np.where(enough, slope * (rule.min_size - size), between)
    result: np.ndarray = np.where(large, np.where(enough, 1.0 / 12.0, contained - rule.min_containment), smaller)
    return result


def _step(criteria: Criteria) -> float:
    return float(criteria.min_size == criteria.target_size)


def _valid(scores: pd.DataFrame, test: str) -> pd.Series:
    return scores["line"] >= -EXACT if test == "line" else scores["validity"] >= 1.0 - EXACT


# -------------------------------------------------------------------------------------------------- areas


@dataclass(frozen=True, eq=False)
class LabourMarkets:
    """Labour market areas as `delineate` found them.

    Parameters
    ----------
    assignment
        Zone -> area, for every zone that is in one. An area is known by the code of its core: the zone with
        most residents in work, the smallest code among equals.
    areas
        Indexed by area with `AREA_COLUMNS`: number of zones; workers living there (size), working there (jobs)
        and both; supply- and demand-side self-containment (0 to 1); both scores, and whether the one that was
        asked for is reached. Flows from and to zones that were left out do not count.
    exceptions
        Indexed by zone: ``reason`` (no workers, no residents, no jobs, no link) and ``outcome`` of zones that
        could not take part like any other.
    reserved
        Zones that "istat" held in reserve and gave to areas, the last code first.
    moved
        Zones moved because their part of an area was cut off from the rest.
    steps
        The trail, if asked for: ``area`` and its ``score`` (known by the zone that started it; empty where the
        reserve is given away), the ``zone``, ``outcome`` (joined, reserved, or closed: no zone of the area has a
        link), the area it went ``to``, and the ``link`` index.
    method, test, rest, criteria
        What was asked for; ``rest`` is empty under "uk".
    source, year, kind, workers
        Of the flows.
    """

    assignment: pd.Series
    areas: pd.DataFrame
    exceptions: pd.DataFrame
    reserved: tuple[str, ...]
    moved: tuple[str, ...]
    steps: pd.DataFrame | None
    method: str
    test: str
    rest: str
    criteria: Criteria
    source: str
    year: str
    kind: str
    workers: float

    @property
    def dropped(self) -> pd.DataFrame:
        """Zones that are in no area, with the ``reason``."""
        return self.exceptions.loc[self.exceptions["outcome"] == LEFT_OUT, ["reason"]]

    @property
    def invalid(self) -> pd.DataFrame:
        """Areas that do not reach what was asked for."""
        return self.areas[~self.areas["valid"]]

    def __repr__(self) -> str:
        """Return one line of counts."""
        counts = f"{len(self.areas)} areas of {len(self.assignment)} zones, {len(self.invalid)} not valid"
        return f"<LabourMarkets {self.method}: {counts}, {self.source} {self.year}>"


def delineate(
    flows: Flows,
    *,
    criteria: Criteria | None = None,
    method: str = "uk",
    test: str = "validity",
    rest: str = "",
    seed: int | None = None,
    neighbours: pd.DataFrame | None = None,
    trail: bool = False,
) -> LabourMarkets:
    """Gather zones into areas in which enough of the people live and work.

    Parameters
    ----------
    flows
        Who lives and works where. Their order is of no account.
    criteria
        Those of the United Kingdom unless given.
    method
        ``uk``: every zone starts as an area; the area of the lowest score is dissolved, and each of its zones
        in turn joins the area it has the strongest link to, until the lowest score is valid.
        ``istat``: only one zone leaves the worst area, that with most workers from outside plus residents less
        those who live and work in it, or the next if that has no link. It joins its best link if the score
        there does not fall, else it is reserved, as is a zone that is an area by itself and has no link. The
        reserve is given to the best links in the end, the last code first and without that condition, so that
        an area may end below the criteria.
    test
        The score that decides: ``validity`` or ``line`` (`line_form`).
    rest
        Under ``istat``, how what is left of an area is scored when a zone has left it. ``package``, the default
        with validity: as LabourMarketAreas 3.4 does it, which does not sum the rows of two zones or more before
        the next step: by the lowest validity of all pairs of one flow between or within these zones and the
        residents and jobs of one of them. That is nearly always the lowest of all, so the rest falls apart zone
        by zone. If it does not, no zone joins it in that step unless the score reaches the highest of these.
        ``summed``: by its totals, as the method was published; the only one for ``line``.
    seed
        Takes the zones in a shuffled order in place of that of their codes, for trying how much it matters.
    neighbours
        Contiguity as an option: a frame whose first two columns name zones that share a border, each pair once
        or in both directions. Afterwards parts of areas that are cut off from the part with most residents are
        moved to the adjacent area with the strongest link, in the order of their smallest codes, until no part
        touches an area it could move to. Pairs of codes without flows are passed over.
    trail
        Whether the steps are to be returned.

    Returns
    -------
    LabourMarkets
        The areas, how far each is self-contained, and what could not be treated like the rest.

    Raises
    ------
    TableError
        There are no flows, only one zone, nobody who works where they live, or (``istat``) no zone or area is left.
    ConfigurationError
        Method, test, rest, seed or neighbours make no sense.

    Notes
    -----
    The link between a zone z and an area a is T(z,a)²/(R_z W_a) + T(a,z)²/(R_a W_z), Smart's index, with T the
    workers living in the one and working in the other, R residents in work and W jobs. Totals are brought up to
    date after every move. Zones leave in the order of their codes; ties between areas, for the lowest score and
    for the strongest link, go to the area whose first zone has the smallest code, ties between zones to the
    smallest code. Sums are exact (fractions of workers are rounded to some 1e-15 of all of them), so the same
    flows give the same areas in any order of rows.

    A zone whose links all lead to zones that are waiting too is tried again after them. An area none of whose
    zones has a link to another stays as it is, valid or not. "istat" leaves out, repeatedly, zones without
    residents in work, without jobs, or without links, and in the end those whose links all lead to zones that stay
    in the reserve. "uk" keeps them: without the one or the other a zone joins
    its best link, and without links it is an area of its own. A zone that has moved 50 times under "istat" is
    reserved: nothing in the method itself keeps it from turning in a circle.

    It misleads where the order of codes decides: see `stability`.

    References
    ----------
    Coombes & Bond, "Travel-to-Work Areas: the 2007 review", Office for National Statistics 2008. M. W. Smart,
    "Labour market areas: uses and definition", Progress in Planning 2, 1974. R package LabourMarketAreas 3.4
    (Istat). docs/method.md.
    """
    _check_request(method, test, seed)
    rest = _rest(method, test, rest)
    rule = _rule(criteria or Criteria(), test, rest)
    _check_flows(flows)
    codes, given = _network(flows)
    if not given.own.any():
        hint = "Without rows whose origin is their destination self-containment cannot be told."
        raise TableError(refusal(f"flows of {flows.source}: nobody lives and works in the same zone", hint=hint))
    exceptions, kept = _exceptions(codes, given, method)
    if not (kept.residents + kept.jobs).any():
        message = f"flows of {flows.source}: no zone has residents in work, jobs and a link to another"
        raise TableError(refusal(message, codes=exceptions.index))
    order = np.arange(len(codes)) if seed is None else np.random.default_rng(seed).permutation(len(codes))
    with phase(f"Gathering {len(codes):,} zones"):
        answer = _run(kept, rule, method, order)
    if not (answer.area >= 0).any():
        message = f"flows of {flows.source}: every zone ends in the reserve of the method istat, so there is no area"
        raise TableError(refusal(message, codes=codes[answer.reserved], hint="Try the method uk, or lower criteria."))
    area, moved = answer.area, np.empty(0, dtype=np.int64)
    placed = area[answer.reserved] >= 0
    exceptions = _with_stranded(exceptions, codes[answer.reserved[~placed]])
    if neighbours is not None:
        area, moved = _joined_pieces(kept, area, _adjacency(neighbours, codes))
    assignment = _named(codes, area, kept.residents)
    return LabourMarkets(
        assignment=assignment,
        areas=_areas(codes, kept, assignment, criteria or Criteria(), test),
        exceptions=exceptions,
        reserved=tuple(codes[answer.reserved[placed]]),
        moved=tuple(codes[moved]),
        steps=_trail(codes, answer.steps) if trail else None,
        method=method,
        test=test,
        rest=rest,
        criteria=criteria or Criteria(),
        source=flows.source,
        year=flows.year,
        kind=flows.kind,
        workers=flows.workers,
    )


def _rule(criteria: Criteria, test: str, rest: str) -> Rule:
    """Return the criteria as the engine takes them."""
    from geoplan.delineation import Rule

    line = test == "line"
    return Rule(
        min_size=float(criteria.min_size),
        min_containment=float(criteria.min_containment),
        target_size=float(criteria.target_size),
        target_containment=float(criteria.target_containment),
        width=float(criteria.width),
        step=_step(criteria),
        line=line,
        enough=-EXACT if line else 1.0 - EXACT,
        summed=rest == "summed",
    )


def _check_request(method: str, test: str, seed: int | None) -> None:
    for name, value, known in (("method", method, METHODS), ("test", test, TESTS)):
        if value not in known:
            message = f"{name} {value!r} is not known; choose one of {', '.join(known)}"
            raise ConfigurationError(message)
    if seed is not None and seed < 0:
        message = f"seed is {seed}, it must be a whole number from 0 on"
        raise ConfigurationError(message)


def _rest(method: str, test: str, rest: str) -> str:
    """Return how what is left of an area is scored; refuse where there is no choice."""
    if rest and rest not in RESTS:
        message = f"rest {rest!r} is not known; choose one of {', '.join(RESTS)}"
        raise ConfigurationError(message)
    if rest and method != "istat":
        message = f"rest {rest!r} belongs to the method istat: under {method} a whole area dissolves and leaves no rest"
        raise ConfigurationError(message)
    if rest == "package" and test == "line":
        message = "rest 'package' does as LabourMarketAreas does, which knows no line form; choose 'summed' with it"
        raise ConfigurationError(message)
    if method != "istat":
        return ""
    return rest or ("summed" if test == "line" else "package")


def _check_flows(flows: Flows) -> None:
    """Refuse flows that no areas can be made of."""
    where = f"flows of {flows.source}"
    if flows.table.empty:
        raise TableError(refusal(f"{where}: there are none between zones"))
    if flows.workers < LEAST_WORKERS:
        hint = "Give numbers of people."
        raise TableError(refusal(f"{where}: there are {flows.workers:g} workers in all, which is nobody", hint=hint))
    if len(flows.zones) < 2:
        hint = "Labour market areas are groups of zones, so there must be at least two."
        raise TableError(refusal(f"{where}: there is only the zone {flows.zones[0]}", hint=hint))


def _ends(flows: Flows) -> tuple[pd.Index, np.ndarray, np.ndarray, np.ndarray]:
    """Return the codes of the zones in order, and the flows with positions in them."""
    codes = flows.zones.sort_values()
    index = flows.table.index
    found = [codes.get_indexer(level)[at] for level, at in zip(index.levels, index.codes, strict=True)]
    return codes, found[0], found[1], flows.table["workers"].to_numpy(dtype=np.float64)


def _network(flows: Flows) -> tuple[pd.Index, Network]:
    from geoplan.delineation import network

    codes, origin, destination, workers = _ends(flows)
    return codes, network(len(codes), origin, destination, workers)


def _run(flows: Network, rule: Rule, method: str, order: np.ndarray) -> Answer:
    """Let the engine work with the zones in another order."""
    from geoplan.delineation import Answer, delineate, reordered

    if (order == np.arange(len(order))).all():
        return delineate(flows, rule, method=method)
    answer = delineate(reordered(flows, order), rule, method=method)
    back = np.append(order, [-2, -1])
    area = np.empty_like(answer.area)
    area[order] = back[answer.area]
    steps = answer.steps.copy()
    for column in (0, 2, 3):
        steps[:, column] = back[steps[:, column].astype(np.int64)]
    return Answer(area, steps, order[answer.reserved])


def _exceptions(codes: pd.Index, flows: Network, method: str) -> tuple[pd.DataFrame, Network]:
    """List the zones that cannot take part like any other, and leave out those that cannot at all."""
    from geoplan.delineation import isolated, without

    reason = np.full(len(codes), "", dtype=object)
    while True:
        empty = (flows.residents == 0) & (flows.jobs == 0)
        causes = [empty, flows.residents == 0, flows.jobs == 0, isolated(flows)]
        found = np.select(causes, ["no workers", "no residents", "no jobs", "no link"], "")
        fresh = (found != "") & (reason == "")
        reason[fresh] = found[fresh]
        if method == "uk" or not (fresh & ~empty).any():
            break
        flows = without(flows, reason != "")
    outcome = np.full(len(codes), LEFT_OUT, dtype=object)
    if method == "uk":
        outcome = np.select([reason == "no link", reason != "no workers"], [ALONE, JOINED], LEFT_OUT)
    listed = reason != ""
    table = pd.DataFrame({"reason": reason[listed], "outcome": outcome[listed]}, index=codes[listed].rename("zone"))
    return table.astype(str), flows


def _with_stranded(exceptions: pd.DataFrame, zones: pd.Index) -> pd.DataFrame:
    """Add zones that stayed in the reserve, for no link leads from them to any area."""
    stranded = pd.DataFrame({"reason": "no link", "outcome": LEFT_OUT}, index=zones)
    return pd.concat([exceptions, stranded]).sort_index().rename_axis("zone") if len(zones) else exceptions


def _named(codes: pd.Index, area: np.ndarray, residents: np.ndarray) -> pd.Series:
    """Name areas by their core, the zone with most residents in work."""
    zones = np.flatnonzero(area >= 0)
    order = zones[np.lexsort((zones, -residents[zones], area[zones]))]
    first = order[np.unique(area[order], return_index=True)[1]]
    core = np.full(len(codes), -1)
    core[area[first]] = first
    return pd.Series(codes[core[area[zones]]], index=codes[zones].rename("zone"), name="area")


def _areas(codes: pd.Index, flows: Network, assignment: pd.Series, criteria: Criteria, test: str) -> pd.DataFrame:
    """Return the table of areas."""
    names = pd.Index(sorted(assignment.unique()), name="area")
    at = np.full(len(codes), -1)
    at[codes.get_indexer(assignment.index)] = names.get_indexer(assignment)
    origin = np.repeat(at, np.diff(flows.out_start))
    within = (origin >= 0) & (origin == at[flows.out_zone])
    inside, count = at >= 0, len(names)
    own = np.bincount(at[inside], flows.own[inside], count)
    own += np.bincount(origin[within], flows.out_workers[within], count)
    frame = pd.DataFrame(
        {
            "zones": np.bincount(at[inside], minlength=count),
            "size": np.bincount(at[inside], flows.residents[inside], count),
            "jobs": np.bincount(at[inside], flows.jobs[inside], count),
            "live_and_work": own,
        },
        index=names,
    )
    frame["supply"] = frame["live_and_work"] / frame["size"].where(frame["size"] > 0)
    frame["demand"] = frame["live_and_work"] / frame["jobs"].where(frame["jobs"] > 0)
    frame["validity"] = validity(frame["live_and_work"], frame["size"], frame["jobs"], criteria)
    frame["line"] = line_form(frame["live_and_work"], frame["size"], frame["jobs"], criteria)
    frame["valid"] = _valid(frame, test)
    return frame[list(AREA_COLUMNS)]


def _trail(codes: pd.Index, steps: np.ndarray) -> pd.DataFrame:
    from geoplan.delineation import CLOSED, NOWHERE

    area, zone, target = (steps[:, column].astype(np.int64) for column in (0, 2, 3))
    names = np.append(codes.to_numpy(dtype=object), ["", ""])
    outcome = np.select([target == CLOSED, target == NOWHERE], ["closed", "reserved"], "joined")
    columns = {"area": names[area], "score": steps[:, 1], "zone": names[zone], "outcome": outcome}
    return pd.DataFrame({**columns, "to": names[target], "link": steps[:, 4]})


# --------------------------------------------------------------------------------------------- contiguity


def _adjacency(neighbours: pd.DataFrame, codes: pd.Index) -> sparse.csr_array:
    """Return which zones share a border."""
    if len(neighbours.columns) < 2:
        message = "neighbours must be a frame whose first two columns name zones that share a border"
        raise ConfigurationError(message)
    one, two = (codes.get_indexer(neighbours.iloc[:, column]) for column in (0, 1))
    known = (one >= 0) & (two >= 0)
    if not known.any():
        message = "neighbours name no two zones of the flows, so that no area would hold together"
        raise ConfigurationError(message)
    ends = (np.append(one[known], two[known]), np.append(two[known], one[known]))
    return sparse.coo_array((np.ones(len(ends[0])), ends), shape=(len(codes), len(codes))).tocsr()


def _joined_pieces(flows: Network, area: np.ndarray, borders: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Move parts that are cut off from their area to the adjacent area with the strongest link.

    Every move joins the part to ground it touches, so there is one part less, and an end.
    """
    area, moved = area.copy(), []
    while True:
        for piece in _pieces(flows, area, borders):
            around = borders[piece].indices
            near = np.setdiff1d(area[around], [area[piece[0]], -1])
            to = _closest(flows, area, piece, near)
            if to >= 0:
                area[piece] = to
                moved.append(piece)
                break
        else:
            return area, np.unique(np.concatenate([*moved, np.empty(0, dtype=np.int64)]))


def _pieces(flows: Network, area: np.ndarray, borders: sparse.csr_array) -> list[np.ndarray]:
    """Return the parts of areas but for the one with most residents of each, by their first zones."""
    pairs = borders.tocoo()
    same = area[pairs.row] == area[pairs.col]
    graph = sparse.coo_array((pairs.data[same], (pairs.row[same], pairs.col[same])), shape=borders.shape)
    count, part = sparse.csgraph.connected_components(graph, directed=False)
    size = np.bincount(part, flows.residents, count)
    first = np.unique(part, return_index=True)[1]
    order = np.lexsort((first, -size, area[first]))
    main = np.unique(area[first][order], return_index=True)[1]
    rest = np.setdiff1d(np.delete(order, main), np.flatnonzero(area[first] < 0))
    return [np.flatnonzero(part == one) for one in rest[np.argsort(first[rest])]]


def _closest(flows: Network, area: np.ndarray, piece: np.ndarray, near: np.ndarray) -> int:
    """Return which of some areas a group of zones has the strongest link to, -1 for none."""
    if len(near) == 0:
        return -1
    count, inside = len(area), area >= 0
    residents, jobs = (np.bincount(area[inside], of[inside], count) for of in (flows.residents, flows.jobs))
    living, working = flows.residents[piece].sum(), flows.jobs[piece].sum()
    link = np.zeros(count)
    out, into = (flows.out_start, flows.out_zone, flows.out_workers), (flows.in_start, flows.in_zone, flows.in_workers)
    for (start, zone, workers), bound in ((out, living * jobs), (into, residents * working)):
        at = np.concatenate([np.arange(start[one], start[one + 1]) for one in piece])
        known = at[inside[zone[at]]]
        shared = np.bincount(area[zone[known]], workers[known], count)
        link += np.divide(shared * shared, bound, out=np.zeros(count), where=shared > 0)
    return int(near[link[near].argmax()]) if link[near].max() > 0 else -1


# ---------------------------------------------------------------------------------------------- stability


@dataclass(frozen=True, eq=False)
class Stability:
    """How far areas depend on chance.

    Parameters
    ----------
    zones
        Indexed by zone: ``area`` and ``stability``, the share of runs in which the zone is with its area's core.
    runs
        Indexed by run, from 1: ``areas`` found and ``invalid`` ones among them.
    seed, resampled
        What was asked for.
    """

    zones: pd.DataFrame
    runs: pd.DataFrame
    seed: int
    resampled: bool


def stability(
    flows: Flows, result: LabourMarkets, *, runs: int = 50, seed: int = 1, resample: bool = True
) -> Stability:
    """Tell for each zone in what share of runs it stays with the core of its area.

    Parameters
    ----------
    flows
        Those the areas were made of.
    result
        The areas, with the method, test and criteria to repeat. Contiguity is not repeated.
    runs
        How many.
    seed
        The same seed gives the same runs; a run does not depend on how many there are.
    resample
        Whether every flow is drawn anew, or only the order of zones is.

    Returns
    -------
    Stability
        By zone, and the number of areas by run.

    Raises
    ------
    TableError
        The flows do not name the zones of the result.
    ConfigurationError
        Runs or seed make no sense.

    Notes
    -----
    In each run the zones come in a shuffled order, and every flow is drawn from a Poisson distribution whose
    mean is the flow, whole or fractional: counts as they might have come out, with other totals. The core of
    an area is, in each run, the largest group (by residents in work as given; the one with the smallest code
    among equals) of its zones that are together in one area of the run; a zone stays if it is in that group.
    So an area that is swallowed whole is stable in all its zones, and one that falls in halves is stable in the
    larger. A zone that a run leaves out does not stay. Under "istat" the order decides ties only.

    It misleads as a measure of error: drawn flows differ by chance alone, not by what a census gets wrong.
    """
    if not (1 <= runs <= MOST_RUNS and 0 <= seed <= MOST_SEED):
        known = f"1 to {MOST_RUNS} runs and a seed from 0 to {MOST_SEED}"
        message = f"stability needs {known}, not {runs} runs and seed {seed}"
        raise ConfigurationError(message)
    missing = result.assignment.index.difference(flows.zones)
    if len(missing):
        message = refusal(f"flows of {flows.source}: they lack zones that the areas are made of", codes=missing)
        raise TableError(message)
    rule = _rule(result.criteria, result.test, result.rest)
    codes, origin, destination, workers = _ends(flows)
    zones = codes.get_indexer(result.assignment.index)
    given = pd.factorize(result.assignment)[0]
    weight = flows.residents.reindex(codes).to_numpy()[zones]
    stays, counts = np.zeros(len(zones)), []
    for child in each(np.random.SeedSequence(seed).spawn(runs), "Repeating with drawn flows", runs):
        generator = np.random.default_rng(child)
        order = generator.permutation(len(codes))
        drawn = generator.poisson(workers).astype(np.float64) if resample else workers
        some = drawn > 0
        ends = (codes, origin[some], destination[some], drawn[some])
        area, invalid = _repeated(ends, rule, result, order)
        stays += _with_core(given, area[zones], weight)
        counts.append((len(np.unique(area[area >= 0])), invalid))
    table = pd.DataFrame({"area": result.assignment, "stability": stays / runs})
    frame = pd.DataFrame(counts, columns=["areas", "invalid"], index=pd.RangeIndex(1, runs + 1, name="run"))
    return Stability(table, frame, seed, resample)


def _repeated(
    ends: tuple[pd.Index, np.ndarray, np.ndarray, np.ndarray], rule: Rule, result: LabourMarkets, order: np.ndarray
) -> tuple[np.ndarray, int]:
    """Return the areas of one run, and how many are not valid."""
    from geoplan.delineation import network

    codes, origin, destination, workers = ends
    _, kept = _exceptions(codes, network(len(codes), origin, destination, workers), result.method)
    area = _run(kept, rule, result.method, order).area
    areas = _areas(codes, kept, _named(codes, area, kept.residents), result.criteria, result.test)
    return area, int((~areas["valid"]).sum())


def _with_core(given: np.ndarray, found: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return which zones are in the largest group of their given area that a run keeps together."""
    groups, first, of = np.unique(np.stack([given, found]), axis=1, return_index=True, return_inverse=True)
    of = of.ravel()
    size = np.where(groups[1] >= 0, np.bincount(of, weight), -1.0)
    order = np.lexsort((first, -size, groups[0]))
    core = order[np.unique(groups[0][order], return_index=True)[1]]
    stays: np.ndarray = np.isin(of, core[size[core] >= 0])
    return stays


# -------------------------------------------------------------------------------------------- communities


def communities(flows: Flows, *, seed: int = 1, resolution: float = 1.0, self_flows: bool = False) -> pd.Series:
    """Group zones by Louvain's communities, which promise dense commuting but no self-containment.

    Parameters
    ----------
    flows
        Who lives and works where; an edge weighs the workers of both directions.
    seed
        The same seed gives the same groups; another may give others.
    resolution
        Above 1 gives smaller communities, below 1 larger ones.
    self_flows
        Whether those who work where they live count as loops. They hold zones apart, and communities small.

    Returns
    -------
    pandas.Series
        Zone -> area, known by its core like those of `delineate`. A zone without flows is an area of its own.

    Raises
    ------
    TableError
        There are no flows, or only one zone.
    ConfigurationError
        Seed or resolution make no sense.

    References
    ----------
    Blondel, Guillaume, Lambiotte & Lefebvre 2008, doi 10.1088/1742-5468/2008/10/P10008; NetworkX,
    ``louvain_communities``.
    """
    import networkx as nx

    if not 0 <= seed <= MOST_SEED or not resolution > 0:
        message = f"communities need a seed from 0 to {MOST_SEED} and a resolution above 0, not {seed} and {resolution}"
        raise ConfigurationError(message)
    _check_flows(flows)
    codes, origin, destination, workers = _ends(flows)
    low, high = np.minimum(origin, destination), np.maximum(origin, destination)
    table = pd.Series(workers).groupby([low, high]).sum()
    graph = nx.Graph()
    graph.add_nodes_from(range(len(codes)))
    pairs: Sequence[tuple[int, int]] = table.index.to_list()
    for (one, two), amount in zip(pairs, table.tolist(), strict=True):
        if self_flows or one != two:
            graph.add_edge(one, two, weight=amount)
    area = np.empty(len(codes), dtype=np.int64)
    for zones in nx.community.louvain_communities(graph, weight="weight", resolution=resolution, seed=seed):
        area[list(zones)] = min(zones)
    return _named(codes, area, flows.residents.reindex(codes).to_numpy())
