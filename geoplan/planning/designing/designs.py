"""Design clusters: pose the plan, find alternatives, measure and explain them, or name what contradicts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from geoplan.commuting.atlas import Atlas
from geoplan.errors import ConfigurationError, TimeUpError, refusal
from geoplan.planning.designing import front
from geoplan.planning.designing.asked import Asked
from geoplan.planning.designing.audited import Arrangement, Audited, audited, beside, others_of
from geoplan.planning.designing.conflicts import Conflict, conflict_of, shows_at_once
from geoplan.planning.designing.explaining import Moved, cluster_names, moved
from geoplan.planning.designing.gathering import clusters_wanted, ground_of, rules_of
from geoplan.planning.designing.measuring import Fixed, Measures, measured
from geoplan.planning.designing.posing import Ground, Posed, pose
from geoplan.planning.designing.searching import search
from geoplan.planning.designing.units import Held, Units
from geoplan.schema import Layer, Source
from geoplan.schema.people import AS_SHIPPED, Estimates

__all__ = ["Design", "Designs", "answered", "plan"]

CONFLICT_SECONDS = 30.0
"""For naming what contradicts, at most."""
LAST_SHARE = 0.1
"""Of the time, what naming what contradicts may take where none is left."""
SEARCH_SHARE = 0.4
"""Of the time, what a search may take where candidates are too many to list."""
HELP_SHARE = 0.15
"""The same where clusters need not be larger than what is listed, but may be better."""
FRONT_SHARE = 0.9
"""Of the time that is left then, what the solver may take; explaining and writing need the rest."""


@dataclass(frozen=True, eq=False)
class Design:
    """One alternative.

    Parameters
    ----------
    name
        What it was sought for.
    weights, most
        Objective -> weight, and what its term was held below.
    measures
        Of the arrangement.
    optimal, score, bound, gap
        Whether it is proved best for its weights, its weighted score, what none can fall below, and the distance
        as a share.
    moves
        Units whose area changes, with reasons.
    audited
        It, audited as any layer.
    """

    name: str
    weights: Mapping[str, float]
    most: Mapping[str, float]
    measures: Measures
    optimal: bool
    score: float
    bound: float
    gap: float
    moves: tuple[Moved, ...]
    audited: Audited

    @property
    def title(self) -> str:
        """What it is called as a layer."""
        return self.audited.arrangement.title

    @property
    def assignment(self) -> pd.Series:
        """Code of a building unit -> code of its cluster."""
        return self.audited.arrangement.assignment

    @property
    def names(self) -> Mapping[str, str]:
        """Code of a cluster -> its name."""
        return self.audited.arrangement.names


@dataclass(frozen=True, eq=False)
class Designs:
    """A plan's answer.

    Parameters
    ----------
    asked
        The plan as it was asked for.
    units
        The building units.
    start
        Layer of today's arrangement; None without.
    layers
        Those that clusters follow.
    today
        Its measures; None without.
    designs
        Alternatives; empty where the constraints contradict each other or none was found in the time.
    conflict
        What contradicts; None where nothing does.
    candidates, members
        How many connected groups were candidates, and up to which size all are; None where all of any size are.
    flows
        Who counted or modelled the commuting.
    searched
        Whether a search found the larger candidates, since all were too many to list.
    audited
        Today's arrangement of the units, audited as any layer; None without a start or without alternatives.
    rules
        The constraints that every alternative keeps, in words.
    starts
        What the search began from, in words.
    estimates
        By which people are counted.
    """

    asked: Asked
    units: Units
    start: Layer | None
    layers: tuple[Held, ...]
    today: Measures | None
    designs: tuple[Design, ...]
    conflict: Conflict | None
    candidates: int
    members: int | None
    flows: str
    searched: bool = False
    audited: Audited | None = None
    rules: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    estimates: Estimates = AS_SHIPPED


def plan(
    asked: Asked,
    *,
    atlas: Atlas | None = None,
    told: Callable[[str], None] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
) -> Designs:
    """Design clusters that fit.

    Parameters
    ----------
    asked
        Units, number of clusters, objectives, constraints.
    atlas
        Where to open layers and flows; a new one by default.
    told
        Called with what is being done.
    clock
        Tells the time in seconds.

    Returns
    -------
    Designs
        Alternatives with proof or gap; or the smallest set of constraints that contradict each other.

    Raises
    ------
    ConfigurationError
        An objective, unit or area that is not known, with the nearest names; a layer whose parts are not known.
    GeoplanError
        A layer cannot be opened.

    Notes
    -----
    Every connected group of units up to a size is a candidate cluster; the best partition into candidates is found
    with proof (`geoplan.planning.designing.choosing.partition.solve`). Where clusters have to be larger than that, a
    search collects larger candidates, and the bound is one that holds for every arrangement
    (`geoplan.planning.designing.searching`).
    """
    until = clock() + asked.time_limit
    atlas = atlas or Atlas(as_of=asked.as_of, flows=asked.flows)
    _refuse_unmeasured(asked)
    told("Counting people and commuting")
    ground = ground_of(asked, atlas)
    units, layers, today = ground.units, ground.layers, ground.today
    clusters = clusters_wanted(asked, today)
    every = rules_of(asked, ground, atlas)
    named = any(one.name == "change" for one in asked.objectives)
    told("Listing candidate clusters")
    posed = None if shows_at_once(ground, every, clusters) else pose(ground, every, named=named)
    # Today changes nothing; units that are in no area today are in none after as before.
    before = replace(measured(today.home, units, layers, today), change=0.0) if today else None
    start = atlas.layer(asked.start) if asked.start else None
    result = Designs(
        asked, units, start, layers, before, (), None, 0, None, atlas.flows.source,
        rules=tuple(rule.words for rule in every), estimates=atlas.reference.estimates,
    )  # fmt: skip
    if posed is not None:
        left = _Left(until, clock)
        posed, found = _sought(posed, ground, asked, clusters, left, told, named=named)
        searched, candidates = posed.floors is not None, posed.columns.groups.shape[0]
        result = replace(result, searched=searched, candidates=candidates, members=posed.members, starts=posed.starts)
        if found:
            told("Auditing today's arrangement and every alternative")
            return _with_audits(result, found, ground, posed.fixed, atlas.drawn)
    told("Looking for what contradicts")
    seconds = min(max(until - clock(), asked.time_limit * LAST_SHARE), CONFLICT_SECONDS)
    return replace(result, conflict=conflict_of(ground, every, clusters, seconds=seconds))


@dataclass(frozen=True)
class _Left:
    """The time that is left."""

    until: float
    clock: Callable[[], float]

    def share(self, part: float) -> float:
        return max(self.until - self.clock(), 0.0) * part


def _sought(
    posed: Posed,
    ground: Ground,
    asked: Asked,
    clusters: tuple[int, int],
    left: _Left,
    told: Callable[[str], None],
    *,
    named: bool,
) -> tuple[Posed, list[front.Alternative]]:
    """Seek alternatives among the candidates, with larger ones that a search meets where these are needed or may help.

    What is listed may make up no arrangement at all; then larger candidates are sought as well.
    """

    def widened(part: float) -> Posed:
        told("Searching among groups that are too many to list")
        seconds = left.share(part)
        return search.searched(posed, asked.objectives, clusters, named=named, seed=asked.seed, seconds=seconds)

    def found() -> list[front.Alternative]:
        seconds = left.share(FRONT_SHARE)
        return front.alternatives(
            posed, ground, asked.objectives, clusters, wanted=asked.alternatives, seconds=seconds, told=told
        )

    if search.is_needed(posed, clusters):
        posed = widened(SEARCH_SHARE)
    elif search.may_help(posed):
        posed = widened(HELP_SHARE)
    several = found()
    if not several and posed.members is not None and not posed.starts:
        posed = widened(SEARCH_SHARE)
        several = found()
    return posed, several


def answered(made: Designs) -> Designs:
    """Return designs where there are any; refused in the words of the conflict, or for want of time, where not.

    Parameters
    ----------
    made
        From `plan`.

    Returns
    -------
    Designs
        The same.

    Raises
    ------
    ConfigurationError
        The constraints contradict each other.
    TimeUpError
        No arrangement was found in the time.
    """
    if made.conflict is not None:
        hint = "Leave one of them out." if made.conflict.rules else "Ask for another number of clusters."
        raise ConfigurationError(refusal(made.conflict.message.rstrip("."), hint=hint))
    if not made.designs:
        raise TimeUpError(refusal("no arrangement was found in the time", hint="Give it more with time_limit."))
    return made


def _refuse_unmeasured(asked: Asked) -> None:
    if not any(one.weight > 0 for one in asked.objectives):
        message = refusal(
            "the plan has no objective with a weight above nought", hint="Give one under [plan.objectives]."
        )
        raise ConfigurationError(message)
    for one in asked.objectives:
        if one.name == "cut_people" and not one.layers:
            message = refusal(
                "objective cut_people names no layers", hint='Write cut_people = {layers = ["icb_2026"], weight = 1.0}.'
            )
            raise ConfigurationError(message)
        if one.name == "change" and not asked.start:
            message = refusal(
                "objective change needs today's arrangement", hint='Name its layer: start = "connect_to_work".'
            )
            raise ConfigurationError(message)


def _with_audits(
    result: Designs, found: Sequence[front.Alternative], ground: Ground, fixed: Fixed, atlas: Atlas
) -> Designs:
    """Return a plan's answer with every arrangement audited, today's among them."""
    others = others_of(result.asked, ground.units, atlas)
    weight = result.asked.counted("cut_people")
    today = audited(_today(result.start, ground), others, atlas, weight) if result.start else None
    today = today and beside(today, today)
    designs = []
    for number, one in enumerate(found, start=1):
        arrangement = _arranged(one, number, ground, fixed, result.start)
        designs.append(_design(one, beside(audited(arrangement, others, atlas, weight), today), ground, fixed))
    return replace(result, designs=tuple(designs), audited=today)


def _today(start: Layer, ground: Ground) -> Arrangement:
    held, units = ground.today, ground.units
    assert held is not None  # noqa: S101 - there is a start
    areas = {code: held.codes[n] for code, n in zip(units.codes, held.home, strict=True) if n >= 0}
    names = dict(zip(held.codes, held.names, strict=True))
    title = f"{start.title}, today"
    return Arrangement(title, units, pd.Series(areas), names, start.source, edition=start.edition, **_called(start))


def _arranged(one: front.Alternative, number: int, ground: Ground, fixed: Fixed, start: Layer | None) -> Arrangement:
    codes, names = cluster_names(one.labels, ground.units, ground.today, fixed)
    assignment = pd.Series([codes[n] for n in one.labels], index=pd.Index(ground.units.codes, name="unit"), name="area")
    title = f"{start.title}, alternative {number}" if start else f"Alternative {number}"
    named = dict(zip(codes, names, strict=True))
    source = Source(f"Designed by geoplan plan: {one.wish.name}")
    return Arrangement(title, ground.units, assignment, named, source, **_called(start))


def _called(start: Layer | None) -> dict[str, str]:
    return {"one": start.one, "many": start.many} if start is not None and start.many else {}


def _design(one: front.Alternative, made: Audited, ground: Ground, fixed: Fixed) -> Design:
    return Design(
        name=one.wish.name,
        weights=one.wish.weights,
        most=one.wish.most,
        measures=one.measures,
        optimal=one.optimal,
        score=one.score,
        bound=one.bound,
        gap=one.gap,
        moves=tuple(moved(one.labels, ground, fixed)),
        audited=made,
    )
