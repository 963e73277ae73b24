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

__all__ = ["ITEM", "NOT_PUBLISHED", "SEEN", "UNTRIED", "Source", "beside", "choices", "chosen", "editions", "sources"]

SEEN = "seen"
UNTRIED = "by the portal's naming, not tried"
NOT_PUBLISHED = "not published"
"""Said of what people ask for and its publisher does not have; its address is of a page that says so."""
ITEM = "item"
PROTOCOLS = ("arcgis", "nomis", ITEM, "none")
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
        ``arcgis`` for a feature service of the ONS Open Geography portal, ``item`` for an archive that is an item of
        it, ``nomis`` for a table of Nomis, ``none`` where there is nothing to ask for.
    url
        Address: of a layer, of a table with its question, or of an archive, with ``#NAME`` for the table inside, of
        which ``*`` stands for what differs from edition to edition.
    code, name
        Columns of codes and names; empty where there is none.
    rows
        How many rows there are, as text; empty where that is not known.
    title
        Name for readers.
    publisher, licence
        Who publishes it, and the terms of use with the words that must go with it.
    confidence
        `SEEN` where a public source shows this very address, else `UNTRIED`; or `NOT_PUBLISHED`.
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
            (one.confidence, (SEEN, UNTRIED, NOT_PUBLISHED) if one.protocol == "none" else (SEEN, UNTRIED)),
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
    return _newest_first(one.edition for one in sources() if one.key == key and one.confidence != NOT_PUBLISHED)


def beside(source: Source) -> list[str]:
    """Return what else of the same key may be fetched: other drawings of the edition, then other editions.

    Parameters
    ----------
    source
        What cannot be had.

    Returns
    -------
    list of str
        References as commands take them; addresses that somebody has seen come before others.
    """
    others = [one for one in sources() if one.key == source.key and one.confidence != NOT_PUBLISHED and one != source]
    others.sort(key=lambda one: one.edition, reverse=True)
    others.sort(key=lambda one: (one.edition != source.edition, one.confidence != SEEN))
    drawn = {f"{one.key}@{one.edition}:{one.resolution}" for one in others if one.edition == source.edition}
    named = (f"{one.key}@{one.edition}:{one.resolution}".rstrip(":") for one in others)
    plain = (name if name in drawn else name.partition(":")[0] for name in named)
    return list(dict.fromkeys(plain))


def chosen(key: str, *, edition: str = "", resolution: str = "") -> Source:
    """Return the service that has what is wanted, the first of `choices`."""
    return choices(key, edition=edition, resolution=resolution)[0]


def choices(key: str, *, edition: str = "", resolution: str = "") -> list[Source]:
    """Return the services that have what is wanted, the best first.

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
    list of Source
        Rows of one edition: one where a resolution is named.

    Raises
    ------
    UnknownKeyError
        If there is no such key; the nearest are named.
    ConfigurationError
        If there is no such edition or resolution, or nobody has published it; those there are are named.
    """
    of_key = [one for one in sources() if one.key == key]
    if not of_key:
        known = list(dict.fromkeys(one.key for one in sources()))
        near = difflib.get_close_matches(key, known, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known)}."
        raise UnknownKeyError(refusal(f"no service is known that has {key!r}", hint=hint))
    of_edition = _of_edition(of_key, edition)
    if of_edition[0].confidence == NOT_PUBLISHED:
        one = of_edition[0]
        hint = f"{one.url} says what there is. Known: {listed(beside(one))}."
        raise ConfigurationError(refusal(f"{one.title} are not known to have been published", hint=hint))
    if resolution and not any(one.resolution for one in of_edition):
        message = refusal(f"{key} of {of_edition[0].edition} has no outlines, and so no resolution")
        raise ConfigurationError(message)
    order = (resolution,) if resolution else (USUAL, *RESOLUTIONS, "")
    fitting = [one for one in of_edition if one.resolution in order]
    if fitting:
        # An address that somebody uses comes before one that is only likely.
        return sorted(fitting, key=lambda one: (one.confidence != SEEN, order.index(one.resolution)))
    there = listed([one.resolution for one in of_edition])
    message = refusal(
        f"{key} of {of_edition[0].edition} is not known at resolution {resolution}", hint=f"Known: {there}."
    )
    raise ConfigurationError(message)


def _of_edition(rows: Sequence[Source], edition: str) -> list[Source]:
    """Return the rows of the newest edition that begins as the one asked for."""
    there = [one for one in rows if edition or one.confidence != NOT_PUBLISHED]
    fits = _newest_first(one.edition for one in there if _begins(one.edition, edition))
    if not fits:
        known = listed(_newest_first(one.edition for one in rows if one.confidence != NOT_PUBLISHED))
        message = refusal(f"no service is known that has {rows[0].key} of {edition}", hint=f"Known editions: {known}.")
        raise ConfigurationError(message)
    return [one for one in rows if one.edition == fits[0]]


def _begins(edition: str, wanted: str) -> bool:
    return not wanted or edition == wanted or re.match(rf"{re.escape(wanted)}(?!\w)", edition) is not None


def _newest_first(editions: Iterable[str]) -> list[str]:
    return sorted(set(editions), reverse=True)
