"""Realignment on cases that can be counted by hand, and against all assignments of small random ones."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.analysis import overlay, relations
from geoplan.analysis.networks import alignment_model, alignment_problem
from geoplan.analysis.networks.alignment_problem import Goal
from geoplan.analysis.networks.realignment import realign
from geoplan.errors import ConfigurationError, UnknownKeyError
from geoplan.schema import Layer, Source, Tolerance

ROW = ["u1", "u2", "u3", "u4", "u5", "u6"]


def make_blocks(people: Mapping[str, float], lads: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Blocks that are authorities of their own unless ``lads`` says otherwise."""
    frame = pd.DataFrame({"people": pd.Series(people, dtype=float)})
    frame.insert(0, "lad", [(lads or {}).get(block, block) for block in frame.index])
    return frame.rename_axis("block")


def make_layer(key: str, members: Mapping[str, Mapping[str, float | None] | str], **facts: object) -> Layer:
    """Make a layer of ``{area: {block: share}}``, or ``{area: "blocks by spaces"}``."""
    rows = [
        (block, code, np.nan if share is None else share)
        for code, held in members.items()
        for block, share in (dict.fromkeys(held.split(), 1.0) if isinstance(held, str) else held).items()
    ]
    parts = pd.DataFrame(rows, columns=["block", "code", "share"])
    areas = pd.DataFrame({"name": [f"Area {code}" for code in members]}, index=pd.Index(members, name="code"))
    return replace(Layer(key=key, title=f"Layer {key}", areas=areas, parts=parts, source=Source("toy")), **facts)


def row_of(*names: str, km: float = 1.0) -> nx.Graph:
    graph = nx.path_graph(names)
    nx.set_edge_attributes(graph, km, "border_km")
    return graph


def run(left, right, goal="clean", *, people=None, lads=None, graph=None, **options):
    people = people or {block: 100.0 * n for n, block in enumerate(ROW, 1)}
    graph = row_of(*ROW) if graph is None else graph
    frame = make_blocks(people, lads)
    return realign(
        make_layer("left", left), make_layer("right", right), blocks=frame, neighbours=graph, goal=Goal(goal), **options
    )


def told(found) -> list[str]:
    return [f"{move.block}:{move.source}>{move.target}" for move in found.moves]


# ------------------------------------------------------------------------------------------- by hand


def test_clean_moves_the_fewest_people_where_one_authority_suffices():
    # u3 (300) and u4 (400) lie on the wrong side of one line each; either alone makes a and b clean.
    found = run({"a": "u1 u2 u3", "b": "u4 u5 u6"}, {"x": "u1 u2", "y": "u3 u4 u5 u6"})
    assert told(found) == ["u3:a>b"]
    assert (found.authorities, found.moves[0].people, found.optimal, found.gap) == (1, 300.0, True, 0.0)
    assert found.unreached == {}


def test_clean_needs_nothing_where_right_areas_lie_inside():
    found = run({"a": "u1 u2 u3 u4 u5 u6"}, {"x": "u1 u2", "y": "u3 u4", "z": "u5 u6"})
    assert (told(found), found.unreached) == ([], {})


def test_nest_asks_for_more_than_clean():
    # Clean lets x lie inside a; nest does not, and x's two authorities have to leave a for b, or u3 for c.
    left, right = {"a": "u1 u2 u3", "b": "u4 u5 u6"}, {"x": "u1 u2", "y": "u3 u4 u5 u6"}
    assert told(run({"a": "u1 u2 u3", "b": "u4", "c": "u5 u6"}, {"x": "u1 u2", "y": "u3"}, "clean")) == []
    assert told(run({"a": "u1 u2 u3", "b": "u4", "c": "u5 u6"}, {"x": "u1 u2", "y": "u3"}, "nest")) == ["u3:a>b"]
    assert told(run(left, right, "nest")) == ["u3:a>b"]


def test_whole_gathers_a_right_area():
    # Both left areas lie inside x: clean and nested as they are, but neither is made of the whole of x.
    left, right = {"a": "u1 u2", "b": "u3 u4"}, {"x": "u1 u2 u3", "y": "u4"}
    assert told(run(left, right, "whole")) == ["u3:b>a"]
    assert told(run({"a": "u1", "b": "u2"}, {"x": "u1 u2"}, "nest")) == []


def test_whole_that_would_empty_an_area_is_not_forced():
    found = run({"a": "u1", "b": "u2"}, {"x": "u1 u2"}, "whole")
    assert told(found) == []
    assert set(found.unreached) == {"a", "b"}
    assert "2 areas meet the 1 of Layer right here (Area x)" in found.unreached["a"]
    assert found.optimal


def test_pair_becomes_coterminous_and_uncovered_ground_is_free():
    # u1 lies in no right area and stays; u4 comes in, u2 leaves although clean would be content.
    left, right = {"a": "u1 u3", "b": "u4 u5 u6"}, {"x": "u3 u4", "y": "u5"}
    found = run(left, right, "pair", pair=("a", "x"))
    assert told(found) == ["u4:b>a"]
    assert list(found.aligned.parts.loc[found.aligned.parts["code"] == "a", "block"]) == ["u1", "u3", "u4"]


def test_pair_with_ground_outside_the_left_layer_says_so():
    found = run({"a": "u1", "b": "u2"}, {"x": "u1 u3"}, "pair", pair=("a", "x"))
    assert told(found) == []
    assert found.unreached == {"a": "1 of the 2 blocks of Area x are in no area of Layer left"}


def test_a_pair_may_be_far_apart():
    graph = row_of(*ROW)
    found = run({"a": "u1 u2", "b": "u3 u4 u5 u6"}, {"x": "u1 u2 u3 u4 u5"}, "pair", pair=("a", "x"), graph=graph)
    assert told(found) == ["u3:b>a", "u4:b>a", "u5:b>a"]


def test_a_split_authority_counts_once_and_moves_as_blocks():
    # Moving both sides of E (u3, u4: 700 people, one authority) beats moving u1 and u2 (300 people, two).
    left, right = {"a": "u1 u2 u3 u4", "b": "u5 u6"}, {"x": "u1 u2", "y": "u3 u4 u5"}
    lads = {"u3": "E", "u4": "E"}
    found = run(left, right, "nest", lads=lads, graph=row_of("u1", "u2", "E", "u5", "u6"))
    assert told(found) == ["u3:a>b", "u4:a>b"]
    assert (found.authorities, {move.code for move in found.moves}) == (1, {"E"})


def test_one_side_of_a_split_authority_may_move_alone():
    lads = {"u3": "E", "u4": "E"}
    graph = row_of("u1", "u2", "E", "u5", "u6")
    found = run({"a": "u1 u2", "b": "u3 u4 u5 u6"}, {"x": "u1 u2 u3", "y": "u4 u5 u6"}, lads=lads, graph=graph)
    assert told(found) == ["u3:b>a"]


def test_no_area_is_emptied_not_even_to_be_filled_again():
    # b could give u2 to a and take u3 from c: then b would be a name for other ground. So nothing helps.
    found = run({"a": "u1", "b": "u2", "c": "u3 u4"}, {"x": "u1 u2", "y": "u3", "z": "u4"}, "whole")
    assert told(found) == []
    assert list(found.unreached) == ["a", "b"]


def test_an_area_in_one_piece_stays_in_one():
    # u3 is right's x, but in a it would be cut off by u2, which is y's. So a takes nothing and b gives way.
    people = {"u1": 500, "u2": 500, "u3": 10, "u4": 500}
    left, right = {"a": "u1", "b": "u2 u3 u4"}, {"x": "u1 u3", "y": "u2 u4"}
    found = run(left, right, people=people, graph=row_of("u1", "u2", "u3", "u4"))
    assert told(found) != ["u3:b>a"]
    joined = run(left, right, people=people, graph=nx.Graph([("u1", "u3"), ("u1", "u2"), ("u2", "u3"), ("u2", "u4")]))
    assert told(joined) == ["u3:b>a"]


def test_an_area_in_two_pieces_may_stay_so_but_not_fall_into_three():
    # a is u1 and u5 today. u3 may not come as a third piece; with u2 in a already it could.
    people = dict.fromkeys(ROW, 100)
    apart = run({"a": "u1 u5", "b": "u2 u3 u4", "c": "u6"}, {"x": "u1 u3 u5", "y": "u2 u4"}, people=people)
    assert told(apart) != ["u3:b>a"]
    near = run({"a": "u1 u2 u5", "b": "u3 u4", "c": "u6"}, {"x": "u1 u3 u5", "y": "u4"}, people=people)
    assert told(near) == ["u3:b>a"]


def test_a_london_like_nest_leaves_the_exempt_as_they_are():
    # Three clusters meet four boards. With a left as it is the other two can nest: u4 goes from b to c.
    left = {"a": "u1 u2", "b": "u3 u4", "c": "u5 u6"}
    found = run(left, {"w": "u1", "x": "u2", "y": "u3", "z": "u4 u5 u6"}, "nest")
    assert told(found) == ["u4:b>c"]
    assert found.unreached == {
        "a": "1 area meets the 2 of Layer right here (Area w, Area x), and no assignment leaves every area one of "
        "its authorities and in no more pieces than today"
    }
    held = found.aligned.parts
    assert list(held.loc[held["code"] == "a", "block"]) == ["u1", "u2"]
    assert found.optimal


def test_parts_of_unknown_size_stay():
    left = {"a": {"u1": 1.0, "u2": None}, "b": {"u2": None, "u3": 1.0}}
    found = run(left, {"x": "u1 u2", "y": "u3"}, "nest")
    assert told(found) == []
    assert found.unreached == {"b": "parts of unknown size or of several areas cannot be moved: u2"}
    assert found.aligned.parts["share"].isna().sum() == 2


@pytest.mark.parametrize("goal", ["clean", "nest", "whole"])
def test_a_layer_against_itself_needs_no_moves(goal):
    left = {"a": "u1 u2", "b": "u3 u4", "c": "u5 u6"}
    found = run(left, left, goal)
    assert (found.moves, found.unreached, found.optimal) == ((), {}, True)
    pd.testing.assert_frame_equal(found.aligned.parts, found.left.parts)


@pytest.mark.parametrize("goal", ["clean", "nest", "whole"])
def test_layers_that_do_not_meet_need_no_moves(goal):
    found = run({"a": "u1 u2", "b": "u3"}, {"x": "u4", "y": "u5 u6"}, goal)
    assert (found.moves, found.unreached) == ((), {})


def test_no_neighbours_and_no_people_are_no_trouble():
    graph = nx.empty_graph(ROW)
    found = run({"a": "u1 u2", "b": "u3"}, {"x": "u1", "y": "u2 u3"}, graph=graph, people=dict.fromkeys(ROW, np.nan))
    assert told(found) == []
    assert list(found.unreached) == ["a"]


def test_the_aligned_layer_has_its_weights_and_members_anew(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1, "E1.b": 1, "E2": 1}, "b": {"E3": 1, "E4": 1, "W1": 1}})
    right = block_layer("right", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E2": 1, "E3": 1, "E4": 1, "W1": 1}})
    graph = nx.Graph([("E1", "E2"), ("E1", "E3"), ("E1", "E4"), ("E2", "W1"), ("E3", "E4"), ("E4", "W1")])
    before = left.areas.copy()
    found = realign(left, right, blocks=blocks, neighbours=graph)
    assert told(found) == ["E2:a>b"]
    assert found.aligned.areas["people"].to_dict() == {"a": 300.0, "b": 1800.0}
    assert found.aligned.areas["members"].to_dict() == {"a": "E1", "b": "E2;E3;E4;W1"}
    assert "geometry" not in found.aligned.areas
    pd.testing.assert_frame_equal(pd.DataFrame(left.areas), pd.DataFrame(before))
    related = relations.relate(overlay.overlay(found.aligned, right, blocks=blocks), tolerance=Tolerance())
    assert set(related["relation"]) == {"coterminous"}


# ------------------------------------------------------------------------------------------- refusals


def test_layers_without_authorities_are_refused():
    drawn = replace(make_layer("left", {"a": "u1"}), parts=None)
    with pytest.raises(ConfigurationError, match="left is not made of authorities"):
        realign(drawn, make_layer("right", {"x": "u1"}), blocks=make_blocks({"u1": 1}), neighbours=row_of("u1"))


def test_a_left_layer_that_overlaps_itself_is_refused():
    with pytest.raises(ConfigurationError, match=r"left overlaps itself, .* \(1 row: u2\)\. Use it as the right"):
        run({"a": "u1 u2", "b": "u2 u3"}, {"x": "u1"})
    with pytest.raises(ConfigurationError, match="left overlaps itself"):
        run({"a": "u1 u2", "b": {"u2": None}}, {"x": "u1"})


def test_a_pair_goes_with_its_goal_only():
    with pytest.raises(ConfigurationError, match="The goal pair needs"):
        run({"a": "u1"}, {"x": "u1"}, "pair")
    with pytest.raises(ConfigurationError, match="no other goal takes them"):
        run({"a": "u1"}, {"x": "u1"}, "nest", pair=("a", "x"))
    with pytest.raises(UnknownKeyError, match="no area 'q' in right"):
        run({"a": "u1"}, {"x": "u1"}, "pair", pair=("a", "q"))


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_no_time_is_refused(seconds):
    with pytest.raises(ConfigurationError, match="give it more than 0"):
        run({"a": "u1"}, {"x": "u1"}, seconds=seconds)


def test_a_solver_out_of_time_reports_its_gap(monkeypatch):
    true = alignment_model.milp

    def slow(cost, **arguments):
        found = true(cost, **arguments)
        if np.isfinite(arguments["options"]["time_limit"]):
            found.x, found.status, found.mip_dual_bound = None, 1, None
        return found

    monkeypatch.setattr(alignment_model, "milp", slow)
    found = run({"a": "u1 u2 u3", "b": "u4 u5 u6"}, {"x": "u1 u2", "y": "u3 u4 u5 u6"}, "nest")
    assert (found.moves, found.optimal, found.gap) == ((), False, 1.0)
    assert found.unreached == {"a": "no assignment was found in the time given; one may exist"}


# ------------------------------------------------------------------------------------------- oracle


@dataclass(frozen=True)
class Case:
    """Six blocks on a grid of two rows, three left areas, right areas that may overlap or leave gaps."""

    left: dict[str, dict[str, float | None]]
    right: dict[str, dict[str, float | None]]
    lads: dict[str, str]
    people: dict[str, float]
    graph: nx.Graph

    def unit_graph(self) -> nx.Graph:
        graph = nx.empty_graph(sorted(block for held in self.left.values() for block in held))
        for one, two in itertools.combinations(graph, 2):
            lads = self.lads[one], self.lads[two]
            if lads[0] == lads[1] or self.graph.has_edge(*lads):
                graph.add_edge(one, two)
        return graph


GRID = [("u1", "u2"), ("u2", "u3"), ("u4", "u5"), ("u5", "u6"), ("u1", "u4"), ("u2", "u5"), ("u3", "u6")]


@st.composite
def cases(draw) -> Case:
    homes = draw(st.lists(st.sampled_from("abc"), min_size=6, max_size=6))
    stuck = draw(st.sampled_from([None, None, None, *ROW]))
    left: dict[str, dict[str, float | None]] = {}
    for block, code in zip(ROW, homes, strict=True):
        left.setdefault(code, {})[block] = None if block == stuck else 1.0
    right: dict[str, dict[str, float | None]] = {}
    for block in ROW:
        met = draw(st.sampled_from(["x", "y", "z", "x", "y", "z", "", "xy", "yz?"]))
        for code in met.rstrip("?"):
            right.setdefault(code, {})[block] = None if "?" in met else 1.0
    right.setdefault("x", {"u9": 1.0})
    lads = {block: block for block in ROW}
    if draw(st.booleans()):
        lads["u2"] = "u1"
    people = {block: float(draw(st.integers(0, 5))) for block in ROW}
    gone = draw(st.lists(st.sampled_from(GRID), max_size=2))
    edges = {(lads[one], lads[two]) for one, two in GRID if (one, two) not in gone}
    graph = nx.Graph()
    graph.add_nodes_from(lads.values())
    graph.add_edges_from((edge for edge in sorted(edges) if edge[0] != edge[1]), border_km=1.0)
    return Case(left, right, lads, people, graph)


class Oracle:
    """The definitions of method.md, word by word, over every assignment."""

    def __init__(self, case: Case, goal: Goal, pair: tuple[str, str] | None) -> None:
        self.case, self.goal, self.pair, self.graph = case, goal, pair, case.unit_graph()
        self.units = {b: code for code, held in case.left.items() for b, share in held.items() if share == 1}
        self.fixed = {b: code for code, held in case.left.items() for b, share in held.items() if share != 1}
        self.partners = {b: {code for code, held in case.right.items() if b in held} for b in [*ROW, "u9"]}
        self.within = {
            b: met if len(met) == 1 else {code for code in met if case.right[code][b] == 1}
            for b, met in self.partners.items()
        }
        self.before = self.pieces(self.units)

    def held(self, chosen: Mapping[str, str], area: str) -> set[str]:
        return {b for b, code in {**chosen, **self.fixed}.items() if code == area}

    def pieces(self, chosen: Mapping[str, str]) -> dict[str, int]:
        return {a: nx.number_connected_components(self.graph.subgraph(self.held(chosen, a))) for a in self.case.left}

    def reaches(self, area: str, chosen: Mapping[str, str]) -> bool:
        held = self.held(chosen, area)
        own = {b for b, code in chosen.items() if code == area}
        covered = {b for b in held if self.partners[b]}
        met = set().union(*(self.partners[b] for b in covered))
        inside = {right for right in met if all(right in self.within[b] for b in covered)}
        whole = {right for right in met if set(self.case.right[right]) <= own}
        if self.goal is Goal.PAIR:
            return area != self.pair[0] or (met == whole == {self.pair[1]})
        return met <= {Goal.CLEAN: inside | whole, Goal.NEST: inside, Goal.WHOLE: whole}[self.goal]

    def candidates(self, unit: str) -> list[str]:
        near = nx.single_source_shortest_path_length(self.graph, unit, cutoff=alignment_problem.REACH)
        found = {a for a in self.case.left if self.held(self.units, a) & set(near)}
        if self.goal is Goal.PAIR and unit in self.case.right[self.pair[1]]:
            found.add(self.pair[0])
        return sorted(found)

    def cost(self, chosen: Mapping[str, str]) -> tuple[int, int, float] | None:
        if any(not self.held(chosen, a) & self.held(self.units, a) for a in self.case.left):
            return None
        failing = [a for a in self.case.left if not self.reaches(a, chosen)]
        if any(self.held(chosen, a) != self.held(self.units, a) for a in failing):
            return None
        if any(count > self.before[a] for a, count in self.pieces(chosen).items()):
            return None
        gone = [b for b in self.units if chosen[b] != self.units[b]]
        return len(failing), len({self.case.lads[b] for b in gone}), sum(self.case.people[b] for b in gone)

    def best(self) -> tuple[int, int, float]:
        choices = itertools.product(*(self.candidates(unit) for unit in self.units))
        costs = (self.cost(dict(zip(self.units, choice, strict=True))) for choice in choices)
        return min(cost for cost in costs if cost is not None)


@pytest.mark.parametrize("goal", list(Goal))
@settings(max_examples=40, deadline=None)
@given(case=cases())
def test_no_assignment_does_better(goal, case):
    pair = (min(case.left), min(case.right)) if goal is Goal.PAIR else None
    oracle = Oracle(case, goal, pair)
    blocks = make_blocks(case.people, case.lads)
    layers = make_layer("left", case.left), make_layer("right", case.right)
    found = realign(*layers, blocks=blocks, neighbours=case.graph, goal=goal, pair=pair)
    chosen = oracle.units | {move.block: move.target for move in found.moves}
    people = sum(move.people for move in found.moves)
    assert (len(found.unreached), found.authorities, people) == oracle.best()
    assert oracle.cost(chosen) == oracle.best()
    assert found.optimal


@settings(max_examples=20, deadline=None)
@given(case=cases(), seed=st.integers(0, 999))
def test_the_order_of_rows_and_borders_changes_nothing(case, seed):
    def once(shuffled: int | None):
        left, right, blocks = make_layer("left", case.left), make_layer("right", case.right), make_blocks(case.people)
        graph = case.graph
        if shuffled is not None:
            left = replace(left, parts=left.parts.sample(frac=1, random_state=shuffled))
            right = replace(right, parts=right.parts.sample(frac=1, random_state=shuffled))
            blocks = blocks.sample(frac=1, random_state=shuffled)
            graph = nx.Graph()
            graph.add_edges_from(reversed([(two, one, data) for one, two, data in case.graph.edges(data=True)]))
        found = realign(left, right, blocks=blocks, neighbours=graph, goal=Goal.NEST)
        return found.moves, dict(found.unreached)

    assert once(seed) == once(None)
