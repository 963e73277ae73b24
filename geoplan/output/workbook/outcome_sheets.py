"""The sheets that tell of changes: figures before and after, areas, who moves, the changes themselves."""

from __future__ import annotations

import pandas as pd

from geoplan.output.summary.planned.outcome_figures import cut_words
from geoplan.output.summary.planned.outcomes import step_text
from geoplan.output.tables import outcomes
from geoplan.output.workbook.sheet_parts import Sheet, words_of
from geoplan.planning.scenarios.fates import FATES
from geoplan.planning.scenarios.whatif import Outcome
from geoplan.schema import wording

__all__ = ["outcome_sheets"]

AREA_MEASURES = {
    "people": "people",
    "out_of_work": wording.OUT_OF_WORK,
    "pieces": "pieces",
    "supply": "share of working residents who work in it",
    "partners": "areas to work with",
    "cut_out_of_work": cut_words(wording.OUT_OF_WORK),
}
"""Measure of an area -> its words."""


def outcome_sheets(outcome: Outcome) -> list[Sheet]:
    """Return the sheets that tell of changes, in their order."""
    return [_figures(outcome), _fates(outcome), _areas(outcome), _moved(outcome), _changes(outcome)]


def _figures(outcome: Outcome) -> Sheet:
    table = outcomes.figures_table(outcome).rename(columns={"before": "Today", "after": "As changed"})
    about = "Every figure of both audits side by side; shares are numbers from 0 to 1"
    return Sheet("What if", about, table.rename(columns=words_of), _numbers("Today", "As changed", "Difference"))


def _fates(outcome: Outcome) -> Sheet:
    tables = [outcomes.fates_table(outcome, fate).assign(fate=fate) for fate in FATES]
    table = pd.concat([each.astype(object) for each in tables], ignore_index=True)
    first = ["fate", "severity", "name", "message", "before", "value", "unit"]
    named = {"before": "Measure today", "value": "Measure as changed"}
    ordered = table[[*first, *(name for name in table.columns if name not in first)]].rename(columns=named)
    about = "The findings that would be mended, made, grown or shrunk; ids are those of findings.csv"
    kinds = {"Message": "long", "Measure today": "value", "Measure as changed": "value", "Unit": "beside"}
    return Sheet("Mended and made", about, ordered.rename(columns=words_of), kinds)


def _areas(outcome: Outcome) -> Sheet:
    table = outcomes.areas_table(outcome).rename(columns={"before": "Today", "after": "As changed"})
    cut = cut_words(wording.UNITS[str(outcome.after.weight)])
    table["measure"] = table["measure"].map({**AREA_MEASURES, "cut_people": cut})
    about = "The areas for which something differs: a row a figure; empty where there is no such area"
    return Sheet("Areas that change", about, table.rename(columns=words_of), _numbers("Today", "As changed"))


def _moved(outcome: Outcome) -> Sheet:
    table = outcomes.moves_table(outcome).rename(columns=words_of)
    return Sheet("Moved", "The authorities, or parts of them, that would be in other areas", table, {"People": "count"})


def _changes(outcome: Outcome) -> Sheet:
    rows = [
        (step.at, step_text(step), step.action, step.layer, step.area, step.authority, step.to, step.day,
         step.confidence, step.source or outcome.scenario.source, step.note)
        for step in outcome.scenario.steps
    ]  # fmt: skip
    columns = ["Row", "In words", "Action", "Layer", "Area", "Authority", "To", "Date", "Confidence", "Source", "Note"]
    table = pd.DataFrame(rows, columns=columns)
    kinds = {"In words": "long", "Source": "long", "Note": "long"}
    return Sheet("Changes", f"The changes of {outcome.scenario.name}, in the order in which they hold", table, kinds)


def _numbers(*columns: str) -> dict[str, str]:
    return dict.fromkeys(columns, "value")
