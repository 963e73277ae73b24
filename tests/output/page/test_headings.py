"""Layers can be switched on under a heading that says whose they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geoplan.data.atlas import LayerAtlas
from geoplan.output.page import payload
from geoplan.schema import Source


@pytest.mark.parametrize(
    ("key", "status", "url", "heading"),
    [
        ("region", "reference", "https://example.org", "Reference"),
        ("lad@2024-12", "file", "https://example.org", "Official, fetched"),
        ("mine", "file", "", "Own files"),
    ],
)
def test_fetched_layers_are_not_called_own_files(key: str, status: str, url: str, heading: str) -> None:
    layer = replace(LayerAtlas().layer("region"), key=key, status=status, source=Source("toy", url=url))
    assert payload._group(layer) == heading
