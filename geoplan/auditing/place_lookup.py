"""Every partnership that covers a place: a postcode, an authority, an area."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from geoplan.analysis.networks.graphs import authority_of
from geoplan.analysis.networks.partnering import affiliations
from geoplan.commuting.atlas import Atlas
from geoplan.data import catalogue
from geoplan.data.membership import checks
from geoplan.data.shipped import package_data
from geoplan.errors import UnknownKeyError
from geoplan.schema import Layer, layer_wording

__all__ = ["Place", "lookup"]

POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Place:
    """What `lookup` found.

    Parameters
    ----------
    title
        The place in words.
    areas
        Frame with layer, code, name, share (of the place's people, missing where a part of unknown size
        belongs), confidence (of the place's own membership, ``mixed`` where its authorities differ) and status.
    partners
        Frame with code and name of the authorities outside the place, and ``shared``, the number of
        partnerships now in force that each is in with it; most first.
    changes
        Sentences on what is known to change after the day shown and concerns the place, one a layer.
    remarks
        Sentences on how the place was chosen.
    """

    title: str
    areas: pd.DataFrame
    partners: pd.DataFrame
    changes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def lookup(place: str, *, atlas: Atlas | None = None) -> Place:
    """Find every partnership that covers a postcode, an authority or an area.

    Parameters
    ----------
    place
        A postcode, or what `Atlas.find` accepts.
    atlas
        Where to open layers; a new one by default.

    Returns
    -------
    Place
        Its areas in the order of the catalogue.

    Raises
    ------
    UnknownKeyError
        If there is no such place; names the nearest.
    """
    atlas = atlas or Atlas()
    remarks: tuple[str, ...] = ()
    if match := POSTCODE.fullmatch(place.strip()):
        title, blocks = _postcode(f"{match[1]} {match[2]}".upper(), atlas)
    else:
        focus = atlas.find(place)
        title, blocks, remarks = f"{focus.name} ({focus.layer} {focus.code})", focus.blocks, focus.remarks
    people = atlas.blocks["people"].reindex(sorted(blocks))
    opened = [atlas.layer(key) for key in catalogue.own()]
    found = [row for layer in opened for row in _covering(layer, people)]
    columns = ["layer", "code", "name", "share", "confidence", "status"]
    areas = pd.DataFrame(found, columns=columns)
    changes = tuple(_coming(opened, areas["layer"], blocks))
    return Place(title, areas, _partners(opened, blocks, atlas), changes, remarks)


def _coming(opened: Iterable[Layer], around: pd.Series, blocks: frozenset[str]) -> Iterator[str]:
    """Tell what is known to change for a place: in layers around it, and by areas still to come."""
    here = {authority_of(block) for block in blocks}
    for layer in opened:
        told = [change for change in layer.changes if change.authorities or layer.key in set(around)]
        if said := layer_wording.known_changes(replace(layer, changes=tuple(told)), authorities=here):
            yield said


def _partners(opened: Iterable[Layer], blocks: frozenset[str], atlas: Atlas) -> pd.DataFrame:
    here = {authority_of(block) for block in blocks}
    graph = affiliations(layer for layer in opened if layer.status == "in force")
    bodies = {body for code in here if code in graph for body in graph.adj[code]}
    shared = Counter(code for body in bodies for code in graph.adj[body] if code not in here)
    ranked = sorted(shared.items(), key=lambda at: (-at[1], at[0]))
    rows = [(code, atlas.authorities.name(code), count) for code, count in ranked]
    return pd.DataFrame(rows, columns=["code", "name", "shared"])


def _postcode(postcode: str, atlas: Atlas) -> tuple[str, frozenset[str]]:
    points = package_data.postcode_points([postcode[0]], columns=("postcode", "block"))
    block = points.loc[(points["postcode"] == postcode).to_numpy(), "block"]
    if block.empty:
        message = f"The postcode {postcode} is not in the directory of November 2025."
        raise UnknownKeyError(message)
    authority = atlas.authorities.name(str(block.iloc[0]).partition(".")[0])
    return f"{postcode} in {authority}", frozenset([str(block.iloc[0])])


def _covering(layer: Layer, people: pd.Series) -> list[tuple[str, str, str, float, str, str]]:
    assert layer.parts is not None  # noqa: S101 - the catalogue's layers are made of blocks
    parts = layer.parts[layer.parts["block"].isin(people.index)]
    held = parts["share"] * people.reindex(parts["block"]).to_numpy()
    shares = held.groupby(parts["code"]).agg(lambda each: each.sum(skipna=False)) / people.sum()
    ranked = shares.sort_values(ascending=False, kind="stable", na_position="last")
    return [
        (
            layer.key,
            str(code),
            layer.name(code),
            float(share),
            checks.common(parts["confidence"][parts["code"] == code]),
            layer.status,
        )
        for code, share in ranked.items()
    ]
