"""A map of folium's with a group for each sheet, a switch, a key and the attribution."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator

import folium
from xyzservices import TileProvider

from geoplan.interface.canvas.controls import Key, Switch
from geoplan.interface.canvas.groups import group_of
from geoplan.interface.drawing import drawable
from geoplan.interface.given.sheets import Sheet
from geoplan.output.page.backgrounds import background_of

__all__ = ["board_of"]

MIDDLE_OF_BRITAIN = (54.5, -3.0)


def board_of(asked: Iterable[Sheet], *, m: folium.Map | None = None, tiles: str | TileProvider = "") -> folium.Map:
    """Draw sheets as groups of a map; see `geoplan.to_folium`.

    Parameters
    ----------
    asked
        What to draw, the lowest first.
    m
        The map to draw on, whose place and zoom stay; by default a new one that shows all of the first sheet.
    tiles
        Background, as `geoplan.output.page.backgrounds.background_of` knows them.

    Returns
    -------
    folium.Map
        ``m``, or the new one.

    Raises
    ------
    ConfigurationError
        If no sheet has an outline, or the background is not known.
    """
    background = background_of(tiles)
    sheets = _see_through(drawable(asked))
    board = _empty_board(sheets[0]) if m is None else m
    if background:
        folium.TileLayer(
            background.address, attr=background.attribution, name=background.name, max_zoom=background.deepest
        ).add_to(board)
    for name, sheet in _named(sheets, board):
        group_of(sheet, name).add_to(board)
    _switch_last(board)
    Key(sheets).add_to(board)
    return board


def _empty_board(first: Sheet) -> folium.Map:
    board = folium.Map(location=MIDDLE_OF_BRITAIN, zoom_start=6, tiles=None)
    west, south, east, north = first.frame.to_crs("EPSG:4326").total_bounds
    board.fit_bounds([(south, west), (north, east)])
    return board


def _see_through(sheets: list[Sheet]) -> list[Sheet]:
    """Draw as outlines what would hide the sheets below it, and has no colours that mean anything."""
    hides = [sheet.looks is None and sheet.widths is None for sheet in sheets]
    numbers = itertools.count()
    return [
        sheet._replace(outline=next(numbers)) if place and over else sheet
        for place, (sheet, over) in enumerate(zip(sheets, hides, strict=True))
    ]


def _named(sheets: Iterable[Sheet], board: folium.Map) -> Iterator[tuple[str, Sheet]]:
    """Give each sheet a name that no other group of the map has: the switch shows one line a name."""
    seen = Counter(each.layer_name for each in board._children.values() if isinstance(each, folium.map.Layer))  # noqa: SLF001 - folium tells children nowhere else
    for sheet in sheets:
        seen[sheet.title] += 1
        yield sheet.title if seen[sheet.title] == 1 else f"{sheet.title} ({seen[sheet.title]})", sheet


def _switch_last(board: folium.Map) -> None:
    """Leave one switch, behind all that it switches: folium tells it of layers in the order they were added."""
    held = [name for name, each in board._children.items() if isinstance(each, folium.LayerControl)]  # noqa: SLF001
    for name in held:
        board._children.move_to_end(name)  # noqa: SLF001
    if not held:
        Switch().add_to(board)
