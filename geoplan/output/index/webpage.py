"""The page that leads to the files of every area of a batch, with a map and a table to be put in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import jinja2

from geoplan.auditing.batch import AREA_FILES, Area, Batch
from geoplan.output.index.map_parts import area_map
from geoplan.output.page.sealed import asset, policy
from geoplan.output.picture.patterns import fills, svg_patterns
from geoplan.schema import layer_wording, wording
from geoplan.schema.standing import Standing

__all__ = ["index_page"]

HERE = "geoplan.output.index"
WHOLE = "#dfe7ee"
"""Of areas that no geography cuts."""
PATTERN_SCALE = 1.5
NEED = (
    "People out of work and their share of people aged 16 to 64 (2021): English Indices of Deprivation 2025, Census "
    "2021; they are counted in England only."
)


class Heading(NamedTuple):
    """The heading of a column, and a smaller word under it."""

    text: str
    minor: str = ""


class Cell(NamedTuple):
    """What stands in a column, by what it is put in order (empty: last), and a smaller word under it."""

    text: str
    order: str
    minor: str = ""


@dataclass(frozen=True)
class Row:
    """One area of the table."""

    number: int
    area: Area
    cells: tuple[Cell, ...]


def index_page(batch: Batch, whole: Sequence[str]) -> str:
    """Write the page that leads to the files of every area.

    Parameters
    ----------
    batch
        From `geoplan.output.media.run`, with areas.
    whole
        Names of the files of the whole audit, beside the page.

    Returns
    -------
    str
        HTML that asks nobody for anything; the same batch gives the same text. A policy admits only the script and the
        style that stand in it.
    """
    result, unit = batch.result, str(batch.result.weight)
    drawn = layer_wording.outlines_in_short(result.layers.values())
    notes = [result.quiet, *(() if batch.versus is None else (batch.versus.sentence, *batch.versus.notes))]
    script, style = asset("index.js", HERE), asset("index.css", HERE)
    rows = [Row(number, area, _cells(area, unit)) for number, area in enumerate(batch.areas, 1)]
    text = _frame().render(
        policy=policy([script], [style]),
        script=script,
        style=style,
        title=f"Boundary audit of {wording.plural(len(batch.areas), 'area')}",
        notes=list(filter(None, notes)),
        as_of=wording.day(result.as_of),
        outlines=drawn and f"{drawn}. ",
        attribution=wording.attribution(),
        columns=_columns(unit, result.nation.rate),
        rows=rows,
        areas=dict(enumerate(batch.areas, 1)),
        unit_words=wording.UNITS[unit],
        drawn=area_map(result, batch.areas),
        patterns=svg_patterns(PATTERN_SCALE),
        opens=AREA_FILES[0],
        fills={"cut": fills()[Standing.CUT], "whole": WHOLE},
        need="" if result.nation.rate is None else NEED,
        whole=whole,
    )
    return text + "\n"


def _columns(unit: str, england: float | None) -> list[Heading]:
    counted = wording.UNITS[unit]
    return [
        Heading(wording.capital(counted)),
        Heading("People out of work"),
        Heading("Share of those aged 16 to 64", "" if england is None else f"England {england:.1%}"),
        Heading("Cut by"),
        Heading("Overlap only in part"),
        Heading("Errors"),
        Heading("Warnings"),
        Heading("Notes"),
    ]


def _cells(area: Area, unit: str) -> tuple[Cell, ...]:
    told = area.figures
    if area.failure or not told:
        return ()
    size, needy, rate, cut = (told[name] for name in ("size", "out_of_work", "out_of_work_rate", "cut"))
    counts = (area.counts[kind] for kind in ("error", "warning", "info"))
    return (
        Cell(wording.amount(size, unit), _order(size)),
        Cell(wording.amount(needy), _order(needy)),
        Cell(wording.NOT_ASSESSED if rate is None else f"{rate:.1%}", _order(rate)),
        Cell(f"{told['cut_by']} of {told['compared']}", _order(told["cut_by"])),
        Cell(wording.amount(cut, unit), _order(cut), told["cut_most"]),
        *(Cell(f"{count:,}", _order(count)) for count in counts),
    )


def _order(value: float | None) -> str:
    return "" if value is None else repr(float(value))


@cache
def _frame() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(asset("index.html", HERE))
