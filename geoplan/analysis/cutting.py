"""The pieces that are cut: overlaps where neither side holds the other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from geoplan.analysis.relations import ROUNDING
from geoplan.analysis.verdicts import share_ranges
from geoplan.schema import REST, Overlay, Tolerance, Weight

__all__ = ["Cuts", "cuts"]


@dataclass(frozen=True, eq=False)
class Cuts:
    """The pieces in which two layers overlap only in part, and the people in them.

    Parameters
    ----------
    pieces
        Frame indexed by ``(left, right)`` codes: ``amount`` in the overlay's weight (areas in square metres),
        missing where not assessed; ``left_share`` and ``right_share`` (0 to 1, missing where parts of unknown size
        decide).
    doubtful
        Codes of the pairs that may be cut: it depends on the size of parts that nobody knows, or on how they lie.
    """

    pieces: pd.DataFrame
    doubtful: pd.MultiIndex

    @cached_property
    def by_area(self) -> Mapping[str, float | None]:
        """Code of a left area -> the sum of its own cut pieces, None where one of them is not assessed."""
        amounts: dict[str, list[float]] = {}
        for (code, _), amount in self.pieces["amount"].sort_index().items():
            amounts.setdefault(str(code), []).append(amount)
        return {code: _sum(known) for code, known in amounts.items()}

    @cached_property
    def partners(self) -> Mapping[str, tuple[str, ...]]:
        """Code of a left area -> the right areas with which it shares cut pieces, most people first."""
        ranked = self.pieces.reset_index().sort_values(
            ["amount", "left_share", "right"], ascending=[False, False, True], kind="stable"
        )
        found: dict[str, list[str]] = {}
        for code, other in zip(ranked["left"].tolist(), ranked["right"].tolist(), strict=True):
            found.setdefault(str(code), []).append(str(other))
        return {code: tuple(found[code]) for code in sorted(found)}

    @cached_property
    def complete(self) -> bool:
        """Whether every cut piece is known and assessed."""
        return not len(self.doubtful) and not self.pieces["amount"].isna().any()

    @cached_property
    def total(self) -> float | None:
        """The sum over all assessed pieces, the same in both directions; None where none is assessed."""
        known = self.pieces["amount"].dropna()
        return None if known.empty and not self.complete else math.fsum(known)


def _sum(amounts: Sequence[float]) -> float | None:
    # An exact sum is the same in whatever order the pieces stand.
    return None if any(np.isnan(amounts)) else math.fsum(amounts)


def cuts(overlay: Overlay, *, tolerance: Tolerance) -> Cuts:
    """Find the pieces of two layers that neither side holds whole.

    A piece in which a left and a right area meet is cut when it is no artefact, one of its shares is above the
    tolerance t (so that it counts as touched), and both are below 1 - t. A piece whose left or right area lies
    whole inside the other is not cut: one body answers for all of it.

    Parameters
    ----------
    overlay
        With artefacts marked, if they are to be left out.
    tolerance
        The share t; which of its two values applies depends on what decided.

    Returns
    -------
    Cuts
        The same pieces with the sides exchanged where the layers are. Where areas of a layer overlap one another a
        person can be in several pieces, and counts in each.

    Notes
    -----
    A piece counts as cut only where no size of a part that nobody knows could make it whole.

    References
    ----------
    docs/method/overlay.md.
    """
    t = tolerance.of(overlay.basis) + ROUNDING
    shares = share_ranges(overlay)
    shares = shares[shares.index.get_level_values("right") != REST]
    least, most = (shares[[f"left_{end}", f"right_{end}"]].max(axis=1) for end in ("least", "most"))
    met = shares[["left_least", "right_least"]].min(axis=1) >= 0
    surely = met & (least > t) & (most < 1 - t)
    doubtful = met & (most > t) & (least < 1 - t) & ~surely
    found = shares.loc[surely, ["left_share", "right_share"]].copy()
    if overlay.bounds is not None:
        found.loc[found.index.isin(overlay.bounds.index)] = np.nan
    column = "area_m2" if overlay.weight is Weight.AREA else "people"
    amounts = overlay.table[column].astype(float).reindex(found.index)
    pieces = found.assign(amount=amounts)[["amount", "left_share", "right_share"]].sort_index()
    return Cuts(pieces, shares.index[doubtful].sort_values())
