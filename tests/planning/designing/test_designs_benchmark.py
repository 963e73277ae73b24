"""The tools beside which designed clusters are measured, on a grid: sound, and scored as geoplan scores."""

import importlib.util
import sys
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from roots import ROOT
from toy_grids import grid

from geoplan.planning.designing.asked import taken

CLUSTERS = 3


@pytest.fixture(scope="module")
def benchmark():
    """Return the module of the benchmark, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("designs_benchmark", ROOT / "benchmarks" / "designs.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "designs_benchmark", module)
        spec.loader.exec_module(module)
        yield module


@pytest.fixture(params=[None, 0.6])
def judge(benchmark, request):
    """Return the judge of a toy ground, with and without a limit on the people of a cluster."""
    ground = grid(3, 4, 1)
    limit = {"most_people": request.param * ground.units.people.sum()} if request.param else {}
    objectives = {"cut_people": {"layers": ["icb_2026"]}, "self_containment": benchmark.CONTAINED}
    return benchmark.Judge(ground, taken({"objectives": objectives, "constraints": limit}))


def groups_of(labels):
    return [frozenset(np.flatnonzero(labels == n).tolist()) for n in np.unique(labels)]


def total(judge, labels):
    return sum(judge.price(group) for group in groups_of(labels))


def test_prices_add_up_to_the_score_and_to_more_where_a_cluster_is_too_large(judge):
    rng = np.random.default_rng(0)
    for labels in rng.integers(0, CLUSTERS, (20, len(judge.ground.units))):
        people = [judge.ground.units.people[list(group)].sum() for group in groups_of(labels)]
        score = judge.score(judge.measures(labels)) - judge.weights["self_containment"]
        if max(people) <= judge.most_people:
            assert total(judge, labels) == pytest.approx(score)
        else:
            assert total(judge, labels) > score + 1e-6


def test_a_local_search_keeps_clusters_whole_and_ends_where_no_move_helps(benchmark, judge):
    start = judge.ground.today.home
    found = benchmark.local_search(judge, start)
    graph, best = judge.ground.units.graph, total(judge, found)
    assert best <= total(judge, start)
    assert len(np.unique(found)) == len(np.unique(start))
    assert all(nx.is_connected(graph.subgraph(group)) for group in groups_of(found))
    for unit in graph:
        for target in {found[near] for near in graph[unit]} - {found[unit]}:
            moved = found.copy()
            moved[unit] = target
            left = np.flatnonzero(moved == found[unit])
            if len(left) and nx.is_connected(graph.subgraph(left.tolist())):
                assert total(judge, moved) >= best - 1e-9


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("tool", ["skater_by_attributes", "skater_by_objective", "max_p"])
def test_spopt_makes_so_many_connected_clusters(benchmark, judge, tool):
    pytest.importorskip("spopt", reason="spopt is installed with geoplan[bench] only")
    labels = getattr(benchmark, tool)(judge, CLUSTERS)
    assert len(np.unique(labels)) == CLUSTERS
    assert judge.measures(labels).in_pieces == 0


def test_the_table_has_the_best_first(benchmark, judge):
    today = judge.ground.today.home
    rows = [benchmark.timed("today", judge, lambda _: today)[0]]
    rows.append(benchmark.timed("local search", judge, lambda own: benchmark.local_search(own, today))[0])
    told = benchmark.told_tools(rows, rows[0].measures)
    assert len({line.count("|") for line in told}) == 1
    scores = [float(line.split(" | ")[1]) for line in told[2:]]
    assert all(one <= two for one, two in pairwise(scores))
    assert {line.split(" | ")[0] for line in told[2:]} == {"| today", "| local search"}
