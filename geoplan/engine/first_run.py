"""The dear kernels compiled by a process of their own, on a machine's first run, while this one still reads."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from geoplan.engine import edges

__all__ = ["compiled_ahead"]

SECONDS_AT_MOST = 60.0
"""After so long it is no longer waited for: this process compiles for itself."""
REHEARSAL = """
import sys
module, *sys.path = sys.argv[1:]
from importlib import import_module
import_module(module).rehearse()
"""


@contextmanager
def compiled_ahead(module: Any) -> Iterator[None]:
    """Have dear kernels compiled next to what is done in the meantime, where they are not kept.

    Parameters
    ----------
    module
        One that names such kernels as ``DEAR`` and runs them all in ``rehearse()``.

    Notes
    -----
    A process on another core compiles and keeps them, and the first call of one waits for it. On a single core, or
    where no process can be started, nothing is done ahead. Where nothing can be kept for later runs, they are kept
    in a temporary folder for this one. No process and no folder outlasts this.
    """
    with ExitStack() as after:
        # Without numba, or where it is told to leave functions alone, there is nothing to compile.
        kernels = [made for made in module.DEAR if edges.COMPILED and hasattr(made, "py_func")]
        if _cores() > 1 and any(_is_missing(made) for made in kernels):
            with suppress(OSError, RuntimeError):
                _compile_beside(module.__name__, kernels, after)
        yield


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cache(made: Any) -> Any:
    return made._cache  # noqa: SLF001 - numba has no other door to it


def _is_missing(made: Any) -> bool:
    """Tell whether a function is neither compiled in this process nor kept."""
    return not made.signatures and (not _cache(made).cache_path or _cache(made).is_empty())


def _compile_beside(module: str, kernels: list[Any], after: ExitStack) -> None:
    """Start the other process, and have this one wait for it where it needs what the other is at."""
    environment = dict(os.environ)
    if not all(_cache(made).cache_path for made in kernels):
        folder = after.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        environment["NUMBA_CACHE_DIR"] = folder
        after.enter_context(_kept_in(folder, kernels))
    process = subprocess.Popen(  # noqa: S603 - this very interpreter, and no word of the user's
        [sys.executable, "-c", REHEARSAL, module, *sys.path],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    after.callback(_end, process)
    late = time.monotonic() + SECONDS_AT_MOST
    for made in kernels:
        after.callback(setattr, _cache(made), "is_awaited", _cache(made).is_awaited)
        _cache(made).is_awaited = lambda: process.poll() is None and time.monotonic() < late


@contextmanager
def _kept_in(folder: str, kernels: list[Any]) -> Iterator[None]:
    """Keep what is compiled of some functions in a folder, for a time."""
    from numba import config

    settings: Any = config
    caches, before, settings.CACHE_DIR = [_cache(made) for made in kernels], settings.CACHE_DIR, folder
    for made in kernels:
        made._cache = edges.Kept(made.py_func)  # type: ignore[no-untyped-call]  # noqa: SLF001 - as in `compiled`
    settings.CACHE_DIR = before
    try:
        yield
    finally:
        for made, cache in zip(kernels, caches, strict=True):
            made._cache = cache  # noqa: SLF001


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()
