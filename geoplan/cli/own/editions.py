"""The command on editions: changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from geoplan.cli.edge import cli
from geoplan.cli.maps import map_kind
from geoplan.cli.options import (
    column_options,
    configuration,
    failing_option,
    is_raw,
    library,
    out_option,
    raw_option,
    replaced_option,
    shown_option,
    tolerance,
    wards_option,
    weighing_options,
)
from geoplan.cli.speaking import as_csv, declare, end, places_of, say, tell_changes, tell_written, write

__all__ = []


@cli.command()
@click.argument("old")
@click.argument("new")
@click.option(
    "--format", "form", type=click.Choice(["text", "csv", "json", "findings", "sarif", "junit"]), default="text",
    show_default=True, help="CSV has a row for each area, findings those of findings.csv.",
)  # fmt: skip
@out_option
@click.option(
    "--map", "drawn", default="", metavar="FILE",
    help="Also draw both editions with what changed: .html, .png, .svg or .pdf.",
)  # fmt: skip
@failing_option
@weighing_options
@raw_option
@shown_option
@replaced_option
@wards_option
@column_options
def changes(old: str, new: str, form: str, out: str, drawn: str, fail_on: str, **asked: Any) -> None:
    """Tell what changed between two editions of a layer: who is new, gone, merged, split, redrawn.

    OLD and NEW are catalogue keys, boundary files or membership tables. Where both are made of the same blocks, codes
    decide; else outlines do, and pieces that exist only in the drawing are set aside. An area goes on under its code,
    under its name where each holds most of the other, or on the same ground. Python: geoplan.changes.
    """
    from geoplan.auditing.editions import versions
    from geoplan.output import exchange
    from geoplan.output.tables import audits, comparison
    from geoplan.output.text import comparison_lines
    from geoplan.schema import Weight

    kind = map_kind(drawn) if drawn else ""
    declare(asked, (old, new), **places_of(out, map=drawn))
    found = versions.changed_editions(
        old,
        new,
        atlas=library(asked),
        weight=Weight(asked["weight"]),
        tolerance=tolerance(asked["tolerance"], keep_artefacts=asked["keep_artefacts"]),
        code=asked["code"],
        name=asked["name"],
    )
    for note in (*found.old.notes, *found.new.notes, *found.forth.overlay.notes):
        # That codes of an old edition have ended is what is asked.
        if not note.by_design and note.rule != "GP104":
            say(f"{note.rule}: {note.message}", err=True)
    tell_changes(found.old, found.new)
    if not found.are_alike:
        told = f"Hardly an area of {found.old.title} goes on in {found.new.title}: are they editions of one layer?"
        say(f"{told} geoplan compare sets one layer against another.", err=True)
    printed = {
        "text": lambda: comparison_lines.changes_text(found),
        "csv": lambda: as_csv(comparison.changes_table(found)),
        "json": lambda: comparison.changes_json(found),
        "findings": lambda: audits.findings_csv(found.findings, raw=is_raw()),
        "sarif": lambda: exchange.sarif(found.findings, artifact=Path(new).name),
        "junit": lambda: exchange.junit(found.findings, fail_on=fail_on),
    }
    write(printed[form](), out)
    if drawn:
        write(_map(found, kind, (old, new), asked), drawn)
        tell_written(drawn)
    end(found.findings, fail_on)


def _map(found: Any, kind: str, layers: tuple[str, str], asked: dict[str, Any]) -> str | bytes:
    """Return both editions on one page or picture, with what changed as its findings."""
    from dataclasses import replace

    from geoplan.auditing import audit as auditing
    from geoplan.output.page import webmap
    from geoplan.output.picture import plot
    from geoplan.output.text import comparison_lines

    configured = configuration({**asked, "layers": ",".join(layers), "focus": "", "flows": ""})
    result = replace(auditing.run(configured, geometry=True), findings=found.findings)
    if not kind:
        return webmap.page(result, outlined=True, editions=found)
    return plot.made(result, kind, subtitle=comparison_lines.changes_counted(found), editions=found)
