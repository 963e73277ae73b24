"""Ground of small areas shared out to the areas of layers: what surely lies in each, in none, and in several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoplan.auditing.assigning.grounds import Ground, Member
from geoplan.engine.edges import TOUCH_M2, Edges
from geoplan.engine.intersections import intersection_areas

__all__ = ["Shares", "shares_of"]

ROUNDING = 1e-9
"""Share of a small area below which what is left of it is rounding."""


@dataclass(frozen=True, eq=False)
class Shares:
    """How small areas lie in the areas of one layer.

    Parameters
    ----------
    member
        The layer.
    parts
        A row for each small area and each area that holds ground of it, or may: ``row``, ``area`` (positions),
        ``area_m2`` (what surely lies in it) and ``sure``, whether that is all.
    left
        Ground of each small area that lies in no area (m2), 0 where that is none or rounding.
    doubtful
        Ground that may lie in areas, and surely in none (m2).
    several
        Ground that lies in several areas, once for each time too often (m2).
    """

    member: Member
    parts: pd.DataFrame
    left: np.ndarray
    doubtful: np.ndarray
    several: np.ndarray


def shares_of(ground: Ground, edges: Edges) -> Iterator[Shares]:
    """Share small areas out to the areas of each layer of a ground.

    Parameters
    ----------
    ground
        Outlines, laid over the small areas once for all layers.
    edges
        The small areas.

    Yields
    ------
    Shares
        One a layer. Ground in an area made of blocks is the sum of that in its blocks.
    """
    assert ground.edges is not None  # noqa: S101 - for types
    row, area, m2 = intersection_areas(edges, ground.edges, least=TOUCH_M2)
    met = pd.DataFrame({"row": row, "ground": area, "area_m2": m2})
    union = None
    if ground.union is not None:
        covered = intersection_areas(edges, ground.union, least=TOUCH_M2)
        union = np.bincount(covered[0], covered[2], minlength=len(edges))
    for member in ground.members:
        yield _shared_out(member, edges.areas, met, union)


def _shared_out(member: Member, areas: np.ndarray, met: pd.DataFrame, union: np.ndarray | None) -> Shares:
    held = met[member.place[met["ground"].to_numpy()] >= 0]
    pieces = held.merge(member.holds, on="ground")
    pieces["area_m2"] = pieces["area_m2"].where(pieces["sure"], 0.0)
    parts = pieces.groupby(["row", "area"], as_index=False).agg(area_m2=("area_m2", "sum"), sure=("sure", "all"))
    holders = np.bincount(member.holds["ground"][member.holds["sure"]], minlength=len(member.place))
    sure = holders[held["ground"].to_numpy()]

    def summed(times: np.ndarray) -> np.ndarray:
        return np.bincount(held["row"], held["area_m2"] * times, minlength=len(areas))

    covered, several = summed(np.ones(len(held))), summed(np.maximum(sure - 1, 0))
    if union is not None:
        in_areas = np.bincount(parts["row"], parts["area_m2"], minlength=len(areas))
        covered, several = union, _but_rounding(in_areas - union, areas)
    return Shares(member, parts, _but_rounding(areas - covered, areas), summed(sure == 0), several)


def _but_rounding(left: np.ndarray, areas: np.ndarray) -> np.ndarray:
    return np.where(left > np.maximum(TOUCH_M2, ROUNDING * areas), left, 0.0)
