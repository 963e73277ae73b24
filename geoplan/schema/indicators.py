"""An indicator of the user's own: what it is, whose, and how values of areas are made of those of blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pandas as pd

from geoplan.schema.wording import NOT_ASSESSED

__all__ = ["INDICATOR_COLUMNS", "Indicator", "Kind", "source_sentence", "value_text", "values_of"]

INDICATOR_COLUMNS = ("indicator", "indicator_of")
"""Columns of blocks, areas and pieces: the count, or the rate times the people it is of; and those people."""
SOURCE_NOT_GIVEN = "source not given"


class Kind(StrEnum):
    """Whether values are counted and sum, or are rates and are averaged."""

    COUNT = "count"
    RATE = "rate"


@dataclass(frozen=True)
class Indicator:
    """What is known of an indicator besides its values.

    Parameters
    ----------
    name
        Heading of its column.
    kind
        Count or rate.
    of
        Column of blocks that rates are of, and by which counts of split authorities are shared out.
    file, source, year
        Name of the file; who counted, and when: empty where the user did not say.
    said
        How values had to be shared out, as a sentence; empty where none had.
    unit
        What its values are in, such as "%"; empty where the user did not say.
    modelled
        Whether the user says that it is estimated by a model, not counted.
    age
        Years that it is older than the day shown, where these are so many that it is to be said; else nought.
    units
        Code that the file gives a value for, or that its small areas were brought to -> the blocks in it.
    """

    name: str
    kind: Kind
    of: str
    file: str
    source: str = ""
    year: str = ""
    said: str = ""
    unit: str = ""
    modelled: bool = False
    age: int = 0
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def described(self) -> str:
        """Its name, what it is, whose and of when, for a heading or a line of sources."""
        whom = {"people": "people", "working_age": "people aged 16 to 64"}[self.of]
        said = f"{self.kind} in {self.unit}" if self.unit else str(self.kind)
        kind = f"{said}, weighted by {whom}" if self.kind is Kind.RATE else said
        return f"{self.name} ({kind}; {self.cited})"

    @property
    def cited(self) -> str:
        """Who says so and when; that it is not given where it is not; that it is modelled, or old."""
        old = f"{self.age} years old" if self.age else ""
        said = (self.source or SOURCE_NOT_GIVEN, self.year, old, "modelled" if self.modelled else "")
        return ", ".join(filter(None, said))

    @property
    def facts(self) -> dict[str, str | bool]:
        """What stands in JSON."""
        return {"name": self.name, "kind": str(self.kind), "of": self.of, "file": self.file,
                "source": self.source or SOURCE_NOT_GIVEN, "year": self.year, "said": self.said,
                "unit": self.unit, "modelled": self.modelled}  # fmt: skip


def values_of(counted: pd.DataFrame, kind: Kind) -> pd.Series:
    """Return the values of an indicator.

    Parameters
    ----------
    counted
        Of blocks, areas or pieces, with `INDICATOR_COLUMNS`.
    kind
        Whether values are counts or rates.

    Returns
    -------
    pandas.Series
        ``indicator``, indexed as ``counted``: counts as they are, rates as means weighted by the people they are of;
        missing where a value is, where a part of unknown size decides, and of rates where nobody lives.
    """
    found = counted.reindex(columns=list(INDICATOR_COLUMNS)).astype(float)
    if kind is Kind.COUNT:
        return found["indicator"]
    return (found["indicator"] / found["indicator_of"].where(found["indicator_of"] > 0)).rename("indicator")


def value_text(value: float, kind: Kind, unit: str = "") -> str:
    """Write a value: counts whole, rates to two decimals.

    Parameters
    ----------
    value
        Missing where it is not assessed.
    kind
        Whether it is a count or a rate.
    unit
        What it is in, to stand behind it.

    Returns
    -------
    str
        The value in words.

    Examples
    --------
    >>> value_text(1234.4, Kind.COUNT), value_text(7.126, Kind.RATE), value_text(float("nan"), Kind.RATE)
    ('1,234', '7.13', 'not assessed')
    >>> value_text(7.126, Kind.RATE, "%"), value_text(12, Kind.RATE, "per 1,000")
    ('7.13%', '12.00 per 1,000')
    """
    if pd.isna(value):
        return NOT_ASSESSED
    number = f"{value:,.0f}" if kind is Kind.COUNT else f"{value:,.2f}"
    return f"{number}{unit}" if unit == "%" else f"{number} {unit}".rstrip()


def source_sentence(indicator: Indicator) -> str:
    """Say what an indicator is, whose, and what had to be shared out."""
    return f"{indicator.described}. {indicator.said}".rstrip()
