"""Ground where many live in the most deprived small areas: how much of each area is, and which runs borders cut."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from geoplan.analysis.networks.graphs import authority_of
from geoplan.analysis.networks.runs import Run, runs_of
from geoplan.schema import Layer

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["DEPRIVED_SHARE", "NEED_RATES", "Parted", "deprived_blocks", "deprived_runs", "parted", "rates"]

DEPRIVED_SHARE = 0.2
"""Share of residents in the most deprived tenth of small areas, twice that of England, from which a block is told."""
NEED_RATES = {
    "out_of_work_rate": ("out_of_work", "residents_16_64_2021"),
    "most_deprived_share": ("most_deprived", "residents_2021"),
    "worst_by_work_share": ("worst_by_work", "residents_2021"),
}
"""Rate -> what it counts, and the residents of whom they are a part."""


class Parted(NamedTuple):
    """Two neighbouring blocks of deprived ground that a border of a layer parts.

    Attributes
    ----------
    area, block
        The area, and its block.
    other, beside
        The area on the other side, empty where there is none, and its block.
    """

    area: str
    block: str
    other: str
    beside: str


def rates(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the rates of need of blocks or areas.

    Parameters
    ----------
    counts
        With `geoplan.schema.NEED_COLUMNS`, where they are known.

    Returns
    -------
    pandas.DataFrame
        Indexed as ``counts``, `NEED_RATES` as shares (0 to 1); missing where nobody counts, and where nobody lives.
    """
    return pd.DataFrame({name: _rate(counts, name) for name in NEED_RATES}, index=counts.index)


def _rate(counts: pd.DataFrame, name: str) -> np.ndarray:
    """Return one of `NEED_RATES`."""
    one, of = counts.reindex(columns=list(NEED_RATES[name])).to_numpy(dtype=float).T
    rate: np.ndarray = one / np.where(of > 0, of, np.nan)
    return rate


def deprived_blocks(blocks: pd.DataFrame, least: float = DEPRIVED_SHARE) -> list[str]:
    """Return the blocks of which at least a share lives in the most deprived tenth of small areas.

    Parameters
    ----------
    blocks
        Shipped blocks.
    least
        That share.

    Returns
    -------
    list of str
        Sorted; none of where nobody counts.
    """
    return sorted(map(str, blocks.index[np.nan_to_num(_rate(blocks, "most_deprived_share")) >= least]))


def parted(layer: Layer, blocks: pd.DataFrame, graph: nx.Graph) -> list[Parted]:
    """Find where a border of a layer runs between neighbouring blocks that are both deprived.

    Parameters
    ----------
    layer
        Of shipped blocks; of others nothing is told.
    blocks
        Shipped blocks.
    graph
        Of authorities, from `geoplan.analysis.networks.graphs.contiguity`; borders on land count, crossings do not.

    Returns
    -------
    list of Parted
        Each from both sides, sorted. Blocks that share an area, as those of layers that overlap may, are not parted.

    Notes
    -----
    A block is a whole authority or a side of one: that both have deprived small areas does not say that these touch.
    """
    if layer.parts is None or layer.blocks is not None:
        return []
    homes, found = _homes(layer.parts), []
    for ends in _touching(deprived_blocks(blocks), graph):
        for block, beside in (ends, ends[::-1]):
            mine, theirs = homes.get(block, {}).keys(), homes.get(beside, {}).keys()
            if not mine & theirs:
                found += [Parted(area, block, other, beside) for area in mine for other in theirs or {""}]
    return sorted(found)


def deprived_runs(layer: Layer, blocks: pd.DataFrame, graph: nx.Graph) -> list[Run]:
    """Find runs of deprived blocks that touch, and which of them borders of a layer cut.

    Parameters
    ----------
    layer
        Of shipped blocks; of others nothing is told.
    blocks
        Shipped blocks.
    graph
        As for `parted`.

    Returns
    -------
    list of Run
        With the people of the most deprived tenth of small areas who live there.
    """
    if layer.parts is None or layer.blocks is not None:
        return []
    deprived = deprived_blocks(blocks)
    return runs_of(blocks.loc[deprived, "most_deprived"], _touching(deprived, graph), _homes(layer.parts))


def _homes(parts: pd.DataFrame) -> dict[str, dict[str, bool]]:
    """Return the areas that each block is in, and whether each holds all of it."""
    homes: dict[str, dict[str, bool]] = {}
    for block, code, share in zip(*(parts[name].tolist() for name in ("block", "code", "share")), strict=True):
        homes.setdefault(str(block), {})[str(code)] = share >= 1
    return homes


def _touching(blocks: Sequence[str], graph: nx.Graph) -> list[tuple[str, str]]:
    """Return the pairs of blocks that share a border: sides of one authority, or of two that have one on land."""
    lads = {block: authority_of(block) for block in blocks}
    beside = {lad: {lad, *(other for other, how in graph[lad].items() if how.get("kind") == "border")}
              for lad in set(lads.values()) & set(graph)}  # fmt: skip
    return [(one, two) for one, two in combinations(blocks, 2) if lads[two] in beside.get(lads[one], {lads[one]})]
