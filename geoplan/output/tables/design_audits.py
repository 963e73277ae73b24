"""The audits of today's arrangement and of designed clusters, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoplan.output.tables.audits import findings_table
from geoplan.output.tables.cells import records
from geoplan.output.tables.outcomes import fates_table
from geoplan.planning.designing.audited import Audited
from geoplan.planning.designing.designs import Designs
from geoplan.planning.scenarios.fates import FATES
from geoplan.schema import FINDING_COLUMNS

__all__ = ["TODAY", "areas_json", "areas_table", "audits_of", "fated_findings", "findings_json"]

TODAY = "today"
STAYS = "stays"
"""What becomes of a finding that is the same as today's."""


def audits_of(made: Designs) -> dict[str, Audited]:
    """Return the audits by what tables call them: ``today`` (only with a start), then the alternatives from "1"."""
    today = {} if made.audited is None else {TODAY: made.audited}
    return today | {str(number): one.audited for number, one in enumerate(made.designs, start=1)}


def areas_table(made: Designs) -> pd.DataFrame:
    """Return the areas of today's arrangement and of every alternative.

    Parameters
    ----------
    made
        From `geoplan.planning.designing.designs.plan`.

    Returns
    -------
    pandas.DataFrame
        A row an area: ``design`` ("today", or the number of the alternative), ``code``, ``name``, ``units`` (how
        many), ``people``, ``out_of_work`` (people; missing where not counted), ``self_containment`` (supply side, 0 to
        1), ``pieces``, and for every layer ``partners KEY`` (areas to work with) and ``cut_people KEY`` (people in its
        cut pieces, of those whom the plan counts there).
    """
    rows = [
        {"design": label, **{name: value for name, value in row.items() if not isinstance(value, Mapping)},
         **{f"{name} {key}": each for name in ("partners", "cut_people") for key, each in row[name].items()}}
        for label, told in audits_of(made).items()
        for row in areas_json(told)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def areas_json(told: Audited) -> list[dict[str, Any]]:
    """Return the areas of an arrangement in JSON types; ``partners`` and ``cut_people`` are by layer."""
    return [
        {
            "code": code,
            "name": row["name"],
            "units": row["units"],
            "people": row["people"],
            "out_of_work": row["out_of_work"],
            "self_containment": row["supply"],
            "pieces": row["pieces"],
            "partners": row["partners"],
            "cut_people": row["cut_people"],
        }
        for code, row in told.areas.items()
    ]


def findings_json(told: Audited) -> dict[str, Any]:
    """Return what an audit found, in JSON types: ``counts`` by severity, ``rules``, and the findings by fate."""
    fated = {} if told.fates is None else {fate: records(fates_table(told.fates, fate)) for fate in FATES}
    return {"counts": told.counts, "rules": told.rules, **fated}


def fated_findings(made: Designs) -> pd.DataFrame:
    """Return the findings of today's arrangement and of every alternative, with what becomes of today's.

    Parameters
    ----------
    made
        From `geoplan.planning.designing.designs.plan`.

    Returns
    -------
    pandas.DataFrame
        ``design`` ("today", or the number of the alternative), ``fate`` (mended, made, grown, shrunk or stays; empty
        without a start), ``before`` (its measure today; missing where there is none) and the columns of
        findings.csv. Findings that are mended stand as they were, with no ``value``.
    """
    columns = ["design", "fate", "before", *FINDING_COLUMNS]
    tables = [_fated(told).assign(design=label) for label, told in audits_of(made).items()]
    kept = [table.reindex(columns=columns).astype(object) for table in tables]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=columns)


def _fated(told: Audited) -> pd.DataFrame:
    now = findings_table(told.result.findings)
    if told.fates is None:
        return now.assign(fate="", before=None)
    words = {word: fate for fate, word in FATES.items()}
    changes = told.fates.versus.by_id
    gone = findings_table(told.fates.findings("mended"))
    before = told.fates.versus.table.set_index("id")["before"]
    both = pd.concat(
        [
            gone.assign(fate="mended", value=None).astype(object),
            now.assign(fate=[words.get(changes.get(one, ""), STAYS) for one in now["id"]]).astype(object),
        ],
        ignore_index=True,
    )
    ranked = both.assign(before=both["id"].map(before), rank=both["fate"].map([*FATES, STAYS].index))
    return ranked.sort_values("rank", kind="stable").drop(columns="rank")
