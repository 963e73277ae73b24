"""Toy layers on the toy country, for points and for small areas."""

from __future__ import annotations

import io

import pytest
import shapely

from geoplan.commuting.atlas import Atlas

EAST, NORTH = 400_000.0, 300_000.0


class Toys(Atlas):
    """Opens toy layers on the toy blocks."""

    def __init__(self, layers, blocks):
        super().__init__(geometry=True)
        self.toys, self.toy_blocks = layers, blocks

    def layer(self, reference, **_):
        return self.toys[reference]

    @property
    def blocks(self):
        return self.toy_blocks


@pytest.fixture
def atlas(blocks, block_layer, drawn_layer):
    """North and south made of blocks; E4 is in a pilot by a part of unknown size; two discs overlap each other."""
    discs = {"d2": shapely.Point(EAST + 1400, NORTH + 1000), "d1": shapely.Point(EAST + 800, NORTH + 1000)}
    layers = {
        "half": block_layer("half", {"n": {"E1.a": 1, "E1.b": 1, "E2": 1}, "s": {"E3": 1, "E4": 1}}),
        "pilot": block_layer("pilot", {"p": {"E3": 1, "E4": None}, "q": {"E4": None}}),
        "discs": drawn_layer("discs.gpkg", {code: point.buffer(700) for code, point in discs.items()}),
    }
    return Toys(layers, blocks)


@pytest.fixture
def packed():
    """Make the bytes of a Parquet file of a frame."""

    def make(frame, **options):
        stream = io.BytesIO()
        frame.to_parquet(stream, **options)
        return stream.getvalue()

    return make
