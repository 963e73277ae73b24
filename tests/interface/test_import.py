"""`import geoplan` is fast, says what it has, and loads nothing before it is asked for."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import geoplan

HEAVY = ("geopandas", "folium", "matplotlib", "pandas", "numpy", "shapely", "networkx", "jinja2", "click", "pyogrio")


def test_importing_loads_nothing_heavy_and_takes_no_time():
    script = (
        "import sys, time\nstart = time.perf_counter()\nimport geoplan\ntook = time.perf_counter() - start\n"
        "dir(geoplan), geoplan.errors\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], took < 0.2)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True"


def test_all_that_is_named_is_there():
    assert geoplan.__all__ == sorted(geoplan.__all__)
    assert set(geoplan.__all__) <= set(dir(geoplan))
    homes = {name for names in geoplan._HOMES.values() for name in names}
    assert homes | {"__version__", "errors"} == set(geoplan.__all__)
    for name in geoplan.__all__:
        assert getattr(geoplan, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'frobnicate'"):
        geoplan.frobnicate  # noqa: B018


@pytest.mark.parametrize("name", [name for name in geoplan.__all__ if name.islower() and name != "errors"])
def test_every_function_says_what_it_takes_and_may_refuse(name):
    made = getattr(geoplan, name)
    if not callable(made):
        return
    signature = inspect.signature(made)
    assert signature.return_annotation is not inspect.Signature.empty
    if signature.parameters:
        assert {"Parameters", "Returns", "Raises"} <= set(made.__doc__.split())


def test_an_editor_sees_what_type_checkers_see():
    source = inspect.getsource(geoplan)
    for names in geoplan._HOMES.values():
        assert all(f"import {name} as {name}" in source for name in names)
