"""Gather what a plan is about: its units, the layers they meet, today's arrangement, and its rules."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd

from geoplan.auditing.comparing import contiguity_graph
from geoplan.commuting.atlas import Atlas
from geoplan.data.catalogue import catalogue
from geoplan.errors import ConfigurationError, refusal
from geoplan.planning.designing import rules
from geoplan.planning.designing.asked import Asked, Objective
from geoplan.planning.designing.posing import Ground
from geoplan.planning.designing.units import Held, Units, counted_by, held_by, units_of
from geoplan.schema import Layer, Weight, wording

__all__ = ["NEEDS_START", "clusters_wanted", "ground_of", "rules_of"]

UNITS = ("utla", "lad", "blocks")
COUNTRIES = {"E": "E92000001", "W": "W92000004", "S": "S92000003", "N": "N92000002"}
NEAREST = 3
NEEDS_START = 'Name its layer: start = "connect_to_work".'


def ground_of(asked: Asked, atlas: Atlas) -> Ground:
    """Return the units of a plan with the layers they meet.

    Parameters
    ----------
    asked
        The plan.
    atlas
        Where to open layers and flows.

    Returns
    -------
    Ground
        In the order of the units' codes.

    Raises
    ------
    ConfigurationError
        If a layer is not made of shipped blocks, has parts of unknown size here, or tears a unit; if need is to be
        balanced, or those in need counted, where they are not counted.
    """
    units = _units(asked, atlas)
    _refuse_unknown_need(asked, units)
    blocks = atlas.authorities.blocks
    counted = {name: counted_by(units, blocks[weight.column]) for name, weight in asked.counted_otherwise.items()}
    for one in asked.objectives:
        if one.name in counted:
            _refuse_uncounted(one, counted[one.name], units)
    units = replace(units, counted=counted)
    today = _today(asked.start, units, atlas, asked.counted("change")) if asked.start else None
    layers = tuple(_held(key, units, atlas, one.people) for one in asked.objectives for key in one.layers)
    return Ground(units, layers, today)


def _refuse_uncounted(one: Objective, amounts: np.ndarray, units: Units) -> None:
    """Refuse to count those whom nobody counts in some unit, and those of whom there are none at all."""
    unknown = [units.names[n] for n in np.flatnonzero(np.isnan(amounts))]
    where = f"not counted in {wording.listed(unknown[:NEAREST])}"
    if more := len(unknown) - NEAREST:
        where += f" and {wording.number_of(more, 'unit', 'units')} more" if more > 0 else ""
    if unknown or not amounts.sum() > 0:
        what = f"objective {one.name}: {wording.UNITS[one.people]} are {where if unknown else 'nowhere on this ground'}"
        ground = 'within = ["E", "W"]' if one.people is Weight.DISABLED else 'within = ["E"]'
        hint = f'Leave out people = "{one.people}", which counts people, or plan {ground}.'
        raise ConfigurationError(refusal(what, hint=hint))


def _refuse_unknown_need(asked: Asked, units: Units) -> None:
    unknown = [units.names[n] for n in np.flatnonzero(np.isnan(units.need))]
    if unknown and any(one.name == "balance" and one.of == "need" for one in asked.objectives):
        message = refusal(
            f"need cannot be balanced here: people out of work are counted in England only, and not in "
            f"{wording.listed(unknown[:NEAREST])}",
            hint='Balance people, or plan within = ["E"].',
        )
        raise ConfigurationError(message)


def _units(asked: Asked, atlas: Atlas) -> Units:
    """Make the building units within the ground asked for."""
    if asked.units not in UNITS:
        raise ConfigurationError(refusal(f"units {asked.units!r} are not known", hint=f"Known: {', '.join(UNITS)}."))
    blocks = atlas.authorities.blocks
    wanted = frozenset().union(*(_ground_of(one, atlas) for one in asked.within))
    layer = _blocks_layer(atlas) if asked.units == "blocks" else _of_blocks(asked.units, atlas)
    assert layer.parts is not None  # noqa: S101 - a shipped layer
    held = layer.parts.groupby("code")["block"].agg(frozenset)
    inside = [code for code, own in held.items() if own <= wanted]
    torn = [layer.name(str(code)) for code, own in held.items() if own & wanted and not own <= wanted]
    if torn:
        message = refusal(
            f"{wording.listed(torn)}: within holds only a part of each",
            hint='Use units = "blocks", or a wider ground.',
        )
        raise ConfigurationError(message)
    if len(inside) < 2:
        raise ConfigurationError(refusal("fewer than two units lie within the ground asked for"))
    parts = layer.parts[layer.parts["code"].isin(inside)].reset_index(drop=True)
    chosen = replace(layer, areas=layer.areas.loc[inside], parts=parts, notes=())
    neighbours = _neighbours(asked.crossings, atlas)
    return units_of(chosen, blocks, atlas.flows, neighbours, blocks["out_of_work"])


def _neighbours(crossings: Sequence[str], atlas: Atlas) -> nx.Graph:
    """Join authorities by borders and by crossings of some kinds."""
    whole = contiguity_graph(tuple(atlas.authorities.table.index))
    left_out = [(one, two) for one, two, kind in whole.edges(data="kind") if kind not in {"border", *crossings}]
    graph = nx.Graph(whole)
    graph.remove_edges_from(left_out)
    return graph


def _blocks_layer(atlas: Atlas) -> Layer:
    """Return the shipped blocks as a layer of their own."""
    lad, blocks = _of_blocks("lad", atlas), atlas.authorities.blocks
    names = [atlas.authorities.name(block.partition(".")[0]) for block in blocks.index]
    boards = atlas.layer("icb")
    assert boards.parts is not None  # noqa: S101 - a shipped layer
    board = boards.parts.set_index("block")["code"].map(boards.name)
    split = blocks["lad"].duplicated(keep=False)
    called = [
        f"{name} ({board.get(block, block)})" if torn else name
        for name, block, torn in zip(names, blocks.index, split, strict=True)
    ]
    areas = pd.DataFrame({"name": called}, index=pd.Index(blocks.index, name="code"))
    parts = pd.DataFrame({"block": blocks.index, "code": blocks.index, "share": 1.0})
    return replace(lad, key="blocks", title="Building blocks", areas=areas, parts=parts, notes=())


def _of_blocks(reference: str, atlas: Atlas) -> Layer:
    layer = atlas.layer(reference)
    if layer.parts is None or layer.blocks is not None:
        message = refusal(
            f"{layer.key} is not made of authorities, so clusters of authorities cannot follow it",
            hint="Give a catalogue key or a membership table.",
        )
        raise ConfigurationError(message)
    return layer


def _ground_of(written: str, atlas: Atlas) -> frozenset[str]:
    """Return the blocks of a country, a layer or an area."""
    if written.upper() in COUNTRIES:
        return atlas.find(f"country:{COUNTRIES[written.upper()]}").blocks
    if written in catalogue():
        return frozenset(_of_blocks(written, atlas).parts["block"])  # type: ignore[index]
    return atlas.find(written).blocks


def _held(reference: str, units: Units, atlas: Atlas, weight: Weight = Weight.PEOPLE) -> Held:
    held = held_by(_of_blocks(reference, atlas), units, atlas.authorities.blocks, weight)
    if np.isnan(held.people).any():
        unknown = [held.names[n] for n in np.flatnonzero(np.isnan(held.people).any(axis=0))]
        message = refusal(
            f"{held.title}: people in cut pieces cannot be assessed, since parts of unknown size belong to "
            f"{wording.listed(unknown[:NEAREST])}",
            hint="Leave the layer out.",
        )
        raise ConfigurationError(message)
    return held


def _today(start: str, units: Units, atlas: Atlas, weight: Weight) -> Held:
    """Return today's arrangement of the units; refused where it tears one."""
    held = _held(start, units, atlas, weight)
    met = held.people > 0
    torn = [units.names[n] for n in np.flatnonzero(met.sum(axis=1) > 1)]
    if torn:
        message = refusal(
            f"{held.title} splits {wording.listed(torn[:NEAREST])}, so it is no arrangement of these units",
            hint='Use units = "blocks" or "lad", or another start.',
        )
        raise ConfigurationError(message)
    there = np.flatnonzero(met.any(axis=0))
    codes, names = (tuple(named[n] for n in there) for named in (held.codes, held.names))
    counted = None if held.counted is None else held.counted[:, there]
    people, whole = held.people[:, there], held.whole[there]
    return replace(held, codes=codes, names=names, people=people, whole=whole, counted=counted)


def clusters_wanted(asked: Asked, today: Held | None) -> tuple[int, int]:
    """Return the least and most clusters: as asked, or as many as today."""
    if asked.clusters:
        return asked.clusters
    if today is None:
        hint = "Write clusters = 45, or [40, 47]."
        message = refusal("the plan says not how many clusters there are to be", hint=hint)
        raise ConfigurationError(message)
    return len(today.codes), len(today.codes)


def rules_of(asked: Asked, ground: Ground, atlas: Atlas) -> list[rules.Rule]:
    """Return the constraints of a plan as rules, in the order of the file."""
    said, units = asked.constraints, ground.units
    found = [rules.together(_members(one, units), units.names) for one in said.together]
    found += [rules.apart(_members(one, units), units.names) for one in said.apart]
    if said.leads:
        found.append(rules.leads(_members(said.leads, units), units.names))
    found += [_fixed(unit, area, ground) for unit, area in said.fixed.items()]
    if said.least_people is not None:
        found.append(rules.at_least(said.least_people))
    if said.most_people is not None:
        found.append(rules.at_most(said.most_people))
    if said.most_members is not None:
        found.append(rules.members_at_most(said.most_members))
    found += [rules.nested(_held(key, units, atlas), units) for key in said.nest_in]
    found += [rules.bounded(one) for one in asked.objectives if one.limit is not None]
    for key in said.whole:
        held = _held(key, units, atlas)
        for n in range(len(held.codes)):
            members = np.flatnonzero(held.people[:, n] > 0).tolist()
            if len(members) > 1:
                found.append(rules.together(tuple(members), units.names))
    return found


def _members(written: Sequence[str], units: Units) -> tuple[int, ...]:
    return tuple(_unit(one, units) for one in written)


def _unit(written: str, units: Units) -> int:
    found = units.found(written)
    if found is None:
        raise ConfigurationError(_unknown("unit", written, units.names))
    return found


def _fixed(unit: str, area: str, ground: Ground) -> rules.Rule:
    today = ground.today
    if today is None:
        message = refusal(
            "constraint fixed needs today's arrangement", hint='Name its layer: start = "connect_to_work".'
        )
        raise ConfigurationError(message)
    wanted = area.strip().casefold()
    for n, (code, name) in enumerate(zip(today.codes, today.names, strict=True)):
        if wanted in {code.casefold(), name.casefold()}:
            return rules.fixed(_unit(unit, ground.units), n, ground.units.names, today.names)
    raise ConfigurationError(_unknown(f"area of {today.title}", area, today.names))


def _unknown(kind: str, written: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(written, names, n=NEAREST, cutoff=0.5)
    hint = f"Nearest: {', '.join(near)}." if near else f"There are {len(names)}, such as {', '.join(names[:NEAREST])}."
    return refusal(f"{written!r} is no {kind} of this plan", hint=hint)
