"""The words that everything speaks: relations, severities, weights, tolerance."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from geoplan.errors import ConfigurationError

__all__ = [
    "BRITISH_NATIONAL_GRID",
    "NEED_COLUMNS",
    "NEED_MEASURES",
    "RATED_MEASURES",
    "REST",
    "Basis",
    "Rank",
    "Relation",
    "Severity",
    "Tolerance",
    "Weight",
    "assessed",
]

BRITISH_NATIONAL_GRID = "EPSG:27700"
REST = ""
"""Right code of the row that holds what no right area covers."""
NEED_MEASURES = ("out_of_work", "income_deprived", "disabled", "most_deprived")
"""Columns of blocks and areas that count people in need; missing where nobody counts them."""
NEED_COLUMNS = (*NEED_MEASURES, "worst_by_work", "residents_2021", "residents_16_64_2021")
"""All that blocks and areas hold on need: with the residents of whom those people are a part."""
RATED_MEASURES = ("out_of_work", "residents_16_64_2021")
"""Those that a rate of people out of work is made of: the count, and the residents of whom it is a part."""


class Severity(StrEnum):
    """How much a finding matters; the order is that of ``--fail-on``."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for an error, 1 for a warning, 2 for info."""
        return list(Severity).index(self)


class Relation(StrEnum):
    """How one area stands to another layer; the first that holds (docs/method/overlay.md)."""

    UNCOVERED = "uncovered"
    PARTLY_COVERED = "partly_covered"
    COTERMINOUS = "coterminous"
    NESTED = "nested"
    CONTAINS = "contains"
    STRADDLES = "straddles"
    NOT_ASSESSED = "not_assessed"
    NOT_KNOWN = "not_known"


class Basis(StrEnum):
    """What an overlay was decided by."""

    CODES = "codes"
    LABELS = "labels"
    GEOMETRY = "geometry"


class Weight(StrEnum):
    """What an overlay counts."""

    PEOPLE = "people"
    WORKING_AGE = "working_age"
    POSTCODES = "postcodes"
    AREA = "area"
    EMPLOYMENT_DEPRIVED = "employment_deprived"
    INCOME_DEPRIVED = "income_deprived"
    DISABLED = "disabled"
    MOST_DEPRIVED = "most_deprived"

    @property
    def column(self) -> str:
        """The column of blocks and of areas that holds it."""
        return {"area": "area_m2", "employment_deprived": "out_of_work"}.get(self.value, self.value)

    @property
    def deciding(self) -> str:
        """The column that verdicts rest on: people where need is counted, as many places have none of the needy."""
        return "people" if self.column in NEED_MEASURES else self.column

    @property
    def is_need(self) -> bool:
        """Whether it counts people in need, who are not counted everywhere."""
        return self.column in NEED_MEASURES


class Rank(StrEnum):
    """By what findings of the same severity are put in order."""

    PEOPLE = "people"
    NEED = "need"


@dataclass(frozen=True)
class Tolerance:
    """Shares below which two layers count as agreeing.

    Parameters
    ----------
    codes
        Share ignored where both layers are unions of the same blocks; 0, so that no island is swallowed.
    drawn
        Share ignored where geometry or postcodes decide.
    keep_artefacts
        Whether pieces no wider than the two layers' resolutions count as real.
    """

    codes: float = 0.0
    drawn: float = 0.005
    keep_artefacts: bool = False

    def __post_init__(self) -> None:
        for name in ("codes", "drawn"):
            value = getattr(self, name)
            if not 0 <= value < 0.5:
                message = f"tolerance {name} is {value}, it must be a share from 0 to below 0.5"
                raise ConfigurationError(message)

    def of(self, basis: Basis) -> float:
        """Return the share that applies to an overlay decided by ``basis``."""
        return self.codes if basis is Basis.CODES else self.drawn


def assessed(value: object) -> float | None:
    """Return a measure as a number, or None where it is missing: not assessed."""
    return None if value is None or pd.isna(value) else float(value)  # type: ignore[arg-type]
