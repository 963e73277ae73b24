"""The area that is asked about, and the blocks it holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoplan.schema import Layer, assessed, wording

__all__ = ["Focus", "blocks_of", "in_part", "shares_of"]

MOST_UNLIKE = 4
"""Areas of one name and other ground that a sentence lists."""


@dataclass(frozen=True)
class Focus:
    """The area an audit is about.

    Parameters
    ----------
    layer, code, name
        The area.
    blocks
        The shipped blocks it is made of; of a drawn area those with half or more of their postcodes inside.
    also
        Other areas of the same name, as ``layer:code``.
    drawn
        Whether it is an area of a boundary file, to which its blocks are only near.
    unlike
        Those of ``also`` that have other ground.
    read_as
        A sentence where what was asked for is another name of it; else empty.
    in_part
        Blocks of which only a part belongs to it, with the share (0 to 1), None where that is not known.
    counted
        A sentence where parts of it are counted by wards; else empty.
    """

    layer: str
    code: str
    name: str
    blocks: frozenset[str]
    also: tuple[str, ...] = ()
    drawn: bool = False
    unlike: tuple[str, ...] = ()
    read_as: str = ""
    in_part: tuple[tuple[str, float | None], ...] = ()
    counted: str = ""

    @property
    def shares(self) -> pd.Series:
        """Block -> share of it (0 to 1) that belongs, missing where that is not known; in the order of the codes."""
        part = {block: np.nan if share is None else share for block, share in self.in_part}
        held = sorted(self.blocks)
        return pd.Series([part.get(block, 1.0) for block in held], index=pd.Index(held, name="block"), dtype=float)

    @property
    def vague(self) -> frozenset[str]:
        """The blocks of which a part of unknown size belongs: size and shares of the area are not assessed."""
        return frozenset(block for block, share in self.in_part if share is None)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences on how the area was chosen: by another name, or among several of one name; and is counted."""
        others = wording.listed(self.unlike[:MOST_UNLIKE], "or")
        more = f" (and {len(self.unlike) - MOST_UNLIKE} more)" if len(self.unlike) > MOST_UNLIKE else ""
        chosen = f"Other ground has the same name, and LAYER:CODE chooses it: {others}{more}." if others else ""
        return tuple(filter(None, (self.read_as, self.counted, chosen)))


def blocks_of(layer: Layer, code: str) -> frozenset[str]:
    """Return the shipped blocks that an area of a layer of blocks is made of; none for other small areas."""
    assert layer.parts is not None  # noqa: S101 - only layers of blocks are searched
    if layer.blocks is not None:
        return frozenset()
    return frozenset(layer.parts["block"].array[_rows_of(layer, code)])


def shares_of(layer: Layer, code: str) -> pd.Series:
    """Return block -> share of it (missing where unknown) that an area of a layer of blocks holds."""
    assert layer.parts is not None  # noqa: S101 - only layers of blocks are searched
    at = _rows_of(layer, code)
    blocks = pd.Index(layer.parts["block"].array[at], name="block")
    return pd.Series(layer.parts["share"].to_numpy(dtype=float)[at], index=blocks, name="share")


def _rows_of(layer: Layer, code: str) -> np.ndarray:
    """Return the places of an area's rows in the parts of a layer."""
    return layer.places.get(code, np.array([], dtype=int))


def in_part(shares: pd.Series) -> tuple[tuple[str, float | None], ...]:
    """Return the blocks of which not all belongs, with the share; None where it is not known."""
    part = shares[~(shares >= 1)].sort_index()
    return tuple((str(block), assessed(share)) for block, share in part.items())
