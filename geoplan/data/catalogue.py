"""Which layers exist: their editions, dates, licences, resolutions, and where they come from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import date, timedelta

from geoplan.data.catalogue_file import TODAY, Entry, editions_of, shipped
from geoplan.data.days import parse_day
from geoplan.errors import ConfigurationError, UnknownKeyError, refusal

__all__ = [
    "catalogue",
    "day_asked",
    "day_shown",
    "default_as_of",
    "entry",
    "known_around",
    "own",
    "status_on",
    "successor",
]

AROUND = timedelta(days=366)
"""How far from its edition's own time what has no dates is taken to be there."""


def day_asked(text: str) -> date:
    """Read the day whose members are wanted.

    Parameters
    ----------
    text
        ``YYYY-MM-DD``, or ``today`` for the day on which this runs.

    Returns
    -------
    datetime.date
        The day.

    Raises
    ------
    ConfigurationError
        If the text is neither.

    Examples
    --------
    >>> day_asked("2026-04-01").isoformat()
    '2026-04-01'
    """
    if text == TODAY:
        return date.today()  # noqa: DTZ011 - the day where the user is
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        message = refusal(f"{text!r} is not a date", hint="Write it like 2026-04-01, or today.")
        raise ConfigurationError(message) from error


def status_on(entry: Entry, day: date) -> str:
    """Return how a layer stands on a day.

    Parameters
    ----------
    entry
        What the catalogue says of the layer.
    day
        The day asked about.

    Returns
    -------
    str
        ``in force``, ``ended``, ``not yet in force``, ``proposed``, ``date not known`` or ``reference``. Of the
        editions of one scheme at most one is in force. A geography that its edition dates is a reference before it.

    Examples
    --------
    >>> [status_on(entry(key), date(2026, 3, 31)) for key in ("icb", "icb_2026")]
    ['in force', 'not yet in force']
    >>> [status_on(entry(key), date(2026, 4, 1)) for key in ("icb", "icb_2026")]
    ['ended', 'in force']
    """
    if entry.show != "members":
        return entry.show
    if entry.standing:
        edition = parse_day(entry.edition_of, end=False)
        return "reference" if edition and day < edition else entry.status
    return entry.status if entry.status == "proposed" else _scheme_status(entry, day)


def _scheme_status(entry: Entry, day: date) -> str:
    """Return how a scheme, which begins and ends, stands on a day."""
    start, end = parse_day(entry.in_force_from, end=False), parse_day(entry.in_force_to, end=True)
    if end and day > end:
        return "ended"
    if start and day < start:
        return "not yet in force"
    first, last = known_around(entry)
    if not (start or end or first <= day <= last):
        return "date not known"
    return "in force" if end else entry.status


def known_around(entry: Entry) -> tuple[date, date]:
    """Return between which days what has no dates of its own is taken to be there.

    Parameters
    ----------
    entry
        What the catalogue says of the layer.

    Returns
    -------
    tuple of datetime.date
        Those of the layer where it has a start; else a year before its edition, or before the data's own day, and a
        year after the later of the two; of a geography that its edition dates all days.

    Examples
    --------
    >>> [day.isoformat() for day in known_around(entry("connect_to_work"))]
    ['2025-04-01', '2030-03-31']
    """
    if entry.standing:
        return date.min, date.max
    start, end = parse_day(entry.in_force_from, end=False), parse_day(entry.in_force_to, end=True)
    if start:
        return start, end or date.max
    told = default_as_of()
    first, last = parse_day(entry.edition_of, end=False) or told, parse_day(entry.edition_of, end=True) or told
    return min(first, told) - AROUND, end or max(last, told) + AROUND


def day_shown(entry: Entry, as_of: date) -> date:
    """Return the day whose members are shown: the nearest to the one asked for on which there were any.

    Parameters
    ----------
    entry
        What the catalogue says of the layer.
    as_of
        The day asked for.

    Returns
    -------
    datetime.date
        Of a layer that has ended its last day, of one that has not begun its first, of one without dates the day
        nearest to its edition.
    """
    status = status_on(entry, as_of)
    nearest = {
        "ended": parse_day(entry.in_force_to, end=True),
        "not yet in force": parse_day(entry.in_force_from, end=False),
    }
    if status in {"date not known", "proposed"}:
        first, last = known_around(entry)
        return min(max(as_of, first), last)
    return nearest.get(status) or as_of


def successor(entry: Entry) -> Entry | None:
    """Return the edition of the catalogue that follows another of its scheme, or None.

    Parameters
    ----------
    entry
        The earlier edition.

    Returns
    -------
    Entry or None
        None also for a layer without a scheme.

    Examples
    --------
    >>> successor(entry("icb")).key, successor(entry("icb_2026"))
    ('icb_2026', None)
    """
    editions = editions_of(catalogue().values()).get(entry.scheme, [])
    keys = [edition.key for edition in editions]
    after = keys.index(entry.key) + 1 if entry.key in keys else len(keys)
    return editions[after] if after < len(editions) else None


def catalogue() -> Mapping[str, Entry]:
    """Return every layer that ships, in the order of the catalogue.

    Returns
    -------
    Mapping of str to Entry
        Key -> entry; read once and not to be changed.

    Raises
    ------
    ConfigurationError
        If the file lacks a field, has one too many, or holds a value that is not allowed.

    Examples
    --------
    >>> catalogue()["lhb"].extent
    'W'
    """
    return shipped()[1]


def own() -> Mapping[str, Entry]:
    """Return the layers that are not two others in one: what covers a place is counted by these, each once.

    Returns
    -------
    Mapping of str to Entry
        Key -> entry, in the order of the catalogue.

    Examples
    --------
    >>> "health" in catalogue(), "health" in own()
    (True, False)
    """
    return {key: each for key, each in catalogue().items() if not each.further}


def default_as_of() -> date:
    """Return the day for which members are shown when none is asked for.

    Returns
    -------
    datetime.date
        As the catalogue states it.

    Examples
    --------
    >>> default_as_of().isoformat()
    '2026-04-01'
    """
    return shipped()[0]


def entry(key: str) -> Entry:
    """Return what the catalogue says of one layer.

    Parameters
    ----------
    key
        Key of the layer.

    Returns
    -------
    Entry
        Its entry.

    Raises
    ------
    UnknownKeyError
        If there is no such layer; the nearest keys are named.

    Examples
    --------
    >>> entry("connect_to_work").extent
    'EW'
    >>> entry("conect_to_work")
    Traceback (most recent call last):
        ...
    geoplan.errors.UnknownKeyError: 'conect_to_work' is not a layer of the catalogue. Did you mean
    connect_to_work? `geoplan layers` lists them all.
    """
    layers = catalogue()
    if key in layers:
        return layers[key]
    plain = re.sub(r"[^a-z0-9]+", "_", key.casefold()).strip("_")
    near = difflib.get_close_matches(plain, layers, n=3)
    near += [other for other in layers if plain and other.startswith(plain) and other not in near][:3]
    asked = f"Did you mean {' or '.join(near)}? " if near else ""
    message = refusal(f"{key!r} is not a layer of the catalogue", hint=f"{asked}`geoplan layers` lists them all.")
    raise UnknownKeyError(message)
