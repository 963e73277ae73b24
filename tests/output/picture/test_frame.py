"""Numbered badges of small pictures: none hides another, and none moves without need."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from geoplan.output.picture.frame import Label, moved_apart

ROOM = 36
SPOTS = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120)), max_size=9)


def apart(one, other):
    return abs(one.x - other.x) >= ROOM or abs(one.y - other.y) >= ROOM


@given(SPOTS)
def test_no_badge_hides_another_and_the_first_stays(spots):
    labels = [Label(x, y, (str(n),)) for n, (x, y) in enumerate(spots)]
    moved = moved_apart(labels, ROOM)
    assert [one.lines for one in moved] == [one.lines for one in labels]
    assert all(apart(one, other) for one, other in combinations(moved, 2))
    assert moved[:1] == tuple(labels[:1])


@given(SPOTS)
def test_badges_with_room_stay_where_they_are(spots):
    moved = moved_apart([Label(x, y, ("1",)) for x, y in spots], ROOM)
    assert moved_apart(moved, ROOM) == moved


def test_a_badge_pushed_aside_does_not_land_on_a_third():
    row = [Label(100, 100, ("1",)), Label(136, 100, ("2",)), Label(101, 100, ("3",))]
    *others, last = moved_apart(row, ROOM)
    assert others == row[:2]
    assert last == Label(100 - ROOM, 100, ("3",)) or last.y in {100 - ROOM, 100 + ROOM}
