"""Labour market areas and self-containment on the screen."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoplan.commuting.delineated import LOUVAIN, Markets
from geoplan.commuting.leaks import MARK, UNCLEAR, Largest, largest_leaks, leak_words, weak_note
from geoplan.commuting.self_containment import Contained
from geoplan.output.tables.commuting import LEAKS, containment_table, flows_sentence, steadiness
from geoplan.output.text.lines import WIDTH, cut_to_width
from geoplan.schema import REST, wording

__all__ = ["containment_text", "markets_text"]

LINES = 14


def markets_text(told: Markets) -> str:
    """Return labour market areas for people.

    Parameters
    ----------
    told
        From `geoplan.commuting.delineated.delineated`.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    found = told.found
    least = found.criteria
    procedure = f"{found.method}, rest {found.rest}" if found.rest else found.method
    lines = [
        f"{wording.plural(len(found.areas), 'labour market area')} of {wording.plural(len(found.assignment), 'zone')}",
        *textwrap.wrap(flows_sentence(told.flows), WIDTH),
        *textwrap.wrap(
            f"Procedure {procedure}: at least {least.min_size:,.0f} working residents and "
            f"{least.target_containment:.1%} self-contained, down to {least.min_containment:.1%} from "
            f"{least.target_size:,.0f} on. Lowest score {found.areas['validity'].min():.3f} (1 passes).",
            WIDTH,
        ),
        *_doubts(told),
        "",
        *_market_lines(told),
        "",
        *_likeness_lines(told),
    ]
    return "\n".join(lines) + "\n"


def _doubts(told: Markets) -> list[str]:
    found, said = told.found, []
    if len(found.dropped):
        reasons = ", ".join(sorted(set(found.dropped["reason"])))
        said.append(f"In no area: {_some(list(found.dropped.index))} ({reasons}).")
    if len(found.invalid):
        said.append(f"Below the criteria all the same: {_some([told.names.get(a, a) for a in found.invalid.index])}.")
    if found.reserved:
        said.append(f"Given to their best link at the end: {_some(list(found.reserved))}.")
    if told.stability is not None:
        runs = told.stability.runs["areas"]
        loose = int((told.stability.zones["stability"] < 0.5).sum())
        said.append(
            f"Stability: {wording.plural(len(runs), 'run')} with shuffled order and flows drawn anew gave "
            f"{runs.min()} to {runs.max()} areas; {wording.number_of(loose, 'zone leaves', 'zones leave')} the core "
            "of the area in most of them."
        )
    return [line for text in said for line in textwrap.wrap(text, WIDTH)]


def _some(items: list[Any]) -> str:
    more = f" and {len(items) - LEAKS} more" if len(items) > LEAKS else ""
    return ", ".join(map(str, items[:LEAKS])) + more


def _market_lines(told: Markets) -> list[str]:
    steady = steadiness(told)
    ranked = told.found.areas.sort_values("size", ascending=False, kind="stable")
    lines = [f"{'':<38}{'zones':>7}{'residents':>12}{'stay':>8}{'jobs own':>10}{'score':>8}{'stable':>8}"]
    for area, row in ranked.head(LINES).iterrows():
        name = str(told.names.get(area, area))
        stable = f"{steady[area]:>8.0%}" if area in steady.index else f"{'':>8}"
        lines.append(
            f"{name[:37]:<38}{row['zones']:>7}{row['size']:>12,.0f}{row['supply']:>8.0%}{row['demand']:>10.0%}"
            f"{row['validity']:>8.3f}{stable}"
        )
    if len(ranked) > LINES:
        lines.append(f"and {len(ranked) - LINES} smaller ones; --format csv lists every zone, --format json every area")
    lines.append("stay: of its working residents, those who work in it; jobs own: of its jobs, those they fill.")
    return lines


def _likeness_lines(told: Markets) -> list[str]:
    lines = [f"{'How like them are':<62}{'areas':>7}{'V-measure':>11}"]
    for title, row in told.likeness.iterrows():
        note = " (no promise of self-containment)" if title == LOUVAIN else ""
        lines.append(f"{(str(title) + note)[:61]:<62}{int(row['areas']):>7}{row['v_measure']:>11.3f}")
    if told.not_compared:
        lines += textwrap.wrap(
            f"Not compared, for they hold none of these zones: {', '.join(told.not_compared)}.", WIDTH
        )
    return lines


def containment_text(told: Contained) -> str:
    """Return how self-contained the areas of a layer are, for people.

    Parameters
    ----------
    told
        From `geoplan.commuting.self_containment.containment`.

    Returns
    -------
    str
        Lines of at most 100 characters, the least self-contained areas first.
    """
    table = containment_table(told).sort_values("validity", kind="stable")
    known = table[table["size"].notna()]
    passing = int(known["passes"].fillna(value=False).sum())
    lines = [
        *textwrap.wrap(
            f"{told.layer.title}: {passing} of {len(known)} areas would pass as labour market areas.", WIDTH
        ),
        *textwrap.wrap(flows_sentence(told.flows), WIDTH),
    ]
    if told.found.apportioned:
        count = wording.plural(len(told.found.apportioned), "zone")
        how = "by the people at their postcodes (estimate)" if told.estimated else "by people"
        lines += textwrap.wrap(f"{count} in several areas, or partly in none, shared {how}.", WIDTH)
    lines += ["", f"{'':<38}{'residents':>11}{'stay':>7}{'jobs own':>10}{'score':>8}  largest leak"]
    largest = largest_leaks(told.found)
    for _, row in known.iterrows():
        mark = " " if row["passes"] is True or bool(row["passes"]) else "!"
        line = (
            f"{mark} {str(row['name'])[:35]:<36}{row['size']:>11,.0f}{_percent(row['supply']):>7}"
            f"{_percent(row['demand']):>10}{row['validity']:>8.3f}  "
        )
        lines.append(_with_leak(line, leak_words(told, largest.get(str(row["code"])))))
    vague = table[table["size"].isna()]
    if len(vague):
        why = "for parts of unknown size, or because the flows know nobody there"
        lines += textwrap.wrap(f"Not assessed, {why}: {_some(list(vague['name']))}.", WIDTH)
    lines.append("! would not pass. stay: of its working residents, those who work in it;")
    lines.append("jobs own: of its jobs, those that its residents fill.")
    lines += _unsure(told, largest, known)
    lines += _cut_lines(told)
    return "\n".join(lines) + "\n"


def _with_leak(line: str, words: str) -> str:
    """Add the largest leak, cut to the width but for its mark; what is not clear is told below."""
    if words.startswith(UNCLEAR):
        return f"{line}{UNCLEAR}"
    mark = f" ({MARK})" if words.endswith(f" ({MARK})") else ""
    return cut_to_width(line + words.removesuffix(mark), WIDTH - len(mark)) + mark


def _unsure(told: Contained, largest: Mapping[str, Largest], known: pd.DataFrame) -> list[str]:
    """Say what a weak leak is, and between which the largest cannot be told."""
    words = {str(row["name"]): leak_words(told, largest.get(str(row["code"]))) for _, row in known.iterrows()}
    lines = textwrap.wrap(weak_note(words.values()), WIDTH)
    for name, said in words.items():
        if said.startswith(UNCLEAR):
            lines += textwrap.wrap(f"{name}: {said}.", WIDTH, initial_indent="  ", subsequent_indent="    ")
    return lines


def _percent(share: Any) -> str:
    return "–" if pd.isna(share) else f"{share:.0%}"


def _cut_lines(told: Contained) -> list[str]:
    if told.cut.empty:
        return []
    count = wording.number_of(len(told.cut), "labour market area is", "labour market areas are")
    lines = ["", f"{count} cut; most commuters across the boundary:"]
    for market, row in told.cut.head(LEAKS).iterrows():
        parts = [told.layer.name(code) if code != REST else "none" for code, _ in row["parts"]]
        line = f"{row['crossing']:>12,.0f}  {told.market_names.get(market, market)}: {', '.join(parts)}"
        lines.append(cut_to_width(line, WIDTH))
    return lines
