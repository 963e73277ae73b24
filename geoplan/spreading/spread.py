"""Tasks done by this process or by workers, with the same answers in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

__all__ = ["Doers", "Here", "done_by", "spread", "spread_joined"]

Shared = TypeVar("Shared")
Task = TypeVar("Task")
Answer = TypeVar("Answer")


class Doers(Protocol):
    """Whoever does tasks; they may be done in any order, and more than once."""

    def answers(
        self,
        function: Callable[[Shared, Task], Answer],
        groups: Iterable[Sequence[Task]],
        shared: Shared,
        join: Callable[[Shared, Sequence[Answer]], Answer] | None,
    ) -> Iterator[Answer]:
        """Return an answer a group in their order, few groups waiting at any time; one of one task is not joined."""


class Here:
    """Does tasks in this process, one after another."""

    def answers(
        self,
        function: Callable[[Shared, Task], Answer],
        groups: Iterable[Sequence[Task]],
        shared: Shared,
        join: Callable[[Shared, Sequence[Answer]], Answer] | None,
    ) -> Iterator[Answer]:
        """Return an answer a group, in their order."""
        for group in groups:
            found = [function(shared, task) for task in group]
            assert join is not None or len(found) == 1  # noqa: S101 - as `spread_joined` has it
            yield found[0] if join is None or len(found) == 1 else join(shared, found)


_DOERS: ContextVar[Doers | None] = ContextVar("doers", default=None)


def spread(function: Callable[[Shared, Task], Answer], tasks: Iterable[Task], shared: Shared) -> Iterator[Answer]:
    """Do tasks, wherever they are done.

    Parameters
    ----------
    function
        A function at the top of its module, without side effects: called with what is shared and one task. What it
        raises ends the whole.
    tasks
        Taken as they are needed.
    shared
        What all tasks need, sent to each worker once.

    Yields
    ------
    object
        The answer to each task, in the order of the tasks whoever did them.
    """
    yield from spread_joined(function, None, ((task,) for task in tasks), shared)


def spread_joined(
    function: Callable[[Shared, Task], Answer],
    join: Callable[[Shared, Sequence[Answer]], Answer] | None,
    groups: Iterable[Sequence[Task]],
    shared: Shared,
) -> Iterator[Answer]:
    """Do tasks, and join what came of each group of them among those who did them: one answer comes back, not many.

    Parameters
    ----------
    function, shared
        As for `spread`.
    join
        A function like it, called with what is shared and the answers to the tasks of a group, in their order; None
        where no group has several.
    groups
        Tasks, one or more, taken as they are needed.

    Yields
    ------
    object
        The answer of each group, in their order. That of a group of one task is the answer to it, which is not joined.
    """
    doers: Any = _DOERS.get() or Here()
    yield from doers.answers(function, groups, shared, join)


@contextmanager
def done_by(doers: Doers) -> Iterator[None]:
    """Let somebody do the tasks that are spread meanwhile."""
    token = _DOERS.set(doers)
    try:
        yield
    finally:
        _DOERS.reset(token)
