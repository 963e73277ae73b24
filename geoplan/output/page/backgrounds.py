"""Backgrounds that maps may ask for, and the attribution that stands on every map."""

from __future__ import annotations

from typing import NamedTuple

from geoplan.errors import ConfigurationError, refusal
from geoplan.schema import wording

__all__ = ["TILES", "Tiles", "attribution_text", "background_of"]


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


def background_of(name: str) -> Tiles | None:
    """Return the background of a name, none for none; a `ConfigurationError` names those there are."""
    if name and name not in TILES:
        hint = f"Known: {', '.join(TILES)}."
        raise ConfigurationError(refusal("the map has no such background", codes=[name], hint=hint))
    return TILES.get(name)


def attribution_text(background: Tiles | None) -> str:
    """Return whom the page credits for boundaries and, where there is one, for the background."""
    return f"{wording.attribution()} {background.attribution}" if background else wording.attribution()
