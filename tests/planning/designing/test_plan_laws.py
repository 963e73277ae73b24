"""What a plan says depends on what is, never on how the tables say it; every limit and constraint of a file holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_grids import arrangements
from toy_worlds import World, parted, world

from geoplan.errors import ConfigurationError, GeoplanError
from geoplan.planning.designing.asked import taken
from geoplan.planning.designing.designs import answered
from geoplan.planning.designing.measuring import Measures, matched, measured
from geoplan.planning.designing.scoring import terms_of_measures

EVERY = {
    "cut_people": {"layers": ["follow"], "weight": 1.0},
    "self_containment": 0.7,
    "balance": {"of": "need", "weight": 0.3},
    "change": 0.2,
    "compactness": 0.1,
}
CLUSTERS = [2, 3]
Clusters = list[list[int]]
Keeps = Callable[[Clusters, Measures], bool]


def listed(here: World, objectives: dict[str, Any]) -> Iterator[tuple[float, Clusters, Measures]]:
    """Yield the score and the measures of every arrangement into two or three connected clusters."""
    ground = here.ground(objectives)
    asked = taken({"objectives": objectives, "start": "today"}).objectives
    for groups in arrangements(ground.units.graph, *CLUSTERS):
        labels = np.zeros(len(ground.units), dtype=int)
        for n, group in enumerate(groups):
            labels[group] = n
        found = measured(labels, ground.units, ground.layers, ground.today)
        terms = terms_of_measures(found, asked, ground.units)
        yield sum(one.weight * terms[one.name] for one in asked), groups, found


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 999), st.permutations(range(6)), st.integers(0, 99), st.sampled_from([1.0, 0.001, 7.3]))
def test_codes_orders_of_rows_and_the_unit_of_people_change_nothing(
    seed: int, order: list[int], shuffle: int, factor: float
) -> None:
    here = world(seed)
    names = {code: f"B{at}" for code, at in zip(here.people, order, strict=True)}
    there = here.retold(names, np.random.default_rng(shuffle), factor)
    rules = {"apart": [["A0", "A4"]], "together": [["A1", "A2"]], "most_people": 300.0}
    again = {"apart": [[names["A4"], names["A0"]]], "together": [[names["A2"], names["A1"]]],
             "most_people": 300.0 * factor}  # fmt: skip
    one = here.planned(EVERY, CLUSTERS, start="today", constraints=rules)
    two = there.planned(dict(reversed(EVERY.items())), CLUSTERS, start="today",
                        constraints=dict(reversed(again.items())))  # fmt: skip
    assert len(one.designs) == len(two.designs)
    if one.designs:
        assert one.designs[0].score == pytest.approx(two.designs[0].score, abs=1e-7)
        assert {frozenset(names[code] for code in held) for held in parted(one)} == parted(two)
    else:
        told = [rule.split()[0:2] for rule in one.conflict.rules], [rule.split()[0:2] for rule in two.conflict.rules]
        assert sorted(told[0]) == sorted(told[1])


LIMITS: dict[str, tuple[dict[str, Any], Keeps]] = {
    "cut people": (
        {"cut_people": {"layers": ["follow"], "weight": 0, "most": 90}},
        lambda _, found: found.cut_people["follow"] <= 90,
    ),
    "self-containment": (
        {"self_containment": {"weight": 0, "least": 0.5}},
        lambda _, found: found.self_containment >= 0.5,
    ),
    "balance": ({"balance": {"weight": 0, "most": 0.25}}, lambda _, found: found.balance <= 0.25),
    "need": (
        {"balance": {"of": "need", "weight": 0, "most": 0.3}},
        lambda _, found: found.need_balance <= 0.3,
    ),
    "change": ({"change": {"weight": 0, "most": 120}}, lambda _, found: found.change <= 120),
    "border": ({"compactness": {"weight": 0, "most": 14}}, lambda _, found: found.border_km <= 14),
}


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("seed", range(3))
def test_a_limit_leaves_the_best_of_the_arrangements_that_keep_it(name: str, seed: int) -> None:
    limited, keeps = LIMITS[name]
    sought = "compactness" if "compactness" not in limited else "self_containment"
    here, objectives = world(seed), {**limited, sought: 1.0}
    good = [score for score, groups, found in listed(here, objectives) if keeps(groups, found)]
    made = here.planned(objectives, CLUSTERS, start="today")
    if not good:
        assert made.conflict is not None
        assert len(made.conflict.rules) == 1
        return
    assert made.designs[0].optimal
    assert made.designs[0].score == pytest.approx(min(good), abs=1e-7)
    assert keeps([], made.designs[0].measures)


def test_limits_that_contradict_each_other_are_named() -> None:
    objectives = {
        "self_containment": {"least": 0.99},
        "compactness": {"most": 1000},
        "change": {"most": 0},
    }
    made = world(1).planned(objectives, [3, 3], start="today")
    assert made.conflict is not None
    assert made.conflict.rules == ("self-containment of commuting at least 0.99",)


def together(groups: Clusters, *members: int) -> bool:
    return any(set(members) <= set(group) for group in groups)


CONSTRAINTS: dict[str, tuple[dict[str, Any], Callable[[World, Clusters], bool]]] = {
    "together, neighbours": ({"together": [["A1", "A4"]]}, lambda _, groups: together(groups, 1, 4)),
    "together, far apart": ({"together": [["A0", "A5"]]}, lambda _, groups: together(groups, 0, 5)),
    "apart": (
        {"apart": [["A0", "A1"], ["A3", "A4"]]},
        lambda _, groups: not together(groups, 0, 1) and not together(groups, 3, 4),
    ),
    "leads": (
        {"leads": ["A0", "A1", "A4"]},
        lambda _, groups: not any(len({0, 1, 4} & set(group)) > 1 for group in groups),
    ),
    "least people": (
        {"least_people": 80},
        lambda here, groups: all(sum(here.people[f"A{n}"] for n in group) >= 80 for group in groups),
    ),
    "most people": (
        {"most_people": 200},
        lambda here, groups: all(sum(here.people[f"A{n}"] for n in group) <= 200 for group in groups),
    ),
    "most members": ({"most_members": 3}, lambda _, groups: all(len(group) <= 3 for group in groups)),
    "most members, some of them together": (
        {"most_members": 4, "together": [["A0", "A1", "A3"]]},
        lambda _, groups: all(len(group) <= 4 for group in groups) and together(groups, 0, 1, 3),
    ),
    "nest": (
        {"nest_in": ["nest"]},
        lambda here, groups: all(len({dict(here.layers["nest"])[f"A{n}"] for n in group}) == 1 for group in groups),
    ),
    "whole": (
        {"whole": ["nest"]},
        lambda here, groups: all(
            together(groups, *(n for n in range(6) if dict(here.layers["nest"])[f"A{n}"] == area))
            for area in set(dict(here.layers["nest"]).values())
        ),
    ),
    "fixed": (
        {"fixed": {"A0": "today0", "A3": "Area today1"}},
        lambda _, groups: not together(groups, 0, 3),
    ),
}


@pytest.mark.parametrize("name", CONSTRAINTS)
@pytest.mark.parametrize("seed", range(3))
def test_a_constraint_leaves_the_best_of_the_arrangements_that_keep_it(name: str, seed: int) -> None:
    constraint, keeps = CONSTRAINTS[name]
    here = world(seed)
    if name == "fixed":
        rows = [("A0", "today0"), ("A3", "today1"), *here.layers["today"][1:3], *here.layers["today"][4:]]
        here = World(**{**vars(here), "layers": {**here.layers, "today": rows}})
    objectives = {one: told for one, told in EVERY.items() if one != "change"}
    good = [score for score, groups, _ in listed(here, objectives) if keeps(here, groups)]
    made = here.planned(objectives, CLUSTERS, start="today", constraints=constraint)
    if not good:
        assert made.conflict is not None
        assert not made.designs
        return
    assert made.designs[0].optimal
    assert made.designs[0].score == pytest.approx(min(good), abs=1e-7)
    codes = [sorted(int(code[1:]) for code in held) for held in parted(made)]
    assert keeps(here, codes)


@pytest.mark.parametrize("objectives", [EVERY, {"compactness": 1.0}], ids=["change", "no change"])
@pytest.mark.parametrize("seed", range(3))
def test_a_unit_fixed_to_an_area_is_there_in_names_moves_and_change(seed: int, objectives: dict[str, Any]) -> None:
    today = [*((f"A{n}", "today0") for n in range(3)), *((f"A{n}", "today1") for n in range(3, 6))]
    here = world(seed)
    here = World(**{**vars(here), "layers": {**here.layers, "today": today}})
    # Whoever is with A0 is in today1, even where all of today1 is in another cluster.
    fixed = {"fixed": {"A0": "today1"}, "apart": [["A0", f"A{n}"] for n in (3, 4, 5)]}
    best = here.planned(objectives, CLUSTERS, start="today", constraints=fixed).designs[0]
    assignment, now = best.assignment, dict(today)
    gone = {code for code in here.people if assignment[code] != now[code]}
    assert assignment["A0"] == "today1"
    assert {"A0", "A3", "A4", "A5"} <= gone
    assert {f"A{move.unit}" for move in best.moves} == gone
    assert {move.target for move in best.moves if move.unit == 0} == {"Area today1"}
    assert best.measures.change == pytest.approx(sum(here.people[code] for code in gone))
    terms = terms_of_measures(best.measures, taken({"objectives": objectives, "start": "today"}).objectives,
                              here.ground(objectives).units)  # fmt: skip
    assert best.score == pytest.approx(sum(best.weights[name] * term for name, term in terms.items()), abs=1e-7)
    assert best.optimal


@pytest.mark.parametrize("seed", range(20))
def test_groups_are_matched_with_the_areas_they_are_fixed_to_and_else_so_that_most_people_stay(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups, areas = (int(size) for size in rng.integers(2, 5, 2))
    people = rng.integers(0, 9, (groups, areas)).astype(float)
    group, area = int(rng.integers(groups)), int(rng.integers(areas))
    place = matched(people, [(group, area)])
    allowed = [one for one in permutations([*range(areas), *[-1] * groups], groups) if one[group] == area]
    assert place[group] == area
    assert len(set(place[place >= 0])) == (place >= 0).sum()
    assert staying(people, place) == max(staying(people, one) for one in allowed)


def staying(people: np.ndarray, place: Sequence[int]) -> float:
    return sum(people[n, area] for n, area in enumerate(place) if area >= 0)


def test_an_island_is_reached_by_the_crossings_that_are_wanted() -> None:
    here, objectives = world(2), {"self_containment": 1.0}
    assert len(here.planned(objectives, 1).designs) == 1
    made = here.planned(objectives, 2, crossings=["bridge", "tunnel"])
    assert frozenset({"A5"}) in parted(made)
    assert made.designs[0].measures.in_pieces == 0
    alone = here.planned(objectives, 1, crossings=[])
    assert alone.conflict is not None


def test_as_many_clusters_as_units_are_the_units_and_one_cluster_is_all() -> None:
    here = world(3)
    alone, whole = here.planned(EVERY, 6, start="today"), here.planned(EVERY, 1, start="today")
    assert parted(alone) == {frozenset({code}) for code in here.people}
    assert parted(whole) == {frozenset(here.people)}
    assert alone.designs[0].measures.border_km == pytest.approx(sum(km for *_, km in here.borders))
    assert whole.designs[0].measures.border_km == pytest.approx(0)


def test_more_clusters_than_units_are_refused() -> None:
    made = world(3).planned(EVERY, 7, start="today")
    with pytest.raises(ConfigurationError, match="Ask for another number of clusters"):
        answered(made)


def test_two_units_are_parted_or_joined_and_one_is_refused() -> None:
    two = world(4, 1, 2)
    assert parted(two.planned({"self_containment": 1.0}, 2)) == {frozenset({"A0"}), frozenset({"A1"})}
    assert parted(two.planned({"self_containment": 1.0}, [1, 2])) == {frozenset({"A0", "A1"})}
    with pytest.raises(ConfigurationError, match="fewer than two units"):
        world(4, 1, 1).planned({"compactness": 1.0}, 1)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"within": []}, "within"),
        ({"constraints": {"leads": ["A0"]}}, "leads"),
        ({"constraints": {"leads": ["A0", "A9"]}}, "'A9' is no unit of this plan"),
        ({"constraints": {"most_people": 0}}, "most_people"),
        ({"crossings": ["tram"]}, "tram"),
        ({"objectives": {"self_containment": {"least": 60}}}, "60"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused_by_its_name(said: dict[str, Any], words: str) -> None:
    objectives = said.pop("objectives", {"compactness": 1.0})
    with pytest.raises(GeoplanError, match=words):
        world(5).planned(objectives, 2, **said)


def test_empty_sets_of_constraints_constrain_nothing() -> None:
    here = world(6)
    said = {"together": [], "apart": [], "fixed": {}}
    free, told = here.planned(EVERY, 2, start="today"), here.planned(EVERY, 2, start="today", constraints=said)
    assert parted(free) == parted(told)


def test_what_contradicts_by_counting_and_needs_less_by_the_solver_is_told_in_full():
    here = world(3)
    # Five rules contradict by counting, two of them too; the last alone can be kept by none, which only trials tell.
    said = {"apart": [["A0", "A1"], ["A0", "A3"], ["A1", "A2"], ["A1", "A4"]], "least_people": 120}
    made = here.planned({"compactness": 1.0}, CLUSTERS, constraints=said)
    assert made.conflict.rules == ("at least 120 people in a cluster",)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 99), st.data())
def test_what_contradicts_is_told_and_without_any_one_of_it_nothing_does(seed: int, data: st.DataObject) -> None:
    here = world(seed)
    graph = here.ground({}).units.graph
    assert nx.is_connected(graph)
    pair = st.lists(st.integers(0, 5), min_size=2, max_size=2, unique=True)
    sets = data.draw(st.lists(st.tuples(st.booleans(), pair), min_size=3, max_size=6))
    least = data.draw(st.sampled_from([0, 60, 120]))
    said = {
        "together": [[f"A{n}" for n in one] for is_joined, one in sets if is_joined],
        "apart": [[f"A{n}" for n in one] for is_joined, one in sets if not is_joined],
        "least_people": least,
    }
    tests: dict[str, Callable[[Clusters], bool]] = {
        f"at least {least:,.0f} people in a cluster": lambda groups: all(
            sum(here.people[f"A{n}"] for n in group) >= least for group in groups
        )
    }
    for is_joined, (a, b) in sets:
        kept = "together" if is_joined else "apart"
        tests[f"keep {kept} A{a} and A{b}".replace("A", "Area A")] = lambda groups, a=a, b=b, is_joined=is_joined: (
            together(groups, a, b) == is_joined
        )
    every = list(arrangements(graph, *CLUSTERS))
    made = here.planned({"compactness": 1.0}, CLUSTERS, constraints=said)
    can = any(all(test(groups) for test in tests.values()) for groups in every)
    assert bool(made.designs) == can
    if made.conflict is not None:
        rules = [tests[rule] for rule in made.conflict.rules]
        assert not any(all(test(groups) for test in rules) for groups in every)
        for left in rules:
            assert any(all(test(groups) for test in rules if test is not left) for groups in every)
