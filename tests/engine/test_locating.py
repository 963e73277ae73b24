"""Points in areas, compiled and plain, against GEOS, and on borders."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from drawings import NATIONAL, drawing, read, squares

from geoplan.engine import locating
from geoplan.engine.edges import edges_of
from geoplan.engine.locating import points_in_areas_compiled, points_in_areas_plain

ENGINES = pytest.mark.parametrize("find", [points_in_areas_compiled, points_in_areas_plain], ids=["compiled", "plain"])


def hits(find, x, y, shapes) -> set[tuple[int, int]]:
    point, area = find(x, y, edges_of(shapes))
    assert (np.lexsort((area, point)) == np.arange(len(point))).all()
    return set(zip(point.tolist(), area.tolist(), strict=True))


@ENGINES
@pytest.mark.parametrize("seed", range(12))
def test_random_points(find, seed):
    shapes = drawing(seed)
    generator = np.random.default_rng(seed)
    west, south, east, north = shapely.total_bounds(shapes)
    x, y = generator.uniform(west - 50, east + 50, 3000), generator.uniform(south - 50, north + 50, 3000)
    wanted = {(n, j) for j, shape in enumerate(shapes) for n in np.flatnonzero(shapely.contains_xy(shape, x, y))}
    assert hits(find, x, y, shapes) == wanted


@ENGINES
def test_points_level_with_vertices(find):
    shapes = drawing(2)
    xy = shapely.get_coordinates(shapes)
    west, east = xy[:, 0].min(), xy[:, 0].max()
    x, y = np.linspace(west, east, len(xy)) + 0.123, xy[:, 1]
    wanted = {(n, j) for j, shape in enumerate(shapes) for n in np.flatnonzero(shapely.contains_xy(shape, x, y))}
    assert hits(find, x, y, shapes) == wanted


@ENGINES
def test_a_point_on_a_border_is_in_exactly_one_neighbour(find):
    shapes = squares()
    steps = np.arange(0.0, 800.0, 12.5)
    x, y = (axis.ravel() for axis in np.meshgrid(steps + NATIONAL[0], steps + NATIONAL[1]))
    point, area = find(x, y, edges_of(shapes))
    assert (point == np.arange(len(x))).all()
    assert (area == (y - NATIONAL[1]) // 100 * 8 + (x - NATIONAL[0]) // 100).all()


@ENGINES
def test_a_point_on_a_slanting_border_is_in_exactly_one_neighbour(find):
    generator = np.random.default_rng(4)
    corners = generator.uniform(0, 1e4, (60, 2)) + NATIONAL
    parts = shapely.get_parts(shapely.delaunay_triangles(shapely.MultiPoint(corners)))
    ends = shapely.get_coordinates(parts).reshape(-1, 4, 2)
    middles = ((ends[:, :3] + ends[:, 1:]) / 2).reshape(-1, 2)
    outer = shapely.boundary(shapely.union_all(parts))
    middles = middles[shapely.distance(shapely.points(middles), outer) > 1e-3]
    near = np.vstack([middles, np.nextafter(middles, np.inf), np.nextafter(middles, 0), corners[3:20]])
    near = near[shapely.distance(shapely.points(near), outer) > 1e-3]
    point, _ = find(near[:, 0], near[:, 1], edges_of(parts))
    assert (point == np.arange(len(near))).all()


@ENGINES
def test_points_nowhere(find):
    layer = edges_of(squares())
    x = np.array([np.nan, NATIONAL[0] + 50, np.inf, -np.inf, 0.0, 2e6])
    y = np.array([NATIONAL[1] + 50, np.nan, NATIONAL[1], 0.0, 0.0, NATIONAL[1]])
    assert len(find(x, y, layer)[0]) == 0
    assert len(find(np.empty(0), np.empty(0), layer)[0]) == 0
    assert len(find(x, y, edges_of(np.array([], dtype=object)))[0]) == 0


@pytest.mark.parametrize(("compiled", "engine"), [(True, "points_in_areas_compiled"), (False, "points_in_areas_plain")])
def test_the_entry_chooses_the_engine(monkeypatch, compiled, engine):
    monkeypatch.setattr(locating, "COMPILED", compiled)
    monkeypatch.setattr(locating, engine, lambda *_: engine)
    assert locating.points_in_areas(np.zeros(1), np.zeros(1), edges_of(squares())) == engine


def test_the_areas_are_left_as_they_were():
    layer = edges_of(drawing(8))
    before = [part.copy() for part in layer.rings]
    points_in_areas_compiled(np.zeros(3), np.zeros(3), layer)
    points_in_areas_plain(np.zeros(3), np.zeros(3), layer)
    assert all((one == two).all() for one, two in zip(before, layer.rings, strict=True))


@ENGINES
def test_real_postcodes(find, shared_data):
    points = pd.read_parquet(shared_data / "codepoint.parquet").iloc[::7]
    x, y = points["easting"].to_numpy(float), points["northing"].to_numpy(float)
    shapes = read(shared_data, "lad_2025")
    found, wanted = (
        shapely.STRtree(shapely.points(x, y)).query(shapes, predicate="contains")[::-1],
        hits(find, x, y, shapes),
    )
    assert set(zip(found[0].tolist(), found[1].tolist(), strict=True)) == wanted
