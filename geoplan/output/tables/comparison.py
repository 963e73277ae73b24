"""A comparison as a table and as JSON."""

from __future__ import annotations

import pandas as pd

from geoplan.analysis import agreement, verdicts
from geoplan.analysis.editions.changes import EditionChange
from geoplan.auditing.editions.versions import Editions
from geoplan.auditing.results import Pair
from geoplan.output.tables.audits import findings_table
from geoplan.output.tables.cells import as_json, records, table_json
from geoplan.schema.indicators import values_of

__all__ = ["changes_json", "changes_table", "compare_json", "compare_table"]

COMPARE_COLUMNS = (
    "left_code",
    "left_name",
    "right_code",
    "right_name",
    "area_m2",
    "left_area_share",
    "right_area_share",
    "people",
    "left_people_share",
    "right_people_share",
    "width_m",
    "artefact",
    "relation",
)

INDICATED = ("indicator", "indicator_name", "indicator_source")
"""Further columns where an indicator of the user's own was given."""


def compare_table(pair: Pair) -> pd.DataFrame:
    """Return a comparison as the rows of its CSV.

    Parameters
    ----------
    pair
        From `geoplan.auditing.comparing.compare`.

    Returns
    -------
    pandas.DataFrame
        A row for every pair that meets, artefacts too, and one for the rest of an area with an empty right
        code; areas that meet nothing have only that row. Columns as in docs/reference/tables.md: square metres,
        shares 0 to 1, metres; `INDICATED` besides where an indicator was given.
    """
    over = pair.overlay
    rows = over.table.reset_index().rename(columns={"left": "left_code", "right": "right_code"})
    rows["left_name"] = over.left.areas["name"].reindex(rows["left_code"]).to_numpy()
    rows["right_name"] = over.right.areas["name"].reindex(rows["right_code"]).fillna("").to_numpy()
    rows["relation"] = pair.relations["relation"].reindex(rows["left_code"]).to_numpy()
    if pair.indicator is None or over.rated is None:
        return rows[list(COMPARE_COLUMNS)]
    values = values_of(over.rated, pair.indicator.kind).reindex(over.table.index).to_numpy()
    rows = rows.assign(indicator=values, indicator_name=pair.indicator.name, indicator_source=pair.indicator.cited)
    return rows[[*COMPARE_COLUMNS, *INDICATED]]


def compare_json(pair: Pair) -> str:
    """Return a comparison as JSON: the rows of `compare_table`, each with the reason of its verdict.

    Parameters
    ----------
    pair
        From `geoplan.auditing.comparing.compare`.

    Returns
    -------
    str
        A list of objects; ``reason`` says why the row counts as real or as a drawing artefact,
        ``effective_partners`` and ``conditional_entropy`` (bits) among how many the left area is divided.
    """
    table = compare_table(pair).assign(reason=verdicts.reasons(pair.overlay).to_numpy())
    return table_json(table.join(agreement.effective_partners(pair.overlay), on="left_code"))


def changes_table(editions: Editions) -> pd.DataFrame:
    """Return two editions as the rows of the CSV of ``geoplan changes``: one an area, the unchanged last.

    Parameters
    ----------
    editions
        From `geoplan.auditing.editions.versions.changed_editions`.

    Returns
    -------
    pandas.DataFrame
        Its table; several codes or names in one cell are joined by ";".
    """
    joined = {column: editions.table[column].map(";".join) for column in ("other_codes", "other_names")}
    return editions.table.assign(change=editions.table["change"].map(str), **joined)


def changes_json(editions: Editions) -> str:
    """Return two editions as JSON.

    Parameters
    ----------
    editions
        From `geoplan.auditing.editions.versions.changed_editions`.

    Returns
    -------
    str
        The keys of both, what is counted, how many artefacts of the drawing were set aside, how many areas changed in
        which way, the rows of `changes_table` with codes as lists, and the findings (GP601).
    """
    table = editions.table.assign(change=editions.table["change"].map(str))
    counts = {str(kind): int((table["change"] == kind).sum()) for kind in EditionChange}
    document = {
        "old": editions.old.key,
        "new": editions.new.key,
        "weight": str(editions.weight),
        "artefacts_set_aside": editions.artefacts,
        "ended": editions.ended,
        "began": editions.began,
        "counts": counts,
        "changes": records(table),
        "findings": records(findings_table(editions.findings)),
    }
    return as_json(document)
