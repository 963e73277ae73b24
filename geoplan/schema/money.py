"""What an area is given and whom it is to serve: the columns, and how sums of money and rates are said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoplan.schema.wording import NOT_ASSESSED, listed
from geoplan.schema.words import assessed

__all__ = [
    "AMOUNTS",
    "BY_NEED",
    "BY_WORKING_AGE",
    "MONEY_COLUMNS",
    "MONEY_NUMBERS",
    "PER_HEAD",
    "grant",
    "pounds",
    "rates",
    "stated",
]

MONEY_COLUMNS = (
    "amount_total",
    "amount_per_year",
    "amount_period",
    "amount_source",
    "amount_note",
    "places",
    "places_source",
)
"""Of an area: pounds over the whole period, and pounds a year, which are never made of one another; words for the
period; where the amount comes from; what is said of it ("up to", "announced"); people to be served, and its source."""
AMOUNTS = ("amount_total", "amount_per_year")
MONEY_NUMBERS = (*AMOUNTS, "places")
ADDRESS = re.compile(r"https?://(?:www\.)?([^/\s?#]+)\S*")
BY_WORKING_AGE = "if money followed people of working age: an estimate"
BY_NEED = "if it followed people out of work: an estimate"
PER_HEAD = {
    "total_per_working_age": ("amount_total", "working_age", 1),
    "total_per_out_of_work": ("amount_total", "out_of_work", 1),
    "per_year_per_working_age": ("amount_per_year", "working_age", 1),
    "per_year_per_out_of_work": ("amount_per_year", "out_of_work", 1),
    "places_per_1000_out_of_work": ("places", "out_of_work", 1000),
}
"""Rate -> what is divided, by whom, and for how many of them."""


def pounds(value: float | None) -> str:
    """Write a sum of money as prose does.

    Examples
    --------
    >>> pounds(32e6), pounds(9.5e6), pounds(1.25e9), pounds(450_300), pounds(27.4), pounds(7.256), pounds(None)
    ('£32m', '£9.5m', '£1.25bn', '£450,000', '£27', '£7.26', 'not assessed')
    """
    if value is None or pd.isna(value):
        return NOT_ASSESSED
    for size, sign, places in ((1e9, "bn", 2), (1e6, "m", 1)):
        if round(value / size, places) >= 1:
            said = f"{value / size:,.{places}f}"
            return f"£{said.rstrip('0').rstrip('.')}{sign}"
    if value >= 10_000:
        return f"£{round(value, -3):,.0f}"
    return f"£{value:,.0f}" if value >= 10 or value == 0 else f"£{value:.2f}"


def stated(area: Mapping[str, Any]) -> str:
    """Say what an area is given, as its source does: in all, a year, for how long, and with which reservation.

    Examples
    --------
    >>> stated({"amount_total": 71.9e6, "amount_note": "up to", "amount_period": "2025/26 to 2029/30"})
    '£71.9m in all (up to; 2025/26 to 2029/30)'
    >>> stated({"amount_per_year": 14e6}), stated({})
    ('£14m a year', '')
    """
    whole, year = (assessed(area.get(name)) for name in AMOUNTS)
    sums = [f"{pounds(whole)} in all"] * (whole is not None) + [f"{pounds(year)} a year"] * (year is not None)
    said = [text for name in ("amount_note", "amount_period") if (text := _text(area.get(name)))]
    reserved = f" ({'; '.join(said)})" if said else ""
    return f"{' and '.join(sums)}{reserved}" if sums else ""


def rates(area: Mapping[str, Any]) -> list[str]:
    """Say what that comes to per resident of working age and per person out of work.

    Examples
    --------
    >>> rates({"amount_total": 32e6, "total_per_working_age": 27.4, "total_per_out_of_work": None})
    ['£27 per resident of working age', 'per person out of work not assessed']
    >>> rates({"amount_per_year": 14e6, "per_year_per_working_age": 13.9, "per_year_per_out_of_work": 88.1})
    ['£14 a year per resident of working age', '£88 a year per person out of work']
    """
    said = []
    for name, each in (("amount_total", "total"), ("amount_per_year", "per_year")):
        if assessed(area.get(name)) is None:
            continue
        often = " a year" if each == "per_year" else ""
        for head, whom in (("working_age", "resident of working age"), ("out_of_work", "person out of work")):
            rate = assessed(area.get(f"{each}_per_{head}"))
            said.append(f"per {whom} {NOT_ASSESSED}" if rate is None else f"{pounds(rate)}{often} per {whom}")
    return said


def grant(area: Mapping[str, Any]) -> str:
    """Say in one sentence what an area is given, per head, for how many places, and who says so.

    Examples
    --------
    >>> grant({"amount_total": 10.7e6, "total_per_working_age": 30.0, "places": 2650.0, "amount_source": "DWP, 2025"})
    '£10.7m in all; £30 per resident of working age; per person out of work not assessed; 2,650 places. Source: DWP, 2025.'
    >>> grant({"amount_total": 5e4, "amount_source": "https://www.example.org/a/long/page?id=1 ; Council minutes"})[-40:]
    'Source: example.org and Council minutes.'
    >>> grant({"name": "Norfolk"})
    ''
    """  # noqa: E501 - one sentence
    places, per_1000 = (assessed(area.get(name)) for name in ("places", "places_per_1000_out_of_work"))
    beside = "" if per_1000 is None else f" ({per_1000:,.0f} per 1,000 people out of work)"
    served = [] if places is None else [f"{places:,.0f} places{beside}"]
    said = [*filter(None, [stated(area)]), *rates(area), *served]
    sources = listed(_sources(area))
    cited = f" Source: {sources}." if sources else ""
    return f"{'; '.join(said)}.{cited}" if said else ""


def _sources(area: Mapping[str, Any]) -> list[str]:
    """Name the sources of an area's amount and places, of web pages their site; tables hold the addresses."""
    texts = [_text(area.get(name)) for name in ("amount_source", "places_source")]
    each = [part.strip().rstrip(".") for text in texts for part in re.split(r"\s;\s", text)]
    return list(dict.fromkeys(ADDRESS.sub(r"\1", part) for part in each if part))


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
