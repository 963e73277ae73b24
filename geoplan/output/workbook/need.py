"""The sheet of need: who is out of work in each area, and who lives in the most deprived small areas."""

from __future__ import annotations

from geoplan.analysis.networks.deprivation import DEPRIVED_SHARE
from geoplan.auditing.need import need_table, run_table
from geoplan.auditing.results import AuditResult
from geoplan.output.workbook.sheet_parts import Sheet
from geoplan.schema.indicators import Kind

__all__ = ["need_sheets"]

PEOPLE = "People in the most deprived tenth of small areas"
COLUMNS = {
    "layer": "Layer",
    "code": "Code",
    "name": "Name",
    "out_of_work": "People out of work",
    "out_of_work_rate": "Share of people aged 16 to 64 (2021) out of work",
    "most_deprived": PEOPLE,
    "most_deprived_share": "Share of people (2021) in the most deprived tenth",
    "worst_by_work": "People in the worst tenth by employment",
    "worst_by_work_share": "Share of people (2021) in the worst tenth by employment",
    "income_deprived": "People on low income",
    "disabled": "Disabled people",
    "residents_2021": "People (2021)",
    "residents_16_64_2021": "People aged 16 to 64 (2021)",
    "parted": "Deprived neighbours that its border parts",
}

RUNS = {
    "layer": "Layer",
    "run": "Run",
    "units": "Units",
    "members": "Authorities",
    "people": PEOPLE,
    "areas": "Codes of areas",
    "area_names": "Lies in",
    "cut": "Cut by a border",
}


def need_sheets(result: AuditResult) -> list[Sheet]:
    """Return the sheet of need, none where nobody in need is counted."""
    columns, own = dict(COLUMNS), result.indicator
    if own is not None:
        columns["indicator"] = own.described
    table = need_table(result)
    if table.empty:
        return []
    table = table[list(columns)].rename(columns=columns)
    kinds = {name: "share" if name.startswith("Share") else "count" for name in [*COLUMNS.values()][3:-1]}
    kinds[COLUMNS["parted"]] = "long"
    if own is not None:
        kinds[own.described] = "count" if own.kind is Kind.COUNT else "index"
    about = (
        "Who is out of work, on low income, disabled or lives in the most deprived small areas (English Indices of "
        "Deprivation 2025, Census 2021); the first row is England; empty: not counted there"
    )
    return [Sheet("Need", about, table, kinds), *_run_sheets(result)]


def _run_sheets(result: AuditResult) -> list[Sheet]:
    table = run_table(result)
    if table.empty:
        return []
    table = table.assign(cut=["yes" if cut else "no" for cut in table["cut"]])
    share = f"{DEPRIVED_SHARE:.0%}"
    about = (
        f"Authorities, or sides of those that health boards split, in each of which {share} or more live in the most "
        "deprived tenth of small areas, and which touch: whether one area holds all of such a run, or a border cuts "
        "it. That both have deprived small areas does not say that these touch"
    )
    return [Sheet("Need runs", about, table.rename(columns=RUNS), {"Authorities": "long", "Lies in": "long",
                                                                   PEOPLE: "count", "Units": "count"})]  # fmt: skip
