"""Which areas border a patch, set against polygons intersected one by one."""

from __future__ import annotations

import numpy as np
import shapely
from drawings import NATIONAL

from geoplan.analysis.faults.beside import areas_beside


def plainly(gaps, shapes):
    """Intersect every gap's outline with every area."""
    return [
        [n for n, shape in enumerate(shapes) if shapely.length(shapely.intersection(shape, gap.exterior)) > 1e-3]
        for gap in gaps
    ]


def with_gaps(seed):
    """A chessboard of which holes were cut out, some across the corners of four squares."""
    generator = np.random.default_rng(seed)
    west, south = np.meshgrid(np.arange(5) * 1000 + NATIONAL[0], np.arange(5) * 1000 + NATIONAL[1])
    squares = shapely.box(west.ravel(), south.ravel(), west.ravel() + 1000, south.ravel() + 1000)
    centres = generator.uniform(500, 4500, (12, 2)) + NATIONAL
    holes = shapely.union_all(shapely.buffer(shapely.points(centres), generator.uniform(20, 300, 12)))
    return shapely.difference(squares, holes)


def test_as_polygons_intersected_one_by_one():
    for seed in range(5):
        shapes = with_gaps(seed)
        whole = shapely.union_all(shapes)
        gaps = shapely.polygons([ring for part in shapely.get_parts(whole) for ring in part.interiors])
        assert len(gaps) > 3
        assert [list(found) for found in areas_beside(gaps, shapes)] == plainly(gaps, shapes)


def test_without_gaps_there_is_nothing():
    assert areas_beside(np.array([], dtype=object), shapely.box([0], [0], [1], [1])) == []
