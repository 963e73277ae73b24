"""What is made is consumed meanwhile by another thread: all of it in order, or nothing that passes for all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from geoplan.writing.beside import AHEAD, consumed_beside


def handed_over(count: int, consume: Callable[[Iterator[int]], Any], problem: BaseException | None = None) -> None:
    """Hand over so many numbers, and then raise the problem."""
    with consumed_beside(consume) as hand_over:
        for number in range(count):
            hand_over(number)
        if problem is not None:
            raise problem


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_all_is_consumed_in_order_by_another_thread(count: int) -> None:
    seen = []
    handed_over(count, lambda items: seen.extend((item, threading.get_ident()) for item in items))
    assert [item for item, _ in seen] == list(range(count))
    assert threading.get_ident() not in {thread for _, thread in seen}


def test_few_wait_at_a_time() -> None:
    freed, made = threading.Event(), []

    def consume(items: Iterator[int]) -> None:
        freed.wait(30)
        assert len(made) <= AHEAD + 1
        assert list(items) == list(range(30))

    threading.Timer(0.3, freed.set).start()
    with consumed_beside(consume) as hand_over:
        for number in range(30):
            made.append(number)
            hand_over(number)


@pytest.mark.parametrize("taken", [0, 1, 1000])
def test_what_the_consumer_raises_ends_the_making(taken: int) -> None:
    def consume(items: Iterator[int]) -> None:
        for number in items:
            if number == taken:
                break
        raise OSError(28, "no room")

    with pytest.raises(OSError, match="no room"):
        handed_over(1000, consume)


@pytest.mark.parametrize("problem", [ValueError(), KeyboardInterrupt()], ids=["error", "Ctrl-C"])
def test_a_broken_off_making_does_not_pass_for_whole(problem: BaseException) -> None:
    whole, tidied = [], []

    def consume(items: Iterator[int]) -> None:
        try:
            whole.append(list(items))
        finally:
            tidied.append(True)

    with pytest.raises(type(problem)):
        handed_over(2, consume, problem)
    assert (whole, tidied) == ([], [True])
