"""What a plan is asked for: units, clusters, objectives and constraints, and the file that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

__all__ = ["OBJECTIVES", "Asked", "Constraints", "Objective"]

OBJECTIVES: Mapping[str, str] = {
    "cut_people": "people in cut pieces",
    "self_containment": "self-containment of commuting",
    "balance": "balance",
    "change": "people whose area changes",
    "compactness": "border between areas",
}
"""The objectives, with what each is called."""


@dataclass(frozen=True)
class Objective:
    """One of the aims that are weighed against each other.

    Parameters
    ----------
    name
        One of `OBJECTIVES`.
    weight
        How much it counts; from nought.
    layers
        References to the layers that ``cut_people`` is against.
    of
        What ``balance`` is of: ``people`` or ``need``.
    """

    name: str
    weight: float
    layers: tuple[str, ...] = ()
    of: str = "people"


@dataclass(frozen=True)
class Constraints:
    """What every arrangement must keep.

    Parameters
    ----------
    together, apart
        Units, by code or name, that share a cluster, or do not: of several apart no two do.
    fixed
        Unit -> area of today that its cluster succeeds.
    least_people, most_people, most_members
        Of a cluster; None for no limit of the user's own.
    nest_in
        Layers: each cluster lies in one area of each, so that none crosses a border of it.
    whole
        Layers whose areas stay in one cluster, such as ``utla`` where districts are the units.
    """

    together: tuple[tuple[str, ...], ...] = ()
    apart: tuple[tuple[str, ...], ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    least_people: float | None = None
    most_people: float | None = None
    most_members: int | None = None
    nest_in: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A plan as it is asked for (docs/reference/planning.md).

    Parameters
    ----------
    objectives
        At least one with a weight above nought.
    clusters
        Least and most clusters; None for as many as today.
    units
        Building units: ``utla``, ``lad`` or ``blocks``.
    within
        Countries (E, W, S, N), areas (``LAYER:AREA`` or a name) or layers whose ground is planned.
    start
        Layer of today's arrangement; empty for none.
    constraints
        What every arrangement keeps.
    flows
        File of commuting flows; empty for the modelled ones.
    as_of
        Day whose members are shown; None for the catalogue's.
    alternatives
        How many arrangements are wanted.
    seed
        Of the search that is used where candidates are too many to list.
    time_limit
        Seconds for all of it.
    """

    objectives: tuple[Objective, ...]
    clusters: tuple[int, int] | None = None
    units: str = "utla"
    within: tuple[str, ...] = ("E",)
    start: str = ""
    constraints: Constraints = field(default_factory=Constraints)
    flows: str = ""
    as_of: date | None = None
    alternatives: int = 5
    seed: int = 1
    time_limit: float = 240.0
