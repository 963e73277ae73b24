"""Run a tool in a process of its own: its seconds, its peak memory, its answer, and how far answers are apart."""

from __future__ import annotations

import contextlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ENOUGH_S = 4.0
"""A tool that has run for so long is not asked to repeat."""

ABSENT = 3
"""Exit code of a tool that cannot start."""

Answer = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Tool:
    """One way to an answer.

    Attributes
    ----------
    title
        Name in the table.
    start
        Imports and opens what it needs; not timed. What it returns is given to the other two.
    convert
        Turns the two sides into the tool's own form.
    answer
        Computes from that form.
    at_hand
        Name of that form, where converting is worth a row of its own.
    """

    title: str
    start: Callable[[], Any]
    convert: Callable[[Any, Any, Any], Any]
    answer: Callable[[Any, Any], Answer]
    at_hand: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a process reported; without seconds where it failed, and then ``failure`` says why."""

    name: str
    title: str = ""
    at_hand: str = ""
    converting: Sequence[float] = ()
    answering: Sequence[float] = ()
    cores: float = 0.0
    first: float = 0.0
    held_mb: float = 0.0
    peak_mb: float = 0.0
    failure: str = ""
    found: Answer = ()

    @property
    def seconds(self) -> float:
        """Median with conversion."""
        return statistics.median(a + b for a, b in zip(self.converting, self.answering, strict=True))

    @property
    def ready(self) -> float:
        """Median without conversion."""
        return statistics.median(self.answering)


def run(script: Path, job: dict[str, Any], limit: float) -> Outcome:
    """Run one tool in a process of its own and wait for it, but no longer than the limit."""
    name = str(job["tool"])
    with tempfile.TemporaryDirectory() as folder:
        job = {**job, "folder": folder}
        try:
            done = subprocess.run(
                [sys.executable, str(script), json.dumps(job)],
                timeout=limit,
                capture_output=True,
                text=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Outcome(name, failure=f"no answer in {limit:.0f} s")
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.strip()] or [f"exit code {done.returncode}"]
            how = "absent" if done.returncode == ABSENT else "failed"
            return Outcome(name, failure=f"{how}: {said[-1][:160]}")
        with np.load(Path(folder) / "answer.npz") as arrays:
            found = tuple(arrays[key] for key in arrays.files)
        return Outcome(name, **json.loads((Path(folder) / "outcome.json").read_text()), found=found)


def work(tool: Tool, job: dict[str, Any], sides: tuple[Any, Any], tiny: tuple[Any, Any]) -> None:
    """Time a tool in this process and leave the outcome in the job's folder."""
    try:
        engine = tool.start()
    except Exception as error:  # noqa: BLE001 - whatever keeps a peer from starting is its reason
        print(f"{type(error).__name__}: {str(error).splitlines()[0]}", file=sys.stderr)
        sys.exit(ABSENT)
    begun = time.perf_counter()
    tool.answer(engine, tool.convert(engine, *tiny))
    first = time.perf_counter() - begun
    held = _fresh_peak()
    busy = time.process_time()
    converting: list[float] = []
    answering: list[float] = []
    while len(converting) < job["repeats"] and sum(converting + answering) < ENOUGH_S:
        begun = time.perf_counter()
        state = tool.convert(engine, *sides)
        between = time.perf_counter()
        found = tool.answer(engine, state)
        answering.append(time.perf_counter() - between)
        converting.append(between - begun)
        del state
    busy = (time.process_time() - busy) / len(converting)
    outcome = {"title": tool.title, "at_hand": tool.at_hand, "converting": converting, "answering": answering}
    outcome |= {"first": first, "cores": busy, "held_mb": held, "peak_mb": _peak()}
    np.savez(Path(job["folder"]) / "answer.npz", *found)
    (Path(job["folder"]) / "outcome.json").write_text(json.dumps(outcome))


def _fresh_peak() -> float:
    """Forget the peak so far where the system can, and return what is held now."""
    switch = Path("/proc/self/clear_refs")
    if switch.exists():
        with contextlib.suppress(OSError):
            switch.write_text("5")
    return _peak()


def _peak() -> float:
    """Return the largest memory of this process in megabytes."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def differing_areas(found: Answer, wanted: Answer) -> tuple[int, float]:
    """Return how many pairs differ by more than 1e-5 m² and 1e-12 of themselves, and the largest difference.

    A pair that one answer lacks counts as 0 m² there.
    """
    keys, at = np.unique(np.concatenate([_keys(found), _keys(wanted)]), return_inverse=True)
    a = np.bincount(at[: len(found[0])], found[2], minlength=len(keys))
    b = np.bincount(at[len(found[0]) :], wanted[2], minlength=len(keys))
    apart = np.abs(a - b)
    return int(((apart > 1e-5) & (apart > 1e-12 * np.maximum(a, b))).sum()), float(apart.max(initial=0.0))


def differing_hits(found: Answer, wanted: Answer) -> tuple[int, int]:
    """Return how many points are in areas of one answer only, and how many hits that is."""
    apart = np.setxor1d(_keys(found), _keys(wanted))
    return len(np.unique(apart >> 32)), len(apart)


def _keys(answer: Answer) -> np.ndarray:
    return (answer[0].astype(np.int64) << 32) + answer[1].astype(np.int64)
