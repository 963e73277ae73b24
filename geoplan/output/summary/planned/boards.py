"""The scoreboard of a plan as rows of text: every figure beside today's, and whether it is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from geoplan.output.summary.planned.answers import LOWER_IS_BETTER
from geoplan.output.summary.planned.designs import SHARES, SPREADS, shown
from geoplan.output.summary.planned.outcome_figures import FigureRow

__all__ = ["BoardCell", "BoardRow", "board_rows"]


@dataclass(frozen=True)
class BoardCell:
    """A figure, its distance from today's (empty without), and whether it is better or worse (empty where neither)."""

    text: str
    difference: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class BoardRow:
    """A measure, the title of the layer it is against (empty where none), and a figure for each arrangement."""

    words: str
    against: str
    cells: tuple[BoardCell, ...]


def board_rows(table: pd.DataFrame, words: Mapping[str, str], titles: Mapping[str, str]) -> list[BoardRow]:
    """Return a scoreboard as text.

    Parameters
    ----------
    table
        From `geoplan.output.tables.designs.scoreboard`.
    words
        Measure -> what it is called.
    titles
        Key of a layer -> its title.

    Returns
    -------
    list of BoardRow
        A cell for each column of figures that has any, today's first.
    """
    columns = [column for column in table.columns[2:] if table[column].notna().any()]
    return [
        BoardRow(
            words[row["measure"]],
            titles.get(row["against"], row["against"]),
            tuple(_cell(row["measure"], row[column], row.get("today"), column) for column in columns),
        )
        for row in table.to_dict("records")
    ]


def _cell(measure: str, value: float | None, today: float | None, column: str) -> BoardCell:
    text = shown(measure, value)
    if column == "today" or value is None or today is None or pd.isna(value) or pd.isna(today):
        return BoardCell(text)
    kind = "share" if measure in SHARES else "mean" if measure in SPREADS else "count"
    row = FigureRow("", (), today, value, kind)
    if not row.differs:
        return BoardCell(text, "same")
    better = (value < today) == LOWER_IS_BETTER[measure] if measure in LOWER_IS_BETTER else None
    return BoardCell(text, row.texts[2], "" if better is None else "better" if better else "worse")
