"""A scenario: changes to layers, applied in order, with where they come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

__all__ = ["ACTIONS", "PREFIX", "SEVERAL", "Scenario", "Step", "asked_of", "is_scenario", "named_as", "several"]

PREFIX = "scenario:"
"""What a reference to a layer begins with where a scenario is meant."""
SEVERAL = ";"
"""What stands between several areas or authorities in one cell."""
ACTIONS = {
    "move": ("authority", "to"),
    "merge": ("area", "to"),
    "split": ("area", "authority", "to"),
    "new": ("area",),
    "dissolve": ("area",),
    "rename": ("area", "to"),
}
"""Action -> what it needs to be told; a move may also be told the area that is left."""


@dataclass(frozen=True)
class Step:
    """One change, as a row of a file has it.

    Parameters
    ----------
    at
        Where it stands, such as ``row 3``.
    action
        One of `ACTIONS`.
    layer
        Reference to the layer it changes.
    area, authority, to
        As written; several areas or authorities are joined by ";".
    code
        Code of an area that begins; made of its name where it is empty.
    source, day, confidence, note
        Where it is from, when it happens, how sure it is; texts, which may be empty.
    """

    at: str
    action: str
    layer: str
    area: str = ""
    authority: str = ""
    to: str = ""
    code: str = ""
    source: str = ""
    day: str = ""
    confidence: str = ""
    note: str = ""

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas it names, one by one."""
        return several(self.area)

    @property
    def authorities(self) -> tuple[str, ...]:
        """The authorities it names, one by one."""
        return several(self.authority)


@dataclass(frozen=True)
class Scenario:
    """Changes to layers.

    Parameters
    ----------
    name
        Of the scenario that ships, or the name of its file.
    title
        For people, as the end of a list: what is changed.
    steps
        In the order in which they are applied.
    sha256
        Hash of its file; empty where it was made in memory.
    as_of
        Day whose members it changes; None where that is any day.
    in_force_from
        When it begins to hold, as its file says; empty where nobody has said.
    source, confidence, note
        Where it comes from, and how sure it is.
    said
        How its file had to be understood.
    """

    name: str
    title: str
    steps: tuple[Step, ...]
    sha256: str = ""
    as_of: date | None = None
    in_force_from: str = ""
    source: str = ""
    confidence: str = ""
    note: str = ""
    said: tuple[str, ...] = field(default=())

    @property
    def layers(self) -> tuple[str, ...]:
        """References to the layers it changes, the first named first."""
        return tuple(dict.fromkeys(step.layer for step in self.steps))

    def of_layer(self, layer: str) -> tuple[Step, ...]:
        """Return the changes to one layer, in order."""
        return tuple(step for step in self.steps if step.layer == layer)


def several(cell: str) -> tuple[str, ...]:
    """Return what a cell lists.

    Examples
    --------
    >>> several("Suffolk; Norfolk"), several("")
    (('Suffolk', 'Norfolk'), ())
    """
    return tuple(part.strip() for part in cell.split(SEVERAL) if part.strip())


def is_scenario(reference: str) -> bool:
    """Tell whether a reference to a layer means a scenario."""
    return reference.startswith(PREFIX)


def named_as(name: str, layer: str) -> str:
    """Return the reference to a scenario, or to one of its layers.

    Examples
    --------
    >>> named_as("surrey_2027", "utla")
    'scenario:surrey_2027#utla'
    """
    return f"{PREFIX}{name}{f'#{layer}' if layer else ''}"


def asked_of(reference: str) -> tuple[str, str]:
    """Take a reference to a scenario apart.

    Parameters
    ----------
    reference
        ``scenario:NAME`` or ``scenario:FILE``, with ``#layer`` for one of several layers that it changes.

    Returns
    -------
    tuple of str
        Name or file, and the layer; empty where none was asked for.

    Examples
    --------
    >>> asked_of("scenario:surrey_2027#utla"), asked_of("scenario:plans/mine.csv")
    (('surrey_2027', 'utla'), ('plans/mine.csv', ''))
    """
    name, _, layer = reference.removeprefix(PREFIX).partition("#")
    return name, layer
