"""What a workshop redraws: units, today's arrangement, the layers it meets, and what every arrangement is to keep."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np

from geoplan.commuting.atlas import Atlas
from geoplan.data.membership.claims import codes_meant
from geoplan.data.places import Authorities
from geoplan.data.scenarios.naming import areas_named
from geoplan.data.scenarios.scenario import SEVERAL
from geoplan.errors import ConfigurationError, refusal
from geoplan.planning.designing.asked import Asked, Objective
from geoplan.planning.designing.gathering import NEEDS_START, ground_of, rules_of
from geoplan.planning.designing.posing import Ground
from geoplan.planning.designing.rules import Rule
from geoplan.schema import Layer

__all__ = ["DEFAULT", "Workshop", "gathered"]

DEFAULT = Asked(
    objectives=(Objective("cut_people", 1.0, ("health", "combined_authority")),),
    within=("E", "W"),
    start="connect_to_work",
)
"""What is redrawn where no plan is given: Connect to Work, against health boards and combined authorities."""
PLAIN = re.compile(r"\w[^\r\n]*")
"""Names that a cell of a table holds as they are: no spreadsheet takes them for a formula."""


@dataclass(frozen=True, eq=False)
class Workshop:
    """What a workshop redraws.

    Parameters
    ----------
    asked
        The plan.
    ground
        Its units, the layers they meet, today's arrangement.
    start
        Layer of today's arrangement.
    layers
        Those that clusters are to follow, in the order of the ground's.
    rules
        What every arrangement is to keep.
    blocks
        The shipped blocks of the units, with ``unit`` (position) and outlines.
    units_written, areas_written
        How changes call each unit and each area of today.
    as_of
        Day of all memberships (ISO).
    flows
        Who counted or modelled the commuting.
    """

    asked: Asked
    ground: Ground
    start: Layer
    layers: tuple[Layer, ...]
    rules: tuple[Rule, ...]
    blocks: gpd.GeoDataFrame
    units_written: tuple[str, ...]
    areas_written: tuple[str, ...]
    as_of: str
    flows: str


def gathered(asked: Asked = DEFAULT) -> Workshop:
    """Gather what a workshop redraws.

    Parameters
    ----------
    asked
        The plan; by default Connect to Work areas of England and Wales.

    Returns
    -------
    Workshop
        With outlines.

    Raises
    ------
    ConfigurationError
        If the plan has no arrangement of today, or as for `geoplan.planning.designing.designs.plan`.
    GeoplanError
        If a layer cannot be opened.
    """
    if not asked.start:
        raise ConfigurationError(refusal("a workshop begins with today's arrangement", hint=NEEDS_START))
    atlas = Atlas(as_of=asked.as_of, flows=asked.flows, geometry=True)
    ground = ground_of(asked, atlas)
    today = ground.today
    assert today is not None  # noqa: S101 - there is a start
    start = atlas.layer(asked.start)
    of_block = {block: n for n, held in enumerate(ground.units.blocks) for block in held}
    blocks = atlas.authorities.blocks
    blocks = blocks[blocks.index.isin(of_block)]
    names = dict(zip(today.codes, today.names, strict=True))
    return Workshop(
        asked=asked,
        ground=ground,
        start=start,
        layers=tuple(atlas.layer(key) for one in asked.objectives for key in one.layers),
        rules=tuple(rules_of(asked, ground, atlas)),
        blocks=blocks.assign(unit=np.array([of_block[str(block)] for block in blocks.index])),
        units_written=tuple(_units_written(ground, atlas.authorities)),
        areas_written=tuple(_area_written(code, name, names) for code, name in names.items()),
        as_of=str(start.as_of or atlas.as_of),
        flows=atlas.flows.source,
    )


def _units_written(ground: Ground, authorities: Authorities) -> Sequence[str]:
    """Return how changes call units: by name where that means all of the unit, else by code, else by blocks."""
    lads = authorities.blocks["lad"]

    def means(written: str) -> set[str]:
        codes = set(codes_meant(written, authorities))
        return {str(block) for block, lad in lads.items() if block in codes or lad in codes}

    units = ground.units
    return [
        next((one for one in (name, code) if _is_plain(one) and means(one) == blocks), SEVERAL.join(sorted(blocks)))
        for code, name, blocks in zip(units.codes, units.names, units.blocks, strict=True)
    ]


def _area_written(code: str, name: str, names: Mapping[str, str]) -> str:
    return name if _is_plain(name) and areas_named(name, names) == [code] else code


def _is_plain(name: str) -> bool:
    return SEVERAL not in name and PLAIN.fullmatch(name) is not None
