"""Tasks done by the workers of a Dask cluster: the same answers, refused in the same words, whoever is lost."""

from __future__ import annotations

import logging
import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chores
import pandas as pd
import pytest

from geoplan.data.portal.client import offline
from geoplan.errors import ConfigurationError, GeoplanError, InputError, NetworkError, RunError, WorkersError
from geoplan.interface.given import workers
from geoplan.spreading import cluster, versions
from geoplan.spreading.cluster import Cluster
from geoplan.spreading.spread import done_by, spread, spread_joined

distributed = pytest.importorskip("distributed", reason="geoplan[cluster] is not installed")


@pytest.fixture(scope="module")
def two() -> Iterator[Cluster]:
    """Two processes on this machine."""
    with workers.local(2) as made:
        yield made


@pytest.fixture
def spread_out(two: Cluster) -> Iterator[Cluster]:
    with done_by(two):
        yield two


@pytest.fixture(scope="module")
def foreign() -> Iterator[str]:
    """The address of a scheduler that others started, with one worker."""
    options: dict[str, Any] = {"dashboard_address": "127.0.0.1:0", "silence_logs": logging.CRITICAL}
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1", **options) as made:
        yield made.scheduler_address


@pytest.mark.parametrize("count", [0, 1, 2, 40])
@pytest.mark.usefixtures("spread_out")
def test_answers_come_in_the_order_of_the_tasks(count: int) -> None:
    assert list(spread(chores.times, range(count), 3)) == [3 * n for n in range(count)]


@pytest.mark.parametrize("groups", [[], [[5]], [[5], [6]], [[0, 1, 2], [3], [4, 5]], [[n, n + 1] for n in range(30)]])
@pytest.mark.usefixtures("spread_out")
def test_what_came_of_a_group_is_joined_in_order(groups: list[list[int]]) -> None:
    wanted = [[3, *(3 * n for n in group)] if len(group) > 1 else 3 * group[0] for group in groups]
    assert list(spread_joined(chores.times, chores.together, groups, 3)) == wanted


@pytest.mark.usefixtures("spread_out")
def test_one_group_of_many_tasks_is_done_and_joined_by_workers() -> None:
    (found,) = spread_joined(chores.process_of, chores.processes, [range(12)], None)
    assert isinstance(found, list)
    assert os.getpid() not in found


@pytest.mark.usefixtures("spread_out")
def test_what_a_task_of_a_group_raises_comes_back_and_so_does_what_joining_does() -> None:
    with pytest.raises(InputError, match=r"^towns\.csv: bad \(2 rows: E1, E2\)"):
        list(spread_joined(chores.refused, chores.together, [range(9)], None))
    with pytest.raises(InputError, match=r"^towns\.csv: 4 are too many"):
        list(spread_joined(chores.times, chores.too_many, [range(4)], 1))


@pytest.mark.usefixtures("spread_out")
def test_a_worker_lost_before_a_group_is_joined_costs_its_tasks_only(tmp_path: Path) -> None:
    joined = spread_joined(chores.killed_once, chores.together, [range(7), range(7, 9)], str(tmp_path))
    assert list(joined) == [[str(tmp_path), *range(7)], [str(tmp_path), 7, 8]]
    assert (tmp_path / "killed").exists()


@pytest.mark.usefixtures("spread_out")
def test_few_tasks_are_taken_at_a_time() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for task in range(100):
            taken.append(task)
            yield task

    answers = spread(chores.times, tasks(), 1)
    assert next(answers) == 0
    assert len(taken) <= cluster.WAITING * 2 + 1
    answers.close()  # type: ignore[attr-defined]
    assert list(spread(chores.times, [1, 2], 7)) == [7, 14]


@pytest.mark.usefixtures("spread_out")
def test_options_hold_where_tasks_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOPLAN_DATA", "/nowhere/data")
    monkeypatch.setenv("GEOPLAN_SHIPPED", "1")
    names = ("GEOPLAN_DATA", "GEOPLAN_SHIPPED")
    with offline(), pd.option_context("mode.string_storage", "python"):
        assert list(spread(chores.surroundings, range(2), names)) == 2 * [("/nowhere/data", "1", True, "python")]
    monkeypatch.delenv("GEOPLAN_SHIPPED")
    with pd.option_context("mode.string_storage", "pyarrow"):
        assert list(spread(chores.surroundings, range(2), names)) == 2 * [("/nowhere/data", None, False, "pyarrow")]


@pytest.mark.usefixtures("spread_out")
def test_a_refusal_comes_back_as_it_was() -> None:
    with pytest.raises(InputError) as there:
        list(spread(chores.refused, range(9), None))
    with pytest.raises(InputError) as here:
        chores.refused(None, 3)
    assert str(there.value) == str(here.value) == "towns.csv: bad (2 rows: E1, E2). Name it: --code."
    assert there.value.why.hint == "Name it: --code."  # type: ignore[attr-defined]
    assert there.value.__notes__ == here.value.__notes__


@pytest.mark.usefixtures("spread_out")
def test_what_was_not_foreseen_comes_back_with_where_it_was() -> None:
    with pytest.raises(ZeroDivisionError) as found:
        list(spread(chores.unforeseen, range(9), None))
    assert "chores.py" in found.value.__notes__[0]
    with pytest.raises(RunError, match=r"^The sum of towns\.csv could not run: ZeroDivisionError"):
        list(spread(chores.unforeseen_but_worded, range(9), None))


@pytest.mark.usefixtures("spread_out")
def test_a_lost_worker_costs_its_tasks_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "geoplan"):
        assert list(spread(chores.killed_once, range(20), str(tmp_path))) == list(range(20))
    assert (tmp_path / "killed").exists()
    assert caplog.messages == ["A worker was lost; what it was doing is done again."]


def test_a_task_that_ends_its_workers_is_named(spread_out: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread_out.open().cluster.scheduler, "allowed_failures", 0)
    with pytest.raises(WorkersError, match=r"^task 1 \(Barnsley\) ended \d workers one after another\. They may"):
        list(spread(chores.killed_always, ["Barnsley", "Wigan"], None))


def test_tasks_of_a_group_that_ends_its_workers_are_named(spread_out: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread_out.open().cluster.scheduler, "allowed_failures", 0)
    groups = [["Wigan", "Barnsley", "Leeds"], ["Bury", "Bolton"]]
    with pytest.raises(WorkersError, match=r"^one of tasks 1 to 3 ended \d workers one after another\."):
        list(spread_joined(chores.killed_always, chores.together, groups, None))
    with pytest.raises(WorkersError, match=r"^one of tasks 1 to 2 ended \d workers one after another\."):
        list(spread_joined(chores.times, chores.killed_joining, [[1, 2]], 1))


@pytest.mark.usefixtures("spread_out")
def test_a_worker_that_would_answer_otherwise_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = {**versions.own_versions(), "numpy": "0.1"}
    monkeypatch.setattr(cluster, "own_versions", lambda: ours)
    there = versions.own_versions()["numpy"]
    wanted = f"a worker that joined later differs from this machine: numpy {there} there, 0.1 here."
    with pytest.raises(WorkersError) as found:
        list(spread(chores.times, [1, 2], 1))
    assert str(found.value).startswith(wanted)


def test_any_scheduler_serves_and_stays(foreign: str) -> None:
    for _ in range(2):
        with workers.workers(scheduler=foreign):
            assert list(spread(chores.times, range(5), 2)) == [0, 2, 4, 6, 8]
    with offline(), pd.option_context("mode.string_storage", "python"), workers.workers(scheduler=foreign):
        assert list(spread(chores.surroundings, range(2), ())) == 2 * [(True, "python")]


def test_workers_of_other_versions_are_refused_first(foreign: str, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = versions._installed
    monkeypatch.setattr(versions, "_installed", lambda name: "0.1" if name == "shapely" else installed(name))
    versions.own_versions.cache_clear()
    try:
        with pytest.raises(
            WorkersError, match=r"^worker tcp://127\.0\.0\.1:\d+ differs .*shapely 2\S* there, 0\.1 here"
        ):
            cluster.scheduled(foreign)
    finally:
        versions.own_versions.cache_clear()


def test_a_scheduler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "SECONDS", 0.3)
    with pytest.raises(NetworkError, match=r"^the Dask scheduler at tcp://127\.0\.0\.1:9 cannot be reached"):
        cluster.scheduled("tcp://127.0.0.1:9")


@pytest.mark.parametrize("address", ["", "here", "tcp://", "tcp://host", "http://host:8786", "tcp://host:port", "8786"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="is no address of a Dask scheduler"):
        cluster.scheduled(address)


@pytest.mark.parametrize("count", [0, -1])
def test_no_workers_are_refused(count: int) -> None:
    with pytest.raises(ConfigurationError, match=f"^--workers {count} is no number of processes"):
        workers.local(count)


@pytest.mark.parametrize("given", [{}, {"count": 2, "scheduler": "tcp://127.0.0.1:8786"}], ids=["neither", "both"])
def test_one_of_both_is_asked_for(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="Give one of them"):
        workers.workers(**given)


def test_offline_asks_no_scheduler_elsewhere() -> None:
    with offline(), pytest.raises(NetworkError, match=r"^the scheduler at tcp://10\.0\.0\.5:8786 is not asked"):
        workers.scheduled("tcp://10.0.0.5:8786")


def test_without_dask_a_scheduler_is_refused_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigurationError, match=r'^--scheduler needs Dask.*pip install "geoplan\[cluster\]"'):
        workers.scheduled("tcp://127.0.0.1:8786")


def test_without_dask_the_work_is_done_here_and_it_is_said_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with caplog.at_level(logging.WARNING, "geoplan"), workers.workers(2):
        assert list(spread(chores.process_of, range(3), None)) == [os.getpid()] * 3
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("--workers needs Dask, which is not installed: this process does the work alone. ")
    assert said.endswith('Install it: pip install "geoplan[cluster]".')
    with pytest.raises(ConfigurationError, match=r"^--workers 0 is no number of processes"):
        workers.local(0)


def every_error(kind: type[GeoplanError] = GeoplanError) -> Iterator[type[GeoplanError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from every_error(each)


@pytest.mark.parametrize("kind", sorted(set(every_error()), key=lambda kind: kind.__name__))
def test_every_refusal_survives_the_way(kind: type[GeoplanError]) -> None:
    made = kind("It", ValueError("odd")) if kind is RunError else kind("It is odd.")  # type: ignore[call-arg, arg-type]
    again = pickle.loads(pickle.dumps(made))  # noqa: S301 - made here
    assert type(again) is kind
    assert (str(again), again.args, vars(again)) == (str(made), made.args, vars(made))
