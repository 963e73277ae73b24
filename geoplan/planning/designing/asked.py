"""What a plan is asked for: units, clusters, objectives and constraints, and the file that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from geoplan.auditing.opening import public
from geoplan.data.catalogue import catalogue, day_asked
from geoplan.data.kept import opening
from geoplan.data.readers.schemas import checked, checked_values, shipped_schema, text_of
from geoplan.errors import ConfigurationError, refusal
from geoplan.schema import Weight, wording

__all__ = [
    "CROSSINGS",
    "OBJECTIVES",
    "Asked",
    "Constraints",
    "Objective",
    "load",
    "parameters",
    "parse",
    "references",
    "schema",
    "taken",
]

CROSSINGS = ("bridge", "tunnel", "ferry")
"""The kinds of listed crossings."""
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
    limit
        The most that every arrangement may have of its measure (people, coefficient of variation, km); of
        ``self_containment`` the least (share). None for no limit.
    people
        Whom ``cut_people`` and ``change`` count.
    """

    name: str
    weight: float
    layers: tuple[str, ...] = ()
    of: str = "people"
    limit: float | None = None
    people: Weight = Weight.PEOPLE

    @property
    def called(self) -> str:
        """What it is called, with whom it counts."""
        words = OBJECTIVES[self.name]
        return words if self.people is Weight.PEOPLE else words.replace("people", wording.UNITS[self.people], 1)


@dataclass(frozen=True)
class Constraints:
    """What every arrangement must keep.

    Parameters
    ----------
    together, apart
        Units, by code or name, that share a cluster, or do not: of several apart no two do.
    leads
        Units that lead a cluster: no two share one.
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
    leads: tuple[str, ...] = ()
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
    crossings
        Kinds of listed crossings that join units over water, of `CROSSINGS`.
    flows
        File of commuting flows; empty for the modelled ones.
    as_of
        Day whose members are shown; None for the catalogue's.
    alternatives
        How many arrangements are wanted.
    seed
        Of the search that is used where candidates are too many to list.
    time_limit
        Seconds for the search; audits take a few more.
    """

    objectives: tuple[Objective, ...]
    clusters: tuple[int, int] | None = None
    units: str = "utla"
    within: tuple[str, ...] = ("E",)
    start: str = ""
    constraints: Constraints = field(default_factory=Constraints)
    crossings: tuple[str, ...] = CROSSINGS
    flows: str = ""
    as_of: date | None = None
    alternatives: int = 5
    seed: int = 1
    time_limit: float = 240.0

    def called(self, name: str) -> str:
        """Return what an objective is called, with whom it counts."""
        return next((one.called for one in self.objectives if one.name == name), OBJECTIVES[name])

    def counted(self, name: str) -> Weight:
        """Return whom an objective, and the measure of the same name, counts; people where it is not asked for."""
        return self.counted_otherwise.get(name, Weight.PEOPLE)

    @property
    def counted_otherwise(self) -> dict[str, Weight]:
        """Objective -> whom it counts, of those that do not count people."""
        return {one.name: one.people for one in self.objectives if one.people is not Weight.PEOPLE}


def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of the file.

    Returns
    -------
    Mapping
        Draft 2020-12, as published in the package.
    """
    return shipped_schema("geoplan.planning.designing", "plan.schema.json")


def load(path: Path) -> Asked:
    """Read a plan from its file.

    Parameters
    ----------
    path
        A TOML file; files it names are looked for beside it.

    Returns
    -------
    Asked
        Checked; layers and units are not looked up yet.

    Raises
    ------
    ConfigurationError
        The file cannot be read, is no TOML, or breaks the schema; names the line and the nearest key.
    """
    return parse(text_of(path), path.name, path.parent)


def parse(text: str, file: str, folder: Path = Path()) -> Asked:
    """Read the text of a plan.

    Parameters
    ----------
    text, file
        TOML, and the name of its file for messages.
    folder
        Where the files it names lie.

    Returns
    -------
    Asked
        Checked.

    Raises
    ------
    ConfigurationError
        As for `load`.
    """
    return _asked(checked(text, file, schema())["plan"], file, folder)


def references(asked: Asked) -> tuple[str, ...]:
    """Return the layers and the file of flows that a plan names; empty ones are none."""
    layers = (key for one in asked.objectives for key in one.layers)
    return (asked.start, asked.flows, *layers, *asked.constraints.nest_in, *asked.constraints.whole)


def parameters(asked: Asked) -> dict[str, Any]:
    """Return what a plan was asked, in JSON types.

    Parameters
    ----------
    asked
        The plan.

    Returns
    -------
    dict
        Without a path of the machine; constraints that were not given are left out, and ``clusters`` is null where
        there are to be as many as today.
    """
    objectives = {
        one.name: {
            "weight": one.weight,
            **({"layers": [public(key) for key in one.layers]} if one.layers else {}),
            **({"of": one.of} if one.name == "balance" else {}),
            **({"people": str(one.people)} if one.name in asked.counted_otherwise else {}),
            **({"least" if one.name == "self_containment" else "most": one.limit} if one.limit is not None else {}),
        }
        for one in asked.objectives
    }
    said = {name: given for name, given in vars(asked.constraints).items() if given}
    layers = {name: [public(key) for key in said[name]] for name in ("nest_in", "whole") if name in said}
    return {
        "units": asked.units,
        "within": list(asked.within),
        "start": public(asked.start) if asked.start else "",
        "clusters": asked.clusters and list(asked.clusters),
        "objectives": objectives,
        "constraints": {**said, **layers},
        "crossings": list(asked.crossings),
        "flows": Path(asked.flows).name,
        "as_of": asked.as_of and asked.as_of.isoformat(),
        "alternatives": asked.alternatives,
        "seed": asked.seed,
        "time_limit": asked.time_limit,
    }


def taken(given: Mapping[str, Any]) -> Asked:
    """Take a plan that is no file.

    Parameters
    ----------
    given
        What stands under [plan]; or all of it, with ``plan`` as its one key.

    Returns
    -------
    Asked
        Checked.

    Raises
    ------
    ConfigurationError
        As for `load`.
    """
    whole = given if set(given) == {"plan"} else {"plan": given}
    return _asked(checked_values(whole, "the plan", schema())["plan"], "the plan", Path())


def _asked(given: Mapping[str, Any], file: str, folder: Path) -> Asked:
    clusters = given.get("clusters")
    if isinstance(clusters, list) and clusters[0] > clusters[1]:
        hint = f"Write [{clusters[1]}, {clusters[0]}]."
        raise ConfigurationError(refusal(f"{file}: clusters {clusters}: the least comes first", hint=hint))
    said = given.get("constraints", {})
    sets = {name: tuple(map(tuple, said[name])) for name in ("together", "apart") if name in said}
    layers = {name: _beside(said[name], folder) for name in ("nest_in", "whole") if name in said}
    plain = {name: given[name] for name in ("units", "alternatives", "seed", "time_limit") if name in given}
    return Asked(
        objectives=tuple(_objective(name, one, folder) for name, one in given["objectives"].items()),
        clusters=(clusters, clusters) if isinstance(clusters, int) else tuple(clusters) if clusters else None,
        within=tuple(given.get("within", Asked.within)),
        crossings=tuple(given.get("crossings", CROSSINGS)),
        start=_beside([given["start"]], folder)[0] if "start" in given else "",
        flows=opening.beside(given["flows"], folder) if "flows" in given else "",
        as_of=day_asked(given["as_of"]) if "as_of" in given else None,
        constraints=Constraints(**{**said, **sets, **layers, "leads": tuple(said.get("leads", ()))}),
        **plain,
    )


def _objective(name: str, given: float | Mapping[str, Any], folder: Path) -> Objective:
    said = given if isinstance(given, Mapping) else {"weight": given}
    layers = tuple(_beside(said.get("layers", ()), folder))
    limit = said.get("least", said.get("most"))
    people = Weight(str(said.get("people", Weight.PEOPLE)))
    return Objective(name, float(said.get("weight", 1.0)), layers, str(said.get("of", "people")), limit, people)


def _beside(references: Any, folder: Path) -> tuple[str, ...]:
    """Return references to layers; those that are neither known nor held are files beside the plan."""
    known = [one in catalogue() or one.startswith("scenario:") for one in references]
    return tuple(
        one if is_known else opening.beside(one, folder) for one, is_known in zip(references, known, strict=True)
    )
