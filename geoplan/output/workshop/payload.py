"""What the workshop's page is told: units, today's arrangement, the layers it meets, commuting, constraints."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from geoplan.data.keys import KINDS_OF_COUNCIL
from geoplan.output.page.topology import shared_arcs
from geoplan.output.picture.patterns import HUES, fills
from geoplan.output.summary.planned.answers import LOWER_IS_BETTER
from geoplan.output.summary.planned.designs import SHARES, SPREADS, measure_words, whose_counts
from geoplan.planning.designing.asked import Objective
from geoplan.planning.designing.rules import Rule, ruled
from geoplan.planning.designing.units import Held, Units
from geoplan.planning.workshop import Workshop
from geoplan.schema import Layer, Weight, layer_wording, wording
from geoplan.schema.standing import GROUND

__all__ = ["payload_of"]


def payload_of(shop: Workshop) -> dict[str, Any]:
    """Return all data of the page, ready for JSON."""
    units, today = shop.ground.units, shop.ground.today
    assert today is not None  # noqa: S101 - a workshop begins with today's arrangement
    heading = f"Workshop: {shop.start.title}"
    return {
        "title": f"{heading} ({wording.day(shop.as_of)})",
        "heading": heading,
        "as_of": f"As of {wording.day(shop.as_of)}",
        "outlines": layer_wording.outlines_in_short([shop.start]),
        "indicative": shop.start.indicative,
        "flows": f"Commuting: {shop.flows}",
        "fingerprint": _fingerprint(shop),
        "layer": shop.asked.start,
        "one": layer_wording.one(shop.start),
        "many": layer_wording.many(shop.start),
        "topology": shared_arcs({"blocks": shop.blocks["geometry"]}),
        "block_codes": [str(block) for block in shop.blocks.index],
        "block_units": shop.blocks["unit"].tolist(),
        "units": _units(units, shop.units_written),
        "trips": base64.b64encode(units.trips.toarray().astype("<f4").tobytes()).decode(),
        "links": [[one, two, told["km"], told["crossing"]] for one, two, told in sorted(units.graph.edges(data=True))],
        "layers": [_layer(*both, shop) for both in zip(shop.ground.layers, shop.layers, strict=True)],
        "today": _today(today, shop.areas_written) | {"all": units.total("change")},
        "clusters": list(shop.asked.clusters) if shop.asked.clusters else None,
        "rules": [_rule(rule, len(units)) for rule in shop.rules],
        "measures": [[name, wording.capital(called)] for name, called in measure_words(shop.asked).items()],
        "cut_called": wording.UNITS[shop.asked.counted("cut_people")],
        "lower_is_better": {**LOWER_IS_BETTER, "loose": True, "no_cluster": True},
        "kinds": {"shares": sorted(SHARES), "spreads": sorted(SPREADS)},
        "not_assessed": wording.NOT_ASSESSED,
        "kinds_of_council": sorted(KINDS_OF_COUNCIL),
        "hues": list(HUES),
        "fills": {name: fills()[name] for name in GROUND},
        "terms": {name: look.term for name, look in GROUND.items()},
        "about": _about(shop),
    }


def _fingerprint(shop: Workshop) -> str:
    """Return what tells one workshop from another: a saved state belongs to the units it was made of."""
    today = shop.ground.today
    assert today is not None  # noqa: S101 - as above
    told = [shop.asked.start, shop.ground.units.codes, today.codes, today.home.tolist()]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:10]


def _units(units: Units, written: Iterable[str]) -> dict[str, Any]:
    return {
        "codes": list(units.codes),
        "names": list(units.names),
        "written": list(written),
        "people": _numbers(units.people),
        "need": _numbers(units.need),
        "residents": _numbers(units.residents),
        "jobs": _numbers(units.jobs),
    }


def _numbers(amounts: np.ndarray) -> list[float | int | None]:
    """Return amounts as the shortest numbers that are the same; None where not known."""
    return [None if np.isnan(n) else int(n) if n == int(n) else n for n in amounts.tolist()]


def _layer(held: Held, layer: Layer, shop: Workshop) -> dict[str, Any]:
    """Return people of units by area, and for the map which area holds each block whole (-1 where none does)."""
    at = {code: n for n, code in enumerate(held.codes)}
    position = {str(block): n for n, block in enumerate(shop.blocks.index)}
    place = [-1] * len(position)
    assert layer.parts is not None  # noqa: S101 - refused when it was gathered
    whole = layer.parts[layer.parts["share"] >= 1]
    for block, code in zip(whole["block"], whole["code"], strict=True):
        if block in position:
            place[position[block]] = at[str(code)]
    unit, area = np.nonzero(held.people)
    amounts = zip(_numbers(held.people[unit, area]), _numbers(held.amounts[unit, area]), strict=True)
    return {
        "key": held.key,
        "title": held.title,
        "one": layer_wording.one(layer),
        "many": layer_wording.many(layer),
        "names": list(held.names),
        "whole": _numbers(held.whole),
        "held": [
            [n, m, people] if held.counted is None else [n, m, people, counted]
            for n, m, (people, counted) in zip(unit.tolist(), area.tolist(), amounts, strict=True)
        ],
        "places": place,
        # As `geoplan.analysis.extent.outside` has it.
        "reaches": [not layer.extent or code[0] in layer.extent for code in shop.ground.units.codes],
        "may_leave_out": layer.status == "file" and not layer.exhaustive,
    }


def _today(today: Held, written: Iterable[str]) -> dict[str, Any]:
    return {
        "codes": list(today.codes),
        "names": list(today.names),
        "written": list(written),
        "home": today.home.tolist(),
        # Whoever is counted of each unit and is in its area of today, and by whom clusters are matched with areas.
        "kept": _numbers(today.amounts.sum(axis=1)),
        "matching": _numbers(today.matching.sum(axis=1)),
    }


def _rule(rule: Rule, count: int) -> dict[str, Any]:
    """Return one constraint in words and as what it says of the units."""
    told = ruled([rule])
    said: dict[str, Any] = {"words": rule.words, "broken": told.broken}
    if told.together:
        said["together"] = [list(members) for members in told.together]
    if told.apart:
        said |= _apart(told.apart, count)
    if told.fixed:
        said["fixed"] = [[unit, area] for unit, area in told.fixed.items()]
    if told.least_people > 0:
        said["least_people"] = told.least_people
    if np.isfinite(told.most_people):
        said["most_people"] = told.most_people
    if told.most_members is not None:
        said["most_members"] = told.most_members
    if told.bounds:
        said["bounds"] = [[_measure_of(one), one.limit] for one in told.bounds]
    return said


def _measure_of(objective: Objective) -> str:
    """Return the measure that an objective's limit is of."""
    if objective.name == "balance" and objective.of == "need":
        return "need_balance"
    return "border_km" if objective.name == "compactness" else objective.name


def _apart(pairs: Iterable[tuple[int, int]], count: int) -> dict[str, Any]:
    """Return pairs kept apart; as one class a unit where units of unlike classes are apart and no others."""
    one, two = np.array(sorted(set(pairs))).T
    barred = np.zeros((count, count), dtype=bool)
    barred[one, two] = barred[two, one] = True
    _, label = np.unique(barred, axis=0, return_inverse=True)
    label = label.ravel()
    if np.array_equal(label[:, None] != label[None, :], barred):
        return {"classes": label.tolist()}
    return {"apart": [[a, b] for a, b in zip(one.tolist(), two.tolist(), strict=True)]}


def _about(shop: Workshop) -> list[str]:
    drawn = f"{layer_wording.outlines([shop.start], 'Indicative: boundaries')} {wording.BY_MEMBERS}"
    counted = shop.asked.counted("cut_people")
    only = "" if counted is Weight.PEOPLE else f" Of the people there, {wording.UNITS[counted]} are counted."
    cut = (
        "People are in a cut piece where their cluster and an area of the other layer share some ground and neither "
        "holds all of the other. Partners are the areas of a layer that a cluster shares people with."
    )
    lived = (
        "Live and work in one area: the share of the residents in work who work in their own cluster. Supply is the "
        "same of one cluster, demand the share of its jobs that its residents hold."
    )
    need = "People out of work are counted in England only; where a cluster lies elsewhere they are not assessed."
    who = wording.UNITS[shop.asked.counted("change")]
    called = wording.capital(measure_words(shop.asked)["change"])
    changed = f"{called}: clusters are matched with the areas of today so that most {who} keep theirs."
    made = (
        "Drawn with Leaflet 1.9.4 (BSD 2-Clause) and topojson-client 3.1.0 (ISC). This file asks nobody for anything: "
        "it holds all that it shows, and keeps nothing of what you do but in its own address."
    )
    return [
        drawn,
        cut + only,
        lived,
        f"Commuting: {shop.flows}.",
        need,
        changed,
        *whose_counts(shop.asked),
        wording.attribution(),
        made,
    ]
