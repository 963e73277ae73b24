"""Exact sums: as fractions have them, in any order."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geoplan.engine.sums import exact_sums

FLOATS = st.lists(st.tuples(st.integers(0, 2), st.floats(allow_nan=False, allow_infinity=False)), max_size=30)
WHOLE = st.lists(st.tuples(st.integers(0, 2), st.integers(-(2**63), 2**63 - 1)), max_size=30)


def plainly(pairs):
    return [sum((Fraction(value) for group, value in pairs if group == one), Fraction(0)) for one in range(3)]


def summed(pairs, kind):
    groups = np.array([group for group, _ in pairs], dtype=np.int64)
    return exact_sums(groups, 3, np.array([value for _, value in pairs], dtype=kind))


@given(FLOATS, st.randoms())
def test_floats_as_fractions_have_them(pairs, random):
    assert summed(pairs, float) == plainly(pairs)
    mixed = random.sample(pairs, len(pairs))
    assert summed(mixed, float) == plainly(pairs)


@given(WHOLE)
def test_whole_numbers_as_fractions_have_them(pairs):
    assert summed(pairs, np.int64) == plainly(pairs)


def test_parts_of_sums_add_up_and_what_is_no_number_is_left_out():
    values = np.array([0.1, np.nan, 1e300, 0.2, -1e300, np.inf, 0.3])
    whole = exact_sums(np.zeros(7, int), 1, values)[0]
    parts = [exact_sums(np.zeros(len(part), int), 1, part)[0] for part in np.split(values, [1, 4])]
    assert whole == sum(parts)
    assert float(whole) == math.fsum([0.1, 0.2, 0.3])
