"""The outlines of the page: what rounding leaves nothing of has no type."""

from __future__ import annotations

from geoplan.output.page.topology import _in_order


def test_what_rounding_leaves_nothing_of_has_no_type():
    made = {"geometries": [{"id": 0, "type": "Polygon", "arcs": [[0]]}, {"id": 2, "type": None}, {"id": 3, "arcs": []}]}
    assert _in_order(made, 4) == [{"type": "Polygon", "arcs": [[0]]}, {"type": None}, {"type": None}, {"type": None}]
