"""Tasks are done in order by this process unless somebody else is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from geoplan.spreading.spread import done_by, spread


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
        def answers(self, function: Callable[[Any, Any], Any], tasks: Iterable[Any], shared: Any) -> Iterator[Any]:
            return (("other", function(shared, task)) for task in tasks)

    with done_by(Other()):
        assert list(spread(times, [2], 3)) == [("other", 6)]
    assert list(spread(times, [2], 3)) == [6]
