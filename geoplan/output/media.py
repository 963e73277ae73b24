"""The files of an audit, each made by its medium."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from geoplan.auditing.batch import DRAWN, Batch, Telling, gathered
from geoplan.auditing.config import FILES, Plan
from geoplan.auditing.results import AuditResult
from geoplan.output.brief import brief
from geoplan.output.exchange import junit, sarif
from geoplan.output.index.webpage import index_page
from geoplan.output.page import webmap
from geoplan.output.tables import audits, cells, outcomes
from geoplan.planning.scenarios.whatif import Outcome
from geoplan.progress import each

if TYPE_CHECKING:
    from geoplan.planning.designing.designs import Designs

__all__ = [
    "WHATIF_FILES",
    "area_files",
    "audit_files",
    "plan_files",
    "plan_map",
    "plan_names",
    "run",
    "whatif_files",
]

WHATIF_FILES = (*FILES, "changes.csv", "whatif.json")
"""What is written of changes that are tried out."""
PLAN_FILES = ("plan.json", "plan.xlsx", "brief.html", "map.html")
"""What is written of a plan, besides a membership table for each alternative."""


def _area_files(result: AuditResult, raw: bool) -> dict[str, bytes]:  # noqa: FBT001 - as `Telling` asks
    told = brief.page(result)
    return {
        "brief.html": told.encode(),
        "brief.docx": _document(result, told),
        "map.html": webmap.page(result).encode(),
        "findings.csv": audits.findings_csv(result.findings, raw=raw).encode(),
    }


def _document(result: AuditResult, told: str) -> bytes:
    from geoplan.output.document import document

    return document.docx(result, told)


TELLING = Telling(audits.audit_json, _area_files)
"""The areas of a batch as a brief, to read and to edit, a map and a table of findings."""


def run(plan: Plan, **options: Any) -> Batch:
    """Run a configuration and write the areas that it asks for.

    Parameters
    ----------
    plan
        From `geoplan.auditing.config.load`.
    **options
        Of `geoplan.auditing.batch.gathered`.

    Returns
    -------
    Batch
        The whole audit and every area with its files.
    """
    return gathered(plan, TELLING, **options)


def audit_files(
    batch: Batch, names: Iterable[str], *, artifact: str = "geoplan.toml", fail_on: str = "never", raw: bool = False
) -> dict[str, bytes]:
    """Write a batch's whole audit in the formats asked for.

    Parameters
    ----------
    batch
        From `run`.
    names
        Of the files, as in the configuration; those that need outlines are left out where a lookup has none.
    artifact, fail_on
        Of `geoplan.output.exchange.sarif` and `geoplan.output.exchange.junit`.
    raw
        Of `geoplan.output.tables.cells.table_csv`.

    Returns
    -------
    dict
        Name -> content; ``changes.csv`` too where an earlier audit was given.
    """
    from geoplan.output.geopackage import writing
    from geoplan.output.workbook import book

    result, known = batch.result, batch.result.known
    told = cache(lambda: brief.page(result))
    made: dict[str, Callable[[], bytes]] = {
        "findings.csv": lambda: audits.findings_csv(result.findings, raw=raw).encode(),
        "audit.json": lambda: audits.audit_json(result).encode(),
        "audit.sarif": lambda: sarif(result.findings, known=known, changes=result.changes, artifact=artifact).encode(),
        "audit.junit.xml": lambda: junit(result.findings, known=known, fail_on=fail_on).encode(),
        "audit.xlsx": lambda: book.xlsx(result),
        "audit.gpkg": lambda: writing.geopackage(result),
        "map.html": lambda: webmap.page(result).encode(),
        "brief.html": lambda: told().encode(),
        "brief.docx": lambda: _document(result, told()),
    }
    wanted = [name for name in names if not (result.undrawn and name in DRAWN)]
    files = {name: made[name]() for name in each(wanted, "Writing files", len(wanted))}
    if batch.versus is not None:
        files["changes.csv"] = cells.table_csv(batch.versus.table, raw=raw).encode()
    if batch.areas:
        files["index.html"] = index_page(batch, sorted(files)).encode()
    return files


def whatif_files(outcome: Outcome, *, raw: bool = False) -> dict[str, bytes]:
    """Write what would come of changes: the files of the audit after them, which tell of the one before too.

    Parameters
    ----------
    outcome
        From `geoplan.planning.scenarios.whatif.whatif`, with outlines.
    raw
        Of `geoplan.output.tables.cells.table_csv`.

    Returns
    -------
    dict
        Name -> content. Where the changes come to nothing the files of the audit are those of today's.
    """
    from geoplan.output.brief import changes
    from geoplan.output.page.switching import shown_keys, switched
    from geoplan.output.workbook import book

    empty = outcome.is_empty
    result = outcome.after if empty else replace(outcome.after, changes=outcome.versus.by_id)
    drawn = () if empty or result.undrawn else ("map.html", "brief.html", "brief.docx")
    told = () if empty else ("audit.xlsx", *drawn)
    plain = [name for name in FILES if name not in told]
    files = audit_files(Batch(result, outcome.versus, ()), plain, raw=raw)
    if drawn:
        shown, switch = switched(outcome) if shown_keys(outcome) else (result, None)
        files["map.html"] = webmap.page(shown, switch=switch).encode()
        told_of = brief.page(result, changes=changes.told(outcome))
        files |= {"brief.html": told_of.encode(), "brief.docx": _document(result, told_of)}
    if told:
        files["audit.xlsx"] = book.xlsx(result, outcome=outcome)
    files["whatif.json"] = outcomes.whatif_json(outcome).encode()
    return files


def plan_names(alternatives: int) -> list[str]:
    """Return the names of the files of a plan with so many alternatives at most."""
    return [*PLAN_FILES, *(f"alternative-{number}.csv" for number in range(1, alternatives + 1))]


def plan_map(made: Designs) -> str:
    """Draw a plan as a page that switches between today's arrangement and every alternative.

    Parameters
    ----------
    made
        From `geoplan.planning.designing.designs.plan`, with alternatives.

    Returns
    -------
    str
        HTML that asks nobody for anything; the same plan gives the same text.
    """
    from geoplan.output.page.plan_views import gathered_views

    shown, switch = gathered_views(made)
    return webmap.page(shown, switch=switch)


def plan_files(made: Designs, *, raw: bool = False) -> dict[str, bytes]:
    """Write designed clusters.

    Parameters
    ----------
    made
        From `geoplan.planning.designing.designs.plan`, with alternatives.
    raw
        Of `geoplan.output.tables.cells.table_csv`.

    Returns
    -------
    dict
        Name -> content; each alternative is a membership table.
    """
    from geoplan.output.brief import plans
    from geoplan.output.tables import designs
    from geoplan.output.workbook.plan_book import plan_xlsx

    files = {
        "plan.json": designs.designs_json(made).encode(),
        "plan.xlsx": plan_xlsx(made),
        "brief.html": plans.page(made).encode(),
        "map.html": plan_map(made).encode(),
    }
    for number, one in enumerate(made.designs, start=1):
        files[f"alternative-{number}.csv"] = cells.table_csv(one.audited.arrangement.members, raw=raw).encode()
    return files


def area_files(batch: Batch) -> dict[str, bytes]:
    """Return the files of every area by their paths below the output folder.

    Parameters
    ----------
    batch
        From `run`.

    Returns
    -------
    dict
        Path -> content.
    """
    return {f"areas/{area.folder}/{name}": content for area in batch.areas for name, content in area.files.items()}
