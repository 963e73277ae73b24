"""The layers of an audit opened, and its place found in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from geoplan.auditing.judging import findings
from geoplan.auditing.results import Configuration
from geoplan.commuting.atlas import Atlas
from geoplan.data import catalogue
from geoplan.data.focus import Focus
from geoplan.data.scenarios.scenario import asked_of, is_scenario, named_as
from geoplan.errors import ConfigurationError, GeoplanError, refusal
from geoplan.schema import Finding, Layer

__all__ = ["atlas_for", "focus_of", "opened_layers", "public", "refuse_focus", "refuse_twins"]


def focus_of(configuration: Configuration, atlas: Atlas) -> Focus | None:
    """Return the area an audit is to be about, before its work is done.

    Parameters
    ----------
    configuration
        What is to be audited.
    atlas
        From `atlas_for` the same configuration.

    Returns
    -------
    Focus or None
        None where the whole is audited.

    Raises
    ------
    GeoplanError
        If no layer can be opened, or there is no such area; names the nearest.
    """
    if not configuration.focus:
        return None
    opened, _ = opened_layers(configuration.keys, atlas, lenient=True)
    return atlas.find(configuration.focus, opened.values())


def opened_layers(keys: Iterable[str], atlas: Atlas, *, lenient: bool) -> tuple[dict[str, Layer], list[Finding]]:
    """Open layers; where it is asked for, those that cannot be opened become findings."""
    opened, lost, problems = {}, [], []
    for key in keys:
        try:
            opened[key] = atlas.layer(key)
        except GeoplanError as problem:
            if not lenient:
                raise
            problems.append(problem)
            lost.append(findings.not_run(public(key), f"Opening {public(key)}", problem.why))
    if not opened:
        raise problems[0]
    return opened, lost


def atlas_for(configuration: Configuration, *, geometry: bool = False) -> Atlas:
    """Return where an audit opens its layers.

    Parameters
    ----------
    configuration
        What is to be audited.
    geometry
        Whether shipped layers get their outlines.

    Returns
    -------
    Atlas
        With the day, tables, flows and names of the configuration.
    """
    return Atlas(
        as_of=configuration.as_of,
        geometry=geometry,
        replacements=configuration.replacements,
        flows=configuration.flows,
        wards=configuration.wards,
        indicator=configuration.indicator,
        named=configuration.named,
        code=configuration.code,
        name=configuration.name,
        dissolve=configuration.dissolve,
    )


def refuse_twins(opened: Mapping[str, Layer]) -> None:
    """Refuse two references to layers of one name: their findings could not be told apart."""
    by_key: dict[str, str] = {}
    for reference, layer in opened.items():
        if layer.key in by_key:
            message = (
                f"{public(by_key[layer.key])} and {public(reference)} are both called {layer.key}; "
                "rename one, so that their findings can be told apart."
            )
            raise ConfigurationError(message)
        by_key[layer.key] = reference


def refuse_focus(focus: str, opened: Iterable[Layer]) -> None:
    """Refuse a focus, which is a union of shipped blocks, among layers that are made of other small areas."""
    own = next((layer for layer in opened if layer.blocks is not None), None)
    if focus and own is not None:
        message = refusal(
            f"the focus {focus!r} is made of authorities, and {own.key} of {own.unit}: they cannot be set against "
            "each other",
            hint="Audit without --focus.",
        )
        raise ConfigurationError(message)


def public(reference: str) -> str:
    """Strip the folders off a reference: no output holds a path of the machine."""
    if is_scenario(reference):
        name, layer = asked_of(reference)
        return named_as(Path(name).name, layer)
    return reference if reference in catalogue.catalogue() else Path(reference).name
