"""What would come of changes, as JSON and as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoplan.output.summary.planned.outcome_figures import figure_rows
from geoplan.output.tables.cells import as_json
from geoplan.planning.scenarios.fates import FATES, Fates
from geoplan.planning.scenarios.whatif import Outcome

__all__ = ["AREA_COLUMNS", "areas_table", "fates_table", "figures_table", "moves_table", "whatif_json"]

AREA_COLUMNS = ("layer", "code", "name", "measure", "against", "before", "after")
MOVE_COLUMNS = ("layer", "block", "authority", "left", "left_names", "joined", "joined_names", "people")
FINDING_COLUMNS = (
    "id", "rule", "severity", "layer", "code", "name", "other_layer", "before", "value", "unit", "message",
    "instead_of",
)  # fmt: skip


def whatif_json(outcome: Outcome) -> str:
    """Write what would come of changes as JSON.

    Parameters
    ----------
    outcome
        From `geoplan.planning.scenarios.whatif.whatif`.

    Returns
    -------
    str
        ``scenario``, ``layers`` (keys audited), ``changes``, ``moved`` (blocks), ``before`` and ``after`` (figures),
        ``findings`` by fate (mended, made, grown, shrunk) with the ids of an audit set against an earlier one,
        ``areas`` for which something differs, ``differences`` (each changed layer of today compared with what becomes
        of it, as a pair of audit.json), ``warnings`` and ``remarks``. The same changes give the same text.
    """
    scenario, told = outcome.scenario, outcome.after
    names = ("name", "title", "in_force_from", "source", "confidence", "note", "sha256")
    before, after = outcome.figures
    return as_json(
        {
            "scenario": {name: getattr(scenario, name) for name in names},
            "as_of": told.as_of,
            "focus": None if told.focus is None else {"layer": told.focus.layer, "code": told.focus.code},
            "layers": list(told.layers),
            "changes": [vars(step) for step in scenario.steps],
            "moved": moves_table(outcome).to_dict("records"),
            "before": before,
            "after": after,
            "findings": {fate: fates_table(outcome, fate).to_dict("records") for fate in FATES},
            "areas": _areas(outcome),
            "differences": {key: dict(pair.summary) for key, (pair, _) in outcome.differences.items()},
            "warnings": list(outcome.warnings),
            "remarks": list(outcome.remarks),
        }
    )


def _areas(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {"layer": key, "code": code, "before": then, "after": now}
        for key, found in outcome.areas.items()
        for code, (then, now) in found.items()
    ]


def fates_table(told: Fates, fate: str) -> pd.DataFrame:
    """Return the findings that have met one fate, as rows.

    Parameters
    ----------
    told
        Two audits, such as those of `geoplan.planning.scenarios.whatif.whatif`.
    fate
        mended, made, grown or shrunk.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``rule``, ``severity``, ``layer``, ``code``, ``name``, ``other_layer``, ``before`` and ``value`` (its
        measure before and after, missing where there is none), ``unit``, ``message`` and ``instead_of``.
    """
    table = told.findings_table(fate)[list(FINDING_COLUMNS)]
    return table.astype({"before": object, "value": object}).where(table.notna(), None)


def moves_table(outcome: Outcome) -> pd.DataFrame:
    """Return the blocks that are in other areas than before.

    Parameters
    ----------
    outcome
        From `geoplan.planning.scenarios.whatif.whatif`.

    Returns
    -------
    pandas.DataFrame
        ``layer``, ``block``, ``authority`` (its name), the codes and names of the areas it leaves and joins (several
        joined by ";"), and ``people``.
    """
    rows = []
    for key, each in outcome.applied.items():
        then = outcome.before.layers.get(key, each.layer)
        for block, (left, joined) in each.moved.items():
            rows.append(
                {
                    "layer": key,
                    "block": block,
                    "authority": outcome.authority(block),
                    "left": ";".join(left),
                    "left_names": ";".join(map(then.name, left)),
                    "joined": ";".join(joined),
                    "joined_names": ";".join(map(each.layer.name, joined)),
                    "people": float(outcome.before.blocks.at[block, "people"]),
                }
            )
    return pd.DataFrame(rows, columns=list(MOVE_COLUMNS))


def figures_table(outcome: Outcome) -> pd.DataFrame:
    """Return the figures of both audits side by side.

    Parameters
    ----------
    outcome
        From `geoplan.planning.scenarios.whatif.whatif`.

    Returns
    -------
    pandas.DataFrame
        ``measure``, ``layer``, ``against`` (keys; empty where it is about the whole audit), ``before``, ``after``,
        ``difference`` (missing where not assessed) and ``kind`` (count, share from 0 to 1, or mean).
    """
    rows = [
        (row.what, *(*row.keys, "", "")[:2], row.before, row.after, _difference(row.before, row.after), row.kind)
        for row in figure_rows(outcome)
    ]
    return pd.DataFrame(rows, columns=["measure", "layer", "against", "before", "after", "difference", "kind"])


def _difference(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def areas_table(outcome: Outcome) -> pd.DataFrame:
    """Return the figures of the areas for which something differs, a row a figure.

    Parameters
    ----------
    outcome
        From `geoplan.planning.scenarios.whatif.whatif`.

    Returns
    -------
    pandas.DataFrame
        `AREA_COLUMNS`; ``before`` or ``after`` is missing where there is no such area, or nothing is assessed.
    """
    rows = []
    for key, found in outcome.areas.items():
        for code, (then, now) in found.items():
            name = str((now or then or {})["name"])
            one, other = _flat(then), _flat(now)
            measures = dict.fromkeys([*one, *other])
            rows += [
                (key, code, name, *at, one.get(at), other.get(at)) for at in measures if one.get(at) != other.get(at)
            ]
    return pd.DataFrame(rows, columns=list(AREA_COLUMNS))


def _flat(figures: Mapping[str, Any] | None) -> dict[tuple[str, str], float | None]:
    found: dict[tuple[str, str], float | None] = {}
    for name, value in (figures or {}).items():
        if isinstance(value, Mapping):
            found.update({(name, str(other)): each for other, each in value.items()})
        elif name != "name":
            found[name, ""] = value
    return found
