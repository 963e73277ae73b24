"""What the first run on a machine compiles: each function taken on costs it a good part of a second."""

from __future__ import annotations

import subprocess
import sys

import pytest
from roots import ROOT

pytest.importorskip("numba")
AT_MOST = {"areas": 18, "points": 24}
"""Compiled functions, once for each set of types they are called with, numba's own small ones among them."""


@pytest.mark.parametrize("kernels", AT_MOST)
def test_no_more_is_compiled_than_was_weighed(kernels, tmp_path):
    code = (
        "import numba, numpy as np, shapely\n"
        "from numba.core.event import install_recorder\n"
        "numba.config.CACHE_DIR = sys.argv[2]\n"
        "from geoplan.engine import edges, intersections, locating\n"
        "one, two = (edges.edges_of(shapely.box([n, n + 2], n, [n + 2, n + 4], n + 2)) for n in (0, 1))\n"
        "with install_recorder('numba:compile') as recorder:\n"
        "    if sys.argv[1] == 'areas':\n"
        "        assert len(intersections.intersection_areas(one, two)[2]) == 3\n"
        "    else:\n"
        "        assert len(locating.points_in_areas(np.ones(2), np.ones(2), one)[0]) == 2\n"
        "print(sum(event.is_start for _, event in recorder.buffer))\n"
    )
    command = [sys.executable, "-c", f"import sys\n{code}", kernels, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert 0 < int(done.stdout) <= AT_MOST[kernels]
