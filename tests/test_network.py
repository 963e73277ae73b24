"""Correspondence and contiguity graphs on cases that can be counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from geoplan import network, overlay
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
    return network.contiguity(NEIGHBOURS, LINKS, CODES)


def test_common_blocks_by_hand(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1}, "b": {"E1.b": 1, "E2": 1}, "c": {"E3": 1, "E4": 1}, "d": {"W1": 1}})
    right = block_layer("right", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E2": 1}, "z": {"E3": 1, "E4": 1}})
    over = overlay.overlay(left, right, blocks=blocks)
    groups = network.common_blocks(network.correspondence(over, tolerance=Tolerance()))
    assert groups == [(["a", "b"], ["x", "y"]), (["c"], ["z"])]


def test_edges_carry_people_and_shares(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.a": 1, "E2": 1}})
    right = block_layer("right", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E2": None}})
    over = overlay.overlay(left, right, blocks=blocks)
    graph = network.correspondence(over, tolerance=Tolerance())
    edge = graph.edges[("left", 0, "a"), ("right", 1, "x")]
    assert edge["people"] == 100
    assert edge["right_share"] == pytest.approx(100 / 300)
    assert graph.edges[("left", 0, "a"), ("right", 1, "y")]["people"] is None


def test_a_layer_against_itself_has_one_block_an_area(block_layer, blocks):
    layer = block_layer("left", {"a": {"E1.a": 1}, "b": {"E2": 1, "E3": 1}})
    over = overlay.overlay(layer, layer, blocks=blocks)
    groups = network.common_blocks(network.correspondence(over, tolerance=Tolerance()))
    assert groups == [(["a"], ["a"]), (["b"], ["b"])]


def test_pieces_with_and_without_links(graph):
    assert network.pieces(graph, ["E2", "E3", "E4"]) == [["E3", "E4"], ["E2"]]
    assert network.pieces(graph, ["E4", "W1"]) == [["E4", "W1"]]
    assert network.pieces(graph, ["E4", "W1"], links=False) == [["E4"], ["W1"]]
    assert network.pieces(graph, ["I1", "unknown"]) == [["I1"], ["unknown"]]


def notes(block_layer, blocks, graph, held):
    layer = block_layer("left", {"a": held})
    names = pd.Series({"E1": "Ashby", "E2": "Barton", "E3": "Corby", "E4": "Derby", "W1": "Welshpool"})
    return network.contiguity_notes(layer, graph, names, blocks.groupby("lad")["people"].sum())


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
