"""How many people are out of work, and what part of the residents of working age they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import pandas as pd

from geoplan.schema.wording import rounded
from geoplan.schema.words import NEED_COLUMNS, RATED_MEASURES, assessed

__all__ = ["NOT_COUNTED", "Need", "england", "need_words"]

NATION = "E92000001"
ENGLAND = "E"
"""First letter of the codes of the one country whose people out of work are counted."""


@dataclass(frozen=True)
class Need:
    """People out of work somewhere.

    Parameters
    ----------
    out_of_work
        People; None where nobody counts them, or where a part of unknown size decides.
    residents_16_64_2021
        The residents of whom they are a part (Census 2021); None likewise.
    """

    out_of_work: float | None = None
    residents_16_64_2021: float | None = None

    @property
    def rate(self) -> float | None:
        """The share (0 to 1) of residents aged 16 to 64 who are out of work; None where that is not assessed."""
        if self.out_of_work is None or not self.residents_16_64_2021:
            return None
        return self.out_of_work / self.residents_16_64_2021

    @classmethod
    def of(cls, counts: pd.DataFrame, shares: pd.Series | float = 1.0) -> Self:
        """Sum rows that hold `RATED_MEASURES`.

        Parameters
        ----------
        counts
            Of blocks, areas or pieces.
        shares
            How much of each row counts (0 to 1), indexed as ``counts``; missing where unknown.

        Returns
        -------
        Need
            Not counted where one of the rows is not.
        """
        if not set(RATED_MEASURES) <= set(counts):
            return cls()
        held = shares if isinstance(shares, float) else shares.to_numpy(dtype=float)
        return cls(*(assessed((counts[name].to_numpy(dtype=float) * held).sum()) for name in RATED_MEASURES))

    def less(self, other: Need) -> Need:
        """Return what is left without another one that is part of it."""
        pairs = ((self.out_of_work, other.out_of_work), (self.residents_16_64_2021, other.residents_16_64_2021))
        return Need(*(None if one is None or two is None else max(one - two, 0.0) for one, two in pairs))


NOT_COUNTED = Need()


def england(blocks: pd.DataFrame, columns: Sequence[str] = NEED_COLUMNS) -> pd.DataFrame:
    """Sum the blocks of England, where everybody in need is counted.

    Parameters
    ----------
    blocks
        Shipped blocks.
    columns
        What is summed.

    Returns
    -------
    pandas.DataFrame
        One row, by the code of England, with these columns; missing where the blocks do not tell.
    """
    held = blocks[blocks.index.astype(str).str.startswith(ENGLAND)].reindex(columns=list(columns))
    return pd.DataFrame([held.sum(skipna=False)], index=pd.Index([NATION], name="code"))


def need_words(need: Need, nation: Need, subject: str = "Of the people concerned") -> str:
    """Say how many are out of work, with the rate and that of the nation beside.

    Parameters
    ----------
    need, nation
        Of the people spoken of, and of England.
    subject
        Whose they are, as the beginning of a sentence.

    Returns
    -------
    str
        A sentence; empty where the rate is not known.

    Examples
    --------
    >>> need_words(Need(14150, 56442), Need(4787240, 35605236))
    'Of the people concerned 14,200 are out of work: 25.1% of those aged 16 to 64, in England 13.4%.'
    """
    if need.rate is None or nation.rate is None:
        return ""
    rates = f"{need.rate:.1%} of those aged 16 to 64, in England {nation.rate:.1%}"
    return f"{subject} {rounded(need.out_of_work)} are out of work: {rates}."
