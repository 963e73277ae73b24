"""Contradictions are found, minimal, and never claimed where listing all arrangements finds one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_grids import arrangements, grid

from geoplan.planning.designing import rules
from geoplan.planning.designing.conflicts import Conflict, conflict_of, shows_at_once


def kept(groups, ground, some) -> bool:
    said = rules.ruled(some)
    cluster = {unit: n for n, group in enumerate(groups) for unit in group}
    sums = [ground.units.people[group].sum() for group in groups]
    return (
        all(len({cluster[unit] for unit in members}) == 1 for members in said.together)
        and all(cluster[one] != cluster[two] for one, two in said.apart)
        and min(sums) >= said.least_people
        and max(sums) <= said.most_people
        and max(map(len, groups)) <= (said.most_members or len(cluster))
    )


def possible(ground, some, clusters) -> bool:
    return any(kept(groups, ground, some) for groups in arrangements(ground.units.graph, *clusters))


pairs = st.lists(st.integers(0, 5), min_size=2, max_size=3, unique=True).map(tuple)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 99),
    st.lists(pairs, max_size=3),
    st.lists(pairs, max_size=3),
    st.sampled_from([0, 20, 40, 80]),
    st.sampled_from([1e9, 100, 60]),
    st.sampled_from([6, 3, 2]),
)
def test_a_conflict_is_named_where_listing_finds_none_and_it_is_minimal(seed, together, apart, least, most, members):
    ground, clusters = grid(2, 3, seed), (2, 3)
    names = ground.units.names
    every = [
        *(rules.together(one, names) for one in together),
        *(rules.apart(one, names) for one in apart),
        rules.at_least(least),
        rules.at_most(most),
        rules.members_at_most(members),
    ]
    assert not (shows_at_once(ground, every, clusters) and possible(ground, every, clusters))
    found = conflict_of(ground, every, clusters, seconds=60)
    assert (found is None) == possible(ground, every, clusters)
    if found is not None:
        assert found.proved
        core = list({rule.words: rule for rule in every if rule.words in found.rules}.values())
        assert len(core) == len(found.rules)
        assert not possible(ground, core, clusters)
        assert all(possible(ground, [rule for rule in core if rule is not left], clusters) for left in core)


def test_of_two_conflicts_the_smaller_is_named():
    ground = grid(2, 3, 0)
    names = ground.units.names
    every = [
        rules.together((0, 1), names),
        rules.together((1, 2), names),
        rules.apart((0, 2), names),
        rules.at_least(float(ground.units.people.sum())),
    ]
    found = conflict_of(ground, every, (2, 3), seconds=60)
    assert found == Conflict((every[3].words,))


def test_what_the_time_did_not_tell_is_said_to_be_possible_only():
    ground = grid(3, 4, 1)
    half = float(np.floor(ground.units.people.sum() / 2))
    found = conflict_of(ground, [rules.at_least(half), rules.at_most(half + 1)], (2, 2), seconds=0)
    assert found is None or not found.proved
    assert "may contradict" in Conflict(("a", "b"), proved=False).message


@pytest.mark.parametrize("clusters", [(7, 8), (9, 9)])
def test_more_clusters_than_units_are_impossible_whatever_the_constraints(clusters):
    ground = grid(2, 3, 0)
    assert conflict_of(ground, [rules.at_least(1)], clusters, seconds=60) == Conflict(())


def test_without_time_no_rule_of_a_proved_conflict_is_left_out_unproved():
    ground = grid(2, 3, 0)
    names = ground.units.names
    every = [rules.together((0, 1), names), rules.together((1, 2), names), rules.apart((0, 2), names)]
    assert conflict_of(ground, every, (2, 3), seconds=0) == Conflict(tuple(rule.words for rule in every))
