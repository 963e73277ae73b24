"""Designed clusters on the screen: a scoreboard against today, and why each alternative moves what it moves."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import pandas as pd

from geoplan.output.summary.planned.designs import found_by, measure_words, move_sentence, proof, shown, whose_counts
from geoplan.output.tables.design_audits import TODAY
from geoplan.output.tables.designs import scoreboard
from geoplan.output.text.lines import WIDTH
from geoplan.planning.designing.designs import Design, Designs
from geoplan.schema import wording

__all__ = ["designs_text"]

MOST_MOVES = 4
FIRST, LONGEST, OTHER = 34, 60, 11
"""Width of the names of measures at least and at most, and of each column."""
FEW = 3
"""Columns up to which names of measures stand on one line."""


def designs_text(made: Designs, files: Sequence[str] = (), folder: str = "") -> str:
    """Return designed clusters for a screen.

    Parameters
    ----------
    made
        From `geoplan.planning.designing.designs.plan`.
    files, folder
        What was written, and where; nothing is said of it where there are no files.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    counted = wording.number_of(len(made.designs), "alternative", "alternatives")
    lines = [f"geoplan plan, {wording.number_of(len(made.units), 'unit', 'units')}, {counted}."]
    lines += textwrap.wrap(found_by(made), WIDTH)
    for said in whose_counts(made.asked):
        lines += textwrap.wrap(said, WIDTH)
    lines += ["", *_board(scoreboard(made), measure_words(made.asked))]
    for number, one in enumerate(made.designs, start=1):
        lines += ["", *_design_lines(number, one, made)]
    if files:
        lines += ["", f"Written to {folder}: {', '.join(files)}."]
    return "\n".join(lines) + "\n"


def _board(table: pd.DataFrame, words: Mapping[str, str]) -> list[str]:
    """Return the scoreboard, beneath each other as many alternatives as the width holds, each time beside today."""
    columns = [column for column in table.columns[2:] if table[column].notna().any()]
    today = [column for column in columns if column == TODAY]
    others = [column for column in columns if column != TODAY]
    most = (WIDTH - FIRST) // OTHER - len(today)
    parts = [_part(table, [*today, *others[at : at + most]], words) for at in range(0, len(others), most)]
    return [line for part in parts for line in (*part, "")][:-1]


def _part(table: pd.DataFrame, columns: list[str], words: Mapping[str, str]) -> list[str]:
    first = WIDTH - OTHER * len(columns) if len(columns) > FEW else LONGEST
    lines = [f"{'':<{first}}" + "".join(f"{column:>{OTHER}}" for column in columns)]
    for row in table.to_dict("records"):
        against = f" ({row['against']})" if row["against"] else ""
        name, *more = textwrap.wrap(words[str(row["measure"])] + against, first - 1, subsequent_indent="  ")
        lines += [f"{name:<{first}}" + "".join(f"{shown(str(row['measure']), row[one]):>{OTHER}}" for one in columns)]
        lines += more
    return lines


def _design_lines(number: int, one: Design, made: Designs) -> list[str]:
    lines = textwrap.wrap(f"{number}. {one.name}: {proof(one, made)}", WIDTH, subsequent_indent="   ")
    for move in one.moves[:MOST_MOVES]:
        said = move_sentence(move, made)
        lines += textwrap.wrap(said, WIDTH, initial_indent="   ", subsequent_indent="     ")
    if more := len(one.moves) - MOST_MOVES:
        lines += [f"   {wording.number_of(more, 'further unit moves', 'further units move')}."] if more > 0 else []
    return lines
