"""Backgrounds that maps may ask for, and the attribution that stands on every map."""

from __future__ import annotations

from typing import NamedTuple

from geoplan.schema import wording

__all__ = ["TILES", "Tiles", "attribution_text"]


class Tiles(NamedTuple):
    """A background of pictures, asked for from a host whenever the map is looked at."""

    name: str
    address: str
    host: str
    attribution: str
    deepest: int


TILES = {
    "osm": Tiles(
        "OpenStreetMap",
        "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
        "https://tile.openstreetmap.org",
        "Background © OpenStreetMap contributors (openstreetmap.org/copyright).",
        19,
    )
}
"""Backgrounds that `page` knows."""


def attribution_text(background: Tiles | None) -> str:
    """Return whom the page credits for boundaries and, where there is one, for the background."""
    return f"{wording.attribution()} {background.attribution}" if background else wording.attribution()
