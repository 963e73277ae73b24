"""Every partnership that covers a place: a postcode, an authority, an area."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from geoplan.analysis.networks import seating
from geoplan.analysis.networks.graphs import authority_of
from geoplan.analysis.networks.partnering import affiliations
from geoplan.auditing.certainty import Lie, lie, share_inside
from geoplan.commuting.atlas import Atlas
from geoplan.data import catalogue
from geoplan.data.focus import Focus, shares_of
from geoplan.data.kept.directory import find
from geoplan.data.membership import checks
from geoplan.data.membership.small_areas.postcode_column import INWARD, OUTWARD
from geoplan.data.named_areas import AUTHORITIES
from geoplan.schema import Layer, Weight, layer_wording, wording
from geoplan.schema.standing import LOOKS, Standing

__all__ = ["RELATIONS", "Place", "around", "inverted", "is_there", "lookup"]

RELATIONS = {
    Lie.SAME: LOOKS[Standing.SAME].term,
    Lie.INSIDE: LOOKS[Standing.INSIDE].term,
    Lie.HOLDS: "whole inside it",
    Lie.PART: LOOKS[Standing.CUT].term,
    Lie.UNKNOWN: wording.NOT_ASSESSED,
}
"""What each area that meets a place is to it; areas apart are not listed."""
POSTCODE = re.compile(rf"{OUTWARD} ?{INWARD}", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Place:
    """What `lookup` found.

    Parameters
    ----------
    title
        The place in words.
    areas
        Frame with layer, code, name, share (of the place's people, missing where a part of unknown size decides),
        certain (whether it surely reaches the place: of two parts of one authority that is not known), confidence (of
        the place's own membership, ``mixed`` where its authorities differ), status,
        lead_body, lead_confidence and accountable_body, each empty where it is not known.
    partners
        Frame with code and name of the authorities outside the place, and ``shared``, the number of
        partnerships now in force that each is in with it; most first.
    changes
        Sentences on what is known to change after the day shown and concerns the place, one a layer.
    remarks
        Sentences on how the place was chosen, and on what is not assessed of it.
    seats
        Frame with `seating.SEAT_COLUMNS`: where authorities of the place sit at the table of an area they are not in.
    absent
        Why layers that held the place on another day are not among the areas -> their keys: ``ended``,
        ``not yet in force``, ``proposed`` or ``date not known``.
    editions
        Layers that stand for the day asked for by a later edition, such as authorities of April 2025: key -> edition.
    titled_changes
        ``changes`` for readers who know no keys: layers by their titles.
    """

    title: str
    areas: pd.DataFrame
    partners: pd.DataFrame
    changes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    seats: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(seating.SEAT_COLUMNS)))
    absent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    editions: Mapping[str, str] = field(default_factory=dict)
    titled_changes: tuple[str, ...] = ()

    @property
    def days(self) -> tuple[str, ...]:
        """Sentences on what is absent because it was not in force, and on what is shown by a later edition."""
        past = "; ".join(f"{', '.join(keys)} ({why})" for why, keys in self.absent.items())
        later = "; ".join(f"{', '.join(keys)} ({edition})" for edition, keys in inverted(self.editions).items())
        said = (f"Not in force on that day: {past}." if past else "", f"Of a later day: {later}." if later else "")
        return tuple(filter(None, said))


def inverted(words: Mapping[str, str]) -> dict[str, list[str]]:
    """Gather keys by their word, in the order in which words come first."""
    found: dict[str, list[str]] = {}
    for key, word in words.items():
        found.setdefault(word, []).append(key)
    return found


class _Row(NamedTuple):
    """An area that covers a place."""

    layer: str
    code: str
    name: str
    share: float
    relation: str
    certain: bool
    confidence: str
    status: str
    lead_body: str
    lead_confidence: str
    accountable_body: str


class _Ground(NamedTuple):
    """What is looked up: its layer and code (empty of a postcode), and the shares of blocks that it holds."""

    layer: str
    code: str
    shares: pd.Series

    @property
    def vague(self) -> bool:
        """Whether a part of unknown size belongs to it, so that no share of it is told; a postcode is a point."""
        return bool(self.code) and bool(self.shares.isna().any())


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
        Its areas in the order of the catalogue, of layers in force on the day of the atlas and of the place's own.

    Raises
    ------
    UnknownKeyError
        If there is no such place; names the nearest.
    """
    atlas = atlas or Atlas()
    if match := POSTCODE.fullmatch(place.strip()):
        return _place(*_postcode(f"{match[1]} {match[2]}".upper(), atlas), atlas)
    return around(atlas.find(place), atlas)


def around(focus: Focus, atlas: Atlas, weight: Weight = Weight.PEOPLE) -> Place:
    """Find every partnership that covers an area.

    Parameters
    ----------
    focus
        The area.
    atlas
        Where to open layers.
    weight
        What shares are of.

    Returns
    -------
    Place
        As for `lookup`.
    """
    title, ground = f"{focus.name} ({focus.layer} {focus.code})", _Ground(focus.layer, focus.code, focus.shares)
    return _place(title, ground, (*focus.remarks, *_vague_remark(focus, atlas)), atlas, weight)


def _place(
    title: str, ground: _Ground, remarks: tuple[str, ...], atlas: Atlas, weight: Weight = Weight.PEOPLE
) -> Place:
    blocks = frozenset(ground.shares.index)
    named = not ground.code or ground.layer in AUTHORITIES
    asked = {ground.code, *(authority_of(block) for block in blocks)} - {""} if named else set()
    opened = [atlas.layer(key) for key in catalogue.own()]
    day = atlas.as_of.isoformat()
    there = [layer for layer in opened if layer.key == ground.layer or is_there(layer, day)]
    found = [row for layer in there for row in _covering(layer, ground, atlas.blocks[weight.column])]
    areas = pd.DataFrame(found, columns=list(_Row._fields))
    changes, titled = _coming(there, areas["layer"], blocks)
    editions = {layer.key: said for layer in there if (said := layer_wording.edition_later(layer, day))}
    partners, seats = _partners(there, blocks, atlas), seating.seats(there, asked)
    return Place(title, areas, partners, changes, remarks, seats, _absent(opened, there, blocks), editions, titled)


def is_there(layer: Layer, day: str) -> bool:
    """Tell whether something of a layer is in force on a day, or may be: proposed, or not dated and near its edition.

    Parameters
    ----------
    layer
        As opened for that day.
    day
        ISO 8601.

    Returns
    -------
    bool
        False for a layer that is shown on another day.
    """
    return layer.as_of == day and layer.status not in {"ended", "not yet in force"}


def _absent(opened: Iterable[Layer], there: Iterable[Layer], blocks: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Tell which layers hold a place on another day only, by what they are on the day asked for."""
    here, shown = {authority_of(block) for block in blocks}, {layer.key for layer in there}
    words: dict[str, str] = {}
    for layer in opened:
        if layer.key not in shown and layer.parts is not None and layer.parts["block"].isin(blocks).any():
            words[layer.key] = layer.status
        elif any(left.authorities & here for left in layer.not_dated):
            words[layer.key] = wording.DATE_NOT_KNOWN
    return {word: tuple(keys) for word, keys in inverted(words).items()}


def _vague_remark(focus: Focus, atlas: Atlas) -> Iterator[str]:
    """Say that a place is made of parts of unknown size, where it is."""
    if focus.vague:
        names = sorted({atlas.authorities.name(authority_of(block)) for block in focus.vague})
        yield (
            f"What belongs to it of {wording.listed(names)} is a part of unknown size: its people and shares "
            f"are {wording.NOT_ASSESSED}."
        )


def _coming(
    opened: Iterable[Layer], around: pd.Series, blocks: frozenset[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tell what is known to change for a place, in layers around it and by areas to come: by their keys, by titles."""
    here, near = {authority_of(block) for block in blocks}, set(around)
    told = [
        replace(layer, changes=tuple(change for change in layer.changes if change.authorities or layer.key in near))
        for layer in opened
    ]
    by_key = (layer_wording.known_changes(layer, called="", authorities=here) for layer in told)
    by_title = (layer_wording.known_changes(layer, called=layer.title, authorities=here) for layer in told)
    return tuple(filter(None, by_key)), tuple(filter(None, by_title))


def _partners(opened: Iterable[Layer], blocks: frozenset[str], atlas: Atlas) -> pd.DataFrame:
    here = {authority_of(block) for block in blocks}
    graph = affiliations(layer for layer in opened if layer.status == "in force")
    bodies = {body for code in here if code in graph for body in graph.adj[code]}
    shared = Counter(code for body in bodies for code in graph.adj[body] if code not in here)
    ranked = sorted(shared.items(), key=lambda at: (-at[1], at[0]))
    rows = [(code, atlas.authorities.name(code), count) for code, count in ranked]
    return pd.DataFrame(rows, columns=["code", "name", "shared"])


def _postcode(postcode: str, atlas: Atlas) -> tuple[str, _Ground, tuple[str, ...]]:
    found = find(postcode)
    # A point lies somewhere in its block, as a part of unknown size does.
    point = pd.Series([np.nan], index=pd.Index([found.block], name="block"))
    title = f"{postcode} in {atlas.authorities.name(authority_of(found.block))}"
    return title, _Ground("", "", point), found.said


def _covering(layer: Layer, ground: _Ground, people: pd.Series) -> list[_Row]:
    """Return a row for each area that reaches a place, or may; the largest share first."""
    assert layer.parts is not None  # noqa: S101 - the catalogue's layers are made of blocks
    parts = layer.parts[layer.parts["block"].isin(ground.shares.index)]
    codes = dict.fromkeys(parts["code"].astype(str))
    found = (_row(layer, code, ground, people, parts["confidence"][parts["code"] == code]) for code in codes)
    # What is certain comes first, then the largest share; what has none comes last.
    return sorted(filter(None, found), key=lambda row: (not row.certain, -np.nan_to_num(row.share, nan=-1.0)))


def _row(layer: Layer, code: str, ground: _Ground, people: pd.Series, confidence: pd.Series) -> _Row | None:
    own, held = layer.key == ground.layer, shares_of(layer, code)
    itself = own and code == ground.code
    known = Lie.SAME if itself else lie(ground.shares, held, beside=own and not layer.overlap)
    if known is Lie.APART:
        return None
    share = 1.0 if itself else np.nan if ground.vague else share_inside(ground.shares, held, people)
    certain = known is not Lie.UNKNOWN
    status = wording.DATE_NOT_KNOWN if layer_wording.undated(layer)[code] else layer.status
    led = seating.leads(layer, code)
    return _Row(
        layer.key, code, layer.name(code), share, RELATIONS[known], certain, checks.common(confidence), status, *led
    )
