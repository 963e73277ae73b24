"""What if: a scenario applied, the audit before and after, and what comes of every finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from geoplan.auditing import audit, opening
from geoplan.auditing.batch import judged
from geoplan.auditing.comparing import compare_layers
from geoplan.auditing.config import Plan
from geoplan.auditing.focused import focused
from geoplan.auditing.results import DEFAULT_PAIRS, AuditResult, Configuration, Pair
from geoplan.commuting.atlas import Atlas
from geoplan.commuting.self_containment import Contained, contained
from geoplan.data import catalogue
from geoplan.data.days import parse_day
from geoplan.data.readers.locators import looks_like_file
from geoplan.data.scenarios.applying import Applied
from geoplan.data.scenarios.scenario import Scenario, is_scenario
from geoplan.errors import ConfigurationError, InputError, UnknownAreaError, UnknownKeyError, refusal
from geoplan.planning.scenarios.fates import Fates, set_against
from geoplan.planning.scenarios.joins import broken
from geoplan.planning.scenarios.measures import area_table, measured
from geoplan.schema import wording

__all__ = ["Outcome", "configured", "pairs_of", "whatif"]

PARTNERS = ("connect_to_work", "icb_2026", "combined_authority")
"""What a changed layer is set against that the default audit does not have."""


@dataclass(frozen=True, eq=False)
class Outcome(Fates):
    """What would come of changes.

    Parameters
    ----------
    before, after, versus
        The audits and what becomes of their findings; see `geoplan.planning.scenarios.fates.Fates`.
    scenario
        The changes.
    applied
        Key -> the layer as changed, with the blocks that moved.
    figures
        The figures before and after, from `geoplan.planning.scenarios.measures.measured`.
    areas
        Key of a changed layer -> code -> figures of the area before and after, None where there is no such area; of
        areas for which something differs.
    differences
        Key of a changed layer -> the layer of today compared with the changed one, and the other way round.
    names
        Code of an authority -> its name.
    warnings
        Sentences: areas that fall into pieces.
    remarks
        Sentences on how the changes were applied.
    """

    scenario: Scenario
    applied: Mapping[str, Applied]
    figures: tuple[Mapping[str, Any], Mapping[str, Any]]
    areas: Mapping[str, Mapping[str, tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]]]
    differences: Mapping[str, tuple[Pair, Pair]]
    names: Mapping[str, str]
    warnings: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the changes come to nothing."""
        return not any(each.changed for each in self.applied.values())

    @cached_property
    def moved_people(self) -> float:
        """People in blocks that are in other areas of some layer than before; each counted once."""
        blocks = sorted({block for each in self.applied.values() for block in each.moved})
        return float(self.before.blocks["people"].reindex(blocks).sum())

    def authority(self, block: str) -> str:
        """Return the name of the authority that a block is, or is a side of."""
        return self.names.get(str(self.before.blocks.at[block, "lad"]), block)


def configured(scenario: Scenario, asked: Configuration, *, chosen: bool) -> Configuration:
    """Return what is audited before and after changes.

    Parameters
    ----------
    scenario
        The changes.
    asked
        Options of the audit, with the pairs of the layers asked for.
    chosen
        Whether layers were asked for; otherwise the changed layers are set against those that the default audit sets
        them against, save those that have ended on the day the changes hold from, and a layer that it does not have
        against three that most have to work with.

    Returns
    -------
    Configuration
        On the day that the scenario is about, where no other was asked for.

    Raises
    ------
    UnknownKeyError
        If a layer that is changed is not known; names the nearest.
    ConfigurationError
        If none of the layers asked for is changed.
    """
    for key in scenario.layers:
        if key not in asked.keys and not is_scenario(key) and not looks_like_file(key):
            _refuse_unknown(key, scenario)
    dated = replace(asked, as_of=asked.as_of or scenario.as_of)
    if chosen:
        if not set(scenario.layers) & set(asked.keys):
            said = f"{scenario.name} changes {wording.listed(scenario.layers)}, which is not among the layers asked for"
            raise ConfigurationError(refusal(said, hint=f"Add {scenario.layers[0]} to --layers."))
        return dated
    day = max(dated.as_of or catalogue.default_as_of(), parse_day(scenario.in_force_from, end=False) or date.min)
    pairs = [pair for key in scenario.layers for pair in pairs_of(key) if not _ended(pair, scenario.layers, day)]
    return replace(dated, pairs=tuple(dict.fromkeys(pairs)), layers=scenario.layers)


def _refuse_unknown(key: str, scenario: Scenario) -> None:
    try:
        catalogue.entry(key)
    except UnknownKeyError as problem:
        message = f"{scenario.name}, {scenario.of_layer(key)[0].at}: {problem}"
        raise UnknownKeyError(message) from problem


def pairs_of(key: str) -> list[tuple[str, str]]:
    """Return what a layer is set against where nobody says: as the default audit has it, or what most work with.

    Parameters
    ----------
    key
        Of the layer.

    Returns
    -------
    list of tuple
        Pairs of keys, of which it is one.
    """
    known = [pair for pair in DEFAULT_PAIRS if key in pair]
    return known or [(key, other) for other in PARTNERS if other != key]


def _ended(pair: tuple[str, str], changed: Sequence[str], day: date) -> bool:
    """Tell whether a layer that the changes leave alone has ended."""
    others = [key for key in pair if key not in changed]
    return any(catalogue.status_on(catalogue.entry(key), day) == "ended" for key in others)


def whatif(
    scenario: Scenario, configuration: Configuration, *, atlas: Atlas | None = None, geometry: bool = False
) -> Outcome:
    """Audit layers before and after changes.

    Parameters
    ----------
    scenario
        The changes.
    configuration
        What is audited; from `configured`.
    atlas
        Where to open layers, from `geoplan.auditing.opening.atlas_for` the same configuration; a new one by default.
    geometry
        Whether a new one is to have outlines, for a map.

    Returns
    -------
    Outcome
        Both audits, and what becomes of every finding. Changes that come to nothing give the same audit again.

    Raises
    ------
    GeoplanError
        If a change cannot be applied, a layer cannot be opened, or the focus is not known.
    """
    atlas = atlas or opening.atlas_for(configuration, geometry=geometry)
    applied = {key: atlas.applied(scenario, key, atlas.layer(key)) for key in scenario.layers}
    warnings = [
        said for key, each in applied.items() if each.moved
        for said in broken(atlas.layer(key), each.layer, atlas.authorities)
    ]  # fmt: skip
    whole = replace(configuration, focus="")
    later = atlas.changed_by(scenario)
    before, after = (judged(audit.run(whole, atlas=each), Plan(audit=whole)) for each in (atlas, later))
    keys = [key for key in scenario.layers if key in before.layers]
    sides = [(result, _contained(result, each, keys)) for result, each in ((before, atlas), (after, later))]
    figures = tuple(measured(result, keys, atlas.authorities, told) for result, told in sides)
    areas = {key: _areas(*(area_table(each, key, atlas.authorities, told.get(key)) for each, told in sides))
             for key in keys}  # fmt: skip
    if configuration.focus:
        before, after = _narrowed(before, atlas, configuration.focus), _narrowed(after, later, configuration.focus)
    versus = set_against(before, after)
    differences = {key: _difference(before, after, key, atlas) for key in keys}
    names = {str(code): str(name) for code, name in atlas.authorities.table["name"].items()}
    remarks = [remark for each in applied.values() for remark in each.remarks]
    return Outcome(
        before, after, versus, scenario, applied, (figures[0], figures[1]), areas, differences, names, tuple(warnings),
        (*scenario.said, *remarks),
    )  # fmt: skip


def _narrowed(result: AuditResult, atlas: Atlas, place: str) -> AuditResult:
    try:
        return focused(result, place, atlas)
    except UnknownAreaError as problem:
        if atlas.scenario is None:
            raise
        hint = "Ask for an authority that lies in it, or without --focus."
        raise UnknownAreaError(refusal(f"{place!r} is no area any more after the changes", hint=hint)) from problem


def _difference(before: AuditResult, after: AuditResult, key: str, atlas: Atlas) -> tuple[Pair, Pair]:
    """Compare a layer with what becomes of it, from both sides."""
    then, now = before.layers[key], after.layers[key]
    asked = (atlas, before.weight, before.tolerance)
    forth = compare_layers(then, now, *asked)
    return forth, compare_layers(now, then, *asked, reverse=forth.overlay)


def _contained(result: AuditResult, atlas: Atlas, changed: Sequence[str]) -> dict[str, Contained]:
    """Tell how self-contained the areas of changed layers are, also of those of which the audit does not tell it."""
    found = dict(result.contained)
    for key in changed:
        if key not in found:
            # Flows of the user's own may know none of the zones; then it is not assessed.
            with suppress(InputError):
                found[key] = contained(result.layers[key], atlas)
    return found


def _areas(
    then: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]]:
    codes: Sequence[str] = sorted({*then, *now})
    found = {code: (then.get(code), now.get(code)) for code in codes}
    return {code: each for code, each in found.items() if each[0] != each[1]}
