"""The search for groups that are too many to list, against every arrangement listed."""

from __future__ import annotations

import random

import networkx as nx
import numpy as np
import pytest
from test_optimum import EVERY, score
from toy_grids import arrangements, grid

from geoplan.planning.designing import rules
from geoplan.planning.designing.asked import Objective
from geoplan.planning.designing.front import Alternative, Wish, best
from geoplan.planning.designing.measuring import measured
from geoplan.planning.designing.posing import pose
from geoplan.planning.designing.rules import Ruled
from geoplan.planning.designing.searching.costs import Costs
from geoplan.planning.designing.searching.search import is_needed, searched
from geoplan.planning.designing.searching.trees import cut_tree


def found(ground, objectives, clusters, *every, seed=1):
    listed = pose(ground, every, named=True, most_groups=30)
    assert is_needed(listed, clusters)
    posed = searched(listed, objectives, clusters, named=True, seed=seed, seconds=60)
    wish = Wish("asked", {one.name: one.weight for one in objectives})
    return best(posed, ground, objectives, wish, clusters)


@pytest.mark.parametrize("objective", EVERY, ids=lambda one: f"{one.name}-{one.of}")
def test_the_search_reaches_the_best_of_a_small_grid_and_its_bound_is_below_it(objective):
    ground = grid(2, 4, 3)
    made = found(ground, (objective,), (2, 3))
    assert isinstance(made, Alternative)
    lowest = min(score(groups, ground, (objective,)) for groups in arrangements(ground.units.graph, 2, 3))
    assert made.score == pytest.approx(lowest, abs=1e-9)
    assert made.bound <= lowest + 1e-9
    assert made.optimal == (made.score <= made.bound + 1e-9)


def test_rules_hold_and_the_same_seed_gives_the_same():
    ground = grid(2, 4, 5)
    objectives = (Objective("self_containment", 1.0), Objective("balance", 0.2))
    every = (rules.apart((0, 1), ground.units.names), rules.at_least(20))
    one, two = (found(ground, objectives, (2, 2), *every) for _ in range(2))
    assert (one.labels == two.labels).all()
    assert one.labels[0] != one.labels[1]
    assert np.bincount(one.labels, ground.units.people).min() >= 20
    assert one.measures.in_pieces == 0
    assert not one.optimal


def test_units_kept_together_count_each_by_itself_in_what_a_search_meets():
    ground = grid(2, 4, 5)
    names = ground.units.names
    every = (rules.together((0, 1), names), rules.together((2, 3), names), rules.members_at_most(4))
    listed = pose(ground, every, named=True, most_groups=12)
    assert listed.members is not None
    posed = searched(listed, EVERY[:2], (2, 3), named=True, seed=1, seconds=60)
    sizes = posed.columns.groups @ posed.ground.units.members
    assert sizes.max() == 4
    assert len(sizes) > listed.columns.groups.shape[0]


def test_where_nothing_was_met_nothing_is_said_to_be_impossible():
    ground = grid(2, 4, 5)
    made = found(ground, (Objective("self_containment", 1.0),), (2, 2), rules.at_least(1e6))
    assert made is None


def test_the_search_says_what_it_began_from_and_hands_over_arrangements():
    ground = grid(3, 4, 2)
    posed = searched(pose(ground, (), named=True, most_groups=60), EVERY[:2], (3, 3), named=True, seed=1, seconds=60)
    assert posed.starts == ("today's arrangement", "regions by Ward's method (spopt)", "random spanning trees")
    assert posed.known
    for chosen in posed.known:
        labels = posed.labels(chosen)
        assert len(np.unique(labels)) == 3
        assert (np.diff(posed.columns.groups[posed.columns.group[chosen]].indptr) > 0).all()
        assert measured(labels, ground.units, ground.layers, ground.today).in_pieces == 0


def test_an_arrangement_that_is_known_is_the_answer_where_the_solver_has_no_time():
    ground = grid(3, 4, 2)
    posed = searched(pose(ground, (), named=True, most_groups=60), EVERY[:2], (3, 3), named=True, seed=1, seconds=60)
    made = best(
        posed, ground, EVERY[:2], Wish("asked", {"cut_people": 1.0, "self_containment": 1.0}), (3, 3), seconds=0
    )
    assert isinstance(made, Alternative)
    assert made.measures.in_pieces == 0
    assert made.bound <= made.score


@pytest.mark.parametrize("seed", range(5))
def test_what_groups_cost_is_what_their_arrangement_scores(seed):
    ground = grid(3, 3, seed, layers=2)
    groups = [frozenset([0, 1, 2]), frozenset([3, 4, 5]), frozenset([6, 7, 8])]
    for one in (each for each in EVERY if each.name != "change"):
        costs = Costs(ground, Ruled(), (one,), 3)
        costs.weigh({one.name: 1.0})
        constant = {"self_containment": 1.0, "compactness": 1.0, "balance": -1.0}.get(one.name, 0.0)
        expected = score([sorted(group) for group in groups], ground, (one,))
        assert sum(map(costs.of, groups)) + constant == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_both_sides_of_each_cut_of_a_tree_are_connected(seed):
    graph = nx.convert_node_labels_to_integers(nx.grid_2d_graph(3, 4))
    members, sides = cut_tree(frozenset(range(12)), graph, random.Random(seed))  # noqa: S311
    assert sides.shape == (11, 12)
    for side in sides:
        for half in (side, 1 - side):
            assert nx.is_connected(graph.subgraph(np.asarray(members)[half > 0].tolist()))
