"""Apply the changes of a scenario to a layer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from geoplan.data.membership.checks import weakest
from geoplan.data.membership.rebuilding import rebuilt
from geoplan.data.places import Authorities
from geoplan.data.scenarios.naming import Ground, area_meant, areas_named, code_of, ground_meant
from geoplan.data.scenarios.scenario import Scenario, Step
from geoplan.errors import ConfigurationError, UnknownKeyError, refusal
from geoplan.schema import Layer, wording

__all__ = ["Applied", "apply", "as_scenario"]

FIRST = "Add a row 'new' before it, if the area is to begin."


@dataclass(frozen=True, eq=False)
class Applied:
    """A layer with changes applied.

    Parameters
    ----------
    layer
        Under its own key; the very layer that was given where the changes come to nothing.
    changed
        Whether it differs from the layer that was given.
    moved
        Shipped block -> codes of the areas it was in, and of those it is in now; of those that differ.
    remarks
        Sentences on what was applied otherwise than a reader may expect: moved twice, there already.
    """

    layer: Layer
    changed: bool
    moved: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    remarks: tuple[str, ...] = ()


def apply(scenario: Scenario, reference: str, layer: Layer, authorities: Authorities) -> Applied:
    """Apply to a layer the changes that a scenario makes to it, in order.

    Parameters
    ----------
    scenario
        What is changed.
    reference
        How the scenario calls the layer.
    layer
        Of shipped blocks.
    authorities
        The reference; with outlines where the layer has them.

    Returns
    -------
    Applied
        The layer with its new members; what its table left open is told anew.

    Raises
    ------
    UnknownKeyError
        If an area or authority is not known; names the nearest.
    ConfigurationError
        If the layer is no list of authorities, an authority is not where it is said to be, or an area is left
        without members.

    Notes
    -----
    Rows hold one after the other: a second move of the same authority moves it on, and is remarked on. It is refused
    where it says that the authority is where an earlier row has taken it from.
    """
    if layer.parts is None or layer.blocks is not None:
        message = f"{layer.key} is {'a drawing' if layer.parts is None else 'made of small areas'}, not of authorities"
        raise ConfigurationError(refusal(f"{scenario.name}: {message}", hint="Change a layer that ships, or a table."))
    draft = _Draft(scenario, layer, authorities)
    for step in scenario.of_layer(reference):
        draft.take(step)
    draft.refuse_emptied()
    parts = draft.parts()
    moved = _moved(layer.parts, parts)
    if not moved and draft.names == _names(layer):
        return Applied(layer, changed=False, moved={}, remarks=tuple(draft.remarks))
    made = rebuilt(layer, parts, draft.names, authorities)
    citation = f"{layer.source.citation}; {scenario.title}"
    hashed = hashlib.sha256(f"{layer.source.sha256} {scenario.sha256}".encode()).hexdigest()
    made = replace(made, source=replace(layer.source, citation=citation, sha256=hashed))
    edition = f"{layer.edition}; {scenario.title}"
    return Applied(replace(made, edition=edition), changed=True, moved=moved, remarks=tuple(draft.remarks))


def as_scenario(layer: Layer, scenario: Scenario, reference: str, *, as_of: str) -> Layer:
    """Return a changed layer as one of its own, beside the layer that it is made of.

    Parameters
    ----------
    layer
        From `apply`.
    scenario
        What was changed.
    reference
        How it was asked for; its key.
    as_of
        The day asked for (ISO).

    Returns
    -------
    Layer
        With the title of the scenario; nobody has said that it is in force.
    """
    return replace(
        layer, key=reference, title=f"{layer.title}, {scenario.title}", status="scenario", as_of=as_of,
        in_force_from=scenario.in_force_from, in_force_to="", changes=(),
    )  # fmt: skip


def _names(layer: Layer) -> dict[str, str]:
    return {str(code): str(name) for code, name in layer.areas["name"].items()}


def _moved(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the blocks that are in other areas, or in them by another share, than before."""
    then, now = _homes(before), _homes(after)
    return {
        block: (tuple(code for code, _ in then.get(block, ())), tuple(code for code, _ in now.get(block, ())))
        for block in sorted({*then, *now})
        if then.get(block) != now.get(block)
    }


def _homes(parts: pd.DataFrame) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for block, code, share in zip(parts["block"], parts["code"], parts["share"], strict=True):
        found.setdefault(str(block), []).append((str(code), str(share)))
    return found


@dataclass
class _Draft:
    """A layer while changes are applied to it."""

    scenario: Scenario
    layer: Layer
    authorities: Authorities
    names: dict[str, str] = field(default_factory=dict)
    held: dict[tuple[str, str], tuple[float, str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    begun: set[str] = field(default_factory=set)
    touched: dict[str, str] = field(default_factory=dict)
    """Block -> the row that moved it last."""
    left: dict[str, str] = field(default_factory=dict)
    """Area -> the row that last took something out of it."""
    former: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name or code that means no area any more -> the row since when, and what became of it."""

    def __post_init__(self) -> None:
        self.names = _names(self.layer)
        parts = self._own_parts()
        rows = zip(parts["block"], parts["code"], parts["share"], parts["confidence"], strict=True)
        self.held = {(str(block), str(code)): (float(share), str(how)) for block, code, share, how in rows}

    def _own_parts(self) -> pd.DataFrame:
        assert self.layer.parts is not None  # noqa: S101 - refused before
        parts = self.layer.parts
        return parts if "confidence" in parts else parts.assign(confidence="")

    def take(self, step: Step) -> None:
        """Apply one change."""
        actions: dict[str, Callable[[Step], None]] = {
            "move": self._move, "merge": self._merge, "split": self._split, "new": self._new,
            "dissolve": self._dissolve, "rename": self._rename,
        }  # fmt: skip
        actions[step.action](step)

    def _where(self, step: Step) -> str:
        return f"{self.scenario.name}, {step.at}"

    def _area(self, written: str, step: Step, hint: str = "") -> str:
        known = {name: name for name in self.former}
        if (gone := areas_named(written, known)) and not areas_named(written, self.names):
            at, fate = self.former[gone[0]]
            said = f"{self._where(step)}: there is no area {written!r} in {self.layer.key} any more, {at} {fate}"
            raise UnknownKeyError(refusal(said, hint="Name an area that there is by then."))
        return area_meant(written, self.names, self._where(step), self.layer.key, hint=hint)

    def _ground(self, written: str, step: Step) -> Ground:
        return ground_meant(written, self.names, self.held, self.authorities, self._where(step))

    def _move(self, step: Step) -> None:
        to = self._area(step.to, step, FIRST)
        left = {self._area(written, step) for written in step.areas}
        for written in step.authorities:
            self._move_one(step, self._ground(written, step), left, to)

    def _move_one(self, step: Step, ground: Ground, left: set[str], to: str) -> None:
        within = {ground.within} if ground.within else left
        homes = sorted({code for block, code in self.held if block in ground.blocks})
        taken = sorted(key for key in self.held if key[0] in ground.blocks and (not within or key[1] in within))
        if left and ground.within and ground.within not in left:
            self._refuse_elsewhere(step, ground, left, [ground.within])
        if within and not taken:
            self._refuse_elsewhere(step, ground, within, homes)
        if self.layer.overlap and len(homes) > 1 and not within:
            areas = wording.listed([self.names[code] for code in homes])
            said = f"{self._where(step)}: {ground.name} is in {len(homes)} areas of {self.layer.key}: {areas}"
            raise ConfigurationError(refusal(said, hint="Name the one that it leaves in column 'area'."))
        if not taken:
            # It is in none by now: it joins.
            for block in ground.blocks:
                self.held[block, to] = (1.0, step.confidence)
        elif {code for _, code in taken} == {to}:
            self.remarks.append(f"{step.at}: {ground.name} is in {self.names[to]} already.")
            return
        self._remark_twice(step, ground, to)
        for key in taken:
            self._put(step, key, to)
        self.touched.update(dict.fromkeys(ground.blocks, step.at))

    def _put(self, step: Step, key: tuple[str, str], to: str) -> None:
        """Put what an area holds of a block into another one."""
        block, code = key
        if code == to:
            return
        share, how = self.held.pop(key)
        self.left[code] = step.at
        how = step.confidence or how
        if (there := self.held.get((block, to))) is not None:
            share = 1.0 if max(share, there[0]) >= 1 else min(share + there[0], 1.0)
            how = weakest([how, there[1]])
        self.held[block, to] = (share, how)

    def _refuse_elsewhere(self, step: Step, ground: Ground, within: set[str], homes: list[str]) -> None:
        asked = wording.listed([self.names[code] for code in sorted(within)], "or")
        where = f"it is in {wording.listed([self.names[code] for code in homes])}" if homes else "it is in none"
        rows = self._rows_before(ground)
        earlier = f", where {' and '.join(rows)} moved it" if rows else ""
        said = f"{self._where(step)}: {ground.name} is not in {asked} of {self.layer.key}, {where}{earlier}"
        hint = "or leave column 'area' empty" if step.action == "move" else "or move it there first"
        raise ConfigurationError(refusal(said, hint=f"Say where it is, {hint}."))

    def _remark_twice(self, step: Step, ground: Ground, to: str) -> None:
        if rows := self._rows_before(ground):
            said = f"{step.at} moves it on to {self.names[to]}, after {wording.listed(rows)}"
            self.remarks.append(f"{ground.name} is moved twice: {said}.")

    def _rows_before(self, ground: Ground) -> list[str]:
        """Return the rows that have moved some of the same ground."""
        return list(dict.fromkeys(self.touched[block] for block in sorted(ground.blocks) if block in self.touched))

    def _merge(self, step: Step) -> None:
        to = self._area(step.to, step, FIRST)
        for code in [self._area(written, step) for written in step.areas]:
            if code != to:
                for key in sorted(key for key in self.held if key[1] == code):
                    self._put(step, key, to)
                self._end(code, step, f"merged it into {self.names[to]}")

    def _split(self, step: Step) -> None:
        code = self._area(step.area, step)
        known = areas_named(step.to, self.names)
        if known and known[0] not in self.begun:
            said = f"{self._where(step)}: there is an area {step.to!r} in {self.layer.key} already"
            raise ConfigurationError(refusal(said, hint="Use 'move' to move authorities into it."))
        to = known[0] if known else self._begin(step.to, step)
        for written in step.authorities:
            self._move_one(step, self._ground(written, step), {code}, to)
        if all(area != code for _, area in self.held):
            # What is split into others to the last is no area any more.
            self._end(code, step, "split off the last of it")

    def _new(self, step: Step) -> None:
        for name in step.areas:
            self._begin(name, step)

    def _begin(self, name: str, step: Step) -> str:
        code = step.code or code_of(name)
        if areas_named(name, self.names) or areas_named(code, self.names):
            said = f"{self._where(step)}: there is an area {name!r} or {code!r} in {self.layer.key} already"
            raise ConfigurationError(refusal(said, hint="Give the new one another name and code."))
        self.names[code] = name
        self.begun.add(code)
        self.left[code] = step.at
        return code

    def _dissolve(self, step: Step) -> None:
        for code in [self._area(written, step) for written in step.areas]:
            for key in [key for key in self.held if key[1] == code]:
                del self.held[key]
            self._end(code, step, "dissolved it")

    def _rename(self, step: Step) -> None:
        code = self._area(step.area, step)
        if [other for other in areas_named(step.to, self.names) if other != code]:
            said = f"{self._where(step)}: there is an area {step.to!r} in {self.layer.key} already"
            raise ConfigurationError(refusal(said, hint="Give another name, or merge the two."))
        self.former[self.names[code]] = (step.at, f"renamed it to {step.to}")
        self.names[code] = step.to

    def _end(self, code: str, step: Step, fate: str) -> None:
        self.former |= dict.fromkeys((code, self.names.pop(code)), (step.at, fate))
        self.left.pop(code, None)
        self.begun.discard(code)

    def refuse_emptied(self) -> None:
        """Refuse changes that leave an area without members."""
        there = {code for _, code in self.held}
        for code, at in self.left.items():
            if code in there:
                continue
            name, new = self.names[code], code in self.begun
            why = "begins, and nobody is moved into it" if new else "is left without members"
            hint = "Move authorities into it." if new else "Merge or dissolve it, if it is to end."
            raise ConfigurationError(refusal(f"{self.scenario.name}, {at}: {name} ({self.layer.key}) {why}", hint=hint))

    def parts(self) -> pd.DataFrame:
        """Return the parts as they are by now, in the order and types of the layer's."""
        like = self._own_parts()
        rows = [(block, code, share, how) for (block, code), (share, how) in sorted(self.held.items())]
        made = pd.DataFrame(rows, columns=["block", "code", "share", "confidence"])
        return made.astype({column: like[column].dtype for column in made.columns})
