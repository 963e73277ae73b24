"""Tasks done by the workers of a Dask cluster: one on this machine, or any other by its address."""

from __future__ import annotations

import itertools
import logging
import re
import secrets
import signal
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from importlib import import_module
from ipaddress import ip_address
from multiprocessing import resource_tracker
from typing import Any, Self
from urllib.parse import urlsplit

from geoplan.errors import ConfigurationError, NetworkError, RunError, WorkersError, escaped, refusal
from geoplan.spreading.doing import Job, Raised, Unlike, done, forgotten, joined, kept
from geoplan.spreading.spread import Answer, Doers, Here, Shared, Task
from geoplan.spreading.versions import SPOKEN, differences, own_versions

__all__ = ["Cluster", "is_here", "local", "scheduled"]

SECONDS = 8.0
"""Within which a scheduler has to answer."""
WAITING = 3
"""Groups of tasks handed out for each worker, so that none waits for the next."""
DEATHS = 3
"""Workers that may be lost over one task before it is given up."""
LONGEST = 80
INSTALL = 'Install it: pip install "geoplan[cluster]".'
PREFIX = "geoplan_"
"""What the keys of tasks begin with; the name of what is done follows."""
ADDRESS = re.compile(r"((tcp|tls|ws|wss|ucx)://)?([\w.-]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}")
CONFIG = {
    "distributed.admin.large-graph-warning-threshold": "1 TB",
    "distributed.scheduler.allowed-failures": DEATHS,
    "distributed.diagnostics.nvml": False,
    # A page about the work, which nobody asked for.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
LIBRARIES = ("distributed", "tornado", "asyncio")
"""Whose messages are for those who run clusters."""
Surroundings = Callable[[], Callable[[], AbstractContextManager[Any]]]
_told = logging.getLogger("geoplan")


def _no_surroundings() -> Callable[[], AbstractContextManager[Any]]:
    return nullcontext


def local(workers: int, surroundings: Surroundings = _no_surroundings) -> AbstractContextManager[Doers]:
    """Return a cluster on this machine, which starts with the first task; this process alone where Dask is missing.

    Parameters
    ----------
    workers
        Processes, each of one thread.
    surroundings
        Asked when tasks are spread for what is entered on a worker while one is done.

    Returns
    -------
    context manager
        Whoever does tasks. Without Dask, the answers being the same, it is said how to get it and nothing refused.

    Raises
    ------
    ConfigurationError
        If there are to be none.
    """
    if workers < 1:
        hint = "Leave it out to do the work without workers."
        raise ConfigurationError(refusal(f"--workers {workers} is no number of processes", hint=hint))
    if not _is_installed():
        _told.warning("--workers needs Dask, which is not installed: this process does the work alone. %s", INSTALL)
        return nullcontext(Here())
    return Cluster(lambda opened: _started(workers, opened), surroundings)


def scheduled(address: str, surroundings: Surroundings = _no_surroundings) -> Cluster:
    """Return the cluster of a scheduler, which is asked at once.

    Parameters
    ----------
    address
        Such as ``tcp://10.0.0.5:8786``.
    surroundings
        As of `local`.

    Returns
    -------
    Cluster
        To be closed, which leaves scheduler and workers as they are.

    Raises
    ------
    ConfigurationError
        If it is no address, Dask is not installed, or scheduler or workers have other versions than this process.
    NetworkError
        If the scheduler cannot be reached.
    """
    if not ADDRESS.fullmatch(address):
        hint = "Write it as the scheduler shows it, such as tcp://10.0.0.5:8786."
        raise ConfigurationError(refusal(f"{address!r} is no address of a Dask scheduler", hint=hint))
    if not _is_installed():
        raise ConfigurationError(refusal("--scheduler needs Dask, which is not installed", hint=INSTALL))
    made = Cluster(lambda opened: _joined(address, opened), surroundings)
    made.open()
    return made


def is_here(address: str) -> bool:
    """Tell whether an address is one of this machine's own, which no network is used for.

    Examples
    --------
    >>> is_here("tcp://127.0.0.1:8786"), is_here("localhost:8786"), is_here("tcp://127.evil.example:8786")
    (True, True, False)
    """
    host = urlsplit(address if "://" in address else f"tcp://{address}").hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_installed() -> bool:
    try:
        import_module("distributed")
    except ImportError:
        return False
    return True


def _started(workers: int, opened: ExitStack) -> Any:
    """Start workers on this machine, which nobody else on it can talk to."""
    distributed, dask = _dask()
    opened.enter_context(_quiet())
    opened.enter_context(dask.config.set(CONFIG))
    folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="geoplan-", ignore_cleanup_errors=True))
    security = distributed.Security.temporary()
    with _deaf():
        made = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            protocol="tls",
            security=security,
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            # Where memory runs out the system says so, as without workers.
            memory_limit=0,
            local_directory=folder,
            silence_logs=logging.CRITICAL,
        )
    opened.enter_context(made)
    return opened.enter_context(distributed.Client(made, security=security, set_as_default=False))


def _joined(address: str, opened: ExitStack) -> Any:
    """Connect to a scheduler that others started."""
    distributed, dask = _dask()
    opened.enter_context(_quiet())
    opened.enter_context(dask.config.set(CONFIG))
    try:
        with warnings.catch_warnings():
            # Versions are looked at below, and more closely.
            warnings.simplefilter("ignore")
            client = distributed.Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError, RuntimeError, TypeError) as error:
        hint = "Is it running, and is this its address? For tls:// name the certificates in Dask's configuration."
        raise NetworkError(refusal(f"the Dask scheduler at {address} cannot be reached", hint=hint)) from error
    return opened.enter_context(client)


def _dask() -> tuple[Any, Any]:
    """Return the libraries, which bring no types."""
    return import_module("distributed"), import_module("dask")


@contextmanager
def _deaf() -> Iterator[None]:
    """Start threads and processes that do not hear Ctrl-C, which terminals send to all: who started them ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Starting it later would let the first of them hear again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Let the libraries keep to themselves what they say of their workings."""
    known = (name for name in logging.root.manager.loggerDict if name.partition(".")[0] in LIBRARIES)
    loggers = [logging.getLogger(name) for name in {*LIBRARIES, *known}]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _refuse_unlike(client: Any) -> None:
    """Refuse a scheduler or workers that would answer otherwise, or could not be understood."""
    ours = own_versions()
    theirs = _asked("the scheduler", lambda: client.run_on_scheduler(own_versions))
    _refuse_differences("the scheduler", differences({name: ours[name] for name in SPOKEN}, theirs))
    if not client.nthreads():
        _told.warning("The Dask scheduler has no workers yet: the work waits for them.")
    for address, found in client.run(own_versions, on_error="return").items():
        missing = [str(found)] if isinstance(found, Exception) else []
        _refuse_differences(f"worker {address}", missing or differences(ours, found))


def _asked(whose: str, question: Callable[[], Any]) -> Any:
    try:
        return question()
    except Exception as problem:
        raise _differing(whose, [str(problem)]) from problem


def _refuse_differences(whose: str, found: list[str]) -> None:
    if found:
        raise _differing(whose, found)


def _differing(whose: str, found: list[str]) -> WorkersError:
    hint = "Install there what is installed here: the same geoplan[cluster], from one lock file or image."
    return WorkersError(refusal(f"{whose} differs from this machine: {'; '.join(found)}", hint=hint))


def _listen(client: Any) -> None:
    """Say once of each worker that is lost with work in its hands."""

    def heard(event: Any) -> None:
        told = event[1] if isinstance(event, tuple) else event
        if not isinstance(told, dict) or told.get("action") != "remove-worker" or told.get("expected"):
            return
        if any(str(key).startswith(PREFIX) for key in told.get("processing-tasks", ())):
            _told.warning("A worker was lost; what it was doing is done again.")

    client.subscribe_topic("all", heard)


class Cluster:
    """Does tasks on the workers of a Dask cluster; opened when first needed."""

    def __init__(self, opening: Callable[[ExitStack], Any], surroundings: Surroundings) -> None:
        self._opening, self._surroundings = opening, surroundings
        self._opened = ExitStack()
        self._client: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> Any:
        """Return the client, connected to workers that answer as this process would."""
        if self._client is None:
            with ExitStack() as opened:
                client = self._opening(opened)
                _refuse_unlike(client)
                _listen(client)
                self._client, self._opened = client, opened.pop_all()
        return self._client

    def close(self) -> None:
        """Leave the cluster; end it where it was started here."""
        self._client = None
        self._opened.close()

    def answers(
        self,
        function: Callable[[Shared, Task], Answer],
        groups: Iterable[Sequence[Task]],
        shared: Shared,
        join: Callable[[Shared, Sequence[Answer]], Answer] | None,
    ) -> Iterator[Answer]:
        """Return an answer a group, in their order; see `geoplan.spreading.spread.Doers`."""
        groups = iter(groups)
        first = list(itertools.islice(groups, 2))
        if sum(map(len, first)) < 2:
            # One task alone is as soon done here.
            yield from Here().answers(function, first, shared, join)
            return
        job = Job(secrets.token_hex(8), function, join, own_versions(), self._surroundings())
        yield from _Round(self.open(), job, shared).answers(itertools.chain(first, groups))


@dataclass(frozen=True)
class _Waiting:
    """A group of tasks that was handed out: its number, that of its first task, both from one, and the tasks."""

    number: int
    first: int
    group: Sequence[Any]
    future: Any


class _Round:
    """The groups of one job, few of them with the workers at any time."""

    def __init__(self, client: Any, job: Job, shared: Any) -> None:
        self._client, self._job = client, job
        # Packed once, and opened once by each worker: they hand it to each other, and a lost copy is made again.
        packed = import_module("cloudpickle").dumps(shared)
        self._shared = client.submit(kept, packed, key=self._key(kept), pure=False)
        self._waiting: deque[_Waiting] = deque()

    def answers(self, groups: Iterable[Sequence[Any]]) -> Iterator[Any]:
        """Return the answers in order."""
        first = 1
        try:
            for number, group in enumerate(groups, start=1):
                if len(self._waiting) >= WAITING * max(len(self._client.nthreads()), 1):
                    yield self._next()
                self._hand_out(number, first, group)
                first += len(group)
            while self._waiting:
                yield self._next()
        finally:
            self._let_go()

    def _hand_out(self, number: int, first: int, group: Sequence[Any]) -> None:
        """Let the tasks be done, and their answers joined, wherever the scheduler finds best."""
        job = self._job
        assert job.join is not None or len(group) == 1  # noqa: S101 - as `spread_joined` has it
        futures = [self._submitted(done, task, self._key(job.function, number, n)) for n, task in enumerate(group)]
        if len(futures) > 1:
            futures = [self._submitted(joined, futures, self._key(joined, number))]
        self._waiting.append(_Waiting(number, first, group, futures[0]))

    def _submitted(self, function: Callable[..., Any], given: Any, key: str) -> Any:
        return self._client.submit(function, self._job, self._shared, given, key=key, pure=False)

    def _key(self, function: Callable[..., Any], *numbers: int) -> str:
        """Name a task by what it does first: schedulers learn from it how long such tasks take, and share them out."""
        return "-".join([f"{PREFIX}{function.__name__}", self._job.key, *map(str, numbers)])

    def _next(self) -> Any:
        first = self._waiting.popleft()
        try:
            answer = first.future.result()
        except Exception as problem:
            raise _worded(problem, first) from problem
        finally:
            first.future.release()
        if isinstance(answer, Raised):
            raise answer.problem
        if isinstance(answer, Unlike):
            _refuse_differences("a worker that joined later", answer.found)
        return answer

    def _let_go(self) -> None:
        """Leave nothing of the job behind, where there is still somebody to be told."""
        with suppress(Exception):
            self._client.cancel([one.future for one in self._waiting], force=True)
            self._shared.release()
            self._client.run(forgotten, self._job.key, on_error="ignore")


def _worded(problem: Exception, one: _Waiting) -> Exception:
    """Say in a sentence what became of tasks that nobody could do."""
    what = _named(one)
    if type(problem).__name__ == "KilledWorker":
        hint = "They may have run out of memory: try fewer workers on one machine."
        return WorkersError(refusal(f"{what} ended {DEATHS + 1} workers one after another", hint=hint))
    if type(problem).__name__ in {"FutureCancelledError", "CancelledError", "CommClosedError", "TimeoutError"}:
        return NetworkError(refusal(f"the Dask scheduler was lost with {what} still to be done", hint="Run it again."))
    if isinstance(problem, ModuleNotFoundError):
        return _differing("a worker", [str(problem)])
    return RunError(what.capitalize(), problem)


def _named(one: _Waiting) -> str:
    """Name a task by what it is about; of several that are joined it is not known which it was."""
    if len(one.group) > 1:
        return f"one of tasks {one.first} to {one.first + len(one.group) - 1}"
    shown = escaped(str(one.group[0]))
    return f"task {one.first} ({shown if len(shown) <= LONGEST else f'{shown[:LONGEST]}…'})"
