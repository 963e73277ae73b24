"""Classes where parts of unknown size decide: claimed only where no size and no arrangement changes them."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.analysis import cutting, overlay, relations
from geoplan.schema import Relation, Tolerance

RELAXED = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = ("E2", "E3", "E4")
PEOPLE = dict(zip(NAMES, (300, 400, 500), strict=True))
BESIDE = ("none", "one whole", "one part", "two parts", "whole p", "whole q")


def told(left, right, blocks, **options):
    return relations.relate(overlay.overlay(left, right, blocks=blocks), tolerance=Tolerance(**options))["relation"]


@pytest.mark.parametrize(
    ("left", "right", "exhaustive", "expected"),
    [
        # A ward of one district, and that district: inside, though nobody knows how large the ward is.
        ({"E2": None}, {"b": {"E2": 1}}, False, Relation.NESTED),
        ({"E2": None, "E3": 1}, {"b": {"E2": 1, "E3": 1}}, False, Relation.NESTED),
        ({"E2": None, "E3": 1}, {"b": {"E2": 1}, "c": {"E3": 1, "E4": 1}}, False, Relation.STRADDLES),
        # All of a district is never the same as a part of it, and something of it is surely left over.
        ({"E2": 1}, {"b": {"E2": None}}, False, Relation.PARTLY_COVERED),
        ({"E2": 1}, {"b": {"E2": None, "E3": 1}}, True, Relation.PARTLY_COVERED),
        # Two parts may fill the district or not; of a layer that covers everyone they do.
        ({"E2": 1}, {"b": {"E2": None}, "c": {"E2": None}}, False, Relation.NOT_ASSESSED),
        ({"E2": 1}, {"b": {"E2": None}, "c": {"E2": None}}, True, Relation.CONTAINS),
        ({"E2": 1}, {"b": {"E2": None, "E3": 1}, "c": {"E2": None}}, True, Relation.STRADDLES),
        # Two parts of one district may be the same ground, or have nothing in common.
        ({"E2": None}, {"b": {"E2": None}}, False, Relation.NOT_ASSESSED),
        ({"E2": None}, {"b": {"E2": None, "E3": 1}, "c": {"E2": None}}, True, Relation.NOT_ASSESSED),
        ({"E2": 0.6}, {"b": {"E2": 0.4}}, False, Relation.NOT_ASSESSED),
        ({"E2": None}, {"b": {"E3": 1}}, False, Relation.UNCOVERED),
        ({"E2": None, "E3": 1}, {"b": {"E3": 1}}, False, Relation.PARTLY_COVERED),
        # Whatever the parts in E2 are, E3 is whole in b, which reaches beyond.
        ({"E2": 1, "E3": 1}, {"b": {"E2": None, "E3": 1, "E4": 1}, "c": {"E2": None}}, True, Relation.STRADDLES),
    ],
)
def test_each_case_by_hand(block_layer, blocks, left, right, exhaustive, expected):
    other = block_layer("right", right, exhaustive=exhaustive)
    assert told(block_layer("left", {"a": left}), other, blocks).to_dict() == {"a": expected}


def test_a_tolerance_takes_a_part_for_nothing_only_where_its_size_is_known(block_layer, blocks):
    right = block_layer("right", {"b": {"E3": 1, "E4": 1}, "c": {"E2": 1}})
    known, unknown = (block_layer("left", {"a": {"E2": share, "E3": 1, "E4": 1}}) for share in (0.001, None))
    assert told(known, right, blocks, codes=0.01)["a"] == Relation.COTERMINOUS
    assert told(unknown, right, blocks, codes=0.01)["a"] == Relation.NOT_ASSESSED
    assert told(unknown, right, blocks)["a"] == Relation.STRADDLES


def test_a_piece_that_may_be_whole_makes_the_people_a_least(block_layer, blocks):
    left = block_layer("left", {"a": {"E2": None}, "d": {"E3": 1, "E4": 1}})
    right = block_layer("right", {"b": {"E2": None}, "c": {"E3": 1, "W1": 1}, "e": {"E4": 1, "E1.a": 1}})
    cuts = cutting.cuts(overlay.overlay(left, right, blocks=blocks), tolerance=Tolerance())
    assert (cuts.by_area, list(cuts.doubtful)) == ({"d": 900}, [("a", "b")])
    assert (cuts.total, cuts.complete) == (900, False)


@cache
def arrangements(left, right, exhaustive):
    """Return every way in which the parts of two layers can share one block, as sets of what has a common piece.

    A part is none, whole or of unknown size; the parts of a layer lie beside each other, and those of the right
    layer fill the block where it covers everyone.
    """
    kinds = [parts_of(kind) for kind in (left, right)]
    cells = list(product(*([*(name for name, whole in kind if not whole), "rest"] for kind in kinds)))
    found = []
    for held in product((False, True), repeat=len(cells)):
        filled = [cell for cell, there in zip(cells, held, strict=True) if there]
        if any(not of_side(filled, side, kinds[side], fills=exhaustive and side == 1) for side in (0, 1)):
            continue
        found.append(frozenset(tuple(ground(cell[s], kinds[s]) for s in (0, 1)) for cell in filled))
    return found


def parts_of(kind):
    return {
        "none": [], "one whole": [("p", True)], "one part": [("p", False)], "two parts": [("p", False), ("q", False)],
        "whole p": [("p", True), ("q", False)], "whole q": [("p", False), ("q", True)],
    }[kind]  # fmt: skip


def of_side(filled, side, kind, *, fills):
    """Tell whether the cells give each part some of the block and not all of it."""
    held = {cell[side] for cell in filled}
    parts = {name for name, whole in kind if not whole}
    alone = len(parts) == 1 or any(whole for _, whole in kind)
    full = fills and len(kind) > 1 and not any(whole for _, whole in kind)
    return bool(held) and parts <= held and ("rest" in held if alone and parts else not (full and "rest" in held))


def ground(part, kind):
    """Return the areas that hold a cell: its part, and those that hold the block whole."""
    return frozenset({part} - {"rest"}) | frozenset(name for name, whole in kind if whole)


def plain_relation(area, cells):
    """Return the relation of an area from the cells of all blocks: sets of left and of right areas."""
    mine = [right for _, left, right in cells if area in left]
    touched = set().union(*mine)
    if not touched:
        return Relation.UNCOVERED
    if not all(mine):
        return Relation.PARTLY_COVERED
    inside = {b for b in touched if all(b in right for right in mine)}
    held = {b for b in touched if all(area in left for _, left, right in cells if b in right)}
    if inside & held:
        return Relation.COTERMINOUS
    if inside:
        return Relation.NESTED
    return Relation.CONTAINS if touched <= held else Relation.STRADDLES


def plain_cuts(cells):
    pairs = {(a, b) for _, left, right in cells for a in left for b in right}
    return {
        (a, b)
        for a, b in pairs
        if any(a in left and b not in right for _, left, right in cells)
        and any(b in right and a not in left for _, left, right in cells)
    }


def every_world(one, two, exhaustive):
    """Yield all that two layers may be on the ground, as cells with their block."""
    each = [arrangements(left, right, exhaustive) for left, right in zip(one, two, strict=True)]
    for world in product(*each):
        yield [(name, left, right) for name, cells in zip(NAMES, world, strict=False) for left, right in cells]


def members(kinds):
    found = {}
    for name, kind in zip(NAMES, kinds, strict=False):
        for area, whole in parts_of(kind):
            found.setdefault(area, {})[name] = 1 if whole else None
    return found


pictures = st.lists(st.sampled_from(BESIDE), min_size=2, max_size=2)


@RELAXED
@given(pictures, pictures, st.booleans())
def test_every_world_decides(block_layer, blocks, one, two, exhaustive):
    if not (members(one) and members(two)):
        return
    left = block_layer("left", members(one))
    over = overlay.overlay(left, block_layer("right", members(two), exhaustive=exhaustive), blocks=blocks)
    worlds = list(every_world(one, two, exhaustive))
    possible = {area: {plain_relation(area, cells) for cells in worlds} for area in members(one)}
    cut = set.intersection(*(plain_cuts(cells) for cells in worlds))
    may_be_cut = set.union(*(plain_cuts(cells) for cells in worlds))
    cuts = cutting.cuts(over, tolerance=Tolerance())
    assert set(cuts.pieces.index) == cut
    assert set(cuts.doubtful) >= may_be_cut - cut
    for area, relation in relations.relate(over, tolerance=Tolerance())["relation"].items():
        if relation != Relation.NOT_ASSESSED:
            assert possible[area] == {relation}, (one, two, exhaustive, area)
        elif len(possible[area]) == 1:
            # Surely cut, but nobody can say by whom.
            assert possible[area] == {Relation.STRADDLES}, (one, two, exhaustive, area)
            assert not any(a == area for a, _ in cut)


@RELAXED
@given(pictures, pictures, st.integers(0, 2**32 - 1))
def test_no_sampled_size_leaves_the_bounds(block_layer, blocks, one, two, seed):
    if not (members(one) and members(two)):
        return
    layers = [block_layer(key, members(kinds)) for key, kinds in (("left", one), ("right", two))]
    over = overlay.overlay(layers[0], layers[1], blocks=blocks)
    random = np.random.default_rng(seed)
    cells = []
    for name, ones, twos in zip(NAMES, one, two, strict=False):
        ways = arrangements(ones, twos, exhaustive=False)
        chosen = sorted(ways[random.integers(len(ways))], key=str)
        cells += [
            (PEOPLE[name] * share, *cell)
            for share, cell in zip(random.dirichlet(np.full(len(chosen), 0.3)), chosen, strict=True)
        ]
    for (a, b), bound in over.bounds.iterrows() if over.bounds is not None else ():
        here = sum(w for w, left, right in cells if a in left)
        met = sum(w for w, left, right in cells if a in left and (b in right if b else not right))
        if here > 1:
            assert bound["left_least"] - 1e-5 <= met / here <= bound["left_most"] + 1e-5, (one, two, a, b)
