"""The optimiser against every arrangement listed, for each objective and each constraint."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_grids import arrangements, grid

from geoplan.planning.designing import rules
from geoplan.planning.designing.asked import Objective
from geoplan.planning.designing.choosing.candidates import connected_groups
from geoplan.planning.designing.front import Alternative, Wish, best
from geoplan.planning.designing.measuring import measured
from geoplan.planning.designing.posing import Ground, pose
from geoplan.planning.designing.scoring import terms_of_measures

EVERY = (
    Objective("cut_people", 1.0, ("layer0",)),
    Objective("self_containment", 1.0),
    Objective("balance", 1.0),
    Objective("balance", 1.0, of="need"),
    Objective("change", 1.0),
    Objective("compactness", 1.0),
)


def score(groups: list[list[int]], ground: Ground, objectives: tuple[Objective, ...]) -> float:
    labels = np.zeros(len(ground.units), dtype=int)
    for n, group in enumerate(groups):
        labels[group] = n
    terms = terms_of_measures(measured(labels, ground.units, ground.layers, ground.today), objectives, ground.units)
    return sum(one.weight * terms[one.name] for one in objectives)


def found(ground: Ground, objectives: tuple[Objective, ...], clusters: tuple[int, int], *every: rules.Rule) -> object:
    posed = pose(ground, every, named=True)
    if posed is None:
        return False
    wish = Wish("asked", {one.name: one.weight for one in objectives})
    return best(posed, ground, objectives, wish, clusters)


@pytest.mark.parametrize("objective", EVERY, ids=lambda one: f"{one.name}-{one.of}")
@pytest.mark.parametrize("seed", range(4))
def test_each_objective_reaches_what_listing_all_arrangements_reaches(objective: Objective, seed: int) -> None:
    ground = grid(2, 4, seed)
    made = found(ground, (objective,), (2, 4))
    assert isinstance(made, Alternative)
    lowest = min(score(groups, ground, (objective,)) for groups in arrangements(ground.units.graph, 2, 4))
    assert made.score == pytest.approx(lowest, abs=1e-9)
    assert made.optimal


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 999), st.lists(st.floats(0, 2), min_size=5, max_size=5).filter(lambda w: sum(w) > 0.1))
def test_weighted_objectives_reach_what_listing_reaches(seed: int, weights: list[float]) -> None:
    ground = grid(2, 3, seed, layers=2)
    objectives = tuple(
        Objective(name, weight, ("layer0", "layer1") if name == "cut_people" else ())
        for name, weight in zip(
            ("cut_people", "self_containment", "balance", "change", "compactness"), weights, strict=True
        )
    )
    made = found(ground, objectives, (2, 3))
    assert isinstance(made, Alternative)
    lowest = min(score(groups, ground, objectives) for groups in arrangements(ground.units.graph, 2, 3))
    assert made.score == pytest.approx(lowest, abs=1e-7)
    assert made.bound <= made.score + 1e-9


def kept_together(groups: list[list[int]]) -> bool:
    return any({0, 5} <= set(group) for group in groups)


def kept_apart(groups: list[list[int]]) -> bool:
    return not any({0, 1} <= set(group) for group in groups)


@pytest.mark.parametrize(
    ("rule", "keeps"),
    [
        (lambda g: rules.together((0, 5), g.units.names), lambda _, groups: kept_together(groups)),
        (lambda g: rules.apart((0, 1), g.units.names), lambda _, groups: kept_apart(groups)),
        (lambda _: rules.at_least(30), lambda g, groups: all(g.units.people[one].sum() >= 30 for one in groups)),
        (lambda _: rules.at_most(110), lambda g, groups: all(g.units.people[one].sum() <= 110 for one in groups)),
        (lambda _: rules.members_at_most(3), lambda _, groups: all(len(one) <= 3 for one in groups)),
    ],
    ids=["together", "apart", "least people", "most people", "most members"],
)
@pytest.mark.parametrize("seed", range(3))
def test_each_constraint_leaves_the_best_of_those_that_keep_it(seed: int, rule, keeps) -> None:
    ground = grid(2, 4, seed)
    objectives = (Objective("cut_people", 1.0, ("layer0",)), Objective("self_containment", 0.5))
    made = found(ground, objectives, (3, 4), rule(ground))
    good = [groups for groups in arrangements(ground.units.graph, 3, 4) if keeps(ground, groups)]
    if not good:
        assert made is False
        return
    assert isinstance(made, Alternative)
    assert made.score == pytest.approx(min(score(groups, ground, objectives) for groups in good), abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_cluster_nests_in_a_layer_and_a_fixed_unit_keeps_its_area(seed: int) -> None:
    ground = grid(2, 4, seed)
    layer = ground.layers[0]
    area = layer.people.argmax(axis=1)
    objectives = (Objective("self_containment", 1.0),)
    made = found(ground, objectives, (1, 8), rules.nested(layer, ground.units))
    assert isinstance(made, Alternative)
    assert all(len(set(area[made.labels == n])) == 1 for n in range(made.labels.max() + 1))
    good = [
        groups for groups in arrangements(ground.units.graph, 1, 8) if all(len(set(area[one])) == 1 for one in groups)
    ]
    assert made.score == pytest.approx(min(score(groups, ground, objectives) for groups in good), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 9999), st.integers(1, 5))
def test_connected_groups_are_all_subsets_that_are_connected(seed: int, most: int) -> None:
    rng = np.random.default_rng(seed)
    graph = nx.gnp_random_graph(8, 0.35, seed=seed)
    people = rng.integers(1, 9, 8).astype(float)
    apart = [(0, 1), (2, 5)]
    groups = connected_groups(graph, most_members=most, people=people, most_people=20, apart=apart)
    assert groups is not None
    listed = [frozenset(row.nonzero()[0].tolist()) for row in groups.toarray()]
    wanted = {
        held
        for bits in range(1, 256)
        if len(held := frozenset(n for n in range(8) if bits >> n & 1)) <= most
        and nx.is_connected(graph.subgraph(held))
        and people[list(held)].sum() <= 20
        and not any(set(pair) <= held for pair in apart)
    }
    assert len(listed) == len(set(listed))
    assert set(listed) == wanted


def test_too_many_groups_are_given_up() -> None:
    graph = nx.complete_graph(8)
    assert connected_groups(graph, most_members=8, people=np.ones(8), limit=100) is None


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 999), st.permutations(range(6)), st.floats(0.5, 100))
def test_order_of_units_and_unit_of_people_change_nothing(seed: int, order: list[int], factor: float) -> None:
    ground = grid(2, 3, seed)
    objectives = (
        Objective("cut_people", 1.0, ("layer0",)),
        Objective("self_containment", 0.3),
        Objective("change", 0.2),
    )
    units, at = ground.units, np.array(order)
    place = np.argsort(at)
    turned = replace(
        units,
        codes=tuple(units.codes[n] for n in at),
        names=tuple(units.names[n] for n in at),
        blocks=tuple(units.blocks[n] for n in at),
        people=units.people[at] * factor,
        need=units.need[at],
        trips=units.trips[at][:, at],
        residents=units.residents[at],
        jobs=units.jobs[at],
        borders=units.borders[at][:, at],
        graph=nx.relabel_nodes(units.graph, dict(enumerate(place.tolist()))),
    )
    moved = [
        replace(one, people=one.people[at] * factor, whole=one.whole * factor) for one in (*ground.layers, ground.today)
    ]
    again = Ground(turned, tuple(moved[:-1]), moved[-1])
    one, two = found(ground, objectives, (2, 4)), found(again, objectives, (2, 4))
    assert isinstance(one, Alternative)
    assert isinstance(two, Alternative)
    assert one.score == pytest.approx(two.score, abs=1e-9)


def test_the_smallest_conflict_is_minimal() -> None:
    ground = grid(2, 3, 0)
    names = ground.units.names
    every = [
        rules.at_most(1e9),
        rules.together((0, 1), names),
        rules.apart((3, 4), names),
        rules.together((1, 2), names),
        rules.at_least(1),
        rules.apart((0, 2), names),
    ]

    def feasible(some: list[rules.Rule]) -> bool:
        return isinstance(found(ground, (Objective("self_containment", 1.0),), (2, 4), *some), Alternative)

    conflict = rules.smallest_conflict(every, feasible)
    assert [rule.words for rule in conflict] == [every[1].words, every[3].words, every[5].words]
    assert not feasible(conflict)
    assert all(feasible([rule for rule in conflict if rule is not left]) for left in conflict)
