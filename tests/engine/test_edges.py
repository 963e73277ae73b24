"""What is taken of a polygon layer: areas, boxes, directions of rings, and nothing else than polygons."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import shapely
from drawings import drawing, squares
from roots import ROOT

from geoplan.engine import edges
from geoplan.engine.edges import edges_of


@pytest.fixture(params=[True, False], ids=["compiled", "plain"])
def engine(request, monkeypatch):
    monkeypatch.setattr(edges, "COMPILED", request.param)


@pytest.mark.usefixtures("engine")
def test_only_polygons():
    with pytest.raises(ValueError, match="item 1 is a LineString"):
        edges_of(np.array([squares()[0], shapely.LineString([(0, 0), (1, 1)])]))
    with pytest.raises(ValueError, match="finite"):
        edges_of(np.array([shapely.Polygon([(0, 0), (1, np.inf), (1, 0)])]))


@pytest.mark.usefixtures("engine")
def test_areas_and_orientation_come_from_the_rings():
    shapes = drawing(1)
    taken = edges_of(shapes)
    np.testing.assert_allclose(taken.areas, shapely.area(shapes), rtol=1e-12)
    np.testing.assert_array_equal(taken.bounds, shapely.bounds(shapes))
    assert (taken.geometry == shapes).all()
    turned = edges_of(shapely.reverse(shapes))
    np.testing.assert_allclose(turned.areas, taken.areas, rtol=1e-12)


@pytest.mark.parametrize("shapes", [drawing(2), squares(), np.array([None, squares()[0], shapely.Polygon()])])
def test_taken_alike_with_and_without_the_compiler(monkeypatch, shapes):
    fast = edges_of(shapes)
    monkeypatch.setattr(edges, "COMPILED", False)
    plain = edges_of(shapes)
    for one, two in zip(fast.rings, plain.rings, strict=True):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(fast.areas, plain.areas, rtol=1e-14)


@pytest.mark.usefixtures("engine")
def test_nothing_has_no_edges():
    assert len(edges_of(np.array([], dtype=object))) == 0
    assert edges_of(np.array([shapely.Polygon(), None])).areas.tolist() == [0.0, 0.0]


def test_without_numba():
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "import numpy as np, shapely; from geoplan.engine import edges, intersections, locating\n"
        "one, two = (edges.edges_of(np.array([shapely.box(n, n, n + 2, n + 2)])) for n in (0, 1))\n"
        "assert not edges.COMPILED\n"
        "assert intersections.intersection_areas(one, two)[2] == [1.0]\n"
        "assert intersections.intersection_areas_compiled(one, two)[2] == [1.0]\n"
        "x = y = np.array([0.0, 1.5, 3.5])\n"
        "for find in (locating.points_in_areas, locating.points_in_areas_compiled):\n"
        "    assert [part.tolist() for part in find(x, y, two)] == [[1], [0]]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
