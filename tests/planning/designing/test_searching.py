"""The search for groups that are too many to list, against every arrangement listed."""

from __future__ import annotations

import numpy as np
import pytest
from test_optimum import EVERY, score
from toy_grids import arrangements, grid

from geoplan.planning.designing import rules
from geoplan.planning.designing.asked import Objective
from geoplan.planning.designing.front import Alternative, Wish, best
from geoplan.planning.designing.posing import pose
from geoplan.planning.designing.searching import is_needed, searched


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


def test_where_nothing_was_met_nothing_is_said_to_be_impossible():
    ground = grid(2, 4, 5)
    made = found(ground, (Objective("self_containment", 1.0),), (2, 2), rules.at_least(1e6))
    assert made is None
