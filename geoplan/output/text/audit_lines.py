"""An audit on one screen."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

from geoplan.auditing.focus import members
from geoplan.auditing.results import AuditResult
from geoplan.output.summary import answers, commuting, listings, ranking
from geoplan.output.text.layer_lines import unmatched_lines
from geoplan.output.text.lines import LARGEST, WIDTH, cut_to_width, one_line
from geoplan.schema import Rank, Severity, layer_wording, wording
from geoplan.schema.standing import LOOKS, Standing

__all__ = ["summary_text"]

RANKED = {Rank.PEOPLE: "Largest", Rank.NEED: "Most people out of work"}


def summary_text(result: AuditResult, files: Sequence[str], folder: str) -> str:
    """Return what an audit found, on one screen.

    Parameters
    ----------
    result
        From `geoplan.auditing.audit.run`.
    files, folder
        What was written, and where, as the user named it; nothing is said of it where there are no files.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    about = f"about {result.focus.name} ({result.focus.layer} {result.focus.code})" if result.focus else "all areas"
    drawn = "" if result.undrawn else layer_wording.outlines_in_short(result.layers.values())
    lines = textwrap.wrap(f"geoplan audit, {about}, as of {result.as_of}. {drawn and f'{drawn}.'}".rstrip(), WIDTH)
    lines += textwrap.wrap(layer_wording.yours(result.layers.values()), WIDTH)
    lines += textwrap.wrap("" if result.estimates.shipped else result.estimates.sentence, WIDTH)
    if result.focus and result.focus.also:
        also = ", ".join(result.focus.also[:4])
        lines += textwrap.wrap(f"Also of that name: {also}. Use LAYER:NAME to choose.", WIDTH)
    if result.focus:
        lines += textwrap.wrap(" ".join(result.focus.remarks), WIDTH)
    if result.focus and result.focus.drawn:
        lines += textwrap.wrap(f"It covers {members(result, result.focus)}.", WIDTH)
    said = [*answers.answer_sentences(result), commuting.commuting_sentence(result)]
    lines += [*_past_lines(result), *textwrap.wrap(" ".join(said).strip(), WIDTH), ""]
    if not result.focus:
        lines += [*_pair_lines(result), *_doubt_lines(result)]
    lines += unmatched_lines(result.findings)
    counts = Counter(finding.severity for finding in result.findings)
    lines.append(
        f"Findings: {wording.plural(counts[Severity.ERROR], 'error')}, "
        f"{wording.plural(counts[Severity.WARNING], 'warning')}, "
        f"{counts[Severity.INFO]} for information. {RANKED[result.rank]}:"
    )
    lines += [one_line(finding) for finding in ranking.top_findings(result, LARGEST)] or ["  none"]
    lines += textwrap.wrap(result.quiet, WIDTH)
    if files:
        lines.append(f"Written to {folder}: {', '.join(files)}.{'' if result.undrawn else ' Open brief.html first.'}")
    if files and result.undrawn:
        text = f"No map and no brief: without outlines, a lookup has nothing to draw ({', '.join(result.undrawn)})."
        lines += textwrap.wrap(text, WIDTH)
    return "\n".join(lines) + "\n"


_HEADS = {
    Standing.SAME: "same", Standing.INSIDE: "inside", Standing.WHOLE: "whole", Standing.CUT: "cut",
    Standing.PARTLY: "partly", Standing.NONE: "none", Standing.NOT_ASSESSED: "unsure",
    Standing.NOT_KNOWN: "unknown",
}  # fmt: skip


def _pair_lines(result: AuditResult) -> list[str]:
    """Return the matrix of comparisons, with words of one line each for the heads of its columns."""
    rows = listings.pair_rows(result)
    shown = {each: _HEADS[each] for each in listings.standings_shown(rows)}
    words = "; ".join(
        f"{head}: {LOOKS[each].term}" for each, head in shown.items() if not LOOKS[each].term.startswith(head)
    )
    heads = "".join(f"{head:>8}" for head in shown.values())
    # The seldom columns take their width from the labels.
    width = min(38, WIDTH - 6 - len(heads))
    lines = [*textwrap.wrap(words, WIDTH), f"{'areas of … against …':<{width}}{'areas':>6}{heads}"]
    for row, pair in zip(rows, ranking.asked_pairs(result), strict=True):
        label = cut_to_width(f"{pair.keys[0]} / {pair.keys[1]}", width - 1)
        lines.append(f"{label:<{width}}{row.areas:>6}{''.join(f'{row.counts[each]:>8}' for each in shown)}")
    return lines


def _past_lines(result: AuditResult) -> list[str]:
    """Name the layers shown although they were not in force on the day asked for, and those that change after it."""
    said = {layer.key: layer_wording.not_in_force(layer, result.as_of) for layer in result.layers.values()}
    past = "; ".join(f"{key} {status}" for key, status in said.items() if status)
    editions = {layer.key: layer_wording.edition_later(layer, result.as_of) for layer in result.layers.values()}
    later = ", ".join(f"{key} ({edition})" for key, edition in editions.items() if edition)
    first = {layer.key: wording.day(layer.changes[0].day) for layer in result.layers.values() if layer.changes}
    coming = ", ".join(f"{key} ({day})" for key, day in first.items())
    sentences = (
        f"Not in force on that day, shown all the same: {past}." if past else "",
        f"Of a later day: {later}." if later else "",
        f"Known to change after it: {coming}; --as-of today shows the present." if coming else "",
    )
    return textwrap.wrap(" ".join(filter(None, sentences)), WIDTH)


def _doubt_lines(result: AuditResult) -> list[str]:
    counts = Counter(f.layer for f in result.everything if f.rule == "GP405")
    if not counts:
        return []
    listed = ", ".join(f"{number} of {len(result.layers[key].areas)} in {key}" for key, number in counts.items())
    return textwrap.wrap(f"Membership not confirmed: {listed}.", WIDTH)
