"""`geoplan.workers`: who does the work that falls into tasks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial

from geoplan.data import cache
from geoplan.data.kept import folder
from geoplan.data.portal import client
from geoplan.errors import ConfigurationError, NetworkError, refusal
from geoplan.spreading import cluster
from geoplan.spreading.spread import Doers, done_by

__all__ = ["local", "scheduled", "workers"]

WANTED = (folder.SHIPPED_VARIABLE,)
"""Environment variables that say what is wanted, wherever it is done."""
PLACES = (folder.VARIABLE, cache.VARIABLE)
"""Those that say where something lies on this machine."""


def workers(count: int | None = None, *, scheduler: str = "") -> AbstractContextManager[None]:
    """Let workers do what falls into tasks: the points of `geoplan.assign`, the areas of an audit, parts of a plan.

    Parameters
    ----------
    count
        Processes on this machine, which start when first needed and end with the block.
    scheduler
        Address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``, in their place.

    Returns
    -------
    context manager
        For a ``with`` block. The answers are the same whoever does the work, to the last byte. Without Dask this
        process does the work of ``count`` processes alone, which is logged.

    Raises
    ------
    ConfigurationError
        If both or neither are given, no process is wanted, the address is none, or there is a scheduler and no Dask.
    NetworkError
        If the scheduler cannot be reached, or the network is not to be used and it is not on this machine.
    WorkersError
        If scheduler or workers have other versions of what answers depend on.

    Notes
    -----
    Processes on this machine import the script that starts them: it needs ``if __name__ == "__main__":`` around what
    it does, as with any multiprocessing.

    Examples
    --------
    >>> import geoplan
    >>> with geoplan.workers(2):
    ...     audit = geoplan.audit(layers=["lhb", "country"])
    >>> len(audit.table)
    2
    """
    if (count is None) == (not scheduler):
        said = "--workers and --scheduler exclude each other" if scheduler else "neither --workers nor --scheduler"
        raise ConfigurationError(refusal(said, hint="Give one of them."))
    return _working(local(count) if count is not None else scheduled(scheduler))


@contextmanager
def _working(made: AbstractContextManager[Doers]) -> Iterator[None]:
    with made as doers, done_by(doers):
        yield


def local(count: int) -> AbstractContextManager[Doers]:
    """Return processes on this machine; see `geoplan.spreading.cluster.local`."""
    return cluster.local(count, lambda: Surroundings.here((*WANTED, *PLACES)))


def scheduled(address: str) -> cluster.Cluster:
    """Return the workers of a scheduler, where the network may be used; see `geoplan.spreading.cluster.scheduled`."""
    if client.is_offline() and not cluster.is_here(address):
        said = f"the scheduler at {address} is not asked, because the network is not to be used"
        hint = f"Leave out --offline, or unset {client.VARIABLE}; --workers needs no network."
        raise NetworkError(refusal(said, hint=hint))
    return cluster.scheduled(address, lambda: Surroundings.here(WANTED))


@dataclass(frozen=True)
class Surroundings:
    """The options that hold here, to hold where a task is done.

    Parameters
    ----------
    environment
        Variable -> value, None where it is not set.
    texts
        How pandas keeps texts in tables.
    offline
        Whether the network is forbidden.
    """

    environment: tuple[tuple[str, str | None], ...]
    texts: str
    offline: bool

    @classmethod
    def here(cls, variables: tuple[str, ...]) -> Callable[[], AbstractContextManager[None]]:
        """Return what enters these surroundings."""
        import pandas as pd

        texts = pd.get_option("mode.string_storage")
        kept = tuple((name, os.environ.get(name)) for name in variables)
        return partial(_entered, cls(kept, texts, client.is_offline()))


@contextmanager
def _entered(asked: Surroundings) -> Iterator[None]:
    import pandas as pd

    before = {name: os.environ.get(name) for name, _ in asked.environment}
    _set(dict(asked.environment))
    try:
        with pd.option_context("mode.string_storage", asked.texts), client.offline(wanted=asked.offline):
            yield
    finally:
        _set(before)


def _set(environment: dict[str, str | None]) -> None:
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
