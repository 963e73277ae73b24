"""Tasks for workers to do: they import this module, and nothing of the tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from geoplan.auditing.assigning import points
from geoplan.data.portal.client import is_offline
from geoplan.errors import InputError, carefully, refusal


def times(shared: int, task: int) -> int:
    return shared * task


def together(shared: int, answers: Sequence[int]) -> list[int]:
    return [shared, *answers]


def processes(_: Any, answers: Sequence[int]) -> list[int]:
    return [os.getpid(), *answers]


def too_many(_: Any, answers: Sequence[int]) -> int:
    raise InputError(refusal(f"towns.csv: {len(answers)} are too many"))


def killed_joining(_: Any, __: Sequence[int]) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def process_of(_: Any, __: int) -> int:
    return os.getpid()


def surroundings(names: tuple[str, ...], _: int) -> tuple[Any, ...]:
    return (*(os.environ.get(name) for name in names), is_offline(), pd.get_option("mode.string_storage"))


def refused(_: Any, task: int) -> int:
    if task == 3:
        raise InputError(refusal("towns.csv: bad", codes=["E1", "E2"], hint="Name it: --code."))
    return task


def unforeseen(_: Any, task: int) -> float:
    return 1 / (task - 3)


def unforeseen_but_worded(_: Any, task: int) -> float:
    with carefully("The sum of towns.csv"):
        return 1 / (task - 3)


def killed_once(folder: str, task: int) -> int:
    """Kill the worker over one task, the first time it is done."""
    mark = Path(folder) / "killed"
    if task == 4 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def killed_always(_: Any, task: str) -> str:
    if task == "Barnsley":
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def assigned_but_killed_once(shared: points.PointsShared, span: Any) -> bytes:
    """Assign the points of a part, after the worker was killed over one, the first time."""
    mark = Path(os.environ["GEOPLAN_CACHE"]) / "killed"
    if span.number == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return points.assigned_part(shared, span)
