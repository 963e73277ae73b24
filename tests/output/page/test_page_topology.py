"""The outlines of the page: what rounding leaves nothing of has no type; arcs travel as one text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from geoplan.output.page.topology import _in_order, packed


def test_what_rounding_leaves_nothing_of_has_no_type():
    made = {"geometries": [{"id": 0, "type": "Polygon", "arcs": [[0]]}, {"id": 2, "type": None}, {"id": 3, "arcs": []}]}
    assert _in_order(made, 4) == [{"type": "Polygon", "arcs": [[0]]}, {"type": None}, {"type": None}, {"type": None}]


SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def unpacked(text: str) -> list[list[list[int]]]:
    """Return the arcs of a packed text, read sign by sign."""
    arcs = []
    for arc in text.split(","):
        numbers, held, place = [], 0, 1
        for sign in arc:
            value = SIGNS.index(sign)
            held += value % 32 * place
            place *= 32
            if value < 32:
                numbers.append(-(held + 1) // 2 if held % 2 else held // 2)
                held, place = 0, 1
        arcs.append([list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)])
    return arcs


POINTS = st.lists(st.integers(-30_000, 30_000), min_size=2, max_size=2)


@given(st.lists(st.lists(POINTS, min_size=1, max_size=5), min_size=1, max_size=4))
def test_packed_arcs_hold_every_step(arcs):
    assert unpacked(packed(arcs)) == arcs


def test_small_steps_take_a_sign_and_large_ones_more():
    assert packed([[[0, -1], [1, 15]], [[16, -17]]]) == "ABCe,gBhB"
