"""Layers, their areas and their states in plain words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

import pandas as pd

from geoplan.schema.frames import Layer
from geoplan.schema.standing import LOOKS, Standing
from geoplan.schema.wording import (
    CONFIDENCE,
    DATE_NOT_KNOWN,
    DRAWN,
    FETCHED,
    INDICATIVE,
    OFFICIAL,
    UNCONFIRMED,
    YOURS,
    capital,
    day,
    listed,
    plain_confidence,
    plural,
    when,
)

__all__ = [
    "confidence",
    "edition_later",
    "kind",
    "known_changes",
    "many",
    "not_found",
    "not_in_force",
    "one",
    "outlines",
    "outlines_in_short",
    "rows_read",
    "short",
    "shown_on",
    "status",
    "together",
    "undated",
    "yours",
]

MOST_CHANGES = 3


def one(layer: Layer) -> str:
    """Return what an area of a layer is called inside a sentence."""
    return layer.one or f"area of {layer.title}"


def many(layer: Layer) -> str:
    """Return what areas of a layer are called inside a sentence."""
    return layer.many or f"areas of {layer.title}"


def not_found(layer: Layer) -> str:
    """Return what is said of ground in no area of a layer: in none, or, where not all areas are known, none found."""
    return "in none" if layer.complete else LOOKS[Standing.NOT_KNOWN].term


def short(layer: Layer) -> str:
    """Return a short title of a layer for menus: what its areas are called, and the edition its title has in brackets.

    Files are called by their own title.
    """
    if not layer.many:
        return layer.title
    edition = re.search(r" \([^()]+\)$", layer.title)
    return f"{capital(layer.many)}{edition[0] if edition else ''}"


def yours(layers: Iterable[Layer]) -> str:
    """Tell which layers are the user's own in place of what ships, in part or whole; empty where none is."""
    keys = [layer.key for layer in layers if layer.source.citation.startswith(f"{YOURS}:")]
    return f"{capital(YOURS)}, in place of what ships: {listed(keys)}." if keys else ""


def rows_read(layer: Layer) -> str:
    """Tell how the rows of a membership table of the user's own were used."""
    if layer.rows is None:
        return ""
    unused = ((layer.rows.not_in_force, "not in force"), (layer.rows.not_understood, "not understood"))
    told = [f"{plural(layer.rows.read, 'row')} read", *(f"{count:,} {why}" for count, why in unused if count)]
    return f"{layer.source.citation}: {', '.join(told)}."


def together(left: Layer, right: Layer, pairs: Iterable[tuple[str, str]]) -> str:
    """Tell of layers shown on different days how many of their areas that meet were ever in force on one day.

    Parameters
    ----------
    left, right
        With the days of their areas; where either has none nothing is told.
    pairs
        Codes of areas that share ground.

    Returns
    -------
    str
        The end of a sentence, from a colon on; empty where all of them were.
    """
    days = [_spans(layer) for layer in (left, right)]
    known = [(days[0][one], days[1][other]) for one, other in pairs if one in days[0] and other in days[1]]
    apart = sum(one[0] > other[1] or other[0] > one[1] for one, other in known)
    if not apart:
        return ""
    if apart == len(known):
        return ": they were never in force together"
    return f": {apart:,} of {len(known):,} pairs of areas that meet were never in force together"


def _spans(layer: Layer) -> dict[str, tuple[str, str]]:
    """Return the first and last day of each area whose days are known, as texts that sort like days."""
    if "valid_from" not in layer.areas or layer.edition_of:
        return {}
    ends = layer.areas[["valid_from", "valid_to"]].itertuples()
    # A year or month alone sorts before its days, and with a tilde after them.
    return {str(code): (start or "0", f"{end}~" if end else "~") for code, start, end in ends if start or end}


def _ended(layer: Layer, as_of: str) -> bool:
    until = layer.in_force_to
    return layer.status == "ended" or (bool(until) and until < as_of[: len(until)])


def edition_later(layer: Layer, as_of: str) -> str:
    """Tell of a geography that its edition dates which it is, where that is later than the day asked for."""
    edition = layer.edition_of
    return f"edition of {day(edition)}" if edition and edition > as_of[: len(edition)] else ""


def undated(layer: Layer) -> pd.Series:
    """Tell of each area of a layer that ships whether nobody knows when it was there."""
    areas = layer.areas
    if layer.edition_of or layer.status in {"file", "reference", "proposed"} or "valid_from" not in areas:
        return pd.Series(data=False, index=areas.index)
    return (areas["valid_from"] == "") & (areas["valid_to"] == "")


def _how_many_undated(layer: Layer) -> str:
    bare = int(undated(layer).sum())
    return f", {DATE_NOT_KNOWN} of {bare} of {len(layer.areas)} areas" if bare > 0 else ""


def shown_on(layer: Layer) -> str:
    """Tell of a layer that was not in force on the day asked for which day it is shown on; else nothing.

    Parameters
    ----------
    layer
        Of a day on which something of it was in force.

    Returns
    -------
    str
        A sentence.
    """
    if layer.status not in {"ended", "not yet in force", DATE_NOT_KNOWN} or not layer.as_of:
        return ""
    said = status(layer, layer.as_of)
    if layer.status == DATE_NOT_KNOWN:
        return f"{layer.key}: {said}; shown as it was found."
    return f"{layer.key}: {said}; shown as on {day(layer.as_of)}."


def status(layer: Layer, as_of: str) -> str:
    """Tell in words whether a layer is in force on the day asked for."""
    if layer.edition_of:
        return edition_later(layer, as_of) or layer.status
    if layer.status == DATE_NOT_KNOWN:
        return layer.status
    if _ended(layer, as_of):
        last = layer.in_force_to or (layer.as_of if layer.as_of and layer.as_of < as_of else "")
        return f"ended {when(last)}" if last else "ended"
    start = layer.in_force_from
    if layer.status == "not yet in force" and not (start and start > as_of[: len(start)]):
        start = layer.as_of or start
    if layer.status == "not yet in force" or (start and start > as_of[: len(start)]):
        return f"not in force until {day(start)}"
    until = f" until {day(layer.in_force_to)}" if layer.in_force_to else ""
    since = f" since {day(start)}" if start else ""
    said = {"in force": f"in force{since}{until}", "proposed": "proposed, not in force"}
    return said.get(layer.status, kind(layer)) + (_how_many_undated(layer) if layer.status == "in force" else "")


def kind(layer: Layer) -> str:
    """Return the status of a layer in a word; files of the user's own have no address, what was fetched has."""
    return FETCHED if layer.status == "file" and layer.source.url else layer.status


def not_in_force(layer: Layer, as_of: str) -> str:
    """Return the status where a reader must know that the layer does not apply today; else nothing."""
    said = status(layer, as_of)
    return said if said.startswith(("ended", "not in force", "proposed", DATE_NOT_KNOWN)) else ""


def known_changes(layer: Layer, *, called: str = "", authorities: AbstractSet[str] | None = None) -> str:
    """Tell what is known to change in a layer after the day shown.

    Parameters
    ----------
    layer
        Any layer.
    called
        Its title where readers know no keys.
    authorities
        Codes of those about whom it is told; None for all.

    Returns
    -------
    str
        A sentence that names the first changes; empty where none is known.
    """
    told = [
        change.text
        for change in layer.changes
        if authorities is None or not change.authorities or change.authorities & authorities
    ]
    if not told:
        return ""
    more = [f"and {len(told) - MOST_CHANGES} more"] if len(told) > MOST_CHANGES else []
    named = "; ".join([*told[:MOST_CHANGES], *more])
    subject = f"{called}," if called else f"{layer.key} is"
    return f"{subject} known to change after {day(layer.as_of)}: {named}."


def confidence(layer: Layer) -> str:
    """Tell how sure the members of a layer are, with counts where they differ."""
    held = layer.parts if layer.blocks is None else None
    if held is None or "confidence" not in held:
        return plain_confidence(layer.confidence)
    lads = (block.partition(".")[0] for block in held["block"].tolist())
    members = set(zip(held["code"].tolist(), lads, held["confidence"].tolist(), strict=True))
    counts = Counter(said for _, _, said in members)
    if counts.keys().isdisjoint([*UNCONFIRMED, YOURS]):
        return plain_confidence("high" if layer.confidence == "mixed" else layer.confidence)
    if counts.keys() == {YOURS}:
        return YOURS
    known = [word for word in CONFIDENCE if word in counts]
    return f"of {counts.total():,} members " + ", ".join(f"{counts[word]:,} {CONFIDENCE[word]}" for word in known)


def outlines_in_short(layers: Iterable[Layer]) -> str:
    """Say in a few words how good the outlines of layers are that are made of blocks; empty where none is.

    Examples
    --------
    >>> outlines_in_short([])
    ''
    """
    known = list(layers)
    if any(layer.indicative for layer in known):
        return INDICATIVE
    return next((f"Boundaries are {layer.resolution}" for layer in known if layer.resolution.startswith(OFFICIAL)), "")


def outlines(layers: Iterable[Layer], what: str = "Maps are indicative and decide nothing: boundaries") -> str:
    """Say in a sentence how good the outlines of layers are that are made of blocks; empty where none is.

    Parameters
    ----------
    layers
        Layers of one atlas.
    what
        How the sentence begins where they are drawn from postcodes.

    Examples
    --------
    >>> outlines([])
    ''
    """
    known = list(layers)
    if any(layer.indicative for layer in known):
        return f"{what} are {DRAWN}."
    said = outlines_in_short(known)
    return said and f"{said}."
