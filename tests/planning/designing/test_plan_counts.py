"""Plans that count people in need, or of working age: who is cut and who changes areas."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise, permutations
from typing import Any

import numpy as np
import pytest
from toy_grids import arrangements
from toy_worlds import World, parted, world

from geoplan.errors import ConfigurationError
from geoplan.output.summary.planned.answers import aims, limits
from geoplan.output.summary.planned.designs import measure_words
from geoplan.output.tables.designs import designs_json, scoreboard
from geoplan.output.text.design_lines import designs_text
from geoplan.planning.designing.asked import Asked, Objective, parameters, taken
from geoplan.planning.designing.front import Alternative, Wish, best
from geoplan.planning.designing.measuring import measured
from geoplan.planning.designing.posing import pose
from geoplan.planning.designing.searching.search import searched

CLUSTERS = [2, 3]
NEED = "employment_deprived"


def asked(people: str, name: str) -> dict[str, Any]:
    return {name: {"people": people, **({"layers": ["follow"]} if name == "cut_people" else {})}}


def groups_of(here: World) -> list[list[list[str]]]:
    graph = here.ground({}).units.graph
    codes = list(here.people)
    return [[[codes[n] for n in group] for group in groups] for groups in arrangements(graph, *CLUSTERS)]


def cut(groups: list[list[str]], here: World, amounts: dict[str, float]) -> float:
    """Count those in pieces that are neither all of the cluster nor all of the area, one piece at a time."""
    area = dict(here.layers["follow"])
    total = 0.0
    for group in groups:
        for name in {area[code] for code in group}:
            piece = {code for code in group if area[code] == name}
            if piece != set(group) and piece != {code for code in area if area[code] == name}:
                total += sum(amounts[code] for code in piece)
    return total


def changed(groups: list[list[str]], here: World, amounts: dict[str, float]) -> float:
    """Count those who change areas, whichever areas the clusters succeed, by trying each way."""
    today = dict(here.layers["today"])
    areas = [*sorted(set(today.values())), *[""] * len(groups)]
    stays = (
        sum(amounts[code] for group, area in zip(groups, way, strict=True) for code in group if today[code] == area)
        for way in permutations(areas, len(groups))
    )
    return sum(amounts.values()) - max(stays)


COUNTS = {"cut_people": cut, "change": changed}


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("seed", range(4))
def test_the_best_by_need_is_the_least_of_all_arrangements_listed(name: str, seed: int) -> None:
    here = world(seed)
    made = here.planned(asked(NEED, name), CLUSTERS, start="today")
    lowest = min(COUNTS[name](groups, here, here.need) for groups in groups_of(here))
    found = made.designs[0].measures
    value = found.change if name == "change" else found.cut_people["follow"]
    assert value == pytest.approx(lowest, abs=2e-3)
    assert made.designs[0].optimal
    assert made.designs[0].score == pytest.approx(value / sum(here.need.values()), abs=1e-4)
    told = COUNTS[name]([list(held) for held in parted(made)], here, here.need)
    assert value == pytest.approx(told, abs=2e-3)


def opposed() -> World:
    """Return four authorities in a row: nearly all people at one end, nearly all in need at the other."""
    codes = [f"A{n}" for n in range(4)]
    return World(
        people=dict(zip(codes, [900.0, 300.0, 100.0, 50.0], strict=True)),
        need=dict(zip(codes, [1.0, 1.0, 40.0, 60.0], strict=True)),
        borders=[(a, b, 1.0) for a, b in pairwise(codes)],
        crossings=(),
        trips=[(code, code, 1.0) for code in codes],
        layers={
            "follow": [("A0", "f0"), ("A1", "f0"), ("A2", "f1"), ("A3", "f1")],
            "today": [("A0", "t0"), ("A1", "t0"), ("A2", "t1"), ("A3", "t1")],
        },
    )


@pytest.mark.parametrize("name", COUNTS)
def test_the_best_by_need_is_another_than_that_by_people(name: str) -> None:
    here = opposed()
    # The middle two share a cluster, so one of today's pairs is parted: the one with fewer of those counted.
    rules = {"constraints": {"together": [["A1", "A2"]]}}
    many, needy = (here.planned(asked(people, name), 2, start="today", **rules) for people in ("people", NEED))
    assert parted(many) == {frozenset({"A0", "A1", "A2"}), frozenset({"A3"})}
    assert parted(needy) == {frozenset({"A0"}), frozenset({"A1", "A2", "A3"})}


def test_a_count_with_nobody_somewhere_still_keeps_areas_as_they_are() -> None:
    here = opposed()
    here = replace(here, need={**here.need, "A0": 0.0, "A1": 0.0})
    made = here.planned(asked(NEED, "change"), 2, start="today")
    assert made.designs[0].measures.change == 0
    assert not made.designs[0].moves
    assert set(made.designs[0].names.values()) == {"Area t0", "Area t1"}


@pytest.mark.parametrize("seed", range(6))
def test_as_many_in_need_as_people_count_the_same_and_parts_sum_to_the_whole(seed: int) -> None:
    here = world(seed)
    same = replace(here, need={code: amount / 10 for code, amount in here.people.items()})
    objectives = {**asked("people", "cut_people"), "change": {"weight": 0.3}}
    by_need = {name: {**told, "people": NEED} for name, told in objectives.items()}
    one, two = (same.planned(each, CLUSTERS, start="today") for each in (objectives, by_need))
    assert one.designs[0].score == pytest.approx(two.designs[0].score, abs=1e-5)
    for many, few in ((one.today, two.today), (one.designs[0].measures, two.designs[0].measures)):
        assert few.cut_people["follow"] == pytest.approx(many.cut_people["follow"] / 10, abs=1e-3)
        assert few.change == pytest.approx(many.change / 10, abs=1e-2)
    found = two.designs[0]
    assert sum(move.changes for move in found.moves) == pytest.approx(found.measures.change)
    assert sum(held.amounts.sum() for held in two.layers) == pytest.approx(sum(same.need.values()))


@pytest.mark.parametrize("name", COUNTS)
def test_a_search_prices_and_bounds_by_those_counted(name: str) -> None:
    here = world(3, 2, 4)
    ground = here.ground(asked("people", "cut_people"))
    need = np.array([here.need[code] for code in ground.units.codes])

    def counted(held):
        return replace(held, counted=held.people / ground.units.people[:, None] * need[:, None])

    units = replace(ground.units, counted={name: need})
    ground = replace(ground, units=units, layers=tuple(map(counted, ground.layers)), today=counted(ground.today))
    objectives = taken({"objectives": asked(NEED, name), "start": "today"}).objectives
    listed = pose(ground, (), named=True, most_groups=30)
    posed = searched(listed, objectives, (2, 3), named=True, seed=1, seconds=60)
    made = best(posed, ground, objectives, Wish("asked", {name: 1.0}), (2, 3))
    assert isinstance(made, Alternative)
    lowest = min(COUNTS[name](groups, here, here.need) for groups in groups_of(here))
    value = made.score * sum(here.need.values())
    assert value == pytest.approx(lowest, abs=1e-6)
    assert made.bound <= made.score + 1e-9
    found = measured(made.labels, ground.units, ground.layers, ground.today)
    assert (found.change if name == "change" else found.cut_people["follow"]) == pytest.approx(value, abs=2e-3)


def test_a_limit_is_of_those_counted() -> None:
    here = world(1)
    values = sorted(cut(groups, here, here.need) for groups in groups_of(here))
    most = values[len(values) // 3]
    objectives = {"cut_people": {"layers": ["follow"], "people": NEED, "weight": 0, "most": most}, "compactness": 1.0}
    made = here.planned(objectives, CLUSTERS, start="today")
    assert made.rules == (f"people out of work in cut pieces at most {most:,.10g}",)
    assert made.designs[0].measures.cut_people["follow"] <= most + 1e-9


def test_every_output_says_who_is_counted() -> None:
    here = world(2)
    objectives = {**asked(NEED, "cut_people"), "change": {"weight": 0.1, "people": NEED}}
    made = here.planned(objectives, CLUSTERS, start="today")
    made = replace(made, audited=None, designs=())
    told = json.loads(designs_json(made))
    assert told["parameters"]["objectives"]["cut_people"]["people"] == NEED
    assert told["today"]["counted"] == {"cut_people": NEED, "change": NEED}
    assert scoreboard(made).set_index("measure").loc["cut_people", "today"] == made.today.cut_people["follow"]
    assert measure_words(made.asked)["cut_people"] == "people out of work in cut pieces"
    assert measure_words(made.asked)["change"] == "people out of work whose area changes"
    assert "English Indices of Deprivation 2025" in designs_text(made)
    assert "few people out of work live where they and follow overlap only in part" in aims(made)[0]
    assert any("so that most people out of work keep theirs" in each for each in limits(made))


def test_people_are_counted_as_before_where_nothing_else_is_asked() -> None:
    here = world(2)
    plain, said = (here.planned({"cut_people": {"layers": ["follow"], **more}, "change": 0.1}, 2, start="today")
                   for more in ({}, {"people": "people"}))  # fmt: skip
    plain, said = (replace(each, audited=None, designs=()) for each in (plain, said))
    assert designs_json(plain) == designs_json(said)
    assert "counted" not in json.loads(designs_json(plain))["today"]
    assert "people" not in parameters(Asked((Objective("change", 1.0),)))["objectives"]["change"]


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize(
    ("need", "words"),
    [
        ({"A4": np.nan}, "people out of work are not counted in Area A4"),
        (dict.fromkeys([f"A{n}" for n in range(6)], np.nan), "Area A0, Area A1 and Area A2 and 3 units more"),
        (dict.fromkeys([f"A{n}" for n in range(6)], 0.0), "people out of work are nowhere on this ground"),
    ],
    ids=["one", "all", "none"],
)
def test_where_nobody_counts_them_the_plan_is_refused(name: str, need: dict[str, float], words: str) -> None:
    here = world(4)
    here = replace(here, need={**here.need, **need})
    with pytest.raises(ConfigurationError, match=words) as refused:
        here.planned(asked(NEED, name), 2, start="today")
    assert f"objective {name}" in str(refused.value)
    assert 'Leave out people = "employment_deprived"' in str(refused.value)


@pytest.mark.parametrize(
    ("objectives", "words"),
    [
        ({"cut_people": {"layers": ["x"], "people": "employment_depraved"}}, "Did you mean 'employment_deprived'"),
        ({"change": {"people": "postcodes"}}, "Known: people, working_age"),
        ({"change": {"poeple": "disabled"}}, "Did you mean 'people'"),
        ({"balance": {"people": "disabled"}}, "unknown key 'people' in plan.objectives.balance"),
        ({"compactness": {"people": "disabled"}}, "unknown key 'people'"),
    ],
)
def test_a_count_that_is_not_known_is_refused_with_the_nearest(objectives: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        taken({"objectives": objectives})
