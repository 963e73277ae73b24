"""Four to nine layers: a map for each, with the area asked about outlined and its partners' shares."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise

import pytest
from PIL import Image
from toy_audit import result_of

from geoplan.data.focus import Focus
from geoplan.errors import ConfigurationError
from geoplan.output.picture import plot
from geoplan.output.picture.picture_parts import Panels
from geoplan.output.picture.sheet.arranging import Body
from geoplan.output.picture.sheet.panelled import _best

KEYS = ("near", "far", "third", "fourth")
B = Focus("near", "b", "Area b", frozenset({"E2", "E3"}))
MEMBERS = {
    "near": {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}},
    "far": {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}},
    "third": {"one": {"E1.a": 1, "E1.b": 1, "E2": 1, "E3": 1}},
    "fourth": {"all": {"E1.a": 1}},
}


@pytest.fixture
def make(block_layer, blocks):
    def made(focus=None, keys=KEYS):
        layers = [block_layer(key, MEMBERS.get(key, MEMBERS["fourth"]), extent="E") for key in keys]
        result = result_of(blocks, (layers[0], layers[1]), alone=layers[2:], focus=focus)
        return replace(result, parameters={**result.parameters, "layers": list(keys)})

    return made


def test_every_layer_has_a_map_of_the_same_ground(make):
    panels = plot.drawing_of(make())
    assert isinstance(panels, Panels)
    assert [each.title for each in panels.panels] == [f"Layer {key}" for key in KEYS]
    assert len({each.bounds for each in panels.panels}) == 1
    assert [each.rows[0].text for each in panels.panels] == ["3 areas.", "3 areas.", "1 area.", "1 area."]


def test_towns_water_and_relief_lie_under_every_map(make, monkeypatch):
    beneath, bear = [], plot.bear
    monkeypatch.setattr(plot, "bear", lambda drawing: beneath.append(drawing.title) or bear(drawing))
    plot.made(make())
    assert beneath == [f"Layer {key}" for key in KEYS]


def test_an_area_is_outlined_in_each_with_the_share_of_each_partner(make):
    panels = plot.drawing_of(make(B))
    assert [each.title for each in panels.panels] == [f"Layer {key}" for key in KEYS[1:]]
    assert all("focus line" in dict(each.lines) for each in panels.panels)
    far, third, fourth = ([row.text for row in each.rows] for each in panels.panels)
    # District E3 has 400 people and E2 300.
    assert far == ["Area y: 57% of Area b", "Area z: 43% of Area b"]
    assert third == ["Area one: 100% of Area b"]
    assert fourth == ["outside this comparison"]
    assert "Area y: 57% of Area b" in panels.description


@pytest.mark.parametrize("focus", [None, B])
@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_sheet_is_made_in_every_form_and_the_same_each_time(focus, kind, make):
    made = plot.made(make(focus), kind, size="A4")
    assert plot.made(make(focus), kind, size="A4") == made
    if kind == "png":
        assert Image.open(io.BytesIO(made)).size == (1654, 2339)


def test_maps_are_as_large_as_the_sheet_allows(make):
    panels = plot.drawing_of(make())
    grids = [_best(panels, Body(1.0, 7.8, high), written=True) for high in (4.0, 6.0, 9.0)]
    assert all(grid.total <= high for grid, high in zip(grids, (4.0, 6.0, 9.0), strict=True))
    assert all(small.wide <= large.wide for small, large in pairwise(grids))


def test_more_than_nine_are_refused(make):
    with pytest.raises(ConfigurationError, match=r"10 maps cannot be read on one picture\. Name at most 9"):
        plot.made(make(keys=(*KEYS, *(f"more{n}" for n in range(6)))))


def test_maps_that_do_not_fit_are_refused(make):
    with pytest.raises(ConfigurationError, match="4 maps and their words do not fit on so small a sheet"):
        plot.made(make(), size="3000x200")
