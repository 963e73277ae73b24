"""Layers, their areas and their states in plain words."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from geoplan.schema.frames import Layer
from geoplan.schema.standing import LOOKS, Standing
from geoplan.schema.wording import CONFIDENCE, UNCONFIRMED, day, plain_confidence, plural, when

__all__ = ["confidence", "known_changes", "many", "not_found", "not_in_force", "one", "rows_read", "short", "status"]

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
    return f"{layer.many[0].upper()}{layer.many[1:]}{edition[0] if edition else ''}"


def rows_read(layer: Layer) -> str:
    """Tell how the rows of a membership table of the user's own were used."""
    if layer.rows is None:
        return ""
    unused = ((layer.rows.not_in_force, "not in force"), (layer.rows.not_understood, "not understood"))
    told = [f"{plural(layer.rows.read, 'row')} read", *(f"{count:,} {why}" for count, why in unused if count)]
    return f"{layer.source.citation}: {', '.join(told)}."


def _ended(layer: Layer, as_of: str) -> bool:
    until = layer.in_force_to
    return layer.status == "ended" or (bool(until) and until < as_of[: len(until)])


def status(layer: Layer, as_of: str) -> str:
    """Tell in words whether a layer is in force on the day asked for."""
    if _ended(layer, as_of):
        return f"ended {when(layer.in_force_to)}" if layer.in_force_to else "ended"
    start = layer.in_force_from
    if layer.status == "not yet in force" or (start and start > as_of[: len(start)]):
        return f"not in force until {day(start)}"
    until = f" until {day(layer.in_force_to)}" if layer.in_force_to else ""
    since = f" since {day(start)}" if start else ""
    return {"in force": f"in force{since}{until}", "proposed": "proposed, not in force"}.get(layer.status, layer.status)


def not_in_force(layer: Layer, as_of: str) -> str:
    """Return the status where a reader must know that the layer does not apply today; else nothing."""
    said = status(layer, as_of)
    return said if said.startswith(("ended", "not in force", "proposed")) else ""


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
    members = held.assign(lad=held["block"].str.partition(".")[0]).drop_duplicates(["code", "lad", "confidence"])
    counts = members["confidence"].value_counts()
    if not counts.index.isin(UNCONFIRMED).any():
        return plain_confidence("high" if layer.confidence == "mixed" else layer.confidence)
    known = [word for word in CONFIDENCE if word in counts]
    return f"of {counts.sum():,} members " + ", ".join(f"{counts[word]:,} {CONFIDENCE[word]}" for word in known)
