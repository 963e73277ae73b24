"""Labour market areas from commuting flows: how far areas contain their commuting, and how stable they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geoplan.commuting.criteria import EXACT, Criteria, line_form, step, validity
from geoplan.commuting.pieces import adjacency, joined_pieces
from geoplan.errors import ConfigurationError, TableError, refusal
from geoplan.progress import phase
from geoplan.schema import Flows

if TYPE_CHECKING:
    from geoplan.engine.delineating.network import Answer, Network, Rule

__all__ = [
    "AREA_COLUMNS",
    "METHODS",
    "RESTS",
    "TESTS",
    "LabourMarkets",
    "areas_of",
    "check_flows",
    "delineate",
    "ends_of",
    "exceptions_of",
    "named",
    "rule_of",
    "run",
]

METHODS = ("uk", "istat")
TESTS = ("validity", "line")
RESTS = ("package", "summed")
AREA_COLUMNS = ("zones", "size", "jobs", "live_and_work", "supply", "demand", "validity", "line", "valid")
LEAST_WORKERS = 1e-6
"""So many there must be in all: links are quotients of squares, and below lie numbers that a square makes nought."""
LEFT_OUT, JOINED, ALONE = "left out", "joined its best link", "an area of its own"


def _valid(scores: pd.DataFrame, test: str) -> pd.Series:
    return scores["line"] >= -EXACT if test == "line" else scores["validity"] >= 1.0 - EXACT


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
    (Istat). docs/method/labour-markets.md.
    """
    _check_request(method, test, seed)
    rest = _rest(method, test, rest)
    rule = rule_of(criteria or Criteria(), test, rest)
    check_flows(flows)
    codes, given = _network(flows)
    if not given.own.any():
        hint = "Without rows whose origin is their destination self-containment cannot be told."
        raise TableError(refusal(f"flows of {flows.source}: nobody lives and works in the same zone", hint=hint))
    exceptions, kept = exceptions_of(codes, given, method)
    if not (kept.residents + kept.jobs).any():
        message = f"flows of {flows.source}: no zone has residents in work, jobs and a link to another"
        raise TableError(refusal(message, codes=exceptions.index))
    order = np.arange(len(codes)) if seed is None else np.random.default_rng(seed).permutation(len(codes))
    with phase(f"Gathering {len(codes):,} zones"):
        answer = run(kept, rule, method, order)
    if not (answer.area >= 0).any():
        message = f"flows of {flows.source}: every zone ends in the reserve of the method istat, so there is no area"
        raise TableError(refusal(message, codes=codes[answer.reserved], hint="Try the method uk, or lower criteria."))
    area, moved = answer.area, np.empty(0, dtype=np.int64)
    placed = area[answer.reserved] >= 0
    exceptions = _with_stranded(exceptions, codes[answer.reserved[~placed]])
    if neighbours is not None:
        area, moved = joined_pieces(kept, area, adjacency(neighbours, codes))
    assignment = named(codes, area, kept.residents)
    return LabourMarkets(
        assignment=assignment,
        areas=areas_of(codes, kept, assignment, criteria or Criteria(), test),
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


def rule_of(criteria: Criteria, test: str, rest: str) -> Rule:
    """Return the criteria as the engine takes them."""
    from geoplan.engine.delineating.network import Rule

    line = test == "line"
    return Rule(
        min_size=float(criteria.min_size),
        min_containment=float(criteria.min_containment),
        target_size=float(criteria.target_size),
        target_containment=float(criteria.target_containment),
        width=float(criteria.width),
        step=step(criteria),
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


def check_flows(flows: Flows) -> None:
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


def ends_of(flows: Flows) -> tuple[pd.Index, np.ndarray, np.ndarray, np.ndarray]:
    """Return the codes of the zones in order, and the flows with positions in them."""
    codes = flows.zones.sort_values()
    index = flows.table.index
    found = [codes.get_indexer(level)[at] for level, at in zip(index.levels, index.codes, strict=True)]
    return codes, found[0], found[1], flows.table["workers"].to_numpy(dtype=np.float64)


def _network(flows: Flows) -> tuple[pd.Index, Network]:
    from geoplan.engine.delineating.network import network

    codes, origin, destination, workers = ends_of(flows)
    return codes, network(len(codes), origin, destination, workers)


def run(flows: Network, rule: Rule, method: str, order: np.ndarray) -> Answer:
    """Let the engine work with the zones in another order."""
    from geoplan.engine.delineating.delineation import delineate
    from geoplan.engine.delineating.network import Answer, reordered

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


def exceptions_of(codes: pd.Index, flows: Network, method: str) -> tuple[pd.DataFrame, Network]:
    """List the zones that cannot take part like any other, and leave out those that cannot at all."""
    from geoplan.engine.delineating.network import isolated, without

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


def named(codes: pd.Index, area: np.ndarray, residents: np.ndarray) -> pd.Series:
    """Name areas by their core, the zone with most residents in work."""
    zones = np.flatnonzero(area >= 0)
    order = zones[np.lexsort((zones, -residents[zones], area[zones]))]
    first = order[np.unique(area[order], return_index=True)[1]]
    core = np.full(len(codes), -1)
    core[area[first]] = first
    return pd.Series(codes[core[area[zones]]], index=codes[zones].rename("zone"), name="area")


def areas_of(codes: pd.Index, flows: Network, assignment: pd.Series, criteria: Criteria, test: str) -> pd.DataFrame:
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
    from geoplan.engine.delineating.network import CLOSED, NOWHERE

    area, zone, target = (steps[:, column].astype(np.int64) for column in (0, 2, 3))
    names = np.append(codes.to_numpy(dtype=object), ["", ""])
    outcome = np.select([target == CLOSED, target == NOWHERE], ["closed", "reserved"], "joined")
    columns = {"area": names[area], "score": steps[:, 1], "zone": names[zone], "outcome": outcome}
    return pd.DataFrame({**columns, "to": names[target], "link": steps[:, 4]})
