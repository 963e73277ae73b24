"""Commuting flows: tables brought to zones or modelled, gathered into areas, and compared."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, diags_array

from geoplan.commuting.ledger import (
    SIDES,
    TINY,
    Flags,
    Floats,
    aside_frame,
    aside_note,
    aside_text,
    first_of,
    refuse_option,
    sum_pairs,
)
from geoplan.errors import ConfigurationError, TableError, refusal
from geoplan.schema import Flows, Layer, Note
from geoplan.schema.wording import number_of

__all__ = ["between", "common_part", "shares_by_people"]

IN_NO_AREA, SHARE_UNKNOWN = "in no area", "share not known"


def shares_by_people(layer: Layer, blocks: pd.DataFrame) -> pd.DataFrame:
    """Tell which share of the people of each authority lies in each area of a layer.

    Parameters
    ----------
    layer
        A layer made of blocks.
    blocks
        The blocks it is made of: ``lad`` and ``people``. Without ``lad`` the blocks themselves are the zones.

    Returns
    -------
    pandas.DataFrame
        ``zone``, ``area`` and ``share`` (0 to 1; missing where the size of a part is not known), for `between`.

    Raises
    ------
    ConfigurationError
        When the layer is drawn, not made of blocks.
    """
    if layer.parts is None:
        raise ConfigurationError(refusal(f"{layer.key} is drawn, not made of zones, so no flows can be brought to it"))
    zone = blocks["lad"] if "lad" in blocks.columns else pd.Series(blocks.index, index=blocks.index)
    people = blocks["people"].astype(float)
    whole = _known_sum(people, zone).reindex(zone).to_numpy()
    # Where it is not known how many people live, blocks count alike.
    weight = people.where(whole > 0, 1.0)
    weight = weight / weight.groupby(zone).transform("sum")
    block = layer.parts["block"]
    parts = pd.DataFrame({"zone": zone.reindex(block).to_numpy(), "area": layer.parts["code"].to_numpy()})
    share = pd.Series(layer.parts["share"].to_numpy(dtype=float) * weight.reindex(block).to_numpy())
    shares = _known_sum(share, [parts["zone"], parts["area"]])
    return shares.mask((shares - 1).abs() < TINY, 1.0).rename("share").reset_index()


def _known_sum(values: pd.Series, by: pd.Series | list[pd.Series]) -> pd.Series:
    """Sum by group; one missing value makes the sum missing."""
    grouped = values.groupby(by, sort=True)
    return grouped.sum().where(grouped.count() == grouped.size())


def between(
    flows: Flows, assignment: pd.Series | pd.DataFrame, *, outside: str = "", within: str = "same side"
) -> Flows:
    """Gather flows between zones into flows between areas.

    Parameters
    ----------
    flows
        Flows between zones.
    assignment
        Series of areas by zone (missing or empty: in none), or a frame with ``zone``, ``area`` and ``share`` of
        the zone's people. A zone in several areas is apportioned: the same share of those who live in it and of
        those who work in it.
    outside
        Code of an area that takes all zones and parts of zones in none; when empty they are set aside. Leaks to the
        outside of a layer that does not cover everyone only show with it.
    within
        Those who live and work in one zone that is split: on the ``same side`` of the split, or ``independent``
        of where they live. The truth lies between the two.

    Returns
    -------
    Flows
        Between areas, of the same year and kind. What is in no area, or in a part of unknown size, is set aside,
        so that the total stays the same.

    Raises
    ------
    TableError
        Shares are not within 0 to 1, or a zone is listed twice for one area.
    ConfigurationError
        An option has a value that it does not know, or no zone lies in an area.

    Notes
    -----
    Shares of a zone that sum to more than 1 (areas that overlap by design) are scaled to sum to 1.

    Examples
    --------
    >>> from geoplan.commuting.flow_tables.odtable import commuting
    >>> table = pd.DataFrame({"origin": ["A", "A", "B"], "dest": ["A", "B", "C"], "count": [5, 2, 1]})
    >>> found = between(commuting(table, source="toy"), pd.Series({"A": "X", "B": "X", "C": "Y"}))
    >>> found.table["workers"].to_dict()
    {('X', 'X'): 7.0, ('X', 'Y'): 1.0}
    """
    refuse_option("within", within, ("same side", "independent"))
    parts = _parts(assignment, flows)
    split = _split(parts, flows.zones, outside)
    matrix = _matrix(flows)
    diagonal = matrix.diagonal()
    travelling = (matrix - diags_array(diagonal)).tocsr() if within == "same side" else matrix
    share, cover = split.share, split.cover
    gathered = share.T @ travelling @ share
    if within == "same side":
        gathered = gathered + diags_array(share.T @ diagonal)
    found = coo_array(gathered)
    held = found.data > 0
    origin, destination = (np.asarray(coords, dtype=np.int64)[held] for coords in found.coords)
    table = sum_pairs(origin, destination, found.data[held], split.areas)
    unplaced = (1 - cover) * matrix.sum(axis=1)
    stayed = travelling.T @ cover * (1 - cover)
    aside = pd.concat([flows.set_aside, _unplaced(flows.zones, split, unplaced, stayed)], ignore_index=True)
    notes = (*flows.notes, *_split_notes(flows, split, aside, diagonal, within))
    source = f"{flows.source}, apportioned" if split.torn.any() else flows.source
    return replace(flows, table=table, zones=split.areas, set_aside=aside, source=source, notes=notes)


@dataclass(frozen=True, eq=False)
class _Split:
    """The share of each zone in each area, as a matrix.

    ``cover`` is the share in any area, ``vague`` tells zones with a part of unknown size, ``torn`` zones that are
    not whole in one area, ``crowded`` those whose shares summed to more than 1.
    """

    areas: pd.Index
    share: csr_array
    cover: Floats
    vague: Flags
    torn: Flags
    crowded: Flags


def _parts(assignment: pd.Series | pd.DataFrame, flows: Flows) -> pd.DataFrame:
    if isinstance(assignment, pd.DataFrame):
        parts = assignment[["zone", "area", "share"]]
    else:
        parts = pd.DataFrame({"zone": assignment.index, "area": assignment.to_numpy(), "share": 1.0})
    parts = parts[parts["area"].notna() & (parts["area"] != "")]
    parts = parts.assign(zone=parts["zone"].astype(str), area=parts["area"].astype(str))
    wrong = (parts["share"] < 0) | (parts["share"] > 1 + TINY)
    if wrong.any():
        raise TableError(refusal("assignment: column 'share' is not within 0 to 1", codes=parts["zone"][wrong]))
    twice = parts.duplicated(["zone", "area"])
    if twice.any():
        raise TableError(refusal("assignment: a zone is listed twice for one area", codes=parts["zone"][twice]))
    if not parts["zone"].isin(flows.zones).any():
        text = f"no zone of {flows.source}, such as {flows.zones[0]}, lies in any of the areas"
        raise ConfigurationError(refusal(text, hint="The areas are made of other zones than the flows."))
    return parts


def _split(parts: pd.DataFrame, zones: pd.Index, outside: str) -> _Split:
    areas = pd.Index(sorted({*parts["area"], *filter(None, [outside])}), dtype=str)
    parts = parts[parts["zone"].isin(zones)]
    zone, area = zones.get_indexer(parts["zone"]), areas.get_indexer(parts["area"])
    unknown = parts["share"].isna().to_numpy()
    amount = np.where(unknown, 0.0, parts["share"].to_numpy(dtype=float))
    size = len(zones)
    sums = np.bincount(zone, weights=amount, minlength=size)
    vague = np.bincount(zone[unknown], minlength=size) > 0
    scale = np.where((sums > 1) | (np.abs(sums - 1) < TINY), np.maximum(sums, TINY), 1.0)
    cover = np.where(sums / scale > 1 - TINY, 1.0, sums / scale)
    share = coo_array((amount / scale[zone], (zone, area)), shape=(size, len(areas)))
    if outside:
        rest = np.where(vague, 0.0, 1 - cover)
        place = np.full(size, areas.get_loc(outside))
        share = share + coo_array((rest, (np.arange(size), place)), shape=share.shape)
        cover = np.where(vague, cover, 1.0)
    share = csr_array(share)
    share.eliminate_zeros()
    most = share.max(axis=1).toarray().ravel()
    return _Split(areas, share, cover, vague, (most > 0) & (most < 1 - TINY), sums > 1 + TINY)


def _matrix(flows: Flows) -> csr_array:
    ends = [flows.zones.get_indexer(flows.table.index.get_level_values(end)) for end in SIDES]
    size = len(flows.zones)
    return csr_array(coo_array((flows.table["workers"].to_numpy(), tuple(ends)), shape=(size, size)))


def _unplaced(zones: pd.Index, split: _Split, leaving: Floats, arriving: Floats) -> pd.DataFrame:
    reasons = np.where(split.vague, SHARE_UNKNOWN, IN_NO_AREA)
    return aside_frame(
        (str(reasons[k]), str(zones[k]), side, float(workers[k]))
        for side, workers in zip(SIDES, (leaving, arriving), strict=True)
        for k in np.flatnonzero(workers > 0)
    )


def _split_notes(flows: Flows, split: _Split, aside: pd.DataFrame, diagonal: Floats, within: str) -> list[Note]:
    notes = []
    torn = flows.zones[split.torn]
    if len(torn):
        own = float(diagonal[split.torn].sum())
        how = "counted on the same side of the split" if within == "same side" else "spread over both as if by chance"
        zones = number_of(
            len(torn), "zone is not whole in one area, and its", "zones are not whole in one area, and their"
        )
        lead = f"{flows.source}: {zones} workers are apportioned by people ({first_of(torn)})."
        more = f"The {own:,.0f} who live and work in one such zone are {how}."
        crowded = flows.zones[split.crowded]
        more += f" Areas overlap in {first_of(crowded)}: shares are scaled to sum to 1." if len(crowded) else ""
        facts = {"measure": "workers", "value": own, "unit": "workers", "detail": more}
        notes.append(Note("GP105", lead, other_codes=tuple(torn), by_design=True, **facts))  # type: ignore[arg-type]
    lost = aside[aside["reason"].isin([IN_NO_AREA, SHARE_UNKNOWN])]
    if len(lost):
        codes = tuple(sorted(set(lost["code"])))
        text = f"{flows.source}: workers live or work outside the areas{aside_text(lost, ': ')} ({first_of(codes)})."
        notes.append(aside_note(text, lost, by_design=True, codes=codes))
    return notes


def common_part(left: Flows, right: Flows, *, off_diagonal: bool = False) -> float:
    """Return the share of commuters two tables have in common (Sørensen).

    It is 2 times the sum of the smaller of the two figures of every pair, over the sum of both tables: 1 where they
    are the same, 0 where no pair is in both.

    Parameters
    ----------
    left, right
        Flows between the same zones; a pair that one lacks counts as 0 there.
    off_diagonal
        Whether to leave out those who live and work in the same zone.

    Returns
    -------
    float
        Share, 0 to 1.

    Raises
    ------
    ConfigurationError
        When no zone is in both, or there is nothing to compare.

    References
    ----------
    .. [1] M. Lenormand et al., "A universal model of commuting networks", PLoS ONE 7(10), 2012.
       doi:10.1371/journal.pone.0045985
    """
    tables = [_travelling(flows) if off_diagonal else flows.table["workers"] for flows in (left, right)]
    total = sum(float(table.sum()) for table in tables)
    if left.zones.intersection(right.zones).empty or not total:
        message = f"{left.source} and {right.source} have no zone or no workers in common to compare"
        raise ConfigurationError(refusal(message))
    one, two = tables[0].align(tables[1], join="inner")
    return float(2 * np.minimum(one, two).sum() / total)


def _travelling(flows: Flows) -> pd.Series:
    origin, destination = (flows.table.index.get_level_values(end) for end in SIDES)
    return flows.table["workers"][origin != destination]
