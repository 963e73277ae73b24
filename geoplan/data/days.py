"""Days as the catalogue, the tables and the command line write them."""

from __future__ import annotations

import calendar
import re
from datetime import date
from functools import lru_cache

from geoplan.errors import ConfigurationError, refusal

__all__ = ["parse_day"]

_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@lru_cache(maxsize=4_096)
def parse_day(text: str, *, end: bool) -> date | None:
    """Read a date that may be only a year or a month.

    Parameters
    ----------
    text
        ``""``, ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``.
    end
        Whether the last day of a year or month is meant, not the first.

    Returns
    -------
    datetime.date or None
        None where the text is empty, that is open or not known.

    Raises
    ------
    ConfigurationError
        If the text is anything else.

    Examples
    --------
    >>> parse_day("2026", end=False), parse_day("2026", end=True)
    (datetime.date(2026, 1, 1), datetime.date(2026, 12, 31))
    >>> parse_day("2024-02", end=True)
    datetime.date(2024, 2, 29)
    >>> parse_day("2026-03-31", end=False)
    datetime.date(2026, 3, 31)
    >>> parse_day("", end=True) is None
    True
    >>> parse_day("c.2010", end=False)
    Traceback (most recent call last):
        ...
    geoplan.errors.ConfigurationError: 'c.2010' is not a date. Write YYYY-MM-DD, YYYY-MM or YYYY.
    """
    if not text:
        return None
    match = _DAY.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)  # noqa: TRY301 - one refusal for what looks wrong and what is no day
        year = int(match[1])
        month = int(match[2] or (12 if end else 1))
        day = int(match[3] or (calendar.monthrange(year, month)[1] if end else 1))
        return date(year, month, day)
    except ValueError as error:
        message = refusal(f"{text!r} is not a date", hint="Write YYYY-MM-DD, YYYY-MM or YYYY.")
        raise ConfigurationError(message) from error
