"""How far modelled flows are off, and which of them cannot be told apart."""

from __future__ import annotations

import numpy as np

from geoplan.commuting.ledger import Flags, Floats

__all__ = ["ERRORS", "QUANTILE", "errors", "rivals"]

QUANTILE = 0.75
ERRORS = ((0.0, 0.77), (1_000.0, 0.56), (3_000.0, 0.40), (10_000.0, 0.27))
"""From how many workers, how far off the model is: the absolute value of log(modelled / counted) of flows between areas
is smaller in three of four (`QUANTILE`); measured on the Census 2011 by benchmarks/flow_model.py (SOURCES.md)."""


def errors(workers: Floats) -> Floats:
    """Return how far off modelled flows of this size are.

    Parameters
    ----------
    workers
        Of each flow.

    Returns
    -------
    numpy.ndarray
        Differences of logarithms, from `ERRORS`.
    """
    least, off = (np.array(column) for column in zip(*ERRORS, strict=True))
    found: Floats = off[np.searchsorted(least, workers, side="right") - 1]
    return found


def rivals(workers: Floats) -> Flags:
    """Tell which flows the error of the model could make the largest.

    Parameters
    ----------
    workers
        Of each flow, the largest first.

    Returns
    -------
    numpy.ndarray
        Of bool. The first and those that cannot be told from it: the logarithms are nearer to each other than both
        errors together (their root of the sum of squares). All false where the first is clear.

    Examples
    --------
    >>> rivals(np.array([12_434.0, 9_815.0, 2_000.0])).tolist()
    [True, True, False]
    >>> rivals(np.array([12_434.0, 2_000.0])).tolist()
    [False, False]
    """
    if not len(workers):
        return np.zeros(0, dtype=bool)
    off = errors(workers)
    found: Flags = np.log(workers[0] / workers) < np.hypot(off[0], off)
    return found if found.sum() > 1 else np.zeros(len(workers), dtype=bool)
