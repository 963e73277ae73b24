"""What is said of designed clusters, in every medium."""

from __future__ import annotations

import math
from collections.abc import Mapping

from geoplan.planning.designing.asked import Asked
from geoplan.planning.designing.designs import Design, Designs
from geoplan.planning.designing.explaining import Moved
from geoplan.schema import wording

__all__ = ["MEASURES", "found_by", "measure_words", "more_moves", "move_sentence", "proof", "shown", "whose_counts"]

SHARES = {"self_containment", "weakest_containment"}
SPREADS = {"balance", "need_balance", "partners"}
"""Measures of which the hundredths count."""
ONE = 0.5
"""Fewer people or workers than this are none."""


MEASURES: Mapping[str, str] = {
    "areas": "areas",
    "cut_people": "people in cut pieces",
    "self_containment": "live and work in one area",
    "weakest_containment": "lower of supply and demand, mean by people",
    "balance": "spread of people (coefficient of variation)",
    "need_balance": "spread of people out of work (coefficient of variation)",
    "change": "people whose area changes",
    "border_km": "border between areas, km",
    "in_pieces": "areas in pieces",
    "partners": "areas to work with, on average",
    "errors": "errors",
    "warnings": "warnings",
    "mended": "errors and warnings mended",
    "made": "errors and warnings made",
}
"""The measures in the order they are shown, with what each is called where people are counted."""


def measure_words(asked: Asked) -> dict[str, str]:
    """Return what each measure of a plan is called, with whom it counts, in the order they are shown."""
    return {**MEASURES, **{one.name: one.called for one in asked.objectives if one.name in asked.counted_otherwise}}


def whose_counts(asked: Asked) -> list[str]:
    """Say what each count of people in need is, of which year, by whom and where; nothing where people are counted."""
    return [wording.NEED[weight] for weight in dict.fromkeys(asked.counted_otherwise.values()) if weight.is_need]


def found_by(made: Designs) -> str:
    """Say among which candidates the alternatives were found, and by what commuting."""
    counted = f"{made.candidates:,} connected groups of units"
    if made.searched:
        return (
            f"Clusters of the size asked for are too many to list. Chosen from {counted}: all of up to {made.members}, "
            f"and larger ones that a search met (ReCom, from {wording.listed(made.starts)}; seed {made.asked.seed}), "
            "by set partitioning. Better ones may not have been met; bounds are the sum of what each objective cannot "
            "fall below, and hold for every "
            f"arrangement. Commuting: {made.flows}."
        )
    if made.members is None:
        return f"Chosen from all {counted} that the constraints allow; proofs hold for these. Commuting: {made.flows}."
    besides = f", and {wording.listed(larger)}" if (larger := _larger(made)) else ""
    return (
        f"Chosen from {counted}: all of up to {made.members} that the constraints allow{besides}. "
        f"Proofs and bounds hold for these; larger clusters may be better. Commuting: {made.flows}."
    )


def _larger(made: Designs) -> list[str]:
    """Say which candidates are larger than those that are listed."""
    today = ["the larger ones of today"] if made.start is not None else []
    return today + ([f"larger ones that a search met (ReCom, seed {made.asked.seed})"] if made.starts else [])


def proof(one: Design, made: Designs) -> str:
    """Say how good an alternative is for what it was sought for, and among what."""
    held = f" with {wording.listed([_held(name, term, made) for name, term in one.most.items()])}" if one.most else ""
    if one.optimal:
        return f"proved to be the best for its weights{_among(made)}{held}".removesuffix(",") + "."
    # Rounded up, so that it is a bound.
    most = f"{math.ceil(one.gap * 1000) / 1000:.1%}"
    sought = "found by a search, not proved best" if made.searched else "not proved best"
    return f"{sought}: the best possible score{held} is at most {most} lower."


def _among(made: Designs) -> str:
    if made.members is None:
        return ""
    larger = " and some larger ones" if _larger(made) else ""
    return f" among the candidates (all clusters of up to {made.members} units{larger})"


def _held(name: str, term: float, made: Designs) -> str:
    """Say what an objective was held to, in the unit of its measure."""
    km = float(made.units.borders.sum()) / 2
    said = {
        "cut_people": f"at most {term * made.units.total('cut_people'):,.0f}",
        "self_containment": f"at least {1 - term:.1%}",
        "balance": f"at most {math.sqrt(max(term, 0.0)):.2f}",
        "change": f"at most {term * made.units.total('change'):,.0f}",
        "compactness": f"at most {term * km:,.0f} km",
    }
    return f"{made.asked.called(name)} of {said[name]}"


def shown(measure: str, value: float | None) -> str:
    """Write a measure for people."""
    if value is None or value != value:  # noqa: PLR0124 - a missing number
        return wording.NOT_ASSESSED
    if measure in SHARES:
        return f"{value:.1%}"
    return f"{value:.2f}" if measure in SPREADS else f"{value:,.0f}"


def move_sentence(move: Moved, made: Designs) -> str:
    """Say of a unit where it goes, what that mends, what it keeps, and what it costs."""
    name = made.units.names[move.unit]
    titles = {held.key: held.title for held in made.layers}
    cut, changes = (wording.UNITS[made.asked.counted(measure)] for measure in ("cut_people", "change"))
    gains = [
        f"{abs(people):,.0f} {'fewer' if people > 0 else 'more'} {cut} in cut pieces of {titles[key]}"
        for key, people in move.mends.items()
        if abs(people) >= ONE
    ]
    if abs(move.keeps) >= ONE:
        gains.append(
            f"{abs(move.keeps):,.0f} {'more' if move.keeps > 0 else 'fewer'} workers live and work in one area"
        )
    why = f": {'; '.join(gains)} than if it alone stayed" if gains else ": nothing changes by it alone"
    beside = f", with {wording.listed(move.beside[:3])}" if move.beside else ""
    more = f" and {len(move.beside) - 3} more" if len(move.beside) > 3 else ""
    holds = "; if it stayed, an area would be in pieces" if move.holds else ""
    left = f"leaves {move.source} for" if move.source else "joins"
    return f"{name} {left} {move.target}{beside}{more}{why}{holds}. {move.changes:,.0f} {changes} change areas."


def more_moves(one: Design, told: int) -> str:
    """Say how many moves there are beside those told; empty where there are none."""
    more = len(one.moves) - told
    return f"And {wording.number_of(more, 'more moves', 'more move')}, in plan.xlsx." if more > 0 else ""
