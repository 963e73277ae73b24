"""What commands say and write, and what they refuse before any work."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan.cli.options import is_raw, replacements

if TYPE_CHECKING:
    from geoplan.auditing.config import Plan
    from geoplan.schema import Finding, Flows, Layer

__all__ = [
    "as_csv",
    "as_table",
    "declare",
    "end",
    "places_of",
    "read_by",
    "say",
    "tell_changes",
    "tell_notes",
    "tell_written",
    "write",
    "write_with_graph",
]


def tell_written(place: str, more: str = "") -> None:
    """Say where an output went, unless it went to a stream."""
    from geoplan.writing import places

    if not places.is_stream(place):
        say(f"Written: {place}.{more}")


def end(findings: Sequence[Finding], fail_on: str) -> None:
    """End with exit code 1 if any finding is as severe as ``fail_on``."""
    from geoplan.auditing.judging.grading import counts_against

    if any(counts_against(finding, fail_on) for finding in findings):
        sys.exit(1)


def tell_notes(flows: Flows) -> None:
    """Say on the side what is noted of flows of the user's own."""
    for note in flows.notes if flows.kind != "modelled" else ():
        say(f"{note.rule}: {note.message}", err=True)


def tell_changes(*layers: Layer) -> None:
    """Say on the side on which day layers are shown, what is known to change after it, and how rows were used.

    Where people are counted by estimates that were fetched, that is said too.
    """
    from geoplan.data.official.people import estimates_used
    from geoplan.output.text import layer_lines

    said = (layer_lines.day_lines, layer_lines.change_lines, layer_lines.row_lines)
    for line in (line for lines in said for line in lines(layers)):
        say(line, err=True)
    estimates = estimates_used()
    if not estimates.shipped and any(layer.blocks is None for layer in layers):
        say(estimates.sentence, err=True)


def say(text: str, *, nl: bool = True, err: bool = False) -> None:
    """Write a text to the screen, or with ``err`` on the side; ``nl`` ends the line."""
    from geoplan.writing import files

    files.say(f"{text}\n" if nl else text, err=err)


def write(content: str | bytes, out: str) -> None:
    """Write an output to a file or a stream."""
    from geoplan.writing import files

    files.write(content, out)


def declare(asked: Mapping[str, Any], references: Iterable[str], **given: str) -> None:
    """Refuse outputs that would destroy an input or each other, before any work."""
    from geoplan.data.tables.indicators import files_of
    from geoplan.writing import places

    read = [
        *references,
        *replacements(asked.get("replace", ())).values(),
        asked.get("flows", ""),
        asked.get("wards", ""),
        *files_of(asked.get("indicator", "")),
    ]
    places.check({f"--{option}": place for option, place in given.items()}, places.inputs_of(read))


def places_of(out: str, **more: str) -> dict[str, str]:
    """Return the places of a command's outputs: the main one, by default the screen, and others if asked for."""
    return {"out": out, **{option: place for option, place in more.items() if place}}


def read_by(plan: Plan, config: str) -> list[str]:
    """Return references to all that the audit of a plan reads."""
    return [*plan.reads, config]


def write_with_graph(text: str, out: str, network: Any, graph: str) -> None:
    """Write a text and, where a file for it is named, the network as a graph."""
    from geoplan.output.tables import graphs

    if graph:
        write(graphs.graph_text(network, Path(graph).suffix), graph)
    write(text, out)


def as_csv(table: Any) -> str:
    """Return a table as CSV, its text guarded from spreadsheets unless --raw-csv was asked for."""
    from geoplan.output.tables import cells

    return cells.table_csv(table, raw=is_raw())


def as_table(table: Any, form: str) -> str:
    """Return a table as JSON if ``form`` says so, else as CSV."""
    from geoplan.output.tables import cells

    return cells.table_json(table) if form == "json" else as_csv(table)
