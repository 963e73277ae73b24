"""Counts of parts joined: as fractions added up one by one, however many parts there are."""

from __future__ import annotations

from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.auditing.assigning import folding
from geoplan.auditing.assigning.folding import folded, joined_parts, wider
from geoplan.auditing.assigning.packing import Tally, packed, part_table, part_tally

KEYS = ["half", "kind"]
TEXTS = st.sampled_from(["a", "b", "B", "é", "", None])
AMOUNTS = st.one_of(
    st.integers(-5, 5), st.integers(-(2**70), 2**70), st.floats(-1e18, 1e18), st.floats(-1e-9, 1e-9)
).map(Fraction)
ROWS = st.lists(st.tuples(TEXTS, TEXTS, st.integers(0, 9), AMOUNTS), max_size=12)


def part(rows):
    """Return a part of a summary: pieces stand in it in any order, and may stand twice."""
    half, kind, count, amount = zip(*rows, strict=True) if rows else ((), (), (), ())
    texts = {"half": pa.array(half, pa.string()), "kind": pa.array(kind, pa.string())}
    numbers = {"rows": pa.array(count, pa.int64()), "people": pa.array(map(str, amount), pa.string())}
    return pa.table(texts | numbers)


def plainly(parts, kept):
    """Add up one by one; texts in the order of their characters, missing ones last."""
    sums = {}
    for half, kind, count, amount in (row for rows in parts for row in rows):
        key = (half if "half" in kept else None, kind if "kind" in kept else None)
        before = sums.get(key, (0, Fraction(0)))
        sums[key] = before[0] + count, before[1] + amount
    order = sorted(sums, key=lambda key: [(text is None, text or "") for text in key])
    return [(*key, *sums[key]) for key in order]


def told(counted):
    keys = [[text if isinstance(text, str) else None for text in counted.keys[name]] for name in KEYS]
    amounts = [values.tolist() for values in counted.amounts.values()] or [[], []]
    return list(zip(*keys, *amounts, strict=True))


@settings(deadline=None, max_examples=60)
@given(parts=st.lists(ROWS, max_size=5), gathered=st.sampled_from([1, 5, 200_000]))
def test_as_fractions_added_one_by_one(parts, gathered):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(folding, "GATHERED_ROWS", gathered)
        counted = folded(map(part, parts), KEYS)
    assert told(counted) == plainly(parts, KEYS)
    for kept in (["half"], ["kind"], []):
        assert told(wider(counted, kept)) == plainly(parts, kept)


@settings(deadline=None, max_examples=60)
@given(parts=st.lists(ROWS, min_size=1, max_size=6), together=st.integers(1, 4), most=st.sampled_from([0, 9, 300_000]))
def test_parts_that_were_joined_before_give_the_same(parts, together, most):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(folding, "MOST_JOINED", most)
        as_joined_before(parts, together)


def as_joined_before(parts, together):
    made = [packed(part(rows), Tally(len(rows), nowhere={"half": 1})) for rows in parts]
    groups = [made[first : first + together] for first in range(0, len(made), together)]
    joined = [joined_parts(group, KEYS) for group in groups]
    again = joined_parts(joined, KEYS)
    for some in (joined, [again]):
        assert told(folded(map(part_table, some), KEYS)) == plainly(parts, KEYS)
        assert sum(part_tally(one).rows for one in some) == sum(map(len, parts))
        assert sum(part_tally(one).nowhere["half"] for one in some) == len(parts)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_rows(count):
    rows = [("a", None, 1, Fraction(1, 3)), ("a", None, 2, Fraction(2, 3))][:count]
    counted = folded([part(rows)], KEYS)
    assert told(counted) == ([] if count == 0 else [("a", None, [1, 3][count - 1], [Fraction(1, 3), 1][count - 1])])


def test_whole_numbers_stay_exact_where_64_bits_end():
    rows = [("a", "x", 1, Fraction(2**62 + 1))]
    counted = folded([part(rows)] * 5, KEYS)
    assert told(counted) == [("a", "x", 5, 5 * (2**62 + 1))]
