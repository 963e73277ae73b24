"""Correspondence, contiguity and partnership graphs on cases that can be counted by hand."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy_audit import compared

from geoplan.analysis import overlay
from geoplan.analysis.networks import contiguity, correspondence, graphs, partnering, ties
from geoplan.schema import Tolerance

NEIGHBOURS = pd.DataFrame(
    [("E1", "E2", "1"), ("E1", "E3", "1"), ("E3", "E4", "1")],
    columns=["lad_code", "neighbour_code", "border_km"],
)
LINKS = pd.DataFrame([("E4", "W1", "bridge", "Toy Bridge")], columns=["lad_code", "neighbour_code", "kind", "crossing"])
CODES = ["E1", "E2", "E3", "E4", "W1", "I1"]


@pytest.fixture
def graph():
    """E2 - E1 - E3 - E4 ~ W1 (bridge), and the island I1."""
    return graphs.contiguity(NEIGHBOURS, LINKS, CODES)


def test_common_blocks_by_hand(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1}, "b": {"E1.b": 1, "E2": 1}, "c": {"E3": 1, "E4": 1}, "d": {"W1": 1}})
    right = block_layer("right", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E2": 1}, "z": {"E3": 1, "E4": 1}})
    over = overlay.overlay(left, right, blocks=blocks)
    groups = correspondence.common_blocks(correspondence.correspondence(over, tolerance=Tolerance()))
    assert [(block.left, block.right) for block in groups] == [(("c",), ("z",)), (("a", "b"), ("x", "y"))]
    assert [block.people for block in groups] == [900, 600]


def test_edges_carry_people_and_shares(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1, "E2": 1}})
    right = block_layer("right", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E2": None}})
    over = overlay.overlay(left, right, blocks=blocks)
    graph = correspondence.correspondence(over, tolerance=Tolerance())
    edge = graph.edges[("left", 0, "a"), ("right", 1, "x")]
    assert edge["people"] == 100
    assert edge["right_share"] == pytest.approx(100 / 300)
    assert graph.edges[("left", 0, "a"), ("right", 1, "y")]["people"] is None


def test_a_layer_against_itself_has_one_block_an_area(block_layer, blocks):
    layer = block_layer("left", {"a": {"E1.a": 1}, "b": {"E2": 1, "E3": 1}})
    over = overlay.overlay(layer, layer, blocks=blocks)
    groups = correspondence.common_blocks(correspondence.correspondence(over, tolerance=Tolerance()))
    assert [(block.left, block.right) for block in groups] == [(("b",), ("b",)), (("a",), ("a",))]


def test_pieces_with_and_without_links(graph):
    assert graphs.pieces(graph, ["E2", "E3", "E4"]) == [["E3", "E4"], ["E2"]]
    assert graphs.pieces(graph, ["E4", "W1"]) == [["E4", "W1"]]
    assert graphs.pieces(graph, ["E4", "W1"], links=False) == [["E4"], ["W1"]]
    assert graphs.pieces(graph, ["I1", "unknown"]) == [["I1"], ["unknown"]]


def notes(block_layer, blocks, graph, held):
    layer = block_layer("left", {"a": held})
    names = pd.Series({"E1": "Ashby", "E2": "Barton", "E3": "Corby", "E4": "Derby", "W1": "Welshpool"})
    return contiguity.contiguity_notes(layer, graph, names, blocks.groupby("lad")["people"].sum())


def test_a_partnership_in_pieces_is_named_with_its_people(block_layer, blocks, graph):
    (note,) = notes(block_layer, blocks, graph, {"E2": 1, "E3": 1, "E4": 1})
    assert (note.rule, note.code, note.by_design) == ("GP404", "a", False)
    assert note.other_codes == ("E2",)
    assert note.value == 300
    assert "Apart from the largest, of 2 authorities: Barton; 300 people there." in note.message


def test_a_partnership_held_together_by_a_bridge_is_information(block_layer, blocks, graph):
    (note,) = notes(block_layer, blocks, graph, {"E4": 1, "W1": 1})
    assert note.by_design
    assert "Toy Bridge" in note.message


def test_a_connected_partnership_says_nothing(block_layer, blocks, graph):
    assert notes(block_layer, blocks, graph, {"E1.a": 1, "E1.b": 1, "E2": 1}) == []


# ------------------------------------------------------------------------------------------- common blocks


def blocks_of(*layers, blocks, **options):
    overs = [overlay.overlay(one, two, blocks=blocks) for one, two in itertools.combinations(layers, 2)]
    graph = correspondence.correspondence(*overs, tolerance=Tolerance())
    return graph, correspondence.common_blocks(graph, layers=layers, ground=blocks["people"], **options)


@pytest.fixture
def chain(block_layer):
    """Two left and two right areas, tied by E2 (300 people) only: a = {E1, E2}, b = the rest; x = E1, y = the rest."""
    left = block_layer("left", {"a": {"E1.a": 1, "E1.b": 1, "E2": 1}, "b": {"E3": 1, "E4": 1, "W1": 1}})
    right = block_layer("right", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E2": 1, "E3": 1, "E4": 1, "W1": 1}})
    return left, right


def test_people_of_a_block_count_each_building_block_once(chain, blocks):
    _, (block,) = blocks_of(*chain, blocks=blocks)
    assert (block.id, block.left, block.right, block.people) == ("a", ("a", "b"), ("x", "y"), 2100)


def test_people_of_a_block_include_what_only_one_side_holds(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1, "E2": 1}})
    right = block_layer("right", {"x": {"E2": 1, "E3": 1}})
    graph, (block,) = blocks_of(left, right, blocks=blocks)
    assert block.people == 100 + 300 + 400
    assert correspondence.common_blocks(graph)[0].people == 100 + 300 + 400


def test_people_are_not_assessed_where_a_part_is_of_unknown_size(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1, "E2": None}})
    right = block_layer("right", {"x": {"E1.a": 1}})
    whole = block_layer("whole", {"x": {"E1.a": 1, "E2": 1}})
    assert blocks_of(left, right, blocks=blocks)[1][0].people is None
    assert blocks_of(left, whole, blocks=blocks)[1][0].people == 400


def test_a_block_that_is_a_whole_region_says_so(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E3": 1}})
    right = block_layer("right", {"x": {"E1.a": 1}, "y": {"E1.b": 1}, "z": {"E3": 1, "E4": 1}})
    regions = {"North": frozenset({"E1.a", "E1.b"}), "South": frozenset({"E3"})}
    _, found = blocks_of(left, right, blocks=blocks, regions=regions)
    assert {block.id: block.region for block in found} == {"a": "North", "b": ""}


def test_the_bridge_is_the_overlap_that_ties(chain, blocks):
    graph, (block,) = blocks_of(*chain, blocks=blocks)
    (cut,) = ties.bridges(graph, block, layers=chain)
    (tie,) = cut.overlaps
    assert (tie.left[2], tie.right[2], tie.people, tie.authorities) == ("a", "y", 300, ("E2",))
    assert (cut.people, cut.halves) == (300, (1500, 300))
    assert cut.sides == ((("left", 0, "b"), ("right", 1, "y")), (("left", 0, "a"), ("right", 1, "x")))


def test_a_block_breaks_at_its_fewest_people_also_where_no_single_overlap_ties_it(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.b": 1, "E1.a": 1, "E4": 1}, "b": {"E2": 1, "E3": 1, "W1": 1}})
    right = block_layer("right", {"x": {"E4": 1, "E1.a": 1, "E2": 1}, "y": {"E1.b": 1, "W1": 1, "E3": 1}})
    graph, (block,) = blocks_of(left, right, blocks=blocks)
    assert ties.bridges(graph, block) == []
    cut = ties.weakest_cut(graph, block, layers=(left, right))
    assert [(o.left[2], o.right[2], o.people) for o in cut.overlaps] == [("a", "y", 200), ("b", "x", 300)]
    assert (cut.people, cut.halves) == (500, (1000, 600))


def test_no_area_is_parted_from_its_main_partner(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1}, "b": {"E2": 1}})
    right = block_layer("right", {"x": {"E1.a": 1, "E2": 1}})
    graph, (block,) = blocks_of(left, right, blocks=blocks)
    assert ties.bridges(graph, block) == []
    assert ties.weakest_cut(graph, block) is None


def test_three_layers_are_joined_by_all_their_pairs(block_layer, blocks):
    one = block_layer("one", {"a": {"E1.a": 1}, "b": {"E2": 1}, "c": {"W1": 1}})
    two = block_layer("two", {"x": {"E1.a": 1}, "y": {"E2": 1, "E3": 1}})
    three = block_layer("three", {"p": {"E1.a": 1, "E2": 1}, "q": {"E4": 1}})
    graph, (block,) = blocks_of(one, two, three, blocks=blocks)
    assert block.layers == ("one", "two", "three")
    assert block.members == (("a", "b"), ("x", "y"), ("p",))
    assert block.people == 800
    assert {node[2] for node in graph if not graph.adj[node]} == {"c", "q"}
    _, (block,) = blocks_of(block_layer("one", {"c": {"W1": 1}}), two, three, blocks=blocks)
    assert block.id == "two:x"


ASSIGNED = st.lists(st.sampled_from(["", "a", "b", "c", "d"]), min_size=6, max_size=6)
NAMES = ["E1.a", "E1.b", "E2", "E3", "E4", "W1"]


def drawn_by_lot(block_layer, key, chosen):
    held = {code: {b: 1 for b, c in zip(NAMES, chosen, strict=True) if c == code} for code in sorted({*chosen} - {""})}
    return block_layer(key, held or {"a": {"E1.a": 1}})


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ASSIGNED, ASSIGNED, st.permutations(range(6)))
def test_blocks_are_the_components_of_the_table_in_any_order_of_rows(block_layer, blocks, one, two, order):
    left, right = drawn_by_lot(block_layer, "left", one), drawn_by_lot(block_layer, "right", two)
    over = overlay.overlay(left, right, blocks=blocks)
    root = {("left", code): ("left", code) for code in left.areas.index}
    root |= {("right", code): ("right", code) for code in right.areas.index}

    def find(node):
        return node if root[node] == node else find(root[node])

    met = [(a, b) for a, b in over.table.index if b]
    for a, b in met:
        root[find(("left", a))] = find(("right", b))
    counted = {find(("left", a)) for a, _ in met}
    graph, found = blocks_of(left, right, blocks=blocks)
    assert len(found) == len(counted)
    for block in found:
        assert len({find(("left", c)) for c in block.left} | {find(("right", c)) for c in block.right}) == 1
    parts = left.parts.iloc[[n for n in order if n < len(left.parts)]].reset_index(drop=True)
    shuffled = replace(left, parts=parts, areas=left.areas.iloc[::-1])
    again, same = blocks_of(shuffled, right, blocks=blocks)
    assert same == found
    assert [ties.weakest_cut(again, b) for b in same] == [ties.weakest_cut(graph, b) for b in found]


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ASSIGNED)
def test_a_layer_against_itself_is_one_block_an_area_and_cannot_be_broken(block_layer, blocks, chosen):
    layer = drawn_by_lot(block_layer, "layer", chosen)
    graph, found = blocks_of(layer, layer, blocks=blocks)
    assert sorted(block.left for block in found) == [(code,) for code in layer.areas.index]
    assert all(block.left == block.right and block.people == layer.areas["people"][block.id] for block in found)
    assert [ties.weakest_cut(graph, block) for block in found] == [None] * len(found)


# ---------------------------------------------------------------------------------------------- contiguity


def test_what_holds_a_partnership_together(block_layer, graph):
    layer = block_layer("left", {"a": {"E1.a": 1, "E2": 1, "E3": 1}, "b": {"E4": 1, "W1": 1}, "c": {"E2": 1, "E3": 1}})
    one, two, three = contiguity.contiguities(layer, graph)
    assert (one.pieces, one.links, one.articulation) == ((("E1", "E2", "E3"),), (), ("E1",))
    assert (two.pieces, two.links, two.articulation) == ((("E4", "W1"),), ("Toy Bridge",), ())
    assert three.pieces == (("E2",), ("E3",))


def test_a_piece_in_a_hole_is_an_enclave_and_one_at_the_edge_is_not():
    square, box = shapely.box(0, 0, 9, 9), shapely.box(3, 3, 6, 6)
    ring = shapely.difference(square, box)
    at_the_edge = shapely.difference(square, shapely.box(0, 3, 3, 6))
    assert contiguity.enclaves(["a", "b"], np.array([ring, box])) == [(1, "a")]
    assert contiguity.enclaves(["a", "b"], np.array([at_the_edge, shapely.box(0, 3, 3, 6)])) == []
    halves = [shapely.box(3, 3, 6, 4), shapely.box(3, 4, 6, 6)]
    assert contiguity.enclaves(["a", "b", "c"], np.array([ring, *halves])) == []
    assert contiguity.enclaves(["a", "b", "b"], np.array([ring, *halves])) == [(1, "a"), (2, "a")]


def test_an_enclave_within_an_enclave_lies_in_the_nearer_one():
    outer = shapely.difference(shapely.box(0, 0, 9, 9), shapely.box(2, 2, 7, 7))
    middle = shapely.difference(shapely.box(2, 2, 7, 7), shapely.box(4, 4, 5, 5))
    drawn = np.array([outer, middle, shapely.box(4, 4, 5, 5)])
    assert contiguity.enclaves(["a", "b", "a"], drawn) == [(1, "a"), (2, "b")]


def test_exclaves_of_authorities_and_of_polygons(block_layer, drawn_layer):
    ring = shapely.difference(shapely.box(0, 0, 9, 9), shapely.box(3, 3, 6, 6))
    shapes = {"E1.a": ring, "E1.b": shapely.box(9, 0, 12, 9), "E2": shapely.box(3, 3, 6, 6)}
    neighbours = graphs.contiguity(NEIGHBOURS[:1], LINKS[:0], ["E1", "E2", "E3"])
    shapes["E3"] = shapely.box(20, 0, 29, 9)
    layer = block_layer("left", {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}})
    one, two = contiguity.contiguities(layer, neighbours, shapes=shapes)
    inside = contiguity.Enclave("b", ("E2",), "a")
    assert (one.enclaves, two.pieces) == ((inside,), (("E2",), ("E3",)))
    assert two.exclaves == ()  # of two pieces of one authority each, the first stands as the main one
    drawn = drawn_layer("drawn", {"a": ring, "b": shapely.MultiPolygon([shapes["E2"], shapes["E3"]])})
    (one, two), graph = contiguity.drawn_contiguity(drawn)
    assert two.pieces == (("b#1",), ("b#2",))
    assert one.enclaves == two.exclaves == (contiguity.Enclave("b", ("b#2",), "a"),)
    assert graph.edges["a#1", "b#2"]["border_km"] == pytest.approx(0.012)


# -------------------------------------------------------------------------------------------- partnerships


def test_authorities_are_joined_by_the_partnerships_they_share(block_layer):
    one = block_layer("one", {"a": {"E1.a": 1, "E2": 1}, "b": {"E1.b": 1, "E3": 1}})
    two = block_layer("two", {"x": {"E1.a": 1, "E1.b": 1, "E2": 1}})
    graph = partnering.partnerships([one, two])
    assert graph.nodes["E1"]["bodies"] == 3
    assert graph.nodes["E2"]["bodies"] == 2
    assert partnering.partners(graph, "E1") == [("E2", 2), ("E3", 1)]
    assert partnering.partners(graph, "nowhere") == []


def test_the_broker_is_who_stands_between(block_layer, blocks):
    one = block_layer("one", {"a": {"E1.a": 1, "E2": 1}, "b": {"E1.b": 1, "E3": 1}}, status="in force")
    two = block_layer("two", {"x": {"E1.a": 1, "E1.b": 1}}, status="in force")
    past = block_layer("past", {"p": {"E2": 1, "E4": 1}}, status="ended")
    pairs = [compared(one, two, blocks), compared(two, one, blocks), compared(one, past, blocks)]
    found = partnering.brokers(pairs, names={"E1": "Ashby"})
    assert found.columns.tolist() == ["code", "name", "bodies", "betweenness"]
    assert found["code"].tolist() == ["E1", "E2", "E3"]
    assert found.iloc[0].tolist()[:3] == ["E1", "Ashby", 3]
    # Of the ten pairs among the five other nodes, all but E2 with a and E3 with b lead through E1.
    assert found["betweenness"].tolist() == pytest.approx([0.8, 0, 0])


def test_brokers_of_nothing_are_none():
    assert partnering.brokers([]).empty
