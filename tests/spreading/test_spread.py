"""Tasks are done in order by this process unless somebody else is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from geoplan.spreading.spread import done_by, spread, spread_joined


def times(shared: int, task: int) -> int:
    return shared * task


def test_tasks_are_done_here_one_by_one_as_they_are_asked_for() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for task in (3, 1, 2):
            taken.append(task)
            yield task

    answers = spread(times, tasks(), 10)
    assert next(answers) == 30
    assert taken == [3]
    assert list(answers) == [10, 20]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_there_are_as_many_answers_as_tasks(count: int) -> None:
    assert list(spread(times, range(count), 1)) == list(range(count))


def test_somebody_else_does_them_while_asked_to() -> None:
    class Other:
        def answers(
            self, function: Callable[[Any, Any], Any], groups: Iterable[Any], shared: Any, join: Any
        ) -> Iterator[Any]:
            assert join is None
            return (("other", function(shared, task)) for (task,) in groups)

    with done_by(Other()):
        assert list(spread(times, [2], 3)) == [("other", 6)]
    assert list(spread(times, [2], 3)) == [6]


def test_what_came_of_a_group_is_joined_and_one_alone_is_not() -> None:
    taken: list[int] = []

    def groups() -> Iterator[tuple[int, ...]]:
        for group in ((3, 1), (2,), (5, 4, 6)):
            taken.extend(group)
            yield group

    answers = spread_joined(times, lambda shared, found: (shared, *found), groups(), 10)
    assert next(answers) == (10, 30, 10)
    assert taken == [3, 1]
    assert list(answers) == [20, (10, 50, 40, 60)]
