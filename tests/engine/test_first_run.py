"""What the first run on a machine compiles, what is compiled beside it, and that what is kept runs by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from roots import ROOT

from geoplan.engine import edges, first_run

numba = pytest.importorskip("numba")
pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
AT_MOST = {"areas": 22, "points": 24}
"""Compiled functions, once for each set of types they are called with, numba's own small ones among them."""
EVERY_KERNEL = """
import importlib, json, pkgutil, sys
import numpy as np, shapely
from numba.core.dispatcher import Dispatcher
from numba.core.event import install_recorder
from geoplan import engine
from geoplan.engine import edges, intersections, locating
from geoplan.engine.delineating import compiled as delineation_compiled, delineation, network

def compiled(run):
    with install_recorder("numba:compile") as recorder:
        answers.append([np.asarray(part).tolist() for part in run()])
    return sum(event.is_start for _, event in recorder.buffer)

def areas():
    global one, two
    one, two = (edges.edges_of(shapely.box([n, n + 2], n, [n + 2, n + 4], n + 2)) for n in (0, 1))
    return intersections.intersection_areas(one, two)

def points():
    return locating.points_in_areas(np.array([1.0, 3.0, 9.0]), np.ones(3), one)

def markets():
    rule = network.Rule(10.0, 0.6, 20.0, 0.7, 10.0, 0.0, False, 1.0, True)
    ends = np.array([(o, d) for o in range(4) for d in range(4)]).T
    flows = network.network(4, *ends, np.array([9, 4, 1, 1, 4, 9, 1, 0.0, 1, 2, 5, 5, 0, 1, 6, 8]))
    found = [delineation.delineate(flows, rule, method=method).area for method in ("uk", "istat")]
    return [*found, network.score(rule, 15.0, 15.0, 9.0)]

answers = []
counts = {run.__name__: compiled(run) for run in (areas, points, markets)}
for module in (intersections, delineation_compiled):
    module.rehearse()
kernels, types = {}, {}
for found in pkgutil.walk_packages(engine.__path__, "geoplan.engine."):
    module = importlib.import_module(found.name)
    for made in vars(module).values():
        if isinstance(made, Dispatcher) and made.py_func.__module__ == found.name:
            kernels[made.__name__] = sum(made.stats.cache_hits.values())
            types[made.__name__] = len(made.signatures)
print(json.dumps({"answers": answers, "counts": counts, "kept": kernels, "types": types}))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """What a first run with every kernel says, and a second one."""
    kept = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path_factory.mktemp("kept"))}
    command = [sys.executable, "-c", EVERY_KERNEL]
    return [
        json.loads(subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=kept).stdout)
        for _ in range(2)
    ]


@pytest.mark.parametrize("kernels", AT_MOST)
def test_no_more_is_compiled_than_was_weighed(runs, kernels):
    assert 0 < runs[0]["counts"][kernels] <= AT_MOST[kernels]


def test_every_kernel_that_is_kept_runs_in_another_process(runs):
    first, second = runs
    assert dict.fromkeys(first["kept"], 0) == first["kept"]
    assert len(second["kept"]) >= 12
    assert min(second["kept"].values()) == 1
    assert second["counts"] == dict.fromkeys(first["counts"], 0)
    assert second["answers"] == first["answers"]


def test_a_rehearsal_and_a_run_call_kernels_with_the_same_types(runs):
    assert {name for name, types in runs[0]["types"].items() if types != 1} == set()


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """A module with one dear kernel, which another process compiles from a file of its own."""
    (tmp_path / "staged.py").write_text(
        "from geoplan.engine.edges import compiled\n"
        "@compiled\ndef double(value):\n    return value + value\n"
        "DEAR = (double,)\n"
        "def rehearse():\n    double(1)\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(first_run, "_cores", lambda: 2)
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.syspath_prepend(str(tmp_path))
    started = []
    popen = subprocess.Popen

    def noted(*words, **options):
        started.append(popen(*words, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", noted)
    monkeypatch.delitem(sys.modules, "staged", raising=False)
    import staged

    yield SimpleNamespace(module=staged, started=started)
    del sys.modules["staged"]


def test_a_kernel_that_another_process_compiles_is_waited_for(stage):
    with first_run.compiled_ahead(stage.module):
        assert stage.module.double(4) == 8
    [process] = stage.started
    assert process.poll() is not None
    assert sum(stage.module.double.stats.cache_hits.values()) == 1
    with first_run.compiled_ahead(stage.module):
        assert len(stage.started) == 1


def test_where_nothing_can_be_kept_it_is_kept_for_one_run(stage, tmp_path, monkeypatch):
    from numba.core.caching import NullCache

    stage.module.double._cache = unkept = NullCache()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    with first_run.compiled_ahead(stage.module):
        assert list((tmp_path / "temporary").iterdir())
        assert stage.module.double(4) == 8
    assert sum(stage.module.double.stats.cache_hits.values()) == 1
    assert stage.module.double._cache is unkept
    assert not list((tmp_path / "temporary").iterdir())
    assert not list((tmp_path / "kept").rglob("*.nb?"))


def test_an_early_end_leaves_no_process(stage):
    with pytest.raises(KeyError), first_run.compiled_ahead(stage.module):
        raise KeyError
    assert stage.started[0].poll() is not None


@pytest.mark.parametrize("broken", ["cores", "interpreter", "rehearsal"])
def test_what_cannot_be_compiled_beside_is_compiled_here(stage, monkeypatch, broken):
    if broken == "cores":
        monkeypatch.setattr(first_run, "_cores", lambda: 1)
    elif broken == "interpreter":
        monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    else:
        monkeypatch.setattr(first_run, "REHEARSAL", "raise SystemExit(1)")
    with first_run.compiled_ahead(stage.module):
        assert stage.module.double(4) == 8
    assert sum(stage.module.double.stats.cache_hits.values()) == 0


def test_every_kernel_is_left_alone_without_numba(stage, monkeypatch):
    monkeypatch.setattr(edges, "COMPILED", False)
    with first_run.compiled_ahead(stage.module):
        assert not stage.started
