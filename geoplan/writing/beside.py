"""Something consumed in a thread of its own while it is still being made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from queue import Full, Queue
from typing import Any, TypeVar

__all__ = ["consumed_beside"]

Item = TypeVar("Item")
AHEAD = 2
"""Items that may wait: more would only take memory."""
SECONDS = 0.1
"""Between looks at whether somebody still takes them."""
END, BROKEN_OFF = object(), object()


class _BrokenOff(Exception):  # noqa: N818 - nobody is told of it
    """No more is made, and what there is must not pass for all."""


@contextmanager
def consumed_beside(consume: Callable[[Iterator[Item]], Any]) -> Iterator[Callable[[Item], None]]:
    """Let items be consumed while more are made.

    Parameters
    ----------
    consume
        Called in another thread with the items as they come. Where making them ends in an error, the next item that
        is asked for raises one too, so that nothing half made is taken for whole.

    Yields
    ------
    callable
        Hands an item over, and waits while others wait. It raises what ``consume`` raised, as does the end of the
        block, where all have been consumed.
    """
    handed: Queue[Any] = Queue(AHEAD)
    with ThreadPoolExecutor(1) as pool:
        consumer = pool.submit(copy_context().run, consume, _items(handed))
        try:
            yield lambda item: _hand_over(item, handed, consumer)
        except BaseException:
            with suppress(Exception):
                _hand_over(BROKEN_OFF, handed, consumer)
            raise
        _hand_over(END, handed, consumer)
        consumer.result()


def _items(handed: Queue[Any]) -> Iterator[Any]:
    while (item := handed.get()) is not END:
        if item is BROKEN_OFF:
            raise _BrokenOff
        yield item


def _hand_over(item: Any, handed: Queue[Any], consumer: Future[Any]) -> None:
    while not consumer.done():
        with suppress(Full):
            handed.put(item, timeout=SECONDS)
            return
    consumer.result()
