"""Outlines that places are found in: the blocks once for all layers made of them, those of files one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from geoplan.auditing.lookups.postcode_lists import members_joined
from geoplan.commuting.atlas import Atlas
from geoplan.engine.edges import Edges, edges_of
from geoplan.engine.locating import finder_of
from geoplan.errors import ConfigurationError, refusal
from geoplan.schema import Layer

__all__ = ["Ground", "Member", "grounds_of"]

NOWHERE = -1


@dataclass(frozen=True, eq=False)
class Member:
    """What one layer says of the areas of a ground.

    Parameters
    ----------
    word
        What its columns begin with.
    codes, names, shares
        What can stand in its columns: the code of an area, or several joined by ";", with their names, and "1" or
        "not known" for each: whether they surely hold the place.
    place
        Area of the ground -> position of what stands there, -1 for nothing; one more than areas, the last of no area.
    shared
        Whether any area of the layer holds parts of unknown size.
    """

    word: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    shares: tuple[str, ...]
    place: np.ndarray
    shared: bool


@dataclass(frozen=True, eq=False)
class Ground:
    """Outlines, taken once, with the layers that they tell of.

    Parameters
    ----------
    finder
        Answers which areas points lie in; see `geoplan.engine.locating.finder_of`.
    members
        The layers.
    digest
        Hash of all that answers depend on.
    """

    finder: Any
    members: tuple[Member, ...]
    digest: str

    def columns(self, x: np.ndarray, y: np.ndarray) -> dict[str, list[pa.Array]]:
        """Return for each layer the codes, names and shares of the areas that places lie in.

        Parameters
        ----------
        x, y
            Metres (EPSG:27700); missing for what has no place.

        Returns
        -------
        dict
            Word of the layer -> three arrays of categories, missing where it has no area.
        """
        points, areas = self.finder.find(x, y)
        again = np.flatnonzero(points[1:] == points[:-1]) + 1
        area = np.full(len(x), NOWHERE, dtype=np.int64)
        area[points[::-1]] = areas[::-1]
        return {each.word: _said(each, area, points, areas, again) for each in self.members}


def _said(member: Member, area: np.ndarray, points: np.ndarray, areas: np.ndarray, again: np.ndarray) -> list[pa.Array]:
    place = member.place[area]
    texts: list[Sequence[str]] = [member.codes, member.names, member.shares]
    if len(again):
        several = np.unique(points[again])
        place, texts = _joined(member, place, several, points, areas)
    return [pa.DictionaryArray.from_arrays(pa.array(place, pa.int32(), mask=place < 0), list(each)) for each in texts]


def _joined(
    member: Member, place: np.ndarray, several: np.ndarray, points: np.ndarray, areas: np.ndarray
) -> tuple[np.ndarray, list[Sequence[str]]]:
    """Let those places that lie in several areas say all of them, in the order of their codes."""
    texts: list[list[str]] = [list(each) for each in (member.codes, member.names, member.shares)]
    made: dict[tuple[int, ...], int] = {}
    held = np.isin(points, several)
    found = member.place[areas[held]]
    order = np.lexsort((found, points[held]))
    found, starts = found[order], np.searchsorted(points[held][order], several)
    for point, (start, stop) in zip(several, pairwise([*starts.tolist(), len(found)]), strict=True):
        combined = tuple(dict.fromkeys(each for each in found[start:stop].tolist() if each >= 0))
        if len(combined) > 1 and combined not in made:
            made[combined] = len(texts[0])
            for said, between in zip(texts, (";", "; ", ";"), strict=True):
                said.append(between.join(said[each] for each in combined))
        place[point] = made.get(combined, combined[0] if combined else NOWHERE)
    return place, list(texts)


def grounds_of(layers: Mapping[str, Layer], atlas: Atlas) -> tuple[Ground, ...]:
    """Take the outlines of layers, each once.

    Parameters
    ----------
    layers
        Word -> layer: what its columns begin with.
    atlas
        Where the layers were opened; its blocks are the outlines of those made of authorities.

    Returns
    -------
    tuple of Ground
        One for all layers made of blocks, and one for each that is drawn.

    Raises
    ------
    ConfigurationError
        If a layer is a lookup from other small areas, which has no outlines.
    """
    made = {word: layer for word, layer in layers.items() if layer.parts is not None}
    for word, layer in made.items():
        if layer.blocks is not None:
            message = refusal(
                f"{layer.title} ({word}) is a lookup from other small areas, which has no outlines",
                hint="Give a boundary file, or a table of authorities.",
            )
            raise ConfigurationError(message)
    grounds = []
    if made:
        blocks = atlas.drawn.blocks
        known = blocks.index.astype(str)
        members = tuple(_of_blocks(word, layer, known) for word, layer in made.items())
        grounds.append(_ground(edges_of(blocks["geometry"].to_numpy()), members))
    drawn = {word: layer for word, layer in layers.items() if layer.parts is None}
    for word, layer in drawn.items():
        areas = layer.areas.sort_index()
        codes = tuple(areas.index.astype(str))
        place = np.append(np.arange(len(codes), dtype=np.int32), np.int32(NOWHERE))
        one = Member(word, codes, tuple(areas["name"].astype(str)), ("1",) * len(codes), place, shared=False)
        grounds.append(_ground(edges_of(areas["geometry"].to_numpy()), (one,)))
    return tuple(grounds)


def _of_blocks(word: str, layer: Layer, blocks: pd.Index) -> Member:
    parts = layer.parts
    assert parts is not None  # noqa: S101 - for types
    rows = pd.DataFrame(
        {"at": parts["block"].astype(str), "code": parts["code"].astype(str), "whole": parts["share"] >= 1}
    )
    joined = members_joined(rows, layer).reindex(blocks, fill_value="")
    said = joined.astype(str)
    distinct = said[said["code"] != ""].drop_duplicates().sort_values(["code", "share"], kind="stable")
    at = {tuple(row): number for number, row in enumerate(distinct.itertuples(index=False, name=None))}
    place = [at.get(tuple(row), NOWHERE) for row in said.itertuples(index=False, name=None)]
    codes, names, shares = (tuple(distinct[each]) for each in ("code", "name", "share"))
    held = np.array([*place, NOWHERE], dtype=np.int32)
    return Member(word, codes, names, shares, held, shared=not bool(rows["whole"].all()))


def _ground(edges: Edges, members: tuple[Member, ...]) -> Ground:
    digest = hashlib.sha256()
    for values in edges.rings:
        digest.update(np.ascontiguousarray(values).tobytes())
    for each in members:
        digest.update(repr((each.word, each.codes, each.names, each.shares, each.shared)).encode())
        digest.update(each.place.tobytes())
    return Ground(finder_of(edges), members, digest.hexdigest())
