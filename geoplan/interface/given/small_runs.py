"""Runs of deprived ground: of authorities, or of small areas of the user's own, and the areas that they lie in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.analysis import overlay
from geoplan.analysis.networks.deprivation import DEPRIVED_SHARE, deprived_runs
from geoplan.analysis.networks.graphs import authority_of
from geoplan.analysis.networks.runs import Run, runs_of
from geoplan.auditing.comparing import contiguity_graph
from geoplan.auditing.focus import authority_names
from geoplan.auditing.need import runs_frame
from geoplan.commuting.atlas import Atlas
from geoplan.data.membership.small_areas.placing import homes_of
from geoplan.engine.adjacency import adjacency
from geoplan.errors import ConfigurationError, refusal
from geoplan.schema import Layer

__all__ = ["all_runs"]

NOISE = 0.05
"""Share of a small area below which it is not said to lie in an area: drawings differ by as much."""
SIDES = "authorities, or sides of those that health boards split"


def all_runs(ref: str, small_areas: str, worst: Iterable[str], atlas: Atlas) -> pd.DataFrame:
    """Find runs of deprived ground that touch, and which of them a border of a layer cuts.

    Parameters
    ----------
    ref
        Reference to the layer.
    small_areas
        Reference to outlines of small areas, or to a lookup from them or from postcodes; empty for authorities by the
        counts that ship.
    worst
        Codes of the small areas that are meant; none without these.
    atlas
        Where layers are opened.

    Returns
    -------
    pandas.DataFrame
        See `geoplan.need_runs`.

    Raises
    ------
    ConfigurationError
        If one of small areas and worst is given without the other, or they cannot be set against the layer.
    """
    meant = sorted(set(map(str, worst)))
    if bool(meant) != bool(small_areas):
        hint = "Give both: the small areas, and the codes of the worst of them."
        raise ConfigurationError(refusal("small areas and the worst of them go together", hint=hint))
    names, small = authority_names(), atlas.drawn.layer(small_areas) if small_areas else None
    if small is not None and small.parts is None:
        layer, unit = atlas.drawn.layer(ref), "small areas"
        found = _drawn_runs(layer, small, meant, atlas)
    else:
        layer, unit, blocks, counted = atlas.layer(ref), SIDES, atlas.blocks, True
        if small is not None:
            blocks, unit, counted = _told_by(small, meant, layer, atlas)
        found = deprived_runs(layer, blocks, contiguity_graph(tuple(names)))
        found = [run if counted else run._replace(people=None) for run in found]
    called = {each: names.get(authority_of(each), each) for run in found for each in run.members}
    table = runs_frame(found, called, layer)
    table.attrs["unit"] = unit
    return table


def _refuse_unknown(small: Layer, codes: Sequence[str], known: pd.Index) -> None:
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise ConfigurationError(refusal(f"{small.key} has no such small areas", codes=unknown))


def _told_by(small: Layer, worst: Sequence[str], layer: Layer, atlas: Atlas) -> tuple[pd.DataFrame, str, bool]:
    """Return the blocks as a lookup of small areas tells them: its people, and those of them in the worst.

    Besides, in words, what the units are, and whether the lookup counts people: else each small area counts the same.
    Nothing in a lookup says which small areas touch, so authorities, or sides of them, are the units.
    """
    if layer.parts is None or layer.blocks is not None:
        message = f"{small.key} has no outlines, so its small areas cannot be laid over {layer.key}"
        raise ConfigurationError(refusal(message, hint="Give a boundary file of the small areas."))
    blocks = atlas.blocks
    homes = homes_of(small, None, atlas.authorities, blocks)
    _refuse_unknown(small, worst, homes.index)
    counted = bool(homes["people"].notna().all())
    size = homes["people"] if counted else pd.Series(1.0, index=homes.index)
    meant = size.where(homes.index.isin(worst), 0.0)
    table = pd.DataFrame({"most_deprived": meant, "residents_2021": size}).groupby(homes["home"]).sum()
    lad = blocks["lad"].astype(str)
    home = pd.Series(np.nan, index=blocks.index, dtype=object)
    for code in (blocks.index.to_series().astype(str), lad, lad.map(atlas.authorities.table["utla_code"])):
        home = home.fillna(code.where(code.isin(table.index)))
    # A count of an authority is shared out over its sides by people, so that both have its rate.
    share = blocks["people"] / blocks["people"].groupby(home).transform("sum")
    held = table.reindex(home).mul(share.to_numpy(), axis=0).set_axis(blocks.index)
    whom = "people" if counted else "small areas"
    unit = f"{SIDES}, in each of which {DEPRIVED_SHARE:.0%} or more of the {whom} of {small.key} are in the worst"
    return blocks.assign(**held), unit, counted


def _drawn_runs(layer: Layer, small: Layer, codes: Sequence[str], atlas: Atlas) -> list[Run]:
    """Find runs of drawn small areas, with their people estimated by postcodes."""
    _refuse_unknown(small, codes, small.areas.index)
    meant = replace(small, areas=small.areas.loc[list(codes)])
    i, j, border_m = adjacency(meant.areas["geometry"].to_numpy())
    touching = [(codes[a], codes[b]) for a, b, metres in zip(i, j, border_m, strict=True) if metres > 0]
    over = overlay.overlay(meant, layer, blocks=atlas.drawn.blocks, points=atlas.points)
    shares = over.table["left_people_share"].fillna(over.table["left_area_share"])
    homes: dict[str, dict[str, bool]] = {}
    for (unit, area), share in shares[shares > NOISE].items():
        homes.setdefault(str(unit), {})[str(area)] = bool(share >= 1 - NOISE)
    people = over.table["people"].groupby(level="left").sum(min_count=1)
    return runs_of(people.reindex(codes), touching, homes)
