"""How far long work is: what is being done, told to whoever shows it, and to nobody by default."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from geoplan.errors import escaped

if TYPE_CHECKING:
    from rich.progress import TaskID

__all__ = ["each", "on_terminal", "phase"]

LONGEST = 60
Item = TypeVar("Item")


class Listener(Protocol):
    """Shows work as it begins, goes on and ends; work may begin within work."""

    def begin(self, what: str, total: int | None) -> Any:
        """Take what begins, and of how many steps it is, if that is known; return a key for it."""

    def step(self, key: Any) -> None:
        """Take that one step is done."""

    def end(self, key: Any) -> None:
        """Take that it has ended, done or not."""


_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def phase(what: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Tell that something is being done.

    Parameters
    ----------
    what
        In a few words: "Reading parishes.gpkg".
    total
        Of how many steps, where that is known.

    Yields
    ------
    callable
        To be called after each step.
    """
    listener = _LISTENER.get()
    if listener is None:
        yield lambda: None
        return
    key = listener.begin(what, total)
    try:
        yield lambda: listener.step(key)
    finally:
        listener.end(key)


def each(items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
    """Hand on items one by one, and tell how many are done."""
    with phase(what, total) as step:
        for item in items:
            yield item
            step()


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let somebody hear of the work done meanwhile."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


@contextmanager
def on_terminal() -> Iterator[None]:
    """Show the work done meanwhile where standard error is a terminal that can; elsewhere nothing.

    Notes
    -----
    What is shown vanishes when the work is done, so that only the answer stays. Nothing of it goes to standard
    output. No thread draws: batches fork.
    """
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield
        return
    shown = _Lines(console)
    try:
        with listening(shown):
            yield
    finally:
        shown.close()


class _Lines:
    """A line for each piece of work, the outer above the inner."""

    def __init__(self, console: Any) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        class Counts(MofNCompleteColumn):
            """Shows how many are done only where it is known of how many."""

            def render(self, task: Any) -> Any:
                return "" if task.total is None else super().render(task)

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            Counts(),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
        )

    def begin(self, what: str, total: int | None) -> TaskID:
        text = escaped(what)
        key = self._progress.add_task(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…", total=total)
        with suppress(OSError):
            self._progress.start()
            self._progress.refresh()
        return key

    def step(self, key: TaskID) -> None:
        with suppress(OSError):
            self._progress.advance(key)
            self._progress.refresh()

    def end(self, key: TaskID) -> None:
        self._progress.remove_task(key)
        with suppress(OSError):
            self._progress.refresh()
        if not self._progress.tasks:
            self.close()

    def close(self) -> None:
        # A terminal that has gone stops no work.
        with suppress(OSError):
            self._progress.stop()
