"""What a plain comparison does not pay for: libraries it has no use for, a coast nobody asked about, a second look."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geoplan.analysis import ground
from geoplan.auditing import comparing
from geoplan.engine import dissolving
from geoplan.engine.edges import COMPILED
from geoplan.schema import Tolerance, Weight

UNUSED = (
    "fiona",
    "folium",
    "jinja2",
    "matplotlib",
    "networkx",
    "openpyxl",
    "requests",
    "scipy.sparse",
    "scipy.spatial",
)
COMPILER = "numba.np.arraymath"
"""What numba loads to compile and not to run what is compiled."""
ASKED = """
import json, sys
from geoplan.cli.main import cli
cli(sys.argv[1:], standalone_mode=False)
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Sixteen squares of a kilometre, and the two halves of the same ground: nothing of either lies outside.

    Their names say how finely they are drawn, without which no row could be an artefact.
    """
    squares = [shapely.box(x, y, x + 1000, y + 1000) for x in range(0, 4000, 1000) for y in range(0, 4000, 1000)]
    halves = [shapely.box(0, 0, 2000, 4000), shapely.box(2000, 0, 4000, 4000)]
    places = []
    for name, shapes in (("squares", squares), ("halves", halves)):
        codes = [f"E0{n:07d}" for n in range(len(shapes))]
        frame = gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=shapes, crs="EPSG:27700")
        places.append(str(tmp_path / f"{name}_BGC.parquet"))
        frame.to_parquet(places[-1])
    return places[0], places[1]


def modules_of(*command: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", ASKED, *command], capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_a_comparison_imports_only_what_it_needs(files: tuple[str, str]) -> None:
    command = ("compare", *files, "--weight", "area", "--format", "csv")
    modules_of(*command)  # compiles, where nothing is kept yet
    loaded = modules_of(*command)
    assert not {each for each in UNUSED if each in loaded}
    assert "geopandas" in loaded
    assert not COMPILED or "numba" in loaded
    assert COMPILER not in loaded


def compared(files: tuple[str, str]) -> None:
    pair = comparing.compare(*files, weight=Weight.AREA, tolerance=Tolerance())
    assert pair.overlay.table["area_m2"].sum() == 16e6
    assert set(pair.relations["relation"]) == {"nested"}


def test_no_coast_is_dissolved_where_nothing_lies_outside(
    files: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    dissolve = dissolving.dissolve
    monkeypatch.setattr(dissolving, "dissolve", lambda *given: asked.append(len(given[0])) or dissolve(*given))
    compared(files)
    assert asked == []


@pytest.mark.parametrize(("levels", "dissolved"), [(0, [2]), (4, [])], ids=["all are near", "few are near"])
def test_a_coast_is_dissolved_where_a_little_lies_outside_of_much(
    files: tuple[str, str], levels: int, dissolved: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ground, "LEVELS", levels)
    frame = gpd.read_parquet(files[1])
    frame.geometry = [shapely.box(0, 0, 2000, 4000), shapely.box(2000, 0, 3900, 4000)]
    frame.to_parquet(files[1])
    asked = []
    dissolve = dissolving.dissolve
    monkeypatch.setattr(dissolving, "dissolve", lambda *given: asked.append(len(given[0])) or dissolve(*given))
    comparing.compare(*files, weight=Weight.AREA)
    assert asked == dissolved


def test_each_outline_is_judged_once(files: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[bytes] = Counter()
    valid = shapely.is_valid

    def counted(shapes: object) -> object:
        seen.update(shape.wkb for shape in ([shapes] if isinstance(shapes, shapely.Geometry) else shapes))
        return valid(shapes)

    drawn = [shape.wkb for file in files for shape in gpd.read_parquet(file).geometry]
    monkeypatch.setattr(shapely, "is_valid", counted)
    compared(files)
    assert {shape: seen[shape] for shape in drawn} == dict.fromkeys(drawn, 1)


@pytest.mark.parametrize("code", [0, 3])
def test_a_command_that_has_ended_leaves_at_once(code: int) -> None:
    """What libraries ask for at the end is done, and all is said; what is held is not taken apart one by one."""
    script = (
        "import atexit, sys\n"
        "from geoplan.cli import edge\n"
        "class Held:\n"
        "    def __del__(self): print('taken apart')\n"
        "held = Held()\n"
        "def command():\n"
        "    atexit.register(print, 'asked for at the end')\n"
        "    print('done')\n"
        f"    sys.exit({code})\n"
        "edge.cli = command\n"
        "edge.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "done\nasked for at the end\n", "")
