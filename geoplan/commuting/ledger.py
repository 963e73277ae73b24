"""Sum workers by pair of zones, and keep account of those who are set aside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.errors import ConfigurationError, refusal
from geoplan.schema import SET_ASIDE_COLUMNS, Note

__all__ = [
    "MERGED",
    "SIDES",
    "TINY",
    "Flags",
    "Floats",
    "Ints",
    "aside_frame",
    "aside_note",
    "aside_text",
    "first_of",
    "flow_frame",
    "refuse_option",
    "sum_pairs",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
SIDES = ("origin", "destination")
MERGED = {"E41000052": ("E06000052", "E06000053"), "E41000324": ("E09000033", "E09000001")}
"""Census 2011: districts counted together for want of residents, the larger one first."""
TINY = 1e-9
"""Shares that differ by less are the same."""
NAMED = 3


def sum_pairs(origin: Ints, destination: Ints, workers: Floats, zones: pd.Index) -> pd.DataFrame:
    """Sum workers by pair of zones; the order of the rows does not change the last digit.

    Parameters
    ----------
    origin, destination
        Places in ``zones``; a pair may stand several times.
    workers
        Of each row, above 0.
    zones
        Codes, sorted.

    Returns
    -------
    pandas.DataFrame
        As `geoplan.schema.Flows` holds it.
    """
    key = origin.astype(np.int64) * len(zones) + destination
    whole = not (workers % 1 != 0).any()
    order = np.argsort(key) if whole else np.lexsort((workers, key))
    key, workers = key[order], workers[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    summed = np.add.reduceat(workers, first) if len(first) else workers
    ends = np.divmod(key[first], len(zones))
    return flow_frame(ends[0], ends[1], summed, zones)


def flow_frame(origin: Ints, destination: Ints, workers: Floats, zones: pd.Index) -> pd.DataFrame:
    """Make the table of flows of pairs that are sorted and each there once.

    Parameters
    ----------
    origin, destination
        Places in ``zones``.
    workers
        Of each pair, above 0.
    zones
        Codes, sorted.

    Returns
    -------
    pandas.DataFrame
        As `geoplan.schema.Flows` holds it.
    """
    index = pd.MultiIndex(levels=[zones, zones], codes=[origin, destination], names=SIDES, verify_integrity=False)
    return pd.DataFrame({"workers": workers}, index=index)


def aside_frame(rows: Iterable[tuple[str, str, str, float]]) -> pd.DataFrame:
    """Sum workers set aside by reason, code and side.

    Parameters
    ----------
    rows
        Reason, code, side and workers.

    Returns
    -------
    pandas.DataFrame
        With `geoplan.schema.SET_ASIDE_COLUMNS`, sorted.
    """
    frame = pd.DataFrame(list(rows), columns=list(SET_ASIDE_COLUMNS))
    frame = frame.astype({"reason": str, "code": str, "side": str, "workers": float})
    return frame.groupby(list(SET_ASIDE_COLUMNS[:3]), sort=True, as_index=False)["workers"].sum()


def aside_text(aside: pd.DataFrame, before: str) -> str:
    """List the reasons with their workers, the largest first, after some words; nothing where nobody is aside."""
    sums = aside.groupby("reason")["workers"].sum().sort_values(ascending=False, kind="stable")
    return before + ", ".join(f"{workers:,.0f} {reason}" for reason, workers in sums.items()) if len(sums) else ""


def aside_note(lead: str, aside: pd.DataFrame, *, by_design: bool, codes: Iterable[str] = (), detail: str = "") -> Note:
    """Note workers who are not allocated (GP305).

    Parameters
    ----------
    lead
        The sentence.
    aside
        Those it is about, with ``reason`` and ``workers``.
    by_design
        Whether they are set aside by their nature, not for a fault.
    codes
        Codes the note names.
    detail
        What else is to be said.

    Returns
    -------
    Note
        With the workers of each reason as evidence.
    """
    sums = {str(reason): float(workers) for reason, workers in aside.groupby("reason")["workers"].sum().items()}
    return Note(
        "GP305",
        lead,
        detail=detail,
        other_codes=tuple(codes),
        measure="workers",
        value=float(sum(sums.values())),
        unit="workers",
        by_design=by_design,
        evidence={"reasons": sums},
    )


def first_of(codes: Iterable[object]) -> str:
    """List the first codes."""
    listed = [str(code) for code in codes]
    return ", ".join(listed[:NAMED]) + (", ..." if len(listed) > NAMED else "")


def refuse_option(name: str, value: str, known: Sequence[str]) -> None:
    """Refuse a value that an option does not know.

    Parameters
    ----------
    name, value
        The option, and what was asked for.
    known
        Its values.

    Raises
    ------
    ConfigurationError
        Naming the values.
    """
    if value not in known:
        raise ConfigurationError(refusal(f"{name} is {value!r}", hint=f"Known: {', '.join(known)}."))
