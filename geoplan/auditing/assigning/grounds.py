"""Outlines that places are found in: the blocks once for all layers made of them, those of files one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from geoplan.auditing.assigning.boxes import Boxes, meeting
from geoplan.auditing.assigning.nearby import Nearby
from geoplan.auditing.lookups.postcode_lists import members_joined
from geoplan.commuting.atlas import Atlas
from geoplan.engine.edges import Edges, edges_of
from geoplan.engine.intersections import intersection_areas
from geoplan.errors import ConfigurationError, refusal
from geoplan.schema import Layer

__all__ = ["Found", "Ground", "Member", "grounds_of"]

NOWHERE = -1
SEAM_M2 = 1.0
"""Ground that two neighbours share by the rounding of their drawing, which is told as they have it."""


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
    area_codes, area_names
        The areas of the layer.
    holds
        Which of them hold areas of the ground: ``ground``, ``area`` (positions) and ``sure``, whether wholly.
    """

    word: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    shares: tuple[str, ...]
    place: np.ndarray
    shared: bool
    area_codes: tuple[str, ...]
    area_names: tuple[str, ...]
    holds: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Ground:
    """Outlines, taken once, with the layers that they tell of.

    Parameters
    ----------
    members
        The layers.
    digest
        Hash of all that answers depend on.
    finder
        Answers which areas points lie in, where points are asked about.
    edges, union
        Where small areas are asked about the outlines, and what they cover together if they overlap each other.
    """

    members: tuple[Member, ...]
    digest: str
    finder: Nearby | None = None
    edges: Edges | None = None
    union: Edges | None = None

    def found(self, x: np.ndarray, y: np.ndarray, box: np.ndarray | None = None) -> dict[str, Found]:
        """Find in which areas of each layer places lie.

        Parameters
        ----------
        x, y
            Metres (EPSG:27700); missing for what has no place.
        box
            In which all of them lie, where that is known; see `Nearby.find`.

        Returns
        -------
        dict
            Word of the layer -> what was found.
        """
        assert self.finder is not None  # noqa: S101 - for types
        points, areas = self.finder.find(x, y, box)
        again = np.flatnonzero(points[1:] == points[:-1]) + 1
        area = np.full(len(x), NOWHERE, dtype=np.int64)
        area[points[::-1]] = areas[::-1]
        return {each.word: _found(each, area, points, areas, again) for each in self.members}


@dataclass(frozen=True, eq=False)
class Found:
    """What places are told of one layer.

    Parameters
    ----------
    place
        Of each place the position of what is said of it, -1 where it lies in no area.
    texts
        What can be said: codes, names and shares.
    """

    place: np.ndarray
    texts: tuple[Sequence[str], ...]

    def column(self, which: int) -> pa.DictionaryArray:
        """Return codes (0), names (1) or shares (2) as categories, missing where a place lies in no area."""
        indices = pa.array(self.place, pa.int32(), mask=self.place < 0)
        return pa.DictionaryArray.from_arrays(indices, pa.array(list(self.texts[which]), pa.string()))


def _found(member: Member, area: np.ndarray, points: np.ndarray, areas: np.ndarray, again: np.ndarray) -> Found:
    place = member.place[area]
    if not len(again):
        return Found(place, (member.codes, member.names, member.shares))
    return _joined(member, place, np.unique(points[again]), points, areas)


def _joined(member: Member, place: np.ndarray, several: np.ndarray, points: np.ndarray, areas: np.ndarray) -> Found:
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
    return Found(place, tuple(texts))


def grounds_of(
    layers: Mapping[str, Layer], atlas: Atlas, *, of_areas: bool = False, boxes: Boxes | None = None
) -> tuple[Ground, ...]:
    """Take the outlines of layers, each once.

    Parameters
    ----------
    layers
        Word -> layer: what its columns begin with.
    atlas
        Where the layers were opened; its blocks are the outlines of those made of authorities.
    of_areas
        Whether small areas will be shared out to them, and not points found in them.
    boxes
        In which points lie, where the file says it: what meets none of them is left out, and holds none.

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
        members = tuple(_of_blocks(word, layer, blocks.index.astype(str)) for word, layer in made.items())
        grounds.append(_ground(blocks["geometry"].to_numpy(), members, of_areas=of_areas, boxes=boxes))
    for word, layer in layers.items():
        if layer.parts is None:
            areas = layer.areas.sort_index()
            member = _drawn(word, areas)
            grounds.append(_ground(areas["geometry"].to_numpy(), (member,), of_areas=of_areas, boxes=boxes))
    return tuple(grounds)


def _drawn(word: str, areas: pd.DataFrame) -> Member:
    codes, names = tuple(areas.index.astype(str)), tuple(areas["name"].astype(str))
    number = np.arange(len(codes))
    place = np.append(number, NOWHERE).astype(np.int32)
    holds = pd.DataFrame({"ground": number, "area": number, "sure": True})
    return Member(word, codes, names, ("1",) * len(codes), place, shared=False,
                  area_codes=codes, area_names=names, holds=holds)  # fmt: skip


def _of_blocks(word: str, layer: Layer, blocks: pd.Index) -> Member:
    parts = layer.parts
    assert parts is not None  # noqa: S101 - for types
    rows = pd.DataFrame(
        {"at": parts["block"].astype(str), "code": parts["code"].astype(str), "whole": parts["share"] >= 1}
    )
    said = members_joined(rows, layer).reindex(blocks, fill_value="").astype(str)
    distinct = said[said["code"] != ""].drop_duplicates().sort_values(["code", "share"], kind="stable")
    at = {row: number for number, row in enumerate(distinct.itertuples(index=False, name=None))}
    place = [at.get(row, NOWHERE) for row in said.itertuples(index=False, name=None)]
    codes, names, shares = (tuple(distinct[each]) for each in ("code", "name", "share"))
    areas = layer.areas["name"].astype(str).sort_index()
    holds = pd.DataFrame(
        {
            "ground": blocks.get_indexer(rows["at"]), "sure": rows["whole"].to_numpy(bool),
            "area": areas.index.astype(str).get_indexer(rows["code"]),
        }
    )  # fmt: skip
    return Member(word, codes, names, shares, np.array([*place, NOWHERE], dtype=np.int32),
                  shared=not bool(rows["whole"].all()), area_codes=tuple(areas.index.astype(str)),
                  area_names=tuple(areas), holds=holds)  # fmt: skip


def _ground(shapes: np.ndarray, members: tuple[Member, ...], *, of_areas: bool, boxes: Boxes | None) -> Ground:
    told = None if boxes is None else boxes.all
    if told is not None:
        shapes = shapes.copy()
        shapes[~meeting(shapely.bounds(shapes), told)] = None
    edges = edges_of(shapes)
    digest = hashlib.sha256()
    for values in edges.rings:
        digest.update(np.ascontiguousarray(values).tobytes())
    for each in members:
        digest.update(repr((each.word, each.codes, each.names, each.shares, each.shared)).encode())
        digest.update(each.place.tobytes())
    if not of_areas:
        return Ground(members, digest.hexdigest(), Nearby(edges, told, 0 if boxes is None else int(boxes.rows.sum())))
    return Ground(members, digest.hexdigest(), edges=edges, union=_union_of_overlapping(edges))


def _union_of_overlapping(edges: Edges) -> Edges | None:
    """Return what areas cover together, where any share ground; what covers none twice needs no such thing."""
    one, other, _ = intersection_areas(edges, edges, least=SEAM_M2)
    return edges_of(np.array([shapely.union_all(edges.geometry)])) if (one != other).any() else None
