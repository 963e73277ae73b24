"""What is said of a file whose rows were assigned to areas."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from geoplan.auditing.assigning.packing import Tally
from geoplan.output.text.lines import WIDTH
from geoplan.schema import wording

__all__ = ["assigned_text"]


def assigned_text(file: str, tally: Tally, said: Iterable[str] = (), resumed: int = 0) -> str:
    """Return for people how many rows were assigned, and how many were not and why.

    Parameters
    ----------
    file
        What the file is called.
    tally
        What was counted.
    said
        How it had to be understood.
    resumed
        How many of its parts an earlier run had made.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    lines = list(said)
    if resumed:
        lines.append(f"An earlier run was gone on with: {wording.number_of(resumed, 'part', 'parts')} stood already.")
    placed = tally.rows - tally.unplaced
    counted = [f"{tally.unplaced:,} without a place"] if tally.unplaced else []
    counted += [f"{tally.far:,} beyond the British grid"] if tally.far else []
    counted += [f"{tally.repaired:,} repaired"] if tally.repaired else []
    beside = f" ({', '.join(counted)})" if counted else ""
    lines.append(f"{file}: {wording.number_of(tally.rows, 'row', 'rows')}{beside}.")
    lines += [f"{column}: {placed - none:,} in an area, {none:,} in none." for column, none in tally.nowhere.items()]
    return "\n".join(line for each in lines for line in textwrap.wrap(each, WIDTH)) + "\n"
