"""Ground where many live in the most deprived small areas: how much of each area is, and which runs borders cut."""

from __future__ import annotations

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
    known = counts.reindex(columns=sorted({name for pair in NEED_RATES.values() for name in pair})).astype(float)
    found = {rate: known[one] / known[of].where(known[of] > 0) for rate, (one, of) in NEED_RATES.items()}
    return pd.DataFrame(found, index=counts.index)


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
    share = rates(blocks)["most_deprived_share"].to_numpy()
    return sorted(map(str, blocks.index[np.nan_to_num(share) >= least]))


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
    deprived = deprived_blocks(blocks)
    homes = layer.parts.groupby("block")["code"].agg(frozenset).to_dict()
    found = []
    for block in deprived:
        for beside in deprived:
            mine, theirs = homes.get(block, frozenset()), homes.get(beside, frozenset())
            if block == beside or mine & theirs or not mine or not _touch(block, beside, graph):
                continue
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
    touching = [(a, b) for n, a in enumerate(deprived) for b in deprived[n + 1 :] if _touch(a, b, graph)]
    homes: dict[str, dict[str, bool]] = {}
    for block, code, share in zip(layer.parts["block"], layer.parts["code"], layer.parts["share"], strict=True):
        homes.setdefault(str(block), {})[str(code)] = share >= 1
    return runs_of(blocks.loc[deprived, "most_deprived"], touching, homes)


def _touch(one: str, two: str, graph: nx.Graph) -> bool:
    """Tell whether two blocks share a border: sides of one authority, or of two that have one on land."""
    ends = authority_of(one), authority_of(two)
    return ends[0] == ends[1] or (graph.has_edge(*ends) and graph.edges[ends].get("kind") == "border")
