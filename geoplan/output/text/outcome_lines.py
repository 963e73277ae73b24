"""What would come of changes, on the screen."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterable, Sequence

from geoplan.output.summary.planned.outcome_figures import AREA_FIGURES, FigureRow, area_rows, figure_rows
from geoplan.output.summary.planned.outcomes import first_steps, outcome_sentences
from geoplan.output.text.lines import WIDTH, cut_to_width, one_line
from geoplan.planning.scenarios.fates import FATES
from geoplan.planning.scenarios.whatif import Outcome
from geoplan.schema import wording

__all__ = ["outcome_text"]

MOST_STEPS = 6
MOST_FINDINGS = 4
MOST_AREAS = 8
"""Of each changed layer."""
COLUMNS = (54, 14, 14, 16)
AREA_COLUMNS = (24, 11, 11, 14, 14, 13, 13)


def outcome_text(outcome: Outcome, files: Sequence[str] = (), folder: str = "") -> str:
    """Return what would come of changes, on a screen.

    Parameters
    ----------
    outcome
        From `geoplan.planning.scenarios.whatif.whatif`.
    files, folder
        What was written, and where; nothing is said of it where there are no files.

    Returns
    -------
    str
        Lines of at most 100 characters: the changes, warnings, the figures that differ, and the largest of the errors
        and warnings that are mended and made.
    """
    about = f"about {outcome.after.focus.name}" if outcome.after.focus else "all areas"
    lines = [f"geoplan whatif {outcome.scenario.name}, {about}, as of {outcome.after.as_of}."]
    lines += [cut_to_width(f"  {said}", WIDTH) for said in first_steps(outcome.scenario.steps, MOST_STEPS)]
    for said in outcome.warnings:
        lines += textwrap.wrap(f"Warning: {said}", WIDTH, subsequent_indent="  ")
    for said in outcome.remarks:
        lines += textwrap.wrap(f"Note: {said}", WIDTH, subsequent_indent="  ")
    lines += ["", *textwrap.wrap(" ".join(outcome_sentences(outcome)), WIDTH)]
    lines += _figure_lines(figure_rows(outcome))
    lines += _area_lines(outcome)
    for fate in FATES:
        lines += _fate_lines(outcome, fate)
    if files:
        lines.append(f"Written to {folder}: {', '.join(files)}.")
    return "\n".join(lines) + "\n"


def _figure_lines(rows: Sequence[FigureRow]) -> list[str]:
    different = [row for row in rows if row.differs]
    if not different:
        return []
    lines = ["", _row("", "before", "after", "difference")]
    for keys, group in itertools.groupby(different, key=lambda row: row.keys):
        lines.append(" / ".join(keys) or "findings")
        lines += [_row(f"  {row.what}", *row.texts) for row in group]
    same = len(rows) - len(different)
    return [*lines, f"{wording.number_of(same, 'further figure stays', 'further figures stay')} the same."]


def _area_lines(outcome: Outcome) -> list[str]:
    rows, left = area_rows(outcome, MOST_AREAS)
    if not rows:
        return []
    first, *others = AREA_COLUMNS
    pairs = zip(others[::2], others[1::2], strict=True)
    heads = [f"{words:>{one + two}}" for (words, _), (one, two) in zip(AREA_FIGURES.values(), pairs, strict=True)]
    lines = ["", f"{'areas':<{first}}{''.join(heads)}"]
    lines.append(_cells("", ["before", "after"] * len(AREA_FIGURES), AREA_COLUMNS))
    for key, group in itertools.groupby(rows, key=lambda row: row.key):
        lines.append(key)
        lines += [_cells(f"  {row.name}", itertools.chain(*row.texts), AREA_COLUMNS) for row in group]
    return [*lines, *([f"{wording.number_of(left, 'further area changes', 'further areas change')}."] if left else [])]


def _row(name: str, *cells: str) -> str:
    return _cells(name, cells, COLUMNS)


def _cells(name: str, cells: Iterable[str], columns: Sequence[int]) -> str:
    first, *others = columns
    shown = "".join(f"{cell:>{width}}" for cell, width in zip(cells, others, strict=True))
    return f"{cut_to_width(name, first - 1):<{first}}{shown}".rstrip()


def _fate_lines(outcome: Outcome, fate: str) -> list[str]:
    found = outcome.serious(fate)
    if not found:
        return []
    more = len(found) - MOST_FINDINGS
    counted = wording.number_of(len(found), "error or warning", "errors and warnings")
    lines = ["", f"{fate.capitalize()}: {counted}. Largest:" if more > 0 else f"{fate.capitalize()}: {counted}."]
    return [*lines, *map(one_line, found[:MOST_FINDINGS])]
