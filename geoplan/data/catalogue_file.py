"""Reading of the catalogue of layers: every entry complete and without contradiction, or refused."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from geoplan.data.days import parse_day
from geoplan.data.shipped.package_data import shipped_path
from geoplan.errors import ConfigurationError, refusal

__all__ = ["COMPUTED", "CONFIDENCE_WORDS", "GROUPS", "TODAY", "Entry", "editions_of", "read_catalogue", "shipped"]

GROUPS = ("Reference", "Health", "Public safety", "Work and skills", "Devolution", "Past programmes", "Pilots")
CONFIDENCE_WORDS = ("exact", "high", "medium", "low", "modelled", "mixed")
_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "status": ("in force", "ended", "proposed", "reference"),
        "show": ("members", "proposed", "ended"),
        "confidence": CONFIDENCE_WORDS,
        "group": GROUPS,
    }
)
COMPUTED = "computed"
"""Stands for the table of a layer that geoplan works out: labour market areas."""
TODAY = "today"
"""What may be written for the day on which a command runs."""
_OPTIONAL: Mapping[str, object] = MappingProxyType({"complete": True, "further": ""})
_MAY_BE_EMPTY = ("scheme", "further", "in_force_from", "in_force_to", "url", "note")


@dataclass(frozen=True)
class Entry:
    """What the catalogue says of one layer that ships.

    Parameters
    ----------
    key
        Name by which commands and configurations ask for the layer.
    title
        Name for readers.
    one, many
        What one of its areas, and several of them, are called inside a sentence.
    table
        Membership table, without folder and suffix; `COMPUTED` where it is worked out, not read.
    extent
        Countries in which the scheme exists, as letters: E, W, S, N.
    exhaustive
        Whether every authority of the extent should be in an area. Gap and coverage rules speak only then.
    overlap
        Whether an authority may be in several areas by design.
    edition
        Which edition this is, in words.
    scheme
        The same word for all editions of one scheme, which the catalogue lists from the oldest on; empty
        where there is but one. An edition ends at the latest on the day before the next begins.
    in_force_from, in_force_to
        First and last day as text that `parse_day` reads; empty where open or not known.
    status
        ``in force``, ``ended``, ``proposed``, or ``reference``: a standing geography, or a scheme of which
        the sources do not say whether it still runs. What holds on a day is told by `status_on`.
    show
        Which rows of the table belong: ``members`` are those in force on the day asked for, ``proposed``
        and ``ended`` those of that status whatever the day.
    resolution
        How exact the drawn boundary is, in words.
    resolution_m
        The same in metres: a piece of an overlay that is no wider means nothing.
    confidence
        How sure the membership is: ``exact``, ``high``, ``medium``, ``low``, ``modelled`` where it is worked out
        of a model, or ``mixed`` where rows differ.
    source
        Who says so.
    url
        Where it was published; empty where no address is known.
    licence
        Terms of use.
    note
        What a reader must know before relying on the layer.
    group
        Heading in menus, one of `GROUPS`.
    complete
        Whether all areas of the scheme are known; where not, an authority in none of them is no gap and not by design.
    further
        Membership table of a second layer that is joined to the first, so that both are one; empty for most.
    """

    key: str
    title: str
    one: str
    many: str
    table: str
    extent: str
    exhaustive: bool
    overlap: bool
    edition: str
    scheme: str
    in_force_from: str
    in_force_to: str
    status: str
    show: str
    resolution: str
    resolution_m: float
    confidence: str
    source: str
    url: str
    licence: str
    note: str
    group: str
    complete: bool = True
    further: str = ""

    @property
    def standing(self) -> bool:
        """Whether it is a geography that its edition dates, not a scheme that begins and ends."""
        return self.group == "Reference" or (self.exhaustive and not self.in_force_from)

    @property
    def edition_of(self) -> str:
        """The month or year that the edition names first, ``YYYY-MM`` or ``YYYY``; empty where it names none."""
        from geoplan.schema.wording import MONTHS  # brings pandas, which reading the catalogue does without

        found = _EDITION.search(self.edition)
        if found is None:
            return ""
        return f"{found[2]}-{MONTHS.index(found[1]) + 1:02}" if found[1] in MONTHS else found[2]


_FIELDS = tuple(field.name for field in fields(Entry) if field.name != "key")
_BOOLEANS = ("exhaustive", "overlap", "complete")
_EDITION = re.compile(r"(?:\b([A-Z][a-z]+) )?\b((?:19|20)\d\d)\b")


def read_catalogue(path: Path) -> tuple[date, Mapping[str, Entry]]:
    """Read and check a catalogue file.

    Parameters
    ----------
    path
        TOML file with ``as_of``, an optional table ``defaults`` and a table ``layers``.

    Returns
    -------
    tuple of datetime.date and Mapping of str to Entry
        The default day, and the entries in the order of the file.

    Raises
    ------
    ConfigurationError
        If the file is no TOML, lacks a field, has one too many, or holds a value that is not allowed.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = refusal(f"{path.name} cannot be read as TOML: {error}")
        raise ConfigurationError(message) from error
    unknown = sorted(set(raw) - {"as_of", "defaults", "layers"})
    if unknown:
        message = refusal(f"{path.name} has unknown tables or fields", codes=unknown)
        raise ConfigurationError(message)
    as_of = raw.get("as_of")
    # A time stamp counts as a date to isinstance, but cannot be compared with one.
    if type(as_of) is not date:
        message = refusal(f"{path.name}: field 'as_of' must be a date", hint="Write as_of = 2026-04-01.")
        raise ConfigurationError(message)
    defaults = raw.get("defaults", {})
    layers = {
        key: _read_entry(path.name, key, {**_OPTIONAL, **defaults, **given})
        for key, given in raw.get("layers", {}).items()
    }
    for editions in editions_of(layers.values()).values():
        layers.update({edition.key: edition for edition in _closed(path.name, editions)})
    return as_of, MappingProxyType(layers)


def editions_of(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Return the editions of each scheme, from the oldest on; layers of some rows of a table only are none."""
    found: dict[str, list[Entry]] = {}
    for each in entries:
        if each.scheme and each.show == "members":
            found.setdefault(each.scheme, []).append(each)
    return found


def _closed(file: str, editions: Sequence[Entry]) -> list[Entry]:
    """End each edition of a scheme before the next begins."""
    closed = []
    for earlier, later in pairwise(editions):
        begins, start = (parse_day(each.in_force_from, end=False) for each in (later, earlier))
        if begins is None or (start and begins <= start):
            fault = "must be later than that of" if begins else "must be known, as it follows"
            message = refusal(f"{file}: layer {later.key!r}: field 'in_force_from' {fault} {earlier.key!r}")
            raise ConfigurationError(message)
        ends = parse_day(earlier.in_force_to, end=True)
        last = begins - timedelta(days=1)
        closed.append(earlier if ends and ends <= last else replace(earlier, in_force_to=last.isoformat()))
    return [*closed, *editions[-1:]]


@cache
def shipped() -> tuple[date, Mapping[str, Entry]]:
    """Read the catalogue that ships: the day it is as of, and its entries by key."""
    return read_catalogue(shipped_path("catalogue.toml"))


def _read_entry(file: str, key: str, given: Mapping[str, Any]) -> Entry:
    where = f"{file}: layer {key!r}"
    missing = [name for name in _FIELDS if name not in given]
    unknown = sorted(set(given) - set(_FIELDS))
    for names, fault in ((missing, "lacks"), (unknown, "has unknown")):
        if names:
            message = refusal(f"{where} {fault} field {' and '.join(map(repr, names))}")
            raise ConfigurationError(message)
    for name in _FIELDS:
        fault = _fault(name, given[name])
        if fault:
            message = refusal(f"{where}: field {name!r} is {given[name]!r}, {fault}")
            raise ConfigurationError(message)
    start, last = parse_day(given["in_force_from"], end=False), parse_day(given["in_force_to"], end=True)
    if start and last and start > last:
        message = refusal(f"{where}: field 'in_force_to' is {given['in_force_to']!r}, before 'in_force_from'")
        raise ConfigurationError(message)
    return Entry(key=key, **{**given, "resolution_m": float(given["resolution_m"])})


def _fault(name: str, value: object) -> str:
    """Return what is wrong with a field's value, or nothing."""
    if name in _BOOLEANS:
        return "" if isinstance(value, bool) else "it must be true or false"
    if name == "resolution_m":
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return "" if number and value > 0 else "it must be metres above 0"  # type: ignore[operator]
    if not isinstance(value, str):
        return "it must be text"
    return _text_fault(name, value)


def _text_fault(name: str, value: str) -> str:
    if not value.strip() and name not in _MAY_BE_EMPTY:
        return "it must not be empty"
    if name in _WORDS and value not in _WORDS[name]:
        return f"it must be one of {', '.join(_WORDS[name])}"
    if name == "extent" and (set(value) - set("EWSN") or len(set(value)) < len(value)):
        return "it must be letters of E, W, S, N"
    if name in {"table", "further"} and value and not re.fullmatch(r"[a-z0-9_]+", value):
        return "it must be a file name without folder and suffix"
    if name in {"in_force_from", "in_force_to"}:
        return _day_fault(value)
    return ""


def _day_fault(value: str) -> str:
    try:
        parse_day(value, end=False)
    except ConfigurationError:
        return "it must be YYYY-MM-DD, YYYY-MM, YYYY or empty"
    return ""
