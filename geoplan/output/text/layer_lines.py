"""Layers, their faults and their rows on the screen."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from geoplan.auditing.judging.rules import rule
from geoplan.auditing.results import Pair
from geoplan.data.catalogue import status_on
from geoplan.data.catalogue_file import Entry
from geoplan.data.membership.own.steps import state
from geoplan.data.scenarios.reading import shipped_scenarios
from geoplan.data.scenarios.scenario import named_as
from geoplan.output.text.comparison_lines import provenance
from geoplan.output.text.lines import WIDTH, cut_to_width, findings_text
from geoplan.schema import Finding, Layer, Severity, layer_wording, wording

__all__ = [
    "NEAREST",
    "OTHER_DAY",
    "catalogue_text",
    "change_lines",
    "check_text",
    "day_lines",
    "layer_text",
    "reading_lines",
    "row_lines",
    "unmatched_lines",
]

OTHER_DAY = "Use --as-of today, or a day of your own."
"""What to do about a layer that changes after the day shown."""
_FAULTS = {
    "GP104": ("code no longer in use", "codes no longer in use"),
    "GP201": ("gap", "gaps"),
    "GP202": ("overlap", "overlaps"),
    "GP204": ("part of the country not covered", "parts of the country not covered"),
    "GP401": ("authority in none", "authorities in none"),
    "GP402": ("authority in several", "authorities in several"),
    "GP403": ("name or code that matches no authority", "names or codes that match no authority"),
    "GP404": ("partnership in pieces", "partnerships in pieces"),
    "GP901": ("check that could not run", "checks that could not run"),
}
"""What the verdict of a check counts, in one and in several."""
MOST_UNMATCHED = 4
"""Values that match no authority named in a summary."""
NEAREST = 6
"""Authorities named as those that a place shares most bodies with."""


def change_lines(layers: Iterable[Layer]) -> list[str]:
    """Return what is known to change in layers after the day shown.

    Parameters
    ----------
    layers
        Those shown.

    Returns
    -------
    list of str
        A line a layer of which a change is known.
    """
    said = dict.fromkeys(layer_wording.known_changes(layer) for layer in layers)
    return [f"{each} {OTHER_DAY}" for each in said if each]


def day_lines(layers: Iterable[Layer]) -> list[str]:
    """Return which layers were not in force on the day asked for, and which day they are shown on instead.

    Parameters
    ----------
    layers
        Those shown.

    Returns
    -------
    list of str
        A line a layer.
    """
    return list(dict.fromkeys(filter(None, map(layer_wording.shown_on, layers))))


def row_lines(layers: Iterable[Layer]) -> list[str]:
    """Return how the rows of tables of the user's own were used.

    Parameters
    ----------
    layers
        Those shown.

    Returns
    -------
    list of str
        A line a table; none for other layers.
    """
    return list(dict.fromkeys(layer_wording.rows_read(layer) for layer in layers if layer.rows))


def unmatched_lines(findings: Iterable[Finding]) -> list[str]:
    """Return a sentence for each table with rows that match no authority.

    Parameters
    ----------
    findings
        Of an audit or a check.

    Returns
    -------
    list of str
        Lines of at most 100 characters that name the first values and what may have been meant.
    """
    by_layer: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.rule == "GP403" and finding.severity is Severity.ERROR:
            by_layer.setdefault(finding.layer, []).append(finding)
    lines: list[str] = []
    for layer, found in by_layer.items():
        known: list[Any] = [finding.evidence for finding in found]
        rows = sum(len(each["rows"]) for each in known)
        named = [_with_nearest(finding) for finding in found[:MOST_UNMATCHED]]
        more = [f"{len(found) - MOST_UNMATCHED} more"] if len(found) > MOST_UNMATCHED else []
        count = wording.number_of(rows, "row matches", "rows match")
        whose = "Its people are" if rows == 1 else "Their people are"
        text = f"{layer}: {count} no authority: {'; '.join([*named, *more])}. {whose} in no figure."
        lines += textwrap.wrap(text, WIDTH)
    return lines


def _with_nearest(finding: Finding) -> str:
    evidence: Any = finding.evidence
    near = evidence["nearest"]
    return f"{finding.code} ({' or '.join(near)}?)" if near else finding.code


def check_text(layer: Layer, findings: Sequence[Finding]) -> str:
    """Return whether a layer is sound, for people: the verdict, its size, then what was found.

    Parameters
    ----------
    layer, findings
        From `geoplan.auditing.comparing.check`.

    Returns
    -------
    str
        Lines of at most 100 characters. Errors make a layer unsound; warnings stand beside the verdict.
    """
    wrong, doubtful = (_counted(findings, severity) for severity in (Severity.ERROR, Severity.WARNING))
    verdict = f"not sound: {', '.join([*wrong, *doubtful])}" if wrong else "sound"
    beside = f", but {wording.listed(doubtful)}" if doubtful and not wrong else ""
    drawn = f", {layer.resolution}" if layer.resolution else ""
    lines = [
        *textwrap.wrap(f"{layer.title}: {verdict}{beside}.", WIDTH, subsequent_indent="    "),
        f"{wording.plural(len(layer.areas), 'area')}{drawn}.",
    ]
    return "\n".join(lines) + "\n" + findings_text(findings)


def _counted(findings: Sequence[Finding], severity: Severity) -> list[str]:
    """Count the findings of one severity in the words of their rules; one can stand for many gaps."""
    rules: Counter[str] = Counter()
    for finding in findings:
        if finding.severity is severity:
            many: Any = finding.evidence.get("count", 1)
            rules[finding.rule] += int(many)
    return [
        wording.number_of(count, *_FAULTS.get(code, (rule(code).title, rule(code).title)))
        for code, count in rules.items()
    ]


def catalogue_text(entries: Mapping[str, Entry], as_of: date) -> str:
    """Return the catalogue for people, by group.

    Parameters
    ----------
    entries
        From `geoplan.data.catalogue.catalogue`.
    as_of
        The day for which it is told whether a layer is in force.

    Returns
    -------
    str
        A line a layer: key, title, and its status unless in force.
    """
    lines: list[str] = []
    own = {scheme for scheme, _ in state()}
    for group in dict.fromkeys(entry.group for entry in entries.values()):
        lines += ["", group]
        for key, entry in entries.items():
            if entry.group == group:
                stands = _stands(entry, as_of)
                status = "" if stands in {"in force", "reference"} else f"  [{stands}]"
                status += f"  [{wording.YOURS}]" if entry.table in own else ""
                lines.append(cut_to_width(f"  {key:<34}{entry.title}{status}", WIDTH))
    lines += ["", "Scenarios: what would be if changes were made (geoplan whatif NAME)"]
    for name, scenario in shipped_scenarios().items():
        for number, layer in enumerate(scenario.layers):
            said = f"{entries[layer].title}, {scenario.title}"
            lines.append(cut_to_width(f"  {named_as(name, layer if number else ''):<45}{said}", WIDTH))
    return "\n".join(lines[1:]) + "\n"


def _stands(entry: Entry, as_of: date) -> str:
    """Return the status of a layer, and of what is in force without a known date that it is so."""
    status = status_on(entry, as_of)
    bare = status == "in force" and not (entry.in_force_from or entry.in_force_to or entry.standing)
    return wording.DATE_NOT_KNOWN if bare else status


def layer_text(layer: Layer, money: Mapping[str, str] | None = None) -> str:
    """Return one layer's areas for people.

    Parameters
    ----------
    layer
        Any layer.
    money
        Code -> what the area is given, from `geoplan.output.text.money_lines.area_lines`.

    Returns
    -------
    str
        A line an area: code, people, name, and what is not confirmed or not assessed; under it its money, and what
        columns of the user's own say.
    """
    lines = [*provenance([layer]), *textwrap.wrap(f"Source: {layer.source.citation}", WIDTH), ""]
    bare = layer_wording.undated(layer)
    for code, row in layer.areas.iterrows():
        people = row.get("people")
        count = "not assessed" if people is None or pd.isna(people) else f"{people:,.0f}"
        said = wording.membership(row)
        doubt = "" if said in {"not stated", "exact", "confirmed"} else f"  [{said}]"
        dated = f"  [{wording.DATE_NOT_KNOWN}]" if bare[code] else ""
        lines.append(f"{code:<32}{count:>14}  {row['name']}{doubt}{dated}")
        own = "; ".join(f"{name}: {_own_cell(row[name])}" for name in layer.own if not _is_empty(row[name]))
        for said in filter(None, ((money or {}).get(str(code), ""), own)):
            lines += textwrap.wrap(said, WIDTH, initial_indent="    ", subsequent_indent="    ")
    return "\n".join(lines) + "\n"


def _is_empty(cell: Any) -> bool:
    return cell is None or cell == "" or bool(pd.isna(cell))


def _own_cell(cell: Any) -> str:
    if not isinstance(cell, float):
        return str(cell)
    return f"{cell:,.0f}" if cell == round(cell) else f"{cell:,g}"


def reading_lines(layer: Layer) -> list[str]:
    """Return what reading a file repaired or assumed, a line a rule.

    Parameters
    ----------
    layer
        Any layer.

    Returns
    -------
    list of str
        Empty for layers that ship.
    """
    by_rule: dict[str, list[str]] = {}
    told = ("GP1", "GP203", "GP403") if layer.blocks is None else ("GP1", "GP204", "GP403", "GP901")
    for note in layer.notes:
        if note.rule.startswith(told):
            by_rule.setdefault(note.rule, []).append(note.message)
    # What was fetched is opened by its key, a file by its name.
    opened = layer.key if layer.source.url else layer.source.citation
    return [
        f"{code}: {first}" + (f" (and {len(more)} more: geoplan check {opened})" if more else "")
        for code, (first, *more) in by_rule.items()
    ]


def unpeopled_lines(pair: Pair) -> list[str]:
    """Return which areas of a comparison nobody lives in, so that ground decided.

    Parameters
    ----------
    pair
        From `geoplan.auditing.comparing.compare`.

    Returns
    -------
    list of str
        One line, or none.
    """
    left = pair.overlay.left
    named = [f"{left.name(code)} ({code})" for code in sorted(pair.overlay.unpeopled)]
    if not named:
        return []
    more = [f"{len(named) - MOST_UNMATCHED} more"] if len(named) > MOST_UNMATCHED else []
    listed = wording.listed([*named[:MOST_UNMATCHED], *more])
    return [f"{left.key}: nobody lives in {listed}: shares of people are not assessed, and relations are by area."]
