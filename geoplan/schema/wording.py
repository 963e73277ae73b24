"""Numbers, days, lists and states of layers in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from geoplan.schema.words import Severity

__all__ = [
    "ATTRIBUTION",
    "BY_MEMBERS",
    "CONFIDENCE",
    "COUNTRIES",
    "DATE_NOT_KNOWN",
    "DRAWN",
    "FETCHED",
    "INDICATIVE",
    "INSIDE_SPLIT",
    "MONTHS",
    "NAMED_ROWS",
    "NEED",
    "NEED_IN_SHORT",
    "NOT_ASSESSED",
    "OFFICIAL",
    "OUT_OF_WORK",
    "OVERLAP_IN_PART",
    "PERSONS",
    "SEVERITY_WORDS",
    "UNCONFIRMED",
    "UNITS",
    "amount",
    "at_least",
    "at_rows",
    "attribution",
    "bare",
    "capital",
    "counted",
    "countries",
    "day",
    "doubt",
    "inside_a_sentence",
    "listed",
    "membership",
    "number_of",
    "percent",
    "plural",
    "rounded",
    "standing",
    "was",
    "when",
]

NOT_ASSESSED = "not assessed"
DATE_NOT_KNOWN = "date not known"
"""Status of a scheme, and of an area, of which no source says when it began or ended."""
ATTRIBUTION = (
    "Source: Office for National Statistics licensed under the Open Government Licence v3.0",
    "Contains OS data © Crown copyright and database right",
    "Contains Royal Mail data © Royal Mail copyright and database right",
    "Contains National Statistics data © Crown copyright and database right",
    "Made with Natural Earth",
)
"""What the licences of the shipped data ask to be repeated (SOURCES.md)."""
OUT_OF_WORK = "people out of work"
"""Word for need, wherever it is counted."""
OVERLAP_IN_PART = "people where they overlap only in part"
"""Heading of the people in cut pieces, wherever they stand in a table."""
DRAWN = "drawn from postcodes: half of all authorities share less than 92% of their ground with the official outline"
"""How good the shipped boundaries are: the median of intersection over union (benchmarks/drawn.py, SOURCES.md)."""
INDICATIVE = "Boundaries are indicative: drawn from postcodes"
"""What is said of them where there is room for a few words."""
BY_MEMBERS = "Who belongs where is decided by membership tables, not by this drawing."
"""What decides, said beside how good a drawing is."""
OFFICIAL = "official"
"""Begins what is said of the resolution of layers whose outlines were fetched."""
INSIDE_SPLIT = "lines between health boards inside a district from"
"""Begins what is said of the lines that cut districts."""
NAMED_ROWS = 3
"""Rows of a file that a sentence names; it counts the others."""
FETCHED = "fetched"
"""What came from an official service, in place of what ships or beside it."""
YOURS = "yours"
"""What the user says in place of what ships: whose a row, an area or a layer is, and how sure it is who belongs."""
CONFIDENCE = {
    "exact": "exact",
    "high": "confirmed",
    YOURS: YOURS,
    "medium": "read from the area's name or a residual",
    "low": "inferred",
    "modelled": "modelled",
    "mixed": "mixed",
}
"""What each confidence of a membership means."""
UNCONFIRMED = ("medium", "low")
"""Those that nobody confirmed."""
"""Changes of a layer that a sentence names."""
SEVERITY_WORDS = {Severity.ERROR: "Error", Severity.WARNING: "Warning", Severity.INFO: "Note"}
COUNTRIES = {"E": "England", "W": "Wales", "S": "Scotland", "N": "Northern Ireland"}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
UNITS = {
    "people": "people",
    "working_age": "people aged 16 to 64",
    "postcodes": "postcodes",
    "area": "square kilometres",
    "employment_deprived": "people out of work",
    "income_deprived": "people on low income",
    "disabled": "disabled people",
    "most_deprived": "people in the most deprived tenth of small areas",
}
PERSONS = frozenset({"people", "working_age"})
"""Units of which some people are out of work."""
NEED = {
    "employment_deprived": (
        "People out of work are those whom the English Indices of Deprivation 2025 count as out of work by sickness, "
        "disability, caring or unemployment: in England only, without 21 small areas that are suppressed."
    ),
    "income_deprived": (
        "People on low income are those whom the English Indices of Deprivation 2025 count so, children too: in "
        "England only."
    ),
    "disabled": "Disabled people are those of the Census 2021: in England and Wales only.",
    "most_deprived": (
        "People in the most deprived tenth of small areas are the residents of 2021 of those that the English Indices "
        "of Deprivation 2025 rank worst: in England only. Most of them are not deprived themselves."
    ),
}
"""What each count of people in need is, of which year, by whom and where."""
NEED_IN_SHORT = "People out of work are those of the English Indices of Deprivation 2025: in England only."
"""The first of them, in short."""
ROUNDING = 1e-9


def attribution() -> str:
    """Write what the licences of the shipped data ask for, as sentences."""
    return "".join(f"{sentence}. " for sentence in ATTRIBUTION).strip()


def amount(value: float | None, unit: str = "people") -> str:
    """Write a measure whole, with thousands separators, as tables do."""
    if value is None or pd.isna(value):
        return NOT_ASSESSED
    return f"{value / 1e6:,.1f} km²" if unit in {"m2", "area"} else f"{value:,.0f}"


def rounded(value: float | None, unit: str = "people") -> str:
    """Write a measure as prose does: to the nearest hundred, and to the nearest thousand from 100,000 on.

    Examples
    --------
    >>> rounded(316_561), rounded(12_345), rounded(40), rounded(0), rounded(None)
    ('317,000', '12,300', 'under 100', '0', 'not assessed')
    """
    if value is None or pd.isna(value) or unit in {"m2", "area"}:
        return amount(value, unit)
    step = 1000 if value >= 100_000 else 100
    return "under 100" if 0 < value < 100 else f"{round(value / step) * step:,.0f}"


def counted(value: float | None, unit: str = "people") -> str:
    """Write a measure as prose does, with its unit."""
    said = rounded(value, unit)
    return said if said == NOT_ASSESSED or unit in {"m2", "area"} else f"{said} {UNITS.get(unit, 'people')}"


def at_least(value: float, unit: str = "people") -> str:
    """Write the least that a measure is, which must not be rounded up.

    Examples
    --------
    >>> at_least(126_845)
    'at least 126,845 people'
    """
    said = amount(value, unit)
    return f"at least {said}" if unit in {"m2", "area"} else f"at least {said} {UNITS.get(unit, 'people')}"


def bare(name: str) -> str:
    """Return a name without what stands in brackets at its end, for places where it has been told in full.

    Examples
    --------
    >>> bare("Rhyl (five wards)")
    'Rhyl'
    """
    return re.sub(r" *\([^()]*\)$", "", name) or name


def percent(share: float | None) -> str:
    """Write a share so that neither 0 % nor 100 % stands for what is only near it."""
    if share is None or pd.isna(share):
        return NOT_ASSESSED
    near_none, near_all = 0 < share < 0.01, 0.99 < share < 1 - ROUNDING
    return "under 1%" if near_none else "over 99%" if near_all else f"{share:.0%}"


def day(text: str) -> str:
    """Write an ISO day, month or year in words; any other text stays as it is.

    Examples
    --------
    >>> day("2026-04-01"), day("2026-04"), day("2026"), day("soon")
    ('1 April 2026', 'April 2026', '2026', 'soon')
    """
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])(?:-(\d{2}))?", text)
    if match is None:
        return text
    month = f"{MONTHS[int(match[2]) - 1]} {match[1]}"
    return f"{int(match[3])} {month}" if match[3] else month


def when(text: str) -> str:
    """Write an ISO day, month or year as the time of an event.

    Examples
    --------
    >>> when("2026-06-04"), when("2026-06"), when("2026")
    ('on 4 June 2026', 'in June 2026', 'in 2026')
    """
    return f"{'on' if re.fullmatch(r'[0-9]{4}-[0-9]{2}-[0-9]{2}', text) else 'in'} {day(text)}"


def inside_a_sentence(title: str) -> str:
    """Write a layer's title in lower case where its first word is no name.

    Examples
    --------
    >>> inside_a_sentence("Integrated care boards (from April 2026)")
    'integrated care boards (from April 2026)'
    >>> inside_a_sentence("Connect to Work areas")
    'Connect to Work areas'
    """
    plain = title.partition(" (")[0]
    return title[0].lower() + title[1:] if re.fullmatch(r"[A-Z][a-z]+( [a-z]+)+", plain) else title


def capital(text: str) -> str:
    """Write the first letter large, as at the head of a sentence, and leave the others as they are."""
    return f"{text[:1].upper()}{text[1:]}"


def standing(as_of: str, outlines: str) -> str:
    """Return the day that data are of, and how far the outlines drawn of them may be trusted, where that is told."""
    return " · ".join(filter(None, [f"As of {day(as_of)}", outlines]))


def listed(items: Sequence[str], last: str = "and") -> str:
    """Join words as a sentence does."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""


def number_of(count: int, one: str, many: str) -> str:
    """Write a count with the word, or verb, that goes with it."""
    return f"{count:,} {one if count == 1 else many}"


def plural(count: int, noun: str) -> str:
    """Write a count with a regular noun."""
    return number_of(count, noun, f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s")


def at_rows(numbers: Sequence[int]) -> str:
    """Name rows of a file, the first three of many.

    Parameters
    ----------
    numbers
        Of the rows; at least one.

    Returns
    -------
    str
        Words for a sentence.

    Examples
    --------
    >>> at_rows([7]), at_rows([1, 2, 3, 4, 5])
    ('row 7', 'rows 1, 2, 3 and 2 more')
    """
    if len(numbers) == 1:
        return f"row {numbers[0]}"
    more = f" and {len(numbers) - NAMED_ROWS} more" if len(numbers) > NAMED_ROWS else ""
    return f"rows {', '.join(map(str, numbers[:NAMED_ROWS]))}{more}"


def was(count: int) -> str:
    """Return the verb that goes with a count of what is past."""
    return "was" if count == 1 else "were"


def countries(extent: str) -> list[str]:
    """Return the names of the countries that a layer's extent lists by letter."""
    if set(extent) == set(COUNTRIES):
        return ["the United Kingdom"]
    return [COUNTRIES[letter] for letter in extent if letter in COUNTRIES]


def membership(area: Mapping[str, Any]) -> str:
    """Tell how sure the members of an area are, naming those that nobody confirmed.

    Examples
    --------
    >>> membership({"confidence": "high"}), membership({"confidence": "modelled"}), membership({})
    ('confirmed', 'modelled', 'not stated')
    >>> membership({"unconfirmed": 1, "members": "E1;E2", "not_confirmed": "Swindon (inferred)"})
    '1 of 2 members not confirmed: Swindon (inferred)'
    """
    if area.get("unconfirmed"):
        members = len(str(area["members"]).split(";"))
        return f"{area['unconfirmed']} of {members} members not confirmed: {area['not_confirmed']}"
    return plain_confidence(area.get("confidence"))


def plain_confidence(word: object) -> str:
    """Return a confidence as a reader takes it; others as they are."""
    return "not stated" if not isinstance(word, str) or not word else CONFIDENCE.get(word, word)


def doubt(word: str) -> str:
    """Tell of one membership why it is not to be relied on; nothing where it is confirmed.

    Examples
    --------
    >>> doubt("high"), doubt("low"), doubt("modelled")
    ('', 'not confirmed: inferred', 'modelled')
    """
    if word in {"exact", "high", YOURS, ""}:
        return ""
    said = plain_confidence(word)
    return f"not confirmed: {said}" if word in UNCONFIRMED else said
