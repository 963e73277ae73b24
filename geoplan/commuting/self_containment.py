"""How well the areas of a layer contain their commuting."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from geoplan.analysis import overlay
from geoplan.commuting.atlas import Atlas
from geoplan.commuting.containment import Containment, contain, cut_markets, membership_of
from geoplan.commuting.criteria import Criteria
from geoplan.errors import InputError, refusal
from geoplan.schema import REST, Flows, Layer

__all__ = ["Contained", "contained", "containment"]

DRAWN_SHARE = 0.005
"""An outside drawing counts for an authority from this share of its people."""


@dataclass(frozen=True, eq=False)
class Contained:
    """How self-contained the areas of a layer are, and which labour markets they cut.

    Parameters
    ----------
    layer, flows
        What was set against what.
    found
        Scores and leaks.
    cut
        From `geoplan.commuting.containment.cut_markets`; empty where the zones are no authorities.
    market_names
        Labour market area -> name.
    estimated
        Whether the areas are an outside drawing whose authorities were told by their postcodes.
    """

    layer: Layer
    flows: Flows
    found: Containment
    cut: pd.DataFrame
    market_names: pd.Series
    estimated: bool


def containment(
    reference: str, *, atlas: Atlas | None = None, criteria: Criteria | None = None, code: str = "", name: str = ""
) -> Contained:
    """Score the areas of a layer as labour markets.

    Parameters
    ----------
    reference
        Catalogue key, membership table, boundary file, or a lookup whose small areas are the zones of the flows.
    atlas
        Where to open it, with the flows; a new one by default, with modelled flows.
    criteria
        What an area must reach; by default the United Kingdom's.
    code, name
        Columns of files, where they cannot be found by themselves.

    Returns
    -------
    Contained
        Scores, leaks, labour markets cut.

    Raises
    ------
    GeoplanError
        If the layer or the flows cannot be opened, or have no zone in common.
    """
    atlas = atlas or Atlas()
    layer = atlas.layer(reference, code=code, name=name)
    if layer.parts is None:
        layer = atlas.drawn.layer(reference, code=code, name=name)
        return contained(layer, atlas.drawn, criteria=criteria)
    return contained(layer, atlas, criteria=criteria)


def contained(layer: Layer, atlas: Atlas, *, criteria: Criteria | None = None) -> Contained:
    """Score the areas of an open layer as labour markets.

    Parameters
    ----------
    layer
        Of authorities, a lookup whose small areas are the zones of the flows, or a drawing (then ``atlas`` must
        have outlines).
    atlas
        With the flows.
    criteria
        What an area must reach; by default the United Kingdom's.

    Returns
    -------
    Contained
        Scores, leaks, labour markets cut.

    Raises
    ------
    InputError
        If layer and flows have no zone in common, or the layer is a lookup and no flows between its small areas
        were given.
    """
    if layer.blocks is not None:
        if not atlas.flows_file:
            message = refusal(
                f"{layer.key} is a lookup from {layer.unit}, and there are no flows between these",
                hint="Give a file of them with --flows.",
            )
            raise InputError(message)
        flows = atlas.flows_of(atlas.flows_file, zones=layer.blocks.index)
        membership = membership_of(layer, atlas.blocks, flows.zones)
        scores = contain(flows, membership, codes=layer.areas.index, criteria=criteria)
        return Contained(layer, flows, scores, pd.DataFrame(), pd.Series(dtype=str), estimated=False)
    drawn = layer.parts is None
    membership = _drawn_membership(layer, atlas) if drawn else membership_of(layer, atlas.blocks, atlas.flows.zones)
    scores = contain(atlas.flows, membership, codes=layer.areas.index, criteria=criteria)
    cut = cut_markets(atlas.flows, atlas.markets.assignment, membership.dropna(subset="share"))
    return Contained(layer, atlas.flows, scores, cut, atlas.market_names, estimated=drawn)


def _drawn_membership(layer: Layer, atlas: Atlas) -> pd.DataFrame:
    """Tell by the postcodes inside a drawing which share of each authority's people its areas hold."""
    # The zones of the flows are the authorities of today, whatever changes are tried out.
    over = overlay.overlay(atlas.unchanged.layer("lad"), layer, blocks=atlas.blocks, points=atlas.points)
    shares = over.table["left_people_share"].rename_axis(["zone", "area"]).rename("share").reset_index()
    known = shares[(shares["area"] != REST) & (shares["share"] > DRAWN_SHARE)].reset_index(drop=True)
    if known.empty:
        message = refusal(f"{layer.key} holds no part of any authority of the United Kingdom", hint="Check its CRS.")
        raise InputError(message)
    known["share"] = known["share"].mask(known["share"] > 1 - DRAWN_SHARE, 1.0)
    return known
