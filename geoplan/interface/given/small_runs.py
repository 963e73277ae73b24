"""Runs of small areas of the user's own, and the areas of a layer that they lie in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from geoplan.analysis import overlay
from geoplan.analysis.networks.runs import Run, runs_of
from geoplan.commuting.atlas import Atlas
from geoplan.engine.adjacency import adjacency
from geoplan.errors import ConfigurationError, refusal
from geoplan.schema import Layer

__all__ = ["small_runs"]

NOISE = 0.05
"""Share of a small area below which it is not said to lie in an area: drawings differ by as much."""


def small_runs(layer: Layer, small: Layer, worst: Iterable[str], atlas: Atlas) -> list[Run]:
    """Find runs of the worst small areas that touch, and which of them a border of a layer cuts.

    Parameters
    ----------
    layer
        Drawn, or of shipped blocks.
    small
        Small areas with outlines (EPSG:27700).
    worst
        Codes of those that are meant.
    atlas
        Where the postcodes are, by which people are told.

    Returns
    -------
    list of Run
        With the people of their small areas, estimated by postcodes.

    Raises
    ------
    ConfigurationError
        If small areas have no outlines, or a code is none of theirs.
    """
    if "geometry" not in small.areas:
        message = f"{small.key} has no outlines, so nothing tells which small areas touch"
        raise ConfigurationError(refusal(message, hint="Give a boundary file of them, or a GeoDataFrame."))
    codes = sorted(set(map(str, worst)))
    unknown = [code for code in codes if code not in small.areas.index]
    if unknown:
        raise ConfigurationError(refusal(f"{small.key} has no such small areas", codes=unknown))
    meant = replace(small, areas=small.areas.loc[codes])
    i, j, border_m = adjacency(meant.areas["geometry"].to_numpy())
    touching = [(codes[a], codes[b]) for a, b, metres in zip(i, j, border_m, strict=True) if metres > 0]
    over = overlay.overlay(meant, layer, blocks=atlas.drawn.blocks, points=atlas.points)
    shares = over.table["left_people_share"].fillna(over.table["left_area_share"])
    homes: dict[str, dict[str, bool]] = {}
    for (unit, area), share in shares[shares > NOISE].items():
        homes.setdefault(str(unit), {})[str(area)] = bool(share >= 1 - NOISE)
    people = over.table["people"].groupby(level="left").sum(min_count=1)
    return runs_of(people.reindex(codes), touching, homes)
