"""Designed clusters as JSON and as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from geoplan.output.summary.planned.designs import MEASURES
from geoplan.output.tables.cells import as_json, records
from geoplan.output.tables.design_audits import TODAY, areas_json, audits_of, findings_json
from geoplan.planning.designing.asked import Asked, parameters
from geoplan.planning.designing.audited import Audited
from geoplan.planning.designing.designs import Design, Designs
from geoplan.planning.designing.measuring import Measures

__all__ = ["assignment_table", "designs_json", "moves_table", "scoreboard"]

MOVE_COLUMNS = ("design", "unit", "name", "from", "to", "people", "layer", "mends_people", "keeps_workers", "beside")


def designs_json(made: Designs) -> str:
    """Write designed clusters as JSON.

    Parameters
    ----------
    made
        From `geoplan.planning.designing.designs.plan`.

    Returns
    -------
    str
        ``today`` (measures, null without a start), ``today_findings`` and ``today_areas`` (of its audit),
        ``alternatives`` (name, title, weights, optimal, score, bound, gap, measures, findings, areas, assignment,
        names, moves), ``conflict`` (the constraints that contradict each other), ``candidates``, ``candidates_up_to``
        (units; null for all sizes), ``searched``, ``search_began_from`` (in words), ``flows``, ``parameters`` (the
        plan as asked) and ``layers``. ``findings`` has ``counts`` by severity, ``rules`` and, with a start, the
        findings that are ``mended``, ``made``, ``grown`` and ``shrunk``. Where an objective counts others than all
        people, measures have ``counted``: measure -> whom it counts.
    """
    return as_json(
        {
            "today": None if made.today is None else _measures(made.today, made.audited, made.asked),
            "today_findings": None if made.audited is None else findings_json(made.audited),
            "today_areas": [] if made.audited is None else areas_json(made.audited),
            "alternatives": [_alternative(number, one, made) for number, one in enumerate(made.designs, start=1)],
            "conflict": [] if made.conflict is None else list(made.conflict.rules),
            "candidates": made.candidates,
            "candidates_up_to": made.members,
            "searched": made.searched,
            "search_began_from": list(made.starts),
            "flows": made.flows,
            "parameters": parameters(made.asked),
            "layers": [held.key for held in made.layers],
        }
    )


def _alternative(number: int, one: Design, made: Designs) -> dict[str, Any]:
    return {
        "number": number,
        "name": one.name,
        "title": one.title,
        "weights": dict(one.weights),
        "at_most": dict(one.most),
        "optimal": one.optimal,
        "score": one.score,
        "bound": one.bound,
        "gap": one.gap,
        "measures": _measures(one.measures, one.audited, made.asked),
        "findings": findings_json(one.audited),
        "areas": areas_json(one.audited),
        "assignment": dict(sorted(one.assignment.items())),
        "names": dict(sorted(one.names.items())),
        "moves": records(moves_table(made, number).drop(columns="design")),
    }


def _measures(measures: Measures, told: Audited | None, asked: Asked) -> dict[str, Any]:
    counted = {name: str(weight) for name, weight in asked.counted_otherwise.items()}
    partners = {} if told is None else {"partners": told.partners}
    return asdict(measures) | partners | ({"counted": counted} if counted else {})


def scoreboard(made: Designs) -> pd.DataFrame:
    """Return the measures of today and of every alternative, a row a measure.

    Parameters
    ----------
    made
        From `geoplan.planning.designing.designs.plan`.

    Returns
    -------
    pandas.DataFrame
        ``measure``, ``against`` (key of a layer; empty where none), ``today`` (missing without a start), and a column
        for each alternative by its number.
    """
    audits = audits_of(made)
    told = {TODAY: _figures(made.today, audits.get(TODAY))}
    told |= {str(n): _figures(one.measures, one.audited) for n, one in enumerate(made.designs, start=1)}
    keys = dict.fromkeys(at for figures in told.values() for at in figures)
    order = sorted(keys, key=lambda at: list(MEASURES).index(at[0]))
    rows = [
        {"measure": name, "against": key, **{column: figures.get((name, key)) for column, figures in told.items()}}
        for name, key in order
    ]
    return pd.DataFrame(rows, columns=["measure", "against", *told])


def _figures(measures: Measures | None, told: Audited | None) -> dict[tuple[str, str], float]:
    """Return what is known of an arrangement by measure and layer; the layer is empty where there is none."""
    plain: dict[str, Any] = {} if measures is None else asdict(measures)
    if told is not None:
        plain |= {"partners": told.partners, "errors": told.counts["error"], "warnings": told.counts["warning"]}
    if told is not None and told.fates is not None:
        plain |= {fate: len(told.fates.serious(fate)) for fate in ("mended", "made")}
    found = [
        ((name, key), value)
        for name, given in plain.items()
        for key, value in (given.items() if isinstance(given, Mapping) else [("", given)])
    ]
    return {at: value for at, value in found if value is not None}


def assignment_table(made: Designs) -> pd.DataFrame:
    """Return which cluster every unit is in, today and in every alternative.

    Parameters
    ----------
    made
        From `geoplan.planning.designing.designs.plan`.

    Returns
    -------
    pandas.DataFrame
        ``unit``, ``name``, ``people``, ``today`` (only with a start; missing where it is in no area) and a column for
        each alternative by its number, with the names of areas.
    """
    units = made.units
    table = pd.DataFrame({"unit": units.codes, "name": units.names, "people": units.people})
    for label, told in audits_of(made).items():
        area = told.arrangement.assignment.reindex(units.codes).map(told.arrangement.names)
        table[label] = area.to_numpy()
    return table


def moves_table(made: Designs, number: int) -> pd.DataFrame:
    """Return the units whose area changes in an alternative, with the reasons.

    Parameters
    ----------
    made
        From `geoplan.planning.designing.designs.plan`.
    number
        Of the alternative, from 1.

    Returns
    -------
    pandas.DataFrame
        A row a unit and layer: ``design``, ``unit``, ``name``, ``from``, ``to``, ``people``, ``layer``,
        ``mends_people`` (fewer in cut pieces than if it alone stayed, of those who are counted), ``keeps_workers``
        (more who live and work in one area) and ``beside`` (units that go the same way).
    """
    units = made.units
    rows = [
        (number, units.codes[one.unit], units.names[one.unit], one.source, one.target, one.people, layer, mends,
         one.keeps, "; ".join(one.beside))
        for one in made.designs[number - 1].moves
        for layer, mends in (one.mends or {"": float("nan")}).items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(MOVE_COLUMNS))
