"""The question a plan asks, its answer in three sentences, and what is to be known before it is relied on."""

from __future__ import annotations

from collections.abc import Iterator

from geoplan.output.summary.planned.designs import SHARES, found_by, proof, shown, whose_counts
from geoplan.planning.designing.asked import Objective
from geoplan.planning.designing.designs import Design, Designs
from geoplan.planning.designing.measuring import Measures
from geoplan.schema import Weight, layer_wording, wording

__all__ = ["LOWER_IS_BETTER", "aims", "answer_sentences", "limits", "question", "title_of"]

LOWER_IS_BETTER = {
    "cut_people": True,
    "self_containment": False,
    "weakest_containment": False,
    "balance": True,
    "need_balance": True,
    "border_km": True,
    "in_pieces": True,
    "errors": True,
    "warnings": True,
    "made": True,
    "grown": True,
    "mended": False,
    "shrunk": False,
    "partners": True,
}
"""Measure -> which way is better; measures that are not here are neither."""
UNITS = {"utla": "upper-tier authorities", "lad": "local authorities", "blocks": "building blocks"}
SAME = 1e-9


def title_of(made: Designs) -> str:
    """Return the question as a heading."""
    return f"How could {_units(made)} be grouped into {_counts(made)} clusters?"


def question(made: Designs) -> str:
    """Say what was asked for, in one sentence."""
    beside = f" Today's arrangement is {wording.inside_a_sentence(made.start.title)}." if made.start else ""
    return f"Wanted: clusters in which {wording.listed(aims(made))}.{beside}"


def aims(made: Designs) -> list[str]:
    """Say what is weighed, the heaviest first."""
    weighed = sorted((one for one in made.asked.objectives if one.weight > 0), key=lambda one: -one.weight)
    return [f"{_aim(one, made)} (weight {one.weight:g})" for one in weighed]


def answer_sentences(made: Designs) -> tuple[str, ...]:
    """Say of the first alternative, that for the weights as given, what it gains and costs and whether it is proved.

    Parameters
    ----------
    made
        From `geoplan.planning.designing.designs.plan`, with alternatives.

    Returns
    -------
    tuple of str
        Three sentences.
    """
    best, today = made.designs[0], made.today
    if today is None:
        told = [_value(one, best.measures, made) for one in made.asked.objectives if one.weight > 0]
        gains, costs = f"Alternative 1 ({best.name}) has {wording.listed(told)}.", ""
    else:
        changes = [each for one in made.asked.objectives for each in _changes(one, best.measures, today, made)]
        better = [words for good, words in changes if good]
        worse = [words for good, words in changes if not good]
        moved = _moved(best, made.asked.counted("change"))
        first = f"Set against today, alternative 1 ({best.name}) has"
        gains = f"{first} {wording.listed(better)}." if better else f"{first} nothing better."
        costs = f"The price: {wording.listed([moved, *worse])}."
    return tuple(filter(None, (gains, costs, f"It is {proof(best, made)}")))


def _units(made: Designs) -> str:
    places = [wording.COUNTRIES.get(one, one.partition(":")[2] or one) for one in made.asked.within]
    return f"the {len(made.units):,} {UNITS[made.asked.units]} of {wording.listed(places)}"


def _counts(made: Designs) -> str:
    counts = sorted(set(made.asked.clusters or [one.measures.areas for one in made.designs]))
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _aim(one: Objective, made: Designs) -> str:
    of = "people out of work" if one.of == "need" else "people"
    counted = wording.UNITS[one.people]
    said = {
        "cut_people": f"few {counted} live where they and {_titles(made)} overlap only in part",
        "self_containment": "many people live and work in one cluster",
        "balance": f"the numbers of {of} are alike",
        "change": f"few {counted} change areas",
        "compactness": "the borders between them are short",
    }
    return said[one.name]


def _titles(made: Designs) -> str:
    return wording.listed([wording.inside_a_sentence(held.title) for held in made.layers])


def _figures(one: Objective, found: Measures, made: Designs) -> Iterator[tuple[str, str, float]]:
    """Yield measure, words and value of each figure that an objective is about."""
    for held in made.layers if one.name == "cut_people" else ():
        title = wording.inside_a_sentence(held.title)
        counted = wording.UNITS[one.people]
        yield "cut_people", f"{counted} where it and {title} overlap only in part", found.cut_people[held.key]
    if one.name == "self_containment":
        yield "self_containment", "workers who live and work in one area", found.self_containment
    if one.name == "balance":
        need = one.of == "need" and found.need_balance is not None
        name, value = ("need_balance", found.need_balance) if need else ("balance", found.balance)
        yield name, f"spread of {'people out of work' if need else 'people'} between areas", float(value or 0.0)
    if one.name == "compactness":
        yield "border_km", "km of border between areas", found.border_km


def _value(one: Objective, found: Measures, made: Designs) -> str:
    return wording.listed([f"{shown(name, value)} {words}" for name, words, value in _figures(one, found, made)])


def _changes(one: Objective, found: Measures, today: Measures, made: Designs) -> Iterator[tuple[bool, str]]:
    """Yield whether a figure is better than today, and both in words; nothing where it is the same."""
    then = {words: value for _, words, value in _figures(one, today, made)}
    for name, words, value in _figures(one, found, made):
        difference = value - then[words]
        if abs(difference) <= SAME or shown(name, value) == shown(name, then[words]):
            continue
        good = (difference < 0) == LOWER_IS_BETTER[name]
        now = f"{_rough(name, value)} instead of {_rough(name, then[words])}"
        yield good, f"{_compared(name, difference)} {words} ({now})"


def _compared(name: str, difference: float) -> str:
    """Say by how much a figure is another than today's."""
    if name in {"cut_people", "border_km"}:
        return f"{_rough(name, abs(difference))} {'more' if difference > 0 else 'fewer'}"
    larger = "larger" if difference > 0 else "smaller"
    return f"a {larger} share of" if name in SHARES else f"a {larger}"


def _rough(name: str, value: float) -> str:
    return wording.rounded(value) if name == "cut_people" else shown(name, value)


def _moved(best: Design, weight: Weight) -> str:
    if not best.moves:
        return "nobody changes areas"
    counted = wording.number_of(len(best.moves), "authority", "authorities")
    return f"{wording.counted(best.measures.change, weight)} in {counted} change areas"


def limits(made: Designs) -> list[str]:
    """Say what misleads where it is not known, for the end of a brief."""
    matched = wording.UNITS[made.asked.counted("change")]
    said = [
        found_by(made),
        "The weights are a choice: others give other arrangements. Each alternative says what it was sought for.",
        "Reasons are told of one authority at a time, as if it alone stayed: they do not add up.",
        f"Clusters are matched with the areas of today so that most {matched} keep theirs.",
        made.estimates.sentence,
        *whose_counts(made.asked),
    ]
    drawn = made.audited.result.layers.values() if made.audited else filter(None, [made.start])
    said += filter(None, [layer_wording.outlines(drawn)])
    if "modelled" in made.flows:
        said.append(f"Commuting is {made.flows}, not counted: small differences in it prove nothing.")
    return said
