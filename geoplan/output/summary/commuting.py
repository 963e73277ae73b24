"""What an audit has to say of commuting: a sentence, the ranking of areas, and where a focus's workers go."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from geoplan.auditing.results import AuditResult
from geoplan.commuting.leaks import largest_leaks, leak_words, marked
from geoplan.commuting.self_containment import Contained
from geoplan.output.summary.ranking import asked_pairs
from geoplan.schema import Flows, layer_wording, paragraph, wording

__all__ = [
    "ContainmentRow",
    "LeakRow",
    "commuting_layer",
    "commuting_sentence",
    "containment_rows",
    "leak_rows",
    "unclear_sentence",
]


UNKNOWN_PART = "A part of unknown size belongs to it."


@dataclass(frozen=True)
class ContainmentRow:
    """How self-contained an area is, in words."""

    name: str
    residents: str
    supply: str
    demand: str
    passes: str
    leak: str
    markets: int


def commuting_layer(result: AuditResult) -> Contained | None:
    """Return the partnership whose commuting an audit tells of: that of the focus, or the first compared.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    Contained or None
        None where commuting was not looked at.
    """
    first = [result.focus.layer] if result.focus else [key for pair in asked_pairs(result) for key in pair.keys]
    return next((result.contained[key] for key in [*first, *result.contained] if key in result.contained), None)


def commuting_sentence(result: AuditResult) -> str:
    """Say how well the partnership compared, or the focus, contains its labour market.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    str
        Empty where commuting was not looked at; modelled commuting is called so.
    """
    told = commuting_layer(result)
    if told is None:
        return ""
    how = _how(told.flows)
    known = told.found.areas[told.found.areas["size"].notna()]
    if result.focus is not None and result.focus.layer == told.layer.key:
        return _focus_commuting(told, result.focus.code, how)
    if known.empty:
        return told.flows.silence
    said = (
        f"{int(known['passes'].sum())} of {len(known)} {layer_wording.many(told.layer)} would pass as "
        f"labour market areas {how}."
    )
    return paragraph(said, told.flows.silence)


def _how(flows: Flows) -> str:
    """Say by which flows commuting is told."""
    if flows.kind == "census":
        return f"by the census flows of {flows.year} (fetched)"
    return "by modelled commuting" if flows.kind == "modelled" else "by the commuting given"


def _focus_commuting(told: Contained, code: str, how: str) -> str:
    row, name = told.found.areas.loc[code], told.layer.name(code)
    if pd.isna(row["size"]):
        return paragraph(f"The commuting of {name} is not assessed.", told.flows.silence or UNKNOWN_PART)
    verdict = "would pass" if row["passes"] else "would not pass"
    return (
        f"{wording.percent(row['supply'])} of the working residents of {name} work in it, and they fill "
        f"{wording.percent(row['demand'])} of its jobs {how}: it {verdict} as a labour market area."
    )


def containment_rows(result: AuditResult, limit: int = 5) -> list[ContainmentRow]:
    """Rank the areas of the partnership compared by how self-contained they are, the least first.

    Parameters
    ----------
    result
        Of an audit.
    limit
        How many rows.

    Returns
    -------
    list of ContainmentRow
        Empty where commuting was not looked at; areas that are not assessed are left out.
    """
    told = commuting_layer(result)
    if told is None:
        return []
    known = told.found.areas[told.found.areas["size"].notna()].assign(
        least=lambda table: table[["supply", "demand"]].min(axis=1)
    )
    largest = largest_leaks(told.found, rest=True)
    held = Counter(code for parts in told.cut.get("parts", []) for code, _ in parts)
    return [
        ContainmentRow(
            name=told.layer.name(str(code)),
            residents=wording.amount(row["size"]),
            supply=wording.percent(row["supply"]),
            demand=wording.percent(row["demand"]),
            passes="yes" if row["passes"] else "no",
            leak=leak_words(told, largest.get(str(code))),
            markets=held[code],
        )
        for code, row in known.sort_values(["validity", "least"], kind="stable").head(limit).iterrows()
    ]


def unclear_sentence(result: AuditResult) -> str:
    """Say between which areas the largest leak of the focus cannot be told.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    str
        Empty where it is clear, or there is no focus or commuting.
    """
    told = None if result.focus is None else result.contained.get(result.focus.layer)
    if told is None or result.focus is None:
        return ""
    leak = largest_leaks(told.found).get(result.focus.code)
    return "" if leak is None or leak.clear else f"Largest leak {leak_words(told, leak)}."


class LeakRow(NamedTuple):
    """Where workers of the focus go, or come from."""

    name: str
    out: str
    out_share: str
    back: str
    back_share: str


def leak_rows(result: AuditResult, limit: int = 6) -> list[LeakRow]:
    """Return where the working residents of the focus go, and where those who fill its jobs come from.

    Parameters
    ----------
    result
        Of an audit with a focus.
    limit
        How many rows.

    Returns
    -------
    list of LeakRow
        The largest first, both ways added up; empty without focus or commuting.
    """
    told = None if result.focus is None else result.contained.get(result.focus.layer)
    if told is None or result.focus is None:
        return []
    own = told.found.leaks[told.found.leaks["code"] == result.focus.code]
    ways = {way: group.set_index("other") for way, group in own.groupby("direction")}
    ranked = own.groupby("other")["workers"].sum().sort_values(ascending=False, kind="stable").head(limit)
    weak = set(own.loc[own["weak"], "other"])
    rows = []
    for other in ranked.index:
        cells = [ways[way].loc[other] if way in ways and other in ways[way].index else None for way in ("out", "in")]
        said = [
            text
            for cell in cells
            for text in (
                ("0", "") if cell is None else (wording.amount(cell["workers"]), wording.percent(cell["share"]))
            )
        ]
        name = marked(told.layer.name(other), weak=other in weak) if other else "in no area"
        rows.append(LeakRow(name, *said))
    return rows
