"""Tasks done by this process or by workers, with the same answers in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

__all__ = ["Doers", "Here", "done_by", "spread"]

Shared = TypeVar("Shared")
Task = TypeVar("Task")
Answer = TypeVar("Answer")


class Doers(Protocol):
    """Whoever does tasks; they may be done in any order, and more than once."""

    def answers(
        self, function: Callable[[Shared, Task], Answer], tasks: Iterable[Task], shared: Shared
    ) -> Iterator[Answer]:
        """Return the answers in the order of the tasks, few of them waiting at any time."""


class Here:
    """Does tasks in this process, one after another."""

    def answers(
        self, function: Callable[[Shared, Task], Answer], tasks: Iterable[Task], shared: Shared
    ) -> Iterator[Answer]:
        """Return the answers in the order of the tasks."""
        for task in tasks:
            yield function(shared, task)


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
    doers: Any = _DOERS.get() or Here()
    yield from doers.answers(function, tasks, shared)


@contextmanager
def done_by(doers: Doers) -> Iterator[None]:
    """Let somebody do the tasks that are spread meanwhile."""
    token = _DOERS.set(doers)
    try:
        yield
    finally:
        _DOERS.reset(token)
