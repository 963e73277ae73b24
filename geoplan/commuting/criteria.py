"""When an area is a labour market: the published criterion in both its forms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoplan.errors import ConfigurationError

__all__ = ["EXACT", "Criteria", "line_form", "step", "validity"]

EXACT = 1e-12
"""By so much a share or a score may miss what it must reach: rounding of a division."""


@dataclass(frozen=True)
class Criteria:
    """What an area must reach to be a labour market area; the defaults are those of the United Kingdom.

    Parameters
    ----------
    min_size
        Residents in work below which no area is valid, however self-contained (but see `validity`).
    min_containment
        Self-containment, 0 to 1, that suffices for areas of the target size and above.
    target_size
        Residents in work from which the smallest self-containment suffices.
    target_containment
        Self-containment that an area of the smallest size needs. In between the one is traded for the other.

    Notes
    -----
    The sizes may be equal: below, no area is valid, above, the smallest self-containment suffices. With equal
    self-containments the published formulas give size no part at all, and neither is it given one here.
    """

    min_size: float = 3500.0
    min_containment: float = 0.667
    target_size: float = 25000.0
    target_containment: float = 0.75

    def __post_init__(self) -> None:
        for name in ("min_size", "target_size"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                message = f"{_option(name)} is {value}, it must be a number of residents in work above 0"
                raise ConfigurationError(message)
        for name in ("min_containment", "target_containment"):
            value = getattr(self, name)
            if not 0 < value <= 1:
                message = f"{_option(name)} is {value}, it must be a share above 0 and up to 1"
                raise ConfigurationError(message)
        for measure in ("size", "containment"):
            least, target = getattr(self, f"min_{measure}"), getattr(self, f"target_{measure}")
            if least > target:
                message = f"min {measure} is {least}, it must not exceed target {measure}, which is {target}"
                raise ConfigurationError(message)

    @property
    def width(self) -> float:
        """Difference of the sizes over which containment is traded for size; where they are equal, the size."""
        return self.target_size - self.min_size or self.target_size


def _option(name: str) -> str:
    return name.replace("_", " ")


def _contained(live_and_work: Any, residents: Any, jobs: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the smaller self-containment, 0 where nobody lives or nobody works, and the residents."""
    own, living, working = np.broadcast_arrays(
        *(np.asarray(values, dtype=np.float64) for values in (live_and_work, residents, jobs))
    )
    some = (living > 0) & (working > 0)
    supply = np.divide(own, living, out=np.zeros(own.shape), where=some)
    demand = np.divide(own, working, out=np.zeros(own.shape), where=some)
    return np.minimum(supply, demand), living


def validity(live_and_work: Any, residents: Any, jobs: Any, criteria: Criteria | None = None) -> np.ndarray:
    """Score areas by the form of the criterion that Istat and the European Union use.

    With SC the smaller of S/R and S/W, minSZ, minSC, tarSZ and tarSC the parameters: Y = min(SC/tarSC, 1);
    m = max((tarSZ - R)/(tarSZ - minSZ), 0), which is not capped at 1; Z = 1 - (1 - minSC/tarSC) m; the score is
    Y Z tarSC/minSC, and 1 where SC is 1. An area is valid from 1 on.

    Parameters
    ----------
    live_and_work, residents, jobs
        Workers who live and work in the area (S), live in it (R), work in it (W): numbers, arrays or series.
    criteria
        Those of the United Kingdom unless given.

    Returns
    -------
    numpy.ndarray
        The score, without a unit; 0 where nobody lives or nobody works.

    Notes
    -----
    It misleads in three places: an area closed in itself is valid at any size; between the two sizes it lets
    pass what the line form refuses; and where both self-containments are the same, size plays no part.

    References
    ----------
    Franconi, Ichim, D'Aló & Cruciani, "Guidelines for labour market area delineation process: from definition
    to dissemination", Istat 2017; R package LabourMarketAreas 3.4. Values: docs/method/labour-markets.md.

    Examples
    --------
    >>> validity([2625, 10074.75], [3500, 14250], [3500, 14250]).round(6).tolist()
    [1.0, 1.001318]
    """
    rule = criteria or Criteria()
    contained, size = _contained(live_and_work, residents, jobs)
    missing = np.where(size < rule.target_size, (rule.target_size - size) / rule.width + step(rule), 0.0)
    ratio = rule.min_containment / rule.target_containment
    scores = np.minimum(contained / rule.target_containment, 1.0) * (1.0 - (1.0 - ratio) * missing) / ratio
    result: np.ndarray = np.where(np.abs(contained - 1.0) <= EXACT, 1.0, scores)
    return result


def line_form(live_and_work: Any, residents: Any, jobs: Any, criteria: Criteria | None = None) -> np.ndarray:
    """Score areas by the line form of the criterion, X, that the 2011 travel-to-work areas used.

    With t = (minSC - tarSC)/(tarSZ - minSZ): X = 1/12 where SC >= tarSC and R >= tarSZ; t (minSZ - R) where
    only SC >= tarSC; SC - minSC where only R >= tarSZ; else SC - t R - (tarSC - t minSZ). Valid from 0 on.

    Parameters
    ----------
    live_and_work, residents, jobs
        Workers who live and work in the area (S), live in it (R), work in it (W): numbers, arrays or series.
    criteria
        Those of the United Kingdom unless given.

    Returns
    -------
    numpy.ndarray
        X, in units of self-containment.

    References
    ----------
    Coombes & Bond, "Travel-to-Work Areas: the 2007 review", Office for National Statistics 2008. Values:
    docs/method/labour-markets.md.

    Examples
    --------
    >>> line_form(13800, 20000, 19000).round(6).item()
    0.003698
    """
    rule = criteria or Criteria()
    contained, size = _contained(live_and_work, residents, jobs)
    slope = (rule.min_containment - rule.target_containment) / rule.width
    enough, large = contained >= rule.target_containment, size >= rule.target_size
    between = contained - slope * size - (rule.target_containment - slope * rule.min_size)
    smaller = np.where(enough, slope * (rule.min_size - size), between)
    result: np.ndarray = np.where(large, np.where(enough, 1.0 / 12.0, contained - rule.min_containment), smaller)
    return result


def step(criteria: Criteria) -> float:
    """Return what an area below the target size lacks at once: 1.0 where the criterion is a step, else 0.0."""
    return float(criteria.min_size == criteria.target_size)
