"""What a worker does with a task: opens what is shared once, does one task at a time, and hands back what came."""

from __future__ import annotations

import pickle
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from geoplan.errors import GeoplanError, RunError
from geoplan.spreading.versions import differences, own_versions

__all__ = ["Job", "Raised", "Unlike", "done", "forgotten", "joined", "kept"]

_ALONE = threading.Lock()
"""Geometry that several threads share crashes; a worker of many threads does one task at a time."""
_OPEN: dict[str, Any] = {}
"""Key of a job -> what its tasks share; at most one."""


@dataclass(frozen=True)
class Job:
    """What the tasks of one job have in common, beside what they share.

    Parameters
    ----------
    key
        Which no two jobs have in common.
    function
        Called with what is shared and one task.
    join
        Called with what is shared and the answers to some tasks; None where none are joined.
    versions
        From `geoplan.spreading.versions.own_versions`, where the job comes from.
    surroundings
        Entered while a task is done: the options that hold where the job comes from.
    """

    key: str
    function: Callable[[Any, Any], Any]
    join: Any
    versions: Mapping[str, str]
    surroundings: Callable[[], AbstractContextManager[Any]] = nullcontext


@dataclass(frozen=True)
class Raised:
    """What a task raised."""

    problem: Exception


@dataclass(frozen=True)
class Unlike:
    """Where a worker differs, which therefore did nothing."""

    found: list[str]


@dataclass(frozen=True)
class Packed:
    """What tasks share, as bytes.

    It passes for small: a scheduler that knew its size would let the worker that holds it do all tasks, to spare the
    others a copy that each of them needs only once.
    """

    content: bytes

    def __sizeof__(self) -> int:
        return 1


def kept(shared: bytes) -> Packed:
    """Hold what tasks share, packed, so that workers hand it to each other."""
    return Packed(shared)


def done(job: Job, shared: Packed, task: Any) -> Any:
    """Do one task.

    Parameters
    ----------
    job
        Of which it is one.
    shared
        What its tasks share, packed.
    task
        What the function is called with.

    Returns
    -------
    object
        The answer; `Raised` where there is none, `Unlike` where this worker would give another.
    """
    return _called(job, job.function, shared, task)


def joined(job: Job, shared: Packed, answers: Sequence[Any]) -> Any:
    """Join the answers to some tasks; the first of them that is none stands for all.

    Parameters
    ----------
    job
        Of which the tasks are.
    shared
        What its tasks share, packed.
    answers
        From `done`, in their order.

    Returns
    -------
    object
        As of `done`.
    """
    failed = (each for each in answers if isinstance(each, (Raised, Unlike)))
    return next(failed, None) or _called(job, job.join, shared, answers)


def _called(job: Job, function: Callable[[Any, Any], Any], shared: Packed, given: Any) -> Any:
    if unlike := differences(job.versions, own_versions()):
        return Unlike(unlike)
    with _ALONE:
        try:
            with job.surroundings():
                return function(_opened(job.key, shared), given)
        except Exception as problem:  # noqa: BLE001 - raised again where the task came from
            return Raised(_sendable(problem))


def _opened(key: str, shared: Packed) -> Any:
    if key not in _OPEN:
        _OPEN.clear()
        _OPEN[key] = pickle.loads(shared.content)  # noqa: S301 - packed by the one who gave the task
    return _OPEN[key]


def forgotten(key: str) -> None:
    """Keep nothing of a job that is over."""
    _OPEN.pop(key, None)


def _sendable(problem: Exception) -> Exception:
    """Return what was raised as it can be raised again elsewhere; what was not foreseen, with where it was."""
    if not isinstance(problem, GeoplanError):
        problem.add_note("".join(traceback.format_exception(problem)))
    try:
        pickle.loads(pickle.dumps(problem))  # noqa: S301 - made here
    except Exception:  # noqa: BLE001 - any there may be, of any library
        return RunError("A task", problem)
    return problem
