"""Which services have official outlines, lookups, flows and figures: what the shipped table says of each."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cache

from geoplan.data.kept.holdings import KINDS, RESOLUTIONS
from geoplan.data.shipped.package_data import shipped_table
from geoplan.errors import ConfigurationError, UnknownKeyError, refusal
from geoplan.schema.wording import listed

__all__ = ["SEEN", "UNTRIED", "Source", "chosen", "editions", "sources"]

SEEN = "seen"
UNTRIED = "by the portal's naming, not tried"
PROTOCOLS = ("arcgis", "nomis")
USUAL = "BGC"
"""Resolution that is fetched where none is asked for: 20 m, fine enough for any comparison of partnerships."""


@dataclass(frozen=True)
class Source:
    """One row of the table of services.

    Parameters
    ----------
    key, edition, resolution, kind
        As of a holding.
    protocol
        ``arcgis`` for a feature service of the ONS Open Geography portal, ``nomis`` for a table of Nomis.
    url
        Address: of a layer, or of a table with its question.
    code, name
        Columns of codes and names; empty where there is none.
    rows
        How many rows there are, as text; empty where that is not known.
    title
        Name for readers.
    publisher, licence
        Who publishes it, and the terms of use with the words that must go with it.
    confidence
        `SEEN` where a public source shows this very address, else `UNTRIED`.
    """

    key: str
    edition: str
    resolution: str
    kind: str
    protocol: str
    url: str
    code: str
    name: str
    rows: str
    title: str
    publisher: str
    licence: str
    confidence: str


@cache
def sources() -> tuple[Source, ...]:
    """Read the table of services.

    Returns
    -------
    tuple of Source
        In the order of the table.

    Raises
    ------
    ConfigurationError
        If a row cannot be, or two are the same.
    """
    found = tuple(Source(**row) for row in shipped_table("services.csv").to_dict("records"))
    for one in found:
        allowed = (
            (one.kind, KINDS), (one.protocol, PROTOCOLS), (one.resolution, ("", *RESOLUTIONS)),
            (one.confidence, (SEEN, UNTRIED)),
        )  # fmt: skip
        if wrong := [word for word, words in allowed if word not in words]:
            raise ConfigurationError(refusal(f"services.csv: {one.key} {one.edition}: {wrong[0]!r} cannot be"))
        if blank := [each.name for each in fields(one) if each.name in _NEEDED and not getattr(one, each.name)]:
            raise ConfigurationError(refusal(f"services.csv: {one.key} {one.edition}: column {blank[0]!r} is empty"))
    names = [(one.key, one.edition, one.resolution) for one in found]
    if twice := [" ".join(name) for name in names if names.count(name) > 1]:
        raise ConfigurationError(refusal("services.csv: rows stand twice", codes=twice))
    return found


_NEEDED = ("key", "edition", "kind", "protocol", "url", "title", "publisher", "licence", "confidence")


def editions(key: str) -> list[str]:
    """Return the editions of a key, from the newest on; none where there is no such key."""
    return sorted({one.edition for one in sources() if one.key == key}, reverse=True)


def chosen(key: str, *, edition: str = "", resolution: str = "") -> Source:
    """Return the service that has what is wanted.

    Parameters
    ----------
    key
        Such as ``lad``, ``msoa`` or ``commuting``.
    edition
        Such as ``2025-05``, or the beginning of one, ``2025``; empty for the newest.
    resolution
        One of `RESOLUTIONS`; empty for `USUAL`, or the finest where there is none, of those whose address was seen.

    Returns
    -------
    Source
        One row.

    Raises
    ------
    UnknownKeyError
        If there is no such key; the nearest are named.
    ConfigurationError
        If there is no such edition or resolution; those there are are named.
    """
    of_key = [one for one in sources() if one.key == key]
    if not of_key:
        known = list(dict.fromkeys(one.key for one in sources()))
        near = difflib.get_close_matches(key, known, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known)}."
        raise UnknownKeyError(refusal(f"no service is known that has {key!r}", hint=hint))
    of_edition = _of_edition(of_key, edition)
    if resolution and not any(one.resolution for one in of_edition):
        message = refusal(f"{key} of {of_edition[0].edition} has no outlines, and so no resolution")
        raise ConfigurationError(message)
    order = (resolution,) if resolution else (USUAL, *RESOLUTIONS, "")
    fitting = [one for one in of_edition if one.resolution in order]
    if fitting:
        # An address that somebody uses comes before one that is only likely.
        return min(fitting, key=lambda one: (one.confidence != SEEN, order.index(one.resolution)))
    there = listed([one.resolution for one in of_edition])
    message = refusal(
        f"{key} of {of_edition[0].edition} is not known at resolution {resolution}", hint=f"Known: {there}."
    )
    raise ConfigurationError(message)


def _of_edition(rows: Sequence[Source], edition: str) -> list[Source]:
    """Return the rows of the newest edition that begins as the one asked for."""
    fits = sorted({one.edition for one in rows if _begins(one.edition, edition)}, reverse=True)
    if not fits:
        known = listed(_newest_first(one.edition for one in rows))
        message = refusal(f"no service is known that has {rows[0].key} of {edition}", hint=f"Known editions: {known}.")
        raise ConfigurationError(message)
    return [one for one in rows if one.edition == fits[0]]


def _begins(edition: str, wanted: str) -> bool:
    return not wanted or edition == wanted or re.match(rf"{re.escape(wanted)}(?!\w)", edition) is not None


def _newest_first(editions: Iterable[str]) -> list[str]:
    return sorted(set(editions), reverse=True)
