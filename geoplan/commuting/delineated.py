"""Labour market areas of a file of flows or of the modelled ones, and how like they are to partnerships."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from geoplan.analysis import agreement
from geoplan.commuting import labour_markets, markets, robustness
from geoplan.commuting.atlas import Atlas
from geoplan.commuting.containment import membership_of
from geoplan.commuting.labour_markets import LabourMarkets
from geoplan.commuting.robustness import Stability
from geoplan.data.catalogue import catalogue, status_on
from geoplan.data.shipped import package_data
from geoplan.errors import ConfigurationError, InputError
from geoplan.schema import Flows, Layer

__all__ = ["Markets", "delineated", "partnerships_in_force"]

LOUVAIN = "Louvain communities"


@dataclass(frozen=True, eq=False)
class Markets:
    """Labour market areas with all that is told of them.

    Parameters
    ----------
    flows
        The flows they were made of.
    found
        The areas.
    names
        Area -> name; the code itself where zones have no names.
    stability
        How far they depend on chance; None where no runs were asked for.
    likeness
        Indexed by what the areas are set against (partnerships in force, Louvain communities), with ``areas``
        (their number) and the measures of `geoplan.analysis.agreement.likeness`, by residents in work, with the areas
        as the right side.
    not_compared
        Titles of partnerships that hold none of the zones.
    """

    flows: Flows
    found: LabourMarkets
    names: pd.Series
    stability: Stability | None
    likeness: pd.DataFrame
    not_compared: tuple[str, ...]


def delineated(
    reference: str = "",
    *,
    atlas: Atlas | None = None,
    zones: str = "",
    contiguous: bool = False,
    runs: int = 20,
    seed: int = 1,
    **how: Any,
) -> Markets:
    """Find labour market areas, and tell how stable they are and what they are like.

    Parameters
    ----------
    reference
        File of commuting flows; by default the modelled flows between authorities.
    atlas
        Where to open layers; a new one by default.
    zones
        A layer whose codes are the zones: others are refused, retired ones brought to their successors, authorities
        recognised by name.
    contiguous
        Whether pieces that share no border with the rest of their area move to a neighbour; of authorities only.
    runs, seed
        Of `geoplan.commuting.robustness.stability`; none without runs.
    **how
        Criteria, method, test, rest and trail of `geoplan.commuting.labour_markets.delineate`.

    Returns
    -------
    Markets
        Areas, stability, likeness.

    Raises
    ------
    GeoplanError
        If the flows or the zones cannot be read or used.
    """
    atlas = atlas or Atlas()
    layer = atlas.layer(zones) if zones else None
    flows = _flows(reference, layer, atlas)
    of_authorities = _of_authorities(flows, atlas)
    if contiguous and not of_authorities:
        message = "Contiguity is known for authorities only, and the zones of these flows are others."
        raise ConfigurationError(message)
    found = labour_markets.delineate(flows, neighbours=package_data.shipped_joins() if contiguous else None, **how)
    stability = robustness.stability(flows, found, runs=runs, seed=seed) if runs else None
    parts, not_compared = _partnerships(flows, atlas)
    likeness = _likeness(found, flows, parts, seed)
    return Markets(flows, found, _names(found, flows, layer, atlas), stability, likeness, not_compared)


def _flows(reference: str, zones: Layer | None, atlas: Atlas) -> Flows:
    if not reference:
        if zones is not None and zones.key != "lad":
            message = "Without a file the flows are modelled between authorities: --zones needs a file of flows."
            raise ConfigurationError(message)
        return atlas.flows
    if zones is None:
        return atlas.flows_of(reference)
    codes = zones.areas.index if zones.blocks is None else zones.blocks.index
    return atlas.flows_of(reference, zones=codes)


def _of_authorities(flows: Flows, atlas: Atlas) -> bool:
    return bool(flows.zones.isin(atlas.authorities.table.index).all())


def _names(found: LabourMarkets, flows: Flows, zones: Layer | None, atlas: Atlas) -> pd.Series:
    if _of_authorities(flows, atlas):
        table = atlas.authorities.table
        return markets.market_names(found, flows, table["name"], table["region_code"])
    codes = found.areas.index
    known = zones.areas["name"] if zones is not None and zones.blocks is None else pd.Series(dtype=str)
    return known.reindex(codes).fillna(codes.to_series()).rename("name")


def _partnerships(flows: Flows, atlas: Atlas) -> tuple[dict[str, pd.DataFrame], tuple[str, ...]]:
    """Tell which zones partnerships hold, where zones are authorities, and which partnerships hold none of them."""
    sets, without = {}, []
    for key in partnerships_in_force(atlas.as_of) if _of_authorities(flows, atlas) else ():
        layer = atlas.layer(key)
        try:
            sets[layer.title] = membership_of(layer, atlas.blocks, flows.zones).dropna(subset="share")
        except InputError:
            without.append(layer.title)
    return sets, tuple(without)


def _likeness(found: LabourMarkets, flows: Flows, partnerships: dict[str, pd.DataFrame], seed: int) -> pd.DataFrame:
    """Set the areas against partnerships and against Louvain's communities."""
    sets = dict(partnerships)
    communities = robustness.communities(flows, seed=seed)
    sets[LOUVAIN] = pd.DataFrame({"zone": communities.index, "area": communities.to_numpy(), "share": 1.0})
    weight = flows.residents
    rows = {}
    for title, parts in sets.items():
        known = parts[parts["zone"].isin(found.assignment.index)]
        amount = known["share"].to_numpy() * weight.reindex(known["zone"]).to_numpy()
        ends = pd.DataFrame({"left": known["area"], "right": found.assignment.reindex(known["zone"]).to_numpy()})
        counts = pd.Series(amount).groupby([ends["left"].to_numpy(), ends["right"].to_numpy()]).sum()
        if not counts.sum() > 0:
            continue
        rows[title] = {"areas": known["area"].nunique(), **agreement.likeness(counts.rename_axis(["left", "right"]))}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("layer")


def partnerships_in_force(day: date) -> tuple[str, ...]:
    """Return the keys of the shipped partnerships in force, whose areas should fit how people commute.

    Parameters
    ----------
    day
        When.

    Returns
    -------
    tuple of str
        In the order of the catalogue; standing geographies, pilots, police, fire and community safety areas, and
        layers that overlap by design are not among them.
    """
    return tuple(
        key
        for key, entry in catalogue().items()
        if status_on(entry, day) == "in force" and not entry.overlap and entry.group not in {"Pilots", "Public safety"}
    )
