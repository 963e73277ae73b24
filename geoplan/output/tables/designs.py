"""Designed clusters as JSON and as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from geoplan.output.tables.cells import as_json
from geoplan.planning.designing.designs import Design, Designs
from geoplan.planning.designing.measuring import Measures

__all__ = ["MEASURES", "assignment_table", "designs_json", "membership_table", "moves_table", "scoreboard"]

MEASURES: Mapping[str, str] = {
    "areas": "areas",
    "cut_people": "people in cut pieces",
    "self_containment": "live and work in one area",
    "weakest_containment": "lower of supply and demand, mean by people",
    "balance": "spread of people (coefficient of variation)",
    "need_balance": "spread of people out of work (coefficient of variation)",
    "change": "people whose area changes",
    "border_km": "border between areas, km",
    "in_pieces": "areas in pieces",
}
"""The measures in the order they are shown, with what each is called."""
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
        ``today`` (measures, null without a start), ``alternatives`` (name, weights, optimal, score, bound, gap,
        measures, assignment, names, moves), ``conflict`` (the constraints that contradict each other), ``candidates``,
        ``candidates_up_to`` (units; null for all sizes), ``searched``, ``search_began_from`` (in words), ``flows``
        and ``layers``.
    """
    return as_json(
        {
            "today": None if made.today is None else asdict(made.today),
            "alternatives": [_alternative(number, one, made) for number, one in enumerate(made.designs, start=1)],
            "conflict": [] if made.conflict is None else list(made.conflict.rules),
            "candidates": made.candidates,
            "candidates_up_to": made.members,
            "searched": made.searched,
            "search_began_from": list(made.starts),
            "flows": made.flows,
            "layers": [held.key for held in made.layers],
        }
    )


def _alternative(number: int, one: Design, made: Designs) -> dict[str, Any]:
    return {
        "number": number,
        "name": one.name,
        "weights": dict(one.weights),
        "at_most": dict(one.most),
        "optimal": one.optimal,
        "score": one.score,
        "bound": one.bound,
        "gap": one.gap,
        "measures": asdict(one.measures),
        "assignment": dict(sorted(one.assignment.items())),
        "names": dict(sorted(one.names.items())),
        "moves": moves_table(made, number).drop(columns="design").to_dict("records"),
    }


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
    columns = {"today": made.today} | {str(n): one.measures for n, one in enumerate(made.designs, start=1)}
    rows: list[dict[str, Any]] = []
    for name in MEASURES:
        keys = [held.key for held in made.layers] if name == "cut_people" else [""]
        for key in keys:
            told = {column: _value(found, name, key) for column, found in columns.items()}
            if any(value is not None for value in told.values()):
                rows.append({"measure": name, "against": key, **told})
    return pd.DataFrame(rows, columns=["measure", "against", *columns])


def _value(found: Measures | None, name: str, key: str) -> float | None:
    value: Any = None if found is None else getattr(found, name)
    return value[key] if isinstance(value, Mapping) else value


def assignment_table(made: Designs) -> pd.DataFrame:
    """Return which cluster every unit is in, today and in every alternative.

    Parameters
    ----------
    made
        From `geoplan.planning.designing.designs.plan`.

    Returns
    -------
    pandas.DataFrame
        ``unit``, ``name``, ``people``, and a column of cluster names for each alternative by its number.
    """
    units = made.units
    table = pd.DataFrame({"unit": units.codes, "name": units.names, "people": units.people})
    for number, one in enumerate(made.designs, start=1):
        table[str(number)] = [one.names[one.assignment[code]] for code in units.codes]
    return table


def membership_table(made: Designs, number: int) -> pd.DataFrame:
    """Return an alternative as a membership table, which every command reads as a layer.

    Parameters
    ----------
    made
        From `geoplan.planning.designing.designs.plan`.
    number
        Of the alternative, from 1.

    Returns
    -------
    pandas.DataFrame
        ``area_id``, ``area_name``, ``lad_code``, ``block`` (empty where all of the authority belongs).
    """
    one, units = made.designs[number - 1], made.units
    rows = []
    for code, blocks in zip(units.codes, units.blocks, strict=True):
        area = one.assignment[code]
        rows += [(area, one.names[area], block.partition(".")[0], block) for block in sorted(blocks)]
    table = pd.DataFrame(rows, columns=["area_id", "area_name", "lad_code", "block"])
    split = table["block"] != table["lad_code"]
    return table.assign(block=table["block"].where(split, "")).sort_values(["area_id", "lad_code", "block"])


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
        ``mends_people`` (fewer in cut pieces than if it alone stayed), ``keeps_workers`` (more who live and work in
        one area) and ``beside`` (units that go the same way).
    """
    units = made.units
    rows = [
        (number, units.codes[one.unit], units.names[one.unit], one.source, one.target, one.people, layer, mends,
         one.keeps, "; ".join(one.beside))
        for one in made.designs[number - 1].moves
        for layer, mends in (one.mends or {"": float("nan")}).items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(MOVE_COLUMNS))
